"""The style's patches: what each looks like to the network, its pixels, and which lies beside which."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.neighbours import directions
from ...nn.stats import moments
from .columns import CELL, MULTIPLE, Eye, Units, columns, measure_units, whole_cells

MOST = 2**16
"""Patches that all styles have together; of what is larger, windows are taken, another at each turn."""
LENGTH = 96
"""Numbers of a hypercolumn that are compared: its principal components."""
ABOVE, BELOW, LEFT, RIGHT = range(4)
LENGTHS, FARTHEST = 0.6, 5.0
"""How much lengths count beside directions, and the longest (inverted, the shortest) that is told apart."""
WINDOW = 3 * CELL
"""Pixels of a patch along each side: a cell and those around it."""


@dataclass(frozen=True, slots=True)
class Bank:
    """All patches of the styles, M cells.

    Attributes:
        columns: Hypercolumns, (M, C).
        compared: Their directions and lengths among ``basis``; see ``compare``, (M, D + 2).
        basis: Principal components, (C, D).
        middle: The mean of all among ``basis``, (D,).
        spread: The root mean square of their distances from it.
        beside: The cell above, below, left and right of each, -1 beyond a border, (4, M).
        pixels: Of every cell and of a border around each view, (P, 3 * 4 * 4).
        place: The row of each cell in ``pixels``, (M,).
        stride: Rows of ``pixels`` from a cell to the one below it, (M,).
        owner: Which style each comes from, (M,).
        shares: Of the styles that have patches, in sum 1, (G,).
        units: What hypercolumns are measured in.
    """

    columns: Tensor
    compared: Tensor
    basis: Tensor
    middle: Tensor
    spread: float
    beside: Tensor
    pixels: Tensor
    place: Tensor
    stride: Tensor
    owner: Tensor
    shares: Tensor
    units: Units


def compare(rows: Tensor, mean: Tensor, spread: float, *, asks: bool) -> Tensor:
    """Return rows (N, D) as vectors (N, D + 2) of which a query's product with a key says how alike they are.

    That is the cosine of both from their means, less half the squared difference of the logarithms of their
    lengths, times ``LENGTHS``, and a number that is the same for all keys. By the cosine alone whatever is
    grey and calm meets the style's extremes: it is there that directions are clear.

    Args:
        rows: Hypercolumns among a bank's components.
        mean: From where they are seen, (D,).
        spread: The length that counts as 1.
        asks: Whether they are queries.
    """
    length = (rows - mean).norm(dim=1, keepdim=True) / max(spread, 1e-6)
    length = length.clamp(1 / FARTHEST, FARTHEST)
    log = LENGTHS**0.5 * length.log()
    rest = torch.ones_like(log) if asks else -log.square() / 2
    return torch.cat([directions(rows, mean), log, rest], 1)


def make_bank(
    eye: Eye,
    styles: Sequence[Tensor],
    shares: Sequence[float],
    *,
    turned: bool,
    generator: torch.Generator,
) -> Bank:
    """Return the patches of styles (1, 3, H, W); each gets its share of ``MOST``, in sum 1."""
    turns = range(4 if turned else 1)
    rooms = [int(MOST * share / len(turns) + 0.5) for share in shares]
    kept = [i for i, room in enumerate(rooms) if room]
    whole = [whole_cells(styles[i]) for i in kept]
    total = sum(shares[i] for i in kept)
    units = measure_units(eye, whole, [shares[i] / total for i in kept])
    views = [
        (owner, whole_cells(torch.rot90(_window(style, rooms[i], generator), turn, (2, 3))))
        for owner, (i, style) in enumerate(zip(kept, whole, strict=True))
        for turn in turns
    ]
    return _join(eye, views, units, torch.tensor([shares[i] / total for i in kept]))


def _window(x: Tensor, room: int, generator: torch.Generator) -> Tensor:
    """Return a part of a style with at most about ``room`` cells, somewhere."""
    size = [side // MULTIPLE for side in x.shape[-2:]]
    side = max(2, int((room * (CELL / MULTIPLE) ** 2) ** 0.5))
    if size[0] * size[1] <= side**2:
        return x
    height = min(size[0], max(side, side**2 // size[1]))
    width = min(size[1], max(2, side**2 // height))
    top, left = (
        MULTIPLE * int(torch.randint(0, full - part + 1, (), generator=generator))
        for full, part in zip(size, (height, width), strict=True)
    )
    return x[..., top : top + MULTIPLE * height, left : left + MULTIPLE * width]


def _join(eye: Eye, views: Sequence[tuple[int, Tensor]], units: Units, shares: Tensor) -> Bank:
    """Return the bank of views with the styles they are of."""
    sizes = [(view.shape[-2] // CELL, view.shape[-1] // CELL) for _, view in views]
    rows = torch.cat([columns(view, eye.look(view), units)[0].flatten(1).T for _, view in views])
    basis = _components(rows)
    home, inner = rows.device, rows @ basis
    middle, spread = inner.mean(0), float(inner.var(0, correction=0).sum().sqrt())
    return Bank(
        columns=rows,
        compared=compare(inner, middle, spread, asks=False),
        basis=basis,
        middle=middle,
        spread=spread,
        beside=torch.cat([*_beside(sizes)], 1).to(home),
        pixels=torch.cat([_blocks(view) for _, view in views]),
        place=torch.cat([*_places(sizes)]).to(home),
        stride=torch.cat([torch.full((h * w,), w + 2) for h, w in sizes]).to(home),
        owner=torch.cat(
            [torch.full((h * w,), o) for (o, _), (h, w) in zip(views, sizes, strict=True)]
        ).to(home),
        shares=shares.to(home),
        units=units,
    )


def _components(rows: Tensor) -> Tensor:
    """Return the principal components of rows (M, C), (C, D), the largest last."""
    covariance = moments(rows.T[None, :, :, None]).cov
    return torch.linalg.eigh(covariance).eigenvectors[:, -LENGTH:].to(rows)


def _blocks(view: Tensor) -> Tensor:
    """Return the pixels of each cell, and of the cells of a mirrored border, ((h + 2) * (w + 2), 48)."""
    border = F.pad(view, (CELL,) * 4, mode="reflect")
    return F.pixel_unshuffle(border, CELL)[0].flatten(1).T


def _beside(sizes: Sequence[tuple[int, int]]) -> Iterator[Tensor]:
    """Yield the cells above, below, left and right of each of a view's, (4, h * w)."""
    start = 0
    for height, width in sizes:
        number = torch.arange(height * width).view(height, width) + start
        around = F.pad(number[None, None], (1, 1, 1, 1), value=-1)[0, 0]
        sides = (around[:-2, 1:-1], around[2:, 1:-1], around[1:-1, :-2], around[1:-1, 2:])
        yield torch.stack([side.flatten() for side in sides])
        start += height * width


def _places(sizes: Sequence[tuple[int, int]]) -> Iterator[Tensor]:
    """Yield the rows of each view's cells among all pixels, which have borders."""
    start = 0
    for height, width in sizes:
        number = torch.arange((height + 2) * (width + 2)).view(height + 2, width + 2)
        yield number[1:-1, 1:-1].flatten() + start
        start += (height + 2) * (width + 2)
