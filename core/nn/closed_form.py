"""Closed-form smoothing: find the picture that is near a given one and locally an affine function of a guide.

Li et al., "A Closed-form Solution to Photorealistic Image Stylization", ECCV 2018, section 3.2, eq. 7: with
the guide's matting affinity W, and D the sums of its rows, solve (D - (1 - fidelity) W) r = fidelity D y.
Departures: their affinity is normalised as D^-1/2 W D^-1/2, which is the same inside and darkens the border
by two pixels, which they cut off; and they factorise the matrix where we take conjugate gradients.
"""

import torch
from torch import Tensor

from ..progress import Progress, Report, ignore
from .matting import Affinity, matting_affinity
from .multigrid import preconditioner

FIDELITY = 1e-4
ENOUGH = 3e-4
"""Largest change of any value, in [0, 1], in a step after which no further one is taken."""
MOST = 100
"""Steps after which the solution is taken as it is."""


def smooth_closed_form(
    picture: Tensor, guide: Tensor, fidelity: float = FIDELITY, report: Report = ignore
) -> Tensor:
    """Return ``picture`` (1, 3, H, W) smoothed until it follows ``guide`` (1, 3, H, W); both in [0, 1].

    Args:
        picture: The picture whose colours are kept.
        guide: The picture whose structure is taken.
        fidelity: Weight of the picture against the guide, above 0 and below 1.
        report: Told of each step.
    """
    if min(guide.shape[-2:]) < 3:
        return picture
    system = matting_affinity(guide, report=report).system(1 - fidelity)
    wanted = fidelity * system.degree * picture[0].double().contiguous()
    return solve(system, guide, wanted, report=report)[None].float()


def solve(
    system: Affinity,
    guide: Tensor,
    wanted: Tensor,
    *,
    enough: float = ENOUGH,
    report: Report = ignore,
) -> Tensor:
    """Return x of ``system`` x = ``wanted``, by preconditioned conjugate gradients in float64.

    Args:
        system: D - smoothness W, float64.
        guide: The picture that W was made from, (1, 3, H, W).
        wanted: The right-hand sides, (C, H, W).
        enough: Largest change of any value in the last step.
        report: Told of each step.
    """
    roughly = preconditioner(system, guide, report)
    x, residual = torch.zeros_like(wanted), wanted.clone()
    direction, scale = torch.zeros_like(wanted), torch.ones_like(wanted[:, :1, :1])
    for step in range(1, MOST + 1):
        rough = roughly(residual.float()).double()
        previous, scale = scale, _dots(residual, rough)
        direction = direction.mul_(scale / previous).add_(rough)
        image = system(direction)
        length = scale / _dots(direction, image).clamp_min(1e-300)
        x.addcmul_(length, direction)
        residual.addcmul_(length, image, value=-1)
        change = float((length.abs() * direction.abs().amax((1, 2), keepdim=True)).max())
        report(Progress("smooth", step, MOST))
        if change < enough:
            break
    return x


def _dots(a: Tensor, b: Tensor) -> Tensor:
    """Return the products of each channel of (C, H, W), (C, 1, 1)."""
    return (a * b).sum((1, 2), keepdim=True)
