"""Make paintings larger and cut them: python tools/cut_paintings.py FOLDER OUT [--larger 1.4].

Trainings shrink pictures to 512 pixels, and at that size a hand is a few pixels wide. Here each painting is
enlarged first and cut into parts of 512 x 512 pixels that cover it, numbered.
"""

import argparse
import math
import sys
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.train.data import SUFFIXES

SIDE = 512
"""Side of a part, pixels."""


def parts(picture: Image.Image) -> list[Image.Image]:
    """Return the parts of a picture, row by row; a side that is shorter than a part stays whole."""
    lefts, tops = (
        [round(n * (length - SIDE) / max(1, count - 1)) for n in range(count)] if count > 1 else [0]
        for length, count in ((length, math.ceil(length / SIDE)) for length in picture.size)
    )
    right, bottom = (min(SIDE, length) for length in picture.size)
    return [picture.crop((x, y, x + right, y + bottom)) for y in tops for x in lefts]


def main() -> None:
    """Write the parts as PNG files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--larger", type=float, default=1.4, help="how many times (1.4)")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    files = sorted(p for p in options.folder.iterdir() if p.suffix.lower() in SUFFIXES)
    for path in files:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
        width, height = (round(side * options.larger) for side in picture.size)
        large = picture.resize((width, height), Image.Resampling.LANCZOS)
        for number, part in enumerate(parts(large)):
            part.save(options.out / f"{path.stem}_{number}.png")
    print(f"{options.out}: parts of {len(files)} paintings")


if __name__ == "__main__":
    main()
