"""Halftone: a comic printed in four screened inks, with bold outlines, on cheap paper."""

import cv2
import numpy as np

from .flats import flats, outlines
from .noise import Array, blur, fibres, fractal, generator, ramp
from .palette import adjust, over, rgb

FINE = 3
INKS = ("#00a4e4", "#ec1688", "#ffe600", "#1c1a20")
ANGLES = (15.0, 75.0, 0.0, 45.0)


def halftone(
    picture: Array,
    *,
    cell: float | None = None,
    tints: int = 14,
    outline: float | None = None,
    seed: int = 0,
) -> Array:
    """Return the picture as a printed comic, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        cell: distance of the screens' dots in pixels; None: a 95th of the longer side.
        tints: number of flat colours before screening; 0: gradations stay.
        outline: width of the ink lines in pixels; None: a 250th of the longer side, 0: none.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    longer = max(height, width)
    cell = (cell or max(3.0, longer / 95)) * FINE
    line = (longer / 250 if outline is None else outline) * FINE
    rng = generator(seed, 91)
    fine = cv2.resize(picture, (width * FINE, height * FINE), interpolation=cv2.INTER_LINEAR)
    flat, drawn = fine, np.zeros(fine.shape[:2], np.float32)
    if tints:
        labels, colors = flats(fine, tints, cell * 0.06, seed)
        flat = 0.65 * colors[labels] + 0.35 * blur(fine, cell * 0.3)
        drawn = outlines(fine, labels, colors, line, rng)
    printed = screen(adjust(flat, chroma=1.15), cell, rng)
    sheet = over(printed, INKS[3], drawn * 0.96) * _paper(drawn.shape, cell, rng)
    return np.clip(cv2.resize(sheet, (width, height), interpolation=cv2.INTER_AREA), 0, 1).astype(
        np.float32
    )


def separate(picture: Array) -> Array:
    """Return the ink (H, W, 4) in [0, 1]: cyan, magenta, yellow, black."""
    cmy = 1 - picture
    black = np.clip((cmy.min(-1) - 0.5) / 0.5, 0, 1)
    rest = np.clip((cmy - black[..., None]) / np.maximum(1 - black[..., None], 1e-3), 0, 1)
    return np.dstack([rest, black]).astype(np.float32)


def screen(picture: Array, cell: float, rng: np.random.Generator) -> Array:
    """Return a picture in dots ``cell`` pixels apart, one screen per ink, slightly out of register."""
    shape = picture.shape[:2]
    amounts = separate(picture)
    sheet = np.ones((*shape, 3), np.float32)
    for index, (ink, angle) in enumerate(zip(INKS, ANGLES, strict=True)):
        slip = rng.normal(0, cell * 0.09, 2)
        dots = _dots(amounts[..., index], cell, angle, slip)
        starved = 1 - 0.10 * np.abs(fractal(shape, cell * 0.6, rng, roughness=1.2)) * dots
        strength = dots * starved * (1 + 0.05 * fractal(shape, cell * 25, rng))
        sheet = sheet * (1 - np.clip(strength, 0, 1)[..., None] * (1 - rgb(ink)))
    return sheet


def _dots(amount: Array, cell: float, degrees: float, slip: Array) -> Array:
    """Return one ink's dots (H, W): they grow with the amount; above one half, holes shrink."""
    y, x = np.mgrid[: amount.shape[0], : amount.shape[1]].astype(np.float32)
    a = np.deg2rad(degrees)
    u = ((x + slip[0]) * np.cos(a) + (y + slip[1]) * np.sin(a)) * 2 * np.pi / cell
    v = (-(x + slip[0]) * np.sin(a) + (y + slip[1]) * np.cos(a)) * 2 * np.pi / cell
    spot = 0.5 + 0.25 * (np.cos(u) + np.cos(v))
    threshold = np.clip(1.0 - amount**0.9, 0, 1)
    soft = 1.6 / cell
    return np.where(
        amount < 0.03, 0, np.where(amount > 0.97, 1, ramp(spot - threshold, -soft, soft))
    )


def _paper(shape: tuple[int, ...], cell: float, rng: np.random.Generator) -> Array:
    """Return the sheet (H, W, 3): warm, mottled, with dark hairs."""
    at = (shape[0], shape[1])
    mottle = (
        1
        + 0.012 * fractal(at, cell * 0.5, rng, roughness=1.2)
        + 0.012 * fractal(at, cell * 30, rng)
    )
    hairs = fibres(at, cell * 1.6, round(at[0] * at[1] / (cell * 5) ** 2), rng)
    return (rgb("#f8f0dc") * mottle[..., None] * (1 - 0.10 * hairs[..., None])).astype(np.float32)
