"""Levelling: a smooth correction of every island that makes colours agree across each seam.

Lempitsky & Ivanov, "Seamless Mosaicing of Image-Based Texture Maps", CVPR 2007, equation 4, on a coarse grid
over the texture instead of the mesh's points: the corrections' differences between neighbouring cells of an
island and what remains at the seams are least in the sense of squares, so gradients inside are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array, eye_array
from torch import Tensor

from .fill import fill_outward
from .gutter import Gutter, Strip, beyond, sample
from .raster import Floats, Ints, ranges, rasterize
from .seams import Islands

CELLS = 24_000
"""About how many cells a texture is cut into."""
FINEST = 4
"""Texels along the smallest cell."""
SEAM = 0.5
"""How much a point of a seam counts against a cell's border."""
REST = 0.02
"""Weight of the correction's own size: it makes it fade out within about ten cells of its seam."""
MOST = 0.06
"""Largest difference that is levelled: larger ones are strokes, which a shift of colour cannot fix."""
PRECISE = 1e-3
"""Accuracy of the solution, relative to the size of the differences."""
BESIDE = 1.0
"""Texels behind an edge at which the two pictures of a place are compared."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A texture's coarse grid, each cell part of one island."""

    factor: int
    island: NDArray[np.int32]
    """(h, w); -1: none."""
    number: NDArray[np.int32]
    """(h, w): numbers of the cells that are part of one; -1: none."""


def cut_cells(corners: Floats, islands: Islands, size: Sequence[int]) -> Cells:
    """Return the cells of a texture of ``size``."""
    factor = max(FINEST, round((size[0] * size[1] / CELLS) ** 0.5))
    shape = [-(-side // factor) for side in size]
    owner = rasterize((corners + 0.5) / factor - 0.5, shape, touch=True)
    island = np.append(islands.number, -1)[owner].astype(np.int32)  # -1: none
    number = np.where(owner >= 0, (owner >= 0).cumsum().reshape(owner.shape) - 1, -1)
    return Cells(factor, island, number.astype(np.int32))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of places that show one point of the surface, and the cells whose corrections must agree."""

    here: NDArray[np.floating]
    """(P, 2), behind an island's edge."""
    there: NDArray[np.floating]
    """(P, 2), inside the island on the other side."""
    cell: Ints
    other: Ints


def find_pairs(islands: Islands, cells: Cells, gutter: Gutter) -> Pairs:
    """Return pairs of places along all seams whose two pictures can be compared."""
    sides, island = islands.sides, islands.number[islands.sides.triangle]
    count = np.ceil(sides.length / max(2, cells.factor / 2)).astype(np.int64) + 1
    side = np.repeat(np.arange(len(sides)), count)
    along = (ranges(np.zeros_like(count), count) + 0.5) / np.repeat(count, count)
    points = Strip(side, side, along, np.full(len(side), BESIDE))
    foot = sides.edge[side, 0] + along[:, None] * (sides.edge[side, 1] - sides.edge[side, 0])
    here, there = foot + BESIDE * sides.out[side], beyond(sides, points)
    cell = _cell(foot - sides.out[side], cells, island[side, 0])
    other = _cell(there, cells, island[side, 1])
    good = gutter.shows(here, there) & (cell >= 0) & (other >= 0)
    return Pairs(here[good], there[good], cell[good], other[good])


def _cell(at: NDArray[np.floating], cells: Cells, island: NDArray[np.int32]) -> Ints:
    """Return the number of each place's cell; -1 if that is none or another island's."""
    height, width = cells.island.shape
    x, y = np.floor((at + 0.5) / cells.factor).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    return np.where(inside & (cells.island[y, x] == island), cells.number[y, x], -1)


def level(picture: Tensor, cells: Cells, pairs: Pairs) -> Tensor:
    """Return the correction of every cell, (1, 3, h, w): 0 where a cell is no part of an island."""
    apart = (sample(picture, pairs.there) - sample(picture, pairs.here))[0].T
    wanted = apart.double().clamp(-MOST, MOST).numpy()
    left, right = _neighbours(cells)
    count = int(cells.number.max()) + 1
    shifts = _solve(count, np.stack([left, right], 1), pairs, wanted)
    out = np.zeros((3, cells.number.size), np.float32)
    out[:, (cells.number >= 0).ravel()] = shifts.T
    return torch.from_numpy(out.reshape(1, 3, *cells.number.shape))


def _neighbours(cells: Cells) -> tuple[Ints, Ints]:
    """Return the numbers of cells side by side, or one above the other, in one island."""
    pairs: list[Ints] = [np.empty((2, 0), np.int64)]
    for one, other in (
        ((slice(None), slice(None, -1)), (slice(None), slice(1, None))),
        ((slice(None, -1), slice(None)), (slice(1, None), slice(None))),
    ):
        same = (cells.island[one] == cells.island[other]) & (cells.island[one] >= 0)
        pair = np.stack([cells.number[one][same], cells.number[other][same]])
        pairs.append(pair.astype(np.int64))
    left, right = np.concatenate(pairs, 1)
    return left, right


def _solve(count: int, links: Ints, pairs: Pairs, wanted: Floats) -> Floats:
    """Return (count, 3): the least squares of differences, 0 at links and as wanted at pairs."""
    edges = np.concatenate([links, np.stack([pairs.cell, pairs.other], 1)])
    weight = np.concatenate([np.ones(len(links)), np.full(len(pairs.cell), SEAM)])
    rows = np.arange(len(edges))
    shape = (len(edges), count)
    values = np.concatenate([np.ones(len(edges)), -np.ones(len(edges))])
    difference = coo_array(
        (values, (np.tile(rows, 2), np.concatenate([edges[:, 0], edges[:, 1]]))), shape
    ).tocsr()
    target = np.concatenate([np.zeros((len(links), 3)), wanted])
    weighted = difference.T.multiply(weight).tocsr()
    return _conjugate_gradients(weighted @ difference + REST * eye_array(count), weighted @ target)


def _conjugate_gradients(system: csr_array, target: Floats) -> Floats:
    """Return the solution of a positive definite system for every column, to ``PRECISE`` of its target.

    Hestenes and Stiefel, 1952, scaled by the diagonal; columns have steps of their own.
    """
    scale = 1 / system.diagonal()[:, None]
    solution, rest = np.zeros_like(target), target.copy()
    along = toward = scale * rest
    size = (rest * toward).sum(0)
    enough = PRECISE**2 * np.maximum(size, 1e-30)
    while (size > enough).any():
        image = system @ along
        step = size / np.maximum((along * image).sum(0), 1e-30)
        solution += step * along
        rest -= step * image
        toward = scale * rest
        size, before = (rest * toward).sum(0), size
        along = toward + size / np.maximum(before, 1e-30) * along
    return solution


def add_spread(picture: Tensor, correction: Tensor, cells: Cells) -> None:
    """Add the cells' corrections to a picture (1, 3, H, W), between their middles, within [0, 1]."""
    known = torch.from_numpy((cells.island >= 0).astype(np.float32))[None, None]
    small = fill_outward(correction, known)[0].numpy()
    height, width = (side * cells.factor for side in small.shape[1:])
    for plane, coarse in zip(picture[0], small, strict=True):
        large = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR)
        plane += torch.from_numpy(large[: plane.shape[0], : plane.shape[1]])  # noqa: PLW2901  # in place
        plane.clamp_(0, 1)
