//! Sound through whole exchanges: whatever language a provider speaks, a client hears what the provider said, byte for
//! byte, at once or in events.
//!
//! The laws are run over sounds that are made here and, where `ORQ_CORPUS` names a folder of them, over recorded ones.

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
use orq_ai_proxy::wire::{base64, wav};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::PathBuf;

/// A language: a model that speaks it, a voice, a format that passes as it is, and how sound comes.
struct Language {
    model: &'static str,
    voice: &'static str,
    format: &'static str,
    reply: Reply,
}

/// How a provider says a sound.
#[derive(Clone, Copy)]
enum Reply {
    /// As it is, with this type.
    Bytes(&'static str),
    /// In JSON, or in events whose beginning and end are these.
    Encoded { whole: fn(&str) -> String, event: fn(&str) -> String, last: &'static str },
}

const fn bytes(
    model: &'static str,
    voice: &'static str,
    format: &'static str,
    kind: &'static str,
) -> Language {
    Language { model, voice, format, reply: Reply::Bytes(kind) }
}

const GEMINI: Reply = Reply::Encoded {
    whole: |sound| candidate(sound, "STOP"),
    event: |sound| format!("data: {}\r\n\r\n", candidate(sound, "")),
    last: "data: {\"candidates\":[{\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":4,\"candidatesTokenCount\":3}}\r\n\r\n",
};

fn candidate(sound: &str, reason: &str) -> String {
    let part = json!({"inlineData": {"mimeType": "audio/L16;codec=pcm;rate=24000", "data": sound}});
    let mut candidate = json!({"content": {"role": "model", "parts": [part]}, "index": 0});
    if !reason.is_empty() {
        candidate["finishReason"] = reason.into();
    }
    json!({"candidates": [candidate]}).to_string()
}

const MISTRAL: Reply = Reply::Encoded {
    whole: |sound| json!({"audio_data": sound}).to_string(),
    event: |sound| {
        let data = json!({"type": "speech.audio.delta", "audio_data": sound});
        format!("event: speech.audio.delta\ndata: {data}\n\n")
    },
    last: "event: speech.audio.done\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":3,\"total_tokens\":7}}\n\n",
};

const LANGUAGES: &[Language] = &[
    bytes("elevenlabs/eleven_turbo_v2_5", "aria", "mp3", "audio/mpeg"),
    bytes("deepgram/aura-2", "thalia", "flac", "audio/flac"),
    bytes("xai/grok-voice-tts-1.0", "eve", "pcm", "audio/pcm"),
    bytes("huggingface/a/b", "x", "flac", "audio/flac"),
    bytes("groq/canopylabs/orpheus-v1-english", "troy", "wav", "audio/wav"),
    bytes("openrouter/a/b", "x", "mp3", "application/octet-stream"),
    bytes("togetherai/a/b", "x", "pcm", "application/octet-stream"),
    bytes("deepinfra/a/b", "x", "opus", "audio/ogg"),
    bytes("tensorix/a", "x", "mp3", "audio/mpeg"),
    Language { model: "mistral/voxtral-mini-tts-latest", voice: "x", format: "opus", reply: MISTRAL },
    Language { model: "google-ai/gemini-2.5-flash-preview-tts", voice: "Kore", format: "pcm", reply: GEMINI },
    Language { model: "google/gemini-2.5-flash-tts", voice: "Puck", format: "pcm", reply: GEMINI },
];

fn message(start: &str, content_type: &str, body: Vec<u8>) -> Message {
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Message {
        start: start.to_owned(),
        headers: vec![own("content-type", content_type), own("authorization", "Bearer sk-orq-demo")],
        body,
    }
}

/// What a client gets of this reply, which comes in these pieces.
fn heard(asked: &Value, reply: Message, size: usize) -> Message {
    let client = message("POST /v2/proxy/audio/speech", "application/json", asked.to_string().into_bytes());
    let pieces = reply.body.clone();
    let case = Case { client, reply: Some(reply), ..Case::default() };
    run(&gateway(), &case, pieces.chunks(size.max(1))).answer
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(bytes, &mut text);
    String::from_utf8(text).unwrap()
}

fn content_type(answer: &Message) -> &str {
    let found = answer.headers.iter().find(|(name, _)| name == "content-type");
    found.map_or("", |(_, value)| value.as_str())
}

/// The sound of OpenAI's events, each of which is as its specification has it, and the counts of the last.
fn in_events(answer: &Message) -> (Vec<u8>, Value) {
    let text = std::str::from_utf8(&answer.body).unwrap();
    assert_eq!((answer.start.as_str(), content_type(answer)), ("200", "text/event-stream"), "{text}");
    let read = |event: &str| -> Value {
        serde_json::from_str(event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event}"))).unwrap()
    };
    let mut events: Vec<Value> = text.split_terminator("\n\n").map(read).collect();
    let last = events.pop().unwrap();
    assert_eq!(last["type"], "speech.audio.done", "{last}");
    let count = |name: &str| last["usage"][name].as_u64().unwrap();
    assert_eq!(count("input_tokens") + count("output_tokens"), count("total_tokens"));
    let sound = events.iter().flat_map(|event| {
        assert_eq!(event["type"], "speech.audio.delta", "{event}");
        base64::decode(event["audio"].as_str().unwrap()).unwrap()
    });
    (sound.collect(), last["usage"].clone())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_sound_is_heard_byte_for_byte_in_every_language(
        samples in proptest::collection::vec(any::<i16>(), 1..4000),
        size in 1_usize..5000,
    ) {
        let sound: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        for Language { model, voice, format, reply } in LANGUAGES {
            let asked = |way: &str| {
                json!({"model": model, "input": "Hi", "voice": voice, "response_format": format, "stream_format": way})
            };
            let whole = match reply {
                Reply::Bytes(kind) => message("200", kind, sound.clone()),
                Reply::Encoded { whole, .. } => message("200", "application/json", whole(&encoded(&sound)).into_bytes()),
            };
            let answer = heard(&asked("audio"), whole, size);
            prop_assert_eq!(&answer.body, &sound, "{}", model);
            prop_assert!(content_type(&answer).starts_with("audio/"), "{}", content_type(&answer));
            let (streamed, counted) = match reply {
                Reply::Bytes(kind) => (message("200", kind, sound.clone()), 0),
                Reply::Encoded { event, last, .. } => {
                    let events: String = sound.chunks(1000).map(|piece| event(&encoded(piece))).collect();
                    (message("200", "text/event-stream", (events + last).into_bytes()), 7)
                }
            };
            let (told, usage) = in_events(&heard(&asked("sse"), streamed, size));
            prop_assert_eq!(&told, &sound, "{}", model);
            prop_assert_eq!(&usage["total_tokens"], &json!(counted));
        }
    }

    #[test]
    fn samples_become_a_file_and_a_file_becomes_samples(samples in proptest::collection::vec(any::<i16>(), 1..300)) {
        let sound: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let file = [&wav::header(24_000, Some(sound.len()))[..], &sound].concat();
        for told in [&sound, &file] {
            for (format, wanted) in [("wav", &file), ("pcm", &sound)] {
                let asked = json!({"model": "google-ai/gemini-3.8-flash-tts", "input": "Hi", "voice": "Kore", "response_format": format});
                let reply = message("200", "application/json", candidate(&encoded(told), "STOP").into_bytes());
                prop_assert_eq!(&heard(&asked, reply, 4096).body, wanted);
            }
        }
    }

    #[test]
    fn samples_that_were_made_floats_are_what_they_were(samples in proptest::collection::vec(any::<i16>(), 1..300)) {
        let floats: Vec<u8> = samples.iter().flat_map(|sample| (f32::from(*sample) / 32_768.0).to_le_bytes()).collect();
        let sound: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        let asked = json!({"model": "mistral/voxtral-mini-tts-latest", "input": "Hi", "voice": "x", "response_format": "pcm"});
        let reply = message("200", "application/json", json!({"audio_data": encoded(&floats)}).to_string().into_bytes());
        prop_assert_eq!(heard(&asked, reply, 4096).body, sound);
    }
}

/// The recorded sounds: name, model and voice here, the file's type, the answer; none, and a printed line, when there are
/// none here.
fn recordings() -> Vec<(String, &'static str, &'static str, &'static str, Vec<u8>)> {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recordings are replayed");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let lines = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let list = lines.filter_map(|line| {
        let case = line["case"].as_str()?;
        let (model, voice, kind) = match (line["provider"].as_str()?, line["endpoint"].as_str()?) {
            ("deepgram", "speak") => ("deepgram/aura-2-zeus-en", "zeus", "audio/wav"),
            ("elevenlabs", "text-to-speech") => ("elevenlabs/eleven_turbo_v2_5", "aria", "audio/mpeg"),
            ("mistral", "audio-speech") => ("mistral/voxtral-mini-tts-latest", "x", "application/json"),
            ("openai", "audio-speech") => ("tensorix/tts-1", "alloy", "audio/mpeg"),
            ("openrouter", "audio-speech") => ("openrouter/hexgrad/kokoro-82m", "af_bella", "audio/mpeg"),
            ("xai", "tts") => ("xai/grok-voice-tts-1.0", "eve", "audio/mpeg"),
            _ => return None,
        };
        if line["status"] != 200 {
            return None;
        }
        let answer = std::fs::read(folder.join(case).join(line["response_file"].as_str()?)).unwrap();
        Some((case.to_owned(), model, voice, kind, answer))
    });
    list.collect()
}

#[test]
fn every_recorded_sound_is_heard_byte_for_byte() {
    let mut all = 0;
    for (name, model, voice, kind, answer) in recordings() {
        let sound = match kind {
            "application/json" => {
                let read: Value = serde_json::from_slice(&answer).unwrap();
                base64::decode(read["audio_data"].as_str().unwrap()).unwrap()
            }
            _ => answer.clone(),
        };
        assert!(sound.len() > 1000, "{name}");
        let asked = |way: &str| json!({"model": model, "input": "Hi", "voice": voice, "stream_format": way});
        let heard = |way| heard(&asked(way), message("200", kind, answer.clone()), 16 << 10);
        let whole = heard("audio");
        assert_eq!(whole.body, sound, "{name}");
        assert!(content_type(&whole).starts_with("audio/"), "{name}");
        assert_eq!(in_events(&heard("sse")).0, sound, "{name}");
        all += 1;
    }
    println!("{all} recorded sounds");
}
