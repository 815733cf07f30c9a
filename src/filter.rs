//! Envoy's callbacks ↔ [`Exchange`]. Transcribes, decides nothing.

use crate::config;
use crate::exchange::{Exchange, Follow, Forward, Head, Piece, Reply, Step};
use crate::gateway::Gateway;
use crate::headers::{Edit, Headers};
use crate::wire::outgoing::Outgoing;
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel, MapType};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, UNIX_EPOCH};

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|id| Box::new(Root { id, gateway: None, followed: Rc::default() }));
}}

/// The filter of one worker: its configuration, and the streams whose answers take further calls.
struct Root {
    id: u32,
    gateway: Option<Rc<Gateway>>,
    followed: Rc<RefCell<Vec<Followed>>>,
}

/// A stream whose answer waits for a call.
struct Followed {
    /// Of the stream.
    context: u32,
    exchange: Exchange,
    call: Call,
}

/// Where it stands.
enum Call {
    /// It is to be made at this time, in milliseconds since 1970.
    Due(u64, Box<Follow>),
    /// It was made.
    Made(u32),
}

/// How often it is looked whether a call is due, while any waits, in milliseconds.
const TICK: u64 = 20;
/// How long a call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

impl Context for Root {
    fn on_http_call_response(&mut self, token: u32, _: usize, size: usize, _: usize) {
        let made = |followed: &Followed| matches!(followed.call, Call::Made(made) if made == token);
        // The client may be gone.
        let Some(mut followed) = self.take(made) else { return };
        let answer = headers(MapType::HttpCallResponseHeaders);
        // Envoy holds an answer of any length; of one over the limit a byte more is enough to see that it is.
        let body = match size.min(followed.exchange.body_limit().saturating_add(1)) {
            0 => Vec::new(),
            size => body(BufferType::HttpCallResponseBody, size),
        };
        // What follows is about the stream that waits.
        let _ = hostcalls::set_effective_context(followed.context);
        match followed.exchange.followed(answer, &body) {
            Piece::Follow(follow) => wait(&self.followed, followed.context, followed.exchange, follow),
            Piece::Release(headers, body) => {
                edit(MapType::HttpResponseHeaders, &headers);
                if let Some(body) = body {
                    set_answer(&body);
                }
                record(&followed.exchange);
                let _ = hostcalls::resume_http_response();
            }
            Piece::Keep | Piece::Wait | Piece::Replace(_) => {}
        }
    }
}

impl Root {
    fn take(&self, wanted: impl Fn(&Followed) -> bool) -> Option<Followed> {
        let mut all = self.followed.borrow_mut();
        let at = all.iter().position(wanted)?;
        Some(all.swap_remove(at))
    }

    /// Makes a call, and ends the client's answer if it cannot be made.
    fn call(&self, mut followed: Followed, follow: &Follow) {
        let text = |(name, value): &(String, Vec<u8>)| {
            Some((name.clone(), core::str::from_utf8(value).ok()?.to_owned()))
        };
        let headers: Vec<_> = follow.headers.as_slice().iter().filter_map(text).collect();
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = (!follow.body.is_empty()).then_some(follow.body.as_slice());
        let made = hostcalls::dispatch_http_call(&follow.cluster, headers, body, Vec::new(), CALL_TIMEOUT);
        if let Ok(token) = made {
            followed.call = Call::Made(token);
            self.followed.borrow_mut().push(followed);
            return;
        }
        let _ = hostcalls::set_effective_context(followed.context);
        if let Piece::Release(headers, Some(body)) = followed.exchange.followed(Headers::default(), b"") {
            edit(MapType::HttpResponseHeaders, &headers);
            set_answer(&body);
            record(&followed.exchange);
            let _ = hostcalls::resume_http_response();
        }
        // The next call is the filter's again: one of a stream would end with that stream.
        let _ = hostcalls::set_effective_context(self.id);
    }
}

/// Puts a stream among those that wait for a call.
fn wait(all: &RefCell<Vec<Followed>>, context: u32, exchange: Exchange, follow: Box<Follow>) {
    let due = milliseconds().saturating_add(u64::from(follow.after));
    let ticks = any_due(all);
    all.borrow_mut().push(Followed { context, exchange, call: Call::Due(due, follow) });
    // To set the period starts it anew: with a call in every period there would be no tick at all.
    if !ticks {
        let _ = hostcalls::set_tick_period(Duration::from_millis(TICK));
    }
}

/// Whether a call is to be made. As long as one is, time is told.
fn any_due(all: &RefCell<Vec<Followed>>) -> bool {
    all.borrow().iter().any(|followed| matches!(followed.call, Call::Due(..)))
}

impl RootContext for Root {
    fn on_configure(&mut self, _: usize) -> bool {
        let text = self.get_plugin_configuration().unwrap_or_default();
        match config::load(&text, &|name| std::env::var(name).ok()) {
            Ok(gateway) => {
                info!("{} providers are on", gateway.garden.providers().len());
                self.gateway = Some(Rc::new(gateway));
                true
            }
            Err(fault) => {
                error!("the configuration is refused: {fault}");
                false
            }
        }
    }

    fn on_tick(&mut self) {
        let now = milliseconds();
        let due = |followed: &Followed| matches!(followed.call, Call::Due(at, _) if at <= now);
        while let Some(mut followed) = self.take(due) {
            if let Call::Due(_, follow) = core::mem::replace(&mut followed.call, Call::Made(0)) {
                self.call(followed, &follow);
            }
        }
        if !any_due(&self.followed) {
            let _ = hostcalls::set_tick_period(Duration::ZERO);
        }
    }

    fn create_http_context(&self, id: u32) -> Option<Box<dyn HttpContext>> {
        let exchange = self.gateway.as_ref().map(Gateway::exchange);
        let followed = Rc::clone(&self.followed);
        Some(Box::new(Filter { id, exchange, followed, waiting: false, buffered: false, ended: false }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One stream.
struct Filter {
    id: u32,
    /// `None` before the first configuration, when Envoy lets no request in, and while an answer takes further calls.
    exchange: Option<Exchange>,
    /// Where it goes meanwhile.
    followed: Rc<RefCell<Vec<Followed>>>,
    /// The request's headers wait for its body.
    waiting: bool,
    /// Some of the answer's body waits.
    buffered: bool,
    /// The answer has come to its end.
    ended: bool,
}

impl Context for Filter {}

impl HttpContext for Filter {
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let Some(exchange) = &mut self.exchange else { return Action::Pause };
        let headers = headers(MapType::HttpRequestHeaders);
        match exchange.request_headers(headers, end, seconds) {
            Step::Buffer => self.waiting = true,
            Step::Continue(headers) => {
                edit(MapType::HttpRequestHeaders, &headers);
                return Action::Continue;
            }
            Step::Reply(answer) => reply(&answer),
        }
        Action::Pause
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        if !self.waiting {
            return Action::Continue;
        }
        let Some(exchange) = &mut self.exchange else { return Action::Pause };
        if size > exchange.body_limit() {
            self.waiting = false;
            let error = exchange.too_large();
            reply(&exchange.refuse(&error));
            return Action::Pause;
        }
        if end { self.forward() } else { Action::Pause }
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        if self.waiting { self.forward() } else { Action::Continue }
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
        let Some(exchange) = &mut self.exchange else { return Action::Continue };
        let details = || {
            let details = hostcalls::get_property(vec!["response", "code_details"]).ok().flatten();
            details.and_then(|details| String::from_utf8(details).ok())
        };
        let answer = headers(MapType::HttpResponseHeaders);
        match exchange.answer_headers(answer, end, details) {
            Head::Continue(None) => {}
            Head::Continue(Some(headers)) => edit(MapType::HttpResponseHeaders, &headers),
            Head::Hold => return Action::Pause,
            Head::Reply(answer) => {
                reply(&answer);
                return Action::Pause;
            }
        }
        if end {
            self.finish();
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, size: usize, end: bool) -> Action {
        self.answer_piece(size, end)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        if self.ended {
            return Action::Continue;
        }
        let Some(exchange) = &mut self.exchange else { return Action::Continue };
        // Envoy lets no body be written here but one that waits.
        let size = if self.buffered { usize::MAX } else { 0 };
        let read = || body(BufferType::HttpResponseBody, size);
        match exchange.answer_piece(size, true, read) {
            Piece::Keep | Piece::Wait => {}
            Piece::Follow(follow) => {
                self.follow(follow);
                return Action::Pause;
            }
            Piece::Release(headers, None) => edit(MapType::HttpResponseHeaders, &headers),
            Piece::Release(headers, Some(body)) if self.buffered => {
                edit(MapType::HttpResponseHeaders, &headers);
                set_answer(&body);
            }
            Piece::Release(headers, Some(body)) => {
                reply(&Reply::new(&headers, body));
                return Action::Pause;
            }
            Piece::Replace(bytes) if bytes.is_empty() => {}
            // What is left to be said cannot be: the stream must not look as if it were whole. To go on
            // after a reset would end Envoy itself.
            Piece::Replace(_) => {
                self.finish();
                let _ = hostcalls::reset_http_response();
                return Action::Pause;
            }
        }
        self.finish();
        Action::Continue
    }
}

impl Drop for Filter {
    fn drop(&mut self) {
        // The client is gone, or has its answer.
        if self.exchange.is_none() {
            self.followed.borrow_mut().retain(|followed| followed.context != self.id);
        }
    }
}

impl Filter {
    /// Sends the request on, its whole body being here.
    fn forward(&mut self) -> Action {
        self.waiting = false;
        let Some(exchange) = &mut self.exchange else { return Action::Pause };
        let limit = exchange.body_limit();
        let body = body(BufferType::HttpRequestBody, limit.saturating_add(1));
        match exchange.request_body(body, seconds) {
            Ok(Forward { headers, body, client }) => {
                send(&body, &client);
                edit(MapType::HttpRequestHeaders, &headers);
                Action::Continue
            }
            Err(answer) => {
                reply(&answer);
                Action::Pause
            }
        }
    }

    fn answer_piece(&mut self, size: usize, end: bool) -> Action {
        let Some(exchange) = &mut self.exchange else { return Action::Continue };
        let read = || body(BufferType::HttpResponseBody, size);
        match exchange.answer_piece(size, end, read) {
            Piece::Keep => {}
            Piece::Wait => {
                self.buffered = true;
                return Action::Pause;
            }
            Piece::Follow(follow) => {
                self.buffered = true;
                self.follow(follow);
                return Action::Pause;
            }
            Piece::Replace(bytes) => set_answer(&bytes),
            Piece::Release(headers, body) => {
                edit(MapType::HttpResponseHeaders, &headers);
                if let Some(body) = body {
                    set_answer(&body);
                }
            }
        }
        if end {
            self.finish();
        }
        Action::Continue
    }

    /// Lets the answer wait for a further call.
    fn follow(&mut self, follow: Box<Follow>) {
        self.ended = true;
        if let Some(exchange) = self.exchange.take() {
            wait(&self.followed, self.id, exchange, follow);
        }
    }

    fn finish(&mut self) {
        self.ended = true;
        if let Some(exchange) = &self.exchange {
            record(exchange);
        }
    }
}

/// Tells the access log of an exchange.
fn record(exchange: &Exchange) {
    if let Some(record) = exchange.record() {
        let _ = hostcalls::set_property(vec!["orq"], Some(record.as_bytes()));
    }
}

/// Up to `size` bytes of a body.
fn body(buffer: BufferType, size: usize) -> Vec<u8> {
    hostcalls::get_buffer(buffer, 0, size).ok().flatten().unwrap_or_default()
}

fn headers(map: MapType) -> Headers {
    hostcalls::get_map_bytes(map).unwrap_or_default().into()
}

fn edit(map: MapType, headers: &Headers) {
    for edit in headers.edits() {
        let _ = match edit {
            Edit::Set(name, value) => hostcalls::set_map_value_bytes(map, name, Some(value)),
            Edit::Remove(name) => hostcalls::set_map_value_bytes(map, name, None),
        };
    }
}

/// How many bytes are added to a body at once: those of a slice of Envoy's buffers (`Slice::default_slice_size_`). The client's
/// body, which has just been let go, was in such slices, so that a file goes into the memory that it gave back. In larger
/// pieces Envoy needs new memory, and what it keeps grows by half a body over a hundred files.
const ADDED_AT_ONCE: usize = 16 << 10;

/// Puts a new body in the place of the client's, which waits at the host. Its end stays where it is when nothing in it
/// changes; a file goes up from the one place where it stands.
fn send(body: &Outgoing, client: &[u8]) {
    let set = |start, length, bytes: &[u8]| {
        let _ = hostcalls::set_buffer(BufferType::HttpRequestBody, start, length, bytes);
    };
    if let Some((beginning, skipped)) = body.beginning(client) {
        // Drains so many bytes, and puts others in front of the rest.
        if skipped > 0 || !beginning.is_empty() {
            set(0, skipped, &beginning);
        }
        return;
    }
    // Behind its end, bytes are added to a body.
    let mut first = true;
    body.write(client, |bytes| {
        for bytes in bytes.chunks(ADDED_AT_ONCE) {
            if first {
                set(0, usize::MAX, bytes);
            } else {
                set(usize::MAX, 0, bytes);
            }
            first = false;
        }
    });
    // Of no bytes there is no part that could take the place of the client's.
    if first {
        set(0, usize::MAX, b"");
    }
}

fn set_answer(bytes: &[u8]) {
    let _ = hostcalls::set_buffer(BufferType::HttpResponseBody, 0, usize::MAX, bytes);
}

fn reply(answer: &Reply) {
    let headers = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let _ = hostcalls::send_http_response(u32::from(answer.status), headers.collect(), Some(&answer.body));
}

/// Seconds since 1970.
fn seconds() -> u64 {
    milliseconds() / 1000
}

/// Milliseconds since 1970.
fn milliseconds() -> u64 {
    let now = hostcalls::get_current_time().ok();
    let since = now.and_then(|now| now.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
