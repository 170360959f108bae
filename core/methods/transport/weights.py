"""Where transport's networks come from. No published files: it is our own."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...contract import Run
from ...nn.encoder import Encoder
from .network import CODE_LEVELS, Decoder

FORMATS = ()


@dataclass(frozen=True, slots=True)
class Networks:
    """Encoder and decoder, and what the decoder was trained on."""

    encoder: Encoder
    decoder: Decoder
    scale: dict[str, float]
    """What features are divided by, by level."""
    code: tuple[Tensor, Tensor]
    """The least and the largest style code that the decoder has met, (480,) each."""


def load_networks(run: Run) -> Networks:
    """Return the networks on the run's device.

    The encoder is in the run's type; the decoder in float32, to be folded first.
    """
    encoder, decoder = Encoder(), Decoder()
    encoder.load_state_dict(run.store.load(f"{run.backbone}.encoder"))
    state = run.store.load(f"{run.backbone}.transport")
    scale = {k: float(state.pop(f"scale.{k}")) for k in CODE_LEVELS}
    code = (state.pop("code.low").float(), state.pop("code.high").float())
    decoder.load_state_dict(state)
    encoder = encoder.requires_grad_(False).to(run.device, run.dtype)
    return Networks(
        encoder.to(memory_format=torch.channels_last),
        decoder.requires_grad_(False).to(run.device),
        scale,
        code,
    )
