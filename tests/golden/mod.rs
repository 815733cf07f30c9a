//! Golden exchanges: whole requests and answers as files, and how they are read and run.
//!
//! A file has the sections `client`, `upstream`, `reply`, `answer` and `record`, each a start line,
//! headers, an empty line and a body; a request that goes nowhere has no `upstream` and no `reply`. Behind the reply can
//! stand further calls that the answer takes, each a `follow` (with `:after`, the milliseconds that it waits) and a
//! `followed`.
//! A reply of `application/vnd.amazon.eventstream` stands there as lines, `event {json}`, `!exception
//! {json}`, `!!code text` for an error that is none of the service's own, and `~event {json}` for a frame
//! with a wrong checksum. A body that is no text stands there in base64, behind `base64:`.
//! `UPDATE=1 cargo test --test goldens` writes what the code does into `upstream`, `answer` and
//! `record`: read the difference before you commit it.

#![allow(dead_code, reason = "each test binary uses its own part of this")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unreachable,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

pub mod features;

use orq_ai_proxy::config;
use orq_ai_proxy::exchange::{Exchange, Head, Piece, Reply, Step};
use orq_ai_proxy::gateway::Gateway;
use orq_ai_proxy::headers::Headers;
use orq_ai_proxy::wire::base64;
use orq_ai_proxy::wire::eventstream::{Frame, crc32, frame_end};
use std::rc::Rc;

/// The configuration of all cases.
pub const CONFIG: &str = include_str!("config.json");

macro_rules! cases {
    ($($name:literal)*) => {
        /// All cases: name and text. Files, not a folder's listing: they run where there is no file system too.
        pub const CASES: &[(&str, &str)] = &[$(($name, include_str!(concat!($name, ".http")))),*];
    };
}

include!("cases.rs");

/// A list of headers.
pub type List = Vec<(String, String)>;

/// One message: start line, headers, body.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// `POST /path`, or a status.
    pub start: String,
    /// Its headers but for `:method`, `:path` and `:status`.
    pub headers: List,
    /// Its body.
    pub body: Vec<u8>,
}

/// One exchange.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Case {
    /// What it shows.
    pub note: String,
    /// What the client sends.
    pub client: Message,
    /// What the provider is to get.
    pub upstream: Option<Message>,
    /// What the provider answers.
    pub reply: Option<Message>,
    /// Further calls, and what the provider answers to them.
    pub follows: Vec<Message>,
    pub followed: Vec<Message>,
    /// What the client is to get.
    pub answer: Message,
    /// What the access log is to be told.
    pub record: Option<String>,
}

impl Case {
    /// Reads a file.
    pub fn parse(text: &str) -> Self {
        let mut case = Self::default();
        let mut sections = text.strip_suffix('\n').unwrap_or(text).split("\n== ");
        case.note = sections.next().unwrap().to_owned();
        for section in sections {
            let (name, text) = section.split_once('\n').unwrap_or((section, ""));
            match name {
                "client" => case.client = Message::parse(text),
                "upstream" => case.upstream = Some(Message::parse(text)),
                "reply" => case.reply = Some(Message::parse(text)),
                "follow" => case.follows.push(Message::parse(text)),
                "followed" => case.followed.push(Message::parse(text)),
                "answer" => case.answer = Message::parse(text),
                "record" => case.record = Some(text.trim().to_owned()),
                _ => panic!("no section is called {name}"),
            }
        }
        case
    }

    /// Writes it, as [`Case::parse`] reads it.
    pub fn write(&self) -> String {
        let mut out = format!("{}\n== client\n{}", self.note, self.client.write());
        for (name, message) in [("upstream", &self.upstream), ("reply", &self.reply)] {
            if let Some(message) = message {
                out += &format!("\n== {name}\n{}", message.write());
            }
        }
        for at in 0..self.follows.len().max(self.followed.len()) {
            for (name, list) in [("follow", &self.follows), ("followed", &self.followed)] {
                if let Some(message) = list.get(at) {
                    out += &format!("\n== {name}\n{}", message.write());
                }
            }
        }
        out += &format!("\n== answer\n{}", self.answer.write());
        if let Some(record) = &self.record {
            out += &format!("\n== record\n{record}");
        }
        out + "\n"
    }
}

impl Message {
    fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let start = lines.next().unwrap_or_default().to_owned();
        let header = |line: &str| {
            let (name, value) = line[1..].split_once(':').unwrap();
            (line[..1].to_owned() + name, value.trim_start().to_owned())
        };
        // Forms need line ends that a text file would not keep.
        let body = body.replace("\\r\n", "\r\n");
        let body = match body.strip_prefix(BASE64) {
            Some(text) => base64::decode(&text.replace('\n', "")).unwrap(),
            None => body.into_bytes(),
        };
        let mut message = Self { start, headers: lines.map(header).collect(), body };
        if message.is_event_stream() {
            message.body = String::from_utf8(message.body).unwrap().lines().flat_map(frame).collect();
        }
        message
    }

    fn is_event_stream(&self) -> bool {
        let kind = ("content-type".to_owned(), "application/vnd.amazon.eventstream".to_owned());
        self.headers.contains(&kind)
    }

    fn write(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
        let body = if self.is_event_stream() {
            lines(&self.body)
        } else {
            match core::str::from_utf8(&self.body) {
                Ok(text) => text.replace("\r\n", "\\r\n"),
                Err(_) => in_base64(&self.body),
            }
        };
        format!("{}\n{headers}\n{body}", self.start)
    }

    /// The headers as Envoy has them, pseudo-headers first.
    pub fn all_headers(&self) -> List {
        let mut list = Vec::new();
        match self.start.split_once(' ') {
            Some((method, path)) => {
                list.push((":method".to_owned(), method.to_owned()));
                list.push((":path".to_owned(), path.to_owned()));
            }
            None => list.push((":status".to_owned(), self.start.clone())),
        }
        list.extend(self.headers.iter().cloned());
        list
    }

    /// The message that has these headers and this body.
    pub fn new(headers: &[(String, Vec<u8>)], body: Vec<u8>) -> Self {
        let text = |name: &str| {
            let found = headers.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| String::from_utf8(value.clone()).unwrap())
        };
        let start = text(":status")
            .unwrap_or_else(|| format!("{} {}", text(":method").unwrap(), text(":path").unwrap()));
        let rest =
            headers.iter().filter(|(name, _)| !matches!(name.as_str(), ":status" | ":method" | ":path"));
        let headers =
            rest.map(|(name, value)| (name.clone(), String::from_utf8(value.clone()).unwrap())).collect();
        Self { start, headers, body }
    }
}

/// Before a body that is no text.
const BASE64: &str = "base64:";

fn in_base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    base64::encode(bytes, &mut text);
    let lines = text.chunks(100).map(|line| format!("\n{}", str::from_utf8(line).unwrap()));
    BASE64.to_owned() + &lines.collect::<String>()
}

/// A line of an event stream as a frame.
pub fn frame(line: &str) -> Vec<u8> {
    let broken = line.strip_prefix('~');
    let line = broken.unwrap_or(line);
    let (name, payload) = line.split_once(' ').unwrap_or((line, ""));
    let (headers, payload) = if let Some(code) = name.strip_prefix("!!") {
        (vec![(":error-code", code), (":error-message", payload), (":message-type", "error")], "")
    } else {
        let headers = match name.strip_prefix('!') {
            Some(kind) => [(":exception-type", kind), (":message-type", "exception")],
            None => [(":event-type", name), (":message-type", "event")],
        };
        (headers.into(), payload)
    };
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(u8::try_from(name.len()).unwrap());
        block.extend(name.bytes().chain([7]));
        block.extend(u16::try_from(value.len()).unwrap().to_be_bytes());
        block.extend(value.bytes());
    }
    let lengths = [block.len() + payload.len() + 16, block.len()];
    let mut frame: Vec<u8> =
        lengths.into_iter().flat_map(|length| u32::try_from(length).unwrap().to_be_bytes()).collect();
    frame.extend(crc32(&frame).to_be_bytes());
    frame.extend(block);
    frame.extend(payload.bytes());
    frame.extend((crc32(&frame) ^ u32::from(broken.is_some())).to_be_bytes());
    frame
}

/// Frames as lines.
fn lines(mut stream: &[u8]) -> String {
    let mut lines = Vec::new();
    while let Some(end) = frame_end(stream, usize::MAX).unwrap() {
        let (whole, rest) = stream.split_at(end);
        let mut mended = whole.to_vec();
        mended[end - 1] ^= 1;
        let (mark, frame) = match Frame::read(whole) {
            Ok(frame) => ("", frame),
            Err(_) => ("~", Frame::read(&mended).unwrap()),
        };
        let payload = std::str::from_utf8(frame.payload).unwrap();
        let header = |name| frame.header(name).unwrap();
        lines.push(match header(":message-type") {
            "error" => format!("{mark}!!{} {}", header(":error-code"), header(":error-message")),
            "exception" => format!("{mark}!{} {payload}", header(":exception-type")),
            _ => format!("{mark}{} {payload}", header(":event-type")),
        });
        stream = rest;
    }
    lines.join("\n")
}

/// What came of a case: what went up, what came down, what was told.
#[derive(Debug, PartialEq)]
pub struct Outcome {
    /// What the provider got.
    pub upstream: Option<Message>,
    /// What was asked then.
    pub follows: Vec<Message>,
    /// What the client got.
    pub answer: Message,
    /// What the access log was told.
    pub record: Option<String>,
}

impl Outcome {
    /// What is to come of a case.
    pub fn expected(case: &Case) -> Self {
        let follows = case.follows.clone();
        Self {
            upstream: case.upstream.clone(),
            follows,
            answer: case.answer.clone(),
            record: case.record.clone(),
        }
    }
}

/// The gateway of all cases.
pub fn gateway() -> Rc<Gateway> {
    Rc::new(config::load(CONFIG.as_bytes(), &|_| None).unwrap())
}

fn bytes(list: List) -> Headers {
    list.into_iter().map(|(name, value)| (name, value.into_bytes())).collect::<Vec<_>>().into()
}

fn replied(reply: Reply) -> Message {
    Message { start: reply.status.to_string(), headers: reply.headers, body: reply.body }
}

/// Runs a case in the core alone, the provider's answer cut into these pieces.
pub fn run<'a>(gateway: &Rc<Gateway>, case: &Case, pieces: impl IntoIterator<Item = &'a [u8]>) -> Outcome {
    let mut exchange = gateway.exchange();
    let alone = |reply| Outcome { upstream: None, follows: Vec::new(), answer: replied(reply), record: None };
    let client = &case.client;
    match exchange.request_headers(bytes(client.all_headers()), client.body.is_empty(), || 0) {
        Step::Reply(reply) => return alone(reply),
        Step::Continue(headers) => {
            let upstream = Message::new(headers.as_slice(), client.body.clone());
            return answered(exchange, case, upstream, pieces);
        }
        Step::Buffer => {}
    }
    let forward = match exchange.request_body(client.body.clone(), || 1_735_689_600) {
        Ok(forward) => forward,
        Err(reply) => return alone(reply),
    };
    answered(
        exchange,
        case,
        Message::new(forward.headers.as_slice(), forward.body.bytes(&forward.client)),
        pieces,
    )
}

/// The provider's answer, once the request has gone up.
fn answered<'a>(
    mut exchange: Exchange,
    case: &Case,
    upstream: Message,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome {
    let upstream = Some(upstream);
    let reply = case.reply.as_ref().expect("the request goes up, so the file needs a reply");
    let list = bytes(reply.all_headers());
    let details = || Some("via_upstream".to_owned());
    let (mut headers, mut waits) = match exchange.answer_headers(list.clone(), reply.body.is_empty(), details)
    {
        Head::Reply(reply) => {
            return Outcome { upstream, follows: Vec::new(), answer: replied(reply), record: None };
        }
        Head::Continue(headers) => (headers.unwrap_or(list), false),
        Head::Hold => (list, true),
    };
    let mut body = Vec::new();
    let mut held = Vec::new();
    let mut follows = Vec::new();
    let mut followed = case.followed.iter();
    let pieces = pieces.into_iter().map(|piece| (piece, false)).chain([(&b""[..], true)]);
    for (piece, end) in pieces {
        held.extend_from_slice(piece);
        let mut step = exchange.answer_piece(held.len(), end, || held.clone());
        while let Piece::Follow(follow) = step {
            let mut headers = follow.headers.as_slice().to_vec();
            headers.push((":cluster".to_owned(), follow.cluster.into_bytes()));
            headers.push((":after".to_owned(), follow.after.to_string().into_bytes()));
            follows.push(Message::new(&headers, follow.body));
            // One that the file does not answer ends as one to which no answer came.
            step = match followed.next() {
                Some(reply) => exchange.followed(bytes(reply.all_headers()), &reply.body),
                None => exchange.followed(Headers::default(), b""),
            };
        }
        match step {
            Piece::Follow(_) => unreachable!("it was followed"),
            Piece::Wait => continue,
            Piece::Keep => body.append(&mut held),
            Piece::Replace(new) => body.extend(new),
            Piece::Release(new, replaced) => {
                assert!(waits, "headers go on once");
                waits = false;
                headers = new;
                body.extend(replaced.unwrap_or_else(|| held.clone()));
            }
        }
        held.clear();
    }
    assert!(!waits || reply.body.is_empty(), "what waits goes on at the end");
    Outcome { upstream, follows, answer: Message::new(headers.as_slice(), body), record: exchange.record() }
}
