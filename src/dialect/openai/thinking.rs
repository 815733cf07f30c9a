//! `thinking`, as each provider is asked for it.
//!
//! Sources: DeepSeek <https://api-docs.deepseek.com/guides/thinking_mode>, Z.AI
//! <https://docs.z.ai/guides/capabilities/thinking-mode>, Mistral
//! <https://docs.mistral.ai/capabilities/reasoning/>, Groq <https://console.groq.com/docs/reasoning>, Alibaba
//! <https://www.alibabacloud.com/help/en/model-studio/deep-thinking>, OpenRouter
//! <https://openrouter.ai/docs/guides/best-practices/reasoning-tokens>, vLLM
//! <https://docs.vllm.ai/en/latest/features/reasoning_outputs/>.

use super::quirks::Edited;
use crate::dialect::Call;
use crate::error::Error;
use crate::provider::Thinking;
use crate::wire::json::quoted;

pub(super) const PARAM: &str = "thinking";
const BUDGET: &str = "thinking.budget_tokens";
const EFFORT: &str = "reasoning_effort";

/// Up to how many tokens a budget is little, and up to how many it is no more than usual.
const LITTLE: u64 = 2048;
const USUAL: u64 = 8192;

/// Says in the provider's words what `thinking` asks for.
///
/// # Errors
/// 400 when it is no object with a `type`, or asks for what is not to be had and such requests are refused.
pub(super) fn ask(call: &mut Call<'_>, edited: &mut Edited<'_, '_>, form: Thinking) -> Result<(), Error> {
    if edited.get(PARAM).is_none() {
        edited.remove(PARAM);
        effort_none(edited, form);
        return Ok(());
    }
    let Some((mut node, kind)) =
        edited.node(PARAM).and_then(|node| node.string("type").map(|kind| (node, kind)))
    else {
        return Err(Error::invalid(
            "Invalid value for 'thinking': expected an object with a `type` of \"enabled\", \"disabled\" or \"adaptive\".",
        )
        .param(PARAM)
        .code("invalid_value"));
    };
    let on = kind != "disabled";
    let budget = node.get("budget_tokens").and_then(|budget| budget.parse::<u64>().ok()).filter(|_| on);
    match form {
        Thinking::Switch => {
            if budget.is_some() {
                call.drop_param(BUDGET)?;
            }
            node.remove("budget_tokens");
            if on && kind != "enabled" {
                node.set_text("type", "enabled");
            }
            node.finish(edited.splices);
            return Ok(());
        }
        Thinking::Effort { off, levels } => {
            if edited.get(EFFORT).is_some() || (!on && off.is_none()) {
                call.drop_param(PARAM)?;
            } else {
                if budget.is_some() {
                    call.drop_param(BUDGET)?;
                }
                if let Some(effort) = if on { level(levels, budget) } else { off } {
                    edited.add(EFFORT, &quoted(effort));
                }
            }
        }
        Thinking::Flag => {
            edited.add("enable_thinking", if on { "true" } else { "false" });
            if let Some(budget) = budget {
                edited.add("thinking_budget", &budget.to_string());
            }
        }
        Thinking::Object { budget: takes } => {
            if edited.get("reasoning").is_some() {
                call.drop_param(PARAM)?;
            } else {
                let mut object = format!("{{\"enabled\":{on}");
                match budget {
                    Some(budget) if takes => object.push_str(&format!(",\"max_tokens\":{budget}")),
                    Some(_) => call.drop_param(BUDGET)?,
                    None => {}
                }
                object.push('}');
                edited.add("reasoning", &object);
            }
        }
        Thinking::Template => {
            if edited.get("chat_template_kwargs").is_some() {
                call.drop_param(PARAM)?;
            } else {
                if budget.is_some() {
                    call.drop_param(BUDGET)?;
                }
                edited
                    .add("chat_template_kwargs", &format!("{{\"enable_thinking\":{on},\"thinking\":{on}}}"));
            }
        }
    }
    edited.remove(PARAM);
    Ok(())
}

/// Of a provider that has a switch, no effort turns it off.
fn effort_none(edited: &mut Edited<'_, '_>, form: Thinking) {
    if form == Thinking::Switch && edited.get(EFFORT) == Some("\"none\"") {
        edited.remove(EFFORT);
        if edited.object.member(PARAM).is_none() {
            edited.add(PARAM, "{\"type\":\"disabled\"}");
        }
    }
}

/// The level of a budget; of none, the middle one.
fn level(levels: &[&'static str], budget: Option<u64>) -> Option<&'static str> {
    let last = levels.len().checked_sub(1)?;
    let at = match budget {
        Some(budget) if budget <= LITTLE => 0,
        Some(budget) if budget > USUAL => last,
        _ => levels.len() / 2,
    };
    levels.get(at.min(last)).copied()
}
