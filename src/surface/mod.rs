//! What clients speak: chat, completions and Responses.
//!
//! On the way up a surface says the client's request as a chat ([`as_chat`]), so that every dialect serves it. On
//! the way down it is an [`Answer`] that writes OpenAI's bodies ([`open`]). A dialect knows none of them, and no
//! surface knows a dialect.
//!
//! The other endpoints are small things of their own, a file each: the request as dialects read it, and OpenAI's form
//! of the answer, which their converters ([`Convert`](crate::dialect::Convert)) write.

pub mod chat;
pub mod completions;
pub mod embeddings;
pub mod images;
pub mod moderations;
mod names;
pub mod rerank;
pub mod responses;
pub mod speech;
pub mod transcription;

pub use names::{Names, Origin};

use crate::chat::{About, Answer, Citation, Ids};
use crate::dialect::Call;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::Text;
use std::borrow::Cow;
use std::rc::Rc;

/// An answer that is written while it is told, as a stream or as one body. What was written so far is fetched with
/// [`take`](Surface::take): of a stream at any time, of a body once it is closed.
pub trait Surface: Answer + core::fmt::Debug {
    /// Whether every choice that began has told why it ended, and there is one at all.
    fn finished(&self) -> bool;

    /// How many bytes are kept to be written at the end.
    fn held(&self) -> usize;

    /// Ends the answer: what was kept, the reasons, the usage if it was asked for, the mark of the end.
    fn close(&mut self);

    /// Ends a stream with an error.
    fn fail(&mut self, error: &Error);

    /// What was written since the last time.
    fn take(&mut self) -> String;

    /// What was counted.
    fn counted(&self) -> Option<Usage>;
}

/// What a client wants to hear.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// A stream.
    pub streams: bool,
    /// Its usage in a last chunk.
    pub usage: bool,
    /// The model, as its provider calls it, unless the answer names one.
    pub model: String,
    /// Ids, and the time.
    pub ids: Ids,
    /// In which form.
    pub form: Form,
}

/// The form of an answer, and what has to be known of the request for it.
#[derive(Clone, Debug, Default)]
pub enum Form {
    /// `/chat/completions`
    #[default]
    Chat,
    /// `/completions`
    Completions(Rc<completions::Asked>),
    /// `/responses`
    Responses(Rc<responses::Asked>),
}

/// A request of another surface, said as a chat.
#[derive(Debug)]
pub struct AsChat {
    /// The chat's body, JSON.
    pub body: Vec<u8>,
    /// What the client calls what stands in it.
    pub names: Names,
    /// The form of its answer.
    pub form: Form,
}

/// Whether models that only chat serve an endpoint all the same, by [`as_chat`].
#[must_use]
pub fn is_told_as_chat(endpoint: Endpoint) -> bool {
    matches!(endpoint, Endpoint::Completions | Endpoint::Responses)
}

/// Says a request of one of those endpoints as a chat. `dialect`: the language of the provider that will read it.
///
/// # Errors
/// 400 for what a chat cannot say.
pub fn as_chat(call: &mut Call<'_>, object: &Object<'_>, dialect: &str) -> Result<AsChat, Error> {
    match call.endpoint {
        Endpoint::Completions => completions::as_chat(call, object),
        _ => responses::as_chat(call, object, dialect),
    }
}

/// An answer of which nothing is told yet. `dialect`: the name of the provider's language.
#[must_use]
pub fn open(wanted: Wanted, dialect: &'static str) -> Box<dyn Surface> {
    match (wanted.form.clone(), wanted.streams) {
        (Form::Chat, true) => Box::new(chat::Chunks::new(wanted, dialect)),
        (Form::Chat, false) => Box::new(chat::Whole::new(wanted, dialect)),
        (Form::Completions(asked), _) => Box::new(completions::Completions::new(wanted, asked)),
        (Form::Responses(asked), _) => Box::new(responses::Responses::new(wanted, asked, dialect)),
    }
}

impl Wanted {
    /// Reads what a chat's body says of it.
    #[must_use]
    pub fn read(object: &Object<'_>, model: &str, ids: Ids) -> Self {
        let options = object.get("stream_options").filter(|options| kind(options) == Kind::Object);
        let options = options.and_then(|options| Object::parse(options.as_bytes()).ok());
        Self {
            streams: object.get("stream") == Some("true"),
            usage: options.is_some_and(|options| options.get("include_usage") == Some("true")),
            model: model.to_owned(),
            ids,
            form: Form::Chat,
        }
    }
}

/// The most choices of an answer; those behind are not told.
const MOST_CHOICES: usize = 128;

/// A choice of a list that grows as choices come.
fn choice_of<T: Default>(list: &mut Vec<T>, index: usize) -> Option<&mut T> {
    if index >= list.len() && index < MOST_CHOICES {
        list.resize_with(index.saturating_add(1), T::default);
    }
    list.get_mut(index)
}

/// What is known of an answer as a whole: the first of each that was told.
#[derive(Debug, Default)]
struct Known {
    id: Option<String>,
    model: Option<String>,
    created: Option<u64>,
    fingerprint: Option<String>,
    service_tier: Option<&'static str>,
}

impl Known {
    fn add(&mut self, about: About<'_>) {
        let own = |text: Option<Text<'_>>| {
            text.filter(|text| !text.is_empty()).map(|text| text.decoded().into_owned())
        };
        self.id = self.id.take().or_else(|| own(about.id));
        self.model = self.model.take().or_else(|| own(about.model));
        self.created = self.created.or(about.created);
        self.fingerprint = self.fingerprint.take().or_else(|| own(about.fingerprint));
        self.service_tier = self.service_tier.or(about.service_tier);
    }
}

/// A text as it stands in JSON, without quotes.
fn inner(text: Text<'_>) -> String {
    let mut out = String::new();
    text.push_to(&mut out);
    out
}

/// JSON on one line, which is all that an event's data can hold: a provider may write it on several. Within
/// strings no line ends.
fn in_line(json: &str) -> Cow<'_, str> {
    match memchr::memchr2(b'\n', b'\r', json.as_bytes()) {
        Some(_) => Cow::Owned(json.replace(['\n', '\r'], " ")),
        None => Cow::Borrowed(json),
    }
}

/// Adds a citation to a list of annotations, in the form that chats have.
fn push_citation(list: &mut String, citation: &Citation<'_>) {
    list.push_str(comma(list));
    list.push_str("{\"type\":\"url_citation\",\"url_citation\":{\"url\":\"");
    citation.url.push_to(list);
    list.push_str("\",\"title\":\"");
    citation.title.unwrap_or(citation.url).push_to(list);
    list.push_str(&format!("\",\"start_index\":{},\"end_index\":{}}}}}", citation.start, citation.end));
}

fn comma(list: &str) -> &'static str {
    if list.is_empty() { "" } else { "," }
}
