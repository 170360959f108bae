"""The descent: Adam on the Laplacian pyramid of the picture's brightness."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.laplacian import join, split

DEPTH = 5
"""Octaves of detail."""
RATE = 1.2e-3
"""How far a number moves at a step."""
Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""A picture → its loss and the gradient of it."""


def descend(x: Tensor, evaluate: Evaluate, steps: int) -> Tensor:
    """Return the picture (1, 3, H, W) after some steps down, in [0, 1]; brightness alone moves.

    Colour stays that of the style's pixels: what a small network tells of it drifts toward a grey green.
    """
    levels = split(x.mean(1, keepdim=True), DEPTH)
    color = x - x.mean(1, keepdim=True)
    light = [level.clone().requires_grad_() for level in levels]
    adam = torch.optim.Adam(light, lr=RATE)
    for _ in range(steps):
        adam.zero_grad()
        with torch.enable_grad():
            bright = join(light)
        _, slope = evaluate(color + bright.detach())
        bright.backward(slope.sum(1, keepdim=True))
        adam.step()
    with torch.no_grad():
        return (color + join(light)).clamp(0, 1)
