"""How a picture is made to fit: L-BFGS or Adam on its pixels."""

from collections.abc import Callable

import torch
from torch import Tensor

from .recipes import Recipe

Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""A picture → its loss and the gradient of it."""
HISTORY_BYTES = 1 << 30
"""What L-BFGS may keep of earlier steps; two pictures a step."""


def descend(x: Tensor, evaluate: Evaluate, recipe: Recipe, iterations: int) -> Tensor:
    """Return the picture after that many evaluations of its loss; ``x`` (1, 3, H, W) is left as it is.

    L-BFGS takes whole steps, without a search along the line, as all published programs do, and ends only
    when its evaluations are used up.
    """
    pixels = x.detach().clone(memory_format=torch.contiguous_format).requires_grad_()

    def closure() -> float:
        if recipe.clamp:
            pixels.data.clamp_(0, recipe.scale)
        loss, gradient = evaluate(pixels.detach())
        pixels.grad = gradient.contiguous()
        return loss

    optimiser = _lbfgs if recipe.optimiser == "lbfgs" else _adam
    optimiser(pixels, closure, recipe, iterations)
    return pixels.detach()


def _lbfgs(pixels: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    room = HISTORY_BYTES // (2 * pixels.numel() * pixels.element_size())
    optimiser = torch.optim.LBFGS(
        [pixels],
        lr=recipe.rate,
        max_iter=iterations,
        max_eval=iterations,
        tolerance_grad=-1,
        tolerance_change=-1,
        history_size=max(3, min(recipe.history, room)),
    )
    optimiser.step(closure)


def _adam(pixels: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    optimiser = torch.optim.Adam([pixels], lr=recipe.rate)
    for _ in range(iterations):
        optimiser.step(closure)
