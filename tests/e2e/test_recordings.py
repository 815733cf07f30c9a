"""Recorded traffic of the providers that speak OpenAI's language, once more, through Envoy and the module.

Needs `ORQ_CORPUS` (the recordings; see recordings.py) and, for the schemas of OpenAI's specification, `ORQ_SPEC` (a folder
with openai.json). The client sends the recorded request under our model's name, a provider of our own gives the recorded
answer in odd pieces, and both sides are compared with the recording. The numbers stand at the end of pytest's report.
"""

import collections
import itertools
import json
import os
import pathlib
import re
import time
from urllib.parse import quote

import httpx
import pytest

import chats
import envoy
import recordings
import schemas as openai_schemas

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
KEY = "sk-orq-demo"
# Bytes a piece, and the longest answer that is cut so small. 0: whole, with its length in a header.
CUTS = {0: 1 << 30, 1: 3_000, 7: 30_000, 100: 1 << 30}
REPLAYED, LEFT_OUT = recordings.cases(CORPUS) if CORPUS else ([], {})

# Headers that the filter keeps from clients (src/exchange/answer.rs), and what Envoy writes itself.
NOT_PASSED = {"set-cookie", "alt-svc", "strict-transport-security", "nel", "report-to", "openai-organization", "openai-project",
              "anthropic-organization-id", "x-envoy-upstream-service-time", "date", "server", "via"}
# Recordings that are known not to pass as they are, and why.
KNOWN = {}
ERROR_KEYS = {"message": str, "type": str, "param": (str, type(None)), "code": (str, type(None))}


class Summary:
    """The numbers of a run, told at the end of pytest's report."""

    def __init__(self):
        self.replays, self.endings, self.dropped, self.elsewhere = 0, collections.Counter(), {}, set()
        self.crossed, self.crossed_changes = collections.Counter(), {}
        self.valid, self.deviating, self.by_case = collections.Counter(), collections.Counter(), {}

    def pytest_terminal_summary(self, terminalreporter):
        say = terminalreporter.write_line
        terminalreporter.section("recordings")
        say("%d exchanges replayed, %d times in all: %s" % (
            sum(self.endings.values()), self.replays, ", ".join("%d %s" % (n, what) for what, n in self.endings.most_common())))
        for (reason, provider), endpoints in sorted(LEFT_OUT.items()):
            names = ", ".join("%s %d" % (name, len(found)) for name, found in sorted(endpoints.items()))
            say("left out: %s (%s): %s" % (provider, names, reason))
        for case, reason in KNOWN.items():
            say("known not to pass: %s: %s" % (case, reason))
        for place in sorted(self.elsewhere):
            say("recorded elsewhere than the row goes: %s %s, the row: %s" % place)
        for (provider, changes), found in sorted(self.dropped.items()):
            say("changed by quirks: %s, %d requests: %s" % (provider, len(found), changes))
        for row in sorted({row for row, _ in self.crossed}):
            say("requests to OpenAI by way of %s: %d as they were, %d changed: %s" % (
                row, self.crossed[row, False], self.crossed[row, True],
                ", ".join("%s %d" % one for one in self.crossed_changes.get(row, collections.Counter()).most_common()) or "-"))
        if not SPEC:
            say("not validated: set ORQ_SPEC to a folder with openai.json")
        for provider in sorted(self.valid.keys() | self.deviating.keys()):
            say("against OpenAI's schemas: %s: %d valid, %d deviating" % (
                provider, self.valid[provider], self.deviating[provider]))
            for reason, found in sorted(self.by_case.get(provider, {}).items(), key=lambda one: -len(one[1]))[:12]:
                say("    %d × %s (%s)" % (len(found), reason, found[0]))


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
    folder = tmp_path_factory.mktemp("recordings")
    try:
        stage = envoy.Envoy(folder, "recordings", recordings.bootstrap(replay.port, REPLAYED, KEY, folder / "access.log"))
        stage.access_log = folder / "access.log"
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    ports = recordings.ports(stage)
    with httpx.Client(headers={"authorization": "Bearer " + KEY}, timeout=30) as client:
        stage.client, stage.usage = client, {}
        stage.base = lambda case: "http://127.0.0.1:%d/v2/proxy" % ports[str(case.api_version)]
        yield stage
    stage.stop()


@pytest.fixture(scope="session")
def post(stage, replay):
    """Sends a case's request, with a query that tells it from all others."""
    numbers = itertools.count(1)

    def post(case, body):
        number, replay.seen = next(numbers), None
        answer = stage.client.post(stage.base(case) + case.route, content=body, params={"number": number},
                                   headers={"content-type": case.request_type})
        answer.number = number
        return answer

    return post


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


# --- what went up ---


def check_request(case, seen, answer, summary):
    assert seen, "nothing reached the provider: %d %s" % (answer.status_code, answer.text[:300])
    number = "number=%d" % answer.number
    assert seen["path"] == case.path + ("&" if "?" in case.path else "?") + number
    assert seen["headers"]["host"] == case.authority
    expected = "Bearer provider-key-" + case.prefix
    header = "api-key" if case.prefix == "azure" else "authorization"
    assert seen["headers"][header] == (expected if header == "authorization" else expected[7:])
    assert KEY not in str(seen["headers"])
    assert seen["headers"]["content-type"] == case.request_type
    named = {name for name in answer.headers.get("x-orq-dropped-params", "").split(", ") if name}
    sent = case.body(case.model)
    if case.multipart or not case.row or not case.row.quirks:
        assert seen["body"] == sent and not named
        return []
    before = recordings.exact(sent)[1]
    members, dropped, loose = case.row.changed(case.route, case.model, before, sent)
    if loose:
        return check_loosely(recordings.exact(seen["body"])[1], members, before, loose, named, dropped)
    assert named == dropped, "x-orq-dropped-params"
    if members == before:
        assert seen["body"] == sent, "bytes changed that no quirk names"
        return []
    assert recordings.exact(seen["body"])[1] == members
    names, now = [name for name, _ in before], [name for name, _ in members]
    changes = ["-" + name for name in names if name not in now] + ["+" + name for name in now if name not in names]
    changes += ["~" + name for name, value in members if name in names and dict(before)[name] != value]
    if summary:
        summary.dropped.setdefault((case.provider, " ".join(changes)), set()).add(case.id)
    return changes


def check_loosely(now, members, before, loose, named, dropped):
    """All but those members, some of which the row rewrites, are what they should be. Says what changed."""
    assert [pair for pair in now if pair[0] not in loose] == [pair for pair in members if pair[0] not in loose]
    # Parts of what is rewritten are named with their places.
    within = {name for name in named if re.split(r"[.\[]", name)[0] in loose or name in ("cache_control", "prompt_cache_breakpoint")}
    assert named - within == dropped - loose, "x-orq-dropped-params"
    before, now = dict(before), dict(now)
    changes = ["-" + name for name in before if name not in now] + ["+" + name for name in now if name not in before]
    return changes + ["~" + name for name in now if name in before and before[name] != now[name]]


def is_unsayable(case, answer):
    """The request has what the provider has no form for, and the client is told so by name."""
    if answer.status_code != 400 or not case.row:
        return False
    error = answer.json()["error"]
    return error["code"] in ("unsupported_value", "invalid_value") and error["param"]


# --- what came down ---


def usage(case, answer):
    """The last usage of an answer as the access log is to have it, or None."""
    if "event-stream" in answer.headers["content-type"]:
        bodies = [data(event)[2] for event in events(answer.content)[0]]
    else:
        bodies = [parsed(answer.content)]
    bodies = [body for body in bodies if isinstance(body, dict)]
    places = [place for body in bodies for place in (body, body.get("response"), body.get("x_groq")) if isinstance(place, dict)]
    last = [place["usage"] for place in places if isinstance(place.get("usage"), dict)][-1:]
    if not last or answer.status_code >= 400:
        return None

    def count(*names, within=last[0]):
        return next((within[name] for name in names if isinstance(within.get(name), int)), None)

    of_input = last[0].get("prompt_tokens_details") or last[0].get("input_tokens_details") or {}
    of_output = last[0].get("completion_tokens_details") or last[0].get("output_tokens_details") or {}
    counted = count("prompt_tokens", "input_tokens", "total_tokens")
    return None if counted is None else {
        "input": counted, "output": count("completion_tokens", "output_tokens") or 0,
        "cached": count("cached_tokens", within=of_input) or 0, "reasoning": count("reasoning_tokens", within=of_output) or 0}


def told(value):
    """Every sentence with which a provider's error object, of any form, may explain itself; the best first."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    if isinstance(value, list):
        return [text for one in value[:20] for text in told(one)]
    if isinstance(value, dict):
        for name in ("error", "message", "msg", "detail", "details", "errors", "error_message", "title"):
            if found := told(value.get(name)):
                return found
    return []


def parsed(text):
    try:
        return json.loads(text)
    except ValueError:
        return None


def check_error(given, recorded, text):
    """`given` is OpenAI's error object, with what the provider said."""
    assert isinstance(given, dict) and isinstance(given.get("error"), dict), given
    error = given["error"]
    for name, kinds in ERROR_KEYS.items():
        assert name in error and isinstance(error[name], kinds), (name, error)
    assert error["message"].strip() and error["type"]
    for sentence in told(recorded) if recorded is not None else [text.strip()]:
        assert sentence[:4000] in error["message"], (sentence, error["message"])
    if isinstance(recorded, dict):
        for name, value in recorded.items():
            if isinstance(recorded.get("error"), dict) and name != "error":
                assert given.get(name) == value, "lost beside the error: " + name
        inner = recorded.get("error")
        for name, value in inner.items() if isinstance(inner, dict) else ():
            if name not in ERROR_KEYS:
                assert error.get(name) == value, "lost from the error: " + name
            elif value not in (None, "") and isinstance(value, str):
                assert error[name] == value, name


def is_openais(body):
    error = body.get("error") if isinstance(body, dict) else None
    return isinstance(error, dict) and all(name in error and isinstance(error[name], kinds) for name, kinds in ERROR_KEYS.items())


def check_headers(case, answer):
    for name, value in case.headers:
        if name.lower() not in NOT_PASSED:
            assert answer.headers.get(name) == value, "the header %s is not passed on" % name
    assert answer.headers.get("x-request-id")
    assert answer.headers["x-orq-provider"] == case.prefix and answer.headers["x-orq-model"] == case.model


BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n))")


def events(body):
    """The events of a stream as bytes, each with its blank line, and what is left behind the last."""
    found, start = [], 0
    for blank in BLANK.finditer(body):
        found.append(body[start:blank.end()])
        start = blank.end()
    return found, body[start:]


def data(event):
    """The name of an event, and its data as text and as JSON."""
    fields = [re.split(": ?", line, maxsplit=1) for line in re.split("\r\n|\n|\r", event.decode()) if ":" in line]
    text = "\n".join(value for name, value in fields if name == "data")
    return dict(fields).get("event"), text, parsed(text)


def is_error(case, event):
    name, _, body = data(event)
    if not isinstance(body, dict) or (case.route == "/responses" and isinstance(body.get("type"), str)):
        return False
    return body.get("error") is not None or name == "error" or body.get("object") == "error"


def check_stream(case, given):
    """The recorded events, byte for byte, and what the table of streams adds at the end. Says how it ended."""
    said, rest = events(case.answer)
    mended = False
    if rest.strip():
        _, text, body = data(rest)
        if text == "[DONE]" or isinstance(body, dict):
            said.append(rest.rstrip() + b"\n\n")
            mended, rest = True, b""
    got, behind = events(given)
    assert not behind.strip(), "the stream ends within an event: %r" % behind[-200:]
    failed = False
    for number, event in enumerate(said):
        assert number < len(got), "the stream ends after %d of %d events" % (len(got), len(said))
        if is_error(case, event):
            failed = True
            _, text, recorded = data(event)
            if is_openais(recorded):
                assert got[number] == event
            else:
                flat = recorded if recorded.get("error") is not None else {"error": recorded}
                check_error(data(got[number])[2], flat, text)
        else:
            assert got[number] == event, "event %d changed" % number
    seen = [data(event) for event in said]
    bodies = [body for _, _, body in seen if isinstance(body, dict)]
    more = got[len(said):]
    if case.route == "/responses":
        kinds = {body.get("type") for body in bodies}
        whole = failed or kinds & {"error", "response.completed", "response.incomplete", "response.failed"}
        wanted = None if whole else "truncated"
    elif case.route not in ("/chat/completions", "/completions"):
        wanted = None
    elif failed or "[DONE]" in [text for _, text, _ in seen]:
        wanted = None
    else:
        choices = [choice for body in bodies for choice in body.get("choices") or []]
        wanted = "[DONE]" if any(isinstance(choice.get("finish_reason"), str) for choice in choices) else "truncated"
    if wanted is None:
        assert not more, "behind the end: %r" % more
    elif wanted == "[DONE]":
        assert more == [b"data: [DONE]\n\n"], more
    else:
        assert len(more) == 1 and "upstream_truncated" in data(more[0])[1], more
        check_error(data(more[0])[2], None, "not whole")
    how = {None: "streams as recorded", "[DONE]": "streams given their [DONE]", "truncated": "streams told as cut short"}[wanted]
    return how + (", last blank line added" if mended else "") + (", the last line mended" if rest.strip() else "")


def is_extended(case):
    """The answer is brought to OpenAI's form (src/dialect/openai/extensions), so it is compared by what it says."""
    return case.route == "/chat/completions" and (not case.row or case.row.extends_chat)


def check_chat(case, answer, recorded):
    """A chat says what it said, in OpenAI's form."""
    if "event-stream" not in answer.headers["content-type"]:
        given = answer.json()
        if not (isinstance(recorded, dict) and recorded.get("choices")):
            assert given == recorded
            return "whole answers"
        assert chats.whole(given) == chats.whole(recorded)
        assert given["object"] == "chat.completion" and given["id"]
        return "whole answers" + ("" if given == recorded else " brought to one form")
    said, rest = events(case.answer)
    said = [data(event) for event in said + ([rest] if rest.strip() else [])]
    got = [data(event) for event in events(answer.content)[0]]
    bodies = [body for _, _, body in said if isinstance(body, dict)]
    failed = any(body.get("error") or body.get("object") == "error" for body in bodies)
    assert chats.stream(body for _, _, body in got) == chats.stream(bodies)
    chats.check_laws([body for _, _, body in got if isinstance(body, dict)])
    ends = [text for _, text, _ in got][-1] == "[DONE]"
    finished = any(choice.get("finish_reason") for body in bodies for choice in body.get("choices") or [])
    assert ends == (finished or "[DONE]" in [text for _, text, _ in said]) or failed, got[-1]
    return "streams as recorded" if answer.content == case.answer else "streams brought to one form"


def check_answer(case, answer, summary):
    check_headers(case, answer)
    recorded = parsed(case.answer)
    media_type = case.content_type.split(";")[0].strip().lower()
    if case.status >= 400:
        assert answer.status_code == case.status
        assert answer.headers["content-type"] == "application/json"
        check_error(answer.json(), recorded, case.answer.decode())
        if is_openais(recorded):
            assert answer.content == case.answer.strip()
        return "errors"
    assert answer.status_code == case.status
    # A stream that was declared as something else is declared as one.
    declared = "text/event-stream" if case.answer.startswith(b"data:") else case.content_type
    assert answer.headers["content-type"].split(";")[0] == declared.split(";")[0]
    if is_extended(case):
        return check_chat(case, answer, recorded)
    if media_type == "text/event-stream":
        return check_stream(case, answer.content)
    assert answer.content == case.answer
    return "whole answers"


def check_schemas(case, answer, schemas, summary):
    """Errors are ours and must fit. Successes are the provider's own bytes: what does not fit is counted and told."""
    if answer.status_code >= 400:
        assert not schemas.faults("ErrorResponse", answer.json())
        return
    media_type = answer.headers["content-type"].split(";")[0].strip().lower()
    if media_type == "text/event-stream":
        bodies = []
        for event in events(answer.content)[0]:
            body = data(event)[2]
            if is_error(case, event):
                assert not schemas.faults("ErrorResponse", body)
            elif isinstance(body, dict):
                bodies.append((openai_schemas.EVENTS.get(case.route), body))
    elif media_type == "application/json":
        body = answer.json()
        bodies = [(openai_schemas.schema_of(case.route, body), body)]
    else:
        return
    faults = sorted(set().union(*(schemas.faults(name, body) for name, body in bodies if name)))
    if bodies and bodies[0][0]:
        (summary.deviating if faults else summary.valid)[case.provider] += 1
    if case.provider == "openai" and case.line["provenance"] != "fixture":
        # An answer can be older than the specification and lack what is new, but nothing may be of a wrong kind.
        wrong = [fault for fault in faults if not fault.endswith("is a required property")]
        assert not wrong, "not OpenAI's form; if it is OpenAI's own answer, schemas.DEFECTS should say so"
    for fault in faults:
        summary.by_case.setdefault(case.provider, {}).setdefault(fault, []).append(case.id)


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")
@pytest.mark.parametrize("case", REPLAYED, ids=lambda case: case.id)
def test_recording(case, request, stage, replay, post, schemas, summary):
    if case.id in KNOWN:
        request.applymarker(pytest.mark.xfail(reason=KNOWN[case.id]))
    sent = case.body(case.prefix + "/" + case.model)
    given = {}
    for cut, most in CUTS.items():
        if len(case.answer) > most:
            continue
        replay.answer = case.status, [("content-type", case.content_type)] + case.headers, case.answer, cut
        answer = post(case, sent)
        if case.refused:
            assert not replay.seen, "it reached the provider"
            assert answer.status_code == 400 and answer.json()["error"]["code"] == "unsupported_endpoint", answer.text
            check_error(answer.json(), None, case.route)
            how = "refused (%s %s)" % (case.row.id, case.route)
            break
        if not replay.seen and is_unsayable(case, answer):
            how = "not sent, since the provider has no form for it"
            break
        check_request(case, replay.seen, answer, summary)
        stage.usage[answer.number] = case.id, usage(case, answer)
        how = check_answer(case, answer, summary)
        # Ids that the provider did not give are made up anew for each request.
        content = re.sub(rb'"(chatcmpl-|call_)[0-9a-f]{24}"', rb'"\1"', answer.content)
        given.setdefault(content, []).append(cut)
        summary.replays += 1
    assert len(given) <= 1, "the answer depends on how it is cut: %s" % list(given.values())
    assert not stage.failures(), "the VM failed"
    summary.endings[how] += 1
    if case.row and case.path and case.path.split("?")[0] != case.url:
        summary.elsewhere.add((case.provider, case.url, case.path))
    if schemas:
        check_schemas(case, answer, schemas, summary)


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")
@pytest.mark.parametrize("row", recordings.rows().values() if CORPUS else (), ids=lambda row: row.id)
def test_requests_of_openais_clients_by_way_of_every_row(row, replay, post, summary):
    """What clients sent to OpenAI, sent to everyone: only here do many requests meet a row's differences."""
    replay.answer = 200, [("content-type", "application/json")], b"{}", 0
    clients = [case for case in REPLAYED if case.provider in recordings.AS_THEY_CAME and case.request_file
               and case.route in recordings.TOLD]
    clients += [newer for case in clients if (newer := case.with_developer()).request != case.request]
    for case in (case.through(row) for case in clients):
        if case.refused:
            continue
        answer = post(case, case.body(case.prefix + "/" + case.model))
        if not replay.seen and is_unsayable(case, answer):
            summary.crossed[row.id, True] += 1
            continue
        try:
            changes = check_request(case, replay.seen, answer, None)
        except AssertionError as error:
            raise AssertionError("%s by way of %s: %s" % (case.id, row.id, error)) from error
        summary.crossed[row.id, bool(changes)] += 1
        for change in changes:
            summary.crossed_changes.setdefault(row.id, collections.Counter())[change] += 1


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")
def test_the_usage_of_every_answer_is_logged(stage):
    """Runs last: of every recorded answer that passed, the access log has what it cost."""
    deadline = time.monotonic() + 5
    while True:
        lines = [json.loads(line) for line in stage.access_log.read_text().splitlines()]
        logged = {int(re.search(r"number=(\d+)$", line["path"])[1]): line["record"] for line in lines}
        if stage.usage.keys() <= logged.keys() or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert stage.usage.keys() <= logged.keys(), "the access log is not whole"
    wrong = {}
    for number, (case, cost) in stage.usage.items():
        record = json.loads(logged[number]) if logged[number] else {}
        if record.get("usage") != cost:
            wrong[case] = (cost, record.get("usage"))
    assert not wrong


@pytest.mark.skipif(not CORPUS or not SPEC, reason="ORQ_CORPUS or ORQ_SPEC is not set.")
def test_the_list_of_models_is_openais(stage, schemas):
    url = stage.base(REPLAYED[0]) + "/models"
    models = stage.client.get(url).json()
    assert not schemas.faults("ListModelsResponse", models)
    assert {"%s/%s" % (case.prefix, case.model) for case in REPLAYED} == {model["id"] for model in models["data"]}
    for model in models["data"]:
        assert stage.client.get("%s/%s" % (url, quote(model["id"], safe=""))).json() == model
