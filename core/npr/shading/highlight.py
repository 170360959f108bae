"""Highlights and rim light on surfaces whose normals are known.

Highlights are of Blinn (1977), cut off hard, and squared or drawn out as in Anjyo & Hiramitsu, "Stylized
Highlights for Cartoon Rendering and Animation", IEEE CG&A 2003. The rim is Fresnel's: Lake et al. 2000, and
the light's side of it as in Barla, Thollot & Markosian, "X-Toon", NPAR 2006.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from .tones import rises, soften

ROUND = (2.0, 1.0, 1.0)
"""Of an outline: the norm in which it is a circle, and how much it counts turns sideways and up."""
LARGEST = np.pi / 4
"""Turn of the surface from a highlight's middle to its edge, at size 1."""
TURNS = (0.0008, 0.003)
"""Turn of the surface per pixel, radians: below the first it is a plane, from the second on it is none."""
UP = np.array([0, 0, 1], np.float32)
ROUNDS = 3
"""How often the light's direction is fitted, each time to the surfaces that it then reaches."""
Vector = NDArray[np.floating]


def draw_highlight(  # noqa: PLR0913  # where it is, and what it looks like
    normal: Floats, view: Floats, sun: Vector, *, size: float, softness: float = 0.0,
    outline: Sequence[float] = ROUND, moved: tuple[float, float] = (0.0, 0.0),
) -> Floats:  # fmt: skip
    """Return how much of the highlight a pixel shows, (H, W) in [0, 1], antialiased.

    Departure: what is narrower than three pixels is left out: it would be dots along sharp ridges.

    Args:
        normal: (H, W, 3), unit vectors; 0 where there is no surface.
        view: (H, W, 3) or (3,), unit vectors toward the camera.
        sun: (3,), toward the light.
        size: radius, of 45 degrees of the surface's turn; 0: none.
        softness: of its edge, 0 to 1: at 1 it fades from the middle on.
        outline: the norm in which it is a circle, and how much it counts turns to the side and upward.
        moved: how far to the right and up from where the light has it, of 45 degrees of the surface's turn.
    """
    if size <= 0:
        return np.zeros(normal.shape[:2], np.float32)
    middle = _moved(unit(view + np.asarray(sun, np.float32)), *moved)
    cosine = dot(normal, middle)
    reach = _reach(normal, middle, cosine, size * LARGEST, outline, 2 * (1 + softness))
    shown = (1 - soften(reach, 1.0, 2 * softness)) * (cosine > 0)
    return opened(shown.astype(np.float32), 3)


def _reach(  # of the one function above
    normal: Floats, middle: Floats, cosine: Floats, radius: float, outline: Sequence[float],
    most: float,
) -> Floats:  # fmt: skip
    """Return how far from a highlight's middle a pixel is, (H, W), of its radius; at most ``most``.

    Directions are only looked at where it may matter, which is mostly a small part of a picture.
    """
    widest = min(0.75 * most * radius / _narrowest(outline), np.pi)
    near = cosine > np.cos(widest)
    angle = np.arccos(np.clip(cosine[near], -1, 1))
    if tuple(outline) != ROUND:
        here = normal[near][None]
        about = np.broadcast_to(middle, normal.shape)[near][None]
        angle = angle * _stretch(here, about, outline)[0]
    reach = np.full(cosine.shape, most, np.float32)
    reach[near] = np.minimum(angle / np.float32(radius), most)
    return reach


def opened(mask: Floats, width: int) -> Floats:
    """Return a mask (H, W) without what is narrower than some pixels."""
    square = np.ones((width, width), np.uint8)
    return np.asarray(cv2.morphologyEx(mask, cv2.MORPH_OPEN, square), np.float32)


def _narrowest(outline: Sequence[float]) -> float:
    """Return the least by which an outline counts an angle."""
    power, *shares = outline
    return min(shares) * min(2 ** (1 / power - 0.5), 1)


def _moved(middle: Floats, right: float, up: float) -> Floats:
    """Return a highlight's middle, (H, W, 3) or (3,), moved on the surfaces."""
    if not (right or up):
        return middle
    across, along = _axes(middle)
    return unit(
        middle + (across * np.float32(right) + along * np.float32(up)) * np.float32(LARGEST)
    )


def _axes(middle: Floats) -> tuple[Floats, Floats]:
    """Return unit vectors to the right and up around directions (…, 3)."""
    across = unit(np.cross(np.broadcast_to(UP, middle.shape), middle) + np.float32(1e-9))
    return across, np.cross(middle, across)


def _stretch(normal: Floats, middle: Floats, outline: Sequence[float]) -> Floats:
    """Return by how much an angle counts more, (H, W), by its direction around the highlight's middle."""
    across, along = _axes(middle)
    right, up = dot(normal, across), dot(normal, along)
    length = np.maximum(np.hypot(right, up), 1e-6)
    power, beside, above = (np.float32(part) for part in outline)
    x, y = np.abs(right) / length * beside, np.abs(up) / length * above
    return ((x**power + y**power) ** (1 / power)).astype(np.float32)


def draw_rim(
    normal: Floats, view: Floats, sun: Vector, *, width: float, softness: float = 0.0,
    side: float = 0.0,
) -> Floats:  # fmt: skip
    """Return how much rim light a pixel shows, (H, W) in [0, 1], antialiased.

    Departure: a plane that is seen aslant has none, only surfaces that turn away.

    Args:
        normal: (H, W, 3), unit vectors; 0 where there is no surface.
        view: (H, W, 3) or (3,), unit vectors toward the camera.
        sun: (3,), toward the light.
        width: how far it reaches in from the silhouette, 0 to 1: where the normal's cosine is below it.
        softness: of its inner edge, 0 to 1.
        side: 0 all around, 1 on the side of the light alone, -1 on the other alone.
    """
    facing = np.clip(dot(normal, view), 0, 1)
    shown = soften(1 - facing, 1 - width, softness * width) if width > 0 else np.zeros_like(facing)
    toward = np.asarray(sun, np.float32)[None] * np.float32(np.sign(side) or 1)
    lit = np.asarray(cv2.transform(normal, toward), np.float32)
    reached = np.clip(lit * 2 + 0.5, 0, 1)
    here = dot(normal, normal) > 0
    return (shown * (1 - abs(side) * (1 - reached)) * here * _turning(normal)).astype(np.float32)


def _turning(normal: Floats) -> Floats:
    """Return whether a surface turns around a pixel, (H, W) in [0, 1]: not at all is a plane.

    At the edges of planes normals change too, but only in a thin line, which does not count.
    """
    across, down = rises(normal)
    turn = np.sqrt(dot(across, across) + dot(down, down))
    return np.clip((opened(turn, 5) - TURNS[0]) / (TURNS[1] - TURNS[0]), 0, 1)


def measure_sun(normal: Floats, light: Floats, *, most: int = 20000) -> NDArray[np.float64]:
    """Return the direction toward the light that explains the light on surfaces best, a unit vector (3,).

    Least squares of Lambert's law over the surfaces that are lit; of several lamps it is between them. Where
    no light falls, it is straight up.

    Args:
        normal: (H, W, 3), unit vectors; 0 where there is no surface.
        light: (H, W), how much light falls on each.
        most: how many pixels are looked at.
    """
    here = np.flatnonzero(
        (dot(normal, normal) > 0) & (light > 0.02 * max(float(light.max()), 1e-9))
    )
    here = here[:: max(1, len(here) // most)]
    normals, lights = normal.reshape(-1, 3)[here].astype(np.float64), light.ravel()[here]
    found = np.array([0.0, 0.0, 1.0])
    for round_ in range(ROUNDS):
        lit = np.ones(len(here), bool) if round_ == 0 else normals @ found > 0.1
        if lit.sum() < 3:
            break
        sun = np.linalg.lstsq(normals[lit], lights[lit], rcond=None)[0]
        length = float(np.linalg.norm(sun))
        if length < 1e-6:
            break
        found = np.asarray(sun / length, np.float64)
    return found


def unit(vectors: Floats) -> Floats:
    """Return vectors (…, 3) of length 1; what is 0 stays 0."""
    length = np.maximum(np.sqrt(dot(vectors, vectors)), np.float32(1e-12))
    return scaled(vectors, 1 / length).astype(np.float32, copy=False)


def scaled(vectors: Floats, by: Floats) -> Floats:
    """Return vectors (…, 3) times a number each (…); NumPy takes three times as long."""
    if vectors.ndim == 3 and vectors.dtype == by.dtype == np.float32 and vectors.size:
        return np.asarray(cv2.multiply(vectors, cv2.merge([by] * 3)), np.float32)
    return vectors * by[..., None]


def dot(one: Floats, other: Floats) -> Floats:
    """Return the products of vectors (…, 3), summed: a numpy reduction of three numbers is far slower."""
    if one.ndim == 3 and one.dtype == other.dtype == np.float32 and one.size:
        return np.asarray(cv2.transform(one * other, np.ones((1, 3), np.float32)), np.float32)
    return one[..., 0] * other[..., 0] + one[..., 1] * other[..., 1] + one[..., 2] * other[..., 2]
