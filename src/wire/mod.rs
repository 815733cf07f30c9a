//! Forms on the wire, without meaning: JSON, server-sent events, multipart.

pub mod base64;
pub mod json;
pub mod multipart;
pub mod splice;
pub mod sse;
pub mod write;
