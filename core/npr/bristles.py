"""What a brush leaves inside its stroke: bristles that start and end one by one, and their relief."""

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from .noise import Array, pick, ramp
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
        """Return what the bristles at places leave, (M, 4).

        Args:
            at: Where.
            chance: (N, 2) of strokes, in [0, 1): which bristles each takes.
            width: (N,) of strokes, half of it in pixels.
            radius: Of the brush, pixels.
            larger: (N,) of strokes: how many times as large their bristles are; None: as large.
        """
        size = max(BRISTLE, 2 * radius / MOST)
        along = at.along * _steps_along(radius)
        if larger is not None:
            width = width / larger
            along /= pick(larger, at.stroke)
        half = pick(width / size, at.stroke)
        x = pick(chance[:, 0] * ACROSS, at.stroke) + at.across * half
        y = pick(chance[:, 1] * ALONG, at.stroke) + along
        return _look(self.sheet, x, y)


def _steps_along(radius: float) -> float:
    """Return the sheet's steps in a pixel along a brush's bristles."""
    return 16 * BRISTLE / max(BRISTLE, 2 * radius / MOST) / STEP / 4


def _ring(sheet: Array) -> Array:
    return cv2.copyMakeBorder(sheet, 64, 64, 64, 64, cv2.BORDER_WRAP)


def _look(sheet: Array, x: Array, y: Array) -> Array:
    """Return the sheet's values at places (M,), between its points; it goes on around."""
    count = len(x)
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
    return found.reshape(-1, sheet.shape[2])[:count]


@dataclass(frozen=True, slots=True)
class Paint:
    """Paint at samples."""

    color: Array
    """(M, 3) in [0, 1]."""
    height: Array
    """(M,): relief in [0, 1]."""
    cover: Array
    """(M,): how much of it there is, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Stroked:
    """All that the paint of a layer's strokes depends on."""

    brush: Brush
    bristles: Bristles
    colors: Array
    """(N, 3)."""
    width: Array
    """(N,)."""
    length: Array
    """(N,)."""
    chance: Array
    """(N, 2) in [0, 1)."""
    hues: Array
    """(N, 3): toward what its bristles' colours differ."""
    lift: Array
    """(N,): height of its paint."""
    size: Array | None = None
    """(N,): how many times as large its bristles are as the brush's; None: as large."""

    def paint(self, at: Places) -> Paint:
        """Return the paint of places in strokes."""
        brush, chance = self.brush, self.chance[:, :2]
        found = self.bristles.read(at, chance, self.width, brush.radius, self.size)
        streak, ridge, tint, ragged = found[:, 0], found[:, 1], found[:, 2], found[:, 3]
        light = streak * np.float32(brush.streaks * 0.0115)
        color = pick(self.hues, at.stroke, 0)
        color *= tint[:, None]
        color += light[:, None]
        color += pick(self.colors, at.stroke, 0)
        square = at.across * at.across
        height = pick(self.lift, at.stroke) + 0.28 * square * square + 0.16 * ridge
        cover = self._cover(at, ragged, square)
        if brush.gaps:
            cover *= ramp(ragged, brush.gaps - 0.06, brush.gaps + 0.06)
        return Paint(np.clip(color, 0, 1), np.clip(height * brush.thickness, 0, 1), cover)

    def _cover(self, at: Places, ragged: Array, square: Array) -> Array:
        """Return where bristles have begun and not ended yet: unevenly, and the middle ones first."""
        length, width = pick(self.length, at.stroke), pick(self.width, at.stroke)
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
    own = Stroked(brush, Bristles.grow(), colors, width, length, chance[:, :2], hues, lift)
    return own if strokes.scale is None else replace(own, size=np.abs(strokes.scale))
