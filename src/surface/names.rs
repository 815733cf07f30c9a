//! What a client calls the parameters of the chat that its request is told as.

use crate::error::Error;
use crate::wire::json::{Object, quoted};
use crate::wire::splice::Splices;
use std::borrow::Cow;

/// The names of a chat's parameters in the client's terms. Without any, it asked for a chat.
#[derive(Debug, Default)]
pub struct Names {
    /// Where names start otherwise, the longest first: what the client writes, or `None` where it wrote nothing.
    pub starts: &'static [(&'static str, Option<&'static str>)],
    /// What the client calls `messages`; empty: the same.
    pub list: &'static str,
    /// Where each message comes from.
    pub messages: Vec<Origin>,
}

/// Where a message comes from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The place of the client's element, from 0; `None`: of another parameter than the list.
    pub item: Option<usize>,
    /// What the client calls its content; empty: `content`.
    pub content: &'static str,
    /// Of a message of several elements: from which part on the content is of which element.
    pub later: Vec<(usize, usize)>,
    /// The place of the element that became its reasoning.
    pub thought: Option<usize>,
    /// The places of the elements that became its tool calls.
    pub calls: Vec<usize>,
    /// Records of tools that the provider ran stood among its elements, and are left out of it. What the model had
    /// thought beside them may be bound to them.
    pub left_out: bool,
}

impl Names {
    /// Whether the client asked for something else, which is told as a chat.
    #[must_use]
    pub const fn is_bridged(&self) -> bool {
        !self.list.is_empty()
    }

    /// What the client calls a parameter; `None`: it did not ask for it.
    #[must_use]
    pub fn client<'p>(&self, param: &'p str) -> Option<Cow<'p, str>> {
        if let Some(rest) = param.strip_prefix("messages").filter(|_| !self.list.is_empty()) {
            return Some(self.message(rest).into());
        }
        for (start, name) in self.starts {
            let Some(rest) = param.strip_prefix(start) else { continue };
            if rest.is_empty() || rest.starts_with(['.', '[']) {
                return name.map(|name| format!("{name}{rest}").into());
            }
        }
        // Functions have no object of their own elsewhere.
        match param.strip_prefix("tools[").and_then(|rest| rest.split_once("].function")) {
            Some((at, rest)) if !self.list.is_empty() => Some(format!("tools[{at}]{rest}").into()),
            _ => Some(Cow::Borrowed(param)),
        }
    }

    /// Whether records of tools that the provider ran were left out of the message at this place.
    #[must_use]
    pub fn left_out(&self, at: usize) -> bool {
        self.messages.get(at).is_some_and(|origin| origin.left_out)
    }

    fn message(&self, rest: &str) -> String {
        let place = |rest: &str| -> Option<(usize, usize)> {
            let number = rest.strip_prefix('[')?.split(']').next()?;
            Some((number.parse().ok()?, number.len().saturating_add(2)))
        };
        let Some((at, length)) = place(rest) else { return self.list.to_owned() };
        let rest = rest.get(length..).unwrap_or_default();
        let Some(origin) = self.messages.get(at) else { return self.list.to_owned() };
        if let Some(behind) = rest.strip_prefix(".tool_calls")
            && let Some((call, length)) = place(behind)
            && let Some(item) = origin.calls.get(call)
        {
            let behind = behind.get(length..).unwrap_or_default();
            return format!("{}[{item}]{}", self.list, behind.strip_prefix(".function").unwrap_or(behind));
        }
        if let (Some(item), Some(behind)) = (origin.thought, thought(rest)) {
            return format!("{}[{item}]{behind}", self.list);
        }
        let Some(mut item) = origin.item else { return self.list.to_owned() };
        let Some(behind) = rest.strip_prefix(".content") else {
            return format!("{}[{item}]{rest}", self.list);
        };
        let name = if origin.content.is_empty() { "content" } else { origin.content };
        let Some((mut part, length)) = place(behind) else {
            return format!("{}[{item}].{name}{behind}", self.list);
        };
        if let Some((from, other)) = origin.later.iter().rev().find(|(from, _)| *from <= part) {
            (item, part) = (*other, part.saturating_sub(*from));
        }
        let member = member_of(behind.get(length..).unwrap_or_default());
        format!("{}[{item}].{name}[{part}]{member}", self.list)
    }

    /// The error in the client's terms.
    #[must_use]
    pub fn error(&self, mut error: Error) -> Error {
        let Some(param) = error.param.take() else { return error };
        error.param = self.client(&param).map(Cow::into_owned);
        if let Some(name) = error.param.as_deref().filter(|name| *name != param) {
            error.message = error.message.replace(&format!("'{param}'"), &format!("'{name}'"));
        }
        error
    }
}

impl Names {
    /// The body of a failing answer, OpenAI's error object, in the client's terms; `None`: it is already.
    #[must_use]
    pub fn failure(&self, body: &[u8]) -> Option<Vec<u8>> {
        let object = Object::parse(body).ok()?;
        let error = object.member("error")?;
        let inner = Object::parse(object.value(error).as_bytes()).ok()?;
        let param = inner.string("param")?;
        let client = self.client(&param);
        if client.as_deref() == Some(param.as_ref()) {
            return None;
        }
        let span = &inner.member("param")?.span;
        let place = |at: usize| at.saturating_add(error.span.start);
        let mut splices = Splices::default();
        splices.replace(
            place(span.start)..place(span.end),
            client.map_or_else(|| "null".to_owned(), |client| quoted(&client)),
        );
        Some(splices.apply(body.to_vec()))
    }
}

/// What of an element a chat's member of reasoning comes from.
fn thought(rest: &str) -> Option<&'static str> {
    match rest {
        ".reasoning" => Some(""),
        ".reasoning_signature" | ".redacted_reasoning" => Some(".encrypted_content"),
        _ => None,
    }
}

/// A part has no objects within elsewhere: `.file.file_data` is `.file_data`.
fn member_of(rest: &str) -> &str {
    match rest {
        ".image_url.url" => ".image_url",
        _ => [".image_url", ".file"]
            .iter()
            .find_map(|outer| rest.strip_prefix(outer).filter(|inner| inner.starts_with('.')))
            .unwrap_or(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names {
        starts: &[("max_completion_tokens", Some("max_output_tokens")), ("stream_options", None)],
        list: "input",
        messages: Vec::new(),
    };

    #[test]
    fn names_of_a_chat_become_the_clients() {
        let origin = |item, calls: &[usize]| Origin { item, calls: calls.to_vec(), ..Origin::default() };
        let names = Names { messages: vec![origin(None, &[]), origin(Some(3), &[4, 6])], ..NAMES };
        let client = |param| names.client(param).map(Cow::into_owned);
        let name = |param| client(param).unwrap();
        assert_eq!(name("messages"), "input");
        assert_eq!(name("messages[0].content"), "input");
        assert_eq!(name("messages[1].content[2].image_url.url"), "input[3].content[2].image_url");
        assert_eq!(name("messages[1].content[2].file.file_data"), "input[3].content[2].file_data");
        assert_eq!(name("messages[1].content"), "input[3].content");
        assert_eq!(name("messages[1].reasoning"), "input[3].reasoning");
        assert_eq!(name("messages[1].tool_calls[1].function.name"), "input[6].name");
        assert_eq!(name("messages[9]"), "input");
        assert_eq!(name("max_completion_tokens"), "max_output_tokens");
        assert_eq!(name("max_completion_tokens_too"), "max_completion_tokens_too");
        assert_eq!(name("tools[2].function.strict"), "tools[2].strict");
        assert_eq!(client("stream_options.include_usage"), None);
        assert_eq!(Names::default().client("messages[1].content").as_deref(), Some("messages[1].content"));
    }

    #[test]
    fn a_message_of_several_elements_is_named_by_each() {
        let turn = Origin { item: Some(1), later: vec![(1, 4)], thought: Some(0), ..Origin::default() };
        let result = Origin { item: Some(5), content: "output", ..Origin::default() };
        let names = Names { messages: vec![turn, result], ..NAMES };
        let name = |param| names.client(param).unwrap().into_owned();
        assert_eq!(name("messages[0].content[0]"), "input[1].content[0]");
        assert_eq!(name("messages[0].content[3].cache_control"), "input[4].content[2].cache_control");
        assert_eq!(name("messages[0].reasoning"), "input[0]");
        assert_eq!(name("messages[0].reasoning_signature"), "input[0].encrypted_content");
        assert_eq!(name("messages[1].content[1].image_url.detail"), "input[5].output[1].detail");
        assert_eq!(name("messages[1].content"), "input[5].output");
    }

    #[test]
    fn an_error_speaks_of_what_the_client_wrote() {
        let error =
            Error::invalid("Invalid 'max_completion_tokens': too many.").param("max_completion_tokens");
        let error = NAMES.error(error);
        assert_eq!(error.message, "Invalid 'max_output_tokens': too many.");
        assert_eq!(error.param.as_deref(), Some("max_output_tokens"));
    }

    #[test]
    fn a_providers_error_speaks_of_what_the_client_wrote() {
        let body = br#"{"error":{"message":"Too long.","param":"messages","code":null}}"#;
        let told = br#"{"error":{"message":"Too long.","param":"input","code":null}}"#;
        assert_eq!(NAMES.failure(body).as_deref(), Some(&told[..]));
        assert_eq!(NAMES.failure(told), None);
        assert_eq!(Names::default().failure(body), None);
        let implied = br#"{"error":{"param":"stream_options","code":null}}"#;
        assert_eq!(NAMES.failure(implied).as_deref(), Some(&br#"{"error":{"param":null,"code":null}}"#[..]));
        for other in [&b"{}"[..], b"x", br#"{"error":"messages"}"#, br#"{"error":{"param":null}}"#] {
            assert_eq!(NAMES.failure(other), None);
        }
    }
}
