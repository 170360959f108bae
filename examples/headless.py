"""Stylize a file where bpy is a Python module: ``python examples/headless.py textures FILE --style PICTURE -o OUT``.

Takes the arguments of ``blender --command stylize``. The installed extension is used if there is one, else this checkout.
"""

import atexit
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import bpy  # noqa: F401  # with it, Blender's own modules can be found

ROOT = Path(__file__).resolve().parent.parent
INSTALLED = "bl_ext.user_default.stylize"


def load_addon() -> ModuleType:
    """Return the enabled add-on's package."""
    import addon_utils

    if any(module.__name__ == INSTALLED for module in addon_utils.modules()):
        addon_utils.enable(INSTALLED)
        return sys.modules[INSTALLED]
    spec = importlib.util.spec_from_file_location("stylize", ROOT / "__init__.py")
    package = sys.modules["stylize"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(package)
    package.register()
    atexit.register(package.unregister)
    return package


if __name__ == "__main__":
    addon = load_addon()
    command = importlib.import_module(f"{addon.__name__}.stylize_addon.cli_command")
    sys.exit(command.main(sys.argv[1:]))
