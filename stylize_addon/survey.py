"""From settings to the list of things to do: which pictures, which bakes, and what is left out and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import bpy
from bpy.types import ID, Image, Material

from . import compat, uv_islands
from .material_sites import BakeSite, Findings, Site, examine, is_opacity
from .settings import Settings, chosen_materials


@dataclass(slots=True)
class Picture:
    """A picture to stylize once, and all the places that show it."""

    image: Image
    sites: list[Site] = field(default_factory=list)
    uses: list[tuple[Material, str | None]] = field(default_factory=list)
    """Materials with the UV map by which each places the picture."""

    @property
    def straight(self) -> bool:
        """Whether a node shows the picture's alpha, so that its colours are not multiplied by it."""
        return any(s.node.outputs["Alpha"].is_linked for s in self.sites)

    @property
    def alpha(self) -> str:
        """What the picture's alpha is: opacity, or data of another kind."""
        if self.image.alpha_mode in ("STRAIGHT", "PREMUL"):
            return "opacity"
        return "opacity" if any(is_opacity(s.node.outputs["Alpha"]) for s in self.sites) else "data"


@dataclass(slots=True)
class Bake:
    """A base colour that must be made a picture first."""

    material: Material
    site: BakeSite

    @property
    def name(self) -> str:
        """What the picture is called; the same for the same colour input."""
        inside = "".join(f" {group.name}" for group in self.site.target.place.groups)
        return f"{self.material.name}{inside} {self.site.target.node.name}"


@dataclass(slots=True)
class Survey:
    """What is to be done in a file."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    bakes: dict[str, Bake] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """What is left out, and why."""


def survey(settings: Settings) -> Survey:
    """Look through the chosen materials.

    Raises:
        ParamsError: if there are none.
    """
    return survey_of(chosen_materials(settings), settings)


def survey_again(names: Iterable[str], settings: Settings) -> Survey:
    """Look through materials by name, those that are still there.

    Undo, deleting or another selection may have come between a run's beginning and its end.
    """
    local = (bpy.data.materials.get((name, None)) for name in names)
    return survey_of([material for material in local if material is not None], settings)


def survey_of(materials: Iterable[Material], settings: Settings) -> Survey:
    """Look through materials."""
    found = Survey()
    for material in materials:
        why = _locked(material)
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


def _locked(id_: ID) -> str:
    if id_.library is not None:
        return f"is linked from {Path(id_.library.filepath).name}; make it local to stylize it"
    if id_.override_library is not None:
        return "is a library override; make it local to stylize it"
    return ""


def _add_pictures(found: Survey, material: Material, findings: Findings) -> None:
    for site in findings.sites:
        image = site.node.image
        why = _locked(site.place.tree) if site.place.groups else ""
        if why:
            found.notes.append(f"{image.name}: the node group {site.place.tree.name} {why}")
            continue
        picture = found.pictures.setdefault(image.name_full, Picture(image))
        picture.uses.append((material, uv_islands.uv_map_of(site.place, site.node)))
        known = next((s for s in picture.sites if s.node == site.node), None)
        if known is None:
            picture.sites.append(site)
        else:
            _merge(known, site)


def _merge(known: Site, site: Site) -> None:
    """Add what another material's walk through a shared group found."""
    for source, ends in site.cuts.items():
        kept = known.cuts.setdefault(source, [])
        kept += [end for end in ends if end not in kept]
    known.mixes += [mix for mix in site.mixes if mix not in known.mixes]


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
        why = _locked(place.tree)
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
        if triangles is not None and uv_islands.within_square(triangles) is not None:
            found.append(object_)
    return found


def without_uv(material: Material) -> Iterable[bpy.types.Object]:
    """Return the objects that wear a material and cannot show a bake."""
    fit = with_uv(material)
    return [object_ for object_ in uv_islands.users_of(material) if object_ not in fit]
