//! Failures of Bedrock: whole answers, and exceptions in the middle of a stream.
//!
//! The kind stands in the header `x-amzn-errortype` (`ValidationException:http://…`), or in a stream in the
//! frame's `:exception-type`; the body has a `message`, with a capital where the gateway in front answers.
//!
//! Source: <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>, Errors.

use crate::dialect::openai;
use crate::error::Error;
use crate::headers::Headers;
use crate::surface::images;
use crate::wire::json::Object;

/// What a failing answer says.
pub(super) fn read(status: u16, headers: &Headers, body: &[u8]) -> Error {
    let header = headers.get("x-amzn-errortype").map(String::from_utf8_lossy);
    let object = Object::parse(body.trim_ascii()).ok();
    let object = object.as_ref();
    let kind = header.or_else(|| object?.string("__type"));
    let kind = kind.as_deref().map(short).unwrap_or_default();
    match object.and_then(message) {
        Some(message) => told(kind, status, message),
        None => told(kind, status, openai::error::read(status, body).message),
    }
}

/// What an exception in a stream says.
pub(super) fn exception(kind: &str, data: &str) -> Error {
    let kind = short(kind);
    let object = Object::parse(data.as_bytes()).ok();
    let message = object.as_ref().and_then(message);
    told(kind, status_of(kind), message.unwrap_or_else(|| format!("Bedrock ended the answer: {kind}.")))
}

fn message(object: &Object<'_>) -> Option<String> {
    ["message", "Message", "originalMessage"]
        .into_iter()
        .find_map(|name| object.string(name).filter(|message| !message.is_empty()))
        .map(String::from)
}

/// The name of a shape, without its name space and the address behind it.
fn short(kind: &str) -> &str {
    let kind = kind.split(':').next().unwrap_or_default();
    kind.rsplit('#').next().unwrap_or_default().trim()
}

/// The status of an exception that comes without one.
fn status_of(kind: &str) -> u16 {
    let is = |name: &str| kind.eq_ignore_ascii_case(name);
    match () {
        () if is("ValidationException") => 400,
        () if is("AccessDeniedException") => 403,
        () if is("ResourceNotFoundException") => 404,
        () if is("ThrottlingException") || is("ModelNotReadyException") => 429,
        () if is("ModelTimeoutException") => 408,
        () if is("ModelErrorException") || is("ModelStreamErrorException") => 424,
        () if is("ServiceUnavailableException") => 503,
        () => 500,
    }
}

/// Bedrock's failure in OpenAI's terms.
fn told(kind: &str, status: u16, message: String) -> Error {
    let is = |names: &[&str]| names.iter().any(|name| kind.eq_ignore_ascii_case(name));
    let says = |texts: &[&str]| {
        let lower = message.to_ascii_lowercase();
        texts.iter().any(|text| lower.contains(text))
    };
    // Keys and signatures that are wrong, which Bedrock answers with 403.
    if is(&["UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"])
        || is(&["MissingAuthenticationTokenException", "IncompleteSignatureException"])
        || (status == 403 && says(&["security token", "api key", "signature", "authentication"]))
    {
        return Error::new(401, message);
    }
    if is(&["ServiceQuotaExceededException"]) {
        let mut error = Error::new(429, message).code("insufficient_quota");
        error.kind = "insufficient_quota".to_owned();
        return error;
    }
    // "Model is getting throttled", "Too many tokens, please wait before trying again."
    if is(&["ThrottlingException", "TooManyRequestsException"]) {
        return Error::new(429, message);
    }
    if is(&["ServiceUnavailableException", "ModelNotReadyException"]) || status == 503 {
        return Error::new(503, message).code("server_is_overloaded");
    }
    if is(&["ModelErrorException", "ModelStreamErrorException"]) || status == 424 {
        return Error::new(502, message);
    }
    if status == 404 || says(&["model identifier is invalid"]) {
        return Error::new(404, message).param("model").code("model_not_found");
    }
    if status == 400 || status == 413 {
        if says(TOO_LONG) {
            return Error::new(400, message).param("messages").code("context_length_exceeded");
        }
        // "This request has been blocked by our content filters. Please adjust your text prompt": of pictures.
        if says(&["our content filters"]) {
            return images::blocked(message);
        }
        if says(&["content filter", "blocked by content"]) {
            return Error::new(400, message).code("content_filter");
        }
    }
    Error::new(status, message)
}

/// How the models say that there is more than they can read, in small letters.
const TOO_LONG: &[&str] = &[
    "input is too long",
    "prompt is too long",
    "exceed context limit",
    "exceeds the context",
    "context window",
    "maximum context length",
    "too many input tokens",
    "too large for model",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, kind: &str, body: &str) -> (u16, Option<String>, Option<String>) {
        let headers = [("x-amzn-errortype".to_owned(), kind.as_bytes().to_vec())];
        let error = read(status, &headers.to_vec().into(), body.as_bytes());
        assert!(!error.message.is_empty());
        (error.status, error.code, error.param)
    }

    fn expected(status: u16, code: &str, param: &str) -> (u16, Option<String>, Option<String>) {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (status, some(code), some(param))
    }

    #[test]
    fn failures_are_told_in_openais_terms() {
        let url = ":http://internal.amazon.com/coral/com.amazon.bedrock/";
        for (status, kind, body, told) in [
            (
                429,
                "ThrottlingException",
                r#"{"message":"Too many requests"}"#,
                expected(429, "rate_limit_exceeded", ""),
            ),
            (
                400,
                "ValidationException",
                r#"{"message":"Input is too long for requested model."}"#,
                expected(400, "context_length_exceeded", "messages"),
            ),
            (
                400,
                "ValidationException",
                r#"{"message":"The model returned the following errors: prompt is too long: 9 tokens > 8 maximum"}"#,
                expected(400, "context_length_exceeded", "messages"),
            ),
            (
                400,
                "ValidationException",
                r#"{"message":"The provided model identifier is invalid."}"#,
                expected(404, "model_not_found", "model"),
            ),
            (400, "ValidationException", r#"{"message":"toolConfig is wrong"}"#, expected(400, "", "")),
            (
                403,
                "AccessDeniedException",
                r#"{"message":"You don't have access to the model."}"#,
                expected(403, "", ""),
            ),
            (403, "UnrecognizedClientException", r#"{"message":"x"}"#, expected(401, "invalid_api_key", "")),
            (
                403,
                "",
                r#"{"Message":"Authentication failed: Please make sure your API Key is valid."}"#,
                expected(401, "invalid_api_key", ""),
            ),
            (
                404,
                "ResourceNotFoundException",
                r#"{"message":"end of its life"}"#,
                expected(404, "model_not_found", "model"),
            ),
            (408, "ModelTimeoutException", r#"{"message":"slow"}"#, expected(408, "", "")),
            (
                424,
                "ModelErrorException",
                r#"{"message":"m","originalStatusCode":500}"#,
                expected(502, "", ""),
            ),
            (429, "ModelNotReadyException", r#"{"message":"m"}"#, expected(503, "server_is_overloaded", "")),
            (
                503,
                "ServiceUnavailableException",
                r#"{"message":"m"}"#,
                expected(503, "server_is_overloaded", ""),
            ),
            (
                400,
                "ServiceQuotaExceededException",
                r#"{"message":"m"}"#,
                expected(429, "insufficient_quota", ""),
            ),
            (502, "", "<html><title>Bad gateway</title></html>", expected(502, "", "")),
            (500, "", "", expected(500, "", "")),
        ] {
            assert_eq!(of(status, &format!("{kind}{url}"), body), told, "{kind} {body}");
        }
    }

    #[test]
    fn exceptions_have_the_status_of_their_kind() {
        let error = exception("throttlingException", r#"{"message":"m"}"#);
        assert_eq!((error.status, error.message.as_str()), (429, "m"));
        assert_eq!(exception("modelStreamErrorException", r#"{"originalMessage":"o"}"#).message, "o");
        assert_eq!(exception("somethingNew", "no json").status, 500);
    }
}
