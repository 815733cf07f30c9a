//! The languages that providers speak.
//!
//! A dialect is a folder here. It turns a client's request into the provider's, and the provider's
//! answer into the client's; it knows no Envoy, no clock and no configuration.
//!
//! OpenAI's own language passes with changes in place. Every other one is *translated*: the client's
//! chat is read into the hub ([`crate::chat`]), [`Dialect::chat`] writes the provider's body from it, and
//! a [`Translate`] reads the answer, whole or event by event, into the hub's [`Answer`].

pub mod anthropic;
mod ask;
pub mod bedrock;
pub mod cohere;
pub mod deepgram;
pub mod elevenlabs;
pub mod fal;
pub mod fireworks;
pub mod gemini;
pub mod huggingface;
pub mod jina;
pub mod leonardo;
pub mod minimax;
pub mod mistral;
pub mod modelark;
pub mod nvidia;
pub mod openai;
pub mod pictures;
pub mod replicate;
pub mod rerank;
mod sound;
pub mod voyage;
pub mod xai;

pub use ask::{Ask, Convert, Next, Payload, Received, Told, Way, Whole};

use crate::chat::{Answer, ChatRequest};
use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::gateway::Unsupported;
use crate::headers::Headers;
use crate::orq;
use crate::provider::{Provider, Upstream};
use crate::surface::{self, Names};
use crate::wire::json::Object;
use crate::wire::multipart::Form;
use crate::wire::splice::Splices;
use core::cmp::Ordering;

/// One language.
pub trait Dialect: Sync + core::fmt::Debug {
    /// Its name, as the configuration writes it.
    fn id(&self) -> &'static str;

    /// What a server of this language is like, for providers that only the configuration knows: its
    /// routes, the path before them, and the header of its key.
    fn server(&self) -> &'static Provider;

    /// Turns the client's body into the provider's.
    ///
    /// # Errors
    /// 400 when the request cannot be said in this language.
    fn request(&self, call: &mut Call<'_>, body: Body<'_>) -> Result<Sent, Error> {
        match (call.endpoint, body) {
            (Endpoint::ChatCompletions, Body::Json(object)) => {
                let request = ChatRequest::read(call, object)?;
                let translated = self.chat(call, &request)?;
                request.params.finish(call)?;
                Ok(Sent::Translated(translated))
            }
            (Endpoint::Embeddings, Body::Json(object)) => {
                let request = surface::embeddings::Request::read(call, object)?;
                let sent = self.embeddings(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            (Endpoint::Rerank, Body::Json(object)) => {
                let request = surface::rerank::Request::read(call, object)?;
                let sent = self.rerank(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            (Endpoint::Moderations, Body::Json(object)) => {
                let request = surface::moderations::Request::read(call, object)?;
                let sent = self.moderations(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            (Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations, body) => {
                let request = surface::images::Request::read(call, body)?;
                let sent = self.images(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            (Endpoint::Speech, Body::Json(object)) => {
                let request = surface::speech::Request::read(call, object)?;
                let sent = self.speech(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            (Endpoint::Transcriptions | Endpoint::Translations, Body::Form(form)) => {
                let request = surface::transcription::Request::read(call, form)?;
                let sent = self.transcription(call, &request)?;
                request.params.finish(call)?;
                Ok(sent)
            }
            _ => Err(unserved(call)),
        }
    }

    /// Writes the provider's body of a chat. Parameters that are not taken from
    /// [`ChatRequest::params`] here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when the chat cannot be said in this language.
    fn chat(&self, call: &mut Call<'_>, _request: &ChatRequest<'_>) -> Result<Translated, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for embeddings. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn embeddings(
        &self,
        call: &mut Call<'_>,
        _request: &surface::embeddings::Request<'_>,
    ) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for a rerank. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn rerank(&self, call: &mut Call<'_>, _request: &surface::rerank::Request<'_>) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for a moderation. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn moderations(
        &self,
        call: &mut Call<'_>,
        _request: &surface::moderations::Request<'_>,
    ) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for images: made, edited or varied, as [`Call::endpoint`] says. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn images(&self, call: &mut Call<'_>, _request: &surface::images::Request<'_>) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for speech. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn speech(&self, call: &mut Call<'_>, _request: &surface::speech::Request<'_>) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Asks the provider for a transcription, or a translation, as [`Call::endpoint`] says. Parameters that are not taken from
    /// the request's `params` here are named to the client, or refused, afterwards.
    ///
    /// # Errors
    /// 400 when it cannot be said in this language.
    fn transcription(
        &self,
        call: &mut Call<'_>,
        _request: &surface::transcription::Request<'_>,
    ) -> Result<Sent, Error> {
        Err(unserved(call))
    }

    /// Headers of the language that are lists: what a request needs of one goes beside what the client or the
    /// configuration put there.
    fn lists(&self) -> &'static [&'static str] {
        &[]
    }

    /// What a provider's failing answer says. Any body will do.
    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure;
}

/// 400: the model's provider does not have the endpoint.
#[must_use]
pub fn unserved(call: &Call<'_>) -> Error {
    Error::invalid(format!(
        "The provider {} does not serve {}: choose a model of another provider.",
        call.upstream.id,
        call.endpoint.path()
    ))
    .param("model")
    .code("unsupported_endpoint")
}

/// The body that goes to the provider.
#[derive(Debug)]
pub enum Sent {
    /// The client's, with these changes. The answer passes in OpenAI's language.
    Spliced(Splices),
    /// That of a chat in another language. The answer is translated.
    Translated(Translated),
    /// That of another endpoint, in the provider's form. The answer passes as it is, or is converted.
    Asked(Ask, Option<Box<dyn Convert>>),
}

impl Sent {
    /// A request whose answer is converted.
    #[must_use]
    pub fn asked(ask: Ask, answer: impl Convert + 'static) -> Self {
        Self::Asked(ask, Some(Box::new(answer)))
    }
}

/// A chat in another language, and who reads its answer.
#[derive(Debug)]
pub struct Translated {
    /// The body, JSON.
    pub body: Vec<u8>,
    /// Headers for this request, beside those of the row.
    pub headers: Vec<(&'static str, String)>,
    /// Reads the answer. What has to be remembered of the request, it remembers.
    pub answer: Box<dyn Translate>,
}

/// Reads one answer, whole or as a stream: the state of that stream.
pub trait Translate: core::fmt::Debug {
    /// How streams of the language come.
    fn framing(&self) -> Framing;

    /// Reads a whole body.
    ///
    /// # Errors
    /// What the client is told in the place of an answer: 502 where the body cannot be read, or the
    /// provider's own error that came as a success.
    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error>;

    /// Reads the next event of a stream.
    ///
    /// # Errors
    /// The provider's own error, or 502 for an event of a known kind that cannot be read. The stream ends
    /// with it.
    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error>;

    /// Whether the stream may end here, for languages without a last event.
    fn may_end(&self) -> bool {
        false
    }
}

/// How a stream is cut into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// Frames of an AWS event stream.
    EventStream,
}

/// An event of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// What kind it is, where that stands beside the data.
    pub name: Option<&'a str>,
    /// Its data: never empty, mostly JSON.
    pub data: &'a str,
    /// The framing says that it is an error.
    pub exception: bool,
}

/// What follows an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// More events.
    More,
    /// More events; this one is of a kind that is not known, and told the client nothing.
    Unknown,
    /// Nothing: this was the last.
    Last,
}

/// A failing answer, as the client is told it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// The status, which need not be the provider's.
    pub status: u16,
    /// OpenAI's error object.
    pub body: Vec<u8>,
    /// When to try again, in seconds, where the provider says so in the body alone.
    pub retry_after: Option<u64>,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        Self { status: error.status, body: error.body().into_bytes(), retry_after: None }
    }
}

/// The most parameters that are named as left out; `...` stands for those behind.
const MOST_DROPPED: usize = 32;

/// A request whose model is resolved, as dialects see it.
#[derive(Debug)]
pub struct Call<'a> {
    /// What the client calls.
    pub endpoint: Endpoint,
    /// Where it goes.
    pub upstream: &'a Upstream,
    /// The model's name there.
    pub model: &'a str,
    /// What becomes of parameters that the provider does not take.
    pub unsupported: Unsupported,
    /// The parameters that were left out so far.
    pub dropped: Vec<String>,
    /// What the client calls the parameters of the chat, where it asked for something else that is told as one.
    pub names: Names,
    /// The time, in seconds since 1970; 0 for chats, whose surface knows it.
    pub now: u64,
}

impl<'a> Call<'a> {
    /// A request of which nothing was left out so far; parameters that the provider does not take are.
    #[must_use]
    pub fn new(endpoint: Endpoint, upstream: &'a Upstream, model: &'a str) -> Self {
        Self {
            endpoint,
            upstream,
            model,
            unsupported: Unsupported::Drop,
            dropped: Vec::new(),
            names: Names::default(),
            now: 0,
        }
    }
}

impl Call<'_> {
    /// Whether a member of the body is Orq's own, and not one of that name that the provider has.
    #[must_use]
    pub fn is_orq(&self, name: &str) -> bool {
        orq::is_own(name) && !self.upstream.own_params.contains(&name)
    }

    /// What the provider cannot be told, and what to do instead: a sentence without its end.
    #[must_use]
    pub fn unknown_form(&self, param: &str, what: &str, instead: &str) -> Error {
        Error::invalid(format!("The provider {} does not take {what}. {instead}.", self.upstream.id))
            .param(shown(param))
            .code("unsupported_value")
    }

    /// 400: the model does not go on with what an assistant's last message began.
    #[must_use]
    pub fn no_prefill(&self) -> Error {
        Error::invalid(format!(
            "Invalid 'messages': {} does not go on with what an assistant's message begins. End with a message \
             of the user or of a tool.",
            shown(self.model)
        ))
        .param("messages")
        .code("unsupported_value")
    }

    /// Leaves a parameter out, or refuses the request, as configured.
    ///
    /// # Errors
    /// 400 that names the parameter and the provider.
    pub fn drop_param(&mut self, param: &str) -> Result<(), Error> {
        // What the proxy asked for by itself, nobody misses.
        let Some(param) = self.names.client(param) else { return Ok(()) };
        let param = param.as_ref();
        match self.unsupported {
            // Two of a chat's may be one of the client's.
            Unsupported::Drop if self.dropped.iter().any(|known| *known == param) => Ok(()),
            Unsupported::Drop => {
                // They stand in a header of the answer, and stay as long as it lasts.
                match self.dropped.len().cmp(&MOST_DROPPED) {
                    Ordering::Less => self.dropped.push(shown(param)),
                    Ordering::Equal => self.dropped.push("...".to_owned()),
                    Ordering::Greater => {}
                }
                Ok(())
            }
            Unsupported::Reject => Err(Error::invalid(format!(
                "Unsupported parameter: '{}' is not supported with models of {}.",
                shown(param),
                self.upstream.id
            ))
            .param(shown(param))
            .code("unsupported_parameter")),
        }
    }
}

/// The body of a request, its `model` found.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A JSON object.
    Json(&'a Object<'a>),
    /// `multipart/form-data`
    Form(&'a Form<'a>),
}

static ALL: [&dyn Dialect; 22] = [
    &anthropic::ANTHROPIC,
    &bedrock::BEDROCK,
    &cohere::COHERE,
    &deepgram::DEEPGRAM,
    &elevenlabs::ELEVENLABS,
    &fal::FAL,
    &fireworks::FIREWORKS,
    &gemini::GEMINI,
    &gemini::VERTEX,
    &huggingface::HUGGINGFACE,
    &jina::JINA,
    &leonardo::LEONARDO,
    &minimax::MINIMAX,
    &mistral::MISTRAL,
    &modelark::MODELARK,
    &rerank::NIM,
    &nvidia::NVIDIA,
    &openai::OPENAI,
    &replicate::REPLICATE,
    &rerank::TEI,
    &voyage::VOYAGE,
    &xai::XAI,
];

/// The dialect of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Dialect> {
    ALL.into_iter().find(|dialect| dialect.id() == id)
}

/// The names of all dialects.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(Dialect::id)
}
