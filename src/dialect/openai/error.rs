//! Failing answers of providers, in any form, as OpenAI's error object.
//!
//! Forms that are met: OpenAI's own with keys missing (Groq, Together), a text as `error`
//! (Hugging Face, DeepInfra), `message` at the top (Mistral, Cohere), `detail` as text or as a list
//! (FastAPI: vLLM, Fireworks), an array around the object and a numeric `code` with a `status`
//! (Google), HTML and plain text of load balancers, and nothing at all.

use crate::error::{Error, shown};
use crate::wire::json::{Fault, Kind, Object, elements, kind, quoted, string};
use crate::wire::splice::Splices;

/// The longest text that is taken for a message, in characters.
const MESSAGE: usize = 4000;

/// Members that hold the sentence, in the order in which they are asked.
const SENTENCES: [&str; 7] = ["message", "msg", "detail", "details", "errors", "error_message", "title"];

/// How providers without OpenAI's code say that a chat is longer than the model can read.
const CONTEXT: [&str; 2] = ["maximum context length", "maximum model length"];

/// Members that are said in OpenAI's terms, and so do not stand beside them.
const READ: [&str; 10] =
    ["message", "msg", "detail", "errors", "error_message", "type", "param", "code", "object", "error"];

/// The body as OpenAI's error object. What stands beside the error stays where it is.
#[must_use]
pub fn mended(status: u16, body: &[u8]) -> Vec<u8> {
    let body = body.trim_ascii();
    let Ok(object) = Object::parse(body) else { return read(status, body).body().into_bytes() };
    let Some(member) = object.member("error").filter(|member| kind(object.value(member)) == Kind::Object)
    else {
        return read(status, body).body().into_bytes();
    };
    if is_openais(object.value(member)) {
        return body.to_vec();
    }
    let error = read(status, body).body();
    let Some(inner) = error.strip_prefix("{\"error\":").and_then(|rest| rest.strip_suffix('}')) else {
        return error.into_bytes();
    };
    let mut splices = Splices::default();
    splices.replace(member.span.clone(), inner);
    splices.apply(body.to_vec())
}

/// The text with stars in the place of a secret; `None` when it does not hold it. Secrets of less than
/// 8 bytes are left.
#[must_use]
pub fn without(text: &[u8], secret: &str) -> Option<Vec<u8>> {
    // Shorter ones are placeholders for servers without keys, and words of any answer.
    const SHORTEST: usize = 8;
    if secret.len() < SHORTEST {
        return None;
    }
    let mut splices = Splices::default();
    // Some writers escape slashes.
    let escaped = secret.replace('/', "\\/");
    for spelling in
        [Some(secret), Some(escaped.as_str()).filter(|escaped| *escaped != secret)].into_iter().flatten()
    {
        for at in memchr::memmem::find_iter(text, spelling) {
            splices.replace(at..at.saturating_add(spelling.len()), "***");
        }
    }
    (!splices.is_empty()).then(|| splices.apply(text.to_vec()))
}

/// The status of an error that came as a success; `None`: it is none.
#[must_use]
pub fn of_success(object: &Object<'_>) -> Option<u16> {
    const RESULTS: [&str; 8] =
        ["object", "choices", "data", "output", "results", "text", "embeddings", "segments"];
    let error = object.get("error").filter(|error| !matches!(kind(error), Kind::Null | Kind::Boolean));
    let flat = object.string("object").as_deref() == Some("error");
    if !flat && (error.is_none() || RESULTS.iter().any(|name| object.member(name).is_some())) {
        return None;
    }
    Some(status(object).unwrap_or(502))
}

/// The status that an error names by its `code` or `status`, within or beside it.
#[must_use]
pub fn status(object: &Object<'_>) -> Option<u16> {
    let inner = object.get("error").and_then(|error| Object::parse(error.as_bytes()).ok());
    let codes = [inner.as_ref().unwrap_or(object), object];
    let codes = codes.iter().flat_map(|object| [object.get("code"), object.get("status")]);
    let code = codes.flatten().find_map(|code| code.trim_matches('"').parse::<u16>().ok());
    code.filter(|code| (400..600).contains(code))
}

/// Whether an error has all four keys, of the right kinds.
#[must_use]
pub fn is_openais(error: &str) -> bool {
    let Ok(error) = Object::parse(error.as_bytes()) else { return false };
    let is = |name, kinds: &[Kind]| error.get(name).is_some_and(|value| kinds.contains(&kind(value)));
    is("message", &[Kind::String])
        && is("type", &[Kind::String])
        && is("param", &[Kind::String, Kind::Null])
        && is("code", &[Kind::String, Kind::Null])
}

/// What a failing answer says. Never fails: what cannot be read is told by its status.
#[must_use]
pub fn read(status: u16, body: &[u8]) -> Error {
    let body = body.trim_ascii();
    match Object::parse(body) {
        Ok(object) => read_object(status, &object, true),
        Err(Fault::NotObject(_)) => {
            let text = String::from_utf8_lossy(body);
            let first = elements(&text).into_iter().next().and_then(|span| text.get(span));
            match first.map(|first| Object::parse(first.as_bytes())) {
                Some(Ok(object)) => read_object(status, &object, false),
                _ => Error::new(status, said(&text).unwrap_or_else(|| unexplained(status))),
            }
        }
        Err(_) => Error::new(status, read_text(status, &String::from_utf8_lossy(body))),
    }
}

/// `related`: the form is OpenAI's own but for what is missing, so what it adds stays.
fn read_object(status: u16, outer: &Object<'_>, related: bool) -> Error {
    let value = outer.get("error").filter(|value| kind(value) != Kind::Null);
    let parsed = value.and_then(|value| Object::parse(value.as_bytes()).ok());
    let text = value.and_then(string).filter(|text| !text.trim().is_empty());
    // The error itself: an object under `error`, or the whole answer.
    let inner = parsed.as_ref().unwrap_or(outer);
    let message = text
        .map(|text| clipped(&text))
        .or_else(|| SENTENCES.iter().find_map(|name| said(inner.get(name)?)))
        .or_else(|| said(outer.get("message")?))
        .unwrap_or_else(|| unexplained(status));
    let mut error = Error::new(status, message);
    let texts = |name: &str| inner.string(name).filter(|text| !text.is_empty());
    if let Some(kind) = texts("type").filter(|kind| kind != "error") {
        error.kind = kind.into_owned();
    }
    if let Some(code) = texts("code") {
        error.code = Some(code.into_owned());
    } else if let Some(code) =
        inner.get("code").filter(|code| kind(code) == Kind::Number && **code != status.to_string())
    {
        error.code = Some(code.to_owned());
    }
    let coded = texts("code").is_some();
    error.param = texts("param").map(std::borrow::Cow::into_owned);
    if status == 400 && !coded && CONTEXT.iter().any(|words| error.message.contains(words)) {
        error.code = Some("context_length_exceeded".to_owned());
        error.param.get_or_insert_with(|| "messages".to_owned());
    }
    if related {
        // A request id or a list of details helps whoever has to find out.
        for member in inner.members().iter().filter(|member| !READ.contains(&member.name.as_ref())) {
            error.more.push_str(&format!(",{}:{}", quoted(&member.name), inner.value(member)));
        }
    }
    error
}

/// The sentence in a value: a text, the `msg` of each entry of a list with its place, or the message
/// of an object.
fn said(value: &str) -> Option<String> {
    match kind(value) {
        Kind::String => string(value).filter(|text| !text.trim().is_empty()).map(|text| clipped(&text)),
        Kind::Object => {
            let object = Object::parse(value.as_bytes()).ok()?;
            let message = ["message", "msg", "detail", "error"].iter().find_map(|name| object.string(name));
            let Some(message) = message else {
                // Mistral's `message` is FastAPI's object.
                return object.get("detail").and_then(said);
            };
            let place: Vec<String> = object
                .get("loc")
                .map(|loc| {
                    let parts = elements(loc).into_iter().filter_map(|span| loc.get(span));
                    parts
                        .map(|part| string(part).map_or_else(|| part.to_owned(), |text| text.into_owned()))
                        .collect()
                })
                .unwrap_or_default();
            Some(if place.is_empty() {
                clipped(&message)
            } else {
                clipped(&format!("{}: {message}", place.join(".")))
            })
        }
        Kind::Array => {
            let entries: Vec<String> =
                elements(value).into_iter().take(20).filter_map(|span| said(value.get(span)?)).collect();
            (!entries.is_empty()).then(|| clipped(&entries.join("; ")))
        }
        _ => None,
    }
}

fn read_text(status: u16, text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return unexplained(status);
    }
    if !text.starts_with('<') {
        return clipped(text);
    }
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").zip(lower.find("</title>"));
    let title = title.and_then(|(start, end)| text.get(start.saturating_add(7)..end)).map(str::trim);
    match title.filter(|title| !title.is_empty()) {
        Some(title) => format!("The provider answered with an HTML page: {}.", shown(title)),
        None => format!("The provider answered {status} with an HTML page."),
    }
}

fn unexplained(status: u16) -> String {
    format!("The provider answered {status} and did not say why.")
}

fn clipped(text: &str) -> String {
    text.chars().take(MESSAGE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn error(status: u16, body: &str) -> Value {
        let mended: Value = serde_json::from_slice(&mended(status, body.as_bytes())).unwrap();
        mended
    }

    #[test]
    fn every_form_becomes_openais() {
        let page = "<html><head><TITLE>502 Bad Gateway</TITLE></head></html>";
        let list = r#"{"detail":[{"loc":["body","messages",0],"msg":"field required","type":"missing"}]}"#;
        for (status, body, message, kind, code) in [
            (400, r#"{"error":"no such model"}"#, "no such model", "invalid_request_error", Value::Null),
            (429, r#"{"message":"slow down","type":"x","code":"1300"}"#, "slow down", "x", json!("1300")),
            (422, list, "body.messages.0: field required", "invalid_request_error", Value::Null),
            (404, r#"{"detail":"Not Found"}"#, "Not Found", "invalid_request_error", Value::Null),
            (
                502,
                page,
                "The provider answered with an HTML page: 502 Bad Gateway.",
                "server_error",
                Value::Null,
            ),
            (503, "upstream down", "upstream down", "service_unavailable_error", Value::Null),
            (500, "", "The provider answered 500 and did not say why.", "server_error", Value::Null),
            (
                400,
                r#"{"error":{"message":"the maximum context length is 8 tokens","code":400}}"#,
                "the maximum context length is 8 tokens",
                "invalid_request_error",
                json!("context_length_exceeded"),
            ),
            (500, "\"oops\"", "oops", "server_error", Value::Null),
            (500, "null", "The provider answered 500 and did not say why.", "server_error", Value::Null),
            (
                401,
                r#"{"error":{"message":"bad key","code":401}}"#,
                "bad key",
                "invalid_request_error",
                json!("invalid_api_key"),
            ),
        ] {
            let param = if code == "context_length_exceeded" { json!("messages") } else { Value::Null };
            let expected = json!({"message": message, "type": kind, "param": param, "code": code});
            assert_eq!(error(status, body)["error"], expected, "{body}");
        }
    }

    #[test]
    fn what_a_provider_adds_to_openais_form_stays() {
        let google =
            r#"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT","details":[1.50]}}]"#;
        let expected =
            json!({"message": "bad", "type": "invalid_request_error", "param": null, "code": null});
        assert_eq!(error(400, google)["error"], expected);
        let beside = r#"{"error":{"message":"m","type":"t","failed_generation":"<f>"},"user_id":"u"}"#;
        let expected = json!({"error": {"message": "m", "type": "t", "param": null, "code": null, "failed_generation": "<f>"}, "user_id": "u"});
        assert_eq!(error(400, beside), expected);
    }

    #[test]
    fn openais_own_form_stays_as_it_is() {
        let body = r#"{ "error": {"code":null,"message":"m","param":"p","type":"t"}, "more": 1.50 }"#;
        assert_eq!(mended(400, body.as_bytes()), body.as_bytes());
    }

    proptest::proptest! {
        #[test]
        fn any_body_is_told_as_an_error(body in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..80)) {
            let mended: Value = serde_json::from_slice(&mended(500, &body)).unwrap();
            for key in ["message", "type", "param", "code"] {
                assert!(mended["error"].get(key).is_some());
            }
        }
    }
}
