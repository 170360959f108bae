"""The work list of a file: pictures with all their uses, bakes, and notes on what is left out."""

from dataclasses import dataclass, field
from pathlib import Path

from bpy.types import ID, Image, Material, NodeSocket, Object

from .sites import BakeSite, Site, is_opacity
from .walk import Owner


@dataclass(slots=True)
class Picture:
    """A picture to stylize once, and all its uses."""

    image: Image
    owners: list[str] = field(default_factory=list)
    """Names of the materials or Worlds that show it; its own name if it is stylized by itself."""
    sites: list[Site] = field(default_factory=list)
    uses: list[tuple[Material, str | None]] = field(default_factory=list)
    """Materials, each with the UV map that it uses for the picture."""

    @property
    def straight(self) -> bool:
        """Whether a node shows the picture's alpha, so that its colours are not multiplied by it."""
        return any(output.is_linked for output in self._alphas)

    @property
    def alpha(self) -> str:
        """The meaning of the picture's alpha: opacity, or other data."""
        if self.image.alpha_mode in ("STRAIGHT", "PREMUL"):
            return "opacity"
        return "opacity" if any(map(is_opacity, self._alphas)) else "data"

    @property
    def _alphas(self) -> list[NodeSocket]:
        """The outputs that show the alpha; Environment Textures have none."""
        return [s.node.outputs["Alpha"] for s in self.sites if "Alpha" in s.node.outputs]


@dataclass(slots=True)
class Bake:
    """A base colour that must first be baked to a picture."""

    material: Material
    site: BakeSite
    objects: list[Object] = field(default_factory=list)
    """Objects that show it and have UVs for the bake."""

    @property
    def name(self) -> str:
        """The picture's name; the same for the same colour input."""
        inside = "".join(f" {group.name}" for group in self.site.target.place.groups)
        return f"{self.material.name}{inside} {self.site.target.node.name}"


@dataclass(slots=True)
class Survey:
    """The work list of a file."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    bakes: dict[str, Bake] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    """Notes on what is left out, and why."""
    bare: list[list[Object]] = field(default_factory=list)
    """Objects to make UV maps for, by material."""
    lacking: list[str] = field(default_factory=list)
    """Names of materials without UVs for which UVs could be made."""

    def add_bare(self, material: Material, objects: list[Object], *, wanted: bool) -> None:
        """Request UV maps for a material's objects or, if not ``wanted``, note that they could be made."""
        if objects and wanted:
            self.bare.append(objects)
        elif objects:
            self.lacking.append(material.name)


def locked(id_: ID) -> str:
    """Return why a data-block may not be changed, or nothing."""
    if id_.library is not None:
        return f"is linked from {Path(id_.library.filepath).name}; make it local to stylize it"
    if id_.override_library is not None:
        return "is a library override; make it local to stylize it"
    return ""


def add_site(survey: Survey, owner: Owner, site: Site) -> Picture | None:
    """Add a use of a picture; return the picture, or None if its tree may not be changed."""
    image = site.node.image
    why = locked(site.place.tree) if site.place.groups else ""
    if why:
        survey.notes.append(f"{image.name}: the node group {site.place.tree.name} {why}")
        return None
    picture = survey.pictures.setdefault(image.name_full, Picture(image))
    if owner.name not in picture.owners:
        picture.owners.append(owner.name)
    known = next((s for s in picture.sites if s.node == site.node), None)
    if known is None:
        picture.sites.append(site)
    else:
        _merge(known, site)
    return picture


def _merge(known: Site, site: Site) -> None:
    """Add the links that another material's walk through a shared group found."""
    for source, ends in site.cuts.items():
        kept = known.cuts.setdefault(source, [])
        kept += [end for end in ends if end not in kept]
    known.mixes += [mix for mix in site.mixes if mix not in known.mixes]
