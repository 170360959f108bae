"""Strokes that go on over the seams of a surface: what of each lies beyond a seam, where that is shown."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from ..crossings import Crossings
from .flow import sample
from .noise import Array
from .strokes import Strokes

SIZES = (0.33, 3.0)
"""How many times as large strokes become, at least and at most, that go on beyond a seam."""
ROOM = 0.5
"""Half widths of the broadest stroke from a piece's middle to its border, for strokes to leave it."""
Complex = NDArray[np.complex128]


def carry(strokes: Strokes, over: Crossings) -> Strokes:
    """Return strokes, by rank, with what of them lies beyond seams, turned and sized as the seams say.

    What was laid beyond a seam is left out: strokes of the other side are there. Pieces narrower
    than the broadest stroke keep what they have, and so does what is far from all pieces: something else may
    show it.

    Args:
        strokes: Of one layer, that know their pieces if there are several.
        over: The seams.
    """
    if not len(strokes.paths):
        return strokes
    width = float(strokes.width.max())
    at = strokes.start if strokes.start is not None else strokes.middle()
    kept = strokes.take(np.flatnonzero(~are_beyond(at, over, width)))
    found = Near.find(kept, over, width)
    if not len(found.row):
        return kept
    return _join(kept, found.draw(kept, over)).ordered()


def are_beyond(at: Array, over: Crossings, width: float) -> NDArray[np.bool_]:
    """Return which places (N, 2) lie behind a seam that strokes of a half width cross."""
    side = sample(over.near, at)
    return (side >= 0) & (over.room >= ROOM * width)[side] & ~sample(over.shown, at)


@dataclass(frozen=True, slots=True)
class Near:
    """Points of strokes near seams, those of a stroke at one chain of edges together: a copy each."""

    row: NDArray[np.intp]
    """(G,): number of the stroke."""
    edge: NDArray[np.intp]
    """(G,): number of an edge of the chain."""
    span: NDArray[np.intp]
    """(G, 2): its first point near it, and its last one."""
    turn: Complex
    """(G,): how each is turned and sized, as a complex number."""
    move: Complex
    """(G,): where the picture's origin goes then."""

    @classmethod
    def find(cls, strokes: Strokes, over: Crossings, width: float) -> "Near":
        """Return where strokes, the broadest of which has a half width, come near seams that they cross."""
        live = over.room >= ROOM * width
        row, point, side = _find_points(strokes, over, live)
        group, first = np.unique(
            row * (int(over.chain.max()) + 1) + over.chain[side], return_inverse=True
        )
        count = len(group)
        low, high = np.full(count, strokes.paths.shape[1]), np.zeros(count, np.intp)
        np.minimum.at(low, first, point)
        np.maximum.at(high, first, point)
        own = strokes.paths[row, point]
        out = ~sample(
            over.shown, own
        )  # what follows lies beyond, too, wherever that is in the picture
        low[first[out & (point == low[first])]] = 0
        high[first[out & (point == high[first])]] = strokes.paths.shape[1]
        some = np.zeros(count, np.intp)
        some[first] = np.arange(len(row))
        edge = side[some]
        moments = _fit_edges(over, live, float(strokes.width.mean()))
        total = np.stack([_add(first, part[side], count) for part in moments])
        turn, move = _solve(total, over.mirrored[edge])
        size = np.abs(turn)
        good = (size > SIZES[0]) & (size < SIZES[1])
        span = np.stack([low, high], 1).astype(np.intp)
        return cls(row[some][good], edge[good], span[good], turn[good], move[good])

    def move_paths(self, paths: Array, over: Crossings) -> tuple[Array, NDArray[np.bool_]]:
        """Return the paths (G, K, 2) of strokes beyond their seams, and which points matter there, (G, K)."""
        own = paths[self.row]
        place = own[..., 0].astype(np.float64) + 1j * own[..., 1]
        place = np.where(over.mirrored[self.edge][:, None], place.conj(), place)
        place = place * self.turn[:, None] + self.move[:, None]
        index = np.arange(place.shape[1])
        drawn = (index >= self.span[:, :1] - 1) & (index <= self.span[:, 1:] + 1)
        return np.stack([place.real, place.imag], -1).astype(np.float32), drawn

    def draw(self, strokes: Strokes, over: Crossings) -> Strokes:
        """Return the copies beyond their seams."""
        own = strokes.take(self.row)
        paths, drawn = self.move_paths(strokes.paths, over)
        size = np.abs(self.turn).astype(np.float32)
        return replace(
            own,
            paths=paths,
            width=own.width * size,
            half=None if own.half is None else own.half * size[:, None],
            piece=over.goal[self.edge],
            scale=np.where(over.mirrored[self.edge], -size, size),
            drawn=drawn,
        )


def _find_points(
    strokes: Strokes, over: Crossings, live: NDArray[np.bool_]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return strokes, their points, and the edges of their own pieces that those are near, (P,) each."""
    side = sample(over.near, strokes.paths)
    near = (side >= 0) & live[side] & (np.arange(side.shape[1]) < strokes.ends[:, None])
    if strokes.piece is not None:
        near &= over.piece[side] == strokes.piece[:, None]
    row, point = np.nonzero(near)
    which = side[row, point].astype(np.intp)
    place = strokes.paths[row, point]
    half = strokes.width[row] if strokes.half is None else strokes.half[row, point]
    start, along = over.edge[which, 0], over.edge[which, 1] - over.edge[which, 0]
    share = ((place - start) * along).sum(1) / np.maximum((along * along).sum(1), 1e-12)
    away = np.linalg.norm(place - start - share.clip(0, 1)[:, None] * along, axis=1)
    # as far as both pictures of a seam are blended, strokes are in both
    reach = half + over.fade[which]
    close = np.flatnonzero((away < reach) | ~sample(over.shown, place))
    return row[close], point[close], which[close]


def _add(group: NDArray[np.intp], values: Complex, count: int) -> Complex:
    """Return the sums of values in groups."""
    return np.bincount(group, values.real, count) + 1j * np.bincount(group, values.imag, count)


def _fit_edges(over: Crossings, live: NDArray[np.bool_], reach: float) -> Complex:
    """Return what a turn over each edge is fitted to, (5, S): sums over its chain within ``reach`` pixels.

    Of a weight w, places here a and there b: w, w a, w b, w |a|² and w a* b (of mirrored ones w a b).
    """
    which = np.flatnonzero(live)
    here = over.edge[which].mean(1)
    pairs = KDTree(here).query_pairs(reach, output_type="ndarray")
    pairs = pairs[over.chain[which[pairs[:, 0]]] == over.chain[which[pairs[:, 1]]]]
    own = np.empty((5, len(over.edge)), np.complex128)
    a, b = (ends[..., 0] + 1j * ends[..., 1] for ends in (over.edge, over.twin))
    weight = np.abs(a[:, 1] - a[:, 0])[:, None] / 2
    kind = np.where(over.mirrored[:, None], a, a.conj())
    for k, part in enumerate((np.ones_like(a), a, b, np.abs(a) ** 2, kind * b)):
        own[k] = (weight * part).sum(1)
    total = own.copy()
    for one, other in (pairs.T, pairs.T[::-1]):
        for k in range(5):
            np.add.at(total[k], which[one], own[k, which[other]])
    return total


def _solve(total: Complex, mirrored: NDArray[np.bool_]) -> tuple[Complex, Complex]:
    """Return turns and moves that fit sums of ``_fit_edges`` best: b is about turn · a (or a*) + move."""
    weight = np.maximum(total[0].real, 1e-12)
    a, b = total[1] / weight, total[2] / weight
    spread = np.maximum(total[3].real / weight - np.abs(a) ** 2, 1e-12)
    turn = (total[4] / weight - np.where(mirrored, a, a.conj()) * b) / spread
    return turn, b - turn * np.where(mirrored, a.conj(), a)


def _join(one: Strokes, other: Strokes) -> Strokes:
    """Return two layers as one; what only the other knows of its strokes is as usual of the first."""
    usual = {
        "scale": np.ones(len(one.paths), np.float32),
        "drawn": np.ones(one.paths.shape[:2], bool),
    }
    parts: dict[str, Any] = {}
    for part in fields(Strokes):
        first, last = getattr(one, part.name), getattr(other, part.name)
        if last is not None:
            first = usual[part.name] if first is None else first
            parts[part.name] = np.concatenate([first, last])
    return Strokes(**parts)
