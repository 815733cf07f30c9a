//! Answers, whole and as streams.
//!
//! Sources: <https://platform.claude.com/docs/en/api/messages>,
//! <https://platform.claude.com/docs/en/build-with-claude/streaming>,
//! <https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons>.
//!
//! An answer is a list of blocks. A whole body has them complete, a stream begins each, adds to it and
//! ends it; both are read by the same code. Blocks that OpenAI's chat has no word for (calls and results
//! of the provider's own tools, summaries, kinds to come) go to the client as they are; of those that
//! OpenAI's Responses have a word for, [`Services`] tells what was done.
//!
//! `pause_turn` says that the provider broke off a long turn of its own tools, which goes on when its blocks
//! are sent back. No client of OpenAI's knows of that, and the blocks do not come back. What it has is an answer
//! that was cut: so the reason is `length`, and of Responses the status `incomplete`, never one that looks whole
//! (<https://platform.claude.com/docs/en/agents-and-tools/tool-use/server-tools>).
//!
//! `input_tokens` leaves out what came from a cache or went into one, so the three are added up.
//! `message_delta` counts from the start of the answer, and says again what changed.

use super::error;
use super::services::Services;
use super::tools::ANSWER;
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::dialect::{Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};
use std::collections::BTreeMap;

/// The most bytes of blocks and citations that an answer passes on for its end. Pages that were fetched
/// can be large; those behind are left out.
const MOST_EXTRA: usize = 512 << 10;
/// The most blocks that are open at once, and the most citations of one; real answers open one at a time.
const MOST_OPEN: usize = 64;
/// The most bytes of citations that wait for the end of their block.
const MOST_CITED: usize = 64 << 10;

/// Reads one answer.
#[derive(Debug)]
pub struct Reader {
    /// The provider's id, for errors.
    provider: String,
    /// The answer's text is the input of a tool that the client does not know.
    hidden: bool,
    /// The blocks that have begun, by their index.
    open: BTreeMap<u64, Block>,
    tally: Tally,
    services: Services,
    /// How much may still be passed on.
    room: usize,
}

/// A block that has begun.
#[derive(Debug)]
enum Block {
    /// Text, from this character of the answer's on, and what it rests on.
    Text { start: usize, citations: Vec<String> },
    /// Thinking, and its signature so far.
    Thinking { signature: String },
    /// A call of a tool of the client's, and whether it has no input so far.
    Tool { call: usize, empty: bool },
    /// The input that is the answer.
    Input { empty: bool },
    /// Another one: as it began, the input that came since, and other members that did.
    Other { raw: String, input: String, members: Vec<(String, String)> },
    /// One that is not told.
    Silent,
}

impl Reader {
    /// A reader at the start of an answer. `hidden`: the answer comes as the input of [`ANSWER`]. `container`:
    /// where code is to run, if the request says so.
    #[must_use]
    pub fn new(provider: String, hidden: bool, container: Option<String>) -> Self {
        let services = Services::new(container);
        Self { provider, hidden, open: BTreeMap::new(), tally: Tally::default(), services, room: MOST_EXTRA }
    }

    fn unreadable(&self) -> Error {
        Error::unreadable(&self.provider)
    }

    fn object<'a>(&self, object: &Object<'a>, name: &str) -> Result<Object<'a>, Error> {
        let value = object.get(name).ok_or_else(|| self.unreadable())?;
        Object::parse(value.as_bytes()).map_err(|_| self.unreadable())
    }

    /// The provider's own error.
    fn error(&self, object: &Object<'_>) -> Error {
        let inner = self.object(object, "error");
        inner.ok().and_then(|inner| error::read(500, &inner)).unwrap_or_else(|| self.unreadable())
    }

    /// What a message says of itself, and the blocks that it has already.
    fn message(&mut self, message: &Object<'_>, out: &mut dyn Answer) {
        let usage = object_of(message.get("usage"));
        let tier = usage.as_ref().and_then(|usage| usage.string("service_tier"));
        out.about(About {
            id: message.get("id").and_then(Text::of),
            model: message.get("model").and_then(Text::of),
            service_tier: match tier.as_deref() {
                Some("standard") => Some("default"),
                Some("priority") => Some("priority"),
                _ => None,
            },
            ..About::default()
        });
        self.services.container(message);
        for text in message.get("content").into_iter().flat_map(items) {
            if let Some(block) = object_of(Some(text)) {
                let block = self.begin(&block, text, out);
                self.end(block, out);
            }
        }
        if let Some(usage) = usage {
            self.tally.count(&usage);
            out.usage(self.tally.counts());
        }
    }

    /// Begins a block with what it has already.
    fn begin(&mut self, block: &Object<'_>, text: &str, out: &mut dyn Answer) -> Block {
        let string = |name: &str| block.get(name).and_then(Text::of).unwrap_or(Text::Plain(""));
        let input = block.get("input").filter(|input| !is_empty(input));
        match block.string("type").as_deref() {
            // Beside the hidden tool text is no part of the answer.
            Some("text") if self.hidden => Block::Silent,
            Some("text") => {
                let start = out.chars(0);
                out.text(0, string("text"));
                let citations = block.get("citations").into_iter().flat_map(items);
                Block::Text { start, citations: citations.map(str::to_owned).collect() }
            }
            Some("thinking") => {
                out.reasoning(0, string("thinking"));
                Block::Thinking { signature: string("signature").decoded().into_owned() }
            }
            Some("redacted_thinking") => {
                out.redacted(0, string("data"));
                Block::Silent
            }
            Some("tool_use") if self.hidden && block.string("name").as_deref() == Some(ANSWER) => {
                out.text(0, Text::Plain(input.unwrap_or_default()));
                Block::Input { empty: input.is_none() }
            }
            Some("tool_use") => {
                let call =
                    Call { id: block.get("id").and_then(Text::of), name: string("name"), signature: None };
                let call = out.tool_call(0, call);
                out.arguments(0, call, Text::Plain(input.unwrap_or_default()));
                Block::Tool { call, empty: input.is_none() }
            }
            _ => {
                self.services.begin(block, out);
                if text.len() > self.room {
                    return Block::Silent;
                }
                Block::Other { raw: text.to_owned(), input: String::new(), members: Vec::new() }
            }
        }
    }

    /// Adds to a block.
    fn add(&mut self, index: u64, delta: &Object<'_>, out: &mut dyn Answer) -> Flow {
        let Some(block) = self.open.get_mut(&index) else { return Flow::Unknown };
        let string = |name: &str| delta.get(name).and_then(Text::of).unwrap_or(Text::Plain(""));
        match (block, delta.string("type").as_deref()) {
            (Block::Text { .. }, Some("text_delta")) => out.text(0, string("text")),
            (Block::Text { citations, .. }, Some("citations_delta")) => {
                citations.extend(delta.get("citation").map(str::to_owned));
            }
            (Block::Thinking { .. }, Some("thinking_delta")) => out.reasoning(0, string("thinking")),
            (Block::Thinking { signature }, Some("signature_delta")) => {
                let more = string("signature").decoded();
                if signature.len().saturating_add(more.len()) <= MOST_EXTRA {
                    signature.push_str(&more);
                }
            }
            (Block::Tool { call, empty }, Some("input_json_delta")) => {
                *empty &= string("partial_json").is_empty();
                out.arguments(0, *call, string("partial_json"));
            }
            (Block::Input { empty }, Some("input_json_delta")) => {
                *empty &= string("partial_json").is_empty();
                out.text(0, string("partial_json"));
            }
            (Block::Other { raw, input, .. }, Some("input_json_delta")) => {
                input.push_str(&string("partial_json").decoded());
                if raw.len().saturating_add(input.len()) > self.room {
                    self.open.insert(index, Block::Silent);
                }
            }
            (Block::Other { raw, members, .. }, _) => {
                let mut size = raw.len();
                for member in delta.members().iter().filter(|member| member.name != "type") {
                    let value = delta.value(member).to_owned();
                    size = size.saturating_add(value.len());
                    members.retain(|(name, _)| *name != member.name);
                    members.push((member.name.clone().into_owned(), value));
                }
                if size > self.room || members.len() > MOST_OPEN {
                    self.open.insert(index, Block::Silent);
                }
            }
            (Block::Silent, _) => {}
            _ => return Flow::Unknown,
        }
        self.flush(index, out);
        Flow::More
    }

    /// Tells citations early where there are too many to keep.
    fn flush(&mut self, index: u64, out: &mut dyn Answer) {
        let Some(Block::Text { start, citations }) = self.open.get_mut(&index) else { return };
        let size = citations.iter().map(String::len).sum::<usize>();
        if citations.len() > MOST_OPEN || size > MOST_CITED {
            let (start, citations) = (*start, core::mem::take(citations));
            self.cite(start, &citations, out);
        }
    }

    fn end(&mut self, block: Block, out: &mut dyn Answer) {
        match block {
            Block::Text { start, citations } => self.cite(start, &citations, out),
            Block::Thinking { signature } => out.signature(0, Text::Plain(&signature)),
            Block::Input { empty: true } => out.text(0, Text::Plain("{}")),
            // So that it is known to be whole before the next block begins.
            Block::Tool { call, empty: true } => out.arguments(0, call, Text::Plain("{}")),
            Block::Other { raw, input, members } => {
                let block = completed(raw, &input, &members);
                self.services.end(&block, out);
                if let Some(room) = self.room.checked_sub(block.len()) {
                    self.room = room;
                    out.extra(0, &block);
                }
            }
            Block::Input { .. } | Block::Tool { .. } | Block::Silent => {}
        }
    }

    /// What a block of text rests on: web pages by their place in the answer, everything else as it is.
    fn cite(&mut self, start: usize, citations: &[String], out: &mut dyn Answer) {
        let end = out.chars(0);
        for text in citations {
            let Some(citation) = object_of(Some(text)) else { continue };
            let Some(room) = self.room.checked_sub(text.len()) else { continue };
            self.room = room;
            match citation.get("url").and_then(Text::of) {
                Some(url) => {
                    let title = citation.get("title").and_then(Text::of);
                    out.citation(0, Citation { url, title, start, end });
                }
                None => out.source(0, text),
            }
        }
    }

    /// Why the answer ended, if it says so.
    fn finish(&mut self, object: &Object<'_>, out: &mut dyn Answer) {
        let Some(reason) = object.string("stop_reason") else { return };
        let reason = match reason.as_ref() {
            "max_tokens" | "model_context_window_exceeded" | "pause_turn" => FinishReason::Length,
            "tool_use" => FinishReason::ToolCalls,
            "refusal" => FinishReason::ContentFilter,
            // `end_turn`, `stop_sequence`, and those to come.
            _ => FinishReason::Stop,
        };
        if reason == FinishReason::ContentFilter {
            let details = object_of(object.get("stop_details"));
            let why = details.as_ref().and_then(|details| details.get("explanation")).and_then(Text::of);
            out.refusal(0, why.unwrap_or(Text::Plain("")));
        }
        out.finish(0, reason);
    }
}

impl Translate for Reader {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        if body.string("type").as_deref() == Some("error") {
            return Err(self.error(body));
        }
        if body.get("content").is_none_or(|content| kind(content) != Kind::Array) {
            return Err(self.unreadable());
        }
        self.message(body, out);
        self.finish(body, out);
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        let data = Object::parse(event.data.as_bytes()).map_err(|_| self.unreadable())?;
        let named = data.string("type");
        let index = || data.get("index").and_then(|index| index.parse::<u64>().ok());
        match named.as_deref().or(event.name).unwrap_or_default() {
            "message_start" => {
                let message = self.object(&data, "message")?;
                self.message(&message, out);
            }
            "content_block_start" => {
                let index = index().ok_or_else(|| self.unreadable())?;
                let block = self.object(&data, "content_block")?;
                if self.open.len() >= MOST_OPEN {
                    return Err(self.unreadable());
                }
                let block = self.begin(&block, data.get("content_block").unwrap_or_default(), out);
                if let Some(unended) = self.open.insert(index, block) {
                    self.end(unended, out);
                }
            }
            "content_block_delta" => {
                let index = index().ok_or_else(|| self.unreadable())?;
                let delta = self.object(&data, "delta")?;
                return Ok(self.add(index, &delta, out));
            }
            "content_block_stop" => {
                let block = index().and_then(|index| self.open.remove(&index));
                self.end(block.unwrap_or(Block::Silent), out);
            }
            "message_delta" => {
                if let Some(usage) = object_of(data.get("usage")) {
                    self.tally.count(&usage);
                    out.usage(self.tally.counts());
                }
                let delta = self.object(&data, "delta")?;
                self.finish(&delta, out);
            }
            "message_stop" => {
                while let Some((_, block)) = self.open.pop_first() {
                    self.end(block, out);
                }
                return Ok(Flow::Last);
            }
            "error" => return Err(self.error(&data)),
            "ping" => {}
            _ => return Ok(Flow::Unknown),
        }
        Ok(Flow::More)
    }
}

/// A block with what came after its beginning.
fn completed(raw: String, input: &str, members: &[(String, String)]) -> String {
    let has_input = Object::parse(input.as_bytes()).is_ok();
    let block = Object::parse(raw.as_bytes()).ok().filter(|_| has_input || !members.is_empty());
    let Some(block) = block else { return raw };
    let mut out = Writer::with_capacity(raw.len().saturating_add(input.len()));
    out.object(|out| {
        for member in block.members() {
            if !members.iter().any(|(name, _)| *name == member.name) {
                let value = if has_input && member.name == "input" { input } else { block.value(member) };
                out.raw_member(&member.name, value);
            }
        }
        for (name, value) in members {
            out.raw_member(name, value);
        }
    });
    out.finish()
}

/// The object in a value.
fn object_of(value: Option<&str>) -> Option<Object<'_>> {
    Object::parse(value?.as_bytes()).ok()
}

fn is_empty(object: &str) -> bool {
    object_of(Some(object)).is_none_or(|object| object.members().is_empty())
}

/// What was counted so far.
#[derive(Debug, Default)]
struct Tally {
    input: u64,
    output: u64,
    read: Option<u64>,
    written: Option<u64>,
    thought: Option<u64>,
    /// `"server_tool_use":{…}` and the like, by name.
    more: BTreeMap<&'static str, String>,
}

impl Tally {
    /// Takes over what is said again.
    fn count(&mut self, usage: &Object<'_>) {
        let number = |name: &str| usage.get(name).and_then(|count| count.parse::<u64>().ok());
        self.input = number("input_tokens").unwrap_or(self.input);
        self.output = number("output_tokens").unwrap_or(self.output);
        self.read = number("cache_read_input_tokens").or(self.read);
        self.written = number("cache_creation_input_tokens").or(self.written);
        let details = object_of(usage.get("output_tokens_details"));
        let thought = details.as_ref().and_then(|details| details.get("thinking_tokens"));
        self.thought = thought.and_then(|count| count.parse().ok()).or(self.thought);
        // Searches are paid for one by one, and writing to a cache by how long it stays there.
        for name in ["cache_creation", "server_tool_use"] {
            if let Some(object) = usage.get(name).filter(|value| kind(value) == Kind::Object) {
                self.more.insert(name, object.to_owned());
            }
        }
    }

    fn counts(&self) -> Counts {
        let cached = self.read.unwrap_or(0).saturating_add(self.written.unwrap_or(0));
        Counts {
            input: self.input.saturating_add(cached),
            output: self.output,
            cached: self.read,
            cache_write: self.written,
            reasoning: self.thought,
            more: self.more.iter().map(|(name, object)| format!(",\"{name}\":{object}")).collect(),
            ..Counts::default()
        }
    }
}
