"""All figures of one picture, beside its content and its style."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .halo import Halo, halo
from .judges import Judge
from .lattice import Lattice, lattice
from .metrics import content_distance, fit, grain, gram_distance, grams, patch_distance, sample
from .pixels import Array
from .scene import values
from .strokes import SMALLEST, Strokes, strokes

SCALES = (1.0, 0.5, 0.25)
"""Sizes at which style is compared, whole first: a brush has a size."""
Features = dict[str, Tensor]
"""What belongs to each of a judge's levels."""


@dataclass(frozen=True, slots=True)
class Score:
    """One picture's figures. What is None could not be measured: there was no edge, no stroke."""

    style: float
    """Mean of the style distances that follow; 0: the style's own statistics."""
    style_whole: float
    style_half: float | None
    style_quarter: float | None
    hand: float
    """Mean distance of patches from the style's, at three sizes; 0: the style's own."""
    content: float
    """Content distance; 0: the content's own."""
    grain: float
    lattice: float
    """Periodic energy in the content's flat areas."""
    lattice_period: float
    """Pixels."""
    lattice_ratio: float
    """Energy over the larger of the content's own and the style's own."""
    halo: float | None
    """Overshoot beside the content's strong edges, in percent of the picture's range of lightness."""
    fringe: float | None
    """The same of colour."""
    values: float | None
    """Rank correlation of lightness with the content's, at low frequencies."""
    stroke_width: float | None
    """Pixels."""
    stroke_length: float | None
    width_ratio: float | None
    """Stroke width over the style's own, at the brush size that was asked for."""
    length_ratio: float | None


@dataclass(frozen=True, slots=True)
class Sight:
    """A picture as a judge sees it."""

    pixels: Array
    """(3, H, W)."""
    grams: Sequence[Features | None]
    """Of all levels, at each of ``SCALES``; None: it would be too small to be judged."""
    cells: Sequence[Features | None]
    """Samples of the judge's levels of the hand, likewise."""
    content: Features
    """Features at the judge's levels of content."""


@dataclass(frozen=True, slots=True)
class Own:
    """A picture with figures of its pattern, its edges and its strokes."""

    sight: Sight
    lattice: Lattice
    halo: Halo | None
    strokes: Strokes | None


@torch.no_grad()
def see(picture: Tensor, judge: Judge) -> Sight:
    """Return what a judge sees of a picture (1, 3, H, W) in [0, 1]."""
    longest = max(picture.shape[-2:])
    small = [fit(picture, round(longest * scale)) for scale in SCALES[1:]]
    features = judge.features(picture)
    more = [judge.features(p) if min(p.shape[-2:]) >= judge.least else None for p in small]
    sizes = (features, *more)
    return Sight(
        picture[0].double().numpy(),
        [found and grams(found) for found in sizes],
        [found and {level: sample(found[level]) for level in judge.hand} for found in sizes],
        {level: features[level] for level in judge.content},
    )


def know(sight: Sight, content: Sight | None = None) -> Own:
    """Return a picture with its figures where its content is flat and has edges; without one, itself is."""
    x, there = sight.pixels, (content or sight).pixels
    return Own(sight, lattice(x, there), halo(x, there), _strokes(x, there))


def _strokes(picture: Array, content: Array) -> Strokes | None:
    """Return the size of strokes; None also for a picture too narrow to hold some."""
    return strokes(picture, content) if min(picture.shape[1:]) >= SMALLEST else None


def score(own: Own, content: Own, style: Own) -> Score:
    """Return the figures of a picture of the content's size."""
    sight, before = own.sight, content.sight
    far = _at_sizes(gram_distance, sight.grams, style.sight.grams)
    hand = _at_sizes(patch_distance, sight.cells, style.sight.cells)
    return Score(
        style=fmean(distance for distance in far if distance is not None),
        style_whole=far[0] or 0.0,
        style_half=far[1],
        style_quarter=far[2],
        hand=fmean(distance for distance in hand if distance is not None),
        content=content_distance(sight.content, before.content, list(before.content)),
        grain=grain(torch.from_numpy(sight.pixels)),
        values=values(sight.pixels, before.pixels),
        **_local(own, content, style),
    )


def _at_sizes(
    distance: Callable[[Features, Features], float],
    got: Sequence[Features | None],
    style: Sequence[Features | None],
) -> list[float | None]:
    """Return a distance at each of ``SCALES``; None where one of the two is too small."""
    pairs = zip(got, style, strict=True)
    return [None if a is None or b is None else distance(a, b) for a, b in pairs]


def _local(own: Own, content: Own, style: Own) -> dict[str, Any]:
    """Return the figures of a picture's pattern, edges and strokes."""
    pattern, rim, brush, there = own.lattice, own.halo, own.strokes, style.strokes
    return {
        "lattice": pattern.energy,
        "lattice_period": pattern.period,
        "lattice_ratio": pattern.energy / max(content.lattice.energy, style.lattice.energy, 1.0),
        "halo": rim and rim.light,
        "fringe": rim and rim.color,
        "stroke_width": brush and brush.width,
        "stroke_length": brush and brush.length,
        "width_ratio": brush.width / there.width if brush and there else None,
        "length_ratio": brush.length / there.length if brush and there else None,
    }


def mirror(picture: Tensor, height: int, width: int) -> Tensor:
    """Return (1, 3, H, W) cut to another size from its middle, and mirrored where it is smaller.

    So the style itself, brush strokes and all, becomes a picture as large as the content.
    """
    x = picture[0].numpy()
    for axis, size in ((1, height), (2, width)):
        lack, spare = max(0, size - x.shape[axis]), max(0, x.shape[axis] - size)
        x = np.take(x, range(spare // 2, spare // 2 + min(size, x.shape[axis])), axis)
        pads = [(0, 0), (0, 0), (0, 0)]
        pads[axis] = (lack // 2, lack - lack // 2)
        x = np.pad(x, pads, mode="symmetric")
    return torch.from_numpy(np.ascontiguousarray(x))[None]
