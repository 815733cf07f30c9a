#!/usr/bin/env python3
"""Puts what tests/golden has into fuzz/corpus, in each target's form, with a few texts made by hand.

cargo-fuzz reads fuzz/corpus/<target> by itself and adds to it what reaches new code. Run anew at any time.
"""

import hashlib
import json
import pathlib
import re
import zlib

FUZZ = pathlib.Path(__file__).resolve().parent
GOLDEN = FUZZ.parent / "tests" / "golden"


def put(target, data):
    data = data.encode() if isinstance(data, str) else data
    folder = FUZZ / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha1(data).hexdigest()).write_bytes(data)


# The targets of one language each, and what the target `responses` calls a model of it.
CHATS = {"anthropic": "a", "bedrock": "b", "cohere": "c", "gemini": "g"}
# Providers of those languages; the others speak OpenAI's, and this is what it calls two models of them.
LANGUAGES = {"anthropic": "anthropic", "aws": "bedrock", "cohere": "cohere", "google-ai": "gemini"}
OTHERS = "km"


def bridged(provider, dialect, asked, bodies):
    """Seeds for both surfaces that are told as chats: what clients ask of any model, and how models of a language answer."""
    dialect = dialect if dialect in CHATS else LANGUAGES.get(provider)
    for surface, path in [("r", "/responses"), ("c", "/completions")]:
        for model in CHATS[dialect] if dialect else OTHERS:
            for body in bodies:
                put("responses", model + surface + body)
        if asked[0].endswith(path) and not asked[0].endswith("/chat/completions"):
            for model in [*CHATS.values(), *OTHERS]:
                put("responses", model + surface + "q\n" + asked[1])
                put("responses", model + surface + "q!\n" + asked[1])


def message(section):
    head, _, body = section.partition("\n\n")
    return head.split("\n"), body.replace("\\r\n", "\r\n")


# The endpoints of the target `asked`.
ASKED = ["/embeddings", "/rerank", "/moderations", "/images/generations", "/images/edits", "/images/variations",
         "/audio/speech", "/audio/transcriptions", "/audio/translations"]
# What stands in goldens of each: bodies with the beginning of their lines, and models.
BODIES = {path: [] for path in ASKED}
MODELS = {path: {} for path in ASKED}


def other(name, path, content_type, model, body, text, sections):
    """Seeds of the endpoints beside chats."""
    boundary = (re.search(r"boundary=\"?([^\";]*)", content_type) or [None, ""])[1]
    path = {"/speech": "/audio/speech"}.get(path, path)
    if path not in BODIES:
        return
    raw = text.partition("\n\n")[2]
    put("asked", f"{path} {boundary}\n{raw}")
    BODIES[path].append((boundary, model, raw))
    if model:
        # One of each language that a provider may speak.
        MODELS[path].setdefault(re.split(r"[-.:@]", model)[0], model)
    if "reply" in sections:
        lines, answer = sections["reply"].partition("\n\n")[::2]
        answers = "\n== followed\n".join([answer, *(one.partition("\n\n")[2] for one in sections["followed"])])
        put("converted", f"{name} ={lines.splitlines()[0].split()[0]} #'!\n{answers}")


def crossed():
    """Each body with a model of each language."""
    for path, bodies in BODIES.items():
        for boundary, own, body in bodies:
            for model in MODELS[path].values() if own else []:
                put("asked", f"{path} {boundary}\n{body.replace(own, model, 1)}")


def golden(path):
    text = path.read_text()
    put("exchange", text)
    sections = dict(part.partition("\n")[::2] for part in text.removesuffix("\n").split("\n== ")[1:])
    lines, body = message(sections["client"])
    every = [part.partition("\n")[::2] for part in text.removesuffix("\n").split("\n== ")[1:]]
    content_type = next((line[14:] for line in lines if line.startswith("content-type: ")), "")
    put("multipart" if "multipart" in content_type else "json", f"{content_type}\n{body}" if "multipart" in content_type else body)
    model = (re.search(r'"model": ?"([^"]*)"', body) or re.search(r'name="?model"?\r\n(?:.*\r\n)*?\r\n(.*)\r\n', body) or [None, None])[1]
    other(f"{path.parent.name}/{path.stem}", lines[0].partition("/v2/proxy")[2].partition("?")[0], content_type, model, body,
          sections["client"], {**sections, "followed": [part for name, part in every if name == "followed"]})
    provider = (re.search(r'"model": ?"([^"/]*)/', body) or [None, None])[1]
    dialect = path.parent.name
    asked = (lines[0].partition(" ")[2].partition("?")[0], body)
    if dialect in CHATS:
        put(dialect, "q\n" + body)
    # Each language of the target reads what any of them is asked and answers.
    if dialect == "embeddings":
        for letter in "abcdefghijklmn":
            put("embeddings", letter + "q\n" + body)
    if "reply" not in sections:
        return bridged(provider, dialect, asked, [])
    lines, body = message(sections["reply"])
    status = lines[0].split()[0]
    frames = any("amazon.eventstream" in line for line in lines)
    streams = any("event-stream" in line for line in lines)
    mode = "e" + status if status >= "400" else "x#'!" if frames else "s#'!" if streams else "a#'!"
    bridged(provider, dialect, asked, [mode + "\n" + body])
    if dialect in CHATS:
        put(dialect, mode + "\n" + body)
    if dialect == "embeddings":
        for letter in "abcdefghijklmn":
            put("embeddings", letter + "a1\n" + body)
            put("embeddings", letter + "a2\n" + body)
    put("error", f"{lines[0].split()[0]}\n{body}")
    put("usage", f"#'!\n{body}")
    if any("event-stream" in line for line in lines):
        for endpoint in "crs":
            put("sse", f"{endpoint}#'!\n{body}")
    elif body.startswith("{"):
        put("json", body)


for path in sorted(GOLDEN.glob("*/*.http")):
    golden(path)
crossed()
put("config", (GOLDEN / "config.json").read_bytes())

CHUNK = '{"id":"c","choices":[{"index":0,"delta":{"content":"h\u00e9"},"finish_reason":%s}],"usage":%s}'
USAGE = '{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11,"prompt_tokens_details":{"cached_tokens":4}}'
for end in ["\n", "\r\n", "\r"]:
    for tail in ["data: [DONE]", "data:[DONE]", "data: [DONE]" + end + end + ": bye", 'event: error' + end + 'data: {"message":"m"}']:
        lines = [": ping", "", "data: " + CHUNK % ("null", "null"), "", "data: " + CHUNK % ('"stop"', USAGE), "", tail, "", ""]
        put("sse", "c#'!\n" + end.join(lines))
put("sse", 'r$\nevent: response.completed\ndata: {"type":"response.completed","response":{"usage":{"input_tokens":1}}}\n\n')
put("sse", 'r$\nevent: error\ndata: {"type":"error","code":null,"message":"m","param":null}\n\n')
put("sse", 's$\ndata: {"error":{"message":"m","code":429},"id":"x"}\n\ndata: {"object":"error","message":"m"}\n\n')


def frame(headers, payload):
    """A frame of an AWS event stream; a header's value is its type's number and its bytes."""
    block = b"".join(bytes([len(name)]) + name + bytes([kind]) + value for name, kind, value in headers)
    frame = (len(block) + len(payload) + 16).to_bytes(4, "big") + len(block).to_bytes(4, "big")
    frame += zlib.crc32(frame).to_bytes(4, "big") + block + payload
    return frame + zlib.crc32(frame).to_bytes(4, "big")


EVENT = frame([(b":event-type", 7, b"\x00\x08metadata"), (b":message-type", 7, b"\x00\x05event")], b'{"usage":{"inputTokens":1}}')
TYPES = frame([(bytes([97 + kind]), kind, b"\x00\x02xy"[: 4 if kind in (6, 7) else 0] or b"\x01" * width)
    for kind, width in enumerate([0, 0, 1, 2, 4, 8, 0, 0, 8, 16])], b"")
put("eventstream", b"#'!\n" + EVENT + TYPES + EVENT)
put("eventstream", b"!#\n" + TYPES + EVENT[:-3])
put("usage", '#\n{"choices":[{"text":"say \\"usage\\": {}"}],"usage" : %s,"z":"\\"usage\\""}' % USAGE)
put("usage", '$\n{"usage":{"prompt_tokens":1,\x01\x01"note":"}\\"{"}}')
put("json", "[" * 40 + "1" + "]" * 40)
put("json", '{"a":' + "[" * 255 + "]" * 255 + "}")
put("json", ' {"\\u0061":-0.5e+7,"\\ud83d\\ude00":"\\ud800","\u00e9":[1, {"b":null}, "x"],"":true}\n')
put("multipart", "multipart/form-data; a=\"b\\\"c\"; boundary=\"x y\"\npreamble\r\n--x y \t\r\n"
    "Content-Disposition: form-data; filename=\"a;name=q\\\"\"; name=\"model\"\r\nX: y\r\n\r\nopenai/m\r\n--x yz\r\n--x y--\r\nepilogue")
for status, body in [
    (401, '{"error":{"message":"bad key","code":401}}'),
    (422, '{"detail":[{"loc":["body","messages",0],"msg":"field required","type":"missing"}]}'),
    (400, '[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT","details":[1.50]}}]'),
    (400, '{"error":{"message":"m","type":"t","failed_generation":"<f>"},"user_id":"u"}'),
    (502, "<html><head><TITLE>502 Bad Gateway</TITLE></head></html>"),
    (500, '{"errors":["a",{"message":"b"}],"title":"t"}'),
]:
    put("error", f"{status}\n{body}")
put("config", """{"base_path": "/v2/proxy/",
 "keys": [{"id": "demo", "sha256": "%s", "models": ["openai/*"], "expires_at": "2027-01-01T00:00:00Z"}],
 "providers": {"openai": {"api_key": {"env": "KEY"}}, "groq": {"api_key": {"injected": true}}, "ollama": null,
  "mistral": {"api_key": {"value": "S3CR3T"}, "headers": {"X-Own": "S3CR3T"}, "cluster": "c"},
  "azure": {"host": "a.openai.azure.com", "api_version": "2024-10-21", "api_key": {"value": "k"}},
  "my-vllm": {"dialect": "openai", "cluster": "vllm", "host": "vllm.local:8000", "base_path": "/v1/"}},
 "models": ["openai/gpt-4o", {"id": "fast", "target": "groq/llama", "created": 1}, "mistral/*"],
 "limits": {"body_bytes": 33554432, "event_bytes": 1048576}, "unsupported_params": "reject"}""" % ("9f" * 32))
put("config", '{"providers":{"openai":{"api_key":"S3CR3T"}}}')
put("config", '{"providers":{"openai":{"headers":"S3CR3T"}}}')
put("config", '{"providers":{"openai":{"api_key":{"value":"S3CR3T\\n"},"headers":{"a":"S3CR3T\\n"}}}}')

# What once was found, as small as it got.
put("sse", 'c\nevent: error\ndata: {"message":"m"}\n\n')
put("sse", "c\ndata: [DONE]\n\n: x\n\n")
put("usage", '~\n{"usage":{"prompt_tokens":1,\x01\x01\x01"note":"}"}}')
for body in ['{"error":""}', '""']:
    put("error", f"400\n{body}")
for text in [
    '{"providers":{"ollama":{"api_key":{"value":"null"}}}}',
    '{"providers":{"ollama":{}},"models":[{"id":"a","target":"ollama/"}]}',
    '{"providers":{"ollama":{}},"models":["ollama/../a"]}',
    '{"providers":{"ollama":{}},"base_path":"/a?b"}',
    '{"providers":{"ollama":{"base_path":"/v1#x"}}}',
    '{"providers":{"ollama":{}},"models":["ollama/%s"]}' % ("a" * 513),
]:
    put("config", text)
FORM = """# A

== client
POST /v2/proxy/audio/transcriptions
authorization: Bearer sk-orq-demo
content-type: multipart/form-data; boundary=xYz

--xYz\\r
content-disposition: form-data; name="model"\\r
\\r
openai/--xYz\\r
--xYz--\\r
"""
put("exchange", FORM)
put("exchange", FORM.replace("/--", "/-").replace("--xYz--", '--xYz\\r\ncontent-disposition: form-data; name="orq[x]"\\r\n\\r\n1\\r\n--xYz--'))

FIELD = '--xYz\\r\nContent-Disposition: form-data; name="%s"\\r\n\\r\n%s\\r\n'
AGAIN = [("model", "fal/fal-ai/flux-pro/kontext"), ("prompt", "A hat"), ("image[]\"; filename=\"a.png", "PNG"), ("own", "1"),
         ("own", "2"), ("prompt", "again"), ("own[a]", "3"), ("fal[b]", "4"), ("fal[b]", "5")]
put("asked", "/images/edits xYz\n" + "".join(FIELD % field for field in AGAIN) + "--xYz--\\r\n")


def struct(value):
    """A google.protobuf.Struct's Value."""
    def field(number, content):
        length, out = len(content), bytes([number << 3 | 2])
        while length >= 128:
            out, length = out + bytes([length & 127 | 128]), length >> 7
        return out + bytes([length]) + content
    if isinstance(value, dict):
        entries = (field(1, field(1, name.encode()) + field(2, struct(inner))) for name, inner in value.items())
        return field(5, b"".join(entries))
    if isinstance(value, list):
        return field(6, b"".join(field(1, struct(inner)) for inner in value))
    return field(3, value.encode())


whole = struct(json.loads((GOLDEN / "config.json").read_text()))
put("config", whole[3:])
