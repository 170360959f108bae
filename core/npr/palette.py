"""Colours of a painting: given as hex, mixed in Lab, laid over each other."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array

SHY = 8.0
"""L by which a colour is darker than an ink that is not seen on it."""
Color = str | Sequence[float] | NDArray[np.floating]


def rgb(color: Color) -> Array:
    """Return a colour, ``#rrggbb`` or three numbers in [0, 1], as float32 (3,)."""
    if isinstance(color, str):
        return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255
    return np.asarray(color, np.float32)


def to_lab(picture: NDArray[np.floating]) -> Array:
    """Return Lab of sRGB (…, 3) in [0, 1]: L in [0, 100], a and b about ±100."""
    return _convert(picture, cv2.COLOR_RGB2Lab)


def from_lab(lab: NDArray[np.floating]) -> Array:
    """Return sRGB (…, 3) in [0, 1] of Lab."""
    return np.clip(_convert(lab, cv2.COLOR_Lab2RGB), 0, 1)


def _convert(colors: NDArray[np.floating], code: int) -> Array:
    flat = np.ascontiguousarray(colors, np.float32).reshape(-1, 1, 3)
    return (
        cv2.cvtColor(flat, code).reshape(colors.shape) if len(flat) else flat.reshape(colors.shape)
    )


def gradient(stops: Sequence[Color], t: NDArray[np.floating] | float) -> Array:
    """Return colours (…, 3) at ``t`` in [0, 1] along evenly spaced stops, mixed in Lab."""
    lab = np.stack([to_lab(rgb(stop)) for stop in stops])
    at = np.clip(np.asarray(t, np.float32), 0, 1)
    where = np.linspace(0, 1, len(stops))
    return from_lab(np.stack([np.interp(at, where, lab[:, i]) for i in range(3)], -1))


def over(below: Array, color: Color, mask: NDArray[np.floating]) -> Array:
    """Return (H, W, 3) with a colour or a picture laid over it where ``mask`` (H, W) is 1."""
    mask, laid = np.asarray(mask, np.float32), rgb(color)
    box = _box(mask)
    above = laid[box] if laid.ndim == 3 else laid
    out = below.copy()
    out[box] += (above - below[box]) * mask[box][..., None]
    return out


def ink_on(ink: Color, below: Array) -> Array:
    """Return an ink's colour on what lies below, (…, 3): it lightens nothing darker."""
    laid, dark = to_lab(rgb(ink)[None])[0, 0], to_lab(below)[..., :1]
    heeded = np.clip((dark - laid) / SHY + 1, 0, 1)
    return below + (rgb(ink) - below) * heeded


def _box(mask: Array) -> tuple[slice, slice]:
    """Return the rows and columns in which a mask is not 0."""
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return slice(0, 0), slice(0, 0)
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].any(0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def adjust(
    picture: Array, *, light: NDArray[np.floating] | float = 0, chroma: float = 1, hue: float = 0
) -> Array:
    """Return the picture with L shifted by ``light``, chroma multiplied, hue turned by degrees."""
    lab = to_lab(picture)
    turn = np.deg2rad(hue)
    a, b = lab[..., 1] * chroma, lab[..., 2] * chroma
    lab[..., 0] = np.clip(lab[..., 0] + light, 0, 100)
    lab[..., 1] = a * np.cos(turn) - b * np.sin(turn)
    lab[..., 2] = a * np.sin(turn) + b * np.cos(turn)
    return from_lab(lab)


def vary(
    colors: NDArray[np.floating],
    rng: np.random.Generator,
    light: float,
    chroma: float,
    hue: float = 0,
) -> Array:
    """Return colours (…, 3), each moved at random in Lab.

    Args:
        colors: sRGB in [0, 1].
        rng: the numbers' source.
        light: deviation of L.
        chroma: deviation of a and b.
        hue: deviation of the hue, degrees.
    """
    lab = to_lab(colors)
    turn = rng.normal(0, np.deg2rad(hue), lab.shape[:-1])
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    lab[..., 1] = a * np.cos(turn) - b * np.sin(turn)
    lab[..., 2] = a * np.sin(turn) + b * np.cos(turn)
    return from_lab(lab + rng.normal(0, 1, lab.shape) * (light, chroma, chroma))


def luminance(picture: NDArray[np.floating]) -> Array:
    """Return luma (H, W) of sRGB in [0, 1]."""
    return (picture @ np.array([0.299, 0.587, 0.114])).astype(np.float32)
