"""A route that a provider has in a language of its own, beside its chats: what the routes of this kind have in common.

A Service has the members that native.py asks of a language. Its `check` raises what the real service would refuse and its
`answer` makes what it would say; the form of errors is that of the provider.
"""

from __future__ import annotations

import email.parser
import email.policy
import re

from answers import Stream, as_json, dumps
from checks import Violation

LARGE = 2 << 20


class Service:
    """`form` is json, multipart, any of the two, or raw (the body is a file); `model_of` finds the model where the path has none."""

    STREAM_TYPE, KNOWN = "text/event-stream", {}

    def __init__(self, name, check, answer, errors, key, form="json", model_of=None, method="POST"):
        self.__name__, self.ID_HEADER, self.form, self.key, self.method = name, None, form, key, method
        self.checked, self.made, self.errors = check, answer, errors
        self.model_of = model_of or model_in_fields

    def check(self, request, target) -> None:
        self.key(request, target)
        if request.parts is not None:
            check_form(request)
        self.checked(request, target)

    def answer(self, request, target, faults, text=None):
        return self.made(request, target, faults)

    def failing(self, status: int, message: str, target):
        return self.errors(status, message)

    def refused(self, violation: Violation, target):
        return self.errors(violation.status, violation.message)

    def stream_error(self, message: str, target) -> list:
        return [("error", self.errors(500, message).body.decode())]


def model_in_fields(request):
    return request.fields().get("model")


def model_in_query(request):
    return query_of(request).get("model", [None])[0]


def no_model(request):
    return None


def query_of(request) -> dict:
    """The parameters of the URL, each with all its values; strict, since what is wrong there is dropped in silence elsewhere."""
    found: dict = {}
    for pair in request.query.split("&") if request.query else []:
        name, equals, value = pair.partition("=")
        if not equals or not re.fullmatch(r"[A-Za-z_]+", name):
            raise Violation("the query has the odd part %r" % pair, "query")
        found.setdefault(name, []).append(unquoted(value))
    return found


def unquoted(value: str) -> str:
    if not re.fullmatch(r"(?:[A-Za-z0-9._~:/,@*!()$'-]|\+|%[0-9A-Fa-f]{2})*", value):
        raise Violation("the query holds what has to be escaped: %r" % value, "query")
    return bytes(re.sub(rb"%(..)", lambda found: bytes.fromhex(found[1].decode()), value.replace("+", " ").encode())).decode()


def check_form(request) -> None:
    """What Python's own reader of mail finds in a form is what the strict reader of wire.py found."""
    if len(request.body) > LARGE:
        return
    head = b"Content-Type: " + request.header("content-type").encode("latin-1") + b"\r\nMIME-Version: 1.0\r\n\r\n"
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    found = [(part.get_param("name", header="content-disposition"), part.get_filename()) for part in message.iter_parts()]
    if found != [(part["name"], part["filename"]) for part in request.parts] or message.defects:
        raise Violation("two readers of multipart disagree: %r and %r" % (
            found, [(part["name"], part["filename"]) for part in request.parts]))


def file_of(request, *names: str) -> dict:
    """The one file of a form."""
    files = [part for part in request.parts if part["name"] in names]
    if len(files) != 1 or files[0]["filename"] is None or not files[0]["data"]:
        raise Violation("the form has not exactly one file called %s" % " or ".join(names), names[0])
    return files[0]


# Keys

def bearer(request, target) -> None:
    if not re.fullmatch(r"Bearer \S+", request.header("authorization")):
        raise Violation("invalid api token", "authorization", 401)


def keyed(scheme: str):
    """`authorization: <scheme> <key>`."""
    def check(request, target) -> None:
        if not re.fullmatch(scheme + r" \S+", request.header("authorization")):
            raise Violation("Invalid credentials.", "authorization", 401)
    return check


def in_header(name: str):
    def check(request, target) -> None:
        if not request.header(name) or request.header("authorization"):
            raise Violation("the key is to stand in the header %s, and nowhere else" % name, name, 401)
    return check


# Errors

def message(status: int, text: str):
    """Cohere."""
    return as_json({"id": "2d4609a6-d1f9-4cf4-8d09-af865409bdc2", "message": text}, status)


def detail(status: int, text: str):
    """Voyage, Jina and whatever else is made with FastAPI: a sentence, or a list when it is about members."""
    if status != 422:
        return as_json({"detail": text}, status)
    where, _, what = text.partition(": ")
    return as_json({"detail": [{"type": "value_error", "loc": ["body"] + where.split("."), "msg": what or text, "input": None}]},
                   422)


def openai(status: int, text: str):
    return as_json({"error": {"message": text, "type": "invalid_request_error" if status < 500 else "server_error",
                              "param": None, "code": None}}, status)


def word(status: int, text: str):
    """Hugging Face."""
    return as_json({"error": text}, status)


def stream(events: list, done=False) -> Stream:
    """Events of (name, data); the last of them ends the answer."""
    told = [(name, dumps(data)) for name, data in events]
    return Stream(told + ([(None, "[DONE]")] if done else []), len(told) - 1)
