//! Pictures of NVIDIA's API catalog, at a host of their own: the model is the path.
//!
//! | OpenAI | NVIDIA |
//! |---|---|
//! | `n` | one picture |
//! | `size` | `width`, `height`; `aspect_ratio` of Stable Diffusion 3 |
//! | the pictures to edit | `image`: one, or a list, as data URLs |
//!
//! What else a model takes (`steps`, `cfg_scale`, `seed`, `mode`) goes up as the client writes it. Its chats and embeddings
//! are OpenAI's. Source: <https://docs.api.nvidia.com/nim/reference/visual-models-apis>, a page for each model.

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, Route, native};
use crate::surface::images::{Asked, Made, Own, Reads, Request, Shapes, base64_or_url, in_openais_terms};
use crate::wire::json::{Object, items};

/// The dialect.
pub static NVIDIA: Nvidia = Nvidia;

/// NVIDIA's language of pictures.
#[derive(Debug)]
pub struct Nvidia;

const ID: &str = "nvidia";

const PATH: &str = "/genai/{model/}";

/// Where pictures are made.
const HOST: Option<&str> = Some("ai.api.nvidia.com");

/// A picture from a text.
pub const IMAGE_GENERATIONS: Route =
    Route { host: HOST, ..native(Endpoint::ImageGenerations, PATH, &NVIDIA) };

/// A picture from a picture.
pub const IMAGE_EDITS: Route = Route { host: HOST, ..native(Endpoint::ImageEdits, PATH, &NVIDIA) };

/// Parts of the names of models that take a list of pictures.
const LISTS: [&str; 1] = ["flux.2"];

const SHAPES: Shapes =
    Shapes { ratios: &["1:1", "16:9", "9:16", "5:4", "4:5", "3:2", "2:3"], tiers: &[], side: 1024 };

impl Dialect for Nvidia {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[
                native(Endpoint::ImageGenerations, PATH, &NVIDIA),
                native(Endpoint::ImageEdits, PATH, &NVIDIA),
            ],
            ..Provider::ROW
        };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        request.no_mask(call)?;
        request.count(call, 1)?;
        let mut body = Own::new(call, request, ID)?;
        body.text("prompt", request.prompt()?);
        if LISTS.iter().any(|part| call.model.contains(part)) && !request.pictures.is_empty() {
            if let Some(out) = body.at("image") {
                out.begin_array();
                for picture in &request.pictures {
                    picture.inline(call)?.write_url(out);
                }
                out.end_array();
            }
        } else if !request.pictures.is_empty() {
            let picture = request.one_picture(call)?.inline(call)?;
            if let Some(out) = body.at("image") {
                picture.write_url(out);
            }
        }
        if call.model.contains("stable-diffusion") {
            if let (Some(ratio), _) = request.shape(call, &SHAPES)? {
                body.text("aspect_ratio", ratio);
            }
        } else if let Some(size) = request.sized()? {
            body.number("width", size.width.into());
            body.number("height", size.height.into());
        }
        let mut ask = Ask::json(body.finish(call)?);
        ask.headers.push(("accept", "application/json".to_owned()));
        Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure::from(&in_openais_terms(openai::error::read(status, body), body))
    }
}

/// `artifacts`, or the one `image` of Stable Diffusion 3.
fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    let object = asked.object(answer)?;
    let (mut made, mut held_back) = (Vec::<Made<'_>>::new(), false);
    let artifacts = object.get("artifacts").into_iter().flat_map(items);
    let artifacts = artifacts.filter_map(|artifact| Object::parse(artifact.as_bytes()).ok());
    for (artifact, data, reason) in artifacts.map(|artifact| (artifact, "base64", "finishReason")).chain([(
        Object::parse(answer.body).unwrap_or_else(|_| Object::empty()),
        "image",
        "finish_reason",
    )]) {
        if artifact.string(reason).as_deref() == Some("CONTENT_FILTERED") {
            held_back = true;
        } else {
            made.extend(artifact.get(data).and_then(base64_or_url));
        }
    }
    if made.is_empty() && held_back {
        return Err(asked.blocked("the picture was held back. Change the prompt."));
    }
    asked.told(&made, None)
}
