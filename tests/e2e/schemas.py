"""Answers against the schemas of OpenAI's own specification."""

import json
import re

import jsonschema_rs

EVENTS = {"/chat/completions": "CreateChatCompletionStreamResponse", "/completions": "CreateCompletionResponse",
          "/responses": "ResponseStreamEvent", "/images/generations": "ImageGenStreamEvent",
          "/images/edits": "ImageEditStreamEvent", "/audio/transcriptions": "CreateTranscriptionResponseStreamEvent",
          "/audio/speech": "CreateSpeechResponseStreamEvent"}
WHOLE = {"/chat/completions": "CreateChatCompletionResponse", "/completions": "CreateCompletionResponse",
         "/responses": "Response", "/embeddings": "CreateEmbeddingResponse", "/moderations": "CreateModerationResponse",
         "/images/generations": "ImagesResponse", "/images/edits": "ImagesResponse", "/images/variations": "ImagesResponse"}
HEARD = {"/audio/transcriptions": "CreateTranscriptionResponse", "/audio/translations": "CreateTranslationResponse"}


def mended(schema):
    """OpenAPI 3.0's `nullable` as JSON Schema has it, and unions whose members overlap as `anyOf`, all the way down."""
    if isinstance(schema, list):
        return [mended(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {"anyOf" if name == "oneOf" else name: mended(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


# Where OpenAI's own recorded answers are not what its specification says: (schema, member, what is forgiven).
DEFECTS = [
    ("ModelResponseProperties", "user", "null"),
    ("CreateChatCompletionResponse", "system_fingerprint", "null"),
    ("CreateChatCompletionStreamResponse", "system_fingerprint", "null"),
    ("CreateChatCompletionResponse.choices", "logprobs", "absent"),
    ("CreateCompletionResponse.choices", "finish_reason", "null"),
    ("CreateCompletionResponse", "usage", "null"),
    ("ResponseFunctionCallArgumentsDoneEvent", "name", "absent"),
    ("Response", "usage", "null"),
    ("ResponseUsage.input_tokens_details", "cache_write_tokens", "absent"),
    ("MCPTool", "server_url", "null"),
    ("MCPTool", "server_description", "null"),
    ("TextResponseFormatJsonSchema", "description", "null"),
    # With `encoding_format: base64`.
    ("Embedding", "embedding", "string"),
]


def forgive(schema, member, what):
    """Loosens one member of a schema, wherever it stands within it."""
    for part in [schema] + schema.get("allOf", []):
        if what == "absent" and member in part.get("required", ()):
            part["required"].remove(member)
        elif what != "absent" and member in part.get("properties", {}):
            part["properties"][member] = {"anyOf": [part["properties"][member], {"type": what}]}


class Schemas:
    """The schemas of `openai.json`, compiled when they are first needed."""

    def __init__(self, path):
        self.all = mended(json.loads(path.read_bytes())["components"]["schemas"])
        for place, member, what in DEFECTS:
            name, *steps = place.split(".")
            schema = self.all[name]
            for step in steps:
                schema = schema["properties"][step]
                schema = schema.get("items", schema)
            forgive(schema, member, what)
        self.compiled = {}

    def faults(self, name, value):
        """Why a value is not what the schema of that name says."""
        name = self.kind_of_event(name, value)
        if name not in self.compiled:
            whole = {"$ref": "#/components/schemas/" + name, "components": {"schemas": self.all}}
            self.compiled[name] = jsonschema_rs.Draft202012Validator(whole)
        return {"%s: %s" % (name, nearest(error)) for error in self.compiled[name].iter_errors(value)}

    def kind_of_event(self, name, value):
        """The one schema of a union of events that has the event's `type`: to tell what is wrong, and much faster."""
        kind = value.get("type") if isinstance(value, dict) else None
        for one in self.all[name].get("anyOf", ()) if kind else ():
            variant = one.get("$ref", "").rsplit("/", 1)[-1]
            if kind in self.all.get(variant, {}).get("properties", {}).get("type", {}).get("enum", ()):
                return variant
        return name


def nearest(error):
    """The innermost reason: of a union's members the one of the right `type`, else the one that comes closest."""

    def far(errors):
        other = any(list(one.instance_path)[len(error.instance_path):] in (["type"], ["role"], ["object"]) for one in errors)
        return other, -max((len(one.instance_path) for one in errors), default=0), len(errors)

    while getattr(error.kind, "context", None):
        closest = min(error.kind.context, key=far)
        if not closest:
            break
        error = closest[0]
    place = "".join("[]" if isinstance(step, int) else "." + str(step) for step in error.instance_path)
    # What was found can be long; what was wanted says enough.
    return "%s %s" % (place or ".", re.sub(r"^[\[{\"].{30,}?(?= is (?:not|too) )", "…", error.message, flags=re.S)[:140])


def schema_of(route, body):
    """The schema of a whole answer; None where OpenAI has none."""
    if route in HEARD:
        segments = body.get("segments")
        if segments and "speaker" in segments[0]:
            return HEARD[route] + "DiarizedJson"
        return HEARD[route] + ("Json" if segments is None else "VerboseJson")
    return WHOLE.get(route)
