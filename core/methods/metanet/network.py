"""The meta network: from a style's statistics to the weights of an image transformation network.

Shen, Yan & Zeng, "Neural Style Transfer via Meta Networks", CVPR 2018, as the PyTorch port on which the
authors' page points has it: norms without weights, generated convolutions with biases, a ReLU after the
hidden layer. Departures of our own network: each layer's weights are a learned sum of a few sets (``rank``)
and a common one, so that a file has 3.5 MB and not the port's 870; and the statistics are from the compact
encoder.
"""

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.pad import Conv
from ...nn.transform_net import Sizes, TransformNet

EPS = 1e-5
"""Added to variances."""
FIRST, LAST = "down.conv1", "up.conv3"
"""Layers of the transformation network that are learned directly."""
PUBLISHED, GROUP = Sizes((32, 64, 128), 5, 9, 9), 128
"""The port's network, and the hidden numbers that each of its generated layers is made of."""
OURS, OUR_GROUP, OUR_RANK = Sizes((16, 32, 64), 3, 9, 3), 24, 5
"""Ours: these are narrowed to five, so each layer is a sum of five sets of weights and a common one."""


class MetaNet(nn.Module):
    """Generates a transformation network's weights for a style.

    Args:
        inputs: Length of a style's description.
        sizes: Of the transformation network.
        group: Hidden numbers per generated layer.
        rank: Number of sets to which these are reduced; 0: not reduced, as in the port.
    """

    def __init__(self, inputs: int, sizes: Sizes, group: int = GROUP, rank: int = 0) -> None:
        super().__init__()
        self.sizes, self.group = sizes, group
        with torch.device("meta"):
            shapes = TransformNet(sizes, affine=False).state_dict()
        self.shapes = {name: value.shape for name, value in shapes.items()}
        self.layers = generated_layers(sizes)
        self.hidden = nn.Linear(inputs, group * len(self.layers))
        for number, layer in enumerate(self.layers, 1):
            count = sum(self.shapes[f"{layer}.{kind}"].numel() for kind in ("weight", "bias"))
            self.add_module(f"fc{number}", _make_generator(group, count, rank))
        fine = sizes.widths[0]
        self.first, self.last = Conv(3, fine, sizes.first), Conv(fine, 3, sizes.last)

    def generate(self, description: Tensor) -> dict[str, Tensor]:
        """Return each layer's weights then bias, (1, n), for a description (1, inputs)."""
        parts = F.relu(self.hidden(description)).split(self.group, 1)
        return {
            layer: self.get_submodule(f"fc{number}")(part)
            for number, (layer, part) in enumerate(zip(self.layers, parts, strict=True), 1)
        }

    def weights(self, description: Tensor) -> dict[str, Tensor]:
        """Return all weights of the transformation network for a description (1, inputs), by name."""
        tensors = {}
        for layer, values in self.generate(description).items():
            shape = self.shapes[f"{layer}.weight"]
            weight, bias = values[0].split([shape.numel(), shape[0]])
            tensors |= {f"{layer}.weight": weight.view(shape), f"{layer}.bias": bias}
        for layer, own in ((FIRST, self.first), (LAST, self.last)):
            tensors |= {f"{layer}.{kind}": value for kind, value in own.named_parameters()}
        return tensors

    def painter(self, description: Tensor) -> TransformNet:
        """Return the transformation network for a description (1, inputs), ready to use."""
        net = TransformNet(self.sizes, affine=False)
        with torch.no_grad():
            net.load_state_dict(self.weights(description))
        net = net.requires_grad_(False).to(description.device)
        return net.to(memory_format=torch.channels_last)


def _make_generator(group: int, count: int, rank: int) -> nn.Module:
    if not rank:
        return nn.Linear(group, count)
    return nn.Sequential(nn.Linear(group, rank, bias=False), nn.Linear(rank, count))


def generated_layers(sizes: Sizes) -> list[str]:
    """Return the layers whose weights are generated, in the order of the port's fc1 to fc14."""
    blocks = [f"block{k}.conv{i}" for k in range(1, sizes.blocks + 1) for i in (1, 2)]
    return ["down.conv2", "down.conv3", *blocks, "up.conv1", "up.conv2"]


def describe(
    means: Mapping[str, Tensor], deviations: Mapping[str, Tensor], levels: Sequence[str]
) -> Tensor:
    """Return a style's description (B, inputs): for each level, mean and deviation of each channel.

    Both are (B, C) by level; in the description they alternate.
    """
    return torch.cat([torch.stack([means[k], deviations[k]], 2).flatten(1) for k in levels], 1)


def describe_whole(features: Mapping[str, Tensor], levels: Sequence[str]) -> Tensor:
    """Return the description (B, inputs) of features (B, C, h, w) of a whole picture, by level."""
    moments = {k: torch.var_mean(features[k], (2, 3)) for k in levels}
    deviations = {k: (variance + EPS).sqrt() for k, (variance, _) in moments.items()}
    return describe({k: mean for k, (_, mean) in moments.items()}, deviations, levels)
