"""The maps of a job's paint, written beside its results."""

from collections.abc import Sequence

import numpy as np

from ..imaging.image import Image
from ..imaging.lazy import Pixels
from ..request.maps import map_file
from ..request.picture_job import Job
from .paint_maps import load_normals, load_roughness, write_maps
from .surfaces import split_tiles


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
    size = (planes.shape[-2], planes.shape[-1])
    given, most = (job.own_normal, job.own_roughness), job.max_pixels
    normal = load_normals(given[0], size, most) if given[0] else None
    roughness = load_roughness(given[1], size, most) if given[1] else None
    tiles = zip(job.files, split_tiles(planes, images), images, strict=True)
    for (_, output), part, image in tiles:
        files = {name: map_file(output, name) for name in job.wanted_maps}
        deep = image.origin.pixels.dtype != np.uint8
        write_maps(files, part, wraps, normal, roughness, deep=deep)
    return {name: map_file(job.output, name) for name in job.wanted_maps}
