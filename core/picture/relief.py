"""Where on its relief a picture is painted: on top, in creases, on what looks up."""

from pathlib import Path

from torch import Tensor

from ..imaging.relief import Plane, lie, read_heights
from ..request.picture_job import Job
from ..request.where import where_it_lies
from ..surface.atlas import load_mesh
from ..surface.upward import hold
from .tensors import to_tensor


def lay_on_relief(job: Job, mask: Tensor | None, size: tuple[int, int]) -> Tensor | None:
    """Return a job's mask, (1, 1, H, W), cut down to where on its relief the picture is painted.

    Args:
        job: What was asked.
        mask: Its mask; None: all of it.
        size: Height and width of the picture.

    Raises:
        PictureError: if the relief cannot be read.
    """
    where = where_it_lies(job)
    planes = [] if where == "everywhere" else _planes(job, where, size)
    for plane in planes:
        laid = to_tensor(plane[None, None])
        mask = laid if mask is None else mask * laid
    return mask


def _planes(job: Job, where: str, size: tuple[int, int]) -> list[Plane]:
    planes = list[Plane]()
    if job.relief is not None:
        heights = read_heights(job.relief, size, max_pixels=job.max_pixels)
        planes.append(lie(heights, where, job.cover))
    if job.uv is not None and where == "top" and not job.tiles:
        held = hold(load_mesh(Path(job.uv))[0], size)
        planes += [] if held is None else [held]
    return planes
