"""Make docs/pictures/sheet_munit.jpg: python tools/translation_sheet.py -o SHEET.jpg.

A row for each state that ships: a picture of its domain that nothing learnt from, as it was, translated, and
the translated centre at 100 %.
"""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from contact_sheet import QUALITY, cell, join
from make_domains import write
from PIL import Image

from core.picture.run import run
from core.request.picture_job import Job, StyleFile

SIZE = 512
"""Side of a picture, pixels."""
SHOWN = (("rust", 9004), ("snow", 9003), ("wet", 9006), ("night", 9004))
"""States, and which picture of their domain: trainings draw a few hundred, beginning with 0."""


def row(state: str, number: int, folder: Path) -> list[Image.Image | None]:
    """Return a picture before, after, and after at 100 %."""
    before = write((folder, state, "a", number, SIZE, 0))
    after = folder / f"{state}.png"
    run(Job(content=str(before), output=str(after), styles=(StyleFile(state),), method="munit"))
    return [cell(before, whole=True), cell(after, whole=True), cell(after, whole=False)]


def main() -> None:
    """Make the sheet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        rows = [row(state, number, Path(folder)) for state, number in SHOWN]
    join(rows).save(options.output, quality=QUALITY)


if __name__ == "__main__":
    main()
