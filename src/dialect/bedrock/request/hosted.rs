//! The tools that Nova runs itself, as clients ask for them: by Nova's names, or by OpenAI's.
//!
//! A `systemTool` has a name and no settings, and `toolChoice` knows functions alone. So what a client says beyond the
//! tool itself is named.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_SystemTool.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolChoice.html>, and for OpenAI's tools
//! <https://platform.openai.com/docs/api-reference/responses/create>.

use crate::chat::{Asked, WebSearch, is_web_search};
use crate::dialect::Call;
use crate::dialect::bedrock::services::{CODE, GROUNDING};
use crate::error::Error;
use crate::wire::json::Object;

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
    let Ok(object) = Object::parse(text.as_bytes()) else { return Ok(()) };
    let asked = Asked { path: path.to_owned(), object };
    if own == GROUNDING {
        let told = asked.search(call)?;
        return search(call, &told);
    }
    asked.others(call, &["container"])?;
    asked.container(call)
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
