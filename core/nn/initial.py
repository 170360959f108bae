"""Initial weights."""

from torch import nn


def he_(network: nn.Module) -> None:
    """Give every convolution He's weights (He et al. 2015, for ReLU) and no bias, in place."""
    for part in network.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, nonlinearity="relu")
            if part.bias is not None:
                nn.init.zeros_(part.bias)
