"""Stylize with PCA-KD: block by block, measure the content's features and map them to the style's.

The input of a block of the decoder depends on the maps of the deeper blocks, so there are four passes over
the content. The features of a pass are kept for the whole picture, and the next pass begins with them. A
fifth pass measures the colours of the result.

Departure from the paper: its colours are then mapped to the style's by the smallest change (transport).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.guided import FLAT, RADIUS, filter_reach, guided_filter
from ...nn.precision import inference
from ...nn.stats import Moments, blend, cell_weights, measure, moments
from ...nn.tiles import each_window
from ...nn.whitening import transport_map
from ...tiling import Box, cut
from . import Params
from .network import SCALES, Student
from .transform import affine
from .weights import load_student

REACH = {"vgg": 80, "mobilenet": 80}
"""Context in pixels that encoder and decoder need, rounded up."""
BLOCKS = (3, 2, 1, 0)
"""Of the decoder, in the order they run."""

FAINT = 1e-4
"""Variance of colours in [0, 1] that is as good as none: noise is not made the style's contrast."""

Map = tuple[Tensor, Tensor]
"""A matrix (C, C, 1, 1) and an offset (C,)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """The student, and the map of the features before each of its blocks to the style's."""

    student: Student
    maps: tuple[Map, ...]
    smooth: bool
    dtype: torch.dtype
    colors: Map | None = None
    """The map of the result's colours to the style's."""

    @property
    def halo(self) -> int:
        """Context in pixels: that of the networks and that of the filter."""
        return REACH[self.student.kind] + (filter_reach(RADIUS) if self.smooth else 0)

    @property
    def multiple(self) -> int:
        """Pixels per cell of the coarsest features."""
        return SCALES[self.student.kind][-1]

    def apply(self, x: Tensor) -> Tensor:
        """Stylize a window (1, 3, H, W)."""
        picture = self.paint(x)
        with torch.inference_mode():
            if self.colors:
                picture = F.conv2d(picture, *self.colors)
            picture = picture.clamp(0, 1)
            return guided_filter(picture, x, RADIUS, FLAT).clamp(0, 1) if self.smooth else picture

    def paint(self, x: Tensor) -> Tensor:
        """Return the network's picture of a window (1, 3, H, W); values may leave [0, 1]."""
        with inference(x.device, self.dtype):
            encoded = self.student.encode(x)
            y = encoded.features[-1].float()
            for block, moved in zip(BLOCKS, self.maps, strict=True):
                y = self.student.decode(block, F.conv2d(y, *moved), encoded.skips[block]).float()
            return y


def prepare(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Prepared:
    """Measure the styles, and the content before each map; covariances of several styles are averaged."""
    student = load_student(run.store, run.backbone, params.student).to(run.device)
    measured = [_measure_style(style.picture, student, run) for style in styles]
    weights = [style.weight for style in styles]
    maps: list[Map] = []
    kept: Tensor | None = None
    for block in BLOCKS:
        step = partial(_step, student, block, maps[-1] if maps else None)
        kept, source = _advance(content, step, kept, block, student, run)
        target = blend([levels[block] for levels in measured], weights)
        maps.append(_map(*affine(params.transform, source, target), run))
    prepared = Prepared(student, tuple(maps), params.smooth, run.dtype)
    if not params.colors:
        return prepared
    wanted = blend([moments(style.picture) for style in styles], weights)
    return replace(prepared, colors=_recoloring(content, prepared, wanted, run))


def _map(matrix: Tensor, offset: Tensor, run: RunContext) -> Map:
    return matrix[:, :, None, None].to(run.device, torch.float32), offset.to(
        run.device, torch.float32
    )


def _recoloring(content: Tensor, prepared: Prepared, wanted: Moments, run: RunContext) -> Map:
    """Return the map of the painted content's colours to the wanted ones."""
    painted = measure(
        content,
        lambda window: {"picture": prepared.paint(window)},
        {"picture": 1},
        run.tiles,
        halo=REACH[prepared.student.kind],
        multiple=prepared.multiple,
        coverage=run.coverage,
    )["picture"]
    matrix = transport_map(painted.cov, wanted.cov, ridge=0, floor=FAINT)
    return _map(matrix, wanted.mean - matrix @ painted.mean, run)


def _step(
    student: Student, block: int, moved: Map | None, window: Tensor, kept: Tensor | None
) -> Tensor:
    """Return a window's features before a block's map, computed from those of the block before."""
    if moved is None or kept is None:
        return student.encode(window).features[block].float()
    mapped = F.conv2d(kept.to(window), *moved)
    return student.decode(block + 1, mapped, student.skip(block + 1, window)).float()


def _advance(
    content: Tensor,
    step: Callable[[Tensor, Tensor | None], Tensor],
    kept: Tensor | None,
    block: int,
    student: Student,
    run: RunContext,
) -> tuple[Tensor | None, Moments]:
    """Return the whole picture's features before a block's map, and their moments.

    Features are kept on the CPU; those of block 0, the last block, are not kept.
    """
    scales = SCALES[student.kind]
    scale, before = scales[block], scales[min(block + 1, 3)]
    height, width = content.shape[-2:]
    tiles = cut(height, width, run.grid, halo=REACH[student.kind], multiple=scales[-1])
    whole, pooled = None, None
    for tile, window in each_window(content, tiles, run.tiles, "measure"):
        box = tile.window.shrink(before)
        seen = None if kept is None else kept[..., box.top : box.bottom, box.left : box.right]
        with inference(window.device, run.dtype):
            features = step(window, seen)
        rows, columns = tile.core.shrink(scale).within(tile.window.shrink(scale))
        core = features[..., rows, columns]
        part = moments(core, cell_weights(content, tile.core, scale, run.coverage))
        pooled = part if pooled is None else pooled.merge(part)
        if block:
            whole = _put(core, tile.core.shrink(scale), tiles[-1].core.shrink(scale), whole)
    return whole, pooled  # pyright: ignore[reportReturnType]  # there is at least one tile


def _put(core: Tensor, place: Box, last: Box, whole: Tensor | None) -> Tensor:
    """Write a tile's features into the whole picture's and return these; None: make them first."""
    if whole is None:
        whole = torch.empty(1, core.shape[1], last.bottom, last.right)
    whole[..., place.top : place.bottom, place.left : place.right] = core
    return whole


def _measure_style(picture: Tensor, student: Student, run: RunContext) -> list[Moments]:
    """Return the moments of the output of each block of the encoder."""

    def encode(window: Tensor) -> dict[str, Tensor]:
        with inference(window.device, run.dtype):
            return {str(k): f.float() for k, f in enumerate(student.encode(window).features)}

    scales = {str(k): scale for k, scale in enumerate(SCALES[student.kind])}
    measured = measure(
        picture,
        encode,
        scales,
        run.tiles,
        halo=REACH[student.kind],
        multiple=scales["3"],
    )
    return [measured[str(k)] for k in range(4)]
