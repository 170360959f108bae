"""All toon looks of a finished render on one sheet: python tools/toon_sheet.py RENDER.exr SHEET.jpg.

docs/pictures/toon_renders.jpg is made so from the still life of
``tools/toon_scenes.py FOLDER --ground --no-film --size 800 560``; a strip of sky is cut off at the top.
"""

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.request.toon_job import ToonJob
from core.request.toon_look import PRESETS
from core.toon.run import run_toon

WIDTH, ROW, SKY = 600, 2, 40
"""Pixels of a picture's width on the sheet, pictures side by side, and what is cut off at the top."""
ON_PAPER = {"ink"}


def main(render: Path, sheet: Path) -> None:
    """Make the looks and lay them side by side."""
    with tempfile.TemporaryDirectory() as folder:
        made = [draw(render, look, Path(folder) / f"{look}.png") for look in PRESETS]
    rows = [np.hstack(made[start : start + ROW]) for start in range(0, len(made), ROW)]
    cv2.imwrite(str(sheet), np.vstack(rows), [cv2.IMWRITE_JPEG_QUALITY, 90])


def draw(render: Path, look: str, path: Path) -> np.ndarray:
    """Return a render in a look, as large as on the sheet."""
    background = "paper" if look in ON_PAPER else "render"
    run_toon(ToonJob(content=str(render), output=str(path), preset=look, background=background))
    picture = np.asarray(cv2.imread(str(path)))[SKY:]
    height = round(len(picture) * WIDTH / picture.shape[1])
    return cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
