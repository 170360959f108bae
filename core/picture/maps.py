"""Maps of a painting's relief: height, normals, roughness and cover, written beside the picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import Floats
from ..formats.kinds import Facts
from ..formats.write import write
from ..imaging.display import stripes
from ..imaging.lazy import Lazy, Pixels
from ..surface.atlas import Atlas
from ..surface.contract import Surface
from ..tiling import Windows
from .compose import StyleSpec
from .surfaces import find_rings
from .tensors import to_array

INTEGERS = 65535
SMALL = 1 << 24
"""Pixels up to which all of a relief is held; of a larger one windows are made when they are read."""


def find_relief(
    kept: Sequence[tuple[Windows, float]],
    spec: StyleSpec,
    surface: Surface,
    size: tuple[int, int],
) -> "Relief":
    """Return the relief of a picture that was painted on a surface.

    Args:
        kept: What its painter gave: of the canvas, the last one counts.
        spec: Strength and mask.
        surface: What it is wrapped on.
        size: Height and width of the picture.
    """
    canvas, depth = kept[-1]
    planes: Pixels = Lazy((1, 3, *size), lambda box: to_array(surface.restore(canvas, box)))
    if isinstance(surface, Atlas) or size[0] * size[1] <= SMALL:
        planes = planes.whole()
    share = np.broadcast_to(np.float32(spec.strength), (1, 1, *size))
    share = share if spec.mask is None else share * to_array(spec.mask)
    rows, columns = find_rings(surface)
    return Relief(planes, depth, share, (rows is not None, columns is not None))


@dataclass(frozen=True, slots=True)
class Relief:
    """The relief of a painted picture."""

    planes: Pixels
    """(1, 3, H, W): height, roughness, cover, in [0, 1]."""
    depth: float
    """Pixels by which a height of 1 stands above 0."""
    share: Pixels
    """(1, 1, H, W): how much of the paint there is, by strength and mask."""
    wraps: tuple[bool, bool]
    """Whether the lower border meets the upper one, and the right one the left."""

    def write(self, paths: Mapping[str, Path]) -> None:
        """Write the maps that have a path, in 16 bits; in floats if it is an EXR.

        Raises:
            PictureError: if one cannot be written.
        """
        height, width = self.planes.shape[-2:]
        for name, path in paths.items():
            count = 3 if name == "normal" else 1
            exact = path.suffix.lower() == ".exr"
            parts = (_store(self._read(name, rows), exact) for rows in stripes(height, width))
            write(path, (height, width, count), Facts(), parts)

    def _read(self, name: str, rows: slice) -> Floats:
        """Return rows of a map, (h, W, C) in [0, 1]."""
        if name == "normal":
            return self._normals(rows)
        index = {"height": 0, "roughness": 1, "coverage": 2}[name]
        plane = np.asarray(self.planes[..., rows, :])[0, index]
        return (plane if name == "roughness" else plane * self._part(rows))[..., None]

    def _part(self, rows: slice) -> Floats:
        return np.asarray(self.share[..., rows, :])[0, 0]

    def _normals(self, rows: slice) -> Floats:
        """Return rows of normals, (h, W, 3): x to the right, y up, z to the viewer, halved and lifted."""
        height = self.planes.shape[-2]
        around = np.arange(rows.start - 1, rows.stop + 1)
        around = around % height if self.wraps[0] else np.clip(around, 0, height - 1)
        low = np.concatenate([self._height(slice(int(k), int(k) + 1)) for k in around[[0, -1]]])
        plane = np.concatenate([low[:1], self._height(rows), low[1:]])
        plane = np.pad(plane, ((0, 0), (1, 1)), "wrap" if self.wraps[1] else "edge") * self.depth
        slope = [cv2.Sobel(plane, cv2.CV_32F, i, 1 - i, scale=0.125)[1:-1, 1:-1] for i in (1, 0)]
        normal = np.dstack([-slope[0], slope[1], np.ones_like(slope[0])])
        return 0.5 + 0.5 * normal / np.linalg.norm(normal, axis=-1, keepdims=True)

    def _height(self, rows: slice) -> Floats:
        return np.asarray(self.planes[..., rows, :], np.float32)[0, 0] * self._part(rows)


def _store(part: Floats, exact: bool) -> NDArray[Any]:
    if exact:
        return np.ascontiguousarray(part, np.float32)
    return np.rint(np.clip(part, 0, 1) * INTEGERS).astype(np.uint16)
