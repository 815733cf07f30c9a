//! `tools` and `tool_choice`.
//!
//! A custom tool takes free text; to the provider it is a function of one text, `input`. A grammar cannot be enforced,
//! so it is told to the model, and named to the client. Tools that a provider runs itself go on as they stand: the
//! dialect takes or refuses them. Those that the client would have to run in ways of which a chat has no word are
//! refused here.
//!
//! Source: <https://platform.openai.com/docs/guides/tools>,
//! <https://platform.openai.com/docs/guides/function-calling#custom-tools>.

use super::elements;
use crate::chat::{MOST_TOOLS, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Tools whose calls no chat can say.
const NOT_OF_CHATS: [&str; 9] = [
    "apply_patch",
    "computer",
    "computer_use",
    "computer_use_preview",
    "local_shell",
    "namespace",
    "programmatic_tool_calling",
    "shell",
    "tool_search",
];

/// The parameters of a custom tool's function.
const INPUT: &str = r#"{"type":"object","properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}"#;

/// What is known of the tools that were written.
#[derive(Default)]
pub(super) struct Written<'a> {
    /// There is one.
    pub any: bool,
    /// There is one that the provider runs itself.
    pub hosted: bool,
    /// The names of custom tools.
    pub custom: Vec<String>,
    /// The names of all that the client runs.
    names: BTreeSet<Cow<'a, str>>,
}

/// Writes `tools`.
///
/// # Errors
/// 400 for what is no tool, and for tools that no chat has.
pub(super) fn write<'a>(
    call: &mut Call<'_>,
    tools: Option<&'a str>,
    out: &mut Writer,
) -> Result<Written<'a>, Error> {
    let mut written = Written::default();
    for (at, text) in tools.into_iter().flat_map(elements).enumerate() {
        if at == MOST_TOOLS {
            return Err(Error::invalid("Invalid 'tools': there are more tools than the proxy reads.")
                .param("tools")
                .code("array_above_max_length"));
        }
        if !written.any {
            written.any = true;
            out.name("tools");
            out.begin_array();
        }
        let path = format!("tools[{at}]");
        let object = Object::parse_str(text).map_err(|_| wrong_type(&path, "an object", text))?;
        let tool = Tool { path, object };
        let named = tool.needed("type")?.decoded();
        match named.as_ref() {
            "function" => {
                tool.function(call, out)?;
                written.names.insert(tool.needed("name")?.decoded());
            }
            "custom" => {
                tool.custom(call, out)?;
                let name = tool.needed("name")?.decoded();
                written.custom.push(name.clone().into_owned());
                written.names.insert(name);
            }
            other if NOT_OF_CHATS.contains(&other) => {
                let hint = format!(" The provider {} has no such tool in a chat.", call.upstream.id);
                let param = format!("{}.type", tool.path);
                return Err(wrong_value(&param, other, &hint).code("unsupported_value"));
            }
            _ => {
                written.hosted = true;
                out.raw(text);
            }
        }
    }
    if written.any {
        out.end_array();
    }
    Ok(written)
}

/// A tool while it is read.
struct Tool<'a> {
    path: String,
    object: Object<'a>,
}

impl<'a> Tool<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.object.get(name).filter(|value| kind(value) != Kind::Null)
    }

    fn typed(&self, name: &str, wanted: Kind) -> Result<Option<&'a str>, Error> {
        match self.get(name) {
            Some(value) if kind(value) != wanted => {
                Err(wrong_type(&format!("{}.{name}", self.path), wanted.described(), value))
            }
            value => Ok(value),
        }
    }

    fn text(&self, name: &str) -> Result<Option<Text<'a>>, Error> {
        Ok(self.typed(name, Kind::String)?.and_then(Text::of))
    }

    fn needed(&self, name: &str) -> Result<Text<'a>, Error> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| missing(&format!("{}.{name}", self.path)))
    }

    /// Names the members that are not known and ask for something.
    fn others(&self, call: &mut Call<'_>, known: &[&str]) -> Result<(), Error> {
        for member in self.object.members() {
            let (name, value) = (member.name.as_ref(), self.object.value(member));
            let asks = kind(value) != Kind::Null && value != "false";
            if asks && name != "cache_control" && !known.contains(&name) {
                call.drop_param(&format!("{}.{name}", self.path))?;
            }
        }
        Ok(())
    }

    fn function(&self, call: &mut Call<'_>, out: &mut Writer) -> Result<(), Error> {
        let (name, description) = (self.needed("name")?, self.text("description")?);
        let parameters = self.typed("parameters", Kind::Object)?;
        let strict = self.typed("strict", Kind::Boolean)?;
        self.others(call, &["type", "name", "description", "parameters", "strict"])?;
        out.begin_object();
        out.text_member("type", "function");
        out.object_member("function", |out| {
            out.text_member("name", name);
            if let Some(description) = description {
                out.text_member("description", description);
            }
            for (name, value) in [("parameters", parameters), ("strict", strict)] {
                if let Some(value) = value {
                    out.raw_member(name, value);
                }
            }
        });
        self.end(out);
        Ok(())
    }

    fn custom(&self, call: &mut Call<'_>, out: &mut Writer) -> Result<(), Error> {
        let (name, description) = (self.needed("name")?, self.text("description")?);
        let grammar = self.grammar()?;
        if grammar.is_some() {
            call.drop_param(&format!("{}.format", self.path))?;
        }
        self.others(call, &["type", "name", "description", "format"])?;
        let mut words: Vec<Text<'_>> = description.into_iter().collect();
        if let Some((syntax, definition)) = grammar {
            if !words.is_empty() {
                words.push(Text::Plain("\n\n"));
            }
            words.push(Text::Plain("The input must follow this grammar ("));
            words.push(syntax);
            words.push(Text::Plain("):\n"));
            words.push(definition);
        }
        out.begin_object();
        out.text_member("type", "function");
        out.object_member("function", |out| {
            out.text_member("name", name);
            if !words.is_empty() {
                out.name("description");
                out.texts(words);
            }
            out.raw_member("parameters", INPUT);
        });
        self.end(out);
        Ok(())
    }

    /// The syntax and the definition of a custom tool's grammar; `None` for free text.
    fn grammar(&self) -> Result<Option<(Text<'a>, Text<'a>)>, Error> {
        const HINT: &str = " Supported values are: 'text' and 'grammar'.";
        let path = format!("{}.format", self.path);
        let Some(format) = self.typed("format", Kind::Object)? else { return Ok(None) };
        let format = Object::parse_str(format).map_err(|_| wrong_type(&path, "an object", format))?;
        let format = Tool { path, object: format };
        match format.needed("type")?.decoded().as_ref() {
            "text" => Ok(None),
            "grammar" => Ok(Some((format.needed("syntax")?, format.needed("definition")?))),
            other => Err(wrong_value(&format!("{}.type", format.path), other, HINT)),
        }
    }

    fn end(&self, out: &mut Writer) {
        if let Some(mark) = self.get("cache_control") {
            out.raw_member("cache_control", mark);
        }
        out.end_object();
    }
}

const PARAM: &str = "tool_choice";

/// Writes `tool_choice`.
///
/// # Errors
/// 400 for what is no choice, or no choice among the tools.
pub(super) fn choice(value: &str, tools: &Written<'_>, out: &mut Writer) -> Result<(), Error> {
    if let Some(word) = Text::of(value) {
        return match word.decoded().as_ref() {
            // Without tools they say nothing, and are refused by some.
            "auto" | "none" if !tools.any => Ok(()),
            "required" if !tools.any => {
                Err(wrong_value(PARAM, "required", " Without 'tools' there is none to call."))
            }
            "auto" | "none" | "required" => {
                out.text_member(PARAM, word);
                Ok(())
            }
            other => {
                let hint = " Supported values are: 'none', 'auto', 'required', and a tool as an object.";
                Err(wrong_value(PARAM, other, hint))
            }
        };
    }
    let object = Object::parse_str(value).map_err(|_| wrong_type(PARAM, "a string or an object", value))?;
    let choice = Tool { path: PARAM.to_owned(), object };
    match choice.needed("type")?.decoded().as_ref() {
        "function" | "custom" => {
            let name = tools.known(choice.needed("name")?)?;
            out.name(PARAM);
            function(name, out);
        }
        "allowed_tools" => {
            const HINT: &str = " Supported values are: 'auto' and 'required'.";
            let mode = choice.needed("mode")?;
            if !matches!(mode.decoded().as_ref(), "auto" | "required") {
                return Err(wrong_value("tool_choice.mode", &mode.decoded(), HINT));
            }
            let listed = choice.typed("tools", Kind::Array)?.ok_or_else(|| missing("tool_choice.tools"))?;
            out.name(PARAM);
            out.begin_object();
            out.text_member("type", "allowed_tools");
            out.name("allowed_tools");
            out.begin_object();
            out.text_member("mode", mode);
            out.name("tools");
            out.begin_array();
            for (at, text) in elements(listed).enumerate() {
                let path = format!("tool_choice.tools[{at}]");
                let object = Object::parse_str(text).map_err(|_| wrong_type(&path, "an object", text))?;
                let tool = Tool { path, object };
                match tool.needed("type")?.decoded().as_ref() {
                    "function" | "custom" => function(tools.known(tool.needed("name")?)?, out),
                    _ => out.raw(text),
                }
            }
            out.end_array();
            out.end_object();
            out.end_object();
        }
        _ => out.raw_member(PARAM, value),
    }
    Ok(())
}

impl Written<'_> {
    /// A name that is that of a tool.
    fn known<'n>(&self, name: Text<'n>) -> Result<Text<'n>, Error> {
        if self.names.contains(&name.decoded()) {
            return Ok(name);
        }
        Err(wrong_value(PARAM, &name.decoded(), " It must be the name of one of the tools."))
    }
}

/// A function, by its name.
fn function(name: Text<'_>, out: &mut Writer) {
    out.object(|out| {
        out.text_member("type", "function");
        out.object_member("function", |out| out.text_member("name", name));
    });
}
