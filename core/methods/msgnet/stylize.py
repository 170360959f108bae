"""Stylize with MSG-Net: measure the style's Gram matrix, then the moments of the norms on the content."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.fix import Painter, fix_norms, fix_painter
from ...nn.precision import inference
from ...nn.stats import measure
from .network import SCALE, Network
from .weights import find_target, load_network


def prepare(content: Tensor, styles: Sequence[Style], params: NoParams, run: RunContext) -> Painter:  # noqa: ARG001  # contract
    """Average the styles' Gram matrices, and measure the norms' moments on the content."""
    network, named = load_network(run.store, run.backbone)
    network = network.to(run.device)
    total = sum(style.weight for style in styles)
    targets = [style.weight / total * _target(style, network, named, run) for style in styles]
    return fix_painter(
        network.stages(torch.stack(targets).sum(0).to(run.device, torch.float32)),
        content,
        run.tiles,
        multiple=SCALE,
        dtype=run.dtype,
        coverage=run.coverage,
    )


def _target(style: Style, network: Network, named: Mapping[str, Tensor], run: RunContext) -> Tensor:
    """Return a style's Gram matrix / (C h w), (C, C), float64 on the CPU."""
    if isinstance(style.source, str):
        return find_target(named, style.source).double()
    stage = network.encoding()
    encode = fix_norms([stage], style.source, run.tiles, multiple=SCALE, dtype=run.dtype)

    def features(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {"features": encode(window).float()}

    scales = {"features": SCALE}
    measured = measure(style.source, features, scales, run.tiles, halo=stage.reach, multiple=SCALE)
    moments = measured["features"]
    return (moments.cov + torch.outer(moments.mean, moments.mean)) / len(moments.mean)
