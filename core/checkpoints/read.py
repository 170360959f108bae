"""Read a published weight file into names and tensors without ever running what is inside.

safetensors, numpy archives, Torch7 files, TensorFlow checkpoints, and PyTorch files restricted to plain
tensors. Pickles that hold anything else are refused.
"""

import pickle
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from ..errors import WeightsError
from .tensorflow import read_tensorflow
from .torch7 import read_torch7

WRAPPERS = ("model", "state_dict", "net", "params")
"""Keys under which training scripts put the network beside an epoch or an optimiser."""
DAMAGE = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    TypeError, ValueError, struct.error, zipfile.BadZipFile,
)  # fmt: skip  # a block to scan
"""What PyTorch raises when a file is not one of its own."""


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
    state = unwrap(reader(path))
    if not state:
        raise WeightsError(f"{path.name} holds no network: there are no named tensors in it")
    return state


def unwrap(content: Any) -> dict[str, Tensor]:
    """Return the state dict inside ``{"model": …}`` and the like, names without ``module.``; maybe empty."""
    while isinstance(content, Mapping):
        inner = next((content[k] for k in WRAPPERS if isinstance(content.get(k), Mapping)), None)
        if inner is None:
            break
        content = inner
    if not isinstance(content, Mapping):
        return {}
    state = {str(name): value for name, value in content.items() if isinstance(value, Tensor)}
    if all(name.startswith("module.") for name in state):
        return {name.removeprefix("module."): value for name, value in state.items()}
    return state


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"{path.name} is damaged or cut short ({error}); fetch it again"
        ) from error


def _read_numpy(path: Path) -> dict[str, Tensor]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: torch.from_numpy(np.asarray(archive[name])) for name in _numbers(archive)}
    except (ValueError, TypeError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise WeightsError(
            f"{path.name} is damaged or holds more than numbers ({error})"
        ) from error


def _numbers(archive: Any) -> list[str]:
    return [name for name in archive.files if archive[name].dtype.kind in "fiub"]


def _read_torch(path: Path) -> Any:
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # it speaks of pickles before it refuses them
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{path.name} is refused: it is damaged, or holds Python objects besides tensors, which could "
            "run a program; ask for the plain state dict or a .safetensors file"
        ) from error
    except DAMAGE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"{path.name} is damaged or cut short ({reason}); fetch it again"
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
