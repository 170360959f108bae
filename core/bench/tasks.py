"""The measurements of the bench; ``bench/__main__.py`` runs each in a process of its own."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from ..catalog import find_card
from ..checkpoints.store import SHIPPED, SUFFIX
from ..device import has_bf16, peak_memory_mb, set_up
from ..evaluation.untrained import write_untrained
from ..nn.decoder import Decoder
from ..nn.encoder import FULL, Encoder
from ..picture.run import run
from ..progress import ignore
from ..request.picture_job import Job, StyleFile
from .surfaces import measure_surface

RUNS = 3
"""How often a job is timed; the least counts."""
LONG = 10.0
"""Seconds of runs after which no further one is timed."""
COUNTED = 4
"""Up to this many megapixels arithmetic is counted; larger pictures repeat the same tiles."""
PRODUCT = 2048
"""Side of the matrices whose product shows what the machine can do."""
TRAINED = "oil"
"""A style that most methods of trained styles know."""

Facts = dict[str, Any]


def measure(task: Facts) -> Facts:
    """Return the figures of a task."""
    kinds: dict[str, Callable[[Facts], Facts]] = {
        "machine": _machine,
        "prepare": _prepare,
        "reference": _reference,
        "method": _method,
        "surface": _surface,
    }
    return kinds[task["kind"]](task)


def _machine(task: Facts) -> Facts:  # noqa: ARG001  # one signature for all kinds
    """Return cores, threads, and the best rate of a matrix product by type, in GFLOP per second.

    A type for which the processor has no instructions is left out: its product would take minutes.
    """
    set_up(torch.device("cpu"))
    types = [torch.float32, *([torch.bfloat16] if has_bf16() else [])]
    rates = {
        str(kind).removeprefix("torch."): round(max(_rate(kind) for _ in range(8)), 1)
        for kind in types
    }
    facts = {
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
    return {"machine": facts, "best_product_gflop_per_second": rates}


def _prepare(task: Facts) -> Facts:
    """Return the job to time; its pictures and weights are made here, outside the timed part."""
    if task["of"] == "surface":
        return {"job": _surface_job(task).to_json()}
    return {"job": _job(task, task["method"], task["backbone"], task["size"]).to_json()}


def _job(task: Facts, method: str, backbone: str, size: float) -> Job:
    folder, weights = Path(task["folder"]), _weights(Path(task["folder"]), backbone)
    named = find_card(method).styles == "names"
    return Job(
        content=str(_picture(folder, size)),
        output=str(folder / "out.png"),
        styles=(
            StyleFile(_trained(method, weights) if named else str(_picture(folder, 0.25, seed=1))),
        ),
        method=method,
        backbone=backbone,
        precision=task["precision"],
        device="cpu",
        max_memory=task["max_memory"],
        weights=weights,
    )


def _trained(method: str, weights: str | None) -> str:
    """Return a style of a method's: of those with a network of its own, the first if ``TRAINED`` is none."""
    paths = (SHIPPED if weights is None else Path(weights)).glob(f"*.{method}_*{SUFFIX}")
    known = sorted(path.stem.partition(f"{method}_")[2] for path in paths)
    return known[0] if known and TRAINED not in known else TRAINED


def _surface_job(task: Facts) -> Job:
    """Return the job of one surface: 2048 x 2048, or 2048 x 1024 for a panorama."""
    job = _job(task, task["method"], "compact", 4)
    if task["surface"] != "equirect":
        return job
    path = Path(task["folder"]) / "panorama.png"
    with Image.open(job.content) as picture:
        picture.crop((0, 0, 2048, 1024)).save(path, compress_level=1)
    return replace(job, content=str(path))


def _rate(kind: torch.dtype) -> float:
    a, b = (torch.randn(PRODUCT, PRODUCT).to(kind) for _ in range(2))
    began = time.perf_counter()
    torch.mm(a, b)
    return 2 * PRODUCT**3 / (time.perf_counter() - began) / 1e9


def _method(task: Facts) -> Facts:
    """Return seconds, memory and arithmetic of one job at one size."""
    size, job = task["size"], Job.from_json(task["job"])
    results = [run(job, ignore)]
    if task.get("once"):
        return {"peak_memory_mb": results[0].peak_memory_mb}
    while len(results) < RUNS and sum(r.engine_seconds for r in results) < LONG:
        results.append(run(job, ignore))
    seconds = min(r.engine_seconds for r in results)
    facts: Facts = {
        "method": job.method,
        "backbone": job.backbone,
        "megapixels": size,
        "precision": results[0].precision,
        "seconds": seconds,
        "seconds_per_megapixel": round(seconds / size, 4),
        "peak_memory_mb": results[-1].peak_memory_mb,
    }
    if size <= COUNTED and seconds < LONG:
        gflop = _count(lambda: run(job, ignore))
        facts["gflop"] = round(gflop, 1)
        facts["gflop_per_second"] = round(gflop / seconds, 1)
    return facts


def _surface(task: Facts) -> Facts:
    """Return the cost of a surface compared with a flat picture, and the errors at its seams."""
    return measure_surface(task["surface"], Job.from_json(task["job"]), Path(task["folder"]))


def _count(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e9


def _weights(folder: Path, backbone: str) -> str | None:
    """Return the folder of a backbone's weights: None for shipped weights, else one with random weights."""
    if backbone == "compact" and list(SHIPPED.glob(f"compact.transport{SUFFIX}")):
        return None
    random = folder / f"random-{backbone}"
    if not random.is_dir():
        write_untrained(random, backbone)
    return str(random)


def _picture(folder: Path, megapixels: float, seed: int = 0) -> Path:
    """Return a picture of clouds at all scales, drawn from the seed; larger ones repeat 1024 pixels."""
    path, side = folder / f"{megapixels}-{seed}.png", round(1024 * megapixels**0.5)
    if not path.exists():
        rng = np.random.default_rng(seed)
        cloud = sum(_octave(rng, min(side, 1024), 2**k) / 2**k for k in range(2, 10))
        pixels = np.clip(128 + 400 * cloud, 0, 255).astype(np.uint8)
        repeats = -(-side // len(pixels))
        Image.fromarray(np.tile(pixels, (repeats, repeats, 1))[:side, :side]).save(
            path, compress_level=1
        )
    return path


def _octave(rng: np.random.Generator, side: int, cells: int) -> np.ndarray[Any, Any]:
    noise = torch.from_numpy(rng.standard_normal((1, 3, cells, cells), np.float32))
    up = torch.nn.functional.interpolate(noise, (side, side), mode="bilinear", align_corners=False)
    return up[0].permute(1, 2, 0).numpy()


def _reference(task: Facts) -> Facts:  # noqa: ARG001  # likewise
    """Return AdaIN on the full VGG-19 as it was published: float32, the whole picture at once.

    Weights are random; they do not change the time. Content 1024 x 1024, style 512 x 512.
    """
    set_up(torch.device("cpu"))
    torch.manual_seed(0)
    encoder, decoder = Encoder(FULL, "relu4_1").eval(), Decoder(FULL, "relu4_1").eval()
    content, style = torch.rand(1, 3, 1024, 1024), torch.rand(1, 3, 512, 512)
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        with torch.inference_mode():
            decoder(_adain(encoder(content)["relu4_1"], encoder(style)["relu4_1"]))
        seconds.append(time.perf_counter() - began)
    return {"megapixels": 1, "seconds": round(min(seconds), 3), "peak_memory_mb": peak_memory_mb()}


def _adain(x: Tensor, style: Tensor) -> Tensor:
    (std, mean), (style_std, style_mean) = (
        torch.std_mean(f, (2, 3), keepdim=True) for f in (x, style)
    )
    return (x - mean) / (std + 1e-5) * style_std + style_mean
