"""Random fields for painters: clouds, grain, fibres, ridges.

All fields are filtered white noise, so they have no lattice and no repeated tile inside a picture;
they are continuous across the picture's borders.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""Numbers of a picture, float32 unless said otherwise."""


def generator(seed: int, *keys: int) -> np.random.Generator:
    """Return a generator for one part of a painting, the same for equal ``seed`` and ``keys``."""
    return np.random.default_rng([seed & 0xFFFFFFFF, *keys])


def fractal(
    shape: tuple[int, int],
    wavelength: float | tuple[float, float],
    rng: np.random.Generator,
    *,
    roughness: float = 1.6,
) -> Array:
    """Return cloudy noise (H, W), mean 0, deviation 1.

    Args:
        shape: height and width.
        wavelength: size of the largest features, pixels; two numbers (along y, x) stretch them.
        rng: the numbers' source.
        roughness: exponent of the fall of finer features; 1 is grainy, 3 is smooth.
    """
    along_y, along_x = wavelength if isinstance(wavelength, tuple) else (wavelength, wavelength)
    fy = np.fft.fftfreq(shape[0])[:, None] * along_y
    fx = np.fft.rfftfreq(shape[1])[None, :] * along_x
    power = (1 + (fy * fy + fx * fx)) ** (-(roughness + 1) / 2)
    spectrum = np.fft.rfft2(rng.standard_normal(shape)) * power
    spectrum[0, 0] = 0
    return normalize(np.fft.irfft2(spectrum, s=shape))


def normalize(field: NDArray[np.floating]) -> Array:
    """Return a field shifted to mean 0 and scaled to deviation 1; a constant field gives zeros."""
    spread = float(field.std())
    return ((field - field.mean()) / (spread if spread > 1e-9 else 1.0)).astype(np.float32)


def line(length: int, wavelength: float, rng: np.random.Generator, roughness: float = 1.6) -> Array:
    """Return cloudy noise along a line, (length,), mean 0, deviation 1."""
    return fractal((1, length), wavelength, rng, roughness=roughness)[0]


def ramp(field: NDArray[np.floating] | float, low: float, high: float) -> Array:
    """Return 0 below ``low``, 1 above ``high``, and a smooth step between; low may exceed high."""
    t = np.clip((np.asarray(field, np.float32) - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32, copy=False)


def paper(shape: tuple[int, int], tooth: float, rng: np.random.Generator) -> Array:
    """Return rough paper's height (H, W), mean 0, deviation 1; ``tooth`` is its grain, pixels."""
    felt = fractal(shape, tooth * 2.2, rng, roughness=2.4)
    grain = fractal(shape, tooth, rng, roughness=2.0)
    return normalize(felt * 0.6 - np.abs(grain))


def fibres(shape: tuple[int, int], length: float, count: int, rng: np.random.Generator) -> Array:
    """Return short curved hairs as in hand-made paper, (H, W) in [0, 1]."""
    drawn = np.zeros(shape, np.uint8)
    start = rng.random((count, 2)) * (shape[1], shape[0])
    angle, bend = rng.uniform(0, 2 * np.pi, count), rng.normal(0, 1.2, count)
    t = np.linspace(0, 1, 9)
    turn = angle[:, None] + bend[:, None] * t
    step = length * rng.uniform(0.3, 1, (count, 1)) / len(t)
    path = np.stack([np.cos(turn) * step, np.sin(turn) * step], -1).cumsum(1) + start[:, None]
    for hair, ink in zip(
        np.round(path * 16).astype(np.int32), rng.integers(60, 255, count), strict=True
    ):
        cv2.polylines(drawn, [hair], False, int(ink), 1, cv2.LINE_AA, 4)
    return drawn.astype(np.float32) / 255


def warp(picture: Array, dx: Array, dy: Array) -> Array:
    """Return the picture read at (x + dx, y + dy) pixels, mirrored at its borders."""
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]].astype(np.float32)
    return cv2.remap(picture, x + dx, y + dy, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def slopes(field: Array) -> tuple[Array, Array]:
    """Return how much a field (H, W) or (H, W, C) rises per pixel, to the right and downward."""
    across, down = (
        cv2.Sobel(field, cv2.CV_32F, i, 1 - i, scale=0.125, borderType=cv2.BORDER_REFLECT)
        for i in (1, 0)
    )
    return across, down


def blur(field: Array, sigma: float) -> Array:
    """Return a Gaussian blur, ``sigma`` in pixels, mirrored at the borders; 0 returns the field."""
    if sigma <= 0:
        return field
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def pick(
    values: NDArray[Any], places: NDArray[np.integer], axis: int | None = None
) -> NDArray[Any]:
    """Return values at places, all of which there are: a check of them takes a third of the time."""
    return np.take(values, places, axis, mode="clip")


def fetch(table: Array, places: NDArray[np.integer]) -> Array:
    """Return rows of a table (N, C) at places (M,), each column for itself, (C, M).

    To fetch whole rows and turn them takes a third of the time of as many columns.
    """
    if not len(places):
        return np.zeros((table.shape[1], 0), np.float32)
    return np.asarray(cv2.transpose(np.take(table, places, 0, mode="clip")))
