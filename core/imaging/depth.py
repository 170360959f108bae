"""Depth layers: different depths get different styles, blended softly into each other.

The first layer is the focus plane, the last the depth farthest from it: a depth of field by style.
"""

from os import PathLike
from pathlib import Path

import cv2
import numpy as np

from ..color import Floats
from ..errors import PictureError
from ..formats.exr import read_distance
from .image import MAX_PIXELS
from .labels import nearest

FARTHEST = 1e9
"""Distance from which on a pixel shows nothing: renderers write this much, or infinity."""
EDGE = 0.8
"""Standard deviation, in pixels, that softens the steps of a depth pass, which has no antialiasing."""


def load_depth(
    path: str | PathLike[str],
    size: tuple[int, int],
    *,
    near_is_white: bool = False,
    max_pixels: int = MAX_PIXELS,
) -> Floats:
    """Return how far away each pixel is: (1, 1, H, W), 0 at the nearest, 1 at the farthest.

    Distances (an EXR with a depth channel, or numbers beyond 1) count by their reciprocals, as the eye
    takes them; nothing at all is farthest. Pictures of depth are taken as they are.

    Args:
        path: A grey picture, or an EXR with a depth channel (``Depth.Z``, ``Depth.V``, ``Z``).
        size: Height and width of the content.
        near_is_white: Whether a picture of depth is white at the nearest instead of the farthest.
        max_pixels: Larger files are refused.

    Raises:
        PictureError: if it cannot be read, has other proportions, or one depth only.
    """
    pixels = read_distance(Path(path), max_pixels)
    height, width = pixels.shape
    if abs(height * size[1] - width * size[0]) > max(height, width, *size):  # one pixel is rounding
        raise PictureError(
            f"the depth picture {path} has {width} x {height} pixels and the content the shape of "
            f"{size[1]} x {size[0]}: render it with the same camera, in the same shape"
        )
    far = _remoteness(pixels, near_is_white=near_is_white)
    if not far.max() > far.min():
        raise PictureError(f"{path} shows the same depth everywhere; it must tell near from far")
    return nearest(far, size)[None, None]


def _remoteness(pixels: Floats, *, near_is_white: bool) -> Floats:
    nothing = ~(pixels < FARTHEST)  # not a number is nothing, too
    known = pixels[~nothing]
    if known.size == 0 or known.min() == known.max():
        return nothing.astype(np.float32)
    if known.max() <= 1 and known.min() >= 0 and not nothing.any():
        return 1 - pixels if near_is_white else pixels
    near, far = np.quantile(known, (0.01, 0.99))
    near, far = max(near, 1e-6 * known.max()), max(far, 2e-6 * known.max())
    distance = np.where(nothing, far, np.clip(pixels, near, far))
    away = (1 / near - 1 / distance) / max(1 / near - 1 / far, 1e-12)
    return np.where(nothing, 1, away).astype(np.float32)


def layer_weights(depth: Floats, count: int, focus: float = 0.0, softness: float = 0.5) -> Floats:
    """Return the weights of ``count`` layers: (count, 1, H, W), which add up to 1.

    Args:
        depth: (1, 1, H, W), 0 at the nearest, 1 at the farthest.
        count: How many layers there are, from the focus plane outward.
        focus: The depth that is in focus.
        softness: 0 is a hard edge between two layers, 1 blends over their whole depth.
    """
    away = np.abs(depth - focus) / max(focus, 1 - focus)
    passed = [np.ones_like(depth)]
    for border in range(1, count):
        x = (away * count - border) / max(softness, 1e-3) + 0.5
        passed.append(x.clip(0, 1) ** 2 * (3 - 2 * x.clip(0, 1)))
    steps = np.concatenate([*passed, np.zeros_like(depth)])
    soft = [
        cv2.GaussianBlur(plane[0], (7, 7), EDGE, borderType=cv2.BORDER_REPLICATE)
        for plane in steps[:-1] - steps[1:]
    ]
    return np.asarray(soft, np.float32)[:, None]
