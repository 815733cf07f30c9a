//! MiniMax's pictures.
//!
//! | OpenAI | MiniMax |
//! |---|---|
//! | `n` | the same, up to 9 |
//! | `size` | `width` and `height` |
//! | `response_format` `b64_json` | `base64` |
//! | the picture to edit | `subject_reference` of type `character` |
//!
//! Errors come as successes, with a `base_resp` that says so. Its chats are OpenAI's. Sources:
//! <https://platform.minimax.io/docs/api-reference/image-generation-t2i>, `…-i2i`, and
//! <https://platform.minimax.io/docs/api-reference/errorcode>.

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::headers::Headers;
use crate::provider::{Provider, native};
use crate::surface::images::{
    Asked, Format, Made, Own, Reads, Request, Sides, base64_or_url, blocked, without_means,
};
use crate::wire::json::{Object, items};

/// The dialect.
pub static MINIMAX: MiniMax = MiniMax;

/// MiniMax's language.
#[derive(Debug)]
pub struct MiniMax;

const ID: &str = "minimax";

/// Where pictures are made.
pub const PATH: &str = "/image_generation";

const SIDES: Sides = Sides { min: 512, max: 2048, multiple: 8 };

impl Dialect for MiniMax {
    fn id(&self) -> &'static str {
        ID
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[
                native(Endpoint::ImageGenerations, PATH, &MINIMAX),
                native(Endpoint::ImageEdits, PATH, &MINIMAX),
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
        if !request.pictures.is_empty() {
            let picture = request.one_picture(call)?.addressed(call)?;
            if let Some(out) = body.at("subject_reference") {
                out.begin_array();
                out.object(|out| {
                    out.text_member("type", "character");
                    out.name("image_file");
                    picture.write_url(out);
                });
                out.end_array();
            }
        }
        let count = request.count(call, 9)?;
        if count > 1 {
            body.number("n", count);
        }
        if let Some(size) = request.sides(call, &SIDES)? {
            body.number("width", size.width.into());
            body.number("height", size.height.into());
        }
        if request.wants_base64() {
            body.text("response_format", "base64");
        } else if request.format == Some(Format::Url) {
            body.text("response_format", "url");
        }
        let ask = Ask::json(body.finish(call)?);
        Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        let outcome = Object::parse(body).ok().and_then(|object| outcome(&object));
        Failure::from(&outcome.unwrap_or_else(|| openai::error::read(status, body)))
    }
}

fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    let object = asked.object(answer)?;
    if let Some(error) = outcome(&object) {
        return Err(error);
    }
    let data = object.get("data").and_then(|data| Object::parse(data.as_bytes()).ok());
    let list = |name: &str| data.as_ref().and_then(|data| data.get(name)).into_iter().flat_map(items);
    let mut made: Vec<Made<'_>> = list("image_urls").filter_map(Made::url).collect();
    made.extend(list("image_base64").filter_map(base64_or_url));
    asked.told(&made, None)
}

/// The error that `base_resp` tells, if it tells one.
fn outcome(object: &Object<'_>) -> Option<Error> {
    let outcome = Object::parse(object.get("base_resp")?.as_bytes()).ok()?;
    let code = outcome.get("status_code").filter(|code| *code != "0")?;
    let message = outcome.string("status_msg").unwrap_or_default().into_owned();
    let (status, name) = match code {
        "1002" | "1041" => (429, "rate_limit_exceeded"),
        "1004" | "2049" => (401, "invalid_api_key"),
        "1008" => return Some(without_means(message)),
        "1026" | "1027" | "1033" => return Some(blocked(message)),
        "2013" => (400, "invalid_value"),
        "1001" => (504, "upstream_timeout"),
        _ => (502, code),
    };
    Some(Error::new(status, message).code(name))
}
