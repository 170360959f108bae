"""Channels that a ReLU has shut for every picture learn nothing and tell nothing: opening them anew.

The small generator's last layers read features that are large and seldom negative, so that a few steps of
Adam can shut a channel for good. Networks that begin with others' inherit that, stage after stage, until none
is left that heeds a style code.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..methods.munit.network import Pair

OPEN = 1e-3
"""Least share of cells at which a channel is to be open."""
AJAR = 0.5
"""Where an opened channel's median is before its ReLU, in deviations."""
SOME = 8
"""Pictures that are looked at."""


@torch.no_grad()
def revive_(pair: Pair, pictures: Sequence[Tensor]) -> int:
    """Open shut channels of a small generator's last layers in place; return how many.

    What is made stays as it was, since the layers after them heed them no more at first.

    Args:
        pair: the generators of where pictures come from and where they go, whose layers are opened.
        pictures: uint8 (3, H, W), some of where they come from.
    """
    retouch = pair.there.retouch
    first = _shut(pair, pictures, retouch.conv1)
    _open_(retouch.conv1, *first, (retouch.conv2,))
    second = _shut(pair, pictures, retouch.conv2)
    _open_(retouch.conv2, *second, (retouch.last, retouch.fine))
    return int(first[0].sum() + second[0].sum())


def _shut(
    pair: Pair, pictures: Sequence[Tensor], layer: nn.Conv2d
) -> tuple[Tensor, Tensor, Tensor]:
    """Return which channels of a layer are shut, (C,), and their median and deviation before the ReLU."""
    seen: list[Tensor] = []
    hook = layer.register_forward_hook(lambda _, __, out: seen.append(_flat(out)))
    for picture in pictures[:SOME]:
        x = picture[None].float() / 127.5 - 1
        pair.translate(x, torch.zeros(1, pair.there.sizes.code, device=x.device))
    hook.remove()
    values = torch.cat(seen, 1)
    shut = (values > 0).float().mean(1) < OPEN
    return shut, values.median(1).values, values.std(1).clamp_min(0.1)


def _flat(out: Tensor) -> Tensor:
    return out.float().transpose(0, 1).flatten(1)


def _open_(
    layer: nn.Conv2d, shut: Tensor, median: Tensor, spread: Tensor, readers: Sequence[nn.Conv2d]
) -> None:
    if layer.bias is None:
        raise ValueError("a layer without a bias cannot be opened")
    layer.bias[shut] = (layer.bias - median)[shut] / spread[shut] + AJAR
    layer.weight[shut] /= spread[shut, None, None, None]
    for reader in readers:
        reader.weight[:, shut] = 0
