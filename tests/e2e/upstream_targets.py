"""The models that chats are sent to, one Envoy in front of a provider that keeps what it gets, and what is wrong with it."""

import base64
import binascii
import copy
import http.client
import json
import re
import struct
import urllib.parse

import chat_requests
import envoy
import recordings
import upstream
import upstream_rules

# A model of the proxy's clients, and the language that its provider speaks.
TARGETS = {
    "anthropic/claude-sonnet-4-5": "anthropic",
    "anthropic/claude-opus-4-6": "anthropic",
    "anthropic/claude-opus-4-8": "anthropic",
    "anthropic/claude-3-5-haiku-20241022": "anthropic",
    "google-ai/gemini-2.5-flash": "gemini",
    "google-ai/gemini-3-pro-preview": "gemini",
    "google-ai/gemini-3.6-flash": "gemini",
    "google/gemini-2.5-pro": "vertex",
    "google/claude-sonnet-4-5@20250929": "vertex-anthropic",
    "aws/us.anthropic.claude-sonnet-4-5-20250929-v1:0": "bedrock",
    "aws/amazon.nova-lite-v1:0": "bedrock",
    "aws/us.amazon.nova-2-lite-v1:0": "bedrock",
    "aws/openai.gpt-oss-120b-1:0": "bedrock",
    "aws/mistral.mistral-large-2402-v1:0": "bedrock",
    "cohere/command-a-03-2025": "cohere",
    "mistral/mistral-large-latest": "mistral",
}
PROVIDERS = {"anthropic": {}, "google-ai": {}, "google": {"project": "a-project", "location": "europe-west1"},
             "aws": {"region": "eu-west-1"}, "cohere": {}, "mistral": {}}
PATHS = {
    "anthropic": r"/v1/messages", "gemini": r"/v1beta/models/{model}:(generateContent|streamGenerateContent\?alt=sse)",
    "vertex": r"/v1(beta1)?/projects/a-project/locations/europe-west1/publishers/google/models/{model}"
              r":(generateContent|streamGenerateContent\?alt=sse)",
    "vertex-anthropic": r"/v1(beta1)?/projects/a-project/locations/europe-west1/publishers/anthropic/models/{model}"
                        r":(rawPredict|streamRawPredict)",
    "bedrock": r"/model/{model}/converse(-stream)?", "cohere": r"/v2/chat", "mistral": r"/v1/chat/completions",
}


# Where requests pass as they are, a provider refuses by itself what is wrong or what it lacks.
OPENAIS = {"mistral"}


# --- What the provider answers ---


def events(*all_, named=True):
    lines = []
    for one in all_:
        kind = "event: %s\n" % one["type"] if named and "type" in one else ""
        lines.append("%sdata: %s\n\n" % (kind, json.dumps(one)))
    return "".join(lines)


def frame(kind, value):
    """One message of an AWS event stream."""
    headers = b""
    for name, text in ((":message-type", "event"), (":event-type", kind), (":content-type", "application/json")):
        headers += struct.pack(">B%dsBH%ds" % (len(name), len(text)), len(name), name.encode(), 7, len(text), text.encode())
    payload = json.dumps(value).encode()
    head = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    whole = head + struct.pack(">I", binascii.crc32(head)) + headers + payload
    return whole + struct.pack(">I", binascii.crc32(whole))


def said(language, streamed):
    """A short answer in a provider's language: its type and body."""
    if language in ("anthropic", "vertex-anthropic"):
        whole = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": [{"type": "text", "text": "Hi"}],
                 "stop_reason": "end_turn", "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        stream = events({"type": "message_start", "message": {**whole, "content": [], "stop_reason": None}},
                        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
                        {"type": "content_block_stop", "index": 0},
                        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
                        {"type": "message_stop"})
    elif language in ("gemini", "vertex"):
        whole = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP", "index": 0}],
                 "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}, "responseId": "r"}
        stream = events(whole)
    elif language == "bedrock":
        usage = {"usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1}}
        whole = {"output": {"message": {"role": "assistant", "content": [{"text": "Hi"}]}}, "stopReason": "end_turn", **usage}
        stream = b"".join((frame("messageStart", {"role": "assistant"}),
                           frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Hi"}}),
                           frame("contentBlockStop", {"contentBlockIndex": 0}), frame("messageStop", {"stopReason": "end_turn"}),
                           frame("metadata", usage)))
    elif language == "cohere":
        whole = {"id": "c", "finish_reason": "COMPLETE",
        "message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
                 "usage": {"tokens": {"input_tokens": 1, "output_tokens": 1}}}
        stream = events({"type": "message-start", "id": "c", "delta": {"message": {"role": "assistant"}}},
                        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text", "text": ""}}}},
                        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "Hi"}}}},
                        {"type": "content-end", "index": 0},
                        {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": whole["usage"]}})
    else:
        whole = {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
        stream = events({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
            {"index": 0, "delta": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}) + "data: [DONE]\n\n"
    if not streamed:
        return "application/json", json.dumps(whole).encode()
    if language == "bedrock":
        return "application/vnd.amazon.eventstream", stream
    return "text/event-stream", stream.encode()


# --- Sending ---


class Stage:
    """Envoy with every provider of the targets, and the one server that all of them are. `unsupported`: what becomes of
    parameters that a provider does not take.
    """

    name, languages, providers = "requests", TARGETS, PROVIDERS

    def __init__(self, folder, unsupported="drop"):
        self.replay = recordings.Replay()
        providers = {name: {**settings, "cluster": "openai", "api_key": {"value": "provider-key-" + name}}
                     for name, settings in self.providers.items()}
        config = {"keys": [envoy.client_key("demo", "sk-orq-demo")], "providers": providers,
                  "models": [*self.languages, *(name + "/*" for name in providers)], "unsupported_params": unsupported}
        self.proxy = envoy.Envoy(folder, self.name + "-" + unsupported, envoy.bootstrap(self.replay.port, config=config))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.proxy.port, timeout=20)

    @classmethod
    def staged(cls, folder, **settings):
        """A stage for a fixture: it is taken down at the end, which the VM must have lived to see."""
        stage = cls(folder, **settings)
        yield stage
        failures = stage.proxy.failures()
        stage.stop()
        assert not failures, "the VM failed"

    def stop(self):
        self.connection.close()
        self.proxy.stop()
        self.replay.stop()

    def ask(self, target, body, path="/chat/completions"):
        """The answer to a client's bytes, and what the provider got (None: nothing)."""
        language = self.languages[target]
        kind, answer = said(language, b'"stream": true' in body or b'"stream":true' in body)
        self.replay.answer, self.replay.seen = (200, [("content-type", kind)], answer, None), None
        headers = {"authorization": "Bearer sk-orq-demo", "content-type": "application/json"}
        self.connection.request("POST", "/v2/proxy" + path, body, headers)
        got = self.connection.getresponse()
        return Answered(got.status, dict(got.getheaders()), got.read(), self.replay.seen)


class Answered:
    def __init__(self, status, headers, body, seen):
        self.status, self.headers, self.body = status, {name.lower(): value for name, value in headers.items()}, body
        self.sent, self.unreadable = None, None
        if seen:
            try:
                self.sent = upstream.Sent(seen["path"], dict(seen["headers"].items()), seen["body"])
            except (AssertionError, ValueError) as error:
                self.unreadable = "what was sent cannot be read: %s" % error
        self.seen = seen
        self.dropped = [name.strip() for name in self.headers.get("x-orq-dropped-params", "").split(",") if name.strip()]

    def upward(self):
        """What the provider got, to compare."""
        if not self.seen:
            return self.status, self.body
        headers = {name: value for name, value in self.seen["headers"].items()
                   if name.lower() not in ("x-request-id", "content-length", "x-envoy-expected-rq-timeout-ms")}
        return self.seen["path"], self.seen["body"], headers


def refusal_faults(answered):
    """Why a refusal is not a clear one, and the parameter that it names."""
    try:
        body = json.loads(answered.body)
        error = body["error"]
        assert list(body) == ["error"] and set(error) == {"message", "type", "param", "code"}
    except (ValueError, KeyError, TypeError, AssertionError):
        return ["status %d without OpenAI's error object: %s" % (answered.status, answered.body[:200])], None
    found = []
    if answered.status != 400:
        found.append("status %d: %s" % (answered.status, error["message"][:200]))
    if not isinstance(error["message"], str) or len(error["message"]) < 12:
        found.append("a refusal says nothing")
    if not error["param"]:
        found.append("a refusal names no param: %s" % str(error["message"])[:160])
    return found, error


def faults(target, answered, spec, by_rules=True):
    """What the provider's types, and its rules, have against what it got."""
    language, model = TARGETS[target], target.split("/", 1)[1]
    if answered.unreadable:
        return {answered.unreadable}
    found = {fault for fault in path_faults(language, model, answered.sent)}
    try:
        shaped = upstream.schema_faults(language, answered.sent, spec)
    except Exception as error:
        return {"the check failed: %r" % error}
    if shaped or not by_rules:
        return found | shaped
    return found | upstream_rules.faults(language, answered.sent, model)


def path_faults(language, model, sent):
    pattern = PATHS[language].replace("{model}", re.escape(model))
    if not re.fullmatch(pattern, urllib.parse.unquote(sent.path)):
        yield "the path %s" % sent.path
    streams = bool(re.search("stream", sent.path, re.I)) or isinstance(sent.body, dict) and sent.body.get("stream") is True
    if language in ("gemini", "vertex", "bedrock") and isinstance(sent.body, dict) and "stream" in sent.body:
        yield "the body has stream, which the path says (%s)" % streams


# --- Judging ---


def judge(stage, target, chat, spec):
    """The faults of one chat of ours at one target."""
    answered = stage.ask(target, chat.request(target))
    if answered.seen is None:
        found, error = refusal_faults(answered)
        if error and chat.blames and not str(error["param"]).startswith(chat.blames):
            found.append("%s is to blame, not %s: %s" % (chat.blames, error["param"], error["message"][:120]))
        if error and not chat.blames and TARGETS[target] not in chat.may_refuse and not found:
            found.append("refused, though this can be carried: %s (%s)" % (error["message"][:160], error["param"]))
        return found, answered
    if TARGETS[target] in OPENAIS and (chat.blames or TARGETS[target] in chat.may_refuse):
        return [], answered
    found = sorted(faults(target, answered, spec, by_rules=not chat.broken))
    if chat.blames and chat.blames not in answered.dropped:
        # A number out of its range may be moved into it and named.
        found.append("a wrong request was sent on: %s is to blame" % chat.blames)
    return found, answered


# What asks for nothing that would not be so anyway; and what has its effect on the answer alone.
IDLE = [("stream", False), ("n", 1), ("store", False), ("logprobs", False), ("tool_choice", "auto"), ("tool_choice", "none"),
        ("parallel_tool_calls", True), ("response_format", {"type": "text"}), ("modalities", ["text"]), ("service_tier", "auto"),
        ("service_tier", "default"), ("web_search_options", {"enabled": False}), ("thinking", {"type": "disabled"}),
        ("thinking", {"type": "disabled", "budget_tokens": 1024}), ("temperature", 1), ("top_p", 1), ("function_call", "auto"),
        ("reasoning_effort", "none")]
ANSWERS = {"stream_options"}
EXTRAS = {"anthropic", "google-ai", "google", "aws", "cohere", "mistral", "gemini", "bedrock", "vertex", "openai"}


# What one provider made means nothing to another: it goes without a word.
MADE_BY = {"thought_signature": {"gemini", "vertex"}, "extra_content": {"gemini", "vertex"},
           "reasoning_signature": {"anthropic", "vertex-anthropic"}, "redacted_reasoning": {"anthropic", "vertex-anthropic"}}
# As many names as the header has room for.
MOST_DROPPED = 32


def lost(stage, target, chat):
    """The members of a chat that change nothing and are not named."""
    if isinstance(chat.body, bytes) or chat.blames or chat.broken:
        return []
    whole = stage.ask(target, chat.request(target))
    if whole.seen is None or len(whole.dropped) >= MOST_DROPPED:
        return []
    found = []
    choice = chat.body.get("tool_choice")
    # Of tools that the model must not call anything may go.
    unused = choice == "none" or isinstance(choice, dict)
    both = {"thinking", "reasoning_effort"} <= set(chat.body)
    for name, value in chat.body.items():
        if name == "messages" or name in ANSWERS or name in EXTRAS or value in (None, [], {}) and name != "web_search_options":
            continue
        if any(name == idle and value == one and type(value) is type(one) or (name, value) == (idle, one) for idle, one in IDLE):
            continue
        if name in ("tool_choice", "parallel_tool_calls") and not chat.body.get("tools"):
            continue
        # Two words for one wish: the one that says more goes.
        if both and name in ("thinking", "reasoning_effort") or unused and name in ("tools", "functions"):
            continue
        if any(dropped.split(".")[0].split("[")[0] == name for dropped in whole.dropped):
            continue
        less = {one: other for one, other in chat.body.items() if one != name}
        if alike(stage, target, chat, whole, less):
            found.append("%s is lost in silence" % name)
    for place in places(chat.body):
        if TARGETS[target] not in MADE_BY.get(place[-1], {TARGETS[target]}) or unused and place[0] == "tools":
            continue
        if not any(place[-1] in dropped for dropped in whole.dropped):
            less = copy.deepcopy(chat.body)
            at = less
            for step in place[:-1]:
                at = at[step]
            value = at.pop(place[-1])
            if place[-1] == "reasoning":
                at.pop("reasoning_content", None)
            if value not in (None, False, "", "auto", []) and alike(stage, target, chat, whole, less):
                found.append("%s is lost in silence" % "".join("[]" if isinstance(step,
                int) else "." + step for step in place)[1:])
    return found


def alike(stage, target, chat, whole, less):
    without = stage.ask(target, chat_requests.Chat(chat.name, less).request(target))
    return without.seen and without.upward() == whole.upward()


# Members of messages and tools that a language may have no place for.
NESTED = {"name", "refusal", "reasoning", "reasoning_signature", "redacted_reasoning", "cache_control", "detail",
          "thought_signature", "extra_content", "strict", "description", "ttl"}


def places(value, inside=()):
    """Where such members stand; what is the client's own is not looked into, nor are names without which nothing is valid."""
    if isinstance(value, list):
        for at, one in enumerate(value[:6]):
            yield from places(one, (*inside, at))
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in NESTED and inside and inside[0] in ("messages", "tools"):
                # Marks for caching stand on messages, parts and tools; a call or an empty text has no place for one.
                marked = "tool_calls" not in inside and value.get("text") != ""
                if (name != "name" or value.get("role") == "user") and (name != "cache_control" or marked):
                    yield (*inside, name)
            elif name not in ("parameters", "arguments", "metadata", "response_format"):
                yield from places(one, (*inside, name))


# --- Whether all that was said arrives ---


def strings(value):
    """Every string of a body, in the order of the body."""
    if isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)
    elif isinstance(value, str):
        yield value


def objects(value):
    """Every object of a body, also one that stands in a string."""
    if isinstance(value, (dict, list)):
        if isinstance(value, dict):
            yield value
        for one in value.values() if isinstance(value, dict) else value:
            yield from objects(one)
    elif isinstance(value, str) and value.lstrip()[:1] == "{":
        try:
            yield json.loads(value)
        except ValueError:
            pass


def words(content):
    """What a message's content says: of each part the ways that it may arrive in."""
    for part in [{"type": "text", "text": content}] if isinstance(content, str) else content or []:
        kind = part.get("type")
        if kind in ("text", "refusal"):
            yield [part[kind].strip()]
        elif kind in ("image_url", "file") and isinstance(part[kind], dict):
            source = part[kind].get("url") or part[kind].get("file_data") or part[kind].get("file_id") or ""
            data = source.rpartition(",")[2]
            yield [data, base64.b64decode(data).decode()] if source.startswith("data:text/") else [data]
        elif kind == "input_audio" and isinstance(part[kind], dict):
            yield [part[kind]["data"]]


def unsaid(chat, sent):
    """What a chat says in its messages and tools and the provider does not hear, and turns that it hears in another order."""
    found, turns = [], []
    had, given = list(strings(sent.body)), list(objects(sent.body))
    whole = "\n".join(had)
    for message in chat.body["messages"]:
        texts = [*words(message.get("content")), [(message.get("refusal") or "").strip()]]
        is_result = message.get("role") == "tool"
        for ways in texts:
            if any(way in whole for way in ways) or is_result and any(one in given for one in objects(ways[0])):
                continue
            found.append("%s of role %s does not arrive" % (ways[0][:60], message.get("role")))
        if message.get("role") in ("user", "assistant"):
            turns += [ways for ways in texts if ways[0] and len(ways[0]) < 200]
        for call in message.get("tool_calls") or []:
            function = call.get("function") or {}
            if function.get("name") and function["name"] not in whole:
                found.append("the call of %s does not arrive" % function["name"])
            arguments = json.loads(function.get("arguments", "").strip() or "{}")
            if arguments not in given:
                found.append("the arguments %s do not arrive" % function.get("arguments"))
    if chat.body.get("tool_choice") in (None, "auto", "required"):
        for tool in chat.body.get("tools") or []:
            function = tool.get("function") or {}
            for text in (function.get("name"), function.get("description")):
                if text and text not in whole:
                    found.append("%s of a tool does not arrive" % text)
    at, place = 0, ""
    for ways in turns:
        after = next((index for index in range(at, len(had)) if any(way in had[index] for way in ways)), None)
        if after is None:
            found.append("%s comes before %s" % (ways[0][:40], place[:40]))
            break
        at, place = after, ways[0]
    return found
