"""The laws of an OpenAI Responses answer, whole or streamed, and what the answer says when it is read by them.

`whole` and `stream` give an `Answer` (answers.py), the laws that are broken, each as a sentence, and the response object. The laws
are OpenAI's specification, what its recorded streams keep to, and what its Python package relies on. `told`: the proxy tells the
answer of another API; what it promises beyond OpenAI's laws is then held, too.
"""

import json
import re

import openai
import openai._models
from openai.lib.streaming.responses._responses import ResponseStreamState
from openai.types.responses import ResponseStreamEvent

import framing
from answers import CALLS, FILTER, LENGTH, STOP, Answer, Call, Fault, usage
from laws import Laws

# --- What may follow what within an item ---

# One way through an item's events is a list of steps: an event, or with * any number of any of several.
TEXT = ("content_part.added", "*output_text.delta|output_text.annotation.added", "output_text.done", "content_part.done")
REFUSAL = ("content_part.added", "*refusal.delta", "refusal.done", "content_part.done")
SUMMARY = ("reasoning_summary_part.added", "*reasoning_summary_text.delta", "reasoning_summary_text.done",
           "reasoning_summary_part.done")
THOUGHT = ("content_part.added", "*reasoning_text.delta", "reasoning_text.done", "content_part.done")
# Of each kind of item: its ways, and whether they may come again, or not at all. Kinds that are not here have no events.
WAYS = {
    "message": ([TEXT, REFUSAL], True),
    "reasoning": ([SUMMARY, THOUGHT], True),
    "function_call": ([("*function_call_arguments.delta", "function_call_arguments.done")], False),
    "custom_tool_call": ([("*custom_tool_call_input.delta", "custom_tool_call_input.done")], False),
    "web_search_call": ([("web_search_call.in_progress", "web_search_call.searching", "web_search_call.completed"),
                         ("web_search_call.in_progress", "web_search_call.searching")], False),
    "file_search_call": ([("file_search_call.in_progress", "file_search_call.searching", "file_search_call.completed")], False),
    "code_interpreter_call": ([
        ("code_interpreter_call.in_progress", "*code_interpreter_call_code.delta", "code_interpreter_call_code.done",
         "code_interpreter_call.interpreting", "code_interpreter_call.completed"),
        ("code_interpreter_call.in_progress", "*code_interpreter_call_code.delta", "code_interpreter_call_code.done",
         "code_interpreter_call.interpreting"),
        ("code_interpreter_call.in_progress", "*code_interpreter_call_code.delta", "code_interpreter_call_code.done")], False),
    "image_generation_call": ([("image_generation_call.in_progress", "image_generation_call.generating",
                                "*image_generation_call.partial_image", "image_generation_call.completed")], False),
    "mcp_list_tools": ([("mcp_list_tools.in_progress", "mcp_list_tools.completed"),
                        ("mcp_list_tools.in_progress", "mcp_list_tools.failed")], False),
    "mcp_call": ([("mcp_call.in_progress", "*mcp_call_arguments.delta", "mcp_call_arguments.done", end)
                  for end in ("mcp_call.completed", "mcp_call.failed")], False),
}
END = "output_item.done"


def follow(ways, again):
    """What may come behind each event; "" is the item's beginning."""
    found = {"": {END} if again else set()}

    def may(before, after):
        for one in before:
            found.setdefault(one, set()).update(after)

    for way in ways:
        before = [""]
        for step in way:
            names = step.lstrip("*").split("|")
            may(before, names)
            if step.startswith("*"):
                may(names, names)
                before = [*before, *names]
            else:
                before = names
        may(before, {END, way[0]} if again else {END})
    return found


FOLLOW = {kind: follow(*ways) for kind, ways in WAYS.items()}
# Where each kind of item holds what its events tell in pieces, and the member of the piece's `done`.
PIECES = {"function_call_arguments": ("arguments", "arguments"), "custom_tool_call_input": ("input", "input"),
          "code_interpreter_call_code": ("code", "code"), "mcp_call_arguments": ("arguments", "arguments"),
          "output_text": (None, "text"), "refusal": (None, "refusal"), "reasoning_text": (None, "text"),
          "reasoning_summary_text": (None, "text")}
MEMBER = {"function_call": "arguments", "mcp_call": "arguments", "custom_tool_call": "input", "code_interpreter_call": "code"}
# What an item is before anything of it was told.
EMPTY = {"message": {"content": [], "role": "assistant"}, "reasoning": {"summary": []}, "function_call": {"arguments": ""},
         "custom_tool_call": {"input": ""}, "code_interpreter_call": {"code": ""}, "mcp_call": {"arguments": ""},
         "mcp_list_tools": {"tools": []}, "web_search_call": {}, "image_generation_call": {}, "file_search_call": {}}
IDS = {"message": "msg_", "reasoning": "rs_", "function_call": "fc_", "custom_tool_call": "ctc_", "web_search_call": "ws_",
       "code_interpreter_call": "ci_", "mcp_list_tools": "mcpl_", "mcp_call": "mcp_", "image_generation_call": "ig_"}
# What does not change of an item while it is told.
FIXED = ("id", "type", "call_id", "name", "role", "server_label", "container_id")
# What a provider runs by itself.
SERVED = {"web_search_call", "code_interpreter_call", "mcp_list_tools", "mcp_call", "file_search_call"}
WITHOUT_STATUS = {"reasoning", "mcp_list_tools"}
# Kinds that by the specification are never `incomplete`: what breaks off has failed.
NEVER_INCOMPLETE = {"web_search_call", "image_generation_call", "file_search_call"}
ENDED = {"completed", "incomplete", "failed"}
# Members of a response that tell of its progress; all others are the same in every event. OpenAI and Azure have more.
PROGRESS = {"status", "completed_at", "error", "incomplete_details", "output", "usage", "service_tier", "extra_content", "citations", "logprobs"}
THEIRS = PROGRESS | {"moderation", "tool_usage", "content_filters"}
OBJECT = ("id object created_at status background completed_at error incomplete_details instructions max_output_tokens "
          "max_tool_calls model output parallel_tool_calls previous_response_id prompt_cache_key reasoning safety_identifier "
          "service_tier store temperature text tool_choice tools top_logprobs top_p truncation usage user metadata").split()


# --- Items and objects ---


def read_usage(laws, given):
    """Usage in the terms of `answers.usage`."""
    if given is None:
        return None
    read, wrote = given.get("input_tokens_details") or {}, given.get("output_tokens_details") or {}
    said = usage(given["input_tokens"], given["output_tokens"], read.get("cached_tokens") or 0,
                 wrote.get("reasoning_tokens") or 0, read.get("cache_write_tokens"), read.get("audio_tokens") or 0)
    laws.hold(given["total_tokens"] == said["total_tokens"], "total_tokens is not the sum of input and output")
    laws.hold(said["reasoning_tokens"] <= said["completion_tokens"], "more reasoning than output")
    laws.hold(said["cached_tokens"] + (said["cache_write_tokens"] or 0) <= said["prompt_tokens"], "more cached than input")
    return said


def read_output(laws, said, output, told, broken_off):
    """What the items say."""
    choice, signature = said.choice(), None
    for item in output:
        kind = item["type"]
        if signature is not None and laws.hold(kind == "function_call", "what is sealed for a call stands before a %s" % kind):
            choice.calls.append(Call(item["call_id"], item["name"], item["arguments"], signature))
            signature = None
            continue
        if kind == "message":
            read_message(laws, choice, item)
        elif kind == "reasoning":
            before = len(choice.reasoning)
            choice.reasoning += "".join(part["text"] for part in item["summary"])
            what, sealed = unsealed(laws, item) if told else (None, None)
            if what == "s":
                choice.signatures.append((before, sealed))
            elif what == "c":
                signature = sealed
            elif what == "r":
                laws.hold(not item["summary"], "thoughts that nobody can read beside a summary")
                said.redacted.append(sealed)
        elif kind == "function_call":
            choice.calls.append(Call(item["call_id"], item["name"], item["arguments"]))
        elif kind == "image_generation_call" and item.get("result"):
            choice.media.append(("image", item["result"]))
        if kind in SERVED:
            said.served.append(item)
    laws.hold(signature is None or broken_off, "what is sealed for a call stands before none")
    calls = [item["call_id"] for item in output if item["type"] in ("function_call", "custom_tool_call")]
    laws.hold(len(set(calls)) == len(calls), "call_ids are unique: %s" % calls)
    ids = [item.get("id") for item in output]
    laws.hold(len(set(ids)) == len(ids) and all(ids), "ids of items are unique: %s" % ids)
    if told:
        for item in output:
            start = IDS.get(item["type"], "")
            laws.hold(re.fullmatch(start + "[A-Za-z0-9_-]+", item["id"]), "the id of a %s is %s" % (item["type"], item["id"]))


def unsealed(laws, item):
    """What the proxy carries for the provider in `encrypted_content`: its kind, and the provider's own words."""
    sealed = item.get("encrypted_content")
    if sealed is None:
        return None, None
    found = re.fullmatch(r"orq1:([src]):([a-z]+):(.+)", sealed, re.S)
    laws.hold(found, "encrypted_content is not of the proxy's making: %s" % sealed[:40])
    return (found[1], found[3]) if found else (None, None)


def read_message(laws, choice, item):
    laws.hold(item["content"] or item.get("audio") or item["status"] == "incomplete", "a message without content")
    choice.quoted += len(item.get("citations") or [])
    for part in item["content"]:
        if part["type"] == "refusal":
            choice.refusal += part["refusal"]
            continue
        choice.text += part["text"]
        for note in part["annotations"]:
            if note["type"] == "url_citation":
                choice.cited.add(note["url"])
                laws.hold(isinstance(note["title"], str) and 0 <= note["start_index"] <= note["end_index"] <= len(part["text"]),
                          "a citation is not within its text: %s" % note)


def check_ended(laws, item, status):
    """An item that is told to its end."""
    kind = item["type"]
    ended = item.get("status")
    if kind not in WITHOUT_STATUS or ended is not None:
        laws.hold(ended in ENDED, "a %s ended with status %s" % (kind, ended))
    if kind in ("function_call", "mcp_call") and ended == "completed":
        try:
            fine = isinstance(json.loads(item["arguments"]), dict)
        except ValueError:
            fine = False
        laws.hold(fine or status != "completed", "the arguments of a %s are no JSON object: %r" % (kind, item["arguments"][:80]))


def check_object(laws, response, told):
    """What holds of a response at any time."""
    laws.hold(response.get("object") == "response", "object")
    if not told:
        return
    if missing := [name for name in OBJECT if name not in response]:
        laws.hold(False, "a response without %s" % ", ".join(missing))
        return
    laws.hold(response["store"] is False and response["background"] is False and response["previous_response_id"] is None,
              "nothing is stored, and the object says so")
    laws.hold(re.fullmatch("resp_[A-Za-z0-9_-]+", response["id"]), "the id of the response is %s" % response["id"])
    laws.hold(isinstance(response["model"], str) and response["model"], "model is missing")


def check_final(laws, response, told):
    """What holds of a response that ended."""
    status, details, error = response["status"], response.get("incomplete_details"), response.get("error")
    laws.hold(status in ENDED, "a response ended with status %s" % status)
    laws.hold((status == "incomplete") == (details is not None), "incomplete_details %s with status %s" % (details, status))
    laws.hold((status == "failed") == (error is not None), "error %s with status %s" % (error, status))
    done = response.get("completed_at", 0)
    if told:
        laws.hold((status == "completed") == isinstance(done, int), "completed_at %s with status %s" % (done, status))
        laws.hold(done is None or done >= response["created_at"], "completed before it was created")
    # Code of the provider's that calls a tool of the client's is not over when the response is.
    waits = any(item["type"] == "function_call" for item in response["output"])
    cut = [item for item in response["output"]
           if item.get("status") == "incomplete" and not (waits and item["type"] == "code_interpreter_call")]
    laws.hold(not cut or status != "completed", "an incomplete item in a completed response")
    for item in response["output"]:
        check_ended(laws, item, status)


def read_late(laws, choice, response):
    """Citations that came behind the end of their text, which the item no longer takes."""
    for note in response.get("citations") or []:
        if note.get("type") != "url_citation" or "title" not in note:
            choice.quoted += 1
            continue
        choice.cited.add(note["url"])
        if "item_id" in note:
            item = response["output"][note["output_index"]]
            part = item["content"][note["content_index"]]
            laws.hold(item["id"] == note["item_id"] and note["end_index"] <= len(part["text"]),
                      "a late citation is not within its text: %s" % note)


def read_final(laws, said, response, told):
    check_final(laws, response, told)
    read_output(laws, said, response["output"], told, response["status"] == "failed")
    said.usage, choice = read_usage(laws, response.get("usage")), said.choice()
    if told:
        read_late(laws, choice, response)
    reason = (response.get("incomplete_details") or {}).get("reason")
    if response["status"] == "incomplete":
        laws.hold(reason in ("max_output_tokens", "content_filter"), "the reason %s" % reason)
        choice.finish = LENGTH if reason == "max_output_tokens" else FILTER
    elif response["status"] == "completed":
        choice.finish = CALLS if choice.calls else STOP
    said.whole = response["status"] in ("completed", "incomplete")


class Heard(Answer):
    """An answer, and what only Responses say: items of the provider's own tools, and thoughts that nobody can read."""

    def __init__(self, **about):
        super().__init__(**about)
        self.served, self.redacted = [], []


def whole(body, schemas, told=True):
    """A whole answer's JSON."""
    laws, said = Laws(), Heard()
    response = json.loads(body)
    laws.extend(sorted(schemas.faults("Response", response)) if schemas else [])
    try:
        check_object(laws, response, told)
        read_final(laws, said, response, told)
    except (KeyError, TypeError, AttributeError) as error:
        laws.hold(False, "a response in another form: %s: %s" % (type(error).__name__, error))
    return said, laws, response


# --- Streams ---


class Item:
    """One item of a stream, as far as it was told."""

    def __init__(self, index, added):
        self.index, self.added, self.kind, self.id = index, added, added["type"], added["id"]
        self.last, self.parts, self.text, self.done, self.notes, self.images = "", [], None, None, [], 0

    @property
    def begun(self):
        """The call's arguments are begun and not yet whole."""
        if self.kind == "custom_tool_call":
            return self.last != "custom_tool_call_input.done"
        try:
            return self.kind == "function_call" and not isinstance(json.loads(self.text or "-"), dict)
        except ValueError:
            return True

    def so_far(self):
        """What was told of it, if nothing more comes."""
        made = dict(self.added)
        if self.kind in ("message", "reasoning"):
            made["content" if self.kind == "message" else "summary"] = self.parts
        elif self.kind in MEMBER:
            made[MEMBER[self.kind]] = self.text or ""
        return made


class Stream:
    """One streamed answer, read event by event."""

    def __init__(self, schemas, told):
        self.laws, self.said, self.schemas, self.told = Laws(), Heard(), schemas, told
        self.numbers, self.items, self.events, self.first, self.final, self.error = [], [], [], None, None, None

    def event(self, name, event):
        laws, kind = self.laws, event.get("type")
        laws.extend(sorted(self.schemas.faults("ResponseStreamEvent", event)) if self.schemas else [])
        laws.hold(name == kind, "the event %s has the type %s" % (name, kind))
        self.numbers.append(event.get("sequence_number"))
        laws.hold(not self.told or "obfuscation" not in event, "obfuscation, which nobody asked for")
        laws.hold(self.final is None, "%s behind the end" % kind)
        laws.hold(self.error is None or kind == "response.failed", "%s behind an error" % kind)
        short, number = str(kind).removeprefix("response."), len(self.events)
        laws.hold(short == {0: "created", 1: "in_progress"}.get(number, short) and (
            number < 2 or short not in ("created", "in_progress")), "event %d is %s" % (number, kind))
        if kind == "error":
            self.failed(event)
        elif "response" in event:
            self.response(short, event["response"])
        elif short == "output_item.added":
            self.added(event)
        elif short == END:
            self.done(event)
        else:
            self.within(short, event)
        self.events.append(event)

    def response(self, short, response):
        laws = self.laws
        check_object(laws, response, self.told)
        self.first = self.first or response
        changed = [name for name in self.first.keys() | response.keys()
                   if name not in (PROGRESS if self.told else THEIRS) and self.first.get(name, ...) != response.get(name, ...)]
        laws.hold(not changed, "%s of the response changed" % ", ".join(sorted(changed)))
        if short in ("created", "in_progress"):
            laws.hold(response["status"] == "in_progress" and response["output"] == [] and response.get("usage") is None
                      and not response.get("completed_at") and response["error"] is None
                      and response["incomplete_details"] is None, "a response that begins has come further: %s" % short)
            return
        laws.hold(response["status"] == short, "response.%s with status %s" % (short, response["status"]))
        self.final = response
        self.ended(response)

    def ended(self, response):
        laws, output = self.laws, response["output"]
        open_ = [item.id for item in self.items if item.done is None]
        laws.hold(not open_ or response["status"] == "failed", "items without their end: %s" % open_)
        laws.hold((response["status"] == "failed") == (self.error is not None), "response.failed comes behind an error")
        if self.error and response.get("error"):
            laws.hold(response["error"]["message"] == self.error["message"], "another message than the error's")
            # The specification lists the codes of a response; what is not among them is the server's error.
            laws.hold(response["error"]["code"] in (self.error["code"], "server_error"), "another code than the error's")
        if not laws.hold(len(output) == len(self.items), "%d items, not the %d of the events" % (len(output), len(self.items))):
            return
        for item, given in zip(self.items, output):
            broken_off = "failed" if item.kind in NEVER_INCOMPLETE else "incomplete"
            wanted = item.done or item.so_far()
            # OpenAI encrypts anew for each event.
            loose = {*(() if item.done else ("status", "citations", "audio")), *(() if self.told else ("encrypted_content",))}
            differ = [name for name in (wanted.keys() | given.keys()) - loose if wanted.get(name, ...) != given.get(name, ...)]
            laws.hold(not differ, "%s of a %s at the end differs from its events" % (", ".join(sorted(differ)), item.kind))
            laws.hold(item.done or given.get("status", broken_off) == broken_off, "a %s that broke off is %s" % (
                item.kind, given.get("status")))

    def failed(self, event):
        given = event.get("error") or event
        flat = {name: event.get(name) for name in ("code", "message", "param")}
        if self.told:
            nested = {name: given.get(name) for name in flat}
            self.laws.hold("error" in event and nested == flat and isinstance(given.get("type"), str),
                           "an error tells itself flat and as an object, alike: %s" % event)
        self.laws.hold(isinstance(given.get("message"), str) and given["message"].strip(), "the error has no message")
        self.error = given
        self.said.error = Fault(str(given.get("message")), set(), {given.get("code")})

    def added(self, event):
        laws, given = self.laws, event["item"]
        laws.hold(event["output_index"] == len(self.items), "output_index %s, not %d" % (event["output_index"], len(self.items)))
        laws.hold(given["id"] not in [item.id for item in self.items], "an id again: %s" % given["id"])
        for other in self.items:
            # Calls whose arguments come by turns are told by turns, and tools of a provider may run at once; nothing else does.
            running = other.kind in SERVED and not other.last.endswith((".completed", ".failed"))
            at_once = running and given["type"] in SERVED | {"function_call"}
            laws.hold(other.done or other.begun or at_once, "a %s begins within a %s" % (given["type"], other.kind))
        item = Item(event["output_index"], given)
        for name, value in EMPTY.get(item.kind, {}).items():
            laws.hold(given.get(name, ...) == value, "a %s begins with %s %r" % (item.kind, name, given.get(name)))
        if item.kind not in WITHOUT_STATUS:
            laws.hold(given.get("status") == "in_progress", "a %s begins with status %s" % (item.kind, given.get("status")))
        self.items.append(item)

    def done(self, event):
        item, given = self.item_at(event), event["item"]
        if not item:
            return
        laws = self.laws
        self.step(item, END)
        for name in FIXED:
            laws.hold(name not in item.added or name == "container_id" or item.added[name] == given.get(name),
                      "%s of a %s changed from %s to %s" % (name, item.kind, item.added.get(name), given.get(name)))
        for name, value in item.so_far().items():
            if name in ("content", "summary", MEMBER.get(item.kind)) and item.kind in WAYS:
                laws.hold(given.get(name) == value, "a done %s has another %s than its events" % (item.kind, name))
        if item.kind in SERVED:
            completed = item.last.endswith(".completed")
            laws.hold(given.get("status", "completed" if completed else "") == "completed" if completed
                      else given.get("status") != "completed", "a %s is %s without its event" % (item.kind, given.get("status")))
        check_ended(laws, given, None)
        item.done = given

    def item_at(self, event):
        index = event.get("output_index")
        if not self.laws.hold(isinstance(index, int) and 0 <= index < len(self.items), "%s of no item" % event["type"]):
            return None
        item = self.items[index]
        given = event["item"]["id"] if "item" in event else event.get("item_id")
        self.laws.hold(given == item.id, "%s of %s has the id %s" % (event["type"], item.id, given))
        return item if self.laws.hold(item.done is None, "%s of an item that ended" % event["type"]) else None

    def step(self, item, short):
        may = FOLLOW.get(item.kind, {"": {END}}).get(item.last, set())
        self.laws.hold(short in may, "%s behind %s in a %s" % (short, item.last or "its beginning", item.kind))
        item.last = short if short != END else item.last

    def within(self, short, event):
        """An event of an item."""
        laws, item = self.laws, self.item_at(event)
        if not item:
            return
        self.step(item, short)
        group, _, what = short.rpartition(".")
        if group in ("content_part", "reasoning_summary_part"):
            self.part(item, what, event)
        elif group == "output_text.annotation":
            part, number = self.part_of(item, event), event["annotation_index"]
            laws.hold(number == len(part.setdefault("annotations", [])), "annotation_index %s, not %d" % (
                number, len(part["annotations"])))
            part["annotations"].append(event["annotation"])
        elif group in PIECES:
            member, name = PIECES[group]
            if what == "delta":
                laws.hold(isinstance(event["delta"], str) and (event["delta"] or not self.told), "a delta without text")
            if member:
                item.text = (item.text or "") + event.get("delta", "")
                laws.hold(what == "delta" or event[name] == item.text, "%s has other text than the deltas" % short)
                laws.hold("name" not in event or event["name"] == item.added.get("name"), "%s has another name" % short)
                return
            part = self.part_of(item, event)
            part[name] = part.get(name, "") + event.get("delta", "")
            laws.hold(what == "delta" or event[name] == part[name], "%s has other text than the deltas" % short)
            if group == "output_text" and what == "delta":
                part["logprobs"] = part.get("logprobs", []) + event.get("logprobs", [])
        elif what == "partial_image":
            laws.hold(event["partial_image_index"] == item.images, "partial_image_index %s" % event["partial_image_index"])
            item.images += 1

    def part(self, item, what, event):
        laws, given = self.laws, event["part"]
        index = event.get("content_index", event.get("summary_index"))
        if what == "added":
            laws.hold(index == len(item.parts), "part %s, not %d" % (index, len(item.parts)))
            text = given.get("text", given.get("refusal"))
            laws.hold(text == "" and not given.get("annotations"), "a part begins with %r" % given)
            item.parts.append(json.loads(json.dumps(given)))
            return
        part = self.part_of(item, event)
        laws.hold(given == part, "a part ends otherwise than it was told: %s" % [
            name for name in given.keys() | part.keys() if given.get(name) != part.get(name)])

    def part_of(self, item, event):
        index = event.get("content_index", event.get("summary_index"))
        last = len(item.parts) - 1
        self.laws.hold(index == last >= 0, "%s of part %s, not %d" % (event["type"], index, last))
        return item.parts[last] if item.parts else {}

    def end(self):
        laws, said = self.laws, self.said
        laws.hold(self.numbers == list(range(len(self.numbers))), "sequence_number counts from 0: %s" % self.numbers[:9])
        if not laws.hold(self.final is not None, "the stream ends without the response's end"):
            return
        error = said.error
        read_final(laws, said, self.final, self.told)
        said.error = error
        if not laws:
            self.accumulated()

    def accumulated(self):
        """OpenAI's own accumulator must take every event, and come to the same."""
        state = ResponseStreamState(input_tools=openai.omit, text_format=openai.omit)
        for event in self.events:
            try:
                if event["type"] != "error":  # Which the package raises before.
                    state.handle_event(openai._models.construct_type(type_=ResponseStreamEvent, value=event))
            except Exception as error:  # Whatever it is, the client has it.
                self.laws.hold(False, "OpenAI's package does not take %s: %s: %s" % (event["type"], type(error).__name__, error))
                return
        made = state._completed_response
        if self.final["status"] == "completed":
            self.laws.hold([item.id for item in made.output] == [item["id"] for item in self.final["output"]],
                           "OpenAI's package reads other items")
            self.laws.hold(made.output_text == self.said.choice().text, "OpenAI's package reads another text")


def stream(body, schemas, told=True):
    """A streamed answer's bytes."""
    read = Stream(schemas, told)
    laws, text = read.laws, body.decode()
    laws.hold("\r" not in text and text.endswith("\n\n"), "every event ends with a blank line, and lines with \\n")
    laws.hold(all(re.fullmatch(r"event: \S+\ndata: \S[^\n]*", event) for event in text.split("\n\n")[:-1]),
              "an event is a line with its name and one of data")
    for name, data in framing.server_sent(body):
        if not laws.hold(data != "[DONE]", "[DONE], which Responses have not"):
            continue
        try:
            read.event(name, json.loads(data))
        except ValueError:
            laws.hold(False, "data that is no JSON: %r" % data[:80])
        except (KeyError, TypeError, AttributeError, IndexError) as error:
            laws.hold(False, "an event in another form: %s: %s in %r" % (type(error).__name__, error, data[:200]))
    try:
        read.end()
    except (KeyError, TypeError, AttributeError) as error:
        laws.hold(False, "an end in another form: %s: %s" % (type(error).__name__, error))
    return read.said, laws, read.final
