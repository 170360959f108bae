"""Second moments of features after a linear head, computed without applying the head.

A head P with bias b maps features f to P f + b. With a 1 appended to f, the Gram matrix after the head is
[P b] M [P b]^T, where M are the raw moments of f. With the triangular factor R of [P b], R M R^T has the same
Frobenius norm, and so have all differences of such matrices.
"""

import torch
from torch import Tensor


def factor_of(weight: Tensor, bias: Tensor) -> Tensor:
    """Return R, (C + 1, C + 1), of a head with ``weight`` (D, C), D above C, and ``bias`` (D,)."""
    matrix = torch.cat([weight, bias[:, None]], 1)
    return torch.linalg.qr(matrix.double(), mode="r").R.float()


def raw_moments(second: Tensor, mean: Tensor) -> Tensor:
    """Return M, (C + 1, C + 1), from F F^T / (H W), (C, C), and the mean (C,)."""
    rows = torch.cat([second, mean[:, None]], 1)
    last = torch.cat([mean, mean.new_ones(1)])
    return torch.cat([rows, last[None]])


def behind(factor: Tensor, moments: Tensor) -> Tensor:
    """Return R M R^T."""
    return factor @ moments @ factor.mT
