//! OpenAI's built-in tools: what may be called, and what is told of what was.

use super::*;
use crate::chat::{
    About, Answer, Call as ToolCall, Citation, Counts, FinishReason, Outcome, Served, Service,
};
use crate::wire::write::Text;

#[test]
fn tools_of_mcp_servers_that_are_to_be_asked_for_cannot_be_called() {
    let never = json!("never");
    let some = json!({"never": {"tool_names": ["a", "b"]}});
    let both = json!({"never": {"tool_names": ["a"]}, "always": {"tool_names": ["b"]}});
    let (all, one, none): (Option<&[&str]>, Option<&[&str]>, &[&str]) = (None, Some(&["a"]), &[]);
    // Which tools are allowed, which need no approval; those that can be called, and whether some are left out.
    for (allowed, approval, enabled, named) in [
        (json!(null), &never, all, false),
        (json!(["a"]), &never, one, false),
        (json!([]), &never, Some(none), false),
        (json!({"tool_names": ["a"]}), &never, one, false),
        (json!(null), &some, Some(&["a", "b"][..]), true),
        (json!(["a"]), &some, one, false),
        (json!(["a", "c"]), &some, one, true),
        (json!(["c"]), &some, Some(none), true),
        (json!(["a", "b"]), &both, one, true),
    ] {
        let mut body = asked(json!("Hi"));
        body["tools"] = json!([{"type": "mcp", "server_label": "s", "server_url": "https://s",
            "allowed_tools": allowed, "require_approval": approval}]);
        let (sent, _, dropped) = sent(&ANTHROPIC, "claude-opus-5-5", &body).unwrap();
        let toolset = &sent["tools"][0];
        let configs = toolset["configs"].as_object();
        let names = configs.map(|configs| configs.keys().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(names.as_deref(), enabled, "{body}");
        assert_eq!(toolset["default_config"]["enabled"] == json!(false), enabled.is_some());
        assert_eq!(dropped == ["tools[0].require_approval"], named, "{body}");
    }
    for approval in [
        json!(null),
        json!("always"),
        json!({}),
        json!({"always": {"tool_names": ["b"]}}),
        json!({"never": {}}),
    ] {
        let mut body = asked(json!("Hi"));
        body["tools"] = json!([{"type": "mcp", "server_label": "s", "server_url": "https://s", "require_approval": approval}]);
        let error = sent(&ANTHROPIC, "claude-opus-5-5", &body).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("tools[0].require_approval"), "{approval}");
    }
}

/// What is told of tools that the provider ran, a line each.
#[derive(Debug, Default)]
struct Log {
    lines: Vec<String>,
    services: usize,
}

impl Answer for Log {
    fn about(&mut self, _: About<'_>) {}
    fn text(&mut self, _: usize, _: Text<'_>) {}
    fn refusal(&mut self, _: usize, _: Text<'_>) {}
    fn reasoning(&mut self, _: usize, _: Text<'_>) {}
    fn signature(&mut self, _: usize, _: Text<'_>) {}
    fn redacted(&mut self, _: usize, _: Text<'_>) {}
    fn tool_call(&mut self, _: usize, _: ToolCall<'_>) -> usize {
        0
    }
    fn arguments(&mut self, _: usize, _: usize, _: Text<'_>) {}
    fn citation(&mut self, _: usize, _: Citation<'_>) {}
    fn source(&mut self, _: usize, _: &str) {}
    fn image(&mut self, _: usize, _: &str, _: Text<'_>) {}
    fn audio(&mut self, _: usize, _: Text<'_>) {}
    fn logprobs(&mut self, _: usize, _: &str) {}
    fn extra(&mut self, _: usize, _: &str) {}
    fn serve(&mut self, _: usize, service: Service<'_>) -> usize {
        let number = self.services;
        self.services += 1;
        let tool = match service.tool {
            Served::WebSearch => "search".to_owned(),
            Served::CodeInterpreter(container) => {
                format!("code in {}", container.map_or("?".into(), Text::decoded))
            }
            Served::McpListTools(server) => format!("list {}", server.decoded()),
            Served::McpCall { server, name } => format!("call {} of {}", name.decoded(), server.decoded()),
        };
        self.lines.push(format!("{number} {}: {tool}", service.id.map_or("-".into(), Text::decoded)));
        number
    }
    fn serve_input(&mut self, _: usize, number: usize, text: Text<'_>) {
        self.lines.push(format!("{number} < {}", text.decoded()));
    }
    fn served(&mut self, _: usize, number: usize, outcome: Outcome<'_>) {
        let texts =
            |texts: &[Text<'_>]| texts.iter().map(|text| text.decoded()).collect::<Vec<_>>().join(" ");
        let what = match outcome {
            Outcome::Searched { queries, sources } => format!("{} -> {}", texts(queries), texts(sources)),
            Outcome::Ran { container, outputs } => {
                format!("in {}: {outputs}", container.map_or("?".into(), Text::decoded))
            }
            Outcome::Listed(tools) => tools.to_owned(),
            Outcome::Answered(text) => text.decoded().into_owned(),
            Outcome::Failed(text) => format!("failed: {}", text.decoded()),
        };
        self.lines.push(format!("{number} > {what}"));
    }
    fn finish(&mut self, _: usize, reason: FinishReason) {
        self.lines.push(reason.as_str().to_owned());
    }
    fn usage(&mut self, _: Counts) {}
    fn chars(&self, _: usize) -> usize {
        0
    }
}

/// What is told of the provider's tools: of a whole body, and of its stream in pieces of this size.
fn told_of(message: &Value, size: usize) -> (Vec<String>, Vec<String>) {
    let text = message.to_string();
    let (mut whole, mut streamed) = (Log::default(), Log::default());
    let reader = || answer::Reader::new("p".to_owned(), false, Some("c0".to_owned()));
    reader().whole(&Object::parse(text.as_bytes()).unwrap(), &mut whole).unwrap();
    let mut reader = reader();
    for event in events(message, size) {
        let data = event.to_string();
        reader.event(&Event { name: None, data: &data, exception: false }, &mut streamed).unwrap();
    }
    (whole.lines, streamed.lines)
}

fn served_message(blocks: &Value, reason: &str) -> Value {
    json!({"type": "message", "id": "m", "model": "c", "content": blocks, "stop_reason": reason,
        "usage": {"input_tokens": 3, "output_tokens": 5}})
}

#[test]
fn tools_that_nobody_here_runs_are_refused_by_name() {
    let refused = |dialect: &Anthropic, kind: &str| {
        let mut body = asked(json!("Hi"));
        body["tools"] = json!([{"type": kind}]);
        let error = sent(dialect, "claude-opus-5-5", &body).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some("tools[0].type")), "{kind}");
        assert!(
            error.message.contains(&format!("'{kind}'")) && error.message.contains("anthropic"),
            "{kind}"
        );
    };
    let kinds =
        ["file_search", "computer_use_preview", "image_generation", "local_shell", "shell", "apply_patch"];
    for kind in kinds {
        refused(&ANTHROPIC, kind);
    }
    for kind in kinds.into_iter().chain(["code_interpreter", "mcp"]) {
        refused(&VERTEX, kind);
    }
}

#[test]
fn what_the_providers_tools_did_is_told_in_the_terms_of_responses() {
    let call = |id: &str, name: &str, input: Value| json!({"type": "server_tool_use", "id": id, "name": name, "input": input});
    let result =
        |kind: &str, id: &str, content: Value| json!({"type": kind, "tool_use_id": id, "content": content});
    let found =
        json!([{"type": "web_search_result", "url": "https://a", "title": "A"}, {"url": "https://b"}]);
    let blocks = json!([
        {"type": "mcp_tool_listing", "mcp_server_name": "wiki", "tools": [{"name": "ask", "input_schema": {}}]},
        call("s1", "web_search", json!({"query": "ülm"})),
        result("web_search_tool_result", "s1", found),
        call("s2", "web_search", json!({"query": "b"})),
        result("web_search_tool_result", "s2", json!({"type": "web_search_tool_result_error", "error_code": "max_uses_exceeded"})),
        // Code that searches: one within the other.
        call("c1", "code_execution", json!({"code": "print(1)\n"})),
        call("s3", "web_search", json!({"query": "c"})),
        result("web_search_tool_result", "s3", json!([])),
        result("code_execution_tool_result", "c1",
            json!({"type": "code_execution_result", "stdout": "1\n", "stderr": "oh", "return_code": 0, "content": []})),
        call("c2", "bash_code_execution", json!({"command": "ls"})),
        result("bash_code_execution_tool_result", "c2",
            json!({"type": "bash_code_execution_tool_result_error", "error_code": "unavailable"})),
        call("c3", "text_editor_code_execution", json!({"command": "view", "path": "a"})),
        result("text_editor_code_execution_tool_result", "c3",
            json!({"type": "text_editor_code_execution_view_result", "file_type": "text", "content": "Hi", "num_lines": 1})),
        call("c4", "text_editor_code_execution", json!({"command": "str_replace"})),
        result("text_editor_code_execution_tool_result", "c4",
            json!({"type": "text_editor_code_execution_str_replace_result", "lines": ["-a", "+b"]})),
        call("f1", "web_fetch", json!({"url": "https://a"})),
        result("web_fetch_tool_result", "f1", json!({"type": "web_fetch_result", "url": "https://a"})),
        {"type": "mcp_tool_use", "id": "m1", "name": "ask", "server_name": "wiki", "input": {"q": "ü"}},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "is_error": false,
            "content": [{"type": "text", "text": "yes"}, {"type": "text", "text": "no"}]},
        {"type": "mcp_tool_use", "id": "m2", "name": "ask", "server_name": "wiki", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "m2", "is_error": true, "content": "down"},
        call("s4", "web_search", json!({"query": "d"})),
    ]);
    let expected = [
        "0 -: list wiki",
        "0 > {\"input_schema\":{},\"name\":\"ask\"}",
        "1 s1: search",
        "1 > ülm -> https://a https://b",
        "2 s2: search",
        "2 > failed: max_uses_exceeded",
        "3 c1: code in c0",
        "3 < print(1)\n",
        "4 s3: search",
        "4 > c -> ",
        "3 > in c0: {\"type\":\"logs\",\"logs\":\"1\\n\"},{\"type\":\"logs\",\"logs\":\"oh\"}",
        "5 c2: code in c0",
        "5 < ls",
        "5 > failed: unavailable",
        "6 c3: code in c0",
        "6 < {\"command\":\"view\",\"path\":\"a\"}",
        "6 > in c0: {\"type\":\"logs\",\"logs\":\"Hi\"}",
        "7 c4: code in c0",
        "7 < {\"command\":\"str_replace\"}",
        "7 > in c0: {\"type\":\"logs\",\"logs\":\"-a\\n+b\"}",
        "8 m1: call ask of wiki",
        "8 < {\"q\":\"ü\"}",
        "8 > yes\nno",
        "9 m2: call ask of wiki",
        "9 < {}",
        "9 > failed: down",
        "10 s4: search",
    ];
    for size in [1, 5, 100] {
        let (whole, streamed) = told_of(&served_message(&blocks, "end_turn"), size);
        assert_eq!(whole, streamed);
        assert_eq!(whole.get(..expected.len()).unwrap(), expected);
        // Nothing came of what has no result.
        assert_eq!(whole.get(expected.len()..).unwrap(), ["stop"]);
    }
    for (reason, told) in [("pause_turn", "length"), ("max_tokens", "length"), ("tool_use", "tool_calls")] {
        let (whole, streamed) = told_of(&served_message(&blocks, reason), 9);
        assert_eq!(whole, streamed);
        assert_eq!(whole.get(expected.len()..).unwrap(), [told]);
    }
}

#[test]
fn a_container_is_told_where_it_is_known() {
    let blocks = json!([
        {"type": "server_tool_use", "id": "c", "name": "bash_code_execution", "input": {"command": "ls"}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "c", "content": {"stdout": ""}},
        {"type": "bash_code_execution_tool_result", "tool_use_id": "of an earlier answer", "content": {}},
    ]);
    let mut message = served_message(&blocks, "end_turn");
    message["container"] = json!({"id": "c1", "expires_at": "2026-01-01T00:00:00Z"});
    let (whole, streamed) = told_of(&message, 3);
    assert_eq!(whole, ["0 c: code in c1", "0 < ls", "0 > in c1: ", "stop"]);
    // A stream says it at its end, but for one that the request named.
    assert_eq!(streamed, ["0 c: code in c0", "0 < ls", "0 > in c0: ", "stop"]);
}
