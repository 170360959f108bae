"""Stylize with the learned linear map: measure means, then Gram matrices, then multiply every window.

The matrix T is the product of one that the styles and one that the content predict. Both come from Gram
matrices of small networks over the whole picture, and these networks take features minus their mean over
the whole picture, so there are two passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ...checkpoints.networks import explain_wrong_network, fill, load_decoder, load_encoder
from ...contract import RunContext, Style
from ...nn.decoder import Decoder, reach_of
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.level import measure_level
from ...nn.precision import inference
from . import Params
from .network import INNER, LinearModule, MatrixNet

DESCRIBE = 3
"""Cells of context that the matrix networks' three convolutions need."""


@dataclass(frozen=True, slots=True)
class Networks:
    """Encoder, transformation module and decoder of a level."""

    encoder: Encoder
    module: LinearModule
    decoder: Decoder

    @property
    def level(self) -> str:
        """The level of the transformed features."""
        return self.encoder.last


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks, the matrix T (1, 32, 32), and the means before and after it, (1, C, 1, 1)."""

    nets: Networks
    transform: Tensor
    mean: Tensor
    style_mean: Tensor
    dtype: torch.dtype

    @property
    def halo(self) -> int:
        """Context in pixels: the decoder's reach plus the encoder's radius."""
        return radius_of(self.nets.level) + reach_of(self.nets.level)

    @property
    def multiple(self) -> int:
        """Pixels per cell."""
        return scale_of(self.nets.level)

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            centred = self.nets.encoder(x)[self.nets.level].float() - self.mean
            features = self.nets.module.transfer(centred, self.transform) + self.style_mean
            return self.nets.decoder(features).float().clamp(0, 1)


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Measure the content and the styles; several styles are mixed by averaging matrices and means."""
    nets = load_networks(params.level, run)
    mean, predicted = _predict(content, nets, nets.module.cnet, run, run.coverage)
    seen = [_predict(style.picture, nets, nets.module.snet, run, None) for style in styles]
    total = sum(style.weight for style in styles)
    shares = [style.weight / total for style in styles]
    style_mean = torch.stack([w * m for w, (m, _) in zip(shares, seen, strict=True)]).sum(0)
    matrix = torch.stack([w * t for w, (_, t) in zip(shares, seen, strict=True)]).sum(0)
    return Prepared(nets, matrix @ predicted, mean, style_mean, run.dtype)


def load_networks(level: str, run: RunContext) -> Networks:
    """Return encoder, module and decoder of a level on the run's device.

    Raises:
        WeightsError: if one is missing or damaged.
    """
    encoder = load_encoder(run.store, run.backbone, level)
    name = f"{run.backbone}.linear_{level}"
    state = run.store.load(name)
    with explain_wrong_network(name):
        channels, inner = encoder.widths[int(level[4]) - 1], len(state.get("compress.weight", ()))
    module = fill(partial(LinearModule, channels, inner or INNER), state, name)
    decoder = load_decoder(run.store, run.backbone, "decoder", level)
    return Networks(encoder.to(run.device), module.to(run.device), decoder.to(run.device))


def _predict(
    x: Tensor, nets: Networks, net: MatrixNet, run: RunContext, coverage: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Return the features' mean (1, C, 1, 1) and the matrix (1, 32, 32) that ``net`` predicts."""

    def features(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return nets.encoder(window)[nets.level].float()

    def described(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return net.describe(features(window) - mean).float()

    moments = partial(
        measure_level,
        x,
        level=nets.level,
        coverage=coverage,
        run=run.tiles,
    )
    mean = moments(encode=features).mean
    mean = mean.to(run.device, torch.float32)[None, :, None, None]
    described_moments = moments(encode=described, context=DESCRIBE)
    gram = described_moments.cov + torch.outer(described_moments.mean, described_moments.mean)
    with torch.inference_mode():
        return mean, net.predict(gram[None].to(run.device, torch.float32))
