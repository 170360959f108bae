"""Torch7's own file format, as far as a network of convolutions needs it.

A .t7 file is a tree of tagged values in little-endian binary; objects carry an index, so that a second
mention is a reference. Nothing in it is executed: classes are read as tables, and functions are refused.

Ours, because torch.utils.serialization left PyTorch with 1.0 and no kept package reads such files.
"""

import struct
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.lib.stride_tricks import as_strided
from torch import Tensor

from ..errors import WeightsError
from ..files.damage import explain_damage

NIL, NUMBER, STRING, TABLE, OBJECT, BOOLEAN = 0, 1, 2, 3, 4, 5
STORAGES = {
    "torch.FloatStorage": np.dtype("<f4"),
    "torch.CudaStorage": np.dtype("<f4"),
    "torch.DoubleStorage": np.dtype("<f8"),
    "torch.CudaDoubleStorage": np.dtype("<f8"),
    "torch.LongStorage": np.dtype("<i8"),
    "torch.CudaLongStorage": np.dtype("<i8"),
    "torch.IntStorage": np.dtype("<i4"),
    "torch.ByteStorage": np.dtype("u1"),
}
DEEPEST = 100
"""Deepest nesting that is read; no network is nested deeper."""
SHARED = 4
"""Times a file's size that its tensors may take together: a few may lie on the same numbers."""


def read_torch7(path: Path) -> dict[str, Tensor]:
    """Return the weights and biases of a flat ``nn.Sequential`` as ``t7.<index>.weight``, index from 0.

    Raises:
        WeightsError: if the file is damaged or not such a network.
    """
    sentence = f"{path.name} is damaged or not a plain Torch7 network of convolutions ({{reason}})"
    with explain_damage(WeightsError, sentence):
        root = _Reader(memoryview(path.read_bytes())).value()
        modules = root["modules"]
        named = [(f"t7.{int(place) - 1}", module) for place, module in sorted(modules.items())]
        return {
            f"{name}.{kind}": _shape_tensor(module, kind)
            for name, module in named
            for kind in ("weight", "bias")
            if isinstance(module.get(kind), Tensor)
        }


def _shape_tensor(module: dict[Any, Any], kind: str) -> Tensor:
    tensor = module[kind].float()
    if kind == "weight" and tensor.ndim == 2 and "kW" in module:
        planes, rows, columns = (int(module[k]) for k in ("nInputPlane", "kH", "kW"))
        return tensor.reshape(-1, planes, rows, columns)
    return tensor


@dataclass(slots=True)
class _Reader:
    data: memoryview
    place: int = 0
    depth: int = 0
    given: int = 0
    """Bytes of all tensors so far."""
    seen: dict[int, Any] = field(default_factory=dict)

    def value(self) -> Any:
        kind = self.integer()
        if kind == NIL:
            return None
        if kind == NUMBER:
            return struct.unpack("<d", self.take(8))[0]
        if kind == STRING:
            return self.text()
        if kind == BOOLEAN:
            return self.integer() == 1
        if kind in (TABLE, OBJECT):
            return self.shared(kind)
        raise ValueError(f"value of kind {kind}")

    def shared(self, kind: int) -> Any:
        index = self.integer()
        if index not in self.seen:
            self.depth += 1
            if self.depth > DEEPEST:
                raise ValueError("nested too deep")
            self.seen[index] = {}  # a table may mention itself
            self.seen[index] = self.table() if kind == TABLE else self.object()
            self.depth -= 1
        return self.seen[index]

    def table(self) -> dict[Any, Any]:
        return {self.value(): self.value() for _ in range(self.integer())}

    def object(self) -> Any:
        version = self.text()
        name = self.text() if version.startswith("V ") else version
        if name in STORAGES:
            return self.storage(STORAGES[name])
        if name.startswith("torch.") and name.endswith("Tensor"):
            return self.tensor()
        return self.value()

    def storage(self, dtype: np.dtype) -> np.ndarray:
        return np.frombuffer(self.take(self.long() * dtype.itemsize), dtype)

    def tensor(self) -> Tensor:
        axes = self.integer()
        shape, strides = ([self.long() for _ in range(axes)] for _ in range(2))
        offset, storage = self.long() - 1, self.value()
        if storage is None or not axes or 0 in shape:
            return torch.empty(0)
        last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True))
        if min(offset, *shape, *strides) < 0 or last >= len(storage):
            raise ValueError("a tensor reaches beyond its numbers")
        self.given += prod(shape) * storage.itemsize
        if self.given > SHARED * len(self.data):
            raise ValueError("its tensors claim more than the file has")
        steps = [step * storage.itemsize for step in strides]
        return torch.from_numpy(as_strided(storage[offset:], shape, steps).copy())

    def text(self) -> str:
        return bytes(self.take(self.integer())).decode("latin-1")

    def integer(self) -> int:
        return struct.unpack("<i", self.take(4))[0]

    def long(self) -> int:
        return struct.unpack("<q", self.take(8))[0]

    def take(self, count: int) -> memoryview:
        if count < 0 or self.place + count > len(self.data):
            raise ValueError("the file ends too early")
        self.place += count
        return self.data[self.place - count : self.place]
