//! Recorded transcripts of real providers in every form that OpenAI has. They are not part of the project: `ORQ_CORPUS`
//! names the folder that holds them (`index.jsonl`, and a folder for each exchange).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{Case, Message};
use orq_ai_proxy::config;
use serde_json::Value;
use std::path::PathBuf;
use std::rc::Rc;

const CONFIG: &str = r#"{
    "keys": [{"id": "demo", "sha256": "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed"}],
    "providers": {"elevenlabs": {}, "deepgram": {}, "groq": {}, "mistral": {}, "xai": {}, "cohere": {}, "openrouter": {}}}"#;

/// A provider's model, whether its transcripts have times, and whether it tells speakers apart.
fn known(provider: &str, endpoint: &str) -> Option<(&'static str, bool, bool)> {
    Some(match (provider, endpoint) {
        ("elevenlabs", "speech-to-text") => ("elevenlabs/scribe_v2", true, true),
        ("deepgram", "listen") => ("deepgram/nova-3", true, true),
        ("groq", "audio-transcriptions") => ("groq/whisper-large-v3", true, false),
        ("mistral", "audio-transcriptions") => ("mistral/voxtral-mini-latest", true, true),
        ("xai", "stt") => ("xai/grok-voice-transcribe-2.0", true, true),
        ("cohere", "v2-audio-transcriptions") => ("cohere/cohere-transcribe-03-2026", false, false),
        ("openrouter", "audio-transcriptions") => ("openrouter/openai/whisper-1", true, false),
        _ => return None,
    })
}

fn asked(model: &str, format: &str, reply: &[u8]) -> Case {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut body = String::new();
    for (name, value) in [
        ("model", model),
        ("language", "en"),
        ("response_format", format),
        ("timestamp_granularities[]", "segment"),
        ("timestamp_granularities[]", "word"),
        ("file\"; filename=\"a.wav", "RIFF"),
    ] {
        body.push_str(&format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }
    body.push_str("--b--\r\n");
    Case {
        client: Message {
            start: "POST /v2/proxy/audio/transcriptions".to_owned(),
            headers: vec![
                own("authorization", "Bearer sk-orq-demo"),
                own("content-type", "multipart/form-data; boundary=b"),
            ],
            body: body.into_bytes(),
        },
        reply: Some(Message {
            start: "200".to_owned(),
            headers: vec![own("content-type", "application/json")],
            body: reply.to_vec(),
        }),
        ..Case::default()
    }
}

/// The transcript, wherever it stands in a provider's answer.
fn text_of(answer: &Value) -> Option<String> {
    let text = answer.get("text").or_else(|| answer.pointer("/results/channels/0/alternatives/0/transcript"));
    Some(text?.as_str()?.to_owned())
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

/// A list whose parts stand in the order of their times.
fn in_order(list: &Value) -> bool {
    let times: Vec<f64> =
        list.as_array().unwrap().iter().map(|part| part["start"].as_f64().unwrap()).collect();
    times.is_sorted()
        && list.as_array().unwrap().iter().all(|part| part["end"].as_f64() >= part["start"].as_f64())
}

#[test]
fn every_recorded_transcript_is_told_in_every_form() {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recorded transcripts are told");
        return;
    };
    let gateway = Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap());
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let mut count = 0;
    for line in index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let field = |name: &str| line[name].as_str().unwrap_or_default();
        let Some((model, times, speakers)) = known(field("provider"), field("endpoint")) else { continue };
        let name = field("case");
        let reply = std::fs::read(folder.join(name).join(field("response_file"))).unwrap();
        let Some(text) = serde_json::from_slice(&reply).ok().as_ref().and_then(text_of) else { continue };
        for format in ["json", "text", "srt", "vtt", "verbose_json", "diarized_json"] {
            let case = asked(model, format, &reply);
            let told = golden::run(&gateway, &case, [&reply[..]]);
            assert_eq!(golden::run(&gateway, &case, reply.chunks(7)), told, "{name} in pieces");
            let has = match format {
                "json" | "text" => true,
                "diarized_json" => speakers,
                _ => times,
            };
            let said = String::from_utf8_lossy(&told.answer.body);
            assert_eq!(told.answer.start, if has { "200" } else { "400" }, "{name} {format}: {said}");
            let body = String::from_utf8(told.answer.body).unwrap();
            if !has {
                assert_eq!(
                    serde_json::from_str::<Value>(&body).unwrap()["error"]["param"],
                    "response_format"
                );
                continue;
            }
            count += 1;
            match format {
                "text" => assert_eq!(body, format!("{text}\n"), "{name}"),
                "srt" | "vtt" => {
                    let cues: Vec<&str> = body.lines().filter(|line| !line.is_empty()).collect();
                    let said = cues.iter().filter(|line| {
                        !line.contains(" --> ") && **line != "WEBVTT" && line.parse::<u64>().is_err()
                    });
                    let said: Vec<&str> = said.flat_map(|line| words(line)).collect();
                    assert_eq!(said, words(&text), "{name} {format}");
                }
                _ => {
                    let body: Value = serde_json::from_str(&body).unwrap();
                    assert_eq!(body["text"], text.as_str(), "{name}");
                    if format == "json" {
                        continue;
                    }
                    assert!(body["duration"].is_number(), "{name}: {body}");
                    assert!(in_order(&body["segments"]), "{name}");
                    let segments = body["segments"].as_array().unwrap();
                    let said: Vec<&str> = segments
                        .iter()
                        .flat_map(|segment| words(segment["text"].as_str().unwrap()))
                        .collect();
                    assert_eq!(said, words(&text), "{name} {format}");
                    if format == "verbose_json" {
                        assert!(body["language"].is_string() && body["task"] == "transcribe", "{name}");
                        assert!(in_order(&body["words"]), "{name}");
                    } else {
                        assert!(segments.iter().all(|segment| segment["speaker"].is_string()), "{name}");
                    }
                }
            }
        }
    }
    println!("{count} transcripts told");
    assert!(count > 0, "the index of the recordings is read");
}
