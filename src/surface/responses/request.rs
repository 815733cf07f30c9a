//! A request of `/responses`, said as a chat.

use crate::dialect::{self, Call};
use crate::error::Error;
use crate::surface::AsChat;
use crate::wire::json::Object;

/// Says a request as a chat. `dialect`: the language of the provider that will read it.
///
/// # Errors
/// 400 for what a chat cannot say.
pub fn as_chat(call: &mut Call<'_>, _object: &Object<'_>, _dialect: &str) -> Result<AsChat, Error> {
    Err(dialect::unserved(call))
}
