//! Amazon Bedrock: Converse and ConverseStream, one form for the chats of many vendors' models, and `InvokeModel`, which
//! has a form for each, for what is no chat.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html> and the service
//! model of AWS's SDKs (`bedrock-runtime` 2023-09-30).

mod answer;
mod canvas;
mod embeddings;
mod error;
mod images;
mod models;
mod request;
mod services;
mod stability;

use super::{Call, Dialect, Failure, Sent, Translated, rerank};
use crate::chat::ChatRequest;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface;

/// The dialect.
pub static BEDROCK: Bedrock = Bedrock;

const ID: &str = "bedrock";

/// Bedrock's language.
#[derive(Debug)]
pub struct Bedrock;

/// Converse's route, and that of its streams.
pub const CONVERSE: Route = Route {
    stream_path: Some("/model/{model}/converse-stream"),
    ..native(Endpoint::ChatCompletions, "/model/{model}/converse", &BEDROCK)
};

/// Cohere's rerankers.
pub const RERANK_COHERE: Route = Route {
    models: &["cohere.rerank"],
    ..native(Endpoint::Rerank, "/model/{model}/invoke", &rerank::BEDROCK_COHERE)
};

/// Amazon's reranker.
pub const RERANK_AMAZON: Route = Route {
    models: &["amazon.rerank"],
    ..native(Endpoint::Rerank, "/model/{model}/invoke", &rerank::BEDROCK_AMAZON)
};

/// Embeddings.
pub const EMBEDDINGS: Route = native(Endpoint::Embeddings, "/model/{model}/invoke", &BEDROCK);

/// Pictures: made, edited and varied.
pub const IMAGES: [Route; 3] = {
    const INVOKED: Route = native(Endpoint::ImageGenerations, "/model/{model}/invoke", &BEDROCK);
    [
        INVOKED,
        Route { endpoint: Endpoint::ImageEdits, ..INVOKED },
        Route { endpoint: Endpoint::ImageVariations, ..INVOKED },
    ]
};

impl Dialect for Bedrock {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            base_path: "",
            routes: &[CONVERSE, EMBEDDINGS, RERANK_COHERE, RERANK_AMAZON, IMAGES[0], IMAGES[1], IMAGES[2]],
            ..Provider::ROW
        };
        SERVER
    }

    fn chat(&self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
        request::write(call, request)
    }

    fn embeddings(
        &self,
        call: &mut Call<'_>,
        request: &surface::embeddings::Request<'_>,
    ) -> Result<Sent, Error> {
        embeddings::ask(call, request)
    }

    fn images(&self, call: &mut Call<'_>, request: &surface::images::Request<'_>) -> Result<Sent, Error> {
        images::ask(call, request)
    }

    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure {
        Failure::from(&error::read(status, headers, body))
    }
}
