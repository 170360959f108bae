"""The triangles that show a texture, read from files with care."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PictureError
from ..files.arrays import read_arrays
from ..files.damage import explain_damage
from .raster import area_of

EDGE = 1e-3
"""How far UVs may leave the square and still count as inside."""
REPEATED = 0.01
"""Share of the UVs' area that may leave the square before the texture counts as one that repeats."""
SHAPES = {"position": (3, 3), "part": (), "normal": (3, 3), "detail": (3,)}
"""Of the arrays beside the UVs: what each triangle has."""
WORDS = {
    "position": "their positions",
    "part": "their parts",
    "normal": "their normals",
    "detail": "their detail",
}


@dataclass(frozen=True, slots=True)
class Mesh:
    """The triangles by which a texture is shown."""

    uv: NDArray[np.float32]
    """(N, 3, 2), u to the right and v up, 0 to 1 across the texture."""
    position: NDArray[np.float32] | None = None
    """(N, 3, 3): their corners in the scene, z up; None if not known, then seams cannot be found."""
    part: NDArray[np.int32] | None = None
    """(N,): number of the object that each belongs to; None if all belong to one."""
    normal: NDArray[np.float32] | None = None
    """(N, 3, 3): by which their corners are shaded; None if not known."""
    detail: NDArray[np.float32] | None = None
    """(N, 3): how much finer brushes are wanted at their corners, 0 to 1; None: not at all."""

    @property
    def places(self) -> NDArray[np.float64]:
        """Positions of corners, (N, 3, 3), for what is not asked where they are not known."""
        if self.position is None:
            raise ValueError("the mesh has no positions")
        return self.position.astype(np.float64)

    def chosen(self, those: NDArray[np.bool_], uv: NDArray[np.floating] | None = None) -> "Mesh":
        """Return the triangles that ``those`` (N,) selects, with UVs of their own if given."""
        moved = (self.uv[those] if uv is None else uv).astype(np.float32)
        every = {name: getattr(self, name) for name in SHAPES}
        return Mesh(moved, **{n: None if a is None else a[those] for n, a in every.items()})


def load_mesh(path: Path) -> tuple[Mesh, tuple[str, ...]]:
    """Read the triangles in a ``.npz`` of ``Mesh``'s arrays, or in a ``.npy`` of UVs alone.

    Returns:
        The triangles whose numbers are all finite, and notes on the others.

    Raises:
        PictureError: if it cannot be read.
    """
    with explain_damage(PictureError, f"cannot read the UV triangles in {path}: {{reason}}"):
        arrays = read_arrays(path)
    uv = arrays.get("uv", arrays.get("", np.empty(0)))
    _check_shape(path, "UV triangles", uv, (3, 2), uv)
    given = {name: arrays[name] for name in SHAPES if name in arrays}
    for name, array in given.items():
        _check_shape(path, WORDS[name], array, SHAPES[name], uv)
    finite = _are_finite([uv, *given.values()], len(uv))
    lost = len(uv) - int(finite.sum())
    notes = (f"{lost} triangles have UVs that are no numbers and were left out",) if lost else ()
    if lost == len(uv):
        notes = (*notes, "there are no UVs to go by, so all of the picture counts")
    parts: dict[str, Any] = {
        name: array[finite].astype(np.int32 if name == "part" else np.float32)
        for name, array in given.items()
    }
    return Mesh(uv[finite].astype(np.float32), **parts), notes


def _are_finite(arrays: Iterable[NDArray[np.generic]], count: int) -> NDArray[np.bool_]:
    finite = np.ones(count, bool)
    for array in arrays:
        finite &= np.isfinite(array).all(tuple(range(1, array.ndim)))
    return finite


def _check_shape(
    path: Path,
    what: str,
    array: NDArray[np.generic],
    shape: tuple[int, ...],
    uv: NDArray[np.generic],
) -> None:
    if array.dtype.kind not in "fiu" or array.shape != (len(uv), *shape):
        wanted = ", ".join(map(str, ("N", *shape)))
        raise PictureError(f"{what} must have the shape ({wanted}); {path} has {array.shape}")


def place_in_square(mesh: Mesh) -> Mesh | None:
    """Return the triangles moved by whole numbers into the UV square; None if many do not fit.

    A texture repeats beyond the square, so a triangle that lies in another square shows the same texels.
    """
    uv = mesh.uv - np.floor(mesh.uv.mean(1, keepdims=True))
    area = area_of(uv)
    leaves = (uv.min((1, 2)) < -EDGE) | (uv.max((1, 2)) > 1 + EDGE)
    if area[leaves].sum() > REPEATED * area.sum() or leaves.all():
        return None
    inside = ~leaves
    return mesh.chosen(inside, uv[inside].clip(0, 1))
