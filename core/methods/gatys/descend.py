"""The optimisation of a picture: L-BFGS or Adam on its pixels, or on its octaves."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ...nn.lbfgs import lbfgs
from .octaves import Octaves
from .recipes import Recipe

Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""A picture → its loss and the gradient of it."""


def descend(x: Tensor, evaluate: Evaluate, recipe: Recipe, iterations: int) -> Tensor:
    """Return the picture after ``iterations`` evaluations of its loss; ``x`` (1, 3, H, W) is not changed.

    L-BFGS ends only when its evaluations are used up; in octaves the best picture is returned.
    """
    if recipe.octaves:
        return _in_octaves(x, evaluate, recipe, iterations)
    pixels = x.detach().clone(memory_format=torch.contiguous_format).requires_grad_()

    def closure() -> float:
        if recipe.clamp:
            pixels.data.clamp_(0, recipe.scale)
        loss, gradient = evaluate(pixels.detach())
        pixels.grad = gradient.contiguous()
        return loss

    _optimise(pixels, closure, recipe, iterations)
    return pixels.detach()


def _in_octaves(x: Tensor, evaluate: Evaluate, recipe: Recipe, iterations: int) -> Tensor:
    """Return the best picture of all steps: a full step may overshoot, and it may be the last one."""
    space = Octaves.of(x.detach(), recipe.octaves)
    change = space.still().requires_grad_()
    best, least = space.still(), math.inf

    def closure() -> float:
        nonlocal least
        loss, gradient = evaluate(space.picture(change.detach()))
        if loss < least:
            least = loss
            best.copy_(change.detach())
        change.grad = space.back(gradient)
        return loss

    _optimise(change, closure, recipe, iterations)
    return space.picture(best)


def _optimise(leaf: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    if recipe.optimiser == "lbfgs":
        lbfgs(leaf, closure, iterations, rate=recipe.rate, history=recipe.history)
        return
    optimiser = torch.optim.Adam([leaf], lr=recipe.rate)
    for _ in range(iterations):
        optimiser.step(closure)
