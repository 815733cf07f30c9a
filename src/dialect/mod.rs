//! The languages that providers speak.
//!
//! A dialect is a folder here. It turns a client's request into the provider's, and the provider's
//! answer into the client's; it knows no Envoy, no clock and no configuration.

pub mod openai;

use crate::endpoint::Endpoint;
use crate::error::{Error, shown};
use crate::gateway::Unsupported;
use crate::orq;
use crate::provider::{Route, Upstream};
use crate::wire::json::Object;
use crate::wire::multipart::Form;
use crate::wire::splice::Splices;

/// One language.
pub trait Dialect: Sync + core::fmt::Debug {
    /// Its name, as the configuration writes it.
    fn id(&self) -> &'static str;

    /// What a server of this language serves, unless a row says otherwise.
    fn routes(&self) -> &'static [Route];

    /// Turns the client's body into the provider's.
    ///
    /// # Errors
    /// 400 when the request cannot be said in this language.
    fn request(&self, call: &mut Call<'_>, body: Body<'_>) -> Result<Sent, Error>;

    /// Turns the body of a provider's failing answer into OpenAI's error object, as JSON. Any body
    /// will do.
    fn error(&self, status: u16, body: &[u8]) -> Vec<u8>;
}

/// The body that goes to the provider.
#[derive(Debug)]
pub enum Sent {
    /// The client's, with these changes.
    Spliced(Splices),
}

/// The most parameters that are named as left out.
const MOST_DROPPED: usize = 32;

/// A request whose model is resolved, as dialects see it.
#[derive(Debug)]
pub struct Call<'a> {
    /// What the client calls.
    pub endpoint: Endpoint,
    /// Where it goes.
    pub upstream: &'a Upstream,
    /// The model's name there.
    pub model: &'a str,
    /// What becomes of parameters that the provider does not take.
    pub unsupported: Unsupported,
    /// The parameters that were left out so far.
    pub dropped: Vec<String>,
}

impl Call<'_> {
    /// Whether a member of the body is Orq's own, and not one of that name that the provider has.
    #[must_use]
    pub fn is_orq(&self, name: &str) -> bool {
        orq::is_own(name) && !self.upstream.own_params.contains(&name)
    }

    /// Leaves a parameter out, or refuses the request, as configured.
    ///
    /// # Errors
    /// 400 that names the parameter and the provider.
    pub fn drop_param(&mut self, param: &str) -> Result<(), Error> {
        match self.unsupported {
            Unsupported::Drop => {
                // They stand in a header of the answer, and stay as long as it lasts.
                if self.dropped.len() < MOST_DROPPED {
                    self.dropped.push(shown(param));
                }
                Ok(())
            }
            Unsupported::Reject => Err(Error::invalid(format!(
                "Unsupported parameter: '{}' is not supported with models of {}.",
                shown(param),
                self.upstream.id
            ))
            .param(shown(param))
            .code("unsupported_parameter")),
        }
    }
}

/// The body of a request, its `model` found.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// A JSON object.
    Json(&'a Object<'a>),
    /// `multipart/form-data`
    Form(&'a Form<'a>),
}

static ALL: [&dyn Dialect; 1] = [&openai::OPENAI];

/// The dialect of this name.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Dialect> {
    ALL.into_iter().find(|dialect| dialect.id() == id)
}

/// The names of all dialects.
pub fn ids() -> impl Iterator<Item = &'static str> {
    ALL.into_iter().map(Dialect::id)
}
