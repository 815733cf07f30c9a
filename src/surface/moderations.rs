//! Moderations: what in a text or a picture is harmful.
//!
//! Source: <https://platform.openai.com/docs/api-reference/moderations>.

use crate::chat::{Params, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// The most texts or parts that are read.
const MOST_INPUTS: usize = 10_000;

/// OpenAI's categories, in its order.
const CATEGORIES: [&str; 13] = [
    "harassment",
    "harassment/threatening",
    "sexual",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm/intent",
    "self-harm/instructions",
    "self-harm",
    "sexual/minors",
    "violence",
    "violence/graphic",
];

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is to be judged.
    pub input: Input<'a>,
    /// What else it says.
    pub params: Params<'a>,
}

/// What is to be judged.
#[derive(Debug)]
pub enum Input<'a> {
    /// One text.
    Text(Text<'a>),
    /// Texts, each by itself.
    Texts(Vec<Text<'a>>),
    /// Texts and pictures that are judged together: objects, as they stand.
    Parts(Vec<&'a str>),
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        const NAME: &str = "input";
        let value = object.get(NAME).ok_or_else(|| missing(NAME))?;
        let input = match kind(value) {
            Kind::String => Input::Text(Text::Json(value)),
            Kind::Array => list(value)?,
            _ => return Err(wrong_type(NAME, "a string or an array", value)),
        };
        let params = Params::new(object, |name| call.is_orq(name) || matches!(name, "model" | NAME));
        Ok(Self { input, params })
    }
}

fn list(value: &str) -> Result<Input<'_>, Error> {
    let all: Vec<&str> = items(value).take(MOST_INPUTS.saturating_add(1)).collect();
    if all.is_empty() {
        let error = Error::invalid("Invalid 'input': it is empty. Send at least one text.");
        return Err(error.param("input").code("empty_array"));
    }
    if all.len() > MOST_INPUTS {
        let error =
            Error::invalid(format!("Invalid 'input': at most {MOST_INPUTS} elements. Send it in parts."));
        return Err(error.param("input").code("array_above_max_length"));
    }
    // The first says what all of them are.
    let parts = all.first().is_some_and(|first| kind(first) == Kind::Object);
    let (wanted, expected) = if parts { (Kind::Object, "an object") } else { (Kind::String, "a string") };
    if let Some((at, other)) = all.iter().enumerate().find(|(_, one)| kind(one) != wanted) {
        return Err(wrong_type(&format!("input[{at}]"), expected, other));
    }
    Ok(match parts {
        true => Input::Parts(all),
        false => Input::Texts(all.into_iter().map(Text::Json).collect()),
    })
}

impl Input<'_> {
    /// Writes parts as one text, a line each.
    ///
    /// # Errors
    /// 400 for a picture, and for what is no part.
    pub fn write_text(&self, call: &Call<'_>, out: &mut Writer) -> Result<(), Error> {
        let Self::Parts(parts) = self else { return Ok(()) };
        let mut texts: Vec<Text<'_>> = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let place = format!("input[{at}]");
            let part = Object::parse(part.as_bytes()).map_err(|_| wrong_type(&place, "an object", part))?;
            match part.string("type").as_deref() {
                Some("text") => {}
                Some("image_url") => {
                    return Err(call.unknown_form(&place, "images", "Send text, or choose another model"));
                }
                other => {
                    let hint = " Supported values are: 'text' and 'image_url'.";
                    return Err(wrong_value(&format!("{place}.type"), other.unwrap_or_default(), hint));
                }
            }
            let text = part.get("text").ok_or_else(|| missing(&format!("{place}.text")))?;
            if !texts.is_empty() {
                texts.push(Text::Plain("\n"));
            }
            let text =
                Text::of(text).ok_or_else(|| wrong_type(&format!("{place}.text"), "a string", text))?;
            texts.push(text);
        }
        out.texts(texts);
        Ok(())
    }
}

/// What a provider says of one input, by its own categories.
#[derive(Debug)]
pub struct Judged<'a> {
    /// `true` or `false`, by category.
    categories: Vec<(String, &'a str)>,
    /// Numbers as they stand, by category.
    scores: Vec<(String, &'a str)>,
}

impl<'a> Judged<'a> {
    /// Reads `categories` and `category_scores`; `None` where they are not what they are called.
    #[must_use]
    pub fn read(result: &Object<'a>) -> Option<Self> {
        let members = |name: &str, wanted: Kind| -> Option<Vec<(String, &'a str)>> {
            let Some(value) = result.get(name) else { return Some(Vec::new()) };
            let object = Object::parse(value.as_bytes()).ok()?;
            let all = object.members().iter().map(|member| (member.name.to_string(), object.value(member)));
            Some(all.filter(|(_, value)| kind(value) == wanted).collect())
        };
        let categories = members("categories", Kind::Boolean)?;
        let scores = members("category_scores", Kind::Number)?;
        (!categories.is_empty() || !scores.is_empty()).then_some(Self { categories, scores })
    }

    /// Whether it is of any category.
    fn flagged(&self) -> bool {
        self.categories.iter().any(|(_, is)| *is == "true")
    }
}

/// The value of OpenAI's category: of the first of the provider's that means the same, or is called the same.
fn value<'a>(values: &[(String, &'a str)], means: &[(&str, &str)], category: &str) -> Option<&'a str> {
    let own = means.iter().filter(|(_, openais)| *openais == category).map(|(own, _)| *own);
    let find = |name: &str| values.iter().find(|(other, _)| other == name).map(|(_, value)| *value);
    own.chain([category]).find_map(find)
}

/// What an answer says beside its verdicts.
#[derive(Debug)]
pub struct About<'a> {
    /// The provider's id of the answer.
    pub id: Text<'a>,
    /// The model, as the provider calls it.
    pub model: Text<'a>,
    /// What the provider's categories mean: its name, and OpenAI's.
    pub means: &'a [(&'a str, &'a str)],
}

/// Writes an answer. A category of OpenAI's that the provider does not judge is `false`, 0, and was applied to no kind
/// of input, as OpenAI itself says of those that a picture is not judged by. The provider's own stand behind.
#[must_use]
pub fn answer(about: &About<'_>, judged: &[Judged<'_>]) -> String {
    let mut out = Writer::with_capacity(2048);
    out.begin_object();
    out.text_member("id", about.id);
    out.text_member("model", about.model);
    out.name("results");
    out.begin_array();
    for judged in judged {
        out.begin_object();
        out.raw_member("flagged", if judged.flagged() { "true" } else { "false" });
        values(&mut out, about, &judged.categories, ("categories", "false"));
        values(&mut out, about, &judged.scores, ("category_scores", "0"));
        applied(&mut out, about, judged);
        out.end_object();
    }
    out.end_array();
    out.end_object();
    out.finish()
}

fn values(out: &mut Writer, about: &About<'_>, values: &[(String, &str)], (name, none): (&str, &str)) {
    out.object_member(name, |out| {
        for category in CATEGORIES {
            out.raw_member(category, value(values, about.means, category).unwrap_or(none));
        }
        for (name, value) in values.iter().filter(|(name, _)| !CATEGORIES.contains(&name.as_str())) {
            out.raw_member(name, value);
        }
    });
}

fn applied(out: &mut Writer, about: &About<'_>, judged: &Judged<'_>) {
    const TEXT: &str = "[\"text\"]";
    out.object_member("category_applied_input_types", |out| {
        for category in CATEGORIES {
            let is = |values: &[(String, &str)]| value(values, about.means, category).is_some();
            let applied = is(&judged.scores) || is(&judged.categories);
            out.raw_member(category, if applied { TEXT } else { "[]" });
        }
        let own = judged.categories.iter().filter(|(name, _)| !CATEGORIES.contains(&name.as_str()));
        for (name, _) in own {
            out.raw_member(name, TEXT);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    const MEANS: &[(&str, &str)] = &[("sexual", "sexual"), ("cruelty", "violence"), ("crime", "illicit")];
    const NAMES: [&str; 6] = ["sexual", "cruelty", "crime", "gossip", "hate", "a \"quoted\" one"];

    proptest! {
        /// Whatever a provider judges by: OpenAI's categories are all there, each name stands once, a score is copied
        /// as it was written, and what was not judged was applied to nothing.
        #[test]
        fn a_verdict_has_openais_categories_and_the_providers_own(
            judged in prop::collection::btree_map(0..NAMES.len(), any::<bool>(), 1..NAMES.len()),
        ) {
            let score = |at: usize| format!("{at}.50e-1");
            let name = |at: usize| Value::from(NAMES[at]);
            let categories: Vec<String> = judged.iter().map(|(at, is)| format!("{}:{is}", name(*at))).collect();
            let scores: Vec<String> = judged.keys().map(|at| format!("{}:{}", name(*at), score(*at))).collect();
            let text = format!(
                "{{\"categories\":{{{}}},\"category_scores\":{{{}}}}}",
                categories.join(","),
                scores.join(",")
            );
            let object = Object::parse(text.as_bytes()).unwrap();
            let about = About { id: Text::Plain("i"), model: Text::Plain("m"), means: MEANS };
            let answer = answer(&about, &[Judged::read(&object).unwrap()]);
            // A name that stands twice is a fault.
            let results = Object::parse(answer.as_bytes()).unwrap();
            let result = items(results.get("results").unwrap()).next().unwrap().to_owned();
            let result = Object::parse(result.as_bytes()).unwrap();
            prop_assert_eq!(result.get("flagged") == Some("true"), judged.values().any(|is| *is));
            let maps: Vec<Map<String, Value>> = ["categories", "category_scores", "category_applied_input_types"]
                .map(|name| {
                    let inner = result.get(name).unwrap();
                    assert!(Object::parse(inner.as_bytes()).is_ok(), "{inner}");
                    serde_json::from_str(inner).unwrap()
                })
                .into();
            for category in CATEGORIES {
                prop_assert!(maps.iter().all(|map| map.contains_key(category)), "{}", answer);
                let means = MEANS.iter().find(|(_, openais)| *openais == category).map_or(category, |(own, _)| own);
                let at = NAMES.iter().position(|name| *name == means).filter(|at| judged.contains_key(at));
                let is = at.is_some_and(|at| judged[&at]);
                prop_assert_eq!(&maps[0][category], &Value::from(is));
                let expected = if at.is_some() { json!(["text"]) } else { json!([]) };
                prop_assert_eq!(&maps[2][category], &expected);
            }
            for (at, is) in &judged {
                prop_assert_eq!(&maps[0][NAMES[*at]], &Value::from(*is));
                let written = format!("{}:{}", name(*at), score(*at));
                prop_assert!(answer.contains(&written), "{}", answer);
                prop_assert_eq!(&maps[2][NAMES[*at]], &json!(["text"]));
            }
        }
    }

    #[test]
    fn what_is_no_verdict_is_none() {
        for text in
            ["{}", r#"{"categories":7}"#, r#"{"categories":{"a":"true"},"category_scores":{"a":"1"}}"#]
        {
            assert!(Judged::read(&Object::parse(text.as_bytes()).unwrap()).is_none(), "{text}");
        }
    }
}
