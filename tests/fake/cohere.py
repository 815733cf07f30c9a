"""Cohere's Chat API, version 2: https://docs.cohere.com/reference/chat."""

from __future__ import annotations

import json
import re

from answers import Stream, Whole, as_json, count, describe_url, dumps, words
from checks import Refusal, Violation
from shapes import by_type, compare, decode, listed, number
from turn import Turn, blob, pieces, reply

STREAM_TYPE = "text/event-stream"
ID_HEADER = None
KNOWN = {
    "context-length": (400, "too many tokens: size limit exceeded by 41202 tokens. Try using shorter or fewer inputs. The limit for "
                            "this model is 288000 tokens."),
    "quota": (402, "Please add or update your payment method at https://dashboard.cohere.com/billing?tab=payment to continue"),
    "bad-key": (401, "invalid api token"),
    "no-model": (404, "model 'no-such-model' not found, make sure the correct model ID was used and that you have access to the model."),
    "overloaded": (503, "The service is overloaded. Please try again later."),
}

# Shapes

CALL = {"id": str, "type": {"function"}, "function": {"name": str, "arguments": str}}
TEXT = {"text": str}
MESSAGE = by_type({
    "system": {"content": (str, [by_type({"text": TEXT})])},
    "user": {"content": (str, [by_type({"text": TEXT, "image_url": {"image_url": {"url": str, "detail?": {"auto", "low", "high"}}}})])},
    "assistant": {"content?": (str, [by_type({"text": TEXT, "thinking": {"thinking": str}})], None), "tool_plan?": (str, None),
                  "tool_calls?": ([CALL], None), "citations?": (list, None)},
    "tool": {"tool_call_id": str, "content": (str, [by_type({"text": TEXT, "document": {"document": {"data": object, "id?": str}}})])},
}, "role")
TOP = {
    "model": str, "messages": listed(MESSAGE, 1), "stream?": bool, "strict_tools?": bool, "documents?": list,
    "tools?": [{"type": {"function"}, "function": {"name": str, "description?": str, "parameters": dict}}],
    "citation_options?": {"mode?": {"ENABLED", "DISABLED", "FAST", "ACCURATE", "OFF"}},
    "response_format?": by_type({"text": {}, "json_object": {"json_schema?": dict}}),
    "safety_mode?": {"CONTEXTUAL", "STRICT", "OFF", "NONE"}, "max_tokens?": number(int, 1), "stop_sequences?": listed(str, 0, 5),
    "temperature?": number(float, 0, 1), "seed?": number(int, 0, (1 << 64) - 1), "frequency_penalty?": number(float, 0, 1),
    "presence_penalty?": number(float, 0, 1), "k?": number(int, 0, 500), "p?": number(float, 0.01, 0.99), "logprobs?": bool,
    "tool_choice?": {"REQUIRED", "NONE"}, "priority?": number(int, 0, 999),
    "thinking?": by_type({"enabled": {"token_budget?": number(int, 1)}, "disabled": {}}),
}


# Checks

def check(request, target) -> None:
    if not re.fullmatch(r"Bearer \S+", request.header("authorization")):
        raise Violation("no api key supplied", "authorization", 401)
    fields = request.json
    compare(fields, TOP, "")
    target.stream = bool(fields.get("stream"))
    open_calls: set = set()
    for at, message in enumerate(fields["messages"]):
        check_message(message, at, open_calls, fields["model"])
    if open_calls:
        raise Violation("missing tool results for tool calls with ids: %s" % sorted(open_calls), "messages")
    tools = fields.get("tools")
    names = [tool["function"]["name"] for tool in tools or []]
    if len(set(names)) != len(names):
        raise Violation("tools: the names are not unique: %s" % names, "tools")
    for tool in tools or []:
        if fields.get("strict_tools") and not tool["function"]["parameters"].get("required"):
            raise Violation("strict_tools: %s needs at least one required parameter" % tool["function"]["name"], "tools")
        if tool["function"]["parameters"].get("type") != "object":
            raise Violation("tools: the parameters of %s are not an object" % tool["function"]["name"], "tools")
    if "tool_choice" in fields and not tools:
        raise Violation("tool_choice can only be specified when tools are provided", "tool_choice")
    if fields.get("strict_tools") and not tools:
        raise Violation("strict_tools can only be specified when tools are provided", "strict_tools")
    format_ = fields.get("response_format", {"type": "text"})
    if format_["type"] == "json_object" and (tools or fields.get("documents")):
        raise Violation("cannot specify both response_format type json_object and tools or documents", "response_format")
    if format_.get("json_schema") is not None:
        if format_["json_schema"].get("type") != "object":
            raise Violation("the json_schema of response_format must be of type object", "response_format")
        check_schema(format_["json_schema"], "response_format.json_schema")


# docs.cohere.com/docs/structured-outputs#unsupported-schema-features
REFUSED = {"allOf", "oneOf", "not", "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength", "uniqueItems"}


def check_schema(schema, where: str) -> None:
    if not isinstance(schema, dict):
        return
    found = sorted(REFUSED & set(schema))
    if found:
        raise Violation("invalid 'json_schema' provided: %s: %s is not supported" % (where, ", ".join(found)), where)
    if schema.get("type") == "object" and not schema.get("required"):
        raise Violation("invalid 'json_schema' provided: %s: an object needs at least one required field" % where, where)
    for name in ("properties", "$defs", "definitions"):
        for key, inner in (schema.get(name) or {}).items():
            check_schema(inner, "%s.%s" % (where, key))
    for inner in [schema.get("items")] + list(schema.get("anyOf") or []):
        check_schema(inner, where)


def check_message(message, at: int, open_calls: set, model: str) -> None:
    where, role, content = "messages[%d]" % at, message["role"], message.get("content")
    if role == "tool":
        if message["tool_call_id"] not in open_calls:
            raise Violation("%s: tool call id not found in previous tool calls: %s" % (where, message["tool_call_id"]), where)
        open_calls.discard(message["tool_call_id"])
        return
    if open_calls:
        raise Violation("%s: tool calls must be followed by tool results: %s" % (where, sorted(open_calls)), where)
    if role == "assistant":
        calls = message.get("tool_calls") or []
        if not content and not calls:
            raise Violation("%s: all elements in history must have a message" % where, where)
        for call in calls:
            try:
                arguments = json.loads(call["function"]["arguments"])
            except ValueError:
                arguments = None
            if not isinstance(arguments, dict):
                raise Violation("%s: the arguments of %s are not a JSON object" % (where, call["id"]), where)
            open_calls.add(call["id"])
        if len(open_calls) != len(calls):
            raise Violation("%s: the ids of the tool calls are not unique" % where, where)
    elif not content:
        raise Violation("%s: message must be at least 1 token long or tool results must be specified" % where, where)
    for part in content if isinstance(content, list) else []:
        if part.get("type") == "image_url":
            url = part["image_url"]["url"]
            if "vision" not in model and "plus-05" not in model:
                raise Refusal("image content is not supported by the model %s" % model, where)
            if url.startswith("data:"):
                head, _, data = url[5:].partition(",")
                decode(data, head.split(";")[0], where)
            elif not url.startswith("https://"):
                raise Violation("%s: an image is a data URI or an https URL" % where, where)


# Answers

def turn_of(fields) -> Turn:
    message = fields["messages"][-1]
    tools = [(tool["function"]["name"], tool["function"]["parameters"]) for tool in fields.get("tools") or []]
    choice = {"REQUIRED": "any", "NONE": "none"}.get(fields.get("tool_choice", ""), "auto")
    format_ = fields.get("response_format") or {}
    thinks = fields.get("thinking", {}).get("type") == "enabled" or "reasoning" in fields["model"] and "thinking" not in fields
    results = []
    for one in reversed(fields["messages"]):
        if one["role"] != "tool":
            break
        results.insert(0, describe(one["content"]))
    return Turn(" ".join(results) or describe(message.get("content") or ""), tools, choice, True, bool(results), thinks,
                format_.get("json_schema"), format_.get("type") == "json_object" and "json_schema" not in format_, False,
                fields.get("max_tokens"), fields.get("stop_sequences"))


def describe(content) -> str:
    if isinstance(content, str):
        return content
    said = []
    for part in content:
        if part["type"] == "text":
            said.append(part["text"])
        elif part["type"] == "document":
            data = part["document"]["data"]
            said.append(data if isinstance(data, str) else " ".join(str(value) for value in data.values()))
        elif part["type"] == "image_url":
            url = part["image_url"]["url"]
            head, _, data = url[5:].partition(",")
            said.append(blob(head.split(";")[0], decode(data, "", "")) if url.startswith("data:") else describe_url(url))
    return " ".join(said)


def answer(request, target, faults, text=None):
    fields = request.json
    turn = turn_of(fields)
    made = reply(turn, request, faults, text)
    reason = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tools": "TOOL_CALL", "sequence": "STOP_SEQUENCE",
              "refusal": "ERROR"}[made.finish]
    prompt = count(fields["messages"])
    usage = {"billed_units": {"input_tokens": prompt, "output_tokens": made.tokens()},
             "tokens": {"input_tokens": prompt + 496, "output_tokens": made.tokens() + 2}, "cached_tokens": 50}
    message: dict = {"role": "assistant"}
    if made.calls:
        if not made.thoughts:  # A model that reasons plans in its thoughts.
            message["tool_plan"] = "I will use the tools that I was given."
        message["tool_calls"] = [{"id": "%s_%s" % (call["name"], call["id"][4:]), "type": "function",
                                  "function": {"name": call["name"], "arguments": call["arguments"]}} for call in made.calls]
    content = [{"type": "thinking", "thinking": thought} for thought in made.thoughts]
    if made.text:
        content.append({"type": "text", "text": made.text})
    if content:
        message["content"] = content
    if turn.after_tool and turn.said in made.text and turn.schema is None:
        begin = made.text.index(turn.said)
        source = {"type": "tool", "id": fields["messages"][-1]["tool_call_id"] + ":0", "tool_output": {"content": turn.said}}
        message["citations"] = [{"start": begin, "end": begin + len(turn.said), "text": turn.said, "sources": [source],
                                 "type": "TEXT_CONTENT"}]
    identity = "%s-%s-4690-a72e-%s" % (made.identity[:8], made.identity[8:12], made.identity[12:24])
    if target.stream:
        return stream(identity, message, reason, usage, fields.get("logprobs"))
    whole = {"id": identity, "message": message, "finish_reason": reason, "usage": usage}
    if fields.get("logprobs") and made.text:
        whole["logprobs"] = [logprob(at, piece) for at, piece in enumerate(words(made.text))]
    return as_json(whole)


def logprob(at: int, piece: str) -> dict:
    return {"text": piece, "token_ids": [at], "logprobs": [-0.25]}


def stream(identity: str, message: dict, reason: str, usage: dict, probable=False) -> Stream:
    events: list = []

    def send(kind, index=None, delta=None, **more):
        event = dict({"type": kind}, **more)
        if index is not None:
            event["index"] = index
        if delta is not None:
            event["delta"] = delta
        events.append((kind, dumps(event)))

    send("message-start", None, {"message": {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}},
         id=identity)
    for index, part in enumerate(message.get("content", [])):
        kind = part["type"]
        send("content-start", index, {"message": {"content": {"type": kind, kind: ""}}})
        for at, piece in enumerate(words(part[kind])):
            more = {"logprobs": logprob(at, piece)} if probable and kind == "text" else {}
            send("content-delta", index, {"message": {"content": {kind: piece}}}, **more)
        for at, citation in enumerate(message.get("citations", []) if kind == "text" else []):
            send("citation-start", at, {"message": {"citations": citation}})
            send("citation-end", at)
        send("content-end", index)
    for piece in words(message.get("tool_plan", "")) if message.get("tool_plan") else []:
        send("tool-plan-delta", None, {"message": {"tool_plan": piece}})
    for index, call in enumerate(message.get("tool_calls", [])):
        begun = dict(call, function=dict(call["function"], arguments=""))
        send("tool-call-start", index, {"message": {"tool_calls": begun}})
        for piece in pieces(call["function"]["arguments"], 6):
            send("tool-call-delta", index, {"message": {"tool_calls": {"function": {"arguments": piece}}}})
        send("tool-call-end", index)
    final = len(events)
    send("message-end", None, {"finish_reason": reason, "usage": usage})
    events.append((None, "[DONE]"))
    return Stream(events, final)


# Errors

def failing(status: int, message: str, target) -> Whole:
    headers = [("x-trial-endpoint-call-remaining", "0")] if status == 429 else [("x-should-retry", "false")] if status >= 500 else []
    return as_json({"id": "2d4609a6-d1f9-4cf4-8d09-af865409bdc2", "message": message}, status, headers)


def stream_error(message: str, target) -> list:
    return [("message-end", dumps({"type": "message-end", "delta": {"finish_reason": "ERROR", "error": message}}))]


def refused(violation: Violation, target) -> Whole:
    return failing(violation.status, violation.message, target)
