"""L-BFGS by whole steps, without a search along the line, as all published style programs use it."""

from collections.abc import Callable

import torch
from torch import Tensor

ROOM = 1 << 29
"""Bytes that may be kept of earlier steps; two pictures a step."""
LEAST = 3
"""Steps that are remembered of any picture."""


def lbfgs(
    leaf: Tensor,
    closure: Callable[[], float],
    evaluations: int,
    *,
    rate: float = 1.0,
    history: int = 20,
) -> None:
    """Move ``leaf`` in place, until the evaluations are used up.

    Args:
        leaf: A leaf that takes gradients.
        closure: Sets the leaf's gradient and returns the loss.
        evaluations: How often it may be called.
        rate: Length of a step.
        history: Steps that are remembered, as far as there is ``ROOM``.
    """
    unit = None

    def in_units() -> float:
        nonlocal unit
        loss, gradient = closure(), leaf.grad
        assert gradient is not None  # noqa: S101  # the closure has set it
        unit = _unit(gradient) if unit is None else unit
        gradient *= unit
        return unit * loss

    room = ROOM // (2 * leaf.numel() * leaf.element_size())
    optimiser = torch.optim.LBFGS(
        [leaf],
        lr=rate,
        max_iter=evaluations,
        max_eval=evaluations,
        tolerance_grad=-1,
        tolerance_change=-1,
        history_size=max(LEAST, min(history, room)),
    )
    optimiser.step(in_units)  # pyright: ignore[reportArgumentType]  # a number will do


def _unit(gradient: Tensor) -> float:
    """Return what makes a first gradient large enough for L-BFGS, which takes a faint one for none: mostly 1.

    Published weights of losses are for published networks; behind others their gradients may be faint.
    """
    size = float(gradient.abs().sum())
    return gradient.numel() / size if 0 < size < 1 else 1.0
