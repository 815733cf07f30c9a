//! Cohere's answers, whole and streamed, by the same readers.
//!
//! What the model thinks before it answers is a block of kind `thinking`; what it plans before it calls
//! tools is `tool_plan`, which models without thinking write in the same place. Both are `reasoning` to
//! clients. Citations whose source has an address are `annotations`, all others `citations`.
//!
//! Usage: `tokens` is what the model read and wrote, `billed_units` leaves out what Cohere adds by
//! itself (<https://docs.cohere.com/docs/how-does-cohere-pricing-work>). OpenAI's counts are of the
//! former, since `cached_tokens` and `reasoning_tokens` are parts of it and may well be more than was
//! billed. `input_tokens` does not hold `image_tokens`: of two images of 518 tokens together the input is
//! 501, and what is billed 522.
//!
//! Sources: <https://docs.cohere.com/reference/chat>, <https://docs.cohere.com/reference/chat-stream>,
//! and recorded answers.

use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::dialect::Flow;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};

/// What is known of an answer while it is read. Cohere has one choice.
#[derive(Debug, Default)]
pub(super) struct Reader {
    /// Where each block of text starts in the text as a whole, by its place in `content`.
    texts: Vec<(u64, usize)>,
    /// The tool calls that are open.
    calls: Vec<Open>,
}

/// A tool call that a stream has not ended.
#[derive(Debug)]
struct Open {
    /// Its index in the stream.
    index: u64,
    number: usize,
    /// It has no arguments so far.
    empty: bool,
}

/// The one choice.
const CHOICE: usize = 0;
/// The most blocks of text, and of open calls, that are remembered. Answers have one or two.
const MOST: usize = 256;

impl Reader {
    /// A whole answer.
    ///
    /// # Errors
    /// What Cohere says when it could not finish.
    pub(super) fn whole(&mut self, answer: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        about(answer, out);
        if let Some(message) = object(answer, "message") {
            // Blocks, or one text.
            if let Some(text) = text(&message, "content") {
                out.text(CHOICE, text);
            }
            for (index, block) in (0_u64..).zip(message.get("content").into_iter().flat_map(items)) {
                if let Ok(block) = Object::parse(block.as_bytes()) {
                    self.content(index, &block, out);
                }
            }
            plan(&message, out);
            for call in message.get("tool_calls").into_iter().flat_map(items) {
                if let Ok(call) = Object::parse(call.as_bytes()) {
                    self.call(None, &call, out);
                }
            }
            for citation in message.get("citations").into_iter().flat_map(items) {
                self.citation(citation, out);
            }
        }
        for item in answer.get("logprobs").into_iter().flat_map(items) {
            logprobs(item, out);
        }
        end(answer, out)
    }

    /// One event of a stream.
    ///
    /// # Errors
    /// What Cohere says when it could not go on.
    pub(super) fn event(
        &mut self,
        kind: &str,
        event: &Object<'_>,
        out: &mut dyn Answer,
    ) -> Result<Flow, Error> {
        let index = event.get("index").and_then(number);
        let delta = object(event, "delta");
        let message = delta.as_ref().and_then(|delta| object(delta, "message"));
        match kind {
            "message-start" => about(event, out),
            "content-start" | "content-delta" => {
                if let Some(content) = message.and_then(|message| object(&message, "content")) {
                    self.content(index.unwrap_or(0), &content, out);
                }
                if let Some(item) = event.get("logprobs") {
                    logprobs(item, out);
                }
            }
            "tool-plan-delta" => {
                if let Some(message) = message {
                    plan(&message, out);
                }
            }
            "tool-call-start" => {
                if let Some(call) = message.and_then(|message| object(&message, "tool_calls")) {
                    self.call(Some(index.unwrap_or(0)), &call, out);
                }
            }
            "tool-call-delta" => {
                if let Some(call) = message.and_then(|message| object(&message, "tool_calls")) {
                    self.arguments(index.unwrap_or(0), &call, out);
                }
            }
            "tool-call-end" => {
                let index = index.unwrap_or(0);
                // So that it is known to be whole before the next one begins.
                for open in self.calls.extract_if(.., |open| open.index == index).filter(|open| open.empty) {
                    out.arguments(CHOICE, open.number, Text::Plain("{}"));
                }
            }
            "citation-start" => {
                if let Some(citation) = message.as_ref().and_then(|message| message.get("citations")) {
                    self.citation(citation, out);
                }
            }
            "message-end" => {
                if let Some(delta) = delta {
                    end(&delta, out)?;
                }
                return Ok(Flow::Last);
            }
            // They say nothing new.
            "content-end" | "citation-end" => {}
            // `debug`, which is not for clients, and what is yet to come.
            _ => return Ok(Flow::Unknown),
        }
        Ok(Flow::More)
    }

    /// A block of the content, or more of it.
    fn content(&mut self, index: u64, block: &Object<'_>, out: &mut dyn Answer) {
        if let Some(thinking) = text(block, "thinking") {
            out.reasoning(CHOICE, thinking);
        }
        if let Some(text) = text(block, "text") {
            let known = self.texts.iter().any(|(known, _)| *known == index);
            if !known && self.texts.len() < MOST {
                self.texts.push((index, out.chars(CHOICE)));
            }
            out.text(CHOICE, text);
        }
    }

    /// A call; in a stream its `index` is that of its further events.
    fn call(&mut self, index: Option<u64>, call: &Object<'_>, out: &mut dyn Answer) {
        let Some(function) = object(call, "function") else { return };
        let Some(name) = function.get("name").and_then(Text::of) else { return };
        let id = text(call, "id");
        let number = out.tool_call(CHOICE, Call { id, name, signature: None });
        let arguments = text(&function, "arguments");
        let empty = arguments.is_none();
        if let Some(arguments) = arguments.or_else(|| index.is_none().then_some(Text::Plain("{}"))) {
            out.arguments(CHOICE, number, arguments);
        }
        if let Some(index) = index.filter(|_| self.calls.len() < MOST) {
            self.calls.push(Open { index, number, empty });
        }
    }

    fn arguments(&mut self, index: u64, call: &Object<'_>, out: &mut dyn Answer) {
        let open = self.calls.iter_mut().rev().find(|open| open.index == index);
        let function = object(call, "function");
        let arguments = function.as_ref().and_then(|function| text(function, "arguments"));
        if let (Some(open), Some(arguments)) = (open, arguments) {
            open.empty = false;
            out.arguments(CHOICE, open.number, arguments);
        }
    }

    /// A citation: each of its sources that has an address is one of OpenAI's, and for the rest it is
    /// handed on as it stands. `start` and `end` count characters of the block at `content_index`.
    fn citation(&self, value: &str, out: &mut dyn Answer) {
        let Ok(citation) = Object::parse(value.as_bytes()) else { return };
        // Of the answer's text, and not of the thinking or the plan.
        let of_text = citation.string("type").is_none_or(|kind| kind == "TEXT_CONTENT");
        let offset = match citation.get("content_index").and_then(number) {
            None => self.texts.first(),
            Some(index) => self.texts.iter().find(|(known, _)| *known == index),
        };
        let place = offset.filter(|_| of_text).and_then(|(_, offset)| {
            let at = |name| usize::try_from(citation.get(name).and_then(number)?).ok()?.checked_add(*offset);
            Some((at("start")?, at("end")?))
        });
        let mut told = false;
        let mut untold = false;
        for source in citation.get("sources").into_iter().flat_map(items) {
            match place.zip(page(source)) {
                Some(((start, end), (url, title))) => {
                    out.citation(CHOICE, Citation { url, title, start, end });
                    told = true;
                }
                None => untold = true,
            }
        }
        if untold || !told {
            out.source(CHOICE, value);
        }
    }
}

/// The address of a source and its title, if it has an address. The members of a document and of a
/// tool's result are those that the client sent.
fn page(source: &str) -> Option<(Text<'_>, Option<Text<'_>>)> {
    let source = Object::parse(source.as_bytes()).ok()?;
    let inner = source.get("document").or_else(|| source.get("tool_output"))?;
    let inner = Object::parse(inner.as_bytes()).ok()?;
    let url = text(&inner, "url")?;
    let address = url.decoded();
    (address.starts_with("https://") || address.starts_with("http://")).then(|| (url, text(&inner, "title")))
}

fn about(answer: &Object<'_>, out: &mut dyn Answer) {
    out.about(About { id: text(answer, "id"), ..About::default() });
}

fn plan(message: &Object<'_>, out: &mut dyn Answer) {
    if let Some(plan) = text(message, "tool_plan") {
        out.reasoning(CHOICE, plan);
    }
}

/// The end of an answer, or of a stream: why, and what was counted.
fn end(end: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
    if let Some(counts) = object(end, "usage").and_then(|usage| counts(&usage)) {
        out.usage(counts);
    }
    let reason = end.string("finish_reason");
    // Only streams say more of what went wrong.
    let failed = |status, otherwise: &str| {
        let error = text(end, "error").map(|error| error.decoded().into_owned());
        Err(Error::new(status, error.unwrap_or_else(|| otherwise.to_owned())))
    };
    let reason = match reason.as_deref() {
        Some("ERROR") => return failed(500, "Cohere could not finish the answer. Ask again."),
        Some("TIMEOUT") => {
            return failed(504, "Cohere took too long and stopped. Ask again, or for a shorter answer.");
        }
        Some("MAX_TOKENS") => FinishReason::Length,
        Some("TOOL_CALL") => FinishReason::ToolCalls,
        // COMPLETE, STOP_SEQUENCE, and what is yet to come.
        Some(_) => FinishReason::Stop,
        None if end.get("error").is_some() => {
            return failed(500, "Cohere could not finish the answer. Ask again.");
        }
        None => return Ok(()),
    };
    out.finish(CHOICE, reason);
    Ok(())
}

/// `None` when nothing was counted.
fn counts(usage: &Object<'_>) -> Option<Counts> {
    let tokens = object(usage, "tokens");
    let billed = object(usage, "billed_units");
    // Without `tokens`, what was billed is all there is.
    let counted = tokens.as_ref().or(billed.as_ref())?;
    let count = |name| counted.get(name).and_then(number);
    let images = tokens.as_ref().and_then(|_| count("image_tokens"));
    let mut more = String::new();
    if let Some(images) = images {
        more.push_str(&format!(",\"image_tokens\":{images}"));
    }
    if let Some(billed) = usage.get("billed_units").filter(|_| billed.is_some()) {
        more.push_str(&format!(",\"billed_units\":{billed}"));
    }
    Some(Counts {
        input: count("input_tokens").unwrap_or(0).saturating_add(images.unwrap_or(0)),
        output: count("output_tokens").unwrap_or(0),
        cached: usage.get("cached_tokens").and_then(number),
        reasoning: count("reasoning_tokens"),
        more,
        ..Counts::default()
    })
}

/// Cohere gives a text with the probabilities of the tokens that it is made of: one entry, with their
/// product.
fn logprobs(item: &str, out: &mut dyn Answer) {
    let Ok(item) = Object::parse(item.as_bytes()) else { return };
    let Some(token) = item.get("text").and_then(Text::of) else { return };
    let of_tokens: Vec<&str> = item.get("logprobs").into_iter().flat_map(items).collect();
    let logprob = match of_tokens.as_slice() {
        [] => return,
        [one] if kind(one) == Kind::Number => (*one).to_owned(),
        many => many.iter().filter_map(|one| one.parse::<f64>().ok()).sum::<f64>().to_string(),
    };
    let mut writer = Writer::default();
    writer.begin_object();
    writer.text_member("token", token);
    writer.raw_member("logprob", &logprob);
    writer.name("bytes");
    writer.begin_array();
    for byte in token.decoded().bytes() {
        writer.raw(&byte.to_string());
    }
    writer.end_array();
    writer.raw_member("top_logprobs", "[]");
    writer.end_object();
    out.logprobs(CHOICE, writer.as_str());
}

fn object<'a>(outer: &Object<'a>, name: &str) -> Option<Object<'a>> {
    Object::parse(outer.get(name)?.as_bytes()).ok()
}

/// A text that is there and not empty.
fn text<'a>(outer: &Object<'a>, name: &str) -> Option<Text<'a>> {
    outer.get(name).and_then(Text::of).filter(|text| !text.is_empty())
}

/// A count. Cohere's specification has them as any numbers.
fn number(value: &str) -> Option<u64> {
    value.parse().ok().or_else(|| {
        let number: f64 = value.parse().ok()?;
        // In these bounds the cast is exact but for the fraction.
        (0.0..9_007_199_254_740_992.0).contains(&number).then_some(number as u64)
    })
}
