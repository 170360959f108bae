"""The decoder of transport: from transported features to a picture.

The features already have the style's covariance; the decoder makes the picture. Features of three sizes enter
at the layers of their size, so high frequencies have an aperiodic source and detail is not lost; the style's
statistics scale and shift the hidden layers.
"""

from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.encoder import COMPACT
from ...nn.pad import Conv

LEVELS = ("relu1_1", "relu2_1", "relu3_1")
"""What is transported."""
CODE_LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Whose means and deviations describe the style."""
CODE = 2 * sum(COMPACT[:4])
FLOOR = 0.05
"""Least variance of the transport's Gaussians, as a share of a level's variance over all styles: the
gain along any direction stays below about 15, where a nearly flat texture would ask for hundreds."""
Modulation = list[tuple[Tensor, Tensor]]


class Decoder(nn.Module):
    """From transported features and a style code to a picture."""

    def __init__(self, blocks: int = 3) -> None:
        super().__init__()
        fine, middle, coarse = COMPACT[:3]
        self.blocks = blocks
        self.first = nn.ModuleList(Conv(coarse, coarse) for _ in range(blocks))
        self.second = nn.ModuleList(Conv(coarse, coarse) for _ in range(blocks))
        self.to_middle, self.to_fine = Conv(coarse, middle), Conv(middle, fine)
        self.skip_middle, self.skip_fine = Conv(middle, middle, 1), Conv(fine, fine, 1)
        self.paint_middle, self.paint_fine = Conv(middle, middle), Conv(fine, fine)
        self.to_picture = Conv(fine, 3, 1)
        self.hidden = [coarse] * blocks + [middle, fine]
        self.enter: nn.Module = nn.Identity()
        self.style = nn.Sequential(
            nn.Linear(CODE, 256), nn.ReLU(), nn.Linear(256, 2 * sum(self.hidden))
        )
        nn.init.zeros_(self.style[2].weight)  # pyright: ignore[reportArgumentType]
        nn.init.zeros_(self.style[2].bias)  # pyright: ignore[reportArgumentType]
        nn.init.constant_(self.to_picture.bias, 0.5)  # pyright: ignore[reportArgumentType]

    def modulation(self, code: Tensor) -> Modulation:
        """Return scale and shift of each hidden layer, (B, C, 1, 1), from a code (B, 480)."""
        parts = self.style(code)[..., None, None].split([2 * n for n in self.hidden], 1)
        return [(1 + scale, shift) for scale, shift in (part.chunk(2, 1) for part in parts)]

    def forward(self, features: dict[str, Tensor], modulation: Modulation | None = None) -> Tensor:
        """Return the picture, (B, 3, H, W) around [0, 1].

        Args:
            features: Transported features by level; after ``fold``, the content's own.
            modulation: Scale and shift of each hidden layer; none after ``fold``.
        """
        scales = iter(modulation or [None] * len(self.hidden))
        x = self.enter(features["relu3_1"])
        for first, second in zip(self.first, self.second, strict=True):
            x = x + second(_modulate(first(x), next(scales)))
        x = F.interpolate(self.to_middle(x), scale_factor=2) + self.skip_middle(features["relu2_1"])
        x = _modulate(self.paint_middle(F.relu(x)), next(scales))
        x = F.interpolate(self.to_fine(x), scale_factor=2) + self.skip_fine(features["relu1_1"])
        x = _modulate(self.paint_fine(F.relu(x)), next(scales))
        return self.to_picture(x)

    @torch.no_grad()
    def fold(self, modulation: Modulation, maps: dict[str, tuple[Tensor, Tensor]]) -> "Decoder":
        """Return a copy for one style and content, with modulation and maps folded into the weights.

        Args:
            modulation: Scale and shift of each hidden layer, (1, C, 1, 1).
            maps: A matrix (C, C) and an offset (C,) per level, which transport the content's features.
        """
        folded = deepcopy(self)
        hidden = [*folded.first, folded.paint_middle, folded.paint_fine]
        for layer, pair in zip(hidden, modulation, strict=True):
            scale, shift = (v.flatten() for v in pair)
            weight, bias = (_parameter(layer, name) for name in ("weight", "bias"))
            weight *= scale[:, None, None, None]
            bias.copy_(bias * scale + shift)
        folded.enter = Conv(COMPACT[2], COMPACT[2], 1).to(self.to_picture.weight)
        _set(folded.enter, *maps["relu3_1"])
        for layer, level in ((folded.skip_middle, "relu2_1"), (folded.skip_fine, "relu1_1")):
            (matrix, offset), weight = maps[level], layer.weight[..., 0, 0].clone()
            _set(layer, weight @ matrix, weight @ offset + _parameter(layer, "bias"))
        return folded.requires_grad_(False)


def _parameter(layer: nn.Module, name: str) -> Tensor:
    return dict(layer.named_parameters())[name]


def _set(layer: nn.Module, matrix: Tensor, offset: Tensor) -> None:
    """Make a 1x1 convolution the map x -> matrix x + offset."""
    _parameter(layer, "weight").copy_(matrix[..., None, None])
    _parameter(layer, "bias").copy_(offset)


def _modulate(x: Tensor, modulation: tuple[Tensor, Tensor] | None) -> Tensor:
    if modulation is None:
        return F.relu(x, inplace=True)
    scale, shift = modulation
    return F.relu(x * scale + shift)


def style_code(
    means: dict[str, Tensor], stds: dict[str, Tensor], scale: dict[str, float]
) -> Tensor:
    """Return the style's description (B, 480) from means and deviations (B, C) of ``CODE_LEVELS``."""
    parts = [m / scale[k] for k in CODE_LEVELS for m in (means[k], stds[k])]
    return torch.cat(parts, 1).float()
