"""Recipe of the meta network on the compact encoder's statistics.

A step draws a few styles, generates a network for each, and stylizes a few contents with each. Only the
statistics of styles are needed, so a bank of them is measured once, as for transport. Descriptions are
standardised over the bank; this is folded into the first layer afterwards. Losses are johnson's.
"""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..methods.metanet.network import (
    EPS,
    FIRST,
    LAST,
    OUR_GROUP,
    OUR_RANK,
    OURS,
    MetaNet,
    describe,
)
from ..methods.metanet.weights import LEVELS
from ..nn.encoder import COMPACT
from ..nn.transform_net import TransformNet
from .data import draw_crops
from .johnson import WEIGHTS, paint, painter_
from .mixed import mixed
from .teacher import Judge
from .transport import StyleBank

SPREAD = 0.5
"""How much of a generated weight depends on the style at the start, as a share of the common part."""
LEAST = 0.05
"""Smallest deviation over the bank that a part of a description is divided by, in units of the mean one."""


class Written:
    """Train ``MetaNet`` on a bank of styles.

    Args:
        judge: Network that measures style and content.
        bank: Statistics of styles.
        contents: uint8 pictures, (3, H, W).
        styles: Styles per step.
        batch: Crops per style.
        size: Their side in pixels.
        seed: Of the first weights.
    """

    def __init__(  # noqa: PLR0913  # the recipe names them
        self,
        judge: Judge,
        bank: StyleBank,
        contents: list[Tensor],
        *,
        styles: int = 3,
        batch: int = 2,
        size: int = 128,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.bank, self.contents = judge, bank, contents
        self.styles, self.batch, self.size = styles, batch, size
        spread, self.center = torch.std_mean(describe_style(bank.columns), 0)
        self.spread = spread.clamp_min(LEAST * float(spread.mean()))
        self.meta = MetaNet(2 * sum(COMPACT[: len(LEVELS["compact"])]), OURS, OUR_GROUP, OUR_RANK)
        self.painter = TransformNet(OURS, affine=False)
        painter_(self.painter, self.painter.up.conv3)
        begin_(self.meta, self.painter.state_dict())
        self.painter.requires_grad_(False)
        self.module: nn.Module = self.meta

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch."""
        count = self.styles * self.batch
        x = draw_crops(self.contents, count, self.size, generator, zoom=2.5, recolor=0.1)
        style = self.bank.draw(self.styles, generator)
        target = {k: v.repeat_interleave(self.batch, 0) for k, v in style.items()}
        codes = (describe_style(style) - self.center) / self.spread
        parts = zip(x.split(self.batch), codes.split(1), strict=True)
        with mixed():
            picture = torch.cat([self.paint(content, code) for content, code in parts]).float()
            terms = paint(self.judge, picture, x, target)
        return {k: WEIGHTS[k] * v for k, v in terms.items()}

    def paint(self, content: Tensor, description: Tensor) -> Tensor:
        """Return contents in one style."""
        with torch.autocast("cpu", enabled=False):
            weights = self.meta.weights(description)
        return functional_call(self.painter, weights, (content,))

    def folded(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return trained parameters with the standardisation of descriptions folded in."""
        weight = state["hidden.weight"] / self.spread
        bias = state["hidden.bias"] - weight @ self.center
        return {**state, "hidden.weight": weight, "hidden.bias": bias}


def describe_style(style: Mapping[str, Tensor]) -> Tensor:
    """Return the descriptions (B, inputs) of a bank's styles."""
    levels = LEVELS["compact"]
    variances = {k: style[f"{k}.cov"].diagonal(dim1=1, dim2=2) for k in levels}
    means = {k: style[f"{k}.mean"] for k in levels}
    return describe(means, {k: (v + EPS).sqrt() for k, v in variances.items()}, levels)


@torch.no_grad()
def begin_(meta: MetaNet, state: Mapping[str, Tensor]) -> None:
    """Initialise a meta network in place: for every style it generates nearly the network of ``state``."""
    for number, layer in enumerate(meta.layers, 1):
        weight, bias = (state[f"{layer}.{kind}"] for kind in ("weight", "bias"))
        last = meta.get_submodule(f"fc{number}.1")
        own = dict(last.named_parameters())
        own["bias"].copy_(torch.cat([weight.flatten(), bias]))
        nn.init.normal_(own["weight"], std=SPREAD * float(weight.std()))
    for own, layer in ((meta.first, FIRST), (meta.last, LAST)):
        own.load_state_dict({kind: state[f"{layer}.{kind}"] for kind in ("weight", "bias")})
