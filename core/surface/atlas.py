"""UV islands: a texture in pieces, stylized as the one surface that the meshes show.

Behind each seam the texture is filled with what lies there on the surface, so that a network sees its true
neighbours. Afterwards a seam's surroundings exist twice; the two are levelled and blended.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..crossings import Crossings
from ..tiling import Box, Windows, read
from .creases import are_sides_hard
from .fill import fill_in_place
from .gutter import REACH, Gutter, find_gutter, sample
from .level import Cells, Pairs, add_spread, cut_cells, find_pairs, level
from .mesh import Mesh
from .raster import Floats, area_of, rasterize, to_texels, with_tiny
from .seams import find_islands, weld

SHARED = 0.01
"""Share of covered texels shown by several triangles from which on a note says so."""


@dataclass(frozen=True, slots=True)
class Atlas:
    """A texture and its islands; the canvas has the texture's size."""

    whole: ClassVar[bool] = True
    shape: tuple[int, int]
    covered: NDArray[np.bool_]
    """(H, W): the texels that islands show."""
    weight: Tensor
    """(1, 1, H, W): how much each counts in statistics; 0 outside the islands."""
    gutter: Gutter | None
    cells: Cells | None
    pairs: Pairs | None
    notes: tuple[str, ...] = ()

    def unwrap(self, x: Tensor, *, nearest: bool = False) -> Tensor:
        """Return the picture (B, C, H, W) with the surroundings of islands filled."""
        covered = torch.from_numpy(self.covered).float()[None, None]
        if nearest:
            out = x.clone(memory_format=torch.contiguous_format)
            if self.gutter is not None:
                behind = sample(x, self.gutter.place, nearest=True)
                out.flatten(2)[..., torch.from_numpy(self.gutter.texel)] = behind
            return out
        out, known = x.cpu() * covered, covered
        if self.gutter is not None:
            behind = sample(out, self.gutter.place) / sample(covered, self.gutter.place)
            for texels, values in ((out, behind), (known, torch.ones(()))):
                texels.flatten(2)[..., torch.from_numpy(self.gutter.texel)] = values
        fill_in_place(out.numpy(), known[0, 0].numpy())
        return out.to(x.device)

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:
        """Return a window of the canvas; all of it is made."""
        height, width = self.shape
        return read(self.unwrap(x[..., :height, :width], nearest=nearest), box)

    def coverage(self, given: Tensor | None) -> Tensor:
        """Return the weights of texels, (1, 1, H, W), times those given."""
        return self.weight if given is None else self.weight * given

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the stylized texture; all of it is made."""
        height, width = self.shape
        return read(self.wrap(canvas[..., :height, :width]), box)

    def wrap(self, canvas: Tensor) -> Tensor:
        """Return the stylized texture (1, 3, H, W) with its seams closed."""
        if self.gutter is None or self.cells is None or self.pairs is None:
            return canvas
        out = canvas.clone(memory_format=torch.contiguous_format)
        if len(self.pairs.cell):
            add_spread(out, level(canvas, self.cells, self.pairs), self.cells)
        texels, inner = out.flatten(2), torch.from_numpy(self.gutter.inner)
        share = torch.from_numpy(self.gutter.share)
        again = sample(out, self.gutter.again)
        texels[..., inner] = torch.lerp(texels[..., inner], again, share)
        texels[..., torch.from_numpy(self.gutter.texel)] = sample(out, self.gutter.place)
        return out


def make_atlas(
    mesh: Mesh,
    size: Sequence[int],
    *,
    by_area: bool = False,
    ends: bool = False,
    crossings: Crossings | None = None,
) -> Atlas:
    """Return the atlas of a texture of ``size`` (height, width).

    Args:
        mesh: What shows it.
        size: Of the texture.
        by_area: Whether texels count in statistics by the surface that they cover.
        ends: Whether the surface ends at hard edges, so that their seams stay as they are.
        crossings: Where strokes go on over its seams, of a method that lays some so; it ends at hard edges.
    """
    corners = to_texels(mesh.uv, size)
    owner = rasterize(corners, size)
    notes = list(_overlap(corners, owner))
    if mesh.position is None:
        covered = with_tiny(owner, corners, np.arange(len(corners), dtype=np.int32), size) >= 0
        return Atlas(_pair(size), covered, _weights(covered), None, None, None, tuple(notes))
    islands = find_islands(corners, weld(mesh.position, mesh.part))
    islands = islands.opened(are_sides_hard(mesh, islands.sides)) if ends else islands
    island_of = with_tiny(owner, corners, islands.number, size)
    covered = island_of >= 0
    gutter = find_gutter(islands, island_of, REACH, None if crossings is None else crossings.fade)
    cells = cut_cells(corners, islands, size)
    pairs = find_pairs(islands, cells, gutter)
    weight = _weights(covered)
    if by_area:
        weight = weight * _areas(corners, mesh.position, owner)
    if len(islands.sides):
        notes.insert(0, "strokes run on over the seams of its UV islands")
    return Atlas(_pair(size), covered, weight, gutter, cells, pairs, tuple(notes))


def map_area(mesh: Mesh, size: Sequence[int]) -> Tensor:
    """Return how much surface each texel of a texture shows, (1, 1, H, W); 0 outside the triangles.

    Without positions, all texels that triangles show count alike.
    """
    corners = to_texels(mesh.uv, size)
    owner = rasterize(corners, size)
    weight = _weights(owner >= 0)
    return weight if mesh.position is None else weight * _areas(corners, mesh.position, owner)


def _pair(size: Sequence[int]) -> tuple[int, int]:
    return size[0], size[1]


def _weights(covered: NDArray[np.bool_]) -> Tensor:
    return torch.from_numpy(covered).float()[None, None]


def _overlap(corners: Floats, owner: NDArray[np.int32]) -> Iterator[str]:
    """Yield a note if triangles have more area than the texels that they cover."""
    covered = int((owner >= 0).sum())
    inside = corners.clip(-0.5, np.subtract(owner.shape[::-1], 0.5))
    over = round(area_of(inside).sum() - covered)
    if over > SHARED * covered:
        yield f"about {over} texels are shown by several triangles; the first has them"


def _areas(corners: Floats, position: NDArray[np.float32], owner: NDArray[np.int32]) -> Tensor:
    """Return the surface that each texel covers relative to the mean, (1, 1, H, W)."""
    texels = 2 * area_of(corners)
    sides = position.astype(np.float64)
    surface = np.linalg.norm(np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0]), axis=1)
    density = surface / np.maximum(texels, 1e-9)
    areas = np.append(density, 0.0)[owner]  # -1: none
    mean = areas[owner >= 0].mean() if (owner >= 0).any() else 1
    return torch.from_numpy((areas / max(mean, 1e-30)).astype(np.float32))[None, None]
