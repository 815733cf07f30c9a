//! `input`: items, said as messages.
//!
//! What the assistant thought, said and called without a word of another between is one message, as a chat has it.
//!
//! | item | becomes |
//! |---|---|
//! | a string; `message`, with or without its `type` | a message |
//! | `function_call`, `custom_tool_call` | a tool call; the text of a custom one stands in an object, under `input` |
//! | `function_call_output`, `custom_tool_call_output` | a message of the tool |
//! | `reasoning` | `reasoning`; its `encrypted_content`, where this language made it, what the provider needs back |
//! | records of tools that a provider ran itself | nothing, by name |
//! | `item_reference`, and what waits for an answer that no chat carries | 400 |

use super::content::{self, Place};
use super::{Body, elements};
use crate::chat::{MOST, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::surface::Origin;
use crate::surface::responses::seal::{self, Kind as Sealed};
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// Records of tools that providers run. What they found was told in the answer, too.
const RECORDS: [&str; 6] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_list_tools",
    "mcp_call",
];

/// Writes `messages`, with the instructions in front. Says where each comes from.
///
/// # Errors
/// 400 for what is no item, and for items that no chat carries.
pub(super) fn write(
    call: &mut Call<'_>,
    body: Body<'_, '_>,
    dialect: &str,
    out: &mut Writer,
) -> Result<Vec<Origin>, Error> {
    let input = body.get("input").ok_or_else(|| missing("input"))?;
    let mut chat = Chat {
        call,
        dialect,
        room: MOST,
        origins: Vec::new(),
        calls: BTreeSet::new(),
        turn: Turn::default(),
    };
    out.name("messages");
    out.begin_array();
    if let Some(instructions) = body.get("instructions").and_then(Text::of) {
        chat.origins.push(Origin::default());
        out.object(|out| {
            out.text_member("role", "system");
            out.text_member("content", instructions);
        });
    }
    match kind(input) {
        Kind::String => {
            chat.origins.push(Origin::default());
            out.object(|out| {
                out.text_member("role", "user");
                out.raw_member("content", input);
            });
        }
        Kind::Array => {
            for (at, item) in elements(input).enumerate() {
                chat.item(at, item, out)?;
            }
            chat.end_turn(out)?;
        }
        _ => return Err(wrong_type("input", "a string or an array", input)),
    }
    out.end_array();
    if chat.origins.is_empty() {
        return Err(Error::invalid("Invalid 'input': there must be at least one item that says something.")
            .param("input")
            .code("empty_array"));
    }
    Ok(chat.origins)
}

/// The messages while they are written.
struct Chat<'c, 'u, 'd, 'a> {
    call: &'c mut Call<'u>,
    dialect: &'d str,
    /// How many more items, parts and calls are read.
    room: usize,
    origins: Vec<Origin>,
    /// The ids of all calls so far.
    calls: BTreeSet<Cow<'a, str>>,
    /// What the assistant did since the last word of another.
    turn: Turn<'a>,
}

/// An assistant's message before it is written.
#[derive(Default)]
struct Turn<'a> {
    thoughts: Vec<Thought<'a>>,
    content: Vec<(Place, Piece<'a>)>,
    /// From which part on the content is of which item.
    items: Vec<(usize, usize)>,
    calls: Vec<ToolCall<'a>>,
    /// The signature of the next call, and the item that holds it.
    signature: Option<(usize, Cow<'a, str>)>,
    left_out: bool,
}

/// A part of a content, or a content that is one text.
enum Piece<'a> {
    Text(Text<'a>),
    Part(&'a str),
}

/// A reasoning item.
struct Thought<'a> {
    item: usize,
    texts: Vec<Text<'a>>,
    signature: Option<Cow<'a, str>>,
    redacted: Option<Cow<'a, str>>,
    /// Another language sealed it.
    foreign: bool,
}

struct ToolCall<'a> {
    item: usize,
    id: Text<'a>,
    name: Text<'a>,
    arguments: Arguments<'a>,
    signature: Option<Cow<'a, str>>,
}

enum Arguments<'a> {
    /// Of a function.
    Text(Text<'a>),
    /// Of a custom tool: a string of JSON as it stands.
    Input(&'a str),
}

/// An item while it is read.
#[derive(Clone, Copy)]
struct Item<'r, 'a> {
    at: usize,
    object: &'r Object<'a>,
}

impl<'a> Item<'_, 'a> {
    fn path(self, name: &str) -> String {
        format!("input[{}].{name}", self.at)
    }

    fn get(self, name: &str) -> Option<&'a str> {
        self.object.get(name).filter(|value| kind(value) != Kind::Null)
    }

    fn text(self, name: &str) -> Result<Option<Text<'a>>, Error> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match Text::of(value) {
            Some(text) => Ok(Some(text)),
            None => Err(wrong_type(&self.path(name), "a string", value)),
        }
    }

    fn needed(self, name: &str) -> Result<Text<'a>, Error> {
        self.text(name)?.ok_or_else(|| missing(&self.path(name)))
    }

    fn list(self, name: &str) -> Result<impl Iterator<Item = &'a str>, Error> {
        match self.get(name) {
            Some(value) if kind(value) != Kind::Array => Err(wrong_type(&self.path(name), "an array", value)),
            value => Ok(value.into_iter().flat_map(elements)),
        }
    }
}

impl<'a> Chat<'_, '_, '_, 'a> {
    /// Takes one of the places that there are.
    fn take(&mut self) -> Result<(), Error> {
        self.room = self.room.checked_sub(1).ok_or_else(|| {
            Error::invalid("Invalid 'input': there are more items, parts and calls than the proxy reads.")
                .param("input")
                .code("array_above_max_length")
        })?;
        Ok(())
    }

    fn item(&mut self, at: usize, text: &'a str, out: &mut Writer) -> Result<(), Error> {
        self.take()?;
        let path = format!("input[{at}]");
        let object = Object::parse_str(text).map_err(|_| wrong_type(&path, "an object", text))?;
        let item = Item { at, object: &object };
        let named = item.text("type")?.map(Text::decoded);
        match named.as_deref() {
            Some("message") => self.message(item, out),
            None if item.get("role").is_some() => self.message(item, out),
            Some("function_call" | "custom_tool_call") => self.tool_call(item, named.as_deref()),
            Some("function_call_output" | "custom_tool_call_output") => self.result(item, out),
            Some("reasoning") => self.reasoning(item),
            Some("item_reference") => Err(self.reference(&path)),
            None if item.get("id").is_some() => Err(self.reference(&path)),
            None => Err(missing(&item.path("type"))),
            Some(record) if RECORDS.contains(&record) => {
                self.turn.left_out = true;
                self.call.drop_param(&path)
            }
            Some(other) => Err(Error::invalid(format!(
                "Invalid '{path}': items of type '{}' are not supported with models of {}. Leave it out, and what \
                 belongs to it.",
                shown(other),
                self.call.upstream.id
            ))
            .param(item.path("type"))
            .code("unsupported_value")),
        }
    }

    fn reference(&self, path: &str) -> Error {
        Error::invalid(format!(
            "Unsupported parameter: '{path}' refers to an item, but no responses are stored of models of {}. Send the \
             item itself.",
            self.call.upstream.id
        ))
        .param(path)
        .code("unsupported_parameter")
    }

    fn message(&mut self, item: Item<'_, 'a>, out: &mut Writer) -> Result<(), Error> {
        const HINT: &str = " Supported values are: 'user', 'assistant', 'system' and 'developer'.";
        let role = item.needed("role")?.decoded();
        if role == "assistant" {
            return self.said(item);
        }
        if !matches!(role.as_ref(), "user" | "system" | "developer") {
            return Err(wrong_value(&item.path("role"), &role, HINT));
        }
        self.end_turn(out)?;
        let content = item.get("content").ok_or_else(|| missing(&item.path("content")))?;
        self.origins.push(Origin { item: Some(item.at), ..Origin::default() });
        out.begin_object();
        out.text_member("role", role.as_ref());
        self.content(item, "content", content, out)?;
        for member in item.object.members() {
            let value = item.object.value(member);
            match member.name.as_ref() {
                "type" | "id" | "role" | "content" | "status" | "phase" => {}
                _ if kind(value) == Kind::Null => {}
                name @ ("name" | "cache_control") => out.raw_member(name, value),
                name => self.call.drop_param(&item.path(name))?,
            }
        }
        out.end_object();
        Ok(())
    }

    /// Writes a content: one text as a string, anything else part by part.
    fn content(
        &mut self,
        item: Item<'_, 'a>,
        member: &'static str,
        content: &'a str,
        out: &mut Writer,
    ) -> Result<(), Error> {
        out.name("content");
        if let Some(text) = content::sole_text(content) {
            self.take()?;
            out.text(text);
            return Ok(());
        }
        if kind(content) != Kind::Array {
            return Err(wrong_type(&item.path(member), "a string or an array", content));
        }
        let mut parts = elements(content).peekable();
        if parts.peek().is_none() {
            out.text("");
            return Ok(());
        }
        out.begin_array();
        for (part, text) in parts.enumerate() {
            self.take()?;
            content::part(self.call, text, Place { item: item.at, member, part }, out)?;
        }
        out.end_array();
        Ok(())
    }

    /// What the assistant said.
    fn said(&mut self, item: Item<'_, 'a>) -> Result<(), Error> {
        self.turn.items.push((self.turn.content.len(), item.at));
        let place = |part| Place { item: item.at, member: "content", part };
        match item.get("content") {
            None => {}
            Some(content) if kind(content) == Kind::String => {
                self.take()?;
                self.turn.content.push((place(0), Piece::Text(Text::Json(content))));
            }
            Some(_) => {
                let list = item.list("content").map_err(|mut error| {
                    error.message = error.message.replace("an array", "a string or an array");
                    error
                })?;
                for (part, text) in list.enumerate() {
                    self.take()?;
                    self.turn.content.push((place(part), Piece::Part(text)));
                }
            }
        }
        Ok(())
    }

    fn tool_call(&mut self, item: Item<'_, 'a>, named: Option<&str>) -> Result<(), Error> {
        self.whereabouts(item)?;
        let arguments = match named {
            Some("custom_tool_call") => {
                item.needed("input")?;
                Arguments::Input(item.get("input").unwrap_or("\"\""))
            }
            _ => Arguments::Text(item.needed("arguments")?),
        };
        let (id, name) = (item.needed("call_id")?, item.needed("name")?);
        self.calls.insert(id.decoded());
        let signature = self.turn.signature.take().map(|(_, signature)| signature);
        self.turn.calls.push(ToolCall { item: item.at, id, name, arguments, signature });
        Ok(())
    }

    /// Names what a call says of where its tool is: in a namespace, or called by a program.
    fn whereabouts(&mut self, item: Item<'_, 'a>) -> Result<(), Error> {
        if item.get("namespace").is_some() {
            self.call.drop_param(&item.path("namespace"))?;
        }
        let caller = item.get("caller").and_then(|caller| Object::parse_str(caller).ok());
        if caller.is_some_and(|caller| caller.string("type").as_deref() != Some("direct")) {
            self.call.drop_param(&item.path("caller"))?;
        }
        Ok(())
    }

    /// What a tool answered.
    fn result(&mut self, item: Item<'_, 'a>, out: &mut Writer) -> Result<(), Error> {
        self.end_turn(out)?;
        self.whereabouts(item)?;
        let id = item.needed("call_id")?;
        let output = item.get("output").ok_or_else(|| missing(&item.path("output")))?;
        if !self.calls.contains(&id.decoded()) {
            let message =
                format!("No tool call found for function call output with call_id {}.", shown(&id.decoded()));
            return Err(Error::invalid(message).param(item.path("call_id")).code("invalid_value"));
        }
        self.origins.push(Origin { item: Some(item.at), content: "output", ..Origin::default() });
        out.begin_object();
        out.text_member("role", "tool");
        out.text_member("tool_call_id", id);
        self.content(item, "output", output, out)?;
        out.end_object();
        Ok(())
    }

    /// What the assistant thought.
    fn reasoning(&mut self, item: Item<'_, 'a>) -> Result<(), Error> {
        let mut texts = Vec::new();
        // The text itself says more than what was made of it.
        for name in ["content", "summary"] {
            for (at, part) in item.list(name)?.enumerate() {
                self.take()?;
                let path = || item.path(&format!("{name}[{at}]"));
                let part = Object::parse_str(part).map_err(|_| wrong_type(&path(), "an object", part))?;
                let text = part.get("text").ok_or_else(|| missing(&format!("{}.text", path())))?;
                let text = Text::of(text)
                    .ok_or_else(|| wrong_type(&format!("{}.text", path()), "a string", text))?;
                if !text.is_empty() {
                    texts.push(text);
                }
            }
            if !texts.is_empty() {
                break;
            }
        }
        let mut thought = Thought { item: item.at, texts, signature: None, redacted: None, foreign: false };
        let sealed = item.text("encrypted_content")?.filter(|sealed| !sealed.is_empty());
        if let Some(sealed) = sealed.map(Text::decoded) {
            match unsealed(self.dialect, sealed) {
                Some((Sealed::Signature, signature)) => thought.signature = Some(signature),
                Some((Sealed::Redacted, data)) => thought.redacted = Some(data),
                Some((Sealed::Call, signature)) => {
                    if let Some((item, _)) = self.turn.signature.replace((item.at, signature)) {
                        self.unused(item)?;
                    }
                }
                None => {
                    thought.foreign = true;
                    self.unused(item.at)?;
                }
            }
        }
        self.turn.thoughts.push(thought);
        Ok(())
    }

    /// Names sealed content that stays here.
    fn unused(&mut self, item: usize) -> Result<(), Error> {
        self.call.drop_param(&format!("input[{item}].encrypted_content"))
    }

    /// Writes what the assistant did, if it did anything.
    fn end_turn(&mut self, out: &mut Writer) -> Result<(), Error> {
        let turn = core::mem::take(&mut self.turn);
        if let Some((item, _)) = turn.signature {
            self.unused(item)?;
        }
        let thoughts = self.thoughts(&turn.thoughts)?;
        if turn.content.is_empty() && turn.calls.is_empty() && thoughts.is_empty() {
            return Ok(());
        }
        out.begin_object();
        out.text_member("role", "assistant");
        out.name("content");
        match turn.content.as_slice() {
            [] if turn.calls.is_empty() => out.text(""),
            [] => out.raw("null"),
            [(_, Piece::Text(text))] => out.text(*text),
            [(place, Piece::Part(part))] => match content::sole_text_part(part) {
                Some(text) => out.text(text),
                None => {
                    out.begin_array();
                    content::part(self.call, part, *place, out)?;
                    out.end_array();
                }
            },
            pieces => {
                out.begin_array();
                for (place, piece) in pieces {
                    match piece {
                        Piece::Text(text) => out.object(|out| content::text_part(*text, out)),
                        Piece::Part(part) => content::part(self.call, part, *place, out)?,
                    }
                }
                out.end_array();
            }
        }
        thoughts.write(out);
        if !turn.calls.is_empty() {
            out.name("tool_calls");
            out.begin_array();
            for call in &turn.calls {
                call.write(out);
            }
            out.end_array();
        }
        out.end_object();
        let thought = turn.thoughts.first().map(|thought| thought.item);
        let calls: Vec<usize> = turn.calls.iter().map(|call| call.item).collect();
        let mut items = turn.items.into_iter();
        let item = items.next().map(|(_, item)| item).or(thought).or(calls.first().copied());
        self.origins.push(Origin {
            item,
            later: items.collect(),
            thought,
            calls,
            left_out: turn.left_out,
            ..Origin::default()
        });
        Ok(())
    }

    /// Joins what was thought. A signature is of what was thought since the last one, so that nothing unsigned may
    /// come between what another language had thought and it, or behind the last: that is left out by name.
    fn thoughts<'t>(&mut self, list: &'t [Thought<'a>]) -> Result<Thoughts<'t>, Error> {
        let last = list.iter().rposition(|thought| thought.signature.is_some());
        let mut all = Thoughts::default();
        // Up to here, and up to the last signature.
        let (mut chars, mut signed) = (0_usize, 0_usize);
        for (at, thought) in list.iter().enumerate() {
            if last.is_some_and(|last| at > last || thought.foreign) && !thought.texts.is_empty() {
                self.call.drop_param(&format!("input[{}]", thought.item))?;
            } else {
                for text in &thought.texts {
                    // Where nothing counts characters, paragraphs stay apart.
                    if last.is_none() && !all.texts.is_empty() {
                        all.texts.push(Text::Plain("\n\n"));
                    }
                    all.texts.push(*text);
                    chars = chars.saturating_add(text.chars());
                }
            }
            if let Some(signature) = &thought.signature {
                if !all.signature.is_empty() {
                    all.signature.push_str(&format!(" {signed} "));
                }
                all.signature.push_str(signature);
                signed = chars;
            }
            if let Some(data) = &thought.redacted {
                if !all.redacted.is_empty() {
                    all.redacted.push(' ');
                }
                all.redacted.push_str(data);
            }
        }
        Ok(all)
    }
}

/// What was thought in a turn, as a chat has it.
#[derive(Default)]
struct Thoughts<'t> {
    texts: Vec<Text<'t>>,
    /// `s1 n s2`: the second began after `n` characters.
    signature: String,
    /// With spaces between.
    redacted: String,
}

impl Thoughts<'_> {
    fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.signature.is_empty() && self.redacted.is_empty()
    }

    fn write(self, out: &mut Writer) {
        if !self.texts.is_empty() {
            out.name("reasoning");
            out.texts(self.texts);
        }
        for (name, value) in [("reasoning_signature", self.signature), ("redacted_reasoning", self.redacted)]
        {
            if !value.is_empty() {
                out.text_member(name, value.as_str());
            }
        }
    }
}

impl ToolCall<'_> {
    fn write(&self, out: &mut Writer) {
        out.begin_object();
        out.text_member("id", self.id);
        out.text_member("type", "function");
        out.object_member("function", |out| {
            out.text_member("name", self.name);
            match self.arguments {
                Arguments::Text(text) => out.text_member("arguments", text),
                Arguments::Input(json) => {
                    out.name("arguments");
                    out.texts([Text::Plain("{\"input\":"), Text::Plain(json), Text::Plain("}")]);
                }
            }
        });
        if let Some(signature) = &self.signature {
            out.text_member("thought_signature", signature.as_ref());
        }
        out.end_object();
    }
}

/// What this language sealed.
fn unsealed<'a>(dialect: &str, sealed: Cow<'a, str>) -> Option<(Sealed, Cow<'a, str>)> {
    match sealed {
        Cow::Borrowed(text) => seal::unseal(dialect, text).map(|(kind, text)| (kind, Cow::Borrowed(text))),
        Cow::Owned(text) => {
            seal::unseal(dialect, &text).map(|(kind, text)| (kind, Cow::Owned(text.to_owned())))
        }
    }
}
