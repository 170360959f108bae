"""From settings to the list of things to do: which pictures, which bakes, and what is left out and why."""

from collections.abc import Iterable

import bpy
from bpy.types import Material

from . import compat, panorama, uv_islands
from .material_sites import Findings, examine
from .settings import Settings, chosen_materials
from .worklist import Bake, Survey, add_site, locked


def survey(settings: Settings) -> Survey:
    """Look through the chosen materials, the World, or at the chosen picture.

    Raises:
        ParamsError: if there are none.
    """
    if settings.source != "MATERIALS":
        return panorama.survey(settings)
    return survey_of(chosen_materials(settings), settings)


def survey_again(names: Iterable[str], settings: Settings) -> Survey:
    """Look through materials (or Worlds, or pictures) by name, those that are still there.

    Undo, deleting or another selection may have come between a run's beginning and its end.
    """
    if settings.source != "MATERIALS":
        return panorama.survey_again(names, settings)
    local = (bpy.data.materials.get((name, None)) for name in names)
    return survey_of([material for material in local if material is not None], settings)


def survey_of(materials: Iterable[Material], settings: Settings) -> Survey:
    """Look through materials."""
    found = Survey()
    for material in materials:
        why = locked(material)
        if why or not compat.has_nodes(material):
            found.notes.append(f"{material.name}: {why or 'does not use nodes'}; left as it is")
            continue
        findings = examine(material, emission=settings.emission)
        found.notes += findings.notes
        _add_pictures(found, material, findings)
        if settings.bake:
            _add_bakes(found, material, findings)
    found.notes = list(dict.fromkeys(found.notes))
    return found


def _add_pictures(found: Survey, material: Material, findings: Findings) -> None:
    for site in findings.sites:
        picture = add_site(found, material, site)
        if picture is not None:
            picture.uses.append((material, uv_islands.uv_map_of(site.place, site.node)))


def _add_bakes(found: Survey, material: Material, findings: Findings) -> None:
    for site in findings.bakes:
        bake = Bake(material, site)
        why = _unbakeable(bake)
        if why:
            found.notes.append(f"{material.name}: {why}")
        else:
            found.bakes[bake.name] = bake


def _unbakeable(bake: Bake) -> str:
    """Return why a colour cannot be baked, or nothing."""
    place = bake.site.target.place
    if place.groups:
        why = locked(place.tree)
        if why or place.tree.users - place.tree.use_fake_user > 1:
            which = f"the node group {place.tree.name}, which {why or 'other materials share'}"
            return f"its color lies in {which}"
    objects = uv_islands.users_of(bake.material)
    if not objects:
        return "its color comes from no picture and no mesh wears it, so it cannot be baked"
    if not with_uv(bake.material):
        names = ", ".join(o.name for o in objects[:3])
        if any(
            uv_islands.triangles_of(o, bake.material, uv_islands.ACTIVE) is not None
            for o in objects
        ):
            return f"its color comes from no picture, and to bake it the UVs of {names} must lie in 0-1"
        return (
            f"its color comes from no picture, and {names} has no UVs to bake one; unwrap it first"
        )
    return ""


def with_uv(material: Material) -> list[bpy.types.Object]:
    """Return the objects that wear a material and have UVs within the unit square."""
    found = []
    for object_ in uv_islands.users_of(material):
        triangles = uv_islands.triangles_of(object_, material, uv_islands.ACTIVE)
        if triangles is not None and uv_islands.within_square(triangles):
            found.append(object_)
    return found


def without_uv(material: Material) -> Iterable[bpy.types.Object]:
    """Return the objects that wear a material and cannot show a bake."""
    fit = with_uv(material)
    return [object_ for object_ in uv_islands.users_of(material) if object_ not in fit]
