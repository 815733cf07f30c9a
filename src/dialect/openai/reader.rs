//! Chat answers in OpenAI's own language, read for a client that asked for something else than a chat.
//!
//! What extends OpenAI's form, or breaks it, is brought to that form first, as for clients of chat
//! ([`extensions`]); here that one form is told to an [`Answer`], whole and streamed by the same code.
//!
//! Streams of OpenAI's language end with `[DONE]`, which no dialect is told, and usage comes in a chunk behind the
//! last of all choices: a stream may end once every choice has told why it ended.
//!
//! Providers that search the web by themselves tell the pages beside the choices (Perplexity, xAI, Z.AI), in
//! `executed_tools` (Groq), in `reasoning_steps` (Perplexity) or by citing them alone (OpenRouter). They are told as
//! one search: before the first text where they are known by then, else behind the last. Code that Groq ran comes in
//! `executed_tools`, too. Sources:
//! <https://docs.perplexity.ai/api-reference/chat-completions-post>, <https://console.groq.com/docs/compound>,
//! <https://openrouter.ai/docs/guides/features/plugins/web-search>, and recorded answers.

mod parts;

use super::error;
use super::extensions::{self, MOST_CALLS, Mender, Told};
use crate::chat::{Answer, Call, FinishReason};
use crate::dialect::{Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::surface::Wanted;
use crate::wire::json::{Fault, Kind, Object, items, kind};
use crate::wire::write::Text;
use parts::Search;

/// The most choices that are read: OpenAI's limit of `n`.
const MOST_CHOICES: usize = 128;

/// Reads one answer.
#[derive(Debug)]
pub struct Reader {
    /// The provider's id, for errors.
    provider: String,
    wanted: Wanted,
    mender: Mender,
    choices: Vec<Choice>,
    search: Search,
    /// Usage was told where OpenAI has it.
    counted: bool,
}

/// What is known of a choice.
#[derive(Debug, Default)]
struct Choice {
    index: usize,
    finished: bool,
    /// Characters of reasoning so far.
    thought: usize,
    /// The answer's number of each call, by its index.
    calls: Vec<usize>,
    /// The runs of code that were told, by the provider's index.
    runs: Vec<usize>,
}

/// Where a choice holds what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Message,
    Delta,
}

impl Reader {
    /// A reader at the start of an answer.
    #[must_use]
    pub fn new(provider: &str, wanted: Wanted) -> Self {
        Self {
            provider: provider.to_owned(),
            mender: Mender::new(wanted.clone()),
            wanted,
            choices: Vec::new(),
            search: Search::default(),
            counted: false,
        }
    }

    /// An answer, or a chunk of one, in OpenAI's form.
    fn answer(&mut self, top: &Object<'_>, form: Form, out: &mut dyn Answer) {
        out.about(parts::about(top));
        self.search.beside(top);
        for choice in top.get("choices").into_iter().flat_map(items) {
            if let Ok(choice) = Object::parse(choice.as_bytes()) {
                self.choice(&choice, form, out);
            }
        }
        // Pages that come behind the end.
        if self.choices.first().is_some_and(|choice| choice.finished) {
            self.search.tell(out);
        }
        let counts = object(top, "usage").and_then(|usage| parts::counts(&usage));
        self.counted = self.counted || counts.is_some();
        let elsewhere = || {
            let usage = object(top, "x_groq").and_then(|own| object(&own, "usage"));
            usage.filter(|_| !self.counted).and_then(|usage| parts::counts(&usage))
        };
        if let Some(counts) = counts.or_else(elsewhere) {
            out.usage(counts);
        }
    }

    fn choice(&mut self, choice: &Object<'_>, form: Form, out: &mut dyn Answer) {
        let index = choice.get("index").and_then(|index| index.parse().ok());
        let Some(index) = index.filter(|index| *index < MOST_CHOICES) else { return };
        let at = self.choices.iter().position(|known| known.index == index).unwrap_or(self.choices.len());
        if at == self.choices.len() {
            self.choices.push(Choice { index, ..Choice::default() });
        }
        let (search, Some(known)) = (&mut self.search, self.choices.get_mut(at)) else { return };
        let said = object(choice, if form == Form::Message { "message" } else { "delta" });
        let said = said.unwrap_or_else(Object::empty);
        known.reasoning(&said, out);
        search.within(&said);
        known.ran(&said, out);
        if let Some(content) = text(&said, "content") {
            search.tell(out);
            out.text(index, content);
        }
        if let Some(refusal) = text(&said, "refusal") {
            out.refusal(index, refusal);
        }
        parts::media(index, &said, out);
        if let Some(probabilities) = object(choice, "logprobs") {
            parts::logprobs(index, &probabilities, out);
        }
        for call in said.get("tool_calls").into_iter().flat_map(items) {
            if let Ok(call) = Object::parse(call.as_bytes()) {
                known.call(&call, form, out);
            }
        }
        parts::sources(index, &said, search, out);
        if let Some(reason) = choice.string("finish_reason") {
            search.tell(out);
            known.finished = true;
            out.finish(index, finish_reason(&reason));
        }
    }
}

impl Choice {
    /// Reasoning, and what vouches for it: `s1 n s2`, where `n` characters of all reasoning come before the block
    /// that `s2` signs.
    fn reasoning(&mut self, said: &Object<'_>, out: &mut dyn Answer) {
        let reasoning = text(said, "reasoning_content").or_else(|| text(said, "reasoning"));
        let signatures = said.string("reasoning_signature").unwrap_or_default();
        if signatures.is_empty() {
            if let Some(reasoning) = reasoning {
                self.thought = self.thought.saturating_add(reasoning.chars());
                out.reasoning(self.index, reasoning);
            }
        } else {
            let reasoning = reasoning.map(Text::decoded).unwrap_or_default();
            let mut rest = reasoning.as_ref();
            let mut words = signatures.split(' ');
            // Behind an earlier signature a stream goes on with the number.
            if signatures.starts_with(' ') {
                words.nth(1);
            }
            while let Some(signature) = words.next() {
                let cut = words.next().and_then(|number| number.parse::<usize>().ok());
                let length = cut.map_or(usize::MAX, |cut| cut.saturating_sub(self.thought));
                let end = rest.char_indices().nth(length).map_or(rest.len(), |(end, _)| end);
                let (block, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
                self.thought = self.thought.saturating_add(block.chars().count());
                rest = behind;
                if !block.is_empty() {
                    out.reasoning(self.index, Text::Plain(block));
                }
                out.signature(self.index, Text::Plain(signature));
            }
        }
        for data in said.string("redacted_reasoning").iter().flat_map(|data| data.split(' ')) {
            if !data.is_empty() {
                out.redacted(self.index, Text::Plain(data));
            }
        }
    }

    /// Code that the provider ran by itself (Groq): each run once, when its result is there.
    fn ran(&mut self, said: &Object<'_>, out: &mut dyn Answer) {
        for (position, tool) in said.get("executed_tools").into_iter().flat_map(items).enumerate() {
            let Ok(tool) = Object::parse(tool.as_bytes()) else { continue };
            let at = tool.get("index").and_then(|index| index.parse().ok()).unwrap_or(position);
            if !self.runs.contains(&at) && self.runs.len() < MOST_CALLS && parts::run(self.index, &tool, out)
            {
                self.runs.push(at);
            }
        }
    }

    /// A call, or a fragment of one.
    fn call(&mut self, call: &Object<'_>, form: Form, out: &mut dyn Answer) {
        let function = object(call, "function").unwrap_or_else(Object::empty);
        let at = call.get("index").and_then(|index| index.parse::<usize>().ok());
        let known = at.filter(|_| form == Form::Delta).and_then(|at| self.calls.get(at).copied());
        let number = match known {
            Some(number) => number,
            None if self.calls.len() < MOST_CALLS => {
                let signature =
                    text(&function, "thought_signature").or_else(|| text(call, "thought_signature"));
                let number = out.tool_call(
                    self.index,
                    Call {
                        id: text(call, "id"),
                        name: function.get("name").and_then(Text::of).unwrap_or(Text::Plain("")),
                        signature: signature.or_else(|| parts::google_signature(call)),
                    },
                );
                self.calls.push(number);
                number
            }
            None => return,
        };
        if let Some(arguments) = text(&function, "arguments") {
            out.arguments(self.index, number, arguments);
        }
    }
}

impl Translate for Reader {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, body: &Object<'_>, out: &mut dyn Answer) -> Result<(), Error> {
        // An error may stand beside an answer whose choice failed.
        let begun = body.get("choices").is_some_and(|choices| items(choices).next().is_some());
        if is_error(body) && !begun {
            return Err(error::read(error::status(body).unwrap_or(502), body.text()));
        }
        let mended = extensions::whole(body.text(), &self.wanted);
        let text = mended.as_deref().unwrap_or(body.text());
        let top = Object::parse(text).map_err(|_| Error::unreadable(&self.provider))?;
        if top.get("choices").map(kind) != Some(Kind::Array) {
            return Err(Error::unreadable(&self.provider));
        }
        self.answer(&top, Form::Message, out);
        Ok(())
    }

    fn event(&mut self, event: &Event<'_>, out: &mut dyn Answer) -> Result<Flow, Error> {
        let chunk = match self.mender.read(event.data) {
            Some(Told::Text { choice, reasons, text }) => {
                let text = Text::Json(text);
                let index = usize::try_from(choice).unwrap_or(MOST_CHOICES);
                let known = self.choices.iter_mut().find(|known| known.index == index);
                match known.filter(|_| reasons) {
                    Some(known) => {
                        known.thought = known.thought.saturating_add(text.chars());
                        out.reasoning(index, text);
                    }
                    None => out.text(index, text),
                }
                return Ok(Flow::More);
            }
            Some(Told::Chunk(chunk)) => chunk,
            None => {
                let object = match Object::parse(event.data.as_bytes()) {
                    Ok(object) => object,
                    Err(Fault::NotObject(_)) => return Ok(Flow::Unknown),
                    Err(_) => return Err(Error::unreadable(&self.provider)),
                };
                if event.exception || event.name == Some("error") || is_error(&object) {
                    return Err(error::read(error::status(&object).unwrap_or(500), object.text()));
                }
                if object.member("choices").is_none() {
                    return Ok(Flow::Unknown);
                }
                event.data.into()
            }
        };
        let top = Object::parse(chunk.as_bytes()).map_err(|_| Error::unreadable(&self.provider))?;
        self.answer(&top, Form::Delta, out);
        Ok(Flow::More)
    }

    fn may_end(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.finished)
    }
}

/// Whether an object tells an error.
fn is_error(object: &Object<'_>) -> bool {
    let told = object.get("error").is_some_and(|error| !matches!(kind(error), Kind::Null | Kind::Boolean));
    told || object.string("object").as_deref() == Some("error")
}

fn finish_reason(reason: &str) -> FinishReason {
    match reason {
        "length" => FinishReason::Length,
        "tool_calls" | "function_call" => FinishReason::ToolCalls,
        "content_filter" => FinishReason::ContentFilter,
        _ => FinishReason::Stop,
    }
}

fn object<'a>(outer: &Object<'a>, name: &str) -> Option<Object<'a>> {
    Object::parse(outer.get(name)?.as_bytes()).ok()
}

/// A text that is there and not empty.
fn text<'a>(object: &Object<'a>, name: &str) -> Option<Text<'a>> {
    object.get(name).and_then(Text::of).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests;
