"""Misbehaviour on demand: the upstream model's name says what goes wrong, e.g. `fake-status-429`.

Several faults are joined with `+`: `fake-cut-1+crlf`. What is not a known fault is a normal model. In a native language the
word may stand further behind, since the beginning of a name can say whose model it is: `claude-fake-status-529`. There are
further faults: `fake-context-length`, `fake-quota`, `fake-bad-key`, `fake-no-model` and `fake-overloaded` fail as the real
service does, `refusal` and `blocked` are answers that a filter stopped, `bad-crc` breaks a frame, `novelties` sends what no
documentation knows.
"""

from __future__ import annotations

import gzip
import re

from answers import Stream, Whole, as_json, build, dumps

LIMITS = [
    ("retry-after", "7"), ("x-request-id", "req_fake_limited"), ("x-ratelimit-limit-requests", "60"),
    ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "7s"),
    ("x-ratelimit-limit-tokens", "150000"), ("x-ratelimit-remaining-tokens", "149984"),
    ("x-ratelimit-reset-tokens", "6m0s"),
]
ERRORS = {
    400: ("invalid_request_error", "invalid_value"), 401: ("invalid_request_error", "invalid_api_key"),
    403: ("permission_error", "forbidden"), 404: ("invalid_request_error", "model_not_found"),
    409: ("conflict_error", "conflict"), 422: ("invalid_request_error", "unprocessable"),
    429: ("requests", "rate_limit_exceeded"), 500: ("server_error", None),
    503: ("service_unavailable_error", "server_is_overloaded"), 529: ("overloaded_error", "overloaded"),
}


def faults_of(model: str) -> dict:
    """`fake-cut-3+crlf` is {"cut": "3", "crlf": ""}; any other name has no faults."""
    found = {}
    if not model.startswith("fake-"):
        return found
    for piece in model[len("fake-"):].split("+"):
        match = re.match(r"([a-z0-9-]*?)(?:-(\d+))?$", piece)
        if match:
            found[match.group(1)] = match.group(2) or ""
    return found


def error(status: int, message: str, type_: str, code, headers=(), param=None) -> Whole:
    body = {"error": {"message": message, "type": type_, "param": param, "code": code}}
    return as_json(body, status, headers)


def failing(faults: dict, target=None):
    """The whole answer of a fault that replaces the normal one, or None."""
    if target is not None:
        for name, (status, message) in target.language.KNOWN.items():
            if name in faults:
                return target.language.failing(status, message, target)
        if "status" in faults:
            status = int(faults["status"])
            return target.language.failing(status, "The fake provider answers %d." % status, target)
    if "status" in faults:
        status = int(faults["status"])
        type_, code = ERRORS.get(status, ("server_error", None))
        headers = LIMITS if status == 429 else [("x-should-retry", "false")] if status >= 500 else []
        return error(status, "The fake provider answers %d." % status, type_, code, headers)
    if "error-html" in faults:
        page = b"<html>\r\n<head><title>%d Bad Gateway</title></head>\r\n<body>nginx</body></html>\r\n"
        status = int(faults["error-html"] or 502)
        return Whole(page % status, "text/html", status)
    if "error-empty" in faults:
        return Whole(b"", "", int(faults["error-empty"] or 500))
    if "error-text" in faults:
        return Whole(b"upstream says no \xe2\x80\x93 \"sorry\"\n", "text/plain; charset=utf-8", int(faults["error-text"] or 500))
    if "error-fastapi" in faults:
        detail = [{"type": "missing", "loc": ["body", "messages"], "msg": "Field required", "input": {}}]
        return as_json({"detail": detail}, 422)
    if "error-string" in faults:
        return as_json({"error": "The fake provider is unhappy."}, 400)
    if "error-flat" in faults:
        return as_json({"object": "error", "message": "The fake provider is flat.", "type": "invalid_model",
                        "param": None, "code": "1500"}, 400)
    if "error-array" in faults:
        return as_json([{"error": {"code": 400, "message": "The fake provider is an array.",
                                   "status": "INVALID_ARGUMENT"}}], 400)
    if "200-error" in faults:
        return as_json({"error": {"message": "Too many requests today.", "type": "rate_limit", "code": 429}})
    if "200-error-word" in faults:
        return as_json({"error": {"message": "Something is broken.", "type": "broken", "code": "broken"}})
    if "broken-json" in faults:
        return Whole(b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"message":{"role')
    return None


def bend(stream: Stream, faults: dict, target=None) -> Stream:
    """The same events with a fault in them."""
    events = list(stream.events)
    half = max(1, stream.final // 2)
    if target is not None and "novelties" in faults:
        novelty = dumps({"type": "novelty", "novelty": {"of": ["tomorrow", 1]}})
        events[half:half] = [("novelty", novelty)]
        stream = Stream(events, stream.final + 1)
    if target is not None and "stream-error" in faults:
        return Stream(events[:half] + target.language.stream_error("The fake provider failed.", target), stream.final)
    if "no-done" in faults:
        events = [event for event in events if event[1] != "[DONE]"]
    if "truncated-stream" in faults:
        events = events[:stream.final]
    if "stream-error" in faults:
        body = {"error": {"message": "The fake provider failed.", "type": "server_error", "param": None, "code": "boom"}}
        events = events[:half] + [("error", dumps(body))]
    if "stream-error-flat" in faults:
        body = {"type": "error", "message": "The fake provider failed flatly.", "param": None, "code": "boom"}
        events = events[:half] + [("error", dumps(body))]
    return Stream(events, stream.final)


def encode_event(event, faults: dict) -> bytes:
    end = "\r\n" if "crlf" in faults else "\n"
    name, data = event
    head = ": ping%s%s" % (end, end) if "comments" in faults else ""
    head += "event: %s%s" % (name, end) if name else ""
    return ("%sdata: %s%s%s" % (head, data, end, end)).encode()


async def send_stream(answer, stream: Stream, faults: dict, target=None) -> None:
    kind = target.language.STREAM_TYPE if target else "text/event-stream; charset=utf-8"
    encode = getattr(target.language if target else None, "encode", encode_event)
    headers = [] if "no-content-type" in faults else [("content-type", kind)]
    await answer.start(200, headers + [("cache-control", "no-cache")])
    stream = bend(stream, faults, target)
    middle = stream.events[:stream.final]
    while "endless" in faults:
        await answer.write(encode(middle[-1], faults))
        await answer.pause(0.05)
    for at, event in enumerate(stream.events):
        if "die-midstream" in faults and at == max(1, stream.final // 2):
            await answer.pause(0.05)
            answer.reset()
            return
        if "slow" in faults:
            await answer.pause(0.1)
        await answer.write(encode(event, faults))
    await answer.finish()


async def send_whole(answer, whole: Whole, faults: dict, openai=True) -> None:
    headers, body = list(whole.headers), whole.body
    if whole.content_type and "no-content-type" not in faults:
        headers.insert(0, ("content-type", whole.content_type))
    if openai:
        headers.append(("openai-processing-ms", "3"))
    if "gzip" in faults:
        headers.append(("content-encoding", "gzip"))
        body = gzip.compress(body, mtime=0)
    if "short-content-length" in faults:
        answer.close = True
        await answer.start(whole.status, headers, len(body) + 100)
        await answer.write(body)
        return
    if "die-midstream" in faults:
        await answer.start(whole.status, headers, len(body))
        await answer.write(body[:len(body) // 2])
        await answer.pause(0.05)
        answer.reset()
        return
    if "endless" in faults:
        await answer.start(whole.status, headers)
        while True:
            await answer.write(b" ")
            await answer.pause(0.05)
    if "slow" in faults or whole.content_type.startswith("audio/"):
        await answer.start(whole.status, headers)
        step = max(1, len(body) // 8)
        for at in range(0, len(body), step):
            await answer.write(body[at:at + step])
            await answer.pause(0.1 if "slow" in faults else 0)
        await answer.finish()
        return
    await answer.whole(whole.status, headers, body)


async def send(answer, told) -> None:
    """A whole answer or a stream, without faults."""
    if isinstance(told, Stream):
        await send_stream(answer, told, {})
    else:
        await send_whole(answer, told, {})


async def endless_header(answer) -> None:
    answer.close = True
    await answer.raw(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-endless: ")
    for _ in range(1024):
        await answer.raw(b"a" * 1024)


async def respond(answer, request, endpoint: str, model: str) -> None:
    """Sends the answer of a model: the normal one, or what its name asks for."""
    faults = faults_of(model)
    await respond_with(answer, request, faults, None, lambda text: build(request, endpoint, text))


async def respond_natively(answer, request, target) -> None:
    faults = faults_of(target.model[max(0, target.model.find("fake-")):])
    if target.language.__name__ == "gemini":
        faults["crlf"] = ""  # As the real service ends its lines.
    await respond_with(answer, request, faults, target, lambda text: target.language.answer(request, target, faults, text))


async def respond_with(answer, request, faults: dict, target, make) -> None:
    if "delay" in faults:
        await answer.pause(int(faults["delay"] or 1000) / 1000)
    if "endless-header" in faults:
        await endless_header(answer)
        return
    if "hang-up" in faults:
        answer.close = True  # The connection ends without a byte of an answer.
        return
    answer.cut = int(faults.get("cut") or 0)
    answer.early_hints, answer.trailers = "early-hints" in faults, "trailers" in faults
    answer.until_close = "until-close" in faults
    built = failing(faults, target)
    if built is None:
        text = None
        if "echo" in faults:
            text = request.body.decode("utf-8", "replace")
        if "big" in faults:
            text = ("0123456789abcdef" * 64) * int(faults["big"] or 1)
        if "slow" in faults:
            text = " ".join("word%d" % at for at in range(20))
        built = make(text)
    if isinstance(built, Stream):
        await send_stream(answer, built, faults, target)
        return
    if "huge-header" in faults:
        built.headers.append(("x-huge", "a" * 102400))
    await send_whole(answer, built, faults, target is None)
