//! Deepgram's text to speech.
//!
//! All but the text stands in the query, and a voice is the end of a model's name: `aura-2-thalia-en`. Source:
//! <https://developers.deepgram.com/reference/text-to-speech/speak-request>,
//! <https://developers.deepgram.com/docs/tts-media-output-settings> for which formats go together.

use super::voices::{self, Voices};
use crate::chat::missing;
use crate::dialect::sound::Sound;
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::speech::{Format, Request, no_voice};
use crate::wire::write::Writer;

const FORMATS: [Format; 6] = [Format::Mp3, Format::Opus, Format::Aac, Format::Flac, Format::Wav, Format::Pcm];

/// `encoding`, and `container` where there is a choice.
const fn encoding(format: Format) -> (&'static str, Option<&'static str>) {
    match format {
        Format::Mp3 => ("mp3", None),
        Format::Opus => ("opus", Some("ogg")),
        Format::Aac => ("aac", None),
        Format::Flac => ("flac", None),
        Format::Wav => ("linear16", Some("wav")),
        Format::Pcm => ("linear16", Some("none")),
    }
}

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let format = request.format(call, &FORMATS)?;
    let model = model(call, request.voice.as_deref())?;
    let mut body = Writer::default();
    body.object(|body| body.text_member("text", request.input));
    let (encoding, container) = encoding(format);
    let mut ask = Ask::json(body.outgoing()).query("model", model).query("encoding", encoding);
    if let Some(container) = container {
        ask = ask.query("container", container);
    }
    // What OpenAI's has.
    if format == Format::Pcm {
        ask = ask.query("sample_rate", "24000");
    }
    if let Some(speed) = params.number_within(call, "speed", 0.7..=1.5)? {
        ask = ask.query("speed", speed.text);
    }
    if let Some(rate) = params.integer("bit_rate")? {
        ask = ask.query("bit_rate", rate.to_string());
    }
    if let Some(out) = params.boolean("mip_opt_out")? {
        ask = ask.query("mip_opt_out", out.to_string());
    }
    if let Some(tag) = params.text("tag")? {
        ask = ask.query("tag", tag.decoded());
    }
    Ok(Sent::asked(ask, Sound::new(&call.upstream.id, format, request.events)))
}

/// The name of the model that has the voice.
///
/// The client may name it whole, as the model or as the voice, or the model's family and a voice of it. A voice
/// beside a whole name takes the place of the one in it, but no voice leads to another family: what the client's key
/// was checked for is the model.
fn model(call: &mut Call<'_>, voice: Option<&str>) -> Result<String, Error> {
    let named = find(call.model);
    let family = named.map(|(voices, _)| voices.model).or_else(|| family(call.model));
    let (voice, family) = match (voice, family) {
        (Some(voice), Some(family)) => (voice, family),
        (Some(voice), None) => return unknown(call, voice),
        // A family has no voice of its own.
        (None, Some(_)) if named.is_none() => return Err(missing("voice")),
        (None, _) => return Ok(call.model.to_owned()),
    };
    let of_family = || voices::ALL.iter().filter(|voices| voices.model == family);
    if let Some((voices, name)) = find(voice).filter(|(voices, _)| voices.model == family) {
        return Ok(joined(voices, name));
    }
    // Where two languages have a voice of one name, that of the model's name stays.
    let language = named.map(|(voices, _)| voices.language);
    let has = |voices: &&Voices| voices.names.iter().any(|name| name.eq_ignore_ascii_case(voice));
    let same = of_family().find(|voices| has(voices) && Some(voices.language) == language);
    if let Some(voices) = same.or_else(|| of_family().find(has)) {
        return Ok(joined(voices, &voice.to_ascii_lowercase()));
    }
    // A newer one of the family, by its whole name.
    let newer = voice.strip_prefix(family).and_then(|rest| rest.strip_prefix('-')?.split_once('-'));
    match newer {
        Some((name, language)) if is_name(name) && is_name(language) => Ok(voice.to_owned()),
        _ => Err(no_voice(call, voice, of_family().flat_map(|voices| voices.names).copied())),
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// The name of a model that is not known here, and so neither are its voices.
fn unknown(call: &mut Call<'_>, voice: &str) -> Result<String, Error> {
    let model = call.model;
    let is_family = model.rsplit('-').next().is_some_and(|end| !is_name(end));
    if is_family && is_name(voice) {
        return Ok(format!("{model}-{}-en", voice.to_ascii_lowercase()));
    }
    if voice != model && !model.contains(&format!("-{}-", voice.to_ascii_lowercase())) {
        call.drop_param("voice")?;
    }
    Ok(model.to_owned())
}

fn joined(voices: &Voices, name: &str) -> String {
    format!("{}-{name}-{}", voices.model, voices.language)
}

/// A family's name, if it is one.
fn family(model: &str) -> Option<&'static str> {
    voices::ALL.iter().map(|voices| voices.model).find(|family| *family == model)
}

/// The voice of a whole name.
fn find(model: &str) -> Option<(&'static Voices, &'static str)> {
    voices::ALL.iter().find_map(|voices| {
        let name = model.strip_prefix(voices.model)?.strip_prefix('-')?;
        let name = name.strip_suffix(voices.language)?.strip_suffix('-')?;
        voices.names.iter().find(|known| **known == name).map(|name| (voices, *name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_name_is_a_family_a_voice_and_a_language() {
        let (voices, name) = find("aura-2-thalia-en").unwrap();
        assert_eq!((voices.model, name, voices.language), ("aura-2", "thalia", "en"));
        let (voices, name) = find("aura-asteria-en").unwrap();
        assert_eq!((voices.model, name), ("aura", "asteria"));
        for other in ["aura-2", "aura-2-thalia-de", "aura-2-nobody-en", "aura-thalia-en", ""] {
            assert!(find(other).is_none(), "{other}");
        }
        for voices in voices::ALL {
            for name in voices.names {
                assert_eq!(find(&joined(voices, name)).unwrap().1, *name);
            }
        }
    }
}
