"""Paint in brush strokes: oil, thick and lit, and gouache, flat and broad."""

from dataclasses import replace

import cv2
import numpy as np

from .flow import along_forms, trace
from .noise import Array, blur, fractal, generator, slopes
from .palette import Color, over, rgb, to_lab, vary
from .relief import light, weave
from .strokes import FINE, Brush, Canvas, Strokes, lay, paint, scale

OILS = (
    Brush(radius=1.0, threshold=0, spacing=0.8, steps=(8, 26), light=3, chroma=5, streaks=5.5),
    Brush(radius=0.62, threshold=12, spacing=0.9, steps=(9, 26), light=3.5, chroma=5, streaks=5.5),
    Brush(radius=0.36, threshold=14, spacing=1.1, steps=(8, 24), light=3, chroma=4, streaks=5),
    Brush(radius=0.2, threshold=17, spacing=1.5, steps=(6, 20), light=2, chroma=3, streaks=4),
)
"""Brushes of oil; their radii are shares of the broadest."""
_FLAT = Brush(radius=1.0, streaks=2.2, dry=0.5, gaps=0.04, thickness=0.7)
FLATS = (
    replace(_FLAT, threshold=0, spacing=1.15, steps=(4, 12), light=4, chroma=7),
    replace(_FLAT, radius=0.6, threshold=13, spacing=1.1, steps=(5, 14), light=4, chroma=6),
    replace(_FLAT, radius=0.33, threshold=15, spacing=1.2, steps=(5, 14), light=3, chroma=5),
)
"""Brushes of gouache; their radii are shares of the broadest."""


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
        size: radius of the broadest brush in pixels; None: a 45th of the longer side.
        impasto: thickness of the paint.
        seed: of all randomness.
    """
    r = size or max(3.0, max(picture.shape[:2]) / 45)
    ground = prime(picture.shape[:2], "#8a5a33", seed)
    canvas = paint(picture, scale(OILS, r), ground=ground, flow=flow, seed=seed)
    return light_relief(
        canvas, picture.shape[:2], depth=5.0 * impasto, gloss=0.12 * impasto, seed=seed
    )


def gouache(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    contour: Color | None = "#26266a",
    seed: int = 0,
) -> Array:
    """Return the picture in broad patches of opaque colour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the strokes, unit vectors (H, W, 2); None: along the picture's forms.
        size: radius of the broadest brush in pixels; None: a 34th of the longer side.
        contour: colour of the lines drawn along strong edges; None: no lines.
        seed: of all randomness.
    """
    r = size or max(3.0, max(picture.shape[:2]) / 34)
    ground = prime(picture.shape[:2], "#f3e3c0", seed)
    canvas = paint(picture, scale(FLATS, r), ground=ground, flow=flow, seed=seed)
    if contour is not None:
        canvas = _contour(canvas, picture, r * 0.11, rgb(contour), seed)
    return light_relief(canvas, picture.shape[:2], depth=1.7, gloss=0.02, seed=seed)


def _contour(canvas: Canvas, picture: Array, radius: float, ink: Array, seed: int) -> Canvas:
    """Draw lines of one colour along the picture's strongest edges."""
    lab = to_lab(blur(picture, radius * 1.5))
    gx, gy = slopes(lab)
    steep = np.sqrt((gx**2 + gy**2).sum(-1)) * radius
    crest = (steep > 5.6) & (steep >= cv2.dilate(steep, np.ones((3, 3), np.uint8)) * 0.98)
    pieces, area = cv2.connectedComponentsWithStats(crest.astype(np.uint8), connectivity=8)[1:3]
    crest &= area[pieces, cv2.CC_STAT_AREA] > 18 * radius
    rng = generator(seed, 61)
    starts = np.argwhere(crest)[:, ::-1].astype(np.float32)
    starts = rng.permutation(starts)[: max(1, int(len(starts) / (radius * 5)))]
    paths = trace(along_forms(picture, radius * 1.6), starts, max(radius * 0.8, 0.5), 32, 0.1)
    brush = Brush(radius=radius, streaks=3, dry=0.4, thickness=0.75)
    drawn = np.round(np.dstack([canvas.color, canvas.height]) * 255).astype(np.uint8)
    colors = vary(np.repeat(ink[None], len(paths), 0), rng, 4, 4)
    lay(drawn, Strokes(paths, rng.integers(12, 33, len(paths)), colors), brush, rng)
    painted = drawn.astype(np.float32) / 255
    return Canvas(np.ascontiguousarray(painted[..., :3]), np.ascontiguousarray(painted[..., 3]))


def prime(shape: tuple[int, ...], color: Color, seed: int) -> Array:
    """Return a bare canvas (H, W, 3), rubbed with a thin, uneven tone."""
    cloud = fractal((shape[0], shape[1]), max(shape) / 3, generator(seed, 3))
    return np.clip(
        over(np.ones((shape[0], shape[1], 3), np.float32), rgb(color), 0.9 + 0.06 * cloud), 0, 1
    )


def light_relief(
    canvas: Canvas, shape: tuple[int, ...], *, depth: float, gloss: float, seed: int
) -> Array:
    """Return the paint under raking light, shrunk to the picture's size (H, W, 3)."""
    linen = weave(canvas.height.shape, 3.2 * FINE / 2, generator(seed, 5))
    relief = cv2.GaussianBlur(canvas.height, (0, 0), 0.8) + 0.03 * linen
    lit = light(canvas.color, relief, depth=depth, gloss=gloss)
    return np.clip(cv2.resize(lit, (shape[1], shape[0]), interpolation=cv2.INTER_AREA), 0, 1)
