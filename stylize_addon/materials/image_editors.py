"""Stylized pictures that no graph uses: keeping them in the file, and showing them in Image Editors."""

import bpy
from bpy.types import Area, Image, SpaceImageEditor

from ..images import TAG
from .graph import look_of

KEPT = "panorama"
"""Custom property of a picture that no graph uses."""
ORIGINAL = "stylize_original"
"""Custom property: the name of the image that such a picture was made of."""


def keep_beside(image: Image, original: str) -> None:
    """Keep and show a picture; it replaces an older one of the same look made from the image of that name."""
    image[TAG], image[ORIGINAL] = KEPT, original
    image.use_fake_user = True
    for earlier in _find_kept(original):
        if earlier != image and look_of(earlier) == look_of(image):
            earlier.user_remap(image)
            bpy.data.images.remove(earlier)
    for editor in _find_editors(bpy.data.images.get(original), image):
        editor.image = image


def show_rendered(image: Image) -> bool:
    """Show a stylized render where Blender shows renders; return whether it is visible.

    An open Image Editor is used. Else one is opened as the preferences say for renders: in a new window, in
    place of the largest editor, or not at all.
    """
    known = _find_areas()
    if not known:
        _open_view()
    editors = [area for area in _find_areas() if area not in known] or known
    for area in editors[:1]:
        area.ui_type = "IMAGE_EDITOR"
        area.spaces.active.image = image
    return bool(editors)


def _find_areas() -> list[Area]:
    """Return the areas of Image Editors; those that show our picture or a render are first."""
    screens = [window.screen for window in bpy.context.window_manager.windows]
    areas = [area for screen in screens for area in screen.areas if area.ui_type == "IMAGE_EDITOR"]
    return sorted(areas, key=lambda area: not _shows_render(area.spaces.active.image))


def _shows_render(image: Image | None) -> bool:
    return image is not None and (image.type == "RENDER_RESULT" or image.get(TAG) == KEPT)


def _open_view() -> None:
    """Open the editor in which Blender shows renders."""
    if not bpy.context.window_manager.windows:
        return
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda area: area.width * area.height)
    with bpy.context.temp_override(window=window, screen=window.screen, area=area):
        bpy.ops.render.view_show("INVOKE_DEFAULT")


def _find_kept(name: str) -> list[Image]:
    """Return our pictures made from the image of this name that no graph uses."""
    return [i for i in bpy.data.images if i.get(TAG) == KEPT and i.get(ORIGINAL) == name]


def _find_editors(*shown: Image | None) -> list[SpaceImageEditor]:
    """Return the Image Editors that show a picture; if none does, the first one there is."""
    screens = [window.screen for window in bpy.context.window_manager.windows]
    areas = [area for screen in screens for area in screen.areas if area.type == "IMAGE_EDITOR"]
    editors = [area.spaces.active for area in areas if area.ui_type == "IMAGE_EDITOR"]
    return [e for e in editors if e.image is not None and e.image in shown] or editors[:1]
