//! Tools, which of them must be called, and `response_format`, for which a tool may stand.
//!
//! Converse has no `none` among its choices, and wants `toolConfig` whenever an earlier message holds a
//! call or a result ("The toolConfig field must be defined when using toolUse and toolResult content
//! blocks"). So with `none` the tools are left out. Where the client sends such messages but no tools, or
//! forbids them, the functions that were called stand there, and the model is told that it cannot call them.

use super::hosted;
use super::reasoning::Thinks;
use super::turns::{MOST_CACHE_POINTS, cache_point};
use crate::chat::{ChatRequest, Function, ResponseFormat, Role, Tool, ToolChoice};
use crate::dialect::Call;
use crate::dialect::bedrock::models::{Caching, Forced, Model};
use crate::dialect::bedrock::services::GROUNDING;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The name of the tool that stands for `response_format`.
const JSON_TOOL: &str = "respond_with_json";

/// What is said of a function that was called before and cannot be called now: Converse has no other way.
const NOT_NOW: &str = "This tool is not available now. Do not call it.";

/// `toolConfig`, and what became of `response_format`.
#[derive(Debug)]
pub(super) struct Tools<'a> {
    /// The client's functions, and whether their arguments must follow the schema to the letter.
    functions: Vec<(&'a Function<'a>, bool)>,
    /// Tools of the provider's own.
    system: Vec<&'static str>,
    /// Functions that were called before and cannot be called now.
    called: Vec<&'a str>,
    choice: Choice<'a>,
    /// How many of the client's functions may have a cache point behind them.
    points: usize,
    /// Whether schemas may have no alternatives at their top.
    plain: bool,
    pub format: Format<'a>,
}

#[derive(Debug)]
enum Choice<'a> {
    Auto,
    Any,
    Tool(&'a str),
}

/// How the form of the answer is asked for.
#[derive(Debug)]
pub(super) enum Format<'a> {
    /// Not at all.
    Free,
    /// In Bedrock's own way.
    Native { name: Text<'a>, description: Option<Text<'a>>, schema: &'a str },
    /// By a tool that must be called with the answer, whose name no tool of the client's has.
    Tool { name: String, description: Option<Text<'a>>, schema: &'a str },
    /// In words.
    Told(String),
}

impl<'a> Tools<'a> {
    pub(super) fn read(
        call: &mut Call<'_>,
        request: &'a ChatRequest<'_>,
        model: &Model,
        thinks: Thinks,
    ) -> Result<Self, Error> {
        let mut tools = Self {
            functions: Vec::new(),
            system: Vec::new(),
            called: Vec::new(),
            choice: Choice::Auto,
            points: if model.caching == Caching::Claude { MOST_CACHE_POINTS } else { 0 },
            plain: model.signs,
            format: Format::Free,
        };
        tools.list(call, request, model)?;
        tools.choose(call, request, model, thinks)?;
        tools.shape(call, request, model, thinks)?;
        if tools.is_empty() {
            tools.called = called(request);
        }
        Ok(tools)
    }

    fn list(
        &mut self,
        call: &mut Call<'_>,
        request: &'a ChatRequest<'_>,
        model: &Model,
    ) -> Result<(), Error> {
        let mut marked = 0_usize;
        let mut names = BTreeSet::new();
        for (at, tool) in request.tools.iter().enumerate() {
            match tool {
                Tool::Function(function) => {
                    check_name(&function.name, &format!("tools[{at}].function.name"))?;
                    let asked = function.strict == Some(true);
                    let strict = asked && model.schemas && function.parameters.is_some_and(is_strict);
                    if asked && !strict {
                        call.drop_param(&format!("tools[{at}].function.strict"))?;
                    }
                    if !names.insert(function.name.as_ref()) {
                        let path = format!("{}.name", function.path);
                        let name = shown(&function.name);
                        return Err(Error::invalid(format!(
                            "Invalid value for '{path}': '{name}' stands more than once. Give each function its own."
                        ))
                        .param(path)
                        .code("invalid_value"));
                    }
                    if function.cache_control.is_some() {
                        marked = marked.saturating_add(1);
                        if marked > self.points {
                            call.drop_param(&format!("{}.cache_control", function.place()))?;
                        }
                    }
                    self.functions.push((function, strict));
                }
                Tool::Other { kind, object, path } => {
                    let own = hosted::name_of(kind).filter(|_| model.system_tools);
                    let own = own.ok_or_else(|| tool.refused(call))?;
                    hosted::settings(call, own, path, object)?;
                    self.system.push(own);
                }
            }
        }
        if model.system_tools
            && let Some(search) = request.params.web_search()?
        {
            self.system.push(GROUNDING);
            hosted::search(call, &search)?;
        }
        // A tool that is asked for twice goes up once.
        let asked = core::mem::take(&mut self.system);
        let mut once = BTreeSet::new();
        once.extend(asked);
        self.system.extend(once);
        Ok(())
    }

    fn choose(
        &mut self,
        call: &mut Call<'_>,
        request: &'a ChatRequest<'_>,
        model: &Model,
        thinks: Thinks,
    ) -> Result<(), Error> {
        let mut choice = match &request.tool_choice {
            None | Some(ToolChoice::Auto) => Choice::Auto,
            // It must be a function.
            Some(ToolChoice::Served(_)) => {
                call.drop_param("tool_choice")?;
                Choice::Auto
            }
            Some(ToolChoice::Required) => Choice::Any,
            Some(ToolChoice::Function(name)) => Choice::Tool(name),
            Some(ToolChoice::Allowed { required, names }) if !names.is_empty() => {
                self.functions.retain(|(function, _)| names.contains(&function.name));
                // A search that no tool asks for is not among those of which some are allowed.
                let of = |own: &str, tool: &&Tool<'_>| match tool {
                    Tool::Other { kind, .. } => hosted::name_of(kind) == Some(own),
                    Tool::Function(_) => false,
                };
                self.system.retain(|own| {
                    let mut asking = request.tools.iter().filter(|tool| of(own, tool)).peekable();
                    asking.peek().is_none() || asking.any(|tool| names.contains(&tool.listed_as()))
                });
                if *required { Choice::Any } else { Choice::Auto }
            }
            Some(ToolChoice::None | ToolChoice::Allowed { .. }) => {
                self.functions.clear();
                self.system.clear();
                Choice::Auto
            }
        };
        if self.functions.is_empty() && self.system.is_empty() {
            if matches!(choice, Choice::Any) {
                return Err(Error::invalid(
                    "Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.",
                )
                .param("tool_choice"));
            }
            choice = Choice::Auto;
        }
        // "Only supported by Anthropic Claude 3 and Amazon Nova models": elsewhere it is the only tool.
        if let (Choice::Tool(name), Forced::Unknown) = (&choice, model.forced) {
            self.functions.retain(|(function, _)| function.name == *name);
            self.system.clear();
            choice = Choice::Any;
        }
        let refuses = match model.forced {
            Forced::Yes | Forced::Unknown => false,
            Forced::Thoughtless => thinks.claude,
            Forced::No => true,
        };
        if refuses && !matches!(choice, Choice::Auto) {
            call.drop_param("tool_choice")?;
            choice = Choice::Auto;
        }
        self.choice = choice;
        // Claude has a word for it, but not in Converse's form.
        if request.params.boolean("parallel_tool_calls")? == Some(false) && !self.functions.is_empty() {
            call.drop_param("parallel_tool_calls")?;
        }
        Ok(())
    }

    /// Finds a way for `response_format`: Bedrock's own where the model has it and the schema is of the
    /// part of JSON Schema that it takes, else a tool that must be called, else words.
    fn shape(
        &mut self,
        call: &mut Call<'_>,
        request: &'a ChatRequest<'_>,
        model: &Model,
        thinks: Thinks,
    ) -> Result<(), Error> {
        const ALONE: &str = "Answer with one JSON object alone, without Markdown and without any other text.";
        let can_force = match model.forced {
            Forced::Yes => true,
            Forced::Thoughtless => !thinks.claude,
            Forced::No | Forced::Unknown => false,
        };
        self.format = match request.params.response_format()? {
            None => Format::Free,
            Some(ResponseFormat::JsonObject) => Format::Told(ALONE.to_owned()),
            Some(ResponseFormat::JsonSchema { name, description, schema, strict }) => {
                let strict = strict == Some(true);
                let is_object = Object::parse(schema.as_bytes())
                    .is_ok_and(|schema| schema.string("type").as_deref() == Some("object"));
                if model.schemas && strict && is_strict(schema) {
                    Format::Native { name, description, schema }
                } else if can_force && is_object && !matches!(self.choice, Choice::Tool(_)) {
                    let mut name = JSON_TOOL.to_owned();
                    while self.functions.iter().any(|(function, _)| function.name == name) {
                        name.push('_');
                    }
                    self.choice = Choice::Any;
                    Format::Tool { name, description, schema }
                } else {
                    if strict {
                        call.drop_param("response_format.json_schema.strict")?;
                    }
                    Format::Told(format!("{ALONE} It must follow this JSON Schema: {schema}"))
                }
            }
        };
        Ok(())
    }

    /// How many cache points stand among the tools.
    pub(super) fn cache_points(&self) -> usize {
        let marked = self.functions.iter().filter(|(function, _)| function.cache_control.is_some());
        marked.count().min(self.points)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.functions.is_empty()
            && self.system.is_empty()
            && self.called.is_empty()
            && !matches!(self.format, Format::Tool { .. })
    }

    /// `toolConfig`
    pub(super) fn write(&self, out: &mut Writer) {
        out.begin_object();
        out.name("tools");
        out.begin_array();
        let mut points = self.points;
        for (function, strict) in &self.functions {
            spec(out, &function.name, function.description, function.parameters, (*strict, self.plain));
            if let Some(mark) = function.cache_control.filter(|_| points > 0) {
                cache_point(out, mark, true);
                points = points.saturating_sub(1);
            }
        }
        for name in &self.called {
            spec(out, name, Some(Text::Plain(NOT_NOW)), None, (false, false));
        }
        if let Format::Tool { name, description, schema } = &self.format {
            let description = description.filter(|text| !text.is_empty());
            let description = description.unwrap_or(Text::Plain("Gives the answer."));
            spec(out, name, Some(description), Some(schema), (false, self.plain));
        }
        for name in &self.system {
            out.object(|out| out.object_member("systemTool", |out| out.text_member("name", *name)));
        }
        out.end_array();
        match self.choice {
            // What saying nothing says, and not every model takes it.
            Choice::Auto => {}
            Choice::Any => out.object_member("toolChoice", |out| out.object_member("any", |_| {})),
            Choice::Tool(name) => out.object_member("toolChoice", |out| {
                out.object_member("tool", |out| out.text_member("name", name));
            }),
        }
        out.end_object();
    }
}

/// One `toolSpec`. `strict`: to the letter; `plain`: without alternatives at the top of the schema.
fn spec(
    out: &mut Writer,
    name: &str,
    description: Option<Text<'_>>,
    schema: Option<&str>,
    (strict, plain): (bool, bool),
) {
    out.object(|out| {
        out.object_member("toolSpec", |out| {
            out.text_member("name", name);
            if let Some(description) = description.filter(|text| !text.is_empty()) {
                out.text_member("description", description);
            }
            out.object_member("inputSchema", |out| {
                out.name("json");
                input_schema(out, schema, plain);
            });
            if strict {
                out.raw_member("strict", "true");
            }
        });
    });
}

/// A schema, to which Bedrock wants the type `object` named. `plain`: Claude's "input_schema does not support
/// oneOf, allOf, or anyOf at the top level", so they are told in words.
fn input_schema(out: &mut Writer, schema: Option<&str>, plain: bool) {
    let Some(object) = schema.and_then(|schema| Object::parse(schema.as_bytes()).ok()) else {
        return out.raw("{\"type\":\"object\",\"properties\":{}}");
    };
    let is_typed = object.get("type").is_some_and(|value| kind(value) != Kind::Null);
    let told = |name: &str| plain && matches!(name, "anyOf" | "oneOf" | "allOf");
    let words: Vec<String> = object
        .members()
        .iter()
        .filter(|member| told(&member.name))
        .map(|member| format!("{{{}: {}}}", member.name, object.value(member)))
        .collect();
    if let Some(schema) = schema.filter(|_| is_typed && words.is_empty()) {
        return out.raw(schema);
    }
    out.object(|out| {
        out.raw_member("type", object.get("type").filter(|_| is_typed).unwrap_or("\"object\""));
        for member in object.members() {
            let is_said = member.name == "description" && !words.is_empty();
            if member.name != "type" && !told(&member.name) && !is_said {
                out.raw_member(&member.name, object.value(member));
            }
        }
        if !words.is_empty() {
            let said = object.string("description").map(Cow::into_owned).filter(|text| !text.is_empty());
            let texts: Vec<String> = said.into_iter().chain(words).collect();
            out.text_member("description", texts.join("\n\n").as_str());
        }
    });
}

/// Whether a schema is of the part of JSON Schema that strict tools and outputs take: without these words,
/// and with `additionalProperties: false`, which OpenAI's strict mode asks of its clients too.
/// <https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>
fn is_strict(schema: &str) -> bool {
    const WITHOUT: [&str; 7] = [
        "\"minimum\"",
        "\"maximum\"",
        "\"exclusiveMinimum\"",
        "\"exclusiveMaximum\"",
        "\"multipleOf\"",
        "\"minItems\"",
        "\"maxItems\"",
    ];
    let has = |word: &str| memchr::memmem::find(schema.as_bytes(), word.as_bytes()).is_some();
    has("\"additionalProperties\"") && !WITHOUT.iter().any(|word| has(word))
}

fn has_calls(request: &ChatRequest<'_>) -> bool {
    request.messages.iter().any(|message| message.role == Role::Tool || !message.tool_calls.is_empty())
}

/// The functions that earlier messages called, each once.
fn called<'a>(request: &'a ChatRequest<'_>) -> Vec<&'a str> {
    let mut seen = BTreeSet::new();
    let calls = request.messages.iter().flat_map(|message| &message.tool_calls);
    let mut names: Vec<&str> =
        calls.map(|call| call.name.as_ref()).filter(|name| seen.insert(*name)).collect();
    if names.is_empty() && has_calls(request) {
        names.push("tool");
    }
    names
}

/// 400 for a name that Bedrock does not take.
pub(super) fn check_name(name: &str, path: &str) -> Result<(), Error> {
    const LENGTH: usize = 64;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    if (1..=LENGTH).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "Invalid value for '{path}': '{}' is no name of at most {LENGTH} letters, digits, '_' and '-'.",
        shown(name)
    ))
    .param(path)
    .code("invalid_value"))
}
