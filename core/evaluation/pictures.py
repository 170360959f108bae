"""Which pictures are measured on, and how they are read."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from ..errors import PictureError
from .pixels import Array

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
CONTENT_GLOB = "photos/bsds_*.jpg"
"""Below the data folder; none of these photos is trained on. ``COUNT`` of them, evenly spaced, are taken."""
COUNT = 12
STYLE_PREFIXES = (
    "art_002", "art_014", "art_018", "art_019", "art_124", "art_188",
    "art_261", "art_277", "art_297", "art_318", "art_351", "art_371",
)  # fmt: skip  # two short rows instead of twelve lines
"""Below ``paintings`` of the data folder; held out from every training recipe."""


def default_contents(data: Path) -> list[Path]:
    """Return ``COUNT`` photos for measuring from the data folder, evenly spaced in order of name."""
    found = sorted(data.glob(CONTENT_GLOB))
    step = max(1, len(found) // COUNT)
    return _some(found[::step][:COUNT], f"{data / CONTENT_GLOB}")


def default_styles(data: Path) -> list[Path]:
    """Return the held-out paintings of the data folder."""
    found = [p for prefix in STYLE_PREFIXES for p in sorted(data.glob(f"paintings/{prefix}*"))]
    return _some(found, f"{data / 'paintings'}")


def expand(patterns: Iterable[str]) -> list[Path]:
    """Return the pictures that match glob patterns or plain paths, sorted, each once."""
    patterns = list(patterns)
    found = {p for pattern in patterns for p in _glob(Path(pattern))}
    return _some(sorted(p for p in found if p.suffix.lower() in SUFFIXES), ", ".join(patterns))


def _glob(pattern: Path) -> Iterator[Path]:
    if pattern.exists():
        return iter([pattern])
    anchor = Path(pattern.anchor)
    return anchor.glob(str(pattern.relative_to(anchor)))


def _some(pictures: list[Path], where: str) -> list[Path]:
    if not pictures:
        raise PictureError(f"no pictures to measure on in {where}")
    return pictures


def find_made(folder: Path, content: Path, style: Path) -> Path:
    """Return the picture in a folder that is called CONTENT--STYLE, after the two files' names.

    Raises:
        PictureError: if there is none.
    """
    name = f"{content.stem}--{style.stem}"
    found = [folder / f"{name}{suffix}" for suffix in SUFFIXES]
    for path in found:
        if path.is_file():
            return path
    raise PictureError(
        f"{folder} has no {name}.png; name each picture CONTENT--STYLE, after the files"
    )


def read_rgba(path: Path) -> Array:
    """Return a picture as (4, H, W) in [0, 1]; without alpha of its own it is opaque.

    Raises:
        PictureError: if it cannot be read.
    """
    try:
        with Image.open(path) as opened:
            pixels = np.array(opened.convert("RGBA"))
    except (OSError, UnidentifiedImageError) as error:
        raise PictureError(f"{path} cannot be read as a picture: {error}") from error
    return pixels.transpose(2, 0, 1) / 255


def read(path: Path) -> Tensor:
    """Return a picture as (1, 3, H, W) in [0, 1], whatever its alpha; raises as ``read_rgba``."""
    return torch.from_numpy(read_rgba(path)[None, :3]).float()


def save(picture: Tensor, path: Path) -> None:
    """Write a picture (1, 3, H, W) in [0, 1], in 8 bits."""
    pixels = (picture[0].clamp(0, 1).permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(path)
