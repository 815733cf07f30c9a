"""HTTP/1.1 and multipart as this fake needs them: strict readers, and a writer that remembers what it sent."""

from __future__ import annotations

import asyncio
import email.parser
import email.policy
import hashlib
import socket
import struct

MAX_HEAD = 1 << 20
MAX_BODY = 512 << 20


class BadRequest(Exception):
    """What the proxy sent is not HTTP, JSON or multipart as the standards have it."""


class Gone(Exception):
    """The other side left."""


class Request:
    """One request as it arrived. `json` and `parts` are filled in by the checks; in a native language also
    `target_of`, and `chat` where the service reads the body otherwise than it stands there."""

    def __init__(self, method: str, target: str, headers: list, body: bytes):
        self.method = method
        self.target = target
        self.path, _, self.query = target.partition("?")
        self.headers = headers
        self.body = body
        self.json = None
        self.parts = None
        self.target_of = None
        self.chat = None

    def header(self, name: str, default: str = "") -> str:
        for key, value in self.headers:
            if key.lower() == name:
                return value
        return default

    def fields(self) -> dict:
        """The parameters, whichever way they travelled: JSON members or multipart text parts."""
        if isinstance(self.json, dict):
            return self.json
        fields: dict = {}
        for part in self.parts or []:
            if part["filename"] is None:
                fields.setdefault(part["name"], part["data"].decode("utf-8", "replace"))
        return fields


async def read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    """The next request of a connection, or None at its clean end."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise Gone from error
    lines = head[:-4].split(b"\r\n")
    start = lines[0].split(b" ")
    if len(start) != 3 or start[2] != b"HTTP/1.1":
        raise BadRequest("the request line is not HTTP/1.1: %r" % lines[0][:200])
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(b":")
        if not colon or not name or name != name.strip():
            raise BadRequest("a header line is malformed: %r" % line[:200])
        headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    request = Request(start[0].decode("latin-1"), start[1].decode("latin-1"), headers, b"")
    if request.header("expect").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.body = await read_body(request, reader)
    return request


async def read_body(request: Request, reader: asyncio.StreamReader) -> bytes:
    lengths = [value for name, value in request.headers if name.lower() == "content-length"]
    codings = [value for name, value in request.headers if name.lower() == "transfer-encoding"]
    if lengths and codings:
        raise BadRequest("both content-length and transfer-encoding are there")
    try:
        if codings:
            if codings != ["chunked"]:
                raise BadRequest("unexpected transfer-encoding %r" % codings)
            return await read_chunks(reader)
        if not lengths:
            return b""
        if len(lengths) > 1 or not lengths[0].isdigit():
            raise BadRequest("unexpected content-length %r" % lengths)
        if int(lengths[0]) > MAX_BODY:
            raise BadRequest("the body is too large")
        return await reader.readexactly(int(lengths[0]))
    except asyncio.IncompleteReadError as error:
        raise Gone from error


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = bytearray()
    while True:
        line = (await reader.readuntil(b"\r\n"))[:-2].split(b";")[0]
        try:
            size = int(line, 16)
        except ValueError:
            raise BadRequest("a chunk size is malformed: %r" % line[:40]) from None
        if size == 0:
            while await reader.readuntil(b"\r\n") != b"\r\n":
                pass
            return bytes(body)
        if len(body) + size > MAX_BODY:
            raise BadRequest("the body is too large")
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequest("a chunk does not end with CRLF")


def parameters(value: str) -> dict:
    """The parameters of a header such as `form-data; name="file"; filename="a;b.wav"`."""
    header = "Content-Disposition: %s\r\n\r\n" % value
    message = email.parser.Parser(policy=email.policy.compat32).parsestr(header)
    found = message.get_params(header="content-disposition", unquote=True) or []
    return {name.lower(): text for name, text in found}


def parse_multipart(content_type: str, body: bytes) -> list:
    """The parts of a form, each a dict of name, filename, content_type, headers and data. Strict."""
    boundary = parameters(content_type).get("boundary")
    if not boundary:
        raise BadRequest("the multipart content-type has no boundary")
    dash = b"--" + boundary.encode("latin-1")
    if not body.startswith(dash):
        raise BadRequest("the multipart body does not start with its boundary")
    position, parts = len(dash), []
    while True:
        if body[position:position + 2] == b"--":
            if body[position + 2:].strip(b"\r\n"):
                raise BadRequest("there are bytes after the last boundary")
            return parts
        if body[position:position + 2] != b"\r\n":
            raise BadRequest("a boundary line is malformed")
        end_of_head = body.find(b"\r\n\r\n", position)
        if end_of_head < 0:
            raise BadRequest("the headers of a part do not end")
        end = body.find(b"\r\n" + dash, end_of_head + 2)
        if end < 0:
            raise BadRequest("the multipart body ends without its last boundary")
        headers = {}
        for line in body[position + 2:end_of_head].split(b"\r\n"):
            name, colon, value = line.partition(b":")
            if not colon:
                raise BadRequest("a header of a part is malformed: %r" % line[:200])
            headers[name.decode("latin-1").lower()] = value.strip().decode("utf-8", "replace")
        disposition = parameters(headers.get("content-disposition", ""))
        if "name" not in disposition:
            raise BadRequest("a part has no name")
        parts.append({
            "name": disposition["name"],
            "filename": disposition.get("filename"),
            "content_type": headers.get("content-type"),
            "headers": headers,
            "data": body[end_of_head + 4:end],
        })
        position = end + 2 + len(dash)


class Answer:
    """Writes one answer, in pieces of `cut` bytes if asked, and remembers what went out."""

    KEEP = 8 << 20

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request_id: str):
        self.reader, self.writer = reader, writer
        self.status, self.headers, self.request_id = 0, [], request_id
        self.cut, self.chunked, self.close = 0, False, False
        self.early_hints, self.trailers, self.until_close = False, False, False
        self.body, self.size, self.digest = bytearray(), 0, hashlib.sha256()
        self.id_header = "x-request-id"

    def check_client(self) -> None:
        """Raises Gone when the client has left: an end of its side is final, nobody sends half-closed."""
        if self.reader.at_eof() or self.reader.exception() or self.writer.transport.is_closing():
            raise Gone

    async def raw(self, data: bytes) -> None:
        self.check_client()
        try:
            if not self.cut:
                self.writer.write(data)
                await self.writer.drain()
                return
            for at in range(0, len(data), self.cut):
                self.writer.write(data[at:at + self.cut])
                await self.writer.drain()
                await asyncio.sleep(0)
        except (ConnectionError, OSError) as error:
            raise Gone from error

    async def start(self, status: int, headers: list, length=None) -> None:
        self.status, self.chunked = status, length is None
        headers = list(headers)
        if self.id_header and not any(name == self.id_header for name, _ in headers):
            headers.append((self.id_header, self.request_id))
        if self.until_close:
            self.chunked, self.close = False, True
        else:
            headers.append(("transfer-encoding", "chunked") if length is None else ("content-length", str(length)))
        if self.early_hints:
            await self.raw(b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>; rel=preload\r\n\r\n")
        if self.close:
            headers.append(("connection", "close"))
        self.headers = headers
        head = "HTTP/1.1 %d Fake\r\n" % status + "".join("%s: %s\r\n" % header for header in headers) + "\r\n"
        await self.raw(head.encode("latin-1"))

    async def write(self, data: bytes) -> None:
        if not data:
            return
        self.size += len(data)
        self.digest.update(data)
        if len(self.body) < self.KEEP:
            self.body += data
        if not self.chunked:
            await self.raw(data)
        elif self.cut:
            for at in range(0, len(data), self.cut):
                await self.raw(b"%x\r\n%s\r\n" % (len(data[at:at + self.cut]), data[at:at + self.cut]))
        else:
            await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def finish(self) -> None:
        if self.chunked:
            await self.raw(b"0\r\nx-checksum: 1\r\n\r\n" if self.trailers else b"0\r\n\r\n")

    async def whole(self, status: int, headers: list, body: bytes) -> None:
        await self.start(status, headers, len(body))
        await self.write(body)
        await self.finish()

    async def pause(self, seconds: float) -> None:
        """Sleeps, but wakes up when the client leaves."""
        while seconds > 0:
            self.check_client()
            await asyncio.sleep(min(seconds, 0.02))
            seconds -= 0.02
        self.check_client()

    def reset(self) -> None:
        """Ends the connection with RST instead of FIN."""
        sock = self.writer.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        self.close = True
