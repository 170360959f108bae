"""What a brush leaves inside its stroke: bristles that start and end one by one, and their relief."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from .noise import Array, fetch, ramp
from .ribbons import Places
from .strokes import Brush, Strokes

ACROSS, ALONG = 256, 512
"""Bristles, and steps along them, of the sheet that all strokes take theirs from."""
BRISTLE = 1.45
"""Least width of a bristle, in pixels."""
MOST = 72
"""Bristles of a brush, at most: those of a broad one are broader."""
STEP = 6.0
"""Pixels of a bristle along which it hardly changes, where it is 1.45 pixels wide."""


@dataclass(frozen=True, slots=True)
class Bristles:
    """A sheet of bristles, (ALONG, ACROSS, 4): streak, ridge, tint (deviations of 1), raggedness (0 to 1)."""

    sheet: Array

    @classmethod
    @cache
    def grow(cls) -> "Bristles":
        """Draw a sheet that meets itself at all borders; each stroke takes another part of it."""
        rng = np.random.default_rng(12)
        own = rng.standard_normal((ALONG // 16, ACROSS, 4), np.float32)
        own = np.repeat(own, 16, 0)
        own = cv2.GaussianBlur(_ring(own), (1, 0), 0.001, sigmaY=12)[64:-64, 64:-64]
        clump = cv2.GaussianBlur(_ring(own), (0, 0), 2.2)[64:-64, 64:-64]
        own, clump = (part / part.std((0, 1)) for part in (own, clump))
        mixed = own * (0.8, 1.0, 0.9, 0.75) + clump * (0.6, 0.25, 0.45, 0.65)
        sheet = (mixed / mixed.std((0, 1))).astype(np.float32)
        sheet[..., 3] = _uniform(sheet[..., 3])
        return cls(sheet)

    def read(
        self, at: Places, chance: Array, width: Array, radius: float, larger: Array | None = None
    ) -> Array:
        """Return what the bristles at places leave, (4, M).

        Args:
            at: Where.
            chance: (2, M), in [0, 1): which bristles each stroke takes.
            width: (M,) of strokes, half of it in pixels.
            radius: Of the brush, pixels.
            larger: (M,) of strokes: how many times as large their bristles are; None: as large.
        """
        along = at.along * np.float32(_steps_along(radius))
        if larger is not None:
            width, along = width / larger, along / larger
        x = chance[0] * ACROSS + at.across * (width / np.float32(_size_bristle(radius)))
        y = chance[1] * ALONG + along
        return _look(self.sheet, x, y)


def _size_bristle(radius: float) -> float:
    """Return how broad a brush's bristles are, pixels."""
    return max(BRISTLE, 2 * radius / MOST)


def _steps_along(radius: float) -> float:
    """Return the sheet's steps in a pixel along a brush's bristles."""
    return 16 * BRISTLE / _size_bristle(radius) / STEP / 4


def _ring(sheet: Array) -> Array:
    return cv2.copyMakeBorder(sheet, 64, 64, 64, 64, cv2.BORDER_WRAP)


def _look(sheet: Array, x: Array, y: Array) -> Array:
    """Return the sheet's values at places (M,), between its points, (4, M); it goes on around."""
    count = len(x)
    if not count:
        return np.zeros((sheet.shape[2], 0), np.float32)
    side = 1 << 14
    rows = max(1, -(-count // side))
    mapped = np.zeros((2, rows * side if rows > 1 else count), np.float32)
    for row, place, side in ((mapped[0], x, ACROSS), (mapped[1], y, ALONG)):
        row[:count] = place - side * np.floor(place / side)  # exact, as sides are powers of two
    shape = (rows, -1)
    found = cv2.remap(
        sheet,
        mapped[0].reshape(shape),
        mapped[1].reshape(shape),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_WRAP,
    )
    return np.asarray(cv2.transpose(found.reshape(-1, sheet.shape[2])[:count]))


@dataclass(frozen=True, slots=True)
class Paint:
    """Paint at samples."""

    color: Array
    """(3, M) in [0, 1]."""
    height: Array
    """(M,): relief in [0, 1]."""
    cover: Array
    """(M,): how much of it there is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Stroked:
    """All that the paint of a layer's strokes depends on."""

    brush: Brush
    bristles: Bristles
    table: Array
    """(N, 11): colour, toward what bristles' colours differ, height, half width, length, two chances; (N, 12)
    with how many times as large its bristles are as the brush's."""

    def paint(self, at: Places) -> Paint:
        """Return the paint of places in strokes."""
        brush, known = self.brush, fetch(self.table, at.stroke)
        color, hues, (lift, width, length), chance = known[:3], known[3:6], known[6:9], known[9:11]
        larger = known[11] if len(known) > 11 else None
        marks = self.bristles.read(at, chance, width, brush.radius, larger)
        streak, ridge, tint, ragged = marks
        color += hues * tint + streak * np.float32(brush.streaks * 0.0115)
        square = at.across * at.across
        height = lift + 0.28 * square * square + 0.16 * ridge
        cover = self._cover(at, ragged, square, width, length)
        if brush.gaps:
            cover *= ramp(ragged, brush.gaps - 0.06, brush.gaps + 0.06)
        return Paint(np.clip(color, 0, 1), np.clip(height * brush.thickness, 0, 1), cover)

    def _cover(
        self, at: Places, ragged: Array, square: Array, width: Array, length: Array
    ) -> Array:
        """Return where bristles have begun and not ended yet: unevenly, and the middle ones first."""
        share = ragged * ragged * self.brush.dry * length
        cap = width * (1 - np.sqrt(1 - 0.85 * square)) - 0.5
        begun = at.along - cap - 0.5 * share
        left = length - at.along - cap - share
        return np.clip(np.minimum(begun, left), 0, 1)


def _uniform(normal: Array) -> Array:
    """Return values in (0, 1) that are spread evenly where the given ones have deviation 1."""
    return 1 / (1 + np.exp(-1.702 * normal))


def load(brush: Brush, strokes: Strokes, length: Array) -> Stroked:
    """Return a brush loaded with paint for strokes of some lengths (N,)."""
    colors, width, chance = strokes.colors, strokes.width, strokes.chance
    if (
        strokes.since is not None
    ):  # a stroke that grows at its start keeps its bristles where they are
        chance = chance.copy()
        chance[:, 1] -= strokes.since * (_steps_along(brush.radius) / ALONG)
    hues = (chance[:, 2:5] - 0.5) * np.float32(0.014 * brush.chroma)
    lift = 0.45 + 0.12 * (chance[:, 5] - 0.5)
    own = [lift, width, length, chance[:, 0], chance[:, 1]]
    own += [] if strokes.scale is None else [np.abs(strokes.scale)]
    table = np.concatenate([colors, hues, np.stack(own, 1)], 1).astype(np.float32)
    return Stroked(brush, Bristles.grow(), table)
