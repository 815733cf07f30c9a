//! ElevenLabs, which speaks and listens.
//!
//! Source: <https://elevenlabs.io/docs/api-reference/introduction>, and elevenlabs-python.

mod error;
mod speech;
mod transcription;

use super::{Call, Dialect, Failure, Sent};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};
use crate::surface;

/// The dialect.
pub static ELEVENLABS: ElevenLabs = ElevenLabs;

/// ElevenLabs' language.
#[derive(Debug)]
pub struct ElevenLabs;

/// What it serves.
pub const ROUTES: &[Route] = &[
    native(Endpoint::Speech, "/text-to-speech/{voice}", &ELEVENLABS),
    native(Endpoint::Transcriptions, "/speech-to-text", &ELEVENLABS),
];

impl Dialect for ElevenLabs {
    fn id(&self) -> &'static str {
        "elevenlabs"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider =
            &Provider { auth: Auth::Header("xi-api-key"), routes: ROUTES, ..Provider::ROW };
        SERVER
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
        Failure::from(&error::read(status, body))
    }
}
