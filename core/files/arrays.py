"""numpy's files: a header's claims are checked against the file before memory is allocated."""

import zipfile
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
MOST = 4 << 30
"""Most bytes of all arrays of a file; the files that are read here need far less."""
DENSEST = 1032
"""Most bytes that deflate can unpack from one."""
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Kinds of zip entries that numpy itself writes."""


def read_arrays(path: Path, kinds: str = "fiub") -> Arrays:
    """Return a ``.npz``'s arrays by name; the one of a ``.npy`` is called ``""``.

    Args:
        path: The file. Pickled objects are never read.
        kinds: numpy's letters of the wanted kinds; arrays of others are skipped.

    Raises:
        ValueError: if a header is impossible; also whatever numpy and zipfile raise for broken files.
    """
    with path.open("rb") as file:
        alone = file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX
    if alone:
        size = path.stat().st_size
        single = _read(lambda: path.open("rb"), size, kinds)
        return {} if single is None else {"": single}
    with zipfile.ZipFile(path) as archive:
        parts = [part for part in archive.infolist() if part.filename.endswith(".npy")]
        _check_archive(parts)
        opened = {
            p.filename[:-4]: _read(lambda p=p: archive.open(p), p.file_size, kinds) for p in parts
        }
    return {name: array for name, array in opened.items() if array is not None}


def _check_archive(parts: list[zipfile.ZipInfo]) -> None:
    if sum(part.file_size for part in parts) > MOST:
        raise ValueError(f"it claims more than {MOST >> 30} GB")
    for part in parts:
        if part.compress_type not in PLAIN or part.flag_bits & 1:
            raise ValueError("it is packed in another way than numpy packs")
        if part.file_size > DENSEST * (part.compress_size + 1):
            raise ValueError(f"{part.filename} claims {part.file_size} bytes and cannot hold them")


def _read(open_again: Callable[[], IO[bytes]], size: int, kinds: str) -> NDArray[Any] | None:
    """Return an array, or None if it is of another kind; its header is read first."""
    with open_again() as file:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
        claimed = prod(shape) * dtype.itemsize
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if dtype.kind not in kinds:
        return None
    if min(shape, default=0) < 0 or claimed > size:
        raise ValueError(f"an array claims {claimed} bytes and {size} are there")
    with open_again() as file:
        return np.asarray(npy.read_array(file, allow_pickle=False))
