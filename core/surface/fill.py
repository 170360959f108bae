"""Filling of texels that no mesh shows from the shown ones around them."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Plane = NDArray[np.float32]
"""(H, W): one channel, or a weight."""


def fill_outward(rgb: Tensor, coverage: Tensor) -> Tensor:
    """Return the picture (B, C, H, W) with uncovered texels filled smoothly from covered ones around them.

    Args:
        rgb: The picture.
        coverage: (1, 1, H, W), above 0 where it is known, and how well.
    """
    out = np.array(rgb.cpu().numpy(), order="C")
    fill_in_place(out, coverage[0, 0].clamp(0, 1).cpu().numpy())
    return torch.from_numpy(out).to(rgb.device)


def fill_in_place(picture: NDArray[np.float32], weight: Plane) -> None:
    """Fill a picture (..., H, W) where ``weight`` (H, W), from 0 to 1, is 0.

    Pull-push over a pyramid (Gortler et al., "The Lumigraph", 1996, section 3.4): colours are averaged
    downward where they are known and pushed back up where they are not.
    """
    weights = [weight]
    while weights[-1].size > 1 and not weights[-1].all():
        weights.append(_halve(weights[-1]))
    unknown = [level <= 0 for level in weights]
    if len(weights) > 1:
        for plane in picture.reshape(-1, *weight.shape):
            _fill(plane, weights, unknown)


def _fill(plane: Plane, weights: list[Plane], unknown: list[NDArray[np.bool_]]) -> None:
    levels = [plane * weights[0]]
    for _ in weights[1:]:
        levels.append(_halve(levels[-1]))
    for level, weight in zip(levels[1:], weights[1:], strict=True):
        level /= np.maximum(weight, np.float32(1e-6))  # noqa: PLW2901  # in place
    levels[0] = plane
    for k in reversed(range(len(levels) - 1)):
        larger = _resize(levels[k + 1], levels[k].shape, cv2.INTER_LINEAR)
        np.copyto(levels[k], larger, where=unknown[k])


def _halve(plane: Plane) -> Plane:
    """Return the means of two by two texels; an odd row or column counts twice."""
    height, width = plane.shape
    if height % 2 or width % 2:
        plane = np.pad(plane, ((0, height % 2), (0, width % 2)), mode="edge")
    return _resize(plane, ((height + 1) // 2, (width + 1) // 2), cv2.INTER_AREA)


def _resize(plane: Plane, shape: tuple[int, ...], how: int) -> Plane:
    return np.asarray(cv2.resize(plane, shape[::-1], interpolation=how), np.float32)
