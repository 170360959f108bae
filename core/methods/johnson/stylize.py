"""Stylize with one network a style, its norms fixed at the moments of the whole picture."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ...card import NoParams
from ...contract import Run, Style
from ...nn.fix import fix_norms
from ...nn.precision import inference
from .network import SCALE, TransformNet
from .weights import load_network


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks with fixed norms, and the share of each in the picture."""

    networks: tuple[nn.Module, ...]
    shares: tuple[float, ...]
    halo: int
    dtype: torch.dtype
    multiple: int = SCALE

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W); of several networks' pictures the mean is taken, by share."""
        with inference(x.device, self.dtype):
            pictures = [network(x).float().clamp(0, 1) for network in self.networks]
            return torch.stack([s * p for s, p in zip(self.shares, pictures, strict=True)]).sum(0)


def prepare(content: Tensor, styles: Sequence[Style], params: NoParams, run: Run) -> Prepared:  # noqa: ARG001  # contract
    """Load each style's network and measure its norms."""
    networks = [load_network(run.store, run.backbone, style).to(run.device) for style in styles]
    total = sum(style.weight for style in styles)
    return Prepared(
        networks=tuple(_fixed(network, content, run) for network in networks),
        shares=tuple(style.weight / total for style in styles),
        halo=max(sum(stage.reach for stage in network.stages()) for network in networks),
        dtype=run.dtype,
    )


def _fixed(network: TransformNet, content: Tensor, run: Run) -> nn.Module:
    return fix_norms(
        network.stages(),
        content,
        multiple=SCALE,
        grid=run.grid,
        dtype=run.dtype,
        coverage=run.coverage,
        device=run.device,
        report=run.report,
    )
