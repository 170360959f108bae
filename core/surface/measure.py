"""How visible the seams of UV islands are."""

import numpy as np
from torch import Tensor

from .atlas import Mesh
from .gutter import Strip, beyond, sample
from .raster import ranges, to_texels
from .seams import Sides, find_islands, weld

BESIDE = 0.5
"""Texels from an edge at which the nearest whole texels inside are compared."""


def seam_error(picture: Tensor, mesh: Mesh) -> float:
    """Return the mean difference across seams over that of neighbouring texels inside, beside the seams.

    Both are taken half a texel and one and a half from the edge, at one point a texel of each seam. 1 is a
    seam that cannot be told from the picture around it.

    Args:
        picture: (1, C, H, W).
        mesh: The triangles that show it, with positions.
    """
    if mesh.position is None:
        return float("nan")
    corners = to_texels(mesh.uv, picture.shape[-2:])
    sides = find_islands(corners, weld(mesh.position, mesh.part)).sides
    if not len(sides):
        return float("nan")
    here, inner, there = (sample(picture, at) for at in _places(sides))
    return float((here - there).abs().mean() / (here - inner).abs().mean().clamp_min(1e-12))


def _places(sides: Sides) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return places just inside every edge, one texel further in, and just behind it."""
    count = np.maximum(np.ceil(sides.length), 1).astype(np.int64)
    side = np.repeat(np.arange(len(sides)), count)
    along = (ranges(np.zeros_like(count), count) + 0.5) / np.repeat(count, count)
    foot = sides.edge[side, 0] + along[:, None] * (sides.edge[side, 1] - sides.edge[side, 0])
    step = sides.out[side]
    behind = Strip(side, side, along, BESIDE / sides.scale[side])
    return foot - BESIDE * step, foot - (1 + BESIDE) * step, beyond(sides, behind)
