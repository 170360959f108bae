"""Label pictures: which regions of a content and of its styles belong together, each in one flat colour.

Colours name the regions: what is green in the content's label picture takes the style of what is green in the
style's. Greys that count 0, 1, 2 are as good. Where colours mix along an edge, as soft brushes and JPEG do,
a pixel goes to the region that is nearest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from ..color import Floats
from ..errors import PictureError
from .image import MAX_PIXELS, load_image

Codes = NDArray[np.uint32]
"""(H, W), red, green and blue of a pixel in one number."""
Number = TypeVar("Number", bound=np.generic)
SHARE = 1e-3
"""Part of a picture that a colour must cover to be a region."""
MOST = 64
"""Regions that a label picture may have."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A label picture: its path, its colours, and height and width of the picture that it is for."""

    path: str
    codes: Codes
    size: tuple[int, int]


def read_labels(
    path: str | PathLike[str], size: tuple[int, int], *, max_pixels: int = MAX_PIXELS
) -> Labelled:
    """Return a label picture in flat colours.

    Args:
        path: The file.
        size: Height and width of the picture that it is for, as that is used; proportions must agree.
        max_pixels: Larger files are refused.

    Raises:
        PictureError: if it cannot be read, has another shape, or is not painted in flat colours.
    """
    rgb = load_image(path, space="srgb", max_pixels=max_pixels).rgb[0]
    height, width = rgb.shape[1:]
    if abs(height * size[1] - width * size[0]) > max(height, width, *size):  # one pixel is rounding
        raise PictureError(
            f"the label picture {path} has {width} x {height} pixels and its picture the shape of "
            f"{size[1]} x {size[0]}: paint it over the whole picture, in the picture's size"
        )
    red, green, blue = np.rint(rgb * 255).astype(np.uint32)
    return Labelled(str(path), _flat(red << 16 | green << 8 | blue, path), size)


def number_labels(content: Labelled, styles: Sequence[Labelled]) -> tuple[Floats, list[Floats]]:
    """Return the numbers of the regions of content and styles, (1, 1, H, W) float32 of their sizes.

    Raises:
        PictureError: if the content has a colour that no style has.
    """
    colours = np.unique(content.codes)
    known = np.unique(np.concatenate([style.codes.ravel() for style in styles]))
    if lacking := [_name(code) for code in colours if code not in known]:
        raise PictureError(
            f"{content.path} has regions that no style has: {', '.join(lacking)}; "
            f"the styles' label pictures have {', '.join(_name(code) for code in known)}: "
            "use the same colours in both"
        )
    every = np.union1d(colours, known)
    return _numbers(content, every), [_numbers(style, every) for style in styles]


def _flat(codes: Codes, path: str | PathLike[str]) -> Codes:
    """Return the colours with rare ones replaced by the nearest frequent one, near in place."""
    colours, place, counts = np.unique(codes, return_inverse=True, return_counts=True)
    frequent = counts >= max(1, SHARE * codes.size)
    kept = frequent[place].reshape(codes.shape)
    if frequent.sum() > MOST or kept.mean() < 0.5:
        raise PictureError(
            f"{path} is no label picture: it has {len(colours)} colours; paint each region in one "
            f"flat colour, at most {MOST} of them, and save it as PNG"
        )
    if kept.all():
        return codes
    closest = distance_transform_edt(~kept, return_distances=False, return_indices=True)
    rows, columns = np.asarray(closest)
    return codes[rows, columns]


def _numbers(labelled: Labelled, colours: Codes) -> Floats:
    codes = nearest(labelled.codes, labelled.size)
    return np.searchsorted(colours, codes).astype(np.float32)[None, None]


def nearest(plane: NDArray[Number], size: tuple[int, int]) -> NDArray[Number]:
    """Return a plane (h, w) at another size, (height, width): of each pixel the one that it lies in."""
    rows, columns = (
        ((np.arange(n) + 0.5) * have / n).astype(int)
        for n, have in zip(size, plane.shape, strict=True)
    )
    return plane[rows[:, None], columns]


def _name(code: int) -> str:
    return f"#{int(code):06x}"
