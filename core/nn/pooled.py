"""The gradient of a loss that depends on sums over a whole picture, computed tile by tile.

A Gram matrix, a mean or a squared difference is a sum over cells, so it can be pooled over tiles. The first
pass measures the sums without gradients; the loss of the pooled sums has a gradient with respect to each of
them, and the second pass back-propagates these gradients, one tile at a time. Memory is that of one tile.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ..tiling import Box, Tile
from .tiles import CPU

Sums = dict[str, Tensor]
Measure = Callable[[Tensor, Tile], Sums]
"""A window and the tile it belongs to → what its core adds to each sum."""
Loss = Callable[[Sums], Tensor]


@torch.enable_grad()
def value_and_gradient(
    x: Tensor, measure: Measure, loss: Loss, tiles: Sequence[Tile], device: torch.device = CPU
) -> tuple[float, Tensor]:
    """Return the loss of a picture's sums, and its gradient, which has the picture's shape and device.

    Args:
        x: The picture, (1, C, H, W); the tiles' windows lie in it.
        measure: Returns a tile's part of each sum; differentiable.
        loss: Function of the sums over all tiles.
        tiles: Their cores cover the picture once. One alone needs no second pass.
        device: Where ``measure`` runs.
    """
    if len(tiles) == 1:
        leaf = _leaf(x, tiles[0].window, device)
        value = loss(measure(leaf, tiles[0]))
        value.backward()
        return float(value.detach()), _gradient(leaf).to(x.device)
    value, slopes = _slopes(pool(x, measure, tiles, device), loss)
    return value, gradient(x, measure, slopes, tiles, device)


@torch.enable_grad()
def gradient(
    x: Tensor, measure: Measure, slopes: Sums, tiles: Sequence[Tile], device: torch.device = CPU
) -> Tensor:
    """Return the gradient of a loss; ``slopes`` are its gradients with respect to the sums."""
    slope = torch.zeros_like(x)
    for tile in tiles:
        leaf = _leaf(x, tile.window, device)
        sums = measure(leaf, tile)
        moved = [key for key in slopes if sums[key].requires_grad]
        torch.autograd.backward([sums[key] for key in moved], [slopes[key] for key in moved])
        _at(slope, tile.window).add_(_gradient(leaf).to(x.device))
    return slope


@torch.no_grad()
def pool(x: Tensor, measure: Measure, tiles: Sequence[Tile], device: torch.device = CPU) -> Sums:
    """Return the sums over all tiles."""
    total: Sums = {}
    for tile in tiles:
        for key, value in measure(_leaf(x, tile.window, device), tile).items():
            total[key] = total[key] + value if key in total else value
    return total


class _Known(torch.autograd.Function):
    """A number whose gradient with respect to rows was found with it."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, value: Tensor, slope: Tensor) -> Tensor:  # noqa: ARG004
        ctx.save_for_backward(slope)
        return value.clone()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        return grad * ctx.saved_tensors[0], None, None


def sum_of_blocks(rows: Tensor, part: Callable[[Tensor, slice], Tensor], block: int) -> Tensor:
    """Return the sum over blocks of rows (N, C) of a number that each has, ``part(rows, their places)``.

    A block's gradient is found at once, so that nothing of what its number took is kept.
    """
    places = [slice(start, start + block) for start in range(0, len(rows), block)]
    if not (torch.is_grad_enabled() and rows.requires_grad):
        return torch.stack([part(rows[some], some) for some in places]).sum()
    values, slope = [], torch.empty_like(rows)
    for some in places:
        leaf = rows.detach()[some].requires_grad_()
        value = part(leaf, some)
        slope[some] = torch.autograd.grad(value, leaf)[0]
        values.append(value.detach())
    return _Known.apply(rows, torch.stack(values).sum(), slope)  # pyright: ignore[reportReturnType]


def _slopes(sums: Sums, loss: Loss) -> tuple[float, Sums]:
    leaves = {key: value.detach().requires_grad_() for key, value in sums.items()}
    value = loss(leaves)
    slopes = torch.autograd.grad(value, list(leaves.values()), materialize_grads=True)
    return float(value.detach()), dict(zip(leaves, slopes, strict=True))


def _leaf(x: Tensor, box: Box, device: torch.device) -> Tensor:
    window = _at(x.detach(), box).to(device, copy=True)
    return window.contiguous(memory_format=torch.channels_last).requires_grad_()


def _at(x: Tensor, box: Box) -> Tensor:
    return x[..., box.top : box.bottom, box.left : box.right]


def _gradient(leaf: Tensor) -> Tensor:
    return torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
