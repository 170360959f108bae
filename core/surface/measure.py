"""How visible the seams of UV islands are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .gutter import Strip, beyond, sample
from .mesh import Mesh
from .raster import Floats, Ints, ranges, to_texels
from .seams import find_islands, weld

BESIDE = 0.5
"""Texels from an edge at which the nearest whole texels inside are compared."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Differences of a picture across seams, at one point a texel of each."""

    across: NDArray[np.float32]
    """(P,): between the places half a texel from the edge on either side, mean over channels."""
    inside: NDArray[np.float32]
    """(P,): between the places half a texel and one and a half from the edge."""
    place: Floats
    """(P, 3): where on the surface."""
    along: Floats
    """(P, 3): the edge's direction there, as long as a texel is on the surface."""
    triangle: Ints
    """(P, 2): the triangles on both sides."""


def seam_steps(picture: Tensor, mesh: Mesh) -> Steps | None:
    """Return what is seen across the seams of a mesh; None if it has none, or no positions.

    Args:
        picture: (1, C, H, W).
        mesh: The triangles that show it.
    """
    if mesh.position is None:
        return None
    corners = to_texels(mesh.uv, picture.shape[-2:])
    points = weld(mesh.position, mesh.part)
    sides = find_islands(corners, points).sides
    if not len(sides):
        return None
    count = np.maximum(np.ceil(sides.length), 1).astype(np.int64)
    side = np.repeat(np.arange(len(sides)), count)
    share = (ranges(np.zeros_like(count), count) + 0.5) / np.repeat(count, count)
    foot = sides.edge[side, 0] + share[:, None] * (sides.edge[side, 1] - sides.edge[side, 0])
    there = beyond(sides, Strip(side, side, share, BESIDE / sides.scale[side]))
    here, inner, behind = (
        sample(picture, at)[0]
        for at in (foot - BESIDE * sides.out[side], foot - (1 + BESIDE) * sides.out[side], there)
    )
    where = np.empty((int(points.max()) + 1, 3))
    where[points.ravel()] = mesh.position.reshape(-1, 3)
    start, end = where[sides.ends[side, 0]], where[sides.ends[side, 1]]
    return Steps(
        across=(here - behind).abs().mean(0).numpy(),
        inside=(here - inner).abs().mean(0).numpy(),
        place=start + share[:, None] * (end - start),
        along=(end - start) / sides.length[side, None],
        triangle=sides.triangle[side],
    )


def seam_error(picture: Tensor, mesh: Mesh) -> float:
    """Return the mean difference across seams over that of neighbouring texels inside, beside the seams.

    1 is a seam that cannot be told from the picture around it; nan: there is none.

    Args:
        picture: (1, C, H, W).
        mesh: The triangles that show it, with positions.
    """
    steps = seam_steps(picture, mesh)
    if steps is None:
        return float("nan")
    return float(steps.across.mean() / max(float(steps.inside.mean()), 1e-12))
