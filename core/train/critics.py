"""Discriminators of translations: of pixels at several sizes, and of a teacher's features.

Those of features are of Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021.
"""

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor, nn

from ..nn.adversary import SLOPE, MultiScale, ReplayPool
from .mixed import fast_type
from .tolerant import Features, Tolerant

LEVELS = {"relu2_1": 128, "relu3_1": 256}
"""Levels of the teacher that discriminators look at, and their channels."""


class Sight:
    """What a teacher sees in pictures, each level in a unit of its own.

    Args:
        teacher: The network.
        some: Pictures (B, 3, H, W) in [-1, 1] in which the mean square of each level's features is 1.
    """

    def __init__(self, teacher: Tolerant, some: Tensor) -> None:
        self.teacher = teacher.to(fast_type(some.device), some.device)
        seen = self._levels(some)
        self.unit = {k: float(f.float().square().mean().rsqrt()) for k, f in seen.items()}

    def see(self, x: Tensor) -> Features:
        """Return the levels of pictures (B, 3, H, W) in [-1, 1]; gradients flow."""
        return {k: f * self.unit[k] for k, f in self._levels(x).items()}

    def _levels(self, x: Tensor) -> Features:
        seen = self.teacher.features(x * 0.5 + 0.5, max(LEVELS))
        return {level: seen[level] for level in LEVELS}


class FeatureCritic(nn.Module):
    """Verdicts on a teacher's features, one small network a level."""

    def __init__(self, levels: Mapping[str, int], width: int = 64) -> None:
        super().__init__()
        self.levels = nn.ModuleDict({k: _critic(n, width) for k, n in levels.items()})

    def forward(self, features: Features) -> list[Tensor]:
        """Return a map of verdicts a level."""
        return [critic(features[k]) for k, critic in self.levels.items()]


def _critic(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, width, 1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, width, 4, 2, 1),
        nn.LeakyReLU(SLOPE),
        nn.Conv2d(width, 1, 1),
    )


class Rival(nn.Module):
    """All that judges the pictures made for one domain."""

    def __init__(self, width: int, size: int) -> None:
        super().__init__()
        self.pixels, self.features = MultiScale(width, 2), FeatureCritic(LEVELS)
        self.pool = ReplayPool(50, size)

    def verdicts(self, picture: Tensor, seen: Features) -> tuple[list[Tensor], list[Tensor]]:
        """Return what is thought of the pixels (B, 3, H, W) in [-1, 1], and of their features."""
        return self.pixels(picture), self.features(seen)


def join_features(parts: Iterable[Features]) -> Features:
    """Return the features of several batches as those of one."""
    listed = list(parts)
    return {k: torch.cat([part[k] for part in listed]) for k in LEVELS}
