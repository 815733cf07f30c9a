//! Pre-recorded audio: the recording is the body, and what is asked for stands in the query.
//!
//! Source: <https://developers.deepgram.com/reference/speech-to-text/listen-pre-recorded>, and deepgram-python-sdk's
//! `listen/v1/media`.

use crate::dialect::{Ask, Call, Payload, Sent};
use crate::error::Error;
use crate::surface::transcription::{Format, Reader, Request, Segment, Terms, Transcription, Word, number};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::outgoing::{Outgoing, Piece};
use crate::wire::write::Text;

static READER: Reader = Reader::whole(whole);

/// "Keyterm Prompting is limited to 500 tokens per request", which are a hundred terms.
const TERMS: Terms = Terms { most: 100, chars: 100, words: 6, refused: "" };

/// The families of models that know `keyterm`; older ones know `keywords`.
/// <https://developers.deepgram.com/docs/keyterm>
const KEYTERM: [&str; 2] = ["nova-3", "flux"];

/// Asks for a transcription.
///
/// # Errors
/// 400 for values of a wrong type.
pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let params = &request.params;
    let mut asked = request.asked.clone();
    asked.diarizes = params.boolean("diarize")? == Some(true);
    let mut body = Outgoing::default();
    body.push(Piece::Client(request.file.content.clone()));
    let media_type = request.file.media_type.unwrap_or("application/octet-stream");
    let mut ask =
        Ask { payload: Payload::Written(body), content_type: Some(media_type.to_owned()), ..Ask::default() };
    // As all other transcripts are: with punctuation, capitals, and numbers as digits.
    ask = ask.query("model", call.model).query("smart_format", "true").query("punctuate", "true");
    // Without a language it would be taken for English.
    ask = match params.take("language") {
        Some(language) => ask.query("language", language),
        None => ask.query("detect_language", "true"),
    };
    if asked.wants_segments() {
        ask = ask.query("utterances", "true");
    }
    if asked.diarizes || asked.format == Format::DiarizedJson {
        // `diarize` is deprecated.
        ask = ask.query("diarize_model", "latest");
    }
    let name =
        if KEYTERM.iter().any(|family| call.model.starts_with(family)) { "keyterm" } else { "keywords" };
    for term in request.terms(call, &TERMS)? {
        ask = ask.query(name, term);
    }
    for (name, value) in request.extras(call, "deepgram")? {
        ask = ask.query(name, value);
    }
    Ok(Sent::asked(ask, READER.of(&call.upstream.id, asked)))
}

/// Reads `{metadata: {duration}, results: {channels: [{alternatives: [{transcript, words}], detected_language?}],
/// utterances?}}`. Of several channels the first counts, as of a recording that is mixed down.
fn whole(provider: &str, object: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    let unreadable = || Error::unreadable(provider);
    let results = part(object.get("results")).ok_or_else(unreadable)?;
    let channel = part(results.get("channels").and_then(|list| items(list).next())).ok_or_else(unreadable)?;
    let best =
        part(channel.get("alternatives").and_then(|list| items(list).next())).ok_or_else(unreadable)?;
    out.whole_text(best.get("transcript").and_then(Text::of).ok_or_else(unreadable)?);
    if let Some(language) = channel.get("detected_language").and_then(Text::of) {
        out.language(language);
    }
    let metadata = part(object.get("metadata"));
    if let Some(seconds) = number(metadata.as_ref().and_then(|metadata| metadata.get("duration"))) {
        out.duration(seconds);
    }
    let utterances = results.get("utterances").unwrap_or_default();
    let has_segments = items(utterances).next().is_some();
    for item in items(best.get("words").unwrap_or_default()).filter_map(|item| part(Some(item))) {
        match timed(&item, &["punctuated_word", "word"]) {
            Some(word) if has_segments => out.word(&word),
            Some(word) => out.said(&word),
            None => {}
        }
    }
    for item in items(utterances).filter_map(|item| part(Some(item))) {
        if let Some(Word { text, start, end, speaker, .. }) = timed(&item, &["transcript"]) {
            out.segment(&Segment { text, start, end, speaker, more: None });
        }
    }
    Ok(())
}

fn part(text: Option<&str>) -> Option<Object<'_>> {
    Object::parse(text?.as_bytes()).ok()
}

/// What has a text, by one of these names, and times.
fn timed<'a>(item: &Object<'a>, names: &[&str]) -> Option<Word<'a>> {
    let text = names.iter().find_map(|name| item.get(name).and_then(Text::of))?;
    let time = |name| number(item.get(name));
    let speaker = item.get("speaker").filter(|speaker| kind(speaker) == Kind::Number);
    Some(Word { text, start: time("start")?, end: time("end")?, speaker, logprob: None })
}
