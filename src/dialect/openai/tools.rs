//! Tools, and the search of the web as one.
//!
//! Sources: Mistral's specification of `/v1/chat/completions` <https://docs.mistral.ai/api>, Groq
//! <https://console.groq.com/docs/browser-search>, OpenRouter
//! <https://openrouter.ai/docs/guides/features/server-tools/web-search>, Z.AI
//! <https://docs.z.ai/guides/tools/web-search>, Perplexity
//! <https://docs.perplexity.ai/api-reference/chat-completions-post>.

use super::quirks::Edited;
use crate::chat::{Location, WebSearch};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::provider::Search;
use crate::wire::json::{Kind, Object, elements, kind};
use crate::wire::node::Node;
use crate::wire::write::{Text, Writer};

pub(super) const OPTIONS: &str = "web_search_options";

/// The tools that Mistral runs itself.
const BUILT_IN: [&str; 6] = [
    "web_search",
    "web_search_premium",
    "code_interpreter",
    "image_generation",
    "document_library",
    "connector",
];

/// Whether options for a search say that none is wanted.
pub(super) fn is_off(options: &str) -> bool {
    Node::read(options, 0).is_some_and(|options| options.get("enabled") == Some("false"))
}

/// Asks for a search of the web in the provider's way.
///
/// # Errors
/// 400 when an option is not taken and such requests are refused.
pub(super) fn search(call: &mut Call<'_>, edited: &mut Edited<'_, '_>, form: Search) -> Result<(), Error> {
    let Some(value) = edited.get(OPTIONS) else {
        edited.remove(OPTIONS);
        return Ok(());
    };
    if is_off(value) {
        edited.remove(OPTIONS);
        if let Search::Native { off: Some(off), .. } = form {
            edited.add(off, "true");
        }
        return Ok(());
    }
    if let Search::Native { .. } = form {
        if let Some(mut options) = edited.node(OPTIONS) {
            options.remove("enabled");
            options.finish(edited.splices);
        }
        return Ok(());
    }
    // The others take neither the size nor the place.
    let carried: &[&str] = match form {
        Search::Parameters(_) => &["enabled", "search_context_size", "user_location", "filters", "domains"],
        _ => &["enabled"],
    };
    if let Some(options) = Node::read(value, 0) {
        for name in options.names().filter(|name| !carried.contains(name) && options.get(name).is_some()) {
            call.drop_param(&format!("{OPTIONS}.{name}"))?;
        }
    }
    match form {
        Search::Tool(tool) => add_tool(edited, tool),
        Search::Parameters(named) => {
            let options = Object::parse(value.as_bytes())?;
            let search = WebSearch::read(OPTIONS, &options);
            if !search.allowed_domains.is_empty() && !search.blocked_domains.is_empty() {
                call.drop_param(&format!("{OPTIONS}.filters.blocked_domains"))?;
            }
            add_tool(edited, &with_parameters(named, &search));
        }
        Search::Flag(name) => edited.add(name, "true"),
        Search::Compound | Search::Native { .. } => {}
    }
    edited.remove(OPTIONS);
    Ok(())
}

/// A tool that searches, with its settings as `parameters`. Of allowed and blocked domains it takes one list.
pub(super) fn with_parameters(named: &str, search: &WebSearch<'_>) -> String {
    let mut inner = Writer::default();
    inner.object(|out| {
        if !search.allowed_domains.is_empty() {
            list(out, "allowed_domains", &search.allowed_domains);
        } else if !search.blocked_domains.is_empty() {
            list(out, "excluded_domains", &search.blocked_domains);
        }
        if let Some(size) = &search.context_size {
            out.text_member("search_context_size", size.as_ref());
        }
        if let Some(location) = &search.location {
            out.object_member("user_location", |out| {
                out.text_member("type", "approximate");
                place(out, location);
            });
        }
    });
    let mut out = Writer::default();
    out.object(|out| {
        out.text_member("type", named);
        if inner.as_str() != "{}" {
            out.raw_member("parameters", inner.as_str());
        }
    });
    out.finish()
}

/// Writes a member that is a list of domains.
pub(super) fn list(out: &mut Writer, name: &str, domains: &[Text<'_>]) {
    out.name(name);
    out.begin_array();
    for domain in domains {
        out.text(*domain);
    }
    out.end_array();
}

/// Writes the members of a place.
pub(super) fn place(out: &mut Writer, location: &Location<'_>) {
    let members = [
        ("city", location.city),
        ("country", location.country),
        ("region", location.region),
        ("timezone", location.timezone),
    ];
    for (name, value) in members {
        if let Some(value) = value {
            out.text_member(name, value);
        }
    }
}

fn add_tool(edited: &mut Edited<'_, '_>, tool: &str) {
    let tools = edited.get("tools").filter(|tools| kind(tools) == Kind::Array);
    let (Some(tools), Some(member)) = (tools, edited.object.member("tools")) else {
        return edited.add("tools", &format!("[{tool}]"));
    };
    let comma = if elements(tools).is_empty() { "" } else { "," };
    let inside = member.span.start.saturating_add(1);
    edited.splices.replace(inside..inside, format!("{tool}{comma}"));
}

/// Makes tools and what goes with them valid where every member is checked.
///
/// # Errors
/// 400 when a tool is none that the provider knows, or when a member is not taken and such requests are
/// refused.
pub(super) fn strict(call: &mut Call<'_>, edited: &mut Edited<'_, '_>) -> Result<(), Error> {
    let object = edited.object;
    if let (Some(tools), Some(member)) = (edited.get("tools"), object.member("tools")) {
        for (number, range) in elements(tools).into_iter().enumerate() {
            let at = member.span.start.saturating_add(range.start);
            let Some(mut tool) = tools.get(range).and_then(|tool| Node::read(tool, at)) else { continue };
            let kind = tool.string("type").unwrap_or("function".into());
            // Those of Responses are looked at elsewhere.
            if kind != "function" && !call.names.is_bridged() && !BUILT_IN.contains(&kind.as_ref()) {
                return Err(call.unknown_form(
                    &format!("tools[{number}].type"),
                    &format!("a tool of type '{}'", shown(&kind)),
                    "Send a function",
                ));
            }
            let Some(mut function) = tool.child("function") else { continue };
            only(call, &mut tool, &["type", "function"], "tools[]")?;
            only(call, &mut function, &["name", "description", "strict", "parameters"], "tools[].function")?;
            if function.get("parameters").is_none() {
                function.set("parameters", "{\"type\":\"object\",\"properties\":{}}");
            }
            function.finish(edited.splices);
            tool.finish(edited.splices);
        }
    }
    if let Some(mut choice) = edited.node("tool_choice") {
        if choice.child("function").is_none() {
            call.drop_param("tool_choice")?;
            edited.remove("tool_choice");
        } else {
            only(call, &mut choice, &["type", "function"], "tool_choice")?;
            choice.finish(edited.splices);
        }
    }
    if let Some(mut schema) = edited.node("response_format").and_then(|format| format.child("json_schema")) {
        let place = "response_format.json_schema";
        only(call, &mut schema, &["name", "description", "schema", "strict"], place)?;
        if schema.get("schema").is_none() {
            schema.set("schema", "{}");
        }
        schema.finish(edited.splices);
    }
    if let Some(mut prediction) = edited.node("prediction") {
        let parts = prediction.items("content");
        if !parts.is_empty() {
            let texts = parts.iter().filter_map(|(part, _)| Node::read(part, 0)?.string("text"));
            prediction.set_text("content", &texts.collect::<String>());
            prediction.finish(edited.splices);
        }
    }
    match edited.get("service_tier").and_then(crate::wire::json::string).as_deref() {
        None | Some("auto" | "standard_only") => {}
        Some("default") => {
            if let Some(member) = object.member("service_tier") {
                edited.splices.replace(member.span.clone(), "\"standard_only\"");
            }
        }
        Some(_) => {
            call.drop_param("service_tier")?;
            edited.remove("service_tier");
        }
    }
    Ok(())
}

/// Takes out what a part of a request may not have: null in silence, the rest by name.
fn only(call: &mut Call<'_>, node: &mut Node<'_>, known: &[&str], place: &str) -> Result<(), Error> {
    let names: Vec<String> = node.names().map(str::to_owned).collect();
    for name in names {
        let is_null = node.get(&name).is_none();
        if known.contains(&name.as_str()) && !is_null {
            continue;
        }
        if !is_null {
            call.drop_param(&format!("{place}.{name}"))?;
        }
        node.remove(&name);
    }
    Ok(())
}
