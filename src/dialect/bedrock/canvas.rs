//! Pictures of Amazon's own models, Nova Canvas and Titan: tasks, each with parameters of its own.
//!
//! Sources: <https://docs.aws.amazon.com/nova/latest/userguide/image-gen-req-resp-structure.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-image.html>.

use crate::chat::wrong_value;
use crate::dialect::{Ask, Call, Received, Sent, Whole};
use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::surface::images::{Asked, Encoding, Made, Quality, Reads, Request, Sides, Size};
use crate::wire::json::{Object, items, quoted, string};
use crate::wire::merged::Merged;
use crate::wire::write::{Text, Writer};

/// The sizes of a family of models.
enum Sizes {
    Sides(Sides),
    These(&'static [(u32, u32)]),
}

/// How the names of models begin that make pictures of any size, and what sizes there are.
static FAMILIES: [(&str, Sizes); 2] = [
    ("amazon.nova-canvas", Sizes::Sides(Sides { min: 320, max: 4096, multiple: 16 })),
    (
        "amazon.titan-image",
        Sizes::These(&[
            (1024, 1024),
            (768, 768),
            (512, 512),
            (768, 1152),
            (384, 576),
            (1152, 768),
            (576, 384),
            (768, 1280),
            (384, 640),
            (1280, 768),
            (640, 384),
            (896, 1152),
            (448, 576),
            (1152, 896),
            (576, 448),
            (768, 1408),
            (384, 704),
            (1408, 768),
            (704, 384),
            (640, 1408),
            (320, 704),
            (1408, 640),
            (704, 320),
            (1152, 640),
            (1173, 640),
        ]),
    ),
];

/// Whether a model, by its name without a region, is one of them.
pub(super) fn is(model: &str) -> bool {
    FAMILIES.iter().any(|(start, _)| model.starts_with(start))
}

/// A task.
struct Task {
    name: &'static str,
    /// The member with its parameters.
    params: &'static str,
    /// The member of the client's pictures, and how many there can be. An array where there can be several.
    pictures: Option<(&'static str, usize)>,
    /// The colour in a mask of what is to be edited.
    mask: Option<&'static str>,
    /// Pictures can be counted, sized and so on.
    configured: bool,
    /// The picture is as large as the client's.
    keeps_size: bool,
}

const TASK: Task =
    Task { name: "", params: "", pictures: None, mask: None, configured: true, keeps_size: false };

static TASKS: [Task; 6] = [
    Task { name: "TEXT_IMAGE", params: "textToImageParams", ..TASK },
    Task {
        name: "INPAINTING",
        params: "inPaintingParams",
        pictures: Some(("image", 1)),
        mask: Some("black"),
        keeps_size: true,
        ..TASK
    },
    Task { name: "IMAGE_VARIATION", params: "imageVariationParams", pictures: Some(("images", 5)), ..TASK },
    Task {
        name: "OUTPAINTING",
        params: "outPaintingParams",
        pictures: Some(("image", 1)),
        // What is black here is kept.
        mask: Some("white"),
        keeps_size: true,
        ..TASK
    },
    Task {
        name: "BACKGROUND_REMOVAL",
        params: "backgroundRemovalParams",
        pictures: Some(("image", 1)),
        configured: false,
        keeps_size: true,
        ..TASK
    },
    Task { name: "COLOR_GUIDED_GENERATION", params: "colorGuidedGenerationParams", ..TASK },
];

/// Members of `imageGenerationConfig`; what else the client writes for Bedrock alone is the task's.
const CONFIG: [&str; 6] = ["numberOfImages", "width", "height", "quality", "cfgScale", "seed"];

/// Nova's styles. OpenAI's are others.
const STYLES: [&str; 8] = [
    "3D_ANIMATED_FAMILY_FILM",
    "DESIGN_SKETCH",
    "FLAT_VECTOR_ILLUSTRATION",
    "GRAPHIC_NOVEL_ILLUSTRATION",
    "MAXIMALISM",
    "MIDCENTURY_RETRO",
    "PHOTOREALISM",
    "SOFT_DIGITAL_PAINTING",
];

const MOST: u64 = 5;

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>, model: &str) -> Result<Sent, Error> {
    let own = request.params.extras_text(call, super::ID)?;
    let own = Object::parse(own.as_bytes())?;
    let mut theirs = Merged::new(Some(&own));
    let task = task(call, request, theirs.take("taskType"), theirs.has("maskPrompt"))?;
    let mut config = Merged::new(None);
    for name in CONFIG {
        if let Some(value) = theirs.take(name) {
            config.set(name, value);
        }
    }
    configure(call, request, task, model, &mut config)?;
    if let Some(prompt) = request.params.text("negative_prompt")? {
        theirs.set("negativeText", quoted(&prompt.decoded()));
    }
    let style = request.params.text("style")?;
    if let Some(style) = style.map(Text::decoded) {
        match STYLES.contains(&style.as_ref()) {
            true => theirs.set("style", quoted(&style)),
            false => call.drop_param("style")?,
        }
    }
    let mut body = Writer::with_capacity(512);
    body.begin_object();
    body.text_member("taskType", task.name);
    body.name(task.params);
    body.begin_object();
    if task.configured && !theirs.has("text") {
        let needed = task.pictures.is_none();
        let prompt = if needed { Some(request.prompt()?) } else { request.prompt };
        if let Some(prompt) = prompt {
            body.text_member("text", prompt);
        }
    } else if request.prompt.is_some() {
        call.drop_param("prompt")?;
    }
    pictures(call, request, task, &mut body)?;
    theirs.write_to(&mut body);
    body.end_object();
    if task.configured {
        body.raw_member("imageGenerationConfig", &config.object());
    }
    body.end_object();
    Ok(Sent::asked(Ask::json(body.outgoing()), Reads { asked: request.asked(call), read }))
}

/// What is to be done: what the client says, or what its pictures ask for.
fn task(
    call: &Call<'_>,
    request: &Request<'_>,
    said: Option<&str>,
    masked: bool,
) -> Result<&'static Task, Error> {
    let masked = masked || request.mask.is_some();
    let usual = match call.endpoint {
        Endpoint::ImageGenerations => "TEXT_IMAGE",
        Endpoint::ImageEdits if masked => "INPAINTING",
        _ => "IMAGE_VARIATION",
    };
    let said = said.and_then(string);
    let name = said.as_deref().unwrap_or(usual);
    let fits = |task: &&Task| task.name == name && task.pictures.is_some() != request.pictures.is_empty();
    TASKS.iter().find(fits).ok_or_else(|| {
        let hint = " It must be a task of Amazon's image models that this endpoint has the pictures for.";
        wrong_value(&format!("{}.taskType", call.upstream.id), name, hint)
    })
}

/// `imageGenerationConfig`
fn configure(
    call: &mut Call<'_>,
    request: &Request<'_>,
    task: &Task,
    model: &str,
    config: &mut Merged<'_>,
) -> Result<(), Error> {
    request.encoding(call, &[Encoding::Png])?;
    let most = if task.configured { MOST } else { 1 };
    config.set("numberOfImages", request.count(call, most)?.to_string());
    let size = if task.keeps_size {
        if request.sized()?.is_some() {
            call.drop_param("size")?;
        }
        None
    } else {
        match FAMILIES.iter().find(|(start, _)| model.starts_with(start)).map(|(_, sizes)| sizes) {
            Some(Sizes::Sides(sides)) => request.sides(call, sides)?,
            Some(Sizes::These(sizes)) => {
                let sizes: Vec<Size> =
                    sizes.iter().map(|(width, height)| Size { width: *width, height: *height }).collect();
                request.one_of(call, &sizes)?
            }
            None => None,
        }
    };
    if let Some(Size { width, height }) = size {
        config.set("width", width.to_string());
        config.set("height", height.to_string());
    }
    if task.configured {
        if let Some(quality) = request.quality()? {
            let premium = quality == Quality::High;
            config.set("quality", if premium { "\"premium\"" } else { "\"standard\"" });
        }
        if let Some(seed) = request.params.integer("seed")? {
            config.set("seed", seed.to_string());
        }
    }
    Ok(())
}

/// The client's pictures, and its mask.
fn pictures(call: &mut Call<'_>, request: &Request<'_>, task: &Task, out: &mut Writer) -> Result<(), Error> {
    if let Some((name, most)) = task.pictures {
        out.name(name);
        if most > 1 {
            out.begin_array();
        }
        for picture in request.first_pictures(call, most)? {
            picture.encoded(call, super::images::TYPES)?.write_base64(out);
        }
        if most > 1 {
            out.end_array();
        }
    }
    match task.mask {
        Some(edited) => {
            if let Some(mask) = request.two_colour_mask(call, edited)? {
                out.name("maskImage");
                mask.encoded(call, super::images::TYPES)?.write_base64(out);
            }
            Ok(())
        }
        None => request.no_mask(call),
    }
}

/// `{"images": […], "error": …}`: pictures that are held back are missing, and the error says why.
fn read(asked: &Asked, received: &Received<'_>) -> Result<Whole, Error> {
    let body = asked.object(received)?;
    let images = body.get("images").into_iter().flat_map(items);
    let made: Vec<_> = images
        .filter_map(|image| string(image).filter(|image| !image.is_empty()))
        .map(|image| Made::base64(image, None))
        .collect();
    match body.string("error").filter(|_| made.is_empty()) {
        Some(reason) => Err(asked.blocked(&shown(&reason))),
        None => asked.told(&made, None),
    }
}
