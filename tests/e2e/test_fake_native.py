"""The fake provider's checks in the providers' own languages: each must be able to fail, or the tests behind it prove nothing."""

import base64
import copy

import httpx
import pytest

from samples import PNG

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
DATA = base64.b64encode(PNG).decode()
BEARER = {"authorization": "Bearer provider-key"}


class Language:
    """A request that is right, and how its answers are read."""

    def __init__(self, path, headers, good, text, error):
        self.path, self.headers, self.good, self.text, self.error = path, headers, good, text, error


LANGUAGES = {
    "anthropic": Language(
        "/v1/messages", {"x-api-key": "provider-key", "anthropic-version": "2023-06-01"},
        {"model": "claude-sonnet-4-5", "max_tokens": 2000, "messages": [{"role": "user", "content": "Hi"}]},
        lambda answer: answer["content"][-1]["text"], lambda answer: answer["error"]["message"]),
    "anthropic-beta": Language(
        "/v1/messages", {"x-api-key": "provider-key", "anthropic-version": "2023-06-01", "anthropic-beta": "mcp-client-2026-09-15"},
        {"model": "claude-sonnet-4-5", "max_tokens": 2000, "messages": [{"role": "user", "content": "Hi"}]},
        lambda answer: answer["content"][-1]["text"], lambda answer: answer["error"]["message"]),
    "vertex-anthropic": Language(
        "/v1/projects/p/locations/l/publishers/anthropic/models/claude-sonnet-4-5@20250929:rawPredict", BEARER,
        {"anthropic_version": "vertex-2023-10-16", "max_tokens": 2000, "messages": [{"role": "user", "content": "Hi"}]},
        lambda answer: answer["content"][-1]["text"], lambda answer: answer["error"]["message"]),
    "gemini": Language(
        "/v1beta/models/gemini-2.5-flash:generateContent", {"x-goog-api-key": "provider-key"},
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        lambda answer: answer["candidates"][0]["content"]["parts"][-1]["text"], lambda answer: answer["error"]["message"]),
    "vertex": Language(
        "/v1/projects/p/locations/l/publishers/google/models/gemini-3-pro-preview:generateContent", BEARER,
        {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]},
        lambda answer: answer["candidates"][0]["content"]["parts"][-1]["text"], lambda answer: answer["error"]["message"]),
    "bedrock": Language(
        "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse", BEARER,
        {"messages": [{"role": "user", "content": [{"text": "Hi"}]}]},
        lambda answer: answer["output"]["message"]["content"][-1]["text"], lambda answer: answer["message"]),
    "cohere": Language(
        "/v2/chat", BEARER, {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Hi"}]},
        lambda answer: answer["message"]["content"][-1]["text"], lambda answer: answer["message"]),
}


@pytest.fixture
def ask(fake):
    fake.reset()
    with httpx.Client(base_url="http://127.0.0.1:%d" % fake.port) as client:
        def ask(name, change=None, headers=None, path=None):
            language = LANGUAGES[name]
            body = copy.deepcopy(language.good)
            if callable(change):
                change(body)
            else:
                body.update(change or {})
            return client.post(path or language.path, json=body, headers=language.headers if headers is None else headers)
        yield ask


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_fake_takes_what_is_right_in_every_language(ask, fake, name):
    answer = ask(name)
    assert answer.status_code == 200 and LANGUAGES[name].text(answer.json()) == "Hello from the fake provider. You said: Hi"
    assert fake.state()["violations"] == []


def says(**message):
    return {"messages": [message]}


def claude(*messages, **more):
    return dict(more, messages=[{"role": role, "content": content} for role, content in messages])


def gemini(*contents, **more):
    return dict(more, contents=[{"role": role, "parts": parts} for role, parts in contents])


USE = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "sunny"}
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 1024}}
FORMAT = {"output_config": {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {}}}}}
DECLARED = {"tools": [{"functionDeclarations": [{"name": "weather", "parameters": {"type": "OBJECT"}}]}]}
CALL = {"functionCall": {"name": "weather", "args": {}}}
ANSWERED = {"functionResponse": {"name": "weather", "response": {"result": "sunny"}}}
USED = {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {}}}
GOT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "sunny"}]}}
SPEC = {"toolConfig": {"tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": SCHEMA}}}]}}
COHERE_CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}

BAD = {
    # a sentence of the refusal, the language, and what is wrong
    "no max_tokens": ("max_tokens: Field required", "anthropic", lambda body: body.pop("max_tokens")),
    "a member of OpenAI's": ("n: Extra inputs", "anthropic", {"n": 1}),
    "a prefixed model": ("prefix", "anthropic", {"model": "anthropic/claude-sonnet-4-5"}),
    "a model beside the path's": ("model: Extra inputs", "vertex-anthropic", {"model": "claude"}),
    "a stream by the wrong method": ("stream is True", "vertex-anthropic", {"stream": True}),
    "the role system": ("messages.0.role", "anthropic", claude(("system", "Be brief."))),
    "an assistant first": ("first message", "anthropic", claude(("assistant", "Hi"))),
    "no content": ("non-empty content", "anthropic", claude(("user", ""))),
    "an empty block": ("something in it", "anthropic", claude(("user", [{"type": "text", "text": ""}]))),
    "white space at the end of a prefill": ("trailing whitespace", "anthropic", claude(("user", "Hi"), ("assistant", "I "))),
    "a call without a result": ("without `tool_result`", "anthropic", claude(("user", "Hi"), ("assistant", [USE]), ("user", "Well?"))),
    "a result without a call": ("unexpected `tool_use_id`", "anthropic", claude(("user", [RESULT]))),
    "a text before a result": ("without `tool_result`", "anthropic",
                               claude(("user", "Hi"), ("assistant", [USE]), ("user", [{"type": "text", "text": "So:"}, RESULT]))),
    "two results of a call": ("multiple", "anthropic", claude(("user", "Hi"), ("assistant", [USE]), ("user", [RESULT, RESULT]))),
    "a budget as large as all": ("greater than", "anthropic", dict(THINKING, max_tokens=1024)),
    "a small budget": ("1024", "anthropic", {"thinking": {"type": "enabled", "budget_tokens": 1000}}),
    "warm thinking": ("only be set to 1", "anthropic", dict(THINKING, temperature=0.5)),
    "thought and forced": ("forces tool use", "anthropic",
                           dict(THINKING, tools=[{"name": "weather", "input_schema": SCHEMA}], tool_choice={"type": "any"})),
    "a loop without its thoughts": ("Expected `thinking`", "anthropic",
                                    claude(("user", "Hi"), ("assistant", [USE]), ("user", [RESULT]), **THINKING)),
    "a forged signature": ("Invalid `signature`", "anthropic", claude(
        ("user", "Hi"), ("assistant", [{"type": "thinking", "thinking": "Hm.", "signature": "aGk="}, USE]), ("user", [RESULT]))),
    "temperature and top_p": ("cannot both", "anthropic", {"temperature": 0.5, "top_p": 0.9}),
    "a temperature of OpenAI's": ("temperature", "anthropic", {"temperature": 1.5}),
    "a choice without tools": ("only be specified while", "anthropic", {"tool_choice": {"type": "auto"}}),
    "a tool without a type": ("type: Field required", "anthropic", {"tools": [{"name": "weather", "input_schema": {}}]}),
    "an open object": ("additionalProperties", "anthropic", FORMAT),
    "an effort": ("effort", "anthropic", {"output_config": {"effort": "low"}}),
    "a picture of another type": ("not of the type", "anthropic", claude(("user", [
        {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": DATA}}]))),
    "broken base64": ("invalid base64", "anthropic", claude(("user", [
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DATA[:-1]}}]))),
    "a URL on Vertex AI": ("not supported on Vertex", "vertex-anthropic", claude(("user", [
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}]))),
    "five marks": ("maximum of 4", "anthropic", claude(("user", [
        {"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}] * 5))),

    "messages for contents": ("messages: Extra inputs", "gemini", {"messages": []}),
    "the role assistant": ("contents.0.role", "gemini", gemini(("assistant", [{"text": "Hi"}]))),
    "no parts": ("contents.0.parts", "gemini", gemini(("user", []))),
    "an empty part": ("exactly one of", "gemini", gemini(("user", [{}]))),
    "an empty text": ("something in it", "vertex", gemini(("user", [{"text": ""}]))),
    "a call unanswered": ("function response turn", "gemini", gemini(
        ("user", [{"text": "Hi"}]), ("model", [CALL]), ("user", [{"text": "Well?"}]))),
    "an answer uncalled": ("number of function response parts", "gemini", gemini(("user", [ANSWERED]))),
    "an unsigned call": ("missing a thought_signature", "vertex", gemini(
        ("user", [{"text": "Hi"}]), ("model", [CALL]), ("user", [ANSWERED]), **DECLARED)),
    "a forged thoughtSignature": ("Corrupted", "gemini", gemini(
        ("user", [{"text": "Hi"}]), ("model", [dict(CALL, thoughtSignature="aGk=")]), ("user", [ANSWERED]), **DECLARED)),
    "JSON Schema in parameters": ("Unknown name \"additionalProperties\"", "gemini", {
        "tools": [{"functionDeclarations": [{"name": "weather", "parameters": SCHEMA}]}]}),
    "search and functions": ("unsupported", "gemini", {"tools": DECLARED["tools"] + [{"googleSearch": {}}]}),
    "domains to leave out": ("not supported in Gemini API", "gemini", {"tools": [{"googleSearch": {"excludeDomains": ["a.example"]}}]}),
    "a store of OpenAI's": ("a store of files", "gemini", {"tools": [{"fileSearch": {"fileSearchStoreNames": ["vs_1"]}}]}),
    "stores on Vertex AI": ("Unknown name \"fileSearch\"", "vertex", {
        "tools": [{"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/s"]}}]}),
    "a server on Vertex AI": ("Unknown name \"mcpServers\"", "vertex", {
        "tools": [{"mcpServers": [{"streamableHttpTransport": {"url": "https://mcp.example"}}]}]}),
    "JSON and functions": ("unsupported", "gemini", dict(DECLARED, generationConfig={"responseMimeType": "application/json"})),
    "a schema for plain text": ("mime type", "gemini", {"generationConfig": {"responseJsonSchema": SCHEMA}}),
    "a level for 2.5": ("level", "gemini", {"generationConfig": {"thinkingConfig": {"thinkingLevel": "LOW"}}}),
    "level and budget": ("only set one", "vertex", {"generationConfig": {
        "thinkingConfig": {"thinkingLevel": "LOW", "thinkingBudget": 100}}}),
    "a hot temperature": ("temperature", "gemini", {"generationConfig": {"temperature": 2.5}}),
    "six stops": ("stopSequences", "gemini", {"generationConfig": {"stopSequences": list("abcdef")}}),

    "an unknown member": ("top_p: Extra inputs", "bedrock", {"top_p": 1}),
    "two documents of one name": ("names of their own", "bedrock", says(role="user", content=[{"text": "Look"}] + [
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": "JVBERi0="}}}] * 2)),
    "a blank text": ("blank", "bedrock", says(role="user", content=[{"text": " "}])),
    "tools undefined": ("toolConfig field must be defined", "bedrock", claude(
        ("user", [{"text": "Hi"}]), ("assistant", [USED]), ("user", [GOT]))),
    "a use without a result": ("Expected toolResult", "bedrock", claude(
        ("user", [{"text": "Hi"}]), ("assistant", [USED]), ("user", [{"text": "Well?"}]), **SPEC)),
    "a result without a use": ("exceeds", "bedrock", claude(("user", [GOT]), **SPEC)),
    "a document's name with a dot": ("document's name", "bedrock", says(role="user", content=[
        {"text": "Look"}, {"document": {"format": "pdf", "name": "a.pdf", "source": {"bytes": "JVBERi0="}}}])),
    "a document alone": ("needs a text", "bedrock", says(role="user", content=[
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": "JVBERi0="}}}])),
    "a budget above 4096": ("greater than", "bedrock", {"additionalModelRequestFields": {
        "thinking": {"type": "enabled", "budget_tokens": 5000}}}),
    "a member that Claude has not": ("topK: Extra inputs", "bedrock", {"additionalModelRequestFields": {"topK": 1}}),

    "an optional schema": ("at least one required", "cohere", {
        "response_format": {"type": "json_object", "json_schema": {"type": "object", "properties": {}}}}),
    "an unknown parameter": ("top_p: Extra inputs", "cohere", {"top_p": 0.5}),
    "a choice alone": ("when tools are provided", "cohere", {"tool_choice": "REQUIRED"}),
    "a p of one": ("0.99", "cohere", {"p": 1}),
    "a call that nobody answers": ("missing tool results", "cohere", {"messages": [
        {"role": "user", "content": "Hi"}, {"role": "assistant", "tool_calls": [COHERE_CALL]}]}),
    "an answer to no call": ("not found in previous", "cohere", {"messages": [
        {"role": "user", "content": "Hi"}, {"role": "tool", "tool_call_id": "c1", "content": "sunny"}]}),
    "arguments that are no JSON": ("not a JSON object", "cohere", {"messages": [
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "tool_calls": [dict(COHERE_CALL, function={"name": "weather", "arguments": ""})]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"}]}),
    "JSON with tools": ("cannot specify both", "cohere", {
        "response_format": {"type": "json_object"},
        "tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]}),
}
CODE = {"type": "code_execution_20260120", "name": "code_execution"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}
SERVER = {"type": "url", "url": "https://wiki.example/mcp", "name": "wiki"}
TOOLSET = {"type": "mcp_toolset", "mcp_server_name": "wiki"}
BAD_HOSTED = {
    "a kind that is none": ("does not match any", "anthropic", {"tools": [{"type": "code_interpreter", "name": "x"}]}),
    "a search of no version": ("tools.0.type", "anthropic", {"tools": [dict(SEARCH, type="web_search_20200101")]}),
    "two lists of domains": ("used together", "anthropic", {"tools": [dict(SEARCH, allowed_domains=["a.b"], blocked_domains=["c.d"])]}),
    "a domain with a scheme": ("without scheme", "anthropic", {"tools": [dict(SEARCH, allowed_domains=["https://a.b"])]}),
    "a place that is none": ("at least one of city", "anthropic", {"tools": [dict(SEARCH, user_location={"type": "approximate"})]}),
    "a search on Vertex AI without its beta": ("with its beta", "vertex-anthropic", {"tools": [SEARCH]}),
    "code with settings": ("Extra inputs", "anthropic", {"tools": [dict(CODE, container="x")]}),
    "code on Vertex AI": ("not supported on Vertex AI", "vertex-anthropic", {"tools": [CODE]}),
    "code of an old model": ("not supported by this model", "anthropic", {"tools": [CODE], "model": "claude-3-haiku-20240307"}),
    "a container of another vendor": ("Container not found", "anthropic", {"tools": [CODE], "container": "cntr_1"}),
    "a file without code": ("require the code execution tool", "anthropic", claude(("user", [
        {"type": "container_upload", "file_id": "file_1"}]))),
    "MCP without its beta": ("mcp_servers: Extra inputs", "anthropic", {"tools": [TOOLSET], "mcp_servers": [SERVER]}),
    "an MCP server without tools": ("exactly one MCPToolset", "anthropic-beta", {"mcp_servers": [SERVER]}),
    "tools without their MCP server": ("not found in mcp_servers", "anthropic-beta", {"tools": [TOOLSET]}),
    "an MCP server without TLS": ("starts with https", "anthropic-beta", {
        "tools": [TOOLSET], "mcp_servers": [dict(SERVER, url="http://wiki.example/mcp")]}),
    "a setting of a toolset that is none": ("configs.ask.allowed", "anthropic-beta", {
        "tools": [dict(TOOLSET, configs={"ask": {"allowed": True}})], "mcp_servers": [SERVER]}),
}
BAD.update(BAD_HOSTED)


@pytest.mark.parametrize("name", BAD)
def test_the_fake_refuses_in_a_language(ask, fake, name):
    sentence, language, change = BAD[name]
    answer = ask(language, change)
    assert answer.status_code == 400, answer.text
    assert sentence in LANGUAGES[language].error(answer.json()), answer.text
    assert len(fake.state()["violations"]) == 1


NO_KEY = {"anthropic": 401, "vertex-anthropic": 401, "gemini": 403, "vertex": 403, "bedrock": 403, "cohere": 401}


@pytest.mark.parametrize("name", NO_KEY)
def test_the_fake_wants_a_key_in_every_language(ask, name):
    assert ask(name, headers={"anthropic-version": "2023-06-01"}).status_code == NO_KEY[name]


def test_the_fake_wants_to_know_the_version(ask):
    answer = ask("anthropic", headers={"x-api-key": "provider-key"})
    assert answer.status_code == 400 and "anthropic-version" in answer.text


def test_the_fake_wants_streams_of_events(ask):
    answer = ask("gemini", path="/v1beta/models/gemini-2.5-flash:streamGenerateContent")
    assert answer.status_code == 400 and "alt=sse" in answer.text


@pytest.mark.parametrize("authorization", [
    "AWS4-HMAC-SHA256 Credential=AKIDFAKE/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
    "AWS4-HMAC-SHA256 Credential=AKIDFAKE/20260101/us-east-1/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
    "AWS4-HMAC-SHA256 Credential=AKIDOTHER/20260101/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
    "AWS4-HMAC-SHA256 rubbish",
])
def test_the_fake_refuses_a_wrong_signature(ask, authorization):
    answer = ask("bedrock", headers={"authorization": authorization, "x-amz-date": "20260101T000000Z"})
    assert answer.status_code == 403, answer.text


def kinds(answer):
    return [block["type"] for block in answer["content"]]


@pytest.mark.parametrize("said, expected, ends", [
    ("Hi", ["mcp_tool_listing", "server_tool_use", "web_search_tool_result", "server_tool_use", "bash_code_execution_tool_result",
            "mcp_tool_use", "mcp_tool_result", "text", "text"], "end_turn"),
    ("failing python", ["mcp_tool_listing", "server_tool_use", "web_search_tool_result", "server_tool_use",
                        "code_execution_tool_result", "mcp_tool_use", "mcp_tool_result", "text"], "end_turn"),
    ("paused", ["mcp_tool_listing", "server_tool_use"], "pause_turn"),
    ("undone editor", ["mcp_tool_listing", "server_tool_use", "web_search_tool_result", "server_tool_use",
                       "text_editor_code_execution_tool_result", "mcp_tool_use", "text", "text"], "end_turn"),
])
def test_the_fake_runs_the_tools_that_anthropic_runs(ask, fake, said, expected, ends):
    asked = claude(("user", said), tools=[SEARCH, CODE, TOOLSET], mcp_servers=[SERVER])
    answer = ask("anthropic-beta", asked).json()
    assert (kinds(answer), answer["stop_reason"]) == (expected, ends), answer
    assert ("container" in answer) == ("code" in str(expected))
    listed = answer["content"][0]["tools"]
    assert [tool["name"] for tool in listed] == ["ask", "look"]
    streamed = ask("anthropic-beta", dict(asked, stream=True)).text
    assert [block for block in expected if '"type": "%s"' % block in streamed or '"type":"%s"' % block in streamed] == expected
    assert fake.state()["violations"] == []


@pytest.mark.parametrize("said, outcome", [
    ("Hi", "OUTCOME_OK"), ("failing python", "OUTCOME_FAILED"), ("endless python", "OUTCOME_DEADLINE_EXCEEDED")])
def test_the_fake_runs_the_tools_that_google_runs(ask, fake, said, outcome):
    path = "/v1beta/models/gemini-3.1-pro-preview:%s"
    asked = gemini(("user", [{"text": said}]), tools=[{"googleSearch": {}}, {"codeExecution": {}}],
                   toolConfig={"includeServerSideToolInvocations": True})
    candidate = ask("gemini", asked, path=path % "generateContent").json()["candidates"][0]
    parts = candidate["content"]["parts"]
    assert [set(part) - {"thoughtSignature"} for part in parts] == [
        {"toolCall"}, {"toolResponse"}, {"executableCode"}, {"codeExecutionResult"}, {"text"}], parts
    assert parts[3]["codeExecutionResult"]["outcome"] == outcome
    assert parts[0]["toolCall"]["args"]["queries"] == candidate["groundingMetadata"]["webSearchQueries"]
    streamed = ask("gemini", asked, path=path % "streamGenerateContent?alt=sse").text
    told = [name for name in ("toolCall", "toolResponse", "executableCode", "codeExecutionResult", "groundingMetadata")
            if '"%s"' % name in streamed]
    assert len(told) == 5, streamed
    back = gemini(("user", [{"text": "Hi"}]), ("model", parts), ("user", [{"text": "And?"}]))
    assert ask("gemini", back, path=path % "generateContent").status_code == 200
    assert fake.state()["violations"] == []


def test_a_fault_has_the_form_of_its_language(ask):
    assert ask("anthropic", {"model": "claude-fake-status-529"}).json()["error"]["type"] == "overloaded_error"
    limited = ask("gemini", path="/v1beta/models/gemini-fake-status-429:generateContent")
    assert limited.status_code == 429 and limited.json()["error"]["status"] == "RESOURCE_EXHAUSTED"
    throttled = ask("bedrock", path="/model/us.anthropic.fake-status-429/converse")
    assert throttled.headers["x-amzn-errortype"].startswith("ThrottlingException:")
    assert list(ask("cohere", {"model": "fake-status-500"}).json()) == ["id", "message"]
