//! The rows: every provider that the proxy knows, in alphabetical order of their ids.

mod a_to_e;
mod f_to_l;
mod m_to_o;
mod p_to_z;
mod transcripts;

use super::{Change, Given, Provider, Quirk, Replay, Route, Search, Spoken, Thinking, quirk};
use crate::endpoint::Endpoint;

const CHATS: &[Endpoint] = &[Endpoint::ChatCompletions];

/// Where pictures are made and edited.
const IMAGES: &[Endpoint] = &[Endpoint::ImageGenerations, Endpoint::ImageEdits];

/// "Unknown parameter: 'response_format'.": OpenAI's image models give pictures themselves.
const GPT_IMAGES: Quirk = Quirk {
    endpoints: IMAGES,
    change: Change::Pictures(Given::Data),
    models: &["chatgpt-image-", "gpt-image-"],
};

/// "This parameter is only supported for `dall-e-3`."
const NO_STYLE: Quirk = Quirk { change: Change::Unsupported("style"), ..GPT_IMAGES };

/// `reasoning_effort`, which never is none, …
const EFFORT: Thinking = Thinking::Effort { off: None, levels: &["low", "medium", "high"] };

/// … or may be.
const EFFORT_OR_NONE: Thinking = Thinking::Effort { off: Some("none"), levels: &["low", "medium", "high"] };

/// How models that start with one of these are asked to think; without any: all.
const fn thinks(models: &'static [&'static str], form: Thinking) -> Quirk {
    Quirk { endpoints: CHATS, change: Change::Thinking(form), models }
}

/// How models that start with one of these are asked to search the web; without any: all.
const fn searches(models: &'static [&'static str], form: Search) -> Quirk {
    Quirk { endpoints: CHATS, change: Change::Search(form), models }
}

/// It takes `web_search_options` as OpenAI does.
const NATIVE_SEARCH: Search = Search::Native { off: None, domains: None };

/// The provider has no word for `thinking`.
const NO_THINKING: Quirk = quirk(CHATS, Change::Unsupported("thinking"));

/// The provider does not search the web in a chat. Most ignore the wish, and answer as if they had.
const NO_SEARCH: Quirk = quirk(CHATS, Change::Unsupported("web_search_options"));

/// Reasoning goes back by the name under which it came, the more common one …
const REPLAYS_CONTENT: Quirk = quirk(CHATS, Change::Reasoning(Replay::As("reasoning_content")));

/// … and the other.
const REPLAYS_REASONING: Quirk = quirk(CHATS, Change::Reasoning(Replay::As("reasoning")));

const SPEECH: &[Endpoint] = &[Endpoint::Speech];

/// How models that start with one of these speak; without any: all.
const fn speaks(models: &'static [&'static str], form: &'static Spoken) -> Quirk {
    Quirk { endpoints: SPEECH, change: Change::Speech(form), models }
}

/// The voice is not told how to say something.
const NO_INSTRUCTIONS: Quirk = quirk(SPEECH, Change::Unsupported("instructions"));

/// The pace of speech is what it is.
const NO_SPEED: Quirk = quirk(SPEECH, Change::Unsupported("speed"));

/// A route of models that start with one of these. Others of the provider are told as a chat, where that can be.
const fn serves(models: &'static [&'static str], route: Route) -> Route {
    Route { models, ..route }
}

/// A route that models which start with one of these do not have. They are told as a chat.
const fn but(models: &'static [&'static str], route: Route) -> Route {
    Route { but: models, ..route }
}

/// Every row.
pub fn all() -> impl Iterator<Item = &'static Provider> {
    a_to_e::ROWS.iter().chain(f_to_l::ROWS).chain(m_to_o::ROWS).chain(p_to_z::ROWS)
}

/// The row of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Provider> {
    all().find(|row| row.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Change, Host};

    #[test]
    fn rows_stand_in_the_order_of_their_ids_and_none_twice() {
        let ids: Vec<_> = all().map(|row| row.id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(ids.len() >= 36);
    }

    #[test]
    fn every_row_is_whole() {
        for row in all() {
            let id = row.id;
            assert!(
                row.docs.starts_with("https://") && !row.name.is_empty() && !row.routes.is_empty(),
                "{id}"
            );
            assert!(
                row.base_path.is_empty() || (row.base_path.starts_with('/') && !row.base_path.ends_with('/')),
                "{id}"
            );
            assert!(!matches!(row.host, Host::Public("") | Host::Configured("")), "{id}");
            for routes in [row.routes, row.versioned] {
                assert!(routes.iter().all(|route| route.path.starts_with('/')), "{id}");
                assert!(
                    routes.is_sorted_by(|a, b| {
                        a.endpoint < b.endpoint
                            || (a.endpoint == b.endpoint && !(a.models.is_empty() && a.but.is_empty()))
                    }),
                    "{id}: routes in the order of endpoints"
                );
            }
            for quirk in row.quirks {
                let served = |endpoint: &crate::endpoint::Endpoint| {
                    row.routes.iter().any(|route| route.endpoint == *endpoint)
                };
                assert!(quirk.endpoints.iter().all(served), "{id}: {quirk:?}");
                if let Change::Clamp { min, max, .. } = quirk.change {
                    assert!(min <= max, "{id}");
                }
            }
        }
    }
}
