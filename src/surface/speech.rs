//! Speech: texts as sound.

use crate::chat::Params;
use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::Object;

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
    pub fn read(call: &Call<'_>, object: &Object<'a>) -> Result<Self, Error> {
        let params = Params::new(object, |name| call.is_orq(name) || name == "model");
        Ok(Self { params })
    }
}
