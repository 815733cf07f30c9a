//! xAI's own forms, for what its API does not have in OpenAI's.
//!
//! Source: <https://docs.x.ai/developers/rest-api-reference/inference>.

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
pub static XAI: Xai = Xai;

/// xAI's language.
#[derive(Debug)]
pub struct Xai;

impl Dialect for Xai {
    fn id(&self) -> &'static str {
        "xai"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider =
            &Provider { routes: &[native(Endpoint::Speech, "/tts", &XAI)], ..Provider::ROW };
        SERVER
    }

    fn speech(&self, call: &mut Call<'_>, request: &surface::speech::Request<'_>) -> Result<Sent, Error> {
        speech::ask(call, request)
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&of_voice(error::read(status, body)))
    }
}
