"""The cost and the benefit of surfaces: each compared with the same picture stylized flat, in one process."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..evaluation.metrics import wrap_error
from ..imaging.image import load_image
from ..picture.run import run
from ..picture.tensors import to_tensor
from ..progress import ignore
from ..request.picture_job import Job
from ..request.result import Result
from ..surface.measure import seam_error
from ..surface.mesh import Mesh

PATCHES, QUADS = 4, 40
"""The measured mesh: PATCHES x PATCHES islands of QUADS x QUADS squares, 51200 triangles in all."""
RUNS = 3
GUTTER = 16 / 2048
"""Of the texture's side, around every island."""


def measure_surface(surface: str, job: Job, folder: Path) -> dict[str, Any]:
    """Return the seconds of a job flat and on a surface, and the error at the seams in both cases.

    Args:
        surface: ``seamless``, ``atlas`` or ``equirect``.
        job: The job; its content is square, or 2 : 1 for equirect.
        folder: Folder for a mesh.
    """
    mesh = folded_sheet()
    if surface == "atlas":
        path = folder / "sheet.npz"
        np.savez(path, uv=mesh.uv, position=np.asarray(mesh.position))
        on = replace(job, surface="auto", uv=str(path))
    else:
        on = replace(job, surface=surface)
    error, flat, results, before = _errors(surface, mesh), list[float](), list[Result](), 0.0
    for _ in range(RUNS):  # alternately, because other work on the machine slows both
        flat.append(run(replace(job, surface="flat"), ignore).engine_seconds)
        before = error(job.output)
        results.append(run(on, ignore))
    return {
        "surface": surface,
        "method": job.method,
        "width": results[0].width,
        "height": results[0].height,
        "triangles": len(mesh.uv) if surface == "atlas" else 0,
        "flat_seconds": min(flat),
        "seconds": min(r.engine_seconds for r in results),
        "over_flat": round(min(r.engine_seconds for r in results) / min(flat), 3),
        "seam_error": {
            "original": round(error(job.content), 3),
            "flat": round(before, 3),
            "surface": round(error(job.output), 3),
        },
        "peak_memory_mb": results[-1].peak_memory_mb,
    }


def _errors(surface: str, mesh: Mesh) -> Callable[[str], float]:
    if surface == "atlas":
        return lambda path: seam_error(to_tensor(load_image(path).rgb), mesh)
    return lambda path: wrap_error(to_tensor(load_image(path).rgb), -1)


def folded_sheet() -> Mesh:
    """Return a square sheet cut into islands; every other island is upside down on the texture."""
    uv, position = list[NDArray[np.float32]](), list[NDArray[np.float32]]()
    lines = np.linspace(0, 1, PATCHES * QUADS + 1, dtype=np.float32)
    side = 1 / PATCHES - 2 * GUTTER
    for row in range(PATCHES):
        for column in range(PATCHES):
            x, y = (lines[k * QUADS : (k + 1) * QUADS + 1] for k in (column, row))
            across, up = (np.linspace(0, side, QUADS + 1) for _ in range(2))
            if (row + column) % 2:
                across, up = across[::-1], up[::-1]
            u = across + column / PATCHES + GUTTER
            v = up + row / PATCHES + GUTTER
            uv.append(_triangles(u, v)[..., :2].astype(np.float32))
            position.append(_triangles(x, y).astype(np.float32))
    return Mesh(np.concatenate(uv), np.concatenate(position))


def _triangles(x: NDArray[np.floating], y: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the two triangles of every square of a grid, (N, 3, 3); z is 0."""
    points = np.stack([*np.meshgrid(x, y), np.zeros((len(y), len(x)))], -1)
    a, b, c, d = points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]
    pairs = [np.stack(t, -2).reshape(-1, 3, 3) for t in ((a, b, c), (a, c, d))]
    return np.concatenate(pairs)
