//! Vectors through whole exchanges: whatever language a provider speaks, a client gets its numbers as they stand, or
//! base64 of the floats that are nearest to them, in the order of its inputs.
//!
//! The laws are run over answers that are made here and, where `ORQ_CORPUS` names a folder of them, over recorded ones.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{Case, Message, gateway, run};
use orq_ai_proxy::wire::base64;
use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A language: a model that speaks it, and how it says vectors, each a JSON array.
struct Language {
    model: &'static str,
    /// How many inputs one call takes; those behind are asked for one by one.
    most: usize,
    answer: fn(&[String]) -> String,
}

const LANGUAGES: &[Language] = &[
    Language {
        model: "cohere/embed-v4.0",
        most: 96,
        answer: |vectors| format!(r#"{{"embeddings":{{"float":[{}]}},"id":"e"}}"#, vectors.join(",")),
    },
    Language {
        model: "google-ai/gemini-embedding-001",
        most: 100,
        answer: |vectors| {
            format!(r#"{{"embeddings":[{}]}}"#, each(vectors, |v| format!(r#"{{"values":{v}}}"#)))
        },
    },
    Language {
        model: "google/text-embedding-005",
        most: 250,
        answer: |vectors| {
            let each = each(vectors, |v| {
                format!(r#"{{"embeddings":{{"statistics":{{"token_count":2}},"values":{v}}}}}"#)
            });
            format!(r#"{{"predictions":[{each}]}}"#)
        },
    },
    Language {
        model: "google/gemini-embedding-2",
        most: 1,
        answer: |vectors| format!(r#"{{"embedding":{{"values":{}}}}}"#, vectors.join("")),
    },
    Language {
        model: "aws/amazon.titan-embed-text-v2:0",
        most: 1,
        answer: |vectors| format!(r#"{{"embedding":{},"inputTextTokenCount":1}}"#, vectors.join("")),
    },
    Language {
        model: "aws/amazon.nova-2-multimodal-embeddings-v1:0",
        most: 1,
        answer: |vectors| {
            format!(r#"{{"embeddings":[{{"embeddingType":"TEXT","embedding":{}}}]}}"#, vectors.join(""))
        },
    },
    Language {
        model: "aws/cohere.embed-english-v3",
        most: 96,
        answer: |vectors| format!(r#"{{"embeddings":[{}],"id":"e"}}"#, vectors.join(",")),
    },
    Language { model: "voyage/voyage-4", most: 1000, answer: openais },
    Language { model: "jina/jina-embeddings-v4", most: 2048, answer: openais },
    Language { model: "huggingface/a/b", most: 2048, answer: |vectors| format!("[{}]", vectors.join(",")) },
    // OpenAI's language, from servers that pack nothing, and in no order.
    Language { model: "my-vllm/m", most: 2048, answer: openais },
    Language {
        model: "togetherai/m",
        most: 2048,
        answer: |vectors| {
            let mut data: Vec<_> = vectors.iter().enumerate().map(|(at, vector)| entry(at, vector)).collect();
            data.reverse();
            format!(r#"{{"object":"list","data":[{}],"model":"m"}}"#, data.join(","))
        },
    },
];

fn each(vectors: &[String], write: impl Fn(&str) -> String) -> String {
    vectors.iter().map(|vector| write(vector)).collect::<Vec<_>>().join(",")
}

fn entry(at: usize, vector: &str) -> String {
    format!(r#"{{"object":"embedding","index":{at},"embedding":{vector}}}"#)
}

fn openais(vectors: &[String]) -> String {
    let data: Vec<_> = vectors.iter().enumerate().map(|(at, vector)| entry(at, vector)).collect();
    format!(r#"{{"object":"list","data":[{}],"model":"m","usage":{{"total_tokens":3}}}}"#, data.join(","))
}

fn message(start: &str, body: String) -> Message {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Message {
        start: start.to_owned(),
        headers: vec![own("content-type", "application/json"), own("authorization", "Bearer sk-orq-demo")],
        body: body.into_bytes(),
    }
}

fn case(model: &str, inputs: usize, encoding: &str, replies: Vec<(String, String)>) -> Case {
    let body = json!({"model": model, "input": vec!["x"; inputs], "encoding_format": encoding});
    let mut replies = replies.into_iter().map(|(status, body)| message(&status, body));
    Case {
        client: message("POST /v2/proxy/embeddings", body.to_string()),
        reply: replies.next(),
        followed: replies.collect(),
        ..Case::default()
    }
}

/// The vectors that a client gets, each as JSON stands.
fn vectors(case: &Case) -> Vec<String> {
    let reply = case.reply.as_ref().unwrap().body.clone();
    let answer = run(&gateway(), case, [&reply[..]]).answer;
    let text = String::from_utf8(answer.body).unwrap();
    assert_eq!(answer.start, "200", "{text}");
    let read: Value = serde_json::from_str(&text).unwrap();
    // OpenAI's `CreateEmbeddingResponse`.
    assert_eq!(read["object"], "list", "{text}");
    assert!(read["model"].is_string(), "{text}");
    assert!(read["usage"]["prompt_tokens"].is_u64() && read["usage"]["total_tokens"].is_u64(), "{text}");
    let top: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).unwrap();
    let data: Vec<BTreeMap<String, Box<RawValue>>> = serde_json::from_str(top["data"].get()).unwrap();
    let told = data.iter().enumerate().map(|(at, entry)| {
        assert_eq!(entry["object"].get(), "\"embedding\"");
        assert_eq!(entry["index"].get(), at.to_string());
        entry["embedding"].get().to_owned()
    });
    told.collect()
}

/// The bits of the floats that are nearest to an array's numbers.
fn nearest(array: &str) -> Vec<u32> {
    let numbers: Vec<Box<RawValue>> = serde_json::from_str(array).unwrap();
    numbers.iter().map(|number| number.get().parse::<f32>().unwrap().to_bits()).collect()
}

/// The bits of the floats of base64, as JSON.
fn unpacked(base64: &str) -> Vec<u32> {
    let bytes = base64::decode(base64.trim_matches('"')).unwrap();
    assert_eq!(bytes.len() % 4, 0);
    bytes.chunks(4).map(|float| u32::from_le_bytes(float.try_into().unwrap())).collect()
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "-?0\\.0{0,3}[1-9][0-9]{5,18}",
        "-?[0-9]\\.[0-9]{1,9}e-[0-9]{1,2}",
        any::<f32>()
            .prop_filter("JSON has no word for it", |float| float.is_finite())
            .prop_map(|f| f.to_string()),
        any::<f64>().prop_map(|float| format!("{}", float % 1e30)),
    ]
    .prop_filter("JSON wants no zeros in front", |text| serde_json::from_str::<Value>(text).is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn vectors_are_equal_bit_by_bit_and_in_order_in_every_language(
        list in proptest::collection::vec(proptest::collection::vec(number(), 1..6), 1..5),
        space in "[ \n]{0,1}",
    ) {
        let list: Vec<String> = list.iter().map(|numbers| format!("[{}]", numbers.join(&format!(",{space}")))).collect();
        for language in LANGUAGES {
            let replies = || list.chunks(language.most).map(|some| ("200".to_owned(), (language.answer)(some))).collect();
            let floats = vectors(&case(language.model, list.len(), "float", replies()));
            prop_assert_eq!(&floats, &list, "{}", language.model);
            let packed = vectors(&case(language.model, list.len(), "base64", replies()));
            let packed: Vec<_> = packed.iter().map(|base64| unpacked(base64)).collect();
            let expected: Vec<_> = list.iter().map(|vector| nearest(vector)).collect();
            prop_assert_eq!(packed, expected, "{}", language.model);
        }
    }

    #[test]
    fn what_a_provider_packs_is_the_same_in_numbers(floats in proptest::collection::vec(any::<u32>(), 0..8)) {
        let floats: Vec<f32> = floats.into_iter().map(f32::from_bits).filter(|float| float.is_finite()).collect();
        let mut packed = Vec::new();
        base64::encode(&floats.iter().flat_map(|float| float.to_le_bytes()).collect::<Vec<_>>(), &mut packed);
        let packed = format!("\"{}\"", String::from_utf8(packed).unwrap());
        for model in ["voyage/voyage-4", "jina/jina-embeddings-v4", "my-vllm/m"] {
            let reply = vec![("200".to_owned(), openais(std::slice::from_ref(&packed)))];
            let told = vectors(&case(model, 1, "float", reply.clone()));
            let bits: Vec<u32> = floats.iter().map(|float| float.to_bits()).collect();
            prop_assert_eq!(nearest(&told[0]), bits);
            prop_assert_eq!(&vectors(&case(model, 1, "base64", reply))[0], &packed);
        }
    }
}

/// The recorded embeddings: name, model here, status, answer; none, and a printed line, when there are none here.
fn recordings() -> Vec<(String, &'static str, u16, String)> {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recordings are replayed");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let lines = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let list = lines.filter_map(|line| {
        let case = line["case"].as_str()?;
        let model = match (line["provider"].as_str()?, line["endpoint"].as_str()?) {
            ("cohere", "v1-embed" | "v2-embed") => "cohere/embed-v4.0",
            ("gemini", "batchEmbedContents" | "embedContent") => "google-ai/gemini-embedding-001",
            ("vertex", "embedContent") => "google/gemini-embedding-2",
            ("vertex", "predict") if line["model"].as_str()?.contains("embedding") => {
                "google/text-embedding-005"
            }
            ("bedrock", "invoke") if line["model"].as_str()?.contains("titan-embed") => {
                "aws/amazon.titan-embed-text-v2:0"
            }
            ("bedrock", "invoke") if line["model"].as_str()?.contains("cohere.embed") => {
                "aws/cohere.embed-v4:0"
            }
            ("mistral", "embeddings") => "mistral/mistral-embed",
            ("openrouter", "embeddings") => "openrouter/m",
            ("perplexity", "embeddings") => "perplexity/m",
            ("voyage", "embeddings") => "voyage/voyage-4",
            ("voyage", "multimodalembeddings") => "voyage/voyage-multimodal-3.5",
            ("openai" | "azure-openai" | "x-llamacpp", "embeddings") => "my-vllm/m",
            _ => return None,
        };
        let status = u16::try_from(line["status"].as_u64()?).ok()?;
        let answer =
            std::fs::read_to_string(folder.join(case).join(line["response_file"].as_str()?)).unwrap();
        Some((case.to_owned(), model, status, answer))
    });
    list.collect()
}

/// The vectors of a provider's answer, each as JSON stands, wherever they are.
fn within(json: &str, out: &mut Vec<String>) {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(json) {
        for (name, value) in members {
            let is_vector = matches!(name.as_str(), "embedding" | "values") && !value.get().starts_with('{');
            match is_vector {
                true => out.push(value.get().to_owned()),
                false
                    if matches!(
                        name.as_str(),
                        "data" | "predictions" | "embeddings" | "embedding" | "float" | "int8"
                    ) =>
                {
                    within(value.get(), out);
                }
                false => {}
            }
        }
    } else if let Ok(items) = serde_json::from_str::<Vec<Box<RawValue>>>(json) {
        for item in items {
            let numbers = serde_json::from_str::<Vec<f64>>(item.get()).is_ok();
            if numbers { out.push(item.get().to_owned()) } else { within(item.get(), out) }
        }
    }
}

#[test]
fn every_recorded_vector_comes_as_it_was_asked_for_bit_by_bit() {
    let (mut answers, mut told, mut failures) = (0, 0, 0);
    for (name, model, status, answer) in recordings() {
        if status >= 400 {
            let case = case(model, 1, "base64", vec![(status.to_string(), answer)]);
            let reply = case.reply.as_ref().unwrap().body.clone();
            let failure = run(&gateway(), &case, [&reply[..]]).answer;
            let body: Value = serde_json::from_slice(&failure.body).unwrap();
            assert!(
                body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()),
                "{name}: {body}"
            );
            for member in ["type", "param", "code"] {
                assert!(body["error"].get(member).is_some(), "{name}: {body}");
            }
            failures += 1;
            continue;
        }
        let mut expected = Vec::new();
        within(&answer, &mut expected);
        assert!(!expected.is_empty(), "{name}");
        let case = |encoding| case(model, expected.len(), encoding, vec![("200".to_owned(), answer.clone())]);
        let floats = vectors(&case("float"));
        let packed = vectors(&case("base64"));
        assert_eq!((floats.len(), packed.len()), (expected.len(), expected.len()), "{name}");
        for ((vector, floats), packed) in expected.iter().zip(&floats).zip(&packed) {
            if vector.starts_with('[') {
                assert_eq!(floats, vector, "{name}: numbers stay as they stand");
            } else if model.starts_with("perplexity") {
                let bytes = base64::decode(vector.trim_matches('"')).unwrap();
                let numbers: Vec<i8> = serde_json::from_str(floats).unwrap();
                assert_eq!(
                    numbers,
                    bytes.iter().map(|byte| byte.cast_signed()).collect::<Vec<_>>(),
                    "{name}"
                );
            } else {
                assert_eq!(packed, vector, "{name}: base64 stays as it stands");
            }
            assert_eq!(unpacked(packed), nearest(floats), "{name}");
            told += 1;
        }
        answers += 1;
    }
    println!("{told} vectors of {answers} answers, and {failures} failures");
}
