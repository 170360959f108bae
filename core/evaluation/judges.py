"""Networks that judge pictures: what they are, where their weights lie, and how they are read.

VGG-16 and AlexNet are those of ``core.train.tolerant``; what trains on one of them is measured by the
other. ``cd16x`` is a network that ours learnt from: its figures flatter them, and it is kept for comparison
with older ones.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ..errors import PictureError, WeightsError
from ..train.teacher import Judge as Compressed
from ..train.tolerant import Features, load_tolerant
from .metrics import CONTENT_LEVELS

HAND_LEVELS = ("relu2_1", "relu3_1")
SMALLEST = 48
"""Pixels of a side below which the deepest level has no neighbours to blur with."""


@dataclass(frozen=True, slots=True)
class Judge:
    """A network whose features pictures are compared by."""

    name: str
    features: Callable[[Tensor], Features]
    """(1, 3, H, W) in [0, 1] → features by level."""
    content: Sequence[str] = CONTENT_LEVELS
    """Levels that content is compared at: a cell of them spans four and eight pixels."""
    hand: Sequence[str] = HAND_LEVELS
    """Levels that patches are compared at: their cells span two and four pixels, strokes and not forms."""
    least: int = 16
    """Pixels that a side has at least."""


HAND = {"vgg16": HAND_LEVELS, "alexnet": ("relu1", "relu2")}
CONTENT = {"vgg16": CONTENT_LEVELS, "alexnet": ("relu2", "relu3")}


def load_judge(name: str, compressed: Path | None = None) -> Judge:
    """Return a judge.

    Args:
        name: One of ``asked.JUDGES``.
        compressed: The file of cd16x's fifth encoder, for that judge.

    Raises:
        WeightsError: if its weights are not here, or are not what they should be.
    """
    if name == "cd16x":
        if compressed is None or not compressed.is_file():
            raise WeightsError(f"there is no network to judge with in {compressed}; name its file")
        return Judge(name, Compressed(compressed).projected)
    network = load_tolerant(name)

    @torch.no_grad()
    def features(picture: Tensor) -> Features:
        _check_size(picture, name)
        return network.features(picture)

    return Judge(name, features, CONTENT[name], HAND[name], SMALLEST)


def _check_size(picture: Tensor, name: str) -> None:
    if min(picture.shape[-2:]) < SMALLEST:
        height, width = picture.shape[-2:]
        raise PictureError(
            f"{name} judges pictures of {SMALLEST} x {SMALLEST} pixels or more; this has {width} x {height}"
        )
