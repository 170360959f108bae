"""UDIM: several tiles that one surface shows, laid side by side as one texture."""

from collections.abc import Sequence

import numpy as np

from ..color import Floats
from ..errors import PictureError
from .mesh import EDGE, Mesh

GAP = 64
"""Texels between two tiles, in which what lies behind their seams has room."""


def lay_side_by_side(tiles: Sequence[Floats]) -> Floats:
    """Return tiles (1, C, H, W) side by side, ``GAP`` texels of 0 between them.

    Raises:
        PictureError: if they differ in size.
    """
    sizes = {(tile.shape[-1], tile.shape[-2]) for tile in tiles}
    if len(sizes) > 1:
        named = ", ".join(f"{width} x {height}" for width, height in sorted(sizes))
        raise PictureError(f"tiles that are stylized as one must have one size; these have {named}")
    spaced = [np.pad(tile, ((0, 0), (0, 0), (0, 0), (0, GAP))) for tile in tiles[:-1]]
    return np.concatenate([*spaced, tiles[-1]], -1)


def split_texture(texture: Floats, count: int) -> list[Floats]:
    """Return the tiles of ``lay_side_by_side``."""
    width = (texture.shape[-1] - GAP * (count - 1)) // count
    return [texture[..., k * (width + GAP) :][..., :width] for k in range(count)]


def place_on_tiles(mesh: Mesh, numbers: Sequence[int], width: int) -> tuple[Mesh, tuple[str, ...]]:
    """Return the triangles on the texture that ``lay_side_by_side`` makes of tiles, and notes on the others.

    Args:
        mesh: Its UVs count tiles from 1001 on: ten in a row, u from 0 to 10.
        numbers: Of the tiles, in order.
        width: Of one tile, in texels.
    """
    corner = np.floor(mesh.uv.mean(1)).astype(np.int64)
    named = 1001 + corner[:, 0] + 10 * corner[:, 1]
    uv = mesh.uv - corner[:, None]
    inside = (uv.min((1, 2)) >= -EDGE) & (uv.max((1, 2)) <= 1 + EDGE)
    inside &= (corner[:, 0] >= 0) & (corner[:, 0] < 10)
    order = {number: k for k, number in enumerate(numbers)}
    place = np.array([order.get(int(n), -1) for n in named])
    total = width * len(numbers) + GAP * (len(numbers) - 1)
    kept = inside & (place >= 0)
    moved = uv[kept].clip(0, 1)
    moved[..., 0] = (moved[..., 0] * width + place[kept][:, None] * (width + GAP)) / total
    lost = int((~inside & (place >= 0)).sum())
    notes = (f"{lost} triangles reach over a tile's border and were left out",) if lost else ()
    return mesh.chosen(kept, moved), notes
