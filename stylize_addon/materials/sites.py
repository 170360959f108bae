"""The colour sources of a material or World: pictures with the links to cut, and colours without a picture.

Only links of the colour are cut. If a node on the way also has another use, nothing before it may change, so
the colour is baked instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bpy.types import Node, NodeLink, NodeSocket

from .walk import (
    BAKE,
    IMAGE,
    Leaf,
    Owner,
    Place,
    Target,
    Trail,
    find_targets,
    is_ours,
    through_color,
    walk,
)

Key = tuple[str, str, str, str, str]


@dataclass(slots=True)
class Site:
    """A picture's node that colours something, and its colour output."""

    place: Place
    node: Node
    cuts: dict[NodeSocket, list[NodeSocket]] = field(default_factory=dict)
    """Links to route through a new Stylize node: outputs, and the inputs that they feed."""
    mixes: list[Node] = field(default_factory=list)
    """Existing Stylize nodes."""


@dataclass(slots=True)
class BakeSite:
    """A colour input that is not fed by a picture alone, so that its colour must be baked."""

    target: Target
    mix: Node | None = None
    because: str = ""


@dataclass(slots=True)
class Findings:
    """The colour sources of one material or World."""

    sites: list[Site] = field(default_factory=list)
    bakes: list[BakeSite] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(owner: Owner, *, emission: bool, kind: str = IMAGE) -> Findings:
    """Find the nodes whose pictures colour something, and the colour inputs without a picture."""
    targets, missing = find_targets(owner, emission=emission)
    trails = [(target, walk(target.place, target.socket, through_color)) for target in targets]
    findings = Findings()
    for group in dict.fromkeys(
        [*missing, *(name for _, trail in trails for name in trail.missing)]
    ):
        findings.notes.append(f"{owner.name}: its node group {group} is missing")
    known = {_make_key(link) for _, trail in trails for _, link in trail.links}
    for target, trail in trails:
        pictures = _find_colour_pictures(
            [leaf for leaf in trail.leaves if _shows(leaf, kind)], findings
        )
        _examine_target(
            target, trail, pictures, next(_find_other_ends(trail, known), None), findings
        )
    return findings


def _examine_target(
    target: Target, trail: Trail, pictures: list[Leaf], shared: str | None, findings: Findings
) -> None:
    if pictures and shared is None:
        for leaf in pictures:
            _add_site(findings.sites, leaf, trail)
    elif not target.emission or pictures:
        mix = next(
            (leaf.mix for leaf in trail.leaves if leaf.mix and is_ours(leaf.mix, BAKE)), None
        )
        findings.bakes.append(BakeSite(target, mix, shared if pictures and shared else ""))


def _find_colour_pictures(pictures: list[Leaf], findings: Findings) -> list[Leaf]:
    """Return the colour pictures; a Non-Color one among others is a map (ambient occlusion), left out."""
    colours = [
        leaf for leaf in pictures if not leaf.link.from_node.image.colorspace_settings.is_data
    ]
    if colours:
        for leaf in pictures:
            if leaf not in colours:
                name = leaf.link.from_node.image.name
                findings.notes.append(f"{name}: a data map within the color is left as it is")
    return colours or pictures


def _shows(leaf: Leaf, kind: str) -> bool:
    """Return whether a walk ended at the colour output of a node of ``kind`` that has a picture."""
    if leaf.link is None:
        return False
    node = leaf.link.from_node
    return node.type == kind and bool(node.image) and leaf.link.from_socket.identifier == "Color"


def _find_other_ends(trail: Trail, known: set[Key]) -> Iterator[str]:
    """Yield nodes on the way whose colour has another use too: a change before them would show there."""
    for place, link in trail.links:
        node = link.from_node
        if node.type == "REROUTE" or is_ours(node):
            continue
        outputs = node.outputs
        if node.type == "GROUP":
            continue
        if node.type == "GROUP_INPUT":
            inputs = [n for n in place.tree.nodes if n.type == "GROUP_INPUT"]
            outputs = [
                o for n in inputs for o in n.outputs if o.identifier == link.from_socket.identifier
            ]
        elif through_color(node) is None:
            continue
        if any(_goes_elsewhere(out, known) for out in outputs):
            yield node.label or node.name


def _goes_elsewhere(output: NodeSocket, known: set[Key]) -> bool:
    return any(
        _make_key(link) not in known
        and not link.is_muted
        and not is_ours(link.to_node)  # it is linked anew after a change
        and _is_used(link.to_node)
        for link in output.links
    )


def _is_used(node: Node) -> bool:
    """Return whether an output that is rendered depends on a node."""
    seen: set[Node] = set()
    waiting: list[Any] = [node]
    while waiting:
        node = waiting.pop()
        if node.type in ("OUTPUT_MATERIAL", "OUTPUT_WORLD", "OUTPUT_AOV", "GROUP_OUTPUT"):
            return True
        if node not in seen:
            seen.add(node)
            waiting += [link.to_node for out in node.outputs for link in out.links]
    return False


def is_opacity(output: NodeSocket) -> bool:
    """Return whether a value goes to a shader's Alpha, or mixes shaders."""
    seen: set[NodeSocket] = set()
    waiting = [output]
    while waiting:
        output = waiting.pop()
        for link in output.links:
            end = link.to_node
            if link.to_socket.name == "Alpha" or end.type in (
                "MIX_SHADER",
                "GROUP",
                "GROUP_OUTPUT",
            ):
                return True
            waiting += [further for further in end.outputs if further not in seen]
            seen.update(end.outputs)
    return False


def _make_key(link: NodeLink) -> Key:
    ends = (
        link.from_node.name,
        link.from_socket.identifier,
        link.to_node.name,
        link.to_socket.identifier,
    )
    return (link.id_data.name_full + str(link.id_data.as_pointer()), *ends)


def _add_site(sites: list[Site], leaf: Leaf, trail: Trail) -> None:
    node = leaf.link.from_node
    site = next((s for s in sites if s.node == node), None)
    if site is None:
        site = Site(leaf.place, node)
        sites.append(site)
    if leaf.mix is not None:
        if leaf.mix not in site.mixes:
            site.mixes.append(leaf.mix)
        return
    walked = {_make_key(link) for _, link in trail.links}
    for link in _cut(leaf.link, walked):
        ends = site.cuts.setdefault(link.from_socket, [])
        if link.to_socket not in ends:
            ends.append(link.to_socket)


def _cut(link: NodeLink, walked: set[Key]) -> Iterator[NodeLink]:
    """Yield the link, or, if it leads to a reroute that serves others too, its links that were walked."""
    node = link.to_node
    if node.type != "REROUTE" or all(_make_key(after) in walked for after in node.outputs[0].links):
        yield link
        return
    for after in node.outputs[0].links:
        if _make_key(after) in walked:
            yield from _cut(after, walked)
