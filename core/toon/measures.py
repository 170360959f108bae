"""What all frames of a sequence share: how bright full light is, where it comes from, how near things are."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..imaging.depth import FARTHEST
from ..npr.shading import measure_sun
from ..request.toon_job import ToonJob
from .frame import Frame

FULL, NONE = 98.0, 2.0
"""Percentiles of the light on surfaces that count as full light and as none."""
HIGHEST_NONE = 0.5
"""Of full light: the most that may count as none, as under an even sky."""
METAL = 0.5
"""How much metal may be where light is measured: of the light on it the render knows noise alone."""
NEAR = 5.0
"""Percentile of the surfaces' depth that counts as near."""


@dataclass(frozen=True, slots=True)
class Measures:
    """Measured once, so that nothing changes because something else comes into view."""

    white: float
    """Light that is full."""
    black: float
    """Light that is none."""
    sun: NDArray[np.float64]
    """(3,), toward the light, in the scene."""
    near: float
    """Depth of near things, scene units."""
    pixel: float
    """Size of a pixel there, scene units."""
    notes: tuple[str, ...] = ()


def measure(frames: Iterable[Frame], job: ToonJob) -> Measures:
    """Return what some frames have in common, the middle of their own measures."""
    found = [_measure(frame) for frame in frames]
    white, black, near, pixel = np.median([one[:4] for one in found], 0).tolist()
    sun = np.mean([one[4] for one in found], 0)
    length = float(np.linalg.norm(sun))
    sun = sun / length if length > 1e-6 else np.array([0.0, 0.0, 1.0])
    if job.white is not None:
        white, black = job.white, 0.0
    if job.sun is not None:
        sun = np.asarray(job.sun) / np.linalg.norm(job.sun)
    notes = ()
    if white <= 0 and job.fill is None:
        notes = ("no light falls on any surface, so all is in shadow; add a lamp or a world",)
    return Measures(white, black, sun, near, pixel, notes)


def _measure(frame: Frame) -> tuple[float, float, float, float, NDArray[np.float64]]:
    here = (frame.scene.depth < FARTHEST) & (frame.cover > 0.99)
    if not here.any():
        return 0.0, 0.0, 1.0, 1.0, np.array([0.0, 0.0, 1.0])
    near = max(float(np.percentile(frame.scene.depth[here], NEAR)), 1e-9)
    pixel = float(frame.eye.footprint(np.full((1, 1), near, np.float32))[0, 0])
    if not frame.light.size:
        return 0.0, 0.0, near, pixel, np.array([0.0, 0.0, 1.0])
    lit = here if frame.metal is None else here & (frame.metal < METAL)
    lit = lit if lit.any() else here
    white, black = np.percentile(frame.light[lit], (FULL, NONE))
    sun = measure_sun(frame.normal * lit[..., None], frame.light)
    return float(white), float(min(black, HIGHEST_NONE * white)), near, pixel, sun
