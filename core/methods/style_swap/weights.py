"""Style-Swap's networks, and a port's published decoder for torchvision's VGG-19."""

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, layer_names, rename, shape_is
from ...checkpoints.networks import load_decoder, load_encoder
from ...checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ...contract import RunContext
from ...nn.decoder import Decoder, mirrored_names
from ...nn.encoder import FULL, Encoder

LEVEL = "relu3_1"
"""Whose features are swapped."""
ROLES = ("style_swap", "decoder")
"""Decoders that serve, the best first: one trained on swapped features, else an auto-encoder's."""


def load_networks(run: RunContext) -> tuple[Encoder, Decoder]:
    """Return a backbone's encoder and decoder on the run's device.

    Raises:
        WeightsError: if one is missing or damaged.
    """
    encoder = load_encoder(run.store, run.backbone, LEVEL)
    here = [role for role in ROLES if run.store.has(f"{run.backbone}.{role}_{LEVEL}")]
    decoder = load_decoder(run.store, run.backbone, next(iter(here), ROLES[0]), LEVEL)
    return encoder.to(run.device), decoder.to(run.device)


def decoder_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours) of the port's decoder."""
    return [(f"rc{i}.conv", name) for i, name in enumerate(mirrored_names(LEVEL), 1)]


def convert(state: State) -> dict[str, Tensor]:
    """Convert the port's decoder, whose pictures are normalised as ImageNet, to pictures in [0, 1]."""
    weights = rename(decoder_layers())(state)
    weight, bias = weights["conv1_1.weight"], weights["conv1_1.bias"]
    mean, std = (weight.new_tensor(v) for v in (IMAGENET_MEAN, IMAGENET_STD))
    last = {
        "conv1_1.weight": weight * std[:, None, None, None],
        "conv1_1.bias": bias * std + mean,
    }
    return weights | last


FORMATS = (
    Format(
        id="style-swap-decoder",
        name=f"vgg19_imagenet.style_swap_{LEVEL}",
        detect=has_all(*layer_names(*(theirs for theirs, _ in decoder_layers())))
        & shape_is("rc1.conv.weight", FULL[1], FULL[2], 3, 3),
        convert=convert,
        source="github.com/irasin/Pytorch_Style_Swap",
        licence="GPL-3.0",
    ),
)
