"""Coherent online video's own file: one mask sub-network per style. Its flow sub-network is our FlowNet."""

from functools import partial

from torch import Tensor

from ...checkpoints.flow import flownet_of
from ...checkpoints.formats import State
from ...checkpoints.networks import fill, reconet_of
from ...checkpoints.store import Store
from ...checkpoints.styled import StyledNetworks
from ...errors import ParamsError
from ...nn.flownet import FlowNet
from ...nn.reconet import ReCoNet
from . import CARD
from .network import Mask

NAME, FLOW = "compact.covst", "compact.flownet"
MASK = "mask."
"""With the name of a style, before the tensors of its mask."""
NETWORKS = StyledNetworks(
    "reconet",
    CARD.backbones,
    "covst",
    "train one: python -m core train reconet",
)
"""Where the networks of styles are: they are ReCoNet's."""


def load_style(store: Store, backbone: str, style: Tensor | str) -> ReCoNet:
    """Return the network of a style, a name or the path of a ``.safetensors`` file.

    Raises:
        ParamsError: if the style is a picture, or a name that is not known.
        WeightsError: if the file is missing, damaged, or another network.
    """
    return reconet_of(*NETWORKS.load(store, backbone, style))


def load_flow(store: Store) -> FlowNet:
    """Return the flow sub-network.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    return flownet_of(store.load(FLOW), FLOW)


def load_mask(store: Store, style: str, channels: int) -> Mask:
    """Return the mask sub-network of a style whose network has ``channels`` channels.

    Raises:
        ParamsError: if there is none for this style; those that exist are listed.
        WeightsError: if it is missing or damaged, or another network's.
    """
    state = store.load(NAME)
    prefix = f"{MASK}{style}."
    own = {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
    if not own:
        known = ", ".join(list_masked(state)) or "none"
        raise ParamsError(
            f"covst has no mask for {style!r}, only for: {known}; set trust to difference, "
            "or train one: python -m core train covst"
        )
    return fill(partial(Mask, channels), own, f"{NAME}'s mask of {style}")


def list_masked(state: State) -> list[str]:
    """Return the names of the styles that have masks."""
    names = {key.removeprefix(MASK).split(".")[0] for key in state if key.startswith(MASK)}
    return sorted(names)
