"""Stylize a scene's textures with a built-in style: python tools/demo.py [STYLE] [--out FOLDER]."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo_textures import paint  # noqa: E402  # the checkout is not installed

from core.styles import PREFIX, names, resolve  # noqa: E402  # likewise


def blender_python() -> Path:
    """Return the Python of an environment of this checkout that holds bpy."""
    inner = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    found = [ROOT / f".venv-blender-{version}" / inner for version in ("4.5", "5.2", "4.2")]
    return next((p for p in found if p.is_file()), None) or sys.exit(
        "There is no bpy: run make blender"
    )


def build(folder: Path, style: str) -> None:
    """Run the scene's script in Blender's Python; show its progress, and all it said if it fails."""
    command = [str(blender_python()), str(ROOT / "tools" / "demo_scene.py"), str(folder), style]
    environment = os.environ | {"STYLIZE_PYTHON": sys.executable, "PYTHONUNBUFFERED": "1"}
    said = []
    with subprocess.Popen(  # the checkout's own script
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            said.append(line)
            if line.startswith(("demo:", "stylize:")):
                print(line, end="", flush=True)
    if process.returncode:
        sys.exit("".join(said[-30:]) + "The demo failed; Blender's last words are above.")


def side_by_side(folder: Path) -> Path:
    """Join before.png and after.png."""
    pictures = [Image.open(folder / f"{name}.png").convert("RGB") for name in ("before", "after")]
    joined = Image.new("RGB", (pictures[0].width * 2 + 8, pictures[0].height), "white")
    for index, picture in enumerate(pictures):
        joined.paste(picture, (index * (picture.width + 8), 0))
    joined.save(folder / "before_after.png")
    return folder / "before_after.png"


def main() -> None:
    """Paint the textures, build, stylize and render the scene, and say where the pictures are."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = ", ".join(PREFIX + name for name in names())
    parser.add_argument(
        "style", nargs="?", default="builtin:oil", help=f"a picture, or one of {known}"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "build" / "demo", help="folder for all it makes"
    )
    options = parser.parse_args()
    folder, start = options.out.resolve(), time.monotonic()
    style = (
        options.style if options.style.startswith(PREFIX) else str(Path(options.style).resolve())
    )
    if not resolve(style).is_file():
        sys.exit(f"The style picture {style} is not there; choose another one")
    print("demo: painting the textures", flush=True)
    paint(folder / "textures")
    build(folder, style)
    print(f"Before:       {folder / 'before.png'}\nAfter:        {folder / 'after.png'}")
    print(
        f"Side by side: {side_by_side(folder)}\nScenes:       {folder / 'before.blend'}, after.blend"
    )
    print(f"Done in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
