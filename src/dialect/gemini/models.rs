//! What the families of Google's models take, as far as their requests differ.
//!
//! Names are open-ended and new ones come every month: what is not known to be older is taken for the
//! newest. Sources: the tables of <https://ai.google.dev/gemini-api/docs/thinking>, "API changes" of
//! <https://ai.google.dev/gemini-api/docs/whats-new-gemini-3.6>, and the vendor's own table of
//! `reasoning_effort` in <https://ai.google.dev/gemini-api/docs/openai>.

use crate::chat::{Effort, Thinking};

/// What a model takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// How its thinking is set.
    pub thinking: Control,
    /// From generation 3: calls are matched by their ids and must bring a signature, a tool's result
    /// may hold pictures, and functions go together with the tools of Google's side.
    pub third: bool,
    /// Whether `temperature`, `topP` and `topK` change anything, and penalties are taken.
    pub samples: bool,
    /// Whether a conversation may end with the model's own words, to be gone on with.
    pub prefills: bool,
    /// Whether there is a system instruction.
    pub system: bool,
}

/// How the thinking of a model is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    /// It does not think, or nothing can be said about it: any setting is a 400.
    Fixed,
    /// By a number of tokens.
    Budget {
        /// The least, when it thinks at all.
        min: u64,
        /// The most.
        max: u64,
        /// Whether a budget of 0 turns it off.
        off: bool,
    },
    /// By one of these, in ascending order. It cannot be turned off.
    Levels(&'static [Level]),
}

/// `thinkingLevel`
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// `MINIMAL`
    Minimal,
    /// `LOW`
    Low,
    /// `MEDIUM`
    Medium,
    /// `HIGH`
    High,
}

impl Level {
    /// Google's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "MINIMAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }
}

/// `thinkingConfig`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// `thinkingBudget`, in tokens; -1: as many as the model likes.
    pub budget: Option<i64>,
    /// `thinkingLevel`
    pub level: Option<Level>,
    /// `includeThoughts`: whether the answer tells what was thought.
    pub tell: bool,
}

impl Config {
    /// Whether the model will think; at [`Level::Minimal`] it hardly does.
    #[must_use]
    pub fn thinks(self) -> bool {
        self.budget.is_some_and(|tokens| tokens != 0) || self.level.is_some_and(|level| level > Minimal)
    }
}

use Level::{High, Low, Medium, Minimal};

impl Family {
    /// The family of a model, by its name.
    #[must_use]
    pub fn of(model: &str) -> Self {
        let name = model.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let Some(rest) = name.strip_prefix("gemini-") else {
            // Gemma: "Developer instruction is not enabled" is its answer to one. Anything else is a
            // tuned model under a name of the client's: it is asked as plainly as can be.
            let gemma = name.starts_with("gemma-");
            return Self {
                thinking: Control::Fixed,
                third: false,
                samples: true,
                prefills: true,
                system: !gemma,
            };
        };
        let (lite, flash, pro) = (rest.contains("flash-lite"), rest.contains("flash"), rest.contains("pro"));
        // `gemini-flash-latest` and its like are the newest of their kind.
        let version = version(rest).unwrap_or(if pro { (3, 1) } else { (u32::MAX, 0) });
        let third = version >= (3, 0);
        // "Starting with Gemini 3.6 Flash and 3.5 Flash-Lite".
        let strict = version >= (3, 6) || (lite && version >= (3, 5));
        let image = rest.contains("image");
        let thinking = if rest.contains("tts") || version < (2, 5) || (image && (pro || !third)) {
            Control::Fixed
        } else if third && image {
            Control::Levels(&[Minimal, High])
        } else if third && pro && version == (3, 0) {
            Control::Levels(&[Low, High])
        } else if third && (lite || (flash && version < (3, 7))) {
            Control::Levels(&[Minimal, Low, Medium, High])
        } else if third {
            Control::Levels(&[Low, Medium, High])
        } else if pro {
            Control::Budget { min: 128, max: 32_768, off: false }
        } else {
            Control::Budget { min: if lite { 512 } else { 1 }, max: 24_576, off: true }
        };
        Self { thinking, third, samples: !strict, prefills: !strict, system: true }
    }
}

/// Whether a model that speaks reads a text as it stands, and takes how to say it beside it: from generation 3.8.
#[must_use]
pub fn reads_verbatim(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let rest = name.strip_prefix("gemini-").unwrap_or_default();
    version(rest).is_none_or(|version| version >= (3, 8))
}

impl Control {
    /// What a client's wishes come to; `None` when nothing has to be said. Of a model whose thinking
    /// cannot be set: see [`Control::Fixed`].
    #[must_use]
    pub fn config(self, effort: Option<Effort>, thinking: Option<Thinking>) -> Option<Config> {
        let tokens = match (thinking, effort) {
            (None, None) => return None,
            (Some(Thinking::Disabled), _) | (None, Some(Effort::None)) => return Some(self.least()),
            (Some(Thinking::Enabled(Some(budget))), _) => Some(budget),
            _ => None,
        };
        let effort = effort.filter(|effort| *effort != Effort::None);
        let config = match (self, tokens, effort) {
            (Self::Fixed, ..) => return None,
            (Self::Budget { min, max, .. }, Some(tokens), _) => Self::tokens(tokens.clamp(min, max)),
            (Self::Budget { min, max, .. }, None, Some(effort)) => {
                Self::tokens(budget(effort).unwrap_or(max).clamp(min, max))
            }
            // "Dynamic thinking".
            (Self::Budget { .. }, None, None) => Config { budget: Some(-1), ..Config::default() },
            (Self::Levels(levels), Some(tokens), _) => Self::level(levels, level_of(tokens)),
            (Self::Levels(levels), None, Some(effort)) => Self::level(levels, level(effort)),
            // A level left unsaid is the model's own.
            (Self::Levels(_), None, None) => Config::default(),
        };
        Some(Config { tell: true, ..config })
    }

    /// As little thinking as there can be, untold.
    fn least(self) -> Config {
        match self {
            Self::Fixed => Config::default(),
            Self::Budget { off: true, .. } => Self::tokens(0),
            Self::Budget { min, .. } => Self::tokens(min),
            Self::Levels(levels) => Self::level(levels, Minimal),
        }
    }

    fn tokens(tokens: u64) -> Config {
        Config { budget: i64::try_from(tokens).ok(), ..Config::default() }
    }

    /// The level, or the next one above it that the model has.
    fn level(levels: &[Level], wanted: Level) -> Config {
        let level = levels.iter().find(|level| **level >= wanted).or(levels.last());
        Config { level: level.copied(), ..Config::default() }
    }
}

/// Google's own table; `None`: the most that the model takes.
fn budget(effort: Effort) -> Option<u64> {
    match effort {
        Effort::None => Some(0),
        Effort::Minimal | Effort::Low => Some(1024),
        Effort::Medium => Some(8192),
        Effort::High => Some(24_576),
        Effort::Xhigh | Effort::Max => None,
    }
}

fn level(effort: Effort) -> Level {
    match effort {
        Effort::None | Effort::Minimal => Minimal,
        Effort::Low => Low,
        Effort::Medium => Medium,
        Effort::High | Effort::Xhigh | Effort::Max => High,
    }
}

/// The level whose budget the same table has.
fn level_of(tokens: u64) -> Level {
    match tokens {
        0 => Minimal,
        1..=1024 => Low,
        1025..=8192 => Medium,
        _ => High,
    }
}

/// The version at the start of a name without `gemini-`: `3.1-pro-preview` is 3.1.
fn version(name: &str) -> Option<(u32, u32)> {
    let number = name.split('-').next().unwrap_or_default();
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(model: &str, effort: Effort) -> Option<Config> {
        Family::of(model).thinking.config(Some(effort), None)
    }

    #[test]
    fn efforts_are_budgets_before_generation_3_and_levels_from_it() {
        let budget = |budget, tell| Some(Config { budget: Some(budget), level: None, tell });
        let level = |level, tell| Some(Config { budget: None, level: Some(level), tell });
        for (model, none, low, high, max) in [
            (
                "gemini-2.5-pro",
                budget(128, false),
                budget(1024, true),
                budget(24_576, true),
                budget(32_768, true),
            ),
            (
                "gemini-2.5-flash",
                budget(0, false),
                budget(1024, true),
                budget(24_576, true),
                budget(24_576, true),
            ),
            (
                "gemini-2.5-flash-lite",
                budget(0, false),
                budget(1024, true),
                budget(24_576, true),
                budget(24_576, true),
            ),
            (
                "gemini-3-pro-preview",
                level(Low, false),
                level(Low, true),
                level(High, true),
                level(High, true),
            ),
            (
                "gemini-3.1-pro-preview",
                level(Low, false),
                level(Low, true),
                level(High, true),
                level(High, true),
            ),
            (
                "gemini-3-flash-preview",
                level(Minimal, false),
                level(Low, true),
                level(High, true),
                level(High, true),
            ),
            (
                "gemini-3.5-flash-lite",
                level(Minimal, false),
                level(Low, true),
                level(High, true),
                level(High, true),
            ),
            ("gemini-3.8-flash", level(Low, false), level(Low, true), level(High, true), level(High, true)),
            (
                "gemini-flash-latest",
                level(Low, false),
                level(Low, true),
                level(High, true),
                level(High, true),
            ),
        ] {
            let found =
                [Effort::None, Effort::Low, Effort::High, Effort::Max].map(|effort| config(model, effort));
            assert_eq!(found, [none, low, high, max], "{model}");
        }
        assert_eq!(config("gemini-3-pro-preview", Effort::Medium), level(High, true));
        assert_eq!(config("gemini-3.1-pro-preview", Effort::Medium), level(Medium, true));
        for model in
            ["gemini-2.0-flash", "gemma-3-27b-it", "gemini-2.5-flash-image", "gemini-2.5-pro-preview-tts"]
        {
            assert_eq!(config(model, Effort::High), None, "{model}");
        }
    }

    #[test]
    fn thinking_is_a_budget_where_there_are_budgets_and_else_its_level() {
        let set = |model: &str, thinking| Family::of(model).thinking.config(None, Some(thinking)).unwrap();
        assert_eq!(set("gemini-2.5-flash-lite", Thinking::Enabled(Some(100))).budget, Some(512));
        assert_eq!(set("gemini-2.5-pro", Thinking::Enabled(Some(1 << 40))).budget, Some(32_768));
        assert_eq!(
            set("gemini-2.5-pro", Thinking::Adaptive),
            Config { budget: Some(-1), level: None, tell: true }
        );
        assert_eq!(
            set("gemini-2.5-flash", Thinking::Disabled),
            Config { budget: Some(0), level: None, tell: false }
        );
        assert_eq!(set("gemini-3.1-pro", Thinking::Enabled(Some(4000))).level, Some(Medium));
        assert_eq!(
            set("gemini-3.1-pro", Thinking::Adaptive),
            Config { budget: None, level: None, tell: true }
        );
        assert_eq!(set("gemini-3.1-pro", Thinking::Disabled).level, Some(Low));
        // An effort says how much where `thinking` says only that.
        let both =
            Family::of("gemini-3.5-flash").thinking.config(Some(Effort::Low), Some(Thinking::Adaptive));
        assert_eq!(both.unwrap().level, Some(Low));
    }

    #[test]
    fn what_a_model_takes_goes_by_its_version() {
        for (model, third, samples, system) in [
            ("gemini-1.5-flash", false, true, true),
            ("models/gemini-2.0-flash-001", false, true, true),
            ("gemini-3.5-flash", true, true, true),
            ("gemini-3.5-flash-lite", true, false, true),
            ("gemini-3.6-flash", true, false, true),
            ("gemini-flash-lite-latest", true, false, true),
            ("gemini-pro-latest", true, true, true),
            ("gemini-4-pro", true, false, true),
            ("gemma-3-27b-it", false, true, false),
        ] {
            let family = Family::of(model);
            assert_eq!((family.third, family.samples, family.system), (third, samples, system), "{model}");
        }
    }
}
