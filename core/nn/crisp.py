"""Crisp edges for a picture that was enlarged: a shock filter.

Osher & Rudin, "Feature-Oriented Image Enhancement Using Shock Filters", 1990; the second derivative along the
gradient says on which side of an edge a pixel lies, in blurred lightness (Alvarez & Mazorra 1994), so that
grain makes no edges of its own. A pixel goes toward the darkest or the lightest of its neighbours, all
its colour with it: there are no halos and no fringes.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .smooth import blur, reach_of_blur
from .temporal import luminance

STEPS = 4
PACE = 0.35
"""How far a pixel goes in a step, at most."""
DEVIATION = 1.2
"""Of the blur, in pixels: the softness that doubling a picture leaves."""
SHARP = 60.0
"""Inverse of the second derivative, of values in [0, 1], from about which on it is an edge."""
REACH = STEPS * (reach_of_blur(DEVIATION) + 1)
"""Pixels around that a pixel depends on."""


def sharpen_edges(x: Tensor) -> Tensor:
    """Return a picture (1, 3, H, W) in [0, 1] whose soft edges are crisp."""
    for _ in range(STEPS):
        light = luminance(x)
        side = _find_side(blur(light, DEVIATION))
        x = x + PACE * side.abs() * (_step_aside(x, light, side) - x)
    return x


def _step_aside(x: Tensor, light: Tensor, side: Tensor) -> Tensor:
    """Return each pixel's darkest neighbour where ``side`` is above 0, else the lightest: (B, 3, H, W)."""
    around = F.pad(light, (1, 1, 1, 1), mode="replicate")
    places = [F.max_pool2d(sign * around, 3, 1, return_indices=True)[1] for sign in (-1, 1)]
    place = torch.where(side > 0, *places).flatten(2).expand(-1, x.shape[1], -1)
    colors = F.pad(x, (1, 1, 1, 1), mode="replicate").flatten(2)
    return colors.gather(2, place).view_as(x)


def _find_side(light: Tensor) -> Tensor:
    """Return on which side of an edge each pixel lies, (1, 1, H, W): 1 the darker, -1 the lighter, 0 none."""
    p = F.pad(light, (1, 1, 1, 1), mode="replicate")
    above, here, below = p[..., :-2, :], p[..., 1:-1, :], p[..., 2:, :]
    dx = (here[..., 2:] - here[..., :-2]) / 2
    dy = (below - above)[..., 1:-1] / 2
    xx = here[..., 2:] + here[..., :-2] - 2 * light
    yy = (below + above)[..., 1:-1] - 2 * light
    xy = (below[..., 2:] + above[..., :-2] - above[..., 2:] - below[..., :-2]) / 4
    along = dx * dx * xx + 2 * dx * dy * xy + dy * dy * yy
    return torch.tanh(SHARP * along / (dx * dx + dy * dy + 1e-6))
