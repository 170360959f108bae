"""Stylized pictures that no graph uses: kept in the file, and shown in Image Editors."""

import bpy
from bpy.types import Area, Image, SpaceImageEditor

from ..images import TAG
from .graph import look_of

KEPT = "panorama"
"""Custom property of a picture that no graph uses."""
ORIGINAL = "stylize_original"
"""Custom property: the name of the image that such a picture was made of."""


def keep_beside(image: Image, original: str) -> None:
    """Keep a picture, in place of the one of its look made of the image of that name before, and show it."""
    image[TAG], image[ORIGINAL] = KEPT, original
    image.use_fake_user = True
    for earlier in _made_of(original):
        if earlier != image and look_of(earlier) == look_of(image):
            earlier.user_remap(image)
            bpy.data.images.remove(earlier)
    for editor in _editors(bpy.data.images.get(original), image):
        editor.image = image


def show_rendered(image: Image) -> bool:
    """Show what a render has become, where Blender would have shown the render; return whether it is seen.

    An Image Editor that is open is used. Else one is opened as the preferences say for renders: in a window
    of its own, in place of the largest editor, or nowhere.
    """
    known = _areas()
    if not known:
        _open_view()
    editors = [area for area in _areas() if area not in known] or known
    for area in editors[:1]:
        area.ui_type = "IMAGE_EDITOR"
        area.spaces.active.image = image
    return bool(editors)


def _areas() -> list[Area]:
    """Return the areas of Image Editors, those that show a picture of ours or a render first."""
    screens = [window.screen for window in bpy.context.window_manager.windows]
    areas = [area for screen in screens for area in screen.areas if area.ui_type == "IMAGE_EDITOR"]
    return sorted(areas, key=lambda area: not _shows_render(area.spaces.active.image))


def _shows_render(image: Image | None) -> bool:
    return image is not None and (image.type == "RENDER_RESULT" or image.get(TAG) == KEPT)


def _open_view() -> None:
    """Open what Blender shows a render in."""
    if not bpy.context.window_manager.windows:
        return
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    with bpy.context.temp_override(window=window, screen=window.screen, area=area):
        bpy.ops.render.view_show("INVOKE_DEFAULT")


def _made_of(name: str) -> list[Image]:
    """Return what was made for itself of the image of this name."""
    return [i for i in bpy.data.images if i.get(TAG) == KEPT and i.get(ORIGINAL) == name]


def _editors(*shown: Image | None) -> list[SpaceImageEditor]:
    """Return the Image Editors that show a picture; if none does, the first one there is."""
    screens = [window.screen for window in bpy.context.window_manager.windows]
    areas = [area for screen in screens for area in screen.areas if area.type == "IMAGE_EDITOR"]
    editors = [area.spaces.active for area in areas if area.ui_type == "IMAGE_EDITOR"]
    return [e for e in editors if e.image is not None and e.image in shown] or editors[:1]
