"""Build encoders, decoders and painting networks; their widths are read off the tensors' shapes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import TypeVar

import torch
from torch import nn

from ..errors import WeightsError
from ..files.damage import explain_damage
from ..nn.decoder import Decoder
from ..nn.encoder import LEVELS, Encoder
from ..nn.reconet import ReCoNet, form_of
from ..nn.transform_net import TransformNet, sizes_of
from .formats import State
from .identify import shapes_of
from .store import Store

RECTIFIED = ("cd16x",)
"""Backbones whose decoders end in a ReLU."""

Net = TypeVar("Net", bound=nn.Module)


def load_encoder(store: Store, backbone: str, level: str) -> Encoder:
    """Return the backbone's encoder up to ``level``: the level's own if there is one, else the common one.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    name = f"{backbone}.encoder_{level}"
    return encoder_of(store.load(name, f"{backbone}.encoder"), level, name)


def encoder_of(state: State, level: str, name: str) -> Encoder:
    """Return the encoder up to ``level`` whose tensors these are; ``name`` is said in errors."""
    with explain_wrong_network(name):
        widths = [state[key].shape[0] for key in _first_convs() if key in state]
    return fill(partial(Encoder, _at_least(level, widths, name), level), state, name)


def load_decoder(store: Store, backbone: str, role: str, level: str) -> Decoder:
    """Return the decoder from ``level`` of a role: ``decoder`` (an auto-encoder's) or a method's id.

    Raises:
        WeightsError: if it is missing or damaged.
    """
    name = f"{backbone}.{role}_{level}"
    return decoder_of(store.load(name), level, name)


def decoder_of(state: State, level: str, name: str, first: str = "") -> Decoder:
    """Return the decoder from ``level`` whose tensors these are; ``name`` decides on a last ReLU."""
    with explain_wrong_network(name):
        widths = _at_least(level, [state[k].shape[1] for k in _first_convs() if k in state], name)
    last_relu = name.split(".")[0] in RECTIFIED
    return fill(partial(Decoder, widths, level, last_relu=last_relu, first=first), state, name)


def transform_net_of(state: State, name: str) -> TransformNet:
    """Return the transformation network whose tensors these are, of any size; ``name`` is said in errors."""
    with explain_damage(
        WeightsError, f"{name} is no network of johnson; python -m core identify says what it is"
    ):
        sizes = sizes_of(shapes_of(state))
    return fill(partial(TransformNet, sizes), state, name)


def reconet_of(state: State, name: str) -> ReCoNet:
    """Return ReCoNet's network whose tensors these are, of any form; ``name`` is said in errors."""
    with explain_damage(
        WeightsError, f"{name} is no network of reconet; python -m core identify says what it is"
    ):
        form = form_of(shapes_of(state))
    return fill(partial(ReCoNet, form), state, name)


def explain_wrong_network(name: str) -> AbstractContextManager[None]:
    """Return a context that turns any error into one that says ``name`` is not the expected network."""
    return explain_damage(
        WeightsError,
        f"{name} is not the network it should be ({{reason}}); import or install it again",
    )


def fill(make: Callable[[], Net], state: State, name: str) -> Net:
    """Return a network with its tensors out of ``state``, which may hold more, ready for inference.

    Args:
        make: Makes the network, of sizes that were read off ``state``: they are compared before it is made.
        state: The tensors.
        name: The network's, for errors.

    Raises:
        WeightsError: if tensors are missing or of another shape.
    """
    with explain_wrong_network(name), torch.device("meta"):
        wanted = make().state_dict()
    wrong = [
        key for key, own in wanted.items() if key not in state or state[key].shape != own.shape
    ]
    if wrong:
        raise WeightsError(
            f"{name} is not the network it should be: {', '.join(wrong[:4])} missing or of another shape; "
            "import or install it again"
        )
    module = make()
    module.load_state_dict({key: state[key] for key in wanted})
    return module.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def _first_convs() -> list[str]:
    return [f"{level.replace('relu', 'conv')}.weight" for level in LEVELS]


def _at_least(level: str, widths: list[int], name: str) -> list[int]:
    if len(widths) < int(level[4]):
        raise WeightsError(f"{name} ends before {level}; import or install it again")
    return widths
