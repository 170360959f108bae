"""Green ground and rock, and the same under snow: in hollows, on tops, on ledges, thin or deep."""

import numpy as np

from ...npr.noise import Array, blur, fractal, ramp, slopes
from ...npr.palette import adjust, from_lab
from .ground import clover, grass, gravel, litter, moss, soil, strewn
from .stone import bark, cobbles, concrete, planks, rock, wall
from .surface import Material, Rng, Shape, Surface, blend, chance, pick, shade, state_of, uniform

FLAT: tuple[Material, ...] = (
    grass,
    grass,
    grass,
    clover,
    moss,
    moss,
    litter,
    soil,
    gravel,
    rock,
    cobbles,
)
UPRIGHT: tuple[Material, ...] = (rock, rock, bark, bark, wall, concrete, planks, moss)


def ground(shape: Shape, scale: float, rng: Rng) -> tuple[Surface, bool]:
    """Return ground, rock or what stands on it, and whether it is seen from above."""
    above = chance(rng, 0.68)
    kinds = FLAT if above else UPRIGHT
    made = kinds[int(rng.integers(len(kinds)))](shape, scale, rng)
    if chance(rng, 0.35):
        other = kinds[int(rng.integers(len(kinds)))](shape, scale, rng)
        patch = fractal(shape, uniform(rng, 80, 260) * scale, rng, roughness=1.0)
        cut = float(np.quantile(patch, rng.uniform(0.3, 0.8)))
        made = blend(made, other, ramp(patch, cut - 0.12, cut + 0.12), uniform(rng, -2, 4) * scale)
    return (strewn(made, scale, rng) if above else made), above


def summer(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of green ground, rock, bark or a wall."""
    return shade(ground(shape, scale, rng)[0], rng)


def winter(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of the same things with snow on them."""
    made, above = ground(shape, scale, rng)
    return _snowed(made, scale, above, ((0.45, 0.92), (0.35, 0.8)), rng)


def snowed_under(shape: Shape, scale: float, rng: Rng) -> Array:
    """Return a picture (H, W, 3) of the same things with snow all over them."""
    made, above = ground(shape, scale, rng)
    return _snowed(made, scale, above, ((1.0, 1.0), (1.0, 1.0)), rng)


def _snowed(
    made: Surface, scale: float, above: bool, covers: tuple[tuple[float, float], ...], rng: Rng
) -> Array:
    """Return a thing with snow; ``covers`` are shares of its area if it is seen from above, and upright."""
    state = state_of(rng)
    under = Surface(_bleak(made.color, state), made.height)
    mostly = "deep" if above else "ledges"
    how = pick(state, mostly, mostly, "hollows", "dust")
    cover = uniform(state, *covers[0 if above else 1])
    mask, top = lay_snow(under.height, how, cover, scale, state)
    snow = _snow(mask, top, scale, state)
    rim = np.clip(blur(mask, 2.5 * scale) - mask, 0, 1)
    seen = blend(under, snow, mask)
    darker = Surface(seen.color * (1 - 0.3 * rim)[..., None], seen.height)
    return _blue_shadow(shade(darker, rng, depth=0.6), snow.color, mask, state)


def _bleak(color: Array, rng: Rng) -> Array:
    """Return a colour as it is in winter: paler, wetter, less green."""
    return adjust(
        color, light=-uniform(rng, 0, 9), chroma=uniform(rng, 0.45, 0.85), hue=-uniform(rng, 0, 14)
    )


def lay_snow(height: Array, how: str, cover: float, scale: float, rng: Rng) -> tuple[Array, Array]:
    """Return where snow lies (H, W) in [0, 1], over about ``cover`` of the area, and its top's height.

    A ``cover`` of 1 leaves nothing bare.
    ``how`` is "deep" (a level blanket that tall things pierce), "hollows", "ledges" (on what faces
    the picture's top) or "dust" (thin, on every grain).
    """
    drift = fractal(height.shape, uniform(rng, 60, 220) * scale, rng, roughness=1.5)
    if how == "ledges":
        wish = -slopes(blur(height, uniform(rng, 2, 8) * scale))[1] * 12 + 0.35 * drift
        wish += 0.25 * fractal(height.shape, 12 * scale, rng, roughness=1.2)
    elif how == "dust":
        wish = (
            slopes(blur(height, 1.2))[1] * -2.5
            + drift
            + 0.8 * fractal(height.shape, 4 * scale, rng, roughness=0.5)
        )
    else:
        wide = uniform(rng, 8, 30) * scale
        wish = blur(height, wide) - height + uniform(rng, 1, 4) * scale * drift
        wish += (0.9 if how == "deep" else 0.4) * fractal(height.shape, 8 * scale, rng, roughness=1)
    soft = float(wish.std()) * (0.10 if how != "dust" else 0.9)
    edge = float(np.quantile(wish, 1 - cover)) - (soft if cover == 1 else 0)
    mask = ramp(wish, edge - soft, edge + soft)
    rise = np.clip(wish - edge, 0, None)
    thick = (
        np.minimum(rise, 9 * scale) if how in ("deep", "hollows") else rise / (rise + 1) * 5 * scale
    )
    top = blur(height + (thick if how != "dust" else 0), (4 if how != "dust" else 1.2) * scale)
    return mask, top + 1.5 * scale * mask


def _snow(mask: Array, top: Array, scale: float, rng: Rng) -> Surface:
    """Return snow as deep as where it lies allows: drifts, grain, crystals."""
    shape = mask.shape
    drifts = fractal(shape, uniform(rng, 40, 120) * scale, rng, roughness=2.2)
    swell = uniform(rng, 1, 3.5) * scale * drifts
    grain = fractal(shape, uniform(rng, 2.5, 6) * scale, rng, roughness=0.9)
    deep = blur(mask, 1.2 * scale) * 4 * scale
    height = blur(top + swell, 1.0) + deep + uniform(rng, 0.02, 0.15) * grain
    return Surface(_snow_color(shape, scale, grain, rng), height)


def _snow_color(shape: Shape, scale: float, grain: Array, rng: Rng) -> Array:
    light = (
        uniform(rng, 84, 93)
        + 1.2 * fractal(shape, 90 * scale, rng)
        + uniform(rng, 0.2, 0.9) * grain
    )
    light += 5 * ramp(fractal(shape, 2, rng, roughness=0.3), 2.2, 3)
    blue = uniform(rng, -4.5, 0.5) + 0.8 * fractal(shape, 120 * scale, rng)
    return from_lab(np.stack([np.clip(light, 0, 99), np.full(shape, -0.4, np.float32), blue], -1))


def _blue_shadow(lit: Array, snow: Array, mask: Array, rng: Rng) -> Array:
    """Return the picture with snow's shaded parts turned toward the sky's blue."""
    dark = np.clip(1 - lit.mean(-1) / np.maximum(snow.mean(-1), 1e-3), 0, 1) * mask
    sky = np.array([-0.10, -0.01, 0.12], np.float32) * uniform(rng, 0.3, 1.2)
    lifted = lit + (0.35 * dark * dark)[..., None] * snow
    return np.clip(lifted + dark[..., None] * sky, 0, 1)
