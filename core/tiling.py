"""Tiles: cover a picture once, read each tile with its context, stitch the results.

A picture whose size does not fit a network's pooling grid is continued by reflection to the right and
below, in tiles and untiled alike, so both give the same result. Inside the picture a window carries
``halo`` pixels of true context; at the picture's edge it ends where the picture ends, and the network's
own padding does there what it does untiled.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from .progress import Progress, Report, ignore

CPU = torch.device("cpu")


class Windows(Protocol):
    """A picture (1, C, H, W) that is read by windows: a tensor, or one that is made as it is read."""

    @property
    def shape(self) -> torch.Size:
        """(1, C, H, W)."""
        ...

    def __getitem__(self, key: Any, /) -> Tensor:
        """Return a window: ``[..., rows, columns]``, each a slice or an index tensor."""
        ...


class Canvas(Protocol):
    """A picture that is written by windows."""

    def __setitem__(self, key: Any, window: Tensor, /) -> None:
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
        """Return this box as rows and columns of ``other``, in which it lies."""
        return (
            slice(self.top - other.top, self.bottom - other.top),
            slice(self.left - other.left, self.right - other.left),
        )

    def shrink(self, factor: int) -> "Box":
        """Return the box in cells of ``factor`` pixels; its corners lie on that grid."""
        return Box(*(v // factor for v in (self.top, self.left, self.bottom, self.right)))


@dataclass(frozen=True, slots=True)
class Tile:
    """``core`` is what this tile answers for; ``window`` is what it must see."""

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
        Tile(core, _grow(core, reach, rows, columns))
        for top in range(0, rows, step)
        for left in range(0, columns, step)
        for core in [Box(top, left, min(top + step, rows), min(left + step, columns))]
    ]


def read(x: Windows, box: Box) -> Tensor:
    """Return a window of (B, C, H, W), continued by reflection where it leaves the picture."""
    height, width = x.shape[-2:]
    if box.top >= 0 and box.left >= 0 and box.bottom <= height and box.right <= width:
        return x[..., box.top : box.bottom, box.left : box.right]
    rows, columns = reflect(box.top, box.bottom, height), reflect(box.left, box.right, width)
    return x[..., rows[:, None], columns]


def reflect(start: int, stop: int, size: int) -> Tensor:
    """Return the indices start … stop-1 mirrored into 0 … size-1 without repeating the edge."""
    period = max(1, 2 * (size - 1))
    index = torch.arange(start, stop).remainder(period)
    return torch.minimum(index, period - index)


def each_window(
    x: Windows, tiles: list[Tile], device: torch.device, report: Report, stage: str
) -> Iterator[tuple[Tile, Tensor]]:
    """Yield every tile with its window of the picture on ``device``; report each when it is done."""
    for done, tile in enumerate(tiles, 1):
        window = _sent(read(x, tile.window), device)
        yield tile, window.contiguous(memory_format=torch.channels_last)
        report(Progress(stage, done, len(tiles)))


def _sent(window: Tensor, device: torch.device) -> Tensor:
    """Return a window on ``device``; on its way to a GPU nobody waits for it."""
    if device.type == "cuda" and window.device.type == "cpu":
        window = window.pin_memory()  # the allocator keeps it until it has arrived
    return window.to(device, torch.float32, non_blocking=True)


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A tile's result on its way to where the picture is held."""

    box: Box
    picture: Tensor
    done: torch.cuda.Event | None

    def write(self, out: Canvas) -> None:
        """Write it once it is there."""
        if self.done is not None:
            self.done.synchronize()
        rows, columns = slice(self.box.top, self.box.bottom), slice(self.box.left, self.box.right)
        out[..., rows, columns] = self.picture


def _brought(core: Tensor, box: Box, home: torch.device) -> _Arrival:
    """Start to bring a result home: from a GPU into pinned memory, while the next tile is computed."""
    if core.device.type != "cuda" or home.type == "cuda":
        return _Arrival(box, core, None)
    picture = torch.empty(core.shape, dtype=core.dtype, pin_memory=True)
    picture.copy_(core, non_blocking=True)
    done = torch.cuda.Event()
    done.record(torch.cuda.current_stream(core.device))
    return _Arrival(box, picture, done)


def map_tiles(  # noqa: PLR0913  # all but the first are named by the caller
    apply: Callable[[Tensor], Tensor],
    x: Windows,
    grid: Grid,
    *,
    halo: int,
    multiple: int,
    device: torch.device = CPU,
    report: Report = ignore,
) -> Tensor:
    """Return ``apply`` of the whole picture, computed tile by tile: (B, 3, H, W) float32, where x is held."""
    held = x.device if isinstance(x, Tensor) else CPU
    out = torch.empty(x.shape[0], 3, *x.shape[-2:], dtype=torch.float32, device=held)
    fill_tiles(out, apply, x, grid, halo=halo, multiple=multiple, device=device, report=report)
    return out


def fill_tiles(  # noqa: PLR0913  # likewise
    out: Canvas,
    apply: Callable[[Tensor], Tensor],
    x: Windows,
    grid: Grid,
    *,
    halo: int,
    multiple: int,
    device: torch.device = CPU,
    report: Report = ignore,
) -> None:
    """Write ``apply`` of the whole picture to ``out``, which has the picture's size, tile by tile.

    A GPU computes the next tile while the last one's result is written.
    """
    height, width = x.shape[-2:]
    home = out.device if isinstance(out, Tensor) else CPU
    tiles = cut(height, width, grid, halo=halo, multiple=multiple)
    late: _Arrival | None = None
    for tile, window in each_window(x, tiles, device, report, "stylize"):
        core, shown = tile.core, _inside(tile.core, height, width)
        if shown.height <= 0 or shown.width <= 0:
            continue  # it shows nothing but what the pooling grid added
        rows, columns = core.within(tile.window)
        made = apply(window)[..., rows, columns][..., : shown.height, : shown.width]
        arrival = _brought(made, shown, home)
        if late is not None:
            late.write(out)
        late = arrival if arrival.done is not None else None
        if late is None:
            arrival.write(out)
    if late is not None:
        late.write(out)


def _inside(box: Box, height: int, width: int) -> Box:
    return Box(box.top, box.left, min(box.bottom, height), min(box.right, width))


def _up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


def _grow(box: Box, reach: int, rows: int, columns: int) -> Box:
    return Box(
        max(0, box.top - reach),
        max(0, box.left - reach),
        min(rows, box.bottom + reach),
        min(columns, box.right + reach),
    )
