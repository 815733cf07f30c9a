"""The fake provider's own checks: each must be able to fail, or the tests behind it prove nothing."""

import json

import httpx
import pytest

from samples import multipart

CHAT = "/any/prefix/v1/chat/completions"
GOOD = {"model": "gpt", "messages": [{"role": "user", "content": "Hi"}]}


@pytest.fixture
def ask(fake):
    fake.reset()
    with httpx.Client(base_url="http://127.0.0.1:%d" % fake.port) as client:
        yield lambda path=CHAT, **more: client.post(path, **more)


BAD = {
    "a client's key in a header": {"json": GOOD, "headers": {"x-anything": "Bearer sk-orq-demo"}},
    "a client's key in the query": {"json": GOOD, "params": {"key": "sk-orq-demo"}},
    "an internal header": {"json": GOOD, "headers": {"x-orq-provider": "openai"}},
    "a prefixed model": {"json": dict(GOOD, model="mistral/small")},
    "a prefixed model of one host": {"json": dict(GOOD, model="openai/gpt"), "headers": {"host": "api.openai.com"}},
    "no model": {"json": {"messages": GOOD["messages"]}},
    "no messages": {"json": {"model": "gpt"}},
    "an unknown role": {"json": dict(GOOD, messages=[{"role": "nobody", "content": "Hi"}])},
    "a tool result that nobody asked for": {"json": dict(GOOD, messages=[{"role": "tool", "tool_call_id": "x", "content": ""}])},
    "orq's field": {"json": dict(GOOD, orq={})},
    "broken JSON": {"content": b"{", "headers": {"content-type": "application/json"}},
    "two models": {"content": b'{"model":"a","model":"b","messages":[]}', "headers": {"content-type": "application/json"}},
    "another content-type": {"content": json.dumps(GOOD), "headers": {"content-type": "text/plain"}},
}


@pytest.mark.parametrize("name", BAD)
def test_the_fake_refuses(ask, fake, name):
    answer = ask(**BAD[name])
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "fake_check_failed"
    assert len(fake.state()["violations"]) == 1


FILE = ("file", "a.wav", "audio/wav", b"x")
FORMS = {
    "no file": multipart([("model", None, None, b"whisper")]),
    "two models": multipart([FILE, ("model", None, None, b"a"), ("model", None, None, b"b")]),
    "cut off": multipart([FILE, ("model", None, None, b"whisper")], end=False),
    "rubbish at the end": (multipart([FILE, ("model", None, None, b"a")])[0] + b"x", multipart([])[1]),
    "no boundary": (multipart([FILE])[0], "multipart/form-data"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_fake_refuses_a_form(ask, name):
    body, content_type = FORMS[name]
    answer = ask("/v1/audio/transcriptions", content=body, headers={"content-type": content_type})
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "fake_check_failed"


def test_the_fake_takes_what_is_right(ask, fake):
    assert ask(json=dict(GOOD, model="openai/gpt-oss-120b"), headers={"host": "api.groq.com"}).status_code == 200
    assert ask("/openai/deployments/gpt-4o/chat/completions", json={"messages": GOOD["messages"]}).json()["model"] == "gpt-4o"
    assert fake.state()["violations"] == [] and fake.state()["requests"] == 2
