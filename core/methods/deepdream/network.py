"""Gradient ascent over octaves, in both published conventions.

Mordvintsev, Olah & Tyka, "Inceptionism: Going Deeper into Neural Networks", Google Research, 2015, and its
notebook; and github.com/gordicaleksa/pytorch-deepdream, which differs in everything but the idea. A picture
may be in any linear space of pixels; bounds and step are in the same space.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

Gradient = Callable[[Tensor], Tensor]
"""A picture (1, 3, H, W) → the gradient of what is to grow in it."""
Size = tuple[int, int]
SMOOTHING = 9
"""Side of the kernels that smooth a gradient."""
CELLS = 4096
"""Cells that are compared with a guide at once."""


@dataclass(frozen=True, slots=True)
class Convention:
    """Rules of a dream's gradient ascent.

    Attributes:
        detail: Each octave adds its detail to the original picture at that size; else one picture is
            enlarged from octave to octave, beginning small.
        deviation: Gradients are scaled to mean 0 and deviation 1; else to a mean size of 1.
        smoothing: Least deviation of the Gaussians that smooth gradients, in cells; None: no smoothing.
    """

    detail: bool
    deviation: bool
    smoothing: float | None = None

    def sizes(self, size: Size, count: int, ratio: float) -> list[Size]:
        """Return the octaves' sizes, the smallest first."""
        return _list_octaves(size, count, ratio) if self.detail else _levels(size, count, ratio)

    def resize(self, x: Tensor, size: Size) -> Tensor:
        """Return (1, 3, H, W) at another size, linearly interpolated without antialiasing."""
        if x.shape[-2:] == size:
            return x
        return F.interpolate(x, size, mode="bilinear", align_corners=self.detail)

    def bases(self, picture: Tensor, sizes: Sequence[Size]) -> list[Tensor]:
        """Return the original picture at each octave's size; without ``detail`` only the first is used."""
        if not self.detail:
            return [self.resize(picture, size) for size in sizes]
        pictures = [picture]
        for size in sizes[-2::-1]:
            pictures.append(self.resize(pictures[-1], size))
        return pictures[::-1]

    def enlarge(self, x: Tensor, base: Tensor, larger: Tensor) -> Tensor:
        """Return the next octave's start from this octave's result and base, and the next base."""
        size = (larger.shape[-2], larger.shape[-1])
        return larger + self.resize(x - base, size) if self.detail else self.resize(x, size)

    def direction(self, gradient: Tensor, progress: float) -> Tensor:
        """Return the step's direction: the smoothed, normalised gradient; ``progress`` ends at 1."""
        if self.smoothing is not None:
            gradient = smooth(gradient, 2 * progress + self.smoothing)
        if self.deviation:
            spread, mean = torch.std_mean(gradient)
            return (gradient - mean) / spread.clamp_min(1e-12)
        return gradient / gradient.abs().mean().clamp_min(1e-12)


GOOGLE = Convention(detail=True, deviation=False)
GORDIC = Convention(detail=False, deviation=True, smoothing=0.5)
CONVENTIONS = {"google": GOOGLE, "gordic": GORDIC}


def _list_octaves(size: Size, count: int, ratio: float) -> list[Size]:
    sizes = [size]
    for _ in range(count - 1):
        sizes.append((round(sizes[-1][0] / ratio), round(sizes[-1][1] / ratio)))
    return sizes[::-1]


def _levels(size: Size, count: int, ratio: float) -> list[Size]:
    scales = [ratio ** (level - count + 1) for level in range(count)]
    return [(round(size[0] * s), round(size[1] * s)) for s in scales]


def smooth(x: Tensor, sigma: float) -> Tensor:
    """Return (B, C, H, W) as the mean of three Gaussian blurs, of deviations sigma / 2, sigma and 2 sigma."""
    distance = torch.arange(SMOOTHING, device=x.device) - SMOOTHING // 2
    lines = torch.stack([torch.exp(-0.5 * (distance / (s * sigma)) ** 2) for s in (0.5, 1, 2)])
    kernels = lines[:, :, None] * lines[:, None, :]
    kernel = (kernels / kernels.sum((1, 2), keepdim=True)).mean(0)
    padded = F.pad(x, [SMOOTHING // 2] * 4, mode="reflect")
    channels = x.shape[1]
    return F.conv2d(padded, kernel.expand(channels, 1, -1, -1), groups=channels)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climb:
    """Sizes, steps and bounds of a dream.

    Attributes:
        sizes: Of the octaves, the smallest first; the last is the picture's.
        iterations: Steps per octave.
        step: Length of a step along a normalised gradient.
        low: Least values, broadcast to (1, 3, H, W).
        high: Greatest values, likewise.
        shifts: Rows and columns by which the picture is rolled at each step, so that no grid appears.
    """

    sizes: Sequence[Size]
    iterations: int
    step: float
    low: Tensor
    high: Tensor
    shifts: Iterable[Size]


def dream(picture: Tensor, gradient: Gradient, how: Convention, climb: Climb) -> Tensor:
    """Return (1, 3, H, W) after gradient ascent over all octaves."""
    shifts, bases = iter(climb.shifts), how.bases(picture, climb.sizes)
    x = bases[0]
    for octave, base in enumerate(bases):
        if octave:
            x = how.enlarge(x, bases[octave - 1], base)
        for i in range(1, climb.iterations + 1):
            rolled = torch.roll(x, shift := next(shifts), (2, 3))
            rolled = rolled + climb.step * how.direction(gradient(rolled), i / climb.iterations)
            back = (-shift[0], -shift[1])
            x = torch.roll(rolled, back, (2, 3)).clamp(climb.low, climb.high)
    return x


def guided_seed(features: Tensor, guide: Tensor) -> Tensor:
    """Return for every cell of (1, C, h, w) the guide's vector, of (C, n), with the largest dot product."""
    flat = features[0].flatten(1)
    best = torch.cat([(part.mT @ guide).argmax(1) for part in flat.split(CELLS, 1)])
    return guide[:, best].reshape(features.shape)
