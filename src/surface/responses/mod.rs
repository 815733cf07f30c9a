//! `/responses`: one body, or events.
//!
//! One state machine serves both: the events are told while items grow, and the object of the last event is the one
//! body. What becomes of what a dialect tells:
//!
//! | told | item | events, between `output_item.added` and `.done` |
//! |---|---|---|
//! | text | `message`, part `output_text` | `content_part.added`, `output_text.delta`…, `.done`, `content_part.done` |
//! | a refusal | `message`, part `refusal` | the same with `refusal.delta`, `.done` |
//! | reasoning | `reasoning`, one `summary_text` | `reasoning_summary_part.added`, `reasoning_summary_text.delta`…, `.done`, `reasoning_summary_part.done` |
//! | a signature | ends the reasoning, sealed in `encrypted_content` | |
//! | redacted reasoning | a `reasoning` with nothing but `encrypted_content` | none |
//! | a tool call | `function_call` | `function_call_arguments.delta`…, `.done` |
//! | a call of a custom tool | `custom_tool_call` | `custom_tool_call_input.delta`, `.done`, once it is whole |
//! | a call's signature | `encrypted_content` of the reasoning before it, which is made up where there is none | |
//! | a citation of a web page | an annotation of the text, while that is open; else an element of `citations` of the object | `output_text.annotation.added`; none |
//! | another citation | `citations` of the message, while that is open; else of the object | none |
//! | log probabilities | `logprobs` of the text; of the object, where no text takes them | with their delta, or `output_text.done` |
//! | speech | `audio` of the message, `{"data":…}` in base64, which is opened for it where there is none | none |
//! | an image | `image_generation_call` | `.in_progress`, `.generating`, `.completed` |
//! | tools that the provider runs | see `served.rs` | |
//! | other blocks of the provider | `extra_content` of the object, unless the provider ran tools, whose blocks they are | none |
//!
//! One item is open at a time. Where a provider goes on with a call or a tool of its own while another item has begun,
//! it stays open beside, and ends with the answer.
//!
//! Signatures that come while a text is open wait for its end. What comes of a text that has ended, or where there is
//! none, changes no item of which clients know the end: it stands in the object, a citation with the `item_id`,
//! `output_index` and `content_index` of its text. Choices beside the first are not told.
//!
//! Sources: `Response`, `ResponseStreamEvent` and `OutputItem` of OpenAI's specification, recorded streams of its API
//! for the order of events and members, and what the SDKs' accumulators insist on (openai-python
//! `lib/streaming/responses/_responses.py`, openai-node `lib/responses/ResponseAccumulator.ts`): the first event is
//! `response.created`, items keep their ids, no two calls have the same `call_id`.

mod events;
mod items;
mod logprobs;
mod object;
mod parts;
mod request;
pub mod seal;
mod served;

pub use request::as_chat;

use super::{Known, Surface, Wanted, comma, in_line, inner};
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason, Outcome, Service};
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::quoted;
use crate::wire::write::Text;
use events::{Events, number, string};
use items::{Body, Called, Item, Status};
use object::{State, incomplete};
use parts::Cited;
use seal::{Kind, seal};
use std::collections::BTreeSet;
use std::rc::Rc;

/// What has to be known of a request for its answer.
#[derive(Debug, Default)]
pub struct Asked {
    /// What the response says again of the request: members of the object, each `"name":value`, with commas between:
    /// `instructions`, `max_output_tokens`, `max_tool_calls`, `metadata`, `parallel_tool_calls`, `prompt_cache_key`,
    /// `reasoning`, `safety_identifier`, `temperature`, `text`, `tool_choice`, `tools`, `top_logprobs`, `top_p`,
    /// `truncation`, `user`; with OpenAI's defaults where the client said nothing.
    pub echo: String,
    /// The names of tools that are `custom` to the client, and functions of one text to the provider.
    pub custom: Vec<String>,
    /// Log probabilities are asked for.
    pub logprobs: bool,
}

/// An answer.
#[derive(Debug)]
pub struct Responses {
    wanted: Wanted,
    asked: Rc<Asked>,
    /// The name of the provider's language.
    dialect: &'static str,
    events: Events,
    /// The one body, once it is closed.
    body: String,
    known: Known,
    /// `response.created` was told.
    begun: bool,
    items: Vec<Item>,
    /// The item that began last, while it is open.
    current: Option<usize>,
    /// Items that others have begun behind and that may go on, in order. Some have ended since.
    beside: Vec<usize>,
    /// The items of calls, and of tools that the provider runs, in order.
    calls: Vec<usize>,
    services: Vec<usize>,
    call_ids: BTreeSet<String>,
    /// The last text: its item, and which part it is there.
    spoken: Option<(usize, usize)>,
    /// What waits for the first text.
    cited: Vec<Cited>,
    sources: String,
    /// Citations of texts that had ended: elements.
    late: String,
    /// Log probabilities that wait for the next delta: elements.
    logprobs: String,
    /// `encrypted_content`s that wait for the end of the open item.
    sealed: Vec<String>,
    /// Blocks of the provider: elements.
    extras: String,
    /// Characters of text.
    chars: usize,
    reason: Option<FinishReason>,
    counts: Option<Counts>,
    /// Bytes that are kept.
    held: usize,
}

impl Responses {
    /// An answer of which nothing is told.
    #[must_use]
    pub fn new(wanted: Wanted, asked: Rc<Asked>, dialect: &'static str) -> Self {
        Self {
            events: Events::new(wanted.streams),
            wanted,
            asked,
            dialect,
            body: String::new(),
            known: Known::default(),
            begun: false,
            items: Vec::new(),
            current: None,
            beside: Vec::new(),
            calls: Vec::new(),
            services: Vec::new(),
            call_ids: BTreeSet::new(),
            spoken: None,
            cited: Vec::new(),
            sources: String::new(),
            late: String::new(),
            logprobs: String::new(),
            sealed: Vec::new(),
            extras: String::new(),
            chars: 0,
            reason: None,
            counts: None,
            held: 0,
        }
    }

    /// Counts what is kept from now on.
    fn keep(&mut self, bytes: usize) {
        self.held = self.held.saturating_add(bytes);
    }

    /// An event with the object.
    fn tell_object(&mut self, kind: &str, state: State<'_>) {
        let mut events = core::mem::take(&mut self.events);
        events.tell(kind, &|out| {
            out.push_str(",\"response\":");
            self.object(state, out);
        });
        self.events = events;
    }

    fn start(&mut self) {
        if !core::mem::replace(&mut self.begun, true) {
            self.tell_object("response.created", State::InProgress);
            self.tell_object("response.in_progress", State::InProgress);
        }
    }

    /// A new item, behind all that can end.
    fn begin(&mut self, start: &str, body: Body) -> usize {
        self.start();
        self.settle();
        self.unseal();
        self.push(start, body)
    }

    fn push(&mut self, start: &str, body: Body) -> usize {
        let index = self.items.len();
        let id = self.wanted.ids.make(start, u64::try_from(index).unwrap_or(0).saturating_add(1));
        let item = Item { id, status: Status::InProgress, body };
        self.events.tell("response.output_item.added", &|out| whole(out, &item, index));
        self.items.push(item);
        // An item's own words, as far as they do not grow.
        self.keep(256);
        self.current = Some(index);
        index
    }

    /// Ends the item that began last, unless it may go on.
    fn settle(&mut self) {
        let Some(index) = self.current.take() else { return };
        let goes_on = match self.items.get(index).map(|item| &item.body) {
            None | Some(Body::Message(_) | Body::Reasoning { .. } | Body::Image { .. }) => false,
            // This is asked once of each call.
            Some(Body::Call(call)) => !call.is_whole(),
            Some(_) => true,
        };
        if goes_on {
            self.beside.push(index);
        } else {
            self.end(index, false);
        }
    }

    /// Items of what was sealed in the meantime.
    fn unseal(&mut self) {
        for sealed in core::mem::take(&mut self.sealed) {
            let index = self.push("rs_", Body::Reasoning { text: String::new(), sealed: String::new() });
            if let Some(Item { body: Body::Reasoning { sealed: place, .. }, .. }) = self.items.get_mut(index)
            {
                *place = sealed;
            }
            self.end(index, false);
            self.current = None;
        }
    }

    /// Puts an `encrypted_content` where it belongs: into the open reasoning, which it ends, or into an item of its own.
    fn seal(&mut self, kind: Kind, text: Text<'_>) {
        let mut sealed = String::new();
        seal(kind, self.dialect, text, &mut sealed);
        self.keep(sealed.len());
        let open = self.current.and_then(|index| self.items.get_mut(index));
        match open.map(|item| &mut item.body) {
            Some(Body::Reasoning { sealed: place, .. }) if kind != Kind::Redacted => {
                *place = sealed;
                self.settle();
            }
            Some(Body::Message(_) | Body::Call(_)) if kind != Kind::Call => self.sealed.push(sealed),
            _ => {
                self.start();
                self.settle();
                self.sealed.push(sealed);
                self.unseal();
            }
        }
    }

    /// Ends an item. `cut`: the answer ends before it is whole.
    fn end(&mut self, index: usize, cut: bool) {
        let Some(item) = self.items.get_mut(index).filter(|item| item.is_open()) else { return };
        item.status = if cut { Status::Incomplete } else { Status::Completed };
        let events = &mut self.events;
        match &mut item.body {
            Body::Message(_) => self.end_part(index),
            Body::Reasoning { text, .. } if !text.is_empty() => {
                let place = |out: &mut String| {
                    string(out, "item_id", &item.id);
                    number(out, "output_index", index);
                };
                events.tell("response.reasoning_summary_text.done", &|out| {
                    place(out);
                    number(out, "summary_index", 0);
                    string(out, "text", text);
                });
                events.tell("response.reasoning_summary_part.done", &|out| {
                    place(out);
                    out.push_str(",\"part\":");
                    items::summary(out, text);
                    number(out, "summary_index", 0);
                });
            }
            Body::Reasoning { .. } | Body::Image { .. } => {}
            Body::Call(call) => {
                if cut && call.is_whole() {
                    item.status = Status::Completed;
                }
                if call.arguments.is_empty() && !cut {
                    call.arguments.push_str("{}");
                    if call.custom.is_none() {
                        delta(events, "response.function_call_arguments.delta", &item.id, index, "{}");
                    }
                }
                if call.custom.is_some() {
                    let input = if call.arguments == "{}" { String::new() } else { call.input() };
                    if !input.is_empty() {
                        delta(events, "response.custom_tool_call_input.delta", &item.id, index, &input);
                    }
                    events.tell("response.custom_tool_call_input.done", &|out| {
                        string(out, "input", &input);
                        string(out, "item_id", &item.id);
                        number(out, "output_index", index);
                    });
                    call.custom = Some(input);
                } else {
                    events.tell("response.function_call_arguments.done", &|out| {
                        string(out, "arguments", &call.arguments);
                        string(out, "item_id", &item.id);
                        string(out, "name", &call.name);
                        number(out, "output_index", index);
                    });
                }
            }
            // What came of it was never told.
            Body::Search { .. } | Body::Code { .. } | Body::ListTools { .. } | Body::Mcp { .. } => {
                item.status = Status::Incomplete;
                served::end(item, index, events);
            }
        }
        self.tell_done(index);
    }

    fn tell_done(&mut self, index: usize) {
        if let Some(item) = self.items.get(index) {
            self.events.tell("response.output_item.done", &|out| whole(out, item, index));
        }
    }

    /// Ends all that is open.
    fn end_all(&mut self, cut: bool) {
        for index in core::mem::take(&mut self.beside) {
            self.end(index, cut);
        }
        if let Some(index) = self.current.take() {
            self.end(index, cut);
        }
        self.unseal();
        self.strand();
    }
}

/// The members of an event with a whole item.
fn whole(out: &mut String, item: &Item, index: usize) {
    out.push_str(",\"item\":");
    item.write(out);
    number(out, "output_index", index);
}

/// An event with more of an item's one text.
fn delta(events: &mut Events, kind: &str, id: &str, index: usize, text: &str) {
    events.tell(kind, &|out| {
        string(out, "delta", text);
        string(out, "item_id", id);
        number(out, "output_index", index);
    });
}

/// Adds a text to one that is kept, and says what was added, as it stands in JSON.
fn grow<'k>(kept: &'k mut String, held: &mut usize, text: Text<'_>) -> &'k str {
    let from = kept.len();
    text.push_to(kept);
    let added = kept.get(from..).unwrap_or_default();
    *held = held.saturating_add(added.len());
    added
}

impl Answer for Responses {
    fn about(&mut self, about: About<'_>) {
        // What the first event said of it stays.
        let about =
            if self.begun { About { service_tier: about.service_tier, ..About::default() } } else { about };
        self.known.add(about);
    }

    fn text(&mut self, choice: usize, text: Text<'_>) {
        if choice == 0 && !text.is_empty() {
            self.say(text);
        }
    }

    fn refusal(&mut self, choice: usize, text: Text<'_>) {
        if choice == 0 && !text.is_empty() {
            self.refuse(text);
        }
    }

    fn reasoning(&mut self, choice: usize, text: Text<'_>) {
        if choice != 0 || text.is_empty() {
            return;
        }
        let open = self.current.filter(|index| {
            let item = self.items.get(*index);
            matches!(item, Some(Item { body: Body::Reasoning { .. }, .. }))
        });
        let index = match open {
            Some(index) => index,
            None => self.begin("rs_", Body::Reasoning { text: String::new(), sealed: String::new() }),
        };
        let Some(Item { id, body: Body::Reasoning { text: kept, .. }, .. }) = self.items.get_mut(index)
        else {
            return;
        };
        if kept.is_empty() {
            self.events.tell("response.reasoning_summary_part.added", &|out| {
                string(out, "item_id", id);
                number(out, "output_index", index);
                out.push_str(",\"part\":");
                items::summary(out, "");
                number(out, "summary_index", 0);
            });
        }
        let added = grow(kept, &mut self.held, text);
        self.events.tell("response.reasoning_summary_text.delta", &|out| {
            string(out, "delta", added);
            string(out, "item_id", id);
            number(out, "output_index", index);
            number(out, "summary_index", 0);
        });
    }

    fn signature(&mut self, choice: usize, signature: Text<'_>) {
        if choice == 0 && !signature.is_empty() {
            self.seal(Kind::Signature, signature);
        }
    }

    fn redacted(&mut self, choice: usize, data: Text<'_>) {
        if choice == 0 && !data.is_empty() {
            self.seal(Kind::Redacted, data);
        }
    }

    fn tool_call(&mut self, choice: usize, call: Call<'_>) -> usize {
        if choice != 0 {
            return 0;
        }
        if let Some(signature) = call.signature.filter(|signature| !signature.is_empty()) {
            self.seal(Kind::Call, signature);
        }
        let number = self.calls.len();
        let made = u64::try_from(number).unwrap_or(0).saturating_add(1);
        let given = call.id.map(inner).filter(|id| !id.is_empty() && !self.call_ids.contains(id));
        let call_id = given.unwrap_or_else(|| self.wanted.ids.make("call_", made));
        self.call_ids.insert(call_id.clone());
        let custom = !self.asked.custom.is_empty() && {
            let name = call.name.decoded();
            self.asked.custom.iter().any(|custom| *custom == name)
        };
        let called = Called {
            call_id,
            name: inner(call.name),
            arguments: String::new(),
            custom: custom.then(String::new),
        };
        self.keep(called.call_id.len().saturating_mul(2).saturating_add(called.name.len()));
        let index = self.begin(if custom { "ctc_" } else { "fc_" }, Body::Call(called));
        self.calls.push(index);
        number
    }

    fn arguments(&mut self, choice: usize, call: usize, text: Text<'_>) {
        if choice != 0 || text.is_empty() {
            return;
        }
        let Some(index) = self.calls.get(call).copied() else { return };
        let Some(item) = self.items.get_mut(index).filter(|item| item.is_open()) else { return };
        let Body::Call(called) = &mut item.body else { return };
        let added = grow(&mut called.arguments, &mut self.held, text);
        if called.custom.is_none() {
            delta(&mut self.events, "response.function_call_arguments.delta", &item.id, index, added);
        }
    }

    fn citation(&mut self, choice: usize, citation: Citation<'_>) {
        if choice == 0 {
            self.cite(Cited::new(&citation));
        }
    }

    fn source(&mut self, choice: usize, object: &str) {
        if choice == 0 {
            self.cite_source(&in_line(object));
        }
    }

    fn image(&mut self, choice: usize, media_type: &str, base64: Text<'_>) {
        if choice != 0 {
            return;
        }
        let formats = ["png", "webp", "jpeg", "gif"];
        let format = media_type.strip_prefix("image/").unwrap_or_default();
        let format = formats.into_iter().find(|known| *known == format).unwrap_or_default();
        let base64 = inner(base64);
        self.keep(base64.len());
        let index = self.begin("ig_", Body::Image { format, base64 });
        if let Some(item) = self.items.get(index) {
            for kind in ["in_progress", "generating", "completed"] {
                let kind = format!("response.image_generation_call.{kind}");
                self.events.tell_of(&kind, &item.id, index);
            }
        }
        self.settle();
    }

    fn audio(&mut self, choice: usize, base64: Text<'_>) {
        if choice == 0 && !base64.is_empty() {
            self.speak(base64);
        }
    }

    fn logprobs(&mut self, choice: usize, entries: &str) {
        if choice == 0 && self.asked.logprobs && !entries.is_empty() {
            self.rate(entries);
        }
    }

    fn extra(&mut self, choice: usize, block: &str) {
        if choice == 0 && self.services.is_empty() {
            self.extras.push_str(comma(&self.extras));
            self.extras.push_str(&in_line(block));
            self.keep(block.len());
        }
    }

    fn serve(&mut self, choice: usize, service: Service<'_>) -> usize {
        if choice == 0 { self.begin_service(service) } else { 0 }
    }

    fn serve_input(&mut self, choice: usize, number: usize, text: Text<'_>) {
        if choice == 0 && !text.is_empty() {
            self.give_service(number, text);
        }
    }

    fn served(&mut self, choice: usize, number: usize, outcome: Outcome<'_>) {
        if choice == 0 {
            self.end_service(number, outcome);
        }
    }

    fn finish(&mut self, choice: usize, reason: FinishReason) {
        if choice == 0 {
            self.reason = self.reason.or(Some(reason));
        }
    }

    fn usage(&mut self, counts: Counts) {
        self.counts = Some(counts);
    }

    fn chars(&self, choice: usize) -> usize {
        if choice == 0 { self.chars } else { 0 }
    }
}

impl Surface for Responses {
    fn finished(&self) -> bool {
        self.reason.is_some()
    }

    fn held(&self) -> usize {
        self.held
    }

    fn close(&mut self) {
        self.start();
        let cut = incomplete(self.reason).is_some();
        self.end_all(cut);
        if self.wanted.streams {
            let kind = if cut { "response.incomplete" } else { "response.completed" };
            self.tell_object(kind, State::Ended);
        } else {
            let mut body = String::with_capacity(self.held.saturating_add(1024));
            self.object(State::Ended, &mut body);
            self.body = body;
        }
    }

    fn fail(&mut self, error: &Error) {
        if !self.wanted.streams {
            self.body = error.body();
            return;
        }
        self.start();
        for item in &mut self.items {
            if item.is_open() {
                item.status = Status::Incomplete;
            }
        }
        let text = |text: &Option<String>| text.as_deref().map_or_else(|| "null".to_owned(), quoted);
        // Vercel's SDK takes no event of an error whose code is null.
        let code = quoted(error.code.as_deref().unwrap_or_else(|| object::code(error)));
        let param = text(&error.param);
        let message = quoted(&error.message);
        self.events.tell("error", &|out| {
            out.push_str(&format!(
                ",\"code\":{code},\"message\":{message},\"param\":{param},\"error\":{{\"type\":{},\"code\":{code},\
                 \"message\":{message},\"param\":{param}{}}}",
                quoted(&error.kind),
                in_line(&error.more)
            ));
        });
        self.tell_object("response.failed", State::Failed(error));
    }

    fn take(&mut self) -> String {
        if self.wanted.streams { self.events.take() } else { core::mem::take(&mut self.body) }
    }

    fn counted(&self) -> Option<Usage> {
        self.counts.as_ref().map(Usage::from)
    }
}

#[cfg(test)]
mod tests;
