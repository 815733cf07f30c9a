//! Automatic speech recognition of `hf-inference`: the recording in base64, or alone as the body where nothing is asked
//! for besides.
//!
//! Source: <https://huggingface.co/docs/inference-providers/tasks/automatic-speech-recognition>, and the schemas
//! `automatic-speech-recognition` of `@huggingface/tasks`.

use crate::dialect::{Ask, Call, Payload, Sent};
use crate::error::Error;
use crate::surface::transcription::{Reader, Request, Segment, Transcription, Word, number};
use crate::wire::json::{Object, items};
use crate::wire::outgoing::{Outgoing, Piece};
use crate::wire::write::{Text, Writer};

static READER: Reader = Reader::whole(whole);

/// Asks for a transcription.
///
/// # Errors
/// 400 for values of a wrong type, and for speakers, which are not told apart.
pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    request.without_speakers(call)?;
    let asked = request.asked.clone();
    let temperature = request.params.number_within(call, "temperature", 0.0..=1.0)?;
    let extras = request.extras(call, "huggingface")?;
    let times = asked.format.has_times();
    let file = request.file.content.clone();
    if !times && temperature.is_none() && extras.is_empty() {
        let mut body = Outgoing::default();
        body.push(Piece::Client(file));
        let media_type = request.file.media_type.unwrap_or("application/octet-stream");
        let ask = Ask {
            payload: Payload::Written(body),
            content_type: Some(media_type.to_owned()),
            ..Ask::default()
        };
        return Ok(Sent::asked(ask, READER.of(&call.upstream.id, asked)));
    }
    let mut body = Writer::default();
    body.object(|body| {
        body.name("inputs");
        body.base64("", file);
        body.object_member("parameters", |parameters| {
            if times {
                // Segments are made of words where both are wanted.
                parameters.raw_member("return_timestamps", if asked.words { "\"word\"" } else { "true" });
            }
            if temperature.is_some() || !extras.is_empty() {
                parameters.object_member("generation_parameters", |generation| {
                    if let Some(temperature) = &temperature {
                        generation.raw_member("temperature", &temperature.text);
                    }
                    for (name, value) in &extras {
                        match Object::parse(format!("{{\"v\":{value}}}").as_bytes()) {
                            Ok(_) => generation.raw_member(name, value),
                            Err(_) => generation.text_member(name, *value),
                        }
                    }
                });
            }
        });
    });
    Ok(Sent::asked(Ask::json(body.outgoing()), READER.of(&call.upstream.id, asked)))
}

/// Reads `{text, chunks?: [{text, timestamp: [start, end]}]}`. A last chunk may not say when it ends.
fn whole(provider: &str, object: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    let text = object.get("text").and_then(Text::of).ok_or_else(|| Error::unreadable(provider))?;
    out.whole_text(text);
    for chunk in items(object.get("chunks").unwrap_or_default()) {
        let Ok(chunk) = Object::parse(chunk.as_bytes()) else { continue };
        let mut times = items(chunk.get("timestamp").unwrap_or_default());
        let Some(start) = number(times.next()) else { continue };
        let end = number(times.next()).unwrap_or(start);
        let Some(text) = chunk.get("text").and_then(Text::of) else { continue };
        if out.asked().words {
            out.said(&Word { text, start, end, speaker: None, logprob: None });
        } else {
            out.segment(&Segment { text, start, end, speaker: None, more: None });
        }
    }
    Ok(())
}
