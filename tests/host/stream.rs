//! One HTTP exchange through the filter, with Envoy's rules on what is held, buffered and sent on.

use super::headers::Headers;
use super::state::{LocalReply, Way};
use super::vm::{Fault, Vm};

/// How a message ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With the last piece, or with the headers when there is none.
    WithData,
    /// With an empty piece of its own, as after a chunked HTTP/1.1 body.
    EmptyPiece,
    /// With trailers (`x-checksum: 1`).
    Trailers,
    /// Not at all: the sender is still there, or has died.
    Never,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub enum Sent {
    /// It goes to a provider.
    Upstream(Upstream),
    /// The filter answered itself.
    Reply(Downstream),
    /// The request has no end, and the filter still holds its headers.
    Waiting,
}

/// A request as a provider gets it.
#[derive(Clone, Debug)]
pub struct Upstream {
    /// The headers.
    pub headers: Headers,
    /// What flowed on after each piece from the client; empty where the filter held it.
    pub pieces: Vec<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Option<Headers>,
}

/// An answer as the client gets it.
#[derive(Clone, Debug)]
pub struct Downstream {
    /// The status.
    pub status: u16,
    /// The headers, `:status` too.
    pub headers: Headers,
    /// What flowed on after each piece from the provider; empty where the filter held it.
    pub pieces: Vec<Vec<u8>>,
    /// The body.
    pub body: Vec<u8>,
    /// The trailers.
    pub trailers: Option<Headers>,
    /// How many pieces of the message the filter had seen when this answer came about: for a reply to a request,
    /// pieces of the request's body.
    pub pieces_read: usize,
    /// `response.code_details` of a local reply.
    pub details: Option<String>,
    /// The stream was reset in the middle of this answer.
    pub reset: bool,
}

impl Sent {
    /// The upstream request; a reply is a fault that shows it.
    pub fn upstream(self) -> Result<Upstream, Fault> {
        match self {
            Self::Upstream(upstream) => Ok(upstream),
            Self::Reply(reply) => Err(Fault::new(format!(
                "the filter answered {} itself: {}",
                reply.status,
                String::from_utf8_lossy(&reply.body)
            ))),
            Self::Waiting => Err(Fault::new("the filter still holds the request")),
        }
    }

    /// The filter's own reply; a request that goes upstream is a fault.
    pub fn reply(self) -> Result<Downstream, Fault> {
        match self {
            Self::Reply(reply) => Ok(reply),
            Self::Upstream(upstream) => {
                Err(Fault::new(format!("the request went upstream: {:?}", upstream.headers)))
            }
            Self::Waiting => Err(Fault::new("the filter still holds the request")),
        }
    }
}

/// What passed the filter in one direction.
#[derive(Default)]
struct Passed {
    headers: Option<Headers>,
    pieces: Vec<Vec<u8>>,
    trailers: Option<Headers>,
    pieces_read: usize,
    local: Option<LocalReply>,
    closed: bool,
}

/// One exchange.
pub struct Stream<'vm> {
    vm: &'vm mut Vm,
    id: u32,
    owned: bool,
}

impl<'vm> Stream<'vm> {
    pub(super) fn new(vm: &'vm mut Vm, id: u32, owned: bool) -> Self {
        Self { vm, id, owned }
    }

    /// Sets a property, its path joined with dots.
    pub fn property(&mut self, path: &str, value: impl AsRef<[u8]>) {
        if let Some(exchange) = self.vm.state().streams.get_mut(&self.id) {
            exchange.properties.insert(path.to_owned(), value.as_ref().to_vec());
        }
    }

    /// What the module has logged so far, in all streams.
    pub fn logs(&self) -> &[super::state::Log] {
        self.vm.logs()
    }

    /// Sends a request through the filter. One that the filter holds past its end is a fault.
    pub fn request(
        &mut self,
        headers: impl Into<Headers>,
        pieces: &[impl AsRef<[u8]>],
        end: End,
    ) -> Result<Sent, Fault> {
        self.vm.call("proxy_on_context_create", self.id, &[self.vm.root()])?;
        let passed = self.pass(Way::Request, headers.into(), pieces, end)?;
        if let Some(local) = passed.local {
            let mut reply = self.local_reply(local)?;
            reply.pieces_read = passed.pieces_read;
            return Ok(Sent::Reply(reply));
        }
        if passed.closed {
            return Err(self.vm.fault("the filter closed the stream in its request"));
        }
        let Some(headers) = passed.headers else {
            return Ok(Sent::Waiting);
        };
        let body = passed.pieces.concat();
        self.check(Way::Request, &headers, &body, end)?;
        let (pieces, trailers) = (passed.pieces, passed.trailers);
        Ok(Sent::Upstream(Upstream { headers, pieces, body, trailers }))
    }

    /// Sends a provider's answer through the filter. Status 0: it has no end, and the filter still holds it.
    pub fn answer(
        &mut self,
        headers: impl Into<Headers>,
        pieces: &[impl AsRef<[u8]>],
        end: End,
    ) -> Result<Downstream, Fault> {
        self.property("response.code_details", "via_upstream");
        self.downstream(headers.into(), pieces, end)
    }

    /// A reply of Envoy's own (413, 503, 504, no route) or one that the filter sent, as it passes the filter's
    /// response callbacks.
    pub fn envoy_reply(&mut self, status: u16, details: &str, body: &[u8]) -> Result<Downstream, Fault> {
        self.local_reply(LocalReply {
            status: u32::from(status),
            details: details.to_owned(),
            headers: Headers::new(),
            body: body.to_vec(),
        })
    }

    fn local_reply(&mut self, local: LocalReply) -> Result<Downstream, Fault> {
        self.property("response.code_details", &local.details);
        let (headers, body) = local_message(&local);
        let pieces = if body.is_empty() { vec![] } else { vec![body] };
        let mut reply = self.downstream(headers, &pieces, End::WithData)?;
        reply.details = Some(local.details);
        Ok(reply)
    }

    fn downstream(
        &mut self,
        headers: Headers,
        pieces: &[impl AsRef<[u8]>],
        end: End,
    ) -> Result<Downstream, Fault> {
        let status = headers.text(":status").and_then(|status| status.parse::<i64>().ok());
        self.property("response.code", status.unwrap_or(0).to_le_bytes());
        let mut passed = self.pass(Way::Response, headers, pieces, end)?;
        let mut details = None;
        let mut reset = passed.closed;
        if let Some(local) = passed.local.take() {
            self.property("response.code_details", &local.details);
            if passed.headers.is_some() {
                // The client has the headers of another answer: all Envoy can do is to reset the stream.
                reset = true;
            } else {
                // Some of the answer has passed the filters: Envoy sends this one past them.
                self.property("response.code", i64::from(local.status).to_le_bytes());
                let (headers, body) = local_message(&local);
                passed.headers = Some(headers);
                passed.pieces = vec![body];
                details = Some(local.details);
            }
        }
        let headers = passed.headers.unwrap_or_default();
        let body = passed.pieces.concat();
        if !reset {
            self.check(Way::Response, &headers, &body, end)?;
        }
        let status = headers.text(":status").and_then(|status| status.parse().ok());
        Ok(Downstream {
            status: status.unwrap_or(0),
            headers,
            pieces: passed.pieces,
            body,
            trailers: passed.trailers,
            pieces_read: passed.pieces_read,
            details,
            reset,
        })
    }

    /// Ends the stream: `proxy_on_log`, `proxy_on_done`, `proxy_on_delete`.
    pub fn end(mut self) -> Result<(), Fault> {
        self.owned = false;
        self.close()
    }

    fn close(&mut self) -> Result<(), Fault> {
        let Some(exchange) = self.vm.state().streams.get_mut(&self.id) else {
            return Ok(());
        };
        exchange.logging = true;
        self.vm.call("proxy_on_log", self.id, &[])?;
        if let Some(exchange) = self.vm.state().streams.get_mut(&self.id) {
            exchange.logging = false;
        }
        self.vm.call("proxy_on_done", self.id, &[])?;
        self.vm.call("proxy_on_delete", self.id, &[])?;
        self.vm.state().streams.remove(&self.id);
        Ok(())
    }

    fn pass(
        &mut self,
        way: Way,
        headers: Headers,
        pieces: &[impl AsRef<[u8]>],
        end: End,
    ) -> Result<Passed, Fault> {
        let (on_headers, on_body, on_trailers) = match way {
            Way::Request => {
                ("proxy_on_request_headers", "proxy_on_request_body", "proxy_on_request_trailers")
            }
            Way::Response => {
                ("proxy_on_response_headers", "proxy_on_response_body", "proxy_on_response_trailers")
            }
        };
        let mut passed = Passed::default();
        let count = headers.len() as u32;
        let flow = self.flow(way)?;
        flow.headers = headers;
        flow.headers_seen = true;
        let ends = |last: bool| u32::from(last && end == End::WithData);
        let go_on = self.ask(way, on_headers, &[count, ends(pieces.is_empty())], &mut passed)?;
        if passed.over() {
            return Ok(passed);
        }
        if go_on {
            self.release(way, &mut passed)?;
            self.flow(way)?.headers_seen = false;
        }
        let parts = pieces.iter().map(|piece| Some(piece.as_ref()));
        let empty = (end == End::EmptyPiece).then_some(None);
        for (at, part) in parts.chain(empty).enumerate() {
            let last = part.is_none() || at + 1 == pieces.len();
            let ends = u32::from(part.is_none()) | ends(last);
            let body = self.flow(way)?.body.get_or_insert_default();
            body.extend_from_slice(part.unwrap_or_default());
            let size = body.len() as u32;
            passed.pieces_read += usize::from(part.is_some());
            let go_on = self.ask(way, on_body, &[size, ends], &mut passed)?;
            if passed.over() {
                return Ok(passed);
            }
            passed.pieces.push(Vec::new());
            if go_on {
                self.release(way, &mut passed)?;
            }
        }
        if end == End::Trailers {
            let trailers = Headers::from([("x-checksum", "1")]);
            self.flow(way)?.trailers = Some(trailers);
            let go_on = self.ask(way, on_trailers, &[1], &mut passed)?;
            if passed.over() {
                return Ok(passed);
            }
            passed.pieces.push(Vec::new());
            if go_on {
                self.release(way, &mut passed)?;
                passed.trailers = self.flow(way)?.trailers.take();
            }
        }
        let held = self.flow(way)?.body.is_some() || passed.headers.is_none();
        let unsent = end == End::Trailers && passed.trailers.is_none();
        if (held || unsent) && end != End::Never {
            let text = format!("the filter held the {} past its end", way.word());
            return Err(self.vm.fault(text));
        }
        Ok(passed)
    }

    /// Lets headers go on if they have not yet, and then what is in the buffer.
    fn release(&mut self, way: Way, passed: &mut Passed) -> Result<(), Fault> {
        let flow = self.flow(way)?;
        if !flow.headers_gone {
            flow.headers_gone = true;
            let headers = flow.headers.clone();
            if let Some(unfit) = headers.unfit() {
                return Err(self.vm.fault(format!("{} headers: {unfit}", way.word())));
            }
            passed.headers = Some(headers);
        }
        let body = self.flow(way)?.body.take();
        if let (Some(body), Some(piece)) = (body, passed.pieces.last_mut()) {
            *piece = body;
        }
        Ok(())
    }

    /// Runs a callback; whether the filter lets things go on.
    fn ask(
        &mut self,
        way: Way,
        name: &'static str,
        args: &[u32],
        passed: &mut Passed,
    ) -> Result<bool, Fault> {
        let action = self.vm.call(name, self.id, args)?;
        let Some(exchange) = self.vm.state().streams.get_mut(&self.id) else {
            return Err(Fault::new(format!("stream {} is over", self.id)));
        };
        passed.local = exchange.local.take();
        passed.closed = exchange.closed;
        let resumed = std::mem::take(&mut exchange.resumed);
        if passed.closed && matches!(action, None | Some(0)) {
            let text =
                format!("{name} closed the stream and answered Continue: Envoy dies of that (SIGSEGV)");
            return Err(self.vm.fault(text));
        }
        match action {
            None | Some(0) => Ok(true),
            Some(1) => Ok(match way {
                Way::Request => resumed[0],
                Way::Response => resumed[1],
            }),
            Some(other) => Err(self.vm.fault(format!("{name} answered action {other}"))),
        }
    }

    fn flow(&mut self, way: Way) -> Result<&mut super::state::Flow, Fault> {
        let id = self.id;
        let exchange = self.vm.state().streams.get_mut(&id);
        exchange.map(|exchange| exchange.flow(way)).ok_or_else(|| Fault::new(format!("stream {id} is over")))
    }

    /// A content-length that the body does not keep breaks the connection.
    fn check(&mut self, way: Way, headers: &Headers, body: &[u8], end: End) -> Result<(), Fault> {
        let bodiless = match way {
            Way::Request => false,
            Way::Response => {
                let head = self.flow(Way::Request)?.headers.get(":method") == Some(b"HEAD");
                head || matches!(headers.get(":status"), Some(b"204" | b"304"))
            }
        };
        let Some(length) = headers.text("content-length").filter(|_| !bodiless && end != End::Never) else {
            return Ok(());
        };
        if length == body.len().to_string() {
            return Ok(());
        }
        let (word, sent) = (way.word(), body.len());
        let text = format!("content-length of the {word} is {length} and its body has {sent} bytes");
        Err(self.vm.fault(text))
    }
}

impl Passed {
    /// The filter replied itself or closed the stream: no more callbacks in this direction.
    fn over(&self) -> bool {
        self.local.is_some() || self.closed
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if self.owned
            && self.vm.lives()
            && let Err(fault) = self.close()
            && !std::thread::panicking()
        {
            panic!("the end of a stream: {fault}");
        }
    }
}

/// A local reply as Envoy builds it.
fn local_message(local: &LocalReply) -> (Headers, Vec<u8>) {
    let mut headers = Headers::new().with(":status", local.status.to_string());
    for (name, value) in local.headers.iter() {
        headers.add(name, value);
    }
    headers.remove("content-length");
    if local.body.is_empty() {
        headers.remove("content-type");
    } else {
        headers.add("content-length", local.body.len().to_string().as_bytes());
        if headers.get("content-type").is_none() {
            headers.add("content-type", b"text/plain");
        }
    }
    (headers, local.body.clone())
}
