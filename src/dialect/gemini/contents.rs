//! `contents` and `systemInstruction`: the messages in Google's form.
//!
//! There are two roles, `user` and `model`, and what stands next to each other under one role is one
//! content. Tools' results are a content of their own, all of one turn in it: "the number of function
//! response parts" must be "equal to the number of function call parts of the function call turn".
//!
//! Sources: <https://ai.google.dev/api/caching#Content>,
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>,
//! <https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods>.

use super::Platform;
use super::models::{Control, Family};
use crate::chat::{ChatRequest, Content, Message, Part, Role, Source, ToolCall};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Stands in for the signature of a call that has none, such as one that another model made: with it
/// a model of generation 3 takes the call unchecked.
const UNSIGNED: &str = "skip_thought_signature_validator";

/// What a user says who says nothing: an empty part is refused.
const SILENCE: &str = "(no text)";
/// What stands before a model that calls a tool first.
const OPENING: &str = "(The assistant speaks first.)";

/// Parts of Google's side that a client got as `extra_content`, or sealed, and hands back.
pub(super) const REPLAYED: [&str; 4] = ["executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

/// What a content is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    User,
    Model,
    Results,
}

/// The contents, as they are written: one is opened when there is something to stand in it.
struct Contents<'w> {
    out: &'w mut Writer,
    last: Option<Turn>,
}

impl Contents<'_> {
    /// Where the next part of this turn goes.
    fn part(&mut self, turn: Turn) -> &mut Writer {
        if self.last != Some(turn) {
            self.close();
            self.out.begin_object();
            self.out.text_member("role", if turn == Turn::Model { "model" } else { "user" });
            self.out.name("parts");
            self.out.begin_array();
            self.last = Some(turn);
        }
        self.out
    }

    fn close(&mut self) {
        if self.last.is_some() {
            self.out.end_array();
            self.out.end_object();
        }
    }
}

/// The system instruction, if there is one: what system and developer messages say, wherever they
/// stand. Without another message it is what the user says.
pub(super) fn system(chat: &ChatRequest<'_>) -> Result<Option<String>, Error> {
    if chat.messages.iter().all(is_system) {
        return Ok(None);
    }
    let mut out = Writer::default();
    out.begin_object();
    out.name("parts");
    out.begin_array();
    let mut any = false;
    for text in system_texts(chat) {
        let text = text?;
        out.object(|out| out.text_member("text", text));
        any = true;
    }
    out.end_array();
    out.end_object();
    Ok(any.then(|| out.finish()))
}

fn is_system(message: &Message<'_>) -> bool {
    matches!(message.role, Role::System | Role::Developer)
}

fn system_texts<'a>(chat: &'a ChatRequest<'a>) -> impl Iterator<Item = Result<Text<'a>, Error>> {
    let parts = chat.messages.iter().filter(|message| is_system(message)).flat_map(|message| &message.parts);
    parts.filter_map(|part| match &part.content {
        Content::Text(text) if text.is_empty() => None,
        Content::Text(text) => Some(Ok(*text)),
        _ => Some(Err(part.refused("a system message of this provider is text alone."))),
    })
}

/// Writes the array of contents.
///
/// # Errors
/// 400 for what cannot be said.
pub(super) fn write(
    call: &mut Call<'_>,
    chat: &ChatRequest<'_>,
    family: Family,
    platform: Platform,
    out: &mut Writer,
) -> Result<(), Error> {
    out.begin_array();
    let mut contents = Contents { out, last: None };
    if !family.system || chat.messages.iter().all(is_system) {
        for text in system_texts(chat) {
            let text = text?;
            contents.part(Turn::User).object(|out| out.text_member("text", text));
        }
    }
    // The calls of the model's turn so far, which results must answer, each once.
    let mut called: Vec<&ToolCall<'_>> = Vec::new();
    let mut rest = chat.messages.as_slice();
    while let Some((message, behind)) = rest.split_first() {
        rest = behind;
        if message.name.is_some() && message.role != Role::Tool {
            call.drop_param(&format!("messages[{}].name", message.at))?;
        }
        match message.role {
            Role::System | Role::Developer => {}
            Role::User => {
                if !called.is_empty() {
                    return Err(unanswered(message.at));
                }
                for part in &message.parts {
                    write_part(part, Turn::User, platform, &mut contents)?;
                }
                if message
                    .parts
                    .iter()
                    .all(|part| matches!(part.content, Content::Text(text) if text.is_empty()))
                {
                    contents.part(Turn::User).object(|out| out.text_member("text", SILENCE));
                }
            }
            Role::Assistant => {
                // "function call turn comes immediately after a user turn or after a function response turn"
                if contents.last.is_none() && !message.tool_calls.is_empty() {
                    contents.part(Turn::User).object(|out| out.text_member("text", OPENING));
                }
                called.extend(&message.tool_calls);
                assistant(call, message, family, platform, &mut contents)?;
            }
            Role::Tool => {
                let mut results = vec![message];
                // Instructions stand elsewhere, and so between results, too.
                while let Some((next, behind)) = rest.split_first()
                    && (next.role == Role::Tool || is_system(next))
                {
                    rest = behind;
                    results.extend(Some(next).filter(|next| next.role == Role::Tool));
                }
                let answered = core::mem::take(&mut called);
                write_results(&answered, results, family.third, platform, &mut contents)?;
            }
        }
    }
    if !called.is_empty() {
        return Err(unanswered(chat.messages.len()));
    }
    // Prefixes are cached without being marked, or under a name (`cachedContent`).
    chat.drop_cache_marks(call)?;
    contents.close();
    let last = contents.last;
    out.end_array();
    match last {
        None => Err(wrong_messages("there must be a message that is not empty.")),
        Some(Turn::Model) if !family.prefills => Err(wrong_messages(
            "this model takes no conversation that ends with an assistant message. End it with a user message.",
        )),
        Some(_) => Ok(()),
    }
}

/// 400: `what` is a sentence on the messages.
fn wrong_messages(what: &str) -> Error {
    Error::invalid(format!("Invalid 'messages': {what}")).param("messages").code("invalid_value")
}

/// 400: before this message there must be results.
fn unanswered(at: usize) -> Error {
    wrong_messages(&format!(
        "an assistant message with tool calls must be followed by one tool message for each of them. Some are \
         missing before messages[{at}]."
    ))
}

/// What the model said: its thoughts, blocks of Google's side, its words, its calls.
fn assistant(
    call: &mut Call<'_>,
    message: &Message<'_>,
    family: Family,
    platform: Platform,
    contents: &mut Contents<'_>,
) -> Result<(), Error> {
    let sealed = message.redacted.map(Text::decoded).unwrap_or_default();
    let sealed = unsealed(&sealed);
    if message.redacted.is_some() && sealed.is_empty() {
        // Only the provider that made them can read them, and this one makes no others.
        call.drop_param(&format!("messages[{}].redacted_reasoning", message.at))?;
    }
    if let Some(reasoning) = message.reasoning {
        if family.thinking == Control::Fixed {
            // A model that does not think has no place for thoughts.
            call.drop_param(&format!("messages[{}].reasoning", message.at))?;
        } else {
            contents.part(Turn::Model).object(|out| {
                out.text_member("text", reasoning);
                out.raw_member("thought", "true");
            });
        }
    }
    for block in message.extra.into_iter().flat_map(replayed) {
        contents.part(Turn::Model).raw(block);
    }
    for part in &sealed {
        contents.part(Turn::Model).raw(part);
    }
    // Of several signatures the last is that of the text.
    let signature = message.signature.map(Text::decoded);
    let mut signature = signature.as_deref().and_then(|signature| signature.split(' ').next_back());
    let last_text = message.parts.iter().rposition(|part| text_of(part).is_some());
    for (at, part) in message.parts.iter().enumerate() {
        let signature = if Some(at) == last_text { signature.take() } else { None };
        match text_of(part) {
            Some(text) => contents.part(Turn::Model).object(|out| {
                out.text_member("text", text);
                if let Some(signature) = signature {
                    out.text_member("thoughtSignature", signature);
                }
            }),
            None => write_part(part, Turn::Model, platform, contents)?,
        }
    }
    if let Some(signature) = signature {
        if message.tool_calls.is_empty() {
            contents.part(Turn::Model).object(|out| {
                out.text_member("text", "");
                out.text_member("thoughtSignature", signature);
            });
        } else {
            // Calls have their own.
            call.drop_param(&format!("messages[{}].reasoning_signature", message.at))?;
        }
    }
    for (at, tool_call) in message.tool_calls.iter().enumerate() {
        let args = tool_call.object();
        // Of calls side by side only the first is signed.
        let own = tool_call.signature.map(Text::decoded).filter(|signature| !signature.is_empty());
        let stand_in = (at == 0 && family.third).then_some(UNSIGNED);
        contents.part(Turn::Model).object(|out| {
            out.object_member("functionCall", |out| {
                if family.third {
                    out.text_member("id", tool_call.id.as_ref());
                }
                out.text_member("name", tool_call.name.as_ref());
                out.raw_member("args", &args);
            });
            if let Some(signature) = own.as_deref().or(stand_in) {
                out.text_member("thoughtSignature", signature);
            }
        });
    }
    Ok(())
}

/// A text, or a refusal, that is not empty.
fn text_of<'a>(part: &Part<'a>) -> Option<Text<'a>> {
    match part.content {
        Content::Text(text) | Content::Refusal(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// The parts among the blocks of `extra_content`.
fn replayed(extra: &str) -> Vec<&str> {
    let Ok(extra) = Object::parse(extra.as_bytes()) else { return Vec::new() };
    let lists = ["gemini", "vertex"].into_iter().filter_map(|name| extra.get(name));
    let blocks = lists.filter(|list| kind(list) == Kind::Array).flat_map(items);
    blocks.filter(|block| is_replayed(block)).collect()
}

/// The parts that were handed on as what only Google can read: lists without their brackets, with spaces between.
fn unsealed(sealed: &str) -> Vec<String> {
    let lists = sealed.split(' ').map(|list| format!("{{\"parts\":[{list}]}}"));
    let mut parts = Vec::new();
    for list in lists {
        if let Ok(list) = Object::parse(list.as_bytes()) {
            let list = list.get("parts").into_iter().flat_map(items);
            parts.extend(list.filter(|part| is_replayed(part)).map(str::to_owned));
        }
    }
    parts
}

fn is_replayed(part: &str) -> bool {
    Object::parse(part.as_bytes()).is_ok_and(|part| REPLAYED.iter().any(|name| part.get(name).is_some()))
}

/// Writes the results of one turn's calls, and what they show.
fn write_results(
    called: &[&ToolCall<'_>],
    results: Vec<&Message<'_>>,
    ids: bool,
    platform: Platform,
    contents: &mut Contents<'_>,
) -> Result<(), Error> {
    let mut places = BTreeMap::new();
    for (place, call) in called.iter().enumerate() {
        places.entry(call.id.as_ref()).or_insert(place);
    }
    let place = |result: &Message<'_>| places.get(result.tool_call_id.as_ref()).copied();
    // They stand in the order of their calls: that is how they are matched without ids.
    let mut ordered = BTreeMap::new();
    for (at, result) in results.into_iter().enumerate() {
        ordered.insert((place(result), at), result);
    }
    let mut shown = Vec::new();
    let mut answered = BTreeSet::new();
    for result in ordered.values() {
        let call = place(result).and_then(|place| called.get(place));
        let Some(call) = call.filter(|call| answered.insert(call.id.as_ref())) else {
            let path = format!("messages[{}].tool_call_id", result.at);
            return Err(Error::invalid(format!(
                "Invalid value for '{path}': a tool message must answer one tool call of the assistant message \
                 before it, and no other answers that."
            ))
            .param(path)
            .code("invalid_value"));
        };
        let (texts, others): (Vec<_>, Vec<_>) = result
            .parts
            .iter()
            .partition(|part| matches!(part.content, Content::Text(_) | Content::Refusal(_)));
        let text = texts.iter().filter_map(|part| text_of(part)).map(Text::decoded).collect::<Vec<_>>();
        let text = match text.as_slice() {
            [one] => Cow::Borrowed(one.as_ref()),
            several => Cow::Owned(several.concat()),
        };
        let mut inside = Vec::new();
        for part in others {
            // From generation 3 they stand in the result; before, they follow the results.
            match data_of(part) {
                Some(data) if ids => inside.push(data),
                _ => shown.push(part),
            }
        }
        contents.part(Turn::Results).object(|out| {
            out.object_member("functionResponse", |out| {
                if ids {
                    out.text_member("id", result.tool_call_id.as_ref());
                }
                out.text_member("name", call.name.as_ref());
                out.name("response");
                // A `$ref` in it is taken for one to a part, and refused.
                if Object::parse(text.as_bytes()).is_ok() && !text.contains("$ref") {
                    out.raw(&text);
                } else {
                    out.object(|out| out.text_member("output", text.as_ref()));
                }
                if !inside.is_empty() {
                    out.name("parts");
                    out.begin_array();
                    for (media_type, data) in &inside {
                        out.object(|out| inline(out, media_type, *data));
                    }
                    out.end_array();
                }
            });
        });
    }
    if answered.len() < called.len() {
        return Err(unanswered(
            ordered.values().map(|result| result.at).max().unwrap_or(0).saturating_add(1),
        ));
    }
    for part in shown {
        write_part(part, Turn::User, platform, contents)?;
    }
    Ok(())
}

/// The data of a part that brings it along.
fn data_of<'a>(part: &'a Part<'a>) -> Option<(&'a str, Text<'a>)> {
    match &part.content {
        Content::Image { source: Source::Data { media_type, base64 }, .. }
        | Content::File { source: Source::Data { media_type, base64 }, .. } => {
            Some((readable(media_type), Text::Plain(base64)))
        }
        _ => None,
    }
}

/// The media type to send a document under. Texts of all kinds are read as plain text, which is the
/// only kind of text that all models take.
fn readable(media_type: &str) -> &str {
    let named = matches!(
        media_type,
        "application/json"
            | "application/xml"
            | "application/yaml"
            | "application/x-yaml"
            | "application/toml"
            | "application/javascript"
            | "application/sql"
    );
    if named
        || media_type.starts_with("text/")
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
    {
        "text/plain"
    } else {
        media_type
    }
}

fn inline(out: &mut Writer, media_type: &str, data: Text<'_>) {
    out.object_member("inlineData", |out| {
        out.text_member("mimeType", media_type);
        out.text_member("data", data);
    });
}

fn write_part(
    part: &Part<'_>,
    turn: Turn,
    platform: Platform,
    contents: &mut Contents<'_>,
) -> Result<(), Error> {
    match &part.content {
        Content::Text(text) | Content::Refusal(text) => {
            // An empty part is refused.
            if !text.is_empty() {
                contents.part(turn).object(|out| out.text_member("text", *text));
            }
            Ok(())
        }
        Content::Image { source, .. } => {
            write_source(part, source, None, "image/jpeg", turn, platform, contents)
        }
        Content::File { source, filename } => {
            // The model is told its name, for which there is no other place.
            if let Some(name) = filename.as_deref().filter(|name| !name.is_empty()) {
                let name = format!("File: {name}");
                contents.part(turn).object(|out| out.text_member("text", name.as_str()));
            }
            write_source(part, source, filename.as_deref(), "application/pdf", turn, platform, contents)
        }
        Content::Video(source) => write_source(part, source, None, "video/mp4", turn, platform, contents),
        Content::Audio { base64, format } => {
            let media_type = match format.as_ref() {
                "mp3" | "mpeg" => "audio/mp3",
                "wav" | "wave" => "audio/wav",
                "pcm16" | "pcm" => "audio/pcm",
                other if other.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
                    &format!("audio/{other}")
                }
                _ => return Err(part.refused("the format must be the name of one, such as 'wav' or 'mp3'.")),
            };
            contents.part(turn).object(|out| inline(out, media_type, Text::Plain(base64)));
            Ok(())
        }
    }
}

fn write_source(
    part: &Part<'_>,
    source: &Source<'_>,
    filename: Option<&str>,
    usual: &'static str,
    turn: Turn,
    platform: Platform,
    contents: &mut Contents<'_>,
) -> Result<(), Error> {
    let (uri, media_type) = match source {
        Source::Data { media_type, base64 } => {
            contents.part(turn).object(|out| inline(out, readable(media_type), Text::Plain(base64)));
            return Ok(());
        }
        Source::Url(url) => {
            let known = media_type_of(url).or_else(|| filename.and_then(media_type_of));
            // The Gemini API knows the type of what was uploaded to it.
            let uploaded = url.starts_with(FILES);
            (Cow::Borrowed(url.as_ref()), known.or((!uploaded).then_some(usual)))
        }
        Source::Id(id) if platform == Platform::GeminiApi && id.starts_with("files/") => {
            let name = id.get("files/".len()..).unwrap_or_default();
            (Cow::Owned(format!("{FILES}{name}")), filename.and_then(media_type_of))
        }
        Source::Id(id) if id.contains("://") => (
            Cow::Borrowed(id.as_ref()),
            Some(media_type_of(id).or_else(|| filename.and_then(media_type_of)).unwrap_or(usual)),
        ),
        Source::Id(_) => {
            return Err(part.refused(match platform {
                Platform::GeminiApi => {
                    "a file_id of this provider is a name of its Files API, such as 'files/abc-123'. Send the \
                     data as file_data instead."
                }
                Platform::Vertex => {
                    "this provider keeps no files. Send the data as file_data, or a gs:// address as file_id."
                }
            }));
        }
    };
    contents.part(turn).object(|out| {
        out.object_member("fileData", |out| {
            if let Some(media_type) = media_type {
                out.text_member("mimeType", media_type);
            }
            out.text_member("fileUri", uri.as_ref());
        });
    });
    Ok(())
}

/// Where the files of the Gemini API are.
pub(super) const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/files/";

/// The media type that the end of an address, or a file's name, tells.
pub(super) fn media_type_of(address: &str) -> Option<&'static str> {
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let (_, extension) = path.rsplit('/').next().unwrap_or_default().rsplit_once('.')?;
    Some(match extension.to_ascii_lowercase().as_str() {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "pdf" => "application/pdf",
        "txt" | "md" | "csv" | "html" | "htm" | "json" | "xml" => "text/plain",
        "mp4" => "video/mp4",
        "mov" => "video/quicktime",
        "mpeg" | "mpg" => "video/mpeg",
        "webm" => "video/webm",
        "mp3" => "audio/mp3",
        "wav" => "audio/wav",
        "flac" => "audio/flac",
        "ogg" => "audio/ogg",
        "aac" => "audio/aac",
        "m4a" => "audio/m4a",
        _ => return None,
    })
}
