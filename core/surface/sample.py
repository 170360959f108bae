"""Sampling pictures between their pixels, and reading them in parts that fit into memory."""

from collections.abc import Callable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from ..tiling import Box, Windows, reflect

PIECE = 512
"""Pixels a side that are computed at once."""


def pieces(box: Box) -> Iterator[Box]:
    """Yield boxes of at most ``PIECE`` pixels a side that cover a box once."""
    for top in range(box.top, box.bottom, PIECE):
        for left in range(box.left, box.right, PIECE):
            yield Box(top, left, min(top + PIECE, box.bottom), min(left + PIECE, box.right))


def overlap(a: Box, b: Box) -> Box:
    """Return what two boxes share; its height or width is below 1 if they share nothing."""
    return Box(
        max(a.top, b.top),
        max(a.left, b.left),
        min(a.bottom, b.bottom),
        min(a.right, b.right),
    )


def assemble(window: Callable[[Windows, Box], Tensor], x: Windows, box: Box) -> Tensor:
    """Return the box of ``x`` that ``window`` makes, piece by piece: (B, C, h, w)."""
    out: Tensor | None = None
    for piece in pieces(box):
        pixels = window(x, piece)
        if out is None:
            out = pixels.new_empty(*pixels.shape[:2], box.height, box.width)
        out[(..., *piece.within(box))] = pixels
    assert out is not None  # noqa: S101  # a window has pixels
    return out


def gather(x: Windows, rows: Tensor, columns: Tensor) -> Tensor:
    """Return rows and columns of a picture by their numbers, read in as few windows as they follow on in."""
    parts = [
        torch.cat([x[..., down, along] for along in _runs(columns)], -1) for down in _runs(rows)
    ]
    return torch.cat(parts, -2)


def _runs(index: Tensor) -> list[slice]:
    """Return numbers as slices, each of which counts up by one."""
    breaks = (index.diff() != 1).nonzero()[:, 0].add(1).tolist()
    starts, stops = [0, *breaks], [*breaks, len(index)]
    return [slice(int(index[a]), int(index[b - 1]) + 1) for a, b in zip(starts, stops, strict=True)]


def mirror(inside: Callable[[Box], Tensor], box: Box, shape: tuple[int, int]) -> Tensor:
    """Return a window of what ``inside`` gives windows of, mirrored where it leaves its ``shape``."""
    rows, columns = reflect(box.top, box.bottom, shape[0]), reflect(box.left, box.right, shape[1])
    top, left = int(rows.min()), int(columns.min())
    needed = Box(top, left, int(rows.max()) + 1, int(columns.max()) + 1)
    pixels = inside(needed)
    return pixels if needed == box else pixels[..., rows[:, None] - top, columns - left]


def sample(x: Tensor, rows: Tensor, columns: Tensor, *, nearest: bool = False) -> Tensor:
    """Return (B, C, H, W) at places between its pixels, bicubic or nearest: (B, C, *rows.shape).

    Args:
        x: The picture; beyond its edge it goes on with the edge's value.
        rows: Where, in pixels; whole numbers are the middles of pixels.
        columns: Likewise, of the same shape.
        nearest: Whether values are taken as they are.
    """
    height, width = x.shape[-2:]
    if nearest:
        return x[..., _whole(rows, height), _whole(columns, width)]
    place = torch.stack([(columns + 0.5) / width, (rows + 0.5) / height], -1) * 2 - 1
    grid = place.to(x).view(1, 1, -1, 2).expand(len(x), -1, -1, -1)
    values = F.grid_sample(x, grid, "bicubic", padding_mode="border", align_corners=False)
    return values.view(*x.shape[:2], *rows.shape)


def sample_part(
    x: Windows, box: Box, rows: Tensor, columns: Tensor, *, nearest: bool = False
) -> Tensor:
    """Return what ``sample`` does of the part of a picture in a box, of which only what is needed is read.

    ``rows`` and ``columns`` count from the box's corner, and are not empty.
    """
    (top, bottom), (left, right) = _around(rows, box.height), _around(columns, box.width)
    part = x[..., box.top + top : box.top + bottom, box.left + left : box.left + right]
    return sample(part, rows - top, columns - left, nearest=nearest)


def _around(index: Tensor, size: int) -> tuple[int, int]:
    """Return from where to where places between pixels need these."""
    low, high = int(index.min().floor()), int(index.max().ceil())
    return min(max(0, low - 2), size - 1), max(min(size, high + 3), 1)


def _whole(index: Tensor, size: int) -> Tensor:
    return index.round().long().clamp(0, size - 1)
