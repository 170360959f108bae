"""Paint that stays on what it was put on: the pictures of a film made to agree with each other.

Every few frames one is an anchor: it is painted anew. Between anchors a *track* carries the paint of one
with the motion of the frames, read from the anchor's own picture through the sum of all motion since, so
that nothing blurs from frame to frame (Ruder et al. 2016 warp the frame before, which does). What an anchor
did not show is painted when it appears, and carried on from there. The tracks of two anchors are blended, the
older one giving way to the newer: paint changes slowly where the world stays, and never at once.
Everything is a pure function of values; a track depends on nothing before its anchor.
"""

from dataclasses import dataclass, replace

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.warp import warp

LEAST = 0.05
"""Trust below which paint of an anchor is given up for good."""
PATCH = 7
"""Side, in pixels, of the squares in which frames are compared: noise must not count as change."""
STROKE = 15
"""Side of the squares in which paint is compared: what was painted beside a thing must not stay where that
thing has left, and strokes that lie elsewhere must not count."""
REACH = 31
"""Side of the square of content that a stroke depends on: paint near to what changed is trusted less."""
AS_ROUGH, ROUGHER = 0.3, 0.6
"""Relative differences of contrast up to which two places are painted alike, and from which they are not."""
FAINT = 0.03
"""Contrast that hardly shows."""
FLAT = 1e-4
"""Variance below which there is no pattern to keep."""
MOST_GAIN = 1.6
"""What two patterns that have nothing in common lose, and a little more."""
SAME, OTHER = 0.05, 0.15
"""Differences of display values up to which a place shows the same, and from which it shows another thing."""
GRAIN, MOVED = 0.02, 0.04
"""Mean differences of display values up to which it is grain, and from which something moved."""
CUT_TRUST, CUT_CHANGE = 0.5, 0.12
"""A cut: so little of a frame was in the one before, and so much differs on average."""
BLOCK = 8
"""Side of the squares whose means tell whether two frames are of one shot, pixels."""


@dataclass(frozen=True, slots=True)
class Track:
    """The paint of one anchor, where it is now. All are (1, C, H, W) of the frame's size."""

    anchor: Tensor
    """The anchor's picture, 3 channels."""
    flow: Tensor
    """Where the frame's pixels are in the anchor, less where they are in the frame, pixels."""
    trust: Tensor
    """How far that can be relied on, [0, 1]."""
    picture: Tensor
    """The frame, painted: 3 channels."""


def begin(picture: Tensor) -> Track:
    """Return the track of an anchor whose picture is (1, 3, H, W)."""
    flow = torch.zeros_like(picture[:, :2])
    return Track(picture, flow, torch.ones_like(picture[:, :1]), picture)


def advance(
    track: Track, flow: Tensor, confidence: Tensor, fresh: Tensor, *, wrap: bool = False
) -> Track:
    """Return the track one frame later.

    Args:
        track: At the frame before.
        flow: (1, 2, H, W), backward, on this frame: where its pixels were in the frame before.
        confidence: (1, 1, H, W) in [0, 1], how far that is so.
        fresh: (1, 3, H, W), this frame painted for itself: for what the tracks do not know.
        wrap: Whether left and right meet.
    """
    carried = warp(torch.cat([track.flow, track.trust], 1), flow, wrap=wrap)
    total = flow + carried[:, :2]
    confidence = confidence * (1 - mean_around(1 - confidence, REACH))
    kept = warp(track.anchor, total, wrap=wrap, mode="bicubic")
    before = warp(track.picture, flow, wrap=wrap, mode="bicubic")
    trust = carried[:, 2:] * confidence * still_fits(kept, fresh)
    trust = torch.where(trust < LEAST, 0.0, trust)
    rest = fresh + (before - fresh) * (confidence * still_fits(before, fresh))
    picture = (rest + (kept - rest) * trust).clamp(0, 1)
    return replace(track, flow=total, trust=trust, picture=picture)


def blended(older: Tensor, newer: Tensor, share: float) -> Tensor:
    """Return the mix of two tracks' pictures; ``share`` runs from 0, all older, to 1, all newer, evenly.

    The mean of two patterns of strokes is paler than either: local contrast is kept at the mix of both's.
    """
    weight = share * share * (3 - 2 * share)
    mixed = older + (newer - older) * weight
    means = [mean_around(x, STROKE) for x in (older, newer, mixed)]
    first, second, got = (
        mean_around((x - m).square().sum(1, keepdim=True), STROKE)
        for x, m in zip((older, newer, mixed), means, strict=True)
    )
    wanted = first + (second - first) * weight
    gain = ((wanted + FLAT) / (got + FLAT)).sqrt().clamp(1, MOST_GAIN)
    return (means[2] + (mixed - means[2]) * gain).clamp(0, 1)


def still_fits(carried: Tensor, fresh: Tensor) -> Tensor:
    """Return how far paint that was carried along is what a place would be painted with, (1, 1, H, W).

    Colour and contrast around a place must agree, not the strokes: light changes, and what was painted
    beside a thing must not stay where that thing has left.
    """
    first, second = (_spread(x) for x in (carried, fresh))
    apart = (first - second).abs() / (torch.maximum(first, second) + FAINT)
    fits = ((ROUGHER - apart) / (ROUGHER - AS_ROUGH)).clamp(0, 1)
    return fits * alike(carried, fresh, STROKE)


def _spread(x: Tensor) -> Tensor:
    """Return the standard deviation of colours around each pixel, (1, 1, H, W)."""
    variance = mean_around(x.square(), STROKE) - mean_around(x, STROKE).square()
    return variance.clamp_min(0).sum(1, keepdim=True).sqrt()


def seen_before(previous: Tensor, current: Tensor, flow: Tensor, *, wrap: bool = False) -> Tensor:
    """Return how far a frame shows what its flow says it does, (1, 1, H, W) in [0, 1].

    Where light or shadow moves over a surface, or an estimated flow is wrong, paint must not be carried:
    frames are compared after averaging over ``PATCH`` pixels.

    Args:
        previous: (1, 3, H, W) in [0, 1], the frame before.
        current: Likewise, this frame.
        flow: (1, 2, H, W), backward.
        wrap: Whether left and right meet.
    """
    return alike(warp(previous, flow, wrap=wrap), current, PATCH)


def unchanged(previous: Tensor, current: Tensor) -> Tensor:
    """Return how far two frames differ by nothing but grain, (1, 1, H, W) in [0, 1]."""
    change = mean_around((current - previous).abs(), PATCH).amax(1, keepdim=True)
    return ((MOVED - change) / (MOVED - GRAIN)).clamp(0, 1)


def alike(one: Tensor, other: Tensor, side: int) -> Tensor:
    """Return how far two pictures (1, 3, H, W) are the same on average over squares of ``side`` pixels.

    (1, 1, H, W): 1 where they differ by ``SAME`` at most, 0 from ``OTHER`` on.
    """
    change = mean_around(other - one, side).abs().amax(1, keepdim=True)
    return ((OTHER - change) / (OTHER - SAME)).clamp(0, 1)


def mean_around(x: Tensor, side: int) -> Tensor:
    """Return the mean of (1, C, H, W) over squares of ``side`` pixels around each; the border is repeated."""
    planes = x[0].permute(1, 2, 0).contiguous().cpu().numpy()
    means = cv2.blur(planes, (side, side), borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(means.reshape(planes.shape)).permute(2, 0, 1)[None].to(x.device)


def is_cut(previous: Tensor, current: Tensor, confidence: Tensor, flow: Tensor) -> bool:
    """Return whether another shot begins: little can be followed, and what cannot looks different.

    Args:
        previous: (1, 3, H, W) in [0, 1], the frame before.
        current: Likewise, this frame.
        confidence: (1, 1, H, W), how far this frame's pixels were in the one before.
        flow: (1, 2, H, W), backward.
    """
    if float(confidence.mean()) > CUT_TRUST:
        return False
    moved = warp(previous, flow)
    small = (min(BLOCK, current.shape[-2]), min(BLOCK, current.shape[-1]))
    blocks = F.avg_pool2d(current - moved, small, small, ceil_mode=True)
    return float(blocks.abs().mean()) > CUT_CHANGE
