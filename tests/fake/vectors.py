"""Vectors that are the same for the same input, written with numbers that a careless reader would change.

Their texts are written by hand, since `json.dumps` would tidy them. Each is finite as a float32.
"""

from __future__ import annotations

import base64
import fractions
import hashlib
import struct

from answers import dumps

# Each of these is lost by something that is often done: a sign of zero, numbers below the normal ones, exponents in every
# spelling, more digits than a double has, and two that are rounded wrongly when they go by way of a double.
AWKWARD = [
    "-0.0", "1.401298464324817e-45", "-1.17549421069244107548702944485e-38", "1E-7", "2.5e+0", "0.020843505859375",
    "1.00000005960464477540", "-16777217.0000000000000001", "3.4028234663852886e+38", "0", "-3.0e-05",
    "0.333333333333333333333333333333", "5e-324", "1.0000000000000002e-10",
]


class Literal:
    """A JSON value whose text is to stand in the answer as it is."""

    def __init__(self, text: str):
        self.text = text


def written(value) -> str:
    """JSON, with the texts of literals as they are."""
    literals: list = []

    def mark(item):
        if isinstance(item, Literal):
            literals.append(item.text)
            return "\x00%d\x00" % (len(literals) - 1)
        if isinstance(item, dict):
            return {name: mark(inner) for name, inner in item.items()}
        return [mark(inner) for inner in item] if isinstance(item, list) else item

    text = dumps(mark(value))
    for at, literal in enumerate(literals):
        text = text.replace('"\\u0000%d\\u0000"' % at, literal, 1)
    return text


def drawn_from(seed: str, size: int):
    """So many numbers from 0 to 2^32 - 1."""
    return iter(struct.unpack("<%dI" % size, hashlib.shake_256(seed.encode()).digest(4 * size)))


def texts(seed: str, size: int) -> list:
    """The numbers of a vector as they are written: awkward ones at places that depend on the seed."""
    drawn = drawn_from(seed, 2 * size + 1)
    shift, found = next(drawn), []
    for at in range(size):
        number = next(drawn)
        if at % 5 == shift % 5:
            found.append(AWKWARD[(at // 5 + shift) % len(AWKWARD)])
        else:
            digits = "%09d%0*d" % (number % 10**9, number % 9 + 1, next(drawn) % 10 ** (number % 9 + 1))
            found.append("%s0.%s%s" % ("-" if number & 1 else "", digits, "e-0%d" % (number % 4) if number % 11 == 0 else ""))
    return found


def floats(seed: str, size: int) -> Literal:
    return Literal("[%s]" % ",".join(texts(seed, size)))


def spaced(seed: str, size: int) -> Literal:
    """The same as Google writes it: a number a line."""
    return Literal("[\n      %s\n    ]" % ",\n      ".join(texts(seed, size)))


def nearest(text: str) -> float:
    """The float32 that is nearest to a decimal number, of two equally near ones the even one."""
    number = float(text)
    guess = struct.unpack("<f", struct.pack("<f", number))[0]
    halfway = struct.unpack("<Q", struct.pack("<d", number))[0] & 0x1FFFFFFF == 0x10000000
    if abs(number) > 2.0**-126 and not halfway:
        return guess  # By way of a double it comes out wrong only where the double is halfway between two of them.
    exact = fractions.Fraction(text)
    bits = struct.unpack("<I", struct.pack("<f", abs(guess)))[0]
    around = [struct.unpack("<f", struct.pack("<I", near))[0] for near in (bits - 1, bits, bits + 1) if 0 <= near < 0x7F800000]
    chosen = min(around, key=lambda near: (abs(fractions.Fraction(near) - abs(exact)),
                                           struct.unpack("<I", struct.pack("<f", near))[0] & 1))
    return -chosen if text.startswith("-") else chosen


def packed(seed: str, size: int) -> str:
    """The same vector as base64 of float32, little end first."""
    return base64.b64encode(struct.pack("<%df" % size, *(nearest(text) for text in texts(seed, size)))).decode()


def bytes_of(seed: str, size: int) -> list:
    """A vector of int8."""
    drawn = drawn_from(seed, size)
    return [-128, 127, 0, -1][:size] + [next(drawn) % 256 - 128 for _ in range(max(0, size - 4))]


def packed_bytes(seed: str, size: int) -> str:
    return base64.b64encode(struct.pack("<%db" % size, *bytes_of(seed, size))).decode()
