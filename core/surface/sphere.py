"""360 degree pictures: equirectangular panoramas, stylized on a canvas without a seam and without poles.

Such a picture is twice as wide as high; its rows are latitudes, its columns longitudes. Stylized flat, it has
a seam at the back, where its left edge meets its right, and strokes that shrink and swirl toward the poles.
"""

from dataclasses import dataclass
from math import ceil, floor, pi
from typing import ClassVar

import torch
from torch import Tensor

from ..errors import PictureError
from ..tiling import Box, Windows
from .globe import MARGIN, Globe, globe
from .sample import gather, sample

TAPS = 32
"""Columns of a panorama that are averaged into one pixel of the canvas, at most."""
SLIGHT = 0.1
"""Columns by which a pixel may be wider than one before any are averaged."""


@dataclass(frozen=True, slots=True)
class Equirect:
    """A panorama of ``size``: height, and twice as much width."""

    whole: ClassVar[bool] = False
    size: tuple[int, int]

    def look(self, x: Windows, directions: Tensor, *, nearest: bool = False) -> Tensor:
        """Return what a panorama (B, C, H, W) shows in directions (h, w, 3), h and w at least 2.

        Toward the poles, a pixel spans many columns; they are averaged.
        """
        height, width = self.size
        east, down, ahead = directions.unbind(-1)
        flat = torch.sqrt(east * east + ahead * ahead)
        rows = (torch.atan2(down, flat) / pi + 0.5) * height - 0.5
        columns = (torch.atan2(east, ahead) / pi + 1) / 2 * width - 0.5
        middle = columns[columns.shape[0] // 2, columns.shape[1] // 2]
        columns = middle + (columns - middle + width / 2) % width - width / 2
        span = (self._span(directions, flat) - 1).clamp(0, TAPS)
        count = 1 if nearest else ceil(float(span.max()) - SLIGHT) + 1
        return self._mean(x, rows, columns, span, count, nearest=nearest)

    def directions(self, box: Box) -> Tensor:
        """Return what the pixels of a window look at, (h, w, 3) float64."""
        height, width = self.size
        rows = torch.arange(box.top, box.bottom, dtype=torch.float64) + 0.5
        columns = torch.arange(box.left, box.right, dtype=torch.float64) + 0.5
        latitude, longitude = ((rows / height - 0.5) * pi)[:, None], columns / width * 2 * pi - pi
        east, ahead = (latitude.cos() * f(longitude) for f in (torch.sin, torch.cos))
        return torch.stack([east, latitude.sin().expand_as(east), ahead], -1)

    def solid_angles(self, box: Box) -> Tensor:
        """Return how much of the sphere a window's pixels show, (h, w), relative to one at the horizon."""
        rows = torch.arange(box.top, box.bottom, dtype=torch.float64) + 0.5
        share = (rows / self.size[0] * pi).sin().float()
        return share[:, None].expand(-1, box.width)

    def _span(self, directions: Tensor, flat: Tensor) -> Tensor:
        """Return how many columns lie between neighbouring directions."""
        east, _, ahead = directions.unbind(-1)
        steps = [
            (ahead * de - east * da) / (flat * flat).clamp_min(1e-12)
            for de, _, da in (v.unbind(-1) for v in torch.gradient(directions, dim=(0, 1)))
        ]
        return torch.hypot(*steps) * (self.size[1] / (2 * pi))

    def _mean(
        self, x: Windows, rows: Tensor, columns: Tensor, span: Tensor, count: int, *, nearest: bool
    ) -> Tensor:
        """Return the mean over ``count`` places of each row, spread over ``span`` columns."""
        reach = float(span.max()) / 2
        top, bottom = floor(float(rows.min())) - 2, ceil(float(rows.max())) + 3
        left, right = (
            floor(float(columns.min()) - reach) - 2,
            ceil(float(columns.max()) + reach) + 3,
        )
        part = self._region(x, top, bottom, left, right)
        total = part.new_zeros(*part.shape[:2], *rows.shape)
        for k in range(count):
            offset = span * ((k + 0.5) / count - 0.5)
            total += sample(part, rows - top, columns + offset - left, nearest=nearest)
        return total if count == 1 else total / count

    def _region(self, x: Windows, top: int, bottom: int, left: int, right: int) -> Tensor:
        """Return rows and columns of a panorama, which goes on around and over the poles."""
        height, width = self.size
        columns = torch.arange(left, right) % width
        rows = torch.arange(top, bottom)
        parts = [
            gather(x, index, (columns + turn) % width)
            for index, turn in (
                ((-1 - rows[rows < 0]).clamp_max(height - 1), width // 2),
                (rows[(rows >= 0) & (rows < height)], 0),
                ((2 * height - 1 - rows[rows >= height]).clamp_min(0), width // 2),
            )
            if len(index)
        ]
        return torch.cat(parts, -2)


def is_panorama(size: tuple[int, int]) -> bool:
    """Return whether a picture of ``size`` (height, width) can show all directions: it is 2 : 1."""
    return size[1] == 2 * size[0]


def sphere(size: tuple[int, int], margin: int = MARGIN) -> Globe:
    """Return the surface of a panorama of ``size``: height and width.

    At the horizon, a pixel of the canvas spans the same angle as one of the panorama.

    Raises:
        PictureError: if it is not twice as wide as high.
    """
    if not is_panorama(size):
        height, width = size
        raise PictureError(
            f"a 360 degree picture is twice as wide as high, and this one has {width} x {height} pixels: "
            f"crop or scale it to {2 * height} x {height}, or choose another surface"
        )
    return globe(Equirect(size), size[1], margin)


def view(x: Tensor, longitude: float, latitude: float, field: float, side: int) -> Tensor:
    """Return a square view into a panorama (B, C, H, W), as a camera sees it: (B, C, side, side).

    Args:
        x: The panorama.
        longitude: Degrees to the right of its middle.
        latitude: Degrees upward.
        field: Angle of view, degrees.
        side: Pixels a side.
    """
    turn, tilt, half = (
        torch.tensor(v * pi / 180).double() for v in (longitude, latitude, field / 2)
    )
    middles = ((torch.arange(side, dtype=torch.float64) + 0.5) / side * 2 - 1) * half.tan()
    right, down = middles[None].expand(side, -1), middles[:, None].expand(-1, side)
    ahead = tilt.cos() + down * tilt.sin()
    directions = [
        turn.cos() * right + turn.sin() * ahead,
        tilt.cos() * down - tilt.sin(),
        turn.cos() * ahead - turn.sin() * right,
    ]
    picture = Equirect((x.shape[-2], x.shape[-1]))
    return picture.look(x, torch.stack(directions, -1))
