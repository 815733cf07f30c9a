//! A provider's body while it is written.

use super::{Answer, Input, Request};
use crate::dialect::{Ask, Call, Next, Told};
use crate::error::Error;
use crate::wire::json::Object;
use crate::wire::outgoing::Outgoing;
use crate::wire::write::Writer;

/// The most inputs that are asked for one by one: a client waits for all of them.
pub const MOST_ONE_BY_ONE: usize = 96;

/// The most bytes of the bodies of those calls.
const MOST_HELD: usize = 64 << 20;

/// The calls that are still to be made, where a model takes one input a call.
#[derive(Debug, Default)]
pub struct OneByOne {
    path: Option<&'static str>,
    /// The last first.
    bodies: Vec<Outgoing>,
}

impl OneByOne {
    /// The first call, and those behind it: each has the body that is written for its input.
    ///
    /// # Errors
    /// 400 when there are more inputs than [`MOST_ONE_BY_ONE`], or one cannot be said.
    pub fn ask<'a>(
        call: &mut Call<'_>,
        request: &Request<'a>,
        path: Option<&'static str>,
        mut write: impl FnMut(&mut Call<'_>, &Input<'a>) -> Result<Outgoing, Error>,
    ) -> Result<(Ask, Self), Error> {
        request.at_most(call, MOST_ONE_BY_ONE)?;
        let mut bodies = Vec::with_capacity(request.inputs.len());
        let mut held = 0_usize;
        for input in request.inputs.iter().rev() {
            let body: Outgoing = write(call, input)?;
            // What is said of all inputs stands in each.
            held = held.saturating_add(body.length());
            if held > MOST_HELD {
                let message =
                    "Invalid 'input': the requests that it takes are too large together. Send fewer inputs.";
                return Err(Error::invalid(message).param("input").code("string_above_max_length"));
            }
            bodies.push(body);
        }
        let mut calls = Self { path, bodies };
        let first = calls.next().unwrap_or_default();
        Ok((first, calls))
    }

    /// What follows an answer whose vector is told: the next call, or, behind the last, the client's answer.
    ///
    /// # Errors
    /// As [`Answer::finish`].
    pub fn told(&mut self, answer: &mut Answer) -> Result<Told, Error> {
        match self.next() {
            Some(ask) => Ok(Told::Next(Next { method: "POST", ask, after: 0 })),
            None => Ok(answer.finish(None)?.into()),
        }
    }

    fn next(&mut self) -> Option<Ask> {
        let body = self.bodies.pop()?;
        Some(Ask { path: self.path, ..Ask::json(body) })
    }
}

/// A provider's body, an object: what is written into it, and what the client says to this provider alone
/// (`"cohere": {"truncate": "END"}`), which comes first where both have a member.
#[derive(Debug)]
pub struct Body<'a> {
    out: Writer,
    extras: Option<Object<'a>>,
}

impl<'a> Body<'a> {
    /// A body without members. `dialect`: the name of the language.
    ///
    /// # Errors
    /// 400 when what the client says to this provider alone is no object, or names a model.
    pub fn new(call: &Call<'_>, request: &Request<'a>, dialect: &str) -> Result<Self, Error> {
        let extras = request.params.extras(call, dialect)?;
        let mut out = Writer::with_capacity(1024);
        out.begin_object();
        Ok(Self { out, extras })
    }

    /// A member.
    pub fn member(&mut self, name: &str, write: impl FnOnce(&mut Writer)) {
        if self.extras.as_ref().is_none_or(|extras| extras.member(name).is_none()) {
            self.out.name(name);
            write(&mut self.out);
        }
    }

    /// A member that is an array, of what is written.
    ///
    /// # Errors
    /// Those of what writes it.
    pub fn list(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Writer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut told = Ok(());
        self.member(name, |out| {
            out.begin_array();
            told = write(out);
            out.end_array();
        });
        told
    }

    /// A member, if it is said, that is a string.
    pub fn text(&mut self, name: &str, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.member(name, |out| out.text(text.as_ref()));
        }
    }

    /// A member, if it is said, that is a whole number.
    pub fn number(&mut self, name: &str, number: Option<u64>) {
        if let Some(number) = number {
            self.member(name, |out| out.raw(&number.to_string()));
        }
    }

    /// Parameters of the provider's own, as the client wrote them.
    pub fn own(&mut self, request: &Request<'_>, names: &[&str]) {
        for name in names {
            if let Some(value) = request.params.take(name) {
                self.member(name, |out| out.raw(value));
            }
        }
    }

    /// The body.
    #[must_use]
    pub fn finish(mut self) -> Outgoing {
        if let Some(extras) = &self.extras {
            for member in extras.members() {
                self.out.raw_member(&member.name, extras.value(member));
            }
        }
        self.out.end_object();
        self.out.outgoing()
    }
}
