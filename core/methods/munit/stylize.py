"""Translate a picture: its content code in a style code, norms fixed to the moments of the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...contract import RunContext, Style
from ...nn.fix import fix_norms
from ...nn.precision import inference
from . import Params
from .network import SCALE, Generator, Pair
from .weights import load_networks

EXAMPLE = 256
"""Pixels of an example's shorter side, as the authors show it to the style encoder."""
LEAST = 64
"""Pixels of a side that the style encoder needs."""


def prepare(
    content: Tensor, styles: Sequence[Style], params: Params, run: RunContext
) -> "Translations":
    """Load each named translation, find its style code, and measure its norms on the content.

    A named translation's style is that of the example pictures, if there are any, else the variant's. Several
    translations are averaged by their weights.
    """
    examples = [style for style in styles if not isinstance(style.source, str)]
    named = [style for style in styles if isinstance(style.source, str)]
    parts, shares = list[Translated](), list[float]()
    for style in named or [Style(params.domain)]:
        networks = load_networks(run.store, run.backbone, str(style.source)).turned(params.back)
        parts.append(
            _fix(networks.to(run.device), content, _code(networks, examples, params, run), run)
        )
        shares.append(style.weight)
    return Translations(tuple(parts), tuple(share / sum(shares) for share in shares))


def _fix(networks: Pair, content: Tensor, code: Tensor, run: RunContext) -> "Translated":
    stages = networks.stages(code)
    fixed = fix_norms(
        stages, content, run.tiles, multiple=SCALE, dtype=run.dtype, coverage=run.coverage
    )
    last = networks.there.retouch if networks.there.sizes.keeps else None
    reach = sum(stage.reach for stage in stages) + networks.there.last_reach
    return Translated(fixed, last, reach, run.dtype)


def _code(networks: Pair, examples: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the style code (1, code)."""
    if not examples:
        return draw_code(params.variant, run.seed, networks.there.sizes.code).to(run.device)
    total = sum(style.weight for style in examples)
    codes = [
        style.weight / total * _example(networks.there, style.picture, run) for style in examples
    ]
    return torch.stack(codes).sum(0)


def _example(there: Generator, picture: Tensor, run: RunContext) -> Tensor:
    size = [
        max(LEAST, round(side * min(1.0, EXAMPLE / min(picture.shape[-2:]))))
        for side in picture.shape[-2:]
    ]
    x = F.interpolate(picture.to(run.device), size, mode="bilinear", antialias=True)
    with inference(run.device, torch.float32):
        return there.style(2 * x - 1)


def draw_code(variant: float, seed: int, length: int) -> Tensor:
    """Return the style code (1, length) of a variant: random numbers, or on the way between those of two.

    On the way numbers keep the spread of random ones, as their plain mean would not.
    """
    first, share = int(variant), variant - int(variant)
    one, other = (_normal(first + n, seed, length) for n in range(2))
    mixed = (1 - share) * one + share * other
    return mixed / ((1 - share) ** 2 + share**2) ** 0.5


def _normal(variant: int, seed: int, length: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed * 1_009 + variant)
    return torch.randn(1, length, generator=generator)


@dataclass(frozen=True, slots=True)
class Translated:
    """One translation with fixed norms."""

    network: nn.Module
    last: nn.Module | None
    """What changes the picture by the network's features; None: the network paints it."""
    halo: int
    dtype: torch.dtype
    multiple: int = SCALE

    def apply(self, x: Tensor) -> Tensor:
        """Translate a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            made = self.network(x)
            made = made if self.last is None else self.last(made, 2 * x - 1)
            return (made.float() * 0.5 + 0.5).clamp(0, 1)


@dataclass(frozen=True, slots=True)
class Translations:
    """The weighted mean of several translations; the weights (``shares``) add up to 1."""

    parts: tuple[Translated, ...]
    shares: tuple[float, ...]
    multiple: int = SCALE

    @property
    def halo(self) -> int:
        """Return the largest halo, in pixels."""
        return max(part.halo for part in self.parts)

    def apply(self, x: Tensor) -> Tensor:
        """Translate a window (1, 3, H, W)."""
        made = [share * part.apply(x) for share, part in zip(self.shares, self.parts, strict=True)]
        return torch.stack(made).sum(0)
