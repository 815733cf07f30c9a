//! The messages of a chat, as Cohere has them.

use crate::chat::{Content, Message, Part, Role, Source};
use crate::error::{Error, shown};
use crate::wire::write::{Text, Writer};
use std::collections::BTreeSet;

/// What a user says who says nothing.
const SILENCE: &str = "(no text)";

/// The messages that say something, in Cohere's order: each call has one result right behind the message
/// that calls, and each result a call ("tool call id not found in previous tool calls", "cannot have
/// duplicate tool ids"). OpenAI wants that, too. What the system says in between comes behind the results.
///
/// # Errors
/// 400 that says what is missing.
pub(super) fn ordered<'m, 'a>(messages: &'m [Message<'a>]) -> Result<Vec<&'m Message<'a>>, Error> {
    let refused = |why: String| {
        Err(Error::invalid(format!("Invalid 'messages': {why}")).param("messages").code("invalid_value"))
    };
    let without_result = |id: &str| {
        let id = shown(id);
        refused(format!(
            "the tool call '{id}' has no result. Send one for each call, right behind the calls."
        ))
    };
    let mut ordered = Vec::with_capacity(messages.len());
    let mut open: BTreeSet<&str> = BTreeSet::new();
    let mut later = Vec::new();
    for message in messages.iter().filter(|message| !is_empty(message)) {
        let (at, id) = (message.at, message.tool_call_id.as_ref());
        match (message.role, open.first()) {
            (Role::Tool, _) => {
                if !open.remove(id) {
                    let id = shown(id);
                    return refused(format!(
                        "messages[{at}] is the result of a tool call '{id}' that waits for none. Send the calls in the \
                         message before their results, and one result for each."
                    ));
                }
                ordered.push(message);
                if open.is_empty() {
                    ordered.append(&mut later);
                }
                continue;
            }
            (Role::System | Role::Developer, Some(_)) => {
                later.push(message);
                continue;
            }
            (_, Some(id)) => return without_result(id),
            (_, None) => ordered.push(message),
        }
        for call in &message.tool_calls {
            if !open.insert(&call.id) {
                let id = shown(&call.id);
                return refused(format!(
                    "messages[{at}] has two tool calls with the id '{id}'. Give each its own."
                ));
            }
        }
    }
    if let Some(id) = open.first() {
        return without_result(id);
    }
    if ordered.is_empty() {
        return refused("Cohere takes no messages without text. Say something.".to_owned());
    }
    Ok(ordered)
}

/// Whether a message says nothing: Cohere refuses such turns ("message must not be empty in a turn"), and
/// nothing is lost without them. A user's is a turn all the same, and says [`SILENCE`].
fn is_empty(message: &Message<'_>) -> bool {
    !matches!(message.role, Role::Tool | Role::User)
        && message.tool_calls.is_empty()
        && message.reasoning.is_none()
        && message.parts.iter().all(is_empty_text)
}

fn is_empty_text(part: &Part<'_>) -> bool {
    text_of(part).is_some_and(Text::is_empty)
}

/// Writes the array.
///
/// # Errors
/// 400 that names what Cohere has no part for.
pub(super) fn write(messages: &[&Message<'_>], out: &mut Writer) -> Result<(), Error> {
    out.begin_array();
    for message in messages {
        out.begin_object();
        write_message(message, out)?;
        out.end_object();
    }
    out.end_array();
    Ok(())
}

fn write_message(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    match message.role {
        Role::System | Role::Developer => {
            out.text_member("role", "system");
            out.name("content");
            write_texts(&message.parts, "system messages", out)
        }
        Role::User => {
            out.text_member("role", "user");
            out.name("content");
            write_content(message, out)
        }
        Role::Assistant => {
            out.text_member("role", "assistant");
            write_assistant(message, out)
        }
        Role::Tool => {
            out.text_member("role", "tool");
            out.text_member("tool_call_id", message.tool_call_id.as_ref());
            out.name("content");
            write_texts(&message.parts, "results of tools", out)
        }
    }
}

/// The text of a part, if it is one.
fn text_of<'a>(part: &Part<'a>) -> Option<Text<'a>> {
    match part.content {
        Content::Text(text) | Content::Refusal(text) => Some(text),
        _ => None,
    }
}

/// Content that is texts alone: a string, or several blocks.
fn write_texts(parts: &[Part<'_>], whose: &str, out: &mut Writer) -> Result<(), Error> {
    if let Some(part) = parts.iter().find(|part| text_of(part).is_none()) {
        return Err(part.refused(&format!("Cohere's {whose} hold texts alone.")));
    }
    match parts {
        parts if parts.iter().all(is_empty_text) => out.text(""),
        [part] => out.text(text_of(part).unwrap_or(Text::Plain(""))),
        parts => {
            out.begin_array();
            write_blocks(parts, out);
            out.end_array();
        }
    }
    Ok(())
}

/// A block for each text that says something.
fn write_blocks(parts: &[Part<'_>], out: &mut Writer) {
    let texts = parts.iter().filter_map(text_of).filter(|text| !text.is_empty());
    texts.for_each(|text| write_block("text", text, out));
}

/// A block of content of this kind, which is the name of its text, too.
fn write_block(kind: &str, text: Text<'_>, out: &mut Writer) {
    out.object(|out| {
        out.text_member("type", kind);
        out.text_member(kind, text);
    });
}

fn write_content(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    if message.parts.iter().all(is_empty_text) {
        out.text(SILENCE);
        return Ok(());
    }
    if message.parts.len() < 2 && message.parts.iter().all(|part| text_of(part).is_some()) {
        return write_texts(&message.parts, "", out);
    }
    out.begin_array();
    for part in message.parts.iter().filter(|part| !is_empty_text(part)) {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => write_block("text", *text, out),
            Content::Image { source, detail } => write_image(part, source, detail.as_deref(), out)?,
            Content::File { source, filename } => {
                let text = source.text().ok_or_else(|| {
                    part.refused("Cohere takes no files but those of text in base64. Send the text itself.")
                })?;
                let name = filename.as_deref().map_or_else(String::new, |name| format!("{name}:\n"));
                write_block("text", Text::Plain(&format!("{name}{text}")), out);
            }
            Content::Audio { .. } => return Err(part.refused("Cohere's chat takes no audio.")),
            Content::Video(_) => return Err(part.refused("Cohere's chat takes no video.")),
        }
    }
    out.end_array();
    Ok(())
}

fn write_image(
    part: &Part<'_>,
    source: &Source<'_>,
    detail: Option<&str>,
    out: &mut Writer,
) -> Result<(), Error> {
    let url: Vec<&str> = match source {
        Source::Data { media_type, base64 } => vec!["data:", media_type, ";base64,", base64],
        Source::Url(url) => vec![url],
        Source::Id(_) => return Err(part.refused("Cohere keeps no files. Send a URL or a data URL.")),
    };
    out.object(|out| {
        out.text_member("type", "image_url");
        out.object_member("image_url", |out| {
            out.name("url");
            out.texts(url.into_iter().map(Text::Plain));
            if let Some(detail) = detail {
                out.text_member("detail", detail);
            }
        });
    });
    Ok(())
}

fn write_assistant(message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
    if let Some(part) = message.parts.iter().find(|part| text_of(part).is_none()) {
        return Err(part.refused("Cohere's assistant messages hold texts alone."));
    }
    let calls = !message.tool_calls.is_empty();
    // Cohere's prompt has one place for what was thought before calls, and its templates fill it with the
    // plan (`<|START_THINKING|>{{message.tool_plan}}<|END_THINKING|>`): so it serves models that think, too.
    let plan = message.reasoning.filter(|_| calls);
    let thinking = message.reasoning.filter(|_| !calls);
    if let Some(thinking) = thinking {
        out.name("content");
        out.begin_array();
        write_block("thinking", thinking, out);
        write_blocks(&message.parts, out);
        out.end_array();
    } else if !message.parts.iter().all(is_empty_text) {
        out.name("content");
        write_texts(&message.parts, "", out)?;
    }
    if let Some(plan) = plan {
        out.text_member("tool_plan", plan);
    }
    if calls {
        out.name("tool_calls");
        out.begin_array();
        for call in &message.tool_calls {
            let arguments = call.object();
            out.object(|out| {
                out.text_member("id", call.id.as_ref());
                out.text_member("type", "function");
                out.object_member("function", |out| {
                    out.text_member("name", call.name.as_ref());
                    out.text_member("arguments", arguments.as_ref());
                });
            });
        }
        out.end_array();
    }
    Ok(())
}
