"""The checks of requests to providers, checked: what providers took in fact passes, and what they would refuse does not."""

import collections
import copy
import json
import os
import pathlib

import pytest

import chat_requests
import upstream
import upstream_rules
import upstream_targets

SPEC = os.environ.get("ORQ_SPEC")
CORPUS = os.environ.get("ORQ_CORPUS")
RECORDED = {
    ("anthropic", "messages"): "anthropic", ("vertex", "anthropic-rawPredict"): "vertex-anthropic",
    ("vertex", "anthropic-streamRawPredict"): "vertex-anthropic", ("gemini", "generateContent"): "gemini",
    ("gemini", "streamGenerateContent"): "gemini", ("vertex", "generateContent"): "vertex",
    ("vertex", "streamGenerateContent"): "vertex", ("bedrock", "converse"): "bedrock", ("bedrock", "converse-stream"): "bedrock",
    ("cohere", "v2-chat"): "cohere", ("mistral", "chat"): "mistral",
}
# What providers took though their types or pages deny it: the language, the fault, and why it stays one for what we send.
TAKEN = {
    ("bedrock", "the name of a document does not match"): "an underscore, against the documentation",
    ("bedrock", "a toolUse without its toolResult in the next message"): "a call that the server answered itself",
    ("bedrock", "roles do not alternate"): "Titan, not one of the models that chats are sent to",
    ("gemini", ".safetySettings[].category"): "numbers in place of enums' names",
    ("gemini", ". Additional properties are not allowed ('model' was unexpected)"): "a model in the body, too",
    ("gemini", ".tools[].functionDeclarations[].parameters"): "the same in a tool's schema",
    ("mistral", "the id of a tool call has not 9"): "ids that the recording replaced",
    ("gemini", "a role None"): "several turns, of which one says no role",
}
# Members whose values are the client's own, so that their names mean nothing.
OWN = {"args", "response", "properties", "parametersJsonSchema", "parameters_json_schema", "responseJsonSchema", "labels"}


def in_camel_case(value):
    """Protobuf's JSON takes names in both cases; one is enough for what we send."""
    if isinstance(value, list):
        return [in_camel_case(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {}
    for name, one in value.items():
        head, *more = name.split("_")
        fields = name == "properties" and isinstance(one, dict)
        one = {field: in_camel_case(about) for field,
        about in one.items()} if fields else one if name in OWN else in_camel_case(one)
        made[head + "".join(part.title() for part in more)] = one
    return made


def faults(language, sent, model=""):
    return upstream.schema_faults(language, sent, SPEC) or upstream_rules.faults(language, sent, model)


def recorded():
    for line in map(json.loads, (pathlib.Path(CORPUS) / "index.jsonl").read_text().splitlines()):
        language = RECORDED.get((line["provider"], line["endpoint"]))
        if language and line["request_file"] and line["status"] == 200:
            folder = pathlib.Path(CORPUS) / line["case"]
            about = json.loads((folder / "meta.json").read_bytes())
            sent = upstream.Sent(about["url"], about.get("request_headers") or {}, (folder / line["request_file"]).read_bytes())
            if language in ("gemini", "vertex"):
                sent.body = in_camel_case(sent.body)
            yield language, line["case"], sent


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS names no folder of recorded traffic")
def test_what_providers_took_is_valid():
    found, counted = {}, collections.Counter()
    for language, case, sent in recorded():
        counted[language] += 1
        if language == "anthropic":
            # The recordings do not keep the header that opens what is in beta.
            plain = faults(language, sent)
            sent.headers["anthropic-beta"] = "any," + upstream_rules.FIRST_MCP_BETA
            wrong = plain and faults(language, sent)
        else:
            wrong = faults(language, sent)
        wrong = [fault for fault in wrong if not any(fault.startswith(known) for of, known in TAKEN if of == language)]
        if wrong:
            found[case] = wrong
    assert not found, json.dumps(found, indent=1)
    assert set(counted) == set(RECORDED.values()), counted
    print("taken by their providers and valid: %s" % dict(counted))


# --- What is fine, and one change that makes it wrong ---

TOOL_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
FINE = {
    "anthropic": {
        "model": "claude-sonnet-4-5", "max_tokens": 4000, "system": [{"type": "text", "text": "Be brief."}], "temperature": 1,
        "thinking": {"type": "enabled", "budget_tokens": 2000}, "stop_sequences": ["END"], "tool_choice": {"type": "auto"},
        "tools": [{"name": "weather", "input_schema": TOOL_SCHEMA}],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}},
                                         {"type": "image",
                                         "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "T", "signature": "S"},
                                              {"type": "tool_use", "id": "a", "name": "weather", "input": {}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "19"}]}],
    },
    "gemini": {
        "contents": [
            {"role": "user", "parts": [{"text": "Hi"}, {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]},
            {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}, "thoughtSignature": "AAAA"}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "19"}}}]}],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "tools": [{"functionDeclarations": [{"name": "weather", "parameters": {
            "type": "OBJECT", "properties": {"city": {"type": "STRING"}}, "required": ["city"]}}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["weather"]}},
        "generationConfig": {"temperature": 1.5, "stopSequences": ["END"], "maxOutputTokens": 9, "topK": 3, "seed": 1,
                             "thinkingConfig": {"thinkingBudget": 1024, "includeThoughts": True}},
    },
    "bedrock": {
        "messages": [
            {"role": "user", "content": [{"text": "Hi"},
            {"document": {"format": "pdf", "name": "a paper", "source": {"bytes": "AAAA"}}},
                                         {"cachePoint": {"type": "default"}}]},
            {"role": "assistant", "content": [{"reasoningContent": {"reasoningText": {"text": "T", "signature": "S"}}},
                                              {"toolUse": {"toolUseId": "a", "name": "weather", "input": {}}}]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "19"}]}}]}],
        "system": [{"text": "Be brief."}], "inferenceConfig": {"maxTokens": 4000, "stopSequences": ["END"]},
        "toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": TOOL_SCHEMA}}}],
        "toolChoice": {"auto": {}}},
        "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 2000}},
    },
    "cohere": {
        "model": "command-a-03-2025", "temperature": 0.5, "p": 0.5, "k": 3, "stop_sequences": ["END"], "tool_choice": "REQUIRED",
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": TOOL_SCHEMA}}],
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                     {"role": "assistant", "tool_plan": "T", "tool_calls": [
                         {"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
                     {"role": "tool", "tool_call_id": "a", "content": "19"}],
    },
    "mistral": {
        "model": "mistral-large-latest", "temperature": 0.5, "random_seed": 1,
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": TOOL_SCHEMA}}],
        "messages": [{"role": "user", "content": "Hi"},
                     {"role": "assistant", "content": "", "tool_calls": [
                         {"id": "abcdefgh1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
                     {"role": "tool", "tool_call_id": "abcdefgh1", "content": "19"}],
    },
}
FINE["vertex"] = {**FINE["gemini"], "labels": {"team": "a"}}
FINE["vertex-anthropic"] = {"anthropic_version": "vertex-2023-10-16",
                            **{name: value for name, value in FINE["anthropic"].items() if name != "model"}}
MODELS = {"anthropic": "claude-sonnet-4-5", "vertex-anthropic": "claude-sonnet-4-5@20250929", "gemini": "gemini-2.5-flash",
          "vertex": "gemini-2.5-pro", "bedrock": "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "cohere": "command-a-03-2025",
          "mistral": "mistral-large-latest"}
GONE = object()
LANGUAGES = [language if language != "mistral" else pytest.param(language, marks=pytest.mark.skipif(
    not SPEC, reason="ORQ_SPEC names no folder of specifications")) for language in FINE]


def check(language, body, model=None):
    path = {"gemini": "/v1beta/models/m:generateContent", "vertex": "/m:generateContent", "bedrock": "/model/m/converse"}
    sent = upstream.Sent(path.get(language, "/v2/chat"), {}, json.dumps(body).encode())
    return faults(language, sent, model or MODELS[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_request_with_much_in_it_is_valid(language):
    assert not check(language, FINE[language])


def objects(value, inside=()):
    """Every object of a body whose members the provider names."""
    if isinstance(value, list):
        for at, one in enumerate(value):
            yield from objects(one, (*inside, at))
    elif isinstance(value, dict):
        yield inside
        for name, one in value.items():
            if name not in ("input_schema", "input", "args", "response", "properties", "parameters", "json", "labels",
                            "additionalModelRequestFields"):
                yield from objects(one, (*inside, name))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_member_that_the_provider_does_not_know_is_a_fault_everywhere(language):
    places = list(objects(FINE[language]))
    assert len(places) > 6
    for place in places:
        body = copy.deepcopy(FINE[language])
        at = body
        for step in place:
            at = at[step]
        at["unheard_of"] = 1
        assert check(language, body), "%s takes an unknown member of %s" % (language, place)


def text_of(language, text):
    return {"anthropic": {"type": "text", "text": text}, "gemini": {"text": text}, "bedrock": {"text": text}}[language]


RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "19"}]}
TREE = {"type": "object", "additionalProperties": False, "properties": {"a": {"$ref": "#"}}}
WRONG = [
    # Anthropic
    ("anthropic", "max_tokens", GONE), ("anthropic", "max_tokens", "9"), ("anthropic", "max_tokens", 2000),
    ("anthropic", "messages", []), ("anthropic", "system.0.text", " "), ("anthropic", "temperature", 0.5),
    ("anthropic", "thinking.budget_tokens", 1000), ("anthropic", "tool_choice", {"type": "any"}), ("anthropic", "tools", []),
    ("anthropic", "top_p", 0.5), ("anthropic", "top_k", 3), ("anthropic", "stop_sequences.0", "\n"),
    ("anthropic", "messages.0.content.0.text", ""), ("anthropic", "messages.0.role", "system"),
    ("anthropic", "messages.0.content.1.source.media_type", "image/bmp"), ("anthropic", "messages.0.content.1.source.data", "@"),
    ("anthropic", "messages.0.content.1.source.data", ""), ("anthropic", "messages.0.content", []),
    ("anthropic", "messages.1.content.0", text_of("anthropic", "first")), ("anthropic", "messages.1.content.1.id", "b"),
    ("anthropic", "messages.1.content.1.id", "a/1"), ("anthropic", "messages.1.content.1.input", "{}"),
    ("anthropic", "messages.2.content.0.tool_use_id", "b"), ("anthropic", "messages.2", {"role": "user", "content": "Well?"}),
    ("anthropic", "messages.2.content", [text_of("anthropic", "Hm"), RESULT["content"][0]]),
     ("anthropic", "messages.2", RESULT | {"role": "assistant"}),
    ("anthropic", "messages.1.content.0.signature", ""), ("anthropic", "tools.0.name", "a.b"),
     ("anthropic", "tools.0.input_schema", {}),
    ("anthropic", "tools.0.input_schema.anyOf", []), ("anthropic", "tools.0.strict", True),
     ("anthropic", "thinking", {"type": "adaptive"}),
    ("anthropic", "output_config", {"effort": "low"}),
     ("anthropic", "output_config", {"format": {"type": "json_schema", "schema": TREE}}),
    ("anthropic", "output_config", {"format": {"type": "json_schema", "schema": {"type": "object"}}}),
    ("anthropic", "service_tier", "flex"), ("anthropic", "metadata", {"user": "x"}),
    ("vertex-anthropic", "anthropic_version", GONE), ("vertex-anthropic", "anthropic_version", "2023-06-01"),
    ("vertex-anthropic", "model", "claude-sonnet-4-5"),
    ("vertex-anthropic", "messages.0.content.1.source", {"type": "url", "url": "https://example.com/a.png"}),
    # Gemini and Vertex
    ("gemini", "contents", GONE), ("gemini", "contents", []), ("gemini", "contents.0.role", "assistant"),
     ("gemini", "contents.0.parts", []),
    ("gemini", "contents.0.parts.0.text", ""), ("gemini", "contents.0.parts.1.text", "two"),
     ("gemini", "contents.0.parts.1.inlineData.data", "@"),
    ("gemini", "contents.1.parts.0.functionCall.args", "{}"), ("gemini", "contents.1.parts.0.functionCall.name", "1 x"),
    ("gemini", "contents.2.parts.0.functionResponse.response", "19"),
     ("gemini", "contents.2.parts.0.functionResponse.name", "time"),
    ("gemini", "contents.2", {"role": "user", "parts": [{"text": "Well?"}]}), ("gemini", "contents.0.role", "model"),
    ("gemini", "systemInstruction.parts", []), ("gemini", "system_instruction", {}), ("gemini", "labels", {"a": "b"}),
    ("gemini", "tools.0.functionDeclarations.0.parameters.required", ["town"]), ("gemini", "tools.0.googleSearch", {}),
    ("gemini", "tools.0.functionDeclarations.0.parameters.properties.city", {"type": "ARRAY"}),
    ("gemini", "tools.0.functionDeclarations.0.parameters.properties.city", {"type": "STRING", "enum": [1]}),
    ("gemini", "tools.0.functionDeclarations.0.parameters.properties.city", {"type": "STRING", "format": "email"}),
    ("gemini", "tools.0.functionDeclarations.0.parameters.properties.city", {"$ref": "#/$defs/a"}),
    ("gemini", "tools.0.functionDeclarations.0.parametersJsonSchema", {}), ("gemini", "tools", GONE),
    ("gemini", "toolConfig.functionCallingConfig.mode", "AUTO"),
     ("gemini", "toolConfig.functionCallingConfig.allowedFunctionNames", ["x"]),
    ("gemini", "generationConfig.temperature", 2.5), ("gemini", "generationConfig.stopSequences", list("abcdef")),
    ("gemini", "generationConfig.responseSchema", {"type": "STRING"}),
     ("gemini", "generationConfig.responseMimeType", "application/json"),
    ("gemini", "generationConfig.seed", 1 << 40), ("gemini", "generationConfig.logprobs", 5),
     ("gemini", "generationConfig.topK", 0),
    ("gemini", "generationConfig.thinkingConfig.thinkingLevel", "HIGH"),
     ("gemini", "generationConfig.thinkingConfig.thinkingBudget", 99999),
    ("vertex", "generationConfig.thinkingConfig.thinkingBudget", 0), ("vertex", "labels", {"A": "b"}), ("vertex", "store", True),
    ("vertex", "contents.0.parts.1", {"fileData": {"fileUri": "gs://a/b.png"}}),
    # Bedrock
    ("bedrock", "messages", []), ("bedrock", "messages.0.content", []), ("bedrock", "messages.0.role", "assistant"),
    ("bedrock", "messages.0.content.0", {}), ("bedrock", "messages.0.content.0.image",
     {"format": "png", "source": {"bytes": "AAAA"}}),
    ("bedrock", "messages.0.content.0", {"cachePoint": {"type": "default"}}), ("bedrock", "messages.0.content.0.text", "\n"),
    ("bedrock", "messages.0.content.1.document.name", "a.pdf"), ("bedrock", "messages.0.content.1.document.format", "zip"),
    ("bedrock", "messages.0.content.1.document.source.bytes", "@"), ("bedrock", "messages.0.content.1.document.source.bytes", ""),
    ("bedrock", "messages.0.content.1.document.name", "x" * 201), ("bedrock", "messages.1.content.1.toolUse.toolUseId", "a/b"),
    ("bedrock", "messages.1.content.1.toolUse.toolUseId", "x" * 65), ("bedrock", "messages.1.content.1.toolUse.name", "a.b"),
    ("bedrock", "messages.1.content.0", {"text": "first"}), ("bedrock", "messages.1.role", "user"),
    ("bedrock", "messages.2.content.0.toolResult.toolUseId", "b"), ("bedrock", "messages.2.content.0.toolResult.content", "19"),
    ("bedrock", "messages.2.content.0", {"text": "Well?"}), ("bedrock", "system", "Be brief."), ("bedrock", "system.0.text", ""),
    ("bedrock", "toolConfig", GONE), ("bedrock", "toolConfig.tools", []),
     ("bedrock", "toolConfig.toolChoice", {"auto": {}, "any": {}}),
    ("bedrock", "toolConfig.toolChoice", {"any": {}}), ("bedrock", "toolConfig.toolChoice", {"tool": {"name": "time"}}),
    ("bedrock", "toolConfig.tools.0.toolSpec.inputSchema.json", {"type": "string"}),
     ("bedrock", "toolConfig.tools.0.toolSpec.description", ""),
    ("bedrock", "inferenceConfig.maxTokens", 1000), ("bedrock", "inferenceConfig.temperature", 1.5),
     ("bedrock", "inferenceConfig.topP", "1"),
    ("bedrock", "inferenceConfig.stopSequences", [""]), ("bedrock", "additionalModelRequestFields.seed", 1),
     ("bedrock", "stream", True),
    ("bedrock", "requestMetadata", {"a": "ü"}), ("bedrock", "serviceTier", {"type": "auto"}),
    # Cohere
    ("cohere", "messages", []), ("cohere", "model", GONE), ("cohere", "p", 1), ("cohere", "k", 501),
     ("cohere", "frequency_penalty", 1.5),
    ("cohere", "stop_sequences", list("abcdef")), ("cohere", "tool_choice", "AUTO"), ("cohere", "tools", []),
     ("cohere", "user", "x"),
    ("cohere", "messages.0.role", "developer"), ("cohere", "messages.1.content.0.text", ""),
     ("cohere", "messages.1.content", None),
    ("cohere", "messages.2.tool_calls.0.id", "b"), ("cohere", "messages.2.tool_calls.0.function.arguments", ""),
     ("cohere", "messages.3.tool_call_id", "b"),
    ("cohere", "response_format", {"type": "json_object"}), ("cohere", "messages.3", {"role": "user", "content": "Well?"}),
    ("cohere", "tools.0.function.parameters", GONE), ("cohere", "tools.0.type", GONE),
     ("cohere", "thinking", {"type": "enabled", "token_budget": 0}),
    # Mistral
    ("mistral", "messages.2", {"role": "user", "content": "Well?"}), ("mistral", "messages.1.role", "developer"),
    ("mistral", "messages.1.tool_calls.0.id", "call_1"),
    ("mistral", "temperature", 1.6), ("mistral", "tools.0.function.parameters", GONE), ("mistral", "seed", 1),
    ("mistral", "messages", [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hel"}]),
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_provider_would_refuse_is_a_fault(language):
    passed = []
    for of, place, value in WRONG:
        if of != language:
            continue
        body = copy.deepcopy(FINE[language])
        *steps, last = [int(step) if step.isdigit() else step for step in place.split(".")]
        at = body
        for step in steps:
            at = at[step]
        if value is GONE:
            del at[last]
        else:
            at[last] = value
        if not check(language, body):
            passed.append((place, value))
    assert not passed, "%s: these pass: %s" % (language, passed)


@pytest.mark.parametrize("language, model, change", [
    ("anthropic", "claude-opus-4-8", {}),
    ("anthropic", "claude-opus-4-8", {"thinking": {"type": "adaptive"}, "temperature": 1}),
    ("anthropic", "claude-opus-4-6", {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "H"}]}),
    ("anthropic", "claude-3-5-haiku-20241022", {}),
    ("gemini", "gemini-3-pro-preview", {"generationConfig": {"thinkingConfig": {"thinkingLevel": "MEDIUM"}}}),
    ("gemini", "gemini-3.6-flash", {"generationConfig": {"presencePenalty": 1}}),
    ("bedrock", "amazon.nova-lite-v1:0", {}),
    ("bedrock", "mistral.mistral-large-2402-v1:0", {"additionalModelRequestFields": {}}),
])
def test_what_another_model_would_refuse_is_a_fault_there(language, model, change):
    body = {**FINE[language], **change}
    assert check(language, {**body, "model": model} if language == "anthropic" else body, model)


@pytest.mark.parametrize("body", [b'{"a":1,"a":2}', b'{"a":NaN}', b'{"a":"\\ud83e"}', b'{"a":"\xff"}', b"{"])
def test_a_body_that_readers_read_differently_is_a_fault(body):
    with pytest.raises((AssertionError, ValueError)):
        upstream.Sent("/", {}, body)


def heard(body):
    chat = chat_requests.Chat("one", {"messages": [
        {"role": "system", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "first"}]},
        {"role": "assistant", "tool_calls": [{"id": "a", "type": "function",
        "function": {"name": "now", "arguments": '{"a":[1]}'}}]},
        {"role": "tool", "tool_call_id": "a", "content": '{"b":2}'}, {"role": "user", "content": "second"}]})
    return upstream_targets.unsaid(chat, upstream.Sent("/", {}, json.dumps(body).encode()))


def test_what_does_not_arrive_or_in_another_order_is_told():
    whole = ["Be brief.", "first", {"name": "now", "input": {"a": [1]}}, {"b": 2}, "second"]
    assert not heard(whole)
    for at in range(len(whole)):
        assert heard(whole[:at] + whole[at + 1:]), "nobody misses %s" % whole[at]
    assert heard(["Be brief.", "second", {"name": "now", "input": {"a": [1]}}, {"b": 2}, "first"])
    assert heard(["Be brief.", "first", {"name": "now", "input": {"a": ["1"]}}, {"b": 2}, "second"])


class Forgetful:
    """A proxy that forgets one parameter and one member of messages, and names others that it leaves out."""

    def ask(self, target, body):
        body = json.loads(body)
        named = [name for name in ("user", "top_k") if body.pop(name, None)]
        body.pop("seed", None)
        for message in body["messages"]:
            message.pop("cache_control", None)
        seen = {"path": "/v1/messages", "headers": {}, "body": json.dumps(body).encode()}
        return upstream_targets.Answered(200, {"x-orq-dropped-params": ", ".join(named)}, b"{}", seen)


def test_what_is_lost_in_silence_is_told():
    def lost(**fields):
        message = {"role": "user", "content": "Hi", **fields.pop("message", {})}
        chat = chat_requests.Chat("one", {"messages": [message], **fields})
        return upstream_targets.lost(Forgetful(), "anthropic/claude-sonnet-4-5", chat)

    assert not lost(user="u", top_k=3, temperature=0.5, stream=False, seed=None)
    assert lost(user="u", seed=3) == ["seed is lost in silence"]
    assert lost(message={"cache_control": {"type": "ephemeral"},
    "name": "ada"}) == ["messages[].cache_control is lost in silence"]


@pytest.mark.parametrize("status, error, fine", [
    (400, {"message": "Invalid 'messages': say more.", "type": "t", "param": "messages", "code": None}, True),
    (400, {"message": "Invalid 'messages': say more.", "type": "t", "param": None, "code": None}, False),
    (400, {"message": "No.", "type": "t", "param": "messages", "code": None}, False),
    (400, {"message": "Invalid 'messages': say more.", "param": "messages"}, False),
    (500, {"message": "Invalid 'messages': say more.", "type": "t", "param": "messages", "code": None}, False),
])
def test_a_refusal_is_clear_or_a_fault(status, error, fine):
    found, _ = upstream_targets.refusal_faults(upstream_targets.Answered(status, {}, json.dumps({"error": error}).encode(), None))
    assert (not found) == fine


@pytest.mark.parametrize("beta, form, fine", [
    ("mcp-client-2026-09-15", "toolset", True), ("mcp-client-2026-09-15", "configuration", False), ("mcp-client-2026-09-15", "", False),
    (upstream_rules.FIRST_MCP_BETA, "toolset", False), (upstream_rules.FIRST_MCP_BETA, "configuration", True),
    (upstream_rules.FIRST_MCP_BETA, "", True), ("any", "toolset", False),
])
def test_each_beta_of_mcp_has_its_form(beta, form, fine):
    server = {"type": "url", "url": "https://wiki.example/mcp", "name": "wiki"}
    if form == "configuration":
        server["tool_configuration"] = {"allowed_tools": ["ask"]}
    tools = [{"type": "mcp_toolset", "mcp_server_name": "wiki"}] if form == "toolset" else []
    body = {"model": "claude-sonnet-4-5", "max_tokens": 9, "messages": [{"role": "user", "content": "Hi"}],
            "mcp_servers": [server], **({"tools": tools} if tools else {})}
    sent = upstream.Sent("/v1/messages", {"anthropic-version": "2023-06-01", "anthropic-beta": beta}, json.dumps(body).encode())
    assert (not faults("anthropic", sent)) == fine, faults("anthropic", sent)
