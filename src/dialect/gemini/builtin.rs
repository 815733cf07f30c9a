//! Tools that run on Google's side: by Google's own names, and OpenAI's built-in tools in Google's terms.
//!
//! Which fields the Gemini API and Vertex AI know is said field by field in google-genai's `types.py`.
//! Sources: <https://ai.google.dev/api/caching#Tool>, <https://ai.google.dev/gemini-api/docs/google-search>,
//! <https://ai.google.dev/gemini-api/docs/file-search>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/grounding/grounding-with-google-search>, and for
//! OpenAI's <https://platform.openai.com/docs/api-reference/responses/create>. The `googleSearchRetrieval` of models
//! before 2.0 ended with them.

use super::Platform;
use crate::chat::{Asked, Tool, WebSearch, is_web_search};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind, quoted, string};
use crate::wire::write::{Text, Writer};

/// How names of Google's stores of files start; OpenAI's are `vs_…`.
const STORE: &str = "fileSearchStores/";

/// Whether models of this name draw.
fn draws(model: &str) -> bool {
    model.contains("-image")
}

/// Google's name of a tool that has one.
pub(super) fn name_of(named: &str) -> Option<&'static str> {
    Some(match named {
        "google_search" | "googleSearch" => "googleSearch",
        kind if is_web_search(kind) => "googleSearch",
        "code_execution" | "codeExecution" | "code_interpreter" => "codeExecution",
        "url_context" | "urlContext" => "urlContext",
        "google_maps" | "googleMaps" => "googleMaps",
        "file_search" | "fileSearch" => "fileSearch",
        "mcp" => "mcpServers",
        "image_generation" => "",
        _ => return None,
    })
}

/// Writes a tool as an element of `tools`; empty where nothing has to be said.
///
/// # Errors
/// 400 for a tool, or a setting that it is nothing without, that Google does not have.
pub(super) fn write(call: &mut Call<'_>, tool: &Tool<'_>, platform: Platform) -> Result<String, Error> {
    let Tool::Other { kind: named, object: text, path } = tool else { return Ok(String::new()) };
    let (theirs, object) = match (name_of(named), Object::parse(text.as_bytes())) {
        (Some(theirs), Ok(object)) => (theirs, object),
        _ => return Err(tool.refused(call)),
    };
    let asked = Asked { path: path.clone(), object };
    // Its settings in Google's own words stand under its name.
    let own = [named.as_ref(), theirs].into_iter().find_map(|name| asked.object.get(name));
    if let Some(own) = own.filter(|own| kind(own) == Kind::Object) {
        return Ok(format!("{{{}:{own}}}", quoted(theirs)));
    }
    let settings = match theirs {
        "googleSearch" => {
            let search = asked.search(call)?;
            search_settings(call, &search, platform)?
        }
        "codeExecution" => {
            asked.others(call, &["container"])?;
            asked.container(call)?;
            "{}".to_owned()
        }
        "fileSearch" if platform == Platform::GeminiApi => stores(call, &asked)?,
        "mcpServers" if platform == Platform::GeminiApi => mcp(call, &asked, tool)?,
        "fileSearch" | "mcpServers" => return Err(tool.refused(call)),
        // Models that draw do so without being given a tool.
        "" if draws(call.model) => {
            asked.others(call, &["model"])?;
            return Ok(String::new());
        }
        "" => {
            let param = format!("{path}.type");
            return Err(call.unknown_form(
                &param,
                "the tool 'image_generation' with this model",
                "Choose a model that draws, such as gemini-3-pro-image",
            ));
        }
        _ => "{}".to_owned(),
    };
    Ok(format!("{{{}:{settings}}}", quoted(theirs)))
}

/// The settings of a search.
///
/// # Errors
/// 400 for a setting that is not carried, when such requests are refused.
pub(super) fn search_settings(
    call: &mut Call<'_>,
    search: &WebSearch<'_>,
    platform: Platform,
) -> Result<String, Error> {
    let path = search.path.as_str();
    if !search.allowed_domains.is_empty() {
        // Google's search can leave pages out, and never looks at some alone.
        call.drop_param(&format!("{path}.{}", search.allowed_name))?;
    }
    let mut out = Writer::default();
    out.begin_object();
    if !search.blocked_domains.is_empty() {
        // "This field is not supported in Gemini API."
        if platform == Platform::Vertex {
            out.name("excludeDomains");
            out.begin_array();
            for domain in &search.blocked_domains {
                out.text(*domain);
            }
            out.end_array();
        } else {
            call.drop_param(&format!("{path}.filters.blocked_domains"))?;
        }
    }
    out.end_object();
    // `medium` is what saying nothing says.
    if search.context_size.as_deref().is_some_and(|size| size != "medium") {
        call.drop_param(&format!("{path}.search_context_size"))?;
    }
    // It takes a latitude and a longitude alone.
    if search.location.is_some() {
        call.drop_param(&format!("{path}.user_location"))?;
    }
    Ok(out.finish())
}

/// The stores of a search of files.
fn stores(call: &mut Call<'_>, asked: &Asked<'_>) -> Result<String, Error> {
    const LIST: &str = "vector_store_ids";
    let stores: Vec<_> = asked.object.get(LIST).into_iter().flat_map(items).collect();
    let is_theirs = |store: &&str| string(store).is_some_and(|store| store.starts_with(STORE));
    if stores.is_empty() || !stores.iter().all(is_theirs) {
        return Err(call.unknown_form(
            &format!("{}.{LIST}", asked.path),
            "stores of files that are not its own for the tool 'file_search'",
            "Name Google's, 'fileSearchStores/...'",
        ));
    }
    asked.others(call, &[LIST, "max_num_results"])?;
    let mut out = Writer::default();
    out.object(|out| {
        out.name("fileSearchStoreNames");
        out.begin_array();
        for store in stores {
            out.raw(store);
        }
        out.end_array();
        if let Some(most) = asked.object.get("max_num_results").filter(|most| kind(most) == Kind::Number) {
            out.raw_member("topK", most);
        }
    });
    Ok(out.finish())
}

/// An MCP server. All of its tools are used, and nobody is asked before: what says otherwise is refused.
fn mcp(call: &mut Call<'_>, asked: &Asked<'_>, tool: &Tool<'_>) -> Result<String, Error> {
    let Some(url) = asked.text("server_url") else { return Err(tool.refused(call)) };
    if asked.object.string("require_approval").as_deref() != Some("never") {
        return Err(call.unknown_form(
            &format!("{}.require_approval", asked.path),
            "MCP servers whose calls wait for an approval",
            "Say 'never' in 'require_approval'",
        ));
    }
    if asked.object.get("allowed_tools").is_some_and(|tools| kind(tools) != Kind::Null) {
        return Err(call.unknown_form(
            &format!("{}.allowed_tools", asked.path),
            "some tools of an MCP server alone",
            "Leave 'allowed_tools' out",
        ));
    }
    asked.others(call, &["server_label", "server_url", "authorization", "headers", "require_approval"])?;
    let headers = asked.object.get("headers").and_then(|headers| Object::parse(headers.as_bytes()).ok());
    // Of two tokens one counts.
    let second = headers.iter().flat_map(Object::members);
    let mut second = second.filter(|header| header.name.eq_ignore_ascii_case("authorization"));
    if let (Some(header), Some(_)) = (second.next(), asked.text("authorization")) {
        call.drop_param(&format!("{}.headers.{}", asked.path, header.name))?;
    }
    let mut out = Writer::default();
    out.begin_array();
    out.object(|out| {
        if let Some(label) = asked.text("server_label") {
            out.text_member("name", label);
        }
        out.object_member("streamableHttpTransport", |out| {
            out.text_member("url", url);
            let token = asked.text("authorization").map(Text::decoded);
            if token.is_some() || headers.is_some() {
                out.object_member("headers", |out| {
                    for header in headers.iter().flat_map(Object::members) {
                        if token.is_some() && header.name.eq_ignore_ascii_case("authorization") {
                            continue;
                        }
                        let value = headers.as_ref().map_or("null", |headers| headers.value(header));
                        out.raw_member(&header.name, value);
                    }
                    if let Some(token) = &token {
                        out.text_member("Authorization", format!("Bearer {token}").as_str());
                    }
                });
            }
        });
    });
    out.end_array();
    Ok(out.finish())
}
