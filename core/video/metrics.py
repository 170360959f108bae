"""How steady a clip is, and how far a flow is from the true one.

Lai et al., "Learning Blind Video Temporal Consistency", ECCV 2018 (arXiv 1808.00449): a frame is compared
with the next one warped back onto it, where the next one shows the same. The flow is the renderer's, or
that of the clip before it was stylized. A clip of one colour is perfectly steady: read these beside style and
content.
"""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from ..nn.flow_loss import end_point_error
from ..nn.warp import warp
from .occlusion import EDGE_SHARE, EDGE_SLACK, SHARE, SLACK


def occluded(backward: Tensor, forward: Tensor) -> Tensor:
    """Return (B, 1, H, W), true on the earlier frame where the later one does not show the same.

    Args:
        backward: (B, 2, H, W) on the later frame, to the earlier.
        forward: (B, 2, H, W) on the earlier frame, to the later.
    """
    back = warp(backward, forward)
    length = _square(forward)
    lost = _square(back + forward) > SHARE * (_square(back) + length) + SLACK
    across = F.pad(forward.diff(dim=3), (0, 1))
    down = F.pad(forward.diff(dim=2), (0, 0, 0, 1))
    return lost | (_square(across) + _square(down) > EDGE_SHARE * length + EDGE_SLACK)


def warping_error(earlier: Tensor, later: Tensor, forward: Tensor, hidden: Tensor) -> float:
    """Return the mean squared difference of a frame and the later one warped onto it, where it is seen.

    Args:
        earlier: (1, C, H, W) in [0, 1].
        later: Likewise.
        forward: (1, 2, H, W), from the earlier to the later.
        hidden: (1, 1, H, W), true or 1 where the later frame does not show what the earlier does.
    """
    seen = 1 - hidden.double()
    apart = (earlier.double() - warp(later, forward).double()).square()
    count = float(seen.sum()) * earlier.shape[1] or float(apart.numel())
    return float((seen * apart).sum()) / count


def clip_warping_error(
    frames: Sequence[Tensor], forward: Sequence[Tensor], hidden: Sequence[Tensor], step: int = 1
) -> float:
    """Return the mean warping error over all pairs of frames that lie ``step`` apart.

    Args:
        frames: (1, C, H, W) in [0, 1].
        forward: The flow from each frame to the one ``step`` later; one for each pair.
        hidden: What ``warping_error`` takes, one for each pair.
        step: 1 for flicker; 5 to 10 for drift.
    """
    pairs = zip(frames[:-step], frames[step:], forward, hidden, strict=True)
    errors = [warping_error(*pair) for pair in pairs]
    return sum(errors) / len(errors)


def mean_end_point_error(flow: Tensor, true: Tensor, mask: Tensor | None = None) -> float:
    """Return the mean end-point error in pixels of a flow (B, 2, H, W), where ``mask`` is 1.

    A mask is (B, 1, H, W); where it is empty the error is not a number.
    """
    error = end_point_error(flow, true).double()
    if mask is None:
        return float(error.mean())
    return float((error * mask).sum() / mask.double().sum())


def _square(flow: Tensor) -> Tensor:
    return flow.square().sum(1, keepdim=True)
