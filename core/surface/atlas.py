"""UV islands: which texels of a texture are shown, and what to put under the others."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from ..errors import PictureError

SHIFT = 8
"""Fractional bits of the rasteriser's coordinates."""


def coverage_of(
    alpha: Tensor | None, uv: str | None, size: Sequence[int]
) -> tuple[Tensor | None, tuple[str, ...]]:
    """Return how much each texel counts, (1, 1, H, W), or None if all count alike; and notes.

    Args:
        alpha: (1, 1, H, W), or None if the picture is opaque.
        uv: A ``.npy`` of UV triangles, (N, 3, 2), or None if the texture is used whole.
        size: Height and width in texels.
    """
    coverage, notes = alpha, ()
    if uv is not None:
        islands = rasterize(load_triangles(Path(uv)), size)
        coverage = islands if coverage is None else coverage * islands
    if coverage is None or bool((coverage == 1).all()):
        return None, ()
    if not bool((coverage > 0).any()):
        notes = ("nothing of the picture is covered or opaque: all of it was measured",)
        return None, notes
    return coverage, notes


def load_triangles(path: Path) -> NDArray[np.float32]:
    """Read UV triangles, (N, 3, 2) float32, u to the right and v up, 0 to 1 across the texture."""
    try:
        triangles = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise PictureError(f"cannot read the UV triangles in {path}") from error
    if triangles.ndim != 3 or triangles.shape[1:] != (3, 2):
        raise PictureError(
            f"UV triangles must have the shape (N, 3, 2); {path} has {triangles.shape}"
        )
    finite = np.isfinite(triangles).all((1, 2))
    return triangles[finite].astype(np.float32)


def rasterize(triangles: NDArray[np.float32], size: Sequence[int]) -> Tensor:
    """Return 1 for each texel that a triangle touches, else 0, as (1, 1, H, W)."""
    height, width = size
    mask = np.zeros((height, width), np.uint8)
    corners = triangles * (width, -height) + (-0.5, height - 0.5)
    limit = 2 ** (30 - SHIFT)
    points = np.round(corners.clip(-limit, limit) * 2**SHIFT).astype(np.int32)
    for triangle in points:
        cv2.fillConvexPoly(mask, triangle, 1, cv2.LINE_8, SHIFT)
    return torch.from_numpy(mask)[None, None].float()


def fill_outward(rgb: Tensor, coverage: Tensor) -> Tensor:
    """Return the picture with uncovered texels filled smoothly from the covered ones around them.

    Pull-push over a pyramid (Gortler et al., "The Lumigraph", 1996, section 3.4): colours are averaged
    downward where they are known and pushed back up where they are not.
    """
    weight = coverage.clamp(0, 1)
    return torch.where(weight > 0, rgb, _pull_push(rgb * weight, weight))


def _pull_push(color: Tensor, weight: Tensor) -> Tensor:
    """Return full colours from premultiplied ones; ``weight`` says how well each is known."""
    known = color / weight.clamp_min(1e-6)
    if max(weight.shape[-2:]) == 1 or bool((weight > 0).all()):
        return known
    smaller = _pull_push(_halve(color), _halve(weight).clamp_max(1))
    larger = F.interpolate(smaller, weight.shape[-2:], mode="bilinear", align_corners=False)
    return torch.lerp(larger, known, (weight > 0).float())


def _halve(x: Tensor) -> Tensor:
    return F.avg_pool2d(x, 2, ceil_mode=True, count_include_pad=False)
