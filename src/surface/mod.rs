//! What clients hear of a translated answer: a surface is an [`Answer`] that writes OpenAI's bodies.
//!
//! A dialect knows none of them, and no surface knows a dialect.

pub mod chat;

use crate::chat::{Answer, Ids};
use crate::error::Error;
use crate::usage::Usage;
use crate::wire::json::{Kind, Object, kind};

/// An answer that is written while it is told. What was written so far is fetched with
/// [`take`](Surface::take).
pub trait Surface: Answer + core::fmt::Debug {
    /// Whether every choice that began has told why it ended, and there is one at all.
    fn finished(&self) -> bool;

    /// How many bytes are kept to be written at the end.
    fn held(&self) -> usize;

    /// Ends the answer: what was kept, the reasons, the usage if it was asked for, the mark of the end.
    fn close(&mut self);

    /// Ends the answer with an error.
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
