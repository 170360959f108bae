"""The files of a run: pictures as they are read, bakes, and the triangles that show them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..engine import Engine
from ..images import Part, Source, read_source, safe_name
from . import uv_islands
from .bake_process import Baking
from .baking import plain_color
from .last_render import read_render
from .survey import without_uv
from .uv_islands import Triangles
from .worklist import Bake, Picture


@dataclass(frozen=True, slots=True)
class Helpers:
    """The processes of a run."""

    engine: Engine
    baking: Baking
    thread: ThreadPoolExecutor


def read_picture(picture: Picture, folder: Path) -> Source:
    """Return a picture's files; raises Unsuitable if there is nothing to stylize."""
    if picture.image.type == "RENDER_RESULT" and not picture.sites:
        return read_render(picture.image, folder)
    return read_source(picture.image, folder, alpha=picture.alpha)


def write_bake(name: str, bake: Bake, helpers: Helpers, size: int) -> tuple[Part, Path | None]:
    """Return the files of a bake and of the triangles that show it; the bake may still be in progress."""
    if name in helpers.baking.names:
        mesh = None if without_uv(bake) else helpers.baking.mesh(name)
        return Part(helpers.baking.file(name), ".png"), mesh
    part = Part(helpers.engine.work / f"{safe_name(name)}.bake.npy", ".png")
    np.save(part.content, plain_color(bake.site.target, size))
    triangles = None if without_uv(bake) else gather_plain_triangles(bake, helpers)
    if triangles is None:
        return part, None
    return part, uv_islands.write(triangles, part.content.with_suffix(".mesh.npz"))


def gather_plain_triangles(bake: Bake, helpers: Helpers) -> Triangles | None:
    """Return the triangles that show a bake which needs no second Blender."""
    uses = [(bake.material, uv_islands.ACTIVE)]
    return uv_islands.gather(uses, helpers.baking.uvs, helpers.baking.group)
