"""The baking in the second Blender: writing each colour, and the triangles that show it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from bpy.types import Material, Object

from ..images import Unsuitable
from ..painted import read_painted
from . import uv_islands
from .baking import bake_color
from .made_uvs import unwrap
from .walk import Place, Target

Request = Mapping[str, Any]


def describe(target: Target) -> dict[str, Any]:
    """Return a description by which another Blender finds a colour input."""
    groups = [group.name for group in target.place.groups]
    return {"groups": groups, "node": target.node.name, "socket": target.socket.identifier}


def find_target(material: Material, place: Mapping[str, Any]) -> Target:
    """Return the colour input of a description from ``describe``."""
    here = Place(material.node_tree)
    for name in place["groups"]:
        here = here.enter(here.tree.nodes[name])
    node: Any = here.tree.nodes[place["node"]]
    socket = next(s for s in node.inputs if s.identifier == place["socket"])
    return Target(here, node, socket)


def bake_all(request: Request) -> Iterator[dict[str, Any]]:
    """Write triangles, then one bake after another; yield results and failures."""
    holder = bpy.data.collections[request["holder"]]
    bpy.context.scene.collection.children.link(holder)
    bpy.context.scene.frame_set(request["frame"], subframe=request["subframe"])
    read_painted(request["painted"])
    objects = {object_.name_full: object_ for object_ in holder.objects}
    uvs = dict(_unwrap(request, objects))
    for bake in request["bakes"]:
        worn = [objects[name] for name in bake["objects"]]
        _write_triangles(_find_material(bake), worn, Path(bake["mesh"]), request["group"])
    yield {"prepared": True, "uvs": uvs}
    for bake in request["bakes"]:
        yield _bake(bake, objects, request)


def _unwrap(request: Request, objects: Mapping[str, Object]) -> Iterator[tuple[str, str]]:
    """Make the requested UV maps; yield names of meshes, and the files of their UVs."""
    for number, names in enumerate(request["unwrap"]):
        uv_maps = unwrap([objects[name] for name in names])
        for count, (mesh, uvs) in enumerate(uv_maps.items()):
            path = Path(request["file"]).with_name(f"uv{number}-{count}.npy")
            np.save(path, uvs)
            yield mesh, str(path)


def _find_material(bake: Request) -> Material:
    return next(m for m in bpy.data.materials if m.name_full == bake["material"])


def _write_triangles(material: Material, objects: list[Object], path: Path, group: str) -> None:
    triangles = [uv_islands.triangles_of(o, material, uv_islands.ACTIVE, group) for o in objects]
    every = uv_islands.join([t for t in triangles if t is not None])
    if len(every):
        uv_islands.write(every, path)


def _bake(bake: Request, objects: Mapping[str, Object], request: Request) -> dict[str, Any]:
    material = _find_material(bake)
    target, worn = find_target(material, bake["place"]), [objects[n] for n in bake["objects"]]
    worn = [o for o in worn if uv_islands.uv_range(o, material) is not None]
    if not worn:
        return {"failed": bake["name"], "why": "its objects are made by nodes that pass on no UVs"}
    frame = (request["frame"], request["subframe"])
    try:
        pixels = bake_color(target, material, worn, request["size"], frame)
    except Unsuitable as why:
        return {"failed": bake["name"], "why": str(why)}
    np.save(bake["pixels"], pixels)
    return {"baked": bake["name"]}
