"""The protocol of a surface."""

from typing import ClassVar, Protocol

from torch import Tensor

from ..imaging.lazy import Lazy
from ..tiling import Box, Windows

TensorPixels = Tensor | Lazy[Tensor]
"""A picture, (1, C, H, W), however it is held, as networks take it."""


class Surface(Protocol):
    """Lays a picture out as a canvas on which every part has its true neighbours, and puts it back."""

    whole: ClassVar[bool]
    """Whether a window takes all of the canvas or the picture, so that they are made once and held."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the canvas."""
        ...

    def read(self, x: Windows, box: Box, *, nearest: bool = False) -> Tensor:
        """Return the canvas's window of a picture (B, C, H, W); ``nearest`` for numbers of regions."""
        ...

    def unwrap(self, x: Tensor, *, nearest: bool = False) -> Tensor:
        """Return the whole canvas of a picture."""
        ...

    def coverage(self, given: Tensor | None) -> TensorPixels | None:
        """Return the weights of the canvas in statistics, (1, 1, h, w), or None if all count alike.

        Every part of the surface counts once and by its area, times the picture's own weights if given.
        """
        ...

    def restore(self, canvas: Windows, box: Box) -> Tensor:
        """Return a window of the picture that a stylized canvas (1, 3, h, w) makes."""
        ...

    def wrap(self, canvas: Tensor) -> Tensor:
        """Return the picture (1, 3, H, W) that a stylized canvas (1, 3, h, w) makes."""
        ...
