//! Seedream on ModelArk: pictures in a form near to OpenAI's.
//!
//! | OpenAI | ModelArk |
//! |---|---|
//! | `n` | `sequential_image_generation` `auto`, with `n` as its `max_images`: the most, not the number |
//! | `size` | the same, made larger where the model asks for more; or `1K`, `2K`, `4K`, `adaptive` |
//! | `response_format` | the same |
//! | pictures to edit | `image`: one, or a list of up to 14; files as data URLs |
//! | `mask`, `quality`, `style`, `background`, … | left out by name |
//! | `output_format` | the same, from Seedream 5.0 on |
//!
//! Its chats and embeddings are OpenAI's. Sources: `resources/images/images.py` of byteplus-python-sdk-v2, and
//! <https://docs.byteplus.com/en/docs/ModelArk/1541523>.

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, native};
use crate::surface::images::{Asked, Encoding, Format, Made, Own, Reads, Request, Size, Tokens, blocked};
use crate::wire::json::{Object, items};

/// The dialect.
pub static MODELARK: ModelArk = ModelArk;

/// ModelArk's language of pictures.
#[derive(Debug)]
pub struct ModelArk;

const ID: &str = "modelark";

/// Where pictures are made, and edited.
pub const PATH: &str = "/images/generations";

/// The most pictures that are taken.
const MOST_PICTURES: usize = 14;

impl Dialect for ModelArk {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            base_path: "/api/v3",
            routes: &[
                native(Endpoint::ImageGenerations, PATH, &MODELARK),
                native(Endpoint::ImageEdits, PATH, &MODELARK),
            ],
            ..Provider::ROW
        };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        request.no_mask(call)?;
        let mut body = Own::new(call, request, ID)?;
        body.out.text_member("model", call.model);
        body.text("prompt", request.prompt()?);
        match request.first_pictures(call, MOST_PICTURES)? {
            [] => {}
            [one] => {
                let one = one.addressed(call)?;
                if let Some(out) = body.at("image") {
                    one.write_url(out);
                }
            }
            several => {
                if let Some(out) = body.at("image") {
                    out.begin_array();
                    for picture in several {
                        picture.addressed(call)?.write_url(out);
                    }
                    out.end_array();
                }
            }
        }
        if request.count > 1 {
            body.text("sequential_image_generation", "auto");
            if let Some(out) = body.at("sequential_image_generation_options") {
                out.object(|out| out.number_member("max_images", request.count));
            }
        }
        if let Some(word) = request.size_word {
            body.text("size", word);
        } else if let Some(asked) = request.size {
            let size = large_enough(call.model, asked);
            if size != asked {
                call.drop_param("size")?;
            }
            body.text("size", format!("{}x{}", size.width, size.height).as_str());
        }
        if request.wants_base64() {
            body.text("response_format", "b64_json");
        } else if request.format == Some(Format::Url) {
            body.text("response_format", "url");
        }
        let known: &[Encoding] =
            if call.model.contains("seedream-5") { &[Encoding::Png, Encoding::Jpeg] } else { &[] };
        if let Some(encoding) = request.encoding(call, known)? {
            body.text("output_format", encoding.as_str());
        }
        let ask = Ask::json(body.finish(call)?);
        Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&told(openai::error::read(status, body)))
    }
}

/// How many pixels a picture must have at least, by parts of the names of models.
const LEAST: [(&str, f64); 3] =
    [("seedream-4-0", 1280.0 * 720.0), ("seedream-4", 2560.0 * 1440.0), ("seedream-5", 2560.0 * 1440.0)];

/// The size, or the smallest of its shape that the model makes: those of OpenAI are too small for the newer ones.
fn large_enough(model: &str, size: Size) -> Size {
    let least = LEAST.iter().find(|(part, _)| model.contains(part)).map_or(0.0, |(_, least)| *least);
    let factor = (least / (f64::from(size.width) * f64::from(size.height))).sqrt();
    if factor <= 1.0 {
        return size;
    }
    // A cast of a float keeps within the bounds of the integer.
    let side = |side: u32| (f64::from(side) * factor).ceil() as u32;
    Size { width: side(size.width), height: side(size.height) }
}

fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    let object = asked.object(answer)?;
    let (mut made, mut failed) = (Vec::new(), None);
    for picture in object.get("data").into_iter().flat_map(items) {
        let Ok(read) = Object::parse(picture.as_bytes()) else { continue };
        match Made::read(&read) {
            Some(picture) => made.push(picture),
            None => failed = Some(openai::error::read(502, picture.as_bytes())),
        }
    }
    if let Some(error) = failed.filter(|_| made.is_empty()) {
        return Err(told(error));
    }
    let usage = object.get("usage").and_then(|usage| Object::parse(usage.as_bytes()).ok());
    let tokens = usage.and_then(|usage| {
        let output: u64 = usage.get("output_tokens")?.parse().ok()?;
        let total: u64 = usage.get("total_tokens").and_then(|total| total.parse().ok()).unwrap_or(output);
        let input = total.saturating_sub(output);
        Some(Tokens { input, output, output_images: Some(output), ..Tokens::default() })
    });
    asked.told(&made, tokens)
}

/// "InputTextSensitiveContentDetected", "OutputImageSensitiveContentDetected": the picture is held back.
fn told(error: Error) -> Error {
    let sensitive = error.code.as_deref().is_some_and(|code| code.contains("SensitiveContent"));
    if sensitive { blocked(error.message) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_size_that_is_too_small_becomes_the_smallest_of_its_shape(width in 64_u32..4096, height in 64_u32..4096) {
            let asked = Size { width, height };
            let size = large_enough("seedream-4-5-251128", asked);
            let area = |size: Size| u64::from(size.width) * u64::from(size.height);
            prop_assert!(area(size) >= 3_686_400);
            prop_assert!(size == asked || area(asked) < 3_686_400);
            // No more than a pixel a side.
            let shape = |size: Size| f64::from(size.width) / f64::from(size.height);
            prop_assert!((shape(size) / shape(asked) - 1.0).abs() < 0.03, "{size:?}");
            prop_assert_eq!(large_enough("ep-20260125201054", asked), asked);
        }
    }
}
