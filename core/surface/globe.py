"""Pictures of all directions, laid out so that strokes have one size and shape everywhere.

Around the horizon, up to 36.87 degrees, a Mercator projection in three parts; above and below two
stereographic ones. Both keep angles, so nothing is sheared, and where they meet both show the sphere at
1.25 times the scale of their middles: nowhere is a pixel's angle less than 0.8 of the largest. (The faces
of a cube shear what they show by up to 30 degrees, and strokes that cross their edges have a kink.) Each
part goes on for a margin over its edge, so that what lies there is seen; near an edge the pictures of both
sides are blended.

Directions are vectors with x to the right, y down and z to the front.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, log, pi
from typing import ClassVar, Protocol

import torch
from torch import Tensor

from ..imaging.lazy import Lazy
from ..tiling import Box, Windows
from .contract import TensorPixels
from .sample import assemble, mirror, overlap, sample_part

GRID = 16
"""Parts lie on a pooling grid of this many pixels, so that what two parts share is stylized alike."""
MARGIN = 48
"""Pixels by which a part extends over its edges."""
BLOCK = 128
"""Side, in pixels, of blocks that are read at once, so that each needs a small part of the picture."""
HIGH = log(2)
"""Where Mercator's projection of radius 1 ends: at a latitude whose sine is 0.6."""


class Picture(Protocol):
    """How a picture shows all directions."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        ...

    def look(self, x: Windows, directions: Tensor, *, nearest: bool) -> Tensor:
        """Return what a picture (B, C, H, W) shows in directions (h, w, 3): (B, C, h, w)."""
        ...

    def directions(self, box: Box) -> Tensor:
        """Return what the pixels of a window look at, (h, w, 3) float64; zeros: nothing."""
        ...

    def solid_angles(self, box: Box) -> Tensor:
        """Return how much of the sphere the pixels of a window show, (h, w), relative to each other."""
        ...


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the canvas: its place, its projection, and its share of the directions."""

    box: Box
    radius: float
    """Pixels that a radian takes in the middle."""
    blend: float
    """Pixels on either side of an edge in which both parts count."""

    def _plane(self, box: Box) -> tuple[Tensor, Tensor]:
        """Return x (1, w) and y (h, 1) of a window's pixels from the part's middle, in radians."""
        x = torch.arange(box.left, box.right, dtype=torch.float64) + 0.5 - self.box.width / 2
        y = torch.arange(box.top, box.bottom, dtype=torch.float64) + 0.5 - self.box.height / 2
        return x[None] / self.radius, y[:, None] / self.radius

    def _pixels(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows and columns of places on the plane."""
        rows = y * self.radius + self.box.height / 2 - 0.5
        return rows, x * self.radius + self.box.width / 2 - 0.5

    def _ramp(self, inward: Tensor) -> Tensor:
        """Return 0 to 1 over the edge, for distances from it in radians; smooth."""
        t = (inward * (self.radius / (2 * self.blend)) + 0.5).clamp(0, 1)
        return t * t * (3 - 2 * t)

    def _horizon(self, directions: Tensor) -> Tensor:
        """Return how much unit directions (..., 3) belong to the parts around the horizon."""
        return self._ramp(HIGH - torch.atanh(directions[..., 1]).abs())


@dataclass(frozen=True, slots=True)
class Band(Part):
    """A third of the surroundings of the horizon, in Mercator's projection."""

    turn: float
    """Longitude of its middle, radians."""
    ends: tuple[float, float]
    """How far from its middle its neighbours begin, to the left and to the right."""

    def directions(self, box: Box) -> Tensor:
        """Return the directions (h, w, 3) of a window of the part."""
        x, y = self._plane(box)
        east, ahead = (f(x + self.turn) / torch.cosh(y) for f in (torch.sin, torch.cos))
        return torch.stack([east, torch.tanh(y).expand_as(east), ahead], -1)

    def places(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows and columns that show unit directions (N, 3)."""
        return self._pixels(self._away(directions), torch.atanh(directions[..., 1]))

    def share(self, directions: Tensor) -> Tensor:
        """Return how much the part counts in unit directions (..., 3): all parts together 1."""
        away = self._away(directions)
        inside = self._ramp(away - self.ends[0]) * self._ramp(self.ends[1] - away)
        return self._horizon(directions) * inside

    def area(self, directions: Tensor) -> Tensor:
        """Return the solid angles of pixels in unit directions (..., 3), of those in the middle."""
        return 1 - directions[..., 1].square()

    def _away(self, directions: Tensor) -> Tensor:
        longitude = torch.atan2(directions[..., 0], directions[..., 2])
        return (longitude - self.turn + pi) % (2 * pi) - pi


@dataclass(frozen=True, slots=True)
class Cap(Part):
    """What lies around the zenith (``up`` is 1) or the nadir (-1), in stereographic projection."""

    up: int

    def directions(self, box: Box) -> Tensor:
        """Return the directions (h, w, 3) of a window of the part; below the zenith is the front."""
        x, y = self._plane(box)
        square = x * x + y * y
        flat = 4 / (4 + square)
        down = self.up * (1 - 2 * flat)
        return torch.stack([x * flat, down, self.up * y * flat], -1)

    def places(self, directions: Tensor) -> tuple[Tensor, Tensor]:
        """Return rows and columns that show unit directions (N, 3)."""
        east, down, ahead = directions.unbind(-1)
        scale = 2 / (1 - self.up * down)
        return self._pixels(east * scale, self.up * ahead * scale)

    def share(self, directions: Tensor) -> Tensor:
        """Return how much the part counts in unit directions (..., 3): all parts together 1."""
        return (1 - self._horizon(directions)) * (directions[..., 1] * self.up < 0)

    def area(self, directions: Tensor) -> Tensor:
        """Return the solid angles of pixels in unit directions (..., 3), of those in the middle."""
        return ((1 - self.up * directions[..., 1]) / 2).square()


@dataclass(frozen=True, slots=True)
class Globe:
    """A picture of all directions, stylized in parts that keep angles."""

    whole: ClassVar[bool] = False
    picture: Picture
    around: int
    """Pixels along the horizon."""
    margin: int

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        last = self.parts()[-1].box
        return last.bottom, last.right

    def parts(self) -> tuple[Band | Cap, ...]:
        """Return the three parts of the horizon, below each other, and beside them the two caps."""
        radius, blend = self.around / (2 * pi), max(1.0, self.margin / 4)
        third = _up(self.around / 3, GRID)
        high = _up(2 * (HIGH * radius + self.margin), GRID)
        wide, cap = third + 2 * self.margin, _up(2 * (radius + self.margin), GRID)
        bands = [
            self._band(Box(k * high, 0, (k + 1) * high, wide), k * third, radius, blend)
            for k in range(3)
        ]
        half, whole = _up(3 * high / 2, GRID), 3 * high
        upper, lower = Box(0, wide, half, wide + cap), Box(half, wide, whole, wide + cap)
        return *bands, Cap(upper, radius, blend, 1), Cap(lower, radius, blend, -1)

    def _band(self, box: Box, start: int, radius: float, blend: float) -> Band:
        """Return the part of the horizon that starts at a pixel of it; pixels of neighbours coincide."""
        own = min(box.width - 2 * self.margin, self.around - start)
        left = self.margin - box.width / 2
        turn = (start - left) / radius - pi
        return Band(box, radius, blend, turn, (left / radius, (left + own) / radius))

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:
        """Return a window of the canvas; pictures have values in [0, 1]."""
        return mirror(lambda inside: self._read(x, inside, nearest=nearest), box, self.shape)

    def _read(self, x: Windows, box: Box, *, nearest: bool) -> Tensor:
        """Return a window that lies on the canvas, in blocks that are the same whatever the window."""
        out: Tensor | None = None
        for part, block in self._blocks(box):
            pixels = self.picture.look(x, part.directions(block), nearest=nearest)
            pixels = pixels if nearest else pixels.clamp_(0, 1)
            if out is None:
                out = pixels.new_empty(*pixels.shape[:2], box.height, box.width)
            placed = _move(block, part.box.top, part.box.left)
            shared = overlap(placed, box)
            rows, columns = shared.within(placed)
            out[(..., *shared.within(box))] = pixels[..., rows, columns]
        assert out is not None  # noqa: S101  # a window has pixels
        return out

    def _blocks(self, box: Box) -> Iterator[tuple[Band | Cap, Box]]:
        """Yield the parts that a window touches and, in their own pixels, the blocks of them."""
        for part in self.parts():
            whole = Box(0, 0, part.box.height, part.box.width)
            near = overlap(_move(box, -part.box.top, -part.box.left), whole)
            for top in range(near.top // BLOCK * BLOCK, near.bottom, BLOCK):
                for left in range(near.left // BLOCK * BLOCK, near.right, BLOCK):
                    yield part, overlap(Box(top, left, top + BLOCK, left + BLOCK), whole)

    def unwrap(self, x: Windows, *, nearest: bool = False) -> Tensor:
        """Return the whole canvas."""
        return self.read(x, Box(0, 0, *self.shape), nearest=nearest)

    def coverage(self, given: TensorPixels | None) -> TensorPixels:
        """Return the weights of the canvas: solid angles, 1 in the middle; each direction counts once."""

        def window(box: Box) -> Tensor:
            weights = torch.empty(1, 1, box.height, box.width)
            for part in self.parts():
                shared = overlap(part.box, box)
                if shared.height > 0 and shared.width > 0:
                    directions = part.directions(_move(shared, -part.box.top, -part.box.left))
                    own = part.share(directions) * part.area(directions)
                    weights[(..., *shared.within(box))] = own.float()
            return weights if given is None else weights * self.read(given, box)

        return Lazy((1, 1, *self.shape), lambda box: mirror(window, box, self.shape))

    def wrap(self, canvas: Windows) -> Tensor:
        """Return the picture of a stylized canvas; what shows no direction is black."""
        return self.restore(canvas, Box(0, 0, *self.picture.size))

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the picture of a stylized canvas."""
        return assemble(self._restore, canvas, box)

    def _restore(self, canvas: Windows, box: Box) -> Tensor:
        flat = self.picture.directions(box).flatten(0, 1)
        length = flat.norm(dim=1, keepdim=True)
        flat = flat / length.clamp_min(1e-12)
        seen = torch.zeros(*canvas.shape[:2], len(flat))
        for part in self.parts():
            share = part.share(flat) * (length[:, 0] > 0)
            which = share.nonzero()[:, 0]
            if len(which):
                pixels = sample_part(canvas, part.box, *part.places(flat[which]))
                seen[..., which] += pixels * share[which].float()
        return seen.clamp_(0, 1).unflatten(-1, (box.height, box.width))


def globe(picture: Picture, around: float, margin: int = MARGIN) -> Globe:
    """Return the surface of a picture of all directions, with about ``around`` pixels along the horizon.

    Small canvases have narrower margins, a quarter of a part's width at most.
    """
    pixels = max(6 * GRID, _up(around, GRID))
    return Globe(picture, pixels, min(margin, pixels // 12))


def _up(value: float, multiple: int) -> int:
    return ceil(round(value / multiple, 9)) * multiple


def _move(box: Box, down: int, right: int) -> Box:
    return Box(box.top + down, box.left + right, box.bottom + down, box.right + right)
