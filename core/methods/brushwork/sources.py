"""Which cell of the style each cell of a picture shows: the nearest, or one that continues a stroke.

Strokes are longer than a cell. A picture made of nearest cells alone breaks them into crumbs; so a
neighbourhood is taken from one place of the style as far as likeness allows (coherent search: Ashikhmin,
"Synthesizing Natural Textures", 2001; patches of many sizes: Barnes et al., "PatchMatch", 2009).
"""

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from ...nn.neighbours import BLOCK, most_alike, nearest
from .bank import Bank, beside

PATCHES = ((24, 0), (12, 0), (8, 1), (8, 2), (8, 3), (8, 4), (5, 1), (5, 2), (5, 3), (6, 0), (3, 0))
"""Cells between the middles of patches, and which draw of chance: what no patch fits is asked again.

Draws from 1 on are for plain places, where all cells around have the same nearest: patches of the few cells
that are nearest to those would repeat, a pattern.
"""
BROAD = 12
"""Cells from which on a patch may be freer elsewhere, too: smaller ones would be crumbs."""
MARGIN = 0.12
"""How much less alike, in cosine, than its nearest a cell may be where it continues a stroke."""
VARIETY = 0.06
"""How far, in cosine, chance moves what the middles of patches choose: plain walls repeat nothing."""
TURNS = 128
"""Different draws of that chance."""
FREER = 3.5
"""How many times more of both there is where all cells around have the same nearest: else a pattern."""
LIGHTER = 0.3
"""How much lighter or darker than its nearest cell a plain place may be: directions know no lightness."""
DRAWS = 1000
"""Salts between two draws of chance."""
ROUNDS = 2
"""How often a cell is asked whether it would rather go on as a neighbour does."""
AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for, among what, and how plain the picture is."""

    queries: Tensor
    """Directions of the cells, (h w, P), row by row."""
    bank: Bank
    corner: tuple[int, int]
    """Row and column of the first cell in the whole picture."""
    penalty: Tensor | None
    """What is taken off the likeness to each of the sought cells, (m,)."""
    best: Tensor
    """The nearest of them, (h, w)."""
    dull: Tensor
    """Share of the four cells beside each that have the very same nearest, (h, w)."""

    @property
    def plain(self) -> Tensor:
        """Where chance rules, (h, w)."""
        return self.dull == 1

    def alike(self, index: Tensor) -> Tensor:
        """Return how like the cells are what they would show, (h, w)."""
        return (self.queries * self.bank.keys[index.flatten()]).sum(1).view(index.shape)

    def too_far(self, index: Tensor) -> Tensor:
        """Return where a plain place would be much lighter or darker than its nearest, (h, w)."""
        light = self.bank.colors.mean(-1)
        return self.plain & ((light[index] - light[self.best]).abs() > LIGHTER)


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
    search = Search(queries, bank, corner, penalty, best, _repeats(best))
    limit = search.alike(best) - MARGIN * (1 + FREER * search.dull)
    chosen = _lay_patches(search, limit)
    for _ in range(ROUNDS):
        chosen = _smooth(search, chosen, limit)
    return chosen


def _lay_patches(search: Search, limit: Tensor) -> Tensor:
    """Return the cells of patches, the largest first, where they are like enough; else the nearest."""
    chosen, plain = search.best, search.plain
    open_ = torch.ones_like(plain)
    for spacing, draw in PATCHES:
        asked = open_ & plain if draw else open_
        if not asked.any():
            continue
        other, inside = _patch(search, spacing, draw)
        fits = inside & (search.alike(other) >= limit) & ~search.too_far(other) & asked
        chosen, open_ = torch.where(fits, other, chosen), open_ & ~fits
    return chosen


def _patch(search: Search, spacing: int, draw: int) -> tuple[Tensor, Tensor]:
    """Return what each cell shows as part of the patch whose middle is nearest, and whether that exists."""
    height, width = search.best.shape
    device = search.best.device
    found = _middles((height, width), search.corner, spacing, draw)
    middle, row, column = (v.to(device) for v in found)
    freer = search.dull if draw or spacing >= BROAD else torch.zeros_like(search.dull)
    seeds = _vary(search, freer, middle, draw)
    rows = torch.arange(height, device=device)[:, None]
    columns = torch.arange(width, device=device)
    return search.bank.move(seeds, rows - row, columns - column)


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


def _noise(row: Tensor, column: Tensor, salt: int) -> Tensor:
    """Return numbers in [0, 1) that depend on place and salt alone."""
    mixed = (row * 73856093) ^ (column * 19349663) ^ (salt * 83492791)
    mixed = (mixed ^ (mixed >> 13)) * 1274126177 & 0x7FFFFFFF
    mixed = (mixed ^ (mixed >> 16)) * 668265263 & 0x7FFFFFFF
    return (mixed ^ (mixed >> 15)).float() / 0x80000000


def _middles(
    size: tuple[int, int], corner: tuple[int, int], spacing: int, draw: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """Return each cell's nearest middle of a patch, on a jittered grid: its number here, row, column."""
    points = _jitter(size, corner, spacing, draw)
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


def _jitter(size: tuple[int, int], corner: tuple[int, int], spacing: int, draw: int) -> Tensor:
    """Return row and column of the middle of each block and of those around, (2, blocks down, along)."""
    rows, columns = (
        torch.arange(start // spacing - 1, (start + count - 1) // spacing + 2)
        for start, count in zip(corner, size, strict=True)
    )
    rows, columns = torch.meshgrid(rows, columns, indexing="ij")
    salt = spacing + DRAWS * draw
    y = ((rows + _noise(rows, columns, salt)) * spacing).long() - corner[0]
    x = ((columns + _noise(rows, columns, salt + 1)) * spacing).long() - corner[1]
    return torch.stack([y.clamp(0, size[0] - 1), x.clamp(0, size[1] - 1)]).int()


@cache
def _chance(count: int) -> Tensor:
    """Return what chance adds to the likeness of keys at each draw, (``TURNS``, count)."""
    generator = torch.Generator().manual_seed(TURNS)
    return VARIETY * torch.rand(TURNS, count, generator=generator)


def _vary(search: Search, freer: Tensor, middle: Tensor, draw: int) -> Tensor:
    """Return what the middles of the cells' patches show, (h, w): one of the nearest, by chance."""
    bank, queries, width = search.bank, search.queries, freer.shape[1]
    numbers, back = middle.flatten().unique(return_inverse=True)
    row, column = numbers // width + search.corner[0], numbers % width + search.corner[1]
    share = 1 + FREER * freer.flatten()[numbers]
    turn = (_noise(row, column, 7 + DRAWS * draw) * TURNS).long()
    keys, light = bank.keys[bank.sought], bank.colors.mean(-1)
    less = 0.0 if search.penalty is None else search.penalty
    chance, found = _chance(len(keys)).to(keys), []
    parts = zip(numbers.split(BLOCK), turn.split(BLOCK), share.split(BLOCK), strict=True)
    for part, turned, more in parts:
        likeness = torch.addmm(chance[turned] * more[:, None], queries[part], keys.T) - less
        own, plain = light[search.best.flatten()[part]], search.plain.flatten()[part]
        far = plain[:, None] & ((light[bank.sought] - own[:, None]).abs() > LIGHTER)
        found.append(most_alike(likeness.masked_fill(far, -2.0)))
    return bank.sought[torch.cat(found)][back].view(freer.shape)


def _smooth(search: Search, chosen: Tensor, limit: Tensor) -> Tensor:
    """Let each cell go on as a neighbour does where more neighbours agree with that."""
    bank = search.bank
    agreed = _agreement(bank, chosen, chosen)
    for down, along in AROUND:
        other, inside = bank.move(beside(chosen, -down, -along), down, along)
        there = _agreement(bank, chosen, other)
        better = inside & (there > agreed) & (search.alike(other) >= limit)
        better &= ~search.too_far(other)
        chosen, agreed = torch.where(better, other, chosen), torch.where(better, there, agreed)
    return chosen


def _agreement(bank: Bank, field: Tensor, candidate: Tensor) -> Tensor:
    """Return how many of the four neighbours in ``field`` go on where ``candidate`` does, (h, w)."""
    count = torch.zeros(field.shape, device=field.device)
    for down, along in AROUND:
        expected, inside = bank.move(beside(field, -down, -along), down, along)
        count += (inside & (expected == candidate)).float()
    return count
