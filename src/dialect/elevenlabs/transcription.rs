//! Speech to text: a form of ElevenLabs' own, answered by words with their times.
//!
//! Orq's fields are ElevenLabs' by name; `enable_logging` stands in the query. Words, the spaces between them and sounds
//! (`audio_event`) are one list, whose texts one after the other are the transcript.
//!
//! Source: <https://elevenlabs.io/docs/api-reference/speech-to-text/convert>, and elevenlabs-python's `raw_client.py`.

use crate::dialect::{Ask, Call, Payload, Sent};
use crate::error::{Error, shown};
use crate::surface::transcription::{Format, Reader, Request, Terms, Transcription, Word, number};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::multipart::{self, FormWriter};
use crate::wire::write::Text;

static READER: Reader = Reader::whole(whole);

/// "The number of keyterms cannot exceed 1000. The length of each keyterm must be less than 50 characters. Keyterms can
/// contain at most 5 words."
const TERMS: Terms = Terms { most: 1000, chars: 49, words: 5, refused: "<>{}[]\\" };

/// Asks for a transcription.
///
/// # Errors
/// 400 for values of a wrong type, and for what would be taken for the form's end.
pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let mut asked = request.asked.clone();
    asked.diarizes = params.boolean("diarize")? == Some(true);
    let diarizes = asked.diarizes || asked.format == Format::DiarizedJson;
    let mut fields = vec![("model_id", call.model.to_owned())];
    if let Some(language) = params.take("language") {
        fields.push(("language_code", language.to_owned()));
    }
    if let Some(tags) = params.boolean("tag_audio_events")? {
        fields.push(("tag_audio_events", tags.to_string()));
    }
    if let Some(count) = request.speakers()? {
        fields.push(("num_speakers", count.to_string()));
    }
    if let Some(granularity) = request.granularity {
        let _ = params.take("timestamps_granularity");
        fields.push(("timestamps_granularity", granularity.to_owned()));
    }
    if diarizes {
        fields.push(("diarize", "true".to_owned()));
    }
    if let Some(temperature) = params.number_within(call, "temperature", 0.0..=2.0)? {
        fields.push(("temperature", temperature.text.into_owned()));
    }
    // They cost extra, so a prompt does not become some.
    for term in request.keywords(call, &TERMS)? {
        fields.push(("keyterms", term));
    }
    let logs = params.boolean("enable_logging")?;
    let extras = request.extras(call, "elevenlabs")?;
    let mut form = FormWriter::new(request.boundary);
    let all = fields.iter().map(|(name, value)| (*name, value.as_str()));
    for (name, value) in all.chain(extras.iter().map(|(name, value)| (name.as_str(), *value))) {
        if !form.field(name, value) {
            let message = format!("Invalid '{}': a boundary of the form stands in it.", shown(name));
            return Err(Error::invalid(message).param(shown(name)).code("invalid_value"));
        }
    }
    let file = &request.file;
    form.file("file", file.name.as_deref(), file.media_type, file.content.clone());
    let mut ask = Ask {
        payload: Payload::Written(form.finish()),
        content_type: Some(multipart::content_type(request.boundary)),
        ..Ask::default()
    };
    if let Some(logs) = logs {
        ask = ask.query("enable_logging", logs.to_string());
    }
    Ok(Sent::asked(ask, READER.of(&call.upstream.id, asked)))
}

/// Reads `{language_code, text, words, audio_duration_secs?}`.
fn whole(provider: &str, object: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    let text = object.get("text").and_then(Text::of).ok_or_else(|| Error::unreadable(provider))?;
    out.whole_text(text);
    if let Some(language) = object.get("language_code").and_then(Text::of) {
        out.language(language);
    }
    if let Some(seconds) = number(object.get("audio_duration_secs")) {
        out.duration(seconds);
    }
    let words = items(object.get("words").unwrap_or_default());
    for word in words.filter_map(|word| Object::parse(word.as_bytes()).ok()) {
        if word.string("type").as_deref() == Some("spacing") {
            continue;
        }
        // Without `start` and `end` nobody knows when it was said.
        let times = number(word.get("start")).zip(number(word.get("end")));
        if let (Some((start, end)), Some(text)) = (times, word.get("text").and_then(Text::of)) {
            let speaker = word.get("speaker_id").filter(|speaker| kind(speaker) == Kind::String);
            out.said(&Word { text, start, end, speaker, logprob: number(word.get("logprob")) });
        }
    }
    Ok(())
}
