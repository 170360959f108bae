"""Networks for parity cases: with pseudo-random weights drawn from published names, or published weights.

The seed of a pseudo-weight is the tensor's full published name, so a case needs no weight file. Our network
gets its tensors through the same conversion as a published file, so names and order are tested too.
"""

import zlib
from collections.abc import Mapping
from math import prod, sqrt
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from ..checkpoints.networks import fill

Net = TypeVar("Net", bound=nn.Module)
SPREAD = 0.05
"""Deviation of biases and other vectors."""


def pseudo_tensor(name: str, shape: tuple[int, ...]) -> Tensor:
    """Return the pseudo-weight of a full published name, float32 (counters: int64 zero)."""
    leaf = name.rsplit(".", 1)[-1]
    if leaf == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    noise = generator.standard_normal(shape).astype(np.float32)
    return torch.from_numpy(np.asarray(_scale(leaf, noise), np.float32))


def _scale(leaf: str, noise: np.ndarray) -> np.ndarray:
    if leaf == "running_var":
        return 1 + np.float32(0.1) * np.abs(noise)
    if leaf in ("running_mean", "bias", "beta"):
        return np.float32(SPREAD) * noise
    if noise.ndim >= 2:
        return noise * np.float32(sqrt(2 / prod(noise.shape[1:])))
    if noise.ndim == 1 and leaf in ("weight", "gamma", "scale"):
        return 1 + np.float32(0.1) * noise
    return np.float32(SPREAD) * noise


def pseudo_state(layers: Mapping[str, tuple[int, ...]], prefix: str) -> dict[str, Tensor]:
    """Return the pseudo-weights of published names and shapes below a prefix."""
    dot = "" if prefix.endswith(".") else "."
    return {name: pseudo_tensor(f"{prefix}{dot}{name}", shape) for name, shape in layers.items()}


def pseudo_network(module: Net, pairs: list[tuple[str, str]], prefix: str) -> Net:
    """Return ``module`` with pseudo-weights; ``pairs`` are its layers' published names and ours."""
    own = module.state_dict()
    theirs = {f"{t}.{kind}": f"{ours}.{kind}" for t, ours in pairs for kind in ("weight", "bias")}
    state = pseudo_state({t: tuple(own[ours].shape) for t, ours in theirs.items()}, prefix)
    filled = fill(lambda: module, {theirs[t]: value for t, value in state.items()}, prefix)
    return as_published(filled)


def as_published(module: Net) -> Net:
    """Return the module in the references' memory order, so that sums are rounded in the same way."""
    return module.to(memory_format=torch.contiguous_format)
