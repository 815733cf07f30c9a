"""Responses as OpenAI's Python SDK gives them, read with more suspicion than the SDK has.

`told` is what every stream of `/responses` keeps to: it adds the events up and wants each of them to be of its type's form, in
OpenAI's order, and the final response to say the same.
"""

import copy
import json
import typing

import openai._models
import pydantic
from openai.types.responses import Response, ResponseStreamEvent

ENDS = {"response.completed": "completed", "response.incomplete": "incomplete", "response.failed": "failed"}
FORMS = {typing.get_args(form.model_fields["type"].annotation)[0]: form
         for form in typing.get_args(typing.get_args(ResponseStreamEvent)[0])}
# What ends a text, and the member that holds all of it.
DONE = {
    "response.output_text": "text", "response.refusal": "refusal", "response.function_call_arguments": "arguments",
    "response.custom_tool_call_input": "input", "response.reasoning_summary_text": "text", "response.reasoning_text": "text",
    "response.code_interpreter_call_code": "code", "response.mcp_call_arguments": "arguments",
}
PARTS = {"response.content_part": "content_index", "response.reasoning_summary_part": "summary_index"}


def validate(form, value):
    """By the types of the SDK, which takes everything when it is not asked to."""
    try:
        form.model_validate(value)
    except pydantic.ValidationError as error:
        raise AssertionError("%s is no %s: %s" % (json.dumps(value)[:600], form.__name__, error)) from None


def user(*content):
    return {"role": "user", "content": content[0] if content and isinstance(content[0], str) else list(content)}


def function(name, **properties):
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    return {"type": "function", "name": name, "description": "Tells the %s." % name, "parameters": schema, "strict": True}


TOOLS = [function("weather", city={"type": "string"}, days={"type": "integer"}), function("time", city={"type": "string"})]


class Told:
    """What the events of a stream have told so far."""

    def __init__(self):
        self.items, self.done, self.open = {}, {}, set()
        self.pieces, self.whole, self.parts, self.closed, self.annotations = {}, {}, {}, set(), {}
        self.response = self.error = None

    def event(self, event):
        kind, place = event["type"], event.get("output_index")
        head, _, tail = kind.rpartition(".")
        assert self.error is None or kind == "response.failed", "something behind the error: %s" % event
        if kind == "error":
            self.error = event
        elif "response" in event:
            self.lifecycle(kind, event["response"])
        elif kind == "response.output_item.added":
            self.added(place, event["item"])
        elif kind == "response.output_item.done":
            self.ended(place, event["item"])
        else:
            assert place in self.open, "the item is not open: %s" % event
            assert event["item_id"] == self.items[place]["id"], "another item's id: %s" % event
            index = event.get("content_index", event.get("summary_index"))
            if kind == "response.output_text.annotation.added":
                known = self.annotations.setdefault((place, index), [])
                assert event["annotation_index"] == len(known), "annotations are numbered from 0"
                known.append(event["annotation"])
            elif head in PARTS:
                self.part(head, tail, place, index, event["part"])
            elif head in DONE:
                self.text(head, tail, place, index, event)

    def lifecycle(self, kind, response):
        validate(Response, response)
        assert response["id"].startswith("resp_") and response["object"] == "response" and response["store"] is False
        assert self.response is None or self.response["id"] == response["id"], "the response has two ids"
        assert response["status"] == ENDS.get(kind, "in_progress"), "%s with the status %s" % (kind, response["status"])
        if kind not in ENDS:
            assert response["output"] == [] and response.get("usage") is None and response.get("completed_at") is None
        self.response = response

    def added(self, place, item):
        assert place == len(self.items), "items are numbered from 0: %s" % place
        assert item["id"] not in [other["id"] for other in self.items.values()], "two items of one id"
        assert item.get("status", "in_progress") == "in_progress", "an item begins as %s" % item["status"]
        self.items[place] = copy.deepcopy(item)
        self.open.add(place)

    def part(self, head, tail, place, index, part):
        if tail == "added":
            assert index == self.parts.get((head, place), 0), "parts are numbered from 0"
            self.parts[head, place] = index + 1
            assert not part.get("text") and not part.get("refusal") and not part.get("annotations")
        else:
            assert (head, place, index) not in self.closed, "a part ends twice"
            self.closed.add((head, place, index))
            self.same_part(place, index, part)

    def same_part(self, place, index, part):
        given = part["text"] if "text" in part else part["refusal"]
        assert given == self.whole.get((place, index)), "a part that is not its text: %s" % part
        assert part.get("annotations", []) == self.annotations.get((place, index), []), "other annotations: %s" % part

    def text(self, head, tail, place, index, event):
        assert (place, index) not in self.whole, "more of a text that was done: %s" % event
        if tail == "delta":
            assert event["delta"] != "", "a delta that says nothing"
            self.pieces.setdefault((head, place, index), []).append(event["delta"])
        elif tail == "done":
            said = "".join(self.pieces.get((head, place, index), []))
            assert event[DONE[head]] == said, "%r was done, but %r was told" % (event[DONE[head]], said)
            self.whole[place, index] = said

    def ended(self, place, item):
        assert place in self.open, "an item that is not open ends"
        begun = self.items[place]
        for name in ("id", "type", "call_id", "name", "role"):
            assert item.get(name) == begun.get(name), "the %s of an item changed" % name
        for name, head in (("content", "response.content_part"), ("summary", "response.reasoning_summary_part")):
            parts = item.get(name) or []
            assert len(parts) == self.parts.get((head, place), 0), "parts of the %s were not told" % name
            for index, part in enumerate(parts):
                assert (head, place, index) in self.closed, "a part that never ended: %s" % part
                self.same_part(place, index, part)
        for name in ("arguments", "input", "code"):
            if isinstance(item.get(name), str):
                assert item[name] == self.whole.get((place, None)), "other %s: %r" % (name, item[name])
        self.open.remove(place)
        self.done[place] = item


def told(events):
    """The final response of a stream's events (as dicts)."""
    said = Told()
    kinds = [event["type"] for event in events]
    assert kinds[:2] == ["response.created", "response.in_progress"] and kinds.count("response.in_progress") == 1, kinds[:3]
    assert kinds[-1] in ENDS and not set(kinds[:-1]) & set(ENDS), "the end: %s" % kinds[-3:]
    assert [event["sequence_number"] for event in events] == list(range(len(events))), "events are numbered from 0"
    for event in events:
        if event["type"] in FORMS:
            validate(FORMS[event["type"]], event)
        said.event(event)
    assert (said.error is not None) == (kinds[-1] == "response.failed"), "an error, but no failure, or a failure without it"
    output = said.response["output"]
    if kinds[-1] == "response.failed":
        assert len(output) == len(said.items)
        return said.response
    assert not said.open, "items never ended: %s" % said.open
    assert output == [said.done[place] for place in sorted(said.done)], "the response has other items than were told"
    assert said.response["usage"]["total_tokens"] > 0
    return said.response


def ask(client, stream=False, **request):
    """The response, whole or as the events of a stream tell it."""
    if stream:
        events = [event.to_dict() for event in client.responses.create(stream=True, **request)]
        return openai._models.construct_type(type_=Response, value=told(events))
    response = client.responses.create(**request)
    validate(Response, response.to_dict())
    assert response.store is False and response.status in ENDS.values()
    return response


def dropped(raw):
    """What an answer says was left out of its request."""
    return [name.strip() for name in raw.headers.get("x-orq-dropped-params", "").split(",") if name.strip()]


def of_type(response, kind):
    return [item for item in response.output if item.type == kind]


def thoughts(response):
    return "".join(part.text for item in of_type(response, "reasoning") for part in item.summary)


def arguments(response):
    return [(item.name, json.loads(item.arguments)) for item in of_type(response, "function_call")]


def bare(response):
    """A response without what is made up anew for each (ids and times), the white space of arguments, and the place of its
    thoughts: a signature can come last in a stream, and stand first in a whole answer."""

    def without(value):
        if isinstance(value, list):
            return [without(one) for one in value]
        if isinstance(value, dict):
            return {name: json.loads(one) if name == "arguments" else without(one) for name, one in value.items()
                    if name not in ("id", "call_id", "created_at", "completed_at")}
        return value

    made = without(response.to_dict() if isinstance(response, pydantic.BaseModel) else response)
    made["output"].sort(key=lambda item: item["type"] != "reasoning")
    return made
