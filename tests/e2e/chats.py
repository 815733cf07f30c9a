"""What chats say, read apart from the code that is tested: of a recording and of what became of it the same must come."""

import json
import re

REASONS = {"stop", "length", "tool_calls", "content_filter", "function_call"}
# Other words for OpenAI's.
MEANT = {"eos": "stop", "eos_token": "stop", "stop_sequence": "stop", "model_length": "length"}


def add(said, message):
    content = message.get("content")
    if isinstance(content, list):
        for part in content:
            if part.get("type") == "thinking":
                said["reasoning"] += "".join(inner.get("text", "") for inner in part["thinking"])
            else:
                said["text"] += part.get("text", "")
    elif content is not None:
        said["text"] += content if isinstance(content, str) else json.dumps(content)
    details = [one.get("text") or one.get("summary") or "" for one in message.get("reasoning_details") or []]
    said["reasoning"] += message.get("reasoning_content") or message.get("reasoning") or "".join(details)
    for number, call in enumerate(message.get("tool_calls") or []):
        at = call.get("index", number)
        while len(said["calls"]) <= at:
            said["calls"].append({"id": "", "name": "", "arguments": ""})
        for name, value in (("id", call.get("id")), *call.get("function", {}).items()):
            if value and not (name in ("id", "name") and said["calls"][at][name]):
                said["calls"][at][name] += value if isinstance(value, str) else json.dumps(value)


def new():
    return {"text": "", "reasoning": "", "calls": [], "finish": None}


def settled(said):
    """With arguments of nothing as `{}`, JSON that is the whole text by its meaning, and reasons in OpenAI's words."""
    for call in said["calls"]:
        call["arguments"] = call["arguments"].strip() or "{}"
        # Where the provider gave none, one is made up.
        call["id"] = "" if re.fullmatch("call_[0-9a-f]{24}", call["id"]) else call["id"]
    try:
        said["text"] = json.loads(said["text"])
    except ValueError:
        pass
    said["finish"] = MEANT.get(said["finish"], said["finish"])
    if said["calls"] and said["finish"] == "stop":
        said["finish"] = "tool_calls"
    return said


def whole(body):
    found = []
    for choice in body["choices"]:
        said = new()
        add(said, choice["message"])
        said["finish"] = choice.get("finish_reason")
        found.append(settled(said))
    return found


def stream(bodies):
    found = {}
    for body in bodies:
        for choice in (body.get("choices") if isinstance(body, dict) else None) or []:
            said = found.setdefault(choice.get("index", 0), new())
            add(said, choice.get("delta") or {})
            said["finish"] = said["finish"] or choice.get("finish_reason")
    return {index: settled(said) for index, said in found.items()}


def check_laws(chunks):
    """What OpenAI's SDKs rely on."""
    roles, finished, calls, ids = set(), set(), {}, set()
    for chunk in (chunk for chunk in chunks if not chunk.get("error")):
        assert chunk["object"] == "chat.completion.chunk", chunk
        ids.add(chunk["id"])
        for choice in chunk["choices"]:
            index, delta = choice["index"], choice["delta"]
            assert ("role" in delta) == (index not in roles), chunk
            roles.add(index)
            for call in delta.get("tool_calls") or []:
                begins = call["index"] == calls.setdefault(index, 0)
                assert call["index"] <= calls[index], chunk
                calls[index] += begins
                assert ("id" in call, "type" in call, "name" in call["function"]) == (begins,) * 3, chunk
                assert isinstance(call["function"]["arguments"], str), chunk
            if choice["finish_reason"] is not None:
                assert choice["finish_reason"] in REASONS and index not in finished, chunk
                finished.add(index)
    assert len(ids) <= 1, ids
