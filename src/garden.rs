//! The Model Garden: what clients may name, and the provider and model behind each name.

use crate::auth::Key;
use crate::endpoint::Endpoint;
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

    /// The providers with this endpoint of which a key may use a model, in the order of their ids.
    pub fn with<'g>(&'g self, endpoint: Endpoint, key: &'g Key) -> impl Iterator<Item = &'g Upstream> {
        self.providers
            .values()
            .filter(move |upstream| upstream.endpoints().any(|other| other == endpoint))
            .filter(move |upstream| {
                key.models
                    .as_ref()
                    .is_none_or(|list| list.iter().any(|pattern| self.reaches(pattern, upstream)))
            })
    }

    /// Whether a pattern can name a model of a provider.
    fn reaches(&self, pattern: &Pattern, upstream: &Upstream) -> bool {
        let own = |id: &str| id.split_once('/').is_some_and(|(provider, _)| provider == upstream.id);
        let entry = |matches: &dyn Fn(&Entry) -> bool| self.entries.iter().any(matches);
        match pattern {
            Pattern::Exactly(id) => own(id) || entry(&|entry| entry.id == *id && own(&entry.target)),
            Pattern::StartsWith(start) => {
                let own_start = format!("{}/", upstream.id).starts_with(start.as_str());
                own(start)
                    || own_start
                    || entry(&|entry| entry.id.starts_with(start.as_str()) && own(&entry.target))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    #[test]
    fn a_key_reaches_the_providers_of_which_it_may_use_a_model() {
        let text = br#"{"keys":[],"providers":{"openai":{},"xai":{},"openailike":{"host":"h"},"groq":{}},
            "models":["*",{"id":"fast","target":"openailike/m"}]}"#;
        let gateway = config::load(text, &|_| None).unwrap();
        let keepers = |models: Option<&[&str]>| -> Vec<String> {
            let patterns = models.map(|list| list.iter().map(|text| Pattern::parse(text).unwrap()).collect());
            let key = Key { id: "k".to_owned(), sha256: [0; 32], models: patterns, expires_at: None };
            let with = gateway.garden.with(Endpoint::StoredResponses, &key);
            with.map(|upstream| upstream.id.clone()).filter(|id| id.starts_with("openai")).collect()
        };
        assert_eq!(keepers(None), ["openai", "openailike"]);
        assert_eq!(keepers(Some(&["*"])), ["openai", "openailike"]);
        assert_eq!(keepers(Some(&["openai*"])), ["openai", "openailike"]);
        assert_eq!(keepers(Some(&["openai/gpt-4*"])), ["openai"]);
        assert_eq!(keepers(Some(&["openai/gpt-4o", "groq/x"])), ["openai"]);
        assert_eq!(keepers(Some(&["fast"])), ["openailike"]);
        assert!(keepers(Some(&["groq/*"])).is_empty(), "it keeps none");
        assert!(keepers(Some(&[])).is_empty());
    }
}
