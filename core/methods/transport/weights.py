"""Loading transport's networks. There are no published files: the method is our own."""

from dataclasses import dataclass

from torch import Tensor

from ...checkpoints.networks import explain_wrong_network, fill
from ...contract import RunContext
from ...nn.encoder import Encoder
from .network import CODE, CODE_LEVELS, Decoder

FORMATS = ()


@dataclass(frozen=True, slots=True)
class Networks:
    """Encoder and decoder, and constants of the decoder's training."""

    encoder: Encoder
    decoder: Decoder
    scale: dict[str, float]
    """Divisors of features, by level."""
    code: tuple[Tensor, Tensor]
    """The least and the largest style code in training, (480,) each."""


def load_networks(run: RunContext) -> Networks:
    """Return the networks on the run's device.

    The encoder is in the run's type; the decoder in float32, to be folded first.

    Raises:
        WeightsError: if one is missing, damaged, or another network.
    """
    encoder = fill(Encoder, run.store.load(f"{run.backbone}.encoder"), f"{run.backbone}.encoder")
    name = f"{run.backbone}.transport"
    state = run.store.load(name)
    decoder = fill(Decoder, state, name)
    with explain_wrong_network(name):
        scale = {k: float(state[f"scale.{k}"]) for k in CODE_LEVELS}
        low, high = (state[f"code.{end}"].reshape(CODE) for end in ("low", "high"))
    return Networks(encoder.to(run.device, run.dtype), decoder.to(run.device), scale, (low, high))
