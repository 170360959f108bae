"""Opening and saving files without a window: .blend, and .glb through Blender's own glTF add-on."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import bpy
from bpy.types import Node, NodeSocket, NodeTree

from ..core.errors import StylizeError
from . import compat
from .glb import Model
from .materials.graph import COLORS, FINISH, HIDDEN, RELIEF, picture_of, socket_of, trees_of
from .materials.paint_nodes import covers_of
from .materials.walk import MIX, is_ours, live_link

GLTF = (".glb", ".gltf")
READ = (".blend", *GLTF)
WRITTEN = (".blend", ".glb")


class FileError(StylizeError):
    """A file cannot be opened or saved."""


def open_file(path: Path) -> None:
    """Open a .blend, or a glTF model in an empty file.

    Raises:
        FileError: if it cannot be opened; the message says why.
    """
    if not path.is_file():
        raise FileError(f"{path} is not there")
    if path.suffix.lower() == ".blend":
        _open_blend(path)
    else:
        _import_gltf(path)


def _open_blend(path: Path) -> None:
    version = _read_version(path)
    here = bpy.app.version[:2]
    if version is not None and version > here:
        raise FileError(_describe_newer(path, version))
    try:
        bpy.ops.wm.open_mainfile(filepath=str(path), load_ui=False)
    except RuntimeError as error:
        why = "it is damaged, no .blend, or from a newer Blender"
        raise FileError(f"{path} cannot be opened by Blender {here[0]}.{here[1]}: {why}") from error
    if compat.from_the_future():
        raise FileError(_describe_newer(path, tuple(bpy.data.version)[:2]))


def _describe_newer(path: Path, version: tuple[int, ...]) -> str:
    here = ".".join(map(str, bpy.app.version[:2]))
    return f"{path} was saved by Blender {version[0]}.{version[1]} and this is {here}; use the newer Blender"


def _read_version(path: Path) -> tuple[int, int] | None:
    """Return the Blender version in an uncompressed file's header."""
    with path.open("rb") as stream:
        head = stream.read(24)
    found = re.match(rb"BLENDER(?:\d\d-\d\d)?[-_]?[vV](\d+)", head)
    if found is None:
        return None
    number = int(found[1])
    return number // 100, number % 100


def _import_gltf(path: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True)
    try:
        bpy.ops.import_scene.gltf(filepath=str(path))
    except (RuntimeError, AttributeError) as error:
        last = [line for line in str(error).splitlines() if line.strip()]
        draco = any("draco" in line for line in last)
        lacking = "this Blender lacks the Draco library that it needs"
        why = lacking if draco else "it is damaged or not glTF 2.0"
        raise FileError(f"{path} cannot be imported: {why}") from error


def save_file(path: Path, model: Model | None = None) -> None:
    """Save the open file as a .blend or a .glb; the file gets its name only when it is complete.

    Args:
        path: The file to write.
        model: A model to write instead of the open file.

    Raises:
        FileError: if it cannot be written.
    """
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    try:
        if model is not None:
            part.write_bytes(model.packed())
        elif path.suffix.lower() == ".blend":
            bpy.ops.wm.save_as_mainfile(filepath=str(part), copy=True, check_existing=False)
        else:
            _export_glb(part)
        part.replace(path)
    except (RuntimeError, OSError) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise FileError(f"{path} cannot be written: {_find_reason(error)}") from error


def _find_reason(error: Exception) -> str:
    lines = [
        line.strip() for line in str(error).removeprefix("Error: ").splitlines() if line.strip()
    ]
    return (isinstance(error, OSError) and error.strerror) or (lines[-1] if lines else "unknown")


def _export_glb(path: Path) -> None:
    wanted = {
        "export_format": "GLB",
        "export_image_format": "AUTO",
        "export_jpeg_quality": 95,
        "export_image_quality": 95,
        "export_cameras": True,
        "export_lights": True,
        "export_extras": True,
    }
    operator = bpy.ops.export_scene.gltf
    with direct_pictures():
        operator(filepath=str(path), **compat.known_options(operator, wanted))


@contextmanager
def direct_pictures() -> Iterator[None]:
    """Link stylized pictures without the Stylize nodes, alpha included: exporters do not support these."""
    undo: list[tuple[NodeTree, NodeSocket, NodeSocket]] = []
    try:
        for material in bpy.data.materials:
            for tree in trees_of(material):
                roles = (*COLORS, *RELIEF, *FINISH)
                for mix in [node for node in tree.nodes if is_ours(node, *roles)]:
                    _show_directly(tree, mix, undo)
        yield
    finally:
        for tree, source, end in reversed(undo):
            tree.links.new(end, source)


def _show_directly(
    tree: NodeTree, mix: Node, undo: list[tuple[NodeTree, NodeSocket, NodeSocket]]
) -> None:
    picture = picture_of(mix)
    if picture is None:
        return
    before = live_link(socket_of(mix, "A_Color"))
    shown = picture.outputs["Color"]
    if HIDDEN in mix or (is_ours(mix, *FINISH) and covers_of(mix)):
        shown = None if before is None else before.from_socket
    swaps = [(link, shown) for link in socket_of(mix, "Result_Color", outputs=True).links]
    if is_ours(mix, MIX) and before is not None and before.from_node.type == "TEX_IMAGE":
        swaps += [
            (link, picture.outputs["Alpha"]) for link in before.from_node.outputs["Alpha"].links
        ]
    ends = [(link, link.from_socket, link.to_socket, source) for link, source in swaps]
    for link, old, end, source in ends:
        undo.append((tree, old, end))
        if source is None:
            tree.links.remove(link)
        else:
            tree.links.new(end, source)
