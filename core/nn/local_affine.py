"""Local colour maps: for every neighbourhood, the affine map of colours that turns one picture into another.

The last step of two photorealistic methods (Luan et al., "Deep Photo Style Transfer", CVPR 2017, and Li et
al., "A Closed-form Solution to Photorealistic Image Stylization", ECCV 2018): fit a map at every pixel,
average the maps over pixels that are close in position and colour, and apply them to the content. The
result has the content's detail and the stylized picture's colours.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..progress import Progress, Report, ignore

RIDGE = 1e-3
"""What is added to a window's sums of squared colours; a window has 9 pixels."""
SINGULAR = 1e-9
"""Determinant below which a window's map is nothing, as in the published programs."""
STRIP = 32
"""Rows that are worked on at once: few enough for the processor's cache."""


def fit_maps(content: Tensor, target: Tensor) -> Tensor:
    """Return for every pixel the colour map that best turns 3x3 pixels of ``content`` into ``target``'s.

    Both are (1, 3, H, W) in [0, 1]. A map is three rows of four: red of the target out of red, green, blue
    and 1, then green, then blue, so (12, H, W), float64. Windows are cut off at the border.
    """
    height = content.shape[-2]
    strips = []
    for top in range(0, height, STRIP):
        first, bottom = max(0, top - 1), min(top + STRIP, height)
        seen, wanted = (x[0, :, first : bottom + 1].double() for x in (content, target))
        strips.append(_fit(seen, wanted)[:, top - first : bottom - first])
    return torch.cat(strips, 1)


def _fit(content: Tensor, target: Tensor) -> Tensor:
    x = F.pad(content, (0, 0, 0, 0, 0, 1), value=1.0)
    normal = _sums(x[:, None] * x[None]).permute(2, 3, 0, 1)
    normal = normal + RIDGE * torch.diag(x.new_tensor([1.0, 1.0, 1.0, 0.0]))
    wanted = _sums(target[:, None] * x[None]).permute(2, 3, 1, 0)
    fits = torch.linalg.det(normal).abs() >= SINGULAR
    safe = torch.where(fits[..., None, None], normal, torch.eye(4).to(x))
    maps = torch.linalg.solve(safe, wanted) * fits[..., None, None]
    return maps.mT.flatten(2).permute(2, 0, 1)


def average_maps(
    maps: Tensor, content: Tensor, radius: int, edge: float, report: Report = ignore
) -> Tensor:
    """Return maps (12, H, W) averaged over pixels that are close, and similar in ``content`` (1, 3, H, W).

    Args:
        maps: See ``fit_maps``.
        content: The picture whose colours are compared, in [0, 1].
        radius: Of the neighbourhood, in pixels; three deviations of the weight of distance.
        edge: Deviation of the weight of a difference in colour (its square, averaged over channels).
        report: Called after each strip.
    """
    height, width = content.shape[-2:]
    ones = torch.ones(1, height, width)
    values = torch.cat([maps.float(), ones, content[0].float()])
    padded = F.pad(values, (radius,) * 4)
    averaged = torch.empty_like(maps, dtype=torch.float32)
    for top in range(0, height, STRIP):
        rows = padded[:, top : min(top + STRIP, height) + 2 * radius].contiguous()
        averaged[:, top : top + STRIP] = _average(rows, radius, edge)
        report(Progress("local colours", min(top + STRIP, height), height))
    return averaged


def apply_maps(maps: Tensor, content: Tensor) -> Tensor:
    """Return ``content`` (1, 3, H, W) with each pixel's map, (12, H, W), applied to its colour."""
    x = F.pad(content[0], (0, 0, 0, 0, 0, 1), value=1.0)
    return (maps.unflatten(0, (3, 4)).to(x) * x).sum(1)[None]


def follow_colours(
    picture: Tensor,
    content: Tensor,
    *,
    radius: int = 15,
    edge: float = 0.1,
    report: Report = ignore,
) -> Tensor:
    """Return ``content`` (1, 3, H, W) in the colours that ``picture`` (1, 3, H, W) has around each pixel."""
    maps = average_maps(fit_maps(content, picture), content, radius, edge, report)
    return apply_maps(maps, content)


def _average(rows: Tensor, radius: int, edge: float) -> Tensor:
    """Return the averages of padded rows, (16, h + 2r, w + 2r): maps, 1 inside the picture, and colours."""
    height, width = (n - 2 * radius for n in rows.shape[1:])
    own = rows[13:, radius : radius + height, radius : radius + width]
    total = torch.zeros(13, height, width)
    for down in range(2 * radius + 1):
        for right in range(2 * radius + 1):
            near = rows[:, down : down + height, right : right + width]
            apart = (near[13:] - own).square().mean(0) / (2 * edge**2)
            far = ((down - radius) ** 2 + (right - radius) ** 2) / (2 * (radius / 3) ** 2)
            total.addcmul_(near[:13], torch.exp(-apart - far))
    return total[:12] / total[12:]


def _sums(x: Tensor) -> Tensor:
    """Return sums of (…, H, W) over 3x3 windows, counting only pixels inside the picture."""
    rows = F.pad(x, (0, 0, 1, 1))
    rows = rows[..., :-2, :] + rows[..., 1:-1, :] + rows[..., 2:, :]
    columns = F.pad(rows, (1, 1))
    return columns[..., :-2] + columns[..., 1:-1] + columns[..., 2:]
