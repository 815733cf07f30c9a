//! The tools that Nova runs itself, as clients ask for them: by Nova's names, or by OpenAI's.
//!
//! A `systemTool` has a name and no settings, and `toolChoice` knows functions alone. So what a client says beyond the
//! tool itself is named.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_SystemTool.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html>, and for OpenAI's tools
//! <https://platform.openai.com/docs/api-reference/responses/create>.

use crate::chat::{WebSearch, is_web_search};
use crate::dialect::Call;
use crate::dialect::bedrock::services::{CODE, GROUNDING};
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind, string};

/// Nova's name of a tool that it has.
pub(super) fn name_of(kind: &str) -> Option<&'static str> {
    match kind {
        GROUNDING => Some(GROUNDING),
        kind if is_web_search(kind) => Some(GROUNDING),
        "code_interpreter" | CODE => Some(CODE),
        _ => None,
    }
}

/// Names the settings of a tool that stands at this path.
///
/// # Errors
/// 400 when there is one and such requests are refused.
pub(super) fn settings(call: &mut Call<'_>, own: &str, path: &str, text: &str) -> Result<(), Error> {
    let Ok(tool) = Object::parse(text.as_bytes()) else { return Ok(()) };
    if own == GROUNDING {
        search(call, &WebSearch::read(path, &tool))?;
        return others(call, path, &tool, &["filters", "domains", "search_context_size", "user_location"]);
    }
    others(call, path, &tool, &["container"])?;
    let Some(container) = tool.get("container") else { return Ok(()) };
    let path = format!("{path}.container");
    match Object::parse(container.as_bytes()) {
        Ok(container) => others(call, &path, &container, &[]),
        Err(_) if kind(container) == Kind::Null => Ok(()),
        // One that is there already, by its id.
        Err(_) => call.drop_param(&path),
    }
}

/// Names what is asked of a search.
///
/// # Errors
/// 400 when something is and such requests are refused.
pub(super) fn search(call: &mut Call<'_>, search: &WebSearch<'_>) -> Result<(), Error> {
    for (name, given) in [
        (search.allowed_name, !search.allowed_domains.is_empty()),
        ("filters.blocked_domains", !search.blocked_domains.is_empty()),
        // `medium` is what saying nothing says.
        ("search_context_size", search.context_size.as_deref().is_some_and(|size| size != "medium")),
        ("user_location", search.location.is_some()),
    ] {
        if given {
            call.drop_param(&format!("{}.{name}", search.path))?;
        }
    }
    Ok(())
}

/// Names the members that ask for something, but for these.
fn others(call: &mut Call<'_>, path: &str, object: &Object<'_>, read: &[&str]) -> Result<(), Error> {
    for member in object.members() {
        let (name, value) = (member.name.as_ref(), object.value(member));
        if name != "type" && !read.contains(&name) && !asks_nothing(name, value) {
            call.drop_param(&format!("{path}.{name}"))?;
        }
    }
    Ok(())
}

/// Whether a setting says what saying nothing says.
fn asks_nothing(name: &str, value: &str) -> bool {
    match (name, kind(value)) {
        ("external_web_access", _) => value == "true",
        ("search_content_types", _) => items(value).all(|item| item == "\"text\""),
        (_, Kind::Null) => true,
        (_, Kind::Array) => items(value).next().is_none(),
        (_, Kind::String) => string(value).as_deref() == Some("auto"),
        // It has no network to begin with.
        ("network_policy", _) => Object::parse(value.as_bytes())
            .is_ok_and(|policy| policy.string("type").as_deref() == Some("disabled")),
        _ => false,
    }
}
