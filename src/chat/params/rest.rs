//! Parameters that go up as they are: a provider's own, and those that OpenAI does not have.

use super::{Param, Params};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, items, kind, quoted};
use crate::wire::write::Writer;
use std::borrow::Cow;

impl<'a> Params<'a> {
    /// The fields of a form that are members of one of these, as `deepgram[numerals]` is of `deepgram`, and takes them.
    pub fn members_of(&self, outer: &[&str]) -> impl Iterator<Item = (&str, &'a str)> {
        let is_member = |name: &str| name.split_once('[').is_some_and(|(name, _)| outer.contains(&name));
        let members = self.list.iter().filter(move |param| param.field && is_member(&param.name));
        members.map(|param| {
            param.taken.set(true);
            (param.name.as_ref(), param.value)
        })
    }

    /// The names of all parameters, each that comes in several pieces by the one in front of the brackets.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(Param::outer)
    }

    /// Whether a parameter is there, in one piece or in several, not `null`, and nobody took it.
    #[must_use]
    pub fn left(&self, name: &str) -> bool {
        self.list.iter().any(|param| param.outer() == name && !param.taken.get() && !param.is_null())
    }

    /// The names and values, as JSON, of what nobody took, and takes it; not what `but` names. Fields of a form that are
    /// members of one object (`a[b]`) or elements of one list (`a[]`) come as one value. A field whose name stood before is
    /// left to be named: in JSON no name stands twice.
    pub fn rest_as_json(&self, but: &[&str]) -> Vec<(Cow<'_, str>, Cow<'a, str>)> {
        let mut out = Vec::new();
        for (index, param) in self.list.iter().enumerate() {
            let outer = param.outer();
            let is_again =
                || param.field && self.list.iter().take(index).any(|before| before.outer() == outer);
            if param.taken.get() || but.contains(&outer) || is_again() {
                continue;
            }
            let Some(inner) = param.inner() else {
                param.taken.set(true);
                out.push((Cow::Borrowed(param.name.as_ref()), param.json()));
                continue;
            };
            let list = inner.is_empty();
            let mut value = Writer::default();
            if list {
                value.begin_array();
            } else {
                value.begin_object();
            }
            let mut names: Vec<&str> = Vec::new();
            for part in self.list.iter().skip(index).filter(|part| part.outer() == outer) {
                // What is the other of both is left to be named.
                let Some(inner) = part.inner().filter(|inner| inner.is_empty() == list) else { continue };
                if names.contains(&inner) || part.taken.replace(true) {
                    continue;
                }
                if !list {
                    names.push(inner);
                    value.name(inner);
                }
                value.raw(&part.json());
            }
            if list {
                value.end_array();
            } else {
                value.end_object();
            }
            out.push((Cow::Borrowed(outer), Cow::Owned(value.finish())));
        }
        out
    }

    /// As [`extras`](Self::extras), as the text of an object, which is empty where there are none. A form says them as
    /// fields of the form `name[member]`.
    ///
    /// # Errors
    /// As [`extras_of`](Self::extras_of).
    pub fn extras_text(&self, call: &Call<'_>, dialect: &str) -> Result<Cow<'a, str>, Error> {
        for name in [call.upstream.id.as_str(), dialect] {
            let mut out = Writer::default();
            out.begin_object();
            let mut names: Vec<&str> = Vec::new();
            for field in self.list.iter().filter(|field| field.outer() == name) {
                let Some(inner) = field.inner().filter(|inner| !inner.is_empty()) else { continue };
                if inner.eq_ignore_ascii_case("model") {
                    return Err(no_model_here(&field.name));
                }
                // A second one of the same name is left to be named.
                if !names.contains(&inner) && !field.taken.replace(true) {
                    names.push(inner);
                    out.name(inner);
                    out.raw(&field.json());
                }
            }
            out.end_object();
            if !names.is_empty() {
                return Ok(Cow::Owned(out.finish()));
            }
            if let Some(object) = self.extras_of(name)? {
                return Ok(String::from_utf8_lossy(object.text()));
            }
        }
        Ok(Cow::Borrowed("{}"))
    }
}

impl<'a> Param<'a> {
    /// `a` of `a[b]`.
    fn outer(&self) -> &str {
        self.name.split('[').next().filter(|_| self.inner().is_some()).unwrap_or(&self.name)
    }

    /// `b` of `a[b]`, of a form.
    fn inner(&self) -> Option<&str> {
        let (_, inner) = self.name.strip_suffix(']').filter(|_| self.field)?.split_once('[')?;
        Some(inner)
    }

    /// Its value as JSON: a field of a form that looks like a number or a boolean is one.
    fn json(&self) -> Cow<'a, str> {
        let literal = || {
            let scalar = matches!(kind(self.value), Kind::Number | Kind::Boolean) && self.value.len() <= 64;
            scalar && items(&format!("[{}]", self.value)).eq([self.value])
        };
        if self.field && !literal() { Cow::Owned(quoted(self.value)) } else { Cow::Borrowed(self.value) }
    }
}

/// 400: what the client's key was checked for is the body's model.
pub(crate) fn no_model_here(param: &str) -> Error {
    let param = shown(param);
    Error::invalid(format!("Invalid parameter: '{param}' cannot be set here.")).param(param)
}

/// Whether a field of a form says what saying nothing says.
pub(crate) fn says_nothing(name: &str, value: &str) -> bool {
    match name {
        _ if value.is_empty() => true,
        "n" => value == "1",
        "stream" | "diarize" => value.eq_ignore_ascii_case("false"),
        "enable_logging" | "tag_audio_events" => value.eq_ignore_ascii_case("true"),
        "temperature" => value.parse::<f64>().is_ok_and(|number| number == 0.0),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::multipart::Form;

    fn params_of<T>(parts: &[(&str, &str)], read: impl FnOnce(&Params<'_>) -> T) -> T {
        let part = |(name, value): &(&str, &str)| {
            format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
        };
        let body: String = parts.iter().map(part).chain(["--x--\r\n".to_owned()]).collect();
        let form = Form::parse(body.as_bytes(), "x").unwrap();
        read(&Params::of_form(&form, |name| name == "model").unwrap())
    }

    #[test]
    fn fields_of_a_form_go_up_as_json() {
        let parts = [
            ("prompt", "12"),
            ("seed", "-0.5e1"),
            ("odd", "01"),
            ("safe", "true"),
            ("said", "a \"b\""),
            ("list[]", "a"),
            ("object[one]", "1"),
            ("list[]", "2"),
            ("object[two]", "x"),
            ("object[]", "neither"),
            ("quality", "low"),
            ("prompt", "again"),
            ("seed", "2"),
            ("object[one]", "2"),
        ];
        params_of(&parts, |params| {
            assert!(params.text("prompt").unwrap().is_some());
            let rest = params.rest_as_json(&["quality"]);
            let rest: Vec<_> = rest.iter().map(|(name, value)| format!("{name}={value}")).collect();
            assert_eq!(
                rest,
                [
                    "seed=-0.5e1",
                    "odd=\"01\"",
                    "safe=true",
                    "said=\"a \\\"b\\\"\"",
                    "list=[\"a\",2]",
                    "object={\"one\":1,\"two\":\"x\"}"
                ]
            );
            assert!(params.has("quality") && params.rest_as_json(&["quality"]).is_empty());
            let left = params.list.iter().filter(|param| !param.taken.get());
            let left: Vec<_> = left.map(|param| param.name.as_ref()).collect();
            assert_eq!(left, ["object[]", "quality", "prompt", "seed", "object[one]"]);
        });
    }
}
