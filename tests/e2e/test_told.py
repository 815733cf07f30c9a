"""The reader of Responses' streams (responses.py) itself, without Envoy: it takes a right stream, and no other."""

import copy

import pytest

from responses import told

BASE = {"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "parallel_tool_calls": True, "tool_choice": "auto",
        "tools": [], "store": False, "error": None, "incomplete_details": None, "instructions": None, "metadata": {}}
CITED = {"type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0, "end_index": 2}
THOUGHT = {"id": "rs_1", "type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}], "encrypted_content": "s",
           "status": "completed"}
MESSAGE = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
           "content": [{"type": "output_text", "text": "Hello", "annotations": [CITED], "logprobs": []}]}
CALL = {"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}", "status": "completed"}


def stream():
    """Thoughts, a cited text, and a call."""
    begun = dict(BASE, status="in_progress", output=[], usage=None, completed_at=None)
    usage = {"input_tokens": 1, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": 1,
             "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": 2}
    events = []

    def send(kind, **members):
        events.append(dict({"type": "response." + kind, "sequence_number": len(events)}, **copy.deepcopy(members)))

    send("created", response=begun)
    send("in_progress", response=begun)
    thought = {"item_id": "rs_1", "output_index": 0, "summary_index": 0}
    send("output_item.added", output_index=0, item=dict(THOUGHT, summary=[], encrypted_content=None, status="in_progress"))
    send("reasoning_summary_part.added", part={"type": "summary_text", "text": ""}, **thought)
    send("reasoning_summary_text.delta", delta="Hm.", **thought)
    send("reasoning_summary_text.done", text="Hm.", **thought)
    send("reasoning_summary_part.done", part=THOUGHT["summary"][0], **thought)
    send("output_item.done", output_index=0, item=THOUGHT)
    text = {"item_id": "msg_1", "output_index": 1, "content_index": 0}
    send("output_item.added", output_index=1, item=dict(MESSAGE, content=[], status="in_progress"))
    send("content_part.added", part=dict(MESSAGE["content"][0], text="", annotations=[]), **text)
    send("output_text.delta", delta="Hel", logprobs=[], **text)
    send("output_text.annotation.added", annotation=CITED, annotation_index=0, **text)
    send("output_text.delta", delta="lo", logprobs=[], **text)
    send("output_text.done", text="Hello", logprobs=[], **text)
    send("content_part.done", part=MESSAGE["content"][0], **text)
    send("output_item.done", output_index=1, item=MESSAGE)
    send("output_item.added", output_index=2, item=dict(CALL, arguments="", status="in_progress"))
    send("function_call_arguments.delta", delta="{}", item_id="fc_1", output_index=2)
    send("function_call_arguments.done", arguments="{}", name="f", item_id="fc_1", output_index=2)
    send("output_item.done", output_index=2, item=CALL)
    send("completed", response=dict(BASE, status="completed", output=[THOUGHT, MESSAGE, CALL], usage=usage, completed_at=2))
    return events


def test_a_right_stream_is_taken():
    assert [item["id"] for item in told(stream())["output"]] == ["rs_1", "msg_1", "fc_1"]


@pytest.mark.parametrize("at", range(len(stream())))
def test_no_event_may_be_missing(at):
    events = stream()
    del events[at]
    for number, event in enumerate(events):
        event["sequence_number"] = number
    with pytest.raises(AssertionError):
        told(events)


@pytest.mark.parametrize("at", range(len(stream())))
def test_no_event_may_come_twice(at):
    events = stream()
    events.insert(at, copy.deepcopy(events[at]))
    for number, event in enumerate(events):
        event["sequence_number"] = number
    with pytest.raises(AssertionError):
        told(events)


@pytest.mark.parametrize("at", range(len(stream())))
def test_no_place_number_or_id_may_be_another(at):
    for name in ("sequence_number", "output_index", "item_id", "content_index", "summary_index", "annotation_index"):
        if name in stream()[at]:
            events = stream()
            events[at][name] = "msg_2" if name == "item_id" else events[at][name] + 1
            with pytest.raises(AssertionError):
                told(events)


def change(at, *steps):
    *path, last, value = steps

    def changed(events):
        place = events[at]
        for step in path:
            place = place[step]
        place[last] = value
    return changed


@pytest.mark.parametrize("wrong", [
    change(-1, "response", "id", "resp_2"), change(-1, "response", "store", True), change(-1, "response", "status", "incomplete"),
    change(-1, "response", "output", 1, "content", 0, "text", "Hi"), change(-1, "response", "output", [MESSAGE]),
    change(0, "response", "status", "completed"), change(0, "response", "output", [MESSAGE]), change(11, "annotation", {}),
    change(2, "item", "status", "completed"), change(5, "text", "Hm"), change(10, "delta", ""), change(18, "arguments", "{ }"),
    change(15, "item", "content", 0, "annotations", []), change(19, "item", "name", "g"), change(19, "item", "arguments", "{ }"),
], ids=range(15))
def test_a_wrong_member_is_seen(wrong):
    events = stream()
    wrong(events)
    with pytest.raises(AssertionError):
        told(events)
