//! Providers as data: who they are, where they listen, what they serve, and how their form of
//! OpenAI's language differs.
//!
//! A provider is one row of [`table`]. The same row can come from the filter's configuration, so
//! nothing outside this room may ask for a provider by name.

pub mod path;
pub mod table;
pub mod transcripts;
mod upstream;

pub use transcripts::Transcripts;
pub use upstream::{Settings, Upstream};

use crate::dialect::openai::embeddings::Packed;
use crate::dialect::{self, Dialect};
use crate::endpoint::Endpoint;
use crate::surface::embeddings::Words;
use crate::surface::speech::Format;

/// One provider: a row of the table.
#[derive(Debug)]
pub struct Provider {
    /// What clients write before the first slash of a model, and the name of its Envoy cluster.
    pub id: &'static str,
    /// The vendor's own name, for documentation.
    pub name: &'static str,
    /// The vendor's page that this row follows.
    pub docs: &'static str,
    /// Where its API listens.
    pub host: Host,
    /// The path before every route's own, without a slash at its end: `/v1`, or `` for none. `{project}`
    /// and the like stand for settings of that name, which must then be configured.
    pub base_path: &'static str,
    /// How a request is authorised.
    pub auth: Auth,
    /// Headers of every request, beside the one of `auth`.
    pub headers: &'static [(&'static str, &'static str)],
    /// What it serves. An endpoint that is not here is refused before any upstream call.
    pub routes: &'static [Route],
    /// Its older form, used instead when `api_version` is configured: `routes` with paths from
    /// the host's root, and the version in the query.
    pub versioned: &'static [Route],
    /// Where it listens when the places that `base_path` names are not configured: an API for keys
    /// that belong to no place.
    pub placeless: Option<Placeless>,
    /// What its form of OpenAI's language does not share with OpenAI's own.
    pub quirks: &'static [Quirk],
    /// Parameters of its own that go by a name which elsewhere is one of Orq's.
    pub own_params: &'static [&'static str],
    /// Its answers in OpenAI's language can hold more than OpenAI's own, or less, and are brought to one form: those of
    /// chats ([`extensions`](crate::dialect::openai::extensions)) and of embeddings
    /// ([`embeddings`](crate::dialect::openai::embeddings)).
    pub extends_chat: bool,
}

impl Provider {
    /// What a row leaves unsaid.
    pub const ROW: Self = Self {
        id: "",
        name: "",
        docs: "",
        host: Host::Configured("models.example.com"),
        base_path: "/v1",
        auth: Auth::Bearer,
        headers: &[],
        routes: &[],
        versioned: &[],
        placeless: None,
        quirks: &[],
        own_params: &[],
        extends_chat: true,
    };
}

/// Where a provider listens unless the configuration says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// A public API behind TLS at port 443.
    Public(&'static str),
    /// A server of the operator's own: plain HTTP, at this port of the machine unless configured.
    Local(u16),
    /// Known to the operator alone (a resource or an instance name): `host` must be configured.
    /// The text is an example of one.
    Configured(&'static str),
    /// A public API of many regions.
    Regional {
        /// The setting that names the region: `region`.
        by: &'static str,
        /// The host, with `{}` in the place of the region.
        host: &'static str,
        /// Regions whose host is not of that form.
        others: &'static [(&'static str, &'static str)],
    },
}

/// A provider's API for keys that belong to no project and no region.
#[derive(Clone, Copy, Debug)]
pub struct Placeless {
    /// Its host.
    pub host: &'static str,
    /// The path before every route's own.
    pub base_path: &'static str,
    /// How a request is authorised.
    pub auth: Auth,
}

/// The header that carries a provider's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// `authorization: Bearer <key>`
    Bearer,
    /// `authorization: <scheme> <key>`
    Scheme(&'static str),
    /// `<name>: <key>`
    Header(&'static str),
}

/// An endpoint that a provider serves, at a path of its own, in a dialect.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    /// What clients call.
    pub endpoint: Endpoint,
    /// The path below `base_path`. `{model}` stands for the upstream model as one path segment,
    /// percent-encoded, and `{model/}` for as many segments as it has.
    pub path: &'static str,
    /// The path of streams, where it is another.
    pub stream_path: Option<&'static str>,
    /// The language spoken there.
    pub dialect: &'static dyn Dialect,
    /// Only for upstream models whose id starts with one of these; empty: for all. The first route
    /// that fits counts.
    pub models: &'static [&'static str],
    /// Not for upstream models whose id starts with one of these.
    pub but: &'static [&'static str],
    /// How a request is authorised here, where that is not how the provider's others are.
    pub auth: Option<Auth>,
    /// Where it listens, where that is not where the provider's others do: a public API. A `host` that is configured
    /// stands for this one, too.
    pub host: Option<&'static str>,
}

/// A route in OpenAI's own language.
#[must_use]
pub const fn openai(endpoint: Endpoint, path: &'static str) -> Route {
    native(endpoint, path, &dialect::openai::OPENAI)
}

/// A route in this language.
#[must_use]
pub const fn native(endpoint: Endpoint, path: &'static str, dialect: &'static dyn Dialect) -> Route {
    Route { endpoint, path, stream_path: None, dialect, models: &[], but: &[], auth: None, host: None }
}

/// The model of an endpoint whose requests need not name one, as the garden calls it: the default that OpenAI's
/// specification gives.
#[must_use]
pub const fn default_model(endpoint: Endpoint) -> Option<&'static str> {
    match endpoint {
        Endpoint::Moderations => Some("openai/omni-moderation-latest"),
        _ => None,
    }
}

/// How a provider's form of one endpoint differs from OpenAI's. Applied in the order written.
/// Names are of top-level members of the request's body.
#[derive(Clone, Copy, Debug)]
pub struct Quirk {
    /// Where it holds.
    pub endpoints: &'static [Endpoint],
    /// What differs.
    pub change: Change,
    /// Only for upstream models whose id starts with one of these; empty: for all.
    pub models: &'static [&'static str],
}

/// A quirk of all models.
#[must_use]
pub const fn quirk(endpoints: &'static [Endpoint], change: Change) -> Quirk {
    Quirk { endpoints, change, models: &[] }
}

/// One difference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// The provider knows the parameter by another name. When the client sends both, the one that
    /// the provider knows stays as it is and the other is dropped by name.
    Rename {
        /// OpenAI's name.
        from: &'static str,
        /// The provider's.
        to: &'static str,
    },
    /// The provider rejects the parameter: it is dropped, by name, or refused, as configured.
    Unsupported(&'static str),
    /// The provider rejects numbers outside this range: they are moved to its nearer end.
    Clamp {
        /// The parameter.
        param: &'static str,
        /// The least value it takes.
        min: f64,
        /// The greatest value it takes.
        max: f64,
    },
    /// The provider has no role `developer`: messages with it are sent with role `system`.
    DeveloperAsSystem,
    /// The provider refuses every parameter but these, and null where it stands for nothing: others are
    /// dropped by name.
    Only(&'static [&'static str]),
    /// How the reasoning of an earlier answer goes back. Other members that only the proxy's answers have
    /// (signatures, `extra_content`) are left out of messages. The first that holds for a model counts.
    Reasoning(Replay),
    /// The provider refuses members of messages but these. Those that come from an earlier answer are left
    /// out, others dropped by name.
    MessageMembers(&'static [&'static str]),
    /// Contents are lists of Mistral's chunks: thinking, `document_url` and audio in a form of their own. Ids
    /// of tool calls are nine letters and digits, and a last message of the assistant says that it is the
    /// beginning of the answer.
    Chunks,
    /// Tools are checked against a schema that knows functions with parameters alone.
    StrictTools,
    /// The provider runs these tools of OpenAI's Responses in a chat, too: each is asked for by its type alone.
    Runs(&'static [&'static str]),
    /// How `thinking` is asked for. The first that holds for a model counts.
    Thinking(Thinking),
    /// How `web_search_options` are asked for. The first that holds for a model counts.
    Search(Search),
    /// Transcriptions are OpenAI's in part. The first that holds for a model counts.
    Transcripts(&'static Transcripts),
    /// The inputs of embeddings are texts: arrays of tokens are refused.
    TextsAlone,
    /// The most inputs of a request of embeddings. One with more is refused.
    MostInputs(usize),
    /// What vectors are for is said in these words, whatever a client's own are.
    Purpose {
        /// The provider's words.
        words: Words,
        /// What is said when the client says nothing.
        usual: Option<&'static str>,
    },
    /// The provider does not take `float` and `base64` as `encoding_format`: none is sent, and vectors come as numbers
    /// or, in base64, as this.
    Vectors(Packed),
    /// Which sound there is, and without OpenAI's events, which the proxy makes. The first that holds for a model
    /// counts.
    Speech(&'static Spoken),
    /// Pictures come in one form, whatever `response_format` says, which does not go up.
    Pictures(Given),
}

/// The form in which a server gives pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The pictures themselves. Where addresses are wanted they are data URLs.
    Data,
    /// Their addresses.
    Urls,
}

/// The sound that a provider gives in OpenAI's form.
#[derive(Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The formats, and the provider's words for them. Where the client says nothing the first of them is asked for.
    /// None: what there is, is not known, and the client's word goes up as it is.
    pub formats: &'static [(Format, &'static str)],
    /// Members that samples are asked for with, so that they are what OpenAI's are: names, and values in JSON.
    pub pcm: &'static [(&'static str, &'static str)],
}

/// How the reasoning of an earlier answer goes back to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replay {
    /// Not at all.
    Out,
    /// As text, by this name.
    As(&'static str),
    /// As `reasoning`, and where it is signed as `reasoning_details`, too.
    Details,
    /// As a thinking chunk in front of the content.
    Chunk,
}

/// How a provider is asked to think, or not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// `thinking: {"type": "enabled"}` or `"disabled"`, without a budget; effort `none` is the second.
    Switch,
    /// `reasoning_effort`
    Effort {
        /// What stands for no thinking, if it can be had.
        off: Option<&'static str>,
        /// What stands for little to much of it. None: that it thinks goes without saying.
        levels: &'static [&'static str],
    },
    /// `enable_thinking`, and `thinking_budget`.
    Flag,
    /// `reasoning: {"enabled": …}`
    Object {
        /// With `max_tokens`.
        budget: bool,
    },
    /// `chat_template_kwargs`, under the two names that templates of open models know.
    Template,
}

/// How a provider is asked to search the web.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Search {
    /// It takes `web_search_options`.
    Native {
        /// This parameter turns the search off, which is on by itself.
        off: Option<&'static str>,
        /// This parameter lists domains: those to search alone, or, each with a minus sign, those to leave out.
        domains: Option<&'static str>,
    },
    /// This tool searches.
    Tool(&'static str),
    /// The tool of this type searches, and takes OpenAI's settings as `parameters`.
    Parameters(&'static str),
    /// This parameter, `true`, turns it on.
    Flag(&'static str),
    /// It searches and runs code by itself: `compound_custom` says which of both, and `search_settings` where.
    Compound,
}
