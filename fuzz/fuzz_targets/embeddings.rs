//! Embeddings in every language. The input's first line chooses: its first byte is the language, in the order of
//! [`MODELS`] from `a`, its second
//!
//! * `q`: behind the line stands a client's body; its `model` is replaced.
//! * anything else: the provider's answer, to as many inputs as the byte behind it says (`0` to `9`).
//!
//! Any request is said as JSON or refused by name. Any answer is one of OpenAI's form or an error, and what is told as
//! numbers is the same, bit by bit, as base64.

#![no_main]

mod common;

use common::{assert_error, first_line, is_json, members};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::config;
use orq_ai_proxy::exchange::{Forward, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::wire::base64;
use serde_json::Value;
use serde_json::value::RawValue;
use std::rc::Rc;

/// A model of each language, and of OpenAI's with each difference of its answers.
const MODELS: [&str; 14] = [
    "cohere/embed-v4.0",
    "google-ai/gemini-embedding-001",
    "google-ai/gemini-embedding-2",
    "google/text-embedding-005",
    "google/gemini-embedding-2",
    "google/multimodalembedding@001",
    "aws/amazon.titan-embed-text-v2:0",
    "aws/amazon.nova-2-multimodal-embeddings-v1:0",
    "aws/cohere.embed-v4:0",
    "voyage/voyage-multimodal-3.5",
    "jina/jina-embeddings-v4",
    "huggingface/a/b",
    "perplexity/m",
    "togetherai/m",
];

thread_local! {
    static GATEWAY: Rc<Gateway> = Rc::new(
        config::load(include_bytes!("../../tests/golden/config.json"), &|_| None).expect("a configuration"),
    );
}

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    let [model, mode, rest @ ..] = line else { return };
    let Some(model) = MODELS.get(usize::from(model.wrapping_sub(b'a'))) else { return };
    if *mode == b'q' {
        asked(model, body);
    } else {
        let inputs = rest.first().map_or(1, |byte| usize::from(byte.wrapping_sub(b'0')).clamp(1, 9));
        answered(model, inputs, body);
    }
});

fn headers(list: &[(&str, &str)]) -> Headers {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    list.iter().map(own).collect::<Vec<_>>().into()
}

fn send(body: String) -> (orq_ai_proxy::exchange::Exchange, Result<Forward, Reply>) {
    let mut exchange = GATEWAY.with(Rc::clone).exchange();
    let client = headers(&[
        (":method", "POST"),
        (":path", "/v2/proxy/embeddings"),
        ("authorization", "Bearer sk-orq-demo"),
        ("content-type", "application/json"),
    ]);
    assert_eq!(exchange.request_headers(client, false, || 0), Step::Buffer);
    let sent = exchange.request_body(body.into_bytes(), || 0);
    (exchange, sent)
}

fn asked(model: &str, body: &[u8]) {
    let Some(object) = members(body).filter(|object| !object.twice) else { return };
    let mut body = format!("{{\"model\":\"{model}\"");
    for (name, value) in object.map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("model")) {
        body.push_str(&format!(",{}:{}", Value::from(name.as_str()), value.get()));
    }
    body.push('}');
    match send(body).1 {
        Err(reply) => {
            assert_eq!(reply.status, 400);
            assert_error(&reply.body);
        }
        Ok(forward) => {
            let sent = forward.body.bytes(&forward.client);
            let shown = String::from_utf8_lossy(&sent);
            assert!(is_json(&sent), "no JSON goes up: {shown}");
            assert!(!members(&sent).expect("an object goes up").twice, "a name stands twice: {shown}");
            assert_eq!(forward.headers.text("content-length"), Some(sent.len().to_string().as_str()));
        }
    }
}

/// The status and the body that a client gets.
fn told(model: &str, inputs: usize, encoding: &str, answer: &[u8]) -> (u16, Vec<u8>) {
    let body = serde_json::json!({"model": model, "input": vec!["x"; inputs], "encoding_format": encoding});
    let (mut exchange, sent) = send(body.to_string());
    sent.expect("it goes up");
    let success = headers(&[(":status", "200"), ("content-type", "application/json")]);
    match exchange.answer_headers(success.clone(), answer.is_empty(), || None) {
        Head::Reply(reply) => return (reply.status, reply.body),
        head => assert_eq!(head, Head::Hold, "it is held until it is whole"),
    }
    let mut step = exchange.answer_piece(answer.len(), true, || answer.to_vec());
    while let Piece::Follow(_) = step {
        step = exchange.followed(success.clone(), answer);
    }
    let Piece::Release(headers, Some(body)) = step else { panic!("it is released: {step:?}") };
    (headers.status(), body)
}

fn answered(model: &str, inputs: usize, answer: &[u8]) {
    let (status, floats) = told(model, inputs, "float", answer);
    let (packed_status, packed) = told(model, inputs, "base64", answer);
    let Some(floats) = vectors(status, &floats) else { return };
    // What is written in numbers has a float each, but for infinity.
    let Some(packed) = vectors(packed_status, &packed) else { panic!("numbers are told, and no base64") };
    assert_eq!(floats.len(), packed.len());
    for (floats, packed) in floats.iter().zip(&packed) {
        // A vector of another form passes as it is.
        if !packed.starts_with('"') {
            assert_eq!(floats, packed);
            continue;
        }
        let Ok(numbers) = serde_json::from_str::<Vec<Box<RawValue>>>(floats) else { continue };
        let bits: Option<Vec<u32>> =
            numbers.iter().map(|number| Some(number.get().parse::<f32>().ok()?.to_bits())).collect();
        let bytes = base64::decode(packed.trim_matches('"')).expect("base64");
        let read: Vec<u32> = bytes
            .chunks(4)
            .map(|float| u32::from_le_bytes(float.try_into().expect("whole floats")))
            .collect();
        assert_eq!(bits.as_ref(), Some(&read), "{floats}");
    }
}

/// The vectors of an answer as they stand; `None` for an error.
fn vectors(status: u16, body: &[u8]) -> Option<Vec<String>> {
    if status >= 400 {
        assert_error(body);
        return None;
    }
    let top = members(body).unwrap_or_else(|| panic!("an object: {}", String::from_utf8_lossy(body)));
    for name in ["object", "data", "model", "usage"] {
        assert!(top.map.contains_key(name), "{name}: {}", String::from_utf8_lossy(body));
    }
    let data: Vec<Box<RawValue>> = serde_json::from_str(top.map["data"].get()).expect("a list");
    let vector = |entry: &RawValue| {
        let entry = members(entry.get().as_bytes()).expect("an object");
        entry.map["embedding"].get().to_owned()
    };
    Some(data.iter().map(|entry| vector(entry)).collect())
}
