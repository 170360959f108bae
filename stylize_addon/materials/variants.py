"""Several variants of a state at once, each as a look to choose from by its picture."""

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from bpy.types import Image

from ...core.cli.console import format_seconds
from ...core.errors import ParamsError
from ..images import Unsuitable, read_pixels
from ..settings import Settings
from ..time_left import Status
from .graph import looks_of, mixes_in
from .results import Outcome, apply
from .run import stylize
from .walk import Owner

VARIANT = "variant"
ROUND = 100
"""How many variants there are; the first comes again after the last."""
SMALL = 96
"""Pixels of a side of a picture to choose by."""


@dataclass(slots=True)
class Several:
    """The results of runs in several variants."""

    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def notes(self) -> list[str]:
        """Notes on what was left out, each once."""
        return list(dict.fromkeys(note for one in self.outcomes for note in one.notes))

    @property
    def remarks(self) -> list[str]:
        """Other notes, each once."""
        return list(dict.fromkeys(note for one in self.outcomes for note in one.remarks))

    @property
    def lacking(self) -> list[str]:
        """Names of materials without UVs for which UVs could be made."""
        return list(dict.fromkeys(name for one in self.outcomes for name in one.lacking))

    def summary(self) -> list[str]:
        """Return sentences on what was done."""
        seconds = sum(one.seconds for one in self.outcomes)
        return [f"Made {len(self.outcomes)} variants in {format_seconds(seconds)}; choose a look"]

    def discard(self) -> None:
        """Remove the working folders."""
        for one in self.outcomes:
            one.discard()


def make_variants(settings: Settings, count: int, python: str) -> Generator[Status, None, Several]:
    """Stylize in so many variants, from the chosen one on, step by step; see ``run.stylize``.

    Raises:
        StylizeError: with a sentence for the user; the file is not changed.
    """
    if VARIANT not in settings.job.params:
        raise ParamsError("Only states have variants; choose one as style, such as Snow")
    several = Several()
    try:
        for number in range(count):
            steps = stylize(_in_variant(settings, number), python)
            several.outcomes.append((yield from _share(steps, number, count)))
    except BaseException:
        several.discard()
        raise
    return several


def _in_variant(settings: Settings, number: int) -> Settings:
    params = settings.job.params
    variant = (int(params[VARIANT]) + number) % ROUND
    return replace(settings, job=replace(settings.job, params={**params, VARIANT: float(variant)}))


def _share(
    steps: Generator[Status, None, Outcome], number: int, count: int
) -> Generator[Status, None, Outcome]:
    """Take one run's steps as a part of all, and return its outcome."""
    try:
        while True:
            try:
                status = next(steps)
            except StopIteration as end:
                return end.value
            text = f"Variant {number + 1} of {count}: {status.text}"
            yield Status((number + status.done) / count, text, status.left)
    finally:
        steps.close()


def apply_variants(several: Several) -> list[str]:
    """Put all variants into the graphs, the first to be shown; return the names of the new pictures.

    Raises:
        StylizeError: if nothing is left or the files cannot be written.
    """
    return [name for one in reversed(several.outcomes) for name in apply(one)]


def pictures_in(owners: Iterable[Owner]) -> dict[str, Image]:
    """Return one picture of each look of materials or Worlds, by the look's name."""
    found: dict[str, Image] = {}
    for mix in mixes_in(owners):
        for name, image in looks_of(mix).items():
            found.setdefault(name, image)
    return found


def draw_preview(image: Image) -> None:
    """Give an image a small picture of its own, which panels show and the .blend keeps."""
    try:
        pixels = read_pixels(image)
    except Unsuitable:
        return
    height, width = pixels.shape[:2]
    rows, columns = (np.linspace(0, n - 1, SMALL).round().astype(int) for n in (height, width))
    small = np.ones((SMALL, SMALL, 4), np.float32)
    small[..., :3] = pixels[rows[:, None], columns, :3].clip(0, 1)
    preview = image.preview_ensure()
    preview.image_size = (SMALL, SMALL)
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(small[::-1]).ravel())
