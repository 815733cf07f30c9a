"""The stage of every test: the fake provider, Envoy with the module in front of it, and clients of both.

After each test the VM must live and the provider must have nothing to object to; see `settled`.
"""

import base64
import http.client
import json
import pathlib
import socket
import subprocess
import sys

import httpx
import openai
import pytest

import envoy

FAKE = pathlib.Path(__file__).resolve().parents[1] / "fake" / "provider.py"
KEY = envoy.KEYS["demo"]["key"]
PREFIXES = ["azure/", "mistral/", "groq/", "togetherai/", "deepseek/", "jina/", "my-vllm/", "api.openai.com=openai/"]


def readable(request):
    """What the fake provider tells of a request, with its bodies as bytes and its headers by their names."""
    if request:
        for blob in [request["body"], request["answer"]["body"]] + (request["parts"] or []):
            blob["bytes"] = None if blob["base64"] is None else base64.b64decode(blob["base64"])
        request["header_names"] = [name.lower() for name, _ in request["headers"]]
        request["header"] = {name.lower(): value for name, value in request["headers"]}
    return request


class Fake:
    """The fake provider's process and its control channel."""

    def __init__(self, log):
        command = [sys.executable, str(FAKE), "--port", "0", "--client-key", "sk-orq-",
                   "--aws-key", ":".join(envoy.AWS_KEY)]
        for prefix in PREFIXES:
            command += ["--refuse-prefix", prefix]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log.open("w"), text=True)
        first = self.process.stdout.readline()
        self.port = int(first.rsplit(":", 1)[1])
        self.http = httpx.Client(base_url="http://127.0.0.1:%d/_fake" % self.port, timeout=10)

    def last(self):
        """The last request that the provider received, its body and its answer's as bytes where they are small."""
        return readable(self.http.get("/last").json())

    def all(self):
        """The last 200 requests, each as `last` has it."""
        return [readable(one) for one in self.http.get("/all").json()]

    def state(self):
        return self.http.get("/state").json()

    def reset(self):
        self.http.post("/reset")

    def stop(self):
        self.http.close()
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="session")
def fake(tmp_path_factory):
    fake = Fake(tmp_path_factory.mktemp("fake") / "fake.log")
    yield fake
    fake.stop()


@pytest.fixture(scope="session")
def dead_port():
    """A port that is taken but not listened to, so that connections to it are refused."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture(scope="session")
def proxy(fake, dead_port, tmp_path_factory):
    if not envoy.MODULE.exists():
        pytest.exit("There is no module at %s: run `make build` or set ORQ_MODULE." % envoy.MODULE, 2)
    folder = tmp_path_factory.mktemp("envoy")
    log = folder / "access.log"
    try:
        proxy = envoy.Envoy(folder, "proxy", envoy.bootstrap(fake.port, dead_port, log=log))
        proxy.access_log = log
    except (SystemExit, RuntimeError) as error:
        pytest.exit(str(error), 2)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="session")
def client(proxy):
    return openai.OpenAI(base_url=proxy.base_url, api_key=KEY, max_retries=0, timeout=20)


@pytest.fixture(scope="session")
def http_client(proxy):
    headers = {"authorization": "Bearer " + KEY}
    with httpx.Client(base_url=proxy.base_url, headers=headers, timeout=20) as client:
        yield client


@pytest.fixture
def post(http_client):
    """Posts a chat (or what `path` says) with a model; the shortest way to one request."""

    def post(model="openai/gpt-4o", path="/chat/completions", **fields):
        if path == "/chat/completions":
            fields.setdefault("messages", [{"role": "user", "content": "Hi"}])
        return http_client.post(path, json=dict(model=model, **fields))

    return post


@pytest.fixture(autouse=True)
def settled(request):
    """Before: a clean provider. After: the VM lives, a normal request works, nothing wrong reached the provider."""
    if "proxy" not in request.fixturenames and "client" not in request.fixturenames \
            and "http_client" not in request.fixturenames:
        yield
        return
    fake, proxy = request.getfixturevalue("fake"), request.getfixturevalue("proxy")
    http_client = request.getfixturevalue("http_client")
    fake.reset()
    yield
    assert not fake.state()["violations"], "the provider objects to what it received"
    body = {"model": "openai/gpt-4o", "messages": [{"role": "user", "content": "Still there?"}]}
    answer = http_client.post("/chat/completions", json=body)
    assert answer.status_code == 200 and "Still there?" in answer.text, "the proxy is not well after this test: " + answer.text
    assert not proxy.failures(), "the VM failed"


def assert_error(answer, status, code=..., param=..., says=(), more=frozenset()):
    """An error is exactly OpenAI's error object, with the right content-type and a request id."""
    assert answer.status_code == status, "%d %s" % (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"].split(";")[0] == "application/json"
    assert answer.headers.get("x-request-id"), "there is no x-request-id"
    body = json.loads(answer.content)
    assert list(body) == ["error"] and set(body["error"]) - more == {"message", "type", "param", "code"}, body
    error = body["error"]
    assert isinstance(error["message"], str) and error["message"].strip(), error
    assert isinstance(error["type"], str) and error["type"], error
    assert error["code"] is None or isinstance(error["code"], str), error
    assert error["param"] is None or isinstance(error["param"], str), error
    if code is not ...:
        assert error["code"] == code, error
    if param is not ...:
        assert error["param"] == param, error
    for word in [says] if isinstance(says, str) else says:
        assert word in error["message"], error
    return error


class RawAnswer:
    """An answer read from a bare socket, with the face of an httpx answer."""

    def __init__(self, sock):
        answer = http.client.HTTPResponse(sock)
        answer.begin()
        self.status_code = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.content = answer.read()
        self.text = self.content.decode("utf-8", "replace")


class Raw:
    """A connection on which a test writes its bytes itself."""

    def __init__(self, port):
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=15)

    def send(self, data):
        self.sock.sendall(data)
        return self

    def answer(self):
        return RawAnswer(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()


@pytest.fixture
def raw(proxy):
    connections = []

    def connect():
        connections.append(Raw(proxy.port))
        return connections[-1]

    yield connect
    for connection in connections:
        connection.sock.close()


def raw_head(path="/v2/proxy/chat/completions", *lines, method="POST", key=KEY, content_type="application/json"):
    """The head of a request as bytes; `lines` are further headers as bytes."""
    head = [("%s %s HTTP/1.1" % (method, path)).encode(), b"host: localhost"]
    if key:
        head.append(b"authorization: Bearer " + key.encode())
    if content_type:
        head.append(b"content-type: " + content_type.encode())
    return b"\r\n".join(head + list(lines)) + b"\r\n\r\n"
