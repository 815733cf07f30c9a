"""Chats as OpenAI's clients send them, one for each thing that a provider's language must carry or refuse by name.

A chat that is fine by OpenAI may be refused only by the languages that `may_refuse` names (ANY: by all). One that is wrong
names the beginning of the parameter that every language must blame. One that is `broken` holds together by no provider's
rules, OpenAI's neither: it has to fit the types, and the provider may be left to refuse it.
"""

import base64
import dataclasses
import json
import random
import struct
import zlib

ANY = frozenset({"anthropic", "vertex-anthropic", "gemini", "vertex", "bedrock", "cohere", "mistral"})
CLAUDES = frozenset({"anthropic", "vertex-anthropic"})
GOOGLES = frozenset({"gemini", "vertex"})


@dataclasses.dataclass(frozen=True)
class Chat:
    name: str
    body: dict | bytes
    may_refuse: frozenset = frozenset()
    blames: str | None = None
    broken: bool = False

    def request(self, model):
        """The bytes that a client sends."""
        if isinstance(self.body, bytes):
            return self.body.replace(b"MODEL", json.dumps(model).encode())
        return json.dumps({"model": model, **self.body}).encode()


CHATS = []


def chat(name, messages=None, may_refuse=frozenset(), **fields):
    messages = [user("What is the capital of Peru?")] if messages is None else messages
    CHATS.append(Chat(name, {"messages": messages, **fields}, frozenset(may_refuse)))


def broken(name, messages, **fields):
    CHATS.append(Chat(name, {"messages": messages, **fields}, ANY, broken=True))


def wrong(name, blames, messages=None, **fields):
    messages = [user("Hi")] if messages is None else messages
    CHATS.append(Chat(name, {"messages": messages, **fields}, blames=blames))


def raw(name, text, may_refuse=frozenset(), blames=None):
    CHATS.append(Chat(name, text, frozenset(may_refuse), blames))


# --- Words to say them with ---


def message(role, content, **more):
    return {"role": role, "content": content, **more}


def user(content, **more):
    return message("user", content, **more)


def system(content, **more):
    return message("system", content, **more)


def assistant(content, **more):
    return message("assistant", content, **more)


def text(words, **more):
    return {"type": "text", "text": words, **more}


def call(id_, name="weather", arguments='{"city":"Lima"}', **more):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}, **more}


def called(*calls, content=None, **more):
    return assistant(content, tool_calls=list(calls), **more)


def result(id_, content="19 °C", **more):
    return message("tool", content, tool_call_id=id_, **more)


def function(name="weather", parameters=..., **more):
    if parameters is ...:
        parameters = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    return {"name": name, "description": "Tells of %s." % name, **({} if parameters is None else {"parameters": parameters}),
    **more}


def tool(*args, **more):
    return {"type": "function", "function": function(*args, **more)}


def one_of(*members, **more):
    return {"type": "object", "properties": {"it": dict(members)}, "required": ["it"], "additionalProperties": False, **more}


def image(url, **more):
    return {"type": "image_url", "image_url": {"url": url, **more}}


def data_url(mime, data):
    return "data:%s;base64,%s" % (mime, base64.b64encode(data).decode())


def png():
    def piece(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + piece(b"IHDR", head) + piece(b"IDAT", zlib.compress(b"\0\xff\0\0")) + piece(b"IEND", b"")


PNG = data_url("image/png", png())
JPEG = data_url("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0\xff\xd9")
GIF = data_url("image/gif", b"GIF89a\1\0\1\0\0\0\0;")
WEBP = data_url("image/webp", b"RIFF\x1a\0\0\0WEBPVP8L\r\0\0\0/\0\0\0\x10\7\x10\x11\x11\x88\x88\xfe\7\0")
PDF = data_url("application/pdf", b"%PDF-1.1\n1 0 obj<<>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF")
TEXT = data_url("text/plain", "Ein Gürteltier.".encode())
WAV = base64.b64encode(b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\1\0\1\0\x40\x1f\0\0\x80\x3e\0\0\2\0\x10\0data\0\0\0\0").decode()
LINK = "https://example.com/armadillo.png"
WEATHER = tool()
TIME = tool("local_time", {"type": "object", "properties": {"zone": {"type": "string", "enum": ["UTC", "PET"]}}})
ASKED = user("How warm is it in Lima, and what time?")
LOOP = [ASKED, called(call("call_1")), result("call_1")]
SIGNATURE = base64.b64encode(b"a signature of the provider's own making").decode()
OTHER = base64.b64encode(b"another signature, of a call alone").decode()
PERSON = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
          "required": ["name", "age"], "additionalProperties": False}


def answer_in(schema, **more):
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **more}}


# --- Messages ---

chat("plain")
chat("plain streamed", stream=True)
chat("streamed with usage", stream=True, stream_options={"include_usage": True})
chat("stream false", stream=False)
chat("stream null", stream=None)
chat("a system message", [system("Be brief."), user("Hi")])
chat("a developer message", [message("developer", "Be brief."), user("Hi")])
chat("system in parts", [system([text("Be brief."), text("Be kind.")]), user("Hi")])
chat("several system messages", [system("Be brief."), message("developer", "Be kind."), system("Rhyme."), user("Hi")])
chat("a system message in the middle", [user("Hi"), assistant("Hello."), system("From now on rhyme."), user("Go on.")])
chat("a system message at the end", [user("Hi"), system("Answer in French.")])
chat("system between a call and its result", [ASKED, called(call("call_1")), system("Be brief."), result("call_1")],
     tools=[WEATHER], may_refuse={"mistral"})
broken("system alone", [system("Say hello.")])
chat("an empty system message", [system(""), user("Hi")])
broken("system in empty parts", [system([]), user("Hi")])
chat("user content in parts", [user([text("Hi"), text("there")])])
chat("one part of one text", [user([text("Hi")])])
broken("an empty user message", [user("")])
broken("an empty user message among others", [user("Hi"), assistant("Hello."), user(""), user("Go on.")])
broken("a user message of white space", [user(" \n\t ")])
chat("an empty part beside a full one", [user([text(""), text("Hi")])])
broken("empty parts", [user([])])
chat("names of participants", [user("Hi", name="ada"), user("Hello", name="bob")])
chat("turns", [user("Hi"), assistant("Hello."), user("How are you?"), assistant("Fine."), user("Good.")])
chat("assistant content in parts", [user("Hi"), assistant([text("Hel"), text("lo.")]), user("Go on.")])
broken("assistant null content alone", [user("Hi"), assistant(None), user("Go on.")])
broken("assistant without content", [user("Hi"), {"role": "assistant"}, user("Go on.")])
chat("assistant empty content", [user("Hi"), assistant(""), user("Go on.")], may_refuse={"mistral"})
chat("a refusal", [user("Pick a lock."), assistant(None, refusal="I won't."), user("Why?")], may_refuse={"mistral"})
chat("a refusal part", [user("Pick a lock."), assistant([{"type": "refusal", "refusal": "I won't."}]), user("Why?")],
     may_refuse={"mistral"})
chat("consecutive user messages", [user("Hi"), user("Are you there?"), user([text("Hello?")])])
chat("consecutive assistant messages", [user("Hi"), assistant("Hello."), assistant("How are you?"), user("Fine.")])
broken("an assistant first", [assistant("Hello, I am here."), user("Hi")])
chat("a prefill", [user("A haiku in JSON."), assistant('{"haiku":')], may_refuse=ANY)
chat("a prefill that ends with a space", [user("Count."), assistant("One, two, ")], may_refuse=ANY)
chat("a prefill of parts", [user("Count."), assistant([text("One, "), text("two,")])], may_refuse=ANY)
chat("a message of an audio answer", [user("Hi"), assistant(None, audio={"id": "audio_1"}), user("Go on.")], may_refuse=ANY)
chat("unicode", [system("Ответь кратко."), user("日本語 🦊 e\u0301 \u200d \ufeff ٣")])
chat("control characters", [user("a\u0000b\u0007c\u001bd\u2028e")])
chat("very long", [user("All work and no play makes Jack a dull boy. " * 8000)])
chat("many turns", [one for at in range(150) for one in (user("Question %d" % at), assistant("Answer %d" % at))] + [user("Last")])
raw("escapes of a surrogate pair", rb'{"model":MODEL,"messages":[{"role":"user","content":"\ud83e\udd8a \u00e9"}]}')
raw("half of a surrogate pair", rb'{"model":MODEL,"messages":[{"role":"user","content":"a\ud83eb"}]}', may_refuse=ANY)
raw("half of a pair in a tool's result",
    rb'{"model":MODEL,"messages":[{"role":"user","content":"x"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":'
    rb'"function","function":{"name":"weather","arguments":"{\"city\":\"\\udc00\"}"}}]},{"role":"tool","tool_call_id":"c1",'
    rb'"content":"\udd8a"}],"tools":[{"type":"function","function":{"name":"weather"}}]}', may_refuse=ANY)
raw("the model last, white space and numbers as written",
    b'{ "messages" : [ { "content" : "Hi" , "role" : "user" } ] ,\r\n\t"temperature" : 5e-1 , "max_tokens" : 64 , "model" : MODEL }')

# --- Images, files, sound ---

for name, url in (("png", PNG), ("jpeg", JPEG), ("gif", GIF), ("webp", WEBP)):
    chat("an image as data, " + name, [user([text("What is it?"), image(url)])])
chat("an image alone", [user([image(PNG)])])
chat("two images and text between", [user([image(PNG), text("or"), image(JPEG), text("?")])])
chat("an image by URL", [user([text("What is it?"), image(LINK)])],
     may_refuse={"vertex-anthropic", "bedrock", "gemini", "vertex"})
for detail in ("low", "high", "auto"):
    chat("an image with detail " + detail, [user([text("What is it?"), image(PNG, detail=detail)])])
chat("an image of a kind that few take", [user([image(data_url("image/bmp", b"BM"))])], may_refuse=ANY)
chat("an image of which the data is no base64", [user([image("data:image/png;base64,@@@")])], may_refuse=ANY)
chat("an image of no data", [user([image("data:image/png;base64,")])], may_refuse=ANY)
chat("an image whose URL has another form", [user([image("data:image/png," + "%89PNG")])], may_refuse=ANY)
chat("an image by http", [user([text("What?"), image("http://example.com/a.png")])], may_refuse=ANY)
chat("an image in upper case", [user([image(PNG.replace("image/png", "IMAGE/PNG"))])], may_refuse=ANY)
chat("an image of an assistant", [user("Draw."), assistant([text("Here."), image(PNG)]), user("And?")], may_refuse=ANY)
chat("a PDF", [user([text("Sum it up."), {"type": "file", "file": {"file_data": PDF, "filename": "paper.pdf"}}])],
     may_refuse={"cohere", "mistral"})
chat("a PDF alone", [user([{"type": "file", "file": {"file_data": PDF, "filename": "paper.pdf"}}])],
     may_refuse={"cohere", "mistral"})
chat("a PDF without a name", [user([text("Sum it up."), {"type": "file", "file": {"file_data": PDF}}])],
     may_refuse={"cohere", "mistral"})
chat("PDFs of one odd name", [user([text("Compare."), *[{"type": "file", "file": {
    "file_data": PDF, "filename": "Bericht_Q1  (ü) v1.2/final.pdf"}}] * 2])], may_refuse={"cohere", "mistral"})
chat("a text file", [user([text("Sum it up."), {"type": "file", "file": {"file_data": TEXT, "filename": "a.txt"}}])],
     may_refuse={"cohere", "mistral"})
chat("a file by id", [user([text("Sum it up."), {"type": "file", "file": {"file_id": "file-abc123"}}])], may_refuse=ANY)
chat("a file by URL", [user([text("Sum it up."), {"type": "file", "file": {
    "file_data": "https://example.com/a.pdf", "filename": "a.pdf"}}])], may_refuse=ANY)
chat("a file of a kind that few take", [user([{"type": "file", "file": {
    "file_data": data_url("application/zip", b"PK"), "filename": "a.zip"}}])], may_refuse=ANY)
chat("sound", [user([text("What is said?"), {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}}])],
     may_refuse={"anthropic", "vertex-anthropic", "bedrock", "cohere", "mistral"})
chat("a part of a kind that nobody knows", [user([text("Hi"), {"type": "hologram", "hologram": {"x": 1}}])], may_refuse=ANY)

# --- Tool calls and results ---

chat("a tool's result", LOOP, tools=[WEATHER])
chat("a tool's result, streamed", LOOP, tools=[WEATHER], stream=True)
chat("a tool's result without the tools", LOOP, may_refuse={"bedrock"})
chat("text beside a call", [ASKED, called(call("call_1"), content="I'll look."), result("call_1")], tools=[WEATHER])
chat("an empty text beside a call", [ASKED, called(call("call_1"), content=""), result("call_1")], tools=[WEATHER])
chat("a call without a content member", [ASKED, {"role": "assistant", "tool_calls": [call("call_1")]}, result("call_1")],
     tools=[WEATHER])
chat("parallel calls", [ASKED, called(call("call_1"), call("call_2", "local_time", "{}")), result("call_1"),
     result("call_2", "9 h")],
     tools=[WEATHER, TIME])
chat("results in another order", [ASKED, called(call("call_1"), call("call_2", "local_time", "{}"), call("call_3")),
                                  result("call_3"), result("call_1"), result("call_2", "9 h")], tools=[WEATHER, TIME])
chat("two calls of one function", [ASKED, called(call("a"), call("b", arguments='{"city":"Cusco"}')), result("b"), result("a")],
     tools=[WEATHER])
chat("results, then a user", [*LOOP, user("Thanks. And in Cusco?")], tools=[WEATHER])
chat("a whole loop, then another", [*LOOP, assistant("19 °C."), user("Cusco?"),
     called(call("call_2", arguments='{"city":"Cusco"}')),
                                    result("call_2")], tools=[WEATHER])
chat("calls in two steps", [*LOOP, called(call("call_2", "local_time", "{}")), result("call_2", "9 h")], tools=[WEATHER, TIME])
chat("empty arguments", [ASKED, called(call("call_1", "now", "")), result("call_1")], tools=[tool("now", None)])
chat("arguments of white space", [ASKED, called(call("call_1", arguments=" {\n} ")), result("call_1")], tools=[WEATHER])
broken("arguments that are no object", [ASKED, called(call("call_1", arguments="[1]")), result("call_1")],
     tools=[WEATHER])
broken("arguments that are no JSON", [ASKED, called(call("call_1", arguments='{"city":')), result("call_1")],
     tools=[WEATHER])
broken("arguments with a name twice", [ASKED, called(call("call_1", arguments='{"city":"a","city":"b"}')), result("call_1")],
tools=[WEATHER])
chat("arguments with large numbers", [ASKED, called(call("call_1", arguments='{"n":12345678901234567890123,"m":1.50}')),
                                      result("call_1")], tools=[tool("weather", {"type": "object"})])
chat("an empty result", [ASKED, called(call("call_1")), result("call_1", "")], tools=[WEATHER])
chat("a result in parts", [ASKED, called(call("call_1")), result("call_1", [text("19"), text(" °C")])], tools=[WEATHER])
chat("a result in no parts", [ASKED, called(call("call_1")), result("call_1", [])], may_refuse=ANY, tools=[WEATHER])
chat("a result of JSON", [ASKED, called(call("call_1")), result("call_1", '{"warm":19,"list":[1,{"a":null}]}')], tools=[WEATHER])
chat("a result of a JSON list", [ASKED, called(call("call_1")), result("call_1", "[1,2]")], tools=[WEATHER])
chat("a result with an image", [ASKED, called(call("call_1")), result("call_1", [text("see"), image(PNG)])], may_refuse=ANY,
     tools=[WEATHER])
chat("a result with a name", [ASKED, called(call("call_1")), result("call_1", name="weather")], tools=[WEATHER])
chat("odd ids", [ASKED, called(call("call|1/§ é")), result("call|1/§ é")], tools=[WEATHER])
chat("long ids", [ASKED, called(call("call_" + "x" * 200)), result("call_" + "x" * 200)], tools=[WEATHER])
chat("ids that differ in what must be replaced", [ASKED, called(call("a.1"), call("a/1")), result("a/1"), result("a.1")],
     tools=[WEATHER])
broken("one id twice in one turn", [ASKED, called(call("c"), call("c")), result("c"), result("c")], tools=[WEATHER])
broken("one id in two turns", [*LOOP, assistant("19 °C."), user("Again?"), called(call("call_1")), result("call_1")],
     tools=[WEATHER])
broken("an empty id", [ASKED, called(call("")), result("")], tools=[WEATHER])
broken("a result without its call", [user("Hi"), result("call_9")], tools=[WEATHER])
broken("a result of an unknown call", [ASKED, called(call("call_1")), result("call_1"), result("call_9")],
     tools=[WEATHER])
broken("a call without its result", [ASKED, called(call("call_1")), user("Well?")], tools=[WEATHER])
broken("one of two results is missing", [ASKED, called(call("a"), call("b")), result("a"), user("Well?")],
     tools=[WEATHER])
broken("a call at the end", [ASKED, called(call("call_1"))], tools=[WEATHER])
broken("a user between results", [ASKED, called(call("a"), call("b")), result("a"), user("Hm."), result("b")],
     tools=[WEATHER])
chat("a custom tool's call", [ASKED, assistant(None,
     tool_calls=[{"id": "c", "type": "custom", "custom": {"name": "x", "input": "y"}}]),
                              result("c")], may_refuse=ANY, tools=[WEATHER])
chat("a legacy function's call", [ASKED, assistant(None, function_call={"name": "weather", "arguments": "{}"}),
                                  message("function", "19 °C", name="weather")], may_refuse=ANY, functions=[function()])
chat("no calls", [user("Hi"), assistant("Hello.", tool_calls=[]), user("Go on.")])
chat("calls null", [user("Hi"), assistant("Hello.", tool_calls=None, refusal=None, audio=None, function_call=None),
     user("Go on.")])
chat("an answer handed back as it came", [ASKED, {
    "role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": [{**call("call_1"), "index": 0}],
    "reasoning": "Look first.", "reasoning_content": "Look first."}, result("call_1")], tools=[WEATHER])

# --- Reasoning handed back ---

THOUGHT = {"reasoning": "I look first.", "reasoning_content": "I look first.", "reasoning_signature": SIGNATURE}
chat("reasoning handed back", [user("Hi"), assistant("Hello.", **THOUGHT), user("Go on.")])
chat("reasoning without a signature", [user("Hi"), assistant("Hello.", reasoning="Greet."), user("Go on.")])
chat("reasoning_content alone", [user("Hi"), assistant("Hello.", reasoning_content="Greet."), user("Go on.")])
chat("redacted reasoning", [user("Hi"), assistant("Hello.", redacted_reasoning="RGF0YTE= RGF0YTI="), user("Go on.")])
chat("reasoning and redacted reasoning", [user("Hi"), assistant("Hello.", redacted_reasoning="RGF0YQ==", **THOUGHT),
     user("Go on.")])
chat("reasoning of several blocks", [user("Hi"), assistant(
    "Hello.", reasoning="First.Second.", reasoning_signature=SIGNATURE + " 6 " + SIGNATURE), user("Go on.")])
chat("reasoning null", [user("Hi"), assistant("Hello.", reasoning=None, reasoning_signature=None, redacted_reasoning=None),
     user("Go")])
chat("a signature whose counts are wrong", [user("Hi"), assistant(
    "Hello.", reasoning="First.", reasoning_signature=SIGNATURE + " 99 " + SIGNATURE), user("Go on.")], may_refuse=ANY)
chat("a loop with thinking", [ASKED, called(call("call_1", thought_signature=OTHER), **THOUGHT), result("call_1")],
     tools=[WEATHER], thinking={"type": "enabled", "budget_tokens": 2048}, max_tokens=8000)
chat("a loop with thinking and no thoughts", LOOP, tools=[WEATHER], thinking={"type": "enabled", "budget_tokens": 2048},
     max_tokens=8000)
chat("a loop with effort and no thoughts", LOOP, tools=[WEATHER], reasoning_effort="high")
chat("thought signatures of calls", [ASKED, called(call("a", thought_signature=SIGNATURE), call("b", "local_time", "{}")),
     result("a"),
                                     result("b")], tools=[WEATHER, TIME])
chat("Google's own place of signatures", [ASKED, called(call("a", extra_content={"google": {"thought_signature": SIGNATURE}})),
                                          result("a")], tools=[WEATHER])
chat("a text's signature", [user("Hi"), assistant("Hello.", reasoning_signature=SIGNATURE), user("Go on.")])

# --- Tools ---

chat("a tool", tools=[WEATHER])
chat("tools, streamed", tools=[WEATHER, TIME], stream=True)
chat("no tools", tools=[])
chat("a tool without parameters", tools=[tool("now", None)])
chat("a tool with empty parameters", tools=[tool("now", {})])
chat("a tool of an empty object", tools=[tool("now", {"type": "object", "properties": {}})])
chat("a tool without a description", tools=[{"type": "function", "function": {"name": "now"}}])
chat("a tool with an empty description", tools=[{"type": "function",
     "function": {"name": "now", "description": "", "parameters": PERSON}}])
chat("a tool with null members", tools=[{"type": "function", "function": {
    "name": "now", "description": None, "parameters": None, "strict": None}}])
chat("a strict tool", tools=[tool("save", PERSON, strict=True)])
chat("a tool that is not strict", tools=[tool("save", PERSON, strict=False)])
chat("a strict tool with what no grammar takes", may_refuse=CLAUDES | {"bedrock"}, tools=[tool("save", one_of(
    ("type", "integer"), ("minimum", 0), ("maximum", 9)), strict=True)])
for name, schema in {
    "$ref and $defs": {"type": "object", "properties": {"a": {"$ref": "#/$defs/person"}, "b": {"$ref": "#/$defs/person"}},
                       "$defs": {"person": PERSON}},
    "definitions": {"type": "object", "properties": {"a": {"$ref": "#/definitions/p"}}, "definitions": {"p": PERSON}},
    "anyOf": one_of(("anyOf", [{"type": "string"}, {"type": "null"}, PERSON])),
    "oneOf": one_of(("oneOf", [{"type": "string"}, {"type": "integer"}])),
    "allOf": one_of(("allOf", [{"type": "object", "properties": {"a": {"type": "string"}}}, {"required": ["a"]}])),
    "a list of types": one_of(("type", ["string", "integer", "null"])),
    "const": one_of(("const", "yes")),
    "a const that is a number": one_of(("const", 7)),
    "enum": one_of(("type", "string"), ("enum", ["a", "b"])),
    "enum of numbers": one_of(("type", "integer"), ("enum", [1, 2])),
    "enum with null": one_of(("enum", ["a", None])),
    "enum with an empty string": one_of(("type", "string"), ("enum", ["", "a"])),
    "nested objects": one_of(("type", "object"), ("properties", {"a": {"type": "object", "properties": {"b": PERSON}}})),
    "arrays": one_of(("type", "array"), ("items", {"type": "array", "items": PERSON})),
    "an array without items": one_of(("type", "array")),
    "prefixItems": one_of(("type", "array"), ("prefixItems", [{"type": "string"}, {"type": "number"}])),
    "bounds": one_of(("type", "string"), ("minLength", 1), ("maxLength", 9), ("pattern", "^[a-z]+$")),
    "formats": {"type": "object", "properties": {name: {"type": "string", "format": name} for name in ("date-time", "email",
    "uuid")}},
    "numbers with bounds": {"type": "object", "properties": {"a": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5}}},
    "additionalProperties of a schema": {"type": "object", "additionalProperties": {"type": "string"}},
    "patternProperties": {"type": "object", "patternProperties": {"^x-": {"type": "string"}}},
    "default, examples, title": one_of(("type", "string"), ("default", "a"), ("examples", ["b"]), ("title", "It"),
                                       **{"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "T"}),
    "if, then, not": one_of(("type", "string"), ("not", {"const": "x"})),
    "properties named like keywords": {"type": "object", "properties": {
        "type": {"type": "string"}, "properties": {"type": "object"}, "$ref": {"type": "string"}, "enum": {"type": "boolean"}}},
    "required that is not listed": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
    "a schema of true": {"type": "object", "properties": {"a": True, "b": {}}},
    "members that nobody knows": one_of(("type", "string"), ("x-order", 3), ("deprecated", True)),
}.items():
    chat("a tool with " + name, tools=[tool("use", schema)])
TREE = {"type": "object", "properties": {"name": {"type": "string"},
"below": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}
chat("a recursive tool", tools=[tool("plant", {"$ref": "#/$defs/node", "$defs": {"node": TREE}})], may_refuse=ANY)
chat("a recursive tool below its top", may_refuse=ANY, tools=[tool("plant", {
    "type": "object", "properties": {"tree": {"$ref": "#/$defs/node"}}, "$defs": {"node": TREE}})])
chat("a tool with anyOf at its top", may_refuse=ANY, tools=[tool("use", {"anyOf": [PERSON, one_of(("type", "string"))]})])
broken("a tool of no object", [ASKED], tools=[tool("use", {"type": "string"})])
broken("a tool that refers to nothing", [ASKED], tools=[tool("use", one_of(("$ref", "#/$defs/none")))])
DEEP = {"type": "string"}
for _ in range(40):
    DEEP = {"type": "object", "properties": {"a": DEEP}}
chat("a deep tool", tools=[tool("dig", DEEP)], may_refuse=ANY)
chat("many tools", tools=[tool("tool_%d" % at) for at in range(64)])
chat("a tool's long name", tools=[tool("n" * 64)])
chat("a tool's name with a dot", tools=[tool("weather.now")], may_refuse=ANY)
broken("one name for two tools", [ASKED], tools=[WEATHER, WEATHER])
chat("a custom tool", tools=[{"type": "custom", "custom": {"name": "shell", "description": "Runs."}}], may_refuse=ANY)
chat("a tool of a kind that nobody knows", tools=[{"type": "teleport"}], may_refuse=ANY)
chat("legacy functions", functions=[function()], function_call="auto")
chat("a legacy function by name", functions=[function()], function_call={"name": "weather"})
NAMED = {"type": "function", "function": {"name": "weather"}}
for name, choice in {"none": "none", "auto": "auto", "required": "required", "null": None}.items():
    chat("tool_choice " + name, tools=[WEATHER, TIME], tool_choice=choice)
# Cohere and Bedrock's Mistral cannot force one of several.
chat("tool_choice by name", tools=[WEATHER, TIME], tool_choice=NAMED, may_refuse={"cohere", "bedrock"})
for mode in ("auto", "required"):
    chat("tool_choice of allowed tools, " + mode, tools=[WEATHER, TIME], tool_choice={
        "type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": [NAMED]}}, may_refuse=ANY)
chat("tool_choice auto without tools", tool_choice="auto", may_refuse=ANY)
chat("tool_choice none without tools", tool_choice="none", may_refuse=ANY)
chat("tool_choice of a tool that is not there", tools=[WEATHER], may_refuse=ANY,
     tool_choice={"type": "function", "function": {"name": "absent"}})
chat("tool_choice none in a loop", LOOP, tools=[WEATHER], tool_choice="none")
chat("required with thinking", tools=[WEATHER], tool_choice="required", thinking={"type": "enabled", "budget_tokens": 1024},
     max_tokens=4000, may_refuse=ANY)
chat("required with effort", tools=[WEATHER], tool_choice="required", reasoning_effort="high", may_refuse=ANY)
for parallel in (True, False):
    chat("parallel_tool_calls %s" % parallel, tools=[WEATHER, TIME], parallel_tool_calls=parallel)
    chat("parallel_tool_calls %s, required" % parallel, tools=[WEATHER], tool_choice="required", parallel_tool_calls=parallel)
chat("parallel_tool_calls without tools", parallel_tool_calls=False)

# --- Lengths, sampling, stops ---

chat("max_tokens", max_tokens=64)
chat("max_completion_tokens", max_completion_tokens=64)
chat("max_tokens and max_completion_tokens", max_tokens=32, max_completion_tokens=64)
chat("max_tokens null", max_tokens=None, max_completion_tokens=None)
chat("very many max_tokens", max_tokens=100000000, may_refuse=ANY)
for temperature in (0, 0.7, 1, 1.5, 2):
    chat("temperature %s" % temperature, temperature=temperature, may_refuse=ANY if temperature > 1 else frozenset())
chat("top_p", top_p=0.9)
chat("top_p 0", top_p=0)
chat("top_p 1", top_p=1)
chat("temperature and top_p", temperature=0.5, top_p=0.5)
chat("top_k", top_k=40)
chat("top_k beyond what some take", top_k=1000)
chat("a stop", stop="END")
chat("stops", stop=["END", "\n\n\nSTOP"])
chat("five stops", stop=["a", "b", "c", "d", "e"])
chat("a stop of white space", stop="\n\n", may_refuse=ANY)
chat("stops of which one is white space", stop=["END", "\n"])
chat("an empty stop", stop="", may_refuse=ANY)
chat("no stops", stop=[])
chat("stop null", stop=None)
chat("n 1", n=1)
chat("n 2", n=2, may_refuse=ANY)
chat("a seed", seed=7)
chat("a large seed", seed=(1 << 63) - 1)
chat("a seed below 0", seed=-7)
chat("penalties", presence_penalty=0.5, frequency_penalty=0.5)
chat("penalties below 0", presence_penalty=-1.5, frequency_penalty=-2)
chat("penalties above 1", presence_penalty=1.5, frequency_penalty=2)
chat("logprobs", logprobs=True)
chat("top_logprobs", logprobs=True, top_logprobs=5)
chat("no logprobs", logprobs=False)
chat("logit_bias", logit_bias={"50256": -100})
chat("everything null", **{name: None for name in (
    "temperature", "top_p", "n", "stop", "max_tokens", "presence_penalty", "frequency_penalty", "logit_bias", "user", "seed",
    "tools",
    "tool_choice", "response_format", "logprobs", "top_logprobs", "metadata", "reasoning_effort", "stream_options",
    "service_tier")})

# --- The answer's form ---

chat("response_format text", response_format={"type": "text"})
chat("response_format json_object", [user("Say hi as JSON.")], response_format={"type": "json_object"})
chat("response_format json_schema", response_format=answer_in(PERSON))
chat("response_format json_schema, strict", response_format=answer_in(PERSON, strict=True, description="A person."))
chat("response_format json_schema, streamed", response_format=answer_in(PERSON, strict=True), stream=True)
chat("response_format without a schema", response_format={"type": "json_schema", "json_schema": {"name": "any"}}, may_refuse=ANY)
chat("response_format open objects", response_format=answer_in({"type": "object", "properties": {"a": {
    "type": "object", "properties": {"b": {"type": "string"}}}}}))
chat("response_format with bounds", response_format=answer_in(one_of(("type", "integer"), ("minimum", 0), ("maximum", 9))))
chat("response_format with oneOf", response_format=answer_in(one_of(("oneOf", [{"type": "string"}, {"type": "integer"}]))))
chat("response_format with references", response_format=answer_in({
    "type": "object", "properties": {"a": {"$ref": "#/$defs/p"}}, "required": ["a"], "additionalProperties": False,
    "$defs": {"p": PERSON}}, strict=True))
chat("response_format recursive", may_refuse=ANY, response_format=answer_in(
    {"$ref": "#/$defs/node", "$defs": {"node": TREE}}, strict=True))
chat("response_format json_schema with tools", tools=[WEATHER], response_format=answer_in(PERSON, strict=True), may_refuse=ANY)
chat("response_format json_object with tools", tools=[WEATHER], response_format={"type": "json_object"}, may_refuse=ANY)
chat("response_format json_schema with thinking", response_format=answer_in(PERSON, strict=True), max_tokens=4000,
     thinking={"type": "enabled", "budget_tokens": 1024})
chat("verbosity", verbosity="low")
chat("modalities", modalities=["text"])
chat("modalities with sound", modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}, may_refuse=ANY)
chat("a prediction", prediction={"type": "content", "content": "Lima"})

# --- Reasoning ---

for effort in ("none", "minimal", "low", "medium", "high", "xhigh"):
    chat("reasoning_effort " + effort, reasoning_effort=effort)
    chat("reasoning_effort %s with max_tokens" % effort, reasoning_effort=effort, max_tokens=2000)
chat("reasoning_effort of a name to come", reasoning_effort="ultra", may_refuse=ANY)
chat("reasoning_effort with few max_tokens", reasoning_effort="high", max_tokens=100)
chat("reasoning_effort with a temperature", reasoning_effort="medium", temperature=0.2, top_p=0.3, top_k=5)
chat("reasoning_effort with a prefill", [user("Count."), assistant("One,")], reasoning_effort="low", may_refuse=ANY)
chat("thinking enabled", thinking={"type": "enabled", "budget_tokens": 2048}, max_tokens=8000)
chat("thinking enabled, without max_tokens", thinking={"type": "enabled", "budget_tokens": 2048})
chat("thinking with a large budget", thinking={"type": "enabled", "budget_tokens": 30000}, may_refuse=ANY)
chat("thinking as large as max_tokens", thinking={"type": "enabled", "budget_tokens": 4096}, max_tokens=4096, may_refuse=ANY)
chat("thinking with too small a budget", thinking={"type": "enabled", "budget_tokens": 10}, max_tokens=4096, may_refuse=ANY)
chat("thinking without a budget", thinking={"type": "enabled"}, max_tokens=8000, may_refuse=ANY)
chat("thinking disabled", thinking={"type": "disabled"})
chat("thinking disabled with a budget", thinking={"type": "disabled", "budget_tokens": 1024})
chat("thinking adaptive", thinking={"type": "adaptive"}, max_tokens=8000)
chat("thinking adaptive with effort", thinking={"type": "adaptive"}, reasoning_effort="medium")
chat("thinking and effort", thinking={"type": "enabled", "budget_tokens": 2048}, reasoning_effort="low", max_tokens=8000)
chat("thinking with a temperature", thinking={"type": "enabled", "budget_tokens": 2048}, max_tokens=8000, temperature=0.3,
     top_k=3)
chat("thinking with a system message and a loop", [system("Be brief."), *LOOP[:1],
     called(call("call_1", thought_signature=OTHER), **THOUGHT),
                                                   *LOOP[2:]], tools=[WEATHER], reasoning_effort="medium")

# --- Search, caching, who asks, and the rest ---

chat("web_search_options", web_search_options={}, may_refuse={"cohere", "mistral", "bedrock"})
chat("web_search_options enabled", web_search_options={"enabled": True}, may_refuse={"cohere", "mistral", "bedrock"})
chat("web_search_options off", web_search_options={"enabled": False})
chat("web_search_options whole", may_refuse={"cohere", "mistral", "bedrock"}, web_search_options={
    "search_context_size": "low",
    "user_location": {"type": "approximate", "approximate": {"country": "PE", "city": "Lima", "timezone": "America/Lima"}}})
chat("web_search_options with tools", web_search_options={}, tools=[WEATHER], may_refuse=ANY)
chat("web_search_options with json_schema", web_search_options={}, response_format=answer_in(PERSON, strict=True), may_refuse=ANY)
chat("a user", user="user-123")
chat("a long user", user="u" * 600, may_refuse=ANY)
chat("safety_identifier and prompt_cache_key", safety_identifier="abc", prompt_cache_key="k", prompt_cache_retention="24h")
chat("metadata", metadata={"team": "a", "Cost Center": "4/2"})
chat("metadata and user", metadata={"team": "a"}, user="user-123")
chat("empty metadata", metadata={})
MARK = {"cache_control": {"type": "ephemeral"}}
HOUR = {"cache_control": {"type": "ephemeral", "ttl": "1h"}}
chat("cache_control on a part", [user([text("A long text.", **MARK), text("Go.")])])
chat("cache_control on a system part", [system([text("A long text.", **HOUR)]), user("Hi")])
chat("cache_control on messages", [system("A long text.", **MARK), user("Hi", **HOUR)])
chat("cache_control on an assistant", [user("Hi"), assistant("Hello.", **MARK), user("Go on.")])
chat("cache_control on a result", [*LOOP[:2], result("call_1", **MARK)], tools=[WEATHER])
chat("cache_control on a call", [ASKED, called(call("call_1", **MARK)), result("call_1")], tools=[WEATHER])
chat("cache_control on a tool", tools=[{**WEATHER, **MARK}])
chat("cache_control on a function", tools=[{"type": "function", "function": {**function(), **MARK}}])
chat("cache_control on an image", [user([{**image(PNG), **MARK}, text("What is it?")])], may_refuse={"cohere"})
chat("cache_control on an empty text", [user([text("Hi"), text("", **MARK)])])
chat("cache_control at the top", **MARK, may_refuse=ANY)
chat("six cache_controls", [system("S", **MARK)] + [user("U%d" % at, **MARK) for at in range(5)], may_refuse=ANY)
chat("cache_control of another kind", [user([text("Hi", cache_control={"type": "eternal"})])], may_refuse=ANY)
for tier in ("auto", "default", "flex", "priority"):
    chat("service_tier " + tier, service_tier=tier)
chat("store", store=True)
chat("not store", store=False)
chat("a parameter that nobody knows", frobnicate={"x": 1}, may_refuse={"mistral"})
chat("many parameters that nobody knows", may_refuse={"mistral"}, **{"x_%d" % at: at for at in range(40)})
chat("another provider's extras", may_refuse={"mistral"}, **{"acme": {"x": 1}})
chat("extras", **{"anthropic": {"metadata": {"user_id": "u"}}, "google-ai": {"safetySettings": []},
    
                  "aws": {"requestMetadata": {"a": "b"}}, "cohere": {"safety_mode": "STRICT"}, "mistral": {"safe_prompt": True}},
     may_refuse=ANY)
chat("everything at once", [system("Be brief."), message("developer", [text("Be kind.")]), *LOOP,
     user([text("And?"), image(PNG)])],
     tools=[WEATHER, TIME], tool_choice="auto", parallel_tool_calls=True, temperature=0.5, max_tokens=500, stop=["END"], user="u",
     metadata={"a": "b"}, stream=True, stream_options={"include_usage": True})

# --- Wrong ones ---

wrong("no messages", "messages", [])
wrong("messages of a wrong type", "messages", "Hi")
raw("messages missing", b'{"model":MODEL}', blames="messages")
raw("messages null", b'{"model":MODEL,"messages":null}', blames="messages")
wrong("a message of a wrong type", "messages", ["Hi"])
wrong("a message without a role", "messages", [{"content": "Hi"}])
wrong("a role that nobody knows", "messages", [message("oracle", "Hi")])
wrong("content of a wrong type", "messages", [user(7)])
wrong("a user's content null", "messages", [user(None)])
wrong("a user without content", "messages", [{"role": "user"}])
wrong("a part of a wrong type", "messages", [user([7])])
wrong("a part without a type", "messages", [user([{"text": "Hi"}])])
wrong("a text part without its text", "messages", [user([{"type": "text"}])])
wrong("an image without a URL", "messages", [user([{"type": "image_url", "image_url": {}}])])
wrong("an image's URL of a wrong type", "messages", [user([{"type": "image_url", "image_url": {"url": 7}}])])
wrong("a file without anything", "messages", [user([{"type": "file", "file": {}}])])
wrong("a result without tool_call_id", "messages", [*LOOP[:2], message("tool", "19")], tools=[WEATHER])
wrong("calls of a wrong type", "messages", [ASKED, assistant(None, tool_calls={"id": "c"}), user("x")])
wrong("a call without a function", "messages", [ASKED, assistant(None, tool_calls=[{"id": "c", "type": "function"}]),
     result("c")],
      tools=[WEATHER])
wrong("arguments of a wrong type", "messages", [ASKED, called({"id": "c", "type": "function", "function": {
    "name": "weather", "arguments": {"city": "Lima"}}}), result("c")], tools=[WEATHER])
wrong("tools of a wrong type", "tools", tools={"type": "function"})
wrong("a tool without a function", "tools", tools=[{"type": "function"}])
wrong("a tool without a name", "tools", tools=[{"type": "function", "function": {"description": "x"}}])
wrong("a tool's parameters of a wrong type", "tools", tools=[tool("x", "object")])
wrong("tool_choice of a wrong type", "tool_choice", tools=[WEATHER], tool_choice=7)
wrong("tool_choice that nobody knows", "tool_choice", tools=[WEATHER], tool_choice="sometimes")
wrong("max_tokens of a wrong type", "max_tokens", max_tokens="many")
wrong("max_tokens below 1", "max_tokens", max_tokens=-1)
wrong("a broken max_tokens", "max_tokens", max_tokens=1.5)
wrong("temperature of a wrong type", "temperature", temperature="warm")
wrong("temperature below 0", "temperature", temperature=-0.5)
wrong("top_p of a wrong type", "top_p", top_p="x")
wrong("top_p above 1", "top_p", top_p=1.5)
wrong("stop of a wrong type", "stop", stop=7)
wrong("stops of a wrong type", "stop", stop=[1, 2])
wrong("n of a wrong type", "n", n="two")
wrong("seed of a wrong type", "seed", seed="x")
wrong("stream of a wrong type", "stream", stream="yes")
wrong("response_format of a wrong type", "response_format", response_format="json")
wrong("response_format that nobody knows", "response_format", response_format={"type": "yaml"})
wrong("a schema of a wrong type", "response_format", response_format=answer_in("object"))
wrong("reasoning_effort of a wrong type", "reasoning_effort", reasoning_effort=7)
wrong("thinking of a wrong type", "thinking", thinking="hard")
wrong("thinking of a type that nobody knows", "thinking", thinking={"type": "sideways"})


# --- Mixed ---


def mixed(count):
    """Chats with the messages of one of the above and parameters of three others: the same ones in every run."""
    chance = random.Random(count)
    fine = [chat for chat in CHATS if isinstance(chat.body, dict) and not chat.blames and len(str(chat.body)) < 20000]
    for _ in range(count):
        of, *others = chance.sample(fine, 4)
        body = {}
        for other in others:
            body |= {name: value for name, value in other.body.items() if name != "messages"}
        name = "%s with the parameters of %s" % (of.name, ", ".join(other.name for other in others))
        is_broken = of.broken or any(other.broken for other in others)
        yield Chat(name, {**body, "messages": of.body["messages"]}, ANY, broken=is_broken)
