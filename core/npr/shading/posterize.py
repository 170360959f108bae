"""Few lightnesses in place of all of them, in OKLab.

Winnemöller, Olsen & Gooch, "Real-Time Video Abstraction", SIGGRAPH 2006, section 3.2: the steps' sharpness
follows the picture's own slope, so that shallow gradients do not become hard bands. Departure: OKLab for Lab.
"""

import cv2
import numpy as np

from ...color import Floats
from ..noise import blur, slopes
from .tones import from_lab, to_lab

SHARPNESS = (3.0, 14.0)
"""Of a step, in levels' widths: where the picture is even, and where it is steep."""
STEEP = 0.08
"""Change of lightness per pixel that counts as steep."""


def posterize(picture: Floats, levels: int) -> Floats:
    """Return a picture (H, W, 3), linear light, of this many lightnesses; hue and chroma stay.

    Args:
        picture: linear light; lightness above 1 is cut off.
        levels: how many, 2 or more.
    """
    lab = to_lab(picture)
    light = np.clip(lab[..., 0], 0, 1)
    across, down = slopes(blur(light, 1.0))
    steep = np.clip(cv2.magnitude(across, down) / np.float32(STEEP), 0, 1)
    sharp = np.float32(SHARPNESS[0]) + np.float32(SHARPNESS[1] - SHARPNESS[0]) * steep
    boundary = np.clip(np.rint(light * levels), 1, levels - 1)
    inside = np.clip(light * levels - boundary, -0.5, 0.5)
    level = boundary - 0.5 + 0.5 * np.tanh(2 * sharp * inside) / np.tanh(sharp)
    lab[..., 0] = level / np.float32(levels - 1)
    return np.maximum(from_lab(lab), 0)
