"""Paint that stays on the things it was painted on, so that a sequence's pictures agree with each other.

Every few frames one is a keyframe: it is painted anew. Between keyframes the paint of the last one is carried
with the motion of the frames, read from the keyframe's own picture through the sum of all motion since, so
that nothing blurs from frame to frame (Ruder et al. 2016 warp the frame before, which does). What a
keyframe did not show is painted when it appears, and carried on from there. The paint from before the
keyframe is carried too, and blended out slowly in favour of the newer paint, so that nothing changes at
once. Where light or shadow passes over things, most of the paint stays and its brightness changes as the
frame's does. Everything is a pure function of values, and depends on nothing before the last keyframe but
one.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import cv2
import torch
import torch.nn.functional as F
from torch import Tensor

from ..nn.temporal import luminance
from .warp import read_at

LEAST = 0.05
"""Trust below which a keyframe's paint is dropped at a pixel, and does not come back."""
PATCH = 7
"""Side, in pixels, of the squares over which frames are averaged to compare them: noise is no change."""
DETAIL = 5
"""The same for a frame and its keyframe: a small square, since errors of the motion add up to shifts."""
CELL = 4
"""Side, in pixels, of the cells in which paint is compared."""
AREA = 9
"""Side, in cells, of the area over which contrast is corrected: a small one would flicker itself."""
STROKE = 15
"""Side of the squares in which paint is compared: what was painted beside a thing must not stay where that
thing has left, and strokes that lie elsewhere must not count."""
REACH = 17
"""Side of the square of content that a stroke depends on: paint near to what changed is trusted less."""
AS_ROUGH, ROUGHER = 0.3, 0.6
"""Relative differences of contrast up to which two places are painted alike, and from which they are not."""
FAINT = 0.03
"""Contrast that can hardly be seen."""
SPREADS = 1.5
"""Trust that is lost, as a multiple of the share of the square that changed."""
FLAT = 1e-4
"""Variance below which there is no pattern to keep."""
MOST_GAIN = 1.5
"""The most by which contrast is raised: a little more than mixing two unrelated patterns loses."""
SAME, OTHER = 0.05, 0.15
"""Differences of display values up to which two places are the same, and from which they differ."""
GRAIN, MOVEMENT = 0.02, 0.04
"""Mean differences of display values up to which a change is grain, and from which something has moved."""
CUT_TRUST, CUT_CHANGE = 0.5, 0.12
"""It is a cut if mean confidence is below the first and the mean difference is above the second."""
BLOCK = 8
"""Side of the squares whose means tell whether two frames are of one shot, pixels."""
RELIT = 0.75
"""Share of carried paint, other than a keyframe's, that stays where the light changes, per frame."""
RENEWED = 0.2
"""Least share of such paint that is painted anew in every frame, so that old outlines of shadows fade."""
SOFT = 3
"""Side of the squares over which luminance is averaged: bilinear reading softens one of the frames."""
ANSWER = 31
"""Side of the squares in which the change of paint with light is fitted: wider than a stroke."""
DIM = 0.04
"""Change of luminance that is too small to be a change of light; it damps the fit."""


Moments = tuple[Tensor, Tensor]
"""Means and variances of colours."""


class Motion(NamedTuple):
    """How a frame's pixels moved since the one before it. Tensors are (1, C, H, W) on the frame."""

    flow: Tensor
    """Backward, 2 channels: where pixels were in the frame before, less where they are."""
    confidence: Tensor
    """How sure it is that the frame before showed the same there, in the same light, [0, 1]."""
    placed: Tensor
    """How sure it is that it showed the same thing there, in whatever light, [0, 1]."""
    lighter: Tensor
    """Luminance of the frame less that of the frame before at the same thing."""
    frame: Tensor
    """What the frame shows, 3 channels in [0, 1]."""


@dataclass(frozen=True, slots=True)
class Paint:
    """The paint of a frame and where it comes from. All are (1, C, H, W) of the frame's size."""

    older: Tensor | None
    """The last keyframe's picture as carried from before it; None before a shot's second keyframe."""
    newer: Tensor
    """The last keyframe's picture."""
    seen: Tensor
    """The last keyframe's frame, not painted."""
    flow: Tensor
    """Where the frame's pixels are in the keyframe, less where they are in the frame, pixels."""
    trust: Tensor
    """How far the older and the newer picture can be trusted there: 2 channels, [0, 1]."""
    picture: Tensor
    """The frame painted by carrying the newer picture, 3 channels."""
    outgoing: Tensor | None
    """The frame painted by carrying the older picture; it is blended out."""
    wanted: Moments | None = None
    """Colours and contrast of the frame painted for itself; None if ``picture`` is that."""


def begin(picture: Tensor, frame: Tensor) -> Paint:
    """Return the paint of the first frame of a shot: its picture and the frame itself, (1, 3, H, W)."""
    return Paint(
        None,
        picture,
        frame,
        torch.zeros_like(picture[:, :2]),
        torch.ones_like(picture[:, :2]),
        picture,
        None,
    )


def renew(paint: Paint, picture: Tensor, frame: Tensor) -> Paint:
    """Return the paint at a keyframe whose frame (1, 3, H, W) is painted anew, as (1, 3, H, W)."""
    return replace(
        begin(picture, frame), older=paint.picture, outgoing=paint.picture, wanted=paint.wanted
    )


def advance(
    paint: Paint,
    motion: Motion,
    fresh: Tensor,
    *,
    formerly: Tensor | None = None,
    wrap: bool = False,
) -> Paint:
    """Return the paint one frame later.

    Args:
        paint: At the frame before.
        motion: How this frame's pixels moved since.
        fresh: (1, 3, H, W), this frame painted for itself.
        formerly: Likewise, with the statistics of the keyframe before the last, if they are others.
        wrap: Whether left and right meet.
    """
    flow = motion.flow
    carried = read_at(torch.cat([paint.flow, paint.trust], 1), flow, wrap=wrap)
    total = flow + carried[:, :2]
    confidence, placed = (_spread_doubt(x) for x in (motion.confidence, motion.placed))
    kept = read_at(paint.newer, total, wrap=wrap, mode="bicubic")
    wanted = _measure_moments(fresh)
    led = confidence * measure_likeness(read_at(paint.seen, total, wrap=wrap), motion.frame, DETAIL)
    trust = _reduce_trust(carried[:, 3:], led, kept, wanted)
    before = read_at(paint.picture, flow, wrap=wrap, mode="bicubic")
    before = relight_paint(before, fresh, motion.lighter)
    stays = torch.maximum(confidence, RELIT * placed).clamp_max(1 - RENEWED)
    rest = torch.lerp(fresh, before, stays * measure_fit(before, wanted))
    picture = torch.lerp(rest, kept, trust).clamp_(0, 1)
    both = torch.cat([trust, trust], 1)
    later = replace(paint, flow=total, trust=both, picture=picture, wanted=wanted)
    if paint.older is None:
        return later
    known = read_at(paint.older, total, wrap=wrap, mode="bicubic")
    former = fresh if formerly is None else formerly
    wanted = wanted if formerly is None else _measure_moments(former)
    older = _reduce_trust(carried[:, 2:3], led, known, wanted)
    outgoing = torch.lerp(picture if formerly is None else former, known, older).clamp_(0, 1)
    return replace(later, trust=torch.cat([older, trust], 1), outgoing=outgoing)


def _spread_doubt(confidence: Tensor) -> Tensor:
    """Return a confidence lowered near places without any, since strokes reach over their surroundings."""
    return confidence * (1 - SPREADS * average_around(1 - confidence, REACH)).clamp_min(0)


def relight_paint(paint: Tensor, fresh: Tensor, lighter: Tensor) -> Tensor:
    """Return carried paint in the light of its new frame, with its strokes, (1, 3, H, W).

    The change of paint is taken to be proportional to the change of luminance. The factor is fitted by least
    squares in squares of ``ANSWER`` pixels, to the difference of the frame painted for itself and the carried
    paint. So shadows keep their outlines, and where the light is the same colours do not change.

    Args:
        paint: (1, 3, H, W), carried along.
        fresh: (1, 3, H, W), the frame painted for itself.
        lighter: (1, 1, H, W), change of luminance.
    """
    height, width = lighter.shape[-2:]
    size = (-(-width // CELL), -(-height // CELL))
    products = torch.cat([(fresh - paint) * lighter, lighter.square()], 1)
    planes = products[0].permute(1, 2, 0).contiguous().cpu().numpy()
    small = cv2.resize(planes, size, interpolation=cv2.INTER_AREA)
    side = -(-ANSWER // CELL)
    for _ in range(2):
        small = cv2.blur(small, (side, side), borderType=cv2.BORDER_REPLICATE)
    sums = torch.from_numpy(small).permute(2, 0, 1)[None].to(paint.device)
    answer = sums[:, :3] / (sums[:, 3:] + DIM**2)
    return torch.addcmul(paint, _enlarge(answer, (height, width)), lighter)


def _reduce_trust(trust: Tensor, confidence: Tensor, carried: Tensor, wanted: Moments) -> Tensor:
    """Return how far paint that was carried along can still be trusted, (1, 1, H, W)."""
    trust = trust * confidence * measure_fit(carried, wanted)
    return torch.where(trust < LEAST, 0.0, trust)


def mix_paint(paint: Paint, share: float) -> Tensor:
    """Return a frame's picture, (1, 3, H, W), mixed of older paint (``share`` 0) and newer paint (1).

    Reading between pixels and mixing two patterns of strokes both lose contrast: it is raised to the local
    contrast of the frame painted for itself.
    """
    mixed = paint.picture
    if paint.outgoing is not None:
        mixed = torch.lerp(paint.outgoing, mixed, share * share * (3 - 2 * share))
    if paint.wanted is None:
        return mixed
    mean, got = _measure_moments(mixed)
    lacking = [average_around(x, AREA) for x in (paint.wanted[1], got)]
    gain = ((lacking[0] + FLAT) / (lacking[1] + FLAT)).sqrt().clamp(1, MOST_GAIN)
    size = (mixed.shape[-2], mixed.shape[-1])
    mean, gain = (_enlarge(x, size) for x in (mean, gain))
    return torch.addcmul(mean, mixed - mean, gain).clamp_(0, 1)


def measure_fit(carried: Tensor, wanted: Moments) -> Tensor:
    """Return how well carried paint (1, 3, H, W) fits what would be painted now, (1, 1, H, W) in [0, 1].

    Colour and contrast around a place are compared, not single strokes. They differ where the light has
    changed, or where a thing has left.
    """
    (mean, variance), (other, another) = _measure_moments(carried), wanted
    first, second = variance.sqrt(), another.sqrt()
    apart = (first - second).abs() / (torch.maximum(first, second) + FAINT)
    fits = ((ROUGHER - apart) / (ROUGHER - AS_ROUGH)).clamp(0, 1) * _measure_nearness(other - mean)
    return _enlarge(fits, (carried.shape[-2], carried.shape[-1]))


def _measure_moments(x: Tensor) -> Moments:
    """Return mean (1, 3, h, w) and variance (1, 1, h, w) of colours around squares of ``CELL`` pixels."""
    planes = x[0].permute(1, 2, 0).contiguous().cpu().numpy()
    size = (-(-planes.shape[1] // CELL), -(-planes.shape[0] // CELL))
    side = -(-STROKE // CELL)
    means = [
        cv2.blur(
            cv2.resize(y, size, interpolation=cv2.INTER_AREA),
            (side, side),
            borderType=cv2.BORDER_REPLICATE,
        )
        for y in (planes, cv2.multiply(planes, planes))
    ]
    mean, squares = (torch.from_numpy(m).permute(2, 0, 1)[None].to(x.device) for m in means)
    return mean, (squares - mean.square()).clamp_min(0).sum(1, keepdim=True)


def _enlarge(x: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(x, size, mode="bilinear", align_corners=False)


def make_motion(
    previous: Tensor,
    current: Tensor,
    flow: Tensor,
    placed: Tensor,
    *,
    exact: bool,
    wrap: bool = False,
) -> Motion:
    """Return the motion of a frame: its flow, and how well the frames agree along it.

    Where light or shadow moves over a surface, or an estimated flow is wrong, paint must not be carried as it
    is: frames are compared after averaging over ``PATCH`` pixels.

    Args:
        previous: (1, 3, H, W) in [0, 1], the frame before.
        current: Likewise, this frame.
        flow: (1, 2, H, W), backward.
        placed: (1, 1, H, W) in [0, 1], how far the flow leads to the same thing.
        exact: Whether the flow is the renderer's; if it is estimated, another colour may mean a wrong flow.
        wrap: Whether left and right meet.
    """
    carried = read_at(previous, flow, wrap=wrap)
    confidence = placed * measure_likeness(carried, current, PATCH)
    lighter = average_around(luminance(current - carried), SOFT)
    return Motion(flow, confidence, placed if exact else confidence, lighter, current)


def measure_stillness(previous: Tensor, current: Tensor) -> Tensor:
    """Return 1 where two frames differ by grain alone, down to 0 where something moved, (1, 1, H, W)."""
    change = average_around((current - previous).abs(), PATCH).amax(1, keepdim=True)
    return ((MOVEMENT - change) / (MOVEMENT - GRAIN)).clamp(0, 1)


def measure_likeness(one: Tensor, other: Tensor, side: int) -> Tensor:
    """Return how far two pictures (1, 3, H, W) are the same on average over squares of ``side`` pixels.

    (1, 1, H, W): 1 where they differ by ``SAME`` at most, 0 from ``OTHER`` on.
    """
    return _measure_nearness(average_around(other - one, side))


def _measure_nearness(apart: Tensor) -> Tensor:
    change = apart.abs().amax(1, keepdim=True)
    return ((OTHER - change) / (OTHER - SAME)).clamp(0, 1)


def average_around(x: Tensor, side: int) -> Tensor:
    """Return the mean of (1, C, H, W) over squares of ``side`` pixels around each; the border is repeated."""
    planes = x[0].permute(1, 2, 0).contiguous().cpu().numpy()
    means = cv2.blur(planes, (side, side), borderType=cv2.BORDER_REPLICATE)
    return torch.from_numpy(means.reshape(planes.shape)).permute(2, 0, 1)[None].to(x.device)


def is_cut(previous: Tensor, motion: Motion) -> bool:
    """Return whether a frame begins another shot: little of it can be traced back, and it looks different.

    Args:
        previous: (1, 3, H, W) in [0, 1], the frame before.
        motion: How this frame's pixels moved since.
    """
    if float(motion.confidence.mean()) > CUT_TRUST:
        return False
    carried = read_at(previous, motion.flow)
    small = (min(BLOCK, carried.shape[-2]), min(BLOCK, carried.shape[-1]))
    blocks = F.avg_pool2d(motion.frame - carried, small, small, ceil_mode=True)
    return float(blocks.abs().mean()) > CUT_CHANGE
