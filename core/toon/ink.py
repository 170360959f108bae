"""The lines of a frame by a look: where they are, how wide, and of what ink."""

import cv2
import numpy as np

from ..color import linear_to_srgb
from ..imaging.depth import FARTHEST
from ..npr.shading import (
    Crossings,
    Ink,
    Pen,
    draw_lines,
    fade_specks,
    find_crossings,
    fit_lines,
    flow_lines,
    weigh_lines,
)
from ..request.toon_job import LineColor
from ..request.toon_look import ToonLook
from .frame import LUMA, Array, Frame
from .measures import Measures
from .shades import ink_of, scale_of
from .steady import Lines, remember, settle

INSIDE = 2
"""Pixels by which a line's colour is read inside its thing."""


def draw_ink(
    frame: Frame, look: ToonLook, shared: Measures, anchor: Array, before: Lines | None
) -> tuple[Ink, Lines | None]:
    """Return the lines of a frame, and what the next frame must know of them.

    Args:
        frame: The passes.
        look: How lines are drawn.
        shared: What all frames have in common.
        anchor: (H, W, 3), positions on the things themselves.
        before: The lines of the frame before; None: there is none, or nothing tells how things moved.
    """
    crease = look.crease_angle if look.creases > 0 else None
    crossings = fade_specks(find_crossings(frame.scene, crease), frame.size)
    crossings = settle(crossings, frame, before)
    found, ways = fit_lines(crossings, frame.size)
    pen = _pen(look, frame)
    widths = weigh_lines(
        found,
        ways,
        pen,
        frame.size,
        footprint=frame.scene.footprint,
        depth=frame.scene.depth,
        near=shared.near,
        place=anchor,
    )
    return draw_lines(found, ways, widths, frame.size), remember(crossings, frame)


def no_ink(frame: Frame) -> Ink:
    """Return no lines."""
    return draw_lines(
        Crossings(
            np.zeros((0, 2), np.float32),
            np.zeros(0, np.uint8),
            np.zeros(0, np.float32),
            np.zeros(0, np.int64),
        ),
        np.zeros((0, 2), np.float32),
        np.zeros(0, np.float32),
        frame.size,
    )


def _pen(look: ToonLook, frame: Frame) -> Pen:
    metres = look.line_metres > 0
    return Pen(
        look.line_metres if metres else look.line_width * scale_of(frame),
        metres,
        (look.silhouettes, look.borders, look.creases),
        look.taper,
        look.brush,
        look.far_lines,
    )


def color_ink(
    ink: Ink, shades: Array, frame: Frame, look: ToonLook, given: tuple[LineColor, ...]
) -> Array:
    """Return the ink's colour, (H, W, 3), linear light: the look's, its surface's, or an object's own."""
    whole = np.empty(shades.shape, np.float32)
    whole[:] = color = ink_of(look.line_color)
    drawn = np.flatnonzero(ink.owner >= 0)
    owner = ink.owner.ravel()[drawn]
    if look.line_tint:
        own = cv2.erode(shades, np.ones((3, 3), np.uint8)).reshape(-1, 3)[owner]
        color = color + (own * np.float32(0.35) - color) * np.float32(look.line_tint)
    for one in given:
        share = cv2.dilate(frame.inks[one.object], np.ones((3, 3), np.uint8)).ravel()[owner]
        color = color + (ink_of(one.color) - color) * (share > 0.5)[..., None]
    whole.reshape(-1, 3)[drawn] = color
    return whole


def draw_detail(shades: Array, frame: Frame, look: ToonLook) -> Array:
    """Return lines (H, W) in [0, 1] of what is drawn on the surfaces themselves."""
    grey = linear_to_srgb(np.clip(shades @ LUMA, 0, 1)).astype(np.float32)
    inside = cv2.erode((frame.scene.depth < FARTHEST).astype(np.float32), np.ones((5, 5), np.uint8))
    lines = flow_lines(grey, max(1.1 * scale_of(frame), 0.7), edge=0.3)
    return lines * inside * np.float32(look.detail)
