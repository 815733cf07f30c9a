//! An ordered header map with the habits of Envoy's `HeaderMapImpl`.

use std::fmt;

/// Headers of which Envoy keeps one entry only: a second value is appended to the first after a comma.
const SINGLE: &[&str] = &[
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "date",
    "server",
    "te",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-request-id",
];

/// Names and values in order; names in lower case; pseudo headers before all others.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, Vec<u8>)>);

impl Headers {
    /// An empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// This map and one more header.
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.add(name, value.as_ref());
        self
    }

    /// This map with that header replaced.
    pub fn but(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.replace(name, value.as_ref());
        self
    }

    /// This map less one header.
    pub fn without(mut self, name: &str) -> Self {
        self.remove(name);
        self
    }

    /// The first value of a header.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let name = key(name);
        self.0.iter().find(|entry| entry.0 == name).map(|entry| entry.1.as_slice())
    }

    /// The first value of a header as text; what is not UTF-8 is shown as U+FFFD.
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// Whether some value, of whatever header, holds these bytes.
    pub fn mention(&self, needle: &str) -> bool {
        self.0.iter().any(|(_, value)| value.windows(needle.len()).any(|part| part == needle.as_bytes()))
    }

    /// Adds a value; a header of which there can be one only grows by a comma and the value.
    pub fn add(&mut self, name: &str, value: &[u8]) {
        let name = key(name);
        let pseudo = name.starts_with(':');
        if (pseudo || SINGLE.contains(&name.as_str()))
            && let Some(entry) = self.0.iter_mut().find(|entry| entry.0 == name)
        {
            entry.1.push(b',');
            entry.1.extend_from_slice(value);
            return;
        }
        let at = if pseudo {
            self.0.iter().take_while(|entry| entry.0.starts_with(':')).count()
        } else {
            self.0.len()
        };
        self.0.insert(at, (name, value.to_vec()));
    }

    /// Removes every value of a header and adds one (Envoy's `setCopy`).
    pub fn replace(&mut self, name: &str, value: &[u8]) {
        self.remove(name);
        self.add(name, value);
    }

    /// Removes every value of a header.
    pub fn remove(&mut self, name: &str) {
        let name = key(name);
        self.0.retain(|entry| entry.0 != name);
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The ABI's form: count, lengths, then names and values, each closed by a zero byte.
    pub fn to_abi(&self) -> Vec<u8> {
        let word = |length: usize| (length as u32).to_le_bytes();
        let mut out = Vec::from(word(self.0.len()));
        for (name, value) in &self.0 {
            out.extend_from_slice(&word(name.len()));
            out.extend_from_slice(&word(value.len()));
        }
        for (name, value) in &self.0 {
            out.extend_from_slice(name.as_bytes());
            out.push(0);
            out.extend_from_slice(value);
            out.push(0);
        }
        out
    }

    /// Reads the ABI's form; `None` if it contradicts itself or a name is not UTF-8.
    pub fn from_abi(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let mut headers = Self::new();
        if bytes.is_empty() {
            return Some(headers);
        }
        let count = word(0)?;
        let mut at = 4 + count * 8;
        for entry in 0..count {
            let (name, value) = (word(4 + entry * 8)?, word(8 + entry * 8)?);
            let name_end = at + name;
            let value_end = name_end + 1 + value;
            let name = std::str::from_utf8(bytes.get(at..name_end)?).ok()?;
            headers.add(name, bytes.get(name_end + 1..value_end)?);
            at = value_end + 1;
        }
        (at == bytes.len()).then_some(headers)
    }

    /// What Envoy's codec would not put on a wire, in a sentence.
    pub fn unfit(&self) -> Option<String> {
        for (name, value) in self.iter() {
            let shown = String::from_utf8_lossy(value);
            if name.is_empty() || name.bytes().any(|byte| byte <= b' ' || byte == 0x7f) {
                return Some(format!("the header name {name:?} is not a token"));
            }
            if value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                return Some(format!("{name} holds a control byte: {shown:?}"));
            }
            let blank = |byte: &u8| *byte <= b' ' || *byte == 0x7f;
            let broken = match name {
                ":path" => !value.starts_with(b"/") || value.iter().any(blank),
                ":authority" | ":method" => value.is_empty() || value.iter().any(blank),
                ":status" => value.len() != 3 || !value.iter().all(u8::is_ascii_digit),
                _ => false,
            };
            if broken {
                return Some(format!("{name} cannot be sent: {shown:?}"));
            }
        }
        None
    }
}

/// The name under which Envoy files a header: `host` is `:authority`.
fn key(name: &str) -> String {
    match name.to_ascii_lowercase() {
        host if host == "host" => ":authority".to_owned(),
        name => name,
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Headers {
    fn from(entries: [(&str, &str); N]) -> Self {
        entries.into_iter().fold(Self::new(), |headers, (name, value)| headers.with(name, value))
    }
}

impl From<&Headers> for Headers {
    fn from(headers: &Headers) -> Self {
        headers.clone()
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self.iter().map(|(name, value)| (name, String::from_utf8_lossy(value).into_owned()));
        out.debug_map().entries(shown).finish()
    }
}
