"""LPIPS, how different two pictures look to a network: AlexNet, VGG-16 or SqueezeNet, with learnt weights.

Zhang, Isola, Efros, Shechtman & Wang, "The Unreasonable Effectiveness of Deep Features as a Perceptual
Metric", CVPR 2018, version 0.1. The backbones are torchvision's, their layers counted as there.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from .vgg import VGG16

NETS = ("alex", "vgg", "squeeze")
TAPS = {
    "alex": (1, 4, 7, 9, 11),
    "vgg": (3, 8, 15, 22, 29),
    "squeeze": (1, 4, 7, 9, 10, 11, 12),
}
"""Places of the layers that are compared."""
WIDTHS = {
    "alex": (64, 192, 384, 256, 256),
    "vgg": (64, 128, 256, 512, 512),
    "squeeze": (64, 128, 256, 384, 384, 512, 512),
}
"""Their channels."""
SHIFT, SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
"""What is taken from pictures in [-1, 1], and what they are divided by."""
EPS = 1e-10
"""Added to the length of a feature before it divides."""


class Fire(nn.Module):
    """SqueezeNet's block: narrow, then two convolutions side by side; (B, C, H, W) to (B, 2 out, H, W)."""

    def __init__(self, channels: int, narrow: int, out: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(channels, narrow, 1)
        self.expand1x1 = nn.Conv2d(narrow, out, 1)
        self.expand3x3 = nn.Conv2d(narrow, out, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's features."""
        x = self.squeeze(x).relu()
        return torch.cat([self.expand1x1(x).relu(), self.expand3x3(x).relu()], 1)


def backbone(net: str) -> nn.Sequential:
    """Return a network of ``NETS`` up to its last layer that is compared, untrained."""
    return nn.Sequential(*{"alex": _alex, "vgg": _vgg, "squeeze": _squeeze}[net]())


def _alex() -> list[nn.Module]:
    layers = [nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    layers += [nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2)]
    for channels, out in ((192, 384), (384, 256), (256, 256)):
        layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
    return layers


def _vgg() -> list[nn.Module]:
    layers, channels = [], 3
    for count, width in zip(VGG16, WIDTHS["vgg"], strict=True):
        for _ in range(count):
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
        layers.append(nn.MaxPool2d(2))
    return layers[:-1]


def _squeeze() -> list[nn.Module]:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 3, 2), nn.ReLU()]
    channels = 64
    for narrow, out, count in ((16, 64, 2), (32, 128, 2), (48, 192, 2), (64, 256, 2)):
        if narrow != 64:  # the last four are not pooled between
            layers.append(nn.MaxPool2d(3, 2, ceil_mode=True))
        for _ in range(count):
            layers.append(Fire(channels, narrow, out))
            channels = 2 * out
    return layers


class Perceptual(nn.Module):
    """The distance of two pictures (B, 3, H, W) in [-1, 1], as ``net`` of ``NETS`` sees them."""

    def __init__(self, net: str) -> None:
        super().__init__()
        self.taps = TAPS[net]
        self.backbone = backbone(net)
        self.heads = nn.ParameterList(torch.zeros(width) for width in WIDTHS[net])

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        """Return the distance of each pair, (B,); 0 is equal."""
        return self.layers(x, y).sum(1)

    def layers(self, x: Tensor, y: Tensor) -> Tensor:
        """Return each compared layer's part of the distance, (B, layers)."""
        pairs = zip(self.heads, self._seen(x), self._seen(y), strict=True)
        parts = [
            (head[:, None, None] * (_unit(a) - _unit(b)).square()).sum(1).mean((1, 2))
            for head, a, b in pairs
        ]
        return torch.stack(parts, 1)

    def _seen(self, x: Tensor) -> Sequence[Tensor]:
        shift, scale = (x.new_tensor(v)[:, None, None] for v in (SHIFT, SCALE))
        x, found = (x - shift) / scale, []
        for place, layer in enumerate(self.backbone):
            x = layer(x)
            if place in self.taps:
                found.append(x)
        return found


def perceptual_of(
    net: str, backbone_state: Mapping[str, Tensor], heads: Sequence[Tensor]
) -> Perceptual:
    """Return the metric of a network's tensors, named as in ``backbone``, and the learnt heads, each (C,)."""
    metric = Perceptual(net)
    metric.backbone.load_state_dict(dict(backbone_state))
    for own, given in zip(metric.heads, heads, strict=True):
        own.data.copy_(given.flatten())
    return metric.eval().requires_grad_(False)


def _unit(features: Tensor) -> Tensor:
    return features / (torch.linalg.vector_norm(features, dim=1, keepdim=True) + EPS)
