"""What providers' own published types say of a request: one check for each language, strict at every level.

The types come from the vendors' packages as installed (`anthropic`, `google-genai`, `cohere`, `botocore`) and from
specifications that `ORQ_SPEC` may name (`gemini.json`, `mistral.json`); nothing of them is part of the project. Each becomes a
JSON Schema in which an unknown member is an error wherever the vendor lists members. What vendors document and their types do
not say is in `upstream_rules.py`.
"""

import base64
import binascii
import functools
import json
import pathlib
import re
import typing

import anthropic.types.beta.message_create_params
import anthropic.types.message_create_params
import botocore.session
import cohere.v2.raw_client
import google.genai.types
import jsonschema_rs
import pydantic

from schemas import nearest

# What a specification lacks though the provider takes it, as its recorded answers or its own SDK show.
UNSAID = {"mistral.json": [("AudioChunk", "properties", "input_audio")],
          "gemini.json": [("GenerateContentRequest", "properties", "serviceTier"),
                          ("GenerationConfig", "properties", "mediaResolution")]}
# Of what the SDK takes as one call's arguments, those that travel as headers.
ANTHROPIC_HEADERS = {"betas", "user_profile_id", "workspace_id"}


def closed(schema, listed_extras=True):
    """A schema that takes no member it does not list. `listed_extras` false: not even where it says that it would."""
    if isinstance(schema, list):
        return [closed(one, listed_extras) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(value, listed_extras) for name, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type", "object") == "object":
        if not listed_extras:
            made["additionalProperties"] = False
        made.setdefault("additionalProperties", False)
    return made


def certain(schema):
    """Unions without the member that takes anything, and what is always the same demanded: for types that forgive."""
    if isinstance(schema, list):
        return [certain(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: certain(value) for name, value in schema.items()}
    if isinstance(made.get("anyOf"), list):
        made["anyOf"] = [one for one in made["anyOf"] if set(one) - {"title", "description"}] or [{}]
    if isinstance(made.get("properties"), dict):
        fixed = [name for name, one in made["properties"].items() if isinstance(one, dict) and "const" in one]
        made["required"] = sorted({*made.get("required", ()), *fixed})
    return made


def base64_fault(value):
    try:
        base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        return "no base64: %s" % error


class Schema:
    """A JSON Schema, compiled."""

    def __init__(self, schema):
        self.compiled = jsonschema_rs.Draft202012Validator(schema)

    def faults(self, body):
        return {nearest(error) for error in self.compiled.iter_errors(body)}


@functools.cache
def anthropic_schema(streamed, beta=False):
    """Messages, as of `anthropic-version: 2023-06-01`; `beta`: what the header `anthropic-beta` opens."""
    module = anthropic.types.beta.message_create_params if beta else anthropic.types.message_create_params
    params = module.MessageCreateParamsStreaming if streamed else module.MessageCreateParamsNonStreaming
    # Blocks of answers may stand in requests, and their classes say that they take anything.
    schema = closed(pydantic.TypeAdapter(params).json_schema(), listed_extras=False)
    for name in ANTHROPIC_HEADERS:
        schema["properties"].pop(name, None)
    return schema


@functools.cache
def vertex_anthropic(streamed):
    """Claude on Vertex: the path has the model, the body a version."""
    schema = dict(anthropic_schema(streamed))
    schema["properties"] = {name: one for name, one in schema["properties"].items() if name != "model"}
    schema["properties"]["anthropic_version"] = {"const": "vertex-2023-10-16"}
    required = [name for name in schema["required"] if name not in ("model", "stream")]
    return Schema(schema | {"required": required + ["anthropic_version"]})


@functools.cache
def anthropic_compiled(streamed, beta):
    return Schema(anthropic_schema(streamed, beta))


@functools.cache
def google_sdk(vertex):
    """`generateContent` as google-genai's types have it; its own members in camel case."""
    types = google.genai.types
    config = pydantic.create_model(
        "WireConfig", __base__=types.GenerationConfig, image_config=(typing.Optional[types.ImageConfig], None))
    members = {
        "systemInstruction": types.Content, "tools": list[types.Tool], "toolConfig": types.ToolConfig,
        "safetySettings": list[types.SafetySetting], "generationConfig": config, "cachedContent": str,
        "serviceTier": types.ServiceTier, **({"labels": dict[str, str]} if vertex else {"store": bool}),
    }
    members = {name: (typing.Optional[one], None) for name, one in members.items()}
    made = pydantic.create_model("Request", contents=(list[types.Content], ...), **members)
    schema = closed(made.model_json_schema(by_alias=True))
    # The API reads the names of types in either case, which the SDK does not write.
    schema["$defs"]["Type"]["enum"] += [name.lower() for name in schema["$defs"]["Type"]["enum"]]
    return Schema(schema)


@functools.cache
def specified(path, name):
    """A schema of an OpenAPI document."""
    parts = closed(json.loads(path.read_bytes())["components"])
    for place in UNSAID.get(path.name, ()):
        at = parts["schemas"]
        *steps, last = place
        for step in steps:
            at = at[step]
        at[last] = {}
    return Schema({"$ref": "#/components/schemas/" + name, "components": parts})


@functools.cache
def cohere_v2():
    """`/v2/chat` as the arguments of the SDK's own calls, which it sends by the same names."""
    hints = typing.get_type_hints(cohere.v2.raw_client.RawV2Client.chat, include_extras=True)
    hints = {name: hint for name, hint in hints.items() if name not in ("return", "request_options")}
    needed = {"model", "messages"}
    members = {name: (hint, ... if name in needed else None) for name, hint in hints.items()}
    members["stream"] = (bool, None)
    return Schema(closed(certain(pydantic.create_model("Request", **members).model_json_schema()), listed_extras=False))


class Converse:
    """Bedrock's `Converse`, by the service's own model, which botocore ships: members, unions, lengths and patterns."""

    def __init__(self):
        service = botocore.session.Session().get_service_model("bedrock-runtime")
        shape = service.operation_model("Converse").input_shape
        self.members = {name: one for name, one in shape.members.items() if not one.serialization.get("location")}

    def faults(self, body):
        found = set()
        self.structure("", body, self.members, (), found)
        return found

    def structure(self, at, value, members, required, found):
        if not isinstance(value, dict):
            found.add("%s is no object" % (at or "."))
            return
        found.update("%s.%s is missing" % (at, name) for name in required if name not in value)
        for name, one in value.items():
            if name in members:
                self.check("%s.%s" % (at, name), one, members[name], found)
            else:
                found.add("%s.%s is unknown" % (at, name))

    def check(self, at, value, shape, found):
        kind = shape.type_name
        if getattr(shape, "is_document_type", False):
            return
        if kind == "structure":
            self.structure(at, value, shape.members, shape.required_members, found)
            if getattr(shape, "is_tagged_union", False) and isinstance(value, dict) and len(value) != 1:
                found.add("%s is a union with %d members" % (at, len(value)))
        elif kind == "list":
            if not isinstance(value, list):
                found.add("%s is no array" % at)
                return
            self.length(at, len(value), shape, found)
            for one in value:
                self.check(at + "[]", one, shape.member, found)
        elif kind == "map":
            if not isinstance(value, dict):
                found.add("%s is no object" % at)
                return
            self.length(at, len(value), shape, found)
            for name, one in value.items():
                self.check(at + "{name}", name, shape.key, found)
                self.check(at + "{}", one, shape.value, found)
        else:
            self.scalar(at, value, shape, found)

    def scalar(self, at, value, shape, found):
        kind, about = shape.type_name, shape.metadata
        if kind == "boolean":
            if not isinstance(value, bool):
                found.add("%s is no boolean" % at)
        elif kind in ("integer", "long", "float", "double"):
            wanted = (int,) if kind in ("integer", "long") else (int, float)
            if isinstance(value, bool) or not isinstance(value, wanted):
                found.add("%s is no %s" % (at, kind))
            elif not about.get("min", value) <= value <= about.get("max", value):
                found.add("%s is not from %s to %s" % (at, about.get("min"), about.get("max")))
        elif not isinstance(value, str):
            found.add("%s is no string" % at)
        elif kind == "blob":
            if fault := base64_fault(value):
                found.add("%s is %s" % (at, fault))
            elif not value and about.get("min"):
                found.add("%s is empty" % at)
        else:
            self.length(at, len(value), shape, found)
            if about.get("enum") and value not in about["enum"]:
                found.add("%s is none of %s" % (at, about["enum"]))
            if about.get("pattern") and not re.fullmatch(about["pattern"], value):
                found.add("%s does not match %s" % (at, about["pattern"][:60]))

    @staticmethod
    def length(at, length, shape, found):
        least, most = shape.metadata.get("min", 0), shape.metadata.get("max")
        if length < least or most is not None and length > most:
            found.add("%s has a length of %d, not from %s to %s" % (at, length, least, most))


@functools.cache
def converse():
    return Converse()


class Sent:
    """A request as a provider received it."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.raw = path, {name.lower(): value for name, value in headers.items()}, body
        self.body = read(body)

    @property
    def streamed(self):
        if isinstance(self.body, dict) and "stream" in self.body:
            return bool(self.body["stream"])
        return bool(re.search(r"[sS]tream", self.path.rsplit("/", 1)[-1]))


def read(body):
    """The body as every JSON reader takes it: no name twice, no half of a surrogate pair, no NaN."""

    def once(pairs):
        made = dict(pairs)
        assert len(made) == len(pairs), "a name stands twice in %s" % [name for name, _ in pairs]
        return made

    def refuse(name):
        raise AssertionError("%s is no JSON" % name)

    made = json.loads(body.decode(), object_pairs_hook=once, parse_constant=refuse)
    try:
        json.dumps(made, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise AssertionError("half of a surrogate pair") from None
    return made


def without_nulls(value):
    """As protobuf's JSON has it: null is the same as nothing."""
    if isinstance(value, dict):
        return {name: without_nulls(one) for name, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def schema_faults(language, sent, spec=None):
    """Why a body is not what the provider's types say. `spec` is the folder of `ORQ_SPEC`, or None."""
    body = sent.body
    if language == "anthropic":
        return anthropic_compiled(sent.streamed, "anthropic-beta" in sent.headers).faults(body)
    if language == "vertex-anthropic":
        return vertex_anthropic(sent.streamed).faults(body)
    if language == "bedrock":
        return converse().faults(body)
    if language == "cohere":
        return cohere_v2().faults(body)
    if language == "vertex":
        return google_sdk(True).faults(body)
    if language == "gemini":
        found = google_sdk(False).faults(body)
        if spec and not found:
            found |= specified(pathlib.Path(spec) / "gemini.json", "GenerateContentRequest").faults(without_nulls(body))
        return found
    assert language == "mistral", language
    return specified(pathlib.Path(spec) / "mistral.json", "ChatCompletionRequest").faults(body) if spec else set()
