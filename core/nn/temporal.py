"""ReCoNet's two temporal losses: changes over time that the frames themselves do not have.

Gao, Gu, Zhang & Yu, "ReCoNet: Real-time Coherent Video Style Transfer Network", ACCV 2018, eq. 3 and 4.
The previous frame's values are given already warped to the current frame, so no flow is needed here.
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
    """Return the squared change of pictures (B, 3, H, W) beyond the change of the frames' luminance.

    It is summed over channels and averaged over pixels.

    Args:
        picture: The stylized frame.
        before: The previous stylized frame, warped.
        lighter: Luminance of the frame minus that of the previous frame, warped: (B, 1, H, W).
        visible: 1 where the pixel's content was also visible in the previous frame, (B, 1, H, W).
    """
    return (visible * (picture - before - lighter).square()).sum(1).mean()
