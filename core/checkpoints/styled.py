"""Networks of one style each: found by the style's name, or read from the user's file."""

from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from ..errors import ParamsError
from .formats import State
from .read import read_state
from .store import SUFFIX, Store


@dataclass(frozen=True, slots=True)
class StyledNetworks:
    """The networks ``<backbone>.<role>_<style>`` of a store.

    Attributes:
        role: What their names have in common.
        backbones: In the order in which they are looked for, after the one that is asked for.
        method: The method's id, for errors.
        how: How a network is trained, in words.
    """

    role: str
    backbones: tuple[str, ...]
    method: str
    how: str

    def load(self, store: Store, backbone: str, style: Tensor | str) -> tuple[State, str]:
        """Return the tensors of a style, a name or the path of a ``.safetensors`` file, and their name.

        Raises:
            ParamsError: if the style is a picture, or a name that is not known.
            WeightsError: if the file is missing or damaged.
        """
        if not isinstance(style, str):
            raise ParamsError(
                f"{self.method} has one network a style and takes no picture; "
                f"{self._offer(store)} or {self.how}"
            )
        if style.endswith(SUFFIX):
            return read_state(Path(style)), style
        names = [f"{k}.{self.role}_{style}" for k in dict.fromkeys((backbone, *self.backbones))]
        name = next((name for name in names if store.has(name)), None)
        if name is None:
            raise ParamsError(
                f"{self.method} has no style {style!r}; {self._offer(store)} or {self.how}"
            )
        return store.load(name), name

    def known(self, store: Store) -> list[str]:
        """Return the names of the styles that there are networks for."""
        parts = (name.partition(f".{self.role}_") for name in store.list())
        return sorted(
            {style for backbone, _, style in parts if style and backbone in self.backbones}
        )

    def _offer(self, store: Store) -> str:
        known = ", ".join(self.known(store))
        return f"choose one of: {known};" if known else "there is none yet;"
