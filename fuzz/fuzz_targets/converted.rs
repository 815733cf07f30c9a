//! Answers of every endpoint and provider, to the requests of the goldens. The input's first line is
//! `<golden> <kind><status> <lengths>`: the name of a golden whose request is asked (`embeddings/jina-text`), what the
//! answer says that it is (`=` what the golden's says, `j` JSON, `s` events, `a` sound, `t` text, anything else nothing),
//! its status, and the lengths of its pieces. Behind the line stands the answer; where further calls are made theirs
//! follow it, behind lines `== followed`, and the last is that of all others, too. Answers in base64 stand behind
//! `base64:`.
//!
//! What comes down is OpenAI's error object, JSON, events, or what came; the same wherever the answer is cut.

#![no_main]

mod common;
#[path = "../../tests/golden/mod.rs"]
mod golden;

use common::{assert_error, contains, first_line, is_json, members, pieces};
use golden::{CASES, Case, Message};
use libfuzzer_sys::fuzz_target;
use orq_ai_proxy::endpoint::{Asked, Endpoint};
use orq_ai_proxy::exchange::{Exchange, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::wire::base64;
use std::collections::BTreeMap;
use std::rc::Rc;

thread_local! {
    static GATEWAY: Rc<Gateway> = golden::gateway();
    static GOLDENS: BTreeMap<&'static str, Case> =
        CASES.iter().map(|(name, text)| (*name, Case::parse(text))).collect();
}

fuzz_target!(|data: &[u8]| {
    let (line, body) = first_line(data);
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let mut word = || words.next().unwrap_or_default();
    let (Ok(name), chance, lengths) = (std::str::from_utf8(word()), word(), word()) else { return };
    let (kind, status) = chance.split_first().unwrap_or((&b'=', b"200"));
    let status = std::str::from_utf8(status).ok().and_then(|status| status.parse::<u16>().ok());
    let status = status.filter(|status| (200..600).contains(status)).unwrap_or(200);
    GOLDENS.with(|goldens| {
        let Some((case, reply)) = goldens.get(name).and_then(|case| Some((case, case.reply.as_ref()?)))
        else {
            return;
        };
        let answers = answers(body);
        let headers = reply_headers(*kind, status, reply);
        run(case, &headers, &answers, lengths);
    });
});

/// The answers of an input.
fn answers(mut rest: &[u8]) -> Vec<Vec<u8>> {
    const BETWEEN: &[u8] = b"\n== followed\n";
    let mut answers = Vec::new();
    loop {
        let end = rest.windows(BETWEEN.len()).position(|window| window == BETWEEN);
        let one = &rest[..end.unwrap_or(rest.len())];
        let text = one.strip_prefix(b"base64:").and_then(|text| std::str::from_utf8(text).ok());
        let decoded = text.and_then(|text| base64::decode(&text.replace('\n', "")));
        answers.push(decoded.unwrap_or_else(|| one.to_vec()));
        match end {
            Some(end) => rest = &rest[end + BETWEEN.len()..],
            None => return answers,
        }
    }
}

fn reply_headers(kind: u8, status: u16, reply: &Message) -> Headers {
    let mut headers = headers(reply);
    headers.set(":status", status.to_string());
    headers.remove("content-length");
    let kind = match kind {
        b'=' => return headers,
        b'j' => "application/json",
        b's' => "text/event-stream",
        b'a' => "audio/mpeg",
        b't' => "text/plain; charset=utf-8",
        _ => {
            headers.remove("content-type");
            return headers;
        }
    };
    headers.set("content-type", kind);
    headers
}

fn headers(message: &Message) -> Headers {
    let list = message.all_headers().into_iter().map(|(name, value)| (name, value.into_bytes()));
    list.collect::<Vec<_>>().into()
}

/// What the client got.
#[derive(Debug, PartialEq)]
struct Outcome {
    status: u16,
    headers: Headers,
    body: Vec<u8>,
    record: Option<String>,
}

fn run(case: &Case, headers: &Headers, answers: &[Vec<u8>], lengths: &[u8]) {
    let Some(whole) = outcome(case, headers, answers, &[&answers[0]], false) else { return };
    let ends_with_last = outcome(case, headers, answers, &[&answers[0]], true);
    assert_eq!(ends_with_last.as_ref(), Some(&whole), "the end comes with the last piece");
    for pieces in [pieces(lengths, &answers[0]), answers[0].chunks(1).collect()] {
        let other = outcome(case, headers, answers, &pieces, false);
        assert_eq!(other.as_ref(), Some(&whole), "in {} pieces it is another answer", pieces.len());
    }
    judge(case, answers, &whole);
}

/// Asks what the case asks, and gives its answer in these pieces. `None`: nothing goes up.
fn outcome(
    case: &Case,
    list: &Headers,
    answers: &[Vec<u8>],
    pieces: &[&[u8]],
    ends_with_last: bool,
) -> Option<Outcome> {
    let mut exchange = GATEWAY.with(Rc::clone).exchange();
    match exchange.request_headers(headers(&case.client), case.client.body.is_empty(), || 0) {
        Step::Reply(_) => return None,
        Step::Continue(_) => {}
        Step::Buffer => {
            exchange.request_body(case.client.body.clone(), || 1_735_689_600).ok()?;
        }
    }
    let empty = answers[0].is_empty();
    let (mut headers, mut waits) =
        match exchange.answer_headers(list.clone(), empty, || Some("via_upstream".to_owned())) {
            Head::Reply(reply) => return Some(replied(reply)),
            Head::Continue(headers) => (headers.unwrap_or_else(|| list.clone()), false),
            Head::Hold => (list.clone(), true),
        };
    let (mut body, mut held) = (Vec::new(), Vec::new());
    let last = pieces.len().wrapping_sub(1);
    let steps = pieces.iter().enumerate().map(|(at, piece)| (*piece, ends_with_last && at == last));
    let end = (!ends_with_last && !empty).then_some((&b""[..], true));
    for (piece, end) in steps.chain(end).filter(|_| !empty) {
        held.extend_from_slice(piece);
        let mut step = exchange.answer_piece(held.len(), end, || held.clone());
        if let Piece::Follow(_) = step {
            assert!(waits && end, "further calls are made for a whole answer");
            step = followed(&mut exchange, list, answers, step);
        }
        match step {
            Piece::Follow(_) => unreachable!("it was followed"),
            Piece::Wait => {
                assert!(waits && !end, "what waits goes on at the end");
                continue;
            }
            Piece::Keep => {
                assert!(!waits, "a body before its headers");
                body.append(&mut held);
            }
            Piece::Replace(new) => {
                assert!(!waits, "a body before its headers");
                body.extend(new);
            }
            Piece::Release(new, replaced) => {
                assert!(waits, "headers go on once");
                waits = false;
                headers = new;
                body.extend(replaced.unwrap_or_else(|| held.clone()));
            }
        }
        held.clear();
    }
    assert!(!waits || empty, "headers that never go on");
    Some(Outcome { status: headers.status(), headers, body, record: exchange.record() })
}

fn followed(exchange: &mut Exchange, list: &Headers, answers: &[Vec<u8>], mut step: Piece) -> Piece {
    let mut calls = 0;
    while let Piece::Follow(follow) = step {
        calls += 1;
        assert!(calls <= 100, "it never ends");
        let path = follow.headers.text(":path").expect("a path");
        is_path(path);
        assert!(
            follow.body.is_empty()
                || follow.headers.text("content-type") != Some("application/json")
                || is_json(&follow.body)
        );
        let answer = answers.get(calls).or(answers.last()).expect("one");
        let mut headers = list.clone();
        headers.set(":status", "200");
        step = exchange.followed(headers, answer);
    }
    step
}

fn is_path(path: &str) {
    assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()), "{path}");
    let before = path.split('?').next().unwrap_or_default();
    assert!(!before.split('/').any(|segment| segment == ".." || segment == "."), "{path}");
}

fn replied(reply: Reply) -> Outcome {
    let list = reply.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let headers = list.collect::<Vec<_>>().into();
    Outcome { status: reply.status, headers, body: reply.body, record: None }
}

fn endpoint(case: &Case) -> Option<Endpoint> {
    let (method, path) = case.client.start.split_once(' ')?;
    match Endpoint::asked(method, path.split('?').next()?.strip_prefix("/v2/proxy")?) {
        Asked::Endpoint(endpoint, _) => Some(endpoint),
        _ => None,
    }
}

fn judge(case: &Case, answers: &[Vec<u8>], outcome: &Outcome) {
    let shown = String::from_utf8_lossy(&outcome.body);
    for (name, value) in outcome.headers.as_slice() {
        assert!(!value.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{name} holds a line end");
    }
    if let Some(length) = outcome.headers.text("content-length") {
        assert_eq!(length, outcome.body.len().to_string());
    }
    if let Some(record) = &outcome.record {
        assert!(is_json(record.as_bytes()), "{record}");
    }
    let content_type = outcome.headers.text("content-type").unwrap_or_default();
    if outcome.status >= 400 {
        assert_error(&outcome.body);
        assert_eq!(content_type, "application/json");
        assert!(!contains(&outcome.body, b"key-of-") || contains(&answers.concat(), b"key-of-"));
        return;
    }
    // A language whose answers are OpenAI's passes them as they came.
    if outcome.body == answers[0] {
        return;
    }
    match content_type {
        "application/json" => {
            assert!(is_json(&outcome.body), "no JSON: {shown}");
            let names: &[&str] = match endpoint(case) {
                Some(Endpoint::Embeddings) => &["object", "data", "model", "usage"],
                Some(Endpoint::Rerank) => &["results"],
                Some(Endpoint::Moderations) => &["id", "model", "results"],
                Some(Endpoint::Transcriptions | Endpoint::Translations) => &["text"],
                _ => &[],
            };
            let object = members(&outcome.body).unwrap_or_else(|| panic!("no object: {shown}"));
            for name in names {
                assert!(object.map.contains_key(*name), "no {name}: {shown}");
            }
        }
        "text/event-stream" => {
            let Ok(text) = std::str::from_utf8(&outcome.body) else {
                assert!(std::str::from_utf8(&answers.concat()).is_err(), "half characters: {shown}");
                return;
            };
            // What passes, but for its end, may be anything.
            if contains(&answers[0], b"data:") {
                return;
            }
            for event in common::events(text) {
                let (_, data) = common::fields(&event);
                let Some(data) = data else { continue };
                assert!(data == "[DONE]" || is_json(data.as_bytes()), "no JSON: {data}");
            }
        }
        _ => {}
    }
}
