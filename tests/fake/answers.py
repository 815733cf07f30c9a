"""Normal answers in OpenAI's language. A builder returns a Whole or a Stream; faults.py may bend it before it is sent."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import struct

import checks

CREATED = 1760000000
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
CATEGORIES = [
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
]
AUDIO = {
    "mp3": ("audio/mpeg", b"ID3\x04\x00\x00\x00\x00\x00\x00"), "opus": ("audio/opus", b"OggS\x00\x02"),
    "aac": ("audio/aac", b"\xff\xf1\x50\x80"), "flac": ("audio/flac", b"fLaC\x00\x00\x00\x22"),
    "wav": ("audio/wav", b""), "pcm": ("audio/pcm", b""),
}


class Whole:
    def __init__(self, body: bytes, content_type: str = "application/json", status: int = 200, headers=()):
        self.body, self.content_type, self.status, self.headers = body, content_type, status, list(headers)


class Stream:
    """Server-sent events: (name or None, data). `final` is the place of the event that ends the answer."""

    def __init__(self, events: list, final: int):
        self.events, self.final = events, final


def dumps(value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def as_json(value, status: int = 200, headers=()) -> Whole:
    return Whole(dumps(value).encode(), status=status, headers=headers)


def identify(request) -> str:
    return hashlib.sha256(request.body).hexdigest()[:24]


def flag(value) -> bool:
    return value is True or value == "true"


def words(text: str) -> list:
    pieces = text.split(" ")
    return [piece + (" " if at < len(pieces) - 1 else "") for at, piece in enumerate(pieces)]


def count(value) -> int:
    """About how many tokens something has."""
    return max(1, (len(value) if isinstance(value, str) else len(dumps(value))) // 4)


# What a message says

def describe(content) -> str:
    """A message's content in words, so that a person and a test see that images and files arrived."""
    if isinstance(content, str):
        return content
    said = []
    for part in content or []:
        kind = part.get("type", "")
        if kind in ("text", "input_text", "output_text"):
            said.append(part.get("text", ""))
        elif kind in ("image_url", "input_image"):
            url = part.get("image_url")
            said.append("[image %s]" % describe_url(url.get("url", "") if isinstance(url, dict) else url or ""))
        elif kind == "input_audio":
            audio = part.get("input_audio", {})
            said.append("[audio %s, %d bytes]" % (audio.get("format"), len(base64.b64decode(audio.get("data", "")))))
        elif kind in ("file", "input_file"):
            part = part.get("file", part)
            said.append("[file %s %s]" % (part.get("filename"), describe_url(part.get("file_data", ""))))
        else:
            said.append("[%s]" % kind)
    return " ".join(said)


def describe_url(url: str) -> str:
    if not url.startswith("data:"):
        return url
    head, _, data = url[5:].partition(",")
    return "%s, %d bytes" % (head.split(";")[0], len(base64.b64decode(data)))


def instance(schema: dict, root: dict, depth: int = 0):
    """A small value that is valid for a JSON schema of the kind that OpenAI accepts."""
    if depth > 16 or not isinstance(schema, dict):
        return None
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].lstrip("#/").split("/"):
            target = target.get(step, {})
        return instance(target, root, depth + 1)
    if "const" in schema:
        return schema["const"]
    if schema.get("enum"):
        return schema["enum"][0]
    for choice in ("anyOf", "oneOf", "allOf"):
        if schema.get(choice):
            return instance(schema[choice][0], root, depth + 1)
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = kind[0]
    kind = kind.lower() if isinstance(kind, str) else kind  # Gemini's types are in capitals.
    if kind == "object" or "properties" in schema:
        properties = schema.get("properties", {})
        names = schema.get("required", list(properties))
        return {name: instance(properties.get(name, {}), root, depth + 1) for name in names}
    if kind == "array":
        return [instance(schema.get("items", {}), root, depth + 1)] * max(1, schema.get("minItems", 1))
    values = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
    return max(values[kind], schema.get("minimum", values[kind])) if kind in ("integer", "number") else values.get(kind)


def reply_text(fields: dict, said: str, format_: dict) -> str:
    if format_.get("type") == "json_schema":
        schema = format_.get("json_schema", format_).get("schema", {})
        return dumps(instance(schema, schema))
    if len(said) > 4000:
        said = "%s… (%d characters)" % (said[:4000], len(said))
    if format_.get("type") == "json_object":
        return dumps({"reply": said})
    return "Hello from the fake provider. You said: %s" % said


# Chat and completions

REFUSED = "I cannot help with that."


def chat(request, model: str, text=None):
    fields, identity = request.json, identify(request)
    messages = fields["messages"]
    said = describe(messages[-1].get("content"))
    if messages[-1]["role"] == "tool":
        begin = max(at for at, message in enumerate(messages) if message["role"] != "tool")
        said = " ".join(describe(message.get("content")) for message in messages[begin + 1:])
    message = {"role": "assistant", "content": None, "refusal": None}
    thoughts = ["The user says: %s" % said[:200]] if is_to_think(fields) else []
    calls = [tool_call(tool, identity, at) for at, tool in enumerate(called(fields, said))]
    finish = "tool_calls" if calls else "stop"
    if "refusal" in model.removeprefix("fake-").split("+"):
        message["refusal"], calls, finish = REFUSED, [], "stop"
    elif calls:
        message["tool_calls"] = calls
    elif text is not None:
        message["content"] = text
    else:
        message["content"], finish = limited(fields, reply_text(fields, said, fields.get("response_format") or {}))
    wrote = count(message["content"] or "".join(call["function"]["arguments"] for call in calls) or REFUSED)
    reasoned = sum(count(thought) for thought in thoughts)
    usage = {
        "prompt_tokens": count(messages), "completion_tokens": wrote + reasoned, "total_tokens": count(messages) + wrote + reasoned,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": reasoned, "audio_tokens": 0,
                                      "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
    }
    base = {"id": "chatcmpl-" + identity, "object": "chat.completion", "created": CREATED, "model": model}
    number = fields.get("n") or 1
    mistral = request.header("host").startswith("api.mistral.ai")
    if flag(fields.get("stream")):
        return chat_stream(fields, base, message, thoughts, mistral, finish, number, usage)
    if thoughts and mistral:
        spoken = [{"type": "text", "text": message["content"]}] if message["content"] else []
        message["content"] = [thought_chunk(thought) for thought in thoughts] + spoken
    elif thoughts:
        message["reasoning_content"] = "".join(thoughts)
    given = logprobs(fields, words(message["content"]) if isinstance(message["content"], str) else [])
    choices = [{"index": at, "message": message, "logprobs": given, "finish_reason": finish} for at in range(number)]
    return as_json(dict(base, choices=choices, usage=usage, system_fingerprint="fp_fake"))


def is_to_think(fields: dict) -> bool:
    """Whether a chat asks for thoughts in any of the ways that there are among those who speak OpenAI's language."""
    kind = fields.get("thinking") or fields.get("reasoning") or {}
    kind = kind if isinstance(kind, dict) else {}
    return fields.get("reasoning_effort") not in (None, "none") or kind.get("type") == "enabled" or kind.get("enabled") is True


def thought_chunk(thought: str) -> dict:
    """As Mistral tells its thoughts: docs.mistral.ai/capabilities/reasoning."""
    return {"type": "thinking", "thinking": [{"type": "text", "text": thought}]}


def called(fields: dict, said: str) -> list:
    """The functions that are called: the first or the one that is wanted, or all of them when the message says `parallel`."""
    choice, tools = fields.get("tool_choice"), [tool for tool in fields.get("tools") or [] if "function" in tool]
    if not tools or fields["messages"][-1]["role"] == "tool" or choice == "none":
        return []
    wanted = choice.get("function", {}).get("name") if isinstance(choice, dict) else None
    if isinstance(choice, dict) and choice.get("type") == "allowed_tools":
        allowed = [tool["function"]["name"] for tool in choice["allowed_tools"]["tools"]]
        tools = [tool for tool in tools if tool["function"]["name"] in allowed]
    if wanted is None and "parallel" in said and fields.get("parallel_tool_calls") is not False:
        return tools
    return [tool for tool in tools if tool["function"].get("name") == wanted] or tools[:1]


def limited(fields: dict, text: str) -> tuple:
    """The text as far as its stops and its limit let it come, and why it ends."""
    stops = fields.get("stop") or []
    for stop in [stops] if isinstance(stops, str) else stops:
        text = text.split(stop)[0]
    limit = fields.get("max_completion_tokens") or fields.get("max_tokens")
    return (text[:4 * limit], "length") if limit and count(text) > limit else (text, "stop")


def logprobs(fields: dict, pieces):
    if fields.get("logprobs") is not True or not pieces:
        return None
    return {"content": [probable(piece, fields.get("top_logprobs") or 0) for piece in pieces], "refusal": None}


def probable(piece: str, top: int) -> dict:
    one = {"token": piece, "logprob": -0.25, "bytes": list(piece.encode())}
    others = [dict(one, token="#%d" % at, logprob=-2.5, bytes=list(b"#%d" % at)) for at in range(1, top)]
    return dict(one, top_logprobs=([one] if top else []) + others)


def tool_call(tool: dict, identity: str, at: int = 0) -> dict:
    function = tool.get("function", {})
    schema = function.get("parameters", {})
    arguments = json.dumps(instance(schema, schema) or {})
    return {"id": "call_%s%s" % (identity, at or ""), "type": "function",
            "function": {"name": function.get("name"), "arguments": arguments}}


def chat_stream(fields, base, message, thoughts, mistral, finish, number, usage) -> Stream:
    base = dict(base, object="chat.completion.chunk", system_fingerprint="fp_fake")
    include = (fields.get("stream_options") or {}).get("include_usage")
    extra = {"usage": None} if include else {}
    calls = message.get("tool_calls", [])
    events: list = []

    def chunk(index, delta, reason=None, given=None):
        choice = {"index": index, "delta": delta, "logprobs": given, "finish_reason": reason}
        told = {"usage": usage} if mistral and reason else extra  # Mistral counts in its last chunk, unasked.
        events.append((None, dumps(dict(base, choices=[choice], **told))))

    for index in range(number):
        chunk(index, {"role": "assistant", "content": None if calls else "", "refusal": None})
    for thought in thoughts:
        for piece in words(thought):
            for index in range(number):
                chunk(index, {"content": [thought_chunk(piece)]} if mistral else {"reasoning_content": piece})
    for at, call in enumerate(calls):
        for index in range(number):
            chunk(index, {"tool_calls": [dict(call, function=dict(call["function"], arguments=""), index=at)]})
            arguments = call["function"]["arguments"]
            for begin in range(0, len(arguments), 5):
                chunk(index, {"tool_calls": [{"index": at, "function": {"arguments": arguments[begin:begin + 5]}}]})
    for name in ("content", "refusal"):
        for piece in words(message[name]) if message[name] else []:
            for index in range(number):
                chunk(index, {name: piece}, None, logprobs(fields, [piece]) if name == "content" else None)
    final = len(events)
    for index in range(number):
        chunk(index, {}, finish)
    if include:
        events.append((None, dumps(dict(base, choices=[], usage=usage))))
    events.append((None, "[DONE]"))
    return Stream(events, final)


def completions(request, model: str, text=None):
    fields = request.json
    prompts = fields["prompt"] if isinstance(fields["prompt"], list) else [fields["prompt"]]
    text = text or "Hello from the fake provider. You said: %s" % prompts[0]
    usage = {"prompt_tokens": count(prompts), "completion_tokens": count(text), "total_tokens": count(prompts) + count(text)}
    base = {"id": "cmpl-" + identify(request), "object": "text_completion", "created": CREATED, "model": model}

    def choice(index, piece, reason):
        return {"index": index, "text": piece, "logprobs": None, "finish_reason": reason}

    if not flag(fields.get("stream")):
        choices = [choice(at, text, "stop") for at in range((fields.get("n") or 1))]
        return as_json(dict(base, choices=choices, usage=usage))
    events = [(None, dumps(dict(base, choices=[choice(0, piece, None)]))) for piece in words(text)]
    final = len(events)
    events.append((None, dumps(dict(base, choices=[choice(0, "", "stop")]))))
    if (fields.get("stream_options") or {}).get("include_usage"):
        events.append((None, dumps(dict(base, choices=[], usage=usage))))
    events.append((None, "[DONE]"))
    return Stream(events, final)


# Responses

def responses(request, model: str, text=None):
    response = response_of(request, model, text)
    return response_events(response) if flag(request.json.get("stream")) else as_json(response)


def response_of(request, model: str, text=None) -> dict:
    fields = request.json
    items = fields["input"]
    said = items if isinstance(items, str) else describe((items[-1] if items else {}).get("content"))
    if text is None:
        text = reply_text(fields, said, (fields.get("text") or {}).get("format") or {})
    identity = identify(request)
    item = {"id": "msg_" + identity, "type": "message", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]}
    return {
        "id": "resp_" + identity, "object": "response", "created_at": CREATED, "status": "completed", "error": None,
        "incomplete_details": None, "instructions": fields.get("instructions"), "model": model, "output": [item],
        "max_output_tokens": fields.get("max_output_tokens"), "metadata": fields.get("metadata") or {},
        "parallel_tool_calls": True, "previous_response_id": None, "reasoning": {"effort": None, "summary": None},
        "store": True, "temperature": 1.0, "text": fields.get("text") or {"format": {"type": "text"}},
        "tool_choice": fields.get("tool_choice") or "auto", "tools": fields.get("tools") or [], "top_p": 1.0,
        "truncation": "disabled", "user": None,
        "usage": {"input_tokens": count(items), "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                  "output_tokens": count(text), "output_tokens_details": {"reasoning_tokens": 0},
                  "total_tokens": count(items) + count(text)},
    }


def response_events(response: dict):
    """The events that told a response, or tell it again."""
    item = response["output"][0]
    text = item["content"][0]["text"]
    events: list = []

    def send(kind, **members):
        events.append((kind, dumps(dict({"type": kind, "sequence_number": len(events)}, **members))))

    begun = dict(response, status="in_progress", output=[], usage=None)
    place = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    empty = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    send("response.created", response=begun)
    send("response.in_progress", response=begun)
    send("response.output_item.added", output_index=0, item=dict(item, status="in_progress", content=[]))
    send("response.content_part.added", part=empty, **place)
    for piece in words(text):
        send("response.output_text.delta", delta=piece, logprobs=[], **place)
    send("response.output_text.done", text=text, logprobs=[], **place)
    send("response.content_part.done", part=item["content"][0], **place)
    send("response.output_item.done", output_index=0, item=item)
    send("response.completed", response=response)
    return Stream(events, len(events) - 1)


# Vectors, lists, pictures

def embeddings(request, model: str, text=None):
    fields = request.json
    given = fields["input"]
    if isinstance(given, str) or (isinstance(given, list) and given and isinstance(given[0], int)):
        given = [given]
    size = fields.get("dimensions") or 8
    data = []
    for index, piece in enumerate(given):
        seed = hashlib.sha256(dumps(piece).encode()).digest()
        vector = [(seed[at % 32] - 127.5) / 128 for at in range(size)]
        if fields.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack("<%df" % size, *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    usage = {"prompt_tokens": count(given), "total_tokens": count(given)}
    return as_json({"object": "list", "data": data, "model": model, "usage": usage})


def moderations(request, model: str, text=None):
    given = request.json["input"]
    results = []
    for piece in given if isinstance(given, list) else [given]:
        bad = "attack" in dumps(piece)
        results.append({
            "flagged": bad,
            "categories": {name: bad and name == "violence" for name in CATEGORIES},
            "category_scores": {name: 0.9 if bad and name == "violence" else 0.00001 for name in CATEGORIES},
            "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
        })
    return as_json({"id": "modr-" + identify(request), "model": model, "results": results})


def rerank(request, model: str, text=None):
    fields = request.json
    asked = set(fields["query"].lower().split())
    results = []
    for index, document in enumerate(fields["documents"]):
        content = document if isinstance(document, str) else document.get("text", "")
        found = len(asked & set(content.lower().split()))
        result = {"index": index, "relevance_score": round((found + 0.5) / (len(asked) + 1), 4)}
        if fields.get("return_documents"):
            result["document"] = {"text": content}
        results.append(result)
    results.sort(key=lambda result: -result["relevance_score"])
    results = results[:fields.get("top_n") or len(results)]
    return as_json({"id": identify(request), "object": "list", "model": model, "results": results,
                    "usage": {"total_tokens": count(fields["documents"])}})


def images(request, model: str, text=None):
    fields = request.fields()
    encoded = base64.b64encode(PNG).decode()
    usage = {"input_tokens": 5, "input_tokens_details": {"image_tokens": 0, "text_tokens": 5}, "output_tokens": 9,
             "total_tokens": 14}
    if flag(fields.get("stream")):
        kind = "image_generation" if request.path.endswith("generations") else "image_edit"
        base = {"b64_json": encoded, "created_at": CREATED, "size": "1024x1024", "quality": "low",
                "background": "opaque", "output_format": "png"}
        partial = dict(base, type=kind + ".partial_image", partial_image_index=0)
        completed = dict(base, type=kind + ".completed", usage=usage)
        return Stream([(event["type"], dumps(event)) for event in (partial, completed)], 1)
    if fields.get("response_format") == "url":
        picture = {"url": "https://fake.invalid/image.png"}
    else:
        picture = {"b64_json": encoded}
    return as_json({"created": CREATED, "data": [picture] * int(fields.get("n") or 1), "usage": usage})


# Sound

def tone(milliseconds: int = 100) -> bytes:
    """A valid WAV file: a sine at 440 Hz, 8 kHz, 16 bit, mono."""
    samples = 8 * milliseconds
    data = b"".join(struct.pack("<h", int(8000 * math.sin(at * 440 * 2 * math.pi / 8000))) for at in range(samples))
    head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, 8000, 16000, 2, 16,
                       b"data", len(data))
    return head + data


def speech(request, model: str, text=None):
    fields = request.json
    kind = fields.get("response_format") or "mp3"
    content_type, magic = AUDIO.get(kind, AUDIO["mp3"])
    body = tone() if kind == "wav" else tone()[44:] if kind == "pcm" else magic + bytes(range(256)) * 16
    if text:
        body += text.encode()
    if fields.get("stream_format") == "sse":
        pieces = [body[at:at + 1000] for at in range(0, len(body), 1000)]
        events = [{"type": "speech.audio.delta", "audio": base64.b64encode(piece).decode()} for piece in pieces]
        events.append({"type": "speech.audio.done", "usage": {"input_tokens": 5, "output_tokens": 9, "total_tokens": 14}})
        return Stream([(None, dumps(event)) for event in events], len(events) - 1)
    return Whole(body, content_type)


def transcriptions(request, model: str, text=None):
    fields = request.fields()
    audio = [part for part in request.parts if part["filename"] is not None][0]
    said = text or "Hello from the fake provider. You sent %s, %d bytes." % (audio["filename"], len(audio["data"]))
    kind = fields.get("response_format") or "json"
    usage = {"type": "tokens", "input_tokens": 14, "input_token_details": {"text_tokens": 0, "audio_tokens": 14},
             "output_tokens": 9, "total_tokens": 23}
    if flag(fields.get("stream")):
        events = [{"type": "transcript.text.delta", "delta": piece} for piece in words(said)]
        events.append({"type": "transcript.text.done", "text": said, "usage": usage})
        return Stream([(None, dumps(event)) for event in events], len(events) - 1)
    if kind == "text":
        return Whole(said.encode() + b"\n", "text/plain; charset=utf-8")
    if kind == "srt":
        return Whole(("1\n00:00:00,000 --> 00:00:01,000\n%s\n\n" % said).encode(), "text/plain; charset=utf-8")
    if kind == "vtt":
        return Whole(("WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n%s\n\n" % said).encode(), "text/plain; charset=utf-8")
    if kind != "verbose_json":
        return as_json({"text": said, "usage": usage})
    asked = [part["data"].decode() for part in request.parts if part["name"].startswith("timestamp_granularities")]
    task = "translate" if request.path.endswith("translations") else "transcribe"
    answer = {"task": task, "language": "english", "duration": 1.0, "text": said,
              "usage": {"type": "duration", "seconds": 1}}
    if "word" in asked:
        spoken = said.split()
        answer["words"] = [{"word": word, "start": at / len(spoken), "end": (at + 1) / len(spoken)}
                           for at, word in enumerate(spoken)]
    if "segment" in asked or not asked:
        answer["segments"] = [{"id": 0, "seek": 0, "start": 0.0, "end": 1.0, "text": said, "tokens": [1, 2],
                               "temperature": 0.0, "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0}]
    return as_json(answer)


def models(path: str) -> Whole:
    """GET /models and GET /models/{id}, at any prefix."""
    after = path.split("/models", 1)[1].strip("/")
    listed = [{"id": name, "object": "model", "created": CREATED, "owned_by": "fake"} for name in ("fake-model", "gpt-4o")]
    if not after:
        return as_json({"object": "list", "data": listed})
    return as_json({"id": after, "object": "model", "created": CREATED, "owned_by": "fake"})


BUILDERS = {
    "chat": chat, "completions": completions, "responses": responses, "embeddings": embeddings,
    "moderations": moderations, "rerank": rerank, "image_generations": images, "image_edits": images,
    "image_variations": images, "speech": speech, "transcriptions": transcriptions, "translations": transcriptions,
}


def build(request, endpoint: str, text=None):
    return BUILDERS[endpoint](request, checks.model_of(request), text)
