"""Recorded embeddings, rankings, judgements, pictures, speech and transcripts of every provider, through Envoy and the module.

Needs `ORQ_CORPUS` (recordings) and, for OpenAI's schemas, `ORQ_SPEC` (a folder with openai.json). The provider gives the recorded
answer in pieces; what the client gets is held against OpenAI's schemas and against what extract_routes.py reads from the raw bytes.
How many were replayed stands at the end of pytest's report.
"""

import collections
import json
import os
import pathlib

import httpx
import pytest

import envoy
import extract_routes
import recordings
import route_cases
import schemas as openai_schemas
from route_cases import DRAW, EDIT, EMBED, HEAR, MODERATE, RERANK, SPEAK, TRANSLATE, VARY

CORPUS, SPEC = os.environ.get("ORQ_CORPUS"), os.environ.get("ORQ_SPEC")
KEY = "sk-orq-demo"
CASES = route_cases.cases(CORPUS) if CORPUS else []
# Bytes a piece, and the longest answer that is cut so small. 0: whole, with its length in a header.
CUTS = {0: 1 << 30, 1: 3_000, 7: 30_000, 1000: 1 << 30}
GOOD = [case for case in CASES if case.status == 200]

needs_corpus = pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS is not set: it names a folder of recorded exchanges.")


class Summary:
    def __init__(self):
        self.replayed, self.replays, self.deviating = collections.Counter(), 0, collections.defaultdict(set)

    def pytest_terminal_summary(self, terminalreporter):
        say = terminalreporter.write_line
        terminalreporter.section("recordings of the other routes")
        say("%d replayed, %d times in all: %s" % (sum(self.replayed.values()), self.replays, ", ".join(
            "%s %s %d" % (*place, count) for place, count in sorted(self.replayed.items()))))
        for case, reason in route_cases.LEFT_OUT.items():
            say("left out: %s: %s" % (case, reason))
        for fault, found in sorted(self.deviating.items()):
            say("passed as OpenAI's language was recorded, though its schema has it otherwise: %s (%s)" % (fault, min(found)))
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
    folder = tmp_path_factory.mktemp("routes")
    try:
        stage = envoy.Envoy(folder, "routes", route_cases.bootstrap(replay.port, KEY, folder / "access.log"))
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    with httpx.Client(headers={"authorization": "Bearer " + KEY}, timeout=30) as client:
        stage.client = client
        yield stage
    stage.stop()


@pytest.fixture(scope="session")
def schemas():
    return openai_schemas.Schemas(pathlib.Path(SPEC) / "openai.json") if SPEC else None


@pytest.fixture(scope="session")
def ask(stage, replay, summary):
    """What the client gets, cut in every way the same."""
    def ask(case, **more):
        body, kind = case.request(**more)
        given = {}
        for cut in [cut for cut, most in CUTS.items() if len(case.answer) <= most]:
            replay.seen = None
            replay.answer = case.status, [("content-type", case.content_type), *case.headers], case.answer, cut
            answer = stage.client.post(stage.base_url + case.route, content=body, headers={"content-type": kind})
            assert replay.seen, "nothing reached the provider: %d %s" % (answer.status_code, answer.text[:300])
            summary.replays += 1
            given.setdefault((answer.status_code, without_time(answer)), answer)
        assert len(given) == 1, "the answer depends on how it is cut"
        assert not stage.failures(), "the VM failed"
        return next(iter(given.values()))
    return ask


def without_time(answer):
    """Times and ids of the filter's own making differ from one answer to the next."""
    try:
        told = json.loads(answer.content)
    except ValueError:
        return answer.content
    if isinstance(told, dict):
        told = {name: value for name, value in told.items() if name not in ("created", "id")}
    return json.dumps(told)


def check_embeddings(case, answer, asked):
    told, given = extract_routes.exact(answer.content), extract_routes.vectors(case.language, case.answer)
    assert told["object"] == "list" and [int(one["index"]) for one in told["data"]] == list(range(len(given)))
    got = [one["embedding"] for one in told["data"]]
    packed = asked.get("encoding_format") == "base64"
    assert all(isinstance(vector, str if packed else list) for vector in got), "not the form that was asked for"
    assert [extract_routes.bits(vector) for vector in got] == [extract_routes.bits(vector) for vector in given]
    if not packed and all(isinstance(vector, list) for vector in given):
        assert got == given, "the numbers are written otherwise"
    assert int(told["usage"]["prompt_tokens"]) <= int(told["usage"]["total_tokens"])
    recorded = json.loads(case.answer)
    usage = recorded.get("usage") or recorded.get("usageMetadata") or {} if isinstance(recorded, dict) else {}
    counted = usage.get("total_tokens") or usage.get("promptTokenCount")
    assert counted is None or int(told["usage"]["total_tokens"]) == counted


def check_ranking(case, answer, asked):
    told, given = extract_routes.exact(answer.content), extract_routes.scores(case.language, case.answer)
    assert told["object"] == "list"
    assert [(int(one["index"]), one["relevance_score"]) for one in told["results"]] == [(index, score) for index, score, _ in given]
    assert all(one["object"] == "rerank" for one in told["results"])


def check_judgement(case, answer, asked):
    assert extract_routes.exact(answer.content) == extract_routes.exact(case.answer)


def check_pictures(case, answer, asked):
    told, given = json.loads(answer.content), extract_routes.pictures(case.language, case.answer)
    assert isinstance(told["created"], int)
    got = [extract_routes.picture(one.get("b64_json") or one["url"]) for one in told["data"]]
    assert got == given
    revised = [one.get("revised_prompt") for one in json.loads(case.answer).get("data", ())]
    assert not revised or [one.get("revised_prompt") for one in told["data"]] == revised


def check_sound(case, answer, asked):
    sound = extract_routes.sound(case.language, case.answer)
    assert answer.headers["content-type"].startswith("audio/")
    assert answer.content == sound or answer.content[:4] == b"RIFF" and answer.content[44:] == sound[44:]


def check_transcript(case, answer, asked):
    given = extract_routes.transcript(case.language, case.answer) if case.answer.lstrip()[:1] == b"{" else None
    if given is None or case.streamed:
        assert answer.content.rstrip() == case.answer.rstrip()
        return
    told = json.loads(answer.content)
    assert told["text"].strip() == given.text.strip()
    if asked.get("response_format") != "verbose_json":
        return
    if given.segments is not None and "timestamp_granularities[]" not in asked:
        assert [(one["text"].strip(), one["start"]) for one in told["segments"]] == [one[:2] for one in given.segments]
    if given.duration is not None:
        assert told["duration"] == given.duration
    if given.words and asked.get("timestamp_granularities[]") == "word":
        assert [(one["word"].strip(), one["start"], one["end"]) for one in told["words"]] == given.words


CHECKS = {EMBED: check_embeddings, RERANK: check_ranking, MODERATE: check_judgement, DRAW: check_pictures, EDIT: check_pictures,
          VARY: check_pictures,
          SPEAK: check_sound, HEAR: check_transcript, TRANSLATE: check_transcript}
VARIANTS = {EMBED: [{}, {"encoding_format": "float"}, {"encoding_format": "base64"}],
            HEAR: [{}, {"response_format": "verbose_json"},
                   {"response_format": "verbose_json", "timestamp_granularities[]": "word"}]}


def variants(case):
    """Members of the request with which the same answer is asked for again. What passes as it came has one form."""
    if case.streamed or case.route == HEAR and (case.row in ("openai", "groq", "openrouter") or case.row == "cohere"):
        return [{}]
    if case.route == EMBED and case.row in ("openai", "azure"):
        # They give what is asked for, so that only what was asked for then has this answer.
        packed = isinstance(extract_routes.vectors("openai", case.answer)[0], str)
        return [{"encoding_format": "base64" if packed else "float"}]
    return VARIANTS.get(case.route, [{}])


@needs_corpus
@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.id)
def test_a_client_gets_what_the_provider_said(case, ask, schemas, summary):
    for asked in variants(case):
        answer = ask(case, **asked)
        assert answer.status_code == 200, answer.text
        CHECKS[case.route](case, answer, asked)
        if schemas and answer.headers["content-type"].startswith("application/json") and case.route not in (RERANK, SPEAK):
            told = json.loads(answer.content)
            faults = schemas.faults(openai_schemas.schema_of(case.route, told), told)
            if case.row in ("openai", "azure", "groq", "openrouter"):
                for fault in faults:
                    summary.deviating[fault].add(case.id)
            else:
                assert not faults, faults
    summary.replayed[case.row, case.route] += 1


def sentences(value):
    """What an error of any form says."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        for name in ("error", "message", "detail", "err_msg", "msg"):
            if value.get(name):
                return sentences(value[name])
    return [sentence for one in value for sentence in sentences(one)] if isinstance(value, list) else []


@needs_corpus
@pytest.mark.parametrize("case", [case for case in CASES if case.status >= 400], ids=lambda case: case.id)
def test_a_client_gets_the_providers_error(case, ask, schemas, summary):
    answer = ask(case)
    assert answer.status_code >= 400 and answer.headers["content-type"] == "application/json"
    error = answer.json()["error"]
    assert {"message", "type", "param", "code"} <= set(error) and error["type"]
    for sentence in sentences(json.loads(case.answer)):
        assert sentence[:200] in error["message"], (sentence, error)
    summary.replayed[case.row, case.route] += 1


def with_news(value):
    """A member that nobody knows in every object."""
    if isinstance(value, dict):
        return dict({name: with_news(inner) for name, inner in value.items()}, aura={"glow": [1]})
    return [with_news(inner) for inner in value] if isinstance(value, list) else value


@needs_corpus
@pytest.mark.parametrize("case", [case for case in GOOD if "json" in case.content_type and case.answer[:1] in b"[{"],
                         ids=lambda case: case.id)
def test_unknown_members_pass_without_harm(case, ask, stage, replay):
    body, kind = case.request()
    replay.answer = case.status, [("content-type", case.content_type)], json.dumps(with_news(json.loads(case.answer))).encode(), 61
    answer = stage.client.post(stage.base_url + case.route, content=body, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text
    assert not stage.failures()
    if case.route not in (MODERATE, SPEAK):
        told = json.loads(answer.content)
        assert told.get("data") or told.get("results") is not None or "text" in told, told


@needs_corpus
@pytest.mark.parametrize("case", [case for case in GOOD if "json" in case.content_type and len(case.answer) > 100],
                         ids=lambda case: case.id)
def test_an_answer_that_breaks_off_is_an_error(case, stage, replay):
    """The provider says less than it began, and ends as if that were all."""
    body, kind = case.request()
    replay.answer = case.status, [("content-type", case.content_type)], case.answer[:len(case.answer) // 2], 0
    answer = stage.client.post(stage.base_url + case.route, content=body, headers={"content-type": kind})
    assert not stage.failures()
    if not (case.row in ("openai", "azure", "groq", "openrouter", "llamacpp")
            and answer.status_code == 200):  # What passes as it is, passes broken, too.
        assert answer.status_code >= 500 and answer.json()["error"]["message"], answer.text[:200]


@needs_corpus
def test_every_recording_was_replayed(request, summary):
    """Runs last. With `-k` or a single case there is nothing to say."""
    if summary.replays and not request.config.option.keyword and "::" not in "".join(request.config.args):
        assert sum(summary.replayed.values()) == len(CASES) and CASES
