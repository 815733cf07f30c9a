//! The way up: from a client's request to the provider's.

use super::{Exchange, Forward, Reply, Sent, State, Step, Translation, Waiting};
use crate::chat::Ids;
use crate::dialect::openai::is_extra;
use crate::dialect::openai::reader::Reader;
use crate::dialect::{self, Ask, Body, Call, Payload};
use crate::endpoint::{Asked, Endpoint};
use crate::error::{Error, shown};
use crate::headers::{Headers, is_json, media_type};
use crate::orq;
use crate::provider::{Route, Upstream, default_model, path};
use crate::surface::{self, AsChat, Wanted};
use crate::wire::json::{Fault, Kind, Object, kind};
use crate::wire::multipart::{self, Form};
use crate::wire::outgoing::{Outgoing, Piece};
use crate::wire::write::without_halves;
use std::borrow::Cow;

/// Whether a header stays here: credentials of the client, what speaks to the proxy or to Envoy alone,
/// and what would tell the provider where the client is. OpenAI's organisation and project name an
/// account of the client's, not the one whose key is used.
pub(super) fn is_kept_back(name: &str) -> bool {
    match name {
        "authorization"
        | "proxy-authorization"
        | "api-key"
        | "x-api-key"
        | "x-goog-api-key"
        | "x-auth-token"
        | "xi-api-key"
        | "x-amz-security-token"
        | "x-amz-date"
        | "x-amz-content-sha256"
        | "cookie"
        | "openai-organization"
        | "openai-project"
        | "x-goog-user-project"
        | "forwarded"
        | "x-real-ip"
        | "via"
        | "true-client-ip"
        | "cf-connecting-ip"
        | "x-client-ip"
        | "x-cluster-client-ip" => true,
        // The page of a browser: Anthropic refuses requests that name one ("CORS requests must set …").
        "origin" | "referer" => true,
        // Some servers let these change what a request asks for.
        "x-original-url" | "x-rewrite-url" | "x-http-method-override" | "x-method-override" => true,
        // Answers are read on their way: no compression. The length is the new body's.
        "accept-encoding" | "content-length" => true,
        // Envoy finds no route for a request without it.
        "x-forwarded-proto" => false,
        _ => ["x-orq-", "x-envoy-", "x-forwarded-"].iter().any(|start| name.starts_with(start)),
    }
}

impl Exchange {
    /// The request's headers. `now` is asked only when a key has an end: seconds since 1970.
    pub fn request_headers(&mut self, headers: Headers, end: bool, now: impl FnOnce() -> u64) -> Step {
        headers.text("x-request-id").unwrap_or_default().clone_into(&mut self.request_id);
        match self.admit(headers, end, now) {
            Ok(step) => step,
            Err(error) => Step::Reply(self.refuse(&error)),
        }
    }

    fn admit(&mut self, headers: Headers, end: bool, now: impl FnOnce() -> u64) -> Result<Step, Error> {
        let method = headers.text(":method").unwrap_or_default().to_owned();
        let target = headers.text(":path").unwrap_or_default();
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let below = path.strip_prefix(self.gateway.base_path.as_str());
        let asked = below.map_or(Asked::Unknown, |path| Endpoint::asked(&method, path));
        let (endpoint, model) = match asked {
            Asked::Endpoint(endpoint, model) => (endpoint, model),
            Asked::Stored(stored) => {
                let key = self.gateway.keys.check(headers.get("authorization"), now)?.clone();
                let query = query.map(str::to_owned);
                return self.stored(&stored, &key, headers, query.as_deref()).map(Step::Continue);
            }
            Asked::Unknown => {
                return Err(Error::new(404, format!("Invalid URL ({} {})", shown(&method), shown(path))));
            }
            Asked::Method(allowed) => {
                let error = Error::new(
                    405,
                    format!("Not allowed to {} on {}: use {allowed}.", shown(&method), shown(path)),
                )
                .code("method_not_supported");
                let body = error.body().into_bytes();
                return Ok(Step::Reply(self.reply(
                    405,
                    body,
                    vec![("allow".to_owned(), allowed.to_owned())],
                )));
            }
        };
        let key = self.gateway.keys.check(headers.get("authorization"), now)?.clone();
        let listing = match (endpoint, model) {
            (Endpoint::Models, _) => Some(self.gateway.garden.list(&key)?),
            (Endpoint::Model, model) => Some(self.gateway.garden.describe(&model.unwrap_or_default(), &key)?),
            _ => None,
        };
        if let Some(body) = listing {
            return Ok(Step::Reply(self.reply(200, body.into_bytes(), Vec::new())));
        }
        let boundary = form(endpoint, &headers)?;
        let length = headers.text("content-length").and_then(|length| length.parse::<u64>().ok());
        if length.is_some_and(|length| length > self.gateway.limits.body_bytes as u64) {
            return Err(self.too_large());
        }
        if end {
            return Err(no_body());
        }
        let query = query.map(str::to_owned);
        self.state = State::Waiting(Box::new(Waiting { endpoint, headers, key, query, boundary }));
        Ok(Step::Buffer)
    }

    /// A body over the limit, as seen so far.
    #[must_use]
    pub fn too_large(&self) -> Error {
        Error::new(
            413,
            format!(
                "Maximum content size limit ({} bytes) exceeded: send a smaller body.",
                self.gateway.limits.body_bytes
            ),
        )
    }

    /// The whole body, after [`Step::Buffer`]. `now` is asked only when the answer will be translated or brought
    /// to one form: seconds since 1970.
    ///
    /// # Errors
    /// The answer to the client when the request cannot go on.
    pub fn request_body(&mut self, body: Vec<u8>, now: impl FnOnce() -> u64) -> Result<Forward, Reply> {
        let State::Waiting(waiting) = core::mem::replace(&mut self.state, State::Over) else {
            let error = Error::new(500, "The proxy lost track of this request. Ask again.");
            return Err(self.refuse(&error));
        };
        self.forward(*waiting, body, now).map_err(|error| self.refuse(&error))
    }

    fn forward(
        &mut self,
        waiting: Waiting,
        body: Vec<u8>,
        now: impl FnOnce() -> u64,
    ) -> Result<Forward, Error> {
        if body.len() > self.gateway.limits.body_bytes {
            return Err(self.too_large());
        }
        if body.is_empty() {
            return Err(no_body());
        }
        let Waiting { endpoint, mut headers, key, query, boundary } = waiting;
        let gateway = &self.gateway;
        let (object, parts);
        let streams;
        let (body_read, model, own) = match &boundary {
            None => {
                object = Object::parse(&body)?;
                streams = object.get("stream") == Some("true")
                    || (endpoint == Endpoint::Speech && object.get("stream_format") == Some("\"sse\""));
                let model = match json_model(&object) {
                    Err(error) => {
                        match default_model(endpoint).filter(|_| object.member("model").is_none()) {
                            // Where nobody serves it, to name a model is what helps.
                            Some(model) if gateway.garden.find(model, &key).is_ok() => Cow::Borrowed(model),
                            _ => return Err(error),
                        }
                    }
                    Ok(model) => model,
                };
                (Body::Json(&object), model, orq::names(&object))
            }
            Some(boundary) => {
                parts = Form::parse(&body, boundary).map_err(|fault| {
                    Error::invalid(format!(
                        "We could not parse the multipart body of your request: {}.",
                        fault.described()
                    ))
                })?;
                streams = parts.parts().iter().any(|part| {
                    part.name == "stream" && matches!(parts.content(part), b"true" | b"True" | b"1")
                });
                let own =
                    parts.parts().iter().map(|part| part.name.to_string()).filter(|name| orq::is_own(name));
                (Body::Form(&parts), form_model(&parts)?, own.collect())
            }
        };
        let found = gateway.garden.find(&model, &key)?;
        if key.models.is_some() {
            no_other_models(body_read, &found.upstream.id)?;
        }
        let mut call =
            Call { unsupported: gateway.unsupported, ..Call::new(endpoint, found.upstream, found.model) };
        let mut clock = Some(now);
        if !matches!(endpoint, Endpoint::ChatCompletions | Endpoint::Completions | Endpoint::Responses) {
            call.now = clock.take().map_or(0, |now| now());
        }
        for name in own {
            if call.is_orq(&name) || name.starts_with("orq.") {
                call.drop_param(&name)?;
            }
        }
        let native = found.upstream.route(endpoint, found.model);
        let as_chat = || found.upstream.route(Endpoint::ChatCompletions, found.model);
        let (route, chat) = match (native, body_read) {
            (Some(route), _) => (Some(route), None),
            (None, Body::Json(object)) if surface::is_told_as_chat(endpoint) => match as_chat() {
                Some(route) => {
                    let chat = surface::as_chat(&mut call, object, route.dialect.id())?;
                    (Some(route), Some(chat))
                }
                None => (None, None),
            },
            (None, _) => (None, None),
        };
        let route = route.ok_or_else(|| dialect::unserved(&call))?;
        let chat_body;
        let (told, form) = match chat {
            Some(AsChat { body, names, form }) => {
                call.endpoint = Endpoint::ChatCompletions;
                call.names = names;
                chat_body = body;
                (Some(Object::parse(&chat_body)?), Some(form))
            }
            None => {
                chat_body = Vec::new();
                (None, None)
            }
        };
        let body_said = told.as_ref().map_or(body_read, Body::Json);
        let sent = route.dialect.request(&mut call, body_said);
        let sent = sent.map_err(|error| call.names.error(error))?;
        let Call { dropped, names, .. } = call;

        let upstream = found.upstream;
        headers.retain(|name| !is_kept_back(name));
        if let Some(boundary) = &boundary {
            headers.set("content-type", multipart::content_type(boundary));
        }
        headers.set(
            ":path",
            match &sent {
                // What stands in the query speaks OpenAI's language.
                dialect::Sent::Spliced(_)
                | dialect::Sent::Asked(Ask { payload: Payload::Spliced(_), .. }, _) => {
                    upstream.path(route, found.model, streams, query.as_deref())
                }
                dialect::Sent::Translated(_) => upstream.path(route, found.model, streams, None),
                dialect::Sent::Asked(ask, _) => {
                    let mut segments = ask.segments.iter().map(|(name, value)| (*name, value.as_str()));
                    let bad = segments.find(|(_, value)| !path::is_segment(value));
                    let several = ask.path.unwrap_or(route.path).contains("{model/}");
                    let model = several && !found.model.split('/').all(path::is_segment);
                    if let Some((name, value)) = bad.or_else(|| model.then_some(("model", found.model))) {
                        let message = format!("Invalid value: '{}'. Name another {name}.", shown(value));
                        return Err(Error::invalid(message).param(name).code("invalid_value"));
                    }
                    upstream.asked_path(route, found.model, ask)
                }
            },
        );
        address(&mut headers, upstream, route);
        if headers.get("content-type").is_none() {
            headers.set("content-type", "application/json");
        }
        let mends = endpoint == Endpoint::ChatCompletions && upstream.extends_chat;
        let wanted = match body_said {
            Body::Json(object) if matches!(sent, dialect::Sent::Translated(_)) || mends || form.is_some() => {
                Some(Wanted::read(
                    object,
                    found.model,
                    Ids::new(&self.request_id, clock.take().map_or(0, |now| now())),
                ))
            }
            _ => None,
        };
        let mut state = Sent {
            endpoint: Some(endpoint),
            provider: upstream.id.clone(),
            model: found.model.to_owned(),
            dialect: Some(route.dialect),
            secret: upstream.secret.clone(),
            key: key.id.clone(),
            dropped,
            streams,
            mends: None,
            usage: None,
            translation: None,
            names,
            calls: 0,
            polls: false,
        };
        let mut client = Vec::new();
        let body = match sent {
            dialect::Sent::Spliced(splices) => match (form, wanted) {
                (Some(form), Some(wanted)) => {
                    state.translation = Some(Translation::Chat {
                        answer: Box::new(Reader::new(&upstream.id, wanted.clone())),
                        wanted: Wanted { form, ..wanted },
                        dialect: route.dialect.id(),
                    });
                    splices.apply(chat_body).into()
                }
                (_, wanted) => {
                    state.mends = wanted;
                    client = body;
                    splices.outgoing(client.len())
                }
            },
            dialect::Sent::Translated(translated) => {
                for (name, value) in translated.headers {
                    let value = match route.dialect.lists().contains(&name) {
                        true => united(&headers, name, &value),
                        false => value,
                    };
                    headers.set(name, value);
                }
                headers.set("content-type", "application/json");
                state.translation = wanted.map(|wanted| Translation::Chat {
                    answer: translated.answer,
                    wanted: Wanted { form: form.unwrap_or_default(), ..wanted },
                    dialect: route.dialect.id(),
                });
                without_halves(&translated.body).unwrap_or(translated.body).into()
            }
            dialect::Sent::Asked(ask, answer) => {
                state.translation = answer.map(Translation::Other);
                client = body;
                asked(ask, &mut headers, client.len())
            }
        };
        self.state = State::Sent(Box::new(state));
        headers.set("content-length", body.length().to_string());
        Ok(Forward { headers, body, client })
    }
}

/// The body of what is asked in a provider's own form, and its headers. The client's body has this length.
fn asked(ask: Ask, headers: &mut Headers, client: usize) -> Outgoing {
    for (name, value) in ask.headers {
        headers.set(name, value);
    }
    let (body, content_type) = match ask.payload {
        Payload::Spliced(splices) => (splices.outgoing(client), ask.content_type),
        Payload::Written(body) if ask.content_type.is_some() => (body, ask.content_type),
        Payload::Written(mut body) => {
            for piece in body.pieces_mut() {
                if let Piece::Own(bytes) = piece
                    && let Some(mended) = without_halves(bytes)
                {
                    *bytes = mended;
                }
            }
            (body, Some("application/json".to_owned()))
        }
    };
    if let Some(content_type) = content_type {
        headers.set("content-type", content_type);
    }
    body
}

/// Whom a request goes to, and what it shows there.
pub(super) fn address(headers: &mut Headers, upstream: &Upstream, route: &Route) {
    let (authority, cluster) = upstream.place(route);
    headers.set(":authority", authority);
    for (name, value) in &upstream.headers {
        headers.set(name, value.as_slice());
    }
    if let Some((usual, (name, value))) = upstream.other_auth(route) {
        headers.remove(usual);
        headers.set(name, value);
    }
    headers.set("x-orq-cluster", cluster);
}

/// The elements of a header that is a list, which may stand in several lines, and of one more list, each once.
fn united(headers: &Headers, name: &str, more: &str) -> String {
    let lines = headers.as_slice().iter().filter(|(other, _)| other == name);
    let before = lines.filter_map(|(_, line)| core::str::from_utf8(line).ok());
    let mut list: Vec<&str> = Vec::new();
    for element in before.chain([more]).flat_map(|line| line.split(',')).map(str::trim) {
        if !element.is_empty() && !list.contains(&element) {
            list.push(element);
        }
    }
    list.join(",")
}

/// The boundary of a form, `None` for JSON.
fn form(endpoint: Endpoint, headers: &Headers) -> Result<Option<String>, Error> {
    if let Some(coding) = headers.text("content-encoding").filter(|coding| *coding != "identity") {
        return Err(Error::new(
            415,
            format!("Unsupported content-encoding '{}': send the body as it is.", shown(coding)),
        ));
    }
    let takes = endpoint.takes();
    let content_type = headers.get("content-type").map(String::from_utf8_lossy);
    let media_type = content_type.as_deref().map(media_type);
    match media_type.as_deref() {
        // Without a type it is read as what the endpoint takes; a form cannot be, for its boundary.
        None if takes.json => Ok(None),
        Some(media_type) if takes.json && is_json(media_type) => Ok(None),
        Some("multipart/form-data") if takes.multipart => {
            match content_type.as_deref().and_then(multipart::boundary) {
                Some(boundary) => Ok(Some(boundary.into_owned())),
                None => Err(Error::invalid(
                    "We could not parse the multipart body of your request: its content-type has no boundary.",
                )),
            }
        }
        other => {
            let expected = match (takes.json, takes.multipart) {
                (true, true) => "application/json or multipart/form-data",
                (false, _) => "multipart/form-data",
                (true, false) => "application/json",
            };
            Err(Error::new(
                415,
                format!(
                    "Invalid Content-Type header ({}), expected {expected}.",
                    shown(other.unwrap_or("none"))
                ),
            ))
        }
    }
}

fn no_body() -> Error {
    Error::invalid(
        "We could not parse the JSON body of your request: there is no body. Send the parameters in one.",
    )
}

/// Refuses members by which a provider chooses among other models (OpenRouter's `models` and `preset`, LiteLLM's `fallbacks`): a key
/// that may use some models alone would reach all of them.
fn no_other_models(body: Body<'_>, provider: &str) -> Result<(), Error> {
    let other = |name: &str| {
        ["models", "preset", "fallbacks"].into_iter().find(|other| name.eq_ignore_ascii_case(other))
    };
    let named = match body {
        Body::Json(object) => {
            let says = |object: &Object<'_>| {
                let members = object.members().iter();
                let said = members.filter(|member| kind(object.value(member)) != Kind::Null);
                said.filter_map(|member| other(&member.name)).next()
            };
            // What stands under the name of a language goes up, too.
            let extras = object.members().iter().filter_map(|member| {
                let (name, value) = (member.name.as_ref(), object.value(member));
                let is_extra = name == provider || is_extra(name, value);
                Object::parse(value.as_bytes()).ok().filter(|_| is_extra)
            });
            says(object).or_else(|| extras.filter_map(|extras| says(&extras)).next())
        }
        // `models`, `models[]`, `openrouter[models][]`
        Body::Form(form) => form.parts().iter().find_map(|part| {
            part.name.split(['[', ']']).filter(|piece| !piece.is_empty()).take(2).find_map(other)
        }),
    };
    match named {
        Some(name) => {
            let message = format!(
                "Your API key may use some models alone: name one as `model`, and leave `{name}` out."
            );
            Err(Error::new(403, message).param(name).code("model_not_found"))
        }
        None => Ok(()),
    }
}

fn no_model() -> Error {
    Error::invalid("you must provide a model parameter").param("model").code("missing_required_parameter")
}

fn json_model<'a>(object: &Object<'a>) -> Result<Cow<'a, str>, Error> {
    // Servers written in Go read names in any case, and take the last.
    if object
        .members()
        .iter()
        .any(|member| member.name != "model" && member.name.eq_ignore_ascii_case("model"))
    {
        return Err(Fault::Duplicate("model".to_owned()).into());
    }
    let value = object.get("model").ok_or_else(no_model)?;
    let model = object.string("model").ok_or_else(|| {
        if kind(value) == Kind::String {
            let message = "Invalid model: it holds half of a surrogate pair.";
            return Error::invalid(message).param("model").code("invalid_value");
        }
        let kind = kind(value).described();
        let message = format!("Invalid type for 'model': expected a string, but got {kind} instead.");
        Error::invalid(message).param("model").code("invalid_type")
    })?;
    if model.is_empty() { Err(no_model()) } else { Ok(model) }
}

fn form_model<'a>(form: &Form<'a>) -> Result<Cow<'a, str>, Error> {
    // Some servers read names in any case, and `model[]` as `model`.
    let is_model = |name: &str| name.split('[').next().is_some_and(|name| name.eq_ignore_ascii_case("model"));
    let mut models = form.parts().iter().filter(|part| is_model(&part.name));
    let part = models.next().ok_or_else(no_model)?;
    if models.next().is_some() {
        return Err(Error::invalid(
            "Duplicate parameter: 'model' stands more than once in the form. Send it once.",
        )
        .param("model")
        .code("duplicate_parameter"));
    }
    if part.name != "model" {
        return Err(no_model());
    }
    let model = core::str::from_utf8(form.content(part)).map_err(|_| {
        Error::invalid("Invalid model: it is not UTF-8.").param("model").code("invalid_value")
    })?;
    if model.is_empty() { Err(no_model()) } else { Ok(Cow::Borrowed(model)) }
}
