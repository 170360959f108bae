"""Runs in a second Blender: executes the request in the last argument and prints a line for each step."""

import importlib.util
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import bpy

ROOT = Path(__file__).resolve().parent.parent
NAME = "stylize_child"
"""The package's name in this process; an enabled add-on has another one."""


def main() -> None:
    """Execute the request, and print a message for each step."""
    request = json.loads(Path(sys.argv[-1]).read_text(encoding="utf-8"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if Path(bpy.data.filepath) != Path(request["file"]):  # if bpy is a module
        bpy.ops.wm.open_mainfile(filepath=request["file"], use_scripts=request["scripts"])
    package = _load_package()
    tasks = {"render": _render, "bake": _bake, "toon": _bake_toon}
    try:
        for message in tasks[request["task"]](request):
            _say(message)
        _say({"done": True})
    except sys.modules[f"{package}.core.errors"].StylizeError as error:
        _say({"error": str(error)})


def _render(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    rendering = _load("rendering.frame_render")
    frame_files = rendering.FrameFiles(**json.loads(request["frame_files"]))
    _load("painted").read_painted(request["painted"])
    if bpy.context.window is not None:
        bpy.context.window.scene = bpy.data.scenes[frame_files.scene]
    for frame in rendering.render(frame_files, request["frames"]):
        yield {"frame": frame}


def _bake(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return _load("materials.bake_task").bake_all(request)


def _bake_toon(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return _load("toon.bake_task").bake_all(request)


def _load_package() -> str:
    spec = importlib.util.spec_from_file_location(NAME, ROOT / "__init__.py")
    package = sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    importlib.import_module(f"{NAME}.core.errors")
    return NAME


def _load(module: str) -> ModuleType:
    return importlib.import_module(f"{NAME}.stylize_addon.{module}")


def _say(message: dict[str, Any]) -> None:
    print(f"stylize-child {json.dumps(message)}", flush=True)  # noqa: T201  # to the parent


def _end_with_parent() -> None:
    """Wait until stdin is closed (the parent has ended, or has cancelled), then end this process."""
    sys.stdin.buffer.read()
    os._exit(3)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)
