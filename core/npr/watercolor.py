"""Watercolour: transparent washes, darker at their edges, that bleed and settle in the paper's grain.

After A. Bousseau et al., "Interactive watercolor rendering with temporal coherence and abstraction",
NPAR 2006: pigment density d modifies a colour C to C (1 - (1 - C)(d - 1)). Departures: two abstractions
of the picture, a wet and a dry one, are laid over each other as glazes, and wet blooms push pigment
outward.
"""

import cv2
import numpy as np

from .noise import Array, blur, fractal, generator, paper, ramp, warp
from .palette import adjust, over, to_lab

FINE = 2


def watercolor(
    picture: Array,
    *,
    wet: float = 1.0,
    grain: float = 1.0,
    scale: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture in watercolour, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        wet: strength of bleeding and blooms.
        grain: amount of pigment that settles in the paper.
        scale: size of its features; None: 1 for a picture whose longer side has 704 pixels.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    unit = FINE * (scale or max(height, width) / 704)
    fine = cv2.resize(picture, (width * FINE, height * FINE), interpolation=cv2.INTER_CUBIC)
    fine = adjust(np.clip(fine, 0, 1), light=3, chroma=1.12)
    rng = generator(seed, 81)
    soft = _bleed(abstract(fine, 9 * unit), 14 * unit * wet, unit, rng)
    crisp = _bleed(abstract(fine, 3 * unit), 2.6 * unit, unit, rng)
    glazed = 0.42 * soft + 0.58 * crisp
    density = (
        1
        + _pool(crisp, unit)
        + 0.8 * _pool(soft, 2.5 * unit)
        + _settle(fine.shape[:2], unit, wet, grain, rng)
    )
    sheet = paper(fine.shape[:2], 2.3 * unit, rng)
    density += 0.13 * grain * sheet * ramp(to_lab(glazed)[..., 0], 100, 55)
    d = np.clip(density, 0.25, 2.6)[..., None]
    washed = np.clip(glazed * (1 - (1 - glazed) * (d - 1)), 0, 1)
    washed = over(washed, "#fbf8f0", _dry(crisp, sheet, unit, rng))
    lit = washed * (1 + 0.012 * sheet[..., None]) * np.array((1.0, 0.995, 0.975), np.float32)
    return np.clip(cv2.resize(lit, (width, height), interpolation=cv2.INTER_AREA), 0, 1).astype(
        np.float32
    )


def abstract(picture: Array, reach: float) -> Array:
    """Return the picture in even washes: colours averaged within ``reach`` pixels, edges kept."""
    small = max(1.0, reach / 6)
    size = tuple(max(1, round(side / small)) for side in picture.shape[1::-1])
    coarse = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    for _ in range(3):
        coarse = cv2.bilateralFilter(coarse, 9, 0.10, 4, borderType=cv2.BORDER_REFLECT)
    big = cv2.resize(coarse, picture.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(_sharpen(big, small), 0, 1)


def _sharpen(picture: Array, radius: float) -> Array:
    """Sharpen soft borders to steps (a shock filter by medians)."""
    size = 2 * max(1, round(radius)) + 1
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    bright, dark = cv2.dilate(picture, window), cv2.erode(picture, window)
    grey = blur(picture.mean(-1), radius)
    nearer = ramp((bright.mean(-1) - grey) - (grey - dark.mean(-1)), 0.012, -0.012)[..., None]
    return dark + (bright - dark) * nearer


def _bleed(picture: Array, reach: float, unit: float, rng: np.random.Generator) -> Array:
    """Return the washes with wandering, feathered borders."""
    shape = picture.shape[:2]
    wide = [fractal(shape, 40 * unit, rng, roughness=2.6) * reach * 0.5 for _ in range(2)]
    fine = [fractal(shape, 9 * unit, rng, roughness=2.2) * reach * 0.10 for _ in range(2)]
    return warp(blur(picture, 0.5 * unit), wide[0] + fine[0], wide[1] + fine[1])


def _pool(washes: Array, unit: float) -> Array:
    """Return the pigment gathered along the inner side of every wash's border."""
    grey = washes.mean(-1)
    rim = blur(grey, 2.2 * unit) - grey
    line = np.maximum(blur(grey, 0.9 * unit) - grey, 0)
    return np.clip(3.0 * np.maximum(rim, 0) + 5.0 * line - 0.8 * np.maximum(-rim, 0), -0.25, 0.8)


def _settle(
    shape: tuple[int, int], unit: float, wet: float, grain: float, rng: np.random.Generator
) -> Array:
    """Return pigment moved by water: large pools, blooms with a dark rim, granulation."""
    pool = fractal(shape, 130 * unit, rng, roughness=1.7)
    level = fractal(shape, 75 * unit, rng, roughness=1.25)
    inside = ramp(level, 0.9, 1.25)
    rim = np.exp(-(((level - 0.88) / 0.055) ** 2)) * ramp(fractal(shape, 90 * unit, rng), -0.4, 0.8)
    granules = fractal(shape, 1.6 * unit, rng, roughness=1.3) * ramp(
        fractal(shape, 60 * unit, rng), -1, 1.2
    )
    return 0.23 * pool + wet * (0.36 * rim - 0.26 * inside) + 0.13 * grain * granules


def _dry(washes: Array, sheet: Array, unit: float, rng: np.random.Generator) -> Array:
    """Return the white paper: gaps between some washes, sparkles of dry brush."""
    grey = washes.mean(-1)
    size = 2 * max(1, round(0.9 * unit)) + 1
    window = np.ones((size, size), np.uint8)
    steep = blur(cv2.dilate(grey, window) - cv2.erode(grey, window), 0.4 * unit)
    some = ramp(fractal(grey.shape, 70 * unit, rng), 0.55, 1.0)
    streak = fractal(grey.shape, (14 * unit, 45 * unit), rng, roughness=2)
    sparkle = ramp(-sheet + 0.8 * streak, 2.3, 3.1) * ramp(
        fractal(grey.shape, 150 * unit, rng), 0.5, 1.2
    )
    return np.maximum(0.5 * ramp(steep, 0.12, 0.26) * some, 0.45 * sparkle)
