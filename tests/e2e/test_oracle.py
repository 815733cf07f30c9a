"""The judge itself: it takes what OpenAI sent, reads every recording, and notices when an answer says something else."""

import copy
import json
import os
import pathlib

import pytest

import answers
import chat_cases
import extract
import framing
import laws
import schemas as openai_schemas

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
CHATS = chat_cases.chats(CORPUS) if CORPUS else []


def chunk(choices, **more):
    about = {"id": "one", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return {**about, "choices": choices, "usage": None, **more}


def delta(finish=None, **delta):
    return chunk([{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}])


def call(arguments, **more):
    return delta(tool_calls=[{"index": 0, **more, "function": {**({"name": "f"} if more else {}), "arguments": arguments}}])


GOOD = [delta(role="assistant", content="", refusal=None), delta(reasoning="Hm.", reasoning_content="Hm."),
        delta(content="Hel"), delta(content="lo."), call("", id="call_1", type="function"), call('{"a":'), call("1}"),
        delta(finish="tool_calls"), chunk([], usage={"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7})]
# What an Anthropic stream of the same words is.
PROVIDER = [
    {"type": "message_start", "message": {"content": [], "usage": {"input_tokens": 1, "cache_read_input_tokens": 2}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "Hm."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "Hello."}},
    {"type": "content_block_stop", "index": 1},
    {"type": "content_block_start", "index": 2,
     "content_block": {"type": "tool_use", "id": "call_1", "name": "f", "input": {}}},
    {"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": '{"a": 1}'}},
    {"type": "content_block_stop", "index": 2},
    {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 4}},
    {"type": "message_stop"},
]


def sse(events, end="data: [DONE]\n\n"):
    return ("".join("data: %s\n\n" % json.dumps(event) for event in events) + end).encode()


def judged(body):
    said = extract.extract("anthropic", 200, {"content-type": "text/event-stream"}, sse(PROVIDER, ""))
    heard, broken = laws.stream(body, None)
    if heard.usage:
        heard.usage["cached_tokens"] = 2  # GOOD leaves its details out, to be short.
    return [*broken, *answers.differences(said, heard)]


def test_a_good_stream_is_found_good():
    assert judged(sse(GOOD)) == []


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_a_stream_that_lacks_a_chunk_is_found_out(number):
    assert judged(sse(GOOD[:number] + GOOD[number + 1:]))


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_a_stream_that_has_a_chunk_twice_is_found_out(number):
    assert judged(sse(GOOD[:number + 1] + GOOD[number:]))


@pytest.mark.parametrize("what, mutate", {
    "another finish_reason": lambda events: events[-2]["choices"][0].update(finish_reason="stop"),
    "another number": lambda events: events[-1]["usage"].update(prompt_tokens=4, total_tokens=8),
    "a wrong sum": lambda events: events[-1]["usage"].update(total_tokens=8),
    "another id": lambda events: events[3].update(id="two"),
    "another time": lambda events: events[3].update(created=2),
    "role again": lambda events: events[3]["choices"][0]["delta"].update(role="assistant"),
    "the call's id again": lambda events: events[5]["choices"][0]["delta"]["tool_calls"][0].update(id="call_1"),
    "a call's index": lambda events: events[4]["choices"][0]["delta"]["tool_calls"][0].update(index=1),
    "another name": lambda events: events[4]["choices"][0]["delta"]["tool_calls"][0]["function"].update(name="g"),
    "another argument": lambda events: events[6]["choices"][0]["delta"]["tool_calls"][0]["function"].update(arguments="2}"),
    "other text": lambda events: events[2]["choices"][0]["delta"].update(content="Hal"),
    "reasoning once": lambda events: events[1]["choices"][0]["delta"].pop("reasoning_content"),
    "no null usage": lambda events: events[0].pop("usage"),
    "usage beside a choice": lambda events: events[-1].update(choices=events[-2]["choices"]),
    "finish_reason twice": lambda events: events.insert(-1, events[-2]),
    "a delta behind the finish": lambda events: events.insert(-1, events[2]),
    "citations early": lambda events: events[2]["choices"][0]["delta"].update(annotations=[]),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_stream_that_says_it_otherwise_is_found_out(what, mutate):
    events = copy.deepcopy(GOOD)
    mutate(events)
    assert judged(sse(events)), what


@pytest.mark.parametrize("body", [
    sse(GOOD, ""), sse(GOOD, "data: [DONE]\n\n" * 2), sse(GOOD, "data: [DONE]\n"), sse(GOOD).replace(b"\n\n", b"\r\n\r\n"),
    b": hello\n\n" + sse(GOOD), sse(GOOD).replace(b"data: {", b"event: x\ndata: {", 1), sse(GOOD).replace(b"data: ", b"data:"),
    sse(GOOD + [{"error": {"message": "m", "type": "t", "param": None, "code": None}}])], ids=range(8))
def test_a_stream_in_another_form_is_found_out(body):
    assert judged(body)


def test_an_error_in_a_stream_ends_it():
    told = {"error": {"message": "It broke.", "type": "server_error", "param": None, "code": None}}
    heard, broken = laws.stream(sse(GOOD[:3] + [told], ""), None)
    assert not broken and heard.error.message == "It broke." and not heard.whole
    assert laws.stream(sse(GOOD[:3] + [told]), None)[1], "[DONE] behind an error"
    assert laws.stream(sse(GOOD[:3] + [told, GOOD[3]], ""), None)[1], "a chunk behind an error"


def test_frames_are_read_as_they_are_written():
    events = [({":event-type": "messageStop", ":message-type": "event"}, b'{"stopReason":"end_turn"}'), ({}, b"")]
    assert framing.frames(b"".join(framing.frame(*event) for event in events)) == events
    broken = bytearray(framing.frame(*events[0]))
    broken[40] ^= 1
    with pytest.raises(AssertionError):
        framing.frames(bytes(broken))


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")
@pytest.mark.parametrize("chat", CHATS, ids=lambda chat: chat.id)
def test_every_recording_says_something(chat):
    said = chat.said
    if chat.status >= 400:
        assert said.error.message and not said.choices
        return
    assert said.choices or said.error
    for choice in said.choices.values():
        assert not said.whole or choice.finish
        assert choice.begun or choice.finish in ("content_filter", "length")
        if said.whole and choice.finish == "tool_calls":
            assert not any(isinstance(one.arguments, str) for one in choice.calls)
    if said.usage and chat.line["provenance"] != "fixture":  # Whose numbers are sometimes invented.
        assert said.usage["prompt_tokens"] >= 0 and said.usage["completion_tokens"] >= 0
        assert said.usage["cached_tokens"] <= said.usage["prompt_tokens"]
        assert said.usage["reasoning_tokens"] <= said.usage["completion_tokens"]


# What OpenAI itself does not do: the contract asks for more.
NOT_YET = ("logprobs is missing", "reasoning and reasoning_content differ", "choice 0: reasoning")


@pytest.mark.skipif(not CORPUS or not SPEC, reason="ORQ_CORPUS or ORQ_SPEC is not set.")
def test_what_openai_itself_sent_keeps_the_laws():
    schemas = openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json")
    folder, judged = pathlib.Path(CORPUS), 0
    for line in map(json.loads, (folder / "index.jsonl").read_text().splitlines()):
        if (line["provider"], line["endpoint"]) != ("openai", "chat") or line["provenance"] == "fixture":
            continue
        body = (folder / line["case"] / line["response_file"]).read_bytes()
        if b'"custom"' in body:
            continue  # A call of a tool that takes text; no translated provider has any.
        headers = {"content-type": "text/event-stream" if line["stream"] else "application/json"}
        said = extract.extract("openai", line["status"], headers, body)
        if said.error:
            heard, broken = laws.error(line["status"], body, schemas)
        elif line["stream"]:
            heard, broken = laws.stream(body, schemas, b'"usage":' in body.split(b"\n")[0])
        else:
            heard, broken = laws.whole(body, schemas)
        found = [*broken, *answers.differences(said, heard)]
        assert not [one for one in found if not one.startswith(NOT_YET)], (line["case"], found)
        judged += 1
    assert judged


