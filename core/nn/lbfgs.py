"""L-BFGS by whole steps, without a search along the line, as all published style programs use it.

Liu & Nocedal, "On the Limited Memory BFGS Method for Large Scale Optimization", 1989, algorithm 2.1. It
walks as ``torch.optim.LBFGS`` does, but in place: of a picture in 4K, every vector is a tenth of a gigabyte.
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
    """Move ``leaf`` in place, until the evaluations are used up; the last one is of where it ends.

    Args:
        leaf: What is moved, contiguous.
        closure: Sets the leaf's gradient, which is its to be changed, and returns the loss.
        evaluations: How often it may be called.
        rate: Length of a step.
        history: Steps that are remembered, as far as there is ``ROOM``.
    """
    x, slope = leaf.detach().view(-1), _slope(leaf, closure)
    unit = _unit(slope)
    memory = _Memory(max(LEAST, min(history, ROOM // (2 * x.numel() * x.element_size()))))
    before = slope.mul_(unit).clone()
    step = slope.neg()
    length = rate / max(1.0, float(slope.abs().sum()))
    for _ in range(evaluations - 1):
        x.add_(step, alpha=length)
        del slope  # or there are two of it
        slope = _slope(leaf, closure).mul_(unit)
        memory.learn(step.mul_(length), before.neg_().add_(slope))
        before.copy_(slope)
        memory.turn(step.copy_(slope).neg_())
        length = rate


def _slope(leaf: Tensor, closure: Callable[[], float]) -> Tensor:
    """Return the gradient that the closure sets, (N,), and take it off the leaf."""
    with torch.enable_grad():
        closure()
    gradient, leaf.grad = leaf.grad, None
    assert gradient is not None  # noqa: S101  # the closure has set it
    return gradient.view(-1)


def _unit(gradient: Tensor) -> float:
    """Return what makes a first gradient large enough for L-BFGS, which takes a faint one for none: mostly 1.

    Published weights of losses are for published networks; behind others their gradients may be faint.
    """
    size = float(gradient.abs().sum())
    return gradient.numel() / size if 0 < size < 1 else 1.0


@dataclass(slots=True)
class _Memory:
    """The latest steps, each with the change of the gradient along it; old ones first."""

    size: int
    steps: list[Tensor] = field(default_factory=list[Tensor])
    changes: list[Tensor] = field(default_factory=list[Tensor])
    inverses: list[Tensor] = field(default_factory=list[Tensor])
    scale: Tensor | float = 1.0

    def learn(self, step: Tensor, change: Tensor) -> None:
        """Remember copies of a step and of the gradient's change, unless there is no curvature in them."""
        product = change.dot(step)
        if not product > FLAT:
            return
        for kept, new in ((self.steps, step), (self.changes, change)):
            place = torch.empty_like(new) if len(kept) < self.size else kept.pop(0)
            kept.append(place.copy_(new))
        self.inverses = [*self.inverses, 1 / product][-self.size :]
        self.scale = product / change.dot(change)

    def turn(self, x: Tensor) -> None:
        """Multiply ``x`` in place by the inverse Hessian that the steps tell of."""
        pairs = list(zip(self.steps, self.changes, self.inverses, strict=True))
        shares: list[Tensor] = []
        for step, change, inverse in reversed(pairs):
            shares.append(step.dot(x) * inverse)
            x.add_(change, alpha=-float(shares[-1]))
        x.mul_(self.scale)
        for (step, change, inverse), share in zip(pairs, reversed(shares), strict=True):
            x.add_(step, alpha=float(share - change.dot(x) * inverse))
