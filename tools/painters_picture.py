"""Make docs/pictures/painters.jpg: python tools/painters_picture.py RENDER -o SHEET.jpg.

The ten painters, each as a method on the whole picture; a part of each at 100 %. RENDER is `make demo`'s
build/demo/before.png.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from PIL import Image

from core.catalog import PAINTER_IDS
from core.picture.run import run
from core.request.picture_job import Job

PART = (230, 140, 550, 410)
"""Left, top, right, bottom of what is shown, of 640 x 480 pixels."""
COLUMNS, GAP, QUALITY = 5, 6, 88


def painted(picture: Path, method: str, folder: Path) -> Image.Image:
    """Return the part of a picture that a painter made."""
    output = folder / f"{method}.png"
    run(Job(content=str(picture), output=str(output), styles=(), method=method))
    return Image.open(output).convert("RGB").crop(PART)


def main() -> None:
    """Make the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        parts = [painted(options.picture, method, Path(name)) for method in PAINTER_IDS]
    wide, high = PART[2] - PART[0] + GAP, PART[3] - PART[1] + GAP
    size = COLUMNS * wide - GAP, -(-len(parts) // COLUMNS) * high - GAP
    sheet = Image.new("RGB", size, "white")
    for number, part in enumerate(parts):
        sheet.paste(part, (number % COLUMNS * wide, number // COLUMNS * high))
    sheet.save(options.output, quality=QUALITY)


if __name__ == "__main__":
    main()
