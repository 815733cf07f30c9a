//! How much a model thinks.
//!
//! Sources: <https://platform.claude.com/docs/en/build-with-claude/thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/effort>.
//!
//! `thinking` says it in Anthropic's own terms and `reasoning_effort` in OpenAI's. Where a model has
//! levels of effort, OpenAI's are sent as such, and the model thinks adaptively; where it has none,
//! they become budgets. What a model cannot do it does as nearly as it can, and the client is told.

use super::models::{Effort, Model, Off, Thinking};
use crate::chat;
use crate::chat::Params;
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::write::Writer;

/// The least budget that is taken.
const LEAST: u64 = 1024;

/// What is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Thought {
    /// `thinking`
    pub thinking: Option<Sent>,
    /// `output_config.effort`
    pub effort: Option<Effort>,
}

/// A value of `thinking`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// So many tokens at most.
    Budget(u64),
    /// As it likes.
    Adaptive {
        /// The text is asked for: without it these models give signatures alone.
        shown: bool,
    },
    /// Not at all.
    Disabled,
    /// Hardly.
    BetweenTools,
}

impl Thought {
    /// Whether the model was asked to think.
    #[must_use]
    pub fn thinks(self) -> bool {
        matches!(self.thinking, Some(Sent::Budget(_) | Sent::Adaptive { .. }))
    }

    /// Writes `thinking`.
    pub fn write(self, out: &mut Writer) {
        let Some(thinking) = self.thinking else { return };
        out.object_member("thinking", |out| match thinking {
            Sent::Budget(tokens) => {
                out.text_member("type", "enabled");
                out.number_member("budget_tokens", tokens);
            }
            Sent::Adaptive { shown } => {
                out.text_member("type", "adaptive");
                if shown {
                    out.text_member("display", "summarized");
                }
            }
            Sent::Disabled => out.text_member("type", "disabled"),
            Sent::BetweenTools => out.text_member("type", "between_tools"),
        });
    }
}

/// Which parameter asks for it, to name it where it cannot be had.
fn asked(asked: Option<chat::Thinking>) -> &'static str {
    if asked.is_some() { "thinking" } else { "reasoning_effort" }
}

/// What of a request thinking cannot stand beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// Nothing.
    Free,
    /// Messages that a budget is refused with.
    NoBudget,
    /// A forced call of a tool, with which no thinking can be asked for.
    Forced,
}

/// Reads both parameters. `max_tokens` bounds a budget.
///
/// # Errors
/// 400 for values that are none, and where what cannot be had is refused.
pub fn read(
    call: &mut Call<'_>,
    params: &Params<'_>,
    model: &Model,
    max_tokens: u64,
    beside: Beside,
) -> Result<Thought, Error> {
    let (thinking, effort) = (params.thinking()?, params.effort()?);
    let level = match effort {
        Some(effort) => self::level(call, model, effort)?,
        None => None,
    };
    let off = match (thinking, effort) {
        (Some(chat::Thinking::Disabled), _) | (None, Some(chat::Effort::None)) => true,
        (None, None) => return Ok(Thought::default()),
        _ => false,
    };
    let name = asked(thinking);
    if off {
        return turned_off(call, model, level, name);
    }
    let wanted = match thinking {
        Some(chat::Thinking::Enabled(tokens)) => tokens,
        _ => None,
    };
    let adaptive = thinking != Some(chat::Thinking::Enabled(wanted)) || wanted.is_none();
    if thinking.is_some()
        && effort.is_some()
        && level.is_none()
        && (!adaptive || model.thinking == Thinking::Never)
    {
        call.drop_param("reasoning_effort")?;
    }
    let thinking = match model.thinking {
        _ if beside == Beside::Forced => {
            call.drop_param(name)?;
            None
        }
        Thinking::Never => {
            call.drop_param(name)?;
            None
        }
        Thinking::Adaptive => {
            if wanted.is_some() {
                call.drop_param("thinking.budget_tokens")?;
            }
            Some(Sent::Adaptive { shown: true })
        }
        Thinking::Either if adaptive => Some(Sent::Adaptive { shown: false }),
        Thinking::Budget | Thinking::Either => {
            // What is left is what the answer may be long.
            let most = max_tokens.saturating_sub(max_tokens / 5);
            let budget = match wanted {
                // The client's own number only has to be one that is taken.
                Some(tokens) => tokens.clamp(LEAST, max_tokens.saturating_sub(1).max(LEAST)),
                None => usual(effort).min(most),
            };
            if beside == Beside::NoBudget || budget < LEAST || budget >= max_tokens {
                call.drop_param(name)?;
                None
            } else {
                if wanted.is_some_and(|tokens| tokens != budget) {
                    call.drop_param("thinking.budget_tokens")?;
                }
                Some(Sent::Budget(budget))
            }
        }
    };
    Ok(Thought { thinking, effort: level })
}

/// The budget for an effort, where the client named none.
fn usual(effort: Option<chat::Effort>) -> u64 {
    match effort {
        Some(chat::Effort::None | chat::Effort::Minimal) => LEAST,
        Some(chat::Effort::Low) => 4096,
        Some(chat::Effort::Medium) | None => 16_384,
        Some(chat::Effort::High) => 32_000,
        Some(chat::Effort::Xhigh | chat::Effort::Max) => 60_000,
    }
}

/// The model's level for OpenAI's; `None` where it has none.
fn level(call: &mut Call<'_>, model: &Model, effort: chat::Effort) -> Result<Option<Effort>, Error> {
    let Some(most) = model.effort else { return Ok(None) };
    let level = match effort {
        chat::Effort::None => return Ok(None),
        chat::Effort::Minimal | chat::Effort::Low => Effort::Low,
        chat::Effort::Medium => Effort::Medium,
        chat::Effort::High => Effort::High,
        chat::Effort::Xhigh if model.thinking == Thinking::Adaptive => Effort::XHigh,
        chat::Effort::Xhigh | chat::Effort::Max => Effort::Max,
    };
    if level > most {
        call.drop_param("reasoning_effort")?;
    }
    Ok(Some(level.min(most)))
}

/// No thinking, or as little as the model can.
fn turned_off(
    call: &mut Call<'_>,
    model: &Model,
    level: Option<Effort>,
    name: &str,
) -> Result<Thought, Error> {
    if model.thinking == Thinking::Never {
        return Ok(Thought { thinking: None, effort: level });
    }
    let (thinking, most) = match model.off {
        Off::Disabled => (Some(Sent::Disabled), Effort::Max),
        Off::DisabledToHigh => (Some(Sent::Disabled), Effort::High),
        Off::BetweenTools => (Some(Sent::BetweenTools), Effort::High),
        Off::Always => {
            call.drop_param(name)?;
            return Ok(Thought { thinking: None, effort: Some(level.unwrap_or(Effort::Low)) });
        }
    };
    if level.is_some_and(|level| level > most) {
        call.drop_param("reasoning_effort")?;
    }
    Ok(Thought { thinking, effort: level.map(|level| level.min(most)) })
}
