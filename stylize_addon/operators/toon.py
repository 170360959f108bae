"""``bpy.ops.stylize.toon``: show materials as toon, and back; ``.toon_light``: measure the light for them."""

from collections.abc import Generator, Sequence
from dataclasses import fields
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, StringProperty
from bpy.types import Context, Material, Object, Operator

from ...core.errors import ParamsError, StylizeError
from ..materials.results import group_sentences
from ..properties import SCOPES
from ..session import SESSION, Answer
from ..settings import Settings, ask, chosen_materials, chosen_objects
from ..time_left import Status
from ..toon.apply import Shown, hide_toon, show_toon
from ..toon.bake import Baked, bake_toon, put_files
from ..toon.bake_settings import ToonBake
from ..toon.lights import set_key
from ..toon.properties import bake_properties, toon_properties
from ..toon.wear import with_instances
from ..wearing import materials_on, wearers_of
from .running import Applying, Running


class STYLIZE_OT_toon(Operator):
    """Show these materials as toon, live in EEVEE and in Cycles; originals are kept."""

    bl_idname = "stylize.toon"
    bl_label = "Toon"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    __annotations__ = toon_properties() | {
        "back": BoolProperty(
            name="Back", description="Show the materials as they were", options={"SKIP_SAVE"}
        ),
        "scope": EnumProperty(
            name="For", description="What to show as toon", items=SCOPES, default="SELECTED"
        ),
        "materials": StringProperty(
            name="Materials",
            description="Names of materials, one a line, for the scope of named materials",
        ),
    }

    def invoke(self, context: Context, event: object) -> Answer:
        settings = context.scene.stylize
        for name in toon_properties():
            if not self.properties.is_property_set(name):
                setattr(self, name, getattr(settings, name))
        if not self.properties.is_property_set("scope"):
            self.scope = settings.scope
        return self.execute(context)

    def execute(self, context: Context) -> Answer:
        try:
            return self._hide() if self.back else self._show(context)
        except StylizeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}

    def _show(self, context: Context) -> Answer:
        objects, materials = self._choose()
        shown = show_toon(
            context.scene,
            objects,
            materials,
            look=self.toon_look,
            outlines=self.toon_outlines,
            bumps=self.toon_bumps,
        )
        return self._tell(shown)

    def _choose(self) -> tuple[Sequence[Object], Sequence[Material] | None]:
        if self.scope == "NAMED":
            chosen = chosen_materials(self._settings())
            return wearers_of(chosen), chosen
        objects = with_instances(chosen_objects(self.scope))
        if not objects:
            words = "No object with a surface is selected; select the objects to show as toon"
            raise ParamsError(
                words if self.scope == "SELECTED" else "There is no object with a surface"
            )
        return objects, None

    def _settings(self) -> Settings:
        names = tuple(name for name in self.materials.splitlines() if name)
        return Settings(job=ask(styles=()), scope=self.scope, materials=names)

    def _tell(self, shown: Shown) -> Answer:
        notes = group_sentences(shown.notes)
        count = len(shown.materials)
        SESSION.say(f"Toon: {count} {'material' if count == 1 else 'materials'}", skipped=notes)
        self.report({"WARNING" if notes else "INFO"}, ". ".join(SESSION.lines))
        return {"FINISHED"}

    def _hide(self) -> Answer:
        if self.scope == "NAMED":
            materials = chosen_materials(self._settings())
        else:
            materials = materials_on(with_instances(chosen_objects(self.scope)))
        count = hide_toon(materials)
        if not count:
            self.report({"WARNING"}, "None of these materials is shown as toon")
            return {"CANCELLED"}
        SESSION.say(f"{count} {'material is' if count == 1 else 'materials are'} as before")
        self.report({"INFO"}, *SESSION.report)
        return {"FINISHED"}


class STYLIZE_OT_toon_light(Operator):
    """Measure the scene's light anew: a toon material's tones are parts of its brightest lamp's light."""

    bl_idname = "stylize.toon_light"
    bl_label = "Measure Light"
    bl_options = {"REGISTER", "UNDO"}  # noqa: RUF012  # Blender's way

    def execute(self, context: Context) -> Answer:
        shown = [o for o in context.scene.objects if o.type == "MESH"]
        set_key(context.scene, shown, anew=True)
        return {"FINISHED"}


class STYLIZE_OT_bake_toon(Running, Operator):
    """Bake the toon look of these objects into a model (.glb) of plain materials, for games and the web."""

    bl_idname = "stylize.bake_toon"
    bl_label = "Bake Toon"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking at the objects"
    applying = "write_baked_toon"
    cancelled = "Cancelled; nothing was written"

    __annotations__ = bake_properties() | {
        "scope": EnumProperty(
            name="For", description="What to bake", items=SCOPES[:3:2], default="SELECTED"
        ),
    }

    def steps(self, context: Context) -> Generator[Status, None, Baked]:
        asked = ToonBake(**{f.name: getattr(self, f.name) for f in fields(ToonBake)})
        if not bpy.data.filepath and self.filepath.startswith("//"):
            raise ParamsError("The file has not been saved yet; save it, or choose a full path")
        output = Path(bpy.path.abspath(self.filepath)).absolute()
        return bake_toon(asked, context.scene, chosen_objects(self.scope), output)


class STYLIZE_OT_write_baked_toon(Applying, Operator):
    """Put a baked model in place."""

    bl_idname = "stylize.write_baked_toon"
    bl_label = "Bake Toon"
    apply = staticmethod(put_files)


CLASSES = (
    STYLIZE_OT_toon,
    STYLIZE_OT_toon_light,
    STYLIZE_OT_bake_toon,
    STYLIZE_OT_write_baked_toon,
)
