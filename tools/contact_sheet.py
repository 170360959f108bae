"""Join what a method makes of our own pictures: python tools/contact_sheet.py METHOD -o SHEET.jpg.

Each column is a style, each row a content, both shown at the border. Contents are the demo's render and
textures, which `make demo` leaves in build/demo; styles are built-in ones. Of a texture the centre is shown
at 100 %: strokes are to be seen.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from core.picture.run import run  # noqa: E402  # likewise
from core.request.picture_job import Job, StyleFile  # noqa: E402  # the checkout is not installed
from core.styles import PREFIX, names, resolve  # noqa: E402  # likewise

DEMO = ROOT / "build" / "demo"
CONTENTS = ("before.png",)
TEXTURES = ("textures/bricks.png", "textures/cloth.png")
SIDE, GAP, QUALITY = 288, 6, 82


def cell(path: Path, *, whole: bool) -> Image.Image:
    """Return a picture's centre, as much of it as there is or as fits, as a square of ``SIDE`` pixels."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    side = min(picture.size) if whole else SIDE
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return square.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def stylized(content: Path, style: str, options: argparse.Namespace, folder: Path) -> Path:
    """Return the picture that the method makes; textures tile."""
    output = folder / f"{content.stem}-{style}.png"
    settings = dict(setting.split("=", 1) for setting in options.set)
    job = Job(
        content=str(content),
        output=str(output),
        styles=(StyleFile(PREFIX + style),),
        method=options.method,
        params=settings,
        surface="seamless" if content in options.textures else "flat",
    )
    run(job)
    return output


def sheet(options: argparse.Namespace) -> Image.Image:
    """Return the contact sheet."""
    rows = [[None, *(resolve(PREFIX + style) for style in options.styles)]]
    with TemporaryDirectory() as folder:
        for content in [*options.contents, *options.textures]:
            made = [stylized(content, s, options, Path(folder)) for s in options.styles]
            rows.append([content, *made])
        count = len(rows) - len(options.textures)
        cells = [
            [path and cell(path, whole=k < count) for path in row] for k, row in enumerate(rows)
        ]
    return join(cells)


def join(cells: list[list[Image.Image | None]]) -> Image.Image:
    """Return rows of squares of ``SIDE`` pixels as one picture; None is left white."""
    step = SIDE + GAP
    size = (len(cells[0]) * step - GAP, len(cells) * step - GAP)
    joined = Image.new("RGB", size, "white")
    for y, row in enumerate(cells):
        for x, picture in enumerate(row):
            if picture:
                joined.paste(picture, (x * step, y * step))
    return joined


def main() -> None:
    """Make one contact sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method")
    parser.add_argument("--styles", nargs="+", choices=names(), default=names()[:6])
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    for kind, default in (("--contents", CONTENTS), ("--textures", TEXTURES)):
        parser.add_argument(kind, nargs="*", type=Path, default=[DEMO / name for name in default])
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    sheet(options).save(options.output, quality=QUALITY)


if __name__ == "__main__":
    main()
