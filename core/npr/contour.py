"""Dark lines that a fine brush draws along a picture's strongest edges."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from .film import Spans, follow, gather, grow, put, stroke
from .flow import along_forms, sample, trace
from .noise import Array, generator, slopes
from .palette import ink_on, to_lab
from .particles import Field, Film, Particles
from .picture import Picture, blur, reduce
from .strokes import STEP, Brush, Strokes, choose_factor, find_period

SPANS = 12, 32
"""Points of the shortest and of the longest line."""
SPACING = 2.2
"""Radii from one particle to the next, of those on which lines of a film begin."""
NEAR, STILL_NEAR = 0.55, 0.9
"""Radii from an edge up to which one begins a line, and up to which one does that has."""


def choose_pen(radius: float) -> Brush:
    """Return the brush that draws lines of a radius in pixels."""
    return Brush(radius=radius, streaks=3, dry=0.25, thickness=0.75, passes=1)


@dataclass(frozen=True, slots=True)
class _Edges:
    """The crests of a picture's edges, in a copy ``factor`` times as small, and directions along them."""

    crest: NDArray[np.bool_]
    flow: Array
    dark: Array
    """Colours (h, w, 3) of the darker sides of edges."""
    factor: int

    @classmethod
    def find(cls, picture: Picture, radius: float) -> "_Edges":
        factor, wraps = choose_factor(radius), picture.wraps
        small, reach = reduce(picture, factor), radius / factor
        gx, gy = slopes(to_lab(blur(small, reach * 1.5, wraps)))
        steep = np.sqrt((gx**2 + gy**2).sum(-1)) * reach
        crest = (steep > 5.6) & (steep >= cv2.dilate(steep, np.ones((3, 3), np.uint8)) * 0.98)
        pieces, area = cv2.connectedComponentsWithStats(crest.astype(np.uint8), connectivity=8)[1:3]
        crest &= area[pieces, cv2.CC_STAT_AREA] > 18 * reach
        return cls(
            crest, along_forms(small, reach * 1.6, wraps), _darker_side(small, reach), factor
        )

    def nearest(self, at: Array) -> tuple[Array, Array]:
        """Return the places (N, 2) on crests that are nearest to others, and how far away they are."""
        if not self.crest.any():
            return at, np.full(len(at), np.inf, np.float32)
        away, label = cv2.distanceTransformWithLabels(
            (~self.crest).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        row, column = np.nonzero(self.crest)
        number = label.astype(np.intp)
        place = np.zeros((int(number.max()) + 1, 2), np.float32)
        place[number[row, column]] = np.stack([column, row], 1)
        return place[sample(number, at)], sample(away, at)


def _darker_side(picture: Array, reach: float) -> Array:
    """Return the darkest colour (h, w, 3) that a picture has within ``reach`` pixels, channel by channel."""
    return cv2.erode(picture, np.ones((2 * max(1, round(reach)) + 1,) * 2, np.uint8))


def plan_contour(picture: Picture, radius: float, ink: Array, seed: int) -> Strokes:
    """Return lines along the picture's strongest edges, ``radius`` pixels wide to each side.

    They are of one colour, but none is lighter than the darker side of its edge.
    """
    edges = _Edges.find(picture, radius)
    crest, factor, reach = edges.crest, edges.factor, radius / edges.factor
    chance = generator(seed, 61).random((6, *crest.shape), np.float32)
    chosen = np.nonzero(crest & (chance[0] < 1 / (reach * 5)))
    chance = chance[:, chosen[0], chosen[1]].T
    order = np.argsort(chance[:, 1], kind="stable")
    chance = chance[order]
    starts = np.stack(chosen[::-1], 1)[order].astype(np.float32)
    period = find_period(picture.shape, picture.wraps, factor)
    paths = trace(edges.flow, starts, reach * STEP, SPANS[1], 0.1, period)
    seen = ink_on(ink, sample(edges.dark, starts, period))
    colors = np.clip(seen + (chance[:, 2:5] - 0.5) * 0.1, 0, 1).astype(np.float32)
    return Strokes(
        paths * np.float32(factor),
        SPANS[0] + (chance[:, 2] * 21).astype(np.intp),
        colors,
        radius * (0.75 + 0.35 * chance[:, 3]),
        chance[:, 1],
        chance,
    )


def carry_contour(  # a film, and what is drawn
    film: Film, layer: int, picture: Picture, radius: float, ink: Array, seed: int
) -> tuple[Film, Strokes]:
    """Return a film with its next frame's lines as a layer, and the lines."""
    edges, spans = _Edges.find(picture, radius), Spans(radius * STEP, *SPANS, 0)
    where = Field(picture.shape, max(1.0, radius * SPACING), (seed & 0xFFFFFFFF, 61))
    cast = film.cast(layer, where, spans.points)
    now, before = (_see(own, edges, radius, ink, spans) for own in (cast.now, cast.before))
    cast = replace(cast, now=now, before=before)
    pen = choose_pen(radius)
    return film.keep(layer, cast), gather(cast, lambda own, size: stroke(own, size, pen, spans))


def _see(all_: Particles, edges: _Edges, radius: float, ink: Array, spans: Spans) -> Particles:
    """Return particles of which those near an edge begin a line on it."""
    at = all_.at / np.float32(edges.factor)
    starts, away = edges.nearest(at)
    wanted = away * edges.factor < radius * np.where(all_.on, STILL_NEAR, NEAR)
    busy = np.flatnonzero((wanted | (all_.weight > 0)) & (all_.leaves == 0))
    own, first = all_.take(busy), starts[busy]
    went = own.shape[:, 1] - own.shape[:, 0]
    side = np.where((sample(edges.flow, first) * went).sum(1) < 0, -1, 1).astype(np.float32)
    paths = trace(edges.flow, first, side[:, None] * spans.stride / edges.factor, spans.high, 0.1)
    shape = paths * np.float32(edges.factor) - own.at[:, None]
    ahead = (spans.low - 1 + 21 * own.length)[:, None]
    reach = np.concatenate([np.zeros_like(ahead), ahead], 1).astype(np.float32)
    color = to_lab(ink_on(ink, sample(edges.dark, first)))
    parts = follow(own, shape, reach, color)
    weight = grow(own, wanted[busy])
    known = np.ones(len(busy), bool)
    return put(all_, busy, weight=weight, on=wanted[busy], known=known, **parts)
