"""Tools and thoughts over `/responses`, for models whose providers have only chats, with OpenAI's Python SDK.

The fake provider wants what it signed, unchanged, in its own language; it refuses a chat in which that is wrong or missing.
"""

import json

import openai
import pytest

from models import (BEDROCK, CITED, CLAUDE, CLAUDES, COHERE, COHERE_REASONING, GEMINI, GEMINI_3, MISTRAL, MODELS, SAID, THINKING,
                    TOGETHER, VERTEX, VERTEX_CLAUDE)
from responses import TOOLS, arguments, ask, bare, dropped, of_type, thoughts, user

BRIDGED = MODELS + [MISTRAL, TOGETHER]
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
ALMANAC = ("https://almanac.example/weather", "The Fake Almanac")


def answers(response, say="sunny"):
    """What the client's functions say to the calls of a response."""
    return [{"type": "function_call_output", "call_id": item.call_id, "output": say} for item in of_type(response, "function_call")]


# Functions

@pytest.mark.parametrize("model", BRIDGED)
def test_the_stream_helper_puts_a_call_together(client, model):
    with client.responses.stream(model=model, input="Hi", tools=TOOLS) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_response()
    assert {"response.function_call_arguments.delta", "response.function_call_arguments.done"} <= kinds
    [call] = of_type(final, "function_call")
    assert call.parsed_arguments == {"city": "text", "days": 1} and call.call_id and call.id.startswith("fc_")
    assert call.status == final.status == "completed"


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_parallel_calls_are_answered_in_any_order(client, model, stream):
    said = [user("Call in parallel, please")]
    first = ask(client, stream, model=model, input=said, tools=TOOLS)
    calls = of_type(first, "function_call")
    assert arguments(first) == [("weather", {"city": "text", "days": 1}), ("time", {"city": "text"})]
    assert len({call.call_id for call in calls}) == len({call.id for call in calls}) == 2
    outputs = [dict(output, output="result of " + call.name) for output, call in zip(answers(first), calls)]
    second = ask(client, stream, model=model, input=said + first.output + outputs[::-1], tools=TOOLS)
    assert "result of weather" in second.output_text and "result of time" in second.output_text and second.status == "completed"


@pytest.mark.parametrize("model", BRIDGED)
def test_one_tool_is_called_where_only_one_may_be(client, model):
    raw = client.responses.with_raw_response.create(model=model, input="in parallel", tools=TOOLS, parallel_tool_calls=False)
    assert len(of_type(raw.parse(), "function_call")) == 1 or "parallel_tool_calls" in dropped(raw)


@pytest.mark.parametrize("model", BRIDGED)
def test_tools_are_chosen_in_every_form(client, model):
    def names(choice):
        raw = client.responses.with_raw_response.create(model=model, input="Hi", tools=TOOLS, tool_choice=choice)
        return [name for name, _ in arguments(raw.parse())], dropped(raw)

    assert names("none")[0] == [] and names("auto")[0] == ["weather"] and names("required")[0] == ["weather"]
    time = {"type": "function", "name": "time"}
    for choice in (time, {"type": "allowed_tools", "mode": "required", "tools": [time]}):
        chosen, left_out = names(choice)
        assert chosen == ["time"] or any(name.startswith("tool_choice") for name in left_out), choice


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_a_tool_without_parameters_is_called_with_an_empty_object(client, model, stream):
    assert arguments(ask(client, stream, model=model, input="Hi", tools=[{"type": "function", "name": "ping"}])) == [("ping", {})]


# Custom tools

@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_a_custom_tool_is_called_with_a_text(client, model, stream):
    tools = [{"type": "custom", "name": "run", "description": "Runs a script."}]
    said = [user("Hi")]
    first = ask(client, stream, model=model, input=said, tools=tools)
    [call] = of_type(first, "custom_tool_call")
    assert (call.name, call.input) == ("run", "text") and call.call_id and not of_type(first, "function_call")
    said += first.output + [{"type": "custom_tool_call_output", "call_id": call.call_id, "output": "It ran."}]
    assert ask(client, stream, model=model, input=said, tools=tools).output_text == SAID + "It ran."


@pytest.mark.parametrize("model", [CLAUDE, GEMINI_3, BEDROCK, COHERE, MISTRAL])
def test_a_grammar_is_told_and_named(client, fake, model):
    grammar = {"type": "grammar", "syntax": "regex", "definition": "^[0-9]{3}$"}
    tools = [{"type": "custom", "name": "dial", "format": grammar}, TOOLS[0]]
    raw = client.responses.with_raw_response.create(model=model, input="Hi", tools=tools,
                                                    tool_choice={"type": "custom", "name": "dial"})
    assert "tools[0].format" in dropped(raw) and "^[0-9]{3}$" in json.dumps(fake.last()["json"])
    assert of_type(raw.parse(), "custom_tool_call") or any(name.startswith("tool_choice") for name in dropped(raw))


# Thoughts

# How a client keeps what a response said.
KEPT = {
    "as they came": (False, lambda response: list(response.output)),
    "dumped": (False, lambda response: [item.model_dump() for item in response.output]),
    "streamed": (True, lambda response: list(response.output)),
    "streamed, without ids": (True, lambda response: [
        {name: value for name, value in item.model_dump(exclude_none=True).items() if name not in ("id", "status")}
        for item in response.output]),
}
WORDS = {"twice": 2, "twice and secretly": 2, "in parallel and twice": 2}


def think(client, stream, model, said, **more):
    return ask(client, stream, model=model, input=said, reasoning={"effort": "medium", "summary": "auto"}, max_output_tokens=8000,
               include=["reasoning.encrypted_content"], store=False, **more)


def parts_of(body):
    """What stands in the provider's own words in the turns of a chat."""
    turns = body.get("messages") or body["contents"]
    for turn in turns:
        content = turn.get("content") or turn.get("parts") or []
        yield from [part for part in content if isinstance(part, dict)]


def handed_back(model, body, word):
    """Whether the thoughts of the first turn came back in the provider's language. What is signed the fake checks itself."""
    expected = ["The user says: Think %s" % word, "Once more – with fëëling."][:WORDS[word]]
    parts = list(parts_of(body))
    if model in (CLAUDE, VERTEX_CLAUDE):
        assert [part["thinking"] for part in parts if part["type"] == "thinking"] == expected
        assert len([part for part in parts if part["type"] == "redacted_thinking"]) == ("secretly" in word)
    elif model == BEDROCK:
        kept = [part["reasoningContent"] for part in parts if "reasoningContent" in part]
        assert [part["reasoningText"]["text"] for part in kept if "reasoningText" in part] == expected
        assert len([part for part in kept if "redactedContent" in part]) == ("secretly" in word)
    elif model in (GEMINI, GEMINI_3, VERTEX):
        assert ["thoughtSignature" in part for part in parts if "functionCall" in part] == [True] + [False] * ("parallel" in word)
    elif model == COHERE_REASONING:
        assert [turn["tool_plan"] for turn in body["messages"] if "tool_plan" in turn] == ["".join(expected)]
    elif model == MISTRAL:
        assert [part["thinking"][0]["text"] for part in parts if part["type"] == "thinking"] == expected[:1]
    else:
        assert [turn["reasoning"] for turn in body["messages"] if "reasoning" in turn] == expected[:1]


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("model", THINKING + [MISTRAL, TOGETHER])
def test_a_tool_loop_with_thinking_ends_well(client, fake, model, word, kept):
    stream, keep = KEPT[kept]
    said = [user("Think %s" % word)]
    first = think(client, stream, model, said, tools=TOOLS)
    assert first.output[0].type == "reasoning" and first.output[-1].type == "function_call" and first.status == "completed"
    assert thoughts(first).startswith("The user says: Think %s" % word)
    said += keep(first) + answers(first)
    second = think(client, stream, model, said, tools=TOOLS)
    handed_back(model, fake.last()["json"], word)
    assert "sunny" in second.output_text and thoughts(second)
    said += keep(second) + [user("And now?")]
    assert think(client, stream, model, said, tools=TOOLS, tool_choice="none").output_text == SAID + "And now?"


@pytest.mark.parametrize("model", THINKING)
def test_thoughts_stream_as_they_come_whole(client, model):
    said = [user("Think twice and secretly")]
    whole, streamed = (think(client, stream, model, said, tools=TOOLS) for stream in (False, True))
    assert bare(streamed) == bare(whole)
    summaries = [[part.text for part in item.summary] for item in of_type(whole, "reasoning")]
    assert all(len(parts) <= 1 for parts in summaries)
    if model in CLAUDES:
        assert summaries == [["The user says: Think twice and secretly"], ["Once more – with fëëling."], []]
        assert all(item.encrypted_content for item in of_type(whole, "reasoning"))


@pytest.mark.parametrize("model", CLAUDES + [GEMINI, GEMINI_3, VERTEX])
def test_a_tool_loop_whose_thoughts_were_lost_still_goes_on(client, model):
    said = [user("Think")]
    first = think(client, False, model, said, tools=TOOLS)
    said += of_type(first, "function_call") + answers(first)
    assert "sunny" in think(client, False, model, said, tools=TOOLS).output_text


@pytest.mark.parametrize("model", [GEMINI_3, COHERE_REASONING, BEDROCK])
def test_thoughts_of_another_provider_are_left_out_by_name(client, model):
    said = [user("Think")]
    first = think(client, False, CLAUDE, said, tools=TOOLS)
    raw = client.responses.with_raw_response.create(model=model, input=said + first.output + answers(first), tools=TOOLS,
                                                    reasoning={"effort": "low"}, max_output_tokens=8000)
    assert "sunny" in raw.parse().output_text and "input[1].encrypted_content" in dropped(raw)


@STREAM
def test_thoughts_that_a_model_keeps_to_itself_go_back_all_the_same(client, fake, stream):
    said = [user("Think")]
    model = "anthropic/claude-opus-4-8"
    first = ask(client, stream, model=model, input=said, tools=TOOLS, reasoning={"effort": "high"})
    [item] = of_type(first, "reasoning")
    assert item.encrypted_content and first.output[0] is item
    second = ask(client, stream, model=model, input=said + first.output + answers(first), tools=TOOLS, reasoning={"effort": "high"})
    assert [part["type"] for part in parts_of(fake.last()["json"])].count("thinking") == 1 and "sunny" in second.output_text


@pytest.mark.parametrize("model", THINKING + [MISTRAL, TOGETHER])
def test_effort_makes_a_model_think(client, model):
    for effort in ("low", "medium", "high"):
        response = ask(client, model=model, input="Hi", reasoning={"effort": effort})
        assert thoughts(response) and response.output_text == SAID + "Hi" and response.reasoning.effort == effort
        assert [item.type for item in response.output][:2] == ["reasoning", "message"]


# The web

@STREAM
@pytest.mark.parametrize("kind", ["web_search", "web_search_preview"])
@pytest.mark.parametrize("model", [CLAUDE, VERTEX_CLAUDE, GEMINI, GEMINI_3, VERTEX])
def test_a_search_is_told_and_cited(client, model, kind, stream):
    response = ask(client, stream, model=model, input="Grüße 🌍", tools=[{"type": kind}])
    kinds = [item.type for item in response.output if item.type != "reasoning"]
    # Google's streams tell of a search with their last event.
    assert sorted(kinds) == ["message", "web_search_call"]
    assert kinds[-1] == "message" or stream and model in (GEMINI, VERTEX)
    [search] = of_type(response, "web_search_call")
    assert search.status == "completed" and search.action.type == "search" and search.id.startswith("ws_")
    assert search.action.query == "Grüße 🌍" or search.action.queries == ["Grüße 🌍"]
    assert response.output_text == SAID + "Grüße 🌍 " + CITED
    cited = [(part.text, annotation) for part in of_type(response, "message")[0].content for annotation in part.annotations]
    [(text, annotation)] = cited
    assert annotation.type == "url_citation" and (annotation.url, annotation.title) == ALMANAC
    assert text[annotation.start_index:annotation.end_index] == CITED


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, VERTEX])
def test_a_search_stands_in_the_stream_as_openais_does(client, model):
    kinds = [event.type for event in client.responses.create(model=model, input="Hi", tools=[{"type": "web_search"}], stream=True)]
    begin = kinds.index("response.web_search_call.in_progress")
    assert kinds[begin - 1:begin + 4] == ["response.output_item.added", "response.web_search_call.in_progress",
                                          "response.web_search_call.searching", "response.web_search_call.completed",
                                          "response.output_item.done"]
    assert kinds.count("response.output_text.annotation.added") == 1
    with client.responses.stream(model=model, input="Hi", tools=[{"type": "web_search"}]) as stream:
        final = stream.get_final_response()
    assert len(of_type(final, "web_search_call")) == len(of_type(final, "message")) == 1


@pytest.mark.parametrize("model", [CLAUDE, VERTEX_CLAUDE, GEMINI, GEMINI_3, VERTEX])
def test_a_conversation_goes_on_after_a_search(client, model):
    said = [user("Hi")]
    first = ask(client, model=model, input=said, tools=[{"type": "web_search"}])
    place = [item.type for item in first.output].index("web_search_call") + 1
    raw = client.responses.with_raw_response.create(model=model, input=said + first.output + [user("And now?")])
    assert raw.parse().output_text == SAID + "And now?" and "input[%d]" % place in dropped(raw)


def test_where_to_search_is_told_to_claude_and_named_to_gemini(client, fake):
    tool = {"type": "web_search", "filters": {"allowed_domains": ["almanac.example"]}, "search_context_size": "high",
            "user_location": {"type": "approximate", "city": "Rome", "country": "IT"}}
    raw = client.responses.with_raw_response.create(model=CLAUDE, input="Hi", tools=[tool])
    [native] = fake.last()["json"]["tools"]
    assert native["allowed_domains"] == ["almanac.example"] and native["user_location"]["city"] == "Rome"
    assert not any(name.startswith(("tools[0].filters", "tools[0].user_location")) for name in dropped(raw))
    raw = client.responses.with_raw_response.create(model=GEMINI, input="Hi", tools=[tool])
    assert fake.last()["json"]["tools"] == [{"googleSearch": {}}]
    assert any(name.startswith("tools[0].filters") for name in dropped(raw)), dropped(raw)


@STREAM
@pytest.mark.parametrize("model", [CLAUDE, GEMINI_3])
def test_functions_and_a_search_stand_side_by_side(client, model, stream):
    tools = [{"type": "web_search"}, TOOLS[0]]
    said = [user("Hi")]
    first = ask(client, stream, model=model, input=said, tools=tools)
    assert arguments(first) == [("weather", {"city": "text", "days": 1})]
    second = ask(client, stream, model=model, input=said + first.output + answers(first), tools=tools)
    assert CITED in second.output_text and "sunny" in second.output_text and of_type(second, "web_search_call")


# Code and MCP servers

CODE = {"type": "code_interpreter", "container": {"type": "auto"}}
WIKI = {"type": "mcp", "server_label": "wiki", "server_url": "https://wiki.example/mcp", "require_approval": "never"}
RAN = {CLAUDE: "echo say", GEMINI: "print(6 * 7)", GEMINI_3: "print(6 * 7)", VERTEX: "print(6 * 7)"}


@STREAM
@pytest.mark.parametrize("model", [CLAUDE, GEMINI, GEMINI_3, VERTEX])
def test_code_is_run_and_told(client, model, stream):
    response = ask(client, stream, model=model, input="say", tools=[CODE], include=["code_interpreter_call.outputs"])
    assert [item.type for item in response.output if item.type != "reasoning"] == ["code_interpreter_call", "message"]
    [ran] = of_type(response, "code_interpreter_call")
    assert (ran.code, ran.status) == (RAN[model], "completed") and ran.id.startswith("ci_") and isinstance(ran.container_id, str)
    assert [output.to_dict() for output in ran.outputs] == [{"type": "logs", "logs": "say\n" if model == CLAUDE else "42\n"}]
    assert response.output_text == SAID + "say" and response.status == "completed"


@pytest.mark.parametrize("model", [CLAUDE, GEMINI_3])
def test_code_stands_in_the_stream_as_openais_does(client, model):
    kinds = [event.type for event in client.responses.create(model=model, input="say", tools=[CODE], stream=True)]
    of_code = [kind for kind in kinds if "code_interpreter_call" in kind and not kind.endswith(".delta")]
    assert of_code == ["response.code_interpreter_call.in_progress", "response.code_interpreter_call_code.done",
                       "response.code_interpreter_call.interpreting", "response.code_interpreter_call.completed"]
    with client.responses.stream(model=model, input="say", tools=[CODE]) as stream:
        assert of_type(stream.get_final_response(), "code_interpreter_call")[0].code == RAN[model]


@STREAM
@pytest.mark.parametrize("model, said", [(CLAUDE, "failing"), (GEMINI, "endless python")])
def test_code_that_could_not_be_run_is_told_as_failed(client, model, said, stream):
    response = ask(client, stream, model=model, input=said, tools=[CODE])
    assert of_type(response, "code_interpreter_call")[0].status == "failed" and response.status == "completed"


@STREAM
def test_a_server_of_tools_is_listed_and_called(client, stream):
    response = ask(client, stream, model=CLAUDE, input="say", tools=[dict(WIKI, authorization="secret")])
    assert [item.type for item in response.output] == ["mcp_list_tools", "mcp_call", "message"]
    listed, call, _ = response.output
    assert listed.server_label == call.server_label == "wiki" and {"ask", "look"} <= {tool.name for tool in listed.tools}
    assert (call.name, json.loads(call.arguments), call.output) == ("ask", {"question": "say"}, "wiki says: say")
    assert call.error is None and listed.id.startswith("mcpl_") and call.id.startswith("mcp_")
    assert "secret" not in response.model_dump_json()


@STREAM
def test_a_server_of_tools_that_fails_is_told(client, stream):
    response = ask(client, stream, model=CLAUDE, input="failing", tools=[WIKI])
    [call] = of_type(response, "mcp_call")
    assert call.status == "failed" and "wiki is out." in json.dumps(call.to_dict()["error"]) and response.status == "completed"


def test_a_server_of_tools_stands_in_the_stream_as_openais_does(client):
    kinds = [event.type for event in client.responses.create(model=CLAUDE, input="say", tools=[WIKI], stream=True)]
    assert [kind for kind in kinds if "mcp" in kind and not kind.endswith(".delta")] == [
        "response.mcp_list_tools.in_progress", "response.mcp_list_tools.completed", "response.mcp_call.in_progress",
        "response.mcp_call_arguments.done", "response.mcp_call.completed"]


def test_only_what_needs_no_approval_is_called(client, fake):
    ask(client, model=CLAUDE, input="say", tools=[dict(WIKI, require_approval={"never": {"tool_names": ["look"]}})])
    [tools] = [tool for tool in fake.last()["json"]["tools"] if tool["type"] == "mcp_toolset"]
    assert tools["default_config"] == {"enabled": False} and tools["configs"] == {"look": {"enabled": True}}


@STREAM
def test_all_hosted_tools_work_in_one_response_and_the_conversation_goes_on(client, stream):
    said, tools = [user("say")], [{"type": "web_search"}, CODE, WIKI]
    response = ask(client, stream, model=CLAUDE, input=said, tools=tools)
    assert [item.type for item in response.output] == [
        "mcp_list_tools", "web_search_call", "code_interpreter_call", "mcp_call", "message"]
    said += response.output + [user("And now?")]
    raw = client.responses.with_raw_response.create(model=CLAUDE, input=said)
    assert raw.parse().output_text == SAID + "And now?" and {"input[%d]" % at for at in range(1, 5)} <= set(dropped(raw))


@STREAM
def test_a_turn_that_is_paused_is_incomplete(client, stream):
    assert ask(client, stream, model=CLAUDE, input="paused", tools=[CODE]).status == "incomplete"


# What a provider has no equal of

NO_EQUAL = [
    {"type": "file_search", "vector_store_ids": ["vs_1"]}, {"type": "image_generation"}, {"type": "local_shell"},
    {"type": "computer_use_preview", "display_width": 1024, "display_height": 768, "environment": "browser"},
    CODE, WIKI,
]


@pytest.mark.parametrize("model", [COHERE, TOGETHER, BEDROCK])
def test_a_tool_that_a_provider_has_not_is_refused_by_name(client, fake, model):
    for at, tool in enumerate(NO_EQUAL):
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model=model, input="Hi", tools=TOOLS[:at % 2] + [tool])
        assert caught.value.param.startswith("tools[%d]" % (at % 2)), caught.value
        assert tool["type"] in caught.value.message and model.split("/")[0] in caught.value.message, caught.value
    assert fake.state()["requests"] == 0
