"""Light on a relief, which makes paint look thick and glass and tiles raised."""

import numpy as np

from .noise import Array, blur, slopes


def light(
    picture: Array,
    height: Array,
    *,
    depth: float,
    gloss: float = 0.0,
    sharpness: float = 24.0,
    toward: tuple[float, float, float] = (-0.5, -0.65, 0.57),
) -> Array:
    """Return the picture (H, W, 3) lit over its relief, flat parts unchanged.

    Args:
        picture: colours in [0, 1].
        height: relief (H, W), pixels times ``depth``.
        depth: factor on the relief.
        gloss: strength of the highlights.
        sharpness: exponent of the highlights (Blinn-Phong).
        toward: direction to the light: x right, y down, z to the viewer.
    """
    normal = normals(height, depth)
    lamp = np.array(toward, np.float32) / np.linalg.norm(toward)
    shade = np.clip(normal @ lamp, 0, None) / lamp[2]
    half = lamp + np.array([0, 0, 1], np.float32)
    half /= np.linalg.norm(half)
    flat = float(half[2]) ** sharpness
    shine = np.clip(normal @ half, 0, 1) ** sharpness - flat
    lit = picture * (0.35 + 0.65 * shade)[..., None] + gloss * np.maximum(shine, 0)[..., None]
    return np.clip(lit, 0, 1).astype(np.float32)


def normals(height: Array, depth: float) -> Array:
    """Return unit normals (H, W, 3) of a relief: x right, y down, z to the viewer."""
    gx, gy = slopes(height)
    up = np.stack([-gx * depth, -gy * depth, np.ones_like(height)], -1)
    return up / np.linalg.norm(up, axis=-1, keepdims=True)


def weave(shape: tuple[int, int], thread: float, rng: np.random.Generator) -> Array:
    """Return linen's height (H, W) in [-1, 1], its uneven threads ``thread`` pixels apart."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    wander = [
        blur(rng.standard_normal(shape).astype(np.float32), thread * 2) * thread * 2
        for _ in range(2)
    ]
    u, v = (x + wander[0]) * np.pi / thread, (y + wander[1]) * np.pi / thread
    return (np.abs(np.sin(u)) * np.cos(v) ** 2 - np.abs(np.sin(v)) * np.sin(u) ** 2).astype(
        np.float32
    )
