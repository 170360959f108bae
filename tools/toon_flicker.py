"""Measure how much lines flicker on things that turn: python tools/toon_flicker.py FOLDER.

FOLDER holds frames of tools/toon_scenes.py. Ink is looked for in the frame before and in the one after, where
the exact motion of the thing whose line it is leads to: counted is what blinks, there and not before nor
after, or the reverse. The mesh's true edges, drawn likewise, tell what the comparison itself adds. Beside
ours stands the usual filter, Sobel on depth, cut so that it lays as much ink, and our lines without what
they keep from frame to frame.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.imaging.depth import FARTHEST  # noqa: E402  # the checkout is not installed
from core.passes import open_passes, read_vectors  # noqa: E402  # the checkout is not installed
from core.request.toon_job import ToonJob, make_look  # noqa: E402  # the checkout is not installed
from core.toon.frame import Frame, read_frame  # noqa: E402  # likewise
from core.toon.ink import draw_ink  # noqa: E402  # likewise
from core.toon.measures import measure  # noqa: E402  # likewise
from core.toon.steady import hold  # noqa: E402  # likewise
from tools.toon_edges import mesh_edges, see_true  # noqa: E402  # likewise

SOFT = 0.5
"""Slope of Sobel's threshold, of the threshold."""
FINE = 4
"""Parts of a pixel, across and down, in which true edges are drawn."""
SIGMA = 1.0
"""Blur before frames are compared, pixels."""
AROUND = 2
"""Pixels by which a line may reach beyond its thing."""


def main() -> None:
    """Print a row for each way to draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--width", type=float, default=2.0, help="pixels of the lines")
    parser.add_argument("--draw", type=Path, help="folder for the lines of each frame")
    options = parser.parse_args()
    job = ToonJob(content="", output="")
    paths = sorted(options.folder.glob("frame_*.exr"))
    frames = [read_frame(path, job, make_look(job)) for path in paths]
    look = {"line_width": options.width * 1080 / frames[0].size[0], "taper": 0.5}
    job = ToonJob(content="", output="", look=look)
    ours, alone = (lines(frames, job, steady=steady) for steady in (True, False))
    wanted = float(np.mean([x.mean() for x in ours]))
    sobel = sobels(frames, wanted)
    print("way                ink  flicker  beyond true edges'")  # a table
    exact = true_lines(frames, options.width)
    least = flicker(frames, exact)
    rows = (("true edges", exact), ("ours", ours), ("each alone", alone), ("Sobel on depth", sobel))
    for name, drawn in rows:
        figure = flicker(frames, drawn)
        ink = np.mean([x.mean() for x in drawn])
        print(f"{name:<15}{ink:7.4f} {figure:8.4f} {figure - least:8.4f}")
        if options.draw:
            save(options.draw, name, drawn)


def lines(frames: list[Frame], job: ToonJob, *, steady: bool) -> list[np.ndarray]:
    """Return our lines of each frame."""
    look, before, poses, drawn = make_look(job), None, None, []
    shared = measure(frames[:1], job)
    for frame in frames:
        anchor, poses = hold(frame, poses)
        ink, after = draw_ink(frame, look, shared, anchor, before)
        before = after if steady else None
        drawn.append(ink.alpha)
    return drawn


def true_lines(frames: list[Frame], width: float) -> list[np.ndarray]:
    """Return the mesh's true edges in each frame, drawn as dense round dots."""
    drawn = []
    for frame in frames:
        name = frame.path.name.replace("frame_", "truth_")
        truth = dict(np.load((frame.path.parent / name).with_suffix(".npz")))
        points, _, counted, _ = see_true(mesh_edges(truth, 40.0), frame, truth)
        fine = np.ones([side * FINE for side in frame.size], np.uint8)
        column, row = np.rint((points[counted].T + 0.5) * FINE - 0.5).astype(int)
        fine[row.clip(0, len(fine) - 1), column.clip(0, fine.shape[1] - 1)] = 0
        near = cv2.distanceTransform(fine, cv2.DIST_L2, 5) <= width / 2 * FINE
        drawn.append(
            cv2.resize(near.astype(np.float32), frame.size[::-1], interpolation=cv2.INTER_AREA)
        )
    return drawn


def sobels(frames: list[Frame], ink: float) -> list[np.ndarray]:
    """Return Sobel's magnitude on depth, cut where it lays as much ink on the average."""
    slopes = [slope(frame.scene.depth) for frame in frames]
    low, high = 1e-6, float(max(x.max() for x in slopes))
    for _ in range(40):
        cut = (low * high) ** 0.5
        drawn = [np.clip((x - cut) / (SOFT * cut), 0, 1) for x in slopes]
        low, high = (cut, high) if np.mean([x.mean() for x in drawn]) > ink else (low, cut)
    return drawn


def slope(depth: np.ndarray) -> np.ndarray:
    """Return how steep depth is; nothing lies where the farthest thing does."""
    near = depth < FARTHEST
    filled = np.where(near, depth, depth[near].max()).astype(np.float32)
    return cv2.magnitude(*(cv2.Sobel(filled, cv2.CV_32F, i, 1 - i) for i in (1, 0)))


def flicker(frames: list[Frame], drawn: list[np.ndarray]) -> float:
    """Return how much ink there is in one frame and neither before nor after, or the reverse, of all ink.

    What slides over its thing is between before and after, and does not count.
    """
    blinks = ink = 0.0
    soft = [
        cv2.GaussianBlur(picture, (0, 0), SIGMA) for picture in drawn
    ]  # else reading between pixels counts
    for index in range(1, len(frames) - 1):
        frame = frames[index]
        before, known_before = carried(frame, frame.backward, frames[index - 1], soft[index - 1])
        after, known_after = carried(frame, forward(frame), frames[index + 1], soft[index + 1])
        known, now = known_before & known_after, soft[index]
        over = now - np.maximum(before, after)
        under = np.minimum(before, after) - now
        blinks += float(np.maximum(np.maximum(over, under), 0)[known].sum())
        ink += float(now[known].sum())
    return blinks / ink


def carried(
    frame: Frame, motion: np.ndarray, other: Frame, picture: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return another frame's picture where this one's things were or will be, and where that is known."""
    flow, things = front(frame, motion)
    there = front(other, motion)[1]
    height, width = things.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    x, y = x + flow[..., 0], y + flow[..., 1]
    column, row = (np.rint(v).astype(int) for v in (x, y))
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    same = there[row.clip(0, height - 1), column.clip(0, width - 1)] == things
    return cv2.remap(picture, x, y, cv2.INTER_LINEAR), inside & same


def forward(frame: Frame) -> np.ndarray:
    """Return the way to the frame after, (H, W, 2), pixels."""
    return read_vectors(open_passes(frame.path)).forward[0].transpose(1, 2, 0)


def front(frame: Frame, motion: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each pixel's motion and thing: those of the nearest surface around it, whose line it shows."""
    depth, flow, things = frame.scene.depth.copy(), motion.copy(), frame.scene.objects.copy()
    for dy in range(-AROUND, AROUND + 1):
        for dx in range(-AROUND, AROUND + 1):
            moved = [
                np.roll(x, (dy, dx), (0, 1))
                for x in (frame.scene.depth, motion, frame.scene.objects)
            ]
            nearer = moved[0] < depth - 3 * frame.scene.footprint
            depth = np.where(nearer, moved[0], depth)
            flow = np.where(nearer[..., None], moved[1], flow)
            things = np.where(nearer, moved[2], things)
    return flow, things


def save(folder: Path, name: str, drawn: list[np.ndarray]) -> None:
    """Write the lines of each frame, black on white."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in enumerate(drawn, 1):
        path = folder / f"{name.replace(' ', '_')}_{number:04d}.png"
        cv2.imwrite(str(path), ((1 - picture) * 255).round().astype(np.uint8))


if __name__ == "__main__":
    main()
