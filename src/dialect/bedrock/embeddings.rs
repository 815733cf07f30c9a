//! Embeddings of models on Bedrock, by `InvokeModel`: a form for each family.
//!
//! | family | inputs a call | form |
//! |---|---|---|
//! | Titan text | 1 | `inputText`, from version 2 `dimensions` |
//! | Titan multimodal | 1 | `inputText` and `inputImage`, which become one vector |
//! | Nova | 1 | `singleEmbeddingParams`, one of text, image, audio and video |
//! | Cohere | 96 | as at Cohere, without the model |
//!
//! Where a call takes one input, several are asked for one after the other.
//!
//! Sources: <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html>,
//! <https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html>.

use super::BEDROCK;
use crate::chat::Source;
use crate::dialect::cohere::embeddings as cohere;
use crate::dialect::{Ask, Call, Convert, Dialect as _, Received, Sent, Told};
use crate::error::{Error, shown};
use crate::surface::embeddings::{
    Answer, Body, Input, Media, Medium, OneByOne, Part, Purpose, Request, Vector, Words,
};
use crate::wire::json::{Object, items};
use crate::wire::write::Writer;

/// `embeddingPurpose`
const PURPOSES: Words = Words {
    name: "embeddingPurpose",
    known: &[
        (Purpose::Query, "GENERIC_RETRIEVAL"),
        (Purpose::Document, "GENERIC_INDEX"),
        (Purpose::Classification, "CLASSIFICATION"),
        (Purpose::Clustering, "CLUSTERING"),
    ],
    own: &["TEXT_RETRIEVAL", "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL", "DOCUMENT_RETRIEVAL", "AUDIO_RETRIEVAL"],
};

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    // A model's id, one of a region's or a profile's ARN.
    let is = |family: &str| call.model.contains(family);
    if is("cohere.embed-") {
        let mut body = Body::new(call, request, BEDROCK.id())?;
        let fourth = !is("cohere.embed-english-v3") && !is("cohere.embed-multilingual-v3");
        cohere::Form { most: 96, bare_urls: true }.write(call, request, &mut body)?;
        body.own(request, &["truncate"]);
        if fourth {
            body.number("output_dimension", request.dimensions()?);
            body.own(request, &["max_tokens"]);
        }
        let answer = cohere::Answers(Answer::new(request.asked(call)));
        return Ok(Sent::asked(Ask::json(body.finish()), answer));
    }
    let write = match () {
        () if is("amazon.titan-embed-image") => titan_multimodal,
        () if is("amazon.titan-embed-") => titan_text,
        () if is("amazon.nova-") => nova,
        () => return Err(unknown(call)),
    };
    let (ask, calls) = OneByOne::ask(call, request, None, |call, input| {
        let mut body = Body::new(call, request, BEDROCK.id())?;
        write(call, request, input, &mut body)?;
        Ok(body.finish())
    })?;
    Ok(Sent::asked(ask, Answers { calls, answer: Answer::new(request.asked(call)) }))
}

/// 400: the model embeds nothing, or its id does not tell how it is asked.
fn unknown(call: &Call<'_>) -> Error {
    Error::invalid(format!(
        "Invalid 'model': {} of {} is none of the families that embed (Titan, Nova and Cohere). Choose one of those, by an \
         id that names it.",
        shown(call.model),
        call.upstream.id
    ))
    .param("model")
    .code("unsupported_endpoint")
}

fn titan_text(
    call: &mut Call<'_>,
    request: &Request<'_>,
    input: &Input<'_>,
    body: &mut Body<'_>,
) -> Result<(), Error> {
    let text = input.text(call)?;
    body.member("inputText", |out| out.text(text));
    // The first refuses what it does not know: "extraneous key".
    if !call.model.contains("titan-embed-text-v1") && !call.model.contains("titan-embed-g1-text") {
        body.number("dimensions", request.dimensions()?);
        body.own(request, &["normalize", "embeddingTypes"]);
    }
    Ok(())
}

fn titan_multimodal(
    call: &mut Call<'_>,
    request: &Request<'_>,
    input: &Input<'_>,
    body: &mut Body<'_>,
) -> Result<(), Error> {
    let (mut texts, mut pictures) = (0_u8, 0_u8);
    for part in input.parts().iter() {
        match part {
            Part::Text(text) => {
                texts = texts.saturating_add(1);
                body.member("inputText", |out| out.text(*text));
            }
            Part::Media(Media { medium: Medium::Image, source: Source::Data { base64, .. } }) => {
                pictures = pictures.saturating_add(1);
                body.text("inputImage", Some(base64));
            }
            Part::Media(Media { medium: Medium::Image, .. }) => {
                return Err(input.elsewhere(call));
            }
            Part::Media(media) => return Err(input.refused(call, media.medium.described())),
        }
    }
    if texts > 1 || pictures > 1 {
        return Err(input.refused(call, "more than one text and one image"));
    }
    if let Some(dimensions) = request.dimensions()? {
        body.member("embeddingConfig", |out| {
            out.object(|out| out.number_member("outputEmbeddingLength", dimensions));
        });
    }
    Ok(())
}

fn nova(
    call: &mut Call<'_>,
    request: &Request<'_>,
    input: &Input<'_>,
    body: &mut Body<'_>,
) -> Result<(), Error> {
    let purpose = PURPOSES.of(call, request)?;
    let dimensions = request.dimensions()?;
    let parts = input.parts();
    let [part] = parts.as_ref() else { return Err(input.refused(call, "several parts")) };
    let truncation = request.params.text("truncationMode")?;
    let detail = request.params.text("detailLevel")?;
    body.text("taskType", Some("SINGLE_EMBEDDING"));
    let mut told = Ok(());
    body.member("singleEmbeddingParams", |out| {
        out.begin_object();
        out.text_member("embeddingPurpose", purpose.as_deref().unwrap_or("GENERIC_INDEX"));
        if let Some(dimensions) = dimensions {
            out.number_member("embeddingDimension", dimensions);
        }
        match part {
            Part::Text(text) => out.object_member("text", |out| {
                match truncation {
                    Some(mode) => out.text_member("truncationMode", mode),
                    // It must be said: too long a text fails, as OpenAI's do.
                    None => out.text_member("truncationMode", "NONE"),
                }
                out.text_member("value", *text);
            }),
            Part::Media(media) => {
                told = write_media(call, input, media, out, |out| {
                    if let Some(level) = detail.filter(|_| media.medium == Medium::Image) {
                        out.text_member("detailLevel", level);
                    }
                });
            }
        }
        out.end_object();
    });
    told
}

/// `image`, `audio` or `video`, with `more`.
fn write_media(
    call: &Call<'_>,
    input: &Input<'_>,
    media: &Media<'_>,
    out: &mut Writer,
    more: impl FnOnce(&mut Writer),
) -> Result<(), Error> {
    let name = match media.medium {
        Medium::Image => "image",
        Medium::Audio => "audio",
        Medium::Video => "video",
        Medium::File => return Err(input.refused(call, Medium::File.described())),
    };
    let format = |media_type: &str| match media_type {
        "audio/mpeg" => "mp3".to_owned(),
        "audio/x-wav" | "audio/vnd.wave" => "wav".to_owned(),
        "video/quicktime" => "mov".to_owned(),
        "video/x-matroska" => "mkv".to_owned(),
        other => other.split_once('/').map_or(other, |(_, format)| format).to_owned(),
    };
    out.name(name);
    out.begin_object();
    match &media.source {
        Source::Data { media_type, base64 } => {
            out.text_member("format", format(media_type).as_str());
            out.object_member("source", |out| out.text_member("bytes", base64.as_ref()));
        }
        Source::Url(uri) if uri.starts_with("s3://") => {
            let end = uri.rsplit_once('.').map(|(_, end)| end).unwrap_or_default();
            out.text_member("format", if end == "jpg" { "jpeg" } else { end });
            out.object_member("source", |out| {
                out.object_member("s3Location", |out| out.text_member("uri", uri.as_ref()));
            });
        }
        _ => return Err(input.elsewhere(call)),
    }
    if media.medium == Medium::Video {
        out.text_member("embeddingMode", "AUDIO_VIDEO_COMBINED");
    }
    more(out);
    out.end_object();
    Ok(())
}

/// Reads an answer of Titan's or Nova's.
#[derive(Debug)]
struct Answers {
    calls: OneByOne,
    answer: Answer,
}

impl Convert for Answers {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let unreadable = || Error::unreadable(&self.answer.asked().provider);
        let object = Object::parse(received.body).map_err(|_| unreadable())?;
        match object.get("embedding") {
            Some(vector) => self.answer.vector(Vector::Numbers(vector))?,
            // Nova's; of Titan, when it was asked for other than floats.
            None => {
                let first = object.get("embeddings").and_then(|list| items(list).next());
                let nova = first.and_then(|first| Object::parse_str(first).ok());
                let titan = object.get("embeddingsByType").and_then(|types| Object::parse_str(types).ok());
                let titan = titan.as_ref();
                let vector = nova.as_ref().and_then(|nova| nova.get("embedding"));
                let vector =
                    vector.or_else(|| titan.and_then(|types| Some(types.value(types.members().first()?))));
                self.answer.vector(Vector::Numbers(vector.ok_or_else(unreadable)?))?;
            }
        }
        let counted = object.get("inputTextTokenCount").and_then(|count| count.parse().ok());
        let header = || received.headers.text("x-amzn-bedrock-input-token-count")?.parse().ok();
        self.answer.count(counted.or_else(header));
        self.calls.told(&mut self.answer)
    }
}
