//! `thinking` and `reasoning_effort`, which each family of models is told in its own way.

use super::Members;
use crate::chat::{ChatRequest, Effort, Role, Thinking};
use crate::dialect::Call;
use crate::dialect::bedrock::models::{Model, Reasoning};
use crate::error::Error;

/// The least budget that Claude takes.
const LEAST: u64 = 1024;

/// Room for the answer behind the thoughts, where the client set no limit: a limit must be above the budget,
/// and a model's own may not be.
const ANSWER: u64 = 4096;

/// What follows from how the model thinks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Thinks {
    /// It does, and it is Claude, which then takes no sampling and, before Claude 5, no forced tool.
    pub claude: bool,
    /// Nova at its highest effort takes neither a limit nor sampling.
    pub as_long_as_it_likes: bool,
    /// The least limit of tokens that the budget needs.
    pub needs: Option<u64>,
}

/// What the client wants.
#[derive(Clone, Copy)]
enum Wish {
    Off,
    On { effort: Option<Effort>, budget: Option<u64> },
}

/// Writes how the model is to think into `additionalModelRequestFields`.
pub(super) fn write(
    call: &mut Call<'_>,
    request: &ChatRequest<'_>,
    model: &Model,
    limit: Option<u64>,
    fields: &mut Members,
) -> Result<Thinks, Error> {
    let params = &request.params;
    let (thinking, effort) = (params.thinking()?, params.effort()?);
    let name = if thinking.is_some() { "thinking" } else { "reasoning_effort" };
    let wish = match (thinking, effort) {
        (None, None) => return Ok(Thinks::default()),
        (Some(Thinking::Disabled), _) | (None, Some(Effort::None)) => Wish::Off,
        (Some(Thinking::Adaptive) | None, effort) => Wish::On { effort, budget: None },
        (Some(Thinking::Enabled(budget)), effort) => Wish::On { effort, budget },
    };
    let mut thinks = Thinks::default();
    match (model.reasoning, wish) {
        // They do not think unless they are told to.
        (Reasoning::Never | Reasoning::Budget | Reasoning::Both | Reasoning::Nova, Wish::Off) => {}
        // These always do.
        (Reasoning::Never, Wish::On { .. }) | (Reasoning::Effort | Reasoning::Qwen, Wish::Off) => {
            call.drop_param(name)?;
        }
        (Reasoning::Adaptive, Wish::Off) => fields.set("thinking", "{\"type\":\"disabled\"}"),
        (Reasoning::Budget, Wish::On { effort, budget }) => {
            if budget.is_some() && effort.is_some() {
                call.drop_param("reasoning_effort")?;
            }
            match budget.or_else(|| budget_of(effort, limit)) {
                Some(budget) if !calls_without_thoughts(request) => thinks = enabled(budget, fields),
                // There is not room enough for any, or no way back to it.
                _ => call.drop_param(name)?,
            }
        }
        (Reasoning::Both | Reasoning::Adaptive, Wish::On { effort, budget }) => {
            let newest = model.reasoning == Reasoning::Adaptive;
            match budget {
                Some(budget) if !newest && !calls_without_thoughts(request) => {
                    thinks = enabled(budget, fields);
                }
                budget => {
                    if budget.is_some() {
                        call.drop_param("thinking.budget_tokens")?;
                    }
                    fields.set("thinking", "{\"type\":\"adaptive\"}");
                    thinks.claude = true;
                }
            }
            if let Some(effort) = effort.filter(|effort| *effort != Effort::None) {
                let word = match effort {
                    Effort::Minimal => Effort::Low,
                    Effort::Xhigh if !newest => Effort::Max,
                    effort => effort,
                };
                fields.set("output_config", format!("{{\"effort\":\"{}\"}}", word.as_str()));
            }
        }
        (Reasoning::Nova, Wish::On { effort, budget }) => {
            let level = level(effort, budget);
            let config = format!("{{\"type\":\"enabled\",\"maxReasoningEffort\":\"{}\"}}", level.as_str());
            fields.set("reasoningConfig", config);
            thinks.as_long_as_it_likes = level == Effort::High;
        }
        (Reasoning::Effort, Wish::On { effort, budget }) => {
            fields.set("reasoning_effort", format!("\"{}\"", level(effort, budget).as_str()));
        }
        (Reasoning::Qwen, Wish::On { effort, budget }) => {
            let low = level(effort, budget) == Effort::Low;
            fields.set("reasoning_config", if low { "\"low\"" } else { "\"high\"" });
        }
    }
    Ok(thinks)
}

/// Claude's thinking with a budget.
fn enabled(budget: u64, fields: &mut Members) -> Thinks {
    fields.set("thinking", format!("{{\"type\":\"enabled\",\"budget_tokens\":{budget}}}"));
    Thinks { claude: true, needs: Some(budget.saturating_add(ANSWER)), ..Thinks::default() }
}

/// Whether the model waits for tools that it called in a message whose thoughts the client did not keep. With
/// a budget Claude refuses that: "Expected `thinking` or `redacted_thinking`, but found `tool_use`".
fn calls_without_thoughts(request: &ChatRequest<'_>) -> bool {
    let last = request.messages.iter().rev().find(|message| message.role != Role::Tool);
    last.is_some_and(|message| {
        !message.tool_calls.is_empty() && message.signature.is_none() && message.redacted.is_none()
    })
}

/// An effort as a budget of tokens, of which a quarter of the client's limit stays free for the answer.
fn budget_of(effort: Option<Effort>, limit: Option<u64>) -> Option<u64> {
    let budget = match effort {
        Some(Effort::None | Effort::Minimal) => LEAST,
        Some(Effort::Low) => 2048,
        Some(Effort::Medium) | None => 8192,
        Some(Effort::High) => 16_384,
        Some(Effort::Xhigh | Effort::Max) => 24_576,
    };
    let most = limit.map_or(budget, |limit| limit.saturating_sub(limit.div_ceil(4)));
    Some(budget.min(most)).filter(|budget| *budget >= LEAST)
}

/// What was asked as one of three levels.
fn level(effort: Option<Effort>, budget: Option<u64>) -> Effort {
    match (effort, budget) {
        (Some(Effort::None | Effort::Minimal | Effort::Low), _) | (None, Some(0..=4095)) => Effort::Low,
        (Some(Effort::Medium), _) | (None, None | Some(4096..=16_383)) => Effort::Medium,
        _ => Effort::High,
    }
}
