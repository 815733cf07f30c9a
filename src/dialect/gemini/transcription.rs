//! Transcripts by Gemini's understanding of audio: the recording and an instruction to write down what is said.
//!
//! The model is told to answer with the transcript alone. Times are left to providers that measure them: what a language
//! model says of them is a guess. A client's `prompt` stands in the instruction as what may be heard.
//!
//! Source: <https://ai.google.dev/gemini-api/docs/audio>: inline audio of WAV, MP3, AIFF, AAC, OGG and FLAC.

use super::{Gemini, error};
use crate::chat::wrong_value;
use crate::dialect::{Ask, Call, Event, Flow, Sent};
use crate::error::Error;
use crate::surface::transcription::{Reader, Request, Task, Tokens, Transcription};
use crate::wire::json::{Object, items};
use crate::wire::write::{Text, Writer};

static READER: Reader = Reader { whole, event: Some(event) };

const TRANSCRIBE: &str = "Write down what is said in this recording, word for word, in the language that is spoken. \
    Answer with the transcript alone: no comments, no headings, no names of speakers and no times. If nobody speaks, \
    answer with nothing.";

const TRANSLATE: &str = "Write down in English what is said in this recording. Answer with the translation alone: no \
    comments, no headings, no names of speakers and no times. If nobody speaks, answer with nothing.";

/// Asks for a transcription, or a translation.
///
/// # Errors
/// 400 for forms of the answer that have times, and for values of a wrong type.
pub(super) fn ask(gemini: &Gemini, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    request.without_times(call)?;
    let asked = request.asked.clone();
    let mut instruction = match asked.task {
        Task::Transcribe => TRANSCRIBE.to_owned(),
        Task::Translate => TRANSLATE.to_owned(),
    };
    if let Some(language) = request.params.take("language") {
        if !language.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(wrong_value("language", language, " It must be a code of ISO 639-1, like 'en'."));
        }
        instruction.push_str(&format!(" The language is {language} (ISO 639)."));
    }
    if let Some(prompt) = request.params.take("prompt") {
        instruction
            .push_str(" This came before or may be heard in it; use its spelling, and do not repeat it: ");
        instruction.push_str(prompt);
    }
    let temperature = request.params.number_within(call, "temperature", 0.0..=2.0)?;
    // Gemini has names of its own for two of them.
    let media_type = match request.file.media_type.unwrap_or("audio/wav") {
        "audio/x-wav" | "audio/wave" | "audio/vnd.wave" => "audio/wav",
        "audio/mpeg" | "audio/mpga" => "audio/mp3",
        other => other,
    };
    let mut body = Writer::default();
    body.object(|body| {
        body.name("contents");
        body.begin_array();
        body.object(|content| {
            content.text_member("role", "user");
            content.name("parts");
            content.begin_array();
            content.object(|part| {
                part.object_member("inlineData", |data| {
                    data.text_member("mimeType", media_type);
                    data.name("data");
                    data.base64("", request.file.content.clone());
                });
            });
            content.object(|part| part.text_member("text", instruction.as_str()));
            content.end_array();
        });
        body.end_array();
        if let Some(temperature) = &temperature {
            body.object_member("generationConfig", |config| {
                config.raw_member("temperature", &temperature.text);
            });
        }
    });
    let path = asked.is_stream().then(|| gemini.stream_path());
    let ask = Ask { path, ..Ask::json(body.outgoing()) };
    Ok(Sent::asked(ask, READER.of(&call.upstream.id, asked)))
}

fn event(provider: &str, event: &Event<'_>, out: &mut Transcription) -> Result<Flow, Error> {
    let object = Object::parse(event.data.as_bytes()).map_err(|_| Error::unreadable(provider))?;
    read(provider, &object, out)?;
    Ok(Flow::More)
}

fn whole(provider: &str, object: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    read(provider, object, out)?;
    match out.has_ended() {
        true => Ok(()),
        false => Err(Error::unreadable(provider)),
    }
}

fn part(text: Option<&str>) -> Option<Object<'_>> {
    Object::parse(text?.as_bytes()).ok()
}

/// Reads a `GenerateContentResponse`: a body, or an event.
fn read(provider: &str, response: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    if let Some(error) = part(response.get("error")) {
        return Err(error::of(200, &error));
    }
    let candidate = part(response.get("candidates").and_then(|list| items(list).next()));
    let content = candidate.as_ref().and_then(|candidate| part(candidate.get("content")));
    let parts = content.as_ref().and_then(|content| content.get("parts")).unwrap_or_default();
    for item in items(parts).filter_map(|item| Object::parse(item.as_bytes()).ok()) {
        if item.get("thought") != Some("true")
            && let Some(text) = item.get("text").and_then(Text::of)
        {
            out.text(text);
        }
    }
    let reason = candidate.as_ref().and_then(|candidate| candidate.string("finishReason"));
    let feedback = part(response.get("promptFeedback"));
    let blocked = feedback.as_ref().and_then(|feedback| feedback.string("blockReason"));
    match (reason.as_deref(), blocked) {
        (Some("STOP"), _) => {
            out.text(Text::Plain(""));
            out.ends();
        }
        (Some(reason), _) => {
            let message = format!(
                "The provider {provider} stopped before the transcript was whole ({reason}). Send a shorter recording, \
                 or another one."
            );
            return Err(Error::invalid(message).param("file").code("incomplete_transcript"));
        }
        (None, Some(reason)) => {
            let message = format!("The provider {provider} refuses the recording ({reason}).");
            return Err(Error::invalid(message).param("file").code("content_filter"));
        }
        (None, None) => {}
    }
    if let Some(usage) = part(response.get("usageMetadata")) {
        let count = |name| usage.get(name).and_then(|count| count.parse::<u64>().ok());
        let details = items(usage.get("promptTokensDetails").unwrap_or_default());
        let (mut audio, mut text) = (None, None);
        for detail in details.filter_map(|detail| Object::parse(detail.as_bytes()).ok()) {
            let count = detail.get("tokenCount").and_then(|count| count.parse().ok());
            match detail.string("modality").as_deref() {
                Some("AUDIO") => audio = count,
                Some("TEXT") => text = count,
                _ => {}
            }
        }
        let thoughts = count("thoughtsTokenCount").unwrap_or(0);
        let output = count("candidatesTokenCount").unwrap_or(0).saturating_add(thoughts);
        out.tokens(Tokens { input: count("promptTokenCount").unwrap_or(0), audio, text, output });
    }
    Ok(())
}
