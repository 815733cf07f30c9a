//! Endpoints other than chat: what goes to a provider in its own language, and who makes OpenAI's answer of its.
//!
//! A chat is told to a surface, event by event. The answers of the other endpoints are small things of their own: a
//! [`Convert`] reads the provider's and writes the client's, with what the endpoint's file in [`crate::surface`]
//! knows of its form.

use super::{Event, Flow, Framing};
use crate::error::Error;
use crate::headers::Headers;
use crate::usage::Usage;
use crate::wire::outgoing::Outgoing;
use crate::wire::splice::Splices;
use std::borrow::Cow;

/// A request as it goes to a provider.
#[derive(Debug, Default)]
pub struct Ask {
    /// Its body.
    pub payload: Payload,
    /// The `content-type` of the body. `None`: the client's where the body is the client's with changes, and JSON
    /// elsewhere.
    pub content_type: Option<String>,
    /// Headers for this request, beside those of the row.
    pub headers: Vec<(&'static str, String)>,
    /// A path in the place of the route's own, below the provider's base path. `{model}` stands for the model as one
    /// segment, `{model/}` for as many as it has, and `{voice}` for the one of [`segments`](Self::segments).
    pub path: Option<&'static str>,
    /// What is filled into the path as one segment each, percent-encoded, by its name.
    pub segments: Vec<(&'static str, String)>,
    /// The query: names, and values that are percent-encoded when it is written.
    pub query: Vec<(Cow<'static, str>, String)>,
}

/// The body of a request.
#[derive(Debug)]
pub enum Payload {
    /// The client's, with these changes.
    Spliced(Splices),
    /// Another one, which may refer to the client's.
    Written(Outgoing),
}

impl Default for Payload {
    fn default() -> Self {
        Self::Written(Outgoing::default())
    }
}

impl Ask {
    /// A request with this body, in JSON.
    #[must_use]
    pub fn json(body: Outgoing) -> Self {
        Self { payload: Payload::Written(body), ..Self::default() }
    }

    /// A request with the client's body, changed.
    #[must_use]
    pub fn spliced(splices: Splices) -> Self {
        Self { payload: Payload::Spliced(splices), ..Self::default() }
    }

    /// The same, with this in its query.
    #[must_use]
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }
}

/// Makes OpenAI's answer of a provider's: the state of that one answer. Failing answers do not come here
/// ([`Dialect::error`](super::Dialect::error)).
pub trait Convert: core::fmt::Debug {
    /// How a success comes, by its headers. They may be changed where the body passes as it is.
    fn way(&mut self, _headers: &mut Headers) -> Way {
        Way::Whole
    }

    /// Reads a whole body.
    ///
    /// # Errors
    /// What the client is told in the place of an answer: 502 where the body cannot be read, or the provider's own
    /// error that came as a success.
    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error>;

    /// Reads the next event of [`Way::Events`], and adds to `out` what the client gets: events of a stream.
    ///
    /// # Errors
    /// The provider's own error, or 502 for an event of a known kind that cannot be read. The stream ends with it.
    fn event(&mut self, _event: &Event<'_>, _out: &mut Vec<u8>) -> Result<Flow, Error> {
        Ok(Flow::Unknown)
    }

    /// Reads the next bytes of [`Way::Bytes`], and adds to `out` what the client gets: events of a stream.
    ///
    /// # Errors
    /// The stream ends with it.
    fn bytes(&mut self, _bytes: &[u8], _out: &mut Vec<u8>) -> Result<(), Error> {
        Ok(())
    }

    /// Whether a stream may end here, and adds to `out` what is still to be said if so.
    fn end(&mut self, _out: &mut Vec<u8>) -> bool {
        true
    }

    /// What was counted of a stream so far.
    fn counted(&self) -> Option<Usage> {
        None
    }

    /// How many bytes are kept for the end of a stream.
    fn held(&self) -> usize {
        0
    }
}

/// How a success comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It is held until it is whole.
    Whole,
    /// It passes as it is: sound and pictures that need no change.
    Passes,
    /// It is a stream of events, and so is what the client gets.
    Events(Framing),
    /// It comes in bytes, and what the client gets is a stream of events.
    Bytes,
}

/// A whole success.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// Its headers.
    pub headers: &'a Headers,
    /// Its body.
    pub body: &'a [u8],
}

/// What a client gets.
#[derive(Debug)]
pub struct Whole {
    /// The `content-type` of the body.
    pub content_type: Cow<'static, str>,
    /// The body.
    pub body: Vec<u8>,
    /// What was counted.
    pub usage: Option<Usage>,
}

impl Whole {
    /// A body in JSON.
    #[must_use]
    pub fn json(body: impl Into<Vec<u8>>, usage: Option<Usage>) -> Self {
        Self { content_type: Cow::Borrowed("application/json"), body: body.into(), usage }
    }
}

/// What a whole answer leads to.
#[derive(Debug)]
pub enum Told {
    /// The client's answer.
    Answer(Whole),
    /// Another call to the provider, of whose answer [`Convert::whole`] makes the next step: a job that is not done
    /// yet, or the next of several that one request of the client takes. A failing one ends the exchange as the first
    /// would have.
    Next(Next),
}

/// A further call.
#[derive(Debug)]
pub struct Next {
    /// `GET` or `POST`
    pub method: &'static str,
    /// What is asked. Its path is below the provider's base path, and its body its own: the client's is gone.
    pub ask: Ask,
    /// How long to wait before it, in milliseconds.
    pub after: u32,
}

impl From<Whole> for Told {
    fn from(whole: Whole) -> Self {
        Self::Answer(whole)
    }
}
