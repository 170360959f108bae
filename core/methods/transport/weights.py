"""Where transport's networks come from. No published files: it is our own."""

from typing import TypeVar

import torch
from torch import nn

from ...contract import Run
from ...nn.encoder import Encoder
from .network import CODE_LEVELS, Decoder

FORMATS = ()
N = TypeVar("N", bound=nn.Module)


def load_networks(run: Run) -> tuple[Encoder, Decoder, dict[str, float]]:
    """Return encoder, decoder, and the constants that features are divided by, on the run's device."""
    encoder, decoder = Encoder(), Decoder()
    encoder.load_state_dict(run.store.load(f"{run.backbone}.encoder"))
    state = run.store.load(f"{run.backbone}.transport")
    scale = {k: float(state.pop(f"scale.{k}")) for k in CODE_LEVELS}
    decoder.load_state_dict(state)
    encoder, decoder = _ready(encoder, run), _ready(decoder, run)
    decoder.style.float()  # a few numbers a picture, and they steer everything
    return encoder, decoder, scale


def _ready(network: N, run: Run) -> N:
    network = network.eval().requires_grad_(False)
    return network.to(run.device, run.dtype).to(memory_format=torch.channels_last)
