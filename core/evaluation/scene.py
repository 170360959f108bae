"""Values and separation: whether the parts of a picture, or the materials of a scene, stay themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from ..color import linear_to_srgb, srgb_to_linear
from ..palette.oklab import to_oklab
from .pixels import Array, check_alike, lab

CELLS = 16
"""Cells on the longest side in which lightness is compared: what the eye sees with half-closed lids."""
SEEN = 2.0
"""Least difference, in OKLab times 100, between two materials that can be told apart."""


@dataclass(frozen=True, slots=True)
class Scene:
    """How materials stand to each other after, against before; None: there was nothing to compare."""

    values: float | None
    """Rank correlation of the materials' lightness, -1 to 1."""
    order_kept: float | None
    """Share of pairs, different enough in lightness before, of which the darker is still the darker."""
    separation: float | None
    """Colour difference between materials, after over before: the mean over pairs that differed."""
    least_separation: float | None
    """The same of the pair that came nearest."""


def values(picture: Array, content: Array) -> float | None:
    """Return the rank correlation of lightness in a picture (3, H, W) and in its content, at low frequencies.

    Both are averaged in cells, ``CELLS`` on the longest side, and the cells ranked by their lightness
    (Spearman): 1 keeps what is lighter and darker, whatever the colours and the contrast; 0 forgets it.
    None: one of them is of one lightness.

    Raises:
        PictureError: if the two sizes differ.
    """
    check_alike(picture, content)
    return rank_correlation(*(average(lab(p)[0]).ravel() for p in (picture, content)))


def average(plane: Array) -> Array:
    """Return the means of a plane (H, W) over cells, ``CELLS`` on its longest side."""
    size = max(plane.shape)
    borders = [
        np.linspace(0, n, max(1, round(CELLS * n / size)) + 1).round().astype(int)
        for n in plane.shape
    ]
    down = np.add.reduceat(plane, np.minimum(borders[0][:-1], plane.shape[0] - 1), 0)
    sums = np.add.reduceat(down, np.minimum(borders[1][:-1], plane.shape[1] - 1), 1)
    return sums / np.maximum(np.outer(np.diff(borders[0]), np.diff(borders[1])), 1)


def rank_correlation(a: Array, b: Array) -> float | None:
    """Return Spearman's rank correlation of two lists, ties sharing their rank; None: one is all ties."""
    ranks = [rankdata(x.round(6)) for x in (a, b)]
    centred = [r - r.mean() for r in ranks]
    norm = float(np.sqrt((centred[0] ** 2).sum() * (centred[1] ** 2).sum()))
    return float((centred[0] * centred[1]).sum()) / norm if norm > 0 else None


def mean_color(picture: Array, weight: Array | None = None) -> Array:
    """Return the mean of a picture (3, H, W) in linear light, as OKLab times 100, (3,).

    Args:
        picture: The picture.
        weight: (H, W), how much each pixel counts: a texture's opacity. Without it, or if all is 0: alike.
    """
    weight = np.ones(picture.shape[1:]) if weight is None or not weight.any() else weight
    mean = (srgb_to_linear(picture) * weight).sum((1, 2)) / weight.sum()
    return 100 * np.asarray(to_oklab(linear_to_srgb(mean)), np.float64)


def compare(before: Sequence[Array], after: Sequence[Array]) -> Scene:
    """Return how the mean colours (OKLab times 100) of a scene's materials stand to each other.

    Args:
        before: Each material's colour as it was.
        after: Each material's colour as it is, in the same order.
    """
    pairs = list(combinations(range(len(before)), 2))
    apart = [(_distance(before, p), _distance(after, p)) for p in pairs]
    ratios = [new / old for old, new in apart if old >= SEEN]
    lights = [(before[i][0] - before[j][0], after[i][0] - after[j][0]) for i, j in pairs]
    kept = [old * new > 0 for old, new in lights if abs(old) >= SEEN]
    light = [np.array([color[0] for color in colors]) for colors in (before, after)]
    return Scene(
        values=rank_correlation(*light),
        order_kept=float(np.mean(kept)) if kept else None,
        separation=float(np.mean(ratios)) if ratios else None,
        least_separation=min(ratios) if ratios else None,
    )


def _distance(colors: Sequence[Array], pair: tuple[int, int]) -> float:
    return float(np.linalg.norm(colors[pair[0]] - colors[pair[1]]))
