"""One brush size for a whole scene: texels per metre of each picture on its surfaces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.request.layer import limit_brush
from .uv_islands import Triangles, areas_of

LEAST_SHARE = 0.4
"""Least share of a picture's side that a brush is measured by."""
STRETCHED = 1.6
"""Stretch of UVs from which on a note says so."""


@dataclass(frozen=True, slots=True)
class Density:
    """The texel density of a picture on its surfaces."""

    texels: float
    """Texels per metre, on average."""
    area: float
    """Area of the surfaces, in square metres."""
    stretch: float
    """Mean ratio of texels' longer to shorter side; 1: square."""
    share: float = 1.0
    """How long what wears it is, in sides of the picture, as it is laid out in it: 1 at most."""


def density_of(triangles: Triangles, size: Sequence[int]) -> Density | None:
    """Return the density of a picture of ``size`` (width, height) on triangles; None if they have no area."""
    texel = (triangles.uv[:, 1:] - triangles.uv[:, :1]).astype(np.float64) * tuple(size)
    metre = (triangles.position[:, 1:] - triangles.position[:, :1]).astype(np.float64)
    cover = np.abs(np.linalg.det(texel)) / 2
    surface = areas_of(triangles.position)
    good = (cover > 1e-9) & (surface > 1e-15)
    if not good.any():
        return None
    area = float(surface[good].sum())
    stretch = float((_measure_stretch(texel[good], metre[good]) * surface[good]).sum() / area)
    texels = float(np.sqrt(cover[good].sum() / area))
    share = _length_of(triangles.position[good], triangles.part[good], surface[good]) * texels
    return Density(texels, area, stretch, float(np.clip(share / max(size), LEAST_SHARE, 1)))


def _length_of(
    position: NDArray[np.float32], part: NDArray[np.int32], area: NDArray[np.float64]
) -> float:
    """Return how long the object is that has the median of the surface: whichever way it is turned.

    A rod of this length, or a sphere of this width, varies as much in its longest direction as it does.
    """
    place = position.astype(np.float64)
    number = np.unique(part, return_inverse=True)[1].ravel()
    whole = np.bincount(number, area)
    total = place.sum(1)  # corners' sum: three times the middle
    middle = np.stack([np.bincount(number, area * x) for x in total.T / 3], 1) / whole[:, None]
    inside = place - middle[number][:, None]
    total = inside.sum(1)
    moments = np.einsum("nci,ncj->nij", inside, inside) + total[:, :, None] * total[:, None]
    spread = np.zeros((len(whole), 3, 3))
    np.add.at(spread, number, moments * (area / 12)[:, None, None])
    lengths = np.sqrt(12 * np.linalg.eigvalsh(spread / whole[:, None, None])[:, -1].clip(0))
    return _middle_of(lengths, whole)


def _middle_of(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted median; half way between two of equal weight."""
    order = np.argsort(values)
    sums = np.cumsum(weights[order])
    low, high = (np.searchsorted(sums, sums[-1] / 2, side) for side in ("left", "right"))
    return float(values[order][[low, min(high, len(order) - 1)]].mean())


def _measure_stretch(texel: NDArray[np.float64], metre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio of each triangle's texels' longer to shorter side."""
    along = metre.transpose(0, 2, 1) @ np.linalg.inv(texel.transpose(0, 2, 1))  # (N, 3, 2)
    first, second, mixed = (
        (along[..., a] * along[..., b]).sum(1) for a, b in ((0, 0), (1, 1), (0, 1))
    )
    middle, apart = (first + second) / 2, np.hypot((first - second) / 2, mixed)
    return np.sqrt((middle + apart) / np.maximum(middle - apart, 1e-12 * middle)).clip(1, 100)


def find_brushes(known: Mapping[str, Density], *, alike: bool, paints: bool) -> dict[str, float]:
    """Return by how much each picture's brush is larger than was asked.

    Args:
        known: The pictures' densities.
        alike: Whether brushes are alike in metres.
        paints: Whether a painter has them, whose brush is a share of what is seen.
    """
    sizes = brush_sizes(known) if alike else dict.fromkeys(known, 1.0)
    shares = shares_of(known, alike=alike) if paints else dict.fromkeys(known, 1.0)
    return {name: sizes[name] * shares[name] for name in known}


def brush_sizes(known: Mapping[str, Density]) -> dict[str, float]:
    """Return by how much each picture's brush is larger than was asked, so that all are alike in metres.

    Half of the surface shows pictures with more texels for a metre than the one that gets the asked brush.
    """
    if not known:
        return {}
    texels = np.log([density.texels for density in known.values()])
    middle = _middle_of(texels, np.array([density.area for density in known.values()]))
    return dict(zip(known, map(float, np.exp(texels - middle)), strict=True))


def shares_of(known: Mapping[str, Density], *, alike: bool) -> dict[str, float]:
    """Return the part of a picture's side that a painter's brush is measured by, for each picture.

    A model is laid out in pieces, so what one sees of it at once is smaller than its picture, and a brush
    that is a share of the picture is too broad for a face. What is ``alike`` has the median surface's share.
    """
    if not known or not alike:
        return {name: density.share for name, density in known.items()}
    share, area = (np.array([getattr(d, n) for d in known.values()]) for n in ("share", "area"))
    return dict.fromkeys(known, float(np.exp(_middle_of(np.log(share), area))))


def warn_of_limits(factors: Mapping[str, float], asked: float) -> Iterable[str]:
    """Yield a sentence for each picture whose brush would be beyond what there is."""
    for name, factor in factors.items():
        wanted, size = asked * factor, limit_brush(asked * factor)
        if not np.isclose(wanted, size):
            yield (
                f"{name}: strokes as large as on the others would be a brush of {wanted:.2g} here; "
                f"{size:g} was taken"
            )


def warn_of_stretch(known: Mapping[str, Density]) -> Iterable[str]:
    """Yield a sentence for each picture whose UVs are stretched."""
    for name, density in known.items():
        if density.stretch > STRETCHED:
            yield (
                f"{name}: its UVs are stretched {density.stretch:.1f} times, and so are the strokes; "
                "scale the islands to mend that"
            )
