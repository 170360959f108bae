"""Make docs/pictures/palette.jpg: three plain materials, painted each for itself and as one scene."""

import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.npr.palette import rgb  # noqa: E402  # the project runs from its checkout
from core.picture.run import run  # noqa: E402
from core.request.picture_job import Job, SceneFile, StyleFile  # noqa: E402

OUTPUT = ROOT / "docs/pictures/palette.jpg"
COLORS = ("#0f4233", "#4a4a4a", "#d41f0f")
STYLES = ("oil", "woodblock", "watercolor")
SIDE, GAP = 192, 8
Picture = NDArray[np.uint8]


def main() -> None:
    """Lay the materials out as they were, then a row a style: painted alone left, as a scene right."""
    with tempfile.TemporaryDirectory() as folder:
        files = [make_material(Path(folder), k, color) for k, color in enumerate(COLORS)]
        own = [np.asarray(Image.open(file)) for file in files]
        rows = [lay_out([*own, *own])]
        for style in STYLES:
            alone = [paint(file, style, ()) for file in files]
            together = [paint(file, style, tuple(map(SceneFile, files))) for file in files]
            rows.append(lay_out([*alone, *together]))
    gap = np.full((GAP, rows[0].shape[1], 3), 255, np.uint8)
    sheet = np.concatenate([part for row in rows for part in (row, gap)][:-1])
    Image.fromarray(sheet).save(OUTPUT, quality=88)


def make_material(folder: Path, number: int, color: str) -> str:
    """Write a plain colour with faint blotches, and return the file."""
    frequency = np.hypot(np.fft.fftfreq(SIDE)[:, None], np.fft.rfftfreq(SIDE))
    draw = np.random.default_rng(number).standard_normal((2, *frequency.shape))
    frequency[0, 0] = np.inf
    waves = (draw[0] + 1j * draw[1]) * np.exp(-((frequency / 0.12) ** 2)) / frequency
    blotches = np.fft.irfft2(waves, (SIDE, SIDE))
    picture = rgb(color) + 0.02 * (blotches / blotches.std())[..., None]
    path = folder / f"{number}.png"
    Image.fromarray((picture.clip(0, 1) * 255).round().astype(np.uint8)).save(path)
    return str(path)


def paint(file: str, style: str, scene: tuple[SceneFile, ...]) -> Picture:
    """Return a material in a built-in style."""
    output = str(Path(file).with_suffix(".out.png"))
    looks = (StyleFile(f"builtin:{style}"),)
    run(Job(content=file, output=output, styles=looks, scene=scene))
    return np.asarray(Image.open(output))


def lay_out(pictures: list[Picture]) -> Picture:
    """Return pictures in a row, with a gap in the middle."""
    gap = np.full((SIDE, GAP, 3), 255, np.uint8)
    half = len(pictures) // 2
    return np.concatenate([*pictures[:half], gap, *pictures[half:]], 1)


if __name__ == "__main__":
    main()
