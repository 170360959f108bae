"""Make the environments of the Makefile: find a Python, make a .venv, install, and stamp it as done.

python tools/setup_env.py engine            .venv: the engine, tests and linters (Python 3.11 or newer)
python tools/setup_env.py blender           .venv-blender-4.2, -4.5 (Python 3.11) and -5.2 (Python 3.13)
python tools/setup_env.py blender 4.5       one of them

What is installed is what requirements/*.txt say, each file checked by its hash. A second call finds the stamp
and does nothing; another lock makes the environment anew. Needs the standard library alone, and Python 3.8.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
WINDOWS = os.name == "nt"
STAMP = "stylize-setup.txt"
BLENDERS = {"4.2": "3.11", "4.5": "3.11", "5.2": "3.13"}
"""Version of bpy, and the Python that its wheels need."""
PROBE = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2], sys.executable)"


def _load(name):
    """Return a file of the add-on that needs neither Blender nor the rest of its package."""
    spec = importlib.util.spec_from_file_location(
        name, str(ROOT / "stylize_addon" / "installation" / (name + ".py"))
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


locked_pip = _load("locked_pip")


class SetupError(Exception):
    """Said to the user as it is."""


def candidates(version):
    """Yield commands that may be a Python of this version; none of them is trusted yet."""
    yield [sys.executable]
    yield from ([path] for path in on_path(version))
    yield from ([str(path)] for path in in_usual_places(version))
    if shutil.which("uv"):
        yield [_output(["uv", "python", "find", "--no-project", version]) or sys.executable]
    if shutil.which("py"):
        yield ["py", "-" + version]


def on_path(version):
    """Yield every Python in every folder of PATH, as the first one may be a shim that does not run."""
    for name in ("python" + version, "python3", "python"):
        for folder in os.get_exec_path():
            found = shutil.which(name, path=folder)
            if found:
                yield found


def in_usual_places(version):
    """Yield where pyenv, Homebrew and hand-built Pythons lie."""
    name = "python" + version
    for home in (os.environ.get("PYENV_ROOT"), Path.home() / ".pyenv"):
        if home:
            folders = sorted(Path(home).glob(f"versions/{version}*"), reverse=True)
            yield from (folder / "bin" / name for folder in folders)
    yield Path("/usr/local/bin", name)
    yield Path("/opt/homebrew/bin", name)


def find_python(version):
    """Return a Python of this version that runs and can make environments, or None."""
    for command in candidates(version):
        said = _output([*command, "-I", "-c", PROBE]).split(" ", 1)
        if len(said) == 2 and said[0] == version:
            return said[1]
    return None


def _output(command):
    """Return what a command prints; nothing if it fails (a shim may stand for a Python that is not there)."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def python_of(folder):
    """Return an environment's Python."""
    return folder / ("Scripts/python.exe" if WINDOWS else "bin/python")


def engine():
    """Make ``.venv`` with the project's dependencies and development tools."""
    for version in ("3.11", "3.12", "3.13"):
        python = find_python(version)
        if python:
            break
    else:
        raise SetupError(
            "Stylize needs Python 3.11, 3.12 or 3.13 and found none that runs.\n"
            "  Install one from https://www.python.org/downloads/ \n"
            "  (Linux: apt install python3.11 python3.11-venv),\n"
            "  then run make again."
        )
    make(ROOT / ".venv", python, LOCKS / "dev.txt")


def blender(version):
    """Make the environment that holds one version of bpy; return whether its Python is here."""
    python = find_python(BLENDERS[version])
    if python is None:
        say(
            f"Blender {version} is skipped: its bpy needs Python {BLENDERS[version]}, \n"
            "  and none that runs was found.\n"
            f"  Install it from https://www.python.org/downloads/ to test with Blender {version} too."
        )
        return False
    make(ROOT / (".venv-blender-" + version), python, LOCKS / f"blender-{version}.txt")
    return True


def make(folder, python, lock):
    """Make an environment and install a lock into it, unless its stamp says that this has been done."""
    stamp, inside = folder / STAMP, python_of(folder)
    key = "\n".join([python, locked_pip.digest_of(lock)])
    if (
        stamp.is_file()
        and stamp.read_text() == key
        and _output([str(inside), "-I", "-c", "print(1)"])
    ):
        return
    say(f"setting up {folder.name} (once; a few minutes) ...")
    shutil.rmtree(
        str(folder), ignore_errors=True
    )  # what an older lock had and this one has not goes too
    run([python, "-I", "-m", "venv", str(folder)], folder.parent)
    options = ("--quiet", *locked_pip.lock_options(lock))
    run(
        locked_pip.install_command(inside, *options),
        folder,
        locked_pip.pip_environment(inside),
    )
    stamp.write_text(key)


def run(command, folder, environment=None):
    """Run a command in a folder; its own words are what the user sees when it fails."""
    done = subprocess.run(command, cwd=str(folder), check=False, env=environment)
    if done.returncode:
        raise SetupError("this step failed: " + " ".join(command))


def say(text):
    """Print at once, also into a pipe."""
    print(text, flush=True)


def main(arguments):
    """Do what the command line asks; return the exit code."""
    what, versions = (arguments or ["engine"])[0], arguments[1:] or list(BLENDERS)
    if what not in ("engine", "blender"):
        say(__doc__)
        return 2
    try:
        if what == "engine":
            engine()
        else:
            with ThreadPoolExecutor(len(versions)) as pool:  # most of the time is waiting for files
                list(pool.map(blender, versions))
    except SetupError as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
