"""What figures of pictures are taken from: lightness, and windows of where a picture is flat. NumPy alone.

Pictures are (3, H, W), display-referred sRGB in [0, 1].
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..color import luma
from ..errors import PictureError
from ..palette.oklab import to_oklab

Array = NDArray[np.float64]
LEVELS = 255


def grey(picture: Array) -> Array:
    """Return luma in grey levels of 8 bits, (H, W) in [0, 255]."""
    return LEVELS * np.asarray(luma(picture[None])[0, 0], np.float64)


def lab(picture: Array) -> Array:
    """Return OKLab times 100, (3, H, W): lightness is in [0, 100], and a difference of 2 is just seen."""
    return 100 * np.asarray(to_oklab(picture.clip(0, 1)), np.float64)


def check_sides(picture: Array, least: int, what: str) -> None:
    """Check that no side has less than ``least`` pixels; raises PictureError, which names the figure."""
    height, width = picture.shape[-2:]
    if min(height, width) < least:
        raise PictureError(
            f"{what} needs {least} x {least} pixels or more; this picture has {width} x {height}"
        )


def check_alike(picture: Array, content: Array) -> None:
    """Check that a picture and its content have one size; raises PictureError."""
    if picture.shape != content.shape:
        sizes = [f"{p.shape[-1]} x {p.shape[-2]}" for p in (picture, content)]
        raise PictureError(
            f"a picture is judged beside its content, of the same size: {sizes[0]}, not {sizes[1]}"
        )


def flat_places(plane: Array, side: int, share: float) -> list[tuple[int, int]]:
    """Return the corners of the flattest windows of a plane (H, W): a share of all, one at least.

    Windows of ``side`` pixels stand a fourth of that apart. Flat is what lies near a plane of its own, so
    that a sky, which grows lighter evenly, is flat.
    """
    step = max(1, side // 4)
    height, width = plane.shape
    spots = [
        (i, j) for i in range(0, height - side + 1, step) for j in range(0, width - side + 1, step)
    ]
    rough = [float(level_out(cut(plane, spot, side)).std()) for spot in spots]
    order = np.argsort(rough, kind="stable")[: max(1, round(share * len(spots)))]
    return [spots[k] for k in order]


def cut(plane: Array, spot: tuple[int, int], side: int) -> Array:
    """Return the window of a plane with its upper left corner at a spot."""
    return plane[spot[0] : spot[0] + side, spot[1] : spot[1] + side]


def level_out(window: Array) -> Array:
    """Return a square window (N, N) less the plane that fits it best."""
    line = np.arange(len(window)) - (len(window) - 1) / 2
    centred = window - window.mean()
    slopes = [float((line @ centred.mean(axis)) / (line @ line)) for axis in (1, 0)]
    return centred - slopes[0] * line[:, None] - slopes[1] * line[None]


def spectra(plane: Array, spots: list[tuple[int, int]], side: int) -> Iterator[Array]:
    """Yield the power spectrum (N, N) of each window, levelled and faded out at its border (Hann)."""
    fade = np.outer(np.hanning(side), np.hanning(side))
    for spot in spots:
        yield np.abs(np.fft.fft2(level_out(cut(plane, spot, side)) * fade)) ** 2


def frequencies(side: int) -> Array:
    """Return the frequency of each bin of such a spectrum, (N, N) in cycles a pixel."""
    line = np.fft.fftfreq(side)
    return np.hypot(line[:, None], line[None])
