"""Stylize with AdaIN: measure the content and the styles, then scale and shift every window's features."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ...checkpoints.networks import load_decoder, load_encoder
from ...contract import RunContext, Style
from ...nn.decoder import Decoder, reach_of
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.level import measure_level
from ...nn.precision import inference
from . import Params
from .network import affine


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks, and the scale and shift that give the content's features the styles' statistics."""

    encoder: Encoder
    decoder: Decoder
    scale: Tensor
    """(C, 1, 1), like ``shift``."""
    shift: Tensor
    level: str
    dtype: torch.dtype

    @property
    def halo(self) -> int:
        """Context in pixels: the decoder's reach plus the encoder's radius."""
        return radius_of(self.level) + reach_of(self.level)

    @property
    def multiple(self) -> int:
        """Pixels per cell."""
        return scale_of(self.level)

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            features = self.encoder(x)[self.level].float()
            return self.decoder(features * self.scale + self.shift).float().clamp(0, 1)


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Measure the content and the styles at ``params.level``."""
    encoder = load_encoder(run.store, run.backbone, params.level).to(run.device)
    decoder = load_decoder(run.store, run.backbone, "adain", params.level).to(run.device)

    def encode(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return encoder(window)[params.level]

    moments = partial(
        measure_level,
        encode=encode,
        level=params.level,
        run=run.tiles,
    )
    source = moments(content, coverage=run.coverage)
    targets = [moments(style.picture) for style in styles]
    scale, shift = (
        v.to(run.device, torch.float32)[:, None, None]
        for v in affine(source, targets, [style.weight for style in styles])
    )
    return Prepared(encoder, decoder, scale, shift, params.level, run.dtype)
