//! Mistral's own forms, for what its API does not have in OpenAI's.
//!
//! Source: <https://docs.mistral.ai/api>.

mod moderations;
mod speech;

use super::openai::error;
use super::sound::of_voice;
use super::{Call, Dialect, Failure, Sent};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, native};
use crate::surface;

/// The dialect.
pub static MISTRAL: Mistral = Mistral;

/// Mistral's language.
#[derive(Debug)]
pub struct Mistral;

const ID: &str = "mistral";

impl Dialect for Mistral {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[
                native(Endpoint::Moderations, "/moderations", &MISTRAL),
                native(Endpoint::Speech, "/audio/speech", &MISTRAL),
            ],
            ..Provider::ROW
        };
        SERVER
    }

    fn moderations(
        &self,
        call: &mut Call<'_>,
        request: &surface::moderations::Request<'_>,
    ) -> Result<Sent, Error> {
        moderations::ask(call, request)
    }

    fn speech(&self, call: &mut Call<'_>, request: &surface::speech::Request<'_>) -> Result<Sent, Error> {
        speech::ask(call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&of_voice(error::read(status, body)))
    }
}
