//! Pictures that a client sends: files of a form, data URLs, addresses, and ids of files.
//!
//! The proxy opens no address. A file, and what a data URL holds, is named by its place in the client's body: it goes to
//! the provider without being copied.

use crate::chat::{missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::base64;
use crate::wire::json::{Kind, kind, string};
use crate::wire::multipart::{Form, Part};
use crate::wire::node::Node;
use crate::wire::write::{Text, Writer};
use core::ops::Range;
use std::borrow::Cow;

/// A picture that a client sends.
#[derive(Debug)]
pub struct Picture<'a> {
    /// Where it is.
    pub source: Source<'a>,
    /// What the client calls it: `image`, `images[1].image_url`.
    pub param: String,
}

/// Where a picture is.
#[derive(Debug)]
pub enum Source<'a> {
    /// A file of the form.
    File {
        /// Its place in the client's body.
        range: Range<usize>,
        /// How it begins.
        head: &'a [u8],
        /// Its media type.
        media_type: &'a str,
    },
    /// A data URL.
    Data {
        /// Its media type.
        media_type: Cow<'a, str>,
        /// Its data, base64 of standard form.
        base64: Base64<'a>,
    },
    /// An address that the proxy does not open.
    Url(Text<'a>),
    /// With the provider, under an id of its own.
    Id(Text<'a>),
}

/// Base64 within a client's JSON.
#[derive(Debug)]
pub enum Base64<'a> {
    /// As it stands, at this place of the client's body.
    Stands(&'a str, Range<usize>),
    /// Brought to standard form.
    Mended(String),
}

impl Base64<'_> {
    fn text(&self) -> &str {
        match self {
            Self::Stands(text, _) => text,
            Self::Mended(text) => text,
        }
    }
}

/// Bytes by which the type of a picture is known, and how many of its first bytes are enough for them and for a header
/// of PNG.
const HEAD: usize = 48;

/// The media type of a picture that begins like this, if it is one of those that all providers know.
#[must_use]
pub fn known_type(head: &[u8]) -> Option<&'static str> {
    match head {
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        _ => None,
    }
}

/// The media type of a picture that begins like this; PNG where nothing is known, as OpenAI takes files to be.
#[must_use]
pub fn media_type(head: &[u8]) -> &'static str {
    known_type(head).unwrap_or("image/png")
}

/// The media type of a picture in base64.
#[must_use]
pub fn media_type_of_base64(text: &str) -> &'static str {
    media_type(&beginning(text))
}

/// The first bytes of base64.
fn beginning(text: &str) -> Vec<u8> {
    text.get(..HEAD / 3 * 4).or(Some(text)).and_then(base64::decode).unwrap_or_default()
}

impl<'a> Picture<'a> {
    /// A part of a form: a file, or an address as a text.
    ///
    /// # Errors
    /// 400 when it is empty, or no picture can be meant.
    pub fn part(form: &Form<'a>, part: &Part<'a>) -> Result<Self, Error> {
        let content = form.content(part);
        let param = shown(&part.name);
        if content.is_empty() {
            return Err(Error::invalid(format!("Invalid '{param}': the file is empty."))
                .param(param)
                .code("invalid_value"));
        }
        if part.filename.is_none()
            && let Some(text) = core::str::from_utf8(content).ok().filter(|text| is_address(text))
        {
            let source = Source::address(text, Some(part.content.start), &param)?;
            return Ok(Self { source, param });
        }
        let head = content.get(..HEAD.min(content.len())).unwrap_or_default();
        // What is no picture by its bytes may be one of a kind that is not known here, if it says so.
        let said = part.content_type.unwrap_or("application/octet-stream");
        let said = if said.starts_with("image/") {
            Some(said)
        } else {
            (part.filename.is_some() && said == "application/octet-stream").then_some("image/png")
        };
        let Some(media_type) = known_type(head).or(said) else {
            return Err(Error::invalid(format!(
                "Invalid '{param}': it is not a picture. Send a PNG, JPEG or WebP file with its filename."
            ))
            .param(param)
            .code("invalid_image_file"));
        };
        Ok(Self { source: Source::File { range: part.content.clone(), head, media_type }, param })
    }

    /// An element of `images`, which stands at this place of the body: `{"image_url": …}`, `{"file_id": …}`, and the forms
    /// of other providers, `{"url": …}` and an address alone.
    ///
    /// # Errors
    /// 400 when it is none of these.
    pub fn reference(value: &'a str, at: usize, param: &str) -> Result<Self, Error> {
        const FORMS: &str = "an object with `image_url` or `file_id`";
        if kind(value) == Kind::String {
            let source = Source::json(value, at, param)?;
            return Ok(Self { source, param: param.to_owned() });
        }
        let node = Node::read(value, at).ok_or_else(|| wrong_type(param, FORMS, value))?;
        for name in ["image_url", "url"] {
            if let Some(inner) = node.get(name) {
                let path = format!("{param}.{name}");
                let start = node.place(name).unwrap_or(at);
                return match kind(inner) {
                    Kind::Object => Self::reference(inner, start, &path),
                    Kind::String => Ok(Self { source: Source::json(inner, start, &path)?, param: path }),
                    _ => Err(wrong_type(&path, "a string", inner)),
                };
            }
        }
        let id = node.get("file_id").ok_or_else(|| missing(&format!("{param}.image_url")))?;
        let param = format!("{param}.file_id");
        let id = Text::of(id).ok_or_else(|| wrong_type(&param, "a string", id))?;
        Ok(Self { source: Source::Id(id), param })
    }

    /// Its media type; `None` where it is elsewhere.
    #[must_use]
    pub fn media_type(&self) -> Option<&str> {
        match &self.source {
            Source::File { media_type, .. } => Some(media_type),
            Source::Data { media_type, .. } => Some(media_type),
            Source::Url(_) | Source::Id(_) => None,
        }
    }

    /// The picture, for providers that take its data alone.
    ///
    /// # Errors
    /// 400 when it is elsewhere.
    pub fn inline(&self, call: &Call<'_>) -> Result<&Self, Error> {
        let what = match self.source {
            Source::File { .. } | Source::Data { .. } => return Ok(self),
            Source::Url(_) => "addresses of pictures",
            Source::Id(_) => "ids of files",
        };
        let instead =
            "Send the picture itself: as a file of a form, or as a data URL (data:image/png;base64,<data>)";
        Err(call.unknown_form(&self.param, what, instead))
    }

    /// The picture, for providers that take its data alone, and these media types.
    ///
    /// # Errors
    /// 400 when it is elsewhere, or of another type.
    pub fn encoded(&self, call: &Call<'_>, types: &[&str]) -> Result<&Self, Error> {
        let media_type = self.inline(call)?.media_type().unwrap_or_default();
        if types.contains(&media_type) {
            return Ok(self);
        }
        let instead = format!("Send one of {}", types.join(", "));
        Err(call.unknown_form(&self.param, &format!("pictures of type {}", shown(media_type)), &instead))
    }

    /// The picture, for providers that open addresses and know no files of the client.
    ///
    /// # Errors
    /// 400 when it is an id.
    pub fn addressed(&self, call: &Call<'_>) -> Result<&Self, Error> {
        if matches!(self.source, Source::Id(_)) { self.inline(call) } else { Ok(self) }
    }

    /// Writes its data in base64, as a string. What is elsewhere is written as its address or id.
    pub fn write_base64(&self, out: &mut Writer) {
        self.write(out, "");
    }

    /// Writes it as an address: a data URL, or the one where it is. An id is written as it is.
    pub fn write_url(&self, out: &mut Writer) {
        self.write(out, &format!("data:{};base64,", self.media_type().unwrap_or_default()));
    }

    fn write(&self, out: &mut Writer, before: &str) {
        match &self.source {
            Source::File { range, .. } => out.base64(before, range.clone()),
            Source::Data { base64: Base64::Stands(_, range), .. } => out.client(before, range.clone()),
            Source::Data { base64: Base64::Mended(text), .. } => {
                out.texts([Text::Plain(before), Text::Plain(text)]);
            }
            Source::Url(text) | Source::Id(text) => out.text(*text),
        }
    }

    /// Whether it is a PNG that can be transparent. OpenAI's masks say so what is to be edited; most providers' are black
    /// and white.
    #[must_use]
    pub fn has_alpha(&self) -> bool {
        let decoded;
        let head = match &self.source {
            Source::File { head, .. } => head,
            Source::Data { base64, .. } => {
                decoded = beginning(base64.text());
                decoded.as_slice()
            }
            Source::Url(_) | Source::Id(_) => return false,
        };
        // The type of colour stands behind width, height and depth of the first chunk (PNG, section 11.2.2).
        head.starts_with(b"\x89PNG") && matches!(head.get(25), Some(4 | 6))
    }
}

fn is_address(text: &str) -> bool {
    let scheme = text.split(':').next().unwrap_or_default();
    ["data", "http", "https", "gs", "s3"].iter().any(|known| scheme.eq_ignore_ascii_case(known))
}

impl<'a> Source<'a> {
    /// A string of JSON, which stands at this place of the body.
    fn json(value: &'a str, at: usize, param: &str) -> Result<Self, Error> {
        let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or_default();
        if !is_data(inner) {
            return if inner.is_empty() {
                Err(wrong_value(param, "", " It must be an address or a data URL."))
            } else {
                Ok(Self::Url(Text::Json(value)))
            };
        }
        // What is escaped is brought to another form.
        if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
            return Self::address(inner, at.checked_add(1), param);
        }
        let text = string(value).ok_or_else(|| invalid(param))?;
        let (media_type, _, data) = parts(&text).ok_or_else(|| invalid(param))?;
        let base64 = base64::standard(Cow::Borrowed(data)).into_owned();
        Ok(Self::Data { media_type: Cow::Owned(media_type.to_owned()), base64: Base64::Mended(base64) })
    }

    /// An address, which stands at this place of the body.
    fn address(text: &'a str, at: Option<usize>, param: &str) -> Result<Self, Error> {
        if !is_data(text) {
            return Ok(Self::Url(Text::Plain(text)));
        }
        let (media_type, start, data) = parts(text).ok_or_else(|| invalid(param))?;
        let base64 = match (base64::standard(Cow::Borrowed(data)), at) {
            (Cow::Borrowed(data), Some(at)) => {
                let start = at.saturating_add(start);
                Base64::Stands(data, start..start.saturating_add(data.len()))
            }
            (data, _) => Base64::Mended(data.into_owned()),
        };
        Ok(Self::Data { media_type: Cow::Borrowed(media_type), base64 })
    }
}

fn is_data(text: &str) -> bool {
    text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

/// The media type of a data URL, where its data starts, and its data.
fn parts(text: &str) -> Option<(&str, usize, &str)> {
    let (head, data) = text.get(5..)?.split_once(',')?;
    let mut words = head.split(';').map(str::trim);
    let media_type = match words.next()? {
        "" => media_type_of_base64(data),
        "image/jpg" => "image/jpeg",
        media_type => media_type,
    };
    let whole = !data.is_empty() && words.any(|word| word.eq_ignore_ascii_case("base64"));
    whole.then_some((media_type, text.len().saturating_sub(data.len()), data))
}

fn invalid(param: &str) -> Error {
    Error::invalid(format!(
        "Invalid value for '{}': a data URL must be of the form data:<media type>;base64,<data>.",
        shown(param)
    ))
    .param(shown(param))
    .code("invalid_value")
}
