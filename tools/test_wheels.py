"""Run tests/blender inside every bpy that `make setup` installed, from the built extension.

python tools/test_wheels.py [4.2 4.5 5.2] [-- PYTEST OPTIONS]

Each version's files are shared out to two processes of one thread, of which two run at a time; what one has
said is printed when it ends. Tests find the zip in STYLIZE_EXTENSION and the engine's Python in
STYLIZE_PYTHON. A version whose Python is missing on this machine is named, not failed.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import build_extension
from setup_env import BLENDERS, ROOT, python_of

TOGETHER, SHARES = 2, 2
"""Processes that run at a time, and processes a version."""
NONE = 5
"""pytest's exit code if the options leave no test."""


def main(arguments):
    """Test each version; return the exit code."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    versions, options = arguments[:cut] or list(BLENDERS), arguments[cut + 1 :]
    tested = [version for version in versions if is_there(version)]
    if not tested:
        print("no Blender was tested: run make setup", flush=True)
        return 1
    tasks = [(version, files) for version in tested for files in share_out()]
    with ThreadPoolExecutor(TOGETHER) as pool:
        ended = list(pool.map(lambda task: test(task[0], task[1], options), tasks))
    codes = {version: set[int]() for version in tested}
    for (version, _), code in zip(tasks, ended, strict=True):
        codes[version].add(code)
    failed = [version for version, some in codes.items() if some - {0, NONE} or 0 not in some]
    if failed:
        print(f"failed in Blender {', '.join(failed)}", flush=True)
    return 1 if failed else 0


def share_out():
    """Return the files of tests in ``SHARES`` lists, about equally long to read."""
    files = sorted(
        (ROOT / "tests" / "blender").glob("test_*.py"), key=lambda file: file.stat().st_size
    )
    return [
        [str(file.relative_to(ROOT)) for file in sorted(files[k::SHARES])] for k in range(SHARES)
    ]


def is_there(version):
    """Return whether there is a bpy of a version; say so if not."""
    if _python(version).exists():
        return True
    print(f"Blender {version}: skipped, its Python {BLENDERS[version]} is not on this machine")
    return False


def test(version, files, options):
    """Run files of tests in one bpy, its settings in a folder that is thrown away; return the exit code."""
    with tempfile.TemporaryDirectory(prefix="stylize-blender-") as home:
        environment = {
            "OMP_NUM_THREADS": "1",
            **os.environ,
            "BLENDER_USER_RESOURCES": home,
            "STYLIZE_EXTENSION": str(build_extension.target()),
            "STYLIZE_PYTHON": str(python_of(ROOT / ".venv")),
        }
        command = (str(_python(version)), "-m", "pytest", "-q")
        ended = subprocess.run(
            [*command, *files, "-p", "no:cacheprovider", *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    print(f"Blender {version}:\n{ended.stdout}", flush=True)
    return ended.returncode


def _python(version):
    return python_of(ROOT / f".venv-blender-{version}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
