"""Large files: they pass, Envoy holds at most three bodies above what it holds idle, and it does not hold more with every file.

An Envoy of its own with one worker, so that all uploads go through one VM; its memory is what the kernel says (/proc). Linear memory
of a VM never shrinks: what a file took is there for the next, which is why the number after the first files is where it stays.
"""

import hashlib
import os
import pathlib

import httpx
import pytest

import envoy
from conftest import KEY
from samples import multipart

MIB = 1 << 20
AUDIO, PICTURE = 25 * MIB, 20 * MIB
# What is not a copy of the body: buffers of sockets, pages of the allocator that are not given back at once.
SLACK = 6 * MIB
UPLOADS = int(os.environ.get("ORQ_UPLOADS") or 200)

pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/clear_refs").exists(),
                                reason="Only Linux tells the peak of a process's memory.")


def noise(size):
    """Bytes that nothing compresses, with line ends and boundaries among them."""
    block = b"".join(hashlib.sha256(b"%d" % at).digest() for at in range(4096)) + b"\r\n--boundary-7a3f"
    return (block * (size // len(block) + 1))[:size]


SOUND = b"ID3\x04" + noise(AUDIO - 4)
IMAGE = b"\x89PNG\r\n\x1a\n" + noise(PICTURE - 8)
# (path, model, parts beside the model)
HEAR, EDIT = "/audio/transcriptions", "/images/edits"
SPLICED = {"openai/whisper-1": HEAR, "groq/whisper-large-v3": HEAR, "openai/gpt-image-1": EDIT}
TRANSLATED = {"elevenlabs/scribe_v2": HEAR, "deepgram/nova-3": HEAR, "mistral/voxtral-mini-latest": HEAR,
              "xai/grok-voice-transcribe-1.0": HEAR,
              "google-ai/gemini-2.5-flash": HEAR, "google-ai/gemini-2.5-flash-image": EDIT, "xai/grok-imagine-image": EDIT}


@pytest.fixture(scope="module")
def alone(fake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    try:
        alone = envoy.Envoy(folder, "memory", envoy.bootstrap(fake.port), workers=1)
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    with httpx.Client(base_url=alone.base_url, headers={"authorization": "Bearer " + KEY}, timeout=60) as client:
        alone.client = client
        for _ in range(5):
            client.post("/chat/completions", json={"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Hi"}]})
        alone.idle = memory(alone)["VmRSS"]
        upload(alone, *next(iter(SPLICED.items())))
        yield alone
    alone.stop()


def memory(process):
    lines = pathlib.Path("/proc/%d/status" % process.process.pid).read_text().splitlines()
    return {name: int(value.split()[0]) * 1024 for name, _,
            value in (line.partition(":") for line in lines) if name in ("VmRSS", "VmHWM")}


def forget_peak(process):
    pathlib.Path("/proc/%d/clear_refs" % process.process.pid).write_text("5")


def form(model, path):
    beside = [("prompt", None, None, b"A hat")] if path == EDIT else [("language", None, None, b"en")]
    file = ("image", "a.png", "image/png", IMAGE) if path == EDIT else ("file", "a.mp3", "audio/mpeg", SOUND)
    return multipart([("model", None, None, model.encode()), *beside, file], boundary="memory-b0undary")


def upload(process, model, path):
    body, kind = form(model, path)
    answer = process.client.post(path, content=body, headers={"content-type": kind})
    assert answer.status_code == 200, answer.text[:500]
    return answer


@pytest.mark.parametrize("model", {**SPLICED, **TRANSLATED})
def test_a_large_file_passes_in_at_most_three_bodies_of_memory(alone, fake, model, record_property):
    path = {**SPLICED, **TRANSLATED}[model]
    fake.reset()
    forget_peak(alone)
    upload(alone, model, path)
    taken = memory(alone)["VmHWM"] - alone.idle
    body = len(form(next(iter(SPLICED)), HEAR)[0])  # The largest that passed so far: what it took is kept for the next.
    record_property("bodies", round(taken / body, 2))
    print("%s: %.2f bodies" % (model, taken / body))
    assert not fake.state()["violations"] and not alone.failures()
    if path == HEAR and "google" not in model and model in TRANSLATED:
        assert str(len(SOUND)) in str(fake.last()["answer"]["body"]["bytes"])
    assert taken <= 3 * body + SLACK, "%.2f bodies" % (taken / body)


def test_two_hundred_uploads_take_no_more_than_the_first(alone, fake):
    models = {**SPLICED, **TRANSLATED}
    order = [list(models)[at % len(models)] for at in range(UPLOADS)]
    held = []
    for model in order:
        upload(alone, model, models[model])
        held.append(memory(alone)["VmRSS"])
    first, last = max(held[:2 * len(models)]), max(held[-2 * len(models):])
    print("idle %d MiB, first %d, last %d" % (alone.idle // MIB, first // MIB, last // MIB))
    assert last <= first + AUDIO // 2, [one // MIB for one in held]
    assert not alone.failures() and not fake.state()["violations"]


@pytest.mark.parametrize("model", ["openai/whisper-1", "google-ai/gemini-2.5-flash", "elevenlabs/scribe_v2"])
def test_a_file_above_the_limit_is_told_so(alone, fake, model):
    fake.reset()
    body, kind = multipart([("model", None, None, model.encode()), ("file", "a.mp3", "audio/mpeg", noise(envoy.BODY_LIMIT))])
    answer = alone.client.post(HEAR, content=body, headers={"content-type": kind})
    assert answer.status_code == 413 and answer.json()["error"]["message"] and fake.state()["requests"] == 0
