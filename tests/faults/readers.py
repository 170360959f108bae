"""Every reader of files and lines, as one function of a path: it may raise errors of ours and no others."""

import contextlib
import importlib.util
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.checkpoints.flow import flownet_of
from core.checkpoints.networks import decoder_of, encoder_of, reconet_of, transform_net_of
from core.checkpoints.read import read_state
from core.checkpoints.shipped import read_catalog
from core.checkpoints.store import Store
from core.errors import StylizeError
from core.imaging.depth import load_depth
from core.imaging.image import load_image, load_mask, save_image
from core.imaging.labels import read_labels
from core.imaging.lazy import materialize
from core.imaging.relief import read_heights
from core.passes.matte import object_map, read_matte
from core.passes.motion import read_vectors
from core.passes.read import open_passes, pass_names, read_pass
from core.published import identify_file, import_file
from core.request.check import check_job, check_sequence
from core.request.picture_job import Job
from core.request.sequence_job import SequenceJob
from core.sequence.frames import read_cameras
from core.surface.atlas import make_atlas
from core.surface.mesh import load_mesh, place_in_square
from core.video.frames import Pattern, wanted_frames
from core.video.ledger import Ledger
from core.worker import read_lines, serve

ROOT = Path(__file__).resolve().parent.parent.parent
SIZE = (12, 16)
MOST = 1_000_000
"""Pixels."""


def picture(path: Path) -> None:
    image = load_image(path, max_pixels=MOST)
    target = path.with_name(f"written{path.suffix}")
    try:
        save_image(target, materialize(image.rgb), image)
    finally:
        target.unlink(missing_ok=True)


def passes(path: Path) -> None:
    opened = open_passes(path, max_pixels=MOST)
    each(
        lambda: [read_pass(opened, name) for name in pass_names(opened)],
        lambda: read_matte(opened, ["Fox"]),
        lambda: object_map(opened),
        lambda: read_vectors(opened),
    )


def each(*steps: Callable[[], object]) -> None:
    """Take all steps; an error of ours in one does not keep the others from being tried."""
    said = []
    for step in steps:
        try:
            step()
        except StylizeError as error:
            said.append(error)
    if said:
        raise said[0]


def weights(path: Path) -> None:
    identify_file(path)


def network(path: Path) -> None:
    state, name = read_state(path), "trial"
    each(
        lambda: encoder_of(state, "relu1_1", name),
        lambda: decoder_of(state, "relu1_1", name),
        lambda: transform_net_of(state, name),
        lambda: reconet_of(state, name),
        lambda: flownet_of(state, name),
        lambda: import_file(path, path.parent / "imported"),
    )


def stored(path: Path) -> None:
    state = Store((path.parent,)).load(path.stem)
    encoder_of(state, "relu1_1", path.stem)


def tensorflow(path: Path) -> None:
    path.with_suffix(".data-00000-of-00001").write_bytes(bytes(350))
    read_state(path)


def mesh(path: Path) -> None:
    found, _ = load_mesh(path)
    fitted = place_in_square(found)
    if fitted is not None:
        make_atlas(fitted, (32, 32))


def _glb() -> Any:
    """The add-on's module by its file: the add-on itself wants Blender."""
    spec = importlib.util.spec_from_file_location("glb_trial", ROOT / "stylize_addon" / "glb.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["glb_trial"] = module
    spec.loader.exec_module(module)
    return module


GLB = _glb()


def glb(path: Path) -> None:
    model = GLB.read_model(path)
    if model is None:
        raise StylizeError("None is its word for it: Blender then writes the model")
    pictures = {b"": (b"new", ".png")}
    with contextlib.suppress(
        AttributeError, LookupError, TypeError
    ):  # views may be anything by now
        view = model.described["bufferViews"][0]
        pictures = {model.binary[view["byteOffset"] :][: view["byteLength"]]: (b"new", ".png")}
    changed = GLB.exchange_pictures(model, pictures, materials=None, emission=True)
    if changed is not None:
        changed.packed()


def catalog(path: Path) -> None:
    path.replace(path.with_name("catalog.toml"))
    read_catalog(path.parent)


def job(path: Path) -> None:
    check_job(Job.from_json(path.read_bytes()))


def sequence(path: Path) -> None:
    found = SequenceJob.from_json(path.read_bytes())
    check_sequence(found)
    wanted_frames(Pattern.read(found.job.content), found.frames)


def worker(path: Path) -> None:
    """Lines to a worker whose jobs are checked and not done: each has its answer, none is unexpected."""
    said: list[Mapping[str, Any]] = []

    def run(task: Any, report: Any) -> Any:
        if isinstance(task, Job):
            check_job(task)
        else:
            check_sequence(task)
        raise StylizeError("checked")

    with path.open("rb") as file:
        serve(read_lines(file), said.append, run)
    for answer in said:
        json.dumps(answer)
        assert "unexpectedly" not in answer.get("error", ""), answer


def cameras(path: Path) -> None:
    read_cameras(str(path))


def record(path: Path) -> None:
    output = path.with_name("frame.png")
    output.write_bytes(b"12345")
    folder = path.parent / ".stylize"
    folder.mkdir(exist_ok=True)
    path.replace(folder / "frame.png.json")
    ledger = Ledger(path.parent, "0" * 32)
    ledger.finished(output, "1" * 32)
    ledger.ours(output)


def pattern(path: Path) -> None:
    text = path.read_bytes().decode("utf-8", "surrogateescape").replace("\0", "")
    found = Pattern.read(text)
    wanted_frames(found, (1, 3))


READERS: Mapping[str, tuple[Callable[[Path], None], str, int]] = {
    **{
        kind: (picture, f".{kind}", 4)
        for kind in ("png", "jpg", "tif", "webp", "exr", "hdr", "npy")
    },
    "mask": (lambda p: load_mask(p, SIZE, max_pixels=MOST), "", 1),
    "labels": (lambda p: read_labels(p, SIZE, max_pixels=MOST), "", 1),
    "depth": (lambda p: load_depth(p, SIZE, max_pixels=MOST), "", 1),
    "relief": (lambda p: read_heights(p, SIZE, max_pixels=MOST), "", 1),
    "passes": (passes, ".exr", 4),
    "safetensors": (network, ".safetensors", 3),
    "pth": (weights, ".pth", 5),
    "t7": (weights, ".t7", 4),
    "tensorflow": (tensorflow, ".index", 4),
    "npz": (weights, ".npz", 4),
    "stored": (stored, ".safetensors", 2),
    "mesh": (mesh, ".npz", 4),
    "glb": (glb, ".glb", 4),
    "catalog": (catalog, ".toml", 2),
    "job": (job, ".json", 8),
    "film": (sequence, ".json", 6),
    "worker": (worker, ".txt", 5),
    "cameras": (cameras, ".json", 3),
    "record": (record, ".json", 3),
    "pattern": (pattern, ".txt", 2),
}
"""By name: what reads, the ending of its files, and its share of all inputs."""
JSON = ("job", "film", "worker", "cameras", "record")
ZIPPED = ("pth", "npz", "mesh")
