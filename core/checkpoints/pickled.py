"""Checks of a PyTorch file's claims before PyTorch allocates memory for it.

A state dict is a pickle that names storages, by numbers of elements, and tensors, by places in them; PyTorch
trusts both. Here the pickle is read with stand-ins that compare each claim with the file.
"""

import pickle
import pickletools
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from math import prod
from pathlib import Path
from typing import IO, Any

ZIP = b"PK\x03\x04"
"""First bytes of a file written by PyTorch 1.6 or later."""
BEFORE = 3
"""Pickles in older files before the one with the tensors."""
OPS = frozenset((
    "PROTO", "STOP", "MARK", "EMPTY_DICT", "EMPTY_LIST", "EMPTY_TUPLE", "TUPLE", "TUPLE1", "TUPLE2", "TUPLE3",
    "APPEND", "APPENDS", "SETITEM", "SETITEMS", "GLOBAL", "BINPUT", "LONG_BINPUT", "BINGET", "LONG_BINGET",
    "BINUNICODE", "BINSTRING", "SHORT_BINSTRING", "BININT", "BININT1", "BININT2", "BINFLOAT", "LONG1", "NONE",
    "NEWTRUE", "NEWFALSE", "BUILD", "REDUCE", "NEWOBJ", "BINPERSID",
))  # fmt: skip  # a table
"""What PyTorch writes."""
MOST_OPS = 2_000_000
MOST_TUPLES = 50_000
"""Most nested tuples that Python can still hash."""
BYTES = {
    "DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2, "LongStorage": 8,
    "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1, "ByteStorage": 1, "BoolStorage": 1,
}  # fmt: skip  # a table
"""Of an element, by storage."""
SHARED = 4
"""Times a file's size that its tensors may take together: a few may lie on the same numbers."""


def check_pickled(path: Path) -> None:
    """Check that a file of ``torch.save`` holds nothing but tensors, and has room for what it claims.

    Raises:
        pickle.UnpicklingError: if it holds anything else.
        ValueError: if it claims more than it has; and what pickle and zipfile raise of broken files.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        if file.read(len(ZIP)) == ZIP:
            _check_zip(path, size)
            return
        file.seek(0)
        for number in range(BEFORE + 1):
            _Claims(size).check(_one_pickle(file), tensors=number == BEFORE)


def _check_zip(path: Path, size: int) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED for part in parts):
            raise ValueError("it is packed in another way than PyTorch packs")
        if sum(part.file_size for part in parts) > size:
            raise ValueError("its parts claim more than the whole file has")
        names = [part.filename for part in parts if part.filename.endswith("/data.pkl")]
        if len(names) != 1:
            raise ValueError("it has no data.pkl")
        folder = names[0].removesuffix("data.pkl") + "data/"
        rooms = {
            part.filename.removeprefix(folder): part.file_size
            for part in parts
            if part.filename.startswith(folder)
        }
        _Claims(size, rooms).check(_one_pickle(BytesIO(archive.read(names[0]))))


def _one_pickle(file: IO[bytes]) -> bytes:
    """Return the next pickle of a file; all its operations are such as PyTorch writes."""
    start, tuples = file.tell(), 0
    for count, (op, value, _) in enumerate(pickletools.genops(file)):
        tuples += op.name.startswith("TUPLE")
        if op.name not in OPS:
            raise pickle.UnpicklingError(f"operation {op.name}")
        if count > MOST_OPS or tuples > MOST_TUPLES:
            raise ValueError("it holds more things than any network")
        if op.name == "LONG_BINPUT" and int(value or 0) > MOST_OPS:
            raise ValueError("it numbers things beyond all that there are")
    end = file.tell()
    file.seek(start)
    return file.read(end - start)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of storage."""

    bytes: int


@dataclass(frozen=True, slots=True)
class _Room:
    """A storage: how many elements of how many bytes it has."""

    length: int
    bytes: int


@dataclass(slots=True)
class _Claims:
    """All that a file claims, and the bytes that it really has."""

    size: int
    rooms: Mapping[str, int] | None = None
    """Bytes of each storage's part; None in older files, whose storages come after the pickle."""
    claimed: dict[Any, int] = field(default_factory=dict[Any, int])
    tensors: int = 0

    def check(self, data: bytes, *, tensors: bool = True) -> None:
        """Read a pickle; raises if a claim does not hold."""
        _Unpickler(BytesIO(data), self if tensors else None).load()

    def storage(self, saved: Any) -> _Room:
        """Return the storage that a persistent id names."""
        word, kind, key, _, length, *view = saved
        if word != "storage" or not isinstance(kind, _Kind) or not isinstance(length, int):
            raise pickle.UnpicklingError(f"{word} inside")
        self.claimed[key] = length * kind.bytes
        room = self.size if self.rooms is None else self.rooms.get(str(key), 0)
        if length < 0 or self.claimed[key] > room or sum(self.claimed.values()) > self.size:
            raise ValueError("a storage claims more than the file has")
        if not view or view[0] is None:
            return _Room(length, kind.bytes)
        _, start, part = view[0]
        if not 0 <= start <= start + part <= length:
            raise ValueError("a part of a storage lies beyond it")
        return _Room(part, kind.bytes)

    def tensor(self, room: _Room, start: int, shape: tuple[int, ...], steps: Any, *_: Any) -> None:
        """Check a tensor's place in its storage."""
        if min(start, *shape, *steps, 0) < 0:
            raise ValueError("a tensor runs backward")
        last = start + sum((n - 1) * step for n, step in zip(shape, steps, strict=True))
        if (0 not in shape and last >= room.length) or start > room.length:
            raise ValueError("a tensor reaches beyond its numbers")
        self.tensors += prod(shape) * room.bytes
        if self.tensors > SHARED * self.size:
            raise ValueError("its tensors claim more than the file has")


class _Unpickler(pickle.Unpickler):
    """Makes stand-ins; knows no other classes than those of a state dict."""

    def __init__(self, file: IO[bytes], claims: _Claims | None) -> None:
        super().__init__(file, encoding="latin-1")
        self._claims = claims

    def persistent_load(self, pid: Any) -> Any:
        if self._claims is None:
            raise pickle.UnpicklingError("a storage where none should be")
        return self._claims.storage(pid)

    def find_class(self, module_name: str, global_name: str) -> Any:
        if module_name == "torch" and global_name in BYTES:
            return _Kind(BYTES[global_name])
        name = f"{module_name}.{global_name}"
        rebuild = {} if self._claims is None else _rebuilders(self._claims.tensor)
        allowed = {"collections.OrderedDict": OrderedDict, "torch.Size": tuple} | rebuild
        if name not in allowed:
            raise pickle.UnpicklingError(f"{name} inside")
        return allowed[name]


def _rebuilders(tensor: Callable[..., None]) -> dict[str, Any]:
    """Return stand-ins for the functions that make tensors."""

    def parameter(data: None, *_: Any) -> None:
        return data

    return {
        "torch._utils._rebuild_tensor": tensor,
        "torch._utils._rebuild_tensor_v2": tensor,
        "torch._utils._rebuild_parameter": parameter,
    }
