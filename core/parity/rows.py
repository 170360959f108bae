"""What a comparison yields, and how two arrays are compared."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stored array against ours; a case of a method that is not built has one row without an array."""

    case: str
    array: str
    difference: float
    tolerance: float
    ok: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One file: its arrays, its ``meta``, and the name it goes by."""

    name: str
    arrays: Mapping[str, np.ndarray]
    meta: Mapping[str, Any]

    def tensor(self, array: str) -> Tensor:
        """Return a stored array."""
        return torch.from_numpy(np.array(self.arrays[array]))

    def stated(self, pattern: str, otherwise: float) -> float:
        """Return the number that ``pattern`` finds in the words about tolerance."""
        found = re.search(pattern, str(self.meta.get("tolerance", "")))
        return float(found[1]) if found else otherwise


def compare(case: Case, array: str, ours: Tensor, tolerance: float) -> Row:
    """Return the largest difference to a stored array, which may hold only the first channels."""
    stored = case.tensor(array).double()
    got = ours.detach().double()
    if got.ndim == stored.ndim + 1 and got.shape[0] == 1:
        got = got[0]
    if got.ndim >= 3:
        axis = got.ndim - 3
        got = got.narrow(axis, 0, min(stored.shape[axis], got.shape[axis]))
    if got.shape != stored.shape:
        note = f"shape {tuple(got.shape)} instead of {tuple(stored.shape)}"
        return Row(case=case.name, array=array, difference=float("inf"), tolerance=tolerance, ok=False, note=note)
    difference = float((got - stored).abs().max())
    return Row(case=case.name, array=array, difference=difference, tolerance=tolerance, ok=difference <= tolerance)
