"""Which cell of the style each cell of a picture shows: the nearest, or one that continues a stroke.

Strokes are longer than a cell. A picture made of nearest cells alone breaks them into crumbs; so a
neighbourhood is taken from one place of the style as far as likeness allows (coherent search: Ashikhmin,
"Synthesizing Natural Textures", 2001; patches of many sizes: Barnes et al., "PatchMatch", 2009).
"""

from functools import cache

import torch
from torch import Tensor

from ...nn.neighbours import BLOCK, most_alike, nearest
from .bank import Bank, beside

SPACINGS = (24, 12, 6, 3)
"""Cells between the middles of patches, the largest first."""
BROAD = 12
"""Cells from which on a patch may be freer: smaller ones would be crumbs."""
MARGIN = 0.12
"""How much less alike, in cosine, than its nearest a cell may be where it continues a stroke."""
VARIETY = 0.06
"""How far, in cosine, chance moves what the middles of patches choose: plain walls repeat nothing."""
TURNS = 128
"""Different draws of that chance."""
FREER = 3.5
"""How many times more of both there is where all cells around have the same nearest: else a pattern."""
ROUNDS = 2
"""How often a cell is asked whether it would rather go on as a neighbour does."""
AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0))


def find_sources(
    queries: Tensor,
    bank: Bank,
    size: tuple[int, int],
    corner: tuple[int, int],
    penalty: Tensor | None,
) -> Tensor:
    """Return the number of the style's cell for each cell, (h, w).

    Args:
        queries: Directions of the cells, (h w, P), row by row.
        bank: The styles' cells.
        size: Rows and columns of cells.
        corner: Row and column of the first cell in the whole picture.
        penalty: What is taken off the likeness to each of the sought cells, (m,); None: nothing.
    """
    keys = bank.keys[bank.sought]
    best = bank.sought[nearest(queries, keys, penalty=penalty)].view(size)
    dull = _repeats(best)
    limit = _alike(queries, bank, best) - MARGIN * (1 + FREER * dull)
    chosen, open_ = best.clone(), torch.ones(size, dtype=torch.bool, device=best.device)
    for spacing in SPACINGS:
        middle, row, column = (v.to(best.device) for v in _middles(size, corner, spacing))
        freer = dull if spacing >= BROAD else torch.zeros_like(dull)
        seeds = _vary(queries, bank, keys, freer, middle, corner, penalty)
        rows = torch.arange(size[0], device=best.device)[:, None]
        columns = torch.arange(size[1], device=best.device)
        other, inside = bank.move(seeds, rows - row, columns - column)
        fits = inside & (_alike(queries, bank, other) >= limit) & open_
        chosen, open_ = torch.where(fits, other, chosen), open_ & ~fits
    for _ in range(ROUNDS):
        chosen = _smooth(queries, bank, chosen, limit)
    return chosen


def find_nearest(
    queries: Tensor, bank: Bank, asked: Tensor, otherwise: Tensor, penalty: Tensor | None
) -> Tensor:
    """Return the nearest cell where it is asked for, (h w,) of them; what is given elsewhere: (h, w)."""
    found = otherwise.flatten().clone()
    keys = bank.keys[bank.sought]
    found[asked] = bank.sought[nearest(queries[asked], keys, penalty=penalty)]
    return found.view(otherwise.shape)


def _repeats(best: Tensor) -> Tensor:
    """Return which share of the four cells beside each has the very same nearest, (h, w)."""
    same = [beside(best, down, along) == best for down, along in AROUND]
    return torch.stack(same).float().mean(0)


def _alike(queries: Tensor, bank: Bank, index: Tensor) -> Tensor:
    return (queries * bank.keys[index.flatten()]).sum(1).view(index.shape)


def _noise(row: Tensor, column: Tensor, salt: int) -> Tensor:
    """Return numbers in [0, 1) that depend on place and salt alone."""
    mixed = (row * 73856093) ^ (column * 19349663) ^ (salt * 83492791)
    mixed = (mixed ^ (mixed >> 13)) * 1274126177 & 0x7FFFFFFF
    mixed = (mixed ^ (mixed >> 16)) * 668265263 & 0x7FFFFFFF
    return (mixed ^ (mixed >> 15)).float() / 0x80000000


def _middles(
    size: tuple[int, int], corner: tuple[int, int], spacing: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Return each cell's nearest middle of a patch, on a jittered grid: its number here, row, column."""
    points = _jitter(size, corner, spacing)
    rows, columns = (torch.arange(n, dtype=torch.int32) for n in size)
    block_row, block_column = (
        (line.long() + start) // spacing - start // spacing + 1
        for line, start in zip((rows, columns), corner, strict=True)
    )
    least = torch.full(size, torch.iinfo(torch.int32).max, dtype=torch.int32)
    row, column = torch.zeros_like(least), torch.zeros_like(least)
    for down in (-1, 0, 1):
        for along in (-1, 0, 1):
            y, x = points[:, (block_row + down)[:, None], block_column + along]
            away = (rows[:, None] - y) ** 2 + (columns - x) ** 2
            nearer = away < least
            least, row, column = (
                torch.where(nearer, new, old) for new, old in ((away, least), (y, row), (x, column))
            )
    row, column = row.long(), column.long()
    return row * size[1] + column, row, column


def _jitter(size: tuple[int, int], corner: tuple[int, int], spacing: int) -> Tensor:
    """Return row and column of the middle of each block and of those around, (2, blocks down, along)."""
    rows, columns = (
        torch.arange(start // spacing - 1, (start + count - 1) // spacing + 2)
        for start, count in zip(corner, size, strict=True)
    )
    rows, columns = torch.meshgrid(rows, columns, indexing="ij")
    y = ((rows + _noise(rows, columns, spacing)) * spacing).long() - corner[0]
    x = ((columns + _noise(rows, columns, spacing + 1)) * spacing).long() - corner[1]
    return torch.stack([y.clamp(0, size[0] - 1), x.clamp(0, size[1] - 1)]).int()


@cache
def _chance(count: int) -> Tensor:
    """Return what chance adds to the likeness of keys at each draw, (``TURNS``, count)."""
    generator = torch.Generator().manual_seed(TURNS)
    return VARIETY * torch.rand(TURNS, count, generator=generator)


def _vary(  # noqa: PLR0913, PLR0917  # what a search knows
    queries: Tensor,
    bank: Bank,
    keys: Tensor,
    dull: Tensor,
    middle: Tensor,
    corner: tuple[int, int],
    penalty: Tensor | None,
) -> Tensor:
    """Return what the middles of the cells' patches show, (h, w): one of the nearest, by chance."""
    numbers, back = middle.flatten().unique(return_inverse=True)
    row, column = numbers // dull.shape[1] + corner[0], numbers % dull.shape[1] + corner[1]
    share = 1 + FREER * dull.flatten()[numbers]
    turn = (_noise(row, column, 7) * TURNS).long()
    chance, found = _chance(len(keys)).to(keys), []
    parts = zip(numbers.split(BLOCK), turn.split(BLOCK), share.split(BLOCK), strict=True)
    for part, turned, more in parts:
        likeness = torch.addmm(chance[turned] * more[:, None], queries[part], keys.T)
        found.append(most_alike(likeness if penalty is None else likeness - penalty))
    return bank.sought[torch.cat(found)][back].view(dull.shape)


def _smooth(queries: Tensor, bank: Bank, chosen: Tensor, limit: Tensor) -> Tensor:
    """Let each cell go on as a neighbour does where more neighbours agree with that."""
    agreed = _agreement(bank, chosen, chosen)
    for down, along in AROUND:
        other, inside = bank.move(beside(chosen, -down, -along), down, along)
        there = _agreement(bank, chosen, other)
        better = inside & (there > agreed) & (_alike(queries, bank, other) >= limit)
        chosen, agreed = torch.where(better, other, chosen), torch.where(better, there, agreed)
    return chosen


def _agreement(bank: Bank, field: Tensor, candidate: Tensor) -> Tensor:
    """Return how many of the four neighbours in ``field`` go on where ``candidate`` does, (h, w)."""
    count = torch.zeros(field.shape, device=field.device)
    for down, along in AROUND:
        expected, inside = bank.move(beside(field, -down, -along), down, along)
        count += (inside & (expected == candidate)).float()
    return count
