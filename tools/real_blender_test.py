"""One job in a real Blender: install the zip with `--command`, stylize a model's textures, look.

python tools/real_blender_test.py FOLDER

FOLDER becomes a small system of its own that holds Blender (STYLIZE_SHARED/tools/real_blender.sh;
Linux, root, about 2 GB). The project and the engine's Python appear in it under their own paths meanwhile.
Where that is not possible the test says so and passes.
"""

import json
import os
import shutil
import struct
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import build_extension
from setup_env import ROOT, python_of

SHARED = Path(os.environ.get("STYLIZE_SHARED") or ROOT.parent / "shared").resolve()
SCRIPT = SHARED / "tools" / "real_blender.sh"
MODEL = SHARED / "data" / "models" / "Fox_animated.glb"
STYLE = "paintings/art_014*"
CHANGING = ("images", "bufferViews", "buffers")
"""What of a .glb's description differs when a picture in it is another."""
WORK = Path("/stylize-test")
"""The test's folder, inside FOLDER."""


class TestError(Exception):
    """Said to the user as it is."""


def missing():
    """Return why the test cannot run here, or nothing."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "it needs Linux and root"
    if not SCRIPT.is_file():
        return f"there is no {SCRIPT}"
    return ""


def main(arguments):
    """Run the test; return the exit code."""
    if reason := missing():
        print(f"real Blender: skipped, {reason}")
        return 0
    folder = Path(arguments[0] if arguments else ROOT / "build" / "real_blender").resolve()
    try:
        test(folder)
    except TestError as error:
        print(f"real Blender: {error}", file=sys.stderr)
        return 1
    return 0


def test(folder):
    """Install the extension, run one job, and compare what came out with what went in."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if subprocess.run(["sh", str(SCRIPT), str(folder)], check=False).returncode:
        raise TestError(f"{SCRIPT} failed; {folder}.log says why")
    inside = folder / WORK.relative_to("/")
    shutil.rmtree(inside, ignore_errors=True)
    inside.mkdir()
    style = next((SHARED / "data").glob(STYLE))
    for source in (build_extension.target(), MODEL, style):
        shutil.copy(source, inside)
    install = ["extension", "install-file", "-r", "user_default", "--enable"]
    with mounted(folder):
        blender(folder, *install, str(WORK / build_extension.target().name))
        output = WORK / "out.glb"
        said = blender(
            folder, "stylize", "textures", str(WORK / MODEL.name),
            "--style", str(WORK / style.name), "-o", str(output), "--json",
        )  # fmt: skip  # a command line
    facts = json.loads(next(text for text in said.splitlines() if text.startswith("{")))
    compare(MODEL, inside / output.name)
    print(f"real Blender: {json.dumps(facts)}")


@contextmanager
def mounted(folder):
    """Show the project and the engine's Python inside the folder under their own paths."""
    base = _output([str(python_of(ROOT / ".venv")), "-c", "import sys; print(sys.base_prefix)"])
    if base in ("/", "/usr"):
        raise TestError(
            "the engine's Python is the system's own and cannot be shown to another system"
        )
    shown = dict.fromkeys(("/proc", "/dev", base, str(ROOT), str((ROOT / ".venv").resolve())))
    places = [Path(folder, source.lstrip("/")) for source in shown]
    try:
        for inside in places:
            inside.mkdir(parents=True, exist_ok=True)
            source = Path("/") / inside.relative_to(folder)
            bind = ["mount", "--bind", str(source), str(inside)]
            if not is_mounted(inside) and subprocess.run(bind, check=False).returncode:
                raise TestError(f"{source} could not be mounted in {folder}")
        yield
    finally:  # what stays mounted could be deleted with the folder
        for inside in reversed(places):
            if is_mounted(inside):
                subprocess.run(
                    ["umount", "--lazy", str(inside)], check=False
                )  # an engine may end later


def is_mounted(path):
    """Return whether something is mounted there, be it of the same disk."""
    return subprocess.run(["mountpoint", "-q", str(path)], check=False).returncode == 0


def blender(folder, *command):
    """Run ``blender --command …`` in the folder; return what it printed."""
    python = python_of(ROOT / ".venv")
    settings = [f"HOME={WORK}", f"STYLIZE_PYTHON={python}", "PATH=/usr/bin:/bin"]
    whole = ["chroot", str(folder), "env", "-i", *settings, "blender", "--command", *command]
    done = subprocess.run(whole, capture_output=True, text=True, check=False, timeout=1200)
    if done.returncode:
        raise TestError(
            f"blender --command {' '.join(command)}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done.stdout


def _output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def compare(before, after):
    """Check that a model kept its meshes and got new pictures."""
    if not after.is_file():
        raise TestError(f"no {after.name} was written")
    (old, old_pictures), (new, new_pictures) = read_glb(before), read_glb(after)
    changed = [part for part in old if part not in CHANGING and old[part] != new.get(part)]
    if changed or not new_pictures:
        raise TestError(f"the result lost pictures, or these changed: {', '.join(changed)}")
    if set(old_pictures) & set(new_pictures):
        raise TestError("a base colour picture is the one that went in")


def read_glb(path):
    """Return a .glb's description and its pictures."""
    data = path.read_bytes()
    if data[:4] != b"glTF" or struct.unpack_from("<I", data, 8)[0] != len(data):
        raise TestError(f"{path.name} is no whole .glb")
    size = struct.unpack_from("<I", data, 12)[0]
    described = json.loads(data[20 : 20 + size])
    binary = data[20 + size + 8 :]
    views = [described["bufferViews"][image["bufferView"]] for image in described.get("images", [])]
    cuts = [(view.get("byteOffset", 0), view["byteLength"]) for view in views]
    return described, [binary[start : start + length] for start, length in cuts]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
