"""Stylize a scene's textures with a built-in style: python examples/demo.py [STYLE] [--out FOLDER]."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from demo_textures import paint

from core.styles import names, resolve


def blender_python() -> Path:
    """Return the Python of an environment of this checkout that holds bpy."""
    found = [p for v in ("4.5", "5.2", "4.2") for p in (ROOT / f".venv-blender-{v}").glob("*/python*") if p.stem == "python"]
    return found[0] if found else sys.exit("There is no Blender yet: run make blender first")


def main() -> None:
    """Paint the textures, build and render the scene before and after, join both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("style", nargs="?", default="builtin:oil", help=f"builtin:NAME ({', '.join(names())}) or a picture")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "demo")
    options = parser.parse_args()
    start, style = time.monotonic(), options.style if options.style.startswith("builtin:") else str(Path(options.style).absolute())
    resolve(style)
    paint(options.out / "textures")
    print("Building the scene, stylizing its textures, rendering before and after ...", flush=True)
    command = [str(blender_python()), str(ROOT / "examples" / "demo_scene.py"), str(options.out), style]
    subprocess.run(command, check=True, env=os.environ | {"STYLIZE_PYTHON": sys.executable})
    pictures = [Image.open(options.out / f"{name}.png").convert("RGB") for name in ("before", "after")]
    joined = Image.new("RGB", (pictures[0].width * 2 + 8, pictures[0].height), "white")
    for index, picture in enumerate(pictures):
        joined.paste(picture, (index * (picture.width + 8), 0))
    joined.save(options.out / "before_after.png")
    for name in ("before.png", "after.png", "before_after.png", "before.blend", "after.blend"):
        print(options.out / name)
    print(f"in {time.monotonic() - start:.0f} s")


if __name__ == "__main__":
    main()
