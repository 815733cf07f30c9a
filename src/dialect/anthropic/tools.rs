//! Tools, which of them may be called, and the form of the answer.
//!
//! Sources: <https://platform.claude.com/docs/en/agents-and-tools/tool-use/define-tools>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/strict-tool-use>,
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>. What is made of OpenAI's
//! built-in tools is in [`hosted`].
//!
//! An answer that must follow a JSON Schema is had in one of three ways, the first that there is:
//!
//! 1. constrained decoding, `output_config.format`, where the model has it and the schema fits;
//! 2. a tool of that schema which the model must call, or, beside the client's tools, may call in
//!    their place: its input is the answer's text, and the client never sees the tool;
//! 3. an instruction in the system prompt. So is `json_object`, of which OpenAI, too, wants the prompt
//!    to speak.
//!
//! On Vertex AI the first is off unless an organisation allows it, so it is used only where the
//! second cannot be.

use super::hosted::{self, Hosted, is_allowed};
use super::ids::fit;
use super::messages::Scribe;
use super::models::Model;
use super::{Place, schema};
use crate::chat::{ChatRequest, Function, ResponseFormat, Tool, ToolChoice, WebSearch};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Object, quoted};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The tool whose input is an answer in JSON.
pub const ANSWER: &str = "orq_answer";
const ANSWER_DESCRIPTION: &str =
    "Gives the final answer. Its input is the answer itself: call it once, when the answer is complete.";

/// The most `strict` tools: "The maximum number of strict tools supported is 20".
const MAX_STRICT: usize = 20;

/// How an answer's form is had.
#[derive(Debug, PartialEq, Eq)]
pub enum Format<'a> {
    /// Text.
    Free,
    /// Constrained decoding by this schema.
    Native(String),
    /// The input of the tool [`ANSWER`].
    Tool {
        /// What the client says it is for.
        description: Option<Text<'a>>,
        /// Its schema.
        schema: &'a str,
    },
    /// This sentence in the system prompt.
    Told(String),
}

impl<'a> Format<'a> {
    /// Decides how `response_format` is had.
    ///
    /// # Errors
    /// 400 for a schema that is none.
    pub fn read(place: Place, request: &ChatRequest<'a>, model: &Model) -> Result<Self, Error> {
        const ALONE: &str = "and nothing else: no words before or behind it, no code fence.";
        let (description, schema) = match request.params.response_format()? {
            None => return Ok(Self::Free),
            Some(ResponseFormat::JsonObject) => {
                return Ok(Self::Told(format!("Answer with one valid JSON object {ALONE}")));
            }
            Some(ResponseFormat::JsonSchema { description, schema, .. }) => (description, schema),
        };
        let closed = schema::closed(schema).ok_or_else(|| {
            Error::invalid(
                "Invalid schema for 'response_format': it must be a JSON Schema, nested at most 128 levels.",
            )
            .param("response_format.json_schema.schema")
            .code("invalid_json_schema")
        })?;
        // The client's choice of a tool of its own leaves no room for another one.
        let chosen = matches!(request.tool_choice, Some(ToolChoice::Function(_) | ToolChoice::Served(_)));
        let callable = model.forced_tools && !chosen && is_object(schema);
        let native = model.structured && closed.fits;
        Ok(match place {
            Place::Vertex if callable => Self::Tool { description, schema },
            _ if native => Self::Native(closed.text),
            _ if callable => Self::Tool { description, schema },
            _ => Self::Told(format!(
                "Answer with one JSON value that is valid against this JSON Schema {ALONE} {schema}"
            )),
        })
    }
}

/// Writes `tools` and `tool_choice`.
///
/// # Errors
/// 400 for tools that the API does not have, and for names that it does not take.
pub fn write(
    scribe: &mut Scribe<'_, '_, '_>,
    request: &ChatRequest<'_>,
    model: &Model,
    format: &Format<'_>,
    hosted: &Hosted<'_>,
    search: Option<&WebSearch<'_>>,
    out: &mut Writer,
) -> Result<(), Error> {
    let parallel = request.params.boolean("parallel_tool_calls")?;
    let answer = match format {
        Format::Tool { description, schema } => Some((*description, *schema)),
        _ => None,
    };
    // Calls of earlier turns need the tools that were called.
    let unnamed = if request.tools.is_empty() { called(request) } else { BTreeSet::new() };
    if request.tools.is_empty() && unnamed.is_empty() && answer.is_none() && search.is_none() {
        return match request.tool_choice {
            Some(ToolChoice::Required | ToolChoice::Function(_)) => Err(Error::invalid(
                "Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.",
            )
            .param("tool_choice")),
            _ => Ok(()),
        };
    }
    out.name("tools");
    out.begin_array();
    let mut strict = 0;
    let mut names: BTreeSet<&str> = hosted.names.clone();
    let mut others = hosted.tools.iter();
    for tool in &request.tools {
        match tool {
            Tool::Function(function) if is_allowed(request, tool) => {
                check_name(&function.name, &mut names)?;
                self::function(scribe, model, function, &mut strict, out)?;
            }
            Tool::Function(_) => {}
            Tool::Other { .. } => {
                if let Some(Some(written)) = others.next() {
                    out.raw(written);
                }
            }
        }
    }
    for name in &unnamed {
        out.object(|out| {
            out.text_member("name", name.as_str());
            out.raw_member("input_schema", "{\"type\":\"object\"}");
        });
    }
    if let Some(search) = search.filter(|search| !search.path.starts_with("tools[")) {
        out.raw(&hosted.web_search(scribe.call, search)?);
    }
    if let Some((description, schema)) = answer {
        out.object(|out| {
            out.text_member("name", ANSWER);
            match description {
                Some(text) => {
                    out.name("description");
                    out.texts([Text::Plain(ANSWER_DESCRIPTION), Text::Plain("\n\n"), text]);
                }
                None => out.text_member("description", ANSWER_DESCRIPTION),
            }
            out.raw_member("input_schema", schema);
        });
    }
    out.end_array();
    // Tools that stand there for earlier calls alone are none to call.
    let callable = !request.tools.is_empty() || search.is_some();
    choice(scribe.call, request, model, callable, answer.is_some(), parallel, out)
}

fn choice(
    call: &mut Call<'_>,
    request: &ChatRequest<'_>,
    model: &Model,
    callable: bool,
    answers: bool,
    parallel: Option<bool>,
    out: &mut Writer,
) -> Result<(), Error> {
    let none = !callable || request.tool_choice == Some(ToolChoice::None);
    let forced = match &request.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Allowed { required: true, .. }) => Some(None),
        Some(ToolChoice::Function(name)) => Some(Some(Cow::Borrowed(name.as_ref()))),
        Some(ToolChoice::Served(kind)) => Some(Some(hosted::name_of(request, kind))),
        _ => None,
    };
    let (kind, name) = match forced {
        _ if none && answers => ("tool", Some(Cow::Borrowed(ANSWER))),
        _ if answers => ("any", None),
        _ if none => ("none", None),
        Some(_) if !model.forced_tools => {
            call.drop_param("tool_choice")?;
            ("auto", None)
        }
        Some(Some(name)) => ("tool", Some(name)),
        Some(None) => ("any", None),
        None => ("auto", None),
    };
    // The answer comes alone, not beside calls of tools.
    let single = answers || parallel == Some(false);
    if request.tool_choice.is_none() && kind == "auto" && !single {
        return Ok(());
    }
    out.object_member("tool_choice", |out| {
        out.text_member("type", kind);
        if let Some(name) = name {
            out.text_member("name", name.as_ref());
        }
        if single && kind != "none" {
            out.raw_member("disable_parallel_tool_use", "true");
        }
    });
    Ok(())
}

/// Whether a request forces a call of a tool, which a thinking budget forbids.
#[must_use]
pub fn forces(request: &ChatRequest<'_>, model: &Model, format: &Format<'_>) -> bool {
    let chosen = matches!(
        request.tool_choice,
        Some(
            ToolChoice::Required
                | ToolChoice::Function(_)
                | ToolChoice::Served(_)
                | ToolChoice::Allowed { required: true, .. }
        )
    );
    (chosen && model.forced_tools) || matches!(format, Format::Tool { .. })
}

/// Refuses names that are not taken: "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'", "Tool names
/// must be unique."
fn check_name<'r>(name: &'r str, names: &mut BTreeSet<&'r str>) -> Result<(), Error> {
    let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    let why = if !fits || name.len() > 128 {
        "must have at most 128 characters, of letters, digits, '_' and '-' alone"
    } else if !names.insert(name) || name == ANSWER {
        "must be a name of its own"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("Invalid name of a tool: '{}' {why}.", shown(name)))
        .param("tools")
        .code("invalid_value"))
}

fn function(
    scribe: &mut Scribe<'_, '_, '_>,
    model: &Model,
    function: &Function<'_>,
    strict: &mut usize,
    out: &mut Writer,
) -> Result<(), Error> {
    let mut closed = None;
    if function.strict == Some(true) {
        let possible = model.structured && scribe.place == Place::Api && *strict < MAX_STRICT;
        closed =
            function.parameters.filter(|_| possible).and_then(schema::closed).filter(|closed| closed.fits);
        if closed.is_some() {
            *strict = strict.saturating_add(1);
        } else if function.parameters.is_some() {
            scribe.call.drop_param(&format!("{}.strict", function.path))?;
        }
    }
    let schema = match (&closed, function.parameters) {
        (Some(closed), _) => Cow::Borrowed(closed.text.as_str()),
        (None, Some(parameters)) => input_schema(parameters),
        (None, None) => Cow::Borrowed("{\"type\":\"object\",\"properties\":{}}"),
    };
    out.begin_object();
    out.text_member("name", function.name.as_ref());
    if let Some(description) = function.description.filter(|text| !text.is_empty()) {
        out.text_member("description", description);
    }
    out.raw_member("input_schema", &schema);
    if closed.is_some() {
        out.raw_member("strict", "true");
    }
    scribe.mark(function.cache_control, function.place(), out)?;
    out.end_object();
    Ok(())
}

/// A schema whose root is what the API wants: of type `object`, and without alternatives, which
/// "input_schema does not support … at the top level". They are told in words.
fn input_schema(schema: &str) -> Cow<'_, str> {
    let Ok(object) = Object::parse(schema.as_bytes()) else { return Cow::Borrowed(schema) };
    let alternatives = |name: &str| matches!(name, "anyOf" | "oneOf" | "allOf");
    let plain = object.members().iter().all(|member| !alternatives(&member.name));
    if plain && is_object(schema) {
        return Cow::Borrowed(schema);
    }
    let mut out = Writer::with_capacity(schema.len().saturating_add(32));
    let mut description = object.string("description").unwrap_or_default().into_owned();
    out.object(|out| {
        out.text_member("type", "object");
        for member in object.members() {
            let value = object.value(member);
            match member.name.as_ref() {
                "type" | "description" => {}
                name if alternatives(name) => {
                    let space = if description.is_empty() { "" } else { "\n\n" };
                    description.push_str(&format!("{space}{{{name}: {value}}}"));
                }
                name => out.raw_member(name, value),
            }
        }
        if !description.is_empty() {
            out.raw_member("description", &quoted(&description));
        }
    });
    Cow::Owned(out.finish())
}

/// Whether a schema says that it is one of objects.
fn is_object(schema: &str) -> bool {
    Object::parse(schema.as_bytes()).is_ok_and(|object| object.get("type") == Some("\"object\""))
}

/// The functions that were called earlier, each once.
fn called(request: &ChatRequest<'_>) -> BTreeSet<String> {
    let calls = request.messages.iter().flat_map(|message| &message.tool_calls);
    let mut called = BTreeSet::new();
    called.extend(calls.map(|call| fit(&call.name)));
    called
}
