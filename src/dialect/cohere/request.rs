//! OpenAI's chat request as Cohere's.
//!
//! | OpenAI | Cohere |
//! |---|---|
//! | `system`, `developer`, anywhere | `system`, in the same place; between calls and results, behind these |
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
//! Cohere's page on structured outputs lists what it does not enforce. `response_format` is not taken beside
//! tools.
//!
//! Sources: <https://docs.cohere.com/reference/chat>, <https://docs.cohere.com/docs/reasoning>,
//! <https://docs.cohere.com/docs/structured-outputs>, <https://docs.cohere.com/docs/image-inputs>.

use super::messages;
use crate::chat::{ChatRequest, Effort, Function, ResponseFormat, Role, Thinking, ToolChoice};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Object, items};
use crate::wire::write::Writer;
use std::collections::BTreeSet;

/// The most stop sequences that Cohere takes.
const MOST_STOPS: usize = 5;

/// Cohere's body.
///
/// # Errors
/// 400 that names what Cohere cannot be told.
pub(super) fn body(call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<String, Error> {
    request.functions_alone(call)?;
    let messages = messages::ordered(&request.messages)?;
    let mut body = Body { out: Writer::with_capacity(1024), extras: request.params.extras(call, super::ID)? };
    let out = &mut body.out;
    out.begin_object();
    out.text_member("model", call.model);
    out.name("messages");
    messages::write(&messages, out)?;
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
        if message.extra.is_some() {
            call.drop_param(&format!("messages[{}].extra_content", message.at))?;
        }
        for signed in message.tool_calls.iter().filter(|call| call.signature.is_some()) {
            call.drop_param(&format!("{}.thought_signature", signed.path))?;
        }
    }
    request.drop_cache_marks(call)
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
            // They are read from OpenAI's body.
            if ["messages", "stream"].contains(&member.name.as_ref()) {
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
        let chosen = match &request.tool_choice {
            Some(ToolChoice::Function(name)) => Some(core::slice::from_ref(name)),
            Some(ToolChoice::Allowed { names, .. }) => Some(names.as_slice()),
            _ => None,
        };
        let allowed = chosen.map(|names| {
            let mut allowed = BTreeSet::new();
            allowed.extend(names.iter().map(AsRef::as_ref));
            allowed
        });
        let fits = |function: &&Function<'_>| {
            allowed.as_ref().is_none_or(|names| names.contains(function.name.as_ref()))
        };
        let mut functions: Vec<&Function<'_>> = request.functions().filter(fits).collect();
        if request.params.has("response_format") && request.params.response_format()?.is_some() {
            if request.tool_choice == Some(ToolChoice::None) {
                functions.clear();
            } else if !functions.is_empty() {
                let message = "Invalid value for 'response_format': Cohere takes none beside tools. Send one of the two, or \
                               a tool_choice of 'none'.";
                return Err(Error::invalid(message).param("response_format").code("unsupported_value"));
            }
        }
        let choice = match &request.tool_choice {
            Some(
                ToolChoice::Required | ToolChoice::Function(_) | ToolChoice::Allowed { required: true, .. },
            ) => Some("REQUIRED"),
            Some(ToolChoice::None) => Some("NONE"),
            Some(ToolChoice::Auto | ToolChoice::Allowed { .. } | ToolChoice::Served(_)) | None => None,
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
                call.drop_param(&format!("{}.strict", function.path))?;
            }
        }
        if let Some(choice) = choice {
            self.member("tool_choice", |out| out.text(choice));
        }
        Ok(())
    }

    fn params(&mut self, call: &mut Call<'_>, request: &ChatRequest<'_>) -> Result<(), Error> {
        let params = &request.params;
        if let Some(limit) = params.max_tokens(call)? {
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
            // 1, the default of OpenAI's, is as near to Cohere's most as can be.
            if theirs == "p" && params.number(name)?.is_some_and(|number| number.value == 1.0) {
                self.raw(theirs, "0.99");
                continue;
            }
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
        let effort = params.effort()?;
        let budget = effort.map(|effort| match effort {
            Effort::None => Thinking::Disabled,
            Effort::Minimal | Effort::Low => Thinking::Enabled(Some(1024)),
            Effort::Medium => Thinking::Enabled(Some(8192)),
            Effort::High | Effort::Xhigh | Effort::Max => Thinking::Enabled(None),
        });
        let thinking = match (params.thinking()?, budget) {
            (None, budget) => budget,
            (Some(Thinking::Adaptive | Thinking::Enabled(None)), Some(budget @ Thinking::Enabled(_))) => {
                Some(budget)
            }
            // A budget of none is no thinking; Cohere takes only budgets above.
            (Some(Thinking::Enabled(Some(0))), _) => Some(Thinking::Disabled),
            (thinking, None) => thinking,
            (thinking, Some(_)) => {
                call.drop_param("reasoning_effort")?;
                thinking
            }
        };
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
