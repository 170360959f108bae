"""What guides strokes: directions that are painted or go over the mesh, detail, and where strokes end."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..card import Card
from ..crossings import Crossings
from ..errors import ParamsError
from ..imaging.image import load_image, load_mask
from ..imaging.lazy import materialize
from ..nn.resize import rescale
from ..request.directions import crosses_seams, lays_strokes, parse_light, wants_ways
from ..request.picture_job import Job
from ..surface.creases import lay_pieces
from ..surface.crossings import lay_crossings
from ..surface.mesh import Mesh
from ..surface.ways import Ways, lay_corners, lay_ways
from .surfaces import fit_mesh
from .tensors import to_tensor

MOST = 2048
"""Longest side in pixels at which directions are kept: strokes do not turn faster."""
FAINT = 0.02
"""Length below which a vector is none: 8 bits have no exact half."""
NO_MESH = (
    "its mesh is not known, or shows the picture more than once: strokes go as they would without"
)


@dataclass(frozen=True, slots=True)
class Guides:
    """What guides the strokes of a picture."""

    flow: Tensor | None = None
    """(1, 2, h, w) of any size, as ``RunContext.flow``."""
    detail: Tensor | None = None
    """(1, 1, h, w) of any size, as ``RunContext.detail`` returns it."""
    pieces: NDArray[np.int32] | None = None
    """(H, W), as ``RunContext.pieces``."""
    crossings: Crossings | None = None
    """As ``RunContext.crossings``."""
    notes: tuple[str, ...] = ()

    def for_run(self) -> dict[str, Any]:
        """Return the fields of ``RunContext`` that it fills."""
        detail = self.detail
        fine = None if detail is None else lambda: detail
        return {
            "flow": self.flow,
            "detail": fine,
            "pieces": self.pieces,
            "crossings": self.crossings,
        }


def find_guides(job: Job, card: Card, size: tuple[int, int]) -> Guides:
    """Return what guides the strokes of a job's picture (height, width); nothing of what lays none.

    Raises:
        PictureError: if a picture or the mesh cannot be read.
        ParamsError: if directions go along a mesh and none is given.
    """
    if not lays_strokes(card):
        return Guides()
    if wants_ways(job) and job.uv is None:
        raise ParamsError(
            "strokes go along a mesh, and none was named; name its triangles, or leave this out",
            "uv",
        )
    mesh = None if job.uv is None or job.surface not in ("auto", "flat") else fit_mesh(job, size)
    over = None if mesh is None or not wants_ways(job) else lay_ways(mesh, _small(size), _ways(job))
    lacking = wants_ways(job) and over is None
    closed = None if job.surface == "flat" else mesh
    pieces = None if closed is None else lay_pieces(closed, size)
    return Guides(
        _join(load_flow(job), over),
        _find_detail(job, mesh, size),
        pieces,
        lay_crossings(closed, size, pieces) if closed and crosses_seams(card) else None,
        (NO_MESH,) if lacking else (),
    )


def _small(size: tuple[int, int]) -> tuple[int, int]:
    """Return a size whose longer side is at most ``MOST``."""
    ratio = min(1.0, MOST / max(size))
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def _ways(job: Job) -> Ways:
    return Ways(
        bends=job.along_bends,
        axis=job.along_axis,
        slope=job.along_slope,
        light=job.along_light,
        toward=parse_light(job.light_from),
    )


def _find_detail(job: Job, mesh: Mesh | None, size: tuple[int, int]) -> Tensor | None:
    """Return where finer brushes are wanted: by the mask, and by the mesh where it says so."""
    found = list[Tensor]()
    if job.detail_mask:
        found.append(to_tensor(load_mask(job.detail_mask, size, max_pixels=job.max_pixels)))
    if mesh is not None and mesh.detail is not None and mesh.detail.any():
        laid = lay_corners(mesh, size, mesh.detail[..., None].clip(0, 1))
        found.append(torch.from_numpy(laid[..., 0])[None, None])
    if not found:
        return None
    return found[0] if len(found) == 1 else torch.maximum(*found)


def _join(painted: Tensor | None, over: NDArray[np.float32] | None) -> Tensor | None:
    """Return directions of which those that are painted come first, as far as they are long."""
    if over is None:
        return painted
    below = torch.from_numpy(np.ascontiguousarray(over.transpose(2, 0, 1)))[None]
    if painted is None:
        return below
    above = torch.nn.functional.interpolate(painted, below.shape[-2:], mode="area")
    both = _double(below) * (1 - above.norm(dim=1, keepdim=True)) + _double(above)
    angle = torch.atan2(both[:, 1], both[:, 0]) / 2
    return torch.stack([angle.cos(), angle.sin()], 1) * both.norm(dim=1, keepdim=True)


def _double(x: Tensor) -> Tensor:
    """Return vectors (1, 2, h, w) with their angles doubled: one and its opposite are the same then."""
    length = x.norm(dim=1, keepdim=True).clamp_min(1e-9)
    return torch.stack([x[:, 0] ** 2 - x[:, 1] ** 2, 2 * x[:, 0] * x[:, 1]], 1) / length


def load_flow(job: Job) -> Tensor | None:
    """Return a job's painted directions, (1, 2, h, w): x to the right, y down, at most 1 long; None: none.

    Raises:
        PictureError: if the picture cannot be read.
    """
    if job.flow is None:
        return None
    image = load_image(job.flow, space="srgb", max_pixels=job.max_pixels)
    rgb = to_tensor(materialize(image.rgb)).nan_to_num(0)
    vectors = torch.where((rgb > 0).any(1, keepdim=True), rgb[:, :2] * 2 - 1, torch.zeros(()))
    ratio = MOST / max(vectors.shape[-2:])
    vectors = (rescale(vectors / 2 + 0.5, ratio) * 2 - 1) if ratio < 1 else vectors
    vectors = vectors * torch.tensor((1.0, -1.0)).view(1, 2, 1, 1)
    length = vectors.norm(dim=1, keepdim=True)
    vectors = vectors / length.clamp_min(1.0)
    return torch.where(length < FAINT, torch.zeros(()), vectors)
