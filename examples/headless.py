"""Stylize a file where bpy is a module: python examples/headless.py textures FILE --style PICTURE -o OUT.

Takes the arguments of ``blender --command stylize``; runs the installed extension, else this checkout.
"""

import importlib.util
import os
import shutil
import sys
from pathlib import Path
from types import ModuleType

import bpy

ROOT, INSTALLED = Path(__file__).resolve().parent.parent, "bl_ext.user_default.stylize"


def load_addon() -> ModuleType:
    """Return the enabled add-on's package."""
    import addon_utils  # found once bpy is imported

    if any(module.__name__ == INSTALLED for module in addon_utils.modules()):
        addon_utils.enable(INSTALLED)
        return sys.modules[INSTALLED]
    for engine in (ROOT / ".venv/bin/python", ROOT / ".venv/Scripts/python.exe"):
        if engine.exists():  # what `make setup` made, unless another one is chosen
            os.environ.setdefault("STYLIZE_PYTHON", str(engine))
    spec = importlib.util.spec_from_file_location("stylize", ROOT / "__init__.py")
    package = sys.modules["stylize"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    package.register()
    return package


if __name__ == "__main__":
    code = importlib.import_module(f"{load_addon().__name__}.stylize_addon.command.textures").main(
        sys.argv[1:]
    )
    _ = sys.stdout.flush(), sys.stderr.flush()
    shutil.rmtree(bpy.app.tempdir, ignore_errors=True)
    os._exit(code)  # not sys.exit: bpy 4.2 crashes at its end once it has exported a .glb
