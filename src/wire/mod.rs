//! Forms on the wire, without meaning: JSON, server-sent events, AWS event streams, multipart.

pub mod base64;
pub mod eventstream;
pub mod json;
pub mod merged;
pub mod multipart;
pub mod node;
pub mod outgoing;
pub mod splice;
pub mod sse;
pub mod vector;
pub mod wav;
pub mod write;
