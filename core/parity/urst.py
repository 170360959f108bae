"""URST's cases: its tiles, and AdaIN, Johnson's network and WCT with a thumbnail's statistics.

Chen et al., AAAI 2022. The engine measures in the whole picture or, on demand, in a thumbnail of its own
(``nn.thumbnail``), and cuts pictures in another way; so URST's wiring around our networks is only here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from ..checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ..methods.johnson.weights import urst_layers
from ..nn.instance import FixedNorm, InstanceNorm
from ..nn.losses import channel_stats
from ..nn.transform_net import TransformNet
from .adain import LEVEL, Published
from .johnson import published_network
from .rows import Case, Wanted
from .wct import BACKBONE, Stage

INPUTS = ("image", "style")
SMALLEST = 1e-5
"""Eigenvalues below this are dropped."""
PREFIXES = {"prefix_vgg": "adain.vgg", "prefix_decoder": "adain.decoder"}
Operator = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Tiling:
    """A square grid of equal tiles: cores (height, width), context around them, tiles per side."""

    height: int
    width: int
    context: int
    count: int

    @classmethod
    def of(cls, image: Tensor, meta: dict[str, int]) -> "Tiling":
        """Return the tiling of an image (1, 3, H, W)."""
        height, width = image.shape[-2:]
        count = ceil(sqrt(height * width / meta["patch_size"] ** 2))
        return cls(ceil(height / count), ceil(width / count), meta["padding"], count)

    def windows(self, image: Tensor) -> list[Tensor]:
        """Return the tiles with their context, row by row, of the image extended by reflection."""
        sides = (self.height * self.count, self.width * self.count)
        more = [n + 2 * self.context - m for n, m in zip(sides, image.shape[-2:], strict=True)]
        (top, left), (bottom, right) = zip(*((m // 2, m - m // 2) for m in more), strict=True)
        padded = F.pad(image, (left, right, top, bottom), mode="reflect")
        return [
            padded[
                ..., y : y + self.height + 2 * self.context, x : x + self.width + 2 * self.context
            ]
            for y in range(0, sides[0], self.height)
            for x in range(0, sides[1], self.width)
        ]

    def stitched(self, image: Tensor, operator: Operator) -> Tensor:
        """Return the cores of all tiles' results side by side, up to ``count - 1`` pixels too large."""
        cores = [self._core(operator(window)) for window in self.windows(image)]
        rows = [torch.cat(cores[i : i + self.count], 3) for i in range(0, len(cores), self.count)]
        return torch.cat(rows, 2)

    def _core(self, picture: Tensor) -> Tensor:
        size = (self.height + 2 * self.context, self.width + 2 * self.context)
        fitted = F.interpolate(picture, size, mode="bilinear", align_corners=True)
        edge = slice(self.context, -self.context or None)
        return fitted[..., edge, edge]


def shrink(image: Tensor, height: int) -> Tensor:
    """Return an image resized by Pillow to ``height`` pixels."""
    pixels = (image[0].permute(1, 2, 0) * 255).round().byte().numpy()
    width = int(image.shape[-1] / image.shape[-2] * height)
    small = Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1)[None].float() / 255


def compute(case: Case, teachers: Path) -> Iterator[Wanted]:
    """Yield the case's results."""
    unit = case.stated(r"([\d.]+e-\d+) (?:max abs|times)", 2e-4)
    image = case.tensor("image")
    tiling = Tiling.of(image, dict(case.meta))
    thumb = shrink(image, int(case.meta["thumb_size"]))
    with torch.inference_mode():
        if "REAL" in case.meta["weights"]:
            results = _compute_wct(case, teachers / BACKBONE, tiling, thumb)
        else:
            patches = torch.cat(tiling.windows(image))[:, :1]
            results = {"patches": patches, "thumb": thumb}
            results |= _compute_adain(case, tiling, thumb) | _compute_johnson(case, tiling, thumb)
    for name in (name for name in results if name in case.arrays):
        size = max(1.0, float(case.tensor(name).std()))
        yield Wanted(name, results[name], unit * size)


def _compute_adain(case: Case, tiling: Tiling, thumb: Tensor) -> dict[str, Tensor]:
    net = Published(Case(case.name, case.arrays, {**PREFIXES, **case.meta}))
    mean, deviation = channel_stats(net.encoder(thumb)[LEVEL])
    style_mean, style_deviation = channel_stats(net.encoder(case.tensor("style"))[LEVEL])

    def paint(x: Tensor) -> Tensor:
        features = net.encoder(x)[LEVEL]
        target = (features - mean) / deviation * style_deviation + style_mean
        return net.decoder(net.toward(target, features))

    return {
        "adain_thumb_mean": mean,
        "adain_thumb_std": deviation,
        "adain_thumb_out": paint(thumb),
        "adain_out": tiling.stitched(case.tensor("image"), paint),
    }


class ThumbnailNorm(nn.Module):
    """An instance norm that keeps the moments of its first input for later ones; the variance is unbiased."""

    def __init__(self, norm: InstanceNorm) -> None:
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias
        self.fixed: nn.Module | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return (1, C, h, w)."""
        if self.fixed is None:
            var, mean = torch.var_mean(x[0], (1, 2))
            self.fixed = FixedNorm(mean, var, self.weight, self.bias)
        return self.fixed(x)


def _compute_johnson(case: Case, tiling: Tiling, thumb: Tensor) -> dict[str, Tensor]:
    net = published_network(urst_layers(), "urst.johnson")
    _keep_moments(net)
    mean, std = (torch.tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))

    def paint(x: Tensor) -> Tensor:
        return (net(x) - mean) / std

    return {
        "johnson_thumb_out": paint(thumb),
        "johnson_out": tiling.stitched(case.tensor("image"), paint),
    }


def _keep_moments(net: TransformNet) -> None:
    for part in list(net.modules()):
        for name, child in list(part.named_children()):
            if isinstance(child, InstanceNorm):
                setattr(part, name, ThumbnailNorm(child))


def _compute_wct(case: Case, folder: Path, tiling: Tiling, thumb: Tensor) -> dict[str, Tensor]:
    stages: list[Operator] = []
    x, style = thumb, case.tensor("style")
    for number in range(5, 0, -1):
        stages.append(_make_stage(Stage(folder, number), x, style))
        x = stages[-1](x)

    def paint(window: Tensor) -> Tensor:
        for stage in stages:
            window = stage(window)
        return window

    return {"thumb_out": x, "out": tiling.stitched(case.tensor("image"), paint)}


def _make_stage(stage: Stage, thumb: Tensor, style: Tensor) -> Operator:
    """Return a stage with the map from a thumbnail to a style."""
    (mean, cov), (style_mean, style_cov) = (
        _compute_moments(stage.features(x)) for x in (thumb, style)
    )
    eye = torch.eye(len(cov), dtype=torch.float64)
    matrix = _power(style_cov, 0.5) @ _power(cov + eye, -0.5)

    def paint(x: Tensor) -> Tensor:
        features = stage.features(x)
        moved = matrix @ (features[0].flatten(1) - mean) + style_mean
        return stage.decoder(moved.view_as(features).float())

    return paint


def _compute_moments(features: Tensor) -> tuple[Tensor, Tensor]:
    flat = features[0].flatten(1)
    mean = flat.mean(1, keepdim=True)
    centred = flat - mean
    return mean, centred @ centred.T / (flat.shape[1] - 1)


def _power(cov: Tensor, exponent: float) -> Tensor:
    values, vectors = torch.linalg.eigh(cov)
    kept = values >= SMALLEST
    return (vectors[:, kept] * values[kept].pow(exponent)) @ vectors[:, kept].T
