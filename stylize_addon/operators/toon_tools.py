"""``bpy.ops.stylize.toon_map``, ``.toon_normals``, ``.toon_strokes``: an artist's hand on a toon look."""

from collections.abc import Sequence
from typing import Any

import bpy
from bpy.props import EnumProperty, StringProperty
from bpy.types import Context, Object, Operator

from ...core.errors import ParamsError, StylizeError
from ...core.request.toon_look import ALONG
from ..materials.results import group_sentences
from ..materials.worklist import locked
from ..session import SESSION, Answer
from ..settings import chosen_objects
from ..toon.library import make_library
from ..toon.maps import (
    SPECULAR,
    THRESHOLD,
    add_attribute,
    attribute_name,
    clear_map,
    curvature_map,
    neutral,
    show_attribute,
    show_picture,
)
from ..toon.material import toon_node
from ..toon.normals import add_normals, remove_normals
from ..toon.sockets import named
from ..toon.strokes import add_ways
from ..wearing import materials_on

KINDS = (
    (THRESHOLD, "Threshold", "Where shadow comes early (dark) or late (bright)"),
    (SPECULAR, "Highlights", "Where highlights are large (bright) or none (black)"),
)
SOURCES = (
    ("PAINT", "Paint", "A color attribute to paint on in Vertex Paint, neutral at first"),
    ("CURVATURE", "Curvature", "A color attribute made from the mesh: hollows dark, ridges bright"),
    ("PICTURE", "Picture", "A picture, shown by the mesh's UVs"),
    ("NONE", "None", "No map"),
)
NO_TOON = "None of the selected meshes is shown as toon; press Toon first"


class STYLIZE_OT_toon_map(Operator):
    """Steer toon light by hand: a map moves the edge of the shadow, or says where highlights are."""

    bl_idname = "stylize.toon_map"
    bl_label = "Toon Map"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    kind: EnumProperty(name="Steers", description="What the map steers", items=KINDS)
    source: EnumProperty(name="From", description="What the map is", items=SOURCES)
    image: StringProperty(name="Picture", description="Name of the picture, for a map from one")

    def execute(self, context: Context) -> Answer:
        try:
            self._show()
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def _show(self) -> None:
        meshes = _toon_meshes()
        materials = [m for m in materials_on(meshes) if toon_node(m) is not None and not locked(m)]
        if self.source == "NONE":
            for material in materials:
                clear_map(material, self.kind)
        elif self.source == "PICTURE":
            image = bpy.data.images.get(self.image)
            if image is None:
                known = ", ".join(i.name for i in bpy.data.images) or "none"
                raise ParamsError(
                    f"There is no picture {self.image}; the pictures here are: {known}"
                )
            for material in materials:
                show_picture(material, self.kind, image)
        else:
            self._add_attributes(meshes)
            for material in materials:
                show_attribute(material, self.kind)

    def _add_attributes(self, objects: Sequence[Object]) -> None:
        """Give all meshes the map: those that lack it would be black."""
        for mesh in _changeable(objects):
            if self.source == "CURVATURE":
                add_attribute(mesh, self.kind, curvature_map(mesh, self.kind))
            elif attribute_name(self.kind) not in mesh.color_attributes:
                add_attribute(mesh, self.kind, neutral(mesh, self.kind))


def _toon_meshes() -> list[Object]:
    meshes = [o for o in chosen_objects("SELECTED") if o.type == "MESH"]
    toon = [o for o in meshes if any(toon_node(m) is not None for m in materials_on([o]))]
    if not toon:
        raise ParamsError(NO_TOON)
    return toon


def _changeable(objects: Sequence[Object]) -> list[Any]:
    """Return the meshes of objects that attributes can be added to.

    Raises:
        ParamsError: if one is being edited.
    """
    meshes: list[Any] = [m for m in dict.fromkeys(o.data for o in objects) if not locked(m)]
    for mesh in meshes:
        if mesh.is_editmode:
            raise ParamsError(f"{mesh.name} is being edited; leave Edit Mode first")
    return meshes


class STYLIZE_OT_toon_strokes(Operator):
    """Have the hatching of the selected objects follow their sides, their UVs, or the way that they bend."""

    bl_idname = "stylize.toon_strokes"
    bl_label = "Hatching Follows"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    along: EnumProperty(
        name="Follows",
        description="What strokes follow",
        items=(
            ("OBJECT", "Object", "The object's own sides"),
            ("UV", "UVs", "The active UV map"),
            ("CURVATURE", "Curvature", "The way that the surface bends most, around its forms"),
        ),
    )

    def execute(self, context: Context) -> Answer:
        try:
            meshes = _toon_meshes()
            if self.along == "CURVATURE":
                add_ways(_changeable(meshes))
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        for material in materials_on(meshes):
            if toon_node(material) is not None and not locked(material):
                socket = named(toon_node(material).inputs)["hatch_along"]
                socket.default_value = ALONG.index(self.along.lower())
        return {"FINISHED"}


class STYLIZE_OT_toon_normals(Operator):
    """Shade the selected meshes as the active one of several, or each as a smooth shape made around it."""

    bl_idname = "stylize.toon_normals"
    bl_label = "Clean Shadows"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    action: EnumProperty(
        name="Normals",
        description="Whose normals count",
        items=(
            ("PROXY", "Proxy", "Those of a simpler shape"),
            ("OWN", "Own", "The meshes' own again"),
        ),
    )

    def execute(self, context: Context) -> Answer:
        meshes = [o for o in chosen_objects("SELECTED") if o.type == "MESH"]
        active = context.view_layer.objects.active
        if self.action == "OWN":
            remove_normals(meshes)
            return {"FINISHED"}
        proxy = active if len(meshes) > 1 and active in meshes else None
        wanted = [o for o in meshes if o != proxy]
        if not wanted:
            self.report({"ERROR"}, "No mesh is selected; select the meshes to shade")
            return {"CANCELLED"}
        notes = [(o.name, add_normals(context.scene, o, proxy)) for o in wanted]
        skipped = group_sentences(f"{name}: {why}" for name, why in notes if why)
        SESSION.say("Normals come from simpler shapes", skipped=skipped)
        self.report({"WARNING" if skipped else "INFO"}, ". ".join(SESSION.lines))
        return {"FINISHED"}


class STYLIZE_OT_toon_library(Operator):
    """Add the toon looks to the asset browser as node groups, for the graphs of any material."""

    bl_idname = "stylize.toon_library"
    bl_label = "Add Looks to Asset Browser"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way

    def execute(self, context: Context) -> Answer:
        try:
            path = make_library()
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"The asset library Stylize has the looks ({path.name})")
        return {"FINISHED"}


CLASSES = (
    STYLIZE_OT_toon_map,
    STYLIZE_OT_toon_strokes,
    STYLIZE_OT_toon_normals,
    STYLIZE_OT_toon_library,
)
