"""How far the surface at each texel looks up: where snow can lie."""

import numpy as np
from numpy.typing import NDArray

from ..imaging.relief import blur
from .mesh import Mesh, place_in_square
from .raster import area_of, rasterize, to_texels

SHARED = 1.15
"""Area of the triangles over that of the covered texels from which on texels look several ways."""
LEVEL, STEEP = 0.65, 0.1
"""Heights of a unit normal: from the first on all stays lying, up to the second nothing does."""
SMOOTH = 256
"""Sides of the texture over the deviation, in texels, by which facets are smoothed."""


def hold(mesh: Mesh, size: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return how much stays lying at each texel (H, W), [0, 1]: 1 where the surface looks up (z).

    None where it cannot be said: positions are not known, or texels show several surfaces, as of a
    texture that repeats.
    """
    inside = place_in_square(mesh)
    if inside is None or inside.position is None or not len(inside.uv):
        return None
    corners = to_texels(inside.uv, size)
    owner = rasterize(corners, size)
    covered = owner >= 0
    if area_of(corners).sum() > SHARED * max(1, int(covered.sum())) + area_rim(corners):
        return None
    t = np.clip((_up(inside.position) - STEEP) / (LEVEL - STEEP), 0, 1)
    held = np.where(covered, (t * t * (3 - 2 * t))[owner], 0)
    return _smooth(held, covered)


def area_rim(corners: NDArray[np.float64]) -> float:
    """Return the texels that triangles may cover only in part: half of their outlines' length."""
    sides = corners - np.roll(corners, 1, axis=1)
    return float(np.linalg.norm(sides, axis=-1).sum()) / 2


def _up(position: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the heights z of the unit normals (N,) of triangles whose corners run counterclockwise."""
    a, b = (position[:, k].astype(np.float64) - position[:, 0] for k in (1, 2))
    normal = np.cross(a, b)
    return normal[:, 2] / np.maximum(np.linalg.norm(normal, axis=1), 1e-12)


def _smooth(held: NDArray[np.float64], covered: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return a plane smoothed within what is covered; what is not has the value of its nearest texels."""
    sigma = max(0.7, min(held.shape) / SMOOTH)
    weight = blur(covered.astype(np.float32), sigma)
    near = blur(np.where(covered, held, 0).astype(np.float32), sigma) / np.maximum(weight, 1e-6)
    return np.where(weight > 1e-4, near, 1).astype(np.float32)
