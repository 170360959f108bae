"""Pictures too large to keep in memory as floats: their windows are made when they are read.

Both kinds are indexed as tensors (1, C, H, W) are, by ``[..., rows, columns]``, and have a ``shape``; what
comes out is a tensor. That is all that tiles need of a picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..tiling import Box

LEVELS = 65535
"""Steps in which a ``Packed`` picture keeps values from 0 to 1."""
Rows = slice | Tensor


@dataclass(frozen=True, slots=True)
class Lazy:
    """A picture that is made window by window."""

    shape: torch.Size
    """(1, C, H, W)."""
    make: Callable[[Box], Tensor]
    """Return a window that lies inside the picture, (1, C, h, w)."""

    def __getitem__(self, key: Any) -> Tensor:
        """Return a window: ``[..., rows, columns]``, each a slice or an index tensor, or ``[:, :, rows]``."""
        rows, columns = (key[1], key[2]) if key[0] is Ellipsis else (*key[2:], slice(None))[:2]
        (top, bottom, down), (left, right, along) = (
            _extent(part, size) for part, size in zip((rows, columns), self.shape[-2:], strict=True)
        )
        found = self.make(Box(top, left, bottom, right))
        return found if down is along is None else found[..., down, along]

    def whole(self) -> Tensor:
        """Return the picture as a tensor."""
        return self.make(Box(0, 0, *self.shape[-2:]))


def _extent(part: Rows, size: int) -> tuple[int, int, Any]:
    """Return where a row's or column's index starts and ends, and it from there; None where it is all."""
    if isinstance(part, slice):
        start, stop, _ = part.indices(size)
        return start, stop, None
    low = int(part.min())
    return low, int(part.max()) + 1, part - low


Pixels = Tensor | Lazy
"""A picture, (1, C, H, W): a tensor, or one that is read by windows."""


class Packed:
    """A picture of values in [0, 1] that is written and read by windows, stored in 16 bits a value."""

    BYTES = 3 * 2
    """Of a pixel of three channels."""

    def __init__(self, shape: torch.Size) -> None:
        self.shape = shape
        self._values = torch.zeros(shape, dtype=torch.uint16)

    def __setitem__(self, key: Any, window: Tensor) -> None:
        """Store a window's values."""
        levels = (window.cpu().float().clamp(0, 1) * LEVELS).round().to(torch.int32)
        self._values[key] = levels.to(torch.uint16)

    def lazy(self) -> Lazy:
        """Return the stored picture, read by windows."""
        return Lazy(self.shape, self._window)

    def _window(self, box: Box) -> Tensor:
        part = self._values[..., box.top : box.bottom, box.left : box.right]
        return part.to(torch.float32).div_(LEVELS)


def materialize(x: Pixels) -> Tensor:
    """Return a picture as a tensor."""
    return x.whole() if isinstance(x, Lazy) else x


def map_pixels(make: Callable[..., Tensor], *pictures: Pixels) -> Pixels:
    """Apply a function to windows of pictures of one size; the result is lazy if the first picture is.

    The function must depend on each pixel alone.
    """
    first = pictures[0]
    if not isinstance(first, Lazy):
        return make(*pictures)

    def window(box: Box) -> Tensor:
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        return make(*(picture[..., rows, columns] for picture in pictures))

    return Lazy(first.shape, window)
