//! Laws of the core over recorded traffic of real providers, which is not part of the project:
//! `ORQ_CORPUS` names the folder that holds it (`index.jsonl`, and a folder for each exchange).

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod golden;

use golden::{Case, Message};
use orq_ai_proxy::config;
use orq_ai_proxy::dialect::openai::error::mended;
use orq_ai_proxy::dialect::openai::stream::{Chunk, Passthrough};
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::usage::{Usage, Watch};
use orq_ai_proxy::wire::json::Object;
use orq_ai_proxy::wire::splice::Splices;
use serde_json::Value;
use std::path::PathBuf;
use std::rc::Rc;

struct Recording {
    case: String,
    provider: String,
    endpoint: String,
    streams: bool,
    status: u16,
    request: Option<PathBuf>,
    response: PathBuf,
}

/// All recordings; none, and a printed line, when there are none here.
fn recordings() -> Vec<Recording> {
    let Some(folder) = std::env::var_os("ORQ_CORPUS").map(PathBuf::from) else {
        println!("skipped: ORQ_CORPUS is not set, so no recordings are replayed");
        return Vec::new();
    };
    let index = std::fs::read_to_string(folder.join("index.jsonl")).unwrap();
    let lines = index.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let file = |line: &Value, name: &str| {
        line[name].as_str().map(|file| folder.join(line["case"].as_str().unwrap()).join(file))
    };
    let list: Vec<_> = lines
        .filter_map(|line| {
            Some(Recording {
                case: line["case"].as_str()?.to_owned(),
                provider: line["provider"].as_str()?.to_owned(),
                endpoint: line["endpoint"].as_str()?.to_owned(),
                streams: line["stream"] == true,
                status: u16::try_from(line["status"].as_u64()?).ok()?,
                request: file(&line, "request_file"),
                response: file(&line, "response_file")?,
            })
        })
        .collect();
    assert!(!list.is_empty(), "the index of the recordings is read");
    list
}

fn endpoint(name: &str) -> Option<Endpoint> {
    match name {
        "chat" | "chat-openai-compat" => Some(Endpoint::ChatCompletions),
        "completions" => Some(Endpoint::Completions),
        "responses" => Some(Endpoint::Responses),
        "audio-transcriptions" => Some(Endpoint::Transcriptions),
        _ => None,
    }
}

fn passed<'a>(endpoint: Endpoint, pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Option<Usage>) {
    let mut stream = Passthrough::new(Some(endpoint), 1 << 20, None);
    let mut out = Vec::new();
    for piece in pieces {
        match stream.piece(piece) {
            Chunk::Keep => out.extend_from_slice(piece),
            Chunk::Replace(bytes) => out.extend(bytes),
        }
    }
    out.extend(stream.end());
    (out, stream.usage())
}

/// Places to cut at: all of a short stream; of a long one its ends, and around every line end.
fn cuts(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    (0..bytes.len()).filter(|at| {
        let near = bytes[at.saturating_sub(2)..(at + 3).min(bytes.len())].contains(&b'\n');
        bytes.len() < 2048 || *at < 64 || at + 256 > bytes.len() || (near && bytes.len() < 8 << 10)
    })
}

#[test]
fn every_recorded_stream_passes_untouched_wherever_it_is_cut() {
    let (mut streams, mut untouched) = (0, 0);
    for recording in recordings() {
        let Some(endpoint) = endpoint(&recording.endpoint) else { continue };
        if recording.response.extension().is_none_or(|extension| extension != "sse") {
            continue;
        }
        let bytes = std::fs::read(&recording.response).unwrap();
        let case = &recording.case;
        let whole = passed(endpoint, [&bytes[..]]);
        for size in [1, 2, 3, 5, 7, 16, 61, 1024] {
            assert_eq!(passed(endpoint, bytes.chunks(size)), whole, "{case} in pieces of {size}");
        }
        for cut in cuts(&bytes) {
            assert_eq!(passed(endpoint, [&bytes[..cut], &bytes[cut..]]), whole, "{case} cut at {cut}");
        }
        streams += 1;
        untouched += usize::from(whole.0 == bytes);
        // What is not untouched is completed: an error in it, or its end.
        if whole.0 != bytes && !bytes.windows(7).any(|window| window == b"\"error\"") {
            assert!(whole.0.starts_with(bytes.trim_ascii_end()), "{case}");
        }
    }
    println!("{streams} streams, {untouched} of them untouched to the last byte, the rest completed");
}

#[test]
fn the_usage_of_every_recorded_answer_is_seen_wherever_it_is_cut() {
    let mut seen = 0;
    for recording in recordings() {
        let json = recording.response.extension().is_some_and(|extension| extension == "json");
        if !json || endpoint(&recording.endpoint).is_none() {
            continue;
        }
        let bytes = std::fs::read(&recording.response).unwrap();
        let Ok(object) = Object::parse(&bytes) else { continue };
        let expected = object.get("usage").and_then(Usage::read);
        for size in [1, 3, 64, bytes.len()] {
            let mut watch = Watch::default();
            bytes.chunks(size).for_each(|piece| watch.piece(piece));
            if expected.is_some() {
                assert_eq!(watch.usage(), expected, "{} in pieces of {size}", recording.case);
            }
        }
        seen += usize::from(expected.is_some());
    }
    println!("the usage of {seen} answers");
}

#[test]
fn every_recorded_error_becomes_openais_error_object() {
    let mut errors = 0;
    for recording in recordings().iter().filter(|recording| recording.status >= 400) {
        let bytes = std::fs::read(&recording.response).unwrap();
        let error: Value = serde_json::from_slice(&mended(recording.status, &bytes)).unwrap();
        let error = &error["error"];
        let text = |name: &str| error[name].is_string();
        assert!(text("message") && text("type"), "{}: {error}", recording.case);
        assert!(
            error["param"].is_string() || error.get("param").is_some_and(Value::is_null),
            "{}",
            recording.case
        );
        assert!(
            error["code"].is_string() || error.get("code").is_some_and(Value::is_null),
            "{}",
            recording.case
        );
        let said = error["message"].as_str().unwrap();
        assert!(!said.contains("did not say why") || bytes.len() < 40, "{}: {said}", recording.case);
        errors += 1;
    }
    println!("{errors} errors");
}

#[test]
fn a_model_is_put_into_every_recorded_request_and_no_other_byte_changes() {
    let mut requests = 0;
    for recording in recordings() {
        let Some(path) = recording.request.filter(|path| path.extension().is_some_and(|end| end == "json"))
        else {
            continue;
        };
        let body = std::fs::read(path).unwrap();
        assert_eq!(Object::parse(&body).is_ok(), serde_json::from_slice::<Value>(&body).unwrap().is_object());
        let Ok(object) = Object::parse(&body) else { continue };
        let Some(member) = object.member("model") else { continue };
        let mut there = Splices::default();
        there.replace(member.span.clone(), "\"provider/a longer name\"");
        let changed = there.apply(body.clone());
        let span = Object::parse(&changed).unwrap().member("model").unwrap().span.clone();
        let mut back = Splices::default();
        back.replace(span, object.value(member));
        assert_eq!(back.apply(changed.clone()), body, "{}", recording.case);
        requests += 1;
    }
    println!("{requests} requests");
}

/// A model whose provider speaks the recorded language.
fn native(recording: &Recording) -> Option<&'static str> {
    Some(match (recording.provider.as_str(), recording.endpoint.as_str()) {
        ("anthropic", "messages") => "anthropic/claude-x",
        ("vertex", "anthropic-rawPredict" | "anthropic-streamRawPredict") => "google/claude-x",
        ("vertex", "generateContent" | "streamGenerateContent") => "google/gemini-x",
        ("gemini", "generateContent" | "streamGenerateContent") => "google-ai/gemini-x",
        ("bedrock", "converse" | "converse-stream") => "aws/model-x",
        ("cohere", "v2-chat") => "cohere/command-x",
        _ => return None,
    })
}

/// An event stream that was recorded as lines `{"event": payload}`.
fn framed(lines: &str) -> Vec<u8> {
    let frame = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let (name, payload) = line.as_object().unwrap().iter().next().unwrap();
        golden::frame(&format!("{name} {payload}"))
    };
    lines.lines().flat_map(frame).collect()
}

/// Providers of every language; Perplexity for OpenAI's, since it has chat alone.
const CONFIG: &str = r#"{
    "keys": [{"id": "demo", "sha256": "db25093bdc4898aa8f85a6f1fea4545a18ed48d9bd38aac33ac371a808adeeed"}],
    "providers": {"anthropic": {}, "google-ai": {}, "google": {"project": "p", "location": "l"},
        "aws": {"region": "r"}, "cohere": {}, "perplexity": {}, "openai": {}, "openrouter": {}, "togetherai": {},
        "voyage": {}, "llamacpp": {}}}"#;

/// The recording as the answer to a request of this path, with these members.
fn asked(recording: &Recording, model: &str, path: &str, members: &str) -> Case {
    let stream = recording.streams && recording.status < 400;
    let body = format!(
        r#"{{"model":"{model}","stream":{stream},"stream_options":{{"include_usage":true}},{members}}}"#
    );
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let content_type = match recording.response.extension().and_then(|end| end.to_str()) {
        Some("sse") => "text/event-stream",
        Some("bin" | "ndjson") => "application/vnd.amazon.eventstream",
        _ => "application/json",
    };
    let mut reply = std::fs::read(&recording.response).unwrap();
    if recording.response.extension().is_some_and(|end| end == "ndjson") {
        reply = framed(&String::from_utf8(reply).unwrap());
    }
    Case {
        client: Message {
            start: format!("POST /v2/proxy{path}"),
            headers: vec![
                own("authorization", "Bearer sk-orq-demo"),
                own("content-type", "application/json"),
            ],
            body: body.into_bytes(),
        },
        reply: Some(Message {
            start: recording.status.to_string(),
            headers: vec![own("content-type", content_type)],
            body: reply,
        }),
        ..Case::default()
    }
}

#[test]
fn every_recorded_chat_of_another_language_is_translated_the_same_wherever_it_is_cut() {
    let gateway = Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap());
    let (mut answers, mut streams) = (0, 0);
    for recording in recordings() {
        let Some(model) = native(&recording) else { continue };
        let stream = recording.streams && recording.status < 400;
        let messages = r#""messages":[{"role":"user","content":"Hi"}]"#;
        let case = asked(&recording, model, "/chat/completions", messages);
        let reply = case.reply.as_ref().unwrap().body.clone();
        let name = &recording.case;
        let whole = golden::run(&gateway, &case, [&reply[..]]);
        let text = String::from_utf8(whole.answer.body.clone()).unwrap();
        for size in [1, 2, 3, 5, 7, 16, 61, 1024] {
            if reply.len() / size < 20_000 {
                assert_eq!(
                    golden::run(&gateway, &case, reply.chunks(size)),
                    whole,
                    "{name} in pieces of {size}"
                );
            }
        }
        answers += 1;
        if stream {
            for cut in cuts(&reply) {
                let pieces = [&reply[..cut], &reply[cut..]];
                assert_eq!(golden::run(&gateway, &case, pieces), whole, "{name} cut at {cut}");
            }
            for event in text.split_terminator("\n\n") {
                let event = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{name}: {event}"));
                assert!(event == "[DONE]" || serde_json::from_str::<Value>(event).is_ok(), "{name}: {event}");
            }
            streams += 1;
        } else {
            let answer: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(answer["choices"].is_array(), recording.status < 400, "{name}: {answer}");
        }
    }
    println!("{answers} answers, {streams} of them streams");
}

/// The events of a stream in OpenAI's language, without its mark of the end.
fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| !matches!(*data, "" | "[DONE]"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// What is said of each choice: text, reasoning, and why it ended.
fn said(bodies: &[Value], inner: &str, content: &str) -> Vec<(String, String, Value)> {
    let mut all: Vec<(String, String, Value)> = Vec::new();
    for choice in bodies.iter().flat_map(|body| body["choices"].as_array().into_iter().flatten()) {
        let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
        all.resize_with(all.len().max(index + 1), Default::default);
        let (text, reasoning, finish) = &mut all[index];
        let message = if inner.is_empty() { choice } else { &choice[inner] };
        for name in [content, "refusal"] {
            text.push_str(message[name].as_str().unwrap_or_default());
        }
        if content == "content" {
            text.push_str(message["audio"]["transcript"].as_str().unwrap_or_default());
        }
        reasoning.push_str(message["reasoning"].as_str().unwrap_or_default());
        if !choice["finish_reason"].is_null() {
            *finish = choice["finish_reason"].clone();
        }
        if *finish == "tool_calls" {
            *finish = Value::from("stop");
        }
    }
    all
}

#[test]
fn every_recorded_chat_is_a_completion_that_says_the_same_wherever_it_is_cut() {
    let gateway = Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap());
    let (mut answers, mut streams) = (0, 0);
    for recording in recordings() {
        let chats = matches!(recording.endpoint.as_str(), "chat" | "chat-openai-compat");
        let openais = (chats && recording.status < 400).then_some("perplexity/sonar");
        let Some(model) = native(&recording).or(openais) else { continue };
        let name = &recording.case;
        let stream = recording.streams && recording.status < 400;
        let case = asked(&recording, model, "/completions", r#""prompt":"Hi""#);
        let reply = &case.reply.as_ref().unwrap().body[..];
        let whole = golden::run(&gateway, &case, [reply]);
        let pieces = [1, 3, 16, 1024].into_iter().filter(|size| reply.len() / size < 20_000);
        for size in pieces {
            assert_eq!(golden::run(&gateway, &case, reply.chunks(size)), whole, "{name} in pieces of {size}");
        }
        for cut in cuts(reply).filter(|_| stream && reply.len() < 4096) {
            let pieces = [&reply[..cut], &reply[cut..]];
            assert_eq!(golden::run(&gateway, &case, pieces), whole, "{name} cut at {cut}");
        }
        let messages = r#""messages":[{"role":"user","content":"Hi"}]"#;
        let chat = golden::run(&gateway, &asked(&recording, model, "/chat/completions", messages), [reply]);
        let text = |outcome: &golden::Outcome| String::from_utf8(outcome.answer.body.clone()).unwrap();
        assert_eq!(whole.answer.start, chat.answer.start, "{name}");
        if whole.answer.start != "200" {
            continue;
        }
        let read = |text: &str| match stream {
            true => events(text),
            false => vec![serde_json::from_str::<Value>(text).unwrap()],
        };
        let (completion, chat) = (read(&text(&whole)), read(&text(&chat)));
        let inner = if stream { "delta" } else { "message" };
        if !completion.iter().any(|body| body["error"].is_object()) {
            assert_eq!(said(&completion, "", "text"), said(&chat, inner, "content"), "{name}");
        }
        for body in &completion {
            assert!(body["error"].is_object() || body["object"] == "text_completion", "{name}: {body}");
        }
        answers += 1;
        streams += usize::from(stream);
    }
    println!("{answers} answers, {streams} of them streams");
}

/// A reranker whose provider speaks the recorded language.
fn reranker(recording: &Recording) -> Option<&'static str> {
    Some(match (recording.provider.as_str(), recording.endpoint.as_str()) {
        ("bedrock", "rerank") => "aws/amazon.rerank-v1:0",
        ("cohere", "v1-rerank" | "v2-rerank") => "cohere/rerank-x",
        ("openrouter", "rerank") => "openrouter/rerank-x",
        ("together", "rerank") => "togetherai/rerank-x",
        ("voyage", "rerank") => "voyage/rerank-x",
        ("x-llamacpp", "rerank") => "llamacpp/rerank-x",
        _ => return None,
    })
}

/// The client's request, as it was recorded: a JSON object, without its braces and its model.
fn members(recording: &Recording) -> Option<Value> {
    let text = std::fs::read_to_string(recording.request.as_ref()?).unwrap();
    let mut request: Value = serde_json::from_str(&text).unwrap();
    request.as_object_mut()?.remove("model");
    Some(request)
}

#[test]
fn every_recorded_rerank_has_the_scores_and_the_documents_of_the_provider() {
    let gateway = Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap());
    let mut seen = 0;
    for recording in recordings() {
        let Some(model) = reranker(&recording) else { continue };
        let name = &recording.case;
        let mut request = members(&recording).unwrap_or_else(
            || serde_json::json!({"query": "q", "documents": ["a", "b", "c", "d", "e", "f"]}),
        );
        // What is refused before it is sent was answered by the provider.
        if request["documents"] == serde_json::json!([]) || request["top_n"] == 0 {
            continue;
        }
        if let Some(top) = request.as_object_mut().unwrap().remove("top_k") {
            request["top_n"] = top;
        }
        let case = asked(&recording, model, "/rerank", request.to_string().trim_matches(['{', '}']));
        let reply = case.reply.as_ref().unwrap().body.clone();
        let whole = golden::run(&gateway, &case, [&reply[..]]);
        for size in [1, 7, 61] {
            assert_eq!(golden::run(&gateway, &case, reply.chunks(size)), whole, "{name} in pieces of {size}");
        }
        let answer: Value = serde_json::from_slice(&whole.answer.body).unwrap();
        let told: Value = serde_json::from_slice(&reply).unwrap();
        seen += 1;
        if recording.status >= 400 {
            assert!(answer["error"]["message"].is_string(), "{name}: {answer}");
            continue;
        }
        assert_eq!(answer["object"], "list", "{name}");
        let list = told.get("results").or(told.get("data")).unwrap().as_array().unwrap();
        let score = |result: &Value| result.get("relevance_score").or(result.get("relevanceScore")).cloned();
        let expected: Vec<_> = list.iter().map(|result| (result["index"].clone(), score(result))).collect();
        let results = answer["results"].as_array().unwrap();
        let got: Vec<_> = results.iter().map(|result| (result["index"].clone(), score(result))).collect();
        assert_eq!(got, expected, "{name}");
        assert!(results.iter().all(|result| result["object"] == "rerank"), "{name}");
        let tokens = told["usage"]["total_tokens"].as_u64();
        assert_eq!(answer["usage"]["total_tokens"].as_u64(), tokens, "{name}");
        assert_eq!(answer["meta"], told["meta"], "{name}");
    }
    println!("{seen} reranks");
}

#[test]
fn every_recorded_moderation_of_openai_passes_as_it_is() {
    let gateway = Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap());
    let mut seen = 0;
    for recording in recordings() {
        if (recording.provider.as_str(), recording.endpoint.as_str()) != ("openai", "moderations") {
            continue;
        }
        let request = members(&recording).unwrap();
        let mut case = asked(&recording, "openai/m", "/moderations", "");
        // Without a model it is OpenAI's default.
        case.client.body = request.to_string().into_bytes();
        let whole = golden::run(&gateway, &case, [&case.reply.as_ref().unwrap().body[..]]);
        assert_eq!(whole.answer.body, case.reply.as_ref().unwrap().body, "{}", recording.case);
        let sent: Value = serde_json::from_slice(&whole.upstream.unwrap().body).unwrap();
        assert_eq!(sent["model"], "omni-moderation-latest", "{}", recording.case);
        assert_eq!(sent["input"], request["input"], "{}", recording.case);
        seen += 1;
    }
    println!("{seen} moderations");
}
