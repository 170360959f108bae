"""Mixed precision on whatever a training runs on."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
T = TypeVar("T")


def mixed(device: torch.device) -> torch.autocast:
    """Return a context in which convolutions are computed in bfloat16."""
    return torch.autocast(device.type, torch.bfloat16)


def exact(function: Callable[P, T]) -> Callable[P, T]:
    """Let a function, which takes a tensor besides others, compute in the types that it is given."""

    @wraps(function)
    def precise(*args: P.args, **kwargs: P.kwargs) -> T:
        kind = next(x.device.type for x in args if isinstance(x, Tensor))
        with torch.autocast(kind, enabled=False):
            return function(*args, **kwargs)

    return precise
