"""Stylize with WCT: stages from coarse to fine, each a linear map between an encoder and its decoder.

A stage's map depends on the picture of the stage before, so the content passes the stages one by one and is
measured before each; then only the maps are kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checkpoints.networks import load_decoder, load_encoder
from ...contract import RunContext, Style
from ...nn.decoder import Decoder, reach_of
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.precision import inference
from ...nn.stats import Moments, measure
from ...nn.tiles import map_tiles
from ...tiling import Box, padded_size, read
from . import Params
from .network import affine


@dataclass(frozen=True, slots=True)
class Stage:
    """One encoder, map and decoder; matrix (C, C, 1, 1) and offset (C,)."""

    encoder: Encoder
    decoder: Decoder
    matrix: Tensor
    offset: Tensor

    @property
    def halo(self) -> int:
        """Context in pixels."""
        return radius_of(self.encoder.last) + reach_of(self.encoder.last)

    def __call__(self, x: Tensor) -> Tensor:
        """Return the stage's picture, not clamped."""
        features = self.encoder(x)[self.encoder.last].float()
        return self.decoder(F.conv2d(features, self.matrix, self.offset))


@dataclass(frozen=True, slots=True)
class Prepared:
    """The stages in the order they run."""

    stages: tuple[Stage, ...]
    multiple: int
    dtype: torch.dtype

    @property
    def halo(self) -> int:
        """Context in pixels: the sum of all stages' halos."""
        return sum(stage.halo for stage in self.stages)

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            for stage in self.stages:
                x = stage(x).float()
            return x.clamp(0, 1)


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Solve for the map of every stage, deepest first."""
    numbers = [params.stages] if params.single else range(params.stages, 0, -1)
    multiple = 2 ** (params.stages - 1)
    stages: list[Stage] = []
    x, run = _pad_to_multiple(content, multiple, run)
    for number in numbers:
        if stages:
            x = _map(stages[-1], x, multiple, run)
        stages.append(_solve(f"relu{number}_1", x, styles, params, multiple, run))
    return Prepared(tuple(stages), multiple, run.dtype)


def _pad_to_multiple(x: Tensor, multiple: int, run: RunContext) -> tuple[Tensor, RunContext]:
    """Return the picture extended to the pooling grid, so that all stages use the same grid.

    Added pixels do not count in the statistics.
    """
    height, width = x.shape[-2:]
    rows, columns = padded_size(height, width, multiple)
    if (rows, columns) == (height, width):
        return x, run
    coverage = torch.zeros(1, 1, rows, columns)
    coverage[..., :height, :width] = 1.0 if run.coverage is None else run.coverage
    return read(x, Box(0, 0, rows, columns)), replace(run, coverage=coverage)


def _map(stage: Stage, x: Tensor, multiple: int, run: RunContext) -> Tensor:
    def apply(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            return stage(window).float()

    return map_tiles(
        apply,
        x,
        run.tiles,
        halo=stage.halo,
        multiple=multiple,
    )


def _solve(
    level: str, x: Tensor, styles: Sequence[Style], params: Params, multiple: int, run: RunContext
) -> Stage:
    encoder = load_encoder(run.store, run.backbone, level).to(run.device)
    decoder = load_decoder(run.store, run.backbone, "decoder", level).to(run.device)
    source = _measure(x, encoder, multiple, run, run.coverage)
    targets = [_measure(style.picture, encoder, multiple, run, None) for style in styles]
    weights = [style.weight for style in styles]
    matrix, offset = (
        v.to(run.device, torch.float32)
        for v in affine(source, targets, weights, alpha=params.alpha, threshold=params.threshold)
    )
    return Stage(encoder, decoder, matrix[:, :, None, None], offset)


def _measure(
    x: Tensor, encoder: Encoder, multiple: int, run: RunContext, coverage: Tensor | None
) -> Moments:
    level = encoder.last

    def encode(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {level: _exact(encoder(window)[level])}

    return measure(
        x,
        encode,
        {level: scale_of(level)},
        run.tiles,
        halo=radius_of(level),
        multiple=multiple,
        coverage=coverage,
    )[level]


def _exact(features: Tensor) -> Tensor:
    """Return features in float64, which the smallest eigenvalues of their covariance need."""
    return (features.cpu() if features.device.type == "mps" else features).double()
