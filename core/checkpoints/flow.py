"""Networks that find motion: FlowNet, ours or as ClementPinard publishes it, and torchvision's RAFT."""

from collections.abc import Callable
from functools import partial

from torch import Tensor

from ..errors import WeightsError
from ..files.damage import explain_damage
from ..nn.flownet import FlowNet, Sizes, comparison, sizes_of
from .formats import (
    Condition,
    Format,
    State,
    has_all,
    has_none,
    layer_names,
    rename_tensors,
    shape_is,
)
from .networks import fill
from .store import Store

SOURCE, LICENCE = "github.com/ClementPinard/FlowNetPytorch", "MIT"
EPS = 1e-5
"""Of the published batch norms."""
RAFT = ("raft_large", "raft_small")
"""torchvision's names; ours in a store are ``published.`` and one of these."""


def load_flownet(store: Store, name: str = "compact.flownet") -> FlowNet:
    """Return a FlowNet: ours, ``published.flownets``, ``published.flownets_bn`` or ``published.flownetc``.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    return flownet_of(store.load(name), name)


def flownet_of(state: State, name: str) -> FlowNet:
    """Return the network whose tensors these are, S or C of any width; ``name`` is said in errors."""
    with explain_damage(
        WeightsError, f"{name} is no FlowNet; python -m core identify says what it is"
    ):
        sizes = sizes_of(state)
    return fill(partial(FlowNet, sizes), state, name)


def convolutions(sizes: Sizes) -> list[str]:
    """Return a network's convolutions that a bias, and in one published file a batch norm, belongs to."""
    names = [f"conv{k}{part}" for k in range(1, 7) for part in ("", "_1") if k > 2 or not part]
    return [*names, *(["conv_redir"] if sizes.correlated else [])]


def published_names(sizes: Sizes) -> dict[str, str]:
    """Return our names of tensors by the published ones, batch norms left out."""
    pairs = [(f"{name}.0", name) for name in convolutions(sizes)]
    names = {f"{t}.{kind}": f"{ours}.{kind}" for t, ours in pairs for kind in ("weight", "bias")}
    names |= {f"predict_flow{k}.weight": f"predict{k}.weight" for k in range(2, 7)}
    names |= {f"deconv{k}.0.weight": f"deconv{k}.weight" for k in range(2, 6)}
    return names | {f"upsampled_flow{k}_to_{k - 1}.weight": f"up{k}.weight" for k in range(3, 7)}


def converter(sizes: Sizes, *, norms: bool = False) -> Callable[[State], dict[str, Tensor]]:
    """Return the conversion of a published FlowNet of these sizes, with batch norms or without."""
    take = rename_tensors(published_names(sizes))

    def convert(state: State) -> dict[str, Tensor]:
        weights = take(_fold_norm(state, convolutions(sizes)) if norms else state)
        return weights | ({"comparison": comparison(sizes)} if sizes.correlated else {})

    return convert


def _fold_norm(state: State, convs: list[str]) -> dict[str, Tensor]:
    """Return the published tensors with every batch norm made part of the convolution before it."""
    folded = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    for name in convs:
        weight, bias, mean, variance = (
            folded.pop(f"{name}.1.{part}")
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        gain = weight / (variance + EPS).sqrt()
        folded[f"{name}.0.weight"] = folded[f"{name}.0.weight"] * gain[:, None, None, None]
        folded[f"{name}.0.bias"] = bias - mean * gain
    return folded


S, C = Sizes(), Sizes(redirected=32)
NORM = "conv1.1.running_mean"
"""A tensor that only files with batch norms have."""


def _flownet(id: str, detect: Condition, convert: Callable[[State], dict[str, Tensor]]) -> Format:  # noqa: A002
    return Format(
        id=id,
        name=f"published.{id.replace('-', '_')}",
        detect=detect,
        convert=convert,
        source=SOURCE,
        licence=LICENCE,
    )


def _raft(name: str, detect: Condition) -> Format:
    return Format(
        id=name.replace("_", "-"),
        name=f"published.{name}",
        detect=has_all(RAFT_FIRST) & detect,
        convert=dict,
        source="pytorch.org/vision",
        licence="BSD-3-Clause",
    )


RAFT_FIRST = "feature_encoder.convnormrelu.0.weight"
SMALL = "update_block.motion_encoder.convcorr1.0.weight"
MASKS = layer_names("mask_predictor.convrelu.0", "mask_predictor.conv")
"""What only the larger RAFT has."""
FORMATS = (
    _flownet(
        "flownets", has_all(*published_names(S)) & has_none("conv_redir.0.weight"), converter(S)
    ),
    _flownet(
        "flownets-bn",
        has_all(NORM, "predict_flow2.weight") & has_none("conv_redir.0.weight"),
        converter(S, norms=True),
    ),
    _flownet("flownetc", has_all(*published_names(C)) & has_none(NORM), converter(C)),
    _raft("raft_large", has_all(*MASKS)),
    _raft(
        "raft_small",
        has_none(*MASKS) & shape_is(SMALL, 96, None, 1, 1),
    ),
)
