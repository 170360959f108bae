"""The loss of a picture and its gradient, pooled over tiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ...contract import RunContext, Style
from ...errors import PictureError
from ...nn.encoder import Encoder
from ...nn.gather import core_of, gather
from ...nn.matting import Affinity, matting_affinity
from ...nn.pooled import Sums, pool, value_and_gradient
from ...nn.regions import usable
from ...nn.stats import blend, moments
from ...nn.vgg import layer_radius, layer_scale, layers_of
from ...nn.whitening import transport_map
from ...tiling import Box, Tile, cut, padded_size, read
from . import Params
from .network import CONTENT, STYLE, realism, region_grams, region_masks, shrink_masks

DEEPEST = STYLE[-1]
MULTIPLE = layer_scale(DEEPEST)
STYLE_WEIGHT = 200.0
"""Of the distance of a layer's Gram matrices, which is relative to those of the style."""
OUTSIDE = 1e4
"""Of the mean square of what lies outside [0, 1]."""
FAINT = 0.01
"""Variance of colours that is added on both sides before a region takes on others: noise stays small."""
Masks = Mapping[str, Tensor]
"""Where each region is, by layer, (K, 1, h, w)."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """A picture extended to the pooling grid, and its regions."""

    picture: Tensor
    masks: Masks

    def areas(self, layer: str) -> Tensor:
        """Return the number of cells of each region, (K, 1, 1)."""
        return self.masks[layer].square().sum((2, 3)).clamp_min(1e-6)[..., None]


@dataclass(frozen=True, slots=True)
class Problem:
    """The constants of the loss.

    Attributes:
        canvas: The content.
        start: The content, each region in the colours of the styles' region.
        grams: The target Gram matrices of the regions, by layer, (K, C, C), per cell.
        features: The content's at ``CONTENT``, (1, C, h, w).
        affinity: The content's.
    """

    encoder: Encoder
    canvas: Canvas
    start: Tensor
    grams: Mapping[str, Tensor]
    features: Tensor
    affinity: Affinity
    params: Params
    run: RunContext

    def loss(self, x: Tensor, *, priced: bool) -> tuple[float, Tensor]:
        """Return the loss of a picture (1, 3, H, W) and its gradient; ``priced``: including realism."""
        tiles = _tiles(x, self.run)
        value, gradient = value_and_gradient(x, self.sums, self.distance, tiles, self.run.device)
        count, beyond = x[0, 0].numel(), x - x.clamp(0, 1)
        value += OUTSIDE / count * float(beyond.square().sum())
        gradient = gradient + 2 * OUTSIDE / count * beyond
        if priced and self.params.realism:
            energy, slope = realism(x, self.affinity)
            value += self.params.realism / count * energy
            gradient = gradient + (self.params.realism / count * slope).to(gradient)
        return value, gradient

    def sums(self, window: Tensor, tile: Tile) -> Sums:
        """Return a tile's part of the Gram matrices and of the distance from the content."""
        features = layers_of(self.encoder, window, (*STYLE, CONTENT))
        apart = core_of(features[CONTENT], tile) - _at(self.features, tile, CONTENT).to(window)
        return _gram_sums(features, self.canvas.masks, tile) | {"apart": apart.square().sum()}

    def distance(self, sums: Sums) -> Tensor:
        """Return the loss of sums over the whole picture."""
        shares = self.canvas.areas(STYLE[0]).flatten() / self.canvas.masks[STYLE[0]][0].numel()
        terms = [
            self.params.content_weight
            * sums["apart"]
            / self.features.square().sum().clamp_min(1e-12)
        ]
        for layer in STYLE:
            wanted = self.grams[layer]
            got = sums[layer] / self.canvas.areas(layer).to(sums[layer])
            far = (got - wanted).square().sum((1, 2)) / wanted.square().sum((1, 2)).clamp_min(1e-12)
            terms.append(STYLE_WEIGHT * (shares.to(far) * far).sum())
        return torch.stack(terms).sum()


def make_problem(
    content: Tensor, styles: Sequence[Style], params: Params, encoder: Encoder, run: RunContext
) -> Problem:
    """Return the problem of a content (1, 3, H, W); a region's target is the styles' mean Gram matrix.

    Raises:
        PictureError: if no region is in both the content and a style.
    """
    numbers = _regions(styles, run)
    canvas = _canvas(content, run.labels, numbers, run.coverage)
    canvases = [_canvas(style.picture, style.labels, numbers, None) for style in styles]
    sums = [_grams(one, encoder, run) for one in canvases]
    features = gather(
        canvas.picture,
        lambda window: layers_of(encoder, window, (CONTENT,))[CONTENT],
        run.tiles,
        halo=layer_radius(CONTENT),
        multiple=MULTIPLE,
    )
    grams = {layer: _mix(layer, canvases, sums, styles) for layer in STYLE}
    affinity = matting_affinity(canvas.picture)
    start = _recolour(canvas, canvases, [style.weight for style in styles])
    return Problem(encoder, canvas, start, grams, features, affinity, params, run)


def _regions(styles: Sequence[Style], run: RunContext) -> list[int]:
    if run.labels is None:
        return [0]
    shared = {n for s in styles if s.labels is not None for n in usable(run.labels, s.labels)}
    if not shared:
        raise PictureError(
            "no region of the label pictures is large enough in both the content and a style; "
            "paint larger ones"
        )
    return sorted(shared)


def _canvas(
    picture: Tensor, labels: Tensor | None, numbers: list[int], coverage: Tensor | None
) -> Canvas:
    height, width = picture.shape[-2:]
    whole = Box(0, 0, *padded_size(height, width, MULTIPLE))
    counts = torch.zeros(1, 1, whole.height, whole.width)
    counts[..., :height, :width] = 1.0 if coverage is None else coverage
    where = torch.zeros_like(counts) if labels is None else read(labels, whole)
    masks = region_masks(where, numbers) * counts
    return Canvas(read(picture, whole), {layer: shrink_masks(masks, layer) for layer in STYLE})


def _recolour(canvas: Canvas, canvases: Sequence[Canvas], weights: Sequence[float]) -> Tensor:
    """Return the content with each region given the mean colour and covariance of the styles' region."""
    x, whole = canvas.picture, canvas.masks[STYLE[0]]
    out = x * (1 - whole.sum(0, keepdim=True))
    for k, mask in enumerate(whole[:, None]):
        measured = [moments(one.picture, one.masks[STYLE[0]][k : k + 1]) for one in canvases]
        known = [(m, weight) for m, weight in zip(measured, weights, strict=True) if m.weight > 0]
        own, wanted = (
            moments(x, mask),
            blend([m for m, _ in known], [weight for _, weight in known]),
        )
        matrix = transport_map(own.cov, wanted.cov, floor=FAINT)
        offset = wanted.mean - matrix @ own.mean
        out = out + mask * F.conv2d(x, matrix[:, :, None, None].to(x), offset.to(x))
    return out.clamp(0, 1)


@torch.no_grad()
def _grams(canvas: Canvas, encoder: Encoder, run: RunContext) -> Sums:
    """Return the sums F F^T over each region of a style, by layer."""

    def sums(window: Tensor, tile: Tile) -> Sums:
        return _gram_sums(layers_of(encoder, window, STYLE), canvas.masks, tile)

    return pool(canvas.picture, sums, _tiles(canvas.picture, run), run.device)


def _mix(
    layer: str, canvases: Sequence[Canvas], style_sums: Sequence[Sums], styles: Sequence[Style]
) -> Tensor:
    """Return each region's weighted mean of Gram matrices over the styles that have the region."""
    areas = torch.stack([canvas.areas(layer) for canvas in canvases]).to(style_sums[0][layer])
    weights = torch.tensor([style.weight for style in styles]).to(areas)[:, None, None, None]
    weights = weights * (areas > 1)
    grams = torch.stack([sums[layer] for sums in style_sums]) / areas
    return (weights * grams).sum(0) / weights.sum(0).clamp_min(1e-12)


def _gram_sums(features: Mapping[str, Tensor], masks: Masks, tile: Tile) -> Sums:
    return {k: region_grams(core_of(features[k], tile), _at(masks[k], tile, k)) for k in STYLE}


def _at(x: Tensor, tile: Tile, layer: str) -> Tensor:
    core = tile.core.shrink(layer_scale(layer))
    return x[..., core.top : core.bottom, core.left : core.right]


def _tiles(x: Tensor, run: RunContext) -> list[Tile]:
    halo = layer_radius(DEEPEST)
    return cut(x.shape[-2], x.shape[-1], run.grid, halo=halo, multiple=MULTIPLE)
