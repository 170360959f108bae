"""WCT's published files: the five Torch7 pairs of the paper, and the five pairs compressed sixteen-fold."""

from ...checkpoints.formats import Format, has_all, has_none, layer_names, rename, shape_is
from ...checkpoints.vgg import decoder_format, encoder_format, flat_decoder, flat_encoder, names_to
from ...nn.decoder import mirrored_names
from ...nn.encoder import LEVELS, conv_names

UNIVERSAL = "github.com/Yijunmaverick/UniversalStyleTransfer"
COMPRESSED = "github.com/MingSun-Tse/Collaborative-Distillation"
COMPRESSED_WIDTHS = (16, 32, 64, 128, 128)
FIRST_STAGE_WIDTH = 24


def compressed_name(ours: str) -> str:
    """Return the name of one of our convolutions in the compressed files: conv0, conv11 … conv51."""
    return "conv0" if ours == "input" else ours.replace("_", "")


def _list_pairs(names: list[str]) -> list[tuple[str, str]]:
    return [(compressed_name(name), name) for name in names]


def _read_width(level: str) -> int:
    return FIRST_STAGE_WIDTH if level == LEVELS[0] else COMPRESSED_WIDTHS[LEVELS.index(level)]


def _compressed_encoder(level: str) -> Format:
    names = names_to(level)
    deeper = [compressed_name(name) for name in conv_names()[len(names) :]]
    pairs = _list_pairs(["input", *names])
    return Format(
        id=f"cd16x-encoder{level[4]}",
        name=f"cd16x.encoder_{level}",
        detect=has_all(*layer_names(*(theirs for theirs, _ in pairs)))
        & has_none(*layer_names(*deeper))
        & shape_is(f"{pairs[-1][0]}.weight", _read_width(level), None, 3, 3),
        convert=rename(pairs, ignore=("*_aux.*",)),
        source=COMPRESSED,
        licence="MIT",
    )


def _compressed_decoder(level: str) -> Format:
    pairs = _list_pairs(mirrored_names(level))
    deeper = [compressed_name(name) for name in conv_names()[len(pairs) :]]
    return Format(
        id=f"cd16x-decoder{level[4]}",
        name=f"cd16x.decoder_{level}",
        detect=has_all(*layer_names(*(theirs for theirs, _ in pairs)))
        & has_none("conv0.weight", *layer_names(*deeper))
        & shape_is(f"{pairs[0][0]}.weight", None, _read_width(level), 3, 3),
        convert=rename(pairs, ignore=("*_aux.*",)),
        source=COMPRESSED,
        licence="MIT",
    )


def _torch7_encoder(level: str) -> Format:
    deeper = flat_encoder(LEVELS[-1], "t7.")[len(names_to(level)) + 1 :]
    return encoder_format(
        f"wct-encoder{level[4]}-t7",
        flat_encoder(level, "t7."),
        level,
        but_not=deeper[0][0] if deeper else "",
        source=UNIVERSAL,
        licence="MIT",
    )


def _torch7_decoder(level: str) -> Format:
    return decoder_format(
        f"wct-decoder{level[4]}-t7",
        flat_decoder(level, "t7."),
        level,
        role="decoder",
        source=UNIVERSAL,
        licence="MIT",
    )


FORMATS = tuple(
    make(level)
    for make in (_compressed_encoder, _compressed_decoder, _torch7_encoder, _torch7_decoder)
    for level in LEVELS
)
