//! Voyage AI's embeddings: OpenAI's form with names of its own, and one for pictures and videos.
//!
//! Source: <https://docs.voyageai.com/reference/embeddings-api>.

mod embeddings;

use super::{Call, Dialect, Failure, Sent, openai, rerank};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface;

/// The dialect.
pub static VOYAGE: Voyage = Voyage;

/// Voyage's language.
#[derive(Debug)]
pub struct Voyage;

const ID: &str = "voyage";

/// Texts, and for models of that kind pictures and videos, as vectors.
pub const EMBEDDINGS: Route = native(Endpoint::Embeddings, "/embeddings", &VOYAGE);

impl Dialect for Voyage {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[EMBEDDINGS, native(Endpoint::Rerank, "/rerank", &rerank::VOYAGE)],
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
        // `{"detail": "…"}`
        Failure { status, body: openai::error::mended(status, body), retry_after: None }
    }
}
