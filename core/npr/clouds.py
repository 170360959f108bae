"""Random fields that are read by windows at places of a canvas, and go on around where it wraps."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from ..tiling import Box
from .noise import Array, fractal, normalize
from .picture import Wraps

MOST = 1024
"""Cells along a side after which a field repeats, where its canvas does not wrap earlier."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """Cloudy noise, mean 0, deviation 1."""

    cells: Array
    """(rows, columns): one period."""
    step: tuple[float, float]
    """Pixels from one cell to the next, along y and x."""

    def read(self, box: Box) -> Array:
        """Return a window, (h, w)."""
        if self.step == (1.0, 1.0):
            rows = np.arange(box.top, box.bottom) % self.cells.shape[0]
            columns = np.arange(box.left, box.right) % self.cells.shape[1]
            return self.cells[rows[:, None], columns]
        y, x = (
            (((np.arange(start, stop) + 0.5) / step - 0.5) % count).astype(np.float32)
            for start, stop, step, count in zip(
                (box.top, box.left),
                (box.bottom, box.right),
                self.step,
                self.cells.shape,
                strict=True,
            )
        )
        shape = (box.height, box.width)
        return cv2.remap(
            self.cells,
            np.broadcast_to(x[None], shape),
            np.broadcast_to(y[:, None], shape),
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_WRAP,
        )

    def at(self, x: Array, y: Array) -> Array:
        """Return the nearest values at places (M,) of pixels."""
        row, column = (
            _turn((v if step == 1 else (v + 0.5) / step).astype(np.int32), count)
            for v, step, count in zip((y, x), self.step, self.cells.shape, strict=True)
        )
        return np.take(self.cells, row * self.cells.shape[1] + column)


def _turn(cells: NDArray[np.int32], count: int) -> NDArray[np.int32]:
    """Return numbers of cells that go on around after ``count``."""
    return cells % count if len(cells) and int(cells.max()) >= count else cells


def clouds(
    shape: tuple[int, int],
    wavelength: float | tuple[float, float],
    rng: np.random.Generator,
    *,
    roughness: float = 1.6,
    wraps: Wraps = (False, False),
) -> Clouds:
    """Return noise for a canvas of a height and width; for the rest see ``noise.fractal``."""
    waves = wavelength if isinstance(wavelength, tuple) else (wavelength, wavelength)
    counts, steps = list[int](), list[float]()
    for side, wave, wrap in zip(shape, waves, wraps, strict=True):
        fine = max(1.0, wave / 24)
        total = max(1, round(side / fine))
        repeats = max(1, -(-total // MOST))
        count = max(1, round(total / repeats))
        counts.append(count)
        steps.append(side / (count * repeats) if wrap else fine)
    cells = fractal(
        (counts[0], counts[1]),
        (waves[0] / steps[0], waves[1] / steps[1]),
        rng,
        roughness=roughness,
    )
    return Clouds(cells, (steps[0], steps[1]))


def rough(
    shape: tuple[int, int], tooth: float, rng: np.random.Generator, wraps: Wraps = (False, False)
) -> Clouds:
    """Return rough paper's height, mean 0, deviation 1; ``tooth`` is its grain in pixels."""
    felt = clouds(shape, tooth, rng, roughness=2.4, wraps=wraps)
    size = felt.cells.shape
    waves = (tooth / felt.step[0], tooth / felt.step[1])
    coarse = fractal(size, (waves[0] * 2.2, waves[1] * 2.2), rng, roughness=2.4)
    grain = fractal(size, waves, rng, roughness=2.0)
    return Clouds(normalize(coarse * 0.6 - np.abs(grain)), felt.step)
