//! The messages of a chat.

use super::params::{missing, wrong_type, wrong_value};
use super::request::Room;
use crate::error::{Error, shown};
use crate::wire::base64;
use crate::wire::json::{Kind, Object, items, kind, quoted};
use crate::wire::write::Text;
use std::borrow::Cow;

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `system`
    System,
    /// `developer`, which outranks nobody where a provider has no such role.
    Developer,
    /// `user`
    User,
    /// `assistant`
    Assistant,
    /// `tool`, and the older `function`.
    Tool,
}

/// One message.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// Its place among the messages, from 0: for errors.
    pub at: usize,
    /// Who speaks.
    pub role: Role,
    /// What is said: a string is one part, no content is none. Empty texts are here too.
    pub parts: Vec<Part<'a>>,
    /// The speaker's name.
    pub name: Option<Text<'a>>,
    /// An assistant's tool calls.
    pub tool_calls: Vec<ToolCall<'a>>,
    /// The call that a tool answers. Empty for other roles.
    pub tool_call_id: Cow<'a, str>,
    /// What the assistant had thought: `reasoning`, or `reasoning_content`; with what follows it is read from
    /// `reasoning_details` where that is there.
    pub reasoning: Option<Text<'a>>,
    /// The signatures of it: `reasoning_signature`.
    pub signature: Option<Text<'a>>,
    /// What only the provider can read of it: `redacted_reasoning`.
    pub redacted: Option<Text<'a>>,
    /// A mark for prompt caching on the message as a whole, an object as it stands.
    pub cache_control: Option<&'a str>,
    /// Further members, such as a provider's own blocks: `extra_content`.
    pub extra: Option<&'a str>,
}

/// A tool call of an assistant's message.
#[derive(Clone, Debug)]
pub struct ToolCall<'a> {
    /// Its id.
    pub id: Cow<'a, str>,
    /// The function's name.
    pub name: Cow<'a, str>,
    /// JSON text, by a model: it may be anything.
    pub arguments: Text<'a>,
    /// The signature that came with it.
    pub signature: Option<Text<'a>>,
    /// Where it stands: `messages[1].tool_calls[0]`.
    pub path: String,
}

impl<'a> ToolCall<'a> {
    /// The arguments as a JSON object: `{}` for none. What is none, as when a model wrote it wrongly or was cut
    /// off, stands in an object as a text, so that the model sees what it had called; the form is Anthropic's:
    /// <https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming>.
    #[must_use]
    pub fn object(&self) -> Cow<'a, str> {
        let text = self.arguments.decoded();
        if matches!(text.trim(), "" | "null") {
            return Cow::Borrowed("{}");
        }
        if Object::parse_str(&text).is_ok() {
            return text;
        }
        Cow::Owned(format!("{{\"INVALID_JSON\":{}}}", quoted(&text)))
    }
}

/// One part of a message's content.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// What it is.
    pub content: Content<'a>,
    /// A mark for prompt caching (`cache_control`), an object as it stands.
    pub cache_control: Option<&'a str>,
    /// Where it stands: `messages[0].content[1]`.
    pub path: Path,
}

/// Where a part stands.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    message: usize,
    part: Option<usize>,
}

impl core::fmt::Display for Path {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.part {
            Some(part) => write!(out, "messages[{}].content[{part}]", self.message),
            None => write!(out, "messages[{}].content", self.message),
        }
    }
}

/// What a part says.
#[derive(Clone, Debug)]
pub enum Content<'a> {
    /// A text.
    Text(Text<'a>),
    /// An assistant's refusal.
    Refusal(Text<'a>),
    /// A picture.
    Image {
        /// Where it is.
        source: Source<'a>,
        /// `low`, `high` or `auto`.
        detail: Option<Cow<'a, str>>,
    },
    /// A document.
    File {
        /// Where it is.
        source: Source<'a>,
        /// Its name.
        filename: Option<Cow<'a, str>>,
    },
    /// Sound, in base64.
    Audio {
        /// The data, in standard form.
        base64: Cow<'a, str>,
        /// `wav` or `mp3`; what a client says besides stays.
        format: Cow<'a, str>,
    },
    /// A video (`video_url`), which some providers take beside OpenAI's kinds.
    Video(Source<'a>),
}

/// Where a picture or a document is.
#[derive(Clone, Debug)]
pub enum Source<'a> {
    /// Here.
    Data {
        /// Its media type, in lower case, without parameters.
        media_type: Cow<'a, str>,
        /// The data, in base64 of standard form.
        base64: Cow<'a, str>,
    },
    /// At an address that the proxy does not open.
    Url(Cow<'a, str>),
    /// With the provider, under an id of its own.
    Id(Cow<'a, str>),
}

impl<'a> Source<'a> {
    /// The text of a file that is one (`text/plain`, `text/csv`, `application/json`, …); `None` for other
    /// files, for those that are elsewhere, and for data that is no UTF-8 in base64.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        let Self::Data { media_type, base64 } = self else { return None };
        let texts = media_type.starts_with("text/")
            || ["application/json", "application/xml", "application/yaml"].contains(&media_type.as_ref());
        texts.then(|| base64::decode(base64)).flatten().and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// Reads a `data:` URL, or keeps another one.
    pub(crate) fn url(text: Cow<'a, str>, path: &str) -> Result<Self, Error> {
        if !text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:")) {
            return Ok(Self::Url(text));
        }
        let invalid = || {
            Error::invalid(format!(
                "Invalid value for '{path}': a data URL must be of the form data:<media type>;base64,<data>."
            ))
            .param(path)
            .code("invalid_value")
        };
        let rest = text.get(5..).unwrap_or_default();
        let (head, data) = rest.split_once(',').ok_or_else(invalid)?;
        let mut head = head.split(';').map(str::trim);
        let media_type = head.next().unwrap_or_default().to_ascii_lowercase();
        if !head.any(|parameter| parameter.eq_ignore_ascii_case("base64")) {
            return Err(invalid());
        }
        // The data is most of the body: it is not copied where that can be helped.
        let start = text.len().saturating_sub(data.len());
        let base64 = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(start..).unwrap_or_default()),
            Cow::Owned(mut text) => Cow::Owned(text.split_off(start)),
        };
        let media_type = match media_type.as_str() {
            "" => "text/plain".to_owned(),
            "image/jpg" => "image/jpeg".to_owned(),
            _ => media_type,
        };
        let base64 = base64::standard(base64);
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        if base64.is_empty() || !base64.bytes().all(fits) {
            return Err(invalid());
        }
        Ok(Self::Data { media_type: Cow::Owned(media_type), base64 })
    }
}

impl<'a> Message<'a> {
    pub(super) fn read(at: usize, text: &'a str, room: &mut Room) -> Result<Self, Error> {
        room.take("messages")?;
        let path = |name: &str| format!("messages[{at}]{name}");
        let object = Object::parse_str(text).map_err(|_| wrong_type(&path(""), "an object", text))?;
        let role = match object.string("role").as_deref() {
            Some("system") => Role::System,
            Some("developer") => Role::Developer,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool" | "function") => Role::Tool,
            None => return Err(missing(&path(".role"))),
            Some(other) => {
                let hint = " Supported values are: 'system', 'assistant', 'user', 'function', 'tool' and 'developer'.";
                return Err(wrong_value(&path(".role"), other, hint));
            }
        };
        let value = |name| object.get(name).filter(|value| kind(value) != Kind::Null);
        let text = |name| value(name).and_then(Text::of).filter(|text| !text.is_empty());
        let mut message = Message {
            at,
            role,
            parts: Vec::new(),
            name: text("name"),
            tool_calls: Vec::new(),
            tool_call_id: Cow::Borrowed(""),
            reasoning: text("reasoning").or_else(|| text("reasoning_content")),
            signature: text("reasoning_signature"),
            redacted: text("redacted_reasoning"),
            cache_control: value("cache_control"),
            extra: value("extra_content"),
        };
        // Told whole and once, these survive clients that lose a part of the others.
        for detail in value("reasoning_details").into_iter().flat_map(items) {
            let Ok(detail) = Object::parse_str(detail) else { continue };
            let text = |name| detail.get(name).and_then(Text::of).filter(|text| !text.is_empty());
            match detail.string("type").as_deref() {
                Some("reasoning.text") => {
                    (message.reasoning, message.signature) = (text("text"), text("signature"));
                }
                Some("reasoning.encrypted") => message.redacted = text("data"),
                _ => {}
            }
        }
        match value("content") {
            Some(content) if kind(content) == Kind::String => {
                message.parts = vec![Part {
                    content: Content::Text(Text::Json(content)),
                    cache_control: None,
                    path: Path { message: at, part: None },
                }];
            }
            Some(content) if kind(content) == Kind::Array => {
                for (index, part) in items(content).enumerate() {
                    room.take("messages")?;
                    message.parts.push(Part::read(Path { message: at, part: Some(index) }, part)?);
                }
            }
            Some(other) => return Err(wrong_type(&path(".content"), "a string or an array", other)),
            None if role == Role::Assistant => {}
            None => return Err(missing(&path(".content"))),
        }
        if let Some(refusal) = text("refusal") {
            let path = Path { message: at, part: None };
            message.parts.push(Part { content: Content::Refusal(refusal), cache_control: None, path });
        }
        match role {
            Role::Assistant => message.read_calls(&object, room)?,
            // The older role names the function, of which there is one call.
            Role::Tool => {
                let id = object.string("tool_call_id").or_else(|| object.string("name"));
                message.tool_call_id = id.ok_or_else(|| missing(&path(".tool_call_id")))?;
            }
            _ => {}
        }
        Ok(message)
    }

    fn read_calls(&mut self, object: &Object<'a>, room: &mut Room) -> Result<(), Error> {
        let at = self.at;
        let array = |value: &&str| kind(value) != Kind::Null;
        if let Some(calls) = object.get("tool_calls").filter(array) {
            if kind(calls) != Kind::Array {
                return Err(wrong_type(&format!("messages[{at}].tool_calls"), "an array", calls));
            }
            for (index, text) in items(calls).enumerate() {
                room.take("messages")?;
                let path = format!("messages[{at}].tool_calls[{index}]");
                let call = Object::parse_str(text).map_err(|_| wrong_type(&path, "an object", text))?;
                let Some(function) = call.get("function") else {
                    return Err(missing(&format!("{path}.function")));
                };
                let id = call.string("id").ok_or_else(|| missing(&format!("{path}.id")))?;
                let signature = call.get("thought_signature").and_then(Text::of).or_else(|| googles(&call));
                self.tool_calls.push(ToolCall::read(path, id, function, signature)?);
            }
        } else if let Some(function) = object.get("function_call").filter(array) {
            let path = format!("messages[{at}].function_call");
            let name = Object::parse_str(function).ok().and_then(|call| call.string("name"));
            let id = name.ok_or_else(|| missing(&format!("{path}.name")))?;
            self.tool_calls.push(ToolCall::read(path, id, function, None)?);
        }
        Ok(())
    }
}

/// The signature where Google's own OpenAI-compatible API puts it.
fn googles<'a>(call: &Object<'a>) -> Option<Text<'a>> {
    let inner = |object: &Object<'a>, name| Object::parse(object.get(name)?.as_bytes()).ok();
    let google = inner(&inner(call, "extra_content")?, "google")?;
    google.get("thought_signature").and_then(Text::of)
}

impl<'a> ToolCall<'a> {
    fn read(
        path: String,
        id: Cow<'a, str>,
        function: &'a str,
        signature: Option<Text<'a>>,
    ) -> Result<Self, Error> {
        let at = format!("{path}.function");
        let function = Object::parse_str(function).map_err(|_| wrong_type(&at, "an object", function))?;
        let name = function.string("name").ok_or_else(|| missing(&format!("{at}.name")))?;
        let arguments = match function.get("arguments") {
            None => Text::Plain(""),
            Some(value) => Text::of(value)
                .or_else(|| (kind(value) == Kind::Null).then_some(Text::Plain("")))
                .ok_or_else(|| wrong_type(&format!("{at}.arguments"), "a string", value))?,
        };
        Ok(Self { id, name, arguments, signature, path })
    }
}

impl<'a> Part<'a> {
    fn read(path: Path, text: &'a str) -> Result<Self, Error> {
        // Some clients write a text as a bare string.
        if let Some(text) = Text::of(text) {
            return Ok(Self { content: Content::Text(text), cache_control: None, path });
        }
        let object = Object::parse_str(text).map_err(|_| wrong_type(&path.to_string(), "an object", text))?;
        let at = |name: &str| format!("{path}.{name}");
        let kind_named = object.string("type").ok_or_else(|| missing(&at("type")))?;
        let cache_control = object.get("cache_control").filter(|value| kind(value) == Kind::Object);
        let inner = |name: &str| -> Result<Object<'a>, Error> {
            let value = object.get(name).ok_or_else(|| missing(&at(name)))?;
            Object::parse_str(value).map_err(|_| wrong_type(&at(name), "an object", value))
        };
        let text = |name: &str| -> Result<Text<'a>, Error> {
            let value = object.get(name).ok_or_else(|| missing(&at(name)))?;
            Text::of(value).ok_or_else(|| wrong_type(&at(name), "a string", value))
        };
        let content = match kind_named.as_ref() {
            // Responses' names of the same parts, which agents mix up, mean the same.
            "text" | "input_text" | "output_text" => Content::Text(text("text")?),
            "refusal" => Content::Refusal(text("refusal")?),
            "image_url" => {
                // Some clients leave the object out and write the address alone.
                let (url, detail) = match object.get("image_url").and_then(Text::of) {
                    Some(url) => (url.decoded(), object.string("detail")),
                    None => {
                        let image = inner("image_url")?;
                        let (url, id) = (image.string("url"), image.string("file_id"));
                        let detail = image.string("detail");
                        // Responses have pictures by their ids; a surface writes them so.
                        if let (None, Some(id)) = (&url, id) {
                            let content = Content::Image { source: Source::Id(id), detail };
                            return Ok(Self { content, cache_control, path });
                        }
                        (url.ok_or_else(|| missing(&at("image_url.url")))?, detail)
                    }
                };
                Content::Image { source: Source::url(url, &at("image_url.url"))?, detail }
            }
            "video_url" => {
                let url = inner("video_url")?.string("url").ok_or_else(|| missing(&at("video_url.url")))?;
                Content::Video(Source::url(url, &at("video_url.url"))?)
            }
            "file" => {
                let file = inner("file")?;
                let filename = file.string("filename");
                let source = if let Some(data) = file.string("file_data") {
                    file_data(data, filename.as_deref(), &at("file.file_data"))?
                } else if let Some(id) = file.string("file_id") {
                    Source::Id(id)
                } else {
                    let url = file.string("file_url").or_else(|| file.string("uri"));
                    Source::url(url.ok_or_else(|| missing(&at("file.file_data")))?, &at("file.uri"))?
                };
                Content::File { source, filename }
            }
            "input_audio" => {
                let audio = inner("input_audio")?;
                let data = audio.string("data");
                Content::Audio {
                    base64: base64::standard(data.ok_or_else(|| missing(&at("input_audio.data")))?),
                    format: audio.string("format").ok_or_else(|| missing(&at("input_audio.format")))?,
                }
            }
            other => {
                let hint = " Supported values are: 'text', 'image_url', 'input_audio', 'file', 'refusal' and 'video_url'.";
                return Err(wrong_value(&at("type"), other, hint));
            }
        };
        Ok(Self { content, cache_control, path })
    }
}

/// A file's data: a data URL, or base64 alone as some clients send it, whose type the name tells.
fn file_data<'a>(data: Cow<'a, str>, filename: Option<&str>, path: &str) -> Result<Source<'a>, Error> {
    let extension = filename.and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
    let named = match extension.as_deref() {
        Some("txt" | "text") => Some("text/plain"),
        Some("md") => Some("text/markdown"),
        Some("csv") => Some("text/csv"),
        Some("html" | "htm") => Some("text/html"),
        Some("json") => Some("application/json"),
        Some("pdf") => Some("application/pdf"),
        Some("png") => Some("image/png"),
        Some("jpg" | "jpeg") => Some("image/jpeg"),
        Some("gif") => Some("image/gif"),
        Some("webp") => Some("image/webp"),
        _ => None,
    };
    if data.starts_with("data:") || data.contains("://") {
        return Ok(match (Source::url(data, path)?, named) {
            // A type that says nothing is told by the name, too.
            (Source::Data { media_type, base64 }, Some(named)) if media_type == UNKNOWN => {
                Source::Data { media_type: Cow::Borrowed(named), base64 }
            }
            (source, _) => source,
        });
    }
    // Without a name it is what most files are; under one that is not known here the dialect may know it.
    let media_type = named.unwrap_or(if extension.is_none() { "application/pdf" } else { UNKNOWN });
    Ok(Source::Data { media_type: Cow::Borrowed(media_type), base64: base64::standard(data) })
}

/// The type of data of which nothing is said.
const UNKNOWN: &str = "application/octet-stream";

impl Part<'_> {
    /// 400: a provider does not take such a part; `why` is the end of a sentence.
    #[must_use]
    pub fn refused(&self, why: &str) -> Error {
        let path = self.path.to_string();
        Error::invalid(format!("Invalid content at '{}': {why}", shown(&path)))
            .param(path)
            .code("unsupported_content")
    }
}
