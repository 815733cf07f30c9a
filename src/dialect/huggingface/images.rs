//! Pictures from texts and from pictures.
//!
//! | OpenAI | text-to-image | image-to-image |
//! |---|---|---|
//! | `prompt` | `inputs` | `parameters.prompt` |
//! | the picture to edit | | `inputs`, in base64 |
//! | `size` | `parameters.width`, `height` | `parameters.target_size` |
//! | `output_format` | `accept`: PNG or JPEG | the same |
//! | `n` | one picture | one picture |
//!
//! What else a model takes stands in `parameters`. The answer is the picture itself. Sources:
//! <https://huggingface.co/docs/inference-providers/tasks/text-to-image>, `…/image-to-image`, and
//! `providers/hf-inference.ts` of huggingface.js.

use super::ID;
use crate::dialect::{Ask, Call, Received, Sent, Whole};
use crate::error::Error;
use crate::surface::images::{Asked, Encoding, Made, Own, Reads, Request};
use crate::wire::json::{Object, items};

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    request.no_mask(call)?;
    request.count(call, 1)?;
    let mut body = Own::new(call, request, ID)?;
    let edits = !request.pictures.is_empty();
    body.out.name("inputs");
    if edits {
        request.one_picture(call)?.inline(call)?.write_base64(&mut body.out);
    } else {
        body.out.text(request.prompt()?);
    }
    body.out.name("parameters");
    body.out.begin_object();
    if edits && let Some(prompt) = request.prompt {
        body.text("prompt", prompt);
    }
    if let Some(size) = request.sized()? {
        if !edits {
            body.number("width", size.width.into());
            body.number("height", size.height.into());
        } else if let Some(out) = body.at("target_size") {
            out.object(|out| {
                out.number_member("width", size.width.into());
                out.number_member("height", size.height.into());
            });
        }
    }
    let encoding = request.encoding(call, &[Encoding::Png, Encoding::Jpeg])?.unwrap_or(Encoding::Png);
    body.rest(call)?;
    body.out.end_object();
    body.out.end_object();
    let mut ask = Ask::json(body.out.outgoing());
    ask.headers.push(("accept", encoding.media_type().to_owned()));
    Ok(Sent::asked(ask, Reads { asked: request.asked(call), read }))
}

/// The picture itself, or, of models that other servers run, an object that names it.
fn read(asked: &Asked, answer: &Received<'_>) -> Result<Whole, Error> {
    if let Some(made) = asked.binary(answer) {
        return asked.told(&[made], None);
    }
    let object = asked.object(answer)?;
    let objects = ["data", "images"].into_iter().filter_map(|name| object.get(name)).flat_map(items);
    let objects = objects.filter_map(|data| Made::read(&Object::parse(data.as_bytes()).ok()?));
    let urls = object.get("output").into_iter().flat_map(items).filter_map(Made::url);
    let made: Vec<Made<'_>> = objects.chain(urls).collect();
    asked.told(&made, None)
}
