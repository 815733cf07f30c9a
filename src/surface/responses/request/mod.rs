//! A request of `/responses`, said as a chat.
//!
//! Texts go over as they stand, none is decoded, and an image is copied once. What a chat has under the same name,
//! and what nobody knows, goes on for the dialect to take or to name. The rest:
//!
//! | Responses | chat |
//! |---|---|
//! | `instructions` | a first message of role `system` |
//! | `input` | `messages` (`items`, `content`) |
//! | `tools`, `tool_choice` | the same, functions with an object of their own, custom tools as functions (`tools`) |
//! | `text.format`, `text.verbosity` | `response_format`, `verbosity` |
//! | `reasoning.effort` | `reasoning_effort`; thoughts are told as summaries however these are asked for |
//! | `max_output_tokens` | `max_completion_tokens` |
//! | `top_logprobs`, `include` with `message.output_text.logprobs` | `logprobs`, `top_logprobs` |
//! | `stream` | the same, and the usage of the stream, which Responses always tell |
//! | `store`, `stream_options`, `truncation: disabled`, `include` of what is always told | nothing |
//! | `previous_response_id`, `conversation`, `prompt`, `background` | refused: nothing is stored here |
//!
//! Source: <https://platform.openai.com/docs/api-reference/responses/create>.

mod content;
mod echo;
mod items;
mod tools;

use super::Asked;
use crate::chat::{missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::Error;
use crate::surface::{AsChat, Form, Names};
use crate::wire::json::{Kind, Object, items as elements, kind};
use crate::wire::write::Writer;
use std::rc::Rc;

/// What a client calls the parameters of its chat. The first two are left out where they do not hold.
const STARTS: &[(&str, Option<&str>)] = &[
    // `top_logprobs` is named by itself.
    ("logprobs", None),
    ("logprobs", Some("include")),
    ("max_completion_tokens", Some("max_output_tokens")),
    ("reasoning_effort", Some("reasoning.effort")),
    ("response_format.json_schema", Some("text.format")),
    ("response_format", Some("text.format")),
    ("verbosity", Some("text.verbosity")),
    ("tool_choice.allowed_tools", Some("tool_choice")),
    ("tool_choice.function", Some("tool_choice")),
    // The response says it again, whatever the provider does with it.
    ("metadata", None),
    ("stream_options", None),
];

/// The kinds of parameters that the response says again, or that are read here.
const KINDS: [(&str, Kind); 23] = [
    ("background", Kind::Boolean),
    ("include", Kind::Array),
    ("instructions", Kind::String),
    ("logprobs", Kind::Boolean),
    ("max_output_tokens", Kind::Number),
    ("max_tool_calls", Kind::Number),
    ("metadata", Kind::Object),
    ("parallel_tool_calls", Kind::Boolean),
    ("prompt_cache_key", Kind::String),
    ("reasoning", Kind::Object),
    ("safety_identifier", Kind::String),
    ("service_tier", Kind::String),
    ("store", Kind::Boolean),
    ("stream", Kind::Boolean),
    ("stream_options", Kind::Object),
    ("temperature", Kind::Number),
    ("text", Kind::Object),
    ("tools", Kind::Array),
    ("top_logprobs", Kind::Number),
    ("top_p", Kind::Number),
    ("truncation", Kind::String),
    ("user", Kind::String),
    ("context_management", Kind::Array),
];

/// Parameters that are said in another way, or not at all.
const READ: [&str; 24] = [
    "background",
    "context_management",
    "conversation",
    "include",
    "input",
    "instructions",
    "logprobs",
    "max_output_tokens",
    "max_tool_calls",
    "model",
    "n",
    "parallel_tool_calls",
    "previous_response_id",
    "prompt",
    "reasoning",
    "store",
    "stream",
    "stream_options",
    "text",
    "tool_choice",
    "tools",
    "top_logprobs",
    "truncation",
    "metadata",
];

/// What may be included and always is, or belongs to tools that no chat has.
const INCLUDED: [&str; 7] = [
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
    "message.input_image.image_url",
    "web_search_call.action.sources",
    "code_interpreter_call.outputs",
    "file_search_call.results",
    "computer_call_output.output.image_url",
];

/// The body of a request, by the parameters that are not null.
#[derive(Clone, Copy)]
struct Body<'r, 'a>(&'r Object<'a>);

impl<'a> Body<'_, 'a> {
    fn get(self, name: &str) -> Option<&'a str> {
        self.0.get(name).filter(|value| kind(value) != Kind::Null)
    }

    /// An object; `None` where there is none, or another kind of value, which has been refused.
    fn object(self, name: &str) -> Option<Object<'a>> {
        Object::parse(self.get(name)?.as_bytes()).ok()
    }
}

/// Says a request as a chat. `dialect`: the language of the provider that will read it.
///
/// # Errors
/// 400 for what a chat cannot say, and for what has another type than OpenAI's.
pub fn as_chat(call: &mut Call<'_>, object: &Object<'_>, dialect: &str) -> Result<AsChat, Error> {
    let body = Body(object);
    for (name, wanted) in KINDS {
        if let Some(value) = body.get(name).filter(|value| kind(value) != wanted) {
            return Err(wrong_type(name, wanted.described(), value));
        }
    }
    for name in ["max_output_tokens", "max_tool_calls", "top_logprobs"] {
        whole(name, body.get(name))?;
    }
    stateless(call, body)?;
    let logprobs = log_probabilities(call, body)?;

    let mut out = Writer::with_capacity(object.inside().end.saturating_add(256));
    out.begin_object();
    out.raw_member("model", body.get("model").unwrap_or("\"\""));
    if body.get("stream") == Some("true") {
        out.raw_member("stream", "true");
        out.raw_member("stream_options", "{\"include_usage\":true}");
    }
    let tools = tools::write(call, body.get("tools"), &mut out)?;
    if let Some(choice) = body.get("tool_choice") {
        tools::choice(choice, &tools, &mut out)?;
    }
    // It is the default, and speaks of tools.
    if let Some(value) = body.get("parallel_tool_calls").filter(|value| *value == "false" && tools.any) {
        out.raw_member("parallel_tool_calls", value);
    }
    if let Some(value) = body.get("max_tool_calls").filter(|_| tools.hosted) {
        out.raw_member("max_tool_calls", value);
    }
    text(call, body, &mut out)?;
    reasoning(call, body, &mut out)?;
    if let Some(value) = body.get("max_output_tokens") {
        out.raw_member("max_completion_tokens", value);
    }
    if logprobs.asked {
        out.raw_member("logprobs", "true");
    }
    if let Some(top) = logprobs.top {
        out.raw_member("top_logprobs", top);
    }
    let has_metadata = body.object("metadata").is_some_and(|metadata| !metadata.members().is_empty());
    if let Some(metadata) = body.get("metadata").filter(|_| has_metadata) {
        out.raw_member("metadata", metadata);
    }
    others(call, body, &mut out)?;
    // Last, so that what is wrong with small things is said before a long chat is written.
    let messages = items::write(call, body, dialect, &mut out)?;
    out.end_object();

    let echo = echo::write(body);
    Ok(AsChat {
        body: out.finish().into_bytes(),
        names: Names { starts: logprobs.names, list: "input", messages },
        form: Form::Responses(Rc::new(Asked { echo, custom: tools.custom, logprobs: logprobs.asked })),
    })
}

/// What goes on as it stands.
fn others(call: &mut Call<'_>, body: Body<'_, '_>, out: &mut Writer) -> Result<(), Error> {
    for member in body.0.members().iter().filter(|member| !READ.contains(&member.name.as_ref())) {
        let (name, value) = (member.name.as_ref(), body.0.value(member));
        if kind(value) == Kind::Null {
            continue;
        }
        // Names of a chat that stand for parameters which are there.
        let taken = match name {
            "messages" => true,
            "max_completion_tokens" => body.get("max_output_tokens").is_some(),
            "response_format" => format_of(body).is_some(),
            "verbosity" => verbosity_of(body).is_some(),
            "reasoning_effort" => effort_of(body).is_some(),
            _ => false,
        };
        if taken {
            call.drop_param(name)?;
        } else {
            out.raw_member(name, value);
        }
    }
    Ok(())
}

/// 400 unless a number is whole and not negative.
fn whole(name: &str, value: Option<&str>) -> Result<(), Error> {
    let fits = |value: &&str| value.parse::<f64>().is_ok_and(|number| number >= 0.0 && number.fract() == 0.0);
    match value {
        Some(value) if !fits(&value) => {
            Err(wrong_value(name, value, " It must be a whole number that is not negative."))
        }
        _ => Ok(()),
    }
}

/// Refuses what needs a store, and names what asks for another kind of memory.
fn stateless(call: &mut Call<'_>, body: Body<'_, '_>) -> Result<(), Error> {
    let refused = |name: &str, instead: &str| {
        let message = format!(
            "Unsupported parameter: '{name}' is not supported with models of {}, of which no responses are stored. \
             {instead}",
            call.upstream.id
        );
        Err(Error::invalid(message).param(name).code("unsupported_parameter"))
    };
    for name in ["previous_response_id", "conversation"] {
        if body.get(name).is_some() {
            return refused(name, "Send the earlier items in 'input' instead.");
        }
    }
    if body.get("prompt").is_some() {
        return refused("prompt", "Send its text in 'instructions' and 'input' instead.");
    }
    if body.get("background") == Some("true") {
        return refused("background", "Leave it out, and wait for the answer or stream it.");
    }
    match body.0.string("truncation").as_deref() {
        Some("auto") => call.drop_param("truncation")?,
        None | Some("disabled") => {}
        Some(other) => {
            return Err(wrong_value("truncation", other, " Supported values are: 'auto' and 'disabled'."));
        }
    }
    for name in ["context_management", "n"] {
        // Of more than one choice there is no word in Responses.
        if body.get(name).is_some_and(|value| value != "1" && value != "[]") {
            call.drop_param(name)?;
        }
    }
    Ok(())
}

/// What is asked of log probabilities.
struct Logprobs<'a> {
    asked: bool,
    top: Option<&'a str>,
    names: &'static [(&'static str, Option<&'static str>)],
}

/// Reads `include` and `top_logprobs`.
fn log_probabilities<'a>(call: &mut Call<'_>, body: Body<'_, 'a>) -> Result<Logprobs<'a>, Error> {
    let mut included = false;
    for (at, value) in body.get("include").into_iter().flat_map(elements).enumerate() {
        let param = || format!("include[{at}]");
        let text = crate::wire::json::string(value);
        let text = text.ok_or_else(|| wrong_type(&param(), "a string", value))?;
        included |= text == "message.output_text.logprobs";
        if !INCLUDED.contains(&text.as_ref()) {
            call.drop_param(&param())?;
        }
    }
    let is_zero = |top: &&str| top.parse::<f64>().is_ok_and(|top| top == 0.0);
    let top = body.get("top_logprobs").filter(|top| !is_zero(top));
    let named = body.get("logprobs") == Some("true");
    let skip = match (named, included) {
        (true, _) => 2,
        (_, true) => 1,
        _ => 0,
    };
    let names = STARTS.get(skip..).unwrap_or(STARTS);
    Ok(Logprobs { asked: named || included || top.is_some(), top, names })
}

fn format_of<'a>(body: Body<'_, 'a>) -> Option<Object<'a>> {
    let format = body.object("text")?.get("format").filter(|format| kind(format) == Kind::Object)?;
    let format = Object::parse_str(format).ok()?;
    (format.string("type").as_deref() != Some("text")).then_some(format)
}

/// A verbosity that is not the usual one.
fn verbosity_of<'a>(body: Body<'_, 'a>) -> Option<&'a str> {
    let value = body.object("text")?.get("verbosity").filter(|value| kind(value) != Kind::Null)?;
    (value != "\"medium\"").then_some(value)
}

fn effort_of<'a>(body: Body<'_, 'a>) -> Option<&'a str> {
    body.object("reasoning")?.get("effort").filter(|value| kind(value) != Kind::Null)
}

/// `text`
fn text(call: &mut Call<'_>, body: Body<'_, '_>, out: &mut Writer) -> Result<(), Error> {
    let Some(text) = body.object("text") else { return Ok(()) };
    for member in text.members() {
        let value = text.value(member);
        match (member.name.as_ref(), kind(value)) {
            (_, Kind::Null) | ("format", Kind::Object) | ("verbosity", Kind::String) => {}
            ("format", _) => return Err(wrong_type("text.format", "an object", value)),
            ("verbosity", _) => return Err(wrong_type("text.verbosity", "a string", value)),
            (name, _) => call.drop_param(&format!("text.{name}"))?,
        }
    }
    if let Some(format) = format_of(body) {
        self::format(&format, out)?;
    }
    if let Some(verbosity) = verbosity_of(body) {
        out.raw_member("verbosity", verbosity);
    }
    Ok(())
}

/// A chat has the schema and what is said of it one level deeper.
fn format(format: &Object<'_>, out: &mut Writer) -> Result<(), Error> {
    const HINT: &str = " Supported values are: 'text', 'json_object' and 'json_schema'.";
    let value = |name| format.get(name).filter(|value| kind(value) != Kind::Null);
    let named = value("type").ok_or_else(|| missing("text.format.type"))?;
    match format.string("type").as_deref() {
        Some("json_object") => out.object_member("response_format", |out| {
            out.text_member("type", "json_object");
        }),
        Some("json_schema") => {
            for (name, wanted) in [("name", Kind::String), ("schema", Kind::Object)] {
                let param = format!("text.format.{name}");
                let value = value(name).ok_or_else(|| missing(&param))?;
                if kind(value) != wanted {
                    return Err(wrong_type(&param, wanted.described(), value));
                }
            }
            for (name, wanted) in [("description", Kind::String), ("strict", Kind::Boolean)] {
                if let Some(value) = value(name).filter(|value| kind(value) != wanted) {
                    return Err(wrong_type(&format!("text.format.{name}"), wanted.described(), value));
                }
            }
            out.object_member("response_format", |out| {
                out.text_member("type", "json_schema");
                out.object_member("json_schema", |out| {
                    for member in format.members().iter().filter(|member| member.name != "type") {
                        if let Some(value) = value(&member.name) {
                            out.raw_member(&member.name, value);
                        }
                    }
                });
            });
        }
        other => return Err(wrong_value("text.format.type", other.unwrap_or(named), HINT)),
    }
    Ok(())
}

/// `reasoning`
fn reasoning(call: &mut Call<'_>, body: Body<'_, '_>, out: &mut Writer) -> Result<(), Error> {
    let Some(reasoning) = body.object("reasoning") else { return Ok(()) };
    for member in reasoning.members() {
        let value = reasoning.value(member);
        let name = member.name.as_ref();
        let param = format!("reasoning.{name}");
        match (name, kind(value)) {
            (_, Kind::Null) => {}
            ("effort", Kind::String) => out.raw_member("reasoning_effort", value),
            // How long they are is the provider's matter.
            ("summary" | "generate_summary", Kind::String) => {
                if value != "\"auto\"" {
                    call.drop_param(&param)?;
                }
            }
            ("effort" | "summary" | "generate_summary", _) => {
                return Err(wrong_type(&param, "a string", value));
            }
            ("context", _) if value == "\"auto\"" => {}
            ("mode", _) if value == "\"standard\"" => {}
            _ => call.drop_param(&param)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
