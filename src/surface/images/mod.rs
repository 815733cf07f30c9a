//! Pictures: `/images/generations`, `/images/edits` and `/images/variations`.
//!
//! What is asked for is one [`Request`], whether it comes as JSON or as a form; a dialect writes its provider's body from
//! it, and tells the [`Made`] pictures of the answer to what was [`Asked`].
//!
//! Sources: <https://platform.openai.com/docs/api-reference/images>, and Orq's reference of the proxy.

mod answer;
mod own;
mod picture;
mod repeats;
mod request;
mod size;

#[cfg(test)]
mod tests;

pub use answer::{Asked, Made, Tokens, blocked};
pub use own::{Own, Reads, base64_or_url, created, in_openais_terms, without_means};
pub use picture::{Base64, Picture, Source, media_type, media_type_of_base64};
pub use request::{Encoding, Format, MOST, Quality, Request};
pub use size::{Shape, Shapes, Sides, Size};
