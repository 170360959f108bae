"""CCPL: a loss that makes neighbouring pixels differ in the result as they differ in the content.

Wu et al., "CCPL: Contrastive Coherence Preserving Loss for Versatile Style Transfer", ECCV 2022, section
3.1, as in the authors' code: at each level, pixels are drawn once for the whole batch and both pictures,
and the negatives of a difference are the other differences of the same picture.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

TEMPERATURE = 0.07
"""The authors' code hands no other on."""
TINY = 1e-7
"""Added to a vector's length before it is divided by it."""
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1))
"""A pixel's neighbours, (rows, columns) away."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pixels of a feature map and one neighbour of each, as indices into its H * W, (S,)."""

    centres: Tensor
    neighbours: Tensor


def draw_pairs(height: int, width: int, count: int, generator: torch.Generator) -> Pairs:
    """Return ``count`` random inner pixels, each with its eight neighbours: S = 8 * count pairs.

    Of a map with fewer inner pixels, all are taken.
    """
    inner = torch.randperm((height - 2) * (width - 2), generator=generator)[:count]
    centres = (inner // (width - 2) + 1) * width + inner % (width - 2) + 1
    neighbours = [centres + down * width + right for down, right in AROUND]
    return Pairs(centres.repeat(len(AROUND)), torch.cat(neighbours))


def differences(features: Tensor, pairs: Pairs) -> Tensor:
    """Return centre minus neighbour of (B, C, H, W) features, (B, S, C)."""
    flat = features.flatten(2).mT
    return flat[:, pairs.centres.to(flat.device)] - flat[:, pairs.neighbours.to(flat.device)]


def info_nce(query: Tensor, key: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """Return the contrastive loss, a scalar: how hard it is to tell each query's own key from the others.

    Both are (B, S, C) and, for the published loss, of length 1.
    """
    likeness = query @ key.mT / temperature
    own = torch.arange(likeness.shape[1], device=likeness.device).expand(len(likeness), -1)
    return F.cross_entropy(likeness.flatten(0, 1), own.flatten())


class Heads(nn.Module):
    """One small network per level that transforms differences before they are compared: C to C to C / 4.

    They are trained together with the stylizing network, and are not needed afterwards.
    """

    def __init__(self, widths: Mapping[str, int]) -> None:
        super().__init__()
        self.heads = nn.ModuleDict(
            {
                level: nn.Sequential(nn.Linear(c, c), nn.ReLU(), nn.Linear(c, c // 4))
                for level, c in widths.items()
            }
        )

    def forward(self, level: str, x: Tensor) -> Tensor:
        """Return (B, S, C / 4), each of length 1."""
        x = self.heads[level](x)
        return x / (x.norm(dim=2, keepdim=True) + TINY)


def ccpl_loss(
    query: Mapping[str, Tensor],
    key: Mapping[str, Tensor],
    heads: Heads,
    pairs: Mapping[str, Pairs],
    temperature: float = TEMPERATURE,
) -> Tensor:
    """Return the loss summed over the levels of ``pairs``.

    Args:
        query: Features of the result by level, (B, C, H, W).
        key: Features of the content; no gradient flows into them.
        heads: The networks that transform the differences.
        pairs: The pixels that are compared, by level.
        temperature: A smaller one punishes similarity to wrong keys more.
    """
    terms = [
        info_nce(
            heads(level, differences(query[level], at)),
            heads(level, differences(key[level].detach(), at)).detach(),
            temperature,
        )
        for level, at in pairs.items()
    ]
    return torch.stack(terms).sum()


def draw_all(
    features: Mapping[str, Tensor],
    levels: Sequence[str],
    count: int,
    generator: torch.Generator,
) -> dict[str, Pairs]:
    """Return fresh pairs for each of ``levels``, of maps (B, C, H, W)."""
    sizes: dict[str, Any] = {level: features[level].shape[-2:] for level in levels}
    return {k: draw_pairs(height, width, count, generator) for k, (height, width) in sizes.items()}
