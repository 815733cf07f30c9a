//! Server-sent events (WHATWG HTML, 9.2), as whole events of a stream that arrives cut anywhere.
//!
//! Bytes are framed before they are decoded: a cut may fall within a line end or a character.

use memchr::memchr2;
use std::borrow::Cow;

/// Where the first event of `bytes` ends, its blank line included; `None` while it is not whole.
/// Lines end with LF, CR or CRLF; a CR that is the last byte may yet become a CRLF.
#[must_use]
pub fn event_end(bytes: &[u8]) -> Option<usize> {
    Seek::default().event_end(bytes)
}

/// A search for the end of an event that goes on where it stopped when more bytes have come, so that
/// no byte is looked at twice.
#[derive(Debug, Default)]
pub struct Seek {
    /// Where the present line starts.
    line: usize,
    /// Up to where it holds no line end.
    at: usize,
}

impl Seek {
    /// As [`event_end`]; `bytes` must start with what they were the last time. When an end is found
    /// the next search starts anew.
    pub fn event_end(&mut self, bytes: &[u8]) -> Option<usize> {
        loop {
            let Some(end) = line_end(bytes, self.at.max(self.line)) else {
                // A CR at the end is looked at again.
                self.at = bytes.len().saturating_sub(usize::from(bytes.ends_with(b"\r")));
                return None;
            };
            if end.start == self.line {
                *self = Self::default();
                return Some(end.next);
            }
            self.line = end.next;
        }
    }
}

/// A stream cut into whole events. It keeps what is not an event yet, and no more.
#[derive(Debug, Default)]
pub struct Frames {
    held: Vec<u8>,
    /// Up to where the events were told.
    told: usize,
    seek: Seek,
}

impl Frames {
    /// Takes the next piece.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.drain(..self.told.min(self.held.len()));
        self.told = 0;
        self.held.extend_from_slice(bytes);
    }

    /// The next event that is whole.
    pub fn next_event(&mut self) -> Option<&[u8]> {
        let rest = self.held.get(self.told..)?;
        let end = self.seek.event_end(rest)?;
        self.told = self.told.saturating_add(end);
        rest.get(..end)
    }

    /// What is no whole event yet.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        self.held.get(self.told..).unwrap_or_default()
    }
}

/// Whether the last event of `bytes` surely ends with them. May miss one, in line ends that nobody
/// mixes.
#[must_use]
pub fn ends_event(bytes: &[u8]) -> bool {
    bytes.ends_with(b"\n\n") || bytes.ends_with(b"\r\n\r\n")
}

/// Whether a body begins like a stream of events; `None` while it is too short to tell.
#[must_use]
pub fn begins(body: &[u8]) -> Option<bool> {
    let body = body.trim_ascii_start();
    body.first()?;
    let fields: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
    if fields.iter().any(|field| body.starts_with(field)) {
        return Some(true);
    }
    let short = fields.iter().any(|field| field.starts_with(body));
    (!short).then_some(false)
}

struct LineEnd {
    start: usize,
    next: usize,
}

fn line_end(bytes: &[u8], line: usize) -> Option<LineEnd> {
    let start = line.saturating_add(memchr2(b'\n', b'\r', bytes.get(line..)?)?);
    let behind = start.saturating_add(1);
    let next = match (bytes.get(start)?, bytes.get(behind)) {
        (b'\r', None) => return None,
        (b'\r', Some(b'\n')) => behind.saturating_add(1),
        _ => behind,
    };
    Some(LineEnd { start, next })
}

/// What one event says.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its `event` field.
    pub name: Option<&'a str>,
    /// Its `data` fields, joined by line feeds; `None` when it has none.
    pub data: Option<Cow<'a, str>>,
}

impl<'a> Event<'a> {
    /// Reads an event; `None` when it is not UTF-8. A last line without its end counts.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(bytes).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut event = Self::default();
        for line in text.split(['\n', '\r']) {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => event.name = Some(value),
                "data" => {
                    event.data = Some(match event.data {
                        None => Cow::Borrowed(value),
                        Some(data) => {
                            let mut data = data.into_owned();
                            data.push('\n');
                            data.push_str(value);
                            Cow::Owned(data)
                        }
                    });
                }
                _ => {}
            }
        }
        Some(event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines of a text, by the naive rule.
    fn oracle(text: &str) -> Vec<String> {
        let mut events = Vec::new();
        let mut event = String::new();
        for line in text.replace("\r\n", "\n").replace('\r', "\n").split_inclusive('\n') {
            event.push_str(line);
            if line == "\n" {
                events.push(core::mem::take(&mut event));
            }
        }
        events
    }

    fn framed(text: &str) -> Vec<String> {
        let mut rest = text.as_bytes();
        let mut events = Vec::new();
        while let Some(end) = event_end(rest) {
            let mut seek = Seek::default();
            let grown = (0..=rest.len()).find_map(|length| seek.event_end(&rest[..length]));
            // A CR that may become a CRLF is settled only by what comes.
            assert_eq!(grown, Some(end), "a search that goes on finds what one from the start finds");
            let event = core::str::from_utf8(&rest[..end]).unwrap();
            events.push(event.replace("\r\n", "\n").replace('\r', "\n"));
            rest = &rest[end..];
        }
        events
    }

    proptest! {
        #[test]
        fn events_end_where_the_standard_says(
            parts in proptest::collection::vec(prop_oneof![Just("\n"), Just("\r\n"), Just("\r"), Just("data: x"), Just(": c")], 0..12),
        ) {
            // A closing byte of no meaning settles whether a CR at the end stands alone.
            let text = parts.concat() + ":";
            prop_assert_eq!(framed(&text), oracle(&text));
            let whole = parts.concat();
            if ends_event(whole.as_bytes()) {
                prop_assert_eq!(framed(&whole).concat().len(), oracle(&whole).concat().len());
            }
        }

        #[test]
        fn arbitrary_bytes_are_framed_or_wait(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some(end) = event_end(&bytes) {
                prop_assert!(end > 0 && end <= bytes.len());
                let _ = Event::read(&bytes[..end]);
            }
        }
    }

    #[test]
    fn fields_are_read_with_and_without_a_space_and_over_lines() {
        let event = Event::read(b"event:error\r\n: note\r\ndata: a\r\ndata:b\r\n\r\n").unwrap();
        assert_eq!(event, Event { name: Some("error"), data: Some("a\nb".into()) });
        assert_eq!(Event::read(b": ping\n\n").unwrap().data, None);
    }
}
