"""Lines from a picture itself: differences of Gaussians, pulled to black by a soft threshold.

Winnemöller, "XDoG: Advanced Image Stylization with eXtended Difference-of-Gaussians", NPAR 2011; along the
edges' own tangents: Kang, Lee & Chui, "Coherent Line Drawing", NPAR 2007 (FDoG), with tangents from the
smoothed structure tensor as in Kyprianidis & Kang, "Image and Video Abstraction by Coherence-Enhancing
Filtering", 2011.
"""

import cv2
import numpy as np

from ...color import Floats
from ..flow import along, streaks, structure
from ..noise import blur

WIDER = 1.6
"""Of the second Gaussian, as Marr & Hildreth (1980) have it."""

ROW = 256
"""Pixels that are looked at side by side, wherever they lie."""


def ink_lines(
    grey: Floats,
    sigma: float = 1.0,
    *,
    sharp: float = 18.0,
    edge: float = 0.45,
    steep: float = 25.0,
) -> Floats:
    """Return lines (H, W) in [0, 1], 1 is ink, where a picture has dark detail beside light.

    Args:
        grey: (H, W) in [0, 1], as it is shown.
        sigma: width of the detail that is drawn, pixels.
        sharp: p of the paper: how much the detail counts beside the grey itself.
        edge: epsilon: grey below it becomes ink.
        steep: phi: steepness of the threshold, to both sides of which ink fades.
    """
    return _threshold(_sharpen(grey, sigma, sharp), edge, steep)


def flow_lines(
    grey: Floats, sigma: float = 1.0, *, length: float = 8.0, sharp: float = 18.0,
    edge: float = 0.45, steep: float = 25.0,
) -> Floats:  # fmt: skip
    """Return lines as ``ink_lines``, joined along the picture's edges over ``length`` pixels.

    Departure: the difference is taken of round Gaussians and then averaged along the edges, which is the same
    for straight ones and has no seams.
    """
    sharpened, ink = _sharpen(grey, sigma, sharp), np.zeros_like(grey)
    reach = 2 * int(np.ceil(length / 2) + 1) + 1  # a streak that reaches no ink has none
    pixels = np.flatnonzero(cv2.erode(sharpened, np.ones((reach, reach), np.uint8)) < edge)
    if len(pixels):
        filled = np.resize(
            pixels, (-(-len(pixels) // ROW), ROW)
        )  # a picture of them: remap wants one
        tangents = edge_tangents(grey, 2 * sigma)
        drawn = _threshold(streaks(sharpened, tangents, length, filled), edge, steep)
        ink.ravel()[pixels] = drawn.ravel()[: len(pixels)]
    return ink


def edge_tangents(grey: Floats, sigma: float) -> Floats:
    """Return unit vectors (H, W, 2), x then y, along a picture's edges; averaged over ``sigma`` pixels."""
    return along(*structure(grey, sigma))


def _sharpen(grey: Floats, sigma: float, sharp: float) -> Floats:
    near, wide = (blur(grey, s) for s in (sigma, sigma * WIDER))
    return near + np.float32(sharp) * (near - wide)


def _threshold(sharpened: Floats, edge: float, steep: float) -> Floats:
    below = np.tanh(np.float32(steep) * (sharpened - np.float32(edge)))
    return np.clip(-below, 0, 1)
