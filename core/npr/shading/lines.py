"""Drawing lines through crossings: smoothed, of living width, antialiased.

Lines are fitted by moving total least squares (Levin, "Mesh-Independent Surface Interpolation", 2003): each
crossing moves onto the line through its neighbours. Widths follow Goodwin, Vollick & Hertzmann, "Isophote
Distance: A Shading Approach to Artistic Stroke Thickness", NPAR 2007, in that far lines are thinner, and
Northrup & Markosian, "Artistic Silhouettes", NPAR 2000, in that strokes taper and waver.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from ..noise import generator
from .edges import Crossings

REACH, SIGMA = 2, 1.4
"""How far neighbours are looked for, and their weight's deviation, pixels."""
FARTHEST = 0.8
"""Pixels that fitting may move a crossing."""
FAINT = 1e-3
"""How much what is no line counts."""
HALF = 0.85
"""Half the length of the piece of line that a crossing draws, pixels."""
ENDS = 14.0
"""How far a line's end is felt, in its widths."""
SMALL = 4
"""The picture in which ends are looked for is this much smaller."""
WAVES = 12
"""Of which brushed lines' unevenness is made."""
BATCH = 1 << 22
"""Pixels that are looked at together."""


@dataclass(frozen=True, slots=True)
class Pen:
    """How lines are drawn."""

    width: float
    """Pixels."""
    metres: bool = False
    """Whether the width is scene units instead."""
    kinds: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Width of silhouettes, borders and creases, of ``width``."""
    taper: float = 0.0
    """How much thinner lines become toward their ends, 0 to 1."""
    brush: float = 0.0
    """How uneven they are, 0 to 1."""
    far: float = 0.0
    """How much thinner lines of far things are, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Ink:
    """Lines as they lie on a picture."""

    alpha: Floats
    """(H, W) in [0, 1]."""
    owner: NDArray[np.int64]
    """(H, W), the pixel of the surface whose line it is, counted row by row; -1 where there is none."""
    kind: NDArray[np.uint8]
    """(H, W), the kind of line, where there is one."""


def fit_lines(found: Crossings, shape: tuple[int, int]) -> tuple[Crossings, Floats]:
    """Return crossings moved onto the lines through their neighbours, and the lines' directions (N, 2).

    The more certain a neighbour is, the more it counts.
    """
    count, certain = len(found), np.maximum(found.strength, FAINT)
    weight, mean, spread = np.zeros(count), np.zeros((count, 2)), np.zeros((count, 3))
    for index, other in _neighbours(found, shape):
        apart = (found.place[other] - found.place[index]).astype(np.float64)
        w = np.exp(-(apart**2).sum(1) / (2 * SIGMA**2)) * certain[other]
        weight[index] += w
        mean[index] += w[:, None] * apart
        products = np.stack([apart[:, 0] ** 2, apart[:, 0] * apart[:, 1], apart[:, 1] ** 2], 1)
        spread[index] += w[:, None] * products
    mean /= np.maximum(weight, 1e-9)[:, None]
    xx, xy, yy = (spread / np.maximum(weight, 1e-9)[:, None]).T
    xx, xy, yy = xx - mean[:, 0] ** 2, xy - mean[:, 0] * mean[:, 1], yy - mean[:, 1] ** 2
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    way = np.stack([np.cos(angle), np.sin(angle)], 1)
    lean = np.hypot(xx - yy, 2 * xy) / np.maximum(xx + yy, 1e-9)
    move = mean - way * (mean * way).sum(1, keepdims=True)
    length = np.linalg.norm(move, axis=1, keepdims=True)
    move *= np.minimum(1, FARTHEST / np.maximum(length, 1e-9)) * lean[:, None] ** 2
    place = (found.place + move).astype(np.float32)
    return replace(found, place=place), way.astype(np.float32)


def _neighbours(found: Crossings, shape: tuple[int, int]):  # noqa: ANN202  # an iterator of index pairs
    """Yield (index, other): crossings of one kind that lie near each other, each with itself too."""
    height, width = shape
    cell = np.rint(found.place).astype(np.intp)
    row, column = cell[:, 1].clip(0, height - 1), cell[:, 0].clip(0, width - 1)
    tables = _tables(row * width + column, height * width)
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            y, x = row + dy, column + dx
            inside = np.flatnonzero((y >= 0) & (y < height) & (x >= 0) & (x < width))
            at = y[inside] * width + x[inside]
            for table in tables:
                other = table[at]
                near = other >= 0
                index, other = inside[near], other[near]
                alike = found.kind[index] == found.kind[other]
                yield index[alike], other[alike]


def _tables(cells: NDArray[np.intp], size: int) -> list[NDArray[np.int32]]:
    """Return pictures of crossings' numbers, -1 for none, so that each stands in one of them."""
    tables, left = list[NDArray[np.int32]](), np.arange(len(cells), dtype=np.int32)
    while len(left) and len(tables) < 4:
        table = np.full(size, -1, np.int32)
        table[cells[left]] = left
        tables.append(table)
        left = left[table[cells[left]] != left]
    return tables


def weigh_lines(  # noqa: PLR0913  # all that a width depends on
    found: Crossings, ways: Floats, pen: Pen, shape: tuple[int, int], *, footprint: Floats,
    depth: Floats, near: float, place: Floats,
) -> Floats:  # fmt: skip
    """Return the width of the line at each crossing, (N,), pixels.

    Args:
        found: The crossings, after fitting.
        ways: (N, 2), the lines' directions.
        pen: How they are drawn.
        shape: Height and width of the picture.
        footprint: (H, W), size of a pixel, scene units.
        depth: (H, W), scene units.
        near: Depth of what has lines of full width.
        place: (H, W, 3), positions on the things themselves, on which unevenness lies.
    """
    kinds = np.asarray(pen.kinds, np.float32)[found.kind]
    size = footprint.ravel()[found.owner]
    width = pen.width / np.maximum(size, 1e-9) if pen.metres else np.full(len(found), pen.width)
    width = width * kinds * np.sqrt(found.strength)
    if pen.far:
        share = near / np.maximum(depth.ravel()[found.owner], near)
        width = width * (1 - pen.far * (1 - share))
    if pen.taper and len(found):
        width = width * (1 - pen.taper * (1 - _inner(found, ways, shape, float(np.mean(width)))))
    if pen.brush:
        points = place.reshape(-1, 3)[found.owner]
        wave = float(np.median(size)) * 30 if len(found) else 1.0
        width = width * (1 + 0.55 * pen.brush * _waver(points, wave))
        width = width * (1 - pen.brush * np.clip(_waver(points, wave / 3, 1) - 0.9, 0, 1))
    return width.astype(np.float32)


def _inner(found: Crossings, ways: Floats, shape: tuple[int, int], width: float) -> Floats:
    """Return 0 at the ends of lines and 1 away from them, (N,), by how much line is near."""
    height, wide = (-(-n // SMALL) for n in shape)
    sigma = max(ENDS * max(width, 1) / SMALL / 2, 1.0)
    inner = np.ones(len(found), np.float32)
    x, y = ((found.place[:, k] + 0.5) / SMALL - 0.5 for k in (0, 1))
    for kind in np.unique(found.kind):
        own = found.kind == kind
        cells = np.rint(y[own]).clip(0, height - 1).astype(np.intp) * wide
        cells += np.rint(x[own]).clip(0, wide - 1).astype(np.intp)
        steps = 1 / np.abs(ways[own]).sum(1)  # a crossing's length of line
        length = np.bincount(cells, steps, height * wide).reshape(height, wide)
        near = cv2.GaussianBlur(length.astype(np.float32), (0, 0), sigma)
        read = cv2.remap(near, x[own, None], y[own, None], cv2.INTER_LINEAR)[:, 0]
        whole = SMALL / (np.sqrt(2 * np.pi) * sigma)  # of an endless straight line
        inner[own] = np.clip((read / whole - 0.5) / 0.4, 0, 1)
    return inner


def _waver(points: Floats, wave: float, seed: int = 0) -> Floats:
    """Return smooth noise (N,) of about unit deviation that lies on places (N, 3)."""
    rng = generator(seed, 37)
    ways = rng.normal(size=(WAVES, 3)) * (1.2 / wave)
    phases = rng.uniform(0, 2 * np.pi, WAVES)
    return (np.sin(points @ (ways.T * np.pi) + phases).sum(1) * np.sqrt(2 / WAVES)).astype(
        np.float32
    )


def draw_lines(found: Crossings, ways: Floats, widths: Floats, shape: tuple[int, int]) -> Ink:
    """Return lines drawn: where two lie over each other, the one that covers more of a pixel is seen.

    Args:
        found: The crossings, after fitting.
        ways: (N, 2), the lines' directions.
        widths: (N,), pixels; below 1 a line becomes fainter instead of thinner.
        shape: Height and width of the picture.
    """
    best = np.zeros(shape[0] * shape[1], np.int64)
    shown = np.flatnonzero(widths > 0.05)
    order = np.argsort(widths[shown], kind="stable")
    for group in _groups(shown[order], widths):
        pixels, cover = _cover(found.place[group], ways[group], widths[group], shape)
        keep = (pixels >= 0) & (cover > 1 / 512)
        numbers = np.broadcast_to(group[:, None], cover.shape)[keep]
        keys = ((cover[keep] * 65535).astype(np.int64) << 32) | numbers
        np.maximum.at(best, pixels[keep], keys)
    number, seen = best & 0xFFFFFFFF, best > 0
    alpha = ((best >> 32) / np.float32(65535)).astype(np.float32).reshape(shape)
    if not len(found):
        return Ink(alpha, np.full(shape, -1, np.int64), np.zeros(shape, np.uint8))
    owner = np.where(seen, found.owner[number], -1).reshape(shape)
    return Ink(alpha, owner, np.where(seen, found.kind[number], 0).astype(np.uint8).reshape(shape))


def _groups(order: NDArray[np.intp], widths: Floats):  # noqa: ANN202  # an iterator of index arrays
    """Yield crossings by their width, so that each batch looks at windows no larger than it needs."""
    start = 0
    while start < len(order):
        first = widths[order[start]]
        stop = int(np.searchsorted(widths[order], max(2.0, 1.5 * first), side="right"))
        window = (2 * _radius(float(widths[order[stop - 1]])) + 1) ** 2
        stop = max(start + 1, min(stop, start + BATCH // window))
        yield order[start:stop]
        start = stop


def _radius(width: float) -> int:
    return int(np.ceil(max(float(width), 1.0) / 2 + 0.5 + HALF))


def _cover(
    place: Floats, way: Floats, width: Floats, shape: tuple[int, int]
) -> tuple[NDArray[np.int64], Floats]:
    """Return the pixels around pieces of line, -1 outside, and how much of each they cover, (N, K)."""
    reach = _radius(float(width.max()))
    span = np.arange(-reach, reach + 1)
    dy, dx = (part.ravel() for part in np.meshgrid(span, span, indexing="ij"))
    middle = np.rint(place).astype(np.int64)
    x, y = middle[:, :1] + dx, middle[:, 1:] + dy
    off_x, off_y = (x - place[:, :1]).astype(np.float32), (y - place[:, 1:]).astype(np.float32)
    along = np.clip(off_x * way[:, :1] + off_y * way[:, 1:], -HALF, HALF)
    off_x -= along * way[:, :1]
    off_y -= along * way[:, 1:]
    distance = np.sqrt(off_x * off_x + off_y * off_y)
    thick = np.maximum(width, 1)[:, None] / 2
    cover = np.clip(thick + np.float32(0.5) - distance, 0, 1) * np.minimum(width, 1)[:, None]
    inside = (x >= 0) & (x < shape[1]) & (y >= 0) & (y < shape[0])
    return np.where(inside, y * shape[1] + x, -1), cover
