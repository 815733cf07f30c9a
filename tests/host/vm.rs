//! A compiled module, and one VM of it with its root context.

use super::imports;
use super::state::{Log, State};
use super::stream::Stream;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use wasmi::{Engine, Func, Instance, Linker, Store, Val};

/// Why the host stopped: a trap, a refused configuration, a broken promise. The text names the callback.
pub struct Fault {
    /// What happened.
    pub what: String,
    /// The last lines the module logged.
    pub logs: Vec<Log>,
}

impl Fault {
    /// A fault with no log lines.
    pub fn new(what: impl Into<String>) -> Self {
        let what = what.into();
        Self { what, logs: Vec::new() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.what)?;
        for log in &self.logs {
            write!(out, "\n    {log:?}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl std::error::Error for Fault {}

/// A compiled module; several VMs can run it.
pub struct Module(wasmi::Module);

impl Module {
    /// Compiles WebAssembly bytes, or its text form.
    pub fn compile(bytes: &[u8]) -> Result<Self, Fault> {
        wasmi::Module::new(&Engine::default(), bytes)
            .map(Self)
            .map_err(|error| Fault::new(format!("the module does not compile: {error}")))
    }

    /// Compiles the module in a file.
    pub fn load(path: &Path) -> Result<Self, Fault> {
        let bytes =
            std::fs::read(path).map_err(|error| Fault::new(format!("{}: {error}", path.display())))?;
        Self::compile(&bytes)
    }

    /// The names of the functions that the module imports.
    pub fn imports(&self) -> Vec<String> {
        let imports = self.0.imports();
        imports.map(|import| format!("{}.{}", import.module(), import.name())).collect()
    }

    /// The names that the module exports.
    pub fn exports(&self) -> Vec<String> {
        self.0.exports().map(|export| export.name().to_owned()).collect()
    }
}

/// One VM: linear memory, root contexts, streams.
pub struct Vm {
    store: Store<State>,
    instance: Instance,
    callbacks: BTreeMap<&'static str, Option<Func>>,
    next_context: u32,
    root: u32,
    dead: Option<String>,
}

impl Vm {
    /// Starts a VM as Envoy does: `_initialize`, a root context, `proxy_on_vm_start`, `proxy_on_configure`. A
    /// configuration that the module refuses is a fault with what it logged.
    pub fn start(module: &Module, config: &str, env: &[(&str, &str)]) -> Result<Self, Fault> {
        let state = State {
            env: env.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            clock: 1_735_689_600_000_000_000, // 2025-01-01T00:00:00Z, the time of the goldens
            random: 0x9e37_79b9_7f4a_7c15,
            ..State::default()
        };
        let engine = module.0.engine();
        let mut store = Store::new(engine, state);
        let mut linker = Linker::new(engine);
        let link = |error: wasmi::Error| Fault::new(format!("the module does not link: {error}"));
        imports::link(&mut linker, &module.0).map_err(link)?;
        let instance = linker.instantiate_and_start(&mut store, &module.0).map_err(link)?;
        imports::find_exports(&mut store, instance).map_err(link)?;
        let mut vm =
            Self { store, instance, callbacks: BTreeMap::new(), next_context: 1, root: 0, dead: None };
        let start = ["_initialize", "_start"];
        if let Some(name) = start.into_iter().find(|name| vm.callback(name).is_some()) {
            vm.call(name, 0, &[])?;
        }
        vm.add_root(config)?;
        Ok(vm)
    }

    /// A new configuration: a new root context beside the old one, as Envoy has it when two filters share a VM and
    /// when ECDS brings news. New streams belong to it. Refused: the old one stays.
    pub fn configure(&mut self, config: &str) -> Result<(), Fault> {
        self.add_root(config)
    }

    fn add_root(&mut self, config: &str) -> Result<(), Fault> {
        let id = self.take_context();
        self.state().plugin_config = config.as_bytes().to_vec();
        self.state().roots.push(id);
        self.call("proxy_on_context_create", id, &[0])?;
        if self.root == 0 {
            let size = self.state().vm_config.len() as u32;
            self.accept("proxy_on_vm_start", id, size)?;
        }
        self.accept("proxy_on_configure", id, config.len() as u32)?;
        self.root = id;
        Ok(())
    }

    fn accept(&mut self, name: &'static str, id: u32, size: u32) -> Result<(), Fault> {
        match self.call(name, id, &[size])? {
            Some(0) => Err(self.fault(format!("{name} answered false"))),
            _ => Ok(()),
        }
    }

    /// Ends the root context that new streams would get.
    pub fn stop(&mut self) -> Result<(), Fault> {
        let root = self.root;
        self.call("proxy_on_done", root, &[])?;
        self.call("proxy_on_delete", root, &[])?;
        self.state().roots.retain(|id| *id != root);
        Ok(())
    }

    /// Lets the timer of the root context fire.
    pub fn tick(&mut self) -> Result<(), Fault> {
        self.call("proxy_on_tick", self.root, &[]).map(|_| ())
    }

    /// A new stream. It ends, with `proxy_on_log`, `proxy_on_done` and `proxy_on_delete`, when it is dropped.
    pub fn stream(&mut self) -> Stream<'_> {
        let id = self.open();
        Stream::new(self, id, true)
    }

    /// A new stream that stays until `Stream::end`, so that several can be under way; `on` leads back to it.
    pub fn open(&mut self) -> u32 {
        let id = self.take_context();
        self.state().streams.insert(id, super::state::Exchange::default());
        id
    }

    /// A stream opened before.
    pub fn on(&mut self, id: u32) -> Stream<'_> {
        Stream::new(self, id, false)
    }

    /// How many pages of 64 KiB the linear memory has.
    pub fn pages(&self) -> u64 {
        let memory = self.store.data().memory;
        memory.map_or(0, |memory| memory.size(&self.store))
    }

    /// What the module has logged so far.
    pub fn logs(&self) -> &[Log] {
        &self.store.data().logs
    }

    /// Sets the clock, in seconds since 1970.
    pub fn set_clock(&mut self, seconds: u64) {
        self.state().clock = seconds * 1_000_000_000;
    }

    /// The value of a metric.
    pub fn metric(&self, name: &str) -> Option<i64> {
        let mut metrics = self.store.data().metrics.iter();
        metrics.find(|metric| metric.0 == name).map(|metric| metric.1)
    }

    /// Everything host functions can reach.
    pub fn state(&mut self) -> &mut State {
        self.store.data_mut()
    }

    /// Whether nothing has trapped so far.
    pub fn lives(&self) -> bool {
        self.dead.is_none()
    }

    /// The root context that new streams belong to.
    pub(super) fn root(&self) -> u32 {
        self.root
    }

    fn take_context(&mut self) -> u32 {
        let id = self.next_context;
        self.next_context += 1;
        id
    }

    fn callback(&mut self, name: &'static str) -> Option<Func> {
        let (instance, store) = (self.instance, &self.store);
        *self.callbacks.entry(name).or_insert_with(|| instance.get_func(store, name))
    }

    /// Calls an export; `None` if the module does not have it, or if it returns nothing. After a trap the VM is dead
    /// for good, as in Envoy.
    pub(super) fn call(
        &mut self,
        name: &'static str,
        context: u32,
        more: &[u32],
    ) -> Result<Option<u32>, Fault> {
        if let Some(dead) = &self.dead {
            return Err(Fault::new(format!("{name} after the VM died: {dead}")));
        }
        let Some(function) = self.callback(name) else {
            return Ok(None);
        };
        self.state().context = context;
        let mut args: Vec<Val> = [context].iter().chain(more).map(|word| Val::I32(*word as i32)).collect();
        let kind = function.ty(&self.store);
        args.truncate(kind.params().len());
        let mut results = vec![Val::I32(0); kind.results().len()];
        if let Err(error) = function.call(&mut self.store, &args, &mut results) {
            let what = format!("{name} trapped: {error}");
            self.dead = Some(what.clone());
            return Err(self.fault(what));
        }
        if let Some(mistake) = self.state().mistakes.pop() {
            return Err(self.fault(format!("{name} made {mistake}")));
        }
        Ok(match results.first() {
            Some(Val::I32(word)) => Some(*word as u32),
            _ => None,
        })
    }

    /// A fault with the last lines of the log.
    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        let logs = self.logs();
        let from = logs.len().saturating_sub(5);
        let logs = logs.get(from..).unwrap_or_default().to_vec();
        Fault { what: what.into(), logs }
    }
}
