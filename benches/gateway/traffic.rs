//! The bytes of the benchmark: requests as the official Python SDK writes them, answers as OpenAI does.

use std::fmt::Write;

/// The key that the filter's configuration knows.
pub const KEY: &str = "sk-orq-bench-4f1d2c";
/// Its SHA-256.
pub const KEY_SHA256: &str = "caf0081a549ec0345922e037077af05e8981830badf69c3d0db756043d792e25";

const PROSE: &str = "The committee met on Tuesday and, after reading the \\\"interim report\\\" twice, decided that \
    the figures for the third quarter would have to be checked again.\\nNobody could say why the second \
    column adds up to 1,204 when the ledger gives 1,198; the café’s receipts were not among the papers. ";

/// A request's head as openai-python sends it, without the last line end.
pub fn head(method: &str, path: &str, key: &str, port: u16, length: usize) -> String {
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\n\
         Host: localhost:{port}\r\n\
         Accept-Encoding: gzip, deflate\r\n\
         Connection: keep-alive\r\n\
         Accept: application/json\r\n\
         Content-Type: application/json\r\n\
         User-Agent: OpenAI/Python 2.8.1\r\n\
         X-Stainless-Lang: python\r\n\
         X-Stainless-Package-Version: 2.8.1\r\n\
         X-Stainless-OS: Linux\r\n\
         X-Stainless-Arch: x64\r\n\
         X-Stainless-Runtime: CPython\r\n\
         X-Stainless-Runtime-Version: 3.12.3\r\n\
         Authorization: Bearer {key}\r\n\
         X-Stainless-Async: false\r\n\
         x-stainless-retry-count: 0\r\n\
         x-stainless-read-timeout: 600\r\n"
    );
    if method == "POST" {
        let _ = write!(head, "Content-Length: {length}\r\n");
    }
    head
}

/// A chat request of about `size` bytes: a system message, then turns of at most 2 KB; the model after them.
pub fn chat(model: &str, size: usize, stream: bool) -> Vec<u8> {
    let start =
        r#"{"messages":[{"role":"system","content":"You are a careful assistant. Answer in one paragraph."}"#;
    let tail = if stream {
        format!(
            r#"],"model":"{model}","stream":true,"stream_options":{{"include_usage":true}},"temperature":0.2}}"#
        )
    } else {
        format!(r#"],"model":"{model}","max_completion_tokens":512,"temperature":0.2}}"#)
    };
    turns(start, &tail, size)
}

/// The same, asked of `/responses` as a stream.
pub fn responses(model: &str, size: usize) -> Vec<u8> {
    let start =
        r#"{"input":[{"role":"developer","content":"You are a careful assistant. Answer in one paragraph."}"#;
    let tail = format!(r#"],"model":"{model}","stream":true,"store":false,"temperature":0.2}}"#);
    turns(start, &tail, size)
}

/// Turns of a conversation between these two pieces.
fn turns(start: &str, tail: &str, size: usize) -> Vec<u8> {
    let mut body = String::from(start);
    let mut user = true;
    let mut left = size.saturating_sub(body.len() + tail.len());
    while left > 64 {
        let role = if user { "user" } else { "assistant" };
        user = !user;
        let _ = write!(body, r#",{{"role":"{role}","content":""#);
        let turn = left.min(2048);
        let end = body.len() + turn.saturating_sub(36);
        while body.len() < end {
            let room = end - body.len();
            if room >= PROSE.len() {
                body.push_str(PROSE);
            } else {
                body.extend(std::iter::repeat_n('.', room));
            }
        }
        body.push_str("\"}");
        left = size.saturating_sub(body.len() + tail.len());
    }
    body.push_str(tail);
    body.into_bytes()
}

/// A chat request that shows an image of `size` bytes as a data URL.
pub fn image(size: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut body = br#"{"messages":[{"role":"user","content":[{"type":"text","text":"What is in this image?"},{"type":"image_url","image_url":{"url":"data:image/jpeg;base64,"#.to_vec();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..size / 4 * 4 {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        body.push(LETTERS[(seed >> 58) as usize]);
    }
    body.extend_from_slice(
        br#"","detail":"auto"}}]}],"model":"openai/gpt-4o-mini","max_completion_tokens":300}"#,
    );
    body
}

/// A request for the embeddings of `count` sentences, in base64 as the SDKs ask for them.
pub fn embeddings(model: &str, count: usize) -> Vec<u8> {
    let mut body = String::from(r#"{"input":["#);
    for i in 0..count {
        let comma = if i == 0 { "" } else { "," };
        let _ = write!(body, r#"{comma}"Sentence {i}: the café’s receipts were not among the papers.""#);
    }
    let _ = write!(body, r#"],"model":"{model}","encoding_format":"base64"}}"#);
    body.into_bytes()
}

/// The boundary of [`transcription`]'s form.
pub const BOUNDARY: &str = "5a1c9f2e7b3d4c6a8e0f1b2d3c4e5f60";

/// A form that has a recording of `size` bytes transcribed, its fields before its file as httpx writes them.
pub fn transcription(model: &str, size: usize) -> Vec<u8> {
    let mut body = Vec::with_capacity(size + 1024);
    for (name, value) in [("model", model), ("response_format", "json")] {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    body.extend_from_slice(
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg\r\n\r\n"
        )
        .as_bytes(),
    );
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    while body.len() < size {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        body.extend_from_slice(&seed.to_le_bytes());
    }
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body
}

/// A whole answer of this body.
pub fn json(body: &str) -> Vec<u8> {
    let mut out = answer_head("application/json", &format!("Content-Length: {}", body.len())).into_bytes();
    out.extend_from_slice(body.as_bytes());
    out
}

/// The headers that OpenAI's answers carry.
pub fn answer_head(content: &str, framing: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\n\
         Date: Thu, 20 Nov 2025 10:11:12 GMT\r\n\
         Content-Type: {content}\r\n\
         {framing}\r\n\
         Connection: keep-alive\r\n\
         access-control-expose-headers: X-Request-ID\r\n\
         openai-organization: user-0123456789abcdef\r\n\
         openai-processing-ms: 412\r\n\
         openai-project: proj_0123456789abcdef\r\n\
         openai-version: 2020-10-01\r\n\
         x-ratelimit-limit-requests: 10000\r\n\
         x-ratelimit-limit-tokens: 200000\r\n\
         x-ratelimit-remaining-requests: 9999\r\n\
         x-ratelimit-remaining-tokens: 199960\r\n\
         x-ratelimit-reset-requests: 8.64s\r\n\
         x-ratelimit-reset-tokens: 12ms\r\n\
         x-request-id: req_0123456789abcdef0123456789abcdef\r\n\
         strict-transport-security: max-age=31536000; includeSubDomains; preload\r\n\
         cf-cache-status: DYNAMIC\r\n\
         Server: cloudflare\r\n\
         X-Content-Type-Options: nosniff\r\n\
         CF-RAY: 9a1b2c3d4e5f6789-AMS\r\n\r\n"
    )
}

/// A whole chat completion, some 700 bytes of JSON.
pub fn completion() -> Vec<u8> {
    let body = r#"{"id":"chatcmpl-CdQx0123456789abcdefghijkl","object":"chat.completion","created":1763633472,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{"role":"assistant","content":"The second column counts the café's receipts, which the ledger leaves out; that is where the six units come from.","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":231,"completion_tokens":27,"total_tokens":258,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_560af6e559"}"#;
    json(body)
}

/// A streamed chat completion: its head, then `events` HTTP chunks of one event each, the last with
/// usage, then `[DONE]` with the body's end. So the client sees `events + 1` events.
pub fn stream(events: usize) -> Vec<Vec<u8>> {
    let mut pieces =
        vec![answer_head("text/event-stream; charset=utf-8", "Transfer-Encoding: chunked").into_bytes()];
    let words =
        ["The", " second", " column", " counts", " the", " receipts", ",", " which", " the", " ledger"];
    for i in 0..events {
        let rest = if i + 1 == events {
            r#""choices":[],"usage":{"prompt_tokens":231,"completion_tokens":198,"total_tokens":429,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}"#.to_owned()
        } else if i + 2 == events {
            r#""choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null"#
                .to_owned()
        } else {
            let word = words[i % words.len()];
            format!(
                r#""choices":[{{"index":0,"delta":{{"content":"{word}"}},"logprobs":null,"finish_reason":null}}],"usage":null"#
            )
        };
        let event = format!(
            "data: {{\"id\":\"chatcmpl-CdQx0123456789abcdefghijkl\",\"object\":\"chat.completion.chunk\",\"created\":1763633472,\
             \"model\":\"gpt-4o-mini-2024-07-18\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_560af6e559\",{rest}}}\n\n"
        );
        pieces.push(format!("{:x}\r\n{event}\r\n", event.len()).into_bytes());
    }
    pieces.push(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n".to_vec());
    pieces
}
