"""Measure lines against the mesh's true edges: python tools/toon_edges.py FOLDER… of tools/toon_scenes.py.

True edges are those between a face that looks toward the camera and one that looks away, and those at which
the mesh's normals turn by more than the crease angle from one face to the other (an edge that is shaded
smooth does not); projected by the camera's matrices and kept where the depth pass shows them. Recall counts
points of creases, and of silhouettes behind which it goes on at least ``DEEP`` pixels farther than what lies
there does by its own slope: smaller steps cannot be seen. Precision counts crossings of lines near any true
edge, or where a mesh that is finer than the picture turns by the crease angle within ``NEAR`` pixels.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from scipy.spatial import cKDTree

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.imaging.depth import FARTHEST  # noqa: E402  # the checkout is not installed
from core.npr.shading import fade_specks, find_crossings, fit_lines  # noqa: E402  # likewise
from core.request.toon_job import ToonJob, make_look  # noqa: E402  # likewise
from core.toon.frame import Frame, read_frame  # noqa: E402  # likewise

NEAR = 2.0
"""Pixels within which a line and an edge are the same."""
DEEP = 4.0
"""Depth behind a silhouette from which on it counts, pixels."""
BESIDE = (1.5, 2.5, 3.5)
"""Pixels past an edge at which it is seen what lies there, and how fast that recedes."""
CERTAIN = 0.5
"""Strength from which on a line counts as drawn."""


def main() -> None:
    """Print a row for each folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--crease", type=float, default=40.0)
    parser.add_argument(
        "--draw", type=Path, help="folder for pictures: missed edges red, wrong lines blue"
    )
    options = parser.parse_args()
    print("scene            silhouettes  creases  recall  precision")  # a table
    for folder in options.folders:
        job = ToonJob(content="", output="", look={"borders": 0.0})
        frame = read_frame(folder / "frame_0001.exr", job, make_look(job))
        truth = dict(np.load(folder / "truth_0001.npz"))
        rows = measure(
            frame, truth, options.crease, options.draw and options.draw / f"{folder.name}.png"
        )
        print(f"{folder.name:<16}", *(f"{value:>9.3f}" for value in rows))  # a table


def measure(
    frame: Frame, truth: dict[str, np.ndarray], crease: float, draw: Path | None
) -> list[float]:
    """Return recall of silhouettes, of creases, of both, and precision."""
    scene = replace(frame.scene, materials=np.zeros_like(frame.scene.materials))
    found, _ = fit_lines(fade_specks(find_crossings(scene, crease), frame.size), frame.size)
    places = found.place[found.strength >= CERTAIN]
    edges = mesh_edges(truth, crease)
    points, kinds, counted, _ = see_true(edges, frame, truth)
    missed = distance_to(places, frame.size)[_cells(points, frame.size)] > NEAR
    wrong = distance_to(points, frame.size)[_cells(places, frame.size)] > NEAR
    wrong[wrong] = ~turns_at(places[wrong], see(edges, frame, truth), crease)
    own = [counted & (kinds == kind) for kind in (0, 1)]
    hit = [1 - missed[of].mean() if of.any() else np.nan for of in own]
    if draw:
        paint(draw, frame, places, wrong, points[counted][missed[counted]])
    return [*hit, 1 - missed[counted].mean(), 1 - wrong.mean()]


class Edges(NamedTuple):
    """A mesh's edges."""

    ends: np.ndarray
    """(E, 2, 3), in the world."""
    inside: np.ndarray
    """(E, 3), the third corner of the face that is seen at the edge."""
    normals: np.ndarray
    """(E, 2, 3), as which both faces are shaded there."""
    contour: np.ndarray
    """(E,), whether one face looks toward the camera and one away."""
    sharp: np.ndarray
    """(E,), whether it is a crease."""
    split: np.ndarray
    """(E,), whether it is shaded as one."""


class Seen(NamedTuple):
    """Points of edges that the picture shows."""

    points: np.ndarray
    """(N, 2), pixels."""
    kinds: np.ndarray
    """(N,), 0 of a silhouette and 1 of a crease."""
    counted: np.ndarray
    """(N,), whether a line must be there."""
    normals: np.ndarray
    """(N, 2, 3), as which both faces are shaded."""


def see_true(edges: Edges, frame: Frame, truth: dict[str, np.ndarray]) -> Seen:
    """Return the points of silhouettes and creases that are seen."""
    true = edges.contour | edges.sharp
    return see(Edges(*(part[true] for part in edges)), frame, truth)


def see(edges: Edges, frame: Frame, truth: dict[str, np.ndarray]) -> Seen:
    """Return the points of edges that are seen."""
    pixels, depths = project(edges.ends, truth, frame.size)
    length = np.linalg.norm(pixels[:, 1] - pixels[:, 0], axis=1)
    counts = np.clip(np.ceil(length * 2), 1, 4000).astype(int)
    owner = np.repeat(np.arange(len(counts)), counts)
    t = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + 0.5
    t /= counts[owner]
    points = pixels[owner, 0] + (pixels[owner, 1] - pixels[owner, 0]) * t[:, None]
    deep = 1 / (1 / depths[owner, 0] * (1 - t) + 1 / depths[owner, 1] * t)
    if frame.eye.kind == "orthographic":
        deep = depths[owner, 0] * (1 - t) + depths[owner, 1] * t
    height, width = frame.size
    inside = (points > 1).all(1) & (points[:, 0] < width - 2) & (points[:, 1] < height - 2)
    points, deep, owner = points[inside], deep[inside], owner[inside]
    pixel = frame.eye.footprint(deep.astype(np.float32)[:, None])[:, 0]
    farthest = cv2.dilate(frame.scene.depth, np.ones((3, 3), np.uint8))
    seen = deep <= farthest[_cells(points, frame.size)] + 2 * pixel
    points, deep, owner, pixel = points[seen], deep[seen], owner[seen], pixel[seen]
    out = outward(pixels, project(edges.inside, truth, frame.size)[0])[owner]
    step = behind(frame, points, out) - deep
    crease = edges.sharp & ~edges.contour
    counted = np.where(crease[owner], edges.split[owner], step > DEEP * pixel)
    return Seen(points, crease[owner].astype(int), counted, edges.normals[owner])


def outward(pixels: np.ndarray, third: np.ndarray) -> np.ndarray:
    """Return unit vectors (E, 2) across edges (E, 2, 2), away from the third corners of their faces."""
    way = pixels[:, 1] - pixels[:, 0]
    across = np.stack([-way[:, 1], way[:, 0]], 1)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    side = (across * (third - pixels[:, 0])).sum(1, keepdims=True)
    return np.where(side > 0, -across, across)


def behind(frame: Frame, points: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Return how far lies what is seen past an edge, (N,): from there straight on back to the edge itself."""
    depths = [frame.scene.depth[_cells(points + out * k, frame.size)].astype(float) for k in BESIDE]
    slope = np.minimum(*np.diff(depths, axis=0)) / (BESIDE[1] - BESIDE[0])  # not across a step
    return depths[0] - np.where(depths[0] < FARTHEST, np.maximum(slope, 0), 0) * BESIDE[0]


def turns_at(places: np.ndarray, seen: Seen, crease: float) -> np.ndarray:
    """Return whether a mesh turns by the crease angle within ``NEAR`` pixels around places (N, 2)."""
    points = np.repeat(seen.points, 2, 0)
    normals = seen.normals.reshape(-1, 3)
    normals = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
    found = np.zeros(len(places), bool)
    for number, near in enumerate(cKDTree(points).query_ball_point(places, NEAR)):
        apart = np.linalg.norm(points[near, None] - points[None, near], axis=-1)
        turned = normals[near] @ normals[near].T < np.cos(np.deg2rad(crease))
        found[number] = (turned & (apart <= NEAR)).any()
    return found


def mesh_edges(truth: dict[str, np.ndarray], crease: float) -> Edges:
    """Return a mesh's edges."""
    triangles, owners, shaded = truth["triangles"], truth["owners"], truth["normals"]
    flat = np.round(np.concatenate([triangles.reshape(-1, 3), np.repeat(owners, 3)[:, None]], 1), 5)
    vertices, numbers = np.unique(flat, axis=0, return_inverse=True)
    corners = numbers.reshape(-1, 3)
    normals = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    area = np.linalg.norm(normals, axis=1)
    keep = area > 1e-12
    corners, normals, triangles = corners[keep], normals[keep] / area[keep, None], triangles[keep]
    shaded = shaded[keep] / np.maximum(np.linalg.norm(shaded[keep], axis=-1, keepdims=True), 1e-9)
    facing = (normals * toward(triangles.mean(1), truth)).sum(1) > 0
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]]])
    faces, thirds = np.tile(np.arange(len(corners)), 3), corners[:, [2, 0, 1]].T.ravel()
    edges, which, count = np.unique(
        np.sort(pairs, 1), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(which.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    halves = [order[np.minimum(starts + k, len(order) - 1)] for k in (0, 1)]
    first, second = faces[halves[0]], faces[halves[1]]
    single = count == 1
    contour = single | (facing[first] != facing[second])
    sides = np.concatenate([shaded[:, [a, b]].mean(1) for a, b in ((0, 1), (1, 2), (2, 0))])
    one, other = sides[halves[0]], np.where(single[:, None], sides[halves[0]], sides[halves[1]])
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine = (one * other).sum(1) / np.maximum(lengths, 1e-9)
    split = cosine < np.cos(np.deg2rad(crease))
    bent = ~single & ((normals[first] * normals[second]).sum(1) < np.cos(np.deg2rad(crease)))
    sharp = (bent | split) & facing[first] & facing[second]
    third = thirds[np.where(facing[first] | single, *halves)]
    return Edges(
        vertices[edges][..., :3], vertices[third][..., :3], np.stack([one, other], 1), contour,
        sharp, split,
    )  # fmt: skip  # in the fields' order


def toward(points: np.ndarray, truth: dict[str, np.ndarray]) -> np.ndarray:
    """Return directions from points to the camera."""
    world = truth["world"]
    if truth["projection"][3, 3] == 1:
        return np.broadcast_to(world[:3, 2], points.shape)
    return world[:3, 3] - points


def project(
    points: np.ndarray, truth: dict[str, np.ndarray], size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Return pixels (…, 2) and depths (…) of points."""
    one = np.concatenate([points, np.ones((*points.shape[:-1], 1))], -1)
    local = one @ np.linalg.inv(truth["world"]).T
    clip = local @ truth["projection"].T
    shown = clip[..., :2] / clip[..., 3:]
    return (shown * (0.5, -0.5) + 0.5) * size[::-1] - 0.5, -local[..., 2]


def distance_to(points: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return each pixel's distance to the nearest point, about, in pixels."""
    free = np.ones(size, np.uint8)
    free[_cells(points, size)] = 0
    return cv2.distanceTransform(free, cv2.DIST_L2, 5)


def _cells(points: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.rint(points).astype(int).T
    return y.clip(0, size[0] - 1), x.clip(0, size[1] - 1)


def paint(
    path: Path, frame: Frame, places: np.ndarray, wrong: np.ndarray, missed: np.ndarray
) -> None:
    """Draw lines black, wrong ones blue, and missed edges red."""
    picture = np.full((*frame.size, 3), 255, np.uint8)
    picture[_cells(places, frame.size)] = 0
    picture[_cells(places[wrong], frame.size)] = (255, 120, 0)
    picture[_cells(missed, frame.size)] = (0, 0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)


if __name__ == "__main__":
    main()
