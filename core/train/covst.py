"""Recipe of coherent online video: its mask sub-networks learn where warped features can be used.

The networks of styles are ReCoNet's, and fixed; each step takes one of them. Losses are the paper's, with the
exact motion of the frames instead of an estimate. Departure: the flow sub-network is our FlowNet, already
trained on exact motion and fixed here; the paper trains its own together with the masks.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

from ..methods.covst.network import Mask, compose, feature_flow
from ..nn.flownet import FlowNet
from ..nn.initial import he_
from ..nn.reconet import ReCoNet
from ..nn.warp import warp
from .layers import Pair
from .mixed import mixed

WEIGHTS = {"coherence": 50.0, "occlusion": 10.0}
"""In the paper's proportion of coherence to occlusion."""


class Online:
    """Train a mask sub-network for each style.

    Args:
        styles: Networks by name.
        flow: The flow sub-network, which is not trained.
        draw: Returns pairs of frames, with sides in multiples of 4, from a generator.
        seed: Of the masks' first weights.
    """

    def __init__(
        self,
        styles: Mapping[str, ReCoNet],
        flow: FlowNet,
        draw: Callable[[torch.Generator], Pair],
        *,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.styles, self.flow, self.draw = dict(styles), flow.requires_grad_(False), draw
        self.masks = {name: Mask(net.form.sizes.widths[2]) for name, net in self.styles.items()}
        for mask in self.masks.values():
            he_(mask)
        parts = {"mask": nn.ModuleDict(self.masks)}
        self.module: nn.Module = nn.ModuleDict(parts).to(memory_format=torch.channels_last)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch of pairs in one style."""
        pair = self.draw(generator)
        names = list(self.styles)
        name = names[int(torch.randint(len(names), (), generator=generator))]
        network, mask = self.styles[name], self.masks[name]
        now, before = (x.contiguous(memory_format=torch.channels_last) for x in pair[:2])
        with mixed():
            with torch.no_grad():
                features = [network.encode(x) for x in (before, now)]
                alone = [network.up(f).float() for f in features]
                flow = feature_flow(self.flow, now, before)
            joined, _ = compose(features[1], features[0], flow, mask, 1.0)
            picture = network.up(joined).float()
        terms = {
            "coherence": _apart(picture, warp(alone[0], pair.flow), 1 - pair.hidden),
            "occlusion": _apart(picture, alone[1], pair.hidden),
        }
        return {k: WEIGHTS[k] * v for k, v in terms.items()}


def _apart(one: Tensor, other: Tensor, where: Tensor) -> Tensor:
    return (where * (one - other).square()).sum(1).mean()
