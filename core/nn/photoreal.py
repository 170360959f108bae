"""The steps after a photorealistic method that make a stylized picture look like a photograph again."""

import torch.nn.functional as F
from torch import Tensor

from ..progress import Report, ignore
from .closed_form import smooth_closed_form
from .guided import guided_filter

LARGEST = 4_500_000
"""Pixels up to which the closed form is solved at full size, in about 3 GB."""
RADIUS, FLAT = 35, 1e-4
"""Of the guided filter: half its window in pixels, and the variance of colours that it takes for none."""


def smooth(
    picture: Tensor, content: Tensor, how: str, fidelity: float, report: Report = ignore
) -> Tensor:
    """Return a stylized picture with the content's structure; both (1, 3, H, W) in [0, 1].

    Args:
        picture: The stylized picture.
        content: The picture that it was made from.
        how: ``closed``, ``guided`` or ``none``.
        fidelity: Fidelity of the closed form to the picture.
        report: Called after each step.
    """
    if how == "closed":
        ratio = (LARGEST / content[0, 0].numel()) ** 0.5
        small, guide = (shrink_picture(x, ratio) for x in (picture, content))
        return enlarge_picture(smooth_closed_form(small, guide, fidelity, report), content)
    if how == "guided":
        return _smooth_guided(picture, content, RADIUS)
    return picture


def shrink_picture(x: Tensor, ratio: float) -> Tensor:
    """Return (1, C, H, W) with its sides multiplied by ``ratio``, or unchanged if that is not smaller."""
    if ratio >= 1:
        return x
    size = [max(1, round(side * ratio)) for side in x.shape[-2:]]
    return F.interpolate(x, size, mode="bilinear", antialias=True, align_corners=False)


def enlarge_picture(picture: Tensor, content: Tensor) -> Tensor:
    """Enlarge a picture that was made from a smaller copy of the content to the content's size.

    Its local colour maps are enlarged, not its pixels, so that the content's detail is kept.
    """
    ratio = max(content.shape[-2:]) / max(picture.shape[-2:])
    if ratio == 1:
        return picture
    large = F.interpolate(picture, content.shape[-2:], mode="bicubic", align_corners=False)
    return _smooth_guided(large, content, round(4 * ratio))


def _smooth_guided(picture: Tensor, content: Tensor, radius: int, shrink: int = 4) -> Tensor:
    height, width = content.shape[-2:]
    edge = (0, -width % shrink, 0, -height % shrink)
    picture, guide = (F.pad(x, edge, mode="replicate") for x in (picture, content))
    return guided_filter(picture, guide, radius, FLAT, shrink=shrink)[..., :height, :width]
