"""L-BFGS with full steps and no line search, as all published style programs use it.

Liu & Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989, algorithm 2.1. It
takes the steps of ``torch.optim.LBFGS``, but in place: for a 4K picture every vector has 0.1 GB.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

ROOM = 1 << 28
"""Bytes that may be kept of earlier steps; two pictures a step."""
LEAST = 5
"""Steps that are remembered of any picture."""
FLAT = 1e-10
"""Least product of a step and the gradient's change that curvature is read off."""


@torch.no_grad()
def lbfgs(
    leaf: Tensor,
    closure: Callable[[], float],
    evaluations: int,
    *,
    rate: float = 1.0,
    history: int = 20,
) -> None:
    """Minimise in place until the evaluations are used up; the last one evaluates the final ``leaf``.

    Args:
        leaf: The tensor that is changed, contiguous.
        closure: Sets the leaf's gradient, a tensor that may be changed here, and returns the loss.
        evaluations: Number of calls of the closure.
        rate: Length of a step.
        history: Number of steps that are remembered, fewer if they exceed ``ROOM``.
    """
    x, slope = leaf.detach().view(-1), _slope(leaf, closure)
    unit = _unit(slope)
    memory = _Memory(max(LEAST, min(history, ROOM // (2 * x.numel() * x.element_size()))))
    before = slope.mul_(unit).clone()
    step = slope.neg()
    length = rate / max(1.0, float(slope.abs().sum()))
    for _ in range(evaluations - 1):
        x.add_(step, alpha=length)
        del slope  # otherwise memory holds two of it
        slope = _slope(leaf, closure).mul_(unit)
        memory.learn(step.mul_(length), before.neg_().add_(slope))
        before.copy_(slope)
        memory.turn(step.copy_(slope).neg_())
        length = rate


def _slope(leaf: Tensor, closure: Callable[[], float]) -> Tensor:
    """Return the gradient that the closure sets, (N,), and remove it from the leaf."""
    with torch.enable_grad():
        closure()
    gradient, leaf.grad = leaf.grad, None
    assert gradient is not None  # noqa: S101  # the closure has set it
    return gradient.view(-1)


def _unit(gradient: Tensor) -> float:
    """Return a factor, mostly 1, for the first gradient: L-BFGS treats one that is too small as zero.

    Published weights of losses are for published networks; with other networks gradients may be small.
    """
    size = float(gradient.abs().sum())
    return gradient.numel() / size if 0 < size < 1 else 1.0


@dataclass(slots=True)
class _Memory:
    """The latest steps, each with the change of the gradient over it; oldest first."""

    size: int
    steps: list[Tensor] = field(default_factory=list[Tensor])
    changes: list[Tensor] = field(default_factory=list[Tensor])
    inverses: list[Tensor] = field(default_factory=list[Tensor])
    scale: Tensor | float = 1.0

    def learn(self, step: Tensor, change: Tensor) -> None:
        """Store copies of a step and of the gradient's change, unless they show no curvature."""
        product = change.dot(step)
        if not product > FLAT:
            return
        for kept, new in ((self.steps, step), (self.changes, change)):
            place = torch.empty_like(new) if len(kept) < self.size else kept.pop(0)
            kept.append(place.copy_(new))
        self.inverses = [*self.inverses, 1 / product][-self.size :]
        self.scale = product / change.dot(change)

    def turn(self, x: Tensor) -> None:
        """Multiply ``x`` in place by the inverse Hessian that the steps approximate."""
        pairs = list(zip(self.steps, self.changes, self.inverses, strict=True))
        shares: list[Tensor] = []
        for step, change, inverse in reversed(pairs):
            shares.append(step.dot(x) * inverse)
            x.add_(change, alpha=-float(shares[-1]))
        x.mul_(self.scale)
        for (step, change, inverse), share in zip(pairs, reversed(shares), strict=True):
            x.add_(step, alpha=float(share - change.dot(x) * inverse))
