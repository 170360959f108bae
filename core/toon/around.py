"""Panoramas that go all the way round: their left and right borders are neighbours.

Such a frame is made with some columns of its other side at either border, which are cut off at the end, so
lines, daubs and everything else that looks at neighbours sees the true ones.
"""

from collections.abc import Callable
from dataclasses import fields, replace
from math import atan2, cos, hypot, pi, radians, sin
from typing import Any

import numpy as np

from .frame import Array, Frame

REACH = 96
"""Columns at either border, of a picture 1080 pixels high: as far as lines and daubs look."""


def widen(frame: Frame) -> Frame:
    """Return a frame with columns of its other side at its borders; as it is if it does not go round."""
    height, width = frame.size
    if not frame.eye.around:
        return frame
    pad = min(-(-REACH * height // 1080) + 8, width // 2)
    around = _padder(pad, (height, width))
    return replace(_each(frame, around), scene=_each(frame.scene, around), pad=pad)


def widen_picture(picture: Array, frame: Frame) -> Array:
    """Return a picture (H, W, …) as wide as a frame that was widened."""
    return _padder(frame.pad, picture.shape[:2])(picture)


def narrow(picture: Array, frame: Frame) -> Array:
    """Return a picture (H, W, …) without the columns that its frame was widened by."""
    return picture[:, frame.pad : picture.shape[1] - frame.pad]


def closing_screen(width: int, cell: float, degrees: float) -> tuple[float, float]:
    """Return the size and turn of a printer's dots that meet themselves after some columns.

    Args:
        width: The columns.
        cell: Distance of the dots that is wanted, pixels.
        degrees: Turn of their rows that is wanted.
    """
    a, b = (round(width * part(radians(degrees)) / cell) for part in (cos, sin))
    if not (a or b):
        a = 1
    return width / hypot(a, b), atan2(b, a) * 180 / pi


def _padder(pad: int, size: tuple[int, int]) -> Callable[[Any], Any]:
    def around(x: Any) -> Any:
        if not isinstance(x, np.ndarray) or x.shape[:2] != size:
            return x
        return np.pad(x, ((0, 0), (pad, pad), *((0, 0),) * (x.ndim - 2)), mode="wrap")

    return around


def _each(part: Any, change: Callable[[Any], Any]) -> Any:
    """Return frame or scene whose pictures were changed."""
    changed = {f.name: change(getattr(part, f.name)) for f in fields(part)}
    if "inks" in changed:
        changed["inks"] = {name: change(x) for name, x in part.inks.items()}
    return replace(part, **changed)
