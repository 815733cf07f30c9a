//! One request and its answer.
//!
//! Sans-IO: headers, bodies and chunks go in, what is to be done comes out. The filter carries it
//! out and decides nothing.

mod answer;
mod driver;
mod follow;
mod request;
mod source;
mod stored;

pub use answer::{Head, Piece};
pub use follow::Follow;

use crate::auth::Key;
use crate::dialect::openai::extensions::Mender;
use crate::dialect::{Convert, Dialect, Translate};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::gateway::Gateway;
use crate::headers::Headers;
use crate::surface::{Names, Wanted};
use crate::usage::Usage;
use crate::wire::outgoing::Outgoing;
use answer::Answer;
use std::rc::Rc;

/// An answer that the proxy gives itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body, JSON.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of these headers, but for those that its body makes.
    #[must_use]
    pub fn new(headers: &Headers, body: Vec<u8>) -> Self {
        let kept =
            headers.as_slice().iter().filter(|(name, _)| !name.starts_with(':') && name != "content-length");
        let text =
            |(name, value): &(String, Vec<u8>)| Some((name.clone(), String::from_utf8(value.clone()).ok()?));
        Self { status: headers.status(), headers: kept.filter_map(text).collect(), body }
    }
}

/// What becomes of a request's headers.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// They wait for the whole body, which is to come to [`Exchange::request_body`].
    Buffer,
    /// These go on at once, and a body, if there is one, as it comes.
    Continue(Headers),
    /// The client is answered at once.
    Reply(Reply),
}

/// What goes to the provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Forward {
    /// All headers.
    pub headers: Headers,
    /// The whole body.
    pub body: Outgoing,
    /// The client's body, where the new one refers to it.
    pub client: Vec<u8>,
}

/// One request and its answer.
#[derive(Debug)]
pub struct Exchange {
    gateway: Rc<Gateway>,
    state: State,
    /// What every answer is known by.
    request_id: String,
}

#[derive(Debug)]
enum State {
    /// Nothing has come yet.
    New,
    /// The headers wait for the body.
    Waiting(Box<Waiting>),
    /// The request went on.
    Sent(Box<Sent>),
    /// The answer passes.
    Answering(Box<Sent>, Answer),
    /// The proxy answered by itself, or nothing is left to do.
    Over,
}

/// What is known while the body is awaited.
#[derive(Debug)]
struct Waiting {
    endpoint: Endpoint,
    headers: Headers,
    key: Rc<Key>,
    query: Option<String>,
    /// The boundary of a form; `None` for JSON.
    boundary: Option<String>,
}

/// What is remembered of a request that went on.
#[derive(Debug, Default)]
struct Sent {
    endpoint: Option<Endpoint>,
    provider: String,
    model: String,
    dialect: Option<&'static dyn Dialect>,
    /// The provider's key, to keep it out of what clients see.
    secret: Option<String>,
    /// The id of the client's key.
    key: String,
    dropped: Vec<String>,
    /// The client asked for a stream.
    streams: bool,
    /// What the client wants of a chat answer in OpenAI's language that is brought to its form.
    mends: Option<Wanted>,
    usage: Option<Usage>,
    /// Who reads the answer, when it is in another language.
    translation: Option<Translation>,
    /// What the client calls the parameters of the chat that its request was told as.
    names: Names,
    /// How many further calls the answer took.
    calls: u32,
    /// One of them looked after a job.
    polls: bool,
}

/// An answer in another language.
#[derive(Debug)]
enum Translation {
    /// Of a chat.
    Chat {
        answer: Box<dyn Translate>,
        wanted: Wanted,
        /// The language.
        dialect: &'static str,
    },
    /// Of another endpoint.
    Other(Box<dyn Convert>),
}

impl Sent {
    fn mender(&self) -> Option<Mender> {
        self.mends.clone().map(Mender::new)
    }
}

impl Exchange {
    /// An exchange under a configuration.
    #[must_use]
    pub fn new(gateway: Rc<Gateway>) -> Self {
        Self { gateway, state: State::New, request_id: String::new() }
    }

    /// The most bytes of a request's body.
    #[must_use]
    pub fn body_limit(&self) -> usize {
        self.gateway.limits.body_bytes
    }

    /// Answers the client with an error.
    pub fn refuse(&mut self, error: &Error) -> Reply {
        self.reply(error.status, error.body().into_bytes(), Vec::new())
    }

    fn reply(&mut self, status: u16, body: Vec<u8>, mut more: Vec<(String, String)>) -> Reply {
        self.state = State::Over;
        more.push(("content-type".to_owned(), "application/json".to_owned()));
        if !self.request_id.is_empty() {
            more.push(("x-request-id".to_owned(), self.request_id.clone()));
        }
        Reply { status, headers: more, body }
    }
}

#[cfg(test)]
mod tests;
