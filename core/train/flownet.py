"""Recipe of FlowNet: our small network on moving photographs and, if there are any, on renders.

Dosovitskiy et al., "FlowNet", ICCV 2015, section 4.3: end-point errors at all levels, Adam. Departures: the
loss is not a sum over pixels, so it does not depend on the frames' size; batches are drawn from layers of
photographs and, if there are any, some from rendered sequences, only some because the network would
memorise these few sequences.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..nn.flow_loss import end_point_error, multiscale_error
from ..nn.flownet import LEAK, UNIT, FlowNet, Sizes, in_pixels
from .layers import Pair, draw_pairs
from .mixed import mixed
from .renders import Shard, draw_rendered

RENDERED = 0.25
"""Share of batches that are drawn from renders."""
GAIN = 4096.0
"""Pixels that the loss is given for."""


FIRST = {"conv1": 4.0, "predict": 0.1}
"""How much stronger than others layers of these names begin: pixels deviate by a quarter of 1."""


class Flow:
    """Train a FlowNet.

    Args:
        sizes: Of the network.
        pool: uint8 pictures (3, H, W) from which layers are cut.
        shards: Rendered sequences, or none.
        batch: Pairs per step.
        size: Height and width of the frames, multiples of 64.
        seed: Of the first weights.
    """

    def __init__(
        self,
        sizes: Sizes,
        pool: Sequence[Tensor],
        shards: Sequence[Shard] = (),
        *,
        batch: int = 8,
        size: tuple[int, int] = (128, 192),
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.pool, self.shards, self.batch, self.size = pool, shards, batch, size
        self.network = FlowNet(sizes)
        _begin_(self.network)
        self.module: nn.Module = self.network.to(memory_format=torch.channels_last)

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted end-point errors of all levels for one batch."""
        pair = self._drawn(generator)
        with mixed():
            flows = self.network.levels(_lay_out(pair.first), _lay_out(pair.second))
        error = multiscale_error([flow.float() for flow in flows], pair.flow / UNIT)
        return {"error": GAIN / pair.flow[0, 0].numel() * error}

    def _drawn(self, generator: torch.Generator) -> Pair:
        if self.shards and float(torch.rand((), generator=generator)) < RENDERED:
            return draw_rendered(self.shards, self.batch, self.size, generator)
        return draw_pairs(self.pool, self.batch, self.size, generator)


def _begin_(network: FlowNet) -> None:
    """Initialise a network in place: features keep a deviation of 1 through all layers; flows are small."""
    for name, part in network.named_modules():
        if isinstance(part, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.kaiming_normal_(part.weight, LEAK)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
            with torch.no_grad():
                part.weight.mul_(FIRST.get(name.rstrip("23456"), 1.0))


def pixels_off(network: FlowNet, pair: Pair) -> Tensor:
    """Return the mean end-point error in pixels of a network on a batch."""
    with torch.inference_mode():
        finest = network.levels(pair.first, pair.second)[0]
        return end_point_error(in_pixels(finest, pair.flow.shape[-2:]), pair.flow).mean()


def _lay_out(frames: Tensor) -> Tensor:
    return frames.contiguous(memory_format=torch.channels_last)
