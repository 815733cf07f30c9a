"""The providers' own languages: which path is whose, and the way of such a request through its language's module.

A language is a module with
    check(request, target)                 raises a Violation for what the real service refuses
    answer(request, target, faults, text)  a Whole or a Stream
    failing(status, message, target)       an error in its own form;  refused(violation, target) the same of a violation
    stream_error(message, target)          the events that end a stream with an error
    KNOWN                                  errors that clients have to tell apart: {name: (status, message)}
    STREAM_TYPE, ID_HEADER                 headers of its answers
and, where its streams are not server-sent events, encode(event, faults).
"""

from __future__ import annotations

import re
import urllib.parse

import anthropic
import bedrock
import cohere
import gemini
from checks import Violation, check_body, check_headers

GOOGLE = r"/v1(?:beta1?)?(?P<scope>/projects/[^/]+/locations/[^/]+)?/publishers/"
ROUTES = [
    (re.compile(r"/v1/messages"), anthropic, {}),
    (re.compile(r"/v1(?:beta)?/models/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)"), gemini, {}),
    (re.compile(GOOGLE + r"google/models/(?P<model>[^/:]+):(?P<method>generateContent|streamGenerateContent)"), gemini, {"vertex": True}),
    (re.compile(GOOGLE + r"anthropic/models/(?P<model>[^/:]+):(?P<method>rawPredict|streamRawPredict)"), anthropic, {"vertex": True}),
    (re.compile(r"/model/(?P<model>[^/]+)/(?P<method>converse|converse-stream)"), bedrock, {}),
    (re.compile(r"/v2/chat"), cohere, {}),
]
PROVIDERS = re.compile(r"(anthropic|google-ai|google|aws|cohere|vertex)/")


class Target:
    """Where a request in a native language is to go. `express` is Vertex AI with an API key and no project."""

    def __init__(self, language, rules, model="", method="", scope=None, vertex=False):
        self.language, self.rules, self.method, self.vertex = language, rules, method, vertex
        self.model = urllib.parse.unquote(model)
        self.stream = method.startswith("stream") or method.endswith("stream")
        self.express = vertex and not scope


def find(request, rules):
    """The target of a request, or None when its path is of no native language."""
    for pattern, language, more in ROUTES:
        found = pattern.fullmatch(request.path)
        if found and request.method == "POST":
            return Target(language, rules, **{**{name: value for name, value in found.groupdict().items() if value}, **more})
    return None


def check(request, target) -> str:
    """The model that a request is for, or a Violation."""
    check_headers(request, target.rules)
    check_body(request, "json")
    if not target.model:
        model = request.json.get("model")
        if not isinstance(model, str) or not model:
            raise Violation("model: Field required", "model")
        target.model = model
    if PROVIDERS.match(target.model):
        raise Violation("the model %r still has its provider's prefix" % target.model, "model")
    if "orq" in request.json:
        raise Violation("the field orq reached the provider", "orq")
    target.language.check(request, target)
    return target.model
