//! Anthropic's Messages API.

pub mod models;
pub mod schema;
