//! `/completions` over models that chat: the prompt is a user's message, and what the model answers the completion.
//!
//! Beyond OpenAI's members a choice has `reasoning`, and `annotations` as the message of a chat has them. A refusal
//! is text. Sources: `CreateCompletionRequest` and `CreateCompletionResponse` of OpenAI's specification, and recorded
//! answers for what the specification leaves open (the order of members, `text_offset`).

mod request;

pub use request::as_chat;

use super::{Known, Surface, Wanted, choice_of, comma, in_line, push_citation};
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::Text;
use std::rc::Rc;

/// What has to be known of a request for its answer.
#[derive(Debug, Default)]
pub struct Asked {
    /// The prompt, a JSON string, that is to stand before the text of each choice.
    pub echo: Option<String>,
    /// Unicode characters of the prompt: places in the text are counted from its start.
    pub prompt_chars: usize,
    /// Log probabilities are asked for.
    pub logprobs: bool,
}

/// An answer, as a stream or as one body.
#[derive(Debug)]
pub struct Completions {
    wanted: Wanted,
    asked: Rc<Asked>,
    out: String,
    known: Known,
    choices: Vec<Choice>,
    counts: Option<Counts>,
}

/// A choice; its texts as they stand in JSON, without quotes.
#[derive(Debug, Default)]
struct Choice {
    begun: bool,
    /// Of one body: what was said so far.
    said: Piece,
    /// Text whose log probabilities come behind it.
    waiting: String,
    /// Characters of text.
    chars: usize,
    /// Characters of the tokens whose log probabilities were told.
    counted: usize,
    /// List elements, with commas between.
    annotations: String,
    reason: Option<FinishReason>,
}

/// Some of what a choice says: text, reasoning, and the lists of its log probabilities.
#[derive(Debug, Default)]
struct Piece {
    text: String,
    reasoning: String,
    tokens: String,
    token_logprobs: String,
    top_logprobs: String,
    text_offset: String,
}

impl Completions {
    /// An answer of which nothing is told.
    #[must_use]
    pub fn new(wanted: Wanted, asked: Rc<Asked>) -> Self {
        let (out, known) = (String::new(), Known::default());
        Self { wanted, asked, out, known, choices: Vec::new(), counts: None }
    }

    /// Members before the choices.
    fn head(&self) -> String {
        let id = self.wanted.ids.make("cmpl-", 0);
        let created = self.known.created.unwrap_or(self.wanted.ids.created);
        format!("{{\"id\":\"{id}\",\"object\":\"text_completion\",\"created\":{created}")
    }

    /// Members of the model, each behind a comma.
    fn model(&self) -> String {
        let mut out = String::from(",\"model\":\"");
        Text::Plain(self.known.model.as_ref().unwrap_or(&self.wanted.model)).push_to(&mut out);
        if let Some(fingerprint) = &self.known.fingerprint {
            out.push_str("\",\"system_fingerprint\":\"");
            Text::Plain(fingerprint).push_to(&mut out);
        }
        out.push('"');
        out
    }

    fn usage_member(&self) -> String {
        format!(",\"usage\":{}", self.counts.clone().unwrap_or_default().chat())
    }

    /// A chunk of a stream with these choices.
    fn chunk(&mut self, choices: &str) {
        let usage = if self.wanted.usage { ",\"usage\":null" } else { "" };
        let (head, model) = (self.head(), self.model());
        self.out.push_str(&format!("data: {head},\"choices\":[{choices}]{model}{usage}}}\n\n"));
    }

    /// Tells more of a choice: behind the prompt, if that is to be echoed.
    fn tell(&mut self, index: usize, piece: Piece) {
        let asked = Rc::clone(&self.asked);
        let Some(choice) = choice_of(&mut self.choices, index) else { return };
        if !core::mem::replace(&mut choice.begun, true)
            && let Some(prompt) = asked.echo.as_deref().and_then(Text::of)
        {
            let mut text = String::new();
            prompt.push_to(&mut text);
            self.add(index, Piece { text, ..Piece::default() });
        }
        self.add(index, piece);
    }

    fn add(&mut self, index: usize, piece: Piece) {
        if piece.is_empty() {
            return;
        }
        if self.wanted.streams {
            let choice = piece.choice(index, "", None);
            self.chunk(&in_line(&choice));
        } else if let Some(choice) = self.choices.get_mut(index) {
            choice.said.join(&piece);
        }
    }

    /// Tells the text that waited for log probabilities which did not come.
    fn flush(&mut self, index: usize) {
        if let Some(choice) = self.choices.get_mut(index).filter(|choice| !choice.waiting.is_empty()) {
            let text = core::mem::take(&mut choice.waiting);
            self.tell(index, Piece { text, ..Piece::default() });
        }
    }

    fn said(&mut self, index: usize, text: Text<'_>) {
        if text.is_empty() {
            return;
        }
        self.flush(index);
        let waits = self.asked.logprobs;
        let Some(choice) = choice_of(&mut self.choices, index) else { return };
        choice.chars = choice.chars.saturating_add(text.chars());
        let mut inner = String::new();
        text.push_to(&mut inner);
        if waits {
            choice.waiting = inner;
        } else {
            self.tell(index, Piece { text: inner, ..Piece::default() });
        }
    }
}

impl Piece {
    fn is_empty(&self) -> bool {
        self.text.is_empty() && self.reasoning.is_empty() && self.tokens.is_empty()
    }

    fn join(&mut self, more: &Self) {
        self.text.push_str(&more.text);
        self.reasoning.push_str(&more.reasoning);
        for (list, more) in [
            (&mut self.tokens, &more.tokens),
            (&mut self.token_logprobs, &more.token_logprobs),
            (&mut self.top_logprobs, &more.top_logprobs),
            (&mut self.text_offset, &more.text_offset),
        ] {
            if !more.is_empty() {
                list.push_str(comma(list));
                list.push_str(more);
            }
        }
    }

    /// OpenAI's object of a choice.
    fn choice(&self, index: usize, annotations: &str, reason: Option<&str>) -> String {
        let Self { text, reasoning, tokens, token_logprobs, top_logprobs, text_offset } = self;
        let mut out = format!("{{\"text\":\"{text}\",\"index\":{index},\"logprobs\":");
        if tokens.is_empty() {
            out.push_str("null");
        } else {
            out.push_str(&format!(
                "{{\"text_offset\":[{text_offset}],\"token_logprobs\":[{token_logprobs}],\"tokens\":[{tokens}],\
                 \"top_logprobs\":[{top_logprobs}]}}"
            ));
        }
        match reason {
            Some(reason) => out.push_str(&format!(",\"finish_reason\":\"{reason}\"")),
            None => out.push_str(",\"finish_reason\":null"),
        }
        if !reasoning.is_empty() {
            out.push_str(&format!(",\"reasoning\":\"{reasoning}\""));
        }
        if !annotations.is_empty() {
            out.push_str(&format!(",\"annotations\":[{annotations}]"));
        }
        out.push('}');
        out
    }

    /// Adds a chat's entry of log probabilities, of a token that starts at this place.
    fn entry(&mut self, token: Text<'_>, entry: &Object<'_>, offset: usize) {
        let number = |object: &Object<'_>| {
            let value = object.get("logprob").filter(|value| kind(value) == Kind::Number);
            value.unwrap_or("null").to_owned()
        };
        let mut name = String::new();
        token.push_to(&mut name);
        let logprob = number(entry);
        // The likeliest tokens; the one that was taken is always among them.
        let mut top = vec![(name.clone(), logprob.clone())];
        for other in entry.get("top_logprobs").into_iter().flat_map(items).take(MOST_TOP) {
            let Ok(other) = Object::parse(other.as_bytes()) else { continue };
            let mut name = String::new();
            other.get("token").and_then(Text::of).unwrap_or(Text::Plain("")).push_to(&mut name);
            if top.iter().all(|(known, _)| *known != name) {
                top.push((name, number(&other)));
            }
        }
        let top: Vec<String> = top.iter().map(|(name, logprob)| format!("\"{name}\":{logprob}")).collect();
        for (list, element) in [
            (&mut self.tokens, format!("\"{name}\"")),
            (&mut self.token_logprobs, logprob),
            (&mut self.top_logprobs, format!("{{{}}}", top.join(","))),
            (&mut self.text_offset, offset.to_string()),
        ] {
            list.push_str(comma(list));
            list.push_str(&element);
        }
    }
}

/// The most alternatives of a token that are told: OpenAI's limit of chat.
const MOST_TOP: usize = 20;

/// OpenAI's word for why a choice ended. A completion calls no tools.
fn word(reason: Option<FinishReason>) -> &'static str {
    match reason {
        Some(FinishReason::ToolCalls) | None => FinishReason::Stop.as_str(),
        Some(reason) => reason.as_str(),
    }
}

impl Answer for Completions {
    fn about(&mut self, about: About<'_>) {
        self.known.add(about);
    }

    fn text(&mut self, choice: usize, text: Text<'_>) {
        self.said(choice, text);
    }

    fn refusal(&mut self, choice: usize, text: Text<'_>) {
        self.said(choice, text);
    }

    fn reasoning(&mut self, choice: usize, text: Text<'_>) {
        self.flush(choice);
        let mut reasoning = String::new();
        text.push_to(&mut reasoning);
        self.tell(choice, Piece { reasoning, ..Piece::default() });
    }

    fn signature(&mut self, _choice: usize, _signature: Text<'_>) {}

    fn redacted(&mut self, _choice: usize, _data: Text<'_>) {}

    fn tool_call(&mut self, _choice: usize, _call: Call<'_>) -> usize {
        0
    }

    fn arguments(&mut self, _choice: usize, _call: usize, _text: Text<'_>) {}

    fn citation(&mut self, choice: usize, citation: Citation<'_>) {
        let echoed = if self.asked.echo.is_some() { self.asked.prompt_chars } else { 0 };
        let Some(choice) = choice_of(&mut self.choices, choice) else { return };
        // Without a place both are 0.
        let shift = if citation.end == 0 { 0 } else { echoed };
        let (start, end) = (citation.start.saturating_add(shift), citation.end.saturating_add(shift));
        push_citation(&mut choice.annotations, &Citation { start, end, ..citation });
    }

    fn source(&mut self, _choice: usize, _object: &str) {}

    fn image(&mut self, _choice: usize, _media_type: &str, _base64: Text<'_>) {}

    fn audio(&mut self, _choice: usize, _base64: Text<'_>) {}

    fn logprobs(&mut self, choice: usize, entries: &str) {
        let from = self.asked.prompt_chars;
        if !self.asked.logprobs {
            return;
        }
        let Some(known) = choice_of(&mut self.choices, choice) else { return };
        let mut piece = Piece { text: core::mem::take(&mut known.waiting), ..Piece::default() };
        for entry in items(&format!("[{entries}]")) {
            let Ok(entry) = Object::parse(entry.as_bytes()) else { continue };
            let token = entry.get("token").and_then(Text::of).unwrap_or(Text::Plain(""));
            piece.entry(token, &entry, from.saturating_add(known.counted));
            known.counted = known.counted.saturating_add(token.chars());
        }
        self.tell(choice, piece);
    }

    fn extra(&mut self, _choice: usize, _block: &str) {}

    fn finish(&mut self, choice: usize, reason: FinishReason) {
        if let Some(choice) = choice_of(&mut self.choices, choice) {
            choice.reason = choice.reason.or(Some(reason));
        }
    }

    fn usage(&mut self, counts: Counts) {
        self.counts = Some(counts);
    }

    fn chars(&self, choice: usize) -> usize {
        self.choices.get(choice).map_or(0, |choice| choice.chars)
    }
}

impl Surface for Completions {
    fn finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.reason.is_some())
    }

    fn held(&self) -> usize {
        let held = |choice: &Choice| choice.waiting.len().saturating_add(choice.annotations.len());
        if self.wanted.streams { self.choices.iter().map(held).sum() } else { 0 }
    }

    fn close(&mut self) {
        let mut list = String::new();
        for index in 0..self.choices.len() {
            self.flush(index);
            self.tell(index, Piece::default());
            let Some(choice) = self.choices.get(index) else { continue };
            let object = choice.said.choice(index, &choice.annotations, Some(word(choice.reason)));
            if self.wanted.streams {
                self.chunk(&in_line(&object));
            } else {
                list.push_str(comma(&list));
                list.push_str(&object);
            }
        }
        let (head, model, usage) = (self.head(), self.model(), self.usage_member());
        if !self.wanted.streams {
            self.out = format!("{head}{model},\"choices\":[{list}]{usage}}}");
            return;
        }
        if self.wanted.usage {
            self.out.push_str(&format!("data: {head}{model}{},\"choices\":[]}}\n\n", in_line(&usage)));
        }
        self.out.push_str("data: [DONE]\n\n");
    }

    fn fail(&mut self, error: &Error) {
        let body = error.body();
        if self.wanted.streams {
            self.out.push_str(&format!("data: {}\n\n", in_line(&body)));
        } else {
            self.out = body;
        }
    }

    fn take(&mut self) -> String {
        core::mem::take(&mut self.out)
    }

    fn counted(&self) -> Option<Usage> {
        self.counts.as_ref().map(Usage::from)
    }
}

#[cfg(test)]
mod tests;
