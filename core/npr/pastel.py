"""Pastel: chalk strokes on toned, rough paper that shows between them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..tiling import Box
from .bristles import Paint
from .canvas import PAINT, PAPER, Canvas, Light, prime, raised
from .clouds import Clouds, clouds, rough
from .layers import Hand, count_passes, finer, given, keep, paint, refine, rehearse
from .noise import Array, generator, ramp
from .palette import Color, rgb
from .particles import Film
from .picture import Picture, as_picture
from .ribbons import Places
from .strokes import Brush, Strokes, size_brushes

_CHALK = Brush(radius=1.0, steps=(6, 16), light=5, chroma=8, streaks=7, dry=0.5, passes=3)
CHALKS = (
    replace(_CHALK, threshold=0, spacing=0.9, gaps=0.2, turn=18, passes=4),
    replace(_CHALK, radius=0.6, threshold=11, spacing=1.25, gaps=0.2, turn=-12),
    replace(_CHALK, radius=0.34, threshold=13, spacing=1.5, gaps=0.15, turn=6, passes=2),
    replace(_CHALK, radius=0.2, threshold=15, spacing=1.75, gaps=0.1, passes=2),
)
"""Chalks from broad to sharp; their radii are shares of the broadest."""
SHARP = (0.8, 0.7)
"""The same of chalks that are sharpened for detail."""
SLACK = 1.5
"""Radii over which directions are averaged."""
HANDLING = ((0.8, 0.7), (0.45, 0.5), (0.2, 0.3), (-0.1, 0.1))
"""Of each chalk: how hard it is pressed, and how far it is rubbed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pastels:
    """How pastel is painted."""

    size: float | None = None
    """Radius of the broadest chalk in pixels; None: a 40th of the side."""
    brushes: Sequence[Brush] = CHALKS
    detail: float = 1.0
    """How much of a picture's detail finer chalks bring out."""
    pressure: float = 0.0
    """How much harder than usual chalk is pressed."""
    sheet: Color = "#2f3350"

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a sheet in soft chalk."""
        radius = hand.brush * (self.size or max(3.0, picture.side / 40))
        rng, grain = generator(hand.seed, 71), max(1.0, radius / 17)
        tooth = rough(picture.shape, 2.1 * grain, rng, picture.wraps)
        pressed = clouds(picture.shape, 20 * grain, rng, wraps=picture.wraps)

        def bare(box: Box) -> tuple[Array, Array]:
            grain = tooth.read(box)
            return rgb(self.sheet) + 0.018 * grain[..., None], 0.5 + 0.08 * grain

        chalks = self._choose(picture, hand)
        lift, rounds = raised(3.0, picture.side, hand.brush), count_passes(chalks)
        lamp = Light(0.0, 0.0, lift=lift, rough=(0.97, 0.93))
        canvas = prime(picture, lamp, bare, hand.tell, rounds)
        keep(canvas, hand, PAPER)
        slack = replace(hand, slack=SLACK)
        paint(canvas, picture, chalks, slack, lambda k: _rub(k, tooth, pressed, self.pressure))
        keep(canvas, hand, PAINT)
        return canvas

    def rehearse(self, picture: Picture, hand: Hand, film: Film) -> tuple[Film, list[Strokes]]:
        """Return a film with its next frame, and its strokes, for ``Hand.laid``."""
        return rehearse(picture, self._choose(picture, hand), replace(hand, slack=SLACK), film)

    def _choose(self, picture: Picture, hand: Hand) -> list[Brush]:
        """Return the chalks, in pixels."""
        radius = hand.brush * (self.size or max(3.0, picture.side / 40))
        return refine(finer(size_brushes(self.brushes, radius), self.detail), hand)


def _rub(
    index: int, tooth: Clouds, pressed: Clouds, more: float
) -> Callable[[Places, Paint], Paint]:
    """Return how a chalk stays on the paper's high points, and is rubbed slightly into the low ones."""
    cover, blend = HANDLING[index] if index < len(HANDLING) else SHARP

    def hold(at: Places, chalk: Paint) -> Paint:
        grain = tooth.at(at.x, at.y)
        pressure = cover + more + 1.6 * (chalk.height - 0.5) + 0.35 * pressed.at(at.x, at.y)
        held = ramp(grain + pressure, -0.25, 0.45)
        share = held + (1 - held) * (0.5 * blend)
        color = np.clip(chalk.color + 0.02 * grain, 0, 1)
        return Paint(color, 0.52 + 0.08 * grain, chalk.cover * share)

    return hold


def pastel(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    sheet: Color = "#2f3350",
    seed: int = 0,
) -> Array:
    """Return the picture in soft chalk, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the strokes, unit vectors (H, W, 2); None: along the picture's forms.
        size: radius of the broadest chalk in pixels; None: a 40th of the side.
        sheet: colour of the paper.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    return Pastels(size=size, sheet=sheet).paint(as_picture(picture), hand).whole()
