//! Jina AI's embeddings: OpenAI's form with names of its own, and pictures among the inputs.
//!
//! Source: <https://api.jina.ai/openapi.json>.

mod embeddings;

use super::{Call, Dialect, Failure, Sent, openai, rerank};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface;

/// The dialect.
pub static JINA: Jina = Jina;

/// Jina's language.
#[derive(Debug)]
pub struct Jina;

const ID: &str = "jina";

/// Texts, and for some models pictures, as vectors.
pub const EMBEDDINGS: Route = native(Endpoint::Embeddings, "/embeddings", &JINA);

impl Dialect for Jina {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[EMBEDDINGS, native(Endpoint::Rerank, "/rerank", &rerank::JINA)],
            ..Provider::ROW
        };
        SERVER
    }

    fn embeddings(
        &self,
        call: &mut Call<'_>,
        request: &surface::embeddings::Request<'_>,
    ) -> Result<Sent, Error> {
        embeddings::ask(call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        // `{"detail": "…"}`, or a list of what is wrong.
        Failure { status, body: openai::error::mended(status, body), retry_after: None }
    }
}
