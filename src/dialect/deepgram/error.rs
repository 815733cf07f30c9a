//! Failing answers of Deepgram, as OpenAI's error object.
//!
//! They are `{"err_code", "err_msg", "request_id"}`, or `{"category", "message", "details", "request_id"}`.
//!
//! Source: <https://developers.deepgram.com/reference/errors>.

use crate::dialect::openai;
use crate::error::Error;
use crate::wire::json::Object;

/// What a failing answer says. Never fails.
pub(super) fn read(status: u16, body: &[u8]) -> Error {
    let object = Object::parse(body.trim_ascii()).ok();
    let text = |name| object.as_ref().and_then(|object| object.string(name)).filter(|text| !text.is_empty());
    let message = match (text("err_msg"), text("message"), text("details")) {
        (Some(message), ..) => message.into_owned(),
        (None, Some(message), Some(details)) => format!("{message} {details}"),
        (None, Some(message), None) => message.into_owned(),
        (None, None, _) => return openai::error::read(status, body),
    };
    let message: String = message.chars().take(4000).collect();
    let says = |words: &str| message.to_ascii_lowercase().contains(words);
    match status {
        // "No such model/language/tier combination found."
        400 | 404 if says("model") => Error::new(404, message).param("model").code("model_not_found"),
        402 => Error {
            kind: "insufficient_quota".to_owned(),
            ..Error::new(429, message).code("insufficient_quota")
        },
        // "Input text exceeds maximum character limit of 2000."
        413 if says("character") => Error::new(400, message).param("input").code("string_above_max_length"),
        422 => Error::new(400, message),
        503 => Error::new(503, message).code("server_is_overloaded"),
        _ => Error::new(status, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_openais_names() {
        for (status, body, expected) in [
            (
                401,
                r#"{"err_code":"INVALID_AUTH","err_msg":"Invalid credentials."}"#,
                (401, Some("invalid_api_key"), None),
            ),
            (
                402,
                r#"{"err_code":"ASR_PAYMENT_REQUIRED","err_msg":"No."}"#,
                (429, Some("insufficient_quota"), None),
            ),
            (400, r#"{"category":"INVALID_JSON","message":"Bad.","details":"Line 1."}"#, (400, None, None)),
            (
                400,
                r#"{"err_code":"Bad Request","err_msg":"No such model/version combination found."}"#,
                (404, Some("model_not_found"), Some("model")),
            ),
            (
                413,
                r#"{"err_code":"Payload Too Large","err_msg":"Input text exceeds maximum character limit of 2000."}"#,
                (400, Some("string_above_max_length"), Some("input")),
            ),
            (502, "<html>", (502, None, None)),
        ] {
            let error = read(status, body.as_bytes());
            assert!(!error.message.is_empty(), "{body}");
            assert_eq!((error.status, error.code.as_deref(), error.param.as_deref()), expected, "{body}");
        }
    }
}
