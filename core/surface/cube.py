"""Cube maps: six square pictures of 90 degrees in one, stylized as one surface without edges.

The usual layouts, told by their proportions; faces are seen from inside, upright:

    cross 4 : 3             cross 3 : 4          3 : 2, and in one row or column
         up                      up              right  left   up
    left front right back   left front right     down   front  back
         down                    down
                                 back, upside down
"""

from dataclasses import dataclass
from math import pi
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import PictureError
from ..tiling import Box, Windows
from .globe import MARGIN, Globe, globe
from .sample import overlap, sample_part

AXES = (
    ((0, 0, -1), (0, 1, 0), (1, 0, 0)),
    ((0, 0, 1), (0, 1, 0), (-1, 0, 0)),
    ((1, 0, 0), (0, 0, 1), (0, -1, 0)),
    ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
    ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, -1)),
)
"""For the right, left, upper, lower, front and back face: directions of its columns, rows and normal."""
Place = tuple[int, int]
"""Row and column of a face in a layout."""
CROSS = ((1, 2), (1, 0), (0, 1), (2, 1), (1, 1))
LAYOUTS: dict[Place, tuple[Place, ...]] = {
    (3, 4): (*CROSS, (1, 3)),
    (4, 3): (*CROSS, (3, 1)),
    (2, 3): tuple((face // 3, face % 3) for face in range(6)),
    (1, 6): tuple((0, face) for face in range(6)),
    (6, 1): tuple((face, 0) for face in range(6)),
}
"""Rows and columns of a layout: where the right, left, upper, lower, front and back face are."""
TURNED = (3, 1)
"""Place of a face that is upside down: the back of an upright cross."""


@dataclass(frozen=True, slots=True)
class CubeMap:
    """A cube map in one of the layouts."""

    whole: ClassVar[bool] = False
    size: tuple[int, int]
    """Height and width in pixels."""
    places: tuple[Place, ...]
    side: int
    """Pixels a side of a face."""

    def look(self, x: Windows, directions: Tensor, *, nearest: bool = False) -> Tensor:
        """Return what a cube map (B, C, H, W) shows in directions (h, w, 3): (B, C, h, w)."""
        ahead = torch.stack([directions @ _axes(face)[2] for face in range(len(AXES))])
        nearest_face = ahead.argmax(0)
        out: Tensor | None = None
        for face in nearest_face.unique().tolist():
            which = nearest_face == face
            across, down, depth = (directions[which] @ _axes(face).T).unbind(-1)
            rows, columns = (((v / depth + 1) * self.side - 1) / 2 for v in (down, across))
            pixels = self._face(x, face, rows, columns, nearest=nearest)
            if out is None:
                out = pixels.new_empty(*pixels.shape[:2], *which.shape)
            out[..., which] = pixels
        assert out is not None  # noqa: S101  # there are directions
        return out

    def directions(self, box: Box) -> Tensor:
        """Return what the pixels of a window look at, (h, w, 3) float64; zeros beside a cross."""
        out = torch.zeros(box.height, box.width, 3, dtype=torch.float64)
        middles = (torch.arange(self.side, dtype=torch.float64) * 2 + 1) / self.side - 1
        for face, place in enumerate(self.places):
            own = self._box(face)
            shared = overlap(own, box)
            if shared.height > 0 and shared.width > 0:
                across, down, ahead = _axes(face)
                turn = -1 if place == TURNED else 1
                rows, columns = (turn * middles[part] for part in shared.within(own))
                plane = columns[None, :, None] * across + rows[:, None, None] * down
                out[shared.within(box)] = ahead + plane
        return out

    def solid_angles(self, box: Box) -> Tensor:
        """Return how much of the sphere each pixel of a window shows, (h, w), relative to a face's middle."""
        away = self.directions(box).norm(dim=-1).float()
        return torch.where(away > 0, away.clamp_min(1) ** -3, away)

    def _face(
        self, x: Windows, face: int, rows: Tensor, columns: Tensor, *, nearest: bool
    ) -> Tensor:
        """Return a face at places in its pixels, (B, C, N)."""
        if self.places[face] == TURNED:
            rows, columns = self.side - 1 - rows, self.side - 1 - columns
        return sample_part(x, self._box(face), rows, columns, nearest=nearest)

    def _box(self, face: int) -> Box:
        top, left = (v * self.side for v in self.places[face])
        return Box(top, left, top + self.side, left + self.side)


def cube(size: tuple[int, int], margin: int = MARGIN) -> Globe:
    """Return the surface of a cube map of ``size``: height and width.

    At the horizon, a pixel of the canvas spans the same angle as one in the middle of a face.

    Raises:
        PictureError: if it does not have a cube map's proportions.
    """
    for (rows, columns), places in LAYOUTS.items():
        side = size[0] // rows
        if side > 0 and size == (rows * side, columns * side):
            return globe(CubeMap(size, places, side), side * pi, margin)
    raise PictureError(
        "a cube map is 4 : 3 or 3 : 4 (crosses), 3 : 2, 6 : 1 or 1 : 6, of six equal squares, and this "
        f"picture has {size[1]} x {size[0]} pixels: save it in one of these layouts, or use another surface"
    )


def _axes(face: int) -> Tensor:
    return torch.tensor(AXES[face], dtype=torch.float64)
