"""Meshes that are no good atlas: the picture is made all the same, and what is wrong is said."""

import numpy as np
import pytest
from PIL import Image

from core.evaluation.untrained import write_untrained
from core.imaging.image import load_image
from core.picture.run import run
from core.request.picture_job import Job, StyleFile

SQUARE = np.float32([[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], [[0.1, 0.1], [0.9, 0.9], [0.1, 0.9]]])
RANDOM = np.random.default_rng(0)
CROWD = RANDOM.random((20_000, 1, 2), np.float32) + 0.01 * RANDOM.random((20_000, 3, 2), np.float32)
MESHES = {
    "none": (SQUARE[:0], "no UVs to go by"),
    "not numbers": (SQUARE * np.float32([np.nan, 1]), "2 triangles have UVs that are no numbers"),
    "one not a number": (np.concatenate([SQUARE, np.full_like(SQUARE[:1], np.inf)]), "1 triangles"),
    "no area": (SQUARE * np.float32([1, 0]) + np.float32([0, 0.5]), ""),
    "one point": (np.full_like(SQUARE, 0.5), ""),
    "in another square": (SQUARE + np.float32([7, -3]), ""),
    "repeating": (SQUARE * 9, ""),
    "one texel": (SQUARE / 32, ""),
    "on top of each other": (np.concatenate([SQUARE] * 3), "shown by several triangles"),
    "thousands for a texel": (CROWD, ""),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("meshes")
    write_untrained(made / "weights")
    for name in ("content", "style"):
        Image.fromarray(RANDOM.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(
            made / f"{name}.png"
        )
    return made


@pytest.mark.parametrize("kind", MESHES)
@pytest.mark.parametrize("surface", ["auto", "flat"])
def test_the_picture_is_made_all_the_same(folder, kind, surface):
    uv, words = MESHES[kind]
    position = np.nan_to_num(np.concatenate([uv, np.zeros_like(uv[..., :1])], -1), posinf=1)
    np.savez(folder / "mesh.npz", uv=uv, position=position)
    job = Job(
        content=str(folder / "content.png"),
        output=str(folder / "out.png"),
        styles=(StyleFile(str(folder / "style.png")),),
        method="adain",
        weights=str(folder / "weights"),
        surface=surface,
        uv=str(folder / "mesh.npz"),
    )
    result = run(job)
    assert words in " ".join(result.notes)
    out = load_image(folder / "out.png").rgb
    assert out.shape == (1, 3, 40, 48)
    assert float(out.std()) > 0
    assert bool(np.isfinite(out).all())
