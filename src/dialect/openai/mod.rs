//! OpenAI's own language, which most providers speak with small differences.
//!
//! Bodies are spliced: the model, and what the row's quirks change. Answers stay as they are, but for chats of
//! providers that extend the language ([`extensions`]).
//! Source: <https://platform.openai.com/docs/api-reference>.

pub mod embeddings;
pub mod error;
pub mod extensions;
mod form;
mod hosted;
mod messages;
mod parts;
mod pictures;
mod quirks;
pub mod reader;
mod speech;
pub mod stream;
mod thinking;
mod tools;
mod transcripts;

use super::{Ask, Body, Call, Dialect, Failure, Sent, rerank};
use crate::dialect;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Change, Provider, Route, native, openai, table};
use crate::surface::transcription;
use crate::wire::json::{Fault, Kind, Object, kind, quoted};
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
    openai(Endpoint::StoredResponses, "/responses"),
    openai(Endpoint::Embeddings, "/embeddings"),
    native(Endpoint::Rerank, "/rerank", &rerank::OPEN),
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
    match object.member("model") {
        Some(model) => splices.replace(model.span.clone(), quoted(call.model)),
        None => object.insert(&mut splices, "model", &quoted(call.model)),
    }
    let extras = extras(call, object)?;
    for (name, value) in &extras.params {
        object.insert(&mut splices, name, value);
    }
    let names: Vec<&str> = extras.params.iter().map(|(name, _)| name.as_str()).collect();
    let mut removed = quirks::apply(call, object, &mut splices, &names)?;
    let sound = match call.endpoint {
        Endpoint::Speech => speech::write(call, object, &mut splices, &mut removed, &names)?,
        _ => None,
    };
    let links = pictures(call, object.string(pictures::FORMAT).as_deref())?;
    if links.stays {
        removed.push(pictures::FORMAT.to_owned());
    }
    let goes = |name: &str| {
        call.is_orq(name) || removed.iter().any(|removed| removed == name) || extras.members.contains(&name)
    };
    if object.members().iter().any(|member| goes(&member.name)) {
        object.remove(&mut splices, |member| goes(&member.name));
    }
    if call.endpoint == Endpoint::Embeddings
        && let Some(mender) = embeddings::mender(call, object)
    {
        return Ok(Sent::asked(Ask::spliced(splices), mender));
    }
    if let Some(mender) = links.mender {
        return Ok(Sent::asked(Ask::spliced(splices), mender));
    }
    Ok(match sound {
        Some(sound) => Sent::asked(Ask::spliced(splices), sound),
        None => Sent::Spliced(splices),
    })
}

/// Whether a member of the body holds parameters of one provider, or of those that speak one language,
/// alone: it is called like it.
pub(crate) fn is_extra(name: &str, value: &str) -> bool {
    kind(value) == Kind::Object && (table::find(name).is_some() || dialect::find(name).is_some())
}

/// What goes into the body as it is.
#[derive(Default)]
struct Extras<'a> {
    params: Vec<(String, String)>,
    /// The members that held them, and those that hold another provider's.
    members: Vec<&'a str>,
}

/// The parameters within a member that is called like the provider or, without one, like this language.
/// Those that are meant for another provider are left out by name.
fn extras<'a>(call: &mut Call<'_>, object: &'a Object<'_>) -> Result<Extras<'a>, Error> {
    let is_there = |name: &str| object.get(name).is_some_and(|value| kind(value) == Kind::Object);
    let own = if is_there(&call.upstream.id) { call.upstream.id.as_str() } else { OPENAI.id() };
    let mut extras = Extras::default();
    for extra in object.members() {
        let (name, value) = (extra.name.as_ref(), object.value(extra));
        if kind(value) != Kind::Object || !(name == own || is_extra(name, value)) {
            continue;
        }
        extras.members.push(name);
        if name != own {
            call.drop_param(name)?;
            continue;
        }
        let inner = Object::parse(value.as_bytes())?;
        for member in inner.members() {
            let param = member.name.as_ref();
            // Servers written in Go read names in any case.
            if param.eq_ignore_ascii_case("model") || object.member(param).is_some() {
                return Err(Fault::Duplicate(format!("{name}.{param}")).into());
            }
            extras.params.push((param.to_owned(), inner.value(member).to_owned()));
        }
    }
    Ok(extras)
}

/// What becomes of the form in which pictures are wanted.
fn pictures(call: &mut Call<'_>, said: Option<&str>) -> Result<pictures::Wanted, Error> {
    match call.endpoint {
        Endpoint::ImageGenerations | Endpoint::ImageEdits | Endpoint::ImageVariations => {
            pictures::wanted(call, said)
        }
        _ => Ok(pictures::Wanted::default()),
    }
}

fn multipart(call: &mut Call<'_>, form: &Form<'_>) -> Result<Sent, Error> {
    // In a form it could be taken for a boundary.
    if call.model.starts_with("--") {
        return Err(Error::no_model(call.model));
    }
    if matches!(call.endpoint, Endpoint::Transcriptions | Endpoint::Translations) {
        let upstream = call.upstream;
        let row = upstream.quirks(call.endpoint, call.model).find_map(|quirk| match quirk.change {
            Change::Transcripts(row) => Some(row),
            _ => None,
        });
        if let Some(row) = row {
            let request = transcription::Request::read(call, form)?;
            let sent = transcripts::ask(call, &request, row)?;
            request.params.finish(call)?;
            return Ok(sent);
        }
        // A form without one, the provider refuses itself.
        if form.parts().iter().any(|part| part.name == "file") {
            transcription::file(form)?;
        }
    }
    let mut splices = Splices::default();
    let said = form.parts().iter().find(|part| part.name == pictures::FORMAT);
    let links = pictures(call, said.and_then(|part| form.text(part)))?;
    for part in form.parts() {
        if part.name == "model" {
            splices.replace(part.content.clone(), call.model);
        } else if call.is_orq(&part.name) || (links.stays && part.name == pictures::FORMAT) {
            splices.remove(part.span.clone());
        }
    }
    form::apply(call, form, &mut splices)?;
    Ok(match links.mender {
        Some(mender) => Sent::asked(Ask::spliced(splices), mender),
        None => Sent::Spliced(splices),
    })
}
