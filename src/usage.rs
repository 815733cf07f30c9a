//! Token counts, with one meaning for all vendors.

use crate::wire::json::Object;
use memchr::memmem;

/// What an answer cost, in tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usage {
    /// What went in, cached tokens among them.
    pub input: u64,
    /// What came out, reasoning among it.
    pub output: u64,
    /// Of the input: what came from a cache.
    pub cached: u64,
    /// Of the output: what was reasoning.
    pub reasoning: u64,
}

impl Usage {
    /// Reads OpenAI's `usage` object, of chat (`prompt_tokens`) or of Responses (`input_tokens`).
    /// `None` when it counts nothing.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let object = Object::parse(text.as_bytes()).ok()?;
        let count =
            |object: &Object<'_>, name: &str| object.get(name).and_then(|value| value.parse::<u64>().ok());
        let either = |one, other| count(&object, one).or_else(|| count(&object, other));
        let detail = |outer, name| {
            object
                .get(outer)
                .and_then(|inner| Object::parse(inner.as_bytes()).ok())
                .and_then(|inner| count(&inner, name))
        };
        let total = count(&object, "total_tokens");
        let output = either("completion_tokens", "output_tokens");
        // Embeddings and rerank count a total alone.
        let input = either("prompt_tokens", "input_tokens").or(total)?;
        Some(Self {
            input,
            output: output.unwrap_or(0),
            cached: detail("prompt_tokens_details", "cached_tokens")
                .or_else(|| detail("input_tokens_details", "cached_tokens"))
                .unwrap_or(0),
            reasoning: detail("completion_tokens_details", "reasoning_tokens")
                .or_else(|| detail("output_tokens_details", "reasoning_tokens"))
                .unwrap_or(0),
        })
    }
}

/// Watches an answer as it passes, in pieces cut anywhere, for its last `usage` object. Of several the
/// greatest counts: streams count up, and Groq adds what each model of a compound one had as parts.
///
/// No tree and no framing: within a JSON text the bytes `"usage"` can only be a whole string, since
/// the quotes of any longer or nested text would be escaped. A string of that name which is a value
/// is told apart by the colon that does not follow it.
#[derive(Debug, Default)]
pub struct Watch {
    state: State,
    /// The end of the last piece, when a needle could have started there; or the object so far.
    carry: Vec<u8>,
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The object is longer than [`MOST`].
    overlong: bool,
    last: Option<Usage>,
}

#[derive(Debug, Default, PartialEq)]
enum State {
    /// Looking for `"usage"`.
    #[default]
    Seek,
    /// Behind it: white space, the colon, and the brace are to come.
    Colon,
    Brace,
    /// Within the object.
    Object,
}

const NEEDLE: &[u8] = b"\"usage\"";
/// The largest usage object that is read; real ones have less than 1 KiB.
const MOST: usize = 8 << 10;

impl Watch {
    /// The usage that passed.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.last
    }

    /// Looks at the next piece.
    pub fn piece(&mut self, mut bytes: &[u8]) {
        loop {
            bytes = match self.state {
                State::Seek => match self.seek(bytes) {
                    Some(rest) => rest,
                    None => return,
                },
                State::Colon | State::Brace => match self.head(bytes) {
                    Some(rest) => rest,
                    None => return,
                },
                State::Object => match self.object(bytes) {
                    Some(rest) => rest,
                    None => return,
                },
            };
        }
    }

    /// What follows the needle, if it is there.
    fn seek<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        if !self.carry.is_empty() {
            // The needle may lie over the cut: its first bytes here, the rest there.
            let carried = self.carry.len();
            self.carry.extend_from_slice(bytes.get(..bytes.len().min(NEEDLE.len())).unwrap_or_default());
            let found = memmem::find(&self.carry, NEEDLE).filter(|at| *at < carried);
            if let Some(at) = found {
                self.carry.clear();
                self.state = State::Colon;
                return bytes.get(at.saturating_add(NEEDLE.len()).saturating_sub(carried)..);
            }
            if bytes.len() < NEEDLE.len() {
                self.keep_tail();
                return None;
            }
            self.carry.clear();
        }
        match memmem::find(bytes, NEEDLE) {
            Some(at) => {
                self.state = State::Colon;
                bytes.get(at.saturating_add(NEEDLE.len())..)
            }
            None => {
                let tail = bytes.len().saturating_sub(NEEDLE.len().saturating_sub(1));
                self.carry.extend_from_slice(bytes.get(tail..).unwrap_or_default());
                self.keep_tail();
                None
            }
        }
    }

    /// Shortens the carry to the longest end that could start the needle.
    fn keep_tail(&mut self) {
        let from = (0..self.carry.len()).find(|from| {
            let tail = self.carry.get(*from..).unwrap_or_default();
            tail.len() < NEEDLE.len() && NEEDLE.starts_with(tail)
        });
        self.carry.drain(..from.unwrap_or(self.carry.len()));
    }

    fn head<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let at = bytes.iter().position(|byte| !matches!(byte, b' ' | b'\n' | b'\r' | b'\t'))?;
        let (byte, rest) = bytes.get(at..)?.split_first()?;
        self.state = match (&self.state, byte) {
            (State::Colon, b':') => State::Brace,
            (State::Brace, b'{') => {
                self.carry.clear();
                self.carry.push(b'{');
                (self.depth, self.in_string, self.escaped, self.overlong) = (1, false, false, false);
                State::Object
            }
            _ => {
                self.state = State::Seek;
                // The byte itself may start the next needle.
                return bytes.get(at..);
            }
        };
        Some(rest)
    }

    fn object<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        for (at, byte) in bytes.iter().enumerate() {
            if self.in_string {
                (self.in_string, self.escaped) = match byte {
                    _ if self.escaped => (true, false),
                    b'\\' => (true, true),
                    b'"' => (false, false),
                    _ => (true, false),
                };
                continue;
            }
            match byte {
                b'"' => self.in_string = true,
                b'{' => self.depth = self.depth.saturating_add(1),
                b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth == 0 {
                let (inside, rest) = bytes.split_at_checked(at.saturating_add(1))?;
                self.store(inside);
                let usage =
                    core::str::from_utf8(&self.carry).ok().filter(|_| !self.overlong).and_then(Usage::read);
                if let Some(usage) = usage.filter(|usage| self.last.is_none_or(|last| *usage >= last)) {
                    self.last = Some(usage);
                }
                self.carry.clear();
                self.state = State::Seek;
                return Some(rest);
            }
        }
        self.store(bytes);
        None
    }

    /// Keeps a part of the object; of one that is too long nothing, though its end is awaited.
    fn store(&mut self, bytes: &[u8]) {
        self.overlong = self.overlong || self.carry.len().saturating_add(bytes.len()) > MOST;
        if self.overlong {
            self.carry.clear();
        } else {
            self.carry.extend_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"id":"x","choices":[{"message":{"content":"say \"usage\": {\"prompt_tokens\":9}","x":"usage"}}],"usage":null,
        "usage" : {"prompt_tokens":12,"completion_tokens":30,"note":"}\"{","total_tokens":42,
        "prompt_tokens_details":{"cached_tokens":4},"completion_tokens_details":{"reasoning_tokens":5}},"z":"\"usage\""}"#;

    #[test]
    fn the_usage_is_seen_at_every_cut() {
        let expected = Some(Usage { input: 12, output: 30, cached: 4, reasoning: 5 });
        for size in 1..BODY.len() {
            let mut watch = Watch::default();
            BODY.as_bytes().chunks(size).for_each(|piece| watch.piece(piece));
            assert_eq!(watch.usage(), expected, "pieces of {size}");
        }
        for cut in 0..BODY.len() {
            let mut watch = Watch::default();
            watch.piece(&BODY.as_bytes()[..cut]);
            watch.piece(&BODY.as_bytes()[cut..]);
            assert_eq!(watch.usage(), expected, "cut at {cut}");
        }
    }

    #[test]
    fn responses_and_embeddings_count_under_other_names() {
        let responses = r#"{"input_tokens":7,"output_tokens":3,"input_tokens_details":{"cached_tokens":2},"output_tokens_details":{"reasoning_tokens":1}}"#;
        assert_eq!(Usage::read(responses), Some(Usage { input: 7, output: 3, cached: 2, reasoning: 1 }));
        assert_eq!(Usage::read(r#"{"total_tokens":5}"#), Some(Usage { input: 5, ..Usage::default() }));
        assert_eq!(Usage::read("{}"), None);
    }

    #[test]
    fn an_object_without_end_does_not_grow() {
        let mut watch = Watch::default();
        watch.piece(b"\"usage\":{");
        for _ in 0..1000 {
            watch.piece(&[b'x'; 1000]);
        }
        assert!(watch.carry.capacity() < 64 << 10);
    }
}
