//! Pictures of Stability AI's models on Bedrock: those that make them, and services that each edit in one way.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/stable-image-services.html>.

use crate::dialect::{Call, Sent};
use crate::error::{Error, shown};
use crate::surface::images::{Asked, Encoding, Made, Own, Request, Shapes, Tokens};
use crate::wire::json::{Object, items, string};
use crate::wire::write::Text;

/// What a model does.
struct Model {
    /// How its name goes on behind the vendor's.
    start: &'static str,
    prompt: Prompt,
    /// The members of the client's pictures, in their order.
    pictures: &'static [&'static str],
    /// It edits within a mask: what is white in it, or transparent in the picture.
    masks: bool,
    /// It makes pictures of these shapes.
    shapes: Option<Shapes>,
    /// It makes pictures of a prompt alone, too.
    makes: bool,
    /// It wants to be told that a picture goes in, and how much of it is to change.
    modes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Prompt {
    Needed,
    Taken,
    Refused,
}

const RATIOS: Shapes = Shapes {
    ratios: &["16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21"],
    tiers: &[],
    side: 1024,
};

/// A service that edits a picture.
const EDITS: Model = Model {
    start: "",
    prompt: Prompt::Needed,
    pictures: &["image"],
    masks: false,
    shapes: None,
    makes: false,
    modes: false,
};

/// A model that makes pictures.
const MAKES: Model = Model { shapes: Some(RATIOS), makes: true, ..EDITS };

/// The first that fits counts.
static MODELS: [Model; 16] = [
    Model { start: "sd3", modes: true, ..MAKES },
    Model { start: "stable-image-core", pictures: &[], ..MAKES },
    Model { start: "stable-image-ultra", ..MAKES },
    Model { start: "stable-image-inpaint", masks: true, ..EDITS },
    Model { start: "stable-image-erase-object", prompt: Prompt::Refused, masks: true, ..EDITS },
    Model { start: "stable-image-search-replace", ..EDITS },
    Model { start: "stable-image-search-recolor", ..EDITS },
    Model { start: "stable-image-remove-background", prompt: Prompt::Refused, ..EDITS },
    Model { start: "stable-image-control-sketch", ..EDITS },
    Model { start: "stable-image-control-structure", ..EDITS },
    Model { start: "stable-image-style-guide", shapes: Some(RATIOS), ..EDITS },
    Model {
        start: "stable-style-transfer",
        prompt: Prompt::Taken,
        pictures: &["init_image", "style_image"],
        ..EDITS
    },
    Model { start: "stable-outpaint", prompt: Prompt::Taken, ..EDITS },
    Model { start: "stable-conservative-upscale", ..EDITS },
    Model { start: "stable-creative-upscale", ..EDITS },
    Model { start: "stable-fast-upscale", prompt: Prompt::Refused, ..EDITS },
];

/// Those that come may be like these.
static OTHER: Model = Model { prompt: Prompt::Taken, masks: true, makes: true, ..EDITS };

/// How much of a picture changes, where the client does not say (`strength`) and the model wants to be told.
const STRENGTH: &str = "0.7";

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>, model: &str) -> Result<Sent, Error> {
    let name = model.strip_prefix(super::images::STABILITY).unwrap_or_default();
    let found = MODELS.iter().find(|known| name.starts_with(known.start)).unwrap_or(&OTHER);
    let edits = !request.pictures.is_empty();
    if edits && found.pictures.is_empty() {
        return Err(call.unknown_form("image", "pictures with this model", "Choose a model that edits"));
    }
    if !edits && !found.makes {
        let what = "a prompt alone with this model";
        return Err(call.unknown_form("model", what, "Send the picture to edit to /images/edits"));
    }
    let mut body = Own::new(call, request, super::ID)?;
    match found.prompt {
        Prompt::Needed => body.text("prompt", request.prompt_or_variation()?),
        Prompt::Taken => {
            if let Some(prompt) = request.prompt {
                body.text("prompt", prompt);
            }
        }
        // OpenAI's clients must say something.
        Prompt::Refused if request.prompt.is_some() => call.drop_param("prompt")?,
        Prompt::Refused => {}
    }
    if found.modes {
        body.text("mode", if edits { "image-to-image" } else { "text-to-image" });
    }
    if edits {
        let pictures = request.first_pictures(call, found.pictures.len())?;
        for (name, picture) in found.pictures.iter().zip(pictures) {
            let picture = picture.encoded(call, &["image/png", "image/jpeg", "image/webp"])?;
            if let Some(out) = body.at(name) {
                picture.write_base64(out);
            }
        }
        if found.shapes.is_some()
            && found.makes
            && let Some(out) = body.at("strength")
        {
            out.raw(STRENGTH);
        }
    }
    if found.masks {
        if let Some(mask) = request.two_colour_mask(call, "white")?
            && let Some(out) = body.at("mask")
        {
            mask.inline(call)?.write_base64(out);
        }
    } else {
        request.no_mask(call)?;
    }
    // What is edited keeps its shape.
    match found.shapes.as_ref().filter(|_| !edits || !found.makes) {
        Some(shapes) => {
            if let (Some(ratio), _) = request.shape(call, shapes)? {
                body.text("aspect_ratio", ratio);
            }
        }
        None if request.sized()?.is_some() => call.drop_param("size")?,
        None => {}
    }
    if let Some(encoding) = request.encoding(call, &[Encoding::Png, Encoding::Jpeg, Encoding::Webp])? {
        body.text("output_format", Text::Plain(encoding.as_str()));
    }
    let body = body.finish(call)?;
    request.one_by_one(call, body, read)
}

/// `{"images": […], "finish_reasons": [null], "seeds": […]}`
fn read<'a>(
    asked: &Asked,
    body: &Object<'a>,
    made: &mut Vec<Made<'a>>,
    _: &mut Option<Tokens>,
) -> Result<(), Error> {
    let before = made.len();
    let list = |name: &str| body.get(name).into_iter().flat_map(items);
    let reasons: Vec<_> = list("finish_reasons").map(string).collect();
    // A picture that is held back is blurred, or empty.
    let held_back = |index: usize| reasons.get(index).and_then(Option::as_deref);
    let pictures = list("images")
        .enumerate()
        .filter(|(index, _)| held_back(*index).is_none())
        .filter_map(|(_, image)| string(image).filter(|image| !image.is_empty()));
    made.extend(pictures.map(|image| Made::base64(image, None)));
    match reasons.iter().flatten().next().filter(|_| made.len() == before) {
        Some(reason) if reason.starts_with("Filter") => Err(asked.blocked(&shown(reason))),
        Some(reason) => {
            let message = format!("The provider {} made no picture: {}.", asked.provider, shown(reason));
            Err(Error::new(502, message))
        }
        None => Ok(()),
    }
}
