//! A chat request as dialects read it.

use super::message::Message;
use super::params::{Params, WebSearch, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A chat request: borrowed from the client's body.
#[derive(Debug)]
pub struct ChatRequest<'a> {
    /// The messages, at least one.
    pub messages: Vec<Message<'a>>,
    /// The tools, in the client's order.
    pub tools: Vec<Tool<'a>>,
    /// Which of them the model may or must call; `None` when the client left it to the default.
    pub tool_choice: Option<ToolChoice<'a>>,
    /// The answer is to come as a stream, which some languages say in the body.
    pub streams: bool,
    /// Everything else.
    pub params: Params<'a>,
}

/// A tool.
#[derive(Clone, Debug)]
pub enum Tool<'a> {
    /// A function of the client's.
    Function(Function<'a>),
    /// Another kind, such as a server tool that the provider knows by itself.
    Other {
        /// Its `type`.
        kind: Cow<'a, str>,
        /// All of it.
        object: &'a str,
        /// Where it stands: `tools[2]`.
        path: String,
    },
}

/// A function that the model may call.
#[derive(Clone, Debug)]
pub struct Function<'a> {
    /// Where it stands: `tools[0].function`.
    pub path: String,
    /// Its name.
    pub name: Cow<'a, str>,
    /// What it does.
    pub description: Option<Text<'a>>,
    /// The JSON Schema of its arguments, an object; `None` for a function without any.
    pub parameters: Option<&'a str>,
    /// Whether the arguments must follow the schema to the letter.
    pub strict: Option<bool>,
    /// A mark for prompt caching, an object as it stands.
    pub cache_control: Option<&'a str>,
}

/// `tool_choice`
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolChoice<'a> {
    /// `auto`
    Auto,
    /// `none`
    None,
    /// `required`
    Required,
    /// This function.
    Function(Cow<'a, str>),
    /// One of these tools, or, unless `required`, none.
    Allowed {
        /// Whether one must be called.
        required: bool,
        /// What they are listed as: [`Tool::listed_as`].
        names: Vec<Cow<'a, str>>,
    },
    /// The tool of this `type`, which the provider runs itself.
    Served(Cow<'a, str>),
}

/// Whether a tool's `type` is one of OpenAI's names of a search of the web.
#[must_use]
pub fn is_web_search(kind: &str) -> bool {
    matches!(
        kind,
        "web_search" | "web_search_2025_08_26" | "web_search_preview" | "web_search_preview_2025_03_11"
    )
}

/// The most messages, parts of them and tool calls that are read, taken together. More than this no
/// model reads, and what is kept of each is many times longer than the least that it takes to write one.
/// Anthropic's API takes as many messages.
pub const MOST: usize = 100_000;

/// The most tools that are read. Dialects look through them for each name that is allowed.
pub const MOST_TOOLS: usize = 4096;

/// Counts what is read of a chat.
#[derive(Debug)]
pub(super) struct Room {
    left: usize,
    what: &'static str,
}

impl Room {
    /// Takes one place.
    ///
    /// # Errors
    /// 400 that names the list which has too many.
    pub(super) fn take(&mut self, param: &str) -> Result<(), Error> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Error::invalid(format!("Invalid '{param}': there are more {} than the proxy reads.", self.what))
                .param(param)
                .code("array_above_max_length")
        })?;
        Ok(())
    }
}

/// Members that are read here, or by the surface.
const ELSEWHERE: [&str; 8] =
    ["model", "messages", "tools", "functions", "tool_choice", "function_call", "stream", "stream_options"];

impl<'a> ChatRequest<'a> {
    /// Reads OpenAI's body of `/chat/completions`.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let value = |name| object.get(name).filter(|value| kind(value) != Kind::Null);
        let array = |name| match value(name) {
            Some(value) if kind(value) != Kind::Array => Err(wrong_type(name, "an array", value)),
            value => Ok(value),
        };
        if let Some(stream) = value("stream").filter(|value| kind(value) != Kind::Boolean) {
            return Err(wrong_type("stream", "a boolean", stream));
        }
        let list = array("messages")?.ok_or_else(|| missing("messages"))?;
        let mut room = Room { left: MOST, what: "messages, parts and calls" };
        let messages: Vec<_> = items(list)
            .enumerate()
            .map(|(at, text)| Message::read(at, text, &mut room))
            .collect::<Result<_, _>>()?;
        if messages.is_empty() {
            return Err(Error::invalid("Invalid 'messages': there must be at least one message.")
                .param("messages")
                .code("empty_array"));
        }
        let mut tools = Vec::new();
        let mut tool_room = Room { left: MOST_TOOLS, what: "tools" };
        for (at, text) in array("tools")?.into_iter().flat_map(items).enumerate() {
            tool_room.take("tools")?;
            tools.push(Tool::read(format!("tools[{at}]"), text)?);
        }
        // The older names of the same.
        if tools.is_empty() {
            for (at, text) in array("functions")?.into_iter().flat_map(items).enumerate() {
                tool_room.take("functions")?;
                tools.push(Tool::Function(Function::read(&format!("functions[{at}]"), text, None)?));
            }
        }
        let choice = value("tool_choice").map(|value| ("tool_choice", value));
        let choice = choice.or_else(|| value("function_call").map(|value| ("function_call", value)));
        let tool_choice = choice.map(|(name, value)| ToolChoice::read(name, value)).transpose()?;
        let chosen: &[Cow<'_, str>] = match &tool_choice {
            Some(ToolChoice::Function(name)) => core::slice::from_ref(name),
            Some(ToolChoice::Allowed { names, .. }) => names.as_slice(),
            _ => &[],
        };
        let lists = matches!(tool_choice, Some(ToolChoice::Allowed { .. }));
        let choosable = tools.iter().filter(|tool| lists || matches!(tool, Tool::Function(_)));
        let mut known = BTreeSet::new();
        known.extend(choosable.filter(|_| !chosen.is_empty()).map(Tool::listed_as));
        if let Some(name) = chosen.iter().find(|name| !known.contains(*name)) {
            return Err(wrong_value("tool_choice", name, " It must be the name of one of the tools."));
        }
        if let Some(ToolChoice::Served(wanted)) = &tool_choice {
            // A choice knows a search by its earlier name alone.
            let same = |kind: &str| kind == wanted || (is_web_search(kind) && is_web_search(wanted));
            let is = |tool: &Tool<'_>| matches!(tool, Tool::Other { kind, .. } if same(kind));
            if !tools.iter().any(is) {
                return Err(wrong_value("tool_choice", wanted, " It must be the type of one of the tools."));
            }
        }
        // Without tools it asks for nothing.
        let idle = |name: &str| name == "parallel_tool_calls" && tools.is_empty();
        let params = Params::new(object, |name| ELSEWHERE.contains(&name) || idle(name) || call.is_orq(name));
        let streams = object.get("stream") == Some("true");
        Ok(Self { messages, tools, tool_choice, streams, params })
    }

    /// The functions among the tools.
    pub fn functions(&self) -> impl Iterator<Item = &Function<'a>> {
        self.tools.iter().filter_map(|tool| match tool {
            Tool::Function(function) => Some(function),
            Tool::Other { .. } => None,
        })
    }

    /// The search of the web that is asked for, by a tool or by `web_search_options`.
    ///
    /// # Errors
    /// 400 when `web_search_options` is no object.
    pub fn web_search(&self) -> Result<Option<WebSearch<'a>>, Error> {
        let asked = self.params.web_search()?;
        let tool = self.tools.iter().find_map(|tool| match tool {
            Tool::Other { kind, object, path } if is_web_search(kind) => {
                let object = Object::parse_str(object).ok()?;
                Some(WebSearch::read(path.as_str(), &object))
            }
            _ => None,
        });
        Ok(tool.or(asked))
    }

    /// Refuses tools that are no functions: for dialects that know none.
    ///
    /// # Errors
    /// 400 that names the first such tool and the provider.
    pub fn functions_alone(&self, call: &Call<'_>) -> Result<(), Error> {
        match self.tools.iter().find(|tool| matches!(tool, Tool::Other { .. })) {
            Some(tool) => Err(tool.refused(call)),
            None => Ok(()),
        }
    }

    /// Names the marks for prompt caching (`cache_control`), each by its place: for providers that take none.
    ///
    /// # Errors
    /// 400 when there is one and such requests are refused.
    pub fn drop_cache_marks(&self, call: &mut Call<'_>) -> Result<(), Error> {
        for message in &self.messages {
            for part in message.parts.iter().filter(|part| part.cache_control.is_some()) {
                call.drop_param(&format!("{}.cache_control", part.path))?;
            }
            if message.cache_control.is_some() {
                call.drop_param(&format!("messages[{}].cache_control", message.at))?;
            }
        }
        for function in self.functions().filter(|function| function.cache_control.is_some()) {
            call.drop_param(&format!("{}.cache_control", function.place()))?;
        }
        Ok(())
    }
}

impl Function<'_> {
    /// Where its mark for caching stands: at the tool.
    #[must_use]
    pub fn place(&self) -> &str {
        self.path.strip_suffix(".function").unwrap_or(&self.path)
    }
}

impl<'a> Tool<'a> {
    fn read(path: String, text: &'a str) -> Result<Self, Error> {
        let object = Object::parse_str(text).map_err(|_| wrong_type(&path, "an object", text))?;
        let named = object.string("type").ok_or_else(|| missing(&format!("{path}.type")))?;
        if named != "function" {
            return Ok(Self::Other { kind: named, object: text, path });
        }
        let function = object.get("function").ok_or_else(|| missing(&format!("{path}.function")))?;
        let cache_control = object.get("cache_control").filter(|value| kind(value) == Kind::Object);
        Function::read(&format!("{path}.function"), function, cache_control).map(Self::Function)
    }

    /// What `allowed_tools` calls it: a function by its name, an MCP server by its label, every other kind by its
    /// `type`.
    #[must_use]
    pub fn listed_as(&self) -> Cow<'_, str> {
        match self {
            Self::Function(function) => Cow::Borrowed(function.name.as_ref()),
            Self::Other { kind, object, .. } => {
                let object = Object::parse_str(object).ok();
                let label = object.and_then(|object| object.string("server_label"));
                label.unwrap_or(Cow::Borrowed(kind.as_ref()))
            }
        }
    }

    /// 400: the provider has no such tool.
    #[must_use]
    pub fn refused(&self, call: &Call<'_>) -> Error {
        let (name, path) = match self {
            Self::Function(function) => (function.name.as_ref(), "tools"),
            Self::Other { kind, path, .. } => (kind.as_ref(), path.as_str()),
        };
        let hint = format!(" The provider {} has no such tool.", call.upstream.id);
        wrong_value(&format!("{path}.type"), name, &hint).code("unsupported_value")
    }
}

impl<'a> Function<'a> {
    fn read(path: &str, text: &'a str, cache_control: Option<&'a str>) -> Result<Self, Error> {
        let object = Object::parse_str(text).map_err(|_| wrong_type(path, "an object", text))?;
        let name = object.string("name").filter(|name| !name.is_empty());
        let parameters = object.get("parameters").filter(|value| kind(value) != Kind::Null);
        if let Some(value) = parameters.filter(|value| kind(value) != Kind::Object) {
            return Err(wrong_type(&format!("{path}.parameters"), "an object", value));
        }
        let inner = object.get("cache_control").filter(|value| kind(value) == Kind::Object);
        Ok(Self {
            path: path.to_owned(),
            name: name.ok_or_else(|| missing(&format!("{path}.name")))?,
            description: object.get("description").and_then(Text::of),
            // An empty schema says as little as none.
            parameters: parameters.filter(|schema| !schema.trim_matches(['{', '}', ' ', '\n']).is_empty()),
            strict: object.get("strict").and_then(|strict| strict.parse().ok()),
            cache_control: cache_control.or(inner),
        })
    }
}

impl<'a> ToolChoice<'a> {
    fn read(param: &str, value: &'a str) -> Result<Self, Error> {
        const HINT: &str =
            " Supported values are: 'none', 'auto', 'required', a function by its name and 'allowed_tools'.";
        let bad = |value: &str| wrong_value(param, value, HINT);
        if kind(value) == Kind::String {
            return match Text::Json(value).decoded().as_ref() {
                "auto" => Ok(Self::Auto),
                "none" => Ok(Self::None),
                // Mistral's and Anthropic's word for the same.
                "required" | "any" => Ok(Self::Required),
                other => Err(bad(other)),
            };
        }
        let object =
            Object::parse_str(value).map_err(|_| wrong_type(param, "a string or an object", value))?;
        let inner = |name| object.get(name).and_then(|inner| Object::parse_str(inner).ok());
        match object.string("type").as_deref() {
            Some("allowed_tools") => {
                let inner = inner("allowed_tools");
                let allowed = inner.as_ref().unwrap_or(&object);
                let mut seen = BTreeSet::new();
                let names = allowed.get("tools").into_iter().flat_map(items).map(name_of);
                let names = names.filter(|name| seen.insert(name.clone()));
                Ok(Self::Allowed {
                    required: allowed.string("mode").as_deref() == Some("required"),
                    names: names.collect::<Option<_>>().ok_or_else(|| bad("allowed_tools"))?,
                })
            }
            Some("function") | None => {
                let name = inner("function").and_then(|function| function.string("name"));
                let name = name.or_else(|| object.string("name"));
                name.map(Self::Function).ok_or_else(|| missing(&format!("{param}.function.name")))
            }
            // Of MCP servers and tools to come the type is enough here: it has to be that of a tool.
            Some(_) => object.string("type").map(Self::Served).ok_or_else(|| bad("type")),
        }
    }
}

/// What a tool is called that `allowed_tools` lists; `None` for what is none, or only one tool of an MCP server's.
fn name_of(tool: &str) -> Option<Cow<'_, str>> {
    let tool = Object::parse_str(tool).ok()?;
    let function = tool.get("function").and_then(|function| Object::parse_str(function).ok());
    let function = function.and_then(|function| function.string("name"));
    let label = tool.string("server_label");
    match (label, tool.string("name")) {
        (Some(_), Some(_)) => None,
        (Some(label), None) => Some(label),
        (None, name) => {
            let kind = tool.string("type").filter(|kind| kind != "function" && kind != "custom");
            function.or(name).or(kind)
        }
    }
}
