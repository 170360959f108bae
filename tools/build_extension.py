"""Build the extension's zip with Blender's own tool, and have that tool check the source and the result.

python tools/build_extension.py [ZIP]       default: dist/stylize-<version>.zip

The tool comes with bpy and runs without a Blender; the newest of the .venv-blender-* environments is used.
"""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = "*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
LARGEST = 40
"""Megabytes; a larger zip has something in it that does not belong there."""
FOREIGN = re.compile(r"(^|/)(tests|docs|examples|tools|runs|build|dist|\.[^/]+|__pycache__)(/|$)")


class BuildError(Exception):
    """Said to the user as it is."""


def version():
    """Return the project's version."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found = re.search(r'^version = "(.+)"', text, re.MULTILINE)
    if not found:
        raise BuildError("pyproject.toml has no version")
    return found[1]


def target():
    """Return where the zip lies."""
    return ROOT / "dist" / f"stylize-{version()}.zip"


def find_tool():
    """Return Blender's extension tool and the Python that it came with."""
    for folder in sorted(ROOT.glob(".venv-blender-*"), reverse=True):
        for tool in [*folder.glob("lib/" + TOOL), *folder.glob("Lib/" + TOOL.removeprefix("*/"))]:
            pythons = [folder / "bin/python", folder / "Scripts/python.exe"]
            return next(python for python in pythons if python.exists()), tool
    raise BuildError("no .venv-blender-* holds bpy; run: make setup")


def build(path):
    """Build and check the zip."""
    python, tool = find_tool()
    part = path.with_name(f"part-{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    part.unlink(missing_ok=True)
    for step in (
        ["validate", str(ROOT)],
        ["build", "--source-dir", str(ROOT), "--output-filepath", str(part)],
        ["validate", str(part)],
    ):
        done = subprocess.run(
            [str(python), str(tool), *step], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise BuildError(f"blender_ext {' '.join(step)} failed:\n{done.stdout}{done.stderr}")
    check(part)
    part.replace(path)


def check(path):
    """Refuse a zip with foreign files, or one that is too large."""
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    foreign = [name for name in names if FOREIGN.search(name)]
    if foreign:
        raise BuildError(f"the zip holds what does not belong there: {foreign[:5]}")
    if path.stat().st_size > LARGEST * 2**20:
        raise BuildError(
            f"the zip is {path.stat().st_size >> 20} MB; something does not belong there"
        )


def main(arguments):
    """Build; return the exit code."""
    path = Path(arguments[0]).resolve() if arguments else target()
    try:
        build(path)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{path} ({path.stat().st_size / 2**20:.1f} MB)")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
