//! Imagen: pictures made, and on Vertex AI edited and enlarged, by `predict`.
//!
//! Sources: <https://ai.google.dev/gemini-api/docs/imagen>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api-edit> and google-genai's
//! `models.py`.

use super::images::output;
use super::{Gemini, Platform};
use crate::dialect::{Ask, Call, Convert, Received, Sent, Told};
use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::surface::images::{Asked, Encoding, Made, Picture, Request, Shapes, Source};
use crate::wire::json::{Object, items, quoted};
use crate::wire::merged::Merged;
use crate::wire::write::{Text, Writer};

/// How the names of its models begin.
pub const MODELS: &[&str] = &["imagen", "imagegeneration"];

/// The most pictures of one request.
const MOST: u64 = 4;

const RATIOS: &[&str] = &["1:1", "3:4", "4:3", "9:16", "16:9"];
const ONE: Shapes = Shapes { ratios: RATIOS, tiers: &[], side: 1024 };
const TWO: Shapes = Shapes { tiers: &[("1K", 1024), ("2K", 2048)], ..ONE };

pub(super) fn is(model: &str) -> bool {
    MODELS.iter().any(|start| model.starts_with(start))
}

/// The models that make pictures of two resolutions.
fn shapes(model: &str) -> &'static Shapes {
    let two = model.starts_with("imagen-4") && !model.contains("fast");
    if two { &TWO } else { &ONE }
}

/// What the client writes for Google alone are members of `parameters`; those of a mask's configuration go there.
const OF_MASK: [(&str, &str); 3] =
    [("maskMode", "maskMode"), ("maskClasses", "maskClasses"), ("maskDilation", "dilation")];

pub(super) fn ask(dialect: &Gemini, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let own = request.params.extras_text(call, super::ID)?;
    let own = Object::parse(own.as_bytes())?;
    let mut parameters = Merged::new(Some(&own));
    let vertex = dialect.platform == Platform::Vertex;
    let mut body = Writer::with_capacity(512);
    body.begin_object();
    body.name("instances");
    body.begin_array();
    body.begin_object();
    if call.endpoint == Endpoint::ImageGenerations {
        body.text_member("prompt", request.prompt()?);
    } else if enlarges(call.model, &own) {
        enlarge(call, request, &mut parameters, &mut body)?;
    } else {
        edit(call, request, &mut parameters, &mut body)?;
    }
    body.end_object();
    body.end_array();
    // Without it there are four.
    parameters.set("sampleCount", request.count(call, MOST)?.to_string());
    if call.endpoint == Endpoint::ImageGenerations {
        let (ratio, tier) = request.shape(call, shapes(call.model))?;
        for (name, text) in [("aspectRatio", ratio), ("sampleImageSize", tier)] {
            // Models of one resolution refuse to be told it.
            if let Some(text) = text.map(Text::decoded).filter(|text| text != "1K") {
                parameters.set(name, quoted(&text));
            }
        }
    }
    if let Some(options) = output(call, request, &[Encoding::Png, Encoding::Jpeg])? {
        parameters.set("outputOptions", options);
    }
    if vertex {
        if let Some(seed) = request.params.integer("seed")? {
            parameters.set("seed", seed.to_string());
        }
        if let Some(prompt) = request.params.text("negative_prompt")? {
            parameters.set("negativePrompt", quoted(&prompt.decoded()));
        }
    }
    // Pictures that are held back are left out without a word otherwise.
    parameters.set("includeRaiReason", "true");
    body.raw_member("parameters", &parameters.object());
    body.end_object();
    Ok(Sent::asked(Ask::json(body.outgoing()), Answer { asked: request.asked(call) }))
}

fn enlarges(model: &str, own: &Object<'_>) -> bool {
    model.contains("upscale") || own.string("mode").as_deref() == Some("upscale")
}

/// A picture that is made larger: the client says how much as `upscaleConfig`.
fn enlarge(
    call: &mut Call<'_>,
    request: &Request<'_>,
    parameters: &mut Merged<'_>,
    out: &mut Writer,
) -> Result<(), Error> {
    request.no_mask(call)?;
    let picture = request.one_picture(call)?;
    out.text_member("prompt", request.prompt.unwrap_or(Text::Plain("")));
    out.name("image");
    write(call, picture, out)?;
    parameters.set("mode", "\"upscale\"");
    parameters.set("upscaleConfig", "{\"upscaleFactor\":\"x2\"}");
    Ok(())
}

/// A picture that is edited: within a mask, or as a whole.
fn edit(
    call: &mut Call<'_>,
    request: &Request<'_>,
    parameters: &mut Merged<'_>,
    out: &mut Writer,
) -> Result<(), Error> {
    let picture = request.one_picture(call)?;
    let mask = request.two_colour_mask(call, "white")?;
    out.text_member("prompt", request.prompt.unwrap_or(Text::Plain("")));
    out.name("referenceImages");
    out.begin_array();
    out.begin_object();
    out.text_member("referenceType", "REFERENCE_TYPE_RAW");
    out.number_member("referenceId", 1);
    out.name("referenceImage");
    write(call, picture, out)?;
    out.end_object();
    let theirs: Vec<_> =
        OF_MASK.iter().filter_map(|(name, to)| parameters.take(name).map(|value| (*to, value))).collect();
    if mask.is_some() || !theirs.is_empty() {
        out.begin_object();
        out.text_member("referenceType", "REFERENCE_TYPE_MASK");
        out.number_member("referenceId", 2);
        if let Some(mask) = mask {
            out.name("referenceImage");
            write(call, mask, out)?;
        }
        out.object_member("maskImageConfig", |out| {
            for (name, value) in &theirs {
                out.raw_member(name, value);
            }
            if !theirs.iter().any(|(name, _)| *name == "maskMode") {
                out.text_member("maskMode", "MASK_MODE_USER_PROVIDED");
            }
        });
        out.end_object();
        parameters.set("editMode", "\"EDIT_MODE_INPAINT_INSERTION\"");
    } else {
        parameters.set("editMode", "\"EDIT_MODE_DEFAULT\"");
    }
    out.end_array();
    if request.sized()?.is_some() {
        // It is as large as the one that is edited.
        call.drop_param("size")?;
    }
    Ok(())
}

fn write(call: &Call<'_>, picture: &Picture<'_>, out: &mut Writer) -> Result<(), Error> {
    if let Source::Url(url) | Source::Id(url) = &picture.source
        && url.decoded().starts_with("gs://")
    {
        out.object(|out| out.text_member("gcsUri", *url));
        return Ok(());
    }
    let picture = picture.inline(call)?;
    out.object(|out| {
        out.name("bytesBase64Encoded");
        picture.write_base64(out);
        out.text_member("mimeType", picture.media_type().unwrap_or_default());
    });
    Ok(())
}

/// Reads an answer.
#[derive(Debug)]
struct Answer {
    asked: Asked,
}

impl Convert for Answer {
    fn whole(&mut self, received: &Received<'_>) -> Result<Told, Error> {
        let body = Object::parse(received.body).map_err(|_| Error::unreadable(&self.asked.provider))?;
        let mut made = Vec::new();
        let mut held_back = None;
        for prediction in body.get("predictions").into_iter().flat_map(items) {
            let Ok(prediction) = Object::parse(prediction.as_bytes()) else { continue };
            match prediction.string("bytesBase64Encoded").filter(|base64| !base64.is_empty()) {
                Some(base64) => {
                    let picture = Made::base64(base64, prediction.string("mimeType"));
                    made.push(picture.revised(prediction.get("prompt")));
                }
                None => held_back = held_back.or(prediction.string("raiFilteredReason")),
            }
        }
        // Without a reason it is the safety filter, too: every picture was left out.
        if made.is_empty() {
            let reason = held_back.as_deref().unwrap_or("all pictures were filtered out.");
            return Err(self.asked.blocked(&shown(reason)));
        }
        Ok(self.asked.told(&made, None)?.into())
    }
}
