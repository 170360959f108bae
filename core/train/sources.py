"""Which pictures the shipped networks are trained on: those whose licence allows it, none held out.

Contents are CC0, public domain, CC BY(-SA), Unsplash, Pexels or "unrestricted" photographs and textures;
styles are paintings by artists dead for seventy years, and museums' CC0 paintings.
"""

import csv
from pathlib import Path

from .data import find_pictures

CONTENTS = (
    "photos_open/*.jpg",
    "photos/kodak_*.jpg",
    "photos/elementary_*.jpg",
    "textures/*/*_basecolor.jpg",
    "panoramas/*.jpg",
)
OPEN_STYLES = ("paintings_open/*.jpg",)
PUBLIC_DOMAIN = "artist died before 1956"
HELD_OUT = (
    "art_002", "art_014", "art_018", "art_019", "art_124", "art_188", "art_261",
    "art_277", "art_297", "art_318", "art_351", "art_371", "art_375",
)  # fmt: skip
"""Paintings kept for measuring (and art_375, a second print of art_019's subject)."""


def contents(data: Path) -> list[Path]:
    """Return the photographs and textures below a data folder that may be trained on."""
    return find_pictures(CONTENTS, data)


def styles(data: Path) -> list[Path]:
    """Return the paintings below a data folder that may be trained on."""
    folder = data / "paintings"
    with (folder / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = [
            row["file"] for row in csv.DictReader(index) if row["status"].startswith(PUBLIC_DOMAIN)
        ]
    free = [folder / name for name in sorted(rows) if not name.startswith(HELD_OUT)]
    return free + find_pictures(OPEN_STYLES, data)
