//! `thinking` and `reasoning_effort`, which each family of models is told in its own way.

use super::Members;
use crate::chat::{ChatRequest, Effort, Role, Thinking, ToolChoice};
use crate::dialect::Call;
use crate::dialect::bedrock::models::{Forced, Model, Reasoning};
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
    On { budget: Option<u64> },
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
        (Some(Thinking::Adaptive) | None, _) => Wish::On { budget: None },
        (Some(Thinking::Enabled(budget)), _) => Wish::On { budget },
    };
    let effort = effort.filter(|effort| *effort != Effort::None);
    let has_levels = matches!(model.reasoning, Reasoning::Both | Reasoning::Adaptive);
    let settled = matches!(wish, Wish::Off) || (model.reasoning == Reasoning::Budget && thinking.is_some());
    if effort.is_some() && thinking.is_some() && !has_levels && settled {
        call.drop_param("reasoning_effort")?;
    }
    match (model.reasoning, wish) {
        (Reasoning::Both | Reasoning::Adaptive, wish) => {
            claude(call, request, model, (name, wish, effort, limit), fields)
        }
        // They do not think unless they are told to.
        (Reasoning::Never | Reasoning::Budget | Reasoning::Nova, Wish::Off) => Ok(Thinks::default()),
        // These always do.
        (Reasoning::Never, Wish::On { .. }) | (Reasoning::Effort | Reasoning::Qwen, Wish::Off) => {
            call.drop_param(name)?;
            Ok(Thinks::default())
        }
        (Reasoning::Budget, Wish::On { budget }) => {
            let effort = effort.filter(|_| thinking.is_none());
            if is_forced(request, model) || calls_without_thoughts(request) || is_begun(request) {
                call.drop_param(name)?;
                return Ok(Thinks::default());
            }
            with_budget(call, model, (name, budget, effort, limit), fields)
        }
        (Reasoning::Nova, Wish::On { budget }) => {
            let level = level(effort, budget);
            let config = format!("{{\"type\":\"enabled\",\"maxReasoningEffort\":\"{}\"}}", level.as_str());
            fields.set("reasoningConfig", config);
            Ok(Thinks { as_long_as_it_likes: level == Effort::High, ..Thinks::default() })
        }
        (Reasoning::Effort, Wish::On { budget }) => {
            fields.set("reasoning_effort", format!("\"{}\"", level(effort, budget).as_str()));
            Ok(Thinks::default())
        }
        (Reasoning::Qwen, Wish::On { budget }) => {
            let low = level(effort, budget) == Effort::Low;
            fields.set("reasoning_config", if low { "\"low\"" } else { "\"high\"" });
            Ok(Thinks::default())
        }
    }
}

/// Claude from 4.6 on, which thinks as it likes and has levels of effort.
fn claude(
    call: &mut Call<'_>,
    request: &ChatRequest<'_>,
    model: &Model,
    (name, wish, effort, limit): (&str, Wish, Option<Effort>, Option<u64>),
    fields: &mut Members,
) -> Result<Thinks, Error> {
    let newest = model.reasoning == Reasoning::Adaptive;
    let mut effort = effort.map(|effort| match effort {
        Effort::Minimal => Effort::Low,
        Effort::Xhigh if !newest => Effort::Max,
        effort => effort,
    });
    let mut thinks = Thinks::default();
    match wish {
        Wish::Off if model.always_thinks => {
            call.drop_param(name)?;
            effort = effort.or(Some(Effort::Low));
        }
        Wish::Off => {
            // Claude 5 would think by itself.
            if newest {
                fields.set("thinking", "{\"type\":\"disabled\"}");
            }
            // "When extended thinking is disabled, the effort level is capped at high."
            effort = effort.map(|effort| effort.min(Effort::High));
        }
        // A call that must be made counts for more than thoughts before it.
        Wish::On { .. } if is_forced(request, model) => call.drop_param(name)?,
        Wish::On { budget: Some(budget) } if !newest && !calls_without_thoughts(request) => {
            thinks = with_budget(call, model, (name, Some(budget), None, limit), fields)?;
        }
        Wish::On { budget } => {
            if budget.is_some() {
                call.drop_param("thinking.budget_tokens")?;
            }
            // From 4.7 on the text of thoughts is left out unless it is asked for.
            let shown = if newest { ",\"display\":\"summarized\"" } else { "" };
            fields.set("thinking", format!("{{\"type\":\"adaptive\"{shown}}}"));
            thinks.claude = true;
        }
    }
    if let Some(effort) = effort {
        fields.set("output_config", format!("{{\"effort\":\"{}\"}}", effort.as_str()));
    }
    Ok(thinks)
}

/// Claude's thinking with a budget: the client's, or one for an effort, within the limit.
fn with_budget(
    call: &mut Call<'_>,
    model: &Model,
    (name, budget, effort, limit): (&str, Option<u64>, Option<Effort>, Option<u64>),
    fields: &mut Members,
) -> Result<Thinks, Error> {
    let room = limit.unwrap_or(model.max_output);
    let own = match budget {
        // The client's own number only has to be one that is taken.
        Some(budget) => {
            budget.clamp(LEAST, limit.map_or(u64::MAX, |limit| limit.saturating_sub(1)).max(LEAST))
        }
        // A fifth is left for the answer.
        None => usual(effort).min(room.saturating_sub(room.div_ceil(5))),
    };
    if own < LEAST || limit.is_some_and(|limit| own >= limit) {
        call.drop_param(name)?;
        return Ok(Thinks::default());
    }
    if budget.is_some_and(|budget| budget != own) {
        call.drop_param("thinking.budget_tokens")?;
    }
    fields.set("thinking", format!("{{\"type\":\"enabled\",\"budget_tokens\":{own}}}"));
    Ok(Thinks { claude: true, needs: Some(own.saturating_add(ANSWER)), ..Thinks::default() })
}

/// The budget for an effort.
fn usual(effort: Option<Effort>) -> u64 {
    match effort {
        Some(Effort::None | Effort::Minimal) => LEAST,
        Some(Effort::Low) => 4096,
        Some(Effort::Medium) | None => 16_384,
        Some(Effort::High) => 32_000,
        Some(Effort::Xhigh | Effort::Max) => 50_000,
    }
}

/// Whether the client wants a tool called, and the model does not do that when it thinks.
fn is_forced(request: &ChatRequest<'_>, model: &Model) -> bool {
    let wanted = match &request.tool_choice {
        Some(ToolChoice::Required | ToolChoice::Function(_)) => true,
        Some(ToolChoice::Allowed { required, names }) => *required && !names.is_empty(),
        Some(ToolChoice::Auto | ToolChoice::None | ToolChoice::Served(_)) | None => false,
    };
    wanted && model.forced == Forced::Thoughtless && request.functions().next().is_some()
}

/// Whether the client began the answer, with which no model goes on that thinks by a budget.
pub(super) fn is_begun(request: &ChatRequest<'_>) -> bool {
    request.messages.last().is_some_and(|message| message.role == Role::Assistant)
}

/// Whether the model waits for tools that it called in a message whose thoughts the client did not keep. With
/// a budget Claude refuses that: "Expected `thinking` or `redacted_thinking`, but found `tool_use`".
fn calls_without_thoughts(request: &ChatRequest<'_>) -> bool {
    let last = request.messages.iter().rev().find(|message| message.role != Role::Tool);
    last.is_some_and(|message| {
        !message.tool_calls.is_empty() && message.signature.is_none() && message.redacted.is_none()
    })
}

/// What was asked as one of three levels.
fn level(effort: Option<Effort>, budget: Option<u64>) -> Effort {
    match (effort, budget) {
        (Some(Effort::None | Effort::Minimal | Effort::Low), _) | (None, Some(0..=4095)) => Effort::Low,
        (Some(Effort::Medium), _) | (None, None | Some(4096..=16_383)) => Effort::Medium,
        _ => Effort::High,
    }
}
