"""Maps of paint's relief for a renderer: from planes to tangent-space normals, laid on a surface's own maps.

Normals are laid on normals by reoriented normal mapping (Barré-Brisebois & Hill, "Blending in Detail", 2012).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL.Image import Resampling
from PIL.Image import fromarray as to_picture

from ..color import Floats
from ..errors import PictureError
from ..formats.kinds import Facts
from ..formats.write import write
from ..imaging.display import stripes
from ..imaging.image import load_image
from ..imaging.lazy import Pixels, materialize
from ..imaging.normals import TEXELS, is_normal_map
from ..request.maps import number_of
from .paint import COVERAGE, HEIGHT, ROUGHNESS

PLANES = {"height": HEIGHT, "roughness": ROUGHNESS, "coverage": COVERAGE}
CHANNELS = {"roughness": 1, "metallic": 2}
"""Of a surface's own maps, as in glTF; those of grey ones are alike."""
LEAST_Z = 1e-3
"""Least z of a normal that others are laid on."""


def find_normals(height: Floats, texels: float = TEXELS) -> Floats:
    """Return unit normals (3, h, w), +Y up, of a height map (h + 2, w + 2) in [0, 1] with a texel around.

    Args:
        height: 1 stands ``texels`` texels high.
        texels: See above.
    """
    across, down = (
        cv2.Sobel(height, cv2.CV_32F, i, 1 - i, scale=0.125 * texels)[1:-1, 1:-1] for i in (1, 0)
    )
    return _unit(np.stack([-across, down, np.ones_like(across)]).astype(np.float32))


def combine_normals(own: Floats, paint: Floats) -> Floats:
    """Return unit normals (3, h, w): paint's, turned the way a surface's own look."""
    t = own + np.array([0, 0, 1], np.float32)[:, None, None]
    u = paint * np.array([-1, -1, 1], np.float32)[:, None, None]
    return _unit(t * ((t * u).sum(0) / np.maximum(t[2], LEAST_Z)) - u)


def _unit(vectors: Floats) -> Floats:
    length = np.sqrt((vectors**2).sum(0))
    return vectors / np.maximum(length, 1e-6)


@dataclass(frozen=True, slots=True)
class Own:
    """A map that a surface has: (1, 3, H, W) in [0, 1], and whether it has more than 8 bits."""

    rgb: Pixels
    deep: bool


def load_normals(path: str, size: tuple[int, int], max_pixels: int) -> Own:
    """Return a tangent-space normal map's vectors as (1, 3, H, W) in [0, 1].

    Raises:
        PictureError: if it cannot be read, or is no such map: in object space normals look everywhere.
    """
    own = _load(path, size, max_pixels)
    sample = own.rgb[..., :1024, :1024]
    if not is_normal_map(np.asarray(sample)[0]):
        raise PictureError(
            f"{Path(path).name} is no normal map in tangent space, so no paint can be laid on it: bake one "
            "in tangent space, or leave it out",
            "own_normal",
        )
    return own


def load_own(given: str, size: tuple[int, int], max_pixels: int) -> Own:
    """Return a map of roughness or metal as (1, 3, H, W) in [0, 1]; ``given`` is its file, or a number.

    Raises:
        PictureError: if it cannot be read, or the number is not in [0, 1].
    """
    number = number_of(given)
    if number is None:
        return _load(given, size, max_pixels)
    if not 0 <= number <= 1:
        raise PictureError(f"a surface's own value is in 0 to 1, and {given} is not; give another")
    return Own(np.broadcast_to(np.float32(number), (1, 3, *size)), deep=False)


def _load(path: str, size: tuple[int, int], max_pixels: int) -> Own:
    image = load_image(path, space="srgb", max_pixels=max_pixels, lazy=True)
    rgb, deep = image.rgb, image.origin.pixels.dtype != np.uint8
    if rgb.shape[-2:] != size:
        planes = [
            np.asarray(to_picture(plane).resize((size[1], size[0]), Resampling.BICUBIC), np.float32)
            for plane in materialize(rgb)[0]
        ]
        rgb = np.stack(planes)[None].clip(0, 1)
    return Own(rgb, deep)


def write_maps(
    files: Mapping[str, str],
    planes: Pixels,
    wraps: tuple[bool, bool],
    own: Mapping[str, Own | None] = MappingProxyType({}),
    *,
    metallic: float = 0.0,
    deep: bool = True,
) -> None:
    """Write maps of paint; in floats where the file is an EXR, and heights in 16 bits else.

    Args:
        files: The map's name (``request.maps.MAPS``) to its file.
        planes: Height, roughness and coverage, (1, 3, H, W) in [0, 1].
        wraps: Whether rows, and columns, go on at the other border.
        own: The surface's own maps by name: normals as in ``load_normals``, without which it is smooth;
            roughness and metallic, which stay where there is no paint; without them paint's is everywhere.
        metallic: Whether what is laid on is metal.
        deep: Whether other maps have 16 bits too, as they have where the surface's own do; else 8.

    Raises:
        PictureError: if a file cannot be written.
    """
    for name, path in files.items():
        mine = own.get(name)
        shape = (planes.shape[-2], planes.shape[-1], 3 if name == "normal" else 1)
        fine = deep or name == "height" or (mine is not None and mine.deep)
        kind = np.dtype(np.uint16 if fine else np.uint8)
        kind = np.dtype(np.float32) if Path(path).suffix.lower() == ".exr" else kind
        below = None if mine is None else mine.rgb
        parts = (_store(part, kind) for part in _make(name, planes, wraps, below, metallic))
        write(Path(path), shape, Facts(), parts)


def _store(part: Floats, kind: np.dtype[Any]) -> NDArray[Any]:
    part = np.ascontiguousarray(part.transpose(1, 2, 0))
    if kind.kind == "f":
        return part
    return np.rint(part.clip(0, 1) * np.float32(np.iinfo(kind).max)).astype(kind)


def _make(
    name: str, planes: Pixels, wraps: tuple[bool, bool], own: Pixels | None, metallic: float
) -> Iterator[Floats]:
    """Yield a map's stripes, (C, h, W) in [0, 1]."""
    for rows in stripes(*planes.shape[-2:]):
        mine = None if own is None else np.asarray(own[:, :, rows])[0]
        if name == "normal":
            vectors = find_normals(_around(planes, rows, wraps))
            yield (
                vectors if mine is None else combine_normals(_unit(2 * mine - 1), vectors)
            ) / 2 + 0.5
            continue
        part = np.asarray(planes[:, :, rows])[0]
        laid = np.full_like(part[0], metallic) if name == "metallic" else part[PLANES[name]]
        if name in CHANNELS and mine is not None:
            below = mine[CHANNELS[name]]
            laid = below + (laid - below) * part[COVERAGE]
        yield laid[None]


def _around(planes: Pixels, rows: slice, wraps: tuple[bool, bool]) -> Floats:
    """Return the heights of a stripe, with a texel around it."""
    height = planes.shape[-2]
    index = np.arange(rows.start - 1, rows.stop + 1)
    index = index % height if wraps[0] else index.clip(0, height - 1)
    parts = [np.asarray(planes[:, :, i : i + 1])[0, HEIGHT] for i in (index[0], index[-1])]
    inside = np.asarray(planes[:, :, rows])[0, HEIGHT]
    whole = np.concatenate([parts[0], inside, parts[1]])
    return np.pad(whole, ((0, 0), (1, 1)), mode="wrap" if wraps[1] else "edge")
