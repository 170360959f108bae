"""Stylize with transport: measure features, map them, decode.

The content's and the style's features at three levels are taken for Gaussians; the optimal-transport map
maps one to the other. Only means and covariances are global, so tiles are exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...card import NoParams
from ...contract import RunContext, Style
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.stats import Moments, blend, measure
from ...nn.whitening import transport_map
from .network import CODE_LEVELS, FLOOR, LEVELS, Decoder, style_code
from .weights import load_networks

HALO = 48
"""Receptive field: encoder 13, three residual blocks 24, the layers after them 9; rounded up."""
MULTIPLE = 4
CONTENT_SCALES = {level: scale_of(level) for level in LEVELS}
STYLE_SCALES = {level: scale_of(level) for level in CODE_LEVELS}


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks; the maps and the style are folded into the decoder."""

    encoder: Encoder
    decoder: Decoder
    dtype: torch.dtype
    halo: int = HALO
    multiple: int = MULTIPLE

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with torch.inference_mode():
            features = self.encoder(x.to(self.dtype), "relu3_1")
            return self.decoder(features).float().clamp_(0, 1)


def prepare(
    content: Tensor,
    styles: Sequence[Style],
    params: NoParams,  # noqa: ARG001  # contract
    run: RunContext,
) -> Prepared:
    """Measure content and styles, and solve for the maps between them."""
    networks = load_networks(run)
    encoder, decoder, scale = networks.encoder, networks.decoder, networks.scale
    source = _measure(content, encoder, CONTENT_SCALES, run, run.coverage)
    parts = [_measure(style.picture, encoder, STYLE_SCALES, run, None) for style in styles]
    target = {
        k: blend([part[k] for part in parts], [s.weight for s in styles]) for k in STYLE_SCALES
    }
    means = {k: target[k].mean[None] for k in CODE_LEVELS}
    stds = {k: target[k].std()[None] for k in CODE_LEVELS}
    maps = {k: _solve(source[k], target[k], scale[k], run.device) for k in LEVELS}
    with torch.no_grad():
        code = style_code(means, stds, scale).clamp(*networks.code).to(run.device)
        folded = decoder.fold(decoder.modulation(code), maps)
    painter = folded.to(run.dtype).to(memory_format=torch.channels_last)
    return Prepared(encoder, painter, run.dtype)


def _measure(
    x: Tensor, encoder: Encoder, scales: dict[str, int], run: RunContext, coverage: Tensor | None
) -> dict[str, Moments]:
    last = "relu4_1" if "relu4_1" in scales else "relu3_1"

    def encode(window: Tensor) -> dict[str, Tensor]:
        with torch.inference_mode():
            return encoder(window.to(run.dtype), last)

    return measure(
        x,
        encode,
        scales,
        run.tiles,
        halo=radius_of(last),
        multiple=max(scales.values()),
        coverage=coverage,
    )


def _solve(
    source: Moments, target: Moments, scale: float, device: torch.device
) -> tuple[Tensor, Tensor]:
    matrix = transport_map(source.cov, target.cov, floor=FLOOR * scale**2)
    offset = target.mean - matrix @ source.mean
    return (matrix / scale).float().to(device), (offset / scale).float().to(device)
