"""Renew requirements/*.txt, the exact versions that everyone installs, and say what changed.

python tools/update_locks.py           the newest versions that pyproject.toml admits (make update)
python tools/update_locks.py --keep    in step with pyproject.toml, and no more changed than that needs

uv finds one set of versions for all systems and Pythons; one without a wheel for each of them is refused.
For the engine it is also measured, for every system, what there is to download and what it takes on the disk
(once for each new lock: 7 GB are fetched, looked at and thrown away).
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from packaging.markers import Marker
from packaging.tags import compatible_tags, cpython_tags, mac_platforms
from packaging.utils import parse_wheel_filename
from setup_env import ROOT, locked_pip

FOLDER = ROOT / "requirements"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
LOCKS = {
    "dev": (("pyproject.toml", "--group", "dev"), PYTHONS),
    "engine": (("pyproject.toml",), PYTHONS),
    "blender-4.2": (("--group", "blender-4.2"), ("3.11",)),
    "blender-4.5": (("--group", "blender-4.5"), ("3.11",)),
    "blender-5.2": (("--group", "blender-5.2"), ("3.13",)),
}
"""What of pyproject.toml a lock holds, and for which Pythons; the first leads the engine's."""
SYSTEMS = {
    "linux-x86_64": ("linux", "x86_64"),
    "linux-aarch64": ("linux", "aarch64"),
    "win32-amd64": ("win32", "AMD64"),
    "darwin-arm64": ("darwin", "arm64"),
}
"""``sys.platform`` and ``platform.machine()`` as markers know them."""
NOT_THERE = {(f"blender-{version}", "linux-aarch64") for version in ("4.2", "4.5", "5.2")}
"""Blender makes no bpy for these."""
GLIBC = [*(f"manylinux_2_{minor}" for minor in range(28, 4, -1)), "manylinux2014", "manylinux2010"]
MACOS = (14, 0)
"""What the wheels may ask of Linux and of macOS at most."""
SIZES = FOLDER / "engine.json"
"""What the engine takes, for the add-on to say before it is installed."""
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
GPU = re.compile(r"(torch|triton|cuda-[\w-]+|nvidia-[\w-]+)==")
"""What PyTorch's build without GPU support replaces or does not need."""
SMALL = "linux-x86_64"
"""Where PyTorch's usual build brings NVIDIA's libraries, and a smaller one is offered."""
SMALL_TORCH = {"packages": 1, "download": 196_000_000, "disk": 747_000_000}
"""What that takes: 2.14.1's wheel, and 2.13.0's files; it changes little."""
UV = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--only-binary", ":all:",
      "--no-header"]  # fmt: skip  # one command
CPU_HEADER = "# PyTorch's build without GPU support, for Linux; it lies in PyTorch's own index.\n"
HEADER = "# Made from pyproject.toml by `make update`; never changed by hand.\n"


class LockError(Exception):
    """Said to the user as it is."""


def resolve(name, folder):
    """Have uv write one lock, and the same with the wheels' names and sizes; return the latter."""
    wanted, pythons = LOCKS[name]
    lock, wheels = folder / f"{name}.txt", folder / f"pylock.{name.replace('.', '-')}.toml"
    lead = ["-c", str(folder / "dev.txt")] if name == "engine" else []
    uv = [*UV, "--python-version", pythons[0], *wanted]
    run([*uv, "--generate-hashes", "--no-annotate", *lead, "-o", str(lock)])
    run([*uv, "--format", "pylock.toml", "-c", str(lock), "-o", str(wheels)])
    lock.write_text(HEADER + lock.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    return wheels_by_hash(tomllib.loads(wheels.read_text(encoding="utf-8")))


def run(command, environment=None):
    """Run a command; without an environment of its own, none of the variables that lead uv elsewhere."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("UV_")}
    done = subprocess.run(command, env=environment or own, cwd=ROOT, check=False)
    if done.returncode:
        raise LockError("this step failed: " + " ".join(command[:6]))


def wheels_by_hash(pylock):
    """Return {hash: (file name, bytes)} of every wheel that a pylock names."""
    return {
        "sha256:" + wheel["hashes"]["sha256"]: (wheel["url"].rsplit("/", 1)[-1], wheel["size"])
        for package in pylock["packages"]
        for wheel in package.get("wheels", ())
    }


def environment_of(system, python):
    """Return a system's and a Python's words in markers."""
    platform, machine = SYSTEMS[system]
    return {
        "sys_platform": platform,
        "platform_machine": machine,
        "platform_system": {"linux": "Linux", "win32": "Windows", "darwin": "Darwin"}[platform],
        "os_name": "nt" if platform == "win32" else "posix",
        "python_version": python,
        "python_full_version": python + ".9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }


def tags_of(system, python):
    """Return the tags of the wheels that install there."""
    platform, machine = SYSTEMS[system]
    version = tuple(map(int, python.split(".")))
    platforms = {
        "linux": [f"{name}_{machine.lower()}" for name in GLIBC],
        "win32": ["win_amd64"],
        "darwin": list(mac_platforms(MACOS, machine)),
    }[platform]
    interpreter = "cp" + python.replace(".", "")
    return [
        *cpython_tags(version, platforms=platforms),
        *compatible_tags(version, interpreter, platforms),
    ]


def choose_wheels(lines, wheels, system, python):
    """Return [(name, version, hash)] of what a lock installs on a system with a Python.

    Raises:
        LockError: if there is no wheel for one of them.
    """
    tags = {tag: place for place, tag in reversed(list(enumerate(tags_of(system, python))))}
    words, found = environment_of(system, python), []
    for name, version, marker, hashes in lines:
        if marker and not Marker(marker).evaluate(words):
            continue
        fitting = []
        for known in hashes:
            fit = tags.keys() & parse_wheel_filename(wheels[known][0])[3] if known in wheels else ()
            fitting += [(min(tags[tag] for tag in fit), known)] if fit else []
        if not fitting:
            raise LockError(f"{name} {version} has no wheel for {system} with Python {python}")
        found.append((name, version, min(fitting)[1]))
    return found


def check_all(folder, wheels):
    """Look whether every lock can be installed on every system with every Python that it is for."""
    for name, (_, pythons) in LOCKS.items():
        lines = locked_pip.read_lock(folder / f"{name}.txt")
        for system in SYSTEMS:
            for python in pythons if (name, system) not in NOT_THERE else ():
                choose_wheels(lines, wheels, system, python)


def measure(lines, wheels, system):
    """Return what a lock's lines take on a system: packages, and bytes to download and on the disk.

    Python sources count twice there, as they are compiled.
    """
    print(f"measuring {len(lines)} packages on {system} ...", flush=True)
    chosen = choose_wheels(lines, wheels, system, PYTHONS[0])
    with tempfile.TemporaryDirectory(prefix="stylize-measure-") as folder:
        files = download(chosen, system, Path(folder))
        return {
            "packages": len(files),
            "download": sum(file.stat().st_size for file in files),
            "disk": sum(unpacked(file) for file in files),
        }


def download(chosen, system, folder):
    """Download the wheels of a system, whichever runs this; return their files."""
    wanted = folder / "wanted.txt"
    lines = [f"{name}=={version} --hash={known}" for name, version, known in chosen]
    wanted.write_text("\n".join(lines), encoding="utf-8")
    platforms = dict.fromkeys(tag.platform for tag in tags_of(system, PYTHONS[0]))
    pip = [sys.executable, "-I", "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
           "--no-cache-dir", "--no-deps", "--only-binary", ":all:", "--python-version", PYTHONS[0],
           "--dest", str(folder), *(f"--platform={platform}" for platform in platforms if platform != "any"),
           *locked_pip.lock_options(wanted)]  # fmt: skip  # one command
    run(pip, locked_pip.pip_environment(sys.executable))
    return sorted(folder.glob("*.whl"))


def unpacked(file):
    """Return the bytes that a wheel takes once it is installed."""
    with zipfile.ZipFile(file) as archive:
        return sum(
            info.file_size * (2 if info.filename.endswith(".py") else 1)
            for info in archive.infolist()
        )


def write_sizes(folder, wheels):
    """Write the engine's table beside its lock, unless it is this lock's already."""
    lock = folder / "engine.txt"
    old = json.loads(SIZES.read_text(encoding="utf-8")) if SIZES.is_file() else {}
    digest = locked_pip.digest_of(lock)
    if old.get("lock") == digest:
        return
    lines = locked_pip.read_lock(lock)
    systems = {system: measure(lines, wheels, system) for system in SYSTEMS}
    rest = measure([line for line in lines if not GPU.match(line[0] + "==")], wheels, SMALL)
    systems[SMALL + "-cpu"] = {name: size + SMALL_TORCH[name] for name, size in rest.items()}
    table = {"lock": digest, "pythons": list(PYTHONS), "systems": systems}
    (folder / SIZES.name).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


def without_gpu(folder):
    """Write the engine's lock with PyTorch's smaller build, which is in PyTorch's own index alone."""
    lines = (folder / "engine.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"^[^\s#].*\n(?:[ ]+.*\n)+", lines, re.MULTILINE)
    torch = find_block(blocks, "torch")
    kept = folder / "engine-cpu.txt"
    known = kept.read_text(encoding="utf-8") if kept.is_file() else ""
    small = torch_without_gpu(torch.split()[0], folder) or find_block(
        re.findall(r"^[^\s#].*\n(?:[ ]+.*\n)+", known, re.MULTILINE), "torch"
    )
    rest = [block for block in blocks if not GPU.match(block)]
    kept.write_text(HEADER + CPU_HEADER + "".join(sorted([*rest, small])), encoding="utf-8")


def find_block(blocks, name):
    """Return a package's lines in a lock."""
    for block in blocks:
        if block.startswith(name + "=="):
            return block
    raise LockError(f"{name} is not in the lock")


def torch_without_gpu(pin, folder):
    """Return the lines of a version in PyTorch's index, or nothing where that is not reached."""
    wanted, found = folder / "torch.in", folder / "torch.txt"
    wanted.write_text(f"{pin}+cpu\n", encoding="utf-8")
    try:
        run([*UV, "--python-version", PYTHONS[0], "--no-deps", "--generate-hashes", "--no-annotate",
             "--default-index", CPU_INDEX, str(wanted), "-o", str(found)])  # fmt: skip  # one command
    except LockError:
        print(
            f"PyTorch's own index was not reached: without GPU support, PyTorch stays (not {pin})"
        )
        return ""
    return found.read_text(encoding="utf-8")


def changes(old, new):
    """Return what one lock has other than the other, a line each: ``numpy 2.4.6 -> 2.5.5``."""
    before, after = versions(old), versions(new)
    said = []
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was != now:
            said.append(f"{name} {was or '(new)'} -> {now or '(gone)'}")
    return said


def versions(lock):
    """Return {name: its versions} of a lock; several where Pythons or systems differ."""
    found = {}
    for name, version, _, _ in locked_pip.read_lock(lock) if lock.is_file() else ():
        found.setdefault(name, []).append(version)
    return {name: " and ".join(sorted(set(known))) for name, known in found.items()}


def update(*, keep):
    """Resolve all locks beside the old ones, check and measure them, and put them in their place together."""
    with tempfile.TemporaryDirectory(prefix="stylize-locks-") as name:
        folder, wheels = Path(name), {}
        for lock in FOLDER.glob("*.txt") if keep else [FOLDER / "engine-cpu.txt"]:
            if lock.is_file():
                shutil.copy(lock, folder)
        for lock in LOCKS:
            wheels.update(resolve(lock, folder))
        without_gpu(folder)
        check_all(folder, wheels)
        write_sizes(folder, wheels)
        FOLDER.mkdir(exist_ok=True)
        for lock in (*LOCKS, "engine-cpu"):
            said = changes(FOLDER / f"{lock}.txt", folder / f"{lock}.txt") or ["nothing changed"]
            print("\n  ".join([f"{lock}:", *said]))
        for path in [
            *(folder / f"{lock}.txt" for lock in (*LOCKS, "engine-cpu")),
            folder / SIZES.name,
        ]:
            if path.is_file():
                shutil.copy(path, FOLDER)


def main(arguments):
    """Do what the command line asks; return the exit code."""
    if set(arguments) - {"--keep"}:
        print(__doc__)
        return 2
    try:
        update(keep=bool(arguments))
    except LockError as error:
        print(f"{error}\nNo lock was changed.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
