//! Google's `generateContent`: the Gemini API and Vertex AI, which differ in little.
//!
//! A chat becomes contents of two roles; what else it says stands in `systemInstruction`, `tools`,
//! `toolConfig` and `generationConfig`. Answers and events of streams are of one form.
//!
//! Sources: <https://ai.google.dev/api/generate-content>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference>, and
//! google-genai's `types.py` and `models.py` for where the two differ.

mod answer;
mod builtin;
mod contents;
mod error;
mod grounding;
mod models;
mod partial;
mod request;
mod services;
mod tools;

#[cfg(test)]
mod tests;

use super::{Call, Dialect, Failure, Translated};
use crate::chat::ChatRequest;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};
use answer::Reader;

/// The Gemini API.
pub static GEMINI: Gemini = Gemini { platform: Platform::GeminiApi };

/// Gemini on Vertex AI.
pub static VERTEX: Gemini = Gemini { platform: Platform::Vertex };

/// Google's language, as one of its platforms speaks it.
#[derive(Debug)]
pub struct Gemini {
    platform: Platform,
}

/// Where models are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Platform {
    /// generativelanguage.googleapis.com
    GeminiApi,
    /// aiplatform.googleapis.com
    Vertex,
}

/// The chat of the Gemini API.
pub const CHAT: Route = Route {
    stream_path: Some("/models/{model}:streamGenerateContent?alt=sse"),
    ..native(Endpoint::ChatCompletions, "/models/{model}:generateContent", &GEMINI)
};

/// The chat of Google's models on Vertex AI, below a project's location.
pub const VERTEX_CHAT: Route = Route {
    stream_path: Some("/publishers/google/models/{model}:streamGenerateContent?alt=sse"),
    ..native(Endpoint::ChatCompletions, "/publishers/google/models/{model}:generateContent", &VERTEX)
};

impl Dialect for Gemini {
    fn id(&self) -> &'static str {
        match self.platform {
            Platform::GeminiApi => "gemini",
            Platform::Vertex => "vertex",
        }
    }

    fn server(&self) -> &'static Provider {
        const GEMINI: &Provider = &Provider {
            base_path: "/v1beta",
            auth: Auth::Header("x-goog-api-key"),
            routes: &[CHAT],
            ..Provider::ROW
        };
        const VERTEX: &Provider =
            &Provider { base_path: "/v1beta1", routes: &[VERTEX_CHAT], ..Provider::ROW };
        match self.platform {
            Platform::GeminiApi => GEMINI,
            Platform::Vertex => VERTEX,
        }
    }

    fn chat(&self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
        let written = request::write(self, call, request)?;
        Ok(Translated {
            body: written.body.into_bytes(),
            headers: written.headers,
            answer: Box::new(Reader::new(&call.upstream.id).bridged(call.names.is_bridged())),
        })
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        error::failure(status, body)
    }
}
