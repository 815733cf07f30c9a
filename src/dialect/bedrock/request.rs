//! A chat as Converse's body.
//!
//! Converse refuses members that it does not know, and each model those fields of Converse that it does
//! not take. What one model is known to refuse is left out and named to the client
//! (`x-orq-dropped-params`); what is not known is passed on, so that Bedrock says it.

mod hosted;
mod media;
mod reasoning;
mod tools;
mod turns;

use super::BEDROCK;
use super::answer::Reader;
use super::models::{Model, Reasoning, Sampling, TopK};
use crate::chat::{ChatRequest, Number, Params};
use crate::dialect::{Call, Dialect, Translated};
use crate::error::Error;
use crate::wire::json::{Kind, Object, kind, string};
use crate::wire::write::Writer;
use reasoning::Thinks;
use tools::{Format, Tools};
use turns::Turns;

/// Nova's greatest top-k.
const MOST_TOP_K: u64 = 128;

/// The body of Converse and of ConverseStream, which are the same.
pub(super) fn write(call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<Translated, Error> {
    let params = &request.params;
    let model = Model::of(call.model);
    let extras = params.extras(call, BEDROCK.id())?;
    if matches!(model.reasoning, Reasoning::Both | Reasoning::Adaptive) && reasoning::is_begun(request) {
        return Err(call.no_prefill());
    }
    let mut fields = Members::default();
    let mut inference = Members::default();

    let thinks = limits(call, request, &model, &mut inference, &mut fields)?;
    let tools = Tools::read(call, request, &model, thinks)?;
    let turns = Turns::read(call, request, &model, tools.cache_points())?;
    let tier = service_tier(call, params)?;
    let metadata = request_metadata(call, params)?;

    let mut body = Body { out: Writer::with_capacity(1024), extras };
    body.out.begin_object();
    body.member("messages", |out| turns.write_messages(out));
    if turns.has_system() || matches!(tools.format, Format::Told(_)) {
        body.member("system", |out| {
            out.begin_array();
            turns.write_system(out);
            if let Format::Told(text) = &tools.format {
                out.object(|out| out.text_member("text", text.as_str()));
            }
            out.end_array();
        });
    }
    body.merged("inferenceConfig", &inference);
    if !tools.is_empty() {
        body.member("toolConfig", |out| tools.write(out));
    }
    if let Format::Native { name, description, schema } = &tools.format {
        body.member("outputConfig", |out| {
            out.object(|out| {
                out.object_member("textFormat", |out| {
                    out.text_member("type", "json_schema");
                    out.object_member("structure", |out| {
                        out.object_member("jsonSchema", |out| {
                            // The schema is a text here.
                            out.text_member("schema", *schema);
                            out.text_member("name", *name);
                            if let Some(description) = description.filter(|text| !text.is_empty()) {
                                out.text_member("description", description);
                            }
                        });
                    });
                });
            });
        });
    }
    if let Some(tier) = tier {
        body.member("serviceTier", |out| out.object(|out| out.text_member("type", tier)));
    }
    if !metadata.is_empty() {
        body.member("requestMetadata", |out| {
            out.object(|out| {
                for (name, value) in &metadata {
                    out.raw_member(name, value);
                }
            });
        });
    }
    body.merged("additionalModelRequestFields", &fields);
    let json_tool = match tools.format {
        Format::Tool { name, .. } => Some(name),
        _ => None,
    };
    let answer = Box::new(Reader::new(&call.upstream.id, json_tool));
    Ok(Translated { body: body.finish().into_bytes(), headers: Vec::new(), answer })
}

/// Members of an object, as they stand.
#[derive(Debug, Default)]
struct Members(Vec<(&'static str, String)>);

impl Members {
    fn set(&mut self, name: &'static str, json: impl Into<String>) {
        self.0.push((name, json.into()));
    }
}

/// The body while it is written. What the client says under the provider's name wins.
struct Body<'a> {
    out: Writer,
    extras: Option<Object<'a>>,
}

impl Body<'_> {
    fn extra(&self, name: &str) -> Option<&str> {
        self.extras.as_ref().and_then(|extras| extras.get(name))
    }

    fn member(&mut self, name: &str, write: impl FnOnce(&mut Writer)) {
        if self.extra(name).is_none() {
            self.out.name(name);
            write(&mut self.out);
        }
    }

    /// A member whose own members the client may add to, one by one.
    fn merged(&mut self, name: &'static str, own: &Members) {
        let theirs = self.extra(name).and_then(|extra| Object::parse(extra.as_bytes()).ok());
        let has = |name: &str| theirs.as_ref().is_some_and(|theirs| theirs.get(name).is_some());
        // What is no object stands in the place of all.
        let replaced =
            self.extra(name).is_some_and(|extra| !matches!(kind(extra), Kind::Object | Kind::Null));
        if replaced || (own.0.is_empty() && theirs.is_none()) {
            return;
        }
        let mut inner = Writer::default();
        inner.object(|inner| {
            for (name, value) in own.0.iter().filter(|(name, _)| !has(name)) {
                inner.raw_member(name, value);
            }
            for member in theirs.iter().flat_map(Object::members) {
                inner.raw_member(&member.name, theirs.as_ref().map_or("null", |object| object.value(member)));
            }
        });
        self.out.raw_member(name, inner.as_str());
    }

    fn finish(mut self) -> String {
        const MERGED: [&str; 2] = ["inferenceConfig", "additionalModelRequestFields"];
        if let Some(extras) = &self.extras {
            for member in extras.members() {
                let value = extras.value(member);
                if !MERGED.contains(&member.name.as_ref())
                    || !matches!(kind(value), Kind::Object | Kind::Null)
                {
                    self.out.raw_member(&member.name, value);
                }
            }
        }
        self.out.end_object();
        self.out.finish()
    }
}

/// The length of the answer, how it is drawn, and whether the model thinks first, which hang together.
fn limits(
    call: &mut Call<'_>,
    request: &ChatRequest<'_>,
    model: &Model,
    inference: &mut Members,
    fields: &mut Members,
) -> Result<Thinks, Error> {
    let params = &request.params;
    let limit = params.max_tokens(call)?;
    let limit_name = if params.has("max_completion_tokens") { "max_completion_tokens" } else { "max_tokens" };
    let thinks = reasoning::write(call, request, model, limit, fields)?;
    match (limit, thinks.needs) {
        (Some(_), _) if thinks.as_long_as_it_likes => call.drop_param(limit_name)?,
        (Some(limit), _) => inference.set("maxTokens", limit.to_string()),
        (None, Some(needs)) => inference.set("maxTokens", needs.to_string()),
        (None, None) => {}
    }

    let mut temperature = sampling(call, params, model, "temperature")?;
    let mut top_p = sampling(call, params, model, "top_p")?;
    // Claude thinks at temperature 1, and "top_p must be greater than or equal to 0.95". 1 is what saying
    // nothing says.
    let refuses = |number: &Number<'_>, least: f64| {
        model.sampling == Sampling::None
            || thinks.as_long_as_it_likes
            || (thinks.claude && number.value < least)
    };
    let one = |number: &Number<'_>| (number.value - 1.0).abs() < f64::EPSILON;
    if let Some(number) = temperature.take_if(|number| refuses(number, 1.0))
        && !one(&number)
    {
        call.drop_param("temperature")?;
    }
    let twice = temperature.is_some() && model.sampling == Sampling::One;
    if let Some(number) = top_p.take_if(|number| twice || refuses(number, 0.95))
        && !one(&number)
    {
        call.drop_param("top_p")?;
    }
    for (name, number) in [("temperature", temperature), ("topP", top_p)] {
        if let Some(number) = number {
            inference.set(name, number.text);
        }
    }

    let mut stops = Writer::default();
    let mut any = false;
    stops.begin_array();
    for stop in params.stop()? {
        // Claude: "each stop sequence must contain non-whitespace".
        if stop.is_empty() || (model.signs && stop.decoded().trim().is_empty()) {
            call.drop_param("stop")?;
        } else {
            stops.text(stop);
            any = true;
        }
    }
    stops.end_array();
    if any {
        inference.set("stopSequences", stops.finish());
    }

    if let Some(top_k) = params.integer("top_k")? {
        match model.top_k {
            TopK::None => call.drop_param("top_k")?,
            TopK::Plain if thinks.claude => call.drop_param("top_k")?,
            TopK::Plain => fields.set("top_k", top_k.to_string()),
            TopK::Cohere => fields.set("k", top_k.to_string()),
            TopK::Nova => {
                if top_k > MOST_TOP_K {
                    call.drop_param("top_k")?;
                }
                let top_k = top_k.min(MOST_TOP_K);
                fields.set("inferenceConfig", format!("{{\"topK\":{top_k}}}"));
            }
        }
    }
    Ok(thinks)
}

/// `temperature` or `top_p`, which go to 1 here and to 2 with OpenAI.
fn sampling<'a>(
    call: &mut Call<'_>,
    params: &Params<'a>,
    model: &Model,
    name: &str,
) -> Result<Option<Number<'a>>, Error> {
    match model.sampling {
        Sampling::None => params.number(name),
        _ => params.number_within(call, name, 0.0..=1.0),
    }
}

fn service_tier(call: &mut Call<'_>, params: &Params<'_>) -> Result<Option<&'static str>, Error> {
    let Some(tier) = params.text("service_tier")? else { return Ok(None) };
    Ok(match tier.decoded().as_ref() {
        "auto" => None,
        "default" => Some("default"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        // Capacity that was bought ahead.
        "scale" | "reserved" => Some("reserved"),
        _ => {
            call.drop_param("service_tier")?;
            None
        }
    })
}

/// `metadata`, as far as Bedrock takes it: 16 texts of at most 256 letters, digits and signs.
fn request_metadata(call: &mut Call<'_>, params: &Params<'_>) -> Result<Vec<(String, String)>, Error> {
    const ENTRIES: usize = 16;
    const LENGTH: usize = 256;
    let fits = |text: &str| {
        text.len() <= LENGTH
            && text.chars().all(|c| c.is_ascii_alphanumeric() || " \t\n\r:_@$#=/+,-.".contains(c))
    };
    let mut metadata = Vec::new();
    for member in params.object("metadata")?.iter().flat_map(|object| {
        object.members().iter().map(|member| (member.name.clone().into_owned(), object.value(member)))
    }) {
        let (name, value) = member;
        let text = string(value).filter(|text| fits(text));
        if text.is_some() && !name.is_empty() && fits(&name) && metadata.len() < ENTRIES {
            metadata.push((name, value.to_owned()));
        } else {
            call.drop_param(&format!("metadata.{name}"))?;
        }
    }
    Ok(metadata)
}

#[cfg(test)]
mod tests;
