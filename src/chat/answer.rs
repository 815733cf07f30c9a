//! What an answer says, piece by piece, and who takes it down.

use crate::usage::Usage;
use crate::wire::write::Text;
use std::fmt::Write as _;

/// Takes an answer down as a dialect reads it. Choices count from 0.
///
/// A whole body and a stream are told in the same calls; a stream tells a text in many of them. What
/// is told of a choice after its [`finish`](Answer::finish) still counts, since some providers tell
/// the reason before the rest.
pub trait Answer {
    /// What is known of the answer as a whole. May come again: the first of each counts.
    fn about(&mut self, about: About<'_>);

    /// More of the answer's text.
    fn text(&mut self, choice: usize, text: Text<'_>);

    /// More of a refusal in the model's own words.
    fn refusal(&mut self, choice: usize, text: Text<'_>);

    /// More of what the model thought.
    fn reasoning(&mut self, choice: usize, text: Text<'_>);

    /// The signature, whole, of what was thought since the last one. Of several each comes after its
    /// own reasoning.
    fn signature(&mut self, choice: usize, signature: Text<'_>);

    /// Thoughts that only the provider can read, whole.
    fn redacted(&mut self, choice: usize, data: Text<'_>);

    /// The model calls a tool. Says which call of the choice it is, from 0, for its arguments.
    fn tool_call(&mut self, choice: usize, call: Call<'_>) -> usize;

    /// More of the JSON text of a call's arguments. A call that gets none has `{}`.
    fn arguments(&mut self, choice: usize, call: usize, text: Text<'_>);

    /// A place of the text that rests on a web page.
    fn citation(&mut self, choice: usize, citation: Citation<'_>);

    /// A citation of something without an address (a document, a tool's result): the provider's own
    /// object.
    fn source(&mut self, choice: usize, object: &str);

    /// An image of the model.
    fn image(&mut self, choice: usize, media_type: &str, base64: Text<'_>);

    /// More of the model's speech, in base64.
    fn audio(&mut self, choice: usize, base64: Text<'_>);

    /// Log probabilities of more tokens: objects as OpenAI has them, with commas between.
    fn logprobs(&mut self, choice: usize, entries: &str);

    /// A block of the provider's that OpenAI's chat has no word for: its own JSON.
    fn extra(&mut self, choice: usize, block: &str);

    /// A tool that the provider runs itself begins its work. Says which of the choice's it is, from 0, for what is
    /// told of it later. A surface without words for such tools (chat) takes none of this down: a dialect tells it
    /// the blocks by [`extra`](Answer::extra), too.
    fn serve(&mut self, _choice: usize, _service: Service<'_>) -> usize {
        0
    }

    /// More of what such a tool is given: the code of an interpreter, the JSON text of an MCP call's arguments.
    fn serve_input(&mut self, _choice: usize, _number: usize, _text: Text<'_>) {}

    /// What came of its work, which ends it.
    fn served(&mut self, _choice: usize, _number: usize, _outcome: Outcome<'_>) {}

    /// Why a choice ended. The first counts.
    fn finish(&mut self, choice: usize, reason: FinishReason);

    /// What was counted so far. The last counts.
    fn usage(&mut self, counts: Counts);

    /// How many Unicode characters of text the choice has so far.
    fn chars(&self, choice: usize) -> usize;
}

/// What is known of an answer as a whole.
#[derive(Clone, Copy, Debug, Default)]
pub struct About<'a> {
    /// The provider's id of the answer.
    pub id: Option<Text<'a>>,
    /// The provider's name of the model that answered.
    pub model: Option<Text<'a>>,
    /// When it was made, in seconds since 1970.
    pub created: Option<u64>,
    /// The provider's mark of its configuration.
    pub fingerprint: Option<Text<'a>>,
    /// OpenAI's name of the tier that served it: `default`, `flex`, `priority`, `scale`.
    pub service_tier: Option<&'static str>,
}

/// A tool call, without its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The provider's id; one is made up where it has none.
    pub id: Option<Text<'a>>,
    /// The function's name.
    pub name: Text<'a>,
    /// A signature that must come back with the call (Gemini's `thoughtSignature`).
    pub signature: Option<Text<'a>>,
}

/// A tool that the provider runs itself, as it begins.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    /// The provider's id of its work; one is made up where it has none.
    pub id: Option<Text<'a>>,
    /// Which tool.
    pub tool: Served<'a>,
}

/// The tools that providers run, in the terms of OpenAI's Responses.
#[derive(Clone, Copy, Debug)]
pub enum Served<'a> {
    /// A search of the web.
    WebSearch,
    /// A run of code, and the container in which it runs where that is known.
    CodeInterpreter(Option<Text<'a>>),
    /// The list of tools of an MCP server, by its label.
    McpListTools(Text<'a>),
    /// A call of a tool of an MCP server.
    McpCall {
        /// The server's label.
        server: Text<'a>,
        /// The tool's name.
        name: Text<'a>,
    },
}

/// What came of a tool that the provider ran.
#[derive(Clone, Copy, Debug)]
pub enum Outcome<'a> {
    /// The web was searched for these words, and these addresses were found.
    Searched {
        /// The words, of each search.
        queries: &'a [Text<'a>],
        /// The addresses.
        sources: &'a [Text<'a>],
    },
    /// Code ran.
    Ran {
        /// The container in which it ran, where that is known only now.
        container: Option<Text<'a>>,
        /// What it wrote: elements of OpenAI's `outputs` (`{"type":"logs","logs":"…"}`), with commas between.
        outputs: &'a str,
    },
    /// The tools of an MCP server: elements of OpenAI's `tools`, with commas between.
    Listed(&'a str),
    /// What a tool of an MCP server answered.
    Answered(Text<'a>),
    /// It failed; why.
    Failed(Text<'a>),
}

/// A web page that a place of the text rests on.
#[derive(Clone, Copy, Debug)]
pub struct Citation<'a> {
    /// Its address.
    pub url: Text<'a>,
    /// Its title, if it has one.
    pub title: Option<Text<'a>>,
    /// Where the place starts, in Unicode characters of the text; 0 with an `end` of 0 when that is not known.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// Why a choice ended, in OpenAI's terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinishReason {
    /// A natural end, or a stop sequence. Becomes [`ToolCalls`](Self::ToolCalls) where there are calls.
    Stop,
    /// The limit of tokens, or of the context.
    Length,
    /// The model waits for tools. Becomes [`Stop`](Self::Stop) where there are no calls.
    ToolCalls,
    /// The provider's filter, or the model's refusal.
    ContentFilter,
}

impl FinishReason {
    /// OpenAI's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stop => "stop",
            Self::Length => "length",
            Self::ToolCalls => "tool_calls",
            Self::ContentFilter => "content_filter",
        }
    }
}

/// Token counts in OpenAI's terms; a dialect says how its vendor's are added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that went in: cached tokens, and those written to a cache, among them.
    pub input: u64,
    /// All that came out: reasoning among it.
    pub output: u64,
    /// Of the input: read from a cache.
    pub cached: Option<u64>,
    /// Of the input: written to a cache.
    pub cache_write: Option<u64>,
    /// Of the input: sound.
    pub input_audio: Option<u64>,
    /// Of the output: reasoning.
    pub reasoning: Option<u64>,
    /// Of the output: sound.
    pub output_audio: Option<u64>,
    /// Further counters of the provider, each `,"name":value`.
    pub more: String,
}

impl Counts {
    /// OpenAI's `usage` object of chat.
    #[must_use]
    pub fn chat(&self) -> String {
        let total = self.input.saturating_add(self.output);
        let mut out = format!(
            "{{\"prompt_tokens\":{},\"completion_tokens\":{},\"total_tokens\":{total},\"prompt_tokens_details\":{{\"cached_tokens\":{}",
            self.input,
            self.output,
            self.cached.unwrap_or(0)
        );
        let mut detail = |name: &str, count: Option<u64>| {
            if let Some(count) = count {
                let _ = write!(out, ",\"{name}\":{count}");
            }
        };
        detail("cache_write_tokens", self.cache_write);
        detail("audio_tokens", Some(self.input_audio.unwrap_or(0)));
        out.push_str("},\"completion_tokens_details\":{\"reasoning_tokens\":");
        let _ = write!(
            out,
            "{},\"audio_tokens\":{}}}{}}}",
            self.reasoning.unwrap_or(0),
            self.output_audio.unwrap_or(0),
            self.more
        );
        out
    }
}

impl From<&Counts> for Usage {
    fn from(counts: &Counts) -> Self {
        Self {
            input: counts.input,
            output: counts.output,
            cached: counts.cached.unwrap_or(0),
            reasoning: counts.reasoning.unwrap_or(0),
        }
    }
}

/// Makes up the ids that a provider does not give: the same for the same request.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    seed: u64,
    /// When the request came, in seconds since 1970.
    pub created: u64,
}

impl Ids {
    /// The ids of one request, by what Envoy calls it and by its time in seconds since 1970.
    #[must_use]
    pub fn new(request_id: &str, now: u64) -> Self {
        // FNV-1a: it has to spread, not to keep a secret.
        let bytes = request_id.bytes().chain(now.to_le_bytes());
        let seed = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        Self { seed, created: now }
    }

    /// An id with this start: `chatcmpl-`, `call_`. Different for each `number`.
    #[must_use]
    pub fn make(&self, start: &str, number: u64) -> String {
        // SplitMix64, so that ids that follow each other do not look alike.
        let mut mixed = self.seed.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        format!("{start}{:016x}{:08x}", mixed ^ (mixed >> 31), self.seed >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usage_is_openais_object() {
        let counts = Counts {
            input: 9,
            output: 5,
            cached: Some(4),
            cache_write: Some(2),
            reasoning: Some(3),
            more: ",\"x\":1".to_owned(),
            ..Counts::default()
        };
        let read: serde_json::Value = serde_json::from_str(&counts.chat()).unwrap();
        let expected = serde_json::json!({"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14,
            "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 2, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 3, "audio_tokens": 0}, "x": 1});
        assert_eq!(read, expected);
    }

    #[test]
    fn ids_are_the_same_for_a_request_and_differ_within_it_and_between_requests() {
        let ids = Ids::new("r-1", 7);
        assert_eq!(ids.make("call_", 0), Ids::new("r-1", 7).make("call_", 0));
        let many: std::collections::BTreeSet<_> = (0..1000)
            .flat_map(|number| [ids.make("call_", number), Ids::new("r-2", 7).make("call_", number)])
            .collect();
        assert_eq!(many.len(), 2000);
        assert!(many.iter().all(|id| id.len() == 29));
    }
}
