"""Mosaic: square stones laid in rows along a picture's forms, set in grout.

After A. Hausner, "Simulating Decorative Mosaics", SIGGRAPH 2001: a centroidal Voronoi diagram in the
Manhattan metric, turned to a direction field. Departures: stones are placed in a small copy of the picture,
all at once, and have uneven sizes and hues, bevels, and light.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..tiling import Box
from .canvas import Canvas, Light, blank, print_parts
from .clouds import Clouds, clouds
from .flow import along_forms, sample
from .layers import Hand, given
from .noise import Array, generator, ramp
from .palette import Color, adjust, rgb, vary
from .picture import Picture, Wraps, as_picture, reduce
from .stones import REACH, distance_inside, find_two, stones
from .strokes import find_period

CLOSE = 24
"""Pixels up to which whose a place is is found for all stones at once."""
PLANNED = 8.0
"""Side of a stone, in pixels of the small copy in which stones are placed."""


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
    piece: NDArray[np.integer] | None
    """(N,): on which piece of the picture each lies; None: it is one."""
    pieces: NDArray[np.integer] | None
    """(H, W): as of ``Picture``."""
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
        pieces = None if picture.pieces is None else picture.pieces[::factor, ::factor]
        at, owner = stones(small, flow, size / factor, rng, period, pieces)
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
            None if pieces is None else sample(pieces, at, period),
            picture.pieces,
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
        which, middle = self._near(box, reach)
        pieces = self._find_pieces(box, reach)
        owner, inside = self._claim(box, reach, (which, middle), pieces)
        if pieces is not None:
            inside = np.minimum(inside, distance_inside(pieces))
        inner = (slice(reach, -reach), slice(reach, -reach))
        owner = owner[inner]
        x, y = (np.take(middle[:, k], owner) for k in (0, 1))
        dx = np.arange(box.left, box.right)[None] - x
        dy = np.arange(box.top, box.bottom)[:, None] - y
        return which[owner], inside[inner], dx.astype(np.float32), dy.astype(np.float32)

    def _claim(
        self,
        box: Box,
        reach: int,
        among: tuple[NDArray[np.intp], NDArray[np.float64]],
        pieces: NDArray[np.integer] | None,
    ) -> tuple[NDArray[np.int32], Array]:
        """Return whose each place in and around a window is of some stones, and how deep in its cell."""
        shape = (box.height + 2 * reach, box.width + 2 * reach)
        if reach <= CLOSE:
            which, middle = among
            whose = None if pieces is None or self.piece is None else (pieces, self.piece[which])
            around = middle - (box.left - reach, box.top - reach)
            owner, nearest, second = find_two(around, self.way[which], reach, shape, whose)
            return owner, (second - nearest) / 2
        nearest = np.full(shape, 1e6, np.float32)
        second, owner = nearest.copy(), np.zeros(shape, np.int32)
        span, (which, middle) = np.arange(-reach, reach + 1.0), among
        floor = np.floor(middle)
        whole, ways = floor.astype(np.intp) - (box.left, box.top), self.way[which]
        for number, ((column, row), away, (ux, uy)) in enumerate(
            zip(whole.tolist(), (middle - floor).tolist(), ways.tolist(), strict=True)
        ):
            low = (max(0, row), max(0, column))
            high = (min(shape[0], row + 2 * reach + 1), min(shape[1], column + 2 * reach + 1))
            at = (slice(low[0], high[0]), slice(low[1], high[1]))
            dx = (span[low[1] - column : high[1] - column] - away[0])[None]
            dy = (span[low[0] - row : high[0] - row] - away[1])[:, None]
            distance = np.maximum(np.abs(dx * ux + dy * uy), np.abs(dy * ux - dx * uy))
            if pieces is not None and self.piece is not None:
                distance = np.where(pieces[at] == self.piece[which[number]], distance, np.inf)
            near = nearest[at]
            wins = distance < near
            np.minimum(second[at], np.where(wins, near, distance), out=second[at])
            np.copyto(near, distance, where=wins)
            np.copyto(owner[at], number, where=wins)
        return owner, (second - nearest) / 2

    def _find_pieces(self, box: Box, reach: int) -> NDArray[np.integer] | None:
        """Return the numbers of the pieces in a window and around it; None if the picture is one."""
        if self.pieces is None:
            return None
        rows, columns = (
            np.arange(start - reach, stop + reach) % side
            if wrap
            else np.clip(np.arange(start - reach, stop + reach), 0, side - 1)
            for start, stop, side, wrap in zip(
                (box.top, box.left), (box.bottom, box.right), self.shape, self.wraps, strict=True
            )
        )
        return self.pieces[rows[:, None], columns]

    def _near(self, box: Box, reach: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the stones that can reach a window, and where (N, 2); around where the picture wraps."""
        found, places = list[NDArray[np.intp]](), list[Array]()
        downs, alongs = (
            range(-1 - reach // side, 2 + reach // side) if wrap else (0,)
            for side, wrap in zip(self.shape, self.wraps, strict=True)
        )
        for down in downs:
            for along in alongs:
                at = self.at + np.array((along * self.shape[1], down * self.shape[0]), np.float32)
                there = (at > (box.left - reach - 1, box.top - reach - 1)).all(1)
                there &= (at < (box.right + reach + 1, box.bottom + reach + 1)).all(1)
                found.append(np.flatnonzero(there))
                places.append(at[there])
        return np.concatenate(found), np.concatenate(places).astype(np.float64)


def _colors(picture: Array, owner: NDArray[np.intp], count: int, rng: np.random.Generator) -> Array:
    """Return one colour per stone (N, 3), as uneven as fired glass."""
    owner, flat = owner.ravel(), picture.reshape(-1, 3)
    share = np.maximum(np.bincount(owner, minlength=count)[:count], 1)[:, None]
    mean = np.stack([np.bincount(owner, flat[:, i], count)[:count] for i in range(3)], 1) / share
    return vary(adjust(mean.astype(np.float32), chroma=1.15), rng, light=4.5, chroma=4, hue=5)
