"""OKLab: lightness in [0, 1], and two axes of colour in which equal distances look about equal.

Björn Ottosson, "A perceptual color space for image processing", 2020. Colours lie along the first axis.
"""

import numpy as np
from numpy.typing import NDArray

from ..color import Floats, linear_to_srgb, srgb_to_linear

CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip  # a table
"""Linear sRGB to what OKLab's three kinds of cones see."""
OPPONENTS = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip  # a table
"""Their cube roots to lightness and the two opponent colours."""
FROM_LAB, FROM_CONES = np.linalg.inv(OPPONENTS), np.linalg.inv(CONES)
GAMUT_STEPS = 8
"""Halvings in the search for the chroma that a screen can show."""


def to_oklab(rgb: Floats) -> Floats:
    """Return OKLab (3, …) of sRGB colours (3, …) in [0, 1]."""
    cones = _turn(CONES, srgb_to_linear(rgb))
    return _turn(OPPONENTS, np.cbrt(cones))


def to_srgb(lab: Floats) -> Floats:
    """Return sRGB (3, …) of OKLab colours (3, …), each channel cut to [0, 1]."""
    return linear_to_srgb(_to_linear(lab).clip(0, 1)).astype(lab.dtype, copy=False)


def fit_gamut(lab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours (3, …) that a screen can show: lightness and hue stay, chroma gives way."""
    lab = lab.copy()
    lab[0] = lab[0].clip(0, 1)
    low, high = np.zeros(lab.shape[1:]), np.ones(lab.shape[1:])
    for _ in range(GAMUT_STEPS):
        share = (low + high) / 2
        light = _to_linear(np.stack([lab[0], lab[1] * share, lab[2] * share]))
        fits = ((light > -1e-4) & (light < 1 + 1e-4)).all(0)
        low, high = np.where(fits, share, low), np.where(fits, high, share)
    whole = high == 1
    lab[1:] *= np.where(whole, 1, low)
    return lab


def _to_linear(lab: Floats) -> Floats:
    return _turn(FROM_CONES, _turn(FROM_LAB, lab) ** 3)


def _turn(matrix: NDArray[np.float64], x: Floats) -> Floats:
    """Return a matrix times colours (3, …), in their own precision."""
    flat = matrix.astype(x.dtype) @ x.reshape(3, -1)
    return flat.reshape(x.shape)
