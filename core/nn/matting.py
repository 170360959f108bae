"""The matting affinity: how strongly two close pixels of a picture belong together.

Levin, Lischinski & Weiss, "A Closed-Form Solution to Natural Image Matting", TPAMI 2008, eq. 12. In every
small window the result should be an affine function of the picture's colours; written as a quadratic form,
this is a symmetric matrix W between pixels at most two radii apart. Each row sums to the number of windows
that contain the pixel (9 inside for a radius of 1), and D - W, with these sums on the diagonal of D, is the
matting Laplacian. Only windows that lie wholly in the picture count.

Ours, because PyMatting writes the matrix out in doubles: gigabytes for a picture in 4K.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product

import torch
from torch import Tensor

from ..progress import Progress, Report, ignore

EPS = 1e-7
"""What is added to a window's colour covariance, times its number of pixels, colours in [0, 1]."""
STRIP = 32
"""Rows that are worked on at once: few enough for the processor's cache."""


@dataclass(frozen=True)
class Affinity:
    """A matting affinity as pictures of coefficients, one for each offset of a half-plane (W is symmetric).

    Attributes:
        weights: (K, H, W); ``weights[k]`` couples a pixel with the one at ``offsets(radius)[k]`` from it,
            and is 0 where that one lies outside.
        radius: Of the windows, in pixels.
    """

    weights: Tensor
    radius: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.weights.shape[-2], self.weights.shape[-1]

    @cached_property
    def degree(self) -> Tensor:
        """The number of windows that contain each pixel, (H, W): the sums of W's rows."""
        rows, columns = (_windows(n, self.radius) for n in self.size)
        return torch.outer(rows, columns).to(self.weights)

    def to(self, dtype: torch.dtype) -> "Affinity":
        """Return the affinity in another precision."""
        return replace(self, weights=self.weights.to(dtype))

    def system(self, smoothness: float) -> "Affinity":
        """Return D - smoothness W, stored in the same form as W."""
        weights = -smoothness * self.weights
        weights[0] += self.degree
        return replace(self, weights=weights)

    def __call__(self, v: Tensor) -> Tensor:
        """Return W times each channel of ``v`` (C, H, W)."""
        out = self.weights[0] * v
        for k, pixels, partners in _strips(self.radius, self.size):
            weights = self.weights[k][pixels]
            out[:, *pixels].addcmul_(weights, v[:, *partners])
            out[:, *partners].addcmul_(weights, v[:, *pixels])
        return out

    def laplacian(self, v: Tensor) -> Tensor:
        """Return D - W times each channel of ``v`` (C, H, W)."""
        return self.degree * v - self(v)


def offsets(radius: int) -> list[tuple[int, int]]:
    """Return offsets (rows down, columns right): the pixel itself, (0, 0), then half of its partners."""
    reach = 2 * radius
    near = product(range(reach + 1), range(-reach, reach + 1))
    return sorted((offset for offset in near if offset >= (0, 0)), key=lambda o: (o != (0, 0), o))


def matting_affinity(
    guide: Tensor,
    radius: int = 1,
    eps: float = EPS,
    *,
    dtype: torch.dtype = torch.float64,
    report: Report = ignore,
) -> Affinity:
    """Return the affinity of a picture; windows are inverted in float64.

    Args:
        guide: The picture, (1, 3, H, W) in [0, 1].
        radius: Of the windows, in pixels.
        eps: Added to the covariance of a window's colours, divided by the number of its pixels.
        dtype: The type of the coefficients.
        report: Called after each strip.
    """
    height, width = guide.shape[-2:]
    affinity = Affinity(torch.zeros(len(offsets(radius)), height, width, dtype=dtype), radius)
    last = height - 2 * radius
    if width <= 2 * radius or last <= 0:
        return affinity
    for top in range(0, last, STRIP):
        rows = slice(top, min(top + STRIP, last) + 2 * radius)
        _add_windows(affinity, guide[0, :, rows].double().contiguous(), top, eps)
        report(Progress("affinity", rows.stop - 2 * radius, last))
    return affinity


def _add_windows(affinity: Affinity, colours: Tensor, top: int, eps: float) -> None:
    """Add the coefficients of all windows in some rows of the picture, (3, h, W) from row ``top`` on."""
    side = 2 * affinity.radius + 1
    places = list(product(range(side), repeat=2))
    index = {offset: k for k, offset in enumerate(offsets(affinity.radius))}
    height, width = (n - side + 1 for n in colours.shape[1:])
    views = torch.stack([colours[:, y : y + height, x : x + width] for y, x in places])
    whitened = _whiten(views - views.mean(0), eps / len(places))
    for one, (y, x) in enumerate(places):
        target = affinity.weights[:, top + y : top + y + height, x : x + width]
        for other in range(one, len(places)):
            offset = (places[other][0] - y, places[other][1] - x)
            coupled = 1 + (whitened[one] * whitened[other]).sum(0)
            target[index[offset]] += coupled / len(places)


def _whiten(centred: Tensor, ridge: float) -> Tensor:
    """Return whitened colours (n, 3, h, w): their products are those of u^T C^-1 v, C the covariance.

    By elimination, one channel after the other: where a window's colours lie on one line, as they mostly do,
    the determinant would lose all digits. The variance that remains of a channel is measured, not subtracted.
    """
    r, g, b = centred.unbind(1)
    red = r.square().mean(0) + ridge
    g_on_r, b_on_r = (r * g).mean(0) / red, (r * b).mean(0) / red
    g, b = g - g_on_r * r, b - b_on_r * r
    green = g.square().mean(0) + ridge * (1 + g_on_r.square())
    b_on_g = ((g * b).mean(0) + ridge * g_on_r * b_on_r) / green
    b = b - b_on_g * g
    rest = 1 + b_on_g.square() + (b_on_g * g_on_r - b_on_r).square()
    blue = b.square().mean(0) + ridge * rest
    return torch.stack([r / red.sqrt(), g / green.sqrt(), b / blue.sqrt()], 1)


def _windows(size: int, radius: int) -> Tensor:
    """Return how many windows along a side contain each pixel."""
    place = torch.arange(size)
    first, last = (place - 2 * radius).clamp_min(0), place.clamp_max(size - 2 * radius - 1)
    return (last - first + 1).clamp_min(0)


def _strips(
    radius: int, size: tuple[int, int]
) -> Iterator[tuple[int, tuple[slice, slice], tuple[slice, slice]]]:
    """Yield, strip by strip, each offset's index, the pixels that have a partner there, and the partners."""
    height, width = size
    for top in range(0, height, STRIP):
        for k, (down, right) in enumerate(offsets(radius)[1:], 1):
            bottom = min(top + STRIP, height - down)
            left, end = max(0, -right), width - max(0, right)
            if bottom > top and end > left:
                pixels = slice(top, bottom), slice(left, end)
                yield (
                    k,
                    pixels,
                    (slice(top + down, bottom + down), slice(left + right, end + right)),
                )
