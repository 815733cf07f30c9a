//! A request of `/completions`, said as a chat.

use super::Asked;
use crate::dialect::Call;
use crate::error::{Error, shown};
use crate::surface::{AsChat, Form, Names, Origin};
use crate::wire::json::{Kind, Object, items, kind};
use crate::wire::write::{Text, Writer};
use std::rc::Rc;

/// Members that are said in another way.
const SAID: [&str; 6] = ["prompt", "max_tokens", "logprobs", "echo", "best_of", "suffix"];

/// Parameters of chats whose answer is no completion, or that are written here.
const OF_CHATS: [&str; 10] = [
    "messages",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "parallel_tool_calls",
    "modalities",
    "audio",
    "prediction",
    "top_logprobs",
];

/// OpenAI's limit of tokens where the client names none.
const MAX_TOKENS: &str = "16";

/// What the client calls what it asked for.
const STARTS: &[(&str, Option<&str>)] =
    &[("max_completion_tokens", Some("max_tokens")), ("top_logprobs", Some("logprobs"))];
/// The same where the limit of tokens is the default.
const STARTS_WITHOUT_LIMIT: &[(&str, Option<&str>)] =
    &[("max_completion_tokens", None), ("max_tokens", None), ("top_logprobs", Some("logprobs"))];

/// Says a request as a chat.
///
/// # Errors
/// 400 for what a chat cannot say.
pub fn as_chat(call: &mut Call<'_>, object: &Object<'_>) -> Result<AsChat, Error> {
    let value = |name: &str| object.get(name).filter(|value| kind(value) != Kind::Null);
    if let Some(name) = OF_CHATS.into_iter().find(|name| object.member(name).is_some()) {
        let message =
            format!("Unknown parameter: '{name}' is not one of /completions. Call /chat/completions.");
        return Err(Error::invalid(message).param(name).code("unknown_parameter"));
    }
    let prompt = prompt(call, value("prompt"))?;
    let logprobs = whole_number("logprobs", value("logprobs"))?;
    let echo = match value("echo") {
        None | Some("false") => false,
        Some("true") => true,
        Some(other) => return Err(wrong_type("echo", "a boolean", other)),
    };
    if echo && logprobs.is_some() {
        return Err(unsupported(
            call,
            "echo",
            "the log probabilities of a prompt",
            "Leave `echo` or `logprobs` out",
        ));
    }
    if value("suffix").is_some_and(|suffix| suffix != "\"\"") {
        return Err(unsupported(
            call,
            "suffix",
            "a text behind the completion",
            "Say in the prompt what is to follow",
        ));
    }
    let n = whole_number("n", value("n"))?.unwrap_or(1);
    if whole_number("best_of", value("best_of"))?.is_some_and(|best_of| best_of > n) {
        return Err(unsupported(
            call,
            "best_of",
            "more completions than it returns",
            "Ask for all of them with `n`",
        ));
    }
    let text = Text::of(prompt).unwrap_or(Text::Plain(""));

    let mut out = Writer::with_capacity(prompt.len().saturating_add(256));
    out.begin_object();
    let limit = value("max_tokens");
    let limited = limit.or_else(|| value("max_completion_tokens")).is_some();
    for member in object.members() {
        if member.name == "model" {
            out.raw_member("model", object.value(member));
            out.name("messages");
            out.begin_array();
            out.object(|message| {
                message.text_member("role", "user");
                message.text_member("content", text);
            });
            out.end_array();
        } else if !SAID.contains(&member.name.as_ref()) {
            out.raw_member(&member.name, object.value(member));
        }
    }
    if let Some(limit) = limit.or((!limited).then_some(MAX_TOKENS)) {
        out.raw_member("max_tokens", limit);
    }
    if let Some(most) = logprobs {
        out.raw_member("logprobs", "true");
        if most > 0 {
            out.number_member("top_logprobs", most);
        }
    }
    out.end_object();

    let asked = Asked {
        echo: echo.then(|| prompt.to_owned()),
        prompt_chars: if echo || logprobs.is_some() { text.chars() } else { 0 },
        logprobs: logprobs.is_some(),
    };
    Ok(AsChat {
        body: out.finish().into_bytes(),
        names: Names {
            starts: if limited { STARTS } else { STARTS_WITHOUT_LIMIT },
            list: "prompt",
            messages: vec![Origin::default()],
        },
        form: Form::Completions(Rc::new(asked)),
    })
}

/// The one text that is to be completed, a JSON string.
fn prompt<'a>(call: &Call<'_>, value: Option<&'a str>) -> Result<&'a str, Error> {
    const PARAM: &str = "prompt";
    let Some(value) = value else {
        let message = "Missing required parameter: 'prompt'.";
        return Err(Error::invalid(message).param(PARAM).code("missing_required_parameter"));
    };
    let refused = |what: &str, instead: &str| {
        let provider = &call.upstream.id;
        let message = format!(
            "Invalid 'prompt': the model is one of chat, and its provider {provider} does not take {what}. {instead}."
        );
        Error::invalid(message).param(PARAM).code("unsupported_value")
    };
    let tokens = || refused("a prompt of tokens", "Send it as text");
    let mut list = items(value);
    match (kind(value), list.next(), list.next()) {
        (Kind::String, _, _) => Ok(value),
        (Kind::Array, Some(one), None) if kind(one) == Kind::String => Ok(one),
        (Kind::Array, Some(first), _) if matches!(kind(first), Kind::Number | Kind::Array) => Err(tokens()),
        (Kind::Array, Some(first), Some(_)) if kind(first) == Kind::String => {
            Err(refused("several prompts at once", "Send each in a request of its own"))
        }
        (Kind::Array, None, _) => {
            let message = "Invalid 'prompt': there must be one.";
            Err(Error::invalid(message).param(PARAM).code("empty_array"))
        }
        _ => Err(wrong_type(PARAM, "a string", value)),
    }
}

fn whole_number(name: &str, value: Option<&str>) -> Result<Option<u64>, Error> {
    let read = |value: &str| value.parse().map_err(|_| wrong_type(name, "a whole number from 0", value));
    value.map(read).transpose()
}

fn wrong_type(param: &str, expected: &str, value: &str) -> Error {
    let got = match kind(value) {
        Kind::Number => shown(value),
        other => other.described().to_owned(),
    };
    Error::invalid(format!("Invalid type for '{param}': expected {expected}, but got {got} instead."))
        .param(param)
        .code("invalid_type")
}

/// 400: what cannot be said in a chat, and what to do instead: a sentence without its end.
fn unsupported(call: &Call<'_>, param: &str, what: &str, instead: &str) -> Error {
    let provider = &call.upstream.id;
    Error::invalid(format!(
        "Unsupported parameter: '{param}'. The model is one of chat, and its provider {provider} does not take {what}. \
         {instead}."
    ))
    .param(param)
    .code("unsupported_parameter")
}
