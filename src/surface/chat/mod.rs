//! `/chat/completions`: one body, or chunks.
//!
//! Both say the same: the deltas of the chunks, put together, are the message of the body. Beyond
//! OpenAI's members a message has
//!
//! * `reasoning` and, the same under the name that others use, `reasoning_content`;
//! * `reasoning_signature`: the signature of the reasoning. Of several blocks it is `s1 n s2 m s3`, with
//!   one space between, where `n` is how many characters of `reasoning` came before the second block;
//! * `redacted_reasoning`: what only the provider can read, of several blocks with one space between;
//! * `images`, as OpenRouter has them, and `audio`;
//! * `annotations` for citations of web pages, `citations` for all others (the provider's own objects),
//!   and `extra_content` for blocks that OpenAI has no word for, under the language's name.
//!
//! In a stream the last three come once, with the `finish_reason`, since the SDKs' accumulators cannot
//! put together lists that come in parts.
//!
//! Sources: `CreateChatCompletionResponse` and `CreateChatCompletionStreamResponse` of OpenAI's
//! specification; Orq's reference for `reasoning…`; the accumulators of openai-python
//! (`lib/streaming/_deltas.py`) and openai-node (`lib/ChatCompletionStream.ts`).

mod chunks;
mod whole;

pub use chunks::Chunks;
pub use whole::Whole;

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
    images: usize,
    /// List elements, with commas between.
    annotations: String,
    sources: String,
    extras: String,
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

    /// What stands before a signature: where its block began.
    fn before_signature(&mut self) -> String {
        self.signed.replace(self.thought).map_or_else(String::new, |began| format!(" {began} "))
    }

    fn citation(&mut self, citation: &Citation<'_>) {
        let list = &mut self.annotations;
        list.push_str(comma(list));
        list.push_str("{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"");
        citation.url.push_to(list);
        list.push_str("\",\"title\":\"");
        citation.title.unwrap_or(citation.url).push_to(list);
        list.push_str(&format!("\",\"start_index\":{},\"end_index\":{}}}}}", citation.start, citation.end));
    }

    fn source(&mut self, object: &str) {
        self.sources.push_str(comma(&self.sources));
        self.sources.push_str(object);
    }

    fn extra(&mut self, block: &str) {
        self.extras.push_str(comma(&self.extras));
        self.extras.push_str(block);
    }

    /// Adds the members that stand at the end of a message, each after a comma.
    fn push_lists(&self, dialect: &str, out: &mut String) {
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

fn comma(list: &str) -> &'static str {
    if list.is_empty() { "" } else { "," }
}

#[cfg(test)]
mod tests;
