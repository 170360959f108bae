"""Make the domains that translations learn from: python tools/make_domains.py FOLDER [NAME ...]."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.train.domains import DOMAINS, SIDES, draw

GAP = 4


def write(task: tuple[Path, str, str, int, int, int]) -> Path:
    """Draw one picture as ``<folder>/<name>/<side>/<number>.png``, unless it is there."""
    folder, name, side, number, size, seed = task
    path = folder / name / side / f"{number:04}.png"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.round(draw(name, side, number, size, seed) * 255).astype(np.uint8)
        unfinished = path.with_suffix(".part")
        Image.fromarray(pixels).save(unfinished, "PNG")
        unfinished.replace(path)
    return path


def sheet(folder: Path, count: int = 12, columns: int = 6) -> Image.Image:
    """Return the first pictures of both sides, at 100 %: a above, b below."""
    files = [sorted((folder / side).glob("*.png"))[:count] for side in "ab"]
    step = _opened(files[0][0]).width + GAP
    rows = [-(-len(side) // columns) for side in files]
    joined = Image.new("RGB", (columns * step - GAP, (sum(rows) * step) + 4 * GAP), "white")
    for side, (top, names) in enumerate(zip((0, rows[0]), files, strict=True)):
        for i, name in enumerate(names):
            at = (i % columns * step, (top + i // columns) * step + 4 * GAP * side)
            joined.paste(_opened(name), at)
    return joined


def _opened(path: Path) -> Image.Image:
    with Image.open(path) as opened:
        return opened.convert("RGB")


def main() -> None:
    """Write the folders of each domain; with --sheet also a sheet of each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(DOMAINS))
    parser.add_argument(
        "--sides",
        nargs="+",
        default=["a", "b"],
        choices=SIDES,
        metavar="SIDE",
        help="a, b, pair_b (a's things in the state of b, number by number); a and b",
    )
    parser.add_argument("--count", type=int, default=400, help="pictures a side (400)")
    parser.add_argument("--first", type=int, default=0, help="number of the first (0)")
    parser.add_argument("--size", type=int, default=256, help="side in pixels (256)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.add_argument("--sheet", type=Path, metavar="DIR", help="write <name>.jpg there")
    options = parser.parse_args()
    if unknown := sorted(set(options.names) - set(DOMAINS)):
        parser.error(f"there is no domain {unknown[0]!r}; choose of: {', '.join(DOMAINS)}")
    numbers = range(options.first, options.first + options.count)
    for name in options.names or DOMAINS:
        sides = (
            (options.folder, name, side, number, options.size, options.seed)
            for number, side in product(numbers, options.sides)
        )
        with ProcessPoolExecutor(options.jobs) as pool:
            written = sum(1 for _ in pool.map(write, sides, chunksize=2))
        print(f"{options.folder / name}: {written} pictures")
        if options.sheet:
            options.sheet.mkdir(parents=True, exist_ok=True)
            sheet(options.folder / name).save(options.sheet / f"{name}.jpg", quality=88)


if __name__ == "__main__":
    main()
