"""Renders of the worst seams of models, stylized flat and with their seams closed, side by side.

    python tools/seam_renders.py MODEL.glb ... [--out FOLDER] [--method ID] [--style PICTURE]

For every base colour writes FOLDER/<model>/seam.<texture>.<place>.png: at the left as it is, in the middle
flat, at the right closed, seen along the surface's normal, the seam upright. The places are those where the
flat result has its largest differences across a seam; the first picture of each model shows it from afar.
The model ``monkey`` is Blender's own, with a texture painted here.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from demo import blender_python
from seams import both_ways

from core.imaging.image import load_image  # the project is found first
from core.npr.noise import generator  # likewise
from core.npr.palette import gradient  # likewise
from core.picture.tensors import to_tensor
from core.surface.fill import fill_outward  # likewise
from core.surface.measure import Steps, seam_steps  # likewise
from core.surface.mesh import Mesh, load_mesh, place_in_square  # likewise
from core.surface.raster import rasterize, to_texels  # likewise

ROOT = Path(__file__).resolve().parents[1]
MONKEY = "monkey"
SIDE = 512
"""Pixels a side of a render."""
ZOOM = 2.0
"""Pixels of a render for a texel."""


def main(argv: Sequence[str] | None = None) -> int:
    """Render the models' seams; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help=f"binary glTF files, or {MONKEY}")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "seams")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--style", default="builtin:oil")
    parser.add_argument("--places", type=int, default=3, help="seen from near, of each texture")
    options = parser.parse_args(argv)
    for model in options.models:
        name = Path(model).stem
        folder = options.out.resolve() / name
        folder.mkdir(parents=True, exist_ok=True)
        blender("read", model, folder)
        if model == MONKEY:
            paint(folder / "0.png", load_mesh(folder / "0.mesh.npz")[0])
        meshes = sorted(folder.glob("*.mesh.npz"))
        views = [view for path in meshes for view in texture_views(path, options)]
        (folder / "views.json").write_text(json.dumps(views))
        blender("render", model, folder)
        for view in views:
            print(join(view), flush=True)
    return 0


def paint(path: Path, mesh: Mesh) -> None:
    """Paint the texture of a mesh as if it were cut from veined stone, so it has no seams of its own."""
    with Image.open(path) as empty:
        size = empty.height, empty.width
    corners = to_texels(mesh.uv, size)
    owner = rasterize(corners, size)
    y, x = np.nonzero(owner >= 0)
    triangle = owner[y, x]
    a, b, c = np.moveaxis(corners[triangle], 1, 0)
    sides = np.stack([b - a, c - a], -1)
    share = np.linalg.solve(sides, (np.stack([x, y], 1) - a)[..., None])[..., 0]
    p, q, r = np.moveaxis(mesh.position[triangle].astype(np.float64), 1, 0)
    place = p + share[:, :1] * (q - p) + share[:, 1:] * (r - p)
    picture = torch.zeros(1, 3, *size)
    picture[0, :, y, x] = torch.from_numpy(stone(place).T.astype(np.float32))
    filled = fill_outward(picture, torch.from_numpy(owner >= 0)[None, None].float())
    pixels = (filled[0].permute(1, 2, 0).clamp(0, 1) * 255).round().byte().numpy()
    Image.fromarray(pixels).save(path)


def stone(place: np.ndarray) -> np.ndarray:
    """Return the colours (N, 3) of stone at places (N, 3), in metres."""
    rng = generator(0, 900, 9)
    waves = rng.normal(0, 1, (24, 3)) * np.geomspace(1, 9, 24)[:, None]
    height = np.cos(place @ waves.T + rng.uniform(0, 2 * np.pi, 24)) @ np.geomspace(1, 0.15, 24)
    bands = 0.5 + 0.5 * np.sin(4 * height)
    return gradient(("#12443f", "#2f8f6b", "#a9cf8a", "#f0e2b0", "#b5652f"), bands)


def blender(what: str, model: str, folder: Path) -> None:
    """Run the other half in Blender's Python; show all it said if it fails."""
    script = str(ROOT / "tools" / "seam_scene.py")
    command = [str(blender_python()), script, what, model, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stdout + done.stderr)[-4000:]
        sys.exit(f"{said}\nBlender failed; its last words are above.")


def texture_views(path: Path, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Stylize a texture both ways; return what is to be rendered of it."""
    mesh = place_in_square(load_mesh(path)[0])
    number = path.name.removesuffix(".mesh.npz")
    content = path.with_name(f"{number}.png")
    if mesh is None:
        return []
    made = both_ways(content, path, str(content.with_name(f"{number}.")), options)
    pictures = [content, *(Path(result.output) for result in made)]
    steps = seam_steps(to_tensor(load_image(pictures[1]).rgb), mesh)
    if steps is None:
        return []
    named = {"number": int(number), "pictures": [str(p) for p in pictures]}
    return [
        named | place | {"output": str(content.with_name(f"seam.{number}.{k}"))}
        for k, place in enumerate(places(steps, mesh, options.places))
    ]


def places(steps: Steps, mesh: Mesh, count: int) -> Iterator[dict[str, Any]]:
    """Yield the whole model as seen from its worst seam, then the worst seams from near."""
    texel = np.linalg.norm(steps.along, axis=1)
    width = SIDE / ZOOM * float(np.median(texel[texel > 0]))
    left = steps.across * texel
    for number in range(count):
        if not left.any():
            return
        near = _around(steps.place, width / 2)
        worst = int(np.argmax(np.bincount(near, left)[near] * (left > 0)))
        apart = np.linalg.norm(steps.place - steps.place[near == near[worst]].mean(0), axis=1)
        at = int(np.argmin(np.where(near == near[worst], apart, np.inf)))
        normal = _normal(mesh, steps.triangle[at])
        view = {"normal": normal.tolist(), "up": steps.along[at].tolist()}
        if number == 0:
            low, high = mesh.position.min((0, 1)), mesh.position.max((0, 1))
            size = float(np.linalg.norm(high - low))
            yield view | {"at": ((low + high) / 2).tolist(), "width": size, "away": size}
        yield view | {"at": steps.place[at].tolist(), "width": width, "away": width / 2}
        left = np.where(np.linalg.norm(steps.place - steps.place[at], axis=1) < width, 0, left)


def _around(place: np.ndarray, side: float) -> np.ndarray:
    """Return the number of the cube of space that each place is in."""
    cell = np.floor((place - place.min(0)) / side).astype(np.int64)
    return np.unique(cell, axis=0, return_inverse=True)[1].ravel()


def _normal(mesh: Mesh, triangles: np.ndarray) -> np.ndarray:
    """Return the unit vector between the normals of triangles."""
    a, b, c = np.moveaxis(mesh.position[triangles].astype(np.float64), 1, 0)
    each = np.cross(b - a, c - a)
    normal = (each / np.maximum(np.linalg.norm(each, axis=1, keepdims=True), 1e-30)).sum(0)
    return normal / max(float(np.linalg.norm(normal)), 1e-30)


def join(view: dict[str, Any]) -> Path:
    """Put a view's renders side by side."""
    parts = [Image.open(f"{view['output']}.{k}.png").convert("RGB") for k in range(3)]
    joined = Image.new("RGB", (SIDE * 3 + 16, SIDE), "white")
    for k, part in enumerate(parts):
        joined.paste(part, (k * (SIDE + 8), 0))
    path = Path(f"{view['output']}.png")
    joined.save(path)
    return path


if __name__ == "__main__":
    sys.exit(main())
