//! What is embedded: a text, or parts that become one vector together.
//!
//! Vendors write pictures and sound in forms of their own. All of them are read, whoever the provider is:
//!
//! | whose | form |
//! |---|---|
//! | OpenAI, OpenRouter | `{"content": [{"type": "text", "text": …}, {"type": "image_url", "image_url": {"url": …}}]}`, or such a part alone |
//! | Jina | `{"text": …}`, `{"image": "<address, data URL or base64>"}` |
//! | Cohere | `{"content": [{"type": "image_url", "image_url": …}]}` |
//! | Voyage | `{"content": [{"type": "image_base64", "image_base64": "data:…"}]}`, `video_url`, `video_base64` |
//! | Google | `{"parts": [{"text": …}, {"inlineData": {"mimeType": …, "data": …}}, {"fileData": {"fileUri": …}}]}` |
//! | Nova | `{"image": {"format": "png", "source": {"bytes": …}}}`, `{"text": {"value": …}}`, `audio`, `video` |
//! | Vertex AI | `{"text": …, "image": {"bytesBase64Encoded": …, "mimeType": …}}`, `gcsUri` |

use super::no_tokens;
use crate::chat::{Source, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::base64;
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::write::Text;
use std::borrow::Cow;

/// The most parts of one input.
const MOST_PARTS: usize = 1024;

/// One input: what becomes one vector.
#[derive(Debug)]
pub struct Input<'a> {
    /// The member of the request that it is, or stands in.
    name: &'static str,
    /// Its place in the list; `None` when it is the only one and stands in none.
    at: Option<usize>,
    /// What it is.
    pub content: Content<'a>,
}

/// What an input is.
#[derive(Debug)]
pub enum Content<'a> {
    /// A text.
    Text(Text<'a>),
    /// Parts, at least one.
    Parts(Vec<Part<'a>>),
}

/// A part of an input.
#[derive(Debug)]
pub enum Part<'a> {
    /// A text.
    Text(Text<'a>),
    /// Something else.
    Media(Media<'a>),
}

/// A picture, sound, a video or a document.
#[derive(Debug)]
pub struct Media<'a> {
    /// What it is.
    pub medium: Medium,
    /// Where it is.
    pub source: Source<'a>,
}

/// What a part is that is no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// A picture.
    Image,
    /// Sound.
    Audio,
    /// A video.
    Video,
    /// A document.
    File,
}

impl Medium {
    /// In the plural, for messages.
    #[must_use]
    pub fn described(self) -> &'static str {
        match self {
            Self::Image => "images",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::File => "files",
        }
    }

    /// What a media type says.
    fn of(media_type: &str) -> Self {
        match media_type.split('/').next() {
            Some("image") => Self::Image,
            Some("audio") => Self::Audio,
            Some("video") => Self::Video,
            _ => Self::File,
        }
    }
}

/// What members of a part hold media.
const MEMBERS: [(&str, Medium); 14] = [
    ("image_url", Medium::Image),
    ("image_base64", Medium::Image),
    ("image", Medium::Image),
    ("input_audio", Medium::Audio),
    ("audio_url", Medium::Audio),
    ("audio_base64", Medium::Audio),
    ("audio", Medium::Audio),
    ("video_url", Medium::Video),
    ("video_base64", Medium::Video),
    ("video", Medium::Video),
    ("file", Medium::File),
    ("document", Medium::File),
    ("pdf", Medium::File),
    ("input_file", Medium::File),
];

impl<'a> Input<'a> {
    pub(super) fn read(
        call: &Call<'_>,
        name: &'static str,
        at: Option<usize>,
        value: &'a str,
    ) -> Result<Self, Error> {
        let path = path(name, at);
        let content = match kind(value) {
            Kind::String => Content::Text(Text::Json(value)),
            // No language but OpenAI's own carries them.
            Kind::Array if items(value).all(|item| kind(item) == Kind::Number) => {
                return Err(no_tokens(call));
            }
            Kind::Object => {
                let mut parts = Vec::new();
                read_part(&path, value, &mut parts)?;
                match parts.as_slice() {
                    [] => return Err(unknown(&path)),
                    [Part::Text(text)] => Content::Text(*text),
                    _ => Content::Parts(parts),
                }
            }
            _ => return Err(wrong_type(&path, "a string or an object", value)),
        };
        Ok(Self { name, at, content })
    }

    /// An element of `images`.
    pub(super) fn image(at: usize, value: &'a str) -> Result<Self, Error> {
        let (name, at) = ("images", Some(at));
        let source = read_source(&path(name, at), Medium::Image, value)?;
        let content = Content::Parts(vec![Part::Media(Media { medium: Medium::Image, source })]);
        Ok(Self { name, at, content })
    }

    /// Where it stands: `input`, or `input[3]`.
    #[must_use]
    pub fn path(&self) -> String {
        path(self.name, self.at)
    }

    /// Its text.
    ///
    /// # Errors
    /// 400 when it is none.
    pub fn text(&self, call: &Call<'_>) -> Result<Text<'a>, Error> {
        match &self.content {
            Content::Text(text) => Ok(*text),
            Content::Parts(parts) => {
                let media = parts.iter().find_map(|part| match part {
                    Part::Media(media) => Some(media.medium),
                    Part::Text(_) => None,
                });
                Err(self.refused(call, media.map_or("several parts", Medium::described)))
            }
        }
    }

    /// Its parts: of a text that one.
    #[must_use]
    pub fn parts(&self) -> Cow<'_, [Part<'a>]> {
        match &self.content {
            Content::Text(text) => Cow::Owned(vec![Part::Text(*text)]),
            Content::Parts(parts) => Cow::Borrowed(parts),
        }
    }

    /// 400: the model does not take such an input.
    #[must_use]
    pub fn refused(&self, call: &Call<'_>, what: &str) -> Error {
        self.invalid(call, &format!("does not take {what}. Send what it takes, or choose another model."))
    }

    /// 400: the provider opens no address like this one.
    #[must_use]
    pub fn elsewhere(&self, call: &Call<'_>) -> Error {
        self.invalid(call, "opens no such address. Send the data itself: a data URL, or base64.")
    }

    fn invalid(&self, call: &Call<'_>, why: &str) -> Error {
        let path = self.path();
        Error::invalid(format!("Invalid '{path}': {} of {} {why}", shown(call.model), call.upstream.id))
            .param(path)
            .code("unsupported_content")
    }
}

impl Clone for Part<'_> {
    fn clone(&self) -> Self {
        match self {
            Self::Text(text) => Self::Text(*text),
            Self::Media(media) => Self::Media(Media { medium: media.medium, source: media.source.clone() }),
        }
    }
}

fn path(name: &str, at: Option<usize>) -> String {
    at.map_or_else(|| name.to_owned(), |at| format!("{name}[{at}]"))
}

fn unknown(path: &str) -> Error {
    Error::invalid(format!(
        "Invalid '{path}': an object must have `text`, `image`, `audio`, `video`, `file` or, for several of them, `content`."
    ))
    .param(path)
    .code("invalid_value")
}

/// Adds what an object says, and what its `content` holds.
fn read_part<'a>(path: &str, value: &'a str, parts: &mut Vec<Part<'a>>) -> Result<(), Error> {
    if let Some(text) = Text::of(value) {
        return push(path, parts, Part::Text(text));
    }
    let object = Object::parse_str(value).map_err(|_| wrong_type(path, "an object", value))?;
    let get = |name: &str| object.get(name).filter(|value| kind(value) != Kind::Null);
    for name in ["content", "parts"] {
        let Some(list) = get(name) else { continue };
        let path = format!("{path}.{name}");
        if let Some(text) = Text::of(list) {
            push(&path, parts, Part::Text(text))?;
            continue;
        }
        if kind(list) == Kind::Object {
            // Google's `{"content": {"parts": […]}}`.
            read_parts(&format!("{path}.parts"), &Object::parse_str(list)?, parts)?;
            continue;
        }
        read_list(&path, list, parts)?;
    }
    read_own(path, &object, parts)
}

/// Adds what the list `parts` of an object holds.
fn read_parts<'a>(path: &str, object: &Object<'a>, parts: &mut Vec<Part<'a>>) -> Result<(), Error> {
    read_list(path, object.get("parts").ok_or_else(|| missing(path))?, parts)
}

fn read_list<'a>(path: &str, list: &'a str, parts: &mut Vec<Part<'a>>) -> Result<(), Error> {
    if kind(list) != Kind::Array {
        return Err(wrong_type(path, "an array", list));
    }
    for (index, part) in items(list).enumerate() {
        let path = format!("{path}[{index}]");
        if let Some(text) = Text::of(part) {
            push(&path, parts, Part::Text(text))?;
            continue;
        }
        let before = parts.len();
        let object = Object::parse_str(part).map_err(|_| wrong_type(&path, "an object", part))?;
        read_own(&path, &object, parts)?;
        if parts.len() == before {
            return Err(unknown(&path));
        }
    }
    Ok(())
}

/// Adds the text and the media that an object has of its own.
fn read_own<'a>(path: &str, object: &Object<'a>, parts: &mut Vec<Part<'a>>) -> Result<(), Error> {
    let get = |name: &str| object.get(name).filter(|value| kind(value) != Kind::Null);
    if let Some(value) = get("text") {
        let text = match kind(value) {
            // Nova's: `{"value": …}`
            Kind::Object => Object::parse_str(value)?.get("value").and_then(Text::of),
            _ => Text::of(value),
        };
        let text = text.ok_or_else(|| wrong_type(&format!("{path}.text"), "a string", value))?;
        push(path, parts, Part::Text(text))?;
    }
    for (name, medium) in MEMBERS {
        let Some(value) = get(name) else { continue };
        let source = read_source(&format!("{path}.{name}"), medium, value)?;
        push(path, parts, Part::Media(Media { medium, source }))?;
    }
    for name in ["inlineData", "inline_data", "fileData", "file_data"] {
        let Some(value) = get(name) else { continue };
        let source = read_source(&format!("{path}.{name}"), Medium::File, value)?;
        let medium = match &source {
            Source::Data { media_type, .. } => Medium::of(media_type),
            _ => {
                let object = Object::parse_str(value).ok();
                let named = object.as_ref().and_then(|object| media_type(object));
                named.map_or(Medium::File, |named| Medium::of(&named))
            }
        };
        push(path, parts, Part::Media(Media { medium, source }))?;
    }
    Ok(())
}

fn push<'a>(path: &str, parts: &mut Vec<Part<'a>>, part: Part<'a>) -> Result<(), Error> {
    if parts.len() == MOST_PARTS {
        let message = format!("Invalid '{path}': at most {MOST_PARTS} parts in one input.");
        return Err(Error::invalid(message).param(path).code("array_above_max_length"));
    }
    parts.push(part);
    Ok(())
}

/// The media type that an object names.
fn media_type<'a>(object: &Object<'a>) -> Option<Cow<'a, str>> {
    ["mimeType", "mime_type", "media_type", "mediaType"].into_iter().find_map(|name| object.string(name))
}

fn read_source<'a>(path: &str, medium: Medium, value: &'a str) -> Result<Source<'a>, Error> {
    if let Some(text) = string(value) {
        return of_text(path, medium, None, text);
    }
    let object = Object::parse_str(value).map_err(|_| wrong_type(path, "a string or an object", value))?;
    let inner = object.get("source").and_then(|source| Object::parse_str(source).ok());
    let find = |names: &[&str]| {
        let of = |object: &Object<'a>| names.iter().find_map(|name| object.string(name));
        of(&object).or_else(|| inner.as_ref().and_then(of))
    };
    let named = media_type(&object).or_else(|| inner.as_ref().and_then(media_type));
    // Nova and OpenAI's audio name a format: the second half of a media type, mostly.
    let named = named.or_else(|| {
        let format = object.string("format")?;
        Some(Cow::Owned(match (medium, format.as_ref()) {
            (Medium::Image, format) => format!("image/{format}"),
            (Medium::Audio, "mp3") => "audio/mpeg".to_owned(),
            (Medium::Audio, format) => format!("audio/{format}"),
            (Medium::Video, format) => format!("video/{format}"),
            (Medium::File, format) => format!("application/{format}"),
        }))
    });
    if let Some(data) = find(&["data", "bytes", "base64", "bytesBase64Encoded", "b64_json", "file_data"]) {
        return of_text(path, medium, named, data);
    }
    if let Some(id) = find(&["file_id"]) {
        return Ok(Source::Id(id));
    }
    let url = find(&["url", "uri", "fileUri", "file_uri", "gcsUri", "file_url"]);
    let url = url.ok_or_else(|| {
        let message = format!("Invalid '{path}': it must have `url` or, in base64, `data`.");
        Error::invalid(message).param(path).code("invalid_value")
    })?;
    Source::url(url, path)
}

/// An address, a data URL, or base64 alone.
fn of_text<'a>(
    path: &str,
    medium: Medium,
    named: Option<Cow<'a, str>>,
    text: Cow<'a, str>,
) -> Result<Source<'a>, Error> {
    let is_data = text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    if is_data || text.get(..200).unwrap_or(&text).contains("://") {
        return Source::url(text, path);
    }
    let base64 = base64::standard(text);
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
    if base64.is_empty() || !base64.bytes().all(fits) {
        return Err(wrong_value(path, &base64, " It must be an address, a data URL or base64."));
    }
    let media_type = named.unwrap_or_else(|| Cow::Borrowed(sniffed(medium, &base64)));
    Ok(Source::Data { media_type, base64 })
}

/// The media type that base64 shows by its first bytes.
fn sniffed(medium: Medium, base64: &str) -> &'static str {
    const STARTS: [(&str, &str); 9] = [
        ("iVBORw0KGgo", "image/png"),
        ("/9j/", "image/jpeg"),
        ("R0lGOD", "image/gif"),
        ("UklGR", "image/webp"),
        ("Qk0", "image/bmp"),
        ("JVBERi0", "application/pdf"),
        ("SUQz", "audio/mpeg"),
        ("//", "audio/mpeg"),
        ("T2dnUw", "audio/ogg"),
    ];
    let (found, usual) = match medium {
        Medium::Image => ("image/", "image/png"),
        Medium::Audio => ("audio/", "audio/wav"),
        Medium::Video => ("video/", "video/mp4"),
        Medium::File => ("", "application/pdf"),
    };
    let fits =
        |(start, media_type): &&(&str, &str)| base64.starts_with(start) && media_type.starts_with(found);
    STARTS.iter().find(fits).map_or(usual, |(_, media_type)| media_type)
}
