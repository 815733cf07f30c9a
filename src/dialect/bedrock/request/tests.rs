use super::*;
use crate::endpoint::Endpoint;
use crate::gateway::Unsupported;
use crate::provider::Settings;
use crate::provider::Upstream;
use crate::provider::table;
use serde_json::{Value, json};

const CLAUDE: &str = "eu.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// The body of a request, and what was left out.
fn sent(model: &str, request: &Value, unsupported: Unsupported) -> Result<(Value, Vec<String>), Error> {
    let settings = Settings { places: vec![("region", "eu-west-1".to_owned())], ..Settings::default() };
    let upstream = Upstream::new("aws", table::find("aws").unwrap(), settings).unwrap();
    let mut call = Call { unsupported, ..Call::new(Endpoint::ChatCompletions, &upstream, model) };
    let text = request.to_string();
    let object = Object::parse(text.as_bytes()).unwrap();
    let request = ChatRequest::read(&call, &object)?;
    let translated = write(&mut call, &request)?;
    request.params.finish(&mut call)?;
    Ok((serde_json::from_slice(&translated.body).unwrap(), call.dropped))
}

fn chat(members: &Value) -> Value {
    let mut request = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    request.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    request
}

#[test]
fn what_a_model_refuses_is_named_or_refused_as_configured() {
    let marked = vec![json!({"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}}); 5];
    for (model, members, names) in [
        (CLAUDE, json!({"temperature": 1.5}), "temperature"),
        (CLAUDE, json!({"temperature": 0.5, "top_p": 0.5}), "top_p"),
        (CLAUDE, json!({"n": 2}), "n"),
        (CLAUDE, json!({"seed": 1}), "seed"),
        (CLAUDE, json!({"user": "u"}), "user"),
        (CLAUDE, json!({"stop": ""}), "stop"),
        (CLAUDE, json!({"web_search_options": {}}), "web_search_options"),
        (CLAUDE, json!({"service_tier": "new"}), "service_tier"),
        (CLAUDE, json!({"metadata": {"a": {"b": 1}}}), "metadata.a"),
        (
            CLAUDE,
            json!({"thinking": {"type": "enabled", "budget_tokens": 2000}, "reasoning_effort": "low"}),
            "reasoning_effort",
        ),
        ("anthropic.claude-3-haiku-20240307-v1:0", json!({"reasoning_effort": "low"}), "reasoning_effort"),
        ("us.anthropic.claude-opus-5", json!({"top_k": 3}), "top_k"),
        ("us.anthropic.claude-opus-5", json!({"temperature": 0}), "temperature"),
        ("openai.gpt-oss-20b-1:0", json!({"reasoning_effort": "none"}), "reasoning_effort"),
        ("meta.llama3-1-8b-instruct-v1:0", json!({"top_k": 3}), "top_k"),
        ("amazon.nova-lite-v1:0", json!({"top_k": 300}), "top_k"),
        (
            CLAUDE,
            json!({"reasoning_effort": "low", "messages": [
                {"role": "user", "content": "Count."}, {"role": "assistant", "content": "One,"}]}),
            "reasoning_effort",
        ),
        (
            "amazon.nova-lite-v1:0",
            json!({"messages": [{"role": "assistant", "content": "Hi", "reasoning": "Greet."}]}),
            "messages[0].reasoning",
        ),
        (
            "amazon.nova-lite-v1:0",
            json!({"messages": [{"role": "assistant", "content": "Hi", "reasoning_signature": "c2ln"}]}),
            "messages[0].reasoning_signature",
        ),
        (
            "amazon.nova-lite-v1:0",
            json!({"messages": [{"role": "assistant", "content": "Hi", "redacted_reasoning": "cmVk"}]}),
            "messages[0].redacted_reasoning",
        ),
        (
            CLAUDE,
            json!({"messages": [{"role": "user", "content": "Hi"},
                {"role": "assistant", "content": "Hi", "extra_content": {"bedrock": []}},
                {"role": "user", "content": "Hi"}]}),
            "messages[1].extra_content",
        ),
        (
            CLAUDE,
            json!({"messages": [{"role": "user", "content": marked}]}),
            "messages[0].content[4].cache_control",
        ),
    ] {
        let (_, dropped) = sent(model, &chat(&members), Unsupported::Drop).unwrap();
        assert_eq!(dropped, [names], "{model} {members}");
        let error = sent(model, &chat(&members), Unsupported::Reject).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(names)), "{model} {members}");
    }
}

#[test]
fn what_asks_for_nothing_passes_where_all_else_is_refused() {
    for members in [
        json!({"temperature": 1, "top_p": 1, "n": 1, "logprobs": false, "presence_penalty": 0}),
        json!({"service_tier": "auto", "parallel_tool_calls": true, "metadata": {}, "stop": null}),
        json!({"thinking": {"type": "disabled"}, "response_format": {"type": "text"}, "tool_choice": "none"}),
    ] {
        sent(CLAUDE, &chat(&members), Unsupported::Reject).unwrap();
    }
}

#[test]
fn each_family_is_told_to_think_in_its_way() {
    const OPUS_4_6: &str = "eu.anthropic.claude-opus-4-6-v1";
    const OPUS_4_7: &str = "eu.anthropic.claude-opus-4-7";
    const NOVA: &str = "eu.amazon.nova-2-lite-v1:0";
    let low = json!({"reasoning_effort": "low"});
    let high = json!({"reasoning_effort": "high"});
    let off = json!({"thinking": {"type": "disabled"}});
    let budget = json!({"thinking": {"type": "enabled", "budget_tokens": 20_000}});
    let within = |budget: u64, limit: u64| json!({"thinking": {"type": "enabled", "budget_tokens": budget}, "max_tokens": limit});
    let enabled = |budget: u64| json!({"type": "enabled", "budget_tokens": budget});
    let shown = json!({"type": "adaptive", "display": "summarized"});
    for (model, members, limit, fields) in [
        (CLAUDE, &low, 8192, json!({"thinking": enabled(4096)})),
        (
            CLAUDE,
            &json!({"reasoning_effort": "high", "max_tokens": 10_000}),
            10_000,
            json!({"thinking": enabled(8000)}),
        ),
        (CLAUDE, &within(5000, 4000), 4000, json!({"thinking": enabled(3999)})),
        (CLAUDE, &within(100, 4000), 4000, json!({"thinking": enabled(1024)})),
        (CLAUDE, &within(100, 900), 900, json!(null)),
        (CLAUDE, &off, 0, json!(null)),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", &high, 29_696, json!({"thinking": enabled(25_600)})),
        (OPUS_4_6, &low, 0, json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}})),
        (
            OPUS_4_6,
            &json!({"reasoning_effort": "xhigh"}),
            0,
            json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}),
        ),
        (OPUS_4_6, &budget, 24_096, json!({"thinking": enabled(20_000)})),
        (OPUS_4_7, &budget, 0, json!({"thinking": shown})),
        (
            OPUS_4_7,
            &json!({"reasoning_effort": "xhigh"}),
            0,
            json!({"thinking": shown, "output_config": {"effort": "xhigh"}}),
        ),
        ("us.anthropic.claude-sonnet-5", &off, 0, json!({"thinking": {"type": "disabled"}})),
        (
            "us.anthropic.claude-sonnet-5",
            &json!({"reasoning_effort": "none"}),
            0,
            json!({"thinking": {"type": "disabled"}}),
        ),
        ("us.anthropic.claude-fable-5", &off, 0, json!({"output_config": {"effort": "low"}})),
        (NOVA, &low, 0, json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}})),
        (
            NOVA,
            &within(20_000, 30_000),
            0,
            json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        ),
        ("openai.gpt-oss-20b-1:0", &budget, 0, json!({"reasoning_effort": "high"})),
        ("moonshot.kimi-k2-thinking", &low, 0, json!({"reasoning_effort": "low"})),
        ("qwen.qwen3-32b-v1:0", &budget, 0, json!({"reasoning_config": "high"})),
    ] {
        let (body, _) = sent(model, &chat(members), Unsupported::Drop).unwrap();
        assert_eq!(body["additionalModelRequestFields"], fields, "{model} {members}");
        let max = body["inferenceConfig"]["maxTokens"].as_u64().unwrap_or(0);
        assert_eq!(max, limit, "{model} {members}");
    }
}

#[test]
fn a_tool_by_its_name_is_the_only_one_where_names_are_not_taken() {
    let tool = |name: &str| json!({"type": "function", "function": {"name": name}});
    let choice = json!({"type": "function", "function": {"name": "b"}});
    let members = json!({"tools": [tool("a"), tool("b")], "tool_choice": choice});
    let config =
        |model: &str| sent(model, &chat(&members), Unsupported::Reject).unwrap().0["toolConfig"].take();
    let mistral = config("mistral.mistral-large-2402-v1:0");
    assert_eq!(mistral["toolChoice"], json!({"any": {}}));
    assert_eq!(mistral["tools"].as_array().unwrap().len(), 1);
    assert_eq!(mistral["tools"][0]["toolSpec"]["name"], "b");
    assert_eq!(config("amazon.nova-lite-v1:0")["toolChoice"], json!({"tool": {"name": "b"}}));
}

#[test]
fn claude_is_told_of_alternatives_at_the_top_of_a_schema_in_words() {
    let schema = json!({"anyOf": [{"required": ["a"]}], "description": "D.", "properties": {"a": {}}});
    let members = json!({"tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}]});
    let (body, _) = sent(CLAUDE, &chat(&members), Unsupported::Reject).unwrap();
    assert_eq!(
        body["toolConfig"]["tools"][0]["toolSpec"]["inputSchema"]["json"],
        json!({"type": "object", "properties": {"a": {}}, "description": "D.\n\n{anyOf: [{\"required\":[\"a\"]}]}"})
    );
}

#[test]
fn what_nobody_can_say_is_refused_by_its_place() {
    let part = |part: Value| json!({"messages": [{"role": "user", "content": [part]}]});
    let call = |name: &str, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        json!({"messages": [{"role": "assistant", "tool_calls": [{"id": "i", "type": "function", "function": function}]}]})
    };
    let audio = json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}});
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}});
    for (members, param) in [
        (
            part(json!({"type": "image_url", "image_url": {"url": "http://a.example/x.png"}})),
            "messages[0].content[0]",
        ),
        (part(json!({"type": "file", "file": {"file_id": "file-1"}})), "messages[0].content[0]"),
        (
            part(json!({"type": "input_audio", "input_audio": {"data": "AA==", "format": "midi"}})),
            "messages[0].content[0]",
        ),
        (
            part(
                json!({"type": "file", "file": {"file_data": "data:application/zip;base64,AA==", "filename": "a.zip"}}),
            ),
            "messages[0].content[0]",
        ),
        (json!({"messages": [{"role": "system", "content": [image]}]}), "messages[0].content[0]"),
        (json!({"messages": [{"role": "assistant", "content": [image]}]}), "messages[0].content[0]"),
        (
            json!({"messages": [{"role": "tool", "tool_call_id": "i", "content": [audio]}]}),
            "messages[0].content[0]",
        ),
        (call("a b", "{}"), "messages[0].tool_calls[0].function.name"),
        (call("a", "{}"), "messages.[1].role"),
    ] {
        let error = sent(CLAUDE, &chat(&members), Unsupported::Drop).unwrap_err();
        assert_eq!((error.status, error.param.as_deref()), (400, Some(param)), "{members}");
    }
    let begun = json!({"messages": [{"role": "user", "content": "Count."}, {"role": "assistant", "content": "One,"}]});
    let error = sent("us.anthropic.claude-opus-4-6-v1", &chat(&begun), Unsupported::Drop).unwrap_err();
    assert_eq!((error.status, error.param.as_deref()), (400, Some("messages")));
}

#[test]
fn a_schema_that_strict_mode_does_not_take_is_asked_for_in_another_way() {
    let format = |schema: &Value, strict: bool| {
        chat(
            &json!({"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": schema, "strict": strict}}}),
        )
    };
    let closed = json!({"type": "object", "additionalProperties": false});
    let ranged = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "additionalProperties": false});
    let list = json!({"type": "array"});
    let way = |model: &str, request: &Value| {
        let (body, _) = sent(model, request, Unsupported::Drop).unwrap();
        match () {
            () if !body["outputConfig"].is_null() => "native",
            () if !body["toolConfig"].is_null() => "tool",
            () if !body["system"].is_null() => "words",
            () => "nothing",
        }
    };
    assert_eq!(way(CLAUDE, &format(&closed, true)), "native");
    assert_eq!(way(CLAUDE, &format(&closed, false)), "tool");
    assert_eq!(way(CLAUDE, &format(&ranged, true)), "tool");
    assert_eq!(way(CLAUDE, &format(&list, true)), "words");
    assert_eq!(way("us.anthropic.claude-opus-4-7", &format(&closed, true)), "tool");
    assert_eq!(way("us.anthropic.claude-fable-5", &format(&closed, true)), "words");
    assert_eq!(way("us.meta.llama3-1-8b-instruct-v1:0", &format(&closed, true)), "words");
    let mut thinking = format(&closed, false);
    thinking["reasoning_effort"] = json!("low");
    assert_eq!(way(CLAUDE, &thinking), "words");
}

#[test]
fn signatures_come_back_with_the_thoughts_that_they_sign() {
    for (reasoning, signature, expected) in [
        ("abc", "s1", vec![("abc", "s1")]),
        ("abé😀d", "s1 2 s2 4 s3", vec![("ab", "s1"), ("é😀", "s2"), ("d", "s3")]),
        ("ab", "s1 9 s2", vec![("ab", "s1"), ("", "s2")]),
        ("ab", "s1 x", vec![("ab", "s1")]),
        ("", "s1", vec![("", "s1")]),
    ] {
        let message = json!({"role": "assistant", "content": "c", "reasoning": reasoning, "reasoning_signature": signature});
        let (body, _) = sent(CLAUDE, &chat(&json!({"messages": [message]})), Unsupported::Drop).unwrap();
        let blocks = body["messages"][0]["content"].as_array().unwrap();
        let thoughts: Vec<_> = blocks
            .iter()
            .filter_map(|block| block.get("reasoningContent"))
            .map(|block| &block["reasoningText"])
            .map(|block| (block["text"].as_str().unwrap(), block["signature"].as_str().unwrap()))
            .collect();
        assert_eq!(thoughts, expected, "{signature}");
    }
}

#[test]
fn a_configuration_of_null_among_the_clients_own_says_nothing() {
    for (own, expected) in
        [(json!(null), json!({"maxTokens": 5})), (json!({"x": 1}), json!({"maxTokens": 5, "x": 1}))]
    {
        let request = chat(&json!({"max_tokens": 5, "aws": {"inferenceConfig": own}}));
        let (body, _) = sent(CLAUDE, &request, Unsupported::Drop).unwrap();
        // Of a name that stands twice this reader takes the last.
        assert_eq!(body["inferenceConfig"], expected);
    }
}

#[test]
fn tools_that_nova_runs_have_no_settings() {
    const NOVA: &str = "us.amazon.nova-2-lite-v1:0";
    let asked = |members: Value| sent(NOVA, &chat(&members), Unsupported::Drop).unwrap();
    let own = |names: &[&str]| {
        let tools: Vec<_> = names.iter().map(|name| json!({"systemTool": {"name": name}})).collect();
        json!({ "tools": tools })
    };
    let (body, dropped) = asked(json!({"tool_choice": {"type": "web_search_preview"}, "tools": [
        {"type": "web_search", "search_context_size": "high", "external_web_access": false,
         "user_location": {"type": "approximate", "country": "NO"},
         "filters": {"allowed_domains": ["a.example"], "blocked_domains": ["b.example"]}},
        {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["f"], "memory_limit": "4g"}}]}));
    assert_eq!(body["toolConfig"], own(&["nova_code_interpreter", "nova_grounding"]));
    let names = [
        "tools[0].external_web_access",
        "tools[0].filters.allowed_domains",
        "tools[0].filters.blocked_domains",
        "tools[0].search_context_size",
        "tools[0].user_location",
        "tools[1].container.file_ids",
        "tools[1].container.memory_limit",
        "tool_choice",
    ];
    assert_eq!(dropped, names);
    // One of these is what nothing else is asked of.
    for tool in [
        json!({"type": "web_search_2025_08_26", "search_context_size": "medium", "filters": null, "user_location": null}),
        json!({"type": "web_search", "external_web_access": true, "filters": {"allowed_domains": []}}),
        json!({"type": "nova_grounding"}),
    ] {
        assert_eq!(asked(json!({"tools": [tool]})), (asked(json!({"web_search_options": {}})).0, vec![]));
    }
    let code = json!([{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [],
        "network_policy": {"type": "disabled"}}}]);
    assert_eq!(asked(json!({"tools": code})).1, Vec::<String>::new());
    let code = json!([{"type": "code_interpreter", "container": "cntr_1"}]);
    assert_eq!(asked(json!({"tools": code})).1, ["tools[0].container"]);
    // Those that are not allowed are not there.
    let tools = json!([{"type": "web_search"}, {"type": "code_interpreter"}]);
    let allowed = json!({"type": "allowed_tools", "mode": "auto", "tools": [{"type": "code_interpreter"}]});
    let (body, dropped) = asked(json!({"tools": tools, "tool_choice": allowed}));
    assert_eq!((&body["toolConfig"], dropped), (&own(&["nova_code_interpreter"]), vec![]));
}
