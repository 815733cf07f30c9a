//! The module as it ships (`make build`), run in a small host of our own in place of Envoy (`tests/host`).
//!
//! That Envoy does with the callbacks what the host does is for the end-to-end tests to show.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "test code: what panics here fails a test, no stream of a client"
)]

mod host;
#[path = "host/selftest.rs"]
mod selftest;

use host::{Downstream, End, Fault, Headers, Log, Stream, Upstream, Vm};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const KEY: &str = "sk-orq-demo-0123456789";
const SECRET: &str = "provider-secret";
const NOTHING: [&[u8]; 0] = [];
const ENDS: [End; 3] = [End::WithData, End::EmptyPiece, End::Trailers];

const CHAT: &str = concat!(
    r#"{ "temperature":1.50, "model" : "openai/gpt-4o","seed":12345678901234567890123, "#,
    r#""messages":[{"role":"user","content":"h\u00e9llo \"openai/gpt-4o\""}],"unheard_of":{"model":"x"} }"#
);

const STREAM: &str = concat!(
    ": a comment\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\"",
    ":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}],\"usage\":null}\n\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[{\"index\"",
    ":0,\"delta\":{\"content\":\"h\u{e9}llo \u{1f600}\"},\"finish_reason\":\"stop\"}]}\r\n\r\n",
    "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"gpt-4o\",\"choices\":[],",
    "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}\n\n",
    "data: [DONE]\n\n"
);

fn key_hash(key: &str) -> String {
    Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn config() -> Value {
    json!({
        "keys": [
            {"id": "demo", "sha256": key_hash(KEY)},
            {"id": "old", "sha256": key_hash("sk-orq-old"), "expires_at": "2020-01-01T00:00:00Z"},
        ],
        "providers": {"openai": {"api_key": {"value": SECRET}}, "groq": {"api_key": {"value": "groq-secret"}}},
        "models": ["openai/gpt-4o", "openai/*", {"id": "fast", "target": "groq/llama-3.3-70b-versatile"}],
    })
}

fn start(config: &Value, env: &[(&str, &str)]) -> Result<Vm, Fault> {
    Vm::start(host::module(), &config.to_string(), env)
}

fn vm() -> Vm {
    start(&config(), &[]).unwrap()
}

fn to(method: &str, path: &str) -> Headers {
    Headers::from([
        (":method", method),
        (":scheme", "http"),
        (":authority", "localhost:10000"),
        (":path", path),
        ("accept", "application/json"),
        ("accept-encoding", "gzip, deflate"),
        ("authorization", &format!("Bearer {KEY}")),
        ("x-request-id", "7d1f4c52-0000-4000-8000-000000000001"),
    ])
}

fn chat(body: &str) -> Headers {
    to("POST", "/v2/proxy/chat/completions")
        .with("content-type", "application/json")
        .with("content-length", body.len().to_string())
}

fn answer(status: &str, content_type: &str) -> Headers {
    Headers::from([(":status", status), ("content-type", content_type), ("server", "provider")])
}

/// Sends a chat request that goes upstream.
fn send(stream: &mut Stream<'_>) -> Upstream {
    stream.request(chat(CHAT), &[CHAT], End::WithData).unwrap().upstream().unwrap()
}

/// A reply to a request that the filter does not let through.
fn refuse(vm: &mut Vm, headers: Headers, body: &[u8]) -> Downstream {
    let pieces = if body.is_empty() { vec![] } else { vec![body] };
    vm.stream().request(headers, &pieces, End::WithData).unwrap().reply().unwrap()
}

/// The error of an answer, which has to be OpenAI's error object with its four members. A provider's own error may have
/// more of them.
#[track_caller]
fn error_with_more(answer: &Downstream) -> (u16, Value) {
    let shown = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.headers.text("content-type").as_deref(), Some("application/json"), "{shown}");
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_else(|fault| panic!("{fault}: {shown}"));
    let object = body["error"].as_object().unwrap_or_else(|| panic!("no error object: {shown}"));
    assert_eq!(body.as_object().unwrap().len(), 1, "{shown}");
    for (name, needed) in [("message", true), ("type", true), ("param", false), ("code", false)] {
        let value = object.get(name).unwrap_or_else(|| panic!("no {name}: {shown}"));
        assert!(value.is_string() || (value.is_null() && !needed), "{name}: {shown}");
    }
    (answer.status, body["error"].clone())
}

/// The same with those four members alone.
#[track_caller]
fn error(answer: &Downstream) -> (u16, Value) {
    let (status, error) = error_with_more(answer);
    assert_eq!(error.as_object().unwrap().len(), 4, "{error}");
    assert!(error["message"] != "" && error["type"] != "", "{error}");
    (status, error)
}

// Routing and keys.

#[test]
fn a_path_that_is_none_is_answered_404_before_its_body_is_read() {
    let mut vm = vm();
    for path in ["/v2/proxy/nope", "/v2/proxy", "/", "/v1/chat/completions", "/v2/proxy/chat/completions/x"] {
        let reply = refuse(&mut vm, to("POST", path), b"{}");
        assert_eq!((error(&reply).0, reply.pieces_read), (404, 0), "{path}");
    }
}

#[test]
fn a_wrong_method_is_answered_405_with_the_one_that_is_allowed() {
    let mut vm = vm();
    for (method, path, allow) in [
        ("GET", "/v2/proxy/chat/completions", "POST"),
        ("DELETE", "/v2/proxy/models", "GET"),
        ("POST", "/v2/proxy/models/openai/gpt-4o", "GET"),
    ] {
        let reply = refuse(&mut vm, to(method, path), b"");
        assert_eq!(error(&reply).0, 405, "{method} {path}");
        assert_eq!(reply.headers.text("allow").as_deref(), Some(allow), "{method} {path}");
    }
}

#[test]
fn a_request_without_a_good_key_is_answered_401_before_its_body_is_read() {
    let mut vm = vm();
    for (given, code) in [
        (None, None),
        (Some("Bearer sk-orq-wrong"), Some("invalid_api_key")),
        (Some("Bearer "), None),
        (Some("Bearer sk-orq-old"), None),
        (Some("Basic c2stb3JxOng="), None),
        (Some(KEY), None),
    ] {
        let headers = chat(CHAT).without("authorization");
        let headers = given.map_or(headers.clone(), |given| headers.with("authorization", given));
        let reply = refuse(&mut vm, headers, CHAT.as_bytes());
        let (status, error) = error(&reply);
        assert_eq!((status, reply.pieces_read), (401, 0), "{given:?}");
        if let Some(code) = code {
            assert_eq!(error["code"], code, "{given:?}");
        }
        assert!(!error.to_string().contains("sk-orq-wrong"), "the key comes back in full: {error}");
    }
    let any_case = chat(CHAT).but("authorization", format!("bEARER {KEY}"));
    vm.stream().request(any_case, &[CHAT], End::WithData).unwrap().upstream().unwrap();
    let raw = chat(CHAT).but("authorization", b"Bearer \xff\xfe");
    assert_eq!(error(&refuse(&mut vm, raw, CHAT.as_bytes())).0, 401);
}

#[test]
fn models_are_listed_and_shown_one_by_one() {
    let mut vm = vm();
    let reply = refuse(&mut vm, to("GET", "/v2/proxy/models"), b"");
    let list: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!((reply.status, &list["object"]), (200, &json!("list")));
    assert_eq!(reply.headers.text("content-type").as_deref(), Some("application/json"));
    let ids: Vec<_> = list["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    assert_eq!(ids, [json!("openai/gpt-4o"), json!("fast")]);
    for path in
        ["/v2/proxy/models/openai/gpt-4o", "/v2/proxy/models/openai%2Fgpt-4o", "/v2/proxy/models/fast"]
    {
        let reply = refuse(&mut vm, to("GET", path), b"");
        let model: Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!((reply.status, &model["object"]), (200, &json!("model")), "{path}");
        assert!(list["data"].as_array().unwrap().contains(&model), "{path}: {model}");
    }
    let (status, error) = error(&refuse(&mut vm, to("GET", "/v2/proxy/models/nobody/x"), b""));
    assert_eq!((status, &error["code"]), (404, &json!("model_not_found")));
}

#[test]
fn a_body_that_names_no_usable_model_is_refused_for_the_right_reason() {
    let mut vm = vm();
    let nested = format!(r#"{{"model":"openai/gpt-4o","x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    for (body, status, code) in [
        ("", 400, None),
        ("{", 400, None),
        ("[]", 400, None),
        (r#"{"messages":[]}"#, 400, None),
        (r#"{"model":7}"#, 400, None),
        (r#"{"model":""}"#, 400, None),
        (r#"{"model":"gpt-4o"}"#, 400, None),
        (r#"{"model":"openai/a","model":"openai/b"}"#, 400, None),
        (r#"{"model":"openai/a","mod\u0065l":"openai/b"}"#, 400, None),
        (&nested, 400, None),
        (r#"{"model":"openai/"}"#, 404, Some("model_not_found")),
        (r#"{"model":"nobody/gpt-4o"}"#, 404, Some("model_not_found")),
        (r#"{"model":"groq/not-in-the-garden"}"#, 404, Some("model_not_found")),
    ] {
        let (got, error) = error(&refuse(&mut vm, chat(body), body.as_bytes()));
        let shown = &body[..body.len().min(60)];
        assert_eq!(got, status, "{shown}: {error}");
        if let Some(code) = code {
            assert_eq!(error["code"], code, "{shown}: {error}");
        }
    }
}

// Requests that go upstream.

#[test]
fn a_chat_request_reaches_its_provider_with_nothing_changed_but_what_must_be() {
    let mut vm = vm();
    let leaks =
        ["api-key", "x-api-key", "x-goog-api-key", "x-orq-identity-id", "x-envoy-retry-on", "x-orq-cluster"];
    for end in ENDS {
        let mut headers =
            chat(CHAT).but(":path", "/v2/proxy/chat/completions?trace=a%20b").with("x-keep", "kept");
        for name in leaks {
            headers.add(name, b"from the client");
        }
        let (one, two) = CHAT.split_at(40);
        let upstream = vm.stream().request(headers, &[one, two], end).unwrap().upstream().unwrap();
        let header = |name| upstream.headers.text(name);
        assert_eq!(header(":path").as_deref(), Some("/v1/chat/completions?trace=a%20b"));
        assert_eq!(header(":authority").as_deref(), Some("api.openai.com"));
        assert_eq!(header("authorization").as_deref(), Some("Bearer provider-secret"));
        assert_eq!(header("x-orq-cluster").as_deref(), Some("openai"));
        assert_eq!(header("x-keep").as_deref(), Some("kept"));
        assert_eq!(header("accept-encoding"), None);
        assert!(
            !upstream.headers.mention(KEY) && !upstream.headers.mention("from the client"),
            "{upstream:?}"
        );
        let expected = CHAT.replacen(r#""model" : "openai/gpt-4o""#, r#""model" : "gpt-4o""#, 1);
        assert_eq!(String::from_utf8(upstream.body).unwrap(), expected, "{end:?}");
    }
}

#[test]
fn an_alias_leads_to_its_target() {
    let body = r#"{"model":"fast","messages":[],"orq":{"name":"mine"}}"#;
    let mut vm = vm();
    let upstream = vm.stream().request(chat(body), &[body], End::WithData).unwrap().upstream().unwrap();
    assert_eq!(upstream.headers.text("x-orq-cluster").as_deref(), Some("groq"));
    let sent: Value = serde_json::from_slice(&upstream.body).unwrap();
    assert_eq!(sent, json!({"model": "llama-3.3-70b-versatile", "messages": []}));
}

#[test]
fn a_provider_key_can_come_from_the_environment() {
    let mut config = config();
    config["providers"]["openai"]["api_key"] = json!({"env": "OPENAI_API_KEY"});
    let mut vm = start(&config, &[("OTHER", "x"), ("OPENAI_API_KEY", "from-env")]).unwrap();
    let upstream = send(&mut vm.stream());
    assert_eq!(upstream.headers.text("authorization").as_deref(), Some("Bearer from-env"));
}

#[test]
fn a_wrong_configuration_is_refused_in_a_sentence_that_names_its_path() {
    let wrong = json!({"providers": {"openai": {"api_key": {"value": "x"}, "hots": "typo"}}});
    let fault = start(&wrong, &[]).err().expect("refused").to_string();
    assert!(fault.contains("providers.openai"), "{fault}");
    let mut vm = vm();
    assert!(vm.configure("no json").is_err());
    send(&mut vm.stream()); // the last good configuration stays
    let mut other = config();
    other["base_path"] = json!("/v1");
    vm.configure(&other.to_string()).unwrap(); // a new one is taken
    let moved = chat(CHAT).but(":path", "/v1/chat/completions");
    vm.stream().request(moved, &[CHAT], End::WithData).unwrap().upstream().unwrap();
}

#[test]
fn a_body_that_stops_half_way_holds_nothing_but_its_own_stream() {
    let mut vm = vm();
    let sent = vm.stream().request(chat(CHAT), &[&CHAT[..50]], End::Never).unwrap();
    assert!(sent.upstream().is_err(), "the request waits for its end");
    send(&mut vm.stream());
}

#[test]
fn header_values_that_are_not_utf8_and_200_headers_do_no_harm() {
    let mut headers = chat(CHAT).with("x-raw", b"\xff\xfe\x80").with("user-agent", b"caf\xe9");
    for at in 0..200 {
        headers.add(&format!("x-many-{at}"), b"value");
    }
    let mut vm = vm();
    let mut stream = vm.stream();
    let upstream = stream.request(headers, &[CHAT], End::WithData).unwrap().upstream().unwrap();
    assert_eq!(upstream.headers.get("x-raw"), Some(&b"\xff\xfe\x80"[..]));
    let raw = answer("200", "application/json").with("x-raw", b"\xff\xfe").but("content-type", b"\xff");
    stream.answer(raw, &["{}"], End::WithData).unwrap();
    stream.end().unwrap();
    let path = to("POST", "/v2/proxy/chat/completions").but(":path", b"/v2/proxy/\xff\xfe");
    assert_eq!(error(&refuse(&mut vm, path, b"{}")).0, 404);
}

// Answers.

/// How many bytes of a stream are whole events, each closed by a blank line.
fn whole(stream: &[u8]) -> usize {
    let closed = |end: &usize| [&b"\n\n"[..], b"\n\r\n"].iter().any(|blank| stream[..*end].ends_with(blank));
    (1..=stream.len()).rev().find(closed).unwrap_or(0)
}

#[test]
fn a_stream_passes_untouched_and_each_event_at_once_wherever_it_is_cut() {
    let bytes = STREAM.as_bytes();
    let mut vm = vm();
    let mut pass = |pieces: &[&[u8]], end| {
        let mut stream = vm.stream();
        send(&mut stream);
        let got = stream.answer(answer("200", "text/event-stream; charset=utf-8"), pieces, end).unwrap();
        assert_eq!((got.status, String::from_utf8_lossy(&got.body)), (200, STREAM.into()));
        let (mut came, mut went) = (0, 0);
        for (piece, passed) in pieces.iter().zip(&got.pieces) {
            came += piece.len();
            went += passed.len();
            assert!(went >= whole(&bytes[..came]), "an event waits: {came} bytes came and {went} went on");
        }
    };
    for end in ENDS {
        for cut in 1..bytes.len() {
            let (one, two) = bytes.split_at(cut);
            pass(&[one, two], end);
        }
        pass(&bytes.chunks(1).collect::<Vec<_>>(), end);
    }
}

#[test]
fn a_stream_that_breaks_off_says_so_and_never_ends_as_if_it_were_whole() {
    let broken = &STREAM[..STREAM.find("data: [DONE]").unwrap() - 200];
    let mut vm = vm();
    for end in ENDS {
        let mut stream = vm.stream();
        send(&mut stream);
        let got = stream.answer(answer("200", "text/event-stream"), &[broken], end).unwrap();
        let body = String::from_utf8_lossy(&got.body).into_owned();
        assert!(!body.contains("[DONE]") || broken.contains("finish_reason\":\"stop"), "{end:?}: {body}");
        // Trailers with nothing held: Envoy gives a filter no way to add to the body.
        assert!(end == End::Trailers || body.ends_with("\n\n"), "{end:?}: {body}");
    }
}

#[test]
fn a_json_answer_passes_untouched_and_names_where_it_came_from() {
    let body = r#"{ "id":"c","object":"chat.completion","usage":{"prompt_tokens":9,"completion_tokens":2}, "x":1.50 }"#;
    let mut vm = vm();
    for end in ENDS {
        let mut stream = vm.stream();
        send(&mut stream);
        let headers = answer("200", "application/json").with("x-ratelimit-remaining-requests", "7");
        let got = stream.answer(headers, &[&body[..30], &body[30..]], end).unwrap();
        assert_eq!(String::from_utf8_lossy(&got.body), body);
        assert_eq!(got.headers.text("x-orq-provider").as_deref(), Some("openai"));
        assert_eq!(got.headers.text("x-orq-model").as_deref(), Some("gpt-4o"));
        assert_eq!(got.headers.text("x-ratelimit-remaining-requests").as_deref(), Some("7"));
        assert!(got.headers.get("x-request-id").is_some());
    }
}

#[test]
fn an_error_body_of_any_form_becomes_openais_error_object() {
    let html = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";
    let mut vm = vm();
    for (status, content_type, body) in [
        (502, "text/html", html),
        (503, "text/plain", "upstream connect error"),
        (500, "application/json", ""),
        (500, "application/json", "{broken"),
        (422, "application/json", r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#),
        (429, "application/json", r#"{"message":"slow down"}"#),
        (400, "application/json", r#"{"error":"just text"}"#),
        (401, "application/json", r#"{"error":{"message":"bad key","type":"x","param":null,"code":400}}"#),
    ] {
        for end in ENDS {
            let mut stream = vm.stream();
            send(&mut stream);
            let headers = answer(&status.to_string(), content_type).with("retry-after", "3");
            let headers = headers.with("content-length", body.len().to_string());
            let (one, two) = body.split_at(body.len() / 2);
            let pieces = [one, two].into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>();
            let got = stream.answer(headers, &pieces, end).unwrap();
            let (same, error) = error(&got);
            assert_eq!(same, status, "{body}: {error}");
            assert!(!error.to_string().contains('<'), "markup in {error}");
            assert_eq!(got.headers.text("retry-after").as_deref(), Some("3"));
        }
    }
}

#[test]
fn long_bodies_pass_whole_and_long_errors_are_told_short() {
    let mut vm = vm();
    let json =
        format!(r#"{{"object":"list","data":["{}"],"usage":{{"total_tokens":1}}}}"#, "x".repeat(300_000));
    let body = format!(r#"{{"messages":["{}"],"model":"openai/gpt-4o"}}"#, "y".repeat(3_000_000));
    for (status, kind, text) in [("200", "application/json", &json), ("500", "text/html", &json)] {
        let mut stream = vm.stream();
        let pieces: Vec<_> = body.as_bytes().chunks(1 << 20).collect();
        let upstream = stream.request(chat(&body), &pieces, End::EmptyPiece).unwrap().upstream().unwrap();
        assert!(upstream.body == body.replace("openai/", "").as_bytes());
        let pieces: Vec<_> = text.as_bytes().chunks(16 << 10).collect();
        let headers = answer(status, kind).with("content-length", text.len().to_string());
        let got = stream.answer(headers, &pieces, End::EmptyPiece).unwrap();
        assert!(if status == "200" { got.body == text.as_bytes() } else { error(&got).0 == 500 }, "{kind}");
    }
    let mut config = config();
    config["limits"] = json!({"body_bytes": 2048});
    vm.configure(&config.to_string()).unwrap();
    assert_eq!(error(&refuse(&mut vm, chat(&body), body.as_bytes())).0, 413);
}

#[test]
fn envoys_own_replies_become_openais_error_object() {
    let mut vm = vm();
    for (status, details) in [
        (413, "request_payload_too_large"),
        (503, "no_healthy_upstream"),
        (504, "upstream_response_timeout"),
        (408, "request_overall_timeout"),
    ] {
        let mut stream = vm.stream();
        send(&mut stream);
        let got = stream.envoy_reply(status, details, b"from Envoy").unwrap();
        assert_eq!(error(&got).0, status, "{details}");
    }
}

#[test]
fn no_key_and_no_body_is_ever_logged_or_handed_down() {
    let mut vm = vm();
    let mut stream = vm.stream();
    send(&mut stream);
    let body = format!(r#"{{"error":{{"message":"Incorrect API key provided: {SECRET}","type":"x"}}}}"#);
    let got = stream.answer(answer("401", "application/json"), &[&body], End::WithData).unwrap();
    assert!(!String::from_utf8_lossy(&got.body).contains(SECRET) && !got.headers.mention(SECRET), "{got:?}");
    stream.end().unwrap();
    let leaks = |log: &&Log| [KEY, SECRET, "h\\u00e9llo"].iter().any(|text| log.text.contains(text));
    assert_eq!(vm.logs().iter().find(leaks), None);
}

// The VM.

#[test]
fn exchanges_that_are_under_way_together_do_not_meet() {
    let mut vm = vm();
    let ids: Vec<u32> = (0..20).map(|_| vm.open()).collect();
    for (at, id) in ids.iter().enumerate() {
        let body = format!(r#"{{"model":"openai/model-{at}","messages":[]}}"#);
        let sent = vm.on(*id).request(chat(&body), &[&body], End::WithData).unwrap();
        assert_eq!(sent.upstream().unwrap().body, body.replace("openai/", "").into_bytes());
    }
    for (at, id) in ids.iter().enumerate().rev() {
        let mut stream = vm.on(*id);
        let got = stream.answer(answer("200", "application/json"), &["{}"], End::EmptyPiece).unwrap();
        assert_eq!(got.headers.text("x-orq-model"), Some(format!("model-{at}")));
        stream.end().unwrap();
    }
}

#[test]
fn linear_memory_stops_growing_after_the_first_thousand_exchanges() {
    let mut vm = vm();
    let mut early = 0;
    for round in 0..20_000 {
        let mut stream = vm.stream();
        match round % 5 {
            0 => drop(stream.request(chat(CHAT).without("authorization"), &[CHAT], End::WithData).unwrap()),
            1 => drop(stream.request(chat("{"), &["{"], End::EmptyPiece).unwrap()),
            2 => drop(stream.request(chat(CHAT), &[&CHAT[..50]], End::Never).unwrap()), // the client left
            kind => {
                send(&mut stream);
                let (status, form, body) = match kind {
                    3 => ("200", "text/event-stream", STREAM),
                    _ => ("502", "text/html", "<html>bad gateway</html>"),
                };
                let pieces: Vec<_> = body.as_bytes().chunks(97).collect();
                let end = if round % 10 < 5 { End::EmptyPiece } else { End::Never }; // or the provider died
                stream.answer(answer(status, form), &pieces, end).unwrap();
            }
        }
        stream.end().unwrap();
        vm.state().logs.clear();
        if round == 1000 {
            early = vm.pages();
        }
    }
    let late = vm.pages();
    println!("linear memory: {early} pages after 1,000 exchanges, {late} after 20,000");
    assert_eq!(early, late);
}

/// Damages a text: bytes overwritten, cut out, doubled, or all of it replaced.
fn damage(random: &mut impl FnMut(usize) -> usize, text: &[u8]) -> Vec<u8> {
    let mut bytes = text.to_vec();
    if random(8) == 0 {
        return (0..random(300)).map(|_| random(256) as u8).collect();
    }
    for _ in 0..=random(3) {
        let at = random(bytes.len().max(1));
        let to = bytes.len().min(at + random(20));
        match random(4) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..to)),
            2 => bytes = [&bytes[..to], &bytes[at..]].concat(),
            _ => bytes.get_mut(at).into_iter().for_each(|byte| *byte = random(256) as u8),
        }
    }
    bytes
}

#[test]
fn no_bytes_in_requests_and_answers_trap_the_vm() {
    let mut state = 0x1234_5678_9abc_def1_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below.max(1)
    };
    let form = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nopenai/whisper-1\r\n--b\r\n\
                Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n\x01\x02\r\n--b--\r\n";
    let routes = [
        ("/chat/completions", "application/json", CHAT),
        ("/completions", "application/json", r#"{"model":"openai/babbage-002","prompt":"x","stream":true}"#),
        ("/responses", "application/json", r#"{"model":"openai/gpt-4o","input":[],"orq":{"name":"x"}}"#),
        ("/embeddings", "application/json", r#"{"model":"openai/text-embedding-3-small","input":["x"]}"#),
        ("/audio/transcriptions", "multipart/form-data; boundary=b", form),
        ("/images/edits", "multipart/form-data; boundary=b", form),
    ];
    let answers = [
        ("200", "text/event-stream", STREAM),
        ("200", "application/json", r#"{"id":"c","usage":{"prompt_tokens":9,"completion_tokens":2}}"#),
        ("429", "application/json", r#"{"error":{"message":"slow","type":"x","param":null,"code":"y"}}"#),
        ("502", "text/html", "<html>bad gateway</html>"),
    ];
    let mut vm = vm();
    for round in 0..4_000 {
        let (path, kind, text) = routes[round % routes.len()];
        let body = if random(3) == 0 { text.into() } else { damage(&mut random, text.as_bytes()) };
        let cut = body.len().min(random(body.len() + 1));
        let end = ENDS[random(3)];
        let mut stream = vm.stream();
        let headers = to("POST", &format!("/v2/proxy{path}")).with("content-type", kind);
        let shown = format!("round {round}, {path}: {}", body.escape_ascii());
        let sent = stream.request(headers, &[&body[..cut], &body[cut..]], end);
        let sent = sent.unwrap_or_else(|fault| panic!("{shown}\n{fault}"));
        if let Ok(reply) = sent.clone().reply() {
            assert!((400..500).contains(&error(&reply).0), "{shown}");
            continue;
        }
        let (status, kind, text) = answers[random(answers.len())];
        let body = damage(&mut random, text.as_bytes());
        let pieces: Vec<_> = body.chunks(random(90) + 1).collect();
        let got = stream.answer(answer(status, kind), &pieces, ENDS[random(3)]);
        let got = got.unwrap_or_else(|fault| panic!("answer {}\n{fault}", body.escape_ascii()));
        if path == "/completions" {
            continue; // A model whose name was damaged may be one that chats alone.
        }
        match (status, got.status, kind) {
            // Whole events pass as they are, but for errors, which are completed.
            ("200", 200, "text/event-stream") if !body.windows(5).any(|part| part == b"error") => {
                let events = &body[..whole(&body)];
                assert!(
                    got.body.starts_with(events),
                    "{} became {}",
                    body.escape_ascii(),
                    got.body.escape_ascii()
                );
            }
            ("200", 200, "text/event-stream") => {}
            // What begins like a stream, asked for as one, is one.
            ("200", 200, _) if got.headers.get("content-type") == Some(b"text/event-stream") => {}
            ("200", 200, _) => assert_eq!(got.body, body, "{}", body.escape_ascii()),
            ("200", 502, _) => assert_eq!(error(&got).0, 502), // no JSON at all
            _ => assert_eq!(error_with_more(&got).0.to_string(), status),
        }
    }
    let reply =
        vm.stream().request(to("GET", "/v2/proxy/models"), &NOTHING, End::WithData).unwrap().reply().unwrap();
    assert_eq!(reply.status, 200);
}
