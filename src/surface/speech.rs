//! Speech: a text as sound.
//!
//! Clients get the sound itself, with a type that says what it is, or, with `stream_format: sse`, events that hold it
//! in base64. Source: `CreateSpeechRequest` and `CreateSpeechResponseStreamEvent` of OpenAI's specification, and
//! <https://platform.openai.com/docs/guides/text-to-speech>.

use crate::chat::{Params, missing, wrong_type, wrong_value};
use crate::dialect::{Call, Told, Whole};
use crate::error::{Error, shown};
use crate::usage::Usage;
use crate::wire::base64;
use crate::wire::json::{Kind, Object, kind, string};
use crate::wire::merged::Merged;
use crate::wire::write::Text;
use std::borrow::Cow;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is to be said.
    pub input: Text<'a>,
    /// Who says it: a name, or the id of a voice.
    pub voice: Option<Cow<'a, str>>,
    /// The client wants events in the place of the sound itself.
    pub events: bool,
    format: Option<Format>,
    /// What else it says.
    pub params: Params<'a>,
}

/// `response_format`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `mp3`
    Mp3,
    /// `opus`, in Ogg.
    Opus,
    /// `aac`
    Aac,
    /// `flac`
    Flac,
    /// `wav`
    Wav,
    /// `pcm`: samples of 16 bits, little-endian, 24,000 a second on one channel, without a header.
    Pcm,
}

impl Format {
    const ALL: [Self; 6] = [Self::Mp3, Self::Opus, Self::Aac, Self::Flac, Self::Wav, Self::Pcm];

    /// OpenAI's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Mp3 => "mp3",
            Self::Opus => "opus",
            Self::Aac => "aac",
            Self::Flac => "flac",
            Self::Wav => "wav",
            Self::Pcm => "pcm",
        }
    }

    /// The `content-type` of such a sound.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Mp3 => "audio/mpeg",
            Self::Opus => "audio/ogg",
            Self::Aac => "audio/aac",
            Self::Flac => "audio/flac",
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }

    /// The format that a body asks for by `response_format`.
    ///
    /// # Errors
    /// 400 when it is none of OpenAI's.
    pub fn asked(value: Option<&str>) -> Result<Option<Self>, Error> {
        const NAME: &str = "response_format";
        let Some(value) = value.filter(|value| kind(value) != Kind::Null) else { return Ok(None) };
        let word = string(value).ok_or_else(|| wrong_type(NAME, "a string", value))?;
        let found = Self::ALL.into_iter().find(|format| format.as_str() == word);
        found.map(Some).ok_or_else(|| {
            wrong_value(
                NAME,
                &word,
                &format!(" Supported values are: {}.", listed(Self::ALL.map(Self::as_str))),
            )
        })
    }

    /// The one that is asked for, of those that a provider can give. Nobody asked: the first of them.
    ///
    /// # Errors
    /// 400 that says which there are.
    pub fn of(asked: Option<Self>, provider: &str, can: &[Self]) -> Result<Self, Error> {
        match asked {
            Some(asked) if !can.contains(&asked) => {
                let words = listed(can.iter().map(|format| format.as_str()));
                Err(Error::invalid(format!(
                    "The provider {provider} does not give '{}' for this model. Supported values are: {words}.",
                    asked.as_str()
                ))
                .param("response_format")
                .code("unsupported_value"))
            }
            asked => Ok(asked.or(can.first().copied()).unwrap_or(Self::Mp3)),
        }
    }
}

/// Words in quotes, with commas between them.
fn listed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for word in words {
        out.push_str(if out.is_empty() { "'" } else { ", '" });
        out.push_str(word);
        out.push('\'');
    }
    out
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let input = object.get("input").ok_or_else(|| missing("input"))?;
        let input = Text::of(input).ok_or_else(|| wrong_type("input", "a string", input))?;
        if input.is_empty() {
            let message = "Invalid 'input': string too short. Expected a string with minimum length 1, but got an \
                           empty string instead.";
            return Err(Error::invalid(message).param("input").code("string_below_min_length"));
        }
        Ok(Self {
            input,
            voice: voice(object)?,
            events: wants_events(object)?,
            format: Format::asked(object.get("response_format"))?,
            params: Params::new(object, |name| {
                let own = ["model", "input", "voice", "response_format", "stream_format"];
                call.is_orq(name) || own.contains(&name)
            }),
        })
    }

    /// The format of the sound: of those that the provider can give, the first of which stands where the client says
    /// nothing.
    ///
    /// # Errors
    /// 400 that says which there are.
    pub fn format(&self, call: &Call<'_>, can: &[Format]) -> Result<Format, Error> {
        Format::of(self.format, &call.upstream.id, can)
    }

    /// A provider's body of which the client wrote this much, under the provider's name. `model`: the member that names
    /// the model, which the client cannot set, since its key was checked for another.
    ///
    /// # Errors
    /// 400 when it names the model.
    pub fn body(&self, theirs: Option<&Object<'a>>, model: &str) -> Result<Merged<'a>, Error> {
        let mut members = theirs.into_iter().flat_map(Object::members);
        if members.any(|member| member.name.eq_ignore_ascii_case(model)) {
            let message =
                format!("Invalid parameter: '{model}' cannot be set here. Name the model as `model`.");
            return Err(Error::invalid(message).param(model));
        }
        Ok(Merged::new(theirs))
    }

    /// Parameters that go up as the client writes them.
    pub fn same(&self, names: &[&'static str], body: &mut Merged<'_>) {
        for name in names {
            if let Some(value) = self.params.take(name) {
                body.set(name, value);
            }
        }
    }

    /// Who says it.
    ///
    /// # Errors
    /// 400 when the client does not say.
    pub fn voice(&self) -> Result<&str, Error> {
        self.voice.as_deref().ok_or_else(|| missing("voice"))
    }
}

/// `voice`: a name, or OpenAI's object with an id.
fn voice<'a>(object: &Object<'a>) -> Result<Option<Cow<'a, str>>, Error> {
    let Some(value) = object.get("voice") else { return Ok(None) };
    let voice = match kind(value) {
        Kind::Null => return Ok(None),
        Kind::String => string(value),
        Kind::Object => {
            let object = Object::parse(value.as_bytes())?;
            let id = object.get("id").ok_or_else(|| missing("voice.id"))?;
            if kind(id) != Kind::String {
                return Err(wrong_type("voice.id", "a string", id));
            }
            string(id)
        }
        _ => return Err(wrong_type("voice", "a string or an object", value)),
    };
    Ok(voice.filter(|voice| !voice.is_empty()))
}

/// Whether `stream_format` asks for events.
///
/// # Errors
/// 400 when it is none of OpenAI's values.
pub fn wants_events(object: &Object<'_>) -> Result<bool, Error> {
    const NAME: &str = "stream_format";
    let Some(value) = object.get(NAME).filter(|value| kind(value) != Kind::Null) else { return Ok(false) };
    match string(value).as_deref() {
        Some("sse") => Ok(true),
        Some("audio") => Ok(false),
        Some(other) => Err(wrong_value(NAME, other, " Supported values are: 'sse' and 'audio'.")),
        None => Err(wrong_type(NAME, "a string", value)),
    }
}

/// 400: the provider has no such voice. `names`: those that it has.
#[must_use]
pub fn no_voice<'a>(call: &Call<'_>, voice: &str, names: impl IntoIterator<Item = &'a str>) -> Error {
    Error::invalid(format!(
        "The provider {} has no voice '{}' for this model. Supported values are: {}.",
        call.upstream.id,
        shown(voice),
        listed(names)
    ))
    .param("voice")
    .code("invalid_value")
}

/// The most bytes of sound in one event. A multiple of three: none but the last is padded.
const MOST_IN_EVENT: usize = 48 << 10;

/// Adds events that hold this sound.
pub fn delta(sound: &[u8], out: &mut Vec<u8>) {
    for part in sound.chunks(MOST_IN_EVENT) {
        out.extend_from_slice(DELTA);
        base64::encode(part, out);
        out.extend_from_slice(END);
    }
}

/// Adds an event that holds this sound, which is base64 already.
pub fn encoded_delta(sound: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(DELTA);
    out.extend_from_slice(sound.as_bytes());
    out.extend_from_slice(END);
}

const DELTA: &[u8] = b"data: {\"type\":\"speech.audio.delta\",\"audio\":\"";
const END: &[u8] = b"\"}\n\n";

/// Adds the last event. Of what was not counted it says zero, since OpenAI's has counts always.
pub fn done(usage: Option<Usage>, out: &mut Vec<u8>) {
    let Usage { input, output, .. } = usage.unwrap_or_default();
    let total = input.saturating_add(output);
    out.extend_from_slice(
        format!(
            "data: {{\"type\":\"speech.audio.done\",\"usage\":{{\"input_tokens\":{input},\"output_tokens\":{output},\
             \"total_tokens\":{total}}}}}\n\n"
        )
        .as_bytes(),
    );
}

/// A whole sound, as the client wants it.
#[must_use]
pub fn whole(sound: Vec<u8>, content_type: Cow<'static, str>, events: bool, usage: Option<Usage>) -> Told {
    if !events {
        return Whole { content_type, body: sound, usage }.into();
    }
    let mut body = Vec::with_capacity(sound.len().saturating_mul(4).div_ceil(3).saturating_add(256));
    delta(&sound, &mut body);
    done(usage, &mut body);
    Whole { content_type: Cow::Borrowed("text/event-stream"), body, usage }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(body: &str) -> Object<'_> {
        Object::parse(body.as_bytes()).unwrap()
    }

    fn refused<T: core::fmt::Debug>(result: Result<T, Error>) -> (String, String) {
        let error = result.unwrap_err();
        (error.param.unwrap_or_default(), error.message)
    }

    #[test]
    fn a_voice_is_a_name_or_an_object_with_an_id() {
        let read = |body: &str| voice(&object(body)).unwrap().map(Cow::into_owned);
        assert_eq!(read(r#"{"voice":"al\u006coy"}"#).as_deref(), Some("alloy"));
        assert_eq!(read(r#"{"voice":{"id":"v1"}}"#).as_deref(), Some("v1"));
        for nothing in ["{}", r#"{"voice":null}"#, r#"{"voice":""}"#] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(refused(voice(&object(r#"{"voice":{"name":"x"}}"#))).0, "voice.id");
        assert_eq!(refused(voice(&object(r#"{"voice":["x"]}"#))).0, "voice");
    }

    #[test]
    fn a_format_that_a_provider_cannot_give_is_refused_with_those_that_it_can() {
        let can = [Format::Wav, Format::Pcm];
        assert_eq!(Format::of(None, "p", &can).unwrap(), Format::Wav);
        assert_eq!(Format::of(Some(Format::Pcm), "p", &can).unwrap(), Format::Pcm);
        let (param, message) = refused(Format::of(Some(Format::Mp3), "p", &can));
        assert_eq!(param, "response_format");
        assert!(message.ends_with("Supported values are: 'wav', 'pcm'."), "{message}");
        let (param, message) = refused(Format::asked(Some("\"ogg\"")));
        assert_eq!(param, "response_format");
        assert!(message.ends_with("'mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'."), "{message}");
        assert_eq!(refused(Format::asked(Some("3"))).0, "response_format");
    }
}
