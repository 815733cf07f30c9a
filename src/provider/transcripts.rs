//! How transcriptions of OpenAI's language differ, as data.

use crate::surface::transcription::Terms;

/// What a provider takes in the form of a transcription, and what its answers have. Answers are read and written anew, so
/// that a form of the answer which the provider has not (`srt`) is made of one that it has.
#[derive(Debug, PartialEq)]
pub struct Transcripts {
    /// The fields that it takes beside the model and the file.
    pub fields: &'static [Field],
    /// How its answers come to have times.
    pub times: Times,
    /// What it calls `timestamp_granularities[]`.
    pub granularities: &'static str,
    /// The field that makes it tell speakers apart when it is `true`.
    pub diarize: Option<&'static str>,
    /// Of the speakers it labels words alone.
    pub speakers_of_words: bool,
    /// It answers `stream` with events.
    pub streams: bool,
}

impl Transcripts {
    /// What data leaves unsaid.
    pub const ROW: Self = Self {
        fields: &[],
        times: Times::Never,
        granularities: "timestamp_granularities[]",
        diarize: None,
        speakers_of_words: false,
        streams: false,
    };
}

/// How the answers of a provider come to have times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// They never have some.
    Never,
    /// They always have those of words.
    Always,
    /// `response_format` is `verbose_json`.
    Verbose,
    /// `timestamp_granularities` asks for them, and may not stand beside `language`. There is no `response_format`.
    Granularities,
}

/// A field of a form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    /// The client's name for it: OpenAI's or Orq's.
    pub from: &'static str,
    /// The provider's.
    pub to: &'static str,
    /// What stands in it.
    pub what: What,
    /// The provider refuses forms without it.
    pub needed: bool,
}

/// What stands in a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    /// A text.
    Text,
    /// A number from one to another.
    Number(f64, f64),
    /// `true` or `false`.
    Flag,
    /// Words and phrases, a field each: OpenAI's `keywords`.
    Keywords(&'static Terms),
    /// The same, and those of a prompt.
    Terms(&'static Terms),
    /// Orq's `num_speakers`.
    Speakers,
}

/// A text that has the same name on both sides.
#[must_use]
pub const fn text(name: &'static str) -> Field {
    field(name, name, What::Text)
}

/// A field that the provider knows by another name.
#[must_use]
pub const fn field(from: &'static str, to: &'static str, what: What) -> Field {
    Field { from, to, what, needed: false }
}
