//! JSON as it is written: commas by themselves, texts copied as they stand where they stood in JSON
//! before.

use super::json::{self, Kind, kind, string};
use super::outgoing::{Outgoing, Piece};
use core::ops::Range;
use std::borrow::Cow;

/// A text on its way from one JSON document to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// A string of a JSON document, as it stands there, with its quotes. It is copied, not decoded:
    /// escapes stay as they were written.
    Json(&'a str),
    /// A text that is escaped when it is written.
    Plain(&'a str),
}

impl<'a> Text<'a> {
    /// The text of a value that is a string; `None` for any other value.
    #[must_use]
    pub fn of(value: &'a str) -> Option<Self> {
        (kind(value) == Kind::String).then_some(Self::Json(value))
    }

    /// How many bytes it has as it stands.
    #[must_use]
    pub fn length(self) -> usize {
        match self {
            Self::Json(text) | Self::Plain(text) => text.len(),
        }
    }

    /// Whether it has no characters.
    #[must_use]
    pub fn is_empty(self) -> bool {
        match self {
            Self::Json(value) => value.len() <= 2,
            Self::Plain(text) => text.is_empty(),
        }
    }

    /// The text itself. Half of a surrogate pair, which no Rust text can hold, becomes U+FFFD.
    #[must_use]
    pub fn decoded(self) -> Cow<'a, str> {
        match self {
            Self::Json(value) => string(value).unwrap_or_else(|| Cow::Owned(lossy(value))),
            Self::Plain(text) => Cow::Borrowed(text),
        }
    }

    /// The text as a string of JSON.
    #[must_use]
    pub fn json(self) -> Cow<'a, str> {
        match self {
            Self::Json(value) => Cow::Borrowed(value),
            Self::Plain(text) => Cow::Owned(json::quoted(text)),
        }
    }

    /// How many Unicode characters it has.
    #[must_use]
    pub fn chars(self) -> usize {
        let inner = match self {
            Self::Json(value) => inside(value),
            Self::Plain(text) => return text.chars().count(),
        };
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            inner.chars().count()
        } else {
            self.decoded().chars().count()
        }
    }

    /// Adds it to a JSON string that is being written: escaped, without quotes.
    pub fn push_to(self, out: &mut String) {
        match self {
            Self::Json(value) => out.push_str(inside(value)),
            Self::Plain(text) => escape(text, out),
        }
    }
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self::Plain("")
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Plain(text)
    }
}

/// A JSON string without its quotes.
fn inside(value: &str) -> &str {
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or_default()
}

/// A JSON string with half of a surrogate pair in it, decoded.
fn lossy(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = inside(value);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        // A pair is tried first, then one escape, then what is left is half of a pair.
        let taken = [12_usize, 6, 2].into_iter().find_map(|length| {
            let piece = escape.get(..length)?;
            let whole = length == 2 || piece.starts_with("\\u");
            let text = whole.then(|| string_of(piece)).flatten()?;
            Some((length, text))
        });
        match taken {
            Some((length, text)) => {
                out.push_str(&text);
                rest = escape.get(length..).unwrap_or_default();
            }
            None => {
                out.push('\u{fffd}');
                rest = escape.get(6..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

fn string_of(escape: &str) -> Option<String> {
    string(&format!("\"{escape}\"")).map(Cow::into_owned)
}

/// Adds a text to a JSON string that is being written.
fn escape(text: &str, out: &mut String) {
    out.reserve(text.len());
    let mut rest = text;
    while let Some(at) = json::special(rest.as_bytes()) {
        let Some((before, found)) = rest.split_at_checked(at) else { break };
        out.push_str(before);
        let mut chars = found.chars();
        match chars.next() {
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(other) => {
                let code = u32::from(other);
                out.push_str("\\u00");
                for digit in [code >> 4, code & 15] {
                    out.extend(char::from_digit(digit & 15, 16));
                }
            }
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
}

/// A JSON document with U+FFFD in the place of every half of a surrogate pair; `None` when it has none. A
/// text of a client can hold one, which most readers of JSON refuse.
#[must_use]
pub fn without_halves(json: &[u8]) -> Option<Vec<u8>> {
    // An escape for an escape, of the same length: in place.
    let mut mended: Option<Vec<u8>> = None;
    let mut at = 0_usize;
    // A backslash starts an escape, and no other character can stand in one.
    while let Some(found) = json.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let start = at.saturating_add(found);
        let unit = |from: usize| {
            let escape = json.get(from..from.saturating_add(6))?.strip_prefix(b"\\u")?;
            u32::from_str_radix(core::str::from_utf8(escape).ok()?, 16).ok()
        };
        let next = start.saturating_add(6);
        at = match unit(start) {
            None => start.saturating_add(2),
            Some(0xd800..=0xdbff) if matches!(unit(next), Some(0xdc00..=0xdfff)) => next.saturating_add(6),
            Some(0xd800..=0xdfff) => {
                let text = mended.get_or_insert_with(|| json.to_vec());
                if let Some(escape) = text.get_mut(start..next) {
                    escape.copy_from_slice(b"\\ufffd");
                }
                next
            }
            Some(_) => next,
        };
    }
    mended
}

/// A JSON document that grows. What is written in a legal order is valid JSON.
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    /// A comma comes before what is next.
    comma: bool,
    /// What stands in the document without being copied into it, and where.
    inserts: Vec<(usize, Piece)>,
}

impl Writer {
    /// A document with room for so many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: String::with_capacity(bytes), ..Self::default() }
    }

    /// The document so far.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.out
    }

    /// The document, which has nothing of a client's body in it.
    #[must_use]
    pub fn finish(self) -> String {
        debug_assert!(self.inserts.is_empty(), "what is not copied is lost");
        self.out
    }

    /// The document, to be sent in the place of the client's body.
    #[must_use]
    pub fn outgoing(self) -> Outgoing {
        if self.inserts.is_empty() {
            return self.out.into_bytes().into();
        }
        let mut body = Outgoing::default();
        let mut written = 0;
        for (at, piece) in self.inserts {
            let text = self.out.get(written..at).unwrap_or_default();
            body.push(Piece::Own(text.as_bytes().to_vec()));
            body.push(piece);
            written = at;
        }
        body.push(Piece::Own(self.out.get(written..).unwrap_or_default().as_bytes().to_vec()));
        body
    }

    fn value(&mut self) {
        if self.comma {
            self.out.push(',');
        }
        self.comma = true;
    }

    fn open(&mut self, bracket: char) {
        self.value();
        self.out.push(bracket);
        self.comma = false;
    }

    fn close(&mut self, bracket: char) {
        self.out.push(bracket);
        self.comma = true;
    }

    /// `{`
    pub fn begin_object(&mut self) {
        self.open('{');
    }

    /// `}`
    pub fn end_object(&mut self) {
        self.close('}');
    }

    /// `[`
    pub fn begin_array(&mut self) {
        self.open('[');
    }

    /// `]`
    pub fn end_array(&mut self) {
        self.close(']');
    }

    /// The name of a member; its value is next.
    pub fn name(&mut self, name: &str) {
        self.value();
        self.out.push('"');
        escape(name, &mut self.out);
        self.out.push_str("\":");
        self.comma = false;
    }

    /// A value as it stands; it must be JSON.
    pub fn raw(&mut self, json: &str) {
        self.value();
        self.out.push_str(json);
    }

    /// A string.
    pub fn text<'a>(&mut self, text: impl Into<Text<'a>>) {
        self.texts([text.into()]);
    }

    /// One string of several texts.
    pub fn texts<'a>(&mut self, texts: impl IntoIterator<Item = Text<'a>>) {
        self.value();
        self.out.push('"');
        for text in texts {
            text.push_to(&mut self.out);
        }
        self.out.push('"');
    }

    /// A string: a text (`data:image/png;base64,`), and a range of the client's body in base64, which is not copied.
    pub fn base64(&mut self, before: &str, range: Range<usize>) {
        self.insert(before, Piece::Base64(range));
    }

    /// A string: a text, and a range of the client's body, which is not copied. It stands within a string of JSON there.
    pub fn client(&mut self, before: &str, range: Range<usize>) {
        self.insert(before, Piece::Client(range));
    }

    fn insert(&mut self, before: &str, piece: Piece) {
        self.value();
        self.out.push('"');
        escape(before, &mut self.out);
        self.inserts.push((self.out.len(), piece));
        self.out.push('"');
    }

    /// A member whose value stands as JSON.
    pub fn raw_member(&mut self, name: &str, json: &str) {
        self.name(name);
        self.raw(json);
    }

    /// A member whose value is a string.
    pub fn text_member<'a>(&mut self, name: &str, text: impl Into<Text<'a>>) {
        self.name(name);
        self.text(text);
    }

    /// A member whose value is a whole number.
    pub fn number_member(&mut self, name: &str, number: u64) {
        self.raw_member(name, &number.to_string());
    }

    /// A member whose value is an object, written by `inner`.
    pub fn object_member(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.name(name);
        self.object(inner);
    }

    /// An object, written by `inner`.
    pub fn object(&mut self, inner: impl FnOnce(&mut Self)) {
        self.begin_object();
        inner(self);
        self.end_object();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    proptest! {
        #[test]
        fn any_text_is_written_so_that_it_reads_the_same(text in any::<String>()) {
            let mut writer = Writer::default();
            writer.text(text.as_str());
            prop_assert_eq!(serde_json::from_str::<String>(writer.as_str()).unwrap(), text.clone());
            // Copied from one document to another it is the same text.
            let quoted = writer.finish();
            let copied = Text::of(&quoted).unwrap();
            let mut writer = Writer::default();
            writer.texts([copied, Text::Plain("!")]);
            prop_assert_eq!(serde_json::from_str::<String>(writer.as_str()).unwrap(), text.clone() + "!");
            prop_assert_eq!(copied.decoded(), text.as_str());
            prop_assert_eq!(copied.chars(), text.chars().count());
            prop_assert_eq!(copied.is_empty(), text.is_empty());
        }
    }

    #[test]
    fn half_of_a_surrogate_pair_is_copied_as_it_stands_and_decoded_as_a_replacement() {
        let text = Text::Json(r#""a\ud83dA\ud83d\ude00\n\udc00é""#);
        assert_eq!(text.decoded(), "a\u{fffd}A😀\n\u{fffd}é");
        let mut out = String::new();
        text.push_to(&mut out);
        assert_eq!(out, r"a\ud83dA\ud83d\ude00\n\udc00é");
    }

    #[test]
    fn halves_of_surrogate_pairs_are_replaced_and_nothing_else() {
        let mended =
            |text: &str| without_halves(text.as_bytes()).map(|text| String::from_utf8(text).unwrap());
        let text = r#"{"a":"x\ud83d \\ud83d \ud83d\ude00 \udc00\ud83d\u0041\n"}"#;
        let expected = r#"{"a":"x\ufffd \\ud83d \ud83d\ude00 \ufffd\ufffd\u0041\n"}"#;
        assert_eq!(mended(text).as_deref(), Some(expected));
        assert_eq!(mended(expected), None);
        assert_eq!(mended("\"\\"), None);
    }

    #[test]
    fn a_file_of_the_client_stands_in_a_document_without_being_copied() {
        let mut writer = Writer::default();
        writer.object(|writer| {
            writer.name("image");
            writer.base64("data:;base64,", 1..4);
            writer.name("mask");
            writer.base64("", 0..1);
            writer.name("url");
            writer.client("data:,", 3..5);
        });
        let body = writer.outgoing();
        assert_eq!(body.bytes(b"xabcd"), br#"{"image":"data:;base64,YWJj","mask":"eA==","url":"data:,cd"}"#);
        assert_eq!(body.length(), body.bytes(b"xabcd").len());
    }

    #[test]
    fn commas_stand_where_json_wants_them() {
        let mut writer = Writer::default();
        writer.begin_object();
        writer.raw_member("a", "1.50");
        writer.name("b");
        writer.begin_array();
        writer.text("x");
        writer.object(|writer| writer.number_member("n", 7));
        writer.raw("null");
        writer.end_array();
        writer.object_member("c", |_| {});
        writer.text_member("d", "\"");
        writer.end_object();
        let read: Value = serde_json::from_str(writer.as_str()).unwrap();
        assert_eq!(read, json!({"a": 1.50, "b": ["x", {"n": 7}, null], "c": {}, "d": "\""}));
    }
}
