"""Mosaic: square stones laid in rows along a picture's forms, set in grout.

After A. Hausner, "Simulating Decorative Mosaics", SIGGRAPH 2001: a centroidal Voronoi diagram in the
Manhattan metric, turned to a direction field. Departures: stones are placed in a small copy of the picture,
all at once, and have uneven sizes and hues, bevels, and light.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..tiling import Box
from .canvas import Canvas, Light, blank, print_parts
from .clouds import Clouds, clouds
from .flow import along_forms, sample
from .layers import Hand, given
from .noise import Array, generator, ramp, slopes
from .palette import Color, adjust, rgb, to_lab, vary
from .picture import Picture, Wraps, as_picture, blur, reduce
from .strokes import find_period

PLANNED = 8.0
"""Side of a stone, in pixels of the small copy in which stones are placed."""
REACH = 1.5
"""Sides of a stone from its middle to the farthest that can be its own."""
NEAR = 0.8
"""Sides of a stone from its middle within which its own pixels are looked for first."""
FINE, NONE = 4096, np.iinfo(np.int64).max
"""Steps in which distances are told apart, and what is nobody's."""
ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Mosaics:
    """How a mosaic is laid."""

    size: float | None = None
    """Side of a stone in pixels; None: a 52nd of the side."""
    grout: Color = "#3a3430"
    joint: float = 1.0
    """How many times wider than usual joints are."""
    impasto: float = 1.0
    """How far stones stand out."""

    def paint(self, picture: Picture, hand: Hand) -> Canvas:
        """Return a mosaic of the picture."""
        size = hand.brush * (self.size or max(2.0, picture.side / 52))
        stones = _Stones.place(picture, size, hand)
        lamp = Light(
            1.15 * size * 0.35 * self.impasto, 0.34 * self.impasto, sharpness=30, rough=(0.95, 0.25)
        )
        canvas = blank(picture.shape, lamp, picture.wraps, hand.tell)
        grout, joint = rgb(self.grout), self.joint
        print_parts(canvas, lambda box: stones.set_in(box, grout, joint))
        return canvas


def mosaic(
    picture: Array,
    *,
    flow: Array | None = None,
    size: float | None = None,
    grout: Color = "#3a3430",
    seed: int = 0,
) -> Array:
    """Return the picture as a mosaic, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the rows, unit vectors (H, W, 2); None: along the picture's forms.
        size: side of a stone in pixels; None: a 52nd of the side.
        grout: colour between the stones.
        seed: of all randomness.
    """
    hand = Hand(seed, None if flow is None else given(flow))
    return Mosaics(size=size, grout=grout).paint(as_picture(picture), hand).whole()


@dataclass(frozen=True, slots=True)
class _Stones:
    """Where stones lie, how each is turned, and what it looks like."""

    at: Array
    """(N, 2), x then y, pixels."""
    way: Array
    """(N, 2): unit vectors along their rows."""
    colors: Array
    gap: Array
    """(N,): half of the joint around each, in sides."""
    tilt: Array
    """(N, 2): how each rises to the right and downward."""
    size: float
    shape: tuple[int, int]
    wraps: Wraps
    chips: Clouds
    vein: Clouds
    sand: Clouds

    @classmethod
    def place(cls, picture: Picture, size: float, hand: Hand) -> "_Stones":
        """Return the stones of a picture, about ``size`` pixels wide."""
        factor = max(1, int(size / PLANNED))
        small, wraps = reduce(picture, factor), picture.wraps
        make = hand.flow or (lambda x, s, _: along_forms(x, s, wraps))
        flow, rng = make(small, size * 1.2 / factor, factor), generator(hand.seed, 41)
        period = find_period(picture.shape, wraps, factor)
        at, owner = stones(small, flow, size / factor, rng, period)
        colors = _colors(small, owner, len(at), rng)

        def cloud(wave: float, roughness: float = 1.6) -> Clouds:
            return clouds(picture.shape, max(wave, 1.0), rng, roughness=roughness, wraps=wraps)

        return cls(
            at * np.float32(factor),
            sample(flow, at, period),
            colors,
            0.054 * (1 + rng.normal(0, 0.22, len(at))).astype(np.float32),
            rng.normal(0, 0.05, (len(at), 2)).astype(np.float32),
            size,
            picture.shape,
            wraps,
            cloud(size * 0.3, 1.8),
            cloud(size * 0.9, 1.4),
            cloud(2.5),
        )

    def set_in(self, box: Box, grout: Array, joint: float) -> tuple[Array, Array, Array]:
        """Return a window's colours, height, and where stones are."""
        owner, inset, dx, dy = self._cells(box)
        size, chips, vein = self.size, self.chips.read(box), self.vein.read(box)
        gap = size * joint * np.take(self.gap, owner)
        inside = inset - gap - chips * (size * 0.012)
        stone = ramp(inside, -0.6, 0.9)
        face = adjust(np.take(self.colors, owner, 0), light=2.6 * vein)
        slope = np.take(self.tilt, owner, 0)
        tilt = np.clip(slope[..., 0] * dx + slope[..., 1] * dy, -size * 0.1, size * 0.1)
        height = 0.16 * ramp(inside, 0, size * 0.2) + (tilt + 0.10 * vein) / size
        sand = grout + 0.035 * self.sand.read(box)[..., None]
        shadow = 1 - 0.4 * (1 - stone) * ramp(inside, -size * 0.2, 0)
        color = (sand + (face - sand) * stone[..., None]) * shadow[..., None]
        return color, (0.12 + height) * stone / 0.35, stone

    def _cells(self, box: Box) -> tuple[NDArray[np.intp], Array, Array, Array]:
        """Return each pixel's stone, how far it is from the border of its cell, and from its middle."""
        reach = int(self.size * REACH) + 2
        shape = (box.height + 2 * reach, box.width + 2 * reach)
        nearest = np.full(shape, 1e6, np.float32)
        second, owner = nearest.copy(), np.zeros(shape, np.int32)
        dxs, dys = nearest.copy(), nearest.copy()
        span = np.arange(-reach, reach + 1, dtype=np.float32)
        for index, x, y in self._near(box, reach):
            column, row = int(np.floor(x)) - box.left, int(np.floor(y)) - box.top
            dx, dy = span[None, :] - (x - np.floor(x)), span[:, None] - (y - np.floor(y))
            ux, uy = self.way[index]
            distance = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
            low = (max(0, row), max(0, column))
            high = (min(shape[0], row + 2 * reach + 1), min(shape[1], column + 2 * reach + 1))
            at = (slice(low[0], high[0]), slice(low[1], high[1]))
            distance = distance[low[0] - row : high[0] - row, low[1] - column : high[1] - column]
            near, wins = nearest[at], distance < nearest[at]
            np.minimum(second[at], np.where(wins, near, distance), out=second[at])
            near[wins], owner[at][wins] = distance[wins], index
            dxs[at][wins] = np.broadcast_to(dx, (len(span), len(span)))[
                low[0] - row : high[0] - row, low[1] - column : high[1] - column
            ][wins]
            dys[at][wins] = np.broadcast_to(dy, (len(span), len(span)))[
                low[0] - row : high[0] - row, low[1] - column : high[1] - column
            ][wins]
        inner = (slice(reach, -reach), slice(reach, -reach))
        inset = (second - nearest)[inner] / 2
        return owner[inner].astype(np.intp), inset, dxs[inner], dys[inner]

    def _near(self, box: Box, reach: int) -> list[tuple[int, float, float]]:
        """Return the stones that can reach a window, with their places; around where the picture wraps."""
        found = list[tuple[int, float, float]]()
        height, width = self.shape
        downs, alongs = (
            range(-1 - reach // side, 2 + reach // side) if wrap else (0,)
            for side, wrap in zip(self.shape, self.wraps, strict=True)
        )
        for down in downs:
            for along in alongs:
                x, y = self.at[:, 0] + along * width, self.at[:, 1] + down * height
                there = (x > box.left - reach - 1) & (x < box.right + reach + 1)
                there &= (y > box.top - reach - 1) & (y < box.bottom + reach + 1)
                found += [(int(i), float(x[i]), float(y[i])) for i in np.flatnonzero(there)]
        return found


def stones(
    picture: Array,
    flow: Array,
    size: float,
    rng: np.random.Generator,
    period: tuple[float, float] = (np.inf, np.inf),
) -> tuple[Array, NDArray[np.intp]]:
    """Return the stones' centres (N, 2) and each pixel's stone (H, W).

    Centres move to the middle of their cells, and away from the picture's edges, so that a stone is on
    one side of an edge.

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the rows, (H, W, 2).
        size: of a stone, pixels.
        rng: the numbers' source.
        period: height and width after which the picture is the same again; infinite: it ends.
    """
    sides = tuple(
        p if np.isfinite(p) else float(s) for p, s in zip(period, picture.shape, strict=False)
    )
    count = max(1, round(1.12 * sides[0] * sides[1] / size**2))
    seeds = (rng.random((count, 2)) * (sides[1], sides[0])).astype(np.float32)
    rim = _edges(picture, size)
    owner = rim.astype(np.intp)
    for step in range(ROUNDS):
        owner, dx, dy = _owners(picture.shape, seeds, sample(flow, seeds, period), size, period)
        free = np.where(rim, count, owner) if step > 2 else owner
        seeds += _middles(free, dx, dy, count)
        for axis, side in enumerate(period[::-1]):
            seeds[:, axis] = seeds[:, axis] % side if np.isfinite(side) else seeds[:, axis]
    return seeds, _owners(picture.shape, seeds, sample(flow, seeds, period), size, period)[0]


def _edges(picture: Array, size: float) -> NDArray[np.bool_]:
    lab = to_lab(blur(picture, size / 12))
    gx, gy = slopes(lab)
    strong = np.sqrt((gx**2 + gy**2).sum(-1)) > 5.25
    wide = max(1, round(size * 0.22))
    return cv2.dilate(strong.astype(np.uint8), np.ones((wide, wide), np.uint8)) > 0


def _owners(
    shape: tuple[int, ...],
    seeds: Array,
    way: Array,
    size: float,
    period: tuple[float, float],
) -> tuple[NDArray[np.intp], Array, Array]:
    """Return each pixel's stone, and how far it is from its middle, along x and y; all stones at once."""
    near, far = (int(size * share) + 1 for share in (NEAR, REACH))
    best = np.full(shape[0] * shape[1] + 1, NONE)  # the last is for what is outside
    floor = np.floor(seeds).astype(np.int64)
    _claim(best, _reach(shape, floor, near, period), (seeds, way, floor, near))
    sure = int(near / np.sqrt(2) * FINE) * len(seeds)  # whatever turns, nothing nearer was left out
    unsure = best > sure
    unsure[-1] = False
    if unsure.any():
        pixels = _reach(shape, floor, far, period)
        some = np.unravel_index(np.flatnonzero(unsure[pixels]), pixels.shape)
        _claim(best, pixels[some], (seeds, way, floor, far), some)
    known = best[:-1] < NONE
    owner = np.where(known, best[:-1] % len(seeds), 0)
    row, column = np.divmod(np.arange(len(owner)), shape[1])
    away = list[Array]()
    for place, turn, k in ((column, period[1], 0), (row, period[0], 1)):
        if np.isfinite(turn):
            side = shape[1 - k]
            place = place + np.rint((floor[owner, k] - place) / side).astype(np.int64) * side  # noqa: PLW2901  # unwrapped
        away.append(np.where(known, place - seeds[owner, k], 0).astype(np.float32))
    grid = (shape[0], shape[1])
    return owner.reshape(grid), away[0].reshape(grid), away[1].reshape(grid)


def _reach(
    shape: tuple[int, ...], floor: NDArray[np.int64], reach: int, period: tuple[float, float]
) -> NDArray[np.int64]:
    """Return the pixels around stones, (N, S, S), flat; one beyond the last where there is none."""
    span = np.arange(-reach, reach + 1)
    columns, rows = floor[:, :1] + span, floor[:, 1:] + span
    outside = list[NDArray[np.bool_]]()
    for place, side, turn in ((rows, shape[0], period[0]), (columns, shape[1], period[1])):
        if np.isfinite(turn):
            np.remainder(place, side, out=place)
        outside.append((place < 0) | (place >= side))
    pixels = rows[:, :, None] * shape[1] + columns[:, None, :]
    pixels[outside[0][:, :, None] | outside[1][:, None, :]] = shape[0] * shape[1]
    return pixels


def _claim(
    best: NDArray[np.int64],
    pixels: NDArray[np.int64],
    stones: tuple[Array, Array, NDArray[np.int64], int],
    some: tuple[NDArray[np.intp], ...] | None = None,
) -> None:
    """Have each pixel know the stone nearest to it: the distance's fine steps, then the stone's number.

    Args:
        best: What pixels know, the smaller the nearer.
        pixels: That stones may claim, (N, S, S), or of ``some`` of these places.
        stones: Their middles, ways, whole pixels, and the reach of ``pixels``.
        some: Which of the places.
    """
    seeds, way, floor, reach = stones
    span = np.arange(-reach, reach + 1)
    dx, dy = ((floor[:, k, None] + span - seeds[:, k, None]).astype(np.float32) for k in (0, 1))
    if some is None:
        number = np.arange(len(seeds))[:, None, None]
        dx, dy, (ux, uy) = dx[:, None, :], dy[:, :, None], way.T[:, :, None, None]
    else:
        number, down, along = some
        dx, dy, (ux, uy) = dx[number, along], dy[number, down], way[number].T
    distance = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
    key = np.rint(np.minimum(distance, 1e4) * FINE).astype(np.int64) * len(seeds) + number
    np.minimum.at(best, pixels.ravel(), key.ravel())


def _middles(owner: NDArray[np.intp], dx: Array, dy: Array, count: int) -> Array:
    """Return how far the middle of each stone's cell is from the stone, (N, 2)."""
    share = np.maximum(np.bincount(owner.ravel(), minlength=count + 1)[:count], 1)
    total = [np.bincount(owner.ravel(), part.ravel(), count + 1)[:count] for part in (dx, dy)]
    return (np.stack(total, 1) / share[:, None]).astype(np.float32)


def _colors(picture: Array, owner: NDArray[np.intp], count: int, rng: np.random.Generator) -> Array:
    """Return one colour per stone (N, 3), as uneven as fired glass."""
    share = np.maximum(np.bincount(owner.ravel(), minlength=count), 1)[:, None]
    flat = picture.reshape(-1, 3)
    mean = np.stack([np.bincount(owner.ravel(), flat[:, i], count) for i in range(3)], 1) / share
    return vary(adjust(mean.astype(np.float32), chroma=1.15), rng, light=4.5, chroma=4, hue=5)
