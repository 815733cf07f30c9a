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
mod embeddings;
mod error;
mod grounding;
mod imagen;
mod images;
mod models;
mod partial;
mod request;
mod services;
mod speech;
mod tools;
mod transcription;

#[cfg(test)]
mod tests;

use super::{Call, Dialect, Failure, Sent, Translated};
use crate::chat::ChatRequest;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};
use crate::surface;
use answer::Reader;

/// The Gemini API.
pub static GEMINI: Gemini = Gemini { platform: Platform::GeminiApi };

/// Gemini on Vertex AI.
pub static VERTEX: Gemini = Gemini { platform: Platform::Vertex };

const ID: &str = "gemini";

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

const STREAM: &str = "/models/{model}:streamGenerateContent?alt=sse";
const VERTEX_STREAM: &str = "/publishers/google/models/{model}:streamGenerateContent?alt=sse";

/// The chat of the Gemini API.
pub const CHAT: Route = Route {
    stream_path: Some(STREAM),
    ..native(Endpoint::ChatCompletions, "/models/{model}:generateContent", &GEMINI)
};

/// The chat of Google's models on Vertex AI, below a project's location.
pub const VERTEX_CHAT: Route = Route {
    stream_path: Some(VERTEX_STREAM),
    ..native(Endpoint::ChatCompletions, "/publishers/google/models/{model}:generateContent", &VERTEX)
};

/// Pictures of the Gemini API, by Imagen and by Gemini itself.
pub const IMAGES: [Route; 4] = {
    const GENERATED: Route = native(Endpoint::ImageGenerations, "/models/{model}:generateContent", &GEMINI);
    [
        Route { models: imagen::MODELS, path: "/models/{model}:predict", ..GENERATED },
        GENERATED,
        Route { endpoint: Endpoint::ImageEdits, but: imagen::MODELS, ..GENERATED },
        Route { endpoint: Endpoint::ImageVariations, but: imagen::MODELS, ..GENERATED },
    ]
};

/// Pictures of Google's models on Vertex AI.
pub const VERTEX_IMAGES: [Route; 5] = {
    const GENERATED: Route =
        native(Endpoint::ImageGenerations, "/publishers/google/models/{model}:generateContent", &VERTEX);
    const PREDICTED: Route =
        Route { models: imagen::MODELS, path: "/publishers/google/models/{model}:predict", ..GENERATED };
    [
        PREDICTED,
        GENERATED,
        Route { endpoint: Endpoint::ImageEdits, ..PREDICTED },
        Route { endpoint: Endpoint::ImageEdits, ..GENERATED },
        Route { endpoint: Endpoint::ImageVariations, but: imagen::MODELS, ..GENERATED },
    ]
};

/// Embeddings of the Gemini API.
pub const EMBEDDINGS: Route = native(Endpoint::Embeddings, "/models/{model}:batchEmbedContents", &GEMINI);

/// Embeddings of Google's models on Vertex AI. Some are asked at another path.
pub const VERTEX_EMBEDDINGS: Route =
    native(Endpoint::Embeddings, "/publishers/google/models/{model}:predict", &VERTEX);
/// The speech of the Gemini API.
pub const SPEECH: Route = native(Endpoint::Speech, CHAT.path, &GEMINI);

/// The speech of Google's models on Vertex AI.
pub const VERTEX_SPEECH: Route = native(Endpoint::Speech, VERTEX_CHAT.path, &VERTEX);

impl Gemini {
    /// Where streams of text come from.
    fn stream_path(&self) -> &'static str {
        match self.platform {
            Platform::GeminiApi => STREAM,
            Platform::Vertex => VERTEX_STREAM,
        }
    }
}

/// Transcriptions and translations by the Gemini API.
pub const TRANSCRIPTIONS: Route = Route { endpoint: Endpoint::Transcriptions, stream_path: None, ..CHAT };
/// See [`TRANSCRIPTIONS`].
pub const TRANSLATIONS: Route = Route { endpoint: Endpoint::Translations, ..TRANSCRIPTIONS };
/// Transcriptions and translations by Google's models on Vertex AI.
pub const VERTEX_TRANSCRIPTIONS: Route =
    Route { endpoint: Endpoint::Transcriptions, stream_path: None, ..VERTEX_CHAT };
/// See [`VERTEX_TRANSCRIPTIONS`].
pub const VERTEX_TRANSLATIONS: Route = Route { endpoint: Endpoint::Translations, ..VERTEX_TRANSCRIPTIONS };

impl Dialect for Gemini {
    fn id(&self) -> &'static str {
        match self.platform {
            Platform::GeminiApi => ID,
            Platform::Vertex => "vertex",
        }
    }

    fn server(&self) -> &'static Provider {
        const GEMINI: &Provider = &Provider {
            base_path: "/v1beta",
            auth: Auth::Header("x-goog-api-key"),
            routes: &[
                CHAT,
                EMBEDDINGS,
                IMAGES[0],
                IMAGES[1],
                IMAGES[2],
                IMAGES[3],
                SPEECH,
                TRANSCRIPTIONS,
                TRANSLATIONS,
            ],
            ..Provider::ROW
        };
        const VERTEX: &Provider = &Provider {
            base_path: "/v1beta1",
            routes: &[
                VERTEX_CHAT,
                VERTEX_EMBEDDINGS,
                VERTEX_SPEECH,
                VERTEX_TRANSCRIPTIONS,
                VERTEX_TRANSLATIONS,
            ],
            ..Provider::ROW
        };
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

    fn images(&self, call: &mut Call<'_>, request: &surface::images::Request<'_>) -> Result<Sent, Error> {
        match imagen::is(call.model) {
            true => imagen::ask(self, call, request),
            false => images::ask(self, call, request),
        }
    }

    fn embeddings(
        &self,
        call: &mut Call<'_>,
        request: &surface::embeddings::Request<'_>,
    ) -> Result<Sent, Error> {
        embeddings::ask(self, call, request)
    }

    fn speech(&self, call: &mut Call<'_>, request: &surface::speech::Request<'_>) -> Result<Sent, Error> {
        speech::ask(self, call, request)
    }

    fn transcription(
        &self,
        call: &mut Call<'_>,
        request: &surface::transcription::Request<'_>,
    ) -> Result<Sent, Error> {
        transcription::ask(self, call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        error::failure(status, body)
    }
}
