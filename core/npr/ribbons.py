"""Strokes as ribbons of quads: which ribbon lies on top at each pixel, and where in it the pixel is.

Quads are drawn as numbers by OpenCV, at twice the canvas's size; where a pixel is along and across its stroke
is then found for all pixels at once. So a stroke costs a few calls, and bristles cost none.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..tiling import Box
from .noise import Array, pick
from .picture import Wraps
from .strokes import Strokes

FINE = 2
"""Samples of a pixel along each side."""
SUBPIXELS = 4
"""Bits below the point in the corners that are drawn."""
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
    shown = used[:, 1:]
    if strokes.drawn is not None:
        shown = shown & strokes.drawn[:, 1:] & strokes.drawn[:, :-1]
    quad = np.nonzero(shown)
    after = (quad[0], quad[1] + 1)
    if strokes.scale is not None:  # mirrored bristles lie on the other side
        normal *= np.sign(strokes.scale)[:, None, None]
    side = normal * half[..., None]
    parts = (paths[quad], paths[after], side[quad], side[after], tangent[quad], tangent[after])
    return Ribbons(
        np.ascontiguousarray(np.concatenate(parts, 1).T, np.float32),
        np.stack([at[quad], at[after]]).astype(np.float32),
        quad[0],
        length.astype(np.float32),
    )


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

    ribbons: Ribbons
    corners: Array
    """(Q, 4, 2), those of copies across borders that meet included."""
    quad: NDArray[np.intp]
    """(Q,): the number of each one's quad."""
    shift: Array
    """(Q, 2): how far it is moved, x then y."""
    low: Array
    """(Q, 2): upper left corner of what each covers."""
    high: Array
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
        if not len(corners):
            return cls(of, corners, quad, shift, shift, shift)
        own = None if piece is None else piece[of.stroke[quad]]
        return cls(of, corners, quad, shift, corners.min(1), corners.max(1), own)

    def draw(self, box: Box, pieces: NDArray[np.integer] | None = None) -> NDArray[np.int32]:
        """Return which quad is on top at each sample of a window, (FINE h, FINE w), from 1; 0: none.

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
        drawn = np.zeros((box.height * FINE, box.width * FINE), np.int32)
        origin = np.array((box.left, box.top), np.float32)
        # a sample's middle is a quarter of a pixel from the pixel's own
        fixed = ((self.corners[here] - origin) * FINE + 0.5 * (FINE - 1)) * (1 << SUBPIXELS)
        fill = cv2.fillConvexPoly
        for points, number in zip(
            list(np.rint(fixed).astype(np.int32)), (here + 1).tolist(), strict=True
        ):
            fill(drawn, points, number, cv2.LINE_8, SUBPIXELS)
        return drawn

    def place(self, number: NDArray[np.integer], x: Array, y: Array) -> "Places":
        """Return where samples at ``x``, ``y`` (M,) are in the strokes of quads (M,), counted from 0."""
        quad, at_x, at_y = pick(self.quad, number), x, y
        x, y = x - pick(self.shift[:, 0], number), y - pick(self.shift[:, 1], number)
        ax, ay, bx, by, nx, ny, mx, my, tx, ty, ux, uy = (
            pick(row, quad) for row in self.ribbons.sides
        )
        since = (x - ax) * tx + (y - ay) * ty
        left = (bx - x) * ux + (by - y) * uy
        share = np.clip(since / np.maximum(since + left, 1e-6), 0, 1)
        nx += share * (mx - nx)
        ny += share * (my - ny)
        dx, dy = x - ax - share * (bx - ax), y - ay - share * (by - ay)
        square = np.maximum(nx * nx + ny * ny, 1e-12)
        start, stop = (pick(row, quad) for row in self.ribbons.along)
        return Places(
            pick(self.ribbons.stroke, quad),
            start + share * (stop - start),
            np.clip((dx * nx + dy * ny) / square, -1, 1),
            at_x,
            at_y,
            np.sqrt(square),
        )


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
