"""Make docs/pictures/hand.jpg: a scene in the hands of built-in styles: python tools/hand_picture.py -o FILE.

Above, the scene. Below, for each style: the style, oil as it is in its palette, and whom ``hand`` found.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core import styles  # noqa: E402  # the checkout is not installed
from core.hand.find import find_hand  # noqa: E402  # likewise
from core.picture.run import run  # noqa: E402  # likewise
from core.request.hand_job import HandJob  # noqa: E402  # likewise
from core.request.picture_job import Job, StyleFile  # noqa: E402  # likewise
from core.styles.recipes import compose  # noqa: E402  # likewise

STYLES = ("watercolor", "pointillism", "pastel", "stained_glass")
SIZE, GAP = (300, 400), 6
"""Height and width of each picture, and what lies between two, pixels."""


def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", default=str(ROOT / "docs" / "pictures" / "hand.jpg"))
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory() as work:
        content = Path(work) / "scene.png"
        scene = compose("gouache", *SIZE).color
        cv2.imwrite(str(content), np.rint(scene[..., ::-1] * 255).astype(np.uint8))
        rows = [paint_row(name, content) for name in STYLES]
        blank = np.full((*SIZE, 3), 255, np.uint8)
        rows.insert(0, join([blank, read(content), blank], 1))
        cv2.imwrite(output, join(rows, 0), [cv2.IMWRITE_JPEG_QUALITY, 88])


def paint_row(name: str, content: Path) -> np.ndarray:
    """Return a style, and the content in its palette by oil and by its hand."""
    style = f"{styles.PREFIX}{name}"
    found = find_hand(HandJob(style=style))
    print(name, found)  # what was found is shown
    asked = {"method": found.method, "style_scale": found.style_scale, "params": found.params}
    own = cv2.resize(read(styles.path(name)), SIZE[::-1], interpolation=cv2.INTER_AREA)
    return join([own, paint(content, style, method="oil"), paint(content, style, **asked)], 1)


def paint(content: Path, style: str, **asked) -> np.ndarray:
    """Return the content as a painter paints it."""
    output = content.with_name("out.png")
    run(Job(content=str(content), output=str(output), styles=(StyleFile(style),), **asked))
    return read(output)


def read(path: Path) -> np.ndarray:
    """Return a picture (H, W, 3) of 8 bits."""
    return cv2.imread(str(path))


def join(pictures: list[np.ndarray], axis: int) -> np.ndarray:
    """Return pictures beside or below each other."""
    shape = list(pictures[0].shape)
    shape[axis] = GAP
    gap = np.full(shape, 255, np.uint8)
    parts = [part for picture in pictures for part in (picture, gap)][:-1]
    return np.concatenate(parts, axis)


if __name__ == "__main__":
    main()
