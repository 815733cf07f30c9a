//! Embeddings of Jina's models.
//!
//! Unknown parameters are refused ("Extra inputs are not permitted"). Source: <https://api.jina.ai/openapi.json>.

use super::ID;
use crate::chat::Source;
use crate::dialect::openai::embeddings::{Mender, Packed};
use crate::dialect::{Ask, Call, Sent};
use crate::error::Error;
use crate::surface::embeddings::{Body, Encoding, Input, Medium, Part, Purpose, Request, Words};
use crate::wire::write::Writer;

/// `task`. Models for code have more words, and none is known to all.
const WORDS: Words = Words {
    name: "task",
    known: &[
        (Purpose::Query, "retrieval.query"),
        (Purpose::Document, "retrieval.passage"),
        (Purpose::Classification, "classification"),
        (Purpose::Clustering, "separation"),
        (Purpose::Similarity, "text-matching"),
        (Purpose::CodeQuery, "code.query"),
    ],
    own: &[],
};

/// Members of Jina's own, which go as the client wrote them.
const OWN: &[&str] = &["late_chunking", "truncate", "normalized", "return_multivector"];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let mut body = Body::new(call, request, ID)?;
    body.text("model", Some(call.model));
    body.list("input", |out| request.inputs.iter().try_for_each(|input| write(call, input, out)))?;
    body.text("task", WORDS.of(call, request)?);
    body.number("dimensions", request.dimensions()?);
    if request.params.has("embedding_type") {
        body.own(request, &["embedding_type"]);
    } else {
        let word = if request.encoding == Encoding::Base64 { "base64" } else { "float" };
        body.text("embedding_type", Some(word));
    }
    body.own(request, OWN);
    Ok(Sent::asked(Ask::json(body.finish()), Mender::new(request.asked(call), Packed::Floats)))
}

/// A text as it is, and what else there is as an object of one member.
fn write(call: &Call<'_>, input: &Input<'_>, out: &mut Writer) -> Result<(), Error> {
    let parts = input.parts();
    let media = match parts.as_ref() {
        [Part::Text(text)] => {
            out.text(*text);
            return Ok(());
        }
        [Part::Media(media)] => media,
        _ => return Err(input.refused(call, "several parts")),
    };
    let name = match media.medium {
        Medium::Image => "image",
        Medium::Audio => "audio",
        Medium::Video => "video",
        Medium::File => "pdf",
    };
    out.begin_object();
    match &media.source {
        Source::Data { base64, .. } => out.text_member(name, base64.as_ref()),
        Source::Url(url) => out.text_member(name, url.as_ref()),
        Source::Id(_) => return Err(input.refused(call, "ids of files")),
    }
    out.end_object();
    Ok(())
}
