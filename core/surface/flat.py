"""The flat surface: a picture without neighbours beyond its borders."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from ..tiling import Box, Windows, read


@dataclass(frozen=True, slots=True)
class Flat:
    """The picture is the canvas."""

    whole: ClassVar[bool] = False
    shape: tuple[int, int]

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:  # noqa: ARG002  # contract
        """Return a window of the canvas."""
        return read(x, box)

    def unwrap(self, x: Tensor, *, nearest: bool = False) -> Tensor:  # noqa: ARG002  # contract
        """Return the picture."""
        return x

    def coverage(self, given: Tensor | None) -> Tensor | None:
        """Return the given weights."""
        return given

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the canvas."""
        return read(canvas, box)

    def wrap(self, canvas: Tensor) -> Tensor:
        """Return the canvas."""
        return canvas
