"""Stylize with Style-Swap: the style is used whole; the content is swapped window by window."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ...contract import RunContext, Style
from ...errors import ParamsError
from ...nn.decoder import Decoder, reach_of
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.gather import gather
from ...nn.precision import inference
from ...tiling import padded_size
from . import Params
from .network import Patches, patches_of, swap
from .weights import LEVEL, load_networks

SCALE = scale_of(LEVEL)
MOST = 2**16
"""Patches that a style may have: the time for every patch of the content grows with their number."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The networks, and every style's patches with its weight."""

    encoder: Encoder
    decoder: Decoder
    styles: tuple[tuple[Patches, float], ...]
    blend: float
    halo: int
    dtype: torch.dtype
    multiple: int = SCALE

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            features = self.encoder(x)[LEVEL].float()
            with torch.autocast(x.device.type, enabled=False):  # similarity needs every digit
                parts = [share * swap(features, p, self.blend) for p, share in self.styles]
            return self.decoder(torch.stack(parts).sum(0)).float().clamp(0, 1)


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Cut the styles into patches; a picture with fewer cells than a patch gets smaller patches."""
    encoder, decoder = load_networks(run)
    style_features = [_features(style, encoder, run) for style in styles]
    cells = [side // SCALE for side in padded_size(content.shape[-2], content.shape[-1], SCALE)]
    size = min(params.patch, *cells, *(side for f in style_features for side in f.shape[-2:]))
    total = sum(style.weight for style in styles)
    parts = [_cut(features, size, params, run.device) for features in style_features]
    shared = zip(parts, (style.weight / total for style in styles), strict=True)
    halo = radius_of(LEVEL) + (size - 1) * SCALE + reach_of(LEVEL)
    return Prepared(encoder, decoder, tuple(shared), params.blend, halo, run.dtype)


def _features(style: Style, encoder: Encoder, run: RunContext) -> Tensor:
    def encode(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return encoder(window)[LEVEL].float()

    return gather(
        style.picture,
        encode,
        run.tiles,
        halo=radius_of(LEVEL),
        multiple=SCALE,
    )


def _cut(features: Tensor, size: int, params: Params, device: torch.device) -> Patches:
    """Return a style's patches on the device.

    Raises:
        ParamsError: if there are too many to compare.
    """
    height, width = ((side - size) // params.stride + 1 for side in features.shape[-2:])
    if height * width > MOST:
        raise ParamsError(
            f"the style has {height * width} patches, and at most {MOST} can be matched: "
            "make the style scale smaller or the stride larger"
        )
    return patches_of(features.to(device), size, params.stride)
