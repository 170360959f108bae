"""Stylize with MicroAST: measure the styles' signals, fold them into the weights, and fix the norms."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.fix import Painter, fix_norms
from ...nn.losses import EPS
from ...nn.precision import inference
from ...nn.stats import measure
from .network import MODULATOR, REACH, SCALE, MicroAST, Signal, mix
from .weights import load_network

MODULATOR_REACH = 4
"""What the modulator sees of the features, in pixels of the picture."""


def prepare(content: Tensor, styles: Sequence[Style], params: NoParams, run: RunContext) -> Painter:  # noqa: ARG001  # contract
    """Measure the styles, whose signals are averaged, and then the content."""
    network = load_network(run.store, run.backbone).to(run.device)
    signals = [_signal(style.picture, network, run) for style in styles]
    stages = network.painter(mix(signals, [style.weight for style in styles]))
    fixed = fix_norms(
        stages,
        content,
        run.tiles,
        multiple=SCALE,
        dtype=run.dtype,
        coverage=run.coverage,
    )
    return Painter(fixed, sum(stage.reach for stage in stages), SCALE, run.dtype)


def _signal(picture: Tensor, network: MicroAST, run: RunContext) -> Signal:
    def encode(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            features = network.style_encoder(window)
            maps = network.modulator.maps(features)
        return {"x1": features[0], "x2": features[1], **maps}

    measured = measure(
        picture,
        encode,
        dict.fromkeys(("x1", "x2", *MODULATOR), SCALE),
        run.tiles,
        halo=REACH + MODULATOR_REACH,
        multiple=SCALE,
    )

    def column(values: Tensor) -> Tensor:
        return values.to(run.device, torch.float32)[None, :, None, None]

    def deviation(name: str) -> Tensor:
        return column(measured[name].std(EPS, unbiased=True))

    return Signal(
        means=(column(measured["x1"].mean), column(measured["x2"].mean)),
        deviations=(deviation("x1"), deviation("x2")),
        weights=(column(measured["weight1"].mean), column(measured["weight2"].mean)),
        biases=(column(measured["bias1"].mean), column(measured["bias2"].mean)),
    )
