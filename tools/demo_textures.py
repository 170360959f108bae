"""The demo scene's base colours, painted from nothing: planks, bricks, glaze, cloth, clay."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.npr.composition import stripes
from core.npr.noise import Array, fractal, generator, ramp
from core.npr.palette import adjust, gradient, over, rgb, vary

Rng = np.random.Generator
SIDE = 1024


def _grid(height: int, width: int) -> tuple[Array, Array]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return x / width, y / height


def planks(rng: Rng, side: int = SIDE) -> Array:
    """Return seven boards of oak with grain, knots, gaps and nails, (H, W, 3)."""
    x, y = _grid(side, side)
    board = np.floor(y * 7).astype(int)
    along = x + rng.random(7)[board]
    bend = fractal((side, side), (side / 9, side / 1.5), rng, roughness=2.4)
    rings = stripes((y * 7) % 1 + 0.10 * bend + 0.3 * rng.random(7)[board], 0.16, 1.2)
    fibre = fractal((side, side), (3, side / 5), rng, roughness=1.2)
    tone = 0.45 + 0.13 * rings + 0.10 * fibre + rng.normal(0, 0.14, 7)[board]
    wood = gradient(("#3f2616", "#7a4a28", "#b07a45", "#d8ac74"), tone)
    butt = np.abs((along * 1.3) % 1 - 0.5) < 0.0016
    gap = ramp(np.abs((y * 7) % 1 - 0.5), 0.475, 0.495)
    return over(wood, "#1f120b", np.clip(gap + butt, 0, 1) * 0.85)


def bricks(rng: Rng, side: int = SIDE) -> Array:
    """Return a wall of worn bricks in pale mortar, (H, W, 3)."""
    x, y = _grid(side, side)
    wander = 0.10 * fractal((side, side), side / 30, rng, roughness=2)
    row = np.floor(y * 14).astype(int)
    u, v = x * 6 + 0.5 * (row % 2) + 0.06 * wander, (y * 14) % 1
    column = np.floor(u).astype(int) % 6
    tint = vary(np.tile(rgb("#9a5138"), (14, 6, 1)), rng, 7, 3.5, 5)[row, column]
    worn = fractal((side, side), side / 12, rng, roughness=1.3)
    face = adjust(tint, light=4 * worn + 3 * fractal((side, side), 6, rng, roughness=1))
    edge = np.minimum(np.minimum(u % 1, 1 - u % 1) * 2.3, np.minimum(v, 1 - v)) + 0.25 * wander
    mortar = rgb("#c9b9a0") + 0.03 * fractal((side, side), 4, rng)[..., None]
    return np.clip(over(mortar, face, ramp(edge, 0.05, 0.10)), 0, 1)


def glaze(rng: Rng, side: int = SIDE) -> Array:
    """Return cobalt flowers and borders under a white glaze, (H, W, 3); it meets itself left and right."""
    x, y = _grid(side, side)
    blue = gradient(("#16357f", "#2f5fb8", "#7fa0dc"), 0.4 + 0.2 * fractal((side, side), 40, rng))
    dx, dy = (x * 6) % 1 - 0.5, (y * 6 + 0.5 * (np.floor(x * 6) % 2)) % 1 - 0.5
    radius, angle = np.hypot(dx, dy), np.arctan2(dy, dx)
    petals = ramp(0.20 + 0.14 * np.cos(8 * angle) - radius, -0.015, 0.015)
    core = ramp(np.abs(radius - 0.075), 0.03, 0.015)
    ring = ramp(np.abs(radius - 0.42 - 0.02 * np.cos(16 * angle)), 0.022, 0.010)
    bands = ramp(np.abs(np.abs(y - 0.5) - 0.40), 0.014, 0.010)
    scroll = ramp(np.abs(np.abs(y - 0.5) - 0.45 - 0.022 * np.sin(x * 24 * np.pi)), 0.012, 0.007)
    middle = np.abs(y - 0.5) < 0.38
    painted = np.clip(np.maximum(petals - core, ring) * middle + bands + scroll, 0, 1)
    white = rgb("#f2efe4") + 0.012 * fractal((side, side), side / 5, rng)[..., None]
    return np.clip(over(white, blue, painted * 0.95), 0, 1)


def cloth(rng: Rng, side: int = SIDE) -> Array:
    """Return a woven runner: bands of diamonds and zigzags in madder, indigo and saffron, (H, W, 3)."""
    x, y = _grid(side, side)
    band = np.floor(x * 11).astype(int)
    across = (x * 11) % 1 - 0.5
    zigzag = np.abs((y * 16) % 1 - 0.5) * 2
    grounds = ("#8f1f2a", "#23356b", "#c98a2c", "#7a1f3f", "#1f5a5a", "#d8c8a0")
    tints = np.stack([rgb(g) for g in grounds])
    color = tints[band % 6].astype(np.float32)
    figure = np.where(
        band % 2 == 0,
        np.abs(across) * 2 + zigzag < 0.95,
        np.abs(across * 1.7 - zigzag + 0.5) < 0.22,
    )
    color = over(color, tints[(band + 2) % 6], figure)
    color = over(color, tints[(band + 5) % 6], np.abs(across) * 2 + zigzag < 0.40 * (band % 2 == 0))
    color = over(color, "#2a1a20", np.abs(across) > 0.46)
    thread = np.sin(x * side * np.pi / 3) * np.sin(y * side * np.pi / 3)
    return adjust(color, light=3.0 * thread + 2.0 * fractal((side, side), (4, 60), rng))


def clay(rng: Rng, side: int = SIDE // 2) -> Array:
    """Return turned terracotta with a painted frieze, (H, W, 3)."""
    x, y = _grid(side, side)
    turned = fractal((side, side), (4, side * 2.0), rng, roughness=1.2)
    body = gradient(
        ("#8f4426", "#c46a3c", "#e09a66"),
        0.5 + 0.10 * turned + 0.10 * fractal((side, side), 60, rng),
    )
    wave = ramp(np.abs(y - 0.62 - 0.035 * np.sin(x * 24 * np.pi)), 0.024, 0.014)
    lines = ramp(np.abs(np.abs(y - 0.62) - 0.085), 0.012, 0.006)
    return over(body, "#f0dfc0", np.clip(wave + lines, 0, 1) * 0.9)


PAINTED: tuple[Callable[[Rng], Array], ...] = (planks, bricks, glaze, cloth, clay)


def paint(folder: Path) -> None:
    """Write every base colour as ``<name>.png``."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for index, make in enumerate(PAINTED):
        pixels = np.round(np.clip(make(generator(0, 900, index)), 0, 1) * 255).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{make.__name__}.png")
