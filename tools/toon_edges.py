"""Measure lines against the mesh's true edges: python tools/toon_edges.py FOLDER… of tools/toon_scenes.py.

True edges are those between a face that looks toward the camera and one that looks away, and those at which
the mesh's normals turn by more than the crease angle from one face to the other (an edge that is shaded
smooth does not); projected by the camera's matrices and kept where the depth pass shows them. Recall counts
points of creases, and of silhouettes behind which it goes on at least ``DEEP`` pixels farther: smaller steps
cannot be seen. Precision counts crossings of lines near any true edge.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.npr.shading import fade_specks, find_crossings, fit_lines  # noqa: E402  # the checkout is not installed
from core.request.toon_job import ToonJob, make_look  # noqa: E402  # likewise
from core.toon.frame import Frame, read_frame  # noqa: E402  # likewise

NEAR = 2.0
"""Pixels within which a line and an edge are the same."""
DEEP = 4.0
"""Depth behind a silhouette from which on it counts, pixels."""
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
    points, kinds, counted = true_edges(frame, truth, crease)
    missed = distance_to(places, frame.size)[_cells(points, frame.size)] > NEAR
    wrong = distance_to(points, frame.size)[_cells(places, frame.size)] > NEAR
    own = [counted & (kinds == kind) for kind in (0, 1)]
    hit = [1 - missed[of].mean() if of.any() else np.nan for of in own]
    if draw:
        paint(draw, frame, places, wrong, points[counted][missed[counted]])
    return [*hit, 1 - missed[counted].mean(), 1 - wrong.mean()]


def true_edges(
    frame: Frame, truth: dict[str, np.ndarray], crease: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return visible points (N, 2) of true edges, whether each is of a crease, and whether it counts."""
    ends, contour, sharp, shaded = mesh_edges(truth, crease)
    shaded = shaded[contour | sharp]
    ends, sharp = ends[contour | sharp], (sharp & ~contour)[contour | sharp]
    pixels, depths = project(ends, truth, frame.size)
    length = np.linalg.norm(pixels[:, 1] - pixels[:, 0], axis=1)
    counts = np.clip(np.ceil(length * 2), 1, 4000).astype(int)
    owner = np.repeat(np.arange(len(ends)), counts)
    t = (np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts) + 0.5) / counts[
        owner
    ]
    points = pixels[owner, 0] + (pixels[owner, 1] - pixels[owner, 0]) * t[:, None]
    deep = 1 / (1 / depths[owner, 0] * (1 - t) + 1 / depths[owner, 1] * t)
    if frame.eye.kind == "orthographic":
        deep = depths[owner, 0] * (1 - t) + depths[owner, 1] * t
    height, width = frame.size
    inside = (points > 1).all(1) & (points[:, 0] < width - 2) & (points[:, 1] < height - 2)
    points, deep, owner = points[inside], deep[inside], owner[inside]
    at = _cells(points, frame.size)
    farthest = cv2.dilate(frame.scene.depth, np.ones((3, 3), np.uint8))[at]
    behind = cv2.dilate(frame.scene.depth, np.ones((5, 5), np.uint8))[at]
    pixel = frame.eye.footprint(deep.astype(np.float32)[:, None])[:, 0]
    seen = deep <= farthest + 2 * pixel
    counted = np.where(sharp[owner], shaded[owner], behind - deep > DEEP * pixel)
    return points[seen], sharp[owner][seen].astype(int), counted[seen]


def mesh_edges(
    truth: dict[str, np.ndarray], crease: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the ends (E, 2, 3) of a mesh's edges, which are contours, creases, and shaded as creases."""
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
    faces = np.tile(np.arange(len(corners)), 3)
    edges, which, count = np.unique(
        np.sort(pairs, 1), axis=0, return_inverse=True, return_counts=True
    )
    order = np.argsort(which.ravel(), kind="stable")
    starts = np.concatenate([[0], np.cumsum(count)[:-1]])
    first = faces[order[starts]]
    second = faces[order[np.minimum(starts + 1, len(order) - 1)]]
    single = count == 1
    contour = single | (facing[first] != facing[second])
    sides = np.concatenate([shaded[:, [a, b]].mean(1) for a, b in ((0, 1), (1, 2), (2, 0))])
    one, other = (sides[order[np.minimum(starts + k, len(order) - 1)]] for k in (0, 1))
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    cosine = (one * other).sum(1) / np.maximum(lengths, 1e-9)
    shaded = ~single & (cosine < np.cos(np.deg2rad(crease)))
    bent = ~single & ((normals[first] * normals[second]).sum(1) < np.cos(np.deg2rad(crease)))
    sharp = (bent | shaded) & facing[first] & facing[second]
    return vertices[edges][..., :3], contour, sharp, shaded


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
