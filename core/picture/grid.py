"""Several variants of a picture on one sheet, to choose one by eye."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw, ImageFont

from ..errors import ParamsError, PictureError
from ..formats.kinds import Facts
from ..formats.write import write
from ..imaging.image import load_image
from ..progress import Progress, Report, ignore
from ..request.picture_job import Job
from .inputs import check_files
from .run import run

SIDE = 512
"""Pixels of the longer side of a variant on the sheet, at most."""
MOST = 64
"""Variants on a sheet."""
GAP, LINE = 8, 24
"""Pixels between pictures, and of the line below each that has its number."""
KINDS = (".png", ".jpg", ".jpeg", ".webp")
VARIANT = "variant"
"""The setting that tells variants apart."""


def write_grid(job: Job, count: int, report: Report = ignore) -> Path:
    """Do a job in variants 0 to ``count`` - 1 and write all of them, small, as its output.

    Each is made at its full size, as the job itself makes it, and shrunk afterwards.

    Raises:
        ParamsError: if ``count`` is not between 2 and 64, or the method has no variants.
        PictureError: if the sheet cannot be written.
        StylizeError: as for the job.
    """
    if not 2 <= count <= MOST:
        raise ParamsError(f"a grid has 2 to {MOST} variants, not {count}", "grid")
    out = _checked(job)
    with TemporaryDirectory() as folder:
        shown = [_draw(job, k, count, Path(folder), report) for k in range(count)]
    sheet = np.asarray(_lay_out(shown))
    write(out, (sheet.shape[0], sheet.shape[1], 3), Facts(), [sheet])
    return out


def _checked(job: Job) -> Path:
    """Return where the sheet goes; nothing that is read lies there, and it can be written."""
    out = Path(job.output)
    if out.suffix.lower() not in KINDS:
        raise PictureError(f"a grid is written as {', '.join(KINDS)}, not as {out.name}")
    check_files(job)
    return out


def _draw(job: Job, number: int, count: int, folder: Path, report: Report) -> Pictures.Image:
    report(Progress("variants", number + 1, count))
    made = folder / f"{number}{_suffix(job.content)}"
    asked = replace(job, output=str(made), params={**job.params, VARIANT: float(number)})
    run(asked, report)
    picture = Pictures.fromarray(_bytes(made, job))
    picture.thumbnail((SIDE, SIDE), Pictures.Resampling.LANCZOS)
    return picture


def _suffix(content: str) -> str:
    return ".exr" if Path(content).suffix.lower() in (".exr", ".hdr") else ".png"


def _bytes(path: Path, job: Job) -> np.ndarray:
    rgb = load_image(str(path), space=job.space, max_pixels=job.max_pixels).rgb
    return (np.clip(np.asarray(rgb)[0].transpose(1, 2, 0), 0, 1) * 255).round().astype(np.uint8)


def _lay_out(pictures: list[Pictures.Image]) -> Pictures.Image:
    columns = int(np.ceil(len(pictures) ** 0.5))
    rows = -(-len(pictures) // columns)
    width, height = pictures[0].width + GAP, pictures[0].height + LINE
    sheet = Pictures.new("RGB", (columns * width + GAP, rows * height + GAP), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for number, picture in enumerate(pictures):
        x, y = GAP + number % columns * width, GAP + number // columns * height
        sheet.paste(picture, (x, y))
        draw.text((x, y + picture.height + 1), f"{VARIANT} {number}", "black", font)
    return sheet
