"""Read a published weight file into names and tensors without ever running what is inside.

safetensors, numpy archives, Torch7 files, TensorFlow checkpoints, and PyTorch files restricted to plain
tensors. Pickles that hold anything else are refused.
"""

import pickle
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from ..errors import WeightsError
from ..files.arrays import read_arrays
from ..files.damage import explain_damage
from .pickled import check_pickled
from .tensorflow import read_tensorflow
from .torch7 import read_torch7

State = dict[str, Tensor]
WRAPPERS = ("model", "state_dict", "net", "params")
"""Keys under which training scripts put the network beside an epoch or an optimiser."""
DEEPEST = 8
"""Most wrappers inside each other."""
LARGEST = 4 << 30
"""Most bytes of a file; the largest known network has less than half."""


def read_state(path: Path) -> dict[str, Tensor]:
    """Return a file's tensors by name, taken out of wrappers and without the prefix ``module.``.

    Raises:
        WeightsError: if the file is missing, damaged, unsafe or of a kind that is not known.
    """
    if not path.is_file():
        raise WeightsError(f"there is no weight file {path}")
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise WeightsError(
            f"{path.name} is no weight file that can be read; give one that ends in {', '.join(READERS)}"
        )
    with explain_damage(WeightsError, f"{path.name} cannot be read ({{reason}}); fetch it again"):
        check_size(path)
        state = unwrap(reader(path))
        if not state:
            raise WeightsError(f"{path.name} holds no network: there are no named tensors in it")
        return check_numbers(state, path.name)


def check_size(path: Path) -> None:
    """Check that a file is not so large that it cannot be a network; raises WeightsError."""
    if path.stat().st_size > LARGEST:
        raise WeightsError(
            f"{path.name} has more than {LARGEST >> 30} GB, which no network has; give its weights alone"
        )


def check_numbers(state: State, name: str) -> State:
    """Return tensors, of which each is dense and all its numbers are real and finite.

    Raises:
        WeightsError: if not; ``name`` is the file's.
    """
    for key, value in state.items():
        if value.layout != torch.strided or value.is_complex() or value.is_quantized:
            raise WeightsError(f"{name} holds {key!r}, which is no plain tensor; fetch it again")
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise WeightsError(
                f"{name} is damaged: {key!r} holds what is no number; fetch or train it again"
            )
    return state


def unwrap(content: Any) -> dict[str, Tensor]:
    """Return the state dict inside ``{"model": …}`` and the like, names without ``module.``; maybe empty."""
    for _ in range(DEEPEST):
        if not isinstance(content, Mapping):
            break
        inner = next((content[k] for k in WRAPPERS if isinstance(content.get(k), Mapping)), None)
        if inner is None:
            break
        content = inner
    if not isinstance(content, Mapping):
        return {}
    state = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if not state:  # several networks side by side, each below its name
        state = {
            f"{name}.{key}": value
            for name, inner in content.items()
            if isinstance(inner, Mapping)
            for key, value in inner.items()
            if isinstance(value, Tensor)
        }
    if all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    with explain_damage(
        WeightsError, f"{path.name} is damaged or cut short ({{reason}}); fetch it again"
    ):
        return load_file(path)


def _read_numpy(path: Path) -> dict[str, Tensor]:
    with explain_damage(
        WeightsError, f"{path.name} is damaged or holds more than numbers ({{reason}})"
    ):
        return {name: torch.from_numpy(array) for name, array in read_arrays(path).items()}


def _read_torch(path: Path) -> Any:
    with explain_damage(
        WeightsError, f"{path.name} is damaged or cut short ({{reason}}); fetch it again"
    ):
        try:
            check_pickled(path)
            with warnings.catch_warnings(action="ignore"):  # of pickles, before it refuses them
                return torch.load(path, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:
            raise WeightsError(
                f"{path.name} is refused: it is damaged, or holds Python objects besides tensors, which "
                "could run a program; ask for the plain state dict or a .safetensors file"
            ) from error


READERS: Mapping[str, Callable[[Path], Any]] = {
    ".safetensors": _read_safetensors,
    ".pth": _read_torch,
    ".pt": _read_torch,
    ".tar": _read_torch,
    ".model": _read_torch,
    ".npz": _read_numpy,
    ".t7": read_torch7,
    ".index": read_tensorflow,
}
"""File endings and how each is read."""
