"""What is known of the styles at one size: features of their cells to be found by, decoded and pasted.

A cell is 4 x 4 pixels, one vector of relu3_1. Cells of all styles are numbered one after another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.neighbours import GROUP
from ...nn.pad import reflect

CELL = 4
"""Pixels of a cell along each side."""
COMPONENTS = 32
"""Principal components by which patches of 3 x 3 cells are compared."""
MEASURED = 3000
"""Patches of a style, evenly spread, whose principal components are found."""


@dataclass(frozen=True, slots=True)
class Bank:
    """Cells of the styles at one size."""

    features: Tensor
    """(M, C)."""
    middle: Tensor
    """Their mean, (C,)."""
    spread: float
    """Root mean square of their distances from it."""
    colors: Tensor
    """Their mean colours, (M, 3)."""
    keys: Tensor
    """(M, P), directions of centred patches among principal components."""
    sought: Tensor
    """Numbers of the cells that a nearest one is sought among, (m,): whole groups, some twice."""
    basis: Tensor
    """Principal components of 3 x 3 cells, as a convolution: (P, C, 3, 3)."""
    place: Tensor
    """Style, row and column of each cell, (M, 3)."""
    table: Tensor
    """Number of the cell at a style's row and column, (S, h, w); -1: none, or one that is never shown."""

    def query(self, features: Tensor, mean: Tensor) -> Tensor:
        """Return what the cells of (1, C, h, w) are compared by, (h w, P); ``mean`` (C,) is the picture's."""
        return _project(features - mean[:, None, None], self.basis)

    def move(self, index: Tensor, down: Tensor | int, along: Tensor | int) -> tuple[Tensor, Tensor]:
        """Return the cells so many rows and columns from others, and which of them exist."""
        style, row, column = self.place[index].unbind(-1)
        row, column = row + down, column + along
        inside = (row >= 0) & (row < self.table.shape[1])
        inside &= (column >= 0) & (column < self.table.shape[2])
        found = self.table[
            style, row.clamp(0, self.table.shape[1] - 1), column.clamp(0, self.table.shape[2] - 1)
        ]
        inside &= found >= 0
        return torch.where(inside, found, index), inside

    def lay(self, index: Tensor) -> Tensor:
        """Return features (1, C, h, w) of cells (h, w): patches of 3 x 3 that overlap are averaged."""
        total = self.features.new_zeros(*index.shape, self.features.shape[1])
        for down in (-1, 0, 1):
            for along in (-1, 0, 1):
                other = beside(index, down, along)
                total += self.features[self.move(other, -down, -along)[0]]
        return (total / 9).permute(2, 0, 1)[None]


def beside(index: Tensor, down: int, along: int) -> Tensor:
    """Return what stands so many rows and columns further, (h, w); the edge repeats."""
    height, width = index.shape
    rows = (torch.arange(height, device=index.device) + down).clamp(0, height - 1)
    columns = (torch.arange(width, device=index.device) + along).clamp(0, width - 1)
    return index[rows[:, None], columns]


def _project(features: Tensor, basis: Tensor) -> Tensor:
    """Return the direction of each cell's patch among the components, (h w, P); mirrored at the edge."""
    return F.normalize(F.conv2d(reflect(features), basis)[0].flatten(1).T, dim=1)


def build_bank(
    pictures: Sequence[Tensor],
    features: Sequence[Tensor],
    basis: Tensor,
    most: int,
    seed: int,
    rims: Sequence[int] = (),
) -> Bank:
    """Return the bank of styles and their features, each (1, C, h, w); ``most`` cells are sought among.

    Of each style so many cells along its edges as ``rims`` says are never shown; none where that is empty.
    """
    colors = torch.cat([F.avg_pool2d(p, CELL)[0].flatten(1).T for p in pictures])
    rows = torch.cat([f[0].flatten(1).T for f in features])
    middle = rows.mean(0)
    spread = float((rows - middle).square().sum(1).mean().sqrt())
    keys = torch.cat([_project(f - middle[:, None, None], basis) for f in features])
    generator = torch.Generator().manual_seed(seed)
    place, table = _number([(f.shape[-2], f.shape[-1]) for f in features], rims)
    shown = torch.zeros(len(rows), dtype=torch.bool)
    shown[table[table >= 0]] = True
    sought = torch.randperm(len(rows), generator=generator)[:most].sort().values
    sought = sought[shown[sought]]
    sought = sought[torch.arange(-(-len(sought) // GROUP) * GROUP) % len(sought)]
    device = rows.device
    return Bank(
        rows,
        middle,
        spread,
        colors,
        keys,
        sought.to(device),
        basis,
        place.to(device),
        table.to(device),
    )


def find_components(features: Sequence[Tensor]) -> Tensor:
    """Return the directions of patches' largest second moments, (P, C, 3, 3), of features (1, C, h, w)."""
    channels = features[0].shape[1]
    mean = torch.cat([f[0].flatten(1) for f in features], 1).mean(1)[:, None, None]
    second = torch.zeros(9 * channels, 9 * channels, dtype=torch.float64)
    for one in features:
        patches = F.unfold(reflect(one - mean), 3)[0].T
        some = patches[:: max(1, len(patches) // MEASURED)]
        second += (some.T @ some).cpu().double()
    vectors = torch.linalg.eigh(second).eigenvectors[:, -COMPONENTS:]
    return vectors.T.float().reshape(-1, channels, 3, 3).to(mean.device)


def _number(sizes: Sequence[tuple[int, int]], rims: Sequence[int] = ()) -> tuple[Tensor, Tensor]:
    """Return the styles' places and their table, less the rim of each."""
    place, start = [], 0
    table = torch.full((len(sizes), max(h for h, _ in sizes), max(w for _, w in sizes)), -1)
    for style, (height, width) in enumerate(sizes):
        row, column = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
        place.append(torch.stack([torch.full_like(row, style), row, column], -1).reshape(-1, 3))
        own = start + torch.arange(height * width).view(height, width)
        rim = rims[style] if rims else 0
        inside = slice(rim, height - rim), slice(rim, width - rim)
        table[style][inside] = own[inside]
        start += height * width
    return torch.cat(place), table


@dataclass(frozen=True, slots=True)
class Strokes:
    """The styles' fine paint, to be pasted cell by cell."""

    squares: Tensor
    """What the styles have beyond their blur round each cell, times its share: (S, h, w, 3 side side)."""
    side: int
    """Of the square that is pasted, in pixels."""
    step: int
    """Pixels of a cell."""

    def paste(self, places: Tensor) -> Tensor:
        """Return the paint of cells ``places`` (h, w, 3: style, row, column): (1, 3, h step, w step).

        Squares reach into the cells around and are mixed there.
        """
        height, width = places.shape[:2]
        style, row, column = places.unbind(-1)
        numbers = (style * self.squares.shape[1] + row) * self.squares.shape[2] + column
        taken = self.squares.flatten(0, 2).index_select(0, numbers.flatten())
        taken = taken.view(height, width, 3, self.side, self.side)
        for line, axis in ((0, 3), (1, 4)):
            taken = self._overlap(taken, line, axis)
        return taken.permute(2, 0, 3, 1, 4).reshape(1, 3, height * self.step, width * self.step)

    def _overlap(self, squares: Tensor, line: int, axis: int) -> Tensor:
        """Return squares (h, w, 3, …) less their edges of one axis, which go to those beside on a line."""
        edge, count = (self.side - self.step) // 2, squares.shape[line]
        own = squares.narrow(axis, edge, self.step)
        share = _shares(self.side, self.step).to(own)
        share = share.view([-1 if k == axis else 1 for k in range(own.dim())])
        for start, there, beside_first, last in (
            (0, self.side - edge, 0, 0),
            (self.step - edge, 0, 1, count - 1),
        ):
            strip = own.narrow(axis, start, edge)
            others = squares.narrow(axis, there, edge).narrow(line, beside_first, count - 1)
            strip.narrow(line, 1 - beside_first, count - 1).add_(others)
            strip.narrow(line, last, 1).div_(share.narrow(axis, edge + start, edge))
        return own


def keep_strokes(details: Sequence[Tensor], side: int, step: int) -> Strokes:
    """Return the paint of styles' fine details, (1, 3, H, W), sides multiples of ``step``."""
    edge = (side - step) // 2
    height, width = (max(d.shape[k] for d in details) // step for k in (-2, -1))
    squares = details[0].new_zeros(len(details), height, width, 3 * side * side)
    line = _shares(side, step).to(squares)
    share = torch.outer(line, line)
    for place, detail in zip(squares, details, strict=True):
        around = F.pad(detail, (edge,) * 4, mode="reflect")[0]
        own = (around.unfold(1, side, step).unfold(2, side, step) * share).permute(1, 2, 0, 3, 4)
        place[: own.shape[0], : own.shape[1]] = own.flatten(2)
    return Strokes(squares, side, step)


def _shares(side: int, step: int) -> Tensor:
    """Return the share of a square in a line of squares that meet, (side,): a squared Hann window."""
    line = torch.hann_window(side + 2)[1:-1] ** 2
    total, both = line.clone(), side - step
    total[:both] += line[step:]
    total[step:] += line[:both]
    return line / total
