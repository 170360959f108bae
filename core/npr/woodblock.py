"""Colour woodblock print: flat tints printed from wood, a dark key block, hand-made paper."""

from dataclasses import dataclass

import numpy as np

from ..tiling import Box
from .canvas import Canvas, Light, blank, print_parts, raised
from .clouds import Clouds, clouds, rough
from .flats import Flats, Outlines
from .layers import Hand
from .noise import Array, generator, ramp
from .palette import Color, adjust, from_lab, ink_on, over, to_lab
from .paper import hairs
from .picture import Copy, Picture, as_picture, blur, places, reduce


@dataclass(frozen=True, slots=True, kw_only=True)
class Woodblocks:
    """How a colour woodblock is printed."""

    tints: int = 12
    """Number of colour blocks."""
    ink: Color = "#1a2238"
    """Colour of the key block's lines."""
    outline: float | None = None
    """Width of those lines in pixels; None: a 240th of the side, 0: none."""
    lines: float = 1.0
    """How many times wider they are."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a print of the picture."""
        unit = hand.brush * picture.side / 704
        width = unit * 704 / 240 if self.outline is None else self.outline
        block = _Block.carve(picture, unit, self.tints, width * self.lines, hand.seed)
        lamp = Light(0.0, 0.0, lift=raised(2.0, picture.side, hand.brush))
        canvas = blank(picture.shape, lamp, picture.wraps, hand.tell)
        print_parts(canvas, lambda box: block.press(box, self.ink))
        return canvas


def woodblock(
    picture: Array,
    *,
    tints: int = 12,
    ink: Color = "#1a2238",
    outline: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture as a colour woodblock print, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        tints: number of colour blocks.
        ink: colour of the key block's lines.
        outline: width of those lines in pixels; None: a 240th of the side, 0: none.
        seed: of all randomness.
    """
    how = Woodblocks(tints=tints, ink=ink, outline=outline)
    return how.paint(as_picture(picture), Hand(seed)).whole()


@dataclass(frozen=True, slots=True)
class _Block:
    """Tints, lines, wood and paper."""

    flats: Flats
    lines: Outlines
    soft: Copy
    """What is wiped into gradations."""
    unit: float
    period: float
    """Pixels from one ring of the wood to the next."""
    wander: tuple[Clouds, ...]
    wood: tuple[Clouds, ...]
    """How rings bend, how they wave, grain, mottle of the baren."""
    felt: Clouds
    hairs: Clouds

    @classmethod
    def carve(cls, picture: Picture, unit: float, tints: int, width: float, seed: int) -> "_Block":
        """Return the blocks of a picture whose features have ``unit`` pixels."""
        rng, wraps, size = generator(seed, 31), picture.wraps, picture.shape

        def cloud(waves: tuple[float, float], roughness: float) -> Clouds:
            sized = (waves[0] * unit, waves[1] * unit)
            return clouds(size, sized, rng, roughness=roughness, wraps=wraps)

        factor = max(1, int(5 * unit))
        soft = Copy(blur(reduce(picture, factor), 10 * unit / factor, wraps), factor, wraps, size)
        flats = Flats.spread(picture, tints, unit * 1.5, seed)
        period = unit * 2 * np.pi / 0.52
        return cls(
            flats,
            Outlines.cut(flats, picture, width, rng),
            soft,
            unit,
            size[0] / max(1, round(size[0] / period)) if wraps[0] else period,
            (cloud((60, 60), 2.5), cloud((60, 60), 2.5)),
            (cloud((160, 300), 3), cloud((8, 260), 1.6), cloud((1.3, 90), 1.2), cloud((5, 5), 1.0)),
            rough(size, 2.2 * unit, rng, wraps),
            hairs(size, 26 * unit, 42 * unit, rng, wraps),
        )

    def press(self, box: Box, ink: Color) -> tuple[Array, Array, float]:
        """Return a window of the print, and the paper's height; all of it is covered."""
        reach = self.lines.reach
        wide = Box(box.top - reach, box.left - reach, box.bottom + reach, box.right + reach)
        x, y = places(wide)
        moved = [
            v + 1.1 * self.unit * c.read(wide) for v, c in zip((x, y), self.wander, strict=True)
        ]
        labels = self.flats.at(moved[0], moved[1])
        inner = labels[reach:-reach, reach:-reach]
        printed, felt = self._print(self.flats.tints[inner], box)
        key = self.lines.draw(labels, box)
        return over(printed, ink_on(ink, printed), key * 0.94), 0.5 + 0.1 * felt - 0.12 * key, 1.0

    def _print(self, flat: Array, box: Box) -> tuple[Array, Array]:
        """Return the tints as printed from wood: wiped gradation, grain, mottle; and the paper's felt."""
        wiped = from_lab(to_lab(flat) * 0.6 + to_lab(self.soft.read(box)) * 0.4)
        bend, wave, grain, mottle = (cloud.read(box) for cloud in self.wood)
        felt = self.felt.read(box)
        y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None] * (2 * np.pi / self.period)
        rings = np.sin(y + bend * 16 + 0.8 * wave)
        weight = ramp(to_lab(wiped)[..., 0], 99, 70)
        light = weight * (1.9 * rings + 2.2 * grain + 1.6 * mottle) + 1.6 * felt
        speckled = ramp(felt + 0.9 * grain, 1.9, 3.0) * weight
        bare = 0.55 * ramp(to_lab(wiped)[..., 0], -20, 40) * speckled
        printed = over(adjust(wiped, light=light), "#f4e8cf", bare)
        return over(printed, "#b59b70", 0.22 * self.hairs.read(box)), felt
