"""Pointillism: dabs of pure colour along the forms, which mix in the eye."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from .bristles import Paint
from .canvas import GROUND, LINEN, PAINT, Canvas, Light, prime, raised, rubbed
from .clouds import clouds
from .film import follow, gather
from .flow import along_forms, sample
from .layers import Hand, draw, given, keep, underpaint, weave
from .noise import Array, fetch, generator, ramp
from .palette import adjust, from_lab, to_lab
from .particles import GROWS, Field, Film, Particles
from .picture import Picture, as_picture, blur, reduce
from .ribbons import Places, Ribbons
from .strokes import Plan, Strokes

LAYERS = ((1.5, 0.5, 0.5), (1.0, 0.6, 1.0), (0.78, 0.62, 1.15), (0.6, 0.85, 1.2))
"""Of each layer: length of a dab, distance of dabs (both shares of the size), and purity."""
ASPECT = 0.62
"""Width of a dab over its length."""
TURNED = 14
"""Deviation of dabs from their direction, degrees."""
LEAST, MOST = 0.72, 1.15
"""Length of the shortest and the longest, as a share."""


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
        lift = raised(self.impasto, picture.side, hand.brush)
        lamp = Light(self.impasto, 0.04 * self.impasto, lift=lift, rough=(0.7, 0.4))
        ground = rubbed("#e8d8b8", tone)
        canvas = prime(picture, lamp, ground, hand.tell, len(LAYERS) + 2)
        underpaint(canvas, picture, size, 0.6)
        keep(canvas, hand, GROUND)
        for dabs in self._dab(picture, hand) if hand.laid is None else hand.laid:
            draw(canvas, dabs, _Dabs.load, 1, cap=0)
        keep(canvas, hand, PAINT)
        weave(canvas, max(1.6, size / 8), 0.03, hand.seed)
        keep(canvas, hand, LINEN)
        return canvas

    def _dab(self, picture: Picture, hand: Hand) -> Iterator[Strokes]:
        """Yield each layer's dabs."""
        for index, (form, on) in enumerate(self._look(picture, hand)):
            yield _dab(on, form, generator(hand.seed, 51, index))

    def _look(
        self, picture: Picture, hand: Hand
    ) -> Iterator[tuple[tuple[float, float, float], Plan]]:
        """Yield length, distance (pixels) and purity of each layer's dabs, and what they are planned on."""
        size, wraps = hand.brush * (self.size or max(2.0, picture.side / 60)), picture.wraps
        factor = max(1, int(size / 5))
        small = reduce(picture, factor)
        make = hand.flow or (lambda x, s, _: along_forms(x, s, wraps))
        flow = make(small, size * 2 / factor, factor)
        for share, spacing, strength in LAYERS:
            wanted = blur(small, size * share * 0.12 / factor, wraps)
            form = (size * share, max(1.0, size * spacing), self.purity * strength)
            yield form, Plan(wanted, flow, factor, picture.shape, wraps)

    def rehearse(self, picture: Picture, hand: Hand, film: Film) -> tuple[Film, list[Strokes]]:
        """Return a film with its next frame, and its dabs, for ``Hand.laid``."""
        laid = list[Strokes]()
        for index, (form, on) in enumerate(self._look(picture, hand)):
            where = Field(picture.shape, form[1], (hand.seed & 0xFFFFFFFF, 51, index))
            cast = film.cast(index, where, 2)
            now, before = (_see(own, on, form[0]) for own in (cast.now, cast.before))
            cast = replace(cast, now=now, before=before)
            film = film.keep(index, cast)
            laid.append(gather(cast, partial(_carried, form=form)))
        return film, laid


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


def _see(all_: Particles, on: Plan, size: float) -> Particles:
    """Return particles that have looked at the frame: colour, and direction as a path of two points."""
    at = all_.at / np.float32(on.factor)
    way = sample(on.flow, at) * np.float32(size / 2)
    way *= np.where((way * all_.shape[:, 1]).sum(1) < 0, -1, 1).astype(np.float32)[:, None]
    color = to_lab(sample(on.picture, at)).astype(np.float32)
    parts = follow(all_, np.stack([-way, way], 1), all_.reach, color)
    weight = np.clip(all_.weight + 1 / GROWS * (all_.leaves == 0), 0, 1)
    return replace(all_, weight=weight, known=np.ones(len(at), bool), **parts)


def _carried(own: Particles, size: Array, form: tuple[float, float, float]) -> Strokes:
    """Return particles' dabs, as large as ``size`` (N,) says."""
    long, _, purity = form
    way = own.shape[:, 1]
    angle = np.arctan2(way[:, 1], way[:, 0]) + np.deg2rad(TURNED * own.normals[:, 7])
    half = long / 2 * (LEAST + (MOST - LEAST) * own.width) * size
    colors = _divide(from_lab(own.color), purity, own.normals, own.chance[:, 5])
    return _place(own.at, angle, half.astype(np.float32), colors, own.rank, own.chance)


def _dab(on: Plan, form: tuple[float, float, float], rng: np.random.Generator) -> Strokes:
    """Return one layer of dabs: ``form`` is their length, their distance (pixels) and their purity."""
    size, spacing, purity = form
    at, rank = _scatter(on.size, spacing, rng)
    colors = divide_colours(sample(on.picture, at / on.factor, on.period), purity, rng)
    way = sample(on.flow, at / on.factor, on.period)
    angle = np.arctan2(way[:, 1], way[:, 0]) + np.deg2rad(rng.normal(0, TURNED, len(at)))
    half = size / 2 * rng.uniform(LEAST, MOST, len(at))
    return _place(at, angle, half, colors, rank, rng.random((len(at), 6), np.float32))


def _place(
    at: Array, angle: Array, half: Array, colors: Array, rank: Array, chance: Array
) -> Strokes:
    reach = half[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    paths = np.stack([at - reach, at + reach], 1).astype(np.float32)
    ends = np.full(len(at), 2)
    return Strokes(paths, ends, colors, (half * ASPECT).astype(np.float32), rank, chance)


@dataclass(frozen=True, slots=True)
class _Dabs:
    """Dabs that are a little lighter and higher in their middle."""

    table: Array
    """(N, 6): colour, half width, length, height."""

    @classmethod
    def load(cls, strokes: Strokes, quads: Ribbons) -> Callable[[Places], Paint]:
        """Return what paints dabs whose ribbons are these."""
        lift = 0.3 + 0.6 * strokes.chance[:, 0]
        own = np.stack([strokes.width, quads.length, lift], 1)
        return cls(np.concatenate([strokes.colors, own], 1).astype(np.float32)).paint

    def paint(self, at: Places) -> Paint:
        """Return the paint of places in dabs."""
        known = fetch(self.table, at.stroke)
        color, (width, length, lift) = known[:3], known[3:]
        share = 2 * at.along / length - 1
        away = np.sqrt(share * share + at.across * at.across)
        crown = ramp(away, 0.75, 0.5)
        color += 0.047 * crown
        cover = np.clip((1 - away) * width + 0.5, 0, 1)
        return Paint(np.clip(color, 0, 1), np.clip(lift + 0.18 * crown, 0, 1), cover)


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
    count = len(colors)
    hue, parted = rng.standard_normal(count), rng.standard_normal((count, 3))
    chosen = rng.random(count)
    turned, other = rng.standard_normal(count), rng.standard_normal((count, 3))
    normals = np.concatenate([hue[:, None], parted, other, turned[:, None]], 1)
    return _divide(colors, purity, normals, chosen)


def _divide(colors: Array, purity: float, normals: Array, chosen: Array) -> Array:
    """Return purer colours (N, 3), by each one's own chances: (N, 8) of deviation 1, and (N,) in [0, 1)."""
    pure = to_lab(adjust(colors, chroma=1 + 0.5 * purity))
    turn = np.deg2rad(18 * purity) * normals[:, 0]
    a, b = pure[:, 1].copy(), pure[:, 2].copy()
    pure[:, 1] = a * np.cos(turn) - b * np.sin(turn)
    pure[:, 2] = a * np.sin(turn) + b * np.cos(turn)
    parted = from_lab(pure + normals[:, 1:4] * purity * (4.5, 8, 8))
    lab = to_lab(colors)
    complement = to_lab(from_lab(np.stack([lab[:, 0] + 6, -0.5 * lab[:, 1], -0.5 * lab[:, 2]], 1)))
    contrary = from_lab(complement + normals[:, 4:7] * (5, 10, 10))
    return np.where((chosen < 0.09 * purity)[:, None], contrary, parted).astype(np.float32)
