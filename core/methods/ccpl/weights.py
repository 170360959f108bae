"""CCPL's published files, and how its networks are loaded. Its encoder is AdaIN's normalised VGG-19.

In both modes the decoder's file holds the same tensors as AdaIN's; in photo mode the part above relu3_1 is
there but untrained. So the user must tell ``weights import`` which decoder a file is.
"""

from dataclasses import dataclass
from functools import partial

from ...checkpoints.formats import Format, has_all, has_none, layer_names, rename, shape_is
from ...checkpoints.networks import decoder_of, fill, load_encoder
from ...checkpoints.vgg import begins, flat_decoder
from ...contract import RunContext
from ...nn.decoder import Decoder, mirrored_names
from ...nn.encoder import FULL, Encoder
from . import MODES
from .network import FIRST, HALVINGS, INNER, LEVELS, CovarianceTransform

SOURCE, LICENCE = "github.com/JarrentWu1031/CCPL", "Apache-2.0"


@dataclass(frozen=True, slots=True)
class Networks:
    """Encoder, covariance transform and decoder of a mode."""

    encoder: Encoder
    transform: CovarianceTransform
    decoder: Decoder


def load_networks(run: RunContext, mode: str) -> Networks:
    """Return the networks of a mode on the run's device.

    Raises:
        WeightsError: if one is missing or damaged.
    """
    level, name = LEVELS[mode], f"{run.backbone}.ccpl_{mode}"
    encoder = load_encoder(run.store, run.backbone, level)
    decoder = decoder_of(run.store.load(name), level, name, FIRST[mode])
    name = f"{run.backbone}.ccpl_sct_{mode}"
    make = partial(CovarianceTransform, encoder.widths[int(level[4]) - 1], HALVINGS[mode])
    transform = fill(make, run.store.load(name), name)
    return Networks(encoder.to(run.device), transform.to(run.device), decoder.to(run.device))


def transform_layers(mode: str) -> list[str]:
    """Return the layers of a covariance transform; ours have the published names."""
    places = range(0, 2 * HALVINGS[mode] + 1, 2)
    return [*(f"{net}.{i}" for net in ("cnet", "snet") for i in places), "uncompress"]


def decoder_pairs(mode: str) -> list[tuple[str, str]]:
    """Return (theirs, ours) of the layers that a mode uses; its decoder's file always has all layers."""
    wanted = mirrored_names(LEVELS[mode], FIRST[mode])
    return [(theirs, ours) for theirs, ours in flat_decoder("relu4_1") if ours in wanted]


def _decoder(mode: str) -> Format:
    whole = flat_decoder("relu4_1")
    used = {theirs for theirs, _ in decoder_pairs(mode)}
    idle = tuple(f"{theirs}.*" for theirs, _ in whole if theirs not in used)
    return Format(
        id=f"ccpl-decoder-{mode}",
        name=f"vgg19.ccpl_{mode}",
        detect=begins(whole, conv="conv4_1", channels=(256, 512)),
        convert=rename(decoder_pairs(mode), ignore=idle),
        source=SOURCE,
        licence=LICENCE,
        file=f"*ccpl*{mode}*",
    )


def _transform(mode: str) -> Format:
    layers, channels = transform_layers(mode), FULL[int(LEVELS[mode][4]) - 1]
    deeper = (f"cnet.{2 * HALVINGS[mode] + 2}.weight",)
    return Format(
        id=f"ccpl-sct-{mode}",
        name=f"vgg19.ccpl_sct_{mode}",
        detect=has_all(*layer_names(*layers))
        & has_none(*deeper)
        & shape_is("uncompress.weight", channels, INNER, 1, 1),
        convert=rename([(layer, layer) for layer in layers]),
        source=SOURCE,
        licence=LICENCE,
    )


FORMATS = tuple(make(mode) for make in (_decoder, _transform) for mode in MODES)
