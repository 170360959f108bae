"""Where a state lies on a relief: snow on top, rust in creases. From a height map or a normal map to a mask.

A normal map is integrated to heights (Frankot & Chellappa, "A Method for Enforcing Integrability in Shape
from Shading", 1988). Both borders of a map meet, as those of a texture that tiles do; where they do not,
nothing but the rim is wrong.
"""

from os import PathLike

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling
from PIL.Image import fromarray as to_picture
from scipy.fft import irfft2, rfft2
from scipy.ndimage import fourier_gaussian, gaussian_filter

from ..color import Floats
from .image import MAX_PIXELS, load_image
from .normals import is_normal_map

Plane = NDArray[np.float32]
"""(H, W)."""
LIES = ("everywhere", "top", "creases")
REACHES = (64, 12)
"""Sides of a map over the deviations, in pixels, of what a place's height is compared with."""
WIDE = 0.5
"""How much a place's height above the mean of all counts beside that."""
SOFT = 0.35
"""Half the width of a mask's edge, in deviations of what decides."""
FLAT = 0.02
"""Deviation of heights, in pixels, below which a normal map has no relief."""


def read_heights(
    path: str | PathLike[str], size: tuple[int, int], *, max_pixels: int = MAX_PIXELS
) -> Plane:
    """Return the heights (H, W) in a height map or a normal map, for a picture of ``size``; higher is nearer.

    Raises:
        PictureError: if it cannot be read.
    """
    rgb = load_image(path, space="srgb", max_pixels=max_pixels).rgb[0]
    heights = integrate(rgb) if is_normal_map(rgb) else rgb.mean(0)
    if heights.shape == size:
        return heights
    resized = to_picture(heights).resize((size[1], size[0]), Resampling.BICUBIC)
    return np.asarray(resized, np.float32)


def integrate(rgb: Floats) -> Plane:
    """Return the heights (H, W), in pixels, mean 0, of a normal map (3, H, W) in [0, 1].

    Whether its green points up (OpenGL) or down (DirectX) is seen by itself: slopes of a real relief have
    no curl, and with the wrong green they have.
    """
    x, y, z = 2 * rgb.astype(np.float64) - 1
    steep = 1 / np.clip(z, 0.15, None)
    across, along = -x * steep, y * steep  # OpenGL: the picture's rows go down, green goes up
    return _solve(across, along if _curl(across, along) <= _curl(across, -along) else -along)


def _curl(across: NDArray[np.float64], along: NDArray[np.float64]) -> float:
    across, along = (gaussian_filter(slope, 1, mode="wrap") for slope in (across, along))
    around = np.gradient(across, axis=0) - np.gradient(along, axis=1)
    return float(np.mean(around**2))


def _solve(across: NDArray[np.float64], along: NDArray[np.float64]) -> Plane:
    """Return the heights whose slopes are nearest to those given."""
    fy = 2 * np.pi * np.fft.fftfreq(across.shape[0])[:, None]
    fx = 2 * np.pi * np.fft.rfftfreq(across.shape[1])[None]
    square = fx * fx + fy * fy
    square[0, 0] = 1
    found = -1j * (fx * np.fft.rfft2(across) + fy * np.fft.rfft2(along)) / square
    found[0, 0] = 0
    heights = np.fft.irfft2(found, s=across.shape)
    return (heights if heights.std() > FLAT else np.zeros_like(heights)).astype(np.float32)


def lie(heights: Plane, where: str, cover: float, chance: Plane | float = 0.0) -> Plane:
    """Return where something lies (H, W) in [0, 1], on about ``cover`` of the area; all over flat ground.

    Args:
        heights: (H, W), in any unit.
        where: ``top`` (what stands out), ``creases`` (what lies lower than around) or ``everywhere``.
        cover: share of the area, [0, 1].
        chance: what is added to the deviations by which a place stands out, or lies low, (H, W).
    """
    out = stand_out(heights)
    score = (-out if where == "creases" else out) + chance
    if where == "everywhere" or cover >= 1 or not score.any():
        return np.ones_like(heights, np.float32)
    edge = float(np.quantile(score, 1 - cover))
    t = np.clip((score - edge) / (2 * SOFT) + 0.5, 0, 1)
    return (t * t * (3 - 2 * t) if cover > 0 else np.zeros_like(t)).astype(np.float32)


def _in_deviations(above: Plane) -> Plane:
    spread = float(above.std())
    return above / spread if spread > 1e-6 else np.zeros_like(above)


def stand_out(heights: Plane) -> Plane:
    """Return by how many deviations each place stands higher than its surroundings, near and far (H, W).

    All 0 on flat ground.
    """
    score = WIDE * _in_deviations(heights - heights.mean())
    for share in REACHES:
        score = score + _in_deviations(heights - blur(heights, min(heights.shape) / share))
    return blur(score, min(heights.shape) / 1024)


def blur(plane: Plane, sigma: float) -> Plane:
    """Return a plane (H, W) blurred by a Gaussian of ``sigma`` pixels; its borders meet.

    By its spectrum: a wide one takes no longer than a narrow one.
    """
    mean = plane.mean()
    spectrum = fourier_gaussian(rfft2(plane - mean), sigma, plane.shape[1])
    return (irfft2(spectrum, s=plane.shape) + mean).astype(np.float32)
