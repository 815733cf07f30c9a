//! Anthropic's Messages API, as Anthropic serves it and as Vertex AI does.
//!
//! Source: <https://platform.claude.com/docs/en/api/messages>, in the version `2023-06-01`. The later
//! one, `2026-10-21`, has no `temperature`, `top_p` and `top_k` for any model; answers are the same.
//! On Vertex AI (<https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai>) the model
//! stands in the path and the version in the body, and images and documents come as data alone.
//!
//! What goes up is in [`request`], [`messages`], [`tools`], [`hosted`] and [`thinking`], what comes down in
//! [`answer`], [`services`] and [`error`]; [`models`] has what each model takes, and [`schema`] how a JSON
//! Schema is said.

mod answer;
mod cache;
mod error;
mod hosted;
mod ids;
mod messages;
pub mod models;
mod request;
pub mod schema;
mod services;
mod thinking;
mod tools;

#[cfg(test)]
mod tests;

use super::{Call, Dialect, Failure, Translated, gemini};
use crate::chat::ChatRequest;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};

/// Anthropic's own API.
pub static ANTHROPIC: Anthropic = Anthropic { place: Place::Api };

/// Claude on Vertex AI.
pub static VERTEX: Anthropic = Anthropic { place: Place::Vertex };

/// The language.
#[derive(Debug)]
pub struct Anthropic {
    place: Place,
}

/// Who serves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Api,
    Vertex,
}

/// The header that every request has.
pub const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// What a server of this language serves.
pub const ROUTES: &[Route] = &[native(Endpoint::ChatCompletions, "/messages", &ANTHROPIC)];

/// The path on Vertex AI, below the location.
pub const VERTEX_ROUTE: Route = Route {
    stream_path: Some("/publishers/anthropic/models/{model}:streamRawPredict"),
    models: &["claude-"],
    ..native(Endpoint::ChatCompletions, "/publishers/anthropic/models/{model}:rawPredict", &VERTEX)
};

impl Dialect for Anthropic {
    fn id(&self) -> &'static str {
        "anthropic"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            base_path: "/v1",
            auth: Auth::Header("x-api-key"),
            headers: &[VERSION],
            routes: ROUTES,
            ..Provider::ROW
        };
        SERVER
    }

    fn chat(&self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
        request::write(self.place, call, request)
    }

    fn lists(&self) -> &'static [&'static str] {
        &["anthropic-beta"]
    }

    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure {
        match self.place {
            Place::Api => error::told(status, body),
            // What does not reach the model, Google says in its own form.
            Place::Vertex => {
                error::read_body(status, body).unwrap_or_else(|| gemini::VERTEX.error(status, headers, body))
            }
        }
    }
}
