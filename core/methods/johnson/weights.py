"""Networks of styles, by name or from a file, and the two forms in which others publish theirs."""

from collections.abc import Callable
from pathlib import Path

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, layer_names, rename, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import fill
from ...checkpoints.read import read_state
from ...checkpoints.store import SUFFIX, Store
from ...checkpoints.vgg import IMAGENET_MEAN, IMAGENET_STD
from ...contract import Style
from ...errors import ParamsError, WeightsError
from . import CARD
from .network import PUBLISHED, TransformNet, sizes_of

OLD = ("*.running_mean", "*.running_var", "*.num_batches_tracked")
"""What files of PyTorch before 0.4 hold besides; a norm's moments are always those of the picture."""
BLOCKS = range(1, PUBLISHED.blocks + 1)
HOW_TO_TRAIN = "train one: python -m core train johnson --style PICTURE -o FILE"


def load_network(store: Store, backbone: str, style: Style) -> TransformNet:
    """Return the network of a style, which is a name or the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if the style is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    if not isinstance(style.source, str):
        raise ParamsError(
            f"johnson has one network a style and takes no picture; {_offer(store)} or {HOW_TO_TRAIN}"
        )
    if style.source.endswith(SUFFIX):
        return network_of(read_state(Path(style.source)), style.source)
    names = [f"{k}.johnson_{style.source}" for k in dict.fromkeys((backbone, *CARD.backbones))]
    if not any(store.has(name) for name in names):
        raise ParamsError(
            f"johnson has no style {style.source!r}; {_offer(store)} or {HOW_TO_TRAIN}"
        )
    return network_of(store.load(*names), names[0])


def known_styles(store: Store) -> list[str]:
    """Return the names of the styles that there are networks for."""
    found = (name.partition(".johnson_") for name in store.list())
    return sorted({style for backbone, _, style in found if style and backbone in CARD.backbones})


def _offer(store: Store) -> str:
    known = ", ".join(known_styles(store))
    return f"choose one of: {known};" if known else "there is none yet;"


def network_of(state: State, name: str) -> TransformNet:
    """Return the network whose tensors these are, of any size; ``name`` is said in errors."""
    try:
        sizes = sizes_of(shapes_of(state))
    except (KeyError, ValueError) as error:
        raise WeightsError(
            f"{name} is no network of johnson; python -m core identify says what it is"
        ) from error
    return fill(TransformNet(sizes), state, name)


def examples_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours) as pytorch/examples names the layers."""
    return [
        *((f"conv{i}.conv2d", f"down.conv{i}") for i in (1, 2, 3)),
        *((f"in{i}", f"down.norm{i}") for i in (1, 2, 3)),
        *((f"res{k}.conv{i}.conv2d", f"block{k}.conv{i}") for k in BLOCKS for i in (1, 2)),
        *((f"res{k}.in{i}", f"block{k}.norm{i}") for k in BLOCKS for i in (1, 2)),
        *((f"deconv{i}.conv2d", f"up.conv{i}") for i in (1, 2, 3)),
        *((f"in{i + 3}", f"up.norm{i}") for i in (1, 2)),
    ]


def urst_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours) as URST's copy of eriklindernoren/Fast-Neural-Style-Transfer names the layers."""
    return [
        *((f"conv{i}.block.1", f"down.conv{i}") for i in (1, 2, 3)),
        *((f"conv{i}.norm", f"down.norm{i}") for i in (1, 2, 3)),
        *((f"res{k}.block{i}.block.1", f"block{k}.conv{i}") for k in BLOCKS for i in (1, 2)),
        *((f"res{k}.block{i}.norm", f"block{k}.norm{i}") for k in BLOCKS for i in (1, 2)),
        *((f"deconv{i}.block.1", f"up.conv{i}") for i in (1, 2, 3)),
        *((f"deconv{i}.norm", f"up.norm{i}") for i in (1, 2)),
    ]


def from_examples(state: State) -> dict[str, Tensor]:
    """Return a network of pytorch/examples, which works on 0 … 255, as ours on [0, 1]."""
    found = rename(examples_layers(), ignore=OLD)(state)
    last = {name: found[name] / 255 for name in ("up.conv3.weight", "up.conv3.bias")}
    return found | last | {"down.conv1.weight": found["down.conv1.weight"] * 255}


def from_urst(state: State) -> dict[str, Tensor]:
    """Return a network of URST's form, normalised as ImageNet at both ends, as ours on [0, 1]."""
    found = rename(urst_layers(), ignore=OLD)(state)
    weight, last = found["down.conv1.weight"], found["up.conv3.weight"]
    mean, std = (weight.new_tensor(v)[:, None, None] for v in (IMAGENET_MEAN, IMAGENET_STD))
    weight = weight / std
    return found | {
        "down.conv1.weight": weight,
        "down.conv1.bias": found["down.conv1.bias"] - (weight * mean).sum((1, 2, 3)),
        "up.conv3.weight": last * std[..., None],
        "up.conv3.bias": (found["up.conv3.bias"][:, None, None] * std + mean).flatten(),
    }


def _format(
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
    _format(
        "johnson-examples",
        examples_layers(),
        from_examples,
        "github.com/pytorch/examples",
        "BSD-3-Clause",
    ),
    _format("johnson-urst", urst_layers(), from_urst, "github.com/czczup/URST", "Apache-2.0"),
)
