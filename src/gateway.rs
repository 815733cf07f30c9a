//! The loaded configuration, shared by all exchanges of one VM.

use crate::auth::Keys;
use crate::exchange::Exchange;
use crate::garden::Garden;
use std::rc::Rc;

/// Everything that one configuration says.
#[derive(Debug)]
pub struct Gateway {
    /// The path below which the API stands, without a slash at its end.
    pub base_path: String,
    /// Who may come in.
    pub keys: Keys,
    /// What they may name.
    pub garden: Garden,
    /// How much of it.
    pub limits: Limits,
    /// What becomes of parameters that a provider does not take.
    pub unsupported: Unsupported,
}

/// Limits of size, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body of a request, and of an answer that is held.
    pub body_bytes: usize,
    /// The largest event of a stream that is looked into.
    pub event_bytes: usize,
}

/// What becomes of a parameter that a provider does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsupported {
    /// It is left out, and named in the answer's header `x-orq-dropped-params`.
    Drop,
    /// The request is refused with 400.
    Reject,
}

impl Gateway {
    /// A gateway of these parts.
    #[must_use]
    pub fn new(
        base_path: String,
        keys: Keys,
        garden: Garden,
        limits: Limits,
        unsupported: Unsupported,
    ) -> Self {
        Self { base_path, keys, garden, limits, unsupported }
    }

    /// Opens the exchange of one request and its answer.
    #[must_use]
    pub fn exchange(self: &Rc<Self>) -> Exchange {
        Exchange::new(Rc::clone(self))
    }
}
