//! Pictures, by `InvokeModel`: each vendor's models have a form of their own.

use super::{canvas, stability};
use crate::dialect::{Call, Sent};
use crate::error::{Error, shown};
use crate::surface::images::Request;

/// How the names of Stability AI's models begin.
pub(super) const STABILITY: &str = "stability.";

/// The pictures that Amazon's models read.
pub(super) const TYPES: &[&str] = &["image/png", "image/jpeg"];

pub(super) fn ask(call: &mut Call<'_>, request: &Request<'_>) -> Result<Sent, Error> {
    let model = call.model;
    // An inference profile has its region in front, an ARN what it belongs to.
    let name = model.rsplit('/').next().unwrap_or(model);
    let name = match name.split_once('.') {
        Some(("us" | "eu" | "apac" | "us-gov" | "global" | "jp" | "au" | "ca", rest)) => rest,
        _ => name,
    };
    match () {
        () if canvas::is(name) => canvas::ask(call, request, name),
        () if name.starts_with(STABILITY) => stability::ask(call, request, name),
        () => Err(Error::invalid(format!(
            "The model {} makes no pictures here: choose one of Amazon's (Nova Canvas, Titan) or of Stability AI's.",
            shown(model)
        ))
        .param("model")
        .code("unsupported_endpoint")),
    }
}
