"""What brushwork measures before it paints: colours, how busy the content is, its features at every size."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.neighbours import balance, middle
from ...nn.smooth import blur, double, halve
from ...nn.stats import Moments, cell_weights, measure
from ...tiling import Box, padded_size, read
from .bank import CELL, build_bank, find_components
from .colors import lightness
from .sketch import Brush, Size

FINE = 4.0
"""Deviation of the blur that separates strokes from what lies below them, in pixels."""
BOLD = 2.0
"""Deviations of strokes beyond which they are cut off."""
SMALLEST = 48
"""Least side of the styles and of the content at the coarsest size, in pixels."""
COARSEST = 64
"""Longest side of a style at the coarsest size, in pixels: what it is from afar."""
KEYS = (1024, 2048)
"""Cells that a nearest one is sought among: at the picture's own size, and at smaller ones."""
RIM = 0.01
"""Share of a style's longer side, along its edges, that is never shown: bare canvas or a frame, often."""
SAMPLES, SAMPLE = 2, 256
"""Windows in which the content's mean features are measured, and their side, in pixels."""
LEAST_SHARE = 0.004
"""Share of a picture below which a style is left out."""
CLOSER = 0.1
"""How much more of the content is kept at the picture's own size than at smaller ones."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A window of the content, (1, 3, h, w), and the weights of its pixels, (1, 1, h, w)."""

    picture: Tensor
    weights: Tensor


def choose_styles(
    styles: Sequence[Style], device: torch.device
) -> tuple[list[Tensor], list[float]]:
    """Return the styles' pictures, on the grid of the coarsest cells, and their shares."""
    total = sum(style.weight for style in styles)
    kept = [style for style in styles if style.weight / total > LEAST_SHARE]
    shares = [style.weight / sum(one.weight for one in kept) for style in kept]
    return [_on_grid(style.picture).to(device) for style in kept], shares


def _on_grid(picture: Tensor) -> Tensor:
    """Return a style whose sides are multiples of the coarsest cells, at least ``2 * SMALLEST`` pixels."""
    grow = max(1.0, 2 * SMALLEST / min(picture.shape[-2:]))
    step = CELL << _depth(max(picture.shape[-2:]))
    size = [max(step, round(side * grow / step) * step) for side in picture.shape[-2:]]
    if size == list(picture.shape[-2:]):
        return picture
    return F.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False).clamp(
        0, 1
    )


def find_strokes(picture: Tensor) -> Tensor:
    """Return what a style is beyond its blur, (1, 3, H, W), less what is too strong to be a stroke.

    Beside the style's own outlines it is strong, and would be a halo beside those of the content.
    """
    detail = picture - blur(picture, FINE)
    most = BOLD * detail.square().mean().sqrt()
    return detail.clamp(-most, most)


def count_levels(pictures: Sequence[Tensor], size: tuple[int, int]) -> int:
    """Return how many times content and styles can be halved."""
    least = min(*(side for p in pictures for side in p.shape[-2:]), *size)
    deepest = min(_depth(max(p.shape[-2:])) for p in pictures)
    levels = 1
    while levels < deepest and least >> (levels + 1) >= SMALLEST:
        levels += 1
    return levels


def _depth(longest: int) -> int:
    """Return how many times a style of so many pixels is halved until it is seen from afar; at least once."""
    return max(1, round(math.log2(longest / COARSEST)))


def measure_colors(x: Tensor, run: RunContext, coverage: Tensor | None) -> Moments:
    """Return the moments of a picture's colours, each pixel weighted by ``coverage``."""
    return measure(
        x, lambda w: {"rgb": w}, {"rgb": 1}, run.tiles, halo=0, multiple=1, coverage=coverage
    )["rgb"]


def take_samples(content: Tensor, coverage: Tensor | None, levels: int) -> list[Sample]:
    """Return windows of the content, spread evenly: those that count most."""
    step = 2 * CELL << levels
    height, width = padded_size(content.shape[-2], content.shape[-1], step)
    boxes = [
        Box(top, left, min(top + SAMPLE, height), min(left + SAMPLE, width))
        for top in _starts(height, step)
        for left in _starts(width, step)
    ]
    apart = boxes[::4] + [box for k, box in enumerate(boxes) if k % 4]
    found = [(box, _weigh(content, box, coverage)) for box in apart]
    best = sorted(found, key=lambda one: -float(one[1].mean()))[:SAMPLES]
    return [Sample(read(content, box).float(), weights) for box, weights in best]


def _weigh(content: Tensor, box: Box, coverage: Tensor | None) -> Tensor:
    weights = cell_weights(content, box, 1, coverage)
    return torch.ones(1, 1, box.height, box.width) if weights is None else weights


def _starts(size: int, step: int) -> list[int]:
    """Return up to three evenly spread starts of windows along a side."""
    room = max(0, size - SAMPLE)
    return sorted({room * k // 2 // step * step for k in range(3)})


def measure_sizes(  # noqa: PLR0913, PLR0917  # what a size is made of
    brush: Brush,
    pictures: Sequence[Tensor],
    shares: Sequence[float],
    samples: Sequence[Sample],
    loyalty: float,
    levels: int,
    seed: int,
) -> tuple[Size, ...]:
    """Return what painting at every size needs, from the picture's own size to the coarsest.

    The samples are painted from coarse to fine, since what is encoded at a size shows the size before.
    """
    basis = find_components([brush.encode(halve(p, 1)) for p in pictures])
    sizes: list[Size] = []
    painted: list[Tensor] | None = None
    for level in reversed(range(levels + 1)):
        small = [halve(p, level) for p in pictures]
        features = [brush.encode(p) for p in small]
        rims = [find_rim(p, level) for p in pictures]
        bank = build_bank(small, features, basis, KEYS[level > 0], seed + level, rims)
        share = 1.0 if painted is None else min(1.0, loyalty + (0.0 if level else CLOSER))
        here = [
            Sample(halve(x.picture, level), F.avg_pool2d(x.weights, CELL << level)) for x in samples
        ]
        mixed = _mix(brush, here, painted, share)
        size = _measure_size(brush, Size(bank, share, bank.features[0]), mixed, shares)
        sizes.insert(0, size)
        if level:
            painted = [
                brush.paint(x.picture, brush.choose(m.picture, size, (0, 0)), bank)
                for x, m in zip(here, mixed, strict=True)
            ]
    return tuple(sizes)


def find_rim(picture: Tensor, level: int) -> int:
    """Return the cells along the edges of a style that are not shown at a level.

    Those of the picture's own size are the four quarters of those at half its size.
    """
    half = round(RIM * max(picture.shape[-2:]) / (2 * CELL))
    return half >> (level - 1) if level else 2 * half


def _mix(
    brush: Brush, here: Sequence[Sample], painted: Sequence[Tensor] | None, share: float
) -> Sequence[Sample]:
    """Return what is encoded at a size, of samples and what they became at the size before."""
    if painted is None:
        return here
    boxes = [Box(0, 0, one.picture.shape[-2], one.picture.shape[-1]) for one in here]
    return [
        replace(one, picture=brush.mix(one.picture, double(coarser, box), share))
        for one, coarser, box in zip(here, painted, boxes, strict=True)
    ]


def _measure_size(
    brush: Brush, size: Size, mixed: Sequence[Sample], shares: Sequence[float]
) -> Size:
    """Return a size with the samples' mean features and the styles' prices; weights are those of cells."""
    features = [brush.encode(one.picture) for one in mixed]
    rows = torch.cat([f[0].flatten(1).T for f in features])
    counts = torch.cat([one.weights.flatten() for one in mixed]).to(rows)
    bank = size.bank
    seen = middle(rows, counts / counts.sum().clamp_min(1e-9), bank.middle, bank.spread)
    if len(shares) < 2:
        return replace(size, mean=seen)
    queries = torch.cat([bank.query(f, seen) for f in features])[counts > 0]
    keys, owner = bank.keys[bank.sought], bank.place[bank.sought, 0]
    wanted = torch.tensor(shares, device=keys.device)
    return replace(size, mean=seen, penalty=balance(queries, keys, owner, wanted))


def measure_contrast(x: Tensor) -> Tensor:
    """Return the deviation of lightness in cells and around them, (1, 1, H / 4, W / 4)."""
    light = lightness(x)
    mean = F.interpolate(F.avg_pool2d(light, CELL), scale_factor=CELL, mode="nearest")
    return (blur(F.avg_pool2d((light - mean).square(), CELL), 0.75) + 1e-5).sqrt()


def widen(cells: Tensor) -> Tensor:
    """Return what is known of cells for each of their pixels."""
    return F.interpolate(cells, scale_factor=CELL, mode="bilinear", align_corners=False)
