"""How a picture is made to fit: L-BFGS or Adam on its pixels, or on its octaves."""

from collections.abc import Callable

import torch
from torch import Tensor

from .octaves import Octaves
from .recipes import Recipe

Evaluate = Callable[[Tensor], tuple[float, Tensor]]
"""A picture → its loss and the gradient of it."""
HISTORY_BYTES = 1 << 29
"""What L-BFGS may keep of earlier steps; two pictures a step."""
LEAST = 3
"""Steps that it remembers of any picture."""


def descend(x: Tensor, evaluate: Evaluate, recipe: Recipe, iterations: int) -> Tensor:
    """Return the picture after that many evaluations of its loss; ``x`` (1, 3, H, W) is left as it is.

    L-BFGS takes whole steps, without a search along the line, as all published programs do, and ends only
    when its evaluations are used up.
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
    space = Octaves.of(x.detach(), recipe.octaves)
    change = space.still().requires_grad_()

    def closure() -> float:
        loss, gradient = evaluate(space.picture(change.detach()))
        change.grad = space.back(gradient)
        return loss

    _optimise(change, closure, recipe, iterations)
    return space.picture(change.detach())


def _optimise(leaf: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    optimiser = _lbfgs if recipe.optimiser == "lbfgs" else _adam
    optimiser(leaf, closure, recipe, iterations)


def _lbfgs(leaf: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    unit = None

    def in_units() -> float:
        nonlocal unit
        loss, gradient = closure(), leaf.grad
        assert gradient is not None  # noqa: S101  # the closure has set it
        unit = _unit(gradient) if unit is None else unit
        gradient *= unit
        return unit * loss

    room = HISTORY_BYTES // (2 * leaf.numel() * leaf.element_size())
    optimiser = torch.optim.LBFGS(
        [leaf],
        lr=recipe.rate,
        max_iter=iterations,
        max_eval=iterations,
        tolerance_grad=-1,
        tolerance_change=-1,
        history_size=max(LEAST, min(recipe.history, room)),
    )
    optimiser.step(in_units)


def _unit(gradient: Tensor) -> float:
    """Return what makes a first gradient large enough for L-BFGS, which takes a faint one for none: mostly 1.

    Published weights of losses are for published networks; behind others their gradients may be faint.
    """
    size = float(gradient.abs().sum())
    return gradient.numel() / size if 0 < size < 1 else 1.0


def _adam(leaf: Tensor, closure: Callable[[], float], recipe: Recipe, iterations: int) -> None:
    optimiser = torch.optim.Adam([leaf], lr=recipe.rate)
    for _ in range(iterations):
        optimiser.step(closure)
