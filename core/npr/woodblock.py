"""Colour woodblock print: flat tints printed from wood, a dark key block, hand-made paper."""

import cv2
import numpy as np

from .flats import flats, outlines
from .noise import Array, blur, fibres, fractal, generator, paper, ramp, warp
from .palette import Color, adjust, from_lab, over, to_lab

FINE = 2


def woodblock(
    picture: Array,
    *,
    tints: int = 12,
    ink: Color = "#1a2238",
    outline: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture as a colour woodblock print, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        tints: number of colour blocks.
        ink: colour of the key block's lines.
        outline: width of those lines in pixels; None: a 240th of the longer side, 0: none.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    unit = max(height, width) / 704 * FINE
    rng = generator(seed, 31)
    fine = cv2.resize(picture, (width * FINE, height * FINE), interpolation=cv2.INTER_CUBIC)
    wander = [fractal(fine.shape[:2], 60 * unit, rng, roughness=2.5) * 1.1 * unit for _ in range(2)]
    fine = warp(np.clip(fine, 0, 1), *wander)
    labels, colors = flats(fine, tints, unit * 1.5, seed)
    printed = _print(colors[labels], fine, unit, rng)
    width_of_line = unit * 704 / 240 if outline is None else outline * FINE
    key = outlines(fine, labels, colors, width_of_line, rng)
    sheet = over(printed, ink, key * 0.94)
    return np.clip(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA), 0, 1)


def _print(flat: Array, picture: Array, unit: float, rng: np.random.Generator) -> Array:
    """Return the tints as printed from wood: wiped gradation, grain, mottle of the baren."""
    shape = flat.shape[:2]
    wiped = from_lab(to_lab(flat) * 0.6 + to_lab(blur(picture, unit * 10)) * 0.4)
    bend = fractal(shape, (160 * unit, 300 * unit), rng, roughness=3)
    y = np.arange(shape[0], dtype=np.float32)[:, None] / unit
    rings = np.sin((y * 0.52 + bend * 16) + 0.8 * fractal(shape, (8 * unit, 260 * unit), rng))
    grain = fractal(shape, (1.3 * unit, 90 * unit), rng, roughness=1.2)
    mottle = fractal(shape, 5 * unit, rng, roughness=1.0)
    felt = paper(shape, 2.2 * unit, rng)
    depth = to_lab(wiped)[..., 0]
    weight = ramp(depth, 99, 70)
    lifted = adjust(wiped, light=weight * (1.9 * rings + 2.2 * grain + 1.6 * mottle) + 1.6 * felt)
    hairs = fibres(shape, 26 * unit, round(shape[0] * shape[1] / (unit * 42) ** 2), rng)
    speckled = ramp(felt + 0.9 * grain, 1.9, 3.0) * weight
    return over(over(lifted, "#f4e8cf", 0.55 * speckled), "#b59b70", 0.22 * hairs)
