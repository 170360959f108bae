"""The guided filter: give a picture the edges of another, its guide.

He, Sun & Tang, "Guided Image Filtering", TPAMI 2013, with a guide in colour; He & Sun, "Fast Guided
Filter", arXiv 1505.00996, 2015. In every window the result is an affine function of the guide, fitted to the
picture; the fit is made at a fraction of the size, and its coefficients are enlarged to the full size.
Windows that leave the picture are cut off at its border.

Ours, because OpenCV's lies in the contrib build, which is not installed, and works on the processor alone.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

RADIUS, FLAT = 30, 0.02**2
"""Half a window in pixels, and the variance below which the guide counts as flat, as PCA-KD has them."""


def guided_filter(
    x: Tensor, guide: Tensor, radius: int, eps: float, *, shrink: int = 4, mirrored: bool = False
) -> Tensor:
    """Return ``x`` (1, 3, H, W) with the edges of ``guide`` (1, 3, H, W).

    Args:
        x: The picture, in [0, 1] or a little beyond.
        guide: The picture with the wanted edges, in [0, 1].
        radius: Half the side of a window, in pixels.
        eps: Variance of the guide, in its units squared, below which it counts as flat.
        shrink: Divisor of the size at which the fit is made; sides are multiples of it.
        mirrored: Continue windows beyond the border by mirroring, border pixels included, as OpenCV does.
    """
    wide = torch.promote_types(x.dtype, torch.float32)
    small, seen = (F.avg_pool2d(v.to(wide), shrink) for v in (x, guide))
    slope, offset = _fit(small, seen, max(1, round(radius / shrink)), eps, mirrored)
    slope, offset = (_widen(v, shrink) for v in (slope, offset))
    return torch.stack([(s * guide).sum(1) for s in slope.split(3, 1)], 1) + offset


def filter_reach(radius: int, shrink: int = 4) -> int:
    """Return the filter's reach in pixels: two windows, and the cells that are interpolated between."""
    return (2 * max(1, round(radius / shrink)) + 2) * shrink


def _fit(
    x: Tensor, guide: Tensor, radius: int, eps: float, mirrored: bool
) -> tuple[Tensor, Tensor]:
    """Return slopes (1, 9, h, w), three per channel of ``x``, and offsets (1, 3, h, w), window means."""
    mean, seen = _box(x, radius, mirrored), _box(guide, radius, mirrored)
    own = _box(_products(guide, guide), radius, mirrored) - _products(seen, seen)
    shared = _box(_products(x, guide), radius, mirrored) - _products(mean, seen)
    matrices = own.permute(0, 2, 3, 1).unflatten(3, (3, 3)) + eps * torch.eye(3).to(own)
    wanted = shared.permute(0, 2, 3, 1).unflatten(3, (3, 3)).mT
    slope = torch.linalg.solve(matrices, wanted).mT.flatten(3).permute(0, 3, 1, 2)
    offset = mean - torch.stack([(s * seen).sum(1) for s in slope.split(3, 1)], 1)
    return _box(slope, radius, mirrored), _box(offset, radius, mirrored)


def _products(x: Tensor, y: Tensor) -> Tensor:
    """Return every product of a channel of ``x`` with one of ``y``, (1, 9, h, w), x's channels slow."""
    return (x[:, :, None] * y[:, None]).flatten(1, 2)


def _box(x: Tensor, radius: int, mirrored: bool) -> Tensor:
    """Return the mean over windows of 2 * radius + 1 pixels, counting only pixels inside the picture."""
    side = 2 * radius + 1
    if mirrored:
        down, right = (_mirror(n, radius) for n in x.shape[-2:])
        return F.avg_pool2d(F.avg_pool2d(x[..., down, :], (side, 1), 1)[..., right], (1, side), 1)
    rows = F.avg_pool2d(x, (side, 1), 1, (radius, 0), count_include_pad=False)
    return F.avg_pool2d(rows, (1, side), 1, (0, radius), count_include_pad=False)


def _mirror(size: int, radius: int) -> Tensor:
    place = torch.arange(-radius, size + radius) % (2 * size)
    return torch.minimum(place, 2 * size - 1 - place)


def _widen(x: Tensor, shrink: int) -> Tensor:
    return F.interpolate(x, scale_factor=shrink, mode="bilinear", align_corners=False)
