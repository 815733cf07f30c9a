"""Streams in bad company: clients that leave or sleep, providers that die, and many at once."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest

from conftest import KEY, raw_head
from http2 import Http2

CHAT = "/chat/completions"
JSON = {"content-type": "application/json", "authorization": "Bearer " + KEY}
HI = [{"role": "user", "content": "Hi"}]


def body(model, **more):
    return json.dumps(dict({"model": model, "messages": HI, "stream": True}, **more)).encode()


def eventually(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_client_that_leaves_ends_the_providers_work(raw, fake, stream):
    sent = body("openai/fake-endless", stream=stream)
    connection = raw().send(raw_head("/v2/proxy" + CHAT, b"content-length: %d" % len(sent)) + sent)
    if stream:
        assert connection.sock.recv(1000).startswith(b"HTTP/1.1 200")
    assert eventually(lambda: fake.state()["open"] == 1)
    connection.sock.close()
    assert eventually(lambda: fake.state()["cancelled"] == 1)
    assert fake.state()["open"] == 0


def test_a_stream_that_the_sdk_closes_ends_the_providers_work(client, fake):
    stream = client.chat.completions.create(model="openai/fake-endless", messages=HI, stream=True)
    assert next(iter(stream)).choices[0].delta.content
    stream.close()
    assert eventually(lambda: fake.state()["cancelled"] == 1)


def test_a_client_that_leaves_before_the_answer_begins_ends_the_providers_work(raw, fake):
    sent = body("openai/fake-delay-3000")
    connection = raw().send(raw_head("/v2/proxy" + CHAT, b"content-length: %d" % len(sent)) + sent)
    assert eventually(lambda: fake.state()["open"] == 1)
    connection.sock.close()
    assert eventually(lambda: fake.state()["cancelled"] == 1)


def test_an_http2_stream_that_is_reset_ends_the_providers_work(proxy, fake):
    with Http2(proxy.port, KEY) as connection:
        connection.post("/v2/proxy" + CHAT, body("openai/fake-endless"))
        connection.read(enough=lambda self: self.body)
        assert connection.status == 200
        connection.cancel()
        assert eventually(lambda: fake.state()["cancelled"] == 1)
        connection.post("/v2/proxy" + CHAT, body("openai/gpt-4o"))
        connection.read()
        assert connection.body.endswith(b"data: [DONE]\n\n")


def test_the_first_event_does_not_wait_for_the_last(client):
    begin = time.monotonic()
    stream = client.chat.completions.create(model="openai/fake-slow", messages=HI, stream=True)
    next(iter(stream))
    first = time.monotonic() - begin
    count = 1 + sum(1 for _ in stream)
    assert count == 22 and first < (time.monotonic() - begin) / 2


@pytest.mark.parametrize("path, fields", [
    ("/audio/speech", {"input": "x", "voice": "alloy"}), ("/responses", {"input": "x", "stream": True}),
    ("/completions", {"prompt": "x", "stream": True}),
])
def test_no_route_holds_a_stream_back(http_client, path, fields):
    begin, times = time.monotonic(), []
    with http_client.stream("POST", path, json=dict(fields, model="openai/fake-slow")) as answer:
        for _ in answer.iter_raw():
            times.append(time.monotonic() - begin)
    assert times[0] < times[-1] / 2 and times[-1] > 0.7 and len(times) > 5


def test_a_slow_client_gets_every_byte(proxy, fake):
    """The client reads a few bytes at a time through a small window, far behind the provider."""
    sent = body("openai/fake-big-2048")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(10)
        sock.connect(("127.0.0.1", proxy.port))
        sock.sendall(raw_head("/v2/proxy" + CHAT, b"content-length: %d" % len(sent), b"connection: close") + sent)
        received = bytearray()
        for _ in range(40):
            time.sleep(0.025)
            received += sock.recv(512)
        while True:
            piece = sock.recv(65536)
            if not piece:
                break
            received += piece
    text = unchunked(bytes(received).split(b"\r\n\r\n", 1)[1])
    assert text.count(b"0123456789abcdef") == 64 * 2048 and b"[DONE]" in text


def unchunked(body):
    """A chunked body put together, which must be whole: pieces may end within any word."""
    found = b""
    while True:
        size, _, body = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return found
        found, body = found + body[:int(size, 16)], body[int(size, 16) + 2:]


def test_a_slow_upload_arrives(raw, fake):
    sent = body("openai/gpt-4o", stream=False)
    connection = raw().send(raw_head("/v2/proxy" + CHAT, b"content-length: %d" % len(sent)))
    for at in range(0, len(sent), 16):
        connection.send(sent[at:at + 16])
        time.sleep(0.05)
    assert connection.answer().status_code == 200


@pytest.mark.parametrize("model", ["fake-die-midstream", "fake-die-midstream+cut-5", "fake-die-midstream+crlf"])
def test_a_death_of_the_provider_in_mid_stream_is_visible(proxy, model):
    """Either the connection breaks or an error event says so. A clean end would be a lie."""
    received = b""
    try:
        with httpx.stream("POST", proxy.base_url + CHAT, content=body("openai/" + model), headers=JSON, timeout=10) as answer:
            assert answer.status_code == 200
            for piece in answer.iter_raw():
                received += piece
    except httpx.RemoteProtocolError:
        pass
    else:
        assert b'"error"' in received
    assert b"[DONE]" not in received and b'"Hello ' in received


def test_two_hundred_streams_run_at_once(proxy, fake):
    async def one(client, at):
        content = body("openai/fake-slow", messages=[{"role": "user", "content": "Stream %d" % at}])
        async with client.stream("POST", CHAT, content=content) as answer:
            assert answer.status_code == 200, await answer.aread()
            return await answer.aread()

    async def all_of_them():
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(base_url=proxy.base_url, headers=JSON, limits=limits, timeout=60) as client:
            return await asyncio.gather(*(one(client, at) for at in range(200)))

    peak = []
    done = threading.Event()

    def watch():
        while not done.wait(0.2):
            peak.append(fake.state()["open"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        answers = asyncio.run(all_of_them())
    finally:
        done.set()
        watcher.join()
    assert all(answer.count(b"data: ") == 23 and answer.endswith(b"data: [DONE]\n\n") for answer in answers)
    assert max(peak) == 200 and len({answer[:60] for answer in answers}) == 200


def test_five_hundred_requests_of_every_kind_in_a_row_leave_nothing_open(proxy, fake):
    """Good, refused and failing requests, some left in the middle, twenty at a time."""
    kinds = [body("openai/gpt-4o"), body("openai/gpt-4o", stream=False), body("nobody/gpt"), body("openai/fake-status-500"),
             body("openai/fake-error-html-502"), body("openai/fake-stream-error"), b"{", body("openai/fake-die-midstream")]

    async def run():
        gate = asyncio.Semaphore(20)
        async with httpx.AsyncClient(base_url=proxy.base_url, headers=JSON, timeout=30) as client:
            async def one(at):
                async with gate:
                    try:
                        async with client.stream("POST", CHAT, content=kinds[at % len(kinds)]) as answer:
                            if at % 3:
                                await answer.aread()
                            return answer.status_code
                    except httpx.RemoteProtocolError:
                        return 0

            return await asyncio.gather(*(one(at) for at in range(500)))

    statuses = asyncio.run(run())
    assert set(statuses) <= {0, 200, 400, 404, 500, 502} and {200, 400, 404, 500, 502} <= set(statuses)
    assert eventually(lambda: fake.state()["open"] == 0)
