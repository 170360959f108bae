"""Errors of flows against the true ones.

Dosovitskiy et al., "FlowNet", ICCV 2015: end-point errors at every level of the refinement.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

WEIGHTS = (0.005, 0.01, 0.02, 0.08, 0.32)
"""Of the levels, finest first."""


def end_point_error(flow: Tensor, true: Tensor) -> Tensor:
    """Return the distance of end points, (B, 1, H, W), of a flow and the true one, (B, 2, H, W), pixels."""
    return torch.linalg.vector_norm(flow.float() - true.float(), dim=1, keepdim=True)


def multiscale_error(
    flows: Sequence[Tensor], true: Tensor, weights: Sequence[float] = WEIGHTS
) -> Tensor:
    """Return the weighted sum over levels of end-point errors, summed over cells, averaged over the batch.

    Args:
        flows: (B, 2, h, w) of each level, finest first, in one unit.
        true: (B, 2, H, W) in the same unit; it is averaged over the cells of each level.
        weights: One per level.
    """
    errors = [
        end_point_error(
            flow, F.adaptive_avg_pool2d(true.float(), (flow.shape[-2], flow.shape[-1]))
        ).sum()
        for flow in flows
    ]
    return sum(w * e for w, e in zip(weights, errors, strict=True)) / len(true)  # pyright: ignore[reportReturnType]
