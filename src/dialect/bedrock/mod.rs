//! Amazon Bedrock's Converse and ConverseStream: one form for the models of many vendors.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html> and the service
//! model of AWS's SDKs (`bedrock-runtime` 2023-09-30).

mod answer;
mod error;
mod models;
mod request;
mod services;

use super::{Call, Dialect, Failure, Translated};
use crate::chat::ChatRequest;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};

/// The dialect.
pub static BEDROCK: Bedrock = Bedrock;

/// Bedrock's language.
#[derive(Debug)]
pub struct Bedrock;

/// Converse's route, and that of its streams.
pub const CONVERSE: Route = Route {
    stream_path: Some("/model/{model}/converse-stream"),
    ..native(Endpoint::ChatCompletions, "/model/{model}/converse", &BEDROCK)
};

impl Dialect for Bedrock {
    fn id(&self) -> &'static str {
        "bedrock"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { base_path: "", routes: &[CONVERSE], ..Provider::ROW };
        SERVER
    }

    fn chat(&self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
        request::write(call, request)
    }

    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure {
        Failure::from(&error::read(status, headers, body))
    }
}
