"""Hypercolumns: what a network sees at every fourth pixel, from the colour itself to relu4_1, as one vector.

Kolkin et al. 2022, section 3.1. Departures: fine levels are averaged over a cell, not sampled at its middle,
so that no pixel is left free; each level is in units of the style's own, not of its number of channels; the
mean colour of a cell belongs to it, since a compact network tells tints apart poorly.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.stats import measure
from ...nn.tiles import TileRun
from ...tiling import Box, padded_size, read

LEVELS: tuple[str, ...] = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
CELL = 4
"""Pixels of a cell along each side."""
MULTIPLE = 8
"""Pixels that sides must be multiples of: a cell of relu4_1."""
HALO = radius_of(LEVELS[-1]) + MULTIPLE
"""Pixels around a window that its cells depend on."""
COLOR = 4.0
"""Weight of the colour's deviation beside that of a channel of features."""
LEAST = 0.02
"""The least deviation of a style's colours that counts as 1."""
SCALES = {level: scale_of(level) for level in LEVELS}
Features = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Eye:
    """The network that looks at pictures, and the type that it computes in.

    ``pulse`` is called before and after it looks, and on the way back at each level: a run may end there.
    """

    encoder: Encoder
    dtype: torch.dtype
    pulse: Callable[[], None] = lambda: None

    def look(self, x: Tensor) -> dict[str, Tensor]:
        """Return the levels of (1, 3, H, W) in [0, 1] by name; all but the first, large one float32."""
        self.pulse()
        seen = self.encoder(
            x.to(self.dtype).contiguous(memory_format=torch.channels_last), LEVELS[-1]
        )
        self.pulse()
        watched = {level: self.watch(seen[level]) for level in LEVELS}
        return {k: x if k == LEVELS[0] else x.float() for k, x in watched.items()}

    def watch(self, x: Tensor) -> Tensor:
        """Return a tensor whose gradient calls ``pulse`` when it is known."""
        if x.requires_grad:
            x.register_hook(lambda _: self.pulse())
        return x


@dataclass(frozen=True, slots=True)
class Units:
    """What counts as 1: the style's root mean square of each level, and its colours' mean and deviation."""

    levels: Mapping[str, float]
    mean: Tensor
    deviation: float


def measure_units(eye: Eye, styles: Sequence[Tensor], shares: Sequence[float]) -> Units:
    """Return the units of styles (1, 3, H, W), whose sides are multiples of ``MULTIPLE``; shares sum to 1."""
    powers = dict.fromkeys(LEVELS, 0.0)
    mean = styles[0].new_zeros(1, 3, 1, 1)
    variance = 0.0
    for style, share in zip(styles, shares, strict=True):
        run = TileRun(device=style.device)
        found = measure(style, eye.look, SCALES, run, halo=HALO, multiple=MULTIPLE)
        for level, one in found.items():
            powers[level] += share * float((one.cov.diagonal() + one.mean.square()).mean())
        mean += share * style.mean((2, 3), keepdim=True)
        variance += share * float(style.var((2, 3), correction=0).mean())
    levels = {level: max(power, 1e-8) ** 0.5 for level, power in powers.items()}
    return Units(levels, mean, max(variance**0.5, LEAST))


def columns(x: Tensor, seen: Features, units: Units) -> Tensor:
    """Return the hypercolumns of (1, 3, H, W), (1, C, H / 4, W / 4), from its levels."""
    color = (F.avg_pool2d(x, CELL) - units.mean) * (COLOR / units.deviation)
    size = color.shape[-2:]
    cells = [
        F.avg_pool2d(seen[level], k) for level, k in zip(LEVELS, (CELL, CELL // 2), strict=False)
    ]
    wide = F.interpolate(seen[LEVELS[3]], size, mode="bilinear", align_corners=False)
    levels = zip((*cells, seen[LEVELS[2]], wide), LEVELS, strict=True)
    return torch.cat([color, *(part.float() / units.levels[level] for part, level in levels)], 1)


def whole_cells(x: Tensor) -> Tensor:
    """Return (1, 3, H, W) extended by reflection to whole cells of the deepest level."""
    return read(x, Box(0, 0, *padded_size(x.shape[-2], x.shape[-1], MULTIPLE)))
