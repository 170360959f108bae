"""Paint that runs together along forms and stops at edges: the anisotropic Kuwahara filter.

Kyprianidis, Kang & Döllner, "Image and Video Abstraction by Anisotropic Kuwahara Filtering", Computer
Graphics Forum 28, 2009; sectors that overlap as in their "Anisotropic Kuwahara Filtering with Polynomial
Weighting Functions", 2010. Departures: each sector is read at nine places of an ellipse, by bilinear reading,
and not at every pixel, so time does not grow with the radius; the picture is blurred by what lies between
them. Where a picture is even, all sectors count the same, and a blur of their size stands for them.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
from numpy.typing import NDArray

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
EVEN = (0.06, 0.2)
"""Variance, of 1/255, below which a picture is even, and above which sectors stand for themselves."""
DISC = 0.54
"""Deviation of all sectors' places, of the radius."""
TILE, HANDS = 128, 2
"""Side of the squares in which pixels are looked at together, wherever they lie; how many at a time."""


def daub(picture: Floats, radius: float, *, forms: float = 2.0) -> Floats:
    """Return the picture in daubs, (H, W, 3); what is flat stays, edges become clean.

    Args:
        picture: (H, W, 3), of any light; shown values in [0, 1] give what the paper shows.
        radius: of a daub, pixels; below 1 nothing is done.
        forms: how far the forms' directions are averaged, pixels.
    """
    if radius < 1:
        return picture.copy()
    smooth, daubed = blur(picture, radius / 6), blur(picture, radius * DISC)
    share = _busy(smooth, radius)
    tensor = structure(picture, forms)
    pixels = np.flatnonzero(share)
    flat = daubed.reshape(-1, 3)

    def paint(start: int) -> None:  # no two write to one pixel
        some = pixels[start : start + TILE * TILE]
        kept = share.ravel()[some, None]
        flat[some] += (_daub_at(smooth, tensor, radius, some) - flat[some]) * kept

    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(paint, range(0, len(pixels), TILE * TILE)))
    return flat.reshape(picture.shape)


def _busy(picture: Floats, radius: float) -> Floats:
    """Return how much a picture differs within a radius, (H, W) from 0, even, to 1."""
    side = (2 * round(radius) + 3,) * 2
    mean = cv2.blur(picture, side, borderType=cv2.BORDER_REFLECT)
    square = cv2.sqrBoxFilter(picture, cv2.CV_32F, side, borderType=cv2.BORDER_REFLECT)
    spread = _variance(*(np.asarray(part, np.float32) for part in (mean, square)))
    return np.clip((255 * spread - EVEN[0]) / (EVEN[1] - EVEN[0]), 0, 1).astype(np.float32)


def _daub_at(
    picture: Floats, tensor: Sequence[Floats], radius: float, pixels: NDArray[np.intp]
) -> Floats:
    """Return the daubs (N, 3) at pixels, counted row by row, by the structure tensor of the forms there."""
    filled = np.resize(
        pixels, (-(-len(pixels) // TILE), TILE)
    )  # a picture of them: remap wants one
    rows, columns = np.divmod(filled, picture.shape[1])
    at = columns.astype(np.float32), rows.astype(np.float32)
    axes = _ellipses([part.ravel()[filled] for part in tensor], radius)
    middle = _read(picture, *at)  # it belongs to every sector
    squares = middle * middle
    total, weight = np.zeros((*filled.shape, 3), np.float32), np.zeros(filled.shape, np.float32)
    for sector in range(SECTORS):
        mean, spread = _sector(picture, at, axes, sector, (middle.copy(), squares.copy()))
        counts = 1 / (1 + cv2.pow(np.float32(255) * spread, SHARP / 2))
        total += mean * counts[..., None]
        weight += counts
    daubs = total / np.maximum(weight, 1e-20)[..., None]
    return daubs.reshape(-1, 3)[: len(pixels)]


def _ellipses(tensor: Sequence[Floats], radius: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Return both half axes of each pixel's ellipse: x and y of the one, x and y of the other, (h, w)."""
    xx, xy, yy = tensor
    root = np.sqrt((xx - yy) ** 2 / 4 + xy * xy)
    lean = np.clip(2 * root / np.maximum(xx + yy, 1e-8), 0, 1)  # anisotropy, 0 to 1
    way = along(xx, xy, yy)
    right, down = cv2.split(way.astype(np.float32))
    long = np.float32(radius) * (LONG + lean) / np.float32(LONG)
    short = np.float32(radius) * np.float32(LONG) / (LONG + lean)
    parts = (right * long, down * long, -down * short, right * short)
    return tuple(np.asarray(part, np.float32) for part in parts)  # pyright: ignore[reportReturnType]  # four


def _sector(
    picture: Floats,
    at: tuple[Floats, Floats],
    axes: tuple[Floats, Floats, Floats, Floats],
    number: int,
    middle: tuple[Floats, Floats],
) -> tuple[Floats, Floats]:
    """Return a sector's mean (h, w, 3), and its variance over all channels (h, w), at places x and y (h, w).

    ``middle``, the picture there and its square, is written over.
    """
    (mean, square), count = middle, 1.0
    for share, places in RINGS:
        for place in range(places):
            turn = 2 * np.pi / SECTORS * (number + (place + 0.5) / places - 0.5)
            along, across = share * np.cos(turn), share * np.sin(turn)
            x, y = (
                at[k] + cv2.addWeighted(axes[k], along, axes[k + 2], across, 0) for k in range(2)
            )
            read = _read(picture, x, y)
            cv2.accumulate(read, mean)
            cv2.accumulateSquare(read, square)
            count += 1
    mean /= np.float32(count)
    return mean, _variance(mean, square / np.float32(count))


def _variance(mean: Floats, square: Floats) -> Floats:
    """Return the variance (H, W) of three channels together, by their means and those of their squares."""
    apart = cv2.transform(square - mean * mean, np.ones((1, 3), np.float32))
    return np.maximum(np.asarray(apart, np.float32), 0)


def _read(picture: Floats, x: Floats, y: Floats) -> Floats:
    """Return a picture's values (h, w, 3) at places (h, w), mirrored at its borders."""
    read = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(read, np.float32)
