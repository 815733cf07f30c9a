//! `/audio/transcriptions` and `/audio/translations`: what a client's form asks for, and the transcript in OpenAI's
//! forms.
//!
//! On the way up a [`Request`] is read from the form, its file a range of the client's body. On the way down a
//! dialect's [`Reader`] tells a [`Transcription`] what the provider heard: the text, words and segments with their
//! times, who spoke. Source: `CreateTranscriptionRequest` and the schemas of its answers in OpenAI's specification, and
//! Orq's reference for `enable_logging`, `diarize`, `tag_audio_events`, `num_speakers` and `timestamps_granularity`.

mod answer;
pub mod audio;
mod cues;
mod reader;
mod request;
#[cfg(test)]
mod tests;

pub use answer::{Segment, Tokens, Transcription, Word, number};
pub use reader::{Reader, Transcribed};
pub use request::{File, Request, Terms, file};

/// What a client wants to hear.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// What is to be done.
    pub task: Task,
    /// `response_format`
    pub format: Format,
    /// `verbose_json` has words.
    pub words: bool,
    /// `verbose_json` has segments.
    pub segments: bool,
    /// `stream`
    pub streams: bool,
    /// Orq's `diarize`: words and segments of `verbose_json` say who speaks.
    pub diarizes: bool,
    /// The language that the client says is spoken.
    pub language: Option<String>,
}

/// What becomes of what is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Task {
    /// It is written down.
    #[default]
    Transcribe,
    /// It is written down in English.
    Translate,
}

/// `response_format`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `json`
    #[default]
    Json,
    /// `text`
    Text,
    /// `srt`
    Srt,
    /// `vtt`
    Vtt,
    /// `verbose_json`
    VerboseJson,
    /// `diarized_json`
    DiarizedJson,
}

impl Format {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Json, "json"),
        (Self::Text, "text"),
        (Self::Srt, "srt"),
        (Self::VerboseJson, "verbose_json"),
        (Self::Vtt, "vtt"),
        // Not of translations.
        (Self::DiarizedJson, "diarized_json"),
    ];

    /// OpenAI's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(format, _)| *format == self).map_or("", |(_, word)| word)
    }

    /// Whether it says when things are said.
    #[must_use]
    pub fn has_times(self) -> bool {
        !matches!(self, Self::Json | Self::Text)
    }
}

impl Asked {
    /// Whether the client gets a stream: `stream` does nothing for translations and for forms that
    /// OpenAI has for `whisper-1` alone, as it does nothing there.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        let can = matches!(self.format, Format::Json | Format::Text | Format::DiarizedJson);
        self.streams && can && self.task == Task::Transcribe
    }

    /// Whether the form that was asked for has segments.
    #[must_use]
    pub fn wants_segments(&self) -> bool {
        match self.format {
            Format::Json | Format::Text => false,
            Format::VerboseJson => self.segments,
            Format::Srt | Format::Vtt | Format::DiarizedJson => true,
        }
    }
}
