//! Exchanges in a language that is translated, from one of the [`Surface`]s that clients have. The input's first line
//! chooses: its first byte is
//!
//! * `q`: behind the line stands a client's body; its `model` is replaced.
//! * `a`: the provider's whole answer. `s`: its stream; `x`: a line of `name {payload}` for each frame of an AWS event
//!   stream. `e`: a failing answer, its status the number behind the `e`.
//!
//! and the bytes behind it are the lengths of the answer's pieces.

use super::{assert_error, events, fields, first_line, is_json, members, pieces};
use orq_ai_proxy::config;
use orq_ai_proxy::exchange::{Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

const CONFIG: &str = include_str!("../../../tests/golden/config.json");

thread_local! {
    /// The goldens' own, and a strict one.
    static GATEWAYS: [Rc<Gateway>; 2] = [
        CONFIG.to_owned(),
        CONFIG.replacen('{', r#"{"unsupported_params": "reject","#, 1),
    ]
    .map(|text| Rc::new(config::load(text.as_bytes(), &|_| None).expect("a configuration")));
}

/// What a client calls, and what holds for what it is told.
pub struct Surface {
    /// The path below the proxy's own.
    pub path: &'static str,
    /// A request that is answered: its members beside `model` and `stream`.
    pub ask: &'static str,
    /// The members that a whole answer has.
    pub members: &'static [&'static str],
    /// Judges the text of a stream.
    pub judge: fn(&str),
}

/// `POST /chat/completions`
pub const CHAT: Surface = Surface {
    path: "/chat/completions",
    ask: r#""messages":[{"role":"user","content":"Hi"}]"#,
    members: &["id", "object", "created", "model", "choices", "usage"],
    judge: stream_laws,
};

/// One input of a chat, for a model of the goldens' configuration.
pub fn run(model: &str, data: &[u8]) {
    run_at(&CHAT, model, data);
}

/// One input of a surface.
pub fn run_at(surface: &Surface, model: &str, data: &[u8]) {
    let (line, body) = first_line(data);
    let (mode, lengths) = line.split_first().map_or((b'q', &b""[..]), |(mode, lengths)| (*mode, lengths));
    match mode {
        b'a' => answered(surface, model, 200, "application/json", body.to_vec(), lengths),
        b's' => answered(surface, model, 200, "text/event-stream", body.to_vec(), lengths),
        b'x' => answered(surface, model, 200, "application/vnd.amazon.eventstream", frames(body), lengths),
        b'e' => {
            let status = std::str::from_utf8(lengths).ok().and_then(|text| text.trim().parse::<u16>().ok());
            let status = status.filter(|status| (400..600).contains(status)).unwrap_or(500);
            answered(surface, model, status, "application/json", body.to_vec(), b"");
        }
        _ => asked(surface, model, body, lengths.first() == Some(&b'!')),
    }
}

fn headers(list: &[(&str, &str)]) -> Headers {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), value.as_bytes().to_vec());
    list.iter().map(own).collect::<Vec<_>>().into()
}

fn client(surface: &Surface) -> Headers {
    headers(&[
        (":method", "POST"),
        (":path", &format!("/v2/proxy{}", surface.path)),
        ("authorization", "Bearer sk-orq-demo"),
        ("content-type", "application/json"),
    ])
}

/// Any body is said in the language, as JSON, or refused with OpenAI's error object.
fn asked(surface: &Surface, model: &str, body: &[u8], strict: bool) {
    let Some(object) = members(body).filter(|object| !object.twice) else { return };
    let mut body = format!("{{\"model\":\"{model}\"");
    for (name, value) in object.map.iter().filter(|(name, _)| !name.eq_ignore_ascii_case("model")) {
        body.push_str(&format!(",{}:{}", Value::from(name.as_str()), value.get()));
    }
    body.push('}');
    let gateway = GATEWAYS.with(|all| Rc::clone(&all[usize::from(strict)]));
    let mut exchange = gateway.exchange();
    assert_eq!(exchange.request_headers(client(surface), false, || 0), Step::Buffer);
    match exchange.request_body(body.into_bytes(), || 0) {
        Err(reply) => {
            assert_eq!(reply.status, 400);
            assert_error(&reply.body);
        }
        Ok(forward) => {
            let sent = forward.body.bytes(&forward.client);
            let shown = String::from_utf8_lossy(&sent);
            assert!(is_json(&sent), "no JSON goes up: {shown}");
            let object = members(&sent).unwrap_or_else(|| panic!("no object goes up: {shown}"));
            assert!(!object.twice, "a name stands twice: {shown}");
            assert_eq!(forward.headers.text("content-length"), Some(sent.len().to_string().as_str()));
        }
    }
}

/// What the client got.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: u16,
    content_type: String,
    body: Vec<u8>,
    record: Option<String>,
}

fn answered(surface: &Surface, model: &str, status: u16, content_type: &str, body: Vec<u8>, lengths: &[u8]) {
    if body.is_empty() {
        return;
    }
    let streams = status < 400 && content_type != "application/json";
    let whole = answer(surface, model, streams, status, content_type, &[&body]);
    for pieces in [pieces(lengths, &body), body.chunks(1).collect()] {
        let other = answer(surface, model, streams, status, content_type, &pieces);
        assert_eq!(whole, other, "in {} pieces it is another answer", pieces.len());
    }
    let text = std::str::from_utf8(&whole.body).expect("UTF-8");
    if !streams {
        assert_eq!(whole.content_type, "application/json");
        if whole.status >= 400 {
            return assert_error(&whole.body);
        }
        assert!(is_json(&whole.body), "{text}");
        let object = members(&whole.body).expect("an object");
        for name in surface.members {
            assert!(object.map.contains_key(*name), "no {name}: {text}");
        }
        return;
    }
    assert_eq!((whole.status, whole.content_type.as_str()), (200, "text/event-stream"));
    (surface.judge)(text);
}

/// What chunks of chats and of completions share: a choice ends once, with a reason; behind the reasons of all stands
/// `[DONE]`, or an error ends the stream. `judge` sees each chunk.
pub fn chunk_laws(text: &str, mut judge: impl FnMut(&Value)) {
    assert!(text.ends_with("\n\n"), "{text}");
    let mut reasons: BTreeMap<u64, bool> = BTreeMap::new();
    let mut over = false;
    for event in events(text) {
        assert!(!over, "something follows the end: {text}");
        let (name, data) = fields(&event);
        let data = data.expect("data");
        assert_eq!(name, None);
        if data == "[DONE]" {
            assert!(
                !reasons.is_empty() && reasons.values().all(|told| *told),
                "an end without reasons: {text}"
            );
            over = true;
            continue;
        }
        assert!(is_json(data.as_bytes()), "{data}");
        // Half surrogates and huge numbers are beyond a `Value`.
        let Ok(chunk) = serde_json::from_str::<Value>(&data) else { return };
        if chunk.get("error").is_some() {
            assert_error(data.as_bytes());
            over = true;
            continue;
        }
        judge(&chunk);
        for choice in chunk["choices"].as_array().expect("choices") {
            let told = reasons.entry(choice["index"].as_u64().expect("an index")).or_default();
            assert!(!*told, "something follows the reason: {text}");
            *told = choice["finish_reason"].is_string();
        }
    }
    assert!(over, "the end is not told: {text}");
}

fn stream_laws(text: &str) {
    // For each choice that has begun, how many calls have.
    let mut calls: BTreeMap<u64, u64> = BTreeMap::new();
    chunk_laws(text, |chunk| {
        for choice in chunk["choices"].as_array().expect("choices") {
            let index = choice["index"].as_u64().expect("an index");
            let first = !calls.contains_key(&index);
            assert_eq!(choice["delta"].get("role").is_some(), first, "the role comes first and once: {text}");
            let begun = calls.entry(index).or_default();
            for call in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let number = call["index"].as_u64().expect("an index of a call");
                if call.get("id").is_some() {
                    assert_eq!(number, *begun, "calls count from 0: {text}");
                    *begun += 1;
                }
                assert!(number < *begun && call["function"]["arguments"].is_string(), "{text}");
            }
        }
    });
}

fn answer(
    surface: &Surface,
    model: &str,
    streams: bool,
    status: u16,
    content_type: &str,
    pieces: &[&[u8]],
) -> Outcome {
    let gateway = GATEWAYS.with(|all| Rc::clone(&all[0]));
    let mut exchange = gateway.exchange();
    assert_eq!(exchange.request_headers(client(surface), false, || 0), Step::Buffer);
    let body = format!(r#"{{"model":"{model}","stream":{streams},{}}}"#, surface.ask);
    exchange.request_body(body.into_bytes(), || 0).expect("it goes up");
    let list = headers(&[(":status", &status.to_string()), ("content-type", content_type)]);
    let mut headers = list.clone();
    match exchange.answer_headers(list, false, || Some("via_upstream".to_owned())) {
        Head::Reply(reply) => return replied(reply),
        Head::Continue(changed) => headers = changed.unwrap_or(headers),
        Head::Hold => {}
    }
    let (mut body, mut held) = (Vec::new(), Vec::new());
    for (piece, end) in pieces.iter().map(|piece| (*piece, false)).chain([(&b""[..], true)]) {
        held.extend_from_slice(piece);
        match exchange.answer_piece(held.len(), end, || held.clone()) {
            Piece::Follow(_) => panic!("a chat takes one call"),
            Piece::Wait => continue,
            Piece::Keep => body.append(&mut held),
            Piece::Replace(new) => body.extend(new),
            Piece::Release(new, replaced) => {
                headers = new;
                body.extend(replaced.unwrap_or_else(|| held.clone()));
            }
        }
        held.clear();
    }
    Outcome {
        status: headers.status(),
        content_type: headers.text("content-type").unwrap_or_default().to_owned(),
        body,
        record: exchange.record(),
    }
}

fn replied(reply: Reply) -> Outcome {
    Outcome {
        status: reply.status,
        content_type: "application/json".to_owned(),
        body: reply.body,
        record: None,
    }
}

/// Frames of an AWS event stream, of lines `name payload`; a name that starts with `!` is an exception.
fn frames(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let space = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
        let (name, payload) = line.split_at(space);
        let name = &name[..name.len().min(100)];
        let (kind, field, name) = match name.strip_prefix(b"!") {
            Some(name) => (&b"exception"[..], &b":exception-type"[..], name),
            None => (&b"event"[..], &b":event-type"[..], name),
        };
        let mut headers = Vec::new();
        for (name, value) in
            [(field, name), (b":content-type", b"application/json"), (b":message-type", kind)]
        {
            headers.push(u8::try_from(name.len()).expect("short"));
            headers.extend_from_slice(name);
            headers.push(7);
            headers.extend(u16::try_from(value.len()).expect("short").to_be_bytes());
            headers.extend_from_slice(value);
        }
        let payload = payload.strip_prefix(b" ").unwrap_or(payload);
        let start = out.len();
        out.extend(u32::try_from(headers.len() + payload.len() + 16).expect("short").to_be_bytes());
        out.extend(u32::try_from(headers.len()).expect("short").to_be_bytes());
        out.extend(crc(&out[start..]).to_be_bytes());
        out.extend(headers);
        out.extend_from_slice(payload);
        out.extend(crc(&out[start..]).to_be_bytes());
    }
    out
}

/// CRC-32 as zlib has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
