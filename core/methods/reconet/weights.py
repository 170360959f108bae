"""ReCoNet's networks, by name or from a file, and the three published forms."""

from collections.abc import Callable, Mapping

from torch import Tensor

from ...checkpoints.formats import (
    Condition,
    Format,
    State,
    has_all,
    layer_names,
    rename,
    rename_tensors,
    shape_is,
)
from ...checkpoints.networks import reconet_of
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...contract import Style
from . import CARD
from .network import PAPER, SAFWAN, ReCoNet

NETWORKS = StyledNetworks(
    "reconet",
    CARD.backbones,
    "reconet",
    "train one: python -m core train reconet",
)
"""Where the networks are."""
Layers = list[tuple[str, str]]


def load_network(store: Store, backbone: str, style: Style) -> ReCoNet:
    """Return the network of a style, which is a name or the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if the style is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return reconet_of(*NETWORKS.load(store, backbone, style.source))


def paper_layers() -> tuple[Layers, Layers]:
    """Return (theirs, ours) of convolutions and of norms; theirs are of EmptySamurai's repository."""
    places = [
        *((f"encoder.layers.{i}.layers", f"down.{{}}{i + 1}") for i in range(3)),
        *(
            (f"encoder.layers.{k + 2}.branch.{i}.layers", f"block{k}.{{}}{i + 1}")
            for k in range(1, PAPER.sizes.blocks + 1)
            for i in range(2)
        ),
        *((f"decoder.layers.{2 * i - 1}.layers", f"up.{{}}{i}") for i in (1, 2)),
    ]
    convs = [(f"{theirs}.0.layers.1", ours.format("conv")) for theirs, ours in places]
    norms = [(f"{theirs}.1", ours.format("norm")) for theirs, ours in places]
    return [*convs, ("decoder.layers.4.layers.0.layers.1", "up.conv3")], norms


def thresholds() -> dict[str, str]:
    """Return the published name of each filter response norm's threshold, by our name of the norm."""
    _, norms = paper_layers()
    own = {ours: f"{theirs.removesuffix('.1')}.2.tau" for theirs, ours in norms}
    blocks = range(1, PAPER.sizes.blocks + 1)
    return own | {f"block{k}.norm2": f"encoder.layers.{k + 2}.activation.tau" for k in blocks}


def safwan_layers() -> Layers:
    """Return (theirs, ours); theirs are of safwankdb's repository."""
    blocks = range(1, SAFWAN.sizes.blocks + 1)
    return [
        *((f"conv{i}.conv2d", f"down.conv{i}") for i in (1, 2, 3)),
        *((f"conv{i}.instance", f"down.norm{i}") for i in (1, 2, 3)),
        *((f"res{k}.conv{i}.conv2d", f"plain{k}.conv{i}") for k in blocks for i in (1, 2)),
        *((f"res{k}.in{i}", f"plain{k}.norm{i}") for k in blocks for i in (1, 2)),
        *((f"deconv{i}.conv2d", f"up.conv{i}") for i in (1, 2, 3)),
        *((f"deconv{i}.instance", f"up.norm{i}") for i in (1, 2)),
    ]


def from_paper(state: State) -> dict[str, Tensor]:
    """Convert EmptySamurai's network, which works on -1 … 1, to ours on [0, 1]."""
    convs, norms = paper_layers()
    return _convert_to_unit_range(rename([*convs, *norms])(state))


def from_filtered(state: State) -> dict[str, Tensor]:
    """Convert EmptySamurai's network with filter response norms to ours on [0, 1].

    Its thresholds are not 0: max(y, tau) there is max(y - tau, 0) here, which is less by tau.
    """
    convs, norms = paper_layers()
    limits = thresholds()
    scales = {f"{t}.weight": f"{o}.scale" for t, o in norms}
    shifts = {f"{t}.bias": f"{o}.shift" for t, o in norms}
    layers = {f"{t}.{kind}": f"{o}.{kind}" for t, o in convs for kind in ("weight", "bias")}
    taken = {theirs: ours for ours, theirs in limits.items()}
    weights = rename_tensors({**layers, **scales, **shifts, **taken}, ignore=("*.eps",))(state)
    taus = {norm: weights.pop(norm).flatten() for norm in limits}
    for _, norm in norms:
        weights[f"{norm}.scale"] = weights[f"{norm}.scale"].flatten()
        weights[f"{norm}.shift"] = weights[f"{norm}.shift"].flatten() - taus[norm]
    return _convert_to_unit_range(_fold_thresholds(weights, [ours for _, ours in convs], taus))


def _fold_thresholds(
    weights: dict[str, Tensor], convs: list[str], taus: Mapping[str, Tensor]
) -> dict[str, Tensor]:
    """Return the network with each tau's effect added to the biases after it, as features are less by tau."""
    norms = [conv.replace("conv", "norm") for conv in convs]
    for conv, before in zip(convs[1:], norms, strict=False):
        gained = weights[f"{conv}.weight"].sum((2, 3)) @ taus[before]
        weights[f"{conv}.bias"] = weights[f"{conv}.bias"] + gained
        if conv.startswith("block") and conv.endswith(
            "conv1"
        ):  # a block's features go two ways from here
            summed = f"{conv.removesuffix('conv1')}norm2.shift"
            weights[summed] = weights[summed] + taus[before]
    return weights


def from_safwan(state: State) -> dict[str, Tensor]:
    """Convert safwankdb's network, which works on 0 … 255, to ours on [0, 1]."""
    weights = rename(safwan_layers())(state)
    last = {name: weights[name] / 255 for name in ("up.conv3.weight", "up.conv3.bias")}
    return weights | last | {"down.conv1.weight": weights["down.conv1.weight"] * 255}


def _convert_to_unit_range(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Convert a network with input -1 … 1 to one with input [0, 1]."""
    weight = weights["down.conv1.weight"]
    bias = weights["down.conv1.bias"] - weight.sum((1, 2, 3))
    return weights | {"down.conv1.weight": 2 * weight, "down.conv1.bias": bias}


def _make_format(
    id: str,  # noqa: A002  # the field's name
    detect: Condition,
    convert: Callable[[State], dict[str, Tensor]],
    repository: str,
    licence: str,
) -> Format:
    return Format(
        id=id,
        name="published.reconet_*",
        detect=detect,
        convert=convert,
        source=f"github.com/{repository}",
        licence=licence,
    )


PAPER_FIRST = "encoder.layers.0.layers"
_PAPER = has_all(*layer_names(*(theirs for theirs, _ in sum(paper_layers(), []))))  # noqa: RUF017  # two lists
FORMATS = (
    _make_format(
        "reconet-paper",
        _PAPER & shape_is(f"{PAPER_FIRST}.1.weight", PAPER.sizes.widths[0]),
        from_paper,
        "EmptySamurai/pytorch-reconet",
        "MIT",
    ),
    _make_format(
        "reconet-frn",
        _PAPER & has_all(*thresholds().values()),
        from_filtered,
        "EmptySamurai/pytorch-reconet",
        "MIT",
    ),
    _make_format(
        "reconet-safwan",
        has_all(*layer_names(*(theirs for theirs, _ in safwan_layers())))
        & shape_is("conv1.conv2d.weight", SAFWAN.sizes.widths[0], 3, 9, 9),
        from_safwan,
        "safwankdb/ReCoNet-PyTorch",
        "none stated",
    ),
)
