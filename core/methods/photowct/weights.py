"""PhotoWCT's published file: four encoders and four decoders in one."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from ...checkpoints.formats import Format, has_all, layer_names, rename, shape_is
from ...checkpoints.networks import decoder_of, encoder_of, explain_wrong_network, load_encoder
from ...checkpoints.vgg import names_to
from ...contract import RunContext
from ...nn.decoder import Decoder, mirrored_names
from ...nn.encoder import Encoder

STAGES = (1, 2, 3, 4)
SOURCE, LICENCE = "github.com/NVIDIA/FastPhotoStyle", "CC-BY-NC-SA-4.0"


@dataclass(frozen=True, slots=True)
class Stage:
    """Encoder and decoder of one stage; for our own also the mean activation of the features between."""

    encoder: Encoder
    decoder: Decoder
    unit: float | None


def encoder_names(level: str) -> list[tuple[str, str]]:
    """Return (theirs, ours) of an encoder; their name of the 1x1 convolution is conv0."""
    return [("conv0", "input"), *((name, name) for name in names_to(level))]


def decoder_names(level: str) -> list[tuple[str, str]]:
    """Return (theirs, ours) of a decoder; both names are the same."""
    return [(name, name) for name in mirrored_names(level)]


def _list_pairs() -> list[tuple[str, str]]:
    pairs = []
    for k in STAGES:
        level = f"relu{k}_1"
        pairs += [(f"e{k}.{t}", f"encoder{k}.{ours}") for t, ours in encoder_names(level)]
        pairs += [(f"d{k}.{t}", f"decoder{k}.{ours}") for t, ours in decoder_names(level)]
    return pairs


FORMATS = (
    Format(
        id="photowct",
        name="vgg19.photowct",
        detect=has_all(*layer_names(*(theirs for theirs, _ in _list_pairs())))
        & shape_is("e4.conv4_1.weight", 512, 256, 3, 3),
        convert=rename(_list_pairs()),
        source=SOURCE,
        licence=LICENCE,
    ),
)


def load_stages(run: RunContext, deepest: int) -> list[Stage]:
    """Return the stages, the deepest first, on the run's device.

    Raises:
        WeightsError: if a network is missing or damaged.
    """
    name = f"{run.backbone}.photowct"
    state = run.store.load(name)
    return [_stage(state, k, name, run) for k in range(deepest, 0, -1)]


def _stage(state: Mapping[str, Tensor], k: int, name: str, run: RunContext) -> Stage:
    level = f"relu{k}_1"
    own = _part(state, f"encoder{k}.")
    encoder = encoder_of(own, level, name) if own else load_encoder(run.store, run.backbone, level)
    decoder = decoder_of(_part(state, f"decoder{k}."), level, name)
    with explain_wrong_network(name):
        unit = float(state[f"unit.{level}"]) if f"unit.{level}" in state else None
    return Stage(encoder.to(run.device), decoder.to(run.device), unit)


def _part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
