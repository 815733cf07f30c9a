"""What a request in a provider's own language may look like: shapes written as data, and a reader that compares.

A shape is
    str, int, float, bool, dict, object    a JSON type; int counts as float, object is anything but null
    {"a", "b"}                             one of these strings
    [shape]                                a list of such values
    {"name": shape, "other?": shape}       an object of these members and no others; `?` may be absent
    (shape, shape, None)                   whichever of them has the value's JSON type; None allows null
    a function of (value, where)           decides by itself, or answers with the shape that is to decide
"""

from __future__ import annotations

import base64
import binascii
import re

from checks import Violation

MAGIC = {
    "image/png": [b"\x89PNG\r\n\x1a\n"], "image/jpeg": [b"\xff\xd8\xff"], "image/gif": [b"GIF87a", b"GIF89a"],
    "image/webp": [b"RIFF"], "application/pdf": [b"%PDF-"], "audio/wav": [b"RIFF"],
    "audio/mp3": [b"ID3", b"\xff\xfb", b"\xff\xf3"], "audio/mpeg": [b"ID3", b"\xff\xfb", b"\xff\xf3"],
}
JSON_NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", dict: "object", list: "array"}


def matches(value, kind) -> bool:
    if kind is object:
        return value is not None
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float)) if kind is float else isinstance(value, kind)


def type_of(shape):
    """The JSON type that a shape describes, None for null, object where it can be any."""
    if isinstance(shape, (set, frozenset)):
        return str
    if isinstance(shape, (list, dict)):
        return type(shape)
    return shape if shape is None or isinstance(shape, type) else getattr(shape, "kind", object)


def compare(value, shape, where: str) -> None:
    """Raises a Violation that names the first place where a value is not of a shape."""
    if isinstance(shape, tuple):
        for choice in shape:
            kind = type_of(choice)
            if (value is None) if kind is None else matches(value, kind):
                if choice is not None:
                    compare(value, choice, where)
                return
        raise Violation("%s: the JSON type %s is not one of those allowed here" % (where, type(value).__name__), where)
    if isinstance(shape, type):
        if not matches(value, shape):
            raise Violation("%s: Input should be a valid %s" % (where, JSON_NAMES.get(shape, "value")), where)
    elif isinstance(shape, (set, frozenset)):
        if not isinstance(value, str) or value not in shape:
            raise Violation("%s: Input should be one of %s, not %r" % (where, ", ".join(sorted(shape)), value), where)
    elif isinstance(shape, list):
        compare(value, list, where)
        for at, item in enumerate(value):
            compare(item, shape[0], "%s.%d" % (where, at))
    elif isinstance(shape, dict):
        compare_members(value, shape, where)
    else:
        chosen = shape(value, where)
        if chosen is not None:
            compare(value, chosen, where)


def compare_members(value, shape: dict, where: str) -> None:
    compare(value, dict, where)
    known = {name.rstrip("?"): of for name, of in shape.items()}
    for name in value:
        if name not in known:
            raise Violation("%s: Extra inputs are not permitted" % join(where, name), join(where, name))
    for name, of in shape.items():
        if name.rstrip("?") in value:
            compare(value[name.rstrip("?")], of, join(where, name.rstrip("?")))
        elif not name.endswith("?"):
            raise Violation("%s: Field required" % join(where, name), join(where, name))


def join(where: str, name: str) -> str:
    return "%s.%s" % (where, name) if where else name


def by_type(shapes: dict, key: str = "type"):
    """A union whose member `type` says which of the shapes a value has."""
    def choose(value, where):
        compare(value, dict, where)
        kind = value.get(key)
        if kind not in shapes:
            raise Violation("%s: Input tag %r found using %r does not match any of the expected tags: %s"
                            % (where, kind, key, ", ".join(sorted(shapes))), where)
        return dict(shapes[kind], **{key: {kind}})
    choose.kind = dict
    return choose


def one_of(shapes: dict, beside: dict = {}):  # noqa: B006 (never changed)
    """A union that has exactly one of these members, and may have those beside it."""
    def choose(value, where):
        compare(value, dict, where)
        there = [name for name in value if name in shapes]
        if len(there) != 1:
            raise Violation("%s: exactly one of %s must be there, not %s"
                            % (where, ", ".join(sorted(shapes)), " and ".join(there) or "none"), where)
        return dict({there[0]: shapes[there[0]]}, **beside)
    choose.kind = dict
    return choose


def number(kind, low=None, high=None):
    def check(value, where):
        compare(value, kind, where)
        if (low is not None and value < low) or (high is not None and value > high):
            raise Violation("%s: %r is not from %s to %s" % (where, value, low, high), where)
    check.kind = kind
    return check


def text(pattern: str, what: str):
    def check(value, where):
        compare(value, str, where)
        if not re.fullmatch(pattern, value, re.S):
            raise Violation("%s: %r is not %s" % (where, value[:100], what), where)
    check.kind = str
    return check


def listed(shape, least: int = 0, most=None):
    def check(value, where):
        compare(value, [shape], where)
        if len(value) < least or (most is not None and len(value) > most):
            raise Violation("%s: %d members, but %s to %s are allowed" % (where, len(value), least, most), where)
    check.kind = list
    return check


FILLED = text(r".*\S.*", "a text with something in it")


def decode(data: str, media_type: str, where: str) -> bytes:
    """The bytes of base64 that must be strict, and what its media type says."""
    try:
        found = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Violation("%s: invalid base64 data: %s" % (where, error), where) from None
    if not found:
        raise Violation("%s: the data is empty" % where, where)
    magic = MAGIC.get(media_type)
    if magic and not any(found.startswith(begin) for begin in magic):
        raise Violation("%s: the data is not of the type %s" % (where, media_type), where)
    return found
