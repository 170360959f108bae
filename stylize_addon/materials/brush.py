"""One brush size for a whole scene: texels per metre of each picture on its surfaces."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...core.request.layer import limit_brush
from .uv_islands import Triangles, areas_of

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
    return Density(float(np.sqrt(cover[good].sum() / area)), area, stretch)


def _measure_stretch(texel: NDArray[np.float64], metre: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ratio of each triangle's texels' longer to shorter side."""
    along = metre.transpose(0, 2, 1) @ np.linalg.inv(texel.transpose(0, 2, 1))  # (N, 3, 2)
    first, second, mixed = (
        (along[..., a] * along[..., b]).sum(1) for a, b in ((0, 0), (1, 1), (0, 1))
    )
    middle, apart = (first + second) / 2, np.hypot((first - second) / 2, mixed)
    return np.sqrt((middle + apart) / np.maximum(middle - apart, 1e-12 * middle)).clip(1, 100)


def brush_sizes(known: Mapping[str, Density]) -> dict[str, float]:
    """Return by how much each picture's brush is larger than was asked, so that all are alike in metres.

    Half of the surface shows pictures with more texels for a metre than the one that gets the asked brush.
    """
    if not known:
        return {}
    texels = np.log([density.texels for density in known.values()])
    order = np.argsort(texels)
    area = np.cumsum(np.array([density.area for density in known.values()])[order])
    low, high = (np.searchsorted(area, area[-1] / 2, side) for side in ("left", "right"))
    ends = texels[order][[low, min(high, len(order) - 1)]]
    return dict(zip(known, map(float, np.exp(texels - ends.mean())), strict=True))


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
