//! Pictures through whole exchanges: whatever language a provider speaks, its pictures come to the client byte by byte in
//! the form that was asked for, and the client's go up so.
//!
//! The laws are run over answers that are made here and, where `ORQ_CORPUS` names a folder of them, over recorded ones.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{Case, Message, Outcome, gateway, run};
use orq_ai_proxy::wire::base64;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A model, how its provider says pictures in base64, and whether it edits.
struct Language {
    model: &'static str,
    answer: fn(&[String]) -> Value,
    edits: bool,
}

const LANGUAGES: &[Language] = &[
    Language { model: "google-ai/gemini-2.5-flash-image", answer: contents, edits: true },
    Language { model: "google/gemini-3-pro-image-preview", answer: contents, edits: true },
    Language { model: "google-ai/imagen-4.0-generate-001", answer: predictions, edits: false },
    Language { model: "google/imagen-3.0-capability-001", answer: predictions, edits: true },
    Language { model: "aws/amazon.nova-canvas-v1:0", answer: |list| json!({"images": list}), edits: true },
    Language {
        model: "aws/amazon.titan-image-generator-v1",
        answer: |list| json!({"images": list}),
        edits: true,
    },
    Language {
        model: "aws/stability.sd3-5-large-v1:0",
        answer: |list| json!({"images": list, "finish_reasons": vec![Value::Null; list.len()]}),
        edits: true,
    },
    Language { model: "xai/grok-imagine-image", answer: data, edits: true },
    Language { model: "togetherai/m", answer: data, edits: true },
    Language { model: "openrouter/a/m", answer: data, edits: true },
];

fn contents(list: &[String]) -> Value {
    let part = |data: &String| json!({"inlineData": {"mimeType": "image/png", "data": data}});
    let parts: Vec<Value> = list.iter().map(part).collect();
    json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]})
}

fn predictions(list: &[String]) -> Value {
    let prediction = |data: &String| json!({"bytesBase64Encoded": data, "mimeType": "image/png"});
    json!({"predictions": list.iter().map(prediction).collect::<Vec<_>>()})
}

fn data(list: &[String]) -> Value {
    json!({"data": list.iter().map(|data| json!({"b64_json": data})).collect::<Vec<_>>()})
}

fn message(start: &str, content_type: &str, body: Vec<u8>) -> Message {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Message {
        start: start.to_owned(),
        headers: vec![own("content-type", content_type), own("authorization", "Bearer sk-orq-demo")],
        body,
    }
}

fn json_message(start: &str, body: &Value) -> Message {
    message(start, "application/json", body.to_string().into_bytes())
}

fn asked(client: Message, reply: Message) -> Outcome {
    let case = Case { client, reply: Some(reply), ..Case::default() };
    let reply = case.reply.as_ref().unwrap().body.clone();
    run(&gateway(), &case, [&reply[..]])
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(bytes, &mut text);
    String::from_utf8(text).unwrap()
}

/// Checks a member of an object by its name.
fn each_member(object: &Value, check: impl Fn(&str, &Value) -> bool) {
    for (name, value) in object.as_object().unwrap() {
        assert!(check(name, value), "{name}: {value}");
    }
}

/// OpenAI's `ImagesUsage`.
fn check_usage(usage: &Value) {
    for name in ["total_tokens", "input_tokens", "output_tokens"] {
        assert!(usage[name].is_u64(), "{usage}");
    }
    for name in ["text_tokens", "image_tokens"] {
        assert!(usage["input_tokens_details"][name].is_u64(), "{usage}");
    }
}

/// OpenAI's `ImagesResponse`.
fn checked(body: &[u8]) -> Value {
    let body: Value = serde_json::from_slice(body).unwrap();
    assert!(body["created"].is_u64(), "{body}");
    each_member(&body, |name, value| match name {
        "created" => value.is_u64(),
        "data" => value.is_array(),
        "usage" => {
            check_usage(value);
            true
        }
        "output_format" => ["png", "webp", "jpeg"].iter().any(|format| value == format),
        _ => false,
    });
    for one in body["data"].as_array().unwrap() {
        each_member(one, |name, value| {
            matches!(name, "b64_json" | "url" | "revised_prompt")
                && value.as_str().is_some_and(|text| !text.is_empty())
        });
        assert!(one["b64_json"].is_string() != one["url"].is_string(), "{one}");
    }
    body
}

/// The data of OpenAI's `ImageGenCompletedEvent` or `ImageEditCompletedEvent`.
fn check_event(event: &str, kind: &str) -> Value {
    let (head, data) = event.split_once('\n').unwrap();
    assert_eq!(head, format!("event: {kind}"));
    let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["type"], kind);
    for name in ["b64_json", "size", "quality", "background", "output_format"] {
        assert!(data[name].is_string(), "{data}");
    }
    assert!(data["created_at"].is_u64(), "{data}");
    check_usage(&data["usage"]);
    data
}

fn picture() -> impl Strategy<Value = Vec<u8>> {
    let magic = prop_oneof![Just(&b"\x89PNG\r\n\x1a\n"[..]), Just(&b"\xff\xd8\xff\xe0"[..])];
    (magic, proptest::collection::vec(any::<u8>(), 0..90)).prop_map(|(magic, rest)| [magic, &rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn pictures_come_byte_by_byte_in_every_language_and_form(list in proptest::collection::vec(picture(), 1..4)) {
        let texts: Vec<String> = list.iter().map(|bytes| encoded(bytes)).collect();
        for language in LANGUAGES {
            let asked = |format: &str, stream: bool| {
                let body = json!({"model": language.model, "prompt": "x", "response_format": format, "stream": stream});
                let client = json_message("POST /v2/proxy/images/generations", &body);
                let answer = asked(client, json_message("200", &(language.answer)(&texts))).answer;
                assert_eq!(answer.start, "200", "{}: {}", language.model, String::from_utf8_lossy(&answer.body));
                answer.body
            };
            if language.model.starts_with("google/imagen-3.0-capability") {
                continue;
            }
            let body = checked(&asked("b64_json", false));
            let told: Vec<_> = body["data"].as_array().unwrap().iter().map(|one| one["b64_json"].as_str().unwrap()).collect();
            prop_assert_eq!(&told, &texts, "{}", language.model);
            let body = checked(&asked("url", false));
            let told: Vec<_> = body["data"].as_array().unwrap().iter().map(|one| one["url"].as_str().unwrap()).collect();
            let bytes: Vec<_> = told.iter().map(|url| base64::decode(url.split_once(";base64,").unwrap().1).unwrap()).collect();
            prop_assert_eq!(&bytes, &list, "{}", language.model);
            let events = String::from_utf8(asked("b64_json", true)).unwrap();
            let events: Vec<_> = events
                .split_terminator("\n\n")
                .map(|event| check_event(event, "image_generation.completed")["b64_json"].clone())
                .collect();
            prop_assert_eq!(&events, &texts, "{}", language.model);
        }
    }

    #[test]
    fn a_picture_goes_up_byte_by_byte_in_every_language(bytes in picture(), form in any::<bool>()) {
        let text = encoded(&bytes);
        let media_type = if bytes[0] == 0xff { "image/jpeg" } else { "image/png" };
        for language in LANGUAGES.iter().filter(|language| language.edits) {
            let client = if form {
                let mut body = Vec::new();
                for (name, value) in [("model", language.model.as_bytes()), ("prompt", b"x"), ("image", &bytes)] {
                    let file = if name == "image" { "; filename=\"a.png\"" } else { "" };
                    body.extend(format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
                    body.extend(value);
                    body.extend(b"\r\n");
                }
                body.extend(b"--x--\r\n");
                message("POST /v2/proxy/images/edits", "multipart/form-data; boundary=x", body)
            } else {
                let url = format!("data:{media_type};base64,{text}");
                let body = json!({"model": language.model, "prompt": "x", "images": [{"image_url": url}]});
                json_message("POST /v2/proxy/images/edits", &body)
            };
            let outcome = asked(client, json_message("200", &(language.answer)(std::slice::from_ref(&text))));
            let body: Value = serde_json::from_slice(&outcome.upstream.unwrap().body).unwrap();
            let mut found = Vec::new();
            strings(&body, &mut found);
            let url = format!("data:{media_type};base64,{text}");
            prop_assert!(found.contains(&text) || found.contains(&url), "{}: {}", language.model, body);
            checked(&outcome.answer.body);
        }
    }
}

/// JSON of the words that providers use.
fn any_answer() -> impl Strategy<Value = Value> {
    let words = "candidates|content|parts|inlineData|mimeType|data|finishReason|promptFeedback|blockReason|usageMetadata|\
                 predictions|bytesBase64Encoded|raiFilteredReason|images|error|finish_reasons|b64_json|url|usage|\
                 respect_moderation|revised_prompt|prompt|text|thought";
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u32>().prop_map(Value::from),
        "(data:image/png;base64,|https://|IMAGE_SAFETY|Filter reason: )?[A-Za-z0-9+/=,é]{0,9}"
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(words, inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn any_answer_is_told_in_openais_form_or_refused(
        at in 0_usize..14,answer in any_answer(), status in prop_oneof![Just(200), Just(400)]) {
        for language in LANGUAGES {
            let endpoint = if language.edits { "edits" } else { "generations" };
            let body = json!({"model": language.model, "prompt": "x", "images": ["data:;base64,iVBORw0KGgo="]});
            let client = json_message(&format!("POST /v2/proxy/images/{endpoint}"), &body);
            // A good answer with something else in one place.
            let mut reply = (language.answer)(&["iVBORw0KGgo=".to_owned(), "/9j/".to_owned()]);
            put(&mut reply, &mut at.clone(), &answer);
            let told = asked(client, json_message(&status.to_string(), &reply)).answer;
            if told.start == "200" {
                checked(&told.body);
            } else {
                let body: Value = serde_json::from_slice(&told.body).unwrap();
                prop_assert!(body["error"]["message"].is_string(), "{}: {}", language.model, body);
            }
        }
    }
}

/// Puts a value in the place of the one that stands there, counted from above.
fn put(tree: &mut Value, at: &mut usize, value: &Value) {
    if *at == 0 {
        *tree = value.clone();
    }
    let Some(left) = at.checked_sub(1) else {
        *at = usize::MAX;
        return;
    };
    *at = left;
    match tree {
        Value::Array(list) => list.iter_mut().for_each(|inner| put(inner, at, value)),
        Value::Object(members) => members.values_mut().for_each(|inner| put(inner, at, value)),
        _ => {}
    }
}

/// All strings of a tree.
fn strings(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::String(text) => out.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|value| strings(value, out)),
        Value::Object(members) => members.values().for_each(|value| strings(value, out)),
        _ => {}
    }
}

#[test]
fn every_recorded_picture_is_told_in_openais_form() {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recordings are replayed");
        return;
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let (mut answers, mut failures) = (0, 0);
    for line in index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let name = line["case"].as_str().unwrap();
        let model = match (line["provider"].as_str().unwrap(), line["endpoint"].as_str().unwrap()) {
            ("xai", "images-generations" | "images-edits") => "xai/grok-imagine-image",
            ("together", "images-generations") => "togetherai/m",
            ("openrouter", "images-generations") => "openrouter/a/m",
            ("vertex", "predict") if name.contains("image") => "google/imagen-4.0-generate-001",
            _ => continue,
        };
        let answer = std::fs::read(folder.join(name).join(line["response_file"].as_str().unwrap())).unwrap();
        let client =
            json_message("POST /v2/proxy/images/generations", &json!({"model": model, "prompt": "x"}));
        let status = line["status"].as_u64().unwrap();
        let told = asked(client, message(&status.to_string(), "application/json", answer.clone())).answer;
        if status >= 400 {
            let body: Value = serde_json::from_slice(&told.body).unwrap();
            assert!(
                body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
                "{name}: {body}"
            );
            failures += 1;
            continue;
        }
        let mut recorded = Vec::new();
        strings(&serde_json::from_slice(&answer).unwrap(), &mut recorded);
        let body = checked(&told.body);
        let list = body["data"].as_array().unwrap();
        assert!(!list.is_empty(), "{name}");
        for one in list {
            let text = one["b64_json"].as_str().or(one["url"].as_str()).unwrap();
            assert!(recorded.iter().any(|recorded| recorded == text), "{name}: {text}");
        }
        answers += 1;
    }
    println!("{answers} answers and {failures} failures");
    assert!(answers > 0);
}
