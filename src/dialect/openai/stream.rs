//! Streams in OpenAI's language, as they pass.
//!
//! The bytes stay untouched, but for chats of providers that extend the language
//! ([`extensions`](super::extensions)). They are watched for usage, for errors that are not in OpenAI's
//! form, and for how the stream ends:
//!
//! | the provider sends | the client gets |
//! |---|---|
//! | events, comments, pings of any kind | the same bytes |
//! | an error event | the same, its error completed to OpenAI's error object |
//! | the end after `[DONE]` | the end |
//! | the end after its last chunk, without `[DONE]` | `[DONE]`, then the end |
//! | the end before that | an error event `upstream_truncated`; never an invented `finish_reason` |
//! | a last event without its blank line | the event with one: SDKs drop it otherwise |

use super::error;
use super::extensions::Mender;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::usage::{Usage, Watch};
use crate::wire::json::{Kind, Object, kind, quoted};
use crate::wire::splice::Splices;
use crate::wire::sse::{Event, Seek, ends_event, event_end};
use memchr::memmem;

/// What becomes of a piece of an answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Chunk {
    /// It passes untouched.
    Keep,
    /// These bytes pass in its place.
    Replace(Vec<u8>),
}

/// The state of one stream.
#[derive(Debug)]
pub struct Passthrough {
    end: End,
    /// The longest event that is held until it is whole, in bytes.
    limit: usize,
    /// The event that is not whole yet.
    carry: Vec<u8>,
    watch: Watch,
    done: bool,
    finished: bool,
    failed: bool,
    /// An event passed that was too long to be looked into: whether it was the last is not known.
    unseen: bool,
    /// The provider's key, which some repeat in their errors.
    secret: Option<String>,
    seek: Seek,
    /// What mends the chunks of a provider that extends OpenAI's language.
    mender: Option<Box<Mender>>,
}

/// What an event must hold to be looked at for an error.
const ERROR: &[u8] = b"error";

/// How a stream of an endpoint ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// A chunk with a `finish_reason` for a choice, then `[DONE]`.
    Done,
    /// A last event `response.completed`, `.incomplete` or `.failed`.
    Response,
    /// A last event of this type.
    Last(&'static str),
    /// As it likes.
    Any,
}

impl Passthrough {
    /// The stream of an endpoint. Longer events than `limit` bytes pass without being looked into.
    #[must_use]
    pub fn new(endpoint: Option<Endpoint>, limit: usize, secret: Option<String>) -> Self {
        let end = match endpoint {
            Some(Endpoint::ChatCompletions | Endpoint::Completions) => End::Done,
            Some(Endpoint::Responses) => End::Response,
            Some(Endpoint::Speech) => End::Last("\"speech.audio.done\""),
            _ => End::Any,
        };
        Self {
            end,
            limit,
            carry: Vec::new(),
            watch: Watch::default(),
            done: false,
            finished: false,
            failed: false,
            unseen: false,
            secret,
            seek: Seek::default(),
            mender: None,
        }
    }

    /// The same, its chunks brought to OpenAI's form.
    #[must_use]
    pub fn mended_by(mut self, mender: Option<Mender>) -> Self {
        self.mender = mender.map(Box::new);
        self
    }

    /// The last usage that passed.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.watch.usage()
    }

    /// The next piece, cut anywhere.
    pub fn piece(&mut self, bytes: &[u8]) -> Chunk {
        if self.mender.is_none()
            && self.carry.is_empty()
            && ends_event(bytes)
            && memmem::find(bytes, ERROR).is_none()
        {
            self.note(bytes);
            return Chunk::Keep;
        }
        let mut held = core::mem::take(&mut self.carry);
        let carried = held.len();
        held.extend_from_slice(bytes);
        let mut out = Vec::new();
        let mut mended = false;
        let mut passed = 0_usize;
        while let Some(rest) = held.get(passed..) {
            let Some(event) = self.seek.event_end(rest).and_then(|end| rest.get(..end)) else { break };
            match self.told(event) {
                Some(event) => {
                    mended = true;
                    out.extend(event);
                }
                None => out.extend_from_slice(event),
            }
            passed = passed.saturating_add(event.len());
        }
        held.drain(..passed.min(held.len()));
        if held.len() > self.limit {
            self.watch.piece(&held);
            self.unseen = true;
            self.seek = Seek::default();
            out.append(&mut held);
        }
        self.carry = held;
        if carried == 0 && !mended && self.carry.is_empty() { Chunk::Keep } else { Chunk::Replace(out) }
    }

    /// The end of the stream: what is still to be said.
    pub fn end(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        let held = core::mem::take(&mut self.carry);
        if !held.trim_ascii().is_empty() && (self.end == End::Any || is_whole(&held)) {
            // Any byte behind it settles whether a CR at the end stood alone: then it was whole.
            let settled = [held.as_slice(), b":"].concat();
            let whole = event_end(&settled) == Some(held.len());
            let told = self.told(&held).unwrap_or(held);
            out.extend(match whole || ends_event(&told) {
                true => told,
                false => [told.trim_ascii_end(), b"\n\n"].concat(),
            });
        }
        if self.done || self.failed || (self.unseen && !self.finished) {
            return out;
        }
        match (self.end, self.finished) {
            (End::Done, true) => {
                out.extend(self.mender.as_mut().map(|mender| mender.closing()).unwrap_or_default());
                out.extend(b"data: [DONE]\n\n");
            }
            (End::Done | End::Last(_), false) => {
                out.extend(format!("data: {}\n\n", Error::truncated().body()).bytes());
            }
            (End::Response, false) => {
                let error = Error::truncated();
                let (message, kind) = (quoted(&error.message), quoted(&error.kind));
                let code = quoted(error.code.as_deref().unwrap_or_default());
                out.extend(
                    format!(
                        "event: error\ndata: {{\"type\":\"error\",\"code\":{code},\"message\":{message},\"param\":null,\
                         \"error\":{{\"type\":{kind},\"code\":{code},\"message\":{message},\"param\":null}}}}\n\n"
                    )
                    .bytes(),
                );
            }
            (End::Response | End::Last(_), true) | (End::Any, _) => {}
        }
        out
    }

    /// A whole event as the client is to have it; `None`: as it is. What it tells is noted.
    fn told(&mut self, event: &[u8]) -> Option<Vec<u8>> {
        let mut told = self.mend(event);
        if let (None, false, Some(mender)) = (&told, self.failed, &mut self.mender) {
            told = mender.event(event);
        }
        self.note(told.as_deref().unwrap_or(event));
        told
    }

    /// Notes what whole events tell of usage and of the end.
    fn note(&mut self, events: &[u8]) {
        self.watch.piece(events);
        match self.end {
            End::Done => {
                self.finished = self.finished || finishes(events);
                self.done = self.done || marks_the_end(events);
            }
            End::Response => {
                let last = ["\"response.completed\"", "\"response.incomplete\"", "\"response.failed\""];
                self.finished =
                    self.finished || last.iter().any(|name| memmem::find(events, name.as_bytes()).is_some());
            }
            End::Last(kind) => {
                self.finished = self.finished || memmem::find(events, kind.as_bytes()).is_some();
            }
            End::Any => {}
        }
    }

    /// An error event whose error is not in OpenAI's form, in that form.
    fn mend(&mut self, event: &[u8]) -> Option<Vec<u8>> {
        memmem::find(event, ERROR)?;
        let told = self.secret.as_deref().and_then(|secret| error::without(event, secret));
        self.mend_form(told.as_deref().unwrap_or(event)).or(told)
    }

    fn mend_form(&mut self, event: &[u8]) -> Option<Vec<u8>> {
        let read = Event::read(event)?;
        let data = read.data.as_deref()?;
        let object = Object::parse(data.as_bytes()).ok()?;
        // The events of Responses have a form of their own.
        if self.end == End::Response && object.string("type").is_some() {
            self.failed = self.failed || object.string("type").as_deref() == Some("error");
            return None;
        }
        let member = object.member("error").filter(|member| kind(object.value(member)) != Kind::Null);
        let flat = read.name == Some("error") || object.string("object").as_deref() == Some("error");
        if member.is_none() && !flat {
            return None;
        }
        self.failed = true;
        if member.is_some_and(|member| error::is_openais(object.value(member))) {
            return None;
        }
        let error = error::read(500, data.as_bytes()).body();
        let data = match member {
            // What stands beside the error (an id, choices) stays.
            Some(member) => {
                let mut splices = Splices::default();
                splices.replace(member.span.clone(), error.strip_prefix("{\"error\":")?.strip_suffix('}')?);
                String::from_utf8(splices.apply(data.as_bytes().to_vec())).ok()?
            }
            None => error,
        };
        let name = read.name.map_or_else(String::new, |name| format!("event: {name}\n"));
        let lines: Vec<String> = data.split('\n').map(|line| format!("data: {line}\n")).collect();
        Some(format!("{name}{}\n", lines.concat()).into_bytes())
    }
}

/// Whether a last event without its blank line can be read all the same.
fn is_whole(event: &[u8]) -> bool {
    let Some(data) = Event::read(event).and_then(|event| event.data) else { return false };
    data == "[DONE]" || Object::parse(data.as_bytes()).is_ok()
}

/// Whether `[DONE]` stands alone as the data of one of these events.
fn marks_the_end(events: &[u8]) -> bool {
    const MARK: &[u8] = b"[DONE]";
    memmem::find_iter(events, MARK).any(|at| {
        // A line end cannot stand in JSON text, so no model can write such a line.
        let before = events.get(..at).unwrap_or_default();
        let before = before.strip_suffix(b" ").unwrap_or(before).strip_suffix(b"data:");
        let after = events.get(at.saturating_add(MARK.len())..).unwrap_or_default();
        let line_end = |byte: Option<&u8>| matches!(byte, None | Some(b'\n' | b'\r'));
        before.is_some_and(|before| line_end(before.last()))
            && line_end(after.iter().find(|byte| **byte != b' '))
    })
}

/// Whether any choice of these events has a `finish_reason`.
fn finishes(events: &[u8]) -> bool {
    const NAME: &[u8] = b"\"finish_reason\"";
    memmem::find_iter(events, NAME).any(|at| {
        let value = events.get(at.saturating_add(NAME.len())..).unwrap_or_default().trim_ascii_start();
        let value = value.strip_prefix(b":").unwrap_or_default().trim_ascii_start();
        value.starts_with(b"\"") && !value.starts_with(b"\"\"")
    })
}

#[cfg(test)]
mod tests;
