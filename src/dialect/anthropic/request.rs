//! The body of a request.

use super::answer::Reader;
use super::cache::Marks;
use super::hosted::Hosted;
use super::ids::Ids;
use super::messages::{Scribe, Turns};
use super::models::{self, Model, Sampling};
use super::thinking::{self, Beside, Thought};
use super::tools::{self, Format};
use super::{ANTHROPIC, Place};
use crate::chat::{ChatRequest, Number, Params};
use crate::dialect::{Call, Dialect as _, Translated};
use crate::error::Error;
use crate::wire::json::{Object, items, string};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// Members that the client may not write itself: they decide where the request goes, and how its answer
/// is read.
const FIXED: [&str; 2] = ["stream", "anthropic_version"];

/// The most characters of `metadata.user_id`.
const MOST_USER: usize = 512;

/// Writes a chat.
///
/// # Errors
/// 400 for what Anthropic's models do not take.
pub fn write(place: Place, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
    let params = &request.params;
    let model = models::find(call.model);
    let extras = params.extras(call, ANTHROPIC.id())?;
    let mut betas = betas(extras.as_ref())?;
    let max_tokens = params.max_tokens(call)?.unwrap_or(model.max_output);
    let format = Format::read(place, request, &model)?;
    let search = request.web_search()?;
    let mut hosted = Hosted::read(place, call, request, &model, search.as_ref())?;
    let chat = Turns::of(request, model.system_turns && place == Place::Api);
    if chat.has_prefill() && !model.prefill {
        return Err(call.no_prefill());
    }
    let beside = if tools::forces(request, &model, &format) {
        Beside::Forced
    } else if chat.resumes_without_thinking() || chat.has_prefill() {
        Beside::NoBudget
    } else {
        Beside::Free
    };
    let thought = thinking::read(call, params, &model, max_tokens, beside)?;

    let mut body = Body { out: Writer::with_capacity(4096), extras };
    body.out.begin_object();
    match place {
        Place::Api => body.out.text_member("model", call.model),
        Place::Vertex => body.out.text_member("anthropic_version", "vertex-2023-10-16"),
    }
    if request.streams {
        body.out.raw_member("stream", "true");
    }
    body.member("max_tokens", |out| out.number_member("max_tokens", max_tokens));
    let mut scribe = Scribe {
        call,
        place,
        bound: model.thinking == models::Thinking::Adaptive,
        files: false,
        uploads: core::mem::take(&mut hosted.uploads),
        marks: Marks::new(),
        ids: Ids::default(),
    };
    let told = match &format {
        Format::Told(sentence) => Some(sentence.as_str()),
        _ => None,
    };
    // The mark of the request as a whole counts among those of its parts.
    body.fallible("cache_control", |out| scribe.mark(params.take("cache_control"), "", out))?;
    body.fallible("system", |out| {
        if chat.has_system() || told.is_some() {
            out.name("system");
            out.begin_array();
            scribe.system(&chat, out)?;
            if let Some(sentence) = told {
                out.object(|out| {
                    out.text_member("type", "text");
                    out.text_member("text", sentence);
                });
            }
            out.end_array();
        }
        Ok(())
    })?;
    body.fallible("messages", |out| scribe.messages(&chat, out))?;
    body.fallible("tools", |out| {
        tools::write(&mut scribe, request, &model, &format, &hosted, search.as_ref(), out)
    })?;
    let files = scribe.files;
    body.member("mcp_servers", |out| {
        if let Some(servers) = hosted.servers() {
            out.raw_member("mcp_servers", &servers);
        }
    });
    body.member("container", |out| {
        if let Some(id) = hosted.container {
            out.text_member("container", id);
        }
    });
    body.member("thinking", |out| thought.write(out));
    let own = params_object(body.extras.as_ref(), "output_config");
    output_config(thought, &format, own.as_ref(), &mut body.out);
    sampling(call, params, &model, thought, &mut body)?;
    let stop = stop(call, params)?;
    body.member("stop_sequences", |out| {
        if !stop.is_empty() {
            out.name("stop_sequences");
            out.begin_array();
            stop.iter().for_each(|text| out.text(*text));
            out.end_array();
        }
    });
    let mut user = match params.text("safety_identifier")? {
        Some(user) => {
            params.text("user")?;
            Some(user)
        }
        None => params.text("user")?,
    };
    if user.take_if(|user| user.chars() > MOST_USER).is_some() {
        call.drop_param("user")?;
    }
    body.member("metadata", |out| {
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            out.object_member("metadata", |out| out.text_member("user_id", user));
        }
    });
    if let Some(tier) = service_tier(place, call, params)? {
        body.member("service_tier", |out| out.text_member("service_tier", tier));
    }
    if files {
        betas.push("files-api-2025-04-14".to_owned());
    }
    betas.extend(hosted.beta(&betas).map(str::to_owned));
    if search.is_some() && place == Place::Vertex {
        betas.push("web-search-2025-03-05".to_owned());
    }
    let mut headers = Vec::new();
    if !betas.is_empty() {
        headers.push(("anthropic-beta", betas.join(",")));
    }
    let hidden = matches!(format, Format::Tool { .. });
    let container = hosted.container.map(|id| id.decoded().into_owned());
    let answer = Box::new(Reader::new(call.upstream.id.clone(), hidden, container));
    Ok(Translated { body: body.finish().into_bytes(), headers, answer })
}

/// The body as it grows, and what the client writes into it.
struct Body<'a> {
    out: Writer,
    extras: Option<Object<'a>>,
}

impl Body<'_> {
    /// Writes members unless the client wrote this one itself.
    fn fallible(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Writer) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.extras.as_ref().is_some_and(|extras| extras.get(name).is_some()) {
            // What is wrong with it is still said.
            return write(&mut Writer::default());
        }
        write(&mut self.out)
    }

    fn member(&mut self, name: &str, write: impl FnOnce(&mut Writer)) {
        if self.extras.as_ref().is_none_or(|extras| extras.get(name).is_none()) {
            write(&mut self.out);
        }
    }

    fn finish(mut self) -> String {
        if let Some(extras) = &self.extras {
            // These two have been read.
            let read = |name: &str| matches!(name, "betas" | "output_config");
            for member in extras.members().iter().filter(|member| !read(&member.name)) {
                self.out.raw_member(&member.name, extras.value(member));
            }
        }
        self.out.end_object();
        self.out.finish()
    }
}

/// What the client asks for by a header of Anthropic's, under the SDKs' name: `betas`.
///
/// # Errors
/// 400 for members that are not the client's, and for betas that are no words.
fn betas(extras: Option<&Object<'_>>) -> Result<Vec<String>, Error> {
    let Some(extras) = extras else { return Ok(Vec::new()) };
    for fixed in FIXED {
        if extras.get(fixed).is_some() {
            return Err(Error::invalid(format!(
                "Invalid parameter: 'anthropic.{fixed}' cannot be set here."
            ))
            .param(format!("anthropic.{fixed}")));
        }
    }
    let fits = |beta: &str| {
        !beta.is_empty() && beta.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    let betas = items(extras.get("betas").unwrap_or_default());
    betas
        .map(|beta| string(beta).filter(|beta| fits(beta)).map(Cow::into_owned))
        .collect::<Option<_>>()
        .ok_or_else(|| {
            Error::invalid("Invalid value for 'anthropic.betas': it must be a list of names.")
                .param("anthropic.betas")
        })
}

/// An object among what the client writes itself.
fn params_object<'a>(extras: Option<&Object<'a>>, name: &str) -> Option<Object<'a>> {
    Object::parse(extras?.get(name)?.as_bytes()).ok()
}

/// Writes `output_config`, with what the client has of its `own` in it.
fn output_config(thought: Thought, format: &Format<'_>, own: Option<&Object<'_>>, out: &mut Writer) {
    let is_own = |name: &str| own.is_some_and(|own| own.get(name).is_some());
    let effort = thought.effort.filter(|_| !is_own("effort"));
    let schema = match format {
        Format::Native(schema) if !is_own("format") => Some(schema),
        _ => None,
    };
    if effort.is_none() && schema.is_none() && own.is_none() {
        return;
    }
    out.object_member("output_config", |out| {
        if let Some(effort) = effort {
            out.text_member("effort", effort.id());
        }
        if let Some(schema) = schema {
            out.object_member("format", |out| {
                out.text_member("type", "json_schema");
                out.raw_member("schema", schema);
            });
        }
        for member in own.map(Object::members).unwrap_or_default() {
            out.raw_member(&member.name, own.map(|own| own.value(member)).unwrap_or_default());
        }
    });
}

/// `temperature`, `top_p` and `top_k`. A value that is the default says nothing, so it is not missed
/// where a model takes none.
fn sampling(
    call: &mut Call<'_>,
    params: &Params<'_>,
    model: &Model,
    thought: Thought,
    body: &mut Body<'_>,
) -> Result<(), Error> {
    let is_default = |number: &Number<'_>| number.value == 1.0;
    // "`temperature` may only be set to 1 when thinking is enabled", and `top_k` not at all.
    let nothing = model.sampling == Sampling::Nothing;
    let fixed = nothing || thought.thinks();
    let mut temperature = if fixed {
        params.number("temperature")?
    } else {
        params.number_within(call, "temperature", 0.0..=1.0)?
    };
    if fixed && temperature.take_if(|number| !is_default(number)).is_some() {
        call.drop_param("temperature")?;
    }
    temperature.take_if(|number| is_default(number));
    let mut top_p = if nothing {
        params.number("top_p")?
    } else if thought.thinks() {
        params.number_within(call, "top_p", 0.95..=1.0)?
    } else {
        params.number_within(call, "top_p", 0.0..=1.0)?
    };
    top_p.take_if(|number| is_default(number));
    let one = model.sampling == Sampling::OneOfTwo && temperature.is_some();
    if (nothing || one) && top_p.take().is_some() {
        call.drop_param("top_p")?;
    }
    let mut top_k = params.integer("top_k")?;
    if fixed && top_k.take().is_some() {
        call.drop_param("top_k")?;
    }
    if let Some(number) = temperature {
        body.member("temperature", |out| out.raw_member("temperature", &number.text));
    }
    if let Some(number) = top_p {
        body.member("top_p", |out| out.raw_member("top_p", &number.text));
    }
    if let Some(number) = top_k {
        body.member("top_k", |out| out.number_member("top_k", number));
    }
    Ok(())
}

/// The stop sequences, without those of white space alone: "each stop sequence must contain
/// non-whitespace".
fn stop<'a>(call: &mut Call<'_>, params: &Params<'a>) -> Result<Vec<Text<'a>>, Error> {
    let mut stop = params.stop()?;
    let before = stop.len();
    stop.retain(|text| !text.decoded().trim().is_empty());
    if stop.len() < before {
        call.drop_param("stop")?;
    }
    Ok(stop)
}

/// The tier, in Anthropic's words (<https://platform.claude.com/docs/en/api/service-tiers>): priority is
/// had where it was bought, and `auto` uses it. Vertex AI has no tiers.
fn service_tier(
    place: Place,
    call: &mut Call<'_>,
    params: &Params<'_>,
) -> Result<Option<&'static str>, Error> {
    let Some(tier) = params.text("service_tier")? else { return Ok(None) };
    match (tier.decoded().as_ref(), place) {
        ("auto", _) | ("default", Place::Vertex) => Ok(None),
        ("default" | "standard_only", Place::Api) => Ok(Some("standard_only")),
        ("priority", Place::Api) => Ok(Some("auto")),
        _ => call.drop_param("service_tier").map(|()| None),
    }
}
