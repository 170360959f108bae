"""Stylize with one network a style, its norms fixed at the moments of the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...card import NoParams
from ...contract import Run, Style
from ...nn.fix import Painter, fix_norms
from .network import SCALE, TransformNet
from .weights import load_network


@dataclass(frozen=True, slots=True)
class Prepared:
    """The painters, and the share of each in the picture."""

    painters: tuple[Painter, ...]
    shares: tuple[float, ...]
    halo: int
    multiple: int = SCALE

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W); of several networks' pictures the mean is taken, by share."""
        pictures = [s * p.apply(x) for s, p in zip(self.shares, self.painters, strict=True)]
        return torch.stack(pictures).sum(0)


def prepare(content: Tensor, styles: Sequence[Style], params: NoParams, run: Run) -> Prepared:  # noqa: ARG001  # contract
    """Load each style's network and measure its norms."""
    networks = [load_network(run.store, run.backbone, style) for style in styles]
    painters = tuple(_fixed(network.to(run.device), content, run) for network in networks)
    total = sum(style.weight for style in styles)
    shares = tuple(style.weight / total for style in styles)
    return Prepared(painters, shares, halo=max(painter.halo for painter in painters))


def _fixed(network: TransformNet, content: Tensor, run: Run) -> Painter:
    stages = network.stages()
    fixed = fix_norms(
        stages,
        content,
        multiple=SCALE,
        grid=run.grid,
        dtype=run.dtype,
        coverage=run.coverage,
        device=run.device,
        report=run.report,
    )
    return Painter(fixed, sum(stage.reach for stage in stages), SCALE, run.dtype)
