"""Make docs/pictures/sheet_METHOD.jpg: python tools/translation_sheet.py METHOD -o SHEET.jpg.

A row for each state or painter that ships with the method: a picture of its domain that nothing learnt from,
as it was, translated, and the translated centre at 100 %.
"""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contact_sheet import QUALITY, cell, join
from make_domains import write
from PIL import Image

from core.picture.run import run
from core.request.picture_job import Job, StyleFile
from core.styles.states import STATES

SIZE = 512
"""Side of a picture, pixels."""
Shown = tuple[str, str, str, int]
SHOWN: Mapping[str, tuple[Shown, ...]] = {
    "munit": (
        ("rust", "rust", "a", 9004),
        ("snow", "snow", "a", 9003),
        ("wet", "wet", "a", 9009),
        ("night", "night", "a", 9004),
    ),
    "cyclegan": (
        ("autumn", "autumn", "a", 9002),
        ("autumn", "autumn", "a", 9007),
        ("summer", "autumn", "pair_b", 9008),
    ),
    "adaptive_style": (
        ("monet", "painted", "a", 9001),
        ("monet", "painted", "a", 9000),
        ("monet", "autumn", "a", 9008),
    ),
}
"""States, and which picture of which side of a domain: trainings draw a few hundred, beginning with 0."""


def row(method: str, shown: Shown, folder: Path) -> list[Image.Image | None]:
    """Return a picture before, after, and after at 100 %."""
    state, domain, side, number = shown
    before = write((folder, domain, side, number, SIZE, 0))
    after = folder / f"{state}_{number}.png"
    named, brush = (StyleFile(state),), {one.name: one.brush for one in STATES}[state]
    asked = Job(content=str(before), output=str(after), styles=named, method=method)
    run(replace(asked, style_scale=brush))
    return [cell(before, whole=True), cell(after, whole=True), cell(after, whole=False)]


def main() -> None:
    """Make the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=list(SHOWN))
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        rows = [row(options.method, shown, Path(folder)) for shown in SHOWN[options.method]]
    join(rows).save(options.output, quality=QUALITY)


if __name__ == "__main__":
    main()
