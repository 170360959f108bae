"""A multigrid preconditioner for systems with the matting Laplacian.

Such a system hardly determines pictures that are, in every neighbourhood, an affine function of the guide's
colours. So the unknowns of a coarse grid are not values but such functions: the four numbers of
a R + b G + c B + d at every node, interpolated between nodes. This reduces hundreds of steps of conjugate
gradients to a dozen. The smoother is a Chebyshev polynomial (Adams et al., "Parallel Multigrid Smoothing",
2003), coarse matrices are Galerkin's.

Ours, because PyAMG wants the finest matrix written out, 25 numbers a pixel, and coarsens single values.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import torch
import torch.nn.functional as F
from scipy.sparse.linalg import splu
from torch import Tensor

from ..progress import Progress, Report, ignore
from .matting import Affinity, offsets

SPACING = 8
"""Pixels between the nodes of the first coarse grid; each further grid has half as many a side."""
DEGREE = 3
"""Of the smoothing polynomials, which damp the upper 19/20 of the spectrum."""
SAFETY = 1.4
"""By how much largest eigenvalues are raised: the power method comes to them slowly and from below."""
ROWS = 64
"""Rows of the picture whose part of the first coarse matrix is made at once; a multiple of SPACING."""
SMALL = 2000
"""Unknowns of a system that is solved by elimination."""
Times = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Level:
    """A grid: its matrix A, a rough inverse, their product's largest eigenvalue, maps to the next grid."""

    times: Times
    roughly: Times
    bound: float
    down: Times
    up: Times


def preconditioner(system: Affinity, guide: Tensor, report: Report = ignore) -> Times:
    """Return a rough inverse of a system for pictures (C, H, W) float32; it is symmetric.

    Args:
        system: D - smoothness W of the guide, smoothness below 1; see ``Affinity.system``.
        guide: (1, 3, H, W) in [0, 1].
        report: Called after each strip.
    """
    centred = guide[0].float().contiguous() - guide.float().mean((2, 3))[0, :, None, None]
    basis = F.pad(centred, (0, 0, 0, 0, 0, 1), value=1.0)
    matrix, nodes = _first_matrix(system, basis, report), _nodes(system.size, SPACING)
    levels = [_fine_level(system.to(torch.float32), basis)]
    while 4 * nodes[0] * nodes[1] > SMALL and min(nodes) > 4:
        levels.append(_coarse_level(matrix, nodes))
        rise = sp.kron(sp.eye_array(4), sp.kron(*(_hats(n, 2) for n in nodes)), format="csr")
        matrix, nodes = (rise.T @ matrix @ rise).tocsr(), _nodes(nodes, 2)
    last = _elimination(matrix)
    return lambda b: _cycle(levels, last, b)


def _cycle(levels: Sequence[Level], last: Times, b: Tensor) -> Tensor:
    """Return a rough solution of A x = b: smooth, correct on the coarser grids, smooth again."""
    if not levels:
        return last(b)
    level, *coarser = levels
    x, residual = torch.zeros_like(b), b.clone()
    _smooth(level, x, residual)
    correction = level.up(_cycle(coarser, last, level.down(residual)))
    x += correction
    residual -= level.times(correction)
    _smooth(level, x, residual, again=False)
    return x


def _smooth(level: Level, x: Tensor, residual: Tensor, *, again: bool = True) -> None:
    """Apply a Chebyshev polynomial to ``x`` in place, and to its residual if it is needed ``again``."""
    high = SAFETY * level.bound
    centre, half = high * 21 / 40, high * 19 / 40
    share = half / centre
    step = level.roughly(residual).div_(centre)
    for left in reversed(range(DEGREE)):
        x += step
        if left or again:
            residual -= level.times(step)
        if left:
            following = 1 / (2 * centre / half - share)
            step.mul_(following * share).add_(level.roughly(residual), alpha=2 * following / half)
            share = following


def _fine_level(system: Affinity, basis: Tensor) -> Level:
    inverse = 1 / system.weights[0].clamp_min(1e-6)
    height, width = system.size

    def roughly(v: Tensor) -> Tensor:
        return v * inverse

    def down(v: Tensor) -> Tensor:
        return _gather(basis * v[:, None], SPACING)

    def up(v: Tensor) -> Tensor:
        return (_spread(v, SPACING)[..., :height, :width] * basis).sum(1)

    return Level(system, roughly, _largest(system, roughly, (1, height, width)), down, up)


def _coarse_level(matrix: sp.csr_array, nodes: tuple[int, int]) -> Level:
    single, inverse = matrix.astype(np.float32), _inverse_blocks(matrix).unflatten(2, nodes)

    def times(v: Tensor) -> Tensor:
        flat = np.ascontiguousarray(v.flatten(1).T.numpy())
        return torch.from_numpy(single @ flat).T.reshape(v.shape)

    def roughly(v: Tensor) -> Tensor:
        return torch.einsum("abyx,cbyx->cayx", inverse, v)

    def up(v: Tensor) -> Tensor:
        return _spread(v, 2)[..., : nodes[0], : nodes[1]]

    bound = _largest(times, roughly, (1, 4, *nodes))
    return Level(times, roughly, bound, lambda v: _gather(v, 2), up)


def _inverse_blocks(matrix: sp.csr_array) -> Tensor:
    """Return the inverses of the 4 x 4 blocks that couple each node's unknowns, (4, 4, nodes)."""
    count = len(matrix.diagonal()) // 4
    parts = [
        [
            matrix[a * count : (a + 1) * count, b * count : (b + 1) * count].diagonal()
            for b in range(4)
        ]
        for a in range(4)
    ]
    blocks = torch.from_numpy(np.array(parts)).permute(2, 0, 1)
    own = blocks.diagonal(dim1=1, dim2=2)
    # where the guide is flat, its colours and the constant are linearly dependent
    ridge = 1e-6 * own.mean(1, keepdim=True) + 1e-12
    inverse = torch.linalg.inv(blocks + torch.diag_embed(ridge.expand_as(own)))
    return inverse.permute(1, 2, 0).float()


def _elimination(matrix: sp.csr_array) -> Times:
    diagonal = matrix.diagonal()
    factors = splu((matrix + sp.diags_array(1e-8 * diagonal + 1e-12)).tocsc())

    def solve(b: Tensor) -> Tensor:
        return (
            torch.from_numpy(factors.solve(b.flatten(1).T.double().numpy()))
            .T.reshape(b.shape)
            .float()
        )

    return solve


def _largest(times: Times, roughly: Times, shape: tuple[int, ...], steps: int = 12) -> float:
    """Return an estimate of the largest eigenvalue, by the power method from a fixed start."""
    v = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    size = 0.0
    for _ in range(steps):
        v = roughly(times(v / v.norm()))
        size = float(v.norm())
    return size


def _first_matrix(system: Affinity, basis: Tensor, report: Report) -> sp.csr_array:
    """Return the Galerkin matrix of the first coarse grid; unknowns are ordered by function, then by node."""
    height, width = system.size
    hats = _hats(height, SPACING), _hats(width, SPACING)
    parts = []
    for top in range(0, height, ROWS):
        bottom = min(top + ROWS, height)
        first, last = max(0, top - 2 * system.radius), min(height, bottom + 2 * system.radius)
        rise = _rise(hats, basis, first, last)
        own = slice((top - first) * width, (bottom - first) * width)
        parts.append((rise[own].T @ (_matrix(system, first, last)[own] @ rise)).tocoo())
        report(Progress("coarse grid", bottom, height))
    values, rows, columns = (
        np.concatenate([getattr(part, key) for part in parts]) for key in ("data", "row", "col")
    )
    return sp.coo_array((values, (rows, columns)), parts[0].shape).tocsr()


def _rise(
    hats: tuple[sp.csr_array, sp.csr_array], basis: Tensor, first: int, last: int
) -> sp.csr_array:
    """Return the matrix that evaluates the coarse grid's functions at the pixels of some rows."""
    weights = sp.kron(hats[0][first:last], hats[1], format="csr")
    columns = [sp.diags_array(b[first:last].flatten().double().numpy()) @ weights for b in basis]
    return sp.csr_array(sp.hstack(columns))


def _matrix(system: Affinity, first: int, last: int) -> sp.csr_array:
    """Return the system restricted to the pixels of some rows."""
    count = (last - first) * system.size[1]
    places = [-(down * system.size[1] + right) for down, right in offsets(system.radius)]
    weights = system.weights[:, first:last].flatten(1).double().numpy()
    apart, which = np.unique(
        places[1:], return_inverse=True
    )  # narrow: two offsets lead to one pixel
    bands = np.zeros((len(apart), count))
    for band, values in zip(which, weights[1:], strict=True):
        bands[band] += values  # 0 for an offset that leaves the row
    half = sp.dia_array((bands, apart), shape=(count, count)).tocsr()
    return sp.csr_array(half + half.T + sp.diags_array(weights[0]))


def _nodes(size: tuple[int, int], spacing: int) -> tuple[int, int]:
    return -(-size[0] // spacing) + 1, -(-size[1] // spacing) + 1


def _hats(size: int, spacing: int) -> sp.csr_array:
    """Return the weights of the nodes at each position along a side, (size, nodes)."""
    place = np.arange(size)
    node, share = place // spacing, place % spacing / spacing
    entries = (
        np.concatenate([1 - share, share]),
        (np.tile(place, 2), np.concatenate([node, node + 1])),
    )
    return sp.coo_array(entries, shape=(size, -(-size // spacing) + 1)).tocsr()


def _spread(v: Tensor, spacing: int) -> Tensor:
    """Interpolate values at nodes (…, h, w) to pixels, (…, (h - 1) spacing, (w - 1) spacing)."""
    share = torch.arange(spacing) / spacing
    v = torch.lerp(v[..., :-1, None], v[..., 1:, None], share).flatten(-2)
    return torch.lerp(v[..., :-1, None, :], v[..., 1:, None, :], share[:, None]).flatten(-3, -2)


def _gather(v: Tensor, spacing: int) -> Tensor:
    """Apply the transpose of ``_spread`` to (…, H, W), continued by zeros to whole cells."""
    height, width = v.shape[-2:]
    share = torch.arange(spacing) / spacing
    v = F.pad(v, (0, -width % spacing, 0, -height % spacing))
    v = v.unflatten(-1, (-1, spacing))
    after = v @ share
    v = F.pad(v.sum(-1) - after, (0, 1)) + F.pad(after, (1, 0))
    v = v.unflatten(-2, (-1, spacing))
    after = (v * share[:, None]).sum(-2)
    return F.pad(v.sum(-2) - after, (0, 0, 0, 1)) + F.pad(after, (0, 0, 1, 0))
