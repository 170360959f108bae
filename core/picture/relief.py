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
from ..request.where import is_thick, seeps, where_it_lies
from ..surface.mesh import load_mesh
from ..surface.upward import hold
from .tensors import to_tensor
from .thickness import seep, thicken

CLOUDS = 5
"""Of a picture's shorter side, the part that the largest patches have."""
KNOWN, GUESSED = 0.5, 2.0
"""How much chance counts, in deviations, where a relief is known, and where only light and dark are."""
GRAINS = 100
"""Grains along a picture's shorter side."""
RAGGED = 1.0
"""Roughness of the patches' outlines (``npr.noise.fractal``)."""


def lay_on_relief(
    job: Job, mask: Tensor | None, image: Image
) -> tuple[Tensor | None, Tensor | None]:
    """Return a job's mask, cut down to where on its relief the picture is painted, and what light is there.

    Args:
        job: What was asked.
        mask: Its mask; None: all of it.
        image: The picture.

    Returns:
        The mask, (1, 1, H, W), and by what the light of what is painted is multiplied, (1, 1, H, W); None: as
        it is.

    Raises:
        PictureError: if the relief cannot be read.
    """
    where = where_it_lies(job)
    if where == "everywhere":
        return mask, None
    heights, planes = _planes(job, where, image)
    if not planes:
        return mask, None
    laid, light = np.prod(planes, axis=0), None
    if is_thick(job):
        laid, light = thicken(laid, heights, _grain(job, laid.shape))
    elif seeps(job):
        laid = seep(laid, _grain(job, laid.shape))
    here = to_tensor(laid[None, None])
    return here if mask is None else mask * here, None if light is None else to_tensor(
        light[None, None]
    )


def _planes(job: Job, where: str, image: Image) -> tuple[Plane | None, list[Plane]]:
    """Return heights, known or guessed, and where it lies by them and by the model: where both say so."""
    size, planes = (image.rgb.shape[-2], image.rgb.shape[-1]), list[Plane]()
    by_itself, heights = job.lies == "auto", None
    if job.relief is not None:
        heights = read_heights(job.relief, size, max_pixels=job.max_pixels)
        chance = KNOWN * clouds(job, size) if by_itself else 0.0
        planes.append(lie(heights, where, job.cover, chance))
    elif by_itself and not isinstance(image.rgb, Lazy):
        heights = luma(image.rgb)[0, 0].astype(np.float32)
        planes.append(lie(heights, where, job.cover, GUESSED * clouds(job, size)))
    if job.uv is not None and where == "top" and not job.tiles:
        held = hold(load_mesh(Path(job.uv))[0], size)
        planes += [] if held is None else [held]
    return heights, planes


def _grain(job: Job, size: tuple[int, ...]) -> Plane:
    height, width = size
    wavelength = min(size) / GRAINS
    return fractal((height, width), wavelength, generator(job.seed, 43), roughness=RAGGED)


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
