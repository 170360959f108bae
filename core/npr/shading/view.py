"""Where a render's camera stands, found from its passes: no file has to tell."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from .highlight import unit

Kind = Literal["perspective", "orthographic", "panorama"]
MOST = 4000
"""How many pixels are looked at."""
FITS = 0.3
"""Pixels by which a straight camera's picture may miss, on the average."""
ROUND = 0.5
"""Pixels by which a panorama's rays may miss those of one that goes all the way round, on the average."""
FLAT = 1e-4
"""Of the depth's range in the picture: how far behind the camera's plane the centre must be to be near."""


@dataclass(frozen=True, slots=True)
class Eye:
    """A camera: what it is, where it stands, and how large a pixel is."""

    kind: Kind
    place: NDArray[np.float64]
    """(3,), in the world; of an orthographic camera the direction toward it."""
    pixel: float
    """Size of a pixel: at distance 1, or of an orthographic camera at any; scene units."""
    sure: bool = True
    """Whether the picture told it."""
    around: bool = False
    """Whether a panorama goes all the way round, so that its left and right borders are neighbours."""

    def view(self, position: Floats) -> Floats:
        """Return unit vectors (H, W, 3) from positions toward the camera."""
        place = self.place.astype(np.float32)
        if self.kind == "orthographic":
            return np.broadcast_to(place, position.shape)
        return unit(place - position)

    def footprint(self, depth: Floats) -> Floats:
        """Return the size of a pixel at depths (H, W), scene units."""
        if self.kind == "orthographic":
            return np.full(depth.shape, self.pixel, np.float32)
        return depth * np.float32(self.pixel)


def find_eye(position: Floats, depth: Floats, normal: Floats) -> Eye:
    """Return the camera that sees positions (H, W, 3) at the pixels where they are.

    A straight camera's matrix is fitted to places and pixels (direct linear transformation: Hartley &
    Zisserman, "Multiple View Geometry", 2004, section 7.1); a panorama's centre lies at the depths'
    distances. What lies in one plane does not tell: then it is taken to be seen from the front, from far.

    Args:
        position: (H, W, 3), in the world.
        depth: (H, W), scene units: along the camera's axis, in a panorama the distance; what is beyond 1e9 is
            nothing.
        normal: (H, W, 3), toward the camera.
    """
    here = np.flatnonzero(depth < 1e9)
    here = here[np.linspace(0, len(here) - 1, min(MOST, len(here))).astype(np.intp)]
    away = normal.reshape(-1, 3)[here].astype(np.float64)
    points = position.reshape(-1, 3)[here].astype(np.float64)
    rows, columns = np.divmod(here, depth.shape[1])
    if len(here) < 12:
        return _facing(position, depth, away)
    middle, scale = points.mean(0), max(float(points.std()), 1e-12)
    flat = (points - middle) / scale
    if np.linalg.svd(flat, compute_uv=False)[-1] < 1e-4 * np.sqrt(len(flat)):
        return _facing(position, depth, away)
    matrix, missed = _fit(flat, np.stack([columns, rows], 1).astype(np.float64))
    if missed < FITS:
        return _straight(matrix, middle, scale, away)
    away_by = depth.ravel()[here].astype(np.float64) / scale
    found = _panorama(flat, away_by, middle, scale, depth.shape[1])
    if found is None:
        return _facing(position, depth, away)
    return replace(found, around=_goes_round(points - found.place, rows, columns, depth.shape))


def _facing(position: Floats, depth: Floats, away: NDArray[np.float64]) -> Eye:
    """Return the camera that looks straight at surfaces."""
    way = away.sum(0)
    length = float(np.linalg.norm(way))
    here = depth < 1e9
    pairs = here[:, 1:] & here[:, :-1]
    steps = np.linalg.norm(np.diff(position, axis=1), axis=-1)[pairs]
    pixel = float(np.median(steps)) if len(steps) else 1.0
    place = way / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    return Eye("orthographic", place, max(pixel, 1e-9), sure=False)


def _fit(
    points: NDArray[np.float64], pixels: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return a camera's matrix (3, 4), and by how many pixels it misses on the average."""
    shift, size = pixels.mean(0), max(float(pixels.std()), 1e-12)
    u, v = ((pixels - shift) / size).T
    one = np.concatenate([points, np.ones((len(points), 1))], 1)
    none = np.zeros_like(one)
    rows = np.concatenate(
        [np.hstack([one, none, -u[:, None] * one]), np.hstack([none, one, -v[:, None] * one])]
    )
    matrix = np.linalg.eigh(rows.T @ rows)[1][:, 0].reshape(3, 4)
    seen = one @ matrix.T
    deep = np.where(np.abs(seen[:, 2:]) < 1e-12, 1e-12, seen[:, 2:])
    missed = np.hypot(*(seen[:, :2] / deep - np.stack([u, v], 1)).T) * size
    denormal = np.array([[size, 0, shift[0]], [0, size, shift[1]], [0, 0, 1]])
    return denormal @ matrix, float(np.median(missed))


def _straight(
    matrix: NDArray[np.float64], middle: NDArray[np.float64], scale: float,
    away: NDArray[np.float64],
) -> Eye:  # fmt: skip
    """Return the perspective or orthographic camera of a matrix that was fitted to scaled points."""
    centre = np.linalg.svd(matrix)[2][-1]
    third = np.linalg.norm(matrix[2, :3])
    if abs(centre[3]) < FLAT * np.linalg.norm(centre[:3]):
        way = centre[:3] / np.linalg.norm(centre[:3])
        way *= np.sign((away @ way).sum()) or 1
        turned = matrix[0, :3] / matrix[2, 3]
        return Eye("orthographic", way, scale / float(np.linalg.norm(turned)))
    place = centre[:3] / centre[3]
    focal = np.linalg.norm(np.cross(matrix[0, :3], matrix[2, :3])) / third**2
    return Eye("perspective", middle + place * scale, 1 / float(focal))


def _panorama(
    points: NDArray[np.float64], depth: NDArray[np.float64], middle: NDArray[np.float64],
    scale: float, width: int,
) -> Eye | None:  # fmt: skip
    """Return the camera whose distance from points is their depth: |p|² - d² = 2 p·c - |c|²."""
    rows = np.concatenate([2 * points, -np.ones((len(points), 1))], 1)
    found = np.linalg.lstsq(rows, (points**2).sum(1) - depth**2, rcond=None)[0][:3]
    missed = np.abs(np.linalg.norm(points - found, axis=1) - depth)
    if float(np.median(missed)) > 0.01 * float(np.median(depth)):
        return None
    return Eye("panorama", middle + found * scale, 2 * np.pi / width)


def _goes_round(
    rays: NDArray[np.float64], rows: NDArray[np.intp], columns: NDArray[np.intp],
    shape: tuple[int, ...],
) -> bool:  # fmt: skip
    """Return whether rays (N, 3) through pixels are those of a whole equirectangular one."""
    polar, turn = np.pi * (rows + 0.5) / shape[0], 2 * np.pi * (columns + 0.5) / shape[1]
    whole = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], 1)
    seen = rays / np.maximum(np.linalg.norm(rays, axis=1, keepdims=True), 1e-12)
    left, _, right = np.linalg.svd(whole.T @ seen)
    missed = np.linalg.norm(whole @ left @ right - seen, axis=1)
    return float(np.median(missed)) < ROUND * np.pi / shape[0]
