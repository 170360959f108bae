"""A canvas that is painted part by part: colour and relief, in few bits, whatever its size."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ..crossings import Crossings
from ..tiling import Box
from .bristles import Paint
from .clouds import Clouds
from .noise import Array, pick, ramp
from .palette import Color, rgb
from .picture import ROWS, Picture, Wraps, shrink
from .relief import light
from .ribbons import Layer, Places
from .samples import paint_mixed, paint_whole, tell_apart

PART = 512
"""Side of the parts in which a canvas is painted, in pixels."""
HANDS = 2
"""Parts that are painted at once; which, changes nothing."""
AT_ONCE = 1 << 14
"""Samples that are painted at once: few enough for a processor's cache."""
HEIGHTS = 65535
GROUND, PAPER, PAINT, LINES, LINEN = "Ground", "Paper", "Paint", "Lines", "Linen"
"""Stages of canvases: bare and underpainted canvas, paper, paint, lines on it, and the weave through it."""
REACH = 4
"""Pixels around a window that its light depends on."""
USUAL, FINE_RELIEF = 1024.0, 0.4
"""Side of the picture, in pixels, on which reliefs have their depth; least share of it of fine paint."""
Painter = Callable[[Places], Paint]


Tell = Callable[[int, int], None]
"""Is told how many parts of how many are done."""


def ignore(done: int, total: int) -> None:
    """Take no notice of what is done."""


class Steps:
    """Counts the parts that are done."""

    def __init__(self, tell: Tell, total: int) -> None:
        self.tell, self.done, self.total = tell, 0, total

    def part(self, count: int = 1) -> None:
        """Tell of ``count`` parts more."""
        self.done = min(self.done + count, self.total)
        self.tell(self.done, self.total)


@dataclass(frozen=True, slots=True)
class Light:
    """How paint is lit: its relief's depth in pixels, and how it shines."""

    depth: float
    gloss: float
    soft: float = 0.5
    """Deviation, in pixels, of the blur of the relief that is lit."""
    sharpness: float = 24.0
    lift: float = 0.0
    """Depth of the relief in pixels where it is given to a renderer; 0: ``depth``."""
    rough: tuple[float, float] = (0.9, 0.9)
    """Roughness of bare ground and thin paint, and of the thickest."""


def raised(depth: float, side: float, brush: float) -> float:
    """Return how deep a relief is, in pixels, so that it is as steep on any picture and by any brush.

    Args:
        depth: In pixels, on a picture whose side has ``USUAL`` pixels.
        side: Of the picture, in pixels.
        brush: How much larger strokes are than usual. They are not made finer without end, so nor is this.
    """
    return depth * max(FINE_RELIEF, brush * side / USUAL)


@dataclass(frozen=True, slots=True)
class Stage:
    """What a canvas looked like when something of it was done, by its name."""

    name: str
    color: NDArray[np.uint8]
    height: NDArray[np.uint16]
    cover: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Canvas:
    """Paint: ``color`` (H, W, 3) and ``cover`` (H, W) of 8 bits, ``height`` (H, W) of 16, and its light."""

    color: NDArray[np.uint8]
    height: NDArray[np.uint16]
    cover: NDArray[np.uint8]
    """How much paint hides the ground."""
    wraps: Wraps
    light: Light
    steps: Steps
    stages: "list[Stage]" = field(default_factory=list["Stage"])
    """What it looked like before, where that is kept."""
    pieces: NDArray[np.integer] | None = None
    """(H, W): numbers of pieces that no stroke leaves, as of ``Picture``."""
    crossings: Crossings | None = None
    """Where strokes go on over seams of pieces, as of ``Picture``."""

    def keep(self, name: str) -> None:
        """Keep what it looks like now, as a stage of a name."""
        self.stages.append(Stage(name, self.color.copy(), self.height.copy(), self.cover.copy()))

    def at_stage(self, stage: "Stage") -> "Canvas":
        """Return it as it was at a stage."""
        return replace(self, color=stage.color, height=stage.height, cover=stage.cover, stages=[])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height.shape[0], self.height.shape[1]

    def small(self, factor: int) -> Array:
        """Return the colours in means of ``factor`` x ``factor`` pixels, (h, w, 3) in [0, 1]."""
        step = max(1, ROWS // factor) * factor
        parts = [
            shrink(self.color[top : top + step].astype(np.float32), factor, self.wraps[1])
            for top in range(0, self.size[0], step)
        ]
        return np.concatenate(parts) / 255

    def each_part(self, work: Callable[[Box], None], alone: bool = False) -> None:
        """Do something for each part, several at once; it must touch nothing outside of its part.

        Args:
            work: What is done.
            alone: Whether a small canvas is one part: hands that take many short turns wait for each other.
        """
        boxes = _cut(self.size)
        hands = min(HANDS, len(boxes), os.cpu_count() or 1)
        if alone and max(self.size) <= PART:
            work(Box(0, 0, *self.size))
            self.steps.part(len(boxes))
            return
        if hands < 2:
            for box in boxes:
                work(box)
                self.steps.part()
            return
        pool = ThreadPoolExecutor(hands)
        try:
            for _ in pool.map(work, boxes):
                self.steps.part()
        finally:
            pool.shutdown(cancel_futures=True)

    def lay(self, layer: Layer, painter: Painter) -> None:
        """Paint a layer of strokes."""
        self.each_part(lambda box: self._lay(layer, painter, box), alone=True)

    def _lay(self, layer: Layer, painter: Painter, box: Box) -> None:
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        drawn = layer.draw(box, None if self.pieces is None else self.pieces[at])
        whole, mixed = tell_apart(drawn)
        for work, pixels in ((paint_whole, whole), (paint_mixed, mixed)):
            for start in range(0, len(pixels), AT_ONCE):
                some = pixels[start : start + AT_ONCE]
                paint = work(layer, painter, drawn, some, box)
                self._blend(box, some, paint)

    def _blend(self, box: Box, pixels: NDArray[np.intp], paint: Paint) -> None:
        """Lay paint over what is there on pixels (M,) of a window, counted row by row."""
        rows, columns = np.divmod(pixels, box.width)
        at = (rows + box.top) * self.size[1] + (columns + box.left)
        color, height, cover = paint.color, paint.height, paint.cover
        colors, heights, covers = self.color.ravel(), self.height.ravel(), self.cover.ravel()
        first = 3 * at
        for k, tone in enumerate(color):
            place = first + k
            below = pick(colors, place).astype(np.float32)
            colors[place] = np.rint(below + (tone * 255 - below) * cover).astype(np.uint8)
        low = pick(heights, at).astype(np.float32)
        heights[at] = np.rint(low + (height * HEIGHTS - low) * cover).astype(np.uint16)
        bare = 255 - pick(covers, at)
        covers[at] = 255 - np.floor(bare * (1 - cover)).astype(np.uint8)

    def around(self, box: Box, reach: int) -> tuple[Array, Array]:
        """Return colour (h, w, 3) and height (h, w) in [0, 1] of a window and what is around it."""
        at = self._at(box, reach)
        return self.color[at].astype(np.float32) / 255, self.height[at].astype(np.float32) / HEIGHTS

    def _at(self, box: Box, reach: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        rows, columns = (
            _index(start - reach, stop + reach, side, wrap)
            for start, stop, side, wrap in zip(
                (box.top, box.left), (box.bottom, box.right), self.size, self.wraps, strict=True
            )
        )
        return rows[:, None], columns

    def planes(self, box: Box) -> Array:
        """Return height, roughness and cover of a window, (h, w, 3) in [0, 1]."""
        thin, thick = self.light.rough
        height = _soften(self.around(box, REACH)[1], self.light.soft)[REACH:-REACH, REACH:-REACH]
        cover = self.cover[self._at(box, 0)].astype(np.float32) / 255
        rough = thin + (thick - thin) * ramp(height, 0.2, 0.8)
        return np.dstack([height, rough, cover]).astype(np.float32)

    def unlit(self, box: Box) -> Array:
        """Return a window of the paint's own colours, (h, w, 3) in [0, 1]."""
        return self.around(box, 0)[0]

    def lit(self, box: Box) -> Array:
        """Return a window of the paint under raking light, (h, w, 3) in [0, 1]."""
        if self.light.depth == 0:
            return self.unlit(box)
        color, height = self.around(box, REACH)
        relief = _soften(height, self.light.soft)
        shown = light(
            color,
            relief,
            depth=self.light.depth,
            gloss=self.light.gloss,
            sharpness=self.light.sharpness,
        )
        return np.ascontiguousarray(shown[REACH:-REACH, REACH:-REACH])

    def whole(self) -> Array:
        """Return all of the lit paint, (H, W, 3)."""
        return self.lit(Box(0, 0, *self.size))


def _index(start: int, stop: int, side: int, wrap: bool) -> NDArray[np.intp]:
    index = np.arange(start, stop)
    return index % side if wrap else np.clip(index, 0, side - 1)


def _soften(height: Array, soft: float) -> Array:
    return cv2.GaussianBlur(height, (5, 5), soft) if soft else height


def _cut(size: tuple[int, int]) -> list[Box]:
    """Return the parts of a canvas, about as large as each other; a small one is cut, too, for two hands."""
    height, width = size
    rows, columns = (-(-side // PART) for side in size)
    rows = min(height, HANDS) if rows * columns < HANDS else rows
    downs, alongs = (
        [side * k // count for k in range(count + 1)]
        for side, count in ((height, rows), (width, columns))
    )
    return [
        Box(top, left, bottom, right)
        for top, bottom in pairwise(downs)
        for left, right in pairwise(alongs)
    ]


Ground = Callable[[Box], tuple[Array, Array | float]]
"""Return the bare canvas of a window: its colours (h, w, 3) and its height (h, w), in [0, 1]."""


def prime(picture: Picture, how: Light, ground: Ground, tell: Tell, rounds: int) -> Canvas:
    """Return a bare canvas for a picture, all of which will be gone over ``rounds`` times more."""
    size = picture.shape
    steps = Steps(tell, (1 + rounds) * len(_cut(size)))
    bare = np.zeros(size, np.uint8)
    color, height = np.empty((*size, 3), np.uint8), np.empty(size, np.uint16)
    pieces, over = picture.pieces, picture.crossings
    canvas = Canvas(color, height, bare, picture.wraps, how, steps, pieces=pieces, crossings=over)

    def rub(box: Box) -> None:
        color, height = ground(box)
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        canvas.color[at] = np.rint(np.clip(color, 0, 1) * 255)
        canvas.height[at] = np.rint(np.clip(height, 0, 1) * HEIGHTS)

    canvas.each_part(rub)
    return canvas


def rubbed(color: Color, tone: Clouds) -> Ground:
    """Return white canvas rubbed with a thin, uneven tone."""

    def read(box: Box) -> tuple[Array, float]:
        share = 0.9 + 0.06 * tone.read(box)[..., None]
        return 1 + (rgb(color) - 1) * share, 0.0

    return read


Make = Callable[[Box], tuple[Array, Array | float, Array | float]]
"""Return a window's colours (h, w, 3), its height and its cover (h, w), in [0, 1]."""


def print_parts(canvas: Canvas, make: Make) -> None:
    """Make a canvas part by part from what each pixel's place says."""

    def press(box: Box) -> None:
        color, height, cover = make(box)
        at = (slice(box.top, box.bottom), slice(box.left, box.right))
        canvas.color[at] = np.rint(np.clip(color, 0, 1) * 255)
        canvas.height[at] = np.rint(np.clip(height, 0, 1) * HEIGHTS)
        canvas.cover[at] = np.rint(np.clip(cover, 0, 1) * 255)

    canvas.each_part(press)


def blank(size: tuple[int, int], how: Light, wraps: Wraps, tell: Tell) -> Canvas:
    """Return a canvas that nothing is on, to be gone over once."""
    color, height = np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint16)
    steps = Steps(tell, len(_cut(size)))
    return Canvas(color, height, np.zeros(size, np.uint8), wraps, how, steps)
