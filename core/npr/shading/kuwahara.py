"""Paint that runs together along forms and stops at edges: the anisotropic Kuwahara filter.

Kyprianidis, Kang & Döllner, "Image and Video Abstraction by Anisotropic Kuwahara Filtering", Computer
Graphics Forum 28, 2009; sectors that overlap as in their "Anisotropic Kuwahara Filtering with Polynomial
Weighting Functions", 2010. Departure: each sector is read at nine places of an ellipse, by bilinear reading,
and not at every pixel, so time does not grow with the radius; the picture is blurred by what lies between
them.
"""

import cv2
import numpy as np

from ...color import Floats
from ..flow import along, structure
from ..noise import blur

SECTORS = 8
RINGS = ((0.3, 1), (0.62, 3), (0.95, 5))
"""Share of the radius, and places of a sector on it."""
SHARP = 8.0
"""q of the paper: how much more an even sector counts."""
LONG = 1.0
"""alpha of the paper: the smaller, the longer ellipses are along forms."""


def daub(picture: Floats, radius: float, *, forms: float = 2.0) -> Floats:
    """Return the picture in daubs, (H, W, 3); what is flat stays, edges become clean.

    Args:
        picture: (H, W, 3), of any light; shown values in [0, 1] give what the paper shows.
        radius: of a daub, pixels; below 1 nothing is done.
        forms: how far the forms' directions are averaged, pixels.
    """
    if radius < 1:
        return picture.copy()
    major, minor = _ellipses(picture, radius, forms)
    smooth = blur(picture, radius / 6)
    y, x = (at.astype(np.float32) for at in np.mgrid[: picture.shape[0], : picture.shape[1]])
    total, weight = np.zeros_like(picture), np.zeros(picture.shape[:2], np.float32)
    for sector in range(SECTORS):
        mean, spread = _sector(smooth, (x, y), (major, minor), sector)
        counts = 1 / (1 + (np.float32(255) * spread) ** np.float32(SHARP / 2))
        total += mean * counts[..., None]
        weight += counts
    return total / np.maximum(weight, 1e-20)[..., None]


def _ellipses(picture: Floats, radius: float, forms: float) -> tuple[Floats, Floats]:
    """Return both half axes of each pixel's ellipse as vectors (H, W, 2)."""
    xx, xy, yy = structure(picture, forms)
    root = np.sqrt((xx - yy) ** 2 / 4 + xy * xy)
    lean = np.clip(2 * root / np.maximum(xx + yy, 1e-8), 0, 1)  # anisotropy, 0 to 1
    way = along(xx, xy, yy)
    side = np.stack([-way[..., 1], way[..., 0]], -1)
    long = np.float32(radius) * (LONG + lean) / np.float32(LONG)
    short = np.float32(radius) * np.float32(LONG) / (LONG + lean)
    return (way * long[..., None]).astype(np.float32), (side * short[..., None]).astype(np.float32)


def _sector(
    picture: Floats, at: tuple[Floats, Floats], axes: tuple[Floats, Floats], number: int
) -> tuple[Floats, Floats]:
    """Return a sector's mean (H, W, 3), and its variance over all channels (H, W)."""
    x, y = at
    mean, square = picture.copy(), picture * picture  # the middle belongs to every sector
    count = 1.0
    for share, places in RINGS:
        for place in range(places):
            turn = 2 * np.pi / SECTORS * (number + (place + 0.5) / places - 0.5)
            a, b = np.float32(share * np.cos(turn)), np.float32(share * np.sin(turn))
            dx, dy = (axes[0][..., k] * a + axes[1][..., k] * b for k in (0, 1))
            read = cv2.remap(
                picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            mean += read
            square += read * read
            count += 1
    mean /= np.float32(count)
    spread = np.maximum(square / np.float32(count) - mean * mean, 0).sum(-1)
    return mean, spread
