//! An object at any depth of a JSON text, and changes to its members as splices of that text.

use super::json::{Kind, Object, elements, kind, quoted, string};
use super::splice::Splices;
use std::borrow::Cow;

/// An object somewhere within a text, with the changes that are to be made to it.
///
/// Changes to an object and to what its members hold may be mixed, as long as no member is replaced or
/// removed whose inside is changed, too.
#[derive(Debug)]
pub struct Node<'a> {
    object: Object<'a>,
    /// Where its text starts within the whole text.
    at: usize,
    /// Members by name with their new values; `None`: the member goes.
    changes: Vec<(String, Option<String>)>,
    /// What goes into arrays that members hold.
    inserts: Splices,
}

impl<'a> Node<'a> {
    /// Reads the object that stands at this place of the whole text; `None` if it is none.
    #[must_use]
    pub fn read(text: &'a str, at: usize) -> Option<Self> {
        let object = Object::parse_str(text).ok()?;
        Some(Self { object, at, changes: Vec::new(), inserts: Splices::default() })
    }

    /// An object without members, to be filled.
    #[must_use]
    pub fn empty() -> Self {
        Self { object: Object::empty(), at: 0, changes: Vec::new(), inserts: Splices::default() }
    }

    /// The object with its changes made, if it stands alone and has some.
    #[must_use]
    pub fn text(self) -> Option<String> {
        let mut splices = Splices::default();
        if !self.is_changed() {
            return None;
        }
        self.finish(&mut splices);
        String::from_utf8(splices.apply(b"{}".to_vec())).ok()
    }

    /// The value of a member as it stands; `None` if it is absent or null.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.object.get(name).filter(|value| kind(value) != Kind::Null)
    }

    /// Whether there is a member of this name, null or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.object.member(name).is_some()
    }

    /// The value of a member that is a string, decoded.
    #[must_use]
    pub fn string(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(string)
    }

    /// Where the value of a member stands within the whole text.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<usize> {
        self.object.member(name).map(|member| self.at.saturating_add(member.span.start))
    }

    /// Where the inside of a string stands within the whole text.
    #[must_use]
    pub fn text_of(&self, name: &str) -> Option<core::ops::Range<usize>> {
        let member = self.object.member(name)?;
        let (start, end) = (member.span.start.checked_add(1)?, member.span.end.checked_sub(1)?);
        let is_string = kind(self.object.value(member)) == Kind::String;
        is_string.then(|| self.at.saturating_add(start)..self.at.saturating_add(end))
    }

    /// The object that a member holds.
    #[must_use]
    pub fn child(&self, name: &str) -> Option<Self> {
        let member = self.object.member(name)?;
        Self::read(self.object.value(member), self.at.saturating_add(member.span.start))
    }

    /// The elements of the array that a member holds, each with its place in the whole text.
    #[must_use]
    pub fn items(&self, name: &str) -> Vec<(&'a str, usize)> {
        let Some(member) = self.object.member(name) else { return Vec::new() };
        let value = self.object.value(member);
        let start = self.at.saturating_add(member.span.start);
        let item = |range: core::ops::Range<usize>| {
            let at = start.saturating_add(range.start);
            Some((value.get(range)?, at))
        };
        elements(value).into_iter().filter_map(item).collect()
    }

    /// The names of all members.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.object.members().iter().map(|member| member.name.as_ref())
    }

    /// Gives a member this value, in its place or behind all others.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.changes.retain(|(other, _)| other != name);
        self.changes.push((name.to_owned(), Some(value.into())));
    }

    /// Gives a member this string.
    pub fn set_text(&mut self, name: &str, text: &str) {
        self.set(name, quoted(text));
    }

    /// Takes a member out.
    pub fn remove(&mut self, name: &str) {
        self.changes.retain(|(other, _)| other != name);
        if self.has(name) {
            self.changes.push((name.to_owned(), None));
        }
    }

    /// The value that a member is to have, as far as it was set.
    #[must_use]
    pub fn planned(&self, name: &str) -> Option<&str> {
        match self.changes.iter().find(|(other, _)| other == name) {
            Some((_, value)) => value.as_deref(),
            None => self.object.get(name),
        }
    }

    /// Puts an element in front of those of the array that a member holds.
    pub fn put_first(&mut self, name: &str, element: &str) {
        if let Some(member) = self.object.member(name) {
            let comma = if elements(self.object.value(member)).is_empty() { "" } else { "," };
            let inside = self.at.saturating_add(member.span.start).saturating_add(1);
            self.inserts.replace(inside..inside, format!("{element}{comma}"));
        }
    }

    /// Whether a change was noted.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        !self.changes.is_empty() || !self.inserts.is_empty()
    }

    /// Notes the changes as splices of the whole text.
    pub fn finish(self, splices: &mut Splices) {
        let Self { object, at, changes, inserts } = self;
        splices.extend(inserts, 0);
        if changes.is_empty() {
            return;
        }
        let absolute =
            |range: core::ops::Range<usize>| at.saturating_add(range.start)..at.saturating_add(range.end);
        let goes = |name: &str| changes.iter().any(|(other, value)| other == name && value.is_none());
        let members = object.members();
        let added: Vec<String> = changes
            .iter()
            .filter(|(name, _)| object.member(name).is_none())
            .filter_map(|(name, value)| Some(format!("{}:{}", quoted(name), value.as_ref()?)))
            .collect();
        for (name, value) in &changes {
            if let (Some(member), Some(value)) = (object.member(name), value) {
                splices.replace(absolute(member.span.clone()), value.as_str());
            }
        }
        let Some(last) = members.iter().rfind(|member| !goes(&member.name)) else {
            // Nothing stays of what was there.
            let inside = object.inside();
            splices.replace(absolute(inside), added.join(","));
            return;
        };
        if !added.is_empty() {
            // Before the removal of what follows, which starts at the same place.
            let end = last.span.end;
            splices.replace(absolute(end..end), format!(",{}", added.join(",")));
        }
        let mut removed = Splices::default();
        object.remove(&mut removed, |member| goes(&member.name));
        splices.extend(removed, at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    fn changed(text: &str, changes: &[(String, Option<i32>)]) -> String {
        let mut node = Node::read(text, 0).unwrap();
        for (name, value) in changes {
            match value {
                Some(value) => node.set(name, value.to_string()),
                None => node.remove(name),
            }
        }
        let mut splices = Splices::default();
        node.finish(&mut splices);
        String::from_utf8(splices.apply(text.as_bytes().to_vec())).unwrap()
    }

    proptest! {
        #[test]
        fn members_are_set_and_removed_as_in_a_map(
            names in proptest::collection::btree_set("[a-e]", 0..5),
            changes in proptest::collection::vec(("[a-g]", proptest::option::of(any::<i32>())), 0..6),
            space in prop_oneof![Just(""), Just(" "), Just("\n ")],
        ) {
            let members: Vec<_> = names.iter().map(|name| format!("{space}{name:?}{space}:{space}[1.50]")).collect();
            let text = format!("{{{}{space}}}", members.join(","));
            let mut expected: Map<String, Value> = serde_json::from_str(&text).unwrap();
            for (name, value) in &changes {
                match value {
                    Some(value) => { expected.insert(name.clone(), json!(value)); }
                    None => { expected.remove(name); }
                }
            }
            let got = changed(&text, &changes);
            prop_assert_eq!(serde_json::from_str::<Value>(&got).unwrap(), Value::Object(expected), "{}", got);
        }
    }

    #[test]
    fn objects_are_changed_at_their_depth() {
        let text = r#"{"a": [ {"b":{"c":1}}, {"b" : {}} ], "z":1.50}"#;
        let top = Node::read(text, 0).unwrap();
        let mut splices = Splices::default();
        for (item, at) in top.items("a") {
            let mut inner = Node::read(item, at).unwrap().child("b").unwrap();
            inner.set_text("d", "é\"");
            inner.finish(&mut splices);
        }
        let got = String::from_utf8(splices.apply(text.as_bytes().to_vec())).unwrap();
        assert_eq!(got, r#"{"a": [ {"b":{"c":1,"d":"é\""}}, {"b" : {"d":"é\""}} ], "z":1.50}"#);
    }
}
