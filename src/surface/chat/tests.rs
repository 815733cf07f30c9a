use super::*;
use crate::chat::{About, Answer, Call, Counts, Ids};
use crate::error::Error;
use crate::surface::{Surface, Wanted};
use serde_json::{Value, json};

fn wanted(streams: bool, usage: bool) -> Wanted {
    Wanted { streams, usage, model: "m-1".to_owned(), ids: Ids::new("r", 5), form: Default::default() }
}

fn plain(text: &str) -> Text<'_> {
    Text::Plain(text)
}

/// An answer with everything in it.
fn tell(out: &mut dyn Answer) {
    out.about(About {
        id: Some(plain("msg")),
        model: Some(plain("m-2")),
        service_tier: Some("default"),
        ..About::default()
    });
    out.reasoning(0, plain("Hé\n"));
    out.signature(0, plain("s1"));
    out.reasoning(0, Text::Json(r#""\"so\"""#));
    out.signature(0, plain("s2"));
    out.redacted(0, plain("r1"));
    out.redacted(0, plain("r2"));
    out.text(0, plain("One"));
    out.text(0, plain(""));
    out.text(0, Text::Json(r#"" \ud83d\ude00""#));
    assert_eq!(out.chars(0), 5);
    out.citation(0, Citation { url: plain("https://a"), title: None, start: 0, end: 3 });
    out.citation(0, Citation { url: plain("https://b"), title: Some(plain("B")), start: 0, end: 0 });
    out.source(0, r#"{"doc":1}"#);
    out.extra(0, r#"{"type":"x"}"#);
    out.image(0, "image/png", plain("AAAA"));
    let first =
        out.tool_call(0, Call { id: Some(plain("id-1")), name: plain("f"), signature: Some(plain("sig")) });
    let second = out.tool_call(0, Call { id: None, name: plain("g"), signature: None });
    out.arguments(0, second, plain("{\"a\":"));
    out.arguments(0, second, plain("1}"));
    assert_eq!((first, second), (0, 1));
    out.logprobs(0, r#"{"token":"x","logprob":-1,"bytes":null,"top_logprobs":[]}"#);
    out.audio(0, plain("AA"));
    out.audio(0, plain("BB"));
    out.finish(0, FinishReason::Stop);
    out.finish(0, FinishReason::Length);
    out.text(1, plain("Two"));
    out.finish(1, FinishReason::ToolCalls);
    out.usage(Counts { input: 3, output: 4, ..Counts::default() });
}

/// The chunks of a stream's text, and whether `[DONE]` was its last event.
fn chunks(text: &str) -> (Vec<Value>, bool) {
    let events: Vec<_> =
        text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect();
    let done = events.last() == Some(&"[DONE]");
    let chunks = events.iter().filter(|event| **event != "[DONE]");
    (chunks.map(|event| serde_json::from_str(event).unwrap()).collect(), done)
}

/// Deltas put together as openai-python does it.
fn accumulate(into: &mut Value, delta: &Value) {
    let (Value::Object(into), Value::Object(delta)) = (into, delta) else { panic!("objects") };
    for (name, value) in delta {
        let Some(old) = into.get_mut(name).filter(|old| !old.is_null()) else {
            into.insert(name.clone(), value.clone());
            continue;
        };
        match (old, value) {
            (_, value) if name == "index" || name == "type" => assert_eq!(into[name], *value),
            (Value::String(old), Value::String(new)) => old.push_str(new),
            (old @ Value::Object(_), new @ Value::Object(_)) => accumulate(old, new),
            (Value::Array(old), Value::Array(new)) => {
                for new in new {
                    let index = usize::try_from(new["index"].as_u64().unwrap()).unwrap();
                    match old.get_mut(index) {
                        Some(old) => accumulate(old, new),
                        None => old.push(new.clone()),
                    }
                }
            }
            (old, new) => panic!("{name}: {old} and {new} cannot be put together"),
        }
    }
}

#[test]
fn the_deltas_of_a_stream_put_together_are_the_message_of_the_body() {
    let mut whole = Whole::new(wanted(false, false), "toy");
    tell(&mut whole);
    let whole: Value = serde_json::from_str(&whole.body()).unwrap();
    let mut stream = Chunks::new(wanted(true, true), "toy");
    tell(&mut stream);
    assert!(stream.finished());
    stream.close();
    let (chunks, done) = chunks(&stream.take());
    assert!(done);
    let mut messages = [json!({}), json!({})];
    let mut reasons = [Value::Null, Value::Null];
    for chunk in &chunks {
        for name in ["id", "model", "created", "service_tier"] {
            assert_eq!(chunk[name], whole[name]);
        }
        for choice in chunk["choices"].as_array().unwrap() {
            let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
            assert!(reasons[index].is_null(), "nothing comes behind the reason");
            accumulate(&mut messages[index], &choice["delta"]);
            reasons[index] = choice["finish_reason"].clone();
        }
    }
    for (index, message) in messages.iter_mut().enumerate() {
        let expected = &whole["choices"][index];
        assert_eq!(reasons[index], expected["finish_reason"]);
        for call in message.get_mut("tool_calls").and_then(Value::as_array_mut).into_iter().flatten() {
            call.as_object_mut().unwrap().remove("index");
        }
        message["refusal"] = Value::Null;
        assert_eq!(*message, expected["message"]);
    }
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], &last["usage"]), (&json!([]), &whole["usage"]));
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk["usage"].is_null()));
}

#[test]
fn a_message_says_all_that_was_told() {
    let mut whole = Whole::new(wanted(false, false), "toy");
    tell(&mut whole);
    let whole: Value = serde_json::from_str(&whole.body()).unwrap();
    let message = &whole["choices"][0]["message"];
    assert_eq!(message["content"], "One 😀");
    assert_eq!(message["reasoning"], "Hé\n\"so\"");
    assert_eq!(message["reasoning_signature"], "s1 3 s2");
    assert_eq!(message["redacted_reasoning"], "r1 r2");
    let details = json!([{"type": "reasoning.text", "text": "Hé\n\"so\"", "signature": "s1 3 s2"}, {"type": "reasoning.encrypted", "data": "r1 r2"}]);
    assert_eq!(message["reasoning_details"], details);
    assert_eq!(message["tool_calls"][0]["function"]["arguments"], "{}");
    assert_eq!(message["tool_calls"][1]["function"]["arguments"], "{\"a\":1}");
    assert_eq!(message["audio"]["data"], "AABB");
    assert_eq!(message["extra_content"], json!({"toy": [{"type": "x"}]}));
    let reasons = [&whole["choices"][0]["finish_reason"], &whole["choices"][1]["finish_reason"]];
    assert_eq!(reasons, ["tool_calls", "stop"], "a reason goes by whether there are calls");
    assert_eq!(whole["usage"]["total_tokens"], 7);
}

#[test]
fn an_answer_without_a_word_has_a_role_and_a_reason() {
    let mut stream = Chunks::new(wanted(true, false), "toy");
    assert!(!stream.finished(), "no choice is no answer");
    stream.finish(0, FinishReason::ContentFilter);
    stream.close();
    let (chunks, _) = chunks(&stream.take());
    let choice = json!({"index": 0, "delta": {"role": "assistant", "content": null}, "logprobs": null, "finish_reason": "content_filter"});
    assert_eq!(chunks.len(), 1, "no usage unless it was asked for");
    assert_eq!(chunks[0]["choices"], json!([choice]));
    assert_eq!((&chunks[0]["model"], chunks[0].get("usage")), (&json!("m-1"), None));
}

#[test]
fn reasoning_beyond_the_most_is_told_once() {
    let mut stream = Chunks::new(wanted(true, false), "toy");
    let long = "x".repeat(MOST_THOUGHTS + 1);
    stream.reasoning(0, plain(&long));
    stream.signature(0, plain("s"));
    stream.finish(0, FinishReason::Stop);
    let before = stream.take();
    assert!(before.contains(&long) && before.contains("\"reasoning_signature\":\"s\""));
    stream.close();
    assert!(!stream.take().contains("reasoning_details"));
}

#[test]
fn choices_beyond_the_most_are_not_told_and_cost_nothing() {
    let mut stream = Chunks::new(wanted(true, false), "toy");
    stream.text(usize::MAX, plain("x"));
    stream.text(100_000, plain("x"));
    assert_eq!(stream.take(), "");
}

#[test]
fn what_comes_back_with_reasoning_is_kept_within_the_same_bound() {
    let mut stream = Chunks::new(wanted(true, false), "toy");
    let block = "x".repeat(MOST_THOUGHTS / 8);
    for _ in 0..16 {
        stream.signature(0, plain(&block));
        stream.redacted(0, plain(&block));
    }
    stream.finish(0, FinishReason::Stop);
    assert_eq!(stream.take().matches(&block).count(), 32, "each is told as it comes");
    stream.close();
    assert!(stream.take().len() < 1000);
}

#[test]
fn json_of_several_lines_is_told_in_events_of_one() {
    let mut stream = Chunks::new(wanted(true, true), "toy");
    let lines = "{\n\"a\":\r\n[1,\r2]}";
    stream.logprobs(0, lines);
    stream.source(0, lines);
    stream.extra(0, lines);
    stream.finish(0, FinishReason::Stop);
    stream.usage(Counts { more: format!(",\"more\":{lines}"), ..Counts::default() });
    stream.close();
    let mut failing = Chunks::new(wanted(true, true), "toy");
    failing.fail(&Error { more: format!(",\"more\":{lines}"), ..Error::new(500, "m") });
    let (told, done) = chunks(&(failing.take() + &stream.take()));
    assert_eq!((told.len(), done), (4, true));
    let object = json!({"a": [1, 2]});
    let found = [
        &told[0]["error"]["more"],
        &told[1]["choices"][0]["logprobs"]["content"][0],
        &told[2]["choices"][0]["delta"]["citations"][0],
        &told[2]["choices"][0]["delta"]["extra_content"]["toy"][0],
        &told[3]["usage"]["more"],
    ];
    assert!(found.iter().all(|found| **found == object), "{told:?}");
}
