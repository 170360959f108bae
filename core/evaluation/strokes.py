"""Strokes: how wide and how long they are, from how far a picture resembles itself."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates

from .pixels import Array, check_alike, check_sides, cut, flat_places, grey

SIDE, SMALLEST = 192, 128
"""Pixels of a window: so many, or as many as there are, and so many at least."""
FORMS = 32.0
"""Deviation in pixels of the blur whose result is forms and light, not strokes."""
FLAT = 0.5
"""Share of a content's windows in which strokes are looked for."""
TURNS = 16
"""Directions, over half a turn."""
QUIET = 0.5
"""Deviation in grey levels of 8 bits below which a window has no strokes."""
NOISE = 0.1
"""Share of the variance that is left at one and at two pixels, where there is more than noise."""


@dataclass(frozen=True, slots=True)
class Strokes:
    """Width and length of the strokes, in pixels."""

    width: float
    length: float


def strokes(picture: Array, content: Array) -> Strokes | None:
    """Return the size of a picture's strokes (3, H, W) where its content is flat; None: it has none there.

    In the flatter half of the content's windows, the picture's grey less its forms (a blur of ``FORMS``)
    is correlated with itself. Noise of single pixels is left out: the correlation at no distance is taken
    from how it falls between one pixel and two. Along each direction, twice the distance at which half of
    it is left is a size, as of a stroke whose sides are sharp; the smallest over directions is the width,
    the largest the length. Medians over windows. Up to 128 pixels are found, and from 16 on a little less
    than there is: few strokes are in a window then. A style is its own content.

    Raises:
        PictureError: if a side is below 128 pixels, or the two sizes differ.
    """
    check_alike(picture, content)
    check_sides(picture, SMALLEST, "stroke size")
    here, there = grey(picture), grey(content)
    side = min(SIDE, *here.shape)
    detail = here - gaussian_filter(here, FORMS, mode="reflect")
    fade = np.outer(np.hanning(side), np.hanning(side))
    bias = np.maximum(_correlate(fade), 1e-9)
    windows = [cut(detail, place, side) for place in flat_places(there, side, FLAT)]
    found = [_correlate((w - (w * fade).sum() / fade.sum()) * fade) / bias
             for w in windows if w.std() > QUIET]  # fmt: skip  # one list
    sizes = [size for likeness in found if (size := _size(likeness))]
    if not sizes:
        return None
    width, length = np.median(sizes, axis=0)
    return Strokes(float(width), float(length))


def _correlate(window: Array) -> Array:
    """Return the autocorrelation of a window (N, N), lag 0 in the middle."""
    side = len(window)
    power = np.abs(np.fft.fft2(window, (2 * side, 2 * side))) ** 2
    whole = np.fft.fftshift(np.fft.ifft2(power).real)
    return whole[side // 2 : side + side // 2, side // 2 : side + side // 2]


def _size(likeness: Array) -> tuple[float, float] | None:
    """Return twice the least and the largest distance at which half of it is left; None: it is noise."""
    middle = len(likeness) // 2
    angle, lag = np.arange(TURNS) * np.pi / TURNS, np.arange(len(likeness) // 3 + 1)
    at = middle + np.stack([np.sin(angle), np.cos(angle)])[:, :, None] * lag
    lines = map_coordinates(likeness, at, order=1)
    start, first, second = lines.mean(0)[:3]
    if min(first, second) <= NOISE * start:
        return None
    lines[:, 0] = without_noise = min(start, first**2 / second)
    sizes = [2 * _half(line / without_noise) for line in lines]
    return min(sizes), max(sizes)


def _half(line: Array) -> float:
    """Return the place at which a line that starts at 1 first falls to a half; its end, if it never does."""
    below = np.flatnonzero(line <= 0.5)
    if not len(below):
        return float(len(line) - 1)
    k = int(below[0])
    return float(k - 1 + (line[k - 1] - 0.5) / (line[k - 1] - line[k]))
