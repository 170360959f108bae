"""Time and memory of every method, against this machine's best matrix product and VGG-19's AdaIN.

``python -m core.bench`` prints one JSON object; progress goes to stderr. Every figure comes from a process
of its own, so no measurement profits from, or pays for, another one's memory.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from .bench_surfaces import SURFACES, measure_surface
from .catalog import CARDS, DEFAULT, find_card
from .checkpoints.store import SHIPPED, SUFFIX
from .device import peak_memory_mb, set_up
from .job import Job, StyleFile
from .nn.decoder import Decoder
from .nn.encoder import FULL, Encoder
from .progress import ignore
from .run import run
from .untrained import write_untrained

SIZES = (1, 4, 16, 64)
"""Megapixels, of 1024 x 1024."""
COUNTED = 4
"""Up to this many megapixels arithmetic is counted; larger pictures repeat the same tiles."""
PRODUCT = 2048
"""Side of the matrices whose product shows what the machine can do."""

TRAINED = "oil"
"""A style that networks of single styles are there for."""

Facts = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure what the options ask for; return the exit code."""
    options = _options(argv)
    if options.child:
        _print(json.dumps(_child(json.loads(options.child))))
        return 0
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # also then nothing is left behind
    try:
        with TemporaryDirectory(prefix="stylize-bench-") as folder:
            _print(json.dumps(_measure_all(options, Path(folder)), indent=1))
    except KeyboardInterrupt:
        sys.stderr.write("stylize: cancelled\n")
        return 130
    return 0


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m core.bench", description=__doc__)
    ids = [card.id for card in CARDS]
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, metavar="MEGAPIXELS")
    parser.add_argument("--methods", nargs="+", choices=ids, default=ids, metavar="ID")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--max-memory", type=int, metavar="MB")
    help_surfaces = (
        "also compare surfaces with flat pictures of the same size, by the default method"
    )
    parser.add_argument("--surfaces", action="store_true", help=help_surfaces)
    parser.add_argument("--skip-vgg19", action="store_true", help="leave the full width out")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _measure_all(options: argparse.Namespace, folder: Path) -> Facts:
    best = _start({"kind": "product"})
    tasks = [(method, "compact", n) for method in options.methods for n in options.sizes]
    if not options.skip_vgg19:
        wide = [card.id for card in CARDS if "vgg19" in card.backbones]
        tasks += [(method, "vgg19", 1) for method in options.methods if method in wide]
    rows = [_timed(_task(options, folder, *task)) for task in tasks]
    for row in rows:
        if "gflop_per_second" in row:
            row["share_of_best_product"] = round(
                row["gflop_per_second"] / best[row["precision"]], 3
            )
    found: Facts = {"machine": _machine(), "best_product_gflop_per_second": best, "methods": rows}
    if options.surfaces:
        found["surfaces"] = [_timed(_surface_task(options, folder, name)) for name in SURFACES]
    if not options.skip_vgg19:
        found["vgg19_adain_as_published"] = reference = _timed({"kind": "reference"})
        own = [r["seconds"] for r in rows if r["method"] == DEFAULT and r["megapixels"] == 1]
        if own:
            found["vgg19_adain_over_default"] = round(reference["seconds"] / own[0], 1)
    return found


def _task(
    options: argparse.Namespace, folder: Path, method: str, backbone: str, size: int
) -> Facts:
    """Return what a child must know; the pictures and weights are made here, not on its account."""
    trained = find_card(method).styles == "names"
    job = Job(
        content=str(_picture(folder, size)),
        output=str(folder / "out.png"),
        styles=(StyleFile(TRAINED if trained else str(_picture(folder, 0.25, seed=1))),),
        method=method,
        backbone=backbone,
        precision=options.precision,
        device="cpu",
        max_memory=options.max_memory,
        weights=_weights(folder, backbone),
    )
    return {
        "kind": "method",
        "method": method,
        "backbone": backbone,
        "size": size,
        "job": job.to_json(),
    }


def _surface_task(options: argparse.Namespace, folder: Path, surface: str) -> Facts:
    """Return the task of one surface: 2048 x 2048, or 2048 x 1024 for a panorama."""
    task = _task(options, folder, DEFAULT, "compact", 4)
    job = Job.from_json(task["job"])
    if surface == "equirect":
        path = folder / "panorama.png"
        with Image.open(job.content) as picture:
            picture.crop((0, 0, 2048, 1024)).save(path, compress_level=1)
        job = replace(job, content=str(path))
    return {"kind": "surface", "method": surface, "folder": str(folder), "job": job.to_json()}


def _machine() -> Facts:
    return {"cores": os.cpu_count(), "threads": torch.get_num_threads(), "torch": torch.__version__}


def _timed(task: Facts) -> Facts:
    began = time.monotonic()
    words = " ".join(str(task[k]) for k in ("kind", "method", "backbone", "size") if k in task)
    found = _start(task)
    sys.stderr.write(f"{words}: {time.monotonic() - began:.0f} s in all\n")
    return found


def _start(task: Facts) -> Facts:
    """Measure in a process of its own; its errors are told in place of figures."""
    command = [sys.executable, "-m", f"{__package__}.bench", "--child", json.dumps(task)]
    root = Path(__file__).resolve().parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603  # ourselves
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no words"]
        return {k: task[k] for k in ("method", "backbone") if k in task} | {
            "megapixels": task.get("size"),
            "error": lines[-1],
        }
    return json.loads(done.stdout)


def _child(task: Facts) -> Facts:
    kinds: dict[str, Callable[[Facts], Facts]] = {
        "product": _product,
        "reference": _reference,
        "method": _method,
        "surface": _surface,
    }
    return kinds[task["kind"]](task)


def _product(task: Facts) -> Facts:  # noqa: ARG001  # one signature for all kinds
    """Return the best rate of a matrix product by type, in GFLOP a second."""
    set_up(torch.device("cpu"))
    return {
        str(kind).removeprefix("torch."): round(max(_rate(kind) for _ in range(8)), 1)
        for kind in (torch.float32, torch.bfloat16)
    }


def _rate(kind: torch.dtype) -> float:
    a, b = (torch.randn(PRODUCT, PRODUCT).to(kind) for _ in range(2))
    began = time.perf_counter()
    torch.mm(a, b)
    return 2 * PRODUCT**3 / (time.perf_counter() - began) / 1e9


def _method(task: Facts) -> Facts:
    """Return seconds, memory and arithmetic of one job at one size."""
    size, job = task["size"], Job.from_json(task["job"])
    results = [run(job, ignore) for _ in range(3 if size <= COUNTED else 1)]
    seconds = min(r.engine_seconds for r in results)
    found: Facts = {
        "method": job.method,
        "backbone": job.backbone,
        "megapixels": size,
        "precision": results[0].precision,
        "seconds": seconds,
        "seconds_per_megapixel": round(seconds / size, 4),
        "peak_memory_mb": results[-1].peak_memory_mb,
    }
    if size <= COUNTED:
        gflop = _count(lambda: run(job, ignore))
        found["gflop"] = round(gflop, 1)
        found["gflop_per_second"] = round(gflop / seconds, 1)
    return found


def _surface(task: Facts) -> Facts:
    """Return what a surface costs beside a flat picture, and its seams."""
    return measure_surface(task["method"], Job.from_json(task["job"]), Path(task["folder"]))


def _count(work: Callable[[], object]) -> float:
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops() / 1e9


def _weights(folder: Path, backbone: str) -> str | None:
    """Return the folder of a backbone's weights: None for those that ship, else random ones."""
    if backbone == "compact" and list(SHIPPED.glob(f"compact.transport{SUFFIX}")):
        return None
    random = folder / f"random-{backbone}"
    if not random.is_dir():
        write_untrained(random, backbone)
    return str(random)


def _picture(folder: Path, megapixels: float, seed: int = 0) -> Path:
    """Return a picture of clouds at all scales, drawn from the seed; larger ones repeat the first 1024."""
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


def _print(text: str) -> None:
    print(text, flush=True)  # noqa: T201  # the bench speaks


if __name__ == "__main__":
    sys.exit(main())
