"""Paint the built-in style pictures: python examples/paint_styles.py [NAME ...] [--out FOLDER]."""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.styles import names, path
from core.styles.recipes import SIZE, make

QUALITY = 78


def main() -> None:
    """Paint each picture and write it as WebP."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=names(), metavar="NAME", help=", ".join(names())
    )
    parser.add_argument("--out", type=Path, help="folder (default: where the project keeps them)")
    parser.add_argument("--size", type=int, default=SIZE, help=f"side in pixels ({SIZE})")
    parser.add_argument("--seed", type=int, help="of what is left to chance (default: as shipped)")
    options = parser.parse_args()
    for name in options.names:
        file = (options.out or path(name).parent) / path(name).name
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.round(make(name, options.size, options.size, options.seed) * 255).astype(
            np.uint8
        )
        Image.fromarray(pixels).save(file, quality=QUALITY, method=6)
        print(f"{file}  {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
