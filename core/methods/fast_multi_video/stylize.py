"""Stylize a sequence frame by frame with fast multi-style video; the state is the network and its memory."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ...contract import RunContext, Style
from ...nn.precision import inference
from ...nn.whole import off_grid, on_grid, same_size
from . import MEMORIES, Params
from .network import SCALE, VideoNet
from .weights import load_network

PLACES = {"both": MEMORIES, "none": ()}


@dataclass(frozen=True, slots=True)
class State:
    """The state from one frame of a sequence to the next."""

    network: VideoNet
    places: tuple[str, ...]
    device: torch.device
    dtype: torch.dtype
    memory: Mapping[str, Tensor] = field(default_factory=dict)
    """Hidden state and cell of each memory, (1, C, h, w); empty before the first frame."""


def start(styles: Sequence[Style], params: Params, run: RunContext) -> State:
    """Load the network of the styles, whose norms are mixed by weight."""
    network = load_network(run.store, run.backbone, styles, params.alpha).to(run.device)
    places = PLACES.get(params.memory, (params.memory,))
    return State(network, places, run.device, run.dtype)


def step(state: State, frame: Tensor) -> tuple[State, Tensor]:
    """Return the next state, and the picture of a frame (1, 3, H, W); every norm sees the whole frame.

    Raises:
        PictureError: if earlier frames had another size.
    """
    x = on_grid(frame, SCALE, state.device)
    same_size(x, state.memory, SCALE)
    with inference(state.device, state.dtype):
        picture, memory = state.network(x, state.memory, state.places)
    return replace(state, memory=memory), off_grid(picture, frame)
