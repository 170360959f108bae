"""Loading brushwork's networks: an encoder, and the decoder that undoes it. There are no published files."""

from dataclasses import dataclass

import torch

from ...checkpoints.networks import load_decoder, load_encoder
from ...contract import RunContext
from ...nn.decoder import Decoder
from ...nn.encoder import Encoder

FORMATS = ()
LEVEL = "relu3_1"


@dataclass(frozen=True, slots=True)
class Networks:
    """Encoder and decoder of one level."""

    encoder: Encoder
    decoder: Decoder


def load_networks(run: RunContext) -> Networks:
    """Return the networks on the run's device.

    Raises:
        WeightsError: if one is missing, damaged, or another network.
    """
    encoder = load_encoder(run.store, run.backbone, LEVEL).to(run.device, run.dtype)
    decoder = load_decoder(run.store, run.backbone, "decoder", LEVEL).to(run.device, run.dtype)
    last = torch.channels_last
    return Networks(encoder.to(memory_format=last), decoder.to(memory_format=last))
