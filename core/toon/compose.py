"""From passes to the picture: background, shades and lines, laid over each other."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from ..npr.shading import Ink
from ..npr.shading.highlight import scaled
from ..request.toon_job import ToonJob
from ..request.toon_look import ToonLook
from .around import narrow, widen, widen_picture
from .frame import Array, Frame
from .ink import color_ink, draw_detail, draw_ink, no_ink
from .measures import Measures
from .shades import ink_of, shade
from .steady import Lines, Poses, hold


class Layers(NamedTuple):
    """Layers from the lowest up, each (H, W, 4), scene-linear, colour multiplied by alpha."""

    background: Array
    shades: Array
    lines: Array


@dataclass(frozen=True, slots=True)
class Past:
    """What a frame must know of the one before."""

    poses: Poses
    lines: Lines | None = None


def compose(
    frame: Frame, job: ToonJob, look: ToonLook, shared: Measures, *, fill: Array | None = None,
    past: Past | None = None,
) -> tuple[Layers, Past]:  # fmt: skip
    """Return a frame's layers, and what the next frame must know.

    Args:
        frame: The passes.
        job: What was asked for.
        look: How it is to look.
        shared: What all frames have in common.
        fill: (H, W, 3), scene-linear, in place of shades and background; None: they are made.
        past: What the frame before left; None: this is the first.
    """
    frame = widen(frame)
    fill = None if fill is None else widen_picture(fill, frame)
    anchor, poses = hold(frame, past.poses if past else None)
    with ThreadPoolExecutor(2) as beside:  # NumPy and OpenCV leave other cores free
        shading = None if fill is not None else beside.submit(shade, frame, look, shared, anchor)
        ink, lines, detailing = no_ink(frame), None, None
        if look.line_width > 0 or look.line_metres > 0:
            drawn = (
                frame.base if frame.base.size else fill
            )  # without light, or the picture there is
            if look.detail and drawn is not None:
                detailing = beside.submit(draw_detail, drawn, frame, look)
            before = past.lines if past else None
            ink, lines = draw_ink(frame, look, shared, anchor.position, before)
        background = _background(frame, job, look, fill)
        shades = shading.result() if fill is None else fill  # pyright: ignore[reportOptionalMemberAccess]  # it was submitted then
        surfaces = beside.submit(_surfaces, frame, shades, keep_extra=fill is None)
        detail = detailing.result() if detailing else None
        inked = _inked(ink, color_ink(ink, shades, frame, look, job.line_colors), detail)
        layers = background, surfaces.result(), inked
    return Layers(*(narrow(layer, frame) for layer in layers)), Past(poses, lines)


def flatten(layers: Layers) -> Array:
    """Return layers laid over each other, (H, W, 4), colour multiplied by alpha.

    Where nothing lies on the background, it keeps its bits.
    """
    picture = layers.background.copy()
    for layer in layers[1:]:
        free = 1 - layer[..., 3]
        picture *= cv2.merge([free] * 4)  # a layer that is 0 changes no bit
        picture += layer
    return picture


def _background(frame: Frame, job: ToonJob, look: ToonLook, fill: Array | None) -> Array:
    """Return what lies behind, so that surfaces laid over it give what was rendered at their edges."""
    alpha = (
        frame.combined[..., 3:]
        if frame.combined.shape[-1] == 4
        else np.ones((*frame.size, 1), np.float32)
    )
    if job.background == "none":
        return np.zeros((*frame.size, 4), np.float32)
    if job.background == "paper":
        return np.broadcast_to(np.append(ink_of(look.paper), 1), (*frame.size, 4)).astype(
            np.float32
        )
    if fill is not None:
        return np.concatenate([fill * alpha, alpha], -1).astype(np.float32)
    if not frame.behind.any():
        return np.concatenate([frame.behind, np.where(frame.cover[..., None] > 0, 0, alpha)], -1)
    cover, alpha = frame.cover, alpha[..., 0]
    share = (cover < 1) / np.maximum(1 - cover, np.float32(1e-3))  # 1 where there is no surface
    rest = np.where(cover <= 0, alpha, ((alpha - cover).clip(0) * share).clip(0, 1))
    red, green, blue = cv2.split(frame.behind)
    return np.asarray(cv2.merge([red * share, green * share, blue * share, rest]), np.float32)


def _surfaces(frame: Frame, shades: Array, *, keep_extra: bool) -> Array:
    """Return the shades as far as surfaces cover a pixel."""
    color = scaled(shades, frame.cover)
    if keep_extra and frame.extra is not None:
        color = color + frame.extra
    return np.asarray(cv2.merge([*cv2.split(color), frame.cover]), np.float32)


def _inked(ink: Ink, color: Array, detail: Array | None) -> Array:
    """Return the lines in their colours."""
    alpha = ink.alpha if detail is None else np.maximum(ink.alpha, detail)
    return np.asarray(cv2.merge([*(part * alpha for part in cv2.split(color)), alpha]), np.float32)
