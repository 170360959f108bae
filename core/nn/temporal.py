"""How much a picture changes over time that should not: ReCoNet's two temporal losses.

Gao, Gu, Zhang & Yu, "ReCoNet: Real-time Coherent Video Style Transfer Network", ACCV 2018, eq. 3 and 4.
What came before is given already warped to where it is now, so that these know nothing of flows.
"""

from torch import Tensor

LUMINANCE = (0.2126, 0.7152, 0.0722)
"""Y of linear RGB, as the paper takes it."""


def luminance(x: Tensor, weights: tuple[float, float, float] = LUMINANCE) -> Tensor:
    """Return the relative luminance of (B, 3, H, W) as (B, 1, H, W)."""
    return (x * x.new_tensor(weights)[:, None, None]).sum(1, keepdim=True)


def feature_temporal_loss(features: Tensor, before: Tensor, visible: Tensor) -> Tensor:
    """Return the mean squared change of features (B, C, h, w) where ``visible`` (B, 1, h, w) is 1."""
    return (visible * (features - before).square()).mean()


def output_temporal_loss(
    picture: Tensor, before: Tensor, lighter: Tensor, visible: Tensor
) -> Tensor:
    """Return the squared change of pictures (B, 3, H, W) that the frames' light does not explain.

    It is summed over channels and averaged over pixels.

    Args:
        picture: What was painted.
        before: What was painted before, warped.
        lighter: By how much the frame is lighter than the one before, warped: luminance, (B, 1, H, W).
        visible: 1 where what is seen was seen before, (B, 1, H, W).
    """
    return (visible * (picture - before - lighter).square()).sum(1).mean()
