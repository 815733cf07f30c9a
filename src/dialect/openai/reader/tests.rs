use super::*;
use crate::chat::{About, Citation, Counts, Ids, Outcome, Service};
use serde_json::{Value, json};

/// Takes an answer down as words, one a line.
#[derive(Debug, Default)]
struct Script(Vec<String>);

impl Script {
    fn add(&mut self, line: impl Into<String>) {
        self.0.push(line.into());
    }
}

impl Answer for Script {
    fn about(&mut self, about: About<'_>) {
        if self.0.is_empty() {
            let text =
                |text: Option<Text<'_>>| text.map(|text| text.decoded().into_owned()).unwrap_or_default();
            let head = [text(about.id), text(about.model), text(about.fingerprint)].join(" ");
            let tier = about.service_tier.unwrap_or("-");
            self.add(format!("about {head} {} {tier}", about.created.unwrap_or(0)));
        }
    }
    fn text(&mut self, choice: usize, text: Text<'_>) {
        self.add(format!("{choice} text {}", text.decoded()));
    }
    fn refusal(&mut self, choice: usize, text: Text<'_>) {
        self.add(format!("{choice} refusal {}", text.decoded()));
    }
    fn reasoning(&mut self, choice: usize, text: Text<'_>) {
        self.add(format!("{choice} reasoning {}", text.decoded()));
    }
    fn signature(&mut self, choice: usize, signature: Text<'_>) {
        self.add(format!("{choice} signature {}", signature.decoded()));
    }
    fn redacted(&mut self, choice: usize, data: Text<'_>) {
        self.add(format!("{choice} redacted {}", data.decoded()));
    }
    fn tool_call(&mut self, choice: usize, call: Call<'_>) -> usize {
        let calls = self.0.iter().filter(|line| line.starts_with(&format!("{choice} call "))).count();
        let signature = call.signature.map(|signature| format!(" signed {}", signature.decoded()));
        let id = call.id.map(|id| id.decoded().into_owned()).unwrap_or_default();
        self.add(format!("{choice} call {id} {}{}", call.name.decoded(), signature.unwrap_or_default()));
        calls
    }
    fn arguments(&mut self, choice: usize, call: usize, text: Text<'_>) {
        self.add(format!("{choice} arguments {call} {}", text.decoded()));
    }
    fn citation(&mut self, choice: usize, citation: Citation<'_>) {
        let title = citation.title.map(|title| title.decoded().into_owned()).unwrap_or_default();
        let place = format!("{}-{}", citation.start, citation.end);
        self.add(format!("{choice} citation {} {title} {place}", citation.url.decoded()));
    }
    fn source(&mut self, choice: usize, object: &str) {
        self.add(format!("{choice} source {object}"));
    }
    fn image(&mut self, choice: usize, media_type: &str, base64: Text<'_>) {
        self.add(format!("{choice} image {media_type} {}", base64.decoded()));
    }
    fn audio(&mut self, choice: usize, base64: Text<'_>) {
        self.add(format!("{choice} audio {}", base64.decoded()));
    }
    fn logprobs(&mut self, choice: usize, entries: &str) {
        self.add(format!("{choice} logprobs {entries}"));
    }
    fn extra(&mut self, choice: usize, block: &str) {
        self.add(format!("{choice} extra {block}"));
    }
    fn serve(&mut self, choice: usize, service: Service<'_>) -> usize {
        self.add(format!("{choice} serve {:?}", service.tool));
        0
    }
    fn serve_input(&mut self, choice: usize, number: usize, text: Text<'_>) {
        self.add(format!("{choice} input {number} {}", text.decoded()));
    }
    fn served(&mut self, choice: usize, number: usize, outcome: Outcome<'_>) {
        let list =
            |list: &[Text<'_>]| list.iter().map(|text| text.decoded().into_owned()).collect::<Vec<_>>();
        self.add(match outcome {
            Outcome::Searched { queries, sources } => {
                format!("{choice} served {number} {:?} {:?}", list(queries), list(sources))
            }
            Outcome::Ran { outputs, .. } => format!("{choice} ran {number} {outputs}"),
            other => panic!("neither a search nor a run: {other:?}"),
        });
    }
    fn finish(&mut self, choice: usize, reason: FinishReason) {
        self.add(format!("{choice} finish {}", reason.as_str()));
    }
    fn usage(&mut self, counts: Counts) {
        self.add(format!("usage {} {} {:?}{}", counts.input, counts.output, counts.reasoning, counts.more));
    }
    fn chars(&self, _: usize) -> usize {
        0
    }
}

fn reader() -> Reader {
    let wanted = Wanted {
        streams: true,
        usage: false,
        model: "m".to_owned(),
        ids: Ids::new("r-1", 7),
        form: Default::default(),
    };
    Reader::new("a-provider", wanted)
}

fn event(data: &str) -> Event<'_> {
    Event { name: None, data, exception: false }
}

/// What these chunks tell, but for the head; and whether the stream may end behind them.
fn streamed(chunks: &[Value]) -> (Vec<String>, bool) {
    let (mut reader, mut script) = (reader(), Script::default());
    for chunk in chunks {
        assert_eq!(reader.event(&event(&chunk.to_string()), &mut script).unwrap(), Flow::More, "{chunk}");
    }
    script.0.remove(0);
    (script.0, reader.may_end())
}

fn whole(body: &Value) -> Vec<String> {
    let mut script = Script::default();
    let body = body.to_string();
    reader().whole(&Object::parse(body.as_bytes()).unwrap(), &mut script).unwrap();
    script.0
}

fn delta(delta: Value) -> Value {
    json!({"id": "c", "choices": [{"index": 0, "delta": delta}]})
}

fn end(reason: &str) -> Value {
    json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

#[test]
fn an_answer_is_told_in_order() {
    let told = whole(
        &json!({"id": "c", "model": "x", "created": 5, "system_fingerprint": "f", "service_tier": "flex",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": {"content": [{"token": "a"}, {"token": "b"}]},
            "message": {"reasoning": "hm", "content": "ab", "refusal": "no", "tool_calls": [
                {"id": "1", "function": {"name": "f", "arguments": "{\"a\":1}", "thought_signature": "s"}},
                {"id": "2", "function": {"name": "g", "arguments": ""}}],
            "images": [{"image_url": {"url": "data:image/png;base64,QUJD"}}, {"image_url": {"url": "https://x"}}],
            "audio": {"data": "UklG", "transcript": "said"},
            "annotations": [{"type": "url_citation", "url_citation":
                {"url": "https://a", "title": "A", "start_index": 1, "end_index": 2}}, {"type": "file"}]}}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "reasoning_tokens": 1, "total_tokens": 5}}),
    );
    let expected = [
        "about c x f 5 flex",
        "0 reasoning hm",
        "0 text ab",
        "0 refusal no",
        "0 image image/png QUJD",
        "0 extra {\"image_url\":{\"url\":\"https://x\"}}",
        "0 audio UklG",
        "0 text said",
        "0 logprobs {\"token\":\"a\"},{\"token\":\"b\"}",
        "0 call 1 f signed s",
        "0 arguments 0 {\"a\":1}",
        "0 call 2 g",
        "0 arguments 1 {}",
        "0 citation https://a A 1-2",
        "0 source {\"type\":\"file\"}",
        "0 serve WebSearch",
        "0 served 0 [] [\"https://a\"]",
        "0 finish tool_calls",
        "usage 3 2 Some(1),\"reasoning_tokens\":1",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_stream_may_end_once_every_choice_has_told_why_and_usage_still_counts_behind() {
    let two = |at: u64, reason: Option<&str>| {
        json!({"id": "c", "choices": [{"index": at, "delta": {"content": "a"},
        "finish_reason": reason}]})
    };
    assert!(!reader().may_end());
    assert!(!streamed(&[two(0, None), two(1, None), two(0, Some("stop"))]).1);
    let usage = json!({"id": "c", "choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
    let (told, may_end) = streamed(&[two(0, Some("stop")), two(1, Some("length")), usage]);
    assert!(may_end);
    assert_eq!(told, ["0 text a", "0 finish stop", "1 text a", "1 finish length", "usage 1 2 None"]);
    let groq = json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
        "x_groq": {"usage": {"prompt_tokens": 1, "completion_tokens": 2}}});
    assert_eq!(streamed(&[groq]).0, ["0 finish stop", "usage 1 2 None"]);
}

#[test]
fn chunks_that_differ_in_text_alone_are_read_the_same() {
    let texts = ["a", "b \"q\" ü\n", "\u{1}", "", "é"];
    let chunks = |name: &str| -> Vec<Value> { texts.iter().map(|text| delta(json!({name: text}))).collect() };
    let expected = |word: &str| -> Vec<String> {
        texts.iter().filter(|text| !text.is_empty()).map(|text| format!("0 {word} {text}")).collect()
    };
    assert_eq!(streamed(&chunks("content")).0, expected("text"));
    assert_eq!(streamed(&chunks("reasoning_content")).0, expected("reasoning"));
    // Escapes that are none, and control characters, are no JSON there either.
    for broken in ["\\x", "\\u12", "\n", "\\"] {
        let (mut reader, mut script) = (reader(), Script::default());
        let chunk =
            |text: &str| format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{text}"}}}}]}}"#);
        for text in ["a", "b", "c"] {
            reader.event(&event(&chunk(text)), &mut script).unwrap();
        }
        assert!(reader.event(&event(&chunk(broken)), &mut script).is_err(), "{broken:?}");
    }
}

#[test]
fn each_signature_comes_behind_its_own_reasoning() {
    let details = json!([{"type": "reasoning.text", "text": "ünö", "signature": "s1"},
        {"type": "reasoning.text", "text": "two", "signature": "s2"}, {"type": "reasoning.encrypted", "data": "d"}]);
    let expected = [
        "0 reasoning ünö",
        "0 signature s1",
        "0 reasoning two",
        "0 signature s2",
        "0 redacted d",
        "0 finish stop",
    ];
    let body = json!({"id": "c", "choices": [{"index": 0, "message": {"reasoning_details": details}}]});
    assert_eq!(whole(&body)[1..], expected);
    let (told, _) = streamed(&[delta(json!({"reasoning_details": details})), end("stop")]);
    assert_eq!(told, expected);
    let alone: Vec<Value> =
        details.as_array().unwrap().iter().map(|one| delta(json!({"reasoning_details": [one]}))).collect();
    assert_eq!(streamed(&[alone, vec![end("stop")]].concat()).0, expected);
}

#[test]
fn calls_may_be_interleaved() {
    let call = |fragment: Value| delta(json!({"tool_calls": [fragment]}));
    let (told, _) = streamed(&[
        call(json!({"index": 0, "id": "x", "function": {"name": "f", "arguments": ""}})),
        call(json!({"index": 1, "id": "y", "function": {"name": "g", "arguments": "{"}})),
        call(json!({"index": 0, "function": {"arguments": "{}"}})),
        call(json!({"index": 1, "function": {"arguments": "}"}})),
        end("stop"),
    ]);
    let expected = [
        "0 call x f",
        "0 call y g",
        "0 arguments 1 {",
        "0 arguments 0 {}",
        "0 arguments 1 }",
        "0 finish tool_calls",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_search_is_told_once_before_the_text_where_it_is_known_by_then() {
    let serve = "0 serve WebSearch";
    // Beside the choices (Perplexity), in every chunk.
    let beside = |text: &str| {
        let mut chunk = delta(json!({"content": text}));
        chunk["search_results"] = json!([{"url": "https://a", "title": "A"}, {"url": "https://b"}]);
        chunk
    };
    let (told, _) = streamed(&[beside("x"), beside("y"), end("stop")]);
    assert_eq!(told[..4], [serve, "0 served 0 [] [\"https://a\", \"https://b\"]", "0 text x", "0 text y"]);
    assert_eq!(told.len(), 7, "{told:?}");
    // In what Groq ran, first without results.
    let ran = |results: Value| {
        delta(json!({"executed_tools": [{"index": 0, "type": "search", "arguments": "{\"query\": \"q\"}",
            "search_results": {"results": results}}]}))
    };
    let (told, _) = streamed(&[
        delta(json!({"reasoning": "hm"})),
        ran(json!([])),
        ran(json!([{"url": "https://a", "title": "A"}])),
        delta(json!({"content": "x"})),
        end("stop"),
    ]);
    let expected = [
        "0 reasoning hm",
        serve,
        "0 served 0 [\"q\"] [\"https://a\"]",
        "0 text x",
        "0 citation https://a A 0-0",
        "0 finish stop",
    ];
    assert_eq!(told, expected);
    // Behind the text (xAI, OpenRouter), and even behind the end.
    let mut late = json!({"id": "c", "choices": []});
    late["citations"] = json!(["https://a"]);
    let (told, _) = streamed(&[delta(json!({"content": "x"})), end("stop"), late]);
    let expected = [
        "0 text x",
        "0 finish stop",
        "0 citation https://a https://a 0-0",
        serve,
        "0 served 0 [] [\"https://a\"]",
    ];
    assert_eq!(told, expected);
    // None where nothing was searched.
    let mut nothing = delta(json!({"content": "x"}));
    nothing["citations"] = json!([]);
    assert_eq!(streamed(&[nothing, end("stop")]).0, ["0 text x", "0 finish stop"]);
}

#[test]
fn a_run_of_code_is_told_once_it_has_a_result() {
    let tool = |more: Value| {
        let mut tool = json!({"index": 0, "type": "python", "arguments": "{\"code\": \"print(1)\\n\"}"});
        tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        delta(json!({"executed_tools": [tool]}))
    };
    let (told, _) = streamed(&[
        tool(json!({})),
        tool(json!({"output": "1\n", "code_results": [{"png": "QUJD"}, {"text": "1"}]})),
        tool(json!({"output": "1\n"})),
        delta(json!({"content": "One."})),
        end("stop"),
    ]);
    let expected = [
        "0 serve CodeInterpreter(None)",
        "0 input 0 print(1)\n",
        "0 ran 0 {\"type\":\"logs\",\"logs\":\"1\\n\"},{\"type\":\"image\",\"url\":\"data:image/png;base64,QUJD\"}",
        "0 text One.",
        "0 finish stop",
    ];
    assert_eq!(told, expected);
}

#[test]
fn errors_of_the_provider_end_the_answer() {
    let error = |event: &Event<'_>| reader().event(event, &mut Script::default()).unwrap_err();
    for (data, status, message) in [
        (
            json!({"error": {"message": "busy", "code": 503}, "choices": [{"delta": {}, "finish_reason": "error"}]}),
            503,
            "busy",
        ),
        (json!({"error": "no luck"}), 500, "no luck"),
        (json!({"object": "error", "message": "flat", "code": 429}), 429, "flat"),
    ] {
        let error = error(&event(&data.to_string()));
        assert_eq!((error.status, error.message.as_str()), (status, message));
    }
    let named = Event { name: Some("error"), data: "{\"message\":\"m\"}", exception: false };
    assert_eq!(error(&named).message, "m");
    assert_eq!(error(&event("not JSON")).code.as_deref(), Some("upstream_invalid_answer"));
    let mut script = Script::default();
    for unknown in ["{\"kind\":\"ping\"}", "[]", "null"] {
        assert_eq!(reader().event(&event(unknown), &mut script).unwrap(), Flow::Unknown, "{unknown}");
    }
    for (body, status) in [
        (json!({"error": {"message": "m", "code": 400}, "choices": []}), 400),
        (json!({"error": {"message": "m"}}), 502),
        (json!({"detail": "m"}), 502),
    ] {
        let body = body.to_string();
        let error = reader().whole(&Object::parse(body.as_bytes()).unwrap(), &mut script).unwrap_err();
        assert_eq!(error.status, status, "{body}");
    }
    assert!(script.0.is_empty());
}

#[test]
fn older_log_probabilities_become_entries() {
    let chunk = json!({"id": "c", "choices": [{"index": 0, "delta": {"content": "a"},
        "logprobs": {"tokens": ["a"], "token_logprobs": [-0.5]}}]});
    let entry = "{\"token\":\"a\",\"logprob\":-0.5,\"bytes\":null,\"top_logprobs\":[]}";
    assert_eq!(streamed(&[chunk]).0, ["0 text a".to_owned(), format!("0 logprobs {entry}")]);
}
