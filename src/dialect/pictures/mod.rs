//! Pictures in languages near to OpenAI's: one body of JSON for what is made and what is edited, and answers with
//! `data`. What differs is data: a [`Form`] for each vendor.
//!
//! | form | source |
//! |---|---|
//! | [`XAI`] | <https://docs.x.ai/developers/rest-api-reference/inference/images> |
//! | [`TOGETHER`] | <https://docs.together.ai/reference/post-images-generations> |
//! | [`OPENROUTER`] | <https://openrouter.ai/docs/api/api-reference/images/create-images> |

use super::{Ask, Call, Dialect, Failure, Received, Sent, Whole, openai};
use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::headers::Headers;
use crate::provider::{Provider, native};
use crate::surface::images::{
    Asked, Encoding, Format, Made, Own, Picture, Quality, Reads, Request, Shapes, Sides, Size, Tokens,
};
use crate::usage::Usage;
use crate::wire::json::{Object, items};
use crate::wire::write::{Text, Writer};

/// A vendor's form.
#[derive(Debug)]
pub struct Form {
    /// The name of the member with what is said to it alone.
    id: &'static str,
    sizes: Sizes,
    /// Models, by how their names begin, that make pictures of one size.
    one_size: &'static [&'static str],
    /// What the vendor calls `b64_json`; `None`: it answers with the pictures themselves alone.
    base64: Option<&'static str>,
    /// It knows OpenAI's `low`, `medium` and `high`.
    quality: bool,
    encodings: &'static [Encoding],
    /// OpenAI's parameters that it takes as they are: texts.
    texts: &'static [&'static str],
    /// And numbers.
    numbers: &'static [&'static str],
    /// The most pictures of a request.
    most: u64,
    /// The member of one picture of the client's, and a part of the names of the models that take it.
    one: Option<(&'static str, &'static str)>,
    /// The member of several, and how many there can be.
    several: (&'static str, usize),
    /// How a picture is named.
    named: Named,
    /// It takes a mask.
    masks: bool,
}

/// How sizes are said.
#[derive(Debug)]
enum Sizes {
    /// As `aspect_ratio` and `resolution`.
    Shapes(Shapes),
    /// As `width` and `height`.
    Sides(Sides),
    /// As OpenAI's `size`.
    Size,
}

/// How a picture is named by its address, which may be a data URL.
#[derive(Clone, Copy, Debug)]
enum Named {
    /// The address alone.
    Url,
    /// `{"type":"image_url","url":…}`
    Typed,
    /// `{"type":"image_url","image_url":{"url":…}}`, as in a chat.
    Part,
}

/// xAI.
pub static XAI: Form = Form {
    id: "xai",
    sizes: Sizes::Shapes(Shapes {
        ratios: &[
            "1:1", "3:4", "4:3", "9:16", "16:9", "2:3", "3:2", "9:19.5", "19.5:9", "9:20", "20:9", "1:2",
            "2:1",
        ],
        tiers: &[("1k", 1024), ("2k", 2048)],
        side: 1024,
    }),
    // "Only supported by grok-imagine models."
    one_size: &["grok-2-image"],
    base64: Some("b64_json"),
    quality: true,
    encodings: &[],
    texts: &["user"],
    numbers: &[],
    most: 10,
    one: Some(("image", "")),
    // "Use up to three source images for a single image edit."
    several: ("images", 3),
    named: Named::Typed,
    masks: true,
};

/// Together AI.
pub static TOGETHER: Form = Form {
    id: "together",
    sizes: Sizes::Sides(Sides { min: 64, max: 4096, multiple: 16 }),
    one_size: &[],
    base64: Some("base64"),
    quality: false,
    encodings: &[Encoding::Png, Encoding::Jpeg],
    texts: &[],
    numbers: &[],
    // "Number of images to generate (1-4)."
    most: 4,
    // FLUX.2 dev and Google's models "only support `reference_images`", which the rest of FLUX.2 takes as well:
    // <https://docs.together.ai/docs/inference/images/reference-images>.
    one: Some(("image_url", "kontext")),
    several: ("reference_images", 16),
    named: Named::Url,
    masks: false,
};

/// OpenRouter.
pub static OPENROUTER: Form = Form {
    id: "openrouter",
    sizes: Sizes::Size,
    one_size: &[],
    base64: None,
    quality: true,
    encodings: &[Encoding::Png, Encoding::Jpeg, Encoding::Webp],
    texts: &["background"],
    numbers: &["output_compression"],
    most: 10,
    one: None,
    several: ("input_references", 16),
    named: Named::Part,
    masks: false,
};

impl Dialect for Form {
    fn id(&self) -> &'static str {
        self.id
    }

    fn server(&self) -> &'static Provider {
        const SERVER: &Provider = &Provider {
            routes: &[native(Endpoint::ImageGenerations, "/images/generations", &XAI)],
            ..Provider::ROW
        };
        SERVER
    }

    fn images(&self, call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
        let mut body = Own::new(call, request, self.id)?;
        body.text("model", call.model);
        if let Some(prompt) = match request.pictures.is_empty() {
            true => request.prompt,
            false => Some(request.prompt_or_variation()?),
        } {
            body.text("prompt", prompt);
        }
        let count = request.count(call, self.most)?;
        if count > 1 {
            body.number("n", count);
        }
        self.size(call, request, &mut body)?;
        match self.base64 {
            Some(word) if request.wants_base64() => body.text("response_format", word),
            Some(_) if request.format == Some(Format::Url) => body.text("response_format", "url"),
            _ => {}
        }
        if self.quality
            && let Some(quality) = request.quality()?
        {
            body.text(
                "quality",
                match quality {
                    Quality::Low => "low",
                    Quality::Medium => "medium",
                    Quality::High => "high",
                },
            );
        }
        if let Some(encoding) = request.encoding(call, self.encodings)? {
            body.text("output_format", encoding.as_str());
        }
        for name in self.texts {
            if let Some(text) = request.params.text(name)? {
                body.text(name, text);
            }
        }
        for name in self.numbers {
            if let Some(number) = request.params.integer(name)? {
                body.number(name, number);
            }
        }
        self.pictures(call, request, &mut body)?;
        let body = body.finish(call)?;
        Ok(Sent::asked(Ask::json(body), Reads { asked: request.asked(call), read }))
    }

    fn error(&self, status: u16, _: &Headers, body: &[u8]) -> Failure {
        Failure { status, body: openai::error::mended(status, body), retry_after: None }
    }
}

impl Form {
    fn size(&self, call: &mut Call<'_>, request: &Request<'_>, body: &mut Own<'_, '_>) -> Result<(), Error> {
        if self.one_size.iter().any(|start| call.model.starts_with(start)) {
            return if request.sized()?.is_some() { call.drop_param("size") } else { Ok(()) };
        }
        match &self.sizes {
            Sizes::Shapes(shapes) => {
                let (ratio, tier) = request.shape(call, shapes)?;
                if let Some(ratio) = ratio {
                    body.text("aspect_ratio", ratio);
                }
                if let Some(tier) = tier {
                    body.text("resolution", tier);
                }
            }
            Sizes::Sides(sides) => {
                if let Some(Size { width, height }) = request.sides(call, sides)? {
                    body.number("width", width.into());
                    body.number("height", height.into());
                }
            }
            Sizes::Size => {
                if let Some(Size { width, height }) = request.size {
                    body.text("size", Text::Plain(&format!("{width}x{height}")));
                } else if let Some(word) = request.size_word {
                    body.text("size", word);
                }
            }
        }
        Ok(())
    }

    fn pictures(
        &self,
        call: &mut Call<'_>,
        request: &Request<'_>,
        body: &mut Own<'_, '_>,
    ) -> Result<(), Error> {
        let (name, most) = self.several;
        let pictures = request.first_pictures(call, most)?;
        for picture in pictures {
            picture.addressed(call)?;
        }
        let one = self.one.filter(|(_, part)| call.model.contains(part)).map(|(name, _)| name);
        match (pictures, one) {
            ([], _) => {}
            ([picture], Some(name)) => {
                if let Some(out) = body.at(name) {
                    self.write(picture, out);
                }
            }
            (pictures, _) => {
                if let Some(out) = body.at(name) {
                    out.begin_array();
                    for picture in pictures {
                        self.write(picture, out);
                    }
                    out.end_array();
                }
            }
        }
        match &request.mask {
            Some(mask) if self.masks => {
                mask.addressed(call)?;
                if let Some(out) = body.at("mask") {
                    self.write(mask, out);
                }
                Ok(())
            }
            _ => request.no_mask(call),
        }
    }

    fn write(&self, picture: &Picture<'_>, out: &mut Writer) {
        match self.named {
            Named::Url => picture.write_url(out),
            Named::Typed => out.object(|out| {
                out.text_member("type", "image_url");
                out.name("url");
                picture.write_url(out);
            }),
            Named::Part => out.object(|out| {
                out.text_member("type", "image_url");
                out.object_member("image_url", |out| {
                    out.name("url");
                    picture.write_url(out);
                });
            }),
        }
    }
}

/// `{"data": [{"b64_json" | "url": …}], "usage": …}`
fn read(asked: &Asked, received: &Received<'_>) -> Result<Whole, Error> {
    let body = asked.object(received)?;
    let mut made = Vec::new();
    let mut held_back = false;
    for one in body.get("data").into_iter().flat_map(items) {
        let Ok(one) = Object::parse(one.as_bytes()) else { continue };
        // xAI: the picture is against what it allows.
        if one.get("respect_moderation") == Some("false") {
            held_back = true;
        } else if let Some(picture) = Made::read(&one) {
            made.push(picture);
        }
    }
    if made.is_empty() && held_back {
        let reason = body.string("moderation_reason").or(body.string("block_reason"));
        return Err(asked.blocked(&shown(reason.as_deref().unwrap_or("all pictures were held back."))));
    }
    asked.told(&made, body.get("usage").and_then(tokens))
}

/// Tokens, as a chat counts them.
fn tokens(usage: &str) -> Option<Tokens> {
    let Usage { input, output, .. } = Usage::read(usage)?;
    let usage = Object::parse(usage.as_bytes()).ok()?;
    let pictures = |name: &str| {
        let details = Object::parse(usage.get(name)?.as_bytes()).ok()?;
        details.get("image_tokens")?.parse::<u64>().ok()
    };
    Some(Tokens {
        input,
        input_images: pictures("prompt_tokens_details").unwrap_or(0),
        output,
        output_images: pictures("completion_tokens_details"),
    })
}
