//! `tools` and `toolConfig`.

use super::models::Family;
use super::{Platform, builtin};
use crate::chat::{ChatRequest, Tool, ToolChoice};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, items, kind};
use crate::wire::merged::Merged;
use crate::wire::write::Writer;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How an element of `tools` that searches starts.
const SEARCH: &str = "{\"googleSearch\"";

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
    let served = served(call, chat, family, platform)?;
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
    if chat.tools.is_empty() && !others && chat.tool_choice == Some(ToolChoice::Required) {
        return Err(Error::invalid(
            "Invalid value for 'tool_choice': it is only allowed when 'tools' are specified.",
        )
        .param("tool_choice"));
    }
    let tells = family.third && platform == Platform::GeminiApi;
    let both = !functions.is_empty() && others && tells;
    // An item of a Responses stream stands before the text that rests on it: asked for, the search is told when it
    // begins. Otherwise it is told behind the text.
    let told = tells && call.names.is_bridged() && served.iter().any(|tool| tool.starts_with(SEARCH));
    if both || told {
        config.set("includeServerSideToolInvocations", "true".to_owned());
    }
    // Google's own tools cannot be chosen.
    match &chat.tool_choice {
        Some(ToolChoice::Served(_)) => call.drop_param("tool_choice")?,
        Some(ToolChoice::Required) if functions.is_empty() => call.drop_param("tool_choice")?,
        Some(ToolChoice::Allowed { required: true, names: allowed })
            if !allowed.iter().any(|name| names.contains(name.as_ref())) =>
        {
            call.drop_param("tool_choice")?;
        }
        _ => {}
    }
    let checked = both || functions.iter().any(|function| function.strict == Some(true));
    if !functions.is_empty()
        && let Some((mode, chosen)) = choice(chat.tool_choice.as_ref(), checked)
    {
        // Tools of Google's side are listed, too: they are sent or not.
        let mut chosen = chosen.iter().filter(|name| names.contains(name.as_ref())).peekable();
        let lists = matches!(chat.tool_choice, Some(ToolChoice::Allowed { .. }));
        let mut out = Writer::default();
        out.object(|out| match chosen.peek() {
            None => out.text_member("mode", if lists { "NONE" } else { mode }),
            Some(_) => {
                out.text_member("mode", mode);
                out.name("allowedFunctionNames");
                out.begin_array();
                for name in chosen {
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

/// The tools of Google's side that go with the request, each an element of `tools`.
fn served(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    family: Family,
    platform: Platform,
) -> Result<Vec<String>, Error> {
    // "Tool use with function calling is unsupported."
    let barred = chat.functions().next().is_some() && !family.third;
    let mut served: Vec<String> = Vec::new();
    for tool in &chat.tools {
        let Tool::Other { kind, path, .. } = tool else { continue };
        if builtin::name_of(kind).is_none() {
            return Err(tool.refused(call));
        }
        // They cannot be there and not be used.
        let idle = match &chat.tool_choice {
            Some(ToolChoice::None) => true,
            Some(ToolChoice::Allowed { names, .. }) => !names.contains(&tool.listed_as()),
            _ => false,
        };
        if idle {
            continue;
        }
        if barred {
            call.drop_param(path)?;
            continue;
        }
        let written = builtin::write(call, tool, platform)?;
        // Of several searches the first counts: Google takes each of its tools once.
        let same = |other: &String| written.starts_with(SEARCH) && other.starts_with(SEARCH);
        match served.iter().find(|other| same(other)) {
            Some(other) if *other != written => call.drop_param(path)?,
            Some(_) => {}
            None if written.is_empty() => {}
            None => served.push(written),
        }
    }
    if let Some(search) = chat.params.web_search()? {
        if barred {
            call.drop_param(&search.path)?;
        } else {
            let settings = builtin::search_settings(call, &search, platform)?;
            if !served.iter().any(|tool| tool.starts_with(SEARCH)) {
                served.push(format!("{SEARCH}:{settings}}}"));
            }
        }
    }
    Ok(served)
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
        Some(ToolChoice::Served(_)) => (auto, &[]),
        Some(ToolChoice::Allowed { required: true, names }) => ("ANY", names),
        // Names are taken with ANY and VALIDATED alone.
        Some(ToolChoice::Allowed { required: false, names }) => ("VALIDATED", names),
    })
}
