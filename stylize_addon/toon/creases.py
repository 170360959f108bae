"""Lines along sharp edges and between materials, as nodes: thin tubes on the edges of the mesh.

An edge is a crease where its faces meet at the look's angle and are shaded apart: it is marked sharp, a face
of it is flat, or an importer has split the mesh there. What is shaded smooth has none.
"""

from typing import Any

from .nodes import Inputs, Value, Writer

TUBE = "toon_tube"
"""Attribute of the faces of these lines."""
SPLIT = "toon_split"
"""Attribute of edges where an importer has split the mesh."""
SIDES, CUTS = 6, 3
"""Sides of a tube, and between two points of its edges the places where a tapering one may be thinner."""
ENDS = 7.0
"""Widths of a line over which its end tapers."""


def mark_splits(writer: Writer, mesh: Any) -> Any:
    """Return a mesh that is yet to be welded, with the edges marked at which it ends."""
    faces = writer.node("GeometryNodeInputMeshEdgeNeighbors", {}).outputs[0]
    ends = writer.math("LESS_THAN", faces, 1.5)
    return _store(writer, mesh, SPLIT, ends, "EDGE")


def write_edge_lines(writer: Writer, given: Inputs, mesh: Any, width: Value, opaque: Value) -> Any:
    """Return the lines on a mesh: creases and borders, each as wide as its share says.

    Args:
        writer: Writes them.
        given: The modifier's inputs.
        mesh: Welded, its splits marked.
        width: How wide lines are at a point, in the object's own units.
        opaque: Whether a face is; an edge has no line where none of its faces is.
    """
    seen = writer.math("GREATER_THAN", _on_faces(writer, opaque), 0.0)
    joined = writer.node("GeometryNodeJoinGeometry", {})
    kinds = ((_is_crease(writer, given), "Creases"), (_is_border(writer), "Borders"))
    for chosen, share in kinds:
        drawn = writer.math("MULTIPLY", seen, writer.math("GREATER_THAN", given[share], 0.0))
        wanted = writer.math("MULTIPLY", chosen, drawn)
        edges = {"Mesh": mesh, "Selection": wanted}
        curve = writer.node("GeometryNodeMeshToCurve", edges).outputs[0]
        cuts = writer.math("MULTIPLY", writer.math("GREATER_THAN", given["Taper"], 0.0), CUTS)
        curve = writer.node("GeometryNodeSubdivideCurve", {0: curve, 1: cuts}).outputs[0]
        wide = writer.math("MULTIPLY", width, given[share])
        tapered = writer.math("MULTIPLY", wide, _taper(writer, given, wide))
        tube = _tube(writer, curve, writer.math("MULTIPLY", tapered, 0.5))
        writer.feed(joined.inputs[0], tube)
    return _store(writer, joined.outputs[0], TUBE, 1.0, "FACE")


def _is_crease(writer: Writer, given: Inputs) -> Any:
    angle = writer.node("GeometryNodeInputMeshEdgeAngle", {}).outputs[0]
    sharp = writer.math("GREATER_THAN", angle, given["Crease Angle"])
    marked = writer.math("SUBTRACT", 1.0, writer.node("GeometryNodeInputEdgeSmooth", {}).outputs[0])
    smooth = writer.node("GeometryNodeInputShadeSmooth", {}).outputs[0]
    flat = _on_faces(writer, writer.math("SUBTRACT", 1.0, smooth))
    apart = writer.math("ADD", writer.math("ADD", marked, flat), _read(writer, SPLIT))
    return writer.math("MULTIPLY", sharp, writer.math("GREATER_THAN", apart, 0.4))


def _is_border(writer: Writer) -> Any:
    """Return whether the faces of an edge differ in material: then the mean of squares is not the mean's."""
    slot = writer.node("GeometryNodeInputMaterialIndex", {}).outputs[0]
    mean = _on_faces(writer, slot)
    squares = _on_faces(writer, writer.math("MULTIPLY", slot, slot))
    spread = writer.math("SUBTRACT", squares, writer.math("MULTIPLY", mean, mean))
    return writer.math("GREATER_THAN", spread, 0.1)


def _on_faces(writer: Writer, value: Value) -> Any:
    """Return a value of faces as an edge sees it: the mean of its faces'."""
    settings = {"data_type": "FLOAT", "domain": "FACE"}
    return _shown(writer.node("GeometryNodeFieldOnDomain", {0: value}, **settings).outputs)


def _taper(writer: Writer, given: Inputs, width: Value) -> Any:
    """Return how wide a line still is toward its ends, of its width."""
    along = writer.node("GeometryNodeSplineParameter", {}).outputs["Length"]
    whole = writer.node("GeometryNodeSplineLength", {}).outputs["Length"]
    closed = writer.node("GeometryNodeInputSplineCyclic", {}).outputs[0]
    left = writer.math("MINIMUM", along, writer.math("SUBTRACT", whole, along))
    reach = writer.math("MAXIMUM", writer.math("MULTIPLY", width, ENDS), 1e-9)
    inner = writer.math("MAXIMUM", writer.math("DIVIDE", left, reach, clamp=True), closed)
    return writer.math("SUBTRACT", 1.0, writer.math(
        "MULTIPLY", given["Taper"], writer.math("SUBTRACT", 1.0, inner)
    ))  # fmt: skip  # one line of arithmetic


def _tube(writer: Writer, curve: Any, radius: Value) -> Any:
    round_ = {"Resolution": SIDES, "Radius": 1.0}
    profile = writer.node("GeometryNodeCurvePrimitiveCircle", round_).outputs[0]
    given = {"Curve": curve, "Profile Curve": profile, "Fill Caps": True}
    node = writer.node("GeometryNodeCurveToMesh", {})
    if "Scale" in node.inputs:  # from 5.0 on
        given["Scale"] = radius
    else:
        sized = {"Curve": curve, "Radius": radius}
        given["Curve"] = writer.node("GeometryNodeSetCurveRadius", sized).outputs[0]
    for name, value in given.items():
        writer.feed(node.inputs[name], value)
    return node.outputs[0]


def _store(writer: Writer, mesh: Any, name: str, value: Value, domain: str) -> Any:
    settings = {"data_type": "FLOAT", "domain": domain}
    node = writer.node(
        "GeometryNodeStoreNamedAttribute", {"Geometry": mesh, "Name": name}, **settings
    )
    writer.feed(_shown(node.inputs, "Value"), value)
    return node.outputs[0]


def _read(writer: Writer, name: str) -> Any:
    node = writer.node("GeometryNodeInputNamedAttribute", {"Name": name}, data_type="FLOAT")
    return _shown(node.outputs)


def _shown(sockets: Any, name: str = "") -> Any:
    """Return the first socket that a node shows for its kind of data."""
    return next(s for s in sockets if s.enabled and name in ("", s.name))
