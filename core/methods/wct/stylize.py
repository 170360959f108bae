"""Stylize with WCT: stages from coarse to fine, each a linear map between an encoder and its decoder.

A stage's map depends on the pictures that the stage before makes, so the content is measured stage by
stage, each time pushed through all that is already prepared. Nothing but the maps is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...checkpoints.networks import load_decoder, load_encoder
from ...contract import Run, Style
from ...nn.decoder import Decoder, reach_of
from ...nn.encoder import Encoder, radius_of, scale_of
from ...nn.precision import inference
from ...nn.stats import Moments, measure
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
        """Context in pixels: every stage needs its own around what the next one needs."""
        return sum(stage.halo for stage in self.stages)

    def through(self, x: Tensor) -> Tensor:
        """Return the last stage's picture, not clamped."""
        for stage in self.stages:
            x = stage(x).float()
        return x

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        with inference(x.device, self.dtype):
            return self.through(x).clamp(0, 1)


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: Run) -> Prepared:
    """Solve for the map of every stage, deepest first."""
    numbers = [params.stages] if params.single else range(params.stages, 0, -1)
    prepared = Prepared((), 2 ** (params.stages - 1), run.dtype)
    for number in numbers:
        stage = _solve(f"relu{number}_1", content, styles, params, run, prepared)
        prepared = Prepared((*prepared.stages, stage), prepared.multiple, run.dtype)
    return prepared


def _solve(
    level: str, content: Tensor, styles: Sequence[Style], params: Params, run: Run, before: Prepared
) -> Stage:
    encoder = load_encoder(run.store, run.backbone, level).to(run.device)
    decoder = load_decoder(run.store, run.backbone, "decoder", level).to(run.device)
    source = _measure(content, encoder, run, before, run.coverage)
    untouched = Prepared((), before.multiple, run.dtype)
    targets = [_measure(style.picture, encoder, run, untouched, None) for style in styles]
    weights = [style.weight for style in styles]
    matrix, offset = (
        v.to(run.device, torch.float32)
        for v in affine(source, targets, weights, alpha=params.alpha, threshold=params.threshold)
    )
    return Stage(encoder, decoder, matrix[:, :, None, None], offset)


def _measure(
    x: Tensor, encoder: Encoder, run: Run, before: Prepared, coverage: Tensor | None
) -> Moments:
    level = encoder.last

    def encode(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {level: _exact(encoder(before.through(window))[level])}

    return measure(
        x,
        encode,
        {level: scale_of(level)},
        grid=run.grid,
        halo=before.halo + radius_of(level),
        multiple=before.multiple,
        coverage=coverage,
        device=run.device,
        report=run.report,
    )[level]


def _exact(features: Tensor) -> Tensor:
    """Return features in float64, as the smallest eigenvalues of their covariance need it."""
    return (features.cpu() if features.device.type == "mps" else features).double()
