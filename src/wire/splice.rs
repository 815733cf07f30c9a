//! Edits to a body that leave every other byte as it was.

use super::outgoing::{Outgoing, Piece};
use core::ops::Range;
use std::collections::BTreeMap;

/// Replacements of byte ranges of one text, none overlapping another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Splices {
    /// By where the range starts and by their number, which keeps insertions at one place in order: the end of the
    /// range, and what comes in its place.
    edits: BTreeMap<(usize, usize), (usize, Vec<u8>)>,
}

impl Splices {
    /// Puts `new` in the place of `range`. An empty range inserts, an empty `new` removes.
    pub fn replace(&mut self, range: Range<usize>, new: impl Into<Vec<u8>>) {
        self.put(range, new.into());
    }

    fn put(&mut self, range: Range<usize>, new: Vec<u8>) {
        self.edits.insert((range.start, self.edits.len()), (range.end, new));
    }

    /// Takes `range` out.
    pub fn remove(&mut self, range: Range<usize>) {
        self.put(range, Vec::new());
    }

    /// Takes over the edits of a text that starts at this offset of this one.
    pub fn extend(&mut self, edits: Self, offset: usize) {
        for ((start, _), (end, new)) in edits.edits {
            self.put(start.saturating_add(offset)..end.saturating_add(offset), new);
        }
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// What a text of this length is with all edits made. An edit outside the text, or over another, is left out.
    #[must_use]
    pub fn outgoing(self, length: usize) -> Outgoing {
        let mut out = Outgoing::default();
        let mut kept = 0;
        for ((start, _), (end, new)) in self.edits {
            if start < kept || end < start || end > length {
                continue;
            }
            out.push(Piece::Client(kept..start));
            out.push(Piece::Own(new));
            kept = end;
        }
        out.push(Piece::Client(kept..length));
        out
    }

    /// The text with all edits made. An edit outside the text, or over another, is left out.
    #[must_use]
    pub fn apply(self, mut text: Vec<u8>) -> Vec<u8> {
        // One edit (the model) is the rule: made in place it moves only the bytes behind it.
        if self.edits.len() == 1 {
            for ((start, _), (end, new)) in self.edits {
                if start <= end && end <= text.len() {
                    text.splice(start..end, new);
                }
            }
            return text;
        }
        let added: usize = self.edits.values().map(|(_, new)| new.len()).sum();
        let mut out = Vec::with_capacity(text.len().saturating_add(added));
        let mut kept = 0;
        for ((start, _), (end, new)) in &self.edits {
            let Some(between) = text.get(kept..*start) else { continue };
            if end < start || *end > text.len() {
                continue;
            }
            out.extend_from_slice(between);
            out.extend_from_slice(new);
            kept = *end;
        }
        out.extend_from_slice(text.get(kept..).unwrap_or_default());
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn edits_change_their_ranges_and_nothing_else(
            pieces in proptest::collection::vec((".{0,6}", ".{0,6}", proptest::option::of(".{0,6}")), 0..6),
            tail in ".{0,6}",
            shuffle in any::<bool>(),
        ) {
            let (mut text, mut expected, mut list) = (String::new(), String::new(), Vec::new());
            for (kept, old, new) in &pieces {
                text.push_str(kept);
                expected.push_str(kept);
                let start = text.len();
                text.push_str(old);
                match new {
                    Some(new) => {
                        list.push((start..text.len(), new.clone()));
                        expected.push_str(new);
                    }
                    None => expected.push_str(old),
                }
            }
            text.push_str(&tail);
            expected.push_str(&tail);
            // Equal starts (an insertion at an empty range) keep their order; others may come in any.
            let starts_differ = list.windows(2).all(|w| w[0].0.start != w[1].0.start);
            if shuffle && starts_differ {
                list.reverse();
            }
            let mut splices = Splices::default();
            for (range, new) in list {
                splices.replace(range, new);
            }
            let named = splices.clone().outgoing(text.len());
            prop_assert_eq!(named.bytes(text.as_bytes()), expected.as_bytes());
            prop_assert_eq!(splices.apply(text.into_bytes()), expected.into_bytes());
        }
    }
}
