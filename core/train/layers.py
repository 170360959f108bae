"""Pairs of frames with exact motion, composed of photographs: layers that move, turn, grow and bend.

Like FlyingChairs (Dosovitskiy et al., "FlowNet", ICCV 2015, section 4), but without chairs: shapes are cut
out of one picture and laid over another. The motion is exact by construction: each layer is drawn once on
the earlier frame, and once on the later one at ``pixel + flow``; pixels under another layer are hidden.
"""

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.warp import inside, places
from .data import draw_crops

STILL = 0.15
"""Share of grounds that do not move at all, as where the camera stands still."""
REACH = (0.2, 20.0)
"""Least and largest shift of a layer, pixels; drawn evenly on a logarithmic scale."""
TURN, GROWTH, BEND = 0.07, 0.05, 3.0
"""Deviations: of turns in radians, of growth, and of the bending in pixels."""
CELLS = 5
"""Bends and outlines are smooth fields of so many cells along a side."""
SHAPE = 160
"""Side, in pixels, of what a shape is cut out of."""
COARSE = 8
"""Pixels a cell of the grid on which flows are drawn; between its points they are straight."""


class Pair(NamedTuple):
    """Two frames, and the flow from the first to the second."""

    first: Tensor
    """(B, 3, H, W) in [0, 1]: the later frame; the flow goes back in time."""
    second: Tensor
    """(B, 3, H, W): the earlier frame."""
    flow: Tensor
    """(B, 2, H, W) for the pixels of the first frame, in pixels."""
    hidden: Tensor
    """(B, 1, H, W), 1 where the first frame's content is not visible in the second."""


class _Layer(NamedTuple):
    """A textured shape with its position and motion."""

    texture: Tensor
    """(B, 4, S, S): a picture and its opacity."""
    place: Tensor
    """(B, 2, 3), from the earlier frame's pixels to the texture in [-1, 1]."""
    flow: Tensor
    """(B, 2, H, W) for the pixels of the later frame."""

    padding: Literal["reflection", "zeros"]
    """Padding beyond the texture: a ground continues, a shape ends."""

    def at(self, points: Tensor) -> Tensor:
        """Return the layer (B, 4, H, W) at points (B, 2, H, W) of the earlier frame."""
        matrix, offset = self.place[:, :, :2], self.place[:, :, 2:]
        grid = (matrix @ points.flatten(2) + offset).mT.reshape(len(points), *points.shape[2:], 2)
        return F.grid_sample(self.texture, grid, "bilinear", self.padding, align_corners=False)


def draw_pairs(
    pool: Sequence[Tensor],
    count: int,
    size: tuple[int, int],
    generator: torch.Generator,
    *,
    layers: int = 3,
) -> Pair:
    """Return ``count`` random pairs of frames of (height, width), of uint8 pictures (3, H, W).

    Args:
        pool: Pictures from which layers are cut.
        count: Number of pairs.
        size: Of the frames.
        generator: The source of randomness.
        layers: Number of shapes above the ground.
    """
    still = (_uniform(generator, count, 1, 1, 1) >= STILL).float()
    camera = still * _motion(count, size, generator, bend=0.0)
    ground = _ground(pool, size, camera, generator)
    points = places(torch.zeros_like(camera))
    first, second, flow = ground.at(points + camera)[:, :3], ground.at(points)[:, :3], camera
    owner, shapes = torch.zeros(count, 1, *size), []
    for number in range(1, layers + 1):
        layer = _shape(pool, size, camera + _motion(count, size, generator), generator)
        now, before = layer.at(points + layer.flow), layer.at(points)
        first = torch.lerp(first, now[:, :3], now[:, 3:])
        second = torch.lerp(second, before[:, :3], before[:, 3:])
        flow = torch.where(now[:, 3:] > 0.5, layer.flow, flow)
        owner = torch.where(now[:, 3:] > 0.5, float(number), owner)
        shapes.append(layer)
    hidden = ~inside(flow)
    for number, layer in enumerate(shapes, 1):
        covers = layer._replace(texture=layer.texture[:, 3:]).at(points + flow) > 0.5
        hidden |= covers & (owner < number)
    return Pair(*_light(first, second, generator), flow, hidden.float())


def _motion(
    count: int, size: tuple[int, int], generator: torch.Generator, *, bend: float = BEND
) -> Tensor:
    """Return the flows of ``count`` layers, (count, 2, H, W): shift, turn, growth and a smooth bend."""
    height, width = size
    down, across = (torch.linspace(0, side - 1, side // COARSE + 1) for side in size)
    points = torch.stack(torch.meshgrid(across, down, indexing="xy"))
    middle = torch.tensor([width / 2, height / 2])
    x, y = (points - (middle * (1 + 0.4 * _normal(generator, count, 2)))[..., None, None]).unbind(1)
    little = _uniform(generator, count, 1, 1)  # most layers turn little
    angle = TURN * little * _normal(generator, count, 1, 1)
    scale = torch.exp(GROWTH * little * _normal(generator, count, 1, 1))
    cos, sin = scale * angle.cos(), scale * angle.sin()
    flow = torch.stack([cos * x - sin * y - x, sin * x + cos * y - y], 1)
    low, high = (math.log(v) for v in REACH)
    reach = torch.exp(low + (high - low) * _uniform(generator, count, 1, 1, 1))
    way = 2 * math.pi * _uniform(generator, count, 1, 1, 1)
    bent = bend * _uniform(generator, count, 1, 1, 1) ** 2
    bends = _smooth(_normal(generator, count, 2, CELLS, CELLS), (len(down), len(across)))
    flow = flow + reach * torch.cat([way.cos(), way.sin()], 1) + bent * bends
    return F.interpolate(flow, size, mode="bilinear", align_corners=True)


def _ground(
    pool: Sequence[Tensor], size: tuple[int, int], flow: Tensor, generator: torch.Generator
) -> _Layer:
    """Return background layers, which cover the whole frame."""
    picture = draw_crops(pool, len(flow), max(size), generator, zoom=1.5, recolor=0.2)
    texture = F.pad(picture, (0, 0, 0, 0, 0, 1), value=1.0)
    return _Layer(texture, _place(len(flow), size, max(size), 0.0, generator), flow, "reflection")


def _shape(
    pool: Sequence[Tensor], size: tuple[int, int], flow: Tensor, generator: torch.Generator
) -> _Layer:
    """Return layers of random outlines."""
    picture = draw_crops(pool, len(flow), SHAPE, generator, zoom=2.0, recolor=0.2)
    texture = torch.cat([picture, _outlines(len(flow), generator)], 1)
    return _Layer(texture, _place(len(flow), size, SHAPE, 0.8, generator), flow, "zeros")


def _place(
    count: int, size: tuple[int, int], side: int, spread: float, generator: torch.Generator
) -> Tensor:
    """Return ``_Layer.place`` of textures of ``side`` pixels: turned, and slightly enlarged."""
    angle = 0.3 * _normal(generator, count)
    scale = 2 / side * torch.exp(-0.2 * _uniform(generator, count))
    turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1)
    matrix = (scale[:, None] * turn).reshape(count, 2, 2)
    middle = torch.tensor([size[1] / 2, size[0] / 2])
    at = middle * (1 + spread * (2 * _uniform(generator, count, 2) - 1))
    return torch.cat([matrix, -(matrix @ at[:, :, None])], 2)


def _outlines(count: int, generator: torch.Generator) -> Tensor:
    """Return random blobs (count, 1, SHAPE, SHAPE), 1 inside and 0 outside; some are in many pieces."""
    line = torch.linspace(-1, 1, SHAPE)
    radius = torch.hypot(line[:, None], line[None])
    large = 0.2 + 0.6 * _uniform(generator, count, 1, 1, 1)
    torn = 0.15 + 0.6 * (_uniform(generator, count, 1, 1, 1) < 0.1)
    ragged = _smooth(_normal(generator, count, 1, CELLS, CELLS), (SHAPE, SHAPE))
    inward = (1 - radius) * SHAPE / 2 - 1  # a shape ends within its texture in any case
    field = (large - radius + torn * ragged) * SHAPE / 2
    return torch.minimum(field, inward).add(0.5).clamp(0, 1)


def _light(first: Tensor, second: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return the frames with slightly different brightness, and noise of their own."""
    gain = torch.exp(0.06 * _normal(generator, len(first), 1, 1, 1))
    grain = 0.06 * _uniform(generator, len(first), 1, 1, 1)
    noise = (_uniform(generator, *first.shape) - 0.5 for _ in range(2))
    lit = (x + grain * n for x, n in zip((first, second * gain), noise, strict=True))
    one, other = (x.clamp(0, 1) for x in lit)
    return one, other


def _smooth(cells: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(cells, size, mode="bicubic", align_corners=True)


def _uniform(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.rand(shape, generator=generator)


def _normal(generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(shape, generator=generator)
