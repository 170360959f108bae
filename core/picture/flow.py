"""Directions that are painted: a picture that says where strokes go; black says nothing."""

import torch
from torch import Tensor

from ..imaging.image import load_image
from ..imaging.lazy import materialize
from ..nn.resize import rescale
from ..request.picture_job import Job
from .tensors import to_tensor

MOST = 2048
"""Longest side in pixels at which directions are kept: strokes do not turn faster."""
FAINT = 0.02
"""Length below which a vector is none: 8 bits have no exact half."""


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
