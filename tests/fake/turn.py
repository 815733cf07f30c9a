"""What a chat asks for and what the fake provider says to it, in no particular language.

A language reads a request into a Turn, `reply` decides, and the language writes the Reply down. The answer repeats what was
said. Three words in the last message ask for more, since a test cannot ask a model: `parallel` calls every tool (one tool
twice), `twice` thinks in two blocks, `secretly` thinks in a block that nobody can read.
"""

from __future__ import annotations

import base64
import hashlib
import json

from answers import count, dumps, instance

SOURCE = {"url": "https://almanac.example/weather", "title": "The Fake Almanac", "domain": "almanac.example"}
CITED = "The Fake Almanac agrees."


class Turn:
    """`choice` is auto, none, any, or a tool's name. `limit` is in tokens, None for none."""

    def __init__(self, said: str, tools=(), choice="auto", parallel=True, after_tool=False, thinks=False, schema=None,
                 json_mode=False, searches=False, limit=None, stops=(), prefill=""):
        self.said, self.tools, self.choice, self.parallel, self.after_tool = said, list(tools), choice, parallel, after_tool
        self.thinks, self.schema, self.json_mode, self.searches = thinks, schema, json_mode, searches
        self.limit, self.stops, self.prefill = limit, list(stops or []), prefill


class Reply:
    """`finish` is stop, length, tools, sequence (with `stop`) or refusal. `cited` is where the cited sentence begins."""

    def __init__(self, identity: str):
        self.identity, self.text, self.thoughts, self.secret = identity, "", [], None
        self.calls: list = []
        self.finish, self.stop, self.cited, self.query = "stop", None, None, None

    def tokens(self) -> int:
        return count(self.text) + sum(count(call["arguments"]) for call in self.calls) + self.thinking_tokens()

    def thinking_tokens(self) -> int:
        return sum(count(thought) for thought in self.thoughts)


def sign(*parts: str) -> str:
    """A signature that only this fake issues and can check, whatever stands between the parts."""
    return base64.b64encode(hashlib.sha256(b"the fake provider\0" + "\0".join(parts).encode()).digest()).decode()


def canonical(value) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def blob(media_type: str, data: bytes) -> str:
    """How a picture or a file is spoken of, so that a test sees that its bytes arrived."""
    return "[%s, %d bytes, sha256 %s]" % (media_type, len(data), hashlib.sha256(data).hexdigest()[:16])


def reply(turn: Turn, request, faults: dict, text=None) -> Reply:
    asked = {name: value for name, value in request.json.items() if name != "stream"}  # Whole or streamed, it is the same answer.
    identity = hashlib.sha256(canonical(asked).encode()).hexdigest()[:24]
    made = Reply(identity)
    if turn.thinks:
        made.thoughts = ["The user says: %s" % turn.said[:200]]
        if "twice" in turn.said:
            made.thoughts.append("Once more – with fëëling.")
        if "secretly" in turn.said:
            made.secret = base64.b64encode(("secret of " + identity).encode()).decode()
    if "refusal" in faults:
        made.finish = "refusal"
        return made
    if turn.tools and turn.choice != "none" and not turn.after_tool:
        made.calls, made.finish = calls(turn, identity), "tools"
        return made
    made.text = spoken(turn) if text is None else text
    if turn.searches and text is None:
        made.query, made.cited = turn.said, len(made.text) + 1
        made.text += " " + CITED
    for stop in turn.stops:
        if stop in made.text:
            made.text, made.finish, made.stop = made.text.split(stop)[0], "sequence", stop
    if turn.limit is not None and text is None and count(made.text) > turn.limit:
        made.text, made.finish, made.stop = made.text[:4 * turn.limit], "length", None
    return made


def spoken(turn: Turn) -> str:
    if turn.schema is not None:
        return dumps(instance(turn.schema, turn.schema))
    said = turn.said if len(turn.said) <= 4000 else "%s… (%d characters)" % (turn.said[:4000], len(turn.said))
    if turn.json_mode:
        return dumps({"reply": said})
    whole = "Hello from the fake provider. You said: %s" % said
    return whole[len(turn.prefill):] if turn.prefill and whole.startswith(turn.prefill) else whole


def calls(turn: Turn, identity: str) -> list:
    wanted = [tool for tool in turn.tools if tool[0] == turn.choice] or turn.tools[:1]
    if "parallel" in turn.said and turn.parallel:
        wanted = turn.tools if len(turn.tools) > 1 else turn.tools * 2
    made = []
    for at, (name, schema) in enumerate(wanted):
        arguments = instance(schema or {}, schema or {}) or {}
        made.append({"id": "%s%02d" % (identity[:16], at), "name": name, "input": arguments, "arguments": json.dumps(arguments)})
    return made


def pieces(text: str, size: int) -> list:
    return [text[at:at + size] for at in range(0, len(text), size)]
