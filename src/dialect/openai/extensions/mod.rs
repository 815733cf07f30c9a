//! Chat answers of providers that extend OpenAI's language, brought to the form that clients rely on.
//!
//! Changes are splices: fields that nobody here knows, their order and the form of numbers survive, and
//! what a provider calls its own stays where it is. An answer that needs nothing is left alone to the
//! last byte. What is mended, whole and streamed:
//!
//! | the provider sends | the client gets |
//! |---|---|
//! | reasoning as `reasoning`, `reasoning_content`, `thinking` or in `reasoning_details` | both `reasoning` and `reasoning_content` |
//! | signatures and encrypted blocks in `reasoning_details` or thinking blocks | also `reasoning_signature` and `redacted_reasoning` |
//! | `content` as a list of blocks | a string; thinking as reasoning, references as `citations`, the rest as `extra_content` |
//! | `content` as any other JSON | that JSON as a string |
//! | `citations`, `search_results`, `executed_tools` with URLs | also `annotations`, once |
//! | a `finish_reason` that OpenAI does not have | the nearest of OpenAI's, with its own as `native_finish_reason` |
//! | tool calls, but `stop` | `tool_calls` |
//! | tool calls without id, type or index, or with arguments that are no text | completed |
//! | usage details under names of its own | also under OpenAI's; sums that leave reasoning or audio out are completed |
//! | no `id`, `object`, `created`, `model`, `choices`, `refusal`, `logprobs` | these |
//! | in a stream: role, id, type or name again and again, or a second `finish_reason` | each once |
//! | usage with a choice that has ended, or where clients do not look for it | where it was asked for: in a chunk of its own |
//!
//! Sources: Mistral <https://docs.mistral.ai/api/endpoint/chat>, Perplexity
//! <https://docs.perplexity.ai/api-reference/chat-completions-post>, DeepSeek
//! <https://api-docs.deepseek.com/api/create-chat-completion>, Groq
//! <https://console.groq.com/docs/api-reference#chat-create>, OpenRouter
//! <https://openrouter.ai/docs/guides/best-practices/reasoning-tokens>, xAI
//! <https://docs.x.ai/developers/rest-api-reference/inference/chat>.

mod message;
mod stream;
mod usage;

pub(super) use message::{MOST_CALLS, SOURCES, pages};
pub use stream::{Mender, Told};

use crate::chat::Ids;
use crate::surface::Wanted;
use crate::wire::json::{Kind, kind, quoted};
use crate::wire::node::Node;
use crate::wire::splice::Splices;
use message::{Gathered, Thought};

/// The most choices of an answer that are looked at: OpenAI's limit of `n`.
const MOST_CHOICES: usize = 128;

/// A whole chat answer in the client's form; `None`: it has it already, or is none that is known.
/// What the provider leaves out is made up as `wanted` says.
#[must_use]
pub fn whole(body: &[u8], wanted: &Wanted) -> Option<Vec<u8>> {
    let text = core::str::from_utf8(body).ok()?;
    let mut top = Node::read(text, 0)?;
    if !top.has("choices") {
        return None;
    }
    let mut splices = Splices::default();
    let own = Head::of(&top, wanted);
    head(&mut top, "chat.completion", &own);
    usage::complete(&top, &mut splices);
    let sources = message::sources(&top);
    for (number, (item, at)) in top.items("choices").into_iter().take(MOST_CHOICES).enumerate() {
        let Some(mut choice) = Node::read(item, at) else { continue };
        if choice.get("index").is_none() {
            choice.set("index", number.to_string());
        }
        let calls = match choice.child("message") {
            Some(mut node) => {
                let mut gathered = Gathered::of(sources.clone());
                if node.get("role").is_none() {
                    node.set_text("role", "assistant");
                }
                let parts = message::content(&mut node, &mut gathered);
                if !node.has("content") {
                    node.set("content", "null");
                }
                if !node.has("refusal") {
                    node.set("refusal", "null");
                }
                message::reason(&mut node, parts, &mut Thought::default());
                let calls = message::calls(&mut node, &wanted.ids, number, &mut splices);
                message::without_nulls(&mut node, &["tool_calls", "function_call", "annotations"]);
                gathered.take(&node);
                gathered.put(&mut node);
                node.finish(&mut splices);
                calls
            }
            None => false,
        };
        logprobs(&mut choice, &mut splices);
        if !choice.has("logprobs") {
            choice.set("logprobs", "null");
        }
        let said = choice.string("finish_reason").unwrap_or_default().into_owned();
        finish(&mut choice, if said.is_empty() { "stop" } else { &said }, calls);
        choice.finish(&mut splices);
    }
    top.finish(&mut splices);
    (!splices.is_empty()).then(|| splices.apply(body.to_vec()))
}

/// What every answer and every chunk says of itself, as JSON.
#[derive(Debug)]
struct Head {
    id: String,
    created: String,
    model: String,
}

impl Head {
    /// As this answer has it, else made up.
    fn of(top: &Node<'_>, wanted: &Wanted) -> Self {
        let id = top.get("id").filter(|id| kind(id) == Kind::String && *id != "\"\"");
        let created = top.get("created").and_then(whole_number);
        let model_said = top.get("model").filter(|model| kind(model) == Kind::String);
        Self {
            id: id.map_or_else(|| quoted(&wanted.ids.make("chatcmpl-", 0)), str::to_owned),
            created: created.unwrap_or_else(|| wanted.ids.created.to_string()),
            model: model_said.map_or_else(|| quoted(&wanted.model), str::to_owned),
        }
    }
}

/// A count or a time as an integer; some write seconds with a fraction.
fn whole_number(value: &str) -> Option<String> {
    if value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.to_owned());
    }
    let number = value.trim_matches('"').parse::<f64>().ok()?;
    (number.is_finite() && (0.0..1e15).contains(&number)).then(|| format!("{number:.0}"))
}

/// Completes what stands beside the choices.
fn head(top: &mut Node<'_>, object: &str, head: &Head) {
    for (name, value) in [("id", &head.id), ("created", &head.created), ("model", &head.model)] {
        if top.get(name) != Some(value) {
            top.set(name, value.as_str());
        }
    }
    if top.string("object").as_deref() != Some(object) {
        top.set_text("object", object);
    }
    if !top.get("choices").is_some_and(|choices| kind(choices) == Kind::Array) {
        top.set("choices", "[]");
    }
    // Groq's names of the tiers that OpenAI calls otherwise.
    match top.string("service_tier").as_deref() {
        Some("on_demand" | "standard") => top.set_text("service_tier", "default"),
        Some("performance") => top.set_text("service_tier", "priority"),
        _ => {}
    }
}

/// Log probabilities hold both lists of OpenAI's, null where there are none.
fn logprobs(choice: &mut Node<'_>, splices: &mut Splices) {
    let Some(mut node) = choice.child("logprobs") else { return };
    for name in ["content", "refusal"] {
        if !node.has(name) {
            node.set(name, "null");
        }
    }
    node.finish(splices);
}

/// Says why a choice ended: what the provider said, in OpenAI's words.
fn finish(choice: &mut Node<'_>, said: &str, calls: bool) {
    let mapped = openais(said);
    let mapped = if calls && mapped == "stop" { "tool_calls" } else { mapped };
    if choice.string("finish_reason").as_deref() == Some(mapped) {
        return;
    }
    choice.set_text("finish_reason", mapped);
    if openais(said) != said && !choice.has("native_finish_reason") {
        choice.set_text("native_finish_reason", said);
    }
}

/// OpenAI's value for a provider's `finish_reason`.
fn openais(reason: &str) -> &str {
    match reason {
        "stop" | "length" | "tool_calls" | "content_filter" | "function_call" => reason,
        // Mistral, Cohere, Z.AI, Gemini and Anthropic behind routers.
        "model_length" | "max_tokens" | "MAX_TOKENS" | "max_length" | "model_context_window_exceeded" => {
            "length"
        }
        // The answer is cut short by a fault (DeepSeek, Mistral, OpenRouter, Z.AI, vLLM, SGLang): of OpenAI's
        // values only this one says that it is not whole.
        "insufficient_system_resource" | "error" | "ERROR" | "network_error" | "abort" | "cancelled" => {
            "length"
        }
        "tool_use" | "tool_call" | "TOOL_CALL" | "function_calls" => "tool_calls",
        "sensitive"
        | "safety"
        | "SAFETY"
        | "RECITATION"
        | "PROHIBITED_CONTENT"
        | "content-filter"
        | "content_filtered"
        | "guardrail_intervened"
        | "refusal" => "content_filter",
        // Together's `eos`, Hugging Face's `eos_token` and `stop_sequence`, Cohere's `COMPLETE`, …
        _ => "stop",
    }
}

/// FNV-1a: tells ids apart without keeping them.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// The id of a tool call that has none, by the places of its choice and of itself.
fn call_id(ids: &Ids, choice: usize, position: usize) -> String {
    let number = choice.saturating_mul(message::MOST_CALLS).saturating_add(position).saturating_add(1);
    ids.make("call_", number as u64)
}

#[cfg(test)]
mod tests;
