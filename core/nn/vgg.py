"""VGG-16 and VGG-19 as Simonyan & Zisserman published them, and access to a network's layers by name.

"Very Deep Convolutional Networks for Large-Scale Image Recognition", 2015: 3x3 convolutions padded with
zeros. The caller prepares the picture (BGR, a mean).
"""

from collections.abc import Iterator, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from .encoder import FULL, Encoder
from .pad import reflect

VGG16 = (2, 2, 3, 3, 3)
"""Convolutions of each block."""
VGG19 = (2, 2, 4, 4, 4)


class VGG(nn.Module):
    """The convolutions of a VGG network, named conv1_1 … conv5_4.

    Args:
        convs: How many convolutions each block has.
        widths: Channels of each block.
        pooling: ``max``, as published, or ``avg``.
    """

    def __init__(
        self,
        convs: Sequence[int] = VGG19,
        widths: Sequence[int] = FULL,
        *,
        pooling: str = "max",
    ) -> None:
        super().__init__()
        self.pooling, channels = pooling, 3
        for block, (count, width) in enumerate(zip(convs, widths, strict=True), 1):
            for place in range(1, count + 1):
                self.add_module(f"conv{block}_{place}", nn.Conv2d(channels, width, 3, padding=1))
                channels = width

    def forward(self, x: Tensor, layers: Sequence[str]) -> dict[str, Tensor]:
        """Return the layers of (B, 3, H, W); see ``layers_of``."""
        return layers_of(self, x, layers, pooling=self.pooling)


def layers_of(
    network: VGG | Encoder, x: Tensor, layers: Sequence[str], *, pooling: str = "max"
) -> dict[str, Tensor]:
    """Return layers of a network by name: relu4_2 after the ReLU, conv4_2 before it.

    Raises:
        KeyError: if the network has no such layer.
    """
    features, wanted = {}, set(layers)
    for name, conv in _convolutions(network):
        if conv is None:
            x = network.get_submodule(name)(x)
            continue
        if name.endswith("_1") and name != "conv1_1":
            x = F.max_pool2d(x, 2) if pooling == "max" else F.avg_pool2d(x, 2)
        x = conv(x if conv.padding == (1, 1) else reflect(x))
        before, x = x, F.relu(x, inplace=name not in wanted)
        features |= {name: before, name.replace("conv", "relu"): x}
        features = {key: value for key, value in features.items() if key in wanted}
        if len(features) == len(wanted):
            return features
    raise KeyError(f"no layer {', '.join(sorted(wanted - set(features)))}")


def _convolutions(network: nn.Module) -> Iterator[tuple[str, nn.Conv2d | None]]:
    """Yield every layer's name with its 3x3 convolution, None for the 1x1 convolution at the start."""
    for name, layer in network.named_children():
        yield name, layer if isinstance(layer, nn.Conv2d) and name != "input" else None


def layer_scale(layer: str) -> int:
    """Return how many pixels of the picture one cell of a layer spans along each side."""
    return 2 ** (int(layer[4]) - 1)


def level_of(layer: str) -> str:
    """Return the first of relu1_1 … relu5_1 that includes a layer: relu4_1 for relu3_4."""
    return layer if layer[6] == "1" else f"relu{int(layer[4]) + 1}_1"


def layer_radius(layer: str, convs: Sequence[int] = VGG19) -> int:
    """Return the receptive field's radius of a layer, relu4_2 or conv4_2, in pixels of the picture."""
    block, place = int(layer[4]), int(layer[6])
    radius = 0
    for number, count in enumerate(convs[:block], 1):
        stride = 2 ** (number - 1)
        radius += (place if number == block else count) * stride
        radius += 0 if number == block else stride
    return radius
