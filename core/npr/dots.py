"""Pointillism: dabs of pure colour along the forms, which mix in the eye."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .bristles import Paint
from .canvas import Canvas, Light, prime, rubbed
from .clouds import clouds
from .flow import along_forms, sample
from .layers import Hand, draw, given, underpaint, weave
from .noise import Array, generator, ramp
from .palette import adjust, from_lab, to_lab, vary
from .picture import Picture, as_picture, blur, reduce
from .ribbons import Places, Ribbons
from .strokes import Strokes, find_period

LAYERS = ((1.5, 0.5, 0.5), (1.0, 0.6, 1.0), (0.78, 0.62, 1.15), (0.6, 0.85, 1.2))
"""Of each layer: length of a dab, distance of dabs (both shares of the size), and purity."""
ASPECT = 0.62
"""Width of a dab over its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dots:
    """How dabs are painted."""

    size: float | None = None
    """Length of a dab in pixels; None: a 60th of the side."""
    purity: float = 1.0
    """Difference of the dabs' colours from the picture's; their mean is the picture's."""
    impasto: float = 1.0
    """Thickness of the paint."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a canvas in dabs of pure colour."""
        size, wraps = hand.brush * (self.size or max(2.0, picture.side / 60)), picture.wraps
        tone = clouds(picture.shape, max(picture.shape) / 3, generator(hand.seed, 3), wraps=wraps)
        lamp, ground = (
            Light(self.impasto, 0.04 * self.impasto, rough=(0.7, 0.4)),
            rubbed("#e8d8b8", tone),
        )
        canvas = prime(picture.shape, lamp, wraps, ground, hand.tell, len(LAYERS) + 2)
        factor = max(1, int(size / 5))
        small = reduce(picture, factor)
        make = hand.flow or (lambda x, s, _: along_forms(x, s, wraps))
        flow = make(small, size * 2 / factor, factor)
        underpaint(canvas, picture, size, 0.6)
        for index, (share, spacing, strength) in enumerate(LAYERS):
            rng = generator(hand.seed, 51, index)
            form = (size * share, max(1.0, size * spacing), self.purity * strength)
            dabs = _dab(picture, small, flow, factor, form, rng)
            draw(canvas, dabs, _Dabs.load, 1, cap=0)
        weave(canvas, max(1.6, size / 8), 0.03, hand.seed)
        return canvas


def pointillism(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    purity: float = 1.0,
    seed: int = 0,
) -> Array:
    """Return the picture in dabs of pure colour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the dabs, unit vectors (H, W, 2); None: along the picture's forms.
        size: length of a dab in pixels; None: a 60th of the side.
        purity: difference of the dabs' colours from the picture's; their mean is the picture's.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    return Dots(size=size, purity=purity).paint(as_picture(picture), hand).whole()


def _dab(
    picture: Picture,
    small: Array,
    flow: Array,
    factor: int,
    form: tuple[float, float, float],
    rng: np.random.Generator,
) -> Strokes:
    """Return one layer of dabs: ``form`` is their length, their distance (pixels) and their purity."""
    size, spacing, purity = form
    at, rank = _scatter(picture.shape, spacing, rng)
    period = find_period(picture.shape, picture.wraps, factor)
    wanted = blur(small, size * 0.12 / factor, picture.wraps)
    colors = divide_colours(sample(wanted, at / factor, period), purity, rng)
    way = sample(flow, at / factor, period)
    angle = np.arctan2(way[:, 1], way[:, 0]) + np.deg2rad(rng.normal(0, 14, len(at)))
    half = size / 2 * rng.uniform(0.72, 1.15, len(at))
    reach = half[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    paths = np.stack([at - reach, at + reach], 1).astype(np.float32)
    ends = np.full(len(at), 2)
    chance = rng.random((len(at), 6), np.float32)
    return Strokes(paths, ends, colors, (half * ASPECT).astype(np.float32), rank, chance)


@dataclass(frozen=True, slots=True)
class _Dabs:
    """Dabs that are a little lighter and higher in their middle."""

    colors: Array
    width: Array
    length: Array
    lift: Array

    @classmethod
    def load(cls, strokes: Strokes, quads: Ribbons) -> Callable[[Places], Paint]:
        """Return what paints dabs whose ribbons are these."""
        return cls(
            strokes.colors, strokes.width, quads.length, 0.3 + 0.6 * strokes.chance[:, 0]
        ).paint

    def paint(self, at: Places) -> Paint:
        """Return the paint of places in dabs."""
        share = 2 * at.along / np.take(self.length, at.stroke) - 1
        away = np.sqrt(share * share + at.across * at.across)
        crown = ramp(away, 0.75, 0.5)
        color = np.take(self.colors, at.stroke, 0) + 0.047 * crown[:, None]
        height = np.take(self.lift, at.stroke) + 0.18 * crown
        cover = np.clip((1 - away) * np.take(self.width, at.stroke) + 0.5, 0, 1)
        return Paint(np.clip(color, 0, 1), np.clip(height, 0, 1), cover)


def _scatter(
    shape: tuple[int, int], spacing: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Return places (N, 2) in each cell by chance, in random order, and their ranks (N,)."""
    rows, columns = (max(1, round(side / spacing)) for side in shape)
    y, x = np.mgrid[:rows, :columns]
    at = np.stack([x, y], -1) + rng.random((rows, columns, 2))
    at *= (shape[1] / columns, shape[0] / rows)
    rank = rng.random(rows * columns, np.float32)
    order = np.argsort(rank, kind="stable")
    return at.reshape(-1, 2)[order].astype(np.float32), rank[order]


def divide_colours(colors: Array, purity: float, rng: np.random.Generator) -> Array:
    """Return purer colours (N, 3) around the given ones; some are near the complement."""
    pure = adjust(colors, chroma=1 + 0.5 * purity)
    parted = vary(pure, rng, light=4.5 * purity, chroma=8 * purity, hue=18 * purity)
    lab = to_lab(colors)
    complement = np.stack([lab[:, 0] + 6, -0.5 * lab[:, 1], -0.5 * lab[:, 2]], 1)
    chosen = rng.random(len(colors)) < 0.09 * purity
    from_complement = vary(from_lab(complement), rng, 5, 10)
    return np.where(chosen[:, None], from_complement, parted).astype(np.float32)
