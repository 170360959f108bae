"""Where the relief of paint and a state's finish go: which shaders show a picture, and what is their own."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from bpy.types import Image, Node, NodeSocket

from ...core.imaging.normals import is_normal_map
from ...core.request.maps import MAPS
from ...core.request.picture_job import Job
from ...core.request.where import finish_of, lays_paint, where_it_lies
from ...core.styles.states import Finish
from ..images import Unsuitable, is_tiled, read_pixels
from ..settings import Settings
from .graph import material_of
from .own_finish import Own, own_values
from .paint_nodes import has_displacement, is_covered
from .relief import coincide
from .shaders import BUMPED, LAID, PLAIN, Shader
from .walk import (
    GLOSS,
    IMAGE,
    PAINT,
    PAINTED,
    Leaf,
    Place,
    Target,
    find_targets,
    is_ours,
    live_link,
    through_color,
    walk,
)
from .worklist import Bake, Picture

HEIGHT, NORMAL, ROUGHNESS, COVERAGE, METALLIC = MAPS
APART = "its picture is in another node group than its shader, so its paint got no relief"


@dataclass(frozen=True, slots=True)
class Plan:
    """How the relief of a picture's paint, or the finish of a state, gets into materials."""

    shaders: tuple[Shader, ...] = ()
    own_normal: Image | None = None
    """The normal map that all of them have, on which the paint's is laid."""
    notes: tuple[str, ...] = ()
    """What has no relief, and why."""
    own: Mapping[str, Own] = field(default_factory=dict[str, Own])
    """What all of them have of roughness and metal, by the maps' names, where that is known."""

    def maps(self, job: Job) -> str:
        """Return the maps that the engine is to make."""
        finish = finish_of(job)
        names = _values(self.shaders, finish)
        rough = set(names) - set(self.own if finish else ())
        if rough and (
            where_it_lies(job) != "everywhere" or _are_covered(self.shaders, role_of(finish))
        ):
            names |= {COVERAGE}
        if finish is None:
            names |= {HEIGHT if shader.way == BUMPED else NORMAL for shader in self.shaders}
            names |= {HEIGHT for shader in self.shaders if shader.moves}
        return ",".join(name for name in MAPS if name in names)


def _values(shaders: Iterable[Shader], finish: Finish | None) -> set[str]:
    """Return the maps of single values that shaders can take; paint hides metal where there is some."""
    found: set[str] = set()
    for shader in shaders:
        found |= {ROUGHNESS} if shader.roughness is not None else set()
        if finish is None:
            found |= {METALLIC} if _may_be_metal(shader) else set()
        elif finish.metallic is not None and shader.metallic is not None:
            found |= {METALLIC}
    return found


def _may_be_metal(shader: Shader) -> bool:
    metal = shader.metallic
    return metal is not None and (live_link(metal) is not None or metal.default_value > 0)


def role_of(finish: Finish | None) -> str:
    """Return the role of mixes that show single values: a state's finish, or paint's."""
    return PAINT if finish is None else GLOSS


def _are_covered(shaders: Iterable[Shader], role: str) -> bool:
    """Return whether another look of theirs lies here and there."""
    sockets = (socket for shader in shaders for socket in (shader.roughness, shader.metallic))
    return any(socket is not None and is_covered(socket, role) for socket in sockets)


def wants_maps(settings: Settings) -> bool:
    """Return whether more than colors goes into materials: the relief of paint, or the finish of a state."""
    return finish_of(settings.job) is not None or (settings.relief and lays_paint(settings.job))


def plan_picture(picture: Picture, settings: Settings) -> Plan:
    """Return how what lies on a picture gets into the materials that show it."""
    if not wants_maps(settings):
        return Plan()
    notes: list[str] = []
    shaders = list(_find_shaders(picture, notes))
    tiled = is_tiled(picture.image)
    if finish_of(settings.job) is None:
        plan = _plan(shaders, notes, tiled=tiled)
        return _move(plan) if settings.displace else plan
    return Plan(tuple(shaders), notes=tuple(notes), own={} if tiled else _own(shaders))


def plan_bake(bake: Bake, settings: Settings, source: Node | None = None) -> Plan:
    """Return how what lies on a bake gets into its material.

    Args:
        bake: The bake.
        settings: Of the run.
        source: The node that shows it; None: it is not there yet.
    """
    target = bake.site.target
    if not wants_maps(settings) or target.emission or "Normal" not in target.node.inputs:
        return Plan()
    where = source or target.node
    shader = Shader(target.place, target.node, where, "", _way_of(target.node))
    if finish_of(settings.job) is None:
        plan = _plan([shader], [], tiled=False)
        return _move(plan) if settings.displace else plan
    return Plan((shader,), own=_own([shader]))


def _own(shaders: list[Shader]) -> dict[str, Own]:
    return {name.lower(): own for name, own in own_values(shaders).items()}


def _plan(shaders: list[Shader], notes: list[str], *, tiled: bool) -> Plan:
    """Return a plan in which own normals are laid on only where one map is that of all shaders."""
    images = {s.own.link.from_node.image for s in shaders if s.own and s.own.link}
    alike = len(images) == 1 and not tiled and all(s.way == LAID for s in shaders)
    if alike:
        return Plan(tuple(shaders), images.pop(), tuple(notes))
    bumped = (
        Shader(s.place, s.node, s.source, s.uv_map, BUMPED) if s.way == LAID else s for s in shaders
    )
    return Plan(tuple(bumped), None, tuple(notes))


def _move(plan: Plan) -> Plan:
    """Return a plan by which paint's height moves the surfaces that it can; of others why is noted."""
    shaders, notes = list[Shader](), list(plan.notes)
    for shader in plan.shaders:
        why = _why_still(shader)
        shaders.append(replace(shader, moves=not why))
        notes += [f"{_name_of(shader)}: {why}"] if why else []
    return replace(plan, shaders=tuple(shaders), notes=tuple(notes))


def _why_still(shader: Shader) -> str:
    """Return why paint's height cannot move a shader's surface; empty if it can."""
    material = material_of(shader.place.tree)
    if material is None:
        return "its shader is in a node group, so its paint was not displaced"
    if shader.way == BUMPED:
        return "nodes make its normals, so its paint bumps them and was not displaced"
    if len(find_targets(material, emission=False)[0]) > 1:
        return "it has several shaders, so its paint was not displaced"
    if material.displacement_method == "BUMP" and has_displacement(material):
        return "its own displacement is shown as bump alone, so its paint was not displaced"
    return ""


def _name_of(shader: Shader) -> str:
    owner = material_of(shader.place.tree)
    return shader.place.tree.name if owner is None else owner.name


def _find_shaders(picture: Picture, notes: list[str]) -> Iterator[Shader]:
    """Yield each shader whose colour a picture is, once; note those that cannot be reached."""
    seen: set[Node] = set()
    for material, uv_map in picture.uses:
        for target in find_targets(material, emission=False)[0]:
            if target.emission or target.node in seen or "Normal" not in target.node.inputs:
                continue
            site = _site_in(target, picture)
            if site is None:
                continue
            seen.add(target.node)
            if site[0].tree == target.place.tree:
                yield _describe(target, site, uv_map or "")
            else:
                notes.append(f"{material.name}: {APART}")


def _site_in(target: Target, picture: Picture) -> tuple[Place, Node] | None:
    """Return a picture's node that a colour input shows, with its place."""
    leaves = walk(target.place, target.socket, through_color).leaves
    nodes = {site.node for site in picture.sites}
    return next(
        (
            (leaf.place, leaf.link.from_node)
            for leaf in leaves
            if leaf.link and leaf.link.from_node in nodes
        ),
        None,
    )


def _describe(target: Target, site: tuple[Place, Node], uv_map: str) -> Shader:
    way, own = _way_of(target.node), None
    if way == BUMPED:
        own = _own_map(target, site)
        way = LAID if own is not None else BUMPED
    return Shader(target.place, target.node, site[1], uv_map, way, own)


def _way_of(shader: Node) -> str:
    """Return whether a shader has normals of its own; what this add-on made is none."""
    link = live_link(shader.inputs["Normal"])
    if link is None or (is_ours(link.from_node, PAINTED) and link.from_node.type != "BUMP"):
        return PLAIN
    return BUMPED


def _own_map(target: Target, site: tuple[Place, Node]) -> Leaf | None:
    """Return where a shader's normal map is, if it is one picture at the places of its colour."""
    link = live_link(target.node.inputs["Normal"])
    node = None if link is None else link.from_node
    if (
        node is None
        or node.type != "NORMAL_MAP"
        or node.space != "TANGENT"
        or node.inputs["Strength"].is_linked
    ):
        return None
    color = live_link(node.inputs["Color"])
    if color is None or (color.from_node.type != IMAGE and not is_ours(color.from_node, PAINT)):
        return None
    leaves = walk(target.place, node.inputs["Color"], _through_paint).leaves
    leaf = leaves[0] if len(leaves) == 1 else None
    if leaf is None or leaf.link is None or leaf.link.from_node.type != IMAGE:
        return None
    image, there = leaf.link.from_node.image, (leaf.place, leaf.link.from_node)
    known = image is not None and not is_tiled(image) and coincide(site, there)
    return leaf if known and _is_normal_map(image) else None


def _is_normal_map(image: Image) -> bool:
    """Return whether a picture's vectors look out of the surface: in object space they look everywhere."""
    try:
        pixels = read_pixels(image)
    except Unsuitable:
        return False
    return pixels.shape[2] >= 3 and is_normal_map(pixels[..., :3].transpose(2, 0, 1))


def _through_paint(node: Node) -> list[NodeSocket] | None:
    """Return the input by which a walk goes on through a mix of ours."""
    if is_ours(node, PAINT):
        return [socket for socket in node.inputs if socket.identifier == "A_Color"]
    return None
