"""The memory of a recurrent method as a file, so that a stopped film goes on, here or on another machine."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import StylizeError
from ..files.damage import reading

KEY = "stylize.film"
"""The entry of a file's metadata that says which film, method and settings it belongs to."""


def save_memory(path: Path, memory: Mapping[str, Tensor], film: str) -> None:
    """Write a state's memory under a temporary name beside ``path``, then rename.

    Args:
        path: Ends in ``.safetensors``.
        memory: Of the state after a frame.
        film: What the memory belongs to; only a film of the same words may go on with it.

    Raises:
        StylizeError: if the folder cannot be written to.
    """
    part = path.with_name(f"{path.name}.part")
    tensors = {name: value.detach().cpu().contiguous() for name, value in memory.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, {KEY: film})
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise StylizeError(f"{path} cannot be written ({error})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def load_memory(path: Path, film: str, device: str = "cpu") -> dict[str, Tensor]:
    """Return what ``save_memory`` wrote, for ``dataclasses.replace(state, memory=…)``.

    Raises:
        StylizeError: if there is none, it is damaged, or it belongs to another film.
    """
    with (
        reading(
            StylizeError,
            f"{path} is no state of a film or is damaged ({{reason}}); begin the film anew",
        ),
        safe_open(path, "pt", device=device) as file,
    ):
        known = (file.metadata() or {}).get(KEY)
        memory = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
    if known != film:
        raise StylizeError(f"{path} belongs to {known or 'nothing known'}, not to {film}")
    return memory
