"""Blurs, and pictures of half and of twice the size, that give the same in any window."""

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from ..tiling import Box, Windows, read

MARGIN = 2
"""Pixels around that a bicubic picture of twice the size looks at."""


def blur(x: Tensor, deviation: float) -> Tensor:
    """Return (B, C, H, W) blurred by a Gaussian, which looks ``reach_of_blur`` pixels far; mirrored."""
    reach = reach_of_blur(deviation)
    line = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * deviation**2)).to(x)
    line, channels = line / line.sum(), x.shape[1]
    for shape, pad in (((1, -1), (reach, reach, 0, 0)), ((-1, 1), (0, 0, reach, reach))):
        kernel = line.view(1, 1, *shape).expand(channels, 1, *shape)
        x = F.conv2d(_pad(x, pad), kernel, groups=channels)
    return x


def reach_of_blur(deviation: float) -> int:
    """Return how far a blur looks, in pixels: two and a half deviations, rounded up."""
    return int(-(-2.5 * deviation // 1))


def _pad(x: Tensor, pad: tuple[int, int, int, int]) -> Tensor:
    fits = max(pad[:2]) < x.shape[-1] and max(pad[2:]) < x.shape[-2]
    return F.pad(x, pad, mode="reflect" if fits else "replicate")


def blur_far(x: Tensor, deviation: float) -> Tensor:
    """Return (B, C, H, W), sides multiples of 4, blurred by about a Gaussian: at a quarter of the size."""
    small = blur(F.avg_pool2d(x, 4), deviation / 4)
    return F.interpolate(small, scale_factor=4, mode="bilinear", align_corners=False)


def halve(x: Tensor, times: int) -> Tensor:
    """Return the mean of each square of 2**times pixels."""
    return F.avg_pool2d(x, 2**times) if times else x


def double(x: Windows, box: Box) -> Tensor:
    """Return a window, with even corners, of a picture (1, C, H, W) made twice as large (bicubic)."""
    low = box.shrink(2)
    corners = (low.top - MARGIN, low.left - MARGIN, low.bottom + MARGIN, low.right + MARGIN)
    part = torch.as_tensor(read(x, Box(*corners))).float()
    large = torch.stack([_double(channel) for channel in part[0]])[None]
    edge = 2 * MARGIN
    return large[..., edge:-edge, edge:-edge]


def _double(channel: Tensor) -> Tensor:
    """Return a channel (h, w) twice as large; as ``F.interpolate`` does, many times as fast."""
    height, width = channel.shape
    size, line = (2 * width, 2 * height), channel.cpu().numpy()
    large = cv2.resize(line, size, interpolation=cv2.INTER_CUBIC)
    return torch.from_numpy(large).to(channel.device)
