"""Server-sent events and AWS's event stream, read slowly and plainly: the other side of the filter's own framers."""

import json
import re
import struct
import zlib


def server_sent(body):
    """(event, data) of each event, by https://html.spec.whatwg.org/multipage/server-sent-events.html, the last one even
    without its blank line."""
    found, name, data = [], None, []
    for line in re.split("\r\n|\n|\r", body.decode()) + [""]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append((name, "\n".join(data)))
            name, data = None, []
        elif field == "data":
            data.append(value)
        elif field == "event":
            name = value
    return found


def bodies(body):
    """The events of a stream as (event, JSON); `[DONE]` is no event."""
    return [(name, json.loads(data)) for name, data in server_sent(body) if data.strip() != "[DONE]"]


def frames(body):
    """Frames of AWS's event stream as (headers, payload):
    https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream"""
    found = []
    while body:
        total, size, checksum = struct.unpack_from(">III", body)
        assert checksum == zlib.crc32(body[:8]), "the prelude's checksum"
        assert struct.unpack_from(">I", body, total - 4)[0] == zlib.crc32(body[:total - 4]), "the frame's checksum"
        at, headers = 12, {}
        while at < 12 + size:
            name, at = body[at + 1:at + 1 + body[at]].decode(), at + 1 + body[at]
            assert body[at] == 7, "a header that is no string"
            length = struct.unpack_from(">H", body, at + 1)[0]
            headers[name], at = body[at + 3:at + 3 + length].decode(), at + 3 + length
        found.append((headers, body[at:total - 4]))
        body = body[total:]
    return found


def frame(headers, payload):
    """One frame of AWS's event stream, for recordings that hold the events alone."""
    packed = b"".join(bytes([len(name)]) + name.encode() + b"\x07" + struct.pack(">H", len(value)) + value.encode()
                      for name, value in headers.items())
    head = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    made = head + struct.pack(">I", zlib.crc32(head)) + packed + payload
    return made + struct.pack(">I", zlib.crc32(made))
