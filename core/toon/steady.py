"""Lines and strokes that stay on things from frame to frame.

Every thing's own motion is the turn and shift that its pixels' motion fits best (Kabsch 1976); undone,
positions are those of the first frame, so strokes lie on things and not on the picture. How certain a line
is follows the line of the frame before at the same place of the same thing, so lines do not come and go with
rounding: Kalnins, Davidson, Markosian & Finkelstein, "Coherent Stylized Silhouettes", SIGGRAPH 2003, for
strokes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..npr.shading import SILHOUETTE, Crossings
from .frame import NOTHING, Array, Frame

KEPT = 0.6
"""How much of a line's certainty is that of the frame before."""
AROUND = 5
"""Pixels around the place it came from in which a line of before is looked for."""
FEW, MANY = 12, 3000
"""Pixels of a thing that its motion can be told by, and how many are looked at."""
KINDS = 3

Pose = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Turn (3, 3) and shift (3,), from positions now to those of the first frame."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a frame's lines were."""

    strength: tuple[Array, ...]
    """For each kind, (H, W): how certain the line at a pixel was, 0 where there was none."""
    objects: NDArray[np.integer]
    """(H, W), as in ``Scene``."""


@dataclass(frozen=True, slots=True)
class Poses:
    """Where things stand that have moved since the first frame."""

    position: Array
    objects: NDArray[np.integer]
    poses: Mapping[int, Pose] = field(default_factory=dict[int, Pose])


def settle(found: Crossings, frame: Frame, before: Lines | None) -> tuple[Crossings, Lines]:
    """Return the crossings, each as certain as it and the line before it were together, and the new lines."""
    strength = found.strength
    if before is not None and frame.backward is not None and len(found):
        strength = _follow(found, frame, before)
    settled = replace(found, strength=strength)
    return settled, Lines(_pictures(settled, frame.size), frame.scene.objects)


def _follow(found: Crossings, frame: Frame, before: Lines) -> Array:
    flow = frame.backward.reshape(-1, 2)[found.owner]  # pyright: ignore[reportOptionalMemberAccess]  # it was asked for
    height, width = frame.size
    came = np.rint(found.place + flow).astype(np.intp)
    x, y = came[:, 0], came[:, 1]
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    x, y = x.clip(0, width - 1), y.clip(0, height - 1)
    strength = found.strength.copy()
    for kind, picture in enumerate(before.strength):
        seen = cv2.dilate(picture, np.ones((AROUND, AROUND), np.uint8))[y, x]
        any_kind = kind == SILHOUETTE
        own = inside & (found.kind == kind) & (found.strength < 1 if any_kind else True)
        strength[own] += np.float32(KEPT) * (seen[own] - found.strength[own])
    return strength


def _pictures(found: Crossings, size: tuple[int, int]) -> tuple[Array, ...]:
    cells = np.rint(found.place).astype(np.intp)
    cells = cells[:, 1].clip(0, size[0] - 1) * size[1] + cells[:, 0].clip(0, size[1] - 1)
    made = []
    for kind in range(KINDS):
        picture = np.zeros(size[0] * size[1], np.float32)
        own = found.kind == kind
        np.maximum.at(picture, cells[own], found.strength[own])
        made.append(picture.reshape(size))
    return tuple(made)


def hold(frame: Frame, before: Poses | None) -> tuple[Array, Poses]:
    """Return positions (H, W, 3) as they were in the first frame, and what the next frame must know."""
    if before is None or frame.backward is None:
        return frame.position, Poses(frame.position, frame.scene.objects)
    poses = dict(before.poses)
    anchor = frame.position.copy()
    for thing in np.unique(frame.scene.objects[frame.scene.depth < NOTHING]):
        own = frame.scene.objects == thing
        poses[int(thing)] = _pose(frame, before, own, before.poses.get(int(thing)))
        turn, shift = poses[int(thing)]
        anchor[own] = frame.position[own] @ turn.T.astype(np.float32) + shift.astype(np.float32)
    return anchor, Poses(frame.position, frame.scene.objects, poses)


def _pose(frame: Frame, before: Poses, own: NDArray[np.bool_], last: Pose | None) -> Pose:
    """Return a thing's way back to the first frame: to the frame before, and from there as it was known."""
    known = last or (np.eye(3), np.zeros(3))
    height, width = frame.size
    rows, columns = np.nonzero(own & (frame.scene.depth < NOTHING))
    some = slice(None, None, max(1, len(rows) // MANY))
    rows, columns = rows[some], columns[some]
    flow = frame.backward[rows, columns]  # pyright: ignore[reportOptionalSubscript]  # it was asked for
    x, y = columns + flow[:, 0], rows + flow[:, 1]
    inside = (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)
    column, row = (np.rint(v[inside]).astype(np.intp) for v in (x, y))
    same = before.objects[row, column] == frame.scene.objects[rows[inside], columns[inside]]
    if same.sum() < FEW:
        return known
    now = frame.position[rows, columns][inside][same].astype(np.float64)
    then = _read(before.position, x[inside][same], y[inside][same])
    still = np.linalg.norm(now - then, axis=1)
    if float(np.median(still)) < 1e-3 * float(np.median(frame.scene.footprint[own])):
        return known
    turn, shift = _fit(now, then)
    return known[0] @ turn, known[0] @ shift + known[1]


def _read(picture: Array, x: Array, y: Array) -> NDArray[np.float64]:
    at = (x.astype(np.float32)[:, None], y.astype(np.float32)[:, None])
    return cv2.remap(picture, *at, cv2.INTER_LINEAR)[:, 0].astype(np.float64)


def _fit(now: NDArray[np.float64], then: NDArray[np.float64]) -> Pose:
    """Return the turn and shift from places now to places then, without what moved otherwise."""
    keep = np.ones(len(now), bool)
    turn, shift = np.eye(3), np.zeros(3)
    for _ in range(3):
        a, b = now[keep].mean(0), then[keep].mean(0)
        u, _, v = np.linalg.svd((now[keep] - a).T @ (then[keep] - b))
        sign = np.sign(np.linalg.det(v.T @ u.T)) or 1.0
        turn = v.T @ np.diag([1, 1, sign]) @ u.T
        shift = b - turn @ a
        missed = np.linalg.norm(now @ turn.T + shift - then, axis=1)
        keep = missed <= 2.5 * max(float(np.median(missed)), 1e-12)
    return turn, shift
