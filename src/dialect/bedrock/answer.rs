//! Converse's answers, whole and as events of ConverseStream.
//!
//! One reader of blocks serves both: a block of a whole answer is told as its start, its one delta and its
//! end. Sources: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html>.

use super::error;
use super::services::Services;
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::dialect::{Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind, quoted};
use crate::wire::write::Text;

/// The most bytes that are held of blocks which have not ended: signatures, citations, the provider's own
/// tools. What goes over it is not told.
const HELD: usize = 1 << 20;

/// The most blocks that are open at once. Models write one after the other.
const OPEN: usize = 64;

/// The state of one answer.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// The provider's id, for errors.
    provider: String,
    /// The tool that stands for `response_format`: what it is given is the answer's text.
    json_tool: Option<String>,
    open: Vec<Open>,
    services: Services,
    held: usize,
    stopped: bool,
    counted: bool,
}

/// A block that has not ended.
#[derive(Debug)]
struct Open {
    index: u64,
    /// How long the text was when it began.
    from: usize,
    is: Is,
    signature: String,
    redacted: String,
    citations: Vec<String>,
}

/// What is known of a block.
#[derive(Debug)]
enum Is {
    /// Text or thoughts: its deltas say.
    Said,
    /// The client's tool is called; which call, and whether it has no arguments so far.
    Call { call: usize, empty: bool },
    /// The tool that stands for `response_format`.
    Json,
    /// A tool of the provider's own: its start, and what came of its input or its result.
    Own { result: bool, start: String, rest: String },
    /// A picture of this format.
    Image(String),
}

impl Translate for Reader {
    fn framing(&self) -> Framing {
        Framing::EventStream
    }

    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        let message = inner(body, "output").and_then(|output| inner(&output, "message"));
        let message =
            message.ok_or_else(|| Error::new(502, "The provider's answer has no message. Ask again."))?;
        let blocks: Vec<&str> = message.get("content").into_iter().flat_map(items).collect();
        let mut after = blocks.as_slice();
        let mut index = 0_u64;
        while let Some((block, rest)) = after.split_first() {
            self.block(index, block, rest, out);
            index = index.saturating_add(1);
            after = rest;
        }
        self.stop_reason(body, out);
        self.metadata(body, out);
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        let name = event.name.unwrap_or_default();
        if event.exception {
            return Err(error::exception(name, event.data));
        }
        if !EVENTS.contains(&name) {
            return Ok(Flow::Unknown);
        }
        let object = Object::parse(event.data.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
        let index = object.get("contentBlockIndex").and_then(|index| index.parse().ok()).unwrap_or(0);
        match name {
            "contentBlockStart" => {
                if let Some(start) = inner(&object, "start") {
                    self.start(index, &start, out);
                }
            }
            "contentBlockDelta" => {
                if let Some(delta) = inner(&object, "delta") {
                    self.delta(index, &delta, out);
                }
            }
            "contentBlockStop" => self.stop(index, out),
            "messageStop" => {
                while let Some(index) = self.open.first().map(|open| open.index) {
                    self.stop(index, out);
                }
                self.stop_reason(&object, out);
                self.stopped = true;
            }
            "metadata" => {
                self.metadata(&object, out);
                self.counted = true;
            }
            _ => {}
        }
        Ok(if self.stopped && self.counted { Flow::Last } else { Flow::More })
    }

    /// What follows the reason of the end only counts tokens.
    fn may_end(&self) -> bool {
        self.stopped
    }
}

const EVENTS: [&str; 6] =
    ["messageStart", "contentBlockStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"];

impl Reader {
    /// Of an answer of which nothing has come.
    pub(super) fn new(provider: &str, json_tool: Option<String>) -> Self {
        Self { provider: provider.to_owned(), json_tool, ..Self::default() }
    }

    /// A block of a whole answer, and those after it.
    fn block(&mut self, index: u64, text: &str, after: &[&str], out: &mut dyn Answer) {
        let Ok(block) = Object::parse(text.as_bytes()) else { return };
        if let Some(said) = block.get("text").and_then(Text::of) {
            out.text(0, said);
        } else if let Some(reasoning) = inner(&block, "reasoningContent") {
            // A stream has no `reasoningText` around the text and its signature.
            let thought = inner(&reasoning, "reasoningText");
            self.thought(index, thought.as_ref().unwrap_or(&reasoning), out);
        } else if let Some(cited) = inner(&block, "citationsContent") {
            self.at(index, out);
            for piece in cited.get("content").into_iter().flat_map(items) {
                if let Some(said) = object(piece).and_then(|piece| piece.get("text").and_then(Text::of)) {
                    out.text(0, said);
                }
            }
            for citation in cited.get("citations").into_iter().flat_map(items) {
                self.cite(index, citation, out);
            }
        } else if let Some(tool) = inner(&block, "toolUse").filter(|tool| !is_own(tool)) {
            self.start(index, &block, out);
            let input = tool.get("input").filter(|input| kind(input) != Kind::Null);
            self.input(index, Text::Plain(input.unwrap_or_default()), out);
        } else if let Some(image) = inner(&block, "image") {
            self.start(index, &block, out);
            self.image(index, &image, out);
        } else if let Some(audio) = inner(&block, "audio").and_then(|audio| bytes(&audio)) {
            out.audio(0, audio);
        } else if !block.members().is_empty() {
            if let Some(tool) = inner(&block, "toolUse") {
                self.services.begin(&tool, out);
            }
            self.services.end(&block, after, out);
            out.extra(0, text);
        }
        self.stop(index, out);
    }

    /// What is said of a block before its content.
    fn start(&mut self, index: u64, start: &Object<'_>, out: &mut dyn Answer) {
        self.stop(index, out);
        let own = |result, tool: &Object<'_>| {
            let members = tool
                .members()
                .iter()
                .map(|member| format!("{}:{}", quoted(&member.name), tool.value(member)));
            let start = members.collect::<Vec<_>>().join(",");
            Is::Own { result, start, rest: String::new() }
        };
        let is = if let Some(tool) = inner(start, "toolUse") {
            let name = tool.get("name").and_then(Text::of).unwrap_or(Text::Plain(""));
            if is_own(&tool) {
                self.services.begin(&tool, out);
                own(false, &tool)
            } else if self.json_tool.as_deref().is_some_and(|json| json == name.decoded()) {
                Is::Json
            } else {
                let id = tool.get("toolUseId").and_then(Text::of).filter(|id| !id.is_empty());
                Is::Call { call: out.tool_call(0, Call { id, name, signature: None }), empty: true }
            }
        } else if let Some(result) = inner(start, "toolResult") {
            own(true, &result)
        } else if let Some(image) = inner(start, "image") {
            Is::Image(image.string("format").unwrap_or_default().into_owned())
        } else {
            Is::Said
        };
        if let Some(open) = self.at(index, out) {
            open.is = is;
        }
    }

    /// More of a block.
    fn delta(&mut self, index: u64, delta: &Object<'_>, out: &mut dyn Answer) {
        if let Some(text) = delta.get("text").and_then(Text::of) {
            // Citations of a block stand for all of its text.
            self.at(index, out);
            out.text(0, text);
        } else if let Some(reasoning) = inner(delta, "reasoningContent") {
            self.thought(index, &reasoning, out);
        } else if let Some(tool) = inner(delta, "toolUse") {
            if let Some(input) = tool.get("input").and_then(Text::of) {
                self.input(index, input, out);
            }
        } else if let Some(result) = delta.get("toolResult") {
            for item in items(result) {
                self.more_of_own(index, item, ",");
            }
        } else if let Some(citation) = delta.get("citation") {
            self.cite(index, citation, out);
        } else if let Some(image) = inner(delta, "image") {
            self.image(index, &image, out);
        }
    }

    fn thought(&mut self, index: u64, reasoning: &Object<'_>, out: &mut dyn Answer) {
        if let Some(text) = reasoning.get("text").and_then(Text::of) {
            out.reasoning(0, text);
        }
        for name in ["signature", "redactedContent"] {
            let Some(text) = reasoning.get(name).and_then(Text::of) else { continue };
            let before = self.held;
            let Some(open) = self.at(index, out) else { return };
            let to = if name == "signature" { &mut open.signature } else { &mut open.redacted };
            let length = to.len();
            text.push_to(to);
            let added = to.len().saturating_sub(length);
            if before.saturating_add(added) > HELD {
                to.clear();
            } else {
                self.held = before.saturating_add(added);
            }
        }
    }

    fn input(&mut self, index: u64, text: Text<'_>, out: &mut dyn Answer) {
        match self.open.iter_mut().find(|open| open.index == index).map(|open| &mut open.is) {
            Some(Is::Call { call, empty }) => {
                *empty &= text.is_empty();
                out.arguments(0, *call, text);
            }
            Some(Is::Json) => out.text(0, text),
            Some(Is::Own { .. }) => self.more_of_own(index, &text.decoded(), ""),
            _ => {}
        }
    }

    fn more_of_own(&mut self, index: u64, text: &str, between: &str) {
        let held = self.held.saturating_add(text.len()).saturating_add(1);
        let open = self.open.iter_mut().find(|open| open.index == index);
        if let Some(Is::Own { rest, .. }) = open.map(|open| &mut open.is)
            && held <= HELD
        {
            if !rest.is_empty() {
                rest.push_str(between);
            }
            rest.push_str(text);
            self.held = held;
        }
    }

    fn cite(&mut self, index: u64, citation: &str, out: &mut dyn Answer) {
        let held = self.held.saturating_add(citation.len());
        if held <= HELD
            && let Some(open) = self.at(index, out)
        {
            open.citations.push(citation.to_owned());
            self.held = held;
        }
    }

    fn image(&mut self, index: u64, image: &Object<'_>, out: &mut dyn Answer) {
        let open = self.open.iter().find(|open| open.index == index);
        if let (Some(Is::Image(format)), Some(data)) = (open.map(|open| &open.is), bytes(image)) {
            out.image(0, &format!("image/{format}"), data);
        }
    }

    /// A block that is open, or opens here: those of text say so by their first delta.
    fn at(&mut self, index: u64, out: &mut dyn Answer) -> Option<&mut Open> {
        if !self.open.iter().any(|open| open.index == index) {
            if let Some(first) = self.open.first().filter(|_| self.open.len() >= OPEN) {
                self.stop(first.index, out);
            }
            self.open.push(Open {
                index,
                from: out.chars(0),
                is: Is::Said,
                signature: String::new(),
                redacted: String::new(),
                citations: Vec::new(),
            });
        }
        self.open.iter_mut().find(|open| open.index == index)
    }

    /// The end of a block: what is known only now.
    fn stop(&mut self, index: u64, out: &mut dyn Answer) {
        let Some(at) = self.open.iter().position(|open| open.index == index) else { return };
        let open = self.open.swap_remove(at);
        let end = out.chars(0);
        let (start, end) = if end > open.from { (open.from, end) } else { (0, 0) };
        for citation in &open.citations {
            cited(citation, start, end, out);
        }
        for (text, signs) in [(&open.signature, true), (&open.redacted, false)] {
            let quoted = format!("\"{text}\"");
            match Text::Json(&quoted) {
                text if text.is_empty() => {}
                text if signs => out.signature(0, text),
                text => out.redacted(0, text),
            }
        }
        // So that it is known to be whole before the next block begins.
        if let Is::Call { call, empty: true } = open.is {
            out.arguments(0, call, Text::Plain("{}"));
        }
        if let Is::Own { result, start, rest } = &open.is {
            let rest = match (result, rest.trim()) {
                (true, rest) => format!("\"content\":[{rest}]"),
                (false, "") => "\"input\":{}".to_owned(),
                (false, rest) => format!("\"input\":{rest}"),
            };
            let comma = if start.is_empty() { "" } else { "," };
            let name = if *result { "toolResult" } else { "toolUse" };
            let block = format!("{{\"{name}\":{{{start}{comma}{rest}}}}}");
            // The input came as text, which a model wrote.
            if let Some(object) = object(&block) {
                self.services.end(&object, &[], out);
                out.extra(0, &block);
            }
        }
        if self.open.is_empty() {
            self.held = 0;
        }
    }

    fn stop_reason(&self, object: &Object<'_>, out: &mut dyn Answer) {
        let Some(reason) = object.string("stopReason") else { return };
        out.finish(
            0,
            match reason.as_ref() {
                "max_tokens" | "model_context_window_exceeded" => FinishReason::Length,
                "tool_use" => FinishReason::ToolCalls,
                "guardrail_intervened" | "content_filtered" => FinishReason::ContentFilter,
                // `end_turn`, `stop_sequence`; what else ends it leaves what was said.
                _ => FinishReason::Stop,
            },
        );
        if let Some(fields) =
            object.get("additionalModelResponseFields").filter(|value| kind(value) != Kind::Null)
        {
            out.extra(0, &format!("{{\"additionalModelResponseFields\":{fields}}}"));
        }
    }

    fn metadata(&self, object: &Object<'_>, out: &mut dyn Answer) {
        if let Some(usage) = inner(object, "usage") {
            out.usage(counts(&usage));
        }
        let tier = inner(object, "serviceTier").and_then(|tier| match tier.string("type")?.as_ref() {
            "default" => Some("default"),
            "flex" => Some("flex"),
            "priority" => Some("priority"),
            // Capacity that was bought ahead.
            "reserved" => Some("scale"),
            _ => None,
        });
        if tier.is_some() {
            out.about(About { service_tier: tier, ..About::default() });
        }
        if let Some(trace) = object.get("trace").filter(|trace| kind(trace) == Kind::Object) {
            out.extra(0, &format!("{{\"trace\":{trace}}}"));
        }
    }
}

/// Bedrock counts what came from the cache, and what went there, beside `inputTokens`: "Total input tokens =
/// cacheReadInputTokens + cacheWriteInputTokens + inputTokens"
/// (<https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html>).
fn counts(usage: &Object<'_>) -> Counts {
    let count = |name: &str| usage.get(name).and_then(|count| count.parse::<u64>().ok());
    let (cached, cache_write) = (count("cacheReadInputTokens"), count("cacheWriteInputTokens"));
    let details = usage.get("cacheDetails").filter(|details| items(details).next().is_some());
    Counts {
        input: count("inputTokens")
            .unwrap_or(0)
            .saturating_add(cached.unwrap_or(0))
            .saturating_add(cache_write.unwrap_or(0)),
        output: count("outputTokens").unwrap_or(0),
        cached,
        cache_write,
        more: details.map(|details| format!(",\"cache_details\":{details}")).unwrap_or_default(),
        ..Counts::default()
    }
}

/// Tells one citation: a web page by its address, anything else as it is.
fn cited(text: &str, start: usize, end: usize, out: &mut dyn Answer) {
    let Some(citation) = object(text) else { return };
    match page(&citation).and_then(Text::of) {
        Some(url) => {
            let title = citation.get("title").and_then(Text::of);
            out.citation(0, Citation { url, title, start, end });
        }
        None => out.source(0, text),
    }
}

/// The address of the web page that is cited, a string in JSON.
pub(super) fn page<'a>(citation: &Object<'a>) -> Option<&'a str> {
    let url = inner(&inner(citation, "location")?, "web")?.get("url")?;
    (kind(url) == Kind::String).then_some(url)
}

/// Whether a tool is the provider's own, which it has called itself.
pub(super) fn is_own(tool: &Object<'_>) -> bool {
    tool.string("type").as_deref() == Some("server_tool_use")
}

fn bytes<'a>(media: &Object<'a>) -> Option<Text<'a>> {
    inner(media, "source")?.get("bytes").and_then(Text::of)
}

pub(super) fn object(text: &str) -> Option<Object<'_>> {
    Object::parse(text.as_bytes()).ok()
}

pub(super) fn inner<'a>(outer: &Object<'a>, name: &str) -> Option<Object<'a>> {
    object(outer.get(name)?)
}

#[cfg(test)]
mod tests;
