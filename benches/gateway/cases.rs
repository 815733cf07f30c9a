//! What is measured.

use crate::load::{Count, Plan};
use crate::native::{self, Language};
use crate::traffic;
use crate::upstream::{Answer, Pace};
use std::rc::Rc;

const CHAT: &str = "/v2/proxy/chat/completions";
const RESPONSES: &str = "/v2/proxy/responses";

/// The model of cases in OpenAI's own language.
const MODEL: &str = "openai/gpt-4o-mini";

const EMBEDDINGS: &str = "/v2/proxy/embeddings";
const TRANSCRIPTIONS: &str = "/v2/proxy/audio/transcriptions";

/// Recordings go to it within JSON.
const HEARS: &str = "google-ai/gemini-2.5-flash";

/// Events of a streamed answer, its `[DONE]` among them.
pub const EVENTS: usize = 201;

/// One line of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name in the report.
    pub name: &'static str,
    /// What its numbers count.
    pub unit: &'static str,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Chat(usize, usize),
    Image,
    Stream(Pace),
    /// A chat in another language.
    Foreign(Language),
    /// A stream in another language, each piece when the one before it has come.
    ForeignStream(Language),
    /// The same, asked for through `/responses`.
    Responses(Language),
    /// So many inputs, embedded in another language, their vectors in base64.
    Embeddings(usize),
    /// A recording of so many bytes, by this model.
    Transcription(usize, &'static str),
    Models,
    Unauthorized,
}

/// Every case of throughput.
pub const CASES: [Case; 23] = [
    Case { name: "chat_1k", unit: "requests/s", kind: Kind::Chat(1 << 10, 32) },
    Case { name: "chat_16k", unit: "requests/s", kind: Kind::Chat(16 << 10, 32) },
    Case { name: "chat_1m", unit: "requests/s", kind: Kind::Chat(1 << 20, 8) },
    Case { name: "image_10m", unit: "requests/s", kind: Kind::Image },
    Case { name: "sse_events", unit: "events/s", kind: Kind::Stream(Pace::Lockstep) },
    Case { name: "sse_streams", unit: "streams/s", kind: Kind::Stream(Pace::Free) },
    Case { name: "anthropic_1k", unit: "requests/s", kind: Kind::Foreign(Language::Anthropic) },
    Case { name: "anthropic_sse", unit: "events/s", kind: Kind::ForeignStream(Language::Anthropic) },
    Case { name: "gemini_1k", unit: "requests/s", kind: Kind::Foreign(Language::Gemini) },
    Case { name: "gemini_sse", unit: "events/s", kind: Kind::ForeignStream(Language::Gemini) },
    Case { name: "bedrock_1k", unit: "requests/s", kind: Kind::Foreign(Language::Bedrock) },
    Case { name: "bedrock_sse", unit: "events/s", kind: Kind::ForeignStream(Language::Bedrock) },
    Case { name: "cohere_1k", unit: "requests/s", kind: Kind::Foreign(Language::Cohere) },
    Case { name: "cohere_sse", unit: "events/s", kind: Kind::ForeignStream(Language::Cohere) },
    Case { name: "anthropic_responses", unit: "events/s", kind: Kind::Responses(Language::Anthropic) },
    Case { name: "gemini_responses", unit: "events/s", kind: Kind::Responses(Language::Gemini) },
    Case { name: "bedrock_responses", unit: "events/s", kind: Kind::Responses(Language::Bedrock) },
    Case { name: "cohere_responses", unit: "events/s", kind: Kind::Responses(Language::Cohere) },
    Case { name: "embeddings_100", unit: "requests/s", kind: Kind::Embeddings(100) },
    Case {
        name: "transcription_10m",
        unit: "requests/s",
        kind: Kind::Transcription(10 << 20, "openai/whisper-1"),
    },
    Case { name: "transcription_10m_base64", unit: "requests/s", kind: Kind::Transcription(10 << 20, HEARS) },
    Case { name: "models", unit: "requests/s", kind: Kind::Models },
    Case { name: "unauthorized", unit: "requests/s", kind: Kind::Unauthorized },
];

impl Case {
    /// The number counts events, not answers.
    pub fn counts_events(self) -> bool {
        matches!(self.kind, Kind::Stream(Pace::Lockstep) | Kind::ForeignStream(_) | Kind::Responses(_))
    }

    /// What is sent to Envoy on `port`.
    pub fn plan(self, port: u16) -> Plan {
        let chat = |body: Vec<u8>, connections, count, numbered| Plan {
            head: traffic::head("POST", CHAT, traffic::KEY, port, body.len()),
            body: Rc::new(body),
            numbered,
            status: 200,
            count,
            connections,
        };
        let get = |key, status| Plan {
            head: traffic::head("GET", "/v2/proxy/models", key, port, 0),
            body: Rc::default(),
            numbered: false,
            status,
            count: Count::Nothing,
            connections: 32,
        };
        match self.kind {
            Kind::Chat(size, connections) => {
                chat(traffic::chat(MODEL, size, false), connections, Count::Nothing, false)
            }
            Kind::Image => chat(traffic::image(10 << 20), 4, Count::Nothing, false),
            Kind::Stream(pace) => {
                let body = traffic::chat(MODEL, 1 << 10, true);
                chat(body, 32, Count::Events(EVENTS), pace == Pace::Lockstep)
            }
            Kind::Foreign(language) => {
                chat(traffic::chat(language.model(), 1 << 10, false), 32, Count::Nothing, false)
            }
            Kind::ForeignStream(language) => {
                chat(traffic::chat(language.model(), 1 << 10, true), 32, Count::Pieces, true)
            }
            Kind::Responses(language) => {
                let body = traffic::responses(language.model(), 1 << 10);
                let head = traffic::head("POST", RESPONSES, traffic::KEY, port, body.len());
                Plan { head, ..chat(body, 32, Count::Pieces, true) }
            }
            Kind::Embeddings(count) => {
                let body = traffic::embeddings("google-ai/gemini-embedding-001", count);
                let head = traffic::head("POST", EMBEDDINGS, traffic::KEY, port, body.len());
                Plan { head, ..chat(body, 8, Count::Nothing, false) }
            }
            Kind::Transcription(size, model) => {
                let body = traffic::transcription(model, size);
                let form = format!("multipart/form-data; boundary={}", traffic::BOUNDARY);
                let head = traffic::head("POST", TRANSCRIPTIONS, traffic::KEY, port, body.len());
                let head = head.replace("Content-Type: application/json", &format!("Content-Type: {form}"));
                Plan { head, ..chat(body, 4, Count::Nothing, false) }
            }
            Kind::Models => get(traffic::KEY, 200),
            Kind::Unauthorized => get("sk-orq-nobody-4f1d2c", 401),
        }
    }

    /// What the upstream answers.
    pub fn answer(self) -> Answer {
        match self.kind {
            Kind::Stream(pace) => Answer::Stream(Rc::new(traffic::stream(EVENTS - 1)), pace),
            Kind::Foreign(language) => Answer::Whole(Rc::new(language.whole())),
            Kind::ForeignStream(language) | Kind::Responses(language) => {
                Answer::Stream(Rc::new(language.stream(EVENTS - 1)), Pace::Lockstep)
            }
            Kind::Embeddings(count) => Answer::Whole(Rc::new(native::vectors(count))),
            Kind::Transcription(_, HEARS) => Answer::Whole(Rc::new(native::heard())),
            Kind::Transcription(..) => Answer::Whole(Rc::new(traffic::json(
                r#"{"text":"The second column counts the receipts, which the ledger leaves out.","usage":{"type":"duration","seconds":600}}"#,
            ))),
            _ => Answer::Whole(Rc::new(traffic::completion())),
        }
    }
}

/// A stream that stays open: what is sent by each of `connections`, and its answer of `events` events.
pub fn open_streams(port: u16, connections: usize, events: usize, pace: Pace) -> (Plan, Answer) {
    let body = traffic::chat(MODEL, 1 << 10, true);
    let head = traffic::head("POST", CHAT, traffic::KEY, port, body.len());
    let count = Count::Events(events);
    let plan = Plan { head, body: Rc::new(body), numbered: false, status: 200, count, connections };
    (plan, Answer::Stream(Rc::new(traffic::stream(events - 1)), pace))
}
