"""Baking without blocking the window: a second Blender bakes from a copy of the objects."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Object
from numpy.typing import NDArray

from ...core.errors import StylizeError
from ..images import Unsuitable
from ..painted import write_painted
from ..second_blender import SecondBlender
from ..settings import Settings
from .bake_copy import painted_in, write_copy
from .bake_task import describe
from .made_uvs import groups_of
from .worklist import Bake

DOES = "bakes the colors"
QUICK = ("--factory-startup",)
"""Blender's options: as quick a start as may be."""


class Baking:
    """The bakes of a second Blender. Nothing here blocks."""

    def __init__(
        self,
        bakes: Mapping[str, Bake],
        settings: Settings,
        bare: Sequence[Sequence[Object]] = (),
    ) -> None:
        """Store the current state of everything to bake; ``start`` begins.

        Args:
            bakes: The bakes.
            settings: Say the side of the pictures, and which vertex groups want finer brushes.
            bare: Objects to make UV maps for, by material.
        """
        self.names = frozenset(bakes)
        self._work = Path(tempfile.mkdtemp(prefix="stylize_"))
        self._size, self.group = settings.bake_size, settings.detail_group
        self._places = {
            name: (str(self._work / f"{n}.npy"), str(self._work / f"{n}.mesh.npz"))
            for n, name in enumerate(bakes)
        }
        self._bakes = bakes
        self._bare = groups_of(bare)
        self.unwraps = bool(self._bare)
        """Whether UV maps are to be made."""
        self.uvs: dict[str, NDArray[np.float32]] = {}
        """UVs that were made, by their meshes' full names, once it is prepared."""
        self._blender: SecondBlender | None = None
        self._prepared = False
        self._done: dict[str, str] = {}
        """Each bake that has ended, and why it failed; nothing: it did not."""
        self._failed = ""

    def start(self) -> Iterator[None]:
        """Copy everything to bake and start the second Blender, step by step.

        Between steps the file must not change, except for the one picture that the next step copies.

        Raises:
            StylizeError: if it cannot be copied.
        """
        if not self._bakes and not self._bare:
            self._prepared = True
            return
        copy = self._work / "bake.blend"
        materials = list(dict.fromkeys(bake.material for bake in self._bakes.values()))
        objects = [object_ for bake in self._bakes.values() for object_ in bake.objects]
        objects += [object_ for group in self._bare for object_ in group]
        request = self._make_request(copy)
        request["holder"] = write_copy(copy, objects, materials)
        self._bakes, self._bare = {}, []
        for picture in write_painted(painted_in(materials), self._work):
            request["painted"].append(picture)
            yield
        self._blender = SecondBlender(request, self._work, DOES, QUICK)

    def _make_request(self, copy: Path) -> dict[str, Any]:
        scene = bpy.context.scene
        bakes = [
            {
                "name": name,
                "material": bake.material.name_full,
                "place": describe(bake.site.target),
                "objects": [object_.name_full for object_ in bake.objects],
                "pixels": self._places[name][0],
                "mesh": self._places[name][1],
            }
            for name, bake in self._bakes.items()
        ]
        frame = {"frame": scene.frame_current, "subframe": scene.frame_subframe}
        what = {"task": "bake", "file": str(copy), "size": self._size, "painted": []}
        what["group"] = self.group
        unwrap = [[object_.name_full for object_ in group] for group in self._bare]
        return {**what, **frame, "bakes": bakes, "unwrap": unwrap}

    def is_prepared(self) -> bool:
        """Return whether all triangles have been written or have failed."""
        self._read_messages()
        return self._prepared or bool(self._failed)

    @property
    def failure(self) -> str:
        """Why no further bake will be made; empty without a failure."""
        return self._failed

    def mesh(self, name: str) -> Path | None:
        """Return the file of the triangles that show a bake, once prepared; None if there are none."""
        path = Path(self._places[name][1])
        return path if path.is_file() else None

    def file(self, name: str) -> Path:
        """Return the file of a baked colour, once baked: (size, size, 3) uint8 sRGB, top row first."""
        return Path(self._places[name][0])

    def is_baked(self, name: str) -> bool:
        """Return whether a colour has been baked.

        Raises:
            Unsuitable: if it has failed.
        """
        self._read_messages()
        if name not in self._done:
            if self._failed:
                raise Unsuitable(f"its color could not be baked. {self._failed}")
            return False
        if self._done[name]:
            raise Unsuitable(self._done[name])
        return True

    def _read_messages(self) -> None:
        if self._blender is None or self._failed:
            return
        try:
            for message in self._blender.messages():
                if "prepared" in message:
                    self._prepared = True
                    self.uvs = {name: np.load(file) for name, file in message["uvs"].items()}
                if "baked" in message:
                    self._done[message["baked"]] = ""
                if "failed" in message:
                    self._done[message["failed"]] = message["why"]
        except StylizeError as error:
            over = self._prepared and len(self._done) == len(self.names)
            self._failed = "" if over else str(error)

    def close(self) -> None:
        """End the second Blender at once."""
        if self._blender is not None:
            self._blender.close()
        shutil.rmtree(self._work, ignore_errors=True)
