"""The laws of an OpenAI chat answer, whole or streamed, and what the answer says when it is read by them.

`whole`, `stream` and `error` give an `Answer` (answers.py) and the laws that are broken, each as a sentence. The laws are
OpenAI's specification, its Python package, and what the proxy promises beyond them (reasoning, citations, what comes once).
"""

import json

import openai._models
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types.chat import ChatCompletionChunk

import framing
from answers import CALLS, FILTER, LENGTH, STOP, Answer, Call, Fault, usage

ERROR = {"message": str, "type": str, "param": (str, type(None)), "code": (str, type(None))}
# Members of a delta that are strings in pieces, and those that come once, at the end.
PIECES = ("content", "refusal", "reasoning", "reasoning_content", "reasoning_signature", "redacted_reasoning")
LAST = ("annotations", "citations", "extra_content")


class Laws(list):
    def hold(self, held, broken):
        if not held:
            self.append(broken)
        return held


def read_usage(laws, given):
    """Usage in the terms of `answers.usage`."""
    if given is None:
        return None
    read, wrote = given.get("prompt_tokens_details") or {}, given.get("completion_tokens_details") or {}
    said = usage(given.get("prompt_tokens"), given.get("completion_tokens") or 0, read.get("cached_tokens") or 0,
                 wrote.get("reasoning_tokens") or 0, read.get("cache_write_tokens"), read.get("audio_tokens") or 0)
    laws.hold(given.get("total_tokens") == said["total_tokens"], "total_tokens is not the sum of prompt and completion")
    laws.hold(said["reasoning_tokens"] <= said["completion_tokens"], "more reasoning than completion")
    return said


def read_message(laws, choice, message, finish):
    """A whole message, or what deltas amount to."""
    choice.text, choice.refusal = message.get("content") or "", message.get("refusal") or ""
    choice.reasoning, choice.quoted = message.get("reasoning") or "", len(message.get("citations") or [])
    if message.get("reasoning_signature"):
        choice.signatures = [(0, message["reasoning_signature"])]
    choice.others = [block for blocks in (message.get("extra_content") or {}).values() for block in blocks]
    laws.hold(choice.reasoning == (message.get("reasoning_content") or ""), "reasoning and reasoning_content differ")
    for part in (message.get("annotations") or []):
        cited = part.get("url_citation") or {}
        choice.cited.add(cited.get("url"))
        laws.hold(isinstance(cited.get("title"), str) and 0 <= cited.get("start_index", -1) <= cited.get("end_index", -1)
                  <= len(choice.text), "a citation is no url_citation within the text: %s" % cited)
    laws.hold(message.get("tool_calls") != [], "an empty list of tool calls, where OpenAI has none")
    for number, image in enumerate(message.get("images") or []):
        kind, _, data = image["image_url"]["url"].removeprefix("data:").partition(";base64,")
        choice.media.append((kind, data))
        laws.hold(image.get("index") == number and image["type"] == "image_url", "images are numbered from 0")
    if message.get("audio"):
        choice.media.append(("audio", message["audio"]["data"]))
    for call in message.get("tool_calls") or []:
        function = call.get("function") or {}
        laws.hold(call.get("type") == "function", "a tool call has the type function")
        laws.hold(isinstance(call.get("id"), str) and call["id"], "a tool call has an id")
        laws.hold(isinstance(function.get("name"), str) and function["name"], "a tool call has a name")
        choice.calls.append(Call(call.get("id"), function.get("name"), function.get("arguments"), call.get("thought_signature")))
    ids = [call.id for call in choice.calls]
    laws.hold(len(set(ids)) == len(ids), "ids of tool calls are unique: %s" % ids)
    choice.finish = finish
    if finish == CALLS:
        for call in choice.calls:
            laws.hold(call.text and not isinstance(call.arguments, str), "arguments are JSON text: %r" % call.text)
    laws.hold(finish in (CALLS, LENGTH, FILTER, None) or not choice.calls, "finish_reason %s with tool calls" % finish)
    laws.hold(finish != CALLS or choice.calls, "finish_reason tool_calls without any")


def whole(body, schemas):
    """A whole answer's JSON."""
    laws, said = Laws(), Answer(whole=True)
    answer = json.loads(body)
    laws.extend(sorted(schemas.faults("CreateChatCompletionResponse", answer)) if schemas else [])
    laws.hold(answer.get("object") == "chat.completion", "object")
    for name, kind in (("id", str), ("model", str), ("created", int)):
        laws.hold(isinstance(answer.get(name), kind) and answer[name] != "", "%s is missing" % name)
    laws.hold("/" not in str(answer.get("id")), "the id is one segment of a path")
    if not laws.hold(isinstance(answer.get("choices"), list), "it has no choices: %s" % list(answer)):
        return said, laws
    for number, choice in enumerate(answer["choices"]):
        message = choice["message"]
        laws.hold(choice["index"] == number, "choices are numbered from 0")
        laws.hold(message.get("role") == "assistant", "the role is assistant")
        for name in ("content", "refusal"):
            laws.hold(isinstance(message.get(name, 0), (str, type(None))), "%s is a string or null" % name)
        laws.hold("logprobs" in choice, "logprobs is missing")
        finish = choice.get("finish_reason")
        laws.hold(finish in (STOP, LENGTH, CALLS, FILTER), "finish_reason %r" % finish)
        read_message(laws, said.choice(number), message, finish)
    said.usage = read_usage(laws, answer.get("usage"))
    return said, laws


def error_object(laws, body, schemas):
    if not laws.hold(isinstance(body, dict) and isinstance(body.get("error"), dict), "no error object: %r" % body):
        return {}
    laws.extend(sorted(schemas.faults("ErrorResponse", body)) if schemas else [])
    for name, kinds in ERROR.items():
        laws.hold(isinstance(body["error"].get(name, 0), kinds), "error.%s: %r" % (name, body["error"].get(name, "absent")))
    laws.hold(str(body["error"].get("message") or "").strip(), "the error has no message")
    return body["error"]


def error(status, body, schemas):
    laws = Laws()
    given = error_object(laws, json.loads(body), schemas)
    return Answer(error=fault_of(given, {status})), laws


def fault_of(given, statuses=frozenset()):
    return Fault(str(given.get("message")), set(statuses), {given.get("code")})


class Stream:
    """One streamed answer, read chunk by chunk."""

    def __init__(self, schemas, asked):
        self.laws, self.said, self.schemas, self.asked = Laws(), Answer(), schemas, asked
        self.messages, self.finishes, self.same, self.counts = {}, {}, {}, 0
        self.state, self.chunks = ChatCompletionStreamState(), 0

    def chunk(self, chunk):
        laws = self.laws
        laws.extend(sorted(self.schemas.faults("CreateChatCompletionStreamResponse", chunk)) if self.schemas else [])
        laws.hold(chunk.get("object") == "chat.completion.chunk", "object")
        for name, kind in (("id", str), ("model", str), ("created", int)):
            value = chunk.get(name)
            laws.hold(isinstance(value, kind) and value != "" and value == self.same.setdefault(name, value),
                      "%s is not the same in all: %r" % (name, value))
        counts = chunk.get("usage")
        laws.hold(not self.counts, "a chunk after the one with usage")
        if counts is not None:
            self.counts += 1
            laws.hold(self.asked and chunk["choices"] == [], "usage comes if asked for, in a chunk of its own")
            self.said.usage = read_usage(laws, counts)
        else:
            laws.hold(chunk.get("choices"), "a chunk that says nothing")
            laws.hold(("usage" in chunk) == self.asked, "usage is null before the last chunk if asked for, absent otherwise")
        for choice in chunk.get("choices") or []:
            self.choice(choice)
        try:
            self.state.handle_chunk(openai._models.construct_type(type_=ChatCompletionChunk, value=chunk))
            self.chunks += 1
        except Exception as error:  # Whatever it is, the client has it.
            laws.hold(False, "OpenAI's package does not take the chunk: %s: %s" % (type(error).__name__, error))

    def choice(self, choice):
        laws, index, delta = self.laws, choice["index"], choice["delta"]
        first = index not in self.messages
        message = self.messages.setdefault(index, {})
        laws.hold(("role" in delta) == first, "role comes once, in the first delta of a choice")
        laws.hold(delta.get("role", "assistant") == "assistant", "the role is assistant")
        laws.hold(index not in self.finishes, "a delta behind finish_reason")
        for name, value in delta.items():
            if name in PIECES:
                if value is not None:
                    message[name] = (message.get(name) or "") + value
            elif name == "tool_calls":
                for call in value:
                    self.call(message.setdefault(name, []), call)
            elif name in LAST:
                laws.hold(name not in message and choice.get("finish_reason"), "%s comes once, with finish_reason" % name)
                message[name] = value
            elif name == "images":
                message[name] = message.get(name, []) + value
            elif name == "audio":
                sound = message.setdefault(name, {"data": ""})
                sound["data"] += value.get("data") or ""
        if choice.get("finish_reason"):
            self.finishes[index] = choice["finish_reason"]

    def call(self, calls, given):
        laws, index, function = self.laws, given.get("index"), given.get("function") or {}
        if index == len(calls):
            laws.hold({"id", "type"} <= given.keys() and "name" in function, "a call's first delta has id, type and name")
            laws.hold(isinstance(function.get("arguments"), str), "a call's first delta has arguments as text")
            calls.append({**given, "function": {"name": function.get("name"), "arguments": function.get("arguments") or ""}})
        elif laws.hold(isinstance(index, int) and 0 <= index < len(calls), "calls are numbered from 0: %r" % index):
            laws.hold(not {"id", "type"} & given.keys() and "name" not in function, "id, type and name of a call come once")
            calls[index]["function"]["arguments"] += function.get("arguments") or ""
            calls[index].update({name: value for name, value in given.items() if name not in ("index", "function")})

    def end(self):
        laws, said = self.laws, self.said
        for index, message in self.messages.items():
            read_message(laws, said.choice(index), message, self.finishes.get(index))
        laws.hold(list(self.messages) == list(range(len(self.messages))), "choices begin in their order")
        said.whole = bool(self.finishes) and self.finishes.keys() == self.messages.keys()
        laws.hold(said.whole or said.error, "the stream ends without finish_reason and without an error")
        if self.chunks and not laws:
            self.accumulated()

    def accumulated(self):
        """OpenAI's own accumulator must come to the same."""
        made = self.state.current_completion_snapshot.to_dict()
        for choice in made["choices"]:
            message = self.messages[choice["index"]]
            for name in PIECES:
                self.laws.hold((choice["message"].get(name) or None) == (message.get(name) or None),
                               "OpenAI's package reads another %s" % name)
            self.laws.hold(plain(choice["message"]) == plain(message), "OpenAI's package reads other tool calls")
            self.laws.hold((choice.get("finish_reason") or None) == self.finishes.get(choice["index"]),
                           "OpenAI's package reads another finish_reason")
        counts = made.get("usage") and read_usage(self.laws, made["usage"])
        self.laws.hold(counts == self.said.usage, "OpenAI's package reads another usage: %s" % counts)


def plain(message):
    return [(call["id"], call["type"], call["function"]["name"], call["function"]["arguments"])
            for call in message.get("tool_calls") or []]


def check_lines(laws, text):
    """How the text of a stream is cut into events."""
    laws.hold("\r" not in text and text.endswith("\n\n"), "every event ends with a blank line, and lines with \\n")
    events = text.split("\n\n")[:-1]
    laws.hold(all(event.startswith("data: ") and "\n" not in event for event in events), "an event is one line of data")


def stream(body, schemas, asked=True):
    """A streamed answer's bytes; `asked`: the client wanted usage."""
    read = Stream(schemas, asked)
    laws, text = read.laws, body.decode()
    check_lines(laws, text)
    data = [event for _, event in framing.server_sent(body)]
    for number, one in enumerate(data):
        last = number == len(data) - 1
        if one == "[DONE]":
            laws.hold(last, "something behind [DONE]")
            break
        try:
            event = json.loads(one)
        except ValueError:
            laws.hold(False, "data that is no JSON: %r" % one[:80])
            continue
        if "error" in event:
            given = error_object(laws, event, schemas)
            laws.hold(list(event) == ["error"] and last, "an error is the last event, and nothing else stands beside it")
            read.said.error = fault_of(given)
            break
        try:
            read.chunk(event)
        except (KeyError, TypeError, AttributeError) as error:
            laws.hold(False, "a chunk in another form: %s: %s in %r" % (type(error).__name__, error, one[:200]))
    done = bool(data) and data[-1] == "[DONE]"
    laws.hold(done != bool(read.said.error), "[DONE] ends the stream, unless there was an error")
    read.end()
    return read.said, laws
