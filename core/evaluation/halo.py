"""Halos: what a picture overshoots beside strong edges of its content, in lightness and in colour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from .pixels import Array, check_alike, check_sides, lab

REACH = 12
"""Pixels to both sides of an edge that are looked at."""
NEAR = 7
"""Pixels within which lightness may overshoot; those beyond are the edge's two sides."""
STEP = 8.0
"""Least difference of lightness, of 100, between the two sides of a strong edge."""
EVEN = 0.25
"""Most deviation of a side, as a share of that difference: beyond it lies something else."""
STRONGEST = 0.08
"""Share of pixels, by their slope, that may be edges."""
CELL, TURNS, LEAST = 48, 8, 8
"""Pixels of one edge: in a cell of so many pixels, of one of so many directions, and so many at least."""
SMALLEST = 2 * (2 * REACH + 8)


@dataclass(frozen=True, slots=True)
class Halo:
    """Overshoot of lightness and of the two opponent colours, in percent of the range of lightness."""

    light: float
    color: float


@dataclass(frozen=True, slots=True)
class Edges:
    """Profiles across the strong edges of a content: where they run, and which pixels are one edge."""

    at: Array
    """(2, N, 2 * REACH + 1): rows and columns, from the dark side to the bright one."""
    group: Array
    """(N,): the number of the edge that a pixel is of."""


def halo(picture: Array, content: Array) -> Halo | None:
    """Return how far a picture (3, H, W) overshoots beside its content's strong edges; None: it has none.

    A strong edge of the content is a ridge of its slope with even sides, ``STEP`` apart in lightness.
    Profiles across it are averaged along it, so that strokes cancel and what follows it stays. Overshoot is
    what of the profile within ``NEAR`` pixels lies above both sides, and what lies below both, for each of
    OKLab's channels: found in one half of the edge and measured in the other. The mean over edges is divided
    by the range of the picture's lightness (5th to 95th percentile). At the whole size and at half of it,
    for wide halos; the larger counts. Blurred edges have none, whatever their contrast.

    Raises:
        PictureError: if a side is below 64 pixels, or the two sizes differ.
    """
    check_alike(picture, content)
    check_sides(picture, SMALLEST, "halo")
    here, there = lab(picture), lab(content)
    spread = max(float(np.subtract(*np.percentile(here[0], (95, 5)))), 1.0)
    found = [
        overshoot(a, edges)
        for a, b in ((here, there), (_half(here), _half(there)))
        if (edges := find_edges(b[0])) is not None
    ]
    if not found:
        return None
    light, first, second = 100 * np.max(found, axis=0) / spread
    return Halo(float(light), float(np.hypot(first, second)))


def _half(planes: Array) -> Array:
    height, width = (side // 2 * 2 for side in planes.shape[1:])
    return planes[:, :height, :width].reshape(3, height // 2, 2, width // 2, 2).mean((2, 4))


def find_edges(lightness: Array) -> Edges | None:
    """Return the strong edges of a plane of lightness (H, W) in [0, 100], or None if it has none."""
    smooth = gaussian_filter(lightness, 1.0)
    rise = np.stack([np.gradient(smooth, axis=axis) for axis in (0, 1)])
    slope = np.linalg.norm(rise, axis=0)
    ridge = slope >= max(float(np.quantile(slope, 1 - STRONGEST)), 1e-6)
    ridge[: REACH + 1], ridge[-REACH - 1 :] = False, False
    ridge[:, : REACH + 1], ridge[:, -REACH - 1 :] = False, False
    rows, columns = np.nonzero(ridge)
    normal = rise[:, ridge] / slope[ridge]
    spots = np.stack([rows, columns]).astype(np.float64)
    beside = [_sample(slope, spots + k * normal) for k in (-1, 1)]
    top = (slope[ridge] >= beside[0]) & (slope[ridge] > beside[1])
    at = spots[:, top, None] + normal[:, top, None] * np.arange(-REACH, REACH + 1)
    edges = Edges(at, _groups(spots[:, top], normal[:, top], lightness.shape[1]))
    return _choose(edges, _sample(lightness, at))


def _groups(spots: Array, normal: Array, width: int) -> Array:
    turn = np.floor((np.arctan2(normal[0], normal[1]) / (2 * np.pi) % 1) * TURNS) % TURNS
    across = width // CELL + 1
    row, column = spots // CELL
    return (row * across + column) * TURNS + turn


def _choose(edges: Edges, profiles: Array) -> Edges | None:
    """Return those edges whose sides are even and far apart, and that are long enough."""
    dark, bright = _sides(profiles)
    step = bright.mean(-1) - dark.mean(-1)
    rough = np.maximum(dark.std(-1), bright.std(-1))
    clear = (step >= STEP) & (rough <= EVEN * step)
    at, group = edges.at[:, clear], edges.group[clear]
    names, counts = np.unique(group, return_counts=True)
    long = np.isin(group, names[counts >= LEAST])
    return Edges(at[:, long], group[long]) if long.any() else None


def _sides(profiles: Array) -> tuple[Array, Array]:
    return profiles[..., : REACH - NEAR], profiles[..., REACH + NEAR + 1 :]


def overshoot(planes: Array, edges: Edges) -> Array:
    """Return the mean overshoot of each of some planes (C, H, W) along edges, (C,), in their own unit."""
    names, group, counts = np.unique(edges.group, return_inverse=True, return_counts=True)
    half = 2 * group + (_places(group) >= counts[group] / 2)
    sizes = np.bincount(half, minlength=2 * len(names))[:, None]
    means = []
    for plane in planes:
        profiles = _sample(plane, edges.at)
        total = np.zeros((2 * len(names), profiles.shape[-1]))
        np.add.at(total, half, profiles)
        beyond = _beyond((total / sizes).reshape(len(names), 2, -1))
        means.append(max(float(beyond @ counts / counts.sum()), 0.0))
    return np.array(means)


def _places(group: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return of each pixel how many of its group come before it."""
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], group[order])
    places = np.empty_like(order)
    places[order] = np.arange(len(group)) - first
    return places


def _beyond(halves: Array) -> Array:
    """Return what of edges (N, 2, P), each in two halves, lies above both sides, and below both, (N,).

    One half says where a profile is highest and which of its sides is higher, the other half by how much:
    what chance alone has put there is as often below as above.
    """
    inner = halves[..., REACH - NEAR : REACH + NEAR + 1]
    sides = np.stack([side.mean(-1) for side in _sides(halves)], -1)
    total = np.zeros(len(halves))
    for sign in (1, -1):
        for one, other in ((0, 1), (1, 0)):
            peak, level = (sign * values for values in (inner, sides))
            at, side = peak[:, one].argmax(-1), level[:, one].argmax(-1)
            total += (_pick(peak[:, other], at) - _pick(level[:, other], side)) / 2
    return total


def _pick(rows: Array, at: NDArray[np.intp]) -> Array:
    return np.take_along_axis(rows, at[:, None], 1)[:, 0]


def _sample(plane: Array, at: Array) -> Array:
    return map_coordinates(plane, at, order=1, mode="nearest")
