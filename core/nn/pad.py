"""Reflection by one pixel, as every 3x3 convolution here wants it.

PyTorch's own ``reflection_pad2d`` takes as long as the convolution after it where channels come last; a
copy with four mirrored edges costs a tenth.
"""

from typing import Any

import torch
from torch import Tensor


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004  # nothing to keep
        batch, channels, height, width = x.shape
        layout = torch.channels_last if x.stride(1) == 1 else torch.contiguous_format
        size = (batch, channels, height + 2, width + 2)
        padded = torch.empty(size, dtype=x.dtype, device=x.device, memory_format=layout)
        padded[..., 1:-1, 1:-1] = x
        inner = padded[..., 1:-1]
        inner[..., 0, :], inner[..., -1, :] = x[..., 1, :], x[..., -2, :]
        padded[..., 0], padded[..., -1] = padded[..., 2], padded[..., -3]
        return padded

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:  # noqa: ARG004  # pyright: ignore[reportIncompatibleMethodOverride]
        back = grad[..., 1:-1, 1:-1].clone()
        back[..., 1, :] += grad[..., 0, 1:-1]
        back[..., -2, :] += grad[..., -1, 1:-1]
        for column, edge in ((1, 0), (-2, -1)):
            back[..., column] += grad[..., 1:-1, edge]
            back[..., 1, column] += grad[..., 0, edge]
            back[..., -2, column] += grad[..., -1, edge]
        return back


def reflect(x: Tensor) -> Tensor:
    """Return (B, C, H, W), both sides at least 2, with one mirrored pixel on each side."""
    return _Reflect.apply(x)  # pyright: ignore[reportReturnType]


class Conv(torch.nn.Conv2d):
    """A convolution that keeps the size; 3x3 ones see a mirrored border."""

    def __init__(self, channels: int, out: int, size: int = 3) -> None:
        super().__init__(channels, out, size)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, out, H, W)."""
        return super().forward(reflect(x) if self.kernel_size[0] == 3 else x)
