//! The messages of a chat as turns.
//!
//! Sources: <https://platform.claude.com/docs/en/api/messages/create>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls>,
//! <https://platform.claude.com/docs/en/build-with-claude/pdf-support>.
//!
//! * User and assistant take turns, so messages of one side that follow each other are one turn. The
//!   results of tools come first in theirs. A chat that an assistant opens gets a turn before it.
//! * System messages before the first turn are the system prompt. Of the later ones, a model that
//!   takes the role `system` gets them where it may stand: behind the user's turn in which or before
//!   which they come. For all others they follow in the system prompt: their words keep their rank,
//!   and lose their place. Those that come last, behind the assistant's turn, are what it is to answer:
//!   a turn of the user's.
//! * Texts of white space alone are refused, so they are left out.
//! * Thinking goes back with its signature; without one it is another vendor's, and is named.

use super::Place;
use super::cache::Marks;
use super::ids::{Ids, fit};
use crate::chat::{ChatRequest, Content, Message, Part, Role, Source};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// What stands where a user said nothing: a turn must not be empty.
const SILENCE: &str = "(no text)";
/// What stands before an assistant that speaks first.
const OPENING: &str = "(The assistant speaks first.)";

/// A chat as the API wants it.
#[derive(Debug)]
pub struct Turns<'r, 'a> {
    system: Vec<&'r Message<'a>>,
    turns: Vec<Turn<'r, 'a>>,
}

#[derive(Debug)]
struct Turn<'r, 'a> {
    assistant: bool,
    messages: Vec<&'r Message<'a>>,
    /// System messages that stand behind it.
    system: Vec<&'r Message<'a>>,
}

impl<'r, 'a> Turns<'r, 'a> {
    /// Sorts the messages of a chat. `system_turns`: the role `system` is taken among them.
    #[must_use]
    pub fn of(request: &'r ChatRequest<'a>, system_turns: bool) -> Self {
        let mut chat = Self { system: Vec::new(), turns: Vec::new() };
        // What comes behind an assistant's turn, until it is known what follows.
        let mut waiting: Vec<&Message<'a>> = Vec::new();
        for message in &request.messages {
            let assistant = message.role == Role::Assistant;
            if let Role::System | Role::Developer = message.role {
                match chat.turns.last_mut() {
                    Some(turn) if turn.assistant => waiting.push(message),
                    Some(turn) if system_turns => turn.system.push(message),
                    _ => chat.system.push(message),
                }
                continue;
            }
            if assistant && says_nothing(message) {
                continue;
            }
            if assistant || !system_turns {
                // Between two messages of the assistant there is no turn to stand behind.
                chat.system.append(&mut waiting);
            }
            match chat.turns.last_mut() {
                Some(turn) if turn.assistant == assistant => turn.messages.push(message),
                _ => {
                    let system = core::mem::take(&mut waiting);
                    chat.turns.push(Turn { assistant, messages: vec![message], system });
                }
            }
        }
        let none = chat.turns.is_empty();
        if none {
            // A chat of instructions alone, or of nothing.
            waiting = core::mem::take(&mut chat.system);
        }
        if none || !waiting.is_empty() {
            chat.turns.push(Turn { assistant: false, messages: waiting, system: Vec::new() });
        }
        chat
    }

    /// Whether the last turn gives results of tools that were called without a signed thought before.
    /// A thinking budget is refused there: "Expected `thinking` …, but found `tool_use`".
    #[must_use]
    pub fn resumes_without_thinking(&self) -> bool {
        let [.., before, last] = self.turns.as_slice() else { return false };
        let results = last.messages.iter().any(|message| message.role == Role::Tool);
        let signed = |message: &&Message<'_>| message.signature.is_some() || message.redacted.is_some();
        results && !before.messages.first().is_some_and(signed)
    }

    /// Whether the assistant is to go on with what it began: a prefill.
    #[must_use]
    pub fn has_prefill(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.assistant)
    }

    /// Whether a system prompt is written.
    #[must_use]
    pub fn has_system(&self) -> bool {
        self.system.iter().flat_map(|message| &message.parts).any(|part| !is_blank_part(part))
    }
}

/// Writes turns.
#[derive(Debug)]
pub struct Scribe<'c, 'u, 'r> {
    /// The request they belong to.
    pub call: &'c mut Call<'u>,
    /// Where it goes.
    pub place: Place,
    /// Whether thoughts are bound to all that was said before them, so that they only stand where
    /// nothing was left out.
    pub bound: bool,
    /// A file of the provider's was named.
    pub files: bool,
    /// Files for the container that runs code, until they are written: into the first turn of the user, which stays
    /// where it is in the turns that follow.
    pub uploads: Vec<Text<'r>>,
    /// The marks for caching.
    pub marks: Marks,
    /// The ids of calls that were sent, and of those that still wait for a result, beside the client's.
    pub ids: Ids<'r>,
}

impl<'r> Scribe<'_, '_, 'r> {
    /// The blocks of the system prompt, into an array that is open.
    ///
    /// # Errors
    /// 400 for a part that is no text.
    pub fn system(&mut self, chat: &Turns<'_, '_>, out: &mut Writer) -> Result<(), Error> {
        self.instructions(&chat.system, out)
    }

    fn instructions(&mut self, messages: &[&Message<'_>], out: &mut Writer) -> Result<(), Error> {
        for message in messages {
            self.name(message)?;
            let last = message.parts.iter().rposition(|part| !is_blank_part(part));
            for (at, part) in message.parts.iter().enumerate() {
                let Content::Text(text) = &part.content else {
                    return Err(part.refused("system messages of this provider take texts alone."));
                };
                let mark = mark_of(message, part, last == Some(at));
                if is_blank(*text) {
                    self.unmarked(part)?;
                } else {
                    self.text(*text, mark, &part.path.to_string(), out)?;
                }
            }
        }
        Ok(())
    }

    /// A text that is left out takes no mark for caching with it in silence.
    fn unmarked(&mut self, part: &Part<'_>) -> Result<(), Error> {
        match part.cache_control {
            Some(_) => self.call.drop_param(&format!("{}.cache_control", part.path)),
            None => Ok(()),
        }
    }

    /// The member `messages`.
    ///
    /// # Errors
    /// 400 for a part that this provider does not take.
    pub fn messages(&mut self, chat: &Turns<'r, '_>, out: &mut Writer) -> Result<(), Error> {
        out.name("messages");
        out.begin_array();
        if chat.turns.first().is_some_and(|turn| turn.assistant) {
            out.object(|out| {
                out.text_member("role", "user");
                out.text_member("content", OPENING);
            });
        }
        let last = chat.turns.len().saturating_sub(1);
        for (at, turn) in chat.turns.iter().enumerate() {
            out.begin_object();
            out.text_member("role", if turn.assistant { "assistant" } else { "user" });
            out.name("content");
            out.begin_array();
            if turn.assistant {
                self.assistant(turn, at == last, out)?;
            } else {
                self.user(turn, out)?;
            }
            if at == last || !turn.assistant {
                self.check_results(turn)?;
            }
            out.end_array();
            out.end_object();
            if turn.system.iter().any(|message| !message.parts.iter().all(is_blank_part)) {
                out.begin_object();
                out.text_member("role", "system");
                out.name("content");
                out.begin_array();
                self.instructions(&turn.system, out)?;
                out.end_array();
                out.end_object();
            }
        }
        out.end_array();
        Ok(())
    }

    fn user(&mut self, turn: &Turn<'r, '_>, out: &mut Writer) -> Result<(), Error> {
        let is_result = |message: &&&Message<'_>| message.role == Role::Tool;
        let mut empty = true;
        for message in turn.messages.iter().filter(is_result) {
            empty = false;
            self.result(message, out)?;
        }
        for message in turn.messages.iter().filter(|message| !is_result(message)) {
            self.name(message)?;
            let last = message.parts.iter().rposition(|part| !is_blank_part(part));
            for (at, part) in message.parts.iter().enumerate() {
                let mark = mark_of(message, part, last == Some(at));
                empty &= !self.part(part, mark, out)?;
            }
        }
        if empty {
            self.text(Text::Plain(SILENCE), None, "", out)?;
        }
        for file in core::mem::take(&mut self.uploads) {
            self.files = true;
            out.object(|out| {
                out.text_member("type", "container_upload");
                out.text_member("file_id", file);
            });
        }
        Ok(())
    }

    /// Refuses calls that nothing answers, as OpenAI does.
    fn check_results(&self, turn: &Turn<'_, '_>) -> Result<(), Error> {
        let Some(id) = self.ids.unanswered() else { return Ok(()) };
        let at = turn.messages.first().map_or(0, |message| message.at);
        Err(Error::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_id has no response message: {}",
            shown(id)
        ))
        .param(format!("messages.[{at}].role")))
    }

    /// What a tool answered.
    fn result(&mut self, message: &Message<'_>, out: &mut Writer) -> Result<(), Error> {
        let id = self.ids.result(&message.tool_call_id).ok_or_else(|| {
            Error::invalid(
                "Invalid parameter: messages with role 'tool' must be a response to a preceding message with \
                 'tool_calls'.",
            )
            .param(format!("messages.[{}].role", message.at))
        })?;
        out.begin_object();
        out.text_member("type", "tool_result");
        out.text_member("tool_use_id", id.as_str());
        match message.parts.as_slice() {
            [Part { content: Content::Text(text), cache_control: None, .. }] => {
                if !is_blank(*text) {
                    out.text_member("content", *text);
                }
            }
            parts if parts.iter().all(is_blank_part) => {}
            parts => {
                out.name("content");
                out.begin_array();
                for part in parts {
                    self.part(part, part.cache_control, out)?;
                }
                out.end_array();
            }
        }
        self.mark(message.cache_control, &format!("messages[{}]", message.at), out)?;
        out.end_object();
        Ok(())
    }

    fn assistant(&mut self, turn: &Turn<'r, '_>, last: bool, out: &mut Writer) -> Result<(), Error> {
        let end = turn.messages.len().saturating_sub(1);
        for (at, message) in turn.messages.iter().enumerate() {
            self.name(message)?;
            if message.reasoning.is_some() && message.signature.is_none() {
                self.call.drop_param(&format!("messages[{}].reasoning", message.at))?;
            }
            if message.extra.is_some() {
                self.call.drop_param(&format!("messages[{}].extra_content", message.at))?;
            }
            // Blocks of the provider's own tools stay behind, and with them what was bound to them.
            let left_out = self.bound && self.call.names.left_out(message.at);
            if left_out {
                self.unthought(message)?;
            } else if !self.bound || message.extra.is_none() {
                thoughts(message, out);
            }
            // "final assistant content cannot end with trailing whitespace"
            let trims = last && at == end && message.tool_calls.is_empty();
            let final_part = message.parts.iter().rposition(|part| !is_blank_part(part));
            for (place, part) in message.parts.iter().enumerate() {
                let mark = mark_of(message, part, final_part == Some(place) && message.tool_calls.is_empty());
                match &part.content {
                    Content::Text(text) | Content::Refusal(text) if trims && final_part == Some(place) => {
                        let text = text.decoded();
                        self.text(Text::Plain(text.trim_end()), mark, &part.path.to_string(), out)?;
                    }
                    _ => {
                        self.part(part, mark, out)?;
                    }
                }
            }
            let final_call = message.tool_calls.len().saturating_sub(1);
            let at_message = format!("messages[{}]", message.at);
            for (place, call) in message.tool_calls.iter().enumerate() {
                let input = call.object();
                if call.signature.is_some() {
                    self.call.drop_param(&format!("{}.thought_signature", call.path))?;
                }
                out.begin_object();
                out.text_member("type", "tool_use");
                out.text_member("id", self.ids.call(&call.id).as_str());
                out.text_member("name", fit(&call.name).as_str());
                out.raw_member("input", &input);
                self.mark(message.cache_control.filter(|_| place == final_call), &at_message, out)?;
                out.end_object();
            }
        }
        Ok(())
    }

    /// Names the thoughts that stay behind with the records that they are bound to.
    fn unthought(&mut self, message: &Message<'_>) -> Result<(), Error> {
        let name = match (message.signature, message.redacted) {
            (Some(_), _) => "reasoning_signature",
            (None, Some(_)) => "redacted_reasoning",
            (None, None) => return Ok(()),
        };
        self.call.drop_param(&format!("messages[{}].{name}", message.at))
    }

    /// Nobody has a name here. Of a tool's message it is its function's, which the call has told.
    fn name(&mut self, message: &Message<'_>) -> Result<(), Error> {
        match message.name {
            Some(_) => self.call.drop_param(&format!("messages[{}].name", message.at)),
            None => Ok(()),
        }
    }

    /// One block; whether there is one.
    fn part(&mut self, part: &Part<'_>, mark: Option<&str>, out: &mut Writer) -> Result<bool, Error> {
        match &part.content {
            Content::Text(text) | Content::Refusal(text) => {
                if is_blank(*text) {
                    return self.unmarked(part).map(|()| false);
                }
                self.text(*text, mark, &part.path.to_string(), out)?;
            }
            Content::Image { source, detail } => {
                if detail.as_ref().is_some_and(|detail| detail != "auto") {
                    self.call.drop_param(&format!("{}.image_url.detail", part.path))?;
                }
                self.block(part, "image", source, None, mark, out)?;
            }
            Content::File { source, filename } => {
                let is_image = |media_type: &str| media_type.starts_with("image/");
                match source {
                    Source::Data { media_type, .. } if is_image(media_type) => {
                        self.block(part, "image", source, None, mark, out)?;
                    }
                    _ => self.block(part, "document", source, filename.as_deref(), mark, out)?,
                }
            }
            Content::Audio { .. } => return Err(part.refused("models of this provider take no audio.")),
            Content::Video(_) => return Err(part.refused("models of this provider take no video.")),
        }
        Ok(true)
    }

    /// An image or a document.
    fn block(
        &mut self,
        part: &Part<'_>,
        kind: &str,
        source: &Source<'_>,
        title: Option<&str>,
        mark: Option<&str>,
        out: &mut Writer,
    ) -> Result<(), Error> {
        let (how, member, value, media_type) = match source {
            Source::Data { media_type, base64 } if kind == "image" => {
                if !["image/jpeg", "image/png", "image/gif", "image/webp"].contains(&media_type.as_ref()) {
                    return Err(part.refused("images must be JPEG, PNG, GIF or WebP."));
                }
                ("base64", "data", Cow::Borrowed(base64.as_ref()), Some(media_type.as_ref()))
            }
            Source::Data { media_type, base64 } if media_type == "application/pdf" => {
                ("base64", "data", Cow::Borrowed(base64.as_ref()), Some(media_type.as_ref()))
            }
            Source::Data { .. } => {
                let text = source.text();
                let text = text.ok_or_else(|| part.refused("files must be PDF, or plain text in UTF-8."))?;
                ("text", "data", Cow::Owned(text), Some("text/plain"))
            }
            Source::Url(_) | Source::Id(_) if self.place == Place::Vertex => {
                return Err(part.refused(
                    "Claude on Vertex AI takes no addresses and no file ids: send the data itself, in base64.",
                ));
            }
            // "Only HTTPS URLs are supported."
            Source::Url(url) if !url.starts_with("https://") => {
                return Err(part.refused("an address must begin with https://."));
            }
            Source::Url(url) => ("url", "url", Cow::Borrowed(url.as_ref()), None),
            Source::Id(id) => {
                self.files = true;
                ("file", "file_id", Cow::Borrowed(id.as_ref()), None)
            }
        };
        out.begin_object();
        out.text_member("type", kind);
        out.object_member("source", |out| {
            out.text_member("type", how);
            if let Some(media_type) = media_type {
                out.text_member("media_type", media_type);
            }
            out.text_member(member, value.as_ref());
        });
        if let Some(title) = title {
            out.text_member("title", title);
        }
        self.mark(mark, &part.path.to_string(), out)?;
        out.end_object();
        Ok(())
    }

    fn text(
        &mut self,
        text: Text<'_>,
        mark: Option<&str>,
        place: &str,
        out: &mut Writer,
    ) -> Result<(), Error> {
        out.begin_object();
        out.text_member("type", "text");
        out.text_member("text", text);
        self.mark(mark, place, out)?;
        out.end_object();
        Ok(())
    }

    /// Writes a mark for caching into the block at hand.
    ///
    /// # Errors
    /// 400 for one that cannot be.
    pub fn mark(&mut self, mark: Option<&str>, place: &str, out: &mut Writer) -> Result<(), Error> {
        self.marks.write(self.call, mark, place, out)
    }
}

/// The mark for caching of a part: its own, or, of the last, its message's.
fn mark_of<'a>(message: &Message<'a>, part: &Part<'a>, last: bool) -> Option<&'a str> {
    part.cache_control.or(message.cache_control.filter(|_| last))
}

/// What was thought, and what only the provider can read of it.
fn thoughts(message: &Message<'_>, out: &mut Writer) {
    if let Some(signature) = message.signature {
        let reasoning = message.reasoning.map(Text::decoded).unwrap_or_default();
        for (thinking, signature) in signed(&reasoning, &signature.decoded()) {
            out.object(|out| {
                out.text_member("type", "thinking");
                out.text_member("thinking", thinking);
                out.text_member("signature", signature);
            });
        }
    }
    let redacted = message.redacted.map(Text::decoded).unwrap_or_default();
    for data in redacted.split(' ').filter(|data| !data.is_empty()) {
        out.object(|out| {
            out.text_member("type", "redacted_thinking");
            out.text_member("data", data);
        });
    }
}

/// The blocks of what was thought, of `s1 n s2 m s3`: the second began after `n` characters.
fn signed<'t>(reasoning: &'t str, signatures: &'t str) -> Vec<(&'t str, &'t str)> {
    let mut words = signatures.split(' ');
    let mut blocks = Vec::new();
    let mut signature = words.next().unwrap_or_default();
    let (mut rest, mut from) = (reasoning, 0_usize);
    while let Some(start) = words.next() {
        let (Some(start), Some(next)) = (start.parse::<usize>().ok(), words.next()) else {
            // Not of this form: one signature of all.
            return vec![(reasoning, signatures)];
        };
        let length = start.saturating_sub(from);
        let at = rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at);
        let (block, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        blocks.push((block, core::mem::replace(&mut signature, next)));
        (rest, from) = (behind, start);
    }
    blocks.push((rest, signature));
    blocks
}

fn says_nothing(message: &Message<'_>) -> bool {
    message.tool_calls.is_empty() && message.parts.iter().all(is_blank_part)
}

fn is_blank_part(part: &Part<'_>) -> bool {
    matches!(&part.content, Content::Text(text) | Content::Refusal(text) if is_blank(*text))
}

/// Whether a text is white space alone.
fn is_blank(text: Text<'_>) -> bool {
    let starts_blank = match text {
        // Escapes can be white space, too.
        Text::Json(value) => {
            let first = value.as_bytes().get(1).copied();
            first.is_none_or(|byte| !byte.is_ascii_graphic() || byte == b'\\' || byte == b'"')
        }
        Text::Plain(_) => true,
    };
    starts_blank && text.decoded().trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_part_what_was_thought() {
        assert_eq!(signed("äbc", "s1"), [("äbc", "s1")]);
        assert_eq!(signed("äbcde", "s1 1 s2 4 s3"), [("ä", "s1"), ("bcd", "s2"), ("e", "s3")]);
        assert_eq!(signed("ab", "s1 9 s2"), [("ab", "s1"), ("", "s2")]);
        assert_eq!(signed("", "s1 0 s2"), [("", "s1"), ("", "s2")]);
        assert_eq!(signed("ab", "s1 x"), [("ab", "s1 x")]);
        assert_eq!(signed("ab", "s1 1"), [("ab", "s1 1")]);
    }

    #[test]
    fn white_space_is_blank_however_it_is_written() {
        for text in [r#""""#, r#"" \n\t""#, r#""\u00a0""#, "\"\u{a0}\""] {
            assert!(is_blank(Text::Json(text)), "{text}");
        }
        for text in [r#""a""#, r#"" \\""#, r#""\u0041""#, "\"é\""] {
            assert!(!is_blank(Text::Json(text)), "{text}");
        }
    }
}
