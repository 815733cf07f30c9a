//! `tools` and `toolConfig`, and members that the client's own stand beside.

use super::Platform;
use super::models::Family;
use crate::chat::{ChatRequest, Tool, ToolChoice};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, Object, items, kind, quoted};
use crate::wire::write::Writer;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The members of an object, of which those win that the client wrote for this provider alone.
#[derive(Debug)]
pub(super) struct Merged<'a> {
    theirs: Vec<(Cow<'a, str>, &'a str)>,
    ours: Vec<(&'static str, String)>,
}

impl<'a> Merged<'a> {
    /// An object of which the client wrote this much.
    pub(super) fn new(theirs: Option<&Object<'a>>) -> Self {
        let theirs = theirs.map(|object| {
            object.members().iter().map(|member| (member.name.clone(), object.value(member))).collect()
        });
        Self { theirs: theirs.unwrap_or_default(), ours: Vec::new() }
    }

    /// Whether the client wrote this member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.theirs.iter().any(|(theirs, _)| theirs == name)
    }

    /// What the client wrote of a member that is to be merged; it is ours to set from then on.
    pub(super) fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.theirs.iter().position(|(theirs, _)| theirs == name)?;
        Some(self.theirs.remove(at).1)
    }

    /// The same of a member that must be an object.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(super) fn take_object(&mut self, name: &str) -> Result<Option<Object<'a>>, Error> {
        let Some(value) = self.take(name) else { return Ok(None) };
        Object::parse(value.as_bytes()).map(Some).map_err(|_| {
            Error::invalid(format!(
                "Invalid type for '{name}': expected an object. It goes into the provider's body."
            ))
            .param(name)
            .code("invalid_type")
        })
    }

    /// Sets a member, unless the client did.
    pub(super) fn set(&mut self, name: &'static str, json: String) {
        if !self.has(name) {
            self.ours.push((name, json));
        }
    }

    /// Whether there is nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.theirs.is_empty() && self.ours.is_empty()
    }

    /// Writes the members.
    pub(super) fn write_to(&self, out: &mut Writer) {
        for (name, json) in &self.ours {
            out.raw_member(name, json);
        }
        for (name, json) in &self.theirs {
            out.raw_member(name, json);
        }
    }

    /// The object.
    pub(super) fn object(&self) -> String {
        let mut out = Writer::default();
        out.object(|out| self.write_to(out));
        out.finish()
    }
}

/// Writes `tools` and `toolConfig`. Says whether there are tools.
///
/// # Errors
/// 400 for a tool that Google does not have, and for names that are none or two.
pub(super) fn write(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    family: Family,
    platform: Platform,
    body: &mut Merged<'_>,
) -> Result<bool, Error> {
    let theirs = body.take("tools").filter(|theirs| kind(theirs) == Kind::Array);
    let theirs: Vec<&str> = theirs.into_iter().flat_map(items).collect();
    let functions: Vec<_> = chat.functions().collect();
    let mut names = BTreeSet::new();
    for function in &functions {
        if !names.insert(function.name.as_ref()) {
            return Err(wrong_name(
                "tools",
                &function.name,
                "stands more than once. Give each function its own.",
            ));
        }
    }
    if let Some(ToolChoice::Allowed { names: allowed, .. }) = &chat.tool_choice
        && let Some(other) = allowed.iter().find(|name| !names.contains(name.as_ref()))
    {
        return Err(wrong_name("tool_choice", other, "is that of no tool."));
    }
    let mut served: Vec<String> = Vec::new();
    for tool in &chat.tools {
        if let Tool::Other { kind, object, .. } = tool {
            served.push(served_tool(kind, object).ok_or_else(|| tool.refused(call))?);
        }
    }
    if let Some(search) = chat.web_search()? {
        if !functions.is_empty() && !family.third {
            // "Tool use with function calling is unsupported."
            call.drop_param(&search.path)?;
        } else {
            if !served.iter().any(|tool| tool.starts_with("{\"googleSearch\"")) {
                served.push("{\"googleSearch\":{}}".to_owned());
            }
            if search.context_size.is_some() {
                call.drop_param(&format!("{}.search_context_size", search.path))?;
            }
            // It takes a latitude and a longitude alone.
            if search.location.is_some() {
                call.drop_param(&format!("{}.user_location", search.path))?;
            }
        }
    }
    let mut out = Writer::default();
    out.begin_array();
    if !functions.is_empty() {
        out.object(|out| {
            out.name("functionDeclarations");
            out.begin_array();
            for function in &functions {
                out.object(|out| {
                    out.text_member("name", function.name.as_ref());
                    if let Some(description) = function.description {
                        out.text_member("description", description);
                    }
                    // `parameters` knows some keywords and refuses the others; this takes any.
                    if let Some(schema) = function.parameters {
                        out.raw_member("parametersJsonSchema", schema);
                    }
                });
            }
            out.end_array();
        });
    }
    for tool in served.iter().map(String::as_str).chain(theirs.iter().copied()) {
        out.raw(tool);
    }
    out.end_array();
    if out.as_str() != "[]" {
        body.set("tools", out.finish());
    }

    let inner = body.take_object("toolConfig")?;
    let mut config = Merged::new(inner.as_ref());
    // Functions beside tools of Google's side: "Please enable
    // tool_config.include_server_side_tool_invocations", and the mode AUTO is refused. Vertex AI does
    // not know the field.
    let others = !served.is_empty() || !theirs.is_empty();
    if functions.is_empty() && !others && chat.tool_choice == Some(ToolChoice::Required) {
        return Err(Error::invalid(
            "Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.",
        )
        .param("tool_choice"));
    }
    let both = !functions.is_empty() && others && family.third && platform == Platform::GeminiApi;
    if both {
        config.set("includeServerSideToolInvocations", "true".to_owned());
    }
    let checked = both || functions.iter().any(|function| function.strict == Some(true));
    if !functions.is_empty()
        && let Some((mode, names)) = choice(chat.tool_choice.as_ref(), checked)
    {
        let mut out = Writer::default();
        out.object(|out| {
            out.text_member("mode", mode);
            if !names.is_empty() {
                out.name("allowedFunctionNames");
                out.begin_array();
                for name in names {
                    out.text(name.as_ref());
                }
                out.end_array();
            }
        });
        config.set("functionCallingConfig", out.finish());
    }
    if !config.is_empty() {
        body.set("toolConfig", config.object());
    }
    Ok(others || !functions.is_empty())
}

/// 400: `what` is the end of a sentence on the name.
fn wrong_name(param: &str, name: &str, what: &str) -> Error {
    Error::invalid(format!("Invalid '{param}': the name '{}' {what}", shown(name)))
        .param(param)
        .code("invalid_value")
}

/// The mode, and the names of the functions that it is restricted to; `None` for the default.
fn choice<'a>(
    choice: Option<&'a ToolChoice<'a>>,
    checked: bool,
) -> Option<(&'static str, &'a [Cow<'a, str>])> {
    // Like AUTO, but what is called is held to the schema: what `strict` asks for.
    let auto = if checked { "VALIDATED" } else { "AUTO" };
    Some(match choice {
        None if !checked => return None,
        None | Some(ToolChoice::Auto) => (auto, &[]),
        Some(ToolChoice::None) => ("NONE", &[]),
        Some(ToolChoice::Required) => ("ANY", &[]),
        Some(ToolChoice::Function(name)) => ("ANY", core::slice::from_ref(name)),
        // Google's own tools cannot be chosen.
        Some(ToolChoice::Served(_)) => (auto, &[]),
        Some(ToolChoice::Allowed { required: true, names }) => ("ANY", names),
        // Names are taken with ANY and VALIDATED alone.
        Some(ToolChoice::Allowed { required: false, names }) => ("VALIDATED", names),
    })
}

/// A tool of Google's side, by Google's own name or by those of other vendors for the same.
fn served_tool(named: &str, object: &str) -> Option<String> {
    let theirs = match named {
        "google_search" | "googleSearch" | "web_search" | "web_search_preview" => "googleSearch",
        "code_execution" | "codeExecution" | "code_interpreter" => "codeExecution",
        "url_context" | "urlContext" => "urlContext",
        "google_maps" | "googleMaps" => "googleMaps",
        "file_search" | "fileSearch" => "fileSearch",
        _ => return None,
    };
    // Its settings stand under its name.
    let object = Object::parse(object.as_bytes()).ok()?;
    let settings = [named, theirs].into_iter().find_map(|name| object.get(name));
    let settings = settings.filter(|settings| kind(settings) == Kind::Object);
    // A search of files is nothing without its stores.
    if theirs == "fileSearch" && settings.is_none() {
        return None;
    }
    Some(format!("{{{}:{}}}", quoted(theirs), settings.unwrap_or("{}")))
}
