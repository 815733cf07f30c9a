//! A provider's answer on its way into a transcript.

use super::{Asked, Transcription};
use crate::dialect::{Convert, Event, Flow, Framing, Received, Told, Way};
use crate::error::Error;
use crate::headers::{Headers, media_type};
use crate::usage::Usage;
use crate::wire::json::Object;

/// Reads a whole body. The text is the provider's id, for errors.
type ReadWhole = fn(&str, &Object<'_>, &mut Transcription) -> Result<(), Error>;
/// Reads an event of a stream.
type ReadEvent = fn(&str, &Event<'_>, &mut Transcription) -> Result<Flow, Error>;

/// How the answers of a language are read.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// A whole body.
    pub whole: ReadWhole,
    /// An event of a stream, for languages that have some.
    pub event: Option<ReadEvent>,
}

impl Reader {
    /// Of a language without streams.
    #[must_use]
    pub const fn whole(whole: ReadWhole) -> Self {
        Self { whole, event: None }
    }

    /// An answer to what was asked.
    #[must_use]
    pub fn of(&'static self, provider: &str, asked: Asked) -> Transcribed {
        Transcribed { reader: self, provider: provider.to_owned(), transcript: Transcription::new(asked) }
    }
}

/// One answer: a transcript that is told by a [`Reader`].
#[derive(Debug)]
pub struct Transcribed {
    reader: &'static Reader,
    provider: String,
    transcript: Transcription,
}

impl Convert for Transcribed {
    fn way(&mut self, headers: &mut Headers) -> Way {
        let is_stream = headers.text("content-type").map(media_type).as_deref() == Some("text/event-stream");
        match self.reader.event {
            Some(_) if is_stream && self.transcript.is_stream() => Way::Events(Framing::Sse),
            _ => Way::Whole,
        }
    }

    fn whole(&mut self, answer: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.provider);
        let object = Object::parse(answer.body).map_err(|_| unreadable())?;
        (self.reader.whole)(&self.provider, &object, &mut self.transcript)?;
        if !self.transcript.is_told() {
            return Err(unreadable());
        }
        Ok(Told::Answer(self.transcript.finish()))
    }

    fn event(&mut self, event: &Event<'_>, out: &mut Vec<u8>) -> Result<Flow, Error> {
        let Some(read) = self.reader.event else { return Ok(Flow::Unknown) };
        let flow = read(&self.provider, event, &mut self.transcript)?;
        if flow == Flow::Last {
            self.transcript.close();
        }
        self.transcript.take(out);
        Ok(flow)
    }

    fn end(&mut self, out: &mut Vec<u8>) -> bool {
        if !self.transcript.has_ended() {
            return false;
        }
        self.transcript.close();
        self.transcript.take(out);
        true
    }

    fn counted(&self) -> Option<Usage> {
        self.transcript.counted()
    }

    fn held(&self) -> usize {
        self.transcript.held()
    }
}
