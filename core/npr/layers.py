"""A painting in layers of strokes: one brush after the other, from coarse to fine."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..tiling import Box
from .bristles import Paint, load
from .canvas import HEIGHTS, Canvas, Painter
from .clouds import clouds
from .flow import along_forms, turn
from .noise import Array, generator
from .picture import Picture, reduce, shrink
from .ribbons import CAP, Layer, Places, Ribbons, ribbons
from .strokes import Brush, Plan, Strokes, choose_factor, plan

PROFILE = np.minimum(1, 0.62 + 3 * np.linspace(0, 1, 33)) * (1 - 0.35 * np.linspace(0, 1, 33) ** 3)
"""Half width of a stroke along it: the brush is pressed down, and lifted."""
Flow = Callable[[Array, float, int], Array]
"""Return directions (h, w, 2) for a small copy (h, w, 3), how far they are averaged, and its factor."""

Load = Callable[[Strokes, Ribbons], Painter]
"""Return what paints strokes whose ribbons are these."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How all strokes of a painting are laid."""

    seed: int = 0
    flow: Flow | None = None
    """None: along the picture's forms."""
    slack: float = 2.0
    """Radii over which directions are averaged."""
    detail: Array | None = None


def given(flow: Array) -> Flow:
    """Return directions (H, W, 2) of a whole picture, which are given."""

    def read(small: Array, sigma: float, factor: int) -> Array:  # noqa: ARG001  # these are as smooth as they are
        rows, columns = (
            np.minimum(np.arange(n) * factor + factor // 2, whole - 1)
            for n, whole in zip(small.shape[:2], flow.shape[:2], strict=True)
        )
        return np.ascontiguousarray(flow[rows[:, None], columns])

    return read


def paint(
    canvas: Canvas,
    picture: Picture,
    brushes: Sequence[Brush],
    hand: Hand,
    medium: Callable[[int], Callable[[Places, Paint], Paint]] | None = None,
) -> None:
    """Paint a picture with one brush after the other, from coarse to fine.

    Args:
        canvas: What is painted on.
        picture: What is painted.
        brushes: From coarse to fine.
        hand: How.
        medium: Return, for a brush's number, what becomes of its paint on the canvas.
    """
    factors = [choose_factor(brush.radius) for brush in brushes]
    base = min(factors)
    factors = [factor // base * base for factor in factors]
    small = reduce(picture, base)
    for index, (brush, factor) in enumerate(zip(brushes, factors, strict=True)):
        rng = generator(hand.seed, 11, index)
        copy = shrink(small, factor // base, picture.wraps[1])
        make = hand.flow or (lambda x, s, _: along_forms(x, s, picture.wraps))
        flow = make(copy, hand.slack * brush.radius / factor, factor)
        below = None if brush.threshold == 0 else canvas.small(factor)
        turned = turn(flow, brush.turn) if brush.turn else flow
        on = Plan(copy, turned, factor, picture.shape, picture.wraps, below)
        held = None if medium is None else medium(index)
        draw(canvas, plan(on, brush, rng), bristled(brush, rng, held), brush.passes)


def bristled(
    brush: Brush,
    rng: np.random.Generator,
    held: Callable[[Places, Paint], Paint] | None = None,
) -> Load:
    """Return how a brush of bristles is loaded."""

    def fill(strokes: Strokes, quads: Ribbons) -> Painter:
        loaded = load(brush, (strokes.colors, strokes.width, quads.length), rng)
        if held is None:
            return loaded.paint
        return lambda at: held(at, loaded.paint(at))

    return fill


def draw(canvas: Canvas, strokes: Strokes, load: Load, passes: int, cap: float = CAP) -> None:
    """Draw a layer's strokes, in several passes; ``load`` gives each pass its paint."""
    for part in np.array_split(np.arange(len(strokes.ends)), passes):
        if not len(part):
            continue
        own = Strokes(
            strokes.paths[part], strokes.ends[part], strokes.colors[part], strokes.width[part]
        )
        quads = ribbons(own, PROFILE if cap else np.ones(2), cap)
        canvas.lay(Layer.lay(quads, canvas.size, canvas.wraps), load(own, quads))


def weave(canvas: Canvas, thread: float, strength: float, seed: int) -> None:
    """Press a canvas's linen through the paint: threads ``thread`` pixels apart."""
    rng = generator(seed, 5)
    wander = [clouds(canvas.size, thread * 9, rng, wraps=canvas.wraps) for _ in range(2)]
    step = [
        side / max(1, round(side / (2 * thread))) / 2 if wrap else thread
        for side, wrap in zip(canvas.size, canvas.wraps, strict=True)
    ]

    def press(box: Box) -> None:
        x = np.arange(box.left, box.right, dtype=np.float32)[None]
        y = np.arange(box.top, box.bottom, dtype=np.float32)[:, None]
        u = (x / step[1] + 0.35 * wander[0].read(box)) * np.pi
        v = (y / step[0] + 0.35 * wander[1].read(box)) * np.pi
        linen = np.abs(np.sin(u)) * np.cos(v) ** 2 - np.abs(np.sin(v)) * np.sin(u) ** 2
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        lifted = canvas.height[at] + (strength * HEIGHTS) * linen
        canvas.height[at] = np.clip(np.rint(lifted), 0, HEIGHTS)

    canvas.each_part(press)


def finer(brushes: Sequence[Brush], detail: float) -> list[Brush]:
    """Return brushes that leave more of a picture's detail, or less: 1 as they are."""
    return [
        replace(brush, threshold=brush.threshold / max(detail, 0.05)) for brush in brushes
    ]
