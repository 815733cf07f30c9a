//! Usage in OpenAI's terms.

use crate::wire::json::Object;
use crate::wire::node::Node;
use crate::wire::splice::Splices;

/// Other names of cached input. DeepSeek counts hits and misses of its cache, Mistral had
/// `num_cached_tokens`, Together and Moonshot have `cached_tokens` beside the sums.
const CACHED: [&str; 4] =
    ["cached_tokens", "prompt_cache_hit_tokens", "num_cached_tokens", "cache_read_input_tokens"];
/// Perplexity's deep research counts it beside the sums.
const REASONING: [&str; 1] = ["reasoning_tokens"];

/// Completes the usage of an answer or a chunk, if it has one.
pub(super) fn complete(top: &Node<'_>, splices: &mut Splices) {
    let Some(mut usage) = top.child("usage") else { return };
    let count = |node: &Node<'_>, name: &str| node.get(name).and_then(|value| value.parse::<u64>().ok());
    let detail = |usage: &Node<'_>, outer: &str, name: &str| {
        let inner = usage.get(outer).and_then(|inner| Object::parse(inner.as_bytes()).ok())?;
        inner.get(name)?.parse::<u64>().ok()
    };
    for (outer, inner, names) in [
        ("prompt_tokens_details", "cached_tokens", CACHED.as_slice()),
        ("completion_tokens_details", "reasoning_tokens", REASONING.as_slice()),
    ] {
        let Some(found) = names.iter().find_map(|name| count(&usage, name)) else { continue };
        match usage.child(outer) {
            Some(mut details) if details.get(inner).is_none() => {
                details.set(inner, found.to_string());
                details.finish(splices);
            }
            Some(_) => {}
            None => usage.set(outer, format!("{{\"{inner}\":{found}}}")),
        }
    }
    let (Some(prompt), Some(completion)) =
        (count(&usage, "prompt_tokens"), count(&usage, "completion_tokens"))
    else {
        return;
    };
    let sum = prompt.saturating_add(completion);
    match count(&usage, "total_tokens") {
        None => usage.set("total_tokens", sum.to_string()),
        Some(total) => {
            // xAI's `completion_tokens` leave out reasoning, which its total counts; Mistral's `prompt_tokens`
            // leave out audio in the same way. OpenAI's hold both.
            let gap = total.saturating_sub(sum);
            let reasoning = detail(&usage, "completion_tokens_details", "reasoning_tokens");
            let audio = detail(&usage, "prompt_tokens_details", "audio_tokens");
            if gap > 0 && reasoning == Some(gap) {
                usage.set("completion_tokens", completion.saturating_add(gap).to_string());
            } else if gap > 0 && audio == Some(gap) {
                usage.set("prompt_tokens", prompt.saturating_add(gap).to_string());
            }
        }
    }
    usage.finish(splices);
}
