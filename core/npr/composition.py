"""Elements of composed pictures: a frame of coordinates, shapes, hills, rays, furrows, leaves.

Everything is drawn as a mask (H, W) in [0, 1] with soft pixel edges; coordinates are (x, y) with y
from 0 at the top to 1 at the bottom and x from 0 to the aspect ratio.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from .noise import Array, fractal, line

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture's size and the coordinates of its pixels, each (H, W)."""

    height: int
    width: int
    x: Array
    y: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    def cloud(self, size: float, rng: np.random.Generator, roughness: float = 1.6) -> Array:
        """Return noise (H, W), mean 0, deviation 1, with features of ``size`` (1 is the height)."""
        return fractal(self.shape, max(size * self.height, 1.0), rng, roughness=roughness)

    def edge(self, distance: NDArray[np.floating]) -> Array:
        """Return a mask, 1 where a distance (in heights) is negative, with an edge of one pixel."""
        return np.clip(0.5 - distance * self.height, 0, 1).astype(np.float32)


def frame(height: int, width: int) -> Frame:
    """Return the frame of a picture."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return Frame(height, width, (x + 0.5) / height, (y + 0.5) / height)


@dataclass(frozen=True, slots=True)
class Scene:
    """A picture: ``color`` (H, W, 3) in [0, 1] and ``flow`` (H, W, 2), its strokes' directions."""

    color: Array
    flow: Array


def disk(f: Frame, center: Point, radius: float) -> Array:
    """Return the mask of a disk."""
    return f.edge(np.hypot(f.x - center[0], f.y - center[1]) - radius)


def ellipse(f: Frame, center: Point, radii: Point, degrees: float = 0) -> Array:
    """Return the mask of an ellipse turned clockwise."""
    a = np.deg2rad(degrees)
    dx, dy = f.x - center[0], f.y - center[1]
    u, v = (
        (dx * np.cos(a) + dy * np.sin(a)) / radii[0],
        (-dx * np.sin(a) + dy * np.cos(a)) / radii[1],
    )
    return f.edge((np.hypot(u, v) - 1) * min(radii))


def polygon(f: Frame, points: Sequence[Point] | NDArray[np.floating]) -> Array:
    """Return the mask of a polygon."""
    drawn = np.zeros(f.shape, np.uint8)
    fixed = np.round((np.asarray(points) * f.height - 0.5) * 64).astype(np.int32)
    cv2.fillPoly(drawn, [fixed], 255, cv2.LINE_AA, 6)
    return drawn.astype(np.float32) / 255


def brushline(
    f: Frame, points: NDArray[np.floating], widths: NDArray[np.floating] | float
) -> Array:
    """Return the mask of a line (K, 2) whose width changes along it."""
    points = np.asarray(points, np.float32)
    half = np.broadcast_to(np.asarray(widths, np.float32) / 2, points.shape[:1])[:, None]
    tangent = np.gradient(points, axis=0)
    tangent /= np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    side = np.stack([-tangent[:, 1], tangent[:, 0]], 1) * half
    return polygon(f, np.concatenate([points + side, (points - side)[::-1]]))


def leaf(f: Frame, foot: Point, tip: Point, width: float, bend: float = 0.0) -> Array:
    """Return the mask of a pointed leaf, curved by ``bend`` times its length."""
    a, b = np.asarray(foot), np.asarray(tip)
    side = np.array([a[1] - b[1], b[0] - a[0]]) * bend
    points = curve([tuple(a), tuple((a + b) / 2 + side), tuple(b)], 24)
    return brushline(f, points, width * np.sin(np.pi * np.linspace(0.0, 1, 24) ** 0.85) ** 0.9)


def curve(controls: Sequence[Point], count: int = 40) -> Array:
    """Return points (count, 2) of a smooth curve through control points (Catmull-Rom)."""
    c = np.asarray(controls, np.float32)
    c = np.concatenate([2 * c[:1] - c[1:2], c, 2 * c[-1:] - c[-2:-1]])
    at = np.linspace(0, len(c) - 3 - 1e-5, count)
    i, t = at.astype(int), (at % 1)[:, None]
    a, b, d, e = c[i], c[i + 1], c[i + 2], c[i + 3]
    smooth = (
        2 * b + (d - a) * t + (2 * a - 5 * b + 4 * d - e) * t**2 + (3 * b - a - 3 * d + e) * t**3
    )
    return (0.5 * smooth).astype(np.float32)


def ridge(
    f: Frame,
    base: float,
    swing: float,
    size: float,
    rng: np.random.Generator,
    roughness: float = 1.8,
) -> Array:
    """Return a skyline's y (W,); ``swing`` is its deviation, ``size`` its hills' width."""
    return base + swing * line(f.width, max(size * f.height, 1.0), rng, roughness)


def below(f: Frame, skyline: Array) -> tuple[Array, Array]:
    """Return the mask of everything below a skyline (W,) and the depth below it, each (H, W)."""
    depth = f.y - skyline[None, :]
    return f.edge(-depth), depth.astype(np.float32)


def stripes(t: Array, period: float, sharp: float = 1.0) -> Array:
    """Return waves in [-1, 1] along ``t``; a higher ``sharp`` squares them."""
    return np.tanh(np.sin(2 * np.pi * t / period) * sharp) / np.tanh(sharp)


def polar(f: Frame, center: Point) -> tuple[Array, Array]:
    """Return distance and angle (radians, clockwise from the right) around a point."""
    dx, dy = f.x - center[0], f.y - center[1]
    return np.hypot(dx, dy).astype(np.float32), np.arctan2(dy, dx).astype(np.float32)
