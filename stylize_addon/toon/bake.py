"""Baking the toon look into a model: a second Blender does it from a copy of the file."""

import shutil
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import bpy
from bpy.types import Object, Scene

from ...core.cli.console import format_seconds
from ...core.errors import ParamsError, StylizeError
from ...core.fields import check_limits
from ..images import safe_name
from ..lamps import lamps_of
from ..materials.results import replace_file
from ..painted import painted_images, write_painted
from ..rendering.process import write_copy
from ..second_blender import SecondBlender
from ..time_left import Status
from .bake_settings import ToonBake
from .material import wears_toon
from .wear import with_instances

DOES = "bakes the toon look"
NO_TOON = "None of these objects is shown as toon; press Toon first"


@dataclass(slots=True)
class Baked:
    """The result in a working folder, to be put in place."""

    work: Path
    output: Path
    names: list[str] = field(default_factory=list)
    """Of the objects, in the order of their pictures."""
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    def summary(self) -> list[str]:
        """Return sentences on what was done."""
        objects = "1 object" if len(self.names) == 1 else f"{len(self.names)} objects"
        took = format_seconds(time.monotonic() - self.began)
        return [f"Baked {objects} into {self.output.name} in {took}"]

    def discard(self) -> None:
        """Remove the working folder."""
        shutil.rmtree(self.work, ignore_errors=True)


def bake_toon(
    asked: ToonBake, scene: Scene, objects: Sequence[Object], output: Path
) -> Generator[Status, None, Baked]:
    """Bake the toon look of objects, step by step; ``put_files`` puts it in place.

    Raises:
        StylizeError: with a sentence for the user; nothing is changed or written then.
    """
    baked = Baked(Path(tempfile.mkdtemp(prefix="stylize_")), output)
    try:
        chosen = _check(asked, scene, objects, output, baked)
        yield from _bake(asked, scene, chosen, baked)
    except BaseException:
        baked.discard()
        raise
    return baked


def _check(
    asked: ToonBake, scene: Scene, objects: Sequence[Object], output: Path, baked: Baked
) -> list[Object]:
    """Return the objects to bake; what cannot be baked is noted."""
    check_limits(asked)
    if output.suffix.lower() != ".glb":
        raise ParamsError(f"{output.name} cannot be written; choose a name that ends in .glb")
    if not output.parent.is_dir():
        raise ParamsError(f"{output.name} cannot be written: there is no folder {output.parent}")
    lamps = [o.name for o in scene.objects if o.type == "LIGHT"]
    if asked.lamp and asked.lamp not in lamps:
        known = ", ".join(lamps) or "none"
        raise ParamsError(f"There is no lamp {asked.lamp}; the lamps here are: {known}", "lamp")
    if asked.seen and scene.camera is None:
        raise ParamsError("The scene has no camera that could see highlights; add one", "seen")
    toon = [o for o in with_instances(objects) if wears_toon(o)]
    if not toon:
        raise ParamsError(NO_TOON)
    if not lamps_of(scene) and not asked.lamp:
        baked.remarks.append("The scene has no lamp, so it was baked in a sun from the left above")
    baked.notes += [f"{o.name}: is no mesh; convert it to one" for o in toon if o.type != "MESH"]
    meshes = [o for o in toon if o.type == "MESH" and o.data.polygons]
    if not meshes:
        raise StylizeError("; ".join(baked.notes) or "These objects have no faces to bake on")
    _remark_view(scene, baked)
    return meshes


def _remark_view(scene: Scene, baked: Baked) -> None:
    view = scene.view_settings.view_transform
    if view not in ("Standard", "Raw"):
        baked.remarks.append(
            f"The pictures look like the scene in the view Standard; it has {view}"
        )


def _bake(
    asked: ToonBake, scene: Scene, objects: Sequence[Object], baked: Baked
) -> Generator[Status, None, None]:
    yield Status(0, "Copying the file")
    pictures = baked.work / "pictures"
    pictures.mkdir()
    request: dict[str, Any] = {
        "task": "toon",
        "file": str(baked.work / "scene.blend"),
        "model": str(baked.work / "model.glb"),
        "folder": str(pictures),
        "asked": asdict(asked),
        "scene": scene.name,
        "objects": [o.name_full for o in objects],
        "frame": scene.frame_current,
        "subframe": scene.frame_subframe,
        "painted": [],
    }
    write_copy(Path(request["file"]))
    for picture in write_painted(painted_images(i for i in bpy.data.images if i.users), baked.work):
        request["painted"].append(picture)
        yield Status(0, "Copying the file")
    with closing(SecondBlender(request, baked.work, DOES)) as blender:
        yield from _steps(blender, baked, len(objects))


def _steps(blender: SecondBlender, baked: Baked, count: int) -> Generator[Status, None, None]:
    while True:
        for message in blender.messages():
            if "done" in message:
                return
            baked.names.append(message["baked"])
        done = len(baked.names)
        text = f"Baking object {done + 1} of {count}" if done < count else "Writing the model"
        yield Status(0.05 + 0.9 * done / count, text)


def put_files(baked: Baked) -> list[str]:
    """Put model and pictures in place; return the names of the files.

    Raises:
        StylizeError: if they cannot be written.
    """
    output, written = baked.output, []
    try:
        replace_file(baked.work / "model.glb", output)
        written.append(output.name)
        for number, name in enumerate(baked.names):
            picture = output.with_name(f"{output.stem}.{safe_name(name)}.png")
            replace_file(baked.work / "pictures" / f"{number}.png", picture)
            written.append(picture.name)
    except OSError as error:
        raise StylizeError(
            f"The model cannot be written to {output.parent} ({error.strerror})"
        ) from error
    return written
