//! Mistral's moderation of texts.
//!
//! It judges by categories of its own and does not say `flagged`. Sources: `ClassificationRequest` and
//! `ModerationResponse` of its specification (<https://docs.mistral.ai/api/endpoint/classifiers>); what the categories
//! mean: <https://docs.mistral.ai/studio/safety-moderation>.

use crate::dialect::openai::error;
use crate::dialect::{Ask, Call, Convert, Received, Sent, Told, Whole};
use crate::error::Error;
use crate::surface::moderations::{About, Input, Judged, Request, answer};
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// What Mistral's categories mean in OpenAI's words, where they mean the same. `dangerous_and_criminal_content` was
/// one in mistral-moderation-2411. `dangerous`, `health`, `financial`, `law`, `pii` and `jailbreaking` have no like.
const MEANS: &[(&str, &str)] = &[
    ("sexual", "sexual"),
    ("hate_and_discrimination", "hate"),
    ("violence_and_threats", "violence"),
    ("selfharm", "self-harm"),
    ("criminal", "illicit"),
    ("dangerous_and_criminal_content", "illicit"),
];

/// Writes the request.
pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let extras = request.params.extras(call, super::ID)?;
    let mut out = Writer::default();
    out.begin_object();
    out.text_member("model", call.model);
    out.name("input");
    match &request.input {
        Input::Text(text) => out.text(*text),
        Input::Texts(texts) => {
            out.begin_array();
            for text in texts {
                out.text(*text);
            }
            out.end_array();
        }
        // They are judged together, as one.
        parts @ Input::Parts(_) => parts.write_text(call, &mut out)?,
    }
    let said = extras.as_ref().is_some_and(|extras| extras.member("metadata").is_some());
    if let Some(metadata) = request.params.take("metadata").filter(|_| !said) {
        out.raw_member("metadata", metadata);
    }
    for member in extras.iter().flat_map(Object::members) {
        if member.name == "input" {
            call.drop_param(&format!("{}.input", super::ID))?;
        } else if let Some(extras) = &extras {
            out.raw_member(&member.name, extras.value(member));
        }
    }
    out.end_object();
    let answer = Answer { provider: call.upstream.id.clone(), model: call.model.to_owned() };
    Ok(Sent::asked(Ask::json(out.outgoing()), answer))
}

/// Reads an answer.
#[derive(Debug)]
struct Answer {
    provider: String,
    model: String,
}

impl Convert for Answer {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.provider);
        let object = Object::parse(received.body).map_err(|_| unreadable())?;
        let Some(results) = object.get("results").filter(|results| kind(results) == Kind::Array) else {
            let status = error::of_success(&object);
            return Err(status.map_or_else(unreadable, |status| error::read(status, received.body)));
        };
        let mut judged = Vec::new();
        for result in items(results) {
            let result = Object::parse(result.as_bytes()).map_err(|_| unreadable())?;
            judged.push(Judged::read(&result).ok_or_else(unreadable)?);
        }
        let text = |name: &str| object.get(name).and_then(Text::of);
        let about = About {
            id: text("id").unwrap_or_default(),
            model: text("model").unwrap_or(Text::Plain(&self.model)),
            means: MEANS,
        };
        let usage = object.get("usage").and_then(Usage::read);
        Ok(Whole::json(answer(&about, &judged), usage).into())
    }
}
