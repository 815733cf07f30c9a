//! The `env.proxy_*` functions of ABI 0.2.1, as Envoy answers them.

use super::headers::Headers;
use super::memory::{Args, give, write, write_word};
use super::state::{Exchange, Flow, LocalReply, Log, State, Way};
use super::wasi;
use std::collections::VecDeque;
use wasmi::{Caller, Error, Extern, ExternType, Linker, Module, Val};

type Function = fn(&mut Caller<'_, State>, &Args<'_>) -> Result<i32, Error>;

/// How many arguments an import takes, and what it does.
pub type Import = (usize, Function);

const OK: i32 = 0;
const NOT_FOUND: i32 = 1;
const BAD_ARGUMENT: i32 = 2;
const EMPTY: i32 = 7;
const CAS_MISMATCH: i32 = 8;

/// Links every function that the module imports. One that this host does not have is linked too and traps with
/// its name when it is called.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<(), Error> {
    for import in module.imports() {
        let (space, name) = (import.module().to_owned(), import.name().to_owned());
        let ExternType::Func(kind) = import.ty() else {
            return Err(Error::new(format!("{space}.{name} is no function")));
        };
        let found = match space.as_str() {
            "env" => find(&name),
            "wasi_snapshot_preview1" | "wasi_unstable" => wasi::find(&name),
            _ => None,
        };
        let full = format!("{space}.{name}");
        if let Some((arguments, _)) = found
            && arguments != kind.params().len()
        {
            let want = kind.params().len();
            let text = format!("{full} is imported with {want} arguments and has {arguments}");
            return Err(Error::new(text));
        }
        let function = move |mut caller: Caller<'_, State>, args: &[Val], results: &mut [Val]| {
            let Some((_, function)) = found else {
                let text = format!("the module called {full}, which this host does not have");
                return Err(Error::new(text));
            };
            let status = function(&mut caller, &Args(args))?;
            if let Some(result) = results.first_mut() {
                *result = Val::I32(status);
            }
            Ok(())
        };
        linker.func_new(&space, &name, kind.clone(), function)?;
    }
    Ok(())
}

/// The exports host functions work with.
pub fn find_exports(store: &mut wasmi::Store<State>, instance: wasmi::Instance) -> Result<(), Error> {
    let memory = instance.get_export(&*store, "memory").and_then(Extern::into_memory);
    let allocate = ["proxy_on_memory_allocate", "malloc"]
        .into_iter()
        .find_map(|name| instance.get_typed_func::<u32, u32>(&*store, name).ok());
    store.data_mut().memory = Some(memory.ok_or_else(|| Error::new("the module exports no memory"))?);
    store.data_mut().allocate = allocate;
    Ok(())
}

fn find(name: &str) -> Option<Import> {
    Some(match name.strip_prefix("proxy_")? {
        "add_header_map_value" => (5, |caller, args| edit_header(caller, args, Headers::add)),
        "call_foreign_function" => (6, |_, _| Ok(NOT_FOUND)),
        "close_stream" => (1, close_stream),
        "continue_stream" => (1, continue_stream),
        "define_metric" => (4, define_metric),
        "dequeue_shared_queue" => (3, dequeue),
        "done" => (0, |_, _| Ok(OK)),
        "enqueue_shared_queue" => (3, enqueue),
        "get_buffer_bytes" => (5, get_buffer_bytes),
        "get_buffer_status" => (3, get_buffer_status),
        "get_current_time_nanoseconds" => (1, |caller, args| {
            let now = caller.data().clock;
            write(caller, args.word(0), &now.to_le_bytes())?;
            Ok(OK)
        }),
        "get_header_map_pairs" => (3, get_header_map_pairs),
        "get_header_map_size" => (2, get_header_map_size),
        "get_header_map_value" => (5, get_header_map_value),
        "get_log_level" => (1, |caller, args| {
            let level = caller.data().log_level;
            write_word(caller, args.word(0), level)?;
            Ok(OK)
        }),
        "get_metric" => (2, get_metric),
        "get_property" => (4, get_property),
        "get_shared_data" => (5, get_shared_data),
        "get_status" => (3, |caller, args| {
            write_word(caller, args.word(0), 0)?;
            give(caller, b"", args.word(1), args.word(2))?;
            Ok(OK)
        }),
        "increment_metric" => (2, |caller, args| {
            let offset = args.long(1);
            change_metric(caller, args.word(0), |value| value.wrapping_add(offset))
        }),
        "log" => (3, |caller, args| {
            let (level, text) = (args.word(0), args.text(caller, 1)?);
            caller.data_mut().logs.push(Log { level, text });
            Ok(OK)
        }),
        "record_metric" => (2, |caller, args| {
            let value = args.long(1);
            change_metric(caller, args.word(0), |_| value)
        }),
        "register_shared_queue" => (3, register_queue),
        "remove_header_map_value" => (3, |caller, args| {
            let name = args.text(caller, 1)?;
            write_map(caller, args.word(0), |headers| headers.remove(&name))
        }),
        "replace_header_map_value" => (5, |caller, args| edit_header(caller, args, Headers::replace)),
        "resolve_shared_queue" => (5, resolve_queue),
        "send_local_response" => (8, send_local_response),
        "set_buffer_bytes" => (5, set_buffer_bytes),
        "set_effective_context" => (1, set_effective_context),
        "set_header_map_pairs" => (3, |caller, args| {
            let headers = Headers::from_abi(&args.bytes(caller, 1)?);
            let headers = headers.ok_or_else(|| Error::new("a header map that is none"))?;
            write_map(caller, args.word(0), |map| *map = headers)
        }),
        "set_property" => (4, set_property),
        "set_shared_data" => (5, set_shared_data),
        "set_tick_period_milliseconds" => (1, |caller, args| {
            caller.data_mut().tick = args.word(0);
            Ok(OK)
        }),
        _ => return None,
    })
}

// Header maps: 0 request headers, 1 request trailers, 2 response headers, 3 response trailers.

fn flow_of(exchange: &mut Exchange, map: u32) -> &mut Flow {
    exchange.flow(if map < 2 { Way::Request } else { Way::Response })
}

fn readable(state: &mut State, map: u32) -> Option<&Headers> {
    let exchange = state.exchange()?;
    let logging = exchange.logging;
    let flow = flow_of(exchange, map);
    match map {
        0 | 2 => (flow.headers_seen || logging).then_some(&flow.headers),
        1 | 3 => flow.trailers.as_ref(),
        _ => None,
    }
}

fn write_map(
    caller: &mut Caller<'_, State>,
    map: u32,
    edit: impl FnOnce(&mut Headers),
) -> Result<i32, Error> {
    let Some(exchange) = caller.data_mut().exchange() else {
        return Ok(BAD_ARGUMENT);
    };
    let flow = flow_of(exchange, map);
    if map.is_multiple_of(2) {
        if !flow.headers_seen || map > 3 {
            return Ok(BAD_ARGUMENT);
        }
        if flow.headers_gone {
            let text = format!("an edit of header map {map} after it went on, which Envoy loses");
            caller.data_mut().mistakes.push(text);
            return Ok(OK);
        }
        edit(&mut flow.headers);
    } else if let Some(trailers) = &mut flow.trailers {
        edit(trailers);
    } else {
        return Ok(BAD_ARGUMENT);
    }
    Ok(OK)
}

fn edit_header(
    caller: &mut Caller<'_, State>,
    args: &Args<'_>,
    edit: fn(&mut Headers, &str, &[u8]),
) -> Result<i32, Error> {
    let (name, value) = (args.text(caller, 1)?, args.bytes(caller, 3)?);
    write_map(caller, args.word(0), |headers| edit(headers, &name, &value))
}

fn get_header_map_pairs(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let pairs = readable(caller.data_mut(), args.word(0))
        .filter(|headers| headers.len() > 0)
        .map(Headers::to_abi)
        .unwrap_or_default();
    give(caller, &pairs, args.word(1), args.word(2))?;
    Ok(OK)
}

fn get_header_map_size(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(headers) = readable(caller.data_mut(), args.word(0)) else {
        return Ok(BAD_ARGUMENT);
    };
    let size: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    write_word(caller, args.word(1), size as u32)?;
    Ok(OK)
}

fn get_header_map_value(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let name = args.text(caller, 1)?;
    let Some(headers) = readable(caller.data_mut(), args.word(0)) else {
        return Ok(BAD_ARGUMENT);
    };
    let Some(value) = headers.get(&name).map(<[u8]>::to_vec) else {
        return Ok(NOT_FOUND);
    };
    give(caller, &value, args.word(3), args.word(4))?;
    Ok(OK)
}

// Buffers: 0 request body, 1 response body, 6 VM configuration, 7 plugin configuration.

fn buffer(state: &mut State, kind: u32) -> Option<&[u8]> {
    const NOTHING: Option<&[u8]> = Some(&[]);
    match kind {
        0 | 1 => {
            let way = if kind == 0 { Way::Request } else { Way::Response };
            let body = state.exchange()?.flow(way).body.as_deref();
            body.or(NOTHING)
        }
        6 => Some(&state.vm_config),
        7 => Some(&state.plugin_config),
        _ => None,
    }
}

fn get_buffer_bytes(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let (start, length) = (args.word(1), args.word(2));
    let Some(buffer) = buffer(caller.data_mut(), args.word(0)) else {
        return Ok(NOT_FOUND);
    };
    let Some(end) = start.checked_add(length) else {
        return Ok(BAD_ARGUMENT);
    };
    let end = buffer.len().min(end as usize);
    let part = buffer.get(start as usize..end).unwrap_or_default().to_vec();
    give(caller, &part, args.word(3), args.word(4))?;
    Ok(OK)
}

fn get_buffer_status(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(length) = buffer(caller.data_mut(), args.word(0)).map(<[u8]>::len) else {
        return Ok(NOT_FOUND);
    };
    write_word(caller, args.word(1), length as u32)?;
    write_word(caller, args.word(2), 0)?;
    Ok(OK)
}

/// Envoy prepends, replaces the whole, or appends; it splices nothing in the middle.
fn set_buffer_bytes(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let (kind, start, length) = (args.word(0), args.word(1) as usize, args.word(2) as usize);
    let bytes = args.bytes(caller, 3)?;
    let way = match kind {
        0 => Way::Request,
        1 => Way::Response,
        _ => return Ok(NOT_FOUND),
    };
    let state = caller.data_mut();
    let Some(exchange) = state.exchange() else {
        return Ok(NOT_FOUND);
    };
    // Outside a body callback, and with nothing held, there is no buffer to write to: the SDK panics.
    let Some(body) = &mut exchange.flow(way).body else {
        return Ok(BAD_ARGUMENT);
    };
    match (start, length) {
        (0, _) => drop(body.splice(0..length.min(body.len()), bytes)),
        _ if start >= body.len() => body.extend(bytes),
        _ => return Ok(BAD_ARGUMENT),
    }
    Ok(OK)
}

// The stream.

fn continue_stream(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(exchange) = caller.data_mut().exchange() else {
        return Ok(BAD_ARGUMENT);
    };
    let Some(resumed) = exchange.resumed.get_mut(args.word(0) as usize) else {
        return Ok(BAD_ARGUMENT);
    };
    *resumed = true;
    Ok(OK)
}

fn close_stream(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(exchange) = caller.data_mut().exchange().filter(|_| args.word(0) < 4) else {
        return Ok(BAD_ARGUMENT);
    };
    exchange.closed = true;
    Ok(OK)
}

fn send_local_response(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let headers = Headers::from_abi(&args.bytes(caller, 5)?);
    let reply = LocalReply {
        status: args.word(0),
        details: args.text(caller, 1)?,
        headers: headers.ok_or_else(|| Error::new("a header map that is none"))?,
        body: args.bytes(caller, 3)?,
    };
    let state = caller.data_mut();
    let Some(exchange) = state.exchange() else {
        state.mistakes.push("a local reply outside a stream".to_owned());
        return Ok(OK);
    };
    let second = exchange.local.is_some();
    exchange.local.get_or_insert(reply);
    if second {
        state.mistakes.push("two local replies in one callback".to_owned());
    }
    Ok(OK)
}

fn set_effective_context(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let (state, id) = (caller.data_mut(), args.word(0));
    if !state.streams.contains_key(&id) && !state.roots.contains(&id) {
        return Ok(BAD_ARGUMENT);
    }
    state.context = id;
    Ok(OK)
}

// Properties, shared data, queues, metrics.

fn property_path(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', ".")
}

fn get_property(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let path = property_path(&args.bytes(caller, 0)?);
    let exchange = caller.data_mut().exchange();
    let Some(value) = exchange.and_then(|exchange| exchange.properties.get(&path).cloned()) else {
        return Ok(NOT_FOUND);
    };
    give(caller, &value, args.word(2), args.word(3))?;
    Ok(OK)
}

fn set_property(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let path = property_path(&args.bytes(caller, 0)?);
    let value = args.bytes(caller, 2)?;
    let Some(exchange) = caller.data_mut().exchange() else {
        return Ok(NOT_FOUND);
    };
    exchange.properties.insert(path, value);
    Ok(OK)
}

fn get_shared_data(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let key = args.bytes(caller, 0)?;
    let Some((value, change)) = caller.data().shared.get(&key).cloned() else {
        return Ok(NOT_FOUND);
    };
    give(caller, &value, args.word(2), args.word(3))?;
    write_word(caller, args.word(4), change)?;
    Ok(OK)
}

fn set_shared_data(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let (key, value, want) = (args.bytes(caller, 0)?, args.bytes(caller, 2)?, args.word(4));
    let shared = &mut caller.data_mut().shared;
    let change = shared.get(&key).map_or(0, |entry| entry.1);
    if want != 0 && want != change {
        return Ok(CAS_MISMATCH);
    }
    shared.insert(key, (value, change.wrapping_add(1).max(1)));
    Ok(OK)
}

fn register_queue(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let name = args.bytes(caller, 0)?;
    let queues = &mut caller.data_mut().queues;
    let at = queues.iter().position(|queue| queue.0 == name).unwrap_or_else(|| {
        queues.push((name, VecDeque::new()));
        queues.len() - 1
    });
    write_word(caller, args.word(2), at as u32 + 1)?;
    Ok(OK)
}

fn resolve_queue(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let name = args.bytes(caller, 2)?;
    let Some(at) = caller.data().queues.iter().position(|queue| queue.0 == name) else {
        return Ok(NOT_FOUND);
    };
    write_word(caller, args.word(4), at as u32 + 1)?;
    Ok(OK)
}

fn queue<'a>(caller: &'a mut Caller<'_, State>, id: u32) -> Option<&'a mut VecDeque<Vec<u8>>> {
    let at = (id as usize).checked_sub(1)?;
    caller.data_mut().queues.get_mut(at).map(|queue| &mut queue.1)
}

fn enqueue(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let value = args.bytes(caller, 1)?;
    let Some(queue) = queue(caller, args.word(0)) else {
        return Ok(NOT_FOUND);
    };
    queue.push_back(value);
    Ok(OK)
}

fn dequeue(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(queue) = queue(caller, args.word(0)) else {
        return Ok(NOT_FOUND);
    };
    let Some(value) = queue.pop_front() else {
        return Ok(EMPTY);
    };
    give(caller, &value, args.word(1), args.word(2))?;
    Ok(OK)
}

fn define_metric(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let name = args.text(caller, 1)?;
    let metrics = &mut caller.data_mut().metrics;
    let at = metrics.iter().position(|metric| metric.0 == name).unwrap_or_else(|| {
        metrics.push((name, 0));
        metrics.len() - 1
    });
    write_word(caller, args.word(3), at as u32)?;
    Ok(OK)
}

fn change_metric(
    caller: &mut Caller<'_, State>,
    id: u32,
    change: impl FnOnce(i64) -> i64,
) -> Result<i32, Error> {
    let Some(metric) = caller.data_mut().metrics.get_mut(id as usize) else {
        return Ok(NOT_FOUND);
    };
    metric.1 = change(metric.1);
    Ok(OK)
}

fn get_metric(caller: &mut Caller<'_, State>, args: &Args<'_>) -> Result<i32, Error> {
    let Some(value) = caller.data().metrics.get(args.word(0) as usize).map(|metric| metric.1) else {
        return Ok(NOT_FOUND);
    };
    write(caller, args.word(1), &value.to_le_bytes())?;
    Ok(OK)
}
