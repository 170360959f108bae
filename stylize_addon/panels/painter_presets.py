"""Presets of painters: what a painter's settings were, kept by name as Blender keeps all presets."""

from dataclasses import fields
from typing import Any

import bpy
from bl_operators.presets import AddPresetBase
from bl_ui.utils import PresetPanel
from bpy.types import Context, Menu, Operator, Panel

from ...core.catalog import find_card
from ..method_list import PAINTER_IDS

FOLDER = "stylize/painter"
NO_PAINTER = "Choose a painter first, such as Oil, whose settings are to be kept"


class STYLIZE_MT_painter_presets(Menu):
    """Painters that were kept."""

    bl_idname = "STYLIZE_MT_painter_presets"
    bl_label = "Painter Presets"
    preset_subdir = FOLDER
    preset_operator = "script.execute_preset"
    draw = Menu.draw_preset


class STYLIZE_PT_painter_presets(PresetPanel, Panel):
    """What the painter's panel shows of them."""

    bl_label = "Painter Presets"
    preset_subdir = FOLDER
    preset_operator = "script.execute_preset"
    preset_add_operator = "stylize.add_painter_preset"


class STYLIZE_OT_add_painter_preset(AddPresetBase, Operator):
    """Keep the painter with its brush and all its settings, or remove what was kept."""

    bl_idname = "stylize.add_painter_preset"
    bl_label = "Add Painter Preset"
    preset_menu = "STYLIZE_MT_painter_presets"
    preset_subdir = FOLDER
    preset_defines = ("settings = bpy.context.scene.stylize",)

    @classmethod
    def poll(cls, context: Context) -> bool:
        """Return whether a painter is chosen."""
        chosen = context.scene.stylize.method in PAINTER_IDS
        if not chosen:
            cls.poll_message_set(NO_PAINTER)
        return chosen

    @property
    def preset_values(self) -> list[str]:
        """Return what is kept: the method, the brush, and the settings of the method alone."""
        settings: Any = bpy.context.scene.stylize
        card = find_card(settings.method)
        own = [f"settings.params_{card.id}.{f.name}" for f in fields(card.params)]
        return ["settings.method", "settings.style_scale", *own]


CLASSES = (STYLIZE_MT_painter_presets, STYLIZE_PT_painter_presets, STYLIZE_OT_add_painter_preset)
