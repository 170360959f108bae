"""Halftone: a comic printed in four screened inks, with bold outlines, on cheap paper."""

from dataclasses import dataclass

import numpy as np

from ..tiling import Box
from .canvas import Canvas, Light, blank, print_parts, raised
from .clouds import Clouds, clouds
from .flats import Flats, Outlines
from .layers import Hand
from .noise import Array, generator, ramp
from .palette import adjust, over, rgb
from .paper import hairs
from .picture import Copy, Picture, as_picture, blur, places, reduce

INKS = ("#00a4e4", "#ec1688", "#ffe600", "#1c1a20")
ANGLES = (15.0, 75.0, 0.0, 45.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Halftones:
    """How a comic is printed."""

    cell: float | None = None
    """Distance of the screens' dots in pixels; None: a 95th of the side."""
    tints: int = 14
    """Number of flat colours before screening; 0: gradations stay."""
    outline: float | None = None
    """Width of the ink lines in pixels; None: a 250th of the side, 0: none."""
    lines: float = 1.0
    """How many times wider they are."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a printed comic."""
        cell = hand.brush * (self.cell or max(3.0, picture.side / 95))
        width = hand.brush * picture.side / 250 if self.outline is None else self.outline
        press = _Press.ink(picture, cell, self.tints, width * self.lines, hand.seed)
        lift = raised(1.0, picture.side, hand.brush)
        lamp = Light(0.0, 0.0, lift=lift, rough=(0.7, 0.55))
        canvas = blank(picture.shape, lamp, picture.wraps, hand.tell)
        print_parts(canvas, press.run)
        return canvas


def halftone(
    picture: Array,
    *,
    cell: float | None = None,
    tints: int = 14,
    outline: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture as a printed comic, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        cell: distance of the screens' dots in pixels; None: a 95th of the side.
        tints: number of flat colours before screening; 0: gradations stay.
        outline: width of the ink lines in pixels; None: a 250th of the side, 0: none.
        seed: of all randomness.
    """
    how = Halftones(cell=cell, tints=tints, outline=outline)
    return how.paint(as_picture(picture), Hand(seed)).whole()


def separate(picture: Array) -> Array:
    """Return the ink (H, W, 4) in [0, 1]: cyan, magenta, yellow, black.

    Most of what is grey is printed in black, for three colours on top of each other are brown.
    """
    cmy = 1 - picture
    grey = cmy.min(-1)
    black = grey * (0.7 + 0.3 * grey)
    rest = np.clip((cmy - black[..., None]) / np.maximum(1 - black[..., None], 1e-3), 0, 1)
    return np.dstack([rest, black]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class _Press:
    """Tints, screens, inks and paper."""

    flats: Flats | None
    lines: Outlines | None
    soft: Copy
    cell: float
    waves: Array
    """(4, 2, 2): of each ink's screen, turns a pixel along x and y, of both its axes."""
    slips: Array
    """(4, 2): how far each ink is out of register, pixels."""
    starved: Clouds
    strength: Clouds
    mottle: tuple[Clouds, Clouds]
    hairs: Clouds

    @classmethod
    def ink(cls, picture: Picture, cell: float, tints: int, width: float, seed: int) -> "_Press":
        """Return the press for a picture."""
        rng, wraps, size = generator(seed, 91), picture.wraps, picture.shape
        flats = Flats.spread(picture, tints, max(1.0, cell * 0.12), seed) if tints else None
        factor = max(1, int(cell * 0.15))
        soft = Copy(blur(reduce(picture, factor), cell * 0.3 / factor, wraps), factor, wraps, size)
        return cls(
            flats,
            None if flats is None else Outlines.cut(flats, picture, width, rng),
            soft,
            cell,
            np.stack([_waves(size, wraps, cell, angle) for angle in ANGLES]),
            rng.normal(0, cell * 0.09, (4, 2)),
            clouds(size, cell * 0.6, rng, roughness=1.2, wraps=wraps),
            clouds(size, cell * 25, rng, wraps=wraps),
            (
                clouds(size, cell * 0.5, rng, roughness=1.2, wraps=wraps),
                clouds(size, cell * 30, rng, wraps=wraps),
            ),
            hairs(size, cell * 1.6, cell * 5, rng, wraps),
        )

    def run(self, box: Box) -> tuple[Array, Array, float]:
        """Return a window of the print, and its height; all of it is covered."""
        flat, drawn = self.soft.read(box), np.zeros((box.height, box.width), np.float32)
        if self.flats is not None and self.lines is not None:
            reach = self.lines.reach
            x, y = places(
                Box(box.top - reach, box.left - reach, box.bottom + reach, box.right + reach)
            )
            labels = self.flats.at(x, y)
            flat = 0.65 * self.flats.tints[labels[reach:-reach, reach:-reach]] + 0.35 * flat
            drawn = self.lines.draw(labels, box)
        printed, dots = self._screen(adjust(flat, chroma=1.15), box)
        inked = np.maximum(dots, drawn)
        sheet = over(printed, INKS[3], drawn * 0.96) * self._paper(box)
        return sheet, 0.45 + 0.1 * inked, 1.0

    def _screen(self, picture: Array, box: Box) -> tuple[Array, Array]:
        """Return a picture in dots, one screen an ink, slightly out of register; and where ink lies."""
        amounts, (x, y) = separate(picture), places(box)
        starved, strength = (
            0.10 * np.abs(self.starved.read(box)),
            1 + 0.05 * self.strength.read(box),
        )
        sheet, lies = np.ones((*x.shape, 3), np.float32), np.zeros(x.shape, np.float32)
        for k, ink in enumerate(INKS):
            dots = self._dots(
                amounts[..., k],
                x + np.float32(self.slips[k, 0]),
                y + np.float32(self.slips[k, 1]),
                k,
            )
            share = np.clip(dots * (1 - starved * dots) * strength, 0, 1)
            lies = np.maximum(lies, share)
            sheet *= 1 - share[..., None] * (1 - rgb(ink))
        return sheet, lies

    def _dots(self, amount: Array, x: Array, y: Array, ink: int) -> Array:
        """Return one ink's dots (h, w): they grow with the amount; above one half, holes shrink."""
        u, v = (
            2 * np.pi * (np.float32(wave[0]) * x + np.float32(wave[1]) * y)
            for wave in self.waves[ink]
        )
        spot = 0.5 + 0.25 * (np.cos(u) + np.cos(v))
        threshold, soft = np.clip(1.0 - amount**0.9, 0, 1), 1.6 / self.cell
        dots = ramp(spot - threshold, -soft, soft)
        return np.where(amount < 0.03, 0, np.where(amount > 0.97, 1, dots)).astype(np.float32)

    def _paper(self, box: Box) -> Array:
        """Return the sheet (h, w, 3): warm, mottled, with dark hairs."""
        fine, wide = (cloud.read(box) for cloud in self.mottle)
        mottle = 1 + 0.012 * fine + 0.012 * wide
        return rgb("#f8f0dc") * mottle[..., None] * (1 - 0.10 * self.hairs.read(box)[..., None])


def _waves(size: tuple[int, int], wraps: tuple[bool, bool], cell: float, degrees: float) -> Array:
    """Return turns a pixel along x and y of both axes of a screen, (2, 2); whole ones on what wraps."""
    a = np.deg2rad(degrees)
    turns = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) / cell
    for axis, (side, wrap) in enumerate(((size[1], wraps[1]), (size[0], wraps[0]))):
        if wrap:
            turns[:, axis] = np.round(turns[:, axis] * side) / side
    return turns
