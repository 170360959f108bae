"""Hatching that lies on surfaces: strokes keep their width on paper and their place on things.

Praun, Hoppe, Webb & Finkelstein, "Real-Time Hatching", SIGGRAPH 2001: tonal art maps, stroke textures that
are nested by tone and by size. Departure: the nesting is kept in one picture a size, of the darkness from
which on a texel is inked, so every tone between is exact. Where the strokes lie: ``sheets``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from ..noise import generator
from .sheets import Sheet
from .tones import rises, soften

SIDE, SIZES = 512, 5
"""Texels of the finest picture's side, and how many pictures there are, each half as large."""
GAP = 8.0
"""Texels between strokes in middle tones."""
WIDTH, LENGTH = 1.6, (0.25, 0.6)
"""Of a stroke: texels, and share of the side."""
CROSSED = 0.55
"""Darkness from which on strokes cross."""
FEW = 0.02
"""Of a side: what a surface shows less of is not drawn where no other pixel around shows more."""
SHRUNK = np.exp2(-np.arange(SIZES)).astype(np.float32)


@dataclass(frozen=True, slots=True)
class TonalArt:
    """Strokes of all tones and sizes: pictures in a column, each wrapped by one texel."""

    texels: Floats
    """(rows, SIDE + 2): the darkness in [0, 1] from which on a texel is inked."""
    tops: Floats
    """First row of each picture."""


def make_tonal_art(seed: int = 0) -> TonalArt:
    """Return the strokes, drawn by a seed; of every tone the share of inked texels is the tone."""
    rng = generator(seed, 2001)
    count = int(24 * SIDE / GAP)  # nine tenths of the paper
    strokes = [_stroke(index, count, rng) for index in range(count)]
    pictures = [_wrapped(_picture(strokes, size)) for size in range(SIZES)]
    tops = np.cumsum([0, *(len(picture) for picture in pictures[:-1])]).astype(np.float32)
    wide = [np.pad(p, ((0, 0), (0, SIDE + 2 - p.shape[1])), mode="wrap") for p in pictures]
    return TonalArt(np.concatenate(wide), tops)


def _stroke(
    index: int, count: int, rng: np.random.Generator
) -> tuple[float, float, float, float, bool]:
    """Return where a stroke begins, its length and bend, in sides, and whether it lies across."""
    place = (index * 0.6180339887 + rng.normal(0, 0.2 / count)) % 1  # each in the widest gap
    return place, rng.random(), rng.uniform(*LENGTH), rng.normal(0, 0.006), index > CROSSED * count


def _picture(strokes: list[tuple[float, float, float, float, bool]], size: int) -> Floats:
    """Return the darkness from which on each texel is inked, (side, side)."""
    side, kept = SIDE >> size, max(8, len(strokes) >> size)
    order = np.full((side, side), kept, np.float32)
    down = [s for s in strokes if not s[4]][: round(CROSSED * kept)]
    across = [s for s in strokes if s[4]][: kept - len(down)]
    for rank, stroke in reversed(list(enumerate([*down, *across]))):
        _draw(order, stroke, rank)
    ranks = np.argsort(np.argsort(order, axis=None, kind="stable"), kind="stable")
    even = (ranks.reshape(order.shape) + 0.5) / order.size
    return np.where(order < kept, even, 1.0).astype(np.float32)


def _draw(order: Floats, stroke: tuple[float, float, float, float, bool], rank: int) -> None:
    """Put a stroke's rank where it inks, around the borders too."""
    place, begin, length, bend, across = stroke
    side = len(order)
    t = np.linspace(0, 1, 12)
    x, y = (begin + length * t) * side, (place + bend * np.sin(np.pi * t)) * side
    path = np.stack([y, x] if across else [x, y], -1)
    for shift in ((0, 0), (-side, 0), (0, -side), (-side, -side), (0, side), (side, 0)):
        points = np.round((path + shift) * 16).astype(np.int32)
        cv2.polylines(order, [points], False, float(rank), round(WIDTH), cv2.LINE_8, 4)


def _wrapped(picture: Floats) -> Floats:
    return np.pad(picture, 1, mode="wrap")


def draw_hatches(
    art: TonalArt, dark: Floats, sheets: Iterable[Sheet], *, gap: float, nearest: float,
    degrees: float = 35.0,
) -> Floats:  # fmt: skip
    """Return the ink of strokes, (H, W) in [0, 1], antialiased.

    Args:
        art: the strokes.
        dark: (H, W) in [0, 1], how much of the paper they are to cover.
        sheets: the paper on the surfaces.
        gap: distance of the strokes in middle tones, pixels.
        nearest: size of a pixel on the nearest surface, on which the finest picture lies; scene units.
        degrees: turn of the strokes.
    """
    scale = np.float32(GAP / (gap * nearest))  # texels of the finest picture per scene unit
    ink = np.zeros(dark.shape, np.float32)
    for sheet in sheets:
        part = _window((sheet.share > FEW) & (dark > 0))
        if not dark[part].size:
            continue
        flat = sheet.flat[part] * scale
        size = _size(flat, GAP / gap)
        turn = np.float32(np.deg2rad(degrees))
        texel = _turned(flat, turn if sheet.turn is None else turn + sheet.turn[part])
        ink[part] += sheet.share[part] * _drawn(art, texel, dark[part], size)
    return np.clip(ink, 0, 1)


def _turned(flat: Floats, turn: Floats | np.float32) -> Floats:
    """Return places (H, W, 2) on sheets that were turned."""
    cos, sin, (x, y) = np.cos(turn), np.sin(turn), cv2.split(flat)
    return np.asarray(cv2.merge([x * cos + y * sin, y * cos - x * sin]), np.float32)


def _window(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and columns in which a mask (H, W) is set, and a pixel more; none if nowhere."""
    found = [np.flatnonzero(mask.any(axis)) for axis in (1, 0)]
    return tuple(slice(max(0, f[0] - 1), f[-1] + 2) if len(f) else slice(0, 0) for f in found)  # pyright: ignore[reportReturnType]  # of two axes


def _drawn(art: TonalArt, texel: Floats, dark: Floats, size: Floats) -> Floats:
    """Return the ink at texels (H, W, 2) of the finest picture, between the two that suit their distance."""
    low = size.astype(np.int32)
    turns = texel / np.float32(SIDE)
    turns -= np.floor(turns)
    near, far = (_inked(art, turns, number, dark) for number in (low, low + 1))
    return near + (far - near) * (size - low)


def _size(texel: Floats, gap: float) -> Floats:
    """Return which picture suits a pixel, (H, W), by how many texels (H, W, 2) lie between pixels."""
    across, down = (cv2.magnitude(*cv2.split(slope)) for slope in rises(texel))
    apart = 0.65 * np.maximum(across, down) + 0.35 * np.minimum(across, down)
    apart = cv2.erode(apart, np.ones((3, 3), np.uint8))  # where sheets end, two pixels tell nothing
    return np.log2(np.maximum(apart / np.float32(gap), 1)).clip(0, SIZES - 1.001).astype(np.float32)


def _inked(art: TonalArt, turns: Floats, number: NDArray[np.int32], dark: Floats) -> Floats:
    """Return the ink at places (H, W, 2), in sides of the picture that has each pixel's number."""
    side = np.float32(SIDE) * SHRUNK[number]
    x, y = (turns[..., k] * side + np.float32(0.5) for k in (0, 1))
    starts = cv2.remap(art.texels, x, y + art.tops[number], cv2.INTER_LINEAR)
    return soften(dark - starts, 0.0, 0.0) * (dark > 0)
