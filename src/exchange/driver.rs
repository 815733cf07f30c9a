//! Drives a stream that is translated: cuts it into events, lets its [`Source`] read each, and fetches what the
//! client gets of them.
//!
//! | the provider sends | the client gets |
//! |---|---|
//! | an event of a known kind | its translation |
//! | an event of an unknown kind, a comment, a ping | nothing |
//! | a known kind that cannot be read, bytes that are no frame, an event or an answer over its limit | one error event, then the end; no `[DONE]` |
//! | its own error event | the same, with its message in OpenAI's error object |
//! | the end after its last event | the reasons, the usage if it was asked for, then `[DONE]` |
//! | the end without it | an error event `upstream_truncated`; never an invented `finish_reason` |
//!
//! What comes behind an error, or behind the last event, is left out.

use super::answer::too_large;
use super::source::{Cut, Source};
use crate::dialect::openai::error::without;
use crate::dialect::{Event, Flow, Framing};
use crate::error::Error;
use crate::gateway::Limits;
use crate::usage::Usage;
use crate::wire::eventstream::{self, Broken};
use crate::wire::json::Object;
use crate::wire::sse;
use crate::wire::write::Writer;

/// A stream on its way.
#[derive(Debug)]
pub(super) struct Driver {
    frames: Frames,
    reader: Reader,
}

/// The stream, cut into events.
#[derive(Debug)]
enum Frames {
    Sse(sse::Frames),
    EventStream(eventstream::Frames),
    /// It is not cut.
    Bytes,
}

/// Who reads the events and writes what they say, and under which limits.
#[derive(Debug)]
struct Reader {
    source: Source,
    /// The provider's id, for errors.
    provider: String,
    /// The provider's key, which some repeat in their errors.
    secret: Option<String>,
    /// The most bytes of an event that is not whole, and of a body, which is what may be kept for the end.
    limits: Limits,
    /// The client got its end.
    over: bool,
}

impl Driver {
    /// A stream of which nothing has come.
    pub(super) fn new(source: Source, provider: String, secret: Option<String>, limits: Limits) -> Self {
        let frames = match source.cut() {
            Cut::Events(Framing::Sse) => Frames::Sse(sse::Frames::default()),
            Cut::Events(Framing::EventStream) => Frames::EventStream(eventstream::Frames::default()),
            Cut::Bytes => Frames::Bytes,
        };
        Self { frames, reader: Reader { source, provider, secret, limits, over: false } }
    }

    /// The next piece, cut anywhere: what the client gets in its place.
    pub(super) fn piece(&mut self, bytes: &[u8]) -> Vec<u8> {
        let reader = &mut self.reader;
        if reader.over {
            return Vec::new();
        }
        match &mut self.frames {
            Frames::Sse(frames) => {
                frames.push(bytes);
                while !reader.over {
                    let Some(event) = frames.next_event() else { break };
                    reader.sse(event);
                }
                reader.check(frames.rest().len());
            }
            Frames::EventStream(frames) => {
                frames.push(bytes);
                while !reader.over {
                    match frames.next_frame(reader.limits.event_bytes) {
                        Ok(Some(frame)) => reader.frame(&frame),
                        Ok(None) => break,
                        Err(Broken::TooLong) => reader.too_large(),
                        Err(_) => reader.fail(Error::unreadable(&reader.provider)),
                    }
                }
                reader.check(frames.rest().len());
            }
            Frames::Bytes => {
                if let Err(error) = reader.source.bytes(bytes) {
                    reader.fail(error);
                }
                reader.check(0);
            }
        }
        reader.source.take()
    }

    /// The end of the stream: what is still to be said.
    pub(super) fn end(&mut self) -> Vec<u8> {
        let reader = &mut self.reader;
        match &mut self.frames {
            // A last event without its blank line, unless it is half of one.
            Frames::Sse(frames) if !is_cut(frames.rest()) => reader.sse(frames.rest()),
            Frames::Sse(_) => {}
            Frames::EventStream(frames) if !reader.over && !frames.rest().is_empty() => {
                reader.fail(Error::truncated());
            }
            Frames::EventStream(_) | Frames::Bytes => {}
        }
        if !reader.over {
            let ended = reader.source.end();
            reader.close(ended);
        }
        reader.source.take()
    }

    /// What was counted so far.
    pub(super) fn usage(&self) -> Option<Usage> {
        self.reader.source.counted()
    }
}

impl Reader {
    fn sse(&mut self, event: &[u8]) {
        if self.over || event.trim_ascii().is_empty() {
            return;
        }
        let Some(event) = sse::Event::read(event) else {
            return self.fail(Error::unreadable(&self.provider));
        };
        // OpenAI's mark of the end says nothing where the language has one of its own.
        match event.data.as_deref().map(str::trim) {
            None | Some("" | "[DONE]") => {}
            Some(data) => self.event(&Event { name: event.name, data, exception: false }),
        }
    }

    /// A frame is an event, an exception that the service foresees, or an error that it does not.
    fn frame(&mut self, frame: &eventstream::Frame<'_>) {
        let told = frame.header(":message-type").unwrap_or("event");
        if told == "error" {
            let mut data = Writer::default();
            data.object(|data| {
                data.text_member("message", frame.header(":error-message").unwrap_or_default());
            });
            let name = frame.header(":error-code");
            return self.event(&Event { name, data: data.as_str(), exception: true });
        }
        let exception = told == "exception";
        let name = frame.header(if exception { ":exception-type" } else { ":event-type" });
        match core::str::from_utf8(frame.payload) {
            Ok(data) => {
                let data = if data.is_empty() { "{}" } else { data };
                self.event(&Event { name, data, exception });
            }
            Err(_) => self.fail(Error::unreadable(&self.provider)),
        }
    }

    fn event(&mut self, event: &Event<'_>) {
        match self.source.event(event) {
            Ok(Flow::More | Flow::Unknown) => {}
            Ok(Flow::Last) => self.close(true),
            Err(error) => self.fail(error),
        }
    }

    /// Ends the answer, which is whole only if all that began has ended.
    fn close(&mut self, ended: bool) {
        if ended && self.source.finished() {
            self.source.close();
            self.over = true;
        } else {
            self.fail(Error::truncated());
        }
    }

    fn fail(&mut self, mut error: Error) {
        if let Some(secret) = &self.secret
            && let Some(message) = without(error.message.as_bytes(), secret)
        {
            error.message = String::from_utf8_lossy(&message).into_owned();
        }
        self.source.fail(&error);
        self.over = true;
    }

    /// Ends a stream that holds more than it may.
    fn check(&mut self, waiting: usize) {
        if self.over {
            return;
        }
        if waiting > self.limits.event_bytes {
            self.too_large();
        } else if self.source.held() > self.limits.body_bytes {
            self.fail(too_large(&self.provider, self.limits.body_bytes));
        }
    }

    fn too_large(&mut self) {
        let message = format!(
            "The provider {} sent an event larger than {} bytes, which the proxy does not hold: raise \
             `limits.event_bytes` in its configuration.",
            self.provider, self.limits.event_bytes
        );
        self.fail(Error::new(502, message).code("upstream_event_too_large"));
    }
}

/// Whether an event that no blank line ends broke off within its data.
fn is_cut(event: &[u8]) -> bool {
    let data = sse::Event::read(event).and_then(|event| event.data);
    data.is_none_or(|data| data.starts_with('{') && Object::parse(data.as_bytes()).is_err())
}

#[cfg(test)]
mod tests;
