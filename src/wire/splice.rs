//! Edits to a body that leave every other byte as it was.

use core::ops::Range;

/// Replacements of byte ranges of one text, none overlapping another.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Splices {
    edits: Vec<(Range<usize>, Vec<u8>)>,
}

impl Splices {
    /// Puts `new` in the place of `range`. An empty range inserts, an empty `new` removes.
    pub fn replace(&mut self, range: Range<usize>, new: impl Into<Vec<u8>>) {
        self.edits.push((range, new.into()));
    }

    /// Takes `range` out.
    pub fn remove(&mut self, range: Range<usize>) {
        self.replace(range, Vec::new());
    }

    /// Takes over the edits of a text that starts at this offset of this one.
    pub fn extend(&mut self, edits: Self, offset: usize) {
        let moved =
            |range: Range<usize>| range.start.saturating_add(offset)..range.end.saturating_add(offset);
        self.edits.extend(edits.edits.into_iter().map(|(range, new)| (moved(range), new)));
    }

    /// Whether nothing is to be changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with all edits made. An edit outside the text, or over another, is left out.
    #[must_use]
    pub fn apply(mut self, mut text: Vec<u8>) -> Vec<u8> {
        // One edit (the model) is the rule: made in place it moves only the bytes behind it.
        if let [(range, new)] = self.edits.as_mut_slice() {
            if range.start <= range.end && range.end <= text.len() {
                text.splice(range.clone(), new.drain(..));
            }
            return text;
        }
        self.edits.sort_by_key(|(range, _)| range.start);
        let added: usize = self.edits.iter().map(|(_, new)| new.len()).sum();
        let mut out = Vec::with_capacity(text.len().saturating_add(added));
        let mut kept = 0;
        for (range, new) in &self.edits {
            let Some(between) = text.get(kept..range.start) else { continue };
            if range.end < range.start || range.end > text.len() {
                continue;
            }
            out.extend_from_slice(between);
            out.extend_from_slice(new);
            kept = range.end;
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
            prop_assert_eq!(splices.apply(text.into_bytes()), expected.into_bytes());
        }
    }
}
