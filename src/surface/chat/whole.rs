//! A chat's answer as one body.

use super::Kept;
use super::chunks::call_number;
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::error::Error;
use crate::surface::{Known, Surface, Wanted, choice_of, comma, inner};
use crate::usage::Usage;
use crate::wire::write::{Text, Writer};

/// The body of one answer.
#[derive(Debug)]
pub struct Whole {
    wanted: Wanted,
    /// The body, once it is closed.
    out: String,
    /// The name of the provider's language.
    dialect: &'static str,
    known: Known,
    choices: Vec<Choice>,
    counts: Option<Counts>,
}

/// A choice; its texts as they stand in JSON, without quotes.
#[derive(Debug, Default)]
struct Choice {
    text: Option<String>,
    refusal: String,
    reasoning: String,
    signature: String,
    redacted: String,
    calls: Vec<Called>,
    images: String,
    audio: String,
    logprobs: String,
    kept: Kept,
}

#[derive(Debug)]
struct Called {
    id: String,
    name: String,
    arguments: String,
    signature: Option<String>,
}

impl Whole {
    /// An answer that says nothing yet.
    #[must_use]
    pub fn new(wanted: Wanted, dialect: &'static str) -> Self {
        Self {
            wanted,
            out: String::new(),
            dialect,
            known: Known::default(),
            choices: Vec::new(),
            counts: None,
        }
    }

    /// OpenAI's body.
    #[must_use]
    pub fn body(&self) -> String {
        let mut out = Writer::with_capacity(1024);
        out.begin_object();
        let ids = self.wanted.ids;
        out.text_member("id", self.known.id.clone().unwrap_or_else(|| ids.make("chatcmpl-", 0)).as_str());
        out.text_member("object", "chat.completion");
        out.number_member("created", self.known.created.unwrap_or(ids.created));
        out.text_member("model", self.known.model.as_deref().unwrap_or(&self.wanted.model));
        if let Some(fingerprint) = &self.known.fingerprint {
            out.text_member("system_fingerprint", fingerprint.as_str());
        }
        if let Some(tier) = self.known.service_tier {
            out.text_member("service_tier", tier);
        }
        out.name("choices");
        out.begin_array();
        for (index, choice) in self.choices.iter().enumerate() {
            choice.write(self, index, &mut out);
        }
        out.end_array();
        out.raw_member("usage", &self.counts.clone().unwrap_or_default().chat());
        out.end_object();
        out.finish()
    }

    fn choice(&mut self, index: usize) -> Option<&mut Choice> {
        choice_of(&mut self.choices, index)
    }
}

impl Choice {
    fn write(&self, whole: &Whole, index: usize, out: &mut Writer) {
        out.begin_object();
        out.number_member("index", u64::try_from(index).unwrap_or(0));
        let mut message = String::from("{\"role\":\"assistant\"");
        let mut member = |name: &str, text: Option<&str>| {
            message.push_str(",\"");
            message.push_str(name);
            match text {
                Some(text) => {
                    message.push_str("\":\"");
                    message.push_str(text);
                    message.push('"');
                }
                None => message.push_str("\":null"),
            }
        };
        member("content", self.text.as_deref());
        member("refusal", Some(self.refusal.as_str()).filter(|text| !text.is_empty()));
        for (name, text) in [
            ("reasoning", &self.reasoning),
            ("reasoning_content", &self.reasoning),
            ("reasoning_signature", &self.signature),
            ("redacted_reasoning", &self.redacted),
        ] {
            if !text.is_empty() {
                member(name, Some(text));
            }
        }
        let ids = whole.wanted.ids;
        if !self.calls.is_empty() {
            message.push_str(",\"tool_calls\":[");
            for (number, call) in self.calls.iter().enumerate() {
                let made = call.id.is_empty().then(|| ids.make("call_", call_number(index, number)));
                let arguments = if call.arguments.is_empty() { "{}" } else { &call.arguments };
                message.push_str(if number == 0 { "" } else { "," });
                message.push_str(&format!(
                    "{{\"id\":\"{}\",\"type\":\"function\",\"function\":{{\"name\":\"{}\",\"arguments\":\"{arguments}\"}}",
                    made.as_ref().unwrap_or(&call.id),
                    call.name
                ));
                if let Some(signature) = &call.signature {
                    message.push_str(&format!(",\"thought_signature\":\"{signature}\""));
                }
                message.push('}');
            }
            message.push(']');
        }
        if !self.images.is_empty() {
            message.push_str(&format!(",\"images\":[{}]", self.images));
        }
        if !self.audio.is_empty() {
            let id = ids.make("audio_", call_number(index, 0));
            message.push_str(&format!(
                ",\"audio\":{{\"id\":\"{id}\",\"expires_at\":{},\"transcript\":\"\",\"data\":\"{}\"}}",
                ids.created, self.audio
            ));
        }
        self.kept.push_lists(whole.dialect, &mut message);
        message.push('}');
        out.raw_member("message", &message);
        if self.logprobs.is_empty() {
            out.raw_member("logprobs", "null");
        } else {
            out.raw_member("logprobs", &format!("{{\"content\":[{}],\"refusal\":null}}", self.logprobs));
        }
        out.text_member("finish_reason", self.kept.reason().unwrap_or_default());
        out.end_object();
    }
}

impl Answer for Whole {
    fn about(&mut self, about: About<'_>) {
        self.known.add(about);
    }

    fn text(&mut self, choice: usize, text: Text<'_>) {
        if let Some(choice) = self.choice(choice).filter(|_| !text.is_empty()) {
            choice.kept.chars = choice.kept.chars.saturating_add(text.chars());
            text.push_to(choice.text.get_or_insert_default());
        }
    }

    fn refusal(&mut self, choice: usize, text: Text<'_>) {
        if let Some(choice) = self.choice(choice) {
            text.push_to(&mut choice.refusal);
        }
    }

    fn reasoning(&mut self, choice: usize, text: Text<'_>) {
        if let Some(choice) = self.choice(choice) {
            choice.kept.reasoning(text);
            text.push_to(&mut choice.reasoning);
        }
    }

    fn signature(&mut self, choice: usize, signature: Text<'_>) {
        if let Some(choice) = self.choice(choice).filter(|_| !signature.is_empty()) {
            choice.kept.signature(signature, &mut choice.signature);
        }
    }

    fn redacted(&mut self, choice: usize, data: Text<'_>) {
        if let Some(choice) = self.choice(choice) {
            choice.kept.redacted(data, &mut choice.redacted);
        }
    }

    fn tool_call(&mut self, choice: usize, call: Call<'_>) -> usize {
        let Some(choice) = self.choice(choice) else { return 0 };
        choice.kept.calls.push(true);
        choice.calls.push(Called {
            id: call.id.map(inner).unwrap_or_default(),
            name: inner(call.name),
            arguments: String::new(),
            signature: call.signature.map(inner),
        });
        choice.calls.len().saturating_sub(1)
    }

    fn arguments(&mut self, choice: usize, call: usize, text: Text<'_>) {
        if let Some(call) = self.choice(choice).and_then(|choice| choice.calls.get_mut(call)) {
            text.push_to(&mut call.arguments);
        }
    }

    fn citation(&mut self, choice: usize, citation: Citation<'_>) {
        if let Some(choice) = self.choice(choice) {
            choice.kept.citation(&citation);
        }
    }

    fn source(&mut self, choice: usize, object: &str) {
        if let Some(choice) = self.choice(choice) {
            choice.kept.source(object);
        }
    }

    fn image(&mut self, choice: usize, media_type: &str, base64: Text<'_>) {
        if let Some(choice) = self.choice(choice) {
            choice.images.push_str(comma(&choice.images));
            choice.kept.push_image(media_type, base64, &mut choice.images);
        }
    }

    fn audio(&mut self, choice: usize, base64: Text<'_>) {
        if let Some(choice) = self.choice(choice) {
            base64.push_to(&mut choice.audio);
        }
    }

    fn logprobs(&mut self, choice: usize, entries: &str) {
        if let Some(choice) = self.choice(choice).filter(|_| !entries.is_empty()) {
            choice.logprobs.push_str(comma(&choice.logprobs));
            choice.logprobs.push_str(entries);
        }
    }

    fn extra(&mut self, choice: usize, block: &str) {
        if let Some(choice) = self.choice(choice) {
            choice.kept.extra(block);
        }
    }

    fn finish(&mut self, choice: usize, reason: FinishReason) {
        if let Some(choice) = self.choice(choice) {
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

impl Surface for Whole {
    fn finished(&self) -> bool {
        !self.choices.is_empty() && self.choices.iter().all(|choice| choice.kept.reason.is_some())
    }

    fn held(&self) -> usize {
        0
    }

    fn close(&mut self) {
        self.out = self.body();
    }

    fn fail(&mut self, error: &Error) {
        self.out = error.body();
    }

    fn take(&mut self) -> String {
        core::mem::take(&mut self.out)
    }

    fn counted(&self) -> Option<Usage> {
        self.counts.as_ref().map(Usage::from)
    }
}
