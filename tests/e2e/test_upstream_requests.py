"""Every chat in OpenAI's form, at every model: what the provider receives is valid by its own types, or the client gets a 400.

The chats are ours (`chat_requests.py`) and, where `ORQ_CORPUS` is set, every recorded one. `ORQ_SPEC` adds the specifications that no
package has. A failure is told once for each reason, with the chats that it came of.
"""

import collections
import json
import os
import pathlib

import pytest

import chat_requests
import upstream_targets as targets

SPEC = os.environ.get("ORQ_SPEC")
CORPUS = os.environ.get("ORQ_CORPUS")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    yield from targets.Stage.staged(tmp_path_factory.mktemp("requests"))


@pytest.fixture(scope="module")
def strict_stage(tmp_path_factory):
    yield from targets.Stage.staged(tmp_path_factory.mktemp("requests"), unsupported="reject")


@pytest.fixture(params=targets.TARGETS)
def target(request):
    if targets.TARGETS[request.param] in targets.OPENAIS and not SPEC:
        pytest.skip("ORQ_SPEC names no folder of specifications, and no package has this provider's")
    return request.param


def tell(reasons):
    lines = ["%3d x %s, for example %s" % (len(names), reason, "; ".join(names[:4])) for reason, names in
             sorted(reasons.items(), key=lambda pair: -len(pair[1]))]
    assert not lines, "%d reasons:\n%s" % (len(lines), "\n".join(lines))


def test_our_chats_are_valid_or_refused_by_name(stage, target):
    reasons = collections.defaultdict(list)
    for chat in chat_requests.CHATS:
        for fault in targets.judge(stage, target, chat, SPEC)[0]:
            reasons[fault].append(chat.name)
    tell(reasons)


def test_mixed_chats_are_valid_or_refused_by_name(stage, target):
    reasons, sent = collections.defaultdict(list), 0
    for chat in chat_requests.mixed(400):
        found, answered = targets.judge(stage, target, chat, SPEC)
        sent += answered.seen is not None
        for fault in found:
            reasons[fault].append(chat.name)
    tell(reasons)
    assert sent > 80, "too few of them are carried"


def test_all_that_is_said_arrives_in_its_order(stage, target):
    reasons, heard = collections.defaultdict(list), 0
    for chat in [*chat_requests.CHATS, *(recorded() if CORPUS else ())]:
        if isinstance(chat.body, bytes) or chat.blames or chat.broken:
            continue
        answered = stage.ask(target, chat.request(target))
        if answered.sent:
            heard += 1
            for fault in targets.unsaid(chat, answered.sent):
                reasons[fault].append(chat.name)
    tell(reasons)
    assert heard > 180


def test_nothing_that_a_client_asks_is_lost_in_silence(stage, target):
    reasons = collections.defaultdict(list)
    for chat in chat_requests.CHATS:
        for fault in targets.lost(stage, target, chat):
            reasons[fault].append(chat.name)
    tell(reasons)


def test_what_is_left_out_is_refused_where_that_is_configured(stage, strict_stage, target):
    reasons, refused = collections.defaultdict(list), 0
    for chat in chat_requests.CHATS:
        free, strict = (one.ask(target, chat.request(target)) for one in (stage, strict_stage))
        if not free.dropped:
            if (free.seen or strict.seen) and free.upward() != strict.upward():
                reasons["nothing is left out, and yet %d became %d" % (free.status, strict.status)].append(chat.name)
            continue
        refused += 1
        found, error = targets.refusal_faults(strict)
        if strict.seen or found or error["param"] not in free.dropped:
            reasons["%s is left out, but what is refused is %s" % (free.dropped, error and error["param"])].append(chat.name)
    tell(reasons)
    assert refused > 20


def recorded():
    """Every recorded chat whose body is an object, with its model left out."""
    for line in map(json.loads, (pathlib.Path(CORPUS) / "index.jsonl").read_text().splitlines()):
        if line["endpoint"] in ("chat", "chat-openai-compat") and line["request_file"]:
            body = json.loads((pathlib.Path(CORPUS) / line["case"] / line["request_file"]).read_bytes())
            if isinstance(body, dict):
                body.pop("model", None)
                yield chat_requests.Chat(line["case"], body, may_refuse=chat_requests.ANY)


@pytest.mark.skipif(not CORPUS, reason="ORQ_CORPUS names no folder of recorded traffic")
def test_recorded_chats_are_valid_or_refused_by_name(stage, target):
    reasons, refused, sent = collections.defaultdict(list), collections.Counter(), 0
    for chat in recorded():
        found, answered = targets.judge(stage, target, chat, SPEC)
        if answered.seen is None and not found:
            error = json.loads(answered.body)["error"]
            refused["%s: %s" % (error["param"], error["message"])] += 1
        else:
            sent += 1
        for fault in found:
            reasons[fault].append(chat.name)
    print("%s: %d sent on; refused: %s" % (target, sent, json.dumps(refused.most_common(), indent=1)))
    tell(reasons)
    assert sent > 60, "most of them should be carried"
