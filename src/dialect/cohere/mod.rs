//! Cohere's API, version 2: chat and embeddings.
//!
//! Its rerankers are a form of [`rerank`]. Source: <https://docs.cohere.com/reference/chat>.

mod answer;
pub(super) mod embeddings;
mod error;
mod messages;
mod request;

use super::{Call, Dialect, Event, Failure, Flow, Framing, Sent, Translate, Translated, rerank};
use crate::chat::{Answer, ChatRequest};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, native};
use crate::surface;
use crate::wire::json::Object;
use answer::Reader;

/// The dialect.
pub static COHERE: Cohere = Cohere;

/// Cohere's language.
#[derive(Debug)]
pub struct Cohere;

const ID: &str = "cohere";

impl Dialect for Cohere {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            base_path: "",
            routes: &[
                native(Endpoint::ChatCompletions, "/v2/chat", &COHERE),
                native(Endpoint::Embeddings, "/v2/embed", &COHERE),
                native(Endpoint::Rerank, "/v2/rerank", &rerank::COHERE),
            ],
            ..Provider::ROW
        };
        SERVER
    }

    fn chat(&self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
        let body = request::body(call, request)?.into_bytes();
        let answer = Stream { provider: call.upstream.id.clone(), reader: Reader::default() };
        Ok(Translated { body, headers: Vec::new(), answer: Box::new(answer) })
    }

    fn embeddings(
        &self,
        call: &mut Call<'_>,
        request: &surface::embeddings::Request<'_>,
    ) -> Result<Sent, Error> {
        embeddings::ask(call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&error::read(status, body))
    }
}

/// One answer on its way.
#[derive(Debug)]
struct Stream {
    /// The provider's id, for errors.
    provider: String,
    reader: Reader,
}

impl Translate for Stream {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        self.reader.whole(body, out)
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        let Ok(object) = Object::parse(event.data.as_bytes()) else {
            return Err(Error::unreadable(&self.provider));
        };
        let told = object.string("type");
        match told.as_deref().or(event.name) {
            // What failing answers look like, in the midst of one.
            None | Some("error") if object.string("message").is_some() => {
                Err(error::read(500, event.data.as_bytes()))
            }
            kind => self.reader.event(kind.unwrap_or_default(), &object, out),
        }
    }
}

#[cfg(test)]
mod tests;
