use super::*;
use crate::chat::{ChatRequest, Content, Source};
use crate::endpoint::Endpoint;
use crate::gateway::Unsupported;
use crate::provider::{Host, Provider, Settings, Upstream};
use crate::surface::responses::seal::{self, Kind as Sealed};
use crate::wire::write::Text;
use serde_json::{Value, json};

fn upstream() -> Upstream {
    let row = Provider { host: Host::Public("h"), ..Provider::ROW };
    Upstream::new("toy-api", &row, Settings::default()).unwrap()
}

/// What a request becomes.
#[derive(Debug)]
pub(super) struct Told {
    pub chat: Value,
    pub names: Names,
    pub dropped: Vec<String>,
    pub echo: Value,
    custom: Vec<String>,
    logprobs: bool,
}

impl Told {
    pub fn messages(&self) -> &Value {
        &self.chat["messages"]
    }

    fn client(&self, param: &str) -> Option<String> {
        self.names.client(param).map(|name| name.into_owned())
    }
}

pub(super) fn told_to(text: &str, unsupported: Unsupported) -> Result<Told, Error> {
    let upstream = upstream();
    let mut call = Call { unsupported, ..Call::new(Endpoint::Responses, &upstream, "m") };
    let told = as_chat(&mut call, &Object::parse(text.as_bytes()).unwrap(), "toy")?;
    let Form::Responses(asked) = told.form else { panic!("another form") };
    let echo = format!("{{{}}}", asked.echo);
    // One reading refuses members that stand twice, the other is of all levels.
    Object::parse(&told.body).unwrap();
    Object::parse(echo.as_bytes()).unwrap();
    Ok(Told {
        chat: serde_json::from_slice(&told.body).unwrap(),
        names: told.names,
        dropped: call.dropped,
        echo: serde_json::from_str(&echo).unwrap(),
        custom: asked.custom.clone(),
        logprobs: asked.logprobs,
    })
}

/// A request with these members, as a chat.
pub(super) fn told(mut members: Value) -> Told {
    members["model"] = json!("toy-api/m");
    if members.get("input").is_none() {
        members["input"] = json!("Hi");
    }
    told_to(&members.to_string(), Unsupported::Drop).unwrap()
}

fn input(items: Value) -> Told {
    told(json!({"input": items}))
}

/// The code and the param of the error that a request is refused with.
fn refused(mut members: Value) -> (String, String) {
    members["model"] = json!("toy-api/m");
    if members.get("input").is_none() {
        members["input"] = json!("Hi");
    }
    let error = told_to(&members.to_string(), Unsupported::Drop).unwrap_err();
    assert_eq!(error.status, 400);
    (error.code.unwrap_or_default(), error.param.unwrap_or_default())
}

pub(super) fn sealed(kind: Sealed, text: &str) -> String {
    let mut out = String::new();
    seal::seal(kind, "toy", Text::Plain(text), &mut out);
    out
}

/// Reads what was told as every dialect does.
pub(super) fn read<T>(told: &Told, with: impl FnOnce(Result<ChatRequest<'_>, Error>) -> T) -> T {
    let upstream = upstream();
    let call = Call::new(Endpoint::ChatCompletions, &upstream, "m");
    let body = told.chat.to_string();
    with(ChatRequest::read(&call, &Object::parse(body.as_bytes()).unwrap()))
}

#[test]
fn a_text_is_a_message_of_the_user_behind_the_instructions() {
    let told = told(json!({"instructions": "Be \"kurz\".", "input": "Grüße\n"}));
    assert_eq!(
        told.messages(),
        &json!([{"role": "system", "content": "Be \"kurz\"."}, {"role": "user", "content": "Grüße\n"}])
    );
    assert_eq!(told.client("messages[1].content").as_deref(), Some("input"));
    assert_eq!(told.echo["instructions"], "Be \"kurz\".");
}

#[test]
fn messages_go_over_with_and_without_their_type() {
    let told = input(json!([
        {"role": "developer", "content": "d"},
        {"type": "message", "role": "user", "status": "completed", "id": "msg_1", "name": "Ann", "content": [
            {"type": "input_text", "text": "t", "cache_control": {"type": "ephemeral"}},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high"},
            {"type": "input_image", "file_id": "file_1", "detail": "auto"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"},
            {"type": "input_file", "file_url": "https://h/a.pdf"},
            {"type": "input_file", "file_id": "file_2"},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
        ]},
        {"type": "message", "id": "msg_2", "role": "assistant", "status": "completed", "phase": "final_answer", "content": [
            {"type": "output_text", "text": "said", "annotations": [{"type": "url_citation"}], "logprobs": []},
            {"type": "refusal", "refusal": "no"}
        ]},
        {"role": "user", "content": [{"type": "input_text", "text": "one"}]}
    ]));
    let chat = json!([
        {"role": "developer", "content": "d"},
        {"role": "user", "name": "Ann", "content": [
            {"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "high"}},
            {"type": "image_url", "image_url": {"file_id": "file_1"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AAAA"}},
            {"type": "file", "file": {"file_data": "https://h/a.pdf"}},
            {"type": "file", "file": {"file_id": "file_2"}},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}
        ]},
        {"role": "assistant", "content": [{"type": "text", "text": "said"}, {"type": "refusal", "refusal": "no"}]},
        {"role": "user", "content": "one"}
    ]);
    assert_eq!(told.messages(), &chat);
    assert!(told.dropped.is_empty(), "{:?}", told.dropped);
    read(&told, |chat| {
        let chat = chat.unwrap();
        let sources: Vec<_> = chat.messages[1].parts.iter().map(|part| &part.content).collect();
        assert!(matches!(sources[2], Content::Image { source: Source::Id(id), .. } if id == "file_1"));
        assert!(
            matches!(sources[4], Content::File { source: Source::Url(url), .. } if url == "https://h/a.pdf")
        );
    });
    let name = told.client("messages[1].content[1].image_url.url");
    assert_eq!(name.as_deref(), Some("input[1].content[1].image_url"));
}

#[test]
fn what_the_assistant_did_in_one_go_is_one_message() {
    let told = input(json!([
        {"role": "user", "content": "Go"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "äbc"}],
         "encrypted_content": sealed(Sealed::Signature, "s1")},
        {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": sealed(Sealed::Redacted, "r1")},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Let me see."}]},
        {"type": "reasoning", "id": "rs_3", "summary": [{"type": "summary_text", "text": "de"}],
         "encrypted_content": sealed(Sealed::Signature, "s2")},
        {"type": "reasoning", "id": "rs_4", "summary": [], "encrypted_content": sealed(Sealed::Redacted, "r2")},
        {"type": "reasoning", "id": "rs_5", "summary": [], "encrypted_content": sealed(Sealed::Call, "c1")},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f", "arguments": "{\"a\":1}"},
        {"type": "custom_tool_call", "call_id": "call_2", "name": "run", "input": "say \"hi\"\n"},
        {"role": "assistant", "content": "More."},
        {"type": "function_call_output", "call_id": "call_1", "output": "1"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": [
            {"type": "input_text", "text": "a"}, {"type": "input_image", "image_url": "https://h/a.png", "detail": "low"}
        ]}
    ]));
    assert_eq!(
        told.messages(),
        &json!([
            {"role": "user", "content": "Go"},
            {"role": "assistant",
             "content": [{"type": "text", "text": "Let me see."}, {"type": "text", "text": "More."}],
             "reasoning": "äbcde", "reasoning_signature": "s1 3 s2", "redacted_reasoning": "r1 r2",
             "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{\"a\":1}"},
                 "thought_signature": "c1"},
                {"id": "call_2", "type": "function",
                 "function": {"name": "run", "arguments": "{\"input\":\"say \\\"hi\\\"\\n\"}"}}
             ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "1"},
            {"role": "tool", "tool_call_id": "call_2", "content": [
                {"type": "text", "text": "a"},
                {"type": "image_url", "image_url": {"url": "https://h/a.png", "detail": "low"}}
            ]}
        ])
    );
    assert!(told.dropped.is_empty(), "{:?}", told.dropped);
    let name = |param| told.client(param).unwrap();
    assert_eq!(name("messages[1].tool_calls[1].function.arguments"), "input[8].arguments");
    assert_eq!(name("messages[1].content[0]"), "input[3].content[0]");
    assert_eq!(name("messages[1].content[1]"), "input[9].content[0]");
    assert_eq!(name("messages[1].reasoning"), "input[1]");
    assert_eq!(name("messages[3].content[1].image_url.detail"), "input[11].output[1].detail");
    read(&told, |chat| assert!(chat.is_ok()));
}

#[test]
fn what_another_language_sealed_is_named_and_its_text_stays() {
    let thought = |text: &str, sealed: &str| {
        json!({"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": text}],
               "encrypted_content": sealed})
    };
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
    let alone = input(json!([thought("a", "gAAAA"), thought("b", "orq1:s:other:x"), call]));
    assert_eq!(alone.messages()[0]["reasoning"], "a\n\nb");
    assert_eq!(alone.dropped, ["input[0].encrypted_content", "input[1].encrypted_content"]);
    // A signature is of all that was thought before it, so foreign thoughts do not stand there.
    let own = sealed(Sealed::Signature, "s");
    let mixed = input(json!([thought("a", "gAAAA"), thought("b", &own), thought("c", ""), call]));
    assert_eq!(mixed.messages()[0]["reasoning"], "b");
    assert_eq!(mixed.messages()[0]["reasoning_signature"], "s");
    assert_eq!(mixed.dropped, ["input[0].encrypted_content", "input[0]", "input[2]"]);
    // The signature of a call that is gone.
    let lost = input(json!([thought("a", &sealed(Sealed::Call, "x")), {"role": "user", "content": "u"}]));
    assert_eq!(lost.dropped, ["input[0].encrypted_content"]);
    assert_eq!(lost.messages()[0], json!({"role": "assistant", "content": "", "reasoning": "a"}));
}

#[test]
fn the_text_of_a_thought_says_more_than_its_summary() {
    let told = input(json!([
        {"type": "reasoning", "id": "rs", "summary": [{"type": "summary_text", "text": "short"}],
         "content": [{"type": "reasoning_text", "text": "long"}]},
        {"role": "assistant", "content": "a"}
    ]));
    assert_eq!(told.messages(), &json!([{"role": "assistant", "content": "a", "reasoning": "long"}]));
}

#[test]
fn records_of_a_providers_tools_are_left_out_by_name() {
    let kinds = RECORD_ITEMS.iter().map(|kind| json!({"type": kind, "id": "x", "status": "completed"}));
    let mut items = vec![json!({"role": "user", "content": "u"})];
    items.extend(kinds);
    items.push(json!({"role": "assistant", "content": "a"}));
    let told = input(Value::from(items));
    let chat = json!([{"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]);
    assert_eq!(told.messages(), &chat);
    let names: Vec<_> = (1..=RECORD_ITEMS.len()).map(|at| format!("input[{at}]")).collect();
    assert_eq!(told.dropped, names);
    assert_eq!(told.names.messages.iter().map(|origin| origin.left_out).collect::<Vec<_>>(), [false, true]);
}

const RECORD_ITEMS: [&str; 6] = [
    "web_search_call",
    "code_interpreter_call",
    "file_search_call",
    "mcp_list_tools",
    "mcp_call",
    "image_generation_call",
];

#[test]
fn items_that_no_chat_carries_are_refused_by_name() {
    let user = json!({"role": "user", "content": "u"});
    let at_one = |item: Value| refused(json!({"input": [user, item]}));
    let reference = ("unsupported_parameter".to_owned(), "input[1]".to_owned());
    assert_eq!(at_one(json!({"type": "item_reference", "id": "msg_1"})), reference);
    assert_eq!(at_one(json!({"id": "msg_1"})), reference);
    for kind in ["computer_call_output", "local_shell_call", "mcp_approval_response", "compaction", "news"] {
        let expected = ("unsupported_value".to_owned(), "input[1].type".to_owned());
        assert_eq!(at_one(json!({"type": kind, "id": "x"})), expected, "{kind}");
    }
}

#[test]
fn what_is_of_another_type_or_missing_is_refused_with_its_place() {
    for (members, code, param) in [
        (json!({"input": null}), "missing_required_parameter", "input"),
        (json!({"input": 1}), "invalid_type", "input"),
        (json!({"input": []}), "empty_array", "input"),
        (json!({"input": ["x"]}), "invalid_type", "input[0]"),
        (json!({"input": [{"content": "x"}]}), "missing_required_parameter", "input[0].type"),
        (json!({"input": [{"role": "tool", "content": "x"}]}), "invalid_value", "input[0].role"),
        (json!({"input": [{"role": "user"}]}), "missing_required_parameter", "input[0].content"),
        (json!({"input": [{"role": "user", "content": 1}]}), "invalid_type", "input[0].content"),
        (json!({"input": [{"role": "assistant", "content": {}}]}), "invalid_type", "input[0].content"),
        (
            json!({"input": [{"role": "user", "content": [{"type": "x"}]}]}),
            "invalid_value",
            "input[0].content[0].type",
        ),
        (
            json!({"input": [{"role": "assistant", "content": [{"type": "output_text"}]}]}),
            "missing_required_parameter",
            "input[0].content[0].text",
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": 7}]}]}),
            "invalid_type",
            "input[0].content[0].image_url",
        ),
        (
            json!({"input": [{"role": "user", "content": [{"type": "input_file", "filename": "a"}]}]}),
            "missing_required_parameter",
            "input[0].content[0].file_data",
        ),
        (
            json!({"input": [{"type": "function_call", "name": "f", "arguments": "{}"}]}),
            "missing_required_parameter",
            "input[0].call_id",
        ),
        (
            json!({"input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": {}}]}),
            "invalid_type",
            "input[0].arguments",
        ),
        (
            json!({"input": [{"type": "function_call_output", "call_id": "c"}]}),
            "missing_required_parameter",
            "input[0].output",
        ),
        (
            json!({"input": [{"type": "reasoning", "summary": [{}]}]}),
            "missing_required_parameter",
            "input[0].summary[0].text",
        ),
        (json!({"instructions": ["x"]}), "invalid_type", "instructions"),
        (json!({"max_output_tokens": "9"}), "invalid_type", "max_output_tokens"),
        (json!({"max_output_tokens": 1.5}), "invalid_value", "max_output_tokens"),
        (json!({"stream": 1}), "invalid_type", "stream"),
        (json!({"include": [1]}), "invalid_type", "include[0]"),
        (json!({"truncation": "some"}), "invalid_value", "truncation"),
        (json!({"text": {"format": {}}}), "missing_required_parameter", "text.format.type"),
        (json!({"text": {"format": {"type": "xml"}}}), "invalid_value", "text.format.type"),
        (
            json!({"text": {"format": {"type": "json_schema", "name": "n"}}}),
            "missing_required_parameter",
            "text.format.schema",
        ),
        (json!({"text": {"verbosity": 1}}), "invalid_type", "text.verbosity"),
        (json!({"reasoning": {"effort": 1}}), "invalid_type", "reasoning.effort"),
        (json!({"tools": [{"name": "f"}]}), "missing_required_parameter", "tools[0].type"),
        (json!({"tools": [{"type": "function"}]}), "missing_required_parameter", "tools[0].name"),
        (
            json!({"tools": [{"type": "function", "name": "f", "parameters": []}]}),
            "invalid_type",
            "tools[0].parameters",
        ),
        (json!({"tools": [{"type": "local_shell"}]}), "unsupported_value", "tools[0].type"),
        (json!({"tool_choice": 1}), "invalid_type", "tool_choice"),
        (json!({"tool_choice": "some"}), "invalid_value", "tool_choice"),
        (json!({"tool_choice": "required"}), "invalid_value", "tool_choice"),
        (json!({"tool_choice": {"type": "function", "name": "f"}}), "invalid_value", "tool_choice"),
        (
            json!({"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "custom", "name": "f"}]}}),
            "invalid_value",
            "tool_choice",
        ),
        (
            json!({"input": [{"type": "function_call_output", "call_id": "c", "output": ""}]}),
            "invalid_value",
            "input[0].call_id",
        ),
        (json!({"tool_choice": {"type": "function"}}), "missing_required_parameter", "tool_choice.name"),
        (json!({"previous_response_id": "resp_1"}), "unsupported_parameter", "previous_response_id"),
        (json!({"conversation": {"id": "conv_1"}}), "unsupported_parameter", "conversation"),
        (json!({"prompt": {"id": "pmpt_1"}}), "unsupported_parameter", "prompt"),
        (json!({"background": true}), "unsupported_parameter", "background"),
    ] {
        let expected = (code.to_owned(), param.to_owned());
        assert_eq!(refused(members.clone()), expected, "{members}");
    }
}

#[test]
fn parameters_have_the_names_of_a_chat() {
    let told = told(json!({
        "stream": true, "stream_options": {"include_obfuscation": false}, "store": true, "background": false,
        "previous_response_id": null, "truncation": "disabled", "max_output_tokens": 99, "temperature": 0.50,
        "top_p": 0.9, "user": "u", "safety_identifier": "s", "service_tier": "flex", "prompt_cache_key": "k",
        "metadata": {"a": "b"}, "include": ["reasoning.encrypted_content", "message.output_text.logprobs"],
        "top_logprobs": 3, "reasoning": {"effort": "high", "summary": "auto"},
        "text": {"verbosity": "low", "format": {"type": "json_schema", "name": "n", "description": null,
                 "schema": {"type": "object"}, "strict": true}},
        "top_k": 5, "anthropic": {"inference_geo": "eu"}, "thinking": {"type": "adaptive"}
    }));
    let mut chat = told.chat.clone();
    chat.as_object_mut().unwrap().remove("messages");
    assert_eq!(
        chat,
        json!({
            "model": "toy-api/m", "stream": true, "stream_options": {"include_usage": true},
            "max_completion_tokens": 99, "temperature": 0.50, "top_p": 0.9, "user": "u", "safety_identifier": "s",
            "service_tier": "flex", "prompt_cache_key": "k", "metadata": {"a": "b"}, "logprobs": true,
            "top_logprobs": 3, "reasoning_effort": "high", "verbosity": "low",
            "response_format": {"type": "json_schema",
                                "json_schema": {"name": "n", "schema": {"type": "object"}, "strict": true}},
            "top_k": 5, "anthropic": {"inference_geo": "eu"}, "thinking": {"type": "adaptive"}
        })
    );
    assert!(told.dropped.is_empty(), "{:?}", told.dropped);
    assert!(told.logprobs);
    for (chat, client) in [
        ("max_completion_tokens", Some("max_output_tokens")),
        ("reasoning_effort", Some("reasoning.effort")),
        ("response_format.json_schema.schema", Some("text.format.schema")),
        ("response_format", Some("text.format")),
        ("verbosity", Some("text.verbosity")),
        ("logprobs", Some("include")),
        ("top_logprobs", Some("top_logprobs")),
        ("metadata.a", None),
        ("stream_options", None),
        ("top_k", Some("top_k")),
    ] {
        assert_eq!(told.client(chat).as_deref(), client, "{chat}");
    }
}

#[test]
fn what_cannot_be_had_is_named() {
    let told = told(json!({
        "truncation": "auto", "include": ["web_search_call.results", "reasoning.encrypted_content"], "n": 2,
        "context_management": [{"type": "compaction"}], "reasoning": {"summary": "detailed", "context": "all_turns"},
        "text": {"tone": "warm", "format": {"type": "text"}}, "messages": [], "max_completion_tokens": 3,
        "max_output_tokens": 4, "max_tool_calls": 3,
        "tools": [
            {"type": "function", "name": "f", "defer_loading": true},
            {"type": "custom", "name": "g", "format": {"type": "grammar", "syntax": "lark", "definition": "start: \"a\""}}
        ],
        "input": [{"role": "user", "mood": "blue", "content": [
            {"type": "input_file", "file_id": "f", "detail": "low"},
            {"type": "input_text", "text": "t", "prompt_cache_breakpoint": {"mode": "explicit"}}
        ]}]
    }));
    let mut dropped = told.dropped.clone();
    dropped.sort();
    let mut expected = [
        "truncation",
        "include[0]",
        "n",
        "context_management",
        "reasoning.summary",
        "reasoning.context",
        "text.tone",
        "messages",
        "max_completion_tokens",
        "tools[0].defer_loading",
        "tools[1].format",
        "input[0].mood",
        "input[0].content[0].detail",
        "input[0].content[1].prompt_cache_breakpoint",
    ];
    expected.sort_unstable();
    assert_eq!(dropped, expected);
    assert_eq!(told.chat["max_completion_tokens"], 4);
    assert_eq!(told.chat.get("max_tool_calls"), None);
    let refused = json!({"model": "m", "input": "Hi", "truncation": "auto"}).to_string();
    let error = told_to(&refused, Unsupported::Reject).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("truncation"));
}

#[test]
fn tools_are_functions_and_what_the_provider_runs_itself() {
    let search = json!({"type": "web_search", "filters": {"allowed_domains": ["h"]}});
    let told = told(json!({
        "parallel_tool_calls": false, "max_tool_calls": 3,
        "tools": [
            {"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true,
             "cache_control": {"type": "ephemeral"}},
            {"type": "function", "name": "bare", "parameters": null, "description": null, "strict": null},
            {"type": "custom", "name": "run", "description": "Runs."},
            {"type": "custom", "name": "calc", "format": {"type": "grammar", "syntax": "lark", "definition": "a: \"b\""}},
            search
        ],
        "tool_choice": {"type": "custom", "name": "run"}
    }));
    let text = json!({"type": "object", "properties": {"input": {"type": "string"}}, "required": ["input"],
                      "additionalProperties": false});
    assert_eq!(
        told.chat["tools"],
        json!([
            {"type": "function", "cache_control": {"type": "ephemeral"},
             "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}},
            {"type": "function", "function": {"name": "bare"}},
            {"type": "function", "function": {"name": "run", "description": "Runs.", "parameters": text}},
            {"type": "function", "function": {"name": "calc", "parameters": text,
             "description": "The input must follow this grammar (lark):\na: \"b\""}},
            search
        ])
    );
    assert_eq!(told.chat["tool_choice"], json!({"type": "function", "function": {"name": "run"}}));
    assert_eq!((&told.chat["parallel_tool_calls"], &told.chat["max_tool_calls"]), (&json!(false), &json!(3)));
    assert_eq!(told.custom, ["run", "calc"]);
    assert_eq!(told.client("tools[1].function.strict").as_deref(), Some("tools[1].strict"));
    assert_eq!(
        told.echo["tools"],
        json!([
            {"type": "function", "description": "d", "name": "f", "parameters": {"type": "object"}, "strict": true},
            {"type": "function", "description": null, "name": "bare", "parameters": null, "strict": false},
            {"type": "custom", "description": "Runs.", "format": {"type": "text"}, "name": "run"},
            {"type": "custom", "name": "calc",
             "format": {"type": "grammar", "syntax": "lark", "definition": "a: \"b\""}},
            search
        ])
    );
}

#[test]
fn every_choice_of_a_tool_is_that_of_a_chat() {
    let tools =
        json!([{"type": "function", "name": "f"}, {"type": "custom", "name": "g"}, {"type": "web_search"}]);
    let function = |name: &str| json!({"type": "function", "function": {"name": name}});
    for (choice, chat) in [
        (json!("auto"), json!("auto")),
        (json!("required"), json!("required")),
        (json!({"type": "function", "name": "f"}), function("f")),
        (json!({"type": "custom", "name": "g"}), function("g")),
        (json!({"type": "web_search"}), json!({"type": "web_search"})),
        (
            json!({"type": "mcp", "server_label": "s", "name": "n"}),
            json!({"type": "mcp", "server_label": "s", "name": "n"}),
        ),
        (
            json!({"type": "allowed_tools", "mode": "required", "tools": [
                {"type": "function", "name": "f"}, {"type": "custom", "name": "g"}, {"type": "web_search"}]}),
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [
                function("f"), function("g"), {"type": "web_search"}]}}),
        ),
    ] {
        let told = told(json!({"tools": tools, "tool_choice": choice}));
        assert_eq!(told.chat["tool_choice"], chat);
        assert_eq!(told.echo["tool_choice"], choice);
    }
    // Where there are none, nothing is chosen.
    let none = told(json!({"tools": [], "tool_choice": "auto", "parallel_tool_calls": true}));
    assert_eq!((none.chat.get("tools"), none.chat.get("tool_choice")), (None, None));
}

#[test]
fn more_items_than_are_read_are_refused() {
    let item = r#"{"role":"user","content":"a"}"#;
    let many = |count: usize| format!(r#"{{"model":"m","input":[{}]}}"#, vec![item; count].join(","));
    // A text counts as a part.
    assert!(told_to(&many(50_000), Unsupported::Drop).is_ok());
    let error = told_to(&many(50_001), Unsupported::Drop).unwrap_err();
    assert_eq!(error.code.as_deref(), Some("array_above_max_length"));
    let tools = vec![r#"{"type":"function","name":"f"}"#; 4097].join(",");
    let error = told_to(&format!(r#"{{"model":"m","input":"a","tools":[{tools}]}}"#), Unsupported::Drop);
    assert_eq!(error.unwrap_err().param.as_deref(), Some("tools"));
}
