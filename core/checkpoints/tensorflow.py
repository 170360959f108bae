"""TensorFlow's checkpoints, as far as plain numbers need it: an ``.index`` file and its ``.data`` files.

The index is a sorted table of LevelDB's format, uncompressed, from names to protocol buffers that say kind,
shape and place; the data files are the numbers one after the other. Nothing in them is executed.

Ours, because TensorFlow takes hundreds of megabytes to install, and this alone of it is needed.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..errors import WeightsError
from ..files.damage import explain_damage

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
"""Bytes at the end of a table."""
OBJECT = "/.ATTRIBUTES/VARIABLE_VALUE"
"""What follows a variable's own name where objects were saved."""
KINDS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""TensorFlow's numbers of kinds that can be read; others, such as text, are passed over."""
MOST = 1000
"""Most data files of a checkpoint."""
LONGEST = 4096
"""Bytes of a name."""
AXES = 16
"""Of a tensor, at most."""
LARGEST = 1 << 64
"""Largest number in ten bytes of seven bits each."""
VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""How a protocol buffer's field is written."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a tensor lies in which data file, in bytes."""

    kind: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int


def read_tensorflow(path: Path) -> dict[str, Tensor]:
    """Return the tensors of ``name.index`` by name; ``name.data-00000-of-00001`` lies beside it.

    Raises:
        WeightsError: if a file is damaged or missing.
    """
    with explain_damage(
        WeightsError,
        f"{path.name} is damaged or no TensorFlow checkpoint ({{reason}}); fetch it again",
    ):
        shards, entries = _read_index(path.read_bytes())
        files = [path.with_suffix(f".data-{i:05d}-of-{shards:05d}") for i in range(shards)]
        missing = [file.name for file in files if not file.is_file()]
        if missing:
            raise WeightsError(
                f"{path.name} is half a checkpoint: put {', '.join(missing)} beside it"
            )
        data = [file.read_bytes() for file in files]
        if sum(entry.size for entry in entries.values()) > sum(map(len, data)):
            raise ValueError("its tensors reach beyond its numbers")
        return {name: _tensor(entry, data[entry.shard]) for name, entry in entries.items()}


def _tensor(entry: Entry, data: bytes) -> Tensor:
    dtype, count = np.dtype(KINDS[entry.kind]), prod(entry.shape)
    if entry.size != count * dtype.itemsize or entry.offset + entry.size > len(data):
        raise ValueError("a tensor reaches beyond its numbers")
    numbers = np.frombuffer(data, dtype, count, entry.offset)
    return torch.from_numpy(numbers.reshape(entry.shape).copy())


def _read_index(table: bytes) -> tuple[int, dict[str, Entry]]:
    """Return the number of data files, and the entries of a kind that can be read."""
    if len(table) < FOOTER or struct.unpack_from("<Q", table, len(table) - 8)[0] != MAGIC:
        raise ValueError("it does not end as a table ends")
    footer = _Bytes(table[-FOOTER:])
    footer.handle()  # of what describes the table
    shards, entries, left = 0, dict[str, Entry](), len(table)
    for _, block in _block(table, *footer.handle()):
        offset, size = _Bytes(block).handle()
        left -= size
        if left < 0:
            raise ValueError("its blocks lie on each other")
        for key, value in _block(table, offset, size):
            if not key:
                shards = int(dict(_fields(value)).get(1, 0))
            elif (entry := _entry(value)).kind in KINDS:
                entries[key.decode().removesuffix(OBJECT)] = entry
    if not 0 < shards < MOST:
        raise ValueError(f"it speaks of {shards} data files")
    return shards, entries


def _block(table: bytes, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield keys and values; each key is written as what differs from the one before."""
    if table[offset + size]:
        raise ValueError("it is compressed")
    block = table[offset : offset + size]
    restarts = struct.unpack_from("<I", block, size - 4)[0]
    reader, key = _Bytes(block[: size - 4 * (restarts + 1)]), b""
    while reader.left:
        shared, fresh, length = (reader.varint() for _ in range(3))
        if shared + fresh > LONGEST:
            raise ValueError("a name is too long")
        key = key[:shared] + reader.take(fresh)
        yield key, reader.take(length)


def _entry(message: bytes) -> Entry:
    fields = dict(_fields(message))
    axes = [dict(_fields(axis)) for number, axis in _fields(fields.get(2, b"")) if number == 2]
    if len(axes) > AXES:
        raise ValueError(f"a tensor has {len(axes)} axes")
    kind, shard, offset, size = (int(fields.get(number, 0)) for number in (1, 3, 4, 5))
    return Entry(kind, tuple(int(axis.get(1, 0)) for axis in axes), shard, offset, size)


def _fields(message: int | bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield a protocol buffer's fields by number; a number where one should be is an error."""
    if isinstance(message, int):
        raise TypeError("a number stands where fields should")
    reader = _Bytes(message)
    while reader.left:
        number, kind = divmod(reader.varint(), 8)
        if kind == VARINT:
            yield number, reader.varint()
        elif kind == BYTES:
            yield number, reader.take(reader.varint())
        elif kind in (FIXED32, FIXED64):
            reader.take(4 if kind == FIXED32 else 8)
        else:
            raise ValueError(f"field of kind {kind}")


@dataclass(slots=True)
class _Bytes:
    data: bytes
    place: int = 0

    @property
    def left(self) -> int:
        return len(self.data) - self.place

    def take(self, count: int) -> bytes:
        if count > self.left:
            raise EOFError("the file ends too early")
        self.place += count
        return self.data[self.place - count : self.place]

    def varint(self) -> int:
        """Return a number that is written seven bits a byte, the lowest first."""
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 127) << shift
            if value >= LARGEST:
                raise ValueError("a number is too large")
            if byte < 128:
                return value
            shift += 7

    def handle(self) -> tuple[int, int]:
        """Return offset and size of a block."""
        return self.varint(), self.varint()
