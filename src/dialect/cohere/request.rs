//! OpenAI's chat request as Cohere's.
//!
//! | OpenAI | Cohere |
//! |---|---|
//! | `system`, `developer`, anywhere | `system`, in the same place |
//! | images by URL and by data URL, `detail` | the same; vision models take them |
//! | files of text | their text, behind their name |
//! | other files, audio, video | refused: Cohere has no such parts |
//! | `name` of a speaker, signatures of other vendors' thoughts | left out by name |
//! | `cache_control` | left out by name: Cohere caches by itself |
//! | `reasoning` of an assistant with tool calls | `tool_plan` |
//! | `reasoning` of one without | a block of kind `thinking` |
//! | `tool_choice` `required`, `none` | `REQUIRED`, `NONE` |
//! | `tool_choice` of named functions | these functions alone are sent, and `REQUIRED` if one must be called |
//! | `strict` of every function that is sent | `strict_tools` |
//! | `max_tokens`, `max_completion_tokens` | `max_tokens` |
//! | `temperature` | moved into 0 to 1 |
//! | `top_p`, `top_k` | `p`, moved into 0.01 to 0.99; `k`, into 0 to 500 |
//! | `frequency_penalty`, `presence_penalty` | moved into 0 to 1 |
//! | `stop` | `stop_sequences`, five of them |
//! | `response_format` `json_schema` | `json_object` with the schema |
//! | `reasoning_effort`, `thinking` | `thinking`, its budget as `token_budget` |
//!
//! Models that think do so by default, as much as they like. Of the efforts `none` turns it off and `high`
//! leaves it on, as in Cohere's compatibility API; those between are budgets. A schema is sent as it stands:
//! Cohere's page on structured outputs lists what it does not enforce. It refuses `response_format` beside
//! tools or documents.
//!
//! Sources: <https://docs.cohere.com/reference/chat>, <https://docs.cohere.com/docs/reasoning>,
//! <https://docs.cohere.com/docs/structured-outputs>, <https://docs.cohere.com/docs/image-inputs>.

use crate::chat::{
    ChatRequest, Content, Effort, Function, Message, Part, ResponseFormat, Role, Source, Thinking, ToolChoice,
};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Object, items};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// The most stop sequences that Cohere takes.
const MOST_STOPS: usize = 5;

/// Cohere's body.
///
/// # Errors
/// 400 that names what Cohere cannot be told.
pub(super) fn body(call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<String, Error> {
    request.functions_alone(call)?;
    let mut body = Body { out: Writer::with_capacity(1024), extras: request.params.extras(call, super::ID)? };
    let out = &mut body.out;
    out.begin_object();
    out.text_member("model", call.model);
    out.name("messages");
    out.begin_array();
    for message in &request.messages {
        out.begin_object();
        write_message(message, out)?;
        out.end_object();
    }
    out.end_array();
    if request.streams {
        out.raw_member("stream", "true");
    }
    drop_marks(call, request)?;
    body.tools(call, request)?;
    body.params(call, request)?;
    body.finish(call)
}

/// Names what Cohere's messages and tools have no place for.
fn drop_marks(call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<(), Error> {
    for message in &request.messages {
        // The name of a tool's message repeats that of the function.
        let name = message.name.filter(|_| message.role != Role::Tool);
        for (mark, name) in [
            (name, "name"),
            (message.signature, "reasoning_signature"),
            (message.redacted, "redacted_reasoning"),
        ] {
            if mark.is_some() {
                call.drop_param(&format!("messages[{}].{name}", message.at))?;
            }
        }
    }
    let marks = |message: &Message<'_>| {
        message.cache_control.is_some() || message.parts.iter().any(|part| part.cache_control.is_some())
    };
    let of_tools = |function: &Function<'_>| function.cache_control.is_some();
    if request.messages.iter().any(marks) || request.functions().any(of_tools) {
        call.drop_param("cache_control")?;
    }
    Ok(())
}

/// A body as it is written. What the client says to Cohere alone stands in the place of what is made of
/// OpenAI's parameters.
struct Body<'a> {
    out: Writer,
    extras: Option<Object<'a>>,
}

impl Body<'_> {
    /// A member, unless the client gives its own.
    fn member(&mut self, name: &str, write: impl FnOnce(&mut Writer)) {
        if self.extras.as_ref().is_none_or(|extras| extras.member(name).is_none()) {
            self.out.name(name);
            write(&mut self.out);
        }
    }

    fn raw(&mut self, name: &str, json: &str) {
        self.member(name, |out| out.raw(json));
    }

    fn finish(mut self, call: &mut Call<'_>) -> Result<String, Error> {
        for member in self.extras.iter().flat_map(Object::members) {
            // The model is what the key was checked for; the rest is read from OpenAI's body.
            if ["model", "messages", "stream"].contains(&member.name.as_ref()) {
                call.drop_param(&format!("{}.{}", super::ID, member.name))?;
            } else if let Some(extras) = &self.extras {
                self.out.raw_member(&member.name, extras.value(member));
            }
        }
        self.out.end_object();
        Ok(self.out.finish())
    }

    fn tools(&mut self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<(), Error> {
        // Cohere cannot be told to choose among some of the tools: it gets these alone.
        let allowed: Option<&[Cow<'_, str>]> = match &request.tool_choice {
            Some(ToolChoice::Function(name)) => Some(core::slice::from_ref(name)),
            Some(ToolChoice::Allowed { names, .. }) => Some(names),
            _ => None,
        };
        let functions: Vec<&Function<'_>> = request
            .functions()
            .filter(|function| allowed.is_none_or(|names| names.contains(&function.name)))
            .collect();
        let choice = match &request.tool_choice {
            Some(
                ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. },
            ) => Some("REQUIRED"),
            Some(ToolChoice::None) => Some("NONE"),
            Some(ToolChoice::Auto | ToolChoice::Allowed { .. }) | None => None,
        };
        if functions.is_empty() {
            if choice != Some("REQUIRED") {
                return Ok(());
            }
            let message = "Invalid value for 'tool_choice': the tool that must be called is not in 'tools'.";
            return Err(Error::invalid(message).param("tool_choice").code("invalid_value"));
        }
        self.member("tools", |out| {
            out.begin_array();
            functions.iter().for_each(|function| write_function(function, out));
            out.end_array();
        });
        // It holds for all of them, and only where each has a parameter that it requires.
        if functions.iter().all(|function| function.strict == Some(true) && requires_any(function)) {
            self.raw("strict_tools", "true");
        } else {
            for function in functions.iter().filter(|function| function.strict == Some(true)) {
                call.drop_param(&format!("tools.{}.strict", function.name))?;
            }
        }
        if let Some(choice) = choice {
            self.member("tool_choice", |out| out.text(choice));
        }
        Ok(())
    }

    fn params(&mut self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<(), Error> {
        let params = &request.params;
        if let Some(limit) = params.max_tokens()? {
            self.raw("max_tokens", &limit.to_string());
        }
        let within = [
            ("temperature", "temperature", 0.0..=1.0),
            ("top_p", "p", 0.01..=0.99),
            ("frequency_penalty", "frequency_penalty", 0.0..=1.0),
            ("presence_penalty", "presence_penalty", 0.0..=1.0),
        ];
        for (name, theirs, range) in within {
            // No penalty is what Cohere does unasked, and some of its models take but one of the two.
            let unasked = name.ends_with("penalty");
            if let Some(number) = params.number_within(call, name, range)?
                && !(unasked && number.value == 0.0)
            {
                self.raw(theirs, &number.text);
            }
        }
        if let Some(k) = params.number_within(call, "top_k", 0.0..=500.0)? {
            self.raw("k", &k.text);
        }
        // OpenAI's may be negative.
        match params.number("seed")? {
            Some(seed) if seed.value < 0.0 => call.drop_param("seed")?,
            Some(seed) => self.raw("seed", &seed.text),
            None => {}
        }
        let stops = params.stop()?;
        if stops.len() > MOST_STOPS {
            return Err(Error::invalid(format!(
                "Invalid 'stop': Cohere takes at most {MOST_STOPS} stop sequences."
            ))
            .param("stop")
            .code("array_above_max_length"));
        }
        if !stops.is_empty() {
            self.member("stop_sequences", |out| {
                out.begin_array();
                stops.into_iter().for_each(|stop| out.text(stop));
                out.end_array();
            });
        }
        if params.boolean("logprobs")? == Some(true) {
            self.raw("logprobs", "true");
        }
        match params.response_format()? {
            None => {}
            Some(ResponseFormat::JsonObject) => self.raw("response_format", r#"{"type":"json_object"}"#),
            Some(ResponseFormat::JsonSchema { schema, .. }) => self.member("response_format", |out| {
                out.object(|out| {
                    out.text_member("type", "json_object");
                    out.raw_member("json_schema", schema);
                });
            }),
        }
        let effort = params.effort()?.map(|effort| match effort {
            Effort::None => Thinking::Disabled,
            Effort::Minimal | Effort::Low => Thinking::Enabled(Some(1024)),
            Effort::Medium => Thinking::Enabled(Some(8192)),
            Effort::High | Effort::Xhigh | Effort::Max => Thinking::Enabled(None),
        });
        let thinking = params.thinking()?.or(effort);
        match thinking {
            None => {}
            Some(Thinking::Disabled) => self.raw("thinking", r#"{"type":"disabled"}"#),
            Some(Thinking::Adaptive | Thinking::Enabled(None)) => {
                self.raw("thinking", r#"{"type":"enabled"}"#);
            }
            Some(Thinking::Enabled(Some(budget))) => self.member("thinking", |out| {
                out.object(|out| {
                    out.text_member("type", "enabled");
                    out.number_member("token_budget", budget);
                });
            }),
        }
        Ok(())
    }
}

fn write_message(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    match message.role {
        Role::System | Role::Developer => {
            out.text_member("role", "system");
            out.name("content");
            write_texts(&message.parts, "system messages", out)
        }
        Role::User => {
            out.text_member("role", "user");
            out.name("content");
            write_content(message, out)
        }
        Role::Assistant => {
            out.text_member("role", "assistant");
            write_assistant(message, out)
        }
        Role::Tool => {
            out.text_member("role", "tool");
            out.text_member("tool_call_id", message.tool_call_id.as_ref());
            out.name("content");
            write_texts(&message.parts, "results of tools", out)
        }
    }
}

/// The text of a part, if it is one.
fn text_of<'a>(part: &Part<'a>) -> Option<Text<'a>> {
    match part.content {
        Content::Text(text) | Content::Refusal(text) => Some(text),
        _ => None,
    }
}

/// Content that is texts alone: a string, or several blocks.
fn write_texts(parts: &[Part<'_>], whose: &str, out: &mut Writer) -> Result<(), Error> {
    if let Some(part) = parts.iter().find(|part| text_of(part).is_none()) {
        return Err(part.refused(&format!("Cohere's {whose} hold texts alone.")));
    }
    match parts {
        [] => out.text(""),
        [part] => out.text(text_of(part).unwrap_or(Text::Plain(""))),
        parts => {
            out.begin_array();
            parts.iter().filter_map(text_of).for_each(|text| write_block("text", text, out));
            out.end_array();
        }
    }
    Ok(())
}

/// A block of content of this kind, which is the name of its text, too.
fn write_block(kind: &str, text: Text<'_>, out: &mut Writer) {
    out.object(|out| {
        out.text_member("type", kind);
        out.text_member(kind, text);
    });
}

fn write_content(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    if message.parts.len() < 2 && message.parts.iter().all(|part| text_of(part).is_some()) {
        return write_texts(&message.parts, "", out);
    }
    out.begin_array();
    for part in &message.parts {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => write_block("text", *text, out),
            Content::Image { source, detail } => write_image(part, source, detail.as_deref(), out)?,
            Content::File { source, filename } => {
                let text = source.text().ok_or_else(|| {
                    part.refused("Cohere takes no files but those of text in base64. Send the text itself.")
                })?;
                let name = filename.as_deref().map_or_else(String::new, |name| format!("{name}:\n"));
                write_block("text", Text::Plain(&format!("{name}{text}")), out);
            }
            Content::Audio { .. } => return Err(part.refused("Cohere's chat takes no audio.")),
            Content::Video(_) => return Err(part.refused("Cohere's chat takes no video.")),
        }
    }
    out.end_array();
    Ok(())
}

fn write_image(
    part: &Part<'_>,
    source: &Source<'_>,
    detail: Option<&str>,
    out: &mut Writer,
) -> Result<(), Error> {
    let url: Vec<&str> = match source {
        Source::Data { media_type, base64 } => vec!["data:", media_type, ";base64,", base64],
        Source::Url(url) => vec![url],
        Source::Id(_) => return Err(part.refused("Cohere keeps no files. Send a URL or a data URL.")),
    };
    out.object(|out| {
        out.text_member("type", "image_url");
        out.object_member("image_url", |out| {
            out.name("url");
            out.texts(url.into_iter().map(Text::Plain));
            if let Some(detail) = detail {
                out.text_member("detail", detail);
            }
        });
    });
    Ok(())
}

fn write_assistant(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    if let Some(part) = message.parts.iter().find(|part| text_of(part).is_none()) {
        return Err(part.refused("Cohere's assistant messages hold texts alone."));
    }
    let calls = !message.tool_calls.is_empty();
    // Models without thinking refuse blocks of it. The plan of a model that thinks stands in the same
    // place of Cohere's prompt.
    let plan = message.reasoning.filter(|_| calls);
    let thinking = message.reasoning.filter(|_| !calls);
    if let Some(thinking) = thinking {
        out.name("content");
        out.begin_array();
        write_block("thinking", thinking, out);
        message.parts.iter().filter_map(text_of).for_each(|text| write_block("text", text, out));
        out.end_array();
    } else if !calls || message.parts.iter().filter_map(text_of).any(|text| !text.is_empty()) {
        out.name("content");
        write_texts(&message.parts, "", out)?;
    }
    if let Some(plan) = plan {
        out.text_member("tool_plan", plan);
    }
    if calls {
        out.name("tool_calls");
        out.begin_array();
        for call in &message.tool_calls {
            out.object(|out| {
                out.text_member("id", call.id.as_ref());
                out.text_member("type", "function");
                out.object_member("function", |out| {
                    out.text_member("name", call.name.as_ref());
                    let none = call.arguments.decoded().trim().is_empty();
                    out.text_member("arguments", if none { Text::Plain("{}") } else { call.arguments });
                });
            });
        }
        out.end_array();
    }
    Ok(())
}

fn write_function(function: &Function<'_>, out: &mut Writer) {
    out.object(|out| {
        out.text_member("type", "function");
        out.object_member("function", |out| {
            out.text_member("name", function.name.as_ref());
            if let Some(description) = function.description {
                out.text_member("description", description);
            }
            let none = r#"{"type":"object","properties":{}}"#;
            out.raw_member("parameters", function.parameters.unwrap_or(none));
        });
    });
}

fn requires_any(function: &Function<'_>) -> bool {
    let schema = function.parameters.and_then(|schema| Object::parse(schema.as_bytes()).ok());
    schema.and_then(|schema| schema.get("required")).is_some_and(|names| items(names).next().is_some())
}
