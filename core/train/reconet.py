"""Recipe of reconet: a small network of one style, trained to paint moving things as in the frame before.

A step uses pairs of frames with known, exact motion. Both are judged as pictures, and both of the paper's
temporal losses apply where content is visible in both frames. Departures: training begins with Johnson's
network of the style, if there is one; the loss of the features is relative to their strength, since weaker
features reduce the loss without changing the picture, because norms follow.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..methods.reconet.network import COMPACT, ReCoNet
from ..nn.temporal import feature_temporal_loss, luminance, output_temporal_loss
from ..nn.warp import resize_flow, warp
from .johnson import WEIGHTS, paint, painter_
from .layers import Pair
from .mixed import mixed
from .teacher import Judge, raw_moments

TEMPORAL = {"features": 2.0, "output": 20.0}
"""Weights of the temporal losses beside those of a picture."""


class Steady:
    """Train ``ReCoNet`` for one style.

    Args:
        judge: Network that measures style and content.
        style: The style's picture, (1, 3, H, W) in [0, 1], at the scale of its brush.
        contents: uint8 pictures, (3, H, W).
        draw: Returns pairs of frames, with sides in multiples of 4, from a generator.
        start: Tensors of Johnson's network of the style, of the same sizes.
        seed: Of the first weights, if there is no such network.
    """

    def __init__(
        self,
        judge: Judge,
        style: Tensor,
        contents: list[Tensor],
        draw: Callable[[torch.Generator], Pair],
        *,
        start: Mapping[str, Tensor] | None = None,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.contents, self.draw = judge, contents, draw
        self.network = ReCoNet(COMPACT)
        painter_(self.network, self.network.up.conv3)
        self.network.load_state_dict(bound(start or self.network.state_dict()))
        self.module: nn.Module = self.network.to(memory_format=torch.channels_last)
        with torch.no_grad():
            self.target = {f"judge.{k}": raw_moments(f) for k, f in judge(style).items()}

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch of pairs."""
        pair = self.draw(generator)
        frames = torch.cat([pair.second, pair.first]).contiguous(memory_format=torch.channels_last)
        with mixed():
            features = self.network.encode(frames)
            picture = self.network.up(features).float()
            terms = paint(self.judge, picture, frames, self.target)
        weighted = {k: WEIGHTS[k] * v for k, v in terms.items()}
        held = {
            "features": features_held(features.float(), pair),
            "output": output_held(picture, pair),
        }
        return weighted | {k: TEMPORAL[k] * v for k, v in held.items()}


def bound(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Convert a network with unbounded output to ReCoNet's form, whose output is bounded by a tanh."""
    weight, bias = state["up.conv3.weight"], state["up.conv3.bias"]
    return {**state, "up.conv3.weight": 2 * weight, "up.conv3.bias": 2 * bias - 1}


def features_held(features: Tensor, pair: Pair) -> Tensor:
    """Return the relative change of features (2 B, C, h, w), earlier frames first, along the motion."""
    before, now = features.chunk(2)
    size = (now.shape[-2], now.shape[-1])
    visible = 1 - F.adaptive_max_pool2d(pair.hidden, size)
    moved = warp(before, resize_flow(pair.flow, size))
    return feature_temporal_loss(now, moved, visible) / features.square().mean().clamp_min(1e-6)


def output_held(pictures: Tensor, pair: Pair) -> Tensor:
    """Return the loss of the change of pictures (2 B, 3, H, W), earlier frames first, along the motion."""
    before, now = pictures.chunk(2)
    lighter = luminance(pair.first - warp(pair.second, pair.flow))
    return output_temporal_loss(now, warp(before, pair.flow), lighter, 1 - pair.hidden)
