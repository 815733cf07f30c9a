//! Answers in the languages that are translated: some 30 tokens whole, some 200 as a stream.

use crate::traffic::{answer_head, json};
use std::fmt::Write as _;

/// A language and a model that speaks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Anthropic,
    Gemini,
    Bedrock,
    Cohere,
}

const TEXT: &str = "The second column counts the café's receipts, which the ledger leaves out; that is where the six units come from.";

impl Language {
    /// A model of the proxy's configuration.
    pub fn model(self) -> &'static str {
        match self {
            Self::Anthropic => "anthropic/claude-sonnet-4-5",
            Self::Gemini => "google-ai/gemini-2.5-flash",
            Self::Bedrock => "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Self::Cohere => "cohere/command-a-03-2025",
        }
    }

    /// One whole answer.
    pub fn whole(self) -> Vec<u8> {
        let body = match self {
            Self::Anthropic => format!(
                r#"{{"model":"claude-sonnet-4-5-20250929","id":"msg_01KvYwLKVBNPyL1dxYZpTJjR","type":"message","role":"assistant","content":[{{"type":"text","text":"{TEXT}"}}],"stop_reason":"end_turn","stop_sequence":null,"usage":{{"input_tokens":231,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},"output_tokens":27,"service_tier":"standard"}}}}"#
            ),
            Self::Gemini => format!(
                r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{TEXT}"}}],"role":"model"}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":231,"candidatesTokenCount":27,"totalTokenCount":258,"promptTokensDetails":[{{"modality":"TEXT","tokenCount":231}}]}},"modelVersion":"gemini-2.5-flash","responseId":"aBcDeFgHiJkLmNoPqRsTuV"}}"#
            ),
            Self::Bedrock => format!(
                r#"{{"metrics":{{"latencyMs":1047}},"output":{{"message":{{"content":[{{"text":"{TEXT}"}}],"role":"assistant"}}}},"stopReason":"end_turn","usage":{{"cacheReadInputTokens":0,"cacheWriteInputTokens":0,"inputTokens":231,"outputTokens":27,"totalTokens":258}}}}"#
            ),
            Self::Cohere => format!(
                r#"{{"id":"c14c80c3-18eb-4519-9460-6c92edd8cfb4","message":{{"role":"assistant","content":[{{"type":"text","text":"{TEXT}"}}]}},"finish_reason":"COMPLETE","usage":{{"billed_units":{{"input_tokens":231,"output_tokens":27}},"tokens":{{"input_tokens":240,"output_tokens":29}}}}}}"#
            ),
        };
        json(&body)
    }

    /// A head, then `events` HTTP chunks, each of which says one word, the first and the last what the
    /// language needs besides.
    pub fn stream(self, events: usize) -> Vec<Vec<u8>> {
        let content = match self {
            Self::Bedrock => "application/vnd.amazon.eventstream",
            _ => "text/event-stream; charset=utf-8",
        };
        let mut pieces = vec![answer_head(content, "Transfer-Encoding: chunked").into_bytes()];
        let words = [" second", " column", " counts", " the", " receipts", ",", " which", " the", " ledger"];
        for i in 0..events {
            let mut piece = if i == 0 { self.begin() } else { Vec::new() };
            piece.extend(self.word(words[i % words.len()]));
            if i + 1 == events {
                piece.extend(self.end());
            }
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend(piece);
            chunk.extend_from_slice(if i + 1 == events { b"\r\n0\r\n\r\n" } else { b"\r\n" });
            pieces.push(chunk);
        }
        pieces
    }

    fn begin(self) -> Vec<u8> {
        match self {
            Self::Anthropic => [
                named("message_start", r#"{"type":"message_start","message":{"model":"claude-sonnet-4-5-20250929","id":"msg_01KvYwLKVBNPyL1dxYZpTJjR","type":"message","role":"assistant","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":231,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":1,"service_tier":"standard"}}}"#),
                named("content_block_start", r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#),
            ]
            .concat(),
            Self::Gemini => Vec::new(),
            Self::Bedrock => frame("messageStart", r#"{"p":"abcdefghijklmnopqrst","role":"assistant"}"#),
            Self::Cohere => [
                named("message-start", r#"{"id":"c14c80c3-18eb-4519-9460-6c92edd8cfb4","type":"message-start","delta":{"message":{"role":"assistant","content":[],"tool_plan":"","tool_calls":[],"citations":[]}}}"#),
                named("content-start", r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"#),
            ]
            .concat(),
        }
    }

    fn word(self, word: &str) -> Vec<u8> {
        match self {
            Self::Anthropic => named(
                "content_block_delta",
                &format!(r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{word}"}}}}"#),
            ),
            Self::Gemini => format!("data: {{\"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \"{word}\"}}],\"role\": \"model\"}},\"index\": 0}}],\"usageMetadata\": {{\"promptTokenCount\": 231,\"candidatesTokenCount\": 27,\"totalTokenCount\": 258,\"promptTokensDetails\": [{{\"modality\": \"TEXT\",\"tokenCount\": 231}}]}},\"modelVersion\": \"gemini-2.5-flash\",\"responseId\": \"aBcDeFgHiJkLmNoPqRsTuV\"}}\r\n\r\n").into_bytes(),
            Self::Bedrock => frame(
                "contentBlockDelta",
                &format!(r#"{{"contentBlockIndex":0,"delta":{{"text":"{word}"}},"p":"abcdefghijklm"}}"#),
            ),
            Self::Cohere => named(
                "content-delta",
                &format!(r#"{{"type":"content-delta","index":0,"delta":{{"message":{{"content":{{"text":"{word}"}}}}}}}}"#),
            ),
        }
    }

    fn end(self) -> Vec<u8> {
        match self {
            Self::Anthropic => [
                named("content_block_stop", r#"{"type":"content_block_stop","index":0}"#),
                named("message_delta", r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"input_tokens":231,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":198}}"#),
                named("message_stop", r#"{"type":"message_stop"}"#),
            ]
            .concat(),
            Self::Gemini => b"data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\"}],\"role\": \"model\"},\"finishReason\": \"STOP\",\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 231,\"candidatesTokenCount\": 198,\"totalTokenCount\": 429},\"modelVersion\": \"gemini-2.5-flash\",\"responseId\": \"aBcDeFgHiJkLmNoPqRsTuV\"}\r\n\r\n".to_vec(),
            Self::Bedrock => [
                frame("contentBlockStop", r#"{"contentBlockIndex":0,"p":"abcdefgh"}"#),
                frame("messageStop", r#"{"p":"abcd","stopReason":"end_turn"}"#),
                frame("metadata", r#"{"metrics":{"latencyMs":551},"p":"abcdef","usage":{"cacheReadInputTokens":0,"cacheWriteInputTokens":0,"inputTokens":231,"outputTokens":198,"totalTokens":429}}"#),
            ]
            .concat(),
            Self::Cohere => [
                named("content-end", r#"{"type":"content-end","index":0}"#),
                named("message-end", r#"{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":231,"output_tokens":198},"tokens":{"input_tokens":240,"output_tokens":200}}}}"#),
                b"data: [DONE]\n\n".to_vec(),
            ]
            .concat(),
        }
    }
}

fn named(name: &str, data: &str) -> Vec<u8> {
    format!("event: {name}\ndata: {data}\n\n").into_bytes()
}

/// A frame of application/vnd.amazon.eventstream.
fn frame(event: &str, payload: &str) -> Vec<u8> {
    let mut headers = Vec::new();
    for (name, value) in
        [(":event-type", event), (":content-type", "application/json"), (":message-type", "event")]
    {
        headers.push(name.len() as u8);
        headers.extend_from_slice(name.as_bytes());
        headers.push(7);
        headers.extend((value.len() as u16).to_be_bytes());
        headers.extend_from_slice(value.as_bytes());
    }
    let mut out = ((headers.len() + payload.len() + 16) as u32).to_be_bytes().to_vec();
    out.extend((headers.len() as u32).to_be_bytes());
    out.extend(crc(&out).to_be_bytes());
    out.extend(headers);
    out.extend_from_slice(payload.as_bytes());
    out.extend(crc(&out).to_be_bytes());
    out
}

/// CRC-32 as zlib has it.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// Gemini's answer of `count` vectors of 768 floats.
pub fn vectors(count: usize) -> Vec<u8> {
    let mut body = String::from("{\n  \"embeddings\": [");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for i in 0..count {
        body.push_str(if i == 0 { "\n    {\n      \"values\": [" } else { ",\n    {\n      \"values\": [" });
        for j in 0..768 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let comma = if j == 0 { "" } else { "," };
            let sign = if seed & 1 == 0 { "" } else { "-" };
            let _ = write!(body, "{comma}\n        {sign}0.0{}", 1_000_000 + (seed >> 40) % 9_000_000);
        }
        body.push_str("\n      ]\n    }");
    }
    body.push_str("\n  ]\n}");
    json(&body)
}

/// What Gemini heard.
pub fn heard() -> Vec<u8> {
    json(&format!(
        r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{TEXT}"}}],"role":"model"}},"finishReason":"STOP","index":0}}],"usageMetadata":{{"promptTokenCount":231,"candidatesTokenCount":27,"totalTokenCount":258}},"modelVersion":"gemini-2.5-flash"}}"#
    ))
}
