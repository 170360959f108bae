"""Edited normals: an object is shaded as a simpler shape around it is, so that its shadows have clean edges.

The shape is a proxy, an object of its own that artists move and sculpt; a Data Transfer modifier brings its
normals over.
"""

from collections.abc import Iterable
from typing import Any

import bmesh
import bpy
from bpy.types import Object, Scene

from ..images import TAG
from .outlines import outline_of

NAME = "Toon Normals"
"""Of the modifier."""
PROXY = "toon_proxy"
"""What a proxy is marked as."""


def add_normals(scene: Scene, object_: Any, proxy: Any = None) -> str:
    """Shade an object as a proxy; return why it cannot be, or nothing.

    Args:
        scene: Where a new proxy goes.
        object_: A mesh object.
        proxy: The shape; None: one is made around the object.
    """
    if object_.type != "MESH" or not object_.data.polygons:
        return "is no mesh with faces, so it gets no other normals"
    if object_.library is not None:
        return "is linked; make a library override of it"
    proxy = proxy or proxy_of(object_) or _make_proxy(scene, object_)
    modifier = normals_of(object_) or object_.modifiers.new(NAME, "DATA_TRANSFER")
    modifier.object = proxy
    modifier.use_loop_data, modifier.data_types_loops = True, {"CUSTOM_NORMAL"}
    modifier.loop_mapping = "POLYINTERP_NEAREST"
    _put_before_outline(object_, modifier)
    return ""


def normals_of(object_: Object) -> Any:
    """Return the modifier of an object's other normals; None if it has none."""
    found = object_.modifiers.get(NAME)
    return found if found is not None and found.type == "DATA_TRANSFER" else None


def proxy_of(object_: Object) -> Any:
    """Return the shape that an object is shaded as; None if there is none."""
    modifier = normals_of(object_)
    return None if modifier is None else modifier.object


def _put_before_outline(object_: Any, modifier: Any) -> None:
    outline = outline_of(object_)
    if outline is not None:
        last = object_.modifiers.find(outline.name)
        own = object_.modifiers.find(modifier.name)
        if own > last:
            object_.modifiers.move(own, last)


def _make_proxy(scene: Scene, object_: Any) -> Any:
    """Return a smooth shape around an object, hidden from renders, that moves with it."""
    mesh = bpy.data.meshes.new(f"{object_.name} normals")
    shape = bmesh.new()
    shape.from_mesh(object_.data)
    hull = bmesh.ops.convex_hull(shape, input=shape.verts)
    gone = [
        g
        for g in (*hull["geom_interior"], *hull["geom_unused"])
        if isinstance(g, bmesh.types.BMVert)
    ]
    bmesh.ops.delete(shape, geom=gone, context="VERTS")
    for face in shape.faces:
        face.smooth = True
    shape.to_mesh(mesh)
    shape.free()
    proxy: Any = bpy.data.objects.new(f"{object_.name} normals", mesh)
    proxy[TAG] = PROXY
    scene.collection.objects.link(proxy)
    proxy.parent, proxy.hide_render, proxy.display_type = object_, True, "WIRE"
    remesh = proxy.modifiers.new("Even", "REMESH")
    remesh.mode, remesh.octree_depth, remesh.use_smooth_shade = "SMOOTH", 4, True
    smooth = proxy.modifiers.new("Smooth", "SMOOTH")
    smooth.iterations, smooth.factor = 20, 0.7
    return proxy


def remove_normals(objects: Iterable[Object]) -> None:
    """Give objects their own normals back; shapes that were made for it are removed."""
    for object_ in [o for o in objects if o.library is None and normals_of(o) is not None]:
        proxy = proxy_of(object_)
        object_.modifiers.remove(normals_of(object_))
        used = any(proxy_of(other) == proxy for other in bpy.data.objects)
        if proxy is not None and proxy.get(TAG) == PROXY and not used:
            mesh = proxy.data
            bpy.data.objects.remove(proxy)
            if not mesh.users:
                bpy.data.meshes.remove(mesh)
