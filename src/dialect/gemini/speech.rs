//! Models of Google that speak: `generateContent` with sound as its answer.
//!
//! Sound is samples of 16 bits, 24,000 a second, and can be had as WAV or as they are; there is no codec. From
//! generation 3.8 a text is read as it stands, and how it is said stands beside it; older models take both in one
//! text.
//!
//! Sources: <https://ai.google.dev/gemini-api/docs/speech-generation>,
//! <https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/text-to-speech/overview> and its migration
//! guide.

use super::answer::Counted;
use super::error;
use super::models::reads_verbatim;
use super::{CHAT, Gemini, Platform, VERTEX_CHAT};
use crate::chat::missing;
use crate::dialect::{Ask, Call, Convert, Dialect, Event, Flow, Framing, Received, Sent, Told, Way};
use crate::error::{Error, shown};
use crate::headers::{Headers, media_type};
use crate::surface::speech::{Format, Request, delta, done, no_voice, whole};
use crate::usage::Usage;
use crate::wire::base64;
use crate::wire::json::{Kind, Object, items, kind, quoted};
use crate::wire::merged::Merged;
use crate::wire::wav;
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

const FORMATS: [Format; 2] = [Format::Wav, Format::Pcm];

/// The voices that all models have.
const VOICES: [&str; 30] = [
    "Achernar",
    "Achird",
    "Algenib",
    "Algieba",
    "Alnilam",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Charon",
    "Despina",
    "Enceladus",
    "Erinome",
    "Fenrir",
    "Gacrux",
    "Iapetus",
    "Kore",
    "Laomedeia",
    "Leda",
    "Orus",
    "Puck",
    "Pulcherrima",
    "Rasalgethi",
    "Sadachbia",
    "Sadaltager",
    "Schedar",
    "Sulafat",
    "Umbriel",
    "Vindemiatrix",
    "Zephyr",
    "Zubenelgenubi",
];

pub(super) fn ask(dialect: &Gemini, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let format = request.format(call, &FORMATS)?;
    let extras = match params.extras(call, dialect.id())? {
        Some(extras) => Some(extras),
        None => params.extras_of("gemini")?,
    };
    let mut body = Merged::new(extras.as_ref());
    body.set("contents", contents(call, request)?);
    let inner = body.take_object("generationConfig")?;
    let mut config = Merged::new(inner.as_ref());
    config.set("responseModalities", "[\"AUDIO\"]".to_owned());
    let told = config.has("speechConfig");
    if !told {
        config.set("speechConfig", speech_config(call, request)?);
    }
    body.set("generationConfig", config.object());
    let mut out = Writer::default();
    out.object(|out| body.write_to(out));
    let mut ask = Ask::json(out.outgoing());
    if request.events {
        ask.path = match dialect.platform {
            Platform::GeminiApi => CHAT.stream_path,
            Platform::Vertex => VERTEX_CHAT.stream_path,
        };
    }
    // Clients ask for octets.
    let accepted = if request.events { "text/event-stream" } else { "application/json" };
    ask.headers.push(("accept", accepted.to_owned()));
    Ok(Sent::asked(ask, Answer::new(&call.upstream.id, format, request.events)))
}

/// `contents`: the text, and how it is to be said.
fn contents(call: &Call<'_>, request: &Request<'_>) -> Result<String, Error> {
    let style = request.params.text("instructions")?.filter(|text| !text.is_empty());
    let mut out = Writer::default();
    out.begin_array();
    out.begin_object();
    out.text_member("role", "user");
    out.name("parts");
    out.begin_array();
    match (reads_verbatim(call.model), style) {
        (true, style) => {
            let text = request.input.decoded();
            let speakers = speakers(request)?;
            let turns = turns(&text, &speakers);
            if turns.is_empty() {
                part(&mut out, request.input, None, style);
            }
            for (speaker, said) in turns {
                part(&mut out, Text::Plain(&said), speaker, style);
            }
        }
        (false, Some(style)) => out.object(|out| {
            out.name("text");
            out.texts([
                Text::Plain("Read the text behind the empty line aloud, and nothing else. How to say it: "),
                style,
                Text::Plain("\n\n"),
                request.input,
            ]);
        }),
        (false, None) => part(&mut out, request.input, None, None),
    }
    out.end_array();
    out.end_object();
    out.end_array();
    Ok(out.finish())
}

/// A part that is said, by whom and how.
fn part(out: &mut Writer, said: Text<'_>, speaker: Option<&str>, style: Option<Text<'_>>) {
    out.object(|out| {
        out.text_member("text", said);
        if speaker.is_some() || style.is_some() {
            out.object_member("speechMetadata", |out| {
                if let Some(speaker) = speaker {
                    out.text_member("speaker", speaker);
                }
                if let Some(style) = style {
                    out.text_member("style", style);
                }
            });
        }
    });
}

/// The names of the speakers, where there are several.
fn speakers(request: &Request<'_>) -> Result<Vec<String>, Error> {
    let config = request.params.object(SPEAKERS)?;
    let list = config.as_ref().and_then(|config| config.get("speakerVoiceConfigs"));
    let list = list.into_iter().flat_map(items).take(MOST_SPEAKERS);
    let names =
        list.filter_map(|one| Object::parse(one.as_bytes()).ok()?.string("speaker").map(Cow::into_owned));
    Ok(names.collect())
}

/// A dialogue as turns, each by whom its line names before a colon: older models read the names from the text. Without
/// speakers there are none.
fn turns<'n>(text: &str, speakers: &'n [String]) -> Vec<(Option<&'n str>, String)> {
    let mut turns: Vec<(Option<&str>, String)> = Vec::new();
    for line in text.lines().filter(|line| !speakers.is_empty() && !line.trim().is_empty()) {
        let named = speakers.iter().find_map(|name| {
            let said = line.trim_start().strip_prefix(name.as_str())?.trim_start().strip_prefix(':')?;
            Some((name.as_str(), said.trim_start()))
        });
        match (named, turns.last_mut()) {
            (Some((name, said)), _) => turns.push((Some(name), said.to_owned())),
            (None, Some((_, said))) => {
                said.push('\n');
                said.push_str(line);
            }
            (None, None) => turns.push((None, line.to_owned())),
        }
    }
    turns
}

/// Google's object of speakers and their voices, of which there are two.
const SPEAKERS: &str = "multi_speaker_voice_config";
const MOST_SPEAKERS: usize = 16;

/// `speechConfig`: one voice, or Google's object of two speakers, as `multi_speaker_voice_config`.
fn speech_config(call: &mut Call<'_>, request: &Request<'_>) -> Result<String, Error> {
    let params = &request.params;
    let speakers = params.object(SPEAKERS)?.is_some();
    let speakers = params.take(SPEAKERS).filter(|_| speakers);
    let language = params.text("language_code")?;
    let voice = match (speakers, request.voice.as_deref()) {
        (None, None) => return Err(missing("voice")),
        (None, Some(voice)) => Some(voice),
        (Some(_), Some(_)) => {
            call.drop_param("voice")?;
            None
        }
        (Some(_), None) => None,
    };
    let known = voice.and_then(|voice| VOICES.into_iter().find(|known| known.eq_ignore_ascii_case(voice)));
    if let (Some(voice), None, false) = (voice, known, reads_verbatim(call.model)) {
        return Err(no_voice(call, voice, VOICES));
    }
    let mut out = Writer::default();
    out.object(|out| {
        if let Some(speakers) = speakers {
            out.raw_member("multiSpeakerVoiceConfig", speakers);
        }
        if let Some(voice) = voice {
            out.object_member("voiceConfig", |out| match known {
                Some(known) => {
                    out.object_member("prebuiltVoiceConfig", |out| out.text_member("voiceName", known));
                }
                // Of the library, or of one's own.
                None => out.raw_member("voice", &quoted(voice)),
            });
        }
        if let Some(language) = language {
            out.text_member("languageCode", language);
        }
    });
    Ok(out.finish())
}

/// Reads an answer.
#[derive(Debug)]
struct Answer {
    /// The provider's id, for errors.
    provider: String,
    format: Format,
    events: bool,
    counted: Counted,
    usage: Option<Usage>,
    /// Some sound came.
    any: bool,
    /// Why it ended.
    reason: Option<String>,
}

/// A piece of sound.
struct Piece {
    media_type: String,
    bytes: Vec<u8>,
}

impl Piece {
    /// Samples a second: `audio/L16;codec=pcm;rate=24000`.
    fn rate(&self) -> u32 {
        let parameters = self.media_type.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        let rate = parameters
            .filter(|(name, _)| name.eq_ignore_ascii_case("rate"))
            .find_map(|(_, rate)| rate.parse().ok());
        rate.unwrap_or(24_000)
    }
}

impl Answer {
    fn new(provider: &str, format: Format, events: bool) -> Self {
        Self {
            provider: provider.to_owned(),
            format,
            events,
            counted: Counted::default(),
            usage: None,
            any: false,
            reason: None,
        }
    }

    /// The sound of a body, or of an event.
    fn read(&mut self, response: &Object<'_>) -> Result<Vec<Piece>, Error> {
        if let Some(value) = response.get("error").filter(|value| kind(value) == Kind::Object)
            && let Ok(object) = Object::parse(value.as_bytes())
        {
            return Err(error::of(200, &object));
        }
        let inner = |object: &Object<'_>, name| object.get(name).map(str::to_owned);
        if let Some(usage) = inner(response, "usageMetadata")
            && let Ok(usage) = Object::parse(usage.as_bytes())
            && self.counted.add(&usage)
        {
            let counts = self.counted.counts();
            self.usage = Some(Usage { input: counts.input, output: counts.output, ..Usage::default() });
        }
        let feedback = response.get("promptFeedback").and_then(|value| Object::parse(value.as_bytes()).ok());
        if let Some(reason) = feedback.as_ref().and_then(|feedback| feedback.string("blockReason")) {
            return Err(blocked(&reason));
        }
        let mut pieces = Vec::new();
        for candidate in response.get("candidates").into_iter().flat_map(items).take(1) {
            let candidate =
                Object::parse(candidate.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
            if let Some(reason) = candidate.string("finishReason") {
                self.reason = Some(reason.into_owned());
            }
            let content = candidate.get("content").and_then(|content| Object::parse(content.as_bytes()).ok());
            for part in content.as_ref().and_then(|content| content.get("parts")).into_iter().flat_map(items)
            {
                let part = Object::parse(part.as_bytes()).ok();
                let data = part.as_ref().and_then(|part| part.get("inlineData"));
                let Some(data) = data.and_then(|data| Object::parse(data.as_bytes()).ok()) else { continue };
                let bytes = data.string("data").and_then(|data| base64::decode(&data));
                let bytes = bytes.ok_or_else(|| Error::unreadable(&self.provider))?;
                let media_type = data.string("mimeType").unwrap_or_default().into_owned();
                self.any |= !bytes.is_empty();
                pieces.push(Piece { media_type, bytes });
            }
        }
        Ok(pieces)
    }

    /// Why there is no sound.
    fn nothing(&self) -> Error {
        match self.reason.as_deref() {
            Some(reason @ ("SAFETY" | "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" | "RECITATION")) => {
                blocked(reason)
            }
            Some(reason) => {
                let message = format!(
                    "The provider {} answered without sound ({}). Ask again, or say the text in other words.",
                    self.provider,
                    shown(reason)
                );
                Error::new(502, message).code("upstream_invalid_answer")
            }
            None => Error::unreadable(&self.provider),
        }
    }

    /// A whole sound in the format that was asked for, and its type.
    fn sound(&self, pieces: Vec<Piece>) -> Result<(Vec<u8>, Cow<'static, str>), Error> {
        let Some(first) = pieces.first() else { return Err(self.nothing()) };
        let rate = first.rate();
        let told = media_type(&first.media_type);
        let is_file = wav::samples(&first.bytes).is_some();
        if !is_file && !matches!(told.as_str(), "audio/l16" | "audio/pcm" | "audio/wav" | "") {
            // A form that is not known: it says what it is.
            let sound = pieces.into_iter().flat_map(|piece| piece.bytes).collect();
            return Ok((sound, Cow::Owned(told)));
        }
        let kind = match self.format {
            Format::Pcm if rate != 24_000 => Cow::Owned(format!("audio/pcm;rate={rate}")),
            format => Cow::Borrowed(format.media_type()),
        };
        match <[Piece; 1]>::try_from(pieces) {
            // It is what is wanted.
            Ok([piece]) if is_file == (self.format == Format::Wav) => Ok((piece.bytes, kind)),
            Ok(pieces) => Ok((self.joined(&pieces, rate), kind)),
            Err(pieces) => Ok((self.joined(&pieces, rate), kind)),
        }
    }

    fn joined(&self, pieces: &[Piece], rate: u32) -> Vec<u8> {
        let samples = || pieces.iter().map(|piece| wav::samples(&piece.bytes).unwrap_or(&piece.bytes));
        let length = samples().fold(0_usize, |length, samples| length.saturating_add(samples.len()));
        let header = (self.format == Format::Wav).then(|| wav::header(rate, Some(length)));
        let mut out = Vec::with_capacity(length.saturating_add(44));
        out.extend(header.into_iter().flatten());
        for samples in samples() {
            out.extend_from_slice(samples);
        }
        out
    }
}

fn blocked(reason: &str) -> Error {
    let message = format!("The text was blocked by the provider ({}). Say it in other words.", shown(reason));
    Error::invalid(message).param("input").code("content_filter")
}

impl Convert for Answer {
    fn way(&mut self, headers: &mut Headers) -> Way {
        let told = headers.text("content-type").map(media_type).unwrap_or_default();
        if self.events && told == "text/event-stream" { Way::Events(Framing::Sse) } else { Way::Whole }
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let object = Object::parse(answer.body).map_err(|_| Error::unreadable(&self.provider))?;
        let pieces = self.read(&object)?;
        let (sound, kind) = self.sound(pieces)?;
        Ok(whole(sound, kind, self.events, self.usage))
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<Flow, Error> {
        let object = Object::parse(event.data.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
        let first = !self.any;
        let pieces = self.read(&object)?;
        if pieces.is_empty() {
            return if self.any || self.reason.is_none() { Ok(Flow::More) } else { Err(self.nothing()) };
        }
        if first && self.format == Format::Wav {
            let rate = pieces.first().map_or(24_000, Piece::rate);
            delta(&wav::header(rate, None), out);
        }
        for piece in &pieces {
            delta(wav::samples(&piece.bytes).unwrap_or(&piece.bytes), out);
        }
        Ok(Flow::More)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> bool {
        let ended = self.any && self.reason.is_some();
        if ended {
            done(self.usage, out);
        }
        ended
    }

    fn counted(&self) -> Option<Usage> {
        self.usage
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue_is_turns_of_those_who_are_named() {
        let speakers = ["Joe".to_owned(), "Jane".to_owned()];
        let told = turns("Hm.\n\nJoe: Hi!\n  Jane : Hello,\nyou: there\n", &speakers);
        let expected = [(None, "Hm."), (Some("Joe"), "Hi!"), (Some("Jane"), "Hello,\nyou: there")];
        assert_eq!(told, expected.map(|(speaker, said)| (speaker, said.to_owned())));
        assert!(turns("Joe: Hi!", &[]).is_empty());
    }
}
