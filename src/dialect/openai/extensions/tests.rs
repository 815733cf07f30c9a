use super::*;
use crate::wire::sse::event_end;
use proptest::prelude::*;
use serde_json::{Value, json};

fn wanted(usage: bool) -> Wanted {
    Wanted { streams: true, usage, model: "m".to_owned(), ids: Ids::new("r-1", 7), form: Default::default() }
}

fn event(data: &Value) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn chunk(delta: &Value, finish: Option<&str>) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "system_fingerprint": "f",
        "choices": [{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}], "usage": null})
}

/// What becomes of these events, as JSON.
fn mended(events: &[Value]) -> Vec<Value> {
    let mut mender = Mender::new(wanted(true));
    let mut out = Vec::new();
    for data in events {
        let event = event(data);
        let mut rest = mender.event(&event).unwrap_or(event);
        while let Some(end) = event_end(&rest) {
            let text = std::str::from_utf8(&rest[6..end]).unwrap().trim();
            out.push(serde_json::from_str(text).unwrap());
            rest.drain(..end);
        }
    }
    out
}

#[test]
fn a_stream_in_openais_form_passes_untouched() {
    let call = |fragment: Value| json!({"tool_calls": [fragment]});
    let stream = [
        chunk(&json!({"role": "assistant", "content": "", "refusal": null}), None),
        chunk(&json!({"content": "a \"b\" \\ ü"}), None),
        chunk(&json!({"content": "c"}), None),
        chunk(
            &call(
                json!({"index": 0, "id": "x", "type": "function", "function": {"name": "f", "arguments": ""}}),
            ),
            None,
        ),
        chunk(&call(json!({"index": 0, "function": {"arguments": "{}"}})), None),
        chunk(&json!({}), Some("tool_calls")),
        json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}}),
    ];
    let mut mender = Mender::new(wanted(true));
    for data in &stream {
        assert_eq!(mender.event(&event(data)), None, "{data}");
    }
    for other in [
        ": ping\n\n",
        "event: new.kind\ndata: {\"choices\":[{}]}\n\n",
        "data: [DONE]\n\n",
        "data: {}\n\n",
        "data: x\n\n",
    ] {
        assert_eq!(mender.event(other.as_bytes()), None, "{other}");
    }
}

#[test]
fn an_answer_in_openais_form_passes_untouched() {
    let body = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "a", "refusal": null, "annotations": []}, "logprobs": null,
        "finish_reason": "stop"}], "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}});
    assert_eq!(whole(body.to_string().as_bytes(), &wanted(false)), None);
    assert_eq!(whole(b"{\"detail\":\"no chat\"}", &wanted(false)), None);
}

#[test]
fn every_reason_to_end_is_one_of_openais() {
    for (said, expected) in [
        ("model_length", "length"),
        ("eos", "stop"),
        ("insufficient_system_resource", "length"),
        ("sensitive", "content_filter"),
        ("tool_use", "tool_calls"),
        ("something new", "stop"),
    ] {
        let out = mended(&[chunk(&json!({"role": "assistant", "content": ""}), Some(said))]);
        assert_eq!(out[0]["choices"][0]["finish_reason"], expected, "{said}");
        assert_eq!(out[0]["choices"][0]["native_finish_reason"], said);
    }
    let calls = json!({"role": "assistant", "tool_calls": [{"index": 0, "id": "x", "type": "function",
        "function": {"name": "f", "arguments": "{\"a\":1}"}}]});
    for (said, expected) in
        [("stop", "tool_calls"), ("length", "length"), ("content_filter", "content_filter")]
    {
        let out = mended(&[chunk(&calls, Some(said))]);
        assert_eq!(out[0]["choices"][0]["finish_reason"], expected, "calls, and {said}");
    }
}

#[test]
fn sources_that_come_behind_the_end_are_told_once() {
    let mut last = chunk(&json!({}), None);
    last["choices"] = json!([]);
    last["citations"] = json!(["https://a.example", "no url", "https://a.example"]);
    let out = mended(&[
        chunk(&json!({"role": "assistant", "content": "a"}), None),
        chunk(&json!({}), Some("stop")),
        last.clone(),
        last,
    ]);
    let told: Vec<_> = out.iter().map(|chunk| &chunk["choices"][0]["delta"]["annotations"]).collect();
    let expected = json!([{"type": "url_citation", "url_citation":
        {"url": "https://a.example", "title": "https://a.example", "start_index": 0, "end_index": 0}}]);
    assert_eq!(told, [&Value::Null, &Value::Null, &expected, &Value::Null]);
}

#[test]
fn what_is_gathered_for_the_end_is_bounded() {
    let mut mender = Mender::new(wanted(false));
    for number in 0..20_000 {
        let annotation = json!({"type": "url_citation", "url_citation":
            {"url": format!("https://{number}.example/{}", "x".repeat(200)), "title": "t"}});
        mender.event(&event(&chunk(&json!({"annotations": [annotation]}), None)));
        let call = json!({"tool_calls": [{"id": format!("c{number}"), "function": {"name": "f"}}]});
        mender.event(&event(&chunk(&call, None)));
    }
    let end = mender.event(&event(&chunk(&json!({}), Some("stop")))).unwrap();
    assert!(end.len() < 2 << 20, "{}", end.len());
}

#[test]
fn signatures_of_several_thoughts_say_where_each_began() {
    let detail = |detail: Value| chunk(&json!({"reasoning_details": [detail]}), None);
    let out = mended(&[
        detail(json!({"type": "reasoning.text", "text": "ünö"})),
        detail(json!({"type": "reasoning.text", "signature": "s1"})),
        detail(json!({"type": "reasoning.text", "text": "two"})),
        detail(json!({"type": "reasoning.text", "signature": "s2"})),
        detail(json!({"type": "reasoning.text", "text": "three", "signature": "s3"})),
    ]);
    let all = |name: &str| -> String {
        out.iter().filter_map(|chunk| chunk["choices"][0]["delta"][name].as_str()).collect()
    };
    assert_eq!(all("reasoning"), "ünötwothree");
    assert_eq!(all("reasoning_content"), "ünötwothree");
    assert_eq!(all("reasoning_signature"), "s1 3 s2 6 s3");
}

/// JSON of names that mean something here, in places where they do and do not.
fn any_json() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "id",
        "object",
        "created",
        "model",
        "choices",
        "index",
        "delta",
        "message",
        "role",
        "content",
        "type",
        "text",
        "thinking",
        "reasoning",
        "reasoning_details",
        "signature",
        "data",
        "tool_calls",
        "function",
        "name",
        "arguments",
        "finish_reason",
        "usage",
        "prompt_tokens",
        "total_tokens",
        "completion_tokens",
        "citations",
        "search_results",
        "url",
        "annotations",
        "url_citation",
        "executed_tools",
        "logprobs",
        "x_groq",
        "error",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (0_u32..4).prop_map(Value::from),
        "[a-z\"\\\\ü ]{0,4}".prop_map(Value::from),
        prop::sample::select(vec![
            "",
            "stop",
            "eos",
            "thinking",
            "text",
            "https://a.example",
            "function",
            "{}"
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|members| {
                members
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect::<serde_json::Map<_, _>>()
                    .into()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_look_is_saved_only_where_it_would_change_nothing(
        deltas in prop::collection::vec((any_json(), 0..6_u8, "\\PC{0,6}"), 1..16),
        form in 0..4_u8,
    ) {
        let (mut quick, mut slow) = (Mender::new(wanted(true)), Mender::new(wanted(true)));
        for (delta, kind, text) in deltas {
            let delta = match (kind, form) {
                (0, _) => delta,
                (1, _) => json!({"reasoning_content": text, "content": null}),
                (2, _) => json!({"reasoning_details": [{"type": "reasoning.text", "text": text, "signature": "s"}]}),
                (_, 0) => json!({"content": text}),
                (_, 1) => json!({"content": text, "role": "assistant"}),
                (_, 2) => json!({"content": "", "role": "assistant", "reasoning": text}),
                (_, _) => json!({"content": null, "reasoning_content": text}),
            };
            let mut body = chunk(&delta, None);
            if form == 1 {
                body["object"] = json!("chat.completion");
                body["choices"][0].as_object_mut().unwrap().remove("finish_reason");
            }
            let event = event(&body);
            slow.forget();
            prop_assert_eq!(quick.event(&event), slow.event(&event));
        }
    }

    #[test]
    fn whatever_comes_stays_json_and_needs_no_more(message in any_json(), choice in any_json(), more in any_json()) {
        let mut choice = if choice.is_object() { choice } else { json!({}) };
        choice["message"] = message;
        let mut body = if more.is_object() { more } else { json!({}) };
        body["choices"] = json!([choice]);
        let text = body.to_string();
        if let Some(out) = whole(text.as_bytes(), &wanted(false)) {
            let read: Result<Value, _> = serde_json::from_slice(&out);
            prop_assert!(read.is_ok(), "{} became {}", text, String::from_utf8_lossy(&out));
            let again = whole(&out, &wanted(false));
            prop_assert!(again.is_none(), "{} became {} and then {:?}", text, String::from_utf8_lossy(&out),
                again.map(|out| String::from_utf8(out).unwrap()));
        }
    }

    #[test]
    fn whatever_streams_stays_json(events in prop::collection::vec((any_json(), any_json(), any::<bool>()), 1..8)) {
        let mut mender = Mender::new(wanted(true));
        for (delta, more, ends) in events {
            let mut body = chunk(&delta, ends.then_some("stop"));
            if let Value::Object(more) = more {
                more.into_iter().filter(|(name, _)| name != "error").for_each(|(name, value)| body[name] = value);
            }
            if let Some(out) = mender.event(&event(&body)) {
                let text = String::from_utf8(out).unwrap();
                let data = text.strip_prefix("data: ").unwrap().strip_suffix("\n\n").unwrap();
                let read: Result<Value, _> = serde_json::from_str(data);
                prop_assert!(read.is_ok(), "{} became {}", body, data);
            }
        }
    }
}

#[test]
fn a_long_annotation_of_a_whole_answer_is_not_lost_beside_others() {
    let long = "x".repeat(2 << 20);
    let body = format!(
        r#"{{"id":"i","choices":[{{"index":0,"message":{{"role":"assistant","content":"x","annotations":[
            {{"type":"url_citation","url_citation":{{"url":"https://a"}}}},{{"type":"file","file":{{"text":"{long}"}}}}]}},"finish_reason":"stop"}}]}}"#
    );
    let told = whole(body.as_bytes(), &wanted(false)).unwrap();
    assert!(memchr::memmem::find(&told, long.as_bytes()).is_some());
}
