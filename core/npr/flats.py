"""Flat areas of few colours, and the ink lines between them."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import KDTree

from .noise import Array, blur, fractal, generator, ramp
from .palette import from_lab, to_lab


def flats(picture: Array, count: int, smooth: float, seed: int) -> tuple[NDArray[np.intp], Array]:
    """Return each pixel's tint (H, W), an index, and the ``count`` tints (count, 3)."""
    rng = generator(seed, 32)
    pixels = blur(picture, smooth).reshape(-1, 3)
    sparse = to_lab(pixels[rng.integers(0, len(pixels), 20000)])
    tints = _spread(sparse, count, rng)
    for _ in range(10):
        owner = KDTree(tints).query(sparse)[1]
        share = np.bincount(owner, minlength=len(tints))[:, None]
        total = np.stack([np.bincount(owner, sparse[:, i], len(tints)) for i in range(3)], 1)
        tints = np.where(share > 0, total / np.maximum(share, 1), tints)
    nearest = _nearest(picture if smooth <= 0 else blur(picture, smooth), tints)
    votes = [blur((nearest == i).astype(np.float32), smooth) for i in range(len(tints))]
    return np.argmax(np.stack(votes), 0), from_lab(tints.astype(np.float32))


def _nearest(picture: Array, tints: Array) -> NDArray[np.intp]:
    """Return the index of the tint (Lab) nearest to every pixel, by a table of 64³ colours."""
    level = (np.arange(64, dtype=np.float32) + 0.5) / 64
    cube = np.stack(np.meshgrid(level, level, level, indexing="ij"), -1).reshape(-1, 3)
    table = np.asarray(KDTree(tints).query(to_lab(cube))[1])
    r, g, b = np.moveaxis(np.clip(picture * 64, 0, 63).astype(np.intp), -1, 0)
    return table[(r * 64 + g) * 64 + b]


def _spread(pixels: Array, count: int, rng: np.random.Generator) -> Array:
    """Pick colours that are far apart (k-means++ without randomness)."""
    chosen = [pixels[int(rng.integers(len(pixels)))]]
    distance = np.full(len(pixels), np.inf)
    for _ in range(min(count, len(pixels)) - 1):
        distance = np.minimum(distance, ((pixels - chosen[-1]) ** 2).sum(1))
        chosen.append(pixels[int(distance.argmax())])
    return np.stack(chosen)


def outlines(
    picture: Array, labels: NDArray[np.intp], colors: Array, width: float, rng: np.random.Generator
) -> Array:
    """Return ink lines (H, W) in [0, 1] where two flats meet, of varying width as if cut by hand.

    Only where the picture has an edge: steps of a gradation get no line.

    Args:
        picture: (H, W, 3) in [0, 1].
        labels: (H, W), each pixel's flat.
        colors: (N, 3), the flats' colours.
        width: of a line, pixels; 0: none.
        rng: the numbers' source.
    """
    lab = to_lab(colors)
    border = np.zeros(labels.shape, bool)
    columns = (np.s_[:, 1:], np.s_[:, :-1])
    for a, b in (columns, (np.s_[1:], np.s_[:-1])):
        border[a] |= np.linalg.norm(lab[labels[a]] - lab[labels[b]], axis=-1) > 11
    border &= _steepness(picture, width) > 9
    if width <= 0 or not border.any():
        return np.zeros(labels.shape, np.float32)
    distance = cv2.distanceTransform((~border).astype(np.uint8), cv2.DIST_L2, 5)
    swell = 1 + 0.38 * fractal(labels.shape, width * 9, rng, roughness=2.2)
    worn = 0.18 * fractal(labels.shape, max(width * 0.8, 1.0), rng)
    return ramp(distance - width / 2 * swell + worn, 0.7, -0.7)


def _steepness(picture: Array, reach: float) -> Array:
    """Return the largest change of colour (Lab distance) within ``reach`` pixels, (H, W)."""
    lab = to_lab(picture)
    window = np.ones((2 * max(1, round(reach * 0.6)) + 1,) * 2, np.uint8)
    return np.linalg.norm(cv2.dilate(lab, window) - cv2.erode(lab, window), axis=-1)
