"""Where transport's networks come from. No published files: it is our own."""

from dataclasses import dataclass

from torch import Tensor

from ...checkpoints.networks import explain_wrong_network, fill
from ...contract import RunContext
from ...nn.encoder import Encoder
from .network import CODE, CODE_LEVELS, Decoder

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
