//! Laws of chat answers that extend OpenAI's language, over recorded traffic of real providers, which is not part of
//! the project: `ORQ_CORPUS` names the folder that holds it (`index.jsonl`, and a folder for each exchange).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

use orq_ai_proxy::chat::Ids;
use orq_ai_proxy::dialect::openai::extensions::{Mender, whole};
use orq_ai_proxy::dialect::openai::reader::Reader;
use orq_ai_proxy::dialect::openai::stream::{Chunk, Passthrough};
use orq_ai_proxy::dialect::{Event, Translate};
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::surface::{self, Wanted};
use orq_ai_proxy::wire::json::Object;
use orq_ai_proxy::wire::sse;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A recorded chat: its name, the name of its answer's file, and the answer.
type Recording = (String, String, Vec<u8>);

/// The recorded successes of chat in OpenAI's language, but for OpenAI's own; none, and a printed line, when there are
/// none here.
fn recordings(ending: &str) -> Vec<Recording> {
    recordings_with(ending, false)
}

/// The same, with OpenAI's own if they are wanted.
fn recordings_with(ending: &str, owns: bool) -> Vec<Recording> {
    const OTHER_LANGUAGES: [&str; 5] = ["anthropic", "gemini", "vertex", "bedrock", "cohere"];
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recordings are replayed");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let mut found = Vec::new();
    for line in index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
        let compat = text("endpoint") == "chat-openai-compat";
        let ours = text("endpoint") == "chat" && !OTHER_LANGUAGES.contains(&text("provider").as_str());
        let own = matches!(text("provider").as_str(), "openai" | "azure-openai");
        if !(compat || ours)
            || (own && !owns)
            || line["status"] != 200
            || !text("response_file").ends_with(ending)
        {
            continue;
        }
        let file = folder.join(text("case")).join(text("response_file"));
        found.push((text("case"), text("response_file"), std::fs::read(file).unwrap()));
    }
    assert!(!found.is_empty(), "the index of the recordings is read");
    found
}

fn wanted() -> Wanted {
    Wanted {
        streams: true,
        usage: true,
        model: "a-model".to_owned(),
        ids: Ids::new("r-1", 7),
        form: Default::default(),
    }
}

fn passed<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mender = Mender::new(wanted());
    let mut stream = Passthrough::new(Some(Endpoint::ChatCompletions), 1 << 20, None).mended_by(Some(mender));
    let mut out = Vec::new();
    for piece in pieces {
        match stream.piece(piece) {
            Chunk::Keep => out.extend_from_slice(piece),
            Chunk::Replace(bytes) => out.extend(bytes),
        }
    }
    out.extend(stream.end());
    out
}

/// The JSON of every event of a stream, and whether `[DONE]` ended it.
fn events(bytes: &[u8]) -> (Vec<Value>, bool) {
    let text = String::from_utf8(bytes.to_vec()).unwrap().replace("\r\n", "\n");
    let mut done = false;
    let mut found = Vec::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("data:")) {
        assert!(!done, "nothing follows [DONE]: {line}");
        match line.trim() {
            "[DONE]" => done = true,
            data => found.push(serde_json::from_str(data).unwrap_or(Value::Null)),
        }
    }
    (found, done)
}

/// What a message or all deltas of a choice say, read without any of the code that is tested.
#[derive(Debug, Default, PartialEq, Clone)]
struct Said {
    text: String,
    reasoning: String,
    calls: Vec<(String, String)>,
    finish: Option<String>,
    urls: Vec<String>,
}

fn blocks(content: &Value, said: &mut Said) {
    match content {
        Value::String(text) => said.text.push_str(text),
        Value::Array(list) => {
            for block in list {
                match block["type"].as_str().unwrap_or_default() {
                    "thinking" => {
                        for inner in block["thinking"].as_array().unwrap() {
                            said.reasoning.push_str(inner["text"].as_str().unwrap_or_default());
                        }
                    }
                    _ => said.text.push_str(block["text"].as_str().unwrap_or_default()),
                }
            }
        }
        Value::Null => {}
        other => said.text.push_str(&other.to_string()),
    }
}

fn add(said: &mut Said, message: &Value) {
    blocks(&message["content"], said);
    let reasoning = ["reasoning_content", "reasoning"]
        .iter()
        .find_map(|name| message[*name].as_str().filter(|text| !text.is_empty()));
    said.reasoning.push_str(reasoning.unwrap_or_default());
    for detail in
        message["reasoning_details"].as_array().into_iter().flatten().filter(|_| reasoning.is_none())
    {
        let text = ["text", "summary"].iter().find_map(|name| detail[*name].as_str());
        said.reasoning.push_str(text.unwrap_or_default());
    }
    for (at, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
        let index = call["index"]
            .as_u64()
            .map_or(said.calls.len().min(at + said.calls.len()), |index| index as usize);
        if said.calls.len() <= index {
            said.calls.push(Default::default());
        }
        let known = said.calls.get_mut(index).unwrap();
        if known.0.is_empty() {
            known.0.push_str(call["function"]["name"].as_str().unwrap_or_default());
        }
        known.1.push_str(call["function"]["arguments"].as_str().unwrap_or_default());
    }
    for annotation in message["annotations"].as_array().into_iter().flatten() {
        said.urls.extend(annotation["url_citation"]["url"].as_str().map(str::to_owned));
    }
    for tool in message["executed_tools"].as_array().into_iter().flatten() {
        for result in tool["search_results"]["results"].as_array().into_iter().flatten() {
            said.urls.extend(result["url"].as_str().map(str::to_owned));
        }
    }
}

fn cited(body: &Value, said: &mut Said) {
    for result in body["search_results"].as_array().into_iter().flatten() {
        said.urls.extend(result["url"].as_str().map(str::to_owned));
    }
    for citation in body["citations"].as_array().into_iter().flatten() {
        said.urls.extend(citation.as_str().map(str::to_owned));
    }
}

/// Each URL once, and no argument that is blank.
fn normal(mut said: Said) -> Said {
    // JSON that stood as such instead of its text: its members in any order.
    if let Ok(Value::Object(object)) = serde_json::from_str(&said.text) {
        said.text = Value::Object(object).to_string();
    }
    said.urls.sort();
    said.urls.dedup();
    for (_, arguments) in &mut said.calls {
        if arguments.trim().is_empty() {
            *arguments = "{}".to_owned();
        }
    }
    let calls = !said.calls.is_empty();
    said.finish = said.finish.map(|reason| match reason.as_str() {
        "stop" | "eos" | "eos_token" if calls => "tool_calls".to_owned(),
        "eos" | "eos_token" => "stop".to_owned(),
        _ => reason,
    });
    said
}

fn collected(events: &[Value]) -> BTreeMap<u64, Said> {
    let mut all: BTreeMap<u64, Said> = BTreeMap::new();
    for event in events {
        for choice in event["choices"].as_array().into_iter().flatten() {
            let said = all.entry(choice["index"].as_u64().unwrap_or(0)).or_default();
            add(said, &choice["delta"]);
            cited(event, said);
            if said.finish.is_none() {
                said.finish =
                    choice["finish_reason"].as_str().filter(|reason| !reason.is_empty()).map(str::to_owned);
            }
        }
    }
    all.into_iter().map(|(index, said)| (index, normal(said))).collect()
}

const REASONS: [&str; 5] = ["stop", "length", "tool_calls", "content_filter", "function_call"];

/// What holds for every chunk, and for all of them in their order.
fn assert_laws(case: &str, events: &[Value]) {
    let mut choices: BTreeMap<u64, (bool, bool, usize)> = BTreeMap::new();
    let mut id = None;
    for event in events.iter().filter(|event| event.get("error").is_none_or(Value::is_null)) {
        assert_eq!(event["object"], "chat.completion.chunk", "{case}: {event}");
        assert!(event["created"].is_u64() && event["model"].is_string(), "{case}: {event}");
        assert_eq!(*id.get_or_insert(event["id"].clone()), event["id"], "{case}: one id");
        assert!(event["id"].as_str().is_some_and(|id| !id.is_empty()), "{case}: {event}");
        for choice in event["choices"].as_array().expect(case) {
            let (role, finished, calls) = choices.entry(choice["index"].as_u64().expect(case)).or_default();
            let delta = choice["delta"].as_object().expect(case);
            assert_eq!(delta.contains_key("role"), !*role, "{case}: the role comes once: {event}");
            *role = true;
            for name in ["content", "reasoning", "reasoning_content"] {
                let value = delta.get(name).unwrap_or(&Value::Null);
                assert!(value.is_null() || value.is_string(), "{case}: {event}");
            }
            let text = |name| delta.get(name).and_then(Value::as_str).unwrap_or_default();
            assert_eq!(text("reasoning"), text("reasoning_content"), "{case}: {event}");
            for call in
                delta.get("tool_calls").map(|calls| calls.as_array().expect(case)).into_iter().flatten()
            {
                let index = call["index"].as_u64().expect(case) as usize;
                let begins = index == *calls;
                assert!(index <= *calls, "{case}: {event}");
                *calls += usize::from(begins);
                for (name, value) in
                    [("id", &call["id"]), ("type", &call["type"]), ("name", &call["function"]["name"])]
                {
                    assert_eq!(value.is_string(), begins, "{case}: {name} of {event}");
                }
                assert!(call["function"]["arguments"].is_string(), "{case}: {event}");
            }
            let reason = choice.get("finish_reason").expect(case);
            if let Some(reason) = reason.as_str() {
                assert!(!*finished && REASONS.contains(&reason), "{case}: {event}");
                assert!(reason != "stop" || *calls == 0, "{case}: {event}");
                *finished = true;
            } else {
                assert!(reason.is_null() && !delta.contains_key("annotations"), "{case}: {event}");
            }
            assert!(choice.get("message").is_none(), "{case}: {event}");
        }
    }
}

#[test]
fn every_recorded_stream_comes_out_in_one_form_and_says_the_same() {
    let (mut streams, mut untouched) = (0, 0);
    for (case, _, bytes) in recordings(".sse") {
        let whole = passed([&bytes[..]]);
        for size in [1, 3, 7, 61, 1024] {
            assert!(passed(bytes.chunks(size)) == whole, "{case} in pieces of {size}");
        }
        let (events_in, _) = events(&bytes);
        let (events_out, _) = events(&whole);
        assert_laws(&case, &events_out);
        assert_eq!(collected(&events_out), collected(&events_in), "{case}");
        assert!(passed([&whole[..]]) == whole, "{case}: what was mended needs no more");
        streams += 1;
        untouched += usize::from(whole == bytes);
    }
    println!("{streams} streams, {untouched} of them untouched");
}

#[test]
fn every_recorded_answer_comes_out_in_one_form_and_says_the_same() {
    let (mut answers, mut untouched) = (0, 0);
    for (case, _, bytes) in recordings(".json") {
        let before: Value = serde_json::from_slice(&bytes).unwrap();
        if before["choices"].is_null() {
            println!("skipped: {case} has no choices");
            continue;
        }
        let mended = whole(&bytes, &wanted());
        untouched += usize::from(mended.is_none());
        answers += 1;
        let mended = mended.unwrap_or(bytes);
        assert_eq!(whole(&mended, &wanted()), None, "{case}: what was mended needs no more");
        let after: Value = serde_json::from_slice(&mended).unwrap();
        assert_eq!(after["object"], "chat.completion", "{case}");
        assert!(after["id"].as_str().is_some_and(|id| !id.is_empty()), "{case}");
        let pairs = after["choices"].as_array().unwrap().iter().zip(before["choices"].as_array().unwrap());
        for (after_choice, before_choice) in pairs {
            let (now, then) = (&after_choice["message"], &before_choice["message"]);
            assert!(now.get("refusal").is_some() && after_choice.get("logprobs").is_some(), "{case}");
            assert!(now["content"].is_string() || now["content"].is_null(), "{case}");
            assert!(REASONS.contains(&after_choice["finish_reason"].as_str().unwrap()), "{case}");
            assert_eq!(now["reasoning"], now["reasoning_content"], "{case}");
            let said = |body: &Value, choice: &Value, message: &Value| {
                let mut said = Said::default();
                add(&mut said, message);
                cited(body, &mut said);
                said.finish = choice["finish_reason"].as_str().map(str::to_owned);
                normal(said)
            };
            assert_eq!(said(&after, after_choice, now), said(&before, before_choice, then), "{case}");
            for call in now["tool_calls"].as_array().into_iter().flatten() {
                let arguments = call["function"]["arguments"].as_str().unwrap();
                assert!(
                    call["id"].is_string() && call["type"] == "function" && !arguments.is_empty(),
                    "{case}"
                );
            }
        }
        let usage = &after["usage"];
        // Gemini's compatible API does not count its thoughts, though its total does: nothing says what they are.
        if let Some(total) = usage["total_tokens"].as_u64().filter(|_| !case.starts_with("gemini/")) {
            let sum = usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
            assert_eq!(total, sum, "{case}: {usage}");
        }
    }
    println!("{answers} answers, {untouched} of them untouched");
}

/// A stream read and written again as a chat; with an error where it ended with one.
fn read_again<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, bool) {
    let mut reader = Reader::new("a-provider", wanted());
    let mut chat = surface::open(wanted(), "openai");
    let mut frames = sse::Frames::default();
    let mut failed = false;
    let mut read = |event: &[u8], chat: &mut dyn surface::Surface| {
        let event = sse::Event::read(event).unwrap();
        let data = event.data.as_deref().map(str::trim).filter(|data| !data.is_empty() && *data != "[DONE]");
        if let Some(data) = data.filter(|_| !failed)
            && let Err(error) = reader.event(&Event { name: event.name, data, exception: false }, chat)
        {
            failed = true;
            chat.fail(&error);
        }
    };
    for piece in pieces {
        frames.push(piece);
        while let Some(event) = frames.next_event() {
            read(event, &mut *chat);
        }
    }
    read(frames.rest(), &mut *chat);
    if !failed {
        assert_eq!(reader.may_end(), chat.finished());
        chat.close();
    }
    (chat.take().into_bytes(), failed)
}

/// The counts that OpenAI has names for.
fn counts(usage: &Value) -> [u64; 4] {
    let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
    [
        count("/prompt_tokens"),
        count("/completion_tokens"),
        count("/prompt_tokens_details/cached_tokens"),
        count("/completion_tokens_details/reasoning_tokens"),
    ]
}

#[test]
fn every_recorded_stream_is_read_as_it_passes() {
    let (mut streams, mut failures) = (0, 0);
    for (case, _, bytes) in recordings_with(".sse", true) {
        let (whole, failed) = read_again([&bytes[..]]);
        for size in [1, 3, 7, 61, 1024] {
            assert!(read_again(bytes.chunks(size)).0 == whole, "{case} in pieces of {size}");
        }
        let ((mut read, _), (passed, _)) = (events(&whole), events(&passed([&bytes[..]])));
        // A chat's last chunk says the reasoning once more, for clients that hand it back.
        for choice in read.iter_mut().filter_map(|event| event["choices"].get_mut(0)) {
            choice["delta"].as_object_mut().unwrap().remove("reasoning_details");
        }
        assert_laws(&case, &read);
        let (said, expected) = (collected(&read), collected(&passed));
        if failed {
            assert!(read.last().unwrap()["error"]["message"].is_string(), "{case}");
            for (index, said) in &said {
                let expected = &expected[index];
                assert_eq!((&said.text, &said.reasoning), (&expected.text, &expected.reasoning), "{case}");
            }
            failures += 1;
        } else {
            assert_eq!(said, expected, "{case}");
        }
        let usage = |events: &[Value]| {
            events.iter().rev().map(|event| &event["usage"]).find(|usage| usage.is_object()).map(counts)
        };
        if let Some(usage_passed) = usage(&passed).filter(|_| !failed) {
            assert_eq!(usage(&read), Some(usage_passed), "{case}");
        }
        streams += 1;
    }
    println!("{streams} streams, {failures} of them with an error");
}

#[test]
fn every_recorded_answer_is_read_as_it_passes() {
    let mut answers = 0;
    for (case, _, bytes) in recordings_with(".json", true) {
        let mut chat = surface::open(Wanted { streams: false, ..wanted() }, "openai");
        let mut reader = Reader::new("a-provider", wanted());
        let told = reader.whole(&Object::parse(&bytes).unwrap(), &mut *chat);
        let passed = whole(&bytes, &wanted()).unwrap_or(bytes);
        let passed: Value = serde_json::from_slice(&passed).unwrap();
        if passed["choices"].is_null() {
            assert!(told.is_err(), "{case}");
            continue;
        }
        told.unwrap();
        assert!(chat.finished(), "{case}");
        chat.close();
        let read: Value = serde_json::from_str(&chat.take()).unwrap();
        for name in ["id", "created", "model"] {
            assert_eq!(read[name], passed[name], "{case}");
        }
        assert_eq!(counts(&read["usage"]), counts(&passed["usage"]), "{case}");
        let choices = |body: &Value| body["choices"].as_array().unwrap().clone();
        assert_eq!(choices(&read).len(), choices(&passed).len(), "{case}");
        for (read, passed) in choices(&read).iter().zip(&choices(&passed)) {
            let said = |choice: &Value| {
                let mut said = Said::default();
                add(&mut said, &choice["message"]);
                said.finish = choice["finish_reason"].as_str().map(str::to_owned);
                normal(said)
            };
            let mut expected = said(passed);
            // What was spoken is read as text, too.
            expected.text.push_str(passed["message"]["audio"]["transcript"].as_str().unwrap_or_default());
            assert_eq!(said(read), expected, "{case}");
            assert_eq!(read["logprobs"]["content"], passed["logprobs"]["content"], "{case}");
            let now = &read["message"];
            for name in ["refusal", "redacted_reasoning"] {
                let text = |message: &Value| message[name].as_str().unwrap_or_default().to_owned();
                assert_eq!(text(now), text(&passed["message"]), "{case}: {name}");
            }
            // Google's name of a signature.
            let mut signature = &passed["message"]["reasoning_signature"];
            if signature.is_null() {
                signature = &passed["message"]["extra_content"]["google"]["thought_signature"];
            }
            assert_eq!(&now["reasoning_signature"], signature, "{case}");
            let ids = |message: &Value| -> Vec<Value> {
                message["tool_calls"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|call| call["id"].clone())
                    .collect()
            };
            assert_eq!(ids(now), ids(&passed["message"]), "{case}");
        }
        answers += 1;
    }
    println!("{answers} answers");
}
