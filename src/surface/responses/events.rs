//! The events of a stream, numbered from 0.

use std::fmt::Write as _;

/// What is told of an answer, event by event, if anybody hears it.
#[derive(Debug, Default)]
pub(super) struct Events {
    on: bool,
    out: String,
    next: u64,
    /// A delta that waits for its log probabilities: what stands before and behind them.
    waiting: Option<(String, String)>,
}

impl Events {
    /// No event yet. `on`: the client wants a stream.
    pub(super) fn new(on: bool) -> Self {
        Self { on, ..Self::default() }
    }

    /// One event. `members` writes what it has beside its type and number, each member after a comma and all on one
    /// line.
    pub(super) fn tell(&mut self, kind: &str, members: &dyn Fn(&mut String)) {
        self.release("");
        if !self.on {
            return;
        }
        let out = &mut self.out;
        for piece in ["event: ", kind, "\ndata: {\"type\":\"", kind, "\""] {
            out.push_str(piece);
        }
        members(out);
        self.number();
    }

    /// Ends an event.
    fn number(&mut self) {
        let _ = write!(self.out, ",\"sequence_number\":{}}}\n\n", self.next);
        self.next = self.next.saturating_add(1);
    }

    /// The event that is told next waits for its log probabilities: until [`release`](Self::release), or until
    /// anything else is told or fetched. `members` and `behind` write what stands on either side of them.
    pub(super) fn hold(&mut self, kind: &str, members: &dyn Fn(&mut String), behind: &dyn Fn(&mut String)) {
        self.release("");
        if self.on {
            let mut head = format!("event: {kind}\ndata: {{\"type\":\"{kind}\"");
            members(&mut head);
            let mut tail = String::new();
            behind(&mut tail);
            self.waiting = Some((head, tail));
        }
    }

    /// Tells the event that waits, with these elements. Says whether there was one.
    pub(super) fn release(&mut self, logprobs: &str) -> bool {
        let Some((head, tail)) = self.waiting.take() else { return false };
        self.out.push_str(&head);
        list(&mut self.out, "logprobs", logprobs);
        self.out.push_str(&tail);
        self.number();
        true
    }

    /// An event of an item that says only which item it is.
    pub(super) fn tell_of(&mut self, kind: &str, id: &str, index: usize) {
        self.tell(kind, &|out| {
            string(out, "item_id", id);
            number(out, "output_index", index);
        });
    }

    /// What was told since the last time.
    pub(super) fn take(&mut self) -> String {
        self.release("");
        core::mem::take(&mut self.out)
    }
}

/// A member whose value is a text as it stands in JSON, without quotes.
pub(super) fn string(out: &mut String, name: &str, inner: &str) {
    for piece in [",\"", name, "\":\"", inner, "\""] {
        out.push_str(piece);
    }
}

/// A member whose value is a list of these elements, with commas between.
pub(super) fn list(out: &mut String, name: &str, elements: &str) {
    for piece in [",\"", name, "\":[", elements, "]"] {
        out.push_str(piece);
    }
}

/// A member whose value is a number.
pub(super) fn number(out: &mut String, name: &str, number: usize) {
    let _ = write!(out, ",\"{name}\":{number}");
}
