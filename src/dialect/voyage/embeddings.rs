//! Embeddings of Voyage's models.
//!
//! Sources: <https://docs.voyageai.com/reference/embeddings-api>,
//! <https://docs.voyageai.com/reference/multimodal-embeddings-api-1> and the types of voyageai-python, whose extra
//! members are forbidden.

use super::ID;
use crate::chat::Source;
use crate::dialect::openai::embeddings::{Mender, Packed};
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::embeddings::{Body, Encoding, Input, Medium, Part, Purpose, Request, Words};
use crate::wire::write::{Text, Writer};

/// "The maximum length of the list is 1,000."
const MOST: usize = 1000;

const WORDS: Words = Words {
    name: "input_type",
    known: &[(Purpose::Query, "query"), (Purpose::Document, "document")],
    own: &[],
};

/// The models that take pictures and videos, and texts too, at a path of their own.
const MULTIMODAL: &str = "voyage-multimodal";

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    request.at_most(call, MOST)?;
    let multimodal = call.model.starts_with(MULTIMODAL);
    let mut body = Body::new(call, request, ID)?;
    body.text("model", Some(call.model));
    if multimodal {
        body.list("inputs", |out| request.inputs.iter().try_for_each(|input| write(call, input, out)))?;
    } else {
        let texts = request.texts(call)?;
        body.list("input", |out| {
            texts.into_iter().for_each(|text| out.text(text));
            Ok(())
        })?;
    }
    body.text("input_type", WORDS.of(call, request)?);
    body.number("output_dimension", request.dimensions()?);
    body.own(request, &["truncation", "output_dtype"]);
    // "float" is refused: floats come without it.
    if request.encoding == Encoding::Base64 {
        body.text("encoding_format", Some("base64"));
    }
    let mut ask = Ask::json(body.finish());
    if multimodal {
        ask.path = Some("/multimodalembeddings");
    }
    Ok(Sent::asked(ask, Mender::new(request.asked(call), Packed::Floats)))
}

/// An input of parts.
fn write(call: &Call<'_>, input: &Input<'_>, out: &mut Writer) -> Result<(), Error> {
    let parts = input.parts();
    out.begin_object();
    out.name("content");
    out.begin_array();
    for part in parts.iter() {
        let media = match part {
            Part::Text(text) => {
                out.object(|out| {
                    out.text_member("type", "text");
                    out.text_member("text", *text);
                });
                continue;
            }
            Part::Media(media) => media,
        };
        let (here, there) = match media.medium {
            Medium::Image => ("image_base64", "image_url"),
            Medium::Video => ("video_base64", "video_url"),
            other => return Err(input.refused(call, other.described())),
        };
        match &media.source {
            Source::Data { media_type, base64 } => out.object(|out| {
                out.text_member("type", here);
                out.name(here);
                out.texts(["data:", media_type, ";base64,", base64].map(Text::Plain));
            }),
            Source::Url(url) => out.object(|out| {
                out.text_member("type", there);
                out.text_member(there, url.as_ref());
            }),
            Source::Id(_) => return Err(input.refused(call, "ids of files")),
        }
    }
    out.end_array();
    out.end_object();
    Ok(())
}
