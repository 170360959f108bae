"""How methods with one network a name are called: it is loaded, its norms are fixed to the whole picture."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor

from .checkpoints.store import Store
from .contract import RunContext, Style
from .nn.fix import Painters, Stage, fix_painters


class Network(Protocol):
    """A network from a picture to a picture, in parts."""

    def to(self, device: torch.device) -> "Network":
        """Return it on a device."""
        ...

    def stages(self) -> list[Stage]:
        """Return its parts, from a picture in [0, 1] to one."""
        ...


Load = Callable[[Store, str, Style], Network]
"""The store, the backbone and a style → its network."""


def prepare_with(
    load: Load, *, multiple: int
) -> Callable[[Tensor, Sequence[Style], Any, RunContext], Painters]:
    """Return the ``prepare`` of a method: pictures of several networks are averaged by the styles' weights.

    Args:
        load: Finds the network of a style.
        multiple: Pixels that the network's windows are multiples of.
    """

    def prepare(
        content: Tensor,
        styles: Sequence[Style],
        params: Any,  # noqa: ARG001  # contract
        run: RunContext,
    ) -> Painters:
        networks = [load(run.store, run.backbone, style).to(run.device) for style in styles]
        return fix_painters(
            [network.stages() for network in networks],
            [style.weight for style in styles],
            content,
            run.tiles,
            multiple=multiple,
            dtype=run.dtype,
            coverage=run.coverage,
        )

    return prepare
