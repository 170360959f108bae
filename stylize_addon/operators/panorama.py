"""``bpy.ops.stylize.panorama``: stylize what surrounds the scene, or a 360° picture."""

from bpy.types import Context, Operator

from ..properties import FOLDER, look_properties, panorama_properties, panorama_settings
from ..settings import Settings
from .running import Applying, Chosen, Running


class STYLIZE_OT_panorama(Running, Operator):
    """Give what surrounds the scene, or a 360° picture, the style of another one; the original is kept."""

    bl_idname = "stylize.panorama"
    bl_label = "Stylize 360° Panorama"
    bl_options = {"REGISTER"}  # noqa: RUF012  # Blender's way
    opening = "Looking at the panorama"
    applying = "apply_panorama"

    __annotations__ = look_properties() | panorama_properties() | {"folder": FOLDER}

    def settings(self, context: Context) -> Settings:
        return panorama_settings(Chosen(self, context), context, folder=self.folder)


class STYLIZE_OT_apply_panorama(Applying, Operator):
    """Put a stylized panorama into the World, or beside its original."""

    bl_idname = "stylize.apply_panorama"
    bl_label = "Stylize 360° Panorama"


CLASSES = (STYLIZE_OT_panorama, STYLIZE_OT_apply_panorama)
