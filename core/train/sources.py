"""The training pictures of the shipped networks: those whose licence allows it, without held-out ones.

Contents are CC0, public domain, CC BY(-SA), Unsplash, Pexels or "unrestricted" photographs and textures;
styles are paintings by artists dead for seventy years, and museums' CC0 paintings.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from ..errors import StylizeError
from ..progress import Progress, Report, ignore
from ..styles.recipes import RECIPES, compose
from .data import find_pictures, load_pool

CONTENTS = (
    "photos_open/*.jpg",
    "photos/kodak_*.jpg",
    "photos/elementary_*.jpg",
    "textures/*/*_basecolor.jpg",
    "panoramas/*.jpg",
)
OPEN_STYLES = ("paintings_open/*.jpg",)
PUBLIC_DOMAIN = "artist died before 1956"
ENOUGH = 200
"""Content pictures that a network of one style is trained on."""
HELD_OUT = (
    "art_002", "art_014", "art_018", "art_019", "art_124", "art_188", "art_261",
    "art_277", "art_297", "art_318", "art_351", "art_371", "art_375",
)  # fmt: skip
"""Paintings kept for measuring (and art_375, a second print of art_019's subject)."""


def contents(data: Path) -> list[Path]:
    """Return the photographs and textures below a data folder that training may use."""
    return find_pictures(CONTENTS, data)


def styles(data: Path) -> list[Path]:
    """Return the paintings below a data folder that training may use."""
    folder = data / "paintings"
    with (folder / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = [
            row["file"] for row in csv.DictReader(index) if row["status"].startswith(PUBLIC_DOMAIN)
        ]
    free = [folder / name for name in sorted(rows) if not name.startswith(HELD_OUT)]
    return free + find_pictures(OPEN_STYLES, data)


def any_contents(data: Path | None, shorter: int, report: Report = ignore) -> list[Tensor]:
    """Return some content pictures, uint8 (3, H, W): of ``contents``, else of all in a folder.

    Without a folder they are the scenes of the built-in styles before painting.
    """
    if data is None:
        return list(_scenes(shorter, report))
    try:
        found = contents(data)
    except StylizeError:
        found = find_pictures(("**/*",), data)
    return load_pool(found[:: -(-len(found) // ENOUGH)], shorter)


def _scenes(side: int, report: Report) -> Iterator[Tensor]:
    for done, name in enumerate(RECIPES, 1):
        color = torch.from_numpy(compose(name, side, side * 4 // 3).color)
        yield (color.clamp(0, 1) * 255).to(torch.uint8).permute(2, 0, 1).contiguous()
        report(Progress("compose contents", done, len(RECIPES)))
