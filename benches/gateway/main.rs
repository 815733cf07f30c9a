//! `cargo bench --bench gateway`: what the filter costs, against an Envoy that only routes.
//!
//! Two Envoys run during the whole benchmark, one plain and one with the module, each with one worker,
//! both on core 0; only one is under load at a time, in turns of 100 ms (plain, filter, plain, filter, …), so that
//! whatever else the machine does falls on both; and each case has several generations of Envoys,
//! in case one process has luck with where its memory lies. This process, on core 1, is the client and the
//! provider: one thread that goes round non-blocking sockets. A line's values are medians of the rounds; `ratio`
//! is the median of the rounds' own ratios, filter/plain. Each line's note on stderr says how far to trust it:
//!
//! * the spread of the rounds;
//! * how busy Envoy's core was with Envoy: near 100% Envoy is the limit, which is what is to be measured.
//!   With a busy neighbour on the core it falls, and the ratio of the CPU time for each request,
//!   printed beside it, is the number to believe;
//! * how often the generator found nothing to do. At 0% it was the limit itself, and the ratio flatters.
//!
//! What bounds the ratio (shares measured by perf and by probe modules on a busy 2-core machine: the order of things,
//! not their second digit). A 1 KB chat costs plain Envoy some 75 µs, a fifth of it in the kernel. A module
//! adds a price for its four callbacks even if it does nothing (a no-op module: 0.84 to 0.90), for each call out
//! of the VM, for headers by their number (each crosses as a copy: reading all of one side costs about 7% of a
//! plain request, writing them all back more than that, setting one 0.2%), and for bodies one copy in, one pass of
//! the parser, one copy out. So: `chat_1k` shows crossings and headers; `chat_1m` the parser; `image_10m`
//! the two copies and the pass over cold memory (plain Envoy lets the body stream, the filter must hold it to its
//! end, as the model may come last; a probe that only holds, copies in and copies out has 0.73);
//! `sse_events` the price of one callback with its data (each event crosses Envoy alone, as from a model
//! that is slower than the proxy); `sse_streams` the same when events come faster than Envoy reads
//! them and so arrive several at once; `<language>_1k` and `<language>_sse` what a translation adds to `chat_1k` and
//! `sse_events` (the plain Envoy passes the same bytes of the provider as they are); `memory_500_streams` holds V8 and the compiled module too, which are there
//! before the first stream (a no-op module: 1.26).
//!
//! Environment: ENVOY (the binary; else `envoy` on PATH), ORQ_MODULE (target/orq_ai_proxy.wasm; `none`: plain
//! Envoy on both sides, which shows the noise), BENCH_SECONDS a round, BENCH_ROUNDS,
//! BENCH_GENERATIONS of Envoys, BENCH_ONLY (cases whose name
//! contains one of these words), BENCH_PROBE (a configuration: the module is not the gateway but a probe
//! that leaves requests alone; it is routed like the plain one). Needs two cores and `taskset`.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program of its own: a panic ends the benchmark, not somebody's streams; and its report is what it prints"
)]

mod cases;
mod envoy;
mod load;
mod native;
mod report;
mod traffic;
mod upstream;
mod wire;

use cases::{CASES, Case};
use envoy::{Envoy, Filter};
use load::Load;
use report::{Outcome, Sample};
use std::env;
use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};
use upstream::{Pace, Upstream};

const SIDES: [&str; 2] = ["plain", "filter"];

/// How long one Envoy is under load before the other one's turn.
const SLICE: Duration = Duration::from_millis(100);

/// How long new Envoys work before anything is counted, in seconds.
const WARM_UP: f64 = 0.5;

const MEMORY: &str = "memory_500_streams";

/// Open streams in the case of memory, the events of each, and the time between two.
const STREAMS: usize = 500;
const STREAM_EVENTS: usize = 20;
const STREAM_GAP: Duration = Duration::from_millis(200);

fn main() -> ExitCode {
    if !env::args().any(|a| a == "--bench") {
        // cargo test --all-targets comes here, too.
        eprintln!("gateway bench: run it by `cargo bench --bench gateway`");
        return ExitCode::SUCCESS;
    }
    if env::var_os("BENCH_PINNED").is_none() {
        let error = match env::current_exe() {
            Ok(own) => Command::new("taskset")
                .args(["-c", "1"])
                .arg(own)
                .arg("--bench")
                .env("BENCH_PINNED", "1")
                .exec(),
            Err(error) => error,
        };
        eprintln!(
            "gateway bench: it needs `taskset` (util-linux) to keep Envoy and itself on different cores: {error}"
        );
        return ExitCode::FAILURE;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("gateway bench: {message}");
            ExitCode::FAILURE
        }
    }
}

/// How it is to be run.
struct Settings {
    binary: String,
    module: String,
    probe: Option<String>,
    seconds: f64,
    generations: usize,
    rounds: usize,
    only: Vec<String>,
}

impl Settings {
    fn read() -> Result<Self, String> {
        let number = |name: &str, default: f64| match env::var(name) {
            Ok(text) => text
                .parse()
                .ok()
                .filter(|n| *n > 0.0)
                .ok_or_else(|| format!("{name}={text} is not a number above 0")),
            Err(_) => Ok(default),
        };
        let settings = Self {
            binary: env::var("ENVOY").unwrap_or_else(|_| "envoy".to_owned()),
            module: env::var("ORQ_MODULE").unwrap_or_else(|_| "target/orq_ai_proxy.wasm".to_owned()),
            probe: env::var("BENCH_PROBE").ok(),
            seconds: number("BENCH_SECONDS", 0.5)?,
            generations: number("BENCH_GENERATIONS", 3.0)?.ceil() as usize,
            rounds: number("BENCH_ROUNDS", 5.0)?.ceil() as usize,
            only: env::var("BENCH_ONLY")
                .unwrap_or_default()
                .split([',', ' '])
                .filter(|w| !w.is_empty())
                .map(str::to_owned)
                .collect(),
        };
        let version = Command::new(&settings.binary).arg("--version").output();
        if !version.is_ok_and(|o| o.status.success()) {
            return Err(format!(
                "`{}` is no Envoy that runs here: put one on PATH or name it in ENVOY",
                settings.binary
            ));
        }
        if settings.module != "none" && !fs::exists(&settings.module).unwrap_or(false) {
            return Err(format!(
                "there is no {}: build it first (make build) or name it in ORQ_MODULE",
                settings.module
            ));
        }
        Ok(settings)
    }

    fn wanted(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|w| name.contains(w.as_str()))
    }
}

/// One Envoy and its provider.
struct Side {
    envoy: Envoy,
    upstream: Upstream,
}

/// Starts both: first the filter's, whose own answers are then what the plain one's direct answers say.
fn start(settings: &Settings) -> Result<[Side; 2], String> {
    let plain = |models: &str, unauthorized: &str| Filter::None {
        models: models.to_owned(),
        unauthorized: unauthorized.to_owned(),
    };
    let mut bodies = plain("{\"object\":\"list\",\"data\":[]}", "{\"error\":{}}");
    let filter = match (&settings.probe, settings.module.as_str()) {
        (_, "none") => bodies.clone(),
        (Some(words), path) => Filter::Probe(path.into(), words.clone()),
        (None, path) => Filter::Gateway(path.into()),
    };
    let upstream = Upstream::new()?;
    let envoy = Envoy::start(&settings.binary, "filter", &filter, upstream.port()?)?;
    let right = Side { envoy, upstream };
    if let Filter::Gateway(_) = filter {
        let ask = |key, expected| {
            let (status, body) = load::fetch(
                right.envoy.port,
                &traffic::head("GET", "/v2/proxy/models", key, right.envoy.port, 0),
            )?;
            if status != expected {
                return Err(format!(
                    "the filter answers GET /v2/proxy/models with {status}, not {expected}:\n{body}"
                ));
            }
            Ok(body)
        };
        bodies = plain(&ask(traffic::KEY, 200)?, &ask("sk-orq-nobody-4f1d2c", 401)?);
    }
    let upstream = Upstream::new()?;
    let envoy = Envoy::start(&settings.binary, "plain", &bodies, upstream.port()?)?;
    Ok([Side { envoy, upstream }, right])
}

fn run() -> Result<(), String> {
    let settings = Settings::read()?;
    let mut outcomes: Vec<(Case, Outcome)> = CASES
        .into_iter()
        .filter(|c| settings.wanted(c.name))
        .map(|c| (c, Outcome::new(c.name, c.unit)))
        .collect();
    let mut resident = Outcome::new(MEMORY, "MiB");
    for generation in 0..settings.generations {
        for (case, outcome) in &mut outcomes {
            // New Envoys for each: what bodies of other cases left behind in the allocators is not what is asked.
            let mut sides = start(&settings)?;
            let pids = sides.each_ref().map(|s| s.envoy.pid());
            eprintln!(
                "gateway bench: {} of {}, {} (Envoys {} and {})",
                generation + 1,
                settings.generations,
                case.name,
                pids[0],
                pids[1]
            );
            throughput(&mut sides, *case, WARM_UP)?;
            for _ in 0..settings.rounds {
                outcome.rounds.push(throughput(&mut sides, *case, settings.seconds)?);
            }
        }
        if settings.wanted(MEMORY) {
            eprintln!("gateway bench: {} of {}, {MEMORY}", generation + 1, settings.generations);
            let mut sides = start(&settings)?;
            throughput(&mut sides, CASES[0], WARM_UP)?;
            let mut values = [0.0; 2];
            for (i, side) in sides.iter_mut().enumerate() {
                values[i] = memory(side).map_err(|e| format!("{MEMORY} on the {} Envoy: {e}", SIDES[i]))?;
            }
            resident.rounds.push(values.map(Sample::of));
        }
    }
    let outcomes: Vec<Outcome> =
        outcomes.into_iter().map(|(_, o)| o).chain(Some(resident)).filter(|o| !o.rounds.is_empty()).collect();
    for outcome in &outcomes {
        println!("{}", outcome.line());
        eprintln!("{}", outcome.note());
    }
    fs::write("target/bench.json", report::json(&outcomes, &settings.module, settings.seconds))
        .map_err(|e| format!("target/bench.json cannot be written: {e}"))
}

/// Client and provider in turns, until `over` says so or nothing moves for 10 s.
/// How many turns there were, and in how many nothing could be done.
fn drive(
    load: &mut Load,
    upstream: &mut Upstream,
    scratch: &mut [u8],
    gentle: bool,
    mut over: impl FnMut(&Load) -> bool,
) -> Result<(u64, u64), String> {
    let (mut turns, mut idle) = (0, 0);
    let mut moved = Instant::now();
    while !over(load) {
        let busy = load.tick(scratch)? | upstream.tick(&load.received, scratch)?;
        turns += 1;
        if busy {
            moved = Instant::now();
        } else {
            idle += 1;
            if moved.elapsed() > Duration::from_secs(10) {
                let first = load.first.as_deref().unwrap_or("no answer at all");
                return Err(format!(
                    "nothing has moved for 10 s. The first answer of this round was:\n{first}"
                ));
            }
            if gentle {
                thread::sleep(Duration::from_millis(1));
            } else {
                thread::yield_now();
            }
        }
    }
    Ok((turns, idle))
}

/// One round on both: slices in turns, the first of each not counted. In a slice requests are sent for a
/// while, then the open ones end; Envoy works the whole time, so answers by time is its speed.
fn throughput(sides: &mut [Side; 2], case: Case, seconds: f64) -> Result<[Sample; 2], String> {
    let mut scratch = vec![0; 256 << 10];
    let mut meters = [Meter::default(), Meter::default()];
    let mut loads = Vec::with_capacity(2);
    for side in sides.iter_mut() {
        side.upstream.answer_with(case.answer());
        loads.push(Load::new(side.envoy.port, case.plan(side.envoy.port))?);
    }
    let slices = (seconds / SLICE.as_secs_f64()).ceil() as usize;
    for slice in 0..=slices {
        // Now the one goes first, now the other.
        for i in if slice % 2 == 0 { [0, 1] } else { [1, 0] } {
            let (side, load) = (&mut sides[i], &mut loads[i]);
            let meter = meters[i].slice(side, load, case, &mut scratch);
            let meter = meter.map_err(|e| format!("{} on the {} Envoy: {e}", case.name, SIDES[i]))?;
            if slice > 0 {
                meters[i] = meter;
            }
        }
    }
    Ok(meters.map(|m| m.sample()))
}

/// What the slices of one side add up to.
#[derive(Clone, Copy, Default)]
struct Meter {
    counted: u64,
    passed: f64,
    cpu: f64,
    turns: u64,
    idle: u64,
}

impl Meter {
    fn slice(
        mut self,
        side: &mut Side,
        load: &mut Load,
        case: Case,
        scratch: &mut [u8],
    ) -> Result<Self, String> {
        let counted = |l: &Load| if case.counts_events() { l.done.events } else { l.done.answers };
        let (begin, cpu, before) = (Instant::now(), side.envoy.cpu(), counted(load));
        load.go();
        let (turns, idle) = drive(load, &mut side.upstream, scratch, false, |_| begin.elapsed() > SLICE)?;
        load.stop = true;
        drive(load, &mut side.upstream, scratch, false, Load::resting)?;
        self.passed += begin.elapsed().as_secs_f64();
        self.cpu += side.envoy.cpu().saturating_sub(cpu).as_secs_f64();
        self.counted += counted(load) - before;
        self.turns += turns;
        self.idle += idle;
        Ok(self)
    }

    fn sample(self) -> Sample {
        let counted = self.counted.max(1) as f64;
        Sample {
            value: counted / self.passed,
            busy: self.cpu / self.passed,
            cost: self.cpu / counted * 1e6,
            idle: self.idle as f64 / self.turns.max(1) as f64,
        }
    }
}

/// The most resident memory, in MiB, while every one of the open streams flows, of an Envoy that has worked
/// before (its code paged in, the module compiled by the better compiler).
fn memory(side: &mut Side) -> Result<f64, String> {
    let mut scratch = vec![0; 256 << 10];
    let (upstream, envoy) = (&mut side.upstream, &side.envoy);
    let (plan, answer) = cases::open_streams(envoy.port, STREAMS, STREAM_EVENTS, Pace::Every(STREAM_GAP));
    upstream.answer_with(answer);
    let mut load = Load::new(envoy.port, plan)?;
    load.stop = true;
    let (mut most, mut sampled, mut open) = (Ok(0.0), Instant::now(), false);
    drive(&mut load, upstream, &mut scratch, true, |l| {
        if sampled.elapsed() > Duration::from_millis(100) {
            sampled = Instant::now();
            open |= l.received.iter().all(|&n| n > 1);
            let now = envoy.memory("VmRSS");
            most = most.clone().and_then(|most: f64| now.map(|now| most.max(now)));
        }
        l.resting()
    })?;
    if !open {
        return Err(format!("the {STREAMS} streams were never all open at once"));
    }
    most
}
