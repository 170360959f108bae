"""Tiles: cover a picture once, read each tile with its context, stitch the results.

A picture whose size does not fit a network's pooling grid is continued by reflection to the right and
below, in tiles and untiled alike, so both give the same result. Inside the picture a window carries
``halo`` pixels of true context; at the picture's edge it ends where the picture ends, and the network's
own padding does there what it does untiled.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Windows(Protocol):
    """A picture (1, C, H, W) that is read by windows: array, tensor, or one that is made as it is read."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(1, C, H, W)."""
        ...

    def __getitem__(self, key: Any, /) -> Any:
        """Return a window: ``[..., rows, columns]``, each a slice or an array of indices."""
        ...


class Canvas(Protocol):
    """A picture that is written by windows."""

    def __setitem__(self, key: Any, window: Any, /) -> None:
        """Write a window: ``[..., rows, columns]``."""
        ...


@dataclass(frozen=True, slots=True)
class Grid:
    """How a picture is cut. ``tile``: side of a tile's core in pixels; 0: one tile, the whole picture."""

    tile: int = 512


@dataclass(frozen=True, slots=True)
class Box:
    """Rows ``top`` to ``bottom`` and columns ``left`` to ``right``, ends excluded."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    def within(self, other: "Box") -> tuple[slice, slice]:
        """Return this box as slices of rows and columns of ``other``, which contains it."""
        return (
            slice(self.top - other.top, self.bottom - other.top),
            slice(self.left - other.left, self.right - other.left),
        )

    def grow(self, reach: int, size: tuple[int, ...]) -> "Box":
        """Return the box with what lies around it in a picture of this size (its last two)."""
        return Box(
            max(0, self.top - reach),
            max(0, self.left - reach),
            min(size[-2], self.bottom + reach),
            min(size[-1], self.right + reach),
        )

    def shrink(self, factor: int) -> "Box":
        """Return the box in cells of ``factor`` pixels; its corners lie on that grid."""
        return Box(*(v // factor for v in (self.top, self.left, self.bottom, self.right)))

    def enlarge(self, factor: int) -> "Box":
        """Return the box in pixels of which ``factor`` make one of its own."""
        return Box(*(v * factor for v in (self.top, self.left, self.bottom, self.right)))


@dataclass(frozen=True, slots=True)
class Tile:
    """``core`` is the part of the picture that this tile makes; ``window`` is the part that it must read."""

    core: Box
    window: Box


def padded_size(height: int, width: int, multiple: int) -> tuple[int, int]:
    """Return the size continued to the pooling grid, at least two cells a side."""
    return tuple(max(2, -(-side // multiple)) * multiple for side in (height, width))  # pyright: ignore[reportReturnType]  # two in, two out


def cut(height: int, width: int, grid: Grid, *, halo: int, multiple: int) -> list[Tile]:
    """Return tiles whose cores cover the padded picture once; all corners are on the pooling grid."""
    rows, columns = padded_size(height, width, multiple)
    step = _up(grid.tile, multiple) if grid.tile else max(rows, columns)
    reach = _up(halo, multiple)
    return [
        Tile(core, core.grow(reach, (rows, columns)))
        for top in range(0, rows, step)
        for left in range(0, columns, step)
        for core in [Box(top, left, min(top + step, rows), min(left + step, columns))]
    ]


def read(x: Windows, box: Box) -> Any:
    """Return a window of (B, C, H, W), continued by reflection where it leaves the picture."""
    height, width = x.shape[-2:]
    if box.top >= 0 and box.left >= 0 and box.bottom <= height and box.right <= width:
        return x[..., box.top : box.bottom, box.left : box.right]
    rows, columns = reflect(box.top, box.bottom, height), reflect(box.left, box.right, width)
    top, left = int(rows.min()), int(columns.min())
    inside = x[..., top : int(rows.max()) + 1, left : int(columns.max()) + 1]
    return inside[..., rows - top, :][..., columns - left]


def reflect(start: int, stop: int, size: int) -> NDArray[np.int64]:
    """Return the indices start … stop-1 mirrored into 0 … size-1 without repeating the edge."""
    period = max(1, 2 * (size - 1))
    index = np.arange(start, stop, dtype=np.int64) % period
    return np.minimum(index, period - index)


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
