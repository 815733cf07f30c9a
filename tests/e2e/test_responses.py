"""`/responses` of OpenAI's Python SDK over models whose providers have only chats: what may be asked, and what is answered.

Every stream is read by `told` (responses.py) as well as by the SDK. The fake provider checks each request by the rules of its
service (`settled` in conftest.py), so that what is answered here was asked rightly. Tools are in test_responses_tools.py.
"""

import base64
import json
import time

import openai
import pytest

import framing
from models import (BEDROCK, CLAUDE, COHERE, FAULTY, GEMINI, GEMINI_3, MISTRAL, MODELS, NOVA, SAID, TOGETHER, VERTEX, VERTEX_CLAUDE,
                    Solution, Step, seen)
from responses import TOOLS, ask, bare, dropped, of_type, told, user
from samples import PDF, PNG, data_url

BRIDGED = MODELS + [MISTRAL, TOGETHER]
FAMILIES = FAULTY + ["mistral/"]
STREAM = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


# Whole and streamed

@pytest.mark.parametrize("said", ["Hi", [user("Hi")]], ids=["string", "items"])
@pytest.mark.parametrize("model", BRIDGED)
def test_a_response_is_given(client, fake, model, said):
    response = ask(client, model=model, input=said, instructions="Be brief.")
    assert response.output_text == SAID + "Hi" and response.status == "completed"
    assert response.object == "response" and response.id.startswith("resp_") and response.error is None
    assert response.incomplete_details is None and response.previous_response_id is None and response.background is False
    assert 0 < response.created_at <= response.completed_at <= time.time() + 1
    # Gemini 3 signs what it says: that goes with the message, as an item that clients hand back.
    [message] = [item for item in response.output if item.type != "reasoning" or model != GEMINI_3]
    assert (message.type, message.role, message.status) == ("message", "assistant", "completed") and message.id.startswith("msg_")
    [part] = message.content
    assert part.type == "output_text" and part.annotations == []
    usage = response.usage
    assert usage.input_tokens > 0 and usage.output_tokens > 0 and usage.total_tokens == usage.input_tokens + usage.output_tokens
    assert usage.input_tokens_details.cached_tokens >= 0 and usage.input_tokens_details.cache_write_tokens >= 0
    assert usage.output_tokens_details.reasoning_tokens >= 0
    assert response.model == model.split("/", 1)[1] and response._request_id
    assert "Be brief." in json.dumps(fake.last()["json"])


@pytest.mark.parametrize("model", BRIDGED)
def test_a_response_streams_and_says_the_same(client, model):
    whole = ask(client, model=model, input="Grüße 🌍")
    events = [event.to_dict() for event in client.responses.create(model=model, input="Grüße 🌍", stream=True)]
    assert bare(told(events)) == bare(whole)
    assert len([event for event in events if event["type"] == "response.output_text.delta"]) > 3, "it came in one piece"
    if model != GEMINI_3:
        assert [event["type"] for event in events if "delta" not in event["type"]] == [
            "response.created", "response.in_progress", "response.output_item.added", "response.content_part.added",
            "response.output_text.done", "response.content_part.done", "response.output_item.done", "response.completed"]


@pytest.mark.parametrize("model", BRIDGED)
def test_the_stream_helper_comes_to_the_same(client, model):
    snapshots = []
    with client.responses.stream(model=model, input="Hi") as stream:
        for event in stream:
            if event.type == "response.output_text.delta":
                snapshots.append(event.snapshot)
        final = stream.get_final_response()
    assert snapshots[-1] == final.output_text == SAID + "Hi" and snapshots == sorted(snapshots, key=len)
    assert final.status == "completed" and final.usage.total_tokens > 0


@pytest.mark.parametrize("model", BRIDGED)
def test_an_event_stands_under_its_name_and_nothing_behind_the_last(http_client, model):
    answer = http_client.post("/responses", json={"model": model, "input": "Hi", "stream": True})
    assert answer.headers["content-type"].split(";")[0] == "text/event-stream"
    text = answer.content.decode()
    assert text.endswith("\n\n") and "[DONE]" not in text and "obfuscation" not in text
    for block in text.split("\n\n")[:-1]:
        name, data = block.split("\n")
        assert name == "event: " + json.loads(data.removeprefix("data: "))["type"]


@pytest.mark.parametrize("model", BRIDGED)
def test_a_response_says_again_what_was_asked(client, model):
    asked = {"instructions": "Be kind.", "metadata": {"team": "blue"}, "max_output_tokens": 3000, "temperature": 0.5,
             "parallel_tool_calls": True, "tool_choice": "none"}
    response = ask(client, model=model, input="Hi", tools=TOOLS, **asked)
    said = response.to_dict()
    assert {name: said[name] for name in asked} == asked and said["tools"] == TOOLS
    assert said["text"]["format"] == {"type": "text"} and said["truncation"] == "disabled" and said["top_p"] == 1
    plain = ask(client, model=model, input="Hi").to_dict()
    assert plain["tools"] == [] and plain["tool_choice"] == "auto" and plain["metadata"] == {} and plain["instructions"] is None
    assert plain["parallel_tool_calls"] is True and plain["temperature"] == 1 and plain["max_output_tokens"] is None


@pytest.mark.parametrize("fault", ["cut-1", "cut-7+novelties", "trailers"])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_stream_may_come_in_any_pieces(client, family, fault):
    words = "Grüße 🌍, naïve"
    response = ask(client, True, model=family + "fake-" + fault, input=words)
    assert (response.output_text, response.status) == (SAID + words, "completed")


@pytest.mark.parametrize("family", ["anthropic/claude-", "mistral/"])
def test_a_stream_is_passed_on_as_it_comes(client, family):
    start, first = time.monotonic(), None
    for event in client.responses.create(model=family + "fake-slow", input="Hi", stream=True):
        if first is None and event.type == "response.output_text.delta":
            first = time.monotonic() - start
    assert first < (time.monotonic() - start) / 2


@STREAM
@pytest.mark.parametrize("family", FAMILIES)
def test_a_long_answer_comes_whole_and_streamed(client, family, stream):
    assert ask(client, stream, model=family + "fake-big-100", input="Hi").output_text == "0123456789abcdef" * 64 * 100


# What may be asked

CALL = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{\"city\":\"Rome\",\"days\":1}"}


@pytest.mark.parametrize("model", BRIDGED)
def test_a_conversation_may_be_of_any_order(client, model):
    said = [
        {"role": "system", "content": "Be brief."},
        {"type": "message", "role": "developer", "content": [{"type": "input_text", "text": "And kind."}]},
        {"role": "user", "content": "Hi"},
        user({"type": "input_text", "text": "Are you"}, {"type": "input_text", "text": "there?"}),
        {"role": "assistant", "content": "Yes."},
        {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [
            {"type": "output_text", "text": "Still.", "annotations": []}, {"type": "refusal", "refusal": "No more."}]},
        {"role": "system", "content": "Be brief again."},
        {"type": "message", "role": "user", "content": "Weather and time?"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "gAAAAABo"},
        dict(CALL, id="fc_1", status="completed"),
        {"type": "function_call", "call_id": "call_2", "name": "time", "arguments": ""},
        {"type": "function_call_output", "call_id": "call_2", "output": "noon"},
        {"type": "function_call_output", "call_id": "call_1", "output": [{"type": "input_text", "text": "sunny"}]},
        {"role": "user", "content": "Why?"},
    ]
    raw = client.responses.with_raw_response.create(model=model, input=said, tools=TOOLS, tool_choice="none")
    assert raw.parse().output_text.endswith("Why?")
    assert "input[8].encrypted_content" in dropped(raw)


@pytest.mark.parametrize("model", BRIDGED)
def test_calls_of_another_model_may_be_handed_over(client, model):
    said = [user("Hi"), CALL, {"type": "function_call_output", "call_id": "call_1", "output": "fine"}]
    assert ask(client, model=model, input=said, tools=TOOLS).output_text == SAID + "fine"
    said += [{"role": "assistant", "content": "Fine."}, user("Thanks")]
    assert ask(client, model=model, input=said).output_text == SAID + "Thanks"


@pytest.mark.parametrize("model", BRIDGED)
def test_every_parameter_of_openai_may_be_there(client, fake, model):
    raw = client.responses.with_raw_response.create(
        model=model, input="Hi", instructions="Be brief.", temperature=0.5, top_p=0.9, user="ada", safety_identifier="ada",
        metadata={"team": "blue"}, store=False, service_tier="auto", max_output_tokens=3000, parallel_tool_calls=True,
        text={"format": {"type": "text"}, "verbosity": "low"}, prompt_cache_key="k", truncation="disabled", tools=TOOLS[:1],
        tool_choice="none", include=["reasoning.encrypted_content"], previous_response_id=None, background=False,
        extra_body={"novelty": {"of": "tomorrow"}})
    left_out = dropped(raw)
    assert raw.parse().output_text == SAID + "Hi"
    assert ("novelty" in left_out) != ("novelty" in fake.last()["json"])
    assert not {"metadata", "store", "include", "truncation", "background", "max_output_tokens", "instructions"} & set(left_out)
    assert not [name for name in left_out if name.startswith(("messages", "max_completion_tokens", "verbosity", "response_format"))]


VALUES = [
    {"temperature": 1.9}, {"top_p": 1.0}, {"max_output_tokens": 16}, {"reasoning": {"effort": "none"}},
    {"reasoning": {"effort": "minimal", "summary": "detailed"}}, {"reasoning": {"effort": "high"}},
    {"reasoning": {"effort": "xhigh"}}, {"text": {"format": {"type": "json_object"}}}, {"text": {"verbosity": "high"}},
    {"service_tier": "flex"}, {"truncation": "auto"},
    {"top_logprobs": 3, "include": ["message.output_text.logprobs"]}, {"parallel_tool_calls": False}, {"max_tool_calls": 1},
    {"prompt_cache_retention": "24h"}, {"stream_options": {"include_obfuscation": False}},
]


@pytest.mark.parametrize("model", BRIDGED)
def test_no_value_that_openai_takes_offends_a_service(client, model):
    """It is carried, dropped by name, or refused by the proxy itself; `settled` sees that the service had nothing to object to."""
    for asked in VALUES:
        try:
            raw = client.responses.with_raw_response.create(model=model, input="Hi", extra_body=asked)
        except openai.BadRequestError as error:
            assert error.param and error.param.split(".")[0] in asked, (asked, error)
        else:
            assert raw.parse().output_text, asked
            assert all(name.split(".")[0] in asked for name in dropped(raw)), (asked, dropped(raw))
            assert ("truncation" in dropped(raw)) == ("truncation" in asked), (asked, dropped(raw))


EXTRAS = {
    CLAUDE: ("anthropic", {"inference_geo": "us"}), VERTEX: ("google", {"labels": {"team": "blue"}}),
    BEDROCK: ("aws", {"requestMetadata": {"team": "blue"}}), COHERE: ("cohere", {"safety_mode": "STRICT"}),
}


@pytest.mark.parametrize("model", EXTRAS)
def test_what_only_one_service_knows_goes_there_as_it_is(client, fake, model):
    name, members = EXTRAS[model]
    assert ask(client, model=model, input="Hi", extra_body={name: members}).output_text == SAID + "Hi"
    assert members.items() <= fake.last()["json"].items() and name not in fake.last()["json"]


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_store_is_answered_with_the_truth(client, model, stream):
    assert ask(client, stream, model=model, input="Hi", store=True).store is False


STATEFUL = [("previous_response_id", "resp_1"), ("conversation", "conv_1"), ("background", True), ("prompt", {"id": "pmpt_1"})]


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, BEDROCK, COHERE, MISTRAL])
def test_what_needs_a_memory_is_refused_by_name(client, fake, model):
    for name, value in STATEFUL:
        with pytest.raises(openai.BadRequestError) as caught:
            client.responses.create(model=model, input="Hi", **{name: value})
        assert (caught.value.param, caught.value.code) == (name, "unsupported_parameter")
        assert "input" in caught.value.message or name == "background"
    assert fake.state()["requests"] == 0


@pytest.mark.parametrize("item", [
    {"type": "item_reference", "id": "msg_1"}, {"type": "computer_call_output", "call_id": "call_1", "output": {
        "type": "computer_screenshot", "image_url": data_url("image/png", PNG)}},
    {"type": "local_shell_call_output", "id": "lsh_1", "output": "ok"},
    {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
], ids=lambda item: item["type"])
@pytest.mark.parametrize("model", [CLAUDE, GEMINI, MISTRAL])
def test_an_item_that_a_chat_cannot_carry_is_refused_by_its_place(client, fake, model, item):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=model, input=[user("Hi"), item])
    assert caught.value.param.startswith("input[1]") and fake.state()["requests"] == 0
    assert ("input[1]" if item["type"] == "item_reference" else item["type"]) in caught.value.message


WRONG = [
    ({"input": 7}, "input"), ({"input": [7]}, "input[0]"), ({"input": [{"type": "novelty"}]}, "input[0]"),
    ({"input": [{"role": "user"}]}, "input[0].content"), ({"input": [user({"type": "novelty"})]}, "input[0].content[0]"),
    ({"input": "Hi", "tools": [{"type": "function"}]}, "tools[0].name"), ({"input": "Hi", "temperature": "hot"}, "temperature"),
    ({"input": "Hi", "max_output_tokens": "many"}, "max_output_tokens"), ({}, "input"),
    ({"input": "Hi", "text": {"format": {"type": "odd"}}}, "text.format"),
]


@pytest.mark.parametrize("model", [CLAUDE, GEMINI, COHERE])
def test_what_is_wrong_is_named_in_the_clients_terms(client, fake, model):
    for asked, param in WRONG:
        with pytest.raises(openai.BadRequestError) as caught:
            client.post("/responses", body={"model": model, **asked}, cast_to=object)
        assert (caught.value.param or "").startswith(param), (asked, caught.value)
    assert fake.state()["requests"] == 0


@STREAM
@pytest.mark.parametrize("model", BRIDGED)
def test_a_response_ends_at_its_limit(client, model, stream):
    response = ask(client, stream, model=model, input="long " * 50, max_output_tokens=20)
    assert response.status == "incomplete" and response.incomplete_details.reason == "max_output_tokens" and response.error is None
    [message] = of_type(response, "message")
    assert message.status == "incomplete" and len(response.output_text) == 80 and response.completed_at is None


# Pictures and files

def arrived(model, said, kind, data):
    """Whether bytes reached the fake provider, by what it says of them."""
    return (seen(kind, data) if model in MODELS + [SIGHTED] else "%s, %d bytes]" % (kind, len(data))) in said


SIGHTED = "cohere/command-a-vision-07-2025"
LOOK = {"type": "input_text", "text": "Look:"}
PICTURE = {"type": "input_image", "image_url": data_url("image/png", PNG), "detail": "auto"}
PAPER = {"type": "input_file", "filename": "report (v1.2), final.pdf", "file_data": data_url("application/pdf", PDF)}


@pytest.mark.parametrize("model", [model for model in BRIDGED if model != COHERE] + [SIGHTED])
def test_a_picture_arrives(client, model):
    assert arrived(model, ask(client, model=model, input=[user(LOOK, PICTURE)]).output_text, "image/png", PNG)


@pytest.mark.parametrize("model", [model for model in MODELS if model != COHERE] + [TOGETHER])
def test_a_pdf_arrives(client, model):
    assert arrived(model, ask(client, model=model, input=[user(LOOK, PAPER)]).output_text, "application/pdf", PDF)


@pytest.mark.parametrize("part", [PICTURE, PAPER], ids=["picture", "pdf"])
def test_what_a_model_cannot_read_is_refused_by_its_place(client, fake, part):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=COHERE, input=[user("Hi"), user(LOOK, part)])
    if part is PAPER:
        assert caught.value.param.startswith("input[1].content[1]") and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", BRIDGED)
def test_a_picture_by_its_url_arrives_or_is_refused_by_its_place(client, model):
    picture = {"type": "input_image", "image_url": "https://example.com/cat.png", "detail": "low"}
    try:
        response = ask(client, model=model, input=[user(LOOK, picture)])
    except openai.BadRequestError as error:
        assert model not in (CLAUDE, MISTRAL, TOGETHER)
        assert model == COHERE or error.param.startswith("input[0].content[1]"), error
    else:
        assert "https://example.com/cat.png" in response.output_text


@pytest.mark.parametrize("part", [{"type": "input_image", "file_id": "file_1"}, {"type": "input_file", "file_id": "file_1"}],
                         ids=lambda part: part["type"])
@pytest.mark.parametrize("model", [GEMINI, BEDROCK, COHERE])
def test_a_file_of_openais_store_is_refused_by_its_place(client, fake, model, part):
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=model, input=[user(LOOK, part)])
    assert caught.value.param.startswith("input[0].content[1]") and fake.state()["requests"] == 0


@pytest.mark.parametrize("model", [CLAUDE, VERTEX_CLAUDE, BEDROCK, GEMINI, GEMINI_3, VERTEX])
def test_a_tool_may_answer_with_a_picture(client, fake, model):
    said = [user("Hi"), CALL, {"type": "function_call_output", "call_id": "call_1", "output": [LOOK, PICTURE]}]
    ask(client, model=model, input=said, tools=TOOLS)
    assert base64.b64encode(PNG).decode() in json.dumps(fake.last()["json"])


# Structure

@pytest.mark.parametrize("model", [model for model in BRIDGED if model != NOVA])
def test_a_json_schema_is_parsed_into_a_class(client, model):
    wanted = Solution(steps=[Step(explanation="text", value=1)], done=True)
    response = client.responses.parse(model=model, input="Hi", text_format=Solution)
    assert response.output_parsed == wanted and response.text.format.type == "json_schema"
    with client.responses.stream(model=model, input="Hi", text_format=Solution) as stream:
        done = [event for event in stream if event.type == "response.output_text.done"]
        assert stream.get_final_response().output_parsed == done[0].parsed == wanted


@pytest.mark.parametrize("model", BRIDGED)
def test_a_json_object_is_given_or_refused(client, model):
    try:
        response = ask(client, model=model, input="JSON, please", text={"format": {"type": "json_object"}})
    except openai.BadRequestError as error:
        assert error.param == "text.format" and model not in (GEMINI, GEMINI_3, VERTEX, COHERE, MISTRAL, TOGETHER), error
    else:
        assert model not in (GEMINI, GEMINI_3, VERTEX, COHERE, MISTRAL, TOGETHER) or json.loads(response.output_text)


# Answers that were stopped, and errors

@STREAM
@pytest.mark.parametrize("model", [family + "fake-refusal" for family in FAULTY[:-1]] + ["google-ai/gemini-fake-blocked"])
def test_a_stopped_response_says_that_it_was_filtered(client, model, stream):
    try:
        response = ask(client, stream, model=model, input="Hi")
        assert response.status == "incomplete" and response.incomplete_details.reason == "content_filter"
    except openai.APIError as error:
        assert "blocked" in model and error.code == "content_filter"


@STREAM
@pytest.mark.parametrize("model", ["mistral/fake-refusal", "togetherai/fake-refusal"])
def test_a_refusal_is_a_part_of_its_own(client, model, stream):
    response = ask(client, stream, model=model, input="Hi")
    [message] = response.output
    assert [part.to_dict() for part in message.content] == [{"type": "refusal", "refusal": "I cannot help with that."}]
    assert response.status == message.status == "completed" and response.output_text == ""


CLASSES = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError, 404: openai.NotFoundError,
    429: openai.RateLimitError, 500: openai.InternalServerError, 503: openai.InternalServerError,
}


@STREAM
@pytest.mark.parametrize("family", FAMILIES)
def test_a_status_becomes_its_exception(client, family, stream):
    for status, kind in CLASSES.items():
        with pytest.raises(kind) as caught:
            client.responses.create(model="%sfake-status-%d" % (family, status), input="Hi", stream=stream)
        assert type(caught.value) is kind and caught.value.status_code == status
        assert "The fake provider answers %d." % status in caught.value.message
        assert caught.value.type and caught.value.request_id


KNOWN = {
    "context-length": (openai.BadRequestError, "context_length_exceeded", "input"),
    "bad-key": (openai.AuthenticationError, "invalid_api_key", None), "no-model": (openai.NotFoundError, "model_not_found", None),
    "overloaded": (openai.InternalServerError, "server_is_overloaded", None),
}


@pytest.mark.parametrize("family", FAULTY)
def test_an_error_of_a_service_is_openais_error(client, family):
    for name, (kind, code, param) in KNOWN.items():
        with pytest.raises(kind) as caught:
            client.responses.create(model=family + "fake-" + name, input="Hi")
        assert caught.value.code == code and caught.value.param in (param, "model" if name == "no-model" else param), name


@pytest.mark.parametrize("family", FAMILIES)
def test_an_error_in_mid_stream_is_an_api_error(client, family):
    text = ""
    with pytest.raises(openai.APIError) as caught:
        for event in client.responses.create(model=family + "fake-stream-error", input="Hi", stream=True):
            text += event.delta if event.type == "response.output_text.delta" else ""
    assert text.startswith("Hello") and "The fake provider failed." in caught.value.message
    with pytest.raises(openai.APIError):
        with client.responses.stream(model=family + "fake-stream-error", input="Hi") as stream:
            stream.get_final_response()


@pytest.mark.parametrize("fault, says", [("stream-error", "The fake provider failed."), ("truncated-stream", "")])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_stream_that_fails_ends_with_an_error_and_the_failed_response(http_client, family, fault, says):
    body = http_client.post("/responses", json={"model": family + "fake-" + fault, "input": "Hi", "stream": True}).content
    events = [event for _, event in framing.bodies(body)]
    response, error = told(events), events[-2]
    assert error["type"] == "error" and says in error["message"] and "param" in error
    assert {name: error["error"][name] for name in ("code", "message", "param")} == {
        name: error[name] for name in ("code", "message", "param")} and error["error"]["type"]
    assert response["status"] == "failed" and says in response["error"]["message"] and response["error"]["code"]
    assert fault != "truncated-stream" or error["code"] == "upstream_truncated"
    [message] = response["output"]
    assert message["status"] == "incomplete" and message["content"][0]["text"].startswith("Hello")


def test_a_broken_frame_is_an_api_error(client):
    with pytest.raises(openai.APIError):
        list(client.responses.create(model="aws/fake-bad-crc", input="Hi", stream=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_an_answer_that_nobody_can_read_is_a_server_error(client, family):
    for fault in ("error-html-502", "error-empty-500", "error-text-500", "broken-json", "hang-up"):
        with pytest.raises(openai.InternalServerError) as caught:
            client.responses.create(model=family + "fake-" + fault, input="Hi")
        assert caught.value.type and caught.value.message, fault
