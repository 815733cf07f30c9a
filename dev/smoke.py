"""Starts what `make run` starts, on ports of its own, and uses it as the README says: the printed curl lines, bad
requests, new configurations, Ctrl-C. One line each, `ok` or `FAIL`.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
CONFIG = "target/run/filter/orq.yaml"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


class Demonstration:
    def __init__(self):
        self.port, self.admin, self.fake = free_ports(3)
        self.env = dict(os.environ, PORT=str(self.port), ADMIN_PORT=str(self.admin), FAKE_PORT=str(self.fake))
        for line in open("dev/keys", encoding="utf-8"):
            self.env.pop(line.split()[1], None)  # Nothing real is called here.
        self.process = subprocess.Popen(
            ["bash", "dev/run.sh"], env=self.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            # A shell cannot trap what was ignored when it began, as SIGINT is in a shell's background.
            start_new_session=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.printed = ""
        for line in self.process.stdout:
            self.printed += line
            if line.startswith("Ctrl-C"):
                return
        sys.exit(self.printed + "FAIL make run starts")

    def key(self):
        return next(line.split()[1] for line in self.printed.splitlines() if line.startswith("  key"))

    def lines(self):
        return [line for line in self.printed.splitlines() if line.startswith("curl")]

    def models(self, key):
        request = urllib.request.Request("http://127.0.0.1:%d/v2/proxy/models" % self.port)
        request.add_header("authorization", "Bearer " + key)
        try:
            return urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            return error.code

    def raw(self, request):
        """Status, head and JSON body of the answer to these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(request)
            answer = b""
            while b"\r\n\r\n" not in answer or not answer.rstrip().endswith(b"}"):
                piece = s.recv(65536)
                if not piece:
                    break
                answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode().lower(), json.loads(body)

    def rejected(self):
        """How many configurations Envoy refused, and how many it took."""
        url = "http://127.0.0.1:%d/stats?filter=http_filter.orq.update_(rejected|success)" % self.admin
        lines = urllib.request.urlopen(url, timeout=10).read().decode().split("\n")
        return [int(line.rsplit(" ", 1)[1]) for line in sorted(lines) if ": " in line]

    def configure(self, old, new):
        with open(CONFIG, encoding="utf-8") as file:
            text = file.read()
        assert old in text, old
        before = sum(self.rejected())
        with open(CONFIG + ".new", "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))
        os.replace(CONFIG + ".new", CONFIG)
        until(lambda: sum(self.rejected()) > before)


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen within %d s" % seconds
        time.sleep(0.1)


def openai_error(head, body):
    assert set(body["error"]) >= {"message", "type", "param", "code"}, body
    assert "content-type: application/json" in head, head
    assert head.count("x-request-id: ") == 1 and "," not in head.split("x-request-id: ")[1].split("\r\n")[0], head


def run(line):
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True).stdout


def the_printed_lines_work(demo):
    whole, stream, *_ = demo.lines()
    assert json.loads(run(whole))["choices"][0]["message"]["content"]
    assert run(stream).rstrip().endswith("data: [DONE]")


def providers_with_languages_of_their_own_answer(demo):
    found = []
    for line in demo.lines()[2:]:
        found.append(line.split('"model":"')[1].split("/")[0])
        answer = run(line)
        assert "You said: Hello!" in json.loads(answer)["choices"][0]["message"]["content"], answer
        streamed = run(line.replace('"messages"', '"stream":true,"messages"'))
        assert streamed.count('"chat.completion.chunk"') > 5 and streamed.rstrip().endswith("data: [DONE]"), streamed
    assert found == ["anthropic", "google-ai", "google", "aws", "cohere"], found


def a_key_is_needed(demo):
    status, head, body = demo.raw(b"GET /v2/proxy/models HTTP/1.1\r\nhost: x\r\n\r\n")
    assert status == 401
    openai_error(head, body)


def what_envoy_refuses_has_openais_form(demo):
    for wanted, request in (
        (400, b"GET /v2/proxy/models HTTP/1.1\r\nhost: x\r\nbad\x01: y\r\n\r\n"),
        (431, b"GET / HTTP/1.1\r\nhost: x\r\n" + b"".join(b"a%d: b\r\n" % i for i in range(200)) + b"\r\n"),
    ):
        status, head, body = demo.raw(request)
        assert status == wanted, (status, body)
        openai_error(head, body)


def load_balancers_need_no_key(demo):
    assert urllib.request.urlopen("http://127.0.0.1:%d/healthz" % demo.port, timeout=10).status == 200


def keys_change_while_it_runs(demo):
    import hashlib
    old, new = (hashlib.sha256(key.encode()).hexdigest() for key in (demo.key(), "sk-orq-another"))
    demo.configure(old, new)
    until(lambda: (demo.models(demo.key()), demo.models("sk-orq-another")) == (401, 200))
    refused = demo.rejected()[0]
    demo.configure('"keys"', '"kyes"')
    assert demo.rejected()[0] == refused + 1
    assert demo.models("sk-orq-another") == 200, "the last good configuration is gone"


def a_port_in_use_is_named(demo):
    other = subprocess.run(["bash", "dev/run.sh"], env=demo.env, capture_output=True, text=True, check=False)
    assert other.returncode != 0 and "Port %d is in use" % demo.port in other.stderr, other


def ctrl_c_ends_everything(demo):
    os.killpg(demo.process.pid, signal.SIGINT)
    status = demo.process.wait(timeout=30)
    assert status == 0, "it ended with %d, and said at last:\n%s" % (status, demo.process.stdout.read()[-2000:])
    for port in (demo.port, demo.admin, demo.fake):
        socket.create_server(("127.0.0.1", port)).close()


def main():
    os.chdir(ROOT)
    if not shutil.which("curl"):
        sys.exit("FAIL make run: curl is missing, which its lines need")
    demo, failed = Demonstration(), False
    try:
        for test in (the_printed_lines_work, providers_with_languages_of_their_own_answer, a_key_is_needed,
                     what_envoy_refuses_has_openais_form, load_balancers_need_no_key, keys_change_while_it_runs,
                     a_port_in_use_is_named, ctrl_c_ends_everything):
            name = test.__name__.replace("_", " ")
            try:
                test(demo)
                print("ok   make run: " + name, flush=True)
            except Exception as error:  # One failure does not keep the others from being seen.
                failed = True
                print("%s: %s\nFAIL make run: %s" % (type(error).__name__, error, name), flush=True)
    finally:
        if demo.process.poll() is None:
            os.killpg(demo.process.pid, signal.SIGTERM)
    return failed


if __name__ == "__main__":
    sys.exit(main())
