"""Where the relief of paint goes: which shaders show a picture, and what their own normals come from."""

from collections.abc import Iterator
from dataclasses import dataclass

from bpy.types import Image, Node, NodeSocket

from ...core.imaging.normals import is_normal_map
from ...core.request.maps import MAPS
from ...core.request.picture_job import Job
from ...core.request.where import where_it_lies
from ..images import Unsuitable, is_tiled, read_pixels
from .relief import coincide
from .walk import (
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

HEIGHT, NORMAL, ROUGHNESS, COVERAGE = MAPS
PLAIN, LAID, BUMPED = "plain", "laid", "bumped"
"""A shader has no normals of its own; a map of them, which gets the paint's; or others, which are bumped."""

APART = "its picture is in another node group than its shader, so its paint got no relief"


@dataclass(frozen=True, slots=True)
class Shader:
    """A shader that shows a picture."""

    place: Place
    node: Node
    source: Node
    """The node of the picture, for its places on the surface."""
    uv_map: str
    """The UV map of the picture; empty: the one that is rendered."""
    way: str
    """``PLAIN``, ``LAID`` or ``BUMPED``."""
    own: Leaf | None = None
    """Where the map of its own normals is, if paint's are laid on it."""

    @property
    def normal(self) -> NodeSocket:
        """The input of its normal."""
        return self.node.inputs["Normal"]

    @property
    def roughness(self) -> NodeSocket | None:
        """The input of its roughness, if it has one."""
        return self.node.inputs.get("Roughness")


@dataclass(frozen=True, slots=True)
class Plan:
    """How the relief of a picture's paint gets into materials."""

    shaders: tuple[Shader, ...] = ()
    own_normal: Image | None = None
    """The normal map that all of them have, on which the paint's is laid."""
    notes: tuple[str, ...] = ()
    """What has no relief, and why."""

    def maps(self, job: Job) -> str:
        """Return the maps that the engine is to make."""
        names = {HEIGHT if shader.way == BUMPED else NORMAL for shader in self.shaders}
        rough = any(shader.roughness is not None for shader in self.shaders)
        names |= {ROUGHNESS} if rough else set()
        names |= {COVERAGE} if rough and where_it_lies(job) != "everywhere" else set()
        return ",".join(name for name in MAPS if name in names)


def plan_picture(picture: Picture) -> Plan:
    """Return how the relief of the paint on a picture gets into the materials that show it."""
    notes: list[str] = []
    return _plan(list(_find_shaders(picture, notes)), notes, tiled=is_tiled(picture.image))


def plan_bake(bake: Bake, source: Node | None = None) -> Plan:
    """Return how the relief of the paint on a bake gets into its material.

    Args:
        bake: The bake.
        source: The node that shows it; None: it is not there yet.
    """
    target = bake.site.target
    if target.emission or "Normal" not in target.node.inputs:
        return Plan()
    where = source or target.node
    shader = Shader(target.place, target.node, where, "", _way_of(target.node))
    return _plan([shader], [], tiled=False)


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
