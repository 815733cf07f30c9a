//! A request for pictures, of any of the three endpoints and of both forms of body.

use super::picture::Picture;
use super::size::{Shape, Shapes, Sides, Size};
use crate::chat::{Params, missing, wrong_type, wrong_value};
use crate::dialect::{Body, Call};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::wire::json::{Kind, Object, elements, kind};
use crate::wire::write::Text;

/// A request for pictures.
#[derive(Debug)]
pub struct Request<'a> {
    /// What is to be seen. Generations always have one.
    pub prompt: Option<Text<'a>>,
    /// The pictures to edit or to vary, in order: at least one there, and none for generations.
    pub pictures: Vec<Picture<'a>>,
    /// What of the first picture is to be edited.
    pub mask: Option<Picture<'a>>,
    /// How many pictures are asked for, 1 to [`MOST`].
    pub count: u64,
    /// Their size. `None`: the provider's own.
    pub size: Option<Size>,
    /// Their size in other words than OpenAI's, which the provider may know: `2K`. Where it does not, [`sized`](Self::sized)
    /// says so.
    pub size_word: Option<Text<'a>>,
    /// `response_format`
    pub format: Option<Format>,
    /// The client wants events.
    pub streams: bool,
    /// It is for variations of a picture.
    pub varies: bool,
    /// What else it says: `quality`, `output_format`, `background`, `seed` and what a provider has of its own.
    pub params: Params<'a>,
}

/// How pictures are to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `url`
    Url,
    /// `b64_json`
    Base64,
}

/// How good they are to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Quality {
    /// `low`
    Low,
    /// `medium`, or DALL·E's `standard`
    Medium,
    /// `high`, or DALL·E's `hd`
    High,
}

/// How pictures are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `png`
    Png,
    /// `jpeg`
    Jpeg,
    /// `webp`
    Webp,
}

impl Encoding {
    /// OpenAI's word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }
}

/// The most pictures that are made by one request.
pub const MOST: u64 = 10;
/// The most pictures that are read. OpenAI takes as many.
const MOST_PICTURES: usize = 16;
/// `image`, `image[]` and what servers of other languages are sent, `image[0]`.
fn is_picture(name: &str) -> bool {
    let outer = name.split('[').next().unwrap_or_default();
    matches!(outer, "image" | "images")
}

impl<'a> Request<'a> {
    /// Reads a request.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn read(call: &Call<'_>, body: Body<'a>) -> Result<Self, Error> {
        let generates = call.endpoint == Endpoint::ImageGenerations;
        let elsewhere = |name: &str| {
            // What generations say of pictures is the provider's own.
            let picture = !generates && (is_picture(name) || name == "mask");
            picture || name == "model" || call.is_orq(name)
        };
        let mut pictures = Vec::new();
        let mut masks = Vec::new();
        let (params, name) = match body {
            Body::Form(form) => {
                for part in form.parts().iter().filter(|_| !generates) {
                    if is_picture(&part.name) {
                        pictures.push(Picture::part(form, part)?);
                    } else if part.name == "mask" {
                        masks.push(Picture::part(form, part)?);
                    }
                }
                (Params::of_form(form, elsewhere)?, "image")
            }
            Body::Json(object) => {
                for name in ["images", "image"].into_iter().filter(|_| !generates) {
                    references(object, name, &mut pictures)?;
                }
                if !generates {
                    references(object, "mask", &mut masks)?;
                }
                (Params::new(object, elsewhere), "images")
            }
        };
        if masks.len() > 1 {
            return Err(too_many("mask", "one picture"));
        }
        let mask = masks.pop();
        if !generates && pictures.is_empty() {
            return Err(missing(name));
        }
        let varies = call.endpoint == Endpoint::ImageVariations;
        let most = if varies { 1 } else { MOST_PICTURES };
        if pictures.len() > most {
            return Err(too_many(name, if most == 1 { "one picture" } else { "16 pictures" }));
        }
        let prompt = params.text("prompt")?.filter(|prompt| !prompt.is_empty());
        if generates && prompt.is_none() {
            return Err(missing("prompt"));
        }
        let count = params.integer("n")?.unwrap_or(1);
        if !(1..=MOST).contains(&count) {
            return Err(wrong_value("n", &count.to_string(), " It must be 1 to 10."));
        }
        let said = params.text("size")?.filter(|size| !matches!(size.decoded().as_ref(), "auto" | ""));
        let size = said.and_then(|size| Size::read(&size.decoded()));
        let size_word = said.filter(|_| size.is_none());
        let format = match params.text("response_format")?.map(Text::decoded).as_deref() {
            None => None,
            Some("url") => Some(Format::Url),
            Some("b64_json") => Some(Format::Base64),
            Some(other) => {
                let hint = " Supported values are: 'url' and 'b64_json'.";
                return Err(wrong_value("response_format", other, hint));
            }
        };
        let streams = params.boolean("stream")?.unwrap_or_default();
        Ok(Self { prompt, pictures, mask, count, size, size_word, format, streams, varies, params })
    }

    /// What is to be seen, where the provider cannot do without.
    ///
    /// # Errors
    /// 400 when there is none.
    pub fn prompt(&self) -> Result<Text<'a>, Error> {
        self.prompt.ok_or_else(|| missing("prompt"))
    }

    /// What is to be seen, of a provider that has no variations: there it is an edit.
    ///
    /// # Errors
    /// 400 when an edit has none.
    pub fn prompt_or_variation(&self) -> Result<Text<'a>, Error> {
        match self.varies {
            true => Ok(self.prompt.unwrap_or(Text::Plain("Make a variation of this picture."))),
            false => self.prompt(),
        }
    }

    /// What is to be seen, of a provider of many models, which mostly need words for a variation, too. Redux has none.
    #[must_use]
    pub fn prompt_for(&self, model: &str) -> Option<Text<'a>> {
        if model.contains("redux") { self.prompt } else { self.prompt_or_variation().ok() }
    }

    /// The picture, of a provider that takes one. Those behind it are named as left out.
    ///
    /// # Errors
    /// 400 when there are more and such requests are refused, or there is none.
    pub fn one_picture(&self, call: &mut Call<'_>) -> Result<&Picture<'a>, Error> {
        self.first_pictures(call, 1)?.first().ok_or_else(|| missing("image"))
    }

    /// As many pictures as the provider takes. Those behind them are named as left out.
    ///
    /// # Errors
    /// 400 when there are more and such requests are refused.
    pub fn first_pictures(&self, call: &mut Call<'_>, most: usize) -> Result<&[Picture<'a>], Error> {
        match self.pictures.get(most) {
            Some(more) => {
                call.drop_param(&more.param)?;
                Ok(self.pictures.get(..most).unwrap_or_default())
            }
            None => Ok(&self.pictures),
        }
    }

    /// How many pictures to ask for, of a provider that makes at most so many. `n` is named where that is fewer.
    ///
    /// # Errors
    /// 400 when it is fewer and such requests are refused.
    pub fn count(&self, call: &mut Call<'_>, most: u64) -> Result<u64, Error> {
        if self.count > most {
            call.drop_param("n")?;
        }
        Ok(self.count.min(most))
    }

    /// Names the mask, for providers that take none.
    ///
    /// # Errors
    /// 400 when there is one and such requests are refused.
    pub fn no_mask(&self, call: &mut Call<'_>) -> Result<(), Error> {
        if self.mask.is_some() { call.drop_param("mask") } else { Ok(()) }
    }

    /// The mask, of a provider whose masks are black and white: `edited` is the colour of what is to be edited.
    ///
    /// # Errors
    /// 400 when it is OpenAI's form, which can be transparent.
    pub fn two_colour_mask(&self, call: &Call<'_>, edited: &str) -> Result<Option<&Picture<'a>>, Error> {
        match &self.mask {
            Some(mask) if mask.has_alpha() => {
                let what = "masks that can be transparent";
                let kept = if edited == "black" { "white" } else { "black" };
                let instead = format!(
                    "Send one without an alpha channel, {edited} where the picture is to be edited and {kept} elsewhere"
                );
                Err(call.unknown_form("mask", what, &instead))
            }
            mask => Ok(mask.as_ref()),
        }
    }

    /// The size, of a provider that knows no other words for it.
    ///
    /// # Errors
    /// 400 when it is no width and height.
    pub fn sized(&self) -> Result<Option<Size>, Error> {
        match self.size_word.map(Text::decoded) {
            Some(word) => {
                let hint = " It must be 'auto', or width and height, for example '1024x1536'.";
                Err(wrong_value("size", &word, hint))
            }
            None => Ok(self.size),
        }
    }

    /// The shape to ask for, of a provider that has shapes in the place of sizes: its ratio, and its resolution where it
    /// has several. The client may name them in the provider's own words, as `aspect_ratio` and `resolution`, or one of
    /// them as `size`. `size` is named where the picture will be another.
    ///
    /// # Errors
    /// 400 when it will be another and such requests are refused.
    pub fn shape(
        &self,
        call: &mut Call<'_>,
        shapes: &Shapes,
    ) -> Result<(Option<Text<'a>>, Option<Text<'a>>), Error> {
        let mut ratio = self.params.text("aspect_ratio")?;
        let mut tier = if shapes.tiers.is_empty() { None } else { self.params.text("resolution")? };
        if let Some(word) = self.size_word {
            let decoded = word.decoded();
            let is = |name: &str| name.eq_ignore_ascii_case(&decoded);
            let is_tier = shapes.tiers.iter().any(|(name, _)| is(name));
            let place = if is_tier { &mut tier } else { &mut ratio };
            if place.is_some() || !(is_tier || shapes.ratios.iter().any(|ratio| is(ratio))) {
                self.sized()?;
            }
            *place = Some(word);
            return Ok((ratio, tier));
        }
        let Some(size) = self.size else { return Ok((ratio, tier)) };
        let found = shapes.of(size);
        if ratio.is_some() || !found.is_some_and(|Shape { fits, .. }| fits) {
            call.drop_param("size")?;
        }
        let own = |text: &'static str| Text::Plain(text);
        Ok((
            ratio.or(found.map(|shape| own(shape.ratio))),
            tier.or(found.and_then(|shape| shape.tier).map(own)),
        ))
    }

    /// The size to ask for, of a provider with sizes of its own. `size` is named where it is another.
    ///
    /// # Errors
    /// 400 when it is another and such requests are refused.
    pub fn sides(&self, call: &mut Call<'_>, sides: &Sides) -> Result<Option<Size>, Error> {
        self.moved(call, |size| Some(sides.of(size)))
    }

    /// The size to ask for, of a provider that has these alone. `size` is named where it is another.
    ///
    /// # Errors
    /// 400 when it is another and such requests are refused.
    pub fn one_of(&self, call: &mut Call<'_>, sizes: &[Size]) -> Result<Option<Size>, Error> {
        self.moved(call, |size| size.nearest(sizes))
    }

    fn moved(&self, call: &mut Call<'_>, to: impl Fn(Size) -> Option<Size>) -> Result<Option<Size>, Error> {
        let Some(size) = self.sized()? else { return Ok(None) };
        let moved = to(size);
        if moved != Some(size) {
            call.drop_param("size")?;
        }
        Ok(moved)
    }

    /// `quality`; `None` also for `auto`.
    ///
    /// # Errors
    /// 400 when it is none of OpenAI's words.
    pub fn quality(&self) -> Result<Option<Quality>, Error> {
        match self.params.text("quality")?.map(Text::decoded).as_deref() {
            None | Some("auto" | "") => Ok(None),
            Some("low") => Ok(Some(Quality::Low)),
            Some("medium" | "standard") => Ok(Some(Quality::Medium)),
            Some("high" | "hd") => Ok(Some(Quality::High)),
            Some(other) => {
                let hint = " Supported values are: 'low', 'medium', 'high', 'auto', 'standard' and 'hd'.";
                Err(wrong_value("quality", other, hint))
            }
        }
    }

    /// `output_format`, of a provider that has these. Another one is named as left out.
    ///
    /// # Errors
    /// 400 when it is none of OpenAI's words, or the provider does not have it and such requests are refused.
    pub fn encoding(&self, call: &mut Call<'_>, known: &[Encoding]) -> Result<Option<Encoding>, Error> {
        const NAME: &str = "output_format";
        let encoding = match self.params.text(NAME)?.map(Text::decoded).as_deref() {
            None | Some("") => return Ok(None),
            Some("png") => Encoding::Png,
            Some("jpeg" | "jpg") => Encoding::Jpeg,
            Some("webp") => Encoding::Webp,
            Some(other) => {
                let hint = " Supported values are: 'png', 'jpeg' and 'webp'.";
                return Err(wrong_value(NAME, other, hint));
            }
        };
        if known.contains(&encoding) {
            return Ok(Some(encoding));
        }
        call.drop_param(NAME)?;
        Ok(None)
    }

    /// Whether the provider has to give the pictures themselves: the client wants them, or events, which hold them.
    #[must_use]
    pub fn wants_base64(&self) -> bool {
        self.streams || self.format == Some(Format::Base64)
    }

    /// For providers that give addresses alone: names `response_format` where the pictures themselves are wanted.
    ///
    /// # Errors
    /// 400 when such requests are refused, and when events are wanted: they hold pictures.
    pub fn only_urls(&self, call: &mut Call<'_>) -> Result<(), Error> {
        if self.streams {
            let what = "`stream` for pictures, which it gives by their addresses alone";
            return Err(call.unknown_form("stream", what, "Leave it out"));
        }
        if self.format == Some(Format::Base64) { call.drop_param("response_format") } else { Ok(()) }
    }
}

/// Reads the pictures that a member of a JSON body names: one, or a list.
fn references<'a>(object: &Object<'a>, name: &str, out: &mut Vec<Picture<'a>>) -> Result<(), Error> {
    let Some(member) = object.member(name) else { return Ok(()) };
    let (value, at) = (object.value(member), member.span.start);
    match kind(value) {
        Kind::Null => Ok(()),
        Kind::Array => {
            for (index, span) in elements(value).into_iter().enumerate().take(MOST_PICTURES.saturating_add(1))
            {
                let start = at.saturating_add(span.start);
                let element = value.get(span).unwrap_or_default();
                out.push(Picture::reference(element, start, &format!("{name}[{index}]"))?);
            }
            Ok(())
        }
        Kind::Object | Kind::String => {
            out.push(Picture::reference(value, at, name)?);
            Ok(())
        }
        _ => Err(wrong_type(name, "an array of objects with `image_url` or `file_id`", value)),
    }
}

fn too_many(param: &str, most: &str) -> Error {
    Error::invalid(format!("Invalid '{param}': at most {most} can be sent."))
        .param(param)
        .code("array_above_max_length")
}
