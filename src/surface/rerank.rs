//! Rerank: documents in the order of how well they fit a query.
//!
//! OpenAI has no such endpoint. The form is Orq's (<https://docs.orq.ai/reference/rerank>): Cohere's and Jina's, with
//! OpenAI's lists around it. A document is a text, an object of texts (`{"title": …, "text": …}`), or a picture
//! (`{"image": …}`, a URL or base64), with a text or without.

use crate::chat::{Params, missing, wrong_type, wrong_value};
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::wire::json::{Kind, Object, items, kind, string};
use crate::wire::write::{Text, Writer};

/// The most documents that are read. Vendors that say how many they take say 1000 at most.
const MOST_DOCUMENTS: usize = 10_000;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What the documents are to fit: a string that is not empty, or an object, as it stands.
    pub query: &'a str,
    /// The documents, each as it stands: a string, or an object. There is at least one.
    pub documents: Vec<&'a str>,
    /// How many of them are wanted, the best; from 1 to as many as there are. Absent: all.
    pub top_n: Option<usize>,
    /// Whether the answer is to hold the documents themselves. Absent: as the provider has it.
    pub return_documents: Option<bool>,
    /// What else it says.
    pub params: Params<'a>,
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let query = object.get("query").ok_or_else(|| missing("query"))?;
        match kind(query) {
            Kind::String if !Text::Json(query).is_empty() => {}
            Kind::Object => {}
            Kind::String => return Err(wrong_value("query", "", " Say what the documents are to fit.")),
            _ => return Err(wrong_type("query", "a string", query)),
        }
        let documents = documents(object)?;
        let params =
            Params::new(object, |name| call.is_orq(name) || matches!(name, "model" | "query" | "documents"));
        let top_n = match params.integer("top_n")? {
            None => None,
            Some(0) => return Err(wrong_value("top_n", "0", " It must be at least 1.")),
            // More than there are is all that there are, for every provider.
            Some(most) => Some(usize::try_from(most).unwrap_or(usize::MAX).min(documents.len())),
        };
        let return_documents = params.boolean("return_documents")?;
        Ok(Self { query, documents, top_n, return_documents, params })
    }
}

fn documents<'a>(object: &Object<'a>) -> Result<Vec<&'a str>, Error> {
    let list = object.get("documents").ok_or_else(|| missing("documents"))?;
    if kind(list) != Kind::Array {
        return Err(wrong_type("documents", "an array", list));
    }
    let documents: Vec<&str> = items(list).take(MOST_DOCUMENTS.saturating_add(1)).collect();
    if documents.is_empty() {
        let message = "Invalid 'documents': there are none. Send at least one.";
        return Err(Error::invalid(message).param("documents").code("empty_array"));
    }
    if documents.len() > MOST_DOCUMENTS {
        return Err(too_many(MOST_DOCUMENTS));
    }
    let other = |value: &&str| !matches!(kind(value), Kind::String | Kind::Object);
    match documents.iter().position(other) {
        Some(at) => {
            let value = documents.get(at).copied().unwrap_or_default();
            Err(wrong_type(&place(at), "a string or an object", value))
        }
        None => Ok(documents),
    }
}

/// 400: a vendor takes fewer documents.
#[must_use]
pub fn too_many(most: usize) -> Error {
    let message = format!("Invalid 'documents': at most {most} documents. Send them in parts.");
    Error::invalid(message).param("documents").code("array_above_max_length")
}

/// What errors call the document at this place.
#[must_use]
pub fn place(at: usize) -> String {
    format!("documents[{at}]")
}

/// A document, looked at.
#[derive(Debug)]
pub enum Document<'a> {
    /// A text.
    Text(Text<'a>),
    /// An object.
    Object(Object<'a>),
}

impl<'a> Document<'a> {
    /// A document, or a query, as it stands.
    #[must_use]
    pub fn of(value: &'a str) -> Self {
        match Object::parse(value.as_bytes()) {
            Ok(object) => Self::Object(object),
            Err(_) => Self::Text(Text::Json(value)),
        }
    }

    /// The picture: a URL or base64.
    #[must_use]
    pub fn image(&self) -> Option<Text<'a>> {
        let Self::Object(object) = self else { return None };
        let value = object.get("image").or_else(|| object.get("image_url"))?;
        match kind(value) {
            // As a chat says it.
            Kind::Object => Text::of(Object::parse(value.as_bytes()).ok()?.get("url")?),
            _ => Text::of(value),
        }
    }

    /// Whether there is any text.
    #[must_use]
    pub fn has_text(&self) -> bool {
        match self {
            Self::Text(text) => !text.is_empty(),
            Self::Object(object) => object.members().iter().any(|member| is_text(object, &member.name)),
        }
    }

    /// Writes its text as one string. Of an object that is its `text`, or when it has other members beside, all of
    /// them, a line each: `title: …`. (Cohere asks for YAML, and no reranker reads JSON better.)
    pub fn write_text(&self, out: &mut Writer) {
        let object = match self {
            Self::Text(text) => return out.text(*text),
            Self::Object(object) => object,
        };
        let mut texts: Vec<Text<'_>> = Vec::new();
        let named = object.members().iter().filter(|member| is_text(object, &member.name));
        let alone = named.clone().count() == 1 && object.get("text").is_some();
        for member in named {
            if !texts.is_empty() {
                texts.push(Text::Plain("\n"));
            }
            let value = object.value(member);
            if !alone {
                texts.extend([Text::Plain(&member.name), Text::Plain(": ")]);
            }
            texts.push(Text::of(value).unwrap_or(Text::Plain(value)));
        }
        out.texts(texts);
    }

    /// Writes it as an answer shows it: `{"text": …}`, or what the client wrote where there is a picture.
    pub fn write(&self, out: &mut Writer) {
        match self {
            Self::Object(object) if self.image().is_some() => {
                out.raw(core::str::from_utf8(object.text()).unwrap_or("{}"));
            }
            _ => out.object(|out| {
                out.name("text");
                self.write_text(out);
            }),
        }
    }
}

/// Whether a member belongs to the text of a document.
fn is_text(object: &Object<'_>, name: &str) -> bool {
    let value = object.get(name).unwrap_or_default();
    match name {
        "image" | "image_url" => false,
        // The part of a chat's message that says what it is.
        "type" => !matches!(string(value).as_deref(), Some("text" | "image_url")),
        _ => kind(value) != Kind::Null && Text::of(value).is_none_or(|text| !text.is_empty()),
    }
}

/// 400: the provider does not take this kind of document.
#[must_use]
pub fn no_images(call: &Call<'_>, param: &str) -> Error {
    call.unknown_form(param, "documents that are images", &format!("Send '{}' as text", shown(param)))
}

/// A document in an answer.
#[derive(Clone, Debug)]
pub struct Ranked<'a> {
    /// Its place in the request.
    pub index: usize,
    /// How well it fits, as it is written.
    pub score: std::borrow::Cow<'a, str>,
    /// The provider's own figure, as it stands, where the score is made of it.
    pub logit: Option<&'a str>,
    /// The document itself, as JSON.
    pub document: Option<std::borrow::Cow<'a, str>>,
}

/// What an answer says beside its documents.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// The provider's id of the answer.
    pub id: Option<Text<'a>>,
    /// The model, as the provider calls it.
    pub model: Text<'a>,
    /// What was counted: OpenAI's object, `total_tokens` in it.
    pub usage: Option<String>,
    /// What the provider bills by, where that is not tokens: Cohere's object.
    pub meta: Option<String>,
}

/// Writes an answer: the documents stand in the order in which they are told, the best first.
#[must_use]
pub fn answer(about: &About<'_>, ranked: &[Ranked<'_>]) -> String {
    let mut out = Writer::with_capacity(256);
    out.begin_object();
    if let Some(id) = about.id {
        out.text_member("id", id);
    }
    out.text_member("object", "list");
    out.text_member("model", about.model);
    out.name("results");
    out.begin_array();
    for ranked in ranked {
        out.begin_object();
        out.text_member("object", "rerank");
        out.raw_member("index", &ranked.index.to_string());
        out.raw_member("relevance_score", &ranked.score);
        if let Some(logit) = ranked.logit {
            out.raw_member("logit", logit);
        }
        if let Some(document) = &ranked.document {
            out.raw_member("document", document);
        }
        out.end_object();
    }
    out.end_array();
    for (name, value) in [("usage", &about.usage), ("meta", &about.meta)] {
        if let Some(value) = value {
            out.raw_member(name, value);
        }
    }
    out.end_object();
    out.finish()
}
