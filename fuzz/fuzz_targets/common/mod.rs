//! What the targets share: inputs that are cut, and a second opinion on JSON.

#![allow(dead_code, reason = "each target uses its own part of this")]

pub mod surfaces;
pub mod translated;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::collections::BTreeMap;

/// An input's first line, which says how it is used, and what stands behind it.
pub fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (b"", data),
    }
}

/// The body in pieces whose lengths are the bytes of `lengths`, over and over: `!` is 1, `"` is 2.
/// None are two pieces of half the body each.
pub fn pieces<'a>(lengths: &[u8], body: &'a [u8]) -> Vec<&'a [u8]> {
    let mut lengths = lengths.iter().map(|byte| usize::from(byte.wrapping_sub(b' '))).cycle();
    let mut rest = body;
    let mut out = Vec::new();
    while !rest.is_empty() {
        let length = lengths.next().unwrap_or(body.len().div_ceil(2));
        let (piece, behind) = rest.split_at(length.clamp(1, rest.len()));
        out.push(piece);
        rest = behind;
    }
    out
}

pub fn contains(text: &[u8], part: &[u8]) -> bool {
    count(text, part) > 0
}

pub fn count(text: &[u8], part: &[u8]) -> usize {
    text.windows(part.len()).filter(|window| *window == part).count()
}

/// The members of a text that `serde_json` takes for an object: names decoded, values as they stand.
/// Whether a name stands twice.
pub struct Members<'a> {
    pub map: BTreeMap<String, &'a serde_json::value::RawValue>,
    pub twice: bool,
}

impl<'de: 'a, 'a> serde::Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Reads;
        impl<'de> Visitor<'de> for Reads {
            type Value = Members<'de>;
            fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members { map: BTreeMap::new(), twice: false };
                while let Some((name, value)) = input.next_entry()? {
                    members.twice |= members.map.insert(name, value).is_some();
                }
                Ok(members)
            }
        }
        input.deserialize_map(Reads)
    }
}

pub fn members(text: &[u8]) -> Option<Members<'_>> {
    serde_json::from_str(std::str::from_utf8(text).ok()?).ok()
}

/// Whether the grammar has it. Unlike a `Value`, it may nest deeply, and hold any number and half
/// surrogates.
pub fn is_json(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

/// The deepest nesting of a text that is JSON.
pub fn depth(text: &[u8]) -> usize {
    let (mut now, mut most, mut inside, mut escaped) = (0_usize, 0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if inside => escaped = true,
            b'"' => inside = !inside,
            b'{' | b'[' if !inside => {
                now += 1;
                most = most.max(now);
            }
            b'}' | b']' if !inside => now -= 1,
            _ => {}
        }
    }
    most
}

/// An answer that must be exactly OpenAI's error object, perhaps with more beside its four keys.
pub fn assert_error(body: &[u8]) {
    let shown = String::from_utf8_lossy(body);
    assert!(is_json(body), "no JSON: {shown}");
    let outer = members(body).unwrap_or_else(|| panic!("no object: {shown}"));
    assert!(!outer.twice, "a name stands twice: {shown}");
    let inner = outer.map.get("error").unwrap_or_else(|| panic!("no error: {shown}"));
    let inner = members(inner.get().as_bytes()).unwrap_or_else(|| panic!("error is no object: {shown}"));
    assert!(!inner.twice, "a name stands twice in the error: {shown}");
    for (name, or_null) in [("message", false), ("type", false), ("param", true), ("code", true)] {
        let value = inner.map.get(name).unwrap_or_else(|| panic!("no {name}: {shown}")).get();
        assert!(value.starts_with('"') || (or_null && value == "null"), "{name} is {value}: {shown}");
    }
}

/// Whether any object in it, however deep, has a member of this name.
pub fn names(value: &Value, name: &str) -> bool {
    match value {
        Value::Object(map) => map.contains_key(name) || map.values().any(|value| names(value, name)),
        Value::Array(list) => list.iter().any(|value| names(value, name)),
        _ => false,
    }
}

/// What another program would take for events: blocks of lines between blank ones. A last block that
/// no blank line ends is left out.
pub fn events(text: &str) -> Vec<String> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut blocks: Vec<_> =
        text.split("\n\n").map(|block| block.trim_start_matches('\n').to_owned()).collect();
    blocks.pop();
    blocks.retain(|block| !block.is_empty());
    blocks
}

/// The `event` and `data` fields of an event.
pub fn fields(event: &str) -> (Option<String>, Option<String>) {
    let (mut name, mut data) = (None, None::<String>);
    for line in event.trim_start_matches('\u{feff}').lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = Some(value.to_owned()),
            "data" => data = Some(data.map_or_else(|| value.to_owned(), |data| data + "\n" + value)),
            _ => {}
        }
    }
    (name, data)
}

/// How often the marker of a stream's end stands on a line.
pub fn ends(stream: &[u8]) -> usize {
    let lines = stream.split(|byte| matches!(byte, b'\n' | b'\r'));
    lines.filter(|line| matches!(*line, b"data: [DONE]" | b"data:[DONE]")).count()
}
