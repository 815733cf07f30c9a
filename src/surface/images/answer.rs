//! Answers with pictures: OpenAI's `ImagesResponse`, and the events of a stream.
//!
//! Sources: `ImagesResponse`, `ImageGenCompletedEvent` and `ImageEditCompletedEvent` of OpenAI's specification.

use super::picture::media_type_of_base64;
use super::request::{Format, Request};
use crate::dialect::{Call, Whole};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::base64;
use crate::wire::json::{Kind, kind, string};
use crate::wire::write::{Text, Writer};
use std::borrow::Cow;

/// What has to be known of a request when its answer is written.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The provider, for errors.
    pub provider: String,
    /// When it was asked, in seconds since 1970.
    pub created: u64,
    format: Option<Format>,
    streams: bool,
    edits: bool,
}

impl Request<'_> {
    /// What has to be remembered of it.
    #[must_use]
    pub fn asked(&self, call: &Call<'_>) -> Asked {
        Asked {
            provider: call.upstream.id.clone(),
            created: call.now,
            format: self.format,
            streams: self.streams,
            edits: call.endpoint != Endpoint::ImageGenerations,
        }
    }
}

/// A picture that a provider made.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    content: Content<'a>,
    /// The prompt that was used, where it is not the client's.
    pub revised_prompt: Option<Text<'a>>,
}

#[derive(Clone, Debug)]
enum Content<'a> {
    Base64 { text: Cow<'a, str>, media_type: Cow<'a, str> },
    Url(Text<'a>),
}

impl<'a> Made<'a> {
    /// A picture in base64. Without a media type it is told by how it begins.
    #[must_use]
    pub fn base64(text: impl Into<Cow<'a, str>>, media_type: Option<Cow<'a, str>>) -> Self {
        let text = base64::standard(text.into());
        let media_type = media_type
            .filter(|media_type| media_type.starts_with("image/"))
            .unwrap_or_else(|| Cow::Borrowed(media_type_of_base64(&text)));
        Self { content: Content::Base64 { text, media_type }, revised_prompt: None }
    }

    /// The address of a picture, or one that holds it. `value` is a string of JSON as it stands.
    #[must_use]
    pub fn url(value: &'a str) -> Option<Self> {
        let text = Text::of(value).filter(|text| !text.is_empty())?;
        if !value.starts_with("\"data:") {
            return Some(Self { content: Content::Url(text), revised_prompt: None });
        }
        match string(value)? {
            Cow::Borrowed(url) => {
                let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
                Some(Self::base64(data, head.split(';').next().map(Cow::Borrowed)))
            }
            Cow::Owned(url) => {
                let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
                let media_type = head.split(';').next().map(|head| Cow::Owned(head.to_owned()));
                Some(Self::base64(data.to_owned(), media_type))
            }
        }
    }

    /// The same, with the prompt that was used. `value` is JSON as it stands; only a string counts.
    #[must_use]
    pub fn revised(mut self, value: Option<&'a str>) -> Self {
        self.revised_prompt = value.and_then(Text::of).filter(|prompt| !prompt.is_empty());
        self
    }

    /// A picture of OpenAI's form, or one near to it: `b64_json`, `url`, `revised_prompt`, `mime_type`. `None` when it has
    /// neither data nor address.
    #[must_use]
    pub fn read(object: &crate::wire::json::Object<'a>) -> Option<Self> {
        let there = |name: &str| object.get(name).filter(|value| kind(value) == Kind::String);
        let media_type =
            ["mime_type", "media_type", "content_type"].into_iter().find_map(|name| object.string(name));
        let made = match there("b64_json") {
            // Some servers write a data URL here.
            Some(value) if value.starts_with("\"data:") => Self::url(value)?,
            Some(value) => Self::base64(string(value).filter(|data| !data.is_empty())?, media_type),
            None => Self::url(there("url")?)?,
        };
        Some(made.revised(object.get("revised_prompt")))
    }
}

/// The tokens of an answer with pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// All that went in, and what of it was pictures.
    pub input: u64,
    /// Of the input: pictures.
    pub input_images: u64,
    /// All that came out.
    pub output: u64,
    /// Of the output: pictures. `None`: it is not known.
    pub output_images: Option<u64>,
}

impl Tokens {
    fn write(self, out: &mut Writer) {
        out.object_member("usage", |out| {
            out.number_member("total_tokens", self.input.saturating_add(self.output));
            out.number_member("input_tokens", self.input);
            out.object_member("input_tokens_details", |out| {
                out.number_member("text_tokens", self.input.saturating_sub(self.input_images));
                out.number_member("image_tokens", self.input_images);
            });
            out.number_member("output_tokens", self.output);
            if let Some(images) = self.output_images {
                out.object_member("output_tokens_details", |out| {
                    out.number_member("text_tokens", self.output.saturating_sub(images));
                    out.number_member("image_tokens", images);
                });
            }
        });
    }

    /// What two answers took.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let images = |one: Option<u64>, other: Option<u64>| Some(one?.saturating_add(other?));
        Self {
            input: self.input.saturating_add(other.input),
            input_images: self.input_images.saturating_add(other.input_images),
            output: self.output.saturating_add(other.output),
            output_images: images(self.output_images, other.output_images),
        }
    }

    fn counted(self) -> Usage {
        Usage { input: self.input, output: self.output, ..Usage::default() }
    }
}

impl Asked {
    /// OpenAI's answer: one object, or an event for each picture.
    ///
    /// # Errors
    /// 502 when there is no picture.
    pub fn told(&self, made: &[Made<'_>], tokens: Option<Tokens>) -> Result<Whole, Error> {
        if made.is_empty() {
            let message = format!("The provider {} answered without a picture. Ask again.", self.provider);
            return Err(Error::new(502, message).code("upstream_invalid_answer"));
        }
        let usage = tokens.map(Tokens::counted);
        if self.streams {
            let content_type = Cow::Borrowed("text/event-stream");
            return Ok(Whole { content_type, body: self.events(made, tokens)?.into_bytes(), usage });
        }
        let mut out =
            Writer::with_capacity(made.iter().fold(512, |length, made| length.saturating_add(made.length())));
        out.object(|out| {
            out.number_member("created", self.created);
            out.name("data");
            out.begin_array();
            for made in made {
                out.object(|out| self.write(made, out));
            }
            out.end_array();
            if let Some(encoding) = encoding(made) {
                out.text_member("output_format", encoding);
            }
            if let Some(tokens) = tokens {
                tokens.write(out);
            }
        });
        Ok(Whole::json(out.finish(), usage))
    }

    fn write(&self, made: &Made<'_>, out: &mut Writer) {
        match &made.content {
            Content::Base64 { text, media_type } if self.format == Some(Format::Url) => {
                out.name("url");
                let parts = ["data:", media_type.as_ref(), ";base64,", text.as_ref()];
                out.texts(parts.map(Text::Plain));
            }
            Content::Base64 { text, .. } => out.text_member("b64_json", text.as_ref()),
            Content::Url(url) => out.text_member("url", *url),
        }
        if let Some(prompt) = made.revised_prompt {
            out.text_member("revised_prompt", prompt);
        }
    }

    /// An event for each picture; the last one says what all of them took.
    fn events(&self, made: &[Made<'_>], tokens: Option<Tokens>) -> Result<String, Error> {
        let kind = if self.edits { "image_edit.completed" } else { "image_generation.completed" };
        let mut events =
            String::with_capacity(made.iter().fold(0, |length, made| length.saturating_add(made.length())));
        let last = made.len().saturating_sub(1);
        for (index, one) in made.iter().enumerate() {
            let Content::Base64 { text, .. } = &one.content else {
                // It was asked for the pictures themselves.
                return Err(Error::unreadable(&self.provider));
            };
            let mut out = Writer::with_capacity(one.length());
            out.object(|out| {
                out.text_member("type", kind);
                out.text_member("b64_json", text.as_ref());
                out.number_member("created_at", self.created);
                // Which of OpenAI's they are is not known.
                for name in ["size", "quality", "background"] {
                    out.text_member(name, "auto");
                }
                out.text_member("output_format", encoding(core::slice::from_ref(one)).unwrap_or("png"));
                tokens.filter(|_| index == last).unwrap_or_default().write(out);
            });
            for part in ["event: ", kind, "\ndata: ", out.as_str(), "\n\n"] {
                events.push_str(part);
            }
        }
        Ok(events)
    }

    /// What a client is told when the provider holds pictures back: OpenAI's own error.
    #[must_use]
    pub fn blocked(&self, reason: &str) -> Error {
        blocked(format!("The provider {} rejected the request by its safety system: {reason}", self.provider))
    }
}

/// OpenAI's error of a request that is against what the provider allows.
#[must_use]
pub fn blocked(message: impl Into<String>) -> Error {
    let mut error = Error::invalid(message).code("moderation_blocked");
    error.kind = "image_generation_user_error".to_owned();
    error
}

impl Made<'_> {
    fn length(&self) -> usize {
        match &self.content {
            Content::Base64 { text, .. } => text.len().saturating_add(400),
            Content::Url(_) => 400,
        }
    }
}

/// OpenAI's name of how all these pictures are encoded.
fn encoding(made: &[Made<'_>]) -> Option<&'static str> {
    let of = |made: &Made<'_>| match &made.content {
        Content::Base64 { media_type, .. } => {
            ["png", "jpeg", "webp"].into_iter().find(|name| media_type.strip_prefix("image/") == Some(name))
        }
        Content::Url(_) => None,
    };
    let first = made.first().and_then(of)?;
    made.iter().all(|made| of(made) == Some(first)).then_some(first)
}
