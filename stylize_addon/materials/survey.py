"""From settings to the work list: pictures, bakes, and notes on what is left out and why."""

from collections.abc import Iterable

import bpy
from bpy.types import Material, Object

from .. import compat
from ..settings import Settings, chosen_materials, strokes_of
from ..wearing import DRAWN, users_of
from . import panorama, uv_islands
from .made_uvs import can_unwrap
from .sites import Findings, examine
from .worklist import Bake, Survey, add_site, locked


def survey(settings: Settings) -> Survey:
    """Return the work list of the chosen materials, the World, or the chosen picture.

    Raises:
        ParamsError: if there are none.
    """
    if settings.source != "MATERIALS":
        return panorama.survey(settings)
    work = survey_of(chosen_materials(settings), settings)
    work.notes += [f"{name}: {DRAWN}" for name in strokes_of(settings)]
    return work


def survey_again(names: Iterable[str], settings: Settings) -> Survey:
    """Return the work list of those materials (or Worlds, or pictures) that still exist, by name.

    Between a run's begin and end the user may have undone, deleted or selected something else.
    """
    if settings.source != "MATERIALS":
        return panorama.survey_again(names, settings)
    local = (bpy.data.materials.get((name, None)) for name in names)
    return survey_of([material for material in local if material is not None], settings)


def survey_of(materials: Iterable[Material], settings: Settings) -> Survey:
    """Return the work list of materials."""
    work = Survey()
    for material in materials:  # a survey for another one's material finds the same
        why = locked(material)
        if why or not compat.has_nodes(material):
            work.notes.append(f"{material.name}: {why or compat.NO_NODES}; left as it is")
            continue
        findings = examine(material, emission=settings.emission)
        work.notes += findings.notes
        bare = bare_of(material)
        placed = _add_pictures(work, material, findings)
        baked = settings.bake and _add_bakes(work, material, findings, bare, settings)
        if placed or baked:
            work.add_bare(material, bare, wanted=settings.make_uvs)
    work.notes = list(dict.fromkeys(work.notes))
    return work


def _add_pictures(work: Survey, material: Material, findings: Findings) -> bool:
    """Add the pictures of a material; return whether one of them uses the objects' render UV map."""
    by_uv = False
    for site in findings.sites:
        picture = add_site(work, material, site)
        if picture is not None:
            uv_map = uv_islands.uv_map_of(site.place, site.node)
            picture.uses.append((material, uv_map))
            by_uv = by_uv or uv_map == uv_islands.ACTIVE
    return by_uv


def _add_bakes(
    work: Survey,
    material: Material,
    findings: Findings,
    bare: list[Object],
    settings: Settings,
) -> bool:
    """Add the bakes of a material; return whether there are any, or would be if ``bare`` had UVs."""
    for site in findings.bakes:
        bake = Bake(material, site, with_uv(material) + (bare if settings.make_uvs else []))
        why = _explain_unbakeable(bake)
        if why:
            work.notes.append(f"{material.name}: {why}")
        else:
            work.bakes[bake.name] = bake
    return bool(findings.bakes)


def _explain_unbakeable(bake: Bake) -> str:
    """Return why a colour cannot be baked, or nothing."""
    place = bake.site.target.place
    if place.groups:
        why = locked(place.tree)
        if why or place.tree.users - place.tree.use_fake_user > 1:
            which = f"the node group {place.tree.name}, which {why or 'other materials share'}"
            return f"its color lies in {which}"
    if bake.objects:
        return ""
    objects = users_of(bake.material)
    if not objects:
        return "its color comes from no picture and no mesh wears it, so it cannot be baked"
    names = ", ".join(o.name for o in objects[:3])
    if any(uv_islands.uv_range(o, bake.material) is not None for o in objects):
        return f"its color comes from no picture, and to bake it the UVs of {names} must lie in 0-1"
    return (
        f"its color comes from no picture, and {names} has no UVs to bake one; "
        "turn Make UVs on, or unwrap it"
    )


def bare_of(material: Material) -> list[Object]:
    """Return the objects that show a material, have no UVs, and can get some."""
    return [
        o for o in users_of(material) if can_unwrap(o) and uv_islands.uv_range(o, material) is None
    ]


def with_uv(material: Material) -> list[Object]:
    """Return the objects that show a material and have UVs within the unit square."""
    return [o for o in users_of(material) if _fits(uv_islands.uv_range(o, material))]


def _fits(uvs: tuple[float, float] | None) -> bool:
    return uvs is not None and uv_islands.within_square(*uvs)


def without_uv(bake: Bake) -> list[Object]:
    """Return the objects that show a bake's material and cannot show the bake."""
    return [object_ for object_ in users_of(bake.material) if object_ not in bake.objects]
