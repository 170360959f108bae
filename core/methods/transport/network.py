"""The decoder of transport: from transported features to a picture.

The features come already carrying the style's covariance; the decoder paints. Features of three sizes
enter where their size is, so high frequencies have an aperiodic source and detail is not lost; the style's
statistics scale and shift the hidden layers.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.encoder import COMPACT

LEVELS = ("relu1_1", "relu2_1", "relu3_1")
"""What is transported."""
CODE_LEVELS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
"""Whose means and deviations describe the style."""
CODE = 2 * sum(COMPACT[:4])


def conv(channels: int, out: int, size: int = 3) -> nn.Conv2d:
    """Return a convolution that keeps the size, padded by reflection."""
    return nn.Conv2d(channels, out, size, padding=size // 2, padding_mode="reflect")


class Decoder(nn.Module):
    """Transported features and a style code to a picture."""

    def __init__(self, blocks: int = 3) -> None:
        super().__init__()
        fine, middle, coarse = COMPACT[:3]
        self.blocks = blocks
        self.first = nn.ModuleList(conv(coarse, coarse) for _ in range(blocks))
        self.second = nn.ModuleList(conv(coarse, coarse) for _ in range(blocks))
        self.to_middle, self.to_fine = conv(coarse, middle), conv(middle, fine)
        self.skip_middle, self.skip_fine = conv(middle, middle, 1), conv(fine, fine, 1)
        self.paint_middle, self.paint_fine = conv(middle, middle), conv(fine, fine)
        self.to_picture = conv(fine, 3, 1)
        self.hidden = [coarse] * blocks + [middle, fine]
        self.style = nn.Sequential(
            nn.Linear(CODE, 256), nn.ReLU(), nn.Linear(256, 2 * sum(self.hidden))
        )
        nn.init.zeros_(self.style[2].weight)  # pyright: ignore[reportArgumentType]
        nn.init.zeros_(self.style[2].bias)  # pyright: ignore[reportArgumentType]
        nn.init.constant_(self.to_picture.bias, 0.5)  # pyright: ignore[reportArgumentType]

    def modulation(self, code: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Return scale and shift of each hidden layer, (B, C, 1, 1), from a code (B, 480)."""
        parts = self.style(code)[..., None, None].split([2 * n for n in self.hidden], 1)
        return [(1 + scale, shift) for scale, shift in (part.chunk(2, 1) for part in parts)]

    def forward(
        self, features: dict[str, Tensor], modulation: list[tuple[Tensor, Tensor]]
    ) -> Tensor:
        """Return the picture, (B, 3, H, W) around [0, 1], from transported features by level."""
        x = features["relu3_1"]
        for first, second, (scale, shift) in zip(self.first, self.second, modulation, strict=False):
            x = x + second(F.relu(first(x) * scale + shift))
        x = F.interpolate(self.to_middle(x), scale_factor=2) + self.skip_middle(features["relu2_1"])
        x = _modulated(self.paint_middle(F.relu(x)), modulation[-2])
        x = F.interpolate(self.to_fine(x), scale_factor=2) + self.skip_fine(features["relu1_1"])
        x = _modulated(self.paint_fine(F.relu(x)), modulation[-1])
        return self.to_picture(x)


def _modulated(x: Tensor, modulation: tuple[Tensor, Tensor]) -> Tensor:
    scale, shift = modulation
    return F.relu(x * scale + shift)


def style_code(
    means: dict[str, Tensor], stds: dict[str, Tensor], scale: dict[str, float]
) -> Tensor:
    """Return the style's description (B, 480) from means and deviations (B, C) of ``CODE_LEVELS``."""
    parts = [m / scale[k] for k in CODE_LEVELS for m in (means[k], stds[k])]
    return torch.cat(parts, 1).float()
