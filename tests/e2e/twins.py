"""The whole answer that a recorded stream amounts to, in its provider's own language: what a client gets of the two must agree."""

import json

import extract
from answers import Answer
from framing import bodies, frames


def whole(chat):
    """The same chat, not streamed; None where a stream says what no whole answer says so, or breaks off."""
    if not chat.said.whole or chat.said.error:
        return None
    made = MAKERS.get(chat.language, openai)(chat.answer)
    if made is None:
        return None
    other = chat.with_answer(json.dumps(made, ensure_ascii=False).encode())
    other.content_type, other.streamed = "application/json", False
    return other


def anthropic(body):
    message = extract.anthropic_stream(Answer(), body)
    for block in message["content"]:
        if "streamed" in block:
            text = block.pop("streamed")
            block["input"] = json.loads(text or "{}")
    return message


def gemini(body):
    """The parts of all events in one; all else as the last that has it says it."""
    made, parts, sources = {}, [], []
    for _, event in bodies(body):
        for candidate in event.get("candidates") or []:
            if candidate.get("index"):
                return None
            given = (candidate.get("content") or {}).get("parts") or []
            if any("partialArgs" in (part.get("functionCall") or {}) for part in given):
                return None
            parts += given
            sources += (candidate.get("citationMetadata") or {}).get("citationSources") or []
            made.setdefault("candidates", [{}])[0].update(candidate)
        made.update({name: value for name, value in event.items() if name != "candidates"})
    made["candidates"][0]["content"] = {"role": "model", "parts": parts}
    if sources:
        made["candidates"][0]["citationMetadata"] = {"citationSources": sources}
    return made


def bedrock(body):
    answer = extract.bedrock_stream(Answer(), body)
    content = [block for block in answer["output"]["message"]["content"] if any(block.values())]
    for block in content:
        if not block.get("text"):
            block.pop("text", None)
        if "toolUse" in block:
            block["toolUse"]["input"] = json.loads(block["toolUse"]["input"] or "{}")
    if any("toolResult" in block or "citationsContent" in block for block in content):
        return None
    answer["output"]["message"] = {"role": "assistant", "content": content}
    for headers, payload in frames(body):
        if headers.get(":event-type") == "metadata" and "trace" in (event := json.loads(payload)):
            answer["trace"] = event["trace"]
    return answer


def cohere(body):
    answer = extract.cohere_stream(body)
    events = [event for _, event in bodies(body)]
    answer["id"], message = events[0].get("id"), answer["message"]
    message["content"] = [{"type": name, name: part[name]} for part in message["content"] for name in ("thinking", "text")
                          if part.get(name)]
    message["role"] = "assistant"
    return answer


def openai(body):
    """A chat's chunks in one, where their members are only those that all know."""
    made, message = {}, {"role": "assistant", "content": ""}
    for _, event in bodies(body):
        made.update({name: value for name, value in event.items() if name not in ("choices", "object")
                     and not (value is None and name in made)})
        for choice in event.get("choices") or []:
            if choice.get("index"):
                return None
            made.setdefault("choices", [{"index": 0, "message": message, "finish_reason": None}])
            for name, value in (choice.get("delta") or {}).items():
                if not add(message, name, value):
                    return None
            made["choices"][0]["finish_reason"] = choice.get("finish_reason") or made["choices"][0]["finish_reason"]
            made["choices"][0]["message"] = message
    return {**made, "object": "chat.completion"}


def add(message, name, value):
    if name in ("content", "reasoning", "reasoning_content") and isinstance(value, (str, type(None))):
        message[name] = (message.get(name) or "") + (value or "")
    elif name == "tool_calls":
        calls = message.setdefault(name, [])
        for given in value or []:
            index, function = given.get("index", len(calls)), given.get("function") or {}
            if index == len(calls):
                calls.append({"id": given.get("id"), "type": "function", "function": {"name": function.get("name"), "arguments": ""}})
            calls[index]["function"]["arguments"] += function.get("arguments") or ""
    elif name not in ("role", "refusal") and value:
        return False
    return True


MAKERS = {"anthropic": anthropic, "gemini": gemini, "bedrock": bedrock, "cohere": cohere}
