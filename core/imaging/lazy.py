"""Pictures too large to keep in memory as floats: their windows are made when they are read.

Both kinds are indexed as arrays (1, C, H, W) are, by ``[..., rows, columns]``, and have a ``shape``; what
comes out is an array, or a tensor where their makers give such. That is all that tiles need of a picture.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..tiling import Box

LEVELS = 65535
"""Steps in which a ``Packed`` picture keeps values from 0 to 1."""
Rows = slice | NDArray[np.integer]
Window = TypeVar("Window")
"""An array, or a tensor, (1, C, h, w)."""


@dataclass(frozen=True, slots=True)
class Lazy(Generic[Window]):
    """A picture that is made window by window."""

    shape: tuple[int, ...]
    """(1, C, H, W)."""
    make: Callable[[Box], Window]
    """Return a window that lies inside the picture, (1, C, h, w)."""

    def __getitem__(self, key: Any) -> Window:
        """Return a window: ``[..., rows, columns]``, each a slice or indices, or ``[:, :, rows]``."""
        rows, columns = (key[1], key[2]) if key[0] is Ellipsis else (*key[2:], slice(None))[:2]
        (top, bottom, down), (left, right, along) = (
            _extent(part, size) for part, size in zip((rows, columns), self.shape[-2:], strict=True)
        )
        window = self.make(Box(top, left, bottom, right))
        return window if down is along is None else cast("Any", window)[..., down, along]

    def whole(self) -> Window:
        """Return the picture at once."""
        return self.make(Box(0, 0, *self.shape[-2:]))


def _extent(part: Rows, size: int) -> tuple[int, int, Any]:
    """Return where a row's or column's index starts and ends, and it from there; None where it is all."""
    if isinstance(part, slice):
        start, stop, _ = part.indices(size)
        return start, stop, None
    low = int(part.min())
    return low, int(part.max()) + 1, part - low


Pixels = Floats | Lazy[Floats]
"""A picture, (1, C, H, W): an array, or one that is read by windows."""


class Packed:
    """A picture of values in [0, 1] that is written and read by windows, stored in 16 bits a value."""

    BYTES = 3 * 2
    """Of a pixel of three channels."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self._values = np.zeros(shape, np.uint16)

    def __setitem__(self, key: Any, window: Any) -> None:
        """Store the values of a window: an array, or a tensor in main memory."""
        self._values[key] = np.rint(np.nan_to_num(np.asarray(window)).clip(0, 1) * LEVELS)

    def lazy(self) -> Lazy[Floats]:
        """Return the stored picture, read by windows."""
        return Lazy(self.shape, self._window)

    def _window(self, box: Box) -> Floats:
        part = self._values[..., box.top : box.bottom, box.left : box.right]
        return part.astype(np.float32) / LEVELS


def materialize(x: Window | Lazy[Window]) -> Window:
    """Return a picture that is not lazy."""
    return cast("Window", x.whole() if isinstance(x, Lazy) else x)


def map_pixels(make: Callable[..., Window], *pictures: Any) -> Window | Lazy[Window]:
    """Apply a function to windows of pictures of one size; the result is lazy if the first picture is.

    The function must depend on each pixel alone.
    """
    first = pictures[0]
    if not isinstance(first, Lazy):
        return make(*pictures)

    def window(box: Box) -> Window:
        rows, columns = slice(box.top, box.bottom), slice(box.left, box.right)
        return make(*(picture[..., rows, columns] for picture in pictures))

    return Lazy(first.shape, window)
