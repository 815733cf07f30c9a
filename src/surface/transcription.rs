//! Transcriptions and translations: speech as text.

use crate::chat::Params;
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::multipart::Form;

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
    pub fn read(call: &Call<'_>, form: &Form<'a>) -> Result<Self, Error> {
        let params = Params::of_form(form, |name| call.is_orq(name) || name == "model")?;
        Ok(Self { params })
    }
}
