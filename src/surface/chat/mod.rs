//! `/chat/completions`: one body, or chunks.
//!
//! Both say the same: the deltas of the chunks, put together, are the message of the body. Beyond
//! OpenAI's members a message has
//!
//! * `reasoning` and, the same under the name that others use, `reasoning_content`;
//! * `reasoning_signature`: the signature of the reasoning. Of several blocks it is `s1 n s2 m s3`, with
//!   one space between, where `n` is how many characters of `reasoning` came before the second block;
//! * `redacted_reasoning`: what only the provider can read, of several blocks with one space between;
//! * `reasoning_details`: the reasoning and its signatures once more, where they have to come back: in OpenRouter's
//!   form, an element `reasoning.text` and an element `reasoning.encrypted`. A client that puts the deltas of a stream
//!   together can lose the rest: openai-node keeps of a text that it does not know the last delta alone;
//! * `images`, as OpenRouter has them, and `audio`;
//! * `annotations` for citations of web pages, `citations` for all others (the provider's own objects),
//!   and `extra_content` for blocks that OpenAI has no word for, under the language's name.
//!
//! In a stream the last four come once, with the `finish_reason`, since the SDKs' accumulators cannot
//! put together lists that come in parts.
//!
//! Sources: `CreateChatCompletionResponse` and `CreateChatCompletionStreamResponse` of OpenAI's
//! specification; Orq's reference for `reasoning…`; the accumulators of openai-python
//! (`lib/streaming/_deltas.py`) and openai-node (`lib/ChatCompletionStream.ts`).

mod chunks;
mod whole;

pub use chunks::Chunks;
pub use whole::Whole;

use super::{comma, in_line, push_citation};
use crate::chat::{Citation, FinishReason};
use crate::wire::write::Text;

/// What both forms keep of a choice until its end.
#[derive(Debug, Default)]
struct Kept {
    /// For each tool call, whether it has got arguments.
    calls: Vec<bool>,
    reason: Option<FinishReason>,
    /// Characters of text.
    chars: usize,
    /// Characters of reasoning.
    thought: usize,
    /// Characters of reasoning when the last signature came.
    signed: Option<usize>,
    redacted: bool,
    /// The reasoning for `reasoning_details`, as it stands in JSON, and what comes back with it.
    thoughts: Thoughts,
    images: usize,
    /// List elements, with commas between.
    annotations: String,
    sources: String,
    extras: String,
}

/// The most bytes of reasoning, and of what comes back with it, that are told a second time. More than that
/// is told once.
const MOST_THOUGHTS: usize = 256 << 10;

/// Reasoning as it stands in JSON, without quotes.
#[derive(Debug, Default)]
struct Thoughts {
    text: String,
    signature: String,
    redacted: String,
    /// There was more than is kept.
    over: bool,
}

impl Thoughts {
    fn push(&mut self, text: Text<'_>) {
        if !self.over {
            text.push_to(&mut self.text);
            self.bound();
        }
    }

    /// Lets go of it all when it has become too much.
    fn bound(&mut self) {
        let kept = self.text.len().saturating_add(self.signature.len()).saturating_add(self.redacted.len());
        if self.over || kept > MOST_THOUGHTS {
            *self = Self { over: true, ..Self::default() };
        }
    }

    /// Adds `reasoning_details`, after a comma, if anything has to come back.
    fn write(&self, out: &mut String) {
        if self.over || (self.signature.is_empty() && self.redacted.is_empty()) {
            return;
        }
        out.push_str(",\"reasoning_details\":[");
        if !self.text.is_empty() || !self.signature.is_empty() {
            out.push_str("{\"type\":\"reasoning.text\",\"text\":\"");
            out.push_str(&self.text);
            out.push_str("\",\"signature\":\"");
            out.push_str(&self.signature);
            out.push_str("\"}");
        }
        if !self.redacted.is_empty() {
            out.push_str(if out.ends_with('[') { "" } else { "," });
            out.push_str("{\"type\":\"reasoning.encrypted\",\"data\":\"");
            out.push_str(&self.redacted);
            out.push_str("\"}");
        }
        out.push(']');
    }
}

impl Kept {
    fn held(&self) -> usize {
        self.annotations.len().saturating_add(self.sources.len()).saturating_add(self.extras.len())
    }

    fn reason(&self) -> Option<&'static str> {
        let reason = match (self.reason?, self.calls.is_empty()) {
            (FinishReason::Stop, false) => FinishReason::ToolCalls,
            (FinishReason::ToolCalls, true) => FinishReason::Stop,
            (reason, _) => reason,
        };
        Some(reason.as_str())
    }

    fn finish(&mut self, reason: FinishReason) {
        self.reason = self.reason.or(Some(reason));
    }

    fn reasoning(&mut self, text: Text<'_>) {
        self.thought = self.thought.saturating_add(text.chars());
        self.thoughts.push(text);
    }

    /// A signature, behind where its block began if it is not the first.
    fn signature(&mut self, signature: Text<'_>, out: &mut String) {
        let before = self.signed.replace(self.thought).map(|began| format!(" {began} "));
        for out in [out, &mut self.thoughts.signature] {
            out.push_str(before.as_deref().unwrap_or_default());
            signature.push_to(out);
        }
        self.thoughts.bound();
    }

    /// What only the provider can read, behind a space if it is not the first.
    fn redacted(&mut self, data: Text<'_>, out: &mut String) {
        let again = core::mem::replace(&mut self.redacted, true);
        for out in [out, &mut self.thoughts.redacted] {
            out.push_str(if again { " " } else { "" });
            data.push_to(out);
        }
        self.thoughts.bound();
    }

    fn citation(&mut self, citation: &Citation<'_>) {
        push_citation(&mut self.annotations, citation);
    }

    fn source(&mut self, object: &str) {
        self.sources.push_str(comma(&self.sources));
        self.sources.push_str(&in_line(object));
    }

    fn extra(&mut self, block: &str) {
        self.extras.push_str(comma(&self.extras));
        self.extras.push_str(&in_line(block));
    }

    /// Adds the members that stand at the end of a message, each after a comma.
    fn push_lists(&self, dialect: &str, out: &mut String) {
        self.thoughts.write(out);
        let mut list = |start: &str, list: &str, end: &str| {
            if !list.is_empty() {
                out.push_str(start);
                out.push_str(list);
                out.push_str(end);
            }
        };
        list(",\"annotations\":[", &self.annotations, "]");
        list(",\"citations\":[", &self.sources, "]");
        list(&format!(",\"extra_content\":{{\"{dialect}\":["), &self.extras, "]}");
    }

    fn push_image(&mut self, media_type: &str, base64: Text<'_>, out: &mut String) {
        out.push_str("{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:");
        Text::Plain(media_type).push_to(out);
        out.push_str(";base64,");
        base64.push_to(out);
        out.push_str(&format!("\"}},\"index\":{}}}", self.images));
        self.images = self.images.saturating_add(1);
    }
}

#[cfg(test)]
mod tests;
