"""MSG-Net's networks, the names of their styles, and the published file of 21 styles."""

from collections.abc import Mapping
from functools import partial

from torch import Tensor

from ...checkpoints.formats import Format, State, has_all, layer_names, rename, shape_is
from ...checkpoints.identify import shapes_of
from ...checkpoints.networks import explain_wrong_network, fill
from ...checkpoints.store import Store
from ...errors import ParamsError, WeightsError
from ...files.damage import explain_damage
from .network import PUBLISHED, Network, sizes_of

STYLE = "style."
"""Before the name of a style among a network's tensors: its Gram matrix, (C, C)."""
OLD = ("*.running_mean", "*.running_var", "*.num_batches_tracked")
"""What files of PyTorch before 0.4 hold besides; a norm's moments are always those of the picture."""
ALIASES = ("model1.*", "ins.weight", "model.1.weight")
"""Names under which the file holds tensors again, and the one that is no layer's."""


def load_network(store: Store, backbone: str) -> tuple[Network, dict[str, Tensor]]:
    """Return a backbone's network, and the Gram matrices (C, C) of its styles by name.

    Raises:
        WeightsError: if it is missing, damaged, or another network.
    """
    name = f"{backbone}.msgnet"
    state = store.load(name)
    targets = {k.removeprefix(STYLE): v for k, v in state.items() if k.startswith(STYLE)}
    network = network_of(state, name)
    with explain_wrong_network(name):
        size = (network.sizes.channels, network.sizes.channels)
        return network, {style: gram.reshape(size) for style, gram in targets.items()}


def network_of(state: State, name: str) -> Network:
    """Return the network of any size from its tensors; ``name`` is used in errors."""
    with explain_damage(WeightsError, f"{name} is no MSG-Net; import or install it again"):
        sizes = sizes_of(shapes_of(state))
    return fill(partial(Network, sizes), state, name)


def find_target(targets: Mapping[str, Tensor], style: str) -> Tensor:
    """Return a named style's Gram matrix, (C, C).

    Raises:
        ParamsError: if it is not known; known names are listed.
    """
    if style not in targets:
        known = f"choose one of: {', '.join(sorted(targets))}" if targets else "it has none"
        raise ParamsError(
            f"this msgnet has no style named {style!r}; {known}; or give a picture of the style"
        )
    return targets[style]


def _list_block(theirs: str, ours: str, skip: str = "") -> list[tuple[str, str]]:
    """Return (theirs, ours) of a bottleneck's layers; ``skip``: their name of its projection."""
    places = (
        ("conv_block.2", "conv1"),
        ("conv_block.5.conv2d", "conv2"),
        ("conv_block.8", "conv3"),
    )
    pairs = [(f"{theirs}.{place}", f"{ours}.{conv}") for place, conv in places]
    return [*pairs, (f"{theirs}.{skip}", f"{ours}.skip")] if skip else pairs


def published_layers() -> list[tuple[str, str]]:
    """Return (theirs, ours)."""
    blocks = (_list_block(f"model.{k + 1}", f"block{k}") for k in range(1, PUBLISHED.blocks + 1))
    return [
        ("model.0.0.conv2d", "encode.conv"),
        *_list_block("model.0.3", "encode.down1", "residual_layer"),
        *_list_block("model.0.4", "encode.down2", "residual_layer"),
        *(pair for block in blocks for pair in block),
        *_list_block("model.8", "decode.up1", "residual_layer.conv2d"),
        *_list_block("model.9", "decode.up2", "residual_layer.conv2d"),
        ("model.12.conv2d", "decode.conv"),
    ]


def convert(state: State) -> dict[str, Tensor]:
    """Convert the published network, which works on BGR, 0 … 255, to ours on RGB, [0, 1]."""
    weights = rename(published_layers(), ignore=(*OLD, *ALIASES))(state)
    last = {
        name: weights[name].flip(0) / 255 for name in ("decode.conv.weight", "decode.conv.bias")
    }
    first = weights["encode.conv.weight"].flip(1) * 255
    return weights | last | {"encode.conv.weight": first, "match": state["model.1.weight"][0]}


FORMATS = (
    Format(
        id="msgnet",
        name="published.msgnet",
        detect=has_all(*layer_names(*(theirs for theirs, _ in published_layers())))
        & shape_is("model.0.0.conv2d.weight", PUBLISHED.fine, 3, 7, 7)
        & shape_is("model.1.weight", 1, None, None),
        convert=convert,
        source="github.com/zhanghang1989/PyTorch-Multi-Style-Transfer",
        licence="MIT",
    ),
)
