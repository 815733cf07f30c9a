//! Failing answers of ElevenLabs, as OpenAI's error object.
//!
//! Their form is `{"detail": {"status": …, "message": …}}`, newer ones with `type`, `code` and `param` beside them;
//! a body that its schema refuses has FastAPI's list as `detail`.
//!
//! Source: <https://elevenlabs.io/docs/eleven-api/resources/errors>.

use crate::dialect::openai;
use crate::error::Error;
use crate::wire::json::Object;

/// What a failing answer says. Never fails.
pub(super) fn read(status: u16, body: &[u8]) -> Error {
    let outer = Object::parse(body.trim_ascii()).ok();
    let detail = outer.as_ref().and_then(|outer| outer.get("detail"));
    let Some(detail) = detail.and_then(|detail| Object::parse(detail.as_bytes()).ok()) else {
        let mut error = openai::error::read(status, body);
        // FastAPI's, of a body that does not fit the schema.
        if status == 422 {
            error.status = 400;
        }
        return error;
    };
    let said = detail.string("message").filter(|message| !message.trim().is_empty());
    let message = said.map_or_else(
        || format!("The provider answered with status {status} and did not say why."),
        |message| message.chars().take(4000).collect(),
    );
    let named = detail.string("status").or_else(|| detail.string("code")).unwrap_or_default();
    match named.as_ref() {
        "voice_not_found" | "invalid_voice_id" => {
            Error::new(400, message).param("voice").code("invalid_value")
        }
        "model_not_found" | "invalid_model" | "invalid_model_id" => {
            Error::new(404, message).param("model").code("model_not_found")
        }
        // "This request exceeds your quota of 10000. You have 119 credits remaining, …": 401.
        "quota_exceeded" | "insufficient_credits" | "payment_required" => Error {
            kind: "insufficient_quota".to_owned(),
            ..Error::new(429, message).code("insufficient_quota")
        },
        // "This request's text has 12000 characters and exceeds the character limit of 10000 characters."
        "max_character_limit_exceeded" | "text_too_long" => {
            Error::new(400, message).param("input").code("string_above_max_length")
        }
        // Some formats are for dearer plans.
        "output_format_not_allowed" | "invalid_output_format" => {
            Error::new(400, message).param("response_format").code("unsupported_value")
        }
        // "… unusual activity …", and what a key may not do, are no fault of the key itself.
        "missing_permissions" | "detected_unusual_activity" => Error::new(403, message),
        "too_many_concurrent_requests" | "rate_limit_exceeded" => Error::new(429, message),
        "system_busy" => Error::new(503, message).code("server_is_overloaded"),
        _ if status == 422 => Error::new(400, message),
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
                404,
                r#"{"detail":{"status":"voice_not_found","message":"No."}}"#,
                (400, Some("invalid_value"), Some("voice")),
            ),
            (
                401,
                r#"{"detail":{"status":"invalid_api_key","message":"No."}}"#,
                (401, Some("invalid_api_key"), None),
            ),
            (
                401,
                r#"{"detail":{"status":"quota_exceeded","message":"No."}}"#,
                (429, Some("insufficient_quota"), None),
            ),
            (
                403,
                r#"{"detail":{"status":"output_format_not_allowed","message":"No."}}"#,
                (400, Some("unsupported_value"), Some("response_format")),
            ),
            (
                429,
                r#"{"detail":{"status":"too_many_concurrent_requests","message":"No."}}"#,
                (429, Some("rate_limit_exceeded"), None),
            ),
            (
                422,
                r#"{"detail":[{"loc":["body","text"],"msg":"Field required","type":"missing"}]}"#,
                (400, None, None),
            ),
            (500, "", (500, None, None)),
        ] {
            let error = read(status, body.as_bytes());
            assert!(!error.message.is_empty(), "{body}");
            assert_eq!((error.status, error.code.as_deref(), error.param.as_deref()), expected, "{body}");
        }
    }
}
