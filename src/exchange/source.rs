//! Who reads a stream that is translated, and writes what the client gets: a chat's dialect and surface, or the
//! converter of another endpoint.

use crate::dialect::{Convert, Event, Flow, Framing, Translate};
use crate::error::Error;
use crate::surface::Surface;
use crate::usage::Usage;

/// One of both.
#[derive(Debug)]
pub(super) enum Source {
    /// A chat is told to a surface.
    Chat(Box<dyn Translate>, Box<dyn Surface>),
    /// Another endpoint's answer is converted; what was made of it and not fetched yet.
    Other(Box<dyn Convert>, Cut, Vec<u8>),
}

/// How a stream is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cut {
    /// Into events.
    Events(Framing),
    /// Not at all.
    Bytes,
}

impl Source {
    pub(super) fn cut(&self) -> Cut {
        match self {
            Self::Chat(translate, _) => Cut::Events(translate.framing()),
            Self::Other(_, cut, _) => *cut,
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>) -> Result<Flow, Error> {
        match self {
            Self::Chat(translate, surface) => translate.event(event, &mut **surface),
            Self::Other(convert, _, out) => convert.event(event, out),
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self {
            Self::Chat(..) => Ok(()),
            Self::Other(convert, _, out) => convert.bytes(bytes, out),
        }
    }

    /// Whether the stream may end where it did.
    pub(super) fn end(&mut self) -> bool {
        match self {
            Self::Chat(translate, _) => translate.may_end(),
            Self::Other(convert, _, out) => convert.end(out),
        }
    }

    /// Whether all that began has told how it ended.
    pub(super) fn finished(&self) -> bool {
        match self {
            Self::Chat(_, surface) => surface.finished(),
            Self::Other(..) => true,
        }
    }

    /// Writes what stands at the end.
    pub(super) fn close(&mut self) {
        if let Self::Chat(_, surface) = self {
            surface.close();
        }
    }

    /// Ends the stream with an error.
    pub(super) fn fail(&mut self, error: &Error) {
        match self {
            Self::Chat(_, surface) => surface.fail(error),
            Self::Other(_, _, out) => {
                out.extend_from_slice(b"event: error\ndata: ");
                out.extend_from_slice(error.body().as_bytes());
                out.extend_from_slice(b"\n\n");
            }
        }
    }

    /// What the client gets that was not fetched yet.
    pub(super) fn take(&mut self) -> Vec<u8> {
        match self {
            Self::Chat(_, surface) => surface.take().into_bytes(),
            Self::Other(_, _, out) => core::mem::take(out),
        }
    }

    /// How many bytes are kept to be written at the end.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Chat(_, surface) => surface.held(),
            Self::Other(convert, ..) => convert.held(),
        }
    }

    pub(super) fn counted(&self) -> Option<Usage> {
        match self {
            Self::Chat(_, surface) => surface.counted(),
            Self::Other(convert, ..) => convert.counted(),
        }
    }
}
