//! Pictures of Gemini's models: a chat of one turn whose answer holds them.
//!
//! Sources: <https://ai.google.dev/gemini-api/docs/image-generation>, and `ImageConfig` of google-genai's `types.py`.

use super::answer::finish_reason;
use super::contents::{FILES, media_type_of};
use super::{Gemini, Platform};
use crate::chat::FinishReason;
use crate::dialect::{Call, Sent};
use crate::error::{Error, shown};
use crate::surface::images::{Asked, Encoding, Made, Picture, Request, Shapes, Source, Tokens};
use crate::wire::json::{Object, items, quoted};
use crate::wire::merged::Merged;
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// What a family of models makes.
struct Family {
    /// How the names of its models begin.
    start: &'static str,
    shapes: Shapes,
    /// `responseModalities`
    modalities: &'static str,
}

const RATIOS: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
const PICTURES: &str = "[\"IMAGE\"]";

/// The first that fits counts.
static FAMILIES: [Family; 4] = [
    // "The model does not support the requested response modalities: image": it must be told that it may write, too.
    Family {
        start: "gemini-2.0",
        shapes: Shapes { ratios: &[], tiers: &[], side: 1024 },
        modalities: "[\"TEXT\",\"IMAGE\"]",
    },
    Family {
        start: "gemini-2.5",
        shapes: Shapes { ratios: RATIOS, tiers: &[], side: 1024 },
        modalities: PICTURES,
    },
    Family {
        start: "gemini-3.1-flash-lite",
        shapes: Shapes { ratios: RATIOS, tiers: &[], side: 1024 },
        modalities: PICTURES,
    },
    Family {
        start: "",
        shapes: Shapes { ratios: RATIOS, tiers: &[("1K", 1024), ("2K", 2048), ("4K", 4096)], side: 1024 },
        modalities: PICTURES,
    },
];

pub(super) fn ask(dialect: &Gemini, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let own = request.params.extras_text(call, super::ID)?;
    let own = Object::parse(own.as_bytes())?;
    let mut rest = Merged::new(Some(&own));
    // Pictures are told by what OpenAI's body says.
    if rest.take("contents").is_some() {
        call.drop_param("contents")?;
    }
    let theirs = rest.take_object("generationConfig")?;
    let mut config = Merged::new(theirs.as_ref());
    configure(dialect.platform, call, request, &mut config)?;
    request.no_mask(call)?;
    let prompt = request.prompt_or_variation()?;
    let mut body = Writer::with_capacity(512);
    body.begin_object();
    body.name("contents");
    body.begin_array();
    body.begin_object();
    body.text_member("role", "user");
    body.name("parts");
    body.begin_array();
    body.object(|out| out.text_member("text", prompt));
    for picture in &request.pictures {
        part(dialect.platform, call, picture, &mut body)?;
    }
    body.end_array();
    body.end_object();
    body.end_array();
    body.raw_member("generationConfig", &config.object());
    rest.write_to(&mut body);
    body.end_object();
    request.one_by_one(call, body.outgoing(), read)
}

/// `generationConfig`
fn configure(
    platform: Platform,
    call: &mut Call<'_>,
    request: &Request<'_>,
    config: &mut Merged<'_>,
) -> Result<(), Error> {
    let family = FAMILIES.iter().find(|family| call.model.starts_with(family.start));
    let Some(Family { shapes, modalities, .. }) = family else { return Ok(()) };
    config.set("responseModalities", *modalities);
    let theirs = config.take_object("imageConfig")?;
    let mut image = Merged::new(theirs.as_ref());
    let (ratio, tier) = request.shape(call, shapes)?;
    for (name, text) in [("aspectRatio", ratio), ("imageSize", tier)] {
        if let Some(text) = text {
            image.set(name, quoted(&text.decoded()));
        }
    }
    // "This field is not supported in Gemini API."
    let encodings: &[Encoding] =
        if platform == Platform::Vertex { &[Encoding::Png, Encoding::Jpeg] } else { &[] };
    if let Some(options) = output(call, request, encodings)? {
        image.set("imageOutputOptions", options);
    }
    if !image.is_empty() {
        config.set("imageConfig", image.object());
    }
    if let Some(seed) = request.params.integer("seed")? {
        config.set("seed", seed.to_string());
    }
    Ok(())
}

/// How the picture is to be encoded, in the words of both families of Google's.
pub(super) fn output(
    call: &mut Call<'_>,
    request: &Request<'_>,
    encodings: &[Encoding],
) -> Result<Option<String>, Error> {
    let Some(encoding) = request.encoding(call, encodings)? else { return Ok(None) };
    let mut out = Writer::default();
    out.begin_object();
    out.text_member("mimeType", encoding.media_type());
    // PNG knows no loss.
    if encoding == Encoding::Jpeg
        && let Some(quality) = request.params.integer("output_compression")?
    {
        out.number_member("compressionQuality", quality.min(100));
    }
    out.end_object();
    Ok(Some(out.finish()))
}

/// A picture of the client's.
fn part(platform: Platform, call: &Call<'_>, picture: &Picture<'_>, out: &mut Writer) -> Result<(), Error> {
    let uri = match &picture.source {
        Source::File { .. } | Source::Data { .. } => {
            out.object(|out| {
                out.object_member("inlineData", |out| {
                    out.text_member("mimeType", picture.media_type().unwrap_or_default());
                    out.name("data");
                    picture.write_base64(out);
                });
            });
            return Ok(());
        }
        Source::Url(url) => url.decoded(),
        Source::Id(id) => {
            let id = id.decoded();
            let name = id.strip_prefix("files/").filter(|_| platform == Platform::GeminiApi);
            let Some(name) = name else { return picture.inline(call).map(|_| ()) };
            Cow::Owned(format!("{FILES}{name}"))
        }
    };
    out.object(|out| {
        out.object_member("fileData", |out| {
            // The Gemini API knows the type of what was uploaded to it.
            if !uri.starts_with(FILES) {
                out.text_member("mimeType", media_type_of(&uri).unwrap_or("image/jpeg"));
            }
            out.text_member("fileUri", uri.as_ref());
        });
    });
    Ok(())
}

/// The pictures of an answer.
fn read<'a>(
    asked: &Asked,
    body: &Object<'a>,
    made: &mut Vec<Made<'a>>,
    tokens: &mut Option<Tokens>,
) -> Result<(), Error> {
    let before = made.len();
    let mut said = String::new();
    let mut reason = None;
    for candidate in body.get("candidates").into_iter().flat_map(items) {
        let Ok(candidate) = Object::parse(candidate.as_bytes()) else { continue };
        let content = candidate.get("content").and_then(|content| Object::parse(content.as_bytes()).ok());
        for part in content.iter().filter_map(|content| content.get("parts")).flat_map(items) {
            if let Ok(part) = Object::parse(part.as_bytes()) {
                read_part(&part, made, &mut said);
            }
        }
        reason = reason.or(candidate.string("finishMessage")).or(candidate.string("finishReason"));
        let ended = candidate.string("finishReason").unwrap_or_default();
        if made.len() == before && finish_reason(&ended) == FinishReason::ContentFilter {
            return Err(asked.blocked(&shown(reason.as_deref().unwrap_or(&ended))));
        }
    }
    if made.len() == before {
        return Err(nothing(asked, body, &said, reason.as_deref()));
    }
    let usage = body.get("usageMetadata").and_then(|usage| Object::parse(usage.as_bytes()).ok());
    *tokens = usage.as_ref().map(counted);
    Ok(())
}

/// Why there is no picture.
fn nothing(asked: &Asked, body: &Object<'_>, said: &str, reason: Option<&str>) -> Error {
    let feedback = body.get("promptFeedback").and_then(|value| Object::parse(value.as_bytes()).ok());
    let feedback = feedback.as_ref();
    let blocked = feedback.and_then(|feedback| feedback.string("blockReason"));
    if let Some(blocked) = blocked {
        let message = feedback.and_then(|feedback| feedback.string("blockReasonMessage"));
        return asked.blocked(&shown(message.as_deref().unwrap_or(&blocked)));
    }
    // To ask again in the same words is of little use.
    let why = if said.is_empty() { reason.unwrap_or("it did not say why") } else { said };
    let why = shown(why);
    Error::invalid(format!(
        "The model made no picture: {}. Describe the picture in other words.",
        why.trim_end_matches('.')
    ))
    .param("prompt")
    .code("no_image")
}

fn read_part<'a>(part: &Object<'a>, made: &mut Vec<Made<'a>>, said: &mut String) {
    // Models that think draw drafts.
    if part.get("thought") == Some("true") {
        return;
    }
    if let Some(text) = part.get("text").and_then(Text::of) {
        said.push_str(&text.decoded());
    }
    let data = part.get("inlineData").or_else(|| part.get("inline_data"));
    let Some(data) = data.and_then(|data| Object::parse(data.as_bytes()).ok()) else { return };
    let media_type = data.string("mimeType").or_else(|| data.string("mime_type"));
    if media_type.as_deref().is_some_and(|media_type| !media_type.starts_with("image/")) {
        return;
    }
    if let Some(base64) = data.string("data").filter(|base64| !base64.is_empty()) {
        made.push(Made::base64(base64, media_type));
    }
}

/// `usageMetadata`
fn counted(usage: &Object<'_>) -> Tokens {
    let count = |name: &str| usage.get(name).and_then(|count| count.parse::<u64>().ok()).unwrap_or(0);
    let of_pictures = |name: &str| {
        let mut all = usage.get(name).into_iter().flat_map(items);
        all.find_map(|one| {
            let one = Object::parse(one.as_bytes()).ok()?;
            (one.string("modality")? == "IMAGE").then_some(())?;
            one.get("tokenCount")?.parse::<u64>().ok()
        })
    };
    Tokens {
        input: count("promptTokenCount"),
        input_images: of_pictures("promptTokensDetails").unwrap_or(0),
        output: count("candidatesTokenCount").saturating_add(count("thoughtsTokenCount")),
        output_images: of_pictures("candidatesTokensDetails"),
    }
}
