//! Hugging Face's text to speech: a text goes up, and the sound comes down as the model makes it.
//!
//! A model has one voice, and one format. Source:
//! <https://huggingface.co/docs/inference-providers/tasks/text-to-speech>.

use crate::dialect::sound::Sound;
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::speech::{Format, Request};

/// What is written when nothing is said.
const FORMATS: [Format; 1] = [Format::Flac];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let format = request.format(call, &FORMATS)?;
    // OpenAI's clients must name one.
    if request.voice.is_some() {
        call.drop_param("voice")?;
    }
    let extras = request.params.extras(call, "huggingface")?;
    let mut body = request.body(extras.as_ref(), "model")?;
    body.set("inputs", request.input.json());
    request.same(&["parameters"], &mut body);
    let ask = Ask::json(body.object().into_bytes().into());
    Ok(Sent::asked(ask, Sound::new(&call.upstream.id, format, request.events)))
}
