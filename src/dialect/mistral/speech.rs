//! Mistral's text to speech: JSON with the sound in base64, or events with pieces of it.
//!
//! Source: <https://docs.mistral.ai/api/endpoint/audio/speech>,
//! <https://docs.mistral.ai/studio/audio/text-to-speech/stream-speech>.

use crate::dialect::openai::error;
use crate::dialect::{Ask, Call, Convert, Event, Flow, Framing, Received, Sent, Told, Way};
use crate::error::Error;
use crate::headers::{Headers, media_type};
use crate::surface::speech::{Format, Request, delta, done, encoded_delta, whole};
use crate::usage::Usage;
use crate::wire::base64;
use crate::wire::json::{Object, quoted};
use std::borrow::Cow;

const FORMATS: [Format; 5] = [Format::Mp3, Format::Opus, Format::Flac, Format::Wav, Format::Pcm];

/// Members of the body that go up as the client writes them.
const MEMBERS: [&str; 6] =
    ["ref_audio", "expressiveness", "phoneme_hints", "conversation_history", "metadata", "prompt_cache_key"];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let format = request.format(call, &FORMATS)?;
    let extras = params.extras(call, "mistral")?;
    let mut body = request.body(extras.as_ref(), "model")?;
    body.set("model", quoted(call.model));
    body.set("input", request.input.json());
    if let Some(voice) = &request.voice {
        body.set("voice_id", quoted(voice));
    }
    body.set("response_format", quoted(format.as_str()));
    if request.events {
        body.set("stream", "true");
    }
    request.same(&MEMBERS, &mut body);
    let mut ask = Ask::json(body.object().into_bytes().into());
    let accepted = if request.events { "text/event-stream" } else { "application/json" };
    ask.headers.push(("accept", accepted.to_owned()));
    let answer = Answer {
        provider: call.upstream.id.clone(),
        format,
        events: request.events,
        rest: Vec::new(),
        usage: None,
        over: false,
    };
    Ok(Sent::asked(ask, answer))
}

/// Reads an answer.
#[derive(Debug)]
struct Answer {
    /// The provider's id, for errors.
    provider: String,
    format: Format,
    events: bool,
    /// The beginning of a sample whose end has not come.
    rest: Vec<u8>,
    usage: Option<Usage>,
    over: bool,
}

impl Answer {
    fn unreadable(&self) -> Error {
        Error::unreadable(&self.provider)
    }

    /// Samples as OpenAI's are: 16 bits, where Mistral has floats of 32.
    ///
    /// Source: pipecat-ai, `services/mistral/tts.py`, and livekit-plugins-mistralai, `tts.py`.
    fn samples(&mut self, floats: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(floats);
        let (whole, rest) = self.rest.as_chunks::<4>();
        let sample = |bytes: &[u8; 4]| {
            // The cast ends at the bounds of the type; what is no number becomes silence.
            let sample = (f32::from_le_bytes(*bytes) * 32_768.0).round_ties_even() as i16;
            sample.to_le_bytes()
        };
        let samples = whole.iter().flat_map(sample).collect();
        self.rest = rest.to_vec();
        samples
    }

    fn error(&self, object: &Object<'_>, text: &[u8]) -> Error {
        match error::of_success(object) {
            Some(status) => error::read(status, text),
            None => self.unreadable(),
        }
    }
}

impl Convert for Answer {
    fn way(&mut self, headers: &mut Headers) -> Way {
        let told = headers.text("content-type").map(media_type).unwrap_or_default();
        if self.events && told == "text/event-stream" { Way::Events(Framing::Sse) } else { Way::Whole }
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let object = Object::parse(answer.body).map_err(|_| self.unreadable())?;
        let Some(sound) = object.string("audio_data") else { return Err(self.error(&object, answer.body)) };
        let mut sound = base64::decode(&sound).ok_or_else(|| self.unreadable())?;
        if self.format == Format::Pcm {
            sound = self.samples(&sound);
        }
        let usage = object.get("usage").and_then(Usage::read);
        Ok(whole(sound, Cow::Borrowed(self.format.media_type()), self.events, usage))
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<Flow, Error> {
        let object = Object::parse(event.data.as_bytes()).map_err(|_| self.unreadable())?;
        let kind = object.string("type").or(event.name.map(Cow::Borrowed)).unwrap_or_default();
        match kind.as_ref() {
            "speech.audio.delta" => {
                let sound = object.string("audio_data").ok_or_else(|| self.unreadable())?;
                let bytes = base64::decode(&sound).ok_or_else(|| self.unreadable())?;
                if self.format == Format::Pcm {
                    delta(&self.samples(&bytes), out);
                } else {
                    encoded_delta(&sound, out);
                }
                Ok(Flow::More)
            }
            "speech.audio.done" => {
                self.usage = object.get("usage").and_then(Usage::read);
                self.over = true;
                done(self.usage, out);
                Ok(Flow::Last)
            }
            _ if error::of_success(&object).is_some() => Err(self.error(&object, event.data.as_bytes())),
            _ => Ok(Flow::Unknown),
        }
    }

    fn end(&mut self, _: &mut Vec<u8>) -> bool {
        self.over
    }

    fn counted(&self) -> Option<Usage> {
        self.usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_become_samples_of_sixteen_bits_wherever_they_are_cut() {
        let floats: Vec<u8> = [0.0_f32, 0.5, -1.0, 1.0, 2.0, -7.5, f32::NAN]
            .iter()
            .flat_map(|float| float.to_le_bytes())
            .collect();
        let expected: Vec<u8> = [0_i16, 16_384, -32_768, 32_767, 32_767, -32_768, 0]
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        for cut in 1..floats.len() {
            let mut answer = Answer {
                provider: "p".to_owned(),
                format: Format::Pcm,
                events: true,
                rest: Vec::new(),
                usage: None,
                over: false,
            };
            let samples: Vec<u8> = floats.chunks(cut).flat_map(|piece| answer.samples(piece)).collect();
            assert_eq!(samples, expected, "{cut}");
        }
    }
}
