"""Recipe of johnson: one small network learns one style picture.

The losses are the judge's relative distances of transport's recipe, but to the Gram matrices of one picture,
which are measured once. A penalty on periodic grain keeps flat areas clean.
"""

import torch
from torch import Tensor, nn

from ..methods.johnson.network import COMPACT, TransformNet
from ..nn.grain import grain_loss
from ..nn.initial import he_
from .data import draw_crops
from .mixed import mixed
from .teacher import Judge, content_distance, raw_moments, style_distances

WEIGHTS = {"keep": 3.0, "gram": 0.6, "cov": 0.3, "far": 1.0, "grain": 0.2, "outside": 10.0}


def painter_(network: nn.Module, last: nn.Conv2d) -> None:
    """Initialise a network in place with He's weights; its first picture is flat grey."""
    he_(network)
    with torch.no_grad():
        last.weight.mul_(0.1)
    if last.bias is not None:
        nn.init.constant_(last.bias, 0.5)


class OneStyle:
    """Train ``TransformNet(COMPACT)`` for one style.

    Args:
        judge: Network that measures style and content.
        style: The style's picture, (1, 3, H, W) in [0, 1], at the scale of its brush.
        contents: uint8 pictures, (3, H, W).
        batch: Crops per step.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    def __init__(
        self,
        judge: Judge,
        style: Tensor,
        contents: list[Tensor],
        *,
        batch: int = 3,
        size: int = 192,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.contents, self.batch, self.size = judge, contents, batch, size
        network = TransformNet(COMPACT)
        painter_(network, network.up.conv3)
        self.module: nn.Module = network.to(memory_format=torch.channels_last)
        with torch.no_grad():
            self.target = {f"judge.{k}": raw_moments(f) for k, f in judge(style).items()}

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        x = draw_crops(self.contents, self.batch, self.size, generator, zoom=2.5, recolor=0.1)
        with mixed():
            picture = self.module(x).float()
            terms = paint(self.judge, picture, x, self.target)
        return {k: WEIGHTS[k] * v for k, v in terms.items()}


def paint(
    judge: Judge, picture: Tensor, content: Tensor, target: dict[str, Tensor]
) -> dict[str, Tensor]:
    """Return the unweighted losses of a batch of pictures of a content in a style."""
    with torch.no_grad():
        wanted = judge.encoder(content, "relu4_1")
    got = judge(picture)
    return {
        "keep": content_distance(judge, got, wanted),
        **style_distances(judge, got, target),
        "grain": grain_loss(picture),
        "outside": (picture - picture.clamp(0, 1)).square().mean(),
    }
