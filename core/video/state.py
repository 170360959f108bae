"""The memory of a recurrent method as a file, so that a stopped sequence goes on, here or elsewhere."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from ..errors import StylizeError
from ..files.damage import explain_damage

KEY = "stylize.film"
"""The entry of a file's metadata that says which sequence, method and settings it belongs to."""


def save_memory(path: Path, memory: Mapping[str, Tensor], owner: str) -> None:
    """Write a state's memory under a temporary name beside ``path``, then rename.

    Args:
        path: Ends in ``.safetensors``.
        memory: Of the state after a frame.
        owner: What the memory belongs to; only a sequence of the same words may go on with it.

    Raises:
        StylizeError: if the folder cannot be written to.
    """
    part = path.with_name(f"{path.name}.part")
    tensors = {name: value.detach().cpu().contiguous() for name, value in memory.items()}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, {KEY: owner})
        part.replace(path)
    except (OSError, SafetensorError) as error:
        raise StylizeError(f"{path} cannot be written ({error})") from error
    finally:
        with suppress(OSError):
            part.unlink()


def load_memory(path: Path, owner: str, device: str = "cpu") -> dict[str, Tensor]:
    """Return what ``save_memory`` wrote, for ``dataclasses.replace(state, memory=…)``.

    Raises:
        StylizeError: if there is none, it is damaged, or it belongs to another sequence.
    """
    with (
        explain_damage(
            StylizeError,
            f"{path} is no state of a sequence or is damaged ({{reason}}); begin the sequence anew",
        ),
        safe_open(path, "pt", device=device) as file,
    ):
        known = (file.metadata() or {}).get(KEY)
        memory = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  # no mapping
    if known != owner:
        raise StylizeError(f"{path} belongs to {known or 'nothing known'}, not to {owner}")
    return memory
