"""Reflection padding at a picture's border, which every convolution here uses.

PyTorch's own ``reflection_pad2d`` takes as long as a 3x3 convolution where channels are last; a copy with
four mirrored edges, enough for one pixel of padding, takes a tenth of that.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


def _room(x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return an empty tensor for (B, C, H, W) with one pixel more on each side, laid out as it is."""
    batch, channels, height, width = x.shape
    layout = torch.channels_last if x.stride(1) == 1 else torch.contiguous_format
    size = (batch, channels, height + 2, width + 2)
    return torch.empty(size, dtype=dtype, device=x.device, memory_format=layout)


class _Reflect(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:  # noqa: ARG004  # nothing to keep
        padded = _room(x, x.dtype)
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


def reflect(x: Tensor, by: int = 1) -> Tensor:
    """Return (B, C, H, W), both sides longer than ``by``, with that many mirrored pixels on each side."""
    if by == 1:
        return _Reflect.apply(x)  # pyright: ignore[reportReturnType]
    return F.pad(x, (by,) * 4, mode="reflect") if by else x


class _Convolve(torch.autograd.Function):
    """A convolution 3 x 3 of what is mirrored, which keeps the picture and not its padded copy.

    In a mixed context the result, and so its gradient, is of a shorter type than picture and weights.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        return F.conv2d(_Reflect.apply(x), weight, bias)  # pyright: ignore[reportArgumentType]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:  # pyright: ignore[reportIncompatibleMethodOverride]
        x, weight = ctx.saved_tensors
        padded = _room(x, grad.dtype)  # its size alone counts
        one, none = [1, 1], [0, 0]
        slope = torch.ops.aten.convolution_backward(
            grad,
            padded,
            weight.to(grad.dtype),
            None,
            one,
            none,
            one,
            False,
            none,
            1,
            [True, False, False],
        )[0]
        return _Reflect.backward(ctx, slope).to(x.dtype), None, None


def convolve(x: Tensor, layer: torch.nn.Conv2d) -> Tensor:
    """Return a layer of 3 x 3 on mirrored edges, (B, out, H, W); a network that is not taught keeps less."""
    if layer.weight.requires_grad:
        return layer(reflect(x))
    return _Convolve.apply(x, layer.weight, layer.bias)  # pyright: ignore[reportReturnType]


class Conv(torch.nn.Conv2d):
    """A convolution of an odd size with reflection padding; at stride 1 it keeps the picture's size."""

    def __init__(
        self, channels: int, out: int, size: int = 3, *, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__(channels, out, size, stride, groups=groups)

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return (B, out, H / stride, W / stride), rounded up."""
        return super().forward(reflect(x, self.kernel_size[0] // 2))


class Halve(torch.nn.Conv2d):
    """A 4x4 convolution to half the size, mirrored at the border."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(channels, out, 4, 2)

    def forward(self, x: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Return (B, out, H / 2, W / 2)."""
        return super().forward(reflect(x))
