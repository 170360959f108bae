"""Seam error of models' base colours: as they are, stylized flat, and stylized with their seams closed.

    python tools/seams.py MODEL.glb ... [--method ID] [--style PICTURE]

Prints one line a texture: the error's ratio (1: the seam cannot be told from what is around it), and what the
atlas costs over flat. Models must hold their pictures and be uncompressed.
"""

import argparse
import io
import json
import struct
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.imaging.image import load_image  # the project is found first
from core.picture.run import run  # likewise
from core.picture.tensors import to_tensor
from core.request.picture_job import Job, StyleFile  # likewise
from core.request.result import Result
from core.surface.measure import seam_error  # likewise
from core.surface.mesh import Mesh, place_in_square  # likewise

NUMBERS = {5121: np.uint8, 5123: np.uint16, 5125: np.uint32, 5126: np.float32}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}


class Model:
    """A binary glTF file."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        length = struct.unpack_from("<I", data, 12)[0]
        self.facts: dict[str, Any] = json.loads(data[20 : 20 + length])
        self.binary = data[28 + length :]

    def textures(self) -> Iterator[tuple[Image.Image, Mesh]]:
        """Yield every base colour picture with the triangles that show it, each mesh where it is at rest."""
        shown: dict[int, list[tuple[np.ndarray, np.ndarray]]] = {}
        for mesh in self.facts["meshes"]:
            for part in mesh["primitives"]:
                source = self._base_color(part)
                if source is not None and "TEXCOORD_0" in part["attributes"]:
                    shown.setdefault(source, []).append(self._triangles(part))
        for source, parts in shown.items():
            picture = Image.open(io.BytesIO(self._view(self.facts["images"][source]["bufferView"])))
            numbers = [np.full(len(uv), k, np.int32) for k, (uv, _) in enumerate(parts)]
            uv, position = (np.concatenate([part[k] for part in parts]) for k in (0, 1))
            yield picture.convert("RGB"), Mesh(uv, position, np.concatenate(numbers))

    def _base_color(self, part: dict[str, Any]) -> int | None:
        material = self.facts["materials"][part["material"]] if "material" in part else {}
        texture = material.get("pbrMetallicRoughness", {}).get("baseColorTexture")
        return None if texture is None else self.facts["textures"][texture["index"]].get("source")

    def _triangles(self, part: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        uv = self._array(part["attributes"]["TEXCOORD_0"]).astype(np.float32)
        position = self._array(part["attributes"]["POSITION"]).astype(np.float32)
        order = self._array(part["indices"]).ravel() if "indices" in part else np.arange(len(uv))
        corners = order.reshape(-1, 3)
        return (uv * (1, -1) + (0, 1)).astype(np.float32)[corners], position[corners]

    def _array(self, number: int) -> np.ndarray:
        accessor = self.facts["accessors"][number]
        kind, width = np.dtype(NUMBERS[accessor["componentType"]]), WIDTHS[accessor["type"]]
        view = self.facts["bufferViews"][accessor["bufferView"]]
        start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
        step = view.get("byteStride", kind.itemsize * width)
        shape, steps = (accessor["count"], width), (step, kind.itemsize)
        return np.ndarray(shape, kind, self.binary, start, steps).copy()

    def _view(self, number: int) -> bytes:
        view = self.facts["bufferViews"][number]
        return self.binary[view.get("byteOffset", 0) :][: view["byteLength"]]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the models; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", type=Path)
    parser.add_argument("--method", default="auto")
    parser.add_argument("--style", default="builtin:oil")
    parser.add_argument("--keep", type=Path, help="folder for the pictures")
    options = parser.parse_args(argv)
    for path in options.models:
        for number, (picture, mesh) in enumerate(Model(path).textures()):
            with tempfile.TemporaryDirectory() as folder:
                _say(f"{path.stem} {number}: {_measured(picture, mesh, Path(folder), options)}")
    return 0


def both_ways(
    content: Path, uv: Path, prefix: str, options: argparse.Namespace
) -> Iterator[Result]:
    """Stylize a texture flat, then with its seams closed, into files that begin with ``prefix``."""
    for surface in ("flat", "auto"):
        job = Job(
            content=str(content),
            output=f"{prefix}{surface}.png",
            styles=(StyleFile(options.style),),
            method=options.method,
            surface=surface,
            uv=str(uv),
        )
        yield run(job)


def _measured(picture: Image.Image, mesh: Mesh, folder: Path, options: argparse.Namespace) -> str:
    fitted = place_in_square(mesh)
    if fitted is None or mesh.position is None:
        return "repeats over its triangles, so it has no seams of islands"
    content, uv = folder / "content.png", folder / "mesh.npz"
    picture.save(content)
    np.savez(uv, uv=mesh.uv, position=mesh.position, part=mesh.part)
    errors, seconds = [seam_error(to_tensor(load_image(content).rgb), fitted)], []
    for result in both_ways(content, uv, f"{options.keep or folder}/", options):
        seconds.append(result.engine_seconds)
        errors.append(seam_error(to_tensor(load_image(result.output).rgb), fitted))
    original, flat, closed = errors
    return (
        f"{picture.width} x {picture.height}, {len(mesh.uv)} triangles, seam error {original:.2f}, "
        f"flat {flat:.2f} ({flat / original:.2f} x), closed {closed:.2f} ({closed / original:.2f} x); "
        f"{seconds[0]:.2f} s flat, {seconds[1]:.2f} s closed"
    )


def _say(text: str) -> None:
    print(text, flush=True)  # a tool speaks


if __name__ == "__main__":
    sys.exit(main())
