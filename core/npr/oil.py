"""Paint in brush strokes: oil, thick and lit, and gouache, flat and broad."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .canvas import GROUND, LINEN, LINES, PAINT, Canvas, Light, prime, raised, rubbed
from .clouds import clouds
from .contour import carry_contour, choose_pen, plan_contour
from .layers import (
    Hand,
    bristled,
    count_passes,
    draw,
    finer,
    given,
    keep,
    paint,
    refine,
    rehearse,
    underpaint,
    weave,
)
from .noise import Array, generator, ramp
from .palette import Color, rgb
from .particles import Film
from .picture import Picture, as_picture
from .strokes import FINEST, Brush, Strokes, size_brushes

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
THIN = 0.13
"""Radius of the brush that draws contours, as a share of the broadest."""
LEAST = 3.0
"""Pixels of the broadest brush's radius, at least."""
SPECKS = (8.0, 4.0)
"""Radii in pixels of oil's broadest brush below which bare canvas would be specks: a little, and wholly."""
RUBBED_IN = 0.85
"""How much of the ground is hidden then by the picture's colours, rubbed in before the strokes."""


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
        depth = 3.2 * self.impasto
        lift = raised(depth, picture.side, hand.brush)
        lamp = Light(depth, 0.12 * self.impasto, lift=lift, rough=(0.62, 0.3))
        radius, sized = self._choose(picture, hand)
        rubbed_in = float(RUBBED_IN * ramp(radius, *SPECKS))
        parted = picture.pieces is not None or picture.crossings is not None
        rounds = count_passes(sized) + 1 + (rubbed_in > 0) + parted
        canvas = _prime(picture, self.ground, lamp, hand, rounds)
        if rubbed_in > 0:
            underpaint(canvas, picture, radius / 2, rubbed_in)
        if parted:  # strokes that come over its borders are fewer or shorter
            least = min(brush.radius for brush in sized if not brush.fine)
            underpaint(canvas, picture, least / 2, RUBBED_IN, reach=2 * radius)
        keep(canvas, hand, GROUND)
        paint(canvas, picture, sized, hand)
        keep(canvas, hand, PAINT)
        weave(canvas, max(1.6, radius / 10), 0.03, hand.seed)
        keep(canvas, hand, LINEN)
        return canvas

    def rehearse(self, picture: Picture, hand: Hand, film: Film) -> tuple[Film, list[Strokes]]:
        """Return a film with its next frame, and its strokes, for ``Hand.laid``."""
        return rehearse(picture, self._choose(picture, hand)[1], hand, film)

    def _choose(self, picture: Picture, hand: Hand) -> tuple[float, list[Brush]]:
        """Return the broadest brush's radius, and all brushes, in pixels."""
        radius = hand.brush * (self.size or max(LEAST, picture.side / 45))
        return radius, refine(finer(size_brushes(self.brushes, radius), self.detail), hand)


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
        depth = 0.85 * self.impasto
        lift = raised(depth, picture.side, hand.brush)
        lamp = Light(depth, 0.02 * self.impasto, lift=lift, rough=(0.9, 0.82))
        radius, sized = self._choose(picture, hand)
        rounds = count_passes(sized) + 2 + (self.contour is not None)
        canvas = _prime(picture, "#f3e3c0", lamp, hand, rounds)
        underpaint(canvas, picture, radius / 2, 0.75)
        keep(canvas, hand, GROUND)
        paint(canvas, picture, sized, hand)
        keep(canvas, hand, PAINT)
        if self.contour is not None:
            width, ink = max(FINEST, radius * THIN), rgb(self.contour)
            if hand.laid is None:
                lines = plan_contour(picture, width, ink, hand.seed)
            else:
                lines = hand.laid[len(sized)]
            draw(canvas, lines, bristled(choose_pen(width)), 1)
            keep(canvas, hand, LINES)
        weave(canvas, max(1.6, radius / 14), 0.03, hand.seed)
        keep(canvas, hand, LINEN)
        return canvas

    def rehearse(self, picture: Picture, hand: Hand, film: Film) -> tuple[Film, list[Strokes]]:
        """Return a film with its next frame, and its strokes, for ``Hand.laid``."""
        radius, sized = self._choose(picture, hand)
        film, laid = rehearse(picture, sized, hand, film)
        if self.contour is None:
            return film, laid
        width, ink = max(FINEST, radius * THIN), rgb(self.contour)
        film, lines = carry_contour(film, len(sized), picture, width, ink, hand.seed)
        return film, [*laid, lines]

    def _choose(self, picture: Picture, hand: Hand) -> tuple[float, list[Brush]]:
        """Return the broadest brush's radius, and all brushes, in pixels."""
        radius = hand.brush * (self.size or max(LEAST, picture.side / 34))
        return radius, refine(finer(size_brushes(self.brushes, radius), self.detail), hand)


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


def _prime(picture: Picture, color: Color, lamp: Light, hand: Hand, rounds: int) -> Canvas:
    rng = generator(hand.seed, 3)
    tone = clouds(picture.shape, max(picture.shape) / 3, rng, wraps=picture.wraps)
    return prime(picture, lamp, rubbed(color, tone), hand.tell, rounds)
