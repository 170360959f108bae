"""MicroAST: two encoders, a modulator that turns a style into filters, and a decoder.

Wang et al., "MicroAST: Towards Super-Fast Ultra-Resolution Arbitrary Style Transfer", AAAI 2023. A modulated
convolution is w * conv(x) + b * x with w and b per channel, so for one style it is a plain convolution with
other weights; ``painter`` makes it one. Departure: there is no ``alpha``. Between 0 and 1 the published
weights give values far outside [0, 1]; ``MicroAST.forward`` has ``alpha`` to show that.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...nn.fix import Stage
from ...nn.instance import FixedNorm, Norm, Spread
from ...nn.losses import channel_stats
from ...nn.pad import Conv

SCALE = 4
"""Pixels a cell of the features."""
CHANNELS = 64
REACH, BLOCK_REACH, TAIL_REACH = 24, 8, 16
"""How far an encoder, one residual block and the decoder's end look, in pixels of the picture."""
Pair = tuple[Tensor, Tensor]


@dataclass(frozen=True, slots=True)
class Signal:
    """A style's statistics, from each of its features x1 and x2: (B, 64, 1, 1)."""

    means: Pair
    deviations: Pair
    weights: Pair
    """Modulation: factors of a convolution's output."""
    biases: Pair
    """Modulation: factors of its input, which is added."""


class Block(nn.Module):
    """A residual block of two 3x3 convolutions that a style can modulate."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = Conv(CHANNELS, CHANNELS), Conv(CHANNELS, CHANNELS)

    def forward(
        self, x: Tensor, weight: Tensor | None = None, bias: Tensor | None = None
    ) -> Tensor:
        """Return features of the same shape, modulated if weight and bias, (B, 64, 1, 1), are given."""
        if weight is None or bias is None:
            return x + self.conv2(F.relu(self.conv1(x)))
        y = F.relu(weight * self.conv1(x) + bias * x)
        return x + weight * self.conv2(y) + bias * y

    @torch.no_grad()
    def folded(self, weight: Tensor, bias: Tensor) -> "Block":
        """Return an unmodulated block equal to this one with a style's modulation (1, 64, 1, 1)."""
        block = Block().to(weight)
        for ours, theirs in ((block.conv1, self.conv1), (block.conv2, self.conv2)):
            ours.weight.copy_(theirs.weight * weight[0, :, :, :, None])
            ours.weight[:, :, 1, 1] += bias.flatten().diag()
            if ours.bias is not None and theirs.bias is not None:
                ours.bias.copy_(theirs.bias * weight.flatten())
        return block.requires_grad_(False)


class Encoder(nn.Module):
    """A picture (B, 3, H, W) to features x1 and x2 of it, each (B, 64, H / 4, W / 4), rounded up."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = Conv(3, 16, 9)
        self.down1, self.mix1 = Conv(16, 32, stride=2, groups=16), Conv(32, 32, 1)
        self.down2, self.mix2 = Conv(32, 64, stride=2, groups=32), Conv(64, CHANNELS, 1)
        self.block1, self.block2 = Block(), Block()

    def forward(self, x: Tensor) -> Pair:
        """Return x1 and x2."""
        for conv in (self.conv1, self.down1, self.mix1, self.down2, self.mix2):
            x = F.relu(conv(x))
        first = self.block1(x)
        return first, self.block2(first)


class Modulator(nn.Module):
    """A style's features to the decoder's modulation: the mean of a depthwise convolution for each."""

    def __init__(self) -> None:
        super().__init__()
        for name in MODULATOR:
            self.add_module(name, Conv(CHANNELS, CHANNELS, groups=CHANNELS))

    def maps(self, features: Pair) -> dict[str, Tensor]:
        """Return the maps to average, by name: weight1 and bias1 from x1, the others from x2."""
        return {name: self.get_submodule(name)(features[int(name[-1]) - 1]) for name in MODULATOR}

    def forward(self, features: Pair) -> tuple[Pair, Pair]:
        """Return two weights and two biases, (B, 64, 1, 1) each."""
        means = {k: v.mean((2, 3), keepdim=True) for k, v in self.maps(features).items()}
        return (means["weight1"], means["weight2"]), (means["bias1"], means["bias2"])


MODULATOR = ("weight1", "bias1", "weight2", "bias2")


class Tail(nn.Module):
    """The decoder's end: features (B, 64, h, w) to a picture (B, 3, 4 h, 4 w), not clamped."""

    def __init__(self) -> None:
        super().__init__()
        self.up1, self.mix1 = Conv(CHANNELS, 32, groups=32), Conv(32, 32, 1)
        self.up2, self.mix2 = Conv(32, 16, groups=16), Conv(16, 16, 1)
        self.last = Conv(16, 3, 9)

    def forward(self, x: Tensor) -> Tensor:
        """Return the picture."""
        for up, mix in ((self.up1, self.mix1), (self.up2, self.mix2)):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = F.relu(mix(F.relu(up(x))))
        return self.last(x)


class Decoder(nn.Module):
    """Two modulated blocks, each after an AdaIN to the style's mean and deviation, and the tail."""

    def __init__(self) -> None:
        super().__init__()
        self.block1, self.block2, self.tail = Block(), Block(), Tail()

    def forward(self, x: Tensor, signal: Signal, alpha: float = 1.0) -> Tensor:
        """Return the picture of the content's x2; the style's deeper statistics are applied first."""
        for place, block in ((1, self.block1), (0, self.block2)):
            given = StyleNorm(signal.means[place], signal.deviations[place])(x)
            given = alpha * given + (1 - alpha) * x
            x = block(given, signal.weights[place], signal.biases[place])
        return self.tail(x)


class StyleNorm(Norm):
    """Give each channel of (B, C, h, w) a mean and a deviation, (B, C, 1, 1) (AdaIN)."""

    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        super().__init__()
        self.mean, self.deviation = mean, deviation

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, C, h, w); its own deviation is the unbiased one."""
        mean, deviation = channel_stats(x)
        return (x - mean) / deviation * self.deviation + self.mean

    def fixed(self, moments: Spread) -> nn.Module:
        """Return a batch norm."""
        unbiased = moments.known_var() * max(1.0, moments.weight / max(moments.weight - 1, 1.0))
        return FixedNorm(moments.mean, unbiased, self.deviation.flatten(), self.mean.flatten())


class Deeper(nn.Module):
    """The part of the content's encoder that the decoder uses: up to x2."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, 64, H / 4, W / 4)."""
        return self.encoder(x)[1]


class MicroAST(nn.Module):
    """All four parts."""

    def __init__(self) -> None:
        super().__init__()
        self.content_encoder, self.style_encoder = Encoder(), Encoder()
        self.modulator, self.decoder = Modulator(), Decoder()

    def describe(self, style: Tensor) -> Signal:
        """Return the statistics of whole style pictures (B, 3, H, W)."""
        features = self.style_encoder(style)
        stats = [channel_stats(f) for f in features]
        means, deviations = ((stats[0][i], stats[1][i]) for i in range(2))
        return Signal(means, deviations, *self.modulator(features))

    def forward(self, content: Tensor, style: Tensor, alpha: float = 1.0) -> Tensor:
        """Return the picture of whole contents and styles, not clamped.

        Its sides are rounded up to multiples of 4.
        """
        return self.decoder(self.content_encoder(content)[1], self.describe(style), alpha)

    def painter(self, signal: Signal) -> list[Stage]:
        """Return the network for one style, in stages, with its modulation folded into its weights."""
        blocks = [
            nn.Sequential(
                StyleNorm(signal.means[place], signal.deviations[place]),
                block.folded(signal.weights[place], signal.biases[place]),
            )
            for place, block in ((1, self.decoder.block1), (0, self.decoder.block2))
        ]
        return [
            Stage(Deeper(self.content_encoder), REACH),
            *(Stage(block, BLOCK_REACH, SCALE) for block in blocks),
            Stage(self.decoder.tail, TAIL_REACH, SCALE),
        ]


def mix(signals: Sequence[Signal], weights: Sequence[float]) -> Signal:
    """Return the mean of several styles' signals, by weight."""
    shares = [weight / sum(weights) for weight in weights]
    parts = ("means", "deviations", "weights", "biases")
    return Signal(*(_mix([getattr(s, part) for s in signals], shares) for part in parts))


def _mix(pairs: Sequence[Pair], shares: Sequence[float]) -> Pair:
    first, second = (
        torch.stack([share * pair[i] for pair, share in zip(pairs, shares, strict=True)]).sum(0)
        for i in range(2)
    )
    return first, second


def signal_contrast(network: MicroAST, picture: Tensor, style: Tensor) -> Tensor:
    """Return the style signal contrastive loss of a batch of results and their styles, a scalar.

    Section 3.4 of the paper: each result's signals should be nearer to its own style's than to those of other
    styles. As in the authors' code, for x1 the distance to other results is taken instead.
    """
    got, wanted = (network.style_encoder(x) for x in (picture, style))
    maps, wanted_maps = (_signals(network.modulator(f)) for f in (got, wanted))
    terms = []
    for i in range(len(picture)):
        others = [j for j in range(len(picture)) if j != i]
        own = _apart(got[0], i, wanted[0], i) + _apart(got[1], i, wanted[1], i)
        own = own + _signals_apart(maps[i], wanted_maps[i])
        far = [
            _apart(got[0], i, got[0], j)
            + _apart(got[1], i, wanted[1], j)
            + _signals_apart(maps[i], wanted_maps[j])
            for j in others
        ]
        terms.append(own / torch.stack(far).sum())
    return torch.stack(terms).sum()


def _signals(modulation: tuple[Pair, Pair]) -> Tensor:
    weights, biases = modulation
    return torch.cat([*weights, *biases], 1)


def _apart(x: Tensor, i: int, y: Tensor, j: int) -> Tensor:
    pairs = zip(channel_stats(x[i : i + 1]), channel_stats(y[j : j + 1]), strict=True)
    return torch.stack([F.mse_loss(a, b) for a, b in pairs]).sum()


def _signals_apart(one: Tensor, other: Tensor) -> Tensor:
    """Return the sum over the four signals of mean squared differences."""
    return F.mse_loss(one, other) * len(MODULATOR)
