"""Pointillism: dabs of pure colour along the forms, which mix in the eye."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .bristles import Paint
from .canvas import Canvas, Light, ignore, prime, rubbed
from .clouds import clouds
from .flow import along_forms, sample
from .layers import Hand, draw, given, weave
from .noise import Array, generator, ramp
from .palette import adjust, from_lab, to_lab, vary
from .picture import Picture, as_picture, blur, reduce
from .ribbons import Places, Ribbons
from .strokes import Strokes, find_period

LAYERS = ((1.5, 0.5, 0.5), (1.0, 0.6, 1.0), (0.78, 0.62, 1.15), (0.6, 0.85, 1.2))
"""Of each layer: length of a dab, distance of dabs (both shares of the size), and purity."""
ASPECT = 0.62
"""Width of a dab over its length."""


def paint_dots(
    picture: Picture,
    hand: Hand,
    *,
    size: float | None = None,
    purity: float = 1.0,
    impasto: float = 1.0,
    tell: Callable[[], None] = ignore,
) -> Canvas:
    """Return a canvas in dabs of pure colour; what is said of it stands in ``pointillism``."""
    size = size or max(2.0, picture.side / 60)
    tone = clouds(
        picture.shape, max(picture.shape) / 3, generator(hand.seed, 3), wraps=picture.wraps
    )
    lamp = Light(1.0 * impasto, 0.04 * impasto)
    canvas = prime(picture.shape, lamp, picture.wraps, rubbed("#e8d8b8", tone), tell)
    factor = max(1, int(size / 5))
    small = reduce(picture, factor)
    make = hand.flow or (lambda x, s, _: along_forms(x, s, picture.wraps))
    flow = make(small, size * 2 / factor, factor)
    for index, (share, spacing, strength) in enumerate(LAYERS):
        rng = generator(hand.seed, 51, index)
        form = (size * share, max(1.0, size * spacing), purity * strength)
        dabs = _dab(picture, small, flow, factor, form, rng)
        draw(canvas, dabs, _Dabs.load(rng), 1, cap=0)
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
    return paint_dots(as_picture(picture), hand, size=size, purity=purity).whole()


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
    at = _scatter(picture.shape, spacing, rng)
    period = find_period(picture.shape, picture.wraps, factor)
    wanted = blur(small, size * 0.12 / factor, picture.wraps)
    colors = divide_colours(sample(wanted, at / factor, period), purity, rng)
    way = sample(flow, at / factor, period)
    angle = np.arctan2(way[:, 1], way[:, 0]) + np.deg2rad(rng.normal(0, 14, len(at)))
    half = size / 2 * rng.uniform(0.72, 1.15, len(at))
    reach = half[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    paths = np.stack([at - reach, at + reach], 1).astype(np.float32)
    ends = np.full(len(at), 2)
    return Strokes(paths, ends, colors, (half * ASPECT).astype(np.float32))


@dataclass(frozen=True, slots=True)
class _Dabs:
    """Dabs that are a little lighter and higher in their middle."""

    colors: Array
    width: Array
    length: Array
    lift: Array

    @classmethod
    def load(cls, rng: np.random.Generator) -> Callable[[Strokes, Ribbons], Callable[[Places], Paint]]:
        def fill(strokes: Strokes, quads: Ribbons) -> Callable[[Places], Paint]:
            lift = rng.uniform(0.3, 0.9, len(strokes.ends)).astype(np.float32)
            return cls(strokes.colors, strokes.width, quads.length, lift).paint

        return fill

    def paint(self, at: Places) -> Paint:
        """Return the paint of places in dabs."""
        share = 2 * at.along / np.take(self.length, at.stroke) - 1
        away = np.sqrt(share * share + at.across * at.across)
        crown = ramp(away, 0.75, 0.5)
        color = np.take(self.colors, at.stroke, 0) + 0.047 * crown[:, None]
        height = np.take(self.lift, at.stroke) + 0.18 * crown
        cover = np.clip((1 - away) * np.take(self.width, at.stroke) + 0.5, 0, 1)
        return Paint(np.clip(color, 0, 1), np.clip(height, 0, 1), cover)


def _scatter(shape: tuple[int, int], spacing: float, rng: np.random.Generator) -> Array:
    rows, columns = (max(1, round(side / spacing)) for side in shape)
    y, x = np.mgrid[:rows, :columns]
    at = np.stack([x, y], -1) + rng.random((rows, columns, 2))
    at *= (shape[1] / columns, shape[0] / rows)
    return rng.permutation(at.reshape(-1, 2).astype(np.float32))


def divide_colours(colors: Array, purity: float, rng: np.random.Generator) -> Array:
    """Return purer colours (N, 3) around the given ones; some are near the complement."""
    pure = adjust(colors, chroma=1 + 0.5 * purity)
    parted = vary(pure, rng, light=4.5 * purity, chroma=8 * purity, hue=18 * purity)
    lab = to_lab(colors)
    complement = np.stack([lab[:, 0] + 6, -0.5 * lab[:, 1], -0.5 * lab[:, 2]], 1)
    chosen = rng.random(len(colors)) < 0.09 * purity
    from_complement = vary(from_lab(complement), rng, 5, 10)
    return np.where(chosen[:, None], from_complement, parted).astype(np.float32)
