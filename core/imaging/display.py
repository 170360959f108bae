"""How a file's numbers become a loaded picture: straight display colour in [0, 1], alpha, and gain."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..color import Floats, View
from ..tiling import Box
from .lazy import Lazy, Pixels

STRIPE = 1 << 20
"""Pixels that are converted at once."""
FAINT = 2.0**-24
"""Smallest alpha that colour is divided by: the smallest positive half float."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How an array's pixels are shown, window by window."""

    pixels: NDArray[Any]
    premultiplied: bool
    view: View | None
    highest: float

    def parts(self, box: Box) -> tuple[Floats, Floats | None, Floats]:
        """Return colour (1, 3, h, w) in [0, 1], alpha as it came, and gain (1, 1, h, w)."""
        native = self.pixels[box.top : box.bottom, box.left : box.right]
        color, opacity = _straight(native, self.highest, self.premultiplied)
        white = self.view.white if self.view else 1.0
        peak = (color.max(1, keepdims=True) / white).clip(1)
        base = (color / peak).clip(0)
        shown = self.view.show(base).clip(None, 1) if self.view else base
        grey = self.pixels.shape[2] < 3  # a curve may round three equal numbers differently
        return (shown[:, :1].repeat(3, 1) if grey else shown), opacity, peak

    def color(self, box: Box) -> Floats:
        """Return a window's colour, (1, 3, h, w)."""
        return self.parts(box)[0]

    def gain(self, box: Box) -> Floats:
        """Return what a window's colour was divided by, (1, 1, h, w)."""
        return self.parts(box)[2]


def display(
    pixels: NDArray[Any], premultiplied: bool, view: View | None, lazy: bool
) -> tuple[Pixels, Floats | None, Pixels | None]:
    """Return rgb (1, 3, H, W), alpha and gain (1, 1, H, W) of a whole picture."""
    shown = Shown(pixels, premultiplied, view, _highest(pixels))
    height, width, channels = pixels.shape
    rgb = None if lazy else np.empty((1, 3, height, width), np.float32)
    alpha = np.empty((1, 1, height, width), np.float32) if channels in (2, 4) else None
    gain: Floats | None = None
    for rows in stripes(height, width) if rgb is not None or alpha is not None else ():
        color, opacity, peak = shown.parts(Box(rows.start, 0, rows.stop, width))
        if gain is None and rgb is not None and bool((peak > 1).any()):
            gain = np.ones((1, 1, height, width), np.float32)
        if gain is not None:
            gain[:, :, rows] = peak
        if rgb is not None:
            rgb[:, :, rows] = color
        if alpha is not None and opacity is not None:
            alpha[:, :, rows] = opacity.clip(0, 1)
    if rgb is not None:
        return rgb, alpha, gain
    lazily = Lazy((1, 3, height, width), shown.color)
    bright = pixels.dtype.kind == "f" or premultiplied
    return lazily, alpha, Lazy((1, 1, height, width), shown.gain) if bright else None


def _straight(
    native: NDArray[Any], highest: float, premultiplied: bool
) -> tuple[Floats, Floats | None]:
    """Return straight colour (1, 3, h, W), not clamped, and alpha (1, 1, h, W) as it came."""
    grey, alpha = native.shape[2] < 3, native.shape[2] in (2, 4)
    color = floats(native[..., : 1 if grey else 3], highest)
    color = color.repeat(3, 1) if grey else color
    if not alpha:
        return color, None
    opacity = opacity_of(native)
    if premultiplied:
        with np.errstate(over="ignore"):
            color = (color / divisor(opacity)).clip(None, np.finfo(np.float32).max)
    return color, opacity


def floats(native: NDArray[Any], highest: float) -> Floats:
    """Return (h, W, C) as (1, C, h, W): integers over their largest, floats all finite."""
    x = native.transpose(2, 0, 1)[None].astype(np.float32, order="C")  # by planes: the faster way
    if native.dtype.kind == "u":
        return x / np.iinfo(native.dtype).max
    return np.nan_to_num(x, nan=0.0, posinf=highest, neginf=0.0)


def opacity_of(native: NDArray[Any]) -> Floats:
    """Return alpha (h, w, C) as it came, (1, 1, h, w)."""
    return floats(native[..., -1:], 1.0)


def divisor(opacity: Floats) -> Floats:
    """Return what premultiplied colour is divided by to be straight."""
    return np.where(opacity < FAINT, 1.0, opacity)


def _highest(pixels: NDArray[Any]) -> float:
    """Return the largest finite colour of a float picture: what infinity counts as; at least 1."""
    highest = 1.0
    if pixels.dtype.kind == "f":
        colors = pixels[..., : 1 if pixels.shape[2] < 3 else 3]
        for rows in stripes(*pixels.shape[:2]):
            stripe = colors[rows]
            highest = max(highest, float(np.max(stripe, where=np.isfinite(stripe), initial=1)))
    return highest


def stripes(height: int, width: int) -> Iterator[slice]:
    """Yield slices of rows that together cover a picture."""
    rows = max(16, STRIPE // width // 16 * 16)  # EXR packs 16 rows at a time
    for top in range(0, height, rows):
        yield slice(top, min(top + rows, height))
