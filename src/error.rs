//! OpenAI's error object, and the statuses that go with it.
//!
//! Source: `ErrorResponse` of OpenAI's specification, and captured answers of its API for type, code
//! and wording of each case.

use crate::wire::json::{self, quoted};

/// The most bytes that the repeats of one text take in a request.
const MOST_REPEATED: usize = 32 << 20;

/// An answer that is no success: exactly OpenAI's error object, and its HTTP status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// What kind of error it is, for programs.
    pub kind: String,
    /// One sentence, for people: what is wrong and what to do.
    pub message: String,
    /// The parameter of the request that it is about.
    pub param: Option<String>,
    /// Which error it is, for programs.
    pub code: Option<String>,
    /// Further members of the error object, each `,"name":value` as the provider wrote it.
    pub more: String,
}

impl Error {
    /// An error with the type and code that OpenAI gives this status.
    #[must_use]
    pub fn new(status: u16, message: impl Into<String>) -> Self {
        let (kind, code) = conventions(status);
        Self {
            status,
            kind: kind.to_owned(),
            message: message.into(),
            param: None,
            code: code.map(str::to_owned),
            more: String::new(),
        }
    }

    /// A request that cannot be served as it is: 400.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, message)
    }

    /// A model that is not there, or not for this key: 404.
    #[must_use]
    pub fn no_model(model: &str) -> Self {
        let message = format!("The model `{}` does not exist or you do not have access to it.", shown(model));
        Self::new(404, message).code("model_not_found")
    }

    /// A stream of a provider that ended before its end: 502.
    #[must_use]
    pub fn truncated() -> Self {
        let message =
            "The provider's stream ended before its last chunk: the answer is not whole. Ask again.";
        Self::new(502, message).code("upstream_truncated")
    }

    /// An answer of a provider, or a part of it, that cannot be read: 502.
    #[must_use]
    pub fn unreadable(provider: &str) -> Self {
        let message = format!("The provider {provider} answered with what cannot be read. Ask again.");
        Self::new(502, message).code("upstream_invalid_answer")
    }

    /// Refuses a text that a provider's body would hold so often that there is no room for it: 400.
    ///
    /// # Errors
    /// That it is too long.
    pub fn unless_fits(param: &str, bytes: usize, times: usize) -> Result<(), Self> {
        if bytes.saturating_mul(times) <= MOST_REPEATED {
            return Ok(());
        }
        let message = format!(
            "Invalid '{param}': its {bytes} bytes would go to the provider {times} times. Send a shorter one, or ask \
             for less at once."
        );
        Err(Self::invalid(message).param(param).code("string_above_max_length"))
    }

    /// The same, about a parameter.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The same, with a code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        let text = |value: &Option<String>| value.as_deref().map_or_else(|| "null".to_owned(), quoted);
        format!(
            "{{\"error\":{{\"message\":{},\"type\":{},\"param\":{},\"code\":{}{}}}}}",
            quoted(&self.message),
            quoted(&self.kind),
            text(&self.param),
            text(&self.code),
            self.more
        )
    }
}

impl From<json::Fault> for Error {
    fn from(fault: json::Fault) -> Self {
        match fault {
            json::Fault::Syntax(at) => Self::invalid(format!(
                "We could not parse the JSON body of your request: byte {at} cannot stand where it does. Send the \
                 parameters as one JSON object."
            )),
            json::Fault::Encoding => {
                Self::invalid("We could not parse the JSON body of your request: it is not UTF-8.")
            }
            json::Fault::Depth => Self::invalid(format!(
                "We could not parse the JSON body of your request: it is nested deeper than {} levels.",
                json::MAX_DEPTH
            )),
            json::Fault::TooMany => Self::invalid(format!(
                "We could not parse the JSON body of your request: it has more than {} parameters.",
                json::MAX_MEMBERS
            )),
            json::Fault::NotObject(kind) => Self::invalid(format!(
                "Invalid body: expected a JSON object, but got {} instead.",
                kind.described()
            ))
            .code("invalid_type"),
            json::Fault::Duplicate(name) => Self::invalid(format!(
                "Duplicate parameter: '{}' stands more than once in the body. Send it once.",
                shown(&name)
            ))
            .param(shown(&name))
            .code("duplicate_parameter"),
        }
    }
}

/// The type and the code of an error of this status that says neither.
fn conventions(status: u16) -> (&'static str, Option<&'static str>) {
    match status {
        401 => ("invalid_request_error", Some("invalid_api_key")),
        404 | 400..=407 | 409..=412 | 414..=428 => ("invalid_request_error", None),
        408 | 504 => ("timeout_error", None),
        413 => ("server_error", None),
        429 => ("rate_limit_error", Some("rate_limit_exceeded")),
        503 => ("service_unavailable_error", None),
        529 => ("service_unavailable_error", Some("server_is_overloaded")),
        500..=599 => ("server_error", None),
        _ => ("invalid_request_error", None),
    }
}

/// What a client sent, fit to stand in a message: short, and without control characters.
#[must_use]
pub fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut out: String =
        text.chars().take(MOST).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_has_all_four_keys_and_any_text() {
        let error = Error::invalid("a \"quoted\" \u{7} text").param("messages[0]");
        let body: serde_json::Value = serde_json::from_str(&error.body()).unwrap();
        let expected = serde_json::json!({"error": {
            "message": "a \"quoted\" \u{7} text", "type": "invalid_request_error", "param": "messages[0]", "code": null
        }});
        assert_eq!(body, expected);
    }

    #[test]
    fn what_a_client_sent_is_shown_short_and_clean() {
        assert_eq!(shown("a\u{0}b\n"), "a\u{fffd}b\u{fffd}");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 121);
    }
}
