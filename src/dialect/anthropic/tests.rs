//! Laws of whole requests and answers. What single cases look like is in `tests/golden/anthropic`.

mod served;

use super::*;
use crate::chat::Ids;
use crate::dialect::{Body, Event, Flow, Sent, Translate};
use crate::provider::{Settings, Upstream, table};
use crate::surface::chat::{Chunks, Whole};
use crate::surface::{Names, Origin, Surface, Wanted};
use crate::wire::json::Object;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The body that goes up, its headers, and what was left out.
type Up = (Value, Vec<(&'static str, String)>, Vec<String>);

/// What goes up for a chat, or the error.
fn sent(dialect: &Anthropic, model: &str, body: &Value) -> Result<Up, Error> {
    sent_for(dialect, model, body, Names::default())
}

fn sent_for(dialect: &Anthropic, model: &str, body: &Value, names: Names) -> Result<Up, Error> {
    let row = table::all().find(|row| row.id == "anthropic").unwrap();
    let upstream = Upstream::new("anthropic", row, Settings::default()).unwrap();
    let mut call = Call { names, ..Call::new(Endpoint::ChatCompletions, &upstream, model) };
    let text = body.to_string();
    let object = Object::parse(text.as_bytes()).unwrap();
    let Sent::Translated(translated) = dialect.request(&mut call, Body::Json(&object))? else {
        panic!("another language is translated")
    };
    let body = serde_json::from_slice(&translated.body).unwrap();
    Ok((body, translated.headers, call.dropped))
}

fn asked(content: Value) -> Value {
    json!({"messages": [{"role": "user", "content": content}]})
}

#[test]
fn vertex_has_the_version_in_the_body_and_no_model() {
    let mut body = asked(json!("Hi"));
    body["stream"] = json!(true);
    body["service_tier"] = json!("priority");
    body["web_search_options"] = json!({});
    let (body, headers, dropped) = sent(&VERTEX, "claude-sonnet-4-5@20250929", &body).unwrap();
    assert_eq!(body["anthropic_version"], "vertex-2023-10-16");
    assert_eq!((&body["model"], &body["stream"]), (&Value::Null, &json!(true)));
    assert_eq!(headers, [("anthropic-beta", "web-search-2025-03-05".to_owned())]);
    assert_eq!(dropped, ["service_tier"]);
}

#[test]
fn vertex_takes_data_alone() {
    for part in [
        json!({"type": "image_url", "image_url": {"url": "https://x.example/a.png"}}),
        json!({"type": "file", "file": {"file_data": "https://x.example/a.pdf"}}),
        json!({"type": "file", "file": {"file_id": "file_1"}}),
    ] {
        let error = sent(&VERTEX, "claude-sonnet-4-5", &asked(json!([part]))).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some("messages[0].content[0]")));
    }
    let data = json!([{"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}}]);
    assert!(sent(&VERTEX, "claude-sonnet-4-5", &asked(data)).is_ok());
}

#[test]
fn vertex_decodes_schemas_only_where_no_tool_can_be_forced() {
    let mut body = asked(json!("Hi"));
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    body["response_format"] = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    let (by_tool, ..) = sent(&VERTEX, "claude-sonnet-4-5", &body).unwrap();
    assert_eq!(
        (&by_tool["output_config"], &by_tool["tools"][0]["name"]),
        (&Value::Null, &json!(tools::ANSWER))
    );
    let (decoded, ..) = sent(&VERTEX, "claude-opus-5-5", &body).unwrap();
    assert_eq!(
        (&decoded["output_config"]["format"]["type"], &decoded["tools"]),
        (&json!("json_schema"), &Value::Null)
    );
}

#[test]
fn every_model_gets_what_it_takes_for_every_effort() {
    for model in [
        "claude-3-haiku-20240307",
        "claude-sonnet-4-5",
        "claude-opus-4-5",
        "claude-opus-4-6",
        "claude-opus-4-8",
        "claude-sonnet-5",
        "claude-opus-5",
        "claude-haiku-5-5",
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-fable-5",
    ] {
        let known = models::find(model);
        for effort in ["none", "minimal", "low", "medium", "high", "xhigh", "max"] {
            for max_tokens in [None, Some(1), Some(1025), Some(1500), Some(20_000)] {
                let mut body = asked(json!("Hi"));
                body["reasoning_effort"] = json!(effort);
                if let Some(max_tokens) = max_tokens {
                    body["max_tokens"] = json!(max_tokens);
                }
                let (body, _, dropped) = sent(&ANTHROPIC, model, &body).unwrap();
                let case = format!("{model} {effort} {max_tokens:?}: {body} {dropped:?}");
                let level = body["output_config"]["effort"].as_str();
                assert!(level.is_none() || known.effort.is_some(), "{case}");
                assert!(level != Some("xhigh") || known.thinking == models::Thinking::Adaptive, "{case}");
                let max_tokens = body["max_tokens"].as_u64().unwrap();
                let wanted = match body["thinking"]["type"].as_str() {
                    Some("enabled") => {
                        let budget = body["thinking"]["budget_tokens"].as_u64().unwrap();
                        assert!((1024..max_tokens).contains(&budget), "{case}");
                        matches!(known.thinking, models::Thinking::Budget | models::Thinking::Either)
                    }
                    Some("adaptive") => {
                        matches!(known.thinking, models::Thinking::Adaptive | models::Thinking::Either)
                    }
                    Some("disabled") => {
                        assert_eq!(effort, "none", "{case}");
                        known.off != models::Off::Always && known.off != models::Off::BetweenTools
                    }
                    Some("between_tools") => known.off == models::Off::BetweenTools,
                    // Thinking that cannot be had, or cannot be left, is named.
                    _ => !dropped.is_empty() || effort == "none",
                };
                assert!(wanted, "{case}");
            }
        }
    }
}

/// One message, or a call of a tool and its result.
fn message() -> impl Strategy<Value = Vec<Value>> {
    let text = || prop::sample::select(vec!["", " ", "\n", "a", " b ", "ü\"", "c\n"]);
    let parts = prop::collection::vec(text(), 0..3).prop_map(|texts| {
        json!(texts.iter().map(|text| json!({"type": "text", "text": text})).collect::<Vec<_>>())
    });
    let content = prop_oneof![text().prop_map(|text| json!(text)), parts];
    let role = prop::sample::select(vec!["system", "developer", "user", "assistant", "tool", "calls"]);
    (role, content).prop_map(|(role, content)| match role {
        "tool" => vec![json!({"role": "tool", "tool_call_id": "t1", "content": content})],
        // Mostly with its result.
        "calls" => vec![
            json!({"role": "assistant", "content": content, "tool_calls": [
                {"id": "t 2", "type": "function", "function": {"name": "f", "arguments": ""}}]}),
            json!({"role": "user", "content": "between"}),
            json!({"role": "tool", "tool_call_id": "t 2", "content": content}),
        ],
        role => vec![json!({"role": role, "content": content})],
    })
}

/// All texts in a value's `text` and string `content`, sorted, without white space at the ends.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if matches!(name.as_str(), "text" | "content") => {
                        into.push(text.trim().to_owned());
                    }
                    value => texts(value, into),
                }
            }
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_chat_becomes_turns_that_are_taken(
        messages in prop::collection::vec(message(), 1..9),
        model in prop::sample::select(vec!["claude-sonnet-4-5", "claude-opus-5-5"]),
    ) {
        let messages = messages.concat();
        let body = match sent(&ANTHROPIC, model, &json!({"messages": messages})) {
            Ok((body, ..)) => body,
            // Calls without results, results without calls, and what is begun for a model that does not go on.
            Err(error) => {
                prop_assert_eq!(error.status, 400);
                prop_assert!(error.param.unwrap().starts_with("messages"));
                return Ok(());
            }
        };
        let turns = body["messages"].as_array().unwrap();
        prop_assert_eq!(&turns[0]["role"], "user");
        let mut last = Value::Null;
        for (at, turn) in turns.iter().enumerate() {
            prop_assert!(turn["role"] != last, "{} repeats", turn["role"]);
            if turn["role"] == "system" {
                prop_assert_eq!(&last, "user");
                prop_assert!(turns.get(at + 1).is_none_or(|next| next["role"] == "assistant"));
                prop_assert_eq!(model, "claude-opus-5-5");
            }
            last = turn["role"].clone();
            let Some(blocks) = turn["content"].as_array() else { continue };
            prop_assert!(!blocks.is_empty());
            let is_result = |block: &Value| block["type"] == "tool_result";
            let results = blocks.iter().filter(|block| is_result(block)).count();
            prop_assert!(blocks.iter().take(results).all(is_result), "results come first");
            for block in blocks.iter().filter(|block| block["type"] == "text") {
                prop_assert!(!block["text"].as_str().unwrap().trim().is_empty());
            }
        }
        // Nothing is lost, and nothing is said twice.
        let (mut said, mut told) = (Vec::new(), Vec::new());
        texts(&json!(messages), &mut said);
        texts(&json!([body["system"], body["messages"]]), &mut told);
        said.retain(|text| !text.is_empty());
        told.retain(|text| !["(no text)", "(The assistant speaks first.)"].contains(&text.as_str()));
        said.sort();
        told.sort();
        prop_assert_eq!(said, told);
    }

    #[test]
    fn a_stream_says_what_a_whole_body_says(
        blocks in prop::collection::vec(block(), 0..6),
        size in 1_usize..9,
        hidden in any::<bool>(),
        reason in prop::sample::select(vec!["end_turn", "tool_use", "max_tokens", "refusal", "new"]),
    ) {
        let usage = json!({"input_tokens": 3, "cache_read_input_tokens": 2, "output_tokens": 5});
        let message = json!({"type": "message", "id": "m", "model": "c", "content": blocks, "stop_reason": reason, "usage": usage});
        let wanted = Wanted { streams: false, usage: true, model: "m".to_owned(), ids: Ids::new("r", 1), form: Default::default() };
        let mut whole = Whole::new(wanted.clone(), "anthropic");
        let text = message.to_string();
        answer::Reader::new("p".to_owned(), hidden, None)
            .whole(&Object::parse(text.as_bytes()).unwrap(), &mut whole)
            .unwrap();
        let whole: Value = serde_json::from_str(&whole.body()).unwrap();

        let mut reader = answer::Reader::new("p".to_owned(), hidden, None);
        let mut chunks = Chunks::new(wanted, "anthropic");
        for event in events(&message, size) {
            let data = event.to_string();
            let flow = reader.event(&Event { name: None, data: &data, exception: false }, &mut chunks).unwrap();
            prop_assert_eq!(flow == Flow::Last, event["type"] == "message_stop");
        }
        prop_assert!(chunks.finished());
        chunks.close();
        let (streamed, finish, usage) = joined(&chunks.take());
        let mut said = whole["choices"][0]["message"].clone();
        said.as_object_mut().unwrap().retain(|name, value| name != "role" && !value.is_null());
        prop_assert_eq!(streamed, said);
        prop_assert_eq!(&finish, &whole["choices"][0]["finish_reason"]);
        prop_assert_eq!(&usage, &whole["usage"]);
    }

    #[test]
    fn no_event_does_harm(
        events in prop::collection::vec(anything(), 0..12),
    ) {
        let wanted = Wanted { streams: true, usage: true, model: "m".to_owned(), ids: Ids::new("r", 1), form: Default::default() };
        let mut reader = answer::Reader::new("p".to_owned(), false, None);
        let mut chunks = Chunks::new(wanted, "anthropic");
        for event in &events {
            let data = event.to_string();
            if reader.event(&Event { name: None, data: &data, exception: false }, &mut chunks).is_err() {
                break;
            }
        }
        chunks.close();
        joined(&chunks.take());
    }
}

#[test]
fn thoughts_do_not_come_back_where_what_they_are_bound_to_is_missing() {
    let body = json!({"messages": [{"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Found.", "reasoning": "Hm", "reasoning_signature": "s"},
        {"role": "user", "content": "Sure?"}]});
    for (model, left_out, kinds) in [
        ("claude-opus-5-5", false, &["thinking", "text"][..]),
        ("claude-opus-5-5", true, &["text"]),
        ("claude-sonnet-4-5", true, &["thinking", "text"]),
    ] {
        let origin = |left_out| Origin { left_out, ..Origin::default() };
        let messages = vec![origin(false), origin(left_out), origin(false)];
        let names = Names { messages, ..Names::default() };
        let (sent, _, dropped) = sent_for(&ANTHROPIC, model, &body, names).unwrap();
        let named = (kinds.len() == 1).then_some("messages[1].reasoning_signature");
        assert!(dropped.iter().map(String::as_str).eq(named), "{dropped:?}");
        let blocks = sent["messages"][1]["content"].as_array().unwrap();
        assert_eq!(blocks.iter().map(|block| block["type"].as_str().unwrap()).collect::<Vec<_>>(), kinds);
    }
}

fn block() -> impl Strategy<Value = Value> {
    let text = || prop::sample::select(vec!["", "a", "Hé\n", "\u{1f600}\"", "long enough to be cut"]);
    let input = || prop::sample::select(vec![json!({}), json!({"a": "ü\"", "b": [1, {}]})]);
    let citations = prop::collection::vec(
        prop::sample::select(vec![
            json!({"type": "web", "url": "https://u"}),
            json!({"type": "page", "n": 1}),
        ]),
        0..3,
    );
    prop_oneof![
        (text(), citations)
            .prop_map(|(text, citations)| json!({"type": "text", "text": text, "citations": citations})),
        (text(), text()).prop_map(
            |(text, signature)| json!({"type": "thinking", "thinking": text, "signature": signature})
        ),
        Just(json!({"type": "redacted_thinking", "data": "r"})),
        (input(), prop::sample::select(vec!["f", tools::ANSWER]))
            .prop_map(|(input, name)| json!({"type": "tool_use", "id": "t", "name": name, "input": input})),
        input().prop_map(
            |input| json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": input})
        ),
        Just(json!({"type": "compaction", "content": "so far"})),
    ]
}

/// The events of a stream that says this message, its texts cut into pieces of so many characters.
fn events(message: &Value, size: usize) -> Vec<Value> {
    let mut start = message.clone();
    (start["content"], start["stop_reason"], start["container"]) = (json!([]), Value::Null, Value::Null);
    let mut events = vec![json!({"type": "message_start", "message": start}), json!({"type": "ping"})];
    for (index, block) in message["content"].as_array().unwrap().iter().enumerate() {
        let mut begun = block.clone();
        let mut deltas = Vec::new();
        let mut cut = |kind: &str, name: &str, text: &str| {
            let chars: Vec<char> = text.chars().collect();
            for piece in chars.chunks(size) {
                deltas.push(json!({"type": kind, name: piece.iter().collect::<String>()}));
            }
        };
        match block["type"].as_str().unwrap() {
            "text" => {
                cut("text_delta", "text", block["text"].as_str().unwrap());
                (begun["text"], begun["citations"]) = (json!(""), json!([]));
                let citations = block["citations"].as_array().unwrap();
                deltas.extend(
                    citations.iter().map(|citation| json!({"type": "citations_delta", "citation": citation})),
                );
            }
            "thinking" => {
                cut("thinking_delta", "thinking", block["thinking"].as_str().unwrap());
                cut("signature_delta", "signature", block["signature"].as_str().unwrap());
                (begun["thinking"], begun["signature"]) = (json!(""), json!(""));
            }
            "tool_use" | "server_tool_use" | "mcp_tool_use" => {
                cut("input_json_delta", "partial_json", &block["input"].to_string());
                begun["input"] = json!({});
            }
            "compaction" => {
                deltas.push(json!({"type": "compaction_delta", "content": block["content"]}));
                begun["content"] = Value::Null;
            }
            _ => {}
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": begun}));
        events.extend(
            deltas
                .into_iter()
                .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    events.push(json!({"type": "message_delta", "delta": {"stop_reason": message["stop_reason"], "container": message["container"]}, "usage": {"output_tokens": 5}}));
    events.push(json!({"type": "message_stop"}));
    events
}

/// The message, the reason and the usage of a stream of chunks.
fn joined(text: &str) -> (Value, Value, Value) {
    let mut message = json!({});
    let (mut finish, mut usage) = (Value::Null, Value::Null);
    for event in text.split_terminator("\n\n").filter_map(|event| event.strip_prefix("data: ")) {
        if event == "[DONE]" {
            continue;
        }
        let chunk: Value = serde_json::from_str(event).unwrap();
        usage = chunk["usage"].clone();
        for choice in chunk["choices"].as_array().unwrap() {
            finish = choice["finish_reason"].clone();
            for (name, value) in choice["delta"].as_object().unwrap() {
                match (name.as_str(), value) {
                    ("role", _) | (_, Value::Null) => {}
                    ("tool_calls", calls) => {
                        for call in calls.as_array().unwrap() {
                            join_call(&mut message, call);
                        }
                    }
                    (name, Value::String(more)) => {
                        let old = message[name].as_str().unwrap_or_default();
                        message[name] = json!(old.to_owned() + more);
                    }
                    (name, value) => message[name] = value.clone(),
                }
            }
        }
    }
    (message, finish, usage)
}

fn join_call(message: &mut Value, call: &Value) {
    let index = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
    if call.get("id").is_some() {
        let mut call = call.clone();
        call.as_object_mut().unwrap().remove("index");
        if message.get("tool_calls").is_none() {
            message["tool_calls"] = json!([]);
        }
        message["tool_calls"].as_array_mut().unwrap().push(call);
    } else {
        let arguments = &mut message["tool_calls"][index]["function"]["arguments"];
        let old = arguments.as_str().unwrap().to_owned();
        *arguments = json!(old + call["function"]["arguments"].as_str().unwrap());
    }
}

/// Events of known kinds in any order, with members that may be missing or of another type.
fn anything() -> impl Strategy<Value = Value> {
    let kinds = [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "ping",
        "news",
    ];
    let value = || {
        prop_oneof![
            Just(json!(0)),
            Just(json!(1)),
            Just(json!("x")),
            Just(Value::Null),
            block(),
            Just(json!({"type": "text_delta", "text": "y"})),
            Just(json!({"type": "input_json_delta", "partial_json": "{"})),
            Just(json!({"type": "thinking_delta", "thinking": 1})),
            Just(json!({"stop_reason": "end_turn", "stop_details": 7})),
            Just(json!({"content": [1, {"type": "text"}], "usage": []})),
        ]
    };
    (prop::sample::select(kinds.to_vec()), value(), value(), value(), value()).prop_map(
        |(kind, index, block, delta, message)| {
            json!({"type": kind, "index": index, "content_block": block, "delta": delta, "message": message, "usage": {"output_tokens": -1}})
        },
    )
}
