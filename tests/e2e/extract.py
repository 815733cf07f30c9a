"""What a client must get from a provider's recorded answer, read from the answer's raw bytes and the vendors' pages alone.

This is the judge of translations, so it shares no code with them: it does its own framing and its own arithmetic.
"""

import json

import extract_gemini
import extract_openai
from answers import CALLS, FILTER, LENGTH, STOP, Answer, Call, fault, usage
from framing import bodies, frames


def extract(language, status, headers, body):
    """The answer that a recorded one is. `headers` have names in lower case."""
    said = Answer()
    if status >= 400:
        said.error = ERRORS[language](status, headers, body)
    else:
        stream = "event-stream" in headers["content-type"] or "eventstream" in headers["content-type"]
        LANGUAGES[language](said, body, stream)
    return said


# --- Anthropic ---

# https://docs.claude.com/en/api/handling-stop-reasons
ANTHROPIC = {"end_turn": STOP, "stop_sequence": STOP, "tool_use": CALLS, "pause_turn": LENGTH, "max_tokens": LENGTH,
             "model_context_window_exceeded": LENGTH, "refusal": FILTER}


def anthropic(said, body, stream):
    """https://docs.claude.com/en/api/messages, https://docs.claude.com/en/docs/build-with-claude/streaming"""
    choice = said.choice()
    message = anthropic_stream(said, body) if stream else json.loads(body)
    if message is None:
        return
    for block in message["content"]:
        if block["type"] == "text":
            choice.text += block["text"]
            cited = block.get("citations") or []
            choice.cited |= {one["url"] for one in cited if one.get("url")}
            choice.quoted += sum(not one.get("url") for one in cited)
        elif block["type"] == "thinking":
            if block.get("signature"):
                choice.signatures.append((len(choice.reasoning), block["signature"]))
            choice.reasoning += block["thinking"]
        elif block["type"] == "tool_use":
            # Calls of the vendor's own tools are blocks of other types; they are not the client's to answer.
            choice.calls.append(Call(block["id"], block["name"], block.get("streamed") or json.dumps(block["input"])))
        elif block["type"] != "redacted_thinking":
            choice.others.append(block["type"])
    if message["stop_reason"]:
        choice.finished(ANTHROPIC[message["stop_reason"]])
        said.whole = True
    # "Total input tokens in a request is the summation of input_tokens, cache_creation_input_tokens, and
    # cache_read_input_tokens." https://docs.claude.com/en/api/messages#response-usage
    counts = message["usage"]
    cached, written = counts.get("cache_read_input_tokens") or 0, counts.get("cache_creation_input_tokens") or 0
    thought = (counts.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    said.usage = usage(counts["input_tokens"] + cached + written, counts["output_tokens"], cached, thought, written)


def anthropic_stream(said, body):
    """The message that a stream amounts to. "The token counts shown in the usage field of the message_delta event are
    cumulative": its members take the place of the first ones."""
    message, blocks, ended = None, {}, False
    for _, event in bodies(body):
        kind = event["type"]
        if kind == "message_start":
            message = event["message"]
        elif kind == "content_block_start":
            blocks[event["index"]] = event["content_block"]
            message["content"].append(event["content_block"])
        elif kind == "content_block_delta":
            block, delta = blocks[event["index"]], event["delta"]
            if delta["type"] == "text_delta":
                block["text"] += delta["text"]
            elif delta["type"] == "thinking_delta":
                block["thinking"] += delta["thinking"]
            elif delta["type"] == "signature_delta":
                block["signature"] = block.get("signature", "") + delta["signature"]
            elif delta["type"] == "input_json_delta":
                block["streamed"] = block.get("streamed", "") + delta["partial_json"]
            elif delta["type"] == "citations_delta":
                block.setdefault("citations", []).append(delta["citation"])
        elif kind == "message_delta":
            message.update(event["delta"])
            message["usage"].update(event["usage"])
        elif kind == "message_stop":
            ended = True
            break
        elif kind == "error":
            said.error = fault(200, event["error"]["message"], event["error"]["type"])
    if message and not ended:
        message["stop_reason"] = None
    return message


def anthropic_error(status, headers, body):
    """https://docs.claude.com/en/api/errors"""
    error = json.loads(body)["error"]
    return fault(status, error["message"], error["type"])


# --- Bedrock ---

# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_ResponseSyntax
BEDROCK = {"end_turn": STOP, "stop_sequence": STOP, "tool_use": CALLS, "max_tokens": LENGTH, "guardrail_intervened": FILTER,
           "content_filtered": FILTER, "malformed_model_output": STOP, "malformed_tool_use": STOP,
           "model_context_window_exceeded": LENGTH}
# What an exception's frame is over HTTP:
# https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_ResponseElements
EXCEPTIONS = {"throttlingException": 429, "validationException": 400, "modelStreamErrorException": 424,
              "internalServerException": 500, "serviceUnavailableException": 503}


def bedrock(said, body, stream):
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html"""
    choice = said.choice()
    answer = bedrock_stream(said, body) if stream else json.loads(body)
    for block in answer["output"]["message"]["content"]:
        choice.text += block.get("text", "")
        if cited := block.get("citationsContent"):
            choice.text += "".join(part.get("text", "") for part in cited.get("content") or [])
            pages = [one.get("location", {}).get("web", {}).get("url") for one in cited.get("citations") or []]
            choice.cited |= {page for page in pages if page}
            choice.quoted += sum(not page for page in pages)
        if thought := block.get("reasoningContent", {}).get("reasoningText"):
            if thought.get("signature"):
                choice.signatures.append((len(choice.reasoning), thought["signature"]))
            choice.reasoning += thought["text"]
        # Uses of the vendor's own tools are marked, and their results stand in the same message.
        used = block.get("toolUse")
        if "toolResult" in block or (used and used.get("type") == "server_tool_use"):
            choice.others.append("toolResult" if "toolResult" in block else "toolUse")
        elif used:
            given = used["input"] if stream else json.dumps(used["input"])
            choice.calls.append(Call(used["toolUseId"], used["name"], given))
    if answer["stopReason"]:
        choice.finished(BEDROCK[answer["stopReason"]])
        said.whole = True
    # https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html: inputTokens leaves out what the cache read and
    # wrote, with most models; totalTokens holds all of it with every model.
    if counts := answer.get("usage"):
        said.usage = usage(counts["totalTokens"] - counts["outputTokens"], counts["outputTokens"],
                           counts.get("cacheReadInputTokens") or 0, written=counts.get("cacheWriteInputTokens"))


def bedrock_stream(said, body):
    blocks, answer = {}, {"stopReason": None}
    for headers, payload in frames(body):
        event = json.loads(payload)
        if headers[":message-type"] != "event":
            kind = headers.get(":exception-type") or headers.get(":error-code", "")
            said.error = fault(EXCEPTIONS.get(kind, 500), event.get("message") or headers.get(":error-message", ""), kind)
            break
        kind = headers[":event-type"]
        block = blocks.setdefault(event.get("contentBlockIndex"), {})
        if kind == "contentBlockStart" and "toolUse" in event["start"]:
            block["toolUse"] = {**event["start"]["toolUse"], "input": ""}
        elif kind == "contentBlockStart" and "toolResult" in event["start"]:
            block["toolResult"] = event["start"]["toolResult"]
        elif kind == "contentBlockDelta":
            delta = event["delta"]
            block["text"] = block.get("text", "") + delta.get("text", "")
            if "toolUse" in delta:
                block["toolUse"]["input"] += delta["toolUse"]["input"]
            for name in {"text", "signature"} & delta.get("reasoningContent", {}).keys():
                thought = block.setdefault("reasoningContent", {"reasoningText": {"text": "", "signature": ""}})
                thought["reasoningText"][name] += delta["reasoningContent"][name]
            if "citation" in delta:
                block.setdefault("citationsContent", {"citations": []})["citations"].append(delta["citation"])
        elif kind == "messageStop":
            answer["stopReason"] = event["stopReason"]
        elif kind == "metadata":
            answer["usage"] = event["usage"]
    answer["output"] = {"message": {"content": [block for index, block in sorted(blocks.items(), key=str)]}}
    return answer


def bedrock_error(status, headers, body):
    """https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html"""
    error = json.loads(body)
    return fault(status, error.get("message") or error.get("Message"), headers.get("x-amzn-errortype", "").split(":")[0])


# --- Cohere ---

# https://docs.cohere.com/reference/chat#response.body.finish_reason
COHERE = {"COMPLETE": STOP, "STOP_SEQUENCE": STOP, "MAX_TOKENS": LENGTH, "TOOL_CALL": CALLS}


def cohere(said, body, stream):
    """https://docs.cohere.com/reference/chat, https://docs.cohere.com/v2/docs/streaming. The plan before calls (`tool_plan`,
    "a chain-of-thought style reflection") is the reasoning of models that have no `thinking`."""
    choice = said.choice()
    answer = cohere_stream(body) if stream else json.loads(body)
    message = answer["message"]
    if answer.get("error"):
        said.error = fault(500, answer["error"])
    choice.reasoning = message.get("tool_plan") or ""
    choice.quoted = len(message.get("citations") or [])
    for part in message.get("content") or []:
        choice.text += part.get("text", "")
        choice.reasoning += part.get("thinking", "")
    for call in message.get("tool_calls") or []:
        choice.calls.append(Call(call["id"], call["function"]["name"], call["function"]["arguments"]))
    if answer.get("finish_reason") and not said.error:
        choice.finished(COHERE[answer["finish_reason"]])
        said.whole = True
    # billed_units leaves out what the vendor adds; tokens is what the model read and wrote. Images are counted beside
    # input_tokens (a recorded prompt of 501 had 518 of them, and was billed 522), cached and reasoning tokens within.
    counts = answer.get("usage") or {}
    if tokens := counts.get("tokens"):
        said.usage = usage(tokens["input_tokens"] + (tokens.get("image_tokens") or 0), tokens["output_tokens"],
                           counts.get("cached_tokens") or 0, tokens.get("reasoning_tokens") or 0)


def cohere_stream(body):
    parts, calls, cited, plan, answer = {}, {}, [], [], {}
    for _, event in bodies(body):
        kind, message = event["type"], (event.get("delta") or {}).get("message") or {}
        if kind in ("content-start", "content-delta"):
            part = parts.setdefault(event["index"], {})
            for name in ("text", "thinking"):
                part[name] = part.get(name, "") + (message["content"].get(name) or "")
        elif kind == "tool-plan-delta":
            plan.append(message["tool_plan"])
        elif kind == "tool-call-start":
            calls[event["index"]] = message["tool_calls"]
        elif kind == "tool-call-delta":
            calls[event["index"]]["function"]["arguments"] += message["tool_calls"]["function"]["arguments"]
        elif kind == "citation-start":
            cited.append(message["citations"])
        elif kind == "message-end":
            answer = event["delta"]
    return {"message": {"content": list(parts.values()), "tool_calls": list(calls.values()), "tool_plan": "".join(plan),
                        "citations": cited}, **answer}


def cohere_error(status, headers, body):
    """https://docs.cohere.com/reference/errors"""
    return fault(status, json.loads(body)["message"])


LANGUAGES = {"anthropic": anthropic, "gemini": extract_gemini.gemini, "bedrock": bedrock, "cohere": cohere}
ERRORS = {"anthropic": anthropic_error, "gemini": extract_gemini.gemini_error, "bedrock": bedrock_error, "cohere": cohere_error}
for _name in extract_openai.PROVIDERS:
    LANGUAGES[_name], ERRORS[_name] = extract_openai.of(_name), extract_openai.error
