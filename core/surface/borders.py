"""Whether a picture goes on across its borders, as a texture does that tiles: told by steps of its texels.

What is usual is not the same everywhere: the sky on both sides of a photograph is calm, its middle is not.
So the step across a border is held against the steps beside it. Where a floor has its joint at the border
that is no measure; then the step may be as large as the largest inside, if the picture is as even as
textures are.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..tiling import Windows

LEAST = 16
"""Texels below which a side tells nothing."""
BESIDE = 32
"""Texels on each side of a border whose steps are those beside it."""
USUAL = 1.75
"""Up to this share of the median step beside it, the step across a border is a usual one."""
WIDTHS = (1, 2, 4, 8)
"""Steps are differences of means of so many texels: a thin frame has like sides, what it frames has not."""
NARROW = 3
"""So many of these count beside a border."""
JOINT, LARGEST = 1.1, 0.99
"""Up to this share of this quantile of the steps inside, the step across a border may be that of a joint."""
EVEN = 0.16
"""Up to this deviation of the means of 4 x 4 parts, over that of the texels, a picture may have joints."""
CALM = 0.5
"""Below this share of the steps elsewhere, the eighths at a border show nothing: a thing on white."""
FRAME, FRAMED = 2, 0.4
"""As ``CALM``, of so many steps on each side next to the border alone: a picture in its frame."""
STRIPS, WIDE, MEAN = 8, 128, 8
"""So many strips of a picture are looked at, each so many texels wide, each value the mean of so many."""
SOFT = 1 / 510
"""Half a step of 8 bits: differences below it are none."""


@dataclass(frozen=True, slots=True)
class Border:
    """How the two sides of a picture that meet when it is repeated fit together."""

    step: float
    """The step across over the usual one beside it, at the worst width."""
    joint: float
    """The step across over the largest inside, at the worst width."""
    uneven: float
    """Deviation of the means of the picture's parts, over that of its texels."""
    plain: bool
    """Whether the sides show hardly anything while the inside does: they fit whatever the picture is."""

    @property
    def fits(self) -> bool:
        """Whether the picture goes on across it."""
        return self.step <= USUAL or (self.joint <= JOINT and self.uneven <= EVEN)


def borders(x: Windows) -> tuple[Border, Border]:
    """Return how left and right, and top and bottom, of a picture (1, 3, H, W) in [0, 1] fit together."""
    return border(x, -1), border(x, -2)


def border(x: Windows, dim: int) -> Border:
    """Return how both ends of a picture (1, 3, H, W) along ``dim`` fit together."""
    if x.shape[dim] < LEAST:
        return Border(float("inf"), float("inf"), float("inf"), False)
    lines = _lines(x, dim)
    steps = {width: _steps(lines, width) for width in WIDTHS if 4 * width <= x.shape[dim]}
    beside = [_ratio(v[0], _beside(v, k, BESIDE).median()) for k, v in steps.items()]
    inside = [_ratio(v[0], v[k : len(v) + 1 - k].quantile(LARGEST)) for k, v in steps.items()]
    return Border(max(beside[:NARROW]), max(inside), _unevenness(lines), _plain(steps[1]))


def _unevenness(lines: Tensor) -> float:
    parts = F.adaptive_avg_pool2d(lines, 4)
    deviations = [v.var((1, 2), correction=0).sum().sqrt() for v in (parts, lines)]
    return float(deviations[0] / (deviations[1] + SOFT))


def _plain(steps: Tensor) -> bool:
    eighth = len(steps) // 8
    calm = _ratio(_beside(steps, 1, eighth).mean(), steps[eighth:-eighth].mean()) < CALM
    return calm or _ratio(_beside(steps, 1, FRAME).mean(), steps.median()) < FRAMED


def _beside(steps: Tensor, width: int, count: int) -> Tensor:
    """Return the steps nearest to the border on both sides whose texels lie on one side of it."""
    inside = steps[width : len(steps) + 1 - width]
    count = min(count, len(inside) // 2)
    return torch.cat([inside[:count], inside[len(inside) - count :]])


def _ratio(one: Tensor, other: Tensor) -> float:
    return float((one + SOFT) / (other + SOFT))


def _lines(x: Windows, dim: int) -> Tensor:
    """Return strips of a picture across ``dim``, (3, N, size), each value a mean along the border."""
    across = -1 if dim == -2 else -2
    breadth = x.shape[across]
    step = max(WIDE, breadth / STRIPS)
    lines = []
    for k in range(min(STRIPS, -(-breadth // WIDE))):
        start = int(k * step)
        part = slice(start, min(start + WIDE, breadth))
        strip = x[..., part, :] if across == -2 else x[..., :, part].transpose(-1, -2)
        lines.append(F.avg_pool2d(strip, (min(MEAN, strip.shape[-2]), 1))[0])
    return torch.cat(lines, 1)


def _steps(lines: Tensor, width: int) -> Tensor:
    """Return the mean step from the texels before each place to those after it, the border first, (size,)."""
    means = F.avg_pool1d(F.pad(lines, (0, width - 1), mode="circular"), width, 1)
    return (means - means.roll(width, -1)).abs().mean((0, 1))
