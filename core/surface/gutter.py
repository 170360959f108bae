"""What lies behind the seams of UV islands: where on the texture the surface goes on.

A gutter is the strip of texels around an island. Each of its texels within reach of a seam stands for a
point of the surface that is shown somewhere else, inside the island on the seam's other side: it is found by
turning and scaling the strip so that the edge comes to lie on its twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .raster import Floats, Ints, ranges
from .seams import Sides

STEP = 0.5
"""Texels between the points by which edges are found."""
NEAR = 1.5
"""Texels by which a place may be missed on the way over a seam and back."""


SEEN = 0.2
"""Share of a place's texels that must be covered for its colour to be known."""


@dataclass(frozen=True, slots=True)
class Strip:
    """Texels near seams: ``texel`` (K,) flat indices, ``side`` (K,), and where they lie by it."""

    texel: Ints
    side: Ints
    along: Floats
    """(K,): 0 at the edge's one end, 1 at the other."""
    away: Floats
    """(K,): distance from the edge in texels; positive outside."""

    def chosen(self, those: NDArray[np.bool_]) -> "Strip":
        """Return some of the texels."""
        return Strip(self.texel[those], self.side[those], self.along[those], self.away[those])


def beyond(sides: Sides, strip: Strip) -> Floats:
    """Return where the surface that a strip's texels stand for is shown, (K, 2)."""
    side, along = strip.side, strip.along[:, None]
    edge = sides.twin[side]
    foot = edge[:, 0] + along * (edge[:, 1] - edge[:, 0])
    return foot + (strip.away * sides.scale[side])[:, None] * sides.into[side]


def strip_of(sides: Sides, open_edges: Floats, size: Sequence[int], reach: float) -> Strip:
    """Return the texels within ``reach`` of a seam, inside and outside, each by the edge nearest to it."""
    edges = np.concatenate([sides.edge, open_edges])
    nearest, distance = _nearest(edges, size)
    texel = np.flatnonzero((distance.ravel() <= reach) & (nearest.ravel() < len(sides)))
    side = nearest.ravel()[texel].astype(np.int64)
    point = np.stack([texel % size[1], texel // size[1]], 1).astype(np.float64)
    start, along = sides.edge[side, 0], sides.edge[side, 1] - sides.edge[side, 0]
    share = ((point - start) * along).sum(1) / (along * along).sum(1)
    share = share.clip(0, 1)
    offset = point - (start + share[:, None] * along)
    away = np.linalg.norm(offset, axis=1) * np.sign((offset * sides.out[side]).sum(1))
    return Strip(texel, side, share, away)


def _nearest(edges: Floats, size: Sequence[int]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the number of the edge nearest to each texel, (H, W), and about how far it is."""
    height, width = size
    seed = np.full((height, width), -1, np.int32)
    count = np.ceil(np.linalg.norm(edges[:, 1] - edges[:, 0], axis=1) / STEP).astype(np.int64) + 1
    which = np.repeat(np.arange(len(edges)), count)
    share = ranges(np.zeros_like(count), count) / np.repeat(np.maximum(count - 1, 1), count)
    at = edges[which, 0] + share[:, None] * (edges[which, 1] - edges[which, 0])
    x, y = np.rint(at).astype(np.int64).T
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    seed[y[inside], x[inside]] = which[inside]
    if not inside.any():
        return np.zeros_like(seed), np.full((height, width), np.inf, np.float32)
    free = (seed < 0).astype(np.uint8)
    distance, label = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label = np.asarray(label, np.int32)
    edge_of = np.zeros(int(label.max()) + 1, np.int32)
    edge_of[label[free == 0]] = seed[free == 0]
    return edge_of[label], np.asarray(distance, np.float32)


def sample(x: Tensor, at: Floats, *, nearest: bool = False) -> Tensor:
    """Return (B, C, H, W) at places (K, 2) in texels, (B, C, K): bilinear, continued at the border."""
    height, width = x.shape[-2:]
    span = np.maximum((width - 1, height - 1), 1)
    grid = torch.from_numpy((at / span * 2 - 1).astype(np.float32)).to(x.device)
    grid = grid[None, None].expand(x.shape[0], -1, -1, -1)
    mode = "nearest" if nearest else "bilinear"
    found = F.grid_sample(x, grid, mode, padding_mode="border", align_corners=True)
    return found[:, :, 0]


@dataclass(frozen=True, slots=True)
class Gutter:
    """The strips outside islands, and how far they reach inward where two pictures of a place can blend."""

    texel: Ints
    """(K,): flat indices of texels outside."""
    place: Floats
    """(K, 2): where what they stand for is shown."""
    inner: Ints
    """(J,): flat indices of texels inside that a gutter shows as well."""
    again: Floats
    """(J, 2): where."""
    share: NDArray[np.float32]
    """(J,): how much the gutter's picture of it counts: one half at the seam, nothing where it ends."""
    size: tuple[int, int]
    """Height and width of the texture."""

    def shows(self, here: Floats, there: Floats) -> NDArray[np.bool_]:
        """Return for which places (P, 2) outside the gutter stands for those given, (P, 2)."""
        return _stands_for(self.texel, self.place, here, there, self.size)


def find_gutter(
    sides: Sides, open_edges: Floats, covered: NDArray[np.bool_], reach: float
) -> Gutter:
    """Return the gutter of islands whose texels are ``covered`` (H, W), ``reach`` texels wide."""
    strip = strip_of(sides, open_edges, covered.shape, reach)
    inside = covered.ravel()[strip.texel]
    outer = strip.chosen(~inside)
    place = beyond(sides, outer)
    shown = _covered(place, covered)
    outer, place = outer.chosen(shown), place[shown]
    inner = strip.chosen(inside & (strip.away > -reach) & (strip.away < 0.75))
    again = beyond(sides, inner)
    home = np.stack([inner.texel % covered.shape[1], inner.texel // covered.shape[1]], 1)
    valid = _stands_for(outer.texel, place, again, home.astype(np.float64), covered.shape)
    valid |= np.abs(inner.away) * sides.scale[inner.side] < 1  # too near for a texel between
    share = _shares(sides, inner, valid, reach)
    kept = share > 0
    size = (covered.shape[0], covered.shape[1])
    return Gutter(outer.texel, place, inner.texel[kept], again[kept], share[kept], size)


def _covered(place: Floats, covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which places (K, 2) lie between covered texels, or at least beside one."""
    height, width = covered.shape
    inside = ((place > -0.5) & (place < (width - 0.5, height - 0.5))).all(1)
    weight = sample(torch.from_numpy(covered).float()[None, None], place)[0, 0]
    return inside & (weight >= SEEN).numpy()


def _stands_for(
    texel: Ints, place: Floats, here: Floats, there: Floats, size: Sequence[int]
) -> NDArray[np.bool_]:
    """Return which places are texels that stand for about those given."""
    if not len(texel):
        return np.zeros(len(here), bool)
    height, width = size
    x, y = np.rint(here).astype(np.int64).T
    within = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    number = np.full(height * width, -1, np.int32)
    number[texel] = np.arange(len(texel))
    found = np.where(within, number[np.where(within, y * width + x, 0)], -1)
    return (found >= 0) & (np.abs(place[found] - there).max(1) <= NEAR)


def _shares(
    sides: Sides, inner: Strip, valid: NDArray[np.bool_], reach: float
) -> NDArray[np.float32]:
    """Return the blend's weights, which fall to nothing before the first texel that has no other picture."""
    depth = np.full(int(sides.ends.max(initial=-1)) + 1, float(reach))
    inward = np.abs(inner.away)
    missing = ~valid
    for end in range(2):
        np.minimum.at(depth, sides.ends[inner.side[missing], end], inward[missing])
    ends = depth[sides.ends[inner.side]]
    room = ends[:, 0] + inner.along * (ends[:, 1] - ends[:, 0])
    fall = 1 - inward / np.maximum(room, 1e-6)
    share = np.where(valid & (room >= 1), 0.5 * fall.clip(0, 1), 0)
    return share.astype(np.float32)
