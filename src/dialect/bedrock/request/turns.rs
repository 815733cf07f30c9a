//! System texts, and the messages as turns of user and assistant.
//!
//! Results of tools are the user's, first in the message that follows the calls, whatever their order; what
//! the same side says in several messages is one turn. Blank texts are left out, since Bedrock refuses them:
//! a turn that would be empty is a full stop.

use super::media::{self, Kind, Media};
use super::tools::check_name;
use crate::chat::{ChatRequest, Content, Message, Role};
use crate::dialect::Call;
use crate::dialect::bedrock::models::{Caching, Model, Results};
use crate::error::{Error, shown};
use crate::wire::json::Object;
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The messages, in Converse's order.
#[derive(Debug, Default)]
pub(super) struct Turns<'a> {
    system: Vec<Block<'a>>,
    turns: Vec<Turn<'a>>,
}

#[derive(Debug)]
struct Turn<'a> {
    assistant: bool,
    /// Results of tools, which come first.
    results: Vec<Block<'a>>,
    blocks: Vec<Block<'a>>,
}

#[derive(Debug)]
enum Block<'a> {
    Text(Text<'a>),
    /// A text without the white space at its end.
    Trimmed(String),
    Media(Media<'a>),
    Thought {
        text: String,
        signature: String,
    },
    Redacted(String),
    Call {
        id: String,
        name: Cow<'a, str>,
        input: String,
    },
    Result {
        id: String,
        blocks: Vec<Block<'a>>,
    },
    CachePoint {
        mark: &'a str,
        lives: bool,
    },
}

/// What stands where Bedrock wants a text and there is none.
const NOTHING: Block<'static> = Block::Text(Text::Plain("."));

/// The most cache points that a request may have.
pub(super) const MOST_CACHE_POINTS: usize = 4;

/// What is remembered from message to message.
struct Reading<'c, 'u> {
    call: &'c mut Call<'u>,
    model: Model,
    /// The names of the documents so far.
    names: media::Names,
    /// The ids of calls.
    ids: Ids,
    /// How many cache points there are, of the four that a request may have.
    points: usize,
}

impl<'a> Turns<'a> {
    /// `points`: how many cache points stand among the tools.
    pub(super) fn read(
        call: &mut Call<'_>,
        request: &ChatRequest<'a>,
        model: &Model,
        points: usize,
    ) -> Result<Self, Error> {
        let mut reading =
            Reading { call, model: *model, names: media::Names::new(), ids: Ids::default(), points };
        let mut turns = Self::default();
        for message in &request.messages {
            match message.role {
                Role::System | Role::Developer => {
                    let why = "system and developer messages are text alone with Bedrock.";
                    turns.system.extend(reading.texts(message, why)?);
                }
                Role::User => turns.add(false, [], reading.parts(message)?),
                Role::Tool => {
                    let mut blocks = reading.parts(message)?;
                    let mark = blocks.pop_if(|block| matches!(block, Block::CachePoint { .. }));
                    if blocks.is_empty() {
                        blocks.push(NOTHING);
                    }
                    let id = reading.ids.result(&message.tool_call_id).ok_or_else(|| {
                        Error::invalid(
                            "Invalid parameter: messages with role 'tool' must be a response to a preceding \
                             message with 'tool_calls'.",
                        )
                        .param(format!("messages.[{}].role", message.at))
                    })?;
                    turns.add(false, [Block::Result { id, blocks }].into_iter().chain(mark), []);
                }
                Role::Assistant => {
                    if turns.turns.last().is_some_and(|turn| !turn.assistant) {
                        reading.ids.check(message.at)?;
                    }
                    let blocks = reading.assistant(message)?;
                    if !blocks.is_empty() {
                        turns.add(true, [], blocks);
                    }
                }
            }
            if message.name.is_some() && message.role != Role::Tool {
                reading.call.drop_param(&format!("messages[{}].name", message.at))?;
            }
        }
        reading.ids.check(request.messages.len())?;
        turns.settle(model);
        Ok(turns)
    }

    /// Adds to the last turn if it is of that side, or to a new one.
    fn add(
        &mut self,
        assistant: bool,
        results: impl IntoIterator<Item = Block<'a>>,
        blocks: impl IntoIterator<Item = Block<'a>>,
    ) {
        if self.turns.last().is_none_or(|turn| turn.assistant != assistant) {
            self.turns.push(Turn { assistant, results: Vec::new(), blocks: Vec::new() });
        }
        if let Some(turn) = self.turns.last_mut() {
            turn.results.extend(results);
            turn.blocks.extend(blocks);
        }
    }

    /// What the whole needs: a user who begins, texts beside documents, results apart from what a model does
    /// not take beside them.
    fn settle(&mut self, model: &Model) {
        let user = |results, blocks| Turn { assistant: false, results, blocks };
        if self.turns.first().is_none_or(|turn| turn.assistant && model.user_first) {
            self.turns.insert(0, user(Vec::new(), vec![NOTHING]));
        }
        let mut turns = Vec::with_capacity(self.turns.len());
        for mut turn in self.turns.drain(..) {
            let files = turn.blocks.iter().any(|block| block.is(&[Kind::Document, Kind::Video]));
            let apart = match model.results {
                Results::Shared => false,
                Results::WithoutFiles => files,
                Results::Alone => !turn.blocks.is_empty(),
            };
            if apart && !turn.results.is_empty() {
                // Bedrock would join two turns of one side.
                turns.push(user(core::mem::take(&mut turn.results), Vec::new()));
                turns.push(Turn { assistant: true, results: Vec::new(), blocks: vec![NOTHING] });
            }
            let has_text = turn.blocks.iter().any(|block| matches!(block, Block::Text(_)));
            let document = turn.blocks.iter().any(|block| block.is(&[Kind::Document]));
            if (document && !has_text) || (turn.blocks.is_empty() && turn.results.is_empty()) {
                turn.blocks.push(NOTHING);
            }
            turns.push(turn);
        }
        // "final assistant content cannot end with trailing whitespace"
        if let Some(Turn { assistant: true, blocks, .. }) = turns.last_mut()
            && let Some(last) = blocks.last_mut()
            && let Block::Text(text) = last
        {
            let decoded = text.decoded();
            let trimmed = decoded.trim_end();
            if trimmed.len() < decoded.len() {
                *last = Block::Trimmed(trimmed.to_owned());
            }
        }
        self.turns = turns;
    }

    pub(super) fn has_system(&self) -> bool {
        !self.system.is_empty()
    }

    /// The elements of `system`.
    pub(super) fn write_system(&self, out: &mut Writer) {
        self.system.iter().for_each(|block| block.write(out));
    }

    /// `messages`
    pub(super) fn write_messages(&self, out: &mut Writer) {
        out.begin_array();
        for turn in &self.turns {
            out.object(|out| {
                out.text_member("role", if turn.assistant { "assistant" } else { "user" });
                out.name("content");
                out.begin_array();
                turn.results.iter().chain(&turn.blocks).for_each(|block| block.write(out));
                out.end_array();
            });
        }
        out.end_array();
    }
}

impl Reading<'_, '_> {
    /// The content of a message that may hold texts alone; `why` is said of anything else.
    fn texts<'a>(&mut self, message: &Message<'a>, why: &str) -> Result<Vec<Block<'a>>, Error> {
        let mut blocks = Vec::new();
        for part in &message.parts {
            let (Content::Text(text) | Content::Refusal(text)) = part.content else {
                return Err(part.refused(why));
            };
            if !is_blank(text) {
                blocks.push(Block::Text(text));
                self.mark(&mut blocks, part.cache_control, &part.path.to_string())?;
            }
        }
        self.mark(&mut blocks, message.cache_control, &format!("messages[{}]", message.at))?;
        Ok(blocks)
    }

    /// The content of a user's or a tool's message.
    fn parts<'a>(&mut self, message: &Message<'a>) -> Result<Vec<Block<'a>>, Error> {
        let mut blocks = Vec::new();
        for part in &message.parts {
            if let Content::Text(text) | Content::Refusal(text) = part.content {
                if is_blank(text) {
                    continue;
                }
                blocks.push(Block::Text(text));
            } else {
                let media = media::read(part, &mut self.names)?;
                if message.role == Role::Tool && media.kind == Kind::Audio {
                    return Err(part.refused("Bedrock takes no sound as the result of a tool."));
                }
                blocks.push(Block::Media(media));
                if let Content::Image { detail: Some(detail), .. } = &part.content
                    && detail != "auto"
                {
                    self.call.drop_param(&format!("{}.image_url.detail", part.path))?;
                }
            }
            self.mark(&mut blocks, part.cache_control, &part.path.to_string())?;
        }
        self.mark(&mut blocks, message.cache_control, &format!("messages[{}]", message.at))?;
        Ok(blocks)
    }

    /// What an assistant had thought, said and called.
    fn assistant<'a>(&mut self, message: &Message<'a>) -> Result<Vec<Block<'a>>, Error> {
        let mut blocks = Vec::new();
        // Thoughts without a signature are nobody's: Claude refuses them, and others take them for text.
        if message.reasoning.is_some() && !(self.model.signs && message.signature.is_some()) {
            self.call.drop_param(&format!("messages[{}].reasoning", message.at))?;
        }
        let foreign = !self.model.signs;
        for (name, given) in [
            ("reasoning_signature", foreign && message.signature.is_some()),
            ("redacted_reasoning", foreign && message.redacted.is_some()),
            ("extra_content", message.extra.is_some()),
        ] {
            if given {
                self.call.drop_param(&format!("messages[{}].{name}", message.at))?;
            }
        }
        // Of another vendor's calls.
        for signed in message.tool_calls.iter().filter(|call| call.signature.is_some()) {
            self.call.drop_param(&format!("{}.thought_signature", signed.path))?;
        }
        if self.model.signs {
            if let Some(signature) = message.signature {
                let text = message.reasoning.map(Text::decoded).unwrap_or_default();
                thoughts(&text, &signature.decoded(), &mut blocks);
            }
            let redacted = message.redacted.map(Text::decoded).unwrap_or_default();
            blocks.extend(redacted.split_whitespace().map(|data| Block::Redacted(data.to_owned())));
        }
        blocks.extend(self.texts(message, "with Bedrock only the user sends pictures and files.")?);
        for tool_call in &message.tool_calls {
            check_name(&tool_call.name, &format!("{}.function.name", tool_call.path))?;
            blocks.push(Block::Call {
                id: self.ids.call(&tool_call.id, &self.model),
                name: tool_call.name.clone(),
                input: tool_call.object().into_owned(),
            });
        }
        Ok(blocks)
    }

    /// Adds a cache point behind the last block, or before the files that stand last: Bedrock refuses one
    /// behind a document or a video.
    fn mark<'a>(
        &mut self,
        blocks: &mut Vec<Block<'a>>,
        mark: Option<&'a str>,
        place: &str,
    ) -> Result<(), Error> {
        let Some(mark) = mark else { return Ok(()) };
        let files = blocks.iter().rev().take_while(|block| block.is(&[Kind::Document, Kind::Video])).count();
        let at = blocks.len().saturating_sub(files);
        let Some(before) = blocks.get(..at).and_then(<[_]>::last) else {
            return self.call.drop_param(&format!("{place}.cache_control"));
        };
        let is_marked = matches!(before, Block::CachePoint { .. });
        if self.model.caching == Caching::None || (!is_marked && self.points >= MOST_CACHE_POINTS) {
            return self.call.drop_param(&format!("{place}.cache_control"));
        }
        if !is_marked {
            self.points = self.points.saturating_add(1);
            let lives = self.model.caching == Caching::Claude;
            blocks.insert(at, Block::CachePoint { mark, lives });
        }
        Ok(())
    }
}

impl Block<'_> {
    fn is(&self, kinds: &[Kind]) -> bool {
        matches!(self, Block::Media(media) if kinds.contains(&media.kind))
    }

    fn write(&self, out: &mut Writer) {
        match self {
            Block::Text(text) => out.object(|out| out.text_member("text", *text)),
            Block::Trimmed(text) => out.object(|out| out.text_member("text", text.as_str())),
            Block::Media(media) => media.write(out),
            Block::Thought { text, signature } => out.object(|out| {
                out.object_member("reasoningContent", |out| {
                    out.object_member("reasoningText", |out| {
                        out.text_member("text", text.as_str());
                        out.text_member("signature", signature.as_str());
                    });
                });
            }),
            Block::Redacted(data) => out.object(|out| {
                out.object_member("reasoningContent", |out| {
                    out.text_member("redactedContent", data.as_str());
                });
            }),
            Block::Call { id, name, input } => out.object(|out| {
                out.object_member("toolUse", |out| {
                    out.text_member("toolUseId", id.as_str());
                    out.text_member("name", name.as_ref());
                    out.raw_member("input", input);
                });
            }),
            Block::Result { id, blocks } => out.object(|out| {
                out.object_member("toolResult", |out| {
                    out.text_member("toolUseId", id.as_str());
                    out.name("content");
                    out.begin_array();
                    blocks.iter().for_each(|block| block.write(out));
                    out.end_array();
                });
            }),
            Block::CachePoint { mark, lives } => cache_point(out, mark, *lives),
        }
    }
}

/// A cache point for a mark of the client's: `{"type":"ephemeral","ttl":"1h"}`. `lives`: the model takes a
/// time to live.
pub(super) fn cache_point(out: &mut Writer, mark: &str, lives: bool) {
    let mark = Object::parse(mark.as_bytes()).ok().filter(|_| lives);
    let ttl = mark.and_then(|mark| mark.string("ttl")).filter(|ttl| matches!(ttl.as_ref(), "5m" | "1h"));
    out.object(|out| {
        out.object_member("cachePoint", |out| {
            out.text_member("type", "default");
            if let Some(ttl) = &ttl {
                out.text_member("ttl", ttl.as_ref());
            }
        });
    });
}

/// Whether a text stands for nothing, which Bedrock refuses: "text content blocks must be non-empty", and
/// for Claude "must contain non-whitespace text".
fn is_blank(text: Text<'_>) -> bool {
    text.is_empty() || text.decoded().trim().is_empty()
}

/// The blocks of what was thought: `s1 n s2` are signatures, and how many characters came before the second.
fn thoughts(text: &str, signatures: &str, blocks: &mut Vec<Block<'_>>) {
    let mut words = signatures.split(' ').filter(|word| !word.is_empty());
    let (mut rest, mut before) = (text, 0_usize);
    while let Some(signature) = words.next() {
        let end = words.next().and_then(|number| number.parse::<usize>().ok());
        let length = end.map_or(usize::MAX, |end| end.saturating_sub(before));
        let at = rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at);
        let (thought, behind) = rest.split_at_checked(at).unwrap_or((rest, ""));
        blocks.push(Block::Thought { text: thought.to_owned(), signature: signature.to_owned() });
        (rest, before) = (behind, end.unwrap_or(usize::MAX));
    }
}

/// An id of a call as the model takes it: Bedrock's are `[a-zA-Z0-9_.:-]{1,64}`, Mistral's nine letters and
/// digits. Calls and results that had the same id have it still.
/// The ids of calls, each once in a request, and of those that wait for a result, beside the client's.
#[derive(Debug, Default)]
struct Ids {
    sent: BTreeSet<String>,
    /// The last number of an id that came again, so that none is tried twice.
    counts: BTreeMap<String, u32>,
    waiting: Vec<(String, String)>,
}

impl Ids {
    /// The id that is sent for a call; some clients count anew in each turn.
    fn call(&mut self, id: &str, model: &Model) -> String {
        let mut sent = tool_id(id, model);
        let count = self.counts.entry(id.to_owned()).or_insert(1);
        while !self.sent.insert(sent.clone()) {
            *count = count.saturating_add(1);
            sent = tool_id(&format!("{id} {count}"), model);
        }
        self.waiting.push((id.to_owned(), sent.clone()));
        sent
    }

    /// The id of the call that a result is of: of several with one id, the first that waits.
    fn result(&mut self, id: &str) -> Option<String> {
        let at = self.waiting.iter().position(|(waiting, _)| waiting == id)?;
        Some(self.waiting.remove(at).1)
    }

    /// Refuses calls that have no result before this message, as OpenAI does.
    fn check(&self, at: usize) -> Result<(), Error> {
        let Some((id, _)) = self.waiting.first() else { return Ok(()) };
        Err(Error::invalid(format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
             'tool_call_id'. The following tool_call_id has no response message: {}",
            shown(id)
        ))
        .param(format!("messages.[{at}].role")))
    }
}

fn tool_id(id: &str, model: &Model) -> String {
    const LENGTH: usize = 64;
    const SHORT: usize = 9;
    let fits = |signs: &[u8]| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || signs.contains(&byte));
    let taken = if model.short_ids {
        id.len() == SHORT && fits(b"")
    } else {
        (1..=LENGTH).contains(&id.len()) && fits(b"_.:-")
    };
    if taken {
        return id.to_owned();
    }
    // FNV-1a, in letters and digits.
    let hash = id.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hex = format!("{hash:016x}");
    if model.short_ids { hex.chars().take(SHORT).collect() } else { format!("call_{hex}") }
}
