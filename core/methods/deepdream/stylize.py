"""Stylize with DeepDream: octave by octave, the gradient summed over tiles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count

import torch
from torch import Tensor

from ...checkpoints.networks import load_encoder
from ...contract import RunContext, Style
from ...errors import ParamsError
from ...nn.encoder import Encoder, conv_names
from ...nn.pooled import Sums, gradient
from ...nn.thumbnail import thumbnail
from ...nn.vgg import layer_radius, layer_scale, layers_of, level_of
from ...progress import Progress
from ...tiling import Box, Tile, cut, padded_size, read
from . import Params
from .network import CONVENTIONS, Climb, Size, dream, guided_seed

MULTIPLE = 16
SMALLEST = 48
"""Pixels of an octave's shorter side; smaller ones are left out."""
GUIDE_CELLS = 4096
"""Cells of the guides that are compared with, evenly spread."""


@dataclass(frozen=True, slots=True)
class Objective:
    """The objective: squares of the layers' features, or of one channel, or their products with guides."""

    encoder: Encoder
    layers: tuple[str, ...]
    channel: int
    guides: dict[str, list[tuple[Tensor, float]]]
    """The guides' vectors (C, n) and their weights, by layer; empty: no guide."""
    dtype: torch.dtype

    def gains(self, window: Tensor, tile: Tile) -> Sums:
        """Return a tile's part of each layer's gain."""
        features = layers_of(self.encoder, window.to(self.dtype), self.layers)
        return {layer: self._gain(layer, _core(f, tile, layer)) for layer, f in features.items()}

    def _gain(self, layer: str, features: Tensor) -> Tensor:
        f = features.float()
        if self.channel >= 0:
            return f[:, self.channel].sum()
        if not self.guides:
            return f.square().sum() / 2
        with torch.no_grad():
            seeds = [share * guided_seed(f, guide) for guide, share in self.guides[layer]]
        return (f * torch.stack(seeds).sum(0)).sum()


def stylize(content: Tensor, styles: Sequence[Style], params: Params, run: RunContext) -> Tensor:
    """Return the content, (1, 3, H, W), after its dream."""
    objective, how = _objective(styles, params, run), CONVENTIONS[params.convention]
    height, width = content.shape[-2:]
    size = padded_size(height, width, MULTIPLE)
    path = Climb(
        sizes=_usable(how.sizes(size, params.octaves, params.ratio)),
        iterations=params.iterations,
        step=params.step / 255,
        low=torch.zeros(()),
        high=torch.ones(()),
        shifts=_shifts(params.jitter, run.seed),
    )
    picture = read(content, Box(0, 0, *size)).float()
    done, total = count(1), len(path.sizes) * params.iterations

    def gradient_of(x: Tensor) -> Tensor:
        ascent = _gradient(x, objective, run)
        run.report(Progress("dream", next(done), total))
        return ascent

    return dream(picture, gradient_of, how, path)[..., :height, :width]


def _usable(sizes: list[Size]) -> list[Size]:
    """Return the octaves rounded to whole cells of the deepest layer, without those too small for it."""
    aligned = [padded_size(height, width, MULTIPLE) for height, width in sizes]
    return [size for size in aligned[:-1] if min(size) >= SMALLEST] + aligned[-1:]


def _shifts(jitter: int, seed: int) -> Iterator[Size]:
    generator = torch.Generator().manual_seed(seed)
    while True:
        rows, columns = torch.randint(-jitter, jitter + 1, (2,), generator=generator).tolist()
        yield rows, columns


def _gradient(x: Tensor, objective: Objective, run: RunContext) -> Tensor:
    height, width = x.shape[-2:]
    deepest = max(objective.layers, key=layer_radius)
    halo, scale = layer_radius(deepest), layer_scale(deepest)
    tiles = cut(height, width, run.grid, halo=halo, multiple=scale)
    slopes = {
        layer: torch.tensor(layer_scale(layer) ** 2 / (height * width), device=run.device)
        for layer in objective.layers
    }
    return gradient(x, objective.gains, slopes, tiles, run.device)


def _core(features: Tensor, tile: Tile, layer: str) -> Tensor:
    scale = layer_scale(layer)
    rows, columns = tile.core.shrink(scale).within(tile.window.shrink(scale))
    return features[..., rows, columns]


def _objective(styles: Sequence[Style], params: Params, run: RunContext) -> Objective:
    layers = _layers(params.layers)
    deepest = max(layers, key=layer_radius)
    encoder = load_encoder(run.store, run.backbone, level_of(deepest))
    for layer in layers:
        width = encoder.widths[int(layer[4]) - 1]
        if params.channel >= width:
            raise ParamsError(
                f"deepdream: channel is {params.channel}; {layer} of {run.backbone} has {width}, from 0"
            )
    encoder = encoder.to(run.device, run.dtype)
    plain = Objective(encoder, layers, params.channel, {}, run.dtype)
    if params.channel >= 0 or not params.guided:
        return plain
    return replace(plain, guides=_guides(plain, styles, run.device))


def _layers(text: str) -> tuple[str, ...]:
    known = [name.replace("conv", "relu") for name in conv_names()]
    layers = tuple(dict.fromkeys(part.strip() for part in text.split("+")))
    unknown = [layer for layer in layers if layer not in known]
    if unknown:
        raise ParamsError(
            f"deepdream: there is no layer {unknown[0]!r}; choose of: {', '.join(known)}"
        )
    return layers


def _guides(
    objective: Objective, styles: Sequence[Style], device: torch.device
) -> dict[str, list[tuple[Tensor, float]]]:
    total = sum(style.weight for style in styles)
    guides: dict[str, list[tuple[Tensor, float]]] = {layer: [] for layer in objective.layers}
    for style in styles:
        small, _ = thumbnail(style.picture)
        whole = Box(0, 0, *padded_size(small.shape[-2], small.shape[-1], MULTIPLE))
        with torch.no_grad():
            features = layers_of(
                objective.encoder, read(small, whole).to(device, objective.dtype), objective.layers
            )
        for layer, f in features.items():
            cells = f[0].float().flatten(1)
            step = max(1, cells.shape[1] // GUIDE_CELLS)
            guides[layer].append((cells[:, ::step], style.weight / total))
    return guides
