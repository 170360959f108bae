"""The surface of a job's picture, and how UDIM tiles are joined into one picture and split again."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..color import Floats
from ..crossings import Crossings
from ..imaging.image import Image
from ..imaging.lazy import Pixels, materialize
from ..request.picture_job import Job
from ..surface.atlas import make_atlas
from ..surface.borders import borders
from ..surface.contract import Surface
from ..surface.cube import cube
from ..surface.flat import Flat
from ..surface.mesh import Mesh, load_mesh, place_in_square
from ..surface.seamless import Seamless, seamless
from ..surface.sphere import sphere
from ..surface.udim import lay_side_by_side, place_on_tiles, split_texture
from .tensors import to_tensors

Notes = tuple[str, ...]
Turn = tuple[int, int] | None
BORDERS = {
    (True, True): ("", "seamless"),
    (True, False): (" from left to right", "seamless-x"),
    (False, True): (" from top to bottom", "seamless-y"),
}
"""Which borders fit (left and right, top and bottom) → words for it, and the surface to choose."""


def join_tiles(images: Sequence[Image]) -> Image:
    """Return the images of a job's tiles as one; a single image is returned as it is.

    Raises:
        PictureError: if tiles differ in size.
    """
    first = images[0]
    if len(images) == 1:
        return first
    alpha = None
    if any(image.alpha is not None for image in images):
        alpha = lay_side_by_side([_alpha(image) for image in images])
    return Image(lay_side_by_side([image.rgb for image in images]), alpha, first.origin)


def split_tiles(picture: Pixels, images: Sequence[Image]) -> list[Pixels]:
    """Return the parts of a picture that belong to each image of ``join_tiles``."""
    return [picture] if len(images) == 1 else [*split_texture(materialize(picture), len(images))]


def _alpha(image: Image) -> Floats:
    return np.ones_like(image.rgb[:, :1]) if image.alpha is None else image.alpha


def find_surface(
    job: Job,
    image: Image,
    halo: int,
    *,
    ends: bool = False,
    crossings: Crossings | None = None,
) -> tuple[Surface, Notes]:
    """Return the surface that the picture is wrapped on, and notes for the user.

    Args:
        job: What was asked.
        image: The picture, of all tiles.
        halo: Pixels of context that the method needs.
        ends: Whether the surface ends for it at hard edges.
        crossings: Where strokes go on over the surface's seams, if the method lays some so.

    Raises:
        PictureError: if the picture does not fit the surface, or the triangles cannot be read.
    """
    size = (image.rgb.shape[-2], image.rgb.shape[-1])
    if job.uv is not None and job.surface in ("auto", "flat"):
        return _lay_on_mesh(job, image, size, halo, ends, crossings)
    if job.surface == "equirect":
        return sphere(size), ()
    if job.surface == "cube":
        return cube(size), ()
    if job.surface == "auto":
        return _tileable(image, size, halo)
    axes = {"flat": (False, False), "seamless-x": (True, False), "seamless-y": (False, True)}
    in_x, in_y = axes.get(job.surface, (True, True))
    return _make_seamless(size, in_x, in_y, halo), ()


def wraps_around(surface: Surface) -> tuple[bool, bool]:
    """Return whether a surface's rows, and its columns, go on at the other border."""
    rows, columns = find_rings(surface)
    return rows is not None, columns is not None


def is_texture(job: Job, surface: Surface) -> bool:
    """Return whether a job's picture is worn by a mesh, or tiles; else it is a picture, or a panorama."""
    return job.uv is not None or isinstance(surface, Seamless)


def find_rings(surface: Surface) -> tuple[Turn, Turn]:
    """Return of a canvas's rows and columns how they go on around: ``RunContext.rings``."""
    if not isinstance(surface, Seamless):
        return None, None
    rows, columns = (
        (ring.margin, ring.size) if ring.margin else None
        for ring in (surface.rows, surface.columns)
    )
    return rows, columns


def _make_seamless(size: tuple[int, int], in_x: bool, in_y: bool, halo: int) -> Surface:
    return seamless(size, in_x=in_x, in_y=in_y, margin=halo) if in_x or in_y else Flat(size)


def _tileable(
    image: Image, size: tuple[int, int], halo: int, *, repeats: bool = False
) -> tuple[Surface, Notes]:
    """Return a seamless surface if the borders surely fit.

    One pair of borders may fit by chance, as in a sky, and borders of one colour always fit.

    ``repeats``: whether the picture is known to be shown more than once, side by side.
    """
    joins = borders(to_tensors(image.rgb))
    in_x, in_y = (one.fits for one in joins)
    if not (in_x or in_y):
        return Flat(size), ()
    where, option = BORDERS[in_x, in_y]
    if size[1] == 2 * size[0]:
        option += ", or equirect for a panorama"
    if not (repeats or all(one.fits and not one.plain for one in joins)):
        note = (
            f"the picture may tile{where}, which is not sure: if it does, choose surface {option}"
        )
        return Flat(size), (note,)
    note = f"the picture tiles{where}, and so does the result (surface seamless)"
    return _make_seamless(size, in_x, in_y, halo), (note,)


def fit_mesh(job: Job, size: tuple[int, int]) -> Mesh | None:
    """Return the triangles that show a job's picture, in the square of its texture; None if it repeats.

    Raises:
        PictureError: if they cannot be read.
    """
    return _fit_mesh(job, load_mesh(Path(str(job.uv)))[0], size)[0]


def _lay_on_mesh(
    job: Job,
    image: Image,
    size: tuple[int, int],
    halo: int,
    ends: bool,
    crossings: Crossings | None,
) -> tuple[Surface, Notes]:
    mesh, notes = load_mesh(Path(str(job.uv)))
    fitted, more = _fit_mesh(job, mesh, size)
    if fitted is None:
        note = "UVs leave the square, so the texture repeats: it is treated as one that tiles"
        flat = job.surface == "flat"
        surface, _ = (Flat(size), ()) if flat else _tileable(image, size, halo, repeats=True)
        return surface, (*notes, note) if not isinstance(surface, Flat) else notes
    if job.surface == "flat":
        fitted = Mesh(fitted.uv)
    atlas = make_atlas(fitted, size, by_area=job.by_area, ends=ends, crossings=crossings)
    return atlas, (*notes, *more, *atlas.notes)


def _fit_mesh(job: Job, mesh: Mesh, size: tuple[int, int]) -> tuple[Mesh | None, Notes]:
    """Return the triangles in the square of the job's texture; None if it repeats over them."""
    if not job.tiles:
        return place_in_square(mesh), ()
    numbers = [tile.number for tile in job.tiles]
    return place_on_tiles(mesh, numbers, size[1])
