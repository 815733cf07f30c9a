//! Laws of what is read, and what goldens do not show of what is written.

use super::answer::{Reader, compact};
use super::partial::Partial;
use crate::chat::Ids;
use crate::dialect::{Body, Call, Dialect, Event, Sent, Translate};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::gateway::Unsupported;
use crate::provider::{Settings, Upstream, table};
use crate::surface::Wanted;
use crate::surface::chat::Whole;
use crate::wire::json::Object;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn upstream(id: &str, places: &[(&'static str, &str)]) -> Upstream {
    let places = places.iter().map(|(name, place)| (*name, (*place).to_owned())).collect();
    let settings = Settings { key: Some("key".to_owned()), places, ..Settings::default() };
    Upstream::new(id, table::find(id).unwrap(), settings).unwrap()
}

/// What goes up for a chat of these members, and what was left out.
fn sent(model: &str, members: Value, unsupported: Unsupported) -> Result<(Value, Vec<String>), Error> {
    sent_for("", model, members, unsupported)
}

/// The same for a client that calls the messages so.
fn sent_for(
    list: &'static str,
    model: &str,
    members: Value,
    unsupported: Unsupported,
) -> Result<(Value, Vec<String>), Error> {
    let (id, model) = model.split_once('/').unwrap();
    let places: &[_] = if id == "google" { &[("project", "p"), ("location", "us")] } else { &[] };
    let upstream = upstream(id, places);
    let mut call = Call {
        unsupported,
        names: crate::surface::Names { list, ..Default::default() },
        ..Call::new(Endpoint::ChatCompletions, &upstream, model)
    };
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let text = body.to_string();
    let object = Object::parse(text.as_bytes()).unwrap();
    let route = upstream.route(Endpoint::ChatCompletions, model).unwrap();
    let Sent::Translated(translated) =
        route.dialect.request(&mut call, crate::dialect::Body::Json(&object))?
    else {
        panic!("it is translated")
    };
    Ok((serde_json::from_slice(&translated.body).unwrap(), call.dropped))
}

fn wanted() -> Wanted {
    Wanted {
        streams: false,
        usage: false,
        model: "m".to_owned(),
        ids: Ids::new("r", 0),
        form: Default::default(),
    }
}

/// The message of a whole answer.
fn message(response: &Value) -> Value {
    let text = serde_json::to_string_pretty(response).unwrap();
    let mut whole = Whole::new(wanted(), "gemini");
    Reader::new("toy").whole(&Object::parse(text.as_bytes()).unwrap(), &mut whole).unwrap();
    let body: Value = serde_json::from_str(&whole.body()).unwrap();
    body["choices"][0].clone()
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        "[ \t\n\"\\\\{}:,]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("[a-z' \".\\[\\]]{1,5}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The pieces that a value would come in.
fn pieces(value: &Value, path: &str, out: &mut Vec<Value>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                pieces(value, &format!("{path}['{name}']"), out);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                pieces(value, &format!("{path}[{index}]"), out);
            }
        }
        Value::String(text) => {
            let chars: Vec<char> = text.chars().collect();
            let (one, two) = chars.split_at(chars.len() / 2);
            let text = |part: &[char]| part.iter().collect::<String>();
            out.push(json!({"jsonPath": path, "stringValue": text(one), "willContinue": true}));
            out.push(json!({"jsonPath": path, "stringValue": text(two)}));
        }
        Value::Number(number) => out.push(json!({"jsonPath": path, "numberValue": number})),
        Value::Bool(bool) => out.push(json!({"jsonPath": path, "boolValue": bool})),
        Value::Null => out.push(json!({"jsonPath": path, "nullValue": null})),
    }
}

/// Without containers that are empty, of which no piece tells, and names that a path cannot say.
fn told(value: Value) -> Option<Value> {
    match value {
        Value::Object(map) => {
            let named = map.into_iter().filter(|(name, _)| !name.contains(['\'', '"']));
            let map: Map<_, _> = named.filter_map(|(name, value)| Some((name, told(value)?))).collect();
            (!map.is_empty()).then_some(Value::Object(map))
        }
        Value::Array(list) => {
            let list: Vec<_> = list.into_iter().filter_map(told).collect();
            (!list.is_empty()).then_some(Value::Array(list))
        }
        leaf => Some(leaf),
    }
}

proptest! {
    #[test]
    fn json_without_white_space_is_the_same_json(value in any_json()) {
        let compacted = compact(&serde_json::to_string_pretty(&value).unwrap());
        prop_assert_eq!(compacted, value.to_string());
    }

    #[test]
    fn arguments_in_pieces_are_the_arguments(value in any_json()) {
        let value = told(json!({"a": value}));
        prop_assume!(value.is_some());
        let value = value.unwrap();
        let mut list = Vec::new();
        pieces(&value, "$", &mut list);
        let (mut partial, mut out) = (Partial::default(), String::new());
        for piece in list {
            partial.add(&Object::parse(piece.to_string().as_bytes()).unwrap(), &mut out);
        }
        partial.end(&mut out);
        prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), value);
    }

    #[test]
    fn any_response_is_read_or_refused(value in any_json(), key in "candidates|content|parts|text|functionCall|groundingMetadata|usageMetadata|error|inlineData|logprobsResult|citationMetadata|promptFeedback|finishReason|index") {
        let part = json!({ key.as_str(): value });
        for response in [
            part.clone(),
            json!({"candidates": [part]}),
            json!({"candidates": [{"content": part}]}),
            json!({"candidates": [{"content": {"parts": [part]}}]}),
            json!({"candidates": [{"content": {"parts": [{"functionCall": part}]}}]}),
            json!({"candidates": [{"groundingMetadata": {"groundingChunks": [part], "groundingSupports": [part]}}]}),
        ] {
            let data = response.to_string();
            let mut whole = Whole::new(wanted(), "gemini");
            let mut reader = Reader::new("toy");
            if reader.event(&Event { name: None, data: &data, exception: false }, &mut whole).is_ok() {
                let body: Value = serde_json::from_str(&whole.body()).unwrap();
                prop_assert!(body["choices"].is_array());
            }
        }
    }

    #[test]
    fn a_place_in_bytes_is_told_in_characters(text in "[a-zäß€😀 .]{1,40}", from in 0usize..40, length in 1usize..40, drift in 0usize..3) {
        let chars: Vec<char> = text.chars().collect();
        let from = from % chars.len();
        let to = (from + length).min(chars.len());
        let words: String = chars[from..to].iter().collect();
        let start = chars[..from].iter().collect::<String>().len();
        let segment = json!({"startIndex": start + drift, "endIndex": start + words.len() + drift, "text": words});
        let choice = message(&json!({"candidates": [{"content": {"parts": [{"text": text}]}, "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "https://a"}}],
            "groundingSupports": [{"segment": segment, "groundingChunkIndices": [0]}]}}]}));
        let cited = &choice["message"]["annotations"][0]["url_citation"];
        let place = |name: &str| usize::try_from(cited[name].as_u64().unwrap()).unwrap();
        let found: String = chars[place("start_index")..place("end_index")].iter().collect();
        prop_assert_eq!(&found, &words);
        if drift == 0 {
            prop_assert_eq!(place("start_index"), from);
        }
    }
}

#[test]
fn what_is_not_carried_is_refused_by_its_name_where_that_is_asked_for() {
    for (model, members, param) in [
        ("google-ai/gemini-3.1-pro", json!({"user": "u"}), "user"),
        ("google-ai/gemini-3.1-pro", json!({"metadata": {"a": "b"}}), "metadata"),
        (
            "google-ai/gemini-3.1-pro",
            json!({"parallel_tool_calls": false, "tools": [{"type": "function", "function": {"name": "f"}}]}),
            "parallel_tool_calls",
        ),
        ("google-ai/gemini-3.1-pro", json!({"seed": 4_294_967_296_u64}), "seed"),
        (
            "google-ai/gemini-2.5-flash",
            json!({"thinking": {"type": "enabled", "budget_tokens": 100_000}}),
            "thinking.budget_tokens",
        ),
        ("google-ai/gemini-3.1-pro", json!({"temperature": 2.5}), "temperature"),
        ("google-ai/gemini-3.1-pro", json!({"service_tier": "scale"}), "service_tier"),
        ("google-ai/gemini-3.1-pro", json!({"reasoning_effort": "none"}), "reasoning_effort"),
        ("google-ai/gemini-2.5-pro", json!({"thinking": {"type": "disabled"}}), "thinking"),
        ("google-ai/gemini-3.1-pro", json!({"modalities": ["smell"]}), "modalities"),
        ("google-ai/gemini-3.1-pro", json!({"seed": "x"}), "seed"),
        (
            "google-ai/gemini-3.1-pro",
            json!({"web_search_options": {"search_context_size": "high"}}),
            "web_search_options.search_context_size",
        ),
        (
            "google-ai/gemini-2.5-flash",
            json!({"web_search_options": {}, "tools": [{"type": "function", "function": {"name": "f"}}]}),
            "web_search_options",
        ),
        (
            "google-ai/gemini-2.5-flash",
            json!({"response_format": {"type": "json_object"}, "tools": [{"type": "google_search"}]}),
            "response_format",
        ),
        ("google-ai/gemini-2.0-flash", json!({"reasoning_effort": "low"}), "reasoning_effort"),
        (
            "google-ai/gemini-3.1-pro",
            json!({"reasoning_effort": "low", "thinking": {"type": "disabled"}}),
            "reasoning_effort",
        ),
        ("google-ai/gemini-3.1-pro", json!({"stop": ""}), "stop"),
        (
            "google-ai/gemini-3.1-pro",
            json!({"tools": [{"type": "function", "function": {"name": "f"}}, {"type": "function", "function": {"name": "f"}}]}),
            "tools",
        ),
        (
            "google-ai/gemini-3.1-pro",
            json!({"tools": [{"type": "function", "function": {"name": "f"}}], "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": [{"type": "function", "function": {"name": "g"}}]}}}),
            "tool_choice",
        ),
        ("google-ai/gemini-2.0-flash", json!({"thinking": {"type": "adaptive"}}), "thinking"),
        ("google-ai/gemini-3.6-flash", json!({"top_p": 0.5}), "top_p"),
        ("google/gemini-3.6-flash", json!({"metadata": {"a": "B"}}), "metadata.a"),
        (
            "google-ai/gemini-3.1-pro",
            json!({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b", "redacted_reasoning": "x"}]}),
            "messages[1].redacted_reasoning",
        ),
        ("google-ai/gemini-3.1-pro", json!({"tools": [{"type": "computer_use"}]}), "tools[0].type"),
        ("google-ai/gemini-3.1-pro", json!({"google-ai": {"toolConfig": 1}}), "toolConfig"),
        ("google-ai/gemini-3.1-pro", json!({"messages": [{"role": "assistant", "content": ""}]}), "messages"),
        (
            "google/gemini-3.1-pro",
            json!({"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "files/1"}}]}]}),
            "messages[0].content[0]",
        ),
    ] {
        let error = sent(model, members.clone(), Unsupported::Reject).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)), "{model} {members}");
    }
}

#[test]
fn what_asks_for_nothing_is_not_sent() {
    for (model, members) in [
        ("google-ai/gemini-2.0-flash", json!({"reasoning_effort": "none", "thinking": {"type": "disabled"}})),
        (
            "google-ai/gemini-3.1-pro",
            json!({"n": 1, "presence_penalty": 0, "logprobs": false, "stop": [], "service_tier": "auto"}),
        ),
        (
            "google-ai/gemini-3.1-pro",
            json!({"response_format": {"type": "text"}, "modalities": ["text"], "store": false, "tools": []}),
        ),
        (
            "google/gemini-3.1-pro",
            json!({"metadata": {}, "service_tier": "default", "thinking": null, "tool_choice": "auto"}),
        ),
    ] {
        let (body, dropped) = sent(model, members, Unsupported::Reject).unwrap();
        assert_eq!(body, json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}));
        assert!(dropped.is_empty());
    }
}

#[test]
fn searches_are_told_as_they_run_where_the_client_sees_them() {
    let tells = |list, model, tools: Value| {
        let (body, _) = sent_for(list, model, json!({"tools": tools}), Unsupported::Drop).unwrap();
        body["toolConfig"]["includeServerSideToolInvocations"] == true
    };
    let (search, code) = (json!([{"type": "web_search"}]), json!([{"type": "code_interpreter"}]));
    assert!(tells("input", "google-ai/gemini-3.1-pro-preview", search.clone()));
    assert!(!tells("", "google-ai/gemini-3.1-pro-preview", search.clone()));
    assert!(!tells("input", "google-ai/gemini-2.5-pro", search.clone()));
    assert!(!tells("input", "google/gemini-3.1-pro-preview", search));
    assert!(!tells("input", "google-ai/gemini-3.1-pro-preview", code));
}

#[test]
fn what_a_search_is_not_told_is_named() {
    let lists = json!({"allowed_domains": ["a.example"], "blocked_domains": ["b.example"], "later": 1});
    let search = json!({"type": "web_search", "filters": lists, "domains": ["c.example"]});
    for (model, carries) in
        [("google-ai/gemini-3.1-pro-preview", false), ("google/gemini-3.1-pro-preview", true)]
    {
        let (body, dropped) = sent(model, json!({"tools": [search]}), Unsupported::Drop).unwrap();
        let mut below = vec!["domains", "filters.later", "filters.allowed_domains"];
        below.extend((!carries).then_some("filters.blocked_domains"));
        assert_eq!(dropped, below.iter().map(|name| format!("tools[0].{name}")).collect::<Vec<_>>());
        let settings = if carries { json!({"excludeDomains": ["b.example"]}) } else { json!({}) };
        assert_eq!(body["tools"], json!([{"googleSearch": settings}]));
    }
}

#[test]
fn of_two_tokens_for_an_mcp_server_one_is_named() {
    let server = json!({"type": "mcp", "server_label": "w", "server_url": "https://w.example", "require_approval": "never",
        "authorization": "a", "headers": {"authorization": "Bearer b", "x": "y"}});
    let (body, dropped) =
        sent("google-ai/gemini-3.1-pro-preview", json!({"tools": [server]}), Unsupported::Drop).unwrap();
    let headers = &body["tools"][0]["mcpServers"][0]["streamableHttpTransport"]["headers"];
    assert_eq!(*headers, json!({"x": "y", "Authorization": "Bearer a"}));
    assert_eq!(dropped, ["tools[0].headers.authorization"]);
}

#[test]
fn of_listed_tools_those_of_googles_side_are_sent_and_functions_may_be_called() {
    let function = json!({"type": "function", "function": {"name": "now"}});
    let asked = |mode: &str, listed: Value| {
        let choice = json!({"type": "allowed_tools", "mode": mode, "tools": listed});
        let tools = json!([function, {"type": "web_search"}, {"type": "code_interpreter"}]);
        let members = json!({"tools": tools, "tool_choice": choice});
        sent("google-ai/gemini-3.1-pro-preview", members, Unsupported::Drop).unwrap()
    };
    let (body, dropped) = asked("auto", json!([{"type": "web_search"}]));
    assert_eq!(body["tools"], json!([{"functionDeclarations": [{"name": "now"}]}, {"googleSearch": {}}]));
    assert_eq!(body["toolConfig"]["functionCallingConfig"], json!({"mode": "NONE"}));
    assert!(dropped.is_empty());
    let (_, dropped) = asked("required", json!([{"type": "web_search"}]));
    assert_eq!(dropped, ["tool_choice"]);
    let (body, dropped) =
        asked("required", json!([{"type": "function", "name": "now"}, {"type": "code_interpreter"}]));
    assert_eq!(body["tools"][1], json!({"codeExecution": {}}));
    let config = json!({"mode": "ANY", "allowedFunctionNames": ["now"]});
    assert_eq!(body["toolConfig"]["functionCallingConfig"], config);
    assert!(dropped.is_empty());
}

#[test]
fn parts_that_were_sealed_go_back_where_they_stood() {
    let sealed = r#"{"toolCall":{"id":"t","args":{"q":"a\u0020b"}}},{"toolResponse":{"id":"t"}} {"executableCode":{}}"#;
    let assistant =
        json!({"role": "assistant", "content": "Rain.", "reasoning": "Hm", "redacted_reasoning": sealed});
    let messages = json!([{"role": "user", "content": "a"}, assistant, {"role": "user", "content": "b"}]);
    let (body, dropped) =
        sent("google-ai/gemini-3.1-pro-preview", json!({"messages": messages}), Unsupported::Reject).unwrap();
    let expected = json!([{"text": "Hm", "thought": true}, {"toolCall": {"id": "t", "args": {"q": "a b"}}},
        {"toolResponse": {"id": "t"}}, {"executableCode": {}}, {"text": "Rain."}]);
    assert_eq!(body["contents"][1]["parts"], expected);
    assert!(dropped.is_empty());
    for foreign in ["abc+/=", "{\"text\":\"x\"}", "]},{\"a\":[", ""] {
        let assistant = json!({"role": "assistant", "content": "Rain.", "redacted_reasoning": foreign});
        let messages = json!([{"role": "user", "content": "a"}, assistant, {"role": "user", "content": "b"}]);
        let (body, _) =
            sent("google-ai/gemini-3.1-pro-preview", json!({"messages": messages}), Unsupported::Drop)
                .unwrap();
        assert_eq!(body["contents"][1]["parts"], json!([{"text": "Rain."}]), "{foreign}");
    }
}

#[test]
fn signatures_go_where_they_came_from() {
    let parts = |message: Value| {
        let messages = json!([{"role": "user", "content": "a"}, message, {"role": "user", "content": "b"}]);
        let (body, _) =
            sent("google-ai/gemini-3.1-pro", json!({ "messages": messages }), Unsupported::Drop).unwrap();
        body["contents"][1]["parts"].clone()
    };
    // With the last text.
    let texts = json!([{"type": "text", "text": "x"}, {"type": "text", "text": "y"}]);
    assert_eq!(
        parts(json!({"role": "assistant", "content": texts, "reasoning_signature": "s"})),
        json!([{"text": "x"}, {"text": "y", "thoughtSignature": "s"}])
    );
    // With a text of its own, where there is none.
    assert_eq!(
        parts(json!({"role": "assistant", "content": null, "reasoning_signature": "s"})),
        json!([{"text": "", "thoughtSignature": "s"}])
    );
}

#[test]
fn calls_have_their_own_signatures_and_the_first_a_stand_in() {
    let call = |id: &str, signature: Value| {
        json!({"id": id, "type": "function", "function": {"name": "f", "arguments": ""},
            "extra_content": {"google": {"thought_signature": signature}}})
    };
    let sent_calls = |first: Value| {
        let calls = json!([call("a", first), call("b", Value::Null)]);
        let messages = json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": null, "tool_calls": calls},
            {"role": "tool", "tool_call_id": "b", "content": "2"}, {"role": "tool", "tool_call_id": "a", "content": "1"}]);
        let (body, _) =
            sent("google-ai/gemini-3.1-pro", json!({ "messages": messages }), Unsupported::Drop).unwrap();
        let names = body["contents"][2]["parts"].as_array().unwrap();
        let ids: Vec<_> = names.iter().map(|part| part["functionResponse"]["id"].clone()).collect();
        assert_eq!(ids, ["a", "b"]);
        let parts = body["contents"][1]["parts"].clone();
        assert!(parts[1].get("thoughtSignature").is_none());
        parts[0]["thoughtSignature"].clone()
    };
    assert_eq!(sent_calls(json!("t")), "t");
    assert_eq!(sent_calls(Value::Null), "skip_thought_signature_validator");
}

#[test]
fn calls_and_results_that_do_not_fit_are_refused() {
    let user = json!({"role": "user", "content": "a"});
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let called = json!({"role": "assistant", "content": null, "tool_calls": [call("a"), call("b")]});
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "1"});
    let system = json!({"role": "system", "content": "s"});
    for (messages, param) in [
        (json!([user, called]), "messages"),
        (json!([user, called, user]), "messages"),
        (json!([user, called, result("a")]), "messages"),
        (json!([user, called, result("a"), user, result("b")]), "messages"),
        (json!([user, result("a")]), "messages[1].tool_call_id"),
        (json!([user, called, result("a"), result("c")]), "messages[3].tool_call_id"),
        (json!([user, called, result("a"), result("a"), result("b")]), "messages[3].tool_call_id"),
    ] {
        let error =
            sent("google-ai/gemini-3.1-pro", json!({ "messages": messages }), Unsupported::Drop).unwrap_err();
        assert_eq!(error.param.as_deref(), Some(param), "{messages}");
    }
    let fit = json!([user, called, result("b"), system, result("a"), user]);
    let (body, _) = sent("google-ai/gemini-3.1-pro", json!({ "messages": fit }), Unsupported::Drop).unwrap();
    assert_eq!(body["contents"].as_array().unwrap().len(), 4);
}

#[test]
fn vertex_listens_at_its_location_and_without_a_project_everywhere() {
    for (location, host) in [
        ("europe-west1", "europe-west1-aiplatform.googleapis.com"),
        ("global", "aiplatform.googleapis.com"),
        ("us", "aiplatform.us.rep.googleapis.com"),
        ("eu", "aiplatform.eu.rep.googleapis.com"),
    ] {
        let upstream = upstream("google", &[("project", "p"), ("location", location)]);
        assert_eq!(upstream.authority, host);
        let route = upstream.route(Endpoint::ChatCompletions, "gemini-2.5-pro").unwrap();
        let path = upstream.path(route, "gemini-2.5-pro", false, None);
        let expected = format!(
            "/v1beta1/projects/p/locations/{location}/publishers/google/models/gemini-2.5-pro:generateContent"
        );
        assert_eq!(path, expected);
        assert_eq!(upstream.headers, [("authorization".to_owned(), b"Bearer key".to_vec())]);
    }
    let express = upstream("google", &[]);
    assert_eq!(express.authority, "aiplatform.googleapis.com");
    assert_eq!(express.headers, [("x-goog-api-key".to_owned(), b"key".to_vec())]);
    let route = express.route(Endpoint::ChatCompletions, "gemini-2.5-pro").unwrap();
    let path = express.path(route, "gemini-2.5-pro", true, None);
    assert_eq!(path, "/v1beta1/publishers/google/models/gemini-2.5-pro:streamGenerateContent?alt=sse");
}

#[test]
fn counts_add_up_as_google_adds_them() {
    let usage = |metadata: Value| {
        let text = json!({"candidates": [{"content": {}}], "usageMetadata": metadata}).to_string();
        let mut whole = Whole::new(wanted(), "gemini");
        Reader::new("toy").whole(&Object::parse(text.as_bytes()).unwrap(), &mut whole).unwrap();
        let usage = serde_json::from_str::<Value>(&whole.body()).unwrap()["usage"].clone();
        ["prompt_tokens", "completion_tokens", "total_tokens"].map(|name| usage[name].as_u64().unwrap())
    };
    let counts = json!({"promptTokenCount": 10, "toolUsePromptTokenCount": 5, "candidatesTokenCount": 7, "thoughtsTokenCount": 4, "totalTokenCount": 26});
    assert_eq!(usage(counts), [15, 11, 26]);
    // Thoughts among the candidates: the total says so.
    let counts = json!({"promptTokenCount": 10, "candidatesTokenCount": 7, "thoughtsTokenCount": 4, "totalTokenCount": 17});
    assert_eq!(usage(counts), [10, 7, 17]);
    assert_eq!(usage(json!({"candidatesTokenCount": 23, "thoughtsTokenCount": 67})), [0, 90, 90]);
    assert_eq!(usage(json!({"promptTokenCount": "10", "trafficType": "ON_DEMAND"})), [0, 0, 0]);
}

#[test]
fn reasons_are_told_in_openais_terms() {
    for (reason, parts, expected) in [
        (json!("STOP"), json!([{"text": "a"}]), "stop"),
        (json!("STOP"), json!([{"functionCall": {"name": "f"}}]), "tool_calls"),
        (json!("MAX_TOKENS"), json!([{"functionCall": {"name": "f"}}]), "length"),
        (json!("SPII"), json!([]), "content_filter"),
        (json!("IMAGE_SAFETY"), json!([]), "content_filter"),
        (json!("TOO_MANY_TOOL_CALLS"), json!([]), "stop"),
        (json!("A_REASON_OF_TOMORROW"), json!([]), "stop"),
        (json!(2), json!([]), "length"),
        (Value::Null, json!([{"text": "a"}]), "stop"),
    ] {
        let choice = message(&json!({"candidates": [{"content": {"parts": parts}, "finishReason": reason}]}));
        assert_eq!(choice["finish_reason"], expected, "{reason}");
    }
}

#[test]
fn what_is_said_of_every_input_is_refused_where_it_would_stand_beside_too_many() {
    let upstream = upstream("google-ai", &[]);
    for model in ["gemini-embedding-001", "gemini-embedding-2"] {
        let asked = |inputs: usize| {
            let (title, purpose) = ("t".repeat(1 << 20), "RETRIEVAL_DOCUMENT");
            let body = json!({"input": vec!["a"; inputs], "title": title, "task_type": purpose}).to_string();
            let object = Object::parse(body.as_bytes()).unwrap();
            let mut call = Call::new(Endpoint::Embeddings, &upstream, model);
            let sent = super::GEMINI.request(&mut call, Body::Json(&object));
            sent.map(|_| ()).map_err(|error| (error.status, error.param))
        };
        assert_eq!(asked(2), Ok(()), "{model}");
        assert_eq!(asked(90), Err((400, Some("title".to_owned()))), "{model}");
    }
}
