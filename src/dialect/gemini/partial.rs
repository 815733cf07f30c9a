//! Arguments that come piece by piece, each with its place: JSON text is made of them as they come.
//!
//! Vertex AI sends them when `streamFunctionCallArguments` asks for it:
//! `{"jsonPath":"$.where.city","stringValue":"Bos","willContinue":true}`.
//! Source: <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc>

use crate::wire::json::{Object, quoted};
use crate::wire::write::Text;

/// The deepest place that is followed.
const MAX_DEPTH: usize = 64;

/// The arguments of one call so far.
#[derive(Debug, Default)]
pub struct Partial {
    /// The containers that are open, outermost first.
    open: Vec<Container>,
    /// The place of a string that goes on.
    string: Option<Vec<Step>>,
}

#[derive(Debug)]
struct Container {
    /// Its place in the container around it.
    step: Step,
    array: bool,
    /// Whether something stands in it.
    filled: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(u64),
}

impl Partial {
    /// Adds a piece to the JSON text. What cannot be placed is left out.
    pub fn add(&mut self, piece: &Object<'_>, out: &mut String) {
        let Some(path) = piece.string("jsonPath").and_then(|path| steps(&path)) else { return };
        let Some((leaf, around)) = path.split_last() else { return };
        let text = piece.get("stringValue").and_then(Text::of);
        let goes_on = text.is_some() && piece.get("willContinue") == Some("true");
        if let (Some(text), Some(place)) = (text, &self.string)
            && *place == path
        {
            text.push_to(out);
            if !goes_on {
                self.close_string(out);
            }
            return;
        }
        let value = ["numberValue", "boolValue"].into_iter().find_map(|name| piece.get(name));
        let value = value.or_else(|| piece.get("nullValue").map(|_| "null"));
        if text.is_none() && value.is_none() {
            return;
        }
        self.close_string(out);
        self.go_to(around, leaf, out);
        self.place(leaf, out);
        match text {
            Some(text) => {
                out.push('"');
                text.push_to(out);
                self.string = Some(path);
                if !goes_on {
                    self.close_string(out);
                }
            }
            None => out.push_str(value.unwrap_or("null")),
        }
    }

    /// Closes what is open: the text is whole then.
    pub fn end(&mut self, out: &mut String) {
        self.close_string(out);
        while self.close(out) {}
    }

    fn close_string(&mut self, out: &mut String) {
        if self.string.take().is_some() {
            out.push('"');
        }
    }

    fn close(&mut self, out: &mut String) -> bool {
        let container = self.open.pop();
        out.extend(container.as_ref().map(|container| if container.array { ']' } else { '}' }));
        container.is_some()
    }

    /// Closes and opens containers until the one around the leaf is the innermost.
    fn go_to(&mut self, around: &[Step], leaf: &Step, out: &mut String) {
        if self.open.is_empty() {
            out.push('{');
            self.open.push(Container { step: Step::Index(0), array: false, filled: false });
        }
        let inner = self.open.iter().skip(1);
        let shared = inner.zip(around).take_while(|(open, step)| open.step == **step).count();
        while self.open.len() > shared.saturating_add(1) {
            self.close(out);
        }
        let insides = around.iter().skip(1).chain([leaf]);
        for (step, inside) in around.iter().zip(insides).skip(shared) {
            self.place(step, out);
            let array = matches!(inside, Step::Index(_));
            out.push(if array { '[' } else { '{' });
            self.open.push(Container { step: step.clone(), array, filled: false });
        }
    }

    /// Writes what stands before a value in the innermost container.
    fn place(&mut self, step: &Step, out: &mut String) {
        let Some(container) = self.open.last_mut() else { return };
        if core::mem::replace(&mut container.filled, true) {
            out.push(',');
        }
        if let Step::Name(name) = step
            && !container.array
        {
            out.push_str(&quoted(name));
            out.push(':');
        }
    }
}

/// The steps of a JSON path that names one place: `$.a['b c'][0]`.
fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == MAX_DEPTH {
            return None;
        }
        let step;
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (name, behind) = after.split_at_checked(end)?;
            step = Step::Name(name.to_owned());
            rest = behind;
        } else {
            let after = rest.strip_prefix('[')?;
            let quote = after.chars().next().filter(|first| matches!(first, '\'' | '"'));
            let (inside, behind) = match quote {
                Some(quote) => {
                    let end = if quote == '"' { "\"]" } else { "']" };
                    after.get(1..)?.split_once(end)?
                }
                None => after.split_once(']')?,
            };
            step = match quote {
                Some(_) => Step::Name(inside.replace("\\'", "'").replace("\\\"", "\"")),
                None => Step::Index(inside.parse().ok()?),
            };
            rest = behind;
        }
        steps.push(step);
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn written(pieces: &[Value]) -> Value {
        let mut partial = Partial::default();
        let mut out = String::new();
        for piece in pieces {
            let text = piece.to_string();
            partial.add(&Object::parse(text.as_bytes()).unwrap(), &mut out);
        }
        partial.end(&mut out);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{out}: {error}"))
    }

    #[test]
    fn pieces_become_the_object_that_they_are_of() {
        let found = written(&[
            json!({"jsonPath": "$.name", "stringValue": "La", "willContinue": true}),
            json!({"jsonPath": "$.name", "stringValue": "sa\"gne\u{e9}", "willContinue": true}),
            json!({"jsonPath": "$.name", "stringValue": ""}),
            json!({"jsonPath": "$.steps[0].text", "stringValue": "boil", "willContinue": true}),
            json!({"jsonPath": "$.steps[0].minutes", "numberValue": 5}),
            json!({"jsonPath": "$.steps[1].text", "stringValue": "eat"}),
            json!({"jsonPath": "$['a b'].c", "boolValue": false}),
            json!({"jsonPath": "$['a b'].d[0][0]", "nullValue": null}),
            json!({"jsonPath": "$.x", "stringValue": "open", "willContinue": true}),
        ]);
        let expected = json!({"name": "Lasa\"gne\u{e9}", "steps": [{"text": "boil", "minutes": 5}, {"text": "eat"}],
            "a b": {"c": false, "d": [[null]]}, "x": "open"});
        assert_eq!(found, expected);
    }

    #[test]
    fn what_cannot_be_placed_is_left_out() {
        let found = written(&[
            json!({"jsonPath": "a", "numberValue": 1}),
            json!({"jsonPath": "$", "numberValue": 1}),
            json!({"jsonPath": "$.a[*]", "numberValue": 1}),
            json!({"jsonPath": "$.b"}),
            json!({"jsonPath": format!("${}", "[0]".repeat(100)), "numberValue": 1}),
            json!({"jsonPath": "$.a", "numberValue": 1.5}),
        ]);
        assert_eq!(found, json!({"a": 1.5}));
    }
}
