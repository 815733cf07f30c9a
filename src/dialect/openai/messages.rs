//! Messages of a chat, as each provider takes them.
//!
//! What an answer of the proxy holds beyond OpenAI's form comes back in the next request. It goes on where
//! the provider knows it, and elsewhere stays here: it is no wish of the client's.
//!
//! Sources: DeepSeek <https://api-docs.deepseek.com/guides/thinking_mode> (tool loops need
//! `reasoning_content`), Mistral's specification <https://docs.mistral.ai/api>, OpenRouter
//! <https://openrouter.ai/docs/guides/best-practices/reasoning-tokens>.

use super::quirks::Edited;
use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Replay;
use crate::wire::json::{Kind, kind, quoted, string};
use crate::wire::node::Node;
use crate::wire::splice::Splices;
use memchr::memmem;

/// What a row says of messages.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub replay: Option<Replay>,
    pub members: Option<&'static [&'static str]>,
    pub chunks: bool,
}

/// The names of reasoning in an answer of the proxy.
const REASONING: [&str; 2] = ["reasoning_content", "reasoning"];
/// Members that only answers of the proxy have.
const OWN: [&str; 4] = ["reasoning_signature", "redacted_reasoning", "citations", "extra_content"];
/// Members that come from an answer, the proxy's or its provider's.
const ECHOES: [&str; 11] = [
    "reasoning_content",
    "reasoning",
    "reasoning_details",
    "annotations",
    "images",
    "audio",
    "refusal",
    "executed_tools",
    "function_call",
    "parsed",
    "tool_calls",
];
/// A member of tool calls that only answers of the proxy have.
const SIGNATURE: &str = "thought_signature";

/// Notes the changes to messages.
///
/// # Errors
/// 400 when a part is none that the provider takes, or a member is not taken and such requests are refused.
pub(super) fn write(call: &mut Call<'_>, edited: &mut Edited<'_, '_>, wanted: &Wanted) -> Result<(), Error> {
    let (Some(text), Some(member)) = (edited.get("messages"), edited.object.member("messages")) else {
        return Ok(());
    };
    let is_strict = wanted.chunks || wanted.members.is_some();
    // Most chats hold nothing of an answer of the proxy: none of these names stands in them.
    let is_needed = || {
        let mut names = REASONING.iter().chain(&OWN).chain([&SIGNATURE]);
        names.any(|name| {
            edited.object.may_hold(name) && memmem::find(text.as_bytes(), name.as_bytes()).is_some()
        })
    };
    if !is_strict && (wanted.replay.is_none() || !is_needed()) {
        return Ok(());
    }
    let spans = crate::wire::json::elements(text);
    let last = spans.len().saturating_sub(1);
    for (number, range) in spans.into_iter().enumerate() {
        let at = member.span.start.saturating_add(range.start);
        let Some(mut message) = text.get(range).and_then(|message| Node::read(message, at)) else { continue };
        let role = message.string("role").unwrap_or_default().into_owned();
        if role == "function" && wanted.chunks {
            return Err(call.unknown_form(
                &format!("messages[{number}].role"),
                "messages of role 'function'",
                "Send tool calls, and their results with role 'tool'",
            ));
        }
        let mut tools = false;
        if role == "assistant" {
            tools = calls(call, &message, wanted.chunks, is_strict, number, edited.splices)?;
        }
        if wanted.chunks {
            content(call, &mut message, &role, number, edited.splices)?;
        }
        if let (Some(replay), "assistant") = (wanted.replay, role.as_str()) {
            replayed(&mut message, replay);
        }
        if wanted.chunks && role == "assistant" && number == last && !tools && !message.has("prefix") {
            message.set("prefix", "true");
        }
        if wanted.chunks && role == "tool" {
            short_id(&mut message, "tool_call_id");
        }
        if let Some(known) = wanted.members {
            let allowed =
                |name: &str| known.contains(&name) && (name != "name" || !wanted.chunks || role == "tool");
            if !allowed("refusal") && message.get("content").is_none() && role == "assistant" {
                refused(&mut message);
            }
            members(call, &mut message, allowed)?;
        }
        message.finish(edited.splices);
    }
    Ok(())
}

/// A refusal that has no place of its own is what was said.
fn refused(message: &mut Node<'_>) {
    let refusal = message.get("refusal").filter(|refusal| kind(refusal) == Kind::String);
    if let Some(refusal) = refusal.filter(|_| message.planned("content").is_none_or(|said| said == "null")) {
        message.set("content", refusal);
    }
}

/// Takes members out that are refused: those of an earlier answer in silence, others by name.
fn members(call: &mut Call<'_>, message: &mut Node<'_>, allowed: impl Fn(&str) -> bool) -> Result<(), Error> {
    let names: Vec<String> = message.names().map(str::to_owned).collect();
    for name in names.iter().map(String::as_str) {
        let is_null = message.get(name).is_none() && name != "content";
        if allowed(name) && !is_null {
            continue;
        }
        let is_echo = OWN.contains(&name) || ECHOES.contains(&name);
        if !is_echo && !is_null {
            call.drop_param(&format!("messages[].{name}"))?;
        }
        message.remove(name);
    }
    Ok(())
}

/// Sends the reasoning of an earlier answer back as the provider wants it.
fn replayed(message: &mut Node<'_>, replay: Replay) {
    let said =
        |name: &&str| message.get(name).filter(|value| kind(value) == Kind::String && *value != "\"\"");
    let text = REASONING.iter().find_map(said).map(str::to_owned);
    let signature = message.string("reasoning_signature").map(|signature| signature.into_owned());
    for name in OWN {
        message.remove(name);
    }
    let name = match replay {
        Replay::As(name) => name,
        Replay::Details => "reasoning",
        Replay::Out | Replay::Chunk => "",
    };
    for other in REASONING.iter().filter(|other| **other != name) {
        message.remove(other);
    }
    let Some(text) = text else { return };
    match replay {
        Replay::Out => {}
        Replay::As(name) => keep(message, name, &text),
        Replay::Details => {
            keep(message, name, &text);
            // A signature of several parts belongs to several blocks, whose ends the text does not show.
            let signature = signature.filter(|signature| !signature.contains(' '));
            if let Some(signature) = signature.filter(|_| message.get("reasoning_details").is_none()) {
                let signature = quoted(&signature);
                message.set(
                    "reasoning_details",
                    format!("[{{\"type\":\"reasoning.text\",\"text\":{text},\"signature\":{signature},\"index\":0}}]"),
                );
            }
        }
        Replay::Chunk => {
            let signature = signature
                .map_or_else(String::new, |signature| format!(",\"signature\":{}", quoted(&signature)));
            let thinking = format!(
                "{{\"type\":\"thinking\",\"thinking\":[{{\"type\":\"text\",\"text\":{text}}}]{signature}}}"
            );
            let content = message.planned("content").unwrap_or_default().to_owned();
            let content = match kind(&content) {
                Kind::String if content != "\"\"" => {
                    format!("[{thinking},{{\"type\":\"text\",\"text\":{content}}}]")
                }
                // Its parts are changed where they stand, so the chunk goes in front of them.
                Kind::Array => return message.put_first("content", &thinking),
                _ => format!("[{thinking}]"),
            };
            message.set("content", content);
        }
    }
}

fn keep(message: &mut Node<'_>, name: &str, text: &str) {
    if message.get(name) != Some(text) {
        message.set(name, text);
    }
}

/// Takes what only the proxy knows out of tool calls. Says whether there are any.
fn calls(
    call: &Call<'_>,
    message: &Node<'_>,
    chunks: bool,
    is_strict: bool,
    number: usize,
    splices: &mut Splices,
) -> Result<bool, Error> {
    let items = message.items("tool_calls");
    for (item, at) in &items {
        let Some(mut tool) = Node::read(item, *at) else { continue };
        tool.remove(SIGNATURE);
        tool.remove("extra_content");
        if chunks && tool.string("type").as_deref() == Some("custom") {
            return Err(call.unknown_form(
                &format!("messages[{number}].tool_calls"),
                "calls of custom tools",
                "Send calls of functions",
            ));
        }
        if is_strict {
            let known: &[&str] =
                if chunks { &["id", "type", "function", "index"] } else { &["id", "type", "function"] };
            let names: Vec<String> = tool.names().map(str::to_owned).collect();
            for name in names {
                if !known.contains(&name.as_str()) || tool.get(&name).is_none() {
                    tool.remove(&name);
                }
            }
        }
        if chunks {
            short_id(&mut tool, "id");
        }
        tool.finish(splices);
    }
    Ok(!items.is_empty())
}

/// "Tool call id was … but must be a-z, A-Z, 0-9, with a length of 9": other ids, of another provider's
/// answers, are hashed, and their results alike.
fn short_id(node: &mut Node<'_>, name: &str) {
    const DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(id) = node.string(name) else { return };
    if id.len() == 9 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return;
    }
    let mut hash = super::extensions::hash(id.as_bytes());
    let mut short = String::new();
    for _ in 0..9 {
        let digit = usize::try_from(hash % 62).ok().and_then(|at| DIGITS.get(at));
        short.push(digit.copied().map_or('0', char::from));
        hash /= 62;
    }
    node.set_text(name, &short);
}

/// Makes contents Mistral's chunks.
fn content(
    call: &mut Call<'_>,
    message: &mut Node<'_>,
    role: &str,
    number: usize,
    splices: &mut Splices,
) -> Result<(), Error> {
    for (part_number, (item, at)) in message.items("content").into_iter().enumerate() {
        let Some(mut part) = Node::read(item, at) else { continue };
        let place = format!("messages[{number}].content[{part_number}]");
        let kind = part.string("type").unwrap_or_default().into_owned();
        if role == "system" && !matches!(kind.as_str(), "text" | "thinking") {
            return Err(call.unknown_form(&place, "system messages that are not text", "Send text"));
        }
        match kind.as_str() {
            "text" => part_members(call, &mut part, &["type", "text"])?,
            "refusal" => {
                let text = part.get("refusal").unwrap_or("\"\"").to_owned();
                part.set_text("type", "text");
                part.set("text", text);
                part.remove("refusal");
            }
            "image_url" => {
                part_members(call, &mut part, &["type", "image_url"])?;
                if let Some(mut image) = part.child("image_url") {
                    part_members(call, &mut image, &["url", "detail"])?;
                    let detail = image.string("detail");
                    if detail.is_some_and(|detail| !matches!(&*detail, "low" | "auto" | "high")) {
                        call.drop_param("messages[].content[].image_url.detail")?;
                        image.remove("detail");
                    }
                    image.finish(splices);
                }
            }
            // OpenAI's form holds the data and its format; the format shows in the data.
            "input_audio" => {
                part_members(call, &mut part, &["type", "input_audio"])?;
                if let Some(audio) = part.child("input_audio") {
                    let data = audio.get("data").unwrap_or("\"\"").to_owned();
                    part.set("input_audio", data);
                }
            }
            "file" if part.has("file") => {
                let file = part.child("file").unwrap_or_else(Node::empty);
                if let Some(data) = file.get("file_data") {
                    if !string(data).is_some_and(|data| data.starts_with("data:") || data.starts_with("http"))
                    {
                        return Err(Error::invalid(format!(
                            "Invalid value for '{place}.file.file_data': expected a data URL \
                             (data:application/pdf;base64,…)."
                        ))
                        .param(format!("{place}.file.file_data"))
                        .code("invalid_value"));
                    }
                    part.set_text("type", "document_url");
                    part.set("document_url", data);
                    if let Some(name) = file.get("filename") {
                        part.set("document_name", name);
                    }
                } else if let Some(id) = file.get("file_id") {
                    part.set("file_id", id);
                } else {
                    return Err(call.unknown_form(&place, "files without data or id", "Send `file_data`"));
                }
                part.remove("file");
                part_members(call, &mut part, &["type", "file_id", "document_url", "document_name"])?;
            }
            "file" | "document_url" | "reference" | "thinking" => {}
            _ => {
                return Err(call.unknown_form(
                    &place,
                    &format!("parts of type '{}'", crate::error::shown(&kind)),
                    "Send text, images, audio or files",
                ));
            }
        }
        part.finish(splices);
    }
    Ok(())
}

/// Takes out what a part may not have, by name.
fn part_members(call: &mut Call<'_>, part: &mut Node<'_>, known: &[&str]) -> Result<(), Error> {
    let names: Vec<String> = part.names().map(str::to_owned).collect();
    for name in names.iter().map(String::as_str).filter(|name| !known.contains(name)) {
        // The members of a file are those that were put in their place.
        if !matches!(name, "file" | "annotations") && part.get(name).is_some() {
            call.drop_param(name)?;
        }
        part.remove(name);
    }
    Ok(())
}
