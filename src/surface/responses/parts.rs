//! What a message says: its parts, and what its texts rest on.

use super::events::{number, string};
use super::items::{Body, Item, Message, Part, Spoken};
use super::{Responses, grow};
use crate::chat::Citation;
use crate::surface::{comma, inner};
use crate::wire::write::Text;

/// A citation of a web page; its texts as they stand in JSON.
#[derive(Debug)]
pub(super) struct Cited {
    url: String,
    title: String,
    start: usize,
    end: usize,
}

impl Cited {
    /// What a dialect tells, to be kept.
    pub(super) fn new(citation: &Citation<'_>) -> Self {
        Self {
            url: inner(citation.url),
            title: inner(citation.title.unwrap_or(citation.url)),
            start: citation.start,
            end: citation.end,
        }
    }

    /// Its annotation of a text that has the characters from `from` to `to` of the answer.
    fn annotation(&self, from: usize, to: usize) -> String {
        let within = (from..=to).contains(&self.start) && (self.start..=to).contains(&self.end);
        let place = |at: usize| if within { at.saturating_sub(from) } else { 0 };
        let mut out = String::from("{\"type\":\"url_citation\"");
        number(&mut out, "end_index", place(self.end));
        number(&mut out, "start_index", place(self.start));
        string(&mut out, "title", &self.title);
        string(&mut out, "url", &self.url);
        out.push('}');
        out
    }
}

/// The members that say where a part is.
fn place(out: &mut String, id: &str, index: usize, part: usize) {
    number(out, "content_index", part);
    string(out, "item_id", id);
    number(out, "output_index", index);
}

impl Responses {
    fn message(&mut self, index: usize) -> Option<&mut Message> {
        match self.items.get_mut(index) {
            Some(Item { body: Body::Message(message), .. }) => Some(message),
            _ => None,
        }
    }

    /// Where the open message is, or a new one.
    fn open_message(&mut self) -> usize {
        let open = self.current.filter(|index| self.message(*index).is_some());
        match open {
            Some(index) => index,
            None => self.begin("msg_", Body::Message(Message::default())),
        }
    }

    /// The open part of the open message, one that is a refusal or not; else a new one. Says where it is.
    fn part(&mut self, refusal: bool) -> (usize, usize) {
        let index = self.open_message();
        if let Some(message) = self.message(index).filter(|message| message.open)
            && let Some(part) = message.parts.last()
            && matches!(part, Part::Refusal(_)) == refusal
        {
            return (index, message.parts.len().saturating_sub(1));
        }
        self.end_part(index);
        let start = self.chars;
        let Self { items, events, .. } = self;
        let Some(Item { id, body: Body::Message(message), .. }) = items.get_mut(index) else {
            return (index, 0);
        };
        let part = if refusal {
            Part::Refusal(String::new())
        } else {
            Part::Text(Spoken { start, ..Spoken::default() })
        };
        let at = message.parts.len();
        events.tell("response.content_part.added", &|out| {
            place(out, id, index, at);
            out.push_str(",\"part\":");
            part.write(out);
        });
        message.parts.push(part);
        message.open = true;
        self.keep(128);
        if !refusal {
            self.spoken = Some((index, at));
        }
        (index, at)
    }

    /// More text.
    pub(super) fn say(&mut self, text: Text<'_>) {
        let (index, at) = self.part(false);
        self.chars = self.chars.saturating_add(text.chars());
        let waits = self.asked.logprobs && self.logprobs.is_empty();
        let Self { items, events, logprobs, held, .. } = self;
        if let Some(Item { id, body: Body::Message(message), .. }) = items.get_mut(index)
            && let Some(Part::Text(spoken)) = message.parts.get_mut(at)
        {
            let added = grow(&mut spoken.text, held, text);
            let members = |out: &mut String| {
                number(out, "content_index", at);
                string(out, "delta", added);
                string(out, "item_id", id);
            };
            let behind = |out: &mut String| number(out, "output_index", index);
            if waits {
                events.hold("response.output_text.delta", &members, &behind);
            } else {
                events.tell("response.output_text.delta", &|out| {
                    members(out);
                    super::events::list(out, "logprobs", logprobs);
                    behind(out);
                });
            }
            take_in(&mut spoken.logprobs, logprobs);
        }
        let sources = core::mem::take(&mut self.sources);
        if !sources.is_empty() {
            self.cite_source(&sources);
        }
        for cited in core::mem::take(&mut self.cited) {
            self.cite(cited);
        }
    }

    /// More of a refusal.
    pub(super) fn refuse(&mut self, text: Text<'_>) {
        let (index, at) = self.part(true);
        let Self { items, events, held, .. } = self;
        if let Some(Item { id, body: Body::Message(message), .. }) = items.get_mut(index)
            && let Some(Part::Refusal(kept)) = message.parts.get_mut(at)
        {
            let added = grow(kept, held, text);
            events.tell("response.refusal.delta", &|out| {
                number(out, "content_index", at);
                string(out, "delta", added);
                string(out, "item_id", id);
                number(out, "output_index", index);
            });
        }
    }

    /// More of what is spoken. No event of OpenAI's is for it: it is told when the message ends.
    pub(super) fn speak(&mut self, base64: Text<'_>) {
        let index = self.open_message();
        let Self { items, held, .. } = self;
        if let Some(Item { body: Body::Message(message), .. }) = items.get_mut(index) {
            grow(&mut message.audio, held, base64);
        }
    }

    /// Ends the open part of a message.
    pub(super) fn end_part(&mut self, index: usize) {
        let Self { items, events, logprobs, .. } = self;
        let Some(Item { id, body: Body::Message(message), .. }) = items.get_mut(index) else { return };
        if !core::mem::replace(&mut message.open, false) {
            return;
        }
        let at = message.parts.len().saturating_sub(1);
        let Some(part) = message.parts.last_mut() else { return };
        match part {
            Part::Text(spoken) => {
                take_in(&mut spoken.logprobs, logprobs);
                events.tell("response.output_text.done", &|out| {
                    number(out, "content_index", at);
                    string(out, "item_id", id);
                    super::events::list(out, "logprobs", &spoken.logprobs);
                    number(out, "output_index", index);
                    string(out, "text", &spoken.text);
                });
            }
            Part::Refusal(text) => events.tell("response.refusal.done", &|out| {
                place(out, id, index, at);
                string(out, "refusal", text);
            }),
        }
        events.tell("response.content_part.done", &|out| {
            place(out, id, index, at);
            out.push_str(",\"part\":");
            part.write(out);
        });
    }

    /// A citation of the last text, or of the first one to come. When that has ended, it stands in the object.
    pub(super) fn cite(&mut self, cited: Cited) {
        self.keep(cited.url.len().saturating_add(cited.title.len()).saturating_add(160));
        let to = self.chars;
        let Some((index, at)) = self.spoken else { return self.cited.push(cited) };
        let Self { items, events, late, .. } = self;
        if let Some(Item { id, body: Body::Message(message), .. }) = items.get_mut(index) {
            let is_open = message.open && at.saturating_add(1) == message.parts.len();
            let Some(Part::Text(spoken)) = message.parts.get_mut(at) else { return };
            let mut annotation = cited.annotation(spoken.start, to);
            if !is_open {
                annotation.pop();
                place(&mut annotation, id, index, at);
                annotation.push('}');
                late.push_str(comma(late));
                late.push_str(&annotation);
                return;
            }
            events.tell("response.output_text.annotation.added", &|out| {
                for piece in [",\"annotation\":", &annotation] {
                    out.push_str(piece);
                }
                number(out, "annotation_index", spoken.count);
                place(out, id, index, at);
            });
            spoken.annotations.push_str(comma(&spoken.annotations));
            spoken.annotations.push_str(&annotation);
            spoken.count = spoken.count.saturating_add(1);
        }
    }

    /// A citation in the provider's own words, on one line.
    pub(super) fn cite_source(&mut self, object: &str) {
        self.keep(object.len());
        let Self { items, sources, late, spoken, .. } = self;
        let list = match spoken.and_then(|(index, _)| items.get_mut(index)) {
            Some(item) if !item.is_open() => late,
            Some(Item { body: Body::Message(message), .. }) => &mut message.sources,
            _ => sources,
        };
        list.push_str(comma(list));
        list.push_str(object);
    }

    /// What waited for a text that never came.
    pub(super) fn strand(&mut self) {
        let Self { cited, sources, late, .. } = self;
        take_in(late, sources);
        for cited in cited.drain(..) {
            late.push_str(comma(late));
            late.push_str(&cited.annotation(0, 0));
        }
    }
}

/// Moves elements to the end of another list.
pub(super) fn take_in(list: &mut String, more: &mut String) {
    if !more.is_empty() {
        list.push_str(comma(list));
        list.push_str(more);
        more.clear();
    }
}
