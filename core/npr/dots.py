"""Pointillism: dabs of pure colour along the forms, which mix in the eye."""

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import along_forms, sample
from .noise import Array, blur, generator
from .oil import light_relief, prime
from .palette import adjust, from_lab, to_lab, vary
from .strokes import FINE, Canvas


def pointillism(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    purity: float = 1.0,
    seed: int = 0,
) -> Array:
    """Return the picture in dabs of pure colour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the dabs, unit vectors (H, W, 2); None: along the picture's forms.
        size: length of a dab in pixels; None: a 60th of the longer side.
        purity: difference of the dabs' colours from the picture's; their mean is the picture's.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    size = size or max(2.0, max(height, width) / 60)
    field = along_forms(picture, size * 2) if flow is None else flow
    drawn = np.zeros((height * FINE, width * FINE, 4), np.uint8)
    ground = prime((height, width), "#e8d8b8", seed)
    drawn[..., :3] = cv2.resize(
        np.round(ground * 255).astype(np.uint8), (width * FINE, height * FINE)
    )
    for index, (share, spacing, strength) in enumerate(
        ((1.25, 0.62, 0.5), (1.0, 0.6, 1.0), (0.78, 0.62, 1.15), (0.6, 0.85, 1.2))
    ):
        rng = generator(seed, 51, index)
        _dab(drawn, picture, field, (size * share, size * spacing, purity * strength), rng)
    painted = drawn.astype(np.float32) / 255
    relief = blur(np.ascontiguousarray(painted[..., 3]), 0.7)
    canvas = Canvas(np.ascontiguousarray(painted[..., :3]), relief)
    return light_relief(canvas, (height, width), depth=2.0, gloss=0.04, seed=seed)


def _dab(
    drawn: NDArray[np.uint8],
    picture: Array,
    flow: Array,
    form: tuple[float, float, float],
    rng: np.random.Generator,
) -> None:
    """Draw one layer of dabs: ``form`` is their length, their spacing (pixels) and their purity."""
    size, spacing, purity = form
    at = _scatter(picture.shape[:2], spacing, rng)
    colors = divide_colours(sample(blur(picture, size * 0.12), at), purity, rng)
    way = sample(flow, at)
    angle = np.rad2deg(np.arctan2(way[:, 1], way[:, 0])) + rng.normal(0, 14, len(at))
    half = size / 2 * FINE * rng.uniform(0.72, 1.15, (len(at), 1)) * (1, 0.62)
    lift = rng.uniform(0.3, 0.9, len(at))
    inks = np.clip(np.concatenate([colors, lift[:, None]], 1) * 255, 0, 255)
    crown = np.clip(inks + np.array((12, 12, 10, 45)), 0, 255)
    for i in range(len(at)):
        center = (at[i] * FINE * 16).astype(int)
        for share, ink in ((1.0, inks[i]), (0.6, crown[i])):
            axes = np.maximum(half[i] * share * 16, 8).astype(int)
            at_16, axes_16 = (int(center[0]), int(center[1])), (int(axes[0]), int(axes[1]))
            outline = np.asarray(cv2.ellipse2Poly(at_16, axes_16, int(angle[i]), 0, 360, 30))
            cv2.fillConvexPoly(drawn, outline, ink.tolist(), cv2.LINE_AA, 4)


def _scatter(shape: tuple[int, ...], spacing: float, rng: np.random.Generator) -> Array:
    cell = max(1.0, spacing)
    rows, columns = int(np.ceil(shape[0] / cell)), int(np.ceil(shape[1] / cell))
    y, x = np.mgrid[:rows, :columns]
    at = (np.stack([x, y], -1) + rng.uniform(0, 1, (rows, columns, 2))) * cell
    return rng.permutation(
        np.minimum(at.reshape(-1, 2), (shape[1] - 1, shape[0] - 1)).astype(np.float32)
    )


def divide_colours(colors: Array, purity: float, rng: np.random.Generator) -> Array:
    """Return purer colours (N, 3) around the given ones; some are near the complement."""
    pure = adjust(colors, chroma=1 + 0.5 * purity)
    parted = vary(pure, rng, light=4.5 * purity, chroma=8 * purity, hue=18 * purity)
    lab = to_lab(colors)
    complement = np.stack([lab[:, 0] + 6, -0.5 * lab[:, 1], -0.5 * lab[:, 2]], 1)
    chosen = rng.random(len(colors)) < 0.09 * purity
    from_complement = vary(from_lab(complement), rng, 5, 10)
    return np.where(chosen[:, None], from_complement, parted).astype(np.float32)
