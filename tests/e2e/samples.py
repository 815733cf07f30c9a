"""Bytes that tests send."""

import base64
import io
import math
import struct
import wave

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
# Every byte value, line ends, and what looks like a boundary: a file that a careless reader of multipart would break.
NASTY = bytes(range(256)) * 40 + b"\r\n--\r\n--boundary\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nx\r\n" + b"\r\n\r\n" * 5
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def data_url(kind, data):
    return "data:%s;base64,%s" % (kind, base64.b64encode(data).decode())


def wav(seconds=0.2):
    """A sine at 440 Hz."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = (int(8000 * math.sin(at * 440 * 2 * math.pi / 8000)) for at in range(int(8000 * seconds)))
        file.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return written.getvalue()


def multipart(parts, boundary="boundary-7a3f", end=True):
    """A form from (name, filename or None, content-type or None, bytes), in that order."""
    body = b""
    for name, filename, content_type, data in parts:
        disposition = 'form-data; name="%s"' % name + ('; filename="%s"' % filename if filename is not None else "")
        body += ("--%s\r\nContent-Disposition: %s\r\n" % (boundary, disposition)).encode()
        if content_type:
            body += ("Content-Type: %s\r\n" % content_type).encode()
        body += b"\r\n" + data + b"\r\n"
    return (body + ("--%s--\r\n" % boundary).encode() if end else body), "multipart/form-data; boundary=" + boundary
