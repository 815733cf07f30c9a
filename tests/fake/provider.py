#!/usr/bin/env python3
"""A fake AI provider that speaks OpenAI's language on every route, at any path prefix, those of Anthropic, Google, AWS,
Cohere and many more at their own paths (native.py), and checks what it receives.

It needs nothing but Python 3.9. A request that a provider should never see (a client's key, an internal header, a model
with its provider's prefix, broken JSON, a malformed form) gets status 400 with the code `fake_check_failed`, so that a
test fails loudly. Model names choose misbehaviour, see faults.py.

    GET  /_fake/last    the last request and its answer as JSON
    GET  /_fake/all     the last 200 of them
    GET  /_fake/state   open, finished and cancelled streams; requests; violations
    POST /_fake/reset   forget all of that
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import collections
import hashlib
import json
import os
import signal
import sys

import checks
import faults
import native
import stored
from answers import as_json, models
from wire import MAX_HEAD, Answer, BadRequest, Gone, read_request

KEEP_INLINE = 1 << 20


class Provider:
    """The state behind the control channel, and the way of a request through the checks to an answer."""

    def __init__(self, rules, log: bool):
        self.rules, self.log = rules, log
        self.serial, self.open, self.connections = 0, 0, 0
        self.forget()

    def forget(self) -> None:
        self.requests, self.finished, self.cancelled, self.aborted = 0, 0, 0, 0
        self.violations: list = []
        self.last = None
        self.all: collections.deque = collections.deque(maxlen=200)
        self.stored = stored.Stored()

    def state(self) -> dict:
        return {"open": self.open, "finished": self.finished, "cancelled": self.cancelled, "aborted": self.aborted,
                "requests": self.requests, "violations": self.violations, "connections": self.connections}

    async def connection(self, reader, writer) -> None:
        self.connections += 1
        try:
            while await self.one(reader, writer):
                pass
        except (ConnectionError, Gone, asyncio.LimitOverrunError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The other side is gone or confused, or the fake is being stopped: nobody is left to tell.
        finally:
            self.connections -= 1
            writer.close()

    async def one(self, reader, writer) -> bool:
        """Serves one request; says whether the connection lives on."""
        try:
            request = await read_request(reader, writer)
        except BadRequest as error:
            self.violate(str(error))
            await Answer(reader, writer, "req_fake").whole(400, [("connection", "close")], str(error).encode())
            return False
        except Gone:
            self.aborted += 1
            return False
        if request is None:
            return False
        self.serial += 1
        answer = Answer(reader, writer, "req_fake_%d" % self.serial)
        if "/_fake/" in request.path:
            await self.control(request, answer)
        else:
            await self.serve(request, answer)
        return not answer.close and request.header("connection").lower() != "close"

    async def control(self, request, answer) -> None:
        action = request.path.rsplit("/", 1)[1]
        if action == "reset" and request.method == "POST":
            self.forget()
            body: object = {}
        elif action == "last" and request.method == "GET":
            body = describe_last(self.last)
        elif action == "all" and request.method == "GET":
            body = [describe_last(one) for one in self.all]
        elif action == "state" and request.method == "GET":
            body = self.state()
        else:
            await faults.send_whole(answer, as_json({"error": "no such control"}, 404), {})
            return
        await answer.whole(200, [("content-type", "application/json")], json.dumps(body).encode())

    def violate(self, message: str) -> None:
        self.violations.append(message)
        print("fake provider: refused: %s" % message, file=sys.stderr, flush=True)

    async def serve(self, request, answer) -> None:
        self.requests += 1
        self.last = (request, answer)
        if len(request.body) <= KEEP_INLINE:
            self.all.append(self.last)
        self.open += 1
        try:
            await self.dispatch(request, answer)
            self.finished += 1
        except Gone:
            self.cancelled += 1
            raise
        finally:
            self.open -= 1
            if self.log:
                print("%s %s %d" % (request.method, request.path, answer.status), file=sys.stderr, flush=True)

    async def dispatch(self, request, answer) -> None:
        target = native.find(request, self.rules)
        if target is not None:
            await self.dispatch_native(request, answer, target)
            return
        try:
            if request.method == "GET" and "/models" in request.path:
                checks.check_headers(request, self.rules)
                await faults.send_whole(answer, models(request.path), {})
                return
            told = self.stored.asked(request)
            if told is not None:
                checks.check_headers(request, self.rules)
                await faults.send(answer, told)
                return
            if request.method != "POST":
                raise LookupError(request.path)
            endpoint = checks.check(request, self.rules)
        except checks.Violation as violation:
            self.violate(violation.message)
            refusal = faults.error(400, "fake provider: %s" % violation.message, "invalid_request_error",
                                   "fake_check_failed", param=violation.param)
        except LookupError:
            self.violate("unknown URL: %s %s" % (request.method, request.path))
            refusal = faults.error(404, "Invalid URL (%s %s)" % (request.method, request.path), "invalid_request_error", None)
        else:
            if endpoint == "responses":
                self.stored.keep(request, checks.model_of(request))
            await faults.respond(answer, request, endpoint, checks.model_of(request))
            return
        await faults.send_whole(answer, refusal, {})

    async def dispatch_native(self, request, answer, target) -> None:
        request.target_of, answer.id_header = target, target.language.ID_HEADER
        try:
            native.check(request, target)
        except checks.Violation as violation:
            if not isinstance(violation, checks.Refusal):
                self.violate("%s: %s" % (target.language.__name__, violation.message))
            await faults.send_whole(answer, target.language.refused(violation, target), {}, False)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            # A check stumbled over what it did not foresee: say so, rather than hang up.
            self.violate("%s: the check failed: %r" % (target.language.__name__, error))
            await faults.send_whole(answer, target.language.failing(400, "fake provider: %r" % error, target), {}, False)
        else:
            await faults.respond_natively(answer, request, target)


def describe_last(last) -> object:
    if last is None:
        return None
    request, answer = last

    def blob(data: bytes, size=None, digest=None) -> dict:
        size = len(data) if size is None else size
        kept = base64.b64encode(data).decode() if size <= KEEP_INLINE else None
        return {"size": size, "sha256": digest or hashlib.sha256(data).hexdigest(), "base64": kept}

    parts = None
    if request.parts is not None:
        parts = []
        for part in request.parts:
            about = {"name": part["name"], "filename": part["filename"], "content_type": part["content_type"]}
            about.update(blob(part["data"]))
            parts.append(about)
    return {
        "method": request.method, "path": request.path, "query": request.query, "headers": request.headers,
        "body": blob(request.body), "json": request.json if len(request.body) <= KEEP_INLINE else None, "parts": parts,
        "model": checks.model_of(request),
        "answer": {"status": answer.status, "headers": answer.headers,
                   "body": blob(bytes(answer.body), answer.size, answer.digest.hexdigest())},
    }


def arguments(argv=None):
    parser = argparse.ArgumentParser(description="A fake AI provider for tests and demonstrations.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=10001, help="0 takes a free one; the first line of output names it")
    parser.add_argument("--client-key", action="append", default=[], help="a client's key, which must never arrive here")
    parser.add_argument("--refuse-prefix", action="append", default=[], metavar="[HOST=]PREFIX",
                        help="refuse models that begin so, e.g. mistral/ or api.openai.com=openai/")
    parser.add_argument("--aws-key", default="", metavar="ID:SECRET", help="the AWS key that requests may be signed with")
    parser.add_argument("--log", action="store_true", help="print a line for each request")
    return parser.parse_args(argv)


async def main(options) -> int:
    aws_key, _, aws_secret = options.aws_key.partition(":")
    provider = Provider(checks.Rules(options.client_key, options.refuse_prefix, aws_key, aws_secret), options.log)
    try:
        server = await asyncio.start_server(
            provider.connection, options.host, options.port, limit=MAX_HEAD, backlog=1024)
    except OSError as error:
        print("The fake provider cannot listen on %s:%d: %s. Choose another --port."
              % (options.host, options.port, os.strerror(error.errno or 0)), file=sys.stderr)
        return 1
    port = server.sockets[0].getsockname()[1]
    print("The fake provider listens on http://%s:%d" % (options.host, port), flush=True)
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await stop.wait()
    server.close()
    return 0


if __name__ == "__main__":
    # Connections that are still open end with the process: waiting for a stream that never ends is no way to stop.
    sys.exit(asyncio.run(main(arguments())))
