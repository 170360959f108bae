"""Lines and strokes that stay on things from frame to frame.

Every thing's own motion is the turn and shift that its pixels' motion fits best (Kabsch 1976); undone,
positions are those of the first frame, so strokes lie on things and not on the picture. Lines of the frame
before go with their things, and how certain and where lines are is between both, so they neither come and go
nor jump with rounding: Kalnins, Davidson, Markosian & Finkelstein, "Coherent Stylized Silhouettes", SIGGRAPH
2003, for strokes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from ..imaging.depth import FARTHEST
from ..npr.shading import SILHOUETTE, Crossings, join
from ..passes import NOBODY
from .frame import Array, Frame

KEPT = 0.7
"""How much of a line's certainty is that of the frame before."""
AROUND = 3
"""Pixels around the place it came from in which a line of before is looked for."""
FEW, MANY = 12, 3000
"""Pixels of a thing that its motion can be told by, and how many are looked at."""
KINDS = 3
SAME = 0.02
"""Of the depth: how much farther or nearer what carries a lost line may be."""
FAINTEST = 0.15
"""Certainty below which a lost line is gone."""

Pose = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Turn (3, 3) and shift (3,), from positions now to those of the first frame."""


@dataclass(frozen=True, slots=True)
class Lines:
    """What a frame's lines were."""

    found: Crossings
    things: NDArray[np.integer]
    """(N,), whose lines they were."""
    depth: Array
    """(N,), how far their things were, scene units."""
    forward: Array
    """(N, 2), how their things move to the next frame, pixels."""
    pictures: tuple[Array, ...]
    """For each kind, (H, W): how certain the line at a pixel was, 0 where there was none."""


class Anchor(NamedTuple):
    """Surfaces as they were in the first frame, on which strokes lie."""

    position: Array
    """(H, W, 3), scene units."""
    normal: Array
    """(H, W, 3), unit vectors."""


@dataclass(frozen=True, slots=True)
class Poses:
    """Where things stand that have moved since the first frame."""

    position: Array
    objects: NDArray[np.integer]
    poses: Mapping[int, Pose] = field(default_factory=dict[int, Pose])


def settle(found: Crossings, frame: Frame, before: Lines | None) -> Crossings:
    """Return crossings, as certain as they and the lines before were together, and those that were lost.

    A line that was in a pixel and now is in none, or in the next, stays for some frames, fainter. What is
    drawn is fitted to all of them, so lines go over to where they now are.

    Args:
        found: The crossings of this frame, before they are fitted.
        frame: The passes.
        before: The lines of the frame before; None: there is none.
    """
    if before is None or frame.backward is None or frame.forward is None:
        return found
    return _keep(replace(found, strength=_follow(found, frame, before)), frame, before)


def remember(found: Crossings, frame: Frame) -> Lines | None:
    """Return what the next frame must know of the lines; None where nothing tells how things move.

    Args:
        found: The crossings of this frame, settled and not yet fitted, so what stands still stays as it is.
        frame: The passes.
    """
    if frame.backward is None or frame.forward is None:
        return None
    things, depth = frame.scene.objects.ravel()[found.owner], frame.scene.depth.ravel()[found.owner]
    forward = frame.forward.reshape(-1, 2)[found.owner]
    return Lines(found, things, depth, forward, _pictures(found, frame.size))


def _follow(found: Crossings, frame: Frame, before: Lines) -> Array:
    """Return how certain each line is, with what the line before it was."""
    flow = frame.backward.reshape(-1, 2)[found.owner]  # pyright: ignore[reportOptionalMemberAccess]  # settle checked
    x, y, inside = _pixels(found.place + flow, frame.size)
    strength = found.strength.copy()
    for kind, picture in enumerate(before.pictures):
        seen = cv2.dilate(picture, np.ones((AROUND, AROUND), np.uint8))[y, x]
        own = inside & (found.kind == kind)
        own &= (found.strength < 1) | (kind != SILHOUETTE)  # a certain silhouette needs no witness
        strength[own] += np.float32(KEPT) * (seen[own] - found.strength[own])
    return strength


def _keep(found: Crossings, frame: Frame, before: Lines) -> Crossings:
    """Return crossings with those of the frame before that were lost on things that are still seen."""
    place = before.found.place + before.forward
    x, y, inside = _pixels(place, frame.size)
    drawn = np.zeros(frame.size, bool)
    now_x, now_y, _ = _pixels(found.place, frame.size)
    drawn[now_y, now_x] = True
    depth = frame.scene.depth[y, x]
    same = (frame.scene.objects[y, x] == before.things) & (
        np.abs(depth - before.depth) < SAME * depth
    )
    same &= before.things != NOBODY
    beside = cv2.dilate(drawn.astype(np.uint8), np.ones((AROUND, AROUND), np.uint8))[y, x] > 0
    same &= (before.found.kind != SILHOUETTE) | beside  # it does not lie on the thing, but slides
    strength = before.found.strength * np.float32(KEPT)
    lost = np.flatnonzero(inside & same & ~drawn[y, x] & (strength > FAINTEST))
    owner = (y * frame.size[1] + x)[lost].astype(np.int64)
    return join(found, Crossings(place[lost], before.found.kind[lost], strength[lost], owner))


def _pixels(
    place: Array, size: tuple[int, int]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
    """Return columns and rows of places, and which of them lie in the picture."""
    x, y = np.rint(place).astype(np.intp).T
    inside = (x >= 0) & (x < size[1]) & (y >= 0) & (y < size[0])
    return x.clip(0, size[1] - 1), y.clip(0, size[0] - 1), inside


def _pictures(found: Crossings, size: tuple[int, int]) -> tuple[Array, ...]:
    x, y, _ = _pixels(found.place, size)
    cells = y * size[1] + x
    made = []
    for kind in range(KINDS):
        picture = np.zeros(size[0] * size[1], np.float32)
        own = found.kind == kind
        np.maximum.at(picture, cells[own], found.strength[own])
        made.append(picture.reshape(size))
    return tuple(made)


def hold(frame: Frame, before: Poses | None) -> tuple[Anchor, Poses]:
    """Return surfaces as they were in the first frame, and what the next frame must know."""
    if before is None or frame.backward is None:
        return Anchor(frame.position, frame.normal), Poses(frame.position, frame.scene.objects)
    poses = dict(before.poses)
    anchor, normal = frame.position.copy(), frame.normal.copy()
    for thing in np.unique(frame.scene.objects[frame.scene.depth < FARTHEST]):
        own = frame.scene.objects == thing
        poses[int(thing)] = _pose(frame, before, own, before.poses.get(int(thing)))
        turn, shift = poses[int(thing)]
        turn, shift = turn.T.astype(np.float32), shift.astype(np.float32)
        anchor[own], normal[own] = frame.position[own] @ turn + shift, frame.normal[own] @ turn
    return Anchor(anchor, normal), Poses(frame.position, frame.scene.objects, poses)


def _pose(frame: Frame, before: Poses, own: NDArray[np.bool_], last: Pose | None) -> Pose:
    """Return a thing's way back to the first frame: to the frame before, and from there as it was known."""
    known = last or (np.eye(3), np.zeros(3))
    height, width = frame.size
    rows, columns = np.nonzero(own & (frame.scene.depth < FARTHEST))
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
