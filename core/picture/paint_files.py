"""The maps of a job's paint, written beside its results."""

from collections.abc import Sequence

import numpy as np

from ..imaging.image import Image
from ..imaging.lazy import Pixels
from ..request.maps import map_file
from ..request.picture_job import Job
from ..request.where import finish_of
from .paint_maps import Own, load_normals, load_own, write_maps
from .surfaces import split_tiles


def read_own(job: Job, size: tuple[int, int]) -> dict[str, Own | None]:
    """Return the maps that the surface of a job's picture has; of what no map is asked for, none.

    Raises:
        PictureError: if one cannot be read, or is not what it is said to be.
    """
    if not job.wanted_maps:
        return {}
    most = job.max_pixels
    return {
        "normal": load_normals(job.own_normal, size, most) if job.own_normal else None,
        "roughness": load_own(job.own_roughness, size, most) if job.own_roughness else None,
        "metallic": load_own(job.own_metallic, size, most) if job.own_metallic else None,
    }


def write_paint(
    job: Job, planes: Pixels | None, wraps: tuple[bool, bool], images: Sequence[Image]
) -> dict[str, str]:
    """Write the maps that a job asks for; return the name of each and its file, of the first tile.

    Args:
        job: What was asked.
        planes: Height, roughness and coverage of all tiles, (1, 3, H, W); None: nothing was painted.
        wraps: Whether rows, and columns, go on at the other border.
        images: The picture of each tile.

    Raises:
        PictureError: if the surface's own maps cannot be read, or a file cannot be written.
    """
    if planes is None:
        return {}
    own = read_own(job, (planes.shape[-2], planes.shape[-1]))
    finish = finish_of(job)
    metallic = (finish.metallic if finish else None) or 0.0
    tiles = zip(job.files, split_tiles(planes, images), images, strict=True)
    for (_, output), part, image in tiles:
        files = {name: map_file(output, name) for name in job.wanted_maps}
        deep = image.origin.pixels.dtype != np.uint8
        write_maps(files, part, wraps, own, metallic=metallic, deep=deep)
    return {name: map_file(job.output, name) for name in job.wanted_maps}
