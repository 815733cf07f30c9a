use super::*;
use crate::chat::{Ids, Served};
use proptest::prelude::*;
use serde_json::{Value, json};

mod laws;

fn answer(streams: bool) -> Responses {
    let asked = Asked {
        echo: "\"instructions\":null,\n\"tools\":[]".to_owned(),
        custom: vec!["note".to_owned()],
        logprobs: true,
    };
    let wanted = Wanted {
        streams,
        usage: false,
        model: "m-1".to_owned(),
        ids: Ids::new("r", 5),
        form: Default::default(),
    };
    Responses::new(wanted, Rc::new(asked), "toy")
}

fn plain(text: &str) -> Text<'_> {
    Text::Plain(text)
}

fn call<'a>(id: &'a str, name: &'a str) -> Call<'a> {
    Call { id: Some(plain(id)), name: plain(name), signature: None }
}

/// What stands in a stream, event by event.
fn events(text: &str) -> Vec<Value> {
    let mut told = Vec::new();
    for event in text.split_terminator("\n\n") {
        let (kind, data) = event.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data["type"], kind.strip_prefix("event: ").unwrap());
        told.push(data);
    }
    told
}

/// The events of a stream that is told so and closed.
fn stream(tell: impl Fn(&mut Responses)) -> Vec<Value> {
    let mut out = answer(true);
    tell(&mut out);
    out.close();
    events(&out.take())
}

fn body(tell: impl Fn(&mut Responses)) -> Value {
    let mut out = answer(false);
    tell(&mut out);
    assert_eq!(out.take(), "");
    out.close();
    serde_json::from_str(&out.take()).unwrap()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap().trim_start_matches("response.")).collect()
}

#[test]
fn text_is_told_in_the_order_of_openais_events() {
    let events = stream(|out| {
        out.about(About { model: Some(plain("m-2")), created: Some(9), ..About::default() });
        out.text(0, plain("Hé"));
        out.text(0, plain("\n"));
        out.finish(0, FinishReason::Stop);
        out.usage(Counts {
            input: 3,
            output: 4,
            cached: Some(1),
            more: ",\"x\":\n1".to_owned(),
            ..Counts::default()
        });
    });
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(kinds(&events), expected);
    let id = &events[2]["item"]["id"];
    assert!(id.as_str().unwrap().starts_with("msg_"));
    let added =
        json!({"id": id, "type": "message", "status": "in_progress", "content": [], "role": "assistant"});
    assert_eq!(events[2]["item"], added);
    let part = json!({"type": "output_text", "annotations": [], "logprobs": [], "text": ""});
    assert_eq!(events[3]["part"], part);
    let delta = json!({"type": "response.output_text.delta", "content_index": 0, "delta": "Hé", "item_id": id,
        "logprobs": [], "output_index": 0, "sequence_number": 4});
    assert_eq!(events[4], delta);
    let part = json!({"type": "output_text", "annotations": [], "logprobs": [], "text": "Hé\n"});
    let item =
        json!({"id": id, "type": "message", "status": "completed", "content": [part], "role": "assistant"});
    let response = &events[9]["response"];
    let object = json!({"id": response["id"], "object": "response", "created_at": 9, "status": "completed",
        "background": false, "completed_at": 9, "error": null, "incomplete_details": null, "instructions": null,
        "tools": [], "model": "m-2", "output": [item], "previous_response_id": null, "service_tier": null,
        "store": false, "usage": {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 1,
        "cache_write_tokens": 0}, "output_tokens": 4, "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 7, "x": 1}});
    assert_eq!(*response, object);
    assert_eq!(events[0]["response"]["completed_at"], Value::Null);
    assert_eq!(events[0]["response"]["id"], response["id"]);
}

#[test]
fn reasoning_is_a_summary_and_its_signature_is_sealed() {
    let object = body(|out| {
        out.reasoning(0, plain("a"));
        out.signature(0, plain("s1"));
        out.redacted(0, plain("r1"));
        out.text(0, plain("t"));
        // It waits for the end of the text.
        out.signature(0, plain("s2"));
        out.text(0, plain("u"));
        out.finish(0, FinishReason::Stop);
    });
    let output: Vec<_> = object["output"].as_array().unwrap().iter().collect();
    let kinds: Vec<_> = output.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "reasoning", "message", "reasoning"]);
    assert_eq!(output[0]["summary"], json!([{"type": "summary_text", "text": "a"}]));
    let sealed = [0, 1, 3].map(|at| output[at]["encrypted_content"].as_str().unwrap());
    assert_eq!(sealed, ["orq1:s:toy:s1", "orq1:r:toy:r1", "orq1:s:toy:s2"]);
    assert_eq!(output[2]["content"][0]["text"], "tu");
}

#[test]
fn a_signature_of_a_call_stands_in_the_reasoning_before_it() {
    let signed = |id| Call { signature: Some(plain("s")), ..call(id, "f") };
    let object = body(|out| {
        out.reasoning(0, plain("a"));
        out.tool_call(0, signed("1"));
        out.arguments(0, 0, plain("{}"));
        out.tool_call(0, signed("2"));
        out.finish(0, FinishReason::Stop);
    });
    let output = object["output"].as_array().unwrap();
    let kinds: Vec<_> = output.iter().map(|item| item["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["reasoning", "function_call", "reasoning", "function_call"]);
    assert_eq!(
        (&output[0]["encrypted_content"], &output[2]["summary"]),
        (&json!("orq1:c:toy:s"), &json!([]))
    );
    assert_eq!(output[2]["encrypted_content"], "orq1:c:toy:s");
    assert_eq!((&output[3]["arguments"], &output[3]["call_id"]), (&json!("{}"), &json!("2")));
}

#[test]
fn calls_end_before_the_next_begins_unless_they_go_on() {
    let events = stream(|out| {
        out.tool_call(0, call("1", "f"));
        out.arguments(0, 0, plain("{\"a\":1}"));
        out.tool_call(0, call("2", "g"));
        out.arguments(0, 1, plain("{\"b\":"));
        out.tool_call(0, call("3", "h"));
        out.arguments(0, 1, plain("2}"));
        out.arguments(0, 2, plain("{}"));
        out.finish(0, FinishReason::ToolCalls);
    });
    let ends: Vec<_> = events
        .iter()
        .filter(|event| event["type"].as_str().unwrap().contains("output_item"))
        .map(|event| (event["output_index"].as_u64().unwrap(), event["item"]["arguments"].as_str().unwrap()))
        .collect();
    assert_eq!(ends, [(0, ""), (0, "{\"a\":1}"), (1, ""), (2, ""), (1, "{\"b\":2}"), (2, "{}")]);
}

#[test]
fn a_custom_tool_is_given_its_one_text() {
    let events = stream(|out| {
        out.tool_call(0, call("1", "note"));
        out.arguments(0, 0, plain("{\"input\":\"a\\"));
        out.arguments(0, 0, plain("n\\\"b\\\"\"}"));
        out.finish(0, FinishReason::Stop);
    });
    let expected = [
        "output_item.added",
        "custom_tool_call_input.delta",
        "custom_tool_call_input.done",
        "output_item.done",
    ];
    assert_eq!(kinds(&events)[2..6], expected);
    let item = &events[5]["item"];
    let expected = json!({"id": item["id"], "type": "custom_tool_call", "status": "completed", "call_id": "1",
        "input": "a\n\"b\"", "name": "note"});
    assert_eq!(*item, expected);
    assert_eq!(events[4]["input"], item["input"]);
}

#[test]
fn speech_stands_in_its_message() {
    let tell = |out: &mut Responses| {
        out.text(0, plain("a"));
        out.audio(0, plain("AA"));
        out.audio(0, plain("BB"));
        out.tool_call(0, call("1", "f"));
        out.audio(0, plain("CC"));
        out.finish(0, FinishReason::Stop);
    };
    let object = body(tell);
    let output = &object["output"];
    assert_eq!(output[0]["audio"], json!({"data": "AABB"}));
    assert_eq!(output[0]["content"][0]["text"], "a");
    assert_eq!((&output[2]["type"], &output[2]["audio"]), (&json!("message"), &json!({"data": "CC"})));
    assert_eq!(output[2]["content"], json!([]));
    let told = stream(tell);
    let done: Vec<_> = told.iter().filter(|event| event["type"] == "response.output_item.done").collect();
    assert_eq!(done.iter().find(|event| event["output_index"] == 2).unwrap()["item"], output[2]);
    let mut out = answer(true);
    out.audio(0, plain(&"A".repeat(1000)));
    assert!(out.held() >= 1000, "it is counted");
}

#[test]
fn what_was_cut_is_incomplete() {
    for (reason, word) in
        [(FinishReason::Length, "max_output_tokens"), (FinishReason::ContentFilter, "content_filter")]
    {
        let events = stream(|out| {
            out.text(0, plain("a"));
            out.tool_call(0, call("1", "f"));
            out.finish(0, reason);
        });
        let last = events.last().unwrap();
        assert_eq!(last["type"], "response.incomplete");
        assert_eq!(last["response"]["incomplete_details"], json!({"reason": word}));
        let output = &last["response"]["output"];
        assert_eq!((&output[0]["status"], &output[1]["status"]), (&json!("completed"), &json!("incomplete")));
        assert_eq!(output[1]["arguments"], "", "no call is made up");
    }
}

#[test]
fn an_error_is_told_as_openai_tells_it() {
    let mut out = answer(true);
    out.fail(&Error::new(429, "Slow\ndown."));
    let told = events(&out.take());
    assert_eq!(kinds(&told), ["created", "in_progress", "error", "failed"]);
    let error = json!({"type": "rate_limit_error", "code": "rate_limit_exceeded", "message": "Slow\ndown.", "param": null});
    assert_eq!(told[2]["error"], error);
    assert_eq!((&told[2]["message"], &told[2]["code"]), (&error["message"], &error["code"]));
    let response = &told[3]["response"];
    assert_eq!(response["error"], json!({"code": "rate_limit_exceeded", "message": "Slow\ndown."}));
    assert_eq!((&response["status"], &response["completed_at"]), (&json!("failed"), &Value::Null));

    let mut out = answer(true);
    out.text(0, plain("a"));
    out.fail(&Error::truncated());
    let told = events(&out.take());
    let response = &told.last().unwrap()["response"];
    // OpenAI's list of codes is closed; the event before has our own.
    assert_eq!(told[told.len() - 2]["code"], "upstream_truncated");
    assert_eq!(response["error"]["code"], "server_error");
    assert_eq!(response["output"][0]["status"], "incomplete");
    assert_eq!(response["output"][0]["content"][0]["text"], "a");

    let mut out = answer(true);
    out.fail(&Error { code: None, ..Error::new(500, "Down.") });
    let told = events(&out.take());
    assert_eq!(told[2]["code"], "server_error", "SDKs insist on a code");

    let mut whole = answer(false);
    whole.text(0, plain("a"));
    whole.fail(&Error::truncated());
    assert_eq!(whole.take(), Error::truncated().body());
}

#[test]
fn citations_have_places_in_their_own_text() {
    let cited = |start, end| Citation { url: plain("https://a"), title: Some(plain("A")), start, end };
    let tell = |out: &mut Responses| {
        out.text(0, plain("éé"));
        out.refusal(0, plain("no"));
        out.text(0, plain("abc"));
        assert_eq!(out.chars(0), 5);
        out.citation(0, cited(3, 5));
        out.citation(0, cited(0, 2));
        out.source(0, "{\"doc\":0}");
        out.tool_call(0, call("1", "f"));
        // The text has ended.
        out.citation(0, cited(2, 4));
        out.source(0, "{\"doc\":1}");
        out.finish(0, FinishReason::Stop);
    };
    let object = body(tell);
    let message = &object["output"][0];
    let places: Vec<_> = message["content"][2]["annotations"].as_array().unwrap().iter().collect();
    let places: Vec<_> = places.iter().map(|cited| (&cited["start_index"], &cited["end_index"])).collect();
    assert_eq!(places, [(&json!(1), &json!(3)), (&json!(0), &json!(0))]);
    assert_eq!(message["citations"], json!([{"doc": 0}]));
    let annotation = stream(tell).into_iter().find(|event| event["annotation_index"] == 1).unwrap();
    assert_eq!((&annotation["content_index"], &annotation["item_id"]), (&json!(2), &message["id"]));
    let late = json!({"type": "url_citation", "end_index": 2, "start_index": 0, "title": "A", "url": "https://a",
        "content_index": 2, "item_id": message["id"], "output_index": 0});
    assert_eq!(object["citations"], json!([late, {"doc": 1}]));
}

#[test]
fn citations_without_any_text_stand_in_the_object() {
    let object = body(|out| {
        out.citation(0, Citation { url: plain("https://a"), title: None, start: 1, end: 2 });
        out.source(0, "{\"doc\":1}");
        out.tool_call(0, call("1", "f"));
        out.finish(0, FinishReason::Stop);
    });
    let cited = json!({"type": "url_citation", "end_index": 0, "start_index": 0, "title": "https://a", "url": "https://a"});
    assert_eq!(object["citations"], json!([{"doc": 1}, cited]));
}

#[test]
fn log_probabilities_go_with_the_text_they_came_with() {
    let entry = |token| format!("{{\"token\":\"{token}\",\"logprob\":-1}}");
    let events = stream(|out| {
        out.logprobs(0, &entry("a"));
        out.text(0, plain("a"));
        out.text(0, plain("b"));
        out.logprobs(0, &entry("b"));
        out.finish(0, FinishReason::Stop);
    });
    let tokens = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|entry| entry["token"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(tokens(&events[4]["logprobs"]), ["a"]);
    assert_eq!(tokens(&events[5]["logprobs"]), ["b"]);
    assert_eq!(tokens(&events[6]["logprobs"]), ["a", "b"]);
    assert_eq!(tokens(&events[8]["item"]["content"][0]["logprobs"]), ["a", "b"]);
}

#[test]
fn log_probabilities_have_lists_and_none_is_lost() {
    let object = body(|out| {
        out.text(0, plain("a"));
        out.logprobs(
            0,
            "{\"token\":\"a\",\"bytes\":null,\"logprob\":-1,\"x\":2,\"top_logprobs\":[{\"token\":\"b\",\"bytes\":[98]}]}",
        );
        out.tool_call(0, call("1", "f"));
        out.logprobs(0, "{\"token\":\"c\"},{\"token\":\"d\"}");
        out.finish(0, FinishReason::Stop);
    });
    let told = json!([{"token": "a", "logprob": -1, "x": 2, "bytes": [],
        "top_logprobs": [{"token": "b", "bytes": [98]}]}]);
    assert_eq!(object["output"][0]["content"][0]["logprobs"], told);
    assert_eq!(object["logprobs"][1], json!({"token": "d", "bytes": [], "top_logprobs": []}));
}

#[test]
fn a_delta_waits_for_nothing_but_its_log_probabilities() {
    let mut out = answer(true);
    out.text(0, plain("a"));
    assert!(out.take().contains("\"delta\":\"a\""), "what was told is fetched");
    out.logprobs(0, "{\"token\":\"a\"}");
    out.text(0, plain("b"));
    out.tool_call(0, call("1", "f"));
    let told = out.take();
    assert!(told.contains("\"delta\":\"b\""), "{told}");
}

#[test]
fn tools_that_the_provider_runs_are_items() {
    let tell = |out: &mut Responses| {
        out.serve(0, Service { id: None, tool: Served::WebSearch });
        let found = Outcome::Searched { queries: &[plain("q")], sources: &[plain("https://a")] };
        out.served(0, 0, found);
        out.serve(0, Service { id: None, tool: Served::CodeInterpreter(None) });
        out.serve_input(0, 1, plain("1+"));
        out.serve_input(0, 1, plain("1"));
        out.served(
            0,
            1,
            Outcome::Ran { container: Some(plain("c")), outputs: "{\"type\":\"logs\",\"logs\":\"2\"}" },
        );
        out.serve(0, Service { id: None, tool: Served::McpCall { server: plain("s"), name: plain("n") } });
        out.served(0, 2, Outcome::Failed(plain("why")));
        out.extra(0, "{\"type\":\"told already\"}");
        out.finish(0, FinishReason::Stop);
    };
    let told = stream(tell);
    let expected = [
        "output_item.added",
        "web_search_call.in_progress",
        "web_search_call.searching",
        "web_search_call.completed",
        "output_item.done",
        "output_item.added",
        "code_interpreter_call.in_progress",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.delta",
        "code_interpreter_call_code.done",
        "code_interpreter_call.interpreting",
        "code_interpreter_call.completed",
        "output_item.done",
        "output_item.added",
        "mcp_call.in_progress",
        "mcp_call_arguments.delta",
        "mcp_call_arguments.done",
        "mcp_call.failed",
        "output_item.done",
    ];
    assert_eq!(kinds(&told)[2..21], expected);
    assert_eq!(told[2]["item"]["action"], json!({"type": "search"}));
    let object = body(tell);
    let output = &object["output"];
    let action = json!({"type": "search", "query": "q", "queries": ["q"], "sources": [{"type": "url", "url": "https://a"}]});
    assert_eq!(output[0]["action"], action);
    let code = json!({"id": output[1]["id"], "type": "code_interpreter_call", "status": "completed", "code": "1+1",
        "container_id": "c", "outputs": [{"type": "logs", "logs": "2"}]});
    assert_eq!(output[1], code);
    let error = json!({"type": "mcp_tool_execution_error", "content": [{"type": "text", "text": "why"}]});
    assert_eq!((&output[2]["error"], &output[2]["status"]), (&error, &json!("failed")));
    assert_eq!(object.get("extra_content"), None);
}

#[test]
fn blocks_that_no_item_is_for_stand_in_the_object() {
    let object = body(|out| {
        out.extra(0, "{\"type\":\"x\"}");
        out.finish(0, FinishReason::Stop);
    });
    assert_eq!(object["extra_content"], json!({"toy": [{"type": "x"}]}));
    assert_eq!(object["output"], json!([]));
    assert_eq!(object["usage"]["total_tokens"], 0, "SDKs insist on it");
}

#[test]
fn what_is_kept_is_counted_and_never_read_again() {
    let mut out = answer(true);
    out.tool_call(0, call("1", "f"));
    for _ in 0..100_000 {
        out.arguments(0, 0, plain("x"));
        out.text(0, plain("y"));
    }
    let held = out.held();
    assert!((200_000..202_000).contains(&held), "{held}");
    out.finish(0, FinishReason::Stop);
    assert!(out.finished());
    assert!(out.take().len() > 100_000 * 200);
}
