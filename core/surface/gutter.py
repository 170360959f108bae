"""Gutters of UV islands: where on the texture the surface goes on behind a seam.

A gutter is the strip of texels around an island. Each of its texels within reach of a seam stands for a
point of the surface that is shown somewhere else, inside the island on the seam's other side: it is found by
turning and scaling the strip so that the edge comes to lie on its twin.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from .raster import Floats, Ints, ranges
from .seams import Islands, Sides

REACH = 32
"""Texels behind a seam that are filled with the surface that goes on there."""
STEP = 0.5
"""Texels between the points by which edges are found."""
NEAR = 1.5
"""Texels by which the way over a seam and back may miss its start."""
SEEN = 0.02
"""Share of a place's texels that must be covered for its colour to be known."""
OVER = 0.75
"""Texels outside an edge up to which another island's texel still counts as inside."""
JUMP = 3.0
"""Texels between what neighbours in a gutter show, from which on there is a break between them."""
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Strip:
    """Texels near seams: flat indices ``texel`` (K,), their ``side`` (K,), and their place along it."""

    texel: Ints
    side: Ints
    along: NDArray[np.floating]
    """(K,): 0 at the edge's one end, 1 at the other."""
    away: NDArray[np.floating]
    """(K,): distance from the edge in texels; positive outside."""

    def chosen(self, those: NDArray[np.bool_]) -> "Strip":
        """Return some of the texels."""
        which = np.flatnonzero(those)
        texel, side = np.take(self.texel, which), np.take(self.side, which)
        return Strip(texel, side, np.take(self.along, which), np.take(self.away, which))


def beyond(sides: Sides, strip: Strip) -> Singles:
    """Return where the surface that a strip's texels stand for is shown, (K, 2)."""
    start, along = sides.twin[:, 0], sides.twin[:, 1] - sides.twin[:, 0]
    step = sides.into * sides.scale[:, None]
    place = _each(start, strip.side)
    place += _each(along, strip.side) * strip.along[:, None]
    place += _each(step, strip.side) * strip.away[:, None]
    return place


def _each(values: Floats, side: Ints) -> Singles:
    """Return the values of a strip's sides."""
    return np.take(values.astype(np.float32), side, 0)


def strip_of(sides: Sides, open_edges: Floats, size: Sequence[int], reach: float) -> Strip:
    """Return the texels within ``reach`` of a seam, inside and outside, each by the edge nearest to it."""
    texel, side = _near(np.concatenate([sides.edge, open_edges]), size, reach)
    seam = side < len(sides)
    texel, side = texel[seam], side[seam]
    start, span = sides.edge[:, 0], sides.edge[:, 1] - sides.edge[:, 0]
    y, x = (part.astype(np.float32) for part in np.divmod(texel, size[1]))
    (left, top), (across, down), (out_x, out_y), (unit_x, unit_y) = (
        (_each(v[:, 0], side), _each(v[:, 1], side))
        for v in (start, span, sides.out, span / np.maximum(sides.length, 1e-12)[:, None] ** 2)
    )
    x -= left
    y -= top
    share = (x * unit_x + y * unit_y).clip(0, 1)
    x -= share * across
    y -= share * down
    return Strip(texel, side, share, np.hypot(x, y) * np.sign(x * out_x + y * out_y))


def _near(edges: Floats, size: Sequence[int], reach: float) -> tuple[Ints, Ints]:
    """Return the texels within ``reach`` of edges, flat, and the number of the edge nearest to each."""
    distance, nearest = find_nearest(edges, size)
    texel = np.flatnonzero(distance.ravel() <= reach)
    return texel, nearest.ravel()[texel].astype(np.int64)


def find_nearest(edges: Floats, size: Sequence[int]) -> tuple[Singles, NDArray[np.int32]]:
    """Return how far each texel is from edges (E, 2, 2) and which is nearest, (H, W); inf and -1: none is."""
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
        return np.full((height, width), np.inf, np.float32), seed
    free = (seed < 0).astype(np.uint8)
    distance, found = cv2.distanceTransformWithLabels(
        free, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    label = np.asarray(found, np.int32)
    seeded = free == 0
    edge_of = np.zeros(int(label[seeded].max()) + 1, np.int32)
    edge_of[label[seeded]] = seed[seeded]
    return np.asarray(distance, np.float32), edge_of[label]


def sample(x: Tensor, at: NDArray[np.floating], *, nearest: bool = False) -> Tensor:
    """Return (B, C, H, W) at places (K, 2) in texels, (B, C, K): bilinear, continued at the border."""
    height, width = x.shape[-2:]
    span = np.maximum((width - 1, height - 1), 1)
    grid = torch.from_numpy((at / span * 2 - 1).astype(np.float32)).to(x.device)
    grid = grid[None, None].expand(x.shape[0], -1, -1, -1)
    mode = "nearest" if nearest else "bilinear"
    values = F.grid_sample(x, grid, mode, padding_mode="border", align_corners=True)
    return values[:, :, 0]


@dataclass(frozen=True, slots=True)
class Gutter:
    """The strips outside islands, and how far they reach inward where two pictures of a place can blend."""

    texel: Ints
    """(K,): flat indices of texels outside."""
    place: Singles
    """(K, 2): where what they stand for is shown."""
    inner: Ints
    """(J,): flat indices of texels inside that a gutter shows as well."""
    again: Singles
    """(J, 2): where."""
    share: Singles
    """(J,): how much the gutter's picture of it counts; nothing where the gutter ends."""
    size: tuple[int, int]
    """Height and width of the texture."""

    def shows(self, here: NDArray[np.floating], there: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Return for which places (P, 2) outside the gutter stands for those given, (P, 2)."""
        number = _number_texels(self.texel, self.size)
        return _stands_for(number, self.place, here, there)


def find_gutter(
    islands: Islands,
    shown: NDArray[np.int32],
    reach: float,
    fade: NDArray[np.floating] | None = None,
) -> Gutter:
    """Return the gutter of islands, ``reach`` texels wide.

    Args:
        islands: With their seams.
        shown: (H, W) which island each texel shows; -1: none.
        reach: Texels.
        fade: (S,) texels inside each side within which both pictures are blended; None: all that have room.
    """
    sides, size = islands.sides, (shown.shape[0], shown.shape[1])
    strip = strip_of(sides, islands.open, size, reach)
    own = islands.number[sides.triangle[:, 0]][strip.side]
    shows = np.take(shown, strip.texel)
    outer = strip.chosen(shows < 0)
    outer = replace(outer, away=np.abs(outer.away))  # behind a corner the nearest edge may not tell
    place = beyond(sides, outer)
    known = _mark_covered(place, shown >= 0)
    outer, place = outer.chosen(known), place[known]
    number = _number_texels(outer.texel, size)
    island = shown.copy()
    island.ravel()[outer.texel] = own[shows < 0][known]
    room = _room(island, outer.texel, place, number)
    inner = strip.chosen((shows == own) | ((shows >= 0) & (strip.away < OVER)))
    within = np.take(shown, inner.texel) == islands.number[sides.triangle[:, 0]][inner.side]
    inner = replace(inner, away=np.where(within, -np.abs(inner.away), inner.away))
    again, scale = beyond(sides, inner), _each(sides.scale, inner.side)
    y, x = np.divmod(inner.texel.astype(np.int32), np.int32(size[1]))
    valid = _stands_for(number, place, again, np.stack([x, y], 1).astype(np.float32))
    valid |= np.abs(inner.away) * scale < 1  # no texel is between
    share = np.where(valid, _shares(room, inner, again, scale, reach), np.float32(0))
    if fade is not None:
        share *= (1 - (np.abs(inner.away) - 0.5) / np.take(fade, inner.side)).clip(0, 1)
    kept = share > 0
    return Gutter(outer.texel, place, inner.texel[kept], again[kept], share[kept], size)


def _mark_covered(place: Singles, covered: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which places (K, 2) lie between covered texels, or at least beside one."""
    height, width = covered.shape
    x, y = place.T
    inside = (x > -0.5) & (y > -0.5) & (x < width - 0.5) & (y < height - 0.5)
    weight = sample(torch.from_numpy(covered).float()[None, None], place)[0, 0]
    return inside & (weight >= SEEN).numpy()


def _number_texels(texel: Ints, size: tuple[int, int]) -> NDArray[np.int32]:
    """Return the place in the list that each texel of the texture has, (H, W); -1: none."""
    number = np.full(size, -1, np.int32)
    number.ravel()[texel] = np.arange(len(texel))
    return number


def _stands_for(
    number: NDArray[np.int32],
    place: Singles,
    here: NDArray[np.floating],
    there: NDArray[np.floating],
) -> NDArray[np.bool_]:
    """Return which places are texels of a gutter that stand for about those given."""
    if not len(place):
        return np.zeros(len(here), bool)
    height, width = number.shape
    x, y = (np.rint(here[:, axis]).astype(np.int64) for axis in range(2))
    within = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    texel = np.take(number, np.where(within, y * width + x, 0))
    return within & (texel >= 0) & (_apart(place, texel, there) <= NEAR)


def _apart(
    place: Singles, number: NDArray[np.integer], there: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Return how far the places of numbers (P,) are from others (P, 2), along the one axis or the other."""
    x, y = (np.abs(np.take(place[:, axis], number) - there[:, axis]) for axis in range(2))
    return np.maximum(x, y)


def _room(
    island: NDArray[np.int32], texel: Ints, place: Singles, number: NDArray[np.int32]
) -> Singles:
    """Return how far each texel is from what a network should not see by it, (H, W).

    That is another island or its gutter, what is filled, and a break in what the gutter shows.

    Args:
        island: (H, W) whose texel or gutter each texel is; -1: nobody's.
        texel: (K,) of gutters.
        place: (K, 2) what they show.
        number: (H, W) which of them each texel is; -1: none.
    """
    free = (island >= 0).astype(np.uint8)
    height, width = island.shape
    for down, along in ((0, 1), (1, 0)):
        one = (slice(0, height - down), slice(0, width - along))
        other = (slice(down, None), slice(along, None))
        free[one] &= island[one] == island[other]
        behind = np.take(number, np.minimum(texel + down * width + along, height * width - 1))
        breaks = (behind >= 0) & (_apart(place, behind, place) > JUMP)
        free.ravel()[texel[breaks]] = 0
    return np.asarray(cv2.distanceTransform(free, cv2.DIST_L2, 5), np.float32)


def _shares(room: Singles, inner: Strip, again: Singles, scale: Singles, reach: float) -> Singles:
    """Return how much the gutter's picture of each texel counts: by the room around it in both."""
    there = sample(torch.from_numpy(room)[None, None], again)[0, 0].numpy()
    there, here = ((at.clip(0.5, reach) - 0.5) ** 2 for at in (there, np.take(room, inner.texel)))
    return np.asarray(there / np.maximum(there + here * scale**2, 1e-6), np.float32)
