//! Deepgram, which listens and speaks.
//!
//! Source: <https://developers.deepgram.com/reference/deepgram-api-overview>, and deepgram-sdk.

mod error;
mod speech;
mod transcription;
mod voices;

use super::{Call, Dialect, Failure, Sent};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};
use crate::surface;

/// The dialect.
pub static DEEPGRAM: Deepgram = Deepgram;

/// Deepgram's language.
#[derive(Debug)]
pub struct Deepgram;

/// What it serves.
pub const ROUTES: &[Route] =
    &[native(Endpoint::Speech, "/speak", &DEEPGRAM), native(Endpoint::Transcriptions, "/listen", &DEEPGRAM)];

impl Dialect for Deepgram {
    fn id(&self) -> &'static str {
        "deepgram"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { auth: Auth::Scheme("Token"), routes: ROUTES, ..Provider::ROW };
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
