"""Paint in brush strokes: oil, thick and lit, and gouache, flat and broad."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from .canvas import Canvas, Light, prime, rubbed
from .clouds import clouds
from .flow import along_forms, trace
from .layers import Hand, bristled, count_passes, draw, finer, given, paint, underpaint, weave
from .noise import Array, generator, slopes
from .palette import Color, rgb, to_lab
from .picture import Picture, as_picture, blur, reduce
from .strokes import FINEST, STEP, Brush, Strokes, choose_factor, find_period, size_brushes

OILS = (
    Brush(radius=1.0, threshold=0, spacing=1.0, steps=(8, 26), light=3, chroma=5, streaks=5.5),
    Brush(radius=0.62, threshold=12, spacing=1.0, steps=(9, 26), light=3.5, chroma=5, streaks=5.5),
    Brush(radius=0.36, threshold=14, spacing=1.15, steps=(8, 24), light=3, chroma=4, streaks=5),
    Brush(radius=0.2, threshold=17, spacing=1.5, steps=(6, 20), light=2, chroma=3, streaks=4),
)
"""Brushes of oil; their radii are shares of the broadest."""
_FLAT = Brush(radius=1.0, streaks=2.2, dry=0.5, gaps=0.04, thickness=0.7)
FLATS = (
    replace(_FLAT, threshold=0, spacing=0.85, steps=(4, 12), light=4, chroma=7, passes=4),
    replace(_FLAT, radius=0.6, threshold=13, spacing=1.1, steps=(5, 14), light=4, chroma=6),
    replace(_FLAT, radius=0.33, threshold=15, spacing=1.2, steps=(5, 14), light=3, chroma=5),
)
"""Brushes of gouache; their radii are shares of the broadest."""
CONTOUR = "#26266a"
LEAST = 3.0
"""Pixels of the broadest brush's radius, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Oils:
    """How oil is painted."""

    size: float | None = None
    """Radius of the broadest brush in pixels; None: a 45th of the side."""
    brushes: Sequence[Brush] = OILS
    detail: float = 1.0
    """How much of a picture's detail finer brushes bring out."""
    impasto: float = 1.0
    """Thickness of the paint."""
    ground: Color = "#8a5a33"

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a canvas painted in thick oil."""
        radius = hand.brush * (self.size or max(LEAST, picture.side / 45))
        lamp = Light(3.2 * self.impasto, 0.12 * self.impasto, rough=(0.62, 0.3))
        sized = finer(size_brushes(self.brushes, radius), self.detail)
        canvas = _prime(picture, self.ground, lamp, hand, count_passes(sized) + 1)
        paint(canvas, picture, sized, hand)
        weave(canvas, max(1.6, radius / 10), 0.03, hand.seed)
        return canvas


def oil(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    impasto: float = 1.0,
    seed: int = 0,
) -> Array:
    """Return the picture painted in thick oil, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the strokes, unit vectors (H, W, 2); None: along the picture's forms.
        size: radius of the broadest brush in pixels; None: a 45th of the side.
        impasto: thickness of the paint.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    return Oils(size=size, impasto=impasto).paint(as_picture(picture), hand).whole()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gouaches:
    """How gouache is painted."""

    size: float | None = None
    """Radius of the broadest brush in pixels; None: a 34th of the side."""
    brushes: Sequence[Brush] = FLATS
    detail: float = 1.0
    """How much of a picture's detail finer brushes bring out."""
    impasto: float = 1.0
    """Thickness of the paint."""
    contour: Color | None = CONTOUR
    """Colour of the lines along strong edges; None: no lines."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a canvas in broad patches of opaque colour."""
        radius = hand.brush * (self.size or max(LEAST, picture.side / 34))
        lamp = Light(0.85 * self.impasto, 0.02 * self.impasto, rough=(0.9, 0.82))
        sized = finer(size_brushes(self.brushes, radius), self.detail)
        rounds = count_passes(sized) + 2 + (self.contour is not None)
        canvas = _prime(picture, "#f3e3c0", lamp, hand, rounds)
        underpaint(canvas, picture, radius / 2, 0.75)
        paint(canvas, picture, sized, hand)
        if self.contour is not None:
            _contour(canvas, picture, max(FINEST, radius * 0.13), rgb(self.contour), hand.seed)
        weave(canvas, max(1.6, radius / 14), 0.03, hand.seed)
        return canvas


def gouache(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    contour: Color | None = CONTOUR,
    seed: int = 0,
) -> Array:
    """Return the picture in broad patches of opaque colour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the strokes, unit vectors (H, W, 2); None: along the picture's forms.
        size: radius of the broadest brush in pixels; None: a 34th of the side.
        contour: colour of the lines drawn along strong edges; None: no lines.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    return Gouaches(size=size, contour=contour).paint(as_picture(picture), hand).whole()


def _contour(canvas: Canvas, picture: Picture, radius: float, ink: Array, seed: int) -> None:
    """Draw lines of one colour along the picture's strongest edges."""
    factor, wraps = choose_factor(radius), picture.wraps
    small, reach = reduce(picture, factor), radius / factor
    gx, gy = slopes(to_lab(blur(small, reach * 1.5, wraps)))
    steep = np.sqrt((gx**2 + gy**2).sum(-1)) * reach
    crest = (steep > 5.6) & (steep >= cv2.dilate(steep, np.ones((3, 3), np.uint8)) * 0.98)
    pieces, area = cv2.connectedComponentsWithStats(crest.astype(np.uint8), connectivity=8)[1:3]
    crest &= area[pieces, cv2.CC_STAT_AREA] > 18 * reach
    chance = generator(seed, 61).random((6, *crest.shape), np.float32)
    chosen = np.nonzero(crest & (chance[0] < 1 / (reach * 5)))
    chance = chance[:, chosen[0], chosen[1]].T
    order = np.argsort(chance[:, 1], kind="stable")
    chance = chance[order]
    starts = np.stack(chosen[::-1], 1)[order].astype(np.float32)
    flow = along_forms(small, reach * 1.6, wraps)
    paths = trace(flow, starts, reach * STEP, 32, 0.1, find_period(picture.shape, wraps, factor))
    brush = Brush(radius=radius, streaks=3, dry=0.25, thickness=0.75, passes=1)
    colors = np.clip(ink + (chance[:, 2:5] - 0.5) * 0.1, 0, 1).astype(np.float32)
    lines = Strokes(
        paths * np.float32(factor),
        12 + (chance[:, 2] * 21).astype(np.intp),
        colors,
        radius * (0.75 + 0.35 * chance[:, 3]),
        chance[:, 1],
        chance,
    )
    draw(canvas, lines, bristled(brush), 1)


def _prime(picture: Picture, color: Color, lamp: Light, hand: Hand, rounds: int) -> Canvas:
    rng = generator(hand.seed, 3)
    tone = clouds(picture.shape, max(picture.shape) / 3, rng, wraps=picture.wraps)
    return prime(picture.shape, lamp, picture.wraps, rubbed(color, tone), hand.tell, rounds)
