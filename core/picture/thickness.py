"""How what lies somewhere ends: snow lies thick, with dark rims and shadows; rust and water leave stains.

Light on what is thick comes from everywhere, as it does on textures that scenes will light: it is how open a
place is.
"""

import numpy as np

from ..imaging.relief import Plane, blur
from ..npr.noise import normalize, ramp

SPECK = 500
"""Sides of a picture over the deviation by which what lies is smoothed; what is smaller melts."""
RAGGED = 0.15
"""How much grain moves an edge."""
RIM, RISE = 300, 90
"""Sides over the reaches of its rim: the steep part, the round part."""
DARK, SHADOW, SWELL = 0.25, 0.3, 0.05
"""Light that is lost at the rim, and beside it; light that a form of one deviation brings or takes."""

STAIN, DAMP = 0.65, 0.3
"""How strong a stain is near what lies there, and far from it."""
NEAR, FAR = 130, 30
"""Sides over the reaches of both."""


def seep(lies: Plane, grain: Plane) -> Plane:
    """Return where something that seeps changes a picture, (H, W) in [0, 1]: a stain beside it fades.

    Args:
        lies: where it lies, (H, W), [0, 1].
        grain: noise (H, W) that meets itself at the borders; stains are uneven by it.
    """
    side = min(lies.shape)
    stain = STAIN * blur(lies, side / NEAR) + DAMP * blur(lies, side / FAR)
    uneven = 0.5 + 0.5 * ramp(normalize(grain), -1.5, 1.5)
    return (lies + (1 - lies) * np.clip(stain * uneven, 0, 1)).astype(np.float32)


def thicken(lies: Plane, form: Plane | None, grain: Plane) -> tuple[Plane, Plane]:
    """Return where something thick changes a picture, and by what its light is multiplied there, (H, W).

    Args:
        lies: where it lies, (H, W), [0, 1].
        form: heights of what it lies on, in any unit; None: unknown.
        grain: noise (H, W) that meets itself at the borders; it makes edges ragged.
    """
    side = min(lies.shape)
    smooth = np.clip(blur(lies, side / SPECK), 0, 1)
    ragged = RAGGED * normalize(blur(grain, side / SPECK)) * 4 * smooth * (1 - smooth)
    body = ramp(smooth + ragged, 0.35, 0.65)
    light = 1 - DARK * (1 - _rise(body, side)) + (0 if form is None else SWELL * _swell(form, side))
    beside = SHADOW * np.clip(blur(body, side / RIM) - body - 0.02, 0, 1)
    changes = 1 - (1 - body) * (1 - beside)
    painted = body * (1 - beside) / np.where(changes > 0, changes, 1)
    return changes, (light * painted).astype(np.float32)


def _rise(body: Plane, side: int) -> Plane:
    """Return how near to its full height something is, 0 at its rim."""
    steep = ramp(blur(body, side / RIM), 0.45, 0.95)
    return (0.6 * steep + 0.4 * ramp(blur(body, side / RISE), 0.3, 1)).astype(np.float32)


def _swell(form: Plane, side: int) -> Plane:
    """Return how far a form stands out under a blanket, in deviations, between -2 and 2."""
    return np.clip(normalize(blur(form, side / 200) - blur(form, side / 40)), -2, 2)
