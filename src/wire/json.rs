//! One level of a JSON object, read without building a tree.
//!
//! The whole text is checked (grammar of RFC 8259, UTF-8, depth), but only the names of its first
//! level are looked at: values stay spans of the text, so that a [`Splices`] can change some of them
//! and leave every other byte alone. `serde_json` is the oracle of the tests.

pub(super) mod numbers;
mod plain;
mod seen;

use crate::wire::splice::Splices;
use core::ops::Range;
use seen::Seen;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The deepest nesting of arrays and objects that is read. A JSON schema of a real tool nests less
/// than 40 levels.
pub const MAX_DEPTH: usize = 256;

/// The most members of an object that is read. Real requests have less than 50.
pub const MAX_MEMBERS: usize = 4096;

/// Why a text is not an object that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not JSON: the offset, in bytes, of the first byte that cannot stand there.
    Syntax(usize),
    /// Not UTF-8.
    Encoding,
    /// Deeper than [`MAX_DEPTH`].
    Depth,
    /// JSON, but another kind of value.
    NotObject(Kind),
    /// More than [`MAX_MEMBERS`] names.
    TooMany,
    /// A name stands twice. Readers differ on which of the two counts, so neither does.
    Duplicate(String),
}

/// The kinds of JSON values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// The kind of the value that starts with this byte.
    fn of(first: u8) -> Option<Self> {
        Some(match first {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::String,
            b'-' | b'0'..=b'9' => Self::Number,
            b't' | b'f' => Self::Boolean,
            b'n' => Self::Null,
            _ => return None,
        })
    }

    /// As OpenAI's messages name it.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

/// One level of an object.
#[derive(Debug)]
pub struct Object<'a> {
    text: &'a str,
    members: Vec<Member<'a>>,
    /// Where the first member would stand: right behind the brace.
    inside: usize,
    seen: Seen,
}

/// A name and its value, as spans of the text.
#[derive(Debug)]
pub struct Member<'a> {
    /// The name, decoded.
    pub name: Cow<'a, str>,
    /// The name as it stands, with its quotes.
    pub name_span: Range<usize>,
    /// The value as it stands.
    pub span: Range<usize>,
}

impl<'a> Object<'a> {
    /// Reads a text that must be one object, with white space around it at most.
    ///
    /// # Errors
    /// The first [`Fault`] of the text.
    pub fn parse(text: &'a [u8]) -> Result<Self, Fault> {
        let mut object = Scan::of(text).whole()?;
        // Once for all values: each of them is then a part of a text that is known to be UTF-8.
        object.text = core::str::from_utf8(text).map_err(|_| Fault::Encoding)?;
        Ok(object)
    }

    /// Reads a part of a text that is known to be UTF-8.
    ///
    /// # Errors
    /// The first [`Fault`] of the text.
    pub fn parse_str(text: &'a str) -> Result<Self, Fault> {
        let mut object = Scan::of(text.as_bytes()).whole()?;
        object.text = text;
        Ok(object)
    }

    /// `{}`
    #[must_use]
    pub fn empty() -> Self {
        Self { text: "{}", members: Vec::new(), inside: 1, seen: Seen::default() }
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// All members, in their order.
    #[must_use]
    pub fn members(&self) -> &[Member<'a>] {
        &self.members
    }

    /// Whether an object somewhere in the text may have a member of this name, written without escapes. `false` is
    /// certain, and spares a search of the text.
    #[must_use]
    pub fn may_hold(&self, name: &str) -> bool {
        self.seen.may_hold(name.as_bytes())
    }

    /// The member of this name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Member<'a>> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The value of this name, as it stands.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.member(name).map(|member| self.value(member))
    }

    /// The value of this name if it is a string, decoded.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(string)
    }

    /// The value of a member, as it stands.
    #[must_use]
    pub fn value(&self, member: &Member<'_>) -> &'a str {
        self.text.get(member.span.clone()).unwrap_or_default()
    }

    /// Takes the members that are named `true` by `unwanted` out of the text, with their commas.
    pub fn remove(&self, splices: &mut Splices, unwanted: impl Fn(&Member<'_>) -> bool) {
        let first_kept = self.members.iter().position(|member| !unwanted(member));
        let Some(first_kept) = first_kept else {
            if let (Some(first), Some(last)) = (self.members.first(), self.members.last()) {
                splices.remove(first.name_span.start..last.span.end);
            }
            return;
        };
        for (index, pair) in self.members.windows(2).enumerate() {
            let [one, next] = pair else { continue };
            // Before the first that stays, a member goes with the comma behind it; after, with
            // the comma in front of it.
            if index < first_kept {
                splices.remove(one.name_span.start..next.name_span.start);
            } else if unwanted(next) {
                splices.remove(one.span.end..next.span.end);
            }
        }
    }

    /// What stands between the braces: all members, if there are any.
    #[must_use]
    pub fn inside(&self) -> Range<usize> {
        self.inside..self.members.last().map_or(self.inside, |member| member.span.end)
    }

    /// Puts a member in front of all others.
    pub fn insert(&self, splices: &mut Splices, name: &str, value: &str) {
        let comma = if self.members.is_empty() { "" } else { "," };
        splices.replace(self.inside..self.inside, format!("{}:{value}{comma}", quoted(name)));
    }
}

/// The elements of an array, as they stand; of any other value, none. The text must be JSON.
#[must_use]
pub fn elements(text: &str) -> Vec<Range<usize>> {
    spans(text).collect()
}

/// The elements of an array, in order; of any other value, none. The text must be JSON.
pub fn items(text: &str) -> impl Iterator<Item = &str> {
    spans(text).filter_map(|span| text.get(span))
}

/// They are found one by one: of small elements a list of their places is longer than the text.
fn spans(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut scan = Scan::of(text.as_bytes());
    scan.white_space();
    let mut goes_on = scan.next() == Some(b'[');
    core::iter::from_fn(move || {
        if !goes_on {
            return None;
        }
        scan.white_space();
        let start = scan.at;
        if scan.value().is_err() {
            goes_on = false;
            return None;
        }
        let span = start..scan.at;
        scan.white_space();
        goes_on = scan.next() == Some(b',');
        Some(span)
    })
}

/// The first byte that cannot stand for itself in a JSON string.
pub(super) fn special(text: &[u8]) -> Option<usize> {
    Some(plain::length(text)).filter(|at| *at < text.len())
}

/// Whether a value, as it stands, is an array of numbers and of nothing else.
#[must_use]
pub fn is_numbers(value: &str) -> bool {
    numbers::length(value.as_bytes()) == Some(value.len())
        || value.strip_prefix('[').is_some_and(|inside| inside.trim_ascii() == "]")
}

/// The kind of a value, as it stands.
#[must_use]
pub fn kind(value: &str) -> Kind {
    value.bytes().next().and_then(Kind::of).unwrap_or(Kind::Null)
}

/// A string value, decoded; `None` for any other value, and for a string that holds half of a
/// surrogate pair.
#[must_use]
pub fn string(value: &str) -> Option<Cow<'_, str>> {
    let inner = value.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str(value).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// A text as a JSON string, with its quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A place in a text that is read as JSON.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// A bit for every open level: set for an object, clear for an array.
    objects: [u64; MAX_DEPTH / 64],
    /// The names that were passed.
    seen: Seen,
}

impl<'a> Scan<'a> {
    fn of(text: &'a [u8]) -> Self {
        Self { text, at: 0, depth: 0, objects: [0; MAX_DEPTH / 64], seen: Seen::default() }
    }

    /// The object that the whole text is, without its text.
    fn whole(&mut self) -> Result<Object<'a>, Fault> {
        let object = self.object()?;
        self.white_space();
        if self.at == self.text.len() { Ok(Object { seen: self.seen, ..object }) } else { Err(self.fault()) }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn fault(&self) -> Fault {
        Fault::Syntax(self.at)
    }

    fn white_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at = self.at.saturating_add(1);
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.fault());
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// The outermost object, its members noted.
    fn object(&mut self) -> Result<Object<'a>, Fault> {
        self.white_space();
        let first = self.peek();
        if first != Some(b'{') {
            // Broken text is told apart from a value of another kind.
            let kind = first.and_then(Kind::of).ok_or_else(|| self.fault())?;
            self.value()?;
            self.white_space();
            return Err(if self.at == self.text.len() { Fault::NotObject(kind) } else { self.fault() });
        }
        self.push(true)?;
        self.at = self.at.saturating_add(1);
        let mut object = Object { members: Vec::with_capacity(16), inside: self.at, ..Object::empty() };
        self.white_space();
        if self.peek() == Some(b'}') {
            self.at = self.at.saturating_add(1);
            return Ok(object);
        }
        let mut many = BTreeSet::new();
        loop {
            self.white_space();
            let name_span = self.name_span()?;
            let name = self.name(name_span.clone())?;
            // Few names are compared pair by pair; many, which only an attacker sends, by a set.
            let twice = if object.members.len() < 32 {
                object.member(&name).is_some()
            } else {
                if many.is_empty() {
                    many.extend(object.members.iter().map(|member| member.name.clone()));
                }
                !many.insert(name.clone())
            };
            if twice {
                return Err(Fault::Duplicate(name.into_owned()));
            }
            self.white_space();
            self.expect(b':')?;
            self.white_space();
            let start = self.at;
            self.value()?;
            if object.members.len() == MAX_MEMBERS {
                return Err(Fault::TooMany);
            }
            object.members.push(Member { name, name_span, span: start..self.at });
            self.white_space();
            match self.peek() {
                Some(b',') => self.at = self.at.saturating_add(1),
                Some(b'}') => {
                    self.at = self.at.saturating_add(1);
                    return Ok(object);
                }
                _ => return Err(self.fault()),
            }
        }
    }

    fn name(&self, span: Range<usize>) -> Result<Cow<'a, str>, Fault> {
        let text = self.text.get(span.clone()).unwrap_or_default();
        let text = core::str::from_utf8(text).map_err(|_| Fault::Encoding)?;
        string(text).ok_or(Fault::Syntax(span.start))
    }

    /// One value of any depth, without recursion.
    fn value(&mut self) -> Result<(), Fault> {
        let outside = self.depth;
        loop {
            match self.peek() {
                Some(b'"') => self.string()?,
                Some(b'{') => {
                    self.push(true)?;
                    self.at = self.at.saturating_add(1);
                    self.white_space();
                    if self.peek() != Some(b'}') {
                        self.name_and_colon()?;
                        continue;
                    }
                    self.close();
                }
                Some(b'[') => {
                    self.push(false)?;
                    match self.text.get(self.at..).and_then(numbers::length) {
                        Some(length) => self.at = self.at.saturating_add(length.saturating_sub(1)),
                        None => {
                            self.at = self.at.saturating_add(1);
                            self.white_space();
                            if self.peek() != Some(b']') {
                                continue;
                            }
                        }
                    }
                    self.close();
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal(b"true")?,
                Some(b'f') => self.literal(b"false")?,
                Some(b'n') => self.literal(b"null")?,
                _ => return Err(self.fault()),
            }
            // A value ended here, and with it perhaps the levels around it.
            loop {
                if self.depth == outside {
                    return Ok(());
                }
                self.white_space();
                match (self.peek(), self.in_object()) {
                    (Some(b','), in_object) => {
                        self.at = self.at.saturating_add(1);
                        self.white_space();
                        if in_object {
                            self.name_and_colon()?;
                        }
                        break;
                    }
                    (Some(b'}'), true) | (Some(b']'), false) => self.close(),
                    _ => return Err(self.fault()),
                }
            }
        }
    }

    /// Passes over a name, with its quotes.
    fn name_span(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.at;
        self.string()?;
        let name = self.text.get(start.saturating_add(1)..self.at.saturating_sub(1)).unwrap_or_default();
        self.seen.note(name);
        Ok(start..self.at)
    }

    fn name_and_colon(&mut self) -> Result<(), Fault> {
        self.name_span()?;
        self.white_space();
        self.expect(b':')?;
        self.white_space();
        Ok(())
    }

    fn push(&mut self, object: bool) -> Result<(), Fault> {
        let word = self.objects.get_mut(self.depth / 64).ok_or(Fault::Depth)?;
        let bit = 1 << (self.depth % 64);
        if object {
            *word |= bit;
        } else {
            *word &= !bit;
        }
        self.depth = self.depth.saturating_add(1);
        Ok(())
    }

    /// Reads the bracket at hand and leaves its level.
    fn close(&mut self) {
        self.at = self.at.saturating_add(1);
        self.depth = self.depth.saturating_sub(1);
    }

    fn in_object(&self) -> bool {
        let level = self.depth.saturating_sub(1);
        self.objects.get(level / 64).is_some_and(|word| word & (1 << (level % 64)) != 0)
    }

    fn literal(&mut self, word: &[u8]) -> Result<(), Fault> {
        for byte in word {
            self.expect(*byte)?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return Err(self.fault());
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at = self.at.saturating_add(1);
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'-') {
            self.at = self.at.saturating_add(1);
        }
        if self.peek() == Some(b'0') {
            self.at = self.at.saturating_add(1);
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at = self.at.saturating_add(1);
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at = self.at.saturating_add(1);
            if let Some(b'+' | b'-') = self.peek() {
                self.at = self.at.saturating_add(1);
            }
            self.digits()?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<(), Fault> {
        self.expect(b'"')?;
        loop {
            self.plain();
            match self.peek() {
                Some(b'"') => {
                    self.at = self.at.saturating_add(1);
                    return Ok(());
                }
                Some(b'\\') => {
                    self.at = self.at.saturating_add(1);
                    match self.next() {
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {}
                        Some(b'u') => {
                            for _ in 0..4 {
                                if !self.peek().is_some_and(|byte| byte.is_ascii_hexdigit()) {
                                    return Err(self.fault());
                                }
                                self.at = self.at.saturating_add(1);
                            }
                        }
                        _ => return Err(Fault::Syntax(self.at.saturating_sub(1))),
                    }
                }
                _ => return Err(self.fault()),
            }
        }
    }

    /// Passes over bytes that stand for themselves in a string.
    fn plain(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at = self.at.saturating_add(plain::length(rest));
    }
}

#[cfg(test)]
mod tests;
