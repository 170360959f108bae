"""Watercolour: transparent washes, darker at their edges, that bleed and settle in the paper's grain.

After A. Bousseau et al., "Interactive watercolor rendering with temporal coherence and abstraction",
NPAR 2006: pigment density d modifies a colour C to C (1 - (1 - C)(d - 1)). Departures: two abstractions
of the picture, a wet and a dry one, are laid over each other as glazes, and wet blooms push pigment
outward. Washes are known in a small copy; their borders are found at every pixel, so they are crisp.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ..tiling import Box
from .canvas import Canvas, Light, blank, print_parts, raised
from .clouds import Clouds, clouds, rough
from .layers import Hand
from .noise import Array, generator, ramp
from .palette import adjust, over, to_lab
from .picture import Copy, Picture, Wraps, as_picture, blur, pad, places, reduce

MOST = 4e6
"""Cells of a small copy, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watercolors:
    """How watercolour is painted."""

    wet: float = 1.0
    """Strength of bleeding and blooms."""
    grain: float = 1.0
    """Amount of pigment that settles in the paper."""
    scale: float | None = None
    """Size of its features; None: 1 for a picture whose side has 704 pixels."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a sheet in watercolour."""
        unit = hand.brush * (self.scale or picture.side / 704)
        water = _Water.pour(picture, unit, hand.seed)
        lift = raised(2.0, picture.side, hand.brush)
        lamp = Light(0.0, 0.0, lift=lift, rough=(0.92, 0.88))
        canvas = blank(picture.shape, lamp, picture.wraps, hand.tell)
        print_parts(canvas, lambda box: water.wash(box, self.wet, self.grain))
        return canvas


def watercolor(
    picture: Array,
    *,
    wet: float = 1.0,
    grain: float = 1.0,
    scale: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture in watercolour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        wet: strength of bleeding and blooms.
        grain: amount of pigment that settles in the paper.
        scale: size of its features; None: 1 for a picture whose side has 704 pixels.
        seed: of all randomness.
    """
    how = Watercolors(wet=wet, grain=grain, scale=scale)
    return how.paint(as_picture(picture), Hand(seed)).whole()


@dataclass(frozen=True, slots=True)
class Washes:
    """An abstraction of a picture: what is bright and dark around each place, and how grey it is there."""

    copy: Copy
    """(h, w, 9): the brightest and the darkest colour beside, grey, and grey that is blurred twice."""

    @classmethod
    def spread(cls, picture: Picture, reach: float) -> "Washes":
        """Average colours within ``reach`` pixels; edges are kept."""
        least = np.sqrt(picture.shape[0] * picture.shape[1] / MOST)
        factor = max(1, int(reach / 6), int(np.ceil(least)))
        coarse = adjust(reduce(picture, factor), light=3, chroma=1.12)
        coarse = _average(coarse, max(1.0, reach / 6 / factor), picture.wraps)
        window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
        wide = pad(coarse, *(2 if wrap else 0 for wrap in picture.wraps))
        bright, dark = cv2.dilate(wide, window), cv2.erode(wide, window)
        inner = tuple(slice(2, -2) if wrap else slice(None) for wrap in picture.wraps)
        grey = blur(coarse.mean(-1), 1.0, picture.wraps)
        size = reach / 3 / factor
        pools = [blur(grey, share * size, picture.wraps) for share in (2.2, 0.9)]
        cells = np.dstack([bright[inner], dark[inner], grey, *pools])
        return cls(Copy(np.ascontiguousarray(cells), factor, picture.wraps, picture.shape))

    def at(self, x: Array, y: Array) -> tuple[Array, Array, Array]:
        """Return the washes at places (h, w, 3), pigment at their borders, and how steep those are."""
        found = self.copy.at(x, y)
        bright, dark, grey = found[..., :3], found[..., 3:6], found[..., 6]
        high, low = bright.mean(-1), dark.mean(-1)
        nearer = ramp((high - grey) - (grey - low), 0.012, -0.012)[..., None]
        wash = dark + (bright - dark) * nearer
        own = wash.mean(-1)
        rim, line = found[..., 7] - own, np.maximum(found[..., 8] - own, 0)
        pool = 3.0 * np.maximum(rim, 0) + 5.0 * line - 0.8 * np.maximum(-rim, 0)
        return wash, np.clip(pool, -0.25, 0.8), high - low


def _average(coarse: Array, reach: float, wraps: Wraps) -> Array:
    around = round(12 * reach)
    margins = [
        min(around, side) if wrap else 0 for side, wrap in zip(coarse.shape, wraps, strict=False)
    ]
    wide = pad(coarse, *margins)
    for _ in range(3):
        wide = cv2.bilateralFilter(wide, 9, 0.10, 4 * min(reach, 2), borderType=cv2.BORDER_REFLECT)
    rows, columns = (slice(m, m + n) for m, n in zip(margins, coarse.shape, strict=False))
    return np.clip(wide[rows, columns], 0, 1)


@dataclass(frozen=True, slots=True)
class _Water:
    """Washes, paper, and all that water does."""

    soft: Washes
    crisp: Washes
    unit: float
    sheet: Clouds
    bleeds: tuple[Clouds, ...]
    """Along x and y, in large and small, for the soft and for the crisp washes."""
    moods: tuple[Clouds, ...]
    """Pools, blooms, where their rims are, granules, where they are."""
    dry: tuple[Clouds, ...]
    """Where gaps are, streaks of dry brush, where they are."""

    @classmethod
    def pour(cls, picture: Picture, unit: float, seed: int) -> "_Water":
        """Return the water for a picture whose features have ``unit`` pixels."""
        rng = generator(seed, 81)

        def cloud(wave: float | tuple[float, float], roughness: float = 1.6) -> Clouds:
            sized = tuple(w * unit for w in (wave if isinstance(wave, tuple) else (wave, wave)))
            return clouds(
                picture.shape, (sized[0], sized[1]), rng, roughness=roughness, wraps=picture.wraps
            )

        bleeds = tuple(cloud(40, 2.6) if k % 4 < 2 else cloud(9, 2.2) for k in range(8))
        moods = (cloud(130, 1.7), cloud(75, 1.25), cloud(90), cloud(1.6, 1.3), cloud(60))
        dry = (cloud(70), cloud((14, 45), 2), cloud(150))
        sheet = rough(picture.shape, 2.3 * unit, rng, picture.wraps)
        soft, crisp = (Washes.spread(picture, reach * unit) for reach in (9, 3))
        return cls(soft, crisp, unit, sheet, bleeds, moods, dry)

    def wash(self, box: Box, wet: float, grain: float) -> tuple[Array, Array, float]:
        """Return a window's colours and the paper's height; all of it is covered."""
        x, y = places(box)
        soft, deep, _ = self.soft.at(*self._bleed(box, x, y, 14 * self.unit * wet, 0))
        crisp, edge, steep = self.crisp.at(*self._bleed(box, x, y, 2.6 * self.unit, 4))
        glazed = 0.42 * soft + 0.58 * crisp
        sheet = self.sheet.read(box)
        density = 1 + edge + 0.8 * deep + self._settle(box, wet, grain)
        density += 0.13 * grain * sheet * ramp(to_lab(glazed)[..., 0], 100, 55)
        d = np.clip(density, 0.25, 2.6)[..., None]
        washed = np.clip(glazed * (1 - (1 - glazed) * (d - 1)), 0, 1)
        washed = over(washed, "#fbf8f0", self._dry(box, steep, sheet))
        lit = washed * (1 + 0.012 * sheet[..., None]) * np.array((1.0, 0.995, 0.975), np.float32)
        return lit, 0.5 + 0.12 * sheet, 1.0

    def _bleed(self, box: Box, x: Array, y: Array, reach: float, first: int) -> tuple[Array, Array]:
        """Return places moved so that the borders of washes wander and feather."""
        wide_x, wide_y, fine_x, fine_y = (c.read(box) for c in self.bleeds[first : first + 4])
        wide, fine = np.float32(0.5 * reach), np.float32(0.1 * reach)
        return x + wide * wide_x + fine * fine_x, y + wide * wide_y + fine * fine_y

    def _settle(self, box: Box, wet: float, grain: float) -> Array:
        """Return pigment moved by water: large pools, blooms with a dark rim, granulation."""
        pool, level, rims, granules, some = (cloud.read(box) for cloud in self.moods)
        inside = ramp(level, 0.9, 1.25)
        rim = np.exp(-(((level - 0.88) / 0.055) ** 2)) * ramp(rims, -0.4, 0.8)
        settled = 0.13 * grain * granules * ramp(some, -1, 1.2)
        return 0.23 * pool + wet * (0.36 * rim - 0.26 * inside) + settled

    def _dry(self, box: Box, steep: Array, sheet: Array) -> Array:
        """Return the white paper: gaps between some washes, sparkles of dry brush."""
        gaps, streak, where = (cloud.read(box) for cloud in self.dry)
        sparkle = ramp(-sheet + 0.8 * streak, 2.3, 3.1) * ramp(where, 0.5, 1.2)
        between = ramp(steep, 0.12, 0.26) * ramp(gaps, 0.55, 1.0)
        return np.maximum(0.5 * between, 0.45 * sparkle)
