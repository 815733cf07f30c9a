use super::*;
use crate::dialect::Call as Request;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::gateway::Unsupported;
use crate::provider::{Host, Provider, Settings, Upstream};
use crate::wire::json::Object;
use crate::wire::write::Text;

fn upstream() -> Upstream {
    let row = Provider { host: Host::Public("h"), ..Provider::ROW };
    Upstream::new("toy-api", &row, Settings::default()).unwrap()
}

fn call<'a>(upstream: &'a Upstream, unsupported: Unsupported) -> Request<'a> {
    Request {
        endpoint: Endpoint::ChatCompletions,
        upstream,
        model: "m",
        unsupported,
        dropped: Vec::new(),
        names: Default::default(),
        now: 0,
    }
}

/// Reads a body with one user message and these members.
fn with<T>(members: &str, read: impl FnOnce(&ChatRequest<'_>, &mut Request<'_>) -> T) -> T {
    body(
        &format!(r#"{{"model":"m","messages":[{{"role":"user","content":"Hi"}}]{members}}}"#),
        |request, call| read(&request.unwrap(), call),
    )
}

fn body<T>(text: &str, read: impl FnOnce(Result<ChatRequest<'_>, Error>, &mut Request<'_>) -> T) -> T {
    let upstream = upstream();
    let mut call = call(&upstream, Unsupported::Drop);
    let object = Object::parse(text.as_bytes()).unwrap();
    let request = ChatRequest::read(&call, &object);
    read(request, &mut call)
}

/// The param of the error that a body of these messages is refused with.
fn refused(members: &str) -> Option<String> {
    body(&format!(r#"{{"model":"m",{members}}}"#), |request, _| {
        let error = request.err()?;
        assert_eq!(error.status, 400);
        error.param
    })
}

#[test]
fn what_may_be_called_is_among_the_tools() {
    let user = r#""messages":[{"role":"user","content":"Hi"}]"#;
    let choice = r#"{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"type":"function","name":"f"}]}}"#;
    assert_eq!(refused(&format!(r#"{user},"tool_choice":{choice}"#)).as_deref(), Some("tool_choice"));
}

#[test]
fn what_nobody_takes_is_named_unless_it_asks_for_nothing() {
    let members = r#","seed":1,"user":"u","n":1,"logprobs":false,"store":false,"frequency_penalty":0.0,
        "response_format":null,"service_tier":"auto","modalities":["text"],"metadata":{},"parallel_tool_calls":true,
        "web_search_options":{"enabled":false},"stream":true,"stream_options":{},"orq":{},"n_probs":null,"logit_bias":{"1":2}"#;
    with(members, |request, call| {
        assert_eq!(request.params.integer("seed").unwrap(), Some(1));
        request.params.finish(call).unwrap();
        assert_eq!(call.dropped, ["user", "logit_bias"]);
        call.unsupported = Unsupported::Reject;
        assert_eq!(request.params.finish(call).unwrap_err().param.as_deref(), Some("user"));
    });
}

#[test]
fn numbers_keep_their_form_and_are_moved_into_a_range_by_name() {
    with(r#","temperature":1.50,"top_p":3,"seed":1e3,"max_tokens":4,"top_k":-1"#, |request, call| {
        let params = &request.params;
        let number = params.number_within(call, "temperature", 0.0..=2.0).unwrap().unwrap();
        assert_eq!(number.text, "1.50");
        assert!(call.dropped.is_empty());
        assert_eq!(params.number_within(call, "top_p", 0.0..=1.0).unwrap().unwrap().text, "1");
        assert_eq!(call.dropped, ["top_p"]);
        assert_eq!(
            (params.integer("seed").unwrap(), params.max_tokens(call).unwrap()),
            (Some(1000), Some(4))
        );
        assert_eq!(params.integer("top_k").unwrap_err().param.as_deref(), Some("top_k"));
        assert_eq!(params.text("temperature").unwrap_err().code.as_deref(), Some("invalid_type"));
    });
    with(r#","max_tokens":4,"max_completion_tokens":0"#, |request, call| {
        let error = request.params.max_tokens(call).unwrap_err();
        assert_eq!(error.param.as_deref(), Some("max_completion_tokens"));
        assert_eq!(call.dropped, ["max_tokens"], "of two limits the older one is named");
    });
}

#[test]
fn stop_effort_thinking_and_formats_are_read_in_all_their_forms() {
    with(r#","stop":"a""#, |request, _| assert_eq!(request.params.stop().unwrap(), [Text::Json("\"a\"")]));
    with(r#","stop":["a","b"]"#, |request, _| assert_eq!(request.params.stop().unwrap().len(), 2));
    with(r#","stop":["a",1]"#, |request, _| {
        assert_eq!(request.params.stop().unwrap_err().param.as_deref(), Some("stop[1]"));
    });
    with(
        r#","reasoning_effort":"xhigh","thinking":{"type":"enabled","budget_tokens":2000}"#,
        |request, _| {
            assert_eq!(request.params.effort().unwrap(), Some(Effort::Xhigh));
            assert_eq!(request.params.thinking().unwrap(), Some(Thinking::Enabled(Some(2000))));
        },
    );
    with(r#","reasoning_effort":"much","thinking":{"type":"maybe"}"#, |request, _| {
        assert!(request.params.effort().unwrap_err().message.contains("'minimal'"));
        assert_eq!(request.params.thinking().unwrap_err().param.as_deref(), Some("thinking.type"));
    });
    let schema = r#","response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object"},"strict":true}}"#;
    with(schema, |request, _| {
        let format = request.params.response_format().unwrap();
        let Some(ResponseFormat::JsonSchema { schema, strict, .. }) = format else { panic!("{format:?}") };
        assert_eq!((schema, strict), (r#"{"type":"object"}"#, Some(true)));
    });
    with(r#","response_format":{"type":"text"}"#, |request, _| {
        assert_eq!(request.params.response_format().unwrap(), None);
    });
    let search = r#","web_search_options":{"search_context_size":"low","user_location":{"type":"approximate","approximate":{"city":"Rome"}}}"#;
    with(search, |request, _| {
        let search = request.params.web_search().unwrap().unwrap();
        assert_eq!(search.location.unwrap().city, Some(Text::Json("\"Rome\"")));
    });
}

#[test]
fn what_a_client_says_to_one_provider_stands_under_its_id() {
    with(r#","toy-api":{"a":1}"#, |request, call| {
        let extras = request.params.extras(call, "toy").unwrap().unwrap();
        assert_eq!(extras.get("a"), Some("1"));
    });
    with(r#","toy":{"a":2}"#, |request, call| {
        assert_eq!(request.params.extras(call, "toy").unwrap().unwrap().get("a"), Some("2"));
    });
    with(r#","other":{"a":2}"#, |request, call| {
        assert!(request.params.extras(call, "toy").unwrap().is_none());
        request.params.finish(call).unwrap();
        assert_eq!(call.dropped, ["other"]);
    });
}

#[test]
fn messages_are_read_with_all_that_they_may_hold() {
    let text = r#"{"model":"m","messages":[
        {"role":"developer","content":"d"},
        {"role":"user","content":[{"type":"text","text":"t","cache_control":{"type":"ephemeral"}},
            {"type":"image_url","image_url":{"url":"data:image/JPG;base64,AA+\/=","detail":"low"}},
            {"type":"image_url","image_url":{"url":"https://h/i.png"}},
            {"type":"file","file":{"file_data":"data:application/pdf;base64,AAAA","filename":"a.pdf"}},
            {"type":"file","file":{"file_data":"AAAA","filename":"a.CSV"}},
            {"type":"file","file":{"file_id":"file-1"}},
            {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]},
        {"role":"assistant","content":null,"reasoning_content":"r","reasoning_signature":"s","tool_calls":[
            {"id":"1","type":"function","function":{"name":"f","arguments":""},"extra_content":{"google":{"thought_signature":"g"}}},
            {"id":"2","type":"function","function":{"name":"g","arguments":"{\"a\":1}"},"thought_signature":"o"},
            {"id":"3","type":"function","function":{"name":"h","arguments":"[1]"}}]},
        {"role":"tool","tool_call_id":"2","content":"x"},
        {"role":"function","name":"f","content":"y"},
        {"role":"assistant","content":"","refusal":"no","reasoning":"end","reasoning_signature":"x","reasoning_details":[
            {"type":"reasoning.text","text":"the end","signature":"y"},{"type":"reasoning.encrypted","data":"z"}]}]}"#;
    body(text, |request, _| {
        let request = request.unwrap();
        let roles: Vec<_> = request.messages.iter().map(|message| message.role).collect();
        use Role::{Assistant, Developer, Tool, User};
        assert_eq!(roles, [Developer, User, Assistant, Tool, Tool, Assistant]);
        let parts = &request.messages[1].parts;
        assert_eq!(parts[0].cache_control, Some(r#"{"type":"ephemeral"}"#));
        let source = |part: &Part<'_>| match &part.content {
            Content::Image { source, .. } | Content::File { source, .. } => format!("{source:?}"),
            other => format!("{other:?}"),
        };
        assert_eq!(source(&parts[1]), r#"Data { media_type: "image/jpeg", base64: "AA+/=" }"#);
        assert_eq!(source(&parts[2]), r#"Url("https://h/i.png")"#);
        assert_eq!(source(&parts[3]), r#"Data { media_type: "application/pdf", base64: "AAAA" }"#);
        assert_eq!(source(&parts[4]), r#"Data { media_type: "text/csv", base64: "AAAA" }"#);
        assert_eq!(source(&parts[5]), r#"Id("file-1")"#);
        assert_eq!(parts[6].path.to_string(), "messages[1].content[6]");
        let assistant = &request.messages[2];
        assert_eq!((assistant.parts.len(), assistant.reasoning), (0, Some(Text::Json("\"r\""))));
        let calls = &assistant.tool_calls;
        assert_eq!(calls[0].signature, Some(Text::Json("\"g\"")));
        assert_eq!((calls[0].object().as_ref(), calls[1].object().as_ref()), ("{}", "{\"a\":1}"));
        assert!(calls[2].object().starts_with("{\"INVALID_JSON\":\""), "{}", calls[2].object());
        assert_eq!(request.messages[3].tool_call_id, "2");
        assert_eq!(request.messages[4].tool_call_id, "f");
        let last = &request.messages[5];
        assert!(matches!(last.parts[1].content, Content::Refusal(_)));
        let told =
            [last.reasoning, last.signature, last.redacted].map(|text| text.unwrap().decoded().into_owned());
        assert_eq!(
            told,
            ["the end", "y", "z"],
            "what was told once counts for more than what was put together"
        );
    });
}

#[test]
fn what_cannot_be_read_is_refused_by_its_place() {
    for (members, param) in [
        (r#""messages":null"#, "messages"),
        (r#""messages":{}"#, "messages"),
        (r#""messages":[]"#, "messages"),
        (r#""messages":["x"]"#, "messages[0]"),
        (r#""messages":[{"content":"x"}]"#, "messages[0].role"),
        (r#""messages":[{"role":"king","content":"x"}]"#, "messages[0].role"),
        (r#""messages":[{"role":"user"}]"#, "messages[0].content"),
        (r#""messages":[{"role":"user","content":7}]"#, "messages[0].content"),
        (r#""messages":[{"role":"user","content":[{"text":"x"}]}]"#, "messages[0].content[0].type"),
        (r#""messages":[{"role":"user","content":[{"type":"smell"}]}]"#, "messages[0].content[0].type"),
        (r#""messages":[{"role":"user","content":[{"type":"text"}]}]"#, "messages[0].content[0].text"),
        (
            r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,AA"}}]}]"#,
            "messages[0].content[0].image_url.url",
        ),
        (
            r#""messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,A\"A"}}]}]"#,
            "messages[0].content[0].image_url.url",
        ),
        (r#""messages":[{"role":"tool","content":"x"}]"#, "messages[0].tool_call_id"),
        (
            r#""messages":[{"role":"assistant","tool_calls":[{"id":"1"}]}]"#,
            "messages[0].tool_calls[0].function",
        ),
        (r#""messages":[{"role":"user","content":"x"}],"stream":"yes""#, "stream"),
        (r#""messages":[{"role":"user","content":"x"}],"tools":7"#, "tools"),
        (r#""messages":[{"role":"user","content":"x"}],"tools":[{}]"#, "tools[0].type"),
        (
            r#""messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{}}]"#,
            "tools[0].function.name",
        ),
        (r#""messages":[{"role":"user","content":"x"}],"tool_choice":"perhaps""#, "tool_choice"),
        (
            r#""messages":[{"role":"user","content":"x"}],"tool_choice":{"type":"function","function":{"name":"f"}}"#,
            "tool_choice",
        ),
    ] {
        assert_eq!(refused(members).as_deref(), Some(param), "{members}");
    }
}

#[test]
fn tools_and_their_choice_are_read_in_new_and_old_names() {
    let tools = r#","tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}},
        {"type":"function","function":{"name":"g","parameters":{}}},{"type":"web_search_20250305","name":"web_search"}]"#;
    with(
        &format!(r#"{tools},"tool_choice":{{"type":"function","function":{{"name":"g"}}}}"#),
        |request, call| {
            let functions: Vec<_> = request.functions().collect();
            assert_eq!(
                (functions[0].strict, functions[0].parameters),
                (Some(true), Some(r#"{"type":"object"}"#))
            );
            assert_eq!((functions[1].strict, functions[1].parameters), (None, None));
            assert_eq!(request.functions_alone(call).unwrap_err().param.as_deref(), Some("tools[2].type"));
            assert_eq!(request.tool_choice, Some(ToolChoice::Function("g".into())));
        },
    );
    let allowed = r#""tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"required","tools":[{"type":"function","function":{"name":"f"}}]}}"#;
    with(&format!("{tools},{allowed}"), |request, _| {
        let expected = ToolChoice::Allowed { required: true, names: vec!["f".into()] };
        assert_eq!(request.tool_choice, Some(expected));
    });
    with(r#","functions":[{"name":"f"}],"function_call":{"name":"f"}"#, |request, _| {
        assert_eq!(request.functions().count(), 1);
        assert_eq!(request.tool_choice, Some(ToolChoice::Function("f".into())));
    });
}

#[test]
fn a_chat_of_more_than_any_model_reads_is_refused() {
    let user = r#"{"role":"user","content":"x"}"#;
    let many = |piece: &str| vec![piece; super::request::MOST].join(",");
    for (members, param) in [
        (format!(r#""messages":[{},{user}]"#, many(user)), "messages"),
        (format!(r#""messages":[{{"role":"user","content":[{}]}}]"#, many(r#""""#)), "messages"),
        (
            format!(
                r#""messages":[{{"role":"assistant","tool_calls":[{}]}}]"#,
                many(r#"{"id":"a","function":{"name":"f"}}"#)
            ),
            "messages",
        ),
        (
            format!(
                r#""messages":[{user}],"tools":[{}]"#,
                many(r#"{"type":"function","function":{"name":"f"}}"#)
            ),
            "tools",
        ),
    ] {
        assert_eq!(refused(&members).as_deref(), Some(param));
    }
}
