"""``.npy`` files: arrays that stay in the file, mapped. Nothing in them is ever unpickled.

numpy maps them; ours is a look at the header before, for which numpy would make whatever room it claims.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PictureError
from ..files.damage import explain_damage
from .kinds import FLOATS, INTEGERS
from .source import describe_damage

HEADER = 10_000
"""Bytes that a header may have; numpy's own limit, which it looks at after it has made room for them."""


def map_npy(path: Path) -> NDArray[Any]:
    """Return the picture in a ``.npy`` as it is there: (H, W) or (H, W, C), of any byte order.

    Raises:
        PictureError: if it is damaged or cut off, or its shape or numbers are no picture's.
    """
    with explain_damage(PictureError, str(describe_damage(path, "npy", "{reason}"))):
        _check_header(path)
        pixels = np.load(path, mmap_mode="r", allow_pickle=False)
    channels = pixels.shape[2:] or (1,)
    if pixels.ndim not in (2, 3) or channels[0] not in (1, 2, 3, 4) or 0 in pixels.shape:
        raise PictureError(
            f"cannot read {path}: an array of shape {pixels.shape} is no picture;"
            " it must be (height, width) or (height, width, 1 to 4)"
        )
    if pixels.dtype.name not in (*INTEGERS, *FLOATS):
        known = ", ".join((*INTEGERS, *FLOATS))
        raise PictureError(
            f"cannot read {path}: its numbers are {pixels.dtype}; these are read: {known}"
        )
    return pixels


def _check_header(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(12)
    length = struct.unpack_from("<H" if head[6] == 1 else "<I", head, 8)[0]
    if length > HEADER:
        raise ValueError(f"its header claims {length} bytes")
