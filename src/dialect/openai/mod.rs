//! OpenAI's own language, which most providers speak with small differences.
//!
//! Bodies are spliced: the model, and what the row's quirks change. Answers stay as they are.
//! Source: <https://platform.openai.com/docs/api-reference>.

pub mod error;
pub mod extensions;
mod messages;
mod quirks;
pub mod stream;
mod thinking;
mod tools;

use super::{Body, Call, Dialect, Failure, Sent};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, openai};
use crate::wire::json::{Fault, Object, quoted};
use crate::wire::multipart::Form;
use crate::wire::splice::Splices;

/// The dialect.
pub static OPENAI: OpenAi = OpenAi;

/// OpenAI's own language.
#[derive(Debug)]
pub struct OpenAi;

/// OpenAI's paths, and the one that its neighbours agree on for rerank.
const ROUTES: &[Route] = &[
    openai(Endpoint::ChatCompletions, "/chat/completions"),
    openai(Endpoint::Completions, "/completions"),
    openai(Endpoint::Responses, "/responses"),
    openai(Endpoint::Embeddings, "/embeddings"),
    openai(Endpoint::Rerank, "/rerank"),
    openai(Endpoint::Moderations, "/moderations"),
    openai(Endpoint::ImageGenerations, "/images/generations"),
    openai(Endpoint::ImageEdits, "/images/edits"),
    openai(Endpoint::ImageVariations, "/images/variations"),
    openai(Endpoint::Speech, "/audio/speech"),
    openai(Endpoint::Transcriptions, "/audio/transcriptions"),
    openai(Endpoint::Translations, "/audio/translations"),
];

impl Dialect for OpenAi {
    fn id(&self) -> &'static str {
        "openai"
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { routes: ROUTES, ..Provider::ROW };
        SERVER
    }

    fn request(&self, call: &mut Call<'_>, body: Body<'_>) -> Result<Sent, Error> {
        match body {
            Body::Json(object) => json(call, object),
            Body::Form(form) => multipart(call, form),
        }
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure { status, body: error::mended(status, body), retry_after: None }
    }
}

fn json(call: &mut Call<'_>, object: &Object<'_>) -> Result<Sent, Error> {
    let mut splices = Splices::default();
    if let Some(model) = object.member("model") {
        splices.replace(model.span.clone(), quoted(call.model));
    }
    let removed = quirks::apply(call, object, &mut splices)?;
    let extras = extras(call, object, &mut splices)?;
    if object.members().iter().any(|member| call.is_orq(&member.name)) || !removed.is_empty() || extras {
        object.remove(&mut splices, |member| {
            let name = member.name.as_ref();
            call.is_orq(name)
                || removed.iter().any(|removed| removed == name)
                || (extras && call.is_extra(name))
        });
    }
    Ok(Sent::Spliced(splices))
}

/// Puts the members of one that is called like the provider into the body, as they are. Says whether there
/// is such a one.
fn extras(call: &Call<'_>, object: &Object<'_>, splices: &mut Splices) -> Result<bool, Error> {
    let found = object.members().iter().find(|member| call.is_extra(&member.name));
    let Some(Ok(inner)) = found.map(|member| Object::parse(object.value(member).as_bytes())) else {
        return Ok(false);
    };
    for member in inner.members() {
        let name = member.name.as_ref();
        if name == "model" || object.member(name).is_some() {
            return Err(Fault::Duplicate(format!("{}.{name}", call.upstream.id)).into());
        }
        object.insert(splices, name, inner.value(member));
    }
    Ok(true)
}

fn multipart(call: &Call<'_>, form: &Form<'_>) -> Result<Sent, Error> {
    // In a form it could be taken for a boundary.
    if call.model.starts_with("--") {
        return Err(Error::no_model(call.model));
    }
    let mut splices = Splices::default();
    for part in form.parts() {
        if part.name == "model" {
            splices.replace(part.content.clone(), call.model);
        } else if call.is_orq(&part.name) {
            splices.remove(part.span.clone());
        }
    }
    Ok(Sent::Spliced(splices))
}
