"""Stylize with PhotoWCT: stage by stage, each with maps for the last stage's picture, then smoothing.

Each stage processes the picture tile by tile; smoothing needs the whole picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.decoder import reach_of
from ...nn.encoder import radius_of, scale_of
from ...nn.local_affine import follow_colours
from ...nn.photoreal import smooth
from ...nn.precision import inference
from ...nn.regions import (
    ByRegion,
    Map,
    by_region,
    cells,
    encode_with_labels,
    measure_regions,
    usable,
)
from ...nn.stats import Moments, blend
from ...nn.tiles import map_tiles
from ...tiling import Box, padded_size, read
from . import Params
from .network import affine, decode, encode, nearest
from .weights import Stage, load_stages


@dataclass(frozen=True, slots=True)
class Target:
    """The moments of a style's features, per level and region."""

    moments: Mapping[str, ByRegion]
    weight: float
    regions: Sequence[int]
    """The regions that it shares with the content."""


def stylize(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the content (1, 3, H, W) in the styles' look; several styles are mixed by covariance."""
    with torch.inference_mode():
        picture = paint(content, styles, params.stages, run)
        picture = smooth(picture, content, params.smoothing, params.loyalty, run.report)
        if params.follow:
            picture = follow_colours(picture, content, report=run.report)
        return picture.clamp(0, 1)


def paint(content: Tensor, styles: Sequence[Style], deepest: int, run: RunContext) -> Tensor:
    """Return the picture after all stages, before smoothing, in [0, 1]."""
    stages = load_stages(run, deepest)
    multiple = scale_of(stages[0].encoder.last)
    targets = [_target(style, stages[0], run) for style in styles]
    x, run = _pad_to_multiple(content, multiple, run)
    for stage in stages:
        x = _pass(stage, x, targets, multiple, run)
    height, width = content.shape[-2:]
    return x[..., :height, :width].clamp(0, 1)


def _pad_to_multiple(x: Tensor, multiple: int, run: RunContext) -> tuple[Tensor, RunContext]:
    """Return the picture and the run's masks, extended to the pooling grid."""
    height, width = x.shape[-2:]
    whole = Box(0, 0, *padded_size(height, width, multiple))
    coverage = torch.zeros(1, 1, whole.height, whole.width)
    coverage[..., :height, :width] = 1.0 if run.coverage is None else run.coverage
    labels = None if run.labels is None else read(run.labels, whole)
    return read(x, whole), replace(run, coverage=coverage, labels=labels)


def _target(style: Style, stage: Stage, run: RunContext) -> Target:
    """Return a style's moments at every level of the deepest stage's encoder."""
    levels = [f"relu{k}_1" for k in range(int(stage.encoder.last[4]), 0, -1)]

    def seen(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {k: f.float() for k, f in stage.encoder(window[:, :3]).items()}

    measured = measure_regions(
        style.picture,
        style.labels,
        seen,
        {level: scale_of(level) for level in levels},
        run.tiles,
        halo=radius_of(levels[0]),
        multiple=scale_of(levels[0]),
    )
    if style.labels is None or run.labels is None:
        return Target(measured, style.weight, (0,))
    return Target(measured, style.weight, usable(run.labels, style.labels))


def _pass(
    stage: Stage, x: Tensor, targets: Sequence[Target], multiple: int, run: RunContext
) -> Tensor:
    """Return the picture of a stage, with maps solved for its input picture."""
    level = stage.encoder.last
    scale = scale_of(level)

    def seen(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {level: stage.encoder(window[:, :3])[level].float()}

    source = measure_regions(
        x,
        run.labels,
        seen,
        {level: scale},
        run.tiles,
        halo=radius_of(level),
        multiple=multiple,
        coverage=run.coverage,
    )[level]
    maps = _solve(source, targets, stage, run)

    def apply(window: Tensor) -> Tensor:
        with inference(window.device, run.dtype):
            features, masks = encode(stage.encoder, window[:, :3].contiguous())
            moved = by_region(features[level].float(), cells(window[:, 3:], scale), maps)
            return decode(stage.decoder, moved, masks).float()

    return map_tiles(
        apply,
        encode_with_labels(x, run.labels),
        run.tiles,
        halo=radius_of(level) + reach_of(level),
        multiple=multiple,
    )


def _solve(
    source: ByRegion, targets: Sequence[Target], stage: Stage, run: RunContext
) -> dict[int, Map]:
    """Return the maps of the regions that the content shares with a style; others are not changed."""
    maps: dict[int, Map] = {}
    for number, moments in source.items():
        wanted = [
            (known[number], target.weight)
            for target in targets
            if number in target.regions and number in (known := target.moments[stage.encoder.last])
        ]
        if moments.weight > 0 and wanted:
            matrix, offset = _map(moments, _mix(wanted), stage.unit)
            maps[number] = _on_device(matrix[:, :, None, None], run), _on_device(offset, run)
    return maps


def _map(content: Moments, style: Moments, unit: float | None) -> tuple[Tensor, Tensor]:
    return affine(content, style) if unit is None else nearest(content, style, unit)


def _on_device(x: Tensor, run: RunContext) -> Tensor:
    return x.to(run.device, torch.float32)


def _mix(parts: Sequence[tuple[Moments, float]]) -> Moments:
    return blend([moments for moments, _ in parts], [weight for _, weight in parts])
