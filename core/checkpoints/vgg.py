"""Formats of VGG-19 encoders and mirrored decoders, as several projects publish them.

All but torchvision's hold the same network, "normalised" so that mean activations are 1: a 1x1 convolution
in front takes RGB in [0, 1] to BGR x 255 less the mean. torchvision's has other features, with which no
published decoder works; it is therefore stored under another backbone's name.
"""

from collections.abc import Sequence

from torch import Tensor

from ..nn.decoder import mirrored_names
from ..nn.encoder import CONVS_PER_LEVEL, FULL, LEVELS, conv_names
from ..nn.vgg import VGG16
from .formats import Condition, Format, State, has_all, has_none, layer_names, rename, shape_is

BEYOND = ("features.30.*", "features.32.*", "features.34.*", "classifier.*")
"""torchvision's layers after relu5_1."""
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def names_to(level: str) -> list[str]:
    """Return an encoder's convolutions up to a level, after the 1x1 one in front."""
    names = conv_names()
    return names[: names.index(level.replace("relu", "conv")) + 1]


def flat_encoder(level: str, prefix: str = "") -> list[tuple[str, str]]:
    """Return (theirs, ours) where an encoder is one flat sequence: pad, conv, ReLU, and pools between."""
    pairs, place = [(f"{prefix}0", "input")], 2
    for name in names_to(level):
        place += int(name.endswith("_1") and name != "conv1_1")
        pairs.append((f"{prefix}{place}", name))
        place += 3
    return pairs


def flat_decoder(level: str, prefix: str = "") -> list[tuple[str, str]]:
    """Return (theirs, ours) where a decoder is one flat sequence: pad, conv, ReLU, upsamplings between."""
    pairs, place = [], 1
    for name in mirrored_names(level):
        pairs.append((f"{prefix}{place}", name))
        place += 3 + int(name.endswith("_1"))
    return pairs


def begins(pairs: list[tuple[str, str]], *, conv: str, channels: tuple[int, int]) -> Condition:
    """All these layers are there, and our ``conv`` is a 3x3 one of (out, in) channels in their file."""
    theirs = next(t for t, ours in pairs if ours == conv)
    return has_all(*layer_names(*(t for t, _ in pairs))) & shape_is(
        f"{theirs}.weight", *channels, 3, 3
    )


def encoder_format(  # noqa: PLR0913  # a format's fields
    id: str,  # noqa: A002  # the field's name
    pairs: list[tuple[str, str]],
    level: str,
    *,
    but_not: str = "",
    ignore: tuple[str, ...] = (),
    source: str,
    licence: str,
) -> Format:
    """Return the format of a full-width encoder; one that reaches relu5_1 serves every level.

    ``but_not``: the published layer that only a deeper encoder has.
    """
    deeper = has_none(f"{but_not}.weight")
    return Format(
        id=id,
        name="vgg19.encoder" if level == LEVELS[-1] else f"vgg19.encoder_{level}",
        detect=begins(pairs, conv="conv1_1", channels=(64, 3)) & deeper,
        convert=rename(pairs, ignore=ignore),
        source=source,
        licence=licence,
    )


def decoder_format(  # noqa: PLR0913  # a format's fields
    id: str,  # noqa: A002  # the field's name
    pairs: list[tuple[str, str]],
    level: str,
    *,
    role: str,
    source: str,
    licence: str,
    file: str = "",
) -> Format:
    """Return the format of a full-width decoder from ``level`` that serves ``role``."""
    first = level.replace("relu", "conv")
    channels = ((3, *FULL)[int(level[4]) - 1], FULL[int(level[4]) - 1])
    return Format(
        id=id,
        name=f"vgg19.{role}_{level}",
        detect=begins(pairs, conv=first, channels=channels),
        convert=rename(pairs),
        source=source,
        licence=licence,
        file=file,
    )


def from_torchvision(state: State) -> dict[str, Tensor]:
    """Return torchvision's VGG-19 in our names, its mean and deviation folded into the 1x1 convolution."""
    weights = rename(torchvision_pairs(CONVS_PER_LEVEL), ignore=BEYOND)(state)
    mean, std = (state["features.0.weight"].new_tensor(v) for v in (IMAGENET_MEAN, IMAGENET_STD))
    return {"input.weight": (1 / std).diag()[:, :, None, None], "input.bias": -mean / std} | weights


def torchvision_pairs(convs: Sequence[int]) -> list[tuple[str, str]]:
    """Return (theirs, ours) of torchvision's VGG network with so many convolutions in each block."""
    pairs, place = [], 0
    for block, count in enumerate(convs, 1):
        pairs += [(f"features.{place + 2 * i}", f"conv{block}_{i + 1}") for i in range(count)]
        place += 2 * count + 1
    return pairs


FORMATS = (
    encoder_format(
        "vgg-normalised",
        flat_encoder("relu5_1"),
        "relu5_1",
        source="github.com/naoto0804/pytorch-AdaIN",
        licence="MIT",
        ignore=("45.*", "48.*", "51.*"),
    ),
    Format(
        id="vgg-torchvision",
        name="vgg19_imagenet.encoder",
        detect=has_all(*layer_names("features.0", "features.2", "features.28"))
        & shape_is("features.0.weight", 64, 3, 3, 3)
        & shape_is("features.16.weight", 256, 256, 3, 3),
        convert=from_torchvision,
        source="pytorch.org/vision",
        licence="BSD-3-Clause",
    ),
    Format(
        id="vgg16-torchvision",
        name="vgg16.encoder",
        detect=has_all(*layer_names(*(theirs for theirs, _ in torchvision_pairs(VGG16))))
        & has_none("features.16.weight", "features.34.weight")
        & shape_is("features.28.weight", 512, 512, 3, 3),
        convert=rename(torchvision_pairs(VGG16), ignore=("classifier.*",)),
        source="pytorch.org/vision",
        licence="BSD-3-Clause",
    ),
)
