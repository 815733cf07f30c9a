//! Pictures, documents, sound and videos.
//!
//! Source: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html>.

use crate::chat::{Content, Part, Source};
use crate::error::Error;
use crate::wire::write::Writer;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A block of media.
#[derive(Debug)]
pub(super) struct Media<'a> {
    pub kind: Kind,
    format: &'static str,
    /// Of a document.
    name: Option<String>,
    data: Data<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Image,
    Document,
    Audio,
    Video,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Document => "document",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

#[derive(Debug)]
enum Data<'a> {
    Base64(Cow<'a, str>),
    S3(Cow<'a, str>),
}

/// What Converse takes.
struct Type {
    kind: Kind,
    /// Its name.
    format: &'static str,
    media_type: &'static str,
    /// Ends of names, with a space between.
    extensions: &'static str,
}

const fn ty(kind: Kind, format: &'static str, media_type: &'static str, extensions: &'static str) -> Type {
    Type { kind, format, media_type, extensions }
}

static TYPES: [Type; 31] = [
    ty(Kind::Image, "png", "image/png", "png"),
    ty(Kind::Image, "jpeg", "image/jpeg", "jpg jpeg"),
    ty(Kind::Image, "gif", "image/gif", "gif"),
    ty(Kind::Image, "webp", "image/webp", "webp"),
    ty(Kind::Document, "pdf", "application/pdf", "pdf"),
    ty(Kind::Document, "csv", "text/csv", "csv"),
    ty(Kind::Document, "doc", "application/msword", "doc"),
    ty(
        Kind::Document,
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "docx",
    ),
    ty(Kind::Document, "xls", "application/vnd.ms-excel", "xls"),
    ty(Kind::Document, "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ty(Kind::Document, "html", "text/html", "html htm"),
    ty(Kind::Document, "md", "text/markdown", "md markdown"),
    ty(Kind::Document, "txt", "text/plain", "txt text log yaml yml"),
    // Texts under other names.
    ty(Kind::Document, "txt", "application/json", "json jsonl"),
    ty(Kind::Document, "txt", "application/xml", "xml"),
    ty(Kind::Video, "mp4", "video/mp4", "mp4"),
    ty(Kind::Video, "mov", "video/quicktime", "mov"),
    ty(Kind::Video, "mkv", "video/x-matroska", "mkv"),
    ty(Kind::Video, "webm", "video/webm", "webm"),
    ty(Kind::Video, "flv", "video/x-flv", "flv"),
    ty(Kind::Video, "mpeg", "video/mpeg", "mpeg mpg"),
    ty(Kind::Video, "wmv", "video/x-ms-wmv", "wmv"),
    ty(Kind::Video, "three_gp", "video/3gpp", "3gp"),
    ty(Kind::Audio, "mp3", "audio/mpeg", "mp3"),
    ty(Kind::Audio, "wav", "audio/wav", "wav"),
    ty(Kind::Audio, "flac", "audio/flac", "flac"),
    ty(Kind::Audio, "aac", "audio/aac", "aac"),
    ty(Kind::Audio, "ogg", "audio/ogg", "ogg"),
    ty(Kind::Audio, "opus", "audio/opus", "opus"),
    ty(Kind::Audio, "m4a", "audio/mp4", "m4a"),
    // OpenAI's name of the format is `pcm16`.
    ty(Kind::Audio, "pcm", "audio/pcm", "pcm pcm16"),
];

/// The names of the documents so far, each with the last number that was tried behind it.
pub(super) type Names = BTreeMap<String, u32>;

/// Reads a part that is no text. `names` are those of the documents before it.
///
/// # Errors
/// 400 when Converse does not take it.
pub(super) fn read<'a>(part: &Part<'a>, names: &mut Names) -> Result<Media<'a>, Error> {
    let (source, filename, wanted) = match &part.content {
        Content::Image { source, .. } => (source, None, Kind::Image),
        Content::Video(source) => (source, None, Kind::Video),
        Content::File { source, filename } => (source, filename.as_deref(), Kind::Document),
        Content::Audio { base64, format } => {
            let found = by_extension(format).filter(|found| found.kind == Kind::Audio);
            let found = found.ok_or_else(|| not_taken(part, Kind::Audio))?;
            let data = Data::Base64(base64.clone());
            return Ok(Media { kind: Kind::Audio, format: found.format, name: None, data });
        }
        Content::Text(_) | Content::Refusal(_) => return Err(part.refused("a text is no file.")),
    };
    let (found, data) = match source {
        Source::Data { media_type, base64 } => {
            let known = TYPES.iter().find(|known| known.media_type == media_type.as_ref());
            // A type that says nothing is told by the name, and any other text is a text.
            let named = || by_extension(extension(filename?)?);
            let text = || TYPES.iter().find(|known| media_type.starts_with("text/") && known.format == "txt");
            (known.or_else(named).or_else(text), Data::Base64(base64.clone()))
        }
        Source::Url(url) if url.starts_with("s3://") => {
            let found = filename.and_then(extension).or_else(|| extension(url)).and_then(by_extension);
            (found, Data::S3(url.clone()))
        }
        Source::Url(_) => {
            return Err(part.refused(
                "Bedrock does not open web addresses. Send the data itself, as a data URL \
                 (data:<media type>;base64,<data>), or name an object of S3 (s3://bucket/key).",
            ));
        }
        Source::Id(_) => {
            return Err(
                part.refused("Bedrock keeps no files. Send the data itself as `file_data`, a data URL.")
            );
        }
    };
    // A file may be anything.
    let found = found.filter(|found| found.kind == wanted || wanted == Kind::Document);
    let found = found.ok_or_else(|| not_taken(part, wanted))?;
    let name = (found.kind == Kind::Document).then(|| unique(filename.unwrap_or_default(), names));
    Ok(Media { kind: found.kind, format: found.format, name, data })
}

fn not_taken(part: &Part<'_>, wanted: Kind) -> Error {
    let mut formats: Vec<_> =
        TYPES.iter().filter(|known| known.kind == wanted).map(|known| known.format).collect();
    formats.dedup();
    let what = match wanted {
        Kind::Image => "pictures",
        Kind::Document => "documents",
        Kind::Audio => "sound",
        Kind::Video => "videos",
    };
    part.refused(&format!("Bedrock takes {what} as {} alone.", formats.join(", ")))
}

fn extension(name: &str) -> Option<&str> {
    let name = name.split(['?', '#']).next().unwrap_or_default();
    name.rsplit_once('.').map(|(_, extension)| extension)
}

fn by_extension(extension: &str) -> Option<&'static Type> {
    let extension = extension.to_ascii_lowercase();
    TYPES.iter().find(|known| known.extensions.split(' ').any(|known| known == extension))
}

impl Media<'_> {
    /// The block.
    pub(super) fn write(&self, out: &mut Writer) {
        out.object(|out| {
            out.object_member(self.kind.as_str(), |out| {
                out.text_member("format", self.format);
                if let Some(name) = &self.name {
                    out.text_member("name", name.as_str());
                }
                out.object_member("source", |out| match &self.data {
                    Data::Base64(base64) => out.text_member("bytes", base64.as_ref()),
                    Data::S3(uri) => {
                        out.object_member("s3Location", |out| out.text_member("uri", uri.as_ref()));
                    }
                });
            });
        });
    }
}

/// A document's name, of what names may hold: "alphanumeric characters, whitespace characters (no more than
/// one in a row), hyphens, parentheses, square brackets". No two of a request are the same.
fn unique(filename: &str, names: &mut Names) -> String {
    // Of 200 that it may have.
    const LENGTH: usize = 180;
    let base = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = base.rsplit_once('.').map_or(base, |(stem, _)| stem);
    let mut name = String::new();
    for c in stem.chars().take(LENGTH) {
        match c {
            c if c.is_ascii_alphanumeric() || "()[]".contains(c) => name.push(c),
            c if c.is_whitespace() && !name.ends_with(' ') => name.push(' '),
            c if !c.is_whitespace() && !name.ends_with('-') => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_matches([' ', '-']);
    let name = if name.is_empty() { "document" } else { name };
    let mut found = name.to_owned();
    if let Some(tried) = names.get(name) {
        let mut number = *tried;
        while names.contains_key(&found) {
            number = number.saturating_add(1);
            found = format!("{name} ({number})");
        }
        names.insert(name.to_owned(), number);
    }
    names.insert(found.clone(), 1);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_what_bedrock_takes_and_differ() {
        let mut names = Names::new();
        for (filename, expected) in [
            ("Q3  Report_v2.pdf", "Q3 Report-v2"),
            ("q3/Q3 Report_v2.pdf", "Q3 Report-v2 (2)"),
            ("été.txt", "t"),
            ("", "document"),
            ("..", "document (2)"),
            ("a[1](b)-c.tar.gz", "a[1](b)-c-tar"),
        ] {
            assert_eq!(unique(filename, &mut names), expected, "{filename}");
        }
        assert!(unique(&"x".repeat(500), &mut names).len() <= 200);
    }

    #[test]
    fn a_name_that_comes_again_and_again_takes_no_longer_each_time() {
        // With a search from the start for each this takes hours.
        let mut names = Names::new();
        let found: Vec<String> = (0..20_000).map(|_| unique("a.pdf", &mut names)).collect();
        assert_eq!((found[1].as_str(), found[19_999].as_str()), ("a (2)", "a (20000)"));
        assert_eq!(names.len(), 20_000);
    }
}
