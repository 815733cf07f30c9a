"""What every AWS service has: Signature Version 4, checked, and event streams, written.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
import re
import struct
import urllib.parse

from checks import Violation

SCHEME = "AWS4-HMAC-SHA256"


def check_signature(request, access_key: str, secret: str, service: str) -> None:
    """Raises a Violation unless the request carries a right signature of this key over all that must not change."""
    fields = dict(re.findall(r"(Credential|SignedHeaders|Signature)=([^,\s]+)", request.header("authorization")))
    if len(fields) != 3:
        raise Violation("Authorization header requires 'Credential', 'SignedHeaders' and 'Signature'.", "authorization", 403)
    scope = fields["Credential"].split("/")
    if len(scope) != 5 or scope[4] != "aws4_request" or scope[3] != service:
        raise Violation("Credential should be scoped to the service %s: %s" % (service, fields["Credential"]), "authorization", 403)
    if scope[0] != access_key:
        raise Violation("The security token included in the request is invalid.", "authorization", 403)
    date = request.header("x-amz-date")
    if not re.fullmatch(r"\d{8}T\d{6}Z", date) or date[:8] != scope[1]:
        raise Violation("x-amz-date %r is not a time of the day of the credential" % date, "x-amz-date", 403)
    signed = fields["SignedHeaders"].split(";")
    if not {"host", "x-amz-date"} <= set(signed):
        raise Violation("host and x-amz-date have to be signed: %s" % signed, "authorization", 403)
    digest = hashlib.sha256(request.body).hexdigest()
    if request.header("x-amz-content-sha256", digest) != digest:
        raise Violation("The provided 'x-amz-content-sha256' header does not match what was computed.", "x-amz-content-sha256", 403)
    key = ("AWS4" + secret).encode()
    for part in scope[1:]:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join([SCHEME, date, "/".join(scope[1:]),
                      hashlib.sha256(canonical_request(request, signed, digest).encode()).hexdigest()])
    right = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(right, fields["Signature"]):
        raise Violation("The request signature we calculated does not match the signature you provided. Check your AWS Secret "
                        "Access Key and signing method.", "authorization", 403)


def canonical_request(request, signed: list, digest: str) -> str:
    path = urllib.parse.quote(request.path, safe="/~")  # Encoded once more: every service but S3.
    pairs = sorted(pair.partition("=")[::2] for pair in request.query.split("&") if pair)
    query = "&".join("%s=%s" % pair for pair in pairs)
    headers = "".join("%s:%s\n" % (name, " ".join(request.header(name).split())) for name in signed)
    return "\n".join([request.method, path, query, headers, ";".join(signed), digest])


def frame(headers: list, payload: bytes, broken=False) -> bytes:
    """One message of an event stream; every header is a string."""
    packed = b"".join(struct.pack(">B", len(name)) + name.encode() + b"\x07" + struct.pack(">H", len(value.encode())) + value.encode()
                      for name, value in headers)
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    message = prelude + struct.pack(">I", binascii.crc32(prelude)) + packed + payload
    return message + struct.pack(">I", binascii.crc32(message) ^ (1 if broken else 0))
