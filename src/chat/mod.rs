//! The hub between what clients speak and what providers speak: OpenAI's chat vocabulary as Rust
//! types, never a language of its own.
//!
//! On the way up a surface makes a [`ChatRequest`] of the client's body, and a dialect writes the
//! provider's body from it. On the way down a dialect calls an [`Answer`] while it reads, and a surface
//! implements that: chunks of a stream, or one whole body.
//!
//! Sources: OpenAI's specification (`CreateChatCompletionRequest`) and Orq's reference of the proxy for
//! what it adds (`thinking`, `top_k`, `reasoning`, `reasoning_signature`, `redacted_reasoning`).

mod answer;
mod asked;
mod message;
mod params;
mod request;

pub use answer::{About, Answer, Call, Citation, Counts, FinishReason, Ids, Outcome, Served, Service};
pub use asked::Asked;
pub use message::{Content, Message, Part, Path, Role, Source, ToolCall};
pub use params::{Effort, Location, Number, Params, ResponseFormat, Thinking, WebSearch};
pub(crate) use params::{missing, no_model_here, says_nothing, wrong_type, wrong_value};
pub use request::{ChatRequest, Function, MOST, MOST_TOOLS, Tool, ToolChoice, is_web_search};

#[cfg(test)]
mod tests;
