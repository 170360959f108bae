"""Run tests/blender inside every bpy that `make setup` installed, from the built extension.

python tools/test_wheels.py [4.2 4.5 5.2] [-- PYTEST OPTIONS]

Tests find the zip in STYLIZE_EXTENSION and the engine's Python in STYLIZE_PYTHON. A version whose Python
is missing on this machine is named, not failed.
"""

import os
import subprocess
import sys
import tempfile

import build_extension
from setup_env import BLENDERS, ROOT, python_of


def main(arguments):
    """Test each version; return the exit code."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    versions, options = arguments[:cut] or list(BLENDERS), arguments[cut + 1 :]
    failed, tested = [], []
    for version in versions:
        python = python_of(ROOT / f".venv-blender-{version}")
        if not python.exists():
            print(
                f"Blender {version}: skipped, its Python {BLENDERS[version]} is not on this machine",
                flush=True,
            )
            continue
        print(f"Blender {version}:", flush=True)
        tested.append(version)
        if test(python, options):
            failed.append(version)
    if not tested:
        print("no Blender was tested: run make setup", flush=True)
        return 1
    if failed:
        print(f"failed in Blender {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def test(python, options):
    """Run the tests in one bpy, with Blender's own settings in a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="stylize-blender-") as home:
        environment = {
            **os.environ,
            "BLENDER_USER_RESOURCES": home,
            "STYLIZE_EXTENSION": str(build_extension.target()),
            "STYLIZE_PYTHON": str(python_of(ROOT / ".venv")),
        }
        command = [
            str(python),
            "-m",
            "pytest",
            "-q",
            "tests/blender",
            "-p",
            "no:cacheprovider",
            *options,
        ]
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
