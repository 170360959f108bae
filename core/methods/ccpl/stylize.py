"""Stylize with CCPL: measure the content, then the style twice, then transform every window.

The style's second moments are of features minus their mean over the whole picture, so they take two passes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.decoder import reach_of
from ...nn.encoder import radius_of, scale_of
from ...nn.guided import FLAT, RADIUS, filter_reach, guided_filter
from ...nn.level import measure_level
from ...nn.losses import EPS
from ...nn.precision import inference
from ...tiling import Box, padded_size, read
from . import Params
from .network import FIRST
from .weights import Networks, load_networks


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks, the content's mean and deviation, and the style's moments (1, 32, 32) and mean."""

    nets: Networks
    mean: Tensor
    """(1, C, 1, 1), like ``deviation`` and ``style_mean``."""
    deviation: Tensor
    moments: Tensor
    style_mean: Tensor
    mode: str
    smooth: bool
    dtype: torch.dtype

    @property
    def halo(self) -> int:
        """Context in pixels: the decoder's reach, the encoder's radius and the filter's reach."""
        level = self.nets.encoder.last
        filtered = filter_reach(RADIUS) if self.smooth else 0
        return radius_of(level) + reach_of(level, FIRST[self.mode]) + filtered

    @property
    def multiple(self) -> int:
        """Pixels per cell."""
        return scale_of(self.nets.encoder.last)

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        nets = self.nets
        with inference(x.device, self.dtype):
            features = nets.encoder(x)[nets.encoder.last].float()
            normal = (features - self.mean) / self.deviation
            moved = nets.transform.transfer(normal, self.moments) + self.style_mean
            picture = nets.decoder(moved).float().clamp(0, 1)
        with torch.inference_mode():
            return guided_filter(picture, x, RADIUS, FLAT).clamp(0, 1) if self.smooth else picture


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Measure the content and the styles; several styles are mixed by averaging moments and means."""
    nets = load_networks(run, params.mode)
    source = measure_level(
        content,
        lambda x: _features(nets, x, run),
        nets.encoder.last,
        run.tiles,
        coverage=run.coverage,
    )
    seen = [_describe(style.picture, nets, run) for style in styles]
    total = sum(style.weight for style in styles)
    shares = [style.weight / total for style in styles]
    moments, style_mean = (
        torch.stack([w * parts[i] for w, parts in zip(shares, seen, strict=True)]).sum(0)
        for i in range(2)
    )
    mean, deviation = (_column(v, run) for v in (source.mean, source.std(EPS, unbiased=True)))
    smooth = params.smooth and params.mode == "photo"
    return Prepared(nets, mean, deviation, moments, style_mean, params.mode, smooth, run.dtype)


def _describe(picture: Tensor, nets: Networks, run: RunContext) -> tuple[Tensor, Tensor]:
    """Return a style's second moments (1, 32, 32) and mean (1, C, 1, 1)."""
    margin = nets.transform.margin
    scale = scale_of(nets.encoder.last)
    picture = _at_least(picture, (2 * margin + 1) * scale)

    def described(window: Tensor) -> Tensor:
        centred = _features(nets, window, run) - mean
        with inference(window.device, run.dtype):
            return nets.transform.describe(centred).float()

    moments = partial(
        measure_level,
        picture,
        level=nets.encoder.last,
        run=run.tiles,
    )
    mean = _column(moments(encode=lambda x: _features(nets, x, run)).mean, run)
    inner = _without_border(picture, margin * scale, scale)
    measured = moments(encode=described, context=margin, coverage=inner)
    second = measured.cov + torch.outer(measured.mean, measured.mean)
    return second[None].to(run.device, torch.float32), mean


def _features(nets: Networks, window: Tensor, run: RunContext) -> Tensor:
    with inference(window.device, run.dtype):
        return nets.encoder(window)[nets.encoder.last].float()


def _column(values: Tensor, run: RunContext) -> Tensor:
    return values.to(run.device, torch.float32)[None, :, None, None]


def _at_least(picture: Tensor, side: int) -> Tensor:
    """Return a picture (1, 3, H, W) extended by reflection to at least ``side`` pixels per side."""
    height, width = (max(n, side) for n in picture.shape[-2:])
    return read(picture, Box(0, 0, height, width))


def _without_border(picture: Tensor, margin: int, multiple: int) -> Tensor:
    """Return weights (1, 1, H, W): 0 within ``margin`` pixels of the padded picture's border, else 1."""
    inside = torch.zeros_like(picture[:, :1])
    rows, columns = padded_size(picture.shape[-2], picture.shape[-1], multiple)
    inside[..., margin : rows - margin, margin : columns - margin] = 1
    return inside
