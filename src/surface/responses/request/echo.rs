//! What a response says again of its request, complete with OpenAI's defaults.
//!
//! Secrets that a tool was given stay out, as OpenAI keeps them out: the authorization of an MCP server, the values of
//! its headers, the path of its address.

use super::{Body, elements, format_of};
use crate::wire::json::{Kind, Object, kind};
use crate::wire::write::{Text, Writer};

/// The longest value that is said again, in bytes: it stands in several events of a stream.
const MOST: usize = 1 << 20;

/// Writes the members, in OpenAI's order.
pub(super) fn write(body: Body<'_, '_>) -> String {
    let get = |name: &str| body.get(name).filter(|value| value.len() <= MOST);
    let mut out = Writer::default();
    let plain = |name: &str, default: &str, out: &mut Writer| {
        out.raw_member(name, get(name).unwrap_or(default));
    };
    plain("instructions", "null", &mut out);
    plain("max_output_tokens", "null", &mut out);
    plain("max_tool_calls", "null", &mut out);
    plain("metadata", "{}", &mut out);
    plain("parallel_tool_calls", "true", &mut out);
    plain("prompt_cache_key", "null", &mut out);
    reasoning(body, &mut out);
    plain("safety_identifier", "null", &mut out);
    plain("temperature", "1.0", &mut out);
    text(body, &mut out);
    plain("tool_choice", "\"auto\"", &mut out);
    out.name("tools");
    out.begin_array();
    for tool in get("tools").into_iter().flat_map(elements) {
        self::tool(tool, &mut out);
    }
    out.end_array();
    plain("top_logprobs", "0", &mut out);
    plain("top_p", "1.0", &mut out);
    plain("truncation", "\"disabled\"", &mut out);
    plain("user", "null", &mut out);
    out.finish()
}

fn not_null<'a>(object: &Object<'a>, name: &str) -> Option<&'a str> {
    object.get(name).filter(|value| kind(value) != Kind::Null)
}

fn reasoning(body: Body<'_, '_>, out: &mut Writer) {
    let reasoning = body.object("reasoning").unwrap_or_else(Object::empty);
    let get = |name| not_null(&reasoning, name).filter(|value| value.len() <= MOST);
    out.object_member("reasoning", |out| {
        out.raw_member("effort", get("effort").unwrap_or("null"));
        out.raw_member("summary", get("summary").or(get("generate_summary")).unwrap_or("null"));
    });
}

fn text(body: Body<'_, '_>, out: &mut Writer) {
    let verbosity = body.object("text").and_then(|text| not_null(&text, "verbosity"));
    let is_short = body.get("text").is_some_and(|text| text.len() <= MOST);
    out.object_member("text", |out| {
        out.name("format");
        match format_of(body).filter(|_| is_short) {
            Some(format) if format.string("type").as_deref() == Some("json_schema") => {
                out.object(|out| {
                    out.text_member("type", "json_schema");
                    for name in ["description", "name", "schema"] {
                        if let Some(value) = not_null(&format, name) {
                            out.raw_member(name, value);
                        }
                    }
                    out.raw_member("strict", not_null(&format, "strict").unwrap_or("false"));
                });
            }
            Some(_) => out.object(|out| out.text_member("type", "json_object")),
            None => out.object(|out| out.text_member("type", "text")),
        }
        out.raw_member("verbosity", verbosity.filter(|_| is_short).unwrap_or("\"medium\""));
    });
}

/// A tool with what OpenAI's object always has.
fn tool(text: &str, out: &mut Writer) {
    let Ok(tool) = Object::parse_str(text) else { return };
    let get = |name| not_null(&tool, name);
    match tool.string("type").as_deref() {
        Some("function") => out.object(|out| {
            out.text_member("type", "function");
            for name in ["description", "name", "parameters"] {
                out.raw_member(name, get(name).unwrap_or("null"));
            }
            out.raw_member("strict", get("strict").unwrap_or("false"));
        }),
        Some("custom") => out.object(|out| {
            out.text_member("type", "custom");
            if let Some(description) = get("description") {
                out.raw_member("description", description);
            }
            out.raw_member("format", get("format").unwrap_or("{\"type\":\"text\"}"));
            out.raw_member("name", get("name").unwrap_or("null"));
        }),
        Some("mcp") => out.object(|out| {
            for member in tool.members() {
                let value = tool.value(member);
                match member.name.as_ref() {
                    "authorization" => {}
                    "headers" => headers(value, out),
                    "server_url" => {
                        out.name("server_url");
                        let url = Text::of(value).map(Text::decoded).unwrap_or_default();
                        out.texts([Text::Plain(host_of(&url)), Text::Plain("/<redacted>")]);
                    }
                    name => out.raw_member(name, value),
                }
            }
        }),
        _ => out.raw(text),
    }
}

/// The names of headers.
fn headers(value: &str, out: &mut Writer) {
    let Ok(headers) = Object::parse_str(value) else {
        return out.raw_member("headers", "null");
    };
    out.object_member("headers", |out| {
        for header in headers.members() {
            out.text_member(&header.name, "<redacted>");
        }
    });
}

/// An address without user, path and query.
fn host_of(url: &str) -> &str {
    let from = url.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = url.get(from..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = url.get(..from.saturating_add(end)).unwrap_or_default();
    // A user, and a password, would stand before it.
    if host.contains('@') { "" } else { host }
}

#[cfg(test)]
mod tests {
    use super::super::tests::told;
    use serde_json::json;

    #[test]
    fn a_response_says_its_request_again_with_the_defaults() {
        let names = [
            "instructions",
            "max_output_tokens",
            "max_tool_calls",
            "metadata",
            "parallel_tool_calls",
            "prompt_cache_key",
            "reasoning",
            "safety_identifier",
            "temperature",
            "text",
            "tool_choice",
            "tools",
            "top_logprobs",
            "top_p",
            "truncation",
            "user",
        ];
        let plain = told(json!({"temperature": null}));
        assert_eq!(
            plain.echo,
            json!({
                "instructions": null, "max_output_tokens": null, "max_tool_calls": null, "metadata": {},
                "parallel_tool_calls": true, "prompt_cache_key": null, "reasoning": {"effort": null, "summary": null},
                "safety_identifier": null, "temperature": 1.0,
                "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto", "tools": [],
                "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled", "user": null
            })
        );
        assert_eq!(plain.echo.as_object().unwrap().len(), names.len());
        let said = told(json!({
            "max_output_tokens": 9, "metadata": {"k": "v"}, "reasoning": {"effort": "low", "generate_summary": "auto"},
            "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "high"}, "user": "u"
        }));
        assert_eq!(said.echo["reasoning"], json!({"effort": "low", "summary": "auto"}));
        let format = json!({"type": "json_schema", "name": "n", "schema": {}, "strict": false});
        assert_eq!(said.echo["text"], json!({"format": format, "verbosity": "high"}));
        assert_eq!((&said.echo["metadata"], &said.echo["user"]), (&json!({"k": "v"}), &json!("u")));
    }

    #[test]
    fn secrets_of_a_tool_are_not_said_again() {
        let told = told(json!({"tools": [{
            "type": "mcp", "server_label": "s", "authorization": "sesame-1", "headers": {"x-key": "sesame-2"},
            "server_url": "https://mcp.example.com:8443/sesame-3?key=sesame-4"
        }, {
            "type": "mcp", "server_label": "t", "server_url": "https://ann:sesame-5@mcp.example.com/"
        }]}));
        assert!(told.chat.to_string().contains("sesame-1"));
        let again = told.echo.to_string();
        assert!(!again.contains("sesame"), "{again}");
        assert_eq!(told.echo["tools"][0]["server_url"], "https://mcp.example.com:8443/<redacted>");
        assert_eq!(told.echo["tools"][0]["headers"], json!({"x-key": "<redacted>"}));
    }

    #[test]
    fn a_response_does_not_say_again_what_is_very_long() {
        let long = "x".repeat(2 << 20);
        let told = told(json!({"instructions": long, "metadata": {"a": long}, "user": "u",
                               "tools": [{"type": "function", "name": "f", "description": long}]}));
        assert!(told.echo.to_string().len() < 1000);
        assert!(told.chat.to_string().len() > 3 * long.len());
    }
}
