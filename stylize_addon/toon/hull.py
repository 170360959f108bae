"""The node group of lines: the mesh once more, inside out and a line's width larger, and tubes on its edges.

It is a geometry group, so that it welds what importers have split (a Solidify modifier tears there), leaves
the mesh's own normals and material slots alone, works on linked meshes, and measures its width at each point.
"""

from math import pi, tan
from typing import Any

from bpy.types import Camera, NodeTree, Scene

from .. import compat
from .control import LINES, control_group, dial_path
from .creases import mark_splits, write_edge_lines
from .faint_lines import line_materials_group
from .nodes import Inputs, Value, Writer, open_group, shared_group
from .pixels import HEIGHT, across_of

GROUP = "Toon Outline"
NAME = "Toon Line"
"""Of the modifier, and of the vertex group that says where a line is thinner."""
SPLIT = 1e-5
"""Of a mesh's size, how near points are that belong together."""
UNEVEN = 0.8
INPUTS = {
    "Geometry": "NodeSocketGeometry",
    "Width": "NodeSocketFloat",
    "In Pixels": "NodeSocketBool",
    "Brush": "NodeSocketFloat",
    "Silhouettes": "NodeSocketFloat",
    "Creases": "NodeSocketFloat",
    "Crease Angle": "NodeSocketFloat",
    "Borders": "NodeSocketFloat",
    "Taper": "NodeSocketFloat",
    "Material": "NodeSocketMaterial",
}
PIXEL, DISTANCE, DIAL = "Pixel", "Distance Counts", "Lines"
"""Nodes of the group that scene and control drive."""


def hull_group(scene: Scene) -> NodeTree:
    """Return the file's group of outlines, made now if there is none, for the scene's camera."""
    tree = shared_group(GROUP, _write, "GeometryNodeTree")
    _aim(tree, scene)
    return tree


def _write(tree: NodeTree) -> None:
    tree.is_modifier = True
    writer, given = open_group(tree, INPUTS, {"Geometry": "NodeSocketGeometry"})
    mesh = writer.node("GeometryNodeRealizeInstances", {0: given["Geometry"]}).outputs[0]
    box = writer.node("GeometryNodeBoundBox", {0: mesh}).outputs
    size = writer.vector("LENGTH", writer.vector("SUBTRACT", box["Max"], box["Min"]))
    near = {"Geometry": mark_splits(writer, mesh), "Distance": writer.math("MULTIPLY", size, SPLIT)}
    whole = writer.node("GeometryNodeMergeByDistance", near).outputs[0]
    width = _width(writer, given, size)  # a field: each part reads it at its own points
    dressed = {"Geometry": _hull(writer, given, whole, width), "Material": given["Material"]}
    hull, opaque = writer.group(line_materials_group(), dressed).outputs
    inked = {
        "Geometry": write_edge_lines(writer, given, whole, width, opaque),
        "Material": given["Material"],
    }
    lines = writer.node("GeometryNodeJoinGeometry", {})
    for part in (writer.node("GeometryNodeSetMaterial", inked).outputs[0], hull):
        writer.feed(lines.inputs[0], part)
    shell = lines.outputs[0]
    if not compat.JOINS_NORMALS:  # an instance leaves the mesh beside it as it is
        shell = writer.node("GeometryNodeGeometryToInstance", {0: shell}).outputs[0]
    joined = writer.node("GeometryNodeJoinGeometry", {})
    for part in (shell, given["Geometry"]):  # the one that is linked last comes first
        writer.feed(joined.inputs[0], part)
    writer.finish({"Geometry": joined.outputs[0]})


def _hull(writer: Writer, given: Inputs, mesh: Any, width: Value) -> Any:
    """Return the mesh turned inside out, as much larger as a silhouette is wide."""
    normal = writer.node("GeometryNodeInputNormal", {}).outputs[0]
    wide = writer.math("MULTIPLY", width, given["Silhouettes"])
    stands = {"Geometry": mesh, "Offset": writer.scaled(normal, wide)}
    moved = writer.node("GeometryNodeSetPosition", stands).outputs[0]
    return writer.node("GeometryNodeFlipFaces", {0: moved}).outputs[0]


def _width(writer: Writer, given: Inputs, size: Value) -> Any:
    """Return a line's width at a point, in the object's own units."""
    math = writer.math
    dial = writer.node("ShaderNodeValue", {}, name=DIAL).outputs[0]
    width = math("MULTIPLY", math("MULTIPLY", given["Width"], dial), _weight(writer))
    width = math("MULTIPLY", width, _brush(writer, given, size))
    seen, flat = math("MULTIPLY", width, _pixel(writer)), math("DIVIDE", width, _scale(writer))
    share = given["In Pixels"]
    return math(
        "ADD", math("MULTIPLY", seen, share), math("MULTIPLY", flat, math("SUBTRACT", 1.0, share))
    )


def _weight(writer: Writer) -> Any:
    named = writer.node("GeometryNodeInputNamedAttribute", {"Name": NAME}, data_type="FLOAT")
    outputs = {s.name: s for s in named.outputs if s.enabled}
    weight, exists = outputs["Attribute"], outputs["Exists"]
    missing = writer.math("SUBTRACT", 1.0, exists)
    return writer.math("ADD", writer.math("MULTIPLY", weight, exists), missing)


def _brush(writer: Writer, given: Inputs, size: Value) -> Any:
    """Return how much wider or thinner a hand draws here."""
    place = writer.node("GeometryNodeInputPosition", {}).outputs[0]
    finer = writer.math("DIVIDE", 7.0, writer.math("MAXIMUM", size, 1e-9))
    noise = writer.node("ShaderNodeTexNoise", {"Vector": place, "Scale": finer}).outputs[0]
    lean = writer.math("MULTIPLY", writer.math("SUBTRACT", noise, 0.5), 2 * UNEVEN * 2)
    swing = writer.math("MULTIPLY", lean, given["Brush"])
    return writer.math("MAXIMUM", writer.math("ADD", swing, 1.0), 0.1)


def _pixel(writer: Writer) -> Any:
    """Return the size of a pixel at a point: the camera's, times the distance where that counts."""
    camera = writer.node("GeometryNodeInputActiveCamera", {}).outputs[0]
    info = writer.node("GeometryNodeObjectInfo", {"Object": camera}, transform_space="RELATIVE")
    place = writer.node("GeometryNodeInputPosition", {}).outputs[0]
    far = writer.vector("LENGTH", writer.vector("SUBTRACT", info.outputs["Location"], place))
    counts = writer.node("ShaderNodeValue", {}, name=DISTANCE).outputs[0]
    even = writer.math("DIVIDE", writer.math("SUBTRACT", 1.0, counts), _scale(writer))
    reach = writer.math("ADD", writer.math("MULTIPLY", far, counts), even)
    return writer.math("MULTIPLY", reach, writer.node("ShaderNodeValue", {}, name=PIXEL).outputs[0])


def _scale(writer: Writer) -> Any:
    me = writer.node("GeometryNodeSelfObject", {}).outputs[0]
    scale = writer.node("GeometryNodeObjectInfo", {"Object": me}).outputs["Scale"]
    return writer.math(
        "MAXIMUM", writer.math("DIVIDE", writer.vector("LENGTH", scale), 3**0.5), 1e-6
    )


def _aim(tree: NodeTree, scene: Scene) -> None:
    """Drive the group by the scene's camera and by the control of all lines."""
    nodes: Any = tree.nodes
    _drive(nodes[DIAL].outputs[0], "v", (("v", "NODETREE", control_group(), dial_path(LINES)),))
    camera: Any = scene.camera.data if scene.camera is not None else None
    nodes[DISTANCE].outputs[0].default_value = float(camera is None or camera.type != "ORTHO")
    nodes[PIXEL].outputs[0].driver_remove("default_value")
    if camera is None or camera.type == "PANO":
        angle = pi if camera is not None else 2 * tan(0.2)
        nodes[PIXEL].outputs[0].default_value = angle / HEIGHT
        return
    _drive(nodes[PIXEL].outputs[0], *_pixel_driver(camera, across_of(scene)))


def _pixel_driver(camera: Camera, across: float) -> tuple[str, Any]:
    if camera.type == "ORTHO":
        return f"o/{across:.6g}", (("o", "CAMERA", camera, "ortho_scale"),)
    return f"2*tan(a/2)/{across:.6g}", (("a", "CAMERA", camera, "angle"),)


def _drive(socket: Any, expression: str, variables: Any) -> None:
    socket.driver_remove("default_value")
    driver = socket.driver_add("default_value").driver
    driver.type, driver.expression = "SCRIPTED", expression
    for name, kind, owner, path in variables:
        variable = driver.variables.new()
        variable.name = name
        variable.targets[0].id_type, variable.targets[0].id = kind, owner
        variable.targets[0].data_path = path
