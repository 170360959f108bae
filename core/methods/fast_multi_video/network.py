"""A transformation network with norms for many styles, and with memories of earlier frames.

Gao, Li, Yin & Yang, "Fast Video Multi-Style Transfer", WACV 2020. Each instance norm has a weight and a bias
for every style; nothing else depends on the style, so for one style, or a mixture, it is a plain network. A
memory is a ConvLSTM; its hidden state and the features together are convolved back to the features' channels.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn import transform_net
from ...nn.instance import InstanceNorm
from ...nn.lstm import ConvLSTM
from ...nn.pad import Conv
from ...nn.transform_net import SCALE, Block, Down, Sizes, Up
from . import MEMORIES

__all__ = ["COMPACT", "PUBLISHED", "PUBLISHED_IMAGE", "SCALE", "Form", "VideoNet", "form_of"]
STYLED = (".weight", ".bias")
"""What a norm holds of each style."""


class Form(NamedTuple):
    """The form of such a network; our small one by default."""

    sizes: Sizes = Sizes((16, 32, 64), 4, 9, 3)
    hidden: tuple[int, int] = (0, 24)
    """Channels of the early and of the late memory; 0: no memory."""


COMPACT = Form()
PUBLISHED = Form(Sizes((32, 64, 128), 5, 9, 9), (128, 128))
PUBLISHED_IMAGE = PUBLISHED._replace(hidden=(0, 0))


def form_of(shapes: Mapping[str, tuple[int, ...]]) -> Form:
    """Return the form of a network by the names and shapes of its tensors."""
    gates = (shapes.get(f"{place}.lstm.gates.bias", (0,))[0] for place in MEMORIES)
    early, late = (count // 4 for count in gates)
    return Form(transform_net.sizes_of(shapes), (early, late))


class Remembering(nn.Module):
    """A layer with memory: features (B, C, h, w) and a memory to features of the same shape and a memory."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.lstm = ConvLSTM(channels, hidden)
        self.conv, self.norm = Conv(channels + hidden, channels), InstanceNorm(channels)

    def forward(
        self, x: Tensor, before: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Return the features and the hidden state and the cell."""
        after = self.lstm(x, before)
        return F.relu(self.norm(self.conv(torch.cat([after[0].to(x.dtype), x], 1)))), after


class VideoNet(nn.Module):
    """A frame (B, 3, H, W) in [0, 1] and a memory to a picture, sides rounded up to multiples of 4."""

    def __init__(self, form: Form = COMPACT) -> None:
        super().__init__()
        self.form = form
        channels = form.sizes.widths[2]
        self.down, self.up = Down(form.sizes), Up(form.sizes, bound=0.5)
        for number in range(1, form.sizes.blocks + 1):
            self.add_module(f"block{number}", Block(channels))
        for place, hidden in zip(MEMORIES, form.hidden, strict=True):
            if hidden:
                self.add_module(place, Remembering(channels, hidden))

    def forward(
        self, x: Tensor, memory: Mapping[str, Tensor], places: Collection[str] = ("late",)
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the picture, and the new memory.

        Args:
            x: The frame.
            memory: The memory returned for the previous frame, by name; empty at the first frame.
            places: The memories that are used.
        """
        kept: dict[str, Tensor] = {}
        x = self._remembered("early", self.down(x), memory, places, kept)
        for number in range(1, self.form.sizes.blocks + 1):
            x = self.get_submodule(f"block{number}")(x)
        return self.up(self._remembered("late", x, memory, places, kept)), kept

    def _remembered(
        self,
        place: str,
        x: Tensor,
        memory: Mapping[str, Tensor],
        places: Collection[str],
        kept: dict[str, Tensor],
    ) -> Tensor:
        if place not in places or not self.form.hidden[MEMORIES.index(place)]:
            return x
        hidden, cell = f"{place}.hidden", f"{place}.cell"
        before = (memory[hidden], memory[cell]) if hidden in memory else None
        x, (kept[hidden], kept[cell]) = self.get_submodule(place)(x, before)
        return x


def of_style(state: Mapping[str, Tensor], shares: Tensor, alpha: float = 1.0) -> dict[str, Tensor]:
    """Return the plain network's tensors for a mixture of styles.

    Args:
        state: A network of S styles: its norms' tensors are (S, C).
        shares: Of each style in the mixture, (S,).
        alpha: Share of the styles' weights and biases in the norms; 0: plain norms.
    """
    tensors = {}
    for name, value in state.items():
        if ".norm" in name:
            none = float(name.endswith(".weight"))
            value = alpha * (shares.to(value) @ value) + (1 - alpha) * none  # noqa: PLW2901
        tensors[name] = value
    return tensors
