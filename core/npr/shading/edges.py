"""Where lines belong: silhouettes, borders of materials and creases, found between neighbouring pixels.

Saito & Takahashi, "Comprehensible Rendering of 3-D Shapes", SIGGRAPH 1990 (discontinuities of depth and
normal); Decaudin, "Cartoon-Looking Rendering of 3D-Scenes", INRIA 1996. Departures: depth is compared by
what its second difference is worth in pixels, so planes that are seen aslant give no line; every crossing
lies between two pixels, where their shares of both sides say, so lines are as fine as the passes and not as
their pixels; grooves and bevels too narrow for two creases give one line.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise, starmap

import cv2
import numpy as np
from numpy.typing import NDArray

from ...color import Floats
from .highlight import dot, unit

SILHOUETTE, BORDER, CREASE = 0, 1, 2
"""Kinds of lines."""
JUMPS = (2.0, 4.0)
"""Depth, in pixels, that is no step, and that is one for certain."""
BENT = 0.5
"""Of the slope beside a step: how much higher it must be, since round things fall off ever steeper."""
TURNS = (0.8, 1.1)
"""Of the angle of a crease: from where on a turn begins to be one, and is one for certain."""
OUTSIDE = 1.0
"""How much of the turn beside a crease, the same way, is taken off it: even turns leave nothing."""
BANDS = (0.45, 0.7)
"""As ``TURNS``, of bands a pixel or two wide, whose pixels mix with what is beside."""
WHOLE = 0.25
"""Square of a mean normal's length from which on a pixel is of one surface, and not mostly of nothing."""
UNLIKE, ON = 0.6, 0.5
"""How much of the angle between both sides of a band is taken off its own, and of their turns farther on."""
SMOOTH = 1.2
"""Likewise of the lesser turn beside the middle of three pixels: creases have none there."""
SPECKS = (4.0, 12.0)
"""Crossings of a line that is none, and of one that is long enough to be certain."""
BENDING = np.array([[-1, 0, 2, 0, -1]], np.float32)
"""What a pixel differs by from both that are two pixels away."""
SHORT = 3.0
"""How much longer creases must be: pieces of what hardly turns come and go from frame to frame."""
Where = NDArray[np.bool_]
Ids = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a render knows of the surfaces at its pixels."""

    depth: Floats
    """(H, W), scene units; beyond 1e9 is nothing."""
    normal: Floats
    """(H, W, 3), unit vectors or their means over a pixel; 0 is nothing."""
    objects: Ids
    """(H, W), a number for each object; those of two pixels are compared alone."""
    materials: Ids
    """(H, W), likewise."""
    footprint: Floats
    """(H, W), size of a pixel at its depth, scene units."""
    cover: Floats | None = None
    """(H, W), share of the pixel that its object covers; None: pixels are of one object each."""
    straight: bool = True
    """Whether rays are parallel: then depth is even on planes, else its inverse."""


@dataclass(frozen=True, slots=True)
class Crossings:
    """Places where lines pass between two neighbouring pixels."""

    place: Floats
    """(N, 2), x then y, pixels; whole numbers are the middles of pixels."""
    kind: NDArray[np.uint8]
    """(N,), ``SILHOUETTE``, ``BORDER`` or ``CREASE``."""
    strength: Floats
    """(N,) in [0, 1], how certain the line is."""
    owner: NDArray[np.int64]
    """(N,), the pixel of the nearer surface, counted row by row."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.kind)


def find_crossings(scene: Scene, crease: float | None) -> Crossings:
    """Return all crossings of a picture.

    Args:
        scene: the surfaces.
        crease: angle of an edge from which on it is a crease, degrees; None: creases are not looked for.
    """
    with ThreadPoolExecutor(1) as beside:  # NumPy and OpenCV leave the other core free
        down = beside.submit(lambda: _cross(_turned(scene), crease))
        along = [_cross(scene, crease), down.result()]
    width, height = scene.depth.shape[::-1]
    rows, columns = np.divmod(along[1].owner, height)
    along[1] = Crossings(
        along[1].place[:, ::-1], along[1].kind, along[1].strength, columns * width + rows
    )
    return join(*along)


def join(*some: Crossings) -> Crossings:
    """Return crossings of several as one."""
    parts = zip(*((f.place, f.kind, f.strength, f.owner) for f in some), strict=True)
    return Crossings(*(np.concatenate(part) for part in parts))  # pyright: ignore[reportArgumentType]  # of the fields' own types


def fade_specks(found: Crossings, shape: tuple[int, int]) -> Crossings:
    """Return crossings, those of short lines fainter: what is a few pixels long is no line.

    Args:
        found: The crossings.
        shape: Height and width of the picture.
    """
    if not len(found):
        return found
    x, y = np.rint(found.place).astype(np.intp).T
    x, y = x.clip(0, shape[1] - 1), y.clip(0, shape[0] - 1)
    drawn = np.zeros(shape, np.uint8)
    drawn[y, x] = 1
    _, pieces = cv2.connectedComponents(
        cv2.dilate(drawn, np.ones((3, 3), np.uint8)), connectivity=8
    )
    own = np.asarray(pieces, np.intp)[y, x]
    length = np.bincount(own, found.strength).astype(np.float32)[own]
    length = np.where(found.kind == CREASE, length / np.float32(SHORT), length)
    certain = _ramp(length, *SPECKS)
    return replace(found, strength=found.strength * certain)


def _turned(scene: Scene) -> Scene:
    """Return the scene with rows and columns changed for each other."""
    cover = None if scene.cover is None else scene.cover.T
    near = np.ascontiguousarray
    depth, normal, footprint = (
        np.asarray(cv2.transpose(part), part.dtype)
        for part in (scene.depth, scene.normal, scene.footprint)
    )
    return Scene(
        depth, normal, near(scene.objects.T), near(scene.materials.T), footprint, cover,
        scene.straight,
    )  # fmt: skip  # in the fields' order


def _cross(scene: Scene, crease: float | None) -> Crossings:
    """Return the crossings between pixels and their right neighbours."""
    same = _alike(scene.objects)
    ends, inked = ~same, scene.materials[:, :-1] != scene.materials[:, 1:]
    steps = _steps(scene, same)
    if crease is None:
        turns, bands = (np.zeros(part.shape, np.float32) for part in (same, scene.depth))
    else:
        turns, bands = _creases(scene, same & (steps <= 0), crease)
    rows, columns = _places(ends | inked | (steps > 0) | (turns > 0))
    ended, edged = ends[rows, columns], inked[rows, columns]
    stepped, turned = steps[rows, columns], turns[rows, columns]
    strength = np.where(ended, 1, np.maximum(stepped, np.maximum(edged, turned)))
    kind = np.where(ended | (stepped > 0), SILHOUETTE, np.where(edged, BORDER, CREASE))
    share = _share(scene, rows, columns, ended)
    nearer = scene.depth[rows, columns] > scene.depth[rows, columns + 1]
    owner = rows * scene.depth.shape[1] + columns + nearer
    place = np.stack([columns + share, rows], -1).astype(np.float32)
    lines = Crossings(place, kind.astype(np.uint8), strength.astype(np.float32), owner)
    return join(lines, _band_crossings(scene, bands))


def _creases(scene: Scene, smooth: Where, crease: float) -> tuple[Floats, Floats]:
    """Return how certainly a crease lies between pixels and their right neighbours, and on pixels."""
    pure, whole = _pure(scene.objects), dot(scene.normal, scene.normal) > WHOLE
    turns = _turns(scene, smooth & whole[:, :-1] & whole[:, 1:], crease) * pure
    bands = _bands(scene, smooth & pure, whole, crease)
    turns *= turns >= cv2.dilate(bands, np.ones((1, 4)))[:, 1:]  # the more certain of both
    bands *= bands > cv2.dilate(np.pad(turns, ((0, 0), (0, 1))), np.ones((1, 4)))
    return turns, bands


def _alike(objects: Ids) -> Where:
    return objects[:, :-1] == objects[:, 1:]


def _pure(objects: Ids) -> Where:
    """Return whether neither of two pixels side by side lies beside another object, above or below.

    There the normal is a mean of both objects', and turns though neither of them does.
    """
    mixed = np.zeros(objects.shape, bool)
    apart = ~_alike(objects.T).T
    mixed[1:] |= apart
    mixed[:-1] |= apart
    return ~(mixed[:, :-1] | mixed[:, 1:])


def _steps(scene: Scene, same: Where) -> Floats:
    """Return how certainly depth makes a step between pixels and their right neighbours of one object."""
    deep = np.minimum(scene.depth, np.float32(1e9))
    even = deep if scene.straight else 1 / np.maximum(deep, 1e-12)
    slope = np.diff(even, axis=1)
    worth = 1 / scene.footprint[:, :-1]
    if not scene.straight:
        worth = deep[:, :-1] * deep[:, 1:] * worth
    here, left, right = slope[:, 1:-1], slope[:, :-2], slope[:, 2:]
    bend = np.zeros_like(slope)
    bend[:, 1:-1] = np.minimum(np.abs(here - left), np.abs(here - right))
    bend[:, 1:-1] -= np.float32(BENT) * np.maximum(np.abs(left), np.abs(right))
    inner = np.zeros_like(same)
    inner[:, 1:-1] = same[:, :-2] & same[:, 1:-1] & same[:, 2:]
    jump = np.maximum(bend * worth, 0) * inner
    beside = np.maximum(_shift(jump, 1), _shift(jump, -1))
    return _ramp(jump, *JUMPS) * (jump >= 0.6 * beside)


def _turns(scene: Scene, same: Where, crease: float) -> Floats:
    """Return how certainly the normal turns as at a crease between pixels and their right neighbours."""
    near, far = scene.normal[:, :-1], scene.normal[:, 1:]
    change = far - near
    chord = np.sqrt(dot(change, change)) * same
    peak = same & (chord >= _shift(chord, 1)) & (chord > _shift(chord, -1)) & (chord > 0.02)
    rows, columns = _places(peak)
    wide = same.shape[1]
    around = [np.clip(columns + k, 0, wide) for k in (-3, -1, 2, 4)]
    normals = [unit(scene.normal[rows, column]) for column in around]
    objects = [scene.objects[rows, column] for column in around]
    here = scene.objects[rows, columns]
    left, middle, right = starmap(_angle, pairwise(normals))
    ways = [unit(other - one) for one, other in pairwise(normals)]
    left, right = (
        x * np.clip(dot(way, ways[1]), 0, 1) for x, way in ((left, ways[0]), (right, ways[2]))
    )
    outside = np.maximum(left * (objects[0] == here), right * (objects[3] == here))
    outside = np.maximum(outside, SMOOTH * np.minimum(*_beside(scene, rows, columns)))
    known = (objects[1] == here) & (objects[2] == here) & (columns > 0) & (columns < wide - 1)
    steps_beside = (
        same[rows, np.maximum(columns - 1, 0)] & same[rows, np.minimum(columns + 1, wide - 1)]
    )
    certain = _ramp(middle - outside * OUTSIDE, *(np.deg2rad(crease) * share for share in TURNS))
    turns = np.zeros(same.shape, np.float32)
    turns[rows, columns] = certain * known * steps_beside
    return turns


def _beside(scene: Scene, rows: Ids, columns: Ids) -> tuple[Floats, Floats]:
    """Return how much normals turn just before pixels, and just after their right neighbours, (N,) each."""
    wide = scene.depth.shape[1] - 1
    some = [unit(scene.normal[rows, (columns + k).clip(0, wide)]) for k in (-1, 0, 1, 2)]
    return _angle(*some[:2]), _angle(*some[2:])


def _bands(scene: Scene, smooth: Where, whole: Where, crease: float) -> Floats:
    """Return how certainly pixels are on grooves, ridges or bevels: normals turn and turn back around them.

    Args:
        scene: The surfaces.
        smooth: (H, W - 1), whether a surface goes on from a pixel to the next.
        whole: (H, W), whether a pixel is of one surface.
        crease: Angle of a crease, degrees.
    """
    low, high = (np.deg2rad(crease) * share for share in BANDS)
    normal = scene.normal
    inner = smooth[:, :-3] & smooth[:, 1:-2] & smooth[:, 2:-1] & smooth[:, 3:]
    inner &= whole[:, :-4] & whole[:, 2:-2] & whole[:, 4:]
    bend = np.asarray(cv2.filter2D(normal, cv2.CV_32F, BENDING), np.float32)[:, 2:-2]
    rows, columns = _places(inner & (dot(bend, bend) > np.float32(2 * low * low)))
    apart = np.zeros(scene.depth.shape, np.float32)
    apart[rows, columns + 2] = _apart(normal, rows, columns + 2)
    peak = (apart >= _shift(apart, 1)) & (apart > _shift(apart, -1))
    return _ramp(apart, low, high) * peak


def _band_crossings(scene: Scene, bands: Floats) -> Crossings:
    """Return the crossings of bands with the rows of pixels, in the middle of each band."""
    rows, columns = _places(bands > 0)
    left, here, right = (_apart(scene.normal, rows, columns + side) for side in (-1, 0, 1))
    shift = (right - left) / np.maximum(left + here + right, 1e-6)
    place = np.stack([columns + shift, rows], -1).astype(np.float32)
    kind = np.full(len(rows), CREASE, np.uint8)
    owner = rows * scene.depth.shape[1] + columns
    return Crossings(place, kind, bands[rows, columns], owner)


def _apart(normal: Floats, rows: Ids, columns: Ids) -> Floats:
    """Return by which angle normals differ from those on both sides, as far as these are alike, (N,)."""
    wide = normal.shape[1] - 1
    some = [unit(normal[rows, (columns + k).clip(0, wide)]) for k in (-4, -2, 0, 2, 4)]
    beyond = np.minimum(_angle(*some[:2]), _angle(*some[3:]))
    left, middle, right = some[1:4]
    apart = _angle(unit(left + right), middle) - UNLIKE * _angle(left, right)
    return np.maximum(apart - ON * beyond, 0)


def _share(scene: Scene, rows: Ids, columns: Ids, ends: Where) -> Floats:
    """Return how far from the left pixel's middle to the right one's an edge lies, 0 to 1."""
    wide = scene.depth.shape[1]
    outer = (np.maximum(columns - 1, 0), np.minimum(columns + 2, wide - 1))
    left, right = (scene.normal[rows, column] for column in outer)
    way = right - left
    square = np.maximum(dot(way, way), 1e-6)
    mixed = [
        np.clip(dot(scene.normal[rows, columns + k] - left, way) / square, 0, 1) for k in (0, 1)
    ]
    share = np.clip(1.5 - mixed[0] - mixed[1], 0, 1)
    if scene.cover is not None:
        own, other = scene.cover[rows, columns], scene.cover[rows, columns + 1]
        share = np.where(ends, np.clip(own - other + 0.5, 0, 1), share)
    return share.astype(np.float32)


def _places(where: Where) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of pixels, as ``np.nonzero`` does, which takes longer in two dimensions."""
    return np.divmod(np.flatnonzero(where), where.shape[1])


def _shift(x: Floats, by: int) -> Floats:
    """Return an array moved to the right, or to the left, with 0 coming in."""
    moved = np.zeros_like(x)
    if by > 0:
        moved[:, by:] = x[:, :-by]
    else:
        moved[:, :by] = x[:, -by:]
    return moved


def _angle(one: Floats, other: Floats) -> Floats:
    return np.arccos(np.clip(dot(one, other), -1, 1))


def _ramp(x: Floats, low: float, high: float) -> Floats:
    return np.clip((x - low) / (high - low), 0, 1)
