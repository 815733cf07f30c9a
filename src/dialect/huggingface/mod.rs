//! Hugging Face's own language: one path for each model and task, below `hf-inference` of the router.
//!
//! Chats of the router are OpenAI's dialect. Source: <https://huggingface.co/docs/inference-providers/providers/hf-inference>.

mod embeddings;
mod images;
mod speech;
mod transcription;

use super::{Call, Dialect, Failure, Sent, openai, rerank};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface;
use crate::wire::json::Object;

/// The dialect.
pub static HUGGINGFACE: HuggingFace = HuggingFace;

/// Hugging Face's language.
#[derive(Debug)]
pub struct HuggingFace;

const ID: &str = "huggingface";

/// Its routes at the router, and at any host that has the same paths.
pub const ROUTES: &[Route] = &[EMBEDDINGS, RERANK, IMAGE_GENERATIONS, IMAGE_EDITS, SPEECH, TRANSCRIPTIONS];

/// Text Embeddings Inference, at its root.
pub const RERANK: Route = native(Endpoint::Rerank, "/hf-inference/models/{model/}", &rerank::TEI);

/// Texts as vectors.
pub const EMBEDDINGS: Route =
    native(Endpoint::Embeddings, "/hf-inference/models/{model/}/pipeline/feature-extraction", &HUGGINGFACE);

/// Where a model runs whose task goes without saying.
const MODEL: &str = "/hf-inference/models/{model/}";

/// A picture from a text.
pub const IMAGE_GENERATIONS: Route = native(Endpoint::ImageGenerations, MODEL, &HUGGINGFACE);

/// A picture from a picture.
pub const IMAGE_EDITS: Route = native(Endpoint::ImageEdits, MODEL, &HUGGINGFACE);

/// Texts as sound.
pub const SPEECH: Route = native(Endpoint::Speech, MODEL, &HUGGINGFACE);

/// Speech as text.
pub const TRANSCRIPTIONS: Route =
    native(Endpoint::Transcriptions, "/hf-inference/models/{model/}", &HUGGINGFACE);

impl Dialect for HuggingFace {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { base_path: "", routes: ROUTES, ..Provider::ROW };
        SERVER
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

    fn speech(&self, call: &mut Call<'_>, request: &surface::speech::Request<'_>) -> Result<Sent, Error> {
        speech::ask(call, request)
    }

    fn transcription(
        &self,
        call: &mut Call<'_>,
        request: &surface::transcription::Request<'_>,
    ) -> Result<Sent, Error> {
        transcription::ask(call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        // `{"error": "…"}`, or a list of such texts.
        let object = Object::parse(body).ok();
        let loaded = object.and_then(|object| object.get("estimated_time")?.parse::<f64>().ok());
        // A model that is being loaded: when it will be there, in seconds. A cast of a float keeps within the bounds.
        let retry_after = loaded.map(|seconds| seconds.ceil() as u64);
        Failure { status, body: openai::error::mended(status, body), retry_after }
    }
}
