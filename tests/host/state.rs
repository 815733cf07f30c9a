//! What the host knows while the module runs: streams, configuration, logs, shared data, clock.

use super::headers::Headers;
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use wasmi::{Memory, TypedFunc};

/// One line the module logged; written to stdout counts as level 2, to stderr as level 4, as in Envoy.
#[derive(Clone, PartialEq, Eq)]
pub struct Log {
    /// 0 trace, 1 debug, 2 info, 3 warn, 4 error, 5 critical.
    pub level: u32,
    /// The text.
    pub text: String,
}

impl fmt::Debug for Log {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 6] = ["trace", "debug", "info", "warn", "error", "critical"];
        let name = NAMES.get(self.level as usize).copied().unwrap_or("?");
        write!(out, "[{name}] {}", self.text)
    }
}

/// The two directions of an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Client to provider.
    Request,
    /// Provider to client.
    Response,
}

impl Way {
    /// The word in callback names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// One direction of one stream, as the filter can see it.
#[derive(Default)]
pub struct Flow {
    /// The headers, held or gone on.
    pub headers: Headers,
    /// Envoy's pointer to the headers is set: from the headers callback until that answers Continue.
    pub headers_seen: bool,
    /// The headers went on: an edit is lost.
    pub headers_gone: bool,
    /// The buffer of the body callback under way; cumulative while the filter pauses.
    pub body: Option<Vec<u8>>,
    /// The trailers of the trailers callback under way.
    pub trailers: Option<Headers>,
}

/// A reply the module sends itself.
#[derive(Clone, Debug)]
pub struct LocalReply {
    /// The HTTP status.
    pub status: u32,
    /// What Envoy calls `response.code_details`.
    pub details: String,
    /// Headers besides the status.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// One stream.
#[derive(Default)]
pub struct Exchange {
    /// Client to provider.
    pub request: Flow,
    /// Provider to client.
    pub response: Flow,
    /// Properties by path, its parts joined with dots.
    pub properties: BTreeMap<String, Vec<u8>>,
    /// A reply that the callback under way sent.
    pub local: Option<LocalReply>,
    /// The callback under way called `proxy_continue_stream` for the request or the response.
    pub resumed: [bool; 2],
    /// The module closed the stream.
    pub closed: bool,
    /// `proxy_on_log` is under way: all headers can be read.
    pub logging: bool,
}

impl Exchange {
    /// One direction.
    pub fn flow(&mut self, way: Way) -> &mut Flow {
        match way {
            Way::Request => &mut self.request,
            Way::Response => &mut self.response,
        }
    }
}

/// All that host functions can reach.
#[derive(Default)]
pub struct State {
    /// The module's linear memory.
    pub memory: Option<Memory>,
    /// The module's allocator.
    pub allocate: Option<TypedFunc<u32, u32>>,
    /// The plugin configuration of the root context being configured.
    pub plugin_config: Vec<u8>,
    /// The VM configuration.
    pub vm_config: Vec<u8>,
    /// `NAME=value` strings.
    pub env: Vec<String>,
    /// The level from which the module is told to log.
    pub log_level: u32,
    /// What the module logged.
    pub logs: Vec<Log>,
    /// The context whose callback is under way.
    pub context: u32,
    /// The streams by context id.
    pub streams: BTreeMap<u32, Exchange>,
    /// Root contexts.
    pub roots: Vec<u32>,
    /// Nanoseconds since 1970; it stands still until a test moves it.
    pub clock: u64,
    /// The state of the random numbers, which are the same in every run.
    pub random: u64,
    /// Shared data and the number of its last change.
    pub shared: BTreeMap<Vec<u8>, (Vec<u8>, u32)>,
    /// Shared queues in the order of their registration.
    pub queues: Vec<(Vec<u8>, VecDeque<Vec<u8>>)>,
    /// Metrics in the order of their definition.
    pub metrics: Vec<(String, i64)>,
    /// The tick period in milliseconds.
    pub tick: u32,
    /// What the module did that Envoy would let pass and that would be lost or wrong all the same.
    pub mistakes: Vec<String>,
}

impl State {
    /// The stream whose callback is under way; `None` in a root context.
    pub fn exchange(&mut self) -> Option<&mut Exchange> {
        self.streams.get_mut(&self.context)
    }

    /// The next pseudo random number (xorshift).
    pub fn next_random(&mut self) -> u64 {
        let mut word = self.random | 1;
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        self.random = word;
        word
    }
}
