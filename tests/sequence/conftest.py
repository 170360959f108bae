"""Small sequences: a window that moves over a larger picture, as PNGs or as EXRs with the exact motion."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import OpenImageIO as oiio
import pytest

from core.imaging.image import load_image
from core.passes.matte import matte_id
from core.picture.tensors import to_tensor
from core.request.picture_job import Job, StyleFile
from core.request.sequence_job import SequenceJob
from core.sequence.run import stylize_sequence

SIZE = (72, 96)
COUNT = 11
"""Frames of ``shots``."""
STEP = (1, 3)
"""Rows and columns that the window moves a frame."""
TITLES = ("ViewLayer.Vector", "ViewLayer.Depth", "ViewLayer.Combined", "ViewLayer.CryptoObject00")


def world(seed=0, size=(160, 240)):
    """A picture with structure at all scales, in [0, 1]."""
    rng = np.random.default_rng(seed)
    layers = [
        cv2.resize(rng.random((size[0] // k, size[1] // k, 3)), size[::-1], interpolation=cv2.INTER_CUBIC)
        for k in (4, 10, 30)
    ]  # fmt: skip
    return np.clip(sum(layers) / 3, 0, 1).astype(np.float32)


def window(picture, frame):
    top, left = (step * frame for step in STEP)
    return picture[top : top + SIZE[0], left : left + SIZE[1]]


def files(sequence):
    """Return the bytes of each frame that was written, by its name."""
    folder = Path(sequence.job.output).parent
    return {path.name: path.read_bytes() for path in sorted(folder.glob("o_*"))}


@pytest.fixture
def write_png():
    """Write frames 1 … count of a moving window: (folder, count, seed, first) -> pattern."""

    def write(folder, count, seed=0, first=1):
        folder.mkdir(exist_ok=True)
        picture = world(seed)
        for number in range(first, first + count):
            pixels = (window(picture, number - first) * 255).round().astype(np.uint8)
            cv2.imwrite(str(folder / f"in_{number:04d}.png"), pixels[..., ::-1])
        return str(folder / "in_####.png")

    return write


@pytest.fixture
def write_exr():
    """Write the same as Blender 4.2 writes them, with vectors, depth and one object: -> pattern.

    ``fade``: nothing moves, and every frame has so much of the light of the one before.
    """

    def write(folder, count, *, vectors=True, still=False, halves=False, fade=None):
        folder.mkdir(exist_ok=True)
        picture = world()
        if halves:
            picture = picture.astype(np.float16).astype(np.float32)
        for number in range(1, count + 1):
            path = folder / f"in_{number:04d}.exr"
            if fade is None:
                pixels = window(picture, number - 1)
            else:
                pixels = window(picture, 0) * np.float32(fade**number)
            write_frame(path, pixels, vectors, still or fade is not None)
        return str(folder / "in_####.exr")

    return write


def write_frame(path, pixels, vectors, still):
    height, width = SIZE
    down, right = (0, 0) if still else STEP
    moved = np.broadcast_to(np.float32([right, -down, right, -down]), (height, width, 4))
    crypto = np.zeros((height, width, 4), np.float32)
    crypto[:, : width // 2, 0] = np.array([matte_id("Fox")], np.uint32).view(np.float32)
    crypto[:, : width // 2, 1] = 1
    passes = {
        "ViewLayer.Combined": ("RGBA", np.dstack([pixels, np.ones(SIZE, np.float32)])),
        "ViewLayer.Depth": ("Z", np.full((height, width, 1), 5, np.float32)),
        "ViewLayer.CryptoObject00": ("rgba", crypto),
        "ViewLayer.DiffCol": ("RGB", pixels),
        "ViewLayer.DiffDir": ("RGB", np.full((height, width, 3), 0.75, np.float32)),
        "ViewLayer.DiffInd": ("RGB", np.full((height, width, 3), 0.25, np.float32)),
    }
    if vectors:
        passes["ViewLayer.Vector"] = ("XYZW", moved)
    names = [f"{name}.{letter}" for name, (letters, _) in passes.items() for letter in letters]
    spec = oiio.ImageSpec(width, height, len(names), "float")
    spec.channelnames = tuple(names)
    spec["compression"] = "zip"
    spec["Frame"] = path.stem.removeprefix("in_")
    spec["cryptomatte/0123456/name"] = "ViewLayer.CryptoObject"
    spec["cryptomatte/0123456/hash"] = "MurmurHash3_32"
    spec["cycles.ViewLayer.samples"] = "1"
    out = oiio.ImageOutput.create(str(path))
    assert out.open(str(path), spec), out.geterror()
    assert out.write_image(np.ascontiguousarray(np.dstack([x for _, x in passes.values()])))
    assert out.close()


@pytest.fixture
def make_sequence(tmp_path):
    """A sequence of transport: (content, folder, fields of the job, of the sequence) -> SequenceJob."""

    def make(content, name="out", suffix=".png", job=None, **more):
        (tmp_path / name).mkdir(exist_ok=True)
        output = str(tmp_path / name / f"o_####{suffix}")
        plain = Job(
            content=content,
            output=output,
            styles=(StyleFile("builtin:oil"),),
            method="transport",
            precision="float32",
        )
        return SequenceJob(job=replace(plain, **(job or {})), **{"anchor": 4, **more})

    return make


@pytest.fixture
def pictures():
    """What a sequence wrote: SequenceJob -> (1, 3, H, W) of each frame."""

    def read(sequence, numbers):
        stem = sequence.job.output
        return [to_tensor(load_image(stem.replace("####", f"{n:04d}")).rgb) for n in numbers]

    return read


@pytest.fixture
def made(pictures):
    """Run a sequence and read what it wrote: (SequenceJob, numbers) -> SequenceResult, pictures."""

    def run(sequence, numbers):
        result = stylize_sequence(sequence)
        return result, pictures(sequence, numbers)

    return run


@pytest.fixture
def shots(write_png, tmp_path):
    return write_png(tmp_path / "in", COUNT)
