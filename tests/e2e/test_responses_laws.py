"""The judge of Responses and completions itself: it takes what OpenAI sent, and notices every way of breaking a good answer."""

import copy
import json
import os
import pathlib

import pytest

import answers
import chat_cases
import completions_laws
import extract_served
import responses_laws
import schemas as openai_schemas
import twins

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")


@pytest.fixture(scope="module")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


# --- A good stream, with an item of each kind ---

OBJECT = {
    "id": "resp_1", "object": "response", "created_at": 7, "status": "in_progress", "background": False, "completed_at": None,
    "error": None, "incomplete_details": None, "instructions": None, "max_output_tokens": None, "max_tool_calls": None,
    "model": "m", "output": [], "parallel_tool_calls": True, "previous_response_id": None, "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None}, "safety_identifier": None, "service_tier": "default", "store": False,
    "temperature": 1, "text": {"format": {"type": "text"}, "verbosity": "medium"}, "tool_choice": "auto", "tools": [],
    "top_logprobs": 0, "top_p": 1, "truncation": "disabled", "usage": None, "user": None, "metadata": {}}
USAGE = {"input_tokens": 3, "input_tokens_details": {"cached_tokens": 1}, "output_tokens": 4,
         "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 7}
NOTE = {"type": "url_citation", "url": "https://example.com/a", "title": "A", "start_index": 0, "end_index": 5}


def item(kind, id_, told, begun, done, **fixed):
    """The events of one item. `told`: (event, members), `begun` and `done`: what it holds first and last."""
    first = {"id": id_, "type": kind, **fixed, **begun}
    yield {"type": "response.output_item.added", "item": first}
    yield from ({"type": "response." + name, "item_id": id_, **more} for name, more in told)
    yield {"type": "response.output_item.done", "item": {**first, **done}}


def part(prefix, index, empty, full, *told):
    yield prefix + ".added", {**index, "part": empty}
    yield from ((name, {**index, **more}) for name, more in told)
    yield prefix + ".done", {**index, "part": full}


def pieces(name, member, text, *cut):
    for one in cut:
        yield name + ".delta", {"delta": one}
    yield name + ".done", {member: text}


def text_part(index, *texts, note=None):
    told = [("output_text.delta", {"delta": one, "logprobs": []}) for one in texts]
    told += [("output_text.annotation.added", {"annotation_index": 0, "annotation": note})] if note else []
    full = {"type": "output_text", "annotations": [note] if note else [], "logprobs": [], "text": "".join(texts)}
    told.append(("output_text.done", {"text": full["text"], "logprobs": []}))
    return list(part("content_part", {"content_index": index}, {**full, "text": "", "annotations": []}, full, *told)), full


def good_items():
    summary = {"type": "summary_text", "text": "Hm. Well."}
    yield item("reasoning", "rs_1", part(
        "reasoning_summary_part", {"summary_index": 0}, {**summary, "text": ""}, summary,
        ("reasoning_summary_text.delta", {"delta": "Hm. "}), ("reasoning_summary_text.delta", {"delta": "Well."}),
        ("reasoning_summary_text.done", {"text": summary["text"]})), {"summary": []},
        {"summary": [summary], "encrypted_content": "orq1:s:anthropic:c2ln"})
    yield item("web_search_call", "ws_1", [("web_search_call." + one, {}) for one in ("in_progress", "searching", "completed")],
               {"status": "in_progress", "action": {"type": "search"}},
               {"status": "completed", "action": {"type": "search", "query": "a", "queries": ["a"]}})
    first, one = text_part(0, "Hello", ", you.", note=NOTE)
    second, two = text_part(1, "Again.")
    refusal = {"type": "refusal", "refusal": "No."}
    third = part("content_part", {"content_index": 2}, {**refusal, "refusal": ""}, refusal,
                 ("refusal.delta", {"delta": "No."}), ("refusal.done", {"refusal": "No."}))
    yield item("message", "msg_1", [*first, *second, *third], {"status": "in_progress", "content": []},
               {"status": "completed", "content": [one, two, refusal]}, role="assistant")
    code = [("code_interpreter_call.in_progress", {}), *pieces("code_interpreter_call_code", "code", "1+1", "1+", "1"),
            ("code_interpreter_call.interpreting", {}), ("code_interpreter_call.completed", {})]
    yield item("code_interpreter_call", "ci_1", code, {"status": "in_progress", "code": "", "outputs": []},
               {"status": "completed", "code": "1+1", "outputs": [{"type": "logs", "logs": "2"}]}, container_id="c")
    yield item("mcp_list_tools", "mcpl_1", [("mcp_list_tools.in_progress", {}), ("mcp_list_tools.completed", {})], {"tools": []},
               {"tools": [{"name": "t", "description": None, "annotations": None, "input_schema": {}}]}, server_label="s")
    mcp = [("mcp_call.in_progress", {}), *pieces("mcp_call_arguments", "arguments", '{"a":1}', '{"a":', "1}"),
           ("mcp_call.completed", {})]
    yield item("mcp_call", "mcp_1", mcp, {"status": "in_progress", "arguments": "", "output": None, "error": None},
               {"status": "completed", "arguments": '{"a":1}', "output": "x"}, server_label="s", name="t")
    yield item("image_generation_call", "ig_1", [("image_generation_call." + one, {}) for one in (
        "in_progress", "generating", "completed")], {"status": "in_progress", "result": None},
        {"status": "completed", "result": "aW1n"})
    yield item("reasoning", "rs_2", [], {"summary": []}, {"encrypted_content": "orq1:c:gemini:c2ln"})
    yield item("function_call", "fc_1", ((name, {**more, **({"name": "f"} if "arguments" in more else {})}) for name, more in pieces(
        "function_call_arguments", "arguments", '{"b":2}', '{"b":', "2}")), {"status": "in_progress", "arguments": ""},
        {"status": "completed", "arguments": '{"b":2}'}, call_id="call_1", name="f")
    yield item("custom_tool_call", "ctc_1", pieces("custom_tool_call_input", "input", "do it", "do ", "it"),
               {"status": "in_progress", "input": ""}, {"status": "completed", "input": "do it"}, call_id="call_2", name="c")


def good():
    """A stream's events, numbered."""
    events, output = [], []
    for index, told in enumerate(good_items()):
        for event in told:
            events.append({**event, "output_index": index})
        output.append(events[-1]["item"])
    ended = {**OBJECT, "status": "completed", "completed_at": 8, "output": output, "usage": USAGE}
    return numbered([{"type": "response.created", "response": OBJECT}, {"type": "response.in_progress", "response": OBJECT},
                     *events, {"type": "response.completed", "response": ended}])


def numbered(events):
    return [{**copy.deepcopy(event), "sequence_number": number} for number, event in enumerate(events)]


def sse(events, end=""):
    return ("".join("event: %s\ndata: %s\n\n" % (event["type"], json.dumps(event)) for event in events) + end).encode()


GOOD = good()
FAULT = {"code": "server_error", "message": "It broke.", "param": None}


def failing(at):
    """The good stream broken off: what was told is the output, and items that were open are incomplete."""
    output = []
    for event in GOOD[:at]:
        index, short = event.get("output_index"), event["type"].removeprefix("response.")
        if short in ("output_item.added", "output_item.done"):
            output[index:] = [copy.deepcopy(event["item"])]
            if short.endswith("added") and "status" in output[index]:
                never = output[index]["type"] in ("web_search_call", "image_generation_call")
                output[index]["status"] = "failed" if never else "incomplete"
        elif short.endswith("part.added"):
            output[index]["content" if "content_index" in event else "summary"].append(copy.deepcopy(event["part"]))
        elif short == "output_text.annotation.added":
            output[index]["content"][-1]["annotations"].append(event["annotation"])
        elif short.endswith(".delta"):
            one = output[index]
            part_ = (one.get("content") or one.get("summary") or [one])[-1]
            member = next(name for name in ("arguments", "input", "code", "refusal", "text") if name in part_)
            part_[member] += event["delta"]
    error = {"type": "error", **FAULT, "error": {"type": "server_error", **FAULT}}
    told = {name: FAULT[name] for name in ("code", "message")}
    failed = {**OBJECT, "status": "failed", "error": told, "output": output}
    return numbered([*GOOD[:at], error, {"type": "response.failed", "response": failed}])


def broken(body, schemas=None):
    return responses_laws.stream(body, schemas)[1]


def test_a_good_stream_keeps_the_laws_and_is_read(schemas):
    said, laws, _ = responses_laws.stream(sse(GOOD), schemas)
    assert laws == []
    choice = said.choice()
    assert (choice.text, choice.refusal, choice.reasoning) == ("Hello, you.Again.", "No.", "Hm. Well.")
    assert [(call.id, call.name, call.arguments, call.signature) for call in choice.calls] == [
        ("call_1", "f", {"b": 2}, "c2ln")]
    assert choice.signature == "c2ln" and choice.cited == {NOTE["url"]} and choice.finish == "tool_calls"
    assert choice.media == [("image", "aW1n")] and said.usage["total_tokens"] == 7 and said.whole
    assert [one["type"] for one in said.served] == ["web_search_call", "code_interpreter_call", "mcp_list_tools", "mcp_call"]


def test_its_last_object_is_a_good_body(schemas):
    said, laws, _ = responses_laws.whole(json.dumps(GOOD[-1]["response"]).encode(), schemas)
    streamed = responses_laws.stream(sse(GOOD), None)[0]
    assert laws == [] and said == streamed and said.served == streamed.served


@pytest.mark.parametrize("number", range(len(GOOD)), ids=lambda number: "%d-%s" % (number, GOOD[number]["type"]))
class TestAnEvent:
    def test_that_is_missing_is_found_out(self, number):
        assert broken(sse(numbered(GOOD[:number] + GOOD[number + 1:])))

    def test_that_comes_twice_is_found_out(self, number):
        assert broken(sse(numbered(GOOD[:number + 1] + GOOD[number:])))

    def test_that_comes_too_early_is_found_out(self, number):
        before = GOOD[number - 1]["type"]
        if not number or {before, GOOD[number]["type"]} == {"response.output_text.delta", "response.output_text.annotation.added"}:
            return  # A citation may come anywhere in its text.
        assert broken(sse(numbered([*GOOD[:number - 1], GOOD[number], GOOD[number - 1], *GOOD[number + 1:]])))

    def test_of_another_item_is_found_out(self, number):
        for name in ("item_id", "output_index", "content_index", "summary_index", "annotation_index"):
            if name in GOOD[number]:
                events = copy.deepcopy(GOOD)
                events[number][name] = "fc_9" if name == "item_id" else events[number][name] + 1
                assert broken(sse(events)), name

    def test_with_another_number_is_found_out(self, number):
        events = copy.deepcopy(GOOD)
        events[number]["sequence_number"] += 1
        assert broken(sse(events))

    def test_with_another_name_is_found_out(self, number):
        lines = sse(GOOD).decode().split("\n\n")
        lines[number] = lines[number].replace("event: ", "event: x", 1)
        assert broken("\n\n".join(lines).encode())

    def test_behind_which_it_breaks_off_keeps_the_laws_if_it_is_said(self, number, schemas):
        at = number + 1
        if 2 <= at < len(GOOD):
            assert broken(sse(failing(at)), schemas) == []
        assert at == len(GOOD) or broken(sse(GOOD[:at]))

    def test_with_other_text_is_found_out(self, number):
        for name, value in GOOD[number].items():
            if name in ("delta", "text", "refusal", "arguments", "input", "code") and isinstance(value, str):
                events = copy.deepcopy(GOOD)
                events[number][name] += "x"
                assert broken(sse(events)), name


def of(kind, what="item.added", number=0):
    """The place of an event of the good stream."""
    found = [at for at, event in enumerate(GOOD) if what in event["type"]
             and (event.get("item") or {}).get("type", kind) == kind]
    return found[number]


def change(at, *path, **members):
    def mutate(events):
        value = events[at]
        for step in path:
            value = value[step]
        value.update(members)
    return mutate


END = len(GOOD) - 1
WRONG = {
    "an item's status at first": change(of("function_call"), "item", status="completed"),
    "an item's status at the end": change(of("function_call", "item.done"), "item", status="in_progress"),
    "another id at the end": change(of("function_call", "item.done"), "item", id="fc_2"),
    "another type at the end": change(of("function_call", "item.done"), "item", type="custom_tool_call"),
    "another call_id at the end": change(of("function_call", "item.done"), "item", call_id="call_9"),
    "another name at the end": change(of("function_call", "item.done"), "item", name="g"),
    "an item that begins with arguments": change(of("function_call"), "item", arguments="{"),
    "an item that begins with content": change(of("message"), "item", content=[{"type": "refusal", "refusal": "No."}]),
    "a part that begins with text": change(of("", "content_part.added"), "part", text="H"),
    "a part that ends with other text": change(of("", "content_part.done"), "part", text="H"),
    "a part that ends with other citations": change(of("", "content_part.done"), "part", annotations=[]),
    "a summary that ends otherwise": change(of("", "summary_part.done"), "part", text="H"),
    "other text in the done item": change(of("message", "item.done"), "item", "content", 0, text="Hello, me."),
    "another summary in the done item": change(of("reasoning", "item.done"), "item", summary=[]),
    "other code in the done item": change(of("code_interpreter_call", "item.done"), "item", code="2"),
    "another input in the done item": change(of("custom_tool_call", "item.done"), "item", input="2"),
    "another name in arguments.done": change(of("", "function_call_arguments.done"), name="g"),
    "another text in the last object": change(END, "response", "output", 2, "content", 0, text="Hello, me."),
    "another order in the last object": lambda events: events[END]["response"]["output"].reverse(),
    "an item lost in the last object": lambda events: events[END]["response"]["output"].pop(),
    "an incomplete item in a completed response": change(of("message", "item.done"), "item", status="incomplete"),
    "another id of the response": change(END, "response", id="resp_2"),
    "another time of the response": change(END, "response", created_at=8),
    "another model": change(1, "response", model="n"),
    "another temperature": change(END, "response", temperature=0),
    "completed in progress": change(1, "response", status="completed"),
    "output in progress": lambda events: events[1]["response"].update(output=events[END]["response"]["output"]),
    "usage in progress": change(1, "response", usage=USAGE),
    "completed with an error": change(END, "response", error={"code": "a", "message": "b"}),
    "completed and yet incomplete": change(END, "response", incomplete_details={"reason": "max_output_tokens"}),
    "incomplete without a reason": lambda events: events[END].update(type="response.incomplete") or change(
        END, "response", status="incomplete", completed_at=None)(events),
    "another status than the event's": change(END, "response", status="incomplete"),
    "a completed response without its time": change(END, "response", completed_at=None),
    "completed before it was created": change(END, "response", completed_at=6),
    "something stored": lambda events: [event["response"].update(store=True) for event in events if "response" in event],
    "an id of another form": lambda events: [event["response"].update(id="msg-1") for event in events if "response" in event],
    "a member missing": lambda events: [event["response"].pop("truncation") for event in events if "response" in event],
    "a wrong sum": change(END, "response", usage={**USAGE, "total_tokens": 8}),
    "more cached than read": change(END, "response", usage={**USAGE, "input_tokens_details": {"cached_tokens": 4}}),
    "more reasoning than written": change(END, "response", usage={**USAGE, "output_tokens_details": {"reasoning_tokens": 5}}),
    "obfuscation": change(of("", "output_text.delta"), obfuscation="x"),
    "an empty delta": change(of("", "output_text.delta"), delta=""),
    "a search that failed, completed": lambda events: events.remove(events[of("", "web_search_call.completed")]),
    "failed without an error": lambda events: events[END].update(type="response.failed") or change(
        END, "response", status="failed", completed_at=None, error={"code": "a", "message": "b"})(events),
}
MESSAGE = [event["item"] for event in GOOD if event.get("item", {}).get("type") == "message"][-1]
# What stands in several places alike.
EVERYWHERE = {
    "thoughts that nobody can read beside a summary": ("orq1:s:anthropic:c2ln", "orq1:r:anthropic:c2ln"),
    "no model": ("m", ""), "an incomplete item in a completed response": (MESSAGE, {**MESSAGE, "status": "incomplete"}),
    "a message without content": (MESSAGE["content"], []),
    "a citation outside of its text": (NOTE, {**NOTE, "end_index": 99}),
    "a citation without a title": (NOTE, {**NOTE, "title": None}),
    "a call_id twice": ("call_2", "call_1"), "an id twice": ("rs_2", "rs_1"), "an id of another kind": ("ws_1", "srvtoolu_1"),
    "arguments that are no object": ('{"b":2}', '{"b":22'), "a text of another making in encrypted_content": (
        "orq1:s:anthropic:c2ln", "c2ln"), "what is sealed for a call before none": ("orq1:s:anthropic:c2ln", "orq1:c:anthropic:c2ln"),
}


@pytest.mark.parametrize("what, mutate", WRONG.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_stream_that_says_it_otherwise_is_found_out(what, mutate):
    events = copy.deepcopy(GOOD)
    mutate(events)
    assert broken(sse(numbered(events))), what


@pytest.mark.parametrize("what", EVERYWHERE)
def test_a_stream_that_is_wrong_throughout_is_found_out(what):
    one, other = (json.dumps(value) for value in EVERYWHERE[what])
    text = sse(GOOD).decode()
    assert one in text and broken(text.replace(one, other).encode())


@pytest.mark.parametrize("at", range(len(GOOD)))
def test_an_event_in_another_form_is_found_out(at):
    lines = sse(GOOD).decode().split("\n\n")
    for data in ("{", "[]", '{"type": %s}' % json.dumps(GOOD[at]["type"])):
        lines[at] = "event: %s\ndata: %s" % (GOOD[at]["type"], data)
        assert broken("\n\n".join(lines).encode()), data


def test_a_stream_that_openais_package_reads_otherwise_is_found_out(monkeypatch):
    """Whatever the package objects to is told, and so is what it reads in another way."""
    whole = responses_laws.ResponseStreamState.handle_event
    for change_ in (lambda response: response.output.pop(), lambda response: setattr(response.output[2].content[0], "text", "")):
        def handle(self, event, change_=change_):
            told = whole(self, event)
            if self._completed_response:
                change_(self._completed_response)
            return told
        monkeypatch.setattr(responses_laws.ResponseStreamState, "handle_event", handle)
        assert broken(sse(GOOD))
    monkeypatch.setattr(responses_laws.ResponseStreamState, "handle_event", lambda self, event: self.nothing)
    assert broken(sse(GOOD))


# --- What OpenAI itself sent ---

# Where its recordings are older than its specification, or shortened by hand: what is forgiven.
OLDER = {
    "response-tools-stream": ("sequence_number", "logprobs", "a part ends otherwise", "a done message has another content"),
    "input-guardrails": ('Response: .output[].content[] "logprobs"',),
    "fixture-openai-image-generation-tool-1": ('ResponseOutputItemAddedEvent: .item "result"',),
    "fixture-openai-error-1": ("ResponseErrorEvent: . ", "ResponseFailedEvent: .response.error.code"),
    "fixture-stream-rate-limited-1": ("ResponseErrorEvent: . ",),
    "fixture-azure-deepseek-reasoning-1": ("",),  # A chat in spite of its name.
}


def recorded(endpoint):
    for line in map(json.loads, (pathlib.Path(CORPUS) / "index.jsonl").read_text().splitlines()):
        if line["provider"] in ("openai", "azure-openai") and line["endpoint"] == endpoint and line["status"] == 200:
            yield line, (pathlib.Path(CORPUS) / line["case"] / line["response_file"]).read_bytes()


@pytest.mark.skipif(not CORPUS or not SPEC, reason="ORQ_CORPUS or ORQ_SPEC is not set.")
def test_responses_that_openai_itself_sent_keep_the_laws(schemas):
    judged, wrong = 0, {}
    for line, body in recorded("responses"):
        name = line["case"].rsplit("/", 1)[1]
        found = (responses_laws.stream if line["stream"] else responses_laws.whole)(body, schemas, told=False)[1]
        forgiven = [law for law in found if any(word in law for word in OLDER.get(name, ()))]
        if forgiven:
            print("%s: forgiven: %s" % (name, sorted(set(forgiven))))
        assert bool(forgiven) == (name in OLDER), "%s is not older than the specification" % name
        wrong |= {line["case"]: set(found) - set(forgiven)} if set(found) - set(forgiven) else {}
        judged += 1
    assert not wrong and judged


STREAMS = [chat for chat in chat_cases.chats(CORPUS) if chat.streamed and chat.status == 200] if CORPUS else []


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set.")
@pytest.mark.parametrize("chat", STREAMS, ids=lambda chat: chat.id)
def test_a_whole_answer_made_of_a_stream_says_the_same(chat):
    twin = twins.whole(chat)
    if not twin:
        pytest.skip("no whole answer says what this stream says")
    assert answers.differences(chat.said, twin.said) == []
    assert extract_served.served(chat) == extract_served.served(twin)


# --- Completions ---


def chunk(*choices, **more):
    return {"id": "cmpl-1", "object": "text_completion", "created": 7, "model": "m", "choices": list(choices), "usage": None, **more}


def choice(text="", finish=None, index=0, **more):
    return {"text": text, "index": index, "logprobs": None, "finish_reason": finish, **more}


COUNTS = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7, "prompt_tokens_details": {"cached_tokens": 0},
          "completion_tokens_details": {"reasoning_tokens": 0}}
CHUNKS = [chunk(choice("", reasoning="Hm.")), chunk(choice("Hel")), chunk(choice("lo.")), chunk(choice("", "stop")),
          chunk(usage=COUNTS)]


def chunks(events, end="data: [DONE]\n\n"):
    return ("".join("data: %s\n\n" % json.dumps(event) for event in events) + end).encode()


def test_a_good_completion_keeps_the_laws_and_is_read(schemas):
    said, laws = completions_laws.stream(chunks(CHUNKS), schemas)
    heard = said.choice()
    assert laws == [] and (heard.text, heard.reasoning, heard.finish) == ("Hello.", "Hm.", "stop")
    body = {**chunk(choice("Hello.", "stop", reasoning="Hm.")), "usage": COUNTS}
    assert completions_laws.whole(json.dumps(body).encode(), schemas) == (said, [])
    plain = [{name: value for name, value in one.items() if name != "usage"} for one in CHUNKS[:-1]]
    assert completions_laws.stream(chunks(plain), schemas, asked=False)[1] == []


@pytest.mark.parametrize("what, body", {
    "no [DONE]": chunks(CHUNKS, ""), "[DONE] twice": chunks(CHUNKS, "data: [DONE]\n\n" * 2), "no end": chunks(CHUNKS[:3]),
    "no usage": chunks(CHUNKS[:-1] + [chunk(choice("x"))]), "another id": chunks([*CHUNKS[:2], {**CHUNKS[2], "id": "cmpl-2"},
    *CHUNKS[3:]]), "an id of a chat": chunks(CHUNKS).replace(b"cmpl-1", b"chatcmpl-1"),
    "an object of a chat": chunks(CHUNKS).replace(b"text_completion", b"chat.completion.chunk"),
    "text behind the end": chunks([*CHUNKS[:4], CHUNKS[2], CHUNKS[4]]), "another reason": chunks(CHUNKS).replace(b"stop", b"tool_calls"),
    "a chunk that says nothing": chunks([chunk(choice()), *CHUNKS]), "usage beside text": chunks([chunk(choice("a"), usage=COUNTS)]),
    "a wrong sum": chunks(CHUNKS).replace(b'"total_tokens": 7', b'"total_tokens": 8'), "a gap": chunks([
        chunk(choice("a", "stop", 1)), CHUNKS[4]]), "a delta of a chat": chunks([chunk({**choice("a"), "delta": {}}), *CHUNKS]),
    "named events": chunks(CHUNKS).replace(b"data: {", b"event: x\ndata: {"), "other lines": chunks(CHUNKS).replace(b"\n", b"\r\n"),
    "an error and [DONE]": chunks([*CHUNKS[:2], {"error": {"message": "m", "type": "t", "param": None, "code": None}}]),
    "no choice": chunks([chunk(), *CHUNKS]), "null text": chunks(CHUNKS).replace(b'"lo."', b"null"), "no null usage": chunks(CHUNKS).replace(b', "usage": null', b"", 1),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_completion_that_breaks_a_law_is_found_out(what, body):
    assert completions_laws.stream(body, None)[1], what


@pytest.mark.parametrize("choices", [[], [choice("a", "stop", 1)], [choice("a")]], ids=["none", "another number", "no reason"])
def test_a_whole_completion_that_breaks_a_law_is_found_out(choices):
    assert completions_laws.whole(json.dumps({**chunk(*choices), "usage": COUNTS}).encode(), None)[1]


@pytest.mark.parametrize("what, mutate", {
    "an error that is only flat": lambda events: events[-2].pop("error"),
    "an error that is only nested": lambda events: events[-2].pop("message"),
    "an error without its type": lambda events: events[-2]["error"].pop("type"),
    "another message in the object": lambda events: events[-2]["error"].update(message="Else.") or events[-2].update(message="Else."),
    "another code in the object": lambda events: events[-1]["response"]["error"].update(code="else"),
    "an open item completed": lambda events: events[-1]["response"]["output"][-1].update(status="completed"),
    "an open item lost": lambda events: events[-1]["response"]["output"].pop(),
    "an error without a message": lambda events: events[-2].update(message="", error={**FAULT, "type": "t", "message": ""}),
    "no failed response": lambda events: events.pop(),
    "a completed response": lambda events: events[-1].update(type="response.completed"),
    "an error twice": lambda events: events.insert(-1, events[-2]),
    "an event behind the error": lambda events: events.insert(-1, GOOD[5]),
    "an event behind the end": lambda events: events.append(GOOD[5]),
}.items(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_failure_that_is_told_otherwise_is_found_out(what, mutate):
    events = failing(of("", "refusal.delta"))
    assert broken(sse(events)) == []
    mutate(events)
    assert broken(sse(numbered(events))), what


@pytest.mark.parametrize("body", [
    sse(GOOD, "data: [DONE]\n\n"), sse(GOOD)[:-1], sse(GOOD).replace(b"\n\n", b"\r\n\r\n"), b": hello\n\n" + sse(GOOD),
    sse(GOOD).replace(b"data: ", b"data:"), sse(GOOD).replace(b"\ndata: ", b"\nid: 1\ndata: "),
    b"\n\n".join(one.split(b"\n", 1)[1] for one in sse(GOOD).split(b"\n\n")[:-1]) + b"\n\n"], ids=range(7))
def test_a_stream_in_another_form_is_found_out(body):
    assert broken(body)


def test_calls_whose_arguments_come_by_turns_may_be_open_at_once(schemas):
    """Of two calls that a provider tells by turns, the second begins while the first is open."""
    one = list(item("function_call", "fc_1", pieces("function_call_arguments", "arguments", '{"b":2}', '{"b":', "2}"), {
        "status": "in_progress", "arguments": ""}, {"status": "completed", "arguments": '{"b":2}'}, call_id="call_1", name="f"))
    two = [{**event, "output_index": 1} for event in json.loads(
        json.dumps(one).replace("fc_1", "fc_2").replace("call_1", "call_2"))]
    one = [{**event, "output_index": 0} for event in one]
    ended = {**OBJECT, "status": "completed", "completed_at": 8, "output": [one[-1]["item"], two[-1]["item"]], "usage": USAGE}

    def told(*events):
        return sse(numbered([*GOOD[:2], *events, {"type": "response.completed", "response": ended}]))

    turns = told(*one[:2], *two[:2], one[2], two[2], *one[3:], *two[3:])
    unnamed = [law for law in broken(turns, schemas) if "name" not in law]
    assert not unnamed and not broken(turns)
    assert broken(told(*one[:3], *two, *one[3:])), "a call that has its arguments is still open"


@pytest.mark.skipif(not CORPUS or not SPEC, reason="ORQ_CORPUS or ORQ_SPEC is not set.")
def test_completions_that_openai_itself_sent_keep_the_laws(schemas):
    judged = 0
    for line, body in recorded("completions"):
        asked = b'"usage":' in body.split(b"\n")[0]
        found = completions_laws.stream(body, schemas, asked, told=False)[1] if line["stream"] else completions_laws.whole(
            body, schemas, told=False)[1]
        assert not found, (line["case"], found)
        judged += 1
    assert judged
