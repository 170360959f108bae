"""Write a network's weights as a safetensors file: whole or not at all."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import torch
from safetensors.torch import save_file

from ..errors import WeightsError
from ..files.damage import explain_damage
from .formats import State


def write_state(
    path: Path, state: State, metadata: Mapping[str, str], *, dtype: torch.dtype = torch.float32
) -> None:
    """Write ``state`` as ``dtype`` under a temporary name beside ``path``, then rename.

    Raises:
        WeightsError: if the folder cannot be written to.
    """
    part = path.with_name(f"{path.name}.part")
    own = (
        torch.contiguous_format
    )  # tensors of a file that lie on the same numbers cannot be written
    try:
        with explain_damage(WeightsError, f"{path} cannot be written ({{reason}})"):
            tensors = {
                name: value.detach().to("cpu", dtype).clone(memory_format=own)
                for name, value in state.items()
            }
            path.parent.mkdir(parents=True, exist_ok=True)
            save_file(tensors, part, dict(metadata))
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink()
