//! The voices of Deepgram's models, each of one language.
//!
//! Source: <https://developers.deepgram.com/docs/tts-models>.

/// The voices of a model in one language.
#[derive(Debug)]
pub(super) struct Voices {
    /// The beginning of the model's name.
    pub model: &'static str,
    /// The language, the end of the name.
    pub language: &'static str,
    /// The names.
    pub names: &'static [&'static str],
}

/// All of them.
pub(super) const ALL: &[Voices] = &[
    Voices {
        model: "aura",
        language: "en",
        names: &[
            "angus", "arcas", "asteria", "athena", "helios", "hera", "luna", "orion", "orpheus", "perseus",
            "stella", "zeus",
        ],
    },
    Voices {
        model: "aura-2",
        language: "en",
        names: &[
            "amalthea",
            "andromeda",
            "apollo",
            "arcas",
            "aries",
            "asteria",
            "athena",
            "atlas",
            "aurora",
            "callista",
            "cora",
            "cordelia",
            "delia",
            "draco",
            "electra",
            "harmonia",
            "helena",
            "hera",
            "hermes",
            "hyperion",
            "iris",
            "janus",
            "juno",
            "jupiter",
            "luna",
            "mars",
            "minerva",
            "neptune",
            "odysseus",
            "ophelia",
            "orion",
            "orpheus",
            "pandora",
            "phoebe",
            "pluto",
            "saturn",
            "selene",
            "thalia",
            "theia",
            "vesta",
            "zeus",
        ],
    },
    Voices {
        model: "aura-2",
        language: "es",
        names: &[
            "agustina", "alvaro", "antonia", "aquila", "carina", "celeste", "diana", "estrella", "gloria",
            "javier", "luciano", "nestor", "olivia", "selena", "silvia", "sirio", "valerio",
        ],
    },
    Voices {
        model: "aura-2",
        language: "de",
        names: &["aurelia", "elara", "fabian", "julius", "kara", "lara", "viktoria"],
    },
    Voices {
        model: "aura-2",
        language: "nl",
        names: &["beatrix", "cornelia", "daphne", "hestia", "lars", "leda", "rhea", "roman", "sander"],
    },
    Voices { model: "aura-2", language: "fr", names: &["agathe", "hector"] },
    Voices {
        model: "aura-2",
        language: "it",
        names: &["cesare", "cinzia", "demetra", "dionisio", "elio", "flavio", "livia", "maia", "melia"],
    },
    Voices { model: "aura-2", language: "ja", names: &["ama", "ebisu", "fujin", "izanami", "uzume"] },
];
