//! What the families of models on Bedrock do not share: Converse is one form, but a field that a model
//! does not know is refused, not ignored.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html>,
//! <https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html>.

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// How it is told to think.
    pub reasoning: Reasoning,
    /// Whether it cannot be told not to.
    pub always_thinks: bool,
    /// The most tokens that it answers with, thoughts among them: for those that think by a budget.
    pub max_output: u64,
    /// Where `top_k` goes.
    pub top_k: TopK,
    /// What it says of temperature and top-p.
    pub sampling: Sampling,
    /// Whether it takes `outputConfig.textFormat` and `strict` tools.
    pub schemas: bool,
    /// When it can be made to call a tool.
    pub forced: Forced,
    /// Whether it takes cache points, and where.
    pub caching: Caching,
    /// What may not stand beside tool results in a message.
    pub results: Results,
    /// Whether the first message must be the user's.
    pub user_first: bool,
    /// Whether signed thoughts are taken back.
    pub signs: bool,
    /// Whether ids of tool calls are nine letters and digits, as Mistral wants them.
    pub short_ids: bool,
    /// Whether it can search the web, and run code, by itself.
    pub system_tools: bool,
}

/// How a model is told to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reasoning {
    /// It is not.
    Never,
    /// Claude up to 4.5: `thinking` with a budget.
    Budget,
    /// Claude 4.6: a budget, or `adaptive` with `output_config.effort`.
    Both,
    /// Newer Claude: `adaptive`, and budgets are refused.
    Adaptive,
    /// Nova 2: `reasoningConfig`.
    Nova,
    /// gpt-oss and Kimi: `reasoning_effort`, `low` to `high`.
    Effort,
    /// Qwen 3: `reasoning_config`, `low` or `high`.
    Qwen,
}

/// Where `top_k` goes in `additionalModelRequestFields`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TopK {
    /// Nowhere.
    None,
    /// `top_k`
    Plain,
    /// `k`
    Cohere,
    /// `inferenceConfig.topK`
    Nova,
}

/// What a model says of temperature and top-p.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sampling {
    /// Both are taken.
    Free,
    /// One of the two.
    One,
    /// Neither.
    None,
}

/// When a model can be made to call a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forced {
    /// Always.
    Yes,
    /// Unless it thinks.
    Thoughtless,
    /// Never.
    No,
    /// That is not known: what the client asks is passed on, and nothing rests on it.
    Unknown,
}

/// Where a model takes cache points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caching {
    /// Nowhere.
    None,
    /// In system and messages, for the time that it has.
    Nova,
    /// Among tools too, with a time to live.
    Claude,
}

/// What may not stand beside tool results in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Results {
    /// Anything may.
    Shared,
    /// Documents and videos.
    WithoutFiles,
    /// Anything else.
    Alone,
}

const OTHER: Model = Model {
    reasoning: Reasoning::Never,
    always_thinks: false,
    max_output: 0,
    top_k: TopK::None,
    sampling: Sampling::Free,
    schemas: false,
    forced: Forced::Unknown,
    caching: Caching::None,
    results: Results::Shared,
    user_first: true,
    signs: false,
    short_ids: false,
    system_tools: false,
};

impl Model {
    /// The model of an id (`eu.anthropic.claude-sonnet-4-6`), or of an ARN that names one. Of an ARN that
    /// does not, such as that of an application's inference profile, only what all models share.
    pub fn of(id: &str) -> Self {
        let named = |vendor: &str| {
            let at = id.find(vendor)?;
            id.get(at.saturating_add(vendor.len())..)
        };
        let starts = |name: &str, starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        if let Some(name) = named("anthropic.claude-") {
            return claude(name);
        }
        if let Some(name) = named("amazon.nova-") {
            let second = name.starts_with("2-");
            return Self {
                reasoning: if second { Reasoning::Nova } else { Reasoning::Never },
                top_k: TopK::Nova,
                forced: Forced::Yes,
                caching: Caching::Nova,
                system_tools: second || name.starts_with("premier"),
                ..OTHER
            };
        }
        if let Some(name) = named("mistral.") {
            return Self {
                top_k: if starts(name, &["mistral-7b", "mixtral"]) { TopK::Plain } else { TopK::None },
                schemas: starts(name, &["magistral-small", "ministral-3", "mistral-large-3", "voxtral"]),
                results: Results::Alone,
                short_ids: true,
                ..OTHER
            };
        }
        if let Some(name) = named("meta.llama") {
            // Tools since 3.1, and none of them by force.
            let tools = !name.starts_with("3-8b") && !name.starts_with("3-70b");
            let forced = if tools { Forced::No } else { Forced::Unknown };
            return Self { forced, results: Results::Alone, ..OTHER };
        }
        if named("cohere.command").is_some() {
            return Self { top_k: TopK::Cohere, ..OTHER };
        }
        if named("openai.gpt-oss").is_some() {
            return Self { reasoning: Reasoning::Effort, schemas: true, ..OTHER };
        }
        if named("moonshot.").or_else(|| named("moonshotai.")).is_some() {
            return Self { reasoning: Reasoning::Effort, ..open() };
        }
        if named("qwen.qwen3").is_some() {
            return Self { reasoning: Reasoning::Qwen, forced: Forced::Unknown, ..open() };
        }
        if named("zai.glm").is_some() {
            return open();
        }
        if named("writer.palmyra").is_some() {
            return Self { results: Results::Alone, ..OTHER };
        }
        let schemas =
            ["google.gemma-3-12b", "google.gemma-3-27b", "minimax.minimax-m2", "nvidia.nemotron-nano"];
        Self { schemas: schemas.iter().any(|name| id.contains(name)), ..OTHER }
    }
}

/// GLM, Kimi and Qwen: weights that anybody may have, served alike.
const fn open() -> Model {
    Model { schemas: true, forced: Forced::Yes, user_first: false, ..OTHER }
}

/// Claude, by what stands behind `anthropic.claude-`. What is not known is taken for newer than what is.
fn claude(name: &str) -> Model {
    const TAKES_BUDGETS_ALONE: &[&str] =
        &["3-7-", "opus-4-20", "sonnet-4-20", "opus-4-1-", "opus-4-5", "sonnet-4-5", "haiku-4-5"];
    let starts = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
    let thoughtless = starts(&["v2", "instant", "3-haiku", "3-sonnet", "3-opus", "3-5-"]);
    let reasoning = if thoughtless {
        Reasoning::Never
    } else if starts(TAKES_BUDGETS_ALONE) {
        Reasoning::Budget
    } else if starts(&["opus-4-6", "sonnet-4-6"]) {
        Reasoning::Both
    } else {
        Reasoning::Adaptive
    };
    let sampling = match reasoning {
        Reasoning::Adaptive => Sampling::None,
        // "`temperature` and `top_p` cannot both be specified for this model."
        _ if starts(&["opus-4-1-", "opus-4-5", "sonnet-4-5", "haiku-4-5", "opus-4-6", "sonnet-4-6"]) => {
            Sampling::One
        }
        _ => Sampling::Free,
    };
    let newest = starts(&["fable-", "mythos-", "opus-5-5", "sonnet-5-5"]);
    let forced = if newest {
        Forced::No
    } else if starts(&["3-7-", "opus-4-", "sonnet-4-", "haiku-4-"]) && !starts(&["opus-4-8"]) {
        Forced::Thoughtless
    } else {
        Forced::Yes
    };
    Model {
        reasoning,
        always_thinks: newest,
        max_output: if starts(&["opus-4-20", "opus-4-1-"]) { 32_000 } else { 64_000 },
        top_k: if sampling == Sampling::None { TopK::None } else { TopK::Plain },
        sampling,
        // Later ones answer "output_config.format: Extra inputs are not permitted".
        schemas: starts(&["opus-4-5", "sonnet-4-5", "haiku-4-5", "opus-4-6", "sonnet-4-6"]),
        forced,
        caching: Caching::Claude,
        results: Results::WithoutFiles,
        user_first: false,
        signs: true,
        ..OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_known_by_its_id_with_a_region_and_within_an_arn() {
        let sonnet = Model::of("anthropic.claude-sonnet-4-6");
        assert_eq!(sonnet.reasoning, Reasoning::Both);
        assert_eq!(Model::of("eu.anthropic.claude-sonnet-4-6"), sonnet);
        let profile =
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6";
        assert_eq!(Model::of(profile), sonnet);
        let opaque = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3";
        assert_eq!(Model::of(opaque), OTHER);
    }

    #[test]
    fn claude_thinks_by_budgets_first_and_by_itself_later() {
        let reasoning = |name: &str| Model::of(&format!("us.anthropic.claude-{name}")).reasoning;
        for (name, expected) in [
            ("3-5-sonnet-20241022-v2:0", Reasoning::Never),
            ("3-haiku-20240307-v1:0", Reasoning::Never),
            ("3-7-sonnet-20250219-v1:0", Reasoning::Budget),
            ("sonnet-4-20250514-v1:0", Reasoning::Budget),
            ("opus-4-1-20250805-v1:0", Reasoning::Budget),
            ("haiku-4-5-20251001-v1:0", Reasoning::Budget),
            ("opus-4-6-v1", Reasoning::Both),
            ("opus-4-7", Reasoning::Adaptive),
            ("sonnet-5", Reasoning::Adaptive),
            ("opus-9", Reasoning::Adaptive),
        ] {
            assert_eq!(reasoning(name), expected, "{name}");
        }
    }

    #[test]
    fn families_differ_where_they_were_seen_to() {
        assert_eq!(Model::of("us.amazon.nova-2-lite-v1:0").reasoning, Reasoning::Nova);
        assert_eq!(Model::of("amazon.nova-pro-v1:0").reasoning, Reasoning::Never);
        assert_eq!(Model::of("us.meta.llama3-1-8b-instruct-v1:0").forced, Forced::No);
        assert!(Model::of("mistral.mistral-large-2407-v1:0").short_ids);
        assert!(Model::of("us.anthropic.claude-sonnet-4-5-20250929-v1:0").schemas);
        assert!(!Model::of("us.anthropic.claude-opus-4-7").schemas);
        assert_eq!(Model::of("us.anthropic.claude-opus-4-7").sampling, Sampling::None);
        assert!(Model::of("qwen.qwen3-32b-v1:0").schemas);
    }
}
