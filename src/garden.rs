//! The Model Garden: what clients may name, and the provider and model behind each name.

use crate::auth::Key;
use crate::error::{Error, shown};
use crate::provider::Upstream;
use crate::wire::json::quoted;
use std::collections::BTreeMap;

/// The `created` of a model whose configuration does not give one: 2025-01-01T00:00:00Z. Any time
/// would do as long as it never changes.
const CREATED: u64 = 1_735_689_600;

/// The longest name of a model, in bytes. It stands in paths and headers.
const LONGEST: usize = 512;

/// A model id, or with `*` at its end every id that starts so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// This id.
    Exactly(String),
    /// Every id with this start.
    StartsWith(String),
}

impl Pattern {
    /// Reads a pattern; `None` when a `*` stands anywhere but at the end, or there is nothing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (start, any) = text.strip_suffix('*').map_or((text, false), |start| (start, true));
        if start.contains('*') || text.is_empty() {
            return None;
        }
        Some(if any { Self::StartsWith(start.to_owned()) } else { Self::Exactly(text.to_owned()) })
    }

    /// Whether the id is one of those.
    #[must_use]
    pub fn matches(&self, id: &str) -> bool {
        match self {
            Self::Exactly(this) => this == id,
            Self::StartsWith(start) => id.starts_with(start.as_str()),
        }
    }
}

/// A model of the garden by its own name.
#[derive(Debug)]
struct Entry {
    id: String,
    /// `provider/model`
    target: String,
    created: u64,
}

/// The garden.
#[derive(Debug, Default)]
pub struct Garden {
    providers: BTreeMap<String, Upstream>,
    /// In the order in which they are listed.
    entries: Vec<Entry>,
    by_id: BTreeMap<String, usize>,
    /// Ids that are usable though not listed.
    usable: Vec<Pattern>,
    /// The answer to `GET /models` of a key that may use them all.
    everything: String,
}

/// Where a model leads.
#[derive(Clone, Copy, Debug)]
pub struct Found<'g, 'm> {
    /// Its provider.
    pub upstream: &'g Upstream,
    /// Its name there.
    pub model: &'m str,
    /// `provider/model`
    pub target: &'m str,
}

impl Garden {
    /// A garden of these providers, without models.
    #[must_use]
    pub fn new(providers: BTreeMap<String, Upstream>) -> Self {
        Self { providers, ..Self::default() }
    }

    /// Lets every model of every provider be used.
    pub fn open(&mut self) {
        self.usable.push(Pattern::StartsWith(String::new()));
    }

    /// Adds a pattern of usable models, or a listed model.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub fn add(&mut self, id: &str, target: Option<&str>, created: Option<u64>) -> Result<(), String> {
        let known = |model: &str| match model.split_once('/') {
            Some((provider, _)) if !self.providers.contains_key(provider) => {
                Err(format!("the provider `{provider}` is not among `providers`"))
            }
            Some((_, "")) => Err(format!("`{model}` names no model")),
            Some((_, name)) => check_name(name).map_err(|error| error.message),
            None => Err(format!("`{model}` is not of the form provider/model")),
        };
        match Pattern::parse(id) {
            None => Err(format!("`{id}` is no model: a `*` can stand only at the end")),
            Some(Pattern::StartsWith(_)) if target.is_some() => {
                Err("an alias cannot end with `*`".to_owned())
            }
            Some(pattern @ Pattern::StartsWith(_)) => {
                if id != "*" {
                    known(id)?;
                }
                self.usable.push(pattern);
                Ok(())
            }
            Some(Pattern::Exactly(_)) => {
                let target = target.unwrap_or(id);
                known(target)?;
                if target.ends_with('*') {
                    return Err("an alias leads to one model".to_owned());
                }
                if self.by_id.insert(id.to_owned(), self.entries.len()).is_some() {
                    return Err(format!("`{id}` stands twice"));
                }
                self.entries.push(Entry {
                    id: id.to_owned(),
                    target: target.to_owned(),
                    created: created.unwrap_or(CREATED),
                });
                Ok(())
            }
        }
    }

    /// Ends the building.
    pub fn finish(&mut self) {
        self.everything = list(self.entries.iter());
    }

    /// The providers, by id.
    #[must_use]
    pub fn providers(&self) -> &BTreeMap<String, Upstream> {
        &self.providers
    }

    /// Resolves what a client wrote as `model`, for a key.
    ///
    /// # Errors
    /// 400 when it is no model id, 404 when it leads nowhere, 403 when the key may not use it.
    pub fn find<'g, 'm>(&'g self, id: &'m str, key: &Key) -> Result<Found<'g, 'm>, Error>
    where
        'g: 'm,
    {
        let target = match self.by_id.get(id).and_then(|index| self.entries.get(*index)) {
            Some(entry) => entry.target.as_str(),
            None => id,
        };
        let Some((provider, model)) = target.split_once('/') else {
            return Err(Error::invalid(format!(
                "Invalid model '{}': write it as provider/model, for example openai/gpt-4o.",
                shown(id)
            ))
            .param("model")
            .code("invalid_value"));
        };
        check_name(model)?;
        let upstream = self.providers.get(provider).ok_or_else(|| Error::no_model(id))?;
        if model.is_empty()
            || (!self.by_id.contains_key(id) && !self.usable.iter().any(|pattern| pattern.matches(id)))
        {
            return Err(Error::no_model(id));
        }
        if !key.may_use(&[id, target]) {
            let message = format!("Your API key does not have access to model `{}`.", shown(id));
            return Err(Error::new(403, message).code("model_not_found"));
        }
        Ok(Found { upstream, model, target })
    }

    /// The body of `GET /models` for a key.
    ///
    /// # Errors
    /// 404 when the configuration lists no model: an empty list would look like a fault of the key.
    pub fn list(&self, key: &Key) -> Result<String, Error> {
        if self.entries.is_empty() {
            return Err(Error::new(
                404,
                "No models are listed here: name them under `models` in the configuration of the proxy. A model that \
                 you know can be used all the same.",
            ));
        }
        if key.models.is_none() {
            return Ok(self.everything.clone());
        }
        Ok(list(self.entries.iter().filter(|entry| key.may_use(&[&entry.id, &entry.target]))))
    }

    /// The body of `GET /models/{model}` for a key.
    ///
    /// # Errors
    /// 404 when there is no such model for it.
    pub fn describe(&self, id: &str, key: &Key) -> Result<String, Error> {
        let none = || {
            Error::new(404, format!("The model '{}' does not exist", shown(id)))
                .param("model")
                .code("model_not_found")
        };
        let found = self.find(id, key).map_err(|_| none())?;
        let listed = self.by_id.get(id).and_then(|index| self.entries.get(*index));
        Ok(match listed {
            Some(entry) => object(&entry.id, &found.upstream.id, entry.created),
            None => object(id, &found.upstream.id, CREATED),
        })
    }
}

/// Refuses a model name that could be more than a name where a provider takes it in a path or a
/// header.
fn check_name(model: &str) -> Result<(), Error> {
    let fault = if model.chars().any(char::is_control) {
        "it holds a control character"
    } else if model.split('/').any(|part| part == "." || part == "..") {
        "it holds a path segment of dots"
    } else if model.len() > LONGEST {
        "it is longer than 512 bytes"
    } else {
        return Ok(());
    };
    Err(Error::invalid(format!("Invalid model '{}': {fault}.", shown(model)))
        .param("model")
        .code("invalid_value"))
}

fn list<'a>(entries: impl Iterator<Item = &'a Entry>) -> String {
    let owner = |entry: &Entry| entry.target.split('/').next().unwrap_or_default().to_owned();
    let data: Vec<String> = entries.map(|entry| object(&entry.id, &owner(entry), entry.created)).collect();
    format!("{{\"object\":\"list\",\"data\":[{}]}}", data.join(","))
}

fn object(id: &str, owner: &str, created: u64) -> String {
    format!(
        "{{\"id\":{},\"object\":\"model\",\"created\":{created},\"owned_by\":{}}}",
        quoted(id),
        quoted(owner)
    )
}
