"""Tones: light becomes levels by a ramp, and levels become colours.

Lake, Marshall, Harris & Blackstein, "Stylized Rendering Techniques for Scalable Real-Time 3D Animation",
NPAR 2000 (a ramp in place of Lambert's cosine); Gooch, Gooch, Shirley & Cohen, "A Non-Photorealistic
Lighting Model for Automatic Technical Illustration", SIGGRAPH 1998 (cool shadows, warm lights). Departures:
a ramp is antialiased over a pixel, and colours turn in OKLab (Ottosson 2020), so that hue does not drift
with lightness.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from ...palette import oklab

TO_CONES, TO_LAB, FROM_LAB, FROM_CONES = (
    matrix.astype(np.float32)
    for matrix in (oklab.CONES, oklab.OPPONENTS, oklab.FROM_LAB, oklab.FROM_CONES)
)
NOTHING = np.float32(1e-30)
FINEST = 1e-6
"""The narrowest step."""


def soften(value: Floats, edge: float, width: float) -> Floats:
    """Return how far a field (H, W) is past an edge, 0 to 1: a slope of this width, at least of one pixel.

    So a hard edge is antialiased: its slope is as wide as the field changes from a pixel to the next.
    """
    across, down = rises(value)
    wide = np.maximum(cv2.magnitude(across, down), np.float32(max(width, FINEST)))
    return np.clip((value - np.float32(edge)) / wide + np.float32(0.5), 0, 1)


def rises(field: Floats) -> tuple[Floats, Floats]:
    """Return how much a field (H, W) or (H, W, C) rises from pixel to pixel, to the right and downward.

    Nothing is averaged, other than by ``slopes`` of the painters: what is antialiased is a pixel wide.
    """
    across, down = (
        np.asarray(cv2.Sobel(field, cv2.CV_32F, i, 1 - i, ksize=1, scale=0.5), np.float32)
        for i in (1, 0)
    )
    return across, down


def find_level(light: Floats, stops: Sequence[tuple[float, float]]) -> Floats:
    """Return the level (H, W) in [0, 1] of light (H, W), by a ramp of straight lines; antialiased.

    Args:
        light: 0 is none, 1 full light.
        stops: light and level, from dark to bright, as ``core.request.toon_look.ramp_stops`` has them: each
            step from one level to the next has a stop at both of its ends.
    """
    level = np.full(light.shape, stops[0][1], np.float32)
    for (start, low), (end, high) in pairwise(stops):
        if high != low:
            level += np.float32(high - low) * soften(light, (start + end) / 2, end - start)
    return level


def lay_tones(  # noqa: PLR0913  # each is a choice of the painter
    base: Floats, level: Floats, *, dark: float = 0.6, hue: float = 0.0, chroma: float = 1.0,
    tints: Sequence[Sequence[float]] = (), tint: float = 0.0, ambient: float = 0.0,
    ambient_tint: Sequence[float] = (1, 1, 1), whole_chroma: float = 1.0,
) -> Floats:  # fmt: skip
    """Return the surfaces' colour in tones, (H, W, 3), linear light, at least 0.

    Args:
        base: colour of the surfaces, (H, W, 3), linear light.
        level: (H, W), 0 in the deepest shadow, 1 in full light.
        dark: lightness of the deepest shadow, of the surface's own.
        hue: turn of the shadow's hue, degrees.
        chroma: colourfulness of the shadow, of the surface's own.
        tints: colours, linear light, from the darkest tone to the brightest, any number.
        tint: how strong they are: what is added of their opponent colours; lightness stays.
        ambient: light from all around in the shadows, of full light.
        ambient_tint: its colour, linear light.
        whole_chroma: colourfulness of everything.
    """
    shadow = 1 - level
    light, red, blue = cv2.split(to_lab(base))
    turn = shadow * np.float32(np.deg2rad(hue))
    strength = np.float32(whole_chroma) * (1 + shadow * np.float32(chroma - 1))
    cos, sin = np.cos(turn) * strength, np.sin(turn) * strength
    a, b = red * cos - blue * sin, red * sin + blue * cos
    if len(tints) and tint:
        opponents = to_lab(np.asarray(tints, np.float32)[None])[0, :, 1:] * np.float32(tint)
        for weight, (more_a, more_b) in zip(_shares(level, len(tints)), opponents, strict=True):
            a += weight * more_a
            b += weight * more_b
    light = light * (1 - shadow * np.float32(1 - dark))
    laid = from_lab(np.asarray(cv2.merge([light, a, b]), np.float32))
    if ambient:
        fill = np.diag(np.asarray(ambient_tint, np.float32) * np.float32(ambient))
        laid += cv2.transform(base, fill) * cv2.merge([shadow] * 3)
    return np.maximum(laid, 0)


def _shares(level: Floats, count: int) -> Iterator[Floats]:
    """Yield how much of each of some evenly spaced tones lies in levels (H, W)."""
    at = np.clip(level, 0, 1) * np.float32(max(count - 1, 1))
    for index in range(count):
        yield np.clip(1 - np.abs(at - np.float32(index)), 0, 1)


def to_lab(linear: NDArray[np.floating]) -> Floats:
    """Return OKLab (H, W, 3) of linear light, at least 0."""
    cones = cv2.transform(np.maximum(linear, 0).astype(np.float32, copy=False), TO_CONES)
    roots = power(np.asarray(cones, np.float32), 1 / 3)
    return np.asarray(cv2.transform(roots, TO_LAB), np.float32)


def from_lab(lab: Floats) -> Floats:
    """Return linear light (H, W, 3) of OKLab; colours beyond sRGB are below 0."""
    roots = cv2.transform(lab, FROM_LAB)
    return np.asarray(cv2.transform(roots * roots * roots, FROM_CONES), np.float32)


def power(x: Floats, exponent: float) -> Floats:
    """Return the numbers of a picture, at least 0, to an exponent; NumPy takes ten times as long.

    OpenCV takes as long for what is 0 itself: it is ``NOTHING`` here.
    """
    return np.asarray(cv2.pow(np.maximum(x, NOTHING), exponent), np.float32)


def to_shown(linear: Floats) -> Floats:
    """Return sRGB values of linear light (H, W, C), at least 0: the curve of ``core.color``, sooner."""
    curve = np.float32(1.055) * power(np.maximum(linear, np.float32(0.0031308)), 1 / 2.4)
    return np.where(
        linear <= np.float32(0.0031308), linear * np.float32(12.92), curve - np.float32(0.055)
    )


def from_shown(shown: Floats) -> Floats:
    """Return linear light of sRGB values (H, W, C), at least 0; the inverse of ``to_shown``."""
    curve = (np.maximum(shown, np.float32(0.04045)) + np.float32(0.055)) * np.float32(1 / 1.055)
    return np.where(shown <= np.float32(0.04045), shown * np.float32(1 / 12.92), power(curve, 2.4))
