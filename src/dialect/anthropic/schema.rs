//! JSON Schemas in the part of the language that constrained decoding knows.
//!
//! What that part is: <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>. Every
//! object must be closed, `oneOf` is unknown, and so are most limits on values. A schema is written
//! anew as it is read, in one pass: objects are closed, `oneOf` becomes `anyOf`, and what cannot be
//! enforced goes into `description`, where the model still reads it. Vendor SDKs do the same.

use crate::wire::json::quoted;
use core::fmt;
use core::ops::Range;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The most optional properties of a schema. 24 are allowed, but compiling fails earlier as they
/// multiply; with this many it was never seen to.
const MAX_OPTIONAL: usize = 12;

/// A schema, written anew.
#[derive(Debug, PartialEq, Eq)]
pub struct Closed {
    /// The schema.
    pub text: String,
    /// Whether constrained decoding takes it and can say all that the client's schema can: it is not
    /// recursive, has no open objects, and no more optional properties than are compiled.
    pub fits: bool,
}

/// Writes a schema anew. `None` when it is none, or nested deeper than 128 levels.
#[must_use]
pub fn closed(schema: &str) -> Option<Closed> {
    let mut writer = Writer { out: String::with_capacity(schema.len()), ..Writer::default() };
    let mut source = serde_json::Deserializer::from_str(schema);
    Schema(&mut writer).deserialize(&mut source).ok()?;
    let fits = !writer.open && writer.optional <= MAX_OPTIONAL && !writer.is_recursive();
    Some(Closed { text: writer.out, fits })
}

/// Text that is written while a schema is read, and what was seen.
#[derive(Default)]
struct Writer<'de> {
    out: String,
    /// There is an object or a value of which not all is said.
    open: bool,
    optional: usize,
    /// The definition that is being read, and which refer to which.
    definition: Option<Cow<'de, str>>,
    references: BTreeSet<(Cow<'de, str>, Cow<'de, str>)>,
    /// A reference to something other than a definition, which may lie around it.
    upward: bool,
}

impl<'de> Writer<'de> {
    /// The name of a member, with the comma before it.
    fn name(&mut self, first: &mut bool, name: &str) {
        if !core::mem::replace(first, false) {
            self.out.push(',');
        }
        self.out.push_str(&quoted(name));
        self.out.push(':');
    }

    fn refer(&mut self, reference: &'de str) {
        let target = ["#/$defs/", "#/definitions/"].iter().find_map(|root| reference.strip_prefix(root));
        match (target, &self.definition) {
            (None, _) => self.upward = true,
            (Some(target), Some(definition)) => {
                let target = target.split('/').next().unwrap_or_default();
                self.references.insert((definition.clone(), Cow::Borrowed(target)));
            }
            (Some(_), None) => {}
        }
    }

    /// Whether a definition leads back to itself: whether some remain when those that refer to
    /// none are taken away again and again.
    fn is_recursive(&self) -> bool {
        let mut referred: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut waiting: BTreeMap<&str, usize> = BTreeMap::new();
        for (from, to) in &self.references {
            referred.entry(to).or_default().push(from);
            let count = waiting.entry(from).or_default();
            *count = count.saturating_add(1);
            waiting.entry(to).or_default();
        }
        let mut free: Vec<&str> =
            waiting.iter().filter(|(_, count)| **count == 0).map(|(name, _)| *name).collect();
        let mut done = 0_usize;
        while let Some(name) = free.pop() {
            done = done.saturating_add(1);
            for from in referred.get(name).map(Vec::as_slice).unwrap_or_default() {
                if let Some(count) = waiting.get_mut(from) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        free.push(from);
                    }
                }
            }
        }
        self.upward || done < waiting.len()
    }
}

/// A name or a text, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// One schema.
struct Schema<'w, 'de>(&'w mut Writer<'de>);

impl<'de> DeserializeSeed<'de> for Schema<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_any(self)
    }
}

/// What one schema says that is written at its end.
#[derive(Default)]
struct Rest<'de> {
    description: Option<Cow<'de, str>>,
    notes: String,
    reference: Option<&'de str>,
    /// Where its definitions were written: they stay beside a reference.
    definitions: Option<Range<usize>>,
    is_object: bool,
    is_closed: bool,
    is_typed: bool,
    properties: usize,
    required: usize,
    has_variants: bool,
}

impl<'de> Visitor<'de> for Schema<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON Schema")
    }

    /// `true` is any value, which constrained decoding does not know.
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.0.open = true;
        self.0.out.push_str("{}");
        Ok(())
    }

    /// `items` of a tuple: any of its elements.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.out.push_str("{\"anyOf\":");
        list(self.0, &mut items)?;
        self.0.out.push('}');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let writer = self.0;
        let start = writer.out.len();
        let mut rest = Rest::default();
        let mut first = true;
        writer.out.push('{');
        while let Some(Text(name)) = members.next_key()? {
            match name.as_ref() {
                "$defs" | "definitions" => {
                    writer.name(&mut first, &name);
                    let from = writer.out.len();
                    members.next_value_seed(Named { writer, definitions: true })?;
                    let text = writer.out.len();
                    rest.definitions = Some(from.saturating_sub(name.len().saturating_add(3))..text);
                }
                "properties" => {
                    writer.name(&mut first, &name);
                    rest.is_object = true;
                    rest.properties = members.next_value_seed(Named { writer, definitions: false })?;
                }
                "anyOf" | "oneOf" if !rest.has_variants => {
                    writer.name(&mut first, "anyOf");
                    rest.has_variants = true;
                    rest.is_typed = true;
                    members.next_value_seed(List(writer))?;
                }
                "allOf" => {
                    writer.name(&mut first, &name);
                    rest.is_typed = true;
                    members.next_value_seed(List(writer))?;
                }
                "items" => {
                    writer.name(&mut first, &name);
                    members.next_value_seed(Schema(writer))?;
                }
                "description" => match members.next_value::<&RawValue>()?.get() {
                    text if text.starts_with('"') => {
                        rest.description = serde_json::from_str::<Text<'de>>(text).ok().map(|text| text.0);
                    }
                    _ => {}
                },
                _ => {
                    let value = members.next_value::<&RawValue>()?.get();
                    if rest.keeps(writer, &name, value) {
                        writer.name(&mut first, &name);
                        writer.out.push_str(value);
                    } else if !matches!(name.as_ref(), "additionalProperties" | "$ref") {
                        let comma = if rest.notes.is_empty() { "" } else { ", " };
                        rest.notes.push_str(&format!("{comma}{name}: {value}"));
                    }
                }
            }
        }
        rest.write(writer, start, first);
        Ok(())
    }
}

impl<'de> Rest<'de> {
    /// Whether a member stays as it is. What it means for the whole is noted.
    fn keeps(&mut self, writer: &mut Writer<'de>, name: &str, value: &'de str) -> bool {
        match name {
            "type" => {
                self.is_typed = true;
                self.is_object |= value.contains("\"object\"");
                true
            }
            "enum" | "const" => {
                self.is_typed = true;
                !value.contains('{') && !value.starts_with("[[")
            }
            "required" => {
                self.required = value.bytes().filter(|byte| *byte == b',').count().saturating_add(1);
                if value.trim_matches(['[', ']', ' ', '\n', '\r', '\t']).is_empty() {
                    self.required = 0;
                }
                true
            }
            "title" | "default" | "$schema" | "$id" => true,
            "format" => FORMATS.contains(&value.trim_matches('"')),
            "minItems" => matches!(value, "0" | "1"),
            "$ref" => {
                // A pointer with escapes is no plain name of a definition.
                let reference = value.trim_matches('"');
                writer.refer(if reference.contains('\\') { "" } else { reference });
                self.reference = Some(value);
                false
            }
            "additionalProperties" => {
                self.is_closed = value == "false";
                writer.open |= !self.is_closed;
                false
            }
            "patternProperties" => {
                writer.open |= value.len() > 2;
                false
            }
            _ => false,
        }
    }

    /// Writes what belongs to the end, and the brace.
    fn write(self, writer: &mut Writer<'de>, start: usize, mut first: bool) {
        if let Some(reference) = self.reference {
            // What stands beside a reference is not read; definitions are.
            let definitions = self.definitions.and_then(|span| writer.out.get(span).map(str::to_owned));
            writer.out.truncate(start);
            writer.out.push_str("{\"$ref\":");
            writer.out.push_str(reference);
            if let Some(definitions) = definitions {
                writer.out.push(',');
                writer.out.push_str(&definitions);
            }
            writer.out.push('}');
            return;
        }
        let description = match (self.description, self.notes.is_empty()) {
            (description, true) => description,
            (None, false) => Some(Cow::Owned(format!("{{{}}}", self.notes))),
            (Some(text), false) => Some(Cow::Owned(format!("{text}\n\n{{{}}}", self.notes))),
        };
        if let Some(description) = description {
            writer.name(&mut first, "description");
            writer.out.push_str(&quoted(&description));
        }
        if self.is_object {
            // An object of which no property is said could only be empty.
            writer.open |= self.properties == 0 && !self.is_closed;
            writer.optional = writer.optional.saturating_add(self.properties.saturating_sub(self.required));
            writer.name(&mut first, "additionalProperties");
            writer.out.push_str("false");
        } else {
            writer.open |= !self.is_typed;
        }
        writer.out.push('}');
    }
}

const FORMATS: [&str; 10] =
    ["date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"];

/// Schemas by name. Its value is how many.
struct Named<'w, 'de> {
    writer: &'w mut Writer<'de>,
    definitions: bool,
}

impl<'de> DeserializeSeed<'de> for Named<'_, 'de> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<usize, D::Error> {
        source.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_, 'de> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of JSON Schemas")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<usize, A::Error> {
        let mut first = true;
        let mut count = 0_usize;
        self.writer.out.push('{');
        while let Some(Text(name)) = members.next_key()? {
            self.writer.name(&mut first, &name);
            if self.definitions {
                let outer = self.writer.definition.replace(name);
                members.next_value_seed(Schema(self.writer))?;
                self.writer.definition = outer;
            } else {
                members.next_value_seed(Schema(self.writer))?;
            }
            count = count.saturating_add(1);
        }
        self.writer.out.push('}');
        Ok(count)
    }
}

/// Schemas in a list.
struct List<'w, 'de>(&'w mut Writer<'de>);

impl<'de> DeserializeSeed<'de> for List<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<(), D::Error> {
        source.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of JSON Schemas")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        list(self.0, &mut items)
    }
}

fn list<'de, A: SeqAccess<'de>>(writer: &mut Writer<'de>, items: &mut A) -> Result<(), A::Error> {
    writer.out.push('[');
    let start = writer.out.len();
    loop {
        let before = writer.out.len();
        if before > start {
            writer.out.push(',');
        }
        if items.next_element_seed(Schema(writer))?.is_none() {
            writer.out.truncate(before);
            writer.out.push(']');
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(schema: &Value) -> (Value, bool) {
        let closed = closed(&schema.to_string()).unwrap();
        (serde_json::from_str(&closed.text).unwrap(), closed.fits)
    }

    #[test]
    fn objects_are_closed_and_limits_are_told_in_words() {
        let schema = json!({"type": "object", "required": ["n", "s"], "properties": {
            "n": {"type": "integer", "minimum": 1, "description": "A number"},
            "s": {"type": "string", "format": "uuid", "pattern": "^a"},
            "o": {"oneOf": [{"type": "string", "format": "x-own"}, {"type": "array", "minItems": 2, "items": {"type": "null"}}]},
        }});
        let expected = json!({"type": "object", "required": ["n", "s"], "additionalProperties": false, "properties": {
            "n": {"type": "integer", "description": "A number\n\n{minimum: 1}"},
            "s": {"type": "string", "format": "uuid", "description": "{pattern: \"^a\"}"},
            "o": {"anyOf": [
                {"type": "string", "description": "{format: \"x-own\"}"},
                {"type": "array", "items": {"type": "null"}, "description": "{minItems: 2}"},
            ]},
        }});
        assert_eq!(read(&schema), (expected, true));
    }

    #[test]
    fn what_stands_beside_a_reference_goes_but_definitions_stay() {
        let schema = json!({"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a", "description": "x", "title": "t"});
        assert_eq!(read(&schema), (json!({"$defs": {"a": {"type": "string"}}, "$ref": "#/$defs/a"}), true));
    }

    #[test]
    fn what_cannot_be_said_does_not_fit() {
        let node =
            json!({"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}, "required": ["next"]});
        let pair = |to: &str| json!({"type": "object", "properties": {"x": {"$ref": format!("#/$defs/{to}")}}, "required": ["x"]});
        let leaf = json!({"type": "string"});
        for (schema, fits) in [
            (json!({"$ref": "#/$defs/node", "$defs": {"node": node}}), false),
            (json!({"$ref": "#/$defs/a", "$defs": {"a": pair("b"), "b": pair("a")}}), false),
            (json!({"$ref": "#/$defs/a", "$defs": {"a": pair("b"), "b": pair("c"), "c": leaf}}), true),
            (json!({"type": "object", "properties": {"x": {"$ref": "#"}}}), false),
            (json!({"type": "object"}), false),
            (json!({"type": "object", "additionalProperties": {"type": "string"}}), false),
            (json!({"type": "object", "properties": {"x": {}}}), false),
            (json!({"type": "object", "properties": {"x": true}}), false),
            (json!({"type": "object", "additionalProperties": false}), true),
            (json!({"type": "array", "items": {"type": "number"}}), true),
        ] {
            assert_eq!(read(&schema).1, fits, "{schema}");
        }
        let many: serde_json::Map<_, _> = (0..13).map(|n| (n.to_string(), leaf.clone())).collect();
        assert!(!read(&json!({"type": "object", "properties": many})).1);
        assert!(
            read(&json!({"type": "object", "properties": many, "required": many.keys().collect::<Vec<_>>()}))
                .1
        );
    }

    #[test]
    fn what_is_no_schema_is_told_apart() {
        for text in ["1", "\"a\"", "{\"properties\":1}", "{\"anyOf\":{}}", "{\"items\":null}"] {
            assert_eq!(closed(text), None, "{text}");
        }
        let deep = format!("{}{}", "{\"items\":".repeat(200), "{}".to_owned() + &"}".repeat(200));
        assert_eq!(closed(&deep), None);
    }
}
