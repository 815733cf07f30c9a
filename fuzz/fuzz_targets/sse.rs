//! Streams: the frames of events against a naive reader, and what passes against the same cut elsewhere.
//! The input's first line is an endpoint's letter and the lengths of pieces, the rest a stream.

#![no_main]

mod common;

use common::{contains, ends, events, fields, first_line, members, pieces};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::dialect::openai::error::is_openais;
use orq_ai_proxy::dialect::openai::stream::{Chunk, Passthrough};
use orq_ai_proxy::endpoint::Endpoint;
use orq_ai_proxy::usage::Usage;
use orq_ai_proxy::wire::json::Object;
use orq_ai_proxy::wire::sse::{ends_event, event_end};

fn run(endpoint: Option<Endpoint>, limit: usize, pieces: &[&[u8]]) -> (Vec<u8>, Option<Usage>) {
    let mut stream = Passthrough::new(endpoint, limit, None);
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

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fuzz_target!(|data: &[u8]| {
    let (control, stream) = first_line(data);
    let (endpoint, lengths) = match control.split_first() {
        Some((b'c', lengths)) => (Some(Endpoint::ChatCompletions), lengths),
        Some((b'r', lengths)) => (Some(Endpoint::Responses), lengths),
        Some((_, lengths)) => (Some(Endpoint::Speech), lengths),
        None => (None, control),
    };
    framed(stream);

    const LIMIT: usize = 1 << 20;
    let whole: &[&[u8]] = if stream.is_empty() { &[] } else { &[stream] };
    let (out, usage) = run(endpoint, LIMIT, whole);
    let bytes: Vec<_> = stream.chunks(1).collect();
    for pieces in [pieces(lengths, stream), bytes] {
        let (other, other_usage) = run(endpoint, LIMIT, &pieces);
        assert_eq!(shown(&out), shown(&other), "whole, and in {} pieces", pieces.len());
        assert_eq!(out, other);
        assert_eq!(usage, other_usage);
    }
    passed(stream, &out);
    ended(endpoint, stream, &out);
    // Events over the limit are not looked into, but they pass.
    passed(stream, &run(endpoint, 16, &pieces(lengths, stream)).0);
});

fn framed(stream: &[u8]) {
    // A closing byte of no meaning settles whether a CR at the end stands alone.
    let settled = [stream, b":"].concat();
    let (mut rest, mut ends) = (settled.as_slice(), Vec::<usize>::new());
    while let Some(end) = event_end(rest) {
        assert!(end > 0);
        ends.push(ends.last().unwrap_or(&0) + end);
        rest = &rest[end..];
    }
    let (mut naive, mut line, mut at) = (Vec::new(), 0, 0);
    while at < settled.len() {
        let length = match &settled[at..] {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => {
                at += 1;
                continue;
            }
        };
        if at == line {
            naive.push(at + length);
        }
        at += length;
        line = at;
    }
    assert_eq!(ends, naive);
    if ends_event(stream) {
        assert_eq!(ends.last(), Some(&stream.len()));
    }
}

/// What speaks of no error passes as it came, up to the end of its last event.
fn passed(stream: &[u8], out: &[u8]) {
    if contains(stream, b"error") {
        return;
    }
    let mut whole = 0;
    while let Some(end) = event_end(&stream[whole..]) {
        whole += end;
    }
    assert!(out.starts_with(&stream[..whole]), "{}", shown(out));
}

/// How a client reads the end, and every error on the way.
fn ended(endpoint: Option<Endpoint>, stream: &[u8], out: &[u8]) {
    let Ok(text) = std::str::from_utf8(out) else { return };
    assert!(ends(out) <= ends(stream).max(1), "the end is told twice: {text}");
    let mut told = false;
    for event in events(text) {
        let (name, data) = fields(&event);
        let Some(data) = data else { continue };
        told |= data.lines().any(|line| line == "[DONE]");
        let Ok(object) = Object::parse(data.as_bytes()) else { continue };
        if endpoint == Some(Endpoint::Responses) && object.string("type").is_some() {
            let last = ["error", "response.completed", "response.incomplete", "response.failed"];
            told |= last.contains(&object.string("type").unwrap_or_default().as_ref());
            continue;
        }
        // Nobody escapes a letter of that name.
        if !contains(event.as_bytes(), b"error") {
            continue;
        }
        let error = object.get("error").filter(|error| *error != "null");
        if error.is_none() && name.as_deref() != Some("error") {
            continue;
        }
        told = true;
        let error = error.unwrap_or_else(|| panic!("an error event without an error: {event}"));
        assert!(is_openais(error), "not OpenAI's error: {event}");
        assert!(members(error.as_bytes()).is_some_and(|error| !error.twice), "{event}");
    }
    if endpoint == Some(Endpoint::ChatCompletions) {
        assert!(told, "the end is not told: {text}");
    }
}
