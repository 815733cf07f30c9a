//! Fireworks' models of pictures: workflows, each at a path of its own.
//!
//! | OpenAI | FLUX | FLUX Kontext | Stable Diffusion XL |
//! |---|---|---|---|
//! | `n` | one picture | one picture | `samples` |
//! | `size` | `aspect_ratio` | `aspect_ratio` | `width` and `height` |
//! | `output_format` | `accept`: PNG or JPEG | `output_format` | `accept`, for one picture |
//! | the picture to edit | | `input_image` | |
//!
//! FLUX Kontext is a job: it is begun, and asked for until it is done; its picture comes as an address. Fireworks' chats
//! and embeddings are OpenAI's. Sources:
//! <https://docs.fireworks.ai/api-reference/generate-a-new-image-from-a-text-prompt>,
//! <https://docs.fireworks.ai/api-reference/generate-or-edit-image-using-flux-kontext>,
//! <https://docs.fireworks.ai/api-reference/get-generated-image-from-flux-kontex>, and `fireworks-image-model.ts` of
//! Vercel's AI SDK for which model stands at which path.

mod kontext;

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface::images::{
    Asked, Encoding, Made, Own, Reads, Request, Shapes, Sides, base64_or_url, in_openais_terms,
};
use crate::wire::json::{Kind, Object, items, kind};

/// The dialect.
pub static FIREWORKS: Fireworks = Fireworks;

/// Fireworks' language.
#[derive(Debug)]
pub struct Fireworks;

const ID: &str = "fireworks";

/// Its routes of pictures: one for jobs, which also edit, and one for the rest.
pub const ROUTES: [Route; 3] = {
    const JOB: Route = Route {
        models: kontext::MODELS,
        ..native(Endpoint::ImageGenerations, "/inference/v1/workflows/{model/}", &FIREWORKS)
    };
    [
        JOB,
        native(Endpoint::ImageGenerations, TEXT_TO_IMAGE, &FIREWORKS),
        Route { endpoint: Endpoint::ImageEdits, ..JOB },
    ]
};

/// Where FLUX stands, and what is not known …
const TEXT_TO_IMAGE: &str = "/inference/v1/workflows/{model/}/text_to_image";
/// … and Stable Diffusion XL with its kin.
const IMAGE_GENERATION: &str = "/inference/v1/image_generation/{model/}";

/// Parts of the names of models of the second kind.
const STABLE_DIFFUSION: [&str; 5] =
    ["stable-diffusion", "playground-v2", "SSD-1B", "japanese-stable-diffusion", "ssd-1b"];

const SHAPES: Shapes = Shapes {
    ratios: &["1:1", "21:9", "16:9", "3:2", "5:4", "4:5", "2:3", "9:16", "9:21", "4:3", "3:4"],
    tiers: &[],
    side: 1024,
};

const SIDES: Sides = Sides { min: 256, max: 2048, multiple: 8 };

impl Dialect for Fireworks {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider { base_path: "", routes: &ROUTES, ..Provider::ROW };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        if kontext::is(call.model) {
            return kontext::ask(call, request);
        }
        let diffusion = STABLE_DIFFUSION.iter().any(|part| call.model.contains(part));
        let mut body = Own::new(call, request, ID)?;
        body.text("prompt", request.prompt()?);
        let count = request.count(call, if diffusion { 10 } else { 1 })?;
        if diffusion {
            if count > 1 {
                body.number("samples", count);
            }
            if let Some(size) = request.sides(call, &SIDES)? {
                body.number("width", size.width.into());
                body.number("height", size.height.into());
            }
        } else if let (Some(ratio), _) = request.shape(call, &SHAPES)? {
            body.text("aspect_ratio", ratio);
        }
        // Several pictures come as JSON alone.
        let known: &[Encoding] = if count > 1 { &[] } else { &[Encoding::Png, Encoding::Jpeg] };
        let accept = request.encoding(call, known)?.map_or("application/json", Encoding::media_type);
        let mut ask = Ask::json(body.finish(call)?);
        ask.path = diffusion.then_some(IMAGE_GENERATION);
        ask.headers.push(("accept", accept.to_owned()));
        Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&in_openais_terms(openai::error::read(status, body), body))
    }
}

/// An answer in JSON is an object, or a list of them; `base64` in it a text, or a list of them.
fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    const HELD_BACK: &str = "CONTENT_FILTERED";
    let mut held_back = answer.headers.text("finish-reason") == Some(HELD_BACK);
    let mut made: Vec<Made<'_>> = asked.binary(answer).filter(|_| !held_back).into_iter().collect();
    let text = core::str::from_utf8(answer.body).unwrap_or_default();
    let list = match text.trim_ascii_start() {
        list if list.starts_with('[') => items(list).collect(),
        object if object.starts_with('{') => vec![object],
        _ => Vec::new(),
    };
    for object in list.into_iter().filter_map(|object| Object::parse(object.as_bytes()).ok()) {
        if object.string("finishReason").as_deref() == Some(HELD_BACK) {
            held_back = true;
            continue;
        }
        let pictures = object.get("base64").unwrap_or_default();
        match kind(pictures) {
            Kind::Array => made.extend(items(pictures).filter_map(base64_or_url)),
            Kind::String => made.extend(base64_or_url(pictures)),
            _ => {}
        }
    }
    if made.is_empty() && held_back {
        return Err(asked.blocked("the picture was held back. Change the prompt."));
    }
    asked.told(&made, None)
}
