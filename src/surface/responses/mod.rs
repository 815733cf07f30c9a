//! `/responses`

mod request;
pub mod seal;

pub use request::as_chat;

use super::{Surface, Wanted};
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::write::Text;
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
    out: String,
}

impl Responses {
    /// An answer of which nothing is told.
    #[must_use]
    pub fn new(wanted: Wanted, asked: Rc<Asked>, dialect: &'static str) -> Self {
        Self { wanted, asked, dialect, out: String::new() }
    }
}

impl Answer for Responses {
    fn about(&mut self, _about: About<'_>) {}
    fn text(&mut self, _choice: usize, _text: Text<'_>) {}
    fn refusal(&mut self, _choice: usize, _text: Text<'_>) {}
    fn reasoning(&mut self, _choice: usize, _text: Text<'_>) {}
    fn signature(&mut self, _choice: usize, _signature: Text<'_>) {}
    fn redacted(&mut self, _choice: usize, _data: Text<'_>) {}
    fn tool_call(&mut self, _choice: usize, _call: Call<'_>) -> usize {
        0
    }
    fn arguments(&mut self, _choice: usize, _call: usize, _text: Text<'_>) {}
    fn citation(&mut self, _choice: usize, _citation: Citation<'_>) {}
    fn source(&mut self, _choice: usize, _object: &str) {}
    fn image(&mut self, _choice: usize, _media_type: &str, _base64: Text<'_>) {}
    fn audio(&mut self, _choice: usize, _base64: Text<'_>) {}
    fn logprobs(&mut self, _choice: usize, _entries: &str) {}
    fn extra(&mut self, _choice: usize, _block: &str) {}
    fn finish(&mut self, _choice: usize, _reason: FinishReason) {}
    fn usage(&mut self, _counts: Counts) {}
    fn chars(&self, _choice: usize) -> usize {
        0
    }
}

impl Surface for Responses {
    fn finished(&self) -> bool {
        let _ = (&self.wanted, &self.asked, self.dialect);
        false
    }
    fn held(&self) -> usize {
        0
    }
    fn close(&mut self) {}
    fn fail(&mut self, _error: &Error) {}
    fn take(&mut self) -> String {
        core::mem::take(&mut self.out)
    }
    fn counted(&self) -> Option<Usage> {
        None
    }
}
