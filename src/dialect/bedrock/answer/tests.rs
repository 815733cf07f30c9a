use super::*;
use crate::chat::{Outcome, Service};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What was said in all, however it was cut.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    text: String,
    reasoning: String,
    signatures: Vec<(String, usize)>,
    redacted: Vec<String>,
    calls: Vec<(String, String, String)>,
    citations: Vec<(String, Option<String>, usize, usize)>,
    /// Objects, whose members may stand in any order.
    sources: Vec<Value>,
    extras: Vec<Value>,
    images: Vec<(String, String)>,
    /// What is told of the provider's own tools, a line each.
    served: Vec<String>,
    reason: Option<FinishReason>,
    counts: Counts,
}

impl Answer for Heard {
    fn about(&mut self, _: About<'_>) {}
    fn text(&mut self, _: usize, text: Text<'_>) {
        self.text.push_str(&text.decoded());
    }
    fn refusal(&mut self, _: usize, _: Text<'_>) {}
    fn reasoning(&mut self, _: usize, text: Text<'_>) {
        self.reasoning.push_str(&text.decoded());
    }
    fn signature(&mut self, _: usize, signature: Text<'_>) {
        self.signatures.push((signature.decoded().into(), self.reasoning.len()));
    }
    fn redacted(&mut self, _: usize, data: Text<'_>) {
        self.redacted.push(data.decoded().into());
    }
    fn tool_call(&mut self, _: usize, call: Call<'_>) -> usize {
        let id = call.id.map(|id| id.decoded().into()).unwrap_or_default();
        self.calls.push((id, call.name.decoded().into(), String::new()));
        self.calls.len() - 1
    }
    fn arguments(&mut self, _: usize, call: usize, text: Text<'_>) {
        self.calls[call].2.push_str(&text.decoded());
    }
    fn citation(&mut self, _: usize, citation: Citation<'_>) {
        let title = citation.title.map(|title| title.decoded().into());
        self.citations.push((citation.url.decoded().into(), title, citation.start, citation.end));
    }
    fn source(&mut self, _: usize, object: &str) {
        self.sources.push(serde_json::from_str(object).unwrap());
    }
    fn image(&mut self, _: usize, media_type: &str, base64: Text<'_>) {
        self.images.push((media_type.to_owned(), base64.decoded().into()));
    }
    fn audio(&mut self, _: usize, _: Text<'_>) {}
    fn logprobs(&mut self, _: usize, _: &str) {}
    fn extra(&mut self, _: usize, block: &str) {
        self.extras.push(serde_json::from_str(block).unwrap());
    }
    fn serve(&mut self, _: usize, service: Service<'_>) -> usize {
        let number = self.served.len();
        self.served.push(format!("{number} {}: {:?}", service.id.unwrap().decoded(), service.tool));
        number
    }
    fn serve_input(&mut self, _: usize, number: usize, text: Text<'_>) {
        self.served.push(format!("{number} < {}", text.decoded()));
    }
    fn served(&mut self, _: usize, number: usize, outcome: Outcome<'_>) {
        let texts =
            |texts: &[Text<'_>]| texts.iter().map(|text| text.decoded()).collect::<Vec<_>>().join(" ");
        let what = match outcome {
            Outcome::Searched { queries, sources } => format!("{} -> {}", texts(queries), texts(sources)),
            Outcome::Ran { outputs, .. } => outputs.to_owned(),
            Outcome::Failed(why) => format!("failed: {}", why.decoded()),
            other => format!("{other:?}"),
        };
        self.served.push(format!("{number} > {what}"));
    }
    fn finish(&mut self, _: usize, reason: FinishReason) {
        self.reason = self.reason.or(Some(reason));
    }
    fn usage(&mut self, counts: Counts) {
        self.counts = counts;
    }
    fn chars(&self, _: usize) -> usize {
        self.text.chars().count()
    }
}

fn reader() -> Reader {
    Reader::new("aws", Some("json".to_owned()))
}

fn whole(body: &Value) -> Heard {
    let body = body.to_string();
    let mut heard = Heard::default();
    reader().whole(&Object::parse(body.as_bytes()).unwrap(), &mut heard).unwrap();
    heard
}

fn streamed<'a>(events: impl IntoIterator<Item = &'a (&'static str, Value)>) -> (Heard, Reader) {
    let (mut heard, mut reader) = (Heard::default(), reader());
    for (name, data) in events {
        let data = data.to_string();
        reader.event(&Event { name: Some(name), data: &data, exception: false }, &mut heard).unwrap();
    }
    (heard, reader)
}

/// A block of a whole answer, and the events that tell the same, its texts in pieces.
fn block() -> impl Strategy<Value = (Value, Vec<(&'static str, Value)>)> {
    let pieces = || proptest::collection::vec("[a-z\"\\\\é😀]{0,4}", 1..4);
    let deltas = |pieces: &[String], delta: fn(&str) -> Value| -> Vec<_> {
        pieces.iter().map(|piece| ("contentBlockDelta", json!({"delta": delta(piece)}))).collect()
    };
    let started = |start: Value, deltas: Vec<_>| -> Vec<_> {
        [("contentBlockStart", json!({ "start": start }))].into_iter().chain(deltas).collect()
    };
    let cited = json!({"title": "t", "location": {"web": {"url": "u"}}});
    let sourced = json!({"title": "t", "location": {"documentPage": {"start": 1}}});
    prop_oneof![
        pieces().prop_map(move |pieces| {
            (json!({"text": pieces.concat()}), deltas(&pieces, |text| json!({ "text": text })))
        }),
        pieces().prop_map(move |pieces| {
            let block = json!({"text": pieces.concat(), "signature": "s"});
            let mut events = deltas(&pieces, |text| json!({"reasoningContent": {"text": text}}));
            events.push(("contentBlockDelta", json!({"delta": {"reasoningContent": {"signature": "s"}}})));
            (json!({"reasoningContent": {"reasoningText": block}}), events)
        }),
        pieces().prop_map(move |pieces| {
            let block = json!({"reasoningContent": {"redactedContent": pieces.concat()}});
            (block, deltas(&pieces, |data| json!({"reasoningContent": {"redactedContent": data}})))
        }),
        (pieces(), prop_oneof![Just("f"), Just("json")]).prop_map(move |(pieces, name)| {
            let input = json!({"a": pieces.concat()});
            let cut = input.to_string();
            let cut: Vec<_> = cut.chars().map(String::from).collect();
            let tool = json!({"toolUseId": "i", "name": name});
            let block = json!({"toolUse": {"toolUseId": "i", "name": name, "input": input}});
            let deltas = deltas(&cut, |input| json!({"toolUse": {"input": input}}));
            (block, started(json!({ "toolUse": tool }), deltas))
        }),
        pieces().prop_map(move |pieces| {
            let input = json!({"a": pieces.concat()});
            let tool = json!({"toolUseId": "i", "name": "own", "type": "server_tool_use"});
            let mut block = json!({ "toolUse": tool });
            block["toolUse"]["input"] = input.clone();
            let deltas = deltas(&[input.to_string()], |input| json!({"toolUse": {"input": input}}));
            (block, started(json!({ "toolUse": tool }), deltas))
        }),
        pieces().prop_map(move |pieces| {
            let content: Vec<_> = pieces.iter().map(|text| json!({ "text": text })).collect();
            let block = json!({"toolResult": {"toolUseId": "i", "content": content}});
            let deltas = deltas(&pieces, |text| json!({"toolResult": [{"text": text}]}));
            (block, started(json!({"toolResult": {"toolUseId": "i"}}), deltas))
        }),
        pieces().prop_map(move |pieces| {
            let content: Vec<_> = pieces.iter().map(|text| json!({ "text": text })).collect();
            let block = json!({"citationsContent": {"content": content, "citations": [cited, sourced]}});
            let mut events = vec![("contentBlockDelta", json!({"delta": {"citation": cited}}))];
            events.extend(deltas(&pieces, |text| json!({ "text": text })));
            events.push(("contentBlockDelta", json!({"delta": {"citation": sourced}})));
            (block, events)
        }),
        Just({
            let block = json!({"image": {"format": "png", "source": {"bytes": "AA=="}}});
            let delta = json!({"delta": {"image": {"source": {"bytes": "AA=="}}}});
            (block, started(json!({"image": {"format": "png"}}), vec![("contentBlockDelta", delta)]))
        }),
    ]
}

proptest! {
    #[test]
    fn a_whole_answer_and_its_stream_say_the_same(
        blocks in proptest::collection::vec(block(), 0..5),
        reason in prop_oneof![Just("end_turn"), Just("tool_use"), Just("max_tokens"), Just("content_filtered"), Just("new")],
    ) {
        let usage = json!({"inputTokens": 3, "outputTokens": 4, "cacheReadInputTokens": 5, "cacheWriteInputTokens": 6});
        let content: Vec<_> = blocks.iter().map(|(block, _)| block).collect();
        let body = json!({"output": {"message": {"content": content}}, "stopReason": reason, "usage": usage});
        let mut events = vec![("messageStart", json!({"role": "assistant"}))];
        for (index, (_, own)) in blocks.iter().enumerate() {
            for (name, data) in own {
                let mut data = data.clone();
                data["contentBlockIndex"] = index.into();
                events.push((name, data));
            }
            events.push(("contentBlockStop", json!({"contentBlockIndex": index})));
        }
        events.push(("messageStop", json!({"stopReason": reason})));
        events.push(("metadata", json!({"usage": usage})));
        let (heard, reader) = streamed(&events);
        prop_assert_eq!(&heard, &whole(&body));
        prop_assert!(reader.open.is_empty() && reader.held == 0 && reader.may_end());
        // Blocks that nobody ends, end with the message.
        let unended: Vec<_> = events.into_iter().filter(|(name, _)| *name != "contentBlockStop").collect();
        let last = streamed(&unended).0;
        prop_assert_eq!((&last.text, &last.reasoning, &last.calls), (&heard.text, &heard.reasoning, &heard.calls));
        prop_assert_eq!(last.sources.len(), heard.sources.len());
    }

    #[test]
    fn events_of_any_form_are_read_or_refused(
        name in prop_oneof![Just("contentBlockStart"), Just("contentBlockDelta"), Just("messageStop"), Just("metadata")],
        member in prop_oneof![Just("start"), Just("delta"), Just("usage"), Just("stopReason")],
        inner in prop_oneof![Just("text"), Just("toolUse"), Just("toolResult"), Just("reasoningContent"), Just("citation"), Just("image")],
        value in prop_oneof![Just(json!(null)), Just(json!("x")), Just(json!([1])), Just(json!({"input": 1, "source": "x", "text": {}}))],
        index in prop_oneof![Just(json!(0)), Just(json!(-1)), Just(json!("x")), Just(json!(18_446_744_073_709_551_615_u64))],
    ) {
        streamed(&[(name, json!({"contentBlockIndex": index, member: {inner: value}}))]);
    }
}

#[test]
fn what_is_held_of_blocks_without_end_is_bounded() {
    let (mut heard, mut reader) = (Heard::default(), reader());
    let long = "x".repeat(60_000);
    for index in 0..200 {
        for delta in [
            json!({"reasoningContent": {"signature": long}}),
            json!({"citation": {"title": long}}),
            json!({"reasoningContent": {"redactedContent": long}}),
        ] {
            let data = json!({"contentBlockIndex": index, "delta": delta}).to_string();
            reader
                .event(&Event { name: Some("contentBlockDelta"), data: &data, exception: false }, &mut heard)
                .unwrap();
            assert!(reader.held <= HELD && reader.open.len() <= OPEN);
        }
    }
}

#[test]
fn the_stream_may_end_with_its_reason_and_ends_when_both_are_told() {
    let (mut heard, mut reader) = (Heard::default(), reader());
    let mut tell =
        |name, data| reader.event(&Event { name: Some(name), data, exception: false }, &mut heard).unwrap();
    assert_eq!(tell("metadata", r#"{"usage":{"inputTokens":1}}"#), Flow::More);
    assert_eq!(tell("hologram", "not json"), Flow::Unknown);
    assert_eq!(tell("messageStop", r#"{"stopReason":"end_turn"}"#), Flow::Last);
    assert!(reader.may_end());
}

fn own(name: &str, id: &str, input: Value) -> Value {
    json!({"toolUse": {"toolUseId": id, "name": name, "input": input, "type": "server_tool_use"}})
}

fn result(id: &str, status: &str, content: Value) -> Value {
    json!({"toolResult": {"toolUseId": id, "status": status, "type": "x", "content": content}})
}

/// What is told of the provider's own tools, of a whole answer and of a stream.
fn served(blocks: &[Value]) -> (Vec<String>, Vec<String>) {
    let whole = whole(&json!({"output": {"message": {"content": blocks}}, "stopReason": "end_turn"}));
    assert_eq!(
        whole.extras.len(),
        blocks.iter().filter(|block| block.get("citationsContent").is_none()).count()
    );
    let mut events = Vec::new();
    for (index, block) in blocks.iter().enumerate() {
        let mut start = block.clone();
        let mut deltas = Vec::new();
        if let Some(tool) = start.get_mut("toolUse") {
            let input = tool.as_object_mut().unwrap().remove("input").unwrap().to_string();
            let (front, back) = input.split_at(input.len() / 2);
            deltas.extend([front, back].map(|input| json!({"toolUse": {"input": input}})));
        } else if let Some(tool) = start.get_mut("toolResult") {
            deltas.push(json!({"toolResult": tool.as_object_mut().unwrap().remove("content").unwrap()}));
        } else {
            deltas.push(json!({"citation": block["citationsContent"]["citations"][0]}));
            start = json!(null);
        }
        events.push(("contentBlockStart", json!({"contentBlockIndex": index, "start": start})));
        for delta in deltas {
            events.push(("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta})));
        }
        events.push(("contentBlockStop", json!({"contentBlockIndex": index})));
    }
    events.push(("messageStop", json!({"stopReason": "end_turn"})));
    (whole.served, streamed(&events).0.served)
}

#[test]
fn code_that_nova_runs_is_told_with_what_it_wrote() {
    let (whole, streamed) = served(&[
        own("nova_code_interpreter", "a", json!({"snippet": "1 + \"é\""})),
        result("a", "success", json!([{"json": {"stdOut": "7\n", "stdErr": "", "exitCode": 0}}])),
        own("nova_code_interpreter", "b", json!({"snippet": "x"})),
        result("b", "error", json!([{"json": {"stdOut": "7", "stdErr": "NameError", "isError": true}}])),
        own("nova_code_interpreter", "c", json!({})),
        result("c", "error", json!([{"text": "too long"}])),
        own("nova_code_interpreter", "d", json!({"snippet": "never"})),
        own("nova_hologram", "e", json!({})),
        result("e", "success", json!([])),
        result("z", "success", json!([])),
    ]);
    let expected = [
        "0 a: CodeInterpreter(None)",
        "0 < 1 + \"é\"",
        "0 > {\"type\":\"logs\",\"logs\":\"7\\n\"}",
        "3 b: CodeInterpreter(None)",
        "3 < x",
        "3 > {\"type\":\"logs\",\"logs\":\"7\"},{\"type\":\"logs\",\"logs\":\"NameError\"}",
        "6 c: CodeInterpreter(None)",
        "6 > failed: too long",
        "8 d: CodeInterpreter(None)",
        "8 < never",
    ];
    assert_eq!(whole, expected);
    assert_eq!(streamed, expected);
}

#[test]
fn a_search_of_novas_found_the_pages_that_are_cited_after_it() {
    let cited = |url: &str| json!({"citationsContent": {"citations": [{"location": {"web": {"url": url}}}]}});
    let (whole, streamed) = served(&[
        own("nova_grounding", "a", json!({"query": "ruby"})),
        result("a", "success", json!([{"text": "[HIDDEN]"}])),
        cited("https://a"),
        cited("https://b"),
        cited("https://a"),
        own("nova_grounding", "b", json!({})),
        result("b", "success", json!([{"text": "[HIDDEN]"}])),
        cited("https://c"),
        own("nova_grounding", "c", json!({"query": "rust"})),
        result("c", "error", json!([])),
    ]);
    let expected = |first: &str, second: &str| {
        let calls =
            ["0 a: WebSearch", first, "2 b: WebSearch", second, "4 c: WebSearch", "4 > failed: error"];
        calls.map(str::to_owned).to_vec()
    };
    assert_eq!(whole, expected("0 > ruby -> https://a https://b", "2 >  -> https://c"));
    // A stream's text, which cites them, begins when the search is over.
    assert_eq!(streamed, expected("0 > ruby -> ", "2 >  -> "));
}

#[test]
fn a_call_without_arguments_is_whole_when_its_block_ends() {
    let start = |index: u64| {
        let tool = json!({"toolUse": {"toolUseId": "i", "name": "f"}});
        ("contentBlockStart", json!({"contentBlockIndex": index, "start": tool}))
    };
    let delta = |index: u64, input: &str| {
        ("contentBlockDelta", json!({"contentBlockIndex": index, "delta": {"toolUse": {"input": input}}}))
    };
    let stop = |index: u64| ("contentBlockStop", json!({"contentBlockIndex": index}));
    let events =
        [start(0), stop(0), start(1), delta(1, ""), stop(1), start(2), delta(2, ""), delta(2, "[]"), stop(2)];
    let arguments = |heard: &Heard| heard.calls.iter().map(|call| call.2.clone()).collect::<Vec<_>>();
    assert_eq!(arguments(&streamed(&events).0), ["{}", "{}", "[]"]);
    // It is told there and not later.
    assert_eq!(arguments(&streamed(&events[..1]).0), [""]);
    assert_eq!(arguments(&streamed(&events[..2]).0), ["{}"]);
    for input in [json!(null), json!({})] {
        let block = json!({"toolUse": {"toolUseId": "i", "name": "f", "input": input}});
        let body = json!({"output": {"message": {"content": [block]}}});
        assert_eq!(arguments(&whole(&body)), ["{}"]);
    }
}
