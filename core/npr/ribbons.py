"""Strokes as ribbons of quads: which ribbon lies on top at each pixel, and where in it the pixel is.

Quads are drawn as numbers by OpenCV, at twice the canvas's size; where a pixel is along and across its stroke
is then found for all pixels at once. So a stroke costs a few calls, and bristles cost none.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..tiling import Box
from .noise import Array, fetch
from .picture import Wraps
from .quads import SUBPIXELS, draw_quads, find_bounds
from .strokes import Strokes

FINE = 2
"""Samples of a pixel along each side."""
SLIGHT = 0.1
"""Pixels by which a ribbon's sides may lie elsewhere when it is made of fewer quads."""
CAP = 0.4
"""Half widths by which a ribbon goes on beyond its path: its ends are round."""


@dataclass(frozen=True, slots=True)
class Ribbons:
    """Quads of all strokes of a layer in the order in which they are drawn."""

    sides: Array
    """(12, Q): both ends' middle (x, y), their half sides (x, y), unit directions along the stroke (x, y)."""
    along: Array
    """(2, Q): pixels from the stroke's start to both ends."""
    stroke: NDArray[np.intp]
    """(Q,)."""
    length: Array
    """(N,) of each stroke, pixels."""

    def corners(self) -> Array:
        """Return the corners of the quads, (Q, 4, 2)."""
        ends = self.sides[:8].reshape(2, 2, 2, -1)  # middle or half side, end, axis
        middle, half = ends[0], ends[1]
        turns = (middle[0] - half[0], middle[0] + half[0], middle[1] + half[1], middle[1] - half[1])
        return np.stack([turn.T for turn in turns], 1)


def ribbons(strokes: Strokes, profile: Array, cap: float = CAP) -> Ribbons:
    """Return strokes as ribbons.

    Args:
        strokes: those with at least two points are drawn.
        profile: (K',) half widths along a stroke, shares of its own, at even distances.
        cap: half widths by which it goes on beyond both ends of its path.
    """
    paths = strokes.paths.astype(np.float32)
    used = np.arange(paths.shape[1]) < strokes.ends[:, None]
    used &= (strokes.ends >= 2)[:, None]
    tangent = _tangents(paths, strokes.ends)
    step = np.linalg.norm(np.diff(paths, axis=1), axis=-1)
    step = np.where(used[:, 1:], step, 0)
    at = np.concatenate([np.zeros((len(paths), 1), np.float32), step.cumsum(1)], 1)
    length = at[:, -1]
    share = at / np.maximum(length, 1e-6)[:, None]
    half = strokes.half
    if half is None:
        half = np.interp(share, np.linspace(0, 1, len(profile)), profile) * strokes.width[:, None]
    normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1)
    paths, at, length = _cap(paths, tangent, at, length, strokes, cap)
    if strokes.scale is not None:  # mirrored bristles lie on the other side
        normal *= np.sign(strokes.scale)[:, None, None]
    side = normal * half[..., None]
    needless = _find_needless(paths, side, at, strokes.ends, strokes.drawn)
    row, column = np.nonzero(used & ~needless)
    follows = row[1:] == row[:-1]
    if strokes.drawn is not None:
        shown = strokes.drawn[row, column]
        follows &= shown[1:] & shown[:-1]
    follows = np.flatnonzero(follows)
    quad, after = (row[follows], column[follows]), (row[follows + 1], column[follows + 1])
    parts = (paths[quad], paths[after], side[quad], side[after], tangent[quad], tangent[after])
    return Ribbons(
        np.ascontiguousarray(np.concatenate(parts, 1).T, np.float32),
        np.stack([at[quad], at[after]]).astype(np.float32),
        quad[0],
        length.astype(np.float32),
    )


def _find_needless(
    paths: Array,
    side: Array,
    at: Array,
    ends: NDArray[np.intp],
    drawn: NDArray[np.bool_] | None,
) -> NDArray[np.bool_]:
    """Return which points (N, K) a ribbon has no need of: without them it lies where it does."""
    needless = np.zeros(at.shape, bool)
    edges = np.concatenate([paths - side, paths + side], -1)
    for reach in (1, 2):
        middle = np.arange(reach, at.shape[1] - reach, 2 * reach)
        if not len(middle):
            break
        before, after = middle - reach, middle + reach
        straight = after < ends[:, None]
        for k in range(1 - reach, reach):
            between = middle + k
            share = (at[:, between] - at[:, before]) / np.maximum(
                at[:, after] - at[:, before], 1e-6
            )
            off = edges[:, before] + share[..., None] * (edges[:, after] - edges[:, before])
            off -= edges[:, between]
            straight &= (off * off < SLIGHT * SLIGHT).all(-1)
        if drawn is not None:
            for k in (-reach, 0, reach):
                straight &= drawn[:, middle + k]
        needless[:, middle] = straight
        if reach > 1:
            for k in (-1, 1):
                straight &= needless[:, middle + k]
            needless[:, middle] = straight
    return needless


def _tangents(paths: Array, ends: NDArray[np.intp]) -> Array:
    count = np.arange(paths.shape[1])
    last = np.maximum(ends - 1, 1)[:, None]
    here, there = np.minimum(count + 1, last), np.minimum(np.maximum(count - 1, 0), last - 1)
    way = np.take_along_axis(paths, here[..., None], 1) - np.take_along_axis(
        paths, there[..., None], 1
    )
    return way / np.maximum(np.linalg.norm(way, axis=-1, keepdims=True), 1e-6)


def _cap(
    paths: Array, tangent: Array, at: Array, length: Array, strokes: Strokes, share: float
) -> tuple[Array, Array, Array]:
    """Return paths that go on a little at both ends, and what is along them then."""
    if not len(paths):
        return paths, at, length
    row, last = np.arange(len(paths)), np.maximum(strokes.ends - 1, 0)
    cap = share * strokes.width
    paths, at = paths.copy(), at + cap[:, None]
    paths[:, 0] -= tangent[:, 0] * cap[:, None]
    at[:, 0] = 0
    paths[row, last] += tangent[row, last] * cap[:, None]
    at[row, last] += cap
    return paths, at, length + 2 * cap


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer's quads, ready to be drawn on any part of the canvas."""

    corners: Array
    """(Q, 4, 2), those of copies across borders that meet included."""
    low: Array
    """(Q, 2): upper left corner of what each covers."""
    high: Array
    label: NDArray[np.intp]
    """(Q,): what each is drawn as, rising from 2: one more than the one before it in its stroke, else two."""
    table: Array
    """(L, 15): sides, pixels along the stroke to both ends and stroke of the quad of each label."""
    piece: NDArray[np.integer] | None = None
    """(Q,): number of the piece of the canvas on which alone each is seen; None: on all of it."""

    @classmethod
    def lay(
        cls,
        of: Ribbons,
        size: tuple[int, int],
        wraps: Wraps,
        piece: NDArray[np.integer] | None = None,
    ) -> "Layer":
        """Return quads with copies of those that reach over borders that meet.

        Args:
            of: The strokes.
            size: Height and width of the canvas.
            wraps: Whether its borders meet.
            piece: (N,) number of the piece on which each stroke is seen; None: on all.
        """
        corners = of.corners()
        quad, shift = np.arange(len(corners)), np.zeros((len(corners), 2), np.float32)
        for axis, wrap in ((0, wraps[1]), (1, wraps[0])):
            if wrap and len(corners):
                corners, quad, shift = _copies(corners, quad, shift, axis, size[1 - axis])
        order = np.argsort(quad, kind="stable")
        corners, quad, shift = corners[order], quad[order], shift[order]
        label = np.arange(len(quad)) + of.stroke[quad] + 2
        table = np.zeros((int(label.max(initial=0)) + 1, 15), np.float32)
        table[label] = np.concatenate([of.sides, of.along, of.stroke[None]])[:, quad].T
        table[label, :4] += np.tile(shift, 2)
        own = None if piece is None else piece[of.stroke[quad]]
        low, high = find_bounds(corners)
        return cls(corners, low, high, label, table, own)

    def draw(self, box: Box, pieces: NDArray[np.integer] | None = None) -> NDArray[np.int32]:
        """Return which quad's label is on top at each sample of a window, (FINE h, FINE w); 0: none.

        Args:
            box: The window.
            pieces: (h, w) numbers of the pieces that it shows, where quads have some.
        """
        reach = (self.low < (box.right + 1, box.bottom + 1)) & (
            self.high > (box.left - 1, box.top - 1)
        )
        here = np.flatnonzero(reach.all(1))
        if pieces is None or self.piece is None:
            return self._draw(box, here)
        drawn = np.zeros((box.height * FINE, box.width * FINE), np.int32)
        numbers, which = np.unique(pieces, return_inverse=True)
        which = which.reshape(pieces.shape).astype(np.int32)
        for k, (rows, columns) in enumerate(find_objects(which + 1)):
            own = here[self.piece[here] == numbers[k]]
            part = Box(
                box.top + rows.start,
                box.left + columns.start,
                box.top + rows.stop,
                box.left + columns.stop,
            )
            seen = (self.low[own] < (part.right + 1, part.bottom + 1)) & (
                self.high[own] > (part.left - 1, part.top - 1)
            )
            shown = (which[rows, columns] == k).repeat(FINE, 0).repeat(FINE, 1)
            at = drawn[
                rows.start * FINE : rows.stop * FINE, columns.start * FINE : columns.stop * FINE
            ]
            np.copyto(at, self._draw(part, own[seen.all(1)]), where=shown)
        return drawn

    def _draw(self, box: Box, here: NDArray[np.intp]) -> NDArray[np.int32]:
        """Return which of some quads is on top at each sample of a window."""
        # a sample's middle is a quarter of a pixel from the pixel's own
        fixed = (self.corners[here] * FINE + 0.5 * (FINE - 1)) * (1 << SUBPIXELS)
        origin = np.array((box.left, box.top), np.int32) * (FINE << SUBPIXELS)
        size = (box.height * FINE, box.width * FINE)
        return draw_quads(np.rint(fixed).astype(np.int32) - origin, self.label[here], size)

    def place(self, label: NDArray[np.integer], x: Array, y: Array) -> "Places":
        """Return where samples at ``x``, ``y`` (M,) are in the strokes of quads with labels (M,)."""
        known = fetch(self.table, label)
        ax, ay, bx, by, nx, ny, mx, my, tx, ty, ux, uy, start, stop, stroke = known
        since = (x - ax) * tx + (y - ay) * ty
        left = (bx - x) * ux + (by - y) * uy
        share = np.clip(since / np.maximum(since + left, 1e-6), 0, 1)
        nx += share * (mx - nx)
        ny += share * (my - ny)
        dx, dy = x - ax - share * (bx - ax), y - ay - share * (by - ay)
        square = np.maximum(nx * nx + ny * ny, 1e-12)
        across = np.clip((dx * nx + dy * ny) / square, -1, 1)
        along = start + share * (stop - start)
        return Places(stroke.astype(np.intp), along, across, x, y, np.sqrt(square))


@dataclass(frozen=True, slots=True)
class Places:
    """Where samples are in their strokes."""

    stroke: NDArray[np.intp]
    """(M,)."""
    along: Array
    """(M,): pixels from the stroke's start."""
    across: Array
    """(M,): from -1 at one side to 1 at the other."""
    x: Array
    """(M,): on the canvas, pixels."""
    y: Array
    half: Array
    """(M,): half of the stroke's width there, pixels."""


def _copies(
    corners: Array, quad: NDArray[np.intp], shift: Array, axis: int, period: int
) -> tuple[Array, NDArray[np.intp], Array]:
    """Return quads with copies, moved by whole periods, of all that is seen from 0 to the period."""
    low, high = corners[..., axis].min(1), corners[..., axis].max(1)
    first, last = np.ceil((-1 - high) / period), np.floor((period + 1 - low) / period)
    found = [(np.flatnonzero((first <= k) & (k <= last)), k) for k in _steps(first, last)]
    which = np.concatenate([w for w, _ in found])
    moved = np.concatenate([np.full(len(w), k * period, np.float32) for w, k in found])
    corners, shift = corners[which].copy(), shift[which].copy()
    corners[..., axis] += moved[:, None]
    shift[:, axis] += moved
    return corners, quad[which], shift


def _steps(first: Array, last: Array) -> range:
    return range(int(first.min()), int(last.max()) + 1)
