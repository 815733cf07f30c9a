//! A streamed chat answer, chunk by chunk. What is mended is the table at the head of the folder.

use super::message::{self, Gathered, MOST_CALLS, SOURCES, Thought};
use super::{Head, MOST_CHOICES, call_id, finish, hash, head, logprobs, usage};
use crate::chat::Ids;
use crate::surface::Wanted;
use crate::wire::json::{Kind, Object, kind, string};
use crate::wire::node::Node;
use crate::wire::splice::Splices;
use crate::wire::sse::Event;
use core::ops::Range;
use memchr::memmem;
use std::borrow::Cow;

/// The longest chunk, in bytes without its text, that others are compared with.
const MOST_PLAIN: usize = 4 << 10;
/// The most bytes of what stands beside the choices that are kept for the last chunk.
const MOST_KEPT: usize = 256 << 10;

/// The state of one streamed chat answer.
#[derive(Debug)]
pub struct Mender {
    wanted: Wanted,
    /// What the chunks say of themselves.
    head: Option<Head>,
    choices: Vec<Choice>,
    /// The last values of [`SOURCES`].
    sources: [String; SOURCES.len()],
    /// A chunk with usage passed.
    usage_seen: bool,
    /// Usage that stood where clients do not look for it.
    usage: Option<String>,
    /// The last chunk that said nothing but text.
    plain: Option<Plain>,
}

/// A chunk that says nothing but text: what stands around that, and what becomes of it.
#[derive(Debug)]
struct Plain {
    before: Vec<u8>,
    behind: Vec<u8>,
    /// What stands around the text in the client's chunk, which may hold it more than once; empty: it is
    /// the provider's.
    around: Vec<Vec<u8>>,
    /// The text is reasoning.
    reasons: bool,
}

/// A chunk for who reads it.
#[derive(Debug)]
pub enum Told<'d> {
    /// More text, or reasoning, of this choice, and nothing else: a JSON string.
    Text {
        /// The choice.
        choice: u64,
        /// It is reasoning.
        reasons: bool,
        /// The string.
        text: &'d str,
    },
    /// Its data, in OpenAI's form.
    Chunk(Cow<'d, str>),
}

/// What is known of a choice.
#[derive(Debug, Default)]
struct Choice {
    index: u64,
    /// Its role was told.
    role: bool,
    finished: bool,
    /// The pages that it cites were told.
    sourced: bool,
    calls: Vec<Call>,
    thought: Thought,
    gathered: Gathered,
}

/// A tool call that has begun.
#[derive(Debug)]
struct Call {
    /// The provider's index.
    index: Option<u64>,
    /// Its id, hashed.
    id: u64,
    /// Some of its arguments were told.
    arguments: bool,
}

impl Mender {
    /// The answer to a client that wants this.
    #[must_use]
    pub fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            head: None,
            choices: Vec::new(),
            sources: Default::default(),
            usage_seen: false,
            usage: None,
            plain: None,
        }
    }

    /// A whole event in the client's form; `None`: it has it already.
    pub fn event(&mut self, event: &[u8]) -> Option<Vec<u8>> {
        if let Some((told, thought)) = self.plain.as_ref().and_then(|plain| plain.told(event)) {
            if let Some(choice) = self.choices.first_mut() {
                choice.thought.chars = choice.thought.chars.saturating_add(thought);
            }
            return told;
        }
        let read = Event::read(event)?;
        let data = read.data.as_deref().filter(|_| read.name.is_none())?;
        if data.trim() == "[DONE]" {
            let closing = self.closing();
            return (!closing.is_empty()).then(|| [&closing, event].concat());
        }
        let (splices, text) = self.chunk(data)?;
        // Where its data is one line it is changed in its place.
        let at = memmem::find(event, data.as_bytes());
        let around = at.and_then(|at| Some((event.get(..at)?, event.get(at.saturating_add(data.len())..)?)));
        let changed = (!splices.is_empty()).then(|| splices.apply(data.as_bytes().to_vec()));
        if let (Some((before, behind)), Some(text)) = (around, text) {
            self.learn(before, data, behind, text, changed.as_deref());
        }
        let changed = changed?;
        Some(match around {
            Some((before, behind)) => [before, &changed, behind].concat(),
            None => {
                let lines = changed.split(|byte| *byte == b'\n');
                let lines: Vec<Vec<u8>> = lines.map(|line| [b"data: ", line, b"\n"].concat()).collect();
                [lines.concat().as_slice(), b"\n"].concat()
            }
        })
    }

    /// What the data of an event says, for who does not pass it on but reads it; `None`: it is no chunk. A stream is
    /// either read or passed.
    pub fn read<'d>(&mut self, data: &'d str) -> Option<Told<'d>> {
        if let (Some(plain), [choice]) = (&self.plain, self.choices.as_mut_slice())
            && let Some(inner) = plain.text(data.as_bytes()).filter(|inner| is_json(inner))
            && let Some(thought) = plain.thought(inner)
        {
            choice.thought.chars = choice.thought.chars.saturating_add(thought);
            let start = plain.before.len().saturating_sub(1);
            let end = data.len().saturating_sub(plain.behind.len()).saturating_add(1);
            return Some(Told::Text {
                choice: choice.index,
                reasons: plain.reasons,
                text: data.get(start..end)?,
            });
        }
        let (splices, text) = self.chunk(data)?;
        if let Some(text) = text.filter(|_| self.choices.len() == 1)
            && let (Some(start), Some(end)) = (data.get(..text.start), data.get(text.end..))
            && start.len().saturating_add(end.len()) <= MOST_PLAIN
        {
            self.plain = Some(Plain::new(start, end, &[], &[], Vec::new()));
        }
        if splices.is_empty() {
            return Some(Told::Chunk(Cow::Borrowed(data)));
        }
        String::from_utf8(splices.apply(data.as_bytes().to_vec())).ok().map(|data| Told::Chunk(data.into()))
    }

    /// Remembers a chunk that says nothing but the text at this range of its data. What becomes of others
    /// like it is seen from what becomes of it with another text.
    fn learn(
        &mut self,
        before: &[u8],
        data: &str,
        behind: &[u8],
        text: Range<usize>,
        changed: Option<&[u8]>,
    ) {
        const OTHER: &str = "@another text@";
        // Where there are more choices it is not known here whose thought is counted.
        let [choice] = self.choices.as_slice() else { return };
        let chars = choice.thought.chars;
        let parts = (data.get(..text.start), data.get(text.clone()), data.get(text.end..));
        let (Some(start), Some(text), Some(end)) = parts else { return };
        if start.len().saturating_add(end.len()) > MOST_PLAIN {
            return;
        }
        let around = match changed {
            None => Vec::new(),
            Some(changed) => {
                let other = [start, OTHER, end].concat();
                let Some((splices, _)) = self.chunk(&other) else { return };
                if let Some(choice) = self.choices.first_mut() {
                    choice.thought.chars = chars;
                }
                let other = splices.apply(other.into_bytes());
                let Ok(other) = String::from_utf8(other) else { return };
                let around: Vec<&str> = other.split(OTHER).collect();
                if around.join(text).as_bytes() != changed || around.len() < 2 {
                    return;
                }
                let mut around: Vec<Vec<u8>> =
                    around.into_iter().map(|piece| piece.as_bytes().to_vec()).collect();
                if let Some(first) = around.first_mut() {
                    first.splice(..0, before.iter().copied());
                }
                if let Some(last) = around.last_mut() {
                    last.extend_from_slice(behind);
                }
                around
            }
        };
        self.plain = Some(Plain::new(start, end, before, behind, around));
    }

    /// Looks at the next chunk, whatever the last one was.
    #[cfg(test)]
    pub(super) fn forget(&mut self) {
        self.plain = None;
    }

    /// What is still to be said before the end.
    pub fn closing(&mut self) -> Vec<u8> {
        let (Some(usage), Some(head)) = (self.usage.take(), &self.head) else { return Vec::new() };
        if self.usage_seen || !self.wanted.usage {
            return Vec::new();
        }
        let Head { id, created, model } = head;
        format!(
            "data: {{\"id\":{id},\"object\":\"chat.completion.chunk\",\"created\":{created},\"model\":{model},\
             \"choices\":[],\"usage\":{usage}}}\n\n"
        )
        .into_bytes()
    }

    /// The changes to a chunk, and where its text stands if it says nothing else.
    fn chunk(&mut self, data: &str) -> Option<(Splices, Option<Range<usize>>)> {
        let mut top = Node::read(data, 0).filter(|top| top.get("error").is_none() && is_chunk(top))?;
        let mut splices = Splices::default();
        let known = self.head.get_or_insert_with(|| Head::of(&top, &self.wanted));
        let own = Head {
            // Groq's compound models give every chunk another one.
            id: known.id.clone(),
            created: top
                .get("created")
                .and_then(super::whole_number)
                .unwrap_or_else(|| known.created.clone()),
            model: top
                .get("model")
                .filter(|model| kind(model) == Kind::String)
                .unwrap_or(&known.model)
                .into(),
        };
        head(&mut top, "chat.completion.chunk", &own);
        usage::complete(&top, &mut splices);
        self.usage_seen = self.usage_seen || top.get("usage").is_some();
        if let Some(usage) = top.child("x_groq").and_then(|own| own.get("usage")) {
            self.usage = Some(usage.to_owned()).filter(|usage| usage.len() <= MOST_KEPT);
        }
        let new_sources = self.keep_sources(&top);
        let mut items = top.items("choices");
        // Some tell usage with a choice that has ended (OpenRouter): where it was asked for it comes alone.
        let ended =
            |(item, at): &(&str, usize)| Node::read(item, *at).is_some_and(|item| self.is_over(&item));
        if self.wanted.usage && top.get("usage").is_some() && !items.is_empty() && items.iter().all(ended) {
            items.clear();
            top.set("choices", "[]");
        }
        let mut text = None;
        for (number, (item, at)) in items.iter().enumerate() {
            let Some(choice) = Node::read(item, *at) else { continue };
            let plain = self.choice(choice, number, &mut splices);
            let alone = items.len() == 1 && top.get("usage").is_none() && top.get("x_groq").is_none();
            text = plain.filter(|_| alone);
        }
        if new_sources && items.is_empty() {
            self.late_sources(&mut top);
        }
        top.finish(&mut splices);
        Some((splices, text))
    }

    /// Whether a choice has ended before, and now says nothing more.
    fn is_over(&self, choice: &Node<'_>) -> bool {
        let index = choice.get("index").and_then(|index| index.parse::<u64>().ok());
        let finished = self.choices.iter().any(|known| known.finished && Some(known.index) == index);
        let Some(delta) = choice.child("delta") else { return finished };
        finished && !delta.names().any(|name| name != "role" && says(delta.get(name)))
    }

    /// Keeps what is cited beside the choices for the chunk that ends them. Says whether there is some.
    fn keep_sources(&mut self, top: &Node<'_>) -> bool {
        let mut any = false;
        for (name, kept) in SOURCES.into_iter().zip(&mut self.sources) {
            let Some(value) = top.get(name).filter(|value| value.len() <= MOST_KEPT) else { continue };
            any = true;
            if kept != value {
                kept.clear();
                kept.push_str(value);
            }
        }
        any
    }

    fn sources(&self) -> Vec<message::Source> {
        if self.sources.iter().all(String::is_empty) {
            return Vec::new();
        }
        let known = SOURCES.iter().zip(&self.sources).filter(|(_, list)| !list.is_empty());
        let lists: Vec<String> = known.map(|(name, list)| format!("\"{name}\":{list}")).collect();
        let all = format!("{{{}}}", lists.join(","));
        Node::read(&all, 0).map(|all| message::sources(&all)).unwrap_or_default()
    }

    /// Sources that come behind the last chunk of a choice are told in a chunk of their own.
    fn late_sources(&mut self, top: &mut Node<'_>) {
        let mut gathered = Gathered::of(self.sources());
        let Some(choice) = self.choices.iter_mut().find(|choice| choice.finished && !choice.sourced) else {
            return;
        };
        let mut delta = Node::empty();
        gathered.put(&mut delta);
        if let Some(delta) = delta.text() {
            let index = choice.index;
            let late = format!("[{{\"index\":{index},\"delta\":{delta},\"finish_reason\":null}}]");
            top.set("choices", late);
            choice.sourced = true;
        }
    }

    /// The changes to a choice, and where its text stands if it says nothing else.
    fn choice(&mut self, mut choice: Node<'_>, number: usize, splices: &mut Splices) -> Option<Range<usize>> {
        let index = choice.get("index").and_then(|index| index.parse::<u64>().ok());
        if index.is_none() {
            choice.set("index", number.to_string());
        }
        let index = index.unwrap_or(number as u64);
        let at = self.choices.iter().position(|known| known.index == index);
        let at = at.unwrap_or(self.choices.len());
        if at == self.choices.len() {
            if at == MOST_CHOICES {
                return None;
            }
            self.choices.push(Choice { index, ..Choice::default() });
        }
        let said = choice.string("finish_reason").unwrap_or_default().into_owned();
        let ends = !said.is_empty();
        let first_end = ends && self.choices.get(at).is_some_and(|state| !state.finished);
        let found = if first_end { self.sources() } else { Vec::new() };
        let state = self.choices.get_mut(at)?;

        // Some repeat the whole text so far beside the delta (Perplexity): clients that take both double it.
        if choice.has("delta") {
            choice.remove("message");
        }
        let there = choice.child("delta");
        let is_there = there.is_some();
        let mut delta = there.unwrap_or_else(Node::empty);
        let mut text = state.delta(&mut delta, &self.wanted.ids, at, ends, splices);
        if first_end {
            state.sourced = !found.is_empty();
            found.into_iter().for_each(|source| state.gathered.source(source));
            state.gathered.put(&mut delta);
        }
        if is_there {
            delta.finish(splices);
        } else {
            choice.set("delta", delta.text().unwrap_or_else(|| "{}".to_owned()));
        }
        logprobs(&mut choice, splices);
        if first_end {
            finish(&mut choice, &said, !state.calls.is_empty());
            state.finished = true;
        } else if ends || choice.get("finish_reason").is_some() || !choice.has("finish_reason") {
            choice.set("finish_reason", "null");
        }
        if ends || choice.get("logprobs").is_some() {
            text = None;
        }
        choice.finish(splices);
        text
    }
}

impl Choice {
    /// The changes to a delta, and where its text stands if it holds nothing else.
    fn delta(
        &mut self,
        delta: &mut Node<'_>,
        ids: &Ids,
        at: usize,
        ends: bool,
        splices: &mut Splices,
    ) -> Option<Range<usize>> {
        let told = self.role;
        if !self.role && delta.string("role").as_deref() != Some("assistant") {
            delta.set_text("role", "assistant");
        } else if self.role && delta.has("role") {
            delta.remove("role");
        }
        self.role = true;
        let parts = message::content(delta, &mut self.gathered);
        message::reason(delta, parts, &mut self.thought);
        self.gathered.take(delta);
        if !ends {
            // They are told once, with the reason of the end.
            delta.remove("annotations");
        }
        self.fragments(delta, ids, at, ends, splices);
        message::without_nulls(delta, &["tool_calls", "function_call", "annotations"]);
        if !told {
            return None;
        }
        // One text, and beside it nothing that says anything.
        let mut texts = delta.names().filter(|name| *name != "role" && says(delta.get(name)));
        match (texts.next(), texts.next()) {
            (Some(name @ ("content" | "reasoning" | "reasoning_content")), None) => delta.text_of(name),
            _ => None,
        }
    }

    /// Gives the fragments of tool calls what OpenAI's have.
    fn fragments(
        &mut self,
        delta: &mut Node<'_>,
        ids: &Ids,
        choice: usize,
        ends: bool,
        splices: &mut Splices,
    ) {
        let items = delta.items("tool_calls");
        for (item, at) in &items {
            let Some(mut fragment) = Node::read(item, *at) else { continue };
            if self.calls.len() >= MOST_CALLS {
                continue;
            }
            let mut function = fragment.child("function");
            let name = function.as_ref().and_then(|function| function.string("name"));
            let name = name.filter(|name| !name.is_empty());
            let id = fragment.string("id").filter(|id| !id.is_empty());
            let index = fragment.get("index").and_then(|index| index.parse::<u64>().ok());
            let known = self.place(index, id.as_deref().map(|id| hash(id.as_bytes())), name.is_some());
            let begins = known == self.calls.len();
            let made = call_id(ids, choice, known);
            if begins {
                let id = hash(id.as_deref().unwrap_or(&made).as_bytes());
                self.calls.push(Call { index, id, arguments: false });
            }
            let Some(call) = self.calls.get_mut(known) else { continue };
            if index != Some(known as u64) {
                fragment.set("index", known.to_string());
            }
            if begins {
                if id.is_none() {
                    fragment.set_text("id", &made);
                }
                if fragment.string("type").as_deref() != Some("function") {
                    fragment.set_text("type", "function");
                }
            } else {
                fragment.remove("id");
                fragment.remove("type");
            }
            if let Some(function) = &mut function {
                if begins && function.get("name").is_none() {
                    function.set_text("name", "");
                } else if !begins {
                    function.remove("name");
                }
                let value = function.get("arguments");
                let text = value.filter(|value| kind(value) == Kind::String);
                let blank = match value {
                    None => true,
                    Some(_) => text.and_then(string).is_some_and(|text| text.trim().is_empty()),
                };
                if blank && ends && !call.arguments {
                    function.set_text("arguments", "{}");
                    call.arguments = true;
                } else if let (Some(value), None) = (value, text) {
                    function.set_text("arguments", value);
                } else if value.is_none() && (begins || function.has("arguments")) {
                    function.set_text("arguments", "");
                }
                call.arguments = call.arguments || !blank;
            } else if begins {
                fragment.set("function", "{\"name\":\"\",\"arguments\":\"\"}");
            }
            if let Some(function) = function {
                function.finish(splices);
            }
            fragment.finish(splices);
        }
        if ends && items.is_empty() && !self.finished {
            let bare: Vec<String> = (self.calls.iter().enumerate().filter(|(_, call)| !call.arguments))
                .map(|(at, _)| format!("{{\"index\":{at},\"function\":{{\"arguments\":\"{{}}\"}}}}"))
                .collect();
            if !bare.is_empty() {
                delta.set("tool_calls", format!("[{}]", bare.join(",")));
            }
        }
    }

    /// Which call a fragment belongs to; the number of calls: it begins one.
    fn place(&self, index: Option<u64>, id: Option<u64>, named: bool) -> usize {
        let new = self.calls.len();
        let Some(index) = index else {
            // Without an index the id tells calls apart; without both, a name begins one.
            return match id {
                Some(id) => self.calls.iter().position(|call| call.id == id).unwrap_or(new),
                None if named => new,
                None => new.saturating_sub(1),
            };
        };
        let last = self.calls.iter().rposition(|call| call.index == Some(index));
        match (last, id) {
            (None, _) => new,
            // Some give every call the index 0.
            (Some(at), Some(id)) if named && self.calls.get(at).is_some_and(|call| call.id != id) => new,
            (Some(at), _) => at,
        }
    }
}

fn says(value: Option<&str>) -> bool {
    value.is_some_and(|value| value != "\"\"")
}

impl Plain {
    /// A chunk of which this much stands before and behind its text, and that around its data.
    fn new(start: &str, end: &str, before: &[u8], behind: &[u8], around: Vec<Vec<u8>>) -> Self {
        let reasons = ["reasoning\":", "reasoning_content\":"]
            .iter()
            .any(|name| start.trim_end_matches('"').trim_end().ends_with(name));
        let before = [before, start.as_bytes()].concat();
        let behind = [end.as_bytes(), behind].concat();
        Self { before, behind, around, reasons }
    }

    /// What becomes of a chunk that differs from this one in its text alone: it is not even parsed. As tokens
    /// come by the hundred this is the way that nearly all of them take. `None`: it differs in more.
    /// With it comes the length of its reasoning, in characters.
    fn told(&self, event: &[u8]) -> Option<(Option<Vec<u8>>, usize)> {
        let text = self.text(event)?;
        let thought = self.thought(text)?;
        Some(((!self.around.is_empty()).then(|| self.around.join(text.as_bytes())), thought))
    }

    /// The text of such a chunk, as it stands between its quotes.
    fn text<'e>(&self, event: &'e [u8]) -> Option<&'e str> {
        let text = event.strip_prefix(self.before.as_slice())?.strip_suffix(self.behind.as_slice())?;
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'"', b'\\', rest) {
            match rest.get(at..at.saturating_add(2)) {
                Some([b'\\', _]) => rest = rest.get(at.saturating_add(2)..).unwrap_or_default(),
                _ => return None,
            }
        }
        core::str::from_utf8(text).ok().filter(|text| !text.is_empty())
    }

    /// How many characters of reasoning a text is; `None`: it cannot be decoded.
    fn thought(&self, text: &str) -> Option<usize> {
        match self.reasons {
            true => Some(string(&format!("\"{text}\""))?.chars().count()),
            false => Some(0),
        }
    }
}

/// Whether a text, between quotes, is a JSON string.
fn is_json(inner: &str) -> bool {
    let special = |byte: &u8| *byte == b'\\' || *byte < b' ';
    !inner.as_bytes().iter().any(special) || Object::parse(format!("{{\"\":\"{inner}\"}}").as_bytes()).is_ok()
}

/// Whether an event is a chunk of a chat answer, as far as such things can be told.
fn is_chunk(top: &Node<'_>) -> bool {
    let named = top.string("object").is_some_and(|object| object.starts_with("chat.completion"));
    named || top.has("choices") || (top.has("id") && top.has("usage"))
}
