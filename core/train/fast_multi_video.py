"""Recipe of fast multi-style video: one small network of several styles with memory, on known motion.

A step uses a sequence in one style. Each frame is judged as a picture; visible content should look as in the
previous frame and as in the first: the paper's short and long temporal losses, absolute differences from
earlier pictures, through which no gradient flows. Departures: motion and occlusion are exact instead of
FlowNetS's; gradients flow through the whole sequence; there is one stage instead of two.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.func import functional_call

from ..methods.fast_multi_video.network import VideoNet
from ..methods.fast_multi_video.weights import STYLE
from ..nn.warp import warp
from .clips import Clip
from .johnson import WEIGHTS, paint, painter_
from .mixed import mixed
from .reconet import bound
from .teacher import Judge, raw_moments

SHORT, LONG = 20.0, 10.0
"""Weights of the temporal losses beside those of a picture."""
LIFT = 2.0
"""By how many deviations the features are lifted behind a memory at first."""


class Banked(nn.Module):
    """A ``VideoNet`` whose norms have a weight and a bias for each of several styles.

    Args:
        styles: Number of styles.
        start: Initial tensors: a ``TransformNet`` of the same sizes, if there is one.
    """

    def __init__(self, styles: int, start: Mapping[str, Tensor] | None = None) -> None:
        super().__init__()
        self.network = VideoNet()
        painter_(self.network, self.network.up.conv3)
        self.network.load_state_dict(bound({**self.network.state_dict(), **(start or {})}))
        let_through_(self.network.get_submodule("late"))
        own = {k: v for k, v in self.network.named_parameters() if ".norm" in k}
        for value in own.values():
            value.requires_grad_(False)  # the rows replace them
        rows = {k.replace(".", "/"): v.repeat(styles, 1) for k, v in own.items()}
        self.rows = nn.ParameterDict(rows)

    def of(self, style: int) -> dict[str, Tensor]:
        """Return the norms' tensors of a style by name."""
        return {name.replace("/", "."): rows[style] for name, rows in self.rows.items()}

    def forward(
        self, x: Tensor, memory: Mapping[str, Tensor], style: int
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return a frame's picture and the new memory; see ``VideoNet``."""
        return functional_call(self.network, self.of(style), (x, memory))


class ClipTrainee:
    """Train ``VideoNet`` for several styles.

    Args:
        judge: Network that measures style and content.
        styles: Pictures by name, (1, 3, H, W) in [0, 1], at the scale of their brushes.
        draw: Returns sequences, with sides in multiples of 4, from a generator.
        start: Tensors of one of Johnson's networks of the same sizes, the start of all styles.
        seed: Of the first weights.
    """

    def __init__(
        self,
        judge: Judge,
        styles: Mapping[str, Tensor],
        draw: Callable[[torch.Generator], Clip],
        *,
        start: Mapping[str, Tensor] | None = None,
        seed: int = 0,
    ) -> None:
        torch.manual_seed(seed)
        self.judge, self.names, self.draw = judge, tuple(styles), draw
        self.banked = Banked(len(styles), start)
        self.module: nn.Module = self.banked.to(memory_format=torch.channels_last)
        with torch.no_grad():
            self.targets = [self._target(picture) for picture in styles.values()]

    def _target(self, picture: Tensor) -> dict[str, Tensor]:
        return {f"judge.{k}": raw_moments(f) for k, f in self.judge(picture).items()}

    def losses(self, generator: torch.Generator) -> dict[str, Tensor]:
        """Return the weighted terms for one batch of sequences in one style."""
        clip = self.draw(generator)
        style = int(torch.randint(len(self.names), (), generator=generator))
        pictures: list[Tensor] = []
        memory: dict[str, Tensor] = {}
        with mixed():
            for frame in clip.frames:
                x = frame.contiguous(memory_format=torch.channels_last)
                picture, memory = self.banked(x, memory, style)
                pictures.append(picture.float())
            painted, frames = torch.cat(pictures), clip.frames.flatten(0, 1)
            terms = paint(self.judge, painted, frames, self.targets[style])
        weighted = {k: WEIGHTS[k] * v for k, v in terms.items()}
        short, long = follow(pictures, clip)
        return weighted | {"short": SHORT * short, "long": LONG * long}

    def named(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return a trained state as tensors to store: the network's, the norms' rows, and styles' names."""
        rows = {k.removeprefix("rows."): v for k, v in state.items() if k.startswith("rows.")}
        tensors = {
            k.removeprefix("network."): v for k, v in state.items() if k.startswith("network.")
        }
        tensors |= {name.replace("/", "."): value for name, value in rows.items()}
        return tensors | {
            f"{STYLE}{name}": torch.tensor(float(n)) for n, name in enumerate(self.names)
        }


@torch.no_grad()
def let_through_(memory: nn.Module) -> None:
    """Initialise a memory in place so that features pass it almost unchanged.

    Its norm raises them, so that its ReLU cuts little; the norm after the next convolution lowers them.
    """
    conv, norm = memory.get_submodule("conv"), memory.get_submodule("norm")
    weight, bias = conv.get_parameter("weight"), norm.get_parameter("bias")
    channels = len(weight)
    weight[:, -channels:].zero_()
    weight[:, -channels:, 1, 1] = torch.eye(channels)
    bias.fill_(LIFT)


def follow(pictures: list[Tensor], clip: Clip) -> tuple[Tensor, Tensor]:
    """Return differences of pictures to the previous one, and of the last to the first, where visible."""
    first, seen = pictures[0].detach(), torch.ones_like(clip.hidden[0])
    short: list[Tensor] = []
    for before, now, flow, hidden in zip(
        pictures, pictures[1:], clip.flows, clip.hidden, strict=False
    ):
        moved = warp(before.detach(), flow)
        short.append(((1 - hidden) * (now - moved)).abs().mean())
        first, seen = warp(first, flow), warp(seen, flow) * (1 - hidden)
    return torch.stack(short).mean(), (seen * (pictures[-1] - first)).abs().mean()
