//! Failing answers, and errors within streams.
//!
//! Sources: <https://platform.claude.com/docs/en/api/errors>; `types/shared/error_type.py` and the
//! classes by `error_code` of anthropic-sdk-python; for the sentences, issues in which they are quoted.
//! Vertex AI answers in Google's form when the request does not reach the model.

use crate::dialect::Failure;
use crate::dialect::openai::error::mended;
use crate::error::Error;
use crate::wire::json::Object;

/// Sentences of `invalid_request_error` that mean a prompt which is too long.
const TOO_LONG: [&str; 4] = [
    "prompt is too long",
    "exceed context limit",
    "context window",
    "exceeds the maximum allowed number of tokens",
];
/// Sentences that mean money.
const QUOTA: [&str; 4] =
    ["credit balance is too low", "usage limits", "spend limit", "workspace api usage limit"];
/// Sentences that mean a filter.
const FILTER: [&str; 2] = ["content filtering policy", "content management policy"];

/// What a failing answer says.
#[must_use]
pub fn told(status: u16, body: &[u8]) -> Failure {
    read_body(status, body).unwrap_or_else(|| foreign(status, body))
}

/// What a failing answer says in Anthropic's form; `None` for another.
#[must_use]
pub fn read_body(status: u16, body: &[u8]) -> Option<Failure> {
    let object = Object::parse(body.trim_ascii()).ok();
    let inner = object.as_ref().and_then(|object| object.get("error"))?;
    let inner = Object::parse(inner.as_bytes()).ok()?;
    read(status, &inner).map(|error| Failure::from(&error))
}

/// An error object of Anthropic's, within a stream or an answer of 200. Of another form: `None`.
#[must_use]
pub fn read(status: u16, inner: &Object<'_>) -> Option<Error> {
    let kind = inner.string("type")?;
    let message = inner.string("message")?;
    let lower = message.to_ascii_lowercase();
    let says = |sentences: &[&str]| sentences.iter().any(|sentence| lower.contains(sentence));
    let details = inner.get("details").and_then(|details| Object::parse(details.as_bytes()).ok());
    let detail = details.as_ref().and_then(|details| details.string("error_code")).unwrap_or_default();
    let error = |status: u16| Error::new(status, message.as_ref());
    let quota = || {
        let mut error = error(429).code("insufficient_quota");
        error.kind = "insufficient_quota".to_owned();
        error
    };
    Some(match kind.as_ref() {
        "authentication_error" => error(401),
        "billing_error" => quota(),
        "permission_error" => error(403),
        "not_found_error" if lower.starts_with("model:") || lower.contains("model") => {
            error(404).code("model_not_found")
        }
        "not_found_error" => error(404),
        "request_too_large" if says(&TOO_LONG) => too_long(error(400)),
        "request_too_large" => {
            let mut error = error(413).code("request_too_large");
            error.kind = "invalid_request_error".to_owned();
            error
        }
        "rate_limit_error" if says(&QUOTA) || detail.contains("spend_limit") => quota(),
        "rate_limit_error" => error(429),
        "overloaded_error" => {
            let mut error = error(529);
            error.status = 503;
            error
        }
        "timeout_error" => error(504),
        "api_error" => error(if status >= 500 { status } else { 500 }),
        "invalid_request_error" if says(&TOO_LONG) => too_long(error(400)),
        "invalid_request_error" if says(&QUOTA) => quota(),
        "invalid_request_error" if says(&FILTER) => error(400).code("content_filter"),
        "invalid_request_error" => {
            let error = error(if (400..500).contains(&status) { status } else { 400 });
            match param(&message) {
                Some(param) => error.param(param),
                None => error,
            }
        }
        // OpenAI-compatible fronts, and types to come.
        _ if (400..600).contains(&status) => error(if status == 529 { 503 } else { status }),
        _ => error(500),
    })
}

fn too_long(error: Error) -> Error {
    error.code("context_length_exceeded").param("messages")
}

/// OpenAI's name of the parameter that a message starts with: `max_tokens: 9 > 8, which …`.
fn param(message: &str) -> Option<&'static str> {
    let path = message.split_once(':')?.0;
    let root = path.split('.').next().unwrap_or_default();
    [
        ("max_tokens", "max_tokens"),
        ("messages", "messages"),
        ("metadata", "user"),
        ("output_config", "response_format"),
        ("service_tier", "service_tier"),
        ("stop_sequences", "stop"),
        ("system", "messages"),
        ("temperature", "temperature"),
        ("thinking", "thinking"),
        ("tool_choice", "tool_choice"),
        ("tools", "tools"),
        ("top_k", "top_k"),
        ("top_p", "top_p"),
    ]
    .into_iter()
    .find(|(name, _)| *name == root)
    .map(|(_, param)| param)
}

/// An answer of a server before the model, in whatever form.
fn foreign(status: u16, body: &[u8]) -> Failure {
    let status = if status == 529 { 503 } else { status };
    Failure { status, body: mended(status, body), retry_after: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn seen(status: u16, kind: &str, message: &str) -> (u16, Value, Value, Value) {
        let body = json!({"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"});
        let failure = told(status, body.to_string().as_bytes());
        let told: Value = serde_json::from_slice(&failure.body).unwrap();
        assert_eq!(told["error"]["message"], message);
        let error = &told["error"];
        (failure.status, error["type"].clone(), error["code"].clone(), error["param"].clone())
    }

    #[test]
    fn every_kind_has_openais_status_type_and_code() {
        let invalid = "invalid_request_error";
        for (status, kind, message, expected) in [
            (
                401,
                "authentication_error",
                "invalid x-api-key",
                (401, invalid, json!("invalid_api_key"), Value::Null),
            ),
            (
                402,
                "billing_error",
                "pay",
                (429, "insufficient_quota", json!("insufficient_quota"), Value::Null),
            ),
            (403, "permission_error", "no", (403, invalid, Value::Null, Value::Null)),
            (
                404,
                "not_found_error",
                "model: claude-0",
                (404, invalid, json!("model_not_found"), Value::Null),
            ),
            (
                413,
                "request_too_large",
                "Request exceeds the maximum size",
                (413, invalid, json!("request_too_large"), Value::Null),
            ),
            (
                429,
                "rate_limit_error",
                "slow",
                (429, "rate_limit_error", json!("rate_limit_exceeded"), Value::Null),
            ),
            (500, "api_error", "oops", (500, "server_error", Value::Null, Value::Null)),
            (504, "timeout_error", "late", (504, "timeout_error", Value::Null, Value::Null)),
            (
                529,
                "overloaded_error",
                "Overloaded",
                (503, "service_unavailable_error", json!("server_is_overloaded"), Value::Null),
            ),
            (
                400,
                invalid,
                "prompt is too long: 210000 tokens > 200000 maximum",
                (400, invalid, json!("context_length_exceeded"), json!("messages")),
            ),
            (
                400,
                invalid,
                "input length and `max_tokens` exceed context limit: 199211 + 20000 > 200000",
                (400, invalid, json!("context_length_exceeded"), json!("messages")),
            ),
            (
                400,
                invalid,
                "Your credit balance is too low to access the Anthropic API.",
                (429, "insufficient_quota", json!("insufficient_quota"), Value::Null),
            ),
            (
                400,
                invalid,
                "Output blocked by content filtering policy",
                (400, invalid, json!("content_filter"), Value::Null),
            ),
            (
                400,
                invalid,
                "max_tokens: 9 > 8, which is the maximum",
                (400, invalid, Value::Null, json!("max_tokens")),
            ),
            (400, invalid, "stop_sequences.0: too long", (400, invalid, Value::Null, json!("stop"))),
            (418, "teapot_error", "tea", (418, invalid, Value::Null, Value::Null)),
        ] {
            let (told, kind_told, code, param) = seen(status, kind, message);
            assert_eq!((told, kind_told.as_str().unwrap(), code, param), expected, "{message}");
        }
    }

    #[test]
    fn a_spend_limit_is_no_rate_limit() {
        let body = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "m",
            "details": {"error_code": "enforced_spend_limit_reached"}}});
        let told = told(429, body.to_string().as_bytes());
        assert!(String::from_utf8(told.body).unwrap().contains("\"code\":\"insufficient_quota\""));
    }

    #[test]
    fn other_forms_are_told_too() {
        let google = br#"[{"error":{"code":429,"message":"Quota exceeded","status":"RESOURCE_EXHAUSTED"}}]"#;
        let failure = told(429, google);
        let body: Value = serde_json::from_slice(&failure.body).unwrap();
        assert_eq!((failure.status, &body["error"]["message"]), (429, &json!("Quota exceeded")));
        assert_eq!(body["error"]["code"], "rate_limit_exceeded");
        assert_eq!(told(529, b"<html>").status, 503);
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_told_as_an_error(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let told: Value = serde_json::from_slice(&told(500, &body).body).unwrap();
            assert!(told["error"]["message"].is_string());
        }
    }
}
