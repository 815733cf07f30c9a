"""What a provider may expect of every request that reaches it. A violation is a bug of the proxy or of a test."""

from __future__ import annotations

import json

from wire import BadRequest, Request, parse_multipart

ENDPOINTS = [
    # (path suffix, endpoint, required fields, body form); the longer suffix of two comes first
    ("/chat/completions", "chat", ("messages",), "json"),
    ("/completions", "completions", ("prompt",), "json"),
    ("/responses", "responses", ("input",), "json"),
    ("/embeddings", "embeddings", ("input",), "json"),
    ("/images/generations", "image_generations", ("prompt",), "json"),
    ("/images/edits", "image_edits", ("prompt",), "any"),
    ("/images/variations", "image_variations", (), "multipart"),
    ("/moderations", "moderations", ("input",), "json"),
    ("/rerank", "rerank", ("query", "documents"), "json"),
    ("/speech", "speech", ("input", "voice"), "json"),
    ("/audio/transcriptions", "transcriptions", (), "multipart"),
    ("/audio/translations", "translations", (), "multipart"),
]
FILES = {
    "image_edits": ("image", "image[]"),
    "image_variations": ("image", "image[]"),
    "transcriptions": ("file",),
    "translations": ("file",),
}
ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
INTERNAL = "x-orq-"
INTERNAL_ALLOWED = {"x-orq-cluster"}


class Violation(Exception):
    """`status` is what a provider that speaks its own language answers with."""

    def __init__(self, message: str, param=None, status=400):
        super().__init__(message)
        self.message, self.param, self.status = message, param, status


class Refusal(Violation):
    """What a model cannot do and a proxy need not know: refused in the provider's words, but nobody's bug."""


class Rules:
    """What this provider is told never to see, beside what no provider should see, and the AWS key that it knows."""

    def __init__(self, client_keys=(), prefixes=(), aws_key="", aws_secret=""):
        self.client_keys = list(client_keys)
        self.aws_key, self.aws_secret = aws_key, aws_secret
        self.prefixes = []
        for rule in prefixes:
            host, equals, prefix = rule.rpartition("=")
            self.prefixes.append((host if equals else None, prefix))


def endpoint_of(path: str):
    for suffix, endpoint, required, form in ENDPOINTS:
        if path.endswith(suffix):
            return endpoint, required, form
    return None


def model_of(request: Request) -> str:
    """The upstream model: a field of the body or, as Azure and native languages have it, a segment of the path."""
    if request.target_of is not None and request.target_of.model:
        return request.target_of.model
    model = request.fields().get("model")
    if isinstance(model, str) and model:
        return model
    pieces = request.path.split("/")
    if "deployments" in pieces[:-1]:
        return pieces[pieces.index("deployments") + 1]
    return ""


def unique(pairs: list) -> dict:
    members: dict = {}
    for key, value in pairs:
        if key in members:
            raise ValueError("the member %r comes twice" % key)
        members[key] = value
    return members


def check_headers(request: Request, rules: Rules) -> None:
    names = [name.lower() for name, _ in request.headers]
    for single in ("host", "content-type", "content-length", "authorization"):
        if names.count(single) > 1:
            raise Violation("the header %s comes %d times" % (single, names.count(single)))
    if "host" not in names:
        raise Violation("the header host is missing")
    for name, value in request.headers:
        if name.lower().startswith(INTERNAL) and name.lower() not in INTERNAL_ALLOWED:
            raise Violation("the internal header %s reached the provider" % name.lower())
        for key in rules.client_keys:
            if key in value:
                raise Violation("the client's key reached the provider in the header %s" % name.lower())
    for key in rules.client_keys:
        if key in request.target:
            raise Violation("the client's key reached the provider in the URL")


def check_body(request: Request, form: str) -> None:
    """Parses the body by its content-type; fills in `json` or `parts`. `raw` is a file, `none` no body at all."""
    content_type = request.header("content-type")
    kind = content_type.split(";")[0].strip().lower()
    if form == "none":
        if request.body:
            raise Violation("there is a body, of %d bytes" % len(request.body))
    elif kind.startswith(("audio/", "video/")) or kind == "application/octet-stream" and form.startswith("raw"):
        if not form.startswith("raw") or not request.body:
            raise Violation("the body is a file of %d bytes, which is not wanted" % len(request.body))
    elif kind == "application/json" and form in ("json", "any", "raw or json"):
        try:
            request.json = json.loads(request.body.decode("utf-8"), object_pairs_hook=unique)
        except (ValueError, RecursionError) as error:
            raise Violation("the body is not valid JSON: %s" % error) from None
        if not isinstance(request.json, dict):
            raise Violation("the body is not a JSON object")
    elif kind == "multipart/form-data" and form in ("multipart", "any"):
        try:
            request.parts = parse_multipart(content_type, request.body)
        except BadRequest as error:
            raise Violation(str(error)) from None
    else:
        raise Violation("unexpected content-type %r" % content_type)


def check(request: Request, rules: Rules) -> str:
    """The endpoint that a request is for, or a Violation."""
    check_headers(request, rules)
    found = endpoint_of(request.path)
    if found is None:
        raise LookupError(request.path)
    endpoint, required, form = found
    check_body(request, form)
    fields = request.fields()
    for name in required:
        if name not in fields:
            raise Violation("the required field %s is missing" % name, name)
    if "orq" in fields:
        raise Violation("the field orq reached the provider", "orq")
    check_model(request, rules)
    if endpoint in FILES and request.parts is not None:
        files = [part for part in request.parts if part["name"] in FILES[endpoint] and part["filename"] is not None]
        if not files:
            raise Violation("the form has no file called %s" % FILES[endpoint][0], FILES[endpoint][0])
    if endpoint == "chat":
        check_messages(fields["messages"])
    return endpoint


def check_model(request: Request, rules: Rules) -> None:
    model = model_of(request)
    if not model:
        raise Violation("the model is missing", "model")
    if request.parts is not None and [part["name"] for part in request.parts].count("model") > 1:
        raise Violation("the form has two models", "model")
    for host, prefix in rules.prefixes:
        if model.startswith(prefix) and (host is None or host == request.header("host").split(":")[0]):
            raise Violation("the model %r still has its provider's prefix" % model, "model")


def check_messages(messages) -> None:
    if not isinstance(messages, list) or not messages:
        raise Violation("messages is not a list with members", "messages")
    calls: set = set()
    for at, message in enumerate(messages):
        where = "messages[%d]" % at
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise Violation("%s has no known role" % where, where)
        for call in message.get("tool_calls") or []:
            calls.add(call.get("id"))
        if message["role"] == "tool" and message.get("tool_call_id") not in calls:
            raise Violation("%s answers a tool call that no assistant made" % where, where)
