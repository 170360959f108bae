"""What is done to a valid file to break it: seeded, so that a number stands for one broken file."""

import json
import struct
import zlib
from random import Random
from typing import Any

EXTREMES = (
    0,
    1,
    0x7F,
    0x80,
    0xFF,
    0x7FFF,
    0xFFFF,
    0x7FFFFFFF,
    0x80000000,
    0xFFFFFFFF,
    2**62,
    2**63 - 1,
    2**64 - 1,
)
VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0, 1e308, 5e-324, float("nan"),
    float("inf"), -float("inf"), "", " ", "auto", "\0", "\ud800", "é", "x" * 5000, "../../x", "#", "nan",
    "1e999", [], {}, [[]], [None], {"": 0}, [1, 2], ["a", "b"], {"path": 1}, [{}], {"a": {"b": []}},
)  # fmt: skip  # a list
"""What may stand where something else should, in JSON."""


def mutate(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """Return a broken copy: bits turned, cut, spliced, or numbers in it set to extremes."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        if not out:
            break
        out = rng.choice(WAYS)(out, rng, others)
    return bytes(out)


def _place(out: bytearray, rng: Random) -> int:
    """Return a place, more often near the beginning, where headers are."""
    near = min(len(out), 256) if rng.random() < 0.6 else len(out)
    return rng.randrange(near)


def _turn(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    out[_place(out, rng)] ^= 1 << rng.randrange(8)
    return out


def _set(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    kind = rng.choice("BHIQ")
    order, size = rng.choice("<>"), struct.calcsize(kind)
    at = min(_place(out, rng), max(0, len(out) - size))
    out[at : at + size] = struct.pack(order + kind, rng.choice(EXTREMES) % (1 << 8 * size))
    return out


def _cut(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    return out[: rng.randrange(len(out))]


def _drop(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    at = _place(out, rng)
    del out[at : at + rng.choice((1, 2, 4, 30))]
    return out


def _repeat(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    at = _place(out, rng)
    return out[:at] + out[at : at + 40] * rng.choice((2, 3, 100)) + out[at:]


def _splice(out: bytearray, rng: Random, others: list[bytes]) -> bytearray:
    other = rng.choice(others)
    at = _place(out, rng)
    return out[:at] + bytearray(other[rng.randrange(len(other) + 1) :][:400]) + out[at:]


def _fill(out: bytearray, rng: Random, _: list[bytes]) -> bytearray:
    at = _place(out, rng)
    size = rng.choice((4, 16, 200))
    out[at : at + size] = bytes([rng.choice((0, 255, 0x80, 0x5B, 0x7B))]) * size
    return out


WAYS = (_turn, _turn, _turn, _set, _set, _cut, _drop, _repeat, _splice, _fill)


def checked_png(data: bytes) -> bytes:
    """Return a PNG whose checksums are right again: what they would hide from a decoder."""
    out, place = bytearray(data[:8]), 8
    while place + 12 <= len(data):
        size = struct.unpack_from(">I", data, place)[0]
        chunk = data[place + 4 : place + 8 + size]
        out += data[place : place + 4] + chunk + struct.pack(">I", zlib.crc32(chunk))
        place += 12 + size
    return bytes(out)


def mutate_json(data: bytes, rng: Random, others: list[bytes]) -> bytes:
    """Return JSON, line by line, in which some values are others; now and then bytes are broken instead."""
    if rng.random() < 0.3:
        return mutate(data, rng, others)
    found = [json.loads(line) for line in data.splitlines()]
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(len(found))
        found[at] = _changed(found[at], rng)
    return b"\n".join(json.dumps(one).encode() for one in found)


def _changed(value: Any, rng: Random) -> Any:
    """Return a value in which one thing, however deep, is another."""
    if not value or not isinstance(value, dict | list) or rng.random() < 0.1:
        return rng.choice(VALUES)
    if isinstance(value, list):
        at = rng.randrange(len(value))
        return [*value[:at], _changed(value[at], rng), *value[at + 1 :]]
    name = rng.choice(list(value))
    if rng.random() < 0.1:
        return {k: v for k, v in value.items() if k != name}
    if rng.random() < 0.05:
        return value | {rng.choice(("nonsense", "", "job", "\0")): rng.choice(VALUES)}
    return value | {name: _changed(value[name], rng)}
