use super::*;
use crate::chat::Ids;
use crate::gateway::Unsupported;
use crate::provider::{Host, Settings, Upstream};
use crate::surface::Surface as _;
use crate::surface::Wanted;
use crate::surface::chat::Whole;
use proptest::prelude::*;
use serde_json::{Value, json};

fn reader() -> Stream {
    Stream { provider: "cohere".to_owned(), reader: Reader::default() }
}

fn answer() -> Whole {
    let wanted = Wanted {
        streams: false,
        usage: true,
        model: "m".to_owned(),
        ids: Ids::new("r", 0),
        form: Default::default(),
    };
    Whole::new(wanted, "cohere")
}

fn body_of(answer: &Whole) -> Value {
    serde_json::from_str(&answer.body()).unwrap()
}

/// The client's body of a whole answer.
fn whole(body: &Value) -> Result<Value, Error> {
    let text = body.to_string();
    let mut out = answer();
    reader().whole(&Object::parse(text.as_bytes()).unwrap(), &mut out)?;
    assert!(out.finished());
    Ok(body_of(&out))
}

/// The same of the events of a stream.
fn streamed(events: &[Value]) -> Result<Value, Error> {
    let mut out = answer();
    let mut reader = reader();
    for (at, event) in events.iter().enumerate() {
        let data = event.to_string();
        let flow = reader.event(&Event { name: None, data: &data, exception: false }, &mut out)?;
        assert_eq!(flow == Flow::Last, at + 1 == events.len(), "{data}");
    }
    assert!(out.finished());
    Ok(body_of(&out))
}

/// Cohere's body of a client's one.
fn sent(client: &str, unsupported: Unsupported) -> Result<(Value, Vec<String>), Error> {
    let row = Provider { host: Host::Public("h"), ..*COHERE.server() };
    let upstream = Upstream::new("my-cohere", &row, Settings::default()).unwrap();
    let mut call = Call { unsupported, ..Call::new(Endpoint::ChatCompletions, &upstream, "command-x") };
    let object = Object::parse(client.as_bytes()).unwrap();
    let request = ChatRequest::read(&call, &object)?;
    let translated = COHERE.chat(&mut call, &request)?;
    request.params.finish(&mut call)?;
    // A name that stands twice is refused here, as Cohere may.
    Object::parse(&translated.body).unwrap();
    Ok((serde_json::from_slice(&translated.body).unwrap(), call.dropped))
}

/// A body of one message and two tools, with these members more.
fn with(members: &str) -> Result<(Value, Vec<String>), Error> {
    sent(
        &format!(
            r#"{{"messages":[{{"role":"user","content":"Hi"}}],"tools":[
                {{"type":"function","function":{{"name":"a"}}}},{{"type":"function","function":{{"name":"b"}}}}],{members}}}"#
        ),
        Unsupported::Drop,
    )
}

#[test]
fn tool_choices_of_every_form_say_which_tools_and_whether() {
    for (choice, names, told) in [
        (r#""auto""#, &["a", "b"][..], None),
        (r#""none""#, &["a", "b"], Some("NONE")),
        (r#""required""#, &["a", "b"], Some("REQUIRED")),
        (r#"{"type":"function","function":{"name":"b"}}"#, &["b"], Some("REQUIRED")),
        (
            r#"{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","function":{"name":"a"}}]}}"#,
            &["a"],
            None,
        ),
        (
            r#"{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"a"}}]}}"#,
            &["a"],
            Some("REQUIRED"),
        ),
    ] {
        let (body, dropped) = with(&format!(r#""tool_choice":{choice}"#)).unwrap();
        let tools = body["tools"].as_array().unwrap();
        let sent: Vec<_> = tools.iter().map(|tool| tool["function"]["name"].as_str().unwrap()).collect();
        assert_eq!((sent.as_slice(), body["tool_choice"].as_str()), (names, told), "{choice}");
        assert!(dropped.is_empty() && body.get("strict_tools").is_none());
    }
}

#[test]
fn what_the_client_says_to_cohere_alone_comes_first_but_never_its_model() {
    let (body, dropped) = with(
        r#""temperature":2,"stop":"x","thinking":{"type":"disabled"},"cohere":{"p":0.5,"stop_sequences":["y"],
            "temperature":0.1,"stream":true,"thinking":{"type":"enabled"},"documents":[]}"#,
    )
    .unwrap();
    assert_eq!(body["model"], "command-x");
    assert_eq!((&body["temperature"], &body["p"]), (&json!(0.1), &json!(0.5)));
    assert_eq!((&body["stop_sequences"], &body["thinking"]["type"]), (&json!(["y"]), &json!("enabled")));
    assert_eq!((&body["documents"], body.get("stream")), (&json!([]), None));
    assert_eq!(dropped, ["temperature", "cohere.stream"]);
    assert_eq!(with(r#""cohere":{"model":"other"}"#).unwrap_err().param.as_deref(), Some("cohere.model"));
    // A provider of the configuration's own is spoken to under its id, too.
    assert_eq!(with(r#""my-cohere":{"priority":1}"#).unwrap().0["priority"], 1);
}

#[test]
fn where_parameters_are_refused_the_first_is_named() {
    for (members, param) in [
        (r#""n":2"#, "n"),
        (r#""temperature":1.5"#, "temperature"),
        (r#""seed":-1"#, "seed"),
        (r#""web_search_options":{}"#, "web_search_options"),
    ] {
        let client = format!(r#"{{"messages":[{{"role":"user","content":"Hi"}}],{members}}}"#);
        let error = sent(&client, Unsupported::Reject).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)));
        let dropped = sent(&client, Unsupported::Drop).unwrap().1;
        assert_eq!(dropped, [param]);
    }
}

#[test]
fn efforts_and_thinking_are_budgets_or_switches() {
    let on = json!({"type": "enabled"});
    for (members, thinking) in [
        (r#""reasoning_effort":"none""#, json!({"type": "disabled"})),
        (r#""reasoning_effort":"minimal""#, json!({"type": "enabled", "token_budget": 1024})),
        (r#""reasoning_effort":"medium""#, json!({"type": "enabled", "token_budget": 8192})),
        (r#""reasoning_effort":"xhigh""#, on.clone()),
        (r#""thinking":{"type":"adaptive"}"#, on.clone()),
        (r#""thinking":{"type":"enabled","budget_tokens":0}"#, json!({"type": "disabled"})),
        (
            r#""thinking":{"type":"adaptive"},"reasoning_effort":"low""#,
            json!({"type": "enabled", "token_budget": 1024}),
        ),
    ] {
        let (body, dropped) = with(members).unwrap();
        assert_eq!((&body["thinking"], dropped.len()), (&thinking, 0), "{members}");
    }
    let (body, dropped) = with(r#""thinking":{"type":"enabled"},"reasoning_effort":"none""#).unwrap();
    assert_eq!((&body["thinking"], dropped.as_slice()), (&on, &["reasoning_effort".to_owned()][..]));
}

#[test]
fn an_assistants_message_says_what_it_holds() {
    let call = json!([{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]);
    for (message, expected) in [
        (json!({"content": null, "tool_calls": call}), json!({"tool_calls": call})),
        (json!({"content": "", "tool_calls": call}), json!({"tool_calls": call})),
        (
            json!({"content": "x", "reasoning": "y", "tool_calls": call}),
            json!({"content": "x", "tool_plan": "y", "tool_calls": call}),
        ),
        (json!({"content": null, "refusal": "No."}), json!({"content": "No."})),
        (
            json!({"content": "", "reasoning_content": "y"}),
            json!({"content": [{"type": "thinking", "thinking": "y"}]}),
        ),
    ] {
        let mut messages = vec![json!({"role": "assistant"})];
        messages[0].as_object_mut().unwrap().extend(message.as_object().unwrap().clone());
        if message.get("tool_calls").is_some() {
            messages.push(json!({"role": "tool", "tool_call_id": "c", "content": ""}));
        }
        let (mut body, _) = sent(&json!({"messages": messages}).to_string(), Unsupported::Drop).unwrap();
        let mut told = body["messages"][0].take();
        assert_eq!(told.as_object_mut().unwrap().remove("role"), Some("assistant".into()));
        assert_eq!(told, expected, "{message}");
    }
}

#[test]
fn what_says_nothing_is_left_out_unless_nothing_is_left() {
    let said = |messages: Value| sent(&json!({"messages": messages}).to_string(), Unsupported::Drop);
    let silent = json!([{"role": "system", "content": ""}, {"role": "user", "content": []}, {"role": "assistant", "content": null},
        {"role": "user", "content": [{"type": "text", "text": ""}, {"type": "text", "text": "Hi"}]}]);
    let (body, _) = said(silent).unwrap();
    let turns = json!([{"role": "user", "content": "(no text)"}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}]);
    assert_eq!(body["messages"], turns);
    let error = said(json!([{"role": "assistant", "content": ""}])).unwrap_err();
    assert_eq!((error.status, error.param.as_deref()), (400, Some("messages")));
}

#[test]
fn calls_and_results_belong_together() {
    let user = || json!({"role": "user", "content": "Hi"});
    let calls = |ids: &[&str]| {
        let call =
            |id: &&str| json!({"id": id, "type": "function", "function": {"name": "f", "arguments": ""}});
        json!({"role": "assistant", "tool_calls": ids.iter().map(call).collect::<Vec<_>>()})
    };
    let result = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "x"});
    let fine =
        |messages: Vec<Value>| sent(&json!({"messages": messages}).to_string(), Unsupported::Drop).is_ok();
    assert!(fine(vec![calls(&["a", "b"]), result("b"), result("a"), user(), calls(&["a"]), result("a")]));
    let system = json!({"role": "system", "content": "Now."});
    let messages = json!([calls(&["a", "b"]), result("a"), system, result("b"), user()]);
    let (body, _) = sent(&json!({"messages": messages}).to_string(), Unsupported::Drop).unwrap();
    let roles: Vec<_> = body["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(roles, ["assistant", "tool", "tool", "system", "user"]);
    for messages in [
        vec![calls(&["a"])],
        vec![calls(&["a"]), user()],
        vec![calls(&["a", "b"]), result("a"), user(), result("b")],
        vec![calls(&["a"]), result("a"), result("a")],
        vec![user(), result("a")],
        vec![calls(&["a", "a"]), result("a"), result("a")],
    ] {
        assert!(!fine(messages.clone()), "{messages:?}");
    }
}

#[test]
fn a_schema_and_tools_do_not_go_together_unless_the_tools_are_not_to_be_called() {
    let format = r#""response_format":{"type":"json_object"}"#;
    assert_eq!(with(format).unwrap_err().param.as_deref(), Some("response_format"));
    let (body, _) = with(&format!(r#"{format},"tool_choice":"none""#)).unwrap();
    assert_eq!((body.get("tools"), body.get("tool_choice")), (None, None));
    assert_eq!(body["response_format"]["type"], "json_object");
}

#[test]
fn an_answer_that_does_not_say_why_it_ended_is_not_whole() {
    let mut out = answer();
    for body in [r#"{"message":"oops"}"#, r#"{"message":{"content":[{"type":"text","text":"x"}]}}"#, "{}"] {
        reader().whole(&Object::parse(body.as_bytes()).unwrap(), &mut out).unwrap();
        assert!(!out.finished());
    }
}

#[test]
fn content_may_be_a_bare_string_as_it_may_in_requests() {
    let whole = whole(&json!({"finish_reason": "COMPLETE", "message": {"content": "Hi"}})).unwrap();
    assert_eq!(whole["choices"][0]["message"]["content"], "Hi");
}

#[test]
fn errors_in_a_stream_are_told_with_their_words() {
    let failing = |event: Value| streamed(&[event]).unwrap_err();
    let error = failing(json!({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "gone"}}));
    assert_eq!((error.status, error.message.as_str()), (500, "gone"));
    assert_eq!(failing(json!({"type": "message-end", "delta": {"error": "gone"}})).message, "gone");
    assert_eq!(failing(json!({"message": "gone"})).message, "gone");
    assert_eq!(failing(json!({"type": "error", "message": "gone"})).message, "gone");
    assert_eq!(whole(&json!({"finish_reason": "TIMEOUT"})).unwrap_err().status, 504);
}

/// A text in pieces.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[aé😀\"\\\\\n ]{0,4}", 0..4)
}

#[derive(Clone, Debug)]
struct Told {
    plan: Vec<String>,
    blocks: Vec<(bool, Vec<String>)>,
    calls: Vec<Vec<String>>,
    /// Block, start, whether of the text, and the addresses of its sources.
    citations: Vec<(usize, usize, bool, Vec<Option<String>>)>,
    finish: usize,
}

fn told() -> impl Strategy<Value = Told> {
    let address = proptest::option::of("https://example.com/[a-z\"]{1,5}");
    let citation = (0_usize..5, 0_usize..9, any::<bool>(), proptest::collection::vec(address, 0..3));
    (
        pieces(),
        proptest::collection::vec((any::<bool>(), pieces()), 0..4),
        proptest::collection::vec(pieces(), 0..3),
        proptest::collection::vec(citation, 0..3),
        0_usize..6,
    )
        .prop_map(|(plan, blocks, calls, citations, finish)| Told {
            plan,
            blocks,
            calls,
            citations,
            finish,
        })
}

impl Told {
    fn citations(&self) -> Vec<Value> {
        let citation = |(block, start, text, sources): &(usize, usize, bool, Vec<Option<String>>)| {
            let source = |address: &Option<String>| match address {
                Some(url) => json!({"type": "tool", "id": "t", "tool_output": {"url": url, "title": "é"}}),
                None => json!({"type": "document", "id": "d", "document": {"text": "x"}}),
            };
            json!({"start": start, "end": start + 2, "text": "é", "content_index": block,
                "type": if *text { "TEXT_CONTENT" } else { "THINKING_CONTENT" },
                "sources": sources.iter().map(source).collect::<Vec<_>>()})
        };
        self.citations.iter().map(citation).collect()
    }

    fn end(&self) -> Value {
        let reasons = ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "NEW", "COMPLETE"];
        json!({"finish_reason": reasons[self.finish], "usage": {"tokens": {"input_tokens": self.finish, "output_tokens": 2}}})
    }

    fn whole(&self) -> Value {
        let block = |(thinks, pieces): &(bool, Vec<String>)| {
            let kind = if *thinks { "thinking" } else { "text" };
            json!({"type": kind, kind: pieces.concat()})
        };
        let call = |(number, pieces): (usize, &Vec<String>)| json!({"id": format!("c{number}"), "type": "function", "function": {"name": "f", "arguments": pieces.concat()}});
        let mut answer = self.end();
        answer["id"] = "x".into();
        answer["message"] = json!({"role": "assistant", "content": self.blocks.iter().map(block).collect::<Vec<_>>(),
            "tool_plan": self.plan.concat(), "tool_calls": self.calls.iter().enumerate().map(call).collect::<Vec<_>>(),
            "citations": self.citations()});
        answer
    }

    fn events(&self) -> Vec<Value> {
        let message = |kind: &str, index: usize, message: Value| json!({"type": kind, "index": index, "delta": {"message": message}});
        let mut events = vec![
            json!({"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "content": []}}}),
        ];
        for (index, (thinks, pieces)) in self.blocks.iter().enumerate() {
            let kind = if *thinks { "thinking" } else { "text" };
            events.push(message("content-start", index, json!({"content": {"type": kind, kind: ""}})));
            for piece in pieces {
                events.push(message("content-delta", index, json!({"content": {kind: piece}})));
            }
            events.push(json!({"type": "content-end", "index": index}));
        }
        events.push(json!({"type": "brand-new", "delta": {"message": {"content": {"text": "no"}}}}));
        events
            .extend(self.plan.iter().map(|piece| message("tool-plan-delta", 0, json!({"tool_plan": piece}))));
        // All calls begin before the first goes on.
        for index in 0..self.calls.len() {
            let call = json!({"id": format!("c{index}"), "type": "function", "function": {"name": "f", "arguments": ""}});
            events.push(message("tool-call-start", index, json!({"tool_calls": call})));
        }
        for (index, pieces) in self.calls.iter().enumerate() {
            let delta = |piece| json!({"tool_calls": {"function": {"arguments": piece}}});
            events.extend(pieces.iter().map(|piece| message("tool-call-delta", index, delta(piece))));
            events.push(json!({"type": "tool-call-end", "index": index}));
        }
        for (index, citation) in self.citations().into_iter().enumerate() {
            events.push(message("citation-start", index, json!({"citations": citation})));
            events.push(json!({"type": "citation-end", "index": index}));
        }
        events.push(json!({"type": "message-end", "delta": self.end()}));
        events
    }
}

proptest! {
    #[test]
    fn a_stream_says_what_the_whole_body_says(told in told()) {
        let whole = whole(&told.whole()).unwrap();
        prop_assert_eq!(&streamed(&told.events()).unwrap(), &whole);
        let message = &whole["choices"][0]["message"];
        let text: String = told.blocks.iter().filter(|(thinks, _)| !thinks).map(|(_, pieces)| pieces.concat()).collect();
        prop_assert_eq!(message["content"].as_str().unwrap_or_default(), &text);
        let count = |list: &Value| list.as_array().map_or(0, Vec::len);
        prop_assert_eq!(count(&message["tool_calls"]), told.calls.len());
        prop_assert!(count(&message["annotations"]) + count(&message["citations"]) >= told.citations.len());
        if !told.calls.is_empty() && told.finish != 2 {
            prop_assert_eq!(&whole["choices"][0]["finish_reason"], "tool_calls");
        }
    }

    #[test]
    fn annotations_point_at_the_text_of_their_block(before in "[aé😀]{0,5}", text in "[aé😀]{1,5}") {
        let source = json!({"type": "tool", "id": "t", "tool_output": {"url": "https://example.com"}});
        let length = text.chars().count();
        let body = json!({"id": "x", "finish_reason": "COMPLETE", "message": {
            "content": [{"type": "text", "text": before}, {"type": "thinking", "thinking": "é"}, {"type": "text", "text": text}],
            "citations": [{"start": 0, "end": length, "text": text, "sources": [source], "content_index": 2}]}});
        let whole = whole(&body).unwrap();
        let message = &whole["choices"][0]["message"];
        let place = &message["annotations"][0]["url_citation"];
        let at = |name: &str| usize::try_from(place[name].as_u64().unwrap()).unwrap();
        let content: Vec<char> = message["content"].as_str().unwrap().chars().collect();
        prop_assert_eq!(content[at("start_index")..at("end_index")].iter().collect::<String>(), text);
    }

    #[test]
    fn any_event_and_any_body_is_read_or_refused(
        kind in prop_oneof![
            Just("message-start"), Just("content-start"), Just("content-delta"), Just("tool-plan-delta"), Just("tool-call-start"),
            Just("tool-call-delta"), Just("tool-call-end"), Just("citation-start"), Just("message-end"), Just("debug"), Just("error"),
        ],
        inner in prop_oneof![
            Just("null"), Just("1"), Just("\"x\""), Just("[]"), Just("[{}]"), Just("{}"), Just(r#"{"text":1}"#), Just(r#"{"function":{"name":1}}"#),
            Just(r#"{"function":{"name":"f","arguments":{}}}"#), Just(r#"{"sources":[1,{"document":{"url":"https://x"}}],"start":-1}"#),
            Just(r#"{"tokens":{"input_tokens":1e300,"output_tokens":-1}}"#),
        ],
        index in prop_oneof![Just("-1"), Just("1e99"), Just("18446744073709551615"), Just("\"0\""), Just("0")],
    ) {
        let members: String = ["content", "tool_plan", "tool_calls", "citations", "usage", "finish_reason", "error", "logprobs"]
            .map(|name| format!(",\"{name}\":{inner}"))
            .concat();
        let data = format!("{{\"type\":\"{kind}\",\"index\":{index},\"delta\":{{\"message\":{{\"a\":1{members}}}{members}}}{members}}}");
        let mut out = answer();
        let _ = reader().event(&Event { name: None, data: &data, exception: false }, &mut out);
        let body = format!("{{\"message\":{{\"a\":1{members}}}{members}}}");
        let _ = reader().whole(&Object::parse(body.as_bytes()).unwrap(), &mut out);
        body_of(&out);
    }
}
