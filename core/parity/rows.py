"""Results of comparisons, and how two arrays are compared."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

TINY = 1e-30
"""What a stored number that others are compared with is at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One stored array compared with ours; a case of a method that is not built has a row without array."""

    case: str
    array: str
    difference: float
    tolerance: float
    ok: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Our value of a stored array, and its tolerance: for the largest error or, with ``mean``, the mean."""

    array: str
    ours: Tensor
    tolerance: float
    mean: bool = False
    relative: bool = False
    """Whether the tolerance is relative to each stored number."""
    spare: float = 0.0
    """Share of the numbers that may differ more, for instance because a threshold decides."""
    by: Callable[[Tensor], Tensor] | None = None
    """Function of both values to compare instead of the values, for instance the loss of a picture."""


@dataclass(frozen=True, slots=True)
class Case:
    """One file: its arrays, its ``meta`` and its name."""

    name: str
    arrays: Mapping[str, np.ndarray]
    meta: Mapping[str, Any]

    def tensor(self, array: str) -> Tensor:
        """Return a stored array."""
        return torch.from_numpy(np.array(self.arrays[array]))

    def doubled(self) -> "Case":
        """Return the case with its float32 arrays as float64.

        Results in float64 are the same on every processor; the difference is the reference's rounding.
        """
        wide = {
            name: array.astype(np.float64) if array.dtype == np.float32 else array
            for name, array in self.arrays.items()
        }
        return replace(self, arrays=wide)

    def stated(self, pattern: str, otherwise: float) -> float:
        """Return the number that ``pattern`` matches in the case's text on tolerance, else ``otherwise``."""
        found = re.search(pattern, str(self.meta.get("tolerance", "")))
        return float(found[1]) if found else otherwise


def compare(case: Case, wanted: Wanted) -> Row:
    """Return the difference to a stored array, which may hold only the first channels."""
    stored, ours = (
        case.tensor(wanted.array).double(),
        _take_first(wanted.ours.double(), case, wanted),
    )
    if ours.shape != stored.shape:
        note = f"shape {tuple(ours.shape)} instead of {tuple(stored.shape)}"
        return _row(case, wanted, float("inf"), note)
    if wanted.by:
        stored, ours = wanted.by(stored), wanted.by(ours)
    apart = (ours - stored).abs()
    apart = apart / stored.abs().clamp_min(TINY) if wanted.relative else apart
    if wanted.spare:
        apart = apart.flatten().sort().values[: apart.numel() - int(wanted.spare * apart.numel())]
    return _row(case, wanted, float(apart.mean() if wanted.mean else apart.max()))


def _row(case: Case, wanted: Wanted, difference: float, note: str = "") -> Row:
    how = f" ({wanted.by.__name__})" if wanted.by else " (mean)" if wanted.mean else ""
    return Row(
        case=case.name,
        array=f"{wanted.array}{how}",
        difference=difference,
        tolerance=wanted.tolerance,
        ok=difference <= wanted.tolerance,
        note=note,
    )


def _take_first(ours: Tensor, case: Case, wanted: Wanted) -> Tensor:
    shape = case.arrays[wanted.array].shape
    if ours.ndim == len(shape) + 1 and ours.shape[0] == 1:
        ours = ours[0]
    if ours.ndim == len(shape) >= 3:
        axis = ours.ndim - 3
        return ours.narrow(axis, 0, min(shape[axis], ours.shape[axis]))
    return ours
