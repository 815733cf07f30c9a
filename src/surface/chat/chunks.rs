//! A chat's answer as a stream of chunks.

use super::Kept;
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::error::Error;
use crate::surface::{Known, Surface, Wanted, choice_of, in_line};
use crate::usage::Usage;
use crate::wire::write::Text;

/// The chunks of one answer.
#[derive(Debug)]
pub struct Chunks {
    wanted: Wanted,
    /// The name of the provider's language.
    dialect: &'static str,
    out: String,
    /// What every chunk starts with; empty before the first.
    head: String,
    known: Known,
    choices: Vec<Choice>,
    counts: Option<Counts>,
}

#[derive(Debug, Default)]
struct Choice {
    /// Its role was told.
    begun: bool,
    /// Its speech began.
    speaks: bool,
    kept: Kept,
}

impl Chunks {
    /// A stream without chunks.
    #[must_use]
    pub fn new(wanted: Wanted, dialect: &'static str) -> Self {
        Self {
            wanted,
            dialect,
            out: String::new(),
            head: String::new(),
            known: Known::default(),
            choices: Vec::new(),
            counts: None,
        }
    }

    fn start(&mut self) {
        if self.head.is_empty() {
            let mut head = String::with_capacity(160);
            let member = |head: &mut String, name: &str, text: &str| {
                head.push_str(name);
                Text::Plain(text).push_to(head);
            };
            let made = || self.wanted.ids.make("chatcmpl-", 0);
            member(&mut head, "data: {\"id\":\"", &self.known.id.clone().unwrap_or_else(made));
            let created = self.known.created.unwrap_or(self.wanted.ids.created);
            head.push_str(&format!("\",\"object\":\"chat.completion.chunk\",\"created\":{created}"));
            member(&mut head, ",\"model\":\"", self.known.model.as_ref().unwrap_or(&self.wanted.model));
            if let Some(fingerprint) = &self.known.fingerprint {
                member(&mut head, "\",\"system_fingerprint\":\"", fingerprint);
            }
            if let Some(tier) = self.known.service_tier {
                member(&mut head, "\",\"service_tier\":\"", tier);
            }
            head.push_str("\",\"choices\":[");
            self.head = head;
        }
        self.out.push_str(&self.head);
    }

    fn end(&mut self) {
        self.out.push_str(if self.wanted.usage { "],\"usage\":null}\n\n" } else { "]}\n\n" });
    }

    /// One chunk of a choice. `delta` writes members, each with a comma before it; `content` says that it
    /// tells the text.
    fn chunk(&mut self, index: usize, content: bool, delta: impl FnOnce(&mut Choice, &mut String)) {
        self.chunk_with(index, content, "null", delta);
    }

    fn chunk_with(
        &mut self,
        index: usize,
        content: bool,
        logprobs: &str,
        delta: impl FnOnce(&mut Choice, &mut String),
    ) {
        if choice_of(&mut self.choices, index).is_none() {
            return;
        }
        self.start();
        let Some(choice) = self.choices.get_mut(index) else { return };
        let out = &mut self.out;
        push_index(out, index);
        let from = out.len();
        if !choice.begun {
            choice.begun = true;
            out.push_str(",\"role\":\"assistant\"");
            if !content {
                out.push_str(",\"content\":null");
            }
        }
        delta(choice, out);
        // The first comma has nothing before it.
        if out.get(from..).is_some_and(|delta| delta.starts_with(',')) {
            out.remove(from);
        }
        out.push_str("},\"logprobs\":");
        out.push_str(logprobs);
        out.push_str(",\"finish_reason\":null}");
        self.end();
    }

    /// A chunk with one text.
    fn string(&mut self, index: usize, name: &str, text: Text<'_>) {
        self.chunk(index, name == "content", |_, out| push_string(out, name, text));
    }

    /// Gives a call that got no arguments the empty object.
    fn complete_call(&mut self, index: usize, call: usize) {
        let got = self.choices.get(index).and_then(|choice| choice.kept.calls.get(call));
        if got == Some(&false) {
            self.arguments(index, call, Text::Plain("{}"));
        }
    }
}

fn push_index(out: &mut String, index: usize) {
    out.push_str("{\"index\":");
    out.push_str(&index.to_string());
    out.push_str(",\"delta\":{");
}

fn push_string(out: &mut String, name: &str, text: Text<'_>) {
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":\"");
    text.push_to(out);
    out.push('"');
}

impl Answer for Chunks {
    fn about(&mut self, about: About<'_>) {
        self.known.add(about);
    }

    fn text(&mut self, choice: usize, text: Text<'_>) {
        if text.is_empty() {
            return;
        }
        self.chunk(choice, true, |choice, out| {
            choice.kept.chars = choice.kept.chars.saturating_add(text.chars());
            push_string(out, "content", text);
        });
    }

    fn refusal(&mut self, choice: usize, text: Text<'_>) {
        if !text.is_empty() {
            self.string(choice, "refusal", text);
        }
    }

    fn reasoning(&mut self, choice: usize, text: Text<'_>) {
        if text.is_empty() {
            return;
        }
        self.chunk(choice, false, |choice, out| {
            choice.kept.reasoning(text);
            push_string(out, "reasoning", text);
            push_string(out, "reasoning_content", text);
        });
    }

    fn signature(&mut self, choice: usize, signature: Text<'_>) {
        if signature.is_empty() {
            return;
        }
        self.chunk(choice, false, |choice, out| {
            out.push_str(",\"reasoning_signature\":\"");
            choice.kept.signature(signature, out);
            out.push('"');
        });
    }

    fn redacted(&mut self, choice: usize, data: Text<'_>) {
        self.chunk(choice, false, |choice, out| {
            out.push_str(",\"redacted_reasoning\":\"");
            choice.kept.redacted(data, out);
            out.push('"');
        });
    }

    fn tool_call(&mut self, choice: usize, call: Call<'_>) -> usize {
        let number = self.choices.get(choice).map_or(0, |choice| choice.kept.calls.len());
        if let Some(before) = number.checked_sub(1) {
            self.complete_call(choice, before);
        }
        let made = match call.id.filter(|id| !id.is_empty()) {
            Some(_) => None,
            None => Some(self.wanted.ids.make("call_", call_number(choice, number))),
        };
        self.chunk(choice, false, |choice, out| {
            choice.kept.calls.push(false);
            out.push_str(&format!(",\"tool_calls\":[{{\"index\":{number},\"id\":\""));
            match &made {
                Some(id) => out.push_str(id),
                None => call.id.unwrap_or(Text::Plain("")).push_to(out),
            }
            out.push_str("\",\"type\":\"function\",\"function\":{\"name\":\"");
            call.name.push_to(out);
            out.push_str("\",\"arguments\":\"\"}");
            if let Some(signature) = call.signature {
                push_string(out, "thought_signature", signature);
            }
            out.push_str("}]");
        });
        number
    }

    fn arguments(&mut self, choice: usize, call: usize, text: Text<'_>) {
        let known = self.choices.get(choice).is_some_and(|choice| call < choice.kept.calls.len());
        if text.is_empty() || !known {
            return;
        }
        self.chunk(choice, false, |choice, out| {
            if let Some(got) = choice.kept.calls.get_mut(call) {
                *got = true;
            }
            out.push_str(&format!(",\"tool_calls\":[{{\"index\":{call},\"function\":{{\"arguments\":\""));
            text.push_to(out);
            out.push_str("\"}}]");
        });
    }

    fn citation(&mut self, choice: usize, citation: Citation<'_>) {
        if let Some(choice) = choice_of(&mut self.choices, choice) {
            choice.kept.citation(&citation);
        }
    }

    fn source(&mut self, choice: usize, object: &str) {
        if let Some(choice) = choice_of(&mut self.choices, choice) {
            choice.kept.source(object);
        }
    }

    fn image(&mut self, choice: usize, media_type: &str, base64: Text<'_>) {
        self.chunk(choice, false, |choice, out| {
            out.push_str(",\"images\":[");
            choice.kept.push_image(media_type, base64, out);
            out.push(']');
        });
    }

    fn audio(&mut self, choice: usize, base64: Text<'_>) {
        let (id, created) = (self.wanted.ids.make("audio_", call_number(choice, 0)), self.wanted.ids.created);
        self.chunk(choice, false, |choice, out| {
            out.push_str(",\"audio\":{");
            // Numbers of repeated deltas are added up, and texts joined: they come once.
            if !core::mem::replace(&mut choice.speaks, true) {
                out.push_str(&format!("\"id\":\"{id}\",\"expires_at\":{created},\"transcript\":\"\","));
            }
            out.push_str("\"data\":\"");
            base64.push_to(out);
            out.push_str("\"}");
        });
    }

    fn logprobs(&mut self, choice: usize, entries: &str) {
        if entries.is_empty() {
            return;
        }
        let logprobs = format!("{{\"content\":[{}],\"refusal\":null}}", in_line(entries));
        self.chunk_with(choice, false, &logprobs, |_, _| {});
    }

    fn extra(&mut self, choice: usize, block: &str) {
        if let Some(choice) = choice_of(&mut self.choices, choice) {
            choice.kept.extra(block);
        }
    }

    fn finish(&mut self, choice: usize, reason: FinishReason) {
        if let Some(choice) = choice_of(&mut self.choices, choice) {
            choice.kept.finish(reason);
        }
    }

    fn usage(&mut self, counts: Counts) {
        self.counts = Some(counts);
    }

    fn chars(&self, choice: usize) -> usize {
        self.choices.get(choice).map_or(0, |choice| choice.kept.chars)
    }
}

/// A number for the made up id of a call, different for each call of an answer.
pub(super) fn call_number(choice: usize, call: usize) -> u64 {
    let choice = u64::try_from(choice).unwrap_or(0);
    let call = u64::try_from(call).unwrap_or(0);
    choice.wrapping_shl(32).wrapping_add(call).wrapping_add(1)
}

impl Surface for Chunks {
    fn finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.kept.reason.is_some())
    }

    fn held(&self) -> usize {
        self.choices.iter().map(|choice| choice.kept.held()).sum()
    }

    fn close(&mut self) {
        for index in 0..self.choices.len() {
            let calls = self.choices.get(index).map_or(0, |choice| choice.kept.calls.len());
            if let Some(last) = calls.checked_sub(1) {
                self.complete_call(index, last);
            }
            self.start();
            let Some(choice) = self.choices.get_mut(index) else { continue };
            let out = &mut self.out;
            push_index(out, index);
            let from = out.len();
            if !core::mem::replace(&mut choice.begun, true) {
                out.push_str(",\"role\":\"assistant\",\"content\":null");
            }
            choice.kept.push_lists(self.dialect, out);
            if out.get(from..).is_some_and(|delta| delta.starts_with(',')) {
                out.remove(from);
            }
            let reason = choice.kept.reason().unwrap_or_default();
            out.push_str(&format!("}},\"logprobs\":null,\"finish_reason\":\"{reason}\"}}"));
            self.end();
        }
        if self.wanted.usage {
            self.start();
            let usage = self.counts.clone().unwrap_or_default().chat();
            self.out.push_str(&format!("],\"usage\":{}}}\n\n", in_line(&usage)));
        }
        self.out.push_str("data: [DONE]\n\n");
    }

    fn fail(&mut self, error: &Error) {
        self.out.push_str(&format!("data: {}\n\n", in_line(&error.body())));
    }

    fn take(&mut self) -> String {
        core::mem::take(&mut self.out)
    }

    fn counted(&self) -> Option<Usage> {
        self.counts.as_ref().map(Usage::from)
    }
}
