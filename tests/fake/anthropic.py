"""Anthropic's Messages API: https://platform.claude.com/docs/en/api/messages, and Claude on Vertex AI, which has the same body
but for the model and the version: https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai.

Errors are worded as the real service words them, where that is known.
"""

from __future__ import annotations

import json
import re

import anthropic_hosted as hosted
from anthropic_hosted import CACHE
from answers import Stream, as_json, count, dumps, words
from checks import Violation
from shapes import FILLED, by_type, compare, decode, join, listed, number, text as text_like
from turn import Turn, blob, pieces, reply, sign

STREAM_TYPE = "text/event-stream; charset=utf-8"
ID_HEADER = "request-id"
KINDS = {
    400: "invalid_request_error", 401: "authentication_error", 402: "billing_error", 403: "permission_error",
    404: "not_found_error", 409: "conflict_error", 413: "request_too_large", 422: "invalid_request_error",
    429: "rate_limit_error", 500: "api_error", 503: "api_error", 504: "timeout_error", 529: "overloaded_error",
}
LIMITS = [
    ("retry-after", "7"), ("anthropic-ratelimit-requests-limit", "60"), ("anthropic-ratelimit-requests-remaining", "0"),
    ("anthropic-ratelimit-requests-reset", "2026-01-20T21:45:16Z"), ("anthropic-ratelimit-tokens-limit", "150000"),
    ("anthropic-ratelimit-tokens-remaining", "149984"), ("anthropic-ratelimit-tokens-reset", "2026-01-20T21:45:16Z"),
]
KNOWN = {
    "context-length": (400, "prompt is too long: 210001 tokens > 200000 maximum"),
    "quota": (400, "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or "
                   "purchase credits."),
    "bad-key": (401, "invalid x-api-key"),
    "no-model": (404, "model: no-such-model"),
    "overloaded": (529, "Overloaded"),
}

# The version after 2023-06-01 has no sampling parameters: https://platform.claude.com/docs/en/api/versioning.
NEWER = "2026-10-21"

# Shapes

NAME = text_like(r"[a-zA-Z0-9_-]{1,128}", "a name of letters, digits, _ and -")
IMAGE = by_type({"base64": {"media_type": {"image/jpeg", "image/png", "image/gif", "image/webp"}, "data": str},
                 "url": {"url": text_like(r"https://.+", "an https URL")}, "file": {"file_id": str}})
TEXT = {"text": FILLED, "citations?": (list, None), **CACHE}
CONTENT_BLOCK = {"text": TEXT, "image": {"source": IMAGE, **CACHE}}
DOCUMENT = by_type({
    "base64": {"media_type": {"application/pdf"}, "data": str}, "text": {"media_type": {"text/plain"}, "data": FILLED},
    "content": {"content": (str, [by_type(CONTENT_BLOCK)])}, "url": {"url": text_like(r"https://.+", "an https URL")},
    "file": {"file_id": str}})
CITATIONS = {"citations?": ({"enabled?": bool}, None)}
GIVEN = {
    **CONTENT_BLOCK, "document": {"source": DOCUMENT, "title?": (str, None), "context?": (str, None), **CITATIONS, **CACHE},
    "search_result": {"source": str, "title": str, "content": [by_type({"text": TEXT})], **CITATIONS, **CACHE},
}
USER = {**GIVEN, "tool_result": {"tool_use_id": str, "content?": (str, [by_type(GIVEN)]), "is_error?": bool, **CACHE},
        "container_upload": {"file_id": str, **CACHE}}
USE = {"id": text_like(r"[a-zA-Z0-9_-]+", "an id of letters, digits, _ and -"), "name": NAME, "input": dict, **CACHE}
ASSISTANT = {
    "text": TEXT, "tool_use": {**USE, "caller?": dict}, "server_tool_use": {**USE, "caller?": dict},
    "thinking": {"thinking": str, "signature": str}, "redacted_thinking": {"data": str},
    "web_search_tool_result": {"tool_use_id": str, "content": object, "caller?": dict, **CACHE},
    "web_fetch_tool_result": {"tool_use_id": str, "content": object, **CACHE},
    "code_execution_tool_result": {"tool_use_id": str, "content": object, **CACHE},
    "bash_code_execution_tool_result": {"tool_use_id": str, "content": object, **CACHE},
    "text_editor_code_execution_tool_result": {"tool_use_id": str, "content": object, **CACHE},
}
TOOL = {"name": NAME, "input_schema": dict, "description?": str, "strict?": bool, "type?": {"custom"},
        "input_examples?": [dict], "defer_loading?": bool, "eager_input_streaming?": (bool, None),
        "allowed_callers?": [str], **CACHE}
PARALLEL = {"disable_parallel_tool_use?": bool}
TOP = {
    "max_tokens": number(int, 1), "messages": listed(dict, 1), "system?": (str, [by_type({"text": TEXT})]),
    "temperature?": number(float, 0, 1), "top_p?": number(float, 0, 1), "top_k?": number(int, 0),
    "stop_sequences?": [FILLED], "stream?": bool, "tools?": list, "metadata?": {"user_id?": (str, None)},
    "tool_choice?": by_type({"auto": PARALLEL, "any": PARALLEL, "tool": {"name": str, **PARALLEL}, "none": {}}),
    "thinking?": by_type({"enabled": {"budget_tokens": number(int, 1024), "display?": ({"summarized", "omitted"}, None)},
                          "adaptive": {"display?": ({"summarized", "omitted"}, None)}, "disabled": {}}),
    "service_tier?": {"auto", "standard_only"}, "inference_geo?": (str, None), "speed?": ({"standard", "fast"}, None),
    "output_config?": {"effort?": ({"low", "medium", "high", "xhigh", "max"}, None),
                       "format?": (by_type({"json_schema": {"schema": dict}}), None)},
    "container?": (str, dict, None), **CACHE,
}
BETA = {"mcp_servers?": list, "context_management?": (dict, None), "output_format?": (dict, None), "betas?": [str]}


class Claude:
    """What depends on the model: its family and version as in claude-sonnet-4-5-20250929, None when unknown.

    Which model takes what: https://platform.claude.com/docs/en/about-claude/models/migration-guide.
    """

    def __init__(self, model: str):
        found = re.search(r"claude-([a-z]+)-(\d)(?:[-.](\d)(?!\d))?", model)
        old = re.search(r"claude-(\d)(?:-(\d))?-([a-z]+)", model)
        if found:
            self.family, self.version = found.group(1), (int(found.group(2)), int(found.group(3) or 0))
        elif old:
            self.family, self.version = old.group(3), (int(old.group(1)), int(old.group(2) or 0))
        else:
            self.family, self.version = "", None

    def at_least(self, major: int, minor: int, **families) -> bool:
        """Whether the model is known and at least of this version, or of another one that counts for its family."""
        return self.version is not None and self.version >= families.get(self.family, (major, minor))

    def before(self, major: int, minor: int, **families) -> bool:
        return self.version is not None and not self.at_least(major, minor, **families)


# Checks

def model_of(request, target) -> str:
    return target.model or (request.json.get("model") if isinstance(request.json, dict) else "") or ""


def check(request, target) -> None:
    fields = request.json
    if target.vertex:
        check_bearer(request)
        compare(fields, {**TOP, "anthropic_version": {"vertex-2023-10-16", NEWER}, "anthropic_beta?": [str]}, "")
        version = fields["anthropic_version"]
        if bool(fields.get("stream")) != target.stream:
            raise Violation("stream is %r, but the method is %s" % (fields.get("stream"), target.method), "stream")
    else:
        if not request.header("x-api-key"):
            check_bearer(request, "x-api-key header is required")
        version = request.header("anthropic-version")
        if version not in ("2023-06-01", NEWER):
            raise Violation("anthropic-version: %s" % ("%r is not a valid version" % version if version else "header is required"),
                            "anthropic-version")
        compare(fields, {**TOP, **(BETA if request.header("anthropic-beta") else {}), "model": str}, "")
        target.stream = bool(fields.get("stream"))
    if version == NEWER:
        for name in {"temperature", "top_p", "top_k"} & set(fields):
            raise Violation("%s: Extra inputs are not permitted" % name, name)
    claude = Claude(model_of(request, target))
    check_sampling(fields, claude)
    check_tools(fields)
    betas = betas_of(request, fields)
    hosted.check(fields, claude, target.vertex, betas)
    turns = check_messages(fields, target.vertex, claude)
    check_pairs(turns)
    check_thinking(fields, turns, claude)
    check_output(fields, claude)
    marks = count_marks(fields)
    if marks > 4:
        raise Violation("A maximum of 4 blocks with cache_control may be provided. Found %d." % marks)


def betas_of(request, fields) -> list:
    header = request.header("anthropic-beta") or ""
    return [beta.strip() for beta in header.split(",")] + (fields.get("anthropic_beta") or [])


def check_bearer(request, message="the bearer token is missing") -> None:
    if not re.fullmatch(r"Bearer \S+", request.header("authorization")):
        raise Violation(message, "authorization", 401)


def check_sampling(fields, claude) -> None:
    if "temperature" in fields and "top_p" in fields and claude.at_least(4, 5, opus=(4, 1)):
        raise Violation("`temperature` and `top_p` cannot both be specified for this model. Please use only one.", "top_p")
    if claude.at_least(4, 7):
        for name in ("temperature", "top_p", "top_k"):
            if fields.get(name, 1) != 1 or name == "top_k" and name in fields:
                raise Violation("`%s` is deprecated for this model." % name, name)
    if fields.get("tool_choice", {}).get("type") in ("any", "tool") and claude.at_least(5, 5, fable=(5, 1), mythos=(5, 1)):
        raise Violation("tool_choice: this model does not support forced tool use", "tool_choice")


def check_tools(fields) -> None:
    names: list = []
    strict = sum(bool(tool.get("strict")) for tool in fields.get("tools") or [] if isinstance(tool, dict))
    if strict > 20:
        raise Violation("Too many strict tools (%d). The maximum number of strict tools supported is 20. Try reducing the number of "
                        "tools marked as strict." % strict, "tools")
    for at, tool in enumerate(fields.get("tools") or []):
        where = "tools.%d" % at
        compare(tool, dict, where)
        kind = tool.get("type", "custom")
        if kind == "custom":
            compare(tool, TOOL, where)
            check_schema(tool["input_schema"], where + ".custom.input_schema", tool.get("strict", False))
        elif not re.fullmatch(r"mcp_toolset|\w+_\d{8}", str(kind)):
            raise Violation("%s: Input tag '%s' found using 'type' does not match any of the expected tags" % (where, kind), where)
        names.extend([tool["name"]] if "name" in tool else [])
    if len(set(names)) != len(names):
        raise Violation("tools: Tool names must be unique.", "tools")
    choice = fields.get("tool_choice")
    if choice and not fields.get("tools"):
        raise Violation("tool_choice may only be specified while providing tools.", "tool_choice")
    if choice and choice["type"] == "tool" and choice["name"] not in names:
        raise Violation("Tool '%s' not found in provided tools" % choice["name"], "tool_choice")


def check_schema(schema, where: str, strict: bool) -> None:
    if schema.get("type") != "object":
        raise Violation("%s.type: Field required, and it is \"object\"" % where, where)
    for name in ("oneOf", "allOf", "anyOf"):
        if name in schema:
            raise Violation("%s: input_schema does not support oneOf, allOf, or anyOf at the top level" % where, where)
    if strict:
        check_strict(schema, where)


REFUSED = {
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
    "string": {"minLength", "maxLength"}, "array": {"maxItems", "uniqueItems"}, "object": {"minProperties", "maxProperties"},
}
FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"}


def check_strict(schema, where: str) -> None:
    """What structured outputs take of JSON Schema: platform.claude.com/docs/en/build-with-claude/structured-outputs."""
    definitions = {**(schema.get("$defs") or {}), **(schema.get("definitions") or {})}
    for name in definitions:
        if name in reached(definitions[name], definitions, set()):
            raise Violation("%s: Invalid schema: Circular reference detected in schema definitions: %s. Self-referencing or "
                            "mutually-referencing definitions are not supported." % (where, name), where)
    check_strict_part(schema, where)


def reached(schema, definitions: dict, seen: set) -> set:
    """The names of the definitions that a schema refers to, directly or not."""
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []:
        name = inner.rsplit("/", 1)[-1] if isinstance(inner, str) and inner.startswith("#/") else None
        if name in definitions and name not in seen:
            seen.add(name)
            reached(definitions[name], definitions, seen)
        reached(inner, definitions, seen)
    return seen


def check_strict_part(schema, where: str) -> None:
    if not isinstance(schema, dict):
        return
    kind = schema.get("type")
    if kind == "object" and schema.get("additionalProperties") is not False:
        raise Violation("%s: For 'object' type, 'additionalProperties' must be explicitly set to false" % where, where)
    found = sorted(REFUSED.get(kind if isinstance(kind, str) else "", set()) & set(schema))
    if found:
        raise Violation("%s: For '%s' type, properties %s are not supported" % (where, kind, ", ".join(found)), where)
    if schema.get("minItems", 0) not in (0, 1):
        raise Violation("%s: For 'array' type, 'minItems' values other than 0 or 1 are not supported" % where, where)
    if "format" in schema and schema["format"] not in FORMATS:
        raise Violation("%s: the format %r is not supported" % (where, schema["format"]), where)
    for name in ("properties", "$defs", "definitions"):
        for key, inner in (schema.get(name) or {}).items():
            check_strict_part(inner, "%s.%s.%s" % (where, name, key))
    for name in ("items", "additionalProperties"):
        check_strict_part(schema.get(name), join(where, name))
    for name in ("anyOf", "allOf"):
        for at, inner in enumerate(schema.get(name) or []):
            check_strict_part(inner, "%s.%s.%d" % (where, name, at))
    if "oneOf" in schema:
        raise Violation("%s: oneOf is not supported" % where, where)


def check_messages(fields, vertex: bool, claude) -> list:
    """Each message by its shape; then the turns as the service sees them, neighbours of one role joined: (role, blocks)."""
    turns: list = []
    messages = fields["messages"]
    for at, message in enumerate(messages):
        where = "messages.%d" % at
        if isinstance(message, dict) and message.get("role") == "system" and claude.at_least(4, 8) and not vertex:
            compare(message, {"role": str, "content": (FILLED, [by_type({"text": TEXT})])}, where)
            around = [messages[beside]["role"] for beside in (at - 1, at + 1) if 0 <= beside < len(messages)]
            if not at or around not in (["user"], ["user", "assistant"]):
                raise Violation("%s: a system message follows a user's, and is the last or followed by an assistant's" % where, where)
            continue
        compare(message, {"role": {"user", "assistant"}, "content": (str, list)}, where)
        role, content, last = message["role"], message["content"], at == len(messages) - 1
        if not content and not (last and role == "assistant"):
            raise Violation("%s: all messages must have non-empty content except for the optional final assistant message"
                            % where, where)
        if isinstance(content, str):
            if content and not content.strip():
                raise Violation("%s: text content blocks must contain non-whitespace text" % where, where)
            content = [{"type": "text", "text": content}] if content else []
        compare(content, [by_type(USER if role == "user" else ASSISTANT)], where + ".content")
        for position, block in enumerate(content):
            check_block(block, "%s.content.%d" % (where, position), vertex)
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(content)
        else:
            turns.append((role, list(content)))
    if turns[0][0] != "user":
        raise Violation("messages: first message must use the \"user\" role", "messages")
    role, blocks = turns[-1]
    if role == "assistant" and blocks and blocks[-1]["type"] == "text" and blocks[-1]["text"] != blocks[-1]["text"].rstrip():
        raise Violation("messages: final assistant content cannot end with trailing whitespace", "messages")
    return turns


def check_block(block, where: str, vertex: bool) -> None:
    kind = block["type"]
    if kind in ("image", "document"):
        source = block["source"]
        if source["type"] == "base64":
            decode(source["data"], source["media_type"], where + ".source.base64")
        if source["type"] == "url" and vertex:
            raise Violation("%s.source: URL sources are not supported on Vertex AI" % where, where)
    if kind == "tool_result":
        if block.get("is_error") and not block.get("content"):
            raise Violation("%s.tool_result: content cannot be empty if `is_error` is true" % where, where)
        for at, inner in enumerate(block.get("content") if isinstance(block.get("content"), list) else []):
            check_block(inner, "%s.tool_result.content.%d" % (where, at), vertex)
    if kind == "thinking" and block["signature"] != sign("thinking", block["thinking"]):
        raise Violation("%s: Invalid `signature` in `thinking` block" % where, where)
    if kind == "redacted_thinking":
        if not decode(block["data"], "", where).startswith(b"secret of "):
            raise Violation("%s: Invalid `data` in `redacted_thinking` block" % where, where)


def check_pairs(turns: list) -> None:
    """Every tool_use is answered at the beginning of the next turn, and nothing else is answered."""
    seen: set = set()
    for at, (role, blocks) in enumerate(turns):
        uses = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(set(uses)) != len(uses) or seen & set(uses):
            raise Violation("messages: `tool_use` ids must be unique", "messages")
        seen |= set(uses)
        following = turns[at + 1][1] if at + 1 < len(turns) else []
        begin = []
        for block in following:
            if block["type"] != "tool_result":
                break
            begin.append(block["tool_use_id"])
        missing = [use for use in uses if use not in begin]
        if missing:
            raise Violation("messages: `tool_use` ids were found without `tool_result` blocks immediately after: %s. Each "
                            "`tool_use` block must have a corresponding `tool_result` block in the next message."
                            % ", ".join(missing), "messages")
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        before = [block.get("id") for block in (turns[at - 1][1] if at else []) if block["type"] == "tool_use"]
        for result in results:
            if result not in before:
                raise Violation("messages: unexpected `tool_use_id` found in `tool_result` blocks: %s. Each `tool_result` "
                                "block must have a corresponding `tool_use` block in the previous message." % result, "messages")
        if len(set(results)) != len(results):
            raise Violation("messages: each tool_use must have a single result. Found multiple `tool_result` blocks with id",
                            "messages")


def check_thinking(fields, turns, claude) -> None:
    thinking = fields.get("thinking") or {"type": "disabled"}
    if turns[-1][0] == "assistant" and claude.at_least(4, 6):
        raise Violation("This model does not support assistant message prefill. The conversation must end with a user message.",
                        "messages")
    if thinking["type"] == "disabled":
        if "thinking" in fields and claude.at_least(5, 5, fable=(0, 0), mythos=(0, 0), haiku=(9, 9)):
            raise Violation("thinking: this model cannot disable thinking", "thinking")
        return
    if claude.before(3, 7):
        raise Violation("thinking: this model does not support thinking", "thinking")
    if thinking["type"] == "adaptive" and claude.before(4, 6):
        raise Violation("adaptive thinking is not supported on this model", "thinking")
    if thinking["type"] == "enabled":
        if claude.at_least(4, 7):
            raise Violation("\"thinking.type.enabled\" is not supported for this model. Use \"thinking.type.adaptive\" and "
                            "\"output_config.effort\" to control thinking behavior.", "thinking")
        if thinking["budget_tokens"] >= fields["max_tokens"]:
            raise Violation("`max_tokens` must be greater than `thinking.budget_tokens`.", "max_tokens")
    if fields.get("temperature", 1) != 1:
        raise Violation("`temperature` may only be set to 1 when thinking is enabled.", "temperature")
    if "top_k" in fields:
        raise Violation("`top_k` must be unset when thinking is enabled.", "top_k")
    if not 0.95 <= fields.get("top_p", 1) <= 1:
        raise Violation("`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.", "top_p")
    if fields.get("tool_choice", {}).get("type") in ("any", "tool"):
        raise Violation("Thinking may not be enabled when tool_choice forces tool use.", "tool_choice")
    if thinking["type"] == "enabled":
        # Of the turns of a tool loop, and a prefill: they begin with what was thought.
        for at in range(len(turns) - 1, -1, -1):
            role, blocks = turns[at]
            if role == "user" and not any(block["type"] == "tool_result" for block in blocks):
                break
            if role == "assistant" and blocks and blocks[0]["type"] not in ("thinking", "redacted_thinking"):
                raise Violation("messages: Expected `thinking` or `redacted_thinking`, but found `%s`. When `thinking` is enabled, "
                                "a final `assistant` message must start with a thinking block (preceeding the lastmost set of "
                                "`tool_use` and `tool_result` blocks)." % blocks[0]["type"], "messages")


def check_output(fields, claude) -> None:
    output = fields.get("output_config") or {}
    effort = output.get("effort")
    if effort and claude.before(4, 6, opus=(4, 5)) or effort == "max" and claude.before(4, 6) or effort == "xhigh" and claude.before(4, 7):
        raise Violation("This model does not support the effort parameter%s." % ("" if claude.before(4, 6) else " value " + effort),
                        "output_config.effort")
    if output.get("format"):
        if claude.before(4, 5, opus=(4, 1)):
            raise Violation("'%s' does not support output format." % fields.get("model"), "output_config.format")
        schema = output["format"]["schema"]
        if not schema:
            raise Violation("output_config.format.schema: Schema is empty", "output_config.format")
        check_strict(schema, "output_config.format.schema")


def count_marks(value) -> int:
    if isinstance(value, list):
        return sum(count_marks(item) for item in value)
    if not isinstance(value, dict):
        return 0
    found = sum(count_marks(item) for name, item in value.items() if name not in ("input", "input_schema"))
    return found + bool(value.get("cache_control"))


# Answers

def turn_of(fields) -> Turn:
    messages = [message for message in fields["messages"] if message["role"] != "system"]
    message, prefill = messages[-1], ""
    if message["role"] == "assistant":
        prefill, message = describe(message["content"]), messages[-2]
    content = message["content"]
    results = isinstance(content, list) and any(block["type"] == "tool_result" for block in content)
    choice = fields.get("tool_choice") or {"type": "auto"}
    tools = [(tool["name"], tool["input_schema"]) for tool in fields.get("tools") or [] if "input_schema" in tool]
    if choice.get("name") in hosted.named(fields):
        tools, choice = [], {"type": "auto"}
    searches = any(str(tool.get("type")).startswith("web_search_") for tool in fields.get("tools") or [])
    format_ = (fields.get("output_config") or {}).get("format") or fields.get("output_format") or {}
    return Turn(describe(content), tools, choice.get("name") or choice["type"],
                not choice.get("disable_parallel_tool_use"), results,
                fields.get("thinking", {}).get("type", "disabled") != "disabled", format_.get("schema"), False, searches,
                fields["max_tokens"], fields.get("stop_sequences"), prefill)


def describe(content) -> str:
    if isinstance(content, str):
        return content
    said = []
    for block in content:
        if block["type"] == "text":
            said.append(block["text"])
        elif block["type"] == "tool_result":
            said.append(describe(block.get("content") or ""))
        elif block["type"] in ("image", "document"):
            source = block["source"]
            title = (block["title"] + " ") if block.get("title") else ""
            if source["type"] == "base64":
                said.append(title + blob(source["media_type"], decode(source["data"], "", "")))
            else:
                said.append(title + (source.get("data") or source.get("url") or source.get("file_id") or "[blocks]"))
        else:
            said.append("[%s]" % block["type"])
    return " ".join(said)


def answer(request, target, faults, text=None):
    fields = request.json
    turn = turn_of(fields)
    made = reply(turn, request, faults, text)
    before, early = hosted.around(fields, made, turn.said, betas_of(request, fields))
    reason = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use", "sequence": "stop_sequence",
              "refusal": "refusal"}[made.finish]
    marks = count_marks(fields)
    usage = {
        "input_tokens": count(fields["messages"]), "cache_creation_input_tokens": 100 if marks else 0,
        "cache_read_input_tokens": 50 if marks else 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 100 if marks else 0, "ephemeral_1h_input_tokens": 0},
        "output_tokens": made.tokens(), "service_tier": "standard", "inference_geo": "not_available",
    }
    if made.query and not early:
        usage["server_tool_use"] = {"web_search_requests": 1, "web_fetch_requests": 0}
    if Claude(model_of(request, target)).at_least(4, 7) and fields.get("thinking", {}).get("display") != "summarized":
        made.thoughts = ["" for _ in made.thoughts]  # These models keep their thoughts to themselves, but sign them.
    message = {"model": model_of(request, target), "id": "msg_" + ("vrtx_" if target.vertex else "01") + made.identity,
               "type": "message", "role": "assistant", "content": blocks_of(made, before, early),
               "stop_reason": early or reason, "stop_sequence": made.stop, "usage": usage}
    if any("code_execution" in block.get("name", "") for block in before):
        message["container"] = hosted.container(fields, made)
    if target.stream:
        return stream(message, target)
    return as_json(message)


def blocks_of(made, before: list, early) -> list:
    """`before`: what the tools did that the service runs. `early`: the turn ends there."""
    blocks = [{"type": "thinking", "thinking": thought, "signature": sign("thinking", thought)} for thought in made.thoughts]
    if made.secret:
        blocks.append({"type": "redacted_thinking", "data": made.secret})
    blocks += before
    if early:
        return blocks
    found = any(block["type"] == "web_search_tool_result" and isinstance(block["content"], list) for block in before)
    if made.query and found and made.text[made.cited:] == hosted.CITED:
        blocks += hosted.cited(made.text[:made.cited])
    elif made.text:
        blocks.append({"type": "text", "text": made.text})
    for call in made.calls:
        blocks.append({"type": "tool_use", "id": "toolu_01" + call["id"], "name": call["name"], "input": call["input"]})
    return blocks


def stream(message, target) -> Stream:
    events: list = []

    def send(kind, **members):
        # The real service pads its events with spaces, so that their length says little of what is in them.
        events.append((kind, dumps(dict({"type": kind}, **members))[:-1] + " " * (len(events) * 7 % 16) + "}"))

    begun = dict(message, content=[], stop_reason=None, stop_sequence=None, usage=dict(message["usage"], output_tokens=1))
    begun["usage"].pop("server_tool_use", None)
    container = begun.pop("container", None)  # It is told at the end.
    send("message_start", message=begun)
    for index, block in enumerate(message["content"]):
        start, deltas = pieces_of(block)
        send("content_block_start", index=index, content_block=start)
        if index == 0:
            events.append(("ping", '{"type": "ping"}'))
        for delta in deltas:
            send("content_block_delta", index=index, delta=delta)
        send("content_block_stop", index=index)
    final = len(events)
    usage = {name: value for name, value in message["usage"].items()
             if name not in ("cache_creation", "service_tier", "inference_geo")}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": message["stop_sequence"]}
    send("message_delta", delta=dict(ending, **({"container": container} if container else {})), usage=usage)
    send("message_stop")
    return Stream(events, final)


def pieces_of(block) -> tuple:
    kind = block["type"]
    if kind == "text":
        start = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": piece} for piece in words(block["text"])]
        if "citations" in block:
            start["citations"] = []
            deltas[:0] = [{"type": "citations_delta", "citation": citation} for citation in block["citations"]]
        return start, deltas
    if kind == "thinking":
        deltas = [{"type": "thinking_delta", "thinking": piece} for piece in words(block["thinking"]) if piece]
        return ({"type": "thinking", "thinking": "", "signature": ""},
                deltas + [{"type": "signature_delta", "signature": block["signature"]}])
    if kind in ("tool_use", "server_tool_use", "mcp_tool_use"):
        parts = [""] + (pieces(json.dumps(block["input"]), 7) if block["input"] else [])
        return dict(block, input={}), [{"type": "input_json_delta", "partial_json": piece} for piece in parts]
    return block, []


# Errors

def error(status: int, message: str, request_id="req_fake", headers=()):
    body = {"type": "error", "error": {"type": KINDS.get(status, "api_error"), "message": message}, "request_id": request_id}
    return as_json(body, status, headers)


def failing(status: int, message: str, target):
    return error(status, message, headers=LIMITS if status == 429 else [("x-should-retry", "false")] if status >= 500 else [])


def stream_error(message: str, target) -> list:
    body = {"type": "error", "error": {"type": "overloaded_error", "message": message}, "request_id": "req_fake"}
    return [("error", dumps(body))]


def refused(violation: Violation, target):
    return error(getattr(violation, "status", 400), violation.message)

