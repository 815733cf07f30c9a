//! Log probabilities of a text.
//!
//! Some providers tell them before the text that they are of, others behind it, so that a delta waits for its own, as
//! long as nothing else is told. Those that no text takes stand in `logprobs` of the object.
//!
//! Source: `LogProb` of OpenAI's specification, which insists on lists where a chat may have null.

use super::Responses;
use super::items::{Body, Item, Part};
use super::parts::take_in;
use crate::surface::{comma, in_line};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Writer;

impl Responses {
    /// Log probabilities of more tokens: entries of a chat's, with commas between.
    pub(super) fn rate(&mut self, entries: &str) {
        let entries = listed(entries);
        self.keep(entries.len());
        let Self { logprobs, events, items, spoken, .. } = self;
        logprobs.push_str(comma(logprobs));
        logprobs.push_str(&in_line(&entries));
        if events.release(logprobs)
            && let Some((index, at)) = *spoken
            && let Some(Item { body: Body::Message(message), .. }) = items.get_mut(index)
            && let Some(Part::Text(spoken)) = message.parts.get_mut(at)
        {
            take_in(&mut spoken.logprobs, logprobs);
        }
    }
}

/// The entries with lists for `bytes` and `top_logprobs`, and what else stands in them.
fn listed(entries: &str) -> String {
    let mut out = Writer::default();
    for entry in items(&format!("[{entries}]")) {
        let Ok(entry) = Object::parse(entry.as_bytes()) else { continue };
        out.object(|out| {
            token(&entry, out);
            out.name("top_logprobs");
            out.begin_array();
            for other in entry.get("top_logprobs").into_iter().flat_map(items) {
                if let Ok(other) = Object::parse(other.as_bytes()) {
                    out.object(|out| token(&other, out));
                }
            }
            out.end_array();
        });
    }
    out.finish()
}

/// The members of an entry but for its alternatives.
fn token(entry: &Object<'_>, out: &mut Writer) {
    for member in entry.members() {
        if !matches!(member.name.as_ref(), "bytes" | "top_logprobs") {
            out.raw_member(&member.name, entry.value(member));
        }
    }
    out.raw_member("bytes", entry.get("bytes").filter(|bytes| kind(bytes) == Kind::Array).unwrap_or("[]"));
}
