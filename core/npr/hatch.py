"""Engraving: lines that follow the forms, wider where it is darker, and crossed where it is darkest.

Lines keep their distance as in B. Jobard and W. Lefer, "Creating Evenly-Spaced Streamlines of
Arbitrary Density", 1997. Departure: free space is a picture of occupied pixels, not a grid of sample
points.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from .flow import along_forms, sample, trace, turn
from .noise import Array, blur, fibres, fractal, generator, paper, ramp
from .palette import Color, from_lab, over, rgb, to_lab

FINE = 3
LAYERS = ((0.0, 0.03, 0.74), (62.0, 0.55, 0.40), (-34.0, 0.80, 0.30))
"""Of each layer: turn against the forms (degrees), darkness where it begins, boldest line (gaps)."""


def engraving(  # noqa: PLR0913  # each is a choice of the engraver
    picture: Array, *, flow: Array | None = None, gap: float | None = None, ink: Color = "#1d1f2e",
    sheet: Color = "#f1e5cb", tint: float = 0.8, seed: int = 0,
) -> Array:  # fmt: skip
    """Return the picture engraved, and tinted by hand, (H, W, 3) in [0, 1].

    Args:
        picture: (H, W, 3) in [0, 1].
        flow: directions of the lines, unit vectors (H, W, 2); None: along the picture's forms.
        gap: distance of the lines in pixels; None: a 130th of the longer side.
        ink: colour of the lines.
        sheet: colour of the paper.
        tint: strength of the colour washes, 0 … 1.
        seed: of all randomness.
    """
    height, width = picture.shape[:2]
    gap = gap or max(2.0, max(height, width) / 130)
    rng = generator(seed, 95)
    dark = 1 - to_lab(picture)[..., 0] / 100
    dark = np.clip(0.5 + 1.05 * (dark - float(np.median(dark))), 0, 1)
    field = along_forms(picture, gap * 2.5) if flow is None else flow
    drawn = np.zeros((height * FINE, width * FINE), np.uint8)
    for degrees, begin, bold in LAYERS:
        tone = blur(ramp(dark, begin, 1.0) ** 0.8, gap * 0.25).astype(np.float32)
        lines = space(turn(field, degrees), gap, tone > 0.02, rng)
        _cut(drawn, lines, tone, gap * bold, rng)
    shape = (height, width)
    washed = _tint(picture, shape, gap, rgb(sheet), tint, rng)
    lines = (
        cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    )
    return np.clip(over(washed, ink, lines * (0.93 + 0.04 * fractal(shape, 3, rng))), 0, 1)


def space(
    flow: Array, gap: float, where: NDArray[np.bool_], rng: np.random.Generator
) -> list[Array]:
    """Return lines along the flow, each (K, 2) in pixels, about ``gap`` apart, inside ``where``."""
    height, width = where.shape
    taken = np.zeros((height * 2, width * 2), np.uint8)
    rows, columns = max(1, round(height / gap * 1.5)), max(1, round(width / gap * 1.5))
    starts = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).reshape(
        -1, 2
    ) + rng.random((rows * columns, 2))
    starts = (starts * (width / columns, height / rows)).astype(np.float32)
    starts = rng.permutation(starts[sample(where, starts)])
    step, reach = gap * 0.4, 90
    both = (
        [trace(flow, starts, side * step, reach, 0.2) for side in (-1, 1)]
        if len(starts)
        else [starts[:, None]] * 2
    )
    lines = []
    for back, ahead in zip(*both, strict=True):
        line = np.concatenate([_free(back, taken, where)[:0:-1], _free(ahead, taken, where)])
        if len(line) * step > gap * 2.2:
            lines.append(line)
            fixed = np.round(line * 32).astype(np.int32)
            cv2.polylines(taken, [fixed], False, 255, max(1, round(gap * 2 * 1.5)), cv2.LINE_8, 4)
    return lines


def _free(line: Array, taken: NDArray[np.uint8], where: NDArray[np.bool_]) -> Array:
    """Return the line up to where it leaves the picture or meets another."""
    inside = ((line >= 0) & (line < where.shape[::-1])).all(-1)
    stop = ~inside | (sample(taken, line * 2) > 0) | ~sample(where, line)
    return line[: int(stop.argmax())] if stop.any() else line


def _cut(
    drawn: NDArray[np.uint8], lines: list[Array], tone: Array, bold: float, rng: np.random.Generator
) -> None:
    """Draw the lines as thin shapes with widths by the tone."""
    for line in lines:
        taper = np.minimum(
            1, np.minimum(np.arange(len(line)), np.arange(len(line))[::-1]) / 4 + 0.15
        )
        burr = 1 + 0.10 * np.convolve(rng.normal(0, 1, len(line) + 4), np.ones(5) / 2.2, "valid")
        half = np.maximum(bold * sample(tone, line) * burr, 0.28) * taper * FINE / 2
        tangent = np.gradient(line, axis=0)
        tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-6)
        side = np.stack([-tangent[:, 1], tangent[:, 0]], 1) * half[:, None]
        shape = np.concatenate([line * FINE + side, (line * FINE - side)[::-1]])
        cv2.fillPoly(drawn, [np.round(shape * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)


def _tint(
    picture: Array,
    shape: tuple[int, int],
    gap: float,
    sheet: Array,
    tint: float,
    rng: np.random.Generator,
) -> Array:
    """Return the paper with thin, flat washes of the picture's colours."""
    felt = paper(shape, max(1.2, gap * 0.3), rng)
    bare = np.clip(
        sheet + 0.011 * felt[..., None] + 0.012 * fractal(shape, gap * 30, rng)[..., None], 0, 1
    )
    hairs = fibres(shape, gap * 3, round(shape[0] * shape[1] / (gap * 9) ** 2), rng)
    bare = over(bare, "#9a8058", 0.25 * hairs)
    lab = to_lab(blur(picture, gap * 0.8))
    lab[..., 0] = 66 + 0.32 * lab[..., 0]
    wash = from_lab(lab * (1, 1.05, 1.05)) * (1 + 0.03 * fractal(shape, gap * 12, rng)[..., None])
    return np.clip(bare * (1 - tint) + bare * wash * tint, 0, 1).astype(np.float32)
