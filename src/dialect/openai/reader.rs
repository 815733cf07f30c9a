//! Chat answers in OpenAI's own language, read for a client that asked for something else than a chat.

use super::extensions::{self, Mender};
use crate::chat::Answer;
use crate::dialect::{Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::surface::Wanted;
use crate::wire::json::Object;

/// Reads one answer.
#[derive(Debug)]
pub struct Reader {
    /// The provider's id, for errors.
    provider: String,
    wanted: Wanted,
    mender: Mender,
}

impl Reader {
    /// A reader at the start of an answer.
    #[must_use]
    pub fn new(provider: &str, wanted: Wanted) -> Self {
        Self { provider: provider.to_owned(), mender: Mender::new(wanted.clone()), wanted }
    }
}

impl Translate for Reader {
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    fn whole(&mut self, _: &Object<'_>, _: &mut dyn Answer) -> Result<(), Error> {
        let _ = (&self.wanted, &mut self.mender, extensions::whole);
        Err(Error::unreadable(&self.provider))
    }

    fn event(&mut self, _: &Event<'_>, _: &mut dyn Answer) -> Result<Flow, Error> {
        Ok(Flow::Unknown)
    }
}
