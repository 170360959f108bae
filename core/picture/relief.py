"""Where on its relief a picture is painted: on top, in creases, on what looks up."""

from pathlib import Path

import numpy as np
from torch import Tensor

from ..color import luma
from ..imaging.image import Image
from ..imaging.lazy import Lazy
from ..imaging.relief import Plane, lie, read_heights
from ..npr.noise import fractal, generator, normalize
from ..request.picture_job import Job
from ..request.where import where_it_lies
from ..surface.atlas import load_mesh
from ..surface.upward import hold
from .tensors import to_tensor

CLOUDS = 5
"""Of a picture's shorter side, the part that the largest patches have."""
KNOWN, GUESSED = 0.5, 2.0
"""How much chance counts, in deviations, where a relief is known, and where only light and dark are."""
RAGGED = 1.0
"""Roughness of the patches' outlines (``npr.noise.fractal``)."""


def lay_on_relief(job: Job, mask: Tensor | None, image: Image) -> Tensor | None:
    """Return a job's mask, (1, 1, H, W), cut down to where on its relief the picture is painted.

    Args:
        job: What was asked.
        mask: Its mask; None: all of it.
        image: The picture.

    Raises:
        PictureError: if the relief cannot be read.
    """
    where = where_it_lies(job)
    for plane in [] if where == "everywhere" else _planes(job, where, image):
        laid = to_tensor(plane[None, None])
        mask = laid if mask is None else mask * laid
    return mask


def _planes(job: Job, where: str, image: Image) -> list[Plane]:
    size, planes = (image.rgb.shape[-2], image.rgb.shape[-1]), list[Plane]()
    by_itself = job.lies == "auto"
    if job.relief is not None:
        heights = read_heights(job.relief, size, max_pixels=job.max_pixels)
        chance = KNOWN * clouds(job, size) if by_itself else 0.0
        planes.append(lie(heights, where, job.cover, chance))
    elif by_itself and not isinstance(image.rgb, Lazy):
        light = luma(image.rgb)[0, 0].astype(np.float32)
        planes.append(lie(light, where, job.cover, GUESSED * clouds(job, size)))
    if job.uv is not None and where == "top" and not job.tiles:
        held = hold(load_mesh(Path(job.uv))[0], size)
        planes += [] if held is None else [held]
    return planes


def clouds(job: Job, size: tuple[int, int]) -> Plane:
    """Return patches of chance (H, W), mean 0, deviation 1, that meet themselves at the borders.

    They are others for each seed and each variant; between two variants one goes over into the next.
    """
    variant = float(job.params.get("variant", 0.0))
    first, share = int(variant), variant - int(variant)
    one, other = (
        fractal(size, min(size) / CLOUDS, generator(job.seed, 41, first + k), roughness=RAGGED)
        for k in range(2)
    )
    return normalize((1 - share) * one + share * other)
