"""The recorded chats of providers of every language, as cases: what a client asks, and what the provider answers.

`ORQ_CORPUS` names the folder of recordings (see recordings.py).
"""

import copy
import functools
import json
import pathlib
import re

import envoy
import extract
import extract_openai
import framing
from recordings import HOP

# What is recorded of whom: the row that a client names, and the language that is spoken there.
PLACES = {
    ("anthropic", "messages"): ("anthropic", "anthropic"),
    ("vertex", "anthropic-rawPredict"): ("google", "anthropic"),
    ("vertex", "anthropic-streamRawPredict"): ("google", "anthropic"),
    ("gemini", "generateContent"): ("google-ai", "gemini"), ("gemini", "streamGenerateContent"): ("google-ai", "gemini"),
    ("vertex", "generateContent"): ("google", "gemini"), ("vertex", "streamGenerateContent"): ("google", "gemini"),
    ("bedrock", "converse"): ("aws", "bedrock"), ("bedrock", "converse-stream"): ("aws", "bedrock"),
    ("cohere", "v2-chat"): ("cohere", "cohere"),
    ("together", "chat"): ("togetherai", "together"),
} | {(name, "chat"): (name, name) for name in extract_openai.PROVIDERS if name not in ("openai", "azure-openai", "together")}
# What a row needs to be configured, beside its key.
SETTINGS = {"google": {"project": "a-project", "location": "us-central1"}, "aws": {"region": "us-east-1"}}
EVENT_STREAM = "application/vnd.amazon.eventstream"
TYPES = {"response.json": "application/json", "response.sse": "text/event-stream", "response.bin": EVENT_STREAM}


class Chat:
    """One recorded chat. `reframed` says how its body was put into the form that the proxy asks for."""

    def __init__(self, folder, line):
        self.id, self.line, self.folder = line["case"], line, folder / line["case"]
        self.row, self.language = PLACES[line["provider"], line["endpoint"]]
        self.status, self.reframed = line["status"], None
        self.answer = (self.folder / line["response_file"]).read_bytes()
        recorded = json.loads((self.folder / "meta.json").read_bytes()).get("response_headers") or {}
        self.headers = {name.lower(): value for name, value in recorded.items() if name.lower() not in HOP}
        self.content_type = recorded.get("content-type") or TYPES.get(line["response_file"], EVENT_STREAM)
        self.recorded = self.answer, self.content_type
        self.reframe()
        self.streamed = line["stream"] or "stream" in line["endpoint"].lower() or self.asked_to_stream()
        self.model = line["model"] or "a-model"

    def reframe(self):
        if self.line["response_file"] == "response.ndjson":
            events = [event for line in map(json.loads, self.answer.splitlines()) for event in line.items()]
            about = {":content-type": "application/json", ":message-type": "event"}
            self.answer = b"".join(framing.frame({":event-type": kind, **about}, json.dumps(event).encode())
                                   for kind, event in events)
            self.content_type, self.reframed = EVENT_STREAM, "events recorded without their frames, framed"
        elif self.language == "gemini" and self.line["stream"] and self.answer.lstrip().startswith(b"["):
            events = json.loads(self.answer)
            self.answer = b"".join(b"data: %s\r\n\r\n" % json.dumps(event, ensure_ascii=False).encode() for event in events)
            self.content_type, self.reframed = "text/event-stream", "an array, as it comes without alt=sse, made events"
        elif self.answer.startswith(b"data:") and "event-stream" not in self.content_type:
            self.content_type, self.reframed = "text/event-stream", "events recorded as another type"

    def asked_to_stream(self):
        if not self.line["request_file"]:
            return False
        request = json.loads((self.folder / self.line["request_file"]).read_bytes() or b"{}")
        return isinstance(request, dict) and request.get("stream") is True

    def request(self, usage=True):
        asked = {"model": "%s/%s" % (self.row, self.model), "messages": [{"role": "user", "content": "Hi"}]}
        streamed = {"stream": True} | ({"stream_options": {"include_usage": True}} if usage else {})
        return asked | (streamed if self.streamed else {})

    def with_answer(self, answer):
        """The same chat with another answer, which is then read anew."""
        other = copy.copy(self)
        other.__dict__.pop("said", None)
        other.answer = answer
        return other

    def parts(self):
        """The events of a stream, each as its bytes."""
        if self.content_type == EVENT_STREAM:
            return [framing.frame(*one) for one in framing.frames(self.answer)]
        blank = re.compile(rb"(?<=\n\n)|(?<=\n\r\n)|(?<=\r\r)")
        return [part for part in blank.split(self.answer) if part.strip()]

    def rewritten(self, change):
        """The same chat, each JSON of its answer changed."""

        def changed(text):
            value = json.loads(text)
            change(value)
            return json.dumps(value, ensure_ascii=False).encode()

        if not self.streamed:
            return self.with_answer(changed(self.answer))
        if self.content_type == EVENT_STREAM:
            return self.with_answer(b"".join(framing.frame(about, changed(text)) for about, text in framing.frames(self.answer)))
        said = framing.server_sent(self.answer)
        lines = [(b"event: %s\n" % name.encode() if name else b"") + b"data: %s\n\n" % (
            text.encode() if text == "[DONE]" else changed(text)) for name, text in said]
        return self.with_answer(b"".join(lines))

    def event(self, name, content):
        """An event as this language frames it."""
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        if self.content_type == EVENT_STREAM:
            kind = "exception" if name.endswith("Exception") else "event"
            return framing.frame({":%s-type" % kind: name, ":content-type": "application/json", ":message-type": kind}, text)
        return (b"event: %s\n" % name.encode() if name else b"") + b"data: %s\n\n" % text

    @functools.cached_property
    def said(self):
        """What the client must get."""
        return extract.extract(self.language, self.status, self.headers | {"content-type": self.content_type}, self.answer)


def chats(folder):
    """Every recorded chat, in the order of the index."""
    folder = pathlib.Path(folder)
    lines = map(json.loads, (folder / "index.jsonl").read_text().splitlines())
    return [Chat(folder, line) for line in lines if (line["provider"], line["endpoint"]) in PLACES]


def known_rows():
    """The ids that docs/PROVIDERS.md, which is generated from the rows, has with a route for chat."""
    sections = (envoy.ROOT / "docs" / "PROVIDERS.md").read_text().split("\n## ")[1:]
    return {section.split("\n", 1)[0].strip() for section in sections if "POST /chat/completions" in section}


def bootstrap(port, key, log):
    """An Envoy with every row of the recordings that there is."""
    providers = {row: {**SETTINGS.get(row, {}), "cluster": "openai", "api_key": {"value": "provider-key-" + row}}
                 for row in sorted({row for row, _ in PLACES.values()} & known_rows())}
    config = {"keys": [envoy.client_key("demo", key)], "providers": providers, "models": ["*"]}
    return envoy.bootstrap(port, config=config, log=log)


def without_made_up(body, recorded):
    """An answer's text without what differs from one time to the next: ids and times that the provider did not give."""
    text, names = body.decode(), {}

    def known(found):
        return found[0] if found[2].encode() in recorded else found[1] + names.setdefault(found[2], "made-%d" % len(names))

    return re.sub(r'("(?:id|created)": ?"?)([^",}]+)', known, text)
