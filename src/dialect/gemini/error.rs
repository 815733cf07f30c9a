//! Failing answers of Google's APIs, which are `google.rpc.Status` in JSON, in OpenAI's terms.
//!
//! Sources: <https://ai.google.dev/gemini-api/docs/troubleshooting>,
//! <https://docs.cloud.google.com/vertex-ai/generative-ai/docs/model-reference/api-errors>,
//! <https://google.aip.dev/193>.

use crate::dialect::{Failure, openai};
use crate::error::Error;
use crate::surface::images;
use crate::wire::json::{Kind, Object, items, kind};

/// What a failing answer says, as the client is told it. Any body will do.
///
/// The details stay here: some name the key, or the project that is billed.
#[must_use]
pub(super) fn failure(status: u16, body: &[u8]) -> Failure {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    // An answer that was to be a stream comes as an array of one.
    let one = if kind(text) == Kind::Array { items(text).next().unwrap_or_default() } else { text };
    let outer = Object::parse(one.as_bytes()).ok();
    let error = outer.as_ref().and_then(|outer| outer.get("error"));
    match error.and_then(|error| Object::parse(error.as_bytes()).ok()) {
        Some(error) => Failure { retry_after: retry_after(&error), ..Failure::from(&of(status, &error)) },
        None => Failure::from(&openai::error::read(status, body)),
    }
}

/// `google.rpc.RetryInfo`: `"36.4s"`.
fn retry_after(error: &Object<'_>) -> Option<u64> {
    let details = error.get("details").into_iter().flat_map(items);
    let delay =
        details.filter_map(|detail| Object::parse(detail.as_bytes()).ok()?.string("retryDelay")).next()?;
    let (seconds, part) = delay.strip_suffix('s')?.split_once('.').unwrap_or((delay.strip_suffix('s')?, "0"));
    let seconds: u64 = seconds.parse().ok()?;
    Some(seconds.saturating_add(u64::from(part.bytes().any(|digit| digit != b'0'))))
}

/// What the object under `error` says, as a stream has it, too. `status` is what the HTTP answer said;
/// an answer that began well is known by its own code.
#[must_use]
pub(super) fn of(status: u16, error: &Object<'_>) -> Error {
    let code = error.get("code").and_then(|code| code.parse().ok()).filter(|code| (400..600).contains(code));
    let status = if status < 400 { code.unwrap_or(500) } else { status };
    let message = error.string("message").filter(|message| !message.trim().is_empty());
    let message = message.as_deref().map_or_else(
        || format!("The provider answered with status {status} and did not say why."),
        |message| message.chars().take(4000).collect(),
    );
    let named = error.string("status").unwrap_or_default();
    let details: Vec<_> = error.get("details").into_iter().flat_map(items).collect();
    let has = |word: &str| details.iter().any(|detail| detail.contains(word));
    let says = |words: &str| message.contains(words);

    // An invalid key is a 400 here.
    if has("\"API_KEY_INVALID\"")
        || has("\"API_KEY_EXPIRED\"")
        || says("API key not valid")
        || says("API key expired")
    {
        return Error::new(401, message);
    }
    match (status, named.as_ref()) {
        // "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576)."
        (400, _) if says("token count") && says("exceeds the maximum") => {
            Error::new(400, message).param("messages").code("context_length_exceeded")
        }
        // "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI
        // practices."
        (400, _) if says("Responsible AI") => images::blocked(message),
        // "models/… is not found for API version v1beta", "Publisher Model `…` not found.", and in the
        // same words for models that the project may not use. Files and caches are missed in others.
        (404, _) if says("models/") || says("Model ") => {
            Error::new(404, message).param("model").code("model_not_found")
        }
        (429, _) | (_, "RESOURCE_EXHAUSTED") => {
            // Every limit is a quota to Google. One of a day is spent; those of a minute come with the time
            // to wait, and without a word on which it is, what helps is a better plan.
            let wait = has("google.rpc.RetryInfo") || has("PerMinute") || says("per minute");
            let spent = has("PerDay") || says("check your plan and billing details") && !wait;
            let spent = spent || says("credits are depleted");
            let mut error = Error::new(429, message);
            if spent {
                error.kind = "insufficient_quota".to_owned();
                error.code = Some("insufficient_quota".to_owned());
            }
            error
        }
        // "The model is overloaded. Please try again later."
        (503, _) => Error::new(503, message).code("server_is_overloaded"),
        _ => Error::new(status, message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> (u16, String, Option<String>, Option<String>) {
        let failure = failure(status, body.as_bytes());
        let body: serde_json::Value = serde_json::from_slice(&failure.body).unwrap();
        let text = |name: &str| body["error"][name].as_str().map(str::to_owned);
        (failure.status, text("type").unwrap(), text("code"), text("param"))
    }

    fn expected(
        status: u16,
        kind: &str,
        code: Option<&str>,
        param: Option<&str>,
    ) -> (u16, String, Option<String>, Option<String>) {
        (status, kind.to_owned(), code.map(str::to_owned), param.map(str::to_owned))
    }

    #[test]
    fn errors_have_openais_names() {
        let invalid = "invalid_request_error";
        for (status, body, expected) in [
            (
                400,
                r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
                expected(401, invalid, Some("invalid_api_key"), None),
            ),
            (
                400,
                r#"[{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8).","status":"INVALID_ARGUMENT"}}]"#,
                expected(400, invalid, Some("context_length_exceeded"), Some("messages")),
            ),
            (
                404,
                r#"{"error":{"code":404,"message":"models/x is not found for API version v1beta","status":"NOT_FOUND"}}"#,
                expected(404, invalid, Some("model_not_found"), Some("model")),
            ),
            (
                403,
                r#"{"error":{"code":403,"message":"Disabled.","status":"PERMISSION_DENIED"}}"#,
                expected(403, invalid, None, None),
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED"}}"#,
                expected(429, "insufficient_quota", Some("insufficient_quota"), None),
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36s"}]}}"#,
                expected(429, "rate_limit_error", Some("rate_limit_exceeded"), None),
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota.","status":"RESOURCE_EXHAUSTED","details":[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"36s"}]}}"#,
                expected(429, "insufficient_quota", Some("insufficient_quota"), None),
            ),
            (
                503,
                r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#,
                expected(503, "service_unavailable_error", Some("server_is_overloaded"), None),
            ),
            (502, "<html>Bad Gateway</html>", expected(502, "server_error", None, None)),
            (500, r#"{"error":{}}"#, expected(500, "server_error", None, None)),
        ] {
            assert_eq!(told(status, body), expected, "{body}");
        }
    }

    #[test]
    fn details_stay_here() {
        let body = r#"{"error":{"code":400,"message":"No.","details":[{"@type":"type.googleapis.com/google.rpc.DebugInfo","detail":"Invalid API key: AIzaSecret"}]}}"#;
        let told = failure(400, body.as_bytes()).body;
        assert!(!String::from_utf8(told).unwrap().contains("AIzaSecret"));
    }

    #[test]
    fn the_time_to_wait_is_told_in_whole_seconds() {
        for (delay, seconds) in
            [("36s", Some(36)), ("36.429760048s", Some(37)), ("0s", Some(0)), ("soon", None)]
        {
            let body =
                format!(r#"{{"error":{{"code":429,"message":"x","details":[{{"retryDelay":"{delay}"}}]}}}}"#);
            assert_eq!(failure(429, body.as_bytes()).retry_after, seconds, "{delay}");
        }
    }
}
