"""360° pictures: those of the World, one by name, or the render of a panoramic camera."""

from collections.abc import Iterable, Iterator
from math import pi

import bpy
from bpy.types import Image, Scene, World

from ...core.errors import ParamsError
from .. import compat
from ..settings import Settings
from .graph import trees_of
from .sites import Findings, Site, examine
from .walk import ENVIRONMENT, IMAGE
from .worklist import Picture, Survey, add_site, locked

RENDER = "Render Result"
"""What Blender calls the image of what was rendered last."""
NO_WORLD = "The scene has no World; add one in the World properties, with an Environment Texture"
NO_RENDER = "There is no Render Result; render with a panoramic camera in Cycles first"
WHOLE = (-pi / 2, pi / 2, -pi, pi)
"""Latitudes and longitudes of a camera that looks all around."""
SLIGHT = 1e-4
NO_PANORAMAS = {
    "BLENDER_EEVEE": "EEVEE",
    "BLENDER_EEVEE_NEXT": "EEVEE",
    "BLENDER_WORKBENCH": "Workbench",
}
"""Engines that know no panoramic cameras."""


def survey(settings: Settings) -> Survey:
    """Return the work list of the scene's World, or of the chosen picture.

    Raises:
        ParamsError: if there is none, or the picture cannot be a panorama.
    """
    if settings.source == "WORLD":
        return _survey_worlds([chosen_world()])
    image = _find_image(settings.image)
    why = (
        unfit_render(bpy.context.scene) if image.type == "RENDER_RESULT" else _explain_unfit(image)
    )
    if why:
        raise ParamsError(f"{image.name}: {why}")
    return _survey_images([image])


def survey_again(names: Iterable[str], settings: Settings) -> Survey:
    """Return the work list of those Worlds or pictures that still exist, by name."""
    if settings.source == "WORLD":
        return _survey_worlds(filter(None, (bpy.data.worlds.get((name, None)) for name in names)))
    return _survey_images(filter(None, map(bpy.data.images.get, names)))


def chosen_world() -> World:
    """Return the scene's World; raises ParamsError if it has none."""
    world = bpy.context.scene.world
    if world is None:
        raise ParamsError(NO_WORLD)
    return world


def _survey_worlds(worlds: Iterable[World]) -> Survey:
    work = Survey()
    for world in worlds:
        _add_world(work, world)
    return work


def _survey_images(images: Iterable[Image]) -> Survey:
    return Survey({image.name_full: Picture(image, owners=[image.name]) for image in images})


def _add_world(work: Survey, world: World) -> None:
    """Add a World's pictures, or a note why it has none."""
    why = locked(world) or ("" if compat.has_nodes(world) else compat.NO_NODES)
    if why:
        work.notes.append(f"{world.name}: {why}")
        return
    findings = examine(world, emission=True, kind=ENVIRONMENT)
    known = len(work.pictures) + len(work.notes)
    work.notes += dict.fromkeys([*findings.notes, *_find_left_out(world, findings)])
    for site in findings.sites:
        if not _explain_unfit_node(site):
            add_site(work, world, site)
    if len(work.pictures) + len(work.notes) == known:
        work.notes.append(f"{world.name}: {_explain_lack(world)}")


def _find_left_out(world: World, findings: Findings) -> Iterator[str]:
    for site in findings.sites:
        if why := _explain_unfit_node(site):
            yield f"{site.node.image.name}: {why}"
    for bake in findings.bakes:
        yield f"{world.name}: its color is left as it is, since {bake.because} also feeds something else"


def _explain_unfit_node(site: Site) -> str:
    if site.node.projection != "EQUIRECTANGULAR":
        return "is placed as a Mirror Ball; only Equirectangular pictures are stylized as panoramas"
    return _explain_unfit(site.node.image)


def _explain_unfit(image: Image) -> str:
    """Return why a picture is not a panorama, or nothing."""
    if image.source == "TILED":
        return "is made of UDIM tiles; a panorama is one picture"
    width, height = image.size
    return "" if width == 2 * height else not_twice_as_wide(width, height)


def not_twice_as_wide(width: int, height: int) -> str:
    """Return a sentence about a picture of another shape, with the right shape."""
    return (
        f"has {width} x {height} pixels, and a panorama is twice as wide as high: "
        f"scale or crop it to {2 * height} x {height}"
    )


def _explain_lack(world: World) -> str:
    """Return why a World has no picture."""
    nodes = [node for tree in trees_of(world) for node in tree.nodes]
    kinds = {node.type for node in nodes}
    if any(node.type == ENVIRONMENT and node.image is None for node in nodes):
        return "its Environment Texture has no picture; open one there"
    if "TEX_SKY" in kinds:
        return (
            "its sky is computed (Sky Texture), not a picture; "
            "render it with a panoramic camera and stylize that"
        )
    if IMAGE in kinds:
        return "its Image Texture does not surround the scene; use an Environment Texture"
    return "no Environment Texture colors it; add one with a 360° picture"


def _find_image(name: str) -> Image:
    image = bpy.data.images.get(name)
    if image is not None:
        return image
    if name == RENDER:
        raise ParamsError(NO_RENDER)
    if not name:
        raise ParamsError("No picture was chosen; choose a 360° picture")
    known = ", ".join(image.name for image in bpy.data.images) or "none"
    raise ParamsError(f"There is no picture {name}; the pictures here are: {known}")


def unfit_render(scene: Scene) -> str:
    """Return why the render of a scene's camera is not a panorama, or nothing."""
    camera = scene.camera.data if scene.camera is not None else None
    again = "then render again"
    if scene.render.engine in NO_PANORAMAS:
        engine = NO_PANORAMAS[scene.render.engine]
        return (
            f"is no panorama: {engine} renders none; choose Cycles and a panoramic camera, {again}"
        )
    if getattr(camera, "type", "") != "PANO":
        return (
            "is no panorama: the scene's camera is not panoramic; set its Type to Panoramic "
            f"and its Panorama Type to Equirectangular, {again}"
        )
    if camera.panorama_type != "EQUIRECTANGULAR":
        kinds = camera.bl_rna.properties["panorama_type"].enum_items
        name = kinds[camera.panorama_type].name
        return f"is a {name} panorama; set the camera's Panorama Type to Equirectangular, {again}"
    seen = (camera.latitude_min, camera.latitude_max, camera.longitude_min, camera.longitude_max)
    if any(abs(a - b) > SLIGHT for a, b in zip(seen, WHOLE, strict=True)):
        return (
            "does not look all around; set the camera's latitudes to -90° and 90° "
            f"and its longitudes to -180° and 180°, {again}"
        )
    return ""
