//! What each generation of Claude takes.
//!
//! Sources: <https://platform.claude.com/docs/en/about-claude/models/overview> for the limits,
//! <https://platform.claude.com/docs/en/build-with-claude/thinking>,
//! <https://platform.claude.com/docs/en/build-with-claude/effort>,
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>,
//! <https://platform.claude.com/docs/en/build-with-claude/mid-conversation-system-messages>,
//! <https://platform.claude.com/docs/en/agents-and-tools/tool-use/code-execution-tool>,
//! <https://platform.claude.com/docs/en/agents-and-tools/mcp-connector> and the migration guide of each
//! model for what it began or ceased to take.

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Model {
    /// The most tokens of one answer, thinking among them. `max_tokens` is required, so this is
    /// sent where the client sets no limit; it is no reservation and costs nothing.
    pub max_output: u64,
    /// Whether `temperature`, `top_p` and `top_k` are taken.
    pub sampling: Sampling,
    /// How thinking is asked for.
    pub thinking: Thinking,
    /// How thinking is asked not to happen.
    pub off: Off,
    /// The highest level of `output_config.effort`; `None` where effort is rejected.
    pub effort: Option<Effort>,
    /// Whether `tool_choice` may be `any` or name a tool.
    pub forced_tools: bool,
    /// Whether `output_config.format` and `strict` tools are taken.
    pub structured: bool,
    /// Whether messages may have the role `system`.
    pub system_turns: bool,
    /// Whether it goes on with what an assistant's last message begins.
    pub prefill: bool,
    /// Whether it runs code and calls MCP servers.
    pub runs_tools: bool,
}

/// Which sampling parameters are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// All.
    All,
    /// All, but not `temperature` beside `top_p`: "`temperature` and `top_p` cannot both be
    /// specified for this model".
    OneOfTwo,
    /// None but the defaults.
    Nothing,
}

/// How thinking is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// It does not think.
    Never,
    /// By a budget: `{"type":"enabled","budget_tokens":n}`.
    Budget,
    /// By a budget or adaptively: `{"type":"adaptive"}`.
    Either,
    /// Adaptively alone. These models leave the text of their thinking out unless they are asked
    /// for it with `display`.
    Adaptive,
}

/// How thinking is asked not to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Off {
    /// `{"type":"disabled"}`
    Disabled,
    /// The same, at efforts up to `high`.
    DisabledToHigh,
    /// `{"type":"between_tools"}`, at efforts up to `high`: short notes between calls of tools are
    /// the least it does.
    BetweenTools,
    /// It always thinks.
    Always,
}

/// Levels of effort, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`. Models up to 4.6 know `max`, but not this one.
    XHigh,
    /// `max`
    Max,
}

impl Effort {
    /// As the API writes it.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::XHigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// The first of Claude, and what is assumed of models of other vendors that speak this language.
const FIRST: Model = Model {
    max_output: 4096,
    sampling: Sampling::All,
    thinking: Thinking::Never,
    off: Off::Disabled,
    effort: None,
    forced_tools: true,
    structured: false,
    system_turns: false,
    prefill: true,
    runs_tools: false,
};
const OTHER: Model = Model { max_output: 8192, thinking: Thinking::Budget, runs_tools: true, ..FIRST };
const V3_5: Model = Model { max_output: 8192, ..FIRST };
const V3_7: Model = Model { max_output: 64_000, thinking: Thinking::Budget, ..FIRST };
const OPUS_4: Model = Model { max_output: 32_000, ..V3_7 };
const OPUS_4_1: Model = Model { sampling: Sampling::OneOfTwo, structured: true, ..OPUS_4 };
const V4_5: Model = Model { max_output: 64_000, runs_tools: true, ..OPUS_4_1 };
const OPUS_4_5: Model = Model { effort: Some(Effort::High), ..V4_5 };
const V4_6: Model = Model {
    max_output: 128_000,
    thinking: Thinking::Either,
    effort: Some(Effort::Max),
    prefill: false,
    ..V4_5
};
const V4_7: Model = Model { sampling: Sampling::Nothing, thinking: Thinking::Adaptive, ..V4_6 };
const V4_8: Model = Model { system_turns: true, ..V4_7 };
const OPUS_5: Model = Model { off: Off::DisabledToHigh, ..V4_8 };
const FABLE_5: Model = Model { off: Off::Always, ..V4_8 };
const FABLE_5_1: Model = Model { forced_tools: false, ..FABLE_5 };
const SONNET_5_5: Model = Model { off: Off::BetweenTools, ..FABLE_5_1 };

/// A generation: a family, or none for all, from a version on.
type Row = (&'static str, (u8, u8), Model);

/// Of the rows that hold for a model the last counts. Of a later version than any here is assumed
/// what holds for version 5 at large.
const GENERATIONS: [Row; 18] = [
    ("", (0, 0), FIRST),
    ("", (3, 5), V3_5),
    ("", (3, 7), V3_7),
    ("opus", (4, 0), OPUS_4),
    ("opus", (4, 1), OPUS_4_1),
    ("", (4, 5), V4_5),
    ("opus", (4, 5), OPUS_4_5),
    ("", (4, 6), V4_6),
    ("", (4, 7), V4_7),
    ("", (4, 8), V4_8),
    ("fable", (5, 0), FABLE_5),
    ("mythos", (5, 0), FABLE_5),
    ("opus", (5, 0), OPUS_5),
    ("fable", (5, 1), FABLE_5_1),
    ("mythos", (5, 1), FABLE_5_1),
    ("haiku", (5, 5), OPUS_5),
    ("opus", (5, 5), FABLE_5_1),
    ("sonnet", (5, 5), SONNET_5_5),
];

/// What the model of this name takes.
#[must_use]
pub fn find(name: &str) -> Model {
    let Some((_, name)) = name.rsplit_once("claude-") else { return OTHER };
    let (family, version) = parts(name);
    let holds = |row: &&Row| (row.0.is_empty() || row.0 == family) && row.1 <= version;
    GENERATIONS.iter().rev().find(holds).map_or(FIRST, |row| row.2)
}

/// The family and the version in a name: of `claude-3-7-sonnet@20250219`, `claude-opus-4-20250514`,
/// `claude-2.1`, `claude-opus-4-5-20251101-v1:0`. A name without a version (`claude-mythos-preview`)
/// is one of version 5.
fn parts(name: &str) -> (&str, (u8, u8)) {
    let mut family = "";
    let mut numbers = Vec::new();
    for part in name.split(['-', '@', '.', ':']) {
        let number = part.parse::<u8>().ok().filter(|_| part.len() <= 2);
        match number {
            Some(number) if numbers.len() < 2 => numbers.push(number),
            // A date, or what follows one.
            _ if part.starts_with(|c: char| c.is_ascii_digit()) => break,
            _ if family.is_empty() => family = part,
            _ => {}
        }
    }
    let version = match numbers.as_slice() {
        [] => (5, 0),
        [major] => (*major, 0),
        [major, minor, ..] => (*major, *minor),
    };
    (family, version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_every_form_lead_to_their_generation() {
        for (name, model) in [
            ("claude-3-haiku-20240307", FIRST),
            ("claude-2.1", FIRST),
            ("claude-instant-1.2", FIRST),
            ("claude-3-5-sonnet-v2@20241022", V3_5),
            ("claude-3-5-haiku-latest", V3_5),
            ("claude-3-7-sonnet@20250219", V3_7),
            ("claude-sonnet-4-20250514", V3_7),
            ("claude-sonnet-4-0", V3_7),
            ("claude-opus-4@20250514", OPUS_4),
            ("claude-opus-4-1-20250805", OPUS_4_1),
            ("claude-sonnet-4-5-20250929", V4_5),
            ("claude-haiku-4-5", V4_5),
            ("anthropic.claude-opus-4-5-20251101-v1:0", OPUS_4_5),
            ("claude-sonnet-4-6", V4_6),
            ("claude-opus-4-7", V4_7),
            ("claude-opus-4-8", V4_8),
            ("claude-sonnet-5", V4_8),
            ("claude-opus-5", OPUS_5),
            ("claude-fable-5", FABLE_5),
            ("claude-mythos-preview", FABLE_5),
            ("claude-mythos-5-2", FABLE_5_1),
            ("claude-opus-5-5", FABLE_5_1),
            ("claude-haiku-5-5", OPUS_5),
            ("claude-sonnet-5-5", SONNET_5_5),
            ("claude-nova-6", V4_8),
            ("glm-5", OTHER),
        ] {
            assert_eq!(find(name), model, "{name}");
        }
    }

    #[test]
    fn generations_stand_in_order() {
        assert!(GENERATIONS.is_sorted_by_key(|row| row.1));
    }
}
