//! `google.protobuf.Struct` as JSON.
//!
//! Envoy documents that it hands a Struct over as JSON; 1.40 hands over its serialised form. Either
//! is read: JSON starts with a brace, which no serialised Struct does.
//! Source: `google/protobuf/struct.proto`, and the encoding guide of Protocol Buffers.

use serde_json::{Map, Number, Value};

/// The deepest nesting that is read.
const DEPTH: usize = 32;

/// The JSON of a serialised Struct; `None` when it is none.
#[must_use]
pub fn to_json(bytes: &[u8]) -> Option<Value> {
    structure(bytes, DEPTH)
}

/// `map<string, Value> fields = 1`
fn structure(bytes: &[u8], depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let mut object = Map::new();
    for field in Fields(bytes) {
        let (1, Content::Bytes(entry)) = field? else { return None };
        let (mut name, mut value) = (String::new(), Value::Null);
        for field in Fields(entry) {
            match field? {
                (1, Content::Bytes(text)) => name = String::from_utf8(text.to_vec()).ok()?,
                (2, Content::Bytes(inner)) => value = self::value(inner, depth)?,
                _ => return None,
            }
        }
        object.insert(name, value);
    }
    Some(Value::Object(object))
}

/// `Value`: one of its six kinds.
fn value(bytes: &[u8], depth: usize) -> Option<Value> {
    let mut value = Value::Null;
    for field in Fields(bytes) {
        value = match field? {
            (1, Content::Varint(_)) => Value::Null,
            (2, Content::Fixed(bits)) => number(f64::from_bits(bits))?,
            (3, Content::Bytes(text)) => Value::String(String::from_utf8(text.to_vec()).ok()?),
            (4, Content::Varint(truth)) => Value::Bool(truth != 0),
            (5, Content::Bytes(inner)) => structure(inner, depth)?,
            (6, Content::Bytes(inner)) => list(inner, depth)?,
            _ => return None,
        };
    }
    Some(value)
}

/// `repeated Value values = 1`
fn list(bytes: &[u8], depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let mut values = Vec::new();
    for field in Fields(bytes) {
        let (1, Content::Bytes(inner)) = field? else { return None };
        values.push(value(inner, depth)?);
    }
    Some(Value::Array(values))
}

/// A whole number as one: a Struct knows no others than doubles.
fn number(value: f64) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() < EXACT {
        return format!("{value:.0}").parse::<i64>().ok().map(Value::from);
    }
    Number::from_f64(value).map(Value::Number)
}

/// What a field holds.
enum Content<'a> {
    Varint(u64),
    Fixed(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message; `None` in place of one that cannot be read, and then the end.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Content<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.read();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Option<(u64, Content<'a>)> {
        let tag = self.varint()?;
        let content = match tag & 7 {
            0 => Content::Varint(self.varint()?),
            1 => {
                let (bits, rest) = self.0.split_first_chunk::<8>()?;
                self.0 = rest;
                Content::Fixed(u64::from_le_bytes(*bits))
            }
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                let (bytes, rest) = self.0.split_at_checked(length)?;
                self.0 = rest;
                Content::Bytes(bytes)
            }
            _ => return None,
        };
        Some((tag >> 3, content))
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn field(number: u8, content: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = content.len();
        while length >= 0x80 {
            out.push(u8::try_from(length & 0x7f).unwrap() | 0x80);
            length >>= 7;
        }
        out.push(u8::try_from(length).unwrap());
        out.extend(content);
        out
    }

    fn written(value: &Value) -> Vec<u8> {
        match value {
            Value::Null => vec![1 << 3, 0],
            Value::Bool(truth) => vec![4 << 3, u8::from(*truth)],
            Value::Number(number) => [&[2 << 3 | 1][..], &number.as_f64().unwrap().to_le_bytes()].concat(),
            Value::String(text) => field(3, text.as_bytes()),
            Value::Array(list) => {
                field(6, &list.iter().flat_map(|value| field(1, &written(value))).collect::<Vec<_>>())
            }
            Value::Object(map) => field(5, &fields(map)),
        }
    }

    fn fields(map: &Map<String, Value>) -> Vec<u8> {
        let entry = |(name, value): (&String, &Value)| {
            field(1, &[field(1, name.as_bytes()), field(2, &written(value))].concat())
        };
        map.iter().flat_map(entry).collect()
    }

    #[test]
    fn a_struct_is_read_as_the_json_that_it_was() {
        let json = serde_json::json!({"keys": [{"id": "a", "n": 33_554_432, "half": 0.5, "not": false, "none": null}], "x".repeat(200): {}, "s": "y".repeat(300)});
        assert_eq!(to_json(&fields(json.as_object().unwrap())), Some(json));
        assert_eq!(to_json(b""), Some(serde_json::json!({})));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = to_json(&bytes);
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let mut deep = serde_json::json!(1);
        for _ in 0..100 {
            deep = serde_json::json!([deep]);
        }
        assert_eq!(to_json(&fields(serde_json::json!({"a": deep}).as_object().unwrap())), None);
    }
}
