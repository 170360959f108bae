"""Networks of styles, by name or from a file, and the two published forms."""

from collections.abc import Callable

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, layer_names, rename, shape_is
from ...checkpoints.networks import transform_net_of
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ...contract import Style
from . import CARD
from .network import PUBLISHED, TransformNet

OLD = ("*.running_mean", "*.running_var", "*.num_batches_tracked")
"""What files of PyTorch before 0.4 hold besides; a norm's moments are always those of the picture."""
BLOCKS = range(1, PUBLISHED.blocks + 1)
NETWORKS = StyledNetworks(
    "johnson",
    CARD.backbones,
    "johnson",
    "train one: python -m core train johnson",
)
"""Where the networks are."""


def load_network(store: Store, backbone: str, style: Style) -> TransformNet:
    """Return the network of a style, which is a name or the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if the style is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return transform_net_of(*NETWORKS.load(store, backbone, style.source))


def examples_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours): the layers' names in pytorch/examples and here."""
    return [
        *((f"conv{i}.conv2d", f"down.conv{i}") for i in (1, 2, 3)),
        *((f"in{i}", f"down.norm{i}") for i in (1, 2, 3)),
        *((f"res{k}.conv{i}.conv2d", f"block{k}.conv{i}") for k in BLOCKS for i in (1, 2)),
        *((f"res{k}.in{i}", f"block{k}.norm{i}") for k in BLOCKS for i in (1, 2)),
        *((f"deconv{i}.conv2d", f"up.conv{i}") for i in (1, 2, 3)),
        *((f"in{i + 3}", f"up.norm{i}") for i in (1, 2)),
    ]


def urst_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours); theirs are of URST's copy of eriklindernoren/Fast-Neural-Style-Transfer."""
    return [
        *((f"conv{i}.block.1", f"down.conv{i}") for i in (1, 2, 3)),
        *((f"conv{i}.norm", f"down.norm{i}") for i in (1, 2, 3)),
        *((f"res{k}.block{i}.block.1", f"block{k}.conv{i}") for k in BLOCKS for i in (1, 2)),
        *((f"res{k}.block{i}.norm", f"block{k}.norm{i}") for k in BLOCKS for i in (1, 2)),
        *((f"deconv{i}.block.1", f"up.conv{i}") for i in (1, 2, 3)),
        *((f"deconv{i}.norm", f"up.norm{i}") for i in (1, 2)),
    ]


def from_examples(state: State) -> dict[str, Tensor]:
    """Convert a network of pytorch/examples, which works on 0 … 255, to ours on [0, 1]."""
    weights = rename(examples_layers(), ignore=OLD)(state)
    last = {name: weights[name] / 255 for name in ("up.conv3.weight", "up.conv3.bias")}
    return weights | last | {"down.conv1.weight": weights["down.conv1.weight"] * 255}


def from_urst(state: State) -> dict[str, Tensor]:
    """Convert a network of URST's form, normalised as ImageNet at both ends, to ours on [0, 1]."""
    weights = rename(urst_layers(), ignore=OLD)(state)
    weight, last = weights["down.conv1.weight"], weights["up.conv3.weight"]
    mean, std = (weight.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    weight = weight / std
    return weights | {
        "down.conv1.weight": weight,
        "down.conv1.bias": weights["down.conv1.bias"] - (weight * mean).sum((1, 2, 3)),
        "up.conv3.weight": last * std[..., None],
        "up.conv3.bias": (weights["up.conv3.bias"][:, None, None] * std + mean).flatten(),
    }


def _make_format(
    id: str,  # noqa: A002  # the field's name
    layers: list[tuple[str, str]],
    convert: Callable[[State], dict[str, Tensor]],
    source: str,
    licence: str,
) -> Format:
    fine, coarse = PUBLISHED.widths[0], PUBLISHED.widths[2]
    theirs = {ours: name for name, ours in layers}
    return Format(
        id=id,
        name="published.johnson_*",
        detect=has_all(*layer_names(*theirs.values()))
        & shape_is(f"{theirs['down.conv1']}.weight", fine, 3, 9, 9)
        & shape_is(f"{theirs['block5.conv2']}.weight", coarse, coarse, 3, 3),
        convert=convert,
        source=source,
        licence=licence,
    )


FORMATS = (
    _make_format(
        "johnson-examples",
        examples_layers(),
        from_examples,
        "github.com/pytorch/examples",
        "BSD-3-Clause",
    ),
    _make_format("johnson-urst", urst_layers(), from_urst, "github.com/czczup/URST", "Apache-2.0"),
)
