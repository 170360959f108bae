"""The scene that a picture belongs to: its palette, and samples of its pictures for a method's statistics."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..color import Floats
from ..errors import PictureError
from ..imaging.image import Image, load_image
from ..imaging.lazy import Pixels
from ..palette.measure import Palette, join, measure_palette
from ..request.picture_job import Job, SceneFile
from ..surface.atlas import map_area
from ..surface.contract import Surface
from ..surface.globe import Globe
from ..surface.mesh import load_mesh, place_in_square
from ..tiling import Box, reflect
from .inputs import wants_palette
from .tensors import to_array, to_arrays, to_tensor

PATCH = 128
"""Side of a sample in pixels of the picture's own: strokes depend on how fine a picture is."""
PATCHES = 64
"""Samples of a whole scene, at most, as long as it has fewer pictures."""
OF_ONE = 16
"""Samples of one picture, at most."""
RIM = 12
"""Pixels at a sample's border that do not count: its neighbours are strangers."""
MAP_SIDE = 256
"""Side of the map that says which texels of a picture the scene shows."""
SHOWN = 0.25
"""Share of a sample that must be shown for it to be taken, where there are such."""
OWN = 0.5
"""Least share of the picture that is painted in a method's statistics: it has strokes however small it is."""
KEPT = 512
"""Pictures whose measures are kept for the next job of the same scene."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Samples of a scene's pictures in a row, and how much each pixel counts."""

    picture: Tensor
    """(1, 3, PATCH, n PATCH)."""
    weight: Tensor
    """(1, 1, PATCH, n PATCH)."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What is known of all that is stylized together."""

    palette: Palette
    sheet: Sheet | None = None
    """None where the scene is one picture: it is measured itself."""


@dataclass(frozen=True, slots=True)
class _Measured:
    """One picture of a scene."""

    palette: Palette
    patches: Floats
    """(n, 3, PATCH, PATCH)."""
    shown: Floats
    """(n, 1, PATCH, PATCH), mean 1 where anything is shown."""


def find_scene(job: Job, image: Image, surface: Surface) -> Scene | None:
    """Return the scene that a job's picture is painted with; None: colours come as the method paints them.

    Args:
        job: What was asked.
        image: The picture, of all tiles.
        surface: What it is wrapped on.

    Raises:
        PictureError: if a picture of the scene cannot be read.
    """
    if not wants_palette(job):
        return None
    own = [content for content, _ in job.files]
    known = None
    if job.palette != "picture":
        known = read_scene(job.scene, own, job.max_pixels)
    if known is not None:
        return known
    alpha = image.alpha if job.alpha == "opacity" else None
    return measure_picture(image.rgb, _covered(image.rgb.shape, alpha, surface))


def measure_picture(rgb: Pixels, coverage: Pixels | None) -> Scene:
    """Return a picture as a scene of its own."""
    return Scene(measure_palette(rgb, coverage))


def measure_frames(pictures: Sequence[Pixels], coverage: Sequence[Pixels | None]) -> Scene:
    """Return the frames of a shot as one scene."""
    palettes = [measure_palette(*pair) for pair in zip(pictures, coverage, strict=True)]
    return Scene(join(palettes))


def _covered(shape: tuple[int, ...], alpha: Floats | None, surface: Surface) -> Pixels | None:
    """Return how much each of a picture's pixels counts, where its surface says so for itself."""
    if isinstance(surface, Globe):
        angles = surface.picture.solid_angles(Box(0, 0, *surface.picture.size))
        return to_array(angles[None, None]) * (1 if alpha is None else alpha)
    if surface.shape != tuple(shape[-2:]):
        return alpha
    weights = surface.coverage(None if alpha is None else to_tensor(alpha))
    return None if weights is None else to_arrays(weights)


def read_scene(files: Sequence[SceneFile], own: Collection[str], max_pixels: int) -> Scene | None:
    """Return a scene by the files of its pictures; None if none of them counts.

    What is known of each picture is kept for the next job.

    Args:
        files: All pictures of the scene.
        own: Paths of those that are painted: of a small or even one, too, a method's statistics know enough.
        max_pixels: Larger pictures are refused.

    Raises:
        PictureError: if one that is needed cannot be read.
    """
    count = max(1, min(OF_ONE, PATCHES // max(1, len(files))))
    known = [(file, _measure(file, count, max_pixels)) for file in files]
    parts = [(file, one) for file, one in known if one is not None]
    if not parts:
        return None
    total = sum(file.area for file, _ in parts)
    shares = _raise_own([file.area / total for file, _ in parts], [f.path in own for f, _ in parts])
    weights = [
        shown * (share / len(one.shown))
        for (_, one), share in zip(parts, shares, strict=True)
        for shown in one.shown
    ]
    row = np.concatenate([patch for _, one in parts for patch in one.patches], -1)[None]
    weight = np.concatenate(weights, -1)[None]
    sheet = Sheet(torch.from_numpy(row), torch.from_numpy(weight / weight.max()))
    return Scene(join([one.palette.scaled(file.area / total) for file, one in parts]), sheet)


def _raise_own(shares: Sequence[float], own: Sequence[bool]) -> list[float]:
    """Return shares of which those of a picture's own files are at least ``OWN`` together."""
    mine = sum(share for share, is_own in zip(shares, own, strict=True) if is_own)
    if mine == 0 or mine >= OWN:
        return list(shares)
    factors = (1 - OWN) / (1 - mine), OWN / mine
    return [share * factors[is_own] for share, is_own in zip(shares, own, strict=True)]


def _measure(file: SceneFile, count: int, max_pixels: int) -> _Measured | None:
    try:
        return _measure_file(replace(file, area=1.0), _stamps(file), count, max_pixels)
    except PictureError:
        if file.needed:
            raise
        return None


def _stamps(file: SceneFile) -> tuple[tuple[int, int], ...]:
    """Return size and time of a picture's files: what was measured holds as long as they do."""
    paths = [Path(path) for path in (file.path, file.uv) if path]
    facts = [path.stat() for path in paths if path.exists()]
    return tuple((fact.st_size, fact.st_mtime_ns) for fact in facts)


@lru_cache(KEPT)
def _measure_file(
    file: SceneFile,
    stamps: tuple[tuple[int, int], ...],  # noqa: ARG001  # a part of the key
    count: int,
    max_pixels: int,
) -> _Measured:
    image = load_image(file.path, space=file.space, max_pixels=max_pixels, lazy=True)
    coverage = _shown_texels(file, image)
    places = _choose_places(image.rgb.shape, coverage, count)
    patches = np.stack([_cut(image.rgb, *place) for place in places])
    shown = np.stack([_cut(coverage, *place) for place in places])
    shown[..., :RIM, :] = shown[..., -RIM:, :] = 0
    shown[..., :RIM] = shown[..., -RIM:] = 0
    mean = shown.mean()
    shown = shown / mean if mean > 0 else np.ones_like(shown)
    return _Measured(measure_palette(image.rgb, coverage), patches, shown)


def _shown_texels(file: SceneFile, image: Image) -> Pixels:
    """Return how much each texel counts: by the area that shows it, as far as it is opaque."""
    height, width = image.rgb.shape[-2:]
    alpha = image.alpha if file.alpha == "opacity" else None
    mesh = None if file.uv is None else place_in_square(load_mesh(Path(file.uv))[0])
    if mesh is None:
        return np.ones((1, 1, height, width), np.float32) if alpha is None else alpha
    ratio = min(1.0, MAP_SIDE / max(height, width))
    size = (max(1, round(height * ratio)), max(1, round(width * ratio)))
    rows, columns = (np.arange(a) * b // a for a, b in zip((height, width), size, strict=True))
    area = to_array(map_area(mesh, size))[..., rows[:, None], columns]
    return area if alpha is None else area * alpha


def _choose_places(shape: tuple[int, ...], coverage: Pixels, count: int) -> list[tuple[int, int]]:
    """Return the upper left corners of samples, spread over what is shown."""
    per_side = math.ceil(math.sqrt(2 * count))
    rows, columns = (
        np.linspace(0, max(0, side - PATCH), per_side if side > PATCH else 1).astype(int)
        for side in shape[-2:]
    )
    every = sorted({(int(row), int(column)) for row in rows for column in columns})
    shares = [float((_cut(coverage, *place) > 0).mean()) for place in every]
    good = [place for place, share in zip(every, shares, strict=True) if share >= SHOWN]
    good = good or [every[int(np.argmax(shares))]]
    count = min(count, len(good))
    return [good[(2 * k + 1) * len(good) // (2 * count)] for k in range(count)]


def _cut(picture: Pixels, top: int, left: int) -> Floats:
    """Return a sample (C, PATCH, PATCH); a smaller picture is continued by reflection."""
    rows, columns = (
        reflect(start, start + PATCH, side)
        for start, side in zip((top, left), picture.shape[-2:], strict=True)
    )
    return np.ascontiguousarray(picture[..., rows[:, None], columns][0], np.float32)
