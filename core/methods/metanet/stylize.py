"""Stylize with a network generated for the style, its norms fixed to the moments of the whole picture."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.fix import Painter, fix_norms
from ...nn.precision import inference
from ...nn.stats import measure
from ...nn.transform_net import SCALE
from .network import EPS, describe
from .weights import Networks, load_networks


def prepare(content: Tensor, styles: Sequence[Style], params: NoParams, run: RunContext) -> Painter:  # noqa: ARG001  # contract
    """Average the styles' descriptions, generate the network, and measure its norms."""
    nets = load_networks(run)
    total = sum(style.weight for style in styles)
    parts = [style.weight / total * _describe(style.picture, nets, run) for style in styles]
    with torch.inference_mode():
        written = nets.meta.painter(torch.stack(parts).sum(0).to(run.device, torch.float32))
    stages = written.stages()
    fixed = fix_norms(
        stages,
        content,
        run.tiles,
        multiple=SCALE,
        dtype=run.dtype,
        coverage=run.coverage,
    )
    return Painter(fixed, sum(stage.reach for stage in stages), SCALE, run.dtype)


def _describe(picture: Tensor, nets: Networks, run: RunContext) -> Tensor:
    """Return a style's description, (1, inputs), float64 on the CPU."""

    def encode(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            features = nets.features(window)
        return {level: features[level] for level in nets.levels}

    measured = measure(
        picture,
        encode,
        nets.scales,
        run.tiles,
        halo=nets.radius,
        multiple=max(nets.scales.values()),
    )
    means = {k: measured[k].mean[None] for k in nets.levels}
    deviations = {k: measured[k].std(EPS, unbiased=True)[None] for k in nets.levels}
    return describe(means, deviations, nets.levels)
