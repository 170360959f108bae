"""Toon on and off for objects and materials, with everything that belongs to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bpy.types import Material, Object, Scene

from ...core.errors import StylizeError
from ...core.request.toon_look import PRESETS
from .. import compat
from ..images import TAG
from ..lamps import lamps_of
from ..materials.results import group_sentences
from ..materials.worklist import locked
from ..wearing import LINE, materials_on, users_of, wearers_of
from .faint_lines import follow_opacity
from .lights import set_key
from .maps import remove_maps
from .material import add_toon, remove_toon, remove_unused_groups, toon_node, wears_toon
from .normals import remove_normals
from .outlines import add_outline, remove_outlines
from .pixels import span_of, uv_span_of
from .wear import dress, undress, with_instances

NOTHING, NO_SURFACE = "Nothing was shown as toon", "there is no object with a surface"
NO_LAMP = "There is no lamp; {}: add a Sun for tones with an edge"


@dataclass(slots=True)
class Shown:
    """What came of it."""

    materials: list[str] = field(default_factory=list)
    """Names of the materials that are toon now."""
    outlined: int = 0
    notes: list[str] = field(default_factory=list)
    """What was left out, and why."""


def show_toon(
    scene: Scene,
    objects: Sequence[Object],
    materials: Sequence[Material] | None = None,
    *,
    look: str,
    outlines: bool = True,
    bumps: bool = False,
) -> Shown:
    """Show materials as toon.

    Args:
        scene: Whose light and camera count.
        objects: Objects to outline, and whose materials are shown so.
        materials: Only these; None: all that the objects wear.
        look: Name of the look.
        outlines: Whether objects get outlines; one without lines takes them away.
        bumps: Whether normal maps are kept.

    Raises:
        StylizeError: if none could be, saying why.
    """
    shown = Shown()
    worn = with_instances(objects)
    if materials is None:
        shown.notes += dress(worn)
        materials = [m for m in materials_on(worn) if not m.is_grease_pencil]
    for material in materials:
        _show(scene, material, look, shown, bumps=bumps)
    undress([m for m in materials if not toon_node(m)])
    if not shown.materials:
        remove_unused_groups()
        raise StylizeError(f"{NOTHING}: {'; '.join(group_sentences(shown.notes)) or NO_SURFACE}")
    set_key(scene, worn)
    if not lamps_of(scene):
        shown.notes.append(_describe_dark(scene))
    _outline(scene, worn, look, shown, wanted=outlines)
    return shown


def _describe_dark(scene: Scene) -> str:
    lit = scene.world is not None
    return NO_LAMP.format("the World alone gives soft tones" if lit else "all is in the shadow")


def _show(scene: Scene, material: Material, look: str, shown: Shown, *, bumps: bool) -> None:
    if material.get(TAG) == LINE:
        return
    why = locked(material)
    if not why and not compat.has_nodes(material):
        why = f"{compat.NO_NODES}; left as it is"
    why = why or add_toon(material, look, bumps=bumps)
    if why:
        shown.notes.append(f"{material.name}: {why}")
    else:
        shown.materials.append(material.name)
        node, users = toon_node(material), users_of(material)
        node.inputs["Span"].default_value = span_of(scene, users)
        node.inputs["UV Span"].default_value = uv_span_of(scene, users)


def _outline(
    scene: Scene, objects: Iterable[Object], look: str, shown: Shown, *, wanted: bool
) -> None:
    settings = PRESETS[look].look
    own = [o for o in objects if o.library is None and o.type == "MESH"]
    if not wanted or not settings.line_width:
        remove_outlines(own)
        return
    for object_ in own:
        if not wears_toon(object_):
            continue
        why = add_outline(object_, settings, scene)
        shown.outlined += not why
        if why:
            shown.notes.append(f"{object_.name}: {why}")
    follow_opacity()


def hide_toon(materials: Iterable[Material]) -> int:
    """Take toon off materials and off the objects that wear them; return how many materials had it."""
    local = [m for m in materials if m.library is None and m.get(TAG) != LINE]
    objects = wearers_of(m for m in local if toon_node(m))
    count = sum(map(remove_toon, local))
    bare = [o for o in objects if not wears_toon(o)]
    remove_outlines(bare)
    follow_opacity()
    remove_normals(bare)
    remove_maps([o.data for o in bare if o.type == "MESH"])
    undress(local)
    remove_unused_groups()
    return count
