"""The shades of a frame: tones, highlight, rim, dots, hatches and daubs by a look."""

from collections.abc import Iterable
from functools import cache

import cv2
import numpy as np

from ..color import srgb_to_linear
from ..npr.noise import fractal, generator
from ..npr.shading import (
    Sheet,
    TonalArt,
    bent_sides,
    daub,
    draw_dots,
    draw_hatches,
    draw_highlight,
    draw_rim,
    find_level,
    lay_tones,
    make_tonal_art,
    posterize,
    three_sides,
    uv_sheet,
)
from ..npr.shading.highlight import scaled
from ..npr.shading.tones import from_lab, from_shown, to_lab, to_shown
from ..request.toon_look import OUTLINES, ToonLook, ramp_stops, read_color
from .around import closing_screen, widen_picture
from .frame import Array, Frame
from .measures import Measures
from .steady import Anchor

TALL = 1080
"""Height of the pictures for which a look's pixels are meant."""
CALM, NOISE = 4, 0.03
"""How far light is averaged, pixels, and how much grain there may be, of the brightest light."""
BEND = 40.0
"""Pixels around a place by which it is told how surfaces bend, in pictures 1080 pixels high."""
PURE = 0.98
"""Share of a pixel from which on it is of one thing."""
GRAIN = 0.05
"""Change of lightness by the strongest grain."""


def scale_of(frame: Frame) -> float:
    """Return how many pixels of a frame a look's pixel is."""
    return frame.size[0] / TALL


def ink_of(text: str) -> Array:
    """Return a colour ``#rrggbb`` as linear light (3,)."""
    return srgb_to_linear(np.array(read_color(text), np.float32)).astype(np.float32)


def base_of(frame: Frame, look: ToonLook) -> Array:
    """Return the colour that is shaded: the surfaces', or the paper's, or one between."""
    if look.color >= 1:
        return frame.base
    if look.color <= 0:
        return np.tile(ink_of(look.paper), (*frame.size, 1))
    paper = to_lab(ink_of(look.paper)[None, None])
    mixed = paper + (to_lab(frame.base) - paper) * np.float32(look.color)
    return np.maximum(from_lab(mixed), 0)


def shade(frame: Frame, look: ToonLook, shared: Measures, anchor: Anchor) -> Array:
    """Return the shades (H, W, 3), scene-linear, not multiplied by cover.

    Args:
        frame: The passes.
        look: How they are shaded.
        shared: What all frames have in common.
        anchor: Positions and normals on the things themselves.
    """
    base, level = base_of(frame, look), find_level(light_of(frame, shared), ramp_stops(look))
    shades = _tones(base, level, look)
    if look.halftone:
        dots = draw_dots(1 - level, *_screen(frame, look))
        full, deep = (_tones(base, np.full_like(level, k), look) for k in (1, 0))
        printed = full + scaled(deep - full, dots)
        shades = shades + (printed - shades) * np.float32(look.halftone)
    if look.paint or look.levels:
        shades = _paint(shades, frame, look)
    if look.highlight or look.rim:
        shades = _lights(shades, level, frame, look, shared)
    if look.hatching:
        shades = _hatch(shades, level, frame, (look, shared, anchor))
    if not look.grain:
        return shades
    grain = _grain((frame.size[0], frame.size[1] - 2 * frame.pad), round(1e3 * look.grain))
    return scaled(shades, widen_picture(grain, frame))


def _screen(frame: Frame, look: ToonLook) -> tuple[float, float]:
    """Return the distance of the dots, pixels, and the turn of their rows."""
    cell = look.dot_size * scale_of(frame)
    if not frame.pad:
        return cell, look.dot_angle
    return closing_screen(frame.size[1] - 2 * frame.pad, cell, look.dot_angle)


def light_of(frame: Frame, shared: Measures) -> Array:
    """Return the light on surfaces, (H, W), 0 none and 1 full; less noisy than it was rendered.

    Of metal and of black surfaces Blender does not know it: they have that of the sun's direction.
    """
    span = max(shared.white - shared.black, 1e-9)
    light = (_calm(frame.light) - np.float32(shared.black)) / np.float32(span)
    if frame.metal is not None and shared.white > 0:
        toward = np.maximum(frame.normal @ shared.sun.astype(np.float32), 0)
        light = light + (toward - light) * frame.metal
    return np.clip(light, 0, 4).astype(np.float32)


def _calm(light: Array) -> Array:
    """Return light without the grain of few samples; its edges stay, and even slopes are the same.

    Single grains go by a median, the rest by a filter that is guided by the light itself: He, Sun & Tang,
    "Guided Image Filtering", ECCV 2010.
    """
    calm, side = cv2.medianBlur(light, 5), (2 * CALM + 1,) * 2
    mean, square = cv2.blur(calm, side), cv2.blur(calm * calm, side)
    spread = np.maximum(square - mean * mean, 0)
    noise = np.float32((NOISE * max(float(light.max()), 1e-9)) ** 2)
    follow = spread / (spread + noise)
    kept, added = cv2.blur(follow, side), cv2.blur(mean * (1 - follow), side)
    return kept * calm + added


def _tones(base: Array, level: Array, look: ToonLook) -> Array:
    tints = [
        ink_of(tint).tolist() for tint in (look.shadow_tint, look.middle_tint, look.light_tint)
    ]
    return lay_tones(
        base,
        level,
        dark=look.shadow_tone,
        hue=look.shadow_hue,
        chroma=look.shadow_chroma,
        tints=tints,
        tint=look.tint,
        ambient=look.ambient,
        ambient_tint=ink_of(look.ambient_tint).tolist(),
        whole_chroma=look.chroma,
    )


def _lights(shades: Array, level: Array, frame: Frame, look: ToonLook, shared: Measures) -> Array:
    """Return the shades with highlight and rim on them."""
    view = frame.eye.view(frame.position)
    if look.highlight:
        shown = draw_highlight(
            frame.normal,
            view,
            shared.sun,
            size=look.highlight_size,
            softness=look.highlight_softness,
            outline=OUTLINES[look.highlight_shape],
            moved=(look.highlight_right, look.highlight_up),
        )
        shown = _unmixed(shown, frame) * np.clip(2 * level, 0, 1) * np.float32(look.highlight)
        shades = shades + scaled(ink_of(look.highlight_color) - shades, shown)
    if look.rim:
        shown = draw_rim(
            frame.normal,
            view,
            shared.sun,
            width=look.rim_width,
            softness=look.rim_softness,
            side=look.rim_side,
        )
        shown = _unmixed(shown, frame) * np.float32(look.rim)
        shades = shades + scaled(ink_of(look.rim_color) - shades, shown)
    return shades


def _unmixed(shown: Array, frame: Frame) -> Array:
    """Return light (H, W), where things meet as on the same thing beside: there normals are of both."""
    objects, cover = frame.scene.objects, frame.scene.cover
    if cover is None:
        return shown
    rows, columns = np.nonzero((cover < PURE) & (frame.cover > PURE))
    total, count = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)):
        y, x = (rows + down).clip(0, len(cover) - 1), (columns + right).clip(0, cover.shape[1] - 1)
        same = (cover[y, x] >= PURE) & (objects[y, x] == objects[rows, columns])
        total += same * shown[y, x]
        count += same
    kept = shown.copy()
    kept[rows, columns] = np.where(count > 0, total / np.maximum(count, 1), shown[rows, columns])
    return kept


@cache
def _art() -> TonalArt:
    return make_tonal_art()


def _hatch(
    shades: Array, level: Array, frame: Frame,
    given: tuple[ToonLook, Measures, Anchor],
) -> Array:  # fmt: skip
    """Return the shades with strokes on them: the darker a surface is, and the less lit."""
    look, shared, anchor = given
    light = np.clip(to_lab(frame.base)[..., 0], 0, 1) if look.color < 1 else np.ones_like(level)
    own = light + (1 - light) * np.float32(look.color)
    tone = (np.float32(0.45) + np.float32(0.55) * own) * np.sqrt(level)
    dark = np.clip(1.1 * (1 - tone) - 0.12, 0, 0.9)
    strokes = draw_hatches(
        _art(),
        dark.astype(np.float32),
        _sheets(frame, look, anchor),
        gap=look.hatch_gap * scale_of(frame),
        nearest=shared.pixel,
        degrees=look.hatch_angle,
    )
    return shades + (ink_of(look.line_color) - shades) * (strokes * look.hatching)[..., None]


def _sheets(frame: Frame, look: ToonLook, anchor: Anchor) -> Iterable[Sheet]:
    """Return the paper on the surfaces on which strokes lie."""
    if frame.uv is not None:
        return (uv_sheet(frame.uv, frame.position, frame.scene.objects),)
    if look.hatch_along == "curvature":
        return bent_sides(*anchor, frame.scene.depth, max(BEND * scale_of(frame), 2.0))
    return three_sides(*anchor)


def _paint(shades: Array, frame: Frame, look: ToonLook) -> Array:
    """Return the shades run together in daubs, and in few lightnesses; light above 1 is cut off."""
    picture = np.where(frame.cover[..., None] > 0, shades, frame.behind)
    if look.paint:
        radius = max(look.paint * scale_of(frame), 1.0)
        picture = from_shown(daub(to_shown(picture.clip(0, 1)), radius, forms=radius / 2))
    return posterize(picture, look.levels) if look.levels > 1 else picture


@cache
def _grain(size: tuple[int, int], thousandths: int) -> Array:
    """Return how much lighter or darker paper is, (H, W), about 1; it lies still in all frames."""
    unit = size[0] / TALL
    rough = fractal(size, max(24 * unit, 4), generator(0, 77), roughness=0.9)
    return (1 + np.float32(GRAIN * thousandths / 1e3) * np.clip(rough, -3, 3)).astype(np.float32)
