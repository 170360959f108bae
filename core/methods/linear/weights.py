"""LST's published files: encoders, decoders, the two transformation modules and the propagation network."""

from ...checkpoints.formats import Format, has_all, layer_names, rename, shape_is
from ...checkpoints.vgg import decoder_format, encoder_format, names_to
from ...nn.decoder import mirrored_names

SOURCE, LICENCE = "github.com/sunshineatnoon/LinearStyleTransfer", "BSD-2-Clause"


def encoder_names(level: str) -> list[tuple[str, str]]:
    """Return (theirs, ours): they number the convolutions from conv1, the 1x1 convolution."""
    return [(f"conv{i}", name) for i, name in enumerate(["input", *names_to(level)], 1)]


def decoder_names(level: str) -> list[tuple[str, str]]:
    """Return (theirs, ours): their numbers continue those of the encoder."""
    first = len(encoder_names(level)) + 1
    return [(f"conv{i}", name) for i, name in enumerate(mirrored_names(level), first)]


MODULE_NAMES = [
    ("compress", "compress"),
    ("unzip", "unzip"),
    *((f"{net}.convs.{2 * i}", f"{net}.conv{i + 1}") for net in ("cnet", "snet") for i in range(3)),
    *((f"{net}.fc", f"{net}.fc") for net in ("cnet", "snet")),
]
PROPAGATION_NAMES = [
    ("mask_conv", "picture"),
    *((f"encoder.conv{i}", f"guide{i}") for i in range(1, 5)),
    ("decoder.layer0", "narrow"),
    *((f"decoder.layer{2 * i}.0", f"widen{i}") for i in range(1, 4)),
    ("decoder.layer7", "gates"),
    ("post", "post"),
]


def _encoder(level: str) -> Format:
    pairs = encoder_names(level)
    deeper = f"conv{len(pairs) + 1}"
    short = f"r{level[4]}1"
    return encoder_format(
        f"lst-vgg-{short}", pairs, level, but_not=deeper, source=SOURCE, licence=LICENCE
    )


def _decoder(level: str) -> Format:
    return decoder_format(
        f"lst-dec-r{level[4]}1",
        decoder_names(level),
        level,
        role="decoder",
        source=SOURCE,
        licence=LICENCE,
    )


def _module(level: str, channels: int) -> Format:
    return Format(
        id=f"lst-r{level[4]}1",
        name=f"vgg19.linear_{level}",
        detect=has_all(*layer_names(*(t for t, _ in MODULE_NAMES)))
        & shape_is("compress.weight", 32, channels, 1, 1),
        convert=rename(MODULE_NAMES),
        source=SOURCE,
        licence=LICENCE,
    )


FORMATS = (
    *(_encoder(level) for level in ("relu3_1", "relu4_1", "relu5_1")),
    *(_decoder(level) for level in ("relu3_1", "relu4_1")),
    _module("relu3_1", 256),
    _module("relu4_1", 512),
    Format(
        id="lst-spn",
        name="vgg19.propagation_relu4_1",
        detect=has_all(*layer_names(*(t for t, _ in PROPAGATION_NAMES))),
        convert=rename(PROPAGATION_NAMES),
        source=SOURCE,
        licence=LICENCE,
    ),
)
