"""The pictures of a domain, out of a folder of any files: what cannot be used is left out, and named."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ..errors import StylizeError
from ..progress import Progress, Report
from .data import SUFFIXES

LEAST = 8
"""Pictures that a domain must have."""
SMALLEST = 48
"""Pixels of a side that a picture must have."""
HELD = 16
"""Every so many-th picture is kept to look at and to measure with, and never trained on."""
NAMED = 5
"""Names that a message says."""


@dataclass(frozen=True, slots=True)
class Domain:
    """A folder's pictures, uint8 (3, H, W)."""

    folder: Path
    pictures: list[Tensor]
    names: list[str]
    """Of the pictures' files, without folder and ending."""
    skipped: tuple[str, ...] = ()
    """Names of files that could not be used, each with the reason."""

    @property
    def learnt(self) -> list[Tensor]:
        """Pictures to train on."""
        return [x for i, x in enumerate(self.pictures) if i % HELD != HELD - 1] or self.pictures

    @property
    def held(self) -> list[Tensor]:
        """Pictures to look at."""
        return self.pictures[HELD - 1 :: HELD] or self.pictures[-1:]


def read_domain(folder: Path, longest: int, report: Report) -> Domain:
    """Return the pictures below a folder, shrunk to at most ``longest`` pixels on the longer side.

    Raises:
        StylizeError: if there is no such folder, or fewer than ``LEAST`` pictures of it can be used.
    """
    if not folder.is_dir():
        raise StylizeError(f"there is no folder {folder}; name one with pictures of the domain")
    files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
    pictures, names, skipped = list[Tensor](), list[str](), list[str]()
    for done, path in enumerate(files, 1):
        found = _read(path, longest)
        if isinstance(found, str):
            skipped.append(f"{path.name} ({found})")
        else:
            pictures.append(found)
            names.append(path.stem)
        report(Progress(f"read {folder}", done, len(files)))
    if skipped:
        report(Progress(say_skipped(folder, skipped, len(files)), len(files), len(files)))
    if len(pictures) < LEAST:
        left_out = f"; {say_skipped(folder, skipped, len(files))}" if skipped else ""
        raise StylizeError(
            f"{folder} has {len(pictures)} pictures that can be used, and a domain needs at least {LEAST}, "
            f"better some hundred{left_out}"
        )
    return Domain(folder, pictures, names, tuple(skipped))


def match(a: Domain, b: Domain) -> tuple[Domain, Domain]:
    """Return the pictures of both whose files have one name, in one order.

    Raises:
        StylizeError: if there are too few of them, or pictures of one name have two sizes.
    """
    here, there = (dict(zip(x.names, x.pictures, strict=True)) for x in (a, b))
    names = [name for name in a.names if name in there]
    if len(names) < LEAST:
        raise StylizeError(
            f"{a.folder} and {b.folder} have {len(names)} pairs, which are files of one name; "
            f"at least {LEAST} are needed"
        )
    unlike = [name for name in names if here[name].shape != there[name].shape]
    if unlike:
        raise StylizeError(f"the two pictures {unlike[0]} have two sizes; a pair must have one")
    first, second = ([side[name] for name in names] for side in (here, there))
    return Domain(a.folder, first, names, a.skipped), Domain(b.folder, second, names, b.skipped)


def say_skipped(folder: Path, skipped: list[str], of: int) -> str:
    """Return a sentence on the files that are left out."""
    more = "" if len(skipped) <= NAMED else f" and {len(skipped) - NAMED} more"
    return (
        f"{len(skipped)} of {of} files in {folder} are left out: {', '.join(skipped[:NAMED])}{more}"
    )


def _read(path: Path, longest: int) -> Tensor | str:
    """Return a picture, or why it is none."""
    try:
        with Image.open(path) as opened:
            picture = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return "cannot be read" if isinstance(error, OSError) else str(error)
    if min(picture.size) < SMALLEST:
        return f"has {picture.width} x {picture.height} pixels"
    picture.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if min(picture.size) < SMALLEST:
        return "is too narrow"
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1).contiguous()
