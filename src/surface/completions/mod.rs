//! `/completions`

use super::{AsChat, Surface, Wanted};
use crate::chat::{About, Answer, Call, Citation, Counts, FinishReason};
use crate::dialect;
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::Object;
use crate::wire::write::Text;
use std::rc::Rc;

/// What has to be known of a request for its answer.
#[derive(Debug, Default)]
pub struct Asked {}

/// Says a request as a chat.
///
/// # Errors
/// 400 for what a chat cannot say.
pub fn as_chat(call: &mut dialect::Call<'_>, _object: &Object<'_>) -> Result<AsChat, Error> {
    Err(dialect::unserved(call))
}

/// An answer.
#[derive(Debug)]
pub struct Completions {
    wanted: Wanted,
    asked: Rc<Asked>,
    out: String,
}

impl Completions {
    /// An answer of which nothing is told.
    #[must_use]
    pub fn new(wanted: Wanted, asked: Rc<Asked>) -> Self {
        Self { wanted, asked, out: String::new() }
    }
}

impl Answer for Completions {
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

impl Surface for Completions {
    fn finished(&self) -> bool {
        let _ = (&self.wanted, &self.asked);
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
