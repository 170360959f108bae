"""Where transport's networks come from. No published files: it is our own."""

import torch

from ...contract import Run
from ...nn.encoder import Encoder
from .network import CODE_LEVELS, Decoder

FORMATS = ()


def load_networks(run: Run) -> tuple[Encoder, Decoder, dict[str, float]]:
    """Return encoder, decoder, and the constants that features are divided by, on the run's device.

    The encoder is in the run's type; the decoder in float32, to be folded first.
    """
    encoder, decoder = Encoder(), Decoder()
    encoder.load_state_dict(run.store.load(f"{run.backbone}.encoder"))
    state = run.store.load(f"{run.backbone}.transport")
    scale = {k: float(state.pop(f"scale.{k}")) for k in CODE_LEVELS}
    decoder.load_state_dict(state)
    encoder = encoder.requires_grad_(False).to(run.device, run.dtype)
    return (
        encoder.to(memory_format=torch.channels_last),
        decoder.requires_grad_(False).to(run.device),
        scale,
    )
