"""Recorded chats of every provider, through Envoy and the module, to a client that asks for Responses or completions.

Needs `ORQ_CORPUS` (recordings) and, for OpenAI's schemas, `ORQ_SPEC` (a folder with openai.json). As in test_translated.py the
provider gives the recorded answer in pieces. What comes out must keep the laws of OpenAI's answers (responses_laws.py,
completions_laws.py) and say what the recording says (extract.py, extract_served.py), whole bodies the same as streams (twins.py).
"""

import collections
import copy
import json
import os
import pathlib
import re

import httpx
import pytest

import answers
import chat_cases
import completions_laws
import envoy
import extract_served
import laws
import recordings
import responses_laws
import schemas as openai_schemas
import twins
import upstream
import upstream_targets
from test_translated import ERRORS, NEWS, at_half

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
KEY = "sk-orq-demo"
# Bytes a piece, and the longest answer that is cut so small. 0: whole, with its length in a header.
CUTS = {0: 1 << 30, 1: 2_000, 7: 20_000, 61: 1 << 30}
CHATS = chat_cases.chats(CORPUS) if CORPUS else []
STREAMS = [chat for chat in CHATS if chat.streamed and chat.status == 200]
RESPONSES, COMPLETIONS = "/responses", "/completions"
# Recordings that are known not to pass, and why.
KNOWN = {}


class Summary:
    def __init__(self):
        self.replayed, self.replays, self.native = collections.Counter(), 0, collections.defaultdict(set)
        self.without_row, self.unnamed, self.without_twin = collections.Counter(), set(), set()

    def pytest_terminal_summary(self, terminalreporter):
        say = terminalreporter.write_line
        terminalreporter.section("chats told as Responses and completions")
        say("%d replays: %s" % (self.replays, ", ".join("%s %d" % one for one in sorted(self.replayed.items()))))
        for (path, row), models in sorted(self.native.items()):
            say("not replayed: %s has its own %s for %s" % (row, path, ", ".join(sorted(models))))
        for row, count in sorted(self.without_row.items()):
            say("not replayed: %d of %s: docs/PROVIDERS.md has no such row" % (count, row))
        for chat in sorted(self.unnamed):
            say("%s: has a tool at work that OpenAI has no item for" % chat)
        for chat in sorted(self.without_twin):
            say("%s: not compared with a whole body: no whole answer says what this stream says" % chat)
        for chat, reason in KNOWN.items():
            say("known not to pass: %s: %s" % (chat, reason))
        if not SPEC:
            say("not validated: set ORQ_SPEC to a folder with openai.json")


@pytest.fixture(scope="session")
def told(request):
    summary = Summary()
    request.config.pluginmanager.register(summary)
    return summary


@pytest.fixture(scope="module")
def replay():
    replay = recordings.Replay()
    yield replay
    replay.stop()


@pytest.fixture(scope="module")
def stage(replay, tmp_path_factory):
    folder = tmp_path_factory.mktemp("responses")
    try:
        stage = envoy.Envoy(folder, "responses", chat_cases.bootstrap(replay.port, KEY, folder / "access.log"))
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    with httpx.Client(headers={"authorization": "Bearer " + KEY}, timeout=30, base_url=stage.base_url) as client:
        stage.client = client
        yield stage
    stage.stop()


@pytest.fixture(scope="module")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def asked(chat, path, usage=True):
    """What a client asks; `usage`: of a stream of completions its usage, too."""
    said = {"model": "%s/%s" % (chat.row, chat.model), "input" if path == RESPONSES else "prompt": "Hi"}
    if not chat.streamed:
        return said
    return said | {"stream": True} | ({"stream_options": {"include_usage": True}} if path == COMPLETIONS and usage else {})


@pytest.fixture(scope="module")
def ask(stage, replay, told):
    """Replays a chat in pieces of a size; the client's answer. Skips what the provider serves by a route of its own."""

    def ask(chat, path, cut, usage=True):
        if chat.row not in chat_cases.known_rows():
            told.without_row[chat.row] += 1
            pytest.skip("docs/PROVIDERS.md has no row %s" % chat.row)
        if chat.model in told.native.get((path, chat.row), ()):
            pytest.skip("%s has its own %s" % (chat.row, path))
        replay.seen = None
        replay.answer = chat.status, [("content-type", chat.content_type), *chat.headers.items()], chat.answer, cut
        answer = stage.client.post(path, json=asked(chat, path, usage))
        assert replay.seen, "nothing reached the provider: %d %s" % (answer.status_code, answer.text[:300])
        if replay.seen["path"].endswith(path) and not replay.seen["path"].endswith("/chat" + path):
            told.native[path, chat.row].add(chat.model)
            pytest.skip("%s has its own %s" % (chat.row, path))
        told.replays += 1
        return answer

    return ask


def read(chat, path, answer, schemas):
    """What a client hears, the laws that the answer breaks, and the response object."""
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/json"
        return *laws.error(answer.status_code, answer.content, schemas), None
    assert answer.status_code == 200 and answer.headers.get("x-request-id")
    declared = answer.headers["content-type"].split(";")[0]
    assert declared == ("text/event-stream" if chat.streamed else "application/json")
    if path == RESPONSES:
        return (responses_laws.stream if chat.streamed else responses_laws.whole)(answer.content, schemas)
    return *(completions_laws.stream if chat.streamed else completions_laws.whole)(answer.content, schemas), None


def wanted(chat, path, heard, answer):
    """What must be heard: of Responses without the blocks that are items there, of completions the text, thoughts, pages and reason."""
    said = copy.deepcopy(chat.said)
    for index, choice in said.choices.items():
        choice.others = []
        told_ = heard.choices.get(index)
        # What was filtered may be explained, which no member of a completion is for.
        if path == COMPLETIONS and choice.finish == answers.FILTER and told_ and told_.text.startswith(choice.text):
            told_.text = choice.text + choice.refusal
        # Responses have no sound; it must stand somewhere.
        choice.media = [one for one in choice.media if one[0].startswith("image") or one[1] not in answer.text]
    if path == COMPLETIONS:
        said.choices = {index: answers.Choice(choice.text + choice.refusal, "", choice.reasoning, finish=choice.finish and {
            answers.CALLS: answers.STOP}.get(choice.finish, choice.finish), cited=choice.cited) for index, choice in said.choices.items()}
    elif said.usage:
        said.usage["audio_tokens"] = 0  # Responses do not count sound.
    return said


def served_differences(chat, said, told):
    """How the items of the provider's own tools differ from what the recording has of them."""
    if said.error:
        return []
    expected, got = extract_served.served(chat), [extract_served.told(item) for item in said.served]
    if None in expected:
        told.unnamed.add(chat.id)
        got = [one for one in got if one in expected]
    expected = [one for one in expected if one]
    return ["served: %s, not %s" % (got, expected)] if sorted(map(str, got)) != sorted(map(str, expected)) else []


@pytest.fixture(scope="module")
def judge(ask, stage, schemas, told):
    """Replays a chat in pieces of each size; gives what differs from what the client must get."""

    def judge(chat, path, *cuts, served=True):
        given, found = {}, []
        for cut in cuts:
            answer = ask(chat, path, cut)
            given.setdefault(without_made_up(answer.content), (cut, answer))
        if len(given) > 1:
            found.append("the answer depends on how it is cut: %s" % [cut for cut, _ in given.values()])
        for cut, answer in given.values():
            said, broken, _ = read(chat, path, answer, schemas)
            differ = answers.differences(wanted(chat, path, said, answer), said)
            if chat.line["provenance"] == "fixture":  # Whose numbers are sometimes invented.
                broken = [law for law in broken if law not in ("more cached than input", "more reasoning than output")]
            if path == RESPONSES and served and answer.status_code == 200:
                differ += served_differences(chat, said, told)
            found += ["cut by %d: %s" % (cut, one) for one in [*dict.fromkeys(broken), *differ]]
        assert not stage.failures(), "the VM failed"
        return found

    return judge


def without_made_up(body):
    """An answer's text without what differs from one time to the next: ids and times that the provider did not give."""
    text, names = body.decode(), {}
    text = re.sub(r'("(?:created|created_at|completed_at)": ?)\d+', r"\g<1>0", text)
    return re.sub(r'"((?:resp|msg|rs|fc|ctc|ws|ci|mcpl|mcp|ig|call|cmpl|cntr)[_-])([^"]+)"',
                  lambda found: '"%s%d"' % (found[1], names.setdefault(found[2], len(names))), text)


def tell(found):
    assert not found, "\n".join(["", *found])


needs_corpus = pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")
each_path = pytest.mark.parametrize("path", [RESPONSES, COMPLETIONS])


def each(chats):
    return pytest.mark.parametrize("chat", chats, ids=lambda chat: chat.id)


@needs_corpus
@each_path
@each(CHATS)
def test_a_client_gets_what_the_provider_said(chat, path, judge, request, told):
    if (chat.id, path) in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[chat.id, path]))
    found = judge(chat, path, *(cut for cut, most in CUTS.items() if len(chat.answer) <= most))
    told.replayed["%s %s" % (path, chat.row)] += 1
    tell(found)


def comparable(response):
    """A response without what differs each time, with JSON by its meaning, and without what a stream tells only at its end: of
    code the container, of a search the pages. Blocks that have no item stand in the order in which they came."""
    for item in response["output"]:
        if item["type"] in ("function_call", "mcp_call"):
            item["arguments"] = json.loads(item["arguments"])
        elif item.get("encrypted_content"):
            plain = re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), item["encrypted_content"])
            item["encrypted_content"] = "".join(plain.split())
        item.pop("container_id", None)
        item.get("action", {}).pop("sources", None)
    made = json.loads(without_made_up(json.dumps(response).encode()))
    blocks = made.get("extra_content") or {}
    return made | ({"extra_content": {name: sorted(map(str, one)) for name, one in blocks.items()}} if blocks else {})


@needs_corpus
@each(STREAMS)
def test_a_whole_response_is_the_last_object_of_the_stream(chat, ask, schemas, told):
    twin = twins.whole(chat)
    streamed = read(chat, RESPONSES, ask(chat, RESPONSES, 0), schemas)[2]
    if not twin:
        told.without_twin.add(chat.id)
        return
    twin.said = chat.said
    said, broken, response = read(twin, RESPONSES, ask(twin, RESPONSES, 0), schemas)
    assert response, "no response: %s" % said.error
    one, other = comparable(response), comparable(streamed)
    tell([*broken, *("%s: whole %s, streamed %s" % (name, one.get(name), other.get(name))
                     for name in one.keys() | other.keys() if one.get(name) != other.get(name))])


# --- the same streams, disturbed ---


@needs_corpus
@each_path
@each([chat for chat in STREAMS if chat.language != "bedrock"])
def test_a_stream_in_other_line_ends_says_the_same(chat, path, judge):
    lines = chat.answer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    for end in (b"\n", b"\r\n", b"\r") if path == RESPONSES else (b"\r\n",):
        other = chat.with_answer(b": a comment" + end + end + lines.replace(b"\n", end))
        found += ["with %r: %s" % (end, one) for one in judge(other, path, 61, served=False)]
    tell(found)


@needs_corpus
@each_path
@each(STREAMS)
def test_a_stream_that_breaks_off_is_told_so(chat, path, judge):
    """Cut between events at places before the provider's end, with a part of the next event and without."""
    parts, found = chat.parts(), []
    places = {len(parts) // 2}
    if path == RESPONSES:
        places |= {1, 2, len(parts) // 4, len(parts) * 3 // 4, len(parts) - 2}
    for keep in sorted(place for place in places if 0 < place < len(parts)):
        cut = chat.with_answer(b"".join(parts[:keep]))
        if cut.said.whole or cut.said.error:
            continue
        partly = chat.with_answer(cut.answer + parts[keep][:len(parts[keep]) // 2])
        partly.said = cut.said
        found += ["after %d events: %s" % (keep, one) for one in judge(cut, path, 0) + judge(partly, path, 0)]
    tell(found)


@needs_corpus
@each_path
@each(STREAMS)
def test_an_error_within_a_stream_reaches_the_client(chat, path, judge):
    parts = chat.parts()
    event = chat.event(*ERRORS.get(chat.language, ERRORS[None]))
    for at in sorted({0, len(parts) // 2}):
        told_ = chat.with_answer(b"".join(parts[:at]) + event)
        tell(judge(told_, path, 0, 61))


@needs_corpus
@each_path
@each([chat for chat in STREAMS if chat.language in NEWS])
def test_an_unknown_event_passes_without_harm(chat, path, judge):
    parts, news = chat.parts(), chat.event(*NEWS[chat.language])
    other = chat.with_answer(news.join([b"", *parts[:-1]]) + parts[-1])
    other.said = chat.said
    tell(judge(other, path, 61, served=False))


@needs_corpus
@each(STREAMS)
def test_usage_of_completions_comes_only_if_it_was_asked_for(chat, ask, schemas):
    answer = ask(chat, COMPLETIONS, 61, usage=False)
    said, broken = completions_laws.stream(answer.content, schemas, asked=False)
    tell([*broken, *(["usage, though it was not asked for: %s" % said.usage] if said.usage else [])])


@needs_corpus
@each([chat for chat in STREAMS if len(chat.parts()) > 9 and at_half(chat)[1].begun])
def test_a_stream_flows_as_it_comes(chat, ask, stage, replay):
    """While the provider has only sent half, the client has what was said until two events before it."""
    sent, now = at_half(chat)
    ask(chat, RESPONSES, 0)
    replay.answer = chat.status, [("content-type", chat.content_type)], chat.answer, len(sent)
    replay.held = hold = recordings.Hold(len(sent))
    try:
        with stage.client.stream("POST", RESPONSES, json=asked(chat, RESPONSES)) as answer:
            came = b""
            for piece in answer.iter_raw():
                came += piece
                got = deltas(came)
                if all(got[name] >= len(getattr(now, name)) for name in got):
                    hold.there.set()
    finally:
        hold.there.set()
        replay.held = None
    assert hold.in_time, "what was said in the first half came when the provider went on"


def deltas(came):
    """How much has come of what is said."""
    events = [json.loads(data) for data in re.findall(rb"^data: (\{.*\})$", came[:came.rfind(b"\n\n") + 2], re.M)]
    length = lambda kind: sum(len(event["delta"]) for event in events if event["type"] == kind)
    calls = sum(event["type"] == "response.output_item.added" and event["item"]["type"] == "function_call" for event in events)
    return {"text": length("response.output_text.delta"), "reasoning": length("response.reasoning_summary_text.delta"),
            "calls": calls}


def handed_back(chat, output):
    """The request of the next turn: all that was said, results for the calls, and more to ask where there are none."""
    calls = [item for item in output if item["type"] == "function_call"]
    results = [{"type": "function_call_output", "call_id": call["call_id"], "output": "19 °C"} for call in calls]
    tools = [{"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}, "strict": False}
             for name in sorted({call["name"] for call in calls})]
    more = results or [{"role": "user", "content": "And now?"}]
    return {"model": "%s/%s" % (chat.row, chat.model), "input": [{"role": "user", "content": "Hi"}, *output, *more], "tools": tools}


DIALECTS = {("google", "anthropic"): "vertex-anthropic", ("google", "gemini"): "vertex", ("google-ai", "gemini"): "gemini",
            ("anthropic", "anthropic"): "anthropic", ("aws", "bedrock"): "bedrock", ("cohere", "cohere"): "cohere"}


@needs_corpus
@each([chat for chat in CHATS if (chat.row, chat.language) in DIALECTS and chat.said.whole and chat.said.choice().begun])
def test_what_was_said_can_be_handed_back(chat, ask, stage, replay, schemas):
    """The next turn is valid by the provider's types, and holds the words, the calls and all that the provider signed."""
    said, _, response = read(chat, RESPONSES, ask(chat, RESPONSES, 0), schemas)
    replay.seen = None
    answer = stage.client.post(RESPONSES, json=handed_back(chat, response["output"]))
    assert replay.seen, "nothing reached the provider: %d %s" % (answer.status_code, answer.text[:300])
    sent = upstream.Sent(replay.seen["path"], dict(replay.seen["headers"].items()), replay.seen["body"])
    had, choice = "\n".join(upstream_targets.strings(sent.body)), said.choice()
    found = sorted(upstream.schema_faults(DIALECTS[chat.row, chat.language], sent, SPEC))
    texts = [part["text"] for item in response["output"] if item["type"] == "message" for part in item["content"]
             if part["type"] == "output_text"]
    signed = [signature for _, signature in choice.signatures] + [call.signature for call in choice.calls if call.signature]
    named = answer.headers.get("x-orq-dropped-params", "")
    lost = [signature for signature in signed if signature not in had]
    # Some models take no thoughts back, or none whose turn lost records of tools: each is then named.
    if len(lost) > named.count(".encrypted_content"):
        found.append("%d signatures do not come back, and named is: %s" % (len(lost), named))
    for what, wanted_ in (("text", texts), ("call", [call.name for call in choice.calls])):
        found += ["a %s does not come back: %s" % (what, one[:60]) for one in wanted_ if one.strip() and one.strip() not in had]
    tell(found)


@needs_corpus
def test_every_recorded_chat_was_replayed(request, told):
    """Runs last. With `-k` or a single case there is nothing to say."""
    if told.replays and not request.config.option.keyword and "::" not in "".join(request.config.args):
        assert not told.without_row, "no rows for these"
        native = sum(chat.model in told.native.get((path, chat.row), ()) for chat in CHATS for path in (RESPONSES, COMPLETIONS))
        assert CHATS and sum(told.replayed.values()) + native >= 2 * len(CHATS)
