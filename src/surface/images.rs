//! Images: made, edited and varied.

use crate::chat::Params;
use crate::dialect::{Body, Call};
use crate::error::Error;

/// A request.
#[derive(Debug)]
pub struct Request<'a> {
    /// What it says.
    pub params: Params<'a>,
}

impl<'a> Request<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 that names the member which is missing or cannot be read.
    pub fn read(call: &Call<'_>, body: Body<'a>) -> Result<Self, Error> {
        let elsewhere = |name: &str| call.is_orq(name) || name == "model";
        let params = match body {
            Body::Json(object) => Params::new(object, elsewhere),
            Body::Form(form) => Params::of_form(form, elsewhere)?,
        };
        Ok(Self { params })
    }
}
