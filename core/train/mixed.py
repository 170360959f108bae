"""Mixed precision on whatever a training runs on."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

from ..device import pick_dtype

CPU = torch.device("cpu")
P = ParamSpec("P")
T = TypeVar("T")


def fast_type(device: torch.device) -> torch.dtype:
    """Return bfloat16 where the chip multiplies it, else float32; others take ten times as long for it."""
    if device.type == "cpu":
        return pick_dtype("auto", device, half=True)
    return torch.bfloat16


def mixed(device: torch.device = CPU) -> torch.autocast:
    """Return a context in which convolutions are computed in ``fast_type``."""
    dtype = fast_type(device)
    return torch.autocast(device.type, torch.bfloat16, enabled=dtype != torch.float32)


def exact(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function, which takes a tensor besides others, compute in the types that it is given."""

    @wraps(function)
    def precise(*args: P.args, **kwargs: P.kwargs) -> T:
        kind = next(x.device.type for x in args if isinstance(x, Tensor))
        with torch.autocast(kind, enabled=False):
            return function(*args, **kwargs)

    return precise
