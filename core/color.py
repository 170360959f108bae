"""Colour: the sRGB curve, how scene-linear light is shown, and luma."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
"""Arrays of float32, as pictures are, wherever nothing else is said."""
RED, BLUE = 0.2126, 0.0722
"""Weights of BT.709 luma; green has the rest."""


def srgb_to_linear(x: Floats) -> Floats:
    """Return linear light of sRGB values of any shape (IEC 61966-2-1); 0.5 becomes 0.21404."""
    curve = ((np.maximum(x, 0.04045) + 0.055) / 1.055) ** 2.4
    return np.where(x <= 0.04045, x / 12.92, curve)


def linear_to_srgb(x: Floats) -> Floats:
    """Return sRGB values of linear light of any shape; the inverse of ``srgb_to_linear``."""
    curve = 1.055 * np.maximum(x, 0.0031308) ** (1 / 2.4) - 0.055
    return np.where(x <= 0.0031308, x * 12.92, curve)


@dataclass(frozen=True, slots=True)
class View:
    """How scene-linear light is shown; both functions take and return (B, 3, H, W)."""

    show: Callable[[Floats], Floats]
    """Light in [0, white] → what the screen is sent."""
    light: Callable[[Floats], Floats]
    """What the screen is sent, [0, 1] → light; the inverse of ``show``."""
    white: float = 1.0
    """The highest light that ``show`` maps below its maximum: brighter light looks the same."""


SRGB = View(linear_to_srgb, srgb_to_linear)
"""The sRGB curve alone: Blender's view transform Standard."""


def luma(rgb: Floats) -> Floats:
    """Return BT.709 luma of (B, 3, H, W) as (B, 1, H, W); a grey's is the grey, bit for bit."""
    r, g, b = rgb[:, :1], rgb[:, 1:2], rgb[:, 2:]
    return g + RED * (r - g) + BLUE * (b - g)
