//! Marks for prompt caching: `cache_control`.
//!
//! Source: <https://platform.claude.com/docs/en/build-with-claude/prompt-caching>.

use crate::dialect::Call;
use crate::error::Error;
use crate::wire::json::Object;
use crate::wire::write::Writer;

/// "A maximum of 4 blocks with cache_control may be provided."
const MOST: usize = 4;

/// The marks of a request.
#[derive(Debug)]
pub struct Marks {
    left: usize,
}

impl Marks {
    /// None set so far.
    #[must_use]
    pub fn new() -> Self {
        Self { left: MOST }
    }

    /// Writes the mark that a place has, if any, while there may be more. Those behind are named.
    ///
    /// # Errors
    /// 400 for a mark that is none, and where too many are refused.
    pub fn write(
        &mut self,
        call: &mut Call<'_>,
        mark: Option<&str>,
        place: &str,
        out: &mut Writer,
    ) -> Result<(), Error> {
        let Some(mark) = mark else { return Ok(()) };
        let param =
            if place.is_empty() { "cache_control".to_owned() } else { format!("{place}.cache_control") };
        if !is_mark(mark) {
            let message = format!(
                "Invalid value for '{param}': it must be {{\"type\": \"ephemeral\"}}, with a `ttl` of '5m' or '1h' at most."
            );
            return Err(Error::invalid(message).param(param).code("invalid_value"));
        }
        let Some(left) = self.left.checked_sub(1) else { return call.drop_param(&param) };
        self.left = left;
        out.raw_member("cache_control", mark);
        Ok(())
    }
}

fn is_mark(mark: &str) -> bool {
    let Ok(object) = Object::parse(mark.as_bytes()) else { return false };
    let fits = |name: &str, value: &str| match name {
        "type" => value == "\"ephemeral\"",
        "ttl" => matches!(value, "\"5m\"" | "\"1h\""),
        _ => false,
    };
    object.get("type").is_some()
        && object.members().iter().all(|member| fits(&member.name, object.value(member)))
}
