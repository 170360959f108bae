"""Pastel: chalk strokes on toned, rough paper that shows between them."""

from dataclasses import replace

import cv2
import numpy as np

from .flow import along_forms, turn
from .noise import Array, blur, fractal, generator, paper, ramp
from .palette import Color, over, rgb
from .strokes import FINE, Brush, paint, scale

_CHALK = Brush(radius=1.0, steps=(6, 16), light=5, chroma=8, streaks=7, dry=0.5)
CHALKS = (
    replace(_CHALK, threshold=0, spacing=1.0, gaps=0.25),
    replace(_CHALK, radius=0.6, threshold=11, spacing=1.25, gaps=0.2),
    replace(_CHALK, radius=0.34, threshold=13, spacing=1.5, gaps=0.15),
    replace(_CHALK, radius=0.2, threshold=15, spacing=1.75, gaps=0.1),
)
"""Chalks from broad to sharp; their radii are shares of the broadest."""
HANDLING = ((0.55, 18, 0.6), (0.25, -12, 0.35), (0.1, 6, 0.2), (-0.1, 0, 0.1))
"""Of each chalk: how hard it is pressed, its slant against the forms (degrees), how far it is rubbed."""


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
        size: radius of the broadest chalk in pixels; None: a 40th of the longer side.
        sheet: colour of the paper.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    r = size or max(3.0, max(height, width) / 40)
    rng = generator(seed, 71)
    shape = (height * FINE, width * FINE)
    tooth = paper(shape, 2.1 * FINE * max(1.0, r / 17), rng)
    drawn = (
        over(np.ones((*shape, 3), np.float32), rgb(sheet), np.ones(shape))
        + 0.018 * tooth[..., None]
    )
    field = along_forms(picture, r * 1.5) if flow is None else flow
    for index, brush in enumerate(scale(CHALKS, r)):
        cover, slant, blend = HANDLING[index]
        way = turn(field, slant)
        drawn = _rub(drawn, picture, way, brush, (cover, blend, seed + index), tooth)
    return np.clip(cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA), 0, 1)


def _rub(
    drawn: Array,
    picture: Array,
    flow: Array,
    brush: Brush,
    way: tuple[float, float, int],
    tooth: Array,
) -> Array:
    """Draw one chalk: it stays on the paper's high points, and is rubbed slightly into the low ones."""
    cover, blend, seed = way
    canvas = paint(picture, [brush], ground=np.clip(drawn, 0, 1), flow=flow, seed=seed)
    touched = (np.abs(canvas.color - np.clip(drawn, 0, 1)).max(-1) > 0.012).astype(np.float32)
    pressure = (
        cover + 1.6 * (canvas.height - 0.5) + 0.35 * fractal(tooth.shape, 40, generator(seed, 72))
    )
    held = ramp(tooth + pressure, -0.25, 0.45) * blur(touched, 0.6)
    dust = blend * 0.5 * blur(touched, 3)
    chalk = canvas.color + 0.02 * tooth[..., None]
    return over(over(drawn, blur(canvas.color, 3), dust), chalk, held)
