"""The descent: Adam on the picture's Laplacian pyramid, brightness apart from colour."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.laplacian import join, split

DEPTH = 5
"""Octaves of detail."""
RATE = 2e-3
"""How far a number moves at a step."""
COLOR = (0.05, 0.15, 0.3, 0.6)
"""How much less colour moves than brightness in the finest octaves of the whole picture: paint has no
coloured grain, and small networks like to make some."""
Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""A picture → its loss and the gradient of it."""


def descend(x: Tensor, evaluate: Evaluate, steps: int, octave: int) -> Tensor:
    """Return the picture (1, 3, H, W) after some steps down, in [0, 1].

    ``octave``: how often the whole picture was halved to get this size.
    """
    basis = _basis(x)
    levels = split(_turn(basis.T, x), DEPTH)
    light = [level[:, :1].clone().requires_grad_() for level in levels]
    color = [level[:, 1:].clone().requires_grad_() for level in levels]
    del levels
    rates = [COLOR[k] if k < len(COLOR) else 1.0 for k in range(octave, octave + len(light))]
    groups = [{"params": [part], "lr": RATE} for part in light]
    groups += [{"params": [p], "lr": RATE * rate} for p, rate in zip(color, rates, strict=True)]
    adam = torch.optim.Adam(groups)
    for _ in range(steps):
        adam.zero_grad()
        with torch.enable_grad():
            picture = _whole(light, color, basis)
        _, slope = evaluate(picture.detach())
        picture.backward(slope)
        adam.step()
    with torch.no_grad():
        return _whole(light, color, basis).clamp(0, 1)


def _whole(light: list[Tensor], color: list[Tensor], basis: Tensor) -> Tensor:
    parts = [torch.cat(pair, 1) for pair in zip(light, color, strict=True)]
    return _turn(basis, join(parts))


def _turn(basis: Tensor, x: Tensor) -> Tensor:
    return torch.einsum("ij,bjhw->bihw", basis, x)


def _basis(like: Tensor) -> Tensor:
    """Return brightness and two opponent colours as columns of length 1."""
    columns = like.new_tensor([[1, 1, 1], [1, 0, -1], [1, -2, 1]]).T
    return columns / columns.norm(dim=0)
