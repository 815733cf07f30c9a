//! A transcript, written in the form that the client asked for while a dialect tells it.
//!
//! | form | what it is | what the provider must have |
//! |---|---|---|
//! | `json` | `{text, usage?}` | text |
//! | `text` | the text and a line end | text |
//! | `srt`, `vtt` | a cue for each segment | times |
//! | `verbose_json` | language, duration, segments and words as asked for | times |
//! | `diarized_json` | a segment for each that one speaker said | times, and who speaks |
//!
//! A stream has `transcript.text.delta` for each text as it comes, of `diarized_json` `transcript.text.segment` for each
//! segment, then `transcript.text.done` and `[DONE]`. Forms that OpenAI has for `whisper-1` alone are never streams, as
//! they are not there: the whole answer comes in their place.
//!
//! Where Orq's `diarize` asks for it, words and segments of `verbose_json` have OpenAI's label of their `speaker`, too.
//! Of a segment OpenAI requires numbers that other providers do not count (`avg_logprob`, `compression_ratio`,
//! `no_speech_prob`, `seek`, `temperature`); they are 0 then, and `tokens` has none. Times are copied digit by digit.

use super::cues::{self, Length};
use super::{Asked, Format, Task};
use crate::dialect::Whole;
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// A word, and when it is said.
#[derive(Clone, Copy, Debug)]
pub struct Word<'a> {
    /// The word.
    pub text: Text<'a>,
    /// When it starts, in seconds, as JSON has it.
    pub start: &'a str,
    /// When it ends, in seconds, as JSON has it.
    pub end: &'a str,
    /// Who says it, in the provider's words: text or number, as JSON has it.
    pub speaker: Option<&'a str>,
    /// The logarithm of how probable it is, as JSON has it.
    pub logprob: Option<&'a str>,
}

/// A part of the transcript, and when it is said.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Its text.
    pub text: Text<'a>,
    /// When it starts, in seconds, as JSON has it.
    pub start: &'a str,
    /// When it ends, in seconds, as JSON has it.
    pub end: &'a str,
    /// Who speaks, in the provider's words: text or number, as JSON has it.
    pub speaker: Option<&'a str>,
    /// Where more of OpenAI's numbers may stand.
    pub more: Option<&'a Object<'a>>,
}

/// What the provider counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// What went in.
    pub input: u64,
    /// Of that: audio.
    pub audio: Option<u64>,
    /// Of that: text.
    pub text: Option<u64>,
    /// What came out.
    pub output: u64,
}

/// A transcript while it is told.
#[derive(Debug)]
pub struct Transcription {
    asked: Asked,
    /// The whole text, if any was told.
    text: Option<String>,
    language: Option<String>,
    /// The provider's, in seconds, as JSON has it.
    duration: Option<String>,
    /// The end of what was said last, in seconds, as JSON has it.
    end: String,
    /// The words of `verbose_json`.
    words: Writer,
    /// The segments of the form: JSON, or cues.
    segments: String,
    /// How many there are.
    count: u64,
    /// The speakers in the provider's words, in the order in which they spoke first.
    speakers: Vec<String>,
    /// A segment that is being made of words.
    group: Option<Group>,
    /// How many bytes of the text stand in segments that were made of words.
    grouped: usize,
    tokens: Option<Tokens>,
    /// What the provider counted beside its length: seconds, as JSON has them.
    seconds: Option<String>,
    /// The provider said that it was all.
    ended: bool,
    /// The events so far.
    events: String,
}

/// A segment that is being made of words.
#[derive(Debug)]
struct Group {
    text: String,
    start: String,
    end: String,
    speaker: Option<String>,
    length: Length,
    /// The sum of the words' logarithms, and of how many.
    logprob: (f64, u32),
    /// Whether the last word ended a sentence.
    ended: bool,
}

/// The most speakers that are told apart.
const MOST_SPEAKERS: usize = 256;

impl Transcription {
    /// Nothing is told yet.
    #[must_use]
    pub fn new(asked: Asked) -> Self {
        Self {
            asked,
            text: None,
            language: None,
            duration: None,
            end: String::new(),
            words: Writer::default(),
            segments: String::new(),
            count: 0,
            speakers: Vec::new(),
            group: None,
            grouped: 0,
            tokens: None,
            seconds: None,
            ended: false,
            events: String::new(),
        }
    }

    /// The text, or the next part of it.
    pub fn text(&mut self, text: Text<'_>) {
        if self.is_stream() && self.asked.format != Format::DiarizedJson && !text.is_empty() {
            self.event("transcript.text.delta", |event| event.text_member("delta", text));
        }
        self.text.get_or_insert_default().push_str(&text.decoded());
    }

    /// The text is this, whatever was told of it before: what a stream says at its end.
    pub fn whole_text(&mut self, text: Text<'_>) {
        match &mut self.text {
            Some(told) if !told.is_empty() => text.decoded().as_ref().clone_into(told),
            _ => self.text(text),
        }
    }

    /// The language that is spoken.
    pub fn language(&mut self, language: Text<'_>) {
        self.language = Some(language.decoded().into_owned()).filter(|language| !language.is_empty());
    }

    /// How long the audio is: seconds, as JSON has them.
    pub fn duration(&mut self, seconds: &str) {
        self.duration = number(Some(seconds)).map(str::to_owned);
    }

    /// How many seconds were counted, as JSON has them, where that is not the length.
    pub fn seconds(&mut self, seconds: &str) {
        self.seconds = number(Some(seconds)).map(str::to_owned);
    }

    /// The provider said that this was all, and may say no more.
    pub fn ends(&mut self) {
        self.ended = true;
    }

    /// Whether it did.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether a segment was told.
    #[must_use]
    pub fn has_segments(&self) -> bool {
        self.count > 0 || self.group.is_some()
    }

    /// What the client wants to hear.
    #[must_use]
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// What was counted.
    pub fn tokens(&mut self, tokens: Tokens) {
        self.tokens = Some(tokens);
    }

    /// A word of which no segment is made.
    pub fn word(&mut self, word: &Word<'_>) {
        self.ends_at(word.end);
        if self.asked.format == Format::VerboseJson && self.asked.words {
            let speaker = self.asked.diarizes.then(|| self.speaker(word.speaker));
            if self.words.as_str().is_empty() {
                self.words.begin_array();
            }
            self.words.object(|object| {
                object.text_member("word", word.text.decoded().trim());
                object.raw_member("start", word.start);
                object.raw_member("end", word.end);
                if let Some(speaker) = &speaker {
                    object.text_member("speaker", speaker.as_str());
                }
            });
        }
    }

    /// A word of the text that was told, to be put into a segment.
    pub fn said(&mut self, word: &Word<'_>) {
        self.word(word);
        if !self.asked.wants_segments() {
            return;
        }
        // Some write the space before a word into it.
        let text = word.text.decoded();
        let text = text.trim();
        let (start, end) = (cues::milliseconds(word.start), cues::milliseconds(word.end));
        let gap = self.gap(text);
        let chars = text.chars().count().saturating_add(gap.chars().count());
        let is_over = self.group.as_ref().is_some_and(|group| {
            group.ended
                || group.speaker.as_deref() != word.speaker
                || cues::ends_before(group.length, chars, start, end)
        });
        if is_over {
            self.end_group();
        }
        let group = self.group.get_or_insert_with(|| Group {
            text: String::new(),
            start: word.start.to_owned(),
            end: String::new(),
            speaker: word.speaker.map(str::to_owned),
            length: Length { chars: 0, start, end },
            logprob: (0.0, 0),
            ended: false,
        });
        group.text.push_str(&gap);
        group.text.push_str(text);
        word.end.clone_into(&mut group.end);
        group.length.end = end;
        group.length.chars = group.length.chars.saturating_add(chars);
        group.ended = cues::ends_sentence(text);
        if let Some(logprob) = word.logprob.and_then(|logprob| logprob.parse::<f64>().ok()) {
            group.logprob = (group.logprob.0 + logprob, group.logprob.1.saturating_add(1));
        }
    }

    /// What stands in the text between the words that came before and this one.
    fn gap(&mut self, word: &str) -> String {
        let rest = self.text.as_deref().and_then(|text| text.get(self.grouped..)).unwrap_or_default();
        let next = rest.trim_start();
        if next.starts_with(word) {
            let gap = rest.strip_suffix(next).unwrap_or_default().to_owned();
            self.grouped = self.grouped.saturating_add(gap.len()).saturating_add(word.len());
            return gap;
        }
        // The provider writes it in another way there.
        if self.count == 0 && self.group.is_none() { String::new() } else { " ".to_owned() }
    }

    fn end_group(&mut self) {
        let Some(group) = self.group.take() else { return };
        let logprob = match group.logprob {
            (_, 0) => None,
            (sum, count) => Some((sum / f64::from(count)).to_string()),
        };
        let more = logprob.map(|logprob| format!("{{\"avg_logprob\":{logprob}}}"));
        let more = more.as_ref().and_then(|more| Object::parse(more.as_bytes()).ok());
        self.segment(&Segment {
            text: Text::Plain(&group.text),
            start: &group.start,
            end: &group.end,
            speaker: group.speaker.as_deref(),
            more: more.as_ref(),
        });
    }

    /// A segment of the provider's own.
    pub fn segment(&mut self, segment: &Segment<'_>) {
        self.ends_at(segment.end);
        if !self.asked.wants_segments() {
            return;
        }
        let id = self.count;
        self.count = id.saturating_add(1);
        match self.asked.format {
            Format::Srt | Format::Vtt => self.cue(segment),
            Format::DiarizedJson => {
                let speaker = self.speaker(segment.speaker);
                let write = |object: &mut Writer| {
                    object.text_member("id", format!("seg_{id}").as_str());
                    object.raw_member("start", segment.start);
                    object.raw_member("end", segment.end);
                    object.text_member("text", segment.text);
                    object.text_member("speaker", speaker.as_str());
                };
                if self.is_stream() {
                    return self.event("transcript.text.segment", write);
                }
                self.listed(|object| {
                    object.text_member("type", "transcript.text.segment");
                    write(object);
                });
            }
            _ => {
                let speaker = self.asked.diarizes.then(|| self.speaker(segment.speaker));
                self.listed(|object| {
                    let known = |name| number(segment.more.and_then(|more| more.get(name)));
                    object.number_member("id", id);
                    object.raw_member("seek", known("seek").filter(|seek| is_whole(seek)).unwrap_or("0"));
                    object.raw_member("start", segment.start);
                    object.raw_member("end", segment.end);
                    object.text_member("text", segment.text);
                    let tokens = segment.more.and_then(|more| more.get("tokens"));
                    object.raw_member(
                        "tokens",
                        tokens.filter(|list| kind(list) == Kind::Array).unwrap_or("[]"),
                    );
                    for name in ["temperature", "avg_logprob", "compression_ratio", "no_speech_prob"] {
                        object.raw_member(name, known(name).unwrap_or("0"));
                    }
                    if let Some(speaker) = speaker {
                        object.text_member("speaker", speaker.as_str());
                    }
                });
            }
        }
    }

    fn cue(&mut self, segment: &Segment<'_>) {
        let is_srt = self.asked.format == Format::Srt;
        let point = if is_srt { ',' } else { '.' };
        let time = |seconds| cues::time(cues::milliseconds(seconds), point);
        if is_srt {
            self.segments.push_str(&format!("{}\n", self.count));
        }
        // An empty line would end the cue, and an arrow is for times alone.
        let text = segment.text.decoded();
        let mut line = String::with_capacity(text.len());
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
        let line = line.replace("-->", "->");
        self.segments.push_str(&format!("{} --> {}\n{line}\n\n", time(segment.start), time(segment.end)));
    }

    /// Adds a segment to the list.
    fn listed(&mut self, write: impl FnOnce(&mut Writer)) {
        let mut writer = Writer::default();
        writer.object(write);
        if !self.segments.is_empty() {
            self.segments.push(',');
        }
        self.segments.push_str(writer.as_str());
    }

    /// OpenAI's label for a speaker: one who has no name in the provider's answer is the first.
    fn speaker(&mut self, name: Option<&str>) -> String {
        let name = name.unwrap_or_default();
        let known = self.speakers.iter().position(|known| known == name);
        let index = known.unwrap_or_else(|| {
            if self.speakers.len() < MOST_SPEAKERS {
                self.speakers.push(name.to_owned());
            }
            self.speakers.len().saturating_sub(1)
        });
        cues::speaker(index)
    }

    fn ends_at(&mut self, seconds: &str) {
        seconds.clone_into(&mut self.end);
    }

    /// Whether the client gets a stream.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        self.asked.is_stream()
    }

    fn event(&mut self, kind: &str, write: impl FnOnce(&mut Writer)) {
        let mut event = Writer::default();
        event.object(|event| {
            event.text_member("type", kind);
            write(event);
        });
        self.events.push_str("data: ");
        self.events.push_str(event.as_str());
        self.events.push_str("\n\n");
    }

    /// Whether there is a text, which may be empty.
    #[must_use]
    pub fn is_told(&self) -> bool {
        self.text.is_some()
    }

    /// How many bytes are kept to be written at the end.
    #[must_use]
    pub fn held(&self) -> usize {
        let text = self.text.as_ref().map_or(0, String::len);
        text.saturating_add(self.segments.len()).saturating_add(self.words.as_str().len())
    }

    /// What was counted, for the record.
    #[must_use]
    pub fn counted(&self) -> Option<Usage> {
        self.tokens.map(|Tokens { input, output, .. }| Usage { input, output, ..Usage::default() })
    }

    /// Adds the events since the last time.
    pub fn take(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(core::mem::take(&mut self.events).as_bytes());
    }

    /// The whole answer, once all was told.
    pub fn finish(&mut self) -> Whole {
        self.close();
        let content_type = match self.asked.format {
            _ if self.is_stream() => "text/event-stream",
            Format::Json | Format::VerboseJson | Format::DiarizedJson => "application/json",
            Format::Text | Format::Srt | Format::Vtt => "text/plain; charset=utf-8",
        };
        let body = core::mem::take(&mut self.events).into_bytes();
        Whole { content_type: Cow::Borrowed(content_type), body, usage: self.counted() }
    }

    /// Ends the answer: what is left is a stream's last events, or the whole body.
    pub fn close(&mut self) {
        self.end_group();
        let text = self.text.take().unwrap_or_default();
        let format = self.asked.format;
        // A text without times, in a form that has times: the whole is one segment.
        if self.count == 0 && self.asked.wants_segments() && !text.trim().is_empty() {
            let end = self.duration.clone().unwrap_or_else(|| "0".to_owned());
            self.segment(&Segment {
                text: Text::Plain(&text),
                start: "0",
                end: &end,
                speaker: None,
                more: None,
            });
        }
        if self.is_stream() {
            let tokens = self.tokens;
            self.event("transcript.text.done", |event| {
                event.text_member("text", text.as_str());
                // OpenAI has no other usage here.
                if let Some(tokens) = tokens {
                    event.object_member("usage", |usage| count(usage, tokens));
                }
            });
            self.events.push_str("data: [DONE]\n\n");
            return;
        }
        self.events = match format {
            Format::Text => text + "\n",
            Format::Srt => core::mem::take(&mut self.segments),
            Format::Vtt => format!("WEBVTT\n\n{}", self.segments),
            Format::Json | Format::VerboseJson | Format::DiarizedJson => self.object(&text),
        };
    }

    fn object(&mut self, text: &str) -> String {
        let format = self.asked.format;
        let translates = self.asked.task == Task::Translate;
        let mut body = Writer::with_capacity(self.held().saturating_add(text.len()).saturating_add(256));
        body.object(|body| {
            if format != Format::Json {
                body.text_member("task", if translates { "translate" } else { "transcribe" });
                if format == Format::VerboseJson {
                    let language = match (translates, &self.language, &self.asked.language) {
                        // The language is the translation's.
                        (true, ..) => "english",
                        (false, Some(language), _) | (false, None, Some(language)) => language,
                        // ISO 639-2 for a language that nobody knows.
                        (false, None, None) => "und",
                    };
                    body.text_member("language", language);
                }
                let end = number(Some(&self.end)).or(self.seconds.as_deref()).unwrap_or("0");
                body.raw_member("duration", self.duration.as_deref().unwrap_or(end));
            }
            body.text_member("text", text);
            if format == Format::VerboseJson && self.asked.words {
                if self.words.as_str().is_empty() {
                    self.words.begin_array();
                }
                self.words.end_array();
                body.raw_member("words", self.words.as_str());
            }
            if self.asked.wants_segments() {
                body.raw_member("segments", &format!("[{}]", self.segments));
            }
            let tokens = self.tokens.filter(|_| format != Format::VerboseJson);
            match (tokens, self.seconds.as_ref().or(self.duration.as_ref())) {
                // OpenAI's translations have none.
                _ if translates => {}
                (Some(tokens), _) => body.object_member("usage", |usage| count(usage, tokens)),
                (None, Some(seconds)) => body.object_member("usage", |usage| {
                    usage.text_member("type", "duration");
                    usage.raw_member("seconds", seconds);
                }),
                (None, None) => {}
            }
        });
        body.finish()
    }
}

/// OpenAI's usage in tokens.
fn count(usage: &mut Writer, tokens: Tokens) {
    usage.text_member("type", "tokens");
    usage.number_member("input_tokens", tokens.input);
    if tokens.audio.is_some() || tokens.text.is_some() {
        usage.object_member("input_token_details", |details| {
            for (name, count) in [("text_tokens", tokens.text), ("audio_tokens", tokens.audio)] {
                if let Some(count) = count {
                    details.number_member(name, count);
                }
            }
        });
    }
    usage.number_member("output_tokens", tokens.output);
    usage.number_member("total_tokens", tokens.input.saturating_add(tokens.output));
}

/// A number as it stands in JSON; `None` for any other value.
#[must_use]
pub fn number(value: Option<&str>) -> Option<&str> {
    value.filter(|value| kind(value) == Kind::Number && value.parse::<f64>().is_ok())
}

fn is_whole(number: &str) -> bool {
    number.parse::<u64>().is_ok()
}
