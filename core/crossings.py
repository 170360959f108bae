"""Where strokes go on over the seams of a picture that is cut into pieces, as a surface's texture is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FAR = -2
"""Stands for the edge nearest to what is far from all pieces."""


@dataclass(frozen=True, slots=True)
class Crossings:
    """The edges of pieces behind which the surface goes on somewhere else in the picture, S of them."""

    near: NDArray[np.int32]
    """(H, W): number of the edge nearest to each pixel; -1: one behind which there is nothing; ``FAR``: it is
    far from all pieces."""
    shown: NDArray[np.bool_]
    """(H, W): which pixels the surface shows; the others lie between pieces."""
    edge: Floats
    """(S, 2, 2): both ends of each, x then y, pixels."""
    twin: Floats
    """(S, 2, 2): the places where the same two points are shown on the other side."""
    mirrored: NDArray[np.bool_]
    """(S,): whether the surface is shown the other way round there."""
    chain: NDArray[np.int32]
    """(S,): equal numbers for edges that follow on each other and lead to edges that do, too."""
    piece: NDArray[np.int32]
    """(S,): number of the piece that has it."""
    goal: NDArray[np.int32]
    """(S,): number of the piece on the other side."""
    room: NDArray[np.float32]
    """(S,): pixels from the middle of the smaller of both pieces to its border."""
    fade: NDArray[np.float32]
    """(S,): pixels inside each edge in which its picture and that from beyond are blended afterwards."""
