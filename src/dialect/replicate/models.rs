//! What Replicate's models of pictures call what OpenAI's clients say, from the schema of each
//! (`https://replicate.com/<owner>/<name>/api/schema`).

use crate::surface::images::{Encoding, Shapes, Sides};

/// How a model is told the size of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) enum Measure {
    /// `aspect_ratio`, and `resolution` where there are several.
    Shape(&'static Shapes),
    /// `width` and `height`.
    Sides {
        /// Those that it takes.
        sides: &'static Sides,
        /// The member that says that they count: `custom`.
        custom: Option<&'static str>,
    },
    /// `size`, as OpenAI writes it.
    Text,
    /// Not at all.
    None,
}

/// How a model takes pictures.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pictures {
    /// One, by this name.
    One(&'static str),
    /// A list of them.
    List(&'static str),
}

/// A model, or several whose names start alike.
#[derive(Debug)]
pub(super) struct Model {
    /// How their names start.
    starts: &'static str,
    /// The name of `n`, and the most; `None`: one picture a prediction.
    pub(super) count: Option<(&'static str, u64)>,
    /// The size.
    pub(super) measure: Measure,
    /// Pictures to edit or vary.
    pub(super) pictures: Pictures,
    /// The name of a mask.
    pub(super) mask: Option<&'static str>,
    /// How pictures can be encoded.
    pub(super) encodings: &'static [Encoding],
    /// OpenAI's parameters that it takes as they are.
    pub(super) carries: &'static [&'static str],
}

/// By this name a count needs `sequential_image_generation` beside it.
pub(super) const SEQUENCE: &str = "max_images";

const ALL: &[Encoding] = &[Encoding::Png, Encoding::Jpeg, Encoding::Webp];
const PNG_JPEG: &[Encoding] = &[Encoding::Png, Encoding::Jpeg];

const FLUX: Shapes = Shapes {
    ratios: &["1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21"],
    tiers: &[],
    side: 1024,
};
const OPENAI: Shapes = Shapes { ratios: &["1:1", "3:2", "2:3"], tiers: &[], side: 1200 };
const IMAGEN: Shapes = Shapes { ratios: &["1:1", "9:16", "16:9", "3:4", "4:3"], tiers: &[], side: 1024 };
const GEMINI: Shapes = Shapes {
    ratios: &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"],
    tiers: &[],
    side: 1024,
};
const GEMINI_PRO: Shapes = Shapes { tiers: &[("1K", 1024), ("2K", 2048), ("4K", 4096)], ..GEMINI };
const COMMON: Shapes =
    Shapes { ratios: &["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"], tiers: &[], side: 1024 };

/// A model of which nothing else is known.
const OFFICIAL: Model = Model {
    starts: "",
    count: None,
    measure: Measure::Shape(&COMMON),
    pictures: Pictures::One("image"),
    mask: None,
    encodings: ALL,
    carries: &[],
};

/// A version of a model of which nothing else is known: mostly one of Stable Diffusion.
static VERSION: Model = Model {
    count: Some(("num_outputs", 4)),
    measure: Measure::Sides { sides: &Sides { min: 64, max: 2048, multiple: 8 }, custom: None },
    mask: Some("mask"),
    ..OFFICIAL
};

/// The first that fits counts.
static MODELS: [Model; 19] = [
    Model { starts: "black-forest-labs/flux-kontext", pictures: Pictures::One("input_image"), ..FLUX_1 },
    Model {
        starts: "black-forest-labs/flux-2",
        measure: Measure::Sides {
            sides: &Sides { min: 256, max: 2048, multiple: 32 },
            custom: Some("aspect_ratio"),
        },
        pictures: Pictures::List("input_images"),
        ..OFFICIAL
    },
    Model {
        starts: "black-forest-labs/flux-fill-dev",
        count: Some(("num_outputs", 4)),
        measure: Measure::None,
        mask: Some("mask"),
        ..OFFICIAL
    },
    Model { starts: "black-forest-labs/flux-fill", measure: Measure::None, mask: Some("mask"), ..OFFICIAL },
    Model {
        starts: "black-forest-labs/flux-1.1-pro-ultra",
        pictures: Pictures::One("image_prompt"),
        encodings: PNG_JPEG,
        ..FLUX_1
    },
    Model { starts: "black-forest-labs/flux-1.1-pro", ..FLUX_PRO },
    Model { starts: "black-forest-labs/flux-pro", ..FLUX_PRO },
    Model { starts: "black-forest-labs/flux-redux", pictures: Pictures::One("redux_image"), ..FLUX_DEV },
    Model { starts: "black-forest-labs/", ..FLUX_DEV },
    Model {
        starts: "google/nano-banana-",
        measure: Measure::Shape(&GEMINI_PRO),
        pictures: Pictures::List("image_input"),
        encodings: PNG_JPEG,
        ..OFFICIAL
    },
    Model { starts: "google/imagen", measure: Measure::Shape(&IMAGEN), encodings: PNG_JPEG, ..OFFICIAL },
    Model {
        starts: "google/",
        measure: Measure::Shape(&GEMINI),
        pictures: Pictures::List("image_input"),
        encodings: PNG_JPEG,
        ..OFFICIAL
    },
    Model {
        starts: "openai/gpt-image",
        count: Some(("number_of_images", 10)),
        measure: Measure::Shape(&OPENAI),
        pictures: Pictures::List("input_images"),
        carries: &["quality", "background", "moderation", "output_compression", "input_fidelity"],
        ..OFFICIAL
    },
    Model {
        starts: "bytedance/seedream",
        count: Some((SEQUENCE, 10)),
        measure: Measure::Sides { sides: &Sides { min: 1024, max: 4096, multiple: 1 }, custom: Some("size") },
        pictures: Pictures::List("image_input"),
        ..OFFICIAL
    },
    Model {
        starts: "minimax/image",
        count: Some(("number_of_images", 9)),
        pictures: Pictures::One("subject_reference"),
        ..OFFICIAL
    },
    Model { starts: "recraft-ai/", measure: Measure::Text, carries: &["style"], ..OFFICIAL },
    Model { starts: "ideogram-ai/", mask: Some("mask"), ..OFFICIAL },
    Model { starts: "qwen/qwen-image-edit-", pictures: Pictures::List("image"), ..OFFICIAL },
    Model { starts: "stability-ai/stable-diffusion-3", measure: Measure::Shape(&FLUX), ..OFFICIAL },
];

const FLUX_1: Model = Model { measure: Measure::Shape(&FLUX), ..OFFICIAL };
const FLUX_DEV: Model = Model { count: Some(("num_outputs", 4)), ..FLUX_1 };
const FLUX_PRO: Model = Model {
    measure: Measure::Sides {
        sides: &Sides { min: 256, max: 1440, multiple: 32 },
        custom: Some("aspect_ratio"),
    },
    pictures: Pictures::One("image_prompt"),
    ..OFFICIAL
};

/// The model of this name, or what is known of any other.
pub(super) fn find(name: &str, version: bool) -> &'static Model {
    static OTHER: Model = OFFICIAL;
    let found = MODELS.iter().find(|model| name.starts_with(model.starts));
    found.unwrap_or(if version { &VERSION } else { &OTHER })
}
