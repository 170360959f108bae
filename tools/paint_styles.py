"""Paint the built-in style pictures: python tools/paint_styles.py [NAME ...] [--out FOLDER]."""

import argparse
import sys
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.styles import names, path
from core.styles.recipes import SIZE, make

QUALITY = 78


def sheet(files: list[Path], side: int = 300, columns: int = 5, gap: int = 8) -> Image.Image:
    """Return the pictures beside each other."""
    rows = -(-len(files) // columns)
    joined = Image.new("RGB", (columns * (side + gap) - gap, rows * (side + gap) - gap), "white")
    for index, file in enumerate(files):
        small = Image.open(file).convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        joined.paste(small, (index % columns * (side + gap), index // columns * (side + gap)))
    return joined


def main() -> None:
    """Paint each picture and write it as WebP; with --sheet, join those that are there instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "names", nargs="*", default=names(), metavar="NAME", help=", ".join(names())
    )
    parser.add_argument("--out", type=Path, help="folder (default: where the project keeps them)")
    parser.add_argument("--size", type=int, default=SIZE, help=f"side in pixels ({SIZE})")
    parser.add_argument("--seed", type=int, help="of what is left to chance (default: as shipped)")
    parser.add_argument("--sheet", type=Path, help="write a sheet of the pictures, paint nothing")
    options = parser.parse_args()
    files = [(options.out or path(name).parent) / path(name).name for name in options.names]
    if options.sheet:
        sheet(files).save(options.sheet, quality=88)
        return
    for name, file in zip(options.names, files, strict=True):
        file.parent.mkdir(parents=True, exist_ok=True)
        painted = make(name, options.size, options.size, options.seed)
        Image.fromarray(np.round(painted * 255).astype(np.uint8)).save(
            file, quality=QUALITY, method=6
        )
        print(f"{file}  {file.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
