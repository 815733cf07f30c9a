//! Pictures: `/images/generations`, `/images/edits` and `/images/variations`.
//!
//! What is asked for is one [`Request`], whether it comes as JSON or as a form; a dialect writes its provider's body from
//! it, and tells the [`Made`] pictures of the answer to what was [`Asked`].
//!
//! | the client asks for | it gets |
//! |---|---|
//! | `size` | that size, or the nearest of the provider's, by data ([`Shapes`], [`Sides`]); named as left out where the picture has another shape, or not about as many pixels |
//! | `n` | as many pictures; of providers that make one a request by as many requests; named where they are fewer |
//! | `response_format` `b64_json` | the pictures; of providers with addresses alone those, and the parameter is named |
//! | `response_format` `url` | an address; of providers with pictures alone a data URL |
//! | neither | what the provider gives by itself |
//! | `stream` | a `completed` event for each picture, when all are there; of providers with addresses alone a 400 |
//! | an edit within a `mask` | as the provider edits; a mask that can be transparent, which is OpenAI's form, is a 400 where masks are black and white |
//! | a picture by its address | a 400 of providers that do not open it: the proxy opens none |
//! | a variation, of a provider that has none | an edit that asks for one |
//! | pictures that the provider holds back | those that are left, or OpenAI's `moderation_blocked` |
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
