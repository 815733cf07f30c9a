"""Amazon Bedrock's Converse API: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html."""

from __future__ import annotations

import json
import re

from anthropic import Claude, check_strict
from answers import Stream, Whole, as_json, count, dumps, words
from aws import SCHEME, check_signature, frame
from checks import Refusal, Violation
from shapes import FILLED, by_type, compare, decode, listed, number, one_of, text as text_like
from turn import SOURCE, Turn, blob, pieces, reply, sign

STREAM_TYPE = "application/vnd.amazon.eventstream"
ID_HEADER = "x-amzn-requestid"
EXCEPTIONS = {
    400: "ValidationException", 401: "UnrecognizedClientException", 403: "AccessDeniedException", 404: "ResourceNotFoundException",
    408: "ModelTimeoutException", 409: "ConflictException", 424: "ModelErrorException", 429: "ThrottlingException",
    500: "InternalServerException", 503: "ServiceUnavailableException",
}
KNOWN = {
    "context-length": (400, "The model returned the following errors: Input is too long for requested model."),
    "quota": (429, "Too many tokens per day, please wait before trying again."),
    "bad-key": (403, "The security token included in the request is invalid."),
    "no-model": (400, "The provided model identifier is invalid."),
    "overloaded": (503, "Bedrock is unable to process your request."),
}
PADDING = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

# Shapes

S3 = {"uri": text_like(r"s3://.+", "an s3 URI"), "bucketOwner?": str}
IMAGE = {"format": {"png", "jpeg", "gif", "webp"}, "source": one_of({"bytes": str, "s3Location": S3})}
DOCUMENT_NAME = text_like(r"(?!.*\s\s)[a-zA-Z0-9_\s()\[\]-]{1,200}", "a document's name: only alphanumeric characters, whitespace "
                          "characters, hyphens, parentheses and square brackets, and no two whitespace characters in a row")
DOCUMENT = {"format?": {"pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"}, "name": DOCUMENT_NAME,
            "source": one_of({"bytes": str, "s3Location": S3, "text": FILLED, "content": [{"text": str}]}),
            "context?": str, "citations?": {"enabled": bool}}
VIDEO = {"format": {"mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"},
         "source": one_of({"bytes": str, "s3Location": S3})}
AUDIO = {"format": {"mp3", "opus", "wav", "aac", "flac", "mp4", "ogg", "mkv", "mka", "x-aac", "m4a", "mpeg", "mpga", "pcm", "webm"},
         "source": one_of({"bytes": str, "s3Location": S3})}
SEARCH_RESULT = {"source": str, "title": str, "content": [{"text": str}], "citations?": {"enabled": bool}}
ID = text_like(r"[a-zA-Z0-9_.:-]{1,64}", "a toolUseId of at most 64 letters, digits, and _ . : -")
NAME = text_like(r"[a-zA-Z0-9_-]{1,64}", "a tool's name of at most 64 letters, digits, _ and -")
CACHE_POINT = {"type": {"default"}, "ttl?": {"5m", "1h"}}
RESULT = one_of({"json": object, "text": str, "image": IMAGE, "document": DOCUMENT, "video": VIDEO, "searchResult": SEARCH_RESULT})
BLOCK = one_of({
    "text": str, "image": IMAGE, "document": DOCUMENT, "video": VIDEO, "audio": AUDIO,
    "toolUse": {"toolUseId": ID, "name": NAME, "input": dict, "type?": {"server_tool_use"}},
    "toolResult": {"toolUseId": ID, "content": [RESULT], "status?": {"success", "error"}, "type?": str},
    "guardContent": dict, "cachePoint": CACHE_POINT, "searchResult": SEARCH_RESULT, "citationsContent": dict,
    "reasoningContent": one_of({"reasoningText": {"text": str, "signature?": str}, "redactedContent": str}),
})
TOOL = one_of({"toolSpec": {"name": NAME, "description?": FILLED, "inputSchema": {"json": dict}, "strict?": bool},
               "systemTool": {"name": NAME}, "cachePoint": CACHE_POINT})
TOP = {
    "messages": listed({"role": {"user", "assistant"}, "content": [BLOCK]}, 1),
    "system?": [one_of({"text": FILLED, "guardContent": dict, "cachePoint": CACHE_POINT})],
    "inferenceConfig?": {"maxTokens?": number(int, 1), "temperature?": number(float, 0, 1), "topP?": number(float, 0, 1),
                         "stopSequences?": listed(FILLED, 0, 2500)},
    "toolConfig?": {"tools": listed(TOOL, 1), "toolChoice?": one_of({"auto": {}, "any": {}, "tool": {"name": NAME}})},
    "guardrailConfig?": dict, "additionalModelRequestFields?": dict, "promptVariables?": dict,
    "additionalModelResponseFieldPaths?": listed(str, 0, 10), "requestMetadata?": dict,
    "performanceConfig?": {"latency?": {"standard", "optimized"}},
    "serviceTier?": {"type": {"priority", "default", "flex", "reserved"}},
    "outputConfig?": {"effort?": str, "textFormat?": by_type({"json_schema": {"structure": {"jsonSchema": {
        "schema": str, "name?": str, "description?": str}}}})},
}
CLAUDE_EXTRA = {
    "thinking?": by_type({"enabled": {"budget_tokens": number(int, 1024), "display?": str}, "adaptive": {"display?": str},
                          "disabled": {}}),
    "top_k?": number(int, 0), "anthropic_beta?": [str], "anthropic_version?": str, "tool_choice?": dict, "tools?": list,
    "output_config?": dict, "metadata?": dict, "stop_sequences?": [str], "context_management?": dict,
}
NOVA_EXTRA = {"inferenceConfig?": {"topK?": number(int, 1, 128)},
              "reasoningConfig?": {"type": {"enabled", "disabled"}, "maxReasoningEffort?": {"low", "medium", "high"}}}
MEDIA = {"png": "image/png", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "pdf": "application/pdf",
         "wav": "audio/wav", "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html"}


# Checks

def check_key(request, target) -> None:
    if request.header("authorization").startswith(SCHEME):
        if not target.rules.aws_key:
            raise Violation("the request is signed, but the fake has no --aws-key to check that", "authorization", 403)
        check_signature(request, target.rules.aws_key, target.rules.aws_secret, "bedrock")
    elif not re.fullmatch(r"Bearer \S+", request.header("authorization")):
        raise Violation("Authentication failed: Please make sure your API Key is valid.", "authorization", 403)


def check(request, target) -> None:
    check_key(request, target)
    compare(request.json, TOP, "")
    claude = "anthropic" in target.model
    fields = request.chat = dict(request.json, messages=merged(request.json["messages"]))
    check_messages(fields["messages"], claude)
    check_pairs(fields["messages"], fields)
    check_tools(fields)
    extra = fields.get("additionalModelRequestFields") or {}
    inference = fields.get("inferenceConfig") or {}
    if claude:
        compare(extra, CLAUDE_EXTRA, "additionalModelRequestFields")
        check_claude(fields, extra, inference, Claude(target.model))
    elif "amazon.nova" in target.model:
        compare(extra, NOVA_EXTRA, "additionalModelRequestFields")
        if extra.get("reasoningConfig", {}).get("maxReasoningEffort") == "high" and inference:
            raise Violation("maxReasoningEffort high goes with no %s" % ", ".join(sorted(inference)), "inferenceConfig")
    check_metadata(fields.get("requestMetadata"))
    check_output(fields, target.model)


def merged(messages: list) -> list:
    """The turns as the service sees them: neighbours of one role are one."""
    turns: list = []
    for message in messages:
        if turns and turns[-1]["role"] == message["role"] and message["content"]:
            turns[-1] = dict(message, content=turns[-1]["content"] + message["content"])
        else:
            turns.append(message)
    return turns


def check_messages(messages: list, claude: bool) -> None:
    if messages[0]["role"] != "user":
        raise Violation("A conversation must start with a user message. Try again with a conversation that starts with a user "
                        "message.", "messages")
    names = [document["name"] for message in messages for document in blocks(message, "document")]
    if len(set(names)) != len(names):
        raise Violation("The documents of a request need names of their own: %s" % names, "messages")
    for at, message in enumerate(messages):
        where = "messages.%d" % at
        if not message["content"]:
            raise Violation("The content field in the Message object at %s is empty. Add a ContentBlock object to the content field "
                            "and try again." % where, where)
        for position, block in enumerate(message["content"]):
            check_block(block, message["role"], "%s.content.%d" % (where, position))
            reasoning = block.get("reasoningContent", {}).get("reasoningText")
            if reasoning and (claude or "signature" in reasoning) and reasoning.get("signature") != sign("thinking", reasoning["text"]):
                raise Violation("The model returned the following errors: %s.content.%d: Invalid `signature` in `thinking` block"
                                % (where, position), where)
        kinds = [kind for block in message["content"] for kind in block]
        if "document" in kinds and "text" not in kinds:
            raise Violation("%s: a message with a document needs a text block, too" % where, where)
        if kinds.count("image") > 20 or kinds.count("document") > 5:
            raise Violation("%s: more than 20 images or 5 documents" % where, where)


def check_block(block, role: str, where: str) -> None:
    if "text" in block and not block["text"].strip():
        raise Violation("The text field in the ContentBlock object at %s is blank. Add text to the text field, and try again."
                        % where, where)
    served = "type" in block.get("toolResult", {})  # The result of a tool that the service ran itself.
    if role == "assistant" and not served and set(block) & {"image", "document", "video", "audio", "toolResult", "searchResult"}:
        raise Violation("%s: %s is not for the role assistant" % (where, list(block)[0]), where)
    if role == "user" and set(block) & {"toolUse", "reasoningContent", "citationsContent"}:
        raise Violation("%s: %s is not for the role user" % (where, list(block)[0]), where)
    for name in ("image", "document", "audio"):
        found = block.get(name)
        if found and "bytes" in found["source"]:
            if name == "document" and "format" not in found:
                raise Violation("%s.document.format: bytes need a format" % where, where)
            decode(found["source"]["bytes"], MEDIA.get(found.get("format", ""), ""), "%s.%s.source.bytes" % (where, name))
    for position, inner in enumerate(block.get("toolResult", {}).get("content", [])):
        if "text" in inner and not inner["text"]:
            raise Violation("The text field at %s.toolResult.content.%d is blank." % (where, position), where)
        if "text" not in inner and "json" not in inner:
            check_block(inner, "user", "%s.toolResult.content.%d" % (where, position))
    if block.get("toolResult", {}).get("status") == "error" and not block["toolResult"]["content"]:
        raise Violation("The content field at %s.toolResult cannot be empty when status value is error." % where, where)
    reasoning = block.get("reasoningContent", {})
    if "redactedContent" in reasoning and not decode(reasoning["redactedContent"], "", where).startswith(b"secret of "):
        raise Violation("The model returned the following errors: %s: Invalid `data` in `redacted_thinking` block" % where, where)


def blocks(message, name: str) -> list:
    return [block[name] for block in message["content"] if name in block]


def check_pairs(messages: list, fields) -> None:
    used = False
    for at, message in enumerate(messages):
        uses = [use["toolUseId"] for use in blocks(message, "toolUse") if use.get("type") != "server_tool_use"]
        results = [result["toolUseId"] for result in blocks(message, "toolResult") if "type" not in result]
        used = used or bool(uses or results)
        if len(set(uses)) != len(uses) or len(set(results)) != len(results):
            raise Violation("messages.%d: a toolUseId comes twice" % at, "messages")
        before = [use["toolUseId"] for use in blocks(messages[at - 1], "toolUse")] if at else []
        if set(results) - set(before):
            raise Violation("The number of toolResult blocks at messages.%d.content exceeds the number of toolUse blocks of previous "
                            "turn." % at, "messages")
        if uses and at + 1 < len(messages):
            missing = set(uses) - {result["toolUseId"] for result in blocks(messages[at + 1], "toolResult")}
            if missing:
                raise Violation("Expected toolResult blocks at messages.%d.content for the following Ids: %s"
                                % (at + 1, ", ".join(sorted(missing))), "messages")
    if used and "toolConfig" not in fields:
        raise Violation("The toolConfig field must be defined when using toolUse and toolResult content blocks.", "toolConfig")


def check_tools(fields) -> None:
    config = fields.get("toolConfig")
    if not config:
        return
    names = []
    for at, tool in enumerate(config["tools"]):
        if "toolSpec" in tool:
            names.append(tool["toolSpec"]["name"])
            if tool["toolSpec"]["inputSchema"]["json"].get("type") != "object":
                raise Violation("The value at toolConfig.tools.%d.toolSpec.inputSchema.json.type must be one of the following: "
                                "object." % at, "toolConfig")
    if len(set(names)) != len(names):
        raise Violation("toolConfig.tools: The tool names are not unique: %s" % names, "toolConfig")
    wanted = config.get("toolChoice", {}).get("tool", {}).get("name")
    if wanted is not None and wanted not in names:
        raise Violation("toolConfig.toolChoice names the tool %s, which is not there" % wanted, "toolConfig")


def check_claude(fields, extra, inference, claude) -> None:
    thinking = extra.get("thinking") or {"type": "disabled"}
    if claude.at_least(4, 7) and (set(inference) & {"temperature", "topP"} or "top_k" in extra):
        raise Violation("The model returned the following errors: sampling parameters are deprecated for this model.", "inferenceConfig")
    if claude.at_least(4, 5, opus=(4, 1)) and "temperature" in inference and "topP" in inference:
        raise Violation("The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. "
                        "Please use only one.", "inferenceConfig")
    if thinking["type"] == "disabled":
        return
    if thinking["type"] == "enabled" and claude.at_least(4, 7) or thinking["type"] == "adaptive" and claude.before(4, 6):
        raise Violation("The model returned the following errors: \"thinking.type.%s\" is not supported for this model."
                        % thinking["type"], "thinking")
    if thinking["type"] == "enabled" and thinking["budget_tokens"] >= inference.get("maxTokens", 4096):
        raise Violation("The model returned the following errors: `max_tokens` must be greater than `thinking.budget_tokens`.",
                        "inferenceConfig.maxTokens")
    if inference.get("temperature", 1) != 1:
        raise Violation("The model returned the following errors: `temperature` may only be set to 1 when thinking is enabled.",
                        "inferenceConfig.temperature")
    if "top_k" in extra:
        raise Violation("The model returned the following errors: `top_k` must be unset when thinking is enabled.", "top_k")
    choice = fields.get("toolConfig", {}).get("toolChoice", {})
    if "any" in choice or "tool" in choice:
        raise Violation("The model returned the following errors: Thinking may not be enabled when tool_choice forces tool use.",
                        "toolConfig.toolChoice")
    messages = fields["messages"]
    for at in range(len(messages) - 1, -1, -1):
        if messages[at]["role"] == "user" and not blocks(messages[at], "toolResult"):
            break
        if messages[at]["role"] == "assistant" and "reasoningContent" not in messages[at]["content"][0]:
            raise Violation("The model returned the following errors: messages.%d.content.0.type: Expected `thinking` or "
                            "`redacted_thinking`, but found `%s`." % (at, list(messages[at]["content"][0])[0]), "messages")


def check_metadata(metadata) -> None:
    if metadata is None:
        return
    if not 1 <= len(metadata) <= 16:
        raise Violation("requestMetadata has 1 to 16 members, not %d" % len(metadata), "requestMetadata")
    for name, value in metadata.items():
        for part, least in ((name, 1), (value, 0)):
            if not isinstance(part, str) or not re.fullmatch(r"[a-zA-Z0-9\s:_@$#=/+,.-]{%d,256}" % least, part):
                raise Violation("requestMetadata: %r is not a text of at most 256 of the characters allowed there" % part,
                                "requestMetadata")


# The models that give structured outputs: docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html.
STRUCTURED = re.compile(r"anthropic\.claude-(haiku|sonnet|opus)-4-5|anthropic\.claude-(sonnet|opus)-4-6|qwen|gemma-3|minimax|ministral"
                        r"|mistral-large-3|magistral|voxtral|nemotron|glm|kimi|deepseek\.v3|gpt-oss|^fake-")


def check_output(fields, model: str) -> None:
    format_ = (fields.get("outputConfig") or {}).get("textFormat")
    if not format_:
        return
    if not STRUCTURED.search(model):
        raise Refusal("This model doesn't support the outputConfig.textFormat field. Remove it and try again.", "outputConfig")
    try:
        schema = json.loads(format_["structure"]["jsonSchema"]["schema"])
    except ValueError as error:
        raise Violation("outputConfig.textFormat.structure.jsonSchema.schema is not JSON: %s" % error, "outputConfig") from None
    if "anthropic" in model:
        check_strict(schema, "output_config.format.schema")


# Answers

def turn_of(fields) -> Turn:
    message, prefill = fields["messages"][-1], ""
    if message["role"] == "assistant" and len(fields["messages"]) > 1:
        prefill, message = describe(message["content"]), fields["messages"][-2]
    config = fields.get("toolConfig") or {}
    choice = config.get("toolChoice") or {"auto": {}}
    # There is no way to forbid a tool but to say so, and this model listens.
    tools = [(spec["name"], spec["inputSchema"]["json"]) for spec in (tool.get("toolSpec") for tool in config.get("tools", []))
             if spec and "not available" not in spec.get("description", "")]
    searches = any(tool.get("systemTool", {}).get("name") == "nova_grounding" for tool in config.get("tools", []))
    extra = fields.get("additionalModelRequestFields") or {}
    thinks = (extra.get("thinking") or extra.get("reasoningConfig") or {}).get("type", "disabled") != "disabled"
    format_ = (fields.get("outputConfig") or {}).get("textFormat")
    schema = json.loads(format_["structure"]["jsonSchema"]["schema"]) if format_ else None
    parallel = not (extra.get("tool_choice") or {}).get("disable_parallel_tool_use")
    inference = fields.get("inferenceConfig") or {}
    return Turn(describe(message["content"]), tools, choice.get("tool", {}).get("name") or list(choice)[0], parallel,
                bool(blocks(message, "toolResult")), thinks, schema, False, searches, inference.get("maxTokens"),
                inference.get("stopSequences"), prefill)


def describe(content: list) -> str:
    said = []
    for block in content:
        if "text" in block:
            said.append(block["text"])
        elif "json" in block:
            said.append(dumps(block["json"]))
        elif "toolResult" in block:
            said.append(describe(block["toolResult"]["content"]))
        for kind in ("image", "document", "audio"):
            if kind in block:
                source, format_ = block[kind]["source"], block[kind].get("format", "")
                name = (block[kind].get("name", "") + " ").lstrip()
                if "bytes" in source:
                    said.append(name + blob(MEDIA.get(format_, format_), decode(source["bytes"], "", "")))
                else:
                    said.append(name + str(source.get("text") or source.get("s3Location", {}).get("uri", "[content]")))
    return " ".join(said)


def answer(request, target, faults, text=None):
    fields = request.chat
    made = reply(turn_of(fields), request, faults, text)
    reason = {"stop": "end_turn", "length": "max_tokens", "tools": "tool_use", "sequence": "stop_sequence",
              "refusal": "content_filtered"}[made.finish]
    usage = {"inputTokens": count(fields["messages"]), "outputTokens": made.tokens(), "serverToolUsage": {}}
    if '"cachePoint"' in dumps([fields["messages"], fields.get("system"), fields.get("toolConfig")]):
        usage.update(cacheReadInputTokens=50, cacheReadInputTokenCount=50, cacheWriteInputTokens=100, cacheWriteInputTokenCount=100)
    usage["totalTokens"] = usage["inputTokens"] + usage["outputTokens"] + usage.get("cacheReadInputTokens", 0) + usage.get(
        "cacheWriteInputTokens", 0)
    content = blocks_of(made, "anthropic" in target.model)
    if target.stream:
        return stream(content, reason, usage)
    return as_json({"metrics": {"latencyMs": 3}, "output": {"message": {"content": content, "role": "assistant"}},
                    "stopReason": reason, "usage": usage})


def blocks_of(made, signed: bool) -> list:
    found = []
    for thought in made.thoughts:
        reasoning = {"text": thought, "signature": sign("thinking", thought)} if signed else {"text": thought}
        found.append({"reasoningContent": {"reasoningText": reasoning}})
    if made.secret:
        found.append({"reasoningContent": {"redactedContent": made.secret}})
    if made.query:
        use = "tooluse_" + made.identity[:22]
        found.append({"toolUse": {"input": {"query": made.query}, "name": "nova_grounding", "toolUseId": use, "type": "server_tool_use"}})
        found.append({"toolResult": {"content": [{"text": "[HIDDEN]"}], "status": "success", "toolUseId": use,
                                     "type": "nova_grounding_result"}})
        found.append({"text": made.text})
        found.append({"citationsContent": {"citations": [{"location": {"web": {"domain": SOURCE["domain"], "url": SOURCE["url"]}}}]}})
    elif made.text:
        found.append({"text": made.text})
    for call in made.calls:
        found.append({"toolUse": {"input": call["input"], "name": call["name"], "toolUseId": "tooluse_" + call["id"]}})
    return found


def stream(content: list, reason: str, usage: dict) -> Stream:
    events: list = []

    def send(kind, **payload):
        # Every payload has a member `p` of changing length, so that sizes say little of what is in them.
        events.append((kind, dumps(dict(payload, p=PADDING[:len(events) * 11 % len(PADDING) + 1]))))

    send("messageStart", role="assistant")
    for index, block in enumerate(content):
        start, deltas = pieces_of(block)
        if start:
            send("contentBlockStart", contentBlockIndex=index, start=start)
        for delta in deltas:
            send("contentBlockDelta", contentBlockIndex=index, delta=delta)
        send("contentBlockStop", contentBlockIndex=index)
    final = len(events)
    send("messageStop", stopReason=reason)
    send("metadata", metrics={"latencyMs": 3}, usage=usage)
    return Stream(events, final)


def pieces_of(block) -> tuple:
    """A text has no contentBlockStart, as from the real service."""
    if "text" in block:
        return None, [{"text": piece} for piece in words(block["text"])]
    if "toolUse" in block:
        use = block["toolUse"]
        parts = pieces(json.dumps(use["input"]), 9) if use["input"] else [""]
        return ({"toolUse": {name: value for name, value in use.items() if name != "input"}},
                [{"toolUse": {"input": piece}} for piece in parts])
    if "toolResult" in block:
        result = block["toolResult"]
        return ({"toolResult": {name: value for name, value in result.items() if name != "content"}},
                [{"toolResult": [inner]} for inner in result["content"]])
    if "citationsContent" in block:
        return None, [{"citation": citation} for citation in block["citationsContent"]["citations"]]
    reasoning = block["reasoningContent"]
    if "redactedContent" in reasoning:
        return None, [{"reasoningContent": {"redactedContent": reasoning["redactedContent"]}}]
    deltas = [{"reasoningContent": {"text": piece}} for piece in words(reasoning["reasoningText"]["text"])]
    if "signature" in reasoning["reasoningText"]:
        deltas.append({"reasoningContent": {"signature": reasoning["reasoningText"]["signature"]}})
    return None, deltas


def encode(event, faults) -> bytes:
    """An event as its frame. One that is named as an exception is one."""
    name, data = event
    kind = "exception" if name.endswith("Exception") else "event"
    headers = [(":%s-type" % kind, name), (":content-type", "application/json"), (":message-type", kind)]
    return frame(headers, data.encode(), "bad-crc" in faults and name == "messageStop")


# Errors

def failing(status: int, message: str, target) -> Whole:
    kind = EXCEPTIONS.get(status, "ServiceUnavailableException")
    if message == KNOWN["bad-key"][1]:
        kind = "UnrecognizedClientException"
    name = "%s:http://internal.amazon.com/coral/com.amazon.bedrock/" % kind
    return as_json({"message": message}, status, [("x-amzn-errortype", name)])


def stream_error(message: str, target) -> list:
    body = {"message": message, "originalStatusCode": 500, "originalMessage": message}
    return [("modelStreamErrorException", dumps(body))]


def refused(violation: Violation, target) -> Whole:
    return failing(violation.status, violation.message, target)
