//! Envoy's callbacks ↔ [`Exchange`]. Transcribes, decides nothing.

use crate::config;
use crate::exchange::{Exchange, Forward, Head, Piece, Reply, Step};
use crate::gateway::Gateway;
use crate::headers::{Edit, Headers};
use crate::wire::outgoing::Outgoing;
use log::{error, info};
use proxy_wasm::hostcalls;
use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, BufferType, ContextType, LogLevel, MapType};
use std::rc::Rc;
use std::time::UNIX_EPOCH;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Info);
    proxy_wasm::set_root_context(|_| Box::new(Root { gateway: None }));
}}

/// The filter of one worker: its configuration.
struct Root {
    gateway: Option<Rc<Gateway>>,
}

impl Context for Root {}

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

    fn create_http_context(&self, _: u32) -> Option<Box<dyn HttpContext>> {
        let exchange = self.gateway.as_ref().map(Gateway::exchange);
        Some(Box::new(Filter { exchange, waiting: false, buffered: false, ended: false }))
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }
}

/// One stream.
struct Filter {
    /// `None` only before the first configuration, when Envoy lets no request in.
    exchange: Option<Exchange>,
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

    fn finish(&mut self) {
        self.ended = true;
        if let Some(record) = self.exchange.as_ref().and_then(Exchange::record) {
            let _ = hostcalls::set_property(vec!["orq"], Some(record.as_bytes()));
        }
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
        if first {
            set(0, usize::MAX, bytes);
        } else {
            set(usize::MAX, 0, bytes);
        }
        first = false;
    });
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
    let now = hostcalls::get_current_time().ok();
    now.and_then(|now| now.duration_since(UNIX_EPOCH).ok()).map_or(0, |since| since.as_secs())
}
