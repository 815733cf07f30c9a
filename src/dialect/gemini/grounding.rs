//! What an answer rests on: `groundingMetadata` of searches, `citationMetadata` of texts that were
//! quoted.
//!
//! Places are told in bytes of the text ("measured in bytes"), and with the words that stand there.
//! Some answers of Vertex AI count otherwise where a text is not ASCII, so the words are what counts:
//! a place that does not hold them is looked for.
//!
//! Source: <https://ai.google.dev/api/generate-content#GroundingMetadata>

use super::answer::compact;
use crate::chat::{Answer, Citation};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;
use std::collections::BTreeSet;

/// The most of a choice's text that is remembered, in bytes: as much as a longest answer has.
const MOST_TEXT: usize = 256 << 10;

/// The most citations of a choice that are told.
const MOST_CITED: usize = 4096;

/// What a choice rests on so far.
#[derive(Debug, Default)]
pub(super) struct Grounding {
    text: String,
    /// A place in the text that was looked up: in bytes and in characters.
    mark: (usize, usize),
    /// Where the last place began, in bytes: the next is mostly behind it.
    last: usize,
    /// Addresses and places that were told. Streams tell them again as they grow.
    cited: BTreeSet<(String, usize, usize)>,
    /// Metadata that was handed on.
    told: [bool; 2],
}

impl Grounding {
    /// Remembers more of the text.
    pub(super) fn hear(&mut self, text: Text<'_>) {
        if self.text.len() < MOST_TEXT {
            self.text.push_str(&text.decoded());
        }
    }

    /// Tells what a candidate rests on.
    pub(super) fn read(&mut self, choice: usize, candidate: &Object<'_>, out: &mut dyn Answer) {
        let inner = |name| candidate.get(name).and_then(|value| Object::parse(value.as_bytes()).ok());
        if let Some(grounding) = inner("groundingMetadata").filter(|object| !object.members().is_empty()) {
            self.grounded(choice, &grounding, out);
        }
        if let Some(quoted) = inner("citationMetadata") {
            self.quoted(choice, &quoted, out);
        }
        // The searches' page of suggestions has to be shown, and pages that could not be read are
        // told nowhere else.
        for (at, name) in ["groundingMetadata", "urlContextMetadata"].into_iter().enumerate() {
            let Some(value) = candidate.get(name).filter(|value| value.len() > 2) else { continue };
            if let Some(told) = self.told.get_mut(at).filter(|told| !**told) {
                *told = true;
                out.extra(choice, &format!("{{\"{name}\":{}}}", compact(value)));
            }
        }
    }

    fn grounded(&mut self, choice: usize, grounding: &Object<'_>, out: &mut dyn Answer) {
        let chunks: Vec<_> = grounding.get("groundingChunks").into_iter().flat_map(items).collect();
        let mut used = BTreeSet::new();
        for support in grounding.get("groundingSupports").into_iter().flat_map(items) {
            let Ok(support) = Object::parse(support.as_bytes()) else { continue };
            let segment = support.get("segment").and_then(|value| Object::parse(value.as_bytes()).ok());
            let (start, end) = segment.as_ref().and_then(|segment| self.place(segment)).unwrap_or((0, 0));
            let indices = support.get("groundingChunkIndices").into_iter().flat_map(items);
            for index in indices.filter_map(|index| index.parse::<usize>().ok()) {
                if let Some(chunk) = chunks.get(index) {
                    used.insert(index);
                    self.cite_chunk(choice, chunk, start, end, out);
                }
            }
        }
        for (index, chunk) in chunks.iter().enumerate() {
            if !used.contains(&index) {
                self.cite_chunk(choice, chunk, 0, 0, out);
            }
        }
    }

    fn cite_chunk(&mut self, choice: usize, raw: &str, start: usize, end: usize, out: &mut dyn Answer) {
        let chunk = Object::parse(raw.as_bytes()).ok();
        // `web`, `maps`, `retrievedContext`, `image`: an object with an address and a title.
        let inner = chunk.as_ref().and_then(|chunk| {
            let values = chunk.members().iter().map(|member| chunk.value(member));
            values
                .filter(|value| kind(value) == Kind::Object)
                .find_map(|value| Object::parse(value.as_bytes()).ok())
        });
        let url = inner.as_ref().and_then(|inner| {
            let value = inner.get("uri").or_else(|| inner.get("sourceUri"))?;
            Text::of(value).filter(|text| !text.is_empty())
        });
        match (url, inner) {
            (Some(url), Some(inner)) => {
                let title = inner.get("title").and_then(Text::of).filter(|title| !title.is_empty());
                if self.is_new(&url.decoded(), start, end) {
                    out.citation(choice, Citation { url, title, start, end });
                }
            }
            _ => {
                if self.is_new(raw, 0, 0) {
                    out.source(choice, &compact(raw));
                }
            }
        }
    }

    fn quoted(&mut self, choice: usize, quoted: &Object<'_>, out: &mut dyn Answer) {
        // The Gemini API's name, and Vertex AI's.
        let list = quoted.get("citationSources").or_else(|| quoted.get("citations"));
        for raw in list.into_iter().flat_map(items) {
            let Ok(source) = Object::parse(raw.as_bytes()) else { continue };
            match source.get("uri").and_then(Text::of).filter(|uri| !uri.is_empty()) {
                Some(url) => {
                    let title = source.get("title").and_then(Text::of).filter(|title| !title.is_empty());
                    let (start, end) = self.place(&source).unwrap_or((0, 0));
                    if self.is_new(&url.decoded(), start, end) {
                        out.citation(choice, Citation { url, title, start, end });
                    }
                }
                None => {
                    if self.is_new(raw, 0, 0) {
                        out.source(choice, &compact(raw));
                    }
                }
            }
        }
    }

    fn is_new(&mut self, what: &str, start: usize, end: usize) -> bool {
        self.cited.len() < MOST_CITED && self.cited.insert((what.to_owned(), start, end))
    }

    /// A place in characters.
    fn place(&mut self, segment: &Object<'_>) -> Option<(usize, usize)> {
        let number = |name| segment.get(name).and_then(|value| value.parse::<usize>().ok());
        let words = segment.get("text").and_then(Text::of).map(Text::decoded);
        let words = words.as_deref().filter(|words| !words.is_empty());
        let (start, end) = (number("startIndex").unwrap_or(0), number("endIndex").unwrap_or(0));
        let there = self.text.get(start..end).filter(|there| !there.is_empty());
        let (start, end) = match (words, there) {
            (None, Some(_)) => (start, end),
            (Some(words), Some(there)) if words == there => (start, end),
            (Some(words), _) => {
                let behind = self.text.get(self.last..).and_then(|text| text.find(words));
                let start = match behind {
                    Some(at) => at.saturating_add(self.last),
                    None => self.text.find(words)?,
                };
                (start, start.saturating_add(words.len()))
            }
            (None, None) => return None,
        };
        self.last = start;
        let from = self.chars(start);
        Some((from, self.chars(end)))
    }

    /// How many characters stand before a byte. Places mostly ascend: what was counted is not counted
    /// again.
    fn chars(&mut self, byte: usize) -> usize {
        if byte < self.mark.0 {
            self.mark = (0, 0);
        }
        let between = self.text.get(self.mark.0..byte).unwrap_or_default();
        let chars = self.mark.1.saturating_add(between.chars().count());
        // Back to the start of a place is a short way; only its end is remembered.
        self.mark = (byte, chars);
        chars
    }
}
