//! Transcriptions of providers whose forms or answers are OpenAI's in part: their row says how far
//! ([`Transcripts`]), and the client's answer is written from what they heard.
//!
//! A form is written anew, with the file as its last part: xAI and Cohere read a form as it comes, and know of no
//! parameter behind the file. Answers are read as what they have in common: `text`, `language`, `duration`, `words` and
//! `segments` with times and speakers; so are the events of streams.
//!
//! Sources: the vendors' pages that the rows name, and their SDKs.

use crate::chat::missing;
use crate::dialect::{Ask, Call, Event, Flow, Payload, Sent};
use crate::error::{Error, shown};
use crate::provider::Transcripts;
use crate::provider::transcripts::{Field, Times, What};
use crate::surface::transcription::{
    Format, Reader, Request, Segment, Task, Tokens, Transcription, Word, number,
};
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::multipart::{self, FormWriter};
use crate::wire::write::Text;
use std::borrow::Cow;

static READER: Reader = Reader { whole, event: Some(event) };

/// Asks for a transcription, or a translation.
///
/// # Errors
/// 400 for what is missing, for a form of the answer that cannot be had, and for values of a wrong type.
pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>, row: &Transcripts) -> Result<Sent, Error> {
    let mut asked = request.asked.clone();
    let times = asked.format.has_times();
    if row.times == Times::Never {
        request.without_times(call)?;
    }
    if row.diarize.is_none() {
        request.without_speakers(call)?;
    }
    let mut form = Form(FormWriter::new(request.boundary));
    if !form.0.field("model", call.model) {
        return Err(Error::no_model(call.model));
    }
    let mut diarizes = asked.format == Format::DiarizedJson;
    if let Some(name) = row.diarize {
        asked.diarizes = request.params.boolean("diarize")? == Some(true);
        // Mistral does so together with times alone.
        if asked.diarizes && !times && row.times == Times::Granularities {
            asked.diarizes = false;
            call.drop_param("diarize")?;
        }
        diarizes = diarizes || asked.diarizes;
        if diarizes {
            form.field("diarize", name, "true")?;
        }
    }
    for field in row.fields {
        if field.needed && !request.params.has(field.from) {
            return Err(missing(field.from));
        }
        // OpenAI's translations take none.
        if field.from == "language" && asked.task == Task::Translate {
            continue;
        }
        // Mistral takes the language, or tells the times.
        let excluded = field.from == "language" && times && row.times == Times::Granularities;
        if excluded && request.params.take("language").is_some() {
            call.drop_param("language")?;
        } else {
            form.copy(call, request, field)?;
        }
    }
    // Where only words have speakers, those are asked for.
    let mut words = asked.words || (row.speakers_of_words && diarizes);
    if words && diarizes && row.times == Times::Granularities {
        // "diarize requires timestamp_granularities to be ['segment']"
        call.drop_param("timestamp_granularities")?;
        (words, asked.words, asked.segments) = (false, false, true);
    }
    match row.times {
        Times::Never | Times::Always => {}
        Times::Verbose => {
            form.field("response_format", "response_format", if times { "verbose_json" } else { "json" })?;
            if times && words {
                form.field("timestamp_granularities", row.granularities, "word")?;
                if asked.wants_segments() {
                    form.field("timestamp_granularities", row.granularities, "segment")?;
                }
            }
        }
        // One of both: segments are made of words where both are wanted.
        Times::Granularities if times => {
            form.field("timestamp_granularities", row.granularities, if words { "word" } else { "segment" })?;
        }
        Times::Granularities => {}
    }
    if row.streams && asked.is_stream() {
        form.field("stream", "stream", "true")?;
    }
    for (name, value) in request.extras(call, "openai")? {
        form.field(&name, &name, value)?;
    }
    let file = &request.file;
    form.0.file("file", file.name.as_deref(), file.media_type, file.content.clone());
    let ask = Ask {
        payload: Payload::Written(form.0.finish()),
        content_type: Some(multipart::content_type(request.boundary)),
        ..Ask::default()
    };
    Ok(Sent::asked(ask, READER.of(&call.upstream.id, asked)))
}

/// A form that is written anew.
struct Form<'a>(FormWriter<'a>);

impl Form<'_> {
    /// A field for what the client calls `param`.
    ///
    /// # Errors
    /// 400 when its text would be taken for the form's end.
    fn field(&mut self, param: &str, name: &str, value: &str) -> Result<(), Error> {
        if self.0.field(name, value) {
            return Ok(());
        }
        let message = format!("Invalid '{}': a boundary of the form stands in it.", shown(param));
        Err(Error::invalid(message).param(shown(param)).code("invalid_value"))
    }

    /// What the client says under one name, under the provider's.
    fn copy(&mut self, call: &mut Call<'_>, request: &Request<'_>, field: &Field) -> Result<(), Error> {
        let (from, params) = (field.from, &request.params);
        let value: Option<Cow<'_, str>> = match field.what {
            What::Text => params.take(from).map(Cow::Borrowed),
            What::Number(min, max) => params.number_within(call, from, min..=max)?.map(|number| number.text),
            What::Flag => {
                params.boolean(from)?.map(|flag| Cow::Borrowed(if flag { "true" } else { "false" }))
            }
            What::Speakers => request.speakers()?.map(|count| Cow::Owned(count.to_string())),
            What::Keywords(terms) => {
                for term in request.keywords(call, terms)? {
                    self.field(from, field.to, &term)?;
                }
                None
            }
            What::Terms(terms) => {
                for term in request.terms(call, terms)? {
                    // Mistral's terms have no spaces: "farewell_address".
                    let term = if terms.refused.contains(' ') { term.replace(' ', "_") } else { term };
                    self.field(from, field.to, &term)?;
                }
                None
            }
        };
        match value {
            Some(value) => self.field(from, field.to, &value),
            None => Ok(()),
        }
    }
}

/// Reads `{text, language?, duration?, words?, segments?, speaker_segments?, usage?}`.
fn whole(provider: &str, object: &Object<'_>, out: &mut Transcription) -> Result<(), Error> {
    let text = object.get("text").and_then(Text::of).ok_or_else(|| Error::unreadable(provider))?;
    out.whole_text(text);
    about(object, out);
    let diarized = out.asked().format == Format::DiarizedJson;
    // Together has a list of what each says beside the one of segments.
    let spoken = object.get("speaker_segments").filter(|_| diarized);
    let segments = spoken.or_else(|| object.get("segments")).unwrap_or_default();
    let words = object.get("words").unwrap_or_default();
    // Segments are made of words where there are none, or where words alone say who speaks.
    let by_words =
        items(segments).next().is_none() || (diarized && !has_speaker(segments) && has_speaker(words));
    for item in items(words).filter_map(|item| Object::parse(item.as_bytes()).ok()) {
        match timed(&item) {
            Some(word) if by_words => out.said(&word),
            Some(word) => out.word(&word),
            None => {}
        }
    }
    for item in items(segments).filter_map(|item| Object::parse(item.as_bytes()).ok()) {
        if !by_words {
            segment(&item, out);
        }
    }
    Ok(())
}

/// An event of a stream: OpenAI's, Mistral's, or a chunk of vLLM's.
fn event(provider: &str, event: &Event<'_>, out: &mut Transcription) -> Result<Flow, Error> {
    let object = Object::parse(event.data.as_bytes()).map_err(|_| Error::unreadable(provider))?;
    if let Some(error) = object.get("error").filter(|error| kind(error) != Kind::Null) {
        let error = Object::parse(error.as_bytes()).ok().and_then(|error| error.string("message"));
        let message =
            error.unwrap_or(Cow::Borrowed("The provider ended its stream with an error. Ask again."));
        return Err(Error::new(502, message));
    }
    let kind = object.string("type").or_else(|| object.string("object")).unwrap_or_default();
    match kind.as_ref() {
        "transcript.text.delta" | "transcription.text.delta" => {
            let text = object.get("delta").or_else(|| object.get("text")).and_then(Text::of);
            out.text(text.ok_or_else(|| Error::unreadable(provider))?);
        }
        "transcription.language" => {
            if let Some(language) = object.get("audio_language").and_then(Text::of) {
                out.language(language);
            }
        }
        "transcript.text.segment" | "transcription.segment" => segment(&object, out),
        "transcript.text.done" | "transcription.done" => {
            // A stream without segments says them at its end, if they were asked for.
            match object.get("text").and_then(Text::of) {
                Some(text) => out.whole_text(text),
                None => out.text(Text::Plain("")),
            }
            about(&object, out);
            if !out.has_segments() {
                let list = items(object.get("segments").unwrap_or_default());
                for item in list.filter_map(|item| Object::parse(item.as_bytes()).ok()) {
                    segment(&item, out);
                }
            }
            return Ok(Flow::Last);
        }
        "transcription.chunk" | "translation.chunk" => {
            let choice = items(object.get("choices").unwrap_or_default()).next();
            let choice = choice.and_then(|choice| Object::parse(choice.as_bytes()).ok());
            let delta =
                choice.as_ref().and_then(|choice| Object::parse(choice.get("delta")?.as_bytes()).ok());
            if let Some(text) = delta.as_ref().and_then(|delta| delta.get("content")).and_then(Text::of) {
                out.text(text);
            }
            // Each part of a long recording ends; the stream does with `[DONE]`.
            if choice.as_ref().is_some_and(|choice| choice.string("finish_reason").is_some()) {
                out.text(Text::Plain(""));
                out.ends();
            }
            about(&object, out);
        }
        _ => return Ok(Flow::Unknown),
    }
    Ok(Flow::More)
}

/// A segment, or a word where words were asked for instead.
fn segment(item: &Object<'_>, out: &mut Transcription) {
    let Some(Word { text, start, end, speaker, .. }) = timed(item) else { return };
    let is_word = item.string("type").as_deref() == Some("transcription_segment") && out.asked().words;
    if is_word {
        return out.said(&Word { text, start, end, speaker, logprob: None });
    }
    out.segment(&Segment { text, start, end, speaker, more: Some(item) });
}

/// What has a text and times.
fn timed<'a>(item: &Object<'a>) -> Option<Word<'a>> {
    let text = item.get("word").or_else(|| item.get("text")).and_then(Text::of)?;
    let time = |name| number(item.get(name));
    let speaker = item.get("speaker").or_else(|| item.get("speaker_id"));
    let speaker = speaker.filter(|speaker| kind(speaker) != Kind::Null);
    Some(Word { text, start: time("start")?, end: time("end")?, speaker, logprob: None })
}

fn has_speaker(list: &str) -> bool {
    let first = items(list).next().and_then(|item| Object::parse(item.as_bytes()).ok());
    first.as_ref().and_then(timed).is_some_and(|word| word.speaker.is_some())
}

/// The language, the length, and what was counted.
fn about(object: &Object<'_>, out: &mut Transcription) {
    if let Some(language) = object.get("language").and_then(Text::of) {
        out.language(language);
    }
    // vLLM writes the length as a text.
    let length = object.get("duration").and_then(|length| match kind(length) {
        Kind::String => string(length),
        _ => Some(Cow::Borrowed(length)),
    });
    if let Some(length) = number(length.as_deref()) {
        out.duration(length);
    }
    let usage = object.get("usage").and_then(|usage| Object::parse(usage.as_bytes()).ok());
    let Some(usage) = usage else { return };
    if let Some(seconds) = number(usage.get("seconds").or_else(|| usage.get("prompt_audio_seconds"))) {
        out.seconds(seconds);
    }
    let count = |object: &Object<'_>, name| object.get(name).and_then(|count| count.parse::<u64>().ok());
    let either = |one, other| count(&usage, one).or_else(|| count(&usage, other));
    let Some(input) = either("input_tokens", "prompt_tokens") else { return };
    let output = either("output_tokens", "completion_tokens").unwrap_or(0);
    let details = usage.get("input_token_details").or_else(|| usage.get("prompt_tokens_details"));
    let details = details.and_then(|details| Object::parse(details.as_bytes()).ok());
    let detail = |name| details.as_ref().and_then(|details| count(details, name));
    // Mistral counts the audio in the total alone.
    let total = count(&usage, "total_tokens").unwrap_or(0);
    let input = input.max(total.saturating_sub(output));
    let audio = detail("audio_tokens");
    let text = detail("text_tokens").or_else(|| audio.map(|audio| input.saturating_sub(audio)));
    out.tokens(Tokens { input, audio, text, output });
}
