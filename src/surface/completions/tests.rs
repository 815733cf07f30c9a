use super::*;
use crate::chat::Ids;
use crate::endpoint::Endpoint;
use crate::provider::{Host, Provider, Settings, Upstream};
use crate::surface::{AsChat, Form, Names};
use proptest::prelude::*;
use serde_json::{Value, json};

fn upstream() -> Upstream {
    let row = Provider { host: Host::Public("h"), ..Provider::ROW };
    Upstream::new("perplexity", &row, Settings::default()).unwrap()
}

fn said(body: &Value) -> Result<AsChat, Error> {
    let upstream = upstream();
    let mut call = crate::dialect::Call::new(Endpoint::Completions, &upstream, "m");
    let text = body.to_string();
    as_chat(&mut call, &Object::parse(text.as_bytes()).unwrap())
}

fn chat(body: &Value) -> Value {
    serde_json::from_slice(&said(body).unwrap().body).unwrap()
}

#[test]
fn a_prompt_is_a_users_message() {
    let expected =
        json!({"model": "p/m", "messages": [{"role": "user", "content": "Once \"é\"\n"}], "max_tokens": 16});
    assert_eq!(chat(&json!({"model": "p/m", "prompt": "Once \"é\"\n"})), expected);
    assert_eq!(chat(&json!({"prompt": ["Once \"é\"\n"], "model": "p/m"})), expected);
    let nothing = json!({"model": "p/m", "prompt": "Once \"é\"\n", "suffix": null, "best_of": 1, "echo": false,
        "logprobs": null, "max_tokens": null});
    assert_eq!(chat(&nothing), expected);
}

#[test]
fn parameters_go_on_as_they_are() {
    let body = json!({"model": "p/m", "prompt": "x", "max_tokens": 5, "temperature": 0.5, "stop": ["a"], "n": 2,
        "stream": true, "stream_options": {"include_usage": true}, "seed": 7, "user": "u", "top_k": 3, "best_of": 2,
        "logprobs": 3});
    let expected = json!({"model": "p/m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 5,
        "temperature": 0.5, "stop": ["a"], "n": 2, "stream": true, "stream_options": {"include_usage": true}, "seed": 7,
        "user": "u", "top_k": 3, "logprobs": true, "top_logprobs": 3});
    assert_eq!(chat(&body), expected);
    let none = chat(&json!({"model": "p/m", "prompt": "x", "logprobs": 0}));
    assert_eq!((&none["logprobs"], &none["top_logprobs"]), (&json!(true), &Value::Null));
}

#[test]
fn what_no_chat_can_say_is_refused_by_name() {
    for (member, value, code) in [
        ("prompt", json!(["a", "b"]), "unsupported_value"),
        ("prompt", json!([1, 2]), "unsupported_value"),
        ("prompt", json!([[1, 2]]), "unsupported_value"),
        ("prompt", json!([]), "empty_array"),
        ("prompt", json!(null), "missing_required_parameter"),
        ("prompt", json!({}), "invalid_type"),
        ("suffix", json!("end"), "unsupported_parameter"),
        ("best_of", json!(2), "unsupported_parameter"),
        ("logprobs", json!(true), "invalid_type"),
        ("echo", json!("yes"), "invalid_type"),
        ("messages", json!([]), "unknown_parameter"),
        ("tools", json!([]), "unknown_parameter"),
    ] {
        let mut body = json!({"model": "p/m", "prompt": "x"});
        body[member] = value;
        let error = said(&body).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(member)), "{body}");
        assert_eq!(error.code.as_deref(), Some(code), "{body}");
        if code.starts_with("unsupported") {
            assert!(error.message.contains("perplexity"), "{}", error.message);
        }
    }
    let error = said(&json!({"model": "p/m", "prompt": "x", "echo": true, "logprobs": 1})).unwrap_err();
    assert_eq!(error.param.as_deref(), Some("echo"));
}

#[test]
fn names_are_those_of_the_client() {
    let names = |body: &Value| said(body).unwrap().names;
    let asked = names(&json!({"model": "p/m", "prompt": "x", "max_tokens": 5}));
    let name = |names: &Names, param: &str| names.client(param).map(std::borrow::Cow::into_owned);
    for (param, expected) in [
        ("messages[0].content", "prompt"),
        ("messages", "prompt"),
        ("max_completion_tokens", "max_tokens"),
        ("max_tokens", "max_tokens"),
        ("top_logprobs", "logprobs"),
        ("stop", "stop"),
    ] {
        assert_eq!(name(&asked, param).as_deref(), Some(expected));
    }
    let default = names(&json!({"model": "p/m", "prompt": "x"}));
    assert_eq!(name(&default, "max_tokens"), None);
}

fn open(streams: bool, usage: bool, asked: Asked) -> Completions {
    let wanted = Wanted { streams, usage, model: "m".to_owned(), ids: Ids::new("r-1", 7), form: Form::Chat };
    Completions::new(wanted, Rc::new(asked))
}

fn events(out: &str) -> Vec<Value> {
    let mut lines: Vec<&str> = out.split_terminator("\n\n").collect();
    assert_eq!(lines.pop(), Some("data: [DONE]"));
    lines.iter().map(|line| serde_json::from_str(line.strip_prefix("data: ").unwrap()).unwrap()).collect()
}

#[test]
fn log_probabilities_have_the_older_form() {
    let entries = r#"{"token":"a","logprob":-0.5,"bytes":[97],"top_logprobs":[{"token":"a","logprob":-0.5},
        {"token":"é","logprob":-1.25}]},{"token":"é\n","logprob":-2,"top_logprobs":[]}"#;
    let asked = || Asked { logprobs: true, prompt_chars: 4, ..Asked::default() };
    let expected = json!({"text_offset": [4, 5], "token_logprobs": [-0.5, -2], "tokens": ["a", "é\n"],
        "top_logprobs": [{"a": -0.5, "é": -1.25}, {"é\n": -2}]});
    for streams in [false, true] {
        let mut out = open(streams, false, asked());
        out.text(0, Text::Plain("aé\n"));
        out.logprobs(0, entries);
        out.finish(0, FinishReason::Stop);
        out.close();
        let text = out.take();
        let first = if streams { events(&text)[0].clone() } else { serde_json::from_str(&text).unwrap() };
        let choice = &first["choices"][0];
        assert_eq!((&choice["text"], &choice["logprobs"]), (&json!("aé\n"), &expected));
    }
}

#[test]
fn a_completion_calls_no_tools_and_a_refusal_is_its_text() {
    let mut out = open(false, false, Asked::default());
    out.refusal(0, Text::Plain("No."));
    out.tool_call(0, Call { id: None, name: Text::Plain("f"), signature: None });
    out.finish(0, FinishReason::ToolCalls);
    out.close();
    let body: Value = serde_json::from_str(&out.take()).unwrap();
    let expected = json!({"text": "No.", "index": 0, "logprobs": null, "finish_reason": "stop"});
    assert_eq!(body["choices"], json!([expected]));
}

/// What an answer is told.
#[derive(Clone, Debug)]
enum Told {
    Text(String),
    Refusal(String),
    Reasoning(String),
    Logprobs(String),
    Citation(usize),
}

fn told() -> impl Strategy<Value = (usize, Told)> {
    let text = "[a\"\\\\é\n]{0,3}";
    let told = prop_oneof![
        text.prop_map(Told::Text),
        text.prop_map(Told::Refusal),
        text.prop_map(Told::Reasoning),
        text.prop_map(Told::Logprobs),
        (0_usize..4).prop_map(Told::Citation),
    ];
    (0_usize..2, told)
}

fn tell(out: &mut Completions, list: &[(usize, Told)]) {
    for (choice, told) in list {
        match told {
            Told::Text(text) => out.text(*choice, Text::Plain(text)),
            Told::Refusal(text) => out.refusal(*choice, Text::Plain(text)),
            Told::Reasoning(text) => out.reasoning(*choice, Text::Plain(text)),
            Told::Logprobs(text) => {
                out.logprobs(*choice, &json!({"token": text, "logprob": -1, "top_logprobs": []}).to_string());
            }
            Told::Citation(end) => {
                out.citation(
                    *choice,
                    Citation { url: Text::Plain("https://a"), title: None, start: 0, end: *end },
                );
            }
        }
    }
    out.finish(0, FinishReason::Length);
    out.finish(1, FinishReason::ContentFilter);
    out.usage(Counts { input: 3, output: 4, ..Counts::default() });
    out.close();
}

proptest! {
    #[test]
    fn a_stream_put_together_is_the_body(
        list in prop::collection::vec(told(), 0..12),
        echo in prop::option::of("[a\"é]{1,3}"),
        logprobs in any::<bool>(),
        usage in any::<bool>(),
    ) {
        let asked = || Asked {
            echo: echo.as_deref().map(|prompt| json!(prompt).to_string()),
            prompt_chars: echo.as_deref().map_or(0, |prompt| prompt.chars().count()),
            logprobs,
        };
        let (mut whole, mut stream) = (open(false, usage, asked()), open(true, usage, asked()));
        tell(&mut whole, &list);
        tell(&mut stream, &list);
        let body: Value = serde_json::from_str(&whole.take()).unwrap();
        let mut events = events(&stream.take());
        if usage {
            let last = events.pop().unwrap();
            prop_assert_eq!(&last["usage"], &body["usage"]);
            prop_assert_eq!(&last["choices"], &json!([]));
        }
        let mut choices = vec![json!({"text": "", "logprobs": null, "finish_reason": null}); 2];
        for event in &events {
            prop_assert_eq!(event.get("usage"), usage.then_some(&Value::Null));
            for name in ["id", "object", "created", "model"] {
                prop_assert_eq!(&event[name], &body[name]);
            }
            let piece = &event["choices"][0];
            let choice = &mut choices[usize::try_from(piece["index"].as_u64().unwrap()).unwrap()];
            prop_assert!(choice["finish_reason"].is_null(), "nothing follows the end");
            choice["index"] = piece["index"].clone();
            choice["finish_reason"] = piece["finish_reason"].clone();
            for name in ["text", "reasoning"] {
                if let Some(more) = piece[name].as_str() {
                    choice[name] = json!(choice[name].as_str().unwrap_or_default().to_owned() + more);
                }
            }
            if let Some(annotations) = piece.get("annotations") {
                choice["annotations"] = annotations.clone();
            }
            for (name, more) in piece["logprobs"].as_object().into_iter().flatten() {
                let mut all = choice["logprobs"][name].as_array().cloned().unwrap_or_default();
                all.extend(more.as_array().unwrap().iter().cloned());
                choice["logprobs"][name] = json!(all);
            }
        }
        prop_assert_eq!(json!(choices), body["choices"].clone());
        let text: String = list.iter().filter(|(choice, _)| *choice == 0).map(|(_, told)| match told {
            Told::Text(text) | Told::Refusal(text) => text.as_str(),
            _ => "",
        }).collect();
        prop_assert_eq!(body["choices"][0]["text"].as_str().unwrap(), echo.unwrap_or_default() + &text);
    }
}
