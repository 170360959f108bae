"""Streets and landscapes by day, and where their sky and their lamps are, so that night can fall."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...npr.noise import Array, fractal, ramp
from ...npr.palette import adjust, gradient, over, rgb, vary
from .ground import GREENS
from .surface import Rng, Shape, blade, chance, fill, pick, uniform

Lamp = tuple[float, float, float]
"""Where a lamp hangs, x and y in pixels, and how far it lights."""
WALLS = (
    "#c9b79a", "#b5836a", "#d8cfc0", "#9a5a48", "#e0c48f", "#8f9ba0", "#c8a0a0", "#7f8f7a", "#d9d4c8",
    "#a86a50", "#b0a48f", "#6f7885",
)  # fmt: skip  # a table
ROOFS = ("#7a4538", "#5a5450", "#8f5a40", "#454a52", "#6a5f55")


@dataclass(frozen=True, slots=True)
class Scenery:
    """A view: ``color`` (H, W, 3) by day, ``sky`` and ``panes`` (H, W) in [0, 1], and its lamps."""

    color: Array
    sky: Array
    panes: Array
    lamps: Sequence[Lamp]


def scenery(shape: Shape, rng: Rng) -> Scenery:
    """Return a street or a landscape by day."""
    made = street(shape, rng) if chance(rng, 0.55) else landscape(shape, rng)
    grain = 1.2 * fractal(shape, 3, rng, roughness=0.8) + 2.0 * fractal(shape, 14, rng, roughness=1)
    color = adjust(made.color, light=grain * (1 - 0.75 * made.sky))
    return Scenery(color, made.sky, made.panes, made.lamps)


def day_sky(shape: Shape, rng: Rng) -> Array:
    """Return a sky by day (H, W, 3), clear to overcast."""
    colors = (
        ("#3f7fc4", "#7fb2e0", "#cfe3ef"), ("#5f94cc", "#a5c6e2", "#e6ebe8"),
        ("#8fa3b5", "#b8c4cc", "#dfe3e3"), ("#4a86b8", "#9cc3d8", "#f0dfc0"),
    )[int(rng.integers(4))]  # fmt: skip
    y = np.linspace(0, 1.6, shape[0], dtype=np.float32)[:, None]
    sky = gradient(colors, np.broadcast_to(y, shape))
    cloud = fractal(shape, (shape[0] / 7, shape[0] / 3), rng, roughness=1.5)
    mask = ramp(cloud, uniform(rng, -0.5, 1.5), uniform(rng, 1.6, 2.6))
    return over(sky, "#f6f6f4", 0.9 * mask)


class _Canvas:
    """What is drawn upon: colours, sky and window panes in one array of five channels."""

    def __init__(self, shape: Shape, rng: Rng) -> None:
        self.shape, self.rng = shape, rng
        self.color = day_sky(shape, rng)
        self.marks = np.zeros((*shape, 2), np.float32)
        self.marks[..., 0] = 1
        self.lamps: list[Lamp] = []

    def draw(
        self, points: Sequence[tuple[float, float]] | Array, color: Array, pane: float = 0.0
    ) -> None:
        """Fill a polygon, x and y in heights, with a colour; it hides the sky."""
        pixels = np.asarray(points, np.float32) * self.shape[0]
        fill(self.color, pixels, tuple(color))
        fill(self.marks, pixels, (0.0, pane))

    def box(
        self, left: float, top: float, right: float, bottom: float, color: Array, pane: float = 0.0
    ) -> None:
        """Fill a rectangle."""
        self.draw([(left, top), (right, top), (right, bottom), (left, bottom)], color, pane)

    def lay(self, picture: Array, mask: Array) -> None:
        """Lay a picture over everything where ``mask`` is 1."""
        self.color = over(self.color, picture, mask)
        self.marks *= (1 - mask)[..., None]

    def finished(self) -> Scenery:
        return Scenery(self.color, self.marks[..., 0].copy(), self.marks[..., 1].copy(), self.lamps)


def street(shape: Shape, rng: Rng) -> Scenery:
    """Return houses along a street, seen from across it."""
    c = _Canvas(shape, rng)
    foot = uniform(rng, 0.62, 0.88)
    _row_of_houses(c, foot - 0.04, uniform(rng, 0.3, 0.5), far=True)
    _row_of_houses(c, foot, uniform(rng, 0.35, 0.62), far=False)
    _road(c, foot)
    for x in np.arange(uniform(rng, 0, 0.3), shape[1] / shape[0], uniform(rng, 0.25, 0.6)):
        if chance(rng, 0.75):
            _lamp(c, float(x), foot + uniform(rng, 0.0, 0.05), uniform(rng, 0.18, 0.34))
    for _ in range(int(rng.integers(0, 4))):
        tree(c, uniform(rng, 0, 1), foot + uniform(rng, 0, 0.08), uniform(rng, 0.15, 0.4))
    return c.finished()


def _row_of_houses(c: _Canvas, foot: float, tall: float, *, far: bool) -> None:
    left = -uniform(c.rng, 0, 0.15)
    while left < c.shape[1] / c.shape[0]:
        wide = uniform(c.rng, 0.12, 0.36)
        if not (far or chance(c.rng, 0.12)):
            _house(c, (left, left + wide), foot, tall * uniform(c.rng, 0.65, 1.15))
        elif far:
            grey = vary(rgb("#9aa6b0")[None], c.rng, 6, 2)[0]
            c.box(left, foot - tall * uniform(c.rng, 0.9, 1.5), left + wide, foot, grey)
        left += wide


def _house(c: _Canvas, sides: tuple[float, float], foot: float, tall: float) -> None:
    left, right = sides
    wall = vary(rgb(WALLS[int(c.rng.integers(len(WALLS)))])[None], c.rng, 6, 3)[0]
    top, eaves = foot - tall, 0.008
    if chance(c.rng, 0.6):
        roof = vary(rgb(ROOFS[int(c.rng.integers(len(ROOFS)))])[None], c.rng, 5, 3)[0]
        rise, slant = uniform(c.rng, 0.03, 0.12), uniform(c.rng, 0, 0.45) * (right - left)
        c.draw(
            [
                (left - eaves, top),
                (left + slant, top - rise),
                (right - slant, top - rise),
                (right + eaves, top),
            ],
            roof,
        )
    c.box(left, top, right, foot, wall)
    c.box(left, foot - 0.03, right, foot, wall * 0.7)
    c.box(left - eaves / 2, top - eaves, right + eaves / 2, top + eaves, wall * 0.82)
    _windows(c, sides, (top + 0.03, foot - 0.1), wall)
    x = uniform(c.rng, left + 0.01, max(left + 0.02, right - 0.06))
    door = vary(rgb(pick(c.rng, "#4a3428", "#2f4a44", "#5a2f2a", "#39404a"))[None], c.rng, 5, 4)[0]
    c.box(x - 0.004, foot - 0.09, x + 0.044, foot, wall * 1.12)
    c.box(x, foot - 0.085, x + 0.04, foot, door)


def _windows(
    c: _Canvas, sides: tuple[float, float], span: tuple[float, float], wall: Array
) -> None:
    wide, tall = uniform(c.rng, 0.022, 0.045), uniform(c.rng, 0.035, 0.065)
    step_x, step_y = wide * uniform(c.rng, 1.6, 2.4), tall * uniform(c.rng, 1.5, 2.0)
    columns = max(1, int((sides[1] - sides[0] - wide) / step_x))
    start = (sides[0] + sides[1] - columns * step_x) / 2 + (step_x - wide) / 2
    frame = np.clip(wall * uniform(c.rng, 0.6, 1.3), 0, 1)
    for y in np.arange(span[0], span[1] - tall, step_y):
        for x in start + step_x * np.arange(columns):
            glass = vary(rgb("#4a5a68")[None], c.rng, 7, 2)[0]
            c.box(x - 0.004, y - 0.004, x + wide + 0.004, y + tall + 0.006, frame)
            lit = uniform(c.rng, 0.4, 1) if chance(c.rng, 0.5) else 0.02
            c.box(x, y, x + wide, y + tall, glass, lit)
            c.box(x + wide * 0.46, y, x + wide * 0.54, y + tall, frame)
            c.box(x, y + tall * 0.4, x + wide, y + tall * 0.46, frame)


def _road(c: _Canvas, foot: float) -> None:
    right, curb = c.shape[1] / c.shape[0], foot + uniform(c.rng, 0.03, 0.09)
    paving = vary(rgb("#a39e95")[None], c.rng, 8, 3)[0]
    road = vary(rgb("#5f6164")[None], c.rng, 8, 2)[0]
    c.box(0, foot, right, curb, paving)
    for x in np.arange(0, right, 0.04):
        c.box(x, foot, x + 0.002, curb, paving * 0.8)
    c.box(0, curb, right, 1.01, road)
    c.box(0, curb, right, curb + 0.006, paving * 1.15)
    for x in np.arange(uniform(c.rng, 0, 0.2), right, 0.2):
        c.box(x, curb + 0.6 * (1 - curb), x + 0.1, curb + 0.6 * (1 - curb) + 0.01, rgb("#d8d6cc"))


def _lamp(c: _Canvas, x: float, foot: float, tall: float) -> None:
    iron = rgb("#2b2e30")
    c.box(x - 0.004, foot - tall, x + 0.004, foot, iron)
    c.box(x - 0.012, foot - tall - 0.03, x + 0.012, foot - tall, np.array([0.85, 0.84, 0.78]), 1.0)
    c.box(x - 0.015, foot - tall - 0.036, x + 0.015, foot - tall - 0.028, iron)
    h = c.shape[0]
    c.lamps.append((x * h, (foot - tall - 0.015) * h, tall * h))


def tree(c: _Canvas, x: float, foot: float, tall: float) -> None:
    """Draw a tree: trunk, and leaves in clumps, darker below."""
    c.box(x - tall * 0.03, foot - tall * 0.5, x + tall * 0.03, foot, rgb("#4a3a2c"))
    colors = GREENS[int(c.rng.integers(len(GREENS)))]
    spread, h = np.array([0.26, 0.32]) * tall, c.shape[0]
    for i in range(int(500 * min(1.0, tall * 3))):
        off = c.rng.normal(0, 0.45, 2)
        at = np.array([x, foot - tall * 0.68]) + off * spread
        tone = np.clip(0.45 - 0.35 * off[1] + 0.1 * c.rng.normal() + 0.1 * i / 500, 0, 1)
        size = tall * uniform(c.rng, 0.03, 0.07)
        leaf = blade(at * h, size * h, size * h * 0.6, uniform(c.rng, 0, 6.3), 0.4)
        c.draw(leaf / h, gradient(colors, float(tone)))


def landscape(shape: Shape, rng: Rng) -> Scenery:
    """Return hills, woods, meadows or a lake, perhaps a few houses."""
    c = _Canvas(shape, rng)
    h, w = shape
    y = np.mgrid[:h, :w][0].astype(np.float32) / h
    count, base = int(rng.integers(3, 6)), uniform(rng, 0.3, 0.5)
    haze = c.color[int(base * h)].mean(0)
    colors = GREENS[int(rng.integers(len(GREENS)))]
    for i in range(count):
        far = 1 - (i + 1) / count
        rough = fractal((1, w), (0.12 + 0.35 * far) * h, rng, roughness=1.6)[0]
        line = base + (0.95 - base) * (i / count) ** 1.2 + (0.02 + 0.06 * far) * rough
        if i and chance(rng, 0.6):
            line = line - 0.02 * np.abs(fractal((1, w), 5, rng, roughness=0.8)[0])
        patches = fractal(shape, (h / 30, h / 6), rng, roughness=1.2)
        land = gradient(colors, 0.38 + 0.16 * patches + 0.25 * (1 - far) * (y - line[None]))
        land = land * (1 - 0.75 * far) + haze * 0.75 * far
        c.lay(land.astype(np.float32), np.clip((y - line[None]) * h, 0, 1))
        if far < 0.6:
            _hamlet(c, line, far)
    if chance(rng, 0.4):
        _lake(c, uniform(rng, 0.62, 0.85))
    return c.finished()


def _hamlet(c: _Canvas, line: Array, far: float) -> None:
    """Draw trees and houses that stand on a hill's line."""
    h, w = c.shape
    for _ in range(int(c.rng.integers(0, 7))):
        x = uniform(c.rng, 0, w / h)
        foot = float(line[min(w - 1, int(x * h))]) + uniform(c.rng, 0.01, 0.06)
        if chance(c.rng, 0.7):
            tree(c, x, foot, uniform(c.rng, 0.06, 0.2) * (1.3 - far))
        else:
            size = uniform(c.rng, 0.06, 0.13) * (1.2 - far)
            _house(c, (x, x + size * 1.3), foot, max(size, 0.075))


def _lake(c: _Canvas, shore: float) -> None:
    """Lay a lake below ``shore``: the view upside down, blurred along its ripples."""
    h, w = c.shape
    row = round(shore * h)
    source = np.clip(2 * row - np.arange(h), 0, h - 1)
    mirrored = cv2.GaussianBlur(c.color[source], (0, 0), 0.8, sigmaY=3)
    shift = (fractal((h, w), (4, 60), c.rng, roughness=1) * 3).astype(np.int32)
    rows = np.clip(np.arange(h)[:, None] + shift, 0, h - 1)
    water = 0.8 * mirrored[rows, np.arange(w)[None]] + 0.2 * rgb("#5f7f8f")
    edge = row + 3 * fractal((1, w), 40, c.rng)[0]
    c.lay(
        water.astype(np.float32),
        np.clip(np.arange(h)[:, None] - edge[None], 0, 1).astype(np.float32),
    )


def glow(shape: Shape, lamps: Sequence[Lamp]) -> Array:
    """Return how much lamps light each pixel (H, W): near 1 beside one, falling with the square."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    light = np.zeros(shape, np.float32)
    for at_x, at_y, reach in lamps:
        light += 1 / (1 + ((x - at_x) ** 2 + (y - at_y) ** 2) / (0.35 * reach) ** 2)
    return light
