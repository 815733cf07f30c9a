//! An OpenAI-compatible AI proxy as one Envoy HTTP filter.
//!
//! A client that speaks OpenAI's API reaches every model of its Model Garden; the filter checks its
//! key, resolves `provider/model`, rewrites path, host and body for that provider, and passes the
//! answer back. Envoy's clusters carry the traffic.
//!
//! The way of a request through the rooms:
//!
//! * [`filter`](crate) takes Envoy's callbacks and carries out what an [`exchange`] says.
//! * [`gateway`] is the loaded [`config`]: the client keys ([`auth`]), the Model Garden ([`garden`]),
//!   the providers that are on ([`provider`]).
//! * [`endpoint`] says what a path asks for; [`headers`], [`error`] and [`usage`] are its nouns.
//! * [`dialect`] turns requests and answers into a provider's language and back; [`chat`] is the
//!   vocabulary in between, [`surface`] what a client hears.
//! * [`wire`] knows the forms (JSON, server-sent events, multipart), and nothing of their meaning.
//! * [`orq`] names what in a request speaks to the proxy itself.

#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::string_slice,
        reason = "test code: what panics here fails a test, no stream of a client"
    )
)]

pub mod auth;
pub mod chat;
pub mod config;
pub mod dialect;
pub mod endpoint;
pub mod error;
pub mod exchange;
#[cfg(target_os = "wasi")]
mod filter;
pub mod garden;
pub mod gateway;
pub mod headers;
pub mod orq;
pub mod provider;
pub mod surface;
pub mod usage;
pub mod wire;
