"""Recorded chats of every provider, through Envoy and the module, to a client that speaks OpenAI's language.

Needs `ORQ_CORPUS` (recordings) and, for OpenAI's schemas, `ORQ_SPEC` (a folder with openai.json). The provider gives the
recorded answer in pieces; what comes out must keep the laws of OpenAI's answers (laws.py) and say what the recording says, which
extract.py reads from the raw bytes by itself. How many were replayed stands at the end of pytest's report.
"""

import collections
import copy
import json
import os
import pathlib
import shutil
import subprocess

import httpx
import pytest

import answers
import chat_cases
import envoy
import laws
import recordings
import schemas as openai_schemas

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
KEY = "sk-orq-demo"
# Bytes a piece, and the longest answer that is cut so small. 0: whole, with its length in a header.
CUTS = {0: 1 << 30, 1: 3_000, 7: 30_000, 61: 1 << 30, 1000: 1 << 30}
CHATS = chat_cases.chats(CORPUS) if CORPUS else []
# A stream in OpenAI's own language passes, mended where it must be, in the events in which it came. So these laws on its form
# are counted and told, not held: where usage stands, what stands between events, and what comes behind finish_reason.
AS_IT_CAME = ("usage comes if asked for", "usage is null before", "a chunk after the one with usage", "an event is one line",
              "every event ends with", "created is not the same", "a delta behind finish_reason",
              "an error is the last event", "[DONE] ends the stream")
# Recordings that are known not to pass, and why.
KNOWN = {}


class Summary:
    def __init__(self):
        self.replayed, self.replays, self.without_row = collections.Counter(), 0, collections.Counter()
        # Streams that came without an error: as they came, and what was heard in them.
        self.streams, self.heard = {}, {}
        self.as_it_came = collections.defaultdict(set)

    def pytest_terminal_summary(self, terminalreporter):
        say = terminalreporter.write_line
        terminalreporter.section("translated chats")
        say("%d of %d replayed, %d times in all: %s" % (sum(self.replayed.values()), len(CHATS), self.replays, ", ".join(
            "%s %d" % one for one in sorted(self.replayed.items()))))
        for row, count in sorted(self.without_row.items()):
            say("not replayed: %d of %s: docs/PROVIDERS.md has no such row" % (count, row))
        for chat, reason in KNOWN.items():
            say("known not to pass: %s: %s" % (chat, reason))
        for law, found in sorted(self.as_it_came.items(), key=lambda one: -len(one[1])):
            say("not held, in %d streams in OpenAI's own language: %s (%s)" % (len(found), law, min(found)))
        for chat in CHATS:
            if chat.reframed:
                say("%s: %s" % (chat.id, chat.reframed))
        if not SPEC:
            say("not validated: set ORQ_SPEC to a folder with openai.json")


@pytest.fixture(scope="session")
def summary(request):
    summary = Summary()
    request.config.pluginmanager.register(summary)
    return summary


@pytest.fixture(scope="session")
def replay():
    replay = recordings.Replay()
    yield replay
    replay.stop()


@pytest.fixture(scope="session")
def stage(replay, tmp_path_factory):
    folder = tmp_path_factory.mktemp("translated")
    try:
        stage = envoy.Envoy(folder, "translated", chat_cases.bootstrap(replay.port, KEY, folder / "access.log"))
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    with httpx.Client(headers={"authorization": "Bearer " + KEY}, timeout=30) as client:
        stage.client, url = client, stage.base_url + "/chat/completions"
        stage.post = lambda chat, **asked: client.post(url, json=chat.request(**asked))
        stage.stream = lambda chat: client.stream("POST", url, json=chat.request())
        yield stage
    stage.stop()


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


def heard(chat, answer, schemas, summary, asked=True):
    """What a client hears, and the laws that the answer breaks."""
    said, broken = read(chat, answer, schemas, asked)
    held = []
    for law in dict.fromkeys(broken):
        if chat.language in NEWS or not law.startswith(AS_IT_CAME):
            held.append(law)
        elif chat.answer is chat.recorded[0]:  # Of disturbed ones there is nothing to count.
            summary.as_it_came[next(name for name in AS_IT_CAME if law.startswith(name))].add(chat.id)
    return said, held


def read(chat, answer, schemas, asked):
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/json"
        return laws.error(answer.status_code, answer.content, schemas)
    assert answer.status_code == 200 and answer.headers.get("x-request-id")
    declared = answer.headers["content-type"].split(";")[0]
    assert declared == ("text/event-stream" if chat.streamed else "application/json")
    return laws.stream(answer.content, schemas, asked) if chat.streamed else laws.whole(answer.content, schemas)


@pytest.fixture(scope="session")
def judge(stage, replay, schemas, summary):
    """Replays a chat in pieces of each size; gives what differs from what the client must get."""

    def judge(chat, *cuts):
        given = {}
        for cut in cuts:
            replay.seen = None
            replay.answer = chat.status, [("content-type", chat.content_type), *chat.headers.items()], chat.answer, cut
            answer = stage.post(chat)
            assert replay.seen, "nothing reached the provider: %d %s" % (answer.status_code, answer.text[:300])
            given.setdefault(chat_cases.without_made_up(answer.content, chat.answer), (cut, answer))
            summary.replays += 1
        found = [] if len(given) < 2 else ["the answer depends on how it is cut: %s" % [cut for cut, _ in given.values()]]
        for cut, answer in given.values():
            said, broken = heard(chat, answer, schemas, summary)
            if chat.streamed and not said.error and chat.id not in summary.streams:
                summary.streams[chat.id], summary.heard[chat.id] = answer.content.decode(), said
            found += ["cut by %d: %s" % (cut, one) for one in [*broken, *answers.differences(chat.said, said)]]
        assert not stage.failures(), "the VM failed"
        return found

    return judge


needs_corpus = pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")


def needs_row(chat, summary=None):
    if chat.row not in chat_cases.known_rows():
        if summary:
            summary.without_row[chat.row] += 1
        pytest.skip("docs/PROVIDERS.md has no row %s" % chat.row)


@needs_corpus
@pytest.mark.parametrize("chat", CHATS, ids=lambda chat: chat.id)
def test_a_client_gets_what_the_provider_said(chat, judge, request, summary):
    needs_row(chat, summary)
    if chat.id in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[chat.id]))
    found = judge(chat, *(cut for cut, most in CUTS.items() if len(chat.answer) <= most))
    summary.replayed[chat.row] += 1
    assert not found, "\n".join(["", *found])


# --- the same streams, disturbed ---

STREAMS = [chat for chat in CHATS if chat.streamed and chat.status == 200]
# An error as each language tells it within a stream; the others do as OpenAI does.
ERRORS = {
    "anthropic": ("error", {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    "gemini": ("", {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    "bedrock": ("throttlingException", {"message": "Too many requests, please wait before trying again."}),
    "cohere": ("message-end", {"type": "message-end", "delta": {"error": "It broke.", "finish_reason": "ERROR"}}),
    None: ("", {"error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}}),
}
# What a provider may say that nobody knows yet.
NEWS = {"anthropic": ("aura", {"type": "aura", "index": 0, "glow": [1]}), "gemini": ("", {"aura": {"glow": [1]}}),
        "bedrock": ("aura", {"contentBlockIndex": 0, "glow": [1]}),
        "cohere": ("aura", {"type": "aura", "index": 0, "glow": [1]})}


@needs_corpus
@pytest.mark.parametrize("chat", [chat for chat in STREAMS if chat.language != "bedrock"], ids=lambda chat: chat.id)
def test_a_stream_in_other_line_ends_says_the_same(chat, judge):
    needs_row(chat)
    lines = chat.answer.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    found = []
    for end in (b"\n", b"\r\n", b"\r"):
        other = chat.with_answer(b": a comment" + end + end + lines.replace(b"\n", end))
        found += ["with %r: %s" % (end, one) for one in judge(other, 61)]
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", STREAMS, ids=lambda chat: chat.id)
def test_a_stream_that_breaks_off_is_told_so(chat, judge):
    """Cut between events at three places before the provider's end, with a part of the next event and without."""
    needs_row(chat)
    parts, found = chat.parts(), []
    for keep in sorted({1, len(parts) // 3, len(parts) // 2} - {0, len(parts)}):
        told = chat.with_answer(b"".join(parts[:keep]))
        if told.said.whole or told.said.error:
            continue
        partly = chat.with_answer(told.answer + parts[keep][:len(parts[keep]) // 2])
        partly.said = told.said
        found += ["after %d events: %s" % (keep, one) for one in judge(told, 0, 61) + judge(partly, 0, 61)]
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", STREAMS, ids=lambda chat: chat.id)
def test_an_error_within_a_stream_reaches_the_client(chat, judge):
    needs_row(chat)
    parts = chat.parts()
    event = chat.event(*ERRORS.get(chat.language, ERRORS[None]))
    told = chat.with_answer(b"".join(parts[:len(parts) // 2]) + event)
    found = judge(told, 0, 7)
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", [chat for chat in STREAMS if chat.language in NEWS], ids=lambda chat: chat.id)
def test_an_unknown_event_passes_without_harm(chat, judge):
    needs_row(chat)
    parts, news = chat.parts(), chat.event(*NEWS[chat.language])
    told = chat.with_answer(news.join([b"", *parts[:-1]]) + parts[-1])
    told.said = chat.said
    found = judge(told, 61)
    assert not found, "\n".join(["", *found])


NATIVE = [chat for chat in CHATS if chat.language in NEWS and chat.status == 200]
REASONS = ("stop_reason", "finishReason", "stopReason", "finish_reason")


def members(value):
    return list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ())


def with_news(value):
    """A member that nobody knows in every object but a call's arguments, which are the client's own."""
    for name, inner in members(value):
        if name not in ("input", "args"):
            with_news(inner)
    if isinstance(value, dict):
        value["aura"] = {"glow": [1]}


@needs_corpus
@pytest.mark.parametrize("chat", [chat for chat in STREAMS if chat.recorded[0][:1] == b"["], ids=lambda chat: chat.id)
def test_an_array_in_place_of_events_says_the_same(chat, judge):
    needs_row(chat)
    told = chat.with_answer(chat.recorded[0])
    told.content_type, told.said = chat.recorded[1], chat.said
    found = judge(told, 0, 1, 61, 1000)
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", NATIVE, ids=lambda chat: chat.id)
def test_unknown_members_pass_without_harm(chat, judge):
    needs_row(chat)
    told = chat.rewritten(with_news)
    told.said = chat.said
    found = judge(told, 61)
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", [chat for chat in NATIVE if not chat.said.blocked], ids=lambda chat: chat.id)
def test_an_unknown_reason_is_a_stop(chat, judge):
    needs_row(chat)

    def change(value):
        for name, inner in members(value):
            if name in REASONS and inner is not None:
                value[name] = "AURA"
            change(inner)

    told, said = chat.rewritten(change), copy.deepcopy(chat.said)
    for choice in said.choices.values():
        choice.finish = choice.finish and (answers.CALLS if choice.calls else answers.STOP)
    told.said = said
    found = judge(told, 61)
    assert not found, "\n".join(["", *found])


@needs_corpus
@pytest.mark.parametrize("chat", STREAMS, ids=lambda chat: chat.id)
def test_usage_comes_only_if_it_was_asked_for(chat, stage, replay, schemas, summary):
    needs_row(chat)
    replay.answer = chat.status, [("content-type", chat.content_type)], chat.answer, 61
    said, broken = heard(chat, stage.post(chat, usage=False), schemas, summary, asked=False)
    found = [*broken, *(one for one in answers.differences(chat.said, said) if not one.startswith("usage"))]
    if said.usage and chat.language in NEWS:
        found.append("usage, though it was not asked for: %s" % said.usage)
    assert not found, "\n".join(["", *found])


def at_half(chat):
    """What is sent in the first half of a stream, and what must have come until two events before its end."""
    parts = chat.parts()
    half = len(parts) // 2
    return b"".join(parts[:half]), chat.with_answer(b"".join(parts[:half - 2])).said.choice()


LONG = [chat for chat in STREAMS if len(chat.parts()) > 9 and at_half(chat)[1].begun]


@needs_corpus
@pytest.mark.parametrize("chat", LONG, ids=lambda chat: chat.id)
def test_a_stream_flows_as_it_comes(chat, stage, replay):
    """While the provider has only sent half, the client has what was said until two events before it."""
    needs_row(chat)
    sent, now = at_half(chat)
    replay.answer = chat.status, [("content-type", chat.content_type)], chat.answer, len(sent)
    replay.held = hold = recordings.Hold(len(sent))
    try:
        with stage.stream(chat) as answer:
            came = b""
            for piece in answer.iter_raw():
                came = (came + piece).replace(b"\r\n", b"\n")
                got = laws.stream(came[:came.rfind(b"\n\n") + 2], None)[0].choice()
                if all(len(getattr(got, name)) >= len(getattr(now, name)) for name in ("text", "reasoning", "calls")):
                    hold.there.set()
    finally:
        hold.there.set()
        replay.held = None
    assert hold.in_time, "what was said in the first half came when the provider went on"


@needs_corpus
def test_the_node_sdk_reads_every_stream_alike(summary):
    node = shutil.which("node")
    assert node, "Node is missing: install Node 20 or later, it runs the Node SDK."
    script = pathlib.Path(__file__).parent / "node" / "accumulate.mjs"
    made = subprocess.run([node, str(script)], input=json.dumps(summary.streams), capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stderr[-2000:]
    wrong = {}
    for name, read in json.loads(made.stdout).items():
        wanted = [{"finish_reason": choice.finish, "content": choice.text, "refusal": choice.refusal,
                   "calls": [[call.id, "function", call.name, call.text] for call in choice.calls]}
                  for _, choice in sorted(summary.heard[name].choices.items())]
        if read.get("choices") != wanted:
            wrong[name] = read.get("error") or read
    assert not wrong, "\n".join("%s: %s" % (name, str(read)[:300]) for name, read in wrong.items())


@needs_corpus
def test_every_recorded_chat_was_replayed(request, summary):
    """Runs last. With `-k` or a single case there is nothing to say."""
    if summary.replays and not request.config.option.keyword and "::" not in "".join(request.config.args):
        assert not summary.without_row, "no rows for these"
        assert sum(summary.replayed.values()) == len(CHATS) and CHATS
