//! An object of a provider's body, some of whose members the client may write itself.

use super::json::Object;
use super::write::Writer;
use crate::error::Error;
use std::borrow::Cow;

/// The members of an object, of which those win that the client wrote for this provider alone.
#[derive(Debug)]
pub struct Merged<'a> {
    theirs: Vec<(Cow<'a, str>, &'a str)>,
    ours: Vec<(&'static str, String)>,
}

impl<'a> Merged<'a> {
    /// An object of which the client wrote this much.
    #[must_use]
    pub fn new(theirs: Option<&Object<'a>>) -> Self {
        let theirs = theirs.map(|object| {
            object.members().iter().map(|member| (member.name.clone(), object.value(member))).collect()
        });
        Self { theirs: theirs.unwrap_or_default(), ours: Vec::new() }
    }

    /// Whether the client wrote this member.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.theirs.iter().any(|(theirs, _)| theirs == name)
    }

    /// What the client wrote of a member that is to be merged; it is ours to set from then on.
    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.theirs.iter().position(|(theirs, _)| theirs == name)?;
        Some(self.theirs.remove(at).1)
    }

    /// The same of a member that must be an object.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn take_object(&mut self, name: &str) -> Result<Option<Object<'a>>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        Object::parse(value.as_bytes()).map(Some).map_err(|_| {
            Error::invalid(format!(
                "Invalid type for '{name}': expected an object. It goes into the provider's body."
            ))
            .param(name)
            .code("invalid_type")
        })
    }

    /// Sets a member, unless the client did.
    pub fn set(&mut self, name: &'static str, json: impl Into<String>) {
        if !self.has(name) {
            self.ours.push((name, json.into()));
        }
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.theirs.is_empty() && self.ours.is_empty()
    }

    /// Writes the members.
    pub fn write_to(&self, out: &mut Writer) {
        for (name, json) in &self.ours {
            out.raw_member(name, json);
        }
        for (name, json) in &self.theirs {
            out.raw_member(name, json);
        }
    }

    /// The object.
    #[must_use]
    pub fn object(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| self.write_to(out));
        out.finish()
    }
}
