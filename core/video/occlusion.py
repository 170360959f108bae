"""Where a flow can be trusted: consistency of both directions, and the surfaces that the passes show.

Ruder, Dosovitskiy & Brox, "Artistic Style Transfer for Videos", GCPR 2016, section 4.3, with the constants
of Sundaram, Brox & Keutzer, ECCV 2010. A flow that is judged lies on its own frame, and so does its mask.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.warp import inside, places, warp
from .warp import LONGEST

SHARE, SLACK = 0.01, 0.5
"""Of the squared lengths, and squared pixels, that two directions may disagree by."""
EDGE_SHARE, EDGE_SLACK = 0.01, 0.002
"""Of the squared length, and per pixel, that a flow may change by within an object."""
SIGMA, RADIUS = 0.8, 2
"""Of the blur that softens the mask, pixels."""
CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))
"""The four pixels that a bilinear reading mixes, by rows and columns."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What the passes say of a frame's surfaces; whatever is not there is None."""

    depth: Tensor | None = None
    """(1, 1, H, W), distance from the camera, scene units."""
    position: Tensor | None = None
    """(1, 3, H, W), scene units."""
    objects: Tensor | None = None
    """(1, 1, H, W), the number of the object that a pixel shows."""


UNKNOWN = Surfaces()


def confidence(  # noqa: PLR0913  # the last four are named by the caller
    flow: Tensor,
    opposite: Tensor,
    previous: Surfaces = UNKNOWN,
    current: Surfaces = UNKNOWN,
    *,
    exact: bool = False,
    tolerance: float = 0.1,
    wrap: bool = False,
) -> Tensor:
    """Return how far a backward flow can be trusted by all that is known, (1, 1, H, W) in [0, 1].

    Args:
        flow: (1, 2, H, W), backward, on the current frame.
        opposite: (1, 2, H, W), forward, on the previous frame.
        previous: What the previous frame's passes show.
        current: What the current frame's passes show; only what both have is used.
        exact: Whether the flow comes from the renderer: then its edges are no sign of doubt.
        tolerance: How far a surface may move from frame to frame, as a share of its distance.
        wrap: Whether left and right meet.
    """
    trusted = reliability(flow, opposite, wrap=wrap, edges=not exact)
    if previous.objects is not None and current.objects is not None:
        trusted = trusted * same_object(previous.objects, current.objects, flow, wrap=wrap)
    if previous.depth is None or current.depth is None:
        return trusted
    allowed = tolerance * current.depth
    trusted = trusted * same_surface(previous.depth, current.depth, flow, allowed, wrap=wrap)
    if previous.position is None or current.position is None:
        return trusted
    return trusted * same_surface(previous.position, current.position, flow, allowed, wrap=wrap)


def reliability(
    flow: Tensor,
    opposite: Tensor,
    *,
    wrap: bool = False,
    edges: bool = True,
    smooth: bool = True,
    published: bool = False,
) -> Tensor:
    """Return how far a flow can be trusted by the forward-backward check, (B, 1, H, W) in [0, 1].

    Zero where the flow leaves the frame, where the way back does not lead home, and where the motion has
    an edge. Smoothed, what is inconsistent counts as -1, so that the doubt reaches a pixel further.

    Args:
        flow: (B, 2, H, W), on the frame that is judged.
        opposite: (B, 2, H, W), the flow back, on the other frame.
        wrap: Whether left and right meet.
        edges: Whether edges of the motion are doubted.
        smooth: Whether the mask is softened.
        published: Count what reads exactly on the last row or column as outside, as the authors do; a
            still picture would then flicker there.
    """
    trusted = torch.ones_like(flow[:, :1])
    if edges:
        trusted = trusted.masked_fill(motion_edges(flow), 0.0)
    trusted = trusted.masked_fill(inconsistent(flow, opposite, wrap=wrap), -1.0)
    outside = ~inside(flow, wrap=wrap) | (_on_last(flow) if published else False)
    trusted = trusted.masked_fill(outside, 0.0)
    return (_blur(trusted) if smooth else trusted).clamp(0, 1)


def inconsistent(flow: Tensor, opposite: Tensor, *, wrap: bool = False) -> Tensor:
    """Return (B, 1, H, W), true where the way there and the way back together do not lead home."""
    back = warp(opposite, flow, wrap=wrap)
    apart = (flow + back).square().sum(1, keepdim=True)
    return apart >= SHARE * (_square(flow) + _square(back)) + SLACK


def motion_edges(flow: Tensor) -> Tensor:
    """Return (B, 1, H, W), true where the flow changes by more than within an object."""
    padded = F.pad(flow, (1, 1, 1, 1), mode="replicate")
    across = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    down = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    return _square(across) + _square(down) > EDGE_SHARE * _square(flow) + EDGE_SLACK


def same_object(previous: Tensor, current: Tensor, flow: Tensor, *, wrap: bool = False) -> Tensor:
    """Return the share of what a backward warp mixes that is of the pixel's own object, (1, 1, H, W).

    Args:
        previous: (1, 1, H, W), the number of the object that each pixel of the previous frame shows.
        current: Likewise, of the current frame.
        flow: (1, 2, H, W), backward.
        wrap: Whether left and right meet.
    """
    return _share(lambda other: other == current, previous, flow, wrap=wrap)


def same_surface(
    previous: Tensor, current: Tensor, flow: Tensor, allowed: Tensor | float, *, wrap: bool = False
) -> Tensor:
    """Return the share of what a backward warp mixes that lies near the pixel's own surface, (1, 1, H, W).

    Args:
        previous: (1, C, H, W), depth (C = 1) or position (C = 3) in the previous frame, scene units.
        current: Likewise, in the current frame.
        flow: (1, 2, H, W), backward.
        allowed: Distance that a surface may move from frame to frame, scene units, (1, 1, H, W) or one
            number: what lies further away is another surface.
        wrap: Whether left and right meet.
    """

    def near(other: Tensor) -> Tensor:
        return (other - current).square().sum(1, keepdim=True) <= (
            torch.as_tensor(allowed, device=flow.device) ** 2
        )

    return _share(near, previous, flow, wrap=wrap)


def _share(
    agrees: Callable[[Tensor], Tensor], previous: Tensor, flow: Tensor, *, wrap: bool
) -> Tensor:
    """Return the weight of those of the four pixels that a bilinear reading mixes that ``agrees`` accepts."""
    columns, rows = places(flow).unbind(1)
    height, width = previous.shape[-2:]
    if not wrap:
        columns = columns.clamp(0, width - 1)
    rows = rows.clamp(0, height - 1)
    left, top = columns.floor(), rows.floor()
    share = torch.zeros_like(flow[:, :1])
    for down, right in CORNERS:
        weight = (1 - (columns - left - right).abs()) * (1 - (rows - top - down).abs())
        column = (
            torch.remainder(left + right, width) if wrap else (left + right).clamp(max=width - 1)
        )
        other = _pick(previous, column, (top + down).clamp(max=height - 1))
        share = share + weight[:, None] * agrees(other)
    return share.clamp(0, 1)


def _pick(x: Tensor, columns: Tensor, rows: Tensor) -> Tensor:
    """Return the pixels of (1, C, H, W) at whole places, (1, H, W) each."""
    if x.device.type != "cpu" or max(x.shape[-2:]) > LONGEST:
        return x[0][:, rows.long()[0], columns.long()[0]][None]
    planes = x[0].permute(1, 2, 0).contiguous().numpy()
    maps = (m[0].float().contiguous().numpy() for m in (columns, rows))
    values = cv2.remap(planes, *maps, interpolation=cv2.INTER_NEAREST)
    return torch.from_numpy(values.reshape(*rows.shape[1:], -1)).permute(2, 0, 1)[None]


def _on_last(flow: Tensor) -> Tensor:
    """Return where a flow reads on the last row or column, which the one after is part of."""
    columns, rows = places(flow).split(1, 1)
    return (columns >= flow.shape[-1] - 1) | (rows >= flow.shape[-2] - 1)


def _square(flow: Tensor) -> Tensor:
    return flow.square().sum(1, keepdim=True)


def _blur(mask: Tensor) -> Tensor:
    """Return a Gaussian blur of (B, 1, H, W), mirrored at the borders."""
    side = 2 * RADIUS + 1
    blurred = [
        cv2.GaussianBlur(plane, (side, side), SIGMA, borderType=cv2.BORDER_REFLECT)
        for plane in mask[:, 0].cpu().numpy()
    ]
    return torch.from_numpy(np.stack(blurred))[:, None].to(mask.device)
