//! The parts of a message, or of what a tool answered, as a chat has them.

use crate::chat::{missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::{Kind, Object, items as elements, kind};
use crate::wire::write::{Text, Writer};

/// Where a part stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The place of its item.
    pub item: usize,
    /// The member of the item: `content` or `output`.
    pub member: &'static str,
    /// Its own place there.
    pub part: usize,
}

impl core::fmt::Display for Place {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(out, "input[{}].{}[{}]", self.item, self.member, self.part)
    }
}

/// What is known of a part of text, beside its mark for caching.
const TEXT: [&str; 4] = ["type", "text", "annotations", "logprobs"];

/// The text of a content that is one text and nothing else, which more providers take as a string.
pub(super) fn sole_text(content: &str) -> Option<Text<'_>> {
    if let Some(text) = Text::of(content) {
        return Some(text);
    }
    let mut list = elements(content);
    let part = list.next()?;
    if list.next().is_some() { None } else { sole_text_part(part) }
}

/// The text of a part that is nothing else.
pub(super) fn sole_text_part(part: &str) -> Option<Text<'_>> {
    let part = Object::parse_str(part).ok()?;
    let kind = part.string("type")?;
    // Of an answer that comes back nothing else is a wish.
    let plain = kind == "output_text"
        || (matches!(kind.as_ref(), "input_text" | "text")
            && part.members().iter().all(|member| TEXT.contains(&member.name.as_ref())));
    part.get("text").and_then(Text::of).filter(|_| plain && part.get("cache_control").is_none())
}

/// Writes one part.
///
/// # Errors
/// 400 for what is no part, or where one has another type than OpenAI's.
pub(super) fn part(call: &mut Call<'_>, text: &str, place: Place, out: &mut Writer) -> Result<(), Error> {
    // Some clients write a text as a bare string.
    if let Some(text) = Text::of(text) {
        out.object(|out| text_part(text, out));
        return Ok(());
    }
    let part = Object::parse_str(text).map_err(|_| wrong_type(&place.to_string(), "an object", text))?;
    let kind_named = part.string("type").ok_or_else(|| missing(&format!("{place}.type")))?;
    let reader = Reader { part: &part, place };
    let known: &[&str] = match kind_named.as_ref() {
        "input_text" | "output_text" | "text" => {
            let text = reader.text("text")?.ok_or_else(|| missing(&format!("{place}.text")))?;
            out.begin_object();
            text_part(text, out);
            // Of an answer that comes back nothing else is a wish.
            if kind_named == "output_text" { &[] } else { &TEXT }
        }
        "refusal" => {
            let refusal = reader.text("refusal")?.ok_or_else(|| missing(&format!("{place}.refusal")))?;
            out.begin_object();
            out.text_member("type", "refusal");
            out.text_member("refusal", refusal);
            &[]
        }
        "input_image" => {
            reader.image(out)?;
            &["type", "image_url", "file_id", "detail"]
        }
        "input_file" => {
            reader.file(call, out)?;
            &["type", "file_data", "file_url", "file_id", "filename", "detail"]
        }
        "input_audio" => {
            let audio =
                reader.value("input_audio").ok_or_else(|| missing(&format!("{place}.input_audio")))?;
            if kind(audio) != Kind::Object {
                return Err(wrong_type(&format!("{place}.input_audio"), "an object", audio));
            }
            out.begin_object();
            out.text_member("type", "input_audio");
            out.raw_member("input_audio", audio);
            &["type", "input_audio"]
        }
        // A chat's own parts, which agents mix up with these.
        "image_url" | "file" | "video_url" => {
            out.raw(text);
            return Ok(());
        }
        other => {
            let hint = " Supported values are: 'input_text', 'input_image', 'input_file', 'input_audio', \
                        'output_text' and 'refusal'.";
            return Err(wrong_value(&format!("{place}.type"), other, hint));
        }
    };
    if let Some(mark) = reader.value("cache_control") {
        out.raw_member("cache_control", mark);
    }
    out.end_object();
    for member in part.members().iter().filter(|_| !known.is_empty()) {
        let name = member.name.as_ref();
        if name != "cache_control" && !known.contains(&name) && kind(part.value(member)) != Kind::Null {
            call.drop_param(&format!("{place}.{name}"))?;
        }
    }
    Ok(())
}

/// Writes the members of a part of text.
pub(super) fn text_part(text: Text<'_>, out: &mut Writer) {
    out.text_member("type", "text");
    out.text_member("text", text);
}

/// A part while it is read.
#[derive(Clone, Copy)]
struct Reader<'r, 'a> {
    part: &'r Object<'a>,
    place: Place,
}

impl<'a> Reader<'_, 'a> {
    fn value(self, name: &str) -> Option<&'a str> {
        self.part.get(name).filter(|value| kind(value) != Kind::Null)
    }

    fn text(self, name: &str) -> Result<Option<Text<'a>>, Error> {
        let Some(value) = self.value(name) else { return Ok(None) };
        match Text::of(value) {
            Some(text) => Ok(Some(text)),
            None => Err(wrong_type(&format!("{}.{name}", self.place), "a string", value)),
        }
    }

    /// An image at an address, which may hold it, or with the provider.
    fn image(self, out: &mut Writer) -> Result<(), Error> {
        let detail = self.text("detail")?.filter(|detail| *detail != Text::Json("\"auto\""));
        // Some clients write a chat's object.
        let url = self.value("image_url");
        let nested = url.and_then(|url| Object::parse_str(url).ok());
        let (url, detail) = match &nested {
            Some(image) => {
                let url = image.get("url").and_then(Text::of);
                let url = url.ok_or_else(|| missing(&format!("{}.image_url", self.place)))?;
                (Some(url), detail.or(image.get("detail").and_then(Text::of)))
            }
            None => (self.text("image_url")?, detail),
        };
        let id = self.text("file_id")?;
        if url.is_none() && id.is_none() {
            return Err(missing(&format!("{}.image_url", self.place)));
        }
        out.begin_object();
        out.text_member("type", "image_url");
        out.object_member("image_url", |out| {
            match (url, id) {
                (Some(url), _) => out.text_member("url", url),
                (None, Some(id)) => out.text_member("file_id", id),
                (None, None) => {}
            }
            if let Some(detail) = detail {
                out.text_member("detail", detail);
            }
        });
        Ok(())
    }

    /// A file: its data, its address, or its id with the provider. A chat has an address where the data is.
    fn file(self, call: &mut Call<'_>, out: &mut Writer) -> Result<(), Error> {
        let name = self.text("filename")?;
        let (data, url, id) = (self.text("file_data")?, self.text("file_url")?, self.text("file_id")?);
        let (member, file, others) = match (data, url, id) {
            (Some(data), url, id) => ("file_data", data, [("file_url", url), ("file_id", id)]),
            (None, Some(url), id) => ("file_data", url, [("file_url", None), ("file_id", id)]),
            (None, None, Some(id)) => ("file_id", id, [("file_url", None), ("file_id", None)]),
            (None, None, None) => return Err(missing(&format!("{}.file_data", self.place))),
        };
        for (name, other) in others {
            if other.is_some() {
                call.drop_param(&format!("{}.{name}", self.place))?;
            }
        }
        if self.text("detail")?.is_some_and(|detail| detail.decoded() != "auto") {
            call.drop_param(&format!("{}.detail", self.place))?;
        }
        out.begin_object();
        out.text_member("type", "file");
        out.object_member("file", |out| {
            if let Some(name) = name {
                out.text_member("filename", name);
            }
            out.text_member(member, file);
        });
        Ok(())
    }
}
