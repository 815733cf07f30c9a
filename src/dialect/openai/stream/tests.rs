use super::*;

const CHUNK: &str = "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"héllo\"},\"finish_reason\":null}]}\n\n";
const LAST: &str =
    "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"total_tokens\":5}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// The stream that a client gets of a stream in these pieces.
fn passed<'a>(endpoint: Endpoint, pieces: impl IntoIterator<Item = &'a [u8]>) -> (String, Option<Usage>) {
    let mut stream = Passthrough::new(Some(endpoint), 4096, None);
    let mut out = Vec::new();
    for piece in pieces {
        match stream.piece(piece) {
            Chunk::Keep => out.extend_from_slice(piece),
            Chunk::Replace(bytes) => out.extend(bytes),
        }
    }
    out.extend(stream.end());
    (String::from_utf8(out).unwrap(), stream.usage())
}

/// The same, which must be equal at every cut.
fn chat(stream: &str) -> String {
    let bytes = stream.as_bytes();
    let whole = passed(Endpoint::ChatCompletions, [bytes]);
    for size in [1, 2, 3, 5, 7, 16] {
        assert_eq!(passed(Endpoint::ChatCompletions, bytes.chunks(size)), whole, "pieces of {size}");
    }
    for cut in 0..bytes.len() {
        assert_eq!(passed(Endpoint::ChatCompletions, [&bytes[..cut], &bytes[cut..]]), whole, "cut at {cut}");
    }
    whole.0
}

#[test]
fn a_stream_passes_untouched_in_all_line_ends() {
    for end in ["\n", "\r\n", "\r"] {
        let stream = [": ping\n\n", CHUNK, "event: new.kind\ndata: {}\n\n", LAST, USAGE, DONE]
            .concat()
            .replace('\n', end);
        assert_eq!(chat(&stream), stream);
    }
}

#[test]
fn whole_events_pass_without_a_copy() {
    let mut stream = Passthrough::new(Some(Endpoint::ChatCompletions), 4096, None);
    assert_eq!(stream.piece([CHUNK, CHUNK].concat().as_bytes()), Chunk::Keep);
    assert_eq!(stream.piece(b"data: {\"error\":null}\n\n"), Chunk::Keep);
}

#[test]
fn the_usage_is_seen_at_every_cut() {
    let stream = [CHUNK, LAST, USAGE, DONE].concat();
    for size in 1..stream.len() {
        let (_, usage) = passed(Endpoint::ChatCompletions, stream.as_bytes().chunks(size));
        assert_eq!(usage, Some(Usage { input: 3, output: 2, ..Usage::default() }), "pieces of {size}");
    }
}

#[test]
fn a_finished_stream_without_its_marker_gets_one() {
    assert_eq!(chat(&[CHUNK, LAST].concat()), [CHUNK, LAST, DONE].concat());
    assert_eq!(chat(&[CHUNK, LAST, "data: [DONE]"].concat()), [CHUNK, LAST, DONE].concat());
    assert_eq!(chat(&[CHUNK, LAST.trim_end()].concat()), [CHUNK, LAST, DONE].concat());
    assert_eq!(chat(&[CHUNK, LAST, "data:[DONE]\n\n"].concat()), [CHUNK, LAST, "data:[DONE]\n\n"].concat());
}

#[test]
fn a_stream_that_breaks_off_ends_with_an_error_and_without_the_marker() {
    for stream in [CHUNK.to_owned(), [CHUNK, &LAST[..40]].concat(), String::new()] {
        let out = chat(&stream);
        let kept = if stream.starts_with("data") { CHUNK } else { "" };
        let error = out.strip_prefix(kept).unwrap().strip_prefix("data: ").unwrap();
        let error: serde_json::Value = serde_json::from_str(error).unwrap();
        assert_eq!(error["error"]["code"], "upstream_truncated");
        assert!(!out.contains("[DONE]"));
    }
}

#[test]
fn a_marker_that_a_model_writes_is_none() {
    let said = CHUNK.replace("héllo", "data: [DONE]");
    assert!(chat(&said).contains("upstream_truncated"));
}

#[test]
fn errors_in_a_stream_are_completed_and_what_stands_beside_them_stays() {
    let groq = "event: error\ndata: {\"error\":{\"message\":\"m\",\"type\":\"t\",\"code\":\"c\",\"status_code\":400}}\n\n";
    let expected = "event: error\ndata: {\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":\"c\",\"status_code\":400}}\n\n";
    assert_eq!(chat(&[CHUNK, groq].concat()), [CHUNK, expected].concat());
    let openrouter = "data: {\"id\":\"x\",\"error\":{\"code\":502,\"message\":\"m\"},\"choices\":[{\"finish_reason\":\"error\"}]}\n\n";
    let expected = "data: {\"id\":\"x\",\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"param\":null,\"code\":\"502\"},\"choices\":[{\"finish_reason\":\"error\"}]}\n\n";
    assert_eq!(chat(openrouter), expected);
    let flat = "data: {\"object\":\"error\",\"message\":\"m\",\"type\":\"t\",\"code\":400}\n\n";
    let expected = "data: {\"error\":{\"message\":\"m\",\"type\":\"t\",\"param\":null,\"code\":\"400\"}}\n\n";
    assert_eq!(chat(flat), expected);
    let whole = "data: {\"error\":{\"code\":null,\"param\":null,\"type\":\"t\",\"message\":\"m\"}}\n\n";
    assert_eq!(chat(whole), whole);
}

#[test]
fn a_response_that_breaks_off_ends_with_an_error_event() {
    let created =
        "event: response.created\ndata: {\"type\":\"response.created\",\"response\":{\"error\":null}}\n\n";
    let completed = "event: response.completed\ndata: {\"type\":\"response.completed\"}\n\n";
    let whole = [created, completed].concat();
    assert_eq!(passed(Endpoint::Responses, [whole.as_bytes()]).0, whole);
    let (out, _) = passed(Endpoint::Responses, [created.as_bytes()]);
    assert!(out.strip_prefix(created).unwrap().starts_with("event: error\ndata: {\"type\":\"error\""));
    let error = "event: error\ndata: {\"type\":\"error\",\"message\":\"m\"}\n\n";
    assert_eq!(passed(Endpoint::Responses, [error.as_bytes()]).0, error);
}

#[test]
fn what_follows_the_marker_does_not_hide_it() {
    let stream = [CHUNK, LAST, DONE, ": bye\n\n"].concat();
    assert_eq!(chat(&stream), stream);
    let flat = "event: error\ndata: {\"message\":\"m\"}\n\n";
    assert!(chat(flat).starts_with("event: error\ndata: {\"error\":{\"message\":\"m\","));
}

#[test]
fn a_provider_that_repeats_its_key_does_not_tell_it_in_a_stream() {
    for error in [
        "{\"error\":{\"message\":\"bad hush-hush\",\"type\":\"t\",\"param\":null,\"code\":null}}",
        "{\"error\":\"bad hush-hush\"}",
    ] {
        let mut stream =
            Passthrough::new(Some(Endpoint::ChatCompletions), 4096, Some("hush-hush".to_owned()));
        let Chunk::Replace(out) = stream.piece(format!("data: {error}\n\n").as_bytes()) else {
            panic!("{error}")
        };
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("bad ***") && !out.contains("hush-hush"), "{out}");
    }
}

#[test]
fn a_last_event_over_the_limit_is_not_called_a_truncation() {
    let long = format!(
        "event: response.completed\ndata: {{\"type\":\"response.completed\",\"x\":\"{}\"}}\n\n",
        "x".repeat(9000)
    );
    for size in [7, 1000, 100_000] {
        assert_eq!(passed(Endpoint::Responses, long.as_bytes().chunks(size)).0, long, "pieces of {size}");
    }
}

#[test]
fn an_event_over_the_limit_passes_and_is_not_held() {
    let long = format!("data: {{\"b64\":\"{}\"}}\n\n", "x".repeat(100_000));
    let mut stream = Passthrough::new(Some(Endpoint::ImageGenerations), 4096, None);
    let mut out = Vec::new();
    for piece in long.as_bytes().chunks(1000) {
        match stream.piece(piece) {
            Chunk::Keep => out.extend_from_slice(piece),
            Chunk::Replace(bytes) => out.extend(bytes),
        }
        assert!(stream.carry.len() <= 4096);
    }
    assert_eq!(out, long.as_bytes());
    assert_eq!(stream.end(), b"");
}

proptest::proptest! {
    #[test]
    fn arbitrary_bytes_pass(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300), size in 1_usize..50) {
        let mut stream = Passthrough::new(Some(Endpoint::ChatCompletions), 64, None);
        bytes.chunks(size).for_each(|piece| { stream.piece(piece); });
        stream.end();
    }
}
