//! xAI's text to speech.
//!
//! It has one model, so that the body names none. Voices are eve, ara, leo, rex and sal, and those of one's own by
//! their ids. Source: <https://docs.x.ai/developers/rest-api-reference/inference/voice>.

use crate::dialect::sound::Sound;
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::speech::{Format, Request};
use crate::wire::json::quoted;
use crate::wire::write::{Text, Writer};

const FORMATS: [Format; 3] = [Format::Mp3, Format::Wav, Format::Pcm];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let format = request.format(call, &FORMATS)?;
    let language = params.text("language")?;
    let speed = params.number_within(call, "speed", 0.7..=1.5)?;
    let (rate, bits) = (params.integer("sample_rate")?, params.integer("bit_rate")?);
    let extras = params.extras(call, "xai")?;
    let mut body = request.body(extras.as_ref(), "model")?;
    body.set("text", request.input.json());
    if let Some(voice) = &request.voice {
        body.set("voice_id", quoted(voice));
    }
    // It must be said.
    body.set("language", language.unwrap_or(Text::Plain("auto")).json());
    let mut out = Writer::default();
    out.object(|out| {
        out.text_member("codec", format.as_str());
        for (name, number) in [("sample_rate", rate), ("bit_rate", bits)] {
            if let Some(number) = number {
                out.number_member(name, number);
            }
        }
    });
    body.set("output_format", out.finish());
    if let Some(speed) = speed {
        body.set("speed", speed.text);
    }
    request.same(&["optimize_streaming_latency", "text_normalization"], &mut body);
    let ask = Ask::json(body.object().into_bytes().into());
    Ok(Sent::asked(ask, Sound::new(&call.upstream.id, format, request.events)))
}
