//! Cohere's failing answers, as OpenAI's error object.
//!
//! Their form is `{"message": …}`, with an `id` of the request in newer ones. There is no type and no
//! code: what OpenAI's clients tell apart by code is told apart here by status and by the words of the
//! messages that Cohere's page lists.
//!
//! Source: <https://docs.cohere.com/reference/errors>.

use crate::dialect::openai;
use crate::error::Error;

/// What a failing answer says. Never fails.
pub(super) fn read(status: u16, body: &[u8]) -> Error {
    let mut error = openai::error::read(status, body);
    let message = error.message.to_ascii_lowercase();
    match status {
        // "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292."
        400 | 422 if message.contains("too many tokens") => {
            // "too many tokens: max tokens must be less than or equal to 4096, the maximum output for this
            // model - received 8192."
            let limit = message.contains("max tokens must be");
            error.param = Some(if limit { "max_tokens" } else { "messages" }.to_owned());
            error.code = Some(if limit { "invalid_value" } else { "context_length_exceeded" }.to_owned());
            error.status = 400;
        }
        // Cohere says of both that a request "is not well formed", and of 501 that it asks for what there
        // is not: to try again is of no use.
        422 | 501 => says(&mut error, 400, "invalid_request_error", None),
        // The account has reached the limit that its owner set, or has no means of payment.
        402 => says(&mut error, 429, "insufficient_quota", Some("insufficient_quota")),
        404 if message.contains("model") => {
            error.param = Some("model".to_owned());
            error.code = Some("model_not_found".to_owned());
        }
        // "You are using a Trial key, which is limited to 1000 API calls / month."
        429 if message.contains("/ month") || message.contains("per month") => {
            says(&mut error, 429, "insufficient_quota", Some("insufficient_quota"));
        }
        // "This error is returned when a request or response contains a deny-listed token."
        498 => says(&mut error, 400, "invalid_request_error", Some("content_filter")),
        // "Too many users trying to access the service at the same time."
        503 => error.code = Some("server_is_overloaded".to_owned()),
        // "request cancelled", by Cohere: the client is still there.
        499 => says(&mut error, 500, "server_error", None),
        _ => {}
    }
    error
}

fn says(error: &mut Error, status: u16, kind: &str, code: Option<&str>) {
    error.status = status;
    error.kind = kind.to_owned();
    error.code = code.map(str::to_owned);
}
