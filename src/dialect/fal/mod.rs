//! fal's models of pictures, run while the client waits: the model is the path.
//!
//! | OpenAI | fal |
//! |---|---|
//! | `n` | `num_images` |
//! | `size` | `image_size`, as an object or in fal's words; `aspect_ratio` where a model knows shapes alone |
//! | `response_format` `b64_json` | `sync_mode`, with which the addresses of pictures hold them |
//! | pictures to edit or vary | `image_urls`, or `image_url` where a model takes one; files as data URLs |
//! | `mask` | `mask_url` |
//! | `quality`, `background`, `input_fidelity` | the same, with OpenAI's models |
//! | `output_format` | the same |
//! | `style` | the same, with models that have styles |
//!
//! Models differ in what else they take; that goes up as the client writes it. Sources:
//! <https://fal.ai/docs/documentation/model-apis/inference/synchronous>, the schemas of models (<https://fal.ai/models>,
//! `llms.txt` of each), `src/client.ts` of fal-js, and <https://fal.ai/docs/documentation/model-apis/errors>.

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Auth, Provider, Route, native};
use crate::surface::images::{
    Asked, Encoding, Made, Own, Quality, Reads, Request, Shapes, blocked, in_openais_terms,
};
use crate::wire::json::{Object, items};

/// The dialect.
pub static FAL: Fal = Fal;

/// fal's language.
#[derive(Debug)]
pub struct Fal;

const ID: &str = "fal";

/// Its routes.
pub const ROUTES: &[Route] = &[
    native(Endpoint::ImageGenerations, "/{model/}", &FAL),
    native(Endpoint::ImageEdits, "/{model/}", &FAL),
    native(Endpoint::ImageVariations, "/{model/}", &FAL),
];

/// Parts of the names of models that take a shape in the place of a size.
const SHAPED: [&str; 10] = [
    "nano-banana",
    "gemini-",
    "imagen",
    "kontext",
    "/v1.1-ultra",
    "minimax/image",
    "luma-photon",
    "reve/",
    "grok-imagine",
    "bria/",
];

const SHAPES: Shapes = Shapes {
    ratios: &["1:1", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "21:9", "9:21"],
    tiers: &[],
    side: 1024,
};

/// Parts of the names of models that take a list of pictures …
const LISTS: [&str; 7] =
    ["/edit", "/multi", "edit-plus", "edit-2509", "gpt-image", "nano-banana", "seedream"];

/// … but for these.
const SINGLE: [&str; 4] = ["ideogram/", "seededit", "reve/", "emu-"];

/// Parts of the names of models that have styles of their own.
const STYLED: [&str; 2] = ["recraft", "ideogram"];

fn is_any(model: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| model.contains(part))
}

impl Dialect for Fal {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider =
            &Provider { base_path: "", auth: Auth::Scheme("Key"), routes: ROUTES, ..Provider::ROW };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        let mut body = Own::new(call, request, ID)?;
        if let Some(prompt) = request.prompt_for(call.model) {
            body.text("prompt", prompt);
        }
        if request.count > 1 {
            body.number("num_images", request.count);
        }
        size(call, request, &mut body)?;
        pictures(call, request, &mut body)?;
        let openais = call.model.contains("gpt-image");
        if openais {
            if let Some(quality) = request.quality()? {
                body.text(
                    "quality",
                    match quality {
                        Quality::Low => "low",
                        Quality::Medium => "medium",
                        Quality::High => "high",
                    },
                );
            }
            for name in ["background", "input_fidelity"] {
                if let Some(text) = request.params.text(name)? {
                    body.text(name, text);
                }
            }
        }
        if is_any(call.model, &STYLED)
            && let Some(style) = request.params.text("style")?
        {
            body.text("style", style);
        }
        if let Some(encoding) = request.encoding(call, &[Encoding::Png, Encoding::Jpeg, Encoding::Webp])? {
            body.text("output_format", encoding.as_str());
        }
        if request.wants_base64()
            && let Some(out) = body.at("sync_mode")
        {
            out.raw("true");
        }
        let ask = Ask::json(body.finish(call)?);
        Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, headers: &Headers, body: &[u8]) -> Failure {
        Failure::from(&error(status, headers, body))
    }
}

fn size(call: &mut Call<'_>, request: &Request<'_>, body: &mut Own<'_, '_>) -> Result<(), Error> {
    if is_any(call.model, &SHAPED) {
        let (ratio, _) = request.shape(call, &SHAPES)?;
        if let Some(ratio) = ratio {
            body.text("aspect_ratio", ratio);
        }
        return Ok(());
    }
    if let Some(word) = request.size_word {
        // `square_hd`, `landscape_16_9`
        body.text("image_size", word);
    } else if let Some(size) = request.size
        && let Some(out) = body.at("image_size")
    {
        out.object(|out| {
            out.number_member("width", size.width.into());
            out.number_member("height", size.height.into());
        });
    }
    Ok(())
}

fn pictures(call: &mut Call<'_>, request: &Request<'_>, body: &mut Own<'_, '_>) -> Result<(), Error> {
    if request.pictures.is_empty() {
        return Ok(());
    }
    if is_any(call.model, &LISTS) && !is_any(call.model, &SINGLE) {
        if let Some(out) = body.at("image_urls") {
            out.begin_array();
            for picture in &request.pictures {
                picture.addressed(call)?.write_url(out);
            }
            out.end_array();
        }
    } else {
        let picture = request.one_picture(call)?.addressed(call)?;
        if let Some(out) = body.at("image_url") {
            picture.write_url(out);
        }
    }
    let mask = if call.model.contains("gpt-image") {
        request.mask.as_ref()
    } else {
        request.two_colour_mask(call, "white")?
    };
    if let Some(mask) = mask {
        let name = if call.model.contains("gpt-image-1/") { "mask_image_url" } else { "mask_url" };
        if let Some(out) = body.at(name) {
            mask.addressed(call)?.write_url(out);
        }
    }
    Ok(())
}

fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    let object = asked.object(answer)?;
    let mut flags = ["has_nsfw_concepts", "nsfw_content_detected"]
        .into_iter()
        .filter_map(|name| object.get(name))
        .flat_map(items);
    let list = object.get("images").into_iter().flat_map(items).chain(object.get("image"));
    let (mut made, mut held_back) = (Vec::new(), false);
    for picture in list {
        // What is held back comes as a black picture.
        if flags.next() == Some("true") {
            held_back = true;
            continue;
        }
        let url = Object::parse(picture.as_bytes()).ok().and_then(|picture| picture.get("url"));
        made.extend(url.and_then(Made::url));
    }
    if made.is_empty() && held_back {
        return Err(asked.blocked("the pictures were held back. Change the prompt."));
    }
    asked.told(&made, None)
}

/// fal's failing answers: `detail`, a sentence or a list of what is wrong with the input.
fn error(status: u16, headers: &Headers, body: &[u8]) -> Error {
    let error = in_openais_terms(openai::error::read(status, body), body);
    if error.code.as_deref() == Some("content_policy_violation") {
        return blocked(error.message);
    }
    if headers.text("x-fal-error-type") == Some("request_timeout") {
        return Error::new(504, error.message).code("upstream_timeout");
    }
    error
}
