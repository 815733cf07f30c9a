"""The official Python SDK over the providers that speak a language of their own.

The fake provider checks each request by the rules of its service and refuses what the real one would (`settled` in conftest.py
then fails the test), so that a chat which is answered here was a right one.
"""

import base64
import json
import time

import openai
import pytest

from models import (BEDROCK, CITED, CLAUDE, CLAUDES, COHERE, FAULTY, GEMINI, GEMINI_3, MODELS, NOVA, SAID, THINKING, VERTEX,
                    VERTEX_CLAUDE, Solution, Step, seen)
from samples import PDF, PNG, data_url, wav

HI = [{"role": "user", "content": "Hi"}]


def user(content):
    return [{"role": "user", "content": content}]


def tool(name, **properties):
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": "Tells the %s." % name, "parameters": schema}}


TOOLS = [tool("weather", city={"type": "string"}, days={"type": "integer"}), tool("time", city={"type": "string"})]


def put_together(chunks):
    """The message that the deltas of the first choice add up to, read without the SDK's own help."""
    message, calls, finish = {}, [], None
    for chunk in chunks:
        for choice in chunk.choices:
            finish = choice.finish_reason or finish
            for name, value in choice.delta.model_dump(exclude_unset=True).items():
                if name == "tool_calls":
                    for call in value:
                        if call["index"] == len(calls):
                            calls.append(call)
                        else:
                            calls[call["index"]]["function"]["arguments"] += call["function"]["arguments"]
                elif isinstance(value, str) and name != "role":
                    message[name] = (message.get(name) or "") + value
                elif value is not None:
                    message[name] = value
    if calls:
        message["tool_calls"] = [{name: value for name, value in call.items() if name != "index"} for call in calls]
    return message, finish


def filled(message):
    return {name: value for name, value in message.items() if value not in (None, "")}


# Chat, whole and streamed

UPSTREAM = {
    CLAUDE: ("/v1/messages", "/v1/messages", "x-api-key", "provider-key-anthropic"),
    GEMINI: ("/v1beta/models/gemini-2.5-flash:generateContent", "/v1beta/models/gemini-2.5-flash:streamGenerateContent",
             "x-goog-api-key", "provider-key-google-ai"),
    VERTEX: ("/projects/my-project/locations/europe-west1/publishers/google/models/gemini-2.5-pro:generateContent",
             "/projects/my-project/locations/europe-west1/publishers/google/models/gemini-2.5-pro:streamGenerateContent",
             "authorization", "Bearer provider-key-google"),
    VERTEX_CLAUDE: ("/projects/my-project/locations/europe-west1/publishers/anthropic/models/claude-sonnet-4-5:rawPredict",
                    "/projects/my-project/locations/europe-west1/publishers/anthropic/models/claude-sonnet-4-5:streamRawPredict",
                    "authorization", "Bearer provider-key-google"),
    BEDROCK: ("/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse",
              "/model/us.anthropic.claude-sonnet-4-5-20250929-v1:0/converse-stream", "authorization", "Bearer provider-key-aws"),
    COHERE: ("/v2/chat", "/v2/chat", "authorization", "Bearer provider-key-cohere"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", UPSTREAM)
def test_a_chat_goes_where_its_service_listens(client, fake, model, stream):
    answer = client.chat.completions.create(model=model, messages=HI, stream=stream)
    if stream:
        list(answer)
    last, (whole, streamed, header, key) = fake.last(), UPSTREAM[model]
    assert last["path"].replace("%3A", ":").endswith(streamed if stream else whole)
    assert last["header"][header] == key
    assert last["model"].split("@")[0] == model.split("/", 1)[1]


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_is_answered(client, model):
    answer = client.chat.completions.create(model=model, messages=HI)
    message = answer.choices[0].message
    assert message.content == SAID + "Hi" and message.role == "assistant" and message.refusal is None and not message.tool_calls
    assert answer.choices[0].finish_reason == "stop" and answer.object == "chat.completion" and answer.id and answer.created > 0
    assert answer.model == model.split("/", 1)[1] or answer.model == model
    usage = answer.usage
    assert usage.prompt_tokens > 0 and usage.completion_tokens > 0
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("model", MODELS)
def test_a_chat_streams_with_usage(client, model):
    whole = client.chat.completions.create(model=model, messages=HI)
    chunks = list(client.chat.completions.create(
        model=model, messages=HI, stream=True, stream_options={"include_usage": True}))
    message, finish = put_together(chunks)
    assert message["content"] == SAID + "Hi" and finish == "stop"
    assert len([chunk for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]) > 3, "it came in one piece"
    assert [chunk.choices[0].delta.role for chunk in chunks if chunk.choices and chunk.choices[0].delta.role] == ["assistant"]
    assert chunks[-1].choices == [] and chunks[-1].usage == whole.usage
    assert all(chunk.usage is None for chunk in chunks[:-1])
    assert len({(chunk.id, chunk.created, chunk.model) for chunk in chunks}) == 1


@pytest.mark.parametrize("model", MODELS)
def test_usage_comes_only_when_asked_for(client, model):
    chunks = list(client.chat.completions.create(model=model, messages=HI, stream=True))
    assert all(chunk.choices and chunk.usage is None for chunk in chunks)


@pytest.mark.parametrize("fault", ["cut-1", "cut-7", "novelties", "trailers"])
@pytest.mark.parametrize("family", FAULTY)
def test_a_stream_may_come_in_any_pieces(client, family, fault):
    words = "Grüße 🌍, naïve"
    stream = client.chat.completions.create(model=family + "fake-" + fault, messages=user(words), stream=True)
    message, finish = put_together(stream)
    assert (message["content"], finish) == (SAID + words, "stop")


@pytest.mark.parametrize("family", FAULTY)
def test_a_stream_is_passed_on_as_it_comes(client, family):
    start = time.monotonic()
    stream = client.chat.completions.create(model=family + "fake-slow", messages=HI, stream=True)
    first = None
    for chunk in stream:
        if first is None and chunk.choices[0].delta.content:
            first = time.monotonic() - start
    assert first < (time.monotonic() - start) / 2


@pytest.mark.parametrize("family", FAULTY)
def test_a_long_answer_comes_whole_and_streamed(client, family):
    text = "0123456789abcdef" * 64 * 300
    assert client.chat.completions.create(model=family + "fake-big-300", messages=HI).choices[0].message.content == text
    stream = client.chat.completions.create(model=family + "fake-big-300", messages=HI, stream=True)
    assert put_together(stream)[0]["content"] == text


# What may stand in a conversation

@pytest.mark.parametrize("model", MODELS)
def test_a_conversation_may_be_of_any_order(client, model):
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\",\"days\":1}"}}
    empty = {"id": "call_2", "type": "function", "function": {"name": "time", "arguments": ""}}
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": [{"type": "text", "text": "And kind."}]},
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": [{"type": "text", "text": "Are you"}, {"type": "text", "text": "there?"}]},
        {"role": "assistant", "content": "Yes."},
        {"role": "assistant", "content": "Still."},
        {"role": "system", "content": "Be brief again."},
        {"role": "user", "content": "Weather and time?", "name": "Ada"},
        {"role": "assistant", "content": None, "tool_calls": [call, empty]},
        {"role": "tool", "tool_call_id": "call_2", "content": "noon"},
        {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "sunny"}]},
        {"role": "assistant", "content": "", "refusal": "No more."},
        {"role": "user", "content": "Why?"},
    ]
    # Gemini 3 wants each call of the current turn signed; these calls are of an older one.
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS, tool_choice="none")
    assert answer.choices[0].message.content.endswith("Why?")


@pytest.mark.parametrize("model", MODELS)
def test_calls_of_another_model_may_be_handed_over(client, model):
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Rome\",\"days\":1}"}}
    messages = HI + [{"role": "assistant", "content": "", "tool_calls": [call]},
                     {"role": "tool", "tool_call_id": "call_1", "content": ""}]
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS)
    assert answer.choices[0].message.content.startswith(SAID.strip())


@pytest.mark.parametrize("model", MODELS)
def test_tools_of_the_past_need_not_be_declared(client, model):
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    messages = HI + [{"role": "assistant", "tool_calls": [call]}, {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
                     {"role": "assistant", "content": "Sunny."}, {"role": "user", "content": "Thanks"}]
    assert client.chat.completions.create(model=model, messages=messages).choices[0].message.content.endswith("Thanks")


@pytest.mark.parametrize("model", MODELS)
def test_every_parameter_of_openai_may_be_there(client, model):
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=HI, temperature=0.5, top_p=0.9, presence_penalty=0.5, frequency_penalty=0.5, seed=7, n=1,
        user="ada", safety_identifier="ada", metadata={"team": "blue"}, store=False, service_tier="auto", stop=["never", "ever"],
        max_completion_tokens=3000, logit_bias={"1": 1}, logprobs=False, parallel_tool_calls=True, verbosity="low",
        prompt_cache_key="k", tools=TOOLS[:1], tool_choice="none")
    assert raw.parse().choices[0].message.content == SAID + "Hi"
    assert "logit_bias" in raw.headers["x-orq-dropped-params"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("name, value", [("temperature", 1.9), ("top_p", 1.0), ("presence_penalty", 1.9), ("n", 3),
                                         ("max_tokens", 1), ("stop", ["a%d" % at for at in range(4)]), ("seed", -1),
                                         ("reasoning_effort", "high"), ("reasoning_effort", "none"), ("top_logprobs", 3),
                                         ("response_format", {"type": "json_object"}), ("service_tier", "flex")])
def test_no_value_that_openai_takes_offends_a_service(client, model, name, value):
    """It is carried, dropped by name, or refused by the proxy itself; `settled` sees that the service had nothing to object to."""
    more = {"logprobs": True} if name == "top_logprobs" else {}
    try:
        answer = client.chat.completions.create(model=model, messages=HI, **{name: value}, **more)
    except openai.BadRequestError as error:
        assert error.param and error.param.split(".")[0] in (name, "logprobs"), error
    else:
        assert answer.choices[0].message.content


EXTRAS = {
    CLAUDE: ("anthropic", {"inference_geo": "us"}), GEMINI: ("google-ai", {"safetySettings": [
        {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]}),
    VERTEX: ("google", {"labels": {"team": "blue"}}), BEDROCK: ("aws", {"requestMetadata": {"team": "blue"}}),
    COHERE: ("cohere", {"safety_mode": "STRICT"}),
}


@pytest.mark.parametrize("model", EXTRAS)
def test_what_only_one_service_knows_goes_there_as_it_is(client, fake, model):
    name, members = EXTRAS[model]
    answer = client.chat.completions.create(model=model, messages=HI, extra_body={name: members})
    assert answer.choices[0].message.content == SAID + "Hi"
    assert members.items() <= fake.last()["json"].items() and name not in fake.last()["json"]


@pytest.mark.parametrize("model", MODELS)
def test_an_answer_ends_at_its_limit_and_at_a_stop(client, model):
    short = client.chat.completions.create(model=model, messages=user("long " * 50), max_tokens=20)
    assert short.choices[0].finish_reason == "length" and len(short.choices[0].message.content) == 80
    stopped = client.chat.completions.create(model=model, messages=HI, stop="provider")
    assert stopped.choices[0].finish_reason == "stop" and stopped.choices[0].message.content == "Hello from the fake "


# Tools

@pytest.mark.parametrize("model", MODELS)
def test_the_stream_helper_puts_a_tool_call_together(client, model):
    strict = [dict(one, function=dict(one["function"], strict=True)) for one in TOOLS]
    with client.chat.completions.stream(model=model, messages=HI, tools=strict) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert "tool_calls.function.arguments.delta" in kinds and "tool_calls.function.arguments.done" in kinds
    assert final.choices[0].finish_reason == "tool_calls"
    assert final.choices[0].message.tool_calls[0].function.parsed_arguments == {"city": "text", "days": 1}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", MODELS)
def test_parallel_tools_are_called_and_their_results_taken_in_any_order(client, model, stream):
    messages = user("Call in parallel, please")
    answer = client.chat.completions.create(model=model, messages=messages, tools=TOOLS, stream=stream)
    if stream:
        message, finish = put_together(answer)
    else:
        message, finish = answer.choices[0].message.model_dump(exclude_none=True), answer.choices[0].finish_reason
    calls = message["tool_calls"]
    assert finish == "tool_calls" and [call["function"]["name"] for call in calls] == ["weather", "time"]
    assert [json.loads(call["function"]["arguments"]) for call in calls] == [{"city": "text", "days": 1}, {"city": "text"}]
    assert len({call["id"] for call in calls}) == 2
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "result of " + call["function"]["name"]} for call in calls]
    answer = client.chat.completions.create(model=model, messages=messages + [message] + results[::-1], tools=TOOLS)
    said = answer.choices[0].message.content
    assert "result of weather" in said and "result of time" in said and answer.choices[0].finish_reason == "stop"


@pytest.mark.parametrize("model", MODELS)
def test_one_tool_is_called_where_only_one_may_be(client, model):
    raw = client.chat.completions.with_raw_response.create(
        model=model, messages=user("in parallel"), tools=TOOLS, parallel_tool_calls=False)
    calls = raw.parse().choices[0].message.tool_calls
    assert len(calls) == 1 or "parallel_tool_calls" in raw.headers["x-orq-dropped-params"]


@pytest.mark.parametrize("model", MODELS)
def test_tools_are_chosen_in_every_form(client, model):
    def names(choice):
        answer = client.chat.completions.with_raw_response.create(model=model, messages=HI, tools=TOOLS, tool_choice=choice)
        calls = answer.parse().choices[0].message.tool_calls
        return [call.function.name for call in calls or []], answer.headers.get("x-orq-dropped-params", "")

    assert names("none")[0] == [] and names("auto")[0] == ["weather"] and names("required")[0] == ["weather"]
    chosen, dropped = names({"type": "function", "function": {"name": "time"}})
    assert chosen == ["time"] or "tool_choice" in dropped


@pytest.mark.parametrize("model", MODELS)
def test_a_tool_without_parameters_is_called_with_an_empty_object(client, model):
    bare = [{"type": "function", "function": {"name": "ping"}}]
    for stream in (False, True):
        answer = client.chat.completions.create(model=model, messages=HI, tools=bare, stream=stream)
        message = put_together(answer)[0] if stream else answer.choices[0].message.model_dump()
        assert json.loads(message["tool_calls"][0]["function"]["arguments"]) == {}


ODD = {
    "type": "object", "title": "Odd", "$defs": {"Point": {"type": "object", "properties": {"x": {"type": "number", "minimum": 0}}}},
    "properties": {
        "at": {"$ref": "#/$defs/Point"}, "size": {"type": "integer", "minimum": 1, "maximum": 9, "default": 3},
        "kind": {"enum": ["a", "b"]}, "id": {"type": "string", "format": "uuid", "pattern": "^[a-f]", "minLength": 1, "maxLength": 9},
        "maybe": {"type": ["string", "null"]}, "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "one": {"oneOf": [{"const": "x"}, {"type": "boolean"}]}, "many": {"type": "array", "items": {"type": "string"}, "minItems": 2},
        "free": {"type": "object", "additionalProperties": True}, "any": {},
    },
    "required": ["at"],
}


@pytest.mark.parametrize("strict", [None, True], ids=["loose", "strict"])
@pytest.mark.parametrize("model", MODELS)
def test_a_tool_may_have_any_schema(client, model, strict):
    function = {"name": "odd", "parameters": ODD, **({"strict": True} if strict else {})}
    answer = client.chat.completions.create(model=model, messages=HI, tools=[{"type": "function", "function": function}])
    assert "at" in json.loads(answer.choices[0].message.tool_calls[0].function.arguments)


# Thinking

def think(client, model, messages, stream, **more):
    more = dict(more, extra_body={"thinking": {"type": "enabled", "budget_tokens": 1024}}, max_completion_tokens=8000)
    if not stream:
        choice = client.chat.completions.create(model=model, messages=messages, **more).choices[0]
        return choice.message, choice.message.model_dump(exclude_none=True), choice.finish_reason
    with client.chat.completions.stream(model=model, messages=messages, **more) as events:
        for _ in events:
            pass
        choice = events.get_final_completion().choices[0]
    message = choice.message.model_dump(exclude_none=True)
    message.pop("parsed", None)
    for call in message.get("tool_calls", []):
        call["function"].pop("parsed_arguments", None)
    return choice.message, message, choice.finish_reason


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("word", ["once", "twice", "twice and secretly", "in parallel and twice"])
@pytest.mark.parametrize("model", THINKING)
def test_a_tool_loop_with_thinking_ends_well(client, model, word, stream):
    """The assistant's message goes back as the SDK gave it; the fake provider wants what it signed, unchanged."""
    messages = user("Think %s" % word)
    first, handed, finish = think(client, model, messages, stream, tools=TOOLS)
    assert finish == "tool_calls" and first.reasoning.startswith("The user says: Think %s" % word)
    assert first.reasoning_content == first.reasoning
    messages += [handed] + [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in first.tool_calls]
    second, handed, finish = think(client, model, messages, stream, tools=TOOLS)
    assert finish == "stop" and "sunny" in second.content and second.reasoning
    messages += [handed] + user("And now?")
    third, _, finish = think(client, model, messages, stream)
    assert third.content == SAID + "And now?"


@pytest.mark.parametrize("model", THINKING)
def test_thoughts_stream_as_they_come_whole(client, model):
    messages = user("Think twice and secretly")
    _, whole, _ = think(client, model, messages, False)
    stream = client.chat.completions.create(model=model, messages=messages, stream=True, max_completion_tokens=8000,
                                            extra_body={"thinking": {"type": "enabled", "budget_tokens": 1024}})
    assert filled(put_together(stream)[0]) == filled(whole)


@pytest.mark.parametrize("model", CLAUDES)
def test_a_tool_loop_whose_thoughts_were_lost_still_goes_on(client, model):
    messages = user("Think")
    first, _, _ = think(client, model, messages, False, tools=TOOLS)
    bare = {"role": "assistant", "tool_calls": [call.model_dump() for call in first.tool_calls]}
    results = [{"role": "tool", "tool_call_id": call.id, "content": "sunny"} for call in first.tool_calls]
    second, _, finish = think(client, model, messages + [bare] + results, False, tools=TOOLS)
    assert finish == "stop" and "sunny" in second.content


@pytest.mark.parametrize("effort", ["low", "medium", "high"])
@pytest.mark.parametrize("model", THINKING)
def test_effort_makes_a_model_think(client, model, effort):
    answer = client.chat.completions.create(model=model, messages=HI, reasoning_effort=effort)
    assert answer.choices[0].message.reasoning and answer.choices[0].message.content == SAID + "Hi"


# Pictures and files

def picture(data=PNG, kind="image/png"):
    return user([{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": data_url(kind, data)}}])


@pytest.mark.parametrize("model", MODELS[:-1] + ["cohere/command-a-vision-07-2025"])
def test_a_picture_arrives(client, model):
    answer = client.chat.completions.create(model=model, messages=picture())
    assert answer.choices[0].message.content == SAID + "Look: " + seen("image/png", PNG)


def test_a_picture_for_a_model_that_cannot_see_is_refused(client):
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=COHERE, messages=picture())


@pytest.mark.parametrize("model", MODELS)
def test_a_picture_by_its_url_arrives_or_is_refused(client, model):
    content = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": {"url": "https://example.com/cat.png"}}]
    try:
        answer = client.chat.completions.create(model=model, messages=user(content))
    except openai.BadRequestError as error:
        assert model not in (CLAUDE,) and (error.param or model == COHERE), error
    else:
        assert "https://example.com/cat.png" in answer.choices[0].message.content


def paper(data=PDF, kind="application/pdf", name="report (v1.2), final.pdf"):
    return user([{"type": "text", "text": "Read:"}, {"type": "file", "file": {"filename": name, "file_data": data_url(kind, data)}}])


@pytest.mark.parametrize("model", [model for model in MODELS if model != COHERE])
def test_a_pdf_arrives(client, model):
    answer = client.chat.completions.create(model=model, messages=paper())
    assert seen("application/pdf", PDF) in answer.choices[0].message.content


@pytest.mark.parametrize("model", [model for model in MODELS if model != COHERE])
def test_a_pdf_arrives_without_any_words(client, model):
    answer = client.chat.completions.create(model=model, messages=user(paper()[0]["content"][1:]))
    assert seen("application/pdf", PDF) in answer.choices[0].message.content


def test_a_pdf_for_a_service_that_takes_none_is_refused_by_name(client, fake):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=COHERE, messages=paper())
    assert caught.value.param and caught.value.param.startswith("messages") and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", [model for model in MODELS if model != COHERE])
def test_a_text_file_arrives(client, model):
    answer = client.chat.completions.create(model=model, messages=paper("Ünï".encode(), "text/plain", "notes.txt"))
    said = answer.choices[0].message.content
    assert "Ünï" in said or seen("text/plain", "Ünï".encode()) in said


@pytest.mark.parametrize("model", MODELS)
def test_sound_arrives_or_is_refused_by_name(client, fake, model):
    sound = {"type": "input_audio", "input_audio": {"data": base64.b64encode(wav()).decode(), "format": "wav"}}
    try:
        answer = client.chat.completions.create(model=model, messages=user([{"type": "text", "text": "Listen:"}, sound]))
    except openai.BadRequestError as error:
        assert model not in (GEMINI, GEMINI_3, VERTEX) and error.param.startswith("messages") and fake.state()["requests"] == 0
    else:
        assert seen("audio/wav", wav()) in answer.choices[0].message.content


# Structure

@pytest.mark.parametrize("model", [model for model in MODELS if model != NOVA])
def test_a_json_schema_is_parsed_into_a_class(client, model):
    wanted = Solution(steps=[Step(explanation="text", value=1)], done=True)
    answer = client.chat.completions.parse(model=model, messages=HI, response_format=Solution)
    assert answer.choices[0].message.parsed == wanted
    with client.chat.completions.stream(model=model, messages=HI, response_format=Solution) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == wanted


def test_a_json_schema_for_a_model_without_structured_output_is_carried_or_refused(client, fake):
    try:
        answer = client.chat.completions.parse(model=NOVA, messages=HI, response_format=Solution)
    except openai.BadRequestError as error:
        assert error.param == "response_format" and fake.state()["requests"] == 0
    else:
        assert answer.choices[0].message.parsed == Solution(steps=[Step(explanation="text", value=1)], done=True)


# Search, caches, and answers that were stopped

@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", [CLAUDE, VERTEX_CLAUDE, GEMINI, GEMINI_3, VERTEX])
def test_a_search_is_cited(client, model, stream):
    answer = client.chat.completions.create(model=model, messages=user("Grüße 🌍"), web_search_options={}, stream=stream)
    message = put_together(answer)[0] if stream else answer.choices[0].message.model_dump()
    assert message["content"] == SAID + "Grüße 🌍 " + CITED
    cited = message["annotations"][0]["url_citation"]
    assert (cited["url"], cited["title"]) == ("https://almanac.example/weather", "The Fake Almanac")
    assert message["content"][cited["start_index"]:cited["end_index"]] == CITED


@pytest.mark.parametrize("model", CLAUDES)
def test_what_a_cache_gave_is_counted(client, model):
    content = [{"type": "text", "text": "A long story", "cache_control": {"type": "ephemeral"}}, {"type": "text", "text": "Go on."}]
    usage = client.chat.completions.create(model=model, messages=user(content)).usage
    assert usage.prompt_tokens_details.cached_tokens == 50 and usage.prompt_tokens > 150
    assert usage.prompt_tokens_details.cache_write_tokens == 100
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("model", [family + "fake-refusal" for family in FAULTY[:-1]] + ["google-ai/gemini-fake-blocked"])
def test_a_stopped_answer_says_that_it_was_filtered(client, model, stream):
    try:
        answer = client.chat.completions.create(model=model, messages=HI, stream=stream)
        finish = put_together(answer)[1] if stream else answer.choices[0].finish_reason
        assert finish == "content_filter"
    except openai.APIError as error:
        assert "blocked" in model and error.code == "content_filter"


# Errors

CLASSES = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError, 404: openai.NotFoundError,
    429: openai.RateLimitError, 500: openai.InternalServerError, 503: openai.InternalServerError, 529: openai.InternalServerError,
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("family", FAULTY)
def test_a_status_becomes_its_exception(client, family, status, stream):
    with pytest.raises(CLASSES[status]) as caught:
        client.chat.completions.create(model="%sfake-status-%d" % (family, status), messages=HI, stream=stream)
    assert type(caught.value) is CLASSES[status] and "The fake provider answers %d." % status in caught.value.message
    assert caught.value.type and caught.value.request_id
    # 529 is Anthropic's alone.
    assert caught.value.status_code == (503 if status == 529 and "anthropic/" in family else status) or status == 529


KNOWN = {
    "context-length": (openai.BadRequestError, "context_length_exceeded"), "quota": (openai.RateLimitError, "insufficient_quota"),
    "bad-key": (openai.AuthenticationError, "invalid_api_key"), "no-model": (openai.NotFoundError, "model_not_found"),
    "overloaded": (openai.InternalServerError, "server_is_overloaded"),
}


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("family", FAULTY)
def test_an_error_of_a_service_is_openais_error(client, family, name):
    kind, code = KNOWN[name]
    if name == "quota" and family.startswith("aws/"):
        code = "rate_limit_exceeded"  # Bedrock calls every limit a throttle.
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model=family + "fake-" + name, messages=HI)
    assert caught.value.code == code and caught.value.param == ("messages" if name == "context-length" else caught.value.param)


@pytest.mark.parametrize("family", FAULTY)
def test_an_error_in_mid_stream_is_an_api_error(client, family):
    stream = client.chat.completions.create(model=family + "fake-stream-error", messages=HI, stream=True)
    text = ""
    with pytest.raises(openai.APIError) as caught:
        for chunk in stream:
            text += chunk.choices[0].delta.content or ""
    assert text.startswith("Hello") and "The fake provider failed." in caught.value.message


@pytest.mark.parametrize("family", FAULTY)
def test_a_stream_that_ends_early_is_an_api_error(client, family):
    stream = client.chat.completions.create(model=family + "fake-truncated-stream", messages=HI, stream=True)
    with pytest.raises(openai.APIError) as caught:
        for _ in stream:
            pass
    assert caught.value.code == "upstream_truncated"


def test_a_broken_frame_is_an_api_error(client):
    stream = client.chat.completions.create(model="aws/fake-bad-crc", messages=HI, stream=True)
    with pytest.raises(openai.APIError):
        for _ in stream:
            pass


@pytest.mark.parametrize("fault", ["error-html-502", "error-empty-500", "error-text-500", "broken-json", "hang-up"])
@pytest.mark.parametrize("family", FAULTY)
def test_an_answer_that_nobody_can_read_is_a_server_error(client, family, fault):
    with pytest.raises(openai.InternalServerError) as caught:
        client.chat.completions.create(model=family + "fake-" + fault, messages=HI)
    assert caught.value.type and caught.value.message


# Bedrock with Envoy's own signatures

@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
def test_envoy_signs_what_the_filter_wrote(client, fake, stream):
    model = "aws-signed/us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    answer = client.chat.completions.create(model=model, messages=picture(), stream=stream)
    content = put_together(answer)[0]["content"] if stream else answer.choices[0].message.content
    assert content == SAID + "Look: " + seen("image/png", PNG)
    assert fake.last()["header"]["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDFAKE/")
